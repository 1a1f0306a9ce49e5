"""Deadlines in business hours: weekends, holidays, closing days, the hours of the office, and the home's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup import settings, workdays
from followup.care import deadlines
from followup.care.deadlines import Deadlines
from followup.model import Case, Delay, Enquiry

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
FIRM = workdays.Calendar(
    country="GB",
    closing_days=((date(2026, 5, 26), date(2026, 5, 29)),),
    holidays={date(2026, 4, 3): "Good Friday", date(2026, 4, 6): "Easter Monday"},
)
ONE, FIVE = Delay(1, "business day"), Delay(5, "business day")
SAME_DAY = Delay(0, "day")


def office(**fields: Any) -> Deadlines:
    """Return the deadlines of a firm in Leeds that is there from nine to five."""
    return Deadlines(**{"calendar": FIRM, "timezone": LONDON, **fields})


def local(text: str, zone: ZoneInfo = LONDON) -> datetime:
    """Return an instant as a clock in *zone* shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("delay", "came", "by"),
    [
        (SAME_DAY, "2026-03-02T11:00", "2026-03-02T17:00"),  # a Monday
        (SAME_DAY, "2026-03-02T07:00", "2026-03-02T17:00"),
        (SAME_DAY, "2026-03-02T17:00", "2026-03-03T17:00"),  # nobody is there any more
        (SAME_DAY, "2026-03-07T10:00", "2026-03-09T17:00"),  # a Saturday
        (ONE, "2026-03-02T11:00", "2026-03-03T11:00"),
        (ONE, "2026-03-06T16:00", "2026-03-09T16:00"),  # from Friday at four to Monday at four
        (ONE, "2026-03-06T18:30", "2026-03-10T09:00"),  # it counts from Monday's opening
        (ONE, "2026-04-02T10:00", "2026-04-07T10:00"),  # over Easter
        (FIVE, "2026-05-22T10:00", "2026-06-04T10:00"),  # the firm is closed from Tuesday to Friday
        (Delay(2, "week"), "2026-03-02T11:00", "2026-03-16T11:00"),
        (Delay(1, "day"), "2026-03-06T11:00", "2026-03-09T11:00"),  # a Saturday, so Monday
        (ONE, "2026-03-27T10:00", "2026-03-30T10:00"),  # the clocks go forward on the 29th: the hour stays
    ],
)
def test_time_counts_while_somebody_is_there(delay: Delay, came: str, by: str) -> None:
    """What comes at night or on a closed day begins with the next opening; "same day" ends when the office closes."""
    at = local(came)
    assert office().by(delay, at.date(), at) == local(by)


def test_where_only_the_day_is_known_its_opening_counts() -> None:
    """Or the opening of the next business day."""
    assert office().by(ONE, date(2026, 3, 2)) == local("2026-03-03T09:00")
    assert office().by(SAME_DAY, date(2026, 3, 7)) == local("2026-03-09T17:00")


def test_the_zone_is_the_homes() -> None:
    """Ten at night in London is five in the afternoon in New York, where the office has just closed."""
    at = local("2026-03-02T22:00")
    assert office(timezone=NEW_YORK).by(SAME_DAY, at.date(), at) == local("2026-03-03T17:00", NEW_YORK)
    assert office(timezone=NEW_YORK).day_of(local("2026-03-03T02:00")) == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("passed", "seen"),
    [
        ("2026-03-02T17:00", date(2026, 3, 3)),
        ("2026-03-03T09:00", date(2026, 3, 3)),  # it has passed when the door opens
        ("2026-03-03T09:01", date(2026, 3, 4)),
        ("2026-03-06T12:00", date(2026, 3, 9)),
        ("2026-04-02T12:00", date(2026, 4, 7)),
    ],
)
def test_that_one_was_missed_is_seen_in_the_morning(passed: str, seen: date) -> None:
    """On the first business day whose opening is not before the deadline."""
    assert office().morning_after(local(passed)) == seen


