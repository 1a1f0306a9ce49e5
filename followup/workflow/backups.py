"""A home as one file, and a home from one file.

Takes a Desk, or a backup and a folder. Gives the file, or the home. Touches the home's files.
"""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from followup import files, settings, store
from followup.errors import (
    BadInput,
    CannotCreate,
    ConfigurationError,
    FollowupError,
    IOFailure,
    NotFound,
    UsageError,
)
from followup.home import Home
from followup.workflow import journal
from followup.workflow.desk import ONLY_LOOKING, Desk

BACKUP_MEMBERS = ("followup.toml", "followup.db", "journal", "key")
"""What a backup holds besides folders; never a password file, never the drafts, which the database makes anew."""
_FOLDERS = ("templates", "exporters")


def backup(desk: Desk, to: Path | None) -> Path:
    """Copy the home into one .tar.gz of mode 0600: database by the backup API, journal, settings, key, what was added.

    What was added are the owner's own templates and exporters.
    """
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
    with scratch_folder(target.parent) as scratch:
        copy, packed = scratch / "followup.db", scratch / "packed"
        desk.store.backup(copy)
        try:
            with tarfile.open(packed, "w:gz") as archive:
                archive.add(copy, "followup.db")
                for member in BACKUP_MEMBERS:
                    path = desk.home.path / member
                    if member != "followup.db" and path.exists():
                        archive.add(path, member)
                for member in _FOLDERS:
                    if (desk.home.path / member).is_dir():
                        archive.add(desk.home.path / member, member)
            files.write_atomically(target, packed.read_bytes())
        except OSError as error:
            raise files.failure(error, target, doing="write") from error
    return target


_SCRATCH = ".followup-scratch-"
_ABANDONED_SECONDS = 3600  # nobody packs a home for an hour: a run that was killed left it behind


@contextmanager
def scratch_folder(beside: Path) -> Iterator[Path]:
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


@dataclass(frozen=True, slots=True)
class Held:
    """A copy of the database that still holds somebody, or that cannot be looked into."""

    path: Path
    made_on: date
    certain: bool


_BEFORE_SCHEMA_CHANGE = ".db"  # copies that the store makes before it brings a database up to date


def holding(home: Home, client_ids: Sequence[str], *, zone: tzinfo) -> Iterator[Held]:
    """Yield the copies in the home's backups folder that hold one of *client_ids*, by name.

    Each is looked into as it is: nothing is unpacked but its database, into a private folder that is gone afterwards.
    """
    if not home.backups_path.is_dir():
        return
    for path in sorted(home.backups_path.iterdir()):
        if not path.is_file():
            continue
        try:
            found = bool(_held_in(path, client_ids))
            certain = True
        except (FollowupError, OSError, EOFError, tarfile.TarError, KeyError):
            found, certain = True, False
        if found:
            made = datetime.fromtimestamp(path.stat().st_mtime, tz=zone)
            yield Held(path, made.date(), certain)


def _held_in(path: Path, client_ids: Sequence[str]) -> set[str]:
    if path.suffix == _BEFORE_SCHEMA_CHANGE:
        return store.held_in(path, client_ids)
    with scratch_folder(path.parent) as scratch, tarfile.open(path, "r:gz") as archive:
        archive.extract("followup.db", scratch, filter="data")
        return store.held_in(scratch / "followup.db", client_ids)


def restore(
    archive_path: Path, folder: Path, *, now: datetime, pretended: bool = False, journal_path: Path | None = None
) -> tuple[Home, int]:
    """Bring a backup back into *folder*, which must be empty or not exist.

    Everything due up to today then waits for review: the backup cannot know what went out after it was made.

    Args:
        archive_path: what `backup` wrote.
        folder: where the home is to be.
        now: the instant; a naive one is local time of the home that is brought back.
        pretended: the instant is not the clock's (--now), so that a home that sends real mail is not brought back:
            nobody could tell what was due by then.
        journal_path: the journal of the home that was lost. It goes on where that of the backup ends: with what went
            out since, and who said stop.

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
    with scratch_folder(folder.parent) as scratch:
        made = Home(scratch / "home")
        files.make_folder(made.path)
        _unpack(archive_path, made.path)
        if journal_path is not None:
            _go_on_with(made, journal_path)
        for path in made.path.rglob("*"):
            path.chmod(files.PRIVATE_FOLDER if path.is_dir() else files.PRIVATE_FILE)
        with _opened(made, archive_path) as opened:
            contacts = opened.counts()["contacts"]
            sends_mail, zone = _known_of(made)
            if sends_mail and pretended:
                raise UsageError(ONLY_LOOKING)
            local = now.astimezone(zone) if now.tzinfo else now.replace(tzinfo=zone)
            with opened.write(kind="system", command="restore", person="", now=local.astimezone(UTC)) as write:
                write.set_meta("restored_on", local.date().isoformat())
        if folder.exists():
            folder.rmdir()
        made.path.rename(folder)
    return Home(folder), contacts


def _go_on_with(made: Home, journal_path: Path) -> None:
    try:
        lines = journal_path.read_bytes()
    except OSError as error:
        raise files.failure(error, journal_path, doing="read") from error
    if not lines.startswith(made.journal_path.read_bytes() if made.journal_path.exists() else b""):
        raise BadInput(f"{journal_path} does not go on where the journal in the backup ends: it is of another home.")
    files.write_atomically(made.journal_path, lines)


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


def _known_of(made: Home) -> tuple[bool, ZoneInfo]:
    """Return whether the home sends real mail, and its time zone."""
    try:
        found = settings.load(made.settings_path)
    except ConfigurationError:  # `doctor` says what is wrong; bringing a home back must not fail for it
        return False, ZoneInfo("UTC")
    return found.mail.reaches_people, ZoneInfo(found.business.timezone)


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


def release_restored(desk: Desk) -> None:
    """Go on after the owner has looked: what waits because of a restore, or of a clock that jumped, is due again.

    Raises:
        ConfigurationError: the journal knows more than the database; what is missing is taken over first.
        BadInput: nothing waits for that reason.
    """
    ahead = journal.ahead(desk)
    if ahead:
        raise ConfigurationError(
            f"The journal knows {len(ahead)} hand-overs that this database does not. `followup reconcile` takes them "
            "over; then look at `followup due`, and say this again."
        )
    if not (desk.store.meta("restored_on") or desk.store.meta("doubted_on")):
        raise BadInput("Nothing waits because of a restore, or of the clock.")
    with desk.store.write(kind="system", command="restore --looked", person=desk.person, now=desk.now()) as write:
        for note in ("restored_on", "doubted_on", "doubt"):
            write.set_meta(note, None)
