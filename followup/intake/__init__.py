"""Files that owners have -> facts under our names, or row-numbered problems and questions.

bytes -> decode, workbooks or vcards -> table -> headers -> columns, phones, addresses, people -> rows -> facts; then
match says who is who, and merge lays what is new over what we have.
Takes the bytes of a file and what is known of the home. Gives a FileResult. Touches nothing: whether a row is known
already is asked of a function that the caller hands in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from hashlib import blake2b
from itertools import pairwise

from followup import cells
from followup.intake import (
    columns,
    decode,
    facts,
    headers,
    mapping,
    questions,
    rows,
    strangers,
    table,
    telling,
    vcards,
    workbooks,
)

_VERSION = "1"
"""Part of every row's digest: raise it when rows mean something else than before, and they are read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFacts:
    """What reading depends on, of the home."""

    country: str
    currency: str
    today: date
    key: bytes


Known = Callable[[str, Collection[str]], Collection[str]]
"""(fingerprint, digests) -> those of the digests whose rows the home has read before."""

Remembered = Callable[[str], Mapping[str, str]]
"""fingerprint -> the answers given for such files before."""


check_answer = questions.check


def read(
    data: bytes,
    *,
    name: str,
    source: str,
    home: HomeFacts,
    kind: str = "",
    answers: Mapping[str, str] | None = None,
    remembered: Remembered | None = None,
    known: Known | None = None,
) -> facts.FileResult:
    """Return what a file says; it is not read beyond an open question, and never raises for what is in it.

    Args:
        data: the file.
        name: how the owner calls it.
        source: whose numbers its numbers are.
        home: what reading depends on.
        kind: clients, jobs or mixed, where the owner said so.
        answers: given for this file now.
        remembered: answers given earlier, by the fingerprint of the header.
        known: which rows need not be read again; without it every row is read.
    """
    result = facts.FileResult(name=name, source=source)
    try:
        _File(data, result, home, dict(answers or {}), kind, remembered or (lambda _: {}), known).read()
    except decode.Refused as refusal:
        result.refused, result.refused_code = str(refusal), refusal.code
    return result


def fingerprint(header: Sequence[str]) -> str:
    """Return what a kind of file is recognised by: the names of its columns, in any order."""
    ours = headers.normal(headers.REASON_COLUMN)  # a file of rejected rows is of the kind that they came from
    names = sorted(name for name in map(headers.normal, header) if name and name != ours)
    return blake2b("\n".join(names).encode("utf-8", "replace"), digest_size=12).hexdigest()


