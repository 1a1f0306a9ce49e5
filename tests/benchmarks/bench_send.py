"""Sending: the whole command against yagmail's own `send()`, over STARTTLS with login; and what reaches the disk.

Both are whole processes. The peer is handed finished words and does nothing but send them; ours starts, plans, renders,
and keeps its records. What counts is the processor time of client and server together (Linux): they take turns, so that
it is the time on the wall of a machine without other work. The real one is shown, and counts elsewhere. Homes lie on a
memory file system where there is one (Linux), so that the disk is not what is measured.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tests.benchmarks import harness, homes
from tests.mailserver import PASSWORD, USER, certificates, fixtures, process

MESSAGES = int(os.environ.get("FOLLOWUP_BENCH_SENT", "500"))
MEMORY = Path("/dev/shm")
PROC = Path("/proc")
TIMES_AS_FAST = 1.5
MOST_SYNCS = 6.0
ROUNDS = 5
WITH_PASSWORD = {"FOLLOWUP_MAIL_PASSWORD": PASSWORD}

PEER = """
import ssl, sys
import yagmail

user, password, port, ca_file, count = sys.argv[1:]
context = ssl.create_default_context(cafile=ca_file)
client = yagmail.SMTP(user, password, host="localhost", port=port, smtp_ssl=False, smtp_starttls={"context": context})
text = "Dear Client,\\n\\nthank you for having us do your boiler service.\\n\\nKind regards\\nSam Hall\\n" * 3
for number in range(int(count)):
    client.send(f"client{number}@example.com", "Thank you from Hall Plumbing", [text])
client.close()
"""
"""As many messages as its manual says, but with a certificate that is checked."""


def run() -> list[harness.Result]:
    """Measure the time of both, then count how often ours waits for the disk."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)))
        made = certificates.make(folder / "certificates")
        server = stack.enter_context(process.running(folder, security="starttls", certificates=made))
        full = _home(folder / "full", server)
        copy = folder / "copy"
        ours = homes.command(copy, "send", "--yes")
        peer = [sys.executable, "-c", PEER, USER, PASSWORD, str(server.port), str(made.ca_file), str(MESSAGES)]

        def before() -> None:
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(full, copy)

        name = f"send --yes over yagmail's send(), STARTTLS, login ({MESSAGES})"
        clocks: dict[str, Callable[[], float]] = {f"{name}: on the wall": time.perf_counter}
        if PROC.is_dir():
            clocks[f"{name}: processor, with the server's"] = lambda: harness.processes_clock() + _used(server.pid)
        wall, *sound = harness.compare_by(
            clocks,
            lambda: harness.process(ours, env=WITH_PASSWORD),
            lambda: harness.process(peer),
            limit=1 / TIMES_AS_FAST,
            rounds=ROUNDS,
            before=before,
            warm=False,
        )
        if sound:
            wall = replace(wall, limit=math.inf, note=f"not judged; the load was {os.getloadavg()[0]:.1f}")
        results = [wall, *sound]
        if shutil.which("strace"):
            before()
            syncs = _syncs(folder / "calls", ours)
            results.append(
                harness.Result(
                    name="times that one message waits for the disk", ours=syncs / MESSAGES, floor=MOST_SYNCS, limit=1,
                    unit="",
                )
            )  # fmt: skip
        return results


def _home(folder: Path, server: process.ServerProcess) -> Path:
    """Make a home with as many e-mails due."""
    made = homes.empty(folder).path
    fixtures.send_through(made, server, per_run=MESSAGES, per_day=10 * MESSAGES, user=USER)
    rows = (
        f"Client {number},client{number}@example.com,Boiler service,{homes.LAST_DONE}" for number in range(MESSAGES)
    )
    jobs = folder.parent / "jobs.csv"
    jobs.write_text("\n".join(["full_name,email,service,completed_on", *rows]) + "\n", encoding="utf-8")
    harness.process(homes.command(made, "import", str(jobs), "--yes"))
    return made


def _used(pid: int) -> float:
    """Return the processor time that a process which still runs took so far (proc_pid_stat(5))."""
    fields = (PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _syncs(report: Path, command: list[str]) -> int:
    """Return how often a command asked for something to be on disk (Linux, with strace)."""
    calls = "trace=fsync,fdatasync,sync_file_range,msync"
    subprocess.run(
        ["strace", "-f", "-qq", "-o", str(report), "-e", calls, *command],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**harness.environment(), **WITH_PASSWORD},
    )
    return len(re.findall(r"sync\w*\(", report.read_text(encoding="utf-8", errors="replace")))
