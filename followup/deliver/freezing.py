"""A message becomes an attempt with its exact bytes, which never change from then on.

Takes messages and the planner's decisions. Gives attempts that are recorded nowhere yet. Touches the store, to read
earlier tries.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING

from followup import identity
from followup.mail import build, reading
from followup.model import Attempt, AttemptState, Decision, Dossier, InstructionKind, Message
from followup.records import dataclass

if TYPE_CHECKING:
    from followup.store import Store


@dataclass(frozen=True, slots=True)
class Frozen:
    """A message whose bytes are made, and what it was decided by."""

    attempt: Attempt
    message: Message
    decision: Decision
    dossier: Dossier


def freeze(
    store: Store,
    home_key: bytes,
    message: Message,
    decision: Decision,
    dossier: Dossier,
    *,
    now: datetime,
    today: date,
    timezone: tzinfo,
    automatic: bool,
) -> Frozen:
    """Make the bytes of *message*, or take those of an earlier try: what was said once is not said differently.

    Args:
        store: read for the earlier tries.
        home_key: what the Message-ID is made with.
        message: an e-mail.
        decision: what the planner said of it.
        dossier: what is known of the client; facts that differ from it later stop the message.
        now: the instant of the attempt, aware; the Date of the bytes is that of the first one.
        today: the home's local day.
        timezone: the home's.
        automatic: nobody looked at the message (RFC 3834).

    Raises:
        BadInput: no message can be made of it.
    """
    attempt = begun(home_key, message, decision, state=AttemptState.CLAIMED, now=now, today=today)
    earlier = _earlier(store, attempt, message, dossier)
    if earlier is not None:
        attempt = replace(attempt, subject=earlier.subject, text=earlier.text, message=earlier.message)
    else:
        attempt = with_bytes(attempt, home_key, message, timezone=timezone, automatic=automatic)
    return Frozen(attempt, message, decision, dossier)


def begun(
    home_key: bytes, message: Message, decision: Decision, *, state: AttemptState, now: datetime, today: date
) -> Attempt:
    """Return a new attempt at *message*, with the Message-ID of every try and no bytes yet."""
    touchpoint_id = identity.message_identifier(home_key, message.key)
    return Attempt(
        id=identity.random_identifier(),
        key=message.key,
        client_id=message.client_id,
        step=decision.step,
        channel=message.channel,
        state=state,
        purpose=message.purpose,
        address=message.to_address,
        subject=message.subject,
        text=message.text,
        message="",
        message_id=build.message_id(touchpoint_id, sender=message.from_address),
        made_at=now,
        on=today,
        job_ids=decision.job_ids,
        person=message.person,
        to_person=decision.to_person,
    )


def with_bytes(
    attempt: Attempt, home_key: bytes, message: Message, *, timezone: tzinfo, automatic: bool = False
) -> Attempt:
    """Return *attempt* with the bytes of *message*; those of a draft open as one (X-Unsent).

    Raises:
        BadInput: no message can be made of it.
    """
    raw = build.to_bytes(
        message,
        message_id=attempt.message_id,
        touchpoint_id=identity.message_identifier(home_key, message.key),
        at=attempt.made_at.astimezone(timezone),
        unsent=attempt.state is AttemptState.DRAFTED,
        automatic=automatic,
    )
    return replace(attempt, message=raw.decode("ascii"))


def _earlier(store: Store, attempt: Attempt, message: Message, dossier: Dossier) -> Attempt | None:
    """Return the latest try with bytes that still hold: made for a mail server, for the same address and sender."""
    if not any(each.key == attempt.key for each in dossier.attempts):
        return None
    for earlier in reversed(store.attempts_of_key(attempt.key)):
        if not earlier.message or earlier.file_name:  # erased, or a draft
            continue
        rewritten = any(
            each.kind is InstructionKind.TEXT and each.key == attempt.key and each.given_at > earlier.made_at
            for each in dossier.instructions
        )
        same = (earlier.address, earlier.message_id) == (attempt.address, attempt.message_id)
        sender = dict(reading.headers(earlier.message.encode("ascii"))).get("From", "")
        return earlier if same and not rewritten and message.from_address.lower() in sender.lower() else None
    return None
