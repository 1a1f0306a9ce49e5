"""calls, done, log and case, as their user meets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]

DOYLE = "Margaret Doyle"


def rows(run: Run, *arguments: str, **options: str) -> list[dict[str, Any]]:
    """Return the rows that a command prints as json."""
    found = json.loads(run(*arguments, "--format", "json", **options).stdout)
    return list(found["rows"] if isinstance(found, dict) else found)


def call_of(run: Run, client: str = DOYLE, **options: str) -> dict[str, Any]:
    """Return what is decided about the check-in call for the bathroom."""
    return next(
        row
        for row in rows(run, "why", client, **options)
        if row["step"] == "check-in-call" and row["due_on"] == "2026-03-02"
    )


def ask_of(run: Run) -> dict[str, Any]:
    """Return what is decided about asking for feedback on the bathroom, on the day on which it would be asked for."""
    found = rows(run, "why", DOYLE, "--step", "feedback-ask", now="2026-03-11")
    return next(row for row in found if row["key"].startswith(call_of(run)["job_ids"][0]))


def contacts(run: Run, **options: str) -> list[dict[str, Any]]:
    """Return the contacts of the year."""
    return rows(run, "report", "contacts", "--year", "2026", **options)


# ---------------------------------------------------------------- calls


def test_calls_has_number_work_script_and_what_to_say_afterwards(business: Run) -> None:
    """Everything to have beside the telephone."""
    said = business("calls").stdout
    for words in ("+441632960105", "Bathroom refit, 6480.00 GBP", "HOW TO BEGIN", "followup done", "--outcome happy"):
        assert words in said


def test_clients_with_only_a_mobile_are_texted(business: Run) -> None:
    """Listed like a call, with the words and a link that opens the phone's own program."""
    said = business("calls").stdout
    assert "text Dev Patel" in said
    assert "sms:+447700900108?body=Hello%20Dev" in said


def test_calls_as_json_has_the_words_and_the_link(business: Run, tmp_path: Path) -> None:
    """For a phone or a script."""
    found = {row["client"]: row for row in rows(business, "calls")}
    assert found["Dev Patel"]["link"].startswith("sms:")
    assert found["Edith Farrow"]["channel"] == "letter"
    business("calls", "--format", "csv", "-o", tmp_path / "calls.csv")
    assert (tmp_path / "calls.csv").read_text(encoding="utf-8").startswith("key,")


def test_calls_says_when_there_are_none(made: Run) -> None:
    """A home where only a message waits."""
    assert made("calls").stdout == "No calls to make.\n"


# ---------------------------------------------------------------- done


@pytest.mark.parametrize("outcome", ["happy", "neutral", "wrong-number"])
def test_a_call_that_was_made_is_done_and_on_record(business: Run, outcome: str) -> None:
    """Who, when, how it went, and what was said."""
    said = business("done", DOYLE, "--outcome", outcome, "--note", "loves the bath").stdout
    assert "Recorded: call to" in said
    (row,) = contacts(business)
    assert (row["channel"], row["outcome"], row["note"], row["by"]) == ("call", outcome, "loves the bath", "Sam Alder")
    assert call_of(business)["state"] == "done"


def test_a_name_and_an_outcome_mean_the_call(business: Run) -> None:
    """Of a thank-you and a call that wait, an outcome can only be the call's."""
    business("done", DOYLE, "--outcome", "happy")
    assert call_of(business)["state"] == "done"
    assert "thank-you" in {row["step"] for row in rows(business, "due") if row["client"].casefold() == DOYLE.casefold()}


def test_three_tries_and_then_no_more(business: Run) -> None:
    """Voicemail and no answer: again in two business days, three tries of one touchpoint at most."""
    key = call_of(business)["key"]
    assert "comes again on Wednesday 4 March" in business("done", key, "--outcome", "voicemail").stdout
    assert call_of(business)["state"] == "held"
    again = business("done", key, "--outcome", "no-answer", now="2026-03-04").stdout
    assert "comes again on Friday 6 March" in again
    last = business("done", key, "--outcome", "voicemail", now="2026-03-06").stdout
    assert "the last try" in last
    assert call_of(business, now="2026-03-06")["state"] == "done"
    assert "done already" in business("done", key, "--outcome", "happy", now="2026-03-09", exit_code=65).stderr


def test_an_unhappy_client_opens_a_case_and_is_asked_for_nothing(business: Run) -> None:
    """The note is what the case is about; asks wait, and say for what."""
    said = business("done", DOYLE, "--outcome", "unhappy", "--note", "tap drips").stdout
    assert "Opened case" in said
    (case,) = rows(business, "case", "list")
    assert (case["summary"], case["opened_by"]) == ("tap drips", "them")
    ask = ask_of(business)
    assert ask["state"] == "held"
    assert any("case is open" in reason["text"] for reason in ask["reasons"])


