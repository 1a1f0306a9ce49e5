"""What every command shares: the home, today, and who is there.

Takes the root's options. Gives a desk, opened when a command first asks for it. The only place that reads the clock.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from followup import cells
from followup import home as homes
from followup.errors import Declined, UsageError

if TYPE_CHECKING:
    from followup.home import Home
    from followup.workflow.desk import Desk


YEARS = range(1970, 2200)
"""What --now may say: years to plan in lie before and after each of them."""


class App:
    """The object that click hands from command to command."""

    def __init__(self, *, person_is_there: bool | None = None, width: int | None = None, says_now: bool = True) -> None:
        """Begin without a home.

        Args:
            person_is_there: answers for the terminal (tests do).
            width: of tables, where no terminal says; None: as wide as they are.
            says_now: tell on stderr that --now is used.
        """
        self._person_is_there = person_is_there
        self.width = width
        self._home_option: str | None = None
        self._now_option: str | None = None
        self._desk: Desk | None = None
        self._said_now = not says_now
        self.verbose = False
        self.quiet = False

    def start(self, *, home: str | None, now: str | None, verbose: bool, quiet: bool) -> None:
        """Take the root's options; options win over the environment."""
        self._home_option = home
        self._now_option = now or os.environ.get("FOLLOWUP_NOW")
        self.verbose, self.quiet = verbose, quiet
        _ = self.fixed_now  # a wrong --now is said before anything else happens

    def close(self) -> None:
        """Close what was opened."""
        if self._desk is not None:
            self._desk.close()
            self._desk = None

    @property
    def interactive(self) -> bool:
        """Say whether a person is there to answer questions."""
        if self._person_is_there is not None:
            return self._person_is_there
        return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))

    @cached_property
    def fixed_now(self) -> datetime | None:
        """Return the naive local instant of --now, or None."""
        if not self._now_option:
            return None
        try:
            if len(self._now_option) == 10:
                now = datetime.combine(date.fromisoformat(self._now_option), time(9, 0))
            else:
                now = datetime.fromisoformat(self._now_option)
        except ValueError:
            raise UsageError(
                f"--now: '{self._now_option}' is not a day. Write 2026-03-02 or 2026-03-02T09:30."
            ) from None
        if now.year not in YEARS:
            raise UsageError(f"--now: {now.year} is too far away; days from {YEARS[0]} to {YEARS[-1]} are understood.")
        return now

    def home_path(self) -> Path:
        """Return the folder of the home in use; NotFound when there is none."""
        return homes.find(
            Path(self._home_option) if self._home_option else None,
            cwd=Path.cwd(),
            environ=os.environ,
            user_home=Path.home(),
        )

    def new_home_path(self, folder: str | None) -> Path:
        """Return where `init` makes a home: told, --home, or ~/followup."""
        chosen = folder or self._home_option or os.environ.get(homes.ENVIRONMENT)
        return Path(chosen).expanduser().absolute() if chosen else Path.home() / "followup"

    @property
    def home(self) -> Home:
        """Return the home in use."""
        return homes.Home(self.home_path())

    def desk(self) -> Desk:
        """Open the home: settings, store, key, and the day that all planning uses."""
        if self._desk is None:
            from followup.workflow import desk

            self._desk = desk.open_desk(self.home, now=self.clock, pretended=self.fixed_now is not None)
        if self.fixed_now and not self._said_now:
            self._said_now = True
            from followup.report import words

            self.narrate(f"Using {words.long_day(self._desk.today)} as today (--now).")
        return self._desk

    def clock(self) -> datetime:
        """Return the instant to plan and record by: the clock's, or that of --now, naive where it names no zone."""
        return self.fixed_now or datetime.now(UTC)

    # ------------------------------------------------------------ talking

    def narrate(self, text: str) -> None:
        """Say something on stderr that is not the result."""
        if not self.quiet:
            self.warn(text)

    def warn(self, text: str) -> None:
        """Say something on stderr even when quiet: it needs a person. What client data could forge is made harmless."""
        click.echo("\n".join(cells.printable_lines(text)), err=True)

    def confirm(self, question: str, *, yes: bool, option: str = "--yes") -> None:
        """Go on only when told so; without a person, only when *option* said so."""
        if yes:
            return
        if not self.interactive:
            raise UsageError(f"{question} Nobody is here to answer: add {option}.")
        if not click.confirm(question, err=True):
            raise Declined("Nothing was done.")


pass_app = click.make_pass_decorator(App)
