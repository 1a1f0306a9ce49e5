"""The file: made private, opened with care, migrated with a backup, copied whole; what the engine refuses, in words."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from followup import model, store
from followup.errors import (
    BadInput,
    CannotCreate,
    ConfigurationError,
    FollowupError,
    IOFailure,
    NoPermission,
    NotFound,
    TryLater,
)
from followup.store import codec, engine, sql
from tests import factories

NEWEST = engine.newest_version()


def test_a_new_database_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    """Whatever the umask says, the file is 0600."""
    before = os.umask(0)
    try:
        store.create(tmp_path / "a.db", home_key=factories.HOME_KEY).close()
    finally:
        os.umask(before)
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "a.db").stat().st_mode) == 0o600


def test_a_file_that_exists_is_never_overwritten(tmp_path: Path) -> None:
    """`create` refuses and leaves the file alone."""
    (tmp_path / "a.db").write_text("mine")
    with pytest.raises(CannotCreate, match="a file already"):
        store.create(tmp_path / "a.db", home_key=factories.HOME_KEY)
    assert (tmp_path / "a.db").read_text() == "mine"


def test_a_database_cannot_be_made_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(CannotCreate, match=r"a\.db"):
        store.create(tmp_path / "nowhere" / "a.db", home_key=factories.HOME_KEY)


def test_a_creation_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a database would look like a home."""

    def fail(self: engine.Database) -> None:
        raise IOFailure("no")

    monkeypatch.setattr(engine.Database, "migrate", fail)
    with pytest.raises(IOFailure):
        store.create(tmp_path / "a.db", home_key=factories.HOME_KEY)
    assert list(tmp_path.iterdir()) == []


def test_the_connection_is_set_up_for_safety(opened: store.Store) -> None:
    """Rollback journal, FULL, foreign keys, secure deletion: what delivery depends on."""
    ask = opened.database._connection.execute
    settings = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "trusted_schema", "application_id")
    values = [ask(f"PRAGMA {name}").fetchone()[0] for name in settings]
    assert values == ["delete", 2, 1, 1, 0, engine.APPLICATION_ID]
    assert opened.database.version == engine.newest_version()


def _open(path: Path) -> store.Store:
    return store.open(path, home_key=factories.HOME_KEY, backups=path.parent / "backups")


def test_no_database_is_an_error_that_says_how_to_make_one(tmp_path: Path) -> None:
    """Opening never makes a file."""
    with pytest.raises(NotFound, match="followup init"):
        _open(tmp_path / "a.db")
    assert not (tmp_path / "a.db").exists()


def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    """An old program does not touch a new database: exit code 78."""
    path = tmp_path / "a.db"
    store.create(path, home_key=factories.HOME_KEY).close()
    with engine.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 9999")
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="Update followup") as caught:
        _open(path)
    assert caught.value.exit_code == 78
    assert path.read_bytes() == before


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    """A database without our mark is not ours."""
    path = tmp_path / "a.db"
    with engine.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE x (y)")
    with pytest.raises(ConfigurationError, match="not a database of followup"):
        _open(path)


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    """Damage is named, and what to do."""
    path = tmp_path / "a.db"
    path.write_bytes(b"not a database at all, but long enough to be looked at " * 40)
    with pytest.raises(IOFailure, match="followup restore"):
        _open(path)


