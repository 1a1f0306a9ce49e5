"""Files of records with our own columns: what `KIND export` wrote, or what somebody typed under the same headers.

Takes a Desk, a kind and a file. Gives what was taken in. Touches the store: all of a file, or nothing of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from followup import cells, identity, intake
from followup.care.kind import Field, Kind
from followup.errors import Ambiguous, BadInput, FollowupError
from followup.intake import columns, table
from followup.model import Client, Record
from followup.records import dataclass
from followup.report import care as care_report
from followup.report import words
from followup.tables import values
from followup.workflow import care, fields, finding
from followup.workflow.desk import Desk

Row = Mapping[str, str]
"""Header -> cell, without what guards it against spreadsheets; empty cells are left out."""

SHOWN = 100
"""How many problems of a file are said; whoever has more has one of them a hundred times."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the rows of a file."""

    name: str
    added: int
    changed: int
    same: int
    left_out: tuple[str, ...]  # columns that the kind does not have
    records: tuple[Record, ...]  # the new and the changed ones, as they are now

    def line(self, kind: Kind, *, dry_run: bool) -> str:
        """Return what happened, in a line."""
        new = words.plural(self.added, kind.name, kind.plural)
        would = "would be " if dry_run else ""
        said = f"{self.name}: {would}{new} added, {self.changed} changed, {self.same} as they were."
        return f"{said} Left out: {', '.join(self.left_out)}." if self.left_out else said


def take_in(desk: Desk, kind: Kind, path: Path, *, dry_run: bool = False) -> Taken:
    """Take the records of *kind* in a file: those with a known id are changed, the others are new, once.

    Empty cells change nothing. A row without an id is known again by its own words, so that the same file twice adds
    nothing.

    Raises:
        BadInput: rows that cannot be understood, all of them at once, each with its number; nothing was taken in.
    """
    header, rows = _table(desk, kind, path)
    reading = _Reading(desk, kind, path.name, rows)
    for number, row in rows:
        reading.take(number, row)
    if reading.problems:
        more = len(reading.problems) - SHOWN
        said = [*reading.problems[:SHOWN], *([f"... and {more} more"] if more > 0 else [])]
        raise BadInput("\n".join([f"{path}: nothing was taken in.", *said]))
    if reading.found and not dry_run:
        command = f"{kind.name} import"
        with desk.store.write(kind="hand", command=command, person=desk.person, now=desk.now()) as write:
            write.detail({"files": [str(path)]})
            write.save_many(reading.found.values())
    left_out = tuple(name for name in header if name and name not in _headers(kind))
    return Taken(path.name, reading.added, reading.changed, reading.same, left_out, tuple(reading.found.values()))


def _headers(kind: Kind) -> frozenset[str]:
    return frozenset(each.name for each in kind.columns)


def _table(desk: Desk, kind: Kind, path: Path) -> tuple[tuple[str, ...], list[tuple[int, Row]]]:
    known = _headers(kind)

    def is_ours(row: Sequence[str]) -> bool:
        names = [_name(each) for each in row]
        return ("client" in names or "client_id" in names or f"{kind.name}_id" in names) and len(known & {*names}) > 1

    sheet = intake.sheet(path, name=str(path), country=desk.settings.business.country, known=is_ours)
    headers: list[str] = []
    rows: list[tuple[int, Row]] = []
    for part, found in sheet.tables(lambda *_: None):
        header = [_name(each) for each in part.header]
        if not is_ours(header):
            where = f"{path}: " if not headers else f"{path}, row {part.row}: another table begins, and "
            raise BadInput(
                f"{where}these are not the columns of {kind.plural}. They are {', '.join(sorted(known))}; "
                f"`followup {kind.name} export` writes them."
            )
        doubled = [name for name, count in Counter(filter(None, header)).items() if count > 1]
        if doubled:
            raise BadInput(f"{path}: the column {doubled[0]} is there twice.")
        headers += header
        for number, record in found:
            row = {name: text for name, cell in zip(header, record, strict=False) if name and (text := _text(cell))}
            failed = [str(cell) for cell in record if isinstance(cell, table.Failed)]
            if failed:
                raise BadInput(f"{path}, row {number}: {failed[0]} is a formula that fails. Write the value there.")
            if row and [_name(cell) for cell in record] != header:  # said again on each page of a long sheet
                rows.append((number, row))
    return tuple(dict.fromkeys(headers)), rows


