"""The run that sends: through a real server, with its caps, pauses, stops and signals, and what it says of itself."""

from __future__ import annotations

import dataclasses
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from followup import deliver, files, store
from followup.errors import ConfigurationError, ExitCode, TryLater
from followup.home import Home
from followup.model import REFUSED, AttemptState
from followup.workflow import composing, mailnotes, sending, settling, signals, status
from followup.workflow.desk import Desk, open_desk
from tests.mailserver import Fault, FaultServer
from tests.mailserver.fixtures import LiveHome, set_mail

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)  # a Monday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Office:
    """A home that sends, its server, and a clock."""

    def __init__(self, home: Path, server: FaultServer) -> None:
        """Begin on the day of the example."""
        self.home, self.server, self.now = home, server, NOW
        self.lines: list[str] = []

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """Open the home for a moment."""
        desk = open_desk(Home(self.home), now=lambda: self.now)
        try:
            yield desk
        finally:
            desk.close()

    def send(self, **how: Any) -> sending.Sent:
        """Hand over what is ready now."""
        with self.desk() as desk:
            return sending.hand_over(desk, sending.messages(desk), report=self.lines.append, **how)

    def states(self) -> dict[str, int]:
        """Return how many attempts are in each state."""
        with self.desk() as desk:
            found: dict[str, int] = {}
            for (state,) in desk.store.database._connection.execute("SELECT state FROM attempt"):
                found[state] = found.get(state, 0) + 1
            return found

    def set(self, **mail: object) -> None:
        """Change settings of mail."""
        set_mail(self.home, **mail)


@pytest.fixture
def office(home: Path, mail_server: Callable[..., FaultServer], live_home: LiveHome) -> Callable[..., Office]:
    """Give a maker of an office with *clients* thank-yous due."""

    def make(*faults: Fault, clients: int = 3, **mail: object) -> Office:
        server = mail_server(faults=faults)
        live_home(server, clients=clients, **mail)
        return Office(home, server)

    return make


class Meanwhile(Fault):
    """Nothing goes wrong, and something else happens at that place, while the client waits for the answer."""

    def __init__(self, at: str, *, hit: int, do: Callable[[], object]) -> None:
        """Call *do* at the *hit*th time."""
        super().__init__(at, "drop", hits={hit})
        self.call = do
        self.raised: list[BaseException] = []

    def strikes(self, place: str, about: str) -> bool:
        """Let it happen, and go on."""
        if super().strikes(place, about):
            try:
                self.call()
            except BaseException as error:
                self.raised.append(error)
        return False


# ---------------------------------------------------------------- the ordinary way


def test_what_is_due_is_accepted_once(office: Callable[..., Office]) -> None:
    """One line, one recipient each, the bytes that were frozen; a second run has nothing to do."""
    made = office(clients=30)
    done = made.send()
    assert (len(done.accepted), done.code, done.server, done.left, done.next_at) == (30, 0, "localhost", 0, None)
    assert made.server.sessions == 1
    assert {len(each.recipients) for each in made.server.messages} == {1}
    with made.desk() as desk:
        for attempt in done.accepted:
            stored = desk.store.attempt(attempt.id)
            assert stored is not None
            assert stored == dataclasses.replace(attempt, text=stored.text, message=stored.message)
            assert stored.message.encode() in [each.raw for each in made.server.messages]
            assert "Auto-Submitted" not in stored.message
        assert len(list(desk.store.contacts(None, None))) == 30
        assert mailnotes.last_good_run(desk) == NOW
    again = made.send()
    assert (again.accepted, again.code, again.server) == ([], 0, "")
    assert (len(made.server.messages), made.server.sessions) == (30, 1)


def test_mail_that_nobody_looked_at_says_so(office: Callable[..., Office]) -> None:
    """Holiday notices do not answer it (RFC 3834)."""
    made = office()
    made.send(automatic=True)
    assert all(b"\r\nAuto-Submitted: auto-generated\r\n" in each.raw for each in made.server.messages)
    with made.desk() as desk:
        assert mailnotes.last_unattended_run(desk) == NOW


def test_a_line_for_each_event_holds_identifiers_and_the_servers_words(office: Callable[..., Office]) -> None:
    """What stands in the log."""
    made = office(clients=2)
    done = made.send()
    assert made.lines[0] == "claimed 2"
    assert made.lines[1:] == [f"accepted {each.key} 250 2.0.0 OK" for each in done.accepted]
    assert "example.com" not in "".join(made.lines)


