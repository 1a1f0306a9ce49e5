"""Spreadsheets and standard input on the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests import sheets
from tests.conftest import Ran

Run = Callable[..., Ran]

JOBS = [
    ["Job ID", "Customer", "Email", "Service", "Completed on", "Amount"],
    [7, "Ada Hall", "ada@example.com", "Boiler service", date(2026, 2, 3), 120.5],
    [8, "Bert Hill", "bert@example.com", "New bath", date(2026, 2, 4), 85],
]
TEXT = (
    "Job ID,Customer,Email,Service,Completed on,Amount\n7,Ada Hall,ada@example.com,Boiler service,2026-02-03,120.50\n"
    "8,Bert Hill,bert@example.com,New bath,2026-02-04,85.00\n"
)


@pytest.fixture
def empty(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give `run` in a home without clients, in a folder of the owner's."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")
    desk = tmp_path / "desk"
    desk.mkdir()
    monkeypatch.chdir(desk)
    return run


@pytest.mark.parametrize("name", ["jobs.xlsx", "jobs.ods", "jobs.csv"])
def test_a_spreadsheet_after_the_same_csv_changes_nothing(empty: Run, name: str) -> None:
    """The bytes say what a file is, not its name."""
    Path("before.csv").write_text(TEXT, encoding="utf-8")
    Path(name).write_bytes((sheets.ods if name.endswith("ods") else sheets.xlsx)(JOBS))
    assert "Imported: 4 new" in empty("import", "before.csv", "--yes").stdout
    said = empty("import", name, "--yes").stdout
    assert f"{name}: jobs, 2 rows, {'ods' if name.endswith('ods') else 'xlsx'}" in said
    assert "Nothing changes: the home has all of it already." in said
    assert "2 known from before" in empty("import", name, "--yes").stdout


def test_of_several_sheets_one_is_named_and_remembered(empty: Run) -> None:
    """The question lists them; next month's workbook asks nothing."""
    book = {"Clients": [["Name", "Email"], ["Ada Hall", "ada@example.com"]], "Jobs": JOBS}
    Path("book.xlsx").write_bytes(sheets.xlsx(book))
    asked = empty("import", "book.xlsx", "--yes", exit_code=65).stderr
    assert "1 'Clients' (1 row: Name, Email); 2 'Jobs' (2 rows:" in asked
    assert '--sheet "Clients"' in asked
    assert "There is no sheet" in empty("import", "book.xlsx", "--sheet", "Job", exit_code=65).stderr.replace(
        "there is", "There is"
    )
    assert "sheet 'Jobs'" in empty("import", "book.xlsx", "--sheet", "jobs", "--yes").stdout
    Path("march.xlsx").write_bytes(
        sheets.xlsx({**book, "Jobs": [*JOBS, [9, "Cy Mott", "cy@example.com", "Tap", date(2026, 2, 9), 60]]})
    )
    assert "new: 1 client, 1 job" in empty("import", "march.xlsx", "--yes").stdout


def test_which_sheet_is_remembered_stands_beside_the_columns_of_that_sheet_alone(empty: Run) -> None:
    """Two sheets of one workbook are two kinds of files; the one that was read last is the one that is read next."""
    book = {"Clients": [["Name", "Email"], ["Ada Hall", "ada@example.com"]], "Jobs": JOBS}
    Path("book.xlsx").write_bytes(sheets.xlsx(book))
    for page, others in (("Clients", "Jobs"), ("Jobs", "Clients")):
        for name in (others, page):
            empty("import", "book.xlsx", "--sheet", name, "--yes")
        listed = json.loads(empty("imports", "sources", "--format", "json").stdout)
        beside = {row["columns"][0]: row["answers"] for row in listed}
        first = {"Clients": "Name", "Jobs": JOBS[0][0]}
        assert beside[first[page]] == [f"sheet={page}"]
        assert beside[first[others]] == []


