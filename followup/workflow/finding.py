"""What a person types -> the one record meant: a client by any name, a touchpoint by any unique prefix.

Takes a Desk and text. Gives a record. Ambiguous (65) lists the candidates, NotFound (66) says what was looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import TypeVar

from followup import cells, identity
from followup.care.kind import Kind
from followup.care.kinds import BY_RECORD
from followup.errors import Ambiguous, BadInput, NotFound, UsageError
from followup.model import Client, Decision, Job, JobStatus, Promise, Record, State
from followup.report import words
from followup.workflow import planning
from followup.workflow.desk import Desk

Kept = TypeVar("Kept", bound=Record)


def client(desk: Desk, text: str) -> Client:
    """Return the client that *text* means: id, e-mail, phone, outside number, or words of the name."""
    found = desk.store.find_clients(text)
    if not found:
        raise NotFound(
            f"No client fits '{cells.short(text)}'. Try a part of the name, an e-mail or a phone; "
            "`followup client list` shows all."
        )
    if len(found) > 1:
        raise Ambiguous(f"'{cells.short(text)}'", (describe_client(each) for each in found))
    return found[0]


def by_id(desk: Desk, client_id: str) -> Client:
    """Return the client with this id."""
    found = desk.store.client(client_id)
    if found is None:
        raise NotFound(f"No client has the id {client_id}.")
    return found


def describe_client(record: Client) -> str:
    """Return one line that tells this client from others of the name."""
    parts = [record.id, record.full_name or record.company]
    if record.company and record.company != parts[1]:
        parts.append(record.company)
    parts += [record.city, *record.emails[:1], *record.phones[:1]]
    return cells.printable("  ".join(part for part in parts if part))


def job(desk: Desk, text: str, *, fits: Callable[[Job], bool] | None = None, which: str = "") -> Job:
    """Return the job that *text* means: id or prefix, outside number, or invoice number; where told, its client, too.

    Args:
        desk: the desk.
        text: what was typed.
        fits: tells whether a job can be meant by the name of its client; None: no job can.
        which: what such a job is called: "open job".
    """
    found = desk.store.find_jobs(text)
    if fits is not None and any(each.id.startswith(text) and each.id != text for each in found):
        others = others_of_that_name(desk, text, owners={each.client_id for each in found})
        if others:
            raise Ambiguous(f"'{cells.short(text)}'", (*map(_describe_job, found), *map(describe_client, others)))
    if not found and fits is not None and desk.store.find_clients(text):
        who = client(desk, text)
        found = [each for each in desk.store.jobs_of(who.id) if fits(each)]
        if not found:
            more = f"`followup job list --client {who.id}` shows all."
            raise NotFound(f"There is no {which} for {words.client(who)}. {more}")
    if not found:
        raise NotFound(f"No job fits '{cells.short(text)}'. `followup job list` shows all.")
    if len(found) > 1:
        raise Ambiguous(f"'{cells.short(text)}'", map(_describe_job, found))
    return found[0]


def _describe_job(record: Job) -> str:
    when = record.completed_on or (f"for {record.promised_on}" if record.promised_on else record.status)
    return cells.printable(f"{record.id}  {record.service}  {when}")


def living(desk: Desk, text: str) -> Client:
    """Return the client that *text* means; refuses one who was forgotten."""
    found = client(desk, text)
    refuse_forgotten(found)
    return found


def refuse_forgotten(found: Client) -> None:
    """Refuse to write down anything new about somebody who was forgotten."""
    if found.erased_on is not None:
        raise BadInput(
            f"{found.id} was forgotten on {found.erased_on}: nothing new is written down about them. Who comes back is "
            "a new client: `followup client add`."
        )


def record(desk: Desk, record_type: type[Kept], text: str, *, open_only: bool = True) -> Kept:
    """Return the record that *text* means: its id or prefix, or its client; a closed one where no open one fits."""
    kind = BY_RECORD[record_type]
    found = desk.store.find_care(record_type, text)
    if not found:
        _refuse_job(desk, kind, text)
        who = client(desk, text)
        found = desk.store.care(record_type, client_id=who.id)
        still_open = [each for each in found if each.closed_on is None]
        found = still_open if still_open or open_only else found
    if not found:
        which, more = (f"open {kind.name}", "") if open_only else (kind.name, " --all")
        raise NotFound(f"No {which} fits '{cells.short(text)}'. `followup {kind.name} list{more}` shows them.")
    if len(found) > 1:
        raise Ambiguous(
            f"'{cells.short(text)}'",
            (f"{each.id}  {each.opened_on}  {getattr(each, kind.argument, '') or each.summary}" for each in found),
        )
    return found[0]


def _refuse_job(desk: Desk, kind: Kind, text: str) -> None:
    """Refuse the id of a job where a record is meant, and say what can be done with the job."""
    meant = desk.store.job(text)
    if meant is None:
        return
    said = f"{meant.id} is a job ({meant.service})"
    if kind.record is Promise and meant.status is JobStatus.OPEN and meant.promised_on is not None:
        raise NotFound(
            f"{said}, promised for {meant.promised_on}. `followup job complete {meant.id}` keeps that, `followup "
            f"promise move {meant.id}` says another day."
        )
    listed = f"`followup {kind.name} list --client {meant.client_id}`"
    raise NotFound(f"{said}, and no {kind.name}. {listed} shows those of its client.")


def client_or_key(desk: Desk, text: str) -> tuple[Client, list[Decision]]:
    """Return whom *text* means, with every decision about them, or with the one that a key names."""
    fact_id, dot, _ = text.partition(".")
    owner = desk.store.client_of_fact(fact_id) if dot or len(fact_id) == identity.LENGTH else None
    if owner is None or (not dot and owner == fact_id):
        who = client(desk, text)
        return who, planning.decisions_of(desk, who.id)
    who = by_id(desk, owner)
    chosen = [each for each in planning.decisions_of(desk, owner) if each.key.startswith(text)]
    if not chosen:
        raise NotFound(f"No step fits '{cells.short(text)}'. `followup why {who.id}` lists them all.")
    return who, chosen


def decision(desk: Desk, text: str, *, of: Iterable[Decision] | None = None) -> Decision:
    """Return the touchpoint that *text* means: a key, a unique beginning of one, or a client with only one waiting.

    Args:
        desk: the desk.
        text: what was typed.
        of: the decisions to choose from when a client is named; by default those that wait for the owner.
    """
    fact_id = text.partition(".")[0]
    owner = desk.store.client_of_fact(fact_id) if len(fact_id) == identity.LENGTH else None
    if owner:
        candidates: list[Decision] = planning.decisions_of(desk, owner)
    else:
        candidates = list(planning.due(desk)) if of is None else list(of)
    exact = [each for each in candidates if each.key == text]
    if exact:
        return exact[0]
    found = [each for each in candidates if each.key.startswith(text)] if len(text) >= MIN_PREFIX else []
    others = others_of_that_name(desk, text, owners={each.client_id for each in found}) if found else []
    if others:
        raise Ambiguous(f"'{cells.short(text)}'", (*(each.key for each in found), *map(describe_client, others)))
    if not found:
        who = client(desk, text)
        pool = list(planning.due(desk)) if of is None else list(of)
        found = [each for each in pool if each.client_id == who.id]
        if not found:
            raise NotFound(f"Nothing waits for {words.client(who)}. `followup why {who.id}` shows every step.")
    if len(found) > 1:
        raise Ambiguous(f"'{cells.short(text)}'", (f"{each.key}  {each.step}  {each.state}" for each in found))
    return found[0]


def others_of_that_name(desk: Desk, text: str, *, owners: Container[str]) -> list[Client]:
    """Return the clients whom *text* names, where it begins keys of *owners* too: nobody's message by a slip."""
    named = [] if "." in text else desk.store.find_clients(text)
    return [each for each in named if each.id not in owners]


def open_decision(desk: Desk, text: str, *, of: Iterable[Decision] | None = None) -> Decision:
    """Return the touchpoint that *text* means, as `decision` does; refuses one that was drafted or is over."""
    found = decision(desk, text, of=of)
    refuse_settled(found)
    return found


def refuse_settled(found: Decision) -> None:
    """Refuse a touchpoint about which nothing is left to decide by hand: it was drafted, said or done."""
    if found.state == State.UNCONFIRMED:
        raise UsageError(f"Did {found.key} go out? Say `followup confirm {found.key} --sent` or `--not-sent` first.")
    if found.state in (State.DONE, State.COVERED):
        raise BadInput(f"{found.key} is {found.state} already. `followup why {found.key}` shows when.")


MIN_PREFIX = 2
"""How much of a key must be typed before it is taken for one."""
