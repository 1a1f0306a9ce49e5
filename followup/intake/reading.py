"""The way of one file: looked through once for what only the whole of it can tell, then read.

Takes a Source and the answers of its owner. Gives what was found out, and FileResults with clients and jobs, as many
rows at a time as the caller can hold. Touches nothing but the source. What is kept in between does not grow with the
file.
"""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from followup import cells
from followup.intake import (
    damage,
    deciding,
    decode,
    exporters,
    facts,
    fields,
    headers,
    mapping,
    naming,
    opening,
    questions,
    rows,
    table,
    telling,
    typed,
    unread,
    way,
    workbooks,
)
from followup.intake.ledger import Ledger
from followup.intake.lines import Line
from followup.intake.sources import Source

_BEGINNING = 65_536
_CHUNK = 2_000
_ASKED_AT_ONCE = 10_000
"""Rows that the home is asked about at once."""
_AHEAD = f"{rows.SEPARATOR}ahead"
"""Stands in what a row is recognised by while its day has not come: then it means something else, and is news."""
_TELL_EVERY = 5_000
_PARTS = 1_000
"""Of a pass, as they are told."""
_NUMBERS = ("job.id", "job.id+invoice", "client.id")

Known = Callable[[str, Iterable[str]], Collection[str]]
"""(fingerprint, digests) -> those of the digests whose rows the home has read before."""

Progress = Callable[[int, int], None]
"""(done, of): how much of the work is done, in a unit of its own."""


