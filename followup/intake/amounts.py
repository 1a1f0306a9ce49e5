"""A cell -> the exact amount in it, in minor units.

Takes text, the decimal mark of its column, and a currency where the cell names none. Gives amounts and numbers, why
there is none, or which mark a text proves. Touches nothing.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from followup import cells, codes

_MONEY = re.compile(
    r"(?P<sign>[-−(]?)\s*(?P<before>[^\W\d]{0,3}[$£€¥₹]?|[A-Z]{3})\s*(?P<minus>[-−]?)(?P<number>\d[\d.,'’\s]*|[.,]\d+)\s*"
    r"(?P<after>[$£€¥₹]|[^\W\d]{1,4}\.?)?\s*(?P<close>[-)]?)"
)
_SIGNS = {"£": "GBP", "€": "EUR", "¥": "JPY", "₹": "INR"}
LIKE_NINE = str.maketrans("12345678", "99999999")
"""Amounts that it makes one show the same of their decimal mark."""
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{2,3})*[.,]\d{3}")  # by two and three in India
_BLANKS = str.maketrans("", "", "\u00a0\u202f\u2009 '’")


class Money(NamedTuple):
    """An exact amount in minor units."""

    minor: int
    currency: str


def currency_of_sign(sign: str) -> str:
    """Return the currency that a sign stands for everywhere; a dollar sign stands for many."""
    return _SIGNS.get(sign.strip(), "")


def plain(value: str, mark: str, digits: int) -> int | None:
    """Return the minor units in a cell of figures with so many *digits* behind the mark, as nearly every amount is."""
    whole, _, part = value.partition(mark)
    if len(part) == digits and len(value) < 16 and value.isascii() and whole.isdigit() and part.isdigit():
        return int(whole + part)
    return None


def read(value: str, *, mark: str, currency: str) -> Money | str:
    """Return the amount in a cell, or why it is none.

    Args:
        value: the cell.
        mark: the decimal mark of the file.
        currency: of the row, else of the home; a sign in the cell goes before it.
    """
    minor = plain(value, mark, cells.minor_digits(currency))
    if minor is not None:
        return Money(minor, currency)
    found = _MONEY.fullmatch(value.strip())
    if not found:
        return "is no amount; write it like 120.00"
    name = (found["before"] or "") + (found["after"] or "").rstrip(".")
    code = _SIGNS.get(name) or (name.upper() if name.upper() in codes.CURRENCIES else "") or currency
    if name.endswith("$") and not code.endswith("D"):
        code = "USD"
    exact = _exact(found["number"].translate(_BLANKS), mark)
    if exact is None:
        return f"does not fit the decimal mark '{mark}'; write it like 120{mark}00"
    digits = cells.minor_digits(code)
    scaled = exact.scaleb(digits)
    if scaled != scaled.to_integral_value():
        return f"is more exact than {code or 'money'} can be ({digits} digits after the mark)"
    if scaled > 10**15:
        return "is too large for an amount"
    negative = found["sign"] in ("-", "−", "(") or found["minus"] or found["close"] == "-"
    return Money(-int(scaled) if negative else int(scaled), code)


def number(value: str, *, mark: str) -> Decimal | None:
    """Return the number in a cell, such as a price or how many, as exact as it is written; None when it is none."""
    found = _MONEY.fullmatch(value.strip())
    exact = _exact(found["number"].translate(_BLANKS), mark) if found else None
    negative = found and (found["sign"] in ("-", "−", "(") or found["minus"] or found["close"] == "-")
    return -exact if exact is not None and negative else exact


def mark_of(value: str) -> str | None:
    """Return the decimal mark that a text proves; None when it could be two, "" when either would do or it is none."""
    return _mark_of_shape(value.translate(LIKE_NINE).strip())


@lru_cache(maxsize=10_000)  # a file has few shapes of amounts
def _mark_of_shape(shape: str) -> str | None:
    found = _MONEY.fullmatch(shape)
    return _mark_in(found["number"].translate(_BLANKS)) if found else ""


def _mark_in(number: str) -> str | None:
    points, commas = number.count("."), number.count(",")
    if points and commas:
        return "." if number.rfind(".") > number.rfind(",") else ","
    if not points and not commas:
        return ""
    mark = "." if points else ","
    other = "," if points else "."
    if points + commas > 1:
        return other if _GROUPED.fullmatch(number) else ""  # 1.2.3 is a slip, and proves nothing
    whole, _, part = number.partition(mark)
    if len(part) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0"):
        return None
    return mark


def _exact(number: str, mark: str) -> Decimal | None:
    grouping = "," if mark == "." else "."
    whole, _, part = number.partition(mark)
    first, *groups = whole.split(grouping)
    # 1,00,000 is written in India; the last group has three figures everywhere, so that 12,50 is never 1250.
    if grouping in part or mark in part or any(len(each) not in (2, 3) for each in groups):
        return None
    if groups and (len(groups[-1]) != 3 or not first):
        return None
    try:
        return Decimal(f"{first or '0'}{''.join(groups)}.{part or '0'}")
    except InvalidOperation:
        return None
