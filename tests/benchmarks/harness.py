"""Paired measurements: ours and the floor in turns, in one run, so that a noisy machine spoils both alike.

Takes callables or command lines. Gives ``Result`` rows. Touches processes it starts itself, and a temporary folder.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 7
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One row of the table: what we need, what the floor needs, and how many times the floor we may need.

    *ours* and *floor* are in *unit*. *measured* is the median of the paired ratios where there were pairs; without
    it the ratio is that of the two numbers. For a plain ceiling ("at most 100 MB") *floor* is the ceiling and
    *limit* is 1.
    """

    name: str
    ours: float
    floor: float
    limit: float
    unit: str = "ms"
    measured: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times the floor we needed."""
        if self.measured is not None:
            return self.measured
        return self.ours / self.floor if self.floor else float("inf")

    @property
    def is_within(self) -> bool:
        """Whether the limit holds."""
        return self.ratio <= self.limit


def seconds(act: Callable[[], object], *, clock: Callable[[], float] = time.perf_counter) -> float:
    """Return how long *act* takes, once, by *clock*: the one on the wall unless told."""
    start = clock()
    act()
    return clock() - start


def process(command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> None:
    """Run *command* to its end with nothing on stdin and its output thrown away; a failure is an error here."""
    subprocess.run(
        command,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**environment(), **(env or {})},
        cwd=cwd,
    )


def environment() -> dict[str, str]:
    """Return the environment of a user: modules are kept compiled, and none of our own variables is set."""
    ours = ("FOLLOWUP_", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "PYTHONPATH": str(ROOT)}


def compare(
    name: str,
    ours: Callable[[], object],
    floor: Callable[[], object],
    *,
    limit: float,
    rounds: int = ROUNDS,
    before: Callable[[], object] | None = None,
    warm: bool = True,
    note: str = "",
    clock: Callable[[], float] = time.perf_counter,
) -> Result:
    """Time *ours* and *floor* in turns by *clock*, and return the row *name*; see `compare_by`."""
    (result,) = compare_by({name: clock}, ours, floor, limit=limit, rounds=rounds, before=before, warm=warm, note=note)
    return result


def compare_by(
    clocks: Mapping[str, Callable[[], float]],
    ours: Callable[[], object],
    floor: Callable[[], object],
    *,
    limit: float,
    rounds: int = ROUNDS,
    before: Callable[[], object] | None = None,
    warm: bool = True,
    note: str = "",
) -> list[Result]:
    """Time *ours* and *floor* in turns, *rounds* times; *before* runs ahead of each turn and is not counted.

    Args:
        clocks: what to time by, by the name of the row that is made of it.
        ours: what we measure.
        floor: what it is measured against.
        limit: how many times the floor is allowed.
        rounds: pairs; which of the two goes first alternates.
        before: puts things back (an empty database, say) before each single measurement.
        warm: whether each runs once uncounted first.
        note: shown behind the rows.
    """
    prepare = before or (lambda: None)
    if warm:
        for act in (floor, ours):
            prepare()
            act()
    times: dict[tuple[str, str], list[float]] = {}
    for number in range(rounds):
        pair: list[tuple[str, Callable[[], object]]] = [("floor", floor), ("ours", ours)]
        for label, act in pair if number % 2 == 0 else reversed(pair):
            prepare()
            starts = {name: clock() for name, clock in clocks.items()}
            act()
            for name, clock in clocks.items():
                times.setdefault((name, label), []).append(clock() - starts[name])
    return [_paired(name, times[name, "ours"], times[name, "floor"], limit=limit, note=note) for name in clocks]


def _paired(name: str, ours: Sequence[float], floor: Sequence[float], *, limit: float, note: str) -> Result:
    return Result(
        name=name,
        ours=statistics.median(ours) * 1000,
        floor=statistics.median(floor) * 1000,
        limit=limit,
        measured=statistics.median(mine / theirs for mine, theirs in zip(ours, floor, strict=True)),
        note=note,
    )


def compare_processes(
    name: str,
    ours: Sequence[str],
    floor: Sequence[str],
    *,
    limit: float,
    rounds: int = 15,
    env: Mapping[str, str] | None = None,
    note: str = "",
) -> Result:
    """The same for two whole processes, from start to exit, in seconds of the processor."""
    return compare(
        name,
        lambda: process(ours, env=env),
        lambda: process(floor, env=env),
        limit=limit,
        rounds=rounds,
        note=note,
        clock=processes_clock,
    )


def processes_clock() -> float:
    """Return the processor time that all ended child processes took so far (Unix).

    Waiting for other work of the machine is not in it, which on a shared one is most of what the wall clock shows.
    """
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


_MEASURE = """
import runpy, sys
report, sys.argv = sys.argv[1], sys.argv[2:]
try:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
finally:
    with open("/proc/self/status") as status, open(report, "w") as out:
        out.write(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def peak_mebibytes(module: str, *arguments: str, env: Mapping[str, str] | None = None) -> float:
    """Return the peak resident memory of ``python -m module arguments`` (Linux; its children are not counted).

    VmHWM and not ru_maxrss: the latter begins with the size of the process that forked (see getrusage(2), execve(2)).
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "peak"
        process([sys.executable, "-c", _MEASURE, str(report), module, *arguments], env=env)
        return int(report.read_text()) / 1024


def memory(name: str, measured_mib: float, start_mib: float, *, most_mib: float, note: str = "") -> Result:
    """Return the row for "at most *most_mib* over start"."""
    return Result(name=name, ours=max(measured_mib - start_mib, 0.0), floor=most_mib, limit=1.0, unit="MiB", note=note)


def table(results: Sequence[Result]) -> str:
    """Return the rows in plain columns, the worst use of its limit marked."""
    width = max((len(result.name) for result in results), default=4)
    lines = [f"{'what':<{width}}  {'ours':>12}  {'floor':>12}  {'ratio':>7}  {'limit':>6}"]
    for result in results:
        verdict = "" if result.is_within else "  MISSED"
        note = f"  {result.note}" if result.note else ""
        lines.append(
            f"{result.name:<{width}}  {result.ours:>8.1f} {result.unit:<3}  {result.floor:>8.1f} {result.unit:<3}"
            f"  {result.ratio:>7.2f}  {result.limit:>6.2f}{verdict}{note}"
        )
    return "\n".join(lines)
