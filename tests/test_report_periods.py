"""Periods: every way to name one, and what does not go together."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.errors import UsageError
from followup.report import periods

TODAY = date(2026, 3, 2)


def days(**options: Any) -> tuple[str, str]:
    """Return first and last day of a period as ISO text."""
    period = periods.period(today=TODAY, **options)
    return period.from_on.isoformat(), period.to_on.isoformat()


@pytest.mark.parametrize(
    ("options", "first", "last"),
    [
        ({}, "2026-03-01", "2026-03-02"),
        ({"month": "2026-02"}, "2026-02-01", "2026-02-28"),
        ({"month": "2024-2"}, "2024-02-01", "2024-02-29"),
        ({"month": "2025-12"}, "2025-12-01", "2025-12-31"),
        ({"month": "9999-12"}, "9999-12-01", "9999-12-31"),
        ({"quarter": "2026-Q1"}, "2026-01-01", "2026-03-31"),
        ({"quarter": "2026q4"}, "2026-10-01", "2026-12-31"),
        ({"quarter": "2026-Q2"}, "2026-04-01", "2026-06-30"),
        ({"year": "2025"}, "2025-01-01", "2025-12-31"),
        ({"year": 2025}, "2025-01-01", "2025-12-31"),
        ({"last_month": True}, "2026-02-01", "2026-02-28"),
        ({"from_on": "2026-01-15"}, "2026-01-15", "2026-03-02"),
        ({"from_on": "2026-01-15", "to_on": "2026-01-15"}, "2026-01-15", "2026-01-15"),
        ({"from_on": date(2026, 1, 15), "to_on": "2027-01-01"}, "2026-01-15", "2027-01-01"),
    ],
)
def test_a_period_has_a_first_and_a_last_day(options: dict[str, Any], first: str, last: str) -> None:
    """Both are included, in the home's calendar."""
    assert days(**options) == (first, last)


def test_last_month_in_january_is_in_the_year_before() -> None:
    """The month before 15 January 2026 is December 2025."""
    period = periods.period(today=date(2026, 1, 15), last_month=True)
    assert (period.from_on, period.to_on) == (date(2025, 12, 1), date(2025, 12, 31))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"month": "2026-13"}, "--month: '2026-13' is not a month. Write 2026-03."),
        ({"month": "03/2026"}, "is not a month"),
        ({"month": "0000-01"}, "is not a month"),
        ({"quarter": "2026-Q5"}, "--quarter: '2026-Q5' is not a quarter. Write 2026-Q1."),
        ({"quarter": "0000-Q1"}, "is not a quarter"),
        ({"year": "26"}, "--year: '26' is not a year. Write 2026."),
        ({"year": "0000"}, "is not a year"),
        ({"from_on": "02/03/2026"}, "--from: '02/03/2026' is not a day. Write 2026-03-02."),
        ({"from_on": "20260302"}, "is not a day"),
        ({"from_on": "2026-02-30"}, "is not a day"),
        ({"to_on": "2026-02-28"}, "--to 2026-02-28 has no beginning. Add --from, or use --month 2026-02."),
        ({"from_on": "2026-03-05"}, "is after today"),
        ({"from_on": "2026-02-02", "to_on": "2026-02-01"}, "is before --from"),
        ({"month": "2026-02", "year": "2026"}, "--month and --year each name a period. Give one of them."),
        ({"last_month": True, "to_on": "2026-02-01"}, "--last-month and --from/--to"),
        ({"month": "2026-02", "quarter": "2026-Q1", "last_month": True}, "--month and --quarter and --last-month"),
    ],
)
def test_what_cannot_be_a_period_is_a_usage_error(options: dict[str, Any], said: str) -> None:
    """The text says which option is wrong and how to write it."""
    with pytest.raises(UsageError) as caught:
        periods.period(today=TODAY, **options)
    assert said in str(caught.value)


@given(st.integers(1, 9998), st.integers(1, 12))
def test_months_of_a_year_follow_each_other_without_a_gap(year: int, month: int) -> None:
    """The day after a month's last one is the first of the next."""
    this = periods.period(today=TODAY, month=f"{year:04}-{month:02}")
    after = f"{year:04}-{month + 1:02}" if month < 12 else f"{year + 1:04}-01"
    assert this.to_on.toordinal() + 1 == periods.period(today=TODAY, month=after).from_on.toordinal()


def test_periods_are_named_as_people_say_them() -> None:
    """A month by its name, a day by itself, the rest from and to."""
    assert str(periods.period(today=TODAY, month="2026-02")) == "2026-02"
    assert str(periods.period(today=TODAY, from_on="2026-03-01", to_on="2026-03-01")) == "1 March 2026"
    assert str(periods.period(today=TODAY)) == "1 March 2026 to 2 March 2026"
