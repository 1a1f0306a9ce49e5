"""Files that are whole or not there: private modes, temporary + fsync + replace, the lock, the journal.

Takes paths and text. Gives nothing but what it was asked to write. Touches the file system.
"""

from __future__ import annotations

import errno
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from followup.errors import CannotCreate, FollowupError, IOFailure, NoPermission, NotFound, TryLater
from followup.records import dataclass

if TYPE_CHECKING:
    from filelock import BaseFileLock

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
_SHARED_FILE = 0o666  # less the umask

_ABANDONED_SECONDS = 60  # a younger file may be another run's, which is just writing it

_NO_ROOM = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG})


def failure(error: OSError, path: Path, *, doing: str) -> FollowupError:
    """Return our error for what the system said while *doing* ("write", "create", "read") something with *path*."""
    said = (error.strerror or str(error)).lower()
    if error.errno in _NO_ROOM:
        return IOFailure(f"{path}: cannot {doing}: {said}. Make room and run the command again.")
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return NoPermission(f"{path}: cannot {doing}: {said}. Check who owns it and its folder.")
    if doing == "read" and isinstance(error, FileNotFoundError):
        return NotFound(f"{path}: there is no such file.")
    if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError | FileExistsError):
        return CannotCreate(f"{path}: cannot {doing}: {said}. Choose another place, or make the folder first.")
    return IOFailure(f"{path}: cannot {doing}: {said}.")


def make_folder(path: Path) -> None:
    """Make a folder that only its owner can enter, and its parents; one that exists stays as it is."""
    if path.is_dir():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    except OSError as error:
        raise failure(error, path, doing="create") from error


def write_atomically(path: Path, data: bytes | str, *, private: bool = True) -> None:
    """Make *path* hold *data*: whoever reads it finds the old content or the new, also after a power cut.

    Args:
        path: the file; a symbolic link is followed, so that what it names is replaced.
        data: text is written as UTF-8, its line ends as they are.
        private: readable by its owner only; otherwise as the umask says, and an existing file keeps its mode.
    """
    raw = data.encode("utf-8") if isinstance(data, str) else data
    with _replacing(path, private=private) as binary:
        binary.write(raw)


@contextmanager
def open_atomically(path: Path, *, newline: str = "", encoding: str = "utf-8") -> Iterator[TextIO]:
    """Give a text stream whose content replaces *path* when the block ends without an error.

    What is exported is meant for others to read: its mode is what the umask says, or that of the file it replaces.
    """
    with _replacing(path, private=False) as binary:
        text = io.TextIOWrapper(binary, encoding=encoding, newline=newline, write_through=False)
        try:
            yield text
            text.flush()
        finally:
            with suppress(OSError, ValueError):  # a failed flush was raised above; do not raise it again on closing
                text.detach()


@contextmanager
def _replacing(path: Path, *, private: bool) -> Iterator[io.BufferedWriter]:
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        if target.is_dir():
            raise CannotCreate(f"{path}: that is a folder. Name a file in it.")
        with _streaming(target) as stream:  # /dev/stdout, a named pipe: nothing to replace
            yield stream
        return
    partial: Path | None = None
    try:
        try:
            import tempfile

            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.", suffix=".part")
            partial = Path(name)
            with os.fdopen(handle, "wb") as stream:
                yield stream
                stream.flush()
                if not private:
                    _set_mode(partial, _mode_of(target))
                os.fsync(stream.fileno())
            replace(partial, target)
        except OSError as error:
            doing = "create" if partial is None else "write"
            raise failure(error, path, doing=doing) from error
    except BaseException:
        if partial is not None:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
        raise


def abandoned(folder: Path, names: re.Pattern[str]) -> list[Path]:
    """Return what runs that were killed left half written in *folder*, among the files with such names.

    Raises:
        IOFailure, NoPermission: nothing can be written there, which would tell the file system's time.
    """
    partials = [path for path in folder.iterdir() if names.fullmatch(path.name)]
    if not partials:
        return []
    try:
        import tempfile

        with tempfile.TemporaryFile(dir=folder) as now:
            oldest = os.fstat(now.fileno()).st_mtime - _ABANDONED_SECONDS
    except OSError as error:
        raise failure(error, folder, doing="write in") from error
    return [path for path in partials if path.exists() and path.stat().st_mtime < oldest]


@contextmanager
def _streaming(path: Path) -> Iterator[io.BufferedWriter]:
    try:
        with path.open("wb") as stream:
            yield stream
    except BrokenPipeError:
        raise  # the reader left: the command line knows what that means
    except OSError as error:
        raise failure(error, path, doing="write") from error


def replace(source: Path, target: Path) -> None:
    """Give *source*, which is whole and on disk, the name *target*, and make that last."""
    try:
        source.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise failure(error, target, doing="write") from error


