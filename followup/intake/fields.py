"""What the columns of a file fill, what was decided about them, and how it is told what is wrong in their cells.

Takes a layout, and the decisions about the whole file. Gives the places of fields, problems, and warnings with their
rows. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from followup import cells
from followup.intake import facts, headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What was decided about the whole file."""

    date_order: str = "dmy"
    decimal_mark: str = "."
    statuses: Mapping[str, str] = field(default_factory=dict)  # normal word -> completed | open | not_a_job
    country: str = ""
    currency: str = ""
    today: date
    form: Literal["", "ours", "cards"] = ""  # where cells hold what is meant, and only an empty one says nothing
    zeros_lost: frozenset[int] = frozenset()  # columns of postal codes that a spreadsheet took for numbers
    day_numbers: Mapping[int, date] = field(default_factory=dict)  # columns of days written as numbers -> day 0


class Fields:
    """Where the fields of one file are, for all that reads its rows; and what its owner is told of them."""

    def __init__(self, layout: headers.Layout, decisions: Decisions) -> None:
        """Sort the columns by what they fill, once for all rows."""
        self.decisions = decisions
        self.of: dict[str, list[int]] = {}
        for column in layout.columns:
            self.of.setdefault(column.field, []).append(column.index)
        self.width = 1 + max((column.index for column in layout.columns), default=-1)
        self.headers = {column.index: column.header or f"column {column.index + 1}" for column in layout.columns}
        unknown = self.of.get("", ())
        names = [self.headers[index] for index in unknown]
        self._unknown = [
            (index, header if names.count(header) == 1 else f"{header} (column {index + 1})")
            for index, header in zip(unknown, names, strict=True)
        ]
        self.warnings: dict[str, list[int]] = {}
        self.warned_of = 0  # the last row that was warned of

    def at(self, name: str) -> int:
        """Return the first column of a field; without one, that of the cell behind all others, which is empty."""
        return self.of[name][0] if name in self.of else self.width

    def first(self, *names: str) -> int:
        """Return the first column of the first field that the file has, else its first column: where to look."""
        return next((self.of[name][0] for name in names if name in self.of), 0)

    def unknown(self, values: Sequence[str]) -> dict[str, str]:
        """Return what stands in the columns that nobody knows, under their own names."""
        return {header: values[index] for index, header in self._unknown if values[index]}

    def problem(self, out: facts.Outcome, index: int, *, code: str, why: str, value: str | None = None) -> None:
        """Add what is wrong with a cell; *value* is what it holds, where that is not what it means."""
        shown = cells.cut(cells.printable(out.values[index] if value is None else value), 200)
        out.problems.append(facts.Problem(out.row, self.headers.get(index, f"column {index + 1}"), shown, code, why))

    def warn(self, what: str, row: int) -> None:
        """Note that something was done with a row that its owner may want to know."""
        self.warned_of = row
        rows = self.warnings.setdefault(what, [])
        if not rows or rows[-1] != row:
            rows.append(row)
