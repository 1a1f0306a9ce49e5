"""Hand-over of drafts: at most once, stopped by every stop rule, and whole after any crash."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from followup import deliver, files, identity, model, store
from followup.errors import BadInput, NotFound
from followup.model import AttemptState, InstructionKind
from tests import factories

LONDON = ZoneInfo("Europe/London")
NOW, TODAY = factories.NOW, factories.TODAY


class World:
    """A store, a journal and a drafts folder with Ada, her boiler service and a thank-you that is due."""

    def __init__(self, path: Path) -> None:
        """Make or open them below *path*."""
        self.path = path
        self.folder = path / "drafts"
        self.journal = files.Journal(path / "journal")
        database = path / "followup.db"
        key = factories.HOME_KEY
        if database.exists():
            self.store = store.open(database, home_key=key, backups=path / "backups")
        else:
            self.store = store.create(database, home_key=key)
        self.client = factories.client(id="cadaxxxxxx")
        self.job = factories.job(id="jboilerxxx", client_id=self.client.id)

    def add(self, *records: Any, **client: Any) -> World:
        """Save Ada with *client* changed, her job, and *records*."""
        self.client = dataclasses.replace(self.client, **client)
        with self.store.write(kind="hand", command="test", now=NOW) as writing:
            for record in (self.client, self.job, *records):
                writing.save(record)
        return self

    def decision(self, **fields: Any) -> model.Decision:
        """Return the decision about the thank-you."""
        defaults: dict[str, Any] = {
            "key": f"{self.job.id}.thank-you.1",
            "step": "thank-you",
            "cadence": "after-job",
            "occurrence": 1,
            "occasion": model.Occasion(
                kind=model.OccasionKind.JOB_COMPLETED, fact_id=self.job.id, on=TODAY, client_id=self.client.id
            ),
            "client_id": self.client.id,
            "state": model.State.DUE,
            "due_on": TODAY,
            "channel": model.Channel.EMAIL,
            "job_ids": (self.job.id,),
        }
        return model.Decision(**{**defaults, **fields})

    def message(self, **fields: Any) -> model.Message:
        """Return the thank-you."""
        defaults: dict[str, Any] = {
            "key": f"{self.job.id}.thank-you.1",
            "client_id": self.client.id,
            "channel": model.Channel.EMAIL,
            "language": "en",
            "template": "thank-you.en.txt",
            "purpose": model.Purpose.SERVICE,
            "to_name": "Ada Hall",
            "to_address": "ada@example.com",
            "from_name": "Sam Reed",
            "from_address": "sam@shop.example",
            "reply_to": "",
            "subject": "Thank you",
            "text": "Hello Ada,\n\nthank you.\n\nSam\n",
            "person": "sam",
        }
        return model.Message(**{**defaults, **fields})

    def draft(self, message: model.Message | None = None, **decision: Any) -> model.Attempt | None:
        """Draft the thank-you, as `send` does."""
        return deliver.draft(
            self.store,
            self.journal,
            factories.HOME_KEY,
            message or self.message(),
            self.decision(**decision),
            now=NOW,
            today=TODAY,
            timezone=LONDON,
            person="sam",
        )

    def drafted(self) -> model.Attempt:
        """Draft the thank-you and insist that it went."""
        attempt = self.draft()
        assert attempt is not None
        return attempt

    def confirm(self, attempt: model.Attempt, *, sent: bool = True, **options: Any) -> model.Contact | None:
        """Answer for *attempt*, a week later."""
        week = timedelta(days=7)
        told = {"now": NOW + week, "today": TODAY + week, "person": "priya", **options}
        return deliver.confirm(self.store, self.journal, attempt, sent=sent, **told)

    def events(self) -> list[tuple[str, str, str]]:
        """Return what the journal says."""
        return [(entry.event, entry.key, entry.attempt_id) for entry in self.journal.entries()]

    def states(self, key: str | None = None) -> list[AttemptState]:
        """Return the states of all attempts of a touchpoint."""
        return [one.state for one in self.store.attempts_of_key(key or self.message().key)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return a world with Ada in it."""
    made = World(tmp_path).add()
    yield made
    made.store.close()


