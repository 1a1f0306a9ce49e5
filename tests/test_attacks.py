"""Bad input of every kind, from the command line to the exit code: one clear message, nothing lost or half done."""

from __future__ import annotations

import csv
import email
import email.policy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from followup import store
from followup.home import Home
from followup.model import Case, Channel, Client, Contact, Direction, Job, JobStatus
from tests.conftest import Ran
from tests.programs import HEADER, Program, ended, held, jobs_file, lines_file
from tests.test_crashes import endless_template

Run = Callable[..., Ran]
GOOD = "Ada Hall,ada@example.com,Boiler service,2026-02-27"
ESCAPES = "\x1b[31mEvil\x1b]0;title\x07"


@pytest.fixture
def made(run: Run, home: Path) -> Program:
    """Give a program with an empty home."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")
    return Program(home)


@pytest.fixture
def three(made: Program, run: Run, tmp_path: Path) -> Program:
    """Give a program whose home has three messages due."""
    run("import", jobs_file(tmp_path, "a", 3), "--yes")
    return made


# ---------------------------------------------------------------- files


def table(*rows: str, header: str = HEADER) -> bytes:
    """Return the bytes of a file."""
    return "\n".join([header, *rows, ""]).encode("utf-8", "surrogatepass")


BAD_FILES = {
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "this is a picture"),
    "a PDF": (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "this is a PDF"),
    "a workbook": (b"PK\x03\x04" + bytes(range(256)), "spreadsheet"),
    "a web page": (b"<!DOCTYPE html><html><body>please log in</body></html>", "web page"),
    "a database": (b"SQLite format 3\0" + b"\0" * 200, "database"),
    "nothing but NUL": (b"\0" * 5000, "empty"),
    "empty": (b"", "empty"),
    "a mark and no more": (b"\xef\xbb\xbf", "empty"),
    "empty rows": (b",,,\n,,,\n", "empty"),
    "prose": (b"Dear Sam,\nplease find it attached.\n", "Export it as CSV"),
    "two tables": (table(GOOD, "", "name,email", "Bert Hill,b@example.com"), "tables=all"),
    "an unclosed quote": (table(GOOD, '"Bert Hill,b@example.com,Leak,2026-02-26', GOOD, GOOD), "row 3"),
    "too few cells": (table(GOOD, "Bert Hill,b@example.com"), "bad.csv:3:"),
    "too many cells": (table(GOOD + ",extra,more"), "has 6 cells where the header has 4"),
    "NUL": (table(GOOD.replace(" ", "\0 ", 1)), "U+0000"),
    "a lone surrogate": (table(GOOD.replace(" ", " \ud800", 1)), "full_name: 'Ada <U+D800>Hall'"),
    "terminal escapes": (table(GOOD.replace("Ada", "\x1b[31mAda", 1)), "U+001B"),
    "a line break in a name": (table('"Ada\r\nBcc: evil@example.com",a@example.com,Boiler,2026-02-27'), "line break"),
    "an encoded word": (table("=?utf-8?q?Ada=0ABcc:_x@y.z?=,a@example.com,Boiler,2026-02-27"), "wire form"),
    "ten megabytes": (table(GOOD.replace("Ada", "A" * 10_000_000, 1)), "no cell can have more"),
    "30 February": (table(GOOD.replace("02-27", "02-30")), "no day in the calendar"),
    "a day in words": (table(GOOD.replace("2026-02-27", "soon")), "'soon' is no date"),
    "no address": (table("Bert Hill,,Leak,2026-02-26"), "add an e-mail or phone"),
    "a client without any": (table("Bert Hill,", header="full_name,email"), "neither e-mail, phone nor postal address"),
    "no e-mail address": (table("Bert Hill,not-one,Leak,2026-02-26"), "'not-one' is no e-mail address"),
}


@pytest.mark.parametrize(("data", "said"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_refused_whole_with_its_place_and_reason(
    made: Program, tmp_path: Path, data: bytes, said: str
) -> None:
    """65; the good rows beside the bad ones are not taken in either; what is wrong is said with its row."""
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_bytes(data)
    good.write_bytes(table("Carl Inn,carl@example.com,Leak,2026-02-26"))
    ran = made.run("import", str(good), str(bad), "--yes", exit_code=65)
    assert said in ran.stderr
    assert "bad.csv" in ran.stderr
    assert len(ran.stderr) < 5000
    assert held(made.home).clients == 0


def test_bad_rows_that_are_left_out_come_back_repaired(made: Program, tmp_path: Path) -> None:
    """--skip-bad-rows takes the good ones; the file of the others is imported once it is repaired."""
    path = lines_file(tmp_path / "jobs.csv", [HEADER, GOOD, "Bert Hill,bert@,Leak,2026-02-26"])
    made.run("import", str(path), "--yes", "--skip-bad-rows")
    assert held(made.home).clients == 1
    (rejected,) = (made.home / "rejects").iterdir()
    text = rejected.read_text(encoding="utf-8-sig")
    assert "bert@" in text
    rejected.write_text(text.replace("bert@,", "bert@example.com,"), encoding="utf-8-sig")
    made.run("import", str(rejected), "--yes")
    assert held(made.home).jobs == 2


def test_a_header_without_rows_changes_nothing(made: Program, tmp_path: Path) -> None:
    """A week without jobs is no error."""
    ran = made.run("import", str(lines_file(tmp_path / "jobs.csv", [HEADER])), "--yes")
    assert "no rows below them" in ran.stdout
    assert held(made.home).clients == 0


def test_invisible_characters_are_taken_out_and_said(made: Program, tmp_path: Path) -> None:
    """What turns the writing around is not kept."""
    path = tmp_path / "jobs.csv"
    path.write_bytes(table(GOOD.replace("Ada Hall", "Ada \u202eHall\u2066")))
    assert "invisible characters were taken out (row 2)" in made.run("import", str(path), "--yes").stderr
    (client,) = json.loads(made.run("client", "list", "--format", "json").stdout)
    assert client["client"] == "Ada Hall"


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names of bytes")
def test_a_file_whose_name_is_no_text_is_imported(made: Program, tmp_path: Path) -> None:
    """Names of files are bytes on some systems."""
    path = tmp_path / os.fsdecode(b"caf\xe9.csv")
    path.write_bytes(table(GOOD))
    made.run("import", str(path), "--yes")
    made.run("imports")
    assert held(made.home).clients == 1


def test_a_formula_for_a_name_survives_the_whole_round(made: Program, run: Run, tmp_path: Path) -> None:
    """Import, export, message, report and import again: guarded wherever a spreadsheet opens it, never changed."""
    name = '=HYPERLINK("http://x")'
    path = tmp_path / "jobs.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([HEADER.split(","), [name, "ada@example.com", "Boiler", "2026-02-27"]])
    made.run("import", str(path), "--yes")
    exported = tmp_path / "clients.csv"
    made.run("client", "export", "-o", str(exported))
    run("send", "--yes")
    run("confirm", "--drafts", "--sent")
    reported = made.run("report", "contacts", "--year", "2026", "--format", "csv").stdout
    for text in (exported.read_text(encoding="utf-8"), reported):
        cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
        assert f"'{name}" in cells
        assert name not in cells
    made.run("import", str(exported), "--yes")
    (client,) = json.loads(made.run("client", "list", "--format", "json").stdout)
    assert client["client"] == name


# ---------------------------------------------------------------- names

NAMES = [
    "李 小龍",
    "محمد علي",
    "שרה כהן",
    "सत्य नारायण",
    "ไทย คน",
    "Zoe\u0301 N\u0303andu\u0301",
    "👩‍👩‍👧 Family",
    "i̇stanbul İpek",
    "O'Brien-Smith Jr",
    "Mary 't Hooft",
    "<b>Bold</b> & Co",
    "Bobby'); DROP TABLE client;--",
    "Per %s %d {0}",
    "Null None",
    "Bcc: x@y.z",
    "A\tB",
    "A" * 300,
]


def test_names_of_every_script_reach_the_draft_as_they_are(made: Program, tmp_path: Path) -> None:
    """No name adds a header, breaks a page, or loses a letter; a greeting of blanks is none."""
    path = tmp_path / "jobs.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = [[name, f"n{n}@example.com", "Boiler", "2026-02-27", "   "] for n, name in enumerate(NAMES)]
        csv.writer(stream).writerows([[*HEADER.split(","), "address_as"], *rows])
    made.run("import", str(path), "--yes")
    made.run("send", "--yes", exit_code=None)
    drafts = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in (made.home / "drafts").glob("*.eml")
    ]
    assert len(drafts) >= len(NAMES) - 4  # some have nobody to greet, and say so
    for draft in drafts:
        assert draft["Bcc"] is None
        (to,) = draft["To"].addresses
        number = int(to.addr_spec.removeprefix("n").partition("@")[0])
        assert "".join(to.display_name.split()).casefold() != ""
        assert f"n{number}@example.com" == to.addr_spec
    page = (made.home / "drafts" / "drafts.html").read_text(encoding="utf-8")
    assert "<b>Bold" not in page
    made.run("due")
    made.run("client", "list")


def test_a_name_of_five_thousand_letters_stops_its_own_message_only(made: Program, tmp_path: Path) -> None:
    """Preview, dry run and send say the same, and go on with the others."""
    long = GOOD.replace("Ada", "B" * 5000, 1).replace("ada@", "b@")
    made.run("import", str(lines_file(tmp_path / "jobs.csv", [HEADER, GOOD, long])), "--yes")
    preview = made.run("preview", exit_code=3)
    assert "Shorten it" in preview.stderr
    assert "ada@example.com" in preview.stdout
    assert "1 draft would be written" in made.run("send", "--dry-run", exit_code=3).stdout
    made.run("send", "--yes", exit_code=3)
    assert len(held(made.home).attempts) == 1


@pytest.mark.parametrize("words", [["client", "add", "--name", ESCAPES], ["log", "a1", "--note", ESCAPES]])
def test_control_characters_are_not_taken_from_the_command_line(three: Program, words: list[str]) -> None:
    """What no file may hold is not typed in either, and the message itself does not obey it."""
    ran = three.run(*words, exit_code=65)
    assert "U+001B" in ran.stderr
    assert "\x1b" not in ran.stderr


def test_terminal_escapes_that_got_into_a_home_are_shown_not_obeyed(made: Program, run: Run) -> None:
    """A home that an earlier program filled, or somebody's own SQL: every screen makes them visible."""
    home, now = Home(made.home), datetime.fromisoformat("2026-03-01T12:00:00+00:00")
    client = Client(id="caaaaaaaaa", full_name=ESCAPES, emails=("evil@example.com",), notes=ESCAPES, city=ESCAPES)
    day = now.date()
    job = Job(
        id="jaaaaaaaaa",
        client_id="caaaaaaaaa",
        service=f"Boiler {ESCAPES}",
        status=JobStatus.COMPLETED,
        completed_on=day - timedelta(2),
    )
    case = Case(id="kaaaaaaaaa", client_id="caaaaaaaaa", opened_on=day, summary=ESCAPES)
    call = Contact(
        id="laaaaaaaaa",
        client_id="caaaaaaaaa",
        channel=Channel.CALL,
        direction=Direction.OUT,
        at=now,
        on=day,
        note=ESCAPES,
    )
    with (
        store.open(home.database_path, home_key=home.key(), backups=home.backups_path) as opened,
        opened.write(kind="hand", command=ESCAPES, now=now) as write,
    ):
        for record in (client, job, case, call):
            write.save(record)
    for words in (
        [],
        ["due"],
        ["plan"],
        ["why", "evil@example.com"],
        ["client", "list"],
        ["client", "show", "evil@example.com"],
        ["job", "list"],
        ["case", "list"],
        ["report", "contacts", "--year", "2026"],
        ["preview", "evil@example.com"],
        ["send", "--dry-run"],
        ["week"],
        ["calls"],
        ["doctor"],
        ["undo"],
    ):
        ran = run(*words, exit_code=None)
        assert "\x1b" not in ran.stdout + ran.stderr, words
        assert "\x07" not in ran.stdout + ran.stderr, words


