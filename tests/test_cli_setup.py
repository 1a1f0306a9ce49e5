"""init, doctor, cadence, config, backup and restore, as their user meets them."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import sys
import tarfile
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from followup import home as homes
from followup.workflow import homes as workflow
from tests.conftest import Ran

Run = Callable[..., Ran]

INIT = ("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")


def setting(home: Path, text: str) -> None:
    """Write *text* at the end of followup.toml."""
    path = home / "followup.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n" + text + "\n", encoding="utf-8")


def written(home: Path) -> dict[str, object]:
    """Return what followup.toml says."""
    return tomllib.loads((home / "followup.toml").read_text(encoding="utf-8"))


# ---------------------------------------------------------------- init


def test_init_with_options_asks_nothing_and_says_what_comes_next(run: Run, home: Path) -> None:
    """A script gives options; the rest has defaults, the next step and the line for cron are printed."""
    said = run(*INIT, "--address", "Unit 2, Westerby", "--region", "SCT", "--timezone", "Europe/London").stdout
    business = written(home)["business"]
    assert isinstance(business, dict)
    assert business["address"] == "Unit 2, Westerby"
    assert (business["region"], business["timezone"]) == ("SCT", "Europe/London")
    assert "followup import clients.csv jobs.csv" in said
    assert f'--home "{home}" run --cron' in said


def test_init_takes_the_folder_as_its_argument(run: Run, tmp_path: Path) -> None:
    """`init DIR` makes the home there."""
    run("init", tmp_path / "elsewhere", "--name", "Sam")
    assert homes.is_home(tmp_path / "elsewhere")


def test_init_without_a_folder_makes_followup_in_the_users_own(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless told, the home is ~/followup."""
    from click.testing import CliRunner

    from followup import cli

    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    assert CliRunner().invoke(cli.cli, ["init", "--name", "Sam"]).exit_code == 0
    assert homes.is_home(tmp_path / "followup")


def test_init_never_overwrites(run: Run, home: Path) -> None:
    """A second init exits 73 and leaves what is there."""
    run(*INIT)
    before = (home / "followup.toml").read_bytes()
    assert str(home) in run("init", "--name", "Eve", exit_code=73).stderr
    assert (home / "followup.toml").read_bytes() == before


def test_init_asks_a_person_for_what_was_not_said(run: Run, home: Path) -> None:
    """Name, business, address, country, region, time zone, e-mail, basis; what can be known is proposed."""
    answers = ["Sam Alder", "", "Unit 2, Westerby", "GB", "ENG", "Europe/London", "sam@alder.example.com", ""]
    ran = run("init", answers="\n".join(answers) + "\n")
    assert "Marketing messages" in ran.stderr
    said = written(home)
    assert isinstance(said["business"], dict)
    assert said["business"]["name"] == "Sam Alder"  # proposed from the owner's name
    assert said["business"]["region"] == "ENG"
    assert said["marketing"] == {"basis": "completed-job"}  # what the law of the country allows is proposed


def test_init_does_not_ask_for_a_region_where_there_is_none(run: Run, home: Path) -> None:
    """In a country whose holidays are the same everywhere the question is left out."""
    answers = ["Zoe", "Zoe SARL", "1 rue Basse", "LU", "Europe/Luxembourg", "zoe@example.org", "opt-in"]
    ran = run("init", answers="\n".join(answers) + "\n")
    assert "Region" not in ran.stderr
    assert written(home)["marketing"] == {"basis": "opt-in"}


def test_init_asks_only_for_what_no_option_said(run: Run, home: Path) -> None:
    """Options given in a terminal are not asked again."""
    given = ("--address", "Unit 2", "--region", "ENG", "--timezone", "Europe/London", "--basis", "opt-in")
    ran = run(*INIT, *given, answers="")
    assert "Your name" not in ran.stderr
    assert homes.is_home(home)


def test_init_refuses_what_it_cannot_understand_and_makes_nothing(run: Run, home: Path) -> None:
    """A country that is none exits 78, names the likely one, and leaves no half-made home."""
    assert "GB" in run("init", "--name", "Sam", "--country", "UK", exit_code=78).stderr
    assert not homes.is_home(home)


