"""Clocks that jump, homes that sleep, and a day that is only pretended: what may go out by itself then."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from followup.errors import UsageError
from followup.workflow import composing, mailbox, sending
from tests import conftest, desks
from tests.mailserver import FaultServer
from tests.mailserver.fixtures import LiveHome, set_mail

Run = Callable[..., conftest.Ran]

MADE = datetime.fromisoformat(conftest.NOW)  # when the test's home was made, in its own zone
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REMOTE = {"transport": "smtp", "host": "mail.example.com", "keyring": True}


def checked(home: Path, now: datetime, *, last_run: datetime | None = None) -> str:
    """Return what the check of the clock noted at *now*."""
    with desks.opened(home, now) as desk:
        return desk.check_clock(last_run=last_run.replace(tzinfo=desk.zone) if last_run else None)


def due(made: Run, now: str) -> list[tuple[str, str]]:
    """Return step and state of what needs somebody on that day, with the last reason."""
    return [(each["step"], each["state"]) for each in json.loads(made("due", "--format", "json", now=now).stdout)]


# ---------------------------------------------------------------- the clock and the sleep


def test_a_clock_that_goes_on_is_trusted(made: Run, home: Path) -> None:
    """Seconds of correction, a month of quiet: nothing is noted, and nothing is written."""
    assert checked(home, MADE) == ""
    assert checked(home, MADE - HOUR / 2) == ""
    assert checked(home, MADE + 400 * DAY) == ""  # no run has ever been
    assert checked(home, MADE + 30 * DAY, last_run=MADE) == ""
    assert due(made, "2026-03-02") == [("thank-you", "due")]


def test_a_home_that_slept_for_a_month_waits_for_review(made: Run, home: Path) -> None:
    """Cron comes back after six weeks: what came due meanwhile is the owner's, once, until the owner has looked."""
    made("job", "add", "hall", "--service", "Tap", "--completed", "2026-04-09", now="2026-04-10T08:00")
    wake = datetime.fromisoformat("2026-04-13T09:15")
    assert ("thank-you", "due") in due(made, "2026-04-13")
    noted = checked(home, wake, last_run=MADE)
    assert noted == "the home slept from 2 March 2026, 09:15 to 13 April 2026, 09:15"
    assert checked(home, wake + HOUR, last_run=MADE) == "", "noted once, also when that run was cut off"
    assert ("thank-you", "due") not in due(made, "2026-04-13")
    assert f"{noted}: look whether it is still right" in made("why", "hall", now="2026-04-13").stdout
    made("restore", "--looked", now="2026-04-13")
    assert ("thank-you", "due") in due(made, "2026-04-13")


def test_what_comes_due_after_the_sleep_goes_by_itself(made: Run, home: Path) -> None:
    """Only what was due by then has to be looked at."""
    assert checked(home, MADE + 40 * DAY, last_run=MADE)
    made("job", "add", "hall", "--service", "Tap", "--completed", "2026-04-13", now="2026-04-13T09:15")
    fresh = [state for step, state in due(made, "2026-04-14") if step == "thank-you"]
    assert "due" in fresh


def test_a_clock_that_was_set_back_is_noted_once(made: Run, home: Path) -> None:
    """What is recorded lies in the future of this clock: one of the two is wrong, and a person has to say which."""
    back = MADE - 2 * HOUR
    assert checked(home, back) == "the clock was set back from 2 March 2026, 09:15 to 2 March 2026, 07:15"
    assert checked(home, back + HOUR / 2) == ""
    assert due(made, "2026-03-02") == [("thank-you", "review")]
    made("restore", "--looked")
    assert due(made, "2026-03-02") == [("thank-you", "due")]
    made("restore", "--looked", exit_code=65)


def test_a_clock_that_ran_ahead_and_was_put_right_is_noted_both_times(made: Run, home: Path) -> None:
    """2036 looks like a long sleep, and the way back like a clock that was set back: neither sends anything."""
    ahead = MADE + 3650 * DAY
    assert checked(home, ahead, last_run=MADE).startswith("the home slept from 2 March 2026")
    noted = checked(home, MADE + DAY, last_run=ahead)
    assert noted.startswith("the clock was set back from 28 February 2036")
    assert checked(home, MADE + 2 * DAY, last_run=MADE + DAY) == ""