# ---------------------------------------------------------------- templates

BAD_TEMPLATES = {
    "a syntax error": ("{% if %}", "thank-you.en.txt:4"),
    "an unknown name": ("Dear {{ clietn.first_name }}", "clietn"),
    "an outside include": ('{% include "/etc/passwd" %}', "outside the folder of templates"),
    "a way out": ('{% include "../key" %}', "outside the folder of templates"),
    "a look inside": ("{{ ''.__class__.__mro__ }}", "thank-you.en.txt:4"),
}


@pytest.mark.parametrize(("body", "said"), BAD_TEMPLATES.values(), ids=BAD_TEMPLATES)
def test_a_bad_template_stops_its_messages_and_is_named_with_its_line(three: Program, body: str, said: str) -> None:
    """78 from send and template check; nothing of it goes out."""
    (three.home / "templates").mkdir()
    lines_file(
        three.home / "templates" / "thank-you.en.txt",
        ["subject: Thanks", "purpose: service", "---", "{{ greeting }} " + body],
    )
    for words in (["send", "--yes"], ["template", "check"]):
        ran = three.run(*words, exit_code=78)
        assert said in ran.stdout + ran.stderr
        assert three.home.joinpath("key").read_text(encoding="ascii").strip() not in ran.stdout + ran.stderr
        assert "root:" not in ran.stdout + ran.stderr
    assert held(three.home).attempts == ()


