"""One folder that holds everything: find it, make it, open it.

Takes paths and the environment, as values. Gives a Home. Touches the file system: looks when finding, writes only when
making, and then never over anything that is there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath

from followup import codes, files, identity, settings, workdays
from followup.errors import CannotCreate, ConfigurationError, IOFailure, NoPermission, NotFound
from followup.records import dataclass
from followup.shipped import path as shipped

ENVIRONMENT = "FOLLOWUP_HOME"
DEFAULT_NAME = "followup"

__all__ = [
    "Home",
    "check_new",
    "default",
    "find",
    "is_home",
    "make",
    "shipped",
    "sync_folder_warning",
    "system_country",
    "system_timezone",
]


@dataclass(frozen=True, slots=True)
class Home:
    """A home and where its parts lie. That it exists is `find`'s business and `make`'s."""

    path: Path

    @property
    def settings_path(self) -> Path:
        """Return where the settings are."""
        return self.path / settings.FILE_NAME

    @property
    def database_path(self) -> Path:
        """Return where the facts are."""
        return self.path / "followup.db"

    @property
    def journal_path(self) -> Path:
        """Return where every hand-over is written down."""
        return self.path / "journal"

    @property
    def key_path(self) -> Path:
        """Return where the key is."""
        return self.path / "key"

    @property
    def templates_path(self) -> Path:
        """Return the folder of the home's own templates; it need not exist."""
        return self.path / "templates"

    @property
    def exporters_path(self) -> Path:
        """Return the folder of programs that the owner added to those whose files are known; it need not exist."""
        return self.path / "exporters"

    @property
    def guides_path(self) -> Path:
        """Return the folder of files that go along with messages; it need not exist."""
        return self.path / "guides"

    @property
    def drafts_path(self) -> Path:
        """Return the folder that drafts are written to."""
        return self.path / "drafts"

    @property
    def backups_path(self) -> Path:
        """Return the folder of backups."""
        return self.path / "backups"

    @property
    def rejects_path(self) -> Path:
        """Return the folder of rows that an import left out, to repair and import again."""
        return self.path / "rejects"

    @property
    def lock_path(self) -> Path:
        """Return the file that a sending run locks."""
        return self.path / ".lock"

    def key(self) -> bytes:
        """Return the home's key, without which the identifiers of imported facts cannot be made again."""
        return _read_key(self.key_path)


def _read_key(path: Path) -> bytes:
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path}: the home's key is missing. Bring it back from a backup; a new one would not know the old jobs. "
            "Where another folder is your home, name it: --home DIR."
        ) from None
    except PermissionError:
        raise NoPermission(f"{path}: not allowed to read the home's key. Its owner can: chmod 600 '{path}'.") from None
    except OSError as error:
        raise IOFailure(f"{path}: {error.strerror or error}.") from error
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != identity.KEY_BYTES:
        raise ConfigurationError(f"{path}: this is not the key of a home. Bring it back from a backup.")
    return key


# ---------------------------------------------------------------- finding


def find(option: Path | None, *, cwd: Path, environ: Mapping[str, str], user_home: Path) -> Path:
    """Return the folder of the home to work in: --home, FOLLOWUP_HOME, the current folder or one above, ~/followup.

    NotFound when there is none; a place that was named must be a home, nothing else is tried instead.
    """
    named = environ.get(ENVIRONMENT, "")
    if option is not None or named:
        folder = (cwd / (option if option is not None else _expanded(named, user_home))).absolute()
        if not is_home(folder):
            said = "--home" if option is not None else ENVIRONMENT
            missing = f"no {settings.FILE_NAME} in it" if folder.is_dir() else "no such folder"
            raise NotFound(f"{folder}: {missing} ({said}). `followup init '{folder}'` makes a home there.")
        return folder
    for folder in (cwd, *cwd.parents):
        if is_home(folder):
            return folder
    folder = default(user_home)
    if is_home(folder):
        return folder
    raise NotFound(
        f"No home found: no {settings.FILE_NAME} in {cwd}, in a folder above it or in {folder}. "
        "`followup init` makes one; `followup demo` shows what it is good for."
    )


def default(user_home: Path) -> Path:
    """Return where `init` makes a home unless told."""
    return user_home / DEFAULT_NAME


def is_home(folder: Path) -> bool:
    """Tell whether *folder* is a home; a folder that we may not look into is none."""
    try:
        return (folder / settings.FILE_NAME).is_file()
    except OSError:
        return False


def _expanded(text: str, user_home: Path) -> Path:
    if text == "~" or text.startswith(("~/", "~\\")):
        return user_home / text[2:]
    return Path(text)


# ---------------------------------------------------------------- making


def make(path: Path, *, answers: Mapping[str, str], fill: Callable[[Home], object] | None = None) -> Home:
    """Make a home in *path*; nothing that is there already is overwritten, and a failure leaves nothing behind.

    The settings come last, since they are what makes a folder a home: until then nobody finds half of one.

    Args:
        answers: as `settings.render_starter` takes them; ConfigurationError holds what is wrong with them.
        fill: called with the new home before its settings are written, to make what must be in it: the database.
    """
    if answers.get("region") and answers.get("country"):
        answers = {**answers, "region": workdays.find_region(answers["country"].upper(), answers["region"])}
    text = settings.render_starter(answers)
    settings.parse(text, where="init")
    check_new(path)
    home = Home(path.absolute())
    new_folders = [folder for folder in (home.path, *home.path.parents) if not folder.exists()]
    files.make_folder(home.path)
    made: list[Path] = []
    try:
        for part, data in ((home.key_path, f"{identity.new_home_key().hex()}\n"), (home.journal_path, "")):
            made.append(part)
            files.write_atomically(part, data)
        if fill is not None:
            made.append(home.database_path)
            fill(home)
        made.append(home.settings_path)
        files.write_atomically(home.settings_path, text)
    except BaseException:
        for part in made:
            part.unlink(missing_ok=True)
        for folder in new_folders:
            _remove_empty(folder)
        raise
    return home


