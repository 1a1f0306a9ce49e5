"""Cases as rows and as a page. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from followup.model import Case, Client, Contact
from followup.tables import Column

COLUMNS = (
    Column("case_id", "case"),
    Column("client_id", "client id"),
    Column("client", "client"),
    Column("opened_on", "opened", kind="day"),
    Column("days_open", "days", kind="number"),
    Column("opened_by", "seen by"),
    Column("summary", "what happened"),
    Column("job_id", "job"),
    Column("owner", "owner"),
    Column("severity", "severity"),
    Column("cause", "cause"),
    Column("resolved_on", "resolved", kind="day"),
    Column("resolution", "put right by"),
)


def rows(cases: Iterable[Case], clients: Mapping[str, Client], *, today: date) -> Iterator[tuple[object, ...]]:
    """Yield a row of COLUMNS for every case, oldest first."""
    for case in sorted(cases, key=lambda each: (each.opened_on, each.id)):
        client = clients.get(case.client_id)
        yield (
            case.id,
            case.client_id,
            (client.full_name or client.company) if client else "",
            case.opened_on,
            ((case.resolved_on or today) - case.opened_on).days,
            case.opened_by,
            case.summary,
            case.job_id,
            case.owner,
            case.severity,
            case.cause,
            case.resolved_on,
            case.resolution,
        )


def lines(case: Case, client: Client, contacts: Iterable[Contact], *, today: date) -> Iterator[str]:
    """Yield the page of a case: what happened, and every contact since."""
    yield f"Case {case.id}: {client.full_name or client.company}"
    if case.summary:
        yield f"  {case.summary}"
    state = f"resolved on {case.resolved_on}" if case.resolved_on else "open"
    days = ((case.resolved_on or today) - case.opened_on).days
    yield f"  opened on {case.opened_on} by {case.opened_by}, {state}, {days} days"
    for name, value in (
        ("job", case.job_id),
        ("owner", case.owner),
        ("severity", case.severity),
        ("cause", case.cause),
        ("put right by", case.resolution),
    ):
        if value:
            yield f"  {name}: {value}"
    yield "Since then:"
    since = [each for each in contacts if each.on >= case.opened_on]
    if not since:
        yield "  no contact yet"
    for contact in since:
        what = contact.outcome.value if contact.outcome else contact.summary
        yield f"  {contact.on}  {contact.direction.value:<3} {contact.channel.value:<6} {what}  {contact.note}".rstrip()