@pytest.mark.parametrize(
    "words",
    [
        ["send", "--yes"],
        pytest.param(["preview"], marks=pytest.mark.slow),
        pytest.param(["template", "check"], marks=pytest.mark.slow),
    ],
)
def test_a_template_without_an_end_is_stopped_once(three: Program, words: list[str]) -> None:
    """It costs its seconds once, not once a client."""
    endless_template(three.home)
    ran = three.run(*words, exit_code=78)
    assert "takes longer than" in ran.stdout + ran.stderr
    assert held(three.home).attempts == ()


# ---------------------------------------------------------------- a home that cannot be written, or is in pieces


@pytest.fixture
def read_only(three: Program) -> Iterator[tuple[Program, list[str]]]:
    """Give a home that may be read only, and what to start a command with so that even root obeys."""
    before: list[str] = []
    if sys.platform == "win32":
        pytest.skip("modes of POSIX")
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write anywhere")
        before = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search,-fowner"]
        if subprocess.run([*before, "true"], capture_output=True, check=False).returncode:
            pytest.skip("root cannot be made to obey here")
    for path in (*three.home.iterdir(), three.home):
        path.chmod(path.stat().st_mode & ~0o222)
    yield three, before
    three.home.chmod(0o700)


def test_a_read_only_home_is_looked_at_and_not_changed(read_only: tuple[Program, list[str]], tmp_path: Path) -> None:
    """Looking works, a backup to another place too; what writes is 77 and says whose permission is missing."""
    program, before = read_only
    was = {path.name: path.read_bytes() for path in program.home.iterdir()}
    looking = [["due"], ["why", "a1@example.com"], ["send", "--dry-run"]]
    for words in looking:
        program.run(*words, before=before)
    assert "cannot be written" in program.run("doctor", before=before, exit_code=78).stdout
    program.run("backup", str(tmp_path / "b.tar.gz"), before=before)
    path = str(jobs_file(tmp_path, "new", 2))
    writing = [
        ["send", "--yes"],
        ["import", path, "--yes"],
        ["undo", "--yes"],
        ["backup"],
        ["client", "add", "--name", "N"],
    ]
    for words in writing:
        assert str(program.home) in program.run(*words, exit_code=77, before=before).stderr
    assert {path.name: path.read_bytes() for path in program.home.iterdir()} == was


