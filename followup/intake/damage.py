"""What a spreadsheet did to whole columns: zeros taken from the front of numbers, days written as numbers.

Takes the lines of a table as they go by, and keeps next to nothing of them. Gives the columns that were damaged, or a
question. Touches nothing. One cell cannot tell: 1067 is a town in Switzerland or, without its zero, one in Germany.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from followup import cells
from followup.intake import days, headers, telling

if TYPE_CHECKING:
    from followup.intake.lines import Line
    from followup.intake.questions import Questions

_ZEROS = ("client.phone", "address.postal_code")
_NUMBERS = ("client.id", "job.id", "job.id+invoice", "job.invoice_ref")
_LIKE_A_DAY = re.compile(r"\d{1,2}-[^\W\d]{3}|[^\W\d]{3}-\d{2}")
_DAYS = ("job.completed_on", "job.promised_on", "job.paid_on")
EPOCHS: Mapping[str, date] = {"1900": date(1899, 12, 30), "1904": date(1904, 1, 1)}
"""Day 0 of a spreadsheet: Excel counts as if 1900 had been a leap year; for the Macintosh it once began with 1904."""


@dataclass(slots=True)
class _Ids:
    """Numbers that identify, and those among them that look like days."""

    like_days: list[int] = field(default_factory=list)  # the first rows
    count: int = 0
    others: bool = False

    def see(self, lines: Sequence[Line], index: int) -> None:
        cells = [line.cells[index] for line in lines]
        if "-" not in "".join(cells):
            self.others = self.others or any(cells)
            return
        rows = [line.row for line, cell in zip(lines, cells, strict=True) if _LIKE_A_DAY.fullmatch(cell.strip())]
        self.others = self.others or len(rows) < len(cells) - cells.count("")
        self.count += len(rows)
        self.like_days += rows[: telling.MOST_ROWS - len(self.like_days)]


class Damage:
    """What the lines of one table show of it."""

    def __init__(self, layout: headers.Layout) -> None:
        """Begin with every column that could have suffered."""
        self._headers = {column.index: column.header for column in layout.columns}
        self._without_zeros = [column.index for name in _ZEROS for column in layout.of(name)]
        days = () if layout.kind == "clients" else _DAYS
        self._numbers = [column.index for name in days for column in layout.of(name)[:1]]
        self._done = next((column.index for column in layout.of("job.completed_on")), -1)
        self._first: dict[int, tuple[int, str]] = {}  # column of days -> row and value
        self._latest = 0  # day number of a job that is done
        self._filled: set[int] = set()
        self._ids = {column.index: _Ids() for name in _NUMBERS for column in layout.of(name)}

    def see(self, lines: Sequence[Line]) -> None:
        """Look at some lines."""
        for index in [*self._without_zeros]:
            starts = {line.cells[index].lstrip("'\u00a0 ")[:1] for line in lines}
            if not starts.isdisjoint("0+("):
                self._without_zeros.remove(index)
            elif not starts.isdisjoint("123456789"):
                self._filled.add(index)
        for index in [*self._numbers]:
            self._see_days(index, lines)
        for index, ids in self._ids.items():
            ids.see(lines, index)

    def _see_days(self, index: int, lines: Iterable[Line]) -> None:
        for line in lines:
            value = line.cells[index].strip()
            if not value:
                continue
            if not days.is_day_number(value):
                self._numbers.remove(index)
                self._first.pop(index, None)
                return
            self._first.setdefault(index, (line.row, value))
            if index == self._done:
                self._latest = max(self._latest, int(value))

    def zeros_lost(self) -> frozenset[int]:
        """Return the columns of numbers of which none has a zero or a plus in front."""
        return frozenset(self._filled.intersection(self._without_zeros))

    def warn(self, warnings: list[str]) -> None:
        """Say which numbers look like days that a spreadsheet made of them: 3-4 became 03-Apr."""
        for index, ids in self._ids.items():
            if ids.like_days and ids.others:
                warnings.append(
                    f"numbers in '{cells.short(self._headers[index])}' look like days that a spreadsheet made of "
                    f"them, and were kept as they are ({telling.rows(ids.like_days, count=ids.count)})"
                )

    def day_numbers(self, asked: Questions, warnings: list[str], *, today: date) -> dict[int, date]:
        """Return the columns whose days are all written as numbers, with their day 0; or ask which that is.

        Args:
            asked: where questions go and answers come from.
            warnings: takes what was decided without asking.
            today: no job was completed after it, which decides at times.
        """
        if not self._first:
            return {}
        index, (row, value) = next(iter(self._first.items()))
        header = self._headers[index]
        readings = {name: epoch + timedelta(days=int(value)) for name, epoch in EPOCHS.items()}
        answer = asked.answer("day_numbers")
        if not answer and self._latest and EPOCHS["1904"] + timedelta(days=self._latest) > today:
            answer = "1900"
            warnings.append(
                f"day numbers of a spreadsheet in '{header}' were read as days ({value} in row {row} is "
                f"{readings[answer]})"
            )
        if answer:
            return dict.fromkeys(self._first, EPOCHS[answer])
        asked.ask(
            "day_numbers",
            f"'{cells.short(header)}' has days as a spreadsheet counts them: {value} in row {row} is "
            f"{readings['1900']} counted from 1900, which is usual, or {readings['1904']} counted from 1904, as old "
            "spreadsheets of the Macintosh do. Which is right?",
            [*EPOCHS],
            rows=[row],
        )
        return {}
