"""Clients who may be unhappy or drifting: found, taken up, or dismissed.

Takes a Desk. Gives concerns. Touches the store: to keep a case that is opened because of one, and what was dismissed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from followup import cadence, identity
from followup.care import concerns
from followup.care.concerns import Act, Concern, Sign
from followup.errors import BadInput, NotFound
from followup.model import (
    AnchorWindow,
    Case,
    Client,
    Decision,
    Instruction,
    InstructionKind,
)
from followup.records import dataclass
from followup.report import words
from followup.store.reading import DOSSIERS
from followup.workflow import finding, planning
from followup.workflow.desk import Desk

_FOR_MONTHS = 4
"""So many days a span of months may be longer or shorter than another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A concern together with the client."""

    concern: Concern
    client: Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of a concern that was taken up: the case, and what the client hears next."""

    case: Case
    client: Client
    next: tuple[Decision, ...] = ()


def ways(desk: Desk) -> concerns.Ways:
    """Return what the settings say of what is late, low, again and quiet."""
    return concerns.Ways(
        calendar=desk.calendar,
        answer=desk.settings.enquiries.answer,
        return_within=desk.settings.cases.return_within,
        low=desk.settings.feedback.low,
        quiet=desk.settings.quiet,
        services=desk.settings.services,
    )


def find(desk: Desk) -> list[Found]:
    """Return the clients to worry about, the heaviest first; asked of recent days, whatever the length of history."""
    rules = ways(desk)  # before the snapshot: looking up public holidays may write
    with desk.store.snapshot():
        found = list(_found(desk, sorted(_troubled(desk)), rules))
    return sorted(found, key=lambda each: (-each.concern.score, each.concern.client_id))


def of_client(desk: Desk, text: str) -> Found:
    """Return the concern that *text* means: a client by any name, of those that are a concern."""
    client = finding.client(desk, text)
    for each in _found(desk, [client.id], ways(desk)):
        return each
    raise NotFound(f"{words.client(client)} is no concern now. `followup concerns` lists who is.")


def accept(desk: Desk, found: Found) -> Taken:
    """Take up a concern: open the case that is proposed, as ours; where a call comes first, without a message.

    Raises:
        BadInput: a case of that client is open already.
    """
    from followup.workflow import care, cases  # read what is typed, with all that takes; the screen only asks `find`

    proposal, client = found.concern.proposal, found.client
    if proposal.act is Act.CASE:
        raise BadInput(
            f"Case {proposal.case_id} of {words.client(client)} is open already. "
            f"`followup case show {proposal.case_id}` shows what comes next."
        )
    now = desk.now()
    told = {
        "summary": proposal.summary,
        "cause": proposal.cause,
        "job_id": proposal.job_id,
        "return_of": proposal.return_of,
    }
    # Not `begun`: whether the trouble came back was judged with the rest of the concern.
    case = care.new(desk, Case, client, told)
    care.check(desk, case, before=None)
    with desk.store.write(kind="hand", command="concerns --accept", person=desk.person, now=now) as write:
        write.save(case)
        for step in cases.ACKNOWLEDGEMENTS if proposal.act is Act.CALL else ():
            write.save(
                Instruction(
                    id=identity.random_identifier(),
                    client_id=client.id,
                    kind=InstructionKind.SKIP,
                    given_at=now,
                    on=desk.today,
                    key=identity.touchpoint_key(case.id, step, 1),
                    reason="a call comes first",
                )
            )
    coming = (
        each
        for each in planning.decisions_of(desk, client.id, weeks=2)
        if each.occasion.fact_id == case.id and each.state in planning.COMING and not each.to_person
    )
    return Taken(case=case, client=client, next=tuple(sorted(coming, key=lambda each: each.act_on or desk.today)))


def dismiss(desk: Desk, found: Found, *, days: int | None = None, reason: str = "") -> date | None:
    """Keep that a concern was looked at: it comes back when something new is seen, or after so many days.

    Returns the day until which it is not shown, if there is one.
    """
    until = desk.today + timedelta(days=days) if days is not None else None
    planning.instruct(
        desk,
        client_id=found.client.id,
        kind=InstructionKind.SKIP if until is None else InstructionKind.SNOOZE,
        command="concerns --dismiss",
        key=identity.touchpoint_key(found.client.id, concerns.STEP, 1),
        until=until,
        reason=reason,
    )
    return until


def _troubled(desk: Desk) -> set[str]:
    """Return the clients who show any sign in the days on which it counts."""
    found: set[str] = set()
    for sign in Sign:
        since = concerns.since(sign, desk.today)
        if sign is Sign.SILENCE:
            found.update(desk.store.candidates(_silent(desk, since)))
            continue
        more: dict[str, object] = {}
        if sign is Sign.REWORK:
            more["since"] = _back(desk, since)
        elif sign is Sign.SCORE:
            more["low"] = desk.settings.feedback.low
        found.update(desk.store.troubled(sign, since, desk.today, **more))
    return found


def _back(desk: Desk, day: date) -> date:
    """Return the first day on which work can have been done that *day* would do again."""
    within = desk.settings.cases.return_within
    return day - (cadence.add(within, day, desk.calendar) - day) - timedelta(days=_FOR_MONTHS)


def _silent(desk: Desk, since: date) -> Iterator[AnchorWindow]:
    """Yield where to look for clients who turned quiet since a day, by their usual gap."""
    for gap in desk.store.usual_gaps():
        quiet = cadence.quiet_on(desk.today, gap, quiet=desk.settings.quiet, calendar=desk.calendar)
        own = quiet - desk.today
        yield AnchorWindow(
            field="summary.last_job_on",
            from_on=since - own - timedelta(days=_FOR_MONTHS),
            to_on=desk.today - own + timedelta(days=_FOR_MONTHS),
            gap_days=gap,
        )


def _found(desk: Desk, ids: list[str], rules: concerns.Ways) -> Iterator[Found]:
    for start in range(0, len(ids), DOSSIERS):
        for dossier in desk.store.dossiers(ids[start : start + DOSSIERS]).values():
            concern = concerns.of(dossier, rules, today=desk.today)
            if concern is not None:
                yield Found(concern=concern, client=dossier.client)
