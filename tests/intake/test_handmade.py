"""Sheets made by hand, as Excel writes them in eight countries: what an import makes of each is written beside it.

`tests/data/handmade` is like the folder of the exporters: `pytest --update-golden` writes anew what comes of a file.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.intake.exporters.test_fixtures import is_read_as_expected

FOLDER = Path(__file__).resolve().parent.parent / "data" / "handmade"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.expected")), ids=lambda path: path.stem)
def test_a_sheet_made_by_hand_is_read(path: Path, request: pytest.FixtureRequest) -> None:
    """Clients, jobs, questions, rows left out and rejected; every row is accounted for."""
    is_read_as_expected(path, renew=bool(request.config.getoption("--update-golden")))
