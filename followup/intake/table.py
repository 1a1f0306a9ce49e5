"""Text -> records: delimiter, header row, further tables, and quotes that never end.

Takes the text of one file. Gives records numbered as a spreadsheet numbers its rows, the place of each header row,
and what stands above and between. Touches nothing. The vocabulary of headers chooses delimiter and header row
together, which also skips title rows; csv.Sniffer guessed wrongly in a quarter of real files.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from followup.intake import decode, headers

DELIMITERS = (",", ";", "\t", "|")
LONGEST_CELL = 32_767
"""Characters in a cell; no spreadsheet holds more, so a longer one is a quote that swallowed its neighbours."""
MOST_COLUMNS = 500
"""Columns of a table; the widest address book has about 200, so a wider one is something else."""
_SAMPLE = 200_000
_HEADER_WITHIN = 25
_SEP = re.compile(r"sep=(.)\r?(?:\n|$)", re.IGNORECASE)
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


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file: where its header stands and which records are its rows."""

    header: tuple[str, ...]  # empty when there is none
    header_at: int  # index of the header record, -1 without one
    first: int  # index of the first record below the header
    end: int  # index after the last record


@dataclass(frozen=True, slots=True)
class Sheet:
    """All records of a file. Record *i* is row *i* + 1 of a spreadsheet."""

    delimiter: str  # empty for a spreadsheet
    records: list[list[str]]
    tables: tuple[Table, ...]
    above: int  # records above the first header: titles
    repeated: frozenset[int] = frozenset()  # records that say the column names once more
    broken: Mapping[int, str] = field(default_factory=dict)  # cards that cannot be read: why
    groups: Mapping[int, str] = field(default_factory=dict)  # cards that are lists of others: their names


def read(text: str, *, headerless: bool = False) -> Sheet:
    """Return the records of *text* and the tables among them.

    Args:
        text: the decoded file.
        headerless: the owner named the columns; the first row is data unless it is made of known names.

    Raises:
        decode.Refused: no table, or an opening quote that swallows rows; the text names the row where it starts.
    """
    found = _SEP.match(text)
    stated = found[1] if found else ""
    body = text[found.end() :] if found else text
    if not body.strip():
        raise decode.Refused("empty", "the file is empty.")
    delimiter, header_at = _delimiter_and_header(body, stated)
    records = _records(body, delimiter)
    return _sheet(records, delimiter, header_at, headerless=headerless)


def of_records(records: Sequence[list[str]], *, headerless: bool = False) -> Sheet:
    """Return the tables among records that are cells already, those of a spreadsheet.

    Raises:
        decode.Refused: no table.
    """
    _, header_at = _header(records[:_HEADER_WITHIN], alone=True)
    return _sheet([*records], "", header_at, headerless=headerless)


def of_cards(
    header: tuple[str, ...], records: list[list[str]], *, broken: Mapping[int, str], groups: Mapping[int, str]
) -> Sheet:
    """Return address cards as a table, whose column names are in no record: record *i* is card *i* + 1."""
    table = Table(header, -1, 0, len(records))
    return Sheet("", records, (table,), 0, broken=broken, groups=groups)


def _sheet(records: list[list[str]], delimiter: str, header_at: int, *, headerless: bool) -> Sheet:
    while records and not any(records[-1]):
        records.pop()
    if not any(cell.strip() for row in records for cell in row):
        raise decode.Refused("empty", "the file is empty.")
    if header_at < 0:
        if not headerless and not _tabular(records if delimiter else [_trimmed(row) for row in records[:200]]):
            raise decode.Refused(
                "no-table", "no table in it: no row of column names, and no columns. Export it as CSV and try again."
            )
        _refuse_too_many_columns(max(map(len, records)))
        return Sheet(delimiter, records, (Table((), -1, 0, len(records)),), 0)
    tables, repeated = _tables(records, header_at)
    _refuse_too_many_columns(max(len(each.header) for each in tables))
    return Sheet(delimiter, records, tables, header_at, repeated)


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


def _delimiter_and_header(body: str, stated: str) -> tuple[str, int]:
    sample = body[:_SAMPLE]
    best = (0, 0)  # known names, cells
    chosen, where = stated, -1
    for delimiter in (stated,) if stated else DELIMITERS:
        within, index = _header(_first_records(sample, delimiter), alone=delimiter == DELIMITERS[0])
        if within > best:
            best, chosen, where = within, delimiter, index
    if where >= 0:
        return chosen, where
    if stated:
        return stated, -1
    return _by_width(sample), -1


def _header(first: Iterable[Sequence[str]], *, alone: bool) -> tuple[tuple[int, int], int]:
    """Return how many known names and cells the best header among the first records has, and where it is, or -1.

    *alone*: a single known name in the first row is a header, too.
    """
    best, where = (0, 0), -1
    for index, row in enumerate(first):
        known = headers.score(row)
        filled = sum(1 for cell in row if cell.strip())
        if known < 2 and not (known == 1 and filled == 1 and index == 0 and alone):
            continue
        if (known, filled) > best:
            best, where = (known, filled), index
        if known * 2 >= filled:
            break  # a header further down belongs to another table
    return best, where


