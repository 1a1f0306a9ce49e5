"""A home opened for a moment, as a command opens it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from followup import home as homes
from followup.workflow.desk import Desk, open_desk
from tests import factories


@contextmanager
def opened(home: Path, now: datetime = factories.NOW, *, pretended: bool = False) -> Iterator[Desk]:
    """Give the desk of *home* when its clock shows *now*."""
    desk = open_desk(homes.Home(home), now=lambda: now, pretended=pretended)
    try:
        yield desk
    finally:
        desk.close()
