"""What is due after a million old jobs: the whole command against the same one in an empty home.

The ceiling is 100 ms over the empty home, and 1 ms for each touchpoint that is due.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
from pathlib import Path

from tests.benchmarks import harness, homes

ROUNDS = 7
OVER_EMPTY_MS = 100.0
EACH_MS = 1.0


def run() -> list[harness.Result]:
    """Measure `due`, for programs and for people, and the screen of `followup` alone."""
    with tempfile.TemporaryDirectory() as folder:
        empty = homes.empty(Path(folder) / "empty").path
        large = homes.million()
        return [
            _over_empty("due --format json", ("due", "--format", "json"), empty, large),
            _over_empty("due", ("due",), empty, large),
            _over_empty("followup alone", (), empty, large),
            _yearly(empty, homes.yearly()),
        ]


def _yearly(empty: Path, large: Path) -> harness.Result:
    """Measure what is due where hundreds of anniversaries come every day, all of them sent until the weekend."""
    command = homes.command(large, "due", "--format", "json")
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return _over_empty("due, anniversaries all year", ("due", "--format", "json"), empty, large, due=len(found))


def _over_empty(
    name: str, arguments: tuple[str, ...], empty: Path, large: Path, *, due: int = homes.DUE
) -> harness.Result:
    def taken(home: Path) -> float:
        command = homes.command(home, *arguments)
        return harness.seconds(lambda: harness.process(command), clock=harness.processes_clock) * 1000

    taken(empty), taken(large)
    over = statistics.median(taken(large) - taken(empty) for _ in range(ROUNDS))
    title = f"{name}: {homes.MANY:,} old jobs, {due} due, over an empty home"
    return harness.Result(name=title, ours=over, floor=OVER_EMPTY_MS + EACH_MS * due, limit=1.0)
