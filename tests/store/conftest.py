"""An open database, new for every test, and a short way to write to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from followup import store
from tests import factories


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[store.Store]:
    """Give an empty store."""
    with store.create(tmp_path / "followup.db", home_key=factories.HOME_KEY) as created:
        yield created


@pytest.fixture
def keep(opened: store.Store) -> Callable[..., None]:
    """Give a function that saves records as one batch by hand, or of the kind that is named."""

    def save(*records: Any, kind: str = "hand", command: str = "test") -> None:
        with opened.write(kind=kind, command=command, now=factories.NOW) as write:
            write.save_many(records)

    return save
