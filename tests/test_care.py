"""Every kind of record comes through one door: added, listed, shown, changed, closed, taken in and out, taken back."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from followup.care.kind import Kind
from followup.care.kinds import KINDS
from tests.conftest import Ran

Run = Callable[..., Ran]
TYPED = [kind for kind in KINDS.values() if "add" in kind.verbs]
every_kind = pytest.mark.parametrize("kind", TYPED, ids=lambda kind: kind.name)


def add(run: Run, kind: Kind) -> dict[str, Any]:
    """Add the record of the help's example, and return it."""
    (added,) = json.loads(run(kind.name, "add", *shlex.split(kind.examples["add"]), "--format", "json").stdout)
    assert isinstance(added, dict)
    return added


def listed(run: Run, kind: Kind, *more: str) -> list[dict[str, Any]]:
    """Return the rows of `list`."""
    found = json.loads(run(kind.name, "list", *more, "--format", "json").stdout)
    assert isinstance(found, list)
    return found


def same(rows: list[dict[str, Any]], added: dict[str, Any]) -> bool:
    """Tell whether *rows* is *added* alone; `referral list` says besides what follows from the friend's jobs."""
    (row,) = rows
    return {**{name: row[name] for name in added}, "recorded_at": ""} == {**added, "recorded_at": ""}


# ---------------------------------------------------------------- the door


@every_kind
def test_what_is_added_is_listed_shown_and_exported(made: Run, kind: Kind) -> None:
    """In json without a terminal, with every column."""
    added = add(made, kind)
    assert [column.name for column in kind.columns if column.in_data] == list(added)
    assert same(listed(made, kind), added)
    assert json.loads(made(kind.name, "show", "hall", "--format", "json").stdout) == [added]
    (row,) = csv.DictReader(io.StringIO(made(kind.name, "export").stdout))
    assert row[f"{kind.name}_id"] == added[f"{kind.name}_id"]
    assert added["client"] in made(kind.name, "show", added[f"{kind.name}_id"][:5]).stdout


@every_kind
def test_what_is_closed_is_over_and_cannot_be_closed_again(made: Run, kind: Kind) -> None:
    """By its id the answer says since when; the list has it with --all only."""
    record_id = add(made, kind)[f"{kind.name}_id"]
    words = shlex.split(kind.examples["close"])[1:]
    assert "Monday 2 March 2026" in made(kind.name, "close", "hall", *words).stdout
    assert listed(made, kind) == []
    (closed,) = listed(made, kind, "--all")
    assert closed["state"] in kind.closed
    assert "on 2026-03-02" in made(kind.name, "close", record_id, *words, exit_code=65).stderr


@every_kind
def test_undo_takes_each_step_back(made: Run, kind: Kind) -> None:
    """First the end, then the beginning."""
    added = add(made, kind)
    made(kind.name, "close", "hall", *shlex.split(kind.examples["close"])[1:])
    made("undo", "--yes")
    assert same(listed(made, kind), added)
    made("undo", "--yes")
    assert listed(made, kind, "--all") == []


@every_kind
def test_an_export_comes_back_as_nothing_changed(made: Run, kind: Kind, tmp_path: Path) -> None:
    """And into a home that lost the record, as the same record."""
    added, file = add(made, kind), tmp_path / "records.csv"
    made(kind.name, "export", "-o", file)
    assert "0 changed, 1 as they were" in made(kind.name, "import", file).stdout
    made("undo", "--yes")
    assert listed(made, kind, "--all") == []
    assert " added, 0 changed, 0 as they were" in made(kind.name, "import", file).stdout
    assert same(listed(made, kind), added)
    made("undo", "--yes")
    assert listed(made, kind, "--all") == []


@every_kind
def test_whose_it_is_must_be_clear(made: Run, kind: Kind) -> None:
    """66 for somebody unknown, 65 for a name that several have."""
    made("client", "add", "--name", "Bert Hall", "--email", "bert@example.com")
    words = shlex.split(kind.examples["add"])[1:]
    assert "No client fits 'nobody'" in made(kind.name, "add", "nobody", *words, exit_code=66).stderr
    assert "Bert Hall" in made(kind.name, "add", "hall", *words, exit_code=65).stderr
    assert listed(made, kind, "--all") == []


