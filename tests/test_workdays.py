"""Business days: weekends, public holidays, closing days, and the words for them."""

from __future__ import annotations

from datetime import date, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup import workdays
from followup.errors import ConfigurationError

CHRISTMAS = date(2026, 12, 25)
CLOSED = (date(2026, 12, 24), date(2027, 1, 3))
SATURDAY = date(2026, 2, 28)
MONDAY = date(2026, 3, 2)


def calendar(**fields: object) -> workdays.Calendar:
    """Return the calendar of a British firm that closes over Christmas."""
    defaults: dict[str, object] = {
        "country": "GB",
        "closing_days": (CLOSED,),
        "holidays": {CHRISTMAS: "Christmas Day", date(2026, 4, 3): "Good Friday", date(2026, 4, 6): "Easter Monday"},
    }
    return workdays.Calendar(**{**defaults, **fields})  # type: ignore[arg-type]  # defaults of several types


DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))


# ---------------------------------------------------------------- which days


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (MONDAY, ""),
        (SATURDAY, "Saturday"),
        (date(2026, 3, 1), "Sunday"),
        (date(2026, 4, 3), "Good Friday"),
        (CHRISTMAS, "Christmas Day"),
        (date(2026, 12, 24), "closing day"),
        (date(2026, 12, 26), "closing day"),
        (date(2027, 1, 3), "closing day"),
        (date(2027, 1, 4), ""),
    ],
)
def test_a_closed_day_says_why(day: date, why: str) -> None:
    """A day is open, or the reason has a name; a holiday's name goes before the firm's closing."""
    assert calendar().why_closed(day) == why
    assert calendar().is_business_day(day) == (why == "")


def test_the_next_business_day_is_the_day_itself_when_it_is_one() -> None:
    """Only closed days are moved, and over a whole closing."""
    assert calendar().next_business_day(MONDAY) == MONDAY
    assert calendar().next_business_day(SATURDAY) == MONDAY
    assert calendar().next_business_day(CLOSED[0]) == date(2027, 1, 4)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2026, 2, 27), 1, MONDAY),  # Friday to Monday
        (SATURDAY, 1, MONDAY),
        (MONDAY, 1, date(2026, 3, 3)),
        (date(2026, 4, 2), 1, date(2026, 4, 7)),  # over Easter
        (date(2026, 12, 23), 1, date(2027, 1, 4)),  # over the closing and the year's end
        (MONDAY, -1, date(2026, 2, 27)),
        (SATURDAY, -1, date(2026, 2, 27)),
        (date(2026, 4, 7), -2, date(2026, 4, 1)),
        (SATURDAY, 0, MONDAY),
        (MONDAY, 0, MONDAY),
        (MONDAY, 520, date(2028, 3, 10)),
    ],
)
def test_business_days_are_counted_from_the_day_after(start: date, count: int, end: date) -> None:
    """The day itself never counts; holidays, weekends and closing days are stepped over."""
    assert calendar().add_business_days(start, count) == end


@given(DAYS, st.integers(-300, 300).filter(bool))
def test_adding_business_days_agrees_with_walking(day: date, count: int) -> None:
    """As many business days lie between the day and the result as were asked for, and the result is one."""
    firm = calendar()
    found = firm.add_business_days(day, count)
    step = timedelta(days=1 if count > 0 else -1)
    passed, walker = 0, day
    while walker != found:
        walker += step
        passed += firm.is_business_day(walker)
    assert passed == abs(count)
    assert firm.is_business_day(found)


@given(DAYS, st.integers(0, 60), st.integers(0, 60))
def test_business_days_add_up(day: date, first: int, second: int) -> None:
    """Two waits one after the other are one long wait, counted from an open day."""
    firm = calendar()
    start = firm.next_business_day(day)
    assert firm.add_business_days(firm.add_business_days(start, first), second) == firm.add_business_days(
        start, first + second
    )


@given(st.lists(DAYS, min_size=1, max_size=8))
def test_the_order_of_questions_does_not_matter(days: list[date]) -> None:
    """The table that grows with what is asked gives the answers of a fresh one."""
    firm = calendar()
    assert [firm.add_business_days(day, 5) for day in days] == [calendar().add_business_days(day, 5) for day in days]


def test_a_firm_that_is_closed_for_good_has_no_next_day() -> None:
    """A closing without end, and the end of the calendar, are said rather than searched for ever."""
    firm = calendar(closing_days=((date(2000, 1, 1), date(2090, 1, 1)),))
    with pytest.raises(OverflowError, match="closed for good"):
        firm.next_business_day(date(2001, 1, 1))
    with pytest.raises(OverflowError, match="closed for good"):
        calendar().add_business_days(date.max, 1)
    with pytest.raises(OverflowError, match="closed for good"):
        calendar().add_business_days(date.min, -1)


