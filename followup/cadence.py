"""Steps and date rules: "2 business days after" -> a date.

Takes the tables of a settings file, dates and a calendar. Gives steps, dates, and the ranges of stored dates in which a
step can have something to say. Touches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from followup import codes, identity, workdays
from followup.errors import ConfigurationError
from followup.model import (
    CLIENT_CHANNELS,
    MESSAGE_CHANNELS,
    TO_BUSINESS,
    TO_CLIENT,
    TO_OWNER,
    TO_RECEIVER,
    AnchorWindow,
    Channel,
    Conditions,
    Delay,
    OccasionKind,
    Outcome,
    Purpose,
    Quiet,
    Service,
    Step,
)

if TYPE_CHECKING:
    from dateutil.relativedelta import relativedelta

_Word = TypeVar("_Word", bound=StrEnum)
_Value = TypeVar("_Value")

SAME_DAY = Delay(0, "day")

DEFAULT_LATE = Delay(30, "day")
"""How late a step may be when it does not say so."""

REVIEW_DAYS = 60
"""How long a touchpoint that is too late, but was known in time, waits for a person before it expires."""

OPT_IN = "opt-in"
"""The basis under which marketing goes to clients who asked for it, and to nobody else."""

ASKS_IN_LINE = 3
MESSAGES_IN_LINE = 4
"""How often in a row a budget may put off an ask or a message before we stop looking for it."""

LONGEST_HISTORY_YEARS = 60
"""How far back the first job of a client may lie for an anniversary."""

_MONTHS_IN = {"month": 1, "year": 12}
_DAYS_IN = {"day": (1, 1), "week": (7, 7), "month": (28, 31), "year": (365, 366)}
_UNITS = {
    "day": "day",
    "business day": "business day",
    "working day": "business day",
    "workday": "business day",
    "week": "week",
    "month": "month",
    "year": "year",
}
_LONGEST = {"day": 36500, "business day": 2500, "week": 5200, "month": 1200, "year": 100}
_DELAY = re.compile(r"(?P<number>[0-9]{1,6}|an?)\s+(?P<unit>[^\W\d_]+(?:\s+[^\W\d_]+)??)(?:\s+(?P<side>before|after))?")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,4})?")

HOW_TO_WRITE_AN_AMOUNT = "write digits with a point for the decimals, such as 250 or 49.90"
EXAMPLES_OF_DELAYS = '"same day", "2 business days", "3 weeks", "12 months"'


class Budget(Protocol):
    """How many days lie between two messages to one household, and between two asks."""

    @property
    def messages_days(self) -> int:
        """Between two messages."""

    @property
    def asks_days(self) -> int:
        """Between two asks."""


class Facts(Protocol):
    """What of the settings the ranges depend on."""

    @property
    def steps(self) -> Sequence[Step]:
        """Every step, for the old names of the one that another waits for."""

    @property
    def services(self) -> Mapping[str, Service]:
        """What is known of each kind of work, by its lower-case name."""

    @property
    def quiet(self) -> Quiet:
        """From when on a client counts as quiet."""

    @property
    def basis(self) -> str:
        """What allows marketing."""

    @property
    def closing_days(self) -> Sequence[tuple[date, date]]:
        """When the firm is closed."""

    @property
    def budget(self) -> Budget:
        """How often one household may be written to."""


# ---------------------------------------------------------------- delays and dates


def parse_delay(text: str) -> Delay:
    """Return the distance that *text* names; ValueError says what is wrong with it and how to write it.

    Accepts "same day", and a number and a unit, with "before" or "after" behind if wanted: "1 business day", "3 weeks".
    """
    words = " ".join(text.casefold().split())
    if words == "same day":
        return SAME_DAY
    match = _DELAY.fullmatch(words)
    if match is None:
        raise ValueError(f"'{text}' is not a delay; write a whole number and a unit, such as {EXAMPLES_OF_DELAYS}")
    unit = _UNITS.get(match["unit"]) or _UNITS.get(match["unit"].removesuffix("s"))
    if unit is None:
        near = codes.nearest(match["unit"], [*_UNITS, *(f"{each}s" for each in _UNITS)])
        hint = f"did you mean '{near}'?" if near else f"write {EXAMPLES_OF_DELAYS}"
        raise ValueError(f"'{text}' is not a delay: there is no unit '{match['unit']}'; {hint}")
    number = int(match["number"]) if match["number"].isdigit() else 1
    if number > _LONGEST[unit]:
        raise ValueError(f"'{text}' is too long a delay: at most {_LONGEST[unit]} {unit}s")
    return Delay(number, unit, before=match["side"] == "before" and number > 0)


def add(delay: Delay, anchor: date, calendar: workdays.Calendar) -> date:
    """Return the day that lies *delay* after *anchor*, or before it.

    Days, weeks, months and years count every day and may end on a closed one; business days end on a business day. The
    31st becomes the last day of a shorter month.
    """
    return occurrence(anchor, delay, 1, calendar=calendar)


def occurrence(anchor: date, every: Delay, n: int, *, calendar: workdays.Calendar | None = None) -> date:
    """Return *anchor* + *n* x *every*, computed from the anchor each time.

    So the 31st comes back after a short month and 29 February every leap year; adding month to month would stay on the
    28th for ever (dateutil documents it, Taskwarrior #1698 suffered it).
    """
    number = every.number * n * (-1 if every.before else 1)
    if every.unit == "business day":
        return (calendar or workdays.Calendar()).add_business_days(anchor, number)
    if every.unit in ("day", "week"):
        return anchor + timedelta(days=number * _DAYS_IN[every.unit][0])
    return anchor + _months(number * _MONTHS_IN[every.unit])


@cache
def _months(number: int) -> relativedelta:
    from dateutil.relativedelta import relativedelta

    return relativedelta(months=number)


def delay_of(step: Step, service: Service | None = None) -> Delay:
    """Return the delay by which *step* is counted: its own, or the lead of the *service* that is due again."""
    if step.by_lead and service is not None:
        return replace(service.lead, before=service.lead.number > 0)
    return step.delay


def nth(anchor: date, delay: Delay, every: Delay | None, n: int, calendar: workdays.Calendar) -> date:
    """Return the day of occurrence *n* (from 1) of a step for an occasion on *anchor*, not yet moved to a business day.

    It is computed from the anchor in one sum where delay and distance are both months or years: 12 months after a leap
    day and then every 12 months is 29 February again in each leap year.
    """
    if every is None or n == 1:
        return add(delay, anchor, calendar)
    if delay.unit in _MONTHS_IN and every.unit in _MONTHS_IN:
        side = -1 if delay.before else 1
        months = side * _MONTHS_IN[delay.unit] * delay.number + _MONTHS_IN[every.unit] * every.number * (n - 1)
        return occurrence(anchor, Delay(1, "month"), months)
    return add(delay, occurrence(anchor, every, n - 1, calendar=calendar), calendar)


def quiet_on(last_job_on: date, usual_gap_days: int | None, *, quiet: Quiet, calendar: workdays.Calendar) -> date:
    """Return the day from which a client whose last job was on *last_job_on* counts as quiet."""
    if usual_gap_days is None:
        return add(quiet.otherwise, last_job_on, calendar)
    exceeded = last_job_on + timedelta(days=_quiet_days(usual_gap_days, quiet))
    return max(exceeded, add(quiet.at_least, last_job_on, calendar))


def _quiet_days(usual_gap_days: int, quiet: Quiet) -> int:
    return int((usual_gap_days * Decimal(quiet.factor)).to_integral_value(ROUND_CEILING))


def default_lead(interval: Delay) -> Delay:
    """Return how long before the day a service is announced: 30 days, or 14 for what comes half-yearly or more often.

    After the service reminders of Plyrium and ServiceBox.
    """
    return Delay(14 if _span(interval)[1] <= _span(Delay(6, "month"))[1] else 30, "day")


# ---------------------------------------------------------------- steps from tables

STEP_KEYS: Mapping[str, str] = {
    "after": 'When, counted from the occasion: "same day", "1 business day", "3 weeks", "12 months".',
    "before": 'The same, before the occasion. "lead": by the lead of the service ([services]).',
    "occasion": f"What starts it: {', '.join(OccasionKind)}.",
    "after_step": "Count from the day on which this other step went out, for the same occasion.",
    "otherwise": "Counted from the occasion where the step in after_step did not go out.",
    "to": "Whom it speaks to: client, or one of you: owner (of the record, job or client), business, receiver, or "
    "a name under [people]. What goes to one of you is no contact.",
    "channels": f"By what means, the first one that the client can and wants to receive: {', '.join(CLIENT_CHANNELS)};"
    " to one of you: email, note.",
    "template": "The words; without it, the template that is called like the step.",
    "purpose": "service, or marketing, which needs a basis, a postal address and a way out.",
    "ask": "true when the client is asked for a favour; asks have a budget of their own.",
    "when": "Conditions, see below.",
    "again_after": "Not again for the same client within this time, whatever the occasion.",
    "every": "Repeats at this distance, counted from the occasion.",
    "times": 'How often for one occasion: a number, or "always".',
    "guides": "true: the guides of the service go along ([services]), with letters as an enclosure.",
    "reminder": "One reminder, this long after it went out. It counts as the same ask.",
    "reminder_template": "The words of the reminder.",
    "priority": "Who goes first when a budget lets only one out: 0 to 100, higher first.",
    "late": "After this time it is too late, and a person decides.",
    "covers": "Several jobs of one client this close together are said once.",
    "holdout": "Of 100 clients, so many (1 to 50) never get it, chosen by chance and for good; `report outcomes` "
    "compares both groups.",
    "enabled": "false switches it off; what went out stays known.",
    "was": "Names that this step had before, the oldest first.",
    "description": "What it is for, in a line.",
}
"""Every key of a step in the settings file, and what it means."""

CONDITION_KEYS: Mapping[str, str] = {
    "services": "One of these services.",
    "not_services": "None of these services.",
    "tags": "The client has one of these tags.",
    "not_tags": "The client has none of these tags.",
    "min_amount": "The job came to at least this, in the home's currency.",
    "below_amount": "The job came to less than this, or its amount is not known.",
    "first_job": "true: only for a client's first job; false: only for later ones.",
    "last_outcome": f"The last contact went like this: {', '.join(Outcome)}.",
    "client_for": "A client for at least this long.",
    "paid": "true: the job is not known to be unpaid.",
    "no_future_job": "true: no later job of that service is done or planned.",
    "return_visit": "true: only for a case about trouble that came back; false: only for other cases.",
    "unacknowledged": "true: only for a case of which the client has not yet heard that you know.",
    "no_case": "true: only where no case was opened since, about which the client is asked anyway.",
    "any_of": "A list of conditions of which one is enough.",
}
"""Every key of the conditions (`when`) of a step, and what it means."""

CADENCE_KEYS: Mapping[str, str] = {
    "occasion": "What starts every step of the cadence that does not say otherwise.",
    "enabled": "false switches the whole cadence off.",
    "description": "What it is for, in a line.",
}
"""Keys of a cadence itself; every other one in it is a step."""

_UNFORESEEN = frozenset(OccasionKind) - {
    OccasionKind.SERVICE_INTERVAL,
    OccasionKind.CLIENT_QUIET,
    OccasionKind.PROMISE_DUE,
    OccasionKind.THEIR_PROMISE_DUE,
}

CASES = frozenset(
    {
        OccasionKind.CASE_OPENED,
        OccasionKind.CASE_UNANSWERED,
        OccasionKind.CASE_OVERDUE,
        OccasionKind.SECOND_CASE,
        OccasionKind.REMEDY_OFFERED,
        OccasionKind.REMEDY_ASKED,
        OccasionKind.CASE_RESOLVED,
    }
)
"""Occasions that a case gives."""

MOST_HELD_OUT = 50
"""Of 100 clients, at most so many are left out of a step."""

_ROLES = (TO_CLIENT, TO_OWNER, TO_BUSINESS, TO_RECEIVER)
_OUR_CHANNELS = frozenset({Channel.EMAIL, Channel.NOTE})
"""By what means one of us is told something."""


def is_held_out(step: Step, client_id: str, *, home_key: bytes) -> bool:
    """Tell whether a client never gets *step*, so that it can be told whether it does anything.

    Nothing but the home's key, the name of the step (the first one it had) and the client decides, so that no change of
    a cadence shuffles the groups; whoever is left out at 10 of 100 is at 20 too.
    """
    return identity.draw(home_key, (*step.was, step.name)[0], client_id) < step.holdout


def is_name(text: str) -> bool:
    """Tell whether *text* can be the name of a step or cadence; it becomes part of keys and file names."""
    return len(text) <= 40 and _NAME.fullmatch(text) is not None


def parse_step(
    cadence: str,
    name: str,
    table: Mapping[str, Any],
    *,
    where: str,
    amounts: Mapping[str, str] | None = None,
    templates: Collection[str] | None = None,
    people: Collection[str] = (),
) -> Step:
    """Return the step that a *table* of the settings file describes; ConfigurationError holds all its problems.

    Args:
        cadence, name: what the table is called: ``[cadence.CADENCE.NAME]``.
        table: its keys; `occasion`, `enabled` and `description` of the cadence belong in it already.
        where: the file, for the messages.
        amounts: amounts that may be written by the name of a setting, such as "calls.minimum_amount".
        templates: names of the templates there are; None leaves them unchecked.
        people: names under [people], to whom a step can speak.
    """
    reader = _Reader(f"{where}: cadence.{cadence}.{name}", table, STEP_KEYS)
    if not is_name(name):
        reader.problem(
            "",
            f"'{name}' cannot be the name of a step; use small letters, digits and single hyphens, such as 'thank-you'",
        )
    delay, by_lead = _when_due(reader)
    every = reader.delay("every")
    reminder = reader.delay("reminder")
    template = reader.text("template") or name
    reminder_template = reader.text("reminder_template")
    step = Step(
        name=name,
        cadence=cadence,
        occasion=_occasion(reader),
        delay=delay,
        by_lead=by_lead,
        after_step=reader.text("after_step"),
        otherwise=reader.delay("otherwise"),
        to=_to(reader, people),
        channels=_channels(reader),
        template=template,
        purpose=reader.word("purpose", Purpose, Purpose.SERVICE) or Purpose.SERVICE,
        ask=reader.truth("ask") or False,
        when=_conditions(reader, table.get("when", {}), amounts or {}),
        again_after=reader.delay("again_after"),
        every=every,
        times=_times(reader, every),
        guides=reader.truth("guides") or False,
        reminder=reminder,
        reminder_template=reminder_template or (template if reminder else ""),
        priority=reader.number("priority", 0, 100, 50),
        late=reader.delay("late") or DEFAULT_LATE,
        covers=reader.delay("covers"),
        holdout=reader.number("holdout", 1, MOST_HELD_OUT, 0),
        enabled=reader.truth("enabled") is not False,
        was=reader.texts("was"),
        description=reader.text("description"),
    )
    _check_together(reader, step, table)
    if templates is not None:
        _check_templates(reader, step, templates)
    if reader.problems:
        raise ConfigurationError(reader.problems)
    return step


def _occasion(reader: _Reader) -> OccasionKind:
    """Return what starts a step; where that is a problem, any one, so that the other problems are found too."""
    if "occasion" not in reader.table:
        reader.problem("occasion", f"is missing; write what starts the step: {', '.join(OccasionKind)}")
    return reader.word("occasion", OccasionKind, None) or OccasionKind.JOB_COMPLETED


def _check_templates(reader: _Reader, step: Step, templates: Collection[str]) -> None:
    used = {"template": step.template} | ({"reminder_template": step.reminder_template} if step.reminder else {})
    for key, name in used.items():
        if name not in templates:
            said = codes.did_you_mean(name, sorted(templates))
            reader.problem(key, f"there is no template '{name}'. {said} `followup template new` makes one")


def _when_due(reader: _Reader) -> tuple[Delay, bool]:
    table = reader.table
    given = [key for key in ("after", "before") if table.get(key, "") != ""]
    if len(given) != 1:
        words = "has both 'after' and 'before'; keep one of them" if given else 'is missing; write after = "3 weeks"'
        reader.problem("after", words)
        return SAME_DAY, False
    if given == ["before"] and table["before"] == "lead":
        if table.get("occasion") != OccasionKind.SERVICE_INTERVAL:
            reader.problem("before", "'lead' is known only for the occasion 'service interval'")
        return SAME_DAY, True
    delay = reader.delay(given[0]) or SAME_DAY
    if given == ["before"]:
        delay = replace(delay, before=delay.number > 0)
    return delay, False


def _to(reader: _Reader, people: Collection[str]) -> str:
    to = reader.text("to") or TO_CLIENT
    known = (*_ROLES, *people)
    if to not in known:
        reader.problem("to", f"there is nobody called '{to}'. {codes.did_you_mean(to, known)}")
    return to


def _channels(reader: _Reader) -> tuple[Channel, ...]:
    channels = []
    for text in reader.texts("channels"):
        if text in set(Channel):
            channels.append(Channel(text))
        else:
            reader.problem("channels", f"there is no channel '{text}'. {codes.did_you_mean(text, Channel)}")
    if len(set(channels)) != len(channels):
        reader.problem("channels", "names a channel twice")
    return tuple(channels) or ((Channel.EMAIL,) if reader.table.get("to", TO_CLIENT) == TO_CLIENT else (Channel.NOTE,))


def _times(reader: _Reader, every: Delay | None) -> int | None:
    if reader.table.get("times", "") == "":
        return None if every else 1
    if reader.table["times"] == "always":
        return None
    return reader.number("times", 1, 1000, 1, otherwise='or "always"')


def _conditions(reader: _Reader, table: Any, amounts: Mapping[str, str], path: str = "when") -> Conditions:
    if not isinstance(table, Mapping):
        reader.problem(path, "is not a table; write for example when.min_amount = 250")
        table = {}
    if not table:
        return Conditions()
    inner = _Reader(f"{reader.where}.{path}", table, CONDITION_KEYS, problems=reader.problems)
    alternatives = table.get("any_of", [])
    if not isinstance(alternatives, list):
        inner.problem(
            "any_of", 'is not a list; write any_of = [{ last_outcome = "happy" }, { client_for = "6 months" }]'
        )
        alternatives = []
    nested = []
    for position, each in enumerate(alternatives, start=1):
        if isinstance(each, Mapping) and "any_of" in each:
            inner.problem("any_of", "cannot hold another any_of")
        else:
            nested.append(_conditions(inner, each, amounts, f"any_of {position}"))
    return Conditions(
        services=tuple(each.lower() for each in inner.texts("services")),
        not_services=tuple(each.lower() for each in inner.texts("not_services")),
        tags=tuple(each.casefold() for each in inner.texts("tags")),
        not_tags=tuple(each.casefold() for each in inner.texts("not_tags")),
        min_amount=inner.amount("min_amount", amounts),
        below_amount=inner.amount("below_amount", amounts),
        first_job=inner.truth("first_job"),
        last_outcome=inner.word("last_outcome", Outcome, None) or "",
        client_for=inner.delay("client_for"),
        paid=inner.truth("paid") or False,
        no_future_job=inner.truth("no_future_job") or False,
        return_visit=inner.truth("return_visit"),
        unacknowledged=inner.truth("unacknowledged") or False,
        no_case=inner.truth("no_case") or False,
        any_of=tuple(nested),
    )


def _check_together(reader: _Reader, step: Step, table: Mapping[str, Any]) -> None:
    if step.delay.before and step.every is None and step.occasion in _UNFORESEEN:
        reader.problem("before", f"nobody knows of '{step.occasion}' before it happens; use after")
    if step.to == TO_CLIENT and Channel.NOTE in step.channels:
        reader.problem("channels", 'no client reads a note; write to = "owner" for one of you')
    if step.to != TO_CLIENT and not _OUR_CHANNELS.issuperset(step.channels):
        reader.problem("channels", "one of you is told by email or note")
    if step.to != TO_CLIENT and (step.ask or step.purpose is Purpose.MARKETING):
        reader.problem("to", "asks and marketing go to clients")
    if step.to != TO_CLIENT and step.holdout:
        reader.problem("holdout", "leaves clients out; what goes to one of you is for all of them")
    if step.to == TO_RECEIVER and step.occasion is not OccasionKind.HANDED_OVER:
        reader.problem("to", f"there is no receiver of '{step.occasion}'")
    if step.otherwise and not step.after_step:
        reader.problem("otherwise", "means nothing without after_step")
    if step.after_step and (step.by_lead or step.delay.before):
        reader.problem("before", "does not go together with after_step; use after")
    if step.reminder and step.every:
        reader.problem("reminder", "does not go together with every")
    if step.reminder_template and not step.reminder:
        reader.problem("reminder_template", 'means nothing without reminder = "7 days"')
    if step.every and not step.every.number:
        reader.problem("every", "repeats on the same day for ever; write a longer time")
    if not step.every and step.times != 1 and table.get("times", "") != "":
        reader.problem("times", 'means nothing without every = "60 days"')
    if step.when.no_future_job and step.occasion not in (OccasionKind.JOB_COMPLETED, OccasionKind.SERVICE_INTERVAL):
        reader.problem("when.no_future_job", f"is not known for the occasion '{step.occasion}'")
    for key in ("return_visit", "unacknowledged"):
        if getattr(step.when, key) not in (None, False) and step.occasion not in CASES:
            reader.problem(f"when.{key}", f"is not known for the occasion '{step.occasion}'")
    low, high = step.when.min_amount, step.when.below_amount
    if low and high and Decimal(low) >= Decimal(high):
        reader.problem("when", f"no amount is at least {low} and below {high}")
    for old in step.was:
        if old == step.name or not is_name(old):
            reader.problem("was", f"'{old}' cannot be an old name of '{step.name}'")


class _Reader:
    """One table of the settings file, read key by key; gathers what is wrong instead of stopping at it."""

    def __init__(
        self, where: str, table: Mapping[str, Any], known: Collection[str], *, problems: list[str] | None = None
    ) -> None:
        self.where = where
        self.table = table
        self.problems: list[str] = [] if problems is None else problems
        for key in table:
            if key not in known:
                self.problem(key, f"there is no such key. {codes.did_you_mean(key, known)}")

    def problem(self, key: str, what: str) -> None:
        """Note that *key* is wrong, and how."""
        full_stop = "" if what.endswith((".", "?")) else "."
        self.problems.append(f"{self.where}{'.' if key else ''}{key}: {what}{full_stop}")

    def text(self, key: str) -> str:
        """Return a text, empty where there is none."""
        return self._typed(key, "", lambda value: isinstance(value, str), 'is not a text; put it in quotes: "..."')

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; one text alone counts as a list of one."""
        value = self.table.get(key, [])
        if isinstance(value, str):
            return (value,) if value else ()
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        self.problem(key, f'{_shown(value)} is not a list of texts; write ["one", "two"]')
        return ()

    def truth(self, key: str) -> bool | None:
        """Return true or false, or None where nothing is said."""
        return self._typed(
            key, None, lambda value: isinstance(value, bool), "is neither true nor false, without quotes"
        )

    def number(self, key: str, low: int, high: int, default: int, *, otherwise: str = "") -> int:
        """Return a whole number between *low* and *high*."""

        def fits(value: Any) -> bool:
            return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

        return self._typed(key, default, fits, f"is not a whole number from {low} to {high} {otherwise}".rstrip())

    def delay(self, key: str) -> Delay | None:
        """Return a delay, or None where there is none."""
        value = self.table.get(key, "")
        if value == "":
            return None
        try:
            if not isinstance(value, str):
                raise ValueError(f"{_shown(value)} is not a delay; write {EXAMPLES_OF_DELAYS}")
            return parse_delay(value)
        except ValueError as error:
            self.problem(key, str(error))
            return None

    def word(self, key: str, words: type[_Word], default: _Word | None) -> _Word | None:
        """Return one of the words of an enumeration."""
        value = self.table.get(key, "")
        if value == "":
            return default
        try:
            return words(value)
        except ValueError:
            self.problem(key, f"{_shown(value)} is not one of: {', '.join(words)}.{_hint(value, list(words))}")
            return default

    def amount(self, key: str, amounts: Mapping[str, str]) -> str:
        """Return a decimal amount as exact text, empty where there is none."""
        value = self.table.get(key, "")
        if isinstance(value, str) and value in amounts:
            return amounts[value]
        try:
            return parse_amount(value)
        except ValueError as error:
            self.problem(key, str(error))
            return ""

    def _typed(self, key: str, default: _Value, fits: Callable[[Any], bool], complaint: str) -> _Value:
        value = self.table.get(key, "")
        if value == "":
            return default
        if not fits(value):
            self.problem(key, f"{_shown(value)} {complaint}")
            return default
        fitting: _Value = value  # `fits` has just looked at it
        return fitting


def parse_amount(value: Any) -> str:
    """Return a decimal amount as text without loss; ValueError says how to write one. Empty stays empty."""
    if value == "":
        return ""
    text = str(value) if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool) else ""
    if not _AMOUNT.fullmatch(text):
        raise ValueError(f"{_shown(value)} is not an amount; {HOW_TO_WRITE_AN_AMOUNT}")
    return text


