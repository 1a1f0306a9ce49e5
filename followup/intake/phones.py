"""Phone numbers as people write them -> E.164, the form that can be compared and dialled.

Takes text and the home's country. Gives numbers. Touches nothing; the one door to `phonenumbers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

_TRUNK_ZERO = re.compile(r"\(0\)")
_REMARK = re.compile(r"\([^)\d]*\)|\b(?:ext|x|durchwahl|poste)\.?\s*\d+\s*$", re.IGNORECASE)
_BETWEEN = re.compile(
    r"\s*(?:[;,\n|]|:::| / | or | oder | ou | und | and |\bphone:|\bmobile:|\bfax:[^;,\n]*)\s*", re.IGNORECASE
)
_LABEL = re.compile(r"^[^\d+(]*(?=[\d+(])")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?e\+?\d{1,2}", re.IGNORECASE)
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


_PLAIN = re.compile(r"[+\d(][\d ().-]{5,24}")
_NO_MARKS = str.maketrans("", "", " ().-")


@lru_cache(maxsize=8)
def _reader(country: str) -> Callable[[str], str | None]:
    import phonenumbers

    region = country or None
    leave = phonenumbers.PhoneNumberFormat.E164
    quick = _quick_reader(country)

    @lru_cache(maxsize=200_000)
    def read(text: str) -> str | None:
        found = quick(text)
        if found is not None:
            return found
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
        # Numbers that only work inside a town are possible for dialling, but they are nobody's E.164 number.
        if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
            return None
        return str(phonenumbers.format_number(number, leave))

    return read


def _quick_reader(country: str) -> Callable[[str], str | None]:
    """Return a reader of the plain case, thirty times faster: a national number as it is dialled at home.

    It answers only where the library's own tables leave no choice, and says nothing (None) otherwise.
    """
    import phonenumbers

    meta = phonenumbers.PhoneMetadata.metadata_for_region(country, None) if country else None
    prefix = meta.national_prefix if meta is not None else None
    parsing = (meta.national_prefix_for_parsing or "") if meta is not None else ""
    if (
        meta is None
        or meta.general_desc is None
        or prefix not in ("0", "1")
        or "(" in parsing
        or parsing.split("|")[0] != prefix
    ):
        return lambda _: None
    # Countries that dial 1 share their calling code; ten digits are possible in all of them.
    lengths = frozenset(meta.general_desc.possible_length) if prefix == "0" else frozenset({10})
    begin = f"+{meta.country_code}"
    fits = re.compile(meta.general_desc.national_number_pattern or "").fullmatch

    def quick(text: str) -> str | None:
        if not text.isascii() or not _PLAIN.fullmatch(text) or "(0)" in text:
            return None
        digits = text.translate(_NO_MARKS)
        if digits.startswith(begin):
            rest = digits[len(begin) :]
        elif digits[:1] == prefix and prefix == "0":
            rest = digits[1:]
        elif prefix == "1" and len(digits) == 10:
            rest = digits
        else:
            return None
        if rest[:1] in ("", prefix, "0", "+") or len(rest) not in lengths or not rest.isdigit() or not fits(rest):
            return None
        return begin + rest

    return quick
