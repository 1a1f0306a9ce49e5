"""The log of unattended runs: what happened when, for the day on which somebody asks.

Takes a Desk and events. Gives nothing. Touches HOME/log/followup.log, which turns over by itself. A line holds an
instant, a word of ours and identifiers or numbers: no name, no address, no subject, no words of a server.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import takewhile
from logging import LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path

from followup import files
from followup.errors import FollowupError
from followup.model import AttemptState
from followup.workflow.desk import Desk

MAX_BYTES = 1_000_000
KEPT = 5

_IDENTIFIER = re.compile(rf"[a-z0-9]+\.[a-z0-9-]+\.\d+|\d{{1,3}}|{'|'.join(AttemptState)}")
"""What may stand behind the first word: the key of a touchpoint, a count, a reply's numbers (450 4.2.1), a state."""


class Log:
    """One run's lines. A log that cannot be written stops no run."""

    def __init__(self, desk: Desk, handler: RotatingFileHandler | None) -> None:
        """Write through *handler*; None: nowhere."""
        self._desk = desk
        self._handler = handler

    def event(self, text: str) -> None:
        """Keep *text* as far as it identifies: "accepted KEY 250 2.0.0 Ok, Sam" becomes "accepted KEY 250 2.0.0"."""
        if self._handler is None:
            return
        word, *rest = text.split()
        known = takewhile(_IDENTIFIER.fullmatch, rest)
        line = " ".join([self._desk.now().isoformat(timespec="seconds"), word, *known])
        self._handler.handle(LogRecord("followup", 0, "", 0, line, None, None))


class _Private(RotatingFileHandler):
    """A handler whose files only their owner can read, and whose failures are nobody's."""

    def _open(self) -> TextIOWrapper:
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, files.PRIVATE_FILE)
        return os.fdopen(handle, "a", encoding="utf-8", newline="\n")

    def handleError(self, record: LogRecord) -> None:  # noqa: N802 - logging's name
        """Let a full disk stop the run where it matters, at the fence, and not here."""


@contextmanager
def opened(desk: Desk) -> Iterator[Log]:
    """Yield the log of the run that begins now."""
    try:
        files.make_folder(path(desk).parent)
        handler: RotatingFileHandler | None = _Private(path(desk), maxBytes=MAX_BYTES, backupCount=KEPT)
    except (FollowupError, OSError):
        handler = None
    try:
        yield Log(desk, handler)
    finally:
        if handler is not None:
            handler.close()


def path(desk: Desk) -> Path:
    """Return where the log is."""
    return desk.home.path / "log" / "followup.log"
