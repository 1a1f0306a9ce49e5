"""imports and undo: what was imported, what that did and taught, and how it is taken back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]

CLIENTS = "Client ID,Name,Email,City,Do not contact\n1,Ada Hall,ada@example.com,Leeds,\n2,Bert Hill,b@example.com,,\n"
JOBS = (
    "Job ID,Client ID,Service,Completed on,Status,Amount\n"
    "7,1,Boiler service,2026-02-27,Done,120.50\n"
    "8,2,New bath,,Scheduled,\n"
)
DATES = "Client,Email,Service,Completed\nCleo Ruiz,cleo@example.com,Boiler service,03/02/2026\n"

AT = "2026-03-02T03:45:00+00:00"
"""The instant of the tests, which is quarter past nine where the home is."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder the user is in, with two files."""
    place = tmp_path / "desk"
    place.mkdir()
    write(place, "clients.csv", CLIENTS)
    write(place, "jobs.csv", JOBS)
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def imported(run: Run, folder: Path) -> Run:
    """Give `run` in a home with two imports: clients and jobs, and then a correction with an opt-out."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--timezone", "Asia/Kolkata")
    run("import", "clients.csv", "jobs.csv", "--yes")
    write(folder, "clients.csv", CLIENTS.replace("Leeds,", "York,").replace("b@example.com,,", "b@example.com,,yes"))
    write(folder, "jobs.csv", JOBS.replace("120.50", "130.50"))
    run("import", "clients.csv", "jobs.csv", "--yes")
    return run


def write(folder: Path, name: str, text: str) -> str:
    """Write a file of the user's and return its name."""
    (folder / name).write_text(text, encoding="utf-8")
    return name


def numbers(run: Run) -> list[int]:
    """Return the numbers of the imports, the earliest first."""
    return [row["number"] for row in reversed(json.loads(run("imports", "--format", "json").stdout))]


def cities(run: Run) -> dict[str, str]:
    """Return name -> town."""
    return {row["client"]: row["city"] for row in json.loads(run("client", "list", "--format", "json").stdout)}


# ---------------------------------------------------------------- show


def test_an_import_is_shown_with_what_was_before(imported: Run) -> None:
    """Files, counts, fields before and after, and who must not be written to any more."""
    first, second = numbers(imported)
    said = imported("imports", "show", str(second)).stdout
    assert f"Import {second}: Monday 2 March 2026, 09:15" in said
    assert "clients.csv: clients, 2 rows, utf-8" in said
    assert "in all: 0 new, 3 changed" in said
    assert "Ada Hall: city: Leeds -> York" in said
    assert "Ada Hall, Boiler service: amount: 120.50 -> 130.50" in said
    assert "Bert Hill: consent: unknown -> opted_out" in said
    assert "Not to be written to any more:\n  Bert Hill\n" in said
    shown = imported("imports", "show", str(first)).stdout
    new = shown.partition("New:\n")[2].splitlines()
    assert sorted(new) == ["  Ada Hall", "  Ada Hall, Boiler service", "  Bert Hill", "  Bert Hill, New bath"]
    imported("imports", "show", "99", exit_code=66)


def test_an_import_is_rows_for_programs(imported: Run) -> None:
    """As json with everything of the import around the rows; as csv one row a field."""
    _, second = numbers(imported)
    found = json.loads(imported("imports", "show", str(second), "--format", "json").stdout)
    assert found["number"] == second
    assert found["at"] == AT
    assert [file["name"] for file in found["files"]] == ["clients.csv", "jobs.csv"]
    assert found["files"][0]["counts"]["rows"] == 2
    assert found["undone_at"] is None
    city = next(row for row in found["rows"] if row["field"] == "city")
    assert (city["what"], city["record"], city["name"], city["old"], city["new"]) == (
        "changed", "client", "Ada Hall", "Leeds", "York",
    )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(imported("imports", "show", str(second), "--format", "csv").stdout)))
    assert [row["what"] for row in rows].count("stopped") == 1


def test_a_long_import_shows_its_beginning_unless_told(imported: Run, folder: Path) -> None:
    """Twenty of a kind; all of them with --verbose; an import that was taken back says so."""
    lines = "".join(f"Client {n},c{n}@example.com\n" for n in range(30))
    imported("import", write(folder, "many.csv", f"Name,Email\n{lines}"), "--as", "clients", "--yes")
    number = str(numbers(imported)[-1])
    assert "and 10 more (--verbose shows all)" in imported("imports", "show", number).stdout
    assert imported("--verbose", "imports", "show", number).stdout.count("\n  Client ") == 30
    imported("undo", "--yes")
    assert "Taken back: Monday 2 March 2026, 09:15" in imported("imports", "show", number).stdout


def test_rows_that_were_left_out_are_found_again(imported: Run, folder: Path, home: Path) -> None:
    """By the import that left them out."""
    write(folder, "bad.csv", "Name,Email\nDora Fenn,dora@example.com\nEve,not an address\n")
    imported("import", "bad.csv", "--as", "clients", "--skip-bad-rows", "--yes")
    said = imported("imports", "show", str(numbers(imported)[-1])).stdout
    assert "bad.csv: clients, 2 rows, 1 with problems" in said
    assert f"rows that were left out: {home / 'rejects'}" in said


# ---------------------------------------------------------------- undo by number


