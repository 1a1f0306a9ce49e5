"""What a mail server refused or put off too often: it waits for a person, who can send it anyway."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from followup.errors import FollowupError
from followup.model import State
from followup.workflow import composing, planning, sending
from tests import conftest, desks
from tests.conftest import Ran
from tests.mailserver import FaultServer
from tests.mailserver.faults import Fault
from tests.mailserver.fixtures import LiveHome

NOW = datetime.fromisoformat(conftest.NOW)
TOO_BIG = Fault("dot", "reply", line="552 5.3.4 message too big")
LATER = Fault("rcpt", "reply", line="451 4.7.1 greylisted")


def send(home: Path, *only: str, now: datetime = NOW) -> None:
    """Send what is ready, or what is named."""
    with desks.opened(home, now) as desk:
        sending.hand_over(desk, composing.prepare(desk, sending.ready(desk, only=only)))


def states(home: Path, now: datetime = NOW) -> list[State]:
    """Return the state of every thank-you that is not over."""
    with desks.opened(home, now) as desk:
        return [each.state for each in planning.due(desk) if each.step == "thank-you"]


def key_of(home: Path) -> str:
    """Return the key of the only thank-you."""
    with desks.opened(home, NOW) as desk:
        return next(each.key for each in planning.due(desk) if each.step == "thank-you")


def test_what_was_refused_goes_when_it_is_named(
    home: Path, mail_server: Callable[..., FaultServer], live_home: LiveHome
) -> None:
    """`send --only KEY` after the fault was mended; neither a plain `send` nor one of the whole step tries it again."""
    server = mail_server(faults=[TOO_BIG])
    live_home(server, clients=1)
    key = key_of(home)
    send(home)
    assert states(home) == [State.FAILED]
    server.faults.clear()
    send(home)
    send(home, "thank-you")
    assert (server.messages, server.sessions) == ([], 1)
    send(home, key)
    assert [each.touchpoint != "" for each in server.messages] == [True]
    assert State.FAILED not in states(home)
    with pytest.raises(FollowupError):
        send(home, key)
    assert len(server.messages) == 1


def test_what_was_put_off_is_tried_after_the_promised_times_and_then_no_more(
    home: Path, mail_server: Callable[..., FaultServer], live_home: LiveHome
) -> None:
    """15 minutes, 1, 4, 12 and 24 hours; never sooner; a person may try once more."""
    server = mail_server(faults=[LATER])
    live_home(server, clients=1, send_days="any")
    key, now = key_of(home), NOW
    send(home, now=now)
    for hours in (0.25, 1, 4, 12, 24):
        assert states(home, now) == [State.RETRY]
        tries = server.sessions
        send(home, now=now + timedelta(hours=hours) - timedelta(minutes=2))
        assert server.sessions == tries
        now += timedelta(hours=hours)
        send(home, now=now)
        assert server.sessions == tries + 1
    assert states(home, now) == [State.FAILED]
    tries = server.sessions
    send(home, now=now + timedelta(hours=24))
    assert server.sessions == tries
    server.faults.clear()
    send(home, key, now=now + timedelta(hours=24))
    assert len(server.messages) == 1


def test_a_message_that_makes_no_mail_keeps_nobody_else_back(
    run: Callable[..., Ran], mail_server: Callable[..., FaultServer], live_home: LiveHome
) -> None:
    """A name that mail programs would decode into something else: it is told; for it alone nobody is called."""
    server = mail_server()
    live_home(server, clients=2)
    run("client", "add", "--name", "=?utf-8?q?Jo?= Best", "--email", "jo@example.com")
    run("job", "add", "jo@example.com", "--service", "Boiler service", "--completed", "2026-02-27")
    for _ in range(2):
        assert "Not sent: " in run("send", "--yes", exit_code=3).stderr
        assert sorted(each.recipients[0] for each in server.messages) == ["a0@example.com", "a1@example.com"]
        assert server.sessions == 1


def test_a_broken_template_calls_no_server(
    run: Callable[..., Ran], home: Path, mail_server: Callable[..., FaultServer], live_home: LiveHome
) -> None:
    """The daily run says where it is; nothing was claimed, and nothing is lost."""
    server = mail_server()
    live_home(server, clients=2)
    (home / "templates").mkdir(exist_ok=True)
    broken = home / "templates" / "thank-you.en.txt"
    broken.write_text("subject: Hi\n---\n{{ nmae }}\n", encoding="utf-8")
    assert "thank-you.en.txt:3" in run("run", "--cron", exit_code=78).stdout
    assert server.sessions == 0
    broken.unlink()
    run("run", "--cron")
    assert len(server.messages) == 2


def test_a_test_message_hears_that_a_server_asks_to_wait(
    run: Callable[..., Ran], mail_server: Callable[..., FaultServer], live_home: LiveHome
) -> None:
    """Trying too often is what it complains of: the next run waits too."""
    server = mail_server(faults=[Fault("auth", "reply", line="454 4.7.0 Too many login attempts")])
    live_home(server, clients=1)
    run("mail", "test", exit_code=75)
    assert "asked to wait until Monday 2 March 2026, 10:15" in run("mail", "show").stdout
    sessions = server.sessions
    run("send", "--yes", exit_code=75)
    assert server.sessions == sessions
