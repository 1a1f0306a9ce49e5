"""import, imports and undo, as their user meets them. What files mean is told in tests/intake and test_importing."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from followup.cli import intake
from followup.workflow import consequences
from tests.conftest import EXAMPLES, Ran

Run = Callable[..., Ran]

CLIENTS = "Client ID,Name,Email,Phone\n1,Ada Hall,ada@example.com,01632 960101\n2,Bert Hill,bert@example.com,\n"
JOBS = (
    "Job ID,Client ID,Service,Completed on,Status\n"
    "7,1,Boiler service,2026-02-27,Completed\n"
    "8,2,New bath,,Scheduled\n"
    "9,2,Drain clearing,2025-03-01,Completed\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder the user is in, with two files."""
    place = tmp_path / "desk"
    place.mkdir()
    (place / "clients.csv").write_text(CLIENTS, encoding="utf-8")
    (place / "jobs.csv").write_text(JOBS, encoding="utf-8")
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def empty(run: Run) -> Run:
    """Give `run` in a home without clients."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")
    return run


def write(folder: Path, name: str, text: str) -> str:
    """Write a file of the user's and return its name."""
    (folder / name).write_text(text, encoding="utf-8")
    return name


def names(run: Run) -> list[str]:
    """Return the names of the clients."""
    return [row["client"] for row in json.loads(run("client", "list", "--format", "json").stdout)]


def due(run: Run, **options: str) -> list[dict[str, Any]]:
    """Return what is due."""
    return list(json.loads(run("due", "--format", "json", **options).stdout))


# ---------------------------------------------------------------- the screen before writing


