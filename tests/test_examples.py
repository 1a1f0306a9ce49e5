"""The example business: true to life, harmless, and played by the scripts that an owner, cron and an accountant run."""

from __future__ import annotations

import csv
import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from followup import cli, settings
from followup.care.kind import Kind
from followup.care.kinds import KINDS
from followup.model import MESSAGE_CHANNELS
from followup.workflow import demo
from tests.conftest import NOW, Ran

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
MONDAY = date(2026, 3, 2)

# Ofcom, Bundesnetzagentur and ARCEP keep these numbers for stories.
FICTION = re.compile(r"(0|\+44 ?)7700 900\d{3}|(0|\+44 ?)1632 960\d{3}|\+49 30 23125 \d{3}|\+33 1 99 00 \d\d \d\d")

needs_sh = pytest.mark.skipif(shutil.which("sh") is None, reason="the scripts are for systems with a POSIX shell")


def rows(name: str, *, delimiter: str, titles: int = 0, encoding: str = "utf-8") -> list[dict[str, str]]:
    """Return the rows of an example file by the names of their columns."""
    text = (EXAMPLES / name).read_text(encoding=encoding)
    lines = text.splitlines(keepends=True)[titles:]
    return list(csv.DictReader(lines, delimiter=delimiter))


def clients() -> list[dict[str, str]]:
    """Return the rows of the address book."""
    return rows("clients.csv", delimiter=";", encoding="utf-8-sig")


def jobs(name: str = "jobs.csv") -> list[dict[str, str]]:
    """Return the rows of the job book: two title lines and an empty one stand above the header."""
    return rows(name, delimiter=",", titles=3)


# ---------------------------------------------------------------- the files


def test_the_business_is_large_enough() -> None:
    """At least 28 clients, 45 jobs, two people, and several years."""
    assert len({row["Client ID"] for row in clients() if row["Client ID"]}) >= 28
    assert len({row["Job #"] for row in jobs()}) >= 45
    assert len({row["Assigned to"] for row in jobs()}) == 2
    years = {row["Completed on"][-4:] for row in jobs() if row["Completed on"]}
    assert years == {"2023", "2024", "2025", "2026"}


