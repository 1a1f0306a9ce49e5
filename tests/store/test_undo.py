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
    keep(client, kind="system")
    keep(factories.contact(client_id=client.id), kind="contact")
    keep(replace(client, city="York"), command="edit")
    first, latest, _ = opened.batches()
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


# ---------------------------------------------------------------- whatever came after


def write_batch(opened: store.Store, *records: object, kind: str = "import") -> str:
    """Write records as one batch and return its id."""
    with opened.write(kind=kind, command=kind, now=factories.NOW) as write:
        write.save_many(records)  # type: ignore[arg-type]  # any records
        return write.batch_id


def take_back(opened: store.Store, batch_id: str) -> list[str]:
    """Undo one batch, and return what stays."""
    with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
        left = write.undo(batch_id)
    assert opened.check() == []
    return left


def test_an_earlier_import_goes_back_under_a_later_one(opened: store.Store) -> None:
    """What the later one says stays, and what nobody touched since goes; the reason names the later one."""
    ada, bob = factories.client(), factories.client(full_name="Bob Lee")
    write_batch(opened, ada, bob, kind="system")
    first = write_batch(opened, replace(ada, city="Leeds", street="1 High St"), replace(bob, city="Hull"))
    write_batch(opened, replace(ada, city="York", street="1 High St"))
    (left,) = take_back(opened, first)
    assert left == ("city of client Ada Hall back to nothing: import 3 changed it since; `followup undo 3` first")
    assert opened.clients([ada.id, bob.id]) == {ada.id: replace(ada, city="York"), bob.id: bob}


def test_imports_can_be_taken_back_in_any_order(opened: store.Store) -> None:
    """What lay under a later import goes with that one: both gone is as if neither had been."""
    client = factories.client()
    write_batch(opened, client, kind="system")
    first = write_batch(opened, replace(client, city="Leeds"))
    second = write_batch(opened, replace(client, city="York"))
    third = write_batch(opened, replace(client, city="Hull"))
    take_back(opened, second)
    take_back(opened, first)
    assert opened.client(client.id) == replace(client, city="Hull")
    assert take_back(opened, third) == []
    assert opened.client(client.id) == client


def test_only_what_still_stood_when_it_was_taken_back_is_passed_over(opened: store.Store) -> None:
    """A value that was taken back, and then came in again for good, is what a later import goes back to."""
    client = factories.client()
    write_batch(opened, client, kind="system")
    take_back(opened, write_batch(opened, replace(client, city="Leeds")))
    write_batch(opened, replace(client, city="Leeds"))
    assert take_back(opened, write_batch(opened, replace(client, city="York"))) == []
    assert opened.client(client.id) == replace(client, city="Leeds")


def test_what_had_to_stay_goes_once_its_reason_is_gone(opened: store.Store) -> None:
    """The rest, and nothing that was taken back the first time; then there is nothing left."""
    kept, gone, job = factories.client(), factories.client(full_name="Bob Lee"), factories.job()
    job = replace(job, client_id=kept.id)
    with opened.write(kind="import", command="import", now=factories.NOW) as write:
        write.save_many([kept, gone, job])
        write.remember_answer("file", "date_order", "dmy")
        write.remember_files([store.ImportedFile(fingerprint="file", name="a.csv")])
        first = write.batch_id
    with opened.write(kind="import", command="import", now=factories.NOW) as write:
        write.save(replace(job, note="later"))
        write.remember_files([store.ImportedFile(fingerprint="file", name="a.csv")])
        second = write.batch_id
    assert len(take_back(opened, first)) == 3
    write_batch(opened, gone)
    assert opened.undo_preview(first) != []
    assert take_back(opened, second) == []
    going = [item.what for item in opened.undo_preview(first) if not item.why_not]
    assert sorted(going) == [
        "forget the answer date_order=dmy",
        "remove client Ada Hall",
        "remove job Boiler service 2026-02-27",
    ]
    assert take_back(opened, first) == []
    assert set(opened.clients([kept.id, gone.id])) == {gone.id}
    assert opened.answers("file") == {}
    with pytest.raises(BadInput, match="already"):
        opened.undo_preview(first)