def check_steps(steps: Sequence[Step], *, where: str) -> list[str]:
    """Return what is wrong between steps: names that meet, steps that wait for unknown ones or for each other."""
    problems: list[str] = []
    owners: dict[str, Step] = {}
    for step in steps:
        for name in (step.name, *step.was):
            other = owners.setdefault(name, step)
            if other is not step:
                problems.append(
                    f"{where}: cadence.{step.cadence}.{step.name}: the name '{name}' belongs to "
                    f"cadence.{other.cadence}.{other.name} already; a step's name is its identity, so use another."
                )
    for step in steps:
        if not step.after_step:
            continue
        at = f"{where}: cadence.{step.cadence}.{step.name}.after_step"
        awaited = owners.get(step.after_step)
        if awaited is None:
            known = [each.name for each in steps if each is not step]
            problems.append(f"{at}: there is no step '{step.after_step}'. {codes.did_you_mean(step.after_step, known)}")
            continue
        if awaited.occasion != step.occasion:
            problems.append(
                f"{at}: '{awaited.name}' starts with '{awaited.occasion}', this step with '{step.occasion}'; "
                "both must start with the same."
            )
        seen = {step.name}
        while awaited and awaited.name not in seen:
            seen.add(awaited.name)
            awaited = owners.get(awaited.after_step)
        if awaited is not None and awaited is step:
            problems.append(f"{at}: the steps {', '.join(sorted(seen))} wait for each other in a circle.")
    return problems


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    return "this"


