"""What an answer of a mail server means: for the message, for the run, and for the owner.

Takes the phase in which something happened, and the reply or the error. Gives a `Verdict`. Touches nothing.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from followup.errors import ExitCode
from followup.model import AttemptState
from followup.records import dataclass


class Phase(StrEnum):
    """How far a session has come; the server cannot have taken a message before the dot."""

    CONNECT = "connect"
    TLS = "tls"
    HELLO = "hello"
    LOGIN = "login"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of one step of a session."""

    phase: Phase
    state: AttemptState | None = None  # None: the message was not touched, and can go in another run
    said: str = ""  # the server's last words, or what became of the line: one printable line without secrets
    stop: ExitCode | None = None  # the run ends with this code
    pause: timedelta | None = None  # no tries for so long
    blocks: bool = False  # the login was refused: no tries until the owner acts
    bad_address: bool = False  # nobody gets mail at this address: never try it again unasked
    policy: bool = False  # refused for what or who we are, not for whom it is
    reconnect: bool = False  # the line is gone, and a new one may be tried
    hint: str = ""  # what now


def of_reply(phase: Phase, code: int, text: bytes | str) -> Verdict:
    """Return what the reply *code* *text* to the command of *phase* means."""
    raise NotImplementedError


def of_break(phase: Phase, error: OSError, *, server: str = "the mail server") -> Verdict:
    """Return what it means that the line failed with *error* during *phase*."""
    raise NotImplementedError
