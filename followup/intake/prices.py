"""What a job cost, and whether something of it is still to be paid.

Takes a row with its cells as they are meant, and the job that it speaks of. Fills the amount, in minor units, and the
currency; says what is no amount, and skips credits. Touches nothing.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from followup import cells
from followup.intake import amounts, headers
from followup.intake.facts import Outcome, ParsedJob, Skipped
from followup.intake.fields import Fields

_CODE = re.compile(r"[A-Z]{3}")


class Prices:
    """Reads the amounts of one file."""

    def __init__(self, fields: Fields, layout: headers.Layout) -> None:
        """Note which columns hold what, once for all rows."""
        self._fields = fields
        self._mark, self._home = fields.decisions.decimal_mark, fields.decisions.currency
        self._ours = fields.decisions.form == "ours"
        self._digits = cells.minor_digits(self._home)
        self._amount, self._currency = fields.at("job.amount"), fields.at("job.currency")
        self._price, self._quantity = fields.at("job.unit_price"), fields.at("job.quantity")
        self._balance = fields.at("job.open_balance")
        self._adds_up = "job.unit_price" in fields.of or any(
            headers.is_of_a_line(column.header) for column in layout.of("job.amount")
        )
        self.line_of = ""  # the number of the job in the row above: the lines of an invoice stand below each other
        self._read: dict[tuple[str, str], amounts.Money | str] = {}

    def forget(self) -> None:
        """Let go of the amounts of the rows so far."""
        self._read.clear()

    def read(self, job: ParsedJob, out: Outcome) -> None:
        """Fill the amount of a job."""
        values = out.values
        if values[self._balance]:
            balance = amounts.read(values[self._balance], mark=self._mark, currency=self._home)
            if isinstance(balance, amounts.Money):
                job.unpaid = balance.minor > 0
        currency = values[self._currency].upper()
        if currency and not _CODE.fullmatch(currency):
            currency = amounts.currency_of_sign(currency) or currency
            if not _CODE.fullmatch(currency):
                why = "is no currency; write its three letters, such as GBP"
                self._fields.problem(out, self._currency, value=currency, code="currency", why=why)
                return
        amount = values[self._amount]
        if not amount:
            self._multiply(job, currency or self._home, out)
            return
        if not currency:
            plain = amounts.plain(amount, self._mark, self._digits)
            if plain is not None:
                job.amount_minor, job.currency = plain, self._home
                return
        read = self._read.get((amount, currency))
        if read is None:
            read = self._read[amount, currency] = amounts.read(amount, mark=self._mark, currency=currency or self._home)
        if isinstance(read, str):
            self._fields.problem(out, self._amount, code="amount", why=read)
        elif currency and read.currency != currency:
            why = f"says {read.currency}, and the column of currencies says {currency}"
            self._fields.problem(out, self._amount, code="amount", why=why)
        else:
            job.amount_minor, job.currency = read.minor, read.currency
            if read.minor < 0 and not self._ours:  # there it is a job of ours with such an amount
                self._skip_credit(job, out)

    def _multiply(self, job: ParsedJob, currency: str, out: Outcome) -> None:
        """Take price times quantity, rounded as an invoice rounds its line; no quantity is one."""
        if not out.values[self._price]:
            return
        product = Decimal(1).scaleb(cells.minor_digits(currency))
        for index in (self._price, self._quantity):
            number = amounts.number(out.values[index] or "1", mark=self._mark)
            if number is None:
                self._fields.problem(out, index, code="amount", why="is no number; write it like 120.00")
                return
            product *= number
        job.amount_minor, job.currency = int(product.to_integral_value(ROUND_HALF_UP)), currency
        if product < 0:
            self._skip_credit(job, out)

    def _skip_credit(self, job: ParsedJob, out: Outcome) -> None:
        """Leave out an amount below zero, unless it is one more line of the invoice above, whose lines add up."""
        if not (self._adds_up and job.job_id and job.job_id == self.line_of):
            out.skipped = Skipped(out.row, "credit", "a credit or refund: its amount is below zero")
