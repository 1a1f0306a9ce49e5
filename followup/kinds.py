"""Kinds of values in the settings file: each function checks one and returns it in the form in which it is used.

Takes a value as TOML has it. Gives a value, or ValueError with words that follow the name of the setting: "is not ...".
Touches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from followup import cadence, codes, workdays
from followup.model import Delay


def line(value: Any) -> str:
    """Check a text in one line."""
    if not isinstance(value, str):
        raise ValueError('is not a text; put it in quotes: "..."')
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
        raise ValueError("contains control characters; it has to be one line")
    return value.strip()


def lines(value: Any) -> str:
    """Check a text of several lines: in three quotes, or as a list."""
    if isinstance(value, list):
        return "\n".join(filter(None, map(line, value)))
    if not isinstance(value, str):
        raise ValueError('is not a text; put it in quotes: "...", or in three of them when it has several lines')
    return "\n".join(filter(None, map(line, value.splitlines())))


def email(value: Any) -> str:
    """Check an e-mail address, alone."""
    text = line(value)
    if text and not re.fullmatch(r"[^\s@<>,;\"()]+@[^\s@<>,;\"()]+\.[^\s@<>,;\"().]+", text):
        raise ValueError('is not an e-mail address; write only the address, such as "sam@example.com"')
    return text


def link(value: Any) -> str:
    """Check a link to a page."""
    text = line(value)
    if text and not re.fullmatch(r"https?://[^\s/]+\S*", text):
        raise ValueError('is not a link; it begins with "https://"')
    return text


def country(value: Any) -> str:
    """Check a country, by its code."""
    text = line(value)
    if text and text.upper() not in codes.COUNTRIES:
        meant = codes.country_meant(text)
        hint = f'did you mean "{meant}"?' if meant else 'write its two letters, such as "GB", "US" or "DE"'
        raise ValueError(f"is not the ISO 3166 code of a country; {hint}")
    return text.upper()


def currency(value: Any) -> str:
    """Check a currency, by its code."""
    text = line(value).upper()
    if text and text not in codes.CURRENCIES:
        raise ValueError('is not the ISO 4217 code of a currency; write three letters, such as "GBP", "USD" or "EUR"')
    return text


def language(value: Any) -> str:
    """Check a language, by its code."""
    text = line(value).lower()
    if text and text not in codes.LANGUAGES:
        raise ValueError('is not the ISO 639 code of a language; write two letters, such as "en", "de" or "fr"')
    return text


def timezone(value: Any) -> str:
    """Check a time zone, by its name."""
    import zoneinfo

    text = line(value)
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        names = {name.casefold(): name for name in zoneinfo.available_timezones()}
        by_city = {name.rpartition("/")[2]: full for name, full in names.items()}
        near = codes.nearest(text.casefold().replace(" ", "_"), names) or codes.nearest(
            text.casefold().rpartition("/")[2].replace(" ", "_"), by_city
        )
        hint = f'did you mean "{names.get(near) or by_city[near]}"?' if near else 'write one such as "Europe/London"'
        raise ValueError(f"is not the name of a time zone; {hint}") from None
    return text


def delay(value: Any) -> Delay:
    """Check a distance in time, to be counted forward."""
    if not isinstance(value, str):
        raise ValueError(f"is not a delay; write {cadence.EXAMPLES_OF_DELAYS}")
    try:
        found = cadence.parse_delay(value)
    except ValueError as error:
        raise ValueError(str(error).removeprefix(f"'{value}' ")) from None
    if found.before:
        raise ValueError("looks back; leave out 'before'")
    return found


def longer_delay(value: Any) -> Delay:
    """Check a distance in time that is more than none."""
    found = delay(value)
    if not found.number:
        raise ValueError('is no time at all; write for example "12 months"')
    return found


def amount(value: Any) -> str:
    """Check an amount of money, exact."""
    try:
        return cadence.parse_amount(value)
    except ValueError as error:
        raise ValueError(str(error).partition(" ")[2]) from None


def factor(value: Any) -> str:
    """Check a number from 1 to 10 with decimals, exact."""
    text = amount(value)
    if not text or not 1 <= Decimal(text) <= 10:
        raise ValueError("is not a number from 1 to 10")
    return text


def days(value: Any) -> int:
    """Check a number of days within a year."""
    return _whole(value, 0, 366)


def day_of_year(value: Any) -> str:
    """Check a day that comes every year: month and day."""
    text = line(value)
    try:
        if text and f"{date.fromisoformat(f'2001-{text}'):%m-%d}" != text:  # a year without 29 February
            raise ValueError
    except ValueError:
        raise ValueError('is no day of every year; write month and day, such as "04-06" for 6 April') from None
    return text


def file_names(value: Any) -> tuple[str, ...]:
    """Check a list of names of files, without folders."""
    found = texts(value)
    for each in found:
        if not each or each.startswith(".") or re.search(r"[/\\:]", each):
            raise ValueError(f"holds '{each}'; write names of files without folders, such as \"boiler.pdf\"")
    return found


def tries(value: Any) -> int:
    """Check how often to try."""
    return _whole(value, 1, 20)


def _whole(value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"is not a whole number from {low} to {high}, without quotes")
    return value


def whole(low: int, high: int) -> Callable[[Any], int]:
    """Return the kind that takes a whole number from *low* to *high*."""
    return lambda value: _whole(value, low, high)


def seconds(value: Any) -> Decimal:
    """Check a time of at most ten minutes, exact."""
    number = Decimal(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else Decimal("nan")
    if not number.is_finite() or not 0 <= number <= 600:
        raise ValueError("is not a number of seconds from 0 to 600, without quotes")
    return number


def yes_or_no(value: Any) -> bool:
    """Check a choice between two."""
    if not isinstance(value, bool):
        raise ValueError("is neither true nor false, without quotes")
    return value


def host(value: Any) -> str:
    """Check the name or number of a computer, alone."""
    text = line(value)
    if text and (not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?|::1", text) or text.count(":") == 1):
        raise ValueError('is not the name of a server; write only the name, such as "mail.example.com"')
    return text


def command(value: Any) -> str:
    """Check a command with its arguments, in quotes where they hold blanks."""
    text = line(value)
    if text:
        import shlex

        try:
            shlex.split(text)
        except ValueError:
            raise ValueError("is not a command: a quotation mark in it is not closed") from None
    return text


def one_of(*words: str) -> Callable[[Any], str]:
    """Return the kind that takes one of *words*."""

    def check(value: Any) -> str:
        text = line(value)
        if text and text not in words:
            near = codes.nearest(text, words)
            hint = f"; did you mean '{near}'?" if near else ""
            raise ValueError(f"is not one of: {', '.join(words)}{hint}")
        return text

    return check


def hours(value: Any) -> str:
    """Check a range of hours within a day."""
    text = line(value)
    if not text:
        return ""
    match = re.fullmatch(r"([01]?\d|2[0-3])[:.]([0-5]\d)\s*(?:-|–|to)\s*([01]?\d|2[0-3])[:.]([0-5]\d)", text)
    if match is None:
        raise ValueError('is not a range of hours; write for example "08:00-18:00"')
    start, end = f"{match[1]:0>2}:{match[2]}", f"{match[3]:0>2}:{match[4]}"
    if start >= end:
        raise ValueError("ends before it begins; it has to lie within one day")
    return f"{start}-{end}"


def office_hours(value: Any) -> str:
    """Check a range of hours within a day that cannot be left open."""
    text = hours(value)
    if not text:
        raise ValueError('is empty; write for example "09:00-17:00"')
    return text


def closing_days(value: Any) -> tuple[tuple[date, date], ...]:
    """Check days and ranges of days; sorted."""
    if not isinstance(value, list):
        raise ValueError('is not a list; write ["2026-12-24..2027-01-03", "2027-05-28"]')
    return tuple(sorted(_closing(each) for each in value))


def _closing(value: Any) -> tuple[date, date]:
    if type(value) is date:  # TOML has dates of its own; a date with a time is another type
        return value, value
    shown = f"'{value}'" if isinstance(value, str) else str(value)
    first, dots, last = (part.strip() for part in value.partition("..")) if isinstance(value, str) else ("", "", "")
    try:
        start = date.fromisoformat(first)
        end = date.fromisoformat(last) if dots else start
    except ValueError:
        raise ValueError(f"holds {shown}, which is no day; write 2026-12-24, or 2026-12-24..2027-01-03") from None
    if end < start:
        raise ValueError(f"holds {shown}, which ends before it begins")
    if end - start > timedelta(days=366):
        raise ValueError(f"holds {shown}, which is longer than a year")
    return start, end


def weekend(value: Any) -> frozenset[int] | None:
    """Check days of the week; None for those of the country."""
    names = [name.casefold() for name in workdays.DAY_NAMES]
    if value == "":
        return None
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError('is not a list of days; write ["Saturday", "Sunday"]')
    for each in value:
        if each.casefold() not in names:
            raise ValueError(f"holds '{each}'. {codes.did_you_mean(each.capitalize(), workdays.DAY_NAMES)}")
    days = frozenset(names.index(each.casefold()) for each in value)
    if len(days) == len(names):
        raise ValueError("takes the whole week; leave a day to work on")
    return days


def texts(value: Any) -> tuple[str, ...]:
    """Check a list of texts."""
    if not isinstance(value, list):
        raise ValueError('is not a list of texts; write ["one", "two"]')
    return tuple(line(each) for each in value)
