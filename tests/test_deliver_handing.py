"""Hand-over to a mail server: claimed, frozen, fenced, answered; and what is left when a run is killed in between."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from followup import deliver, files, identity, model, store
from followup.deliver import handing, rules, settling
from followup.errors import FollowupError, TryLater
from followup.model import AttemptState, InstructionKind
from tests import factories

LONDON = ZoneInfo("Europe/London")
NOW, TODAY = factories.NOW, factories.TODAY
OK = "250 2.0.0 OK"


class World:
    """A store and a journal with clients who each have a job, and thank-yous that are due."""

    def __init__(self, path: Path, clients: int = 3) -> None:
        """Make them below *path*."""
        self.path = path
        self.journal = files.Journal(path / "journal")
        self.store = store.create(path / "followup.db", home_key=factories.HOME_KEY)
        self.clients = [
            factories.client(id=f"c{'abcdefgh'[number]}xxxxxxxx", emails=(f"ada{number}@example.com",))
            for number in range(clients)
        ]
        self.jobs = [factories.job(client_id=client.id) for client in self.clients]
        self.keep(*self.clients, *self.jobs)
        self.now = NOW
        self.closed = ""

    def keep(self, *records: Any) -> None:
        """Save facts, as another command would."""
        with self.store.write(kind="hand", command="test", now=NOW) as writing:
            for record in records:
                writing.save(record)

    def other(self) -> store.Store:
        """Open the database a second time, as another process would."""
        return store.open(
            self.path / "followup.db", home_key=factories.HOME_KEY, backups=self.path / "backups", busy_seconds=0.1
        )

    def key(self, number: int = 0) -> str:
        """Return the touchpoint of a client."""
        return f"{self.jobs[number].id}.thank-you.1"

    def frozen(self, number: int = 0, *, automatic: bool = False, **message: Any) -> deliver.Frozen:
        """Return the thank-you of a client with its bytes."""
        client, job = self.clients[number], self.jobs[number]
        defaults: dict[str, Any] = {
            "key": self.key(number),
            "client_id": client.id,
            "channel": model.Channel.EMAIL,
            "language": "en",
            "template": "thank-you.en.txt",
            "purpose": model.Purpose.SERVICE,
            "to_name": "Ada Hall",
            "to_address": client.emails[0],
            "from_name": "Sam Reed",
            "from_address": "sam@shop.example",
            "reply_to": "",
            "subject": "Thank you",
            "text": "Hello Ada,\n\nthank you.\n\nSam\n",
            "person": "sam",
        }
        decision = model.Decision(
            key=self.key(number),
            step="thank-you",
            cadence="after-job",
            occurrence=1,
            occasion=model.Occasion(
                kind=model.OccasionKind.JOB_COMPLETED, fact_id=job.id, on=TODAY, client_id=client.id
            ),
            client_id=client.id,
            state=model.State.DUE,
            due_on=TODAY,
            channel=model.Channel.EMAIL,
            job_ids=(job.id,),
        )
        return deliver.freeze(
            self.store,
            factories.HOME_KEY,
            model.Message(**{**defaults, **message}),
            decision,
            self.store.dossiers([client.id])[client.id],
            now=self.now,
            today=TODAY,
            timezone=LONDON,
            automatic=automatic,
        )

    def handing(self) -> deliver.Handing:
        """Begin a run."""
        return deliver.Handing(
            self.store,
            self.journal,
            clock=lambda: self.now,
            today=TODAY,
            timezone=LONDON,
            person="sam",
            closed=lambda: self.closed,
        )

    def claimed(self, count: int = 1) -> tuple[deliver.Handing, list[deliver.Frozen]]:
        """Begin a run that has claimed the thank-yous of the first clients."""
        begun = self.handing()
        claimed, stopped = begun.claim([self.frozen(number) for number in range(count)])
        assert (len(claimed), stopped) == (count, [])
        return begun, claimed

    def recover(self) -> deliver.Recovered:
        """Do what the next run does first."""
        return deliver.recover(self.store, self.journal, now=self.now, timezone=LONDON, person="sam")

    def states(self, number: int = 0) -> list[AttemptState]:
        """Return the states of all attempts of a touchpoint."""
        return [one.state for one in self.store.attempts_of_key(self.key(number))]

    def attempt(self, number: int = 0) -> model.Attempt:
        """Return the latest attempt of a touchpoint."""
        return self.store.attempts_of_key(self.key(number))[-1]

    def events(self, number: int = 0) -> list[str]:
        """Return what the journal says of a touchpoint."""
        return [entry.event for entry in self.journal.entries() if entry.key == self.key(number)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a world."""
    made = World(tmp_path)
    yield made
    made.store.close()


