"""The firm's rules in the form the planner reads: steps in order, delays that remember what they were asked.

Takes settings, a calendar and the languages of the templates. Gives `Rules`. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from followup import cadence, cells, workdays
from followup.care import deadlines
from followup.care.deadlines import Deadlines
from followup.model import Conditions, Delay, OccasionKind, Person, Quiet, Service, Step
from followup.records import dataclass, field

if TYPE_CHECKING:
    from followup import settings as settings_module

COMPLETED_JOB = "completed-job"
"""The basis for marketing under which a completed job is enough, as long as the client has not objected."""

ANY_DAY = "any"
"""The setting of the days of sending under which e-mail goes out on closed days too."""

UNBUDGETED = cadence.CASES | {
    OccasionKind.ENQUIRY_RECEIVED,
    OccasionKind.ENQUIRY_ANSWERED,
    OccasionKind.ENQUIRY_WON,
    OccasionKind.ENQUIRY_LOST,
    OccasionKind.PROMISE_DUE,
    OccasionKind.PROMISE_LATE,
    OccasionKind.PROMISE_MOVED,
    OccasionKind.THEIR_PROMISE_DUE,
    OccasionKind.HANDED_OVER,
    OccasionKind.RECAP_WRITTEN,
}
"""Occasions whose messages no budget holds back: silence about what is open is worse than one message more."""

CALL_AGAIN = Delay(2, "business day")

_LONGEST_FEAST = timedelta(days=14)
"""More than weekends and public holidays in a row, and months of different length, can move a day."""

_MONTHS_IN = {"month": 1, "year": 12}
_DAYS_IN = {"day": 1, "business day": 3, "week": 7, "month": 31, "year": 366}  # at most
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_MEMORY = 50_000  # dates kept per step, so that a home with millions of jobs does not keep them all


class Dates:
    """Turns anchors into business days, and remembers the answers: relativedelta costs more than all the rest."""

    def __init__(self, calendar: workdays.Calendar) -> None:
        """Answer by *calendar*."""
        self._calendar = calendar
        self._open: dict[date, date] = {}
        self._added: dict[tuple[Delay, date], date] = {}
        self._nth: dict[tuple[Delay, Delay | None, int, date], date] = {}

    def open_day(self, day: date) -> date:
        """Return *day* itself if the firm works on it, else the next day on which it does."""
        found = self._open.get(day)
        if found is None:
            found = self._calendar.next_business_day(day)
            _keep(self._open, day, found)
        return found

    def add(self, delay: Delay, anchor: date) -> date:
        """Return the day that lies *delay* after *anchor*; it may be a closed one."""
        found = self._added.get((delay, anchor))
        if found is None:
            found = cadence.add(delay, anchor, self._calendar)
            _keep(self._added, (delay, anchor), found)
        return found

    def nth(self, delay: Delay, every: Delay | None, n: int, anchor: date) -> date:
        """Return the business day of occurrence *n*, which is counted from *anchor* each time.

        Where delay and distance are both months or years they are added up first: 12 months after 29 February and then
        every 12 months is 29 February again in each leap year.
        """
        asked = (delay, every, n, anchor)
        found = self._nth.get(asked)
        if found is None:
            found = self.open_day(self._counted(delay, every, n, anchor))
            _keep(self._nth, asked, found)
        return found

    def _counted(self, delay: Delay, every: Delay | None, n: int, anchor: date) -> date:
        if every is None or n == 1:
            return self.add(delay, anchor)
        if delay.unit in _MONTHS_IN and every.unit in _MONTHS_IN:
            months = _months(delay) + (n - 1) * _months(every)
            return self.add(Delay(abs(months), "month", before=months < 0), anchor)
        return self.add(delay, cadence.occurrence(anchor, every, n - 1, calendar=self._calendar))


def _keep(memory: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    if len(memory) >= _MEMORY:
        memory.clear()
    memory[key] = value


def _months(delay: Delay) -> int:
    return _MONTHS_IN[delay.unit] * delay.number * (-1 if delay.before else 1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Conditions of a step, prepared: names folded, amounts in minor units."""

    said: Conditions
    services: frozenset[str]
    not_services: frozenset[str]
    tags: frozenset[str]
    not_tags: frozenset[str]
    min_minor: int | None
    below_minor: int | None
    any_of: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """How long after an occasion its steps can have something to say, in days at the longest; *covers*: said once."""

    late: int | None  # None: for ever
    delay: int
    covers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the planner goes by: the settings that matter to it, the calendar, the languages of each template.

    Args:
        steps: every step, those switched off too.
        templates: name of each template -> the languages it is written in; "" stands for the home's language.
        services, quiet: see `model`; services by their lower-case name.
        language, currency: the home's; amounts in *currency* have *minor_digits* decimals.
        basis: what allows marketing: "opt-in", or "completed-job".
        has_postal_address: whether the firm's own is known; marketing messages must name it.
        messages_days, asks_days: one message, and one ask, per client and household in so many days.
        call_tries, call_again: how often a call that reached nobody is tried, and how long after.
        send_days: "business" or "any": whether e-mail and texts wait for a business day.
        deadlines: by when what is to be done, in the office's hours.
        second_within: how long after a case another one of that client is the second.
        reward_wait: how long after the friend's job was paid a reward is due.
        low_score: up to which score a client may be unhappy.
        owner, people: who we are; the owner is the one at the desk.
        home_key: by which chance decides who is held out of a step.
    """

    steps: tuple[Step, ...]
    calendar: workdays.Calendar
    templates: Mapping[str, frozenset[str]]
    services: Mapping[str, Service] = field(default_factory=dict)
    quiet: Quiet = field(default_factory=Quiet)
    language: str = "en"
    currency: str = ""
    minor_digits: int = 2
    basis: str = "opt-in"
    has_postal_address: bool = True
    messages_days: int = 7
    asks_days: int = 30
    call_tries: int = 3
    call_again: Delay = CALL_AGAIN
    send_days: str = "business"
    deadlines: Deadlines = field(default_factory=Deadlines)
    second_within: Delay = Delay(12, "month")
    reward_wait: Delay = Delay(14, "day")
    low_score: int = 6
    owner: str = ""
    people: Mapping[str, Person] = field(default_factory=dict)
    home_key: bytes = field(default=b"", repr=False)
    ordered: tuple[Step, ...] = field(init=False, repr=False, compare=False)
    by_name: Mapping[str, Step] = field(init=False, repr=False, compare=False)
    reaches: Mapping[OccasionKind, Reach] = field(init=False, repr=False, compare=False)
    renamed: Mapping[str, str] = field(init=False, repr=False, compare=False)
    wanted: Mapping[str, Wanted] = field(init=False, repr=False, compare=False)
    dates: Dates = field(init=False, repr=False, compare=False)
    slack: timedelta = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare what every client needs: the order of steps, names, conditions, a memory of dates."""
        by_name = {step.name: step for step in self.steps}
        by_occasion: dict[OccasionKind, list[Step]] = {}
        for step in self.steps:
            by_occasion.setdefault(step.occasion, []).append(step)
        prepared = {step.name: _prepare(step.when, digits=self.minor_digits) for step in self.steps}
        for name, value in (
            ("ordered", _in_order(self.steps)),
            ("by_name", by_name),
            ("reaches", {kind: _reach(steps) for kind, steps in by_occasion.items()}),
            ("renamed", {old: step.name for step in self.steps for old in step.was if old not in by_name}),
            ("wanted", prepared),
            ("dates", Dates(self.calendar)),
            ("slack", workdays.longest_closing(self.calendar.closing_days) + _LONGEST_FEAST),
        ):
            object.__setattr__(self, name, value)

    def add(self, delay: Delay, anchor: date) -> date:
        """Return the day that lies *delay* after *anchor*; it may be a closed one."""
        return self.dates.add(delay, anchor)

    def step(self, name: str) -> Step | None:
        """Return the step that is, or was, called *name*."""
        return self.by_name.get(self.renamed.get(name, name))


