"""Exports through `followup import`: clients and jobs find each other, all is asked once, and nothing changes again."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ran
from tests.intake.exporters import test_fixtures

Run = Callable[..., Ran]

OWN = """
title = "Acme visits"
source = "acme"
kind = "jobs"
header = ["Acme No", "For Whom", "Signed Off"]

[columns]
"Acme No" = "job.id"
"For Whom" = "client.full_name"
"Signed Off" = "job.completed_on"
"""
VISITS = "Acme No,For Whom,Signed Off,Mail\n7,Ada Hall,2026-02-13,ada@example.com\n"


def families() -> list[tuple[str, list[Path]]]:
    """Return the expectations of each program whose numbers are its own."""

    def source(path: Path) -> str:
        return path.read_text(encoding="utf-8").partition(", source ")[2].partition("\n")[0]

    ordered = sorted(test_fixtures.EXPECTED, key=lambda path: (source(path), path))
    return [(name, list(several)) for name, several in itertools.groupby(ordered, key=source)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder the user is in."""
    place = tmp_path / "desk"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


def begin(run: Run, country: str = "GB") -> None:
    """Make a home without clients."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", country, "--email", "sam@alder.example.com")


@pytest.mark.parametrize(("source", "paths"), families(), ids=lambda each: each if isinstance(each, str) else "")
def test_what_a_program_exports_is_imported_together_and_again(
    run: Run, folder: Path, source: str, paths: list[Path]
) -> None:
    """Every question at once, then everything in one batch; again nothing is asked, and nothing changes."""
    given = {path: test_fixtures.given(path) for path in paths}
    begin(run, given[paths[0]].country)
    files, answers = [], []
    for path, known in given.items():
        name = known.name or test_fixtures.fixture(path).name
        shutil.copy(test_fixtures.fixture(path), folder / name)
        files.append(name)
        answers += [f"{name}:{about}={answer}" for about, answer in known.answers.items()]
    if answers:
        asked = run("import", *files, exit_code=65)
        assert all(each.rpartition("=")[0].partition(":")[2] in asked.stderr for each in answers)
    told = [part for each in answers for part in ("--answer", each)]
    first = run("import", *files, *told, "--yes", "--skip-bad-rows")
    again = run("import", *files, "--yes", "--skip-bad-rows")
    assert "looks like" in first.stdout
    assert "new: 0 clients, 0 jobs; changed: 0 clients, 0 jobs" in again.stdout


def test_the_home_s_own_exporters_are_known(run: Run, home: Path, folder: Path) -> None:
    """The file is recognised, and its numbers are those of the program that it names."""
    begin(run)
    (home / "exporters").mkdir()
    (home / "exporters" / "acme.toml").write_text(OWN, encoding="utf-8")
    (folder / "visits.csv").write_text(VISITS, encoding="utf-8")
    shown = json.loads(run("import", "visits.csv", "--dry-run", "--format", "json").stdout)
    assert (shown["looks_like"], shown["source"]) == ("Acme visits", "acme")
    assert "visits.csv: looks like Acme visits, jobs, 1 row" in run("import", "visits.csv", "--yes").stdout
    named = run("import", "visits.csv", "--dry-run", "--source", "other", "--format", "json").stdout
    assert json.loads(named)["source"] == "other"


def test_a_wrong_exporter_of_the_home_stops_the_import(run: Run, home: Path, folder: Path) -> None:
    """It would be read otherwise than its owner meant."""
    begin(run)
    (home / "exporters").mkdir()
    (home / "exporters" / "acme.toml").write_text(OWN.replace('"jobs"', '"job"'), encoding="utf-8")
    (folder / "visits.csv").write_text(VISITS, encoding="utf-8")
    refused = run("import", "visits.csv", "--yes", exit_code=78)
    assert "acme.toml: kind: 'job' is no kind. Write one of clients, jobs, mixed." in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "title"),
    [
        (["client", "export"], "clients of followup"),
        (["client", "export", "--for", "excel"], "clients of followup"),
        (["job", "export"], "jobs of followup"),
        (["job", "export", "--for", "excel"], "jobs of followup"),
    ],
)
def test_what_we_export_is_known_and_changes_nothing(
    business: Run, folder: Path, arguments: list[str], title: str
) -> None:
    """Our own files come back as they went, under the numbers that we gave."""
    business(*arguments, "-o", folder / "ours.csv")
    ran = business("import", "ours.csv", "--yes", exit_code=None)
    assert f"ours.csv: looks like {title}, " in ran.stdout
    assert "new: 0 clients, 0 jobs; changed: 0 clients, 0 jobs" in ran.stdout


SALES = test_fixtures.FOLDER / "quickbooks-online-sales.csv"


def test_a_rejected_row_of_a_grouped_report_stands_alone(run: Run, home: Path, folder: Path) -> None:
    """Repaired, it is of the client in the heading that stayed behind, and its file needs no answer again."""
    begin(run, "US")
    for name in ("Aaron Blake", "Dana and Eli Frost", "Bay Apartments LLC"):
        run("client", "add", "--name", name, "--email", f"{name.split()[0].lower()}@example.com")
    text = SALES.read_text(encoding="utf-8-sig")
    (folder / "sales.csv").write_text(text.replace(",01/20/2026,", ",45/45/2026,"), encoding="utf-8")
    run("import", "sales.csv", "--answer", "status:Invoice=completed", "--skip-bad-rows", "--yes")
    (rejected,) = (home / "rejects").iterdir()
    repaired = rejected.read_text(encoding="utf-8-sig").replace("45/45/2026", "01/20/2026", 1)
    assert "followup: client.full_name" in repaired
    (folder / "repaired.csv").write_text(repaired, encoding="utf-8")
    assert "looks like QuickBooks Online sales by customer" in run("import", "repaired.csv", "--yes").stdout
    jobs = json.loads(run("job", "list", "--format", "json").stdout)
    assert [each["client"] for each in jobs if each["service"] == "Drain cleaning"] == ["Bay Apartments LLC"]


def test_a_rejected_row_below_merged_cells_stands_alone(run: Run, home: Path, folder: Path) -> None:
    """What the owner said of empty cells holds for it, too."""
    begin(run)
    sheet = "Client,Email,Service,Completed\nAda Hall,ada@example.com,Boiler,2026-02-13\n,,Tap,2026-02-45\n"
    (folder / "mine.csv").write_text(sheet, encoding="utf-8")
    run("import", "mine.csv", "--answer", "fill_down=yes", "--skip-bad-rows", "--yes")
    (rejected,) = (home / "rejects").iterdir()
    assert "Ada Hall,ada@example.com,Tap,2026-02-45" in rejected.read_text(encoding="utf-8")


def test_a_day_that_is_not_read_tells_the_order_of_those_that_are(run: Run, folder: Path) -> None:
    """A program writes all its days alike: one that can be read in one order only spares the question."""
    begin(run)
    header = "Job #,Client name,Client email,Title,Scheduled start date,Closed date,Visits assigned to\n"
    row = "7,Ada Hall,ada@example.com,Boiler,{},08/01/2026,Kim\n"
    (folder / "jobs.csv").write_text(header + row.format("05/01/2026"), "utf-8")
    assert "date_order=" in run("import", "jobs.csv", exit_code=65).stderr
    (folder / "jobs.csv").write_text(header + row.format("29/12/2025"), "utf-8")
    assert "date_order=dmy" in run("import", "jobs.csv", "--yes").stdout
    assert json.loads(run("job", "export", "--format", "json").stdout)[0]["completed_on"] == "2026-01-08"