class Broken:
    """A journal that cannot be written from some line on."""

    def __init__(self, journal: files.Journal, *, event: str) -> None:
        """Fail at lines of *event*."""
        self._journal, self._event = journal, event

    def append(self, *, event: str, **what: Any) -> None:
        """Write a line, or fail as on a full disk."""
        if event == self._event:
            raise files.failure(OSError(28, "No space left on device"), Path("journal"), doing="write")
        self._journal.append(event=event, **what)


# ---------------------------------------------------------------- freezing


def test_the_bytes_are_made_for_a_server_and_not_for_a_mail_program(world: World) -> None:
    """No X-Unsent; Auto-Submitted only where nobody looked at it."""
    seen, unseen = world.frozen().attempt, world.frozen(automatic=True).attempt
    identifier = identity.message_identifier(factories.HOME_KEY, seen.key)
    assert seen.message_id == unseen.message_id == f"<fu.{identifier}@shop.example>"
    assert f"X-Touchpoint: {identifier}\r\n" in seen.message
    assert "X-Unsent" not in seen.message
    assert "Auto-Submitted" not in seen.message
    assert "Auto-Submitted: auto-generated\r\n" in unseen.message


def put_off(world: World, **message: Any) -> model.Attempt:
    """Let a server put the first thank-you off, and return the attempt."""
    begun = world.handing()
    (item,), _ = begun.claim([world.frozen(**message)])
    attempt = begun.outcome(item, AttemptState.TEMPORARY, said="451 4.7.1 later")
    begun.finish("")
    return attempt


def test_a_later_try_says_the_same_bytes(world: World) -> None:
    """Template, name and day may have changed: what was said once is not said differently."""
    first = put_off(world)
    world.now += timedelta(hours=1)
    again = world.frozen(text="Other words\n", subject="Other").attempt
    assert again.message == first.message
    assert (again.subject, again.text) == (first.subject, first.text)
    assert again.id != first.id
    assert again.made_at == world.now


def test_a_corrected_address_gets_new_bytes(world: World) -> None:
    """The old ones are addressed to the wrong place."""
    first = put_off(world)
    world.keep(dataclasses.replace(world.clients[0], emails=("right@example.com",)))
    again = world.frozen(to_address="right@example.com").attempt
    assert "To: Ada Hall <right@example.com>" in again.message
    assert again.message_id == first.message_id


def test_a_new_sender_gets_new_bytes(world: World) -> None:
    """A mailbox that may not send for the old address would be refused for ever."""
    put_off(world)
    assert "From: Sam Reed <office@shop.example>" in world.frozen(from_address="office@shop.example").attempt.message


def test_words_that_the_owner_wrote_since_are_said(world: World) -> None:
    """They are newer than the bytes."""
    first = put_off(world)
    words = model.Instruction(
        id="ixxxxxxxxx",
        client_id=world.clients[0].id,
        kind=InstructionKind.TEXT,
        given_at=NOW + timedelta(minutes=1),
        on=TODAY,
        key=world.key(),
        text="My own words\n",
    )
    world.keep(dataclasses.replace(words, id="ixxxxxxxxy", given_at=NOW - timedelta(minutes=1)))
    assert world.frozen(text="My own words\n").attempt.message == first.message
    world.keep(words)
    assert "My own words" in world.frozen(text="My own words\n").attempt.message


