"""Importing 1,000,000 rows: the memory of the whole command, and its time against that of 100,000 rows.

Takes nothing. Gives Results. Touches a temporary folder. Linux only: it reads the peak from /proc. It takes minutes, so
it runs when it is named.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.benchmarks import bench_import, harness, homes

ONLY_BY_NAME = True

FEW, MANY = 100_000, 1_000_000
TIMES = 12
MOST_MIB = 300.0


def run() -> list[harness.Result]:
    """Measure both, each in a home of its own, in seconds of the processor."""
    with tempfile.TemporaryDirectory() as folder:
        (few, _), (many, peak) = (_import(Path(folder), count) for count in (FEW, MANY))
    return [
        harness.Result(
            name=f"first import of {MANY:,} rows, against {FEW:,}", ours=many * 1000, floor=few * 1000, limit=TIMES
        ),
        harness.Result(name=f"memory of importing {MANY:,} rows", ours=peak, floor=MOST_MIB, limit=1.0, unit="MiB"),
    ]


def _import(folder: Path, count: int) -> tuple[float, float]:
    """Return the seconds that importing *count* rows takes, and the peak of its memory in MiB."""
    home = homes.empty(folder / f"home{count}").path
    path = folder / f"{count}.csv"
    bench_import.write(path, bench_import.WHOLE, bench_import.rows(count))
    command = homes.command(home, "import", str(path), "--yes")
    start = harness.processes_clock()
    peak = harness.peak_mebibytes(*command[2:])
    return harness.processes_clock() - start, peak
