"""Business days: weekends, public holidays, the firm's closing days.

Takes a country, a region, closing days and the holidays that the store keeps. Gives dates and words. Touches nothing;
the `holidays` library, which takes a tenth of a second to load, is imported only by the functions that ask it.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from followup import codes
from followup.errors import ConfigurationError
from followup.records import dataclass, field

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""What the owner reads, whatever the locale of the machine; clients read those of `render.words`."""

DEFAULT_WEEKEND = frozenset({5, 6})

# Working weeks that differ from Monday to Friday, as the `holidays` library 0.109 has them. They are repeated here
# because `due` must not load it; a test compares the two.
WEEKENDS: Mapping[str, frozenset[int]] = {
    **dict.fromkeys(
        ["AF", "BD", "BH", "DJ", "DZ", "EG", "IL", "IQ", "JO", "KW", "MR", "MV", "OM", "QA", "SA", "SD", "SY", "YE"],
        frozenset({4, 5}),
    ),
    **dict.fromkeys(["AI", "CD", "HK", "KN", "NE", "PY", "TK", "VE"], frozenset({6})),
    "BN": frozenset({4, 6}),
    "IR": frozenset({4}),
}

_FIRST, _LAST = date.min.toordinal(), date.max.toordinal()
_LONGEST_WALK = 40 * 366  # days without a single business day, after which we stop looking
_EXTRA_YEARS = 1  # built on either side of what is asked for, so that a walk over a year's end builds once


def weekend_of(country: str) -> frozenset[int]:
    """Return the days of the week on which *country* rests; Monday is 0."""
    return WEEKENDS.get(country, DEFAULT_WEEKEND)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days on which the firm works. Public holidays are known for the years in *holidays* and for no others.

    Args:
        country, region: where the firm is; only words and the weekend come from them.
        closing_days: ranges in which the firm is closed, first and last day included.
        holidays: public holidays with their names.
        weekend: days of the week, Monday is 0; the country's when None.
    """

    country: str = ""
    region: str = ""
    closing_days: tuple[tuple[date, date], ...] = ()
    holidays: Mapping[date, str] = field(default_factory=dict)
    weekend: frozenset[int] | None = None
    _table: _Table = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare an empty table; years are added to it as they are asked for."""
        resting = weekend_of(self.country) if self.weekend is None else self.weekend
        if len(resting) >= len(DAY_NAMES):
            raise ConfigurationError("The weekend takes the whole week; leave at least one day to work on.")
        closed = {day.toordinal() for day in self.holidays}
        for first, last in self.closing_days:
            closed.update(range(first.toordinal(), last.toordinal() + 1))
        object.__setattr__(self, "_table", _Table(resting, frozenset(closed)))

    def is_business_day(self, day: date) -> bool:
        """Tell whether the firm works on *day*."""
        return self._table.is_open(day.toordinal())

    def next_business_day(self, day: date) -> date:
        """Return *day* itself if the firm works on it, else the next day on which it does."""
        return self.add_business_days(day, 0)

    def add_business_days(self, day: date, count: int) -> date:
        """Return the *count*-th business day after *day*; before it when *count* is negative.

        *day* itself is never counted, whether the firm works on it or not: one business day after a Saturday is Monday.
        With 0, the next business day from *day* on.
        """
        return date.fromordinal(self._table.add(day.toordinal(), count))

    def why_closed(self, day: date) -> str:
        """Return why the firm does not work on *day*, in a word ("Saturday", "Christmas Day"); empty if it does."""
        if self.is_business_day(day):
            return ""
        if day in self.holidays:
            return self.holidays[day]
        if any(first <= day <= last for first, last in self.closing_days):
            return "closing day"
        return DAY_NAMES[day.weekday()]


