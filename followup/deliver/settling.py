"""What became of a hand-over: a person's answer, or what a run that broke off left behind.

Takes a store, a journal and attempts. Gives contacts. Touches the store and the journal.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING

from followup import identity
from followup.model import Attempt, AttemptState, Contact, Direction, Outcome
from followup.records import dataclass

if TYPE_CHECKING:
    from followup.files import Entry, Journal
    from followup.store import Store, Writer

UNSETTLED = frozenset({AttemptState.DRAFTED, AttemptState.UNKNOWN})
"""States of an attempt that a person can settle: did it go out?"""

NEVER_LEFT = "the run ended before it was handed over"
BROKEN_OFF = "the run broke off after the text was handed over; no answer was kept"

_ANSWERS = frozenset(
    {AttemptState.SENT, AttemptState.TEMPORARY, AttemptState.PERMANENT, AttemptState.UNKNOWN, AttemptState.CANCELLED}
)


def confirm(
    store: Store,
    journal: Journal,
    attempt: Attempt,
    *,
    sent: bool,
    now: datetime,
    today: date,
    person: str,
) -> Contact | None:
    """Record a person's answer to "did this go out?".

    Sent makes a contact, dated like the draft or the hand-over: so confirming a week later moves nothing that counts
    from it. Not sent cancels the attempt, and the touchpoint is due again. A second answer changes nothing.

    Args:
        store: written to in one transaction.
        journal: gets one line with identifiers after the row is safe.
        attempt: was drafted or unknown when it was read; its state is looked at again in the transaction.
        sent: the answer.
        now: the instant of the answer, aware.
        today: the home's local day of the answer.
        person: who answers.

    Returns:
        The contact, or None when nothing went out, when it went to one of us, or when somebody answered before.

    Raises:
        NotFound: there is no such attempt.
    """
    contact: Contact | None = None
    state = AttemptState.SENT if sent else AttemptState.CANCELLED
    with store.write(kind="contact", command="confirm", person=person, now=now) as writing:
        if not writing.settle_attempt(attempt.id, state, now=now, expected=UNSETTLED):
            return None
        if sent:
            contact = went_out(store, writing, attempt, on=min(attempt.on, today), now=now, person=person)
    journal.append(at=now, event=state.value, key=attempt.key, attempt_id=attempt.id)
    return contact


def went_out(
    store: Store, writing: Writer, attempt: Attempt, *, on: date, now: datetime, person: str
) -> Contact | None:
    """Keep the contact that *attempt* became on the day *on*; what went to one of us is none."""
    if attempt.to_person:
        return None
    contact = contact_of(attempt, on=on, now=now, person=person)
    writing.save(contact)
    use_up_note(store, writing, attempt)
    return contact


def contact_of(attempt: Attempt, *, on: date, now: datetime, person: str) -> Contact:
    """Return the contact that a message became on the day *on*; its instant is that of the hand-over, if that day's."""
    return Contact(
        id=identity.random_identifier(),
        client_id=attempt.client_id,
        channel=attempt.channel,
        direction=Direction.OUT,
        at=(attempt.handed_over_at or attempt.made_at) if on == attempt.on else now,
        on=on,
        purpose=attempt.purpose,
        key=attempt.key,
        step=attempt.step,
        job_id=attempt.job_ids[0] if attempt.job_ids else "",
        by=attempt.person or person,
        outcome=Outcome.SENT,
        summary=attempt.subject,
        reference=attempt.message_id,
        attempt_id=attempt.id,
    )


def use_up_note(store: Store, writing: Writer, attempt: Attempt) -> None:
    """Blank the client's personal line when *attempt* has said it: it is for one message."""
    note = store.note_of(attempt.client_id)
    if note and note in attempt.text and (client := store.client(attempt.client_id)) is not None:
        writing.save(replace(client, note=""))


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a run that was killed had left open, and what it is now."""

    attempts: tuple[Attempt, ...] = ()

    @property
    def unknown(self) -> tuple[Attempt, ...]:
        """Return those of which a person has to find out whether they went out."""
        return tuple(each for each in self.attempts if each.state is AttemptState.UNKNOWN)


def recover(store: Store, journal: Journal, *, now: datetime, timezone: tzinfo, person: str) -> Recovered:
    """Settle what a run that was killed left open, in one transaction. Whoever calls holds the lock.

    What was only claimed never left. What was being handed over is what the journal says the server answered, and
    `unknown` where it says nothing: no time-out and no guess decides that. Whether an address was at fault stands in no
    journal: the next try finds that out.

    Args:
        store: written to, when there is anything.
        journal: read for answers that the database did not get any more; gets a line for each that was settled.
        now: the instant, aware.
        timezone: the home's, for the day of a contact.
        person: who runs the command.
    """
    left = list(store.open_attempts({AttemptState.CLAIMED, AttemptState.HANDING_OVER}))
    if not left:
        return Recovered()
    answers = _answers(journal, {each.id for each in left if each.state is AttemptState.HANDING_OVER})
    settled: list[tuple[Attempt, AttemptState]] = []
    with store.write(kind="contact", command="recover", person=person, now=now) as writing:
        for attempt in left:
            state, at, said = AttemptState.CANCELLED, now, NEVER_LEFT
            if attempt.state is AttemptState.HANDING_OVER:
                answer = answers.get(attempt.id)
                state, at = (AttemptState(answer.event), answer.at) if answer else (AttemptState.UNKNOWN, now)
                said = BROKEN_OFF if state is AttemptState.UNKNOWN else "as the journal says"
            if not writing.settle_attempt(attempt.id, state, now=at, server_said=said, expected={attempt.state}):
                continue
            if state is AttemptState.SENT:
                on = at.astimezone(timezone).date()
                went_out(store, writing, attempt, on=on, now=at, person=person)
            settled.append((attempt, state))
    for attempt, state in settled:
        journal.append(at=now, event=state.value, key=attempt.key, attempt_id=attempt.id)
    found = (store.attempt(attempt.id) for attempt, _ in settled)
    return Recovered(tuple(each for each in found if each is not None))


def _answers(journal: Journal, ids: set[str]) -> dict[str, Entry]:
    """Return the last line of the journal about each of *ids* that says what the server answered."""
    if not ids:
        return {}
    return {each.attempt_id: each for each in journal.entries() if each.attempt_id in ids and each.event in _ANSWERS}