def test_the_journal_tells_the_whole_story(office: Callable[..., Office]) -> None:
    """Claimed, fenced, answered, in this order, for each message."""
    made = office(clients=1)
    made.send()
    events = [entry.event for entry in files.Journal(made.home / "journal").entries()]
    assert events == ["claimed", "handing_over", "sent"]


def test_with_drafts_no_server_is_asked(office: Callable[..., Office]) -> None:
    """The same entry, the other way."""
    made = office(clients=2)
    made.set(transport="drafts")
    done = made.send()
    assert (len(done.drafted), done.server, made.server.sessions) == (2, "", 0)
    with made.desk() as desk:
        assert mailnotes.last_good_run(desk) == NOW
    made.set(transport="smtp")
    assert made.send().accepted == []


def test_messages_are_made_as_they_go(office: Callable[..., Office]) -> None:
    """Thousands may be due: what the run does not get to does not fill the memory."""
    made = office(clients=3, per_run=1)
    with made.desk() as desk:
        done = sending.hand_over(desk, sending.messages(desk))
    assert (len(done.accepted), done.left) == (1, 2)


# ---------------------------------------------------------------- caps and pauses


def test_a_limit_leaves_the_rest_for_the_next_run(office: Callable[..., Office]) -> None:
    """--limit and mail.per_run: whichever is less."""
    made = office(clients=5, per_run=2)
    first = made.send()
    assert (len(first.accepted), first.left, first.cap, first.next_at) == (2, 3, "mail.per_run", None)
    second = made.send(limit=1)
    assert (len(second.accepted), second.left, second.cap) == (1, 2, "--limit")
    assert len(made.send(limit=9).accepted) == 2


def test_an_hour_that_is_full_says_when_the_next_one_may_go(office: Callable[..., Office]) -> None:
    """Counted over all runs, from the fences."""
    made = office(clients=5, per_hour=2)
    first = made.send()
    assert (len(first.accepted), first.left, first.cap, first.next_at) == (2, 3, "mail.per_hour", NOW + HOUR)
    made.now += 30 * MINUTE
    second = made.send()
    assert (second.accepted, second.left, second.next_at, second.code) == ([], 3, NOW + HOUR, 0)
    assert made.server.sessions == 1
    made.now = NOW + HOUR + MINUTE
    assert len(made.send().accepted) == 2


def test_a_day_that_is_full_is_full(office: Callable[..., Office]) -> None:
    """Rolling, as providers count."""
    made = office(clients=3, per_day=1)
    assert made.send().next_at == NOW + DAY
    made.now = NOW + 23 * HOUR
    assert made.send().accepted == []


