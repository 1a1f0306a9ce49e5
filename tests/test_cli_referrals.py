"""Story 3 on the command line: who brought whom, the reward once it is due, and why there is none."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]

SETTINGS = '[referrals]\nreward = "a voucher of 20 pounds"\nreward_amount = "20"\nper_year = 2\n'


@pytest.fixture
def firm(made: Run, home: Path) -> Run:
    """Give `run` in a home with Ada Hall, which gives a voucher of 20 pounds for a client."""
    settings = home / "followup.toml"
    settings.write_text(settings.read_text("utf-8").replace("[referrals]\n", SETTINGS), "utf-8")
    return made


def listed(run: Run, *more: str, **options: Any) -> list[dict[str, Any]]:
    """Return the referrals."""
    found: list[dict[str, Any]] = json.loads(run("referral", "list", "--format", "json", *more, **options).stdout)
    return found


def brings(run: Run, name: str = "Bob Hill", **options: Any) -> str:
    """Let Ada bring somebody who becomes a client; return the referral's id."""
    run("client", "add", "--name", name, "--referred-by", "Ada Hall", **options)
    return next(str(each["referral_id"]) for each in listed(run, **options) if each["friend"] == name)


def works_for(run: Run, name: str, *more: str, **options: Any) -> None:
    """Complete a job for somebody."""
    run("job", "add", name, "--service", "New bath", "--amount", "900", *more, **options)


def test_story_3_a_referral_from_the_word_to_the_reward(firm: Run) -> None:
    """Linked by itself, won by the job, due when it was paid and two weeks have passed, and then in the register."""
    key = brings(firm)
    assert listed(firm)[0]["standing"] == "made"
    assert "no job yet" in firm("referral", "paid", key, "--gift", exit_code=65).stderr

    works_for(firm, "hill", "--completed", "2026-03-06", now="2026-03-06")
    (won,) = listed(firm, now="2026-03-09")
    assert (won["state"], won["standing"], won["derived"]) == ("won", "won, by their job of 6 March 2026", True)
    assert won["reward_due_on"] is None
    assert "is not paid" in firm("referral", "paid", key, "--gift", now="2026-03-09", exit_code=65).stderr

    firm("job", "edit", won["job_id"], "--paid", "2026-03-10", now="2026-03-10")
    early = firm("referral", "paid", key, "--gift", now="2026-03-23", exit_code=65)
    assert "The reward is due on Tuesday 24 March 2026" in early.stderr
    firm("referral", "paid", key, now="2026-03-24", exit_code=2)
    ran = firm("referral", "paid", key, "--gift", now="2026-03-24")
    assert "the reward was given on Tuesday 24 March 2026, 20.00 GBP" in ran.stdout
    (entry,) = json.loads(firm("report", "rewards", "--year", "2026", "--format", "json", now="2026-03-24").stdout)[
        "rows"
    ]
    assert (entry["recipient_person"], entry["cost_voucher_or_cash"], entry["kind"]) == (
        "Ada Hall",
        "20.00",
        "referral_reward",
    )
    assert "was paid on 2026-03-24" in firm("referral", "paid", key, "--gift", now="2026-03-25", exit_code=65).stderr
    firm("undo", "--yes", now="2026-03-25")
    assert listed(firm, now="2026-03-25")[0]["state"] == "won"
    assert "0 rows" in firm("report", "rewards", "--year", "2026", now="2026-03-25").stdout


def test_money_off_a_bill_is_no_entry_of_the_register(firm: Run) -> None:
    """A price reduction is none of its business."""
    key = brings(firm)
    works_for(firm, "hill", "--completed", "2026-03-02", "--paid", "2026-03-02")
    firm("referral", "paid", key, "--no-gift", now="2026-03-16")
    assert "0 rows" in firm("report", "rewards", "--year", "2026", now="2026-03-16").stdout


def test_a_person_at_a_terminal_is_asked_whether_it_was_a_voucher(firm: Run) -> None:
    """Yes puts it into the register."""
    key = brings(firm)
    works_for(firm, "hill", "--completed", "2026-03-02", "--paid", "2026-03-02")
    ran = firm("referral", "paid", key, now="2026-03-16", answers="y\n")
    assert "It stands in the register of gifts as" in ran.stdout


