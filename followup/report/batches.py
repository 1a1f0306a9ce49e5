"""What was written when: the rows of `imports`, the page of one import, and the kinds of files that are known.

Takes the store's batches, and what was found out about them. Gives rows and lines. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from followup.cells import Column
from followup.records import dataclass
from followup.report import words

COLUMNS = (
    Column("number", "No.", "number", whole=True),
    Column("at", "When", "instant", whole=True),
    Column("command", "Command"),
    Column("by", "By whom"),
    Column("files", "Files", "words"),
    Column("counts", "What", place="screen"),
    Column("new", kind="number", place="data"),
    Column("changed", kind="number", place="data"),
    Column("unchanged", kind="number", place="data"),
    Column("skipped", kind="number", place="data"),
    Column("undone_at", "Taken back", "instant", whole=True),
    Column("id", place="data"),
)


class Batch(Protocol):
    """What is read of a batch of the store. *detail*: ``{"files": [...], "counts": {"new": n, ...}}`` of imports."""

    @property
    def id(self) -> str:
        """Its identifier."""

    @property
    def number(self) -> int:
        """Its place in the order of writing."""

    @property
    def command(self) -> str:
        """The command that wrote it."""

    @property
    def person(self) -> str:
        """Who did it."""

    @property
    def at(self) -> datetime:
        """When."""

    @property
    def detail(self) -> Mapping[str, Any]:
        """What else was kept."""

    @property
    def undone_at(self) -> datetime | None:
        """When it was taken back, if it was."""


COUNTED = ("new", "changed", "unchanged", "skipped")


def rows(batches: Iterable[Batch], *, people: Mapping[str, str] | None = None) -> Iterator[tuple[Any, ...]]:
    """Yield a row a batch. *people*: person's id -> name."""
    names = people or {}
    for batch in batches:
        counts = batch.detail.get("counts", {})
        yield (
            batch.number,
            batch.at,
            batch.command,
            names.get(batch.person, batch.person),
            tuple(str(name) for name in batch.detail.get("files", ())),
            ", ".join(f"{counts[what]} {what}" for what in COUNTED if counts.get(what)),
            *(counts.get(what) for what in COUNTED),
            batch.undone_at,
            batch.id,
        )


# ---------------------------------------------------------------- one import


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that an import did."""

    what: str  # new | changed | removed | stopped | history
    record: str  # client | job | step
    name: str
    field: str = ""
    old: Any = None  # as JSON has it
    new: Any = None
    record_id: str = ""


EFFECT_COLUMNS = (
    Column("what", "What"),
    Column("record", "Of"),
    Column("name", "Name"),
    Column("field", "Field"),
    Column("old", "Before"),
    Column("new", "After"),
    Column("record_id", place="data"),
)


def effect_rows(effects: Iterable[Effect]) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each thing that an import did."""
    for each in effects:
        yield (
            each.what,
            each.record,
            each.name,
            each.field,
            value(each.old),
            value(each.new),
            each.record_id,
        )


def value(plain: Any) -> str:
    """Return what a field held, as a text."""
    if isinstance(plain, bool):
        return "yes" if plain else "no"
    if isinstance(plain, list):
        return ", ".join(map(str, plain))
    if isinstance(plain, dict):
        return ", ".join(f"{name}={part}" for name, part in plain.items())
    return "" if plain is None else str(plain)


