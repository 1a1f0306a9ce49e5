"""How rows, names and cells of a file are said to the owner: short, on one line, harmless to a terminal.

Takes values. Gives text. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from followup import cells

MOST_ROWS = 8
"""How many rows are named; the others are counted."""


def listed(names: Sequence[str]) -> str:
    """Return the first dozen of *names*, and how many more there are."""
    shown = ", ".join(cells.short(name) for name in names[:12])
    return f"{shown} and {len(names) - 12} more" if len(names) > 12 else shown


def rows(numbers: Sequence[int], *, count: int = 0) -> str:
    """Return the first few of the rows, and how many more there are.

    Args:
        numbers: rows as a spreadsheet counts.
        count: how many there are, where *numbers* are only the first of them.
    """
    count = max(count, len(numbers))
    shown = ", ".join(str(number) for number in numbers[:MOST_ROWS])
    if count > MOST_ROWS:
        shown += f" and {count - MOST_ROWS} more"
    return f"row {shown}" if count == 1 else f"rows {shown}"


def letters(records: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Return up to three cells with other letters than ASCII, each different: a wrong encoding shows in them."""
    found = dict.fromkeys(
        cells.short(cell) for cell in islice((c for record in records for c in record if not c.isascii()), 50)
    )
    return tuple(islice(found, 3))


def count(number: int) -> str:
    """Return how many rows there are."""
    return "1 row" if number == 1 else f"{number} rows"
