"""Cells of spreadsheets that are not text: day numbers, calculated amounts, formulas that fail.

Takes lines of a spreadsheet. Gives them with days as days and amounts as the spreadsheet shows them; rows with a failed
formula are problems. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from followup import cells
from followup.intake import fields, headers, table
from followup.intake.ledger import Ledger
from followup.intake.lines import Line

_DAYS = ("job.completed_on", "job.dated_on", "job.promised_on", "job.paid_on")
_AMOUNTS = ("job.amount", "job.open_balance")
_EXACT = ("job.unit_price", "job.quantity")
_FIRST_DAY, _LAST_DAY = 20_000, 80_000
"""Numbers that are days in a column of days, 1954 to 2119; 20260227 is not among them, nor is a year."""


def read(lines: Iterable[Line], layout: headers.Layout, epoch: date | None, ledger: Ledger) -> Iterator[Line]:
    """Give lines with day numbers as days, without those that have a failed formula.

    Args:
        lines: of a spreadsheet.
        layout: what its columns mean.
        epoch: the day 0 of its day numbers, None where it does not say.
        ledger: of this pass.
    """
    days = [column for name in _DAYS for column in layout.of(name)] if epoch else []
    for line in lines:
        line_cells = line.cells
        if table.Failed in map(type, line_cells) and _fails(line, layout, ledger):
            continue
        for column in days:
            cell = line_cells[column.index]
            if epoch and type(cell) is table.Number and _FIRST_DAY <= Decimal(cell) <= _LAST_DAY:
                line_cells[column.index] = (epoch + timedelta(days=int(Decimal(cell)))).isoformat()
                ledger.write_out(line.row, column.index, line_cells[column.index])
                ledger.warn(f"day numbers of the spreadsheet in '{column.header}' were read as days", [line.row])
        yield line


def _fails(line: Line, layout: headers.Layout, ledger: Ledger) -> bool:
    failed = [column for column in layout.columns if type(line.cells[column.index]) is table.Failed]
    for column in failed:
        ledger.problem(
            line.row,
            column.header,
            str(line.cells[column.index]),
            "formula-error",
            "is a formula that fails; mend it in the spreadsheet, or write the value there",
        )
    return bool(failed)


def write_amounts(
    lines: Iterable[Line], layout: headers.Layout, decisions: fields.Decisions, ledger: Ledger
) -> Iterator[Line]:
    """Give lines whose amounts have the mark of the file's others, and are as exact as the sheet shows them."""
    currency = next((column.index for column in layout.of("job.currency")), None)
    amounts = [column.index for name in _AMOUNTS for column in layout.of(name)]
    exact = [column.index for name in _EXACT for column in layout.of(name)]
    for line in lines:
        for place in (*amounts, *exact):
            cell = line.cells[place]
            if type(cell) is not table.Number or "." not in cell:
                continue
            text = str(cell)
            if place in amounts:
                code = line.cells[currency].strip().upper() if currency is not None else ""
                text = _shown(cell, cells.minor_digits(code or decisions.currency))
                if text != cell:
                    ledger.warn("calculated amounts were rounded as a spreadsheet shows them", [line.row])
            line.cells[place] = text.replace(".", decisions.decimal_mark)
            ledger.write_out(line.row, place, line.cells[place])
        yield line


def _shown(cell: str, digits: int) -> str:
    value = Decimal(cell)
    shown = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return str(shown) if shown != value else cell
