"""A new owner's five exports in one folder: what is asked, what comes of the answers, and that it is asked once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]

FIVE = Path(__file__).resolve().parent / "data" / "five"
ANSWERS = (
    "my jobs.csv:column:What we did=service",
    "my jobs.csv:date_order=dmy",
    "my jobs.csv:status:Handed over=completed",
    "SalesInvoices.csv:status:Awaiting Payment=completed",
)


@pytest.fixture
def desk(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give `run` in a fresh home, in a folder with the five files: Google, Jobber, Xero, Mailchimp and one by hand."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")
    shutil.copytree(FIVE, tmp_path / "desk")
    monkeypatch.chdir(tmp_path / "desk")
    return run


def files() -> list[str]:
    """Return what the shell makes of *.csv."""
    return sorted(path.name for path in Path().glob("*.csv"))


def answers() -> list[str]:
    """Return the options that answer everything."""
    return [word for answer in ANSWERS for word in ("--answer", answer)]


def shown(run: Run, kind: str) -> list[dict[str, Any]]:
    """Return the clients or jobs of the home."""
    found: list[dict[str, Any]] = json.loads(run(kind, "export", "--format", "json").stdout)
    return found


def test_every_open_question_of_all_files_is_asked_at_once(desk: Run) -> None:
    """Programs are recognised, and only what nobody but the owner knows is asked; nothing is written."""
    ran = desk("import", *files(), "--yes", exit_code=65)
    for name, program in (
        ("One-off jobs 2026-03-02.csv", "Jobber jobs"),
        ("SalesInvoices.csv", "Xero sales invoices"),
        ("contacts.csv", "Google Contacts"),
        ("unsubscribed_email_audience_export_1a2b.csv", "Mailchimp audience"),
    ):
        assert f"{name}: looks like {program}" in ran.stdout
    for answer in ANSWERS[1:]:
        assert f'--answer "{answer}"' in ran.stderr
    assert ran.stderr.count("  answer with: ") == 3
    assert shown(desk, "client") == []


def test_five_exports_become_one_address_book(desk: Run) -> None:
    """Nobody twice who is surely the same; fax numbers, drafts and totals stay out; a refusal counts for every file."""
    ran = desk("import", *files(), *answers(), "--yes")
    assert "new: 8 clients, 7 jobs" in ran.stdout
    assert "SalesInvoices.csv: left out: no job of ours: 'Draft' (row 5)" in ran.stdout
    assert "my jobs.csv: left out: a line of totals ('Total') (row 7)" in ran.stdout
    assert "Mill Lane Dairy Ltd may be Mill Lane Dairy Ltd" in ran.stdout  # an address more is a doubt, no merge
    clients = {(each["full_name"], *each["phones"]): each for each in shown(desk, "client")}
    ada = clients["Ada Hall", "+447700900123"]
    assert (ada["emails"], ada["tags"], ada["notes"]) == (["ada@example.com"], ["vip"], "two dogs,\nrings twice")
    assert clients["Bo Ray",]["emails"] == ["bo@example.com", "bo.ray@example.org"]
    assert {each["full_name"] for each in clients.values() if each["consent"] == "opted_out"} == {"Cy Low", "Ex Nye"}
    jobs = {(each["client_name"], each["service"]): each for each in shown(desk, "job")}
    assert jobs["Mill Lane Dairy Ltd", "Pump overhaul, Valve"]["amount"] == "240.00"
    assert jobs["Ada Hall", "Tap"]["completed_on"] == "2026-02-03"
    assert jobs["Bo Ray", "New bath"]["status"] == "open"
    due = json.loads(desk("due", "--format", "json").stdout)
    assert not [each for each in due if each["client"] in {"Cy Low", "Ex Nye"}]


def test_next_month_asks_nothing_and_changes_nothing(desk: Run) -> None:
    """Answers are remembered for each kind of file, under whatever name it comes again."""
    desk("import", *files(), *answers(), "--yes")
    before = shown(desk, "client"), shown(desk, "job")
    Path("my jobs.csv").rename("march.csv")
    ran = desk("import", *files(), "--yes")
    assert "Nothing changes: the home has all of it already." in ran.stdout
    assert (shown(desk, "client"), shown(desk, "job")) == before


def test_all_five_are_taken_back_by_one_word(desk: Run) -> None:
    """They came together, so they go together."""
    desk("import", *files(), *answers(), "--yes")
    desk("undo", "--yes")
    assert shown(desk, "client") == []
    assert shown(desk, "job") == []