class _File:
    def __init__(
        self,
        data: bytes,
        result: facts.FileResult,
        home: HomeFacts,
        given: dict[str, str],
        kind: str,
        remembered: Remembered,
        known: Known | None,
    ) -> None:
        self.data = data
        self.result = result
        self.home = home
        self.asked = questions.Questions(given)
        result.questions = self.asked.open
        self.kind = kind
        self.remembered = remembered
        self.known = known
        self.epoch: date | None = None

    # ------------------------------------------------------------ the way of a file

    def read(self) -> None:
        result = self.result
        form = workbooks.form(self.data)
        sheet = self._page(form) if form else self._text_table()
        if sheet is None:
            return
        result.delimiter = sheet.delimiter
        chosen = self._tables(sheet)
        result.answers = self.asked.used
        if chosen is None:
            return
        result.sheet = sheet.records
        result.rows = len(sheet.records) - (1 if sheet.tables[0].header_at >= 0 else 0)
        planned = []
        for part in chosen:
            layout = self._layout(part, sheet)
            if layout is not None:
                planned.append((part, layout))
        if result.questions:
            return
        result.kind = planned[0][1].kind
        self._skip_outside(sheet, chosen)
        for part, layout in planned:
            self._read_table(sheet, part, layout)
        if result.questions:
            result.clients, result.jobs, result.not_jobs, result.skipped, result.problems = [], [], [], [], []
            result.digests, result.known = {}, 0

    def _text_table(self) -> table.Sheet | None:
        text = self._text()
        if text is None:
            return None
        if vcards.are_in(text.text):
            sheet = self._cards(text.text)
        else:
            sheet = table.read(text.text, headerless="columns" in self.asked.given)
        if not text.encoding.startswith("utf"):
            self.result.letters = telling.letters(sheet.records)
        self._warn_of_text_saved_twice(text.text, sheet)
        return sheet

    def _cards(self, text: str) -> table.Sheet:
        cards = vcards.read(text)
        if cards.outside:
            lines = "1 line" if cards.outside == 1 else f"{cards.outside} lines"
            self.result.warnings.append(f"{lines} between the cards were left out")
        return table.of_cards(vcards.HEADER, cards.records, broken=cards.problems, groups=cards.groups)

    def _page(self, form: str) -> table.Sheet | None:
        """Return the sheet of a spreadsheet that is meant: named, remembered, or the only one with a table."""
        book = workbooks.read(self.data, form)
        self.epoch = book.epoch
        self.result.encoding = form
        if not book.pages or not any(any(row) for page in book.pages for row in page.records):
            raise decode.Refused("empty", "the spreadsheet is empty.")
        self.result.book = fingerprint([f"sheet {page.name}" for page in book.pages])
        headerless = "columns" in self.asked.given
        told = self.asked.given.get("sheet", "") or self.remembered(self.result.book).get("sheet", "")
        chosen = [page for page in book.pages if page.name.casefold() == told.casefold()] or [
            page for page in book.pages if str(page.number) == told
        ]
        if told and not chosen and "sheet" in self.asked.given:
            names = ", ".join(f"{page.number} '{cells.printable(page.name)}'" for page in book.pages)
            raise decode.Refused("no-sheet", f"there is no sheet '{cells.printable(told)}'. Its sheets are {names}.")
        if not chosen:
            seen = [page for page in book.pages if not page.hidden] or book.pages
            found = [(page, sheet) for page in seen if (sheet := _table_of(page, headerless=headerless))]
            named = [(page, sheet) for page, sheet in found if sheet.tables[0].header] or found
            if len(named) > 1:
                listed = "; ".join(_looks(page, sheet) for page, sheet in named)
                self.asked.ask(
                    "sheet",
                    f"there are {len(named)} sheets with a table: {listed}. Which to read?",
                    [page.name for page, _ in named],
                )
                return None
            chosen = [page for page, _ in named] or [next(page for page in book.pages if any(map(any, page.records)))]
            others = [page.name for page in book.pages if page is not chosen[0] and any(map(any, page.records))]
            if others:
                self.result.warnings.append(f"other sheets were not read: {telling.listed(others)} (--sheet reads one)")
        elif len(book.pages) > 1:
            self.result.page = chosen[0].name
        return table.of_records(chosen[0].records, headerless=headerless)

    def _text(self) -> decode.Text | None:
        encoding = self.asked.given.get("encoding", "")
        if encoding:
            self.asked.used["encoding"] = encoding
        try:
            text = decode.decode(self.data, country=self.home.country, encoding=encoding)
        except decode.EncodingUnclear as unclear:
            before = self._encoding_before(unclear.options)
            if not before:
                self.asked.ask("encoding", f"{unclear.why}. {self._readings(unclear.options)}", unclear.options)
                return None
            self.asked.used["encoding"] = before
            text = decode.decode(self.data, country=self.home.country, encoding=before)
        self.result.encoding = text.encoding
        return text

    def _encoding_before(self, options: Sequence[str]) -> str:
        """Return which encoding was the answer for this header, read as that encoding has it."""
        for option in options:
            try:
                guess = decode.decode(self.data, country=self.home.country, encoding=option)
                header = table.read(guess.text).tables[0].header
            except decode.Refused:
                continue
            before = self.remembered(fingerprint(header)).get("encoding", "") if header else ""
            if before and (before == option or before not in options):
                return before
        return ""

    def _readings(self, options: Sequence[str]) -> str:
        """Show rows that decide, under each of the encodings."""
        if options[0].startswith("utf-16"):
            shown = (f"{option}: {self._shown(self.data[:80], option)}" for option in options)
            return "Which of these is right? " + " / ".join(shown)
        told: list[str] = []
        for row, line in enumerate(self.data[:2_000_000].splitlines(), 1):
            if line.isascii():
                continue
            place = next(at for at, byte in enumerate(line) if byte > 0x7F)
            start = max((line.rfind(mark, 0, place) for mark in _BETWEEN), default=-1) + 1
            piece = line[max(start, place - 60) :]
            readings = [self._shown(piece, option) for option in options]
            if len(set(readings)) > 1:
                said = " / ".join(f"{option}: {reading}" for option, reading in zip(options, readings, strict=True))
                told.append(f"line {row} is {said}")
            if len(told) == 3:
                break
        return f"Which of these is right? {'; '.join(told)}" if told else "Which encoding is it?"

    def _shown(self, piece: bytes, encoding: str) -> str:
        return cells.cut(cells.printable(piece.decode(encoding, "replace")), 40)

    def _warn_of_text_saved_twice(self, text: str, sheet: table.Sheet) -> None:
        if decode.saved_twice(text) is None:
            return
        found = [
            (row, cell) for row, record in enumerate(sheet.records, 1) for cell in record if decode.saved_twice(cell)
        ]
        if not found:
            return
        cell = found[0][1]
        was = decode.saved_once(cell)
        known = f" ('{telling.listed([cell])}' was '{telling.listed([was])}')" if was else ""
        self.result.warnings.append(
            f"looks damaged: UTF-8 was opened as Windows text and saved again{known}. It is taken as it stands; better "
            f"export it anew ({telling.rows(list(dict.fromkeys(row for row, _ in found)))})"
        )

    def _tables(self, sheet: table.Sheet) -> list[table.Table] | None:
        first = sheet.tables[0]
        if first.header:
            self.result.header = first.header
            self.result.fingerprint = fingerprint(first.header)
        else:
            width = max(len(record) for record in sheet.records)
            self.result.fingerprint = fingerprint([f"no header {width} {sheet.delimiter or ','}"])
        self.asked.memory = self.remembered(self.result.fingerprint)
        if len(sheet.tables) == 1:
            return [first]
        choice = self.asked.answer("tables")
        if choice == "all":
            return list(sheet.tables)
        if choice.isdigit() and 1 <= int(choice) <= len(sheet.tables):
            return [sheet.tables[int(choice) - 1]]
        where = " and ".join(f"row {part.header_at + 1} ({telling.listed(part.header[:4])})" for part in sheet.tables)
        numbers = [str(number) for number in range(1, len(sheet.tables) + 1)]
        self.asked.ask(
            "tables",
            f"there are {len(sheet.tables)} tables in this file, with their columns in {where}. Which to read?",
            [*numbers, "all"],
        )
        return None

    def _layout(self, part: table.Table, sheet: table.Sheet) -> headers.Layout | None:
        names = self.asked.answer("columns")
        answered = headers.by_answer(names.split(",")) if names else None
        width = len(part.header) or Counter(len(record) for record in sheet.records if any(record)).most_common(1)[0][0]
        if answered is not None and len(answered) == width:
            layout = headers.layout(answered, kind=self._kind_given(), answered=True)
        elif answered is not None:
            self.asked.ask(
                "columns",
                f"{len(answered)} columns were named, and the table has {width}. Name each one, - for those "
                f"to leave out",
                headers.COLUMN_NAMES,
            )
            return None
        elif not part.header:
            for record in () if self._kind_given() else sheet.records[:25]:
                strangers.refuse(record)
            sample = next(record for record in sheet.records if any(record))
            shown = " | ".join(cells.cut(cells.printable(cell), 24) for cell in sample[:12])
            self.result.columns = mapping.columns((), None, sheet.records)
            self.asked.ask(
                "columns",
                f"there is no row of column names. What are these {width} columns: {shown} ?",
                headers.COLUMN_NAMES,
            )
            return None
        else:
            told = mapping.told(self.asked.answers_about(mapping.ABOUT, part.header))
            layout = headers.layout(part.header, kind=self._kind_given(), told=told)
            if not self._kind_given():
                strangers.refuse(part.header)
        self.result.columns = mapping.columns(part.header, layout, sheet.records[part.first :])
        if not layout.kind:
            self.asked.ask(
                "kind",
                f"a row of this file could be a client or a job. Its columns are "
                f"{telling.listed(part.header or answered or ())}",
                headers.KINDS,
            )
            return None
        if layout.dropped and part.header:
            kept = [name for name in layout.dropped if headers.normal(name) != headers.normal(headers.REASON_COLUMN)]
            if kept and len(kept) < 30:
                self.result.warnings.append(f"columns left out on purpose: {telling.listed(kept)}")
        return layout

    def _kind_given(self) -> str:
        return self.kind or self.asked.answer("kind")

    def _skip_outside(self, sheet: table.Sheet, chosen: Sequence[table.Table]) -> None:
        inside = [range(part.first, part.end) for part in chosen]
        spared = chosen[0].header_at
        for index, record in enumerate(sheet.records):
            if index == spared or any(index in span for span in inside):
                if len(inside) == 1 and index >= inside[0].start and inside[0].stop == len(sheet.records):
                    break
                continue
            if index < sheet.above:
                code, why = ("title", "above the row of column names") if any(record) else ("blank", "an empty row")
            elif any(index == part.header_at for part in chosen):
                code, why = "header", "the column names of the next table"
            else:
                code, why = "other-table", "in a table that is not read"
            self.result.skipped.append(facts.Skipped(index + 1, code, why))

    def _read_table(self, sheet: table.Sheet, part: table.Table, layout: headers.Layout) -> None:
        result, records = self.result, sheet.records
        width = len(part.header) or max(len(record) for record in records)
        lines = self._real_rows(sheet, part, width)
        of = {column.field: column.index for column in layout.columns}
        result.amounts_are_parts = bool(layout.of("job.unit_price")) or any(
            headers.is_of_a_line(column.header) for column in layout.of("job.amount")
        )
        if not sheet.delimiter:
            lines = self._own_cells(records, lines, layout)
        decisions = self._decide(records, lines, layout, of)
        if not sheet.delimiter:
            self._write_amounts(records, lines, layout, decisions)
        reader = rows.Reader(layout, layout.kind, decisions)
        self._fill_down(records, lines, reader, of, layout.kind)
        if result.questions:
            return
        base = blake2b(
            repr(
                (
                    _VERSION,
                    part.header,
                    layout.kind,
                    result.source,
                    decisions.date_order,
                    decisions.decimal_mark,
                    sorted(decisions.statuses.items()),
                    decisions.country,
                    decisions.currency,
                    sorted(item for item in self.asked.used.items() if not item[0].startswith(_DECIDED)),
                )
            ).encode("utf-8", "replace"),
            key=self.home.key[:64],
            digest_size=12,
        )
        joined: dict[int, str] = {}
        digests: dict[int, str] = {}
        for index in lines:
            text = joined[index] = rows.SEPARATOR.join(records[index])
            hashed = base.copy()
            hashed.update(text.encode("utf-8", "surrogatepass"))
            digests[index] = hashed.hexdigest()
        before: Collection[str] = self.known(result.fingerprint, digests.values()) if self.known else ()
        if before:
            unread = _with_their_like(
                records, lines, [index for index in lines if digests[index] not in before], layout
            )
            result.known += len(lines) - len(unread)
            lines = list(unread)
        for index in lines:
            row = index + 1
            outcome = reader.read(row, records[index], joined[index])
            if outcome.problems:
                result.problems += outcome.problems
                continue
            result.digests[row] = digests[index]
            if outcome.volatile:
                result.volatile.add(row)
            if outcome.skipped is not None:
                result.skipped.append(outcome.skipped)
                if outcome.job is not None:
                    result.not_jobs.append(outcome.job)
                continue
            if outcome.client is not None and outcome.client.rows[0] == row:  # the others say the same
                result.clients.append(outcome.client)
            if outcome.job is not None:
                result.jobs.append(outcome.job)
        for what, numbers in reader.warnings.items():
            result.warnings.append(f"{what} ({telling.rows(numbers)})")

    def _real_rows(self, sheet: table.Sheet, part: table.Table, width: int) -> list[int]:
        """Return the indexes of rows that may be records; the others go to the ledger with their reason."""
        result, records = self.result, sheet.records
        lines: list[int] = []
        short: list[int] = []
        for index in range(part.first, part.end):
            record = records[index]
            size = len(record)
            if index in sheet.broken:
                self._row_problem(index, "", "broken-card", sheet.broken[index])
                continue
            if index in sheet.groups:
                listed = cells.cut(cells.printable(sheet.groups[index]), 40)
                result.skipped.append(facts.Skipped(index + 1, "group", f"a list of other cards ('{listed}')"))
                continue
            if index in sheet.repeated:
                result.skipped.append(facts.Skipped(index + 1, "header", "says the column names once more"))
                continue
            why = rows.not_a_record(record, width)
            if why:
                result.skipped.append(facts.Skipped(index + 1, *why))
                continue
            if size > width and any(cell.strip() for cell in record[width:]):
                cell = next(cell for cell in record[width:] if cell.strip())
                self._row_problem(
                    index,
                    cell,
                    "too-many-cells",
                    (
                        f"has {size} cells where the header has {width}; put a cell that holds '{sheet.delimiter}' in "
                        f"quotation marks"
                    ).replace("\t", "TAB")
                    if sheet.delimiter
                    else "stands in a column without a name; give the column a name, or empty the cell",
                )
                continue
            if size < width:
                short.append(index)
            lines.append(index)
        if not short:
            return lines
        broken = {
            index
            for one, two in pairwise(short)
            if two == one + 1 and len(records[one]) + len(records[two]) - 1 == width and len(records[two]) < width
            for index in (one, two)
        }
        for index in sorted(broken):
            self._row_problem(
                index,
                records[index][0],
                "broken-row",
                "is one half of a row that was broken in two; put the cell with the line break in quotation marks",
            )
        rest = [index + 1 for index in short if index not in broken]
        if rest:
            result.warnings.append(f"cells missing at the end of a row were taken as empty ({telling.rows(rest)})")
        return [index for index in lines if index not in broken]

    # ------------------------------------------------------------ cells of a spreadsheet

    def _own_cells(self, records: list[list[str]], lines: Sequence[int], layout: headers.Layout) -> list[int]:
        """Write day numbers as days, and return the rows without a failed formula; the others are problems."""
        days = [column for name in _DAYS for column in layout.of(name)]
        good: list[int] = []
        read: dict[str, list[int]] = {}
        for index in lines:
            record = records[index]
            failed = [
                column
                for column in layout.columns
                if column.index < len(record) and type(record[column.index]) is table.Failed
            ]
            for column in failed:
                self.result.problems.append(
                    facts.Problem(
                        index + 1,
                        column.header,
                        str(record[column.index]),
                        "formula-error",
                        "is a formula that fails; mend it in the spreadsheet, or write the value there",
                    )
                )
            if failed:
                continue
            good.append(index)
            for column in days:
                cell = record[column.index] if column.index < len(record) else ""
                if self.epoch and type(cell) is table.Number and _FIRST_DAY <= Decimal(cell) <= _LAST_DAY:
                    record[column.index] = (self.epoch + timedelta(days=int(Decimal(cell)))).isoformat()
                    read.setdefault(column.header, []).append(index + 1)
        for header, numbers in read.items():
            self.result.warnings.append(
                f"day numbers of the spreadsheet in '{header}' were read as days ({telling.rows(numbers)})"
            )
        return good

    def _write_amounts(
        self, records: list[list[str]], lines: Sequence[int], layout: headers.Layout, decisions: rows.Decisions
    ) -> None:
        """Write numbers in columns of amounts with the mark of the others, and as exact as the sheet shows them."""
        currency = next((column.index for column in layout.of("job.currency")), None)
        rounded: list[int] = []
        for column in (*layout.of("job.amount"), *layout.of("job.open_balance")):
            for index in lines:
                record = records[index]
                cell = record[column.index] if column.index < len(record) else ""
                if type(cell) is not table.Number or "." not in cell:
                    continue
                value = Decimal(cell)
                code = record[currency].strip().upper() if currency is not None and currency < len(record) else ""
                exact = Decimal(1).scaleb(-cells.minor_digits(code or decisions.currency))
                shown = value.quantize(exact, ROUND_HALF_UP)
                if shown != value:
                    rounded.append(index + 1)
                text = str(shown if shown != value else value)
                record[column.index] = text.replace(".", decisions.decimal_mark)
                self.result.decided["decimal_mark"] = decisions.decimal_mark
        if rounded:
            self.result.warnings.append(
                f"calculated amounts were rounded as a spreadsheet shows them ({telling.rows(rounded)})"
            )

    def _row_problem(self, index: int, value: str, code: str, why: str) -> None:
        self.result.problems.append(facts.Problem(index + 1, "", cells.cut(cells.printable(value), 200), code, why))

    # ------------------------------------------------------------ what only the whole file can tell

    def _decide(
        self, records: Sequence[Sequence[str]], lines: Sequence[int], layout: headers.Layout, of: Mapping[str, int]
    ) -> rows.Decisions:
        order, mark = "dmy", "."
        statuses: dict[str, str] = {}
        if layout.kind != "clients":
            order = self._date_order(_values(records, lines, [of.get(name) for name in _DAYS]))
            mark = self._decimal_mark(
                _values(records, lines, [of.get(f"job.{name}") for name in ("amount", "open_balance")])
            )
            statuses = self._statuses(records, lines, of)
        return rows.Decisions(
            date_order=order,
            decimal_mark=mark,
            statuses=statuses,
            country=self.home.country,
            currency=self.home.currency,
            today=self.home.today,
        )

    def _date_order(self, values: Collection[str]) -> str:
        if "date_order" in self.asked.given or columns.fits_order(values, self.asked.memory.get("date_order", "")):
            answer = self.asked.answer("date_order")
            if answer:
                return answer
        found = columns.date_order(values, country=self.home.country)
        if isinstance(found, str):
            if columns.proves_order(values):
                self.result.decided["date_order"] = found
            return found
        shown = telling.listed(found.samples)
        if found.contradictory:
            question = (
                f"its dates contradict each other: {shown} cannot be in one order. Which order counts? The "
                f"others become problems of their rows"
            )
        else:
            more = f" ({shown})" if len(found.samples) > 1 else ""
            first = " or ".join(_FIRST[order] for order in found.options)
            question = f"is {found.samples[0]} {first}? No date of the file decides it{more}"
        self.asked.ask("date_order", question, found.options)
        return "dmy"

    def _decimal_mark(self, values: Collection[str]) -> str:
        if "decimal_mark" in self.asked.given or columns.fits_mark(values, self.asked.memory.get("decimal_mark", "")):
            answer = self.asked.answer("decimal_mark")
            if answer:
                return answer
        found = columns.decimal_mark(values)
        if isinstance(found, str):
            if columns.proves_mark(values):
                self.result.decided["decimal_mark"] = found
            return found
        shown = " and ".join(found.samples)
        if found.contradictory:
            question = (
                f"its amounts contradict each other: {shown}. Which is the decimal mark? The others become "
                f"problems of their rows"
            )
        else:
            question = (
                f"is the mark in {shown} a decimal mark, or does it separate thousands? Which is the decimal mark?"
            )
        self.asked.ask("decimal_mark", question, found.options)
        return "."

    def _statuses(
        self, records: Sequence[Sequence[str]], lines: Sequence[int], of: Mapping[str, int]
    ) -> dict[str, str]:
        place = of.get("job.status")
        if place is None:
            return {}
        told = {
            headers.normal(about.partition(":")[2]): value
            for about, value in {**self.asked.memory, **self.asked.given}.items()
            if about.startswith("status:")
        }
        words = Counter(records[index][place].strip() for index in lines if place < len(records[index]))
        counted: dict[str, tuple[str, int]] = {}
        for word, count in words.items():
            normal = headers.normal(word)
            if normal in told:
                self.asked.used[f"status:{word}"] = told[normal]
            elif word and len(word) <= 60 and not rows.sure_status(normal) and word.lower() not in columns.NOTHING:
                shown, before = counted.get(normal, (word, 0))
                counted[normal] = (shown, before + count)
        for shown, count in counted.values():
            row = "1 row" if count == 1 else f"{count} rows"
            word = cells.printable(shown)
            self.asked.ask(
                "status",
                f"'{word}' in {row}: completed, open, or not a job? Answer with \"status:{word}=completed\", "
                f"for example",
                columns.STATUS_ANSWERS,
                word=word,
            )
        return told

    def _fill_down(
        self, records: list[list[str]], lines: Sequence[int], reader: rows.Reader, of: Mapping[str, int], kind: str
    ) -> None:
        """Ask about, or do, what merged cells of a spreadsheet need: a client is named once for several jobs."""
        if kind == "clients" or not any(name.startswith("client.") for name in of):
            return
        gaps = [index for index in lines if not reader.has_identity(records[index])]
        named = set(lines).difference(gaps)
        gaps = [index for index in gaps if named and index > min(named)]
        if not gaps:
            return
        answer = self.asked.answer("fill_down")
        if not answer:
            self.asked.ask(
                "fill_down",
                f"{telling.rows([index + 1 for index in gaps])} {'names' if len(gaps) == 1 else 'name'} no client. "
                f"Do they belong to the client in the row above, as in a sheet with merged cells?",
                questions.CHOICES["fill_down"],
            )
        elif answer == "yes":
            places = reader.identity_columns()
            above: list[str] = []
            missing = set(gaps)
            for index in lines:
                if index in missing and above:
                    filled = records[index] + [""] * (len(above) - len(records[index]))
                    for place in places:
                        if place < len(above):
                            filled[place] = filled[place] or above[place]
                    records[index] = filled
                elif index not in missing:
                    above = records[index]


