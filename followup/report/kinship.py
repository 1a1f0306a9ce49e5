"""Who may be one client, and who lives together, as rows; two clients side by side.

Takes clients and what ties them. Gives rows and lines. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from followup.cells import Column
from followup.model import Client, Reason, Summary
from followup.report import words


class Proposed(Protocol):
    """Two clients that may be one, and why."""

    @property
    def group(self) -> int:
        """Return the number of the group of pairs that may all be one client."""

    @property
    def keep(self) -> Client:
        """Return the one of which more is known."""

    @property
    def drop(self) -> Client:
        """Return the other."""

    @property
    def reasons(self) -> Sequence[Reason]:
        """Return what they have in common."""


class Housemate(Protocol):
    """One of a household."""

    @property
    def client(self) -> Client:
        """Return who it is."""

    @property
    def shares(self) -> Sequence[str]:
        """Return what ties them to the others."""


DUPLICATE_COLUMNS = (
    Column("group", "Group", "number"),
    Column("client_id", "Id", whole=True),
    Column("client", "Client"),
    Column("other_id", "Id", whole=True),
    Column("other", "May be the same"),
    Column("reasons", "Because", "reasons"),
)


def duplicate_rows(found: Iterable[Proposed]) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each pair."""
    for each in found:
        yield (
            each.group, each.keep.id, words.client(each.keep), each.drop.id, words.client(each.drop), each.reasons,
        )  # fmt: skip


HOUSEHOLD_COLUMNS = (
    Column("household", "Household", "number"),
    Column("client_id", "Id", whole=True),
    Column("client", "Client"),
    Column("shares", "Shares", "words"),
)


def household_rows(households: Iterable[Iterable[Housemate]]) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each member of each household, which are numbered."""
    for number, members in enumerate(households, 1):
        for member in members:
            yield number, member.client.id, words.client(member.client), member.shares


def side_by_side(*sides: tuple[Client, Summary]) -> list[str]:
    """Return lines that show what clients have and have not in common, each in a column of its own."""
    rows = [("", *(str(number) for number in range(1, len(sides) + 1)))]
    facts = [dict(_facts(*side)) for side in sides]
    for name in facts[0]:
        cells = [found[name] for found in facts]
        if any(cells):
            rows.append((name, *cells))
    return words.aligned(rows)


def _facts(client: Client, summary: Summary) -> Iterator[tuple[str, str]]:
    last = f", the last on {words.full_day(summary.last_job_on)}" if summary.last_job_on else ""
    town = f"{client.postal_code} {client.city}".strip()
    talked = max((day for day in (summary.last_contact_on, summary.last_reply_on) if day), default=None)
    yield "name", client.full_name
    yield "company", client.company
    yield "e-mail", ", ".join(client.emails)
    yield "phone", ", ".join(client.phones)
    yield "address", ", ".join(part for part in (client.street, town, client.country) if part)
    yield "jobs", f"{summary.jobs}{last}" if summary.jobs else "none"
    yield "last contact", words.full_day(talked)
    yield "consent", client.consent.value.replace("_", " ")
    yield "tags", ", ".join(client.tags)
    yield "known since", words.full_day(client.created_on)
    yield "id", client.id
