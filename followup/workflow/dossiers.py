"""All that is held about one client, gathered for whoever asks for it.

Takes a Desk and a client. Gives a `report.dossier.Held`. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from followup.care.kinds import KINDS
from followup.model import Client, Dossier, Record, Referral, ReferralState, Suppression
from followup.report.dossier import Brought, Changed, Held
from followup.store import Batch, Change
from followup.workflow import planning, wishes
from followup.workflow.desk import Desk

_OF_FACTS = {
    "client": "you",
    "job": "a job",
    **{name: f"{'an' if name[0] in 'aeiou' else 'a'} {name}" for name in KINDS},
    "praise": "praise",
}
"""Records whose changes are told; what is said of contacts and messages stands with them."""


def gather(desk: Desk, client: Client) -> Held:
    """Return all that is held about *client*, and about records that were merged into it."""
    with desk.store.snapshot():
        return _gather(desk, client)


def _gather(desk: Desk, client: Client) -> Held:
    store = desk.store
    dossier = planning.dossier_of(desk, client.id)
    also = tuple(store.clients(store.absorbed(client.id)).values())
    people = {person.id: person.name for person in (*store.people(), *desk.settings.people.values())}
    changes = [change for record_id in _facts(dossier, also) for change in store.changes_of(record_id)]
    batches = {batch_id: store.batch(batch_id) for batch_id in {change.batch_id for change in changes}}
    written = [(batch, change) for change in changes if (batch := batches[change.batch_id]) is not None]
    written.sort(key=lambda each: (each[0].number, each[1].number))
    (group,) = store.households([client.id])
    return Held(
        made_on=desk.today,
        zone=desk.zone,
        business=desk.settings.business.name,
        postal=desk.settings.business.address,
        reply_to=desk.settings.mail.reply_to or desk.settings.mail.from_address,
        people=people,
        client=client,
        summary=dossier.summary,
        also=also,
        jobs=dossier.jobs,
        contacts=tuple(store.contacts_of(client.id)),
        attempts=tuple(each for each in map(store.attempt, (made.id for made in dossier.attempts)) if each),
        cases=dossier.cases,
        records=tuple(_own(dossier.records)),
        instructions=dossier.instructions,
        stops=_stops(desk, client),
        numbers=tuple(number for each in _facts(dossier, ()) for number in store.external_ids(each)),
        brought=tuple(_brought(batch, people) for batch in _bringers(written)),
        changes=tuple(_changed(batch, change, people) for batch, change in written if _tells(change)),
        household=len(group) - 1,
        referred=len(store.brought(client.id)),
    )


def _facts(dossier: Dossier, also: Sequence[Client]) -> list[str]:
    """Return the ids of the client, of those merged into it, and of their jobs and records."""
    clients = (dossier.client, *also)
    records = (*dossier.cases, *dossier.records)
    return [*(each.id for each in clients), *(job.id for job in dossier.jobs), *(each.id for each in records)]


def _stops(desk: Desk, client: Client) -> tuple[tuple[str, Suppression], ...]:
    found = ((address, desk.store.suppression(address)) for address in wishes.every_address(desk, client))
    return tuple((address, known) for address, known in found if known is not None)


def _own(records: Iterable[Record]) -> Iterator[Record]:
    """Yield *records* without what they say of other clients: whom somebody brought is the friend's to be told.

    How many clients they brought is told anyway; a referral that says no more would only say it again.
    """
    for record in records:
        if not isinstance(record, Referral):
            yield record
        elif not record.friend_id or record.state != ReferralState.MADE or record.reward or record.reward_minor:
            yield replace(record, friend="", friend_id="", job_id="", summary="somebody whom you brought to us")


def _bringers(written: Iterable[tuple[Batch, Change]]) -> list[Batch]:
    """Return the batches that took something in about the client: imports, and what was typed when it was added."""
    taking = (
        batch
        for batch, change in written
        if batch.kind == "import" or (batch.kind == "hand" and not change.field and change.old is None)
    )
    return list({batch.id: batch for batch in taking}.values())


def _brought(batch: Batch, people: Mapping[str, str]) -> Brought:
    return Brought(
        at=batch.at,
        files=tuple(Path(name).name for name in batch.detail.get("files", ())),
        by=people.get(batch.person, batch.person),
    )


def _tells(change: Change) -> bool:
    return change.record in _OF_FACTS and (bool(change.field) or change.old is not None)


def _changed(batch: Batch, change: Change, people: Mapping[str, str]) -> Changed:
    return Changed(
        at=batch.at,
        by=people.get(batch.person, batch.person),
        command=batch.command,
        record=_OF_FACTS[change.record],
        field=change.field,
        old=change.old,
        new=change.new,
    )