def _hint(value: Any, known: Collection[str]) -> str:
    near = codes.nearest(value, known) if isinstance(value, str) else ""
    return f" Did you mean '{near}'?" if near else ""


# ---------------------------------------------------------------- which stored dates can matter


def windows(
    step: Step, *, today: date, horizon: date, settings: Facts, gaps: Sequence[int] = (), waiting: bool = True
) -> Iterator[AnchorWindow]:
    """Yield the ranges of stored dates for which *step* can have something to say between *today* and *horizon*.

    They are wider than exact, never narrower: a client found in vain costs a look, one not found gets silence. They
    reach back as far as a touchpoint can still wait: its late limit, what budgets may put off, closing days, and the
    time in which a late one is for review. What waits longer than that waits for a reason of its own (a case, a
    snooze, an attempt), and each of these has a range here too.

    Args:
        gaps: the distinct usual gaps in days that clients have, for steps on quiet clients.
        waiting: whether to reach back to what was put off or is for review. Without it the ranges fit clients who are
            new today: nothing of theirs can have waited.
    """
    low, high = _minus(today, look_back(step, settings, waiting=waiting)), horizon
    yield from _of_step(step, low, high, settings=settings, gaps=gaps)
    yield from _of_any_step(low, high)


def _of_step(step: Step, low: date, high: date, *, settings: Facts, gaps: Sequence[int]) -> Iterator[AnchorWindow]:
    waited_for = {each.name: each for each in settings.steps}.get(step.after_step)
    if step.after_step:
        names = (waited_for.name, *waited_for.was) if waited_for else (step.after_step,)
        for name in names:
            yield _ranged("contact.on", low, high, [step.delay], settings, step=name)
        if step.otherwise:
            yield from _anchors(step, [step.otherwise], low, high, settings=settings, gaps=gaps)
    else:
        yield from _anchors(step, [step.delay], low, high, settings=settings, gaps=gaps)
    if step.reminder:
        for name in (step.name, *step.was):
            yield _ranged("contact.on", low, high, [step.reminder], settings, step=name)


