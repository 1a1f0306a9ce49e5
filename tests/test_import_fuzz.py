"""A little of ``python -m tests.fuzz`` on every run: the same damaged files each time, and what they may do."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests import fuzz

CASES = 200
SECONDS = 120
"""Of the processor's time for a file: measuring branches takes several times as long as reading."""


def test_damaged_files_end_in_facts_questions_or_refusals(tmp_path: Path) -> None:
    """No traceback, no hang, no row in two places; what is imported is taken back again."""
    findings = list(fuzz.run(tmp_path, seed=4, numbers=iter(range(CASES)), seconds=SECONDS))
    assert not findings, f"{findings[0].case.name}, case {findings[0].case.number}: {findings[0].what}"


def test_the_same_seed_makes_the_same_files() -> None:
    """So that a finding can be looked at again, and its cure be tried."""
    one, two = fuzz.cases(7), fuzz.cases(7)
    assert [next(one) for _ in range(40)] == [next(two) for _ in range(40)]
    assert next(fuzz.cases(7, 40)) == next(one)


@pytest.mark.skipif(not hasattr(fuzz.signal, "ITIMER_PROF"), reason="no alarm on this system")
def test_a_hang_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever takes longer than the limit is reported like a traceback."""

    end = time.process_time() + 5

    def never_ready(*_: object, **__: object) -> None:
        while time.process_time() < end:
            pass

    monkeypatch.setattr(fuzz.intake, "read", never_ready)
    found = fuzz.look(next(fuzz.cases(1)), 1, seconds=0.05)
    assert found is not None
    assert "TooSlow" in found.what
