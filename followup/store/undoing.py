"""Taking a batch back: what can be restored exactly, what stays, and why.

Takes a batch's changes and the facts as they are now. Gives a list to show, and applies the same list. Touches the
database through the writer it is given.

Undoing walks through the changes backwards. A field goes back only when nothing changed it since; a record that the
batch added goes only while nothing changed it since and nothing reached its client. What was taken back already counts
as never done, so that fields come to the same end in whatever order batches are taken back. What had to stay is kept
with the batch, so that it can still go when its reason is gone. Opt-outs, suppressions, erasures and everything that
reached a client stay, always.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from followup import identity
from followup.errors import BadInput, NotFound
from followup.model import OPTED_OUT, Client, Consent, Instruction, Job, Tie, TieKind
from followup.records import dataclass, field
from followup.store import codec
from followup.store.codec import Plain
from followup.store.engine import chunks
from followup.store.history import TOGETHER, Batch, Change, UndoItem
from followup.store.reading import Reader

if TYPE_CHECKING:
    from followup.store.writing import Writer

UNDOABLE = frozenset({"import", "hand"})

_RECORDS = ("client", "job", *codec.CARE, "instruction", "tie")  # in this order they can be put back
_WORDS = {"external_id": "number", "instruction": "your", "tie": "your word that"}
_LEFT = "left"
"""In the detail of a batch that was taken back: number and record of the changes that had to stay."""
_REACHED = "it was spoken with or written to since"
_LEFT_OUT = {
    "attempt": "what was handed over stays on record",
    "contact": "what happened stays on record",
    "suppression": "a stop is never taken back by undo; see `followup optout --lift`",
    "person": "the people of the firm are those of followup.toml",
    "meta": "it is a note of the home itself",
}


@dataclass(slots=True)
class _Scene:
    """The facts that one undo works with: records as they are, and then as they will be."""

    now: dict[tuple[str, str], Any]
    created: dict[tuple[str, str], Change]
    staying: dict[tuple[str, str], str]  # created records that cannot go, and why
    lent: set[str]  # clients who are stopped only because another was merged into them, whose stop goes along
    since: _Since
    origins: dict[int, Plain]  # number of the first change of a field -> what that was before the batch


@dataclass(slots=True)
class _Since:
    """What was done after the batch and still holds, each with why that keeps the batch's own change where it is."""

    records: dict[tuple[str, str], str] = field(default_factory=dict)
    fields: dict[tuple[str, str, str], str] = field(default_factory=dict)
    kinds_of_files: dict[str, str] = field(default_factory=dict)


def items(reader: Reader, batch_id: str) -> list[UndoItem]:
    """Return what undoing a batch means, the last change first."""
    return _plan(reader, _undoable(reader, batch_id))[0]


def apply(writer: Writer, reader: Reader, batch_id: str, *, now: datetime) -> list[str]:
    """Take a batch back within the writer's transaction; return what was left and why."""
    batch = _undoable(reader, batch_id)
    planned, scene = _plan(reader, batch)
    done = [item for item in planned if not item.why_not]
    writer.detail({"undone": batch.number, "command": batch.command})
    records = list(
        dict.fromkeys((each.change.record, each.change.record_id) for each in done if each.change.record in _RECORDS)
    )
    for kind in _RECORDS:
        writer.save_many(scene.now[record] for record in records if record[0] == kind and scene.now[record] is not None)
    for item in done:
        _apply_apart(writer, reader, batch, item.change)
    for kind in reversed(_RECORDS):
        gone = [record_id for name, record_id in records if name == kind and scene.now[name, record_id] is None]
        if kind == "client":
            _keep_out(writer, reader, gone)
        writer.remove(codec.BY_NAME[kind], gone)
    reader.database.run("known_rows_of_batch_restore", batch_id=batch_id)
    reader.database.run("known_rows_since_delete", number=batch.number)
    reader.database.run("imported_files_of_batch_delete", batch_id=batch_id)
    left = [_place(item.change) for item in planned if item.why_not and item.change.record not in _LEFT_OUT]
    detail = codec.dumps({**batch.detail, _LEFT: left})
    reader.database.run("batch_undone", id=batch_id, at=codec.instant(now), detail=detail)
    return [f"{item.what}: {item.why_not}" for item in planned if item.why_not]


