"""One cell of a table: what it may hold, and how it is made safe for a spreadsheet and for a terminal.

Takes and gives plain text and values; a leaf that reading (intake), reports and tables share. Touches nothing.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from itertools import accumulate
from typing import Literal

from followup import codes
from followup.records import dataclass

# ---------------------------------------------------------------- columns

Kind = Literal["text", "day", "instant", "amount", "number", "flag", "words", "reasons"]
"""What the cells of a column hold; None is an empty cell in each of them.

text: str. day: date, or its ISO text. instant: aware datetime, or its ISO text in UTC. amount: (minor units, currency).
number: int. flag: bool. words: a sequence of str. reasons: a sequence of model.Reason.
"""

Place = Literal["everywhere", "screen", "data"]
"""Where a column is shown: in tables for people (screen), in csv and json (data), or in all of them."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: *name* is the csv header and the json key, a promise; *title* is what people read."""

    name: str
    title: str = ""
    kind: Kind = "text"
    place: Place = "everywhere"
    whole: bool = False  # never cut on a narrow screen: keys, numbers to dial
    spare: int = 0  # left out of a table that is too wide even with its texts cut; the highest goes first, 0 never

    @property
    def on_screen(self) -> bool:
        """Tell whether tables for people have it."""
        return self.place != "data"

    @property
    def in_data(self) -> bool:
        """Tell whether csv and json have it."""
        return self.place != "screen"


# ---------------------------------------------------------------- formulas

TRIGGERS = frozenset("=+-@\t\r")
"""First characters that make a spreadsheet take a text for a formula (OWASP, "CSV Injection")."""

SUSPECT = TRIGGERS | {"'"}
"""First characters that `guard` has to look at; a caller with millions of cells asks this first."""

# E.164: at most 15 digits, the first no zero. Both forms are ASCII only: other digits are text to a spreadsheet.
_HARMLESS = re.compile(r"\+[1-9][0-9]{1,14}|-?[0-9]+(?:\.[0-9]+)?")


def guard(text: str) -> str:
    """Return *text* so that no spreadsheet computes it: an apostrophe in front where it could.

    Exactly an E.164 number or a plain decimal stays as it is. A text that already begins like a guarded one gets one
    more apostrophe, so that `unguard` gives every text back.
    """
    if not text or text[0] not in SUSPECT:
        return text
    if text[0] == "'":
        return f"'{text}" if _looks_guarded(text) else text
    return text if _HARMLESS.fullmatch(text) else f"'{text}"


def unguard(text: str) -> str:
    """Return what `guard` was given. Apostrophes that guard nothing ('t Hooft) stay."""
    return text[1:] if text[:1] == "'" and _looks_guarded(text) else text


def _looks_guarded(text: str) -> bool:
    return text.lstrip("'")[:1] in TRIGGERS


# ---------------------------------------------------------------- terminals

_NEWLINE = " ⏎ "
# Joiners are spelling in Persian and the scripts of India, and in emoji; they move no cursor and turn no line.
_JOINERS = frozenset("\u200c\u200d")


class _Visible(dict[int, str]):
    """For str.translate: what to write for each character, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        if letter.isprintable() or letter in _JOINERS or unicodedata.category(letter) == "Zs":
            shown = letter
        elif letter in "\n\u2028\u2029\x85":
            shown = _NEWLINE
        elif letter == "\t":
            shown = " "
        elif code < 0x20:
            shown = chr(0x2400 + code)  # control pictures: ESC is shown as a small "ESC"
        elif code == 0x7F:
            shown = "␡"
        else:
            shown = f"<U+{code:04X}>"
        self[code] = shown
        return shown


_VISIBLE = _Visible()


def printable(text: str) -> str:
    """Return *text* on one line, with whatever could move the cursor or turn the writing made visible."""
    if text.isprintable():
        return text
    return text.replace("\r\n", "\n").translate(_VISIBLE)


def printable_lines(text: str) -> list[str]:
    """Return the lines of *text*, each made harmless like `printable`; for pages, not for tables."""
    return [printable(line) for line in text.replace("\r\n", "\n").split("\n")]


_FIRST_MARK = "\u0300"  # below it every letter takes one column


def width(text: str) -> int:
    """Return how many columns of a terminal *text* takes: two for wide East Asian letters, none for marks."""
    if text.isascii() or max(text) < _FIRST_MARK:
        return len(text)
    return sum(map(_letter_width, text))


def cut(text: str, limit: int) -> str:
    """Return *text* in at most *limit* columns of a terminal, with an ellipsis where something was left out."""
    if width(text) <= limit:
        return text
    if limit < 1:
        return ""
    taken = accumulate(map(_letter_width, text))
    end = next(index for index, columns in enumerate(taken) if columns > limit - 1)
    return text[:end].rstrip() + "…"


def short(text: str) -> str:
    """Return what was typed, or a cell of a file, as it is said within a sentence: harmless, and never a whole page."""
    return cut(printable(text), 40)


def _letter_width(letter: str) -> int:
    if letter < _FIRST_MARK:
        return 1
    if letter in _JOINERS or unicodedata.category(letter) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in {"W", "F"} else 1


# ---------------------------------------------------------------- amounts


def minor_digits(currency: str) -> int:
    """Return how many digits the minor unit of *currency* has; two where we do not know it."""
    return codes.MINOR_DIGITS.get(currency.upper(), 2)


def minor(text: str, currency: str) -> int:
    """Return a decimal of the settings or of our own rules in minor units; what people type is read by intake."""
    return int(Decimal(text).scaleb(minor_digits(currency)))


def decimal(minor: int, currency: str) -> str:
    """Return an amount in minor units as a plain decimal: no sign of currency, no thousands, an exact point."""
    digits = minor_digits(currency)
    if not digits:
        return str(minor)
    whole, part = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole}.{part:0{digits}}"


def amount(minor: int, currency: str) -> str:
    """Return an amount in minor units with its currency, where that is known: 120.00 GBP."""
    return f"{decimal(minor, currency)} {currency}".rstrip()