def _first_records(sample: str, delimiter: str) -> Iterator[list[str]]:
    with _long_cells():
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        for _ in range(_HEADER_WITHIN):
            try:
                row = next(reader)
            except (StopIteration, csv.Error):
                return
            yield row


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
    # The limit is one for the whole process: it is lifted only while a file is read, then put back.
    with _limit:
        before = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
        try:
            yield
        finally:
            csv.field_size_limit(before)


def _records(body: str, delimiter: str) -> list[list[str]]:
    """Return all records, or refuse a file in which a quote is opened and swallows what follows."""
    lines = io.StringIO(body, newline="")
    with _long_cells():
        records: list[list[str]] = []
        try:
            # Strict reading fails at exactly the places where a quote was opened or closed by mistake.
            for record in csv.reader(lines, delimiter=delimiter, strict=True):
                records.append(record)
        except csv.Error:
            records = _records_with_stray_quotes(body, delimiter)
    _refuse_swallowed_rows(records, delimiter)
    return records


def _records_with_stray_quotes(body: str, delimiter: str) -> list[list[str]]:
    """Return records where only harmless quotes are astray, such as a cell ``"Bob" Hall``."""
    ended = body if body.endswith(("\n", "\r")) else body + "\n"
    lines = io.StringIO(ended + _SENTINEL, newline="").readlines()
    reader = csv.reader(lines, delimiter=delimiter)
    records: list[list[str]] = []
    start = 0
    for record in reader:
        if reader.line_num - start > 1 and (
            record[-1].endswith(_SENTINEL) or not _strictly(lines[start : reader.line_num], delimiter)
        ):
            raise _unclosed(len(records))
        start = reader.line_num
        records.append(record)
    records.pop()  # the sentinel
    return records


def _strictly(lines: Sequence[str], delimiter: str) -> bool:
    try:
        return len(list(csv.reader(lines, delimiter=delimiter, strict=True))) == 1
    except csv.Error:
        return False


def _unclosed(index: int) -> decode.Refused:
    return decode.Refused(
        "unclosed-quote",
        f'row {index + 1} opens a quotation mark (") that is not closed, so the rows below it cannot be told apart. '
        "Close it or take it out, then import the file again.",
    )


def _refuse_swallowed_rows(records: Sequence[Sequence[str]], delimiter: str) -> None:
    """Refuse when a cell of several lines holds whole rows of the table: its quote belongs somewhere else.

    Such a file is well-formed to a reader of CSV; only the shape of what was swallowed gives it away.
    """
    widths = Counter(map(len, records))
    width = widths.most_common(1)[0][0] if widths else 0
    if width < 2:
        return
    shapes: list[str] | None = None
    for index, record in enumerate(records):
        for place, cell in enumerate(record):
            if "\n" not in cell or delimiter not in cell:
                continue
            inner = cell.splitlines()
            whole = [line for line in inner[1:-1] if line.count(delimiter) == width - 1]
            if cell.count(delimiter) == (width - 1) * (len(inner) - 1) or whole:
                if shapes is None:
                    shapes = _shapes_of_columns(records, width)
                rebuilt = delimiter.join([*record[:place], cell, *record[place + 1 :]]).splitlines()[1:]
                if any(_fits(line.split(delimiter), shapes) for line in rebuilt):
                    raise _unclosed(index)


def _shapes_of_columns(records: Sequence[Sequence[str]], width: int) -> list[str]:
    shapes = []
    for place in range(width):
        seen = Counter(_shape(record[place]) for record in records[:1000] if len(record) == width and record[place])
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


def _tables(records: Sequence[Sequence[str]], header_at: int) -> tuple[tuple[Table, ...], frozenset[int]]:
    """Return the tables of a file, a later row made of other known names beginning another; and repeated headers."""
    known = headers.known_spellings()
    names = [headers.normal(cell) for cell in records[header_at]]
    starts = [header_at]
    repeated = set()
    for index in range(header_at + 1, len(records)):
        record = records[index]
        if known.isdisjoint(record):
            continue
        filled = [cell for cell in record if cell.strip()]
        if len(filled) < 2 or headers.score(record) < max(2, (len(filled) + 1) // 2):
            continue
        if [headers.normal(cell) for cell in filled] == [name for name in names if name]:
            repeated.add(index)
        else:
            starts.append(index)
            names = [headers.normal(cell) for cell in record]
    tables = []
    for place, start in enumerate(starts):
        header = list(records[start])
        while header and not header[-1].strip():
            header.pop()
        end = starts[place + 1] if place + 1 < len(starts) else len(records)
        tables.append(Table(tuple(header), start, start + 1, end))
    return tuple(tables), frozenset(repeated)