@pytest.fixture
def two_schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a database of the newest schema while the program knows one more."""
    store.create(tmp_path / "a.db", home_key=factories.HOME_KEY).close()
    folder = tmp_path / "schema"
    shutil.copytree(engine.SCHEMA, folder)
    (folder / f"{engine.newest_version() + 1:04}_more.sql").write_text(
        "-- A comment; with a semicolon.\nCREATE TABLE more (id TEXT);  -- more\nINSERT INTO more VALUES ('a;b');\n"
    )
    monkeypatch.setattr(engine, "SCHEMA", folder)
    return tmp_path / "a.db"


def test_a_migration_makes_a_backup_first(two_schemas: Path) -> None:
    """The copy has the old schema, is private, and is made once per migration."""
    with _open(two_schemas) as migrated:
        assert migrated.database.version == engine.newest_version() == NEWEST + 1
        assert migrated.database._connection.execute("SELECT id FROM more").fetchall() == [("a;b",)]
    (copy,) = (two_schemas.parent / "backups").iterdir()
    if os.name == "posix":
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with engine.closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (NEWEST,)
    _open(two_schemas).close()
    assert len(list((two_schemas.parent / "backups").iterdir())) == 1


def test_a_home_of_the_first_schema_comes_along_with_everything_in_it(tmp_path: Path) -> None:
    """What was drafted before there was a mail server is there, and was never handed over to one."""
    path = tmp_path / "a.db"
    engine.create_private(path)
    database = engine.Database(path)
    database.migrate(upto=1)
    attempt = factories.attempt()
    row = codec.ATTEMPT.row(attempt)
    del row["handed_over_at"], row["to_person"]
    with database.transaction(write=True):
        columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
        database._connection.execute(f"INSERT INTO attempt ({columns}) VALUES ({values})", row)
    database.close()
    with _open(path) as migrated:
        assert migrated.attempt(attempt.id) == attempt
        assert migrated.hand_overs_since(factories.NOW.replace(year=2000)) == []
        assert migrated.check() == []


def test_cases_of_an_earlier_schema_are_those_of_today(tmp_path: Path) -> None:
    """Cases had a table of their own: they come along word for word."""
    path = tmp_path / "a.db"
    engine.create_private(path)
    database = engine.Database(path)
    database.migrate(upto=6)
    words = 'she said "it\\s wet"\nand left'
    row = ("xcasexxxxx", "ca", "2026-02-20", "tap", "jx", "them", "high", words, "sam", "2026-02-24", "new tap")
    columns = "id, client_id, opened_on, summary, job_id, opened_by, severity, cause, owner, resolved_on, resolution"
    earlier = store.Store(database, home_key=factories.HOME_KEY)
    with earlier.write(kind="hand", command="x", now=factories.NOW) as write:
        write.save(factories.client(id="ca"))
    with database.transaction(write=True):
        database._connection.execute(f"INSERT INTO trouble_case ({columns}) VALUES ({', '.join('?' * 11)})", row)
    earlier.close()
    with _open(path) as migrated:
        case = model.Case(
            id="xcasexxxxx",
            client_id="ca",
            opened_on=date(2026, 2, 20),
            summary="tap",
            job_id="jx",
            opened_by="them",
            severity="high",
            cause=words,
            owner="sam",
            state="resolved",
            closed_on=date(2026, 2, 24),
            resolution="new tap",
        )
        assert migrated.care(model.Case) == [case]
        assert migrated.check() == []


def test_households_of_an_earlier_schema_are_those_of_today(tmp_path: Path) -> None:
    """Keys that were kept for phones go; who shares a phone or an address is in one household as before."""
    path = tmp_path / "a.db"
    engine.create_private(path)
    database = engine.Database(path)
    database.migrate(upto=2)
    home = {"street": "1 High St", "postal_code": "LS1 1AA"}
    clients = [
        factories.client(id="ca", phones=("+441134960000",)),
        factories.client(id="cb", phones=("+441134960000",), **home),
        factories.client(id="cc", phones=("+441134960001",), **home),
    ]
    earlier = store.Store(database, home_key=factories.HOME_KEY)
    with earlier.write(kind="hand", command="x", now=factories.NOW) as write:
        write.save_many(clients)
    with database.transaction(write=True):
        rows = [(client.id, f"phone:{client.phones[0]}") for client in clients]
        database.run_rows("household_key_insert", ("client_id", "key"), rows)
    earlier.close()
    with _open(path) as migrated:
        assert list(migrated.households(["ca"])) == [["ca", "cb", "cc"]]
        kept = migrated.database._connection.execute("SELECT key FROM household_key").fetchall()
        assert set(kept) == {("address:1 high st|ls1 1aa",)}
        assert migrated.check() == []


def test_what_a_home_of_an_earlier_schema_has_learnt_is_known_today(tmp_path: Path) -> None:
    """Rows of files are recognised as before; answers are listed although nobody knows for which files."""
    path = tmp_path / "a.db"
    engine.create_private(path)
    database = engine.Database(path)
    database.migrate(upto=3)
    with database.transaction(write=True):
        database._connection.execute("INSERT INTO known_row VALUES ('file', 'digest', 'record', 'batch')")
        database._connection.execute("INSERT INTO answer VALUES ('file', 'kind', 'jobs', '2026-03-02T09:15:00+00:00')")
    database.close()
    with _open(path) as migrated:
        assert migrated.known_rows("file", ["digest", "other"]) == {"digest"}
        assert migrated.learnt() == [store.Learnt(fingerprint="file", answers={"kind": "jobs"})]
        assert migrated.check() == []


def test_a_home_made_before_its_tables_were_kept_by_key_works_like_a_new_one(tmp_path: Path) -> None:
    """The same is written, looked up, copied and taken back, whichever way SQLite keeps the tables."""
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    store.create(new, home_key=factories.HOME_KEY).close()
    engine.create_private(old)
    with engine.closing(sqlite3.connect(old, isolation_level=None)) as connection:
        for _, path in engine.schema_files():
            for statement in engine.split(path.read_text(encoding="utf-8")):  # what is for SQLite stays a comment
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {engine.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {NEWEST}")
        assert connection.execute("SELECT COUNT(rowid) FROM known_row").fetchone() == (0,)
    home = {"street": "1 High St", "postal_code": "LS1 1AA"}
    clients = [factories.client(phones=(f"+4411349600{number:02}",), **home) for number in range(40)]
    jobs = [factories.job(client_id=each.id) for each in clients]

    def said(opened: store.Store) -> list[object]:
        values = [str(number) for number in range(40)]
        return [
            opened.clients([each.id for each in clients]),
            opened.jobs([each.id for each in jobs]),
            opened.by_external_ids("book", "client", values),
            opened.known_rows("file", values),
            [sorted(each) for each in opened.households([clients[0].id])],
            opened.check(),
        ]

    told = []
    for path in (old, new):
        with _open(path) as opened:
            with opened.write(kind="import", command="x", now=factories.NOW) as write:
                write.save_many([*clients, *jobs])
                write.link_many("book", "client", {str(number): each.id for number, each in enumerate(clients)})
                write.remember_rows("file", [(str(number // 2), each.id) for number, each in enumerate(jobs)])
            opened.backup(path.with_suffix(".copy"))
            before = said(opened)
            with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
                undone = opened.undoable()
                assert undone is not None
                assert write.undo(undone.id) == []
            told += [before, said(opened)]
        with _open(path.with_suffix(".copy")) as copy:
            assert said(copy) == before
    assert told[:2] == told[2:]
    assert told[0][0] == {each.id: each for each in clients}
    assert told[1] == [{}, {}, {}, set(), [[clients[0].id]], []]


def test_a_migration_that_fails_changes_nothing(two_schemas: Path) -> None:
    """Schema files are applied whole or not at all; a second try makes a second backup."""
    last = max(engine.SCHEMA.glob("*.sql"))
    good = last.read_text()
    last.write_text(good + "INSERT INTO nowhere VALUES (1);\n")
    with pytest.raises(sqlite3.OperationalError):
        _open(two_schemas)
    with engine.closing(sqlite3.connect(two_schemas)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (NEWEST,)
        assert connection.execute("SELECT * FROM sqlite_master WHERE name = 'more'").fetchall() == []
    last.write_text(good)
    _open(two_schemas).close()
    assert len(list((two_schemas.parent / "backups").iterdir())) == 2


def test_a_backup_is_whole_and_private(opened: store.Store, tmp_path: Path) -> None:
    """What was committed is in the copy, which opens like the original."""
    client = factories.client()
    with opened.write(kind="hand", command="x", now=factories.NOW) as write:
        write.save(client)
    opened.backup(tmp_path / "copy.db")
    with _open(tmp_path / "copy.db") as copy:
        assert copy.client(client.id) == client
        assert copy.check() == []
    assert not list(tmp_path.glob(".*.part"))


def test_a_backup_that_cannot_be_made_leaves_nothing(opened: store.Store, tmp_path: Path) -> None:
    """A folder that is not there, or a copy that is damaged, leaves no half file behind."""
    with pytest.raises(FollowupError):
        opened.backup(tmp_path / "nowhere" / "copy.db")
    (tmp_path / "copy.db").mkdir()
    with pytest.raises(FollowupError):
        opened.backup(tmp_path / "copy.db")
    assert not list(tmp_path.glob(".*.part"))


def test_another_writer_means_try_later(opened: store.Store, tmp_path: Path) -> None:
    """Two commands at once: the second one waits, and then says so with exit code 75."""
    with store.open(
        tmp_path / "followup.db", home_key=factories.HOME_KEY, backups=tmp_path, busy_seconds=0.05
    ) as second:
        with opened.write(kind="hand", command="x", now=factories.NOW) as write:
            write.save(factories.client())
            with pytest.raises(TryLater), second.write(kind="hand", command="y", now=factories.NOW):
                pass
        with second.write(kind="hand", command="y", now=factories.NOW) as write:
            assert write.save(factories.client())


def test_a_full_disk_is_told_and_changes_nothing(opened: store.Store) -> None:
    """The transaction goes back, the text says what to do, and the store works on when there is room."""
    client = factories.client()
    with opened.write(kind="hand", command="x", now=factories.NOW) as write:
        write.save(client)
    pages = opened.database._connection.execute("PRAGMA page_count").fetchone()[0]
    opened.database._connection.execute(f"PRAGMA max_page_count = {pages}")
    with (
        pytest.raises(IOFailure, match="disk is full"),
        opened.write(kind="hand", command="y", now=factories.NOW) as write,
    ):
        write.save_many(factories.client(notes="long " * 2000) for _ in range(50))
    opened.database._connection.execute("PRAGMA max_page_count = 1000000")
    assert opened.counts()["clients"] == 1
    assert opened.check() == []
    with opened.write(kind="hand", command="z", now=factories.NOW) as write:
        assert write.save(factories.client())


def test_a_database_that_may_only_be_read_can_be_read(opened: store.Store) -> None:
    """Reading goes on; writing says that it may not: exit code 77."""
    opened.database._connection.execute("PRAGMA query_only = ON")
    assert opened.counts()["clients"] == 0
    with pytest.raises(NoPermission), opened.write(kind="hand", command="x", now=factories.NOW) as write:
        write.save(factories.client())


def test_a_text_that_cannot_be_stored_is_bad_input(opened: store.Store) -> None:
    """A lone surrogate has no bytes."""
    with (
        pytest.raises(BadInput, match="cannot be stored"),
        opened.write(kind="hand", command="x", now=factories.NOW) as write,
    ):
        write.save(factories.client(full_name="\ud800"))
    assert opened.batches() == []


def test_our_own_mistakes_stay_visible(opened: store.Store) -> None:
    """Broken keys and wrong SQL are bugs, not something that the user can mend."""
    with pytest.raises(sqlite3.IntegrityError), opened.write(kind="hand", command="x", now=factories.NOW) as write:
        write.save(factories.job(client_id="nobody"))
    with pytest.raises(ValueError, match="no INSERT of"):
        opened.database.run_rows("meta_put", ("key", "worth"), [])


def test_two_records_with_one_identifier_are_refused_in_words(opened: store.Store) -> None:
    """Of a million identifiers two may be alike by chance: nothing is written, and the error says what helps."""
    one = factories.client(full_name="Ada Hall")
    other = factories.client(id=one.id, full_name="Bob Reed")
    with (
        pytest.raises(BadInput, match=r"client\.id.*in a new home \(`followup init`\)") as caught,
        opened.write(kind="import", command="x", now=factories.NOW) as write,
    ):
        write.add_many([one, other])
    assert "Nothing was changed" in str(caught.value)
    assert not opened.has_clients()


def test_an_error_of_the_device_is_an_io_failure(opened: store.Store) -> None:
    """Codes that a test cannot provoke are translated too."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    assert isinstance(opened.database._translated(error), IOFailure)


