"""An import that ends anywhere, for whatever reason, leaves the store as it was, or has done all of it."""

from __future__ import annotations

import os
import random
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests import programs
from tests.conftest import Ran
from tests.programs import Program, held, jobs_file, lines_file, together

Run = Callable[..., Ran]
POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")

# Runs a command, and kills it at its Nth call of something that writes: a statement, a file, a folder, a rename. The
# interpreter counts them, so that nothing of our code need be changed for it. 0: only counts.
_KILLED = """
import datetime, json, os, signal, sys
last, counter = int(sys.argv.pop(1)), [0]
WRITES = {"execute", "executemany", "replace", "rename", "link", "unlink", "open", "mkdir", "fsync", "write"}
NOT_FILES = (str, bytes, datetime.date, datetime.time)  # their replace() touches nothing
def watch(frame, event, function):
    if event == "c_call" and function.__name__ in WRITES and not isinstance(function.__self__, NOT_FILES):
        counter[0] += 1
        if counter[0] == last:
            os.kill(os.getpid(), signal.SIGKILL)
from followup import cli
from followup.cli import intake
from followup.workflow import consequences, importing
sys.setprofile(watch)
try:
    cli.main()
finally:
    sys.setprofile(None)
    if last == 0:
        print("calls", counter[0], file=sys.stderr)
"""


def tables(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table of a home's database, after what a killed process left was put right."""
    held(home)
    with closing(sqlite3.connect(home / "followup.db")) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in names}


