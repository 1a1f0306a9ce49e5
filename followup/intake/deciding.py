"""What only a whole table can tell: the order of its dates, the mark of its amounts, what its words of status mean.

Takes the lines of one table as they go by, and keeps a few that show each thing, however many there are. Gives what was
decided, or questions with the rows that show why. Touches nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from followup import cells
from followup.intake import amounts, columns, headers, meanings, rows, table, telling
from followup.intake.ledger import Tally
from followup.intake.lines import Line
from followup.intake.questions import Questions

_DATES = ("job.completed_on", "job.dated_on", "job.promised_on", "job.paid_on")
_AMOUNTS = ("job.amount", "job.open_balance", "job.unit_price", "job.quantity")
_MOST_VALUES, _MOST_WORDS = 50_000, 1_000
_FIRST = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}


@dataclass(slots=True)
class _Witnesses:
    """The first few values of each kind that say something, and where they stand."""

    says: Callable[[str], Hashable]
    places: Sequence[int]
    alike: Mapping[int, int] = field(default_factory=dict)  # for str.translate: values that it makes one say the same
    rows: dict[str, int] = field(default_factory=dict)  # value -> row, in the order of the file
    _kinds: Counter[Hashable] = field(default_factory=Counter)
    _settled: set[str] = field(default_factory=set)  # what such a value says is known well enough

    def see(self, lines: Sequence[Line]) -> None:
        for place in self.places:
            values = [line.cells[place] for line in lines]
            # All of them in one go: nearly always nothing is new, and a long file asks it of every cell.
            if self._settled.issuperset(rows.SEPARATOR.join(values).translate(self.alike).split(rows.SEPARATOR)):
                continue
            if len(self._settled) > _MOST_VALUES:
                self._settled.clear()
            for line, value in zip(lines, values, strict=True):
                shape = value.translate(self.alike)
                if shape not in self._settled and type(value) is not table.Number:
                    self._judge(value, shape, line.row)

    def _judge(self, value: str, shape: str, row: int) -> None:
        kind = self.says(value)
        if kind is None or self._kinds[kind] >= _ENOUGH:
            self._settled.add(shape)
        elif value not in self.rows:
            self._kinds[kind] += 1
            self.rows[value] = row


_ENOUGH = 4


class Evidence:
    """What the lines of one table show."""

    def __init__(self, layout: headers.Layout, statuses: Mapping[str, str], *, aside: Sequence[int] = ()) -> None:
        """Begin without any.

        Args:
            layout: what the columns mean.
            statuses: normal words whose meaning is certain in such files -> completed, open or not_a_job.
            aside: further columns of days, which are not read and yet written by the same program.
        """
        jobs = layout.kind != "clients"
        self._statuses = statuses
        self._dates = _Witnesses(columns.order_witness, _places(layout, _DATES) if jobs else [])
        self._aside = _Witnesses(columns.order_witness, aside if jobs else [])
        self._amounts = _Witnesses(columns.mark_witness, _places(layout, _AMOUNTS) if jobs else [], amounts.LIKE_NINE)
        self._status = next(iter(_places(layout, ("job.status",))), -1) if jobs else -1
        self._words: dict[str, Tally] = {}
        self._has_numbers = False

    def see(self, lines: Sequence[Line]) -> None:
        """Look at some lines."""
        self._dates.see(lines)
        self._aside.see(lines)
        self._amounts.see(lines)
        if self._status >= 0:
            self._see_words(lines)
        if not self._has_numbers:
            self._has_numbers = any(
                type(line.cells[place]) is table.Number and "." in line.cells[place]
                for place in self._amounts.places
                for line in lines
            )

    def _see_words(self, lines: Sequence[Line]) -> None:
        place, words = self._status, self._words
        for word, count in Counter([line.cells[place] for line in lines]).items():
            if word not in words and len(words) >= _MOST_WORDS:
                continue
            tally = words.setdefault(word, Tally())
            tally.count += count
            missing = telling.MOST_ROWS - len(tally.first)
            if missing:
                tally.first += [line.row for line in lines if line.cells[place] == word][:missing]

    def decide(self, asked: Questions, decided: dict[str, str], *, country: str) -> tuple[str, str, dict[str, str]]:
        """Return date order, decimal mark and the meaning of words; what is open is asked.

        Args:
            asked: where questions go and answers come from.
            decided: takes what the file itself shows.
            country: of the home, ISO 3166.
        """
        order = self._date_order(asked, decided, country)
        mark = self._decimal_mark(asked, decided)
        if self._has_numbers:
            decided["decimal_mark"] = mark
        return order, mark, self._meanings(asked) if self._status >= 0 else {**self._statuses}

    def _date_order(self, asked: Questions, decided: dict[str, str], country: str) -> str:
        values = self._dates.rows
        if "date_order" in asked.given or columns.fits_order(values, asked.memory.get("date_order", "")):
            answer = asked.answer("date_order")
            if answer:
                return answer
        found = columns.date_order(values, country=country)
        if isinstance(found, str):
            if columns.proves_order(values):
                decided["date_order"] = found
            return found
        if not found.contradictory and self._aside.rows:
            together = columns.date_order([*values, *self._aside.rows], country=country)
            if isinstance(together, str):
                decided["date_order"] = together
                return together
        where = _where(found.samples, values)
        if found.contradictory:
            question = (
                f"its dates contradict each other: {where} cannot be in one order. Which order counts? The others "
                "become problems of their rows"
            )
        else:
            first = " or ".join(_FIRST[order] for order in found.options)
            question = f"is {found.samples[0]} {first}? No date of the file decides it ({where})"
        asked.ask("date_order", question, found.options, rows=_rows(found.samples, values))
        return "dmy"

    def _decimal_mark(self, asked: Questions, decided: dict[str, str]) -> str:
        values = self._amounts.rows
        if "decimal_mark" in asked.given or columns.fits_mark(values, asked.memory.get("decimal_mark", "")):
            answer = asked.answer("decimal_mark")
            if answer:
                return answer
        found = columns.decimal_mark(values)
        if isinstance(found, str):
            if columns.proves_mark(values):
                decided["decimal_mark"] = found
            return found
        where = _where(found.samples, values)
        if found.contradictory:
            question = (
                f"its amounts contradict each other: {where}. Which is the decimal mark? The others become problems of "
                "their rows"
            )
        else:
            question = (
                f"is the mark in {where} a decimal mark, or does it separate thousands? Which is the decimal mark?"
            )
        asked.ask("decimal_mark", question, found.options, rows=_rows(found.samples, values))
        return "."

    def _meanings(self, asked: Questions) -> dict[str, str]:
        told = {
            headers.normal(about.partition(":")[2]): value
            for about, value in {**asked.memory, **asked.given}.items()
            if about.startswith("status:")
        }
        known = {**self._statuses, **told}
        unknown: dict[str, tuple[str, Tally]] = {}
        for cell, tally in self._words.items():
            word = cell.strip()
            normal = headers.normal(word)
            if normal in told:
                asked.used[f"status:{word}"] = told[normal]
            elif not word or len(word) > 60 or word.lower() in meanings.NOTHING or normal in self._statuses:
                continue
            elif not meanings.sure_status(normal):
                shown, all_rows = unknown.setdefault(normal, (word, Tally()))
                all_rows.count += tally.count
                all_rows.first += tally.first
        for shown, tally in unknown.values():
            word = cells.printable(shown)
            first = sorted(tally.first)[: telling.MOST_ROWS]
            asked.ask(
                "status",
                f"'{word}' in {telling.count(tally.count)} ({telling.rows(first, count=tally.count)}): completed, "
                "open, or not a job?",
                meanings.STATUS_ANSWERS,
                word=word,
                rows=first,
            )
        return known


def _places(layout: headers.Layout, names: Iterable[str]) -> list[int]:
    return [column.index for name in names for column in layout.of(name)[:1]]


def _where(samples: Iterable[str], values: Mapping[str, int]) -> str:
    """Return each value that shows something with its row."""
    places = {value.strip(): row for value, row in reversed([*values.items()])}
    return ", ".join(f"'{cells.short(value)}' in row {places[value]}" for value in samples)


def _rows(samples: Iterable[str], values: Mapping[str, int]) -> list[int]:
    places = {value.strip(): row for value, row in reversed([*values.items()])}
    return [places[value] for value in samples]
