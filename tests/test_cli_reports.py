"""report contacts and report summary, as their reader meets them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]

COLUMNS = ["date", "client", "person", "channel", "direction", "purpose", "job", "by", "outcome", "reference"]


@pytest.fixture
def busy(business: Run) -> Run:
    """Give the example business after a round: drafts that went out, a call, an answer, a note in February."""
    business("send", "--yes", "--limit", "2")
    business("confirm", "--drafts", "--sent")
    business("done", "Margaret Doyle", "--outcome", "happy", "--note", "=loves the bath")
    business("log", "Lorna Fisk", "--in", "--channel", "call")
    business("log", "Lorna Fisk", "--channel", "visit", "--on", "2026-02-20")
    return business


def table(text: str) -> list[dict[str, str]]:
    """Return the rows of a csv."""
    return list(csv.DictReader(io.StringIO(text)))


def numbers(run: Run, *arguments: str) -> dict[tuple[str, str], int]:
    """Return (about, what) -> count of the whole period."""
    rows = json.loads(run("report", "summary", *arguments, "--format", "json").stdout)
    return {(row["about"], row["what"]): row["count"] for row in rows if row["month"] in ("all", "now")}


def test_csv_holds_header_and_rows_only_and_totals_go_to_stderr(busy: Run) -> None:
    """The same bytes on every run; the columns in their order."""
    first = busy("report", "contacts", "--format", "csv")
    assert first.stdout == busy("report", "contacts", "--format", "csv").stdout
    rows = table(first.stdout)
    assert list(rows[0])[: len(COLUMNS)] == COLUMNS
    assert len(rows) == 4
    assert "4 contacts" in first.stderr


def test_the_table_has_its_totals_below(busy: Run) -> None:
    """For whoever reads the screen."""
    ran = busy("report", "contacts")
    assert "4 contacts" in ran.stdout.splitlines()[-4:][0] or "4 contacts" in ran.stdout
    assert "4 contacts" not in ran.stderr


def test_json_has_the_totals_in_its_envelope(busy: Run) -> None:
    """Count, period, and per channel."""
    ran = busy("report", "contacts", "--format", "json")
    found = json.loads(ran.stdout)
    assert (found["count"], found["from"], found["to"]) == (4, "2026-03-01", "2026-03-02")
    assert len(found["rows"]) == 4
    assert "4 contacts" not in ran.stderr


def test_a_file_gets_the_rows_and_the_screen_the_totals(busy: Run, tmp_path: Path) -> None:
    """-o is for the accountant, stderr for whoever ran it."""
    path = tmp_path / "contacts.csv"
    ran = busy("report", "contacts", "--format", "csv", "-o", path)
    assert len(table(path.read_text(encoding="utf-8"))) == 4
    assert "4 contacts" in ran.stderr
    assert ran.stdout == ""


def test_a_note_that_begins_like_a_formula_is_made_harmless(busy: Run) -> None:
    """With an apostrophe, which our own import takes off again."""
    assert "'=loves the bath" in {row["note"] for row in table(busy("report", "contacts", "--format", "csv").stdout)}


@pytest.mark.parametrize(
    ("period", "count"),
    [
        (("--from", "2026-02-20", "--to", "2026-02-20"), 1),
        (("--from", "2026-02-21"), 4),
        (("--month", "2026-02"), 1),
        (("--quarter", "2026-Q1"), 5),
        (("--year", "2025"), 0),
        (("--last-month",), 1),
        (("--year", "2026", "--client", "Lorna Fisk"), 2),
        (("--year", "2026", "--channel", "email"), 2),
        (("--client", "Lorna Fisk", "--channel", "visit", "--last-month"), 1),
    ],
)
def test_periods_are_inclusive_and_narrow_down(busy: Run, period: tuple[str, ...], count: int) -> None:
    """Local days; by client and channel."""
    assert json.loads(busy("report", "contacts", *period, "--format", "json").stdout)["count"] == count


def test_two_periods_at_once_are_a_usage_error(busy: Run) -> None:
    """Which one is meant is not guessed."""
    assert "Give one of them" in busy("report", "contacts", "--month", "2026-03", "--last-month", exit_code=2).stderr
    busy("report", "contacts", "--month", "March", exit_code=2)
    busy("report", "contacts", "--client", "nobody", exit_code=66)


def test_an_empty_period_says_so(busy: Run) -> None:
    """On the screen a sentence, in csv the header alone."""
    assert busy("report", "contacts", "--year", "2025").stdout == "No contacts, 2025-01-01 to 2025-12-31.\n"
    assert busy("report", "contacts", "--year", "2025", "--format", "csv").stdout.count("\n") == 1


def test_excel_is_for_a_double_click_in_the_homes_country(busy: Run, tmp_path: Path) -> None:
    """A byte order mark, and the separator of the country; json makes no sense with it."""
    path = tmp_path / "contacts.csv"
    busy("report", "contacts", "--excel", "-o", path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert "leave out --format json" in busy("report", "contacts", "--excel", "--format", "json", exit_code=2).stderr
    assert "4 contacts" in busy("report", "contacts", "--excel").stderr


def test_the_summary_counts_what_happened_and_what_waits(busy: Run) -> None:
    """Contacts, outcomes, cases, and what is open now."""
    busy("case", "open", "Lorna Fisk")
    found = numbers(busy, "--month", "2026-03")
    assert found["contacts", "e-mail out"] == 2
    assert found["outcomes", "happy"] == 1
    assert found["cases", "opened"] == 1
    assert found["waiting", "open cases"] == 1
    assert "e-mail out" in busy("report", "summary", "--month", "2026-03").stdout


def test_a_job_that_anothers_thank_you_covered_counts_as_thanked(run: Run) -> None:
    """Two jobs of one week are thanked for in one message, and both were thanked for."""
    run("init", "--name", "Sam Alder", "--country", "GB", "--email", "sam@alder.example.com")
    run("client", "add", "--name", "Ada Hall", "--email", "ada@example.com")
    for service in ("Boiler service", "Tap repair"):
        run("job", "add", "hall", "--service", service, "--completed", "2026-02-27")
    run("send", "--yes")
    run("confirm", "--drafts", "--sent")
    found = numbers(run, "--quarter", "2026-Q1")
    assert found["jobs", "completed"] == found["jobs", "of these thanked for"] == 2


def test_a_case_counts_by_the_days_it_was_opened_and_resolved(business: Run) -> None:
    """One that lies outside the period on both sides is not in it."""
    business("case", "open", "Lorna Fisk")
    business("case", "resolve", "Lorna Fisk", "--cause", "hurry", now="2026-04-02")
    assert ("cases", "opened") not in numbers(business, "--year", "2025")
    assert numbers(business, "--month", "2026-04").get(("cases", "resolved")) == 1


def test_the_report_names_who_did_it_and_for_which_job(busy: Run) -> None:
    """People by name, jobs by service, a reference for each message."""
    rows: list[dict[str, Any]] = json.loads(busy("report", "contacts", "--format", "json").stdout)["rows"]
    mail = [row for row in rows if row["channel"] == "email"]
    assert all(row["by"] in ("Sam Alder", "Priya Nair") and row["job"] and row["reference"] for row in mail)
