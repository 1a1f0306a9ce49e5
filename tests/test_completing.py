"""A job is complete when its list is; what is left open is a promise; a recap says in plain words what was done."""

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

DAY = "2026-03-02"
MAIL = ("--address", "1 Quay, Westerby", "--email", "sam@alder.example.com")


@pytest.fixture
def job(run: Run, home: Path) -> str:
    """Make a home with a checklist for boilers, and a boiler service for Ada that is under way; return its id."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", *MAIL)
    with (home / "followup.toml").open("a", encoding="utf-8") as file:
        file.write('\n[services."Boiler service"]\nchecklist = ["Valves tight", "Gas tested", "Floor swept"]\n')
    run("client", "add", "--name", "Ada Hall", "--email", "ada@example.com", now=DAY)
    run("job", "add", "Ada Hall", "--service", "Boiler service", now=DAY)
    return str(json.loads(run("job", "list", "--format", "json").stdout)[0]["job_id"])


def promises(home: Path) -> list[model.Promise]:
    """Return every promise of the home."""
    with desks.opened(home) as desk:
        return desk.store.care(model.Promise)


def status(run: Run) -> Any:
    """Return how far the only job is."""
    return json.loads(run("job", "list", "--format", "json").stdout)[0]["status"]


def test_a_job_with_a_checklist_is_not_complete_by_its_name_alone(run: Run, job: str) -> None:
    """Without a person to ask, the command says what is on the list and how to answer; nothing was done."""
    refused = run("job", "complete", job, now=DAY, exit_code=2)
    assert "1 Valves tight; 2 Gas tested; 3 Floor swept" in refused.stderr
    assert "--checked all" in refused.stderr
    assert status(run) == "open"


def test_a_list_that_is_done_completes_the_job(run: Run, home: Path, job: str) -> None:
    """Numbers, beginnings and whole items name what is done."""
    said = run("job", "complete", job, "--checked", "1", "--checked", "gas", "--checked", "Floor swept", now=DAY)
    assert said.stdout.startswith("Completed: Boiler service, on Monday 2 March 2026.")
    assert promises(home) == []
    assert status(run) == "completed"


def test_a_client_is_enough_where_one_job_can_be_meant(run: Run, job: str) -> None:
    """The only open one is completed, the only one of late gets its recap, and the only such recap its answer."""
    run("job", "add", "Ada Hall", "--service", "Tap", "--completed", "2026-01-12", now=DAY)
    assert "There is no job with a recap" in run("job", "recap", "hall", "--confirmed", now=DAY, exit_code=66).stderr
    none = run("job", "recap", "hall", "--did", "a new pump", now=DAY, exit_code=66).stderr
    assert "There is no job done in the last 30 days without a recap for Ada Hall" in none
    run("job", "complete", "hall", "--checked", "all", now=DAY)
    assert "There is no open job for Ada Hall" in run("job", "complete", "hall", now=DAY, exit_code=66).stderr
    said = run("job", "recap", "hall", "--did", "a new pump", "--format", "json", now=DAY)
    assert json.loads(said.stdout)[0]["job_id"] == job
    run("job", "recap", "hall", "--confirmed", now=DAY)
    assert "The client confirmed the recap" in run("job", "recap", job, "--confirmed", now=DAY, exit_code=65).stderr


def test_a_client_with_several_such_jobs_is_asked_which(run: Run, job: str) -> None:
    """They are listed; nothing was done."""
    run("job", "add", "Ada Hall", "--service", "Tap", "--promised", "2026-03-12", now=DAY)
    refused = run("job", "complete", "hall", "--checked", "all", now=DAY, exit_code=65).stderr
    assert f"  {job}  Boiler service  open" in refused
    assert "Tap  for 2026-03-12" in refused
    for service in ("Sink", "Shower"):
        run("job", "add", "Ada Hall", "--service", service, "--completed", DAY, now=DAY)
    assert "Shower  2026-03-02" in run("job", "recap", "hall", "--did", "it", now=DAY, exit_code=65).stderr


def test_a_name_that_begins_the_id_of_somebody_elses_job_completes_nothing(run: Run, job: str) -> None:
    """Which of the two is meant is asked."""
    run("client", "add", "--name", f"Bob {job[:5].title()}", now=DAY)
    refused = run("job", "complete", job[:5], "--checked", "all", now=DAY, exit_code=65).stderr
    assert f"  {job}  Boiler service  open" in refused
    assert "Bob" in refused
    assert status(run) == "open"


def test_what_is_left_open_is_a_promise_with_a_day(run: Run, home: Path, job: str) -> None:
    """With a day told to the client and an earlier one of our own; `undo` takes all of it back."""
    refused = run("job", "complete", job, "--checked", "1", "--checked", "2", now=DAY, exit_code=2)
    assert "Left open: Floor swept" in refused.stderr
    run("job", "complete", job, "--checked", "1", "--checked", "2", "--open-by", "2026-03-12", now=DAY)
    (promise,) = promises(home)
    assert (promise.summary, promise.job_id) == ("Floor swept", job)
    assert (str(promise.due_on), str(promise.target_on)) == ("2026-03-12", "2026-03-10")
    run("undo", "--yes", now=DAY)
    assert promises(home) == []
    assert status(run) == "open"


def test_a_person_walks_through_the_list(run: Run, home: Path, job: str) -> None:
    """Item by item; for what is open, by when."""
    said = run("job", "complete", job, now=DAY, answers="y\nn\ny\n2026-03-09\n")
    assert "Left open, and promised by Monday 9 March 2026: Gas tested" in said.stdout
    assert [promise.summary for promise in promises(home)] == ["Gas tested"]


@pytest.mark.parametrize(
    ("typed", "says"),
    [("4", "'4' is not one thing of the checklist"), ("", "is not one thing"), ("drain", "On it: 1 Valves tight;")],
)
def test_what_is_not_on_the_list_is_said(run: Run, job: str, typed: str, says: str) -> None:
    """A slip of the finger completes nothing."""
    assert says in run("job", "complete", job, "--checked", typed, now=DAY, exit_code=65).stderr
    assert status(run) == "open"


def test_a_promise_for_yesterday_is_refused(run: Run, job: str) -> None:
    """What is left open is promised for a day to come."""
    refused = run("job", "complete", job, "--checked", "1", "--open-by", "2026-03-01", now=DAY, exit_code=65)
    assert "is past" in refused.stderr
    assert status(run) == "open"


# ---------------------------------------------------------------- recaps


@pytest.fixture
def done(run: Run, job: str) -> str:
    """Complete the job, with one thing left open."""
    run("job", "complete", job, "--checked", "1", "--checked", "2", "--open-by", "2026-03-12", now=DAY)
    return job


def recap(home: Path) -> model.Recap:
    """Return the only recap."""
    with desks.opened(home) as desk:
        (found,) = desk.store.care(model.Recap)
        return found


def test_a_recap_begins_with_what_is_known(run: Run, home: Path, done: str) -> None:
    """What was checked is what was done, and what was left open is not; the rest is typed."""
    said = run("job", "recap", done, "--found", "the valve was worn", "--watch-for", "drips at night", now=DAY).stdout
    written = recap(home)
    assert (written.found, written.watch_for) == ("the valve was worn", "drips at night")
    assert (written.did, written.not_done) == ("Boiler service; Valves tight; Gas tested", "Floor swept")
    assert "Watch for:  drips at night" in said
    assert "was written on 2026-03-02" in run("job", "recap", done, "--found", "x", now=DAY, exit_code=65).stderr


def test_a_person_is_asked_for_each_part(run: Run, home: Path, done: str) -> None:
    """Enter takes what is known already."""
    run("job", "recap", done, now=DAY, answers="worn valve\n\n\ndrips\n")
    assert (recap(home).found, recap(home).not_done, recap(home).watch_for) == ("worn valve", "Floor swept", "drips")


def test_the_client_confirms_or_corrects(run: Run, home: Path, done: str) -> None:
    """Once: what was said stays as it was said."""
    assert "no recap" in run("job", "recap", done, "--confirmed", now=DAY, exit_code=66).stderr
    run("job", "recap", done, "--found", "a worn valve", now=DAY)
    run("job", "recap", done, "--corrected", "it was the upstairs valve", now="2026-03-04")
    assert (recap(home).state, recap(home).correction) == ("corrected", "it was the upstairs valve")
    assert "corrected the recap on 2026-03-04" in run("job", "recap", done, "--confirmed", exit_code=65).stderr


def test_programs_get_the_job_and_its_recap_as_rows(run: Run, job: str) -> None:
    """In json the record is the result, and the rest is narration."""
    row = json.loads(run("job", "complete", job, "--checked", "all", "--format", "json", now=DAY).stdout)[0]
    assert (row["job_id"], row["status"]) == (job, "completed")
    row = json.loads(run("job", "recap", job, "--found", "worn", "--format", "json", now=DAY).stdout)[0]
    assert (row["found"], row["state"]) == ("worn", "written")
    row = json.loads(run("job", "recap", job, "--confirmed", "--format", "json", now=DAY).stdout)[0]
    assert row["state"] == "confirmed"


def test_a_recap_is_of_work_that_is_done(run: Run, job: str) -> None:
    """What is under way has no summary yet."""
    assert "a recap is of work that is done" in run("job", "recap", job, "--found", "x", exit_code=65).stderr
    both = run("job", "recap", job, "--found", "x", "--confirmed", exit_code=2)
    assert "one of the three" in both.stderr
