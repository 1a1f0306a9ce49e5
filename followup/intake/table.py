"""Lines of text -> records: delimiter, header row, further tables, and quotes that never end.

Takes the lines of one file, or the records of a spreadsheet. Gives a Sheet, whose records come in blocks and are not
kept, and the tables in it with their rows numbered as a spreadsheet numbers them. Touches nothing. The vocabulary of
headers chooses delimiter and header row together, which also skips title rows; csv.Sniffer guessed wrongly in a quarter
of real files.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from threading import Lock

from followup.intake import decode, headers

DELIMITERS = (",", ";", "\t", "|")
LONGEST_CELL = 32_767
"""Characters in a cell; no spreadsheet holds more, so a longer one is a quote that swallowed its neighbours."""
MOST_COLUMNS = 500
"""Columns of a table; the widest address book has about 200, so a wider one is something else."""
_SAMPLE = 200_000
_HEADER_WITHIN = 25
_BLOCK = 1000
_SEP = re.compile(r"sep=(.)(?:\r\n|\r|\n|$)", re.IGNORECASE)
_SENTINEL = "\x00end of file\x00"
_SHAPES = (
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")),
    ("date", re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.{0,16}")),
    ("number", re.compile(r"[-+£$€]?\s?[\d.,]*\d")),
)
_limit = Lock()


class Number(str):
    """A cell that a spreadsheet holds as a number: its mark is a point, whatever the other cells say."""

    __slots__ = ()


class Failed(str):
    """A cell of a spreadsheet whose formula fails, such as #REF!: its value is not empty, but not known."""

    __slots__ = ()


Record = list[str]
Rows = Iterator[tuple[int, Record]]
"""Rows as a spreadsheet counts, from 1, with their cells."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file. *header* is empty when there is none; *row*, where it stands, is 0 when it stands nowhere.

    Address cards have such a header.
    """

    header: tuple[str, ...]
    row: int
    width: int

    @property
    def of_cards(self) -> bool:
        """Return whether its rows are address cards, each of which is meant."""
        return bool(self.header) and not self.row

    @property
    def named(self) -> int:
        """Return how many columns there are up to the last with a name; a row may end behind it."""
        return len(_named(self.header)) or self.width


@dataclass(frozen=True, slots=True)
class Sheet:
    """The records of a file, anew each time they are asked for, and where its first table begins."""

    delimiter: str  # empty for a spreadsheet
    header: tuple[str, ...]  # of the first table, empty without one
    header_at: int  # which record that is; -1 when none is
    width: int  # of the first table
    sample: Record  # the first that is not empty
    blocks: Callable[[], Iterator[list[Record]]]
    count: int = 0  # of records, where they are all there already
    broken: Mapping[int, str] = field(default_factory=dict)  # cards that cannot be read: why
    groups: Mapping[int, str] = field(default_factory=dict)  # cards that are lists of others: their names
    in_two_rows: bool = False  # the column names of the first table
    cards: bool = False

    def records(self) -> Iterator[Record]:
        """Yield the records without empty ones at the end. Record *i* is row *i* + 1 of a spreadsheet."""
        empty = 0
        for block in self.blocks():
            end = len(block)
            while end and not any(block[end - 1]):
                end -= 1
            if end:
                yield from ([] for _ in range(empty))
                yield from itertools.islice(block, end)
                empty = 0
            empty += len(block) - end

    def tables(self, skip: Callable[[int, str, str], None]) -> Iterator[tuple[Table, Rows]]:
        """Yield each table with its rows, which have to be taken before the next table is asked for.

        Args:
            skip: row, code, why: is told of titles, and of rows that say the column names once more.

        Raises:
            decode.Refused: a table is wider than anything that holds clients or jobs.
        """
        records = enumerate(self.records(), 1)
        if self.header_at < 0:
            yield Table(self.header, 0, self.width), records
            return
        for row, record in itertools.islice(records, self.header_at):
            skip(row, *(("title", "above the row of column names") if any(record) else ("blank", "an empty row")))
        following = [next(records)]
        if self.in_two_rows:
            following = [(following[0][0], [*self.header])]
            skip(next(records)[0], "header", "the second row of the column names")
        while following:
            row, record = following.pop()
            yield _table(row, record), _until_the_next(records, record, following, skip)