@every_kind
def test_a_report_has_what_began_or_ended_in_its_period(made: Run, kind: Kind) -> None:
    """And says how it stands; other periods know nothing of it."""
    add(made, kind)
    report = json.loads(made("report", kind.plural, "--month", "2026-03", "--format", "json").stdout)
    assert (report["count"], report["states"]) == (1, {kind.begins: 1})
    assert f"No {kind.plural}" in made("report", kind.plural, "--month", "2026-01").stdout


@every_kind
def test_the_page_of_a_client_and_all_that_is_held_name_it(made: Run, kind: Kind) -> None:
    """Among what is open, in the time line, and in what is handed to whoever asks."""
    record_id = add(made, kind)[f"{kind.name}_id"]
    page = made("client", "show", "hall").stdout
    assert record_id in page.partition("Open\n")[2].partition("What happened")[0]
    assert kind.name in page.partition("What happened\n")[2].partition("What is next")[0]
    assert [
        each["id"] for each in json.loads(made("client", "dossier", "hall", "--format", "json").stdout)[kind.plural]
    ]


# ---------------------------------------------------------------- days, amounts, references


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("promise add hall x --by 2026-02-27", "is in the past"),
        ("promise add hall x --by 2026-03-06 --target 2026-03-09", "our own day comes first"),
        ("promise add hall x --by 2026-03-06 --on 2026-03-03", "in the future"),
        ("promise add hall x --by 2026-03-06 --target 2026-03-01", "before the promise began"),
        ("promise add hall x --by 2026-03-06 --theirs --target 2026-03-04", "has none"),
        ("enquiry add hall x --amount ten", "is no amount"),
        ("enquiry add hall x --by 2026-03-01", "before the enquiry began"),
        ("referral add hall Ada --became hall", "between two clients"),
        ("praise add hall x --quote Lovely", "needs --permission"),
    ],
)
def test_what_cannot_be_is_refused(made: Run, words: str, said: str) -> None:
    """With what is at odds, and nothing half done."""
    refused = made(*shlex.split(words), exit_code=65)
    assert said in refused.stderr
    assert listed(made, KINDS[words.split()[0]], "--all") == []


def test_a_promise_has_a_day_of_our_own_and_says_when_we_are_closed(made: Run) -> None:
    """Two business days before, unless told; a Saturday is said to be one."""
    said = made("promise", "add", "hall", "the quote", "--by", "2026-03-14").stdout
    assert "Our own day is Thursday 12 March 2026" in said
    assert "closed (Saturday)" in said
    (row,) = listed(made, KINDS["promise"])
    assert (row["due_on"], row["target_on"], row["opened_by"]) == ("2026-03-14", "2026-03-12", "us")


def test_days_are_understood_as_import_understands_them(made: Run) -> None:
    """Written out, or in numbers that can be one day only."""
    for day in ("14 March 2026", "14/03/2026", "2026-03-14", "14.3.2026"):
        made("promise", "add", "hall", "the quote", "--by", day)
    assert {row["due_on"] for row in listed(made, KINDS["promise"])} == {"2026-03-14"}
    made("promise", "add", "hall", "a call", "--by", "tomorrow")
    assert "can be two days" in made("promise", "add", "hall", "x", "--by", "03/04/2026", exit_code=65).stderr
    assert "is not a day" in made("promise", "add", "hall", "x", "--by", "soon", exit_code=65).stderr


def test_what_a_client_owes_us_is_a_promise_of_theirs(made: Run) -> None:
    """It has no day of our own, and the list says whose it is."""
    made("promise", "add", "hall", "the old valve back", "--by", "2026-04-01", "--theirs")
    (row,) = listed(made, KINDS["promise"])
    assert (row["opened_by"], row["target_on"]) == ("them", None)
    assert "their promise" in made("client", "show", "hall").stdout


def test_an_enquiry_of_somebody_new_makes_the_client_too(made: Run) -> None:
    """In one batch, which one undo takes back; a client that we have is not made again."""
    words = ("enquiry", "add", "Bob Quill", "a new roof", "--new")
    made(*words, "--email", "bob@example.com", "--phone", "01632 960111")
    assert "Bob Quill" in made("client", "list").stdout
    assert "belongs to" in made(*words, "--email", "ada@example.com", exit_code=65).stderr
    made("undo", "--yes")
    assert "Bob Quill" not in made("client", "list").stdout
    assert listed(made, KINDS["enquiry"], "--all") == []
    assert "say --new" in made("enquiry", "add", "hall", "x", "--email", "h@example.com", exit_code=2).stderr