def test_a_code_says_who_sent_somebody(firm: Run) -> None:
    """Read off the client's page, said over the phone, written down as it was heard."""
    (code,) = re.findall(r"referral code +(\S+)", firm("client", "show", "hall").stdout)
    firm("client", "add", "--name", "Bob Hill", "--referred-by", f"code {code.lower().replace('-', '')}")
    assert [(each["client"], each["friend"]) for each in listed(firm)] == [("Ada Hall", "Bob Hill")]


def test_an_import_makes_the_same_referral_once(firm: Run, tmp_path: Path) -> None:
    """The friend's record names the referral, whatever else is imported."""
    path = tmp_path / "clients.csv"
    path.write_text("Name,Email,Referred by\nBob Hill,bob@example.com,Ada Hall\n", "utf-8")
    firm("import", path, "--yes")
    before = listed(firm)
    path.write_text("Name,Email,Phone,Referred by\nBob Hill,bob@example.com,01632 960177,Ada Hall\n", "utf-8")
    firm("import", path, "--yes")
    assert listed(firm) == before
    assert len(before) == 1


def test_what_was_written_down_before_is_the_friends_once_they_are_a_client(firm: Run) -> None:
    """The name is enough; nothing is written down twice."""
    firm("referral", "add", "hall", "--friend", "Bob Hill")
    key = brings(firm)
    (only,) = listed(firm)
    assert only["referral_id"] == key
    assert only["friend_id"]


def test_a_client_of_the_friends_name_is_asked_about(firm: Run) -> None:
    """That they are the friend is not guessed: the line that says so stands below, and nothing of it otherwise."""
    said = firm("referral", "add", "hall", "--friend", "Bob Hill").stdout
    assert "--became" not in said
    firm("client", "add", "--name", "Cy Dunn")
    *_, line = firm("referral", "add", "hall", "--friend", "cy dunn").stdout.splitlines()
    assert line.startswith("Cy Dunn (")
    firm(*shlex.split(line.partition("followup ")[2]))
    assert [each["friend"] for each in listed(firm) if each["friend_id"]] == ["Cy Dunn"]


def test_who_is_said_to_have_brought_a_friend_after_all_has_the_referral(firm: Run) -> None:
    """A correction moves it; a friend whom nobody brought closes it."""
    firm("client", "add", "--name", "Cy Dunn")
    brings(firm)
    firm("client", "edit", "hill", "--referred-by", "Cy Dunn")
    assert [each["client"] for each in listed(firm)] == ["Cy Dunn"]
    firm("client", "edit", "hill", "--referred-by", "the postman")
    assert listed(firm) == []
    assert "somebody else brought them" in listed(firm, "--all")[0]["standing"]


@pytest.mark.parametrize(
    ("friend", "said"),
    [
        (("--email", "ada@example.com"), "belongs to"),
        (("--phone", "01632 960123"), "both have one phone number"),
        (("--street", "1 Mill Lane", "--postal-code", "WB1 2AB"), "both live at one address"),
    ],
)
def test_a_referral_within_the_household_is_paid_only_when_somebody_says_so(
    firm: Run, friend: tuple[str, ...], said: str
) -> None:
    """The reason is shown, and whoever allows it is recorded."""
    firm("client", "edit", "ada hall", "--phone", "01632 960123", "--street", "1 Mill Lane", "--postal-code", "WB1 2AB")
    given = ("client", "add", "--name", "Bea Hill", *friend, "--referred-by", "Ada Hall")
    if said == "belongs to":
        assert said in firm(*given, exit_code=65).stderr
        return
    firm(*given)
    works_for(firm, "bea", "--completed", "2026-03-02", "--paid", "2026-03-02")
    (found,) = listed(firm)
    assert said in found["doubts"]
    key = found["referral_id"]
    refused = firm("referral", "paid", key, "--no-gift", now="2026-03-16", exit_code=65)
    assert said in refused.stderr
    assert f"followup referral refuse {key}" in refused.stderr
    ran = firm("referral", "paid", key, "--no-gift", "--allow", now="2026-03-16")
    assert f"Allowed by sam, although {said}" in ran.stdout
    assert listed(firm, "--all", now="2026-03-16")[0]["allowed_by"] == "sam"


def test_nobody_brings_themselves(firm: Run) -> None:
    """Refused where it is known, and doubted where only the name says so."""
    assert "cannot bring" in firm("referral", "add", "hall", "Ada", "--became", "hall", exit_code=65).stderr
    assert "the friend has the name of the client" in firm("referral", "add", "hall", "ada hall").stdout


