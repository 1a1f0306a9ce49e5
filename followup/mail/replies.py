"""What an answer of a mail server means: for the message, for the run, and for the owner.

Takes the phase in which something happened, and the reply or the error. Gives a `Verdict`. Touches nothing.

Enhanced status codes (RFC 3463) come before the three digits, and the words only where both are silent: that is how
providers say "enough for today". A server's words are a stranger's: they become one printable line, cut short.
"""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from enum import StrEnum

from followup import cells
from followup.errors import ExitCode
from followup.model import AttemptState
from followup.records import dataclass

MAX_SAID = 300
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Phase(StrEnum):
    """How far a session has come. Until the dot, the server cannot have taken the message."""

    CONNECT = "connect"  # until the first greeting
    TLS = "tls"
    HELLO = "hello"
    LOGIN = "login"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # the command
    BODY = "body"  # the text, but not its end
    DOT = "dot"


OPENING = frozenset({Phase.CONNECT, Phase.TLS, Phase.HELLO, Phase.LOGIN})
"""The phases in which there is no session yet: whatever fails in them stops the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of one step of a session."""

    phase: Phase
    state: AttemptState | None = None  # None: the message was not touched, and may go in this run or another
    said: str = ""  # the server's last words, or what became of the line: one printable line, at most MAX_SAID
    stop: ExitCode | None = None  # the run ends with this code
    pause: timedelta | None = None  # no tries for so long
    blocks: bool = False  # the login was refused: no tries until the owner acts, or the account may be locked
    bad_address: bool = False  # nobody gets mail there: never to be tried again unasked
    policy: bool = False  # refused for what we say or who we are, not for whom it is
    reconnect: bool = False  # the line is gone or cannot be trusted; one new one may be tried
    hint: str = ""  # what now, for the owner; empty where there is nothing to do


class Silent(TimeoutError):
    """The server did not answer in time."""


class NotOffered(OSError):
    """The server has no STARTTLS, or no way to log in that we know."""


class NotSMTP(OSError):
    """What came is no reply of a mail server."""


# ---------------------------------------------------------------- replies


def of_reply(phase: Phase, code: int, text: bytes | str) -> Verdict:
    """Return what a reply means.

    Args:
        phase: what was answered; BODY where the server spoke before it was its turn.
        code: its three digits, or -1 where there were none.
        text: the lines after the digits, separated by line feeds; without secrets.
    """
    reply = _Reply.read(phase, code, text)
    meanings = (_no_answer, _accepted, _login_missing, _confused, _quota, _closing, _BY_PHASE[phase])
    verdict = next(filter(None, (meaning(reply) for meaning in meanings)))
    return dataclasses.replace(verdict, said=reply.said)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """A reply, taken apart."""

    phase: Phase
    code: int
    status: tuple[int, int] | None  # subject and detail of the enhanced code; None where it is missing or says nothing
    is_temporary: bool
    words: str  # in lower case
    said: str

    @classmethod
    def read(cls, phase: Phase, code: int, text: bytes | str) -> _Reply:
        """Take a reply apart. Digits and enhanced code may differ; temporary is what one of them calls so."""
        if isinstance(text, bytes):
            text = text[: 4 * MAX_SAID].decode("utf-8", "replace")
        enhanced = _ENHANCED.match(text)
        # Every line of a long reply repeats the enhanced code.
        lines = [_ENHANCED.sub("", line, count=1) for line in text.splitlines()]
        words = " ".join(" ".join(lines).split(" "))
        front = ([str(code)] if code > 0 else []) + ([enhanced.group().strip()] if enhanced else [])
        status = (int(enhanced[2]), int(enhanced[3])) if enhanced else None
        return cls(
            phase=phase,
            code=code,
            status=status if status != (0, 0) else None,
            is_temporary=400 <= code < 500 or (500 <= code < 600 and enhanced is not None and enhanced[1] == "4"),
            words=words.lower(),
            said=one_line(" ".join([*front, words])),
        )

    @property
    def is_refusal(self) -> bool:
        """Tell whether the server answered in its turn that it will not, now or ever."""
        return 400 <= self.code < 600

    @property
    def untouched(self) -> AttemptState | None:
        """Return the state of a message that is not to blame; once the fence is crossed, it was a try all the same."""
        return AttemptState.TEMPORARY if self.phase is Phase.DOT else None

    def says(self, pattern: re.Pattern[str]) -> bool:
        """Tell whether the words match."""
        return pattern.search(self.words) is not None