def read(
    lines: Callable[[], Iterator[str]],
    *,
    headerless: bool = False,
    known: Callable[[Sequence[str]], bool] | None = None,
) -> Sheet:
    """Return the records of a text and where its first table begins.

    Args:
        lines: gives the lines of the decoded file, with their ends, from the beginning.
        headerless: the owner named the columns; the first row is data unless it is made of known names.
        known: whether a row is the header of a program that we know.

    Raises:
        decode.Refused: no table, or, while the blocks are read, an opening quote that swallows rows; the text names
            the row where it starts.
    """
    beginning = _beginning(lines())
    found = _SEP.match(beginning)
    skipped = 1 if found else 0
    body = beginning[found.end() :] if found else beginning
    if not body.strip() and len(beginning) < _SAMPLE:
        raise decode.Refused("empty", "the file is empty.")
    delimiter, header_at = _delimiter_and_header(body, found[1] if found else "", known)

    def blocks() -> Iterator[list[Record]]:
        return _blocks(itertools.islice(lines(), skipped, None), delimiter)

    return _sheet(blocks, delimiter, header_at, headerless=headerless)


def of_records(
    records: Sequence[Record], *, headerless: bool = False, known: Callable[[Sequence[str]], bool] | None = None
) -> Sheet:
    """Return the same of records that are cells already, those of a spreadsheet.

    Raises:
        decode.Refused: no table.
    """
    _, header_at = _header(records[:_HEADER_WITHIN], known, alone=True)
    return replace(_sheet(_anew(records), "", header_at, headerless=headerless), count=len(records))


def of_cards(
    header: tuple[str, ...], records: list[Record], *, broken: Mapping[int, str], groups: Mapping[int, str]
) -> Sheet:
    """Return address cards as a table, whose column names are in no record: record *i* is card *i* + 1."""
    return Sheet("", header, -1, len(header), [], _anew(records), len(records), broken, groups, cards=True)


def _anew(records: Sequence[Record]) -> Callable[[], Iterator[list[Record]]]:
    """Return what gives copies of records, in blocks: whoever takes them may write into them."""

    def blocks() -> Iterator[list[Record]]:
        for start in range(0, len(records), _BLOCK):
            yield [record.copy() for record in records[start : start + _BLOCK]]

    return blocks


def _beginning(lines: Iterator[str]) -> str:
    taken, size = [], 0
    for line in lines:
        taken.append(line)
        size += len(line)
        if size >= _SAMPLE:
            break
    return "".join(taken)[:_SAMPLE]


def _sheet(blocks: Callable[[], Iterator[list[Record]]], delimiter: str, header_at: int, *, headerless: bool) -> Sheet:
    first = next((block for block in blocks() if any(cell.strip() for record in block for cell in record)), [])
    if not first:
        raise decode.Refused("empty", "the file is empty.")
    sample = next(record for record in first if any(record))
    if header_at < 0:
        if not headerless and not _tabular(first if delimiter else [_trimmed(row) for row in first[:200]]):
            raise decode.Refused(
                "no-table", "no table in it: no row of column names, and no columns. Export it as CSV and try again."
            )
        _refuse_too_many_columns(max(map(len, first)))
        width = Counter(len(record) for record in first if any(record)).most_common(1)[0][0]
        return Sheet(delimiter, (), -1, width, sample, blocks)
    below = headers.joined(first[header_at], first[header_at + 1]) if header_at + 1 < len(first) else None
    table = _table(header_at + 1, below or first[header_at])
    return Sheet(delimiter, table.header, header_at, table.width, sample, blocks, in_two_rows=below is not None)


def _trimmed(record: Sequence[str]) -> Sequence[str]:
    filled = [place for place, cell in enumerate(record) if cell.strip()]
    return record[filled[0] : filled[-1] + 1] if filled else []


def _refuse_too_many_columns(width: int) -> None:
    if width > MOST_COLUMNS:
        raise decode.Refused(
            "too-wide",
            f"the table has {width:,} columns, and exports of clients or jobs have at most {MOST_COLUMNS}. It seems to "
            "be something else; keep the columns with names, addresses and jobs, and import those.",
        )


def _delimiter_and_header(sample: str, stated: str, known: Callable[[Sequence[str]], bool] | None) -> tuple[str, int]:
    best = (0, 0)  # known names, cells
    chosen, where = stated, -1
    for delimiter in (stated,) if stated else DELIMITERS:
        within, index = _header(_first_records(sample, delimiter), known, alone=delimiter == DELIMITERS[0])
        if within > best:
            best, chosen, where = within, delimiter, index
    if where >= 0:
        return chosen, where
    if stated:
        return stated, -1
    return _by_width(sample), -1


