"""The form in which rows travel from a table to what they say, and what a rule over them is.

Takes and gives plain values. Touches nothing. A rule is a generator over lines: what leaves rows out, joins them or
fills their cells is one, whether a program's export needs it or a sheet made by hand. Files of a million rows pass
through the rules twice, once to decide and once to read, so a rule keeps little and gives each line as soon as it can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from followup.intake import headers


@dataclass(slots=True)
class Line:
    """One row on its way, or several that a rule took together."""

    row: int  # as a spreadsheet counts, from 1
    cells: list[str]  # padded to the width of the table, plus one cell for each added column
    more: list[int] = field(default_factory=list)  # rows that were taken into this one
    size: int = 0  # cells that the row has in the file, which may be fewer or more than the table has


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule may know of the file."""

    name: str  # of the file, as the owner calls it
    layout: headers.Layout  # with the added columns, at the right
    options: Mapping[str, Sequence[str]]  # of the exporter's [options]
    leave_out: Callable[[Line, str, str], None]  # line, code, why: into the ledger

    def at(self, name: str) -> int:
        """Return the index of the best column of a field, or of the column with that header; -1 without one."""
        best = self.layout.of(name)
        if best:
            return best[0].index
        wanted = headers.normal(name)
        return next((index for index, cell in enumerate(self.layout.header) if headers.normal(cell) == wanted), -1)


Apply = Callable[[Iterable[Line], Context], Iterator[Line]]
"""What a rule does: lines in, lines out."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A way in which the rows of some files differ from one record each."""

    name: str
    does: str  # one sentence, for the documentation and for `looks like`
    adds: tuple[
        str, ...
    ]  # fields of columns that it fills, made at the right of the table when the table has none such
    apply: Apply