def _undoable(reader: Reader, batch_id: str) -> Batch:
    batch = reader.batch(batch_id)
    if batch is None:
        raise NotFound(f"There is no batch {batch_id}. `followup imports` lists what was imported.")
    if batch.undone_at is not None and not batch.detail.get(_LEFT):
        raise _taken_back(batch)
    if batch.kind not in UNDOABLE:
        raise BadInput(f"'{batch.command}' of {batch.at:%Y-%m-%d} cannot be taken back: what reached a client stays.")
    return batch


def _taken_back(batch: Batch) -> BadInput:
    return BadInput(f"'{batch.command}' of {batch.at:%Y-%m-%d} was taken back already.")


def _place(change: Change) -> tuple[int, str]:
    """Return what tells a change from the others of its batch; one that added many records has one number."""
    return change.number, change.record_id


def _plan(reader: Reader, batch: Batch) -> tuple[list[UndoItem], _Scene]:
    changes = list(reader.changes(batch.id))
    touched: dict[str, dict[str, None]] = {}
    for change in changes:
        touched.setdefault(change.record, {})[change.record_id] = None
    scene = _Scene(now={}, created={}, staying={}, since=_since(reader, batch, touched), origins={}, lent=set())
    for kind in _RECORDS:
        table = codec.BY_NAME[kind]
        for record_id in touched.get(kind, ()):
            scene.now[kind, record_id] = None
        for chunk in chunks(touched.get(kind, ())):
            for record_id, record in _stored(reader, kind, chunk).items():
                scene.now[table.name, record_id] = record
    scene.created = {
        (change.record, change.record_id): change
        for change in changes
        if change.record in _RECORDS and not change.field and change.old is None
    }
    scene.staying = _staying(reader, scene, changes)
    scene.origins = _origins(reader, batch, changes)
    scene.lent = _lent(scene, changes)
    left = {(number, record_id) for number, record_id in batch.detail.get(_LEFT, ())}
    planned = []
    for change in reversed(changes):
        if batch.undone_at is not None and (_place(change) not in left or _is_gone(reader, scene, change)):
            continue
        if change.field and change.old == change.new != "":
            continue  # a value that was chosen and stayed; an empty one was erased
        if change.record == "external_id" and any((kind, change.record_id) in scene.created for kind in _RECORDS):
            continue  # goes or stays with its record
        planned.append(_item(reader, scene, change))
    if batch.undone_at is not None and not planned:
        raise _taken_back(batch)
    return planned, scene


def _is_gone(reader: Reader, scene: _Scene, change: Change) -> bool:
    """Return whether what a batch had to leave went meanwhile, with the change that lay over it."""
    if change.record == "answer":
        return bool(reader.answers(change.record_id).get(change.field) == change.old)
    if change.record not in _RECORDS:
        return False
    now = scene.now[change.record, change.record_id]
    if not change.field:
        return (now is None) == (change.old is None)
    if now is None:
        return True
    before = scene.origins.get(change.number, change.old)
    return bool(codec.BY_NAME[change.record].plain_value(change.field, getattr(now, change.field)) == before)


def _since(reader: Reader, batch: Batch, touched: Mapping[str, Collection[str]]) -> _Since:
    since = _Since()
    for record, changed_id, name, new, number, kind in reader.database.each("changes_since", number=batch.number):
        why = _by(number, kind)
        for record_id in codec.loads(new) if changed_id == TOGETHER else (changed_id,):
            if record == "external_id":  # a number is a part of the client or job that it was given
                for each in ("client", "job"):
                    if record_id in touched.get(each, ()):
                        since.records[each, record_id] = why
            elif record_id in touched.get(record, ()):
                since.records[record, record_id] = since.fields[record, record_id, name] = why
    for fingerprint, book, number in reader.database.rows("kinds_of_files_since", number=batch.number):
        since.kinds_of_files[fingerprint] = since.kinds_of_files[book] = f"import {number} used it since"
    return since


