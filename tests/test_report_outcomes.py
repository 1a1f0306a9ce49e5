"""Is it working? The numbers of a period, each with of how many, and none where there are too few."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from followup import model, workdays
from followup.care import track
from followup.report import outcomes
from tests import desks, factories
from tests.conftest import Ran

Run = Callable[..., Ran]

MARCH = ("--month", "2026-03")


def numbers(rows: list[dict[str, Any]]) -> dict[str, tuple[Any, Any, str]]:
    """Return number, of how many, and note by what it is about."""
    return {f"{row['about']}: {row['what']}": (row["number"], row["of"], row["note"]) for row in rows}


def said(run: Run, *period: str, now: str = "2026-03-31") -> dict[str, tuple[Any, Any, str]]:
    """Return what `report outcomes` says of a period."""
    return numbers(json.loads(run("report", "outcomes", *period, "--format", "json", now=now).stdout))


def keep(home: Path, *records: Any) -> None:
    """Write records of Ada Hall, or whoever they name, into the home."""
    with desks.opened(home) as desk:
        (ada,) = desk.store.find_clients("hall")
        with desk.store.write(kind="hand", command="x", now=factories.NOW) as write:
            for record in records:
                write.save(record(ada.id))


def of(kind: type[Any], **fields: Any) -> Callable[[str], Any]:
    """Return what makes a record for a client."""
    return lambda client_id: kind(id=factories.identifier("r"), **{"client_id": client_id, **fields})


def test_a_home_without_history_has_too_little_data(made: Run) -> None:
    """Counts are none, and medians say from how many on there is one."""
    found = said(made, *MARCH)
    assert found["promises: kept"] == (0, 0, "")
    assert found["promises: time from promise to done"] == (None, 0, "not enough data: 0, from 5 on")
    assert found["first answer: time to first answer"][2] == "not enough data: 0, from 5 on"


def test_promises_of_the_period_are_counted_by_what_became_of_them(made: Run, home: Path) -> None:
    """Early, on the day, late, broken, moved; what ended before or after is another period's."""
    made_on, due = date(2026, 2, 20), date(2026, 3, 10)
    fates = [
        ("kept", -1),
        *[("kept", 0)] * 2,
        *[("kept", 3)] * 2,
        ("broken", 0),
        ("moved", -2),
        ("waived", 0),
        ("kept", 40),
    ]
    keep(
        home,
        *(
            of(model.Promise, opened_on=made_on, due_on=due, closed_on=due + timedelta(days), state=state)
            for state, days in fates
        ),
    )
    found = said(made, *MARCH, now="2026-04-30")
    counts = {name: found[f"promises: {name}"][:2] for name in ("kept early", "kept", "late", "broken", "moved")}
    assert counts == {"kept early": (1, 7), "kept": (2, 7), "late": (2, 7), "broken": (1, 7), "moved": (1, 7)}
    assert found["promises: time from promise to done"] == (18, 5, "")


def test_the_first_answer_is_measured_in_hours_of_the_office(made: Run, home: Path) -> None:
    """Asked on Friday at four, answered on Monday at ten: two hours; nights and weekends are nobody's fault."""
    with desks.opened(home) as desk:
        zone = desk.zone
    friday = datetime(2026, 3, 6, 16, tzinfo=zone)
    keep(
        home,
        *(
            of(
                model.Enquiry,
                opened_on=friday.date(),
                opened_at=friday.astimezone(UTC),
                acted_on=date(2026, 3, 9),
                state="answered",
                answered_at=datetime(2026, 3, 9, 10 + n, tzinfo=zone).astimezone(UTC),
            )
            for n in range(5)
        ),
        of(model.Enquiry, opened_on=friday.date(), opened_at=friday.astimezone(UTC), state="new"),
        of(model.Enquiry, opened_on=friday.date(), acted_on=date(2026, 3, 12), state="answered"),
    )
    found = said(made, *MARCH)
    assert found["first answer: enquiries received"][0] == 7
    assert found["first answer: answered"][:2] == (6, 7)
    assert found["first answer: answered in time"][:2] == (5, 6)
    assert found["first answer: time to first answer"][:2] == (4, 5)
    assert found["first answer: time to first answer, where only days are known"][:2] == (None, 1)


def test_cases_are_counted_by_cause_and_second_ones_are_told(made: Run, home: Path) -> None:
    """How many we saw ourselves, what they came from, how long they took; a second one within the year."""
    keep(
        home,
        of(model.Case, opened_on=date(2025, 9, 1), closed_on=date(2025, 9, 3), state="resolved"),
        of(model.Case, opened_on=date(2026, 3, 2), closed_on=date(2026, 3, 6), state="resolved", cause="Part"),
        of(model.Case, opened_on=date(2026, 3, 20), cause="part", opened_by="them", continues_id="x"),
    )
    found = said(made, *MARCH)
    assert found["cases: opened"][0] == 2
    assert found["cases: seen by us before they complained"][:2] == (1, 2)
    assert found["cases: opened again"][:2] == (1, 2)
    assert found["cases: a second one of that client"][:2] == (2, 2)
    assert found["cases: cause: part"][:2] == (2, 2)
    assert found["cases: resolved"][0] == 1
    assert found["cases: time to resolve"] == (None, 1, "not enough data: 1, from 5 on")