def facts(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the tables that are the same however often and whenever something is imported."""
    return {
        name: rows
        for name, rows in tables(home).items()
        if name not in {"batch", "change", "known_row", "imported_file", "answer"}
    }


def killed_at(program: Program, call: int, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command that is killed at a call."""
    return subprocess.run(
        [
            *(sys.executable, "-c", _KILLED, str(call)),
            *("--home", str(program.home), "--now", programs.TODAY, *words),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(programs.CHECKOUT)},
    )


@pytest.fixture
def loaded(run: Run, home: Path, tmp_path: Path) -> Program:
    """Give a program whose home has five clients with a job each."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")
    run("import", jobs_file(tmp_path, "a", 5), "--yes")
    return Program(home)


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """Give an import that does everything: new, changed, an opt-out, an answer, rows left out."""
    jobs_file(tmp_path, "b", 5)
    lines_file(
        tmp_path / "changed.csv",
        [
            "full_name,email,city,opt_out,notes",
            "a0 Hall,a0@example.com,York,,",
            "a1 Hall,a1@example.com,,yes,",
            "Odd,not an address,,,",
        ],
    )
    lines_file(tmp_path / "asked.csv", ["Client,Email,Service,Completed", "c Hall,c@example.com,Boiler,03/02/2026"])
    files = [str(tmp_path / name) for name in ("b.csv", "changed.csv", "asked.csv")]
    return ["import", *files, "--yes", "--skip-bad-rows", "--answer", "date_order=dmy"]


def see_that_a_kill_changes_all_or_nothing(loaded: Program, words: Sequence[str], calls: Sequence[int]) -> None:
    """Kill at each of the calls in a fresh copy of the home, look, and let the next run do the whole of it."""
    before = tables(loaded.home)
    kept = loaded.home.with_name("kept")
    shutil.copytree(loaded.home, kept)
    loaded.run(*words)
    done = facts(loaded.home)
    assert done != {name: rows for name, rows in before.items() if name in done}
    for call in calls:
        shutil.rmtree(loaded.home)
        shutil.copytree(kept, loaded.home)
        ended = killed_at(loaded, call, words)
        assert ended.returncode == -signal.SIGKILL, (call, ended.stderr)
        now = tables(loaded.home)
        assert now == before or {name: now[name] for name in done} == done, f"killed at call {call}"
        for path in loaded.home.rglob("*.part"):  # a minute later nobody can be writing it any more
            os.utime(path, (0, 0))
        loaded.run(*words)
        assert facts(loaded.home) == done, f"run again after a kill at call {call}"
        assert not list(loaded.home.rglob("*.part")), f"left over by a kill at call {call}"


def calls_of(loaded: Program, words: Sequence[str]) -> int:
    """Return how many calls that write a command makes; the home is as it was afterwards."""
    kept = loaded.home.with_name("counted")
    shutil.copytree(loaded.home, kept)
    ended = killed_at(Program(kept), 0, words)
    shutil.rmtree(kept)
    return int(ended.stderr.rpartition("calls ")[2])


@POSIX_ONLY
def test_an_import_that_is_killed_anywhere_did_all_of_it_or_nothing(loaded: Program, words: list[str]) -> None:
    """At a dozen of its writes, each in a process of its own; the next run completes it."""
    every = calls_of(loaded, words)
    assert every > 100
    see_that_a_kill_changes_all_or_nothing(loaded, words, sorted(random.sample(range(1, every + 1), 12)))


@pytest.mark.slow
@POSIX_ONLY
def test_an_import_that_is_killed_at_every_write_did_all_of_it_or_nothing(loaded: Program, words: list[str]) -> None:
    """One after the other: some 400, and five minutes."""
    see_that_a_kill_changes_all_or_nothing(loaded, words, range(1, calls_of(loaded, words) + 1))


@POSIX_ONLY
def test_an_undo_that_is_killed_anywhere_did_all_of_it_or_nothing(loaded: Program, words: list[str]) -> None:
    """At half a dozen of its writes."""
    loaded.run(*words)
    undo = ["undo", "--yes"]
    kept = loaded.home.with_name("kept")
    shutil.copytree(loaded.home, kept)
    before = facts(kept)
    loaded.run(*undo)
    done = facts(loaded.home)
    every = calls_of(Program(kept), undo)
    for call in sorted(random.sample(range(1, every + 1), 6)):
        shutil.rmtree(loaded.home)
        shutil.copytree(kept, loaded.home)
        assert killed_at(loaded, call, undo).returncode == -signal.SIGKILL
        assert facts(loaded.home) in (before, done), f"killed at call {call}"


# ---------------------------------------------------------------- no room, no rights, two at once


@POSIX_ONLY
def test_an_import_that_finds_no_room_for_what_it_leaves_out_writes_nothing(loaded: Program, words: list[str]) -> None:
    """Rows that were left out are on disk before anything counts as imported."""
    before = tables(loaded.home)
    said = loaded.run(*words, exit_code=74, largest_file=100).stderr
    assert "Traceback" not in said
    assert tables(loaded.home) == before
    assert not list((loaded.home / "rejects").glob("*.csv"))


@POSIX_ONLY
@pytest.mark.parametrize("room", [0, 4096, 65536])
def test_an_import_that_finds_no_room_in_the_database_writes_nothing(
    loaded: Program, tmp_path: Path, room: int
) -> None:
    """Wherever the disk is full; with room the same command goes through."""
    path = str(jobs_file(tmp_path, "many", 600))
    before = tables(loaded.home)
    size = (loaded.home / "followup.db").stat().st_size
    loaded.run("import", path, "--yes", exit_code=74, largest_file=size + room)
    assert tables(loaded.home) == before
    loaded.run("import", path, "--yes")
    assert held(loaded.home).clients == 605


def test_two_different_imports_at_once_are_both_taken_in_or_one_is_told_to_wait(
    loaded: Program, tmp_path: Path
) -> None:
    """75 is nothing written; said again, it goes through."""
    paths = [str(jobs_file(tmp_path, name, 40)) for name in "xyz"]
    codes = together(*(loaded.start("import", path, "--yes") for path in paths))
    assert set(codes) <= {0, 75}
    assert held(loaded.home).clients == 5 + 40 * codes.count(0)
    for path in paths:
        loaded.run("import", path, "--yes")
    assert held(loaded.home).clients == 125


# ---------------------------------------------------------------- nobody there, or gone in the middle


def in_a_terminal(program: Program, *words: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start a command with a terminal of its own, and give it and the terminal's other end."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        program.command(*words),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "PYTHONPATH": str(programs.CHECKOUT)},
        start_new_session=True,
    )
    os.close(theirs)
    return process, ours


def until(terminal: int, text: str) -> str:
    """Read a terminal until *text* is on it."""
    seen = b""
    deadline = time.monotonic() + 30
    while text.encode() not in seen:
        assert time.monotonic() < deadline, seen
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            seen += os.read(terminal, 4096)
        except OSError:  # the other end is closed
            raise AssertionError(seen.decode()) from None
    return seen.decode()


ASKED = ["Client,Email,Service,Completed", "c Hall,c@example.com,Boiler,03/02/2026"]
UNKNOWN = ["Name,Email,Reach", "c Hall,c@example.com,07700 900142"]


@POSIX_ONLY
@pytest.mark.parametrize(
    ("lines", "asked"), [(ASKED, "Which is it"), (UNKNOWN, "Enter takes it so"), (UNKNOWN[:0], "Write this?")]
)
def test_whoever_leaves_at_a_question_leaves_no_trace(
    loaded: Program, tmp_path: Path, lines: list[str], asked: str
) -> None:
    """Ctrl-C at a question, at the columns, or at the last one: 130, and nothing was written."""
    path = lines_file(tmp_path / "odd.csv", lines) if lines else jobs_file(tmp_path, "new", 2)
    before = tables(loaded.home)
    process, terminal = in_a_terminal(loaded, "import", str(path))
    until(terminal, asked)
    time.sleep(1)  # from the words of the question to waiting for its answer: what comes in between is not heard
    process.send_signal(signal.SIGINT)
    said = until(terminal, "Stopped.")
    assert process.wait(60) == 130
    os.close(terminal)
    assert "Traceback" not in said
    assert tables(loaded.home) == before


@POSIX_ONLY
def test_a_terminal_that_goes_away_at_a_question_leaves_no_trace(loaded: Program, tmp_path: Path) -> None:
    """The window was closed, or the line broke."""
    before = tables(loaded.home)
    process, terminal = in_a_terminal(loaded, "import", str(lines_file(tmp_path / "odd.csv", ASKED)))
    until(terminal, "Which is it")
    os.close(terminal)
    assert process.wait(60) != 0
    assert tables(loaded.home) == before


def test_without_a_terminal_nobody_is_waited_for(loaded: Program, tmp_path: Path) -> None:
    """Whatever is open, the command ends by itself and says what would answer it."""
    for lines in (ASKED, UNKNOWN):
        path = str(lines_file(tmp_path / "odd.csv", lines))
        said = loaded.run("import", path, exit_code=None)
        assert said.exit_code in (2, 65)
        assert "--answer" in said.stderr or "--yes" in said.stderr


@POSIX_ONLY
@pytest.mark.parametrize(("redirected", "code"), [("<&-", 65), ("</dev/null", 65)])
def test_standard_input_without_a_file_in_it_is_refused(loaded: Program, redirected: str, code: int) -> None:
    """Closed, or empty."""
    command = " ".join(f"'{word}'" for word in loaded.command("import", "-", "--yes"))
    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} {redirected}"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(programs.CHECKOUT)},
    )
    assert (done.returncode, "Traceback" in done.stderr, "fault" in done.stderr) == (code, False, False), done.stderr
