"""Drafts: a message becomes a row first and a file second.

Takes a store, a journal and messages. Gives attempts. Touches the store, the journal and, in `publish`, the drafts
folder. Whatever is killed in between loses nothing and says nothing twice: the next `publish` makes the file from the
stored bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, tzinfo
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from followup.deliver import freezing, rules
from followup.mail import drafts
from followup.model import Attempt, AttemptState, Channel, Decision, Dossier, Message

if TYPE_CHECKING:
    from followup.files import Journal
    from followup.store import Store

CHUNK = 100
"""How many drafts and dossiers are in memory at a time."""


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
        The attempt; None when a stop rule holds by now (`rules.stop_reason` says which), or when the touchpoint was
        handed over already, by this run, another one or an earlier one.

    Raises:
        BadInput: the message cannot be made into bytes; nothing was recorded.
    """
    if message.channel is not Channel.EMAIL:
        raise ValueError(f"{message.channel} cannot be drafted")
    if (message.key, message.client_id) != (decision.key, decision.client_id):
        raise ValueError(f"the message is for {message.key} and the decision for {decision.key}")
    begun = freezing.begun(home_key, message, decision, state=AttemptState.DRAFTED, now=now, today=today)
    file_name = drafts.file_name(on=today, client_name=message.to_name, key=message.key)
    attempt = replace(freezing.with_bytes(begun, home_key, message, timezone=timezone), file_name=file_name)
    with store.write(kind="contact", command="send", person=person, now=now) as writing:
        dossier = store.dossiers([message.client_id]).get(message.client_id)
        if dossier is None or rules.stop_reason(dossier, message, decision, today=today):
            return None
        if not decision.to_person and writing.is_suppressed(message.to_address):
            return None
        if not writing.insert_attempt(attempt):
            return None
    journal.append(at=now, event=attempt.state.value, key=attempt.key, attempt_id=attempt.id)
    return attempt


def publish(store: Store, folder: Path) -> list[Path]:
    """Make the drafts folder show what is drafted, and return the files of the drafts.

    To be called after every `draft` and `confirm` of a run, at the start of the next one in case it was cut off, and
    after an opt-out or an erasure: a draft for somebody who said stop leaves the folder at once, so that nobody sends
    it by hand. Its row stays drafted until a person says whether it had gone out before.
    """
    return drafts.write(folder, _shown(store))


def _shown(store: Store) -> Iterator[Attempt]:
    """Yield what the folder is to hold, a chunk at a time: thousands may wait, each with its bytes."""
    waiting = store.open_attempts({AttemptState.DRAFTED})
    while chunk := list(islice(waiting, CHUNK)):
        dossiers = store.dossiers({attempt.client_id for attempt in chunk})
        yield from (one for one in chunk if one.message and _may_be_shown(one, dossiers))


def _may_be_shown(attempt: Attempt, dossiers: Mapping[str, Dossier]) -> bool:
    dossier = dossiers.get(attempt.client_id)
    stop = rules.gone if attempt.to_person else rules.unwanted
    return dossier is not None and not stop(dossier)