def test_a_case_is_acknowledged_by_a_word_or_by_a_message(made: Run) -> None:
    """By the call that opened it at once, by `case ack`, and by the message that went out; voicemail is none of it."""
    ids = []
    for number, hour in enumerate(("09", "10", "11", "12", "13", "14")):
        name, at = f"Client {number}", f"2026-03-02T{hour}:00"
        address = ("--email", f"client{number}@example.com", "--phone", f"01632 96010{number}")
        made("client", "add", "--name", name, *address, now=at)
        if number < 3:
            made("log", name, "--outcome", "unhappy", "--note", "it drips", now=at)
        else:
            opened = made("case", "open", name, "--summary", "it drips", "--format", "json", now=at)
            ids.append(json.loads(opened.stdout)[0]["case_id"])
    made("case", "ack", "Client 3", now="2026-03-02T15:00")
    made("send", "--yes", "--only", f"{ids[1]}.case-ack.1", now="2026-03-02T16:00")
    made("confirm", f"{ids[1]}.case-ack.1", "--sent", now="2026-03-02T16:00")
    made("done", f"{ids[2]}.case-call.1", "--outcome", "voicemail", now="2026-03-02T16:30")
    assert said(made, *MARCH)["cases: time to acknowledge"] == (0, 5, "")


def test_a_second_case_is_counted_from_the_end_of_the_first_as_the_planner_does(made: Run, home: Path) -> None:
    """Trouble that took half a year to put right is not forgotten because it began long ago."""
    keep(
        home,
        of(model.Case, opened_on=date(2024, 11, 4), closed_on=date(2025, 5, 5), state="resolved"),
        of(model.Case, opened_on=date(2026, 3, 2)),
    )
    assert said(made, *MARCH)["cases: a second one of that client"][:2] == (1, 1)
    file = home / "followup.toml"
    file.write_text(file.read_text("utf-8").replace("[cases]\n", '[cases]\nsecond_within = "2 months"\n'), "utf-8")
    assert said(made, *MARCH)["cases: a second one of that client"][:2] == (0, 1)


def test_who_comes_again_is_told_when_the_year_is_over(made: Run, home: Path) -> None:
    """Of those who were new a year before the period, those who came again within twelve months."""
    with desks.opened(home) as desk, desk.store.write(kind="hand", command="x", now=factories.NOW) as write:
        for number in range(6):
            client = factories.client(full_name=f"New {number}", emails=())
            write.save(client)
            write.save(factories.job(client_id=client.id, completed_on=date(2025, 3, 5 + number)))
            if number < 3:  # one of them too late
                again = date(2026, 3, 1 + 10 * number)
                write.save(factories.job(client_id=client.id, completed_on=again))
    found = said(made, *MARCH)
    assert found["jobs: clients with a second job within 12 months of the first"] == (1, 6, "")


def test_referrals_asks_and_scores_are_counted(made: Run, home: Path) -> None:
    """What was made and won, what the friends' jobs are worth, and what came of asking."""
    job = factories.job()
    keep(
        home,
        lambda client_id: replace(job, client_id=client_id),
        of(model.Referral, opened_on=date(2026, 3, 3), acted_on=date(2026, 3, 9), state="won", job_id=job.id),
        of(model.Referral, opened_on=date(2026, 3, 4), state="refused", closed_on=date(2026, 3, 5)),
        lambda client_id: factories.contact(client_id=client_id, step="feedback-ask", on=date(2026, 3, 9)),
        lambda client_id: factories.contact(client_id=client_id, step="feedback-ask", on=date(2026, 3, 20)),
        lambda client_id: factories.contact(
            client_id=client_id, direction=model.Direction.IN, on=date(2026, 3, 12), score=4
        ),
    )
    rows = json.loads(made("report", "outcomes", *MARCH, "--format", "json", now="2026-03-31").stdout)
    found = numbers(rows)
    assert found["referrals: made"][0] == 2
    assert found["referrals: won"][0] == 1
    assert found["referrals: refused"][:2] == (1, 2)
    assert next(row["worth"] for row in rows if row["worth"]) == "120.00"
    assert found["asks: ask for feedback: said something since"][:2] == (1, 2)
    assert found["scores: low (6 or less)"][:2] == (1, 1)


@pytest.mark.parametrize(
    ("begun", "ended", "hours"),
    [
        (datetime(2026, 3, 2, 10, tzinfo=UTC), datetime(2026, 3, 2, 11, 30, tzinfo=UTC), 1.5),
        (datetime(2026, 3, 2, 7, tzinfo=UTC), datetime(2026, 3, 2, 9, tzinfo=UTC), 0),
        (datetime(2026, 3, 6, 16, tzinfo=UTC), datetime(2026, 3, 9, 10, tzinfo=UTC), 2),
        (datetime(2026, 3, 7, 10, tzinfo=UTC), datetime(2026, 3, 8, 10, tzinfo=UTC), 0),
        (datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 4, 20, tzinfo=UTC), 24),
    ],
)
def test_hours_count_while_the_office_is_open(begun: datetime, ended: datetime, hours: float) -> None:
    """Before nine, after five and on weekends nothing runs."""
    calendar = workdays.Calendar(country="GB")
    assert track.office_hours(begun, ended, opens=time(9), closes=time(17), calendar=calendar) == hours


def test_a_median_is_not_better_than_it_was() -> None:
    """Four hours and a bit is five, and of an even number the longer one of the middle counts."""
    facts = outcomes.Facts(answer_hours=[1, 2, 4.2, 4.3, 9, 10], answered=6, enquiries=6)
    row = next(row for row in outcomes.rows(facts) if row[1] == "time to first answer")
    assert row[2:5] == (5, 6, "business hours")