def test_a_draft_that_was_not_sent_is_not_sent_to_a_server(world: World) -> None:
    """Its bytes are marked for mail programs."""
    item = world.frozen()
    draft = dataclasses.replace(
        item.attempt, state=AttemptState.CANCELLED, file_name="x.eml", message="X-Unsent: 1\r\n\r\n"
    )
    with world.store.write(kind="contact", command="test", now=NOW) as writing:
        assert writing.insert_attempt(draft)
    assert world.frozen().attempt.message == item.attempt.message


# ---------------------------------------------------------------- the ordinary way


def test_a_message_is_claimed_fenced_and_accepted(world: World) -> None:
    """Each state is in the database and in the journal before the next step; the contact comes with the outcome."""
    begun, (item,) = world.claimed()
    assert world.states() == [AttemptState.CLAIMED]
    world.now += timedelta(seconds=3)
    begun.fence(item)
    assert (world.states(), world.events()) == ([AttemptState.HANDING_OVER], ["claimed", "handing_over"])
    assert world.attempt().handed_over_at == world.now
    world.now += timedelta(seconds=3)
    told = begun.outcome(item, AttemptState.SENT, said=OK)
    assert world.events()[-1] == "sent"
    assert world.states() == [AttemptState.HANDING_OVER]  # with the next fence, or the end of the run
    assert begun.finish("") == []
    kept = world.attempt()
    assert (kept.state, kept.settled_at, kept.server_said) == (AttemptState.SENT, world.now, OK)
    assert kept == told
    (contact,) = world.store.contacts_of(world.clients[0].id)
    assert (contact.key, contact.attempt_id, contact.reference) == (item.attempt.key, kept.id, kept.message_id)
    assert (contact.on, contact.outcome, contact.by) == (TODAY, model.Outcome.SENT, "sam")


def test_one_commit_carries_the_fence_and_the_answer_to_the_message_before(world: World) -> None:
    """So a message costs one commit, and not two."""
    begun, (first, second) = world.claimed(2)
    begun.fence(first)
    begun.outcome(first, AttemptState.SENT, said=OK)
    before = len(world.store.batches())
    begun.fence(second)
    assert len(world.store.batches()) == before + 1
    assert (world.states(0), world.states(1)) == ([AttemptState.SENT], [AttemptState.HANDING_OVER])


def test_every_attempt_goes_through_the_record_of_changes(world: World) -> None:
    """Who did what, when: claimed, handed over, sent."""
    begun, (item,) = world.claimed()
    begun.fence(item)
    begun.outcome(item, AttemptState.SENT, said=OK)
    begun.finish("")
    states = [each.new for each in world.store.changes_of(item.attempt.id) if each.field == "state"]
    assert states == ["handing_over", "sent"]


def test_a_personal_line_that_was_said_is_used_up(world: World) -> None:
    """In the same transaction as the contact."""
    world.keep(dataclasses.replace(world.clients[0], note="Mind the step."))
    begun = world.handing()
    (item,), _ = begun.claim([world.frozen(text="Hello. Mind the step.\n")])
    begun.fence(item)
    begun.outcome(item, AttemptState.SENT, said=OK)
    begun.finish("")
    client = world.store.client(world.clients[0].id)
    assert client is not None
    assert client.note == ""


@pytest.mark.parametrize("state", [AttemptState.TEMPORARY, AttemptState.PERMANENT])
@pytest.mark.parametrize("behind_the_dot", [True, False])
def test_a_refusal_leaves_the_key_free_and_no_contact(world: World, state: AttemptState, behind_the_dot: bool) -> None:
    """The next try inserts an attempt of its own."""
    begun, (item,) = world.claimed()
    if behind_the_dot:
        begun.fence(item)
    begun.outcome(item, state, said="551 no")
    begun.finish("")
    assert (world.states(), world.events()[-1]) == ([state], state.value)
    assert world.attempt().server_said == "551 no"
    assert not world.store.contacts_of(world.clients[0].id)
    assert begun.claim([world.frozen()])[0]