def _of_any_step(low: date, high: date) -> Iterator[AnchorWindow]:
    yield AnchorWindow(field="care.open", kind="case")
    yield AnchorWindow(field="care.closed_on", kind="case", from_on=low, to_on=high)
    yield AnchorWindow(field="instruction.until", from_on=low, to_on=high)
    yield AnchorWindow(field="instruction.on", from_on=low, to_on=high)
    yield AnchorWindow(field="attempt.open")


def all_windows(
    settings: Facts, *, today: date, horizon: date, gaps: Sequence[int] = (), waiting: bool = True
) -> list[AnchorWindow]:
    """Return the windows of every enabled step, those of one kind that overlap made into one, in a stable order."""
    found: dict[tuple[Any, ...], tuple[AnchorWindow, list[tuple[date, date]]]] = {}
    earliest: date | None = None
    for step in settings.steps:
        if step.enabled:
            low = _minus(today, look_back(step, settings, waiting=waiting))
            earliest = min(earliest or low, low)
            for each in _of_step(step, low, horizon, settings=settings, gaps=gaps):
                _gather(found, each)
    if earliest is not None:
        for each in _of_any_step(earliest, horizon):
            _gather(found, each)
    return [
        replace(first_one, from_on=None if first == date.min else first, to_on=None if last == date.max else last)
        for first_one, ranges in found.values()
        for first, last in _joined(ranges)
    ]


