"""What was written when, as rows."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from followup import tables
from followup.report import batches
from tests import factories


@dataclass(frozen=True)
class Written:
    """A batch as the store gives it."""

    id: str
    number: int
    command: str = "import"
    person: str = "sam"
    at: datetime = factories.NOW
    detail: Mapping[str, Any] = field(default_factory=dict)
    undone_at: datetime | None = None


BATCHES = [
    Written("b3", 3, command="job add", person="kim"),
    Written(
        "b1",
        1,
        detail={"files": ["clients.csv", "jobs.csv"], "counts": {"new": 25, "changed": 0, "skipped": 1}},
        undone_at=factories.NOW,
    ),
]


def test_imports_as_a_table(golden: Callable[[str, str], None]) -> None:
    """Number, instant, files, what came of it, and whether it was taken back."""
    stream = io.StringIO(newline="")
    rows = batches.rows(BATCHES, people={"sam": "Sam Miller"})
    assert tables.write(rows, batches.COLUMNS, format="table", stream=stream) == 2
    golden("report_imports.table", stream.getvalue())


def test_the_keys_are_a_promise() -> None:
    """Counts are numbers of their own for programs."""
    stream = io.StringIO()
    tables.write(batches.rows(BATCHES), batches.COLUMNS, format="json", stream=stream)
    assert json.loads(stream.getvalue())[1] == {
        "number": 1,
        "at": "2026-03-02T09:15:00+00:00",
        "command": "import",
        "by": "sam",
        "files": ["clients.csv", "jobs.csv"],
        "new": 25,
        "changed": 0,
        "unchanged": None,
        "skipped": 1,
        "undone_at": "2026-03-02T09:15:00+00:00",
        "id": "b1",
    }