# ---------------------------------------------------------------- drafting


def test_a_draft_is_a_row_first_then_a_line_then_a_file(world: World) -> None:
    """Frozen bytes in the store, identifiers in the journal, and the file from the stored bytes."""
    attempt = world.drafted()
    assert world.store.attempt(attempt.id) == attempt
    assert world.events() == [("drafted", attempt.key, attempt.id)]
    assert not world.folder.exists()
    (path,) = deliver.publish(world.store, world.folder)
    assert path.read_bytes() == attempt.message.encode()
    assert path.name == attempt.file_name == "2026-03-02-ada-hall-jboilerxxx.thank-you.1.eml"


def test_the_attempt_keeps_what_reports_and_budgets_need(world: World) -> None:
    """Who, to whom, about what, when."""
    attempt = world.drafted()
    identifier = identity.message_identifier(factories.HOME_KEY, attempt.key)
    assert attempt.message_id == f"<fu.{identifier}@shop.example>"
    assert f"X-Touchpoint: {identifier}\r\n" in attempt.message
    assert "X-Unsent: 1\r\n" in attempt.message
    assert "Date: Mon, 02 Mar 2026 09:15:00 +0000\r\n" in attempt.message
    assert (attempt.address, attempt.subject, attempt.person, attempt.job_ids, attempt.on) == (
        "ada@example.com", "Thank you", "sam", (world.job.id,), TODAY,
    )  # fmt: skip


def test_the_journal_holds_identifiers_only(world: World) -> None:
    """It outlives erasure, so nothing of the client is in it."""
    world.drafted()
    text = (world.path / "journal").read_text()
    assert not any(word in text for word in ("Ada", "ada@", "Hall", "example.com", "Thank"))


def test_the_same_touchpoint_is_drafted_once(world: World) -> None:
    """A second try writes no row, no line and no batch."""
    world.drafted()
    batches = len(world.store.batches())
    assert world.draft() is None
    assert world.states() == [AttemptState.DRAFTED]
    assert len(world.events()) == 1
    assert len(world.store.batches()) == batches


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"consent": model.Consent.OPTED_OUT}, "the client opted out"),
        ({"merged_into": "cxxxxxxxxx"}, "the client was merged into cxxxxxxxxx"),
        ({"erased_on": TODAY}, "the client was erased"),
        ({"no_channels": ("email",)}, "the client does not want to be reached by email"),
        ({"emails": ("ada@new.example",)}, "ada@example.com is not an address of the client any more"),
    ],
)
def test_what_changed_since_planning_stops_a_draft(world: World, changes: dict[str, Any], reason: str) -> None:
    """The stop rules are asked again in the transaction that records the hand-over."""
    world.add(**changes)
    dossier = world.store.dossiers([world.client.id])[world.client.id]
    assert deliver.stop_reason(dossier, world.message(), world.decision(), today=TODAY) == reason
    assert world.draft() is None
    assert world.states() == []
    assert world.events() == []


@pytest.mark.parametrize("address", ["ada@example.com", "ADA@example.com"])
def test_a_suppressed_address_stops_a_draft(world: World, address: str) -> None:
    """Whoever said stop between planning and drafting gets nothing."""
    with world.store.write(kind="hand", command="optout", now=NOW) as writing:
        writing.suppress(address, "asked us to stop", now=NOW)
    assert world.draft() is None


def test_any_suppressed_address_of_the_client_stops_a_draft(world: World) -> None:
    """Stop means the person, not the mailbox."""
    world.add(emails=("ada@example.com", "ada@work.example"))
    with world.store.write(kind="hand", command="optout", now=NOW) as writing:
        writing.suppress("ada@work.example", "asked us to stop", now=NOW)
    assert world.draft() is None


