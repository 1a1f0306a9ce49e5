"""Making, checking, copying and bringing back a home.

Takes a folder and answers, or a Desk. Gives what was made or found. Touches the home's files.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from followup import files, home, settings, store, workdays
from followup.errors import BadInput, CannotCreate, ConfigurationError, FollowupError, IOFailure, NotFound
from followup.home import Home
from followup.model import AttemptState, Purpose, State
from followup.report import words
from followup.workflow import planning
from followup.workflow.desk import Desk

BACKUP_MEMBERS = ("followup.toml", "followup.db", "journal", "key")
"""What a backup holds besides templates/; never a password file, never the drafts, which the database makes anew."""


def make(folder: Path, *, answers: Mapping[str, str]) -> Home:
    """Make a home in *folder*; nothing that is there already is overwritten."""
    return home.make(folder, answers=answers, fill=_make_database)


def _make_database(made: Home) -> None:
    store.create(made.database_path, home_key=made.key()).close()


def crontab_line(made: Home) -> str:
    """Return the line that runs the daily round at 7:30, with full paths, for `crontab -e`."""
    beside = Path(sys.executable).with_name("followup.exe" if sys.platform == "win32" else "followup")
    program = beside if beside.is_file() else shutil.which("followup")
    command = f'"{program}"' if program else f'"{sys.executable}" -m followup'
    return f'30 7 * * * {command} --home "{made.path}" run --cron'


# ---------------------------------------------------------------- doctor


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
    ahead = journal_ahead(desk)
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


def journal_ahead(desk: Desk) -> set[str]:
    """Return the keys that the journal saw handed over and the database has never heard of.

    Those that the owner has looked at (`release_restored`) are left out.
    """
    seen = {entry.key for entry in desk.journal.entries() if entry.key}
    ahead = seen - desk.store.keys_with_attempts(seen) if seen else set()
    return ahead - set((desk.store.meta(_LOOKED) or "").split()) if ahead else ahead


_LOOKED = "journal_looked"


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
            return f"{day:%A} {day.day} {day:%B %Y}, {desk.calendar.describe_closed(day)}"
    return "none known"


# ---------------------------------------------------------------- status


@dataclass(frozen=True, slots=True)
class Status:
    """What waits, in numbers."""

    drafts: int
    calls: int
    letters: int
    messages: int
    review: int
    failed: int
    held: int
    cases: int
    clients: int
    jobs: int
    contacts: int
    oldest_draft_on: date | None


def status(desk: Desk) -> Status:
    """Count what waits now."""
    from followup.workflow.contacts import BY_HAND

    waiting, held = planning.due_and_held(desk)
    counts = desk.store.counts()
    drafts = list(desk.store.open_attempts([AttemptState.DRAFTED]))
    ready = [each for each in waiting if each.state == State.DUE]
    return Status(
        drafts=len(drafts),
        calls=sum(each.channel == "call" for each in ready),
        letters=sum(each.channel in BY_HAND and each.channel != "call" for each in ready),
        messages=sum(each.channel == "email" for each in ready),
        review=sum(each.state == State.REVIEW for each in waiting),
        failed=sum(each.state in (State.FAILED, State.RETRY) for each in waiting),
        held=len(held),
        cases=len(desk.store.cases(open_only=True)),
        clients=counts["clients"],
        jobs=counts["jobs"],
        contacts=counts["contacts"],
        oldest_draft_on=min((each.on for each in drafts), default=None),
    )


# ---------------------------------------------------------------- backup and restore


def backup(desk: Desk, to: Path | None) -> Path:
    """Copy the home into one .tar.gz of mode 0600: database by the backup API, journal, templates, settings, key."""
    name = f"followup-{desk.local(desk.now()):%Y-%m-%d-%H%M%S}.tar.gz"
    target = to or desk.home.backups_path / name
    if target.is_dir():
        target = target / name
    if target.exists():
        raise CannotCreate(f"{target} exists already; a backup never overwrites one. Choose another name.")
    if not target.parent.is_dir():
        if to is not None:
            raise CannotCreate(f"{target.parent}: no such folder. Make it first, or choose another place.")
        files.make_folder(target.parent)
    # Beside the target: room is needed there only, so that a full or read-only disk can still be saved from.
    with _scratch(target.parent) as scratch:
        copy, packed = scratch / "followup.db", scratch / "packed"
        desk.store.backup(copy)
        try:
            with tarfile.open(packed, "w:gz") as archive:
                archive.add(copy, "followup.db")
                for member in BACKUP_MEMBERS:
                    path = desk.home.path / member
                    if member != "followup.db" and path.exists():
                        archive.add(path, member)
                if desk.home.templates_path.is_dir():
                    archive.add(desk.home.templates_path, "templates")
            files.write_atomically(target, packed.read_bytes())
        except OSError as error:
            raise files.failure(error, target, doing="write") from error
    return target


_SCRATCH = ".followup-scratch-"
_ABANDONED_SECONDS = 3600  # nobody packs a home for an hour: a run that was killed left it behind


@contextmanager
def _scratch(beside: Path) -> Iterator[Path]:
    """Yield a private folder that is gone afterwards, and with it those that killed runs left: they hold clients."""
    try:
        folder = Path(tempfile.mkdtemp(dir=beside, prefix=_SCRATCH))
    except OSError as error:
        raise files.failure(error, beside, doing="write to") from error
    try:
        now = folder.stat().st_mtime  # the file system's own time
        for old in beside.glob(f"{_SCRATCH}*"):
            if now - old.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def restore(archive_path: Path, folder: Path, *, now: datetime) -> tuple[Home, int]:
    """Bring a backup back into *folder*, which must be empty or not exist.

    Everything due up to today then waits for review: the backup cannot know what went out after it was made.

    Args:
        archive_path: what `backup` wrote.
        folder: where the home is to be.
        now: the instant; a naive one is local time of the home that is brought back.

    Returns:
        The home, and how many contacts it holds.
    """
    if not archive_path.is_file():
        raise NotFound(f"{archive_path}: no such file.")
    folder = folder.resolve()  # a link to an empty folder stays one
    if folder.exists() and not folder.is_dir():
        raise CannotCreate(f"{folder} is a file; a home is a folder. Choose another name.")
    if folder.exists() and any(folder.iterdir()):
        raise CannotCreate(f"{folder} is not empty; a restore never overwrites a home. Move it away first.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise files.failure(error, folder.parent, doing="create") from error
    with _scratch(folder.parent) as scratch:
        made = Home(scratch / "home")
        files.make_folder(made.path)
        _unpack(archive_path, made.path)
        for path in made.path.rglob("*"):
            path.chmod(files.PRIVATE_FOLDER if path.is_dir() else files.PRIVATE_FILE)
        with _opened(made, archive_path) as opened:
            contacts = opened.counts()["contacts"]
            zone = _zone_of(made)
            local = now.astimezone(zone) if now.tzinfo else now.replace(tzinfo=zone)
            with opened.write(kind="system", command="restore", person="", now=local.astimezone(UTC)) as write:
                write.set_meta("restored_on", local.date().isoformat())
        if folder.exists():
            folder.rmdir()
        made.path.rename(folder)
    return Home(folder), contacts


@contextmanager
def _opened(made: Home, archive_path: Path) -> Iterator[store.Store]:
    damaged = f"{archive_path}: the database in it is damaged. Take an older backup."
    try:
        opened = store.open(made.database_path, home_key=made.key(), backups=made.backups_path)
    except IOFailure as error:
        raise BadInput(damaged) from error
    with opened:
        if opened.check():
            raise BadInput(damaged)
        yield opened


def _zone_of(made: Home) -> ZoneInfo:
    try:
        return ZoneInfo(settings.load(made.settings_path).business.timezone)
    except ConfigurationError:  # `doctor` says what is wrong; bringing a home back must not fail for it
        return ZoneInfo("UTC")


def _unpack(archive_path: Path, into: Path) -> None:
    try:
        with tarfile.open(archive_path, "r:gz") as archive:
            archive.extractall(into, filter="data")
    except (tarfile.TarError, EOFError, UnicodeDecodeError) as error:
        raise BadInput(f"{archive_path} is not a backup of followup, or it is damaged: {error}.") from error
    except OSError as error:
        if error.errno is None:  # gzip's own complaints are OSErrors without a number
            raise BadInput(f"{archive_path} is not a backup of followup, or it is damaged: {error}.") from error
        raise IOFailure(f"{archive_path}: {error.strerror}.") from error
    missing = [member for member in ("followup.toml", "followup.db", "key") if not (into / member).is_file()]
    if missing:
        raise BadInput(f"{archive_path} is not a backup of followup: {', '.join(missing)} is not in it.")


def release_restored(desk: Desk) -> bool:
    """Go on after the owner has looked.

    A database that is older than its journal is from now on treated like one that was restored: what is due waits for
    review. What waits because of a restore is due again.

    Returns:
        Whether it was the journal that had to be looked at, so that things wait for review now.
    """
    ahead = journal_ahead(desk)
    if not ahead and not desk.store.meta("restored_on"):
        raise BadInput("Nothing waits because of a restore.")
    with desk.store.write(kind="system", command="restore --looked", person=desk.person, now=desk.now()) as write:
        if ahead:
            known = (desk.store.meta(_LOOKED) or "").split()
            write.set_meta(_LOOKED, " ".join(sorted({*known, *ahead})))
        write.set_meta("restored_on", desk.today.isoformat() if ahead else "")
    return bool(ahead)
