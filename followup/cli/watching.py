"""A bar that says how far long work is: on stderr, and only where a person watches and the work takes long.

Takes what is done and how much there is. Gives nothing. Writes to stderr when that is a terminal, else nowhere.
"""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

PATIENCE = 2.0
"""Seconds of work before there is a bar: what is shorter only flickers."""


class Watch(AbstractContextManager["Watch"]):
    """What long work tells how far it is; ``with watch:`` around the work, as often as there is some."""

    def __init__(self, *, quiet: bool = False) -> None:
        """Show nothing when *quiet*, or when stderr is no terminal."""
        self._silent = quiet or sys.stderr is None or not sys.stderr.isatty()
        self._since = time.monotonic()
        self._what = ""
        self._bar: ProgressBar[int] | None = None

    def __enter__(self) -> Self:
        """Begin to be patient."""
        self._since = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the line to others."""
        self._end()

    def __call__(self, what: str, done: int, of: int) -> None:
        """Note that of *what*, *done* is done, in any unit, and *of* is all."""
        if self._silent:
            return
        if what != self._what:
            self._end()
            self._what = what
        if self._bar is None:
            if time.monotonic() - self._since < PATIENCE:
                return
            self._bar = click.progressbar(length=of, label=what, file=sys.stderr, width=30)
            self._bar.__enter__()
        self._bar.update(max(0, min(done, of) - self._bar.pos))

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None
        self._what = ""