class _Table:
    """Sorted ordinals of business days, extended year by year; searched by bisection."""

    __slots__ = ("_closed", "_days", "_first", "_last", "_weekend")

    def __init__(self, weekend: frozenset[int], closed: frozenset[int]) -> None:
        self._weekend = weekend
        self._closed = closed
        self._days: list[int] = []
        self._first = 1  # the range of ordinals that `_days` covers; empty at first
        self._last = 0

    def is_open(self, ordinal: int) -> bool:
        return (ordinal + 6) % 7 not in self._weekend and ordinal not in self._closed

    def add(self, ordinal: int, count: int) -> int:
        reach = 7 * (abs(count) + 1)
        while reach <= _LONGEST_WALK + 14 * abs(count):
            if count < 0:
                self._cover(ordinal - reach, ordinal)
                index = bisect.bisect_left(self._days, ordinal) + count
            else:
                self._cover(ordinal, ordinal + reach)
                find = bisect.bisect_right if count else bisect.bisect_left
                index = find(self._days, ordinal) + max(count - 1, 0)
            if 0 <= index < len(self._days):
                return self._days[index]
            reach *= 2
        raise OverflowError(f"no business day {count} from {date.fromordinal(ordinal)}: the firm is closed for good")

    def _cover(self, low: int, high: int) -> None:
        low, high = max(_FIRST, low), min(_LAST, high)
        if self._first <= low and high <= self._last:
            return
        first = date(max(date.fromordinal(low).year - _EXTRA_YEARS, date.min.year), 1, 1).toordinal()
        last = date(min(date.fromordinal(high).year + _EXTRA_YEARS, date.max.year), 12, 31).toordinal()
        if self._last:
            first, last = min(first, self._first), max(last, self._last)
        weekend, closed = self._weekend, self._closed
        self._days = [each for each in range(first, last + 1) if (each + 6) % 7 not in weekend and each not in closed]
        self._first, self._last = first, last


def longest_closing(closing_days: Iterable[tuple[date, date]]) -> timedelta:
    """Return how long the longest of *closing_days* lasts."""
    return max((last - first + timedelta(days=1) for first, last in closing_days), default=timedelta(0))


# ---------------------------------------------------------------- what the `holidays` library knows


def public_holidays(country: str, region: str, years: Iterable[int]) -> dict[date, str]:
    """Return the public holidays of *country*, and of *region* in it, with their names; in English where it has them.

    A country that the library does not know has none. ConfigurationError: an unknown region.
    """
    import holidays

    wanted = sorted(set(years))
    if not wanted or country not in _supported():
        return {}
    subdivision = find_region(country, region) if region else None
    language = _english(country)
    # Who names no region gets the most populous one: without any, the library gives the United Kingdom neither Easter
    # Monday nor the bank holiday in August.
    default = _MAIN_REGION.get(country)
    found = holidays.country_holidays(country, subdiv=subdivision or default, years=wanted, language=language)
    return {day: "; ".join(found.get_list(day)) for day in sorted(found)}


def regions(country: str) -> list[str]:
    """Return the codes of the regions of *country* that keep holidays of their own; none where all keep the same."""
    return list(_supported().get(country, ()))


def find_region(country: str, text: str) -> str:
    """Return the code of the region that *text* names, as code ("BY") or name ("Bayern", "Bavaria").

    ConfigurationError says which ones there are.
    """
    known = regions(country)
    by_name = {name.casefold(): code for name, code in _aliases(country).items()}
    by_name |= {code.casefold(): code for code in known}
    found = by_name.get(text.strip().casefold())
    if found is not None:
        return found
    if not known:
        raise ConfigurationError(
            f"business.region: {country} has no regions with holidays of their own, so '{text}' cannot be one. "
            "Leave it empty."
        )
    nearest = codes.nearest(text.casefold(), by_name)
    hint = f" Did you mean {by_name[nearest]} ({nearest.title()})?" if nearest else ""
    raise ConfigurationError(f"business.region: '{text}' is no region of {country}.{hint} Known: {', '.join(known)}.")


_MAIN_REGION = {"GB": "ENG"}


def _supported() -> dict[str, list[str]]:
    import holidays

    return holidays.list_supported_countries()


def _aliases(country: str) -> dict[str, str]:
    import holidays

    if country not in _supported():
        return {}
    return dict(type(holidays.country_holidays(country)).subdivisions_aliases)


def _english(country: str) -> str | None:
    import holidays

    kind = type(holidays.country_holidays(country))
    if (kind.default_language or "en").startswith("en"):
        return None
    return "en_US" if "en_US" in kind.supported_languages else None
