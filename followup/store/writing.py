"""One transaction that writes: records, attempts, suppressions, and the `change` rows that say what was written.

Takes records of the model. Gives nothing but what was asked. Touches the database, through `Store.write` only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from typing import Any

from followup import identity
from followup.errors import NotFound
from followup.model import (
    ERASED,
    REFUSED,
    Attempt,
    AttemptState,
    Client,
    Consent,
    Contact,
    Gift,
    Instruction,
    Job,
    JobStatus,
    Person,
    Record,
    Referral,
    Suppression,
    Tie,
    TieKind,
)
from followup.records import dataclass
from followup.store import codec, merging, names, summaries, undoing
from followup.store.codec import Plain, Table
from followup.store.engine import Database, chunks
from followup.store.history import TOGETHER, ImportedFile
from followup.store.reading import Reader

Saved = Client | Job | Record | Contact | Instruction | Tie

CHUNK = 500
BUFFERED = 5000
"""How many changes are kept in hand before they are written together."""

_SETTLED = frozenset(
    {
        AttemptState.SENT,
        AttemptState.TEMPORARY,
        AttemptState.PERMANENT,
        AttemptState.UNKNOWN,
        AttemptState.CANCELLED,
    }
)
_STOPPABLE = frozenset({AttemptState.DRAFTED, AttemptState.CLAIMED, AttemptState.TEMPORARY})
_NAME_FIELDS = frozenset({"full_name", "first_name", "last_name", "company", "merged_into", "erased_on"})
_HOUSEHOLD_FIELDS = frozenset({"street", "postal_code", "phones", "merged_into", "erased_on"})
_MOVED_WITH_A_CLIENT = (
    ("attempt", "attempt_ids_of_clients", "attempts_move"),
    ("contact", "contact_ids_of_clients", "contacts_move"),
)


class Writer:
    """What can be written in one transaction; made by `Store.write`."""

    def __init__(self, reader: Reader, *, kind: str, command: str, person: str, now: datetime) -> None:
        """Begin a batch; its row is written with the first change."""
        self.batch_id = identity.random_identifier()
        self._reader = reader
        self._database: Database = reader.database
        self._home_key = reader.home_key
        self._now = now
        self._batch = {
            "id": self.batch_id,
            "kind": kind,
            "command": command,
            "person": person,
            "at": codec.instant(now),
        }
        self._detail = "{}"
        self._changes: list[tuple[Any, ...]] = []
        self._created: set[str] = set()
        self._was_empty: dict[str, bool] = {}
        self._number = 0
        self._is_bulk = False
        self._had: dict[tuple[str, ...], bool] = {}  # what there was some of before the batch
        self._batch_written = False
        self._touched: dict[str, None] = {}  # clients whose summary no longer fits, in order
        self._fresh: dict[str, list[summaries.Done]] = {}  # the completed jobs of clients that are new since `flush`

    # ------------------------------------------------------------ records

    @contextmanager
    def bulk(
        self, *, clients: int = 0, jobs: int = 0, kinds: Iterable[str] = (), with_looks: bool = False
    ) -> Iterator[None]:
        """Fill tables that have little so far without their indexes, which are made at the end: that is far cheaper.

        Args:
            clients: how many come that are new, as far as that is known.
            jobs: the same of jobs.
            kinds: the fingerprints of the files whose rows will be remembered.
            with_looks: clients, where there are any, and their jobs are looked up in between.
        """
        numbered = clients + jobs
        is_outdating = any(self._had_some("known_rows_exist", fingerprint=each) for each in kinds)
        tables = {
            "change": 0,
            "external_id": numbered,
            "known_row": 0 if is_outdating else numbered,  # what is outdated is found by its index
            **dict.fromkeys(_OF_CLIENTS, clients),
            "job": jobs,
        }
        if with_looks and self._reader.has_clients():
            for table in _LOOKED_UP:
                del tables[table]
        with self._database.unindexed({"client_summary": numbered}):
            self._is_bulk = True
            with self._database.unindexed(tables):
                yield
                self.flush()
            self._is_bulk = False
            self.flush()

    def save(self, record: Saved) -> bool:
        """Store *record* as it is now, and return whether that changed anything."""
        return self.save_many([record]) > 0

    def save_many(self, records: Iterable[Saved]) -> int:
        """Store many records, clients before the jobs that name them; return how many were new or changed."""
        return sum(self._save_chunk(kind, chunk, self._known(kind, chunk)) for kind, chunk in _chunks(records))

    def add_many(self, records: Iterable[Saved]) -> None:
        """Store many records of one kind, of which none is there yet and none comes twice."""
        remaining = iter(records)
        while chunk := list(islice(remaining, CHUNK)):
            self._add(chunk)

    def _add(self, new: Sequence[Any]) -> None:
        """Store records of one kind that are not there yet, whole lists at a time: an import brings hundreds of
        thousands."""
        kind = type(new[0])
        table = codec.TABLES[kind]
        ids = [record.id for record in new]
        self._created.update(ids)
        self._record_creation(table, new)
        if kind is Client:
            self._touched.update(dict.fromkeys(ids))
            self._fresh.update([(client_id, []) for client_id in ids])
        elif kind is Job:
            self._keep_fresh(new)
        else:
            self._touched.update(dict.fromkeys(map(_whose, new)))
        self._database.run_rows(f"{table.statements}_insert", *table.inserted(new))
        if kind is Client:
            self._derive(new)

    def _save_chunk(self, kind: type, records: Mapping[str, Saved], known: Mapping[str, Any]) -> int:
        table = codec.TABLES[kind]
        new = [record for record_id, record in records.items() if record_id not in known]
        if new:
            self._add(new)
        changed: list[Any] = []
        changed_fields: dict[str, set[str]] = {}
        for record_id, record in records.items():
            old = known.get(record_id)
            if old is not None and old != record:
                changed.append(record)
                differences = table.differences(old, record)
                changed_fields[record_id] = {field for field, _, _ in differences}
                for field, before, after in differences:
                    self._record(table.name, record_id, field, before, after)
                self._touch(old)
                self._touch(record)
        if changed:
            self._database.run_many(f"{table.statements}_update", map(table.row, changed))
            if kind is Client:
                self._derive_again(changed, changed_fields)
        return len(new) + len(changed)

    def _record_creation(self, table: Table[Any], new: Sequence[Any]) -> None:
        """Record that records are new.

        Of an imported one only what undoing asks for is kept, mostly nothing: what it said is in the record, and in
        later changes. Those of which nothing is kept share a row, see TOGETHER.
        """
        created: dict[str, dict[str, Plain]] = {}
        if self._batch["kind"] != "import":
            created = {record.id: plain for record in new if (plain := table.plain(record))}
        elif table is codec.CLIENT:
            kept: dict[str, Plain] = {"consent": Consent.OPTED_OUT.value}
            created = {client.id: kept for client in new if client.consent is Consent.OPTED_OUT}
        for record_id, plain in created.items():
            self._record(table.name, record_id, "", None, plain)
        together: list[Plain] = [record.id for record in new if record.id not in created]
        if together:
            self._record(table.name, TOGETHER, "", None, together)

    def _known(self, kind: type, ids: Collection[str]) -> dict[str, Any]:
        """Return the records among *ids* that exist, without asking a table that was empty before."""
        table = codec.TABLES[kind]
        asked = table.statements
        if asked not in self._was_empty:
            self._was_empty[asked] = self._database.first(f"{asked}_any") is None
        if self._was_empty[asked]:
            ids = [record_id for record_id in ids if record_id in self._created]
        return self.current(table, list(ids)) if ids else {}

    def current(self, table: Table[Any], ids: Sequence[str]) -> dict[str, Any]:
        """Return the records of *table* as they are stored, by id."""
        if table is codec.CLIENT:
            return self._reader.clients(ids)
        return {
            table.identifier(record): record
            for record in map(table.record, self._database.among(_AMONG[table.statements], ids))
        }

    def _derive(self, new: Sequence[Client]) -> None:
        """Write what is kept apart from the client's row."""
        for part in PARTS:
            self._database.run_rows(part.insert, part.columns, part.rows(new))

    def _derive_again(self, changed: Sequence[Client], fields: Mapping[str, Collection[str]]) -> None:
        """Write anew what changed fields touch of it."""
        for part in PARTS:
            again = [client for client in changed if not part.fields.isdisjoint(fields[client.id])]
            if again:
                self._database.run_among(part.delete, [client.id for client in again])
                self._database.run_rows(part.insert, part.columns, part.rows(again))

    def _keep_fresh(self, new: Sequence[Job]) -> None:
        """Keep the jobs of new clients in hand for their summaries: asking for them again takes far longer."""
        of_client = self._fresh.get
        for job in new:
            done, on = of_client(job.client_id), job.completed_on
            if done is None:
                self._touched[job.client_id] = None
            elif on is not None and job.status is JobStatus.COMPLETED:
                done.append((on.isoformat(), job.id, job.amount_minor, job.currency))

    def _touch(self, record: Saved) -> None:
        """Note whose summary a record that was there before outdates."""
        self._touched[_whose(record)] = None
        if isinstance(record, Job):
            self._fresh.pop(record.client_id, None)

    def delete(self, record: Saved) -> None:
        """Remove a record that was typed by hand. Whoever calls has made sure that nothing depends on it."""
        table = codec.TABLES[type(record)]
        if not self.remove(table, [record.id]):
            raise NotFound(f"There is no {table.name} {record.id}.")

    def _forget_ties(self, client_ids: Sequence[str]) -> None:
        self.remove(codec.TIE, [tie.id for tie in self._reader.ties(client_ids)])

    def remove(self, table: Table[Any], ids: Sequence[str]) -> int:
        """Remove records with everything that is kept about them alone; return how many there were."""
        removed = 0
        for chunk in chunks(ids, CHUNK):
            stored = self.current(table, chunk)
            if not stored:
                continue
            removed += len(stored)
            for record_id, record in stored.items():
                self._record(table.name, record_id, "", table.plain(record), None)
                self._touch(record)
            if table is codec.CLIENT:
                self._forget_ties(list(stored))
            links = list(self._database.among("external_ids_of_records", list(stored)))
            for source, kind, value, record_id in links:
                self.unlink(source, kind, value, record_id)
            self._database.run_among("known_rows_of_records_delete", list(stored))
            if table is codec.CLIENT:
                for statement in (*(part.delete for part in PARTS), "summaries_delete"):
                    self._database.run_among(statement, list(stored))
                for record_id in stored:
                    self._touched.pop(record_id, None)
            self._database.run_many(f"{table.statements}_delete", ({"id": record_id} for record_id in stored))
        return removed

    # ------------------------------------------------------------ attempts

    def insert_attempt(self, attempt: Attempt) -> bool:
        """Claim a touchpoint; False when it was handed over before, is being handed over, or waits for a person."""
        if self._database.run("attempt_insert", **codec.ATTEMPT.row(attempt)) != 1:
            return False
        self._record("attempt", attempt.id, "", None, codec.ATTEMPT.plain(attempt))
        return True

    def hand_over(self, attempt_id: str, *, at: datetime) -> bool:
        """Move an attempt from claimed to handing_over: exactly one row, or False when it is not claimed any more."""
        if self._database.run("attempt_hand_over", id=attempt_id, at=codec.instant(at)) != 1:
            return False
        states = (AttemptState.CLAIMED.value, AttemptState.HANDING_OVER.value)
        self._record("attempt", attempt_id, "state", *states)
        self._record("attempt", attempt_id, "handed_over_at", None, codec.instant(at))
        return True

    def settle_attempt(
        self,
        attempt_id: str,
        state: AttemptState,
        *,
        now: datetime,
        server_said: str = "",
        expected: Collection[AttemptState] = (),
    ) -> bool:
        """Move an attempt to *state*; exactly one row, or False.

        False: its state is none of *expected* (where given), or another attempt holds the key by now.
        """
        old = self._reader.attempt(attempt_id)
        if old is None:
            raise NotFound(f"There is no attempt {attempt_id}.")
        if expected and old.state not in expected:
            return False
        return self.settle(old, state, now=now, server_said=server_said)

    def settle(self, old: Attempt, state: AttemptState, *, now: datetime, server_said: str = "") -> bool:
        """Do what `settle_attempt` does with an attempt that was read in this transaction."""
        new = replace(
            old,
            state=state,
            settled_at=now if state in _SETTLED else None,
            server_said=server_said or old.server_said,
        )
        touched = self._database.run(
            "attempt_settle",
            id=old.id,
            state=new.state.value,
            settled_at=new.settled_at and codec.instant(new.settled_at),
            server_said=new.server_said,
        )
        if touched != 1:
            return False
        for field, before, after in codec.ATTEMPT.differences(old, new):
            self._record("attempt", old.id, field, before, after)
        return True

    # ------------------------------------------------------------ addresses that must not be written to

    def suppress(self, address: str, reason: str, evidence: str = "", now: datetime | None = None) -> bool:
        """Never write to *address* again; only its keyed hash is kept. False when that was so before."""
        return self.suppress_hash(identity.address_hash(self._home_key, address), reason, evidence, now)

    def suppress_hash(self, hashed: str, reason: str, evidence: str = "", now: datetime | None = None) -> bool:
        """Never write again to the address that *hashed* stands for. False when that was so before.

        What a client asks for replaces what a server said (REFUSED), never the other way round.
        """
        old = self._reader.suppressions([hashed]).get(hashed)
        if old is not None and old.lifted_at is None and (old.reason != REFUSED or reason == REFUSED):
            return False
        self._put_suppression(
            old, Suppression(address_hash=hashed, reason=reason, since_at=now or self._now, evidence=evidence)
        )
        return True

    def lift_suppression(self, address: str, *, evidence: str, now: datetime | None = None) -> bool:
        """Allow *address* again on the client's own word, which *evidence* keeps. False when it was allowed."""
        return self._lift(address, refused=False, evidence=evidence, now=now)

    def allow_refused(self, address: str, *, evidence: str, now: datetime | None = None) -> bool:
        """Try *address* again although a mail server refused it. False when none did; an opt-out stays."""
        return self._lift(address, refused=True, evidence=evidence, now=now)

    def _lift(self, address: str, *, refused: bool, evidence: str, now: datetime | None) -> bool:
        old = self._reader.suppression(address)
        if old is None or old.lifted_at is not None or (old.reason == REFUSED) is not refused:
            return False
        self._put_suppression(old, replace(old, lifted_at=now or self._now, evidence=evidence))
        return True

    def _put_suppression(self, old: Suppression | None, new: Suppression) -> None:
        self._database.run("suppression_put", **codec.SUPPRESSION.row(new))
        if old is None:
            self._record("suppression", new.address_hash, "", None, codec.SUPPRESSION.plain(new))
            return
        for field, before, after in codec.SUPPRESSION.differences(old, new):
            self._record("suppression", new.address_hash, field, before, after)

    def is_suppressed(self, address: str) -> bool:
        """Tell whether the owner of *address* asked us to stop, as of this transaction."""
        found = self._reader.suppression(address)
        return found is not None and found.lifted_at is None and found.reason != REFUSED

    # ------------------------------------------------------------ what an import remembers

    def link(self, source: str, kind: str, value: str, record_id: str) -> None:
        """Remember under which number *source* knows a record; the latest word counts."""
        self.link_many(source, kind, {value: record_id})

    def link_many(self, source: str, kind: str, links: Mapping[str, str]) -> None:
        """Remember many numbers of one source: value -> record id."""
        had_some = self._had_some("external_ids_any", source=source, kind=kind)
        parts_of_creations = self._created.issuperset(links.values())  # not recorded by themselves
        for chunk in chunks(sorted(links)):  # as they are stored
            known = self._reader.by_external_ids(source, kind, chunk) if had_some else {}
            new = [value for value in chunk if links[value] != known.get(value)] if known else chunk
            for value in new if known or not parts_of_creations else ():
                if value not in known and links[value] in self._created:
                    continue
                number: Plain = {"source": source, "kind": kind, "value": value}
                if value in known:
                    self._record("external_id", known[value], "", number, None)
                self._record("external_id", links[value], "", None, number)
            rows = [(source, kind, value, links[value]) for value in new]
            self._database.run_rows("external_id_put", ("source", "kind", "value", "record_id"), rows)

    def _had_some(self, statement: str, **values: str) -> bool:
        """Return whether there was any before the batch first asked."""
        asked = (statement, *values.values())
        if asked not in self._had:
            self._had[asked] = self._database.first(statement, **values) is not None
        return self._had[asked]

    def unlink(self, source: str, kind: str, value: str, record_id: str) -> None:
        """Forget one outside number of a record."""
        touched = self._database.run("external_id_delete", source=source, kind=kind, value=value, record_id=record_id)
        if touched:
            self._record("external_id", record_id, "", {"source": source, "kind": kind, "value": value}, None)

    def remember_rows(self, fingerprint: str, rows: Iterable[tuple[str, str]]) -> None:
        """Remember rows of a file, (digest, record id), so that they are not parsed again.

        Earlier rows of the same records are forgotten: when a correction is taken back in the file, that is news.
        """
        remembered = list(rows)
        if self._had_some("known_rows_exist", fingerprint=fingerprint):
            ids = dict.fromkeys([record_id for _, record_id in remembered])
            self._database.run_among("known_rows_outdated", ids, fingerprint=fingerprint, batch_id=self.batch_id)
        for start in range(0, len(remembered), CHUNK):
            self._database.run_rows(
                "known_row_put",
                ("fingerprint", "digest", "record_id", "batch_id"),
                [(fingerprint, *each, self.batch_id) for each in remembered[start : start + CHUNK]],
            )

    def remember_answer(self, fingerprint: str, about: str, value: str) -> None:
        """Remember an answer for this kind of file."""
        before = self._reader.answers(fingerprint).get(about)
        if before != value:
            self.put_answer(fingerprint, about, before, value)

    def put_answer(
        self, fingerprint: str, about: str, before: str | None, after: str | None, *, given_at: str = ""
    ) -> None:
        """Set an answer, or take it away (None). *given_at*: when it was given, where that is not now."""
        if after is None:
            self._database.run("answer_delete", fingerprint=fingerprint, about=about)
        else:
            at = given_at or codec.instant(self._now)
            self._database.run("answer_put", fingerprint=fingerprint, about=about, value=after, given_at=at)
        self._record("answer", fingerprint, about, before, after)

    def remember_files(self, imported: Iterable[ImportedFile]) -> None:
        """Remember which files an import had. Not recorded as a change: also one that changes nothing had them."""
        last = self._database.value("imported_file_last")
        rows = [
            {
                "number": number,
                "batch_id": self.batch_id,
                "fingerprint": each.fingerprint,
                "book": each.book,
                "name": each.name,
                "looks_like": each.looks_like,
                "header": codec.dumps(list(each.header)),
                "at": codec.instant(self._now),
            }
            for number, each in enumerate(imported, last + 1)
        ]
        self._database.run_many("imported_file_put", rows)

    def forget_answers(self, fingerprint: str, abouts: Iterable[str]) -> None:
        """Forget answers for a kind of file."""
        known = self._reader.answers(fingerprint)
        for about in abouts:
            if about in known:
                self.put_answer(fingerprint, about, known[about], None)

    def forget_kind(self, fingerprint: str) -> None:
        """Forget that a kind of file was ever imported: its answers, its files, and which of its rows are known."""
        rows = self._database.rows("imported_files_of_kind", fingerprint=fingerprint)
        books = {row[_FILE.index("book")] for row in rows} - {""}
        for each in (fingerprint, *sorted(books)):
            self.forget_answers(each, list(self._reader.answers(each)))
        if rows:
            self._database.run("imported_files_of_kind_delete", fingerprint=fingerprint)
            self._record("imported_file", fingerprint, "", [dict(zip(_FILE, row, strict=True)) for row in rows], None)
        self._database.run("known_rows_of_kind_delete", fingerprint=fingerprint)

    def put_files_back(self, fingerprint: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Put back what `forget_kind` forgot of files; *rows* as the change has them."""
        self._database.run_many("imported_file_put", rows)
        self._record("imported_file", fingerprint, "", None, [dict(row) for row in rows])

    # ------------------------------------------------------------ clients as persons

    def merge_clients(self, keep_id: str, drop_id: str) -> None:
        """Make two clients one: *keep_id* stays and gets everything; *drop_id* remains as a pointer to it.

        What *keep_id* has itself counts; what it has not is taken over, and what contradicts it is kept readable in its
        notes and own columns. An opt-out of either is an opt-out. Keys stay as they are: what was said under one of
        *drop_id* counts for *keep_id*, see `plan.record`.
        """
        found = self._reader.clients([keep_id, drop_id])
        for client_id in (keep_id, drop_id):
            if client_id not in found:
                raise NotFound(f"There is no client {client_id}.")
        keep, drop = found[keep_id], found[drop_id]
        moved = replace(drop, emails=(), phones=(), merged_into=keep_id)
        self.save_many([moved, merging.merged(keep, drop)])
        for field in merging.decided(keep, drop):  # chosen by a person, like a value that was typed
            plain = codec.CLIENT.plain_value(field, getattr(keep, field))
            self._record("client", keep_id, field, plain, plain)
        everything = self._reader.jobs_of(drop_id)
        self.save_many([replace(job, client_id=keep_id) for job in everything])
        records = map(codec.care_record, self._database.among("care_of_clients", [drop_id]))
        self.save_many([replace(record, client_id=keep_id) for record in records])
        instructions = self._database.among("instructions_of_clients", [drop_id])
        self.save_many([replace(codec.INSTRUCTION.record(row), client_id=keep_id) for row in instructions])
        for record, listing, _ in _MOVED_WITH_A_CLIENT:
            self.move(record, [row[0] for row in self._database.among(listing, [drop_id])], drop_id, keep_id)
        for source, kind, value in self._reader.external_ids(drop_id):
            self.link(source, kind, value, keep_id)
        brought = [row[1] for row in self._database.among("clients_referred_by", [drop_id])]
        self.save_many(
            replace(client, referred_by_id=keep_id)
            for client in self._reader.clients(brought).values()
            if client.id not in (keep_id, drop_id)
        )
        self.save_many(
            replace(each, friend_id=keep_id)
            for each in self._referrals_of([drop_id])
            if each.client_id not in (keep_id, drop_id)
        )
        self._move_ties(drop_id, keep_id)

    def _referrals_of(self, friend_ids: Collection[str], names: Collection[str] = ()) -> list[Referral]:
        """Return the referrals by which somebody came, or in which one of *names* stands without a client."""
        said = {identity.fold(name) for name in names}
        found = (codec.care_record(row) for row in self._database.rows("care_of_kind", kind="referral"))
        return [
            each
            for each in found
            if isinstance(each, Referral)
            and (each.friend_id in friend_ids or (not each.friend_id and identity.fold(each.friend) in said))
        ]

    def _move_ties(self, drop_id: str, keep_id: str) -> None:
        """Say of *keep_id* what was said of *drop_id* and somebody else; what was said of these two is over."""
        for tie in self._reader.ties([drop_id]):
            if tie.kind is TieKind.ALONE:
                continue  # that was about an address and phones which the other has as well, or has not
            if keep_id in (tie.client_id, tie.other_id):
                self.delete(tie)
            else:
                ends = (keep_id if each == drop_id else each for each in (tie.client_id, tie.other_id))
                self.save(replace(tie, client_id=next(ends), other_id=next(ends)))

    def move(self, record: str, ids: Sequence[str], from_id: str, to_id: str) -> None:
        """Give attempts or contacts to another client."""
        statement = next(statement for name, _, statement in _MOVED_WITH_A_CLIENT if name == record)
        self._database.run_among(statement, ids, client_id=to_id)
        for record_id in ids:
            self._record(record, record_id, "client_id", from_id, to_id)
        if ids:
            self._touched.update(dict.fromkeys((from_id, to_id)))

    def adopt(self) -> int:
        """Give what is known by its key alone to the clients whose facts are on record by now; return how much it was.

        The journal knows keys and no clients. When a job has been imported again, its key says whose it is.
        """
        read = self._database.among
        attempts = [codec.ATTEMPT.record(row) for row in read("attempts_of_clients", [""])]
        contacts = [codec.CONTACT.record(row) for row in read("contacts_of_clients", [""])]
        said = [codec.INSTRUCTION.record(row) for row in read("instructions_of_clients", [""])]
        keys = [*(each.key for each in attempts), *(each.key for each in contacts), *(each.key for each in said)]
        facts = {_fact(key) for key in keys}
        owners = {fact: owner for fact in sorted(facts) if (owner := self._reader.client_of_fact(fact))}
        adopted: dict[tuple[str, str], list[str]] = {}
        kinds: tuple[tuple[str, Sequence[Attempt | Contact]], ...] = (("attempt", attempts), ("contact", contacts))
        for record, found in kinds:
            for each in found:
                if _fact(each.key) in owners:
                    adopted.setdefault((record, owners[_fact(each.key)]), []).append(each.id)
        for (record, owner), ids in adopted.items():
            self.move(record, ids, "", owner)
        self.save_many([replace(each, client_id=owners[_fact(each.key)]) for each in said if _fact(each.key) in owners])
        return sum(map(len, adopted.values()))

    def erase_client(self, client_id: str, today: date, *, addresses: Iterable[str] = ()) -> None:
        """Forget a person, and whoever was merged into them: names, addresses, texts, and what `change` said of them.

        *addresses* were theirs before; they stay stopped like those that are theirs now.

        Rows stay, so that counts, amounts and days do. The addresses go on the list of suppressions as hashes first,
        so that an import which brings the person back reaches nobody. Numbers of the source stay: by them such an
        import knows that this was erased.
        """
        if self._reader.client(client_id) is None:
            raise NotFound(f"There is no client {client_id}.")
        whole = [client_id, *self._reader.absorbed(client_id)]
        erased = []
        stopped = dict.fromkeys(addresses)
        for client in self._reader.clients(whole).values():
            stopped.update(dict.fromkeys((*client.emails, *client.phones)))
            erased.append(
                Client(
                    id=client.id,
                    consent=client.consent,
                    owner=client.owner,
                    created_on=client.created_on,
                    merged_into=client.merged_into,
                    erased_on=client.erased_on or today,
                )
            )
        for row in self._database.among("attempts_of_clients", whole):
            attempt = codec.ATTEMPT.record(row)
            if attempt.state in _STOPPABLE:
                self.settle_attempt(attempt.id, AttemptState.CANCELLED, now=self._now)
        for statement in ("attempts_erase", "contacts_erase", "instructions_erase"):
            self._database.run_among(statement, whole)
        jobs = [
            replace(codec.JOB.record(row), site_address="", note="", extra={})
            for row in self._database.among("jobs_of_clients", whole)
        ]
        care = map(codec.care_record, self._database.among("care_of_clients", whole))
        names = {each.full_name for each in self._reader.clients(whole).values()} - {""}
        brought = [row[1] for row in self._database.among("clients_referred_by", whole)]
        brought += [row[1] for row in self._database.among("clients_referred_by_name", names)]
        referred = [replace(client, referred_by="") for client in self._reader.clients(brought).values()]
        self.save_many([*erased, *jobs, *map(codec.without_words, care), *referred])
        named_by = self._unname_friend(whole, names)
        self._forget_ties(whole)
        named = [row[0] for statement in _OF_A_CLIENT for row in self._database.among(statement, whole)]
        named += self._suppress_erased(stopped)
        # Last, so that the changes just recorded are emptied too.
        self.flush()
        self._database.run_among("changes_erase", [*whole, *named])
        for client in referred:
            self._empty_changes(client.id, ("referred_by",))
        for record_id in named_by:
            self._empty_changes(record_id, _SAID_OF_A_FRIEND)

    def _unname_friend(self, whole: Collection[str], names: Collection[str]) -> list[str]:
        """Take the friend out of others' referrals and of the entries of the register for them; return their ids.

        Days, amounts and the reward stay: they are the referrer's.
        """
        found = [each for each in self._referrals_of(whole, names) if each.client_id not in whole]
        by_id = {each.id: each for each in found}
        said: list[Record] = [replace(each, friend="", summary="", resolution="") for each in found]
        for row in self._database.rows("care_of_kind", kind="gift") if found else ():
            gift = codec.care_record(row)
            if isinstance(gift, Gift) and gift.referral_id in by_id:
                # The register has to say what it was for, as long as the law wants it.
                said.append(
                    replace(gift, summary=by_id[gift.referral_id].reward, purpose="reward for bringing a client")
                )
        self.save_many(said)
        return [each.id for each in said]

    def _empty_changes(self, record_id: str, fields: Collection[str]) -> None:
        """Take out of the changes of somebody else's record what *fields* said; the rest is theirs and stays."""
        for change in self._reader.changes_of(record_id):
            if change.field and change.field not in fields:
                continue
            old, new = (_without(value, fields) for value in (change.old, change.new))
            if (old, new) != (change.old, change.new):
                self._database.run("change_put", batch_id=change.batch_id, number=change.number, **_json(old, new))

    def _suppress_erased(self, addresses: Iterable[str]) -> list[str]:
        """Suppress *addresses* without a word of why, which may name the person; return their hashes."""
        hashes = {address: identity.address_hash(self._home_key, address) for address in addresses}
        known = self._reader.suppressions(hashes.values())
        for hashed in dict.fromkeys(hashes.values()):
            old = known.get(hashed)
            since = old.since_at if old is not None and old.lifted_at is None else self._now
            self._put_suppression(old, Suppression(address_hash=hashed, reason=ERASED, since_at=since))
        return list(hashes.values())

    # ------------------------------------------------------------ the home

    def set_meta(self, key: str, value: str | None) -> None:
        """Keep a note of the home about itself; None takes it away."""
        before = self._reader.meta(key)
        if before == value:
            return
        if value is None:
            self._database.run("meta_delete", key=key)
        else:
            self._database.run("meta_put", key=key, value=value)
        self._record("meta", key, "", before, value)

    def sync_people(self, people: Iterable[Person]) -> None:
        """Store the people of the firm as the settings have them; those who left stay, history names them."""
        known = {person.id: person for person in self._reader.people()}
        for person in people:
            plain = replace(person, also=(), outside=False)
            before = known.get(person.id)
            if before == plain:
                continue
            self._database.run("person_put", **codec.PERSON.row(plain))
            if before is None:
                self._record("person", person.id, "", None, codec.PERSON.plain(plain))
            else:
                for field, old, new in codec.PERSON.differences(before, plain):
                    self._record("person", person.id, field, old, new)

    def detail(self, detail: Mapping[str, Any]) -> None:
        """Keep what the batch should say of itself later: files, counts."""
        self._detail = codec.dumps(dict(detail))
        if self._batch_written:
            self._database.run("batch_detail", id=self.batch_id, detail=self._detail)

    # ------------------------------------------------------------ undo

    def undo(self, batch_id: str) -> list[str]:
        """Take a batch back as far as that is possible, and return what was left and why, in words.

        What reached a client, an opt-out, a suppression and an erasure stay; so does what was changed later.
        """
        return undoing.apply(self, self._reader, batch_id, now=self._now)

    # ------------------------------------------------------------ the batch

    def _record(self, record: str, record_id: str, field: str, old: Plain, new: Plain) -> None:
        whole = not field
        self._number += 1
        self._changes.append(
            (
                self.batch_id,
                self._number,
                record,
                record_id,
                field,
                None if whole and old is None else codec.dumps(old),
                None if whole and new is None else codec.dumps(new) if new != {} else "{}",
            )
        )
        if len(self._changes) >= BUFFERED:
            self._write_changes()

    def _write_changes(self) -> None:
        if not self._changes:
            return
        if not self._batch_written:
            self._database.run("batch_insert", detail=self._detail, **self._batch)
            self._batch_written = True
        self._database.run_rows("change_insert", _CHANGE, self._changes)
        self._changes.clear()

    def flush(self) -> None:
        """Write down the changes in hand and the summaries they outdate."""
        self._write_changes()
        self._touched.pop("", None)  # nobody's: see `adopt`
        # In bulk, the jobs of those who were there before cannot be asked for until the indexes are there again.
        # In the order in which they are stored, neighbours are read and written together.
        touched = sorted(filter(self._fresh.__contains__, self._touched) if self._is_bulk else self._touched)
        for client_id in touched:
            del self._touched[client_id]
        write_summaries(self._database, touched, fresh=self._fresh)
        self._fresh.clear()
        self._created.clear()
        self._was_empty.clear()

    def added(self, kind: type) -> Iterator[str]:
        """Yield the identifiers of the records that this batch has added."""
        self._write_changes()
        for record_id, new in self._database.each("added", batch_id=self.batch_id, record=codec.TABLES[kind].name):
            if record_id == TOGETHER:
                yield from codec.loads(new)
            else:
                yield record_id

    @property
    def changed(self) -> bool:
        """Tell whether anything was changed so far."""
        return self._number > 0


def _chunks(records: Iterable[Saved]) -> Iterator[tuple[type, dict[str, Saved]]]:
    """Yield *records* by id, those of one kind that follow on each other together, none twice."""
    pending: dict[str, Saved] = {}
    kind: type = type(None)
    for record in records:
        if type(record) is not kind or record.id in pending or len(pending) == CHUNK:
            if pending:
                yield kind, pending
            pending, kind = {}, type(record)
        pending[record.id] = record
    if pending:
        yield kind, pending


def _whose(record: Saved) -> str:
    """Return the client whose summary a record belongs to; "" where it is in none."""
    if isinstance(record, Client):
        return record.id
    return record.client_id if isinstance(record, Job | Contact) else ""


def write_summaries(
    database: Database, client_ids: Iterable[str], *, fresh: Mapping[str, Sequence[summaries.Done]]
) -> None:
    """Work out the summaries of *client_ids* anew; see `summaries.rows` for *fresh*."""
    for chunk in chunks(client_ids):
        rows = list(summaries.rows(database, chunk, fresh=fresh))
        database.run_rows("summary_put", *codec.SUMMARY.narrowed(rows))


_OF_CLIENTS = ("client_email", "client_phone", "client_name", "household_key")
_LOOKED_UP = ("client_email", "client_phone", "client_name", "job")
_FILE = ("number", "batch_id", "fingerprint", "book", "name", "looks_like", "header", "at")
_CHANGE = ("batch_id", "number", "record", "record_id", "field", "old", "new")
_AMONG = {
    "job": "jobs_among",
    "care": "care_among",
    "contact": "contacts_among",
    "instruction": "instructions_among",
    "tie": "ties_among",
}
_SAID_OF_A_FRIEND = ("friend", "summary", "resolution", "purpose")
_OF_A_CLIENT = (
    "job_ids_of_clients",
    "care_ids_of_clients",
    "attempt_ids_of_clients",
    "contact_ids_of_clients",
    "instruction_ids_of_clients",
)


def _email_rows(clients: Iterable[Client]) -> list[tuple[Any, ...]]:
    canonical = identity.canonical_address
    return [(each.id, place, text, canonical(text)) for each in clients for place, text in enumerate(each.emails)]


def _phone_rows(clients: Iterable[Client]) -> list[tuple[Any, ...]]:
    return [(each.id, place, number) for each in clients for place, number in enumerate(each.phones)]


def _name_rows(clients: Iterable[Client]) -> list[tuple[Any, ...]]:
    return [(each.id, place, name) for each in clients for place, name in enumerate(names.of_client(each))]


def _household_rows(clients: Iterable[Client]) -> list[tuple[Any, ...]]:
    return [(each.id, key) for each in clients for key in names.household_keys(each)]


@dataclass(frozen=True, slots=True)
class Part:
    """A table that keeps something of a client apart from its row, and the fields that it follows from."""

    insert: str
    delete: str
    columns: tuple[str, ...]
    fields: frozenset[str]
    rows: Callable[[Iterable[Client]], list[tuple[Any, ...]]]


PARTS = (
    Part(
        "email_insert",
        "emails_delete",
        ("client_id", "position", "address", "canonical"),
        frozenset({"emails"}),
        _email_rows,
    ),
    Part("phone_insert", "phones_delete", ("client_id", "position", "number"), frozenset({"phones"}), _phone_rows),
    Part("name_insert", "names_delete", ("client_id", "position", "name"), _NAME_FIELDS, _name_rows),
    Part("household_key_insert", "household_keys_delete", ("client_id", "key"), _HOUSEHOLD_FIELDS, _household_rows),
)
DERIVED = PARTS[2:]
"""Parts that follow from the others and can be made anew."""


def _fact(key: str) -> str:
    return key.partition(".")[0]


def _without(value: Any, fields: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {name: "" if name in fields else each for name, each in value.items()}
    return None if value is None else ""


def _json(old: Any, new: Any) -> dict[str, str | None]:
    return {"old": None if old is None else codec.dumps(old), "new": None if new is None else codec.dumps(new)}
