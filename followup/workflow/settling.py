"""Did it go out? What the journal knows of a killed run; what a person answers about drafts and unknown hand-overs.

Takes a Desk, attempts and an answer. Gives contacts, and the evidence to answer by. Touches the store, the journal and
the drafts folder, through `deliver`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from enum import StrEnum

from followup import cells, deliver, identity
from followup.errors import Ambiguous, NotFound, TryLater
from followup.model import Attempt, AttemptState, InstructionKind
from followup.report import words
from followup.workflow import finding, journal, planning
from followup.workflow.desk import Desk

IN_HAND = frozenset({AttemptState.CLAIMED, AttemptState.HANDING_OVER})
"""States of what a run has in hand: one at work, or one that was killed."""


class Answer(StrEnum):
    """What a person can say of a message that may have gone out."""

    SENT = "sent"  # it did, and becomes a contact
    NOT_SENT = "not-sent"  # it did not, and is due again
    CANCEL = "cancel"  # whether or not: never again


def recover(desk: Desk) -> deliver.Recovered:
    """Settle what a killed run left open, so that it is planned, counted and asked about as what it is.

    Nothing is done while another run is at work, because what it has claimed is its own; nor while the journal is ahead
    of the database, because a person has to look at that first.
    """
    left = desk.store.open_attempts(IN_HAND)
    if next(left, None) is not None and not journal.ahead(desk):
        with suppress(TryLater), desk.lock(wait_seconds=0):
            return recover_locked(desk)
    return deliver.Recovered()


def recover_locked(desk: Desk) -> deliver.Recovered:
    """Do what `recover` does, for who holds the lock and has looked at the journal."""
    return deliver.recover(desk.store, desk.journal, now=desk.now(), timezone=desk.zone, person=desk.person)


def waiting(desk: Desk, states: Collection[AttemptState] = ()) -> list[Attempt]:
    """Return what is in *states*, oldest first; without any, what a person has to settle."""
    return sorted(desk.store.open_attempts(states or deliver.UNSETTLED), key=lambda each: (each.made_at, each.key))


def named(desk: Desk, text: str) -> Attempt:
    """Return the one attempt that *text* means: a key, the beginning of one, a file name, or its client."""
    asked = waiting(desk)
    found = [each for each in asked if text in (each.key, each.file_name)]
    if not found and len(text) >= finding.MIN_PREFIX:
        found = [each for each in asked if each.key.startswith(text)]
        others = finding.others_of_that_name(desk, text, owners={each.client_id for each in found}) if found else []
        if others:
            candidates = (*(each.key for each in found), *map(finding.describe_client, others))
            raise Ambiguous(f"'{cells.short(text)}'", candidates)
    if not found and identity.split_key(text) is not None:
        raise NotFound(f"Nothing of {text} waits to be confirmed. `followup why {text}` says how it stands.")
    if not found:
        who = finding.client(desk, text)
        found = [each for each in asked if each.client_id == who.id]
    if not found:
        raise NotFound(f"Nothing of '{cells.short(text)}' waits to be confirmed. `followup confirm` lists what does.")
    if len(found) > 1:
        raise Ambiguous(f"'{cells.short(text)}'", (f"{each.key}  {each.subject}" for each in found))
    return found[0]


def settle(desk: Desk, attempts: Iterable[Attempt], answer: Answer) -> list[Attempt]:
    """Record the answer for each, and return those that it settled: somebody else may have answered before.

    A message that did not go out keeps its bytes and its Message-ID for the next try.
    """
    settled = []
    becomes = AttemptState.SENT if answer is Answer.SENT else AttemptState.CANCELLED
    with desk.lock():
        for attempt in attempts:
            if answer is Answer.CANCEL:
                _skip(desk, attempt)  # first: cut off between the two, it must not be due again
            deliver.confirm(
                desk.store,
                desk.journal,
                attempt,
                sent=answer is Answer.SENT,
                now=desk.now(),
                today=desk.today,
                person=desk.person,
            )
            if desk.store.attempt_states([attempt.id]).get(attempt.id) is becomes:
                settled.append(attempt)
        deliver.publish(desk.store, desk.home.drafts_path)
    return settled


def _skip(desk: Desk, attempt: Attempt) -> None:
    """Never say it again. Not a change by hand: undoing that must not send what may have gone out."""
    planning.instruct(
        desk,
        client_id=attempt.client_id,
        kind=InstructionKind.SKIP,
        command="confirm --cancel",
        key=attempt.key,
        reason="it may have gone out, and you said never again",
        batch="contact",
    )


def evidence(desk: Desk, attempt: Attempt) -> Iterator[str]:
    """Yield what is known of a hand-over of which nobody saw the end: when, to whom, what, and how it broke off."""
    at = attempt.handed_over_at or attempt.settled_at or attempt.made_at
    local = desk.local(at)
    client = desk.store.client(attempt.client_id)
    who = words.client(client, client_id=attempt.client_id) or "somebody whom this database does not know"
    lines = (
        f"{words.long_day(local.date())} {local:%H:%M:%S}  to {who} <{attempt.address or 'address not known'}>",
        f"  Subject: {attempt.subject or 'not known'}  ({attempt.key})",
        f"  Message-ID: {attempt.message_id or 'not known'}",
        f"  {_last_word(attempt)}",
    )
    yield from map(cells.printable, lines)


def _last_word(attempt: Attempt) -> str:
    if attempt.server_said == deliver.BROKEN_OFF:
        return f"What is known: {attempt.server_said}"
    return f"The server's last words: {attempt.server_said or 'none were kept'}"


LOOK = "Look into the Sent folder of your mail account, for the time and the Message-ID. One that is there went out."
"""Where proof may lie. What is not there may have gone out all the same: many servers file nothing."""


def stranded(desk: Desk, client_id: str, *, job_id: str = "") -> Sequence[Attempt]:
    """Return drafts that were right when they were made: of a job that is open again, else the asks of a client.

    Nobody but the owner can hold them back, because only the owner's mail program can send them.
    """
    asks = {step.name for step in desk.settings.steps if step.ask}
    return [
        each
        for each in waiting(desk, {AttemptState.DRAFTED})
        if each.client_id == client_id and (job_id in each.job_ids if job_id else each.step in asks)
    ]