_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})(?!\S)\s*")


def one_line(text: str) -> str:
    """Return what a stranger said as one printable line of at most `MAX_SAID` letters."""
    return cells.cut(cells.printable(" ".join(text.split())), MAX_SAID)


# What our own account may send, not what somebody's mailbox may hold. Gmail: "550 5.4.5 Daily user sending limit
# exceeded"; Microsoft: "550 5.1.90 ... daily limit for message recipients", "submission quota exceeded"; cPanel's Exim:
# "Domain ... has exceeded the max emails per hour"; Postfix' policy servers: "sender rate limit", "too much mail".
_LIMIT = re.compile(r"\b(limit\w*|quotas?|exceed\w*|maximum|max|too many)\b")
_PERIOD = re.compile(r"\b(daily|hourly|(per|a|this|in an?|each) (day|hour|minute)|24[ -]?h(ours?)?)\b")
_SENDING_LIMIT = re.compile(
    r"\b(send(ing|er)?|submission|outgoing|outbound|relay(ing)?|messages?|e?-?mails?|recipients?|rate)"
    r"[ -](rate )?(limit(s|ed|ing)?|quotas?)\b|\btoo many (messages|e?-?mails|recipients|sends)\b|\btoo much mail\b"
)
_OF_THE_SENDER = re.compile(r"\b(send(ing|er)?|submission|outgoing|outbound)\b")
_DAILY = re.compile(r"\b(daily|day|24[ -]?h(ours?)?|quotas?)\b")
_HOURLY = re.compile(r"\b(hourly|hour|minute)\b")
_SIZE = re.compile(r"\b(size|too (large|big)|octets|bytes)\b")
_FULL = re.compile(r"\b(mailbox|inbox|mail folder)\b.*\bfull\b|\bover ?-?quota\b|\bquota\b|\bstorage\b")
_QUOTA = re.compile(r"\bquotas?\b")
_POLICY = re.compile(
    r"\b(spam\w*|polic(y|ies)|block(ed|list\w*)|blacklist\w*|dmarc|spf|dkim|relay(ing)?|reputation|unsolicited)\b"
)
_WANTS_LOGIN = re.compile(r"\b(authenticat(ion|ed?)|auth|log ?in)\b.*\b(required|first|needed)\b|\bmust (be )?auth")
_PASSWORDS_OFF = re.compile(r"\bbasic auth\w* is (disabled|not supported)|smtpclientauth\w* is disabled")
_SENDER = re.compile(
    r"\bsender address rejected\b|\bsend as\b|\bsendasdenied\b|\bsender\b.*\bnot (owned|allowed|permitted)"
)

_QUOTA_STATUS = {(4, 5), (1, 90)}
_PASSWORDS_OFF_STATUS = {(7, 30), (7, 139)}
_SENDER_STATUS = {(1, 7), (1, 8), (7, 60), (2, 252)}
_NOBODY_STATUS = {(2, 1), (4, 1), (4, 4)}  # 5.4.1 is how Microsoft says that there is no such mailbox
_TOO_LARGE_STATUS = {(2, 3), (3, 4)}

_CHECK_HOST = "Check mail.host, mail.port and mail.security in followup.toml."
_LATER = "Nothing was lost; the next run tries again."
_NO_PASSWORDS = (
    "No password lets a program in there. Whoever administers the account has to allow SMTP AUTH for this mailbox; "
    'where nobody can, stay with transport = "drafts".'
)