def _by(number: int, kind: str) -> str:
    if kind == "import":
        return f"import {number} changed it since; `followup undo {number}` first"
    return "it was changed by hand since" if kind == "hand" else "it was changed again since"


def _origins(reader: Reader, batch: Batch, changes: Iterable[Change]) -> dict[int, Plain]:
    """Return what each field was before the batch, and before what was taken back of the batches before it.

    A field that an earlier batch had changed could not go back with it while this batch's change lay over it.
    """
    first: dict[tuple[str, ...], Change] = {}
    for change in changes:
        if change.field and change.record in _RECORDS:
            first.setdefault((change.record, change.record_id, change.field), change)
    origins: dict[int, Plain] = {change.number: change.old for change in first.values()}
    if first and reader.database.first("batches_undone_before", number=batch.number) is not None:
        settled = set()
        ids = dict.fromkeys(change.record_id for change in first.values())
        for *place, old, new, undone_at in reader.database.among("changes_before", ids, number=batch.number):
            key = tuple(place)
            if key not in first or key in settled:
                continue
            number = first[key].number
            if undone_at is None:
                settled.add(key)
            elif codec.loads(new) == origins[number]:
                origins[number] = codec.loads(old)
    return origins


def _stored(reader: Reader, kind: str, ids: Sequence[str]) -> Mapping[str, Any]:
    if kind == "client":
        return reader.clients(ids)
    table = codec.BY_NAME[kind]
    return {
        row[0]: table.record(row)
        for row in reader.database.among("care_among" if kind in codec.CARE else f"{kind}s_among", ids)
    }


def _item(reader: Reader, scene: _Scene, change: Change) -> UndoItem:
    if change.record in _RECORDS:
        return _record_item(scene, change)
    if change.record == "external_id":
        number = change.new if change.new is not None else change.old
        verb = "forget" if change.new is not None else "remember"
        what = f"{verb} the number {number['value']} of {number['source']}"
        known = reader.by_external_ids(number["source"], number["kind"], [number["value"]]).get(number["value"])
        expected = change.record_id if change.new is not None else None
        # A number that was moved has two changes, which are taken back one after the other.
        moved = expected is None and known is not None and known != change.record_id
        return UndoItem(
            change=change, what=what, why_not="" if known == expected or moved else "it was changed again since"
        )
    if change.record == "imported_file":
        return UndoItem(change=change, what=f"know files such as {change.old[-1]['name']} again")
    if change.record == "answer":
        now = reader.answers(change.record_id).get(change.field)
        given = change.new is not None
        what = f"forget the answer {change.field}={change.new}" if given else f"remember {change.field}={change.old}"
        why_not = scene.since.kinds_of_files.get(change.record_id, "") if given else ""
        if now != change.new:
            why_not = "it was answered anew since"
        return UndoItem(change=change, what=what, why_not=why_not)
    word = _WORDS.get(change.record, change.record)
    if change.record in ("attempt", "contact") and change.field == "client_id":
        return UndoItem(change=change, what=f"give a {word} back to {change.old}")
    return UndoItem(change=change, what=f"{word} {change.record_id}", why_not=_LEFT_OUT[change.record])


def _record_item(scene: _Scene, change: Change) -> UndoItem:
    record = (change.record, change.record_id)
    table = codec.BY_NAME[change.record]
    now = scene.now[record]
    word = f"{_WORDS.get(change.record, change.record)} {_label(now, change)}"
    if not change.field and change.old is None:
        why_not = "it is not there any more" if now is None else scene.staying.get(record, "")
        if not why_not:
            scene.now[record] = None
        return UndoItem(change=change, what=f"remove {word}", why_not=why_not)
    if not change.field:
        if now is None:
            scene.now[record] = table.from_plain(change.record_id, change.old)
        return UndoItem(change=change, what=f"put back {word}", why_not="it is there again" if now is not None else "")
    before = scene.origins.get(change.number, change.old)
    what = f"{change.field} of {word} back to {_shown(before)}"
    if change.field == "referred_by_id":
        what = f"the link of {word} to whoever brought them"
    why_not = _why_field_stays(scene, table, now, change)
    if not why_not:
        scene.now[record] = replace(now, **{change.field: table.value(change.field, before)})
    return UndoItem(change=change, what=what, why_not=why_not)