def _gather(found: dict[tuple[Any, ...], tuple[AnchorWindow, list[tuple[date, date]]]], window: AnchorWindow) -> None:
    """Add the days of *window* to those of its kind: of the windows that differ in nothing else."""
    kind = _but_for_days(window)
    found.setdefault(kind, (window, []))[1].append((window.from_on or date.min, window.to_on or date.max))


_but_for_days = attrgetter(*(each.name for each in fields(AnchorWindow) if each.name not in ("from_on", "to_on")))


def look_back(step: Step, settings: Facts, *, waiting: bool = True) -> int:
    """Return how many days after its date a touchpoint of *step* can be due or, if *waiting*, put off by rules."""
    late = _span(step.late or DEFAULT_LATE, _closed(settings))[1]
    if not waiting:
        return late + _closed(settings)
    budget = 0
    if step.ask:
        budget = ASKS_IN_LINE * settings.budget.asks_days
    elif set(step.channels) & MESSAGE_CHANNELS:
        budget = MESSAGES_IN_LINE * settings.budget.messages_days
    return late + REVIEW_DAYS + budget + _closed(settings)


def _anchors(
    step: Step, delays: list[Delay], low: date, high: date, *, settings: Facts, gaps: Sequence[int]
) -> Iterator[AnchorWindow]:
    needs_consent = step.purpose is Purpose.MARKETING and settings.basis == OPT_IN
    for n, shifts in enumerate(_repetitions(step, delays), start=1):
        if step.occasion == OccasionKind.SERVICE_INTERVAL:
            for (interval, lead), names in _services_by_interval(step, settings).items():
                own = [lead if step.by_lead else delays[0], *shifts[1:]]
                yield _ranged("job.completed_on+service", low, high, [interval, *own], settings, services=names)
        elif step.occasion == OccasionKind.CLIENT_QUIET:
            for gap in sorted({0, *gaps}):
                yield _quiet(gap, low, high, shifts, settings, opted_in=needs_consent)
        elif step.occasion == OccasionKind.FIRST_JOB:
            # Every client has a first job. Done is looked up under the present name only: wider, never narrower.
            done = "" if step.was else f".{step.name}.{n}"
            yield _ranged("summary.first_job_on", low, high, shifts, settings, opted_in=needs_consent, done=done)
        else:
            yield from _of_records(step, shifts, low, high, settings=settings)
            if step.occasion in WHILE_OPEN:
                return  # what is open is found whatever the occurrence


