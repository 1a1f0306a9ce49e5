"""Rows that are longer or shorter than their table.

Takes lines with the size that their rows have in the file. Gives those whose cells stand where they belong; the others
are problems of their rows. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from followup.intake import table
from followup.intake.ledger import Ledger
from followup.intake.lines import Line


def lines(rows: table.Rows, *, width: int, added: int) -> Iterator[Line]:
    """Give each row as a line of *width* cells, and as many as are *added* at the right; it is the line's from now."""
    full = width + added
    blank = [""] * full
    for row, record in rows:
        size = len(record)
        if size == width == full:
            yield Line(row, record, [], size)
        elif size <= width:
            yield Line(row, record + blank[size:], [], size)
        else:
            yield Line(row, record[:width] + blank[width:], [], size)


def settled(found: Iterable[Line], ledger: Ledger, *, width: int, named: int, delimiter: str) -> Iterator[Line]:
    """Leave out rows with cells that belong to no column, and rows that were broken in two.

    Args:
        found: lines that may be records.
        ledger: of this pass.
        width: of the table.
        named: how many of its columns there are up to the last with a name; the others may be missing.
        delimiter: between the cells of the file, empty for a spreadsheet.
    """
    held: Line | None = None  # a short one, until it is known whether the next is its other half
    broken = False
    for line in found:
        size = line.size
        if size < named and held is not None and held.row + 1 == line.row and held.size + size - 1 == width:
            if not broken:
                _is_half(held, ledger)
            _is_half(line, ledger)
            held, broken = line, True
            continue
        if held is not None and not broken:
            yield _short(held, ledger)
        held, broken = None, False
        if size < named:
            held = line
        elif size <= width or not _has_surplus(line, ledger, width, delimiter):
            yield line
    if held is not None and not broken:
        yield _short(held, ledger)


def _short(line: Line, ledger: Ledger) -> Line:
    ledger.warn("cells missing at the end of a row were taken as empty", [line.row])
    return line


def _is_half(line: Line, ledger: Ledger) -> None:
    why = "is one half of a row that was broken in two; put the cell with the line break in quotation marks"
    ledger.problem(line.row, "", line.cells[0], "broken-row", why)


def _has_surplus(line: Line, ledger: Ledger, width: int, delimiter: str) -> bool:
    surplus = next((cell for cell in ledger.records.get(line.row, ())[width:] if cell.strip()), "")
    if not surplus:
        return False
    if delimiter:
        shown = "TAB" if delimiter == "\t" else delimiter
        why = (
            f"belongs to no column: the row has {line.size} cells where the header has {width}; put a cell that holds "
            f"'{shown}' in quotation marks"
        )
    else:
        why = "stands in a column without a name; give the column a name, or empty the cell"
    ledger.problem(line.row, "", surplus, "too-many-cells", why)
    return True