def test_a_lesson_comes_of_a_case(made: Run) -> None:
    """The case's id stands for its client, and its cause is the lesson's."""
    (case,) = json.loads(
        made("case", "open", "hall", "--summary", "leak", "--cause", "hurry", "--format", "json").stdout
    )
    made("lesson", "add", case["case_id"], "we left too soon")
    (lesson,) = listed(made, KINDS["lesson"])
    assert (lesson["case_id"], lesson["cause"], lesson["client"]) == (case["case_id"], "hurry", "Ada Hall")


def test_one_job_has_one_open_case(made: Run) -> None:
    """A second one is asked about, once the first is closed it is another trouble."""
    (job,) = json.loads(made("job", "list", "--format", "json").stdout)
    made("case", "open", "hall", "--job", job["job_id"])
    assert "has an open case already" in made("case", "open", "hall", "--job", job["job_id"], exit_code=65).stderr
    made("case", "resolve", "hall", "--cause", "hurry")
    made("case", "open", "hall", "--job", job["job_id"])


def test_amounts_of_a_record_have_one_currency(made: Run) -> None:
    """That of the home unless the amount says another."""
    made("enquiry", "add", "hall", "roof", "--amount", "EUR 1200.50")
    (row,) = listed(made, KINDS["enquiry"])
    assert (row["amount"], row["currency"]) == ("1200.50", "EUR")


# ---------------------------------------------------------------- files


def test_every_problem_of_a_file_is_said_at_once(made: Run, tmp_path: Path) -> None:
    """With the row as a spreadsheet counts it; nothing was taken in."""
    file = tmp_path / "promises.csv"
    file.write_text(
        "client,summary,due_on,owner,state\n"
        "Ada Hall,the quote,2026-03-14,sam,open\n"
        "nobody,the quote,2026-03-14,,\n"
        "Ada Hall,,14th of never,priya,lost\n"
        "Ada Hall,the list,2026-02-10,,kept\n",
        encoding="utf-8",
    )
    said = made("promise", "import", file, exit_code=65).stderr
    for words in (
        "row 3: No client fits 'nobody'",
        "row 4: summary is missing",
        "row 4: due_on: '14th of never' is not a day",
        "row 4: owner: Nobody of the firm is called 'priya'",
        "row 4: state: 'lost' is not one of",
        "row 5: closed_on is missing",
    ):
        assert words in said
    assert "row 2" not in said
    assert listed(made, KINDS["promise"], "--all") == []


def test_a_day_that_can_be_two_is_not_guessed(made: Run, tmp_path: Path) -> None:
    """The whole file decides; where it does not, nothing is taken in."""
    file = tmp_path / "promises.csv"
    file.write_text("client,summary,due_on\nAda Hall,the quote,03/04/2026\n", encoding="utf-8")
    assert "can be read in two ways" in made("promise", "import", file, exit_code=65).stderr
    file.write_text("client,summary,due_on\nAda Hall,a,03/04/2026\nAda Hall,b,25/04/2026\n", encoding="utf-8")
    made("promise", "import", file)
    assert [row["due_on"] for row in listed(made, KINDS["promise"])] == ["2026-04-03", "2026-04-25"]


def test_the_same_file_again_changes_nothing_and_known_ids_are_changed(made: Run, tmp_path: Path) -> None:
    """Rows without an id are known by their own words, the same row twice is two records."""
    file = tmp_path / "enquiries.csv"
    file.write_text("client,summary,amount\nhall,roof,100\nhall,roof,100\nhall,=cmd,\n", encoding="utf-8")
    assert "3 enquiries added" in made("enquiry", "import", file).stdout
    assert "0 enquiries added, 0 changed, 3 as they were" in made("enquiry", "import", file).stdout
    record_id = listed(made, KINDS["enquiry"])[0]["enquiry_id"]
    file.write_text(f"enquiry_id,amount,colour\n{record_id},120.00,red\n", encoding="utf-8")
    assert "would be 0 enquiries added, 1 changed" in made("enquiry", "import", file, "--dry-run").stdout
    ahead = made("enquiry", "import", file, "--dry-run", "--format", "json")
    assert [(row["enquiry_id"], row["amount"]) for row in json.loads(ahead.stdout)] == [(record_id, "120.00")]
    assert "would be 0 enquiries added, 1 changed" in ahead.stderr
    assert "Left out: colour." in made("enquiry", "import", file).stdout
    assert {row["enquiry_id"]: row["amount"] for row in listed(made, KINDS["enquiry"])}[record_id] == "120.00"
    made("undo", "--yes")
    assert {row["amount"] for row in listed(made, KINDS["enquiry"])} == {"100.00", None}


