"""Phone numbers as people write them -> E.164, the form that can be compared and dialled.

Takes text and the home's country. Gives numbers. Touches nothing; the one door to `phonenumbers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

_TRUNK_ZERO = re.compile(r"\(0\)")
_REMARK = re.compile(r"\([^)\d]*\)|\b(?:ext|x|durchwahl|poste)\.?\s*\d+\s*$", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:[;,\n|]|:::| / | or | oder | ou | und | and |\bphone:|\bmobile:|\bfax:[^;,\n]*)\s*", re.IGNORECASE)
_LABEL = re.compile(r"^[^\d+(]*(?=[\d+(])")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?e\+?\d{1,2}", re.IGNORECASE)
_CLEAN = re.compile(r"\+[1-9]\d{7,14}")
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])


def to_e164(text: str, country: str) -> str | None:
    """Return *text* as E.164, or None when it is no possible number of *country* or of the one it names.

    Possible is enough: numbers for use in films and books are possible, never valid.
    """
    return _reader(country)(text)


def split(cell: str, country: str) -> tuple[list[str], list[str]]:
    """Return the numbers in a cell as E.164, in order and once each, and the parts that are none."""
    whole = to_e164(cell, country)
    if whole:
        return [whole], []
    numbers: list[str] = []
    rest: list[str] = []
    for part in _BETWEEN.split(cell):
        piece = part.strip(" \t:")
        if not piece:
            continue
        number = to_e164(piece, country)
        if number is None and "/" in piece:
            halves = [to_e164(half, country) for half in piece.split("/")]
            if all(halves):
                numbers += [half for half in halves if half and half not in numbers]
                continue
        if number is None:
            rest.append(piece)
        elif number not in numbers:
            numbers.append(number)
    return numbers, rest


def damaged(cell: str) -> bool:
    """Return whether a spreadsheet has rounded the number away: 4.47701E+11."""
    return bool(_SCIENTIFIC.fullmatch(cell.strip()))


@lru_cache(maxsize=8)
def _reader(country: str) -> Callable[[str], str | None]:
    import phonenumbers  # noqa: PLC0415 - 20 ms, and most commands read no phone number

    region = country or None
    leave = phonenumbers.PhoneNumberFormat.E164

    @lru_cache(maxsize=200_000)
    def read(text: str) -> str | None:
        plain = _TRUNK_ZERO.sub(" ", text.translate(_INVISIBLE).replace("\u00a0", " ").replace("\u202f", " "))
        plain = _LABEL.sub("", _REMARK.sub(" ", plain).strip()).strip().lstrip("'")
        if not 5 <= sum(letter.isdigit() for letter in plain) <= 17 or damaged(plain) or len(plain) > 40:
            return None
        if any(letter.isalpha() for letter in plain):
            return None
        try:
            number = phonenumbers.parse(plain, region)
        except phonenumbers.NumberParseException:
            return None
        if not phonenumbers.is_possible_number(number):
            return None
        return str(phonenumbers.format_number(number, leave))

    return read