_RANGES: Mapping[OccasionKind, tuple[tuple[str, str], ...]] = {
    OccasionKind.JOB_COMPLETED: (("job.completed_on", ""),),
    OccasionKind.ENQUIRY_RECEIVED: (("care.opened_on", "enquiry"),),
    OccasionKind.ENQUIRY_ANSWERED: (("care.acted_on", "enquiry"),),
    OccasionKind.ENQUIRY_WON: (("care.closed_on", "enquiry"),),
    OccasionKind.ENQUIRY_LOST: (("care.closed_on", "enquiry"),),
    OccasionKind.PROMISE_MOVED: (("care.opened_on", "promise"),),
    OccasionKind.HANDED_OVER: (("care.opened_on", "promise"),),
    OccasionKind.CASE_RESOLVED: (("care.closed_on", "case"),),
    OccasionKind.REFERRAL_MADE: (("care.opened_on", "referral"),),
    OccasionKind.REFERRAL_WON: (("care.acted_on", "referral"),),
    OccasionKind.GIFT_GIVEN: (("care.opened_on", "gift"),),
    OccasionKind.PRAISE_RECEIVED: (("care.opened_on", "praise"),),
    OccasionKind.PRAISE_PASSED_ON: (("care.closed_on", "praise"), ("care.acted_on", "praise")),
    OccasionKind.LESSON_DONE: (("care.closed_on", "lesson"),),
    OccasionKind.RECAP_WRITTEN: (("care.opened_on", "recap"),),
    OccasionKind.LOW_SCORE: (("contact.score", ""),),
}
"""The stored dates from which an occasion is counted, each with the kind of record that has them."""

