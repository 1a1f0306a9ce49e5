"""Ctrl-C and the end of the machine, asked for politely: what is in flight may finish.

Takes nothing. Gives `Stopping`, which says whether the run was asked to end. Touches the signal handlers of the process
while its block runs.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from followup.errors import ExitCode

_LOOK = 0.1  # seconds; how soon a pause hears of a signal


class Stopping:
    """Whether somebody asked this run to end, and with which exit code it then does."""

    def __init__(self) -> None:
        """Begin with nobody asking."""
        self.code: ExitCode | None = None

    @property
    def asked(self) -> bool:
        """Tell whether the run should end now."""
        return self.code is not None

    def ask(self, code: ExitCode) -> None:
        """Ask the run to end with *code*; the first word counts."""
        # A plain attribute and not an Event: a signal handler that sets an Event while this same thread is about to
        # wait for it waits for ever, because the lock inside is not re-entrant.
        self.code = self.code or code

    def pause(self, seconds: float) -> bool:
        """Wait, and return whether the run was asked to end meanwhile, which ends the pause."""
        end = time.monotonic() + seconds
        while not self.asked and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK))
        return self.asked


@contextmanager
def watch() -> Iterator[Stopping]:
    """Take the first Ctrl-C or SIGTERM as a question; a second one interrupts at once.

    Signals reach the main thread alone: in another one, and where a system has no such signal, nothing is watched.
    """
    stopping = Stopping()
    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    codes = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}

    def handle(number: int, frame: FrameType | None) -> None:
        if stopping.asked:
            raise KeyboardInterrupt
        stopping.ask(codes[signal.Signals(number)])

    before = {number: signal.signal(number, handle) for number in codes}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