@pytest.mark.parametrize(
    "text", ["=1+1", "'=1+1", "-", "two\nlines", "a; b", "'t Hooft", '"quoted", he said', "ünï 木村"]
)
def test_words_of_any_kind_come_back_as_they_were(made: Run, tmp_path: Path, text: str) -> None:
    """What a spreadsheet would compute, and what means something in a csv."""
    made("promise", "add", "hall", text, "--by", "2026-03-06")
    before, file = listed(made, KINDS["promise"]), tmp_path / "promises.csv"
    made("promise", "export", "-o", file)
    assert "1 as they were" in made("promise", "import", file).stdout
    made("undo", "--yes")
    made("promise", "import", file)
    assert [row["summary"] for row in listed(made, KINDS["promise"])] == [before[0]["summary"]] == [text]


def test_control_characters_stay_outside(made: Run, tmp_path: Path) -> None:
    """As on the command line."""
    file = tmp_path / "promises.csv"
    file.write_text("client,summary,due_on\nhall,clear\x1b[2J,2026-03-06\n", encoding="utf-8")
    assert "row 2: summary: there is a control character" in made("promise", "import", file, exit_code=65).stderr


def test_a_second_table_in_a_file_is_not_left_out_in_silence(made: Run, tmp_path: Path) -> None:
    """Under the same headings it is taken in; under others the file is refused."""
    file = tmp_path / "promises.csv"
    rows = "client,summary,due_on\nhall,one,2026-03-06\n\nclient,summary,due_on\nhall,two,2026-03-06\n"
    file.write_text(rows, encoding="utf-8")
    assert "2 promises added" in made("promise", "import", file).stdout


def test_a_file_of_something_else_is_refused(made: Run, tmp_path: Path) -> None:
    """With the columns that would be read."""
    file = tmp_path / "x.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    said = made("promise", "import", file, exit_code=65).stderr
    assert "not the columns of promises" in said
    assert "due_on" in said
    made("promise", "import", tmp_path / "none.csv", exit_code=66)


# ---------------------------------------------------------------- where they show


def test_the_screen_says_what_is_open_each_with_its_command(made: Run) -> None:
    """Enquiries, promises that are due within a week, cases."""
    made("enquiry", "add", "hall", "roof")
    made("promise", "add", "hall", "soon", "--by", "2026-03-06")
    made("promise", "add", "hall", "later", "--by", "2026-05-06")
    made("case", "open", "hall")
    screen = made("status").stdout
    for line in ("1 open enquiry", "1 promise due within a week", "1 open case"):
        assert line in screen
    assert "followup promise list" in screen
    assert "promises due within a week: 1" in made("week", answers="\nl\nl\nl\nl\nl\nl\nl\nl\n").stdout


def test_what_one_of_us_is_to_do_waits_until_it_is_done(made: Run) -> None:
    """On the screen, in the list and in the round, with whom it is for; it reaches nobody, and so is no contact."""
    made("promise", "add", "hall", "the quote", "--by", "2026-03-06")

    def due() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(made("due", "--format", "json", now="2026-03-04").stdout)
        return [row for row in rows if row["step"] == "promise-chase"]

    (row,) = due()
    (promise,) = listed(made, KINDS["promise"])
    assert (row["channel"], row["to_person"], row["record_id"]) == ("note", "sam", promise["promise_id"])
    assert "1 note to one of you" in made("status", now="2026-03-04").stdout
    assert "sam: Ada Hall, promise chase: the quote" in made("week", now="2026-03-04").stdout
    round_ = made("week", now="2026-03-04", answers="\n" + "l\n" * 12).stdout
    assert f"- It is done: followup promise close {promise['promise_id']} --as kept" in round_
    assert "Done: promise chase" in made("done", row["key"], now="2026-03-04").stdout
    assert due() == []
    assert json.loads(made("report", "contacts", "--year", "2026", "--format", "json").stdout)["count"] == 0


def test_everything_at_once_has_a_table_for_each_kind(made: Run, tmp_path: Path) -> None:
    """Named like its plural, with the columns of its export."""
    for kind in TYPED:
        add(made, kind)
    made("backup", "--csv", tmp_path / "all")
    for kind in TYPED:
        assert (tmp_path / "all" / f"{kind.plural}.csv").read_text("utf-8") == made(kind.name, "export").stdout