def an_instruction(kind: InstructionKind, *, key: str = "jboilerxxx.thank-you.1", **fields: Any) -> model.Instruction:
    """Return what the owner decided."""
    fields.setdefault("given_at", NOW)
    return model.Instruction(
        id=factories.identifier("n"), client_id="cadaxxxxxx", kind=kind, on=TODAY, key=key, **fields
    )


@pytest.mark.parametrize(
    ("instruction", "stops"),
    [
        (an_instruction(InstructionKind.SKIP), True),
        (an_instruction(InstructionKind.SKIP, key=""), True),
        (an_instruction(InstructionKind.SKIP, key="jboilerxxx.feedback-ask.1"), False),
        (an_instruction(InstructionKind.DONE), True),
        (an_instruction(InstructionKind.SNOOZE, until=TODAY + timedelta(days=1)), True),
        (an_instruction(InstructionKind.SNOOZE, until=TODAY + timedelta(days=1), key=""), True),
        (an_instruction(InstructionKind.SNOOZE, until=TODAY), False),
        (an_instruction(InstructionKind.RELEASE), False),
        (an_instruction(InstructionKind.TEXT, text="Hello"), False),
    ],
)
def test_what_the_owner_decided_stops_a_draft(world: World, instruction: model.Instruction, stops: bool) -> None:
    """Skipped, done by hand or snoozed: not by this run either."""
    world.add(instruction)
    assert (world.draft() is None) is stops


def test_the_latest_instruction_counts(world: World) -> None:
    """Released after a skip goes out; an edited text in between changes nothing."""
    world.add(an_instruction(InstructionKind.SKIP))
    world.add(an_instruction(InstructionKind.RELEASE, given_at=NOW + timedelta(minutes=1)))
    world.add(an_instruction(InstructionKind.TEXT, text="x", given_at=NOW + timedelta(minutes=2)))
    assert world.draft() is not None


@pytest.mark.parametrize(
    ("ask", "resolved_on", "stops"), [(True, None, True), (True, TODAY, False), (False, None, False)]
)
def test_an_open_case_stops_asks_only(world: World, ask: bool, resolved_on: date | None, stops: bool) -> None:
    """Nobody asks for a favour while something is wrong; an answer or a thank-you may go."""
    case = model.Case(id="kcasexxxxx", client_id=world.client.id, opened_on=TODAY, closed_on=resolved_on)
    world.add(case)
    assert (world.draft(ask=ask) is None) is stops


def test_a_contact_for_the_touchpoint_stops_a_draft(world: World) -> None:
    """Somebody said it by telephone in the meantime."""
    world.add(factories.contact(client_id=world.client.id, key=world.message().key))
    assert world.draft() is None


def test_marketing_without_a_way_out_is_not_drafted(world: World) -> None:
    """The last check before the bytes leave."""
    message = world.message(purpose=model.Purpose.MARKETING)
    assert world.draft(message) is None
    assert world.draft(dataclasses.replace(message, unsubscribe="sam@shop.example")) is not None


def test_a_client_who_is_gone_stops_a_draft(world: World) -> None:
    """The message was made for somebody whom the store does not know."""
    assert world.draft(world.message(client_id="cnobodyxxx"), client_id="cnobodyxxx") is None


def test_what_cannot_be_made_into_bytes_is_recorded_nowhere(world: World) -> None:
    """No row, no line: the touchpoint stays due and the error says why."""
    with pytest.raises(BadInput):
        world.draft(world.message(to_name="Ada\nBcc: spy@evil.example"))
    assert (world.states(), world.events()) == ([], [])


