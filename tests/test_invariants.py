"""The checker of invariants can fail: each one is broken here, and seen."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from followup import identity
from tests import invariants
from tests.conftest import Ran
from tests.invariants import Broken
from tests.mailserver import PASSWORD, USER, Truth
from tests.mailserver.truth import message_fields

KEY = "jabcdefghk.thank-you.1"
ADDRESS = "ada@example.com"
FENCE = "2026-03-02T09:15:00+00:00"


class World:
    """A home and a mail server's log, made to agree or not."""

    def __init__(self, home: Path) -> None:
        """Begin with a home in which nothing has happened."""
        self.home = home
        self.truth = Truth()
        self.home_key = bytes.fromhex((home / "key").read_text(encoding="ascii"))

    def sql(self, statement: str, **values: object) -> None:
        """Change the belief behind the program's back."""
        connection = sqlite3.connect(self.home / "followup.db")
        with connection:
            connection.execute(statement, values)
        connection.close()

    def attempt(self, state: str, *, key: str = KEY, fence: str | None = FENCE, number: str = "a") -> None:
        """Believe in an attempt; with its contact if it is sent, and its line in the journal if it has a fence."""
        self.sql(
            "INSERT INTO attempt (id, key, client_id, step, channel, state, purpose, address, made_at, made_on,"
            " handed_over_at) VALUES (:id, :key, 'c', 'thank-you', 'email', :state, 'service', :address, :at,"
            " '2026-03-02', :fence)",
            id=number,
            key=key,
            state=state,
            address=ADDRESS,
            at=FENCE,
            fence=fence,
        )
        if state == "sent":
            self.contact(key=key, number=number)
        if fence:
            with (self.home / "journal").open("a", encoding="ascii") as journal:
                journal.write(f"{FENCE} handing_over {key} {number}\n")

    def contact(self, *, key: str = KEY, number: str = "a") -> None:
        """Believe in a contact that came of an attempt."""
        self.sql(
            "INSERT INTO contact (id, client_id, channel, direction, at, on_day, key, attempt_id)"
            " VALUES (:id, 'c', 'email', 'out', :at, '2026-03-02', :key, :attempt)",
            id=f"c{number}",
            at=FENCE,
            key=key,
            attempt=number,
        )

    def accept(self, *, key: str = KEY, kept: bool = True, promised: bool = True, answered: bool = True) -> None:
        """Let the server accept the message of a touchpoint."""
        touchpoint = identity.message_identifier(self.home_key, key)
        raw = f"X-Touchpoint: {touchpoint}\r\nMessage-ID: <{touchpoint}@x.example>\r\n\r\nHi\r\n".encode()
        fields = message_fields(sender="s@x.example", recipients=[ADDRESS], raw=raw, kept=kept, promised=promised)
        self.truth.add(session=1, event="body")
        self.truth.add(session=1, event="message", message=fields)
        if answered:
            self.truth.add(session=1, event="replied")

    def check(self, **how: Any) -> invariants.Belief:
        """Check."""
        return invariants.check(self.home, self.truth, **how)

    def broken(self, invariant: str, about: str = "", **how: Any) -> None:
        """See that this invariant is said to be broken, and about what."""
        with pytest.raises(Broken) as caught:
            self.check(**how)
        assert caught.value.invariant == invariant, caught.value
        assert about in str(caught.value)