def _why_field_stays(scene: _Scene, table: codec.Table[Any], now: Any, change: Change) -> str:
    if now is None:
        return "it is not there any more"
    if isinstance(now, Client):
        if now.erased_on is not None:
            return "an erasure is never taken back"
        said = now.consent is Consent.OPTED_OUT and change.field in ("consent", "consent_evidence")
        if said and now.id not in scene.lent:
            return "an opt-out is never taken back by undo; see `followup optout --lift`"
    since = scene.since.fields.get((change.record, change.record_id, change.field), "")
    if not since and table.plain_value(change.field, getattr(now, change.field)) != change.new:
        return "it was changed again since"
    return since


def _staying(reader: Reader, scene: _Scene, changes: Iterable[Change]) -> dict[tuple[str, str], str]:
    """Return the records that the batch added and that cannot go, each with the reason."""
    staying: dict[tuple[str, str], str] = {}
    jobs = {
        record_id: now
        for (kind, record_id), now in scene.now.items()
        if kind == "job" and now is not None and ("job", record_id) in scene.created
    }
    clients = {
        record_id: now
        for (kind, record_id), now in scene.now.items()
        if kind == "client" and now is not None and ("client", record_id) in scene.created
    }
    # A record that the batch itself made, or tied to its job, lets go of it again.
    tied = {change.record_id for change in changes if change.record in codec.CARE and change.field in ("", "job_id")}
    reached_clients, reached_facts = _reached(
        reader, {*clients, *(job.client_id for job in jobs.values())}, but_for=tied
    )
    for record_id in jobs:
        if record_id in reached_facts:
            staying["job", record_id] = _REACHED
    opted_out_here = {change.record_id for change in changes if change.record == "client" and _says_opted_out(change)}
    for client_id, client in clients.items():
        if client.erased_on is not None:
            staying["client", client_id] = "an erasure is never taken back"
        elif client_id in reached_clients:
            staying["client", client_id] = _REACHED
        elif client.consent is Consent.OPTED_OUT and client_id not in opted_out_here:
            staying["client", client_id] = "it opted out since, and that is kept"
    for record in scene.created:
        if scene.now.get(record) is not None and record in scene.since.records:
            staying.setdefault(record, scene.since.records[record])
    # What the batch itself gave to a client goes back before that one does.
    given = {
        (change.record, change.record_id)
        for change in changes
        if change.field == "client_id"
        and (now := scene.now.get((change.record, change.record_id))) is not None
        and not _why_field_stays(scene, codec.BY_NAME[change.record], now, change)
    }
    for statement in ("job_ids_of_clients", "care_ids_of_clients"):
        for row in reader.database.among(statement, clients):
            kind = row[3] if statement == "care_ids_of_clients" else "job"
            record = (kind, row[0])
            if (record not in scene.created and record not in given) or record in staying:
                staying.setdefault(("client", row[1]), f"it has a {_WORDS.get(kind, kind)} that stays")
    for kept_for, _ in reader.database.among("clients_merged_into", clients):
        staying.setdefault(("client", kept_for), "another client was merged into it since")
    # A link that the batch itself made goes back with it.
    linked = {(change.new, change.record_id) for change in changes if change.field == "referred_by_id"}
    brought = [tuple(row) for row in reader.database.among("clients_referred_by", clients) if tuple(row) not in linked]
    while held := {by for by, other in brought if other not in clients or ("client", other) in staying} - {
        record_id for kind, record_id in staying if kind == "client"
    }:
        staying.update({("client", by): "a client that stays was brought by it" for by in held})
    return staying