@pytest.mark.parametrize(
    "fields", [{"channel": model.Channel.TEXT}, {"channel": model.Channel.LETTER}, {"key": "jother.thank-you.1"}]
)
def test_a_draft_of_something_else_is_a_bug(world: World, fields: dict[str, Any]) -> None:
    """Texts and letters are listed, not drafted; a message belongs to its decision."""
    with pytest.raises(ValueError, match=r"draft|decision"):
        world.draft(world.message(**fields))


def test_a_draft_for_somebody_who_says_stop_leaves_the_folder_at_once(world: World) -> None:
    """Nobody sends it by hand; whether it had gone out before is still asked."""
    world.drafted()
    assert len(deliver.publish(world.store, world.folder)) == 1
    with world.store.write(kind="hand", command="optout", now=NOW) as writing:
        writing.suppress("ada@example.com", "asked us to stop", now=NOW)
    assert deliver.publish(world.store, world.folder) == []
    assert not list(world.folder.glob("*.eml"))
    assert "Hello Ada" not in (world.folder / "drafts.html").read_text()
    assert world.states() == [AttemptState.DRAFTED]


def test_an_erased_client_leaves_nothing_in_the_folder(world: World) -> None:
    """Erasure reaches the files too."""
    world.drafted()
    deliver.publish(world.store, world.folder)
    with world.store.write(kind="hand", command="forget", now=NOW) as writing:
        writing.erase_client(world.client.id, TODAY)
    assert deliver.publish(world.store, world.folder) == []
    assert [path.name for path in world.folder.iterdir()] == ["drafts.html"]
    assert "Ada" not in (world.folder / "drafts.html").read_text()


# ---------------------------------------------------------------- confirming


def test_a_confirmed_draft_becomes_a_contact_dated_like_the_draft(world: World) -> None:
    """Confirming a week later moves nothing that counts from the day on which it went out."""
    attempt = world.drafted()
    contact = world.confirm(attempt)
    assert contact is not None
    assert world.store.contacts_of(world.client.id) == [contact]
    assert dataclasses.replace(contact, id="") == model.Contact(
        id="",
        client_id=world.client.id,
        channel=model.Channel.EMAIL,
        direction=model.Direction.OUT,
        at=NOW,
        on=TODAY,
        purpose=model.Purpose.SERVICE,
        key=attempt.key,
        step="thank-you",
        job_id=world.job.id,
        by="sam",
        outcome=model.Outcome.SENT,
        summary="Thank you",
        reference=attempt.message_id,
        attempt_id=attempt.id,
    )
    assert world.states() == [AttemptState.SENT]
    assert [event for event, _, _ in world.events()] == ["drafted", "sent"]
    assert deliver.publish(world.store, world.folder) == []


def test_a_contact_is_never_in_the_future(world: World) -> None:
    """A clock that was set back since the draft does not shift what comes next."""
    contact = world.confirm(world.drafted(), today=TODAY - timedelta(days=1))
    assert contact is not None
    assert (contact.on, contact.at) == (TODAY - timedelta(days=1), NOW + timedelta(days=7))


def test_without_a_writer_the_contact_is_by_whoever_confirms(world: World) -> None:
    """A firm without people still knows who answered."""
    attempt = world.draft(world.message(person=""))
    assert attempt is not None
    contact = world.confirm(attempt)
    assert contact is not None
    assert contact.by == "priya"


def test_a_draft_that_did_not_go_out_is_due_again(world: World) -> None:
    """The key is free: the next draft is a new attempt with the same Message-ID."""
    first = world.drafted()
    assert world.confirm(first, sent=False) is None
    assert world.store.contacts_of(world.client.id) == []
    again = world.drafted()
    assert again.id != first.id
    assert again.message_id == first.message_id
    assert sorted(world.states()) == [AttemptState.CANCELLED, AttemptState.DRAFTED]
    assert [event for event, _, _ in world.events()] == ["drafted", "cancelled", "drafted"]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("second", [True, False])
