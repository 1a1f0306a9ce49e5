"""Acts of contact that a person made: calls, letters, visits, what came in; and the cases that come of them.

Takes a Desk and what happened. Gives what was recorded. Touches the store.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from followup import identity
from followup.errors import BadInput, NotFound, UsageError
from followup.model import (
    THEM,
    UNREACHED,
    Case,
    Channel,
    Client,
    Contact,
    Decision,
    Direction,
    InstructionKind,
    Outcome,
    Purpose,
    Record,
    State,
)
from followup.report import words
from followup.workflow import finding, planning
from followup.workflow.desk import Desk

BY_HAND = frozenset({Channel.CALL, Channel.TEXT, Channel.LETTER, Channel.CARD, Channel.VISIT})
"""Channels on which the tool lays out the words and a person acts."""


OF_CALLS = UNREACHED | {Outcome.WRONG_NUMBER}
"""Outcomes that only a call can have."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was written: the contact, the case it opened if any, and what the call's next try is."""

    contact: Contact | None  # None: one of us was told something, or it was seen to, which is no contact
    client: Client
    case: Case | None = None
    decision: Decision | None = None
    next: Decision | None = None  # the same touchpoint afterwards
    unheard: Case | None = None  # an open one that the contact may have been about; nobody said so


def by_hand(desk: Desk) -> list[planning.Found]:
    """Return the calls, texts and letters that wait now, urgent first."""
    return [
        found
        for found in planning.due_with_dossiers(desk)
        if found.decision.channel in BY_HAND and found.decision.state in (State.DUE, State.REVIEW)
    ]


def done(
    desk: Desk,
    target: str,
    *,
    outcome: Outcome | None = None,
    note: str = "",
    by: str = "",
    on: date | None = None,
    channel: Channel | None = None,
) -> Recorded:
    """Record that a touchpoint was made by hand, and open a case when the client is unhappy.

    Args:
        desk: the desk.
        target: a key, the beginning of one, or a client's name.
        outcome: how it went; a call without one counts as made.
        note: what was said.
        by: who did it; the person at the desk unless told.
        on: the day, today unless told.
        channel: how it was done, where not by the step's own channel.
    """
    waiting = [found.decision for found in planning.due_with_dossiers(desk)]
    who = desk.store.find_clients(target) if outcome is not None and not _is_key(target, waiting) else []
    if len(who) == 1:
        # An outcome means that somebody rang: of all that waits for a client it is the call, and never a message.
        waiting = [each for each in waiting if each.client_id == who[0].id and each.channel == Channel.CALL]
        if not waiting:
            name = words.client(who[0])
            raise NotFound(
                f"No call to {name} waits. `followup log '{target}' --outcome {outcome}` records one that was made all "
                f"the same; `followup why {who[0].id}` shows the keys for `followup done KEY`."
            )
    decision = finding.decision(desk, target, of=waiting)
    return done_for(desk, decision, outcome=outcome, note=note, by=by, on=on, channel=channel)


def _is_key(target: str, waiting: list[Decision]) -> bool:
    is_prefix = len(target) >= finding.MIN_PREFIX and any(each.key.startswith(target) for each in waiting)
    return is_prefix or identity.split_key(target) is not None


def done_for(
    desk: Desk,
    decision: Decision,
    *,
    outcome: Outcome | None = None,
    note: str = "",
    by: str = "",
    on: date | None = None,
    channel: Channel | None = None,
) -> Recorded:
    """Record that the touchpoint of *decision* was made by hand; of one that is for one of us only that it is done."""
    finding.refuse_settled(decision)
    if decision.to_person:
        return _seen_to(desk, decision, outcome=outcome, note=note)
    how = channel or decision.channel or Channel.CALL
    if outcome in OF_CALLS and how is not Channel.CALL:
        raise UsageError(
            f"{decision.key} goes by {words.channel(how)}; {outcome} is how a call ends. "
            "If you rang instead, say so: --channel call."
        )
    contact = _contact(
        desk,
        client_id=decision.client_id,
        channel=how,
        direction=Direction.OUT,
        outcome=outcome,
        note=note,
        by=by,
        on=on,
    )
    contact = replace(
        contact,
        key=decision.key,
        step=decision.step,
        purpose=decision.purpose,
        job_id=decision.job_ids[0] if decision.job_ids else decision.occasion.job_id,
        summary=words.step_name(decision.step),
    )
    return replace(_record(desk, contact, command="done"), decision=decision)