def test_the_address_book_is_as_awkward_as_real_ones() -> None:
    """A byte order mark, semicolons, firms without a person, only a mobile, only a street, entered twice, and so on."""
    raw = (EXAMPLES / "clients.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in raw
    book = clients()
    assert any(row["Company"] and not row["Last Name"] for row in book)
    assert any("&" in row["First Name"] for row in book)
    assert any(row["Mobile"] and not row["E-mail"] and not row["Phone"] for row in book)
    assert any(row["Street"] and not (row["E-mail"] or row["Mobile"] or row["Phone"]) for row in book)
    assert any(";" in row["E-mail"] for row in book)
    assert any(row["Email Opt Out"] for row in book)
    assert any(row["No channels"] == "email" for row in book)
    assert any(row["Preferred channel"] == "call" for row in book)
    assert any(row["Last Name"].isupper() and row["Last Name"].isascii() for row in book)
    assert any("'" in row["Last Name"] for row in book)
    assert any(row["Company"].startswith("'+") for row in book), "a cell that a careful program guarded"
    assert {row["Language"] for row in book} >= {"de", "fr", "Spanish", "Polish"}
    assert any(not row["Last Name"].isascii() and "ü" not in row["Last Name"] for row in book)
    streets = Counter(row["Street"] for row in book if row["Street"])
    assert max(streets.values()) > 1, "a household of two"
    addresses = Counter(row["E-mail"].lower() for row in book if row["E-mail"])
    assert max(addresses.values()) > 1, "somebody entered twice"
    names = {name_of(row).casefold() for row in book}
    assert {row["Referred by"].casefold() for row in book if row["Referred by"]} <= names


def test_the_job_book_is_as_awkward_as_real_ones() -> None:
    """Title lines, thousands separators, unpaid, unfinished and cancelled jobs, notes, columns of the firm's own."""
    book = jobs()
    assert {row["Status"] for row in book} == {"Completed", "In progress", "Scheduled", "Cancelled"}
    assert any("," in row["Total"] for row in book)
    assert any(row["Open balance"] not in {"", "0.00"} for row in book)
    assert any(row["Note"] for row in book)
    assert any(row["Parts fitted"] for row in book)
    assert any(row["Site address"] for row in book)


def test_the_second_list_overlaps_the_first() -> None:
    """A week later some jobs are new, some finished or paid, some as they were, and one is for a new client."""
    before = {row["Job #"]: row for row in jobs()}
    after = {row["Job #"]: row for row in jobs("jobs-this-week.csv")}
    shared = set(before) & set(after)
    assert any(before[number] == after[number] for number in shared)
    assert any(before[number]["Status"] != after[number]["Status"] for number in shared)
    assert any(before[number]["Paid on"] != after[number]["Paid on"] for number in shared)
    assert {row["Client ID"] for row in after.values()} - {row["Client ID"] for row in clients()}


def test_nobody_in_the_examples_exists() -> None:
    """Addresses end in the domains, and numbers lie in the ranges, that are kept for stories."""
    for row in clients():
        for address in re.findall(r"[^\s;]+@[^\s;]+", row["E-mail"]):
            assert re.search(r"[@.]example\.(com|org|net)$", address.lower()), address
        for number in filter(None, [*row["Mobile"].split(" / "), row["Phone"]]):
            assert FICTION.fullmatch(number), number


def test_the_settings_of_the_example_are_right() -> None:
    """followup.toml loads without a complaint, with both people and the services that come again."""
    loaded = settings.load(EXAMPLES / "followup.toml")
    assert set(loaded.people) == {"sam", "priya", "tilda"}
    assert loaded.owner == "sam"
    assert "boiler service" in loaded.services
    ours = {person.name for person in loaded.people.values() if not person.outside}
    assert ours == {row["Assigned to"] for row in jobs()}
    named = {name for service in loaded.services.values() for name in service.guides}
    assert named == {path.name for path in (EXAMPLES / "guides").iterdir()}


@pytest.mark.parametrize("kind", [each for each in KINDS.values() if each.name not in ("gift", "recap")])
def test_each_kind_of_record_has_a_file(kind: Kind, business: Path, run: Callable[..., Ran]) -> None:
    """Its file goes in as it is, and again without a change; gifts and recaps have none, they are made by commands."""
    table = EXAMPLES / f"{kind.plural}.csv"
    assert " added, 0 changed, 0 as they were." in run(kind.name, "import", table).stdout
    again = run(kind.name, "import", table).stdout
    assert re.search(r": 0 \w+ added, 0 changed, [1-9]\d* as they were\.", again)


@pytest.mark.usefixtures("business")
def test_the_business_has_one_of_each_kind_of_record(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    """What relationship.sh does: the files, a gift by the command that looks at the limits, a recap by its own."""
    monkeypatch.chdir(EXAMPLES)
    lines = (EXAMPLES / "relationship.sh").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line.startswith("followup "):
            run(*shlex.split(line)[1:])
    for kind in KINDS.values():
        if kind.name != "recap":
            assert table_of(run(kind.name, "export").stdout), f"the example business has no {kind.name}"
    (gift,) = table_of(run("report", "gifts", "--year", "2025", "--format", "csv").stdout)
    assert gift["receipt_ref"] == "R-398"
    assert "recap: Radiator replacement" in run("due").stdout
    assert "a damp patch below the window" in run("preview").stdout


# ---------------------------------------------------------------- the tour


def test_the_tour_shows_the_whole_road() -> None:
    """Import, due, why, preview, drafts, confirm, calls, done and the contact report come in this order."""
    commands = [step.arguments for step in tour() if isinstance(step, demo.Command)]
    verbs = [arguments[0] for arguments in commands]
    assert set(verbs) <= set(cli.MODULES)
    road = ["init", "import", "status", "due", "why", "preview", "send", "confirm", "calls", "done", "log", "report"]
    first = [verbs.index(verb) for verb in road]
    assert first == sorted(first)
    assert ("confirm", "--drafts", "--sent") in commands
    assert any(arguments[:2] == ("case", "resolve") for arguments in commands)


def test_the_tour_has_every_file_before_it_is_used() -> None:
    """Each file that a command reads has been laid out, and each one laid out exists."""
    laid: set[str] = set()
    for step in tour():
        if isinstance(step, demo.Lay):
            assert all((EXAMPLES / name).exists() for name in step.names)
            laid |= set(step.names)
        if isinstance(step, demo.Command) and step.arguments[0] == "import":
            assert {name for name in step.arguments if name.endswith(".csv")} <= laid


def tour() -> Iterable[demo.Step]:
    """Return the steps of the tour."""
    return list(demo.steps((EXAMPLES / "demo.txt").read_text(encoding="utf-8")))


# ---------------------------------------------------------------- played


@pytest.fixture
def business(home: Path, run: Callable[..., Ran]) -> Path:
    """The home of the example business on Monday, 2 March 2026, with the address book and the job book taken in."""
    run("init", home, *("--name", "Sam Alder"), *("--business", "Alder"), *("--country", "GB"), now=None)
    shutil.copyfile(EXAMPLES / "followup.toml", home / "followup.toml")
    shutil.copytree(EXAMPLES / "guides", home / "guides", dirs_exist_ok=True)
    files = [EXAMPLES / "clients.csv", EXAMPLES / "jobs.csv"]
    run("import", *files, "--yes")
    return home


@pytest.fixture
def shell(business: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command line with `followup` on the path, in the home of the example business, on a given day."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "followup"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m followup "$@"\n', encoding="utf-8")
    program.chmod(0o755)

    def call(*command: str | Path, now: str | None = NOW) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [os.fspath(word) for word in command],
            cwd=tmp_path,
            env={
                **os.environ,
                "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
                "FOLLOWUP_HOME": str(business),
                "PYTHONPATH": str(EXAMPLES.parent),
            }
            | ({"FOLLOWUP_NOW": now} if now else {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    return call


@needs_sh
def test_the_scripts_are_portable() -> None:
    """Each is plain POSIX sh, stops at the first error, and may be run as it is."""
    for path in sorted(EXAMPLES.glob("*.sh")):
        text = path.read_text(encoding="utf-8")
        assert text.startswith("#!/bin/sh\n")
        assert "\nset -eu\n" in text
        assert not re.search(r"\[\[|\bfunction\b|\blocal\b|<<<|\bpipefail\b|\$'", text), f"{path.name} needs bash"
        assert os.access(path, os.X_OK)
        subprocess.run(["sh", "-n", path], check=True)


@needs_sh
def test_the_relationship_goes_into_the_home_in_the_home_folder(
    shell: Callable[..., subprocess.CompletedProcess[str]], business: Path
) -> None:
    """Without FOLLOWUP_HOME it is ~/followup, and never the folder of the example, which has settings of its own."""
    script = EXAMPLES / "relationship.sh"
    business.rename(business.parent / "followup")
    ran = shell("env", "-u", "FOLLOWUP_HOME", f"HOME={business.parent}", script)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 case added" in ran.stdout


@needs_sh
def test_the_weekly_script_drafts_what_is_due(
    shell: Callable[..., subprocess.CompletedProcess[str]], business: Path
) -> None:
    """A week later it takes in the new list, writes drafts and prints the round; a second run adds nothing."""
    script, table = EXAMPLES / "weekly.sh", EXAMPLES / "jobs-this-week.csv"
    first = shell(script, table, now="2026-03-09T07:00")
    assert first.returncode == 0, first.stdout + first.stderr
    drafts = sorted(path.name for path in (business / "drafts").glob("*.eml"))
    assert drafts
    second = shell(script, table, now="2026-03-09T07:30")
    assert second.returncode == 0, second.stdout + second.stderr
    assert sorted(path.name for path in (business / "drafts").glob("*.eml")) == drafts


@needs_sh
def test_the_weekly_script_says_what_it_needs(shell: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """Without a file it stops with a sentence and changes nothing."""
    ran = shell(EXAMPLES / "weekly.sh")
    assert ran.returncode != 0
    assert "which file" in ran.stderr


@needs_sh
def test_the_accountant_gets_the_same_bytes_on_every_run(
    shell: Callable[..., subprocess.CompletedProcess[str]], run: Callable[..., Ran], tmp_path: Path
) -> None:
    """On 1 April the script writes the contacts of March, header and rows, twice alike."""
    run("log", "Lorna Fisk", "--in", "--note", "=asks, about a towel rail")
    written = []
    for folder in ("first", "second"):
        ran = shell(EXAMPLES / "month-end.sh", tmp_path / folder, now="2026-04-01T08:00")
        assert ran.returncode == 0, ran.stdout + ran.stderr
        (path,) = (tmp_path / folder).iterdir()
        written.append(path.read_bytes())
    assert written[0] == written[1]
    head, *rest = written[0].decode("utf-8").splitlines()
    assert head.startswith("date,")
    assert len(rest) == 1
    assert "Lorna Fisk" in rest[0]


@needs_sh
def test_the_crontab_line_is_quiet_when_nothing_waits(
    shell: Callable[..., subprocess.CompletedProcess[str]], business: Path
) -> None:
    """The line of crontab.txt drafts on a busy day, and prints nothing in a home where nothing is due."""
    (line,) = [text for text in (EXAMPLES / "crontab.txt").read_text().splitlines() if not text.startswith("#")]
    *times, command = line.split(maxsplit=5)
    assert len(times) == 5
    command = command.replace("/usr/local/bin/followup", "followup").replace('"$HOME/followup"', '"$FOLLOWUP_HOME"')
    busy = shell("sh", "-c", command)
    assert busy.returncode in (0, 3), busy.stdout + busy.stderr
    assert list((business / "drafts").glob("*.eml"))

    quiet = business.parent / "quiet"
    made = shell("followup", "init", quiet, "--name", "Sam", "--business", "Alder", "--country", "GB")
    assert made.returncode == 0, made.stderr
    calm = shell("sh", "-c", command.replace("$FOLLOWUP_HOME", str(quiet)), now=None)
    assert (calm.returncode, calm.stdout, calm.stderr) == (0, "", "")


# ---------------------------------------------------------------- a year


@dataclass(frozen=True)
class Said:
    """One touchpoint of the year that was made: a message, a letter or a call."""

    on: date
    household: str
    channel: str
    step: str
    ask: str  # occasion and step; a reminder is of the same ask


def test_a_year_of_the_example_business(business: Path, run: Callable[..., Ran]) -> None:
    """Played Monday by Monday for a year, every step after a job goes out, and nobody gets more than the budget."""
    run("import", EXAMPLES / "jobs-this-week.csv", "--yes", now="2026-03-09")
    for week in range(54):
        day = (MONDAY + timedelta(weeks=week)).isoformat()
        run("send", "--yes", now=day)
        run("confirm", "--drafts", "--sent", now=day)
        for call in table_of(run("calls", "--format", "csv", now=day).stdout):
            run("done", call["key"], now=day)
    report = run(
        "report", "contacts", "--from", "2026-01-01", "--to", "2027-12-31", "--format", "csv", now="2027-12-31"
    )
    streets = {row["Company"].lstrip("'") or name_of(row): row["Street"] for row in clients()}
    said = [
        Said(
            on=date.fromisoformat(row["date"]),
            household=streets.get(row["client"]) or row["client"],
            channel=row["channel"],
            step=row["step"],
            ask=row["key"].rpartition(".")[0],
        )
        for row in table_of(report.stdout)
    ]
    steps = [step for step in settings.load(business / "followup.toml").steps if step.enabled]
    after_jobs = ("after-job", "anniversary", "service", "win-back")
    assert {one.step for one in said} >= {step.name for step in steps if step.cadence in after_jobs}
    messages = [one for one in said if one.channel in {channel.value for channel in MESSAGE_CHANNELS}]
    assert too_close(((one.household, one.on) for one in messages), days=7) == []
    asking = {step.name for step in steps if step.ask}
    first: dict[tuple[str, str], date] = {}
    for one in said:
        if one.step in asking:
            first.setdefault((one.household, one.ask), one.on)
    asked = ((household, day) for (household, _ask), day in first.items())
    assert too_close(asked, days=30) == []


def too_close(acts: Iterable[tuple[str, date]], *, days: int) -> list[tuple[str, date, date]]:
    """Return each two acts towards one household that lie less than *days* apart."""
    by_household: dict[str, list[date]] = defaultdict(list)
    for household, day in acts:
        by_household[household].append(day)
    return [
        (household, earlier, later)
        for household, dates in by_household.items()
        for earlier, later in itertools.pairwise(sorted(dates))
        if (later - earlier).days < days
    ]


def name_of(row: dict[str, str]) -> str:
    """Return the whole name of a client of the address book."""
    return f"{row['First Name']} {row['Last Name']}".strip()


def table_of(text: str) -> list[dict[str, str]]:
    """Return the rows of a csv that a command printed."""
    return list(csv.DictReader(text.splitlines()))