_OUR_PROMISES = frozenset({OccasionKind.PROMISE_DUE, OccasionKind.PROMISE_LATE})

_OF_REFERRALS = frozenset({OccasionKind.REFERRAL_WON, OccasionKind.REWARD_DUE})

_LOOKED_AT = 2 * 366
"""For so many days the friend's jobs are looked at: a year until one is done (`care.referrals`), and one to pay it."""

WHILE_OPEN = frozenset(
    {*_OUR_PROMISES, OccasionKind.THEIR_PROMISE_DUE, OccasionKind.REWARD_DUE, *CASES - {OccasionKind.CASE_RESOLVED}}
)
"""Occasions that last as long as their record is open, and are found however long that is."""

IF_WE_FAIL = frozenset({OccasionKind.PROMISE_LATE, OccasionKind.CASE_UNANSWERED, OccasionKind.CASE_OVERDUE})
"""Occasions that come only when we did not do what we should: nothing is planned for them before their day."""


def _of_records(step: Step, shifts: list[Delay], low: date, high: date, *, settings: Facts) -> Iterator[AnchorWindow]:
    """Yield where the occasions lie of which no client has more than a few; of cases, `windows` has the open ones."""
    for field, kind in _RANGES.get(step.occasion, ()):
        yield _ranged(field, low, high, shifts, settings, kind=kind)
    until = _ranged("", low, high, shifts[:1], settings).to_on
    if step.occasion in _OUR_PROMISES:
        yield AnchorWindow(field="job.promised_on", to_on=until)
    if step.occasion in _OUR_PROMISES or step.occasion is OccasionKind.THEIR_PROMISE_DUE:
        yield AnchorWindow(field="care.open", kind="promise", to_on=until)
    if step.occasion is OccasionKind.REWARD_DUE:
        yield AnchorWindow(field="care.won", kind="referral")
    if step.occasion in _OF_REFERRALS:  # nobody need say that one is won: the friend's job does
        yield AnchorWindow(field="care.opened_on", kind="referral", from_on=_minus(low, _LOOKED_AT), to_on=high)