def rules(
    settings: settings_module.Settings,
    *,
    calendar: workdays.Calendar,
    templates: Mapping[str, frozenset[str]],
    timezone: tzinfo = UTC,
    home_key: bytes = b"",
) -> Rules:
    """Return the rules that *settings* make, with the firm's *calendar* and the languages of its *templates*.

    *timezone* and *home_key* are the home's.
    """
    business = settings.business
    return Rules(
        steps=tuple(settings.steps),
        calendar=calendar,
        templates=templates,
        services=settings.services,
        quiet=settings.quiet,
        language=business.language,
        currency=business.currency,
        minor_digits=cells.minor_digits(business.currency),
        basis=settings.basis,
        has_postal_address=bool(business.address.strip()),
        messages_days=settings.budget.messages_days,
        asks_days=settings.budget.asks_days,
        call_tries=settings.calls.tries,
        call_again=settings.calls.again,
        send_days=settings.mail.send_days,
        deadlines=deadlines.deadlines(settings, calendar=calendar, timezone=timezone),
        second_within=settings.cases.second_within,
        reward_wait=settings.referrals.wait,
        low_score=settings.feedback.low,
        owner=settings.owner,
        people=settings.people,
        home_key=home_key,
    )


def _in_order(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return *steps* so that each comes after the one it counts from. Circles, which settings refuse, end somewhere."""
    known = {name: step for step in steps for name in (step.name, *step.was)}
    placed: dict[str, Step] = {}

    def place(step: Step, waiting: frozenset[str]) -> None:
        before = known.get(step.after_step)
        if before is not None and before.name not in waiting:
            place(before, waiting | {before.name})
        placed.setdefault(step.name, step)

    for step in steps:
        place(step, frozenset({step.name}))
    return tuple(placed.values())


def _reach(steps: Sequence[Step]) -> Reach:
    enabled = [step for step in steps if step.enabled]
    is_endless = any(step.late is None or (step.every is not None and step.times is None) for step in enabled)
    return Reach(
        late=None if is_endless else max((_most_days(step.late) for step in enabled), default=0),
        delay=max((_longest(step) for step in enabled), default=0),
        covers=max(_most_days(step.covers) for step in steps),
    )


def _longest(step: Step) -> int:
    repeated = _most_days(step.every) * (step.times or 1)
    return max(_most_days(step.delay), _most_days(step.otherwise)) + _most_days(step.reminder) + repeated


def _most_days(delay: Delay | None) -> int:
    return delay.number * _DAYS_IN[delay.unit] if delay is not None else 0


def _prepare(conditions: Conditions, *, digits: int) -> Wanted:
    return Wanted(
        said=conditions,
        services=_folded(conditions.services),
        not_services=_folded(conditions.not_services),
        tags=_folded(conditions.tags),
        not_tags=_folded(conditions.not_tags),
        min_minor=_minor(conditions.min_amount, digits),
        below_minor=_minor(conditions.below_amount, digits),
        any_of=tuple(_prepare(each, digits=digits) for each in conditions.any_of),
    )


def _folded(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.strip().casefold() for name in names)


def _minor(amount: str, digits: int) -> int | None:
    return int(Decimal(amount).scaleb(digits).to_integral_value()) if amount else None
