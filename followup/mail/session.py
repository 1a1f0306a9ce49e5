"""One connection to the mail server, which takes one message after the other.

Takes the settings of mail, the login, and finished bytes. Gives a `replies.Verdict` for whatever a server or a network
does. Touches the network.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from followup import cells, settings
from followup.errors import BadInput
from followup.mail import build, replies
from followup.mail.passwords import Secret
from followup.mail.replies import Phase, Verdict
from followup.model import AttemptState
from followup.providers import PROVIDERS

if TYPE_CHECKING:
    import ssl

    from followup.mail import line

GOODBYE = 5.0
"""Seconds for QUIT and its answer; nothing depends on them."""


class Stopped(Exception):
    """No session came about; *verdict* says what stops the run."""

    def __init__(self, verdict: Verdict) -> None:
        """Keep the verdict."""
        self.verdict = verdict
        super().__init__(f"{verdict.said.rstrip('.')}. {verdict.hint}".strip())


class Session:
    """A session with the server of *mail*. It can be opened again when a line was lost."""

    def __init__(self, mail: settings.Mail, secret: Secret | None, *, home: Path | None = None) -> None:
        """Take what is needed; nothing is connected yet.

        Args:
            secret: None: no login.
            home: where a relative `ca_file` is looked for.
        """
        self._mail = mail
        self._secret = secret
        self._home = home or Path()
        self._mailer: line.Mailer | None = None

    @property
    def server(self) -> str:
        """Return the host as people are shown it."""
        return cells.printable(self._mail.host)

    @property
    def is_open(self) -> bool:
        """Tell whether there is a line to hand a message to; after `Verdict.reconnect` there is none."""
        return self._mailer is not None

    # ---------------------------------------------------------------- open and close

    def open(self) -> None:
        """Connect, secure the line, log in. What was open before is closed.

        Raises:
            Stopped: that failed, and what it means.
            ConfigurationError: the file of certificates cannot be used.
        """
        self.close()
        from followup.mail import line

        mail, security = self._mail, self._mail.security
        tls = None if security == "none" else self._tls
        mailer = line.Mailer(
            mail.host,
            mail.port,
            login=self._secret,
            security=security,
            tls=tls,
            make=lambda: line.Line(
                mail.host,
                mail.port,
                timeout=mail.timeout,
                tls=tls if security == "tls" else None,
                local_hostname=build.to_ascii_address(mail.from_address).rpartition("@")[2],
            ),
        )
        try:
            mailer.login()
            mailer.smtp.ehlo_or_helo_if_needed()  # yagmail says hello only before STARTTLS and for a login
        except OSError as error:
            mailer.cut()
            raise Stopped(self._why_not_open(mailer.smtp.phase, error)) from None
        except BaseException:
            mailer.cut()
            raise
        self._mailer = mailer

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        from followup.mail import line

        return line.context(self._home / Path(self._mail.ca_file).expanduser() if self._mail.ca_file else None)

    def _why_not_open(self, phase: Phase, error: OSError) -> Verdict:
        import smtplib

        if not isinstance(error, smtplib.SMTPResponseException):
            return replies.of_break(phase, error, server=self.server)
        said = error.smtp_error
        verdict = self._verdict(phase, error.smtp_code, said.encode() if isinstance(said, str) else said)
        provider = PROVIDERS.get(self._mail.provider)
        if verdict.blocks and provider is not None:
            hint = f"{verdict.hint} {provider.title} wants {provider.password}."
            return dataclasses.replace(verdict, hint=hint)
        return verdict

    def close(self) -> None:
        """Say goodbye. Never raises, and takes no longer than `GOODBYE`."""
        mailer, self._mailer = self._mailer, None
        if mailer is not None:
            mailer.smtp.hurry(GOODBYE)
            with contextlib.suppress(OSError):
                mailer.close()
            mailer.cut()

    def _cut(self) -> None:
        """Hang up. In the middle of a message the server would take a goodbye for text."""
        mailer, self._mailer = self._mailer, None
        if mailer is not None:
            mailer.cut()

    # ---------------------------------------------------------------- one message

    def hand_over(self, raw: bytes, *, sender: str, recipient: str, fence: Callable[[], None]) -> Verdict:
        """Hand one message to the server.

        Args:
            raw: the finished message.
            sender: where bounces go.
            recipient: the one who gets it.
            fence: called when the whole text is out and nothing but the dot is missing. What it raises is raised
                again, after the line was cut without the dot: then nothing was handed over.

        Returns:
            What came of it; whatever a server or a network does becomes one. Where the line is no longer of use, it is
            closed (`is_open`).
        """
        if self._mailer is None:
            return replies.of_break(Phase.MAIL, ConnectionError("the line is closed"), server=self.server)
        connection = self._mailer.smtp
        try:
            verdict = self._offer(connection, raw, sender=sender, recipient=recipient)
            if verdict is None:
                fence()
                verdict = self._finish(connection)
            return verdict
        except BaseException:
            self._cut()
            raise

    def _offer(self, connection: line.Line, raw: bytes, *, sender: str, recipient: str) -> Verdict | None:
        """Say all but the dot; return what came of it if the server did not take that much."""
        from followup.mail import line

        connection.begin(Phase.MAIL)
        try:
            sender, recipient = build.to_ascii_address(sender), build.to_ascii_address(recipient)
        except BadInput as error:
            return Verdict(phase=Phase.MAIL, state=AttemptState.PERMANENT, said=replies.one_line(str(error)))
        text = line.canonical(raw)
        if 0 < connection.takes_at_most < len(text):
            return replies.too_large(Phase.MAIL, f"{self.server} takes at most {connection.takes_at_most} bytes")
        size = f" SIZE={len(text)}" if connection.has_extn("size") else ""
        try:
            if connection.spoke_out_of_turn():  # "421 idle for too long", usually: not about this message
                raise ConnectionResetError("it left between two messages")
            for phase, verb, argument in (
                (Phase.MAIL, "MAIL", f"FROM:<{sender}>{size}"),
                (Phase.RCPT, "RCPT", f"TO:<{recipient}>"),
                (Phase.DATA, "DATA", ""),
            ):
                code, said = connection.command(phase, verb, argument)
                goes_on = code == 354 if phase is Phase.DATA else 200 <= code < 300
                if not goes_on:
                    return self._refused(connection, code, said)
            connection.body(text)
            if connection.spoke_out_of_turn():
                return self._refused(connection, *connection.getreply())
        except OSError as error:
            return self._last_words(connection) or self._broken(connection, error)
        return None

    def _last_words(self, connection: line.Line) -> Verdict | None:
        """Return what the server said of a text before it hung up: often why."""
        if connection.phase is Phase.BODY:
            with contextlib.suppress(OSError):
                if connection.spoke_out_of_turn():
                    return self._refused(connection, *connection.getreply())
        return None

    def _finish(self, connection: line.Line) -> Verdict:
        try:
            code, said = connection.dot()
        except OSError as error:
            return self._broken(connection, error)
        if 200 <= code < 300:
            return self._verdict(Phase.DOT, code, said)
        return self._refused(connection, code, said)

    def _broken(self, connection: line.Line, error: OSError) -> Verdict:
        self._cut()
        return replies.of_break(connection.phase, error, server=self.server)

    def _refused(self, connection: line.Line, code: int, said: bytes) -> Verdict:
        """Return what a refusal means, with the line fit for the next message or closed."""
        phase = connection.phase
        verdict = self._verdict(phase, code, said)
        if code == 421 or verdict.reconnect or phase is Phase.BODY or not self._reset(connection):
            self._cut()
            return dataclasses.replace(verdict, reconnect=verdict.stop is None)
        return verdict

    def _reset(self, connection: line.Line) -> bool:
        """Tell whether the server forgot the message: a refused DATA leaves it open, and "nested MAIL" would follow."""
        connection.begin(Phase.MAIL)
        try:
            return connection.command(Phase.MAIL, "RSET")[0] == 250
        except OSError:
            return False

    def _verdict(self, phase: Phase, code: int, said: bytes) -> Verdict:
        """Return what a reply means, in words without the password: a server may repeat what it was told."""
        if self._secret is None:
            return replies.of_reply(phase, code, said)
        verdict = replies.of_reply(phase, code, self._secret.redact(said.decode("utf-8", "replace")))
        # Again, because words that stood on two lines stand on one now.
        return dataclasses.replace(verdict, said=self._secret.redact(verdict.said))
