"""smtplib and yagmail as we need them: a line that knows its phase, keeps its time, and stops before the dot.

Takes a host, its settings and commands. Gives replies; what goes wrong is an OSError, and `Line.phase` says where.
Touches the network. Costs a tenth of a second to import, so only functions import it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yagmail  # type: ignore[import-untyped, unused-ignore]  # 0.15 has no types, 0.16 has

from followup.errors import ConfigurationError
from followup.mail.passwords import Secret
from followup.mail.replies import NotOffered, NotSMTP, Phase, Silent

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5")
"""The ways to log in, best first. The line is encrypted or stays on this machine, so that PLAIN gives nothing away."""

AFTER_THE_DOT = 600.0
"""Seconds for the reply to the dot (RFC 5321, 4.5.3.2.6): a shorter limit makes unknown what was accepted."""

ALL_IN_ALL = 5
"""So many time limits together may pass before the dot, so that a server which drips cannot hold a run."""

_MAX_LINE = 8192  # RFC 5321, 4.5.3.1.5 asks for 512
_MAX_LINES = 200
_RECORD = 16_384  # what TLS sends at once

_NOT_CRLF = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_DOT_IN_FRONT = re.compile(rb"^\.", re.MULTILINE)


def context(ca_file: Path | None) -> ssl.SSLContext:
    """Return what verifies a server: the system's authorities and those in *ca_file*, TLS 1.2 or newer."""
    made = ssl.create_default_context()
    made.minimum_version = max(made.minimum_version, ssl.TLSVersion.TLSv1_2)
    if ca_file is not None:
        try:
            made.load_verify_locations(ca_file)
        except OSError as error:  # an SSLError is one
            why = "it holds no certificates (PEM)" if isinstance(error, ssl.SSLError) else error.strerror
            raise ConfigurationError(f"{ca_file}: cannot use it as mail.ca_file: {why}.") from None
    return made


def canonical(raw: bytes) -> bytes:
    """Return *raw* with every line ended by CRLF, the last one too; a bare CR or LF could smuggle in a second mail."""
    whole = _NOT_CRLF.sub(b"\r\n", raw)
    return whole if whole.endswith(b"\r\n") else whole + b"\r\n"


