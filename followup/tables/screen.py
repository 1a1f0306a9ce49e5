"""Rows as a table for people. The only user of tabulate.

Takes rows and columns. Gives lines on the given stream; collects all rows, because a column is as wide as its widest
cell. What clients wrote cannot move the cursor (cells.printable).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from followup import cells
from followup.tables import values

if TYPE_CHECKING:
    from followup.cells import Column

GAP = 2  # between two columns, in tabulate's "simple"
TITLE_PADDING = 2  # tabulate makes a column at least this much wider than its title
NARROWEST = 10  # no column is cut below this
READABLE = 16  # spare columns go before a text is cut below this
RIGHT = frozenset({"amount", "number"})

# tabulate pads by len(), unless a package that we do not need is there. So a cell with wide letters or marks is laid
# out as that many private letters, and put back afterwards. `cells.printable` lets no such letter through.
_FIRST_STAND_IN = 0xF0000
_STAND_INS = 0xFFFD
_STAND_IN = re.compile("([\U000f0000-\U000ffffc])\\1*")


def write(
    rows: Iterable[Sequence[Any]],
    columns: Sequence[Column],
    *,
    stream: TextIO,
    width: int | None,
) -> int:
    """Write a header, a rule and *rows*; nothing at all when there are none."""
    shown = [(index, column, values.shown(column.kind)) for index, column in enumerate(columns) if column.on_screen]
    table = [[show(row[index]) for index, _, show in shown] for row in rows]
    on_screen = [column for _, column, _ in shown]
    if table:
        stream.write(layout(table, on_screen, width=width))
    return len(table)


def layout(table: list[list[str]], columns: Sequence[Column], *, width: int | None) -> str:
    """Return the cells of *table*, which are printable already, as aligned lines."""
    import tabulate  # 50 ms: only when a table is wanted

    if width is not None:
        table, columns = _narrowed(table, columns, width=width)
    titles = list(map(_title, columns))
    put_back: list[str] = []
    text = tabulate.tabulate(
        [[_stand_in(cell, put_back) for cell in row] for row in table],
        headers=[_stand_in(title, put_back) for title in titles],
        tablefmt="simple",
        disable_numparse=True,
        colalign=["right" if column.kind in RIGHT else "left" for column in columns],
    )
    if put_back:
        text = _STAND_IN.sub(lambda found: put_back[ord(found[1]) - _FIRST_STAND_IN], text)
    return "".join(f"{line.rstrip()}\n" for line in text.split("\n"))


def _stand_in(cell: str, put_back: list[str]) -> str:
    if cell.isascii():
        return cell
    columns = cells.width(cell)
    if columns == len(cell) or columns == 0 or len(put_back) >= _STAND_INS:
        return cell
    put_back.append(cell)
    return chr(_FIRST_STAND_IN + len(put_back) - 1) * columns


def _title(column: Column) -> str:
    return column.title or column.name


def _narrowed(
    table: list[list[str]], columns: Sequence[Column], *, width: int
) -> tuple[list[list[str]], Sequence[Column]]:
    """Return what fits into *width*: long texts are cut, and where that is not enough, spare columns left out."""
    widths = [
        max(cells.width(_title(column)) + TITLE_PADDING, *map(cells.width, found))
        for column, found in zip(columns, zip(*table, strict=True), strict=True)
    ]
    least = [_least(column, room, NARROWEST) for column, room in zip(columns, widths, strict=True)]
    readable = [_least(column, room, READABLE) for column, room in zip(columns, widths, strict=True)]
    shown = list(range(len(columns)))
    for index in sorted(shown, key=lambda index: -columns[index].spare):
        if _total(readable[index] for index in shown) > width and columns[index].spare:
            shown.remove(index)
    too_much = _total(widths[index] for index in shown) - width

    def gained(level: int) -> int:
        return sum(widths[index] - max(min(level, widths[index]), least[index]) for index in shown)

    # The highest level at which cutting every wide column to it makes the table fit: the widest give way first.
    low, high = NARROWEST, max(widths)
    while low < high:
        level = (low + high + 1) // 2
        if gained(level) >= too_much:
            low = level
        else:
            high = level - 1
    limits = [(index, max(low, least[index])) for index in shown]
    cut = [[cells.cut(row[index], limit) for index, limit in limits] for row in table]
    return cut, [columns[index] for index in shown]


def _least(column: Column, width: int, floor: int) -> int:
    if column.whole or column.kind not in {"text", "words", "reasons"}:
        return width
    return min(width, max(floor, cells.width(_title(column)) + TITLE_PADDING))


def _total(widths: Iterable[int]) -> int:
    listed = list(widths)
    return sum(listed) + GAP * (len(listed) - 1)