def test_what_went_with_the_change_over_it_is_not_left(opened: store.Store) -> None:
    """Below a later import, a value goes when that one does: then there is nothing to say of it."""
    client = factories.client()
    write_batch(opened, client, kind="system")
    first = write_batch(opened, replace(client, city="Leeds"))
    second = write_batch(opened, replace(client, city="York"))
    assert len(take_back(opened, first)) == 1
    assert [item.why_not for item in opened.undo_preview(first)] == [
        "import 3 changed it since; `followup undo 3` first"
    ]
    take_back(opened, second)
    with pytest.raises(BadInput, match="already"):
        opened.undo_preview(first)


def test_a_client_goes_who_had_only_a_job_that_goes_back(opened: store.Store) -> None:
    """The import made the client and gave them a job of somebody else's; all of that is taken back."""
    ada, bob = factories.client(), factories.client(full_name="Bob Lee")
    job = factories.job(client_id=bob.id)
    write_batch(opened, bob, job, kind="system")
    first = write_batch(opened, ada, replace(job, client_id=ada.id))
    assert take_back(opened, first) == []
    assert opened.client(ada.id) is None
    assert opened.jobs([job.id]) == {job.id: job}


def test_what_a_person_wrote_since_stays_also_when_it_is_the_same_again(opened: store.Store) -> None:
    """Typed is typed: nobody can tell from the value alone."""
    client = factories.client()
    write_batch(opened, client, kind="system")
    first = write_batch(opened, replace(client, city="Leeds"))
    for city in ("York", "Leeds"):
        write_batch(opened, replace(client, city=city), kind="hand")
    assert take_back(opened, first) == ["city of client Ada Hall back to nothing: it was changed by hand since"]


def test_records_that_were_changed_since_stay(opened: store.Store) -> None:
    """By hand, by a later import, or by a number that it gave them; the client of such a job stays, too."""
    clients = [factories.client(full_name=name) for name in ("Edited", "Numbered", "With Job", "Alone")]
    job = factories.job(client_id=clients[2].id)
    first = write_batch(opened, *clients, job)
    write_batch(opened, replace(clients[0], city="York"), kind="hand")
    with opened.write(kind="import", command="later", now=factories.NOW) as write:
        write.link("jobber", "client", "7", clients[1].id)
        write.save(replace(job, note="later"))
    assert sorted(take_back(opened, first)) == [
        "remove client Edited: it was changed by hand since",
        "remove client Numbered: import 3 changed it since; `followup undo 3` first",
        "remove client With Job: it has a job that stays",
        "remove job Boiler service 2026-02-27: import 3 changed it since; `followup undo 3` first",
    ]
    assert set(opened.clients(client.id for client in clients)) == {client.id for client in clients[:3]}


def test_whoever_brought_a_client_that_stays_does(opened: store.Store) -> None:
    """And whoever brought them: thanks for a recommendation name a client."""
    clients = [factories.client(full_name=name) for name in ("First", "Second", "Third", "Alone")]
    clients[1] = replace(clients[1], referred_by_id=clients[0].id)
    clients[2] = replace(clients[2], referred_by_id=clients[1].id)
    first = write_batch(opened, *clients)
    write_batch(opened, replace(clients[2], city="York"), kind="hand")
    assert sorted(take_back(opened, first)) == [
        "remove client First: a client that stays was brought by it",
        "remove client Second: a client that stays was brought by it",
        "remove client Third: it was changed by hand since",
    ]


def test_answers_that_a_later_import_used_stay(opened: store.Store) -> None:
    """The next file of that kind asks nothing."""
    ids = []
    for _ in range(2):
        with opened.write(kind="import", command="import", now=factories.NOW) as write:
            write.save(factories.client())
            write.remember_files([store.ImportedFile(fingerprint="f", name="a.csv")])
            write.remember_answer("f", "date_order", "dmy")
        ids.append(write.batch_id)
    assert take_back(opened, ids[0]) == ["forget the answer date_order=dmy: import 2 used it since"]
    assert opened.answers("f") == {"date_order": "dmy"}
    assert [each.imports for each in opened.learnt()] == [1]
