"""What is due, what comes, and why: the store's facts through the pure planner.

Takes a Desk. Gives decisions. Touches the store only to keep what the owner decides (`instruct`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta

from followup import cadence, cells, identity, plan
from followup.errors import NotFound
from followup.model import AnchorWindow, Client, Decision, Dossier, Instruction, InstructionKind, State
from followup.records import dataclass
from followup.workflow.desk import Desk

WAITING = frozenset({State.UNCONFIRMED, State.FAILED, State.RETRY, State.REVIEW, State.DUE})
"""States in which a touchpoint waits for somebody now."""

COMING = WAITING | {State.HELD, State.UPCOMING}

DEFAULT_WEEKS = 4


@dataclass(frozen=True, slots=True)
class Found:
    """A decision together with the dossier it was made from."""

    decision: Decision
    dossier: Dossier


def windows(desk: Desk, *, horizon: date, waiting: bool = True) -> list[AnchorWindow]:
    """Return every range of stored dates that can matter between today and *horizon*."""
    gaps = desk.store.usual_gaps()
    return cadence.all_windows(desk.settings, today=desk.today, horizon=horizon, gaps=gaps, waiting=waiting)


def decide(desk: Desk, *, horizon: date | None = None, new: Collection[str] = ()) -> Iterator[Found]:
    """Yield what is not over for every client near due, by household; memory does not grow with history.

    Clients in *new* are known since today: of what happened years ago nothing of theirs can have waited.
    """
    until, rules = horizon or desk.today, desk.rules
    ids = desk.store.candidates(windows(desk, horizon=until))
    if new:
        near = set(desk.store.candidates(windows(desk, horizon=until, waiting=False)))
        ids = [each for each in ids if each in near or each not in new]
    for group in desk.store.household_dossiers(ids):
        by_client = {dossier.client.id: dossier for dossier in group}
        for decision in plan.decide(group, rules, today=desk.today, horizon=until, complete=False):
            yield Found(decision, by_client[decision.client_id])


def due(desk: Desk) -> list[Decision]:
    """Return what waits now, urgent first."""
    waiting = [found.decision for found in decide(desk) if found.decision.state in WAITING]
    return sorted(waiting, key=plan.urgency)


def due_with_dossiers(desk: Desk, *, only: frozenset[State] = WAITING) -> list[Found]:
    """Return what waits now, urgent first, each with what is known of the client."""
    waiting = [found for found in decide(desk) if found.decision.state in only]
    return sorted(waiting, key=lambda found: plan.urgency(found.decision))


def due_and_held(desk: Desk) -> tuple[list[Decision], list[Decision]]:
    """Return what waits now, urgent first, and what a rule holds back although its day has come."""
    waiting, held = [], []
    for found in decide(desk):
        decision = found.decision
        if decision.state in WAITING:
            waiting.append(decision)
        elif decision.state == State.HELD and decision.due_on and decision.due_on <= desk.today:
            held.append(decision)
    return sorted(waiting, key=plan.urgency), held


def coming(desk: Desk, *, weeks: int = DEFAULT_WEEKS) -> list[Decision]:
    """Return what waits now and in the coming *weeks*, in the order of the days."""
    horizon = desk.today + timedelta(weeks=weeks)
    found = [
        each.decision
        for each in decide(desk, horizon=horizon)
        if each.decision.state in COMING and (each.decision.act_on is None or each.decision.act_on <= horizon)
    ]
    return sorted(found, key=lambda each: (each.act_on or desk.today, plan.urgency(each)))


def decisions_of(desk: Desk, client_id: str, *, weeks: int = 60) -> list[Decision]:
    """Return every step of every cadence for one client, each with all its reasons."""
    horizon = desk.today + timedelta(weeks=weeks)
    for group in desk.store.household_dossiers([client_id]):
        return [
            each
            for each in plan.decide(group, desk.rules, today=desk.today, horizon=horizon)
            if each.client_id == client_id
        ]
    return []


def of_step(decisions: Iterable[Decision], name: str) -> list[Decision]:
    """Return those of *decisions* that are of the step *name*; NotFound names the others."""
    given = list(decisions)
    chosen = [each for each in given if each.step == name]
    if not chosen:
        known = ", ".join(dict.fromkeys(each.step for each in given)) or "none"
        raise NotFound(f"No step '{cells.short(name)}' here. There is: {known}.")
    return chosen


def dossier_of(desk: Desk, client_id: str) -> Dossier:
    """Return everything the planner knows of one client."""
    found = desk.store.dossiers([client_id])
    if client_id not in found:
        raise NotFound(f"No client has the id {client_id}.")
    return found[client_id]


def clients_of(desk: Desk, decisions: Iterable[Decision]) -> dict[str, Client]:
    """Return the clients that *decisions* speak of, by id."""
    return desk.store.clients({each.client_id for each in decisions})


def services_of(desk: Desk, decisions: Iterable[Decision]) -> dict[str, str]:
    """Return job id -> service, and id of a record -> what it is about, for all that *decisions* speak of."""
    decisions = list(decisions)
    jobs = desk.store.jobs({job_id for each in decisions for job_id in each.job_ids})
    services = {job.id: job.service for job in jobs.values()}
    found = desk.store.care_among({each.occasion.record_id for each in decisions} - {""})
    if not found:
        return services
    from followup.report import care as care_report  # describes every kind, and on most days there is none

    return services | {record.id: care_report.about(record) for record in found.values()}


def instruct(
    desk: Desk,
    *,
    client_id: str,
    kind: InstructionKind,
    command: str,
    key: str = "",
    until: date | None = None,
    reason: str = "",
    batch: str = "hand",
) -> None:
    """Keep what the owner decided about a touchpoint or, without a key, about a client; *batch* is its kind."""
    now = desk.now()
    with desk.store.write(kind=batch, command=command, person=desk.person, now=now) as write:
        write.save(
            Instruction(
                id=identity.random_identifier(),
                client_id=client_id,
                kind=kind,
                given_at=now,
                on=desk.today,
                key=key,
                until=until,
                reason=reason,
            )
        )
