"""What clients said of us, as rows: scores and comments, praise and testimonials, causes of trouble.

Takes contacts, records and what is known of their clients. Gives rows. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from followup.cells import Column
from followup.model import Client, Contact, Job, Praise
from followup.report import words

SCORES = (
    Column("on", "Day", "day", whole=True),
    Column("client", "Client"),
    Column("score", "Score", "number", whole=True),
    Column("low", "Low", "flag", whole=True),
    Column("comment", "What they said"),
    Column("service", "Service", spare=1),
    Column("channel", "By", spare=2),
    Column("client_id", place="data"),
    Column("job_id", place="data"),
)

QUOTABLE = (
    Column("praise_id", "Id", whole=True),
    Column("on", "Day", "day", whole=True),
    Column("client", "Client", spare=1),
    Column("person", "Earned by"),
    Column("summary", "What they said", spare=2),
    Column("quote", "Quote"),
    Column("quoted_as", "Quoted as"),
    Column("permission", "Permission"),
    Column("passed_on", "Passed on", "day", spare=3),
    Column("client_id", place="data"),
)

CAUSES = (
    Column("cause", "Cause"),
    Column("cases", "Cases", "number", whole=True),
    Column("lessons", "Lessons", "number", whole=True),
    Column("in_place", "In place", "number", whole=True),
    Column("repeats", "Keeps happening", "flag", whole=True),
)

COLUMNS = {"praise": QUOTABLE, "lesson": CAUSES}
"""Of the other view of a kind of record."""


def score_rows(
    scored: Iterable[Contact], clients: Mapping[str, Client], jobs: Mapping[str, Job], *, low: int
) -> Iterator[tuple[Any, ...]]:
    """Yield a row a score, in the order given; one up to *low* is low."""
    for contact in scored:
        job = jobs.get(contact.job_id)
        yield (
            contact.on,
            words.client(clients.get(contact.client_id), client_id=contact.client_id),
            contact.score,
            contact.score is not None and contact.score <= low,
            contact.note,
            job.service if job else "",
            words.channel(contact.channel),
            contact.client_id,
            contact.job_id,
        )


def quotable_rows(
    found: Iterable[Praise], clients: Mapping[str, Client], people: Mapping[str, str]
) -> Iterator[tuple[Any, ...]]:
    """Yield a row a testimonial. *people*: id -> name."""
    for praise in found:
        yield (
            praise.id,
            praise.opened_on,
            words.client(clients.get(praise.client_id), client_id=praise.client_id),
            people.get(praise.owner, praise.owner),
            praise.summary,
            praise.quote,
            praise.quoted_as,
            praise.permission,
            praise.closed_on,
            praise.client_id,
        )


def cause_rows(
    cases: Mapping[str, int], lessons: Mapping[str, int], in_place: Mapping[str, int]
) -> Iterator[tuple[Any, ...]]:
    """Yield a row a cause, the most frequent first; one with several cases keeps happening."""
    for cause in sorted({*cases, *lessons}, key=lambda each: (-cases.get(each, 0), -lessons.get(each, 0), each)):
        count = cases.get(cause, 0)
        yield cause, count, lessons.get(cause, 0), in_place.get(cause, 0), count > 1 and cause != "not known"
