"""Honest numbers: each is counted once, for the whole and month by month."""

from __future__ import annotations

from datetime import date

from followup.model import Case
from followup.report import contacts, summary
from tests import factories


def row(on: str, client: str, **values: str) -> tuple[str, ...]:
    """Return a tuple as the store gives it."""
    defaults = {"channel": "email", "direction": "out", "outcome": "sent"}
    known = {**dict.fromkeys(contacts.SOURCE, ""), **defaults, "on": on, "client_id": client, **values}
    return tuple(known[name] for name in contacts.SOURCE)


FEBRUARY = [
    row("2026-02-02", "c1", step="thank-you", job_id="j1", key="j1.thank-you.1"),
    row("2026-02-12", "c1", step="feedback-ask", job_id="j1", key="j1.feedback-ask.1"),
    row("2026-02-13", "c1", channel="call", direction="in", outcome="happy"),
]
MARCH = [
    row("2026-03-02", "c2", step="thank-you", job_id="j2", key="j2.thank-you.1"),
    row("2026-03-03", "c1", step="referral-ask", channel="letter", outcome=""),
    row("2026-03-03", "c3", step="thank-you", direction="in", outcome=""),
]
JOBS = [
    factories.job(id="j1", completed_on=date(2026, 1, 30)),
    factories.job(id="j2", completed_on=date(2026, 2, 27)),
    factories.job(id="j3", completed_on=date(2026, 2, 27)),
    factories.job(id="j4", completed_on=date(2026, 3, 1)),
    factories.job(id="j5", completed_on=None),
]
CASES = [
    Case(id="s1", client_id="c1", opened_on=date(2026, 2, 20), resolved_on=date(2026, 3, 1)),
    Case(id="s2", client_id="c2", opened_on=date(2026, 3, 1)),
]


def numbers(*rows: tuple[str, str, str, int]) -> dict[tuple[str, str, str], int]:
    """Return rows by month, subject and words."""
    return {(month, about, what): count for month, about, what, count in rows}


def test_the_whole_period_comes_first_then_the_months_then_now() -> None:
    """Counts add up, clients are counted once for each line."""
    rows = list(
        summary.rows(
            [*FEBRUARY, *MARCH],
            completed_jobs=JOBS,
            cases=CASES,
            jobs_by_key={"j2.thank-you.1": ("j2", "j3")},
            waiting={"drafts to confirm": 2},
        )
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
    found = numbers(*summary.rows([*FEBRUARY, *MARCH], completed_jobs=JOBS, cases=CASES))
    for about, what in {key[1:] for key in found if key[1] != "clients"}:
        parts = [count for key, count in found.items() if key[1:] == (about, what) and key[0] != "all"]
        assert sum(parts) == found["all", about, what]


def test_one_month_is_told_once() -> None:
    """Saying the same numbers twice helps nobody."""
    rows = list(summary.rows(FEBRUARY))
    assert {month for month, *_ in rows} == {"all"}
    assert rows[0] == ("all", "clients", "contacted us", 1)


def test_without_anything_there_are_no_numbers() -> None:
    """No row claims a zero that nobody counted."""
    assert list(summary.rows([])) == []


def test_without_the_touchpoints_only_the_leading_job_counts_as_thanked() -> None:
    """Less is claimed rather than more."""
    found = numbers(*summary.rows(MARCH, completed_jobs=JOBS))
    assert found["all", "jobs", "of these thanked for"] == 1


def test_the_steps_that_ask_and_thank_can_be_the_homes_own() -> None:
    """Homes name their steps as they like."""
    found = numbers(*summary.rows(FEBRUARY, asks={"thank-you"}, thanks=set(), completed_jobs=JOBS))
    assert found["all", "asks", "thank-you"] == 1
    assert ("all", "jobs", "of these thanked for") not in found


def test_the_columns_are_a_promise() -> None:
    """Scripts read them by name."""
    assert [column.name for column in summary.COLUMNS] == ["month", "about", "what", "count"]