def test_statements_are_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two statements of one name would hide each other."""
    (tmp_path / "a.sql").write_text("-- name: x\nSELECT 1;\n-- name: x\nSELECT 2;\n")
    monkeypatch.setattr(sql, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match="twice"):
        sql.statements.__wrapped__()


def test_every_statement_is_used() -> None:
    """No statement is left over: each name stands in the store's code."""
    code = "".join(path.read_text(encoding="utf-8") for path in sql.FOLDER.parent.glob("*.py"))
    prefixes = ("client", "job", "care", "contact", "instruction", "tie")
    generic = {f"{name}_{verb}" for name in prefixes for verb in ("insert", "update", "any", "delete")}
    generic |= {f"{name}s_among" for name in prefixes} | {
        "contact_rows_of_client",
        "contacts_between_of_client",
        "care_among",
    }
    assert [name for name in sql.statements() if f'"{name}"' not in code and name not in generic] == []


def test_every_statement_that_is_asked_for_is_there() -> None:
    """No method names a statement that is in no file."""
    asked = re.compile(r"""database\.(?:rows|first|value|each|among|run|run_among|run_many|run_rows)\(\s*"(\w+)\"""")
    code = "".join(path.read_text(encoding="utf-8") for path in sql.FOLDER.parent.glob("*.py"))
    names = set(asked.findall(code))
    assert len(names) > 40
    assert names <= set(sql.statements())


