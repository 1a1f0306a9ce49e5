"""What a person does: `done` and `log`, and which touchpoint is meant by a name, a step or a key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]

JOB_DAY, CALL_DAY, ASK_DAY = "2026-03-02", "2026-03-09", "2026-03-12"
MAIL = ("--address", "1 Quay, Westerby", "--email", "sam@alder.example.com")


@pytest.fixture
def ada(run: Run) -> Callable[[str], dict[str, Any]]:
    """Make a home with Ada, whose boiler was mended, and return what is decided about a step on some day."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", *MAIL)
    run("client", "add", "--name", "Ada Hall", "--email", "ada@example.com", "--phone", "07700 900123", now=JOB_DAY)
    run("job", "add", "Ada Hall", "--service", "Boiler", "--completed", JOB_DAY, "--amount", "900", now=JOB_DAY)

    def decided(step: str, day: str = CALL_DAY) -> dict[str, Any]:
        rows = json.loads(run("why", "Ada Hall", "--step", step, "--format", "json", now=day).stdout)
        found: dict[str, Any] = min(rows, key=lambda row: row["occurrence"])
        return found

    return decided


def test_done_on_a_message_means_that_i_did_it_myself(run: Run, ada: Callable[..., dict[str, Any]]) -> None:
    """The e-mail is not due any more, the report has the contact, and the words say e-mail."""
    said = run("done", "Ada Hall", "--note", "said it at the door", now="2026-03-03").stdout
    assert said.startswith("Recorded: e-mail to Ada Hall on Tuesday 3 March 2026 for ")
    assert ada("thank-you")["state"] == "done"
    assert "said it at the door" in run("report", "contacts", "--month", "2026-03", "--format", "csv").stdout


def test_an_outcome_never_settles_a_message(run: Run, ada: Callable[..., dict[str, Any]]) -> None:
    """Nobody rang about the ask for feedback: a name and an outcome mean a call, and there is none."""
    run("done", ada("check-in-call")["key"], "--outcome", "happy", now=CALL_DAY)
    run("done", ada("thank-you")["key"], now="2026-03-03")
    assert ada("feedback-ask", ASK_DAY)["state"] == "due"
    for outcome in ("happy", "no-answer"):
        refused = run("done", "Ada Hall", "--outcome", outcome, now=ASK_DAY, exit_code=66)
        assert "No call to Ada Hall waits." in refused.stderr
        assert f"followup log 'Ada Hall' --outcome {outcome}" in refused.stderr
    assert ada("feedback-ask", ASK_DAY)["state"] == "due"


@pytest.mark.parametrize("outcome", ["voicemail", "no-answer", "wrong-number"])
def test_only_a_call_reaches_nobody(run: Run, ada: Callable[..., dict[str, Any]], outcome: str) -> None:
    """An e-mail has no voicemail; who rang instead says so."""
    key = ada("feedback-ask")["key"]
    refused = run("done", key, "--outcome", outcome, now=ASK_DAY, exit_code=2)
    assert f"goes by e-mail; {outcome} is how a call ends" in refused.stderr
    run("done", key, "--outcome", outcome, "--channel", "call", now=ASK_DAY)


def test_voicemail_twice_then_a_third_try_and_no_more(run: Run, ada: Callable[..., dict[str, Any]]) -> None:
    """Again in two business days, three times at most; each answer says what comes next."""
    first = run("done", "Ada Hall", "--outcome", "voicemail", now=CALL_DAY).stdout
    assert "The call comes again on Wednesday 11 March 2026." in first
    assert ada("check-in-call", "2026-03-10")["state"] == "held"
    second = run("done", "Ada Hall", "--outcome", "voicemail", now="2026-03-12").stdout
    assert "The call comes again on Monday 16 March 2026." in second, "a Saturday and a Sunday lie between"
    third = run("done", "Ada Hall", "--outcome", "no-answer", now="2026-03-16").stdout
    assert "That was the last try; the call does not come again." in third
    assert ada("check-in-call", "2026-06-01")["state"] == "done"


def test_a_wrong_number_says_how_to_mend_it(run: Run, ada: Callable[..., dict[str, Any]]) -> None:
    """The number is the client's, so the hint names the client."""
    said = run("done", ada("check-in-call")["key"], "--outcome", "wrong-number", now=CALL_DAY).stdout
    client = ada("check-in-call")["client_id"]
    assert f"followup client edit {client} --phone NUMBER" in said


def test_log_for_takes_a_step_or_a_key(run: Run, ada: Callable[..., dict[str, Any]]) -> None:
    """What was said face to face stands for the step, whatever the channel."""
    said = run("log", "Ada Hall", "--channel", "visit", "--for", "feedback-ask", now=ASK_DAY).stdout
    key = ada("feedback-ask")["key"]
    assert f"visit to Ada Hall on Thursday 12 March 2026 for {key}." in said
    assert ada("feedback-ask", ASK_DAY)["state"] == "done"
    run("log", "Ada Hall", "--for", ada("thank-you")["key"][:12], now=ASK_DAY)
    assert ada("thank-you", ASK_DAY)["state"] == "done"
    run("log", "Ada Hall", "--for", "no-such-step", now=ASK_DAY, exit_code=66)