def _repetitions(step: Step, delays: list[Delay]) -> Iterator[list[Delay]]:
    """Yield, for each occurrence there can be, the delays that add up to its distance from the occasion."""
    yield delays
    if step.every is None:
        return
    most = step.times
    if most is None:
        shortest = max(1, _span(step.every)[0])
        most = 1 + LONGEST_HISTORY_YEARS * 366 // shortest
    for n in range(1, most):
        yield [*delays, Delay(step.every.number * n, step.every.unit, step.every.before)]


def _quiet(gap: int, low: date, high: date, shifts: list[Delay], settings: Facts, *, opted_in: bool) -> AnchorWindow:
    quiet = settings.quiet
    if gap == 0:
        shifts = [quiet.otherwise, *shifts]
        return _ranged("summary.last_job_on", low, high, shifts, settings, gap_days=0, opted_in=opted_in)
    own = max(_quiet_days(gap, quiet), _span(quiet.at_least)[0])
    latest = max(_quiet_days(gap, quiet), _span(quiet.at_least, _closed(settings))[1])
    low, high = _minus(low, latest), _minus(high, own)
    return _ranged("summary.last_job_on", low, high, shifts, settings, gap_days=gap, opted_in=opted_in)


def _services_by_interval(step: Step, settings: Facts) -> dict[tuple[Delay, Delay], tuple[str, ...]]:
    grouped: dict[tuple[Delay, Delay], list[str]] = {}
    for name, service in sorted(settings.services.items()):
        wanted = not step.when.services or name in step.when.services
        if service.interval is not None and wanted and name not in step.when.not_services:
            lead = replace(service.lead, before=service.lead.number > 0)
            grouped.setdefault((service.interval, lead), []).append(name)
    return {key: tuple(names) for key, names in grouped.items()}


def _ranged(
    name: str, low: date, high: date, delays: Iterable[Delay], settings: Facts, **narrower: Any
) -> AnchorWindow:
    """Return the anchors from which *delays* lead to a day between *low* and *high*; *narrower*: more of the window."""
    closed = _closed(settings)
    spans = [_span(delay, closed) for delay in delays]
    nearest, farthest = sum(first for first, _ in spans), sum(last for _, last in spans)
    # The day may have been moved behind closed ones, so that an earlier anchor can lead to it too.
    return AnchorWindow(
        field=name,
        from_on=_minus(low, farthest + closed),
        to_on=_minus(high, nearest),
        **narrower,
    )


def _span(delay: Delay, closed: int = 0) -> tuple[int, int]:
    """Return the least and the greatest number of days that *delay* can take; negative before the anchor."""
    number = delay.number
    if delay.unit == "business day":
        # At least one day in seven is worked on, and most weeks have five or six; holidays and one closing come on top.
        shortest, longest = number, (number * 7 if number < 5 else number * 2) + 7 + closed
    elif delay.unit == "month":
        # Twelve months are 365 or 366 days; a part of a year differs by the lengths of its months.
        shortest, longest = number * 1461 // 48 - 3, -(-number * 1461 // 48) + 3
        shortest = max(shortest, 0)
    else:
        first, last = _DAYS_IN[delay.unit]
        shortest, longest = number * first, number * last
    return (-longest, -shortest) if delay.before else (shortest, longest)


def _closed(settings: Facts) -> int:
    """Return the longest run of closed days to reckon with: the firm's own, between holidays and weekends."""
    return workdays.longest_closing(settings.closing_days).days + 10


def _minus(day: date, days: int) -> date:
    return date.fromordinal(min(max(day.toordinal() - days, date.min.toordinal()), date.max.toordinal()))


def _joined(ranges: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    joined: list[tuple[date, date]] = []
    for first, last in sorted(ranges):
        if joined and first.toordinal() <= joined[-1][1].toordinal() + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined
