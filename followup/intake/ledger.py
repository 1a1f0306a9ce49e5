"""What happens to rows on their way: left out, wrong, or worth a word; and which cells they had in the file.

Takes rows and reasons from every stage of reading. Gives them to a FileResult, in parts as large as its caller wants.
Touches nothing. Warnings are about the whole file and count rows; they keep the first few, however long the file is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from followup import cells
from followup.intake import decode, facts, telling
from followup.intake.lines import Line

Told = TypeVar("Told", facts.Skipped, facts.Problem)
Kept = TypeVar("Kept", list[str], dict[str, str])


@dataclass(slots=True)
class Tally:
    """Rows of which the same is said: how many, and the first of them."""

    count: int = 0
    first: list[int] = field(default_factory=list)

    def add(self, row: int) -> None:
        """Count a row."""
        self.count += 1
        if len(self.first) < telling.MOST_ROWS:
            self.first.append(row)

    def __str__(self) -> str:
        """Return the rows as they are told."""
        return telling.rows(self.first, count=self.count)


class Ledger:
    """The book of one pass over a file. A pass that only surveys need not keep anything."""

    def __init__(self, *, keeps: bool = True) -> None:
        """Begin empty."""
        self.keeps = keeps
        self.records: dict[int, list[str]] = {}
        self.given: dict[int, dict[str, str]] = {}
        self._skipped: list[facts.Skipped] = []
        self._problems: list[facts.Problem] = []
        self._tallies: dict[str, Tally] = {}
        self._twice = Tally()
        self._cell_saved_twice = ""

    def let_go(self) -> None:
        """Forget everything, and keep nothing from now on."""
        self.keeps = False
        for noted in (self.records, self.given, self._tallies):
            noted.clear()
        self._skipped.clear()
        self._problems.clear()

    def fill(self, filled: Iterable[Line], added: Mapping[str, int]) -> None:
        """Note what rows were given from others, so that each of them can stand alone in a file of rejected rows.

        *added*: columns that the file does not have, and where the lines have them.
        """
        for line in filled:
            record = self.records.get(line.row)
            if record is None:
                continue
            record += [""] * (len(line.cells) - len(added) - len(record))
            if "" in record:
                record[:] = [own or given for own, given in zip(record, line.cells, strict=False)]
            given = {name: cell for name, index in added.items() if (cell := line.cells[index].strip())}
            if given:
                self.given[line.row] = given

    def write_out(self, row: int, place: int, text: str) -> None:
        """Note how a cell is written outside of its spreadsheet, where a day number or a point means something else."""
        record = self.records.get(row)
        if record is not None and place < len(record):
            record[place] = text

    def skip(self, row: int, code: str, why: str) -> None:
        """Note a row that is no client and no job."""
        if self.keeps:
            self._skipped.append(facts.Skipped(row, code, why))

    def leave_out(self, line: Line, code: str, why: str) -> None:
        """Note a line that is no client and no job, with the rows that were taken into it."""
        for row in (line.row, *line.more):
            self.skip(row, code, why)

    def problem(self, row: int, column: str, value: str, code: str, why: str) -> None:
        """Note why a row cannot be imported."""
        if self.keeps:
            self._problems.append(facts.Problem(row, column, cells.cut(cells.printable(value), 200), code, why))

    def warn(self, what: str, rows: Sequence[int]) -> None:
        """Note rows that are read, and how."""
        if self.keeps:
            tally = self._tallies.setdefault(what, Tally())
            for row in rows:
                tally.add(row)

    def saved_twice(self, row: int, record: Sequence[str]) -> None:
        """Note a row whose text was read in a wrong encoding once and saved again."""
        if self.keeps:
            self._twice.add(row)
            self._cell_saved_twice = self._cell_saved_twice or next(filter(decode.saved_twice, record), "")

    def warnings(self) -> list[str]:
        """Return what is to be said of the whole file."""
        told = [f"{what} ({tally})" for what, tally in self._tallies.items()]
        if self._cell_saved_twice:
            was = decode.saved_once(self._cell_saved_twice)
            shown = f" ('{cells.short(self._cell_saved_twice)}' was '{cells.short(was)}')" if was else ""
            told.insert(
                0,
                f"looks damaged: UTF-8 was opened as another encoding and saved again{shown}. It is taken as it "
                f"stands; better export it anew ({self._twice})",
            )
        return told

    def settle(self, result: facts.FileResult, *, up_to: int | None = None) -> None:
        """Give all that was noted to *result*, or only what is of rows up to one; what came later stays."""
        result.sheet |= _taken(self.records, up_to)
        result.given |= _taken(self.given, up_to)
        result.skipped += _settled(self._skipped, up_to)
        result.problems += _settled(self._problems, up_to)
        result.skipped.sort(key=_row)
        result.problems.sort(key=_row)


def _row(told: facts.Skipped | facts.Problem) -> int:
    return told.row


def _settled(noted: list[Told], up_to: int | None) -> list[Told]:
    settled = [each for each in noted if up_to is None or each.row <= up_to]
    noted[:] = [each for each in noted if up_to is not None and each.row > up_to]
    return settled


def _taken(records: dict[int, Kept], up_to: int | None) -> dict[int, Kept]:
    """Take out the rows up to one: nearly all of them, so it is the others that are put aside one by one."""
    last: int = next(reversed(records), 0) if up_to is None else up_to
    later = [*itertools.takewhile(last.__lt__, reversed(records))]
    kept = {row: records.pop(row) for row in reversed(later)}
    taken = records.copy()
    records.clear()
    records.update(kept)
    return taken
