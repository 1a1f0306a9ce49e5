"""Files are whole or not there; one run at a time; the journal outlives what wrote it."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from followup import files
from followup.errors import CannotCreate, FollowupError, IOFailure, NoPermission, NotFound, TryLater
from tests import factories

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes and pipes of POSIX")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_is_made_with_its_parents_and_private(tmp_path: Path) -> None:
    """The home itself is 0700; one that exists stays as it is."""
    files.make_folder(tmp_path / "a" / "b")
    files.make_folder(tmp_path / "a" / "b")
    if os.name == "posix":
        assert _mode(tmp_path / "a" / "b") == files.PRIVATE_FOLDER


def test_a_folder_cannot_be_made_where_a_file_is(tmp_path: Path) -> None:
    """The error names the place: exit code 73."""
    (tmp_path / "a").write_text("x")
    for path in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(CannotCreate, match="cannot create"):
            files.make_folder(path)


@pytest.mark.parametrize("data", ["Grüße\n", b"\xff\r\n"])
def test_what_is_written_is_what_is_there(tmp_path: Path, data: str | bytes) -> None:
    """Text as UTF-8 with its line ends as they are, bytes as they are; nothing else is left in the folder."""
    path = tmp_path / "a.txt"
    files.write_atomically(path, "before")
    files.write_atomically(path, data)
    assert path.read_bytes() == (data.encode() if isinstance(data, str) else data)
    assert list(tmp_path.iterdir()) == [path]


@posix_only
def test_modes_are_private_or_those_of_the_file_replaced(tmp_path: Path) -> None:
    """Private is 0600; what is meant for others follows the umask, or the file that was there."""
    files.write_atomically(tmp_path / "a", "x")
    assert _mode(tmp_path / "a") == files.PRIVATE_FILE
    before = os.umask(0o027)
    try:
        files.write_atomically(tmp_path / "b", "x", private=False)
        assert _mode(tmp_path / "b") == 0o640
    finally:
        os.umask(before)
    (tmp_path / "b").chmod(0o604)
    with files.open_atomically(tmp_path / "b") as stream:
        stream.write("y")
    assert _mode(tmp_path / "b") == 0o604


@posix_only
def test_a_link_is_followed(tmp_path: Path) -> None:
    """What the link names is replaced, and the link stays one."""
    (tmp_path / "real").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    files.write_atomically(tmp_path / "link", "y")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "y"


def test_an_export_replaces_the_old_one_only_when_it_is_whole(tmp_path: Path) -> None:
    """An error in the middle leaves the old file and no other."""
    path = tmp_path / "report.csv"
    path.write_text("old")

    def fail() -> None:
        with files.open_atomically(path) as stream:
            stream.write("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    with files.open_atomically(path, newline="", encoding="utf-8-sig") as stream:
        stream.write("a\r\n")
    assert path.read_bytes() == b"\xef\xbb\xbfa\r\n"


@pytest.mark.parametrize("name", ["nowhere/a.csv", "."])
def test_a_place_that_cannot_hold_a_file_is_named(tmp_path: Path, name: str) -> None:
    """A folder that is missing, or that is itself the target: exit code 73."""
    with pytest.raises(CannotCreate), files.open_atomically(tmp_path / name) as stream:
        stream.write("x")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_device_is_an_io_failure() -> None:
    """Exit code 74, and what to do."""
    with pytest.raises(IOFailure, match="Make room"), files.open_atomically(Path("/dev/full")) as stream:
        stream.write("x" * 100_000)


@posix_only
def test_a_pipe_is_written_to_and_a_reader_who_left_is_told_apart(tmp_path: Path) -> None:
    """There is nothing to replace; a broken pipe stays one, so that the command line can be silent about it."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with files.open_atomically(path) as stream:
        stream.write("x")
    assert os.read(reader, 10) == b"x"

    def leave() -> None:
        with files.open_atomically(path) as stream:
            os.close(reader)
            stream.write("x" * 100_000)
            stream.flush()

    with pytest.raises(BrokenPipeError):
        leave()


@pytest.mark.parametrize(
    ("number", "doing", "kind"),
    [
        (errno.ENOSPC, "write", IOFailure),
        (errno.EROFS, "write", NoPermission),
        (errno.EACCES, "create", NoPermission),
        (errno.ENOENT, "read", NotFound),
        (errno.ENOENT, "create", CannotCreate),
        (errno.EIO, "write", IOFailure),
    ],
)
def test_what_the_system_says_becomes_one_of_our_errors(number: int, doing: str, kind: type[FollowupError]) -> None:
    """Where, what, and what now."""
    error = OSError(number, os.strerror(number))
    assert type(files.failure(error, Path("a.txt"), doing=doing)) is kind


