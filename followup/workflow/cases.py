"""Cases on their way: acknowledged, a remedy offered, granted and chosen, a day for the fix, opened again.

Takes a Desk, a case and what was done. Gives the case as it is now. Touches the store. Opening and resolving are the
door's (`workflow.care`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from followup import cells
from followup.care import remedies, starting
from followup.errors import BadInput, NoPermission, UsageError
from followup.model import THEM, Case, Channel, Contact, Promise, Remedy
from followup.records import dataclass
from followup.report import words
from followup.workflow import care, contacts, finding
from followup.workflow.desk import Desk

ACKNOWLEDGEMENTS = ("case-ack", "return-visit")
"""The steps of which one tells the client that we know; the second where the trouble came back."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of an offer: what the client can choose from, and what waits for a yes and why."""

    case: Case
    now: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()  # sentences


def acknowledge(
    desk: Desk, text: str, *, channel: Channel, note: str = "", fix_by: date | None = None, by: str = ""
) -> tuple[Case, Contact | None]:
    """Record that the client knows that we know: by a person, in place of the message that would say so.

    Of a case that was acknowledged before, only the day for the fix can be agreed; then there is no contact.
    """
    before = _open(desk, text)
    if before.acknowledged_at is not None:
        if fix_by is None or note:
            local = desk.local(before.acknowledged_at)
            raise BadInput(
                f"Case {before.id} was acknowledged on {words.long_day(local.date())}, {local:%H:%M}. --fix-by alone "
                f"agrees on a day; `followup log {before.client_id} --note ...` records what else was said."
            )
        after, promises = _fix(desk, replace(before, acted_on=desk.today), fix_by)
        care.save(desk, after, *promises, command="case ack")
        return after, None
    step = ACKNOWLEDGEMENTS[bool(before.return_of)]
    contact = contacts.in_place_of(
        desk, before, step, channel=channel, summary="acknowledged what went wrong", note=note, by=by
    )
    after, promises = _fix(desk, starting.heard(before, contact), fix_by)
    with desk.store.write(kind="contact", command="case ack", person=desk.person, now=contact.at) as write:
        write.save_many([contact, after, *promises])
    return after, contact


def offer(desk: Desk, text: str, names: Sequence[str]) -> Offered:
    """Offer remedies: at once what whoever works here may grant; the rest waits for who may, with a clock running."""
    before = _open(desk, text)
    if before.chosen:
        raise BadInput(f"The client has chosen {before.chosen} already.")
    now, waits, asked = list(before.offered), [], list(before.asked)
    for remedy in remedies.named(desk.settings.remedies, names):
        why = _why_not(desk, remedy)
        if not why:
            now.append(remedy.name)
        elif remedy.name not in now:
            waits.append(f"{why[0].upper()}{why[1:]}: asked.")
            asked.append(remedy.name)
    if set(now) == set(before.offered) and set(asked) == set(before.asked):
        raise BadInput(f"That is offered already, or asked for. `followup case show {before.id}`")
    fresh = set(now) - set(before.offered)
    after = replace(
        before,
        offered=tuple(dict.fromkeys(now)),
        offered_on=before.offered_on or (desk.today if fresh else None),
        asked=tuple(dict.fromkeys(each for each in asked if each not in now)),
        grant_asked_at=before.grant_asked_at or (desk.now() if waits else None),
        granted_by="" if waits else before.granted_by,
        acted_on=desk.today,
    )
    care.save(desk, after, command="case offer")
    return Offered(after, tuple(sorted(fresh)), tuple(waits))


def grant(desk: Desk, text: str, *, refused: str = "") -> Case:
    """Say yes to what was asked for, or no with a reason; only who may grant it."""
    before = _open(desk, text)
    if not before.asked:
        raise BadInput(f"Nothing waits for a yes in case {before.id}.")
    for remedy in remedies.named(desk.settings.remedies, before.asked):
        why = _why_not(desk, remedy)
        if why:
            raise NoPermission(f"You work as {desk.person}, and {why}. FOLLOWUP_PERSON says who is at work.")
    after = replace(
        before,
        offered=before.offered if refused else (*before.offered, *before.asked),
        offered_on=before.offered_on if refused else (before.offered_on or desk.today),
        asked=(),
        granted_by=desk.person,
        grant_refused=refused,
        acted_on=desk.today,
    )
    care.save(desk, after, command="case grant")
    return after