def test_an_address_that_nobody_has_is_noted_as_such(world: World) -> None:
    """As a hash, and with the code alone: the server's words may name the person."""
    begun, (item,) = world.claimed()
    begun.outcome(item, AttemptState.PERMANENT, said="550 5.1.1 <ada0@example.com> unknown", bad_address=True)
    found = world.store.suppression("ada0@example.com")
    assert found is not None
    assert (found.reason, found.evidence) == (model.REFUSED, "550 5.1.1")
    dossier = world.store.dossiers([world.clients[0].id])[world.clients[0].id]
    assert (dossier.suppressed, dossier.bad_addresses) == (False, {"ada0@example.com"})
    (_, reason), = begun.claim([world.frozen()])[1]  # fmt: skip
    assert "mail allow" in reason


def test_an_unknown_holds_its_key(world: World) -> None:
    """Nothing sends it again by itself."""
    begun, (item,) = world.claimed()
    begun.fence(item)
    begun.outcome(item, AttemptState.UNKNOWN, said="the line was cut")
    begun.finish("")
    assert world.states() == [AttemptState.UNKNOWN]
    (_, reason), = begun.claim([world.frozen()])[1]  # fmt: skip
    assert reason == "it was handed over already"


# ---------------------------------------------------------------- stop rules


def opt_out(world: World) -> None:
    """Let the first client say stop, in another process."""
    with (
        world.other() as other,
        other.write(kind="wish", command="optout", now=NOW) as writing,
    ):
        writing.suppress("ada0@example.com", "opted out")


def erase(world: World) -> None:
    """Erase the first client, in another process."""
    with world.other() as other, other.write(kind="wish", command="forget", now=NOW) as writing:
        writing.erase_client(world.clients[0].id, TODAY)


def skip(world: World) -> None:
    """Let the owner skip it."""
    with world.other() as other, other.write(kind="hand", command="skip", now=NOW) as writing:
        writing.save(
            model.Instruction(
                id="ixxxxxxxxx",
                client_id=world.clients[0].id,
                kind=InstructionKind.SKIP,
                given_at=NOW,
                on=TODAY,
                key=world.key(),
            )
        )


def book(world: World) -> None:
    """Let the client book a new job."""
    with world.other() as other, other.write(kind="hand", command="job add", now=NOW) as writing:
        writing.save(factories.job(client_id=world.clients[0].id, status=model.JobStatus.OPEN, completed_on=None))


def answer(world: World) -> None:
    """Let the client write."""
    with world.other() as other, other.write(kind="hand", command="log", now=NOW) as writing:
        writing.save(factories.contact(client_id=world.clients[0].id, direction=model.Direction.IN))


def merge(world: World) -> None:
    """Find out that two clients are one."""
    with world.other() as other, other.write(kind="hand", command="client merge", now=NOW) as writing:
        writing.merge_clients(world.clients[1].id, world.clients[0].id)


def refuse(world: World) -> None:
    """Let a server refuse the address."""
    with world.other() as other, other.write(kind="contact", command="send", now=NOW) as writing:
        writing.suppress("ada0@example.com", model.REFUSED)


CHANGES = [
    (opt_out, "an address of the client is on the list of those who asked us to stop"),
    (erase, "the client was erased"),
    (skip, "you said to skip it"),
    (book, rules.CHANGED),
    (answer, rules.CHANGED),
    (merge, "the client was merged into cbxxxxxxxx"),
    (refuse, "a mail server refused ada0@example.com for good: correct it, or `followup mail allow` it"),
]


@pytest.mark.parametrize(("change", "reason"), CHANGES)
def test_what_changed_after_the_claim_keeps_the_fence_shut(
    world: World, change: Callable[[World], None], reason: str
) -> None:
    """Another process wrote between claim and dot: the fence reads it, in its own transaction."""
    begun, (item,) = world.claimed()
    change(world)
    assert begun.stopped(item) == reason
    with pytest.raises(deliver.Shut) as caught:
        begun.fence(item)
    assert caught.value.reason == reason
    assert world.states() == [AttemptState.CANCELLED]
    assert world.events() == ["claimed", "cancelled"]
    assert world.attempt().handed_over_at is None
    begun.finish("")
    assert world.states() == [AttemptState.CANCELLED]