class Reading:
    """One file, looked through: `result` says what it is and what is open; `slices` reads it."""

    def __init__(
        self,
        source: Source,
        result: facts.FileResult,
        asked: questions.Questions,
        *,
        home: facts.HomeFacts,
        kind: str,
        remembered: questions.Remembered,
        known: Known | None,
        whole: bool,
        progress: Progress | None,
        keep: int,
    ) -> None:
        """Look through the file; the arguments are those of `intake.opened`. A result without a source gets one."""
        self.result = result
        self._source = source
        self._asked = asked
        self._home = home
        self._kind = kind
        self._remembered = remembered
        self._known = known
        self._whole = whole
        self._met = array("q")  # known rows of the file, by the hash of what each is recognised by
        self._wanted: set[str] = set()  # known rows that are read all the same
        self._progress = progress
        self._passes = 2 if known is None or whole else 3
        self._pass = 0
        self._sheet: table.Sheet | None = None
        self._last = 0  # row
        self._keep = keep
        self._kept: list[Line] | None = None  # what was looked through, where it is little enough
        self._ledger = Ledger()  # of what was kept
        self._ways: dict[int, way.Way] = {}  # by the number of the table, from 1
        self._decisions: dict[int, fields.Decisions] = {}
        result.questions, result.answers = asked.open, asked.used
        self._opener = opening.Opener(
            source,
            asked,
            result,
            country=home.country,
            remembered=remembered,
            known=lambda row: self._exporter(row) is not None,
        )
        try:
            self._sheet = self._opener.open()
            if self._sheet is not None:
                _meet(self._sheet, result, home)
                asked.memory = remembered(result.fingerprint)
                self._survey(self._sheet)
        except decode.Refused as refusal:
            result.refused, result.refused_code = str(refusal), refusal.code
            asked.open.clear()
        result.source = result.source or facts.DEFAULT_SOURCE

    def _exporter(self, header: Sequence[str]) -> exporters.Exporter | None:
        return _program(header, self._home)

    # ------------------------------------------------------------ looking through

    def _survey(self, sheet: table.Sheet) -> None:
        told = self._asked.given.get("tables") or self._asked.memory.get("tables", "")
        tables = self._look_through(sheet, told or "1")
        if len(tables) > 1:
            if self._asked.answer("tables") not in ("all", *map(str, tables)):
                self._ask_which(tables)
        elif told not in ("", "1", "all"):  # said of a file that had more of them
            self._look_through(sheet, "1")
        elif all(each.about != "headings" for each in self._asked.open):
            for each in self._ways.values():
                if each.exporter is None:
                    naming.refuse_the_nameless(each.layout)
        result = self.result
        result.rows = self._last - (sheet.header_at >= 0)
        if len(tables) > 1 or not self._ledger.keeps:
            self._kept, self._ledger = None, Ledger()
        if self._ways:
            result.kind = next(iter(self._ways.values())).layout.kind
            for each in self._ways.values():
                left_out = naming.left_out(each.layout) if each.table.header and each.exporter is None else ""
                if left_out:
                    result.warnings.append(left_out)

    def _look_through(self, sheet: table.Sheet, wanted: str) -> dict[int, table.Table]:
        """Survey the tables that are wanted, a number or all, and return all there are."""
        tables: dict[int, table.Table] = {}
        refusal: decode.Refused | None = None
        ledger = self._ledger = Ledger(keeps=self._keep > 0)
        self._kept = []

        def skip(row: int, code: str, why: str) -> None:
            self._last = max(self._last, row)
            ledger.skip(row, code, why)

        for number, (part, found) in enumerate(sheet.tables(skip), 1):
            tables[number] = part
            self._last = max(self._last, part.row)
            watched = self._watched(found, ledger)
            if wanted in ("all", str(number)):
                first = list(itertools.islice(watched, mapping.LOOKED_AT))
                watched = itertools.chain(first, watched)
                try:
                    chosen = self._way(part, sheet, [record for _, record in first])
                except decode.Refused as error:
                    chosen, refusal = None, error
                if chosen is not None:
                    self._ways[number] = chosen
                    self._decisions[number] = self._decide(chosen, _whole_cards(watched, sheet, ledger), ledger)
            for _ in watched:
                pass
        if refusal is not None and (len(tables) == 1 or self._asked.answer("tables")):
            raise refusal
        return tables

    def _way(self, part: table.Table, sheet: table.Sheet, first: Sequence[table.Record]) -> way.Way | None:
        exporter = None if self._asked.answer("columns") else self._exporter(part.header)
        kind = self._kind or self._asked.answer("kind")
        layout = naming.layout(part, first, self._asked, self.result, exporter, kind=kind, country=self._home.country)
        if layout is None:
            return None
        return way.Way(
            part,
            layout,
            exporter,
            self._asked,
            name=self.result.name,
            epoch=self._opener.epoch,
            delimiter=sheet.delimiter,
        )

    def _decide(self, chosen: way.Way, found: table.Rows, ledger: Ledger) -> fields.Decisions:
        exporter = chosen.exporter
        ours = exporter is not None and exporter.source == exporters.OURS
        lines, shape = chosen.lines(found, ledger)
        evidence = deciding.Evidence(
            chosen.layout, exporter.status if exporter is not None else {}, aside=chosen.further_days()
        )
        harm = damage.Damage(chosen.layout)
        while chunk := list(itertools.islice(lines, _CHUNK)):
            evidence.see(chunk)
            harm.see(chunk)
            if ledger.keeps and self._kept is not None:
                self._kept += chunk
        home = self._home
        if ours and self._sheet is not None and self._sheet.delimiter == ",":
            self._asked.memory = {"date_order": "ymd", "decimal_mark": ".", **self._asked.memory}
        order, mark, statuses = evidence.decide(self._asked, self.result.decided, country=home.country)
        self._asked.open += shape.questions()
        harm.warn(self.result.warnings)
        return fields.Decisions(
            date_order=order,
            decimal_mark=mark,
            statuses=statuses,
            country=home.country,
            currency=home.currency,
            today=home.today,
            zeros_lost=harm.zeros_lost(),
            day_numbers=harm.day_numbers(self._asked, self.result.warnings, today=home.today),
            form="ours" if ours else "cards" if self._sheet is not None and self._sheet.cards else "",
        )

    def _ask_which(self, tables: dict[int, table.Table]) -> None:
        self._asked.open.clear()
        self._ways.clear()
        where = " and ".join(f"row {part.row} ({telling.listed(part.header[:4])})" for part in tables.values())
        self._asked.ask(
            "tables",
            f"there are {len(tables)} tables in this file, with their columns in {where}. Which to read?",
            [*map(str, tables), "all"],
            rows=[part.row for part in tables.values()],
        )

    # ------------------------------------------------------------ reading

    def beside_others(self) -> None:
        """Read known rows too: another file of this kind may say otherwise of whom they tell, and they stay known."""
        self._whole = True

    @property
    def met_known_rows(self) -> bool:
        """Return whether rows that the home has read before were passed by when the file was read."""
        return bool(self._met)

    def read_too(self, digests: Collection[str]) -> bool:
        """Have known rows read too, the next time; return whether the file has any of them.

        Args:
            digests: what they are recognised by; other rows than this file's may be among them.
        """
        marks = {hash(each): each for each in digests}
        found = {marks[mark] for mark in self._met if mark in marks} - self._wanted
        self._wanted |= found
        return bool(found)

    def slices(self, most: int | None = None) -> Iterator[facts.FileResult]:
        """Read the file, and give it in parts of at least *most* rows; all of it in one without a number.

        Adjacent rows with the same number of a job or a client are never in two parts. What is to be said of the whole
        file stands in the last part. A file that was refused, or that waits for an answer, is one part without rows.

        Raises:
            TryLater: the file was changed since it was looked through.
        """
        if self._sheet is None or not self.result.ready:
            yield self.result
            return
        ledger, kept = self._ledger, self._kept
        self._ledger, self._kept = Ledger(), None
        if kept is not None and not self._sheet.delimiter:
            ((number, chosen),) = self._ways.items()
            kept = [*typed.write_amounts(kept, chosen.layout, self._decisions[number], ledger)]
        wanted = self._unread(self._sheet, kept)
        self._pass = self._passes - 1
        part: facts.FileResult | None = None
        for number, chosen, found in self._flows(self._sheet, ledger, kept):
            recognised = chosen.exporter is not None
            reader = rows.Reader(chosen.layout, chosen.layout.kind, self._decisions[number], of_a_program=recognised)
            digest = chosen.digests(self.result, self._decisions[number], self._home.key)
            if part is not None and most is not None:
                yield _counted(part)
                part = None
            for lines, goes_on in _cut(found, most, chosen.places(_NUMBERS)):
                part = part or self._part(chosen)
                if chosen.fills:
                    ledger.fill(lines, chosen.added)
                _read(self._told(lines), part, reader, digest, ledger, wanted)
                self._note_again(lines, part)
                ledger.settle(part, up_to=lines[-1].row)
                if goes_on:
                    lines.clear()
                    yield _counted(part)
                    part = None
        part = part or self._part(next(iter(self._ways.values())))
        ledger.settle(part)
        part.warnings += [*self.result.warnings, *ledger.warnings()]
        yield _counted(part) if most is not None else part

    def _part(self, chosen: way.Way) -> facts.FileResult:
        parts = any(headers.is_of_a_line(column.header) for column in chosen.layout.of("job.amount"))
        return self.result.part(chosen.layout.kind, amounts_are_parts=parts or bool(chosen.layout.of("job.unit_price")))

    def _unread(self, sheet: table.Sheet, kept: list[Line] | None) -> set[int] | None:
        """Return the rows to read, None when that is every row."""
        self._met = array("q")
        if self._known is None or self._whole:
            return None

        def chunks() -> Iterator[tuple[list[Line], list[int], unread.Known]]:
            self._pass = 1
            for number, chosen, found in self._flows(sheet, Ledger(keeps=False), kept):
                decisions = self._decisions[number]
                reader = rows.Reader(chosen.layout, chosen.layout.kind, decisions, of_a_program=bool(chosen.exporter))
                recognised = partial(self._recognised, chosen.digests(self.result, decisions, self._home.key), reader)
                places = chosen.places(unread.TELLING)
                while lines := list(itertools.islice(found, _ASKED_AT_ONCE)):
                    yield lines, places, recognised

        return unread.rows(chunks)

    def _recognised(self, digest: Callable[[str], str], reader: rows.Reader, lines: Iterable[Line]) -> set[int]:
        """Return the rows that the home has read before, and that mean what they meant then."""
        assert self._known is not None
        texts = {line.row: rows.SEPARATOR.join(line.cells) for line in lines}
        found = {row: digest(text) for row, text in texts.items()}
        before = self._known(self.result.fingerprint, found.values())
        same = {row for row, each in found.items() if each in before}
        ahead = {row: digest(text + _AHEAD) for row, text in texts.items() if row not in same}
        before = self._known(self.result.fingerprint, ahead.values())
        for line in lines if before else ():
            if ahead.get(line.row) in before and reader.read(line.row, line.cells, texts[line.row]).volatile:
                same.add(line.row)
                found[line.row] = ahead[line.row]
        reader.forget()
        self._met.extend(hash(found[row]) for row in same)
        return {row for row in same if found[row] not in self._wanted} if self._wanted else same

    def _note_again(self, lines: Iterable[Line], part: facts.FileResult) -> None:
        """Note which of the lines that were read the home had read before."""
        if self._known is None:
            return
        read = part.digests
        before = self._known(self.result.fingerprint, (read[line.row] for line in lines if line.row in read))
        for line in lines if before else ():
            if read.get(line.row) in before:
                part.again.update((line.row, *line.more))

    def _flows(
        self, sheet: table.Sheet, ledger: Ledger, kept: list[Line] | None
    ) -> Iterator[tuple[int, way.Way, Iterator[Line]]]:
        """Yield the tables that are read with their lines, which have to be taken before the next is asked for."""
        if kept is not None:
            yield from ((number, chosen, iter(kept)) for number, chosen in self._ways.items())
            return
        spared = next(iter(self._ways.values())).table.row
        for number, (part, found) in enumerate(sheet.tables(ledger.skip), 1):
            watched = self._watched(found, ledger)
            chosen = self._ways.get(number)
            if chosen is None:
                for row in (part.row, *(row for row, _ in watched)):
                    ledger.skip(row, "other-table", "in a table that is not read")
                continue
            if part.row != spared:
                ledger.skip(part.row, "header", "the column names of the next table")
            lines, _ = chosen.lines(_whole_cards(watched, sheet, ledger), ledger)
            if not sheet.delimiter:
                lines = typed.write_amounts(lines, chosen.layout, self._decisions[number], ledger)
            yield number, chosen, lines

    def _watched(self, found: table.Rows, ledger: Ledger) -> table.Rows:
        """Yield rows, note their cells, and tell how far we are."""
        row, records = 0, ledger.records
        for each in found:
            row, record = each
            if ledger.keeps:
                records[row] = record.copy()
            if not row % _TELL_EVERY:
                self._tell(row)
                if self._pass == 0 and row > self._keep and ledger.keeps:
                    self._kept = []
                    ledger.let_go()
            yield each
        self._last = max(self._last, row)

    def _told(self, lines: Sequence[Line]) -> Iterator[Line]:
        """Yield lines, and tell how far we are in the last pass: rows count when they are read, not when they come."""
        for line in lines:
            if not line.row % _TELL_EVERY:
                self._say(line.row, self._last)
            yield line

    def _tell(self, row: int) -> None:
        if self._sheet is not None and self._pass < self._passes - 1:
            self._say(*((row, self._sheet.count) if self._sheet.count else (self._source.place(), self._source.size)))

    def _say(self, done: int, of: int) -> None:
        """Tell how much of this pass is done, and so of all passes."""
        if self._progress is not None:
            whole = _PARTS * self._passes
            self._progress(self._pass * _PARTS + min(_PARTS * done // max(of, 1), _PARTS), whole)


def recognise(source: Source, result: facts.FileResult, home: facts.HomeFacts) -> None:
    """Note in *result* what the beginning of a file shows: form or encoding, delimiter, header, whose export it is.

    The rest of a text may yet say that it has another encoding.
    """
    asked = questions.Questions({})
    try:
        result.encoding = workbooks.form(source)
        if not result.encoding:
            opener = opening.Opener(
                _beginning(source),
                asked,
                result,
                country=home.country,
                remembered=lambda _: {},
                known=lambda row: _program(row, home) is not None,
            )
            sheet = opener.open()
            if sheet is not None:
                _meet(sheet, result, home)
    except decode.Refused as refusal:
        result.refused, result.refused_code = str(refusal), refusal.code


def _beginning(source: Source) -> Source:
    head = source.head(_BEGINNING)
    whole = head.rpartition(b"\n")[0] if source.size > len(head) and b"\0" not in head else b""
    return Source(whole or head)


def _program(header: Sequence[str], home: facts.HomeFacts) -> exporters.Exporter | None:
    return exporters.recognise(header, (*home.exporters, *exporters.shipped()))


def _meet(sheet: table.Sheet, result: facts.FileResult, home: facts.HomeFacts) -> None:
    """Recognise a file by its header."""
    result.delimiter = sheet.delimiter
    if sheet.header:
        result.header = sheet.header
        result.fingerprint = questions.fingerprint(sheet.header)
    else:
        result.fingerprint = questions.fingerprint([f"no header {sheet.width} {sheet.delimiter or ','}"])
    exporter = _program(sheet.header, home)
    if exporter is not None:
        result.looks_like = exporter.title
        result.source = result.source or exporter.source


def _cut(found: Iterator[Line], most: int | None, places: Sequence[int]) -> Iterator[tuple[list[Line], bool]]:
    """Yield lines in lists that do not end between two of one number, and whether there are more."""
    following: list[Line] = []
    while lines := following + list(itertools.islice(found, None if most is None else max(most - len(following), 0))):
        following = []
        for line in found:
            if not _of_one_number(lines[-1], line, places):
                following = [line]
                break
            lines.append(line)
        yield lines, bool(following)


def _of_one_number(one: Line, other: Line, places: Sequence[int]) -> bool:
    return any(one.cells[place] == other.cells[place] != "" for place in places)


def _read(
    lines: Iterable[Line],
    part: facts.FileResult,
    reader: rows.Reader,
    digest: Callable[[str], str],
    ledger: Ledger,
    wanted: Collection[int] | None,
) -> None:
    """Add what lines say to a part of a file."""
    for line in lines:
        row, cells = line.row, line.cells
        if wanted is not None and row not in wanted:
            part.known += 1 + len(line.more)
            continue
        joined = rows.SEPARATOR.join(cells)
        if not joined.isascii() and decode.saved_twice(joined):
            ledger.saved_twice(row, cells)
        outcome = reader.read(row, cells, joined)
        if outcome.problems:
            part.problems += [replace(each, row=other) for other in (row, *line.more) for each in outcome.problems]
            continue
        part.digests[row] = digest(joined + _AHEAD if outcome.volatile else joined)
        if outcome.skipped is not None:
            ledger.leave_out(line, outcome.skipped.code, outcome.skipped.why)
            if outcome.job is not None:
                part.not_jobs.append(outcome.job)
            continue
        if line.more:
            _add_rows(outcome, line.more)
        if outcome.client is not None and outcome.client.rows[0] == row:  # the others say the same
            part.clients.append(outcome.client)
        if outcome.job is not None:
            part.jobs.append(outcome.job)
    for what, numbers in reader.warnings.items():
        ledger.warn(what, numbers)
    reader.forget()


def _add_rows(outcome: facts.Outcome, more: Sequence[int]) -> None:
    if outcome.job is not None:
        outcome.job.rows += more
    who = outcome.client or (outcome.job.who if outcome.job is not None else None)
    if who is not None:
        who.rows += more


def _whole_cards(found: table.Rows, sheet: table.Sheet, ledger: Ledger) -> table.Rows:
    """Leave out address cards that cannot be read, and lists of others."""
    if not sheet.broken and not sheet.groups:
        yield from found
        return
    for row, record in found:
        if row - 1 in sheet.broken:
            ledger.problem(row, "", "", "broken-card", sheet.broken[row - 1])
        elif row - 1 in sheet.groups:
            ledger.skip(row, "group", f"a list of other cards ('{cells.short(sheet.groups[row - 1])}')")
        else:
            yield row, record


def _counted(part: facts.FileResult) -> facts.FileResult:
    """Return a part with the number of its rows: each is told of in one way, and no other part tells of it."""
    counts = part.counts()
    part.rows = sum(counts[name] for name in ("imported", "merged", "skipped", "errors", "known"))
    return part