def test_statements_stay_within_what_two_engines_read() -> None:
    """No INSERT OR, no rowid, no date functions."""
    for name, text in sql.statements().items():
        for word in ("INSERT OR", "ROWID", "DATETIME(", "STRFTIME(", "JULIANDAY(", "GLOB ", "IFNULL("):
            assert word not in text.upper(), name


CHILD = """
import sys, itertools
from pathlib import Path
from followup import model, store
from tests import factories
from dataclasses import replace
opened = store.open(Path(sys.argv[1]), home_key=factories.HOME_KEY, backups=Path(sys.argv[1]).parent)
clients = {c.id: c for c in opened.iter_clients()}
jobs = {j.id: j for j in opened.iter_jobs()}
print("ready", flush=True)
for n in itertools.count():
    with opened.write(kind="hand", command="storm", now=factories.NOW) as write:
        write.save_many(replace(c, note=f"{sys.argv[2]}-{n}") for c in clients.values())
        write.save_many(replace(j, note=f"{sys.argv[2]}-{n}") for j in jobs.values())
        write.set_meta("round", f"{sys.argv[2]}-{n}")
"""


def test_a_killed_writer_leaves_before_or_after_never_between(tmp_path: Path) -> None:
    """SIGKILL at any moment: every record, the note and the change record are of one transaction."""
    path = tmp_path / "a.db"
    clients = [factories.client() for _ in range(40)]
    with (
        store.create(path, home_key=factories.HOME_KEY) as created,
        created.write(kind="hand", command="x", now=factories.NOW) as write,
    ):
        write.save_many([*clients, *(factories.job(client_id=client.id) for client in clients)])
    for attempt in range(8):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), str(attempt)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert child.stdout is not None
        assert child.stdout.readline().strip() == b"ready"
        time.sleep(0.03 + 0.017 * attempt)
        child.kill()
        child.wait()
        child.stdout.close()
        with _open(path) as after:
            said = {client.note for client in after.iter_clients()} | {job.note for job in after.iter_jobs()}
            assert said == {after.meta("round") or ""}
            latest = after.batches()[0]
            if latest.command == "storm":
                assert sum(1 for _ in after.changes(latest.id)) == 81
            assert after.check() == []