def test_a_friend_is_brought_once(firm: Run) -> None:
    """Whoever comes second is told who was first."""
    brings(firm)
    firm("client", "add", "--name", "Cy Dunn")
    refused = firm("referral", "add", "dunn", "Bob Hill", "--became", "hill", exit_code=65)
    assert "was brought by Ada Hall" in refused.stderr
    firm("referral", "add", "dunn", "Bobby")
    refused = firm("referral", "edit", "dunn", "--became", "hill", exit_code=65)
    assert "was brought by Ada Hall" in refused.stderr


def test_what_a_friend_became_can_be_said_later(firm: Run) -> None:
    """Then it stands with the friend who brought them, as it does when it is said at once."""
    for name in ("Cy Dunn", "Bob Hill"):
        firm("client", "add", "--name", name)
    firm("referral", "add", "dunn", "Robert")
    firm("referral", "edit", "dunn", "--became", "hill")
    assert "Cy Dunn" in firm("client", "show", "hill").stdout


def test_the_cap_of_a_year_is_a_doubt_like_the_others(firm: Run) -> None:
    """Two a year are rewarded here; the third is a person's decision."""
    for name in ("Bob Hill", "Cy Dunn", "Di Reed"):
        brings(firm, name)
    doubts = {each["friend"]: each["doubts"] for each in listed(firm)}
    assert sorted(len(each) for each in doubts.values()) == [0, 0, 1]


def test_a_referral_is_closed_without_a_reward_with_the_reason(firm: Run) -> None:
    """And can not be paid any more."""
    key = brings(firm)
    door = firm("referral", "close", key, "--as", "refused", exit_code=2)
    assert f"`followup referral refuse {key}` does that" in door.stderr
    firm("referral", "refuse", key, "--reason", "they asked for none")
    assert listed(firm) == []
    assert listed(firm, "--all")[0]["standing"] == "refused on 2026-03-02: they asked for none"
    assert "was refused" in firm("referral", "paid", key, "--gift", exit_code=65).stderr


@pytest.mark.parametrize(("whose", "said"), [("hall", "the referrer's own"), ("dunn", "not one for Bob Hill")])
def test_a_job_of_somebody_else_wins_nothing(firm: Run, whose: str, said: str) -> None:
    """Neither the referrer's own nor a stranger's."""
    key = brings(firm)
    firm("client", "add", "--name", "Cy Dunn")
    works_for(firm, whose, "--completed", "2026-03-02")
    jobs = json.loads(firm("job", "list", "--client", whose, "--format", "json").stdout)
    job = next(each["job_id"] for each in jobs if each["service"] == "New bath")
    assert said in firm("referral", "won", key, "--job", job, exit_code=65).stderr


def test_the_tree_shows_who_brought_whom_and_what_it_was_worth(firm: Run) -> None:
    """Ada brought Bob, and Bob brought Cy: hers is worth both."""
    firm("client", "add", "--name", "Bob Hill", "--referred-by", "Ada Hall")
    firm("client", "add", "--name", "Cy Dunn", "--referred-by", "Bob Hill")
    works_for(firm, "hill", "--completed", "2026-03-02")
    works_for(firm, "dunn", "--completed", "2026-03-02")
    rows = json.loads(firm("referral", "tree", "--format", "json").stdout)
    assert [(each["level"], each["client"], each["brought_by"], each["brought"]) for each in rows] == [
        (0, "Ada Hall", "", 2),
        (1, "Bob Hill", "Ada Hall", 1),
        (2, "Cy Dunn", "Bob Hill", 0),
    ]
    assert [each["brought_worth"] for each in rows] == [["1800.00 GBP"], ["900.00 GBP"], []]
    assert "\n· · Cy Dunn" in firm("referral", "tree").stdout
    assert firm("referral", "tree").stdout == firm("referral", "tree").stdout


def test_an_old_list_of_clients_is_history(firm: Run, tmp_path: Path) -> None:
    """A referral began with the friend's first job: nobody is thanked today for what was years ago."""
    path = tmp_path / "jobs.csv"
    path.write_text(
        "Name,Email,Referred by,Service,Completed\nBob Hill,bob@example.com,Ada Hall,New bath,2024-05-06\n", "utf-8"
    )
    firm("import", path, "--yes")
    assert [each["opened_on"] for each in listed(firm)] == ["2024-05-06"]
    assert "referral-thanks" not in firm("due", "--format", "json").stdout