def test_an_earlier_import_is_taken_back_by_its_number(imported: Run) -> None:
    """What a later one changed stays, and says which is to go first; what nobody touched goes."""
    first, second = numbers(imported)
    ran = imported("undo", str(first), "--yes")
    assert f"Import {first}: import clients.csv jobs.csv" in ran.stdout
    assert "in all: 1 record removed" in ran.stdout
    assert "take back: remove job New bath" in ran.stdout
    assert f"stays: client Ada Hall: import {second} changed it since; `followup undo {second}` first" in ran.stdout
    assert cities(imported)["Ada Hall"] == "York"
    assert "Nothing of it can be taken back" in imported("undo", str(first)).stdout
    imported("undo", "99", exit_code=66)
    imported("undo", "--yes")
    assert cities(imported)["Ada Hall"] == "Leeds"
    ran = imported("undo", str(first), "--yes")
    assert "taken back except for:\n  in all: 2 records removed" in ran.stdout
    assert [*cities(imported)] == ["Bert Hill"]


def test_who_brought_whom_is_shown_by_name(imported: Run, folder: Path) -> None:
    """An identifier tells nobody anything."""
    write(folder, "more.csv", "Name,Email,Referred By\nCleo Ruiz,cleo@example.com,Ada Hall\n")
    imported("import", "more.csv", "--yes")
    assert "the link of client Cleo Ruiz to whoever brought them" in imported("undo", "--yes").stdout
    imported("import", "more.csv", "--yes")
    assert (
        "  Cleo Ruiz: brought by: (nothing) -> Ada Hall\n"
        in imported("imports", "show", str(numbers(imported)[-1])).stdout
    )


def test_an_answer_that_stays_is_named_as_such(imported: Run, folder: Path) -> None:
    """Not as something that is going to be forgotten."""
    write(folder, "dates.csv", DATES)
    imported("import", "dates.csv", "--answer", "date_order=dmy", "--yes")
    first = numbers(imported)[-1]
    write(folder, "dates.csv", DATES + "Dan Fox,dan@example.com,Tap,04/02/2026\n")
    imported("import", "dates.csv", "--yes")
    said = imported("undo", str(first), "--yes").stdout
    assert "stays: the answer date_order=dmy: import" in said


def test_a_number_of_which_nothing_can_go_stays_as_it_is(imported: Run) -> None:
    """It can be taken back later, when what keeps it is gone."""
    first, _ = numbers(imported)
    imported("undo", "--yes")
    for name in ("Ada Hall", "Bert Hill"):
        imported("client", "edit", name, "--city", "Hull")
    for service in ("Boiler", "bath"):
        job = json.loads(imported("job", "list", "--format", "json").stdout)
        found = next(row["job_id"] for row in job if service in row["service"])
        imported("job", "edit", found, "--service", f"{service}!")
    ran = imported("undo", str(first), "--yes")
    assert "Nothing of it can be taken back." in ran.stdout
    assert "Taken back" not in imported("imports", "show", str(first)).stdout


# ---------------------------------------------------------------- sources


def test_kinds_of_files_are_listed_with_what_goes_with_them(imported: Run, folder: Path) -> None:
    """The last file of a kind, how often it came, its columns, and the answers that it was given."""
    imported("import", write(folder, "old.csv", DATES), "--yes", "--answer", "date_order=dmy")
    imported("import", write(folder, "new.csv", DATES.replace("03/02", "04/02")), "--yes")
    rows = json.loads(imported("imports", "sources", "--format", "json").stdout)
    assert [(row["number"], row["file"], row["imports"]) for row in rows] == [
        (1, "clients.csv", 2), (2, "jobs.csv", 2), (3, "new.csv", 2),
    ]  # fmt: skip
    assert rows[2]["answers"] == ["date_order=dmy"]
    assert rows[2]["columns"] == ["Client", "Email", "Service", "Completed"]
    assert rows[2]["last_at"] == AT
    assert "new.csv" in imported("imports", "sources").stdout


def test_what_was_forgotten_is_asked_again_and_undo_remembers(imported: Run, folder: Path) -> None:
    """The kind as a whole, by number or fingerprint, or one answer; clients and jobs stay."""
    imported("import", write(folder, "old.csv", DATES), "--yes", "--answer", "date_order=dmy")
    write(folder, "new.csv", DATES.replace("03/02", "04/02"))
    fingerprint = json.loads(imported("imports", "sources", "--format", "json").stdout)[2]["fingerprint"]
    before = imported("client", "list").stdout
    for options in (("3",), (fingerprint[:6],), ("3", "--answer", "date_order")):
        said = imported("imports", "sources", "--forget", *options, "--yes").stdout
        assert "Forgotten: " in said
        assert "date_order" in imported("import", "new.csv", exit_code=65).stderr
        imported("undo", "--yes")
        imported("import", "new.csv", "--dry-run")
    assert imported("client", "list").stdout == before


def test_slips_in_what_to_forget_cost_nothing(imported: Run) -> None:
    """No such number, no such answer, an answer of nothing; and a no is a no."""
    for text in ("9", "x", "abcdef"):
        assert "imports sources" in imported("imports", "sources", "--forget", text, exit_code=66).stderr
    imported("imports", "sources", "--forget", "1", "--answer", "date_order", exit_code=2)
    imported("imports", "sources", "--answer", "date_order", exit_code=2)
    imported("imports", "sources", "--forget", "1", answers="n\n", exit_code=1)
    assert len(json.loads(imported("imports", "sources", "--format", "json").stdout)) == 2


def test_a_new_home_has_learnt_nothing(run: Run) -> None:
    """And says how that begins."""
    run("init", "--name", "Sam Alder")
    assert "first import teaches" in run("imports", "sources").stdout
