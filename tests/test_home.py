"""One folder that holds everything: where it is looked for, how it is made, and what is never touched."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from followup import files, home, settings, shipped
from followup.errors import CannotCreate, ConfigurationError, FollowupError, IOFailure, NoPermission, NotFound

ANSWERS = {"name": "Sam Hall", "business": "Hall & Sons", "country": "GB", "timezone": "Europe/London"}
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes are those of POSIX")


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=["umask 000", "umask 022", "umask 077"])
def any_umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run under a umask that others might have."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def made(folder: Path) -> home.Home:
    """Make a home in *folder*."""
    return home.make(folder, answers=ANSWERS)


def find(cwd: Path, *, option: Path | None = None, user_home: Path | None = None, **environ: str) -> Path:
    """Look for a home from *cwd*."""
    return home.find(option, cwd=cwd, environ=environ, user_home=user_home or cwd / "nobody")


# ---------------------------------------------------------------- finding


def test_the_option_goes_before_everything(tmp_path: Path) -> None:
    """--home, then FOLLOWUP_HOME, then the folder we are in or one above it, then ~/followup."""
    places = {name: made(tmp_path / name).path for name in ("option", "environment", "current", "user/followup")}
    inside = places["current"] / "deep" / "down"
    inside.mkdir(parents=True)
    user = tmp_path / "user"
    environment = str(places["environment"])
    asked = find(inside, option=places["option"], user_home=user, FOLLOWUP_HOME=environment)
    assert asked == places["option"]
    assert find(inside, user_home=user, FOLLOWUP_HOME=environment) == places["environment"]
    assert find(inside, user_home=user) == places["current"]
    assert find(tmp_path, user_home=user) == places["user/followup"]
    assert home.default(user) == places["user/followup"]


def test_a_relative_option_is_one_of_the_current_folder(tmp_path: Path) -> None:
    """And ~ in FOLLOWUP_HOME, which cron does not expand, is the user's folder."""
    made(tmp_path / "one")
    assert find(tmp_path, option=Path("one")) == tmp_path / "one"
    assert find(tmp_path / "elsewhere", user_home=tmp_path, FOLLOWUP_HOME="~/one") == tmp_path / "one"


def test_a_named_place_must_be_a_home(tmp_path: Path) -> None:
    """Nothing else is tried instead: else the wrong clients would get the mail."""
    made(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFound, match=r"empty: no followup.toml in it \(--home\). `followup init '.*empty'`"):
        find(tmp_path, option=Path("empty"))
    with pytest.raises(NotFound, match=r"gone: no such folder \(FOLLOWUP_HOME\)"):
        find(tmp_path, FOLLOWUP_HOME="gone")


def test_without_a_home_the_two_ways_on_are_named(tmp_path: Path) -> None:
    """Make one, or look first."""
    with pytest.raises(NotFound, match="`followup init` makes one; `followup demo`"):
        find(tmp_path)


def test_a_folder_that_cannot_be_looked_into_is_no_home(tmp_path: Path) -> None:
    """A name longer than the system takes, too."""
    assert not home.is_home(tmp_path / ("x" * 5000))


# ---------------------------------------------------------------- making


def test_a_new_home_has_settings_key_and_journal(tmp_path: Path) -> None:
    """The settings hold the answers, the key is fresh, the journal empty."""
    one, other = made(tmp_path / "one"), made(tmp_path / "other")
    assert settings.load(one.settings_path).business.name == "Hall & Sons"
    assert one.journal_path.read_bytes() == b""
    assert len(one.key()) == 32
    assert one.key() != other.key()
    assert sorted(path.name for path in one.path.iterdir()) == ["followup.toml", "journal", "key"]


@POSIX
@pytest.mark.usefixtures("any_umask")
def test_a_home_is_private_whatever_the_umask(tmp_path: Path) -> None:
    """0700 and 0600: it holds the names and numbers of clients."""
    one = made(tmp_path / "home")
    assert stat.S_IMODE(one.path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in one.path.iterdir()} == {0o600}


def test_the_parts_of_a_home_have_fixed_names(tmp_path: Path) -> None:
    """They are promised to scripts, backups and the next version."""
    one = home.Home(tmp_path)
    names = {
        one.settings_path: "followup.toml",
        one.database_path: "followup.db",
        one.journal_path: "journal",
        one.key_path: "key",
        one.templates_path: "templates",
        one.exporters_path: "exporters",
        one.drafts_path: "drafts",
        one.backups_path: "backups",
        one.rejects_path: "rejects",
        one.lock_path: ".lock",
    }
    assert {path: path.relative_to(tmp_path).as_posix() for path in names} == names


@pytest.mark.parametrize("name", ["followup.toml", "followup.db", "key", "journal"])
def test_nothing_that_is_there_is_overwritten(tmp_path: Path, name: str) -> None:
    """Any part of a home in the folder stops init, and stays as it was."""
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(CannotCreate, match=f"{name} is there already, and init never overwrites"):
        made(tmp_path)
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [(name, "mine")]


