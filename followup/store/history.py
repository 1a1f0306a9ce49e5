"""What the store says about its own writing: batches, their changes, what an undo would do, and what imports taught it.

Takes and gives plain values. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from followup.records import dataclass, field

KINDS = frozenset({"import", "hand", "contact", "wish", "system", "undo"})
"""Kinds of batches; only `import` and `hand` can be undone. `wish`: what a client asked for (opt-out, erasure)."""


TOGETHER = ""
"""The `record_id` of a change that stands for many records, added with nothing to say of each: its value lists them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One command that wrote."""

    id: str
    number: int
    kind: str
    command: str
    at: datetime
    person: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field that a batch changed, or a whole record (*field* empty) that it added or removed.

    *old* and *new* are what JSON holds; ``None`` for a whole record means that it was not there.
    """

    batch_id: str
    number: int
    record: str  # client, job, trouble_case, contact ...
    record_id: str
    field: str
    old: Any = None
    new: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoItem:
    """What taking one change back means: *what* in words, and *why_not* when it stays."""

    change: Change
    what: str
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFile:
    """One file of an import: its kind, under which answers are remembered, and what the owner knows it by."""

    fingerprint: str  # of the header
    name: str
    book: str = ""  # fingerprint of the sheets of a spreadsheet, under which the choice of one is remembered
    looks_like: str = ""  # the exporter
    header: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """A kind of file that came in: how its last file was called, how often, and the answers that go with it."""

    fingerprint: str
    book: str = ""
    name: str = ""  # empty: answers are all that is known of it
    looks_like: str = ""
    header: tuple[str, ...] = ()
    imports: int = 0
    last_at: datetime | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
