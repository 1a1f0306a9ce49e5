"""`send --plan FILE`: exactly the lines whose decision and text are unchanged go out, and the rest is named."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import factories
from tests.conftest import Ran

Run = Callable[..., Ran]

MAIL = ("--address", "1 Quay, Westerby", "--email", "sam@alder.example.com")
MONDAY, TUESDAY, NEXT_WEEK = "2026-03-02", "2026-03-03", "2026-03-10"


@pytest.fixture
def plan(run: Run, tmp_path: Path) -> Path:
    """Return the plan file of a home with Ada, whose tap was mended on Monday, and Bea, who is rung about a boiler."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", *MAIL)
    run("client", "add", "--name", "Ada Hall", "--email", "ada@example.com", now=MONDAY)
    run("job", "add", "Ada Hall", "--service", "Tap repair", "--completed", MONDAY, "--amount", "80", now=MONDAY)
    run("client", "add", "--name", "Bea Moor", "--phone", "+44 7700 900123", now=MONDAY)
    run("job", "add", "Bea Moor", "--service", "Boiler", "--completed", "2026-02-23", "--amount", "900", now=MONDAY)
    path = tmp_path / "plan.csv"
    run("plan", "--format", "csv", "-o", path, now=MONDAY)
    return path


def keys(path: Path) -> dict[str, str]:
    """Return the keys of a plan file by their steps."""
    return {row["step"]: row["key"] for row in csv.DictReader(io.StringIO(path.read_text()))}


def test_a_line_goes_out_on_the_day_that_it_names(run: Run, plan: Path) -> None:
    """Before its day it waits, on its day it is drafted, afterwards it is a draft; none of this needs a person."""
    key = keys(plan)["thank-you"]
    before = run("send", "--plan", plan, "--yes", now=MONDAY)
    assert "Nothing to draft." in before.stdout
    assert f"Not now {key}: comes on 3 March 2026." in before.stderr
    assert "followup calls" in before.stderr, "the call is named too"
    assert key in run("send", "--plan", plan, "--yes", now=TUESDAY).stdout
    again = run("send", "--plan", plan, "--yes", now=TUESDAY)
    assert f"Not now {key}: drafted" in again.stderr


def test_what_is_not_in_the_file_does_not_go(run: Run, plan: Path) -> None:
    """A line that was taken out is not sent, due or not."""
    lines = [line for line in plan.read_text().splitlines(keepends=True) if ".thank-you." not in line]
    plan.write_text("".join(lines))
    assert "Nothing to draft." in run("send", "--plan", plan, "--yes", now=TUESDAY).stdout


def test_changed_words_are_left_out_and_named(run: Run, plan: Path) -> None:
    """What the owner approved is what goes; another text needs another look."""
    key = keys(plan)["thank-you"]
    run("preview", key, "--edit", "--text-file", "-", stdin="Hello Ada,\n\nanother word.\n\nSam\n", now=TUESDAY)
    ran = run("send", "--plan", plan, "--yes", now=TUESDAY, exit_code=3)
    assert f"Left out {key}: its words, its jobs or its day have changed" in ran.stderr
    assert "Nothing to draft." in ran.stdout


def test_a_changed_address_or_channel_is_left_out_and_named(run: Run, plan: Path) -> None:
    """Whom it reaches, and how, is part of the decision."""
    key = keys(plan)["thank-you"]
    run("client", "edit", "Ada Hall", "--email", "new@example.com", now=TUESDAY)
    ran = run("send", "--plan", plan, "--yes", now=TUESDAY, exit_code=3)
    assert f"Left out {key}: goes to new@example.com now, not to ada@example.com." in ran.stderr
    run("client", "edit", "Ada Hall", "--phone", "07700 900124", "--prefers", "text", now=TUESDAY)
    ran = run("send", "--plan", plan, "--yes", now=TUESDAY, exit_code=3)
    assert f"Left out {key}: goes by text now, not by e-mail." in ran.stderr


def test_another_job_that_it_now_speaks_of_is_a_change(run: Run, plan: Path) -> None:
    """A second job of the week is thanked for in the same message, which is another message then."""
    run("job", "add", "Ada Hall", "--service", "Drain", "--completed", MONDAY, now=TUESDAY)
    ran = run("send", "--plan", plan, "--yes", now=TUESDAY, exit_code=3)
    assert "have changed" in ran.stderr or "covered by" in ran.stderr
    assert "Nothing to draft." in ran.stdout


