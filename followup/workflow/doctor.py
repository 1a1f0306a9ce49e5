"""Looking a home over: what is wrong, and what would mend it.

Takes a Home and, where its settings can be read, a Desk. Gives checks. Touches nothing.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from followup import files, home, settings, workdays
from followup.errors import ConfigurationError, FollowupError
from followup.home import Home
from followup.model import Purpose
from followup.report import words
from followup.workflow import journal
from followup.workflow.desk import Desk


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that `doctor` looked at."""

    about: str
    ok: bool
    said: str
    fix: str = ""
    serious: bool = True


def examine(made: Home, desk: Desk | None) -> list[Check]:
    """Look at everything a home consists of. *desk* is None when the settings could not be read."""
    checks = [_place(made), *_modes(made)]
    try:
        settings.load(made.settings_path)
        checks.append(Check("settings", True, "followup.toml is understood"))
    except ConfigurationError as error:
        checks += [Check("settings", False, problem, "edit followup.toml") for problem in error.problems]
    if desk is None:
        return checks
    database = _database(desk)
    checks += [database, *(_journal(desk) if database.ok else []), *_templates(desk), *_reachable(desk)]
    checks += [_steps(desk), _holidays(desk)] if database.ok else []
    return checks


def _place(made: Home) -> Check:
    warning = home.sync_folder_warning(made.path)
    if warning:
        return Check("home", False, warning, "move the home to a folder of this computer's own disk", serious=False)
    return Check("home", True, str(made.path))


def _modes(made: Home) -> list[Check]:
    if sys.platform == "win32":
        return []
    checks = []
    for path in (made.path, made.settings_path, made.database_path, made.journal_path, made.key_path):
        if not path.exists():
            if path != made.journal_path:  # the first hand-over makes it
                checks.append(Check("files", False, f"{path.name} is missing", "bring it back with `followup restore`"))
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = files.PRIVATE_FOLDER if path.is_dir() else files.PRIVATE_FILE
        if mode & ~wanted:
            checks.append(
                Check("files", False, f"{path} can be read by others (mode {mode:o})", f"chmod {wanted:o} '{path}'")
            )
        if not os.access(path, os.W_OK):
            checks.append(Check("files", False, f"{path} cannot be written", f"chmod u+w '{path}', or ask its owner"))
    return checks or [Check("files", True, "private to you")]


def _database(desk: Desk) -> Check:
    try:
        problems = desk.store.check()
    except FollowupError as error:
        return Check("database", False, str(error), "bring it back with `followup restore BACKUP`")
    if problems:
        return Check("database", False, "; ".join(problems), "bring it back with `followup restore BACKUP`")
    counts = desk.store.counts()
    held = ", ".join(words.plural(counts[f"{name}s"], name) for name in ("client", "job", "contact"))
    return Check("database", True, held)


def _journal(desk: Desk) -> list[Check]:
    checks = [
        Check("journal", False, problem, "keep the file as it is; the next hand-over goes on behind it", serious=False)
        for problem in desk.journal.problems()
    ]
    ahead = journal.ahead(desk)
    if ahead:
        listed = ", ".join(sorted(ahead)[:5])
        checks.append(
            Check(
                "journal",
                False,
                f"the database is older: the journal knows {len(ahead)} hand-overs that it does not ({listed})",
                "bring back a newer backup with `followup restore BACKUP DIR`; where there is none, say "
                "`followup restore --looked`, and what is due waits for your review",
            )
        )
    return checks or [Check("journal", True, "agrees with the database")]


def _templates(desk: Desk) -> list[Check]:
    from followup.workflow import templating

    problems = templating.check(desk)
    if not problems:
        return [Check("templates", True, "every template renders for every kind of client")]
    return [Check("templates", False, str(problem), "followup template edit NAME") for problem in problems]


def _reachable(desk: Desk) -> Iterator[Check]:
    """Yield what has to be known of the business before messages can go out."""
    if not desk.settings.mail.from_address:
        yield Check(
            "mail", False, "e-mails wait: we have no address to write from", "set mail.from_address", serious=False
        )
    waiting = any(step.enabled and step.purpose is Purpose.MARKETING for step in desk.settings.steps)
    if waiting and not desk.settings.business.address:
        yield Check(
            "mail",
            False,
            "marketing messages wait: they have to show our postal address",
            "set business.address",
            serious=False,
        )


def _steps(desk: Desk) -> Check:
    try:
        desk.check_steps()
    except ConfigurationError as error:
        return Check("cadences", False, str(error), "edit followup.toml")
    return Check("cadences", True, f"{sum(step.enabled for step in desk.settings.steps)} steps in force")


def _holidays(desk: Desk) -> Check:
    business = desk.settings.business
    regions = workdays.regions(business.country)
    if business.region and business.region not in regions:
        return Check(
            "holidays",
            False,
            f"business.region '{business.region}' is no region of {business.country}",
            f"one of: {', '.join(regions)}" if regions else "leave business.region empty",
        )
    return Check("holidays", True, f"next closed day: {_next_closed(desk)}")


def _next_closed(desk: Desk) -> str:
    day = desk.today
    for _ in range(400):
        day = date.fromordinal(day.toordinal() + 1)
        if day.weekday() < 5 and not desk.calendar.is_business_day(day):
            return f"{words.long_day(day)}, {desk.calendar.why_closed(day)}"
    return "none known"
