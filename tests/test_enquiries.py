"""Enquiries: answered within a business day, then until won or lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]

MONDAY, TUESDAY = "2026-03-02T10:00", "2026-03-03T09:00"
MAIL = ("--address", "1 Quay, Westerby", "--email", "sam@alder.example.com")


@pytest.fixture
def asked(run: Run) -> Callable[..., list[dict[str, Any]]]:
    """Make a home to which Mary wrote on Monday morning; return what is decided about one of its steps."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", *MAIL)
    mary = ("Mary Holt", "--new", "--email", "mary@example.com", "--phone", "0113 496 0001")
    run("enquiry", "add", *mary, "a price for a new bath", "--service", "Bathroom", now=MONDAY)

    def decided(step: str, day: str) -> list[dict[str, Any]]:
        found = json.loads(run("why", "Mary Holt", "--format", "json", now=day).stdout)
        return [row for row in found if row["step"] == step]

    return decided


def test_an_enquiry_is_due_for_an_answer_at_once(run: Run, asked: Callable[..., Any]) -> None:
    """It stands before anything else, until somebody has answered."""
    (waiting,) = asked("enquiry-answer", MONDAY)
    assert waiting["state"] == "due"
    run("enquiry", "answer", "Mary Holt", "--note", "can come on Thursday", now=TUESDAY)
    (answered,) = asked("enquiry-answer", TUESDAY)
    assert answered["state"] in ("done", "skipped")
    assert "can come on Thursday" in run("report", "contacts", "--month", "2026-03", "--format", "csv").stdout


def test_the_nudge_counts_from_the_answer_until_it_is_won_or_lost(run: Run, asked: Callable[..., Any]) -> None:
    """Five business days after the answer; a job ends it."""
    run("enquiry", "answer", "Mary Holt", now=TUESDAY)
    (nudge,) = [row for row in asked("enquiry-nudge", "2026-03-10") if row["occurrence"] == 1]
    assert nudge["due_on"] == "2026-03-10"
    run("enquiry", "won", "Mary Holt", "--promised", "2026-03-27", now="2026-03-09")
    assert {row["state"] for row in asked("enquiry-nudge", "2026-03-10")} == {"skipped"}
    (job,) = json.loads(run("job", "list", "--format", "json").stdout)
    assert (job["service"], job["status"], job["promised_on"]) == ("Bathroom", "open", "2026-03-27")


def test_winning_is_taken_back_with_its_job(run: Run, asked: Callable[..., Any]) -> None:
    """One batch: the enquiry is open again, and the job gone."""
    run("enquiry", "won", "Mary Holt", now=TUESDAY)
    run("undo", "--yes", now=TUESDAY)
    assert json.loads(run("job", "list", "--format", "json").stdout) == []
    assert [row["state"] for row in json.loads(run("enquiry", "list", "--format", "json").stdout)] == ["new"]


def test_whoever_says_no_says_why(run: Run, asked: Callable[..., Any]) -> None:
    """The client reads the reason; without one nothing is closed."""
    assert "says why" in run("enquiry", "lost", "Mary Holt", "--declined", now=TUESDAY, exit_code=65).stderr
    run("enquiry", "lost", "Mary Holt", "--declined", "--reason", "we do not fit baths", now=TUESDAY)
    (last,) = asked("enquiry-not-now", TUESDAY)
    assert last["state"] == "due"
    assert "we do not fit baths" in run("preview", last["key"], now=TUESDAY).stdout


def test_what_is_closed_is_closed(run: Run, asked: Callable[..., Any]) -> None:
    """An answer after the end, or a second one, is refused; nothing changes."""
    run("enquiry", "answer", "Mary Holt", now=TUESDAY)
    assert "was answered on 2026-03-03" in run("enquiry", "answer", "Mary Holt", now=TUESDAY, exit_code=65).stderr
    run("enquiry", "lost", "Mary Holt", now=TUESDAY)
    for verb in ("answer", "won", "lost"):
        assert run("enquiry", verb, "Mary Holt", now=TUESDAY, exit_code=66).stderr
