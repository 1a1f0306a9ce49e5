"""Honest numbers about a period: what happened, to how many clients, and what waits.

Takes what the store counted, month by month, and a few other facts. Gives one row a number, for the whole and month by
month; a number that nothing was counted for is not there. Touches nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from followup.cells import Column
from followup.model import Case
from followup.records import dataclass
from followup.report import words

COLUMNS = (
    Column("month", "Month", whole=True),
    Column("about", "About", whole=True),
    Column("what", "What"),
    Column("count", "Number", "number", whole=True),
)

WHOLE = "all"
"""What stands for the month in the rows about the whole period."""

NOW = "now"
"""What stands for the month in the rows about this moment, whatever the period."""

_ABOUT = ("jobs", "clients", "contacts", "outcomes", "asks", "cases", "waiting")
_CLIENTS = {"out": "we contacted", "in": "contacted us"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What was counted in one month."""

    month: str  # 2026-03
    contacts: Collection[tuple[str, str, str, str, int]] = ()  # channel, direction, outcome, step, how many
    clients: Mapping[str, int]  # direction -> how many different clients
    completed: int = 0  # jobs
    thanked: int = 0  # of these; the thanks may have come in a later month


def rows(
    months: Iterable[Month],
    *,
    clients: Mapping[str, int],
    cases: Iterable[Case] = (),
    asks: Collection[str] = frozenset({"feedback-ask", "referral-ask"}),
    waiting: Mapping[str, int] | None = None,
) -> Iterator[tuple[str, str, str, int]]:
    """Yield the numbers, whole period first, then month by month, then what waits now.

    Args:
        months: consumed once.
        clients: direction -> how many different clients in the whole period.
        cases: cases opened or resolved in the period; the caller chose them by either day.
        asks: names of steps that ask a favour.
        waiting: what waits now, in words -> how many: {"drafts to confirm": 2}.
    """
    numbers: Counter[tuple[str, str, str]] = Counter()
    for each in months:
        _count(each, numbers, asks=asks)
    for case in cases:
        numbers[f"{case.opened_on:%Y-%m}", "cases", "opened"] += 1
        if case.closed_on:
            numbers[f"{case.closed_on:%Y-%m}", "cases", "resolved"] += 1
    whole: Counter[tuple[str, str, str]] = Counter()
    for (_, about, what), count in numbers.items():
        if about != "clients":  # who was there in two months is one client
            whole[WHOLE, about, what] += count
    whole.update({(WHOLE, "clients", _CLIENTS[way]): count for way, count in clients.items()})
    yield from _rows(whole)
    if len({month for (month, _, _), count in numbers.items() if count}) > 1:
        yield from _rows(numbers)
    for what, count in (waiting or {}).items():
        yield NOW, "waiting", what, count


def _count(each: Month, numbers: Counter[tuple[str, str, str]], *, asks: Collection[str]) -> None:
    month = each.month
    for way, count in each.clients.items():
        numbers[month, "clients", _CLIENTS[way]] += count
    numbers[month, "jobs", "completed"] += each.completed
    numbers[month, "jobs", "of these thanked for"] += each.thanked
    for channel, way, outcome, step, count in each.contacts:
        numbers[month, "contacts", f"{words.channel(channel)} {way}"] += count
        if outcome:
            numbers[month, "outcomes", outcome] += count
        if way == "out" and step in asks:
            numbers[month, "asks", words.step_name(step)] += count


def _rows(numbers: Mapping[tuple[str, str, str], int]) -> Iterator[tuple[str, str, str, int]]:
    for month, about, what in sorted(numbers, key=lambda where: (where[0], _ABOUT.index(where[1]), where[2])):
        if numbers[month, about, what]:
            yield month, about, what, numbers[month, about, what]
