"""The bytes of one file, as often as they are needed and never all at once unless somebody asks for all.

Takes bytes, or a path. Gives streams and pieces. Touches the file at the path. A file that changes while it is read is
no file: what was decided about the first half would be said of another second half.
"""

from __future__ import annotations

import io
import os
import select
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from followup import files
from followup.errors import BadInput, NotFound, TryLater

_PIECE = 1 << 20
_PATIENCE_SECONDS = 30.0
"""How long a pipe may stay silent at first; a program that writes into it may need its time."""


class Source:
    """One file of the owner's."""

    def __init__(self, given: bytes | Path) -> None:
        """Look at the file; what cannot be read twice, such as a pipe, is read now.

        Raises:
            NotFound: there is none. BadInput: it is a folder. NoPermission, IOFailure: it cannot be read.
        """
        self._path = given if isinstance(given, Path) else None
        self._data = given if isinstance(given, bytes) else b""
        self.size = len(self._data)
        self._stream: BinaryIO | None = None
        if self._path is not None:
            self._look(self._path)

    def _look(self, path: Path) -> None:
        try:
            found = path.stat()
            if stat.S_ISDIR(found.st_mode):
                raise BadInput(f"{path} is a folder. Name the files in it: {path}/*.csv")
            if not stat.S_ISREG(found.st_mode):
                self._data = _piped(path, found.st_mode)
                self._path, self.size = None, len(self._data)
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
            self._stream = io.BytesIO(self._data)
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
        """Return the first *size* bytes."""
        if self._path is None:
            return self._data[:size]
        with self.open() as stream:
            try:
                return stream.read(size)
            except OSError as error:
                raise self.failed(error) from error

    def whole(self) -> bytes:
        """Return all bytes."""
        return self._data if self._path is None else self.head(-1)

    def pieces(self) -> Iterator[bytes]:
        """Yield all bytes, a million at a time."""
        if self._path is None:
            data = self._data
            yield from (data[place : place + _PIECE] for place in range(0, len(data), _PIECE))
            return
        with self.open() as stream:
            while piece := self._piece(stream):
                yield piece
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


def _piped(path: Path, mode: int) -> bytes:
    """Return what comes out of a pipe; without anybody who writes into it, it would be waited for without an end."""
    if not stat.S_ISFIFO(mode):
        raise BadInput(f"{path} is no file but a device. Name a file, or - for what is piped in.")
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if not select.select([handle], [], [], _PATIENCE_SECONDS)[0]:
            raise BadInput(f"{path} is a pipe, and nothing comes out of it. Name a file, or - for what is piped in.")
        os.set_blocking(handle, True)
        with os.fdopen(handle, "rb", closefd=False) as stream:
            return stream.read()
    finally:
        os.close(handle)