def test_a_pretended_day_tells_nothing_of_the_clock(made: Run, home: Path) -> None:
    """--now is the user's, not the computer's."""
    with desks.opened(home, MADE - 400 * DAY, pretended=True) as desk:
        assert desk.check_clock(last_run=None) == ""


def unattended(home: Path, now: datetime) -> sending.Sent:
    """Run as cron does, when the clock of the computer shows *now*."""
    with desks.opened(home, now) as desk:
        prepared = composing.prepare(desk, sending.ready(desk))
        return sending.hand_over(desk, prepared, automatic=True)


def test_incident_a_server_that_was_off_for_a_month_sends_nothing_by_itself(
    run: Run, home: Path, mail_server: Callable[..., FaultServer], live_home: LiveHome
) -> None:
    """Cloned, forgotten, switched on again: what is due then reaches nobody before a person has looked."""
    server = mail_server()
    live_home(server, clients=1)
    unattended(home, MADE)
    assert len(server.messages) == 1
    run("client", "add", "--name", "Bo Lind", "--email", "bo@example.com", now="2026-04-10T08:00")
    run("job", "add", "lind", "--service", "Tap", "--completed", "2026-04-09", now="2026-04-10T08:00")
    wake = datetime.fromisoformat("2026-04-13T09:15")
    for later in (wake, wake + HOUR, wake + DAY):
        unattended(home, later)
    assert len(server.messages) == 1
    run("restore", "--looked", now="2026-04-14T09:00")
    unattended(home, wake + DAY + HOUR)
    assert ("bo@example.com",) in [each.recipients for each in server.messages[1:]]


# ---------------------------------------------------------------- --now


def test_a_home_that_sends_real_mail_is_only_looked_at_with_now(made: Run, home: Path) -> None:
    """What is sent and recorded has to carry the real day; looking ahead is what --now is for."""
    set_mail(home, **REMOTE)
    for command in (
        ["client", "add", "--name", "Bo"],
        ["job", "add", "hall", "--service", "Tap"],
        ["optout", "hall"],
        ["skip", "hall"],
        ["undo", "--yes"],
    ):
        assert "--now" in made(*command, exit_code=2).stderr, command
    for command in (["due"], ["plan"], ["why", "hall"], ["status"], ["client", "list"], ["preview", "hall"]):
        made(*command, now="2026-03-03")


def test_a_home_that_sends_real_mail_is_not_brought_back_with_now(made: Run, home: Path, tmp_path: Path) -> None:
    """What was due by the day of the restore waits for review: a wrong day would let it go out a second time."""
    set_mail(home, **REMOTE)
    made("backup", tmp_path / "saved.tar.gz")
    elsewhere = tmp_path / "elsewhere"
    assert "--now" in made("restore", tmp_path / "saved.tar.gz", elsewhere, exit_code=2).stderr
    assert not elsewhere.exists()
    made("restore", tmp_path / "saved.tar.gz", elsewhere, now=None)


def test_what_is_only_derived_is_kept_all_the_same(made: Run, home: Path) -> None:
    """Public holidays of a year that is looked at for the first time are looked up, and looking does not fail."""
    set_mail(home, **REMOTE)
    made("plan", now="2029-03-02")
    with desks.opened(home, MADE + 1096 * DAY) as desk:
        assert desk.store.holidays("GB", "", [2029]) is not None


@pytest.mark.parametrize("settings", [{"transport": "drafts"}, {"transport": "smtp", "host": "127.0.0.1"}])
def test_drafts_and_a_server_of_this_machine_take_any_day(made: Run, home: Path, settings: dict[str, object]) -> None:
    """Demonstrations and tests reach nobody."""
    set_mail(home, **settings)
    made("client", "add", "--name", "Bo", now="2026-03-20")


def test_the_refusal_is_one_of_usage(made: Run, home: Path) -> None:
    """2, before anything was begun."""
    set_mail(home, **REMOTE)
    with desks.opened(home, MADE, pretended=True) as desk, pytest.raises(UsageError, match="without --now"):
        sending.hand_over(desk, [])
    with desks.opened(home, MADE, pretended=True) as desk, pytest.raises(UsageError, match="without --now"):
        mailbox.account(desk)
    with (
        desks.opened(home, MADE, pretended=True) as desk,
        pytest.raises(UsageError, match="without --now"),
        desk.store.write(kind="system", command="test", now=desk.now()),
    ):
        raise AssertionError("the transaction was begun")
