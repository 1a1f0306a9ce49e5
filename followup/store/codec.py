"""Between records and rows: every model field has a kind, and the kind knows its column and its JSON.

Takes and gives plain values. Touches nothing.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache, cached_property
from itertools import repeat
from operator import attrgetter
from typing import Any, Generic, TypeVar

from followup import model
from followup.records import dataclass

Record = TypeVar("Record")
Row = tuple[Any, ...]
Plain = str | int | list[Any] | dict[str, Any] | None
"""What JSON can hold, and nothing else."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How values of one type are written down; None stands for "as they are"."""

    plain: Callable[[Any], Plain] | None = None
    value: Callable[[Any], Any] | None = None
    structured: bool = False  # the column holds the JSON text of `plain`
    repeats: bool = False  # many records have the same few values: each of those is worked out once

    def cell(self, value: Any) -> Any:
        """Return what the column holds of *value*."""
        if value is None or self.plain is None:
            return value
        plain = self.plain(value)
        return plain if not self.structured else dumps(plain) if plain else _NOTHING[type(plain)]

    def cells(self, values: Sequence[Any]) -> Iterable[Any]:
        """Return what the column holds of each of many *values*."""
        if self.plain is None:
            return values
        if not self.repeats:
            return map(self.cell, values)
        return map({value: self.cell(value) for value in set(values)}.__getitem__, values)

    def read(self, cell: Any) -> Any:
        """Return the value whose *cell* this is."""
        if cell is None or self.value is None:
            return cell
        if self.structured:
            cell = _EMPTY[cell] if cell in _EMPTY else json.loads(cell)
        return self.value(cell)

    def values(self, cells: Sequence[Any]) -> Iterable[Any]:
        """Return the values whose *cells* these are."""
        if not self.repeats:
            return map(self.read, cells)
        return map({cell: self.read(cell) for cell in set(cells)}.__getitem__, cells)


def dumps(plain: Plain) -> str:
    """Return compact JSON, the same on every run."""
    return _ENCODER.encode(plain)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_NOTHING: dict[type, str] = {list: "[]", dict: "{}"}
_EMPTY: dict[str, Any] = {"[]": [], "{}": {}}  # most lists and maps are empty: parsing them is most of the cost


def loads(text: str) -> Any:
    """Return what *text*, written by `dumps`, holds."""
    return json.loads(text)


def instant(value: datetime) -> str:
    """Return *value* as UTC text that sorts like the instants do."""
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone; instants are aware")
    return value.astimezone(UTC).isoformat()


def _choice(words: type[StrEnum]) -> Kind:
    return Kind(attrgetter("_value_"), cache(words), repeats=True)  # both far cheaper than the ways round them


_TEXT = Kind()
_DATE = Kind(date.isoformat, date.fromisoformat, repeats=True)
_INSTANT = Kind(instant, datetime.fromisoformat)
_KINDS = {
    "str": _TEXT,
    "int": _TEXT,
    "int | None": _TEXT,
    "bool": Kind(int, bool, repeats=True),
    "date": _DATE,
    "date | None": _DATE,
    "datetime": _INSTANT,
    "datetime | None": _INSTANT,
    "tuple[str, ...]": Kind(list, tuple, structured=True, repeats=True),
    "Mapping[str, str]": Kind(dict, dict, structured=True),
    "Consent": _choice(model.Consent),
    "JobStatus": _choice(model.JobStatus),
    "Channel": _choice(model.Channel),
    "Direction": _choice(model.Direction),
    "Purpose": _choice(model.Purpose),
    "Purpose | None": _choice(model.Purpose),
    "Outcome | None": _choice(model.Outcome),
    "AttemptState": _choice(model.AttemptState),
    "InstructionKind": _choice(model.InstructionKind),
    "TieKind": _choice(model.TieKind),
}


