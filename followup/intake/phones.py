"""Phone numbers as people write them -> E.164, the form that can be compared and dialled.

Takes text and the home's country. Gives numbers. Touches nothing; the one door to `phonenumbers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from followup.intake import headers

_TRUNK_ZERO = re.compile(r"\(0\)")
_EXTENSION = r"\b(?:ext|x|durchwahl|dw|poste|toestel|tst|wew|int|anknytning)\.?\s*\d"
_REMARK = re.compile(rf"\([^)\d]*\)|{_EXTENSION}+\s*$", re.IGNORECASE)
_BETWEEN = re.compile(
    r"\s*(?:[;,\n|]|:::| / | (?:or|oder|ou|und|and|et|y|o|e|en|of|i|lub|och|eller) )\s*", re.IGNORECASE
)
# "home 0113 496 0001": a word before a number begins another one, unless it is the extension of the one before.
_BEFORE_A_LABEL = re.compile(rf"(?<=[\d)\s])(?!{_EXTENSION})(?=\b[^\W\d_]+\.?\s*:?\s*[+(]?\d)", re.IGNORECASE)
_FAX = re.compile(r"\b(?:tele)?(?:fax|faks)|\btélécopie|\bpager\b", re.IGNORECASE)
_WORDS_BEHIND = re.compile(r"[^\d)]+$")
_FIRST_DIGIT = re.compile(r"\s*[1-9]")
_DIGITS = re.compile(r"\s*[1-9]\d*(?:\.0)?\s*")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+")
_LABELS = headers.words(
    "phone mobile mob tel telephone cell landline home work office main number no nr telefon handy mobil privat"
    " festnetz dienstlich geschäftlich gesch büro firma téléphone tél portable port fixe domicile bureau travail gsm"
    " teléfono tfno tlf móvil fijo casa trabajo oficina telefono cellulare cell fisso ufficio lavoro telefoon mobiel"
    " vast thuis werk kantoor komórka kom komórkowy stacjonarny dom praca biuro hem arbete jobb fast kontor"
    " or oder ou und and et y o e en of i lub och eller"
)
_LABEL = re.compile(r"^[^\d+(]*(?=[\d+(])")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?e\+?\d{1,2}", re.IGNORECASE)
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])


def to_e164(text: str, country: str) -> str | None:
    """Return *text* as E.164, or None when it is no possible number of *country* or of the one it names.

    Possible is enough: numbers for use in films and books are possible, never valid.
    """
    return _reader(country)(text)


def plain(cell: str, country: str) -> str | None:
    """Return the number of a cell that is one, with the zero or the plus that it is dialled with: nearly every cell.

    None says nothing; `read` has the others.
    """
    return _quick_reader(country)(cell) if cell[:1] in _DIALLED else None


_DIALLED = frozenset("0+(")


class Found(NamedTuple):
    """What a cell of phone numbers says."""

    numbers: tuple[str, ...] = ()  # as E.164, in order and once each
    rest: tuple[str, ...] = ()  # parts that are no numbers
    local: bool = False  # of a number that may be one within a town
    words: str = ""  # the cell, where it says more than numbers and what kind of phone each is; never a fax


_LONGEST = 1_000
"""Characters in a cell of phones; to look for numbers in a whole letter takes too long."""


def read(cell: str, country: str, *, zeros_lost: bool = False) -> Found:
    """Return the numbers in a cell, the parts that are none, and the words beside them.

    *zeros_lost*: no number of the column begins with a zero, so it was a spreadsheet that took them away; otherwise one
    that lacks it may be a number within a town, and is a number of the country only when there is such a one.
    """
    if len(cell) > _LONGEST:
        return Found((), (cell,))
    if not _LETTER.search(cell):
        whole = to_e164(cell, country)
        if whole and (zeros_lost or _is_certain(cell, whole, country)):
            return Found((whole,))
    numbers: list[str] = []
    rest: list[str] = []
    kept: list[str] = []
    telling = local = False
    for part in _BETWEEN.split(_BEFORE_A_LABEL.sub("\n", cell)):
        piece = part.strip(" \t:")
        if not piece or _FAX.search(piece):
            continue
        kept.append(piece)
        found = _numbers(piece, country)
        if found and not zeros_lost:
            local = local or not all(_is_certain(_LABEL.sub("", piece), number, country) for number in found)
            found = [number for number in found if _is_certain(_LABEL.sub("", piece), number, country)]
        telling = telling or any(word.lower() not in _LABELS for word in _WORD.findall(piece))
        if found:
            numbers += [number for number in found if number not in numbers]
        elif any(letter.isdigit() for letter in piece) or piece.lower().rstrip(".") not in _LABELS:
            rest.append(piece)
    if numbers:
        rest = [piece for piece in rest if any(letter.isdigit() for letter in piece)]
    return Found(tuple(numbers), tuple(rest), local, ", ".join(kept) if numbers and (telling or rest) else "")


def _numbers(piece: str, country: str) -> list[str]:
    """Return the number of a piece, or two that a slash divides; words may stand before and behind."""
    number = to_e164(piece, country) or to_e164(_WORDS_BEHIND.sub("", piece), country)
    if number:
        return [number]
    if "/" in piece:
        halves = [to_e164(half, country) for half in piece.split("/")]
        if all(halves):
            return [half for half in halves if half]
    return []


def _is_certain(cell: str, number: str, country: str) -> bool:
    return not _FIRST_DIGIT.match(cell) or _is_international(cell, number) or _is_national(number, country)


@lru_cache(maxsize=50_000)
def _is_national(number: str, country: str) -> bool:
    """Return whether a number that lacks the zero of its country can still be no other than it was read as."""
    import phonenumbers

    meta = phonenumbers.PhoneMetadata.metadata_for_region(country, None) if country else None
    if meta is None or meta.general_desc is None or not _dials_zero(country):
        return True
    if len(meta.general_desc.possible_length) <= 3:  # too short for a number within a town
        return True
    kind = phonenumbers.number_type(phonenumbers.parse(number, None))
    return bool(kind == phonenumbers.PhoneNumberType.MOBILE)  # in a town no number begins like those


@lru_cache(maxsize=8)
def _dials_zero(country: str) -> bool:
    import phonenumbers

    meta = phonenumbers.PhoneMetadata.metadata_for_region(country, None) if country else None
    return meta is not None and meta.national_prefix == "0"


def lacks_zero(cell: str, number: str, country: str) -> bool:
    """Return whether *number* was typed with the zero that is dialled before it at home, and lost it in a spreadsheet.

    Such a cell holds digits and nothing else: with a blank in it, it was a text, from which no spreadsheet takes any.
    """
    return bool(_DIGITS.fullmatch(cell)) and not _is_international(cell, number) and _dials_zero(country)


def _is_international(cell: str, number: str) -> bool:
    """Return whether a number is written with the code of its country, and only without the plus."""
    return "".join(letter for letter in cell if letter.isdigit()).startswith(number[1:])


def damaged(cell: str) -> bool:
    """Return whether a spreadsheet has rounded the number away: 4.47701E+11."""
    return bool(_SCIENTIFIC.fullmatch(cell.strip()))


_BEGINNINGS = frozenset("+(0123456789")
_NO_MARKS = str.maketrans("", "", " ().-")


@lru_cache(maxsize=8)
def _reader(country: str) -> Callable[[str], str | None]:
    import phonenumbers

    region = country or None
    leave = phonenumbers.PhoneNumberFormat.E164
    quick = _quick_reader(country)

    @lru_cache(maxsize=20_000)
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


@lru_cache(maxsize=8)
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
        if text[:1] not in _BEGINNINGS or not 5 < len(text) < 26 or not text.isascii() or "(0)" in text:
            return None
        digits = text.replace(" ", "")
        if not digits.isdigit():
            digits = text.translate(_NO_MARKS)
        if text[0] == "+" and digits.startswith(begin):
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