class Line(smtplib.SMTP):
    """A connection. It replaces what smtplib does about time, replies, login and DATA; `phase` is where it stands."""

    def __init__(
        self, host: str, port: int, *, timeout: float, tls: ssl.SSLContext | None, local_hostname: str
    ) -> None:
        """Take what is needed; nothing is connected yet. *tls*: encrypted from the first byte on."""
        super().__init__(local_hostname=local_hostname, timeout=timeout)
        self._host = host  # what smtplib compares the certificate with
        self._port = port
        self._tls = tls
        self._reply_within = timeout
        self._unread = bytearray()
        self.begin(Phase.CONNECT)

    # ---------------------------------------------------------------- time

    def begin(self, phase: Phase) -> None:
        """Begin with *phase*, and to count the time until the dot anew."""
        self.phase = phase
        self._until = time.monotonic() + ALL_IN_ALL * self._reply_within

    def _deadline(self) -> float:
        if self.phase is Phase.DOT:
            return time.monotonic() + AFTER_THE_DOT
        return min(time.monotonic() + self._reply_within, self._until)

    def _timed(self, deadline: float) -> socket.socket:
        """Return the socket, with what is left of the time as its limit."""
        if self.sock is None:
            raise ConnectionError("the line is closed")
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)
        return self.sock

    def _silent(self) -> Silent:
        seconds = AFTER_THE_DOT if self.phase is Phase.DOT else self._reply_within
        return Silent(f"no answer within {seconds:g} seconds")

    # ---------------------------------------------------------------- the line

    def open(self) -> None:
        """Connect, and read the greeting."""
        code, text = self.connect(self._host, self._port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        try:
            plain = socket.create_connection((host, port), timeout)
        except UnicodeError:  # no name at all: a label too long, two dots in a row
            raise socket.gaierror(socket.EAI_NONAME, "not a name") from None
        # A lone dot would otherwise wait 40 ms for the acknowledgement of the text.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is None:
            return plain
        self.phase = Phase.TLS
        secured = self._tls.wrap_socket(plain, server_hostname=host)
        self.phase = Phase.HELLO
        return secured

    def send(self, s: ReadableBuffer | str) -> None:
        """Send *s*, all of it within the time for one reply."""
        data = memoryview(s.encode("ascii") if isinstance(s, str) else s)
        deadline = self._deadline()
        try:
            while data:
                sent = self._timed(deadline).send(data[:_RECORD])
                data = data[sent:]
        except TimeoutError:
            raise self._silent() from None

    def getreply(self) -> tuple[int, bytes]:
        """Return code and text of one reply; -1 where the code is no number. All its lines share one time limit."""
        deadline = self._deadline()
        lines: list[bytes] = []
        while len(lines) < _MAX_LINES:
            line = self._read_line(deadline)
            lines.append(line[4:].strip())
            if not re.match(rb"[0-9]{3}(?:[ -]|\r?\n|$)", line):
                return -1, line.strip()
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(lines)
        raise NotSMTP("a reply without end")

    def _read_line(self, deadline: float) -> bytes:
        while (end := self._unread.find(b"\n")) < 0:
            if len(self._unread) > _MAX_LINE:
                raise NotSMTP("a line without end")
            try:
                came = self._timed(deadline).recv(4096)
            except TimeoutError:
                raise self._silent() from None
            if not came:
                raise ConnectionResetError("the line was cut")
            self._unread += came
        line = bytes(self._unread[: end + 1])
        del self._unread[: end + 1]
        if len(line) > _MAX_LINE:
            raise NotSMTP("a line without end")
        return line

    def spoke_out_of_turn(self) -> bool:
        """Tell whether the server said something, or left, though it was not its turn."""
        if self.sock is None:
            raise ConnectionError("the line is closed")
        if not self._unread:
            self.sock.settimeout(0)
            try:
                came = self.sock.recv(4096)
            except (BlockingIOError, ssl.SSLWantReadError):
                return False
            if not came:
                raise ConnectionResetError("the line was cut")
            self._unread += came
        return True

    # ---------------------------------------------------------------- greeting and login

    def ehlo(self, name: str = "") -> tuple[int, bytes]:
        """Say hello. No server that wants mail from programs lacks EHLO, so that HELO is never tried."""
        self.phase = Phase.HELLO
        code, text = super().ehlo(name)
        if code != 250:
            raise smtplib.SMTPHeloError(code, text)
        return code, text

    def starttls(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Go on encrypted."""
        self.phase = Phase.TLS
        if not self.has_extn("starttls"):
            raise NotOffered("it offers no encryption (STARTTLS) on this port")
        reply = super().starttls(*args, **kwargs)
        self._unread.clear()  # what was said in plain text counts no more (RFC 3207, 4.2)
        return reply

    def login(self, user: str, password: str, *, initial_response_ok: bool = True) -> tuple[int, bytes]:
        """Log in, with one try: a refused one counts towards a lock-out, and smtplib would make one for each way.

        The next way is tried only after 504, when the server did not look at the password. Name and password are
        UTF-8 (RFC 4616).
        """
        self.ehlo_or_helo_if_needed()
        self.phase = Phase.LOGIN
        offered = self.esmtp_features.get("auth", "").upper().split()
        ways = [each for each in MECHANISMS if each in offered]
        if not ways:
            raise NotOffered("it offers no login" + (f" that we know, only {', '.join(offered)}" if offered else ""))
        code, text = -1, b""
        for way in ways:
            code, text = self._authenticate(way, user.encode(), password.encode())
            if code in (235, 503):  # 503: already logged in
                return code, text
            if code != 504:
                break
        raise smtplib.SMTPAuthenticationError(code, text)

    def _authenticate(self, way: str, user: bytes, password: bytes) -> tuple[int, bytes]:
        if way == "PLAIN":
            return self.docmd("AUTH", "PLAIN " + _base64(b"\0" + user + b"\0" + password))
        code, text = self.docmd("AUTH", way)
        if code == 334 and way == "CRAM-MD5":
            return self.docmd(_base64(_cram_md5(user, password, text)))
        for answer in (user, password):
            if code != 334:
                break
            code, text = self.docmd(_base64(answer))
        return code, text

    # ---------------------------------------------------------------- one message

    @property
    def takes_at_most(self) -> int:
        """Return the size of the largest message that the server takes (RFC 1870); 0 when it does not say."""
        limit = self.esmtp_features.get("size", "")
        return int(limit) if limit.isascii() and limit.isdigit() else 0

    def command(self, phase: Phase, verb: str, argument: str = "") -> tuple[int, bytes]:
        """Give the command of *phase*, and return the reply."""
        self.phase = phase
        return self.docmd(verb, argument)

    def body(self, text: bytes) -> None:
        """Send the text, `canonical`, without its end: nothing is handed over yet."""
        self.phase = Phase.BODY
        self.send(_DOT_IN_FRONT.sub(b"..", text))

    def dot(self) -> tuple[int, bytes]:
        """End the text, and return the reply. From the first byte on, the message may have been taken."""
        self.phase = Phase.DOT
        self.send(b".\r\n")
        return self.getreply()

    def hurry(self, seconds: float) -> None:
        """Wait no longer than *seconds* in all from now on: for goodbyes."""
        self.begin(Phase.MAIL)
        self._until = time.monotonic() + seconds


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _cram_md5(user: bytes, password: bytes, challenge: bytes) -> bytes:
    try:
        asked = base64.b64decode(challenge)
    except ValueError:
        raise NotSMTP("a question that cannot be read") from None
    return user + b" " + hmac.new(password, asked, hashlib.md5).hexdigest().encode()


class Mailer(yagmail.SMTP):  # type: ignore[misc]  # without types, the class is Any
    """yagmail's session: it connects, secures the line, logs in and says goodbye; it never makes or sends a message."""

    smtp: Line

    def __init__(
        self,
        host: str,
        port: int,
        *,
        login: Secret | None,
        security: str,
        tls: ssl.SSLContext | None,
        make: Callable[[], Line],
    ) -> None:
        """Say where and how; without *login* it does not log in. *make* gives a line that is not connected yet."""
        self._make = make
        super().__init__(
            {login.user if login else "-": "-"},
            login,
            host=host,
            port=port,
            smtp_ssl=security == "tls",
            smtp_starttls={"context": tls} if security == "starttls" else False,
            smtp_skip_login=login is None,
            soft_email_validation=False,
        )
        self.set_logging(None)  # yagmail's own would write to stderr, which cron mails to somebody

    @property
    def connection(self) -> Callable[[str, str], Line]:
        """Return what yagmail calls for a connection. We keep the line before it is tried, to see how far it came."""
        return self._connect

    def _connect(self, host: str, port: str) -> Line:
        self.smtp = self._make()
        self.smtp.open()
        return self.smtp

    @staticmethod
    def handle_password(user: str, password: Secret) -> str:
        """Return the password. yagmail would ask the keyring, and then whoever sits at the terminal."""
        return password.reveal()

    def cut(self) -> None:
        """Hang up without a goodbye; nothing is said by the destructor either."""
        self.is_closed = True
        if getattr(self, "smtp", None) is not None:  # older ones do not have it before they connect
            with contextlib.suppress(OSError):
                self.smtp.close()
