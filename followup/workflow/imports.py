"""What earlier imports did, and what they taught: one import field by field, and the kinds of files that are known.

Takes a Desk. Gives effects to show and kinds of files to list. Touches the store, to forget what it is told to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from followup import cells, identity
from followup.errors import NotFound, UsageError
from followup.model import Client, Job
from followup.report import words
from followup.report.batches import Effect
from followup.store import Batch, Change, Learnt
from followup.workflow.desk import Desk

CHUNK = 500
PREFIX = 4
"""How much of a fingerprint must be typed."""


def of_number(desk: Desk, number: int) -> Batch:
    """Return import *number*; NotFound when there is none."""
    batch = desk.store.batch_of_number(number)
    if batch is None or batch.kind != "import":
        raise NotFound(f"There is no import {number}. `followup imports` lists what was imported, with numbers.")
    return batch


def effects(desk: Desk, batch: Batch) -> Iterator[Effect]:
    """Yield what an import made new, changed and stopped, in the order of writing; memory does not grow with it.

    Records are called as they are called now: a client who was erased since has no name any more.
    """
    changes = iter(desk.store.changes(batch.id))
    seen: dict[str, None] = {}
    owners: Mapping[str, str] | None = None
    while chunk := list(islice(changes, CHUNK)):
        ids = dict.fromkeys(change.record_id for change in chunk if change.record in ("client", "job", "external_id"))
        jobs = desk.store.jobs(ids)
        linked = [
            each for change in chunk if change.field == "referred_by_id" for each in (change.old, change.new) if each
        ]
        clients = desk.store.clients([*ids, *linked, *(job.client_id for job in jobs.values())])
        for change in chunk:
            if change.record == "client":
                seen[change.record_id] = None
            if change.record == "suppression":
                if owners is None:
                    owners = _by_hash(desk, seen)
                if change.field in ("", "reason"):
                    yield Effect("stopped", "client", owners.get(change.record_id, ""), record_id=change.record_id)
            elif change.record in ("client", "job"):
                yield from _effects(change, clients, jobs)
            elif change.record == "external_id":
                number = change.new or change.old
                yield Effect(
                    "changed",
                    number["kind"],
                    _name(change.record_id, clients, jobs),
                    f"number of {number['source']}",
                    change.old and change.old["value"],
                    change.new and change.new["value"],
                    change.record_id,
                )
            elif change.record == "instruction":
                yield Effect("history", "step", change.record_id, record_id=change.record_id)


def _effects(change: Change, clients: Mapping[str, Client], jobs: Mapping[str, Job]) -> Iterator[Effect]:
    name = _name(change.record_id, clients, jobs)
    if not change.field:
        yield Effect("new" if change.old is None else "removed", change.record, name, record_id=change.record_id)
        return
    field, old, new = change.field, change.old, change.new
    if isinstance(old, dict) and isinstance(new, dict):  # a file's own columns
        for each in {**old, **new}:
            if old.get(each) != new.get(each):
                yield Effect("changed", change.record, name, each, old.get(each), new.get(each), change.record_id)
        return
    if field == "referred_by_id":
        field, old, new = "brought by", *(each and _name(each, clients, jobs) for each in (old, new))
    if field == "amount_minor":
        job = jobs.get(change.record_id)
        field, old, new = "amount", *(_amount(value, job.currency if job else "") for value in (old, new))
    yield Effect("changed", change.record, name, field, old, new, change.record_id)


def _amount(minor: Any, currency: str) -> str | None:
    return cells.decimal(minor, currency) if isinstance(minor, int) else None


def _name(record_id: str, clients: Mapping[str, Client], jobs: Mapping[str, Job]) -> str:
    job = jobs.get(record_id)
    if job is None:
        return words.client(clients[record_id]) if record_id in clients else record_id
    owner = words.client(clients.get(job.client_id), client_id=job.client_id)
    return f"{owner}, {job.service}" if job.service else owner


def _by_hash(desk: Desk, client_ids: Iterable[str]) -> dict[str, str]:
    """Return hash of an address -> name, for the addresses of clients as they are now."""
    return {
        identity.address_hash(desk.key, address): words.client(client)
        for client in desk.store.clients(client_ids).values()
        for address in (*client.emails, *client.phones)
    }


# ---------------------------------------------------------------- what was learnt


def learnt(desk: Desk) -> list[Learnt]:
    """Return the kinds of files that the home knows, those that are known longest first."""
    return desk.store.learnt()


def kind_of_file(desk: Desk, text: str) -> Learnt:
    """Return the kind of file that *text* means: its number in the list, or the beginning of its fingerprint."""
    known = learnt(desk)
    if text.isascii() and text.isdigit() and 1 <= int(text) <= len(known):
        return known[int(text) - 1]
    found = [each for each in known if len(text) >= PREFIX and each.fingerprint.startswith(text.casefold())]
    if len(found) != 1:
        raise NotFound(f"No kind of file is number {text}. `followup imports sources` lists them, with numbers.")
    return found[0]


def forget(desk: Desk, kind: Learnt, *, answers: Sequence[str] = ()) -> None:
    """Forget *answers* that go with a kind of file, or without any the kind as a whole: as if it never came in.

    Raises:
        UsageError: no such answer is remembered.
    """
    unknown = [each for each in answers if each not in kind.answers]
    if unknown:
        known = ", ".join(kind.answers) or "none"
        raise UsageError(f"--answer: '{unknown[0]}' is not remembered for these files; what is: {known}.")
    with desk.store.write(kind="hand", command="imports sources --forget", person=desk.person, now=desk.now()) as write:
        if not answers:
            write.forget_kind(kind.fingerprint)
            return
        for fingerprint in filter(None, (kind.fingerprint, kind.book)):
            write.forget_answers(fingerprint, answers)