def test_a_second_unhappy_call_opens_no_second_case(business: Run) -> None:
    """One case is open already."""
    business("done", DOYLE, "--outcome", "unhappy")
    assert "Opened case" not in business("log", DOYLE, "--outcome", "unhappy").stdout
    assert len(rows(business, "case", "list")) == 1


def test_i_did_it_myself_on_another_day_by_another_person_and_way(business: Run) -> None:
    """A thank-you said at the door counts, and the client hears it once."""
    key = next(row["key"] for row in rows(business, "due") if row["client"] == "Grace Obi")
    business("done", key, "--channel", "visit", "--on", "2026-02-28", "--by", "priya")
    (row,) = contacts(business)
    assert (row["date"], row["channel"], row["by"]) == ("2026-02-28", "visit", "Priya Nair")
    assert rows(business, "why", key)[0]["state"] == "done"


def test_a_letter_is_done_by_name(business: Run) -> None:
    """No outcome is needed."""
    assert "Recorded: letter to Edith Farrow" in business("done", "Edith Farrow").stdout


def test_done_refuses_drafts_the_future_and_strangers(made: Run) -> None:
    """A draft is confirmed, a contact is recorded after it happened, and by somebody of the firm."""
    assert "future" in made("done", "hall", "--on", "2026-03-03", exit_code=65).stderr
    assert "Known: sam" in made("done", "hall", "--by", "eve", exit_code=66).stderr
    made("send", "--yes")
    assert "confirm" in made("done", "hall", exit_code=2).stderr


# ---------------------------------------------------------------- log


def test_log_keeps_any_contact_on_any_channel_in_and_out(made: Run) -> None:
    """Incoming mail, outgoing visit; what was said and about what."""
    made("log", "hall", "--in", "--channel", "email", "--note", "asked for the manual", "--about", "manual")
    made("log", "ada@example.com", "--channel", "visit", "--on", "yesterday")
    first, second = contacts(made)
    assert (first["channel"], first["direction"], first["date"]) == ("visit", "out", "2026-03-01")
    assert (second["direction"], second["note"], second["summary"]) == ("in", "asked for the manual", "manual")


def test_log_for_a_step_settles_it(made: Run) -> None:
    """--for KEY stands for the touchpoint, with its job."""
    row = next(row for row in rows(made, "why", "hall") if row["step"] == "thank-you")
    made("log", "hall", "--channel", "visit", "--for", row["key"])
    assert rows(made, "why", row["key"])[0]["state"] == "done"
    (contact,) = contacts(made)
    assert (contact["key"], contact["job_id"]) == (row["key"], row["job_ids"][0])
    assert "done already" in made("log", "hall", "--for", row["key"], exit_code=65).stderr


def test_log_for_a_call_that_was_not_answered_counts_as_a_try(business: Run) -> None:
    """However it is recorded, the call comes again."""
    said = business("log", DOYLE, "--for", call_of(business)["key"], "--outcome", "voicemail").stdout
    assert "comes again on" in said


def test_log_for_another_client_or_a_draft_is_refused(business: Run) -> None:
    """A key belongs to one client; a draft is confirmed."""
    assert business("log", "Lorna Fisk", "--for", call_of(business)["key"], exit_code=None).exit_code in (65, 66)
    key = next(row["key"] for row in rows(business, "due") if row["client"] == "Grace Obi")
    business("send", "--only", key, "--yes")
    assert "confirm" in business("log", "Grace Obi", "--for", key, exit_code=2).stderr


def test_log_about_a_job_takes_only_the_clients_own(business: Run) -> None:
    """A job of somebody else is a slip."""
    job = call_of(business)["job_ids"][0]
    business("log", DOYLE, "--job", job)
    assert contacts(business)[0]["job_id"] == job
    assert "is not a job for Lorna Fisk" in business("log", "Lorna Fisk", "--job", job, exit_code=65).stderr
    business("log", DOYLE, "--job", "nothing", exit_code=66)


# ---------------------------------------------------------------- case


def test_a_case_from_the_first_word_to_the_last(business: Run) -> None:
    """Opened, listed, shown with what happened since, resolved, and then only in --all."""
    job = call_of(business)["job_ids"][0]
    said = business(
        "case", "open", DOYLE, "--summary", "tap drips", "--job", job, "--by", "them", "--severity", "small",
        "--owner", "priya",
    ).stdout  # fmt: skip
    case_id = said.split()[2].rstrip(".")
    business("log", DOYLE, "--note", "coming on Thursday", now="2026-03-03")
    shown = business("case", "show", DOYLE, now="2026-03-03").stdout
    for words in ("tap drips", "them", "priya", "coming on Thursday", "Nothing is asked"):
        assert words in shown
    assert [row["days_open"] for row in rows(business, "case", "list", now="2026-03-05")] == [3]
    resolved = business(
        "case", "resolve", case_id[:6], "--resolution", "new washer", "--cause", "washer", now="2026-03-06"
    ).stdout
    assert "Friday 6 March 2026" in resolved
    assert business("case", "list", now="2026-03-06").stdout == "No open cases.\n"
    assert len(rows(business, "case", "list", "--all", now="2026-03-06")) == 1
    assert "new washer" in business("case", "show", DOYLE, now="2026-03-06").stdout