def choose(desk: Desk, text: str, name: str, *, fix_by: date | None = None) -> Case:
    """Keep what the client chose of what was offered, what it costs, and by when it is done."""
    before = _open(desk, text)
    if before.chosen:
        raise BadInput(f"The client has chosen {before.chosen} already.")
    (remedy,) = remedies.named(desk.settings.remedies, [name])
    if name not in before.offered:
        offered = ", ".join(before.offered) or "nothing"
        raise BadInput(f"{name} was not offered; offered: {offered}. `followup case offer {before.id} {name}` first.")
    chosen = replace(
        before,
        chosen=name,
        cost_minor=_cost(desk, remedy),
        currency=desk.settings.business.currency if remedy.cost else "",
        acted_on=desk.today,
    )
    after, promises = _fix(desk, chosen, fix_by, summary=remedy.text)
    with desk.store.write(kind="hand", command="case choose", person=desk.person, now=desk.now()) as write:
        write.save_many([after, *promises])
    return after


def reopen(desk: Desk, text: str, *, summary: str = "", opened_by: str = THEM) -> Case:
    """Open a resolved case again: a case of its own that goes on with it, for the owner, with no automatic mail."""
    before = finding.record(desk, Case, text, open_only=False)
    if before.closed_on is None:
        raise BadInput(f"Case {before.id} is open, since {before.opened_on}.")
    known = desk.store.care(Case, client_id=before.client_id)
    later = [each for each in known if each.continues_id == before.id]
    if later:
        raise BadInput(f"Case {before.id} was opened again on {later[-1].opened_on}, as {later[-1].id}.")
    client = finding.by_id(desk, before.client_id)
    given = {
        "summary": summary or before.summary,
        "job_id": before.job_id,
        "severity": before.severity,
        "owner": desk.settings.owner or before.owner,
        "opened_by": opened_by,
        "continues_id": before.id,
        "return_of": before.id,
    }
    after = care.begun(desk, Case, client, given)
    care.save(desk, after, command="case reopen")
    return after


def _open(desk: Desk, text: str) -> Case:
    found = finding.record(desk, Case, text)
    care.refuse_closed(found)
    finding.refuse_forgotten(finding.by_id(desk, found.client_id))
    return found


def _fix(desk: Desk, case: Case, by_on: date | None, *, summary: str = "") -> tuple[Case, list[Promise]]:
    """Return *case* with the day for the fix, and the promise that this is."""
    if by_on is None:
        return case, []
    if by_on < desk.today:
        raise BadInput(f"{by_on} is past: the fix is promised for a day to come.")
    if case.promise_id:
        raise UsageError(f"A day is agreed already. `followup promise move {case.promise_id} --by {by_on}` moves it.")
    told = {
        "summary": summary or f"put right: {case.summary}".rstrip(": "),
        "job_id": case.job_id,
        "owner": case.owner,
        "due_on": by_on,
        "case_id": case.id,
    }
    promise = care.begun(desk, Promise, finding.by_id(desk, case.client_id), told)
    return replace(case, promise_id=promise.id, due_on=by_on), [promise]


def _why_not(desk: Desk, remedy: Remedy) -> str:
    settings = desk.settings
    return remedies.why_not(
        remedy,
        desk.person,
        limit_minor=cells.minor(settings.cases.grant_limit or "0", settings.business.currency),
        cost_minor=_cost(desk, remedy),
        owner=settings.owner,
        currency=settings.business.currency,
    )


def _cost(desk: Desk, remedy: Remedy) -> int | None:
    return cells.minor(remedy.cost, desk.settings.business.currency) if remedy.cost else None