def test_what_was_skipped_put_off_or_never_was_is_named_with_its_reason(run: Run, plan: Path) -> None:
    """A decision that the owner has changed since does not go by the old file."""
    key = keys(plan)["thank-you"]
    run("snooze", key, "--until", NEXT_WEEK, now=MONDAY)
    ran = run("send", "--plan", plan, "--yes", now=TUESDAY, exit_code=3)
    assert re.search(f"Left out {key}: held until 1[0-9] March 2026, later than planned", ran.stderr)
    run("skip", key, "--reason", "told her", now=TUESDAY)
    ran = run("send", "--plan", plan, "--yes", now=TUESDAY, exit_code=3)
    assert f"Left out {key}: skipped" in ran.stderr
    assert "told her" in ran.stderr
    plan.write_text(plan.read_text().replace(key, factories.identifier("q") + key[10:]))
    ran = run("send", "--plan", plan, "--yes", now=TUESDAY, exit_code=3)
    assert "nothing calls for it any more" in ran.stderr


def test_what_is_due_sooner_than_planned_waits_for_another_look(run: Run, plan: Path) -> None:
    """The owner approved a day; a snooze that was taken back brings it forward."""
    key = keys(plan)["thank-you"]
    run("snooze", key, "--until", NEXT_WEEK, now=MONDAY)
    run("plan", "--format", "csv", "-o", plan, now=MONDAY)
    run("undo", "--yes", now=MONDAY)
    ran = run("send", "--plan", plan, "--yes", now=TUESDAY, exit_code=3)
    assert re.search(f"Left out {key}: was planned for 2026-03-1[0-9] and is due already.", ran.stderr)


def test_what_waits_for_a_decision_is_named(run: Run, plan: Path) -> None:
    """Too late is for the owner to decide, by key."""
    key = keys(plan)["thank-you"]
    ran = run("send", "--plan", plan, "--yes", now="2026-03-25", exit_code=None)
    assert f"Not now {key}: waits for you to look at it" in ran.stderr


def test_a_spreadsheet_may_have_written_the_file_again(run: Run, plan: Path) -> None:
    """Semicolons, the local alphabet and local dates do not make another plan of it."""
    rows = list(csv.DictReader(io.StringIO(plan.read_text())))
    with plan.open("w", newline="", encoding="cp1252") as stream:
        writer = csv.DictWriter(stream, rows[0], delimiter=";")
        writer.writeheader()
        for row in rows:
            day = "/".join(reversed(row["act_on"].split("-")))
            writer.writerow({**row, "client": "Adä Hall", "act_on": day})
    assert "1 draft in" in run("send", "--plan", plan, "--yes", now=TUESDAY).stdout


def test_a_digest_is_never_taken_for_a_number(plan: Path) -> None:
    """A spreadsheet would write 12e45 or sixteen digits as it likes."""
    rows = list(csv.DictReader(io.StringIO(plan.read_text())))
    assert {row["digest"][:1] for row in rows if row["channel"] == "email"} == {"d"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a plan file. Make one with"),
        ("name,email\nAda,ada@example.com\n", "is not a plan file. Make one with"),
        ("key,channel,address,act_on\nx,email,y,z\n", "is not a plan file (no column digest)"),
        ('key,digest\n"' + "x" * 200_000, "is not a plan file: field larger than"),
    ],
)
def test_what_is_no_plan_file_is_refused(run: Run, plan: Path, text: str, said: str) -> None:
    """The message says what is missing and how to make one."""
    plan.write_text(text)
    assert said in run("send", "--plan", plan, "--yes", now=TUESDAY, exit_code=65).stderr


def test_a_plan_file_that_is_not_there_and_two_choices_at_once_are_refused(run: Run, plan: Path) -> None:
    """66 and 2, before anything happens."""
    run("send", "--plan", plan.with_name("none.csv"), now=TUESDAY, exit_code=66)
    run("send", "--plan", plan, "--only", "thank-you", now=TUESDAY, exit_code=2)