def test_a_wrong_country_in_the_questions_is_asked_again(run: Run, home: Path) -> None:
    """A slip of the finger in the middle of the questions does not throw away the answers before it."""
    answers = ["Sam", "Alder", "Unit 2", "UK", "GB", "", "Mars/Base", "Europe/London", "sam@alder.example.com", ""]
    ran = run("init", answers="\n".join(answers) + "\n")
    assert "GB" in ran.stderr
    assert homes.is_home(home)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_everything_in_a_new_home_is_private(run: Run, home: Path) -> None:
    """0700 for the folder, 0600 for the files."""
    run(*INIT)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.iterdir() if path.is_file()} == {0o600}


# ---------------------------------------------------------------- doctor


def test_the_doctor_finds_nothing_to_fix_in_a_good_home(business: Run) -> None:
    """Each part is named with what was found; the exit code is 0."""
    ran = business("doctor")
    for about in ("home", "files", "settings", "database", "journal", "templates", "cadences", "holidays"):
        assert f"ok    {about}" in ran.stdout
    assert "FIX" not in ran.stdout


def test_the_doctor_looks_at_the_programs_that_were_added(made: Run, home: Path) -> None:
    """A good one is named; of a bad one every problem is."""
    (home / "exporters").mkdir()
    mine = home / "exporters" / "acme.toml"
    good = 'title = "Acme jobs"\nsource = "acme"\nkind = "jobs"\nheader = ["Acme No", "For Whom"]\n'
    mine.write_text(good, encoding="utf-8")
    assert "ok    exporters  Acme jobs" in made("doctor").stdout
    mine.write_text(good.replace('"jobs"', '"job"').replace("source", "sauce"), encoding="utf-8")
    said = made("doctor", exit_code=78).stdout
    assert said.count("acme.toml") == 3


def test_the_doctor_notes_once_that_marketing_waits_for_the_address(made: Run) -> None:
    """A home without a postal address is well; the note says what waits for it and which setting ends that."""
    said = made("doctor").stdout
    assert said.count("note  ") == 1
    assert said.count("business.address") == 1
    assert "ok    templates" in said


def test_the_doctor_notes_that_nothing_can_be_sent_without_an_address_to_write_from(run: Run) -> None:
    """A home that was made without an e-mail address says so."""
    run("init", "--name", "Sam")
    assert "mail.from_address" in run("doctor").stdout


def test_the_doctor_prints_rows_for_programs(made: Run, tmp_path: Path) -> None:
    """--format json has one object a check."""
    rows = json.loads(made("doctor", "--format", "json").stdout)
    assert {"about": "database", "state": "ok", "found": "1 client, 1 job, 0 contacts", "fix": ""} in rows
    made("doctor", "--format", "csv", "-o", tmp_path / "doctor.csv")
    assert (tmp_path / "doctor.csv").read_text(encoding="utf-8").startswith("about,state,found,fix")


def test_the_doctor_lists_every_wrong_setting_at_once(made: Run, home: Path) -> None:
    """All of them, with the nearest known name, and 78."""
    setting(home, '[budgets]\nmessages_days = 3\n[people.eve]\nname = "Eve"\nphnoe = "1"')
    ran = made("doctor", exit_code=78)
    assert "Did you mean 'budget'?" in ran.stdout
    assert "Did you mean 'phone'?" in ran.stdout
    assert ran.stdout.count("FIX   settings") == 2


def test_wrong_settings_stop_every_other_command_with_78(made: Run, home: Path) -> None:
    """The same list, from whatever was asked for."""
    setting(home, "[budgets]\nmessages_days = 3")
    assert "budget" in made("due", exit_code=78).stderr


def test_the_doctor_says_that_the_database_is_gone(made: Run, home: Path) -> None:
    """A home without its database is told to be restored; there is no traceback and no second complaint."""
    (home / "followup.db").unlink()
    said = made("doctor", exit_code=78).stdout
    assert "followup.db is missing" in said
    assert "followup restore" in said


def test_the_doctor_says_that_the_database_is_damaged(made: Run, home: Path) -> None:
    """Bytes that are no database are reported as such."""
    (home / "followup.db").write_bytes(b"not a database" * 400)
    said = made("doctor", exit_code=78).stdout
    assert "FIX   database" in said


def test_the_doctor_says_that_the_key_is_gone(made: Run, home: Path) -> None:
    """Without the key nobody would be recognised; the doctor says where it comes from."""
    (home / "key").unlink()
    assert "key is missing" in made("doctor", exit_code=78).stdout


