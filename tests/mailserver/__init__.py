"""A real SMTP server on this machine that does everything wrong that a mail server, or the network to it, can do.

Takes faults. Gives a port, and the truth: what really arrived. Touches one socket on the loopback, one thread, and a
log file if one is named.

In a test: ``with FaultServer(security="starttls", certificates=certificates) as server:`` or the fixture `mail_server`.
In a process of its own, which outlives the clients that a storm kills: ``python -m tests.mailserver --help``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.mailserver.certificates import HOST, Certificates
from tests.mailserver.faults import Fault
from tests.mailserver.truth import Accepted, Record, Truth

__all__ = ["HOST", "PASSWORD", "SECURITIES", "USER", "Accepted", "Certificates", "Fault", "FaultServer", "Truth"]

SECURITIES = ("none", "starttls", "tls")
USER, PASSWORD = "sam@alder.example.com", "correct horse battery staple"

logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd tells of every odd client


class FaultServer:
    """The server. `faults`, `delays`, `users` and what is offered may be changed while it runs.

    Args:
        security: ``none``, ``starttls`` or ``tls`` (from the first byte on).
        certificates: needed for both kinds of TLS; *certificate* is the kind that is shown.
        users: login name -> password; empty: anybody may send, and no login is offered.
        faults: see `Fault`; the first that strikes counts.
        delays: place -> seconds that it takes each time; ``reply`` is the time between keeping a message and saying so.
        log: a file that gets the truth too.
        port: 0: any that is free.
    """

    def __init__(
        self,
        *,
        security: str = "none",
        certificates: Certificates | None = None,
        certificate: str = "good",
        users: Mapping[str, str] | None = None,
        faults: Iterable[Fault] = (),
        delays: Mapping[str, float] | None = None,
        offers_starttls: bool = True,
        offers_auth: bool = True,
        log: Path | None = None,
        port: int = 0,
    ) -> None:
        """Say how it behaves; nothing listens yet."""
        from tests.mailserver import protocol

        if security not in SECURITIES:
            raise ValueError(f"security is one of {', '.join(SECURITIES)}")
        self.security = security
        self.certificates = certificates
        self.truth = Truth(path=log)
        self.rules = protocol.Rules(
            users={USER: PASSWORD} if users is None else users,
            faults=list(faults),
            delays=dict(delays or {}),
            offers_starttls=offers_starttls,
            offers_auth=offers_auth,
            implicit_tls=security == "tls",
        )
        self.port = port
        self.surprises: list[dict[str, Any]] = []  # errors of the server itself
        self._context = None
        if security != "none":
            assert certificates is not None, "TLS needs certificates"
            self._context = certificates.server_context(certificate)
        self._conversations: dict[int, tuple[Any, Any]] = {}  # number -> conversation, its first transport
        self._waiting: set[asyncio.Task[None]] = set()
        self._numbers = 0

    # ---------------------------------------------------------------- what tests ask for

    @property
    def faults(self) -> list[Fault]:
        """Return what goes wrong from now on; append to it, or clear it."""
        return self.rules.faults

    @property
    def messages(self) -> list[Accepted]:
        """Return what would reach somebody."""
        return self.truth.kept

    @property
    def logins(self) -> list[Record]:
        """Return every try to log in."""
        return self.truth.logins

    @property
    def commands(self) -> list[str]:
        """Return every command of every session."""
        return self.truth.commands

    @property
    def sessions(self) -> int:
        """Return how many connections were made."""
        return self.truth.sessions

    # ---------------------------------------------------------------- life

    def __enter__(self) -> Self:
        """Listen, in a thread of its own."""
        self._socket = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda loop, what: self.surprises.append(what))
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="mail server", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cut every line and end the thread."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(timeout=10)
        assert not self._thread.is_alive(), "the mail server did not end"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            asyncio.set_event_loop(None)
            self._loop.close()

    async def _serve(self) -> None:
        accepting = asyncio.create_task(self._accept())
        await self._stopping.wait()
        accepting.cancel()
        self._socket.close()
        tasks = [accepting, *self._waiting]
        for waiting in self._waiting:
            waiting.cancel()
        for conversation, transport in list(self._conversations.values()):
            if conversation.task is not None:
                conversation.task.cancel()
                tasks.append(conversation.task)
            conversation.cut()
            transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(5):  # transports are closed by call-backs of call-backs
            await asyncio.sleep(0)

    async def _accept(self) -> None:
        while True:
            line, _ = await self._loop.sock_accept(self._socket)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = self._loop.create_task(self._receive(line))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

    async def _receive(self, line: socket.socket) -> None:
        """Begin a conversation, or do what goes wrong before one."""
        from tests.mailserver import protocol

        self._numbers += 1
        number = self._numbers
        fault = self.rules.fault("connect", "")
        if delay := self.rules.delays.get("connect"):
            await asyncio.sleep(delay)
        if fault is not None:
            self.truth.add(session=number, event="connected")
            self.truth.add(session=number, event="fault", text=f"connect {fault.do}")
            with contextlib.closing(line):
                if fault.do == "silent":
                    await asyncio.Event().wait()
                if fault.do == "slow":
                    await asyncio.sleep(fault.seconds)
                if fault.do == "reply":
                    await self._loop.sock_sendall(line, f"{fault.line}\r\n".encode("latin-1"))
                if fault.do == "drop":  # a reset, not a goodbye
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        conversation = protocol.Conversation(
            rules=self.rules,
            log=self.truth,
            number=number,
            over=lambda ended: self._conversations.pop(ended.number, None),
            loop=self._loop,
            tls_context=self._context if self.security == "starttls" else None,
            require_starttls=self.security == "starttls" and self.rules.offers_starttls,
        )
        with contextlib.suppress(OSError):  # who does not like the certificate hangs up
            transport, _ = await self._loop.connect_accepted_socket(
                lambda: conversation, line, ssl=self._context if self.security == "tls" else None
            )
            if conversation.task is not None and not conversation.task.done():
                self._conversations[number] = (conversation, transport)
