"""What is due, and whom to worry about, with 100,000 promises and 20,000 cases among a million old jobs.

The floor is the same command in the same home without any of them: what is over must cost nothing.
"""

from __future__ import annotations

from tests.benchmarks import harness, homes
from tests.benchmarks.bench_memory import MOST_MIB

LIMIT = 1.2
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
    return results
