"""Commands as their users run them: in processes of their own, with what they leave behind looked at afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import followup
from followup import store
from followup.home import Home
from followup.model import HOLDING_STATES, Attempt, AttemptState
from tests.conftest import Ran

CHECKOUT = Path(followup.__file__).parents[1]
TODAY = "2026-03-02"
HEADER = "full_name,email,service,completed_on"
POSIX = sys.platform != "win32"

# Past the limit a write fails as on a full disk; SIGXFSZ would end the program instead.
_LIMITED = (
    "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    "resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0})); from followup import cli; cli.main()"
)


@dataclass(frozen=True)
class Program:
    """`followup` in the home of a test; nobody is there to answer."""

    home: Path

    def command(
        self, *words: str, now: str = TODAY, home: Path | None = None, largest_file: int = 0, before: Sequence[str] = ()
    ) -> list[str]:
        """Return the command line; *largest_file* is where the disk is full, *before* a program that starts it."""
        door = ["-c", _LIMITED.format(largest_file)] if largest_file else ["-m", "followup"]
        when = ["--now", now] if now else []
        return [*before, sys.executable, *door, "--home", str(home or self.home), *when, *words]

    def start(self, *words: str, environment: Mapping[str, str] | None = None, **how: object) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            self.command(*words, **how),  # type: ignore[arg-type] # handed on as it is
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(CHECKOUT), **(environment or {})},
        )

    def run(
        self,
        *words: str,
        exit_code: int | None = 0,
        environment: Mapping[str, str] | None = None,
        **how: object,
    ) -> Ran:
        """Run a command to its end, see that it exits with *exit_code* (None: whatever comes), no traceback."""
        return ended(self.start(*words, environment=environment, **how), exit_code)

    def draft_files(self) -> set[str]:
        """Return the names of the drafts in the folder."""
        return {path.name for path in (self.home / "drafts").glob("*.eml")}


def ended(process: subprocess.Popen[str], exit_code: int | None = 0) -> Ran:
    """Wait for a command, and see what every command owes: no traceback, the right code, at most one error."""
    stdout, stderr = process.communicate(timeout=120)
    ran = Ran(process.returncode, stdout, stderr)
    assert "Traceback" not in stderr, stderr
    if exit_code is not None:
        assert ran.exit_code == exit_code, f"{process.args!r}\n{stdout}{stderr}"
    assert stderr.count("Error:") <= 1, stderr
    return ran


def together(*processes: subprocess.Popen[str]) -> list[int]:
    """Wait for commands that were started at once, and return their exit codes in order."""
    return sorted(ended(each, None).exit_code for each in processes)


@dataclass(frozen=True)
class Held:
    """What a home holds."""

    clients: int
    jobs: int
    contacts: int
    attempts: tuple[Attempt, ...]  # in states that keep a touchpoint from going out again

    @property
    def drafted(self) -> set[str]:
        """Return the file names of what is drafted and not confirmed."""
        return {each.file_name for each in self.attempts if each.state is AttemptState.DRAFTED}


def held(home: Path) -> Held:
    """Return what *home* holds, after seeing that it is whole and that no touchpoint went out twice."""
    of = Home(home)
    with store.open(of.database_path, home_key=of.key(), backups=of.backups_path) as opened:
        assert opened.check() == []
        dossiers = opened.dossiers([client.id for client in opened.iter_clients()]).values()
        attempts = tuple(one for each in dossiers for one in each.attempts if one.state in HOLDING_STATES)
        counts = opened.counts()
    keys = [each.key for each in attempts]
    assert len(keys) == len(set(keys)), "a touchpoint went out twice"
    return Held(counts["clients"], counts["jobs"], counts["contacts"], attempts)


def jobs_file(folder: Path, name: str, count: int, *, completed: str = "2026-02-27") -> Path:
    """Write a file of *count* clients with one job each; *name* tells them from those of other files."""
    rows = (f"{name}{number} Hall,{name}{number}@example.com,Boiler service,{completed}" for number in range(count))
    return lines_file(folder / f"{name}.csv", [HEADER, *rows])


def lines_file(path: Path, lines: Iterable[str]) -> Path:
    """Write a text file."""
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path
