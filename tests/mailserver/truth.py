"""The truth: what really reached the mail server, kept in memory and, line by line, in a file.

Takes what the server's protocol saw. Gives it back as records. Touches the log file, if one was named: JSON lines,
flushed one by one (never fsynced: the server outlives the clients that are killed).
"""

from __future__ import annotations

import email
import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One thing that happened.

    *event*: ``connected``, ``lost`` (the line is gone), ``command`` (*text*: the line without what AUTH carries),
    ``login`` (*text*: ``PLAIN user`` and whether it was right), ``body`` (the text began to come in), ``message`` (the
    end of a text was seen, or its line was cut), ``replied`` (a text was answered, and not with garbage), ``fault``.
    """

    at: float  # seconds since 1970
    session: int
    event: str
    text: str = ""
    encrypted: bool = False
    right: bool = False  # of a login
    message: Mapping[str, Any] = field(default_factory=dict)  # of a message, see `Accepted`


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A message that the server keeps, or says that it keeps."""

    at: float
    session: int
    sender: str
    recipients: tuple[str, ...]
    raw: bytes  # as it was sent, dots taken off
    kept: bool = True  # False: a dishonest 250
    promised: bool = True  # a 250 was meant to be said; False for what is kept of a line that was cut before its end

    @property
    def headers(self) -> email.message.Message:
        """Return the head as a stranger reads it."""
        return email.message_from_bytes(self.raw)

    @property
    def touchpoint(self) -> str:
        """Return what X-Touchpoint carries; empty for other mail."""
        return str(self.headers["X-Touchpoint"] or "")

    @property
    def message_id(self) -> str:
        """Return the Message-ID with its brackets."""
        return str(self.headers["Message-ID"] or "")


@dataclass(slots=True)
class Truth:
    """All records in order. `messages`, `logins`, `commands` and `sessions` are what tests ask for."""

    records: list[Record] = field(default_factory=list)
    path: Path | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *, session: int, event: str, **what: Any) -> Record:
        """Keep one record, in the file too."""
        record = Record(at=time.time(), session=session, event=event, **what)
        with self._lock:
            self.records.append(record)
            if self.path is not None:
                with self.path.open("a", encoding="utf-8") as log:
                    log.write(json.dumps(asdict(record)) + "\n")
        return record

    @property
    def messages(self) -> list[Accepted]:
        """Return every message that the server keeps or said it keeps, in order."""
        return [_accepted(each) for each in self._of("message")]

    @property
    def kept(self) -> list[Accepted]:
        """Return the messages that would reach somebody."""
        return [each for each in self.messages if each.kept]

    @property
    def commands(self) -> list[str]:
        """Return every command line, without what AUTH carries."""
        return [each.text for each in self._of("command")]

    @property
    def logins(self) -> list[Record]:
        """Return every try to log in, right or wrong."""
        return self._of("login")

    @property
    def sessions(self) -> int:
        """Return how many connections were made."""
        return len(self._of("connected"))

    @property
    def unanswered(self) -> int:
        """Return how many texts never got an answer that is one: the client cannot know whether they arrived."""
        return len(self._of("body")) - len(self._of("replied"))

    def _of(self, event: str) -> list[Record]:
        return [record for record in list(self.records) if record.event == event]


def message_fields(*, sender: str, recipients: Iterable[str], raw: bytes, kept: bool, promised: bool) -> dict[str, Any]:
    """Return a message as a record carries it."""
    return {
        "sender": sender,
        "recipients": list(recipients),
        "raw": raw.decode("latin-1"),
        "kept": kept,
        "promised": promised,
    }


def read(path: Path) -> Truth:
    """Read what a server wrote; a line that is still being written is left out."""
    return Truth(records=list(_lines(path)), path=None)


def _lines(path: Path) -> Iterator[Record]:
    if not path.exists():
        return
    with path.open(encoding="utf-8") as log:
        for line in log:
            if line.endswith("\n"):
                yield Record(**json.loads(line))


def _accepted(record: Record) -> Accepted:
    fields = dict(record.message)
    return Accepted(
        at=record.at,
        session=record.session,
        sender=fields["sender"],
        recipients=tuple(fields["recipients"]),
        raw=fields["raw"].encode("latin-1"),
        kept=fields["kept"],
        promised=fields["promised"],
    )
