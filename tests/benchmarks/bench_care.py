"""What is due, and whom to worry about, with 100,000 promises and 20,000 cases among a million old jobs.

The floor is the same command in the same home without any of them: what is over must cost nothing. What is open costs
by its number: so much for `concerns` with BUSY_PROMISES and BUSY_CASES of these weeks.
"""

from __future__ import annotations

import statistics
from pathlib import Path

from tests.benchmarks import harness, homes
from tests.benchmarks.bench_memory import MOST_MIB

LIMIT = 1.2
ROUNDS = 5
OPEN_MS = 0.1
"""What an open record may cost `concerns`, over the home without any."""
COMMANDS = (("due", "--format", "json"), ("concerns", "--format", "json"), ("concerns",))


def run() -> list[harness.Result]:
    """Measure both commands in seconds of the processor, and their memory over that of --help."""
    without, related = homes.million(), homes.related()
    start = harness.peak_mebibytes("followup", "--help")
    what = f"{homes.MANY:,} jobs, {homes.PROMISES:,} promises, {homes.CASES:,} cases"
    results = []
    for arguments in COMMANDS:
        name = " ".join(arguments)
        results.append(
            harness.compare_processes(
                f"{name}: {what}, against none",
                homes.command(related, *arguments),
                homes.command(without, *arguments),
                limit=LIMIT,
                rounds=9,
            )
        )
        peak = harness.peak_mebibytes(*homes.command(related, *arguments)[2:])
        results.append(harness.memory(f"memory of {name}, {what}", peak, start, most_mib=MOST_MIB))
    results.append(_busy(without))
    return results


def _busy(without: Path) -> harness.Result:
    busy = homes.related(homes.BUSY_PROMISES, homes.BUSY_CASES)

    def taken(home: Path) -> float:
        command = homes.command(home, "concerns", "--format", "json")
        return harness.seconds(lambda: harness.process(command), clock=harness.processes_clock) * 1000

    taken(without), taken(busy)
    over = statistics.median(taken(busy) - taken(without) for _ in range(ROUNDS))
    name = f"concerns: {homes.BUSY_PROMISES:,} open promises, {homes.BUSY_CASES:,} open cases, over none"
    return harness.Result(name=name, ours=over, floor=OPEN_MS * (homes.BUSY_PROMISES + homes.BUSY_CASES), limit=1.0)
