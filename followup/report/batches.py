"""What was written when: the rows of `imports`.

Takes the store's batches, newest first. Gives rows. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from followup.cells import Column

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
