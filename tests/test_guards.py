"""The guards of conftest.py and the harness of the benchmarks: what watches over the rest must itself hold."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import conftest
from tests.benchmarks import __main__ as runner
from tests.benchmarks import harness


@pytest.mark.parametrize("host", ["192.0.2.1", "mail.example.com", b"mail.example.com"])
def test_no_test_reaches_beyond_this_machine(host: str | bytes) -> None:
    """Neither a connection nor a look-up of a name elsewhere gets through."""
    with pytest.raises(AssertionError, match="this machine only"):
        socket.getaddrinfo(host, 25)
    with socket.socket() as line, pytest.raises(AssertionError, match="this machine only"):
        line.connect((host, 25))
    with socket.socket() as line, pytest.raises(AssertionError, match="this machine only"):
        line.connect_ex((host, 25))


def test_loopback_is_open() -> None:
    """A server that the test itself started can be reached."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert socket.getaddrinfo("localhost", None)
        with socket.create_connection(server.getsockname()):
            pass


def test_the_home_folder_does_not_exist() -> None:
    """A program that looks for the user's home finds nothing, so it cannot read or spoil it."""
    assert not Path.home().exists()


def test_settings_of_the_environment_are_hidden() -> None:
    """No FOLLOWUP_ variable of whoever runs the tests is seen."""
    assert [name for name in os.environ if name.startswith("FOLLOWUP_") and "_TESTS_" not in name] == []


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the C library of Windows takes no TZ while running")
def test_the_system_is_in_a_zone_of_its_own() -> None:
    """Local time as the system sees it is five and a half hours ahead, far from every home's zone."""
    assert time.localtime(0)[3:5] == (5, 30)


def test_required_reads_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts that must not be left out may be separated by commas or blanks."""
    monkeypatch.setenv("FOLLOWUP_TESTS_REQUIRE", "postgres, chromium")
    assert conftest.required("postgres")
    assert conftest.required("chromium")
    assert not conftest.required("dovecot")


def test_a_golden_text_that_is_not_there_is_an_error(golden: Callable[[str, str], None]) -> None:
    """A golden file is never made in passing."""
    with pytest.raises(AssertionError, match="--update-golden"):
        golden("there-is-no-such-file.txt", "text")


# ---------------------------------------------------------------- the harness of the benchmarks


def test_pairs_are_measured_in_turns_after_one_uncounted_run() -> None:
    """Which of the two goes first alternates, and what puts things back runs ahead of each."""
    calls: list[str] = []
    result = harness.compare(
        "pairs",
        lambda: calls.append("ours"),
        lambda: calls.append("floor"),
        limit=1.0,
        rounds=2,
        before=lambda: calls.append("-"),
    )
    assert calls == ["-", "floor", "-", "ours", "-", "floor", "-", "ours", "-", "ours", "-", "floor"]
    assert result.ours > 0
    assert result.floor > 0


def test_a_limit_is_kept_or_missed_by_the_median_of_the_pairs() -> None:
    """The paired ratio decides where there is one, else that of the two numbers."""
    assert harness.Result(name="x", ours=3.0, floor=2.0, limit=1.5).is_within
    assert not harness.Result(name="x", ours=3.1, floor=2.0, limit=1.5).is_within
    assert harness.Result(name="x", ours=3.1, floor=2.0, limit=1.5, measured=1.4).is_within
    assert not harness.Result(name="x", ours=1.0, floor=0.0, limit=1.5).is_within


def test_memory_is_what_came_on_top_of_the_start() -> None:
    """A ceiling in MiB is the floor of its row, and the limit is once."""
    row = harness.memory("flat", 150.0, 30.0, most_mib=100.0)
    assert (row.ours, row.floor, row.is_within) == (120.0, 100.0, False)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured on Linux")
def test_memory_of_a_module_is_its_own_and_not_of_whoever_started_it() -> None:
    """A process that holds little reports little, however large the one that started it is."""
    ballast = bytearray(80 * 1024 * 1024)
    ballast[::4096] = b"x" * len(ballast[::4096])
    assert 3 < harness.peak_mebibytes("this") < 60


def test_the_table_names_what_was_missed() -> None:
    """A missed limit is marked on its line, and only there."""
    rows = [
        harness.Result(name="good", ours=1.0, floor=1.0, limit=1.5),
        harness.Result(name="bad", ours=2.0, floor=1.0, limit=1.5, note="see the profile"),
    ]
    _head, good, bad = harness.table(rows).splitlines()
    assert "MISSED" not in good
    assert bad.split()[-4:] == ["MISSED", "see", "the", "profile"]


def test_whole_processes_are_compared() -> None:
    """Two command lines are run to their end and timed."""
    pass_ = [sys.executable, "-I", "-S", "-c", "pass"]
    assert harness.compare_processes("same", pass_, pass_, limit=10.0, rounds=1).is_within


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The runner lists the stages it knows."""
    assert runner.main(["nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err