@pytest.mark.parametrize(("change", "reason"), CHANGES)
def test_what_changed_after_planning_is_not_claimed(world: World, change: Callable[[World], None], reason: str) -> None:
    """A list that somebody looked over may be old when the lock is taken."""
    item = world.frozen()
    change(world)
    assert world.handing().claim([item]) == ([], [(item, reason)])
    assert world.states() == []


def test_an_hour_that_is_over_keeps_the_fence_shut(world: World) -> None:
    """A long run may reach the evening."""
    begun, (item,) = world.claimed()
    world.closed = "it is evening"
    with pytest.raises(deliver.Shut, match="evening"):
        begun.fence(item)
    assert world.states() == [AttemptState.CANCELLED]


def test_a_claim_that_somebody_took_back_opens_no_fence(world: World) -> None:
    """Exactly one row moves, or none."""
    begun, (item,) = world.claimed()
    with world.other() as other, other.write(kind="contact", command="x", now=NOW) as writing:
        writing.settle_attempt(item.attempt.id, AttemptState.CANCELLED, now=NOW)
    with pytest.raises(deliver.Shut, match="taken back"):
        begun.fence(item)


def test_a_shut_fence_keeps_the_answer_to_the_message_before(world: World) -> None:
    """The transaction that cancels one records the other."""
    begun, (first, second) = world.claimed(2)
    begun.fence(first)
    begun.outcome(first, AttemptState.SENT, said=OK)
    world.closed = "evening"
    with pytest.raises(deliver.Shut):
        begun.fence(second)
    assert (world.states(0), world.states(1)) == ([AttemptState.SENT], [AttemptState.CANCELLED])


def test_two_messages_to_one_client_in_one_run_do_not_stop_each_other(world: World) -> None:
    """What the run itself wrote is no news."""
    first = world.frozen()
    other = dataclasses.replace(first, attempt=dataclasses.replace(first.attempt, id="axxxxxxxxx", key="k.other.1"))
    other = dataclasses.replace(
        other,
        message=dataclasses.replace(first.message, key="k.other.1"),
        decision=dataclasses.replace(first.decision, key="k.other.1"),
    )
    begun = world.handing()
    claimed, _ = begun.claim([first, other])
    for item in claimed:
        assert begun.stopped(item) == ""
        begun.fence(item)
        begun.outcome(item, AttemptState.SENT, said=OK)
    begun.finish("")
    assert len(world.store.contacts_of(world.clients[0].id)) == 2


def test_what_another_run_handed_over_since_planning_is_news(world: World) -> None:
    """Two runs that planned the same day do not both use the client's budget."""
    late = dataclasses.replace(world.frozen(), message=dataclasses.replace(world.frozen().message, key="k.other.1"))
    late = dataclasses.replace(
        late,
        attempt=dataclasses.replace(late.attempt, id="axxxxxxxxx", key="k.other.1"),
        decision=dataclasses.replace(late.decision, key="k.other.1"),
    )
    begun, (item,) = world.claimed()
    begun.fence(item)
    begun.outcome(item, AttemptState.SENT, said=OK)
    begun.finish("")
    assert world.handing().claim([late]) == ([], [(late, rules.CHANGED)])


# ---------------------------------------------------------------- what cannot be written


def test_a_fence_that_the_database_refuses_hands_nothing_over(world: World) -> None:
    """Somebody else holds the write lock for too long: nothing was moved, and the message before is not lost."""
    begun, (first, second) = world.claimed(2)
    begun.fence(first)
    begun.outcome(first, AttemptState.SENT, said=OK)
    world.store.database._connection.execute("PRAGMA busy_timeout = 50")
    with world.other() as other:
        with other.database.transaction(write=True), pytest.raises(TryLater):
            begun.fence(second)
        assert world.states(1) == [AttemptState.CLAIMED]
    begun.finish("the disk is slow")
    assert (world.states(0), world.states(1)) == ([AttemptState.SENT], [AttemptState.CANCELLED])
    assert world.attempt(1).server_said == f"{settling.NEVER_LEFT}: the disk is slow"


