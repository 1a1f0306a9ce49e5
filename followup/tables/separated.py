"""Rows as comma separated values: RFC 4180, UTF-8, header and rows only, safe to open in a spreadsheet.

Takes rows and columns. Gives lines on the given stream. Measured: see tests/benchmarks/bench_export.py.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TextIO

from followup import cells
from followup.tables import values

if TYPE_CHECKING:
    from followup.cells import Column

CHUNK_ROWS = 500

BYTE_ORDER_MARK = "\ufeff"

# On a double click Excel splits by the list separator of the system's region, which is the semicolon wherever the
# comma is the decimal mark. A first line `sep=;` would also do, but makes Excel ignore the byte order mark, and names
# with accents break (github.com/Belphemur/vue-json-csv issue 43); it would be a row to every other program.
_DECIMAL_COMMA = """
    AD AL AM AT AX AZ BA BE BG BY CY CZ DE DK EE ES FI FO FR GE GL GR HR HU IS IT KG KZ LT LU LV MC MD ME MK NL NO PL
    PT RO RS RU SE SI SJ SK SM TJ TM TR UA UZ VA XK
    AR BO BR CL CO CR CU EC GF GP MQ PM PY SR UY VE
    AO BF BI BJ CD CF CG CI CM CV DJ DZ GA GN GW ID KM MA MG ML MR MZ NC NE PF RE RW SN ST TD TG TL TN VN WF YT ZA
"""
DECIMAL_COMMA = frozenset(_DECIMAL_COMMA.split())
SEMICOLON = DECIMAL_COMMA | {"CH", "LI"}
"""Switzerland writes decimal points and separates lists by semicolons all the same."""


def write(rows: Iterable[Sequence[Any]], columns: Sequence[Column], *, stream: TextIO, excel: str) -> int:
    r"""Write header and *rows*; for *excel*, in the dialect that a double click in that country understands.

    Lines end with LF, which every tool reads and ``cut`` and ``grep`` want; for Excel with CRLF.
    """
    country = excel.upper()
    mark = "," if country in DECIMAL_COMMA else "."
    # csv.writer quotes a carriage return inside a cell only when the line end has one, and csv.reader does not read
    # it back otherwise: so it writes CRLF, and the line ends are put right below.
    lines = _Lines()
    writer = csv.writer(lines, delimiter=";" if country in SEMICOLON else ",", lineterminator="\r\n")
    end = "\r\n" if excel else "\n"

    if excel:
        stream.write(BYTE_ORDER_MARK)
    picked = [index for index, column in enumerate(columns) if column.in_data]
    writer.writerow([columns[index].name for index in picked])
    lines.flush_to(stream, end)

    converters: list[tuple[int, Callable[[Any], str]]] = []
    texts: list[int] = []
    for place, index in enumerate(picked):
        kind = columns[index].kind
        if kind == "text":
            texts.append(place)
        else:
            converters.append((place, values.plain(kind, decimal_mark=mark)))
    everything = len(picked) == len(columns)

    count = 0
    source = iter(rows)
    while chunk := list(islice(source, CHUNK_ROWS)):
        for row in chunk:
            made = list(row) if everything else [row[index] for index in picked]
            for place, convert in converters:
                made[place] = convert(made[place])
            for place in texts:
                text = made[place]
                if text and text[0] in cells.SUSPECT:
                    made[place] = cells.guard(text)
            writer.writerow(made)
        count += len(chunk)
        lines.flush_to(stream, end)
    return count


class _Lines(list[str]):
    """What csv.writer writes to: appending is all that happens per row."""

    write = list.append

    def flush_to(self, stream: TextIO, end: str) -> None:
        """Hand the lines on, with the line ends that were asked for."""
        stream.write("".join([line[:-2] + end for line in self]))
        self.clear()