def page(batch: Batch, effects: Iterable[Effect], *, by: str, most: int | None) -> Iterator[str]:
    """Yield what an import was and did, line by line; of each kind at most *most*, or all of them.

    Instants of *batch* are in the home's own time.
    """
    yield f"Import {batch.number}: {words.instant(batch.at)}{f', by {by}' if by else ''}"
    for file in batch.detail.get("read", ()):
        yield f"  {file['name']}: {', '.join(_about(file))}"
    if not batch.detail.get("read"):
        yield f"  {', '.join(batch.detail.get('files', ()))}"
    counts = batch.detail.get("counts", {})
    yield f"  in all: {', '.join(f'{counts.get(what, 0)} {what}' for what in COUNTED)}"
    for path in batch.detail.get("rejected", ()):
        yield f"  rows that were left out: {path}"
    lines: dict[str, list[str]] = {title: [] for title in _TITLES.values()}
    more = dict.fromkeys(lines, 0)
    for each in effects:
        title = _TITLES[each.what]
        if most is None or len(lines[title]) < most:
            lines[title].append(_line(each))
        else:
            more[title] += 1
    for title, shown in lines.items():
        if shown:
            yield f"{title}:"
            yield from (f"  {line}" for line in shown)
        if more[title]:
            yield f"  and {more[title]} more (--verbose shows all)"
    if batch.undone_at is not None:
        yield f"Taken back: {words.instant(batch.undone_at)}"


_TITLES = {
    "new": "New",
    "changed": "Changed",
    "removed": "Removed",
    "stopped": "Not to be written to any more",
    "history": "Taken as history",
}


def _about(file: Mapping[str, Any]) -> Iterator[str]:
    if file.get("looks_like"):
        yield f"looks like {file['looks_like']}"
    if file.get("kind") and not words.says(file.get("looks_like", ""), file["kind"]):
        yield str(file["kind"])
    rows = file.get("counts", {})
    yield words.plural(rows.get("rows", 0), "row")
    yield from (f"{rows[key]} {said}" for key, said in _LEDGER.items() if rows.get(key))
    if file.get("encoding"):
        yield str(file["encoding"])
    if file.get("sheet"):
        yield f"sheet '{file['sheet']}'"
    told = {**file.get("decided", {}), **file.get("answers", {})}
    yield from (words.answer(about, value) for about, value in sorted(told.items()) if about != "sheet")


_LEDGER = {"skipped": "left out", "errors": "with problems", "known": "known from before"}


def _line(each: Effect) -> str:
    if each.what == "changed":
        field = each.field.replace("_", " ")
        return f"{each.name}: {field}: {value(each.old) or '(nothing)'} -> {value(each.new) or '(nothing)'}"
    if each.what == "stopped":
        return each.name or "an address of a client who is not here any more"
    return each.name


# ---------------------------------------------------------------- kinds of files


class Learnt(Protocol):
    """What is read of a kind of file that the home knows."""

    @property
    def fingerprint(self) -> str:
        """What it is recognised by."""

    @property
    def name(self) -> str:
        """The name of the last such file."""

    @property
    def looks_like(self) -> str:
        """Which program it looks like the export of."""

    @property
    def header(self) -> tuple[str, ...]:
        """Its columns."""

    @property
    def imports(self) -> int:
        """How often it came in."""

    @property
    def last_at(self) -> datetime | None:
        """When it last did."""

    @property
    def answers(self) -> Mapping[str, str]:
        """The answers that go with it."""


LEARNT_COLUMNS = (
    Column("number", "No.", "number", whole=True),
    Column("looks_like", "Looks like"),
    Column("file", "Last file"),
    Column("imports", "Times", "number", spare=2),
    Column("last_at", "Last", "instant", whole=True, spare=3),
    Column("told", "Answers", place="screen", whole=True),
    Column("answers", kind="words", place="data"),
    Column("columns", "Columns", "words", spare=4),
    Column("fingerprint", place="data"),
)


def learnt_rows(kinds: Sequence[Learnt]) -> Iterator[tuple[Any, ...]]:
    """Yield a row a kind of file."""
    for number, each in enumerate(kinds, 1):
        yield (
            number,
            each.looks_like,
            each.name,
            each.imports,
            each.last_at,
            ", ".join(words.answer(about, value) for about, value in sorted(each.answers.items())),
            tuple(f"{about}={value}" for about, value in sorted(each.answers.items())),
            each.header,
            each.fingerprint,
        )


def title(each: Learnt) -> str:
    """Return how a kind of file is called: the program, and the last file of that kind."""
    names = [each.looks_like, f"'{each.name}'" if each.name else "", "" if each.name else each.fingerprint[:8]]
    return " ".join(name for name in names if name)