def test_pauses_lie_between_messages_only(office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither before the first nor after the last."""
    waited: list[float] = []
    monkeypatch.setattr(signals.Stopping, "pause", lambda self, seconds: waited.append(seconds))
    made = office(clients=3, pause=4)
    made.send()
    assert len(waited) == 2
    assert all(2 <= seconds < 6 for seconds in waited)


def test_outside_the_hours_nothing_is_asked_of_the_server(office: Callable[..., Office]) -> None:
    """mail.send_between holds for servers too."""
    made = office(send_between="10:00-18:00")
    made.now = NOW - timedelta(hours=8)
    done = made.send()
    assert (done.opens_at, done.accepted, made.server.sessions) == ("10:00", [], 0)


def test_an_hour_that_ends_while_it_runs_ends_the_run(office: Callable[..., Office]) -> None:
    """What was claimed is let go of at once, and the rest is not even claimed."""
    made = office(clients=30, send_between="08:00-18:00")

    def evening() -> None:
        made.now = NOW + 12 * HOUR

    made.server.faults.append(Meanwhile("dot", hit=2, do=evening))
    done = made.send()
    assert (len(done.accepted), done.opens_at, done.stopped, done.withheld) == (2, "08:00", None, [])
    assert made.states() == {"sent": 2, "cancelled": 23}


def test_a_message_costs_one_commit_and_one_line_on_disk(
    office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's rollback journal waits four times for the disk per commit, and ours once: five per message, and what a
    chunk's claim and the run's own notes cost.
    """
    made = office(clients=25)
    synced: list[int] = []
    fsync = os.fsync

    def counted(handle: int) -> None:
        synced.append(handle)
        fsync(handle)

    with made.desk() as desk:
        before = len(desk.store.batches())
    monkeypatch.setattr(os, "fsync", counted)
    made.send()
    fences = len(synced)
    with made.desk() as desk:
        notes = {"mail", "people of followup.toml"}
        written = [each for each in desk.store.batches()[:-before] if each.command not in notes]
    assert len(written) == 25 + 2  # the claim, and the last answer
    assert fences <= 25 + 4  # the lock's note and the drafts folder


# ---------------------------------------------------------------- answers


def test_what_was_put_off_rests_and_goes_later(office: Callable[..., Office]) -> None:
    """15 minutes after the first answer, with the same bytes."""
    made = office(Fault("rcpt", "reply", "451 4.7.1 greylisted", hits={1}), clients=1)
    first = made.send()
    assert ([each.state for each in first.later], first.code) == ([AttemptState.TEMPORARY], ExitCode.TRY_LATER)
    made.now += 14 * MINUTE
    early = made.send()
    assert (early.accepted, early.resting, early.code) == ([], 1, 0)
    made.now += MINUTE
    (accepted,) = made.send().accepted
    (message,) = made.server.messages
    assert b"Date: Mon, 02 Mar 2026" in message.raw
    with made.desk() as desk:
        tries = desk.store.attempts_of_key(accepted.key)
    assert len({each.message for each in tries}) == len({each.message_id for each in tries}) == 1


def test_an_address_that_nobody_has_stops_nobody_else(office: Callable[..., Office]) -> None:
    """It is marked, and never tried again unasked."""
    made = office(Fault("rcpt", "reply", "550 5.1.1 no such user", address="a1@"), clients=3)
    done = made.send()
    assert (len(done.accepted), [each.address for each in done.failed]) == (2, ["a1@example.com"])
    assert done.code == ExitCode.NEEDS_A_PERSON
    with made.desk() as desk:
        found = desk.store.suppression("a1@example.com")
        assert found is not None
        assert (found.reason, found.evidence) == (REFUSED, "550 5.1.1")


def test_a_line_lost_behind_the_dot_is_unknown_and_the_run_goes_on(office: Callable[..., Office]) -> None:
    """Nobody knows; never again by itself."""
    made = office(Fault("dot", "accept+drop", hits={1}))
    done = made.send()
    assert (len(done.unknown), len(done.accepted), done.stopped) == (1, 2, None)
    assert done.code == ExitCode.NEEDS_A_PERSON
    assert made.send().accepted == []
    assert len(made.server.messages) == 3


def test_a_line_lost_before_the_dot_is_tried_once_more(office: Callable[..., Office]) -> None:
    """The server cannot have taken it."""
    made = office(Fault("data", "drop", hits={1}))
    done = made.send()
    assert (len(done.accepted), done.unknown, done.later, made.server.sessions) == (3, [], [], 2)
    assert any(line.startswith("reconnecting") for line in made.lines)


def test_a_message_that_breaks_every_line_does_not_hold_the_others(office: Callable[..., Office]) -> None:
    """It goes to the end of the queue, as one that was put off."""
    made = office(Fault("rcpt", "drop", address="a1@"), clients=3)
    done = made.send()
    assert ([each.address for each in done.later], len(done.accepted)) == (["a1@example.com"], 2)
    assert done.stopped is None


def test_lines_that_break_for_two_messages_in_a_row_stop_the_run(office: Callable[..., Office]) -> None:
    """Then it is the server or the network."""
    made = office(Fault("dot", "accept+drop"), clients=4)
    done = made.send()
    assert (len(done.unknown), done.accepted) == (2, [])
    assert done.stopped is not None
    assert (done.stopped.code, done.code) == (ExitCode.MAIL_SERVER, ExitCode.MAIL_SERVER)
    assert made.states() == {"unknown": 2, "cancelled": 2}


@pytest.mark.parametrize(
    ("fault", "state", "count", "code"),
    [
        (Fault("mail", "reply", "450 4.3.2 later"), "temporary", 3, ExitCode.TRY_LATER),
        (Fault("rcpt", "reply", "550 5.1.1 no such user"), "permanent", 5, ExitCode.NEEDS_A_PERSON),
        (Fault("dot", "reply", "554 5.7.1 looks like spam"), "permanent", 2, ExitCode.NEEDS_A_PERSON),
    ],
)
def test_the_same_answer_in_a_row_stops_the_run(
    office: Callable[..., Office], fault: Fault, state: str, count: int, code: ExitCode
) -> None:
    """It is us and not them."""
    fault = dataclasses.replace(fault, seen=0)
    done = (made := office(fault, clients=7)).send()
    assert done.stopped is not None
    assert "in a row" in done.stopped.text
    assert done.stopped.text.endswith("What was not tried goes with a later run.")
    assert (done.stopped.code, made.states()) == (code, {state: count, "cancelled": 7 - count})


def test_greylisting_of_every_address_stops_nobody(office: Callable[..., Office]) -> None:
    """Each recipient's server has its own mind; only what is said at MAIL is about us."""
    made = office(Fault("rcpt", "reply", "451 4.7.1 greylisted"), clients=6)
    done = made.send()
    assert (len(done.later), done.stopped) == (6, None)


# ---------------------------------------------------------------- what stops sending


def test_a_refused_login_blocks_later_runs_until_the_owner_acts(office: Callable[..., Office]) -> None:
    """A cron that keeps trying gets the account locked."""
    made = office(Fault("auth", "reply", "535 5.7.8 wrong", hits={1}))
    done = made.send()
    assert done.stopped is not None
    assert done.stopped.code == done.code == ExitCode.NO_PERMISSION
    assert made.states() == {}
    tries = len(made.server.logins)
    made.now += DAY
    blocked = made.send()
    assert blocked.stopped is not None
    assert (blocked.code, len(made.server.logins)) == (ExitCode.NO_PERMISSION, tries)
    assert "2 March 2026" in blocked.stopped.text
    assert "535 5.7.8" in blocked.stopped.text
    with made.desk() as desk:
        assert mailnotes.last_good_run(desk) is None
        mailnotes.lift(desk)
    assert len(made.send().accepted) == 3


def test_other_settings_lift_the_block(office: Callable[..., Office]) -> None:
    """Host and user are what was refused."""
    made = office(Fault("auth", "reply", "535 5.7.8 wrong", hits={1}))
    made.send()
    made.set(host="127.0.0.1", security="none")
    assert len(made.send().accepted) == 3


def test_an_exhausted_quota_pauses_for_a_day(office: Callable[..., Office]) -> None:
    """Also where it comes as a 5xx, as Gmail's does."""
    made = office(Fault("rcpt", "reply", "550 5.4.5 <ann@example.com> Daily user sending limit exceeded", hits={2}))
    done = made.send()
    with made.desk() as desk:
        pause = mailnotes.pause(desk)
        assert pause is not None
        assert pause.why == "550 5.4.5 <(an address)> Daily user sending limit exceeded"  # it outlives an erasure
        held = list(desk.store.database._connection.execute("SELECT server_said FROM attempt"))
        assert sum("@" in said for (said,) in held) <= 1  # in the message's own row, which is erased with it
    assert (len(done.accepted), done.code, done.next_at) == (1, ExitCode.TRY_LATER, NOW + DAY)
    made.now += 23 * HOUR
    sessions = made.server.sessions
    assert made.send().code == ExitCode.TRY_LATER
    assert made.server.sessions == sessions
    made.now = NOW + DAY + HOUR
    assert len(made.send().accepted) == 2


def test_notes_of_a_clock_that_was_years_ahead_hold_nothing_up_and_hide_nothing(office: Callable[..., Office]) -> None:
    """A pause lasts no longer than servers ask for, and a run of the future is none that went well."""
    made = office()
    made.now = NOW + 1000 * DAY
    with made.desk() as desk:
        mailnotes.set_pause(desk, made.now + DAY, "421 later")
        mailnotes.note_run(desk, good=True, automatic=True)
        assert mailnotes.pause(desk) is not None
        assert mailnotes.last_good_run(desk) == made.now
    made.now = NOW
    with made.desk() as desk:
        assert (mailnotes.pause(desk), mailnotes.last_good_run(desk)) == (None, None)


def test_an_unreachable_server_leaves_everything_due(office: Callable[..., Office]) -> None:
    """Nothing is claimed before there is a line."""
    made = office()
    made.set(port=1)
    done = made.send()
    assert (done.code, made.states()) == (ExitCode.MAIL_SERVER, {})
    assert done.stopped is not None


def test_a_missing_password_stops_before_the_server_is_asked(
    office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says what to do."""
    made = office()
    monkeypatch.delenv("FOLLOWUP_MAIL_PASSWORD")
    done = made.send()
    assert done.stopped is not None
    assert (made.server.sessions, made.states()) == (0, {})


def elsewhere(made: Office) -> None:
    """Make the home one that sent from another machine last."""
    with made.desk() as desk:
        mailnotes.set_machine(desk, mailnotes.Machine("jxxxxxxxxx", "old-laptop", "/home/sam/followup"))


def test_on_another_machine_nothing_goes_unasked(office: Callable[..., Office]) -> None:
    """The original may still be sending."""
    made = office()
    elsewhere(made)
    done = made.send(automatic=True)
    assert done.stopped is not None
    assert done.code == ExitCode.CONFIGURATION
    assert "/home/sam/followup on old-laptop" in done.stopped.text
    assert (made.server.sessions, made.states()) == (0, {})


def test_on_another_machine_the_owner_is_asked_once(office: Callable[..., Office]) -> None:
    """No, then yes; the answer is kept."""
    made = office()
    elsewhere(made)
    asked: list[str] = []

    def no(last: mailnotes.Machine, here: mailnotes.Machine) -> bool:
        asked.append(last.host)
        return False

    assert made.send(same_machine=no).code == ExitCode.CONFIGURATION
    assert len(made.send(same_machine=lambda last, here: True).accepted) == 3
    assert asked == ["old-laptop"]
    with made.desk() as desk:
        assert mailnotes.machine(desk) == mailnotes.here(desk)
    assert made.send(same_machine=no).code == 0


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_link_to_the_home_is_no_other_machine(office: Callable[..., Office], tmp_path: Path) -> None:
    """Cron may name the folder, and the owner a link to it."""
    made = office()
    (tmp_path / "link").symlink_to(made.home)
    with made.desk() as desk:
        mark = mailnotes.here(desk).mark
        desk.home = Home(tmp_path / "link")
        assert mailnotes.here(desk).mark == mark


def test_the_first_machine_is_noted_without_asking(office: Callable[..., Office]) -> None:
    """Somebody has to be first."""
    made = office()
    made.send(automatic=True)
    with made.desk() as desk:
        assert mailnotes.machine(desk) == mailnotes.here(desk)


def test_a_journal_that_knows_more_stops_everything(office: Callable[..., Office]) -> None:
    """The database is older than what happened."""
    made = office()
    files.Journal(made.home / "journal").append(
        at=NOW, event="handing_over", key="jabcdefghk.thank-you.1", attempt_id="aabcdefghk"
    )
    with pytest.raises(ConfigurationError):
        made.send()
    assert made.server.sessions == 0


def test_a_second_run_waits_and_then_says_later(office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs never send side by side."""
    monkeypatch.setattr(Desk, "lock", lambda self, **_: files.Lock(self.home.lock_path, wait_seconds=0.2))
    made = office()
    with files.Lock(Home(made.home).lock_path), pytest.raises(TryLater):
        made.send()
    assert (made.server.sessions, made.states()) == (0, {})


# ---------------------------------------------------------------- stop rules while it runs


def test_an_opt_out_behind_the_text_stops_the_dot(office: Callable[..., Office]) -> None:
    """Committed by another process after the claim: the line is cut, and the others go on a new one."""
    made = office(clients=3)

    def opt_out() -> None:
        key = bytes.fromhex((made.home / "key").read_text().strip())
        with (
            store.open(made.home / "followup.db", home_key=key, backups=made.home) as other,
            other.write(kind="wish", command="optout", now=NOW) as writing,
        ):
            for number in range(3):
                if not any(f"a{number}@" in each.recipients[0] for each in made.server.messages):
                    writing.suppress(f"a{number}@example.com", "opted out")

    meanwhile = Meanwhile("data", hit=2, do=opt_out)
    made.server.faults.append(meanwhile)
    done = made.send()
    assert not meanwhile.raised
    assert (len(done.accepted), len(done.withheld), done.stopped) == (1, 2, None)
    assert len(made.server.messages) == 1
    assert {reason for _, reason in done.withheld} == {
        "an address of the client is on the list of those who asked us to stop"
    }
    assert made.server.sessions <= 2
    assert made.states() == {"sent": 1, "cancelled": 2}


# ---------------------------------------------------------------- signals


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.TERMINATED)]
)
@pytest.mark.skipif(os.name != "posix", reason="signals between processes")
def test_a_signal_lets_the_message_in_flight_finish(
    office: Callable[..., Office], number: signal.Signals, code: ExitCode
) -> None:
    """Its answer is recorded; what was claimed behind it is due again."""
    made = office(clients=4)
    made.server.faults.append(Meanwhile("dot", hit=2, do=lambda: os.kill(os.getpid(), number)))
    before = signal.getsignal(number)
    done = made.send()
    assert (len(done.accepted), done.code) == (2, code)
    assert made.states() == {"sent": 2, "cancelled": 2}
    assert signal.getsignal(number) is before
    assert len(made.send().accepted) == 2