def test_a_disk_that_fails_on_sync_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An fsync error means that nothing was written; the old file stays."""
    (tmp_path / "a").write_text("old")

    def fail(handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(IOFailure, match="input/output error"):
        files.write_atomically(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_folders_that_cannot_be_synced_are_left_to_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows cannot open a folder, some file systems cannot sync one; other errors are errors."""

    def refuse(number: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", lambda handle: refuse(errno.EINVAL))
    files.sync_folder(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda handle: refuse(errno.EIO))
    with pytest.raises(OSError, match="put"):
        files.sync_folder(tmp_path)
    monkeypatch.setattr(os, "open", lambda path, flags: refuse(errno.EACCES))
    files.sync_folder(tmp_path)


# ---------------------------------------------------------------- the lock

HOLDER = """
import sys, time
from pathlib import Path
from followup import files
with files.Lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_names_its_holder_and_ends_with_it(tmp_path: Path) -> None:
    """Another process holds it: exit code 75 and its number; killed, the lock is free at once."""
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]
    )
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline().strip() == b"held"
        with pytest.raises(TryLater, match=f"process {holder.pid}"), files.Lock(path):
            pass
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    with files.Lock(path, wait_seconds=1):
        assert (tmp_path / "lock.holder").read_text() == f"{os.getpid()}\n"
    assert not (tmp_path / "lock.holder").exists()


def test_a_lock_is_held_once(tmp_path: Path) -> None:
    """Also within one process, and without a note the holder is just another run."""
    with files.Lock(tmp_path / "lock"):
        (tmp_path / "lock.holder").unlink()
        with pytest.raises(TryLater, match="another run is"), files.Lock(tmp_path / "lock"):
            pass


def test_a_lock_needs_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system says is told; a file system without locks is refused."""
    (tmp_path / "a.txt").write_text("a file")
    with pytest.raises(FollowupError, match="cannot lock"), files.Lock(tmp_path / "a.txt" / "lock"):
        pass
    import filelock

    def fail(self: object, *args: object, **named: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(filelock.FileLock, "acquire", fail)
    with pytest.raises(NoPermission, match="no locks"), files.Lock(tmp_path / "lock"):
        pass
    files.Lock(tmp_path / "lock").__exit__(None, None, None)


# ---------------------------------------------------------------- the journal


def _append(journal: files.Journal, number: int = 1) -> None:
    journal.append(at=factories.NOW, event="drafted", key=f"j{number}.thank-you.1", attempt_id=f"a{number}")


def test_the_journal_keeps_every_line_in_order(tmp_path: Path) -> None:
    """Identifiers and a UTC instant, privately, one line each."""
    journal = files.Journal(tmp_path / "journal")
    assert list(journal.entries()) == []
    _append(journal, 1)
    there = timezone(timedelta(hours=2))
    journal.append(at=datetime(2026, 3, 2, 11, 15, tzinfo=there), event="sent", key="j2.x.1", attempt_id="a2")
    assert list(journal.entries()) == [
        files.Entry(factories.NOW, "drafted", "j1.thank-you.1", "a1"),
        files.Entry(factories.NOW, "sent", "j2.x.1", "a2"),
    ]
    assert journal.problems() == []
    assert (tmp_path / "journal").read_bytes().startswith(b"2026-03-02T09:15:00+00:00 drafted j1.thank-you.1 a1\n")
    if os.name == "posix":
        assert _mode(tmp_path / "journal") == files.PRIVATE_FILE


@pytest.mark.parametrize("torn", ["2026-03-02T09:15:00+00:00 sent j9.thank-you.1 a", "x", "\x00\x00\x00"])
def test_a_line_that_was_cut_short_is_told_and_not_used(tmp_path: Path, torn: str) -> None:
    """The next line begins on a line of its own, and the torn one can never be taken for a whole one."""
    journal = files.Journal(tmp_path / "journal")
    _append(journal, 1)
    with (tmp_path / "journal").open("a") as stream:
        stream.write(torn)
    assert len(list(journal.entries())) == 1
    assert len(journal.problems()) == 1
    _append(journal, 2)
    assert [entry.attempt_id for entry in journal.entries()] == ["a1", "a2"]
    (problem,) = journal.problems()
    assert ":2:" in problem


def test_a_damaged_line_is_told(tmp_path: Path) -> None:
    """A line with something else where the instant should be."""
    (tmp_path / "journal").write_text("yesterday sent j1.x.1 a1\n")
    assert len(files.Journal(tmp_path / "journal").problems()) == 1


def test_the_journal_takes_identifiers_only(tmp_path: Path) -> None:
    """Names and blanks have no place in it."""
    with pytest.raises(ValueError, match="identifiers"):
        files.Journal(tmp_path / "journal").append(at=factories.NOW, event="sent", key="Ada Hall", attempt_id="a1")


def test_a_journal_that_cannot_be_written_stops_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be sent that cannot be recorded; reading says what is wrong too."""
    (tmp_path / "journal").mkdir()
    journal = files.Journal(tmp_path / "journal")
    with pytest.raises(FollowupError):
        _append(journal)
    with pytest.raises(FollowupError):
        list(journal.entries())
    monkeypatch.setattr(os, "write", lambda handle, line: 1)
    with pytest.raises(IOFailure, match="part of the line"):
        _append(files.Journal(tmp_path / "other"))
