"""Take back the last change by hand or the last import, or an import by its number.

Takes a Desk. Gives what would be, and was, taken back. Touches the store; never what reached a client, an opt-out or an
erasure.
"""

from __future__ import annotations

from dataclasses import dataclass

from followup.errors import NotFound, TryLater
from followup.store import Batch, UndoItem
from followup.workflow.desk import Desk


@dataclass(frozen=True, slots=True)
class Undoing:
    """The batch that `undo` would take back, and what of it stays."""

    batch: Batch
    items: list[UndoItem]
    version: int  # of the home that was looked at

    @property
    def going(self) -> list[UndoItem]:
        """Return what is taken back."""
        return [item for item in self.items if not item.why_not]

    @property
    def staying(self) -> list[UndoItem]:
        """Return what stays, each with why."""
        return [item for item in self.items if item.why_not]


def preview(desk: Desk, *, number: int | None = None) -> Undoing:
    """Return what taking back import *number* would do, or without one the last change.

    Raises:
        NotFound: there is nothing, or no import of that number.
        BadInput: it was taken back already.
    """
    version = desk.store.facts_version()
    batch = desk.store.undoable() if number is None else desk.store.batch_of_number(number)
    if number is not None and (batch is None or batch.kind != "import"):
        raise NotFound(f"There is no import {number}. `followup imports` lists what was imported, with numbers.")
    if batch is None:
        raise NotFound("Nothing to undo: no import and no change by hand that was not taken back already.")
    return Undoing(batch, desk.store.undo_preview(batch.id), version)


def undo(desk: Desk, undoing: Undoing) -> list[str]:
    """Take the batch back in one transaction; returns what could not be restored, each with why.

    Raises:
        TryLater: clients or jobs were changed since the preview.
    """
    latest = desk.store.undoable()
    command = "undo" if latest is not None and latest.id == undoing.batch.id else f"undo {undoing.batch.number}"
    with desk.store.write(kind="undo", command=command, person=desk.person, now=desk.now()) as write:
        if desk.store.facts_version() != undoing.version:
            raise TryLater("The home was changed by somebody else meanwhile. Nothing was taken back; say it again.")
        return write.undo(undoing.batch.id)