def _header(
    first: Iterable[Sequence[str]], known: Callable[[Sequence[str]], bool] | None, *, alone: bool
) -> tuple[tuple[int, int], int]:
    """Return how many known names and cells the best header among the first records has, and where it is, or -1.

    *alone*: a single known name in the first row is a header, too.
    """
    best, where = (0, 0), -1
    rows = list(first)
    for index, row in enumerate(rows):
        filled = sum(1 for cell in row if cell.strip())
        if known is not None and filled > 1 and known(row):
            return (filled, filled), index
        names = headers.score(row)
        if names < 2 and not (names == 1 and filled == 1 and index == 0 and alone):
            continue
        if (names, filled) > best:
            best, where = (names, filled), index
        if names * 2 >= filled and not (index + 1 < len(rows) and headers.score(rows[index + 1]) > names):
            break  # a header further down belongs to another table, but names of groups may stand over its own
    return best, where


def _first_records(sample: str, delimiter: str) -> list[Record]:
    found: list[Record] = []
    with _long_cells(), suppress(csv.Error):  # what comes before the error is enough
        for record in itertools.islice(
            csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), _HEADER_WITHIN
        ):
            found.append(record)
    return found


def _by_width(sample: str) -> str:
    """Return the delimiter under which most rows have the same number of cells, above one."""
    best, chosen = 0.0, ","
    for delimiter in DELIMITERS:
        widths = Counter(len(row) for row in _first_records(sample, delimiter) if any(row))
        if not widths:
            continue
        width, rows = widths.most_common(1)[0]
        weight = rows / widths.total() * (1 - 1 / width)
        if weight > best:
            best, chosen = weight, delimiter
    return chosen


def _tabular(records: Sequence[Sequence[str]]) -> bool:
    widths = Counter(len(row) for row in records[:200] if any(row))
    width, rows = widths.most_common(1)[0] if widths else (0, 0)
    if width >= 2:
        return rows * 2 > widths.total()
    return any("@" in row[0] for row in records[:200] if row)


@contextmanager
def _long_cells() -> Iterator[None]:
    # The limit is one for the whole process: it is lifted only while records are read, then put back. A quote that is
    # never closed swallows no more than this.
    with _limit:
        before = csv.field_size_limit(decode.LONGEST_LINE)
        try:
            yield
        finally:
            csv.field_size_limit(before)


def _blocks(lines: Iterator[str], delimiter: str) -> Iterator[list[Record]]:
    """Yield all records, or refuse a file in which a quote is opened and swallows what follows."""
    done, first = 0, None
    while ahead := list(itertools.islice(lines, _BLOCK)):
        of_several_lines: list[int] = []
        block = _unquoted(ahead, delimiter)
        if block is None:
            block = _quoted(itertools.chain(ahead, lines), delimiter, done, of_several_lines)
        if first is None:
            first = _Usual(block, delimiter)
        for index in of_several_lines:
            if first.swallowed(block[index]):
                raise _unclosed(done + index)
        done += len(block)
        yield block


def _unquoted(lines: Sequence[str], delimiter: str) -> list[Record] | None:
    """Return the records of lines without a quotation mark, each of which is one, or None: that is far faster."""
    if '"' in "".join(lines):
        return None
    with _long_cells(), suppress(csv.Error):
        block = list(csv.reader(lines, delimiter=delimiter, strict=True))
        if len(block) == len(lines):
            return block
    return None


def _quoted(lines: Iterator[str], delimiter: str, done: int, of_several_lines: list[int]) -> list[Record]:
    """Return a block of records, and note which of them have several lines; *done* records stand above them."""
    taken: list[str] = []  # the lines of the record that is being read

    def noted() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line

    # Strict reading fails at exactly the places where a quote was opened or closed by mistake.
    reader = csv.reader(noted(), delimiter=delimiter, strict=True)
    block: list[Record] = []
    goes_on = True
    while goes_on and len(block) < _BLOCK:
        try:
            goes_on = _fill(block, reader, taken, of_several_lines)
        except csv.Error:
            block.append(_with_stray_quotes(taken, delimiter, done + len(block)))
            taken.clear()
    return block


def _fill(block: list[Record], reader: Iterator[Record], taken: list[str], of_several_lines: list[int]) -> bool:
    """Add records until the block is full; return whether there may be more."""
    with _long_cells():
        for record in reader:
            if len(taken) > 1:
                of_several_lines.append(len(block))
            taken.clear()
            block.append(record)
            if len(block) == _BLOCK:
                return True
    return False


def _with_stray_quotes(lines: Sequence[str], delimiter: str, index: int) -> Record:
    """Return a record in which only harmless quotes are astray, such as a cell ``"Bob" Hall``."""
    if len(lines) == 1:
        line = lines[0] if lines[0].endswith(("\n", "\r")) else lines[0] + "\n"
        with _long_cells(), suppress(csv.Error):
            found = list(csv.reader([line, _SENTINEL], delimiter=delimiter))
            if len(found) == 2:
                return found[0]
    raise _unclosed(index)