def _seen_to(desk: Desk, decision: Decision, *, outcome: Outcome | None, note: str) -> Recorded:
    if outcome is not None:
        raise UsageError(
            f"{decision.key} is for one of you, and nobody was contacted. Say `followup done {decision.key}`; "
            "`followup log` records what you said to the client."
        )
    planning.instruct(
        desk,
        client_id=decision.client_id,
        kind=InstructionKind.DONE,
        command="done",
        key=decision.key,
        reason=note,
    )
    return Recorded(None, finding.by_id(desk, decision.client_id), decision=decision)


def log(
    desk: Desk,
    client_text: str,
    *,
    channel: Channel,
    direction: Direction,
    outcome: Outcome | None = None,
    note: str = "",
    summary: str = "",
    by: str = "",
    on: date | None = None,
    stands_for: str = "",
    job: str = "",
    score: int | None = None,
) -> Recorded:
    """Record any contact with a client; *stands_for* names the touchpoint that it settles, *score* is 0 to 10."""
    client = finding.living(desk, client_text)
    contact = _contact(
        desk,
        client_id=client.id,
        channel=channel,
        direction=direction,
        outcome=outcome,
        note=note,
        by=by,
        on=on,
    )
    contact = replace(contact, job_id=_job_of(desk, client, job), score=score)
    if stands_for:
        of_client = planning.decisions_of(desk, client.id)
        named = [each for each in of_client if each.step == stands_for and each.state in planning.COMING]
        first = min(named, key=lambda each: each.due_on or date.max, default=None)
        decision = first or finding.decision(desk, stands_for, of=of_client)
        if decision.client_id != client.id:
            raise BadInput(f"{decision.key} is about another client than {words.client(client)}.")
        finding.refuse_settled(decision)
        contact = replace(
            contact,
            key=decision.key,
            step=decision.step,
            purpose=decision.purpose,
            job_id=contact.job_id or (decision.job_ids[0] if decision.job_ids else ""),
        )
    return _record(desk, replace(contact, summary=summary), command="log")


def _job_of(desk: Desk, client: Client, text: str) -> str:
    if not text:
        return ""
    found = finding.job(desk, text)
    if found.client_id != client.id:
        raise BadInput(f"Job {found.id} is not a job for {words.client(client)}.")
    return found.id


def in_place_of(
    desk: Desk,
    record: Record,
    step: str,
    *,
    channel: Channel,
    summary: str,
    note: str,
    on: date | None = None,
    by: str = "",
) -> Contact:
    """Return the contact by which a person did what *step* of *record* would have said; not kept yet."""
    contact = _contact(
        desk,
        client_id=record.client_id,
        channel=channel,
        direction=Direction.OUT,
        outcome=None,
        note=note,
        by=by,
        on=on,
    )
    return replace(
        contact,
        key=identity.touchpoint_key(record.id, step, 1),
        step=step,
        purpose=Purpose.SERVICE,
        job_id=record.job_id,
        summary=summary,
    )


def _contact(
    desk: Desk,
    *,
    client_id: str,
    channel: Channel,
    direction: Direction,
    outcome: Outcome | None,
    note: str,
    by: str,
    on: date | None,
) -> Contact:
    day = on or desk.today
    if day > desk.today:
        raise BadInput(f"{day} is in the future: a contact is recorded after it happened.")
    at = desk.now() if day == desk.today else desk.noon(day)
    return Contact(
        id=identity.random_identifier(),
        client_id=client_id,
        channel=channel,
        direction=direction,
        at=at,
        on=day,
        by=desk.find_person(by).id if by else desk.person,
        outcome=outcome,
        note=note,
    )


def _record(desk: Desk, contact: Contact, *, command: str) -> Recorded:
    from followup.care import starting
    from followup.workflow import care  # reads what is typed, with all that takes; the screen asks for BY_HAND alone

    client = finding.by_id(desk, contact.client_id)
    case: Case | None = None
    with desk.store.write(kind="contact", command=command, person=desk.person, now=desk.now()) as write:
        write.save(contact)
        known = desk.store.care(Case, open_only=True, client_id=client.id)
        for each in known:
            if contact.key.startswith(f"{each.id}."):
                write.save(starting.heard(each, contact))
        if contact.outcome == Outcome.UNHAPPY and not known:
            opened = {"job_id": contact.job_id, "summary": contact.note, "opened_by": THEM, "opened_on": contact.on}
            case = starting.heard(care.begun(desk, Case, client, opened), contact)
            write.save(case)
    again = None
    if contact.key and contact.outcome in UNREACHED:
        of_client = planning.decisions_of(desk, client.id)
        again = next((each for each in of_client if each.key == contact.key), None)
    spoke_freely = not contact.key and starting.talked(contact)
    unheard = next((each for each in known if spoke_freely and each.acknowledged_at is None), None)
    return Recorded(contact, client, case, next=again, unheard=unheard)