def test_the_doctor_knows_a_database_that_is_older_than_the_journal(made: Run, home: Path) -> None:
    """Hand-overs that the database never heard of mean that it was copied back; sending stops with 78 as well."""
    saved = home.with_name("saved.db")
    shutil.copyfile(home / "followup.db", saved)
    made("send", "--yes")
    shutil.copyfile(saved, home / "followup.db")
    assert "older" in made("doctor", exit_code=78).stdout
    assert "followup reconcile" in made("send", "--yes", exit_code=78).stderr


def test_the_doctor_notes_a_line_that_was_torn(made: Run, home: Path) -> None:
    """A journal that was cut off in the middle of a line is no disaster, and is told."""
    made("send", "--yes")
    with (home / "journal").open("ab") as stream:
        stream.write(b"2026-03-02T09:")
    assert "note  journal" in made("doctor").stdout


def test_the_doctor_names_a_template_that_does_not_render(made: Run, home: Path) -> None:
    """File and line are in what it says."""
    (home / "templates").mkdir(exist_ok=True)
    (home / "templates" / "thank-you.en.txt").write_text("subject: Hi\n---\n{{ nmae }}\n", encoding="utf-8")
    said = made("doctor", exit_code=78).stdout
    assert "thank-you.en.txt:3" in said


def test_the_doctor_names_a_step_that_vanished_although_it_has_a_history(made: Run, home: Path) -> None:
    """A step of one's own that was sent and then removed is missed, and sending stops."""
    own = '[cadence.after-job.mine]\nafter = "1 day"\ntemplate = "thank-you"\nchannels = ["email"]'
    setting(home, own)
    made("log", "hall", "--for", key_of(made, "mine"), "--channel", "call")
    path = home / "followup.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(own, ""), encoding="utf-8")
    assert "'mine'" in made("doctor", exit_code=78).stdout
    assert "'mine'" in made("cadence", "check", exit_code=78).stderr
    assert "'mine'" in made("send", "--yes", exit_code=78).stderr


def key_of(run: Run, step: str) -> str:
    """Return the key of the one touchpoint of a step."""
    rows = json.loads(run("why", "hall", "--format", "json").stdout)
    return str(next(row["key"] for row in rows if row["step"] == step))


def test_the_doctor_names_a_step_without_a_template(made: Run, home: Path) -> None:
    """A step whose template nobody wrote is found before it is due."""
    setting(home, '[cadence.after-job.mine]\nafter = "1 day"\ntemplate = "nobody-wrote-it"\nchannels = ["email"]')
    assert "nobody-wrote-it" in made("doctor", exit_code=78).stdout
    assert "nobody-wrote-it" in made("cadence", "check", exit_code=78).stderr
    made("template", "new", "nobody-wrote-it")
    made("cadence", "check")


def test_the_doctor_names_a_closed_day_or_says_that_none_is_known(run: Run, home: Path) -> None:
    """Where no holidays are known, it says so."""
    run("init", "--name", "Sam")
    assert "none known" in run("doctor").stdout


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_the_doctor_names_files_that_others_can_read(made: Run, home: Path) -> None:
    """With the command that mends it."""
    (home / "followup.db").chmod(0o644)
    assert "chmod 600" in made("doctor", exit_code=78).stdout


def test_the_doctor_warns_of_a_synchronised_folder(run: Run, tmp_path: Path) -> None:
    """A home in a Dropbox is a note, not an error."""
    from click.testing import CliRunner

    from followup import cli

    place = tmp_path / "Dropbox" / "home"
    run("init", place, "--name", "Sam")
    said = CliRunner().invoke(cli.cli, ["--home", str(place), "doctor"])
    assert "note  home" in said.stdout
    assert "Dropbox" in said.stdout


# ---------------------------------------------------------------- cadence, config


def test_cadence_list_shows_every_step(made: Run) -> None:
    """One row a step, for people and for programs."""
    assert "thank-you" in made("cadence", "list").stdout
    rows = json.loads(made("cadence", "list", "--format", "json").stdout)
    assert "referral-ask" in {row["step"] for row in rows}