def test_a_folder_with_other_files_becomes_a_home(tmp_path: Path) -> None:
    """Where the clients.csv lies is a good place, and it stays."""
    (tmp_path / "clients.csv").write_text("name\n", encoding="utf-8")
    made(tmp_path)
    assert (tmp_path / "clients.csv").read_text(encoding="utf-8") == "name\n"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    """A home is a folder."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CannotCreate, match="is a file; a home is a folder"):
        made(tmp_path / "file")


def test_wrong_answers_make_nothing(tmp_path: Path) -> None:
    """All of them are named, and the folder does not even appear."""
    with pytest.raises(ConfigurationError) as caught:
        home.make(tmp_path / "new", answers={"country": "UK", "timezone": "London", "email": "sam"})
    assert len(caught.value.problems) == 3
    assert not (tmp_path / "new").exists()


def test_the_region_may_be_given_by_name(tmp_path: Path) -> None:
    """It is kept as its code; an unknown one is refused while somebody is there to mend it."""
    one = home.make(tmp_path / "one", answers={"country": "de", "region": "Bayern"})
    assert settings.load(one.settings_path).business.region == "BY"
    with pytest.raises(ConfigurationError, match="'Atlantis' is no region of GB"):
        home.make(tmp_path / "two", answers={"country": "GB", "region": "Atlantis"})


def test_the_database_is_there_before_the_folder_is_a_home(tmp_path: Path) -> None:
    """Whoever finds the settings finds everything."""
    seen: list[tuple[bool, bool]] = []

    def fill(new: home.Home) -> None:
        seen.append((home.is_home(new.path), len(new.key()) == 32))
        new.database_path.write_bytes(b"facts")

    one = home.make(tmp_path / "home", answers=ANSWERS, fill=fill)
    assert seen == [(False, True)]
    assert one.database_path.read_bytes() == b"facts"


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    """A second try meets no half of a home; folders that we made are gone, others stay."""

    def fill(new: home.Home) -> None:
        new.database_path.write_bytes(b"half")
        raise IOFailure("disk full")

    with pytest.raises(IOFailure):
        home.make(tmp_path / "a" / "b", answers=ANSWERS, fill=fill)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "clients.csv").write_text("", encoding="utf-8")
    with pytest.raises(IOFailure):
        home.make(tmp_path, answers=ANSWERS, fill=fill)
    assert [path.name for path in tmp_path.iterdir()] == ["clients.csv"]


def test_what_somebody_else_put_there_meanwhile_stays(tmp_path: Path) -> None:
    """Cleaning up removes what we made and nothing else."""

    def fill(new: home.Home) -> None:
        (new.path / "clients.csv").write_text("", encoding="utf-8")
        raise IOFailure("disk full")

    with pytest.raises(IOFailure):
        home.make(tmp_path / "new", answers=ANSWERS, fill=fill)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["clients.csv"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_where_nothing_can_be_made_it_is_said(tmp_path: Path) -> None:
    """A read-only folder is an error of ours to tell, not a traceback."""
    tmp_path.chmod(0o500)
    with pytest.raises(FollowupError):
        made(tmp_path / "home")
    tmp_path.chmod(0o700)


# ---------------------------------------------------------------- the key


@pytest.mark.parametrize("text", ["", "not hex", "abcd", "00" * 33, "é" * 64])
def test_a_damaged_key_is_never_taken(tmp_path: Path, text: str) -> None:
    """With a wrong key every imported job would be a new one."""
    one = made(tmp_path / "home")
    one.key_path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"is not the key of a home\. Bring it back from a backup"):
        one.key()


def test_a_lost_key_is_not_made_anew(tmp_path: Path) -> None:
    """It has to come from a backup."""
    one = made(tmp_path / "home")
    one.key_path.unlink()
    with pytest.raises(ConfigurationError, match=r"key is missing\. Bring it back from a backup"):
        one.key()
    one.key_path.mkdir()
    with pytest.raises((IOFailure, NoPermission)):
        one.key()


def test_a_key_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And who can change that."""

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError

    one = made(tmp_path / "home")
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(NoPermission, match="chmod 600"):
        one.key()


# ---------------------------------------------------------------- where it lies


@pytest.mark.parametrize(
    ("place", "service"),
    [
        ("Dropbox/followup", "Dropbox"),
        ("Dropbox (Personal)/followup", "Dropbox"),
        ("OneDrive - Hall Ltd/Documents/followup", "OneDrive"),
        ("Library/Mobile Documents/com~apple~CloudDocs/followup", "iCloud Drive"),
        ("iCloudDrive/followup", "iCloud Drive"),
        ("Library/CloudStorage/GoogleDrive-sam@example.com/My Drive", "a cloud drive"),
        ("Google Drive/followup", "Google Drive"),
        ("Nextcloud/followup", "Nextcloud"),
    ],
)
def test_synchronised_folders_are_warned_of(tmp_path: Path, place: str, service: str) -> None:
    """A database copied behind its back is torn."""
    said = home.sync_folder_warning(tmp_path / place)
    assert said is not None
    assert f"is synchronised by {service}" in said


