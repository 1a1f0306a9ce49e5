"""Reports: a period and the store's rows.

Takes a Desk and a period. Gives rows that stream, and totals once they went by. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from followup.model import Channel
from followup.report import contacts as contact_report
from followup.report import periods
from followup.report import summary as summary_report
from followup.workflow import finding
from followup.workflow.desk import Desk


@dataclass(frozen=True, slots=True)
class ContactReport:
    """Rows of the contact report, and what stands beside them."""

    rows: Iterable[tuple[Any, ...]]
    from_on: date
    to_on: date
    _totals: contact_report.Totals

    @property
    def envelope(self) -> Mapping[str, Any]:
        """Return what stands around the rows in json; totals are complete when the rows went by."""
        return _Late({"from": self.from_on.isoformat(), "to": self.to_on.isoformat()}, self._totals)

    def totals(self) -> str:
        """Return the totals for people, once the rows went by."""
        return "\n".join(self._totals.lines())


class _Late(dict[str, Any]):
    """An envelope whose totals are read after the rows."""

    def __init__(self, first: Mapping[str, Any], totals: contact_report.Totals) -> None:
        super().__init__(first)
        self._totals = totals

    def items(self) -> Any:
        return {**self, **self._totals.envelope()}.items()


def contacts(desk: Desk, *, client: str = "", channel: Channel | None = None, **period: Any) -> ContactReport:
    """Return the contact report of a period; memory does not grow with its length."""
    chosen = periods.period(today=desk.today, **period)
    client_id = finding.client(desk, client).id if client else None
    source = desk.store.contact_rows(chosen.from_on, chosen.to_on, client_id=client_id, channel=channel)
    totals = contact_report.Totals()
    people = {person.id: person.name for person in desk.settings.people.values()}
    rows = contact_report.rows(totals.over(source), people=people)
    return ContactReport(rows, chosen.from_on, chosen.to_on, totals)


def summary(desk: Desk, **period: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the summary of a period."""
    chosen = periods.period(today=desk.today, **period)
    return iter(summary_report.rows(desk.store.contact_rows(chosen.from_on, chosen.to_on)))
