"""due, plan, why, skip, snooze, status and the screen of `followup` alone, as their user meets them."""

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

DUE_KEYS = [
    "key",
    "step",
    "cadence",
    "occurrence",
    "state",
    "client_id",
    "client",
    "channel",
    "address",
    "template",
    "purpose",
    "ask",
    "due_on",
    "act_on",
    "until",
    "job_ids",
    "service",
    "covered_by",
    "tries",
    "reasons",
]


def rows(run: Run, *arguments: str, **options: str) -> list[dict[str, Any]]:
    """Return the rows that a command prints as json."""
    return list(json.loads(run(*arguments, "--format", "json", **options).stdout))


def of(run: Run, client: str, step: str, **options: str) -> dict[str, Any]:
    """Return what is decided about a client's first touchpoint of a step."""
    return next(row for row in rows(run, "why", client, **options) if row["step"] == step)


# ---------------------------------------------------------------- due


def test_due_json_keys_are_a_promise(made: Run) -> None:
    """Pinned: keys are only ever added, at the end; days are ISO, reasons have code, text and day."""
    (row,) = rows(made, "due")
    assert list(row)[: len(DUE_KEYS)] == DUE_KEYS
    assert (row["step"], row["state"], row["channel"], row["due_on"]) == ("thank-you", "due", "email", "2026-03-02")
    assert list(row["reasons"][0]) == ["code", "text", "on"]


def test_due_lists_unconfirmed_drafts_on_top(business: Run) -> None:
    """What may have gone out already comes before what is new."""
    business("send", "--yes", "--limit", "2", "--only", "win-back")
    states = [row["state"] for row in rows(business, "due")]
    assert states[:2] == ["unconfirmed", "unconfirmed"]
    assert "unconfirmed" not in states[2:]


def test_due_as_a_table_says_in_words_and_counts_what_is_held(business: Run) -> None:
    """Names, days, reasons and keys for people; what a rule holds is counted beside it."""
    ran = business("due")
    assert "Grace Obi" in ran.stdout
    assert "held back by a rule" in ran.stderr
    assert "held back" not in business("due", "--format", "csv").stderr


def test_due_csv_in_a_file_is_replaced_whole(made: Run, tmp_path: Path) -> None:
    """-o writes the same rows, and says how many."""
    path = tmp_path / "due.csv"
    ran = made("due", "--format", "csv", "-o", path)
    assert ran.stdout == ""
    assert "Wrote 1 row" in ran.stderr
    (row,) = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    assert row["client"] == "Ada Hall"


def test_due_in_a_folder_that_is_not_there_exits_73(made: Run, tmp_path: Path) -> None:
    """An output that cannot be made is said before anything else."""
    assert made("due", "-o", tmp_path / "none" / "due.csv", exit_code=None).exit_code in (73, 74)


def test_due_says_when_nothing_is(run: Run) -> None:
    """A new home."""
    run("init", "--name", "Sam")
    assert run("due").stdout == "Nothing is due.\n"
    assert run("due", "--format", "json").stdout.strip() == "[]"


def test_quiet_says_less_on_stderr(made: Run, home: Path) -> None:
    """-q drops the narration, never the result."""
    from click.testing import CliRunner

    from followup import cli

    ran = CliRunner().invoke(cli.cli, ["--home", str(home), "--now", "2026-03-02", "-q", "due"])
    assert ran.stderr == ""
    assert "Ada Hall" in ran.stdout


# ---------------------------------------------------------------- status and the first screen


def test_status_lists_what_waits_each_with_its_command(business: Run) -> None:
    """Like `git status`."""
    business("send", "--yes", "--limit", "1")
    business("case", "open", "Lorna Fisk", "--summary", "tap drips")
    said = business("status").stdout
    for waits, command in (
        ("draft to confirm", "followup confirm"),
        ("messages to send", "followup send"),
        ("calls to make", "followup calls"),
        ("letters or texts to write", "followup calls"),
        ("open case", "followup case list"),
    ):
        assert any(waits in line and command in line for line in said.splitlines()), waits


def test_status_of_an_empty_home_says_where_to_start(run: Run) -> None:
    """No client yet: import."""
    run("init", "--name", "Sam")
    assert "followup import clients.csv jobs.csv" in run("status").stdout