def _lent(scene: _Scene, changes: Sequence[Change]) -> set[str]:
    """Return the clients who said stop only by the mouth of one that the batch merged into them.

    That one has kept its consent, and takes the stop along; not, where the stop was said once more since.
    """
    found = set()
    evidence = {change.record_id: change.new for change in changes if change.field == "consent_evidence"}
    for change in changes:
        if change.record == "client" and change.field == "merged_into" and change.new:
            kept, dropped = (scene.now.get(("client", each)) for each in (change.new, change.record_id))
            stopped = dropped is not None and dropped.consent is Consent.OPTED_OUT
            if stopped and kept is not None and kept.consent_evidence == evidence.get(kept.id, kept.consent_evidence):
                found.add(kept.id)
    return found


def _says_opted_out(change: Change) -> bool:
    said = change.new.get("consent") if isinstance(change.new, dict) and not change.field else change.new
    return change.field in ("", "consent") and said == Consent.OPTED_OUT.value


def _reached(reader: Reader, client_ids: Iterable[str], *, but_for: Container[str]) -> tuple[set[str], set[str]]:
    """Return the clients among *client_ids* with a history, and the facts (jobs) that it is about.

    Records in *but_for* do not count.
    """
    clients: set[str] = set()
    facts: set[str] = set()
    for chunk in chunks(client_ids):
        for client_id, key, job_ids in reader.database.among("attempt_marks_of_clients", chunk):
            clients.add(client_id)
            facts.update((key.partition(".")[0], *codec.loads(job_ids)))
        for client_id, key, job_id in reader.database.among("contact_marks_of_clients", chunk):
            clients.add(client_id)
            facts.update((key.partition(".")[0], job_id))
        for record_id, _, job_id, _ in reader.database.among("care_ids_of_clients", chunk):
            if record_id not in but_for:
                facts.add(job_id)
    return clients, facts


def _apply_apart(writer: Writer, reader: Reader, batch: Batch, change: Change) -> None:
    """Take back a change of what has no record of its own."""
    if change.record == "external_id":
        if change.new is not None:
            writer.unlink(**change.new, record_id=change.record_id)
        else:
            writer.link(**change.old, record_id=change.record_id)
    elif change.record == "answer":
        place = {"fingerprint": change.record_id, "about": change.field}
        given_at = reader.database.value("answer_given_at", **place, number=batch.number) or ""
        writer.put_answer(change.record_id, change.field, change.new, change.old, given_at=given_at)
    elif change.record == "imported_file":
        writer.put_files_back(change.record_id, change.old)
    elif change.record in ("attempt", "contact"):
        writer.move(change.record, [change.record_id], change.new, change.old)


def _keep_out(writer: Writer, reader: Reader, client_ids: Sequence[str]) -> None:
    """Keep the stop of clients that opted out in the file itself: the record goes, the hashes of its addresses stay."""
    for client in reader.clients(client_ids).values():
        if client.consent is Consent.OPTED_OUT:
            for address in (*client.emails, *client.phones):
                writer.suppress(identity.canonical_address(address), reason=OPTED_OUT, evidence="import taken back")


def _label(now: Any, change: Change) -> str:
    kept = change.old or change.new if not change.field else None
    values = kept if isinstance(kept, dict) else {}
    if now is None:
        said = _SAID[TieKind(values["kind"])] if change.record == "tie" and "kind" in values else ""
        words = [said or values.get("full_name") or values.get("company") or values.get("service", "")]
        words.append(str(values.get("completed_on") or ""))
    elif isinstance(now, Client):
        words = [now.full_name or now.company]
    elif isinstance(now, Job):
        words = [now.service, str(now.completed_on or "")]
    elif isinstance(now, Instruction):
        words = [now.kind.value, "of", now.key or "everything"]
    elif isinstance(now, Tie):
        words = [_SAID[now.kind]]
    else:
        words = [now.summary]
    return " ".join(word for word in words if word) or change.record_id


_SAID = {
    TieKind.DIFFERENT: "two clients are different people",
    TieKind.TOGETHER: "two clients are one household",
    TieKind.ALONE: "a client is in nobody's household",
}


def _shown(plain: Any) -> str:
    if plain is None or plain in ("", [], {}):
        return "nothing"
    if isinstance(plain, dict):
        return ", ".join(f"{name}={part}" for name, part in plain.items())
    return ", ".join(map(str, plain)) if isinstance(plain, list) else str(plain)
