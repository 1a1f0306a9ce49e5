"""Hand messages over, at most once: claim, check, hand over, outcome.

Takes a store, a journal and messages. Gives attempts and contacts. Touches the store, the journal and, in `publish`,
the drafts folder. A message becomes a row first and a file second, so whatever is killed in between loses nothing and
says nothing twice: the next `publish` makes the file from the stored bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from followup import identity
from followup.mail import build, drafts
from followup.model import (
    HOLDING_STATES,
    Attempt,
    AttemptState,
    Channel,
    Consent,
    Contact,
    Decision,
    Direction,
    Dossier,
    Instruction,
    InstructionKind,
    Message,
    Outcome,
    Purpose,
)

if TYPE_CHECKING:
    from followup.files import Journal
    from followup.store import Store

UNSETTLED = frozenset({AttemptState.DRAFTED, AttemptState.UNKNOWN})
"""States of an attempt that a person can settle: did it go out?"""


def draft(
    store: Store,
    journal: Journal,
    home_key: bytes,
    message: Message,
    decision: Decision,
    *,
    now: datetime,
    today: date,
    timezone: tzinfo,
    person: str,
) -> Attempt | None:
    """Freeze *message* into bytes and record it as drafted; `publish` then makes its file.

    Args:
        store: written to in one transaction, in which every stop rule is checked again.
        journal: gets one line with identifiers after the row is safe.
        home_key: what the Message-ID is made with.
        message: an e-mail. Texts, calls and letters are listed, not drafted.
        decision: what the planner said of it.
        now: the instant of the attempt, aware.
        today: the home's local day.
        timezone: the home's, for the Date that the client sees.
        person: who gives the command.

    Returns:
        The attempt; None when a stop rule holds by now (`stop_reason` says which), or when the touchpoint was handed
        over already, by this run, another one or an earlier one.

    Raises:
        BadInput: the message cannot be made into bytes; nothing was recorded.
    """
    if message.channel is not Channel.EMAIL:
        raise ValueError(f"{message.channel} cannot be drafted")
    if (message.key, message.client_id) != (decision.key, decision.client_id):
        raise ValueError(f"the message is for {message.key} and the decision for {decision.key}")
    touchpoint_id = identity.message_identifier(home_key, message.key)
    message_id = build.message_id(touchpoint_id, sender=message.from_address)
    raw = build.to_bytes(
        message, message_id=message_id, touchpoint_id=touchpoint_id, at=now.astimezone(timezone), unsent=True
    )
    attempt = Attempt(
        id=identity.random_identifier(),
        key=message.key,
        client_id=message.client_id,
        step=decision.step,
        channel=message.channel,
        state=AttemptState.DRAFTED,
        purpose=message.purpose,
        address=message.to_address,
        subject=message.subject,
        text=message.text,
        message=raw.decode("ascii"),
        message_id=message_id,
        made_at=now,
        on=today,
        job_ids=decision.job_ids,
        person=message.person,
        file_name=drafts.file_name(on=today, client_name=message.to_name, key=message.key),
    )
    with store.write(kind="contact", command="send", person=person, now=now) as writing:
        dossier = store.dossiers([message.client_id]).get(message.client_id)
        if dossier is None or stop_reason(dossier, message, decision, today=today):
            return None
        if writing.is_suppressed(message.to_address) or not writing.insert_attempt(attempt):
            return None
    journal.append(at=now, event=attempt.state.value, key=attempt.key, attempt_id=attempt.id)
    return attempt


def stop_reason(dossier: Dossier, message: Message, decision: Decision, *, today: date) -> str:
    """Return why *message* must not go out, or nothing: what may have changed since it was planned.

    Only the rules that stop; delays, budgets and conditions are the planner's. Every path to a client asks here, with
    facts read in the transaction that records the hand-over.
    """
    if reason := unwanted(dossier):
        return reason
    client = dossier.client
    address = identity.canonical_address(message.to_address)
    instructions = _instructions(dossier, decision.key)
    stops = (
        (message.channel.value in client.no_channels, f"the client does not want to be reached by {message.channel}"),
        (
            message.channel is Channel.EMAIL and address not in map(identity.canonical_address, client.emails),
            f"{message.to_address} is not an address of the client any more",
        ),
        (
            message.purpose is Purpose.MARKETING and not message.unsubscribe,
            "a marketing message needs a way to opt out",
        ),
        (
            decision.ask and any(case.resolved_on is None for case in dossier.cases),
            "a case is open: nobody asks this client for a favour",
        ),
        (any(contact.key == decision.key for contact in dossier.contacts), "it was recorded as done"),
        (
            any(one.key == decision.key and one.state in HOLDING_STATES for one in dossier.attempts),
            "it was handed over already",
        ),
        (any(one.kind is InstructionKind.SKIP for one in instructions), "you said to skip it"),
        (any(one.kind is InstructionKind.DONE for one in instructions), "you said that it is done"),
        (
            any(one.kind is InstructionKind.SNOOZE and one.until and one.until > today for one in instructions),
            "you snoozed it",
        ),
    )
    return next((reason for holds, reason in stops if holds), "")


def unwanted(dossier: Dossier) -> str:
    """Return why this client must not be written to at all, or nothing."""
    client = dossier.client
    stops = (
        (client.erased_on is not None, "the client was erased"),
        (client.merged_into != "", f"the client was merged into {client.merged_into}"),
        (client.consent is Consent.OPTED_OUT, "the client opted out"),
        (dossier.suppressed, "an address of the client is on the list of those who asked us to stop"),
    )
    return next((reason for holds, reason in stops if holds), "")


def publish(store: Store, folder: Path) -> list[Path]:
    """Make the drafts folder show what is drafted, and return the files of the drafts.

    To be called after every `draft` and `confirm` of a run, at the start of the next one in case it was cut off, and
    after an opt-out or an erasure: a draft for somebody who said stop leaves the folder at once, so that nobody sends
    it by hand. Its row stays drafted until a person says whether it had gone out before.
    """
    waiting = list(store.open_attempts({AttemptState.DRAFTED}))
    dossiers = store.dossiers({attempt.client_id for attempt in waiting})
    return drafts.write(folder, (one for one in waiting if one.message and _may_be_shown(one, dossiers)))


def _may_be_shown(attempt: Attempt, dossiers: Mapping[str, Dossier]) -> bool:
    dossier = dossiers.get(attempt.client_id)
    return dossier is not None and not unwanted(dossier)


def confirm(
    store: Store,
    journal: Journal,
    attempt: Attempt,
    *,
    sent: bool,
    now: datetime,
    today: date,
    person: str,
    on: date | None = None,
) -> Contact | None:
    """Record a person's answer to "did this go out?".

    Sent makes a contact, dated like the draft: so confirming a week later moves nothing that counts from it. Not sent
    cancels the attempt, and the touchpoint is due again. A second answer changes nothing.

    Args:
        store: written to in one transaction.
        journal: gets one line with identifiers after the row is safe.
        attempt: was drafted or unknown when it was read; its state is looked at again in the transaction.
        sent: the answer.
        now: the instant of the answer, aware.
        today: the home's local day of the answer.
        person: who answers.
        on: the day on which it went out, where that is known better.

    Returns:
        The contact, or None when nothing went out or somebody answered before.

    Raises:
        NotFound: there is no such attempt.
    """
    contact: Contact | None = None
    state = AttemptState.SENT if sent else AttemptState.CANCELLED
    with store.write(kind="contact", command="confirm", person=person, now=now) as writing:
        if not writing.settle_attempt(attempt.id, state, now=now, expected=UNSETTLED):
            return None
        if sent:
            contact = _contact(attempt, on=min(on or attempt.on, today), now=now, person=person)
            writing.save(contact)
    journal.append(at=now, event=state.value, key=attempt.key, attempt_id=attempt.id)
    return contact


def _contact(attempt: Attempt, *, on: date, now: datetime, person: str) -> Contact:
    return Contact(
        id=identity.random_identifier(),
        client_id=attempt.client_id,
        channel=attempt.channel,
        direction=Direction.OUT,
        at=attempt.made_at if on == attempt.on else now,
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


def _instructions(dossier: Dossier, key: str) -> list[Instruction]:
    """Return what the owner decided last about *key* and about the whole client; edited words decide nothing."""
    latest = {one.key: one for one in dossier.instructions if one.kind is not InstructionKind.TEXT}
    return [latest[about] for about in (key, "") if about in latest]