def test_a_fence_that_the_journal_refuses_hands_nothing_over(world: World) -> None:
    """The database has moved already; the attempt is cancelled, because no dot followed."""
    begun, (item,) = world.claimed()
    begun._journal = Broken(world.journal, event="handing_over")  # type: ignore[assignment]  # breaks at one event
    with pytest.raises(FollowupError, match="Make room"):
        begun.fence(item)
    assert world.states() == [AttemptState.CANCELLED]
    assert world.attempt().server_said == handing.NOT_WRITTEN
    assert begun.finish("") == []
    assert world.states() == [AttemptState.CANCELLED]


def test_a_journal_that_is_a_folder_opens_no_fence(world: World) -> None:
    """Whatever the reason is: without the line nothing goes."""
    begun, (item,) = world.claimed()
    (world.path / "journal").unlink()
    (world.path / "journal").mkdir()
    with pytest.raises(FollowupError):
        begun.fence(item)
    assert world.states() == [AttemptState.CANCELLED]
    assert not begun._passed


def test_an_answer_that_the_journal_does_not_take_is_in_the_database_at_once(world: World) -> None:
    """It is not left to a next fence that may not come."""
    begun, (item,) = world.claimed()
    begun.fence(item)
    begun._journal = Broken(world.journal, event="sent")  # type: ignore[assignment]  # breaks at one event
    with pytest.raises(FollowupError):
        begun.outcome(item, AttemptState.SENT, said=OK)
    assert world.states() == [AttemptState.SENT]


def test_what_was_broken_off_behind_the_dot_is_unknown(world: World) -> None:
    """A second Ctrl-C does not wait for the answer, so nobody knows it."""
    begun, (first, _) = world.claimed(2)
    begun.fence(first)
    (unknown,) = begun.finish("you stopped it")
    assert (unknown.id, unknown.state) == (first.attempt.id, AttemptState.UNKNOWN)
    assert (world.states(0), world.states(1)) == ([AttemptState.UNKNOWN], [AttemptState.CANCELLED])
    assert (world.events(0)[-1], world.events(1)[-1]) == ("unknown", "cancelled")


# ---------------------------------------------------------------- what a killed run left


def test_nothing_left_open_costs_nothing(world: World) -> None:
    """The ordinary start of a run writes nothing."""
    before = len(world.store.batches())
    assert world.recover() == deliver.Recovered()
    assert len(world.store.batches()) == before


def test_what_was_only_claimed_never_left(world: World) -> None:
    """Killed before the fence: due again."""
    world.claimed(2)
    recovered = world.recover()
    assert [each.state for each in recovered.attempts] == [AttemptState.CANCELLED] * 2
    assert world.attempt().server_said == settling.NEVER_LEFT
    assert world.events() == ["claimed", "cancelled"]
    assert world.recover() == deliver.Recovered()
    assert world.handing().claim([world.frozen()])[0]


def test_what_was_being_handed_over_is_unknown(world: World) -> None:
    """Killed behind the fence: nobody knows, and no time-out decides it."""
    begun, (item,) = world.claimed()
    begun.fence(item)
    world.now += timedelta(days=400)
    (attempt,) = world.recover().unknown
    assert (attempt.key, attempt.server_said) == (world.key(), settling.BROKEN_OFF)
    assert attempt.handed_over_at == NOW
    assert world.recover() == deliver.Recovered()


@pytest.mark.parametrize(
    "state", [AttemptState.SENT, AttemptState.TEMPORARY, AttemptState.PERMANENT, AttemptState.UNKNOWN]
)
def test_an_answer_that_only_the_journal_has_is_taken_from_there(world: World, state: AttemptState) -> None:
    """Killed between the answer and the next fence: what the server said is not asked of a person."""
    begun, (item,) = world.claimed()
    begun.fence(item)
    world.now += timedelta(seconds=2)
    begun.outcome(item, state, said="whatever")
    answered = world.now
    world.now += timedelta(days=3)
    (attempt,) = world.recover().attempts
    assert attempt.state is state
    contacts = world.store.contacts_of(world.clients[0].id)
    assert len(contacts) == (state is AttemptState.SENT)
    if state is AttemptState.SENT:
        assert attempt.settled_at == answered.replace(microsecond=0)
        assert (contacts[0].on, contacts[0].at, contacts[0].attempt_id) == (TODAY, NOW, attempt.id)
    assert world.recover() == deliver.Recovered()