def test_each_deadline_has_its_setting() -> None:
    """As followup.toml says; a day that was agreed goes before the usual time to solve it."""
    text = """
    [calendar]
    hours = "08:00-16:00"
    [enquiries]
    answer = "2 business days"
    [cases]
    acknowledge = "1 business day"
    call = "2 business days"
    solve = "3 business days"
    grant_within = "same day"
    """
    found = deadlines.deadlines(settings.parse(text, where="the test"), calendar=FIRM, timezone=LONDON)
    day, at = date(2026, 3, 2), local("2026-03-02T11:00")
    case = Case(id="x", client_id="c", opened_on=day, opened_at=at, grant_asked_at=at)
    assert found.answer_by(Enquiry(id="e", client_id="c", opened_on=day, opened_at=at)) == local("2026-03-04T11:00")
    assert found.acknowledge_by(case) == local("2026-03-03T11:00")
    assert found.call_by(case) == local("2026-03-04T11:00")
    assert found.solve_by(case) == local("2026-03-05T11:00")
    assert found.grant_by(case) == local("2026-03-02T16:00")
    agreed = Case(id="x", client_id="c", opened_on=day, opened_at=at, due_on=date(2026, 3, 20))
    assert found.solve_by(agreed) == local("2026-03-20T16:00")
    assert found.grant_by(agreed) is None


INSTANTS = st.integers(0, 3 * 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
DELAYS = st.builds(Delay, st.integers(0, 12), st.sampled_from(["day", "business day", "week", "month"]))
ZONES = st.sampled_from([LONDON, NEW_YORK, ZoneInfo("Asia/Kolkata"), UTC])
HOURS = st.sampled_from([(time(9), time(17)), (time(0), time(23, 59)), (time(13, 30), time(14))])


@given(INSTANTS, DELAYS, ZONES, HOURS)
def test_a_deadline_lies_ahead_and_in_the_office_hours(at: datetime, delay: Delay, zone: Any, hours: Any) -> None:
    """Whatever comes when: somebody is there at its deadline, and it is never over before it began."""
    firm = office(timezone=zone, opens=hours[0], closes=hours[1])
    by = firm.by(delay, firm.day_of(at), at)
    there = by.astimezone(zone)
    assert by >= at
    assert FIRM.is_business_day(there.date())
    assert hours[0] <= there.time() <= hours[1]
    assert firm.morning_after(by) >= there.date()
    assert FIRM.is_business_day(firm.morning_after(by))


@given(INSTANTS, DELAYS, ZONES, st.timedeltas(timedelta(0), timedelta(days=10)))
def test_who_comes_later_has_no_earlier_deadline(at: datetime, delay: Delay, zone: Any, later: timedelta) -> None:
    """Nobody is overtaken for having come before."""
    firm = office(timezone=zone)
    assert firm.by(delay, firm.day_of(at), at) <= firm.by(delay, firm.day_of(at + later), at + later)


@given(INSTANTS, st.integers(1, 12), ZONES)
def test_a_longer_time_is_never_over_sooner(at: datetime, number: int, zone: Any) -> None:
    """And one business day more is one business day more."""
    firm = office(timezone=zone)
    first, second = (firm.by(Delay(n, "business day"), firm.day_of(at), at) for n in (number, number + 1))
    days = [each.astimezone(zone).date() for each in (first, second)]
    assert FIRM.add_business_days(days[0], 1) == days[1]


@pytest.mark.parametrize(
    ("came", "answered", "in_time"),
    [
        ("2026-03-02T10:00", "2026-03-03T10:00", True),
        ("2026-03-02T10:00", "2026-03-03T15:00", False),  # the next business day, and more than one later
        ("2026-03-06T16:00", "2026-03-09T15:30", True),  # over the weekend
        ("2026-03-07T11:00", "2026-03-10T09:00", True),  # came on a Saturday, so it counts from Monday's opening
        ("2026-03-02", "2026-03-03", True),
        ("2026-03-02", "2026-03-04", False),
        ("2026-03-02T10:00", "2026-03-03", True),  # at what hour nobody knows
        ("2026-03-02T10:00", "", False),
    ],
)
def test_an_answer_is_in_time_by_the_hour_where_the_hour_is_known(came: str, answered: str, in_time: bool) -> None:
    """By the deadline that tops the list of what is due; by the day alone where only days are known."""
    enquiry = Enquiry(
        id="e",
        client_id="c",
        opened_on=date.fromisoformat(came[:10]),
        opened_at=local(came) if "T" in came else None,
        acted_on=date.fromisoformat(answered[:10]) if answered else None,
        answered_at=local(answered) if "T" in answered else None,
    )
    assert office().in_time(enquiry) is in_time
