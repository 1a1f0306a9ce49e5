"""How fast messages go: retries that wait longer each time, limits that roll, a rhythm that is not a machine's."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from followup import model, pace
from followup.model import AttemptState
from tests.factories import NOW, attempt

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def put_off(count: int) -> list[model.Attempt]:
    """Return *count* attempts that a server put off, the last of them now."""
    return [attempt(state=AttemptState.TEMPORARY, made_at=NOW - HOUR, settled_at=NOW) for _ in range(count)]


@pytest.mark.parametrize(
    ("tries", "wait"), [(1, 15 * MINUTE), (2, HOUR), (3, 4 * HOUR), (4, 12 * HOUR), (5, 24 * HOUR)]
)
def test_each_temporary_answer_waits_longer_than_the_one_before(tries: int, wait: timedelta) -> None:
    """15 minutes, 1, 4, 12 and 24 hours, counted from the answer."""
    assert pace.next_try_at(put_off(tries)) == NOW + wait
    assert not pace.given_up(put_off(tries))


def test_after_the_sixth_temporary_answer_there_is_no_further_try() -> None:
    """Then a person has to look at it."""
    assert pace.next_try_at(put_off(6)) is None
    assert pace.given_up(put_off(6))


def test_only_temporary_answers_make_anybody_wait() -> None:
    """What was cancelled before it left is no answer of a server."""
    assert pace.next_try_at([]) is None
    cancelled = attempt(state=AttemptState.CANCELLED, settled_at=NOW + HOUR)
    assert pace.next_try_at([cancelled]) is None
    assert pace.next_try_at([*put_off(1), cancelled]) == NOW + 15 * MINUTE


def test_without_limits_the_run_alone_sets_one() -> None:
    """20 per run; what is over goes with the next one."""
    assert pace.allowance([], now=NOW, per_run=20) == pace.Allowance(20, "mail.per_run", None)


def test_an_hour_and_a_day_roll() -> None:
    """What went 61 minutes ago is out of the hour, and in the day still."""
    went = [NOW - 25 * HOUR, NOW - 61 * MINUTE, NOW - 59 * MINUTE, NOW - 10 * MINUTE]
    hour = pace.allowance(went, now=NOW, per_run=20, per_hour=3, per_day=100)
    assert (hour.count, hour.limit) == (1, "mail.per_hour")
    day = pace.allowance(went, now=NOW, per_run=20, per_hour=9, per_day=4)
    assert (day.count, day.limit) == (1, "mail.per_day")


def test_a_full_span_says_when_the_next_one_may_go() -> None:
    """When the oldest of those that fill it is out of it."""
    went = [NOW - 50 * MINUTE, NOW - 40 * MINUTE, NOW - 30 * MINUTE]
    assert pace.allowance(went, now=NOW, per_run=20, per_hour=2).opens_at == NOW + 20 * MINUTE
    assert pace.allowance(went, now=NOW, per_run=20, per_hour=3).opens_at == NOW + 10 * MINUTE
    assert pace.allowance(went, now=NOW, per_run=20, per_hour=4) == pace.Allowance(
        1, "mail.per_hour", NOW + 10 * MINUTE
    )
    assert pace.allowance([], now=NOW, per_run=20, per_hour=4).opens_at == NOW + HOUR


def test_a_clock_that_was_set_back_frees_nothing() -> None:
    """Hand-overs of the future count like those of the last minutes."""
    assert pace.allowance([NOW + DAY] * 5, now=NOW, per_run=20, per_hour=5).count == 0


def test_a_clock_that_was_years_ahead_stops_nothing_for_years() -> None:
    """What it recorded is out of every span once the clock is right."""
    ahead = [NOW + 1000 * DAY] * 5
    assert pace.allowance(ahead, now=NOW, per_run=20, per_hour=5, per_day=5).count == 5


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 2.0), (0.5, 4.0), (0.999, 5.996)])
def test_pauses_are_uneven(chance: float, seconds: float) -> None:
    """Between half and one and a half of what was set."""
    assert pace.pause_seconds(Decimal(4), chance) == pytest.approx(seconds)


def test_no_pause_is_no_pause() -> None:
    """mail.pause = 0 switches it off."""
    assert pace.pause_seconds(Decimal(0), 0.9) == 0
