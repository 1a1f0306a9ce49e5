"""The only door to sqlite3: connecting, transactions, statements by name, backups, schema.

Takes paths, statement names and values. Gives rows. Touches the database file. What the engine refuses becomes one of
our errors, with what to do about it.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from typing import Any

from followup import files
from followup.errors import BadInput, CannotCreate, ConfigurationError, IOFailure, NoPermission, NotFound, TryLater
from followup.store import sql

APPLICATION_ID = 0x466C5570  # "FlUp": file(1) and we tell our databases from others by it
BUSY_SECONDS = 10.0
AT_ONCE = 32
"""How many rows an INSERT of many has: a tenth faster than one by one, and no faster with more."""
CACHE_KIB = 32_768
SCHEMA = Path(__file__).parent / "schema"

# Rollback journal and FULL: what is committed survives a power cut, and the write-ahead log of SQLite before 3.51.3
# can corrupt a database (sqlite.org/wal.html, "WAL-reset bug"). secure_delete: erased means overwritten.
PRAGMAS = (
    "PRAGMA page_size = 16384",  # of a new database: an import writes a tenth faster than with 4096
    "PRAGMA journal_mode = DELETE",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA temp_store = MEMORY",
    f"PRAGMA cache_size = -{CACHE_KIB}",
)
# A large index is sorted a part at a time, of the size of the cache, where files may be used for it: that is twice as
# fast as all at once, which finds nothing in the processor's own memory, and takes a third of the memory.
SORTING = ("PRAGMA temp_store = FILE", "PRAGMA cache_size = -4096")
SORTED = ("PRAGMA temp_store = MEMORY", f"PRAGMA cache_size = -{CACHE_KIB}")

Row = tuple[Any, ...]


class Database:
    """One connection. Statements are named (see `sql`); lists of any length are answered in chunks."""

    def __init__(self, path: Path, *, busy_seconds: float = BUSY_SECONDS, as_copy: bool = False) -> None:
        """Connect to an existing file; *as_copy*: one that nobody writes, to look into and leave as it is."""
        self.path = path
        if not path.exists():
            raise NotFound(
                f"{path}: there is no database. "
                "`followup restore BACKUP DIR` brings a home back, `followup init` makes one."
            )
        with self._refusals():
            mode = "ro&immutable=1" if as_copy else "rw"
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=busy_seconds, isolation_level=None
            )
            try:
                for pragma in () if as_copy else PRAGMAS:
                    self._connection.execute(pragma)
            except BaseException:
                self._connection.close()
                raise

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        self._connection.close()

    # ------------------------------------------------------------ statements

    def rows(self, name: str, /, **values: Any) -> list[Row]:
        """Return all rows of a statement."""
        with self._refusals():
            return self._connection.execute(sql.text(name), values).fetchall()

    def first(self, name: str, /, **values: Any) -> Row | None:
        """Return the first row of a statement, if there is one."""
        with self._refusals():
            row: Row | None = self._connection.execute(sql.text(name), values).fetchone()
            return row

    def value(self, name: str, /, **values: Any) -> Any:
        """Return the only value of a statement, or None when there is no row."""
        row = self.first(name, **values)
        return None if row is None else row[0]

    def each(self, name: str, /, **values: Any) -> Iterator[Row]:
        """Yield the rows of a statement while it runs; memory does not grow with their number."""
        with self._refusals():
            yield from self._connection.execute(sql.text(name), values)

    def among(self, name: str, wanted: Iterable[str], /, **values: Any) -> Iterator[Row]:
        """Yield the rows of a statement whose list takes *wanted*, in chunks; the order holds within a chunk only."""
        for statement, parameters in _listing(name, wanted, values):
            with self._refusals():
                found = self._connection.execute(statement, parameters).fetchall()
            yield from found

    def run(self, name: str, /, **values: Any) -> int:
        """Run a statement that writes, and return how many rows it touched."""
        with self._refusals():
            return self._connection.execute(sql.text(name), values).rowcount

    def run_among(self, name: str, wanted: Iterable[str], /, **values: Any) -> int:
        """Run a statement that writes for every chunk of *wanted*, and return how many rows it touched."""
        touched = 0
        for statement, parameters in _listing(name, wanted, values):
            with self._refusals():
                touched += self._connection.execute(statement, parameters).rowcount
        return touched

    def run_many(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement that writes once for each of *rows*."""
        with self._refusals():
            self._connection.executemany(sql.text(name), rows)

    def run_rows(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Run an INSERT for *rows*, whose values are those of *columns*; others are at their default."""
        every, chosen = list(rows), tuple(columns)
        alone = len(every) - len(every) % AT_ONCE
        several = (list(chain.from_iterable(every[place : place + AT_ONCE])) for place in range(0, alone, AT_ONCE))
        with self._refusals():
            self._connection.executemany(sql.inserting(name, chosen, AT_ONCE), several)
            self._connection.executemany(sql.inserting(name, chosen, 1), every[alone:])

    def outside_version(self) -> int:
        """Return a number that changes whenever another connection commits, and with our own commits does not."""
        with self._refusals():
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    # ------------------------------------------------------------ transactions

    @property
    def writing(self) -> bool:
        """Tell whether a transaction is open."""
        return self._connection.in_transaction

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[None]:
        """Open one transaction; any exception takes all of it back.

        A writing one takes the write lock at once, so what it reads cannot change before it writes.
        """
        with self._refusals():
            self._connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        try:
            yield
            with self._refusals():
                self._connection.execute("COMMIT")
        except BaseException:
            # A failed COMMIT, a full disk and an I/O error may have rolled back already.
            if self._connection.in_transaction:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def unindexed(self, tables: Mapping[str, int]) -> Iterator[None]:
        """Take away the indexes of *tables* until the block has run, where that is cheaper for as many as will come.

        It is where a table has no more than twice as many rows: an index is made anew in a third of the time in which
        as many rows come in one by one. Keys stay, and so does what must be unique. Where the block fails, the
        transaction takes all of it back.
        """
        with self._refusals():
            taken = [
                index
                for table, coming in tables.items()
                if self._connection.execute(f"SELECT 1 FROM {table} LIMIT 1 OFFSET ?", (2 * coming,)).fetchone() is None  # noqa: S608  # our names
                for index in self._connection.execute(
                    "SELECT name, sql FROM sqlite_master "
                    "WHERE type = 'index' AND tbl_name = ? AND sql LIKE 'CREATE INDEX %'",
                    (table,),
                )
            ]
            for name, _ in taken:
                self._connection.execute(f"DROP INDEX {name}")
        yield
        with self._refusals():
            for statement in (*SORTING, *(made for _, made in taken), *SORTED):
                self._connection.execute(statement)

    # ------------------------------------------------------------ the file as a whole

    @property
    def version(self) -> int:
        """The number of the last schema file that was applied."""
        with self._refusals():
            return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def application(self) -> int:
        """Return the mark that tells our databases from others."""
        with self._refusals():
            return int(self._connection.execute("PRAGMA application_id").fetchone()[0])

    def migrate(self, *, upto: int | None = None) -> None:
        """Apply every schema file above the database's version, each in one transaction with its number."""
        for number, path in schema_files():
            if number <= self.version or (upto is not None and number > upto):
                continue
            with self.transaction(write=True):
                if number <= self.version:  # another process was faster
                    continue
                with self._refusals():
                    for statement in split(_for_sqlite(path.read_text(encoding="utf-8"))):
                        self._connection.execute(statement)
                    self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                    self._connection.execute(f"PRAGMA user_version = {number}")

    def problems(self) -> list[str]:
        """Return what is wrong with the file itself: damaged pages, rows that point nowhere."""
        with self._refusals():
            found = [str(row[0]) for row in self._connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
            found += [
                f"a row of {table} names a missing row of {parent}"
                for table, _, parent, _ in self._connection.execute("PRAGMA foreign_key_check")
            ]
        return found

    def backup(self, to: Path) -> None:
        """Copy the database as it is now to *to*, which appears only when the copy is whole and has been checked."""
        partial = to.with_name(f".{to.name}.{os.getpid()}.part")
        create_private(partial)
        try:
            with self._refusals(to), closing(sqlite3.connect(partial, isolation_level=None)) as copy:
                self._connection.backup(copy)
                verdict = [str(row[0]) for row in copy.execute("PRAGMA integrity_check")]
            if verdict != ["ok"]:
                raise IOFailure(f"{to}: the copy of the database is damaged ({verdict[0]}). Is the disk all right?")
            files.replace(partial, to)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    @contextmanager
    def _refusals(self, path: Path | None = None) -> Iterator[None]:
        """Turn what the engine refuses into our errors; our own mistakes (wrong SQL, broken keys) stay as they are.

        *path* is the file that is written, where it is not the database itself.
        """
        try:
            yield
        except UnicodeEncodeError as error:
            raise BadInput(f"a text holds a character that cannot be stored: {error.object!r:.80}") from error
        except sqlite3.DatabaseError as error:
            translated = self._translated(error, path)
            if translated is None:
                raise
            raise translated from error

    def _translated(self, error: sqlite3.DatabaseError, path: Path | None = None) -> Exception | None:
        path = path or self.path
        whole = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        code = whole & 0xFF  # the primary code
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return TryLater(f"{path}: another run is writing. Nothing was changed; try again in a moment.")
        if code == sqlite3.SQLITE_FULL:
            return IOFailure(
                f"{path}: the disk is full, this one or that of the temporary folder. Nothing was changed; make room "
                "and run the command again."
            )
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_CANTOPEN):
            return NoPermission(
                f"{path}: the database cannot be opened for writing ({error}). "
                "Check who owns the file and its folder, and whether they may be written."
            )
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return IOFailure(
                f"{path}: the database is damaged or not one of ours ({error}). "
                "Keep a copy of it, then use `followup restore` with your last backup."
            )
        if whole == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY and str(error).endswith(".id"):
            # Of a million identifiers of fifty bits (see `identity`) two are alike once in a thousand times. In parts,
            # one could be taken for the other; the key of another home gives them other identifiers.
            return BadInput(
                f"Two of these records got the same identifier ({error}). Nothing was changed. With a million records "
                "that happens by chance, and in a new home (`followup init`) they get others. If this home has to take "
                "them, tell us."
            )
        if code == sqlite3.SQLITE_IOERR:
            return IOFailure(f"{path}: reading or writing failed ({error}). Check the disk; nothing was changed.")
        return None


@contextmanager
def closing(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Close *connection* at the end: sqlite3's own context manager only commits."""
    try:
        yield connection
    finally:
        connection.close()


def chunks(values: Iterable[str], size: int = sql.CHUNK) -> Iterator[list[str]]:
    """Yield *values* in lists of at most *size*."""
    remaining = iter(values)
    while chunk := list(islice(remaining, size)):
        yield chunk


def _listing(name: str, wanted: Iterable[str], values: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield a statement for every chunk of *wanted*, with its parameters."""
    for chunk in chunks(wanted):
        listed = sql.padded(chunk)
        statement, others = sql.numbered(name, len(listed))
        yield statement, [*listed, *(values[each] for each in others)]


def create_private(path: Path) -> None:
    """Make an empty file that only its owner can read, before the engine opens it; it must not exist."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, files.PRIVATE_FILE))
    except FileExistsError as error:
        raise CannotCreate(f"{path}: there is a file already, and it stays as it is. Choose another place.") from error
    except OSError as error:
        raise files.failure(error, path, doing="create") from error


def schema_files() -> Sequence[tuple[int, Path]]:
    """Return the numbered schema files in order."""
    return sorted((int(path.name[:4]), path) for path in SCHEMA.iterdir() if path.suffix == ".sql")


def newest_version() -> int:
    """Return the schema that this program knows."""
    return schema_files()[-1][0]


def _for_sqlite(script: str) -> str:
    """Return a schema file with what is for SQLite alone, which stands in comments of their own."""
    return re.sub(r"/\*SQLite (.*?)\*/", r"\1", script)


def split(script: str) -> Iterator[str]:
    """Yield the statements of a schema file one by one: `executescript` would commit the open transaction."""
    lines: list[str] = []
    for line in script.splitlines():
        lines.append(line)
        text = "\n".join(lines)
        # Comments behind a statement's last word hide its semicolon from nobody but us: look at what is left.
        if sqlite3.complete_statement(text) and re.search(_CODE, text):
            yield text
            lines = []


_CODE = r"(?m)^\s*[A-Za-z]"


def too_new(path: Path, version: int) -> ConfigurationError:
    """Return the error for a database that a later program wrote."""
    return ConfigurationError(
        f"{path}: the database has schema {version}, and this program knows schemas up to {newest_version()}. "
        "Update followup; the database was left as it is."
    )