_BETWEEN = (b",", b";", b"\t", b'"')
_DECIDED = ("date_order", "decimal_mark", "status:")
"""Answers that are among the decisions: whether they were found or remembered makes no other row."""
_DAYS = ("job.completed_on", "job.dated_on", "job.promised_on", "job.paid_on")
_FIRST_DAY, _LAST_DAY = 20_000, 80_000
"""Numbers that are days in a column of days, 1954 to 2119; 20260227 is not among them, nor is a year."""

_FIRST = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}


def _with_their_like(
    records: Sequence[Sequence[str]], lines: Sequence[int], new: Sequence[int], layout: headers.Layout
) -> Sequence[int]:
    """Return the new rows, and the known ones that may speak of the same client or job.

    Two rows of one invoice, or of one client, only make sense together.
    """
    if not new or len(new) == len(lines):
        return new
    places = [column.index for column in layout.columns if column.field in _TELLING]
    seen: set[tuple[int, str]] = set()
    taken = set(new)
    fresh: Sequence[int] = new
    while fresh:
        for index in fresh:
            record = records[index]
            seen.update(
                (place, cell) for place in places if place < len(record) and (cell := record[place].strip().casefold())
            )
        fresh = [
            index
            for index in lines
            if index not in taken
            and any(
                (place, cell.strip().casefold()) in seen
                for place in places
                if place < len(records[index]) and (cell := records[index][place])
            )
        ]
        taken.update(fresh)
    return [index for index in lines if index in taken]


_TELLING = frozenset(
    {"job.id", "job.id+invoice", "client.id", "client.email", "client.phone", "client.full_name", "client.last_name"}
)


def _values(records: Sequence[Sequence[str]], lines: Sequence[int], places: Sequence[int | None]) -> set[str]:
    found: set[str] = set()
    for place in places:
        if place is not None:
            found.update(
                cell
                for index in lines
                if place < len(records[index]) and type(cell := records[index][place]) is not table.Number
            )
    return found


def _table_of(page: workbooks.Page, *, headerless: bool) -> table.Sheet | None:
    try:
        return table.of_records(page.records, headerless=headerless)
    except decode.Refused:
        return None


def _looks(page: workbooks.Page, sheet: table.Sheet) -> str:
    below = sum(1 for row in sheet.records[sheet.tables[0].first :] if any(row))
    names = [name for name in sheet.tables[0].header if name.strip()] or next(row for row in sheet.records if any(row))
    count = "1 row" if below == 1 else f"{below} rows"
    return f"{page.number} '{cells.printable(page.name)}' ({count}: {telling.listed(names)})"
