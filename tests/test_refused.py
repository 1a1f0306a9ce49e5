"""What a mail server refused or put off too often: it waits for a person, who can send it anyway."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from followup import home as homes
from followup.errors import FollowupError
from followup.model import State
from followup.workflow import composing, planning, sending
from followup.workflow import desk as desks
from tests import conftest
from tests.mailserver import FaultServer
from tests.mailserver.faults import Fault
from tests.mailserver.fixtures import LiveHome

NOW = datetime.fromisoformat(conftest.NOW)
TOO_BIG = Fault("dot", "reply", line="552 5.3.4 message too big")
LATER = Fault("rcpt", "reply", line="451 4.7.1 greylisted")


def send(home: Path, *only: str, now: datetime = NOW) -> None:
    """Send what is ready, or what is named."""
    desk = desks.open_desk(homes.Home(home), now=lambda: now)
    try:
        sending.hand_over(desk, composing.prepare(desk, sending.ready(desk, only=only)))
    finally:
        desk.close()


def states(home: Path, now: datetime = NOW) -> list[State]:
    """Return the state of every thank-you that is not over."""
    desk = desks.open_desk(homes.Home(home), now=lambda: now)
    try:
        return [each.state for each in planning.due(desk) if each.step == "thank-you"]
    finally:
        desk.close()


def key_of(home: Path) -> str:
    """Return the key of the only thank-you."""
    desk = desks.open_desk(homes.Home(home), now=lambda: NOW)
    try:
        return next(each.key for each in planning.due(desk) if each.step == "thank-you")
    finally:
        desk.close()


def test_what_was_refused_goes_when_it_is_named(
    home: Path, mail_server: Callable[..., FaultServer], live_home: LiveHome
) -> None:
    """`send --only KEY` after the fault was mended; neither a plain `send` nor one of the whole step asks the server again."""
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
