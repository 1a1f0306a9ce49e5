"""One conversation: aiosmtpd's protocol, with faults at every place and a record of everything.

Takes a `Conversation`'s rules from the server. Gives answers on the line. Touches the server's truth.

Handler hooks of aiosmtpd reach neither the greeting nor EHLO, AUTH or the text as it comes in; so every command goes
through `_command`, every answer through `push`, and the text is read here.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd import smtp

from tests.mailserver import truth
from tests.mailserver.faults import Fault

PLACE_OF = {
    "HELO": "ehlo",
    "EHLO": "ehlo",
    "STARTTLS": "starttls",
    "AUTH": "auth",
    "MAIL": "mail",
    "RCPT": "rcpt",
    "DATA": "data",
    "RSET": "rset",
    "QUIT": "quit",
}


@dataclass
class Rules:
    """How a server behaves; read anew at every step, so that a test may change it while it runs."""

    users: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)
    delays: Mapping[str, float] = field(default_factory=dict)  # place -> seconds; "reply": after a message is kept
    offers_starttls: bool = True
    offers_auth: bool = True
    implicit_tls: bool = False

    def fault(self, place: str, about: str) -> Fault | None:
        """Return the first fault that strikes; all of them count the hit."""
        return next(iter([each for each in list(self.faults) if each.strikes(place, about)]), None)


class Handler:
    """What aiosmtpd asks of a handler: only the list of what EHLO offers."""

    def __init__(self, rules: Rules) -> None:
        """Take the rules."""
        self._rules = rules

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        """Leave out what this server does not offer; a network that strips STARTTLS looks the same."""
        session.host_name = hostname
        hidden = set()
        if not self._rules.offers_starttls:
            hidden.add("STARTTLS")
        if not (self._rules.offers_auth and self._rules.users):
            hidden.add("AUTH")
        return [line for line in responses if line[4:].partition(" ")[0] not in hidden]


class Conversation(smtp.SMTP):
    """One connection."""

    def __init__(
        self, *, rules: Rules, log: truth.Truth, number: int, over: Callable[[Conversation], None], **how: Any
    ):
        """Take the rules, where to write, the connection's number, and whom to tell when it is over."""
        super().__init__(
            Handler(rules),
            hostname="mail.server.test",
            ident="ESMTP",
            authenticator=self._authenticate_user,
            auth_require_tls=how.get("tls_context") is not None,  # aiosmtpd does not know implicit TLS as such
            **how,
        )
        # Given to aiosmtpd's constructor, this warns where TLS is implicit.
        self._auth_required = bool(rules.users)
        self._rules, self._log, self.number, self._over = rules, log, number, over
        self._place = "greeting"
        self._after: Fault | None = None
        self._begun = False
        self._smtp_methods = {
            name: functools.partial(self._command, name, method) for name, method in self._smtp_methods.items()
        }

    # ---------------------------------------------------------------- the line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or begin anew inside TLS."""
        super().connection_made(transport)
        if not self._begun:
            self._begun = True
            self._note("connected")

    def connection_lost(self, error: Exception | None) -> None:
        """Write down that the line is gone."""
        self._note("lost")
        super().connection_lost(error)
        self._over(self)

    def cut(self) -> None:
        """Cut the line at once, without goodbye; what was not read is thrown away."""
        for transport in (self.transport, self._original_transport):
            if transport is not None:
                transport.abort()  # type: ignore[attr-defined]  # the transport of a socket has it

    @property
    def task(self) -> asyncio.Task[None] | None:
        """Return what serves this connection."""
        return self._handler_coroutine

    @property
    def encrypted(self) -> bool:
        """Tell whether nobody else could read this."""
        return self._rules.implicit_tls or self._tls_protocol is not None

    def _note(self, event: str, **what: Any) -> None:
        self._log.add(session=self.number, event=event, encrypted=self.encrypted, **what)

    # ---------------------------------------------------------------- commands and answers

    async def _handle_client(self) -> None:
        self._place = "greeting"
        if await self._disturbed("greeting", ""):
            # aiosmtpd would say hello now; a server that refused says nothing more, and waits for QUIT.
            while await self._reader.readline():
                pass
            return
        await super()._handle_client()

    async def _command(self, name: str, method: Callable[[Any], Awaitable[None]], arg: str | None) -> None:
        shown = f"{name} {(arg or '').split(' ')[0] if name == 'AUTH' else arg or ''}".rstrip()
        self._note("command", text=shown)
        self._place = PLACE_OF.get(name, "")
        if await self._disturbed(self._place, self._about(arg)):
            if name == "QUIT":
                self.cut()
            return
        await method(arg)

    def _about(self, arg: str | None) -> str:
        if self._place in {"data", "body", "dot"}:
            return " ".join(self.envelope.rcpt_tos) if self.envelope else ""
        return arg or ""

    async def _disturbed(self, place: str, about: str) -> bool:
        """Do what goes wrong here; tell whether that was all there is to this command."""
        self._after = None
        fault = self._rules.fault(place, about)
        if delay := self._rules.delays.get(place):
            await asyncio.sleep(delay)
        if fault is None:
            return False
        self._note("fault", text=f"{place} {fault.do} {fault.line}".rstrip())
        if fault.do == "reply":
            await self._say(fault.line)
            if fault.line.startswith("421"):  # RFC 5321, 3.8: the server closes the channel
                self._close()
            return True
        if fault.do == "drop":
            self._drop()
        if fault.do == "silent":
            await asyncio.Event().wait()
        if fault.do in ("slow", "hold"):
            await asyncio.sleep(fault.seconds)
            while fault.do == "hold" and fault in self._rules.faults:
                await asyncio.sleep(0.01)
            return False
        self._after = fault
        return False

    async def push(self, status: Any) -> None:
        """Answer, unless something goes wrong with the answer."""
        fault = self._after
        if fault is None or fault.do in {"dishonest", "accept-cut"} or str(status).startswith(("250-", "334")):
            await self._say(status)
            return
        self._after = None
        if fault.do == "accept+drop":
            self._drop()
        elif fault.do == "accept+silent":
            await asyncio.Event().wait()
        elif fault.do == "accept+garbage":
            await super().push((fault.line or "\x07\xff is not an answer").encode("latin-1"))
        else:
            await asyncio.sleep(fault.seconds)
            await self._say(fault.line or status)

    async def _say(self, answer: Any) -> None:
        if self._place == "dot":
            self._note("replied")  # before it is: the client may be quicker than we are
            self._place = ""
        await super().push(answer)

    def _drop(self) -> None:
        self.cut()
        raise asyncio.CancelledError

    def _close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    # ---------------------------------------------------------------- login and text

    def _authenticate_user(
        self, server: Any, session: Any, envelope: Any, mechanism: str, said: smtp.LoginPassword
    ) -> smtp.AuthResult:
        user = said.login.decode("utf-8", "replace")
        right = self._rules.users.get(user) == said.password.decode("utf-8", "replace")
        self._note("login", text=f"{mechanism} {user}", right=right)
        # handled=False: else aiosmtpd sends no answer, and the client waits for ever
        return smtp.AuthResult(success=right, handled=False)

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        """Take the text in: aiosmtpd's own does not let us see it before its end."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        envelope = self.envelope
        assert envelope is not None
        if not envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        self._place = "body"
        self._note("body", text=self._about(None))
        lines: list[bytes] = []
        disturbed = False
        try:
            while (line := await self._reader.readuntil(b"\r\n")) != b".\r\n":
                lines.append(line.removeprefix(b"."))
                if not disturbed:
                    disturbed = True
                    if await self._disturbed("body", self._about(None)):
                        return
        except asyncio.CancelledError:
            if self._after is not None and self._after.do == "accept-cut":
                self._keep(b"".join(lines), kept=True, promised=False)
            raise
        self._place = "dot"
        if not await self._disturbed("dot", self._about(None)):
            keeps = self._after is None or self._after.do != "dishonest"
            self._keep(b"".join(lines), kept=keeps, promised=True)
            if delay := self._rules.delays.get("reply"):
                await asyncio.sleep(delay)
            self._set_post_data_state()
            await self.push("250 2.0.0 OK")
        self._set_post_data_state()

    def _keep(self, raw: bytes, *, kept: bool, promised: bool) -> None:
        envelope = self.envelope
        assert envelope is not None
        fields = truth.message_fields(
            sender=envelope.mail_from or "", recipients=envelope.rcpt_tos, raw=raw, kept=kept, promised=promised
        )
        self._note("message", message=fields)
