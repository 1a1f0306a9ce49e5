"""The cells of a record as they are meant: without what spreadsheets, programs and slips leave in them.

Takes the cells of one record. Gives as many as the file has columns, and one more that is empty; or what no cell can
hold, as problems. Touches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from followup import cells
from followup.intake import facts, meanings, phones, table
from followup.intake.fields import Fields

# C0 and C1 without TAB, LF, CR; lone surrogates. NUL is among them.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1e\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# What turns the writing or takes no room; joiners (U+200C, U+200D) are spelling in Persian and Hindi and stay.
_INVISIBLE = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_WORD_OF_MAIL = re.compile(r"=\?[\w.-]+\?[bq]\?[^?]*\?=", re.IGNORECASE)
_LINE_BREAKS = re.compile(r"\s*[\r\n]+\s*")
_FORMULA_TEXT = re.compile(r'="([^"]*)"')
_NOTHING = frozenset(form for word in meanings.NOTHING for form in (word, word.upper(), word.capitalize()))
_FAILED = frozenset(word for word in _NOTHING if word.startswith("#") and word.upper() != "#N/A")
_TOO_NARROW = re.compile(r"#{3,}")
_NUMBER_WITH_APOSTROPHE = re.compile(r"'(?=[+\d])")
_NUMBERS = ("client.id", "job.id", "job.id+invoice", "job.invoice_ref")
_ONE_LINE = (
    *("client.first_name", "client.last_name", "client.full_name", "client.middle_name"),
    *("client.title", "client.company", "client.address_as"),
)
_SEVERAL_LINES = ("client.notes", "client.email", "client.phone", "client.reach", "client.tags", "")


class Cleaner:
    """Cleans the records of one file."""

    def __init__(self, fields: Fields) -> None:
        """Note which columns hold what, once for all rows."""

        def places(*names: str) -> list[int]:
            return [index for name in names for index in fields.of.get(name, ())]

        self._fields = fields
        self._width = fields.width
        self._form = fields.decisions.form
        self._one_line = sorted(places(*_ONE_LINE))
        self._several_lines = frozenset(places(*_SEVERAL_LINES))
        self._ids = places(*_NUMBERS)
        self._figures = [*self._ids, *places("client.phone", "address.postal_code")]

    def clean(self, record: Sequence[str], joined: str, *, out: facts.Outcome) -> list[str]:
        """Return the cells as they are meant, and one more that is empty; nothing when there is a problem at once."""
        if len(record) == self._width and _is_plain(record, joined):  # nearly every row
            values = [*map(str.strip, record), ""]
            return values if self._form or _NOTHING.isdisjoint(values) else self._mended(values, joined, out)
        if self._is_refused(record, joined, out):
            return []
        values = list(record)
        if not joined.isascii() and _INVISIBLE.search(joined):
            values = [_INVISIBLE.sub("", value) for value in values]
            self._fields.warn("invisible characters were taken out", out.row)
        if len(values) > self._width:
            del values[self._width :]
        elif len(values) < self._width:
            values += [""] * (self._width - len(values))
        values = [*map(str.strip, values), ""]
        if not self._form:
            values = self._mended(values, joined, out)
        if "'" in joined and self._form != "cards":
            values = [cells.unguard(value) for value in values]
            for index in self._figures:
                if values[index].startswith("'"):
                    values[index] = _NUMBER_WITH_APOSTROPHE.sub("", values[index], count=1)
        if '="' in joined:
            values = [found[1] if (found := _FORMULA_TEXT.fullmatch(value)) else value for value in values]
        if "\n" in joined or "\r" in joined or "=?" in joined:
            if "\r" in joined:  # Outlook ends lines within a cell as Windows does: no other text because of it
                values = [value.replace("\r\n", "\n").replace("\r", "\n") for value in values]
            self._names(values, out)
            for index, value in enumerate(values):
                if index not in self._several_lines and "\n" in value:
                    values[index] = _LINE_BREAKS.sub(", ", value)
        return values

    def _is_refused(self, record: Sequence[str], joined: str, out: facts.Outcome) -> bool:
        """Return whether a cell is longer than any can be, or holds what no person typed."""
        if len(joined) > table.LONGEST_CELL:
            for index, cell in enumerate(record):
                if len(cell) > table.LONGEST_CELL:
                    why = (
                        f"has {len(cell)} characters, and no cell can have more than {table.LONGEST_CELL}; is a "
                        f"quotation mark missing?"
                    )
                    self._fields.problem(out, index, value=cell[:60], code="too-long", why=why)
        if not out.problems and _CONTROL.search(joined):
            for index, cell in enumerate(record):
                found = _CONTROL.search(cell)
                if found:
                    code = ord(found[0])
                    of_no_text = 0xD800 <= code <= 0xDFFF
                    what = "a byte that could not be read" if of_no_text else f"a control character (U+{code:04X})"
                    why = f"holds {what}; type this cell again"
                    self._fields.problem(out, index, value=cell, code="control-character", why=why)
        return bool(out.problems)

    def _mended(self, values: list[str], joined: str, out: facts.Outcome) -> list[str]:
        """Return cells without what spreadsheets and programs leave in them that is no value."""
        if "\u00a0" in joined or "\u202f" in joined:
            values = [value.replace("\u00a0", " ").replace("\u202f", " ") for value in values]
        if "###" in joined or "E+" in joined or "e+" in joined:
            self._damage(values, out)
        if not _NOTHING.isdisjoint(values):
            if not _FAILED.isdisjoint(values):
                self._fields.warn("a formula that failed was read as an empty cell", out.row)
            values = ["" if value in _NOTHING else value for value in values]
        return values

    def _damage(self, values: Sequence[str], out: facts.Outcome) -> None:
        for index in self._fields.headers:
            if _TOO_NARROW.fullmatch(values[index]):
                why = "only shows that its column was too narrow; widen it in the spreadsheet, and export again"
                self._fields.problem(out, index, value=values[index], code="too-narrow", why=why)
        for index in self._ids:
            if phones.damaged(values[index]):
                why = "was rounded by a spreadsheet; type the whole number again, as text"
                self._fields.problem(out, index, value=values[index], code="number", why=why)

    def _names(self, values: Sequence[str], out: facts.Outcome) -> None:
        for index in self._one_line:
            value = values[index]
            if "\n" in value:
                why = "has a line break in it; write the name on one line"
                self._fields.problem(out, index, value=value, code="line-break", why=why)
            elif _WORD_OF_MAIL.search(value):
                why = "is a name in the wire form of e-mail; write it as people read it"
                self._fields.problem(out, index, value=value, code="encoded-name", why=why)


def _is_plain(record: Sequence[str], joined: str) -> bool:
    """Return whether there is nothing to mend in a row beyond words that say nothing.

    What can be printed holds no control character, no line break, no blank but the usual one, and nothing invisible.
    """
    return (
        "".join(record).isprintable()
        and not ("'" in joined or '="' in joined or "=?" in joined)
        and not ("###" in joined or "E+" in joined or "e+" in joined)
        and len(joined) <= table.LONGEST_CELL
    )
