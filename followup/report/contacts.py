"""The contact report: one row for every act of contact that happened.

Takes plain tuples from the store, in its order. Gives rows in the same order and, while they stream by, totals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from followup.cells import Column
from followup.model import Client, Contact
from followup.report import words

SOURCE = (
    "on",  # the home's local day, ISO text
    "at",  # the instant, ISO text in UTC
    "client",  # company, else full name
    "client_id",
    "by",  # id of the person of our firm
    "channel",
    "direction",
    "purpose",  # empty or None where there was none
    "service",  # of the job, empty without one
    "job_id",
    "invoice_ref",
    "outcome",  # None or empty
    "summary",
    "reference",
    "step",
    "key",
    "note",
    "person",  # full name of the client's own person: whom we reached, or who reached us
)
"""What ``store.contact_rows`` yields, in this order, ordered by (on, at, id): plain texts, nothing parsed."""

COLUMNS = (
    Column("date", "Date", "day", whole=True),
    Column("client", "Client"),
    Column("person", "Person", spare=3),
    Column("channel", "Channel", whole=True),
    Column("direction", "Way", whole=True),
    Column("purpose", "Purpose", spare=2),
    Column("job", "Job"),
    Column("by", "By whom", spare=1),
    Column("outcome", "Outcome", whole=True),
    Column("reference", "Reference", spare=4),
    Column("at", kind="instant", place="data"),
    Column("summary", place="data"),
    Column("note", place="data"),
    Column("step", place="data"),
    Column("key", place="data"),
    Column("client_id", place="data"),
    Column("job_id", place="data"),
    Column("invoice_ref", place="data"),
)
"""A promise: columns are only ever added at the end."""

RECORDED = (
    Column("date", "Date", "day", whole=True),
    Column("client", "Client"),
    Column("channel", "Channel", whole=True),
    Column("direction", "Way", whole=True),
    Column("outcome", "Outcome", whole=True),
    Column("note", "Note", spare=1),
    Column("score", kind="number", place="data"),
    Column("step", place="data"),
    Column("key", place="data"),
    Column("case_id", place="data"),
    Column("again_on", kind="day", place="data"),
    Column("client_id", place="data"),
    Column("job_id", place="data"),
    Column("contact_id", place="data"),
)
"""What was recorded just now, with the case that it opened and when the call comes again."""


class Totals:
    """Counts made while the rows stream by; what they cover is known when the last row went through."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.count = 0
        self._kinds: Counter[tuple[str, str]] = Counter()
        self._clients: set[str] = set()

    @property
    def clients(self) -> int:
        """How many different clients there were."""
        return len(self._clients)

    @property
    def by_channel(self) -> dict[str, dict[str, int]]:
        """Channel -> {"out": n, "in": n}, in the order of the alphabet."""
        channels = sorted({channel for channel, _ in self._kinds})
        return {
            channel: {direction: self._kinds[channel, direction] for direction in ("out", "in")} for channel in channels
        }

    def over(self, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        """Yield the store's tuples as they are, counted."""
        kinds, add_client = self._kinds, self._clients.add
        for row in rows:
            kinds[row[5], row[6]] += 1
            add_client(row[3])
            yield row
        self.count = kinds.total()

    def envelope(self) -> dict[str, object]:
        """Return what stands beside the rows in json."""
        return {"clients": self.clients, "totals": self.by_channel}

    def lines(self) -> list[str]:
        """Return the totals for people: below the table, or on stderr beside a csv."""
        if not self.count:
            return ["No contacts."]
        lines = [f"{words.plural(self.count, 'contact')} with {words.plural(self.clients, 'client')}"]
        for channel, ways in self.by_channel.items():
            said = [f"{ways[way]} {way}" for way in ("out", "in") if ways[way]]
            lines.append(f"  {words.channel(channel)}: {', '.join(said)}")
        return lines


def rows(source: Iterable[Sequence[Any]], *, people: Mapping[str, str] | None = None) -> Iterator[tuple[Any, ...]]:
    """Yield rows of COLUMNS for the tuples of SOURCE, one by one, in their order.

    Args:
        source: from ``store.contact_rows``, through ``Totals.over`` where totals are wanted.
        people: person's id -> name; an id that is not there is shown as it is.
    """
    names = dict(people or {})
    for (
        on, at, client, client_id, by, channel, direction, purpose, service, job_id, invoice_ref,
        outcome, summary, reference, step, key, note, *person,
    ) in source:  # fmt: skip
        yield (
            on, client or client_id, person[0] if person else client, channel, direction, purpose or "",
            service or job_id, names.get(by, by), outcome or "", reference,
            at, summary, note, step, key, client_id, job_id, invoice_ref,
        )  # fmt: skip


def recorded(
    contact: Contact | None, client: Client, *, step: str, key: str, case_id: str, again_on: date | None
) -> tuple[Any, ...]:
    """Return the row of RECORDED; of what one of us saw to there is no *contact*, and the row says only what it was."""
    name = words.client(client)
    if contact is None:
        return None, name, "", "", "", "", None, step, key, case_id, again_on, client.id, "", ""
    return (
        contact.on, name, contact.channel, contact.direction, contact.outcome or "", contact.note,
        contact.score, step, key, case_id, again_on, client.id, contact.job_id, contact.id,
    )  # fmt: skip
