"""Memory of whole commands in a home with a long history, over that of a command that only prints its help.

Linux only: it reads the peak from /proc. Children are not counted; the one that renders is limited by itself.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tests.benchmarks import harness, homes

MOST_MIB = 100.0
LONG_AGO, YESTERDAY = "2010-01-01", "2026-03-01"


def run() -> list[harness.Result]:
    """Measure what is due, the exports and, in a copy, sending and the daily run."""
    start = harness.peak_mebibytes("followup", "--help")
    home = homes.million()
    period = ("--from", LONG_AGO, "--to", YESTERDAY)
    with tempfile.TemporaryDirectory() as folder:
        out = ("-o", str(Path(folder) / "out"))
        looks = (
            ("due", ("due",)),
            ("followup alone", ()),
            ("plan --format csv", ("plan", "--format", "csv", *out)),
            ("report contacts --format csv", ("report", "contacts", *period, "--format", "csv", *out)),
            ("report contacts --format json", ("report", "contacts", *period, "--format", "json", *out)),
            ("report summary", ("report", "summary", *period)),
            ("job export", ("job", "export", *out)),
            ("client list --format csv", ("client", "list", "--format", "csv", *out)),
        )
        results = [_memory(name, home, arguments, start) for name, arguments in looks]
        for name, arguments in (("send", ("send", "--yes")), ("run --cron", ("run", "--cron"))):
            copy = Path(folder) / name.split()[0]
            shutil.copytree(home, copy)
            results.append(_memory(name, copy, arguments, start))
            shutil.rmtree(copy)
    return results


def _memory(name: str, home: Path, arguments: tuple[str, ...], start: float) -> harness.Result:
    command = homes.command(home, *arguments)
    peak = harness.peak_mebibytes(*command[2:])
    return harness.memory(f"memory of {name}, {homes.MANY:,} jobs and contacts", peak, start, most_mib=MOST_MIB)