def test_a_second_answer_changes_nothing(world: World, first: bool, second: bool) -> None:
    """Whatever was said first is what happened."""
    attempt = world.drafted()
    world.confirm(attempt, sent=first)
    assert world.confirm(attempt, sent=second) is None
    assert world.states() == [AttemptState.SENT if first else AttemptState.CANCELLED]
    assert len(world.store.contacts_of(world.client.id)) == int(first)
    assert len(world.events()) == 2


def test_an_answer_about_nothing_is_an_error(world: World) -> None:
    """The caller named a draft that never was."""
    with pytest.raises(NotFound):
        world.confirm(factories.attempt(id="anothingxx"))


def test_a_sent_touchpoint_is_never_drafted_again(world: World) -> None:
    """At most once, ever."""
    world.confirm(world.drafted())
    assert world.draft() is None


def test_the_database_itself_forbids_a_second_hand_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even with every rule blind, there is one holding attempt a key."""
    world.drafted()
    monkeypatch.setattr(deliver, "stop_reason", lambda *facts, today: "")
    assert world.draft() is None
    assert world.states() == [AttemptState.DRAFTED]


# ---------------------------------------------------------------- crashes


def many(world: World, count: int) -> list[str]:
    """Add *count* jobs of Ada and return the keys of their thank-yous."""
    with world.store.write(kind="hand", command="test", now=NOW) as writing:
        ids = [factories.identifier("j") for _ in range(count)]
        for job_id in ids:
            writing.save(factories.job(id=job_id, client_id=world.client.id))
    return [f"{job_id}.thank-you.1" for job_id in ids]


def draft_all(path: Path, keys: list[str], *, settle: bool) -> None:
    """Draft every key, publish, and answer for them: what a run of `send` and of `confirm` does."""
    world = World(path)
    try:
        for key in keys:
            world.draft(world.message(key=key), key=key)
        deliver.publish(world.store, world.folder)
        if settle:
            for number, attempt in enumerate(list(world.store.open_attempts({AttemptState.DRAFTED}))):
                world.confirm(attempt, sent=number % 3 != 0)
            deliver.publish(world.store, world.folder)
    finally:
        world.store.close()


CHILD = """
import sys, pathlib
from tests import test_deliver
print("ready", flush=True)
test_deliver.draft_all(pathlib.Path(sys.argv[1]), sys.argv[3:], settle=sys.argv[2] == "settle")
"""


def start(path: Path, keys: list[str], mode: str) -> subprocess.Popen[str]:
    """Start a run in a process of its own, and wait until it begins."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), mode, *keys],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def check_invariants(world: World, keys: list[str]) -> None:
    """Whatever was killed: at most one hand-over a key, one contact a sent attempt, and a journal that is not ahead."""
    known = {}
    for key in keys:
        attempts = world.store.attempts_of_key(key)
        known.update({one.id: one for one in attempts})
        assert sum(one.state in model.HOLDING_STATES for one in attempts) <= 1
        assert len({one.message_id for one in attempts}) <= 1
    contacts = list(world.store.contacts_of(world.client.id))
    sent = sorted(one.id for one in known.values() if one.state is AttemptState.SENT)
    assert sorted(contact.attempt_id for contact in contacts) == sent
    assert {attempt_id for _, _, attempt_id in world.events()} <= known.keys()
    assert world.store.check() == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("rounds", [6, pytest.param(150, marks=pytest.mark.slow)])
def test_killed_anywhere_nothing_is_lost_or_said_twice(tmp_path: Path, rounds: int) -> None:
    """Runs are killed at random instants; the next whole run finishes the work, and its files fit the rows."""
    world = World(tmp_path).add()
    keys = many(world, 25)
    world.store.close()
    chance = random.Random(rounds)
    killed = 0
    for number in range(rounds):
        process = start(tmp_path, keys, "settle" if number % 2 else "draft")
        time.sleep(chance.uniform(0, 0.25))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        world = World(tmp_path)
        check_invariants(world, keys)
        world.store.close()
    assert killed
    draft_all(tmp_path, keys, settle=False)
    world = World(tmp_path)
    check_invariants(world, keys)
    assert all({AttemptState.DRAFTED, AttemptState.SENT} & set(world.states(key)) for key in keys)
    drafted = {one.file_name: one.message for one in world.store.open_attempts({AttemptState.DRAFTED})}
    assert {path.name: path.read_bytes().decode("ascii") for path in world.folder.glob("*.eml")} == drafted
    assert not list(world.folder.glob("*.tmp*"))
    world.store.close()