def sync_folder(folder: Path) -> None:
    """Make the names in *folder* last; systems that cannot open folders (Windows) do it themselves."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except (PermissionError, IsADirectoryError):
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):  # file systems without it
            raise
    finally:
        os.close(handle)


def _mode_of(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return _SHARED_FILE & ~mask


def _set_mode(path: Path, mode: int) -> None:
    with suppress(OSError):  # file systems without modes
        path.chmod(mode)


# ---------------------------------------------------------------- the lock


class Lock:
    """One run at a time: a kernel lock on a file, which ends with the process that holds it, however it ends.

    Beside it lies a note for people, `NAME.holder`, with the holder's process id; nothing is decided by it.
    """

    def __init__(self, path: Path, *, wait_seconds: float = 0) -> None:
        """Name the file; nothing is locked yet."""
        self._path = path
        self._note = path.with_name(f"{path.name}.holder")
        self._wait_seconds = wait_seconds
        self._lock: BaseFileLock | None = None

    def __enter__(self) -> Self:
        """Take the lock, waiting as long as was said."""
        import filelock

        lock = filelock.FileLock(self._path, timeout=self._wait_seconds, mode=PRIVATE_FILE, fallback_to_soft=False)
        try:
            lock.acquire()
        except filelock.Timeout as error:
            raise TryLater(
                f"{self._path}: {self._holder()} is at work in this home. Try again when it is done."
            ) from error
        except NotImplementedError as error:  # what filelock raises where the kernel has no locks
            raise NoPermission(
                f"{self._path}: this file system has no locks, so two runs could not be kept apart. "
                "Move the home to a local disk."
            ) from error
        except OSError as error:
            raise failure(error, self._path, doing="lock") from error
        self._lock = lock
        with suppress(OSError):  # in place: a run that is killed here leaves no temporary file
            handle = os.open(self._note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
            try:
                os.write(handle, f"{os.getpid()}\n".encode("ascii"))
            finally:
                os.close(handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the lock."""
        if self._lock is not None:
            with suppress(OSError):
                self._note.unlink(missing_ok=True)
            self._lock.release()
            self._lock = None

    def _holder(self) -> str:
        try:
            pid = self._note.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            pid = ""
        return f"another run (process {pid})" if pid.isdigit() else "another run"


# ---------------------------------------------------------------- the journal


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal."""

    at: datetime
    event: str
    key: str
    attempt_id: str


class Journal:
    """What was handed over, and who said stop, line by line, for the day on which the database is older than reality.

    A line is ``INSTANT EVENT KEY ATTEMPT``, of stops ``INSTANT EVENT HASH REASON``: identifiers only, so that erasing
    a person need not touch it. Lines are only ever added, each on disk before `append` returns unless the caller
    leaves that to the next one. A line that a crash cut short is left as it is and not read.
    """

    _FIELD = r"[!-~]+"

    def __init__(self, path: Path) -> None:
        """Name the file; the first `append` makes it."""
        self._path = path

    def append(self, *, at: datetime, event: str, key: str, attempt_id: str, sync: bool = True) -> None:
        """Add one line; with *sync* wait until it, and every line before it, is on disk."""
        fields = (at.astimezone(UTC).isoformat(timespec="seconds"), event, key, attempt_id)
        if not all(re.fullmatch(self._FIELD, field) for field in fields):
            raise ValueError(f"not identifiers: {fields!r}")
        line = " ".join(fields).encode("ascii") + b"\n"
        try:
            existed = self._path.exists()
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
            handle = os.open(self._path, flags, PRIVATE_FILE)
            try:
                if _torn(handle):  # end that line, and so that it cannot be taken for a whole one
                    line = b" (cut short)\n" + line
                written = os.write(handle, line)
                if written != len(line):
                    raise OSError(errno.ENOSPC, "only a part of the line was written")
                if sync:
                    os.fsync(handle)
            finally:
                os.close(handle)
            if not existed:
                sync_folder(self._path.parent)
        except OSError as error:
            raise failure(error, self._path, doing="write") from error

    def size(self) -> int:
        """Return how many bytes there are."""
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def entries(self, *, begin: int = 0) -> Iterator[Entry]:
        """Yield every whole line from byte *begin* on, oldest first."""
        for _, entry in self._read(begin):
            if entry is not None:
                yield entry

    def problems(self) -> list[str]:
        """Return the lines that cannot be read, each with its number and what it means."""
        return [
            f"{self._path}:{number}: this line was cut short or damaged. It is not used; "
            "the database still knows what was handed over."
            for number, entry in self._read()
            if entry is None
        ]

    def _read(self, begin: int = 0) -> Iterator[tuple[int, Entry | None]]:
        try:
            with self._path.open("rb") as stream:
                stream.seek(begin)
                for number, line in enumerate(stream, start=1):
                    yield number, _entry(line)
        except FileNotFoundError:
            return
        except OSError as error:
            raise failure(error, self._path, doing="read") from error


def _torn(handle: int) -> bool:
    """Tell whether the file ends within a line."""
    size = os.fstat(handle).st_size
    if size == 0:
        return False
    os.lseek(handle, size - 1, os.SEEK_SET)
    return os.read(handle, 1) != b"\n"


def _entry(line: bytes) -> Entry | None:
    fields = line.decode("ascii", errors="replace").split(" ")
    if len(fields) != 4 or not fields[3].endswith("\n"):
        return None
    try:
        at = datetime.fromisoformat(fields[0])
    except ValueError:
        return None
    return Entry(at, fields[1], fields[2], fields[3].rstrip("\n"))