def test_rejected_rows_of_a_spreadsheet_come_back_as_csv(empty: Run) -> None:
    """Repaired, they are imported without a question, days and amounts as they were."""
    rows = [*JOBS, [9, "Cy Mott", "no address", "Tap", date(2026, 2, 9), sheets.Formula("A1*2", "#REF!")]]
    Path("jobs.xlsx").write_bytes(sheets.xlsx(rows))
    told = empty("import", "jobs.xlsx", "--yes", exit_code=65).stderr
    assert "jobs.xlsx:4: Amount: '#REF!' is a formula that fails" in told
    left = empty("import", "jobs.xlsx", "--yes", "--skip-bad-rows").stderr
    place = left[left.index("Repair them in ") + len("Repair them in ") : left.index(".csv") + 4]
    with Path(place).open(encoding="utf-8-sig", newline="") as stream:
        header, row = csv.reader(stream)
    assert row[4] == "2026-02-09"
    with Path(place).open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, [*row[:2], "cy@example.com", *row[3:5], "1.234", *row[6:]]])
    empty("import", place, "--yes", exit_code=65)  # more exact than money; no question about the mark
    with Path(place).open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, [*row[:2], "cy@example.com", *row[3:5], "60.25", *row[6:]]])
    assert "new: 1 client, 1 job" in empty("import", place, "--yes").stdout


def test_cells_of_a_spreadsheet_stand_in_the_csv_of_rejected_rows_as_they_were_read(empty: Run) -> None:
    """A day number, and the point of a number among amounts with commas, would mean something else outside of it."""
    rows = [
        ["Client", "Email", "Service", "Completed", "Amount"],
        ["Ada Hall", "ada@example.com", "Boiler", date(2026, 2, 6), "1.250,50 EUR"],
        ["Bert Hill", "no address", "Tap", 46059, 1.5],
    ]
    Path("jobs.xlsx").write_bytes(sheets.xlsx(rows))
    left = empty("import", "jobs.xlsx", "--yes", "--skip-bad-rows").stderr
    place = Path(left[left.index("Repair them in ") + len("Repair them in ") : left.index(".csv") + 4])
    place.write_text(place.read_text("utf-8").replace("no address", "bert@example.com"), "utf-8")
    empty("import", str(place), "--yes")
    jobs = json.loads(empty("job", "export", "--format", "json").stdout)
    assert [(each["completed_on"], each["amount"]) for each in jobs if each["service"] == "Tap"] == [
        ("2026-02-06", "1.50")
    ]


@pytest.mark.parametrize("data", [TEXT.encode(), sheets.xlsx(JOBS)], ids=["csv", "xlsx"])
def test_standard_input_is_a_file_like_any_other(empty: Run, data: bytes) -> None:
    """Its bytes say what it is; it can be read once."""
    said = empty("import", "-", "--yes", stdin=data).stdout
    assert "standard input: jobs, 2 rows" in said
    assert [row["client"] for row in json.loads(empty("client", "list", "--format", "json").stdout)] == [
        "Ada Hall",
        "Bert Hill",
    ]
    assert "once" in empty("import", "-", "-", exit_code=2).stderr


def test_sheets_are_of_spreadsheets(empty: Run) -> None:
    """An option that does nothing is not passed over without a word."""
    Path("jobs.csv").write_text(TEXT, encoding="utf-8")
    assert "none of these files is a spreadsheet" in empty("import", "jobs.csv", "--sheet", "Jobs", "--dry-run").stderr


def test_a_protected_spreadsheet_is_refused_and_nothing_of_the_others_is_written(empty: Run) -> None:
    """All files of one command, or none."""
    Path("jobs.csv").write_text(TEXT, encoding="utf-8")
    Path("book.ods").write_bytes(sheets.ods(JOBS, encrypted=True))
    assert "protected with a password" in empty("import", "jobs.csv", "book.ods", "--yes", exit_code=65).stderr
    assert json.loads(empty("client", "list", "--format", "json").stdout) == []