def test_cadence_show_says_a_step_in_words(made: Run) -> None:
    """A step, or all steps of a cadence; an unknown name exits 66 with the nearest."""
    assert "1 business day after a completed job" in made("cadence", "show", "thank-you").stdout
    assert "feedback-ask" in made("cadence", "show", "after-job").stdout
    assert "Did you mean thank-you?" in made("cadence", "show", "thankyou", exit_code=66).stderr


def test_cadence_check_counts_what_is_in_force(made: Run) -> None:
    """A good set of steps is one sentence."""
    assert "steps are in force; all is well" in made("cadence", "check").stdout


def test_config_show_has_only_what_is_ones_own(made: Run) -> None:
    """Names as they are written in the file; a table with nothing in it is not a setting."""
    rows = json.loads(made("config", "show", "--format", "json").stdout)
    names = [row["setting"] for row in rows]
    assert "business.country" in names
    assert "budget" not in names
    assert all(row["value"] != "{}" for row in rows)


def test_config_show_quotes_names_as_the_file_wants_them(business: Run) -> None:
    """What is shown can be written into followup.toml."""
    assert 'services."boiler service".interval' in business("config", "show").stdout


def test_config_show_all_has_the_defaults_too(made: Run, tmp_path: Path) -> None:
    """--all is every setting, marked with where it comes from."""
    made("config", "show", "--all", "--format", "csv", "-o", tmp_path / "config.csv")
    assert "budget.messages_days,7,default" in (tmp_path / "config.csv").read_text(encoding="utf-8")


# ---------------------------------------------------------------- backup and restore


def backup(run: Run, to: Path) -> Path:
    """Make a backup in the file *to*."""
    run("backup", to)
    return to