class Table(Generic[Record]):
    """One kind of record and the table it lives in.

    The columns follow the order of the model's fields; every SELECT of the table lists them in this order, which a
    test checks.

    Args:
        name: the table, which is also the word in `change.record`.
        record_type: the model.
        renamed: field -> column, where they differ.
        apart: fields that live in tables of their own.
        identity: the field that names the record.
        unrecorded: fields whose values `change` does not repeat.
        derived: a column that is kept for an index -> the field of text that it follows from, and how.
    """

    def __init__(
        self,
        name: str,
        record_type: type[Record],
        *,
        renamed: Mapping[str, str] | None = None,
        apart: Sequence[str] = (),
        identity: str = "id",
        unrecorded: Sequence[str] = (),
        derived: Mapping[str, tuple[str, Callable[[str], str]]] | None = None,
    ) -> None:
        """Name the columns; how they are read and written is worked out when that is first done."""
        renamed = renamed or {}
        fields = dataclasses.fields(record_type)  # type: ignore[arg-type]  # a record class is a dataclass
        self.name = name
        self.record_type = record_type
        self.identity = identity
        self.kinds: dict[str, Kind] = {field.name: _KINDS[str(field.type)] for field in fields}
        self.own = tuple(field.name for field in fields if field.name not in apart)
        self.columns = tuple(renamed.get(field, field) for field in self.own)
        self._fields = fields
        self._unrecorded = frozenset({identity, *unrecorded})
        self._derivations = derived or {}

    @cached_property
    def _cells(self) -> Callable[[Record], tuple[Any, ...]]:
        return attrgetter(*self.own)

    @cached_property
    def _derived(self) -> Sequence[tuple[str, Callable[[Record], str], Callable[[str], str]]]:
        return tuple((column, attrgetter(field), how) for column, (field, how) in self._derivations.items())

    @cached_property
    def _inserted(self) -> Sequence[tuple[str, Any, Kind]]:
        defaults = {field.name: _default(field) for field in self._fields}
        own = [
            (column, defaults[field], self.kinds[field]) for column, field in zip(self.columns, self.own, strict=True)
        ]
        return [*own, *((column, "", Kind(how, repeats=True)) for column, (_, how) in self._derivations.items())]

    @cached_property
    def _inserted_cells(self) -> Callable[[Record], tuple[Any, ...]]:
        return attrgetter(*self.own, *(field for field, _ in self._derivations.values()))

    @cached_property
    def _written(self) -> Sequence[tuple[int, Kind]]:
        kinds = enumerate(self.kinds[field] for field in self.own)
        return tuple((index, kind) for index, kind in kinds if kind.plain is not None)

    @cached_property
    def _read(self) -> Sequence[tuple[int, Kind]]:
        kinds = enumerate(self.kinds[field] for field in self.own)
        return tuple((index, kind) for index, kind in kinds if kind.value is not None)

    @cached_property
    def _recorded(self) -> Sequence[tuple[str, Any, Callable[[Any], Plain] | None]]:
        return tuple(
            (field.name, _default(field), self.kinds[field.name].plain)
            for field in self._fields
            if field.name not in self._unrecorded
        )

    @cached_property
    def _recorded_cells(self) -> Callable[[Record], tuple[Any, ...]]:
        return attrgetter(*(field for field, _, _ in self._recorded))

    @property
    def statements(self) -> str:
        """Return what the names of the table's statements begin with."""
        return self.name

    def values(self, record: Record) -> list[Any]:
        """Return the cells of *record*, in the order of `columns`."""
        cells = list(self._cells(record))
        for index, kind in self._written:
            cells[index] = kind.cell(cells[index])
        return cells

    def row(self, record: Record) -> dict[str, Any]:
        """Return the cells of *record* by column: the named values that the table's statements take."""
        derived = {column: how(field(record)) for column, field, how in self._derived}
        return {**dict(zip(self.columns, self.values(record), strict=True)), **derived}

    def inserted(self, records: Sequence[Record]) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return the columns that new *records* need, and their cells.

        Where all of them are at the default, so is the schema; most columns of most imports are. A column at a time
        instead of a record is a fraction of the work.
        """
        names: list[str] = []
        columns: list[Iterable[Any]] = []
        every = zip(*map(self._inserted_cells, records), strict=True)
        for (column, default, kind), cells in zip(self._inserted, every, strict=True):
            first = cells[0]
            if first == cells[-1] and cells.count(first) == len(cells):
                if first == default and column != self.identity:
                    continue
                columns.append(repeat(kind.cell(first), len(cells)))
            else:
                columns.append(kind.cells(cells))
            names.append(column)
        return names, zip(*columns, strict=True)

    def narrowed(self, rows: Sequence[Row]) -> tuple[Sequence[str], Iterator[Row]]:
        """Return `columns` and the cells of new *rows*, without those columns that are at their default in all."""
        kept = [
            (column, cells)
            for (column, default, _), cells in zip(self._inserted, zip(*rows, strict=True), strict=True)
            if cells.count(default) < len(cells)
        ]
        return [column for column, _ in kept], zip(*(cells for _, cells in kept), strict=True)

    def record(self, row: Sequence[Any], **apart: Any) -> Record:
        """Return the record of *row*, whose columns are `columns` in order, with the fields that live apart."""
        cells = list(row)
        for index, kind in self._read:
            cells[index] = kind.read(cells[index])
        return self.record_type(**dict(zip(self.own, cells, strict=True)), **apart)

    def records(self, rows: Sequence[Row], **apart: Iterable[Any]) -> list[Record]:
        """Return the records of *rows*, with the fields that live apart, a column at a time: see `inserted`."""
        if not rows:
            return []
        columns: list[Any] = list(zip(*rows, strict=True))
        for index, kind in self._read:
            columns[index] = kind.values(columns[index])
        fields, make = (*self.own, *apart), self.record_type
        return [make(**dict(zip(fields, cells, strict=True))) for cells in zip(*columns, *apart.values(), strict=True)]

    def plain(self, record: Record) -> dict[str, Plain]:
        """Return what `change` keeps of a whole record: every field that is not at its default."""
        kept: dict[str, Plain] = {}
        for (field, default, plain), value in zip(self._recorded, self._recorded_cells(record), strict=True):
            if value != default:
                kept[field] = value if plain is None or value is None else plain(value)
        return kept

    def plain_value(self, field: str, value: Any) -> Plain:
        """Return *value* of *field* as JSON can hold it."""
        plain = self.kinds[field].plain
        return value if value is None or plain is None else plain(value)

    def value(self, field: str, plain: Any) -> Any:
        """Return the value that `plain_value` wrote down."""
        value = self.kinds[field].value
        return plain if plain is None or value is None else value(plain)

    def from_plain(self, record_id: str, kept: Mapping[str, Any]) -> Record:
        """Return the record that `plain` wrote down."""
        values = {field: self.value(field, plain) for field, plain in kept.items()}
        return self.record_type(**{self.identity: record_id}, **values)

    def differences(self, old: Record, new: Record) -> list[tuple[str, Plain, Plain]]:
        """Return field, old and new value of every field that differs."""
        found = []
        for field, _, plain in self._recorded:
            before, after = getattr(old, field), getattr(new, field)
            if before != after:
                found.append((field, _plain(plain, before), _plain(plain, after)))
        return found

    def identifier(self, record: Record) -> str:
        """Return what names *record*."""
        return str(getattr(record, self.identity))


class CareTable(Table[Record]):
    """One kind of record of a relationship: what all kinds have has a column, the rest is JSON in `detail`."""

    statements = "care"

    def __init__(self, kind: str, record_type: type[Record]) -> None:
        """Describe records of *kind*, which is also the word in `change.record`."""
        own = [each.name for each in dataclasses.fields(record_type)]  # type: ignore[arg-type]  # as in Table
        super().__init__(kind, record_type, apart=[name for name in own if name not in _SHARED])
        first, *others = self.columns
        self.columns = (first, "kind", *others, "detail")

    @cached_property
    def _detailed(self) -> Sequence[tuple[str, Any, Kind]]:
        return tuple(
            (field, default, self.kinds[field]) for field, default, _ in self._recorded if field not in _SHARED
        )

    def values(self, record: Record) -> list[Any]:
        """Return the cells of *record*; of what only its kind has, what is not at its default."""
        first, *others = super().values(record)
        detail = {
            field: _plain(kind.plain, value)
            for field, default, kind in self._detailed
            if (value := getattr(record, field)) != default
        }
        return [first, self.name, *others, dumps(detail) if detail else "{}"]

    def inserted(self, records: Sequence[Record]) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return all columns: there are never many of these records at once."""
        return self.columns, map(self.values, records)

    def record(self, row: Sequence[Any], **apart: Any) -> Record:
        """Return the record of *row*; what its detail does not name is at its default."""
        first, _, *others, detail = row
        # Not strict: what older homes had in columns was brought here as it was, line feeds and all.
        kept = {} if detail == "{}" else json.loads(detail, strict=False)
        return super().record([first, *others], **{field: self.value(field, kept[field]) for field in kept}, **apart)


