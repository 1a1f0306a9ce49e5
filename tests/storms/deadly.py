"""``python -m tests.storms.deadly SPEC followup-arguments``: a run of followup that dies, or fails, at a chosen moment.

SPEC is JSON: ``{"at": "handing_over", "when": "before", "hit": 3, "wait": 0.0, "do": "kill"}``.

    at      ``connect``; ``body`` or ``dot`` on their way to the server; ``claimed``, ``handing_over``, ``sent`` ... on
            their way into the journal; ``fsync``: the journal on its way to the disk, whatever was written last
    when    ``before`` or ``after`` it
    hit     the how manieth time
    wait    seconds from that moment on, while the run goes on; so a kill lands in whatever comes next
    do      ``kill`` (SIGKILL, as from a power cut), ``stop`` (SIGTERM), or the name of an error of the system, such as
            ``EIO`` or ``ENOSPC``, that the call then fails with

Only functions of the standard library are wrapped; followup itself is what it always is.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from typing import Any


class Moment:
    """When it happens, and what."""

    def __init__(self, *, at: str, when: str = "before", hit: int = 1, wait: float = 0.0, do: str = "kill") -> None:
        """Take the specification."""
        self._at, self._when, self._hit, self._wait, self._do = at, when, hit, wait, do
        self._seen = 0

    def wrap(self, call: Callable[..., Any], event: str) -> Any:
        """Call, and do what has to be done before or after."""
        mine = event == self._at
        self._seen += mine
        now = mine and self._seen == self._hit
        if now and self._when == "before":
            self._act()
        result = call()
        if now and self._when == "after":
            self._act()
        return result

    def _act(self) -> None:
        if self._do in ("kill", "stop"):
            sign = signal.SIGKILL if self._do == "kill" else signal.SIGTERM
            if not self._wait:
                os.kill(os.getpid(), sign)
            else:
                threading.Thread(target=self._later, args=(sign,), daemon=True).start()
            return
        number = getattr(errno, self._do)
        raise OSError(number, os.strerror(number))

    def _later(self, sign: signal.Signals) -> None:
        time.sleep(self._wait)
        os.kill(os.getpid(), sign)


def install(moment: Moment) -> None:
    """Wrap what followup calls when it talks to the server and writes the journal."""
    names: dict[int, str] = {}
    write, sync, opened = os.write, os.fsync, os.open
    connect = socket.create_connection

    def open_file(path: Any, *how: Any, **more: Any) -> int:
        handle = opened(path, *how, **more)
        names[handle] = os.path.basename(os.fspath(path)) if not isinstance(path, int) else ""  # noqa: PTH119
        return handle

    def write_file(handle: int, data: bytes) -> int:
        event = ""
        if names.get(handle) == "journal":
            fields = bytes(data).replace(b"(cut short)\n", b"").split()
            event = fields[1].decode("ascii") if len(fields) > 1 else ""
        written: int = moment.wrap(lambda: write(handle, data), event)
        return written

    def sync_file(handle: int) -> None:
        moment.wrap(lambda: sync(handle), "fsync" if names.get(handle) == "journal" else "")

    def create_connection(*where: Any, **how: Any) -> socket.socket:
        line: socket.socket = moment.wrap(lambda: connect(*where, **how), "connect")
        return line

    def telling(send: Callable[..., int]) -> Callable[..., int]:
        def tell(self: socket.socket, data: Any, *flags: int) -> int:
            said = bytes(data)
            event = "dot" if said == b".\r\n" else "body" if b"X-Touchpoint: " in said else ""
            sent: int = moment.wrap(lambda: send(self, data, *flags), event)
            return sent

        return tell

    os.open, os.write, os.fsync = open_file, write_file, sync_file
    socket.create_connection = create_connection
    for kind in (socket.socket, ssl.SSLSocket):
        kind.send = telling(kind.send)  # type: ignore[method-assign]  # every write is told of


if __name__ == "__main__":
    install(Moment(**json.loads(sys.argv.pop(1))))
    from followup import cli

    cli.main()
