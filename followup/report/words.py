"""The few words that every report shares: names, days, steps, channels.

Takes facts. Gives short texts for people. Touches nothing. Months are written out, because 03/04 is two days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from followup import cells, workdays
from followup.model import Channel, Client, Contact, Decision, Job, JobStatus, State

_CHANNELS = {Channel.EMAIL.value: "e-mail"}
_STEPS = {
    "thank-you": "thank-you",
    "check-in-call": "check-in call",
    "check-in-mail": "check-in mail",
    "check-in": "check-in",
    "feedback-ask": "ask for feedback",
    "referral-ask": "ask for a referral",
    "win-back": "win-back",
}
_ON_ITS_WAY = frozenset({State.DUE, State.UPCOMING})


def says(looks_like: str, kind: str) -> bool:
    """Return whether the name of a program's export says already what a file holds: Jobber clients."""
    return kind in looks_like.casefold().split()


def answer(about: str, value: str) -> str:
    """Return an answer to a question about a file, so that it is plain where it ends among others: date_order=dmy."""
    return f'{about}="{value}"' if "," in value else f"{about}={value}"


def day(when: date | None) -> str:
    """Return a day of the coming weeks: Mon 2 Mar."""
    if when is None:
        return ""
    return f"{workdays.DAY_NAMES[when.weekday()][:3]} {when.day} {workdays.MONTH_NAMES[when.month - 1][:3]}"


def full_day(when: date | None) -> str:
    """Return a day of any year: 2 March 2026."""
    return f"{when.day} {workdays.MONTH_NAMES[when.month - 1]} {when.year}" if when else ""


def long_day(when: date) -> str:
    """Return a day as people say it: Monday 2 March 2026."""
    return f"{workdays.DAY_NAMES[when.weekday()]} {full_day(when)}"


def instant(local: datetime) -> str:
    """Return an instant of the home's own time: Monday 2 March 2026, 09:15."""
    return f"{long_day(local.date())}, {local:%H:%M}"


def client(record: Client | None, *, client_id: str = "") -> str:
    """Return how lists call a client; one that was forgotten is called by the identifier."""
    if record is None:
        return client_id
    return record.full_name or record.company or next(iter((*record.emails, *record.phones)), "") or record.id


def channel(name: Channel | str | None) -> str:
    """Return the word for a channel."""
    return _CHANNELS.get(name, str(name)) if name else ""


def step_name(name: str) -> str:
    """Return a step in words; one of the home's own is called as it is spelled, without hyphens."""
    return _STEPS.get(name) or name.replace("-", " ")


def step(decision: Decision) -> str:
    """Return the step of a decision in words; the second and later times are numbered."""
    name = step_name(decision.step)
    if decision.occurrence == 1:
        return name
    is_reminder = "reminder" in decision.template and "reminder" not in decision.step
    return f"{name}, reminder" if is_reminder else f"{name} ({decision.occurrence})"


def service(decision: Decision, services: Mapping[str, str]) -> str:
    """Return the service of the leading job of a decision. *services*: job id -> service."""
    return services.get(decision.job_ids[0], "") if decision.job_ids else ""


def services(decision: Decision, services: Mapping[str, str]) -> str:
    """Return what a decision speaks of: its record, else every kind of work: Boiler service and 2 more.

    *services*: job id -> service, and id of a record -> what it is about.
    """
    about = services.get(decision.occasion.record_id, "")
    if about:
        return about
    names = list(dict.fromkeys(name for job_id in decision.job_ids if (name := services.get(job_id, ""))))
    if len(names) < 2:
        return "".join(names)
    return f"{names[0]} and {names[1] if len(names) == 2 else f'{len(names) - 1} more'}"


def acts_on(decision: Decision) -> date | None:
    """Return the day on which something happens or happened: the day it will go, else the day the rule says."""
    if decision.state is State.HELD:
        return decision.until or decision.act_on or decision.due_on
    when = decision.act_on or decision.due_on
    if when is None and decision.state is State.UNCONFIRMED:
        # It may count from something that is not settled yet; then the day the draft was made is the one to show.
        when = next((reason.on for reason in reversed(decision.reasons) if reason.on), None)
    return when


_MOVES = frozenset(
    {"again-after", "ask-budget", "call-again", "case-resolved", "closed", "condition-since", "message-budget"}
    | {"not-sent", "refused-for-now", "snoozed"}
)
"""Codes of reasons that put a touchpoint off to a later day."""


def main_reason(decision: Decision) -> str:
    """Return the one reason to show where there is room for one.

    For what goes its way that is the rule, which the planner says first, or what moved it last, so that the day shown
    and the day explained are the same; else the last reason, which decided.
    """
    if not decision.reasons:
        return ""
    if decision.state not in _ON_ITS_WAY:
        return decision.reasons[-1].text
    rule = decision.reasons[0]
    moved = [
        each for each in decision.reasons[1:] if each.code in _MOVES and each.on and (not rule.on or each.on > rule.on)
    ]
    return (moved[-1] if moved else rule).text


def job(record: Job) -> str:
    """Return a job on one line: 27 February 2026  Boiler service, 120.00 GBP."""
    if record.status is JobStatus.COMPLETED:
        when = full_day(record.completed_on)
    elif record.promised_on:
        when = f"for {full_day(record.promised_on)}"
    else:
        when = record.status.value
    what = [record.service or "work"]
    if record.amount_minor is not None:
        what.append(cells.amount(record.amount_minor, record.currency))
    return f"{when}  {', '.join(what)}"


def contact(record: Contact) -> tuple[str, ...]:
    """Return a contact as the cells of one line on a page."""
    said = record.summary or step_name(record.step)
    if record.note:
        said = f"{said}: {record.note}" if said else record.note
    return (
        full_day(record.on),
        f"{channel(record.channel)} {record.direction.value}",
        record.outcome.value if record.outcome else "",
        said,
    )


def plural(count: int, one: str, many: str = "") -> str:
    """Return "1 job", "2 jobs"."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def aligned(rows: Sequence[Sequence[str]], *, indent: int = 2) -> list[str]:
    """Return rows as lines whose columns stand under each other; every cell is made printable."""
    safe = [[cells.printable(cell) for cell in row] for row in rows]
    if not safe:
        return []
    widths = [max(map(cells.width, column)) for column in zip(*safe, strict=True)]
    return [" " * indent + _padded(row, widths) for row in safe]


def _padded(row: Iterable[str], widths: Sequence[int]) -> str:
    pieces = (cell + " " * (room - cells.width(cell)) for cell, room in zip(row, widths, strict=True))
    return "  ".join(pieces).rstrip()