def test_two_runs_at_once_draft_each_touchpoint_once(tmp_path: Path) -> None:
    """The database settles who was first; both end well."""
    world = World(tmp_path).add()
    keys = many(world, 15)
    world.store.close()
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(draft_all, tmp_path, keys, settle=number % 2 == 1) for number in range(4)]
        for one in runs:
            one.result()
    world = World(tmp_path)
    check_invariants(world, keys)
    assert all(sum(state in model.HOLDING_STATES for state in world.states(key)) <= 1 for key in keys)
    world.store.close()


def test_a_run_cut_off_between_row_and_file_is_finished_by_the_next(world: World) -> None:
    """The row is the draft; publishing again makes what is missing and removes what is settled."""
    attempt = world.drafted()
    (path,) = deliver.publish(world.store, world.folder)
    with world.store.write(kind="contact", command="confirm", now=NOW) as writing:
        writing.settle_attempt(attempt.id, AttemptState.SENT, now=NOW)
    assert path.exists()
    assert deliver.publish(world.store, world.folder) == []
    assert not path.exists()


# ---------------------------------------------------------------- to one of us


def to_lee(world: World) -> model.Attempt | None:
    """Draft a message to a colleague about Ada's job."""
    return world.draft(world.message(to_address="lee@shop.example", to_name="Lee", to_person="lee"), to_person="lee")


def test_what_goes_to_one_of_us_is_no_contact(world: World) -> None:
    """It was sent, and takes its key; but nobody contacted Ada, and her personal line is not used up."""
    world.add(note="Mind the step")
    attempt = to_lee(world)
    assert attempt is not None
    assert attempt.to_person == "lee"
    assert world.confirm(attempt) is None
    assert world.states() == [AttemptState.SENT]
    assert world.store.contacts_of(world.client.id) == []
    assert world.store.note_of(world.client.id) == "Mind the step"
    assert to_lee(world) is None


@pytest.mark.parametrize(
    "client",
    [{"consent": model.Consent.OPTED_OUT}, {"no_channels": ("email",)}, {"emails": ()}],
)
def test_what_a_client_wants_says_nothing_about_what_we_tell_each_other(world: World, client: dict[str, Any]) -> None:
    """The fence lets it pass, and its draft stays in the folder."""
    world.add(**client)
    assert to_lee(world) is not None
    assert len(deliver.publish(world.store, world.folder)) == 1


def test_nothing_is_said_of_a_client_who_was_erased(world: World) -> None:
    """Not even among ourselves."""
    world.add(erased_on=TODAY)
    assert to_lee(world) is None


def test_what_was_settled_about_its_key_stops_a_word_to_one_of_us(world: World) -> None:
    """Skipped, done or put off: that is said of the word itself; a client's rest is not."""

    def said(kind: InstructionKind, key: str, minutes: int) -> World:
        return world.add(
            model.Instruction(
                id=identity.random_identifier(),
                client_id=world.client.id,
                kind=kind,
                given_at=NOW + timedelta(minutes=minutes),
                on=TODAY,
                key=key,
                until=TODAY + timedelta(days=9),
            )
        )

    key = world.message().key
    said(InstructionKind.SNOOZE, key, 0)
    assert to_lee(world) is None
    said(InstructionKind.RELEASE, key, 1)
    said(InstructionKind.SNOOZE, "", 2)
    assert to_lee(world) is not None