def test_calendars_with_the_same_rules_are_equal() -> None:
    """What was asked of a calendar is no part of what it is."""
    asked = calendar()
    asked.next_business_day(MONDAY)
    assert asked == calendar()


# ---------------------------------------------------------------- the working week


def test_the_weekend_is_the_countrys() -> None:
    """Friday is no business day in Saudi Arabia, and Sunday is one."""
    firm = workdays.Calendar(country="SA")
    assert firm.why_closed(date(2026, 3, 6)) == "Friday"
    assert firm.is_business_day(date(2026, 3, 1))


def test_the_firm_may_have_a_week_of_its_own() -> None:
    """A firm that works on Saturdays says so."""
    firm = calendar(weekend=frozenset({6}))
    assert firm.is_business_day(SATURDAY)
    assert firm.add_business_days(date(2026, 2, 27), 1) == SATURDAY


def test_a_week_without_a_day_of_work_is_refused() -> None:
    """Else the next business day would be looked for in vain."""
    with pytest.raises(ConfigurationError, match="whole week"):
        calendar(weekend=frozenset(range(7)))


def test_our_table_of_weekends_is_that_of_the_library() -> None:
    """The copy that spares `due` the library's import agrees with it."""
    supported = [code for code in holidays.list_supported_countries() if len(code) == 2]
    assert supported
    differing = {
        code: frozenset(weekend)
        for code in supported
        if (weekend := holidays.country_holidays(code, years=2026).weekend) != {5, 6}
    }
    assert differing == workdays.WEEKENDS


def test_the_longest_closing_counts_both_ends() -> None:
    """From the first to the last day, both closed; none at all is no day."""
    assert workdays.longest_closing([CLOSED, (MONDAY, MONDAY)]) == timedelta(days=11)
    assert workdays.longest_closing([]) == timedelta(0)


# ---------------------------------------------------------------- public holidays


def test_public_holidays_are_those_of_the_country_and_region() -> None:
    """Scotland keeps St Andrew's Day, and not Easter Monday."""
    scotland = workdays.public_holidays("GB", "SCT", [2026])
    assert scotland[date(2026, 11, 30)] == "Saint Andrew's Day"
    assert date(2026, 4, 6) not in scotland


def test_without_a_region_britain_keeps_the_holidays_of_england() -> None:
    """Most firms that do not say are there, and Easter Monday is one of theirs."""
    found = workdays.public_holidays("GB", "", [2026])
    assert found[date(2026, 4, 6)] == "Easter Monday"
    assert date(2026, 8, 31) in found


def test_holidays_have_english_names_where_there_are_any() -> None:
    """The program speaks English, so a German holiday is named in it."""
    found = workdays.public_holidays("DE", "Bayern", [2026, 2027])
    assert found[CHRISTMAS] == "Christmas Day"
    assert found[date(2027, 1, 6)] == "Epiphany"


def test_an_unknown_country_has_no_holidays() -> None:
    """What the library does not know stays a working day; nothing asked for gives nothing."""
    assert workdays.public_holidays("XX", "", [2026]) == {}
    assert workdays.public_holidays("", "", [2026]) == {}
    assert workdays.public_holidays("GB", "", []) == {}
    assert workdays.regions("XX") == []


@pytest.mark.parametrize("text", ["BY", "by", "Bayern", " bayern "])
def test_a_region_is_found_by_code_and_by_name(text: str) -> None:
    """Who does not know the code writes the name."""
    assert workdays.find_region("DE", text) == "BY"


def test_an_unknown_region_names_the_nearest_and_all() -> None:
    """A slip of the finger is answered with what was probably meant."""
    with pytest.raises(ConfigurationError, match=r"'Bayer' is no region of DE. Did you mean BY \(Bayern\)\?.*SN"):
        workdays.find_region("DE", "Bayer")
    with pytest.raises(ConfigurationError, match=r"'zzz' is no region of DE\. Known: BB"):
        workdays.public_holidays("DE", "zzz", [2026])


def test_a_country_without_regions_says_so() -> None:
    """There is nothing to choose from."""
    country = next(code for code, regions in holidays.list_supported_countries().items() if not regions)
    with pytest.raises(ConfigurationError, match="no regions with holidays of their own"):
        workdays.find_region(country, "north")


def test_regions_are_those_with_holidays_of_their_own() -> None:
    """What `init` offers to choose from."""
    assert workdays.regions("GB") == ["ENG", "NIR", "SCT", "WLS"]