def _no_answer(reply: _Reply) -> Verdict | None:
    """A code that answers nothing: none at all, 1xx, 3xx, or yes to a question that was not asked."""
    expected = 200 <= reply.code < 300 and reply.phase is Phase.DOT
    if reply.is_refusal or expected:
        return None
    if reply.phase in OPENING:
        return Verdict(
            phase=reply.phase,
            stop=ExitCode.MAIL_SERVER,
            hint=f"That is no answer of a mail server. {_CHECK_HOST}",
        )
    state = AttemptState.UNKNOWN if reply.phase is Phase.DOT else None
    return Verdict(phase=reply.phase, state=state, reconnect=True)


def _accepted(reply: _Reply) -> Verdict | None:
    return None if reply.is_refusal else Verdict(phase=reply.phase, state=AttemptState.SENT)


def _login_missing(reply: _Reply) -> Verdict | None:
    """The session is not logged in, or never will be with a password (Microsoft 365: 5.7.30, 5.7.139)."""
    if reply.is_temporary or reply.phase in OPENING:
        return None
    if reply.status in _PASSWORDS_OFF_STATUS or reply.says(_PASSWORDS_OFF):
        return dataclasses.replace(_login(reply), state=reply.untouched)
    asked = reply.phase in (Phase.MAIL, Phase.RCPT) and reply.says(_WANTS_LOGIN)
    if asked or reply.code in (530, 538) or reply.status == (7, 57):
        return Verdict(
            phase=reply.phase,
            state=reply.untouched,
            stop=ExitCode.NO_PERMISSION,
            hint="The server wants a login: set mail.user in followup.toml and give the password.",
        )
    return None


def _confused(reply: _Reply) -> Verdict | None:
    """Begin anew after "503 bad sequence": the two ends do not agree on where they are, and no message is to blame."""
    if reply.code != 503 or reply.phase in OPENING:
        return None
    return Verdict(phase=reply.phase, state=reply.untouched, reconnect=True)


def _quota(reply: _Reply) -> Verdict | None:
    """Enough for today, in whatever code a provider puts it; no message is to blame."""
    if reply.phase in OPENING or not _is_our_limit(reply):
        return None
    hourly = reply.says(_HOURLY) and not reply.says(_DAILY)
    daily = reply.says(_DAILY) or not reply.is_temporary
    return Verdict(
        phase=reply.phase,
        state=AttemptState.TEMPORARY,
        stop=ExitCode.TRY_LATER,
        pause=HOUR if hourly or not daily else DAY,
        hint="Your provider takes no more for now; sending goes on by itself. Should it happen again, lower "
        "mail.per_day or mail.per_hour in followup.toml.",
    )


def _is_our_limit(reply: _Reply) -> bool:
    if reply.status in _QUOTA_STATUS and not reply.is_temporary:  # 4.4.5 is a server that is busy
        return True
    if reply.status in _TOO_LARGE_STATUS or reply.says(_SIZE):
        return False
    if reply.phase is Phase.MAIL and (reply.status == (2, 2) or reply.says(_QUOTA)):
        return True  # nobody's mailbox was named yet
    if reply.status is not None and reply.status[0] == 2 and not reply.says(_OF_THE_SENDER):
        return False  # about the mailbox that it is for
    if reply.says(_SENDING_LIMIT) or (reply.says(_LIMIT) and reply.says(_PERIOD)):
        return True
    return reply.status is not None and reply.status[0] == 7 and reply.says(_LIMIT) and not reply.says(_POLICY)


def _closing(reply: _Reply) -> Verdict | None:
    if reply.code != 421 or reply.phase in OPENING:
        return None
    return Verdict(phase=reply.phase, state=AttemptState.TEMPORARY, stop=ExitCode.TRY_LATER, hint=_LATER)


def _opening(reply: _Reply) -> Verdict:
    if reply.is_temporary:
        return Verdict(phase=reply.phase, stop=ExitCode.TRY_LATER, hint=_LATER)
    return Verdict(
        phase=reply.phase,
        stop=ExitCode.MAIL_SERVER,
        hint=f"The server does not talk to this machine. {_CHECK_HOST} If they are right, ask your provider.",
    )


