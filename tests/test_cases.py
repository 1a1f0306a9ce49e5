"""A case on its way: acknowledged, remedies within limits, a choice, a day for the fix, closed with a cause."""

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

MONDAY = "2026-03-02T10:00"
MAIL = ("--address", "1 Quay, Westerby", "--email", "sam@alder.example.com")
FIRM = """
[people.mia]
name = "Mia Cole"
email = "mia@alder.example.com"

[remedies.come-back-free]
text = "we come back and put it right, free of charge"
cost = 40

[remedies.price-off]
text = "you pay half of the invoice"
cost = 120

[remedies.voucher]
text = "a voucher for your next service"
"""


@pytest.fixture
def firm(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Make a home of Sam, who owns it, and Mia, with a case of Ada's that Mia opened on Monday morning."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", *MAIL)
    with (home / "followup.toml").open("a", encoding="utf-8") as file:
        file.write(FIRM)
    monkeypatch.setenv("FOLLOWUP_PERSON", "mia")
    run("client", "add", "--name", "Ada Hall", "--email", "ada@example.com", "--phone", "0113 496 0001", now=MONDAY)
    run("job", "add", "Ada Hall", "--service", "Boiler", "--completed", "2026-02-27", now=MONDAY)
    run("case", "open", "Ada Hall", "--summary", "no hot water", now=MONDAY)
    return run


def case(home: Path, **fields: Any) -> model.Case:
    """Return the case that has *fields*."""
    with desks.opened(home) as desk:
        (found,) = [
            each
            for each in desk.store.care(model.Case)
            if all(getattr(each, name) == value for name, value in fields.items())
        ]
        return found


def sam(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Sam work from here on."""
    monkeypatch.setenv("FOLLOWUP_PERSON", "sam")


def test_a_new_case_says_by_when(firm: Run) -> None:
    """The same day to acknowledge it, a business day for the owner's call: in the hours of the office."""
    said = firm("case", "open", "Ada Hall", "--summary", "boiler bangs", now="2026-03-06T16:30").stdout
    assert "acknowledged by Friday 6 March 2026, 17:00" in said
    assert "called by Monday 9 March 2026" in said


def test_an_acknowledgement_is_a_contact_and_the_fix_a_promise(firm: Run, home: Path) -> None:
    """The message that would say the same is not sent; resolving keeps the promise."""
    firm("case", "ack", "Ada Hall", "--note", "very sorry", "--fix-by", "2026-03-05", now=MONDAY)
    assert (
        "was acknowledged on Monday 2 March 2026, 10:00"
        in firm("case", "ack", "Ada Hall", now=MONDAY, exit_code=65).stderr
    )
    with desks.opened(home) as desk:
        (promise,) = desk.store.care(model.Promise)
    assert (promise.case_id, str(promise.due_on), promise.state) == (case(home).id, "2026-03-05", "open")
    firm("promise", "move", promise.id, "--by", "2026-03-06", "--reason", "the pump is late", now=MONDAY)
    assert str(case(home).due_on) == "2026-03-06"
    firm("case", "resolve", "Ada Hall", "--cause", "pump", now="2026-03-04")
    with desks.opened(home) as desk:
        moved, kept = desk.store.care(model.Promise)
    assert {moved.state, kept.state} == {"moved", "kept"}


def steps(run: Run, client: str, day: str) -> dict[str, tuple[str, str]]:
    """Return step -> state and reasons of what is decided about *client* on *day*."""
    found = json.loads(run("why", client, "--format", "json", now=day).stdout)
    return {row["step"]: (row["state"], "\n".join(each["text"] for each in row["reasons"])) for row in found}


@pytest.fixture
def bo(firm: Run) -> Run:
    """Give `run` where Bo Finch is a client, too."""
    firm("client", "add", "--name", "Bo Finch", "--email", "bo@example.com", "--phone", "0113 496 0002", now=MONDAY)
    return firm


def test_the_call_that_opens_a_case_acknowledges_it(bo: Run, home: Path) -> None:
    """Bo knows that we know: no message says so, who looks after it has called, and nobody is told of silence."""
    said = bo("log", "Bo Finch", "--outcome", "unhappy", "--note", "cold", now=MONDAY).stdout
    assert "no message says once more that you know" in said
    found = case(home, summary="cold")
    assert found.acknowledged_at == found.called_at is not None
    decided = steps(bo, "Bo Finch", MONDAY)
    assert decided["case-ack"][0] == decided["case-call"][0] == "skipped"
    assert "acknowledged on the phone on Mon 2 March 2026" in decided["case-ack"][1]
    assert "somebody called about it on Mon 2 March 2026" in decided["case-call"][1]
    for day in ("2026-03-03", "2026-03-05"):
        assert not steps(bo, "Bo Finch", day).keys() & {"case-to-owner", "case-to-business"}


def test_a_call_of_somebody_else_leaves_the_owners_call(bo: Run, home: Path) -> None:
    """Bo has been heard, and still hears from who looks after it."""
    bo("log", "Bo Finch", "--outcome", "unhappy", "--by", "sam", "--note", "cold", now=MONDAY)
    found = case(home, summary="cold")
    assert found.acknowledged_at is not None
    assert found.called_at is None
    decided = steps(bo, "Bo Finch", "2026-03-03")
    assert (decided["case-ack"][0], decided["case-call"][0]) == ("skipped", "due")


def test_a_complaint_in_writing_is_to_be_acknowledged(bo: Run, home: Path) -> None:
    """Nobody has spoken with Bo; what came in days ago began on its day, and is unanswered since then."""
    mail = ("--in", "--channel", "email", "--outcome", "unhappy")
    bo("log", "Bo Finch", *mail, "--note", "cold", "--on", "2026-02-27", now=MONDAY)
    found = case(home, summary="cold")
    assert (str(found.opened_on), found.acknowledged_at) == ("2026-02-27", None)
    decided = steps(bo, "Bo Finch", MONDAY)
    assert (decided["case-ack"][0], decided["case-to-owner"][0]) == ("due", "due")


def test_the_owners_call_is_kept_with_the_case(firm: Run, home: Path) -> None:
    """The step that asked for it is done, and nobody is told of silence."""
    key = f"{case(home).id}.case-call.1"
    firm("done", key, "--note", "very sorry", now=MONDAY)
    found = case(home)
    assert found.acknowledged_at == found.called_at is not None
    decided = steps(firm, "Ada Hall", "2026-03-05")
    assert (decided["case-call"][0], decided["case-ack"][0]) == ("done", "skipped")
    assert not decided.keys() & {"case-to-owner", "case-to-business"}


def test_a_call_about_something_else_points_to_the_case(firm: Run, home: Path) -> None:
    """Nobody but the caller knows what it was about; a call that nobody answered was about nothing."""
    assert "case ack" not in firm("log", "Ada Hall", "--outcome", "no-answer", now=MONDAY).stdout
    said = firm("log", "Ada Hall", "--outcome", "unhappy", "--note", "still cold", now=MONDAY).stdout
    assert f"say so: followup case ack {case(home).id}" in said
    assert case(home).acknowledged_at is None
    firm("case", "ack", "Ada Hall", now=MONDAY)
    assert "case ack" not in firm("log", "Ada Hall", "--note", "rang again", now=MONDAY).stdout


def test_a_wrong_number_is_no_acknowledgement(firm: Run, home: Path) -> None:
    """Ada has not heard of us."""
    firm("done", f"{case(home).id}.case-call.1", "--outcome", "wrong-number", now=MONDAY)
    assert case(home).acknowledged_at is None
    assert steps(firm, "Ada Hall", "2026-03-03")["case-to-owner"][0] == "due"


def test_a_day_for_the_fix_is_agreed_after_the_acknowledgement_too(bo: Run, home: Path) -> None:
    """Then it is no contact: what else was said is logged."""
    bo("log", "Bo Finch", "--outcome", "unhappy", "--note", "cold", now=MONDAY)
    before = bo("report", "contacts", "--year", "2026", "--format", "csv", now=MONDAY).stdout
    refused = bo("case", "ack", "Bo Finch", "--fix-by", "2026-03-05", "--note", "sorry", now=MONDAY, exit_code=65)
    assert "--fix-by alone agrees on a day" in refused.stderr
    said = bo("case", "ack", "Bo Finch", "--fix-by", "2026-03-05", now=MONDAY).stdout
    assert said.startswith("Agreed: cold. It is promised")
    assert str(case(home, summary="cold").due_on) == "2026-03-05"
    assert bo("report", "contacts", "--year", "2026", "--format", "csv", now=MONDAY).stdout == before


def test_below_the_limit_it_is_done_on_the_spot(firm: Run, home: Path) -> None:
    """Nobody needs to ask: offered, chosen, with its cost."""
    firm("case", "offer", "Ada Hall", "come-back-free", now=MONDAY)
    firm("case", "choose", "Ada Hall", "come-back-free", "--fix-by", "2026-03-05", now=MONDAY)
    found = case(home)
    assert (found.offered, found.chosen, found.cost_minor, found.currency) == (
        ("come-back-free",), "come-back-free", 4000, "GBP",
    )  # fmt: skip
    refused = firm("case", "offer", "Ada Hall", "voucher", now=MONDAY, exit_code=65)
    assert "has chosen come-back-free already" in refused.stderr


def test_above_the_limit_the_owner_is_asked_and_only_the_owner_says_yes(
    firm: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may be offered is offered meanwhile; a remedy of unknown cost is the owner's too."""
    said = firm("case", "offer", "Ada Hall", "come-back-free", "price-off", "voucher", now=MONDAY).stdout
    assert "Offered: come-back-free." in said
    assert "Price-off costs 120.00 GBP, more than the 50.00 GBP that everybody may grant: asked." in said
    assert "nobody has written down what voucher costs" in said.lower()
    assert "more than" in firm("case", "grant", "Ada Hall", now=MONDAY, exit_code=77).stderr
    assert "was not offered" in firm("case", "choose", "Ada Hall", "price-off", now=MONDAY, exit_code=65).stderr
    sam(monkeypatch)
    firm("case", "grant", "Ada Hall", now=MONDAY)
    found = case(home)
    assert (found.offered, found.asked, found.granted_by) == (("come-back-free", "price-off", "voucher"), (), "sam")
    firm("case", "choose", "Ada Hall", "price-off", now=MONDAY)


def test_the_owner_can_say_no(firm: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a reason, which stays with the case."""
    firm("case", "offer", "Ada Hall", "price-off", now=MONDAY)
    sam(monkeypatch)
    firm("case", "grant", "Ada Hall", "--refused", "we will mend it first", now=MONDAY)
    assert (case(home).offered, case(home).grant_refused) == ((), "we will mend it first")
    assert "Nothing waits for a yes" in firm("case", "grant", "Ada Hall", now=MONDAY, exit_code=65).stderr


def test_a_remedy_that_is_not_on_the_menu_is_refused_with_the_menu(firm: Run) -> None:
    """Who looks for a word finds all of them."""
    refused = firm("case", "offer", "Ada Hall", "flowers", now=MONDAY, exit_code=65).stderr
    assert "There is no remedy 'flowers'. There is: come-back-free (we come back and put it right" in refused


def test_a_case_ends_with_a_cause(firm: Run) -> None:
    """So that what repeats is seen; the causes so far are named."""
    refused = firm("case", "resolve", "Ada Hall", "--resolution", "new pump", now=MONDAY, exit_code=2)
    assert "Say in a word what it came from" in refused.stderr
    firm("case", "resolve", "Ada Hall", "--resolution", "new pump", "--cause", "pump", now=MONDAY)
    firm("case", "open", "Ada Hall", "--summary", "again", now="2026-03-04")
    assert "So far: pump." in firm("case", "resolve", "Ada Hall", now="2026-03-04", exit_code=2).stderr


def test_a_case_that_is_opened_again_goes_to_the_owner(firm: Run, home: Path) -> None:
    """The resolved one stays resolved, which was true; the new one goes on with it, once."""
    assert "is open, since 2026-03-02" in firm("case", "reopen", "Ada Hall", now=MONDAY, exit_code=65).stderr
    firm("case", "resolve", "Ada Hall", "--cause", "pump", now="2026-03-04")
    first = case(home)
    firm("case", "reopen", first.id, "--summary", "cold again", now="2026-03-09")
    again = case(home, continues_id=first.id)
    assert (again.owner, again.opened_by, again.return_of, again.closed_on) == ("sam", "them", first.id, None)
    assert case(home, id=first.id).state == "resolved"
    assert "was opened again on 2026-03-09" in firm("case", "reopen", first.id, now="2026-03-09", exit_code=65).stderr


def test_trouble_that_came_back_is_recognised(firm: Run, home: Path) -> None:
    """The same service, for the same client, not long after; a job of long ago is none of it."""
    firm("job", "add", "Ada Hall", "--service", "boiler", "--completed", "2025-06-02", now=MONDAY)
    firm("job", "add", "Ada Hall", "--service", "BOILER", "--completed", "2026-03-09", now="2026-03-09")
    jobs = {row["completed_on"]: row["job_id"] for row in json.loads(firm("job", "list", "--format", "json").stdout)}
    said = firm("case", "open", "Ada Hall", "--job", jobs["2026-03-09"], "--summary", "cold", now="2026-03-10").stdout
    assert f"It is the trouble of an earlier job ({jobs['2026-02-27']}) again" in said
    old = firm("case", "open", "Ada Hall", "--job", jobs["2025-06-02"], "--summary", "old", now="2026-03-10").stdout
    assert "again" not in old


@pytest.mark.parametrize(
    ("setting", "jobs"),
    [
        ("", [("2026-03-02", "1 Lane"), ("2026-03-09", "2 Lane")]),  # the same work at another place
        ("", [("2026-02-09", ""), ("2026-02-16", ""), ("2026-02-23", ""), ("2026-03-02", "")]),  # every week
        ('\n[services.windows]\ninterval = "1 week"\n', [("2026-03-02", ""), ("2026-03-09", "")]),  # told so
    ],
)
def test_work_that_is_done_elsewhere_or_due_again_did_not_come_back(
    firm: Run, home: Path, setting: str, jobs: list[tuple[str, str]]
) -> None:
    """Nobody is told that we got it wrong the first time when this time is the first that was."""
    settings = home / "followup.toml"
    settings.write_text(settings.read_text("utf-8") + setting, "utf-8")
    for day, site in jobs:
        firm("job", "add", "Ada Hall", "--service", "Windows", "--completed", day, "--site", site, now="2026-03-09")
    found = {each["completed_on"]: each for each in json.loads(firm("job", "list", "--format", "json").stdout)}
    last = found[jobs[-1][0]]["job_id"]
    said = firm("case", "open", "Ada Hall", "--job", last, "--summary", "streaks", now="2026-03-10").stdout
    assert "again" not in said


def test_a_day_for_the_fix_lies_ahead_and_is_agreed_once(firm: Run) -> None:
    """It moves by `promise move`, which tells the client."""
    assert "is past" in firm("case", "ack", "Ada Hall", "--fix-by", "2026-03-01", now=MONDAY, exit_code=65).stderr
    firm("case", "ack", "Ada Hall", "--fix-by", "2026-03-05", now=MONDAY)
    firm("case", "offer", "Ada Hall", "come-back-free", now=MONDAY)
    again = firm("case", "choose", "Ada Hall", "come-back-free", "--fix-by", "2026-03-06", now=MONDAY, exit_code=2)
    assert "followup promise move" in again.stderr
