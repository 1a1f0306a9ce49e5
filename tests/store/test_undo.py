"""Undo: exactly what a batch did, unless it was changed since, reached a client, or is a stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from followup import identity, model, store
from followup.errors import BadInput, NotFound
from followup.model import Consent
from tests import factories

Keep = Callable[..., None]


def undo(opened: store.Store) -> list[str]:
    """Undo the latest batch that can be, checking that the preview said the same."""
    batch = opened.undoable()
    assert batch is not None
    promised = [f"{item.what}: {item.why_not}" for item in opened.undo_preview(batch.id) if item.why_not]
    with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
        left = write.undo(batch.id)
    assert left == promised
    assert opened.check() == []
    return left


def test_an_import_is_taken_back_whole(opened: store.Store) -> None:
    """Clients, jobs, numbers, rows and answers go; the same import afterwards makes the same records."""
    clients = [factories.client(phones=("+441134960000",)) for _ in range(3)]
    jobs = [factories.job(client_id=client.id) for client in clients]
    for _ in range(2):
        with opened.write(kind="import", command="import a.csv", now=factories.NOW) as write:
            write.save_many([*clients, *jobs])
            write.link_many("jobber", "job", {str(n): job.id for n, job in enumerate(jobs)})
            write.remember_rows("file", [("d", jobs[0].id)])
            write.remember_answer("file", "date_order", "dmy")
        assert undo(opened) == []
        assert opened.undoable() is None
        assert sum(opened.counts().values()) == 0
        assert opened.known_rows("file", ["d"]) == set()
        assert opened.answers("file") == {}
        assert opened.by_external_ids("jobber", "job", ["0", "1", "2"]) == {}


def test_the_latest_change_goes_first(opened: store.Store, keep: Keep) -> None:
    """Undo, undo: each takes the one before; contacts and wishes are passed over."""
    client = factories.client()
    keep(client, kind="import", command="import")
    keep(replace(client, city="Leeds"), command="edit")
    keep(factories.contact(client_id=client.id), kind="contact")
    batch = opened.undoable()
    assert batch is not None
    assert batch.command == "edit"
    assert undo(opened) == []
    assert opened.client(client.id) == client
    assert undo(opened) == ["remove client Ada Hall: it was spoken with or written to since"]
    assert opened.client(client.id) == client


def test_what_was_changed_later_stays(opened: store.Store, keep: Keep) -> None:
    """Only fields that still have the value which the batch gave them go back."""
    client = factories.client()
    keep(client, kind="system")
    keep(replace(client, city="Leeds", street="1 High St"))
    keep(replace(client, city="York", street="1 High St"), kind="system")
    assert undo(opened) == ["city of client Ada Hall back to nothing: it was changed again since"]
    assert opened.client(client.id) == replace(client, city="York")


def test_several_changes_of_one_field_go_back_to_the_first(opened: store.Store) -> None:
    """Backwards through one batch."""
    client = factories.client()
    with opened.write(kind="system", command="x", now=factories.NOW) as write:
        write.save(client)
    with opened.write(kind="hand", command="edit", now=factories.NOW) as write:
        for city in ("Leeds", "York", "Hull"):
            write.save(replace(client, city=city))
    assert undo(opened) == []
    assert opened.client(client.id) == client


def test_an_opt_out_is_never_taken_back(opened: store.Store, keep: Keep) -> None:
    """Neither the consent nor its evidence; the rest of the batch goes back."""
    client = factories.client()
    keep(client, kind="system")
    keep(replace(client, consent=Consent.OPTED_OUT, consent_evidence="phone", city="Leeds"))
    left = undo(opened)
    assert len(left) == 2
    assert all("opt-out is never taken back" in text for text in left)
    assert opened.client(client.id) == replace(client, consent=Consent.OPTED_OUT, consent_evidence="phone")


def test_a_client_who_opted_out_since_the_import_stays(opened: store.Store, keep: Keep) -> None:
    """Removing the record would remove the stop."""
    client = factories.client()
    keep(client, factories.job(client_id=client.id), kind="import")
    keep(replace(client, consent=Consent.OPTED_OUT), kind="wish")
    assert undo(opened) == ["remove client Ada Hall: it opted out since, and that is kept"]
    assert opened.counts()["jobs"] == 0


def test_a_stop_that_came_with_the_import_outlives_it(opened: store.Store, keep: Keep) -> None:
    """The record goes, the hashes of its addresses stay."""
    client = factories.client(consent=Consent.OPTED_OUT)
    keep(client, kind="import")
    assert undo(opened) == []
    assert opened.client(client.id) is None
    assert opened.suppression(client.emails[0]) is not None


def test_records_with_a_history_stay(opened: store.Store, keep: Keep) -> None:
    """A job that was written about stays with its client; another job of the batch goes."""
    client = factories.client()
    said, quiet = factories.job(client_id=client.id), factories.job(client_id=client.id, service="Tap")
    keep(client, said, quiet, kind="import")
    with opened.write(kind="contact", command="send", now=factories.NOW) as write:
        write.insert_attempt(factories.attempt(client_id=client.id, key=f"{said.id}.thank-you.1"))
    left = undo(opened)
    assert [text.split(":")[0] for text in left] == [
        "remove job Boiler service 2026-02-27",
        "remove client Ada Hall",
    ]
    assert set(opened.jobs([said.id, quiet.id])) == {said.id}


def test_a_client_with_other_facts_stays(opened: store.Store, keep: Keep) -> None:
    """Jobs, cases and merged clients of other batches hold the client."""
    names = ("With Job", "With Case", "With Twin", "Alone")
    clients = [factories.client(full_name=name) for name in names]
    keep(*clients, kind="import")
    keep(
        factories.job(client_id=clients[0].id),
        model.Case(id=factories.identifier("x"), client_id=clients[1].id, opened_on=factories.TODAY),
        factories.client(merged_into=clients[2].id),
        kind="contact",
    )
    assert sorted(undo(opened)) == [
        "remove client With Case: it has a case that stays",
        "remove client With Job: it has a job that stays",
        "remove client With Twin: another client was merged into it since",
    ]


def test_what_happened_and_stops_are_left(opened: store.Store) -> None:
    """Contacts, attempts, suppressions, notes of the home and people stay, each with its reason."""
    client = factories.client()
    with opened.write(kind="hand", command="x", now=factories.NOW) as write:
        write.save_many([client, factories.contact(client_id=client.id)])
        write.insert_attempt(factories.attempt(client_id=client.id))
        write.suppress("x@example.com", "opted out")
        write.set_meta("a", "b")
        write.sync_people([model.Person(id="sam", name="Sam")])
    assert len(undo(opened)) == 6
    assert opened.counts()["contacts"] == 1
    assert opened.suppression("x@example.com") is not None


def test_what_is_gone_or_back_is_told(opened: store.Store, keep: Keep) -> None:
    """Records that went or came again in other ways are reported, not touched."""
    client = factories.client()
    job, gone = factories.job(client_id=client.id), factories.job(client_id=client.id, service="Tap")
    keep(client, job, gone, kind="system")
    with opened.write(kind="hand", command="x", now=factories.NOW) as write:
        write.save(replace(gone, note="x"))
        write.save(factories.job(id="jnew", client_id=client.id))
        write.delete(job)
        write.link("a", "job", "1", gone.id)
        write.remember_answer("file", "q", "1")
    with opened.write(kind="system", command="y", now=factories.NOW) as write:
        write.save(replace(job, note="again"))
        write.delete(replace(gone, note="x"))
        write.delete(factories.job(id="jnew", client_id=client.id))
        write.remember_answer("file", "q", "2")
    left = undo(opened)
    assert [text.rpartition(": ")[2] for text in left] == [
        "it was answered anew since",
        "it was changed again since",
        "it is there again",
        "it is not there any more",
        "it is not there any more",
    ]


def test_a_skip_is_taken_back(opened: store.Store, keep: Keep) -> None:
    """Instructions and cases are facts of the owner."""
    client = factories.client()
    keep(client, kind="system")
    wish = model.Instruction(
        id=factories.identifier("i"),
        client_id=client.id,
        kind=model.InstructionKind.SKIP,
        given_at=factories.NOW,
        on=factories.TODAY,
        key="j.thank-you.1",
    )
    case = model.Case(id=identity.random_identifier(), client_id=client.id, opened_on=date(2026, 1, 1))
    keep(wish, case)
    assert undo(opened) == []
    dossier = opened.dossiers([client.id])[client.id]
    assert (dossier.instructions, dossier.cases) == ((), ())


def test_only_some_batches_can_be_taken_back_and_once(opened: store.Store, keep: Keep) -> None:
    """Contacts cannot; twice cannot; nothing cannot."""
    client = factories.client()
    keep(client, command="add")
    keep(factories.contact(client_id=client.id), kind="contact")
    latest, first = opened.batches()
    with pytest.raises(BadInput, match="cannot be taken back"):
        opened.undo_preview(latest.id)
    with pytest.raises(NotFound):
        opened.undo_preview("nobody")
    undo(opened)
    with pytest.raises(BadInput, match="already"):
        opened.undo_preview(first.id)
    after = opened.batch(first.id)
    assert after is not None
    assert after.undone_at == factories.NOW