def test_unhappy_opens_a_case_and_the_ask_counts_from_its_end(run: Run, ada: Callable[..., dict[str, Any]]) -> None:
    """While it is open the ask waits, however long; ten days after it is resolved the ask goes, alike for everybody."""
    said = run("done", "Ada Hall", "--outcome", "unhappy", "--note", "it drips", now=CALL_DAY).stdout
    assert "Opened case" in said
    waiting = ada("feedback-ask", "2026-05-04")
    assert (waiting["state"], waiting["until"]) == ("held", None)
    run("case", "resolve", "Ada Hall", "--resolution", "new washer", "--cause", "washer", now="2026-05-04")
    resumed = ada("feedback-ask", "2026-05-04")
    assert (resumed["state"], resumed["act_on"]) == ("upcoming", "2026-05-14")


def test_what_is_too_late_says_what_can_be_done_about_it(run: Run, ada: Callable[..., dict[str, Any]]) -> None:
    """Below the list of what is due stand the three ways to decide; the first of them works."""
    key = ada("thank-you")["key"]
    said = run("due", now="2026-03-23")
    assert "for you to look at: `followup send --only KEY`" in said.stderr
    assert "1 draft in" in run("send", "--only", key, "--yes", now="2026-03-23").stdout


def test_a_message_that_was_never_made_is_no_client(run: Run, ada: Callable[..., dict[str, Any]]) -> None:
    """A key stays a key in the answer, with the command that shows what would go out."""
    key = ada("feedback-ask")["key"]
    refused = run("message", "show", key, now=ASK_DAY, exit_code=66)
    assert f"Nothing of {key} waits to be confirmed. `followup why {key}` says how it stands." in refused.stderr


def test_the_help_of_a_group_cuts_nothing_short(run: Run) -> None:
    """Each command says its whole first sentence, in the order of its work."""
    said = run("case", "--help").stdout
    assert [line.split()[0] for line in said.partition("Commands:\n")[2].splitlines() if line[2] != " "] == [
        "open", "list", "show", "edit", "resolve", "ack", "offer", "grant", "choose", "reopen", "import", "export",
    ]  # fmt: skip
    assert "..." not in run("client", "--help").stdout.partition("Commands:")[2]


def test_first_and_last_name_make_the_whole_name(run: Run, ada: Callable[..., dict[str, Any]]) -> None:
    """Whoever marries is found by the new name; a name that was given whole is not touched."""
    assert ada("thank-you")["client"] == "Ada Hall"
    run("client", "add", "--first-name", "Bea", "--last-name", "Moor", "--email", "bea@example.com")
    run("client", "edit", "Bea Moor", "--last-name", "Lind")
    assert "Bea Lind" in run("client", "show", "Bea Lind").stdout
    run("client", "add", "--name", "Tom & Nadia Whitlock", "--email", "tom@example.com")
    run("client", "edit", "Whitlock", "--first-name", "Tom")
    assert "Tom & Nadia Whitlock" in run("client", "show", "Whitlock").stdout


def test_a_step_of_which_nothing_is_due_is_no_error(run: Run, ada: Callable[..., dict[str, Any]]) -> None:
    """A script asks for thank-yous every morning; a word that is nothing at all is refused."""
    assert ada("thank-you")["state"]
    assert run("send", "--only", "win-back", "--yes", now="2026-03-03").stdout == "Nothing to draft.\n"
    run("send", "--only", "win-bakc", "--yes", now="2026-03-03", exit_code=66)


def test_cadences_are_told_in_words(run: Run, ada: Callable[..., dict[str, Any]]) -> None:
    """What starts a step reads as a sentence, whatever it is."""
    assert ada("thank-you")["state"]
    said = run("cadence", "list", "--format", "csv").stdout
    for words in (
        "7 days after a completed job",
        "30 days after feedback-ask, else 40 days after a completed job",
        "12 months after the first job, then every 12 months",
        "the lead of the service before it is due again",
        '"when a client has gone quiet, then every 60 days, 2 times at most"',
        "when a case is opened",
    ):
        assert words in said


def test_a_draft_that_should_not_go_any_more_is_named(run: Run, ada: Callable[..., dict[str, Any]]) -> None:
    """The program cannot hold back what lies in the drafts; whoever reopens the job or opens a case is told."""
    thanks = ada("thank-you")
    run("send", "--yes", now="2026-03-03")
    said = run("job", "reopen", thanks["job_ids"][0], now="2026-03-04")
    assert f"({thanks['key']}). Do not send it: followup confirm {thanks['key']} --not-sent" in said.stderr
    run("confirm", thanks["key"], "--not-sent", now="2026-03-04")
    run("job", "complete", thanks["job_ids"][0], "--on", JOB_DAY, now="2026-03-04")
    run("done", thanks["key"], now="2026-03-04")
    assert "1 draft in" in run("send", "--yes", now=ASK_DAY).stdout
    said = run("case", "open", "Ada Hall", now=ASK_DAY)
    assert "A draft lies there already: How did we do?" in said.stderr
    run("case", "resolve", "Ada Hall", "--cause", "hurry", now=ASK_DAY)
    assert "How did we do?" in run("log", "Ada Hall", "--in", "--outcome", "unhappy", now=ASK_DAY).stderr
