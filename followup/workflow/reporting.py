"""Reports: a period and the store's rows.

Takes a Desk and a period. Gives rows that stream, and totals once they went by. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from followup.model import AttemptState, Channel
from followup.report import contacts as contact_report
from followup.report import periods
from followup.report import summary as summary_report
from followup.workflow import finding, status
from followup.workflow.desk import Desk


@dataclass(frozen=True, slots=True)
class ContactReport:
    """Rows of the contact report, and what stands beside them."""

    rows: Iterable[tuple[Any, ...]]
    period: periods.Period
    totals: contact_report.Totals

    def lines(self) -> list[str]:
        """Return the totals and the period for people; to be asked after the last row."""
        first, *rest = self.totals.lines()
        days = f"{self.period.from_on} to {self.period.to_on}"
        return [f"{first.rstrip('.')}, {days}", *rest] if self.totals.count else [f"No contacts, {days}."]

    def envelope(self) -> Mapping[str, object]:
        """Return what stands around the rows in json; to be asked after the last row."""
        days = {"from": self.period.from_on.isoformat(), "to": self.period.to_on.isoformat()}
        return {**days, **self.totals.envelope()}


def contacts(desk: Desk, *, client: str = "", channel: Channel | None = None, **period: Any) -> ContactReport:
    """Return the contact report of a period; memory does not grow with its length."""
    chosen = periods.period(today=desk.today, **period)
    client_id = finding.client(desk, client).id if client else None
    source = desk.store.contact_rows(chosen.from_on, chosen.to_on, client_id=client_id, channel=channel)
    totals = contact_report.Totals()
    people = {person.id: person.name for person in desk.settings.people.values()}
    return ContactReport(contact_report.rows(totals.over(source), people=people), chosen, totals)


def _jobs_by_key(desk: Desk, chosen: periods.Period) -> dict[str, tuple[str, ...]]:
    """Return the jobs of each message of a period that spoke of several; those with one job tell it themselves."""
    key, step = contact_report.SOURCE.index("key"), contact_report.SOURCE.index("step")
    rows = desk.store.contact_rows(chosen.from_on, chosen.to_on)
    keys = {row[key] for row in rows if row[step] == "thank-you" and row[key]}
    spoken = (attempt for each in sorted(keys) for attempt in desk.store.attempts_of_key(each))
    return {
        attempt.key: attempt.job_ids
        for attempt in spoken
        if attempt.state == AttemptState.SENT and len(attempt.job_ids) > 1
    }


def summary(desk: Desk, **period: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the numbers of a period, then what waits now."""
    chosen = periods.period(today=desk.today, **period)
    inside = range(chosen.from_on.toordinal(), chosen.to_on.toordinal() + 1)
    cases = [
        case
        for case in desk.store.cases(open_only=False)
        if case.opened_on.toordinal() in inside or (case.resolved_on and case.resolved_on.toordinal() in inside)
    ]
    now = status.count(desk)
    waiting = {
        "drafts to confirm": now.drafts,
        "messages to send": now.messages,
        "calls to make": now.calls,
        "open cases": now.cases,
    }
    return summary_report.rows(
        desk.store.contact_rows(chosen.from_on, chosen.to_on),
        completed_jobs=desk.store.jobs_completed(chosen.from_on, chosen.to_on),
        cases=cases,
        jobs_by_key=_jobs_by_key(desk, chosen),
        asks=frozenset(step.name for step in desk.settings.steps if step.ask),
        waiting={what: count for what, count in waiting.items() if count},
    )
