"""Why a message must not go out: what every path to a client asks in the moment of the hand-over.

Takes a dossier, a message and the planner's decision. Gives a reason in words, or nothing. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from datetime import date

from followup import identity
from followup.model import (
    HOLDING_STATES,
    Channel,
    Consent,
    Decision,
    Dossier,
    Instruction,
    InstructionKind,
    Message,
    Purpose,
    Summary,
)


def stop_reason(dossier: Dossier, message: Message, decision: Decision, *, today: date, attempt_id: str = "") -> str:
    """Return why *message* must not go out, or nothing: what may have changed since it was planned.

    Only the rules that stop; delays, budgets and conditions are the planner's (see `changed`). Every path to a client
    asks here, with facts read in the transaction that records the hand-over. *attempt_id* is the attempt that has
    claimed the touchpoint for this message, where one has.
    """
    if reason := gone(dossier) if decision.to_person else unwanted(dossier):
        return reason
    # What the client wants says nothing about what we tell each other.
    of_client = () if decision.to_person else _stops_of_client(dossier, message, decision)
    instructions = _instructions(dossier, decision.key, of_client=not decision.to_person)
    stops = (
        *of_client,
        (any(contact.key == decision.key for contact in dossier.contacts), "it was recorded as done"),
        (
            any(
                one.key == decision.key and one.state in HOLDING_STATES and one.id != attempt_id
                for one in dossier.attempts
            ),
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


def _stops_of_client(dossier: Dossier, message: Message, decision: Decision) -> tuple[tuple[bool, str], ...]:
    client = dossier.client
    address = identity.canonical_address(message.to_address)
    return (
        (message.channel.value in client.no_channels, f"the client does not want to be reached by {message.channel}"),
        (
            message.channel is Channel.EMAIL and address not in map(identity.canonical_address, client.emails),
            f"{message.to_address} is not an address of the client any more",
        ),
        (
            message.channel is Channel.EMAIL and address in dossier.bad_addresses,
            f"a mail server refused {message.to_address} for good: correct it, or `followup mail allow` it",
        ),
        (
            message.purpose is Purpose.MARKETING and not message.unsubscribe,
            "a marketing message needs a way to opt out",
        ),
        (
            decision.ask and any(case.closed_on is None for case in dossier.cases),
            "a case is open: nobody asks this client for a favour",
        ),
    )


def unwanted(dossier: Dossier) -> str:
    """Return why this client must not be written to at all, or nothing."""
    stops = (
        (dossier.client.consent is Consent.OPTED_OUT, "the client opted out"),
        (dossier.suppressed, "an address of the client is on the list of those who asked us to stop"),
    )
    return gone(dossier) or next((reason for holds, reason in stops if holds), "")


def gone(dossier: Dossier) -> str:
    """Return why nothing is said of this client any more, not even among ourselves; or nothing."""
    client = dossier.client
    if client.erased_on is not None:
        return "the client was erased"
    return f"the client was merged into {client.merged_into}" if client.merged_into else ""


CHANGED = "what is known of the client changed while the run was on; the next run decides anew"


def changed(before: Dossier, after: Dossier, *, ours: Container[str] = ()) -> bool:
    """Tell whether facts changed that the planner may have gone by: a new job, a reply, a case, a correction.

    What the run itself writes does not count: attempts in *ours*, their contacts, a personal line that was used up.
    """
    return before != after and _facts(before, ours) != _facts(after, ours)


def _facts(dossier: Dossier, ours: Container[str]) -> tuple[object, ...]:
    attempts = [each.id for each in dossier.attempts if each.id not in ours]  # their states go on by themselves
    return attempts, replace(
        dossier,
        client=replace(dossier.client, note=""),
        summary=Summary(client_id=dossier.client.id),  # follows from the rest
        contacts=tuple(each for each in dossier.contacts if each.attempt_id not in ours),
        attempts=(),
    )


def _instructions(dossier: Dossier, key: str, *, of_client: bool) -> list[Instruction]:
    """Return what the owner decided last about *key* and, if *of_client*, about the whole client; no edited words."""
    latest = {one.key: one for one in dossier.instructions if one.kind is not InstructionKind.TEXT}
    return [latest[about] for about in ((key, "") if of_client else (key,)) if about in latest]