def _without(name: str) -> Callable[[Path], object]:
    return lambda home: (home / name).unlink()


def _with(name: str, data: bytes) -> Callable[[Path], object]:
    return lambda home: (home / name).write_bytes(data)


def _torn(home: Path) -> None:
    path = home / "followup.db"
    path.write_bytes(path.read_bytes()[:20_000])


PIECES: dict[str, tuple[Callable[[Path], object], int, str]] = {
    "no settings": (_without("followup.toml"), 66, "followup init"),
    "settings that are no text": (_with("followup.toml", b"\xff\xfe\0bad"), 78, "UTF-8"),
    "settings that are no TOML": (_with("followup.toml", b"[business\n"), 78, "followup.toml:1"),
    "no key": (_without("key"), 78, "key is missing"),
    "a wrong key": (_with("key", b"zz"), 78, "not the key of a home"),
    "no database": (_without("followup.db"), 66, "followup restore"),
    "garbage for a database": (_with("followup.db", b"garbage " * 999), 74, "followup restore"),
    "half a database": (_torn, 74, "followup restore"),
    "an empty database": (_with("followup.db", b""), 78, "not a database of followup"),
}


@pytest.mark.parametrize(("harm", "code", "said"), PIECES.values(), ids=PIECES)
def test_a_home_in_pieces_says_what_is_missing_and_what_to_do(
    three: Program, harm: Callable[[Path], object], code: int, said: str
) -> None:
    """Every command ends with the same clear message, and makes nothing anew that would hide the loss."""
    harm(three.home)
    names = sorted(path.name for path in three.home.iterdir())
    assert said in three.run("send", "--yes", exit_code=code).stderr
    assert sorted(path.name for path in three.home.iterdir()) == names


