"""Honest numbers: each is counted once, for the whole and month by month."""

from __future__ import annotations

from datetime import date

from followup.model import Case
from followup.report import summary

FEBRUARY = summary.Month(
    month="2026-02",
    contacts=[
        ("email", "out", "sent", "thank-you", 1),
        ("email", "out", "sent", "feedback-ask", 1),
        ("call", "in", "happy", "", 1),
    ],
    clients={"out": 1, "in": 1},
    completed=2,
    thanked=2,
)
MARCH = summary.Month(
    month="2026-03",
    contacts=[
        ("email", "out", "sent", "thank-you", 1),
        ("letter", "out", "", "referral-ask", 1),
        ("email", "in", "", "thank-you", 1),
    ],
    clients={"out": 2, "in": 1},
    completed=1,
)
JANUARY = summary.Month(month="2026-01", clients={"out": 0, "in": 0}, completed=1, thanked=1)
QUIET = summary.Month(month="2025-12", clients={"out": 0, "in": 0})
CLIENTS = {"out": 2, "in": 2}
CASES = [
    Case(id="s1", client_id="c1", opened_on=date(2026, 2, 20), closed_on=date(2026, 3, 1)),
    Case(id="s2", client_id="c2", opened_on=date(2026, 3, 1)),
]


def numbers(*rows: tuple[str, str, str, int]) -> dict[tuple[str, str, str], int]:
    """Return rows by month, subject and words."""
    return {(month, about, what): count for month, about, what, count in rows}


def test_the_whole_period_comes_first_then_the_months_then_now() -> None:
    """Counts add up, clients are counted once for each line."""
    rows = list(
        summary.rows([QUIET, JANUARY, FEBRUARY, MARCH], clients=CLIENTS, cases=CASES, waiting={"drafts to confirm": 2})
    )
    months = [month for month, *_ in rows]
    assert list(dict.fromkeys(months)) == ["all", "2026-01", "2026-02", "2026-03", "now"]
    assert rows[-1] == ("now", "waiting", "drafts to confirm", 2)
    found = numbers(*rows)
    assert {key[1:]: count for key, count in found.items() if key[0] == "all"} == {
        ("jobs", "completed"): 4,
        ("jobs", "of these thanked for"): 3,
        ("clients", "contacted us"): 2,
        ("clients", "we contacted"): 2,
        ("contacts", "call in"): 1,
        ("contacts", "e-mail in"): 1,
        ("contacts", "e-mail out"): 3,
        ("contacts", "letter out"): 1,
        ("outcomes", "happy"): 1,
        ("outcomes", "sent"): 3,
        ("asks", "ask for a referral"): 1,
        ("asks", "ask for feedback"): 1,
        ("cases", "opened"): 2,
        ("cases", "resolved"): 1,
    }
    assert found["2026-02", "clients", "we contacted"] == 1
    assert found["2026-03", "clients", "we contacted"] == 2
    assert found["2026-02", "jobs", "of these thanked for"] == 2
    assert ("2026-03", "jobs", "of these thanked for") not in found
    assert found["2026-03", "cases", "resolved"] == 1


def test_months_add_up_to_the_whole_where_nothing_is_counted_once() -> None:
    """Everything but clients is a sum."""
    found = numbers(*summary.rows([FEBRUARY, MARCH], clients=CLIENTS, cases=CASES))
    for about, what in {key[1:] for key in found if key[1] != "clients"}:
        parts = [count for key, count in found.items() if key[1:] == (about, what) and key[0] != "all"]
        assert sum(parts) == found["all", about, what]


def test_one_month_is_told_once() -> None:
    """Saying the same numbers twice helps nobody."""
    rows = list(summary.rows([QUIET, FEBRUARY], clients=FEBRUARY.clients))
    assert {month for month, *_ in rows} == {"all"}
    assert ("all", "clients", "contacted us", 1) in rows


def test_without_anything_there_are_no_numbers() -> None:
    """No row claims a zero that nobody counted."""
    assert list(summary.rows([QUIET], clients={"out": 0, "in": 0})) == []


def test_the_steps_that_ask_can_be_the_homes_own() -> None:
    """Homes name their steps as they like."""
    found = numbers(*summary.rows([FEBRUARY], clients=CLIENTS, asks={"thank-you"}))
    assert found["all", "asks", "thank-you"] == 1
    assert ("all", "asks", "ask for feedback") not in found


def test_the_columns_are_a_promise() -> None:
    """Scripts read them by name."""
    assert [column.name for column in summary.COLUMNS] == ["month", "about", "what", "count"]