@pytest.mark.skipif(os.name != "posix", reason="signals between processes")
def test_a_second_signal_does_not_wait_for_the_answer(office: Callable[..., Office]) -> None:
    """What is behind its dot is unknown then."""
    made = office(clients=2)

    def twice() -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)

    made.server.faults.append(Meanwhile("dot", hit=1, do=twice))
    with pytest.raises(KeyboardInterrupt):
        made.send()
    assert made.states() == {"unknown": 1, "cancelled": 1}


@pytest.mark.skipif(os.name != "posix", reason="signals between processes")
def test_a_signal_ends_a_pause_at_once(office: Callable[..., Office]) -> None:
    """An hour between two messages is not waited for."""
    made = office(clients=2, pause=600)
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGTERM))
    began = time.monotonic()
    timer.start()
    done = made.send()
    timer.join()
    assert time.monotonic() - began < 30
    assert (len(done.accepted), done.code) == (1, ExitCode.TERMINATED)


def test_outside_the_main_thread_no_signal_is_watched() -> None:
    """A thread cannot take them, and must not try."""
    seen: list[bool] = []

    def work() -> None:
        with signals.watch() as asked:
            seen.append(asked.asked)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]


# ---------------------------------------------------------------- disks


def test_a_journal_that_cannot_be_written_sends_nothing(office: Callable[..., Office]) -> None:
    """Claims without lines are let go of by this run or the next."""
    made = office()

    def spoil() -> None:
        (made.home / "journal").rename(made.home / "journal.old")
        (made.home / "journal").mkdir()

    made.server.faults.append(Meanwhile("mail", hit=2, do=spoil))
    done = made.send()
    assert done.stopped is not None
    assert len(done.accepted) == len(made.server.messages) == 1
    (made.home / "journal").rmdir()
    (made.home / "journal.old").rename(made.home / "journal")
    again = made.send()
    assert (len(again.accepted), again.unknown) == (2, [])
    assert len(made.server.messages) == 3