_SHARED = frozenset(each.name for each in dataclasses.fields(model.Record))


def _plain(plain: Callable[[Any], Plain] | None, value: Any) -> Plain:
    return value if value is None or plain is None else plain(value)


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return None if field.default is dataclasses.MISSING else field.default


CLIENT = Table("client", model.Client, apart=("emails", "phones"))
KNOWN_CLIENT = Table("client", model.KnownClient, apart=("emails", "phones"))  # is only read
JOB = Table("job", model.Job, derived={"service_key": ("service", str.lower)})
ATTEMPT = Table("attempt", model.Attempt, renamed={"on": "made_on"}, unrecorded=("text", "message"))
CONTACT = Table("contact", model.Contact, renamed={"on": "on_day", "by": "by_person"})
INSTRUCTION = Table("instruction", model.Instruction, renamed={"on": "on_day", "until": "until_day"})
TIE = Table("tie", model.Tie)
SUPPRESSION = Table("suppression", model.Suppression, identity="address_hash")
SUMMARY = Table("client_summary", model.Summary, identity="client_id")
PERSON = Table("person", model.Person, apart=("also", "outside"))  # the settings have these

_CARE: Mapping[str, type[model.Record]] = {
    "enquiry": model.Enquiry,
    "promise": model.Promise,
    "case": model.Case,
    "referral": model.Referral,
    "gift": model.Gift,
    "praise": model.Praise,
    "lesson": model.Lesson,
    "recap": model.Recap,
}


