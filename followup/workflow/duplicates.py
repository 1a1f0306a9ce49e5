"""Who may be one client, and what the owner says of it: one, or different people.

Takes a Desk and clients. Gives proposals, and what was done. Every answer is a batch of its own, which undo takes back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from followup import identity
from followup.errors import BadInput
from followup.intake import alike
from followup.model import Attempt, AttemptState, Client, Consent, Reason, Tie, TieKind
from followup.records import dataclass
from followup.workflow import finding, records, settling, stops
from followup.workflow.desk import Desk


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two clients that may be one; *keep* is the one of which more is known."""

    group: int  # from 1; several pairs of a group may all be one client
    keep: Client
    drop: Client
    reasons: tuple[Reason, ...]


def proposals(desk: Desk) -> Iterator[Proposal]:
    """Yield who may be one client, group by group, the strongest first; never whom the owner has called different."""
    clients = {client.id: client for client in records.clients(desk)}
    different = (frozenset((tie.client_id, tie.other_id)) for tie in desk.store.ties_of(TieKind.DIFFERENT))
    for number, group in enumerate(alike.groups(alike.pairs(clients.values(), different=different)), 1):
        for pair in group:
            keep, drop = sorted((clients[pair.one], clients[pair.other]), key=lambda each: _history(desk, each))
            yield Proposal(number, keep, drop, pair.reasons)


def _history(desk: Desk, client: Client) -> tuple[int, int, int, date, str]:
    """Return what puts the client first of which more is known."""
    summary = desk.store.summary(client.id)
    talked = summary.last_contact_on or summary.last_reply_on
    ways = len(client.emails) + len(client.phones) + bool(client.street)
    return (-summary.jobs, -talked.toordinal() if talked else 0, -ways, client.created_on or date.max, client.id)


def call_different(desk: Desk, one: Client, other: Client) -> None:
    """Keep in mind that two clients are different people: they are not proposed as one again."""
    if one.id == other.id:
        raise BadInput(f"{finding.describe_client(one)} is one client. Name two.")
    ties = desk.store.ties([one.id])
    if any(tie.kind is TieKind.DIFFERENT and {tie.client_id, tie.other_id} == {one.id, other.id} for tie in ties):
        return
    tie = Tie(
        id=identity.random_identifier(),
        client_id=one.id,
        other_id=other.id,
        kind=TieKind.DIFFERENT,
        said_at=desk.now(),
    )
    with desk.store.write(kind="hand", command="client duplicates", person=desk.person, now=desk.now()) as write:
        write.save(tie)


@dataclass(frozen=True, slots=True)
class Merged:
    """One client that was two, and the drafts to look at because of it."""

    client: Client
    unwanted: tuple[Attempt, ...] = ()  # must not go out: one of the two said stop
    doubled: tuple[Attempt, ...] = ()  # the same step was drafted for both


def merge(desk: Desk, keep: Client, drop: Client) -> Merged:
    """Make one client of two: *keep* stays, what it lacks comes from *drop*, the stricter consent wins.

    Drafts keep their keys, and none of them is due again; only the owner's mail program can hold one back.
    """
    if keep.id == drop.id:
        raise BadInput("These are one client already.")
    for each in (keep, drop):
        if each.erased_on:
            raise BadInput(f"{each.id} was forgotten; what is left of it belongs to nobody.")
    with desk.store.write(kind="hand", command="client merge", person=desk.person, now=desk.now()) as write:
        write.merge_clients(keep.id, drop.id)
    merged = finding.by_id(desk, keep.id)
    drafts = [each for each in settling.waiting(desk, {AttemptState.DRAFTED}) if each.client_id == merged.id]
    if merged.consent is Consent.OPTED_OUT or stops.is_stopped(desk, merged):
        return Merged(merged, unwanted=tuple(drafts))
    steps = Counter(each.step for each in drafts)
    return Merged(merged, doubled=tuple(each for each in drafts if steps[each.step] > 1))
