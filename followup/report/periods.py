"""From what was asked for to a first and a last day: --from/--to, --month, --quarter, --year, --last-month.

Takes texts and today. Gives a Period, both days included. Touches nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from followup import cells
from followup.errors import UsageError
from followup.report import words


@dataclass(frozen=True, slots=True)
class Period:
    """Days from *from_on* to *to_on*, both included, in the home's calendar."""

    from_on: date
    to_on: date

    def __str__(self) -> str:
        """Return the period as people say it."""
        if self == _month(self.from_on.year, self.from_on.month):
            return f"{self.from_on:%Y-%m}"
        if self.from_on == self.to_on:
            return words.full_day(self.from_on)
        return f"{words.full_day(self.from_on)} to {words.full_day(self.to_on)}"


def period(
    *,
    today: date,
    from_on: date | str | None = None,
    to_on: date | str | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    last_month: bool = False,
) -> Period:
    """Return the days that the options mean; without any, this month up to today.

    ``from_on`` alone goes up to today. Each of the other options is a whole period and stands alone.

    Raises:
        UsageError: an option cannot be read, two that say different things, or the end is before the beginning.
    """
    given = {
        "--month": month is not None,
        "--quarter": quarter is not None,
        "--year": year is not None,
        "--last-month": last_month,
        "--from/--to": from_on is not None or to_on is not None,
    }
    named = [option for option, is_given in given.items() if is_given]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} each name a period. Give one of them.")
    if month is not None:
        return _read_month(month)
    if quarter is not None:
        return _read_quarter(quarter)
    if year is not None:
        return _read_year(str(year))
    if last_month:
        end = today.replace(day=1) - timedelta(days=1)
        return Period(end.replace(day=1), end)
    return _between(from_on, to_on, today=today)


def _between(from_on: date | str | None, to_on: date | str | None, *, today: date) -> Period:
    first = _read_day("--from", from_on) if from_on is not None else None
    last = _read_day("--to", to_on) if to_on is not None else None
    if first is None and last is not None:
        raise UsageError(f"--to {last} has no beginning. Add --from, or use --month {last:%Y-%m}.")
    if first is None:
        return Period(today.replace(day=1), today)
    if last is None:
        if first > today:
            raise UsageError(f"--from {first} is after today ({today}). Add --to, or an earlier --from.")
        return Period(first, today)
    if last < first:
        raise UsageError(f"--to {last} is before --from {first}. Change them round.")
    return Period(first, last)


def _read_day(option: str, value: date | str) -> date:
    if isinstance(value, date):
        return value
    try:
        # Only the form that people read too: fromisoformat also takes 20260302 and 2026-W10-1.
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError(value)
        return date.fromisoformat(value)
    except ValueError:
        raise UsageError(f"{option}: '{value}' is not a day. Write 2026-03-02.") from None


def _read_month(text: str) -> Period:
    found = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})", text)
    if not found or not 1 <= int(found[2]) <= 12 or found[1] == "0000":
        raise UsageError(f"--month: '{cells.short(text)}' is not a month. Write 2026-03.")
    return _month(int(found[1]), int(found[2]))


def _read_quarter(text: str) -> Period:
    found = re.fullmatch(r"([0-9]{4})-?[Qq]([1-4])", text)
    if not found or found[1] == "0000":
        raise UsageError(f"--quarter: '{cells.short(text)}' is not a quarter. Write 2026-Q1.")
    year, number = int(found[1]), int(found[2])
    return Period(date(year, 3 * number - 2, 1), _month(year, 3 * number).to_on)


def _read_year(text: str) -> Period:
    if not re.fullmatch(r"[0-9]{4}", text) or text == "0000":
        raise UsageError(f"--year: '{cells.short(text)}' is not a year. Write 2026.")
    return Period(date(int(text), 1, 1), date(int(text), 12, 31))


def _month(year: int, month: int) -> Period:
    first = date(year, month, 1)
    # 31 is the longest month; stepping past the end of the calendar (9999-12) is no concern of a business.
    last = first.replace(day=31) if month == 12 else first.replace(month=month + 1) - timedelta(days=1)
    return Period(first, last)
