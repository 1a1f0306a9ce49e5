"""Bytes -> the table in them: text, address cards, or the sheet of a spreadsheet that is meant.

Takes a Source and the answers of its owner. Gives the Sheet, and notes in a FileResult what it is made of; or asks, and
gives no Sheet. Touches nothing but the source.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import date

from followup import cells
from followup.intake import decode, facts, questions, table, telling, vcards, workbooks
from followup.intake.sources import Source

_BETWEEN = (b",", b";", b"\t", b'"')
_BLANK_WITHIN = 20
"""Lines among which the first card begins; those before it are blank."""
_LETTERS_WITHIN = 20_000
_SHOWN_OF = 2_000_000
"""Bytes among which lines are looked for that show what an encoding makes of them."""


class Opener:
    """Opens one file."""

    def __init__(
        self,
        source: Source,
        asked: questions.Questions,
        result: facts.FileResult,
        *,
        country: str,
        remembered: questions.Remembered,
        known: Callable[[Sequence[str]], bool],
    ) -> None:
        """Take what decides.

        Args:
            source: the file.
            asked: where questions go and answers come from.
            result: where encoding, book and page are noted, and what is to be said of them.
            country: of the home, ISO 3166.
            remembered: answers given earlier, by fingerprint.
            known: whether a row is the header of a program that we know.
        """
        self._source = source
        self._asked = asked
        self._result = result
        self._country = country
        self._remembered = remembered
        self._known = known
        self._headerless = "columns" in asked.given
        self.epoch: date | None = None  # day 0 of a spreadsheet's day numbers, where it says so

    def open(self) -> table.Sheet | None:
        """Return the table in the file, or nothing when something had to be asked.

        Raises:
            decode.Refused: it holds no table, or none that can be read.
        """
        form = workbooks.form(self._source)
        return self._spreadsheet(form) if form else self._text()

    # ------------------------------------------------------------ text

    def _text(self) -> table.Sheet | None:
        encoding = self._encoding()
        if encoding is None:
            return None
        self._result.encoding = encoding.name
        if self._are_cards(encoding):
            return self._cards(encoding)
        sheet = self._table(encoding)
        if not encoding.name.startswith("utf"):
            below = itertools.islice(sheet.records(), sheet.header_at + 1, _LETTERS_WITHIN)
            self._result.letters = telling.letters(below) or telling.letters([sheet.header])
        return sheet

    def _are_cards(self, encoding: decode.Encoding) -> bool:
        lines = itertools.islice(encoding.lines(self._source), _BLANK_WITHIN)
        return vcards.begin_with(next((line for line in lines if line.strip()), ""))

    def _table(self, encoding: decode.Encoding) -> table.Sheet:
        return table.read(lambda: encoding.lines(self._source), headerless=self._headerless, known=self._known)

    def _cards(self, encoding: decode.Encoding) -> table.Sheet:
        cards = vcards.read(encoding.lines(self._source))
        self._result.looks_like = vcards.TITLE
        self._result.source = self._result.source or vcards.SOURCE
        if cards.outside:
            lines = "1 line" if cards.outside == 1 else f"{cards.outside} lines"
            self._result.warnings.append(f"{lines} between the cards were left out")
        return table.of_cards(vcards.HEADER, cards.records, broken=cards.problems, groups=cards.groups)

    def _encoding(self) -> decode.Encoding | None:
        told = self._asked.given.get("encoding", "")
        if told:
            self._asked.used["encoding"] = told
        try:
            return decode.choose(self._source, country=self._country, encoding=told)
        except decode.EncodingUnclear as unclear:
            before = self._encoding_before(unclear.options)
            if before:
                self._asked.used["encoding"] = before
                return decode.choose(self._source, country=self._country, encoding=before)
            self._asked.ask("encoding", f"{unclear.why}. {self._readings(unclear.options)}", unclear.options)
            return None

    def _encoding_before(self, options: Sequence[str]) -> str:
        """Return which encoding was the answer for this header, read as that encoding has it."""
        for option in options:
            try:
                encoding = decode.choose(self._source, country=self._country, encoding=option)
                header = vcards.HEADER if self._are_cards(encoding) else self._table(encoding).header
            except decode.Refused:
                continue
            before = self._remembered(questions.fingerprint(header)).get("encoding", "") if header else ""
            if before and (before == option or before not in options):
                return before
        return ""

    def _readings(self, options: Sequence[str]) -> str:
        """Show rows that decide, under each of the encodings."""
        if options[0].startswith("utf-16"):
            shown = (f"{option}: {_shown(self._source.head(80), option)}" for option in options)
            return "Which of these is right? " + " / ".join(shown)
        told: list[str] = []
        for row, line in enumerate(self._source.head(_SHOWN_OF).splitlines(), 1):
            if line.isascii():
                continue
            place = next(at for at, byte in enumerate(line) if byte > 0x7F)
            start = max((line.rfind(mark, 0, place) for mark in _BETWEEN), default=-1) + 1
            piece = line[max(start, place - 60) :]
            readings = [_shown(piece, option) for option in options]
            if len(set(readings)) > 1:
                said = " / ".join(f"{option}: {reading}" for option, reading in zip(options, readings, strict=True))
                told.append(f"line {row} is {said}")
            if len(told) == 3:
                break
        return f"Which of these is right? {'; '.join(told)}" if told else "Which encoding is it?"

    # ------------------------------------------------------------ spreadsheets

    def _spreadsheet(self, form: str) -> table.Sheet | None:
        """Return the sheet that is meant: named, remembered, or the only one with a table."""
        result, given = self._result, self._asked.given
        book = workbooks.read(self._source, form)
        self.epoch = book.epoch
        result.encoding = form
        filled = [page for page in book.pages if any(map(any, page.records))]
        if not filled:
            raise decode.Refused("empty", "the spreadsheet is empty.")
        result.book = questions.fingerprint([f"sheet {page.name}" for page in book.pages])
        told = given.get("sheet", "") or self._remembered(result.book).get("sheet", "")
        chosen = [page for page in book.pages if page.name.casefold() == told.casefold()] or [
            page for page in book.pages if str(page.number) == told
        ]
        if told and not chosen and "sheet" in given:
            names = ", ".join(f"{page.number} '{cells.printable(page.name)}'" for page in book.pages)
            raise decode.Refused("no-sheet", f"there is no sheet '{cells.printable(told)}'. Its sheets are {names}.")
        if chosen:
            result.page = chosen[0].name if len(book.pages) > 1 else ""
            return self._of_page(chosen[0])
        found = [
            (page, sheet)
            for page in [page for page in book.pages if not page.hidden] or book.pages
            if (sheet := self._table_of(page))
        ]
        named = [(page, sheet) for page, sheet in found if sheet.header] or found
        if len(named) > 1:
            listed = "; ".join(_looks(page, sheet) for page, sheet in named)
            self._asked.ask(
                "sheet",
                f"there are {len(named)} sheets with a table: {listed}. Which to read?",
                [page.name for page, _ in named],
            )
            return None
        only = named[0][0] if named else filled[0]
        others = [page.name for page in filled if page is not only]
        if others:
            result.warnings.append(f"other sheets were not read: {telling.listed(others)} (--sheet reads one)")
        return self._of_page(only)

    def _of_page(self, page: workbooks.Page) -> table.Sheet:
        return table.of_records(page.records, headerless=self._headerless, known=self._known)

    def _table_of(self, page: workbooks.Page) -> table.Sheet | None:
        try:
            return self._of_page(page)
        except decode.Refused:
            return None


def _shown(piece: bytes, encoding: str) -> str:
    return cells.short(piece.decode(encoding, "replace"))


def _looks(page: workbooks.Page, sheet: table.Sheet) -> str:
    below = sum(1 for row in page.records[sheet.header_at + 1 :] if any(row))
    names = [name for name in sheet.header if name.strip()] or sheet.sample
    return f"{page.number} '{cells.printable(page.name)}' ({telling.count(below)}: {telling.listed(names)})"
