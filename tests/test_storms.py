"""Kills, overlapping runs, signals, full and failing disks: nobody is mailed twice, and nobody is silently forgotten.

The long form is ``python -m tests.storms``; here is the short one, and what needs no chance.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import invariants, storms
from tests.conftest import Ran
from tests.mailserver import FaultServer
from tests.mailserver.fixtures import LiveHome
from tests.programs import Program, ended, together

Run = Callable[..., Ran]
Make = Callable[..., FaultServer]
POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")
CLOCK = "2026-03-02T09:15"
SEND = ("send", "--yes")


def see(program: Program, server: FaultServer, **how: object) -> Counter[str]:
    """See that every invariant holds, and return how many attempts are in each state."""
    return invariants.check(program.home, server.truth, **how).states()  # type: ignore[arg-type]  # what the check takes


def see_each_sent_once(program: Program, server: FaultServer, *, clients: int, unknown: int = 0) -> None:
    """A quiet run does the rest; then all have their message, once, and a person is asked about no more than that."""
    program.run(*SEND, now=CLOCK, exit_code=None)
    states = see(program, server, kills=unknown)
    assert states["sent"] + states["unknown"] == clients, states
    assert states["unknown"] <= unknown
    accepted = Counter(each.recipients[0] for each in server.messages)
    assert set(accepted.values()) <= {1}
    assert len(accepted) >= states["sent"]


# ---------------------------------------------------------------- storms


def see_nothing_wrong(found: storms.Outcome) -> None:
    """Nothing twice, nothing lost, every unknown one with a cause."""
    told = "\n".join(found.lines())
    assert (found.twice, found.lost) == (0, 0), told
    assert "nobody knows why" not in found.unknown, told


@POSIX_ONLY
@pytest.mark.parametrize("server", ["honest", "dishonest"])
def test_a_short_storm_of_kills_mails_nobody_twice_and_forgets_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    """One kill in each phase, or as many as a few seconds allow, and at least three."""
    monkeypatch.setenv("FOLLOWUP_MAIL_PASSWORD", "")  # the storm sets it; it goes with the test
    found = storms.rage(tmp_path, kills=1, server=server, seconds=6, at_least=3, seed=7)
    see_nothing_wrong(found)
    assert sum(found.landed.values()) >= 3


@pytest.mark.slow
@POSIX_ONLY
@pytest.mark.parametrize("server", ["honest", "dishonest"])
def test_a_long_storm_of_kills_mails_nobody_twice_and_forgets_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    """At least twenty kills in each phase."""
    monkeypatch.setenv("FOLLOWUP_MAIL_PASSWORD", "")
    found = storms.rage(tmp_path, kills=20, server=server, security="starttls")
    see_nothing_wrong(found)
    assert min(found.landed[phase] for phase in storms.PHASES) >= 20


# ---------------------------------------------------------------- several at once


@pytest.mark.parametrize("runs", [2, 3])
def test_overlapping_runs_send_each_message_once(mail_server: Make, live_home: LiveHome, runs: int) -> None:
    """Cron and a person meet; one of them works, the others are told to come back."""
    server = mail_server(delays={"dot": 0.02})
    program = live_home(server, clients=12)
    words = [SEND, ("run", "--cron"), SEND][:runs]
    codes = together(*(program.start(*each, now=CLOCK) for each in words))
    assert set(codes) <= {0, 75}
    see_each_sent_once(program, server, clients=12)


# ---------------------------------------------------------------- signals


@POSIX_ONLY
@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_lets_the_message_in_flight_finish(
    mail_server: Make, live_home: LiveHome, sign: signal.Signals, code: int
) -> None:
    """Nobody has to ask whether it went out; the next run sends the rest."""
    server = mail_server(delays={"dot": 0.2, "reply": 0.2})
    program = live_home(server, clients=8)
    process = storms.under_way(program, server, texts=2)
    process.send_signal(sign)
    ended(process, code)
    states = see(program, server)
    assert states["unknown"] == 0
    assert 0 < states["sent"] < 8
    server.rules.delays = {}
    see_each_sent_once(program, server, clients=8)


@POSIX_ONLY
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_does_not_wait_for_the_server(
    mail_server: Make, live_home: LiveHome, sign: signal.Signals
) -> None:
    """Whoever insists gets away at once; what was behind its dot is unknown."""
    server = mail_server(delays={"dot": 20})
    program = live_home(server, clients=2)
    process = storms.under_way(program, server, texts=1)
    time.sleep(0.5)  # behind the dot
    process.send_signal(sign)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(sign)
    begun = time.monotonic()
    assert ended(process, None).exit_code in (130, 143)
    assert time.monotonic() - begun < 10
    assert see(program, server)["unknown"] == 1
    server.rules.delays = {}
    see_each_sent_once(program, server, clients=2, unknown=1)


# ---------------------------------------------------------------- disks


def deadly(program: Program, **moment: object) -> subprocess.Popen[str]:
    """Start a run in which something fails at a chosen moment; see `storms.deadly`."""
    return storms.start(storms.aimed(program.command(*SEND, now=CLOCK), moment))


@POSIX_ONLY
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("hit", [1, 3])
@pytest.mark.parametrize(("at", "when"), [("claimed", "before"), ("handing_over", "before"), ("fsync", "before")])
def test_nothing_is_sent_when_the_journal_cannot_be_written(
    mail_server: Make, live_home: LiveHome, at: str, when: str, hit: int, error: str
) -> None:
    """A line that is not written or not on disk is no fence: 74, the dot does not follow, the next run sends."""
    server = mail_server()
    program = live_home(server, clients=5)
    ran = ended(deadly(program, at=at, when=when, hit=hit, do=error), 74)
    assert "journal" in ran.stderr
    assert len(server.messages) == (0 if at == "claimed" else hit - 1)
    assert see(program, server, output=[ran.stderr])["sent"] == len(server.messages)
    see_each_sent_once(program, server, clients=5)


@POSIX_ONLY
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("hit", [1, 3])
def test_an_answer_that_the_journal_cannot_take_is_kept_by_the_database(
    mail_server: Make, live_home: LiveHome, hit: int, error: str
) -> None:
    """The message was accepted; whatever happens then, it is not sent again."""
    server = mail_server()
    program = live_home(server, clients=5)
    ended(deadly(program, at="sent", when="before", hit=hit, do=error), 74)
    states = see(program, server)
    assert states["sent"] + states["unknown"] == len(server.messages) == hit
    see_each_sent_once(program, server, clients=5, unknown=states["unknown"])


@POSIX_ONLY
@pytest.mark.parametrize("room", [0, 4096, 12288, 24576, 40960])
def test_a_disk_that_fills_up_anywhere_sends_nothing_without_its_fence(
    mail_server: Make, live_home: LiveHome, room: int
) -> None:
    """74, or done where there was room enough; with room again the next run does the rest."""
    server = mail_server()
    program = live_home(server, clients=20)
    size = (program.home / "followup.db").stat().st_size
    ran = program.run(*SEND, now=CLOCK, exit_code=None, largest_file=size + room)
    assert ran.exit_code in (0, 74)
    states = see(program, server, output=[ran.stderr])
    assert states["sent"] + states["unknown"] == len(server.messages)
    see_each_sent_once(program, server, clients=20, unknown=states["unknown"])


def can_trace() -> bool:
    """Tell whether strace is here and may trace."""
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    "fault",
    [
        *(f"fdatasync:error=EIO:when={number}" for number in (1, 2, 3, 5, 8)),
        *(f"fsync:error=EIO:when={number}" for number in (1, 2, 3)),
        *(f"pwrite64:error=ENOSPC:when={number}+" for number in (1, 4, 9, 15, 22)),
    ],
)
def test_a_disk_that_fails_under_the_database_sends_nothing_without_its_fence(
    mail_server: Make, live_home: LiveHome, fault: str
) -> None:
    """The system itself refuses one write or one sync; the home is whole, and the next run does the rest."""
    if not can_trace():
        pytest.skip("strace is not here, or may not trace")
    server = mail_server()
    program = live_home(server, clients=4)
    before = ("strace", "-q", "-o", "/dev/null", "-e", f"inject={fault}")
    ran = program.run(*SEND, now=CLOCK, exit_code=None, before=before)
    assert ran.exit_code in (0, 74), ran.stdout + ran.stderr
    states = see(program, server, output=[ran.stderr], kills=1)
    assert states["sent"] + states["unknown"] >= len(server.messages)
    see_each_sent_once(program, server, clients=4, unknown=states["unknown"])
