"""Reports: a period and the store's rows.

Takes a Desk and a period. Gives rows that stream, and totals once they went by. Touches nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from followup.care.kind import Kind
from followup.model import Case, Channel
from followup.report import care as care_report
from followup.report import contacts as contact_report
from followup.report import periods, words
from followup.report import summary as summary_report
from followup.workflow import finding, status
from followup.workflow.desk import Desk

_DAY, _MORE_THAN_A_MONTH = timedelta(days=1), timedelta(days=31)


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


@dataclass(frozen=True, slots=True)
class RecordReport:
    """Records of a kind that began or ended in a period."""

    kind: Kind
    rows: Iterable[tuple[Any, ...]]
    period: periods.Period
    states: Mapping[str, int]  # how many are in each state now

    def line(self) -> str:
        """Return the totals and the period for people."""
        days = f"{self.period.from_on} to {self.period.to_on}"
        count = sum(self.states.values())
        if not count:
            return f"No {self.kind.plural}, {days}."
        said = ", ".join(f"{number} {state.replace('-', ' ')}" for state, number in self.states.items())
        return f"{words.plural(count, self.kind.name, self.kind.plural)}, {days}: {said}."

    def envelope(self) -> Mapping[str, object]:
        """Return what stands around the rows in json."""
        days = {"from": self.period.from_on.isoformat(), "to": self.period.to_on.isoformat()}
        return {**days, "states": dict(self.states)}


def records(desk: Desk, kind: Kind, *, client: str = "", **period: Any) -> RecordReport:
    """Return the records of *kind* that began in a period or ended in it, by the day on which they began."""
    chosen = periods.period(today=desk.today, **period)
    client_id = finding.client(desk, client).id if client else None
    found = [
        record
        for record in desk.store.care(kind.record, client_id=client_id)
        if chosen.from_on <= record.opened_on <= chosen.to_on
        or (record.closed_on and chosen.from_on <= record.closed_on <= chosen.to_on)
    ]
    states = Counter(str(record.state) for record in found)
    known = desk.store.clients({record.client_id for record in found})
    rows = care_report.rows(kind, found, known, today=desk.today)
    return RecordReport(kind, rows, chosen, {state: states[state] for state in kind.states if states[state]})


def _months(desk: Desk, chosen: periods.Period) -> Iterator[summary_report.Month]:
    """Count each month of a period that has anything by itself, so that memory does not grow with its length."""
    first, last = desk.store.days_on_record(chosen.from_on, chosen.to_on)
    while first <= last:
        first_of_next = (first.replace(day=1) + _MORE_THAN_A_MONTH).replace(day=1)
        until = min(last, first_of_next - _DAY)
        completed, thanked = desk.store.count_jobs(first, until, said_from=chosen.from_on, said_to=chosen.to_on)
        yield summary_report.Month(
            month=f"{first:%Y-%m}",
            contacts=desk.store.count_contacts(first, until),
            clients=desk.store.count_clients(first, until),
            completed=completed,
            thanked=thanked,
        )
        first = first_of_next


def summary(desk: Desk, **period: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the numbers of a period, then what waits now."""
    chosen = periods.period(today=desk.today, **period)
    inside = range(chosen.from_on.toordinal(), chosen.to_on.toordinal() + 1)
    cases = [
        case
        for case in desk.store.care(Case)
        if case.opened_on.toordinal() in inside or (case.closed_on and case.closed_on.toordinal() in inside)
    ]
    now = status.count(desk)
    waiting = {
        "messages that may have gone out": now.count("unknown"),
        "drafts to confirm": now.count("draft"),
        "messages to send": now.count("message"),
        "calls to make": now.count("call"),
        "open cases": now.count("case"),
    }
    return summary_report.rows(
        _months(desk, chosen),
        clients=desk.store.count_clients(chosen.from_on, chosen.to_on),
        cases=cases,
        asks=frozenset(step.name for step in desk.settings.steps if step.ask),
        waiting={what: count for what, count in waiting.items() if count},
    )