def _name(cell: str) -> str:
    return str(cell).strip().casefold().replace(" ", "_")


def _text(cell: str) -> str:
    return cells.unguard(str(cell).strip())


class _Reading:
    """Rows on their way to records."""

    def __init__(self, desk: Desk, kind: Kind, name: str, rows: Sequence[tuple[int, Row]]) -> None:
        """Look at the whole file first: the order of days and the decimal mark are those of all its cells."""
        self.problems: list[str] = []
        self.found: dict[str, Record] = {}
        self.added = self.changed = self.same = 0
        self._desk, self._kind, self._name = desk, kind, name
        ids = [row.get(f"{kind.name}_id", "") for _, row in rows]
        self._known = desk.store.care_among(filter(None, ids))
        self._jobs = desk.store.jobs(filter(None, ids))
        self._clients: dict[str, Client] = {}
        self._seen: Counter[str] = Counter()
        self._order = self._decided(rows, ("day",), columns.date_order, country=desk.settings.business.country)
        self._mark = self._decided(rows, ("amount",), columns.decimal_mark)

    def _decided(
        self, rows: Iterable[tuple[int, Row]], takes: Sequence[str], decide: Callable[..., Any], **more: str
    ) -> str:
        headers = [each.header for each in self._kind.fields if each.takes in takes]
        found = decide([text for _, row in rows for header in headers if (text := row.get(header))], **more)
        if isinstance(found, columns.Undecided):
            sample = found.samples[0]
            how = "the year first: 2026-03-02" if "day" in takes else "amounts with their cents: 1234.00"
            self.problems.append(f"  '{sample}' can be read in two ways. Write {how}.")
            return found.options[0]
        return str(found)

    def take(self, number: int, row: Row) -> None:
        """Make the record of a row, or note what is wrong with it."""
        noted = len(self.problems)
        try:
            before = self._before(row)
            client = self._client(row, before)
        except FollowupError as error:
            self._problem(number, error)
            return
        given = self._values(number, row, before, client)
        if len(self.problems) > noted:
            return
        try:
            after = self._after(row, before, client, given)
            if after is None:
                self.same += 1
                return
            if after.id in self.found:
                raise BadInput(f"{self._kind.name}_id: {after.id} is in this file twice.")
        except FollowupError as error:
            self._problem(number, error)
            return
        self.found[after.id] = after
        self.added, self.changed = self.added + (before is None), self.changed + (before is not None)

    def _problem(self, number: int, error: FollowupError) -> None:
        said = " ".join(str(error).split()) if isinstance(error, Ambiguous) else str(error)
        self.problems.append(f"  row {number}: {said}")

    def _before(self, row: Row) -> Record | None:
        record_id = row.get(f"{self._kind.name}_id", "")
        before = self._known.get(record_id)
        if before is not None and not isinstance(before, self._kind.record):
            raise BadInput(f"{self._kind.name}_id: {record_id} is a {type(before).__name__.lower()}.")
        if record_id in self._jobs:
            raise BadInput(f"{self._kind.name}_id: {record_id} is a job, which keeps its day itself. Leave it out.")
        if record_id and before is None and not _is_identifier(record_id):
            raise BadInput(f"{self._kind.name}_id: '{record_id}' is none of ours; leave the cell empty for a new one.")
        return before

    def _client(self, row: Row, before: Record | None) -> Client:
        text = row.get("client_id") or (before.client_id if before else row.get("client", ""))
        if not text:
            raise BadInput("client: whose it is is missing.")
        if text not in self._clients:
            self._clients[text] = finding.client(self._desk, text)
        client = self._clients[text]
        if before is not None and client.id != before.client_id:
            raise BadInput(f"client_id: {before.id} is a record of another client, {before.client_id}.")
        return client

    def _values(self, number: int, row: Row, before: Record | None, client: Client) -> dict[str, Any]:
        """Return the fields that the row changes, read one by one, so that every problem is said."""
        kind, currency = self._kind, row.get("currency", "").upper()
        was = getattr(before, "currency", "") if before else ""
        reader = fields.Reader(
            currency=currency or was or self._desk.settings.business.currency, order=self._order, mark=self._mark
        )
        given: dict[str, Any] = {}
        for field in kind.fields:
            text = row.get(field.header)
            if not text or (before is not None and text == _exported(field, before)):
                continue
            try:
                read = fields.values(
                    self._desk, kind, {field.name: text}, client=client, reader=reader, spelled=lambda each: each.header
                )
            except FollowupError as error:
                said = error if field.header in str(error) else BadInput(f"{field.header}: {error}")
                self._problem(number, said)
                continue
            if given.get("currency", read.get("currency")) != read.get("currency", given.get("currency")):
                self._problem(number, BadInput(f"{field.header}: a record has one currency."))
            given.update(read)
        if before is None:
            given |= {"currency": reader.currency} if kind.has_currency and currency else {}
            for field in kind.fields:
                if field.required and not given.get(field.name) and not row.get(field.header):
                    self._problem(number, BadInput(f"{field.header} is missing."))
        return given

    def _after(self, row: Row, before: Record | None, client: Client, given: dict[str, Any]) -> Record | None:
        """Return the record as the row has it; None where nothing is new."""
        if before is not None:
            after = _in_step(self._kind, replace(before, **given))
            if after == before:
                return None
            if self._kind.fixed:
                raise BadInput(f"{before.id}: an entry is never changed. Void it, and enter it again.")
            care.refuse_two_currencies(self._kind, before, after, given)
        else:
            record_id = row.get(f"{self._kind.name}_id", "") or self._identity(row, client)
            if record_id in self._desk.store.care_among([record_id]):
                return None
            start = {
                "opened_on": self._desk.today,
                "state": self._kind.states(self._kind.begins),
                "opened_by": self._kind.begun_by,
                "owner": client.owner or self._desk.person,
                "recorded_at": self._desk.now(),
            }
            after = self._kind.record(id=record_id, client_id=client.id, **{**start, **given})
            after = _in_step(self._kind, after)
        care.check(self._desk, after, before=before, by_hand=False)
        return after

    def _identity(self, row: Row, client: Client) -> str:
        """Return the id of a row that has none: the same for the same words, and for the second such row another."""
        names = sorted(row.keys() - {"client", "client_id"})
        said = "\n".join(f"{name}={row[name]}" for name in names)
        self._seen[f"{client.id}\n{said}"] += 1
        which = str(self._seen[f"{client.id}\n{said}"])
        return identity.imported_identifier(self._desk.key, self._kind.name, client.id, said, which)


def _is_identifier(text: str) -> bool:
    return len(text) == identity.LENGTH and not set(text) - set(identity.ALPHABET)


def _exported(field: Field, record: Record) -> str:
    """Return the cell that an export has for this field, without what guards it."""
    value = care_report.cell(field, record)
    column = field.cell
    text = str(value or "") if column.kind == "text" else cells.unguard(values.plain(column.kind)(value))
    return text.strip()


def _in_step(kind: Kind, record: Record) -> Record:
    """Return *record*, whose state and day of closing say the same.

    Raises:
        BadInput: they do not.
    """
    closed = next((each.column or each.name for each in kind.fields if each.name == "closed_on"), "closed_on")
    if record.closed_on is None and record.state in kind.closed:
        raise BadInput(f"{closed} is missing: the day on which it was {record.state}.")
    if record.closed_on is not None and record.state not in kind.closed:
        if len(kind.endings) != 1:
            raise BadInput(f"state: closed on {record.closed_on}, but how? One of {', '.join(sorted(kind.closed))}.")
        return replace(record, state=kind.states(kind.endings[0].state))
    return record
