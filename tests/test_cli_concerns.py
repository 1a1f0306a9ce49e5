"""`concerns` as its user meets it: who is listed and why, and what --accept and --dismiss do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]


def listed(run: Run, **options: Any) -> list[dict[str, Any]]:
    """Return the concerns as programs get them."""
    return list(json.loads(run("concerns", "--format", "json", **options).stdout))


@pytest.fixture
def late(made: Run) -> Run:
    """Give `run` in a home where Ada Hall's bath was done a week late."""
    made("job", "add", "hall", "--service", "New bath", "--promised", "2026-02-20", "--completed", "2026-02-27")
    return made


def test_nobody_is_a_concern_at_first(made: Run) -> None:
    """It says so, and programs get an empty list."""
    assert made("concerns").stdout == "Nobody to worry about.\n"
    assert listed(made) == []


def test_who_is_a_concern_comes_with_evidence_and_the_next_step(late: Run) -> None:
    """A sentence with its days, the score, and what to type."""
    said = late("concerns").stdout
    (row,) = listed(late)
    assert said.splitlines() == [
        f"Ada Hall  {row['client_id']}  score 24",
        "  -  New bath was promised for 20 February 2026 and done 7 days later",
        "  next: apologise before they complain: open a case of ours",
        f"        followup concerns --accept {row['client_id']}",
    ]
    assert row["evidence"] == [
        {
            "code": "late",
            "text": "New bath was promised for 20 February 2026 and done 7 days later",
            "on": "2026-02-27",
        }
    ]
    assert (row["score"], row["terms"], row["act"]) == (24, ["late 24 of 25"], "apology")


def test_a_concern_is_on_the_screen_in_the_round_and_in_the_digest_until_dismissed(late: Run) -> None:
    """One line each, with the command; nobody is asked to worry about nobody."""
    line = "1 client to worry about"
    assert re.search(rf"{line} +followup concerns$", late().stdout, re.MULTILINE)
    assert line in late("week").stdout
    assert "  to worry about: 1 client (followup concerns)" in late("week", answers="\n" + "l\n" * 5).stdout
    assert f"{line}: followup concerns" in late("run", "--cron").stdout
    late("concerns", "--dismiss", "hall")
    for arguments in ((), ("week",), ("run",)):
        assert "worry" not in late(*arguments).stdout


def test_verbose_shows_how_the_score_adds_up(late: Run) -> None:
    """Each term with its name, and the table of what counts."""
    said = late("concerns", "--verbose").stdout
    assert "   24  late 24 of 25  New bath was promised" in said
    assert "   40  broken-promise    gone after 180 days" in said


def test_accept_opens_the_case_as_ours_and_says_what_comes(late: Run) -> None:
    """Then the client is in hand: no concern any more, and no second case by the same word."""
    ran = late("concerns", "--accept", "hall", "--yes")
    assert "Opened case" in ran.stdout
    (case,) = json.loads(late("case", "list", "--format", "json").stdout)
    assert (case["opened_by"], case["cause"]) == ("us", "late")
    assert case["summary"] == "New bath was promised for 20 February 2026 and done 7 days later"
    assert listed(late) == []
    late("concerns", "--accept", "hall", "--yes", exit_code=66)
    late("undo", "--yes")
    assert len(listed(late)) == 1


@pytest.mark.parametrize("way", [("--accept", "hall", "--yes"), ("--dismiss", "hall")])
def test_what_became_of_a_concern_is_data_for_programs(late: Run, way: tuple[str, ...]) -> None:
    """Under --format json the rows alone stand on stdout, and the sentences beside them."""
    ran = late("concerns", *way, "--format", "json")
    (row,) = json.loads(ran.stdout)
    assert row["client"] == "Ada Hall"
    assert "Ada Hall" in ran.stderr


def test_accept_asks_first_and_without_a_person_wants_yes(late: Run) -> None:
    """Nothing is done before the answer."""
    ran = late("concerns", "--accept", "hall", exit_code=2)
    assert "This opens a case, seen by us" in ran.stderr
    assert "--yes" in ran.stderr
    assert json.loads(late("case", "list", "--format", "json").stdout) == []


def test_rework_opens_a_return_visit(made: Run) -> None:
    """The same work again within two months: the case is about the first job's trouble."""
    for day in ("2026-02-10", "2026-02-26"):
        made("job", "add", "hall", "--service", "Tap", "--completed", day)
    (row,) = listed(made)
    assert row["act"] == "return-visit"
    first = next(
        job["job_id"]
        for job in json.loads(made("job", "list", "--format", "json").stdout)
        if job["completed_on"] == "2026-02-10"
    )
    assert row["return_of"] == first
    made("concerns", "--accept", "hall", "--yes")
    made("concerns", "--accept", "hall", "--yes", exit_code=66)


def test_where_a_call_comes_first_no_message_goes_out_before_it(made: Run) -> None:
    """Who cannot be reached is rung, not written to about a case of which they know nothing."""
    for day in ("2026-02-25", "2026-02-27"):
        made("log", "hall", "--channel", "call", "--outcome", "no-answer", "--on", day)
    (row,) = listed(made)
    assert row["act"] == "call"
    made("concerns", "--accept", "hall", "--yes")
    steps = {each["step"]: each for each in json.loads(made("why", "hall", "--format", "json").stdout)}
    for name in ("case-ack", "return-visit"):
        assert steps.get(name, {"state": "skipped"})["state"] in ("skipped", "expired")


def test_dismissed_is_over_until_something_new_is_seen(late: Run) -> None:
    """The owner looked at it; the next late job brings the client back."""
    said = late("concerns", "--dismiss", "hall", "--reason", "we spoke at the market")
    assert said.stdout == "Ada Hall is no concern until something new is seen.\n"
    assert listed(late) == []
    late(
        *("job", "add", "hall", "--service", "Tap", "--promised", "2026-03-03", "--completed", "2026-03-04"),
        now="2026-03-04T10:00",
    )
    assert [each["score"] for each in listed(late, now="2026-03-04T10:00")] == [25]


def test_dismissed_for_some_days_comes_back_by_itself(late: Run) -> None:
    """With --days nothing is shown until then, whatever comes."""
    assert "until Thursday 12 March 2026" in late("concerns", "--dismiss", "hall", "--days", "10").stdout
    assert listed(late, now="2026-03-11") == []
    assert len(listed(late, now="2026-03-12")) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--accept", "hall", "--dismiss", "hall"), 2),
        (("--days", "3"), 2),
        (("--accept", "hall"), 66),  # no concern
        (("--accept", "nobody"), 66),
    ],
)
def test_what_makes_no_sense_is_refused(made: Run, arguments: tuple[str, ...], code: int) -> None:
    """With what to do about it, and nothing is done."""
    assert made("concerns", *arguments, exit_code=code).stderr.startswith(("Error", "Using"))


def test_a_concern_with_an_open_case_points_to_it(late: Run) -> None:
    """What came after the case was opened is its business: --accept opens no second one."""
    late("case", "open", "hall", "--summary", "tap drips")
    late(
        *("job", "add", "hall", "--service", "Tap", "--promised", "2026-03-10", "--completed", "2026-03-12"),
        now="2026-03-12T10:00",
    )
    (row,) = listed(late, now="2026-03-12T10:00")
    assert row["act"] == "case"
    refused = late("concerns", "--accept", "hall", "--yes", exit_code=65, now="2026-03-12T10:00")
    assert "followup case show" in refused.stderr
