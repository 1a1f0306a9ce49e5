"""The mail server in a process of its own, as storms need it.

Takes a folder and the options of ``python -m tests.mailserver``. Gives its port and the truth. Touches that folder and
one process, which ends with the block.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.mailserver import Certificates, Fault, truth

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A server that runs elsewhere."""

    pid: int
    port: int
    log: Path
    security: str
    certificates: Certificates | None

    @property
    def truth(self) -> truth.Truth:
        """Read what has happened until now."""
        return truth.read(self.log)


@contextmanager
def running(
    folder: Path,
    *,
    security: str = "none",
    certificates: Certificates | None = None,
    faults: Iterable[Fault] = (),
    delays: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Iterator[ServerProcess]:
    """Start the server, wait until it listens, and end it with the block; its log stays in *folder*."""
    log, port_file = folder / "truth.jsonl", folder / "port"
    words = ["--log", str(log), "--port-file", str(port_file), "--security", security, "--seed", str(seed)]
    words += ["--delays", json.dumps(dict(delays or {}))]
    if certificates is not None:
        words += ["--certificates", str(certificates.folder)]
    for fault in faults:
        fields = {**asdict(fault), "hits": None if fault.hits is None else sorted(fault.hits)}
        words += ["--fault", json.dumps(fields)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.mailserver", *words],
        stdin=subprocess.PIPE,
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )
    try:
        deadline = time.monotonic() + 30
        while not port_file.exists():
            assert process.poll() is None, "the mail server did not start"
            assert time.monotonic() < deadline, "the mail server does not listen"
            time.sleep(0.02)
        port = int(port_file.read_text(encoding="ascii"))
        yield ServerProcess(pid=process.pid, port=port, log=log, security=security, certificates=certificates)
    finally:
        process.communicate(timeout=30)
    assert process.returncode == 0, "the mail server failed"