def test_settings_that_go_away_while_a_command_runs_do_no_harm(three: Program) -> None:
    """They are read once, at the start."""
    process = three.start("send", "--yes")
    assert process.stderr is not None
    process.stderr.readline()  # it is up and has said which day it takes for today
    (three.home / "followup.toml").rename(three.home / "away")
    ended(process)
    (three.home / "away").rename(three.home / "followup.toml")
    assert len(held(three.home).attempts) == 3


def test_wrong_settings_are_all_named_at_once(three: Program) -> None:
    """One run, every mistake, with the nearest name that is known."""
    path = three.home / "followup.toml"
    text = path.read_text(encoding="utf-8")
    wrong = text.replace('country = "GB"', 'country = "XX"\nnaem = "x"').replace(
        "# messages_days = 7", "messages_days = -1"
    )
    path.write_text(f'{wrong}\n[bussiness]\n[cadence.after-job.thank-you]\nafter = "1 fortnight"\n', encoding="utf-8")
    said = three.run("due", exit_code=78).stderr
    for word in ("'XX'", "naem", "messages_days", "'business'", "fortnight"):
        assert word in said


def test_a_renamed_step_stops_sending_until_it_says_its_old_name(three: Program, run: Run) -> None:
    """Under a new name everybody would be thanked again."""
    path = three.home / "followup.toml"
    text = path.read_text(encoding="utf-8")
    step = '[cadence.after-job.{}]\nafter = "1 business day"\ntemplate = "thank-you"\nchannels = ["email"]\n{}'
    off = "[cadence.after-job.thank-you]\nenabled = false\n"
    path.write_text(text + off + step.format("my-thanks", ""), encoding="utf-8")
    run("send", "--yes")
    assert len(held(three.home).attempts) == 3
    path.write_text(text + off + step.format("our-thanks", ""), encoding="utf-8")
    assert "'my-thanks'" in three.run("send", "--yes", exit_code=78).stderr
    path.write_text(text + off + step.format("our-thanks", 'was = ["my-thanks"]\n'), encoding="utf-8")
    three.run("send", "--yes")
    assert len(held(three.home).attempts) == 3


