"""The store: facts, and nothing that can be derived. SQLite in the home, in SQL that PostgreSQL reads too.

Takes and gives records of the model. Touches the database file. The layers, each using those above it only:

    sql, codec, names      statements by name; records <-> rows; folded names and household keys
    merging                two records of one client laid together
    engine                 the connection, transactions, schema, backup: the only door to sqlite3
    history, summaries     what a batch is; what is kept ready per client
    reading                one typed method per question
    undoing, writing       one transaction that writes, and takes back
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from followup import files
from followup.errors import ConfigurationError, UsageError
from followup.model import Person
from followup.store import engine, sql
from followup.store.engine import Database
from followup.store.history import KINDS, Batch, Change, ImportedFile, Learnt, UndoItem
from followup.store.reading import Reader

if TYPE_CHECKING:  # what writes is loaded by the first command that does
    from followup.store.writing import Writer

__all__ = ["Batch", "Change", "ImportedFile", "Learnt", "Store", "UndoItem", "Writer", "create", "held_in", "open"]


class Store(Reader):
    """An open database."""

    def __init__(self, database: Database, *, home_key: bytes) -> None:
        """Use *database*; see `create` and `open`."""
        super().__init__(database, home_key=home_key)
        self._writer: Writer | None = None
        self.refusal = ""
        """Why nothing may be recorded now; `write` says it. What is only derived may be kept all the same."""
        self.staff: Sequence[Person] = ()
        """The people of the firm as the settings have them; the first write that changes something keeps them."""

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Close the database; what was not committed is gone."""
        self.database.close()

    @contextmanager
    def write(self, *, kind: str, command: str, now: datetime, person: str = "") -> Iterator[Writer]:
        """Give a `Writer` in one transaction: all of it is written when the block ends, or none of it.

        Args:
            kind: `import` or `hand` (undo can take these back), `contact`, `wish` (of a client), `system`, `undo`.
            command: what the user typed, in short; `imports` and the change record show it.
            now: the instant of the batch, aware.
            person: who did it.

        Raises:
            UsageError: nothing may be recorded now, see `refusal`.
            TryLater: another process is writing.
        """
        if self.refusal:
            raise UsageError(self.refusal)
        if kind not in KINDS:
            raise ValueError(f"unknown kind of batch: {kind!r}")
        if self._writer is not None:
            raise RuntimeError("one transaction at a time")
        from followup.store.writing import Writer

        with self.database.transaction(write=True):
            self._writer = writer = Writer(self, kind=kind, command=command, person=person, now=now)
            try:
                yield writer
                writer.flush()
                if writer.changed and self.staff:
                    # A batch of its own: taking back the other one has nothing to do with who works here.
                    people = Writer(self, kind="system", command="people of followup.toml", person=person, now=now)
                    people.sync_people(self.staff)
                    people.flush()
            finally:
                self._writer = None
        if writer.changed:
            self.staff = ()

    def settle(self) -> None:
        """Write down what an open transaction still has in hand, so that its own reads see it."""
        if self._writer is not None:
            self._writer.flush()

    def keep_holidays(self, country: str, region: str, years: Iterable[int], days: Mapping[date, str]) -> None:
        """Keep the public holidays of *years*, so that the next run need not work them out. Not recorded: derived."""
        with self.database.transaction(write=True):
            for year in sorted(set(years)):
                place = {"country": country, "region": region, "year": year}
                self.database.run("holidays_delete", **place)
                rows = [{**place, "on_day": "", "name": ""}]  # the mark: this year was looked up
                rows += [
                    {**place, "on_day": day.isoformat(), "name": name}
                    for day, name in sorted(days.items())
                    if day.year == year
                ]
                self.database.run_many("holiday_insert", rows)

    def undo_preview(self, batch_id: str) -> list[UndoItem]:
        """Return what `Writer.undo` would take back, and what it would leave and why, the last change first."""
        from followup.store import undoing

        return undoing.items(self, batch_id)

    def rebuild_summaries(self) -> int:
        """Work out everything derived anew (summaries, names, household keys); return the number of clients."""
        from followup.store import writing

        count = 0
        with self.database.transaction(write=True):
            for ids in self.pages_of_client_ids():
                count += len(ids)
                clients = list(self.clients(ids).values())
                for part in writing.DERIVED:
                    self.database.run_among(part.delete, ids)
                    self.database.run_rows(part.insert, part.columns, part.rows(clients))
                writing.write_summaries(self.database, ids, fresh={})
        return count

    def check(self) -> list[str]:
        """Return what is wrong with the database, in words; nothing when all is well. Reads all of it."""
        from followup.store import summaries

        problems = self.database.problems()
        if self.database.application() != engine.APPLICATION_ID:
            problems.append("the file does not carry followup's mark")
        stale = 0
        with self.snapshot():
            for ids in self.pages_of_client_ids():
                kept = {row[0]: row for row in self.database.among("summaries_among", ids)}
                for row in summaries.rows(self.database, ids, fresh={}):
                    stale += kept.get(row[0]) != row
        if stale:
            problems.append(f"the summaries of {stale} clients do not fit their jobs and contacts")
        return problems

    def pages_of_client_ids(self) -> Iterator[list[str]]:
        """Yield the ids of all clients, merged and erased ones too, some hundred at a time."""
        last = ""
        while ids := [row[0] for row in self.database.rows("client_ids_after", id=last, size=sql.CHUNK)]:
            yield ids
            last = ids[-1]

    def backup(self, to: Path) -> None:
        """Copy the database to *to*, private and checked; an existing file there is replaced only by a whole one."""
        self.database.backup(to)


def create(path: Path, *, home_key: bytes) -> Store:
    """Make a new database, readable by its owner only.

    Raises:
        CannotCreate: there is a file already; it is never overwritten.
    """
    engine.create_private(path)
    try:
        database = Database(path)
        try:
            database.migrate()
        except BaseException:
            database.close()
            raise
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Store(database, home_key=home_key)


def open(path: Path, *, home_key: bytes, backups: Path, busy_seconds: float = engine.BUSY_SECONDS) -> Store:  # noqa: A001  # store.open
    """Open the database of a home, bringing an older schema up to date with a backup first.

    Args:
        path: the database.
        home_key: what addresses are hashed with.
        backups: the folder that gets a copy before the schema changes.
        busy_seconds: how long to wait while another process writes.

    Raises:
        NotFound: there is no such file.
        ConfigurationError: a later program wrote it, or it is no database of ours; it was left as it is.
    """
    database = Database(path, busy_seconds=busy_seconds)
    try:
        version, newest = database.version, engine.newest_version()
        if database.application() != engine.APPLICATION_ID:
            raise ConfigurationError(f"{path}: this is not a database of followup. It was left as it is.")
        if version > newest:
            raise engine.too_new(path, version)
        if version < newest:
            _backup_before_migration(database, backups, version)
            database.migrate()
    except BaseException:
        database.close()
        raise
    return Store(database, home_key=home_key)


def _backup_before_migration(database: Database, backups: Path, version: int) -> None:
    files.make_folder(backups)
    number = 1
    while (target := backups / f"before-schema-change-from-{version:04}-{number}.db").exists():
        number += 1
    database.backup(target)


def held_in(copy: Path, client_ids: Iterable[str]) -> set[str]:
    """Return those of *client_ids* that a copy of a database still holds; whatever its schema, it is left as it is.

    Raises:
        IOFailure: the copy is damaged, or no database.
    """
    database = Database(copy, as_copy=True)
    try:
        return {row[0] for row in database.among("clients_not_erased", client_ids)}
    finally:
        database.close()