def check_new(path: Path) -> None:
    """Raise CannotCreate when *path* cannot become a home because something of one is there already, or a file is."""
    home = Home(path.absolute())
    if home.path.exists() and not home.path.is_dir():
        raise CannotCreate(f"{home.path} is a file; a home is a folder. Choose another name.")
    for part in (home.settings_path, home.database_path, home.key_path, home.journal_path):
        if part.exists() or part.is_symlink():
            raise CannotCreate(
                f"{part} is there already, and init never overwrites anything. "
                "Use the home as it is, or choose another folder."
            )


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:  # something of somebody else's is in it
        return


# ---------------------------------------------------------------- where it lies

# A database in a folder that is copied behind its back is torn: a copy made in the middle of a write, or two computers'
# versions merged file by file.
_SYNCHRONISED = {
    "dropbox": "Dropbox",
    "onedrive": "OneDrive",
    "icloud": "iCloud Drive",
    "iclouddrive": "iCloud Drive",
    "mobile documents": "iCloud Drive",
    "cloudstorage": "a cloud drive",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "my drive": "Google Drive",
    "nextcloud": "Nextcloud",
    "owncloud": "ownCloud",
    "box sync": "Box",
    "pcloud": "pCloud",
    "megasync": "MEGA",
    "synology drive": "Synology Drive",
    "synologydrive": "Synology Drive",
    "seafile": "Seafile",
}
_MARKERS = {".dropbox": "Dropbox", ".stfolder": "Syncthing", ".owncloudsync.log": "ownCloud"}
_NETWORK = frozenset(
    [
        *("9p", "afs", "afpfs", "ceph", "cifs", "coda", "davfs", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone"),
        *("fuse.sshfs", "glusterfs", "ncpfs", "nfs", "nfs4", "smb3", "smbfs", "vboxsf"),
    ]
)


def sync_folder_warning(path: Path, *, mounts: Path = Path("/proc/self/mounts")) -> str | None:
    """Return a sentence on why *path* is no good place for a home, or None: synchronised, or on another computer."""
    folder = path.absolute()
    service = _synchronised_by(folder)
    if service:
        return (
            f"{folder} is synchronised by {service}, which can tear the database, and copies your clients' data. "
            "Keep the home in another folder of this computer, and backups where you like."
        )
    where = _network_of(folder, mounts)
    if where:
        return (
            f"{folder} lies on a network drive ({where}), where locks cannot be trusted and the database can be torn. "
            "Keep the home on this computer's own disk, and backups where you like."
        )
    return None


def _synchronised_by(folder: Path) -> str:
    for part in folder.parts:
        name = part.casefold()
        for known, service in _SYNCHRONISED.items():
            # "Dropbox (Personal)", "OneDrive - Hall Ltd", "GoogleDrive-sam@example.com"
            if name.startswith(known) and not name[len(known) :][:1].isalnum():
                return service
    for place in (folder, *folder.parents):
        for marker, service in _MARKERS.items():
            if (place / marker).exists():
                return service
    return ""


def _network_of(folder: Path, mounts: Path) -> str:
    if str(folder).startswith("\\\\"):
        return "a Windows share"
    best, kind = "", ""
    try:
        table = mounts.read_text(encoding="utf-8", errors="replace")
    except OSError:  # no such table on this system
        return ""
    for line in table.splitlines():
        _, point, found, *_ = [*line.split(" "), "", "", ""]
        point = point.replace("\\040", " ")
        if len(point) >= len(best) and PurePath(folder).is_relative_to(point or "?"):
            best, kind = point, found
    return kind if kind in _NETWORK else ""


# ---------------------------------------------------------------- what this computer knows


def system_country(environ: Mapping[str, str]) -> str:
    """Return the country of the language set on this computer (en_GB.UTF-8: GB), or an empty text."""
    chosen = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    country = chosen.partition(".")[0].partition("@")[0].partition("_")[2].upper()
    return country if country in codes.COUNTRIES else ""


def system_timezone(
    environ: Mapping[str, str], *, localtime: Path = Path("/etc/localtime"), name_file: Path = Path("/etc/timezone")
) -> str:
    """Return the name of this computer's time zone, which `init` proposes; UTC where it cannot be told (Windows)."""
    candidates = [environ.get("TZ", "").removeprefix(":")]
    if sys.platform != "win32":
        candidates += [_zone_of_link(localtime), _first_line(name_file)]
    for name in candidates:
        if name and "/" in name and _is_zone(name):
            return name
    return "UTC"


def _zone_of_link(link: Path) -> str:
    try:
        target = link.resolve().as_posix()
    except (OSError, RuntimeError):  # a link to itself is a RuntimeError before Python 3.13
        return ""
    name = target.rpartition("zoneinfo/")[2] if "zoneinfo/" in target else ""
    return name.removeprefix("posix/").removeprefix("right/")


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").partition("\n")[0].strip()
    except OSError:
        return ""


def _is_zone(name: str) -> bool:
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