@pytest.fixture
def world(run: Callable[..., Ran], home: Path) -> World:
    """Give a home in which nothing has happened."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")
    return World(home)


def test_where_truth_and_belief_agree_everything_holds(world: World) -> None:
    """Sent and accepted; unknown and not answered; refused; still due."""
    world.attempt("sent")
    world.accept()
    other, third, fourth = (f"{name}bcdefghkm.thank-you.1" for name in "bcd")
    world.attempt("unknown", key=other, number="b")
    world.accept(key=other, answered=False)
    world.attempt("temporary", key=third, fence=None, number="c")
    belief = world.check(touchpoints=[KEY, other, third, fourth], due=[third, fourth], output=["Accepted."])
    assert belief.states() == {"sent": 1, "unknown": 1, "temporary": 1}


def test_two_accepted_messages_break_i1(world: World) -> None:
    """Whatever the home believes."""
    world.attempt("sent")
    world.accept()
    world.accept()
    world.broken("I1", KEY)


def test_what_a_server_keeps_of_a_cut_line_is_not_held_against_us(world: World) -> None:
    """Nobody can defend against a server that delivers what had no end (RFC 5321, 4.1.1.4)."""
    world.attempt("sent")
    world.accept(promised=False)
    world.accept()
    world.check()


def test_sent_without_an_accepted_message_breaks_i2(world: World) -> None:
    """It would be silently forgotten."""
    world.attempt("sent")
    world.broken("I2", KEY)


def test_a_dishonest_yes_is_a_yes(world: World) -> None:
    """Who was told 250 may believe it."""
    world.attempt("sent")
    world.accept(kept=False)
    world.check()


def test_sent_without_its_contact_breaks_i2(world: World) -> None:
    """The contact report would leave it out."""
    world.attempt("sent")
    world.accept()
    world.sql("DELETE FROM contact")
    world.broken("I2", KEY)


def test_a_contact_of_what_did_not_go_out_breaks_i2(world: World) -> None:
    """The contact report would claim it."""
    world.attempt("unknown")
    world.truth.add(session=1, event="body")
    world.contact()
    world.broken("I2", KEY)


def test_two_states_at_once_break_i2(world: World) -> None:
    """The database forbids it; here its index is gone."""
    world.sql("DROP INDEX one_hand_over")
    world.attempt("sent")
    world.attempt("drafted", number="b")
    world.accept()
    world.broken("I2", "several states")


@pytest.mark.parametrize(("state", "due"), [("sent", [KEY]), ("cancelled", [])])
def test_a_touchpoint_that_is_in_two_places_or_in_none_breaks_i2(world: World, state: str, due: list[str]) -> None:
    """Sent and due, or neither tried nor due."""
    world.attempt(state, fence=FENCE if state == "sent" else None)
    if state == "sent":
        world.accept()
    world.broken("I2", KEY, touchpoints=[KEY], due=due)


def test_an_attempt_that_vanished_breaks_i2(world: World) -> None:
    """Attempts are never removed."""
    world.attempt("temporary", fence=None)
    before = world.check()
    world.sql("DELETE FROM attempt")
    world.broken("I2", "vanished", before=before)


@pytest.mark.parametrize("state", ["", "temporary", "cancelled", "permanent"])
def test_an_accepted_message_of_a_touchpoint_that_is_due_breaks_i3(world: World, state: str) -> None:
    """The next run would send it again."""
    if state:
        world.attempt(state)
    world.accept()
    world.broken("I3", KEY, touchpoints=[KEY])


def test_an_accepted_message_that_nobody_knows_breaks_i3(world: World) -> None:
    """Not even its touchpoint is known."""
    world.accept()
    world.broken("I3", "ever heard of it")


def test_unknown_without_a_fence_breaks_i4(world: World) -> None:
    """It never got that far, and a person is asked for nothing."""
    world.attempt("unknown", fence=None)
    world.broken("I4", KEY, kills=1)


def test_sent_without_a_line_in_the_journal_breaks_i4(world: World) -> None:
    """A restored database would send it again."""
    world.attempt("sent")
    world.accept()
    (world.home / "journal").write_bytes(b"")
    world.broken("I4", KEY)


def test_more_unknown_than_kills_and_cut_lines_break_i4(world: World) -> None:
    """Each question to a person has a cause."""
    world.attempt("unknown")
    world.broken("I4", "1 touchpoints")
    world.check(kills=1)


def test_a_message_after_an_opt_out_breaks_i5(world: World) -> None:
    """Known from the list, or from the test."""
    world.attempt("sent")
    world.accept()
    world.broken("I5", KEY, opted_out=[ADDRESS.upper()])
    world.sql(
        "INSERT INTO suppression (address_hash, reason, since_at) VALUES (:hash, 'asked', '2026-03-01T00:00:00+00:00')",
        hash=identity.address_hash(world.home_key, ADDRESS),
    )
    world.broken("I5", KEY)


def test_an_opt_out_after_the_fence_and_a_refused_address_are_no_opt_out_before_it(world: World) -> None:
    """What came later could not stop it."""
    world.attempt("sent")
    world.accept()
    world.sql(
        "INSERT INTO suppression (address_hash, reason, since_at) VALUES (:hash, 'asked', '2026-03-03T00:00:00+00:00')",
        hash=identity.address_hash(world.home_key, ADDRESS),
    )
    world.check()


def test_a_damaged_database_breaks_i6(world: World) -> None:
    """An index that does not fit its table."""
    world.attempt("temporary", fence=None)
    world.sql("PRAGMA user_version = 99")
    world.broken("I6", "version 99")
    world.sql("PRAGMA user_version = 0")
    world.broken("I6", "version 0")


@pytest.mark.skipif("sys.platform == 'win32'", reason="modes of POSIX")
@pytest.mark.parametrize("name", ["followup.db", "journal", "."])
def test_a_file_that_others_can_read_breaks_i6(world: World, name: str) -> None:
    """Also the folder itself."""
    path = world.home / name
    path.chmod(path.stat().st_mode | 0o044)
    world.broken("I6", "others")


@pytest.mark.parametrize(
    "spelling",
    [
        PASSWORD,
        base64.b64encode(PASSWORD.encode()).decode(),
        base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode(),
    ],
    ids=["plain", "base64", "auth-plain"],
)
def test_a_secret_breaks_i7(world: World, spelling: str) -> None:
    """On the screen, in the database, in a log."""
    world.broken("I7", "printed", output=[f"said {spelling}!"])
    (world.home / "run.log").write_text(spelling, encoding="ascii")
    (world.home / "run.log").chmod(0o600)
    world.broken("I7", "run.log")
    world.check(secret_files=[world.home / "run.log"])


def test_half_an_export_breaks_i8(world: World, tmp_path: Path) -> None:
    """Old or new, nothing between."""
    path = tmp_path / "clients.csv"
    path.write_bytes(b"ol")
    world.broken("I8", "clients.csv", exports={path: [b"old", b"new"]})
    path.write_bytes(b"new")
    world.check(exports={path: [b"old", b"new"]})


def test_a_command_that_does_something_the_second_time_breaks_i9(world: World) -> None:
    """Another exit code, another attempt, another message."""
    codes = iter([0, 3])
    numbers = iter("abcd")
    for again in (
        lambda: next(codes),
        lambda: world.attempt("temporary", fence=None, number=next(numbers)) or 0,
        lambda: world.accept() or 0,
    ):
        with pytest.raises(Broken, match="I9"):
            invariants.check_again(world.home, lambda: world.truth, again)
    invariants.check_again(world.home, lambda: world.truth, lambda: 0)


@pytest.mark.parametrize("name", ["drafts.html.x.part", ".lock.holder", "followup.db-journal"])
def test_what_is_left_over_breaks_i10(world: World, name: str) -> None:
    """Only while a run was killed may it be there."""
    path = world.home / name
    path.write_bytes(b"")
    path.chmod(0o600)
    world.check(ended=False)
    path.write_bytes(b"")
    world.broken("I10", "left over" if path.exists() else "")


@pytest.mark.parametrize("state", ["claimed", "handing_over"])
def test_a_half_way_state_after_a_run_that_ended_breaks_i10(world: World, state: str) -> None:
    """The next run settles it."""
    world.attempt(state)
    world.check(ended=False)
    world.broken("I10", KEY)


def test_a_traceback_breaks_i10(world: World) -> None:
    """Whatever a user can cause is said in a sentence."""
    world.broken("I10", "ZeroDivisionError", output=["Traceback (most recent call last):\n  ...\nZeroDivisionError"])