def frozen(desk: Desk, item: composing.Prepared) -> deliver.Frozen:
    """Return a message with its bytes."""
    assert item.message is not None
    return deliver.freeze(
        desk.store,
        desk.key,
        item.message,
        item.decision,
        item.dossier,
        now=desk.now(),
        today=desk.today,
        timezone=desk.zone,
        automatic=False,
    )


def test_what_a_killed_run_left_is_settled_before_planning(office: Callable[..., Office]) -> None:
    """Otherwise what it had claimed would look handed over, for ever if nothing else is due."""
    made = office(clients=1)
    with made.desk() as desk:
        begun = deliver.Handing(
            desk.store, desk.journal, clock=desk.now, today=desk.today, timezone=desk.zone, person="sam"
        )
        begun.claim([frozen(desk, each) for each in sending.messages(desk)])
    with made.desk() as desk:
        assert sending.ready(desk) == []
        assert status.count(desk).count("in-hand") == 1, "nobody is told that nothing waits"
        with desk.lock():
            assert not settling.recover(desk).attempts  # it may be at work
        assert [each.state for each in settling.recover(desk).attempts] == [AttemptState.CANCELLED]
        assert len(sending.ready(desk)) == 1
        assert status.count(desk).count("in-hand") == 0
        assert not settling.recover(desk).attempts


def test_a_killed_run_is_recovered_by_the_next(office: Callable[..., Office]) -> None:
    """The real thing is in the storms; here what the next run says and does: it plans behind what it recovered."""
    made = office(clients=3)

    with made.desk() as desk:
        begun = deliver.Handing(
            desk.store, desk.journal, clock=desk.now, today=desk.today, timezone=desk.zone, person="sam"
        )
        items = [frozen(desk, each) for each in sending.messages(desk)]
        claimed, _ = begun.claim(items)
        begun.fence(claimed[0])
    done = made.send()
    assert ([each.key for each in done.unknown], len(done.accepted)) == ([claimed[0].attempt.key], 2)
    assert done.code == ExitCode.NEEDS_A_PERSON
    with made.desk() as desk:
        assert [each.key for each in settling.waiting(desk, [AttemptState.UNKNOWN])] == [claimed[0].attempt.key]
