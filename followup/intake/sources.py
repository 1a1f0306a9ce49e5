"""The bytes of one file, as often as they are needed and never all at once unless somebody asks for all.

Takes bytes, a path, or what is piped in. Gives streams and pieces. Touches the file at the path, and a file without a
name for what is piped in. A file that changes while it is read is no file: what was decided about the first half would
be said of another second half.
"""

from __future__ import annotations

import io
import os
import select
import stat
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from followup import files
from followup.errors import BadInput, NotFound, TryLater

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_PIPED = 1 << 30
"""Bytes that are taken of what is piped in; a file at a path may have any size."""
_NAME_A_FILE = "Name a file; `followup import` takes - for what is piped in."
_PIECE = 1 << 20
_PATIENCE_SECONDS = 30.0
"""How long a pipe may stay silent at first; a program that writes into it may need its time."""
_IN_MEMORY = 8 << 20
"""Bytes of what is piped in that are kept in memory; more of them wait on disk."""


class Piped:
    """What can be read once, kept so that it can be read as often as needed."""

    def __init__(self, stream: IO[bytes], *, name: str, folder: Path | None = None) -> None:
        """Read a stream to its end.

        Args:
            stream: what is piped in.
            name: how its owner calls it.
            folder: where it waits if it is large, in a file without a name; None: where the system has such files.

        Raises:
            BadInput: it does not end within MOST_PIPED bytes. IOFailure, NoPermission: it cannot be kept.
        """
        import tempfile

        self.size = 0
        kept = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(folder) if folder else None)  # noqa: SIM115  # closed with this
        self._kept = cast(BinaryIO, kept)
        weakref.finalize(self, kept.close)
        while piece := stream.read(_PIECE):
            self.size += len(piece)
            if self.size > MOST_PIPED:
                raise BadInput(
                    f"{name} goes on after {MOST_PIPED >> 30} GB, which is as much as is taken of what is piped in. "
                    "Save it as a file, look whether it is what you mean, and import that; a file may have any size."
                )
            try:
                kept.write(piece)
            except OSError as error:
                raise files.failure(error, folder or Path(tempfile.gettempdir()), doing="write in") from error

    def open(self) -> BinaryIO:
        """Return the bytes from the beginning; several may be open at once."""
        return io.BufferedReader(_View(self._kept, self.size))


class _View(io.RawIOBase):
    """Reads a file that others read too, from a place of its own."""

    def __init__(self, kept: BinaryIO, size: int) -> None:
        super().__init__()
        self._kept = kept
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        into = memoryview(buffer).cast("B")
        self._kept.seek(self._at)
        piece = self._kept.read(len(into))
        into[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


class Source:
    """One file of the owner's."""

    def __init__(self, given: bytes | Path | Piped) -> None:
        """Look at the file; what cannot be read twice, such as a pipe, is read now.

        Raises:
            NotFound: there is none. BadInput: it is a folder. NoPermission, IOFailure: it cannot be read.
        """
        self._path = given if isinstance(given, Path) else None
        self._data = b"" if isinstance(given, Path) else given
        self.size = self._data.size if isinstance(self._data, Piped) else len(self._data)
        self._stream: BinaryIO | None = None
        if self._path is not None:
            self._look(self._path)

    def _look(self, path: Path) -> None:
        try:
            found = path.stat()
            if stat.S_ISDIR(found.st_mode):
                raise BadInput(f"{path} is a folder. Name the files in it: {path}/*.csv")
            if not stat.S_ISREG(found.st_mode):
                self._data = piped = _piped(path, found.st_mode)
                self._path, self.size = None, piped.size
                return
        except FileNotFoundError:
            raise NotFound(f"There is no file {path}. Check the name, and the folder you are in.") from None
        except OSError as error:
            raise files.failure(error, path, doing="read") from error
        self._seen = (found.st_size, found.st_mtime_ns)
        self.size = found.st_size

    def open(self) -> BinaryIO:
        """Return the bytes from the beginning.

        Raises:
            TryLater: the file is not what it was at first. NoPermission, IOFailure: it cannot be read.
        """
        if self._path is None:
            self._stream = io.BytesIO(self._data) if isinstance(self._data, bytes) else self._data.open()
            return self._stream
        try:
            stream = self._path.open("rb")
            found = os.fstat(stream.fileno())
        except OSError as error:
            raise files.failure(error, self._path, doing="read") from error
        if (found.st_size, found.st_mtime_ns) != self._seen:
            stream.close()
            raise self.changed()
        self._stream = stream
        return stream

    def place(self) -> int:
        """Return how many bytes were taken of what was opened last."""
        return self._stream.tell() if self._stream is not None and not self._stream.closed else self.size

    def changed(self) -> TryLater:
        """Return what to say when the file is not what it was."""
        return TryLater(f"{self._path} was changed while it was read. Nothing was imported; start the import again.")

    def failed(self, error: OSError) -> Exception:
        """Return what to say when reading fails on the way."""
        return files.failure(error, self._path, doing="read") if self._path is not None else error

    def head(self, size: int) -> bytes:
        """Return the first *size* bytes, or all of them where that is below zero."""
        if isinstance(self._data, bytes) and self._path is None:
            return self._data if size < 0 else self._data[:size]
        with self.open() as stream:
            try:
                return stream.read(size)
            except OSError as error:
                raise self.failed(error) from error

    def whole(self) -> bytes:
        """Return all bytes."""
        return self.head(-1)

    def pieces(self) -> Iterator[bytes]:
        """Yield all bytes, a million at a time."""
        with self.open() as stream:
            while piece := self._piece(stream):
                yield piece
            if self._path is None:
                return
            found = os.fstat(stream.fileno())
        if (found.st_size, found.st_mtime_ns) != self._seen:
            raise self.changed()

    def _piece(self, stream: BinaryIO) -> bytes:
        try:
            return stream.read(_PIECE)
        except OSError as error:
            raise self.failed(error) from error

    def blocks(self) -> Iterator[bytes]:
        """Yield all bytes in pieces that end at the ends of lines, so that no letter of a narrow encoding is cut."""
        rest = b""
        for piece in self.pieces():
            rest += piece
            cut = max(rest.rfind(b"\n"), rest.rfind(b"\r")) + 1
            if cut or len(rest) > 16 * _PIECE:
                yield rest[: cut or len(rest)]
                rest = rest[cut or len(rest) :]
        if rest:
            yield rest


def _piped(path: Path, mode: int) -> Piped:
    """Return what comes out of a pipe; without anybody who writes into it, it would be waited for without an end."""
    if not stat.S_ISFIFO(mode):
        raise BadInput(f"{path} is no file but a device. {_NAME_A_FILE}")
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if not select.select([handle], [], [], _PATIENCE_SECONDS)[0]:
            raise BadInput(f"{path} is a pipe, and nothing comes out of it. {_NAME_A_FILE}")
        os.set_blocking(handle, True)
        with os.fdopen(handle, "rb", closefd=False) as stream:
            return Piped(stream, name=str(path))
    finally:
        os.close(handle)