def _unclosed(index: int) -> decode.Refused:
    return decode.Refused(
        "unclosed-quote",
        f'row {index + 1} opens a quotation mark (") that is not closed, so the rows below it cannot be told apart. '
        "Close it or take it out, then import the file again.",
    )


class _Usual:
    """What the first rows of a text look like, to tell a cell that holds whole rows: its quote belongs somewhere else.

    Such a file is well-formed to a reader of CSV; only the shape of what was swallowed gives it away.
    """

    def __init__(self, records: Sequence[Record], delimiter: str) -> None:
        self._records = records
        self._delimiter = delimiter
        self._width = Counter(map(len, records)).most_common(1)[0][0]
        self._shapes: list[str] = []

    def swallowed(self, record: Record) -> bool:
        """Return whether a cell of several lines holds rows of the table."""
        width, delimiter = self._width, self._delimiter
        if width < 2:
            return False
        for place, cell in enumerate(record):
            if delimiter not in cell or ("\n" not in cell and "\r" not in cell):
                continue
            inner = cell.splitlines()
            whole = [line for line in inner[1:-1] if line.count(delimiter) == width - 1]
            if cell.count(delimiter) == (width - 1) * (len(inner) - 1) or whole:
                self._shapes = self._shapes or self._of_columns()
                rebuilt = delimiter.join([*record[:place], cell, *record[place + 1 :]]).splitlines()[1:]
                if any(_fits(line.split(delimiter), self._shapes) for line in rebuilt):
                    return True
        return False

    def _of_columns(self) -> list[str]:
        shapes = []
        for place in range(self._width):
            cells = (record[place] for record in self._records if len(record) == self._width)
            seen = Counter(_shape(cell) for cell in cells if cell)
            shapes.append(seen.most_common(1)[0][0] if seen else "")
        return shapes


def _fits(cells: Sequence[str], shapes: Sequence[str]) -> bool:
    if len(cells) != len(shapes):
        return False
    kinds = [(_shape(cell), shape) for cell, shape in zip(cells, shapes, strict=True) if shape and cell]
    return bool(kinds) and all(found == shape for found, shape in kinds)


def _shape(cell: str) -> str:
    text = cell[:100].strip().strip('"')
    for name, pattern in _SHAPES:
        if pattern.fullmatch(text):
            return name
    return ""


_WITHOUT_NAMES = 20


def _named(record: Sequence[str]) -> tuple[str, ...]:
    """Return a header without the empty cells at its end."""
    header = list(record)
    while header and not header[-1].strip():
        header.pop()
    return tuple(header)


def _table(row: int, record: Record) -> Table:
    named = len(_named(record))
    _refuse_too_many_columns(named)
    header = tuple(record[: named + _WITHOUT_NAMES])  # columns without a name may hold something all the same
    return Table(header, row, len(header))


def _until_the_next(
    records: Rows, header: Record, following: list[tuple[int, Record]], skip: Callable[[int, str, str], None]
) -> Rows:
    """Yield rows until one is made of other known names; it begins another table, and is noted as *following*.

    One cell between a blank row and those names is the title of that table.
    """
    known = headers.known_spellings()
    names = [name for name in map(headers.normal, header) if name]
    held: list[tuple[int, Record]] = []  # what may be a title, and blank rows below it
    is_below_a_gap = False
    for each in records:
        row, record = each
        if len(record) < 2 or not record[1]:
            count = sum(map(bool, map(str.strip, record)))
            if not held and count == 1 and is_below_a_gap:
                held = [each]
                continue
            if held and not count:
                held.append(each)
                continue
            is_below_a_gap = not count
        else:
            is_below_a_gap = False
        # Nearly every row has an address or no known name; "Completed" alone is a word of status as well.
        if "@" in "".join(record) or known.isdisjoint(record) or len(known.intersection(map(str.lower, record))) < 2:
            if held:
                yield from held
                held = []
            yield each
            continue
        filled = [cell for cell in record if cell.strip()]
        if len(filled) < 2 or headers.score(record) < max(2, (len(filled) + 1) // 2):
            yield from (*held, each)
            held = []
        elif [headers.normal(cell) for cell in filled] == names:
            yield from held
            held = []
            skip(row, "header", "says the column names once more")
        else:
            for number, above in held:
                skip(number, *(("title", "the title of the next table") if any(above) else ("blank", "an empty row")))
            following.append((row, record))
            return
    yield from held
