"""What can be asked of the store: one typed method per question.

Takes identifiers, days and words. Gives records of the model. Touches the database, reading only.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import date, datetime
from typing import Any, TypeVar

from followup import identity
from followup.model import (
    REFUSED,
    AnchorWindow,
    Attempt,
    AttemptState,
    Case,
    Client,
    Contact,
    Direction,
    Dossier,
    Instruction,
    Job,
    KnownClient,
    Person,
    Record,
    Referral,
    Summary,
    Suppression,
    Tie,
    TieKind,
)
from followup.store import codec, names
from followup.store.engine import Database, Row, chunks
from followup.store.history import TOGETHER, Batch, Change, Learnt

Care = TypeVar("Care", bound=Record)

PAGE = 500
"""How many records of a long list are in memory at a time."""
DOSSIERS = 200
"""How many dossiers are loaded by one set of statements."""
MIN_PREFIX = 4
MIN_DIGITS = 6  # fewer digits of a phone fit too many
BEGINNING, END_OF_TIME = "0000-01-01", "9999-12-31"
_AFTER_ALL = "\U0010ffff"  # sorts behind whatever may follow a prefix


_LONGEST_SOUGHT = 5_000
"""Nobody's name has so many characters, and SQLite takes no pattern of more than 50,000 bytes."""


