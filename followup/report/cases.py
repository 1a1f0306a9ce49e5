"""Cases as rows, and one case as a page.

Takes cases and what is known of their clients. Gives rows and lines. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from followup.cells import Column, printable
from followup.model import Case, Client, Contact
from followup.report import clients, words

COLUMNS = (
    Column("case_id", "Id", whole=True),
    Column("opened_on", "Opened", "day", whole=True),
    Column("client", "Client"),
    Column("summary", "What happened"),
    Column("severity", "Severity", spare=2),
    Column("opened_by", "Seen by", spare=3),
    Column("owner", "Looked after by", spare=1),
    Column("days_open", "Days", "number"),
    Column("resolved_on", "Resolved", "day", whole=True),
    Column("resolution", place="data"),
    Column("cause", place="data"),
    Column("client_id", place="data"),
    Column("job_id", place="data"),
)


def rows(cases: Iterable[Case], known: Mapping[str, Client], *, today: date) -> Iterator[tuple[Any, ...]]:
    """Yield a row a case, in the order given. *known*: client id -> client."""
    for case in cases:
        yield (
            case.id,
            case.opened_on,
            words.client(known.get(case.client_id), client_id=case.client_id),
            case.summary,
            case.severity,
            case.opened_by,
            case.owner,
            ((case.closed_on or today) - case.opened_on).days,
            case.closed_on,
            case.resolution,
            case.cause,
            case.client_id,
            case.job_id,
        )


def lines(case: Case, client: Client | None, contacts: Iterable[Contact], *, today: date) -> list[str]:
    """Return a case and every contact since it was opened, for people."""
    made = [printable(words.client(client, client_id=case.client_id)), *clients.case_lines(case, today=today)]
    facts = [
        ("seen by", case.opened_by),
        ("looked after by", case.owner),
        ("cause", case.cause),
        ("job", case.job_id),
    ]
    made += words.aligned([(name, value) for name, value in facts if value], indent=6)
    if case.closed_on is None:
        made.append("      Nothing is asked of this client until it is resolved.")
    since = [contact for contact in contacts if contact.on >= case.opened_on]
    if since:
        made += ["", "Since then", *words.aligned([clients.contact_row(contact) for contact in since])]
    return made