@pytest.mark.parametrize("place", ["followup", "synchronised/followup", "Documents/dropboxes", "syncopation"])
def test_ordinary_folders_are_not(tmp_path: Path, place: str) -> None:
    """A warning that comes for nothing is soon not read."""
    assert home.sync_folder_warning(tmp_path / place, mounts=tmp_path / "none") is None


def test_a_marker_gives_a_synchronised_folder_away(tmp_path: Path) -> None:
    """Syncthing puts one at the top of every folder it copies."""
    (tmp_path / ".stfolder").mkdir()
    assert "Syncthing" in (home.sync_folder_warning(tmp_path / "work" / "followup") or "")


@POSIX
def test_network_drives_are_warned_of(tmp_path: Path) -> None:
    """The longest mount point above the folder says what it lies on."""
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda1 / ext4 rw 0 0\nserver:/home /srv/our\\040homes nfs4 rw 0 0\n"
        "/dev/sdb1 /srv/our\\040homes/sam ext4 rw 0 0\n\n",
        encoding="utf-8",
    )
    assert "network drive (nfs4)" in (
        home.sync_folder_warning(Path("/srv/our homes/lee/followup"), mounts=mounts) or ""
    )
    assert home.sync_folder_warning(Path("/srv/our homes/sam/followup"), mounts=mounts) is None
    assert home.sync_folder_warning(Path("/srv/else"), mounts=mounts) is None
    assert home.sync_folder_warning(Path("/srv/our homes/lee"), mounts=tmp_path / "none") is None


def test_a_windows_share_is_a_network_drive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name begins with two backslashes."""
    monkeypatch.setattr(Path, "absolute", lambda path: path)
    assert "a Windows share" in (home.sync_folder_warning(Path("\\\\server\\share\\followup")) or "")


# ---------------------------------------------------------------- what this computer knows


def test_the_time_zone_of_the_environment_comes_first(tmp_path: Path) -> None:
    """With or without a colon; what is no zone is passed over."""
    nowhere = tmp_path / "none"
    zone = home.system_timezone({"TZ": "Europe/London"}, localtime=nowhere, name_file=nowhere)
    assert zone == "Europe/London"
    assert home.system_timezone({"TZ": ":America/New_York"}, localtime=nowhere, name_file=nowhere) == "America/New_York"
    assert home.system_timezone({"TZ": "EST5EDT"}, localtime=nowhere, name_file=nowhere) == "UTC"
    assert home.system_timezone({"TZ": "Moon/Base"}, localtime=nowhere, name_file=nowhere) == "UTC"
    assert home.system_timezone({}, localtime=nowhere, name_file=nowhere) == "UTC"


@POSIX
def test_the_systems_time_zone_is_where_its_link_leads(tmp_path: Path) -> None:
    """Else what its file says, as on older Debians."""
    zone = tmp_path / "zoneinfo" / "posix" / "Europe" / "Berlin"
    zone.parent.mkdir(parents=True)
    zone.touch()
    link, name_file = tmp_path / "localtime", tmp_path / "timezone"
    link.symlink_to(zone)
    name_file.write_text("Europe/Paris\n", encoding="utf-8")
    assert home.system_timezone({}, localtime=link, name_file=name_file) == "Europe/Berlin"
    assert home.system_timezone({}, localtime=tmp_path / "none", name_file=name_file) == "Europe/Paris"
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert home.system_timezone({}, localtime=loop, name_file=tmp_path / "none") == "UTC"


def test_windows_has_no_such_link(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """UTC is proposed, and the person asked knows better."""
    monkeypatch.setattr(sys, "platform", "win32")
    assert home.system_timezone({}) == "UTC"


@pytest.mark.parametrize(
    ("environ", "country"),
    [
        ({"LANG": "en_GB.UTF-8"}, "GB"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "de_AT@euro"}, "AT"),
        ({"LANG": "C.UTF-8"}, ""),
        ({"LANG": "xx_QQ"}, ""),
        ({}, ""),
    ],
)
def test_the_country_is_that_of_the_language_set(environ: dict[str, str], country: str) -> None:
    """A proposal, nothing more."""
    assert home.system_country(environ) == country


# ---------------------------------------------------------------- what came with the program


def test_shipped_files_are_found_inside_the_package_or_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a wheel they lie inside, in a checkout beside; inside goes first."""
    package = tmp_path / "site" / "followup"
    package.mkdir(parents=True)
    monkeypatch.setattr(shipped, "__file__", str(package / "shipped.py"))
    with pytest.raises(NotFound, match=r"a part of the program is missing\. Install followup again"):
        home.shipped("templates")
    (tmp_path / "site" / "templates").mkdir()
    assert home.shipped("templates") == tmp_path / "site" / "templates"
    (package / "templates").mkdir()
    assert home.shipped("templates") == package / "templates"


def test_the_cadences_are_shipped() -> None:
    """Wherever the program is run from."""
    assert home.shipped("templates/cadences.toml").is_file()
    assert files.PRIVATE_FOLDER == 0o700