class Reader:
    """Everything that reads. `Store` adds opening, closing and writing."""

    def __init__(self, database: Database, *, home_key: bytes) -> None:
        """Read from *database*; *home_key* is what addresses are hashed with."""
        self.database = database
        self.home_key = home_key

    def settle(self) -> None:
        """Write down what an open transaction still has in hand, so that its own reads see it."""

    def outside_version(self) -> int:
        """Return a number that changes whenever somebody else writes: while it stays, what was read still holds."""
        return self.database.outside_version()

    def snapshot(self) -> AbstractContextManager[None]:
        """Return a context in which everything read is of one moment, whatever others write meanwhile."""
        return nullcontext() if self.database.writing else self.database.transaction(write=False)

    # ------------------------------------------------------------ clients

    def client(self, client_id: str) -> Client | None:
        """Return one client, also a merged or an erased one."""
        return self.clients([client_id]).get(client_id)

    def clients(self, ids: Iterable[str]) -> dict[str, Client]:
        """Return the clients that exist among *ids*, by id."""
        return {client.id: client for chunk in self._stored(ids) for client in self._clients(chunk)}

    def known_clients(self, ids: Iterable[str]) -> dict[str, KnownClient]:
        """Return what tells the clients that exist among *ids* from others, by id."""
        return {
            client.id: client
            for chunk in self._stored(ids)
            for client in self._reachable(codec.KNOWN_CLIENT, "known_clients_among", chunk)
        }

    def _stored(self, ids: Iterable[str]) -> Iterator[list[str]]:
        """Yield *ids* of clients in the order in which they are stored: neighbours are read together."""
        return chunks([] if self._is_empty("client") else sorted(set(ids)))

    def has_clients(self) -> bool:
        """Return whether there is any client, also a merged or an erased one."""
        return not self._is_empty("client")

    def kept_clients(self, ids: Iterable[str]) -> dict[str, str]:
        """Return, for the clients that exist among *ids*, who each is by now: itself, or whom it was merged into."""
        merged: dict[str, str] = {}
        wanted = set(ids)
        asked = set(wanted)
        while wanted:
            merged.update(self.database.among("clients_kept", wanted))
            wanted = {into for into in merged.values() if into} - asked
            asked |= wanted
        kept: dict[str, str] = {}
        for client_id in merged:
            path = dict.fromkeys([client_id])
            while (into := merged.get(next(reversed(path)), "")) and into not in path:
                path[into] = None
            kept[client_id] = next(reversed(path))
        return kept

    def _is_empty(self, table: str) -> bool:
        """Tell whether *table* has no rows: a first import would ask it for hundreds of thousands."""
        return self.database.first(f"{table}_any") is None

    def _clients(self, ids: Sequence[str]) -> list[Client]:
        return self._reachable(codec.CLIENT, "clients_among", ids)

    def _reachable(self, table: codec.Table[codec.Record], statement: str, ids: Sequence[str]) -> list[codec.Record]:
        """Return clients with their addresses and phones."""
        rows = list(self.database.among(statement, ids))
        if not rows:
            return []
        emails = _collected(self.database.among("emails_among", ids))
        phones = _collected(self.database.among("phones_among", ids))
        return table.records(
            rows,
            emails=[tuple(emails.get(row[0], ())) for row in rows],
            phones=[tuple(phones.get(row[0], ())) for row in rows],
        )

    def note_of(self, client_id: str) -> str:
        """Return the personal line that is kept for a client's next message; empty: none, or no such client."""
        return str(self.database.value("client_note", id=client_id) or "")

    def absorbed(self, client_id: str) -> list[str]:
        """Return the ids of the clients that were merged into this one, and into those, nearest first."""
        return self._absorbed([client_id]).get(client_id, [])

    def _absorbed(self, client_ids: Sequence[str]) -> dict[str, list[str]]:
        """Return what was merged into each of *client_ids*, where anything was."""
        into: dict[str, list[str]] = {}
        newest: Sequence[str] = client_ids
        while newest:
            rows = [row for row in self.database.among("clients_merged_into", newest) if row[0] not in into]
            for kept, dropped in rows:
                into.setdefault(kept, []).append(dropped)
            newest = [dropped for _, dropped in rows]
        found = {client_id: list(into[client_id]) for client_id in client_ids if client_id in into}
        for whole in found.values():
            for dropped in whole:  # which grows meanwhile
                whole += (each for each in into.get(dropped, ()) if each not in whole)
        return found

    def ties(self, client_ids: Iterable[str]) -> list[Tie]:
        """Return what the owner said of each of *client_ids* and others, or of it alone, oldest first."""
        if self._is_empty("tie"):
            return []
        rows = {row[0]: row for row in self.database.among("ties_of_clients", client_ids)}
        return sorted(map(codec.TIE.record, rows.values()), key=lambda tie: (tie.said_at, tie.id))

    def ties_of(self, kind: TieKind) -> list[Tie]:
        """Return everything of one kind that the owner said."""
        return [codec.TIE.record(row) for row in self.database.rows("ties_of_kind", kind=kind.value)]

    def brought(self, client_id: str) -> list[str]:
        """Return the ids of the clients whom this one brought."""
        return [row[1] for row in self.database.among("clients_referred_by", [client_id])]

    def unlinked_referrals(self) -> list[tuple[str, str]]:
        """Return the ids of clients of whom is written who brought them, and that, where nobody knows who it is."""
        return [(row[0], row[1]) for row in self.database.rows("clients_unlinked")]

    def naming(self, name: str) -> list[str]:
        """Return the ids of the clients about whom something is written, or was written to them, that holds *name*."""
        escaped = re.sub(r"([!%_])", r"!\1", name)
        return sorted(row[0] for row in self.database.rows("clients_naming", pattern=f"%{escaped}%"))

    def iter_clients(self) -> Iterator[Client]:
        """Yield the clients of the home by name; those that were merged into another or erased are left out."""
        name, client_id = "", ""
        while page := self.database.rows("client_ids_by_name", name=name, id=client_id, size=PAGE):
            found = self.clients(row[0] for row in page)
            yield from (found[row[0]] for row in page if row[0] in found)
            client_id, name = page[-1]

    def iter_everybody(self) -> Iterator[Client]:
        """Yield every client by id, also those that were merged into another or erased."""
        client_id = ""
        while page := self.database.rows("client_ids_after", id=client_id, size=PAGE):
            found = self.clients(row[0] for row in page)
            yield from (found[row[0]] for row in page)
            client_id = page[-1][0]

    def find_clients(self, text: str) -> list[Client]:
        """Return the clients that a person can mean by *text*, by name.

        An id, an e-mail address, a phone number or an outside number settles it; otherwise the first letters of an id
        and words (or beginnings of words) of the name or the firm, accents and case ignored; a whole name settles it.
        """
        wanted = text.strip()
        if not wanted or len(wanted) > _LONGEST_SOUGHT:
            return []
        for ids in (
            self._exact_ids(wanted),
            self.clients_by_email([identity.canonical_address(wanted)]).get(identity.canonical_address(wanted), ()),
            self._by_outside_number("client", wanted),
            self._by_phone(wanted),
            self.clients_by_name([identity.fold(wanted)]).get(identity.fold(wanted), ()),
            self._by_words(wanted) | self._by_prefix("client_ids_like", wanted),
        ):
            if ids:
                found = self.clients(self._followed(ids)).values()
                return sorted(found, key=lambda client: (names.of_client(client)[:1], client.id))
        return []

    def _exact_ids(self, wanted: str) -> Collection[str]:
        return [wanted] if self.database.first("client_exists", id=wanted) else []

    def _followed(self, ids: Iterable[str]) -> set[str]:
        """Return *ids* with every merged client replaced by the one it was merged into."""
        found: set[str] = set()
        for client_id in ids:
            seen = client_id
            while (client := self.client(seen)) and client.merged_into and client.merged_into != client_id:
                seen = client.merged_into
            found.add(seen)
        return found

    def _by_phone(self, wanted: str) -> Collection[str]:
        if any(letter.isalpha() for letter in wanted):
            return []
        digits = "".join(letter for letter in wanted if letter.isdecimal()).lstrip("0")  # 07700 ... is +44 7700 ...
        if len(digits) < MIN_DIGITS:
            return []
        return dict.fromkeys(row[0] for row in self.database.rows("phones_like", pattern=f"%{digits}"))

    def _by_outside_number(self, kind: str, wanted: str) -> Collection[str]:
        sources = [row[0] for row in self.database.rows("external_id_sources")]
        rows = self.database.among("external_ids_by_value", sources, kind=kind, value=wanted) if sources else ()
        return dict.fromkeys(row[0] for row in rows)

    def _by_words(self, wanted: str) -> set[str]:
        words = identity.fold(wanted).split()
        if not words:
            return set()
        longest = max(words, key=len)
        spoken: dict[str, list[str]] = {}
        for client_id, name in self.database.rows("names_like", pattern=f"%{longest}%"):
            spoken.setdefault(client_id, []).append(name)
        if len(words) > 1:  # a word may stand in the firm's name and another in the person's
            every = self.database.among("names_among", list(spoken)) if spoken else ()
            spoken = {}
            for client_id, name in every:
                spoken.setdefault(client_id, []).append(name)
        return {
            client_id
            for client_id, found in spoken.items()
            if all(f" {word}" in f" {' '.join(found)}" for word in words)
        }

    def _by_prefix(self, statement: str, wanted: str) -> set[str]:
        if len(wanted) < MIN_PREFIX:
            return set()
        return {row[0] for row in self.database.rows(statement, start=wanted, end=wanted + _AFTER_ALL)}

    # ------------------------------------------------------------ jobs

    def job(self, job_id: str) -> Job | None:
        """Return one job."""
        return self.jobs([job_id]).get(job_id)

    def jobs(self, ids: Iterable[str]) -> dict[str, Job]:
        """Return the jobs that exist among *ids*, by id."""
        if self._is_empty("job"):
            return {}
        return {row[0]: codec.JOB.record(row) for row in self.database.among("jobs_among", ids)}

    def jobs_of(self, client_id: str) -> list[Job]:
        """Return a client's jobs by completion day; those that are not completed come first."""
        found = (codec.JOB.record(row) for row in self.database.among("jobs_of_clients", [client_id]))
        return sorted(found, key=_by_completion)

    def jobs_of_clients(self, client_ids: Iterable[str]) -> dict[str, list[Job]]:
        """Return the jobs of clients, by client id, in no particular order."""
        return _grouped(map(codec.JOB.record, self.database.among("jobs_of_clients", client_ids)))

    def promised_jobs(self, from_on: date, to_on: date) -> list[Job]:
        """Return the jobs that were promised for a day and done between two days, both included."""
        self.settle()
        return [codec.JOB.record(row) for row in self.database.rows("jobs_promised", **_range(from_on, to_on))]

    def jobs_to_keep(self, to_on: date = date.max) -> list[Job]:
        """Return the open jobs that are promised for a day up to *to_on*, by that day."""
        self.settle()
        return [codec.JOB.record(row) for row in self.database.rows("jobs_promised_open", to_on=to_on.isoformat())]

    def iter_jobs(self) -> Iterator[Job]:
        """Yield every job, by id."""
        job_id = ""
        while page := self.database.rows("jobs_after", id=job_id, size=PAGE):
            yield from (codec.JOB.record(row) for row in page)
            job_id = page[-1][0]

    def newest_jobs(self, *, today: date, open_only: bool) -> Iterator[Job]:
        """Yield every job, the newest first by the day of completion or promise; one without a day is of *today*."""
        ids = self.database.each("job_ids_newest", today=today.isoformat(), open_only=int(open_only))
        for page in chunks(row[0] for row in ids):
            found = self.jobs(page)
            yield from (found[job_id] for job_id in page)

    def find_jobs(self, text: str) -> list[Job]:
        """Return the jobs that a person can mean by *text*: an id or its beginning, an outside number, an invoice."""
        wanted = text.strip()
        if not wanted:
            return []
        for ids in (
            [wanted] if self.database.first("client_of_job", id=wanted) else [],
            self._by_outside_number("job", wanted),
            self.jobs_by_invoice([wanted]).get(wanted, ()),
            self._by_prefix("job_ids_like", wanted),
        ):
            if ids:
                return sorted(self.jobs(ids).values(), key=_by_completion)
        return []

    # ------------------------------------------------------------ records of a relationship

    def care(self, kind: type[Care], *, open_only: bool = False, client_id: str | None = None) -> list[Care]:
        """Return the records of *kind* by the day on which they began: all, the open ones, those of one client."""
        self.settle()
        if client_id is not None:
            rows: Iterable[Row] = self.database.among("care_of_clients", [client_id])
        else:
            rows = self.database.rows("care_open" if open_only else "care_of_kind", kind=codec.TABLES[kind].name)
        found = (record for record in map(codec.care_record, rows) if isinstance(record, kind))
        return [record for record in found if not (open_only and record.closed_on)]

    def care_opened(self, kind: type[Care], from_on: date, to_on: date) -> list[Care]:
        """Return the records of *kind* that began between two days, both included, by that day."""
        return self._care_between("care_opened", kind, from_on, to_on)

    def care_acted(self, kind: type[Care], from_on: date, to_on: date) -> list[Care]:
        """Return the records of *kind* that were acted on (answered, won, kept) between two days, both included."""
        return self._care_between("care_acted", kind, from_on, to_on)

    def care_closed(self, kind: type[Care], from_on: date, to_on: date) -> list[Care]:
        """Return the records of *kind* that ended between two days, both included, by that day."""
        return self._care_between("care_closed", kind, from_on, to_on)

    def _care_between(self, statement: str, kind: type[Care], from_on: date, to_on: date) -> list[Care]:
        self.settle()
        rows = self.database.rows(statement, kind=codec.TABLES[kind].name, **_range(from_on, to_on))
        return [record for record in map(codec.care_record, rows) if isinstance(record, kind)]

    def find_care(self, kind: type[Care], text: str) -> list[Care]:
        """Return the records of *kind* whose id is *text* or begins with it (four letters at least)."""
        wanted = text.strip()
        ids = self._by_prefix("care_ids_like", wanted)
        if wanted in ids:
            ids = {wanted}
        found = map(codec.care_record, self.database.among("care_among", sorted(ids)))
        return sorted(
            (record for record in found if isinstance(record, kind)), key=lambda record: (record.opened_on, record.id)
        )

    def care_among(self, ids: Iterable[str]) -> dict[str, Record]:
        """Return the records of a relationship that exist among *ids*, of whatever kind, by id."""
        return {record.id: record for record in map(codec.care_record, self.database.among("care_among", ids))}

    # ------------------------------------------------------------ history

    def attempt(self, attempt_id: str) -> Attempt | None:
        """Return one attempt, with its words and bytes."""
        row = next(self.database.among("attempts_among", [attempt_id]), None)
        return None if row is None else codec.ATTEMPT.record(row)

    def attempts_of_key(self, key: str) -> list[Attempt]:
        """Return every attempt for one touchpoint, oldest first."""
        return [codec.ATTEMPT.record(row) for row in self.database.rows("attempts_of_key", key=key)]

    def open_attempts(self, states: Iterable[AttemptState]) -> Iterator[Attempt]:
        """Yield the attempts in *states*, oldest first, with their words and bytes, a page at a time.

        States in which nothing waits any more (sent, cancelled) yield nothing: they are history.
        """
        wanted = sorted(state.value for state in states)
        ids = [row[0] for row in self.database.among("attempt_ids_open", wanted)]
        for page in chunks(ids, 50):
            yield from (codec.ATTEMPT.record(row) for row in self.database.among("attempts_among", page))

    def iter_attempts(self) -> Iterator[Attempt]:
        """Yield every attempt by id, with its words, without its bytes."""
        return self._by_id("attempts_after", codec.ATTEMPT)

    def iter_instructions(self) -> Iterator[Instruction]:
        """Yield everything the owner decided, by id."""
        return self._by_id("instructions_after", codec.INSTRUCTION)

    def iter_ties(self) -> Iterator[Tie]:
        """Yield everything that was said of who is who, by id."""
        return self._by_id("ties_after", codec.TIE)

    def iter_suppressions(self) -> Iterator[Suppression]:
        """Yield what is known of addresses that asked us to stop or were refused, by hash; lifted ones too."""
        return self._by_id("suppressions_after", codec.SUPPRESSION)

    def _by_id(self, statement: str, table: codec.Table[codec.Record]) -> Iterator[codec.Record]:
        last = ""
        while page := self.database.rows(statement, id=last, size=PAGE):
            yield from map(table.record, page)
            last = page[-1][0]

    def keys_with_attempts(self, keys: Iterable[str]) -> set[str]:
        """Return those of *keys* for which there was an attempt."""
        return {row[0] for row in self.database.among("attempt_keys_among", keys)}

    def attempt_states(self, ids: Iterable[str]) -> dict[str, AttemptState]:
        """Return the states of those attempts among *ids* that exist, by id."""
        return {row[0]: AttemptState(row[1]) for row in self.database.among("attempt_states_among", ids)}

    def hand_overs_since(self, instant: datetime) -> list[datetime]:
        """Return when messages were handed over to a mail server after *instant*, oldest first."""
        rows = self.database.rows("hand_overs_since", since=codec.instant(instant))
        return [datetime.fromisoformat(row[0]) for row in rows]

    def last_accepted_at(self) -> datetime | None:
        """Return when the last message that a mail server accepted was handed over; None: none was."""
        found = self.database.value("last_accepted")
        return None if found is None else datetime.fromisoformat(found)

    def find_keys(self, prefix: str) -> list[str]:
        """Return the touchpoints with a history that begin with *prefix*, at most 50."""
        return [row[0] for row in self.database.rows("keys_like", start=prefix, end=prefix + _AFTER_ALL)]

    def step_names(self) -> set[str]:
        """Return every step that something was ever tried or recorded for."""
        return {row[0] for row in self.database.rows("step_names")}

    def contacts(
        self, from_on: date | None, to_on: date | None, *, client_id: str | None = None, channel: str | None = None
    ) -> Iterator[Contact]:
        """Yield the contacts between two days, both included, by day, instant and id."""
        for row in self._between("contacts_between", from_on, to_on, client_id=client_id, channel=channel):
            yield codec.CONTACT.record(row)

    def contact_rows(
        self, from_on: date | None, to_on: date | None, *, client_id: str | None = None, channel: str | None = None
    ) -> Iterator[Row]:
        """Yield contacts as plain rows with what is known of client and job, for long exports.

        The columns: day, instant, client's name (the firm's, else the person's), client id, by whom (a person's id),
        channel, direction, purpose, service of the job, job id, invoice, outcome, summary, reference, step, key, note.
        All of them are text, empty where nothing is known.
        """
        return self._between("contact_rows", from_on, to_on, client_id=client_id, channel=channel)

    def _between(
        self, statement: str, from_on: date | None, to_on: date | None, *, client_id: str | None, channel: str | None
    ) -> Iterator[Row]:
        self.settle()
        values = {**_range(from_on, to_on), "channel": channel or ""}
        if client_id is None:
            return self.database.each(statement, **values)
        return self.database.each(f"{statement}_of_client", client_id=client_id, **values)

    def days_on_record(self, from_on: date, to_on: date) -> tuple[date, date]:
        """Return the first and the last day of a period on which there was a contact or a job was completed.

        The last lies before the first where there was nothing.
        """
        self.settle()
        first, last = self.database.first("days_on_record", **_range(from_on, to_on)) or (None, None)
        return (date.fromisoformat(first), date.fromisoformat(last)) if first else (date.max, date.min)

    def count_contacts(self, from_on: date, to_on: date) -> list[tuple[str, str, str, str, int]]:
        """Return channel, direction, outcome, step, and how many contacts in a period were like that."""
        self.settle()
        rows = self.database.each("contacts_counted", **_range(from_on, to_on))
        return [(channel, way, outcome, step, count) for channel, way, outcome, step, count in rows]

    def count_clients(self, from_on: date, to_on: date) -> dict[str, int]:
        """Return direction -> with how many different clients there were contacts in a period."""
        self.settle()
        days = _range(from_on, to_on)
        return {way: self.database.value("contact_clients_counted", direction=way, **days) for way in Direction}

    def count_jobs(self, from_on: date, to_on: date, *, said_from: date, said_to: date) -> tuple[int, int]:
        """Return how many jobs were completed in a period, and for how many of them thanks were said in the other.

        A message that spoke of several jobs thanked for each of them.
        """
        self.settle()
        said = {"said_from": said_from.isoformat(), "said_to": said_to.isoformat()}
        row = self.database.first("jobs_counted", step="thank-you", **said, **_range(from_on, to_on))
        return (row[0], row[1]) if row else (0, 0)

    def asks_answered(self, steps: Iterable[str], from_on: date, to_on: date) -> list[tuple[str, int, int]]:
        """Return each of *steps* that went out in a period, how often, and how often the client said something since.

        What was said after the period does not count.
        """
        self.settle()
        return [(*row,) for row in self.database.among("asks_answered", steps, **_range(from_on, to_on))]

    def contacts_of_steps(self, steps: Iterable[str], from_on: date, to_on: date) -> list[Contact]:
        """Return the contacts of a period by which one of *steps* was made, in no order."""
        self.settle()
        rows = self.database.among("contacts_of_steps", steps, **_range(from_on, to_on))
        return [codec.CONTACT.record(row) for row in rows]

    def scored(self, from_on: date, to_on: date) -> list[Contact]:
        """Return the contacts of a period that hold a score, by day, instant and id."""
        self.settle()
        return [codec.CONTACT.record(row) for row in self.database.rows("contacts_scored", **_range(from_on, to_on))]

    def newcomers(self, from_on: date, to_on: date) -> list[tuple[date, date | None]]:
        """Return the days of the first and the next completed job of clients whose first one was in a period."""
        self.settle()
        rows = self.database.rows("newcomers", **_range(from_on, to_on))
        return [(date.fromisoformat(first), date.fromisoformat(then) if then else None) for first, then in rows]

    def came_again(self, from_on: date, to_on: date) -> list[tuple[str, date, date | None]]:
        """Return the clients for whom something was completed in a period: its first day, and that of the next job."""
        self.settle()
        rows = self.database.rows("came_again", **_range(from_on, to_on))
        return [
            (client_id, date.fromisoformat(begun), date.fromisoformat(then) if then else None)
            for client_id, begun, then in rows
        ]

    def step_days(self, step: str) -> dict[str, tuple[date, date]]:
        """Return to which clients a step went out, with the first and the last day."""
        self.settle()
        rows = self.database.rows("step_days", step=step)
        return {client_id: (date.fromisoformat(first), date.fromisoformat(last)) for client_id, first, last in rows}

    def contacts_of(self, client_id: str) -> list[Contact]:
        """Return everything that happened with one client, by day, then instant."""
        return [codec.CONTACT.record(row) for row in self.database.among("contacts_of_clients", [client_id])]

    def summary(self, client_id: str) -> Summary:
        """Return what is kept ready about a client; an empty summary for one without history."""
        self.settle()
        row = next(self.database.among("summaries_among", [client_id]), None)
        return Summary(client_id=client_id) if row is None else codec.SUMMARY.record(row)

    def suppression(self, address: str) -> Suppression | None:
        """Return what is known of an address that asked us to stop, also when that was lifted."""
        hashed = identity.address_hash(self.home_key, address)
        return self.suppressions([hashed]).get(hashed)

    def suppressions(self, hashes: Iterable[str]) -> dict[str, Suppression]:
        """Return what is known of addresses by their keyed hashes, also where a stop was lifted."""
        return {row[0]: codec.SUPPRESSION.record(row) for row in self.database.among("suppressions_among", hashes)}

    # ------------------------------------------------------------ the planner's questions

    def candidates(self, windows: Iterable[AnchorWindow]) -> list[str]:
        """Return the clients for whom something can matter in *windows*, sorted; asked of the indexes alone."""
        self.settle()
        found: set[str] = set()
        with self.snapshot():  # one lock for dozens of statements
            for window in dict.fromkeys(windows):
                found.update(row[0] for row in self._candidates(window))
        return sorted(found)

    def _candidates(self, window: AnchorWindow) -> Iterable[Row]:
        days = _range(window.from_on, window.to_on)
        opted_in = int(window.opted_in)
        match window.field:
            case "job.completed_on+service":
                return self.database.among("candidates_job_service", window.services, **days)
            case "summary.last_job_on" if window.gap_days is not None:
                if window.gap_days:
                    gap = window.gap_days
                    return self.database.rows("candidates_last_job_gap", gap_days=gap, opted_in=opted_in, **days)
                return self.database.rows("candidates_last_job_no_gap", opted_in=opted_in, **days)
            case "summary.last_job_on":
                return self.database.rows("candidates_last_job", opted_in=opted_in, **days)
            case "summary.first_job_on":
                return self.database.rows("candidates_first_job", opted_in=opted_in, done=window.done, **days)
            case "contact.on" if window.step:
                return self.database.rows("candidates_contact_step", step=window.step, **days)
            case "attempt.open":
                return self.database.rows("candidates_attempt_open")
            case "care.open":
                return self.database.rows("candidates_care_open", kind=window.kind, to_on=days["to_on"])
            case "care.won":
                return self.database.rows("candidates_care_won", kind=window.kind)
            case "care.opened_on" | "care.due_on" | "care.acted_on" | "care.closed_on":
                return self.database.rows(_CANDIDATES[window.field], kind=window.kind, **days)
            case _:
                return self.database.rows(_CANDIDATES[window.field], **days)

    def troubled(self, sign: str, from_on: date, to_on: date, **narrower: Any) -> list[str]:
        """Return the clients who show a sign of trouble between two days; asked of indexes over those days alone.

        *sign* is one of those of `care.concerns` but silence, whose windows are those of summaries. "rework" takes
        *since*: the first day on which the work before can have been done; "low-score" takes *low*: the highest one.
        """
        self.settle()
        values = {name: value.isoformat() if isinstance(value, date) else value for name, value in narrower.items()}
        return [row[0] for row in self.database.rows(_TROUBLED[sign], **values, **_range(from_on, to_on))]

    def usual_gaps(self) -> list[int]:
        """Return the usual gaps between jobs that clients have, each once, ascending."""
        self.settle()
        return [row[0] for row in self.database.rows("usual_gaps")]

    def households(self, client_ids: Iterable[str]) -> Iterator[list[str]]:
        """Yield households: each of *client_ids* in one group with everyone it is tied to by address, phone or word.

        Ties are followed to their end (A and B at one address, B and C on one phone are one household), so a group is
        the same whoever of it was asked for. Whoever the owner said stands alone is tied to nobody but by the owner's
        word. Groups and their members are sorted.
        """
        seen: set[str] = set()
        for chunk in chunks(dict.fromkeys(client_ids), DOSSIERS):
            begin = [client_id for client_id in chunk if client_id not in seen]
            if begin:
                groups = self._households(begin)
                seen.update(*groups)
                yield from groups

    def _households(self, begin: Sequence[str]) -> list[list[str]]:
        leader = {client_id: client_id for client_id in begin}

        def find(member: str) -> str:
            while leader[member] != member:
                leader[member] = leader[leader[member]]
                member = leader[member]
            return member

        owner_of_key: dict[str, str] = {}
        frontier = list(begin)
        said = not self._is_empty("tie")
        alone = {tie.client_id for tie in self.ties_of(TieKind.ALONE)} if said else frozenset[str]()
        while frontier:
            together = [each for each in self.ties(frontier) if each.kind is TieKind.TOGETHER] if said else ()
            new_keys = []
            shares = [client_id for client_id in frontier if client_id not in alone] if alone else frontier
            for client_id, key in self.database.among("household_keys_of_clients", shares):
                if key not in owner_of_key:
                    owner_of_key[key] = client_id
                    new_keys.append(key)
                leader[find(client_id)] = find(owner_of_key[key])
            frontier = []
            pairs: list[tuple[str, ...]] = [
                (client_id, owner_of_key[key])
                for key, client_id in self.database.among("household_members", new_keys)
                if client_id not in alone
            ]
            pairs += [pair for tie in together for pair in itertools.permutations((tie.client_id, tie.other_id))]
            for client_id, other_id in pairs:
                for each in (client_id, other_id):
                    if each not in leader:
                        leader[each] = each
                        frontier.append(each)
                leader[find(client_id)] = find(other_id)
        groups: dict[str, list[str]] = {}
        for client_id in sorted(leader):
            groups.setdefault(find(client_id), []).append(client_id)
        return sorted(groups.values())

    def dossiers(self, ids: Iterable[str]) -> dict[str, Dossier]:
        """Return everything the planner needs about each of *ids* that exists; few statements per 200 clients."""
        self.settle()
        found: dict[str, Dossier] = {}
        for chunk in chunks(ids, DOSSIERS):
            with self.snapshot():  # else a client could be of one moment and the jobs of the next
                found.update((dossier.client.id, dossier) for dossier in self._dossiers(chunk))
        return found

    def household_dossiers(self, ids: Iterable[str]) -> Iterator[list[Dossier]]:
        """Yield the households of *ids* as dossiers, about 200 clients in memory at a time."""
        waiting: list[list[str]] = []
        count = 0
        for group in self.households(ids):
            waiting.append(group)
            count += len(group)
            if count >= DOSSIERS:
                yield from self._filled(waiting)
                waiting, count = [], 0
        yield from self._filled(waiting)

    def _filled(self, groups: Sequence[Sequence[str]]) -> Iterator[list[Dossier]]:
        found = self.dossiers(client_id for group in groups for client_id in group)
        for group in groups:
            dossiers = [found[client_id] for client_id in group if client_id in found]
            if dossiers:
                yield dossiers

    def _dossiers(self, ids: Sequence[str]) -> Iterator[Dossier]:
        read = self.database.among
        clients = self._clients(ids)
        if not clients:
            return
        summaries = {row[0]: codec.SUMMARY.record(row) for row in read("summaries_among", ids)}
        jobs = _grouped(map(codec.JOB.record, read("jobs_of_clients", ids)))
        care = _grouped(map(codec.care_record, read("care_of_clients", ids)))
        contacts = _grouped(map(codec.CONTACT.record, read("contacts_of_clients", ids)))
        attempts = _grouped(map(codec.ATTEMPT.record, read("attempts_of_clients", ids)))
        instructions = _grouped(map(codec.INSTRUCTION.record, read("instructions_of_clients", ids)))
        brought = [each for of in care.values() for each in of if isinstance(each, Referral)]
        friends = self._friends_jobs(brought) if brought else {}
        stopped, refused = self._stopped(clients)
        absorbed = self._absorbed(ids)
        restored, doubted, doubt = self.meta("restored_on"), self.meta("doubted_on"), self.meta("doubt") or ""
        for client in clients:
            yield Dossier(
                client=client,
                summary=summaries.get(client.id) or Summary(client_id=client.id),
                jobs=tuple(sorted(jobs.get(client.id, ()), key=_by_completion)),
                cases=tuple(each for each in care.get(client.id, ()) if isinstance(each, Case)),
                records=tuple(each for each in care.get(client.id, ()) if not isinstance(each, Case)),
                friends_jobs=tuple(job for each in care.get(client.id, ()) for job in friends.get(each.id, ())),
                contacts=tuple(contacts.get(client.id, ())),
                attempts=tuple(attempts.get(client.id, ())),
                instructions=tuple(instructions.get(client.id, ())),
                suppressed=client.id in stopped,
                bad_addresses=frozenset(refused.get(client.id, ())),
                restored_on=date.fromisoformat(restored) if restored else None,
                doubted_on=date.fromisoformat(doubted) if doubted else None,
                doubt=doubt,
                absorbed=frozenset(absorbed.get(client.id, ())),
            )

    def _friends_jobs(self, referrals: Sequence[Referral]) -> dict[str, list[Job]]:
        """Return the jobs by which *referrals* can be won, by their ids: the one that was said, else the friend's."""
        said = self.jobs(each.job_id for each in referrals if each.job_id)
        theirs = self.jobs_of_clients(each.friend_id for each in referrals if each.friend_id and not each.job_id)
        return {
            each.id: [said[each.job_id]] if each.job_id in said else theirs.get(each.friend_id, [])
            for each in referrals
        }

    def _stopped(self, clients: Sequence[Client]) -> tuple[set[str], dict[str, list[str]]]:
        """Return the ids of those of *clients* who asked us to stop, and by id the addresses that servers refused."""
        stopped: set[str] = set()
        refused: dict[str, list[str]] = {}
        if self.database.first("suppression_any") is None:  # as in most homes: hashing every address can be saved
            return stopped, refused
        owners: dict[str, list[tuple[str, str]]] = {}
        for client in clients:
            for address in (*client.emails, *client.phones):
                owners.setdefault(identity.address_hash(self.home_key, address), []).append((client.id, address))
        for hashed, reason in self.database.among("suppressed_among", owners):
            for client_id, address in owners[hashed]:
                if reason == REFUSED:
                    refused.setdefault(client_id, []).append(identity.canonical_address(address))
                else:
                    stopped.add(client_id)
        return stopped, refused

    def client_of_fact(self, fact_id: str) -> str | None:
        """Return the client whom a fact is about (a job, a record, a contact, the client), also when merged since."""
        for statement in ("client_of_job", "client_exists", "client_of_record", "client_of_contact"):
            found = self.database.value(statement, id=fact_id)
            if found is not None:
                return next(iter(self._followed([str(found)])))
        return None

    # ------------------------------------------------------------ the import's questions

    def by_external_ids(self, source: str, kind: str, values: Iterable[str]) -> dict[str, str]:
        """Return record ids by outside number, for one source and one kind (client or job)."""
        if not self.has_external_ids(source, kind):
            return {}
        return dict(self.database.among("external_ids_among", values, source=source, kind=kind))

    def has_external_ids(self, source: str, kind: str) -> bool:
        """Return whether any number of this source and kind is known."""
        return self.database.first("external_ids_any", source=source, kind=kind) is not None

    def external_ids(self, record_id: str) -> list[tuple[str, str, str]]:
        """Return source, kind and value of every outside number of a record."""
        return [(row[0], row[1], row[2]) for row in self.database.among("external_ids_of_records", [record_id])]

    def numbered(self, record_ids: Iterable[str]) -> set[str]:
        """Return those of the records that another program has a number for."""
        return {row[3] for row in self.database.among("external_ids_of_records", record_ids)}

    def iter_external_ids(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield source, kind, number and record of every number of another program, in that order."""
        last = {"source": "", "kind": "", "value": ""}
        while page := self.database.rows("external_ids_after", **last, size=PAGE):
            yield from page
            last = dict(zip(last, page[-1], strict=False))

    def clients_by_email(self, canonicals: Iterable[str]) -> dict[str, list[str]]:
        """Return client ids by e-mail address in its canonical form (`identity.canonical_address`)."""
        return {} if self._is_empty("client") else _listed(self.database.among("emails_by_canonical", canonicals))

    def clients_by_phone(self, numbers: Iterable[str]) -> dict[str, list[str]]:
        """Return client ids by phone number as stored, E.164 mostly."""
        return {} if self._is_empty("client") else _listed(self.database.among("phones_by_number", numbers))

    def clients_by_name(self, folded: Iterable[str]) -> dict[str, list[str]]:
        """Return client ids by folded name (`identity.fold`): full name, firm, or first and last name."""
        if self._is_empty("client"):
            return {}
        return _listed(self.database.among("names_by_name", (name for name in folded if name)))

    def jobs_by_invoice(self, references: Iterable[str]) -> dict[str, list[str]]:
        """Return job ids by invoice reference."""
        return _listed(self.database.among("job_ids_by_invoice", (each for each in references if each)))

    def known_rows(self, fingerprint: str, digests: Iterable[str]) -> set[str]:
        """Return those of *digests* that an earlier import of such a file has read."""
        if self.database.first("known_rows_exist", fingerprint=fingerprint) is None:
            return set()
        return {row[0] for row in self.database.among("known_rows_among", digests, fingerprint=fingerprint)}

    def known_rows_of(self, fingerprint: str, record_ids: Iterable[str]) -> set[str]:
        """Return the digests of the rows of such files that the records are known by."""
        found = self.database.among("known_row_digests_of_records", record_ids, fingerprint=fingerprint)
        return {row[0] for row in found}

    def read_from(self, fingerprint: str, record_ids: Iterable[str]) -> set[str]:
        """Return those of the records that came, or were read again, from files of this kind."""
        return {row[0] for row in self.database.among("known_rows_of_records", record_ids, fingerprint=fingerprint)}

    def edited_by_hand(self, ids: Iterable[str]) -> set[tuple[str, str]]:
        """Return record id and field of everything a person typed and has not undone; imports leave it alone.

        What an import wrote over it all the same, because it was told to, is the import's.
        """
        self.settle()
        found: set[tuple[str, str]] = set()
        for record_id, field, new, kind in self.database.among("changes_by_hand", ids):
            if kind == "import":
                found.discard((record_id, field))
            elif field:
                found.add((record_id, field))
            elif new is not None:
                kept = codec.loads(new)
                found.update((record_id, each) for each in kept if isinstance(kept, dict))
        return found

    def answers(self, fingerprint: str) -> dict[str, str]:
        """Return the answers that were given for this kind of file."""
        return dict(self.database.rows("answers", fingerprint=fingerprint))

    def learnt(self) -> list[Learnt]:
        """Return the kinds of files that came in, those that are known longest first, each with its answers."""
        found: dict[str, Learnt] = {}
        of_books: dict[str, str] = {}  # whose file came last out of a spreadsheet: what is remembered of it is its
        for _, _, fingerprint, book, name, looks_like, header, at in self.database.rows("imported_files"):
            of_books[book] = fingerprint
            before = found.get(fingerprint)
            found[fingerprint] = Learnt(
                fingerprint=fingerprint,
                book=book,
                name=name,
                looks_like=looks_like,
                header=tuple(json.loads(header)),
                imports=before.imports + 1 if before else 1,
                last_at=datetime.fromisoformat(at),
            )
        answers: dict[str, dict[str, str]] = {}
        for fingerprint, about, value, _ in self.database.rows("answers_of_all"):
            answers.setdefault(fingerprint, {})[about] = value
        for fingerprint in answers:  # of imports before files were kept
            if fingerprint not in found and fingerprint not in of_books:
                found[fingerprint] = Learnt(fingerprint=fingerprint)
        for book, fingerprint in of_books.items():
            if found[fingerprint].book == book:
                answers[fingerprint] = {**answers.get(book, {}), **answers.get(fingerprint, {})}
        return [replace(each, answers=answers.get(each.fingerprint, {})) for each in found.values()]

    # ------------------------------------------------------------ who wrote what

    def batches(self) -> list[Batch]:
        """Return everything that was ever written, the latest first."""
        return [_batch(row) for row in self.database.rows("batches")]

    def latest_instant(self) -> datetime | None:
        """Return the latest instant at which anything was written, by the clock of that time; None: nothing was."""
        found = self.database.value("batch_latest")
        return None if found is None else datetime.fromisoformat(found)

    def batch(self, batch_id: str) -> Batch | None:
        """Return one batch."""
        row = self.database.first("batch_by_id", id=batch_id)
        return None if row is None else _batch(row)

    def batch_of_number(self, number: int) -> Batch | None:
        """Return the batch that was written as the *number*-th."""
        row = self.database.first("batch_by_number", number=number)
        return None if row is None else _batch(row)

    def facts_version(self) -> int:
        """Return a number that grows whenever somebody writes clients or jobs."""
        return int(self.database.value("batch_last_of_facts"))

    def undoable(self) -> Batch | None:
        """Return the batch that `undo` would take back: the latest by hand or import that was not yet."""
        row = self.database.first("batch_undoable")
        return None if row is None else _batch(row)

    def changes(self, batch_id: str) -> Iterator[Change]:
        """Yield what a batch changed, in order."""
        self.settle()
        return (change for row in self.database.each("changes", batch_id=batch_id) for change in _changes(row))

    def changes_of(self, record_id: str) -> list[Change]:
        """Return everything that ever changed in one record, oldest first."""
        self.settle()
        rows = self.database.rows("changes_of_record", record_id=record_id, together=TOGETHER)
        return [change for row in rows for change in _changes(row) if change.record_id == record_id]

    # ------------------------------------------------------------ the home

    def meta(self, key: str) -> str | None:
        """Return a note that the home keeps about itself."""
        value: str | None = self.database.value("meta", key=key)
        return value

    def people(self) -> list[Person]:
        """Return the people of the firm as they were when a command last wrote."""
        return [codec.PERSON.record(row) for row in self.database.rows("people")]

    def holidays(self, country: str, region: str, years: Iterable[int]) -> dict[date, str] | None:
        """Return the public holidays of *years*, or None when they were not kept for all of them."""
        wanted = set(years)
        if not wanted:
            return {}
        rows = self.database.rows("holidays", country=country, region=region, first=min(wanted), last=max(wanted))
        if not wanted <= {year for year, _, _ in rows}:
            return None
        return {date.fromisoformat(on_day): name for year, on_day, name in rows if on_day and year in wanted}

    def counts(self) -> Mapping[str, int]:
        """Return how many there are of everything; clients without merged and erased ones."""
        self.settle()
        (row,) = self.database.rows("counts")
        return dict(zip(_COUNTS, row, strict=True))


_COUNTS = (
    "clients",
    "jobs",
    "completed_jobs",
    "open_cases",
    "cases",
    "contacts",
    "attempts",
    "drafted",
    "unknown",
    "suppressions",
    "erased",
)

_TROUBLED = {
    "late": "troubled_late",
    "broken-promise": "troubled_broken",
    "reopened": "troubled_reopened",
    "rework": "troubled_rework",
    "unanswered-calls": "troubled_calls",
    "bounced": "troubled_bounced",
    "low-score": "troubled_score",
    "slow-answer": "troubled_answer",
}

_CANDIDATES = {
    "job.completed_on": "candidates_job_completed",
    "contact.on": "candidates_contact",
    "contact.score": "candidates_contact_score",
    "job.promised_on": "candidates_job_promised",
    "care.opened_on": "candidates_care_opened",
    "care.due_on": "candidates_care_due",
    "care.acted_on": "candidates_care_acted",
    "care.closed_on": "candidates_care_closed",
    "instruction.until": "candidates_instruction_until",
    "instruction.on": "candidates_instruction_on",
}


def _range(from_on: date | None, to_on: date | None) -> dict[str, str]:
    return {
        "from_on": from_on.isoformat() if from_on else BEGINNING,
        "to_on": to_on.isoformat() if to_on else END_OF_TIME,
    }


def _by_completion(job: Job) -> tuple[date, str]:
    return job.completed_on or date.min, job.id


def _collected(rows: Iterable[Row]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for key, value in rows:
        found.setdefault(key, []).append(value)
    return found


def _listed(rows: Iterable[Row]) -> dict[str, list[str]]:
    """Return the second column by the first, each value once."""
    return {key: list(dict.fromkeys(values)) for key, values in _collected(rows).items()}


def _grouped(records: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for record in records:
        found.setdefault(record.client_id, []).append(record)
    return found


def _batch(row: Row) -> Batch:
    batch_id, number, kind, command, person, at, detail, undone_at = row
    return Batch(
        id=batch_id,
        number=number,
        kind=kind,
        command=command,
        person=person,
        at=datetime.fromisoformat(at),
        detail=json.loads(detail),
        undone_at=datetime.fromisoformat(undone_at) if undone_at else None,
    )


def _changes(row: Row) -> Iterator[Change]:
    """Yield what a row of `change` says: one change, or that many records were added."""
    batch_id, number, record, record_id, field, old, new = row
    before = None if old is None else json.loads(old)
    after = None if new is None else json.loads(new)
    if record_id == TOGETHER:
        listed, after = after or (), {}
    else:
        listed = (record_id,)
    for each in listed:
        yield Change(
            batch_id=batch_id,
            number=number,
            record=record,
            record_id=each,
            field=field,
            old=before,
            new=after,
        )