def test_whoever_reads_slowly_does_not_lock_the_home(
    empty: Run, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an import leads to is told when the import is written, so that others can write meanwhile."""
    tell = intake._show_consequences
    met: list[str] = []

    def slowly(found: consequences.Consequences) -> None:
        with closing(sqlite3.connect(home / "followup.db", timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
            met.extend(name for (name,) in other.execute("SELECT full_name FROM client ORDER BY 1"))
        tell(found)

    monkeypatch.setattr(intake, "_show_consequences", slowly)
    assert "due at once because of it: 1 thank-you" in empty("import", "jobs.csv", "clients.csv", "--yes").stdout
    assert met == ["Ada Hall", "Bert Hill"]


def test_one_screen_says_what_is_new_and_what_follows_from_it(empty: Run, folder: Path) -> None:
    """New, changed, unchanged, not completed, in doubt, and what becomes due because of it."""
    said = empty("import", "jobs.csv", "clients.csv", "--yes").stdout
    assert "clients.csv: clients, 2 rows" in said
    assert "new: 2 clients, 3 jobs; changed: 0 clients, 0 jobs; unchanged: 0" in said
    assert "not completed: 1 job; in doubt: 0" in said
    assert "due at once because of it: 1 thank-you" in said
    assert "in the coming week: 1 anniversary, 1 check-in-mail" in said
    assert "`followup undo` takes it back" in said
    assert [row["client"] for row in due(empty)] == ["Ada Hall"]


def test_a_dry_run_shows_the_same_and_writes_nothing(empty: Run, folder: Path) -> None:
    """Not even the trial that it made to see what becomes due."""
    ran = empty("import", "clients.csv", "jobs.csv", "--dry-run")
    assert "due at once because of it: 1 thank-you" in ran.stdout
    assert "Nothing was written" in ran.stderr
    assert names(empty) == []
    assert empty("imports").stdout.startswith("Nothing was imported yet")


def test_a_person_is_asked_before_anything_is_written(empty: Run, folder: Path) -> None:
    """A no writes nothing; in a script it is --yes."""
    empty("import", "clients.csv", answers="n\n", exit_code=1)
    assert names(empty) == []
    assert "--yes" in empty("import", "clients.csv", exit_code=2).stderr
    empty("import", "clients.csv", answers="y\n")
    assert names(empty) == ["Ada Hall", "Bert Hill"]


def test_the_same_file_again_changes_nothing(empty: Run, folder: Path) -> None:
    """Neither asks, nor makes a batch to undo."""
    empty("import", "clients.csv", "jobs.csv", "--yes")
    again = empty("import", "clients.csv", "jobs.csv")
    assert "Nothing changes: the home has all of it already." in again.stdout
    assert len(json.loads(empty("imports", "--format", "json").stdout)) == 1


def test_a_corrected_file_says_what_it_changes(empty: Run, folder: Path) -> None:
    """Field by field, before and after."""
    empty("import", "clients.csv", "--yes")
    write(folder, "clients.csv", CLIENTS.replace("bert@example.com", "bert.hill@example.com"))
    said = empty("import", "clients.csv", "--yes").stdout
    assert "changed: 1 client" in said
    assert "Bert Hill: emails: bert@example.com -> bert.hill@example.com" in said
    assert "Nothing becomes due because of it this week." in said


def test_very_many_changes_are_counted_not_listed(empty: Run, folder: Path) -> None:
    """Twenty lines, and how many more; all of them with --verbose."""
    lines = [f"{n},Client {n},c{n}@example.com" for n in range(30)]
    write(folder, "many.csv", "\n".join(["Client ID,Name,Email", *lines]) + "\n")
    empty("import", "many.csv", "--yes")
    write(folder, "many.csv", "\n".join(["Client ID,Name,Email", *(line.replace("@", "@new.") for line in lines)]))
    assert empty("--verbose", "import", "many.csv", "--dry-run").stdout.count(" -> ") == 30
    said = empty("import", "many.csv", "--yes").stdout
    assert said.count(" -> ") == 20
    assert "and 10 more changes" in said


def test_what_was_edited_by_hand_is_kept_and_said(empty: Run, folder: Path) -> None:
    """With what the file says instead, and how to take it."""
    table = folder / "c.csv"
    table.write_text("Client ID,Name,Phone\n1,Ada Hall,07700 900123\n")
    empty("import", table, "--yes")
    empty("client", "edit", "hall", "--phone", "01632 960123")
    table.write_text("Client ID,Name,Phone\n1,Ada Hall,07700 900199\n")
    said = empty("import", table, "--dry-run").stdout
    assert "kept: phones of Ada Hall: yours +441632960123, the file says +447700900199" in said
    assert "--prefer file" in said
    said = empty("import", table, "--prefer", "file", "--yes").stdout
    assert "phones: +441632960123 -> +447700900199" in said
    assert "kept:" not in said


def test_what_may_be_the_same_client_is_said_and_never_merged(empty: Run, folder: Path) -> None:
    """A doubt names both, and both stay."""
    empty("import", "clients.csv", "--yes")
    lines = "\n".join(f"Ada Hall,ada{n}@example.org" for n in range(10))
    said = empty("import", write(folder, "more.csv", f"Name,Email\n{lines}\n"), "--as", "clients", "--yes").stdout
    assert "in doubt: more.csv:2: Ada Hall may be Ada Hall" in said
    assert "more in doubt" in said
    lines = "\n".join(f"Bea Reed,bea{n}@example.org" for n in range(25))  # a name that says nothing any more
    said = empty("import", write(folder, "many.csv", f"Name,Email\n{lines}\n"), "--as", "clients", "--yes").stdout
    assert "in doubt: 0" in said


def test_history_is_taken_without_consequences_and_undone_in_one(empty: Run, folder: Path) -> None:
    """The first import of old jobs floods nobody; it is one batch."""
    said = empty("import", "clients.csv", "jobs.csv", "--history", "--yes").stdout
    assert "taken as history" in said
    assert due(empty) == []
    assert "taken as history" in empty("why", "Ada Hall").stdout
    assert len(json.loads(empty("imports", "--format", "json").stdout)) == 1
    empty("undo", "--yes")
    assert names(empty) == []


# ---------------------------------------------------------------- trouble


BAD = CLIENTS + "3,Cleo Ruiz,not an address,\n4,,,\n"


def test_rows_with_problems_are_all_listed_and_stop_the_batch(empty: Run, folder: Path) -> None:
    """File, row as a spreadsheet shows it, column, value, reason; nothing of any file is written."""
    ran = empty("import", write(folder, "bad.csv", BAD), "jobs.csv", "--yes", exit_code=65)
    assert "bad.csv:4: Email: 'not an address'" in ran.stderr
    assert "bad.csv:5:" in ran.stderr
    assert "--skip-bad-rows" in ran.stderr
    assert names(empty) == []


def test_bad_rows_can_be_left_out_and_mended(empty: Run, home: Path, folder: Path) -> None:
    """They go to a file of their own, which can be repaired and imported."""
    ran = empty("import", write(folder, "bad.csv", BAD), "--skip-bad-rows", "--yes")
    assert "2 rows with problems will be left out" in ran.stderr
    (rejected,) = (home / "rejects").iterdir() if (home / "rejects").exists() else home.glob("*/*rejected*.csv")
    assert str(rejected) in ran.stderr
    assert names(empty) == ["Ada Hall", "Bert Hill"]
    mended = rejected.read_text(encoding="utf-8-sig").replace("not an address", "cleo@example.com")
    kept = [line for line in mended.splitlines() if not line.startswith("4,")]
    empty("import", write(folder, "mended.csv", "\n".join(kept) + "\n"), "--yes")
    assert "Cleo Ruiz" in names(empty)


def test_a_person_is_asked_whether_bad_rows_are_left_out(empty: Run, home: Path, folder: Path) -> None:
    """A no leaves everything as it is; with a yes the others come in, and the bad ones can be repaired."""
    write(folder, "bad.csv", BAD)
    ran = empty("import", "bad.csv", answers="n\n", exit_code=65)
    assert "2 rows have problems. Go on without" in ran.stderr
    assert names(empty) == []
    empty("import", "bad.csv", answers="y\ny\n")
    assert names(empty) == ["Ada Hall", "Bert Hill"]
    assert len(list((home / "rejects").iterdir())) == 1


def test_rows_that_are_left_out_for_one_reason_are_told_together(empty: Run, folder: Path) -> None:
    """With their numbers; what each of them says only where it is the only one."""
    rows = "Ada Hall,ada@example.com,Boiler,2026-02-01,10\n"
    write(folder, "sheet.csv", f"Client,Email,Service,Completed,Amount\n{rows}Total A,,,,10\n{rows}Total B,,,,10\n")
    said = empty("import", "sheet.csv", "--dry-run").stdout
    assert "left out: a line of totals (rows 3, 5)" in said


def test_letters_are_shown_where_the_encoding_was_chosen(empty: Run, folder: Path) -> None:
    """So that a wrong choice is seen before anything is written; of UTF-8 there is nothing to say."""
    text = "Name,Email\nJürgen Groß,j@example.com\nZoë Müller,z@example.com\n"
    (folder / "old.csv").write_bytes(text.encode("cp1252"))
    (folder / "new.csv").write_bytes(text.encode())
    assert "letters were read as cp1252: Jürgen Groß, Zoë Müller" in empty("import", "old.csv", "--dry-run").stdout
    assert "letters" not in empty("import", "new.csv", "--dry-run").stdout


def test_bad_rows_left_out_again_are_told_again(empty: Run, folder: Path) -> None:
    """Also where the good rows of the file change nothing."""
    write(folder, "bad.csv", BAD)
    empty("import", "bad.csv", "--skip-bad-rows", "--yes")
    again = empty("import", "bad.csv", "--skip-bad-rows", "--yes")
    assert "Nothing changes" in again.stdout
    assert "Repair them in" in again.stderr


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n\0\0\0", b'Name,Email\n"Ada,ada@example.com\n'])
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(empty: Run, folder: Path, content: bytes) -> None:
    """Empty, no text, an unclosed quote: 65, one line, nothing written of the others either."""
    (folder / "odd.csv").write_bytes(content)
    ran = empty("import", "odd.csv", "clients.csv", "--yes", exit_code=65)
    assert "odd.csv" in ran.stderr
    assert names(empty) == []


def test_files_that_are_not_there_or_are_folders_are_named(empty: Run, folder: Path) -> None:
    """66 and 65."""
    assert "no file none.csv" in empty("import", "none.csv", exit_code=66).stderr
    (folder / "sub").mkdir()
    assert "sub/*.csv" in empty("import", "sub", exit_code=65).stderr
    empty("import", exit_code=2)


def test_terminal_codes_in_a_file_reach_no_terminal(empty: Run, folder: Path) -> None:
    """What a file says is made harmless before it is shown."""
    ran = empty("import", write(folder, "bad.csv", "Name,Email\nEve,\x1b[2J@x\n"), exit_code=65)
    assert "\x1b" not in ran.stderr + ran.stdout


# ---------------------------------------------------------------- questions


DATES = "Client,Email,Service,Completed\nAda Hall,ada@example.com,Boiler service,03/02/2026\n"
STATUS = (
    "Client,Email,Service,Completed,Status\n"
    "Ada Hall,ada@example.com,Boiler service,2026-02-27,Zugeklappt\n"
    "Ada Hall,ada@example.com,Tap repair,2026-02-26,Zugeklappt\n"
)
HEADLESS = "Ada Hall,ada@example.com\nBert Hill,bert@example.com\n"


@pytest.mark.parametrize(
    ("text", "option", "answer"),
    [
        (DATES, "date_order=dmy", "date_order=dmy"),
        (STATUS, "status:Zugeklappt=not_a_job", "status:Zugeklappt=completed"),
        (HEADLESS, "columns=", "columns=full_name,email"),
    ],
)
def test_an_open_question_names_the_option_that_answers_it(
    empty: Run, folder: Path, text: str, option: str, answer: str
) -> None:
    """Without a terminal it exits 65 and writes nothing; the option that it names does answer it."""
    write(folder, "odd.csv", text)
    ran = empty("import", "odd.csv", "--yes", exit_code=65)
    assert f'--answer "{option}' in ran.stderr
    assert names(empty) == []
    empty("import", "odd.csv", "--yes", "--answer", answer)
    assert "Ada Hall" in names(empty)


def test_with_several_files_the_option_names_the_file(empty: Run, folder: Path) -> None:
    """So that one answer is not taken for all."""
    write(folder, "odd.csv", DATES)
    ran = empty("import", "clients.csv", "odd.csv", "--yes", exit_code=65)
    assert '--answer "odd.csv:date_order=' in ran.stderr
    empty("import", "clients.csv", "odd.csv", "--yes", "--answer", "odd.csv:date_order=dmy")


def test_a_person_is_asked_and_the_answer_is_remembered(empty: Run, folder: Path) -> None:
    """Question by question; the next file of that kind asks nothing."""
    write(folder, "odd.csv", DATES)
    ran = empty("import", "odd.csv", answers="dmy\ny\n")
    assert "odd.csv: " in ran.stderr
    write(folder, "next.csv", DATES.replace("03/02/2026", "04/02/2026"))
    assert "--answer" not in empty("import", "next.csv", "--yes").stderr


def test_a_person_answers_about_words_of_the_file(empty: Run, folder: Path) -> None:
    """What a status means is asked with the word in it."""
    write(folder, "odd.csv", STATUS)
    ran = empty("import", "odd.csv", answers="completed\ny\n")
    assert "Zugeklappt" in ran.stderr
    assert due(empty)


def test_a_slip_in_the_names_of_columns_is_asked_again(empty: Run, folder: Path) -> None:
    """A name that is none costs nothing but another try; several files are told apart."""
    write(folder, "odd.csv", HEADLESS)
    ran = empty("import", "odd.csv", "jobs.csv", "clients.csv", answers="nmae,email\nfull_name,email\ny\n")
    assert "nmae" in ran.stderr
    assert {"Ada Hall", "Bert Hill"} <= set(names(empty))


def test_an_answer_that_is_none_is_a_usage_error(empty: Run, folder: Path) -> None:
    """Not KEY=VALUE, an unknown key, an unknown value."""
    for answer in ("dmy", "order=dmy", "date_order=sideways"):
        empty("import", "clients.csv", "--answer", answer, exit_code=2)


def test_all_questions_of_all_files_are_asked_at_once_with_what_can_be_copied(empty: Run, folder: Path) -> None:
    """Each option stands on a line of its own, as a shell takes it; copied, they are all that is needed."""
    write(folder, "first.csv", STATUS.replace("Zugeklappt", 'Shut "tight"'))
    write(folder, "second.csv", DATES)
    ran = empty("import", "first.csv", "second.csv", "--yes", exit_code=65)
    offered = re.findall(r"--answer (.+)$", ran.stderr, re.MULTILINE)
    assert offered == [
        """'first.csv:status:Shut "tight"=completed'""",
        """'first.csv:status:Shut "tight"=open'""",
        """'first.csv:status:Shut "tight"=not_a_job'""",
        '"second.csv:date_order=dmy"',
        '"second.csv:date_order=mdy"',
    ]
    answers = [word for text in (offered[0], offered[3]) for word in ("--answer", *shlex.split(text))]
    empty("import", "first.csv", "second.csv", "--yes", *answers)
    assert "Ada Hall" in names(empty)


def test_the_beginning_of_an_answer_is_enough_and_a_slip_is_asked_again(empty: Run, folder: Path) -> None:
    """What fits several answers, or none, costs nothing."""
    write(folder, "odd.csv", STATUS)
    ran = empty("import", "odd.csv", answers="x\nCOMP\ny\n")
    assert "'x' is none of them." in ran.stderr
    assert "Which is it, completed, open or not a job?" in ran.stderr
    assert due(empty)


def test_who_brought_whom_in_an_old_address_book_is_history_too(empty: Run, folder: Path) -> None:
    """It does not say when that was; nobody is thanked week after week for clients of long ago."""
    people = "".join(f"{name} Hill,{name.lower()}@example.com,Ada Hall\n" for name in ("Bert", "Cleo", "Dora"))
    write(folder, "book.csv", f"Name,Email,Referred by\nAda Hall,ada@example.com,\n{people}")
    empty("import", "book.csv", "--yes", "--history")
    assert empty("due", "--format", "csv").stdout.count("\n") <= 1
    assert "thanks" not in empty("plan", "--format", "csv").stdout
    assert "brought" in empty("client", "show", "Ada Hall").stdout
    empty("undo", "--yes")
    empty("import", "book.csv", "--yes")
    assert "thanks" in empty("due", "--format", "csv").stdout


# ---------------------------------------------------------------- what the columns are taken for

ODD = "Name,Draht privat,Dog,Fax,Email\nAda Hall,07700 900142,Rex,1,ada@example.com\nBert Hill,,,,bert@example.com\n"


def test_columns_that_nobody_knows_are_shown_with_a_value_and_can_be_corrected(empty: Run, folder: Path) -> None:
    """By number, in any words that a column may have; Enter takes it as it is; next month nothing is shown."""
    write(folder, "odd.csv", ODD)
    ran = empty("import", "odd.csv", answers="2=mobile, 3=-\n\ny\n")
    told = " ".join(ran.stderr.split())
    assert "2 Draht privat -> + 07700 900142 3 Dog -> + Rex" in told
    assert "2 Draht privat -> phone 07700 900142 3 Dog -> - Rex" in told
    exported = empty("client", "export").stdout
    assert "+447700900142" in exported
    assert "Rex" not in exported
    write(folder, "next.csv", "Dog,Email,Name,Draht privat,Fax\nMax,,Cleo Ruiz,07700 900143,\n")
    again = empty("import", "next.csv", answers="y\n")
    assert "->" not in again.stderr
    assert "07700900143" in empty("client", "list", "--format", "json").stdout.replace("+44", "0")


def test_a_yes_takes_the_columns_as_they_are_too(empty: Run, folder: Path) -> None:
    """Whoever reads "Enter takes it so" and types y means the same."""
    write(folder, "odd.csv", ODD)
    empty("import", "odd.csv", answers="y\ny\n")
    assert "Ada Hall" in names(empty)


def test_orders_of_dates_are_asked_in_words(empty: Run, folder: Path) -> None:
    """Day first or month first; what scripts write is understood as well."""
    for typed in ("day\ny\n", "dmy\ny\n"):
        write(folder, "odd.csv", DATES)
        assert "Which is it, day first or month first?" in empty("import", "odd.csv", answers=typed).stderr
        empty("undo", "--yes")


def test_slips_in_corrections_are_told_and_nothing_is_taken(empty: Run, folder: Path) -> None:
    """No such column, no such field, no number, a column that is never imported; ? lists what there is."""
    write(folder, "odd.csv", ODD)
    ran = empty("import", "odd.csv", answers="9=phone\n2=phon\nphone\n4=phone\n?\n\ny\n")
    assert "'9=phone' is no correction" in ran.stderr
    assert "Did you mean 'phone'?" in ran.stderr
    assert "'Fax' is never imported" in ran.stderr
    assert "address_as, amount" in ran.stderr
    assert "Ada Hall" in names(empty)


def test_without_a_terminal_columns_are_only_told(empty: Run, folder: Path) -> None:
    """In cron nobody looks; what is kept under its own name is said once."""
    write(folder, "odd.csv", ODD)
    ran = empty("import", "odd.csv", "--yes")
    assert "odd.csv: kept under their own names: Draht privat, Dog" in ran.stdout
    assert "->" not in ran.stderr


def test_an_answer_names_a_column(empty: Run, folder: Path) -> None:
    """For scripts; it is remembered like every answer."""
    write(folder, "odd.csv", ODD)
    empty("import", "odd.csv", "--yes", "--answer", "column:Draht privat=phone")
    assert "07700900142" in empty("client", "list", "--format", "json").stdout.replace("+44", "0")
    assert "column:Draht privat=phone" in empty("imports", "sources", "--format", "json").stdout
    assert "no name for a column" in empty("import", "odd.csv", "--answer", "column:Dog=cat", exit_code=2).stderr
    slip = empty("import", "odd.csv", "--answer", "column:Raech=phone", "--yes").stderr
    assert "there is no column 'Raech' in these files" in slip


def test_one_column_without_a_name_is_called_by_its_number(empty: Run, folder: Path) -> None:
    """It is told, corrected and remembered under that, on a terminal and in scripts."""
    write(folder, "odd.csv", ",Mail,,\nAda Hall,ada@example.com,Rex,\nBert Hill,bert@example.com,,\n")
    told = empty("import", "odd.csv", "--dry-run").stdout
    assert 'kept under their own names: column 1, column 3 (to say what one is: --answer "column:column 1=' in told
    empty("import", "odd.csv", answers="1=name\n\ny\n")
    assert {"Ada Hall", "Bert Hill"} <= set(names(empty))
    write(folder, "next.csv", ",Mail,,\nCleo Ruiz,cleo@example.com,Max,\n")
    empty("import", "next.csv", "--yes", "--answer", "column:column 3=tags")
    assert "Cleo Ruiz" in names(empty)
    assert "Max" in empty("client", "list", "--format", "json").stdout


STATES = """Client,Email,Work,Date,State of play
Ada Hall,ada@example.com,Boiler,13/01/2026,Handed over
Bert Hill,bert@example.com,Flush,14/01/2026,Waiting for part
Cleo Ruiz,cleo@example.com,Flush,15/01/2026,done
"""


def test_any_encoding_can_be_the_answer_and_not_only_the_likely_ones(empty: Run, folder: Path) -> None:
    """A Polish file on a British desk: none of those that are usual there is right."""
    (folder / "polish.csv").write_bytes("Name;E-mail;City\nPaweł Żak;p@example.com;Łódź\n".encode("iso8859-2"))
    ran = empty("import", "polish.csv", "--yes", exit_code=65)
    assert '"encoding=..." with the name of another' in ran.stderr
    ran = empty("import", "polish.csv", answers="latin9000\niso8859-2\ny\n")
    assert "'latin9000' is no encoding" in ran.stderr
    assert "Paweł Żak" in names(empty)


def test_whether_a_column_says_how_far_a_job_is_is_asked(empty: Run, folder: Path) -> None:
    """A word for a state stands in it, and its name says nothing: taken for a note, a job that waits would be done."""
    write(folder, "odd.csv", STATES)
    ran = empty("import", "odd.csv", "--yes", exit_code=65)
    assert "'State of play' has 'Handed over', 'Waiting for part', 'done'. Does it say how far" in ran.stderr
    assert '--answer "column:State of play=status"' in ran.stderr
    ran = empty("import", "odd.csv", answers="yes\ncompleted\nopen\ny\n")
    states = {job["client"]: job["status"] for job in json.loads(empty("job", "list", "--format", "json").stdout)}
    assert states == {"Ada Hall": "completed", "Bert Hill": "open", "Cleo Ruiz": "completed"}
    write(folder, "next.csv", STATES.replace("Boiler", "Pump"))
    assert "State of play" not in empty("import", "next.csv", "--dry-run").stdout


def test_a_column_of_other_words_is_kept_without_a_question(empty: Run, folder: Path) -> None:
    """Yes and no say anything; and what the owner said is no state is none next month."""
    write(folder, "odd.csv", STATES.replace("Handed over", "yes").replace("Waiting for part", "no").replace("done", ""))
    assert "how far" not in empty("import", "odd.csv", "--dry-run").stderr
    write(folder, "odd.csv", STATES)
    empty("import", "odd.csv", "--yes", "--answer", "column:State of play=+")
    assert "how far" not in empty("import", "odd.csv", "--dry-run").stderr


def test_columns_without_names_are_named_one_by_one(empty: Run, folder: Path) -> None:
    """Or all at once; too few, and what cannot be kept without a name, is asked again."""
    write(folder, "bare.csv", "Ada Hall,07700 900142,Rex\nBert Hill,07700 900143,\n")
    ran = empty("import", "bare.csv", answers="name\n3=+\n1=name, 2=mobile\n\ny\n")
    assert "These are 1 name for 3 columns." in ran.stderr
    assert "cannot be kept under it" in ran.stderr
    assert {"Ada Hall", "Bert Hill"} <= set(names(empty))
    write(folder, "next.csv", "Cleo Ruiz,07700 900144,\nDora Fenn,07700 900145,Max\n")
    empty("import", "next.csv", answers="y\n")
    assert "Cleo Ruiz" in names(empty)


# ---------------------------------------------------------------- json


def test_dry_run_as_json_is_one_object_a_file_one_a_line(empty: Run, folder: Path) -> None:
    """The contract of the README, key by key."""
    ran = empty("import", "clients.csv", "jobs.csv", "--dry-run", "--format", "json")
    first, second = (json.loads(line) for line in ran.stdout.splitlines())
    assert list(first) == [
        "file", "source", "looks_like", "refused", "asked",
        "clients", "jobs", "skipped", "errors", "warnings", "counts",
    ]  # fmt: skip
    assert first["clients"][0]["full_name"] == "Ada Hall"
    assert first["clients"][0]["rows"] == [2]
    assert second["jobs"][0]["completed_on"] == "2026-02-27"
    assert names(empty) == []


def test_json_of_a_file_with_questions_and_problems_has_them_in_it(empty: Run, folder: Path) -> None:
    """Printed whole, and then 65."""
    write(folder, "odd.csv", DATES)
    asked = json.loads(empty("import", "odd.csv", "--dry-run", "--format", "json", exit_code=65).stdout)["asked"]
    assert [list(each) for each in asked] == [["about", "question", "options", "rows"]]
    ran = empty("import", write(folder, "bad.csv", BAD), "--dry-run", "--format", "json", exit_code=65)
    assert list(json.loads(ran.stdout)["errors"][0]) == ["row", "column", "value", "code", "why"]


def test_json_writes_where_it_is_told_to(empty: Run, folder: Path) -> None:
    """Without --dry-run it imports, and a second time changes nothing, without a word in between."""
    empty("import", "clients.csv", "--yes", "--format", "json")
    ran = empty("import", "clients.csv", "--yes", "--format", "json")
    assert [json.loads(line)["file"] for line in ran.stdout.splitlines()] == ["clients.csv"]
    assert len(names(empty)) == 2


# ---------------------------------------------------------------- imports and undo


def test_imports_lists_batches_at_the_homes_own_time(run: Run, folder: Path) -> None:
    """When, by whom, which files, how much; as json the instant is UTC."""
    run(*("init", "--name", "Sam", "--timezone", "Pacific/Honolulu"))
    run("import", "clients.csv", "--yes", "--source", "jobber")
    said = run("imports").stdout
    assert "2026-03-02 09:15" in said
    assert "clients.csv" in said
    (row,) = json.loads(run("imports", "--format", "json").stdout)
    assert row["at"] == "2026-03-02T19:15:00+00:00"
    assert (row["new"], row["changed"]) == (2, 0)


def test_undo_takes_the_whole_batch_back_and_the_same_jobs_have_the_same_keys(empty: Run, folder: Path) -> None:
    """So that nothing that went out is said again after the file comes in once more."""
    empty("import", "clients.csv", "jobs.csv", "--yes")
    before = due(empty)
    ran = empty("undo", "--yes")
    assert "Taken back: import clients.csv jobs.csv." in ran.stdout
    assert names(empty) == []
    empty("import", "clients.csv", "jobs.csv", "--yes")
    assert [row["key"] for row in due(empty)] == [row["key"] for row in before]


def test_undo_shows_only_the_beginning_of_a_long_list(business: Run) -> None:
    """Twenty lines, and how many more; an opt-out of the file stays, in words."""
    said = business("undo", answers="y\n").stdout
    assert said.count("take back:") == 20
    assert "  and " in said
    assert "stays: an opt-out: a stop is never taken back by undo" in said


def test_the_week_of_the_example_business(business: Run) -> None:
    """The list a week later: new jobs, one changed, the old rows recognised."""
    said = business("import", EXAMPLES / "jobs-this-week.csv", "--yes", now="2026-03-09").stdout
    assert "known from before" in said
    assert "Imported:" in said


def test_a_list_that_seems_to_name_nobody_is_not_offered_an_answer_that_names_nobody(empty: Run, folder: Path) -> None:
    """What its columns seem to be is shown all the same; the answer is left to the owner."""
    write(folder, "bank.csv", "02/01/2026,RENT,-850.00,1000.00\n04/01/2026,FEES,-5.00,995.00\n")
    said = empty("import", "bank.csv", "--dry-run", exit_code=65).stderr
    assert "no column seems to name a client" in said
    assert "completed_on" in said
    assert 'answer with: --answer "columns=name,email,..."' in said