def _login(reply: _Reply) -> Verdict:
    if reply.is_temporary:  # Gmail: "454 4.7.0 Too many login attempts, please try again later"
        return Verdict(
            phase=reply.phase,
            stop=ExitCode.TRY_LATER,
            pause=HOUR,
            hint="The server wants no logins for a while; the next run after that tries again.",
        )
    if reply.code == 504:  # the way to log in, not the login
        return Verdict(
            phase=reply.phase,
            stop=ExitCode.CONFIGURATION,
            hint="The server knows none of PLAIN, LOGIN and CRAM-MD5. Ask your provider how programs send mail.",
        )
    off = reply.status == (7, 30) or reply.says(_PASSWORDS_OFF)  # 5.7.139 alone is a wrong one too
    hint = _NO_PASSWORDS if off else "Check mail.user and the password."
    return Verdict(phase=reply.phase, stop=ExitCode.NO_PERMISSION, blocks=True, hint=hint)


def _mail(reply: _Reply) -> Verdict:
    if reply.is_temporary:
        return Verdict(phase=reply.phase, state=AttemptState.TEMPORARY)
    if _is_too_large(reply):
        return too_large(reply.phase)
    return _sender_refused(reply)


def _rcpt(reply: _Reply) -> Verdict:
    if reply.is_temporary or reply.status == (2, 2) or reply.code == 552 or reply.says(_FULL):
        # A full mailbox may have room tomorrow, whatever the first digit says.
        return Verdict(phase=reply.phase, state=AttemptState.TEMPORARY)
    if reply.status in _SENDER_STATUS or reply.says(_SENDER):
        return _sender_refused(reply)
    return _refused(reply)


def _text(reply: _Reply) -> Verdict:
    if reply.is_temporary or (reply.status in (None, (2, 2)) and not reply.says(_SIZE) and reply.says(_FULL)):
        return Verdict(phase=reply.phase, state=AttemptState.TEMPORARY)
    if _is_too_large(reply):
        return too_large(reply.phase)
    if reply.status in _SENDER_STATUS or reply.says(_SENDER):
        return _sender_refused(reply)
    return _refused(reply)


def _is_too_large(reply: _Reply) -> bool:
    return reply.status in _TOO_LARGE_STATUS or (reply.code == 552 and reply.status is None)


def _sender_refused(reply: _Reply) -> Verdict:
    return Verdict(
        phase=reply.phase,
        state=reply.untouched,
        stop=ExitCode.CONFIGURATION,
        hint="The account may not send from this address. Set mail.from_address in followup.toml to the account's own, "
        "or have your provider allow the other.",
    )


def _refused(reply: _Reply) -> Verdict:
    """Return a refusal for good: of an address that nobody has, of what we say or who we are, or of this message."""
    subject = reply.status[0] if reply.status else None
    policy = subject == 7 or (subject is None and reply.says(_POLICY))
    unnamed = subject is None and reply.phase is Phase.RCPT and reply.code in (501, 550, 551, 553, 554)
    nobody = not policy and (subject == 1 or reply.status in _NOBODY_STATUS or unnamed)
    return Verdict(
        phase=reply.phase,
        state=AttemptState.PERMANENT,
        bad_address=nobody,
        policy=policy,
        hint="Correct the client's address." if nobody else "",
    )


def too_large(phase: Phase, said: str = "") -> Verdict:
    """Return the verdict on a message that is larger than the server takes."""
    hint = "The message is larger than the server takes. Shorten it."
    return Verdict(phase=phase, state=AttemptState.PERMANENT, said=said, hint=hint)


_BY_PHASE = {
    Phase.CONNECT: _opening,
    Phase.TLS: _opening,
    Phase.HELLO: _opening,
    Phase.LOGIN: _login,
    Phase.MAIL: _mail,
    Phase.RCPT: _rcpt,
    Phase.DATA: _text,
    Phase.BODY: _text,
    Phase.DOT: _text,
}


# ---------------------------------------------------------------- broken lines


