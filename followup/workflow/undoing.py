"""Take back the last change by hand or the last import.

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

    @property
    def going(self) -> list[UndoItem]:
        """Return what is taken back."""
        return [item for item in self.items if not item.why_not]

    @property
    def staying(self) -> list[UndoItem]:
        """Return what stays, each with why."""
        return [item for item in self.items if item.why_not]


def preview(desk: Desk) -> Undoing:
    """Return what the next undo would do; NotFound when there is nothing."""
    batch = desk.store.undoable()
    if batch is None:
        raise NotFound("Nothing to undo: no import and no change by hand that was not taken back already.")
    return Undoing(batch, desk.store.undo_preview(batch.id))


def undo(desk: Desk, undoing: Undoing) -> list[str]:
    """Take the batch back in one transaction; returns what could not be restored, each with why."""
    with desk.store.write(kind="undo", command="undo", person=desk.person, now=desk.now()) as write:
        latest = desk.store.undoable()
        if latest is None or latest.id != undoing.batch.id:
            raise TryLater("The home was changed by somebody else meanwhile. Nothing was taken back; say it again.")
        return write.undo(undoing.batch.id)