def test_a_backup_holds_the_home_and_no_drafts(made: Run, home: Path, tmp_path: Path) -> None:
    """Database, journal, settings, key, own templates and exporters are in it; drafts are made anew."""
    made("send", "--yes")
    made("template", "edit", "thank-you")
    (home / "exporters").mkdir()
    path = backup(made, tmp_path / "one.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[0] for name in archive.getnames()}
    assert names == {"followup.db", "followup.toml", "journal", "key", "templates", "exporters"}
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_backup_goes_into_the_home_unless_told(made: Run, home: Path, tmp_path: Path) -> None:
    """Without a name it is backups/ with day and time in the name; a folder gets the same name."""
    made("backup")
    (inside,) = (home / "backups").iterdir()
    assert inside.name == "followup-2026-03-02-091500.tar.gz"
    made("backup", tmp_path)
    assert (tmp_path / inside.name).exists()


def test_a_backup_overwrites_nothing_and_makes_no_folders(made: Run, tmp_path: Path) -> None:
    """Both exit 73."""
    path = backup(made, tmp_path / "one.tar.gz")
    assert "exists already" in made("backup", path, exit_code=73).stderr
    assert "no such folder" in made("backup", tmp_path / "none" / "one.tar.gz", exit_code=73).stderr


def test_a_restored_home_waits_for_review_until_the_owner_has_looked(made: Run, home: Path, tmp_path: Path) -> None:
    """What was due by the day of the restore is neither due nor sent by cron, until --looked."""
    path = backup(made, tmp_path / "one.tar.gz")
    shutil.rmtree(home)
    said = made("restore", path).stdout
    assert "--looked" in said
    assert states(made) == {"thank-you": "review"}
    assert made("run", "--cron", exit_code=3).stdout.count("touchpoint to look at") == 1
    assert not list((home / "drafts").glob("*.eml")) if (home / "drafts").exists() else True
    made("restore", "--looked")
    assert states(made) == {"thank-you": "due"}
    assert "Nothing waits because of a restore" in made("restore", "--looked", exit_code=65).stderr


def states(run: Run, **options: str) -> dict[str, str]:
    """Return step -> state of what `due` lists."""
    rows = json.loads(run("due", "--format", "json", **options).stdout)
    return {row["step"]: row["state"] for row in rows}


def test_one_restored_touchpoint_can_be_settled_alone(made: Run, home: Path, tmp_path: Path) -> None:
    """`done` says that it went out, `send --only` that it should."""
    path = backup(made, tmp_path / "one.tar.gz")
    shutil.rmtree(home)
    made("restore", path)
    assert "Wrote draft" in made("send", "--only", "hall", "--yes").stdout


def test_a_restore_counts_days_in_the_homes_own_zone(run: Run, home: Path, tmp_path: Path) -> None:
    """On a computer elsewhere it may be another day already; what is due only today at home waits too."""
    run(*INIT, "--timezone", "Pacific/Honolulu")
    path = backup(run, tmp_path / "one.tar.gz")
    shutil.rmtree(home)
    run("restore", path, now="2026-03-02T23:30-10:00")  # in this test's system zone it is 3 March
    with sqlite3.connect(home / "followup.db") as database:
        ((day,),) = database.execute("SELECT value FROM meta WHERE key = 'restored_on'").fetchall()
    database.close()
    assert day == "2026-03-02"


def test_a_home_with_wrong_settings_can_be_restored(made: Run, home: Path, tmp_path: Path) -> None:
    """A mistake in followup.toml that was backed up is no reason to keep the rest back."""
    setting(home, "[budgets]\nmessages_days = 3")
    with tarfile.open(tmp_path / "one.tar.gz", "w:gz") as archive:
        for name in ("followup.toml", "followup.db", "key"):
            archive.add(home / name, name)
    shutil.rmtree(home)
    made("restore", tmp_path / "one.tar.gz")
    assert "budget" in made("doctor", exit_code=78).stdout


def test_a_restore_takes_a_folder_and_overwrites_nothing(made: Run, home: Path, tmp_path: Path) -> None:
    """A home that is there exits 73; an empty folder is fine."""
    path = backup(made, tmp_path / "one.tar.gz")
    assert "not empty" in made("restore", path, exit_code=73).stderr
    (tmp_path / "new").mkdir()
    made("restore", path, tmp_path / "new")
    assert homes.is_home(tmp_path / "new")


def test_a_restore_says_what_it_needs(made: Run, tmp_path: Path) -> None:
    """No backup, a backup that is not there, and --looked with a backup."""
    assert "BACKUP" in made("restore", exit_code=2).stderr
    assert "no such file" in made("restore", tmp_path / "none.tar.gz", tmp_path / "new", exit_code=66).stderr
    assert "takes no backup" in made("restore", "--looked", tmp_path / "none.tar.gz", exit_code=2).stderr


@pytest.mark.parametrize("what", ["text", "cut", "other", "damaged"])
def test_what_is_no_backup_is_refused_and_leaves_nothing(made: Run, home: Path, tmp_path: Path, what: str) -> None:
    """Another file, a torn one, another archive, a damaged database: 65, and no half-restored home."""
    path = tmp_path / "bad.tar.gz"
    if what == "text":
        path.write_text("not an archive", encoding="utf-8")
    elif what == "cut":
        whole = backup(made, tmp_path / "whole.tar.gz").read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif what == "other":
        with tarfile.open(path, "w:gz") as archive:
            archive.add(home / "followup.toml", "followup.toml")
    else:
        (home / "followup.db").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
        with tarfile.open(path, "w:gz") as archive:
            for name in ("followup.toml", "followup.db", "key"):
                archive.add(home / name, name)
    target = tmp_path / "target"
    made("restore", path, target, exit_code=65)
    assert not target.exists()
    assert not list(tmp_path.glob(".restore-*"))


# ---------------------------------------------------------------- crontab


def test_the_crontab_line_names_the_program_beside_this_python(
    made: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """cron knows no paths; where no program is found, Python and the module stand for it."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "-m followup" in workflow.crontab_line(homes.Home(home))
    name = "followup.exe" if sys.platform == "win32" else "followup"
    (tmp_path / name).write_text("", encoding="utf-8")
    assert str(tmp_path / name) in workflow.crontab_line(homes.Home(home))


def test_the_doctor_names_a_region_that_is_none(made: Run, home: Path) -> None:
    """However it came into the file, the regions that there are stand beside it."""
    path = home / "followup.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('# region = ""', 'region = "XYZ"'), encoding="utf-8")
    assert "SCT" in made("doctor", exit_code=78).stdout


def test_a_restore_onto_a_file_or_below_one_is_refused(made: Run, tmp_path: Path) -> None:
    """A home is a folder, in a folder."""
    path = backup(made, tmp_path / "one.tar.gz")
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "is a file" in made("restore", path, tmp_path / "file", exit_code=73).stderr
    assert made("restore", path, tmp_path / "file" / "home", exit_code=None).exit_code in (73, 74)