def of_break(phase: Phase, error: OSError, *, server: str = "the mail server") -> Verdict:
    """Return what it means that the line failed with *error*; *server* is its host, as people are shown it.

    Before the dot nothing was handed over. From the dot's first byte on nobody can know (RFC 1047).
    """
    if phase in OPENING:
        stop, said, hint = _why_not_open(phase, error, server)
        return Verdict(phase=phase, stop=stop, said=one_line(said), hint=hint)
    said = one_line(f"{server}: {_words_of(error)}")
    state = AttemptState.UNKNOWN if phase is Phase.DOT else None
    return Verdict(phase=phase, state=state, said=said, reconnect=True)


def _words_of(error: OSError) -> str:
    if isinstance(error, TimeoutError) and not isinstance(error, Silent):
        return "it timed out"  # "_ssl.c:989: The handshake operation timed out"
    return (error.strerror or str(error) or type(error).__name__).rstrip(".")


_CERTIFICATE = {  # X509_V_ERR_..., from OpenSSL's x509_vfy.h
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "its certificate is signed by nobody but itself",
    19: "its certificate comes from an authority that this machine does not know",
    20: "its certificate comes from an authority that this machine does not know",
    21: "its certificate comes from an authority that this machine does not know",
    62: "its certificate is for another name",
    64: "its certificate is for another address",
}
_UNKNOWN_ISSUER = {18, 19, 20, 21}
_OTHER_NAME = {62, 64}
_PLAIN_TALK = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL", "HTTP_REQUEST"}
_OLD_TLS = {"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE", "VERSION_TOO_LOW"}

_TLS_PORTS = 'security = "tls" goes with port 465, security = "starttls" with port 587.'


def _why_not_open(phase: Phase, error: OSError, server: str) -> tuple[ExitCode, str, str]:
    """Return exit code, what happened, and what now. An error of ssl is known by its fields; this stays free of ssl."""
    import socket

    number, reason = getattr(error, "verify_code", None), getattr(error, "reason", None) or ""
    unreachable = ExitCode.MAIL_SERVER
    if number is not None:
        return unreachable, f"{server}: {_certificate(number, error)}", _certificate_hint(number)
    if isinstance(error, NotOffered):
        if phase is Phase.LOGIN:
            hint = 'Ask your provider how programs send mail; user = "none" is for servers that want no login.'
            return ExitCode.CONFIGURATION, f"{server}: {error}", hint
        return unreachable, f"{server}: {error}", f"The password stays here. {_TLS_PORTS}"
    if reason in _PLAIN_TALK:
        return unreachable, f"{server}: it does not speak TLS on this port", _TLS_PORTS
    if reason in _OLD_TLS:
        return unreachable, f"{server}: it offers no TLS that is safe today (1.2 or newer)", "Ask your provider."
    if isinstance(error, NotSMTP):
        return unreachable, f"{server}: {error}", f"That is no answer of a mail server. {_CHECK_HOST}"
    if isinstance(error, socket.gaierror):
        return unreachable, f"{server}: no such name was found", "Is this machine online, and is mail.host right?"
    if isinstance(error, Silent) and phase is Phase.CONNECT:
        return unreachable, f"{server}: {error}", f"It may be waiting for TLS: {_TLS_PORTS}"
    if phase is Phase.TLS:
        return unreachable, f"{server}: TLS did not come about: {_words_of(error)}", _TLS_PORTS
    return unreachable, f"{server}: {_words_of(error)}", f"Is this machine online? {_CHECK_HOST}"


def _certificate(number: int, error: OSError) -> str:
    said = str(getattr(error, "verify_message", "") or error)
    return f"{_CERTIFICATE.get(number, 'its certificate is not acceptable')} ({said.rstrip('.')})"


def _certificate_hint(number: int) -> str:
    safe = "The password was not sent."
    if number in _UNKNOWN_ISSUER:
        return f"{safe} If it is your own server, name its authority's certificate in mail.ca_file; if not, ask why."
    if number in _OTHER_NAME:
        return f"{safe} Set mail.host to the name in your provider's instructions; the certificate is for that one."
    return f"{safe} Is this machine's clock right? If it is, whoever runs the server has to renew the certificate."
