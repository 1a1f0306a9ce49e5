"""The way of the rows of one table, the same each time they go it: records -> lines -> shape -> rules.

Takes a table, what its columns mean and whose export it is. Gives lines that are clients or jobs, and what each of them
is recognised by. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date
from hashlib import blake2b

from followup.intake import (
    exporters,
    facts,
    fields,
    headers,
    lines,
    naming,
    questions,
    ragged,
    rules,
    shape,
    table,
    typed,
)
from followup.intake.ledger import Ledger
from followup.intake.lines import Line

_VERSION = "2"
"""Part of every row's digest: raise it when rows mean something else than before, and they are read again."""

_DECIDED = ("date_order", "decimal_mark", "status:")
"""Answers that are among the decisions: whether they were found or remembered makes no other row."""

_HEADINGS = "headings-name-the-client"
"""The rule that says what headings are, so that nobody is asked."""


class Way:
    """One table of a file, and how its rows are read."""

    def __init__(
        self,
        part: table.Table,
        layout: headers.Layout,
        exporter: exporters.Exporter | None,
        asked: questions.Questions,
        *,
        name: str,
        epoch: date | None,
        delimiter: str,
    ) -> None:
        """Choose the rules.

        Args:
            part: the table.
            layout: what its columns mean.
            exporter: whose export it is, None for a sheet made by hand.
            asked: where answers come from.
            name: of the file, which says something in itself at times.
            epoch: day 0 of a spreadsheet's day numbers, where it says so.
            delimiter: between the cells of the file, empty for a spreadsheet.
        """
        self.table = part
        self.exporter = exporter
        self.rules = [rules.RULES[each] for each in exporter.rules] if exporter is not None else []
        self._asked = asked
        added = [*naming.added_by(self.rules), *shape.adds({"headings": asked.answer("headings")})]
        self.layout = naming.with_added(layout, part.width, added)
        self._added = len(self.layout.columns) - len(layout.columns)
        self._name = name
        self._epoch = epoch
        self._delimiter = delimiter
        self._headed = any(each.name == _HEADINGS for each in self.rules)

    @property
    def fills(self) -> bool:
        """Return whether rows are given something from other rows, by a rule or because the owner said so."""
        said = self._asked.used.items()
        return bool(self.rules) or any(about.startswith(("fill_down", "headings")) for about, _ in said)

    @property
    def added(self) -> dict[str, int]:
        """Return the columns that rules fill and the file does not have: what we call them, and where they are."""
        columns = self.layout.columns[len(self.layout.columns) - self._added :]
        return {headers.our_column(column.field): column.index for column in columns}

    def lines(self, found: table.Rows, ledger: Ledger) -> tuple[Iterator[Line], shape.Shape]:
        """Return the lines of these rows that are clients or jobs, and what looks at their shape meanwhile."""
        context = lines.Context(
            self._name, self.layout, self.exporter.options if self.exporter is not None else {}, ledger.leave_out
        )
        look = shape.Shape(context, self._asked.answer, by_hand=self.exporter is None, headed=self._headed)
        width = self.table.width
        way = ragged.lines(found, width=width, added=self._added)
        if self._headed:  # first of all: totals say where the rows of a heading end
            way = rules.RULES[_HEADINGS].apply(way, context)
        if not self.table.of_cards:
            way = look.records(way)
        way = ragged.settled(way, ledger, width=width, named=self.table.named, delimiter=self._delimiter)
        if not self._delimiter:
            way = typed.read(way, self.layout, self._epoch, ledger)
        for rule in self.rules:
            if rule.name != _HEADINGS:
                way = rule.apply(way, context)
        return way, look

    def digests(self, result: facts.FileResult, decisions: fields.Decisions, key: bytes) -> Callable[[str], str]:
        """Return a function that says what a line is recognised by: the text of its cells, and all that they depend on.

        Args:
            result: of the file.
            decisions: about this table.
            key: of the home.
        """
        used = sorted(item for item in self._asked.used.items() if not item[0].startswith(_DECIDED))
        exporter = self.exporter
        base = blake2b(
            repr(
                (
                    _VERSION,
                    self.table.header,
                    self.layout.kind,
                    result.source,
                    decisions.date_order,
                    decisions.decimal_mark,
                    sorted(decisions.statuses.items()),
                    decisions.country,
                    decisions.currency,
                    sorted(decisions.zeros_lost),
                    sorted(decisions.day_numbers.items()),
                    used,
                    (exporter.rules, sorted(exporter.columns.items())) if exporter is not None else (),
                )
            ).encode("utf-8", "replace"),
            key=key[:64],
            digest_size=12,
        )

        def digest(joined: str) -> str:
            hashed = base.copy()
            hashed.update(joined.encode("utf-8", "surrogatepass"))
            return hashed.hexdigest()

        return digest

    def further_days(self) -> list[int]:
        """Return columns of days that are not read: a program writes all its days alike, a person may not."""
        if self.exporter is None:
            return []
        read = {column.index for column in self.layout.columns if column.field}
        names = enumerate(map(headers.normal, self.table.header))
        return [index for index, name in names if "date" in name.split() and index not in read]

    def places(self, names: Collection[str]) -> list[int]:
        """Return the columns of fields."""
        return [column.index for column in self.layout.columns if column.field in names]