def test_status_asks_after_a_draft_that_lies_there_for_long(made: Run) -> None:
    """After a week it asks whether it went out."""
    made("send", "--yes")
    assert "did it go out?" in made("status", now="2026-03-16").stdout
    assert "did it go out?" not in made("status", now="2026-03-04").stdout


def test_a_home_above_the_current_folder_is_found(made: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Like git, from any folder inside."""
    from click.testing import CliRunner

    from followup import cli

    inside = home / "templates"
    inside.mkdir(exist_ok=True)
    monkeypatch.chdir(inside)
    monkeypatch.setenv("FOLLOWUP_NOW", "2026-03-02")
    assert "1 message to send" in CliRunner().invoke(cli.cli, []).stdout


# ---------------------------------------------------------------- plan


def test_plan_lists_the_coming_weeks_in_the_order_of_days(made: Run) -> None:
    """What is due, what is held until when, and what comes."""
    found = rows(made, "plan", "--weeks", "8")
    days = [row["act_on"] or "" for row in found]
    assert days == sorted(days)
    assert {"thank-you", "feedback-ask"} <= {row["step"] for row in found}


def test_plan_as_a_table_says_when_nothing_comes(run: Run) -> None:
    """With the number of weeks that were looked at."""
    run("init", "--name", "Sam")
    assert run("plan", "--weeks", "2").stdout == "Nothing comes in the next 2 weeks.\n"
    assert "Ada" not in run("plan").stdout


def test_plan_csv_ends_with_the_digest_of_the_words(made: Run) -> None:
    """The plan file's last column; what cannot be said yet has none."""
    lines = list(csv.DictReader(io.StringIO(made("plan", "--format", "csv").stdout)))
    assert list(lines[0])[-1] == "digest"
    assert len(lines[0]["digest"]) == 16


def test_plan_twice_is_the_same_plan(business: Run) -> None:
    """Asking twice gives the same answer, bytes and all."""
    assert business("plan", "--format", "csv").stdout == business("plan", "--format", "csv").stdout


# ---------------------------------------------------------------- why


def test_why_explains_every_step_also_those_that_never_held(made: Run) -> None:
    """Each step of each cadence, with its rules and dates."""
    said = made("why", "hall").stdout
    for step in ("thank-you", "check-in call", "ask for feedback", "ask for a referral", "anniversary", "win-back"):
        assert step in said
    assert "27 February 2026" in said


def test_why_of_a_key_is_that_step_alone(made: Run) -> None:
    """A key, or an unambiguous beginning with the dot."""
    key = of(made, "hall", "thank-you")["key"]
    assert [row["key"] for row in rows(made, "why", key)] == [key]
    assert rows(made, "why", key.removesuffix(".1")) == rows(made, "why", key)


def test_why_takes_a_clients_id_and_a_jobs(made: Run) -> None:
    """Ids are names as well."""
    row = of(made, "hall", "thank-you")
    assert rows(made, "why", row["client_id"]) == rows(made, "why", "hall")
    assert rows(made, "why", row["job_ids"][0])[0]["key"].startswith(row["job_ids"][0])


def test_why_of_a_key_that_fits_no_step_says_where_all_are(made: Run) -> None:
    """66, with the client's own line."""
    job = of(made, "hall", "thank-you")["job_ids"][0]
    assert "lists them all" in made("why", f"{job}.nothing.1", exit_code=66).stderr


def test_why_step_narrows_down(made: Run) -> None:
    """--step NAME is one step; an unknown one exits 66."""
    assert {row["step"] for row in rows(made, "why", "hall", "--step", "thank-you")} == {"thank-you"}
    made("why", "hall", "--step", "nonsense", exit_code=66)


def test_why_names_the_basis_of_a_marketing_message(business: Run) -> None:
    """Where it rests on: the client's own word, or a job done."""
    assert any("marketing, because" in line for line in business("why", "Grace Obi").stdout.splitlines())


def test_why_in_a_file_has_rows(made: Run, tmp_path: Path) -> None:
    """-o writes what programs and spreadsheets read."""
    made("why", "hall", "--format", "csv", "-o", tmp_path / "why.csv")
    assert "thank-you" in (tmp_path / "why.csv").read_text(encoding="utf-8")


# ---------------------------------------------------------------- skip and snooze


def test_skip_is_for_good_until_it_is_taken_back(made: Run) -> None:
    """The reason is kept, undo brings it back."""
    assert "Skipped" in made("skip", "hall", "--reason", "told her in person").stdout
    assert of(made, "hall", "thank-you")["state"] == "skipped"
    assert "told her in person" in made("why", "hall").stdout
    made("undo", "--yes")
    assert of(made, "hall", "thank-you")["state"] == "due"


def test_what_was_drafted_or_done_cannot_be_skipped_or_snoozed(made: Run) -> None:
    """A draft is confirmed first (2); what is done stays done (65)."""
    key = of(made, "hall", "thank-you")["key"]
    made("send", "--yes")
    for command in (("skip", key), ("snooze", key, "--until", "2026-04-01")):
        assert "--not-sent" in made(*command, exit_code=2).stderr
    made("confirm", "--drafts", "--sent")
    for command in (("skip", key), ("snooze", key, "--until", "2026-04-01")):
        assert "done already" in made(*command, exit_code=65).stderr


def test_skip_takes_the_beginning_of_a_key(made: Run) -> None:
    """Any unique beginning of what waits."""
    key = of(made, "hall", "thank-you")["key"]
    made("skip", key[:4])
    assert of(made, "hall", "thank-you")["state"] == "skipped"


def test_a_name_with_several_things_waiting_lists_them(business: Run) -> None:
    """Each with its key; a name with nothing waiting says so."""
    ran = business("skip", "Margaret Doyle", exit_code=65)
    assert "thank-you" in ran.stderr
    assert "check-in-call" in ran.stderr
    assert "Nothing waits for" in business("skip", "Lorna Fisk", exit_code=66).stderr


def test_snooze_puts_one_touchpoint_off(made: Run) -> None:
    """It is held until that day, and due on it."""
    assert "until Wednesday 4 March 2026" in made("snooze", "hall", "--until", "2026-03-04").stdout
    row = of(made, "hall", "thank-you")
    assert (row["state"], row["until"]) == ("held", "2026-03-04")
    assert of(made, "hall", "thank-you", now="2026-03-04")["state"] == "due"


def test_snooze_everything_holds_the_whole_client(made: Run) -> None:
    """Nothing of theirs is due before that day."""
    made("snooze", "hall", "--everything", "--until", "2026-06-01")
    assert rows(made, "due") == []
    assert of(made, "hall", "thank-you")["until"] == "2026-06-01"


@pytest.mark.parametrize("day", ["2026-03-02", "yesterday", "today"])
def test_snooze_until_a_day_that_is_not_to_come_is_refused(made: Run, day: str) -> None:
    """Words for days count from the day of --now."""
    assert "is not after today" in made("snooze", "hall", "--until", day, exit_code=2).stderr


def test_a_day_that_is_none_is_a_usage_error(made: Run) -> None:
    """With how to write one."""
    assert "Write 2026-03-02" in made("snooze", "hall", "--until", "soon", exit_code=2).stderr
    made("snooze", "hall", "--until", "tomorrow")


# ---------------------------------------------------------------- today


def test_now_with_a_zone_is_an_instant(made: Run) -> None:
    """Late in the evening of another zone it is the next day at home."""
    said = made("due", now="2026-03-01T23:30-05:00").stderr
    assert "Monday 2 March 2026" in said


def test_the_clock_is_used_when_nobody_says_otherwise(made: Run) -> None:
    """Without --now nothing is said of it, and the thank-you is long past."""
    ran = made("due", "--format", "json", now=None)
    assert "--now" not in ran.stderr
    assert all(row["state"] != "due" or row["step"] != "thank-you" for row in json.loads(ran.stdout))


def test_a_person_who_is_nobody_of_the_firm_is_named(made: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """FOLLOWUP_PERSON says who works; an unknown name lists the known ones."""
    monkeypatch.setenv("FOLLOWUP_PERSON", "eve")
    assert "Known: sam" in made("skip", "hall", exit_code=66).stderr
    monkeypatch.setenv("FOLLOWUP_PERSON", "Sam Alder")
    made("skip", "hall")
