"""Promises that move: the client is told first, with the reason and the new day."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from followup import model
from tests import desks
from tests.conftest import Ran

Run = Callable[..., Ran]

MONDAY, FRIDAY = "2026-03-02T10:00", "2026-03-06T09:00"
MAIL = ("--address", "1 Quay, Westerby", "--email", "sam@alder.example.com")


@pytest.fixture
def promised(run: Run) -> str:
    """Make a home in which Ada was promised a fan by 13 March; return the promise's id."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", *MAIL)
    run("client", "add", "--name", "Ada Hall", "--email", "ada@example.com", "--phone", "0113 496 0001", now=MONDAY)
    run("promise", "add", "Ada Hall", "the new fan is in", "--by", "2026-03-13", now=MONDAY)
    (row,) = rows(run)
    return str(row["promise_id"])


def rows(run: Run) -> list[dict[str, Any]]:
    """Return every promise."""
    found: list[dict[str, Any]] = json.loads(run("promise", "list", "--all", "--format", "json").stdout)
    return found


def steps(run: Run, day: str) -> dict[str, str]:
    """Return step -> state of what is decided about Ada."""
    found = json.loads(run("why", "Ada Hall", "--format", "json", now=day).stdout)
    return {f"{row['key'].partition('.')[0]}.{row['step']}": row["state"] for row in found}


def test_a_moved_promise_says_so_to_the_client(run: Run, promised: str) -> None:
    """The old day, the new one and the reason; the old promise is over, and the new one counts."""
    reason = "the maker is two weeks behind"
    said = run("promise", "move", "Ada Hall", "--by", "2026-03-27", "--reason", reason, now=FRIDAY)
    assert "Moved to Friday 27 March 2026: the new fan is in" in said.stdout
    old, new = sorted(rows(run), key=lambda row: str(row["by"] if "by" in row else row["due_on"]))
    assert (old["state"], new["state"], new["moved_from"]) == ("moved", "open", promised)
    assert steps(run, FRIDAY)[f"{new['promise_id']}.promise-moved"] == "due"
    words = run("preview", f"{new['promise_id']}.promise-moved", now=FRIDAY).stdout
    assert reason in words
    assert "13 March" in words
    assert "27 March" in words


def test_the_day_of_a_job_is_listed_as_the_promise_that_it_is(run: Run, home: Path, promised: str) -> None:
    """Under the job's id, by its day, while the job is open; it is kept in the job alone, so no export has it twice."""
    run("job", "add", "Ada Hall", "--service", "Bath", "--promised", "2026-03-06", now=MONDAY)
    first, second = rows(run)
    job = first["promise_id"]
    assert (first["job_id"], first["summary"], first["due_on"]) == (job, "Bath", "2026-03-06")
    assert second["promise_id"] == promised
    assert "2 promises due within a week" in run(now=FRIDAY).stdout
    of_client = run("promise", "list", "--client", "hall", "--format", "json", now=MONDAY).stdout
    assert json.loads(of_client) == [first, second]
    assert "Bath" not in run("promise", "export").stdout
    listed = home.parent / "promises.csv"
    run("promise", "list", "--format", "csv", "-o", str(listed))
    assert f"{job} is a job" in run("promise", "import", str(listed), exit_code=65).stderr
    run("job", "complete", job, now=FRIDAY)
    assert [row["promise_id"] for row in rows(run)] == [promised]


def test_the_id_of_a_job_says_what_can_be_done_with_its_day(run: Run, promised: str) -> None:
    """The door shows, changes and closes what is kept; the day of a job is kept by the job."""
    run("job", "add", "Ada Hall", "--service", "Bath", "--promised", "2026-03-06", now=MONDAY)
    job = rows(run)[0]["promise_id"]
    for verb, more in (("show", ()), ("edit", ("--summary", "a bath")), ("close", ("--as", "kept"))):
        refused = run("promise", verb, job, *more, now=MONDAY, exit_code=66).stderr
        assert f"`followup job complete {job}` keeps that, `followup promise move {job}` says another day" in refused
    assert f"{job} is a job (Bath), and no case" in run("case", "show", job, now=MONDAY, exit_code=66).stderr


def test_moving_is_taken_back_whole(run: Run, promised: str) -> None:
    """One batch: the old promise is open again, the new one never was."""
    run("promise", "move", promised, "--by", "2026-03-27", "--reason", "late part", now=FRIDAY)
    run("undo", "--yes", now=FRIDAY)
    assert [(row["promise_id"], row["state"]) for row in rows(run)] == [(promised, "open")]


@pytest.mark.parametrize(
    ("by", "says"), [("2026-03-05", "is past"), ("2026-03-13", "is promised for 2026-03-13 already")]
)
def test_a_promise_moves_to_another_day_to_come(run: Run, promised: str, by: str, says: str) -> None:
    """Anything else is a slip, and nothing is moved."""
    refused = run("promise", "move", promised, "--by", by, "--reason", "late", now=FRIDAY, exit_code=65)
    assert says in refused.stderr
    assert [row["state"] for row in rows(run)] == ["open"]


def test_what_is_kept_is_not_moved(run: Run, promised: str) -> None:
    """It was true, and stays so."""
    run("promise", "close", promised, "--as", "kept", now=FRIDAY)
    run("promise", "move", promised, "--by", "2026-03-27", "--reason", "x", now=FRIDAY, exit_code=65)


def test_the_day_of_a_job_moves_alike_and_the_job_keeps_it(run: Run, home: Path, promised: str) -> None:
    """A job promised for a day: moved with a reason, it is a promise of its own, kept when the job is complete."""
    run("job", "add", "Ada Hall", "--service", "Bathroom", "--promised", "2026-03-10", now=MONDAY)
    (job,) = json.loads(run("job", "list", "--format", "json").stdout)
    run("promise", "move", job["job_id"], "--by", "2026-03-20", "--reason", "tiles are late", now=FRIDAY)
    assert json.loads(run("job", "list", "--format", "json").stdout)[0]["promised_on"] is None
    run("job", "complete", job["job_id"], now="2026-03-18")
    with desks.opened(home) as desk:
        states = {each.due_on: each.state for each in desk.store.care(model.Promise) if each.job_id == job["job_id"]}
    assert {str(day): state for day, state in states.items()} == {"2026-03-10": "moved", "2026-03-20": "kept"}
