"""Honest numbers about a period: what happened, to how many clients, and what waits.

Takes the contacts of the period as they stream from the store, and a few other facts. Gives one row a number, month
by month and for the whole; a number that nothing was counted for is not there. Touches nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from followup.cells import Column
from followup.model import Case, Job
from followup.report import contacts as contact_report
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
_ON, _CLIENT_ID, _CHANNEL, _DIRECTION, _JOB_ID, _OUTCOME, _STEP, _KEY = (
    contact_report.SOURCE.index(name)
    for name in ("on", "client_id", "channel", "direction", "job_id", "outcome", "step", "key")
)


def rows(
    contacts: Iterable[Sequence[Any]],
    *,
    completed_jobs: Iterable[Job] = (),
    cases: Iterable[Case] = (),
    asks: Collection[str] = frozenset({"feedback-ask", "referral-ask"}),
    thanks: Collection[str] = frozenset({"thank-you"}),
    jobs_by_key: Mapping[str, Collection[str]] | None = None,
    waiting: Mapping[str, int] | None = None,
) -> Iterator[tuple[str, str, str, int]]:
    """Yield the numbers, whole period first, then month by month, then what waits now.

    Args:
        contacts: tuples of ``contacts.SOURCE`` in the period; consumed once.
        completed_jobs: jobs completed in the period.
        cases: cases opened or resolved in the period; the caller chose them by either day.
        asks: names of steps that ask a favour.
        thanks: names of steps that thank for a job.
        jobs_by_key: touchpoint -> every job it spoke of; without it only the leading job counts as thanked.
        waiting: what waits now, in words -> how many: {"drafts to confirm": 2}.
    """
    numbers = _Numbers()
    thanked = _count_contacts(contacts, numbers, asks=asks, thanks=thanks, jobs_by_key=jobs_by_key or {})
    for job in completed_jobs:
        if job.completed_on is not None:
            month = f"{job.completed_on:%Y-%m}"
            numbers.add(month, "jobs", "completed")
            # A job may be thanked for in the month after; it counts where it was completed.
            if job.id in thanked:
                numbers.add(month, "jobs", "of these thanked for")
    for case in cases:
        numbers.add(f"{case.opened_on:%Y-%m}", "cases", "opened")
        if case.resolved_on:
            numbers.add(f"{case.resolved_on:%Y-%m}", "cases", "resolved")
    yield from numbers.rows()
    for what, count in (waiting or {}).items():
        yield NOW, "waiting", what, count


class _Numbers:
    """Counts, and sets of clients where each is to be counted once: memory follows clients, not contacts."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._clients: dict[tuple[str, str, str], set[str]] = {}

    def add(self, month: str, about: str, what: str) -> None:
        self._counts[month, about, what] += 1

    def add_client(self, month: str, what: str, client_id: str) -> None:
        for period in (month, WHOLE):
            self._clients.setdefault((period, "clients", what), set()).add(client_id)

    def rows(self) -> Iterator[tuple[str, str, str, int]]:
        counts = Counter({where: len(ids) for where, ids in self._clients.items()})
        for (month, about, what), count in self._counts.items():
            counts[month, about, what] += count
            counts[WHOLE, about, what] += count
        months = {month for month, _, _ in counts} - {WHOLE}
        shown = counts if len(months) > 1 else {where: count for where, count in counts.items() if where[0] == WHOLE}
        order = sorted(shown, key=lambda where: (where[0] != WHOLE, where[0], _ABOUT.index(where[1]), where[2]))
        for month, about, what in order:
            yield month, about, what, counts[month, about, what]


def _count_contacts(
    contacts: Iterable[Sequence[Any]],
    numbers: _Numbers,
    *,
    asks: Collection[str],
    thanks: Collection[str],
    jobs_by_key: Mapping[str, Collection[str]],
) -> set[str]:
    """Count every contact; return the ids of the jobs that were thanked for."""
    thanked: set[str] = set()
    for row in contacts:
        month = row[_ON][:7]
        way = row[_DIRECTION]
        numbers.add(month, "contacts", f"{words.channel(row[_CHANNEL])} {way}")
        numbers.add_client(month, "we contacted" if way == "out" else "contacted us", row[_CLIENT_ID])
        if row[_OUTCOME]:
            numbers.add(month, "outcomes", row[_OUTCOME])
        if way == "out" and row[_STEP] in asks:
            numbers.add(month, "asks", words.step_name(row[_STEP]))
        if way == "out" and row[_STEP] in thanks:
            thanked.update(jobs_by_key.get(row[_KEY], ()))
            if row[_JOB_ID]:
                thanked.add(row[_JOB_ID])
    return thanked
