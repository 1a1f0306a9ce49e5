"""The journal and the database agree, or nothing is handed over; and a long journal is not read again and again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from followup.workflow import journal
from tests import desks
from tests.conftest import Ran

Run = Callable[..., Ran]
NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def lines(home: Path) -> list[str]:
    """Return the journal's lines without their instants."""
    return [line.partition(" ")[2] for line in (home / "journal").read_text(encoding="ascii").splitlines()]


def test_a_line_that_a_killed_run_could_not_write_is_written_by_the_next(made: Run, home: Path) -> None:
    """The row is safe before the line: a kill between them leaves a gap, and the next run closes it."""
    made("send", "--yes")
    written = lines(home)
    assert len(written) == 1
    (home / "journal").write_bytes(b"")
    made("send", "--yes")
    assert lines(home) == written


def test_a_gap_is_closed_once(made: Run, home: Path) -> None:
    """Where both agree, nothing is added."""
    made("send", "--yes")
    before = lines(home)
    made("send", "--yes")
    assert lines(home) == before


@pytest.fixture
def long_journal(made: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a home whose journal is worth a note, after a run that noted how far it was read."""
    monkeypatch.setattr(journal, "_WORTH_NOTING", 1)
    made("send", "--yes")
    made("send", "--yes")
    with desks.opened(home) as desk:
        assert int(desk.store.meta("journal_read") or 0) == desk.journal.size() > 0
    return home


def test_what_was_found_to_agree_is_not_read_again(long_journal: Path) -> None:
    """The database never forgets an attempt, so what agreed once agrees for ever."""
    with desks.opened(long_journal) as desk:
        assert list(desk.journal.entries(begin=int(desk.store.meta("journal_read") or 0))) == []
        assert journal.ahead(desk) == set()


def test_what_comes_later_is_read(long_journal: Path) -> None:
    """A hand-over that the database has never heard of is found behind the noted place."""
    with desks.opened(long_journal) as desk:
        desk.journal.append(at=NOW, event="drafted", key="jabcdefghk.thank-you.1", attempt_id="aabcdefghk")
        assert journal.ahead(desk) == {"jabcdefghk.thank-you.1"}


def test_an_older_database_reads_the_whole_journal(made: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How far the journal was read is kept in the database, and goes back in time with it."""
    monkeypatch.setattr(journal, "_WORTH_NOTING", 1)
    shutil.copyfile(home / "followup.db", home / "older.db")
    made("send", "--yes")
    made("send", "--yes")
    (home / "older.db").replace(home / "followup.db")
    with desks.opened(home) as desk:
        assert len(journal.ahead(desk)) == 1


def test_a_journal_that_is_shorter_than_it_was_is_read_from_the_beginning(long_journal: Path) -> None:
    """Somebody emptied or replaced it: nothing of it was read."""
    (long_journal / "journal").write_bytes(b"")
    with desks.opened(long_journal) as desk:
        assert journal.ahead(desk) == set()
        journal.agree(desk)
        assert len(list(desk.journal.entries())) == 1


def test_drafts_whose_lines_stand_far_back_are_not_written_twice(
    long_journal: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A draft may wait for months while the journal grows behind its line."""
    run("client", "add", "--name", "Bert Ash", "--email", "bert@example.com")
    run("job", "add", "ash", "--service", "Tap repair", "--completed", "2026-02-27")
    run("send", "--yes")
    keys = [line.split()[1] for line in lines(long_journal)]
    assert len(keys) == len(set(keys)) == 2


def test_nothing_is_noted_while_the_journal_is_ahead(long_journal: Path, run: Run) -> None:
    """An opt-out tidies the drafts folder too, and must not make the journal forget what it saw."""
    with desks.opened(long_journal) as desk:
        desk.journal.append(at=NOW, event="drafted", key="jabcdefghk.thank-you.1", attempt_id="aabcdefghk")
    run("optout", "hall")
    with desks.opened(long_journal) as desk:
        assert journal.ahead(desk) == {"jabcdefghk.thank-you.1"}
