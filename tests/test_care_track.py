"""Our record with promises: what became of each, and what to say of it before the next one is made."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from followup import workdays
from followup.care import track
from followup.model import THEM, Delay, JobStatus, Promise, PromiseState
from tests import factories

CALENDAR = workdays.Calendar(
    country="GB",
    closing_days=((date(2026, 3, 12), date(2026, 3, 13)),),
    holidays={date(2026, 4, 3): "Good Friday"},
)


def promise(**fields: Any) -> Promise:
    """Return a promise made on 2 February for the 11th, and kept on the day."""
    fields.setdefault("id", factories.identifier("p"))
    defaults: dict[str, Any] = {
        "client_id": "cxxxxxxxxx",
        "opened_on": date(2026, 2, 2),
        "due_on": date(2026, 2, 11),
        "closed_on": date(2026, 2, 11),
        "state": PromiseState.KEPT,
    }
    return Promise(**{**defaults, **fields})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"closed_on": date(2026, 2, 10)}, track.Fate.EARLY),
        ({}, track.Fate.KEPT),
        ({"closed_on": date(2026, 2, 12)}, track.Fate.LATE),
        ({"state": PromiseState.BROKEN}, track.Fate.BROKEN),
        ({"state": PromiseState.MOVED}, track.Fate.MOVED),
        ({"state": PromiseState.WAIVED}, None),
        ({"state": PromiseState.OPEN, "closed_on": None}, None),
        ({"opened_by": THEM}, None),
    ],
)
def test_a_promise_is_kept_early_kept_late_broken_or_moved(fields: dict[str, Any], expected: track.Fate | None) -> None:
    """What became of a promise follows from its days; what was let go, and what they owe us, is not on our record."""
    assert track.fate(promise(**fields)) == expected


def test_a_job_done_after_the_day_that_was_said_counts_as_late() -> None:
    """The day for which a job was promised is a promise like any other; a job that is not done is not over."""
    on_time = factories.job(completed_on=date(2026, 2, 27), promised_on=date(2026, 2, 27))
    late = factories.job(completed_on=date(2026, 2, 28), promised_on=date(2026, 2, 27))
    still_open = factories.job(status=JobStatus.OPEN, completed_on=None, promised_on=date(2026, 2, 1))
    unpromised = factories.job()
    found = track.of_jobs([on_time, late, still_open, unpromised])
    assert [each.fate for each in found] == [track.Fate.LATE, track.Fate.KEPT]


def test_the_client_waited_since_the_first_of_promises_that_were_moved() -> None:
    """Moving a promise does not make it quick: its days count from when the first one was made."""
    first = promise(state=PromiseState.MOVED, closed_on=date(2026, 2, 10))
    second = promise(
        opened_on=date(2026, 2, 10), due_on=date(2026, 2, 20), closed_on=date(2026, 2, 20), moved_from=first.id
    )
    kept, moved = track.of_promises([first, second])
    assert (kept.days, kept.was_moved, moved.fate, moved.days) == (18, True, track.Fate.MOVED, None)


def test_promises_that_are_said_to_have_moved_from_each_other_end_somewhere() -> None:
    """A circle, which only a broken import can make, is walked once."""
    one, other = promise(id="pa", moved_from="pb"), promise(id="pb", moved_from="pa")
    assert len(track.of_promises([one, other])) == 2


def test_the_record_is_said_in_a_sentence() -> None:
    """It speaks of the last twelve that are over: how long they took, and how many were late."""
    kept = [promise(opened_on=date(2026, 2, 2) + timedelta(n), closed_on=date(2026, 2, 11) + timedelta(n),
                    due_on=date(2026, 2, 12 if n % 4 else 10) + timedelta(n)) for n in range(12)]  # fmt: skip
    long_ago = [promise(opened_on=date(2020, 1, 1), due_on=date(2020, 5, 1), closed_on=date(2020, 6, 1))] * 20
    assert track.sentence(track.of_promises([*kept, *long_ago])) == "Your last 12 took 9 days, 3 were late."


def test_the_record_of_the_same_work_is_said_where_there_is_enough_of_it() -> None:
    """Boilers are compared with boilers; below five of a kind, with everything."""
    jobs = [factories.job(id=f"j{n}", service="Boiler service" if n < 5 else "Bathroom") for n in range(7)]
    services = {job.id: job.service for job in jobs}
    promises = [
        promise(id=f"p{n}", job_id=f"j{n}", due_on=date(2026, 2, 5), closed_on=date(2026, 2, 5 if n < 5 else 25))
        for n in range(7)
    ]
    record = track.of_promises(promises, services)
    assert track.sentence(record, service="boiler SERVICE").startswith("Your last 5 for boiler SERVICE took 3 days")
    assert track.sentence(record, service="Bathroom") == "Your last 7 took 3 days, 2 were late."


def test_below_five_promises_nothing_is_claimed() -> None:
    """Two that went well say nothing of the third."""
    said = track.sentence(track.of_promises([promise(), promise()]))
    assert said == "Not enough data on how long your promises take: 2 so far, it takes 5."


def test_broken_and_moved_ones_are_told_apart_from_late_ones() -> None:
    """What was never done has no days; what was moved was not kept on the day that was said."""
    first = promise(state=PromiseState.MOVED)
    found = [
        *(promise() for _ in range(5)),
        promise(state=PromiseState.BROKEN),
        first,
        promise(moved_from=first.id, due_on=date(2026, 2, 20), closed_on=date(2026, 2, 18)),
    ]
    assert track.sentence(track.of_promises(found)) == "Your last 7 took 9 days, 1 was broken and 1 was moved before."


@pytest.mark.parametrize(
    ("by_on", "margin", "expected"),
    [
        (date(2026, 3, 11), Delay(2, "business day"), date(2026, 3, 9)),
        (date(2026, 3, 14), Delay(2, "business day"), date(2026, 3, 10)),  # a Saturday after two closing days
        (date(2026, 3, 10), Delay(2, "day"), date(2026, 3, 6)),  # two days before is a Sunday
        (date(2026, 3, 3), Delay(2, "business day"), factories.TODAY),  # never before it was made
        (date(2026, 3, 11), Delay(0, "day"), date(2026, 3, 11)),
    ],
)
def test_our_own_day_lies_before_the_one_that_is_told(by_on: date, margin: Delay, expected: date) -> None:
    """Under promise, over deliver: a business day before the day that the client was told, and not in the past."""
    assert track.target_on(by_on, made_on=factories.TODAY, margin=margin, calendar=CALENDAR) == expected


def test_a_promise_for_a_closing_day_is_noticed() -> None:
    """It says why the day is closed, and which business days are around it."""
    found = track.closed(date(2026, 3, 12), CALENDAR)
    assert found is not None
    assert (found.why, found.before_on, found.next_on) == ("closing day", date(2026, 3, 11), date(2026, 3, 16))
    assert track.closed(date(2026, 3, 11), CALENDAR) is None