CARE: Mapping[str, Table[Any]] = {kind: CareTable(kind, record_type) for kind, record_type in _CARE.items()}
"""The kinds of records of a relationship: name -> how one is written down."""

_ALL: Sequence[Table[Any]] = (CLIENT, JOB, *CARE.values(), ATTEMPT, CONTACT, INSTRUCTION, TIE, SUPPRESSION, PERSON)
TABLES: dict[type, Table[Any]] = {table.record_type: table for table in _ALL}
BY_NAME: dict[str, Table[Any]] = {table.name: table for table in TABLES.values()}


def care_record(row: Row) -> model.Record:
    """Return the record of a relationship that *row* holds, of whatever kind."""
    found: model.Record = CARE[row[1]].record(row)
    return found


_NO_WORDS = frozenset(
    {
        *("id", "client_id", "job_id", "state", "owner", "opened_by", "currency", "kind", "moved_from", "return_of"),
        # Of the register, which tax law wants kept: who of us acted, where the receipt is, the account, the hand-over.
        *("receiver", "granted_by", "allowed_by", "approved_by", "recorded_by", "receipt_ref"),
        *("ledger_account", "exported_batch"),
    }
)
"""Fields of texts that hold no word of a client."""


def without_words(record: model.Record) -> model.Record:
    """Return *record* as it stays when its client is forgotten: days, amounts and states, nobody's words or names."""
    blank: dict[str, Any] = {
        each.name: each.default
        for each in dataclasses.fields(record)
        if isinstance(each.default, str) and each.name not in _NO_WORDS and not each.name.endswith("_id")
    }
    return dataclasses.replace(record, **blank)
