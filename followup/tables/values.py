"""One value of each kind as text: for machines, and for people.

Takes values as reports give them (see cells.Kind). Gives text. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from followup import cells
from followup.model import Reason


def iso_day(value: date | str | None) -> str:
    """Return a day as 2026-03-02; a text is one already."""
    if value is None:
        return ""
    return value if isinstance(value, str) else value.isoformat()


def iso_instant(value: datetime | str | None) -> str:
    """Return an instant as 2026-03-02T09:15:00+00:00; a text is one already."""
    if value is None:
        return ""
    return value if isinstance(value, str) else value.astimezone(UTC).isoformat(timespec="seconds")


def plain_amount(value: tuple[int, str] | None) -> str:
    """Return an amount as a plain decimal; its currency stands in a column of its own."""
    return "" if value is None else cells.decimal(*value)


def comma_amount(value: tuple[int, str] | None) -> str:
    """Return an amount as a decimal with a comma, for the Excel of countries that write so."""
    return plain_amount(value).replace(".", ",")


def plain_number(value: int | None) -> str:
    """Return a number in digits."""
    return "" if value is None else str(value)


def yes_or_no(value: bool | None) -> str:
    """Return the word that our own import reads as a flag."""
    return "" if value is None else "yes" if value else "no"


def listed(value: Sequence[str] | None) -> str:
    """Return several words in one cell, the way our own import takes them apart again."""
    return cells.guard("; ".join(value)) if value else ""


def reasons(value: Sequence[Reason] | None) -> str:
    """Return the sentences of *value* in one cell."""
    return cells.guard("; ".join(reason.text for reason in value)) if value else ""


def plain(kind: cells.Kind, *, decimal_mark: str = ".") -> Callable[[Any], str]:
    """Return what writes a value of *kind*, which is not text, into a csv cell."""
    if kind == "amount" and decimal_mark == ",":
        return comma_amount
    return _PLAIN[kind]


_PLAIN: dict[cells.Kind, Callable[[Any], str]] = {
    "day": iso_day,
    "instant": iso_instant,
    "amount": plain_amount,
    "number": plain_number,
    "flag": yes_or_no,
    "words": listed,
    "reasons": reasons,
}


# ---------------------------------------------------------------- json


def json_reasons(value: Sequence[Reason] | None) -> list[dict[str, str | None]]:
    """Return reasons as objects with a stable code."""
    return [
        {"code": reason.code, "text": reason.text, "on": reason.on.isoformat() if reason.on else None}
        for reason in value or ()
    ]


def jsonable(kind: cells.Kind) -> Callable[[Any], object] | None:
    """Return what makes a value of *kind* fit for json; None where it is as it is.

    Days and amounts that are not there are null. Amounts are decimals in quotes: as json numbers, most readers
    would turn them into binary floats.
    """
    return _JSON.get(kind)


_JSON: dict[cells.Kind, Callable[[Any], object]] = {
    "text": lambda value: value or "",
    "day": lambda value: iso_day(value) or None,
    "instant": lambda value: iso_instant(value) or None,
    "amount": lambda value: plain_amount(value) or None,
    "words": lambda value: list(value or ()),
    "reasons": json_reasons,
}


# ---------------------------------------------------------------- screens


def shown(kind: cells.Kind) -> Callable[[Any], str]:
    """Return what writes a value of *kind* for people, on one harmless line."""
    return _SHOWN[kind]


def _shown_text(value: str | None) -> str:
    return cells.printable(value) if value else ""


def _shown_instant(value: datetime | str | None) -> str:
    """Return an instant as the clock shows it in the zone that it is given in."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return iso_instant(value)[:16].replace("T", " ")


def _shown_amount(value: tuple[int, str] | None) -> str:
    return "" if value is None else cells.amount(*value)


def _shown_words(value: Sequence[str] | None) -> str:
    return cells.printable(", ".join(value)) if value else ""


def _shown_reasons(value: Sequence[Reason] | None) -> str:
    return cells.printable("; ".join(reason.text for reason in value)) if value else ""


_SHOWN: dict[cells.Kind, Callable[[Any], str]] = {
    "text": _shown_text,
    "day": iso_day,
    "instant": _shown_instant,
    "amount": _shown_amount,
    "number": plain_number,
    "flag": yes_or_no,
    "words": _shown_words,
    "reasons": _shown_reasons,
}