def test_an_answer_that_was_cut_short_in_the_journal_is_no_answer(world: World) -> None:
    """Half a line says nothing."""
    begun, (item,) = world.claimed()
    begun.fence(item)
    begun.outcome(item, AttemptState.SENT, said=OK)
    whole = (world.path / "journal").read_bytes()
    (world.path / "journal").write_bytes(whole[:-3])
    assert world.recover().unknown


def test_recovering_uses_up_what_was_said(world: World) -> None:
    """Also the personal line."""
    world.keep(dataclasses.replace(world.clients[0], note="Mind the step."))
    begun = world.handing()
    (item,), _ = begun.claim([world.frozen(text="Hello. Mind the step.\n")])
    begun.fence(item)
    begun.outcome(item, AttemptState.SENT, said=OK)
    world.recover()
    client = world.store.client(world.clients[0].id)
    assert client is not None
    assert client.note == ""


# ---------------------------------------------------------------- the person's answer


def test_an_unknown_that_went_out_becomes_a_contact_of_its_hand_over(world: World) -> None:
    """Confirmed weeks later, it is dated when it went."""
    begun, (item,) = world.claimed()
    begun.fence(item)
    (attempt,) = begun.finish("x")
    stored = world.store.attempt(attempt.id)
    assert stored is not None
    week = timedelta(days=7)
    contact = deliver.confirm(
        world.store, world.journal, stored, sent=True, now=NOW + week, today=TODAY + week, person="sam"
    )
    assert contact is not None
    assert (contact.on, contact.at) == (TODAY, NOW)


def test_what_a_server_says_of_an_erased_client_does_not_come_back(world: World) -> None:
    """Erased while the answer was on its way: neither words nor subject return."""
    begun, (item,) = world.claimed()
    begun.fence(item)
    erase(world)
    begun.outcome(item, AttemptState.PERMANENT, said="550 5.1.1 ada0@example.com unknown", bad_address=True)
    begun.finish("")
    assert (world.states(), world.attempt().server_said, world.attempt().subject) == ([AttemptState.PERMANENT], "", "")


def test_instants_are_those_of_the_clock(world: World) -> None:
    """What limits count from is the moment of the fence, in UTC."""
    begun, (item,) = world.claimed()
    world.now = datetime.fromisoformat("2026-03-02T23:59:59+00:00")
    begun.fence(item)
    assert world.store.hand_overs_since(NOW) == [world.now]


def test_a_server_that_takes_a_word_to_one_of_us_makes_no_contact(world: World) -> None:
    """And that it refused a colleague's address says nothing about any client's."""
    for state, bad in ((AttemptState.SENT, False), (AttemptState.PERMANENT, True)):
        number = 0 if state is AttemptState.SENT else 1
        item = world.frozen(number, to_address="lee@shop.example", to_person="lee")
        item = dataclasses.replace(
            item,
            attempt=dataclasses.replace(item.attempt, to_person="lee"),
            decision=dataclasses.replace(item.decision, to_person="lee"),
        )
        run = world.handing()
        assert run.claim([item])[0] == [item]
        run.fence(item)
        run.outcome(item, state, said="250 2.0.0 OK" if not bad else "550 5.1.1 no such user", bad_address=bad)
        run.finish("")
        kept = world.store.attempts_of_key(world.key(number))
        assert [(one.state, one.to_person) for one in kept] == [(state, "lee")]
    assert [each for client in world.clients for each in world.store.contacts_of(client.id)] == []
    assert list(world.store.iter_suppressions()) == []