# ---------------------------------------------------------------- days and hours


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_day_is_that_of_the_home_wherever_the_computer_is(three: Program, zone: str) -> None:
    """The zone of the computer decides nothing, not even in an hour that does not exist in London."""
    moments = ["2026-03-29T01:30", "2026-10-25T01:30", "2026-12-31T23:59", "2028-02-29T00:00"]
    days = ["29 March 2026", "25 October 2026", "31 December 2026", "29 February 2028"]
    for moment, day in zip(moments if zone == "UTC" else moments[:1], days, strict=False):
        assert day in three.run("due", now=moment, environment={"TZ": zone}).stderr


def test_a_job_of_29_february_has_its_day_every_year(made: Program, run: Run) -> None:
    """28 February in common years, 29 February in the next leap year: counted from the job, not from the last time."""
    run("client", "add", "--name", "Leap Year", "--email", "l@example.com")
    run("job", "add", "leap", "--service", "Boiler", "--completed", "2024-02-29")
    said = made.run("why", "leap", now="2024-03-04").stdout
    assert "28 February 2025" in said
    assert "29 February 2028" in made.run("why", "leap", now="2027-03-08").stdout


@pytest.mark.parametrize("moment", ["0001-01-01", "9999-12-31", "2026-02-29", "2026-03-02T25:00", "yesterday"])
def test_a_day_that_is_none_or_out_of_reach_is_a_usage_error(three: Program, moment: str) -> None:
    """2, before anything is done."""
    assert "--now" in three.run("plan", now=moment, exit_code=2).stderr


@pytest.mark.parametrize(
    "words",
    [
        ["snooze", "a1@example.com", "--everything", "--until", "9999-12-31"],
        ["job", "add", "a1@example.com", "--service", "Boiler", "--completed", "0001-01-01"],
    ],
)
def test_a_day_out_of_reach_does_not_get_into_the_records(three: Program, words: list[str]) -> None:
    """No plan could be made around it, and so no plan at all."""
    assert "too far away" in three.run(*words, exit_code=2).stderr
    three.run("plan")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["import", "{}", "--yes"], 65),
        (["send", "--plan", "{}"], 66),
        (["preview", "a1@example.com", "--text-file", "{}"], 66),
        (["client", "export", "-o", "{}"], 73),
        (["restore", "{}", "{}/new"], 66),
    ],
)
def test_a_folder_where_a_file_is_meant_is_called_one(
    three: Program, tmp_path: Path, words: list[str], code: int
) -> None:
    """One message that names it, and nothing is done."""
    said = three.run(*(word.format(tmp_path) for word in words), exit_code=code).stderr
    assert str(tmp_path) in said


# ---------------------------------------------------------------- much of it, and faults of ours


def test_ten_thousand_contacts_of_one_client_are_no_matter(three: Program) -> None:
    """A long history of one client slows nothing down that matters, and is reported to the last row."""
    home = Home(three.home)
    at = datetime.fromisoformat("2026-02-01T12:00:00+00:00")
    with store.open(home.database_path, home_key=home.key(), backups=home.backups_path) as opened:
        (client,) = opened.find_clients("a1@example.com")
        with opened.write(kind="contact", command="log", now=at) as write:
            write.save_many(
                Contact(
                    id=f"c{number:09}",
                    client_id=client.id,
                    channel=Channel.CALL,
                    direction=Direction.OUT,
                    at=at,
                    on=at.date(),
                )
                for number in range(10_000)
            )
    three.run("send", "--yes")
    assert len(held(three.home).attempts) == 3
    assert three.run("report", "contacts", "--year", "2026", "--format", "csv").stdout.count("\n") == 10_001
    three.run("why", "a1@example.com")


def test_a_fault_of_ours_is_70_and_one_message(tmp_path: Path) -> None:
    """No traceback for people who did not write this; -v shows it to those who did."""
    code = (
        "from followup import cli; from followup.cli.app import App\n"
        "def fail(*a, **k): raise RuntimeError('boom')\n"
        "App.start = fail; cli.main()"
    )
    for words, shown in ((["due"], False), (["-v", "due"], True)):
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(store.__file__).parents[2],
        )
        assert ("Traceback" in done.stderr) is shown
        assert "boom" in done.stderr
        assert done.returncode == (1 if shown else 70)
