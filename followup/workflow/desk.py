"""One open home, and the day it is: what every verb works at.

Takes a Home and a clock. Gives settings, store, rules and calendar, each loaded when first used.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from followup import files, settings, shipped, store, workdays
from followup.errors import ConfigurationError, NoPermission, NotFound, TryLater
from followup.home import Home
from followup.model import Person

if TYPE_CHECKING:
    from followup import plan
    from followup.store import Store

YEARS_AROUND = range(-1, 3)
"""Which years of public holidays a run may need, counted from this one."""


class Desk:
    """An open home. *now* may give a naive instant, which then is the home's local time (--now)."""

    def __init__(self, home: Home, *, now: Callable[[], datetime]) -> None:
        """Open the settings; the store opens when it is first used."""
        self.home = home
        self._clock = now
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
            f"Nobody of the firm is called '{text}'. Known: {known} (tables [people.NAME] in followup.toml)."
        )

    @property
    def store(self) -> Store:
        """Return the open store."""
        if self._store is None:
            self._store = store.open(self.home.database_path, home_key=self.key, backups=self.home.backups_path)
            self._store.staff = tuple(self.settings.people.values())
        return self._store

    @cached_property
    def journal(self) -> files.Journal:
        """Return the append-only journal of hand-overs."""
        return files.Journal(self.home.journal_path)

    def lock(self, *, wait_seconds: float = 10) -> files.Lock:
        """Return the lock that one sending run holds."""
        return files.Lock(self.home.lock_path, wait_seconds=wait_seconds)

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

        return plan.rules(self.settings, calendar=self.calendar, templates=self.templates)

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

    def close(self) -> None:
        """Close the store."""
        if self._store is not None:
            self._store.close()
            self._store = None


def open_desk(home: Home, *, now: Callable[[], datetime]) -> Desk:
    """Open *home*; ConfigurationError names every wrong setting."""
    return Desk(home, now=now)
