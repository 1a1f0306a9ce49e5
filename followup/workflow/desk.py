"""One open home, and the day it is: what every verb works at.

Takes a Home and a clock. Gives settings, store, rules and calendar, each loaded when first used.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from followup import cells, files, settings, shipped, store, workdays
from followup.errors import ConfigurationError, NoPermission, NotFound, TryLater, UsageError
from followup.home import Home
from followup.model import Person

if TYPE_CHECKING:
    from followup import plan
    from followup.store import Store

ONLY_LOOKING = (
    "With --now (or FOLLOWUP_NOW) this home is only looked at, because it sends real mail: what is sent and recorded "
    "has to carry the real day. Say the same without --now."
)

WAIT_SECONDS = 10.0
"""How long a command waits for another one that is at work in the same home."""

CLOCK_SET_BACK = timedelta(hours=1)
"""Clocks are set right by seconds; one that goes back by more was wrong before, or is now."""

LONG_SLEEP = timedelta(days=30)
"""Longer than any holiday of a month: what an owner had in mind by then need not be right any more."""

YEARS_AROUND = range(-1, 3)
"""Which years of public holidays a run may need, counted from this one."""


class Desk:
    """An open home. *now* may give a naive instant, which then is the home's local time (--now).

    With *pretended* that instant is not the computer's (--now): then nothing can be told from it of the clock, and a
    home that sends real mail is only looked at.
    """

    def __init__(self, home: Home, *, now: Callable[[], datetime], pretended: bool = False) -> None:
        """Open the settings; the store opens when it is first used."""
        self.home = home
        self._clock = now
        self._pretended = pretended
        self.settings = settings.load(home.settings_path)
        self.zone = ZoneInfo(self.settings.business.timezone)
        self.today: date = self.now().astimezone(self.zone).date()
        self._store: Store | None = None

    def now(self) -> datetime:
        """Return the instant to record, in UTC."""
        instant = self._clock()
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=self.zone)
        return instant.astimezone(UTC)

    def local(self, instant: datetime) -> datetime:
        """Return *instant* in the home's time zone."""
        return instant.astimezone(self.zone)

    def noon(self, day: date) -> datetime:
        """Return the instant to record of what somebody remembers by the day: noon is on that day in every zone."""
        return datetime.combine(day, time(12), tzinfo=self.zone).astimezone(UTC)

    @cached_property
    def key(self) -> bytes:
        """Return the home's key."""
        return self.home.key()

    @property
    def person(self) -> str:
        """Return who is working: FOLLOWUP_PERSON, else the owner."""
        chosen = os.environ.get("FOLLOWUP_PERSON", "")
        if not chosen:
            return self.settings.owner
        return self.find_person(chosen).id

    def find_person(self, text: str) -> Person:
        """Return the person of the firm that *text* names; NotFound lists the known ones."""
        wanted = text.casefold()
        for person in self.settings.people.values():
            if wanted in {name.casefold() for name in (person.id, person.name, person.email, *person.also) if name}:
                return person
        known = ", ".join(self.settings.people) or "nobody"
        raise NotFound(
            f"Nobody of the firm is called '{cells.short(text)}'. Known: {known} (tables [people.NAME] in "
            "followup.toml)."
        )

    @property
    def store(self) -> Store:
        """Return the open store."""
        if self._store is None:
            self._store = store.open(self.home.database_path, home_key=self.key, backups=self.home.backups_path)
            self._store.staff = tuple(self.settings.people.values())
            self._store.refusal = ONLY_LOOKING if self._only_looks else ""
        return self._store

    @cached_property
    def journal(self) -> files.Journal:
        """Return the append-only journal of hand-overs."""
        return files.Journal(self.home.journal_path)

    def lock(self, *, wait_seconds: float | None = None) -> files.Lock:
        """Return the lock that one sending run holds; it is waited for, `WAIT_SECONDS` long or as long as is said."""
        return files.Lock(self.home.lock_path, wait_seconds=WAIT_SECONDS if wait_seconds is None else wait_seconds)

    @cached_property
    def calendar(self) -> workdays.Calendar:
        """Return the firm's business days; the store keeps public holidays, so that `due` need not look them up."""
        business = self.settings.business
        years = [self.today.year + offset for offset in YEARS_AROUND]
        known = self.store.holidays(business.country, business.region, years)
        if known is None:
            known = workdays.public_holidays(business.country, business.region, years)
            with contextlib.suppress(NoPermission, TryLater):  # reading works in a home that cannot be written
                self.store.keep_holidays(business.country, business.region, years, known)
        return workdays.Calendar(
            country=business.country,
            region=business.region,
            closing_days=self.settings.closing_days,
            weekend=self.settings.weekend,
            holidays=known,
        )

    @cached_property
    def templates(self) -> Mapping[str, frozenset[str]]:
        """Return the names of templates and the languages each is written in."""
        from followup.render import lookup

        return lookup.catalogue(self.template_folders)

    @property
    def template_folders(self) -> tuple[Path, ...]:
        """Return where templates are looked up: the home's own first, then the shipped ones."""
        return (self.home.templates_path, shipped.path("templates"))

    @cached_property
    def rules(self) -> plan.Rules:
        """Return what the planner goes by."""
        from followup import plan

        return plan.rules(
            self.settings,
            calendar=self.calendar,
            templates=self.templates,
            timezone=self.zone,
            home_key=self.key,
        )

    @property
    def _only_looks(self) -> bool:
        return self._pretended and self.settings.mail.reaches_people

    def check_day(self) -> None:
        """Refuse, before a server hears of anything, to send mail that reaches people on a pretended day."""
        if self._only_looks:
            raise UsageError(ONLY_LOOKING)

    def check_steps(self) -> None:
        """Refuse to send while a step with history has vanished from the cadences (DESIGN: identity outlives rows)."""
        known = {name for step in self.settings.steps for name in (step.name, *step.was)}
        lost = sorted(self.store.step_names() - known)
        if lost:
            raise ConfigurationError(
                f"followup.toml: the step '{name}' has a history but is in no cadence any more. "
                f'If it was renamed, write was = ["{name}"] in the new step; if it is not wanted, '
                "keep it with enabled = false."
                for name in lost
            )

    def check_clock(self, *, last_run: datetime | None) -> str:
        """Let everything due up to today wait for review when the time cannot be trusted to go on from where it was.

        To be asked at the start of a run that hands messages to a mail server; not for drafts, which a person sees.
        That the clock was set back shows in what was recorded; that nothing ran for long, in *last_run*. Each is noted
        once, and `restore --looked` releases what waits.

        Args:
            last_run: when a run that needs nobody last tried to send; None when none did, or when a person is here,
                who sees what goes out before it does.

        Returns:
            What was noted now ("the home slept from ... to ..."), or nothing.
        """
        now, latest = self.now(), self.store.latest_instant()
        if self._pretended:
            return ""
        if latest is not None and latest - now > CLOCK_SET_BACK and self._is_new("clock_seen", latest):
            what = f"the clock was set back from {self._said(latest)} to {self._said(now)}"
            return self._doubt(what, clock_seen=latest)
        if last_run is not None and now - last_run > LONG_SLEEP and self._is_new("sleep_seen", last_run):
            what = f"the home slept from {self._said(last_run)} to {self._said(now)}"
            return self._doubt(what, sleep_seen=last_run)
        return ""

    def _is_new(self, note: str, instant: datetime) -> bool:
        return self.store.meta(note) != instant.isoformat()

    def _doubt(self, what: str, **seen: datetime) -> str:
        with self.store.write(kind="system", command="clock", person=self.person, now=self.now()) as write:
            write.set_meta("doubted_on", self.today.isoformat())
            write.set_meta("doubt", what)
            for note, instant in seen.items():
                write.set_meta(note, instant.isoformat())
        return what

    def _said(self, instant: datetime) -> str:
        from followup.report import words

        local = self.local(instant)
        return f"{words.full_day(local.date())}, {local:%H:%M}"

    def close(self) -> None:
        """Close the store."""
        if self._store is not None:
            self._store.close()
            self._store = None


def open_desk(home: Home, *, now: Callable[[], datetime], pretended: bool = False) -> Desk:
    """Open *home*; ConfigurationError names every wrong setting."""
    return Desk(home, now=now, pretended=pretended)