def test_held_asks_resume_counted_from_the_day_of_the_resolution(business: Run) -> None:
    """Alike for everybody, whatever the outcome was."""
    business("case", "open", DOYLE)
    assert ask_of(business)["state"] == "held"
    business("case", "resolve", DOYLE, "--cause", "hurry", now="2026-03-10")
    after = ask_of(business)
    assert (after["until"] or after["act_on"]) > "2026-03-10"
    assert not any("case is open" in reason["text"] for reason in after["reasons"])


def test_a_case_is_resolved_once_and_between_its_days(made: Run) -> None:
    """Not before it was opened, not in the future, not twice."""
    made("case", "open", "hall")
    for day in ("2026-03-01", "2026-03-03"):
        assert "not between" in made("case", "resolve", "hall", "--on", day, exit_code=65).stderr
    case_id = rows(made, "case", "list")[0]["case_id"]
    made("case", "resolve", "hall", "--cause", "hurry", "--on", "today")
    assert "was resolved on 2026-03-02" in made("case", "resolve", case_id, exit_code=65).stderr


def test_a_case_that_is_not_there_or_not_clear(made: Run) -> None:
    """66 when there is none; two open ones are listed."""
    assert "No case fits" in made("case", "show", "hall", exit_code=66).stderr
    made("case", "open", "hall", "--summary", "first")
    made("case", "open", "hall", "--summary", "second")
    assert "second" in made("case", "resolve", "hall", exit_code=65).stderr


def test_a_case_is_about_a_job_of_its_own_client(business: Run) -> None:
    """A job of somebody else is a slip."""
    job = call_of(business)["job_ids"][0]
    assert "is not a job for" in business("case", "open", "Lorna Fisk", "--job", job, exit_code=65).stderr


def test_undo_takes_a_case_back(made: Run) -> None:
    """It was typed by hand."""
    made("case", "open", "hall")
    made("undo", "--yes")
    assert rows(made, "case", "list", "--all") == []


def test_an_outcome_without_a_call_that_waits_says_how_to_record_it(made: Run) -> None:
    """A thank-you by mail has no outcome; a call that was made all the same is logged."""
    assert "followup log" in made("done", "hall", "--outcome", "happy", exit_code=66).stderr


def test_two_calls_that_wait_are_told_apart(business: Run) -> None:
    """A day of the past is noon of that day, a wrong number asks for the right one."""
    said = business("log", "Lorna Fisk", "--outcome", "wrong-number", "--on", "2026-02-27").stdout
    assert "followup client edit" in said


# ---------------------------------------------------------------- what is for one of us


def test_a_note_that_is_done_is_no_contact(business: Run) -> None:
    """Whoever was told says so; how a call went is said of calls."""
    business("promise", "add", DOYLE, "the new valve", "--by", "2026-03-04")
    (chase,) = [row for row in rows(business, "due") if row["step"] == "promise-chase"]
    before = contacts(business)
    refused = business("done", chase["key"], "--outcome", "happy", exit_code=2)
    assert "nobody was contacted" in refused.stderr
    business("done", chase["key"])
    assert contacts(business) == before
    assert [row["step"] for row in rows(business, "due") if row["key"] == chase["key"]] == []


# ---------------------------------------------------------------- for programs


def test_a_program_gets_what_was_recorded_as_a_row(business: Run) -> None:
    """The contact with the case that it opened, or with the day on which the call comes again."""
    key = call_of(business)["key"]
    (tried,) = rows(business, "done", key, "--outcome", "voicemail")
    assert (tried["key"], tried["outcome"], tried["again_on"], tried["case_id"]) == (key, "voicemail", "2026-03-04", "")
    (made,) = rows(business, "log", DOYLE, "--outcome", "unhappy", "--note", "tap drips")
    assert (made["direction"], made["note"], made["again_on"]) == ("out", "tap drips", None)
    assert made["case_id"] == rows(business, "case", "list")[0]["case_id"]


def test_a_program_gets_what_one_of_us_saw_to_as_a_row(business: Run) -> None:
    """It is no contact, so there is no day of one."""
    business("promise", "add", DOYLE, "the new valve", "--by", "2026-03-04")
    key = next(row["key"] for row in rows(business, "due") if row["step"] == "promise-chase")
    (done,) = rows(business, "done", key)
    assert (done["key"], done["step"], done["date"], done["contact_id"]) == (key, "promise-chase", None, "")
