"""Writing: what is saved is what is read, every change is recorded, and what is derived always fits."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from followup import identity, model, store
from followup.errors import NotFound
from followup.model import AttemptState, Channel, Consent, Direction, InstructionKind, JobStatus, Outcome, TieKind
from followup.store import codec, sql, summaries
from tests import factories

Keep = Callable[..., None]
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
LISTS = st.lists(WORDS, max_size=3, unique=True).map(tuple)
_BY_TYPE = {
    "str": WORDS,
    "int": st.integers(0, 2**40),
    "int | None": st.none() | st.integers(-(2**40), 2**40),
    "bool": st.booleans(),
    "date": DAYS,
    "date | None": st.none() | DAYS,
    "datetime": INSTANTS,
    "datetime | None": st.none() | INSTANTS,
    "tuple[str, ...]": LISTS,
    "Mapping[str, str]": st.dictionaries(WORDS, WORDS, max_size=3),
    "Consent": st.sampled_from(Consent),
    "JobStatus": st.sampled_from(JobStatus),
    "Channel": st.sampled_from(Channel),
    "Direction": st.sampled_from(Direction),
    "Purpose": st.sampled_from(model.Purpose),
    "Purpose | None": st.none() | st.sampled_from(model.Purpose),
    "Outcome | None": st.none() | st.sampled_from(Outcome),
    "AttemptState": st.sampled_from(AttemptState),
    "InstructionKind": st.sampled_from(InstructionKind),
    "TieKind": st.sampled_from(TieKind),
}
ONCE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def records(kind: type, **given_fields: Any) -> st.SearchStrategy[Any]:
    """Give records of *kind* with anything in every field."""
    strategies = {field.name: _BY_TYPE[str(field.type)] for field in fields(kind)}
    fixed = {name: st.just(value) for name, value in given_fields.items()}
    return st.builds(kind, **{**strategies, "id": st.builds(factories.identifier), **fixed})


@pytest.mark.parametrize("table", codec.TABLES.values(), ids=lambda table: table.name)
def test_every_select_lists_the_columns_in_the_order_of_the_model(opened: store.Store, table: codec.Table[Any]) -> None:
    """Rows are read by position; a SELECT in another order would swap values silently."""
    names = {"client": "clients_among", "person": "people", "suppression": "suppressions_among"}
    name = "care_among" if table.name in codec.CARE else names.get(table.name, f"{table.name}s_among")
    text = sql.text(name, 1 if sql.lists(name) else 0)
    cursor = opened.database._connection.execute(text, {f"{each}0": "" for each in sql.lists(name)})
    assert tuple(column[0] for column in cursor.description) == table.columns


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        (model.Job, lambda opened, each: opened.job(each.id)),
        (model.Case, lambda opened, each: opened.care_among([each.id])[each.id]),
        (model.Contact, lambda opened, each: opened.contacts_of(each.client_id)[-1]),
        (model.Instruction, lambda opened, each: opened.dossiers([each.client_id])[each.client_id].instructions[-1]),
    ],
    ids=["job", "case", "contact", "instruction"],
)
def test_what_is_saved_is_what_is_read(opened: store.Store, kind: type, read: Callable[..., Any]) -> None:
    """A record comes back equal, whatever is in its fields; and its plain form too."""

    @ONCE
    @given(st.data())
    def check(data: st.DataObject) -> None:
        client = factories.client()
        record = data.draw(records(kind, client_id=client.id))
        with opened.write(kind="hand", command="x", now=factories.NOW) as write:
            write.save_many([client, record])
        assert read(opened, record) == record
        table = codec.TABLES[kind]
        assert table.from_plain(record.id, codec.loads(codec.dumps(table.plain(record)))) == record

    check()


@ONCE
@given(before=records(model.Client), after=records(model.Client))
def test_a_client_is_saved_changed_and_put_back(opened: store.Store, before: model.Client, after: model.Client) -> None:
    """Save, change everything, undo: each time what is read is what was meant."""
    before = replace(before, erased_on=None, consent=Consent.UNKNOWN)
    after = replace(after, id=before.id, erased_on=None, consent=Consent.UNKNOWN)
    with opened.write(kind="import", command="x", now=factories.NOW) as write:
        write.save(before)
    assert opened.client(before.id) == before
    with opened.write(kind="hand", command="y", now=factories.NOW) as write:
        changed = write.save(after)
    assert opened.client(before.id) == after
    if changed:
        with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
            assert write.undo(opened.undoable().id) == []
        assert opened.client(before.id) == before
    assert opened.check() == []


def test_an_attempt_comes_back_with_its_bytes(opened: store.Store) -> None:
    """The first attempt freezes the bytes; the planner gets it without them."""
    client = factories.client()
    attempt = factories.attempt(client_id=client.id, job_ids=("j1", "j2"), settled_at=factories.NOW)
    with opened.write(kind="contact", command="send", now=factories.NOW) as write:
        write.save(client)
        assert write.insert_attempt(attempt)
    assert opened.attempt(attempt.id) == attempt
    assert opened.attempt("nobody") is None
    (brief,) = opened.dossiers([client.id])[client.id].attempts
    assert brief == replace(attempt, text="", message="")


def test_saving_the_same_again_changes_nothing(opened: store.Store, keep: Keep) -> None:
    """No change, no batch."""
    client = factories.client()
    keep(client)
    with opened.write(kind="import", command="again", now=factories.NOW) as write:
        assert not write.save(client)
        assert not write.changed
    assert [batch.command for batch in opened.batches()] == ["test"]


def test_every_changed_field_is_recorded(opened: store.Store, keep: Keep) -> None:
    """Batch, person, instant, record, field, old and new."""
    client = factories.client(tags=("vip",))
    keep(client)
    with opened.write(kind="hand", command="client edit", person="sam", now=factories.NOW) as write:
        write.save(replace(client, tags=(), phones=("+441134960000",), created_on=None))
        write.detail({"why": "she moved"})
    batch = opened.batches()[0]
    assert (batch.kind, batch.person, batch.at, batch.number) == ("hand", "sam", factories.NOW, 2)
    assert batch.detail == {"why": "she moved"}
    assert {(change.field, str(change.old), str(change.new)) for change in opened.changes(batch.id)} == {
        ("tags", "['vip']", "[]"),
        ("phones", "[]", "['+441134960000']"),
        ("created_on", "2025-01-06", "None"),
    }
    whole, *_ = opened.changes_of(client.id)
    assert (whole.field, whole.old, whole.new["full_name"]) == ("", None, "Ada Hall")


def test_an_error_takes_everything_back(opened: store.Store) -> None:
    """A transaction that fails leaves no record, no batch and no half summary."""

    def fail() -> None:
        with opened.write(kind="hand", command="x", now=factories.NOW) as write:
            write.save(factories.client())
            write.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert opened.batches() == []
    assert opened.counts()["clients"] == 0
    with opened.write(kind="hand", command="y", now=factories.NOW) as write:
        assert write.save(factories.client())


def test_one_transaction_at_a_time_and_known_kinds_only(opened: store.Store) -> None:
    """Mistakes of ours are loud."""
    with (
        opened.write(kind="hand", command="x", now=factories.NOW),
        pytest.raises(RuntimeError),
        opened.write(kind="hand", command="y", now=factories.NOW),
    ):
        pass
    with pytest.raises(ValueError, match="kind"), opened.write(kind="magic", command="x", now=factories.NOW):
        pass
    with pytest.raises(ValueError, match="time zone"):
        codec.instant(datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_detail_can_come_after_the_changes(opened: store.Store) -> None:
    """Counts are known at the end only."""
    with opened.write(kind="import", command="x", now=factories.NOW) as write:
        write.save(factories.client())
        write.flush()
        write.detail({"new": 1})
    assert opened.batches()[0].detail == {"new": 1}


def test_many_records_of_one_command_may_repeat(opened: store.Store) -> None:
    """The same record twice in one call: the later word counts, and both are recorded."""
    client = factories.client()
    with opened.write(kind="import", command="x", now=factories.NOW) as write:
        assert write.save_many([client, replace(client, city="Leeds"), factories.job(client_id=client.id)]) == 3
    assert opened.client(client.id) == replace(client, city="Leeds")
    assert len(opened.changes_of(client.id)) == 2


# ---------------------------------------------------------------- summaries


def test_the_usual_gap_is_the_median_between_distinct_days() -> None:
    """Below three days there is none; of two in the middle the longer one."""
    day = date(2026, 1, 1)

    def gap(*offsets: int) -> int | None:
        return summaries.usual_gap([day + timedelta(offset) for offset in offsets])

    assert gap() is None
    assert gap(0, 10) is None
    assert gap(0, 0, 10) is None
    assert gap(0, 10, 110) == 100
    assert gap(0, 10, 10, 30, 400) == 20


def test_a_summary_tells_a_clients_history(opened: store.Store, keep: Keep) -> None:
    """Completed jobs, worth in the latest currency, last contacts by kind, last outcome."""
    client = factories.client()
    days = [date(2025, 1, 1), date(2025, 1, 11), date(2025, 3, 1)]
    jobs = [factories.job(client_id=client.id, completed_on=day) for day in days]
    keep(
        client,
        *jobs,
        factories.job(client_id=client.id, status=JobStatus.OPEN, completed_on=None),
        factories.job(client_id=client.id, completed_on=date(2024, 1, 1), currency="EUR"),
        factories.contact(client_id=client.id, on=date(2025, 5, 1), outcome=Outcome.UNHAPPY),
        factories.contact(client_id=client.id, on=date(2025, 4, 1), direction=Direction.IN, outcome=Outcome.HAPPY),
        factories.contact(client_id=client.id, on=date(2025, 6, 1), outcome=Outcome.VOICEMAIL),
    )
    assert opened.summary(client.id) == model.Summary(
        client_id=client.id,
        jobs=4,
        first_job_on=date(2024, 1, 1),
        last_job_on=days[-1],
        last_job_id=jobs[-1].id,
        usual_gap_days=49,
        last_contact_on=date(2025, 6, 1),
        last_reply_on=date(2025, 4, 1),
        last_outcome=Outcome.UNHAPPY,
        last_outcome_on=date(2025, 5, 1),
        worth_minor=36000,
        currency="GBP",
    )
    assert opened.summary("nobody") == model.Summary(client_id="nobody")


CLIENTS = [factories.client() for _ in range(3)]
ACTS = st.lists(
    st.one_of(
        st.builds(
            factories.job,
            id=st.sampled_from([factories.identifier("j") for _ in range(6)]),
            client_id=st.sampled_from([client.id for client in CLIENTS]),
            completed_on=st.none() | st.dates(date(2020, 1, 1), date(2020, 2, 1)),
            status=st.sampled_from(JobStatus),
            amount_minor=st.none() | st.integers(0, 9),
            currency=st.sampled_from(["", "GBP", "EUR"]),
        ),
        st.builds(
            factories.contact,
            id=st.sampled_from([factories.identifier("k") for _ in range(4)]),
            client_id=st.sampled_from([client.id for client in CLIENTS]),
            direction=st.sampled_from(Direction),
            on=st.dates(date(2020, 1, 1), date(2020, 1, 9)),
            outcome=st.none() | st.sampled_from(Outcome),
        ),
        st.sampled_from(["delete", "read"]),
    ),
    max_size=14,
)


@ONCE
@given(ACTS)
def test_summaries_kept_along_the_way_are_those_worked_out_anew(opened: store.Store, acts: list[Any]) -> None:
    """Whatever is saved, moved and deleted: rebuilding changes no summary, and `check` agrees."""
    with opened.write(kind="hand", command="x", now=factories.NOW) as write:
        write.save_many(CLIENTS)
        for act in acts:
            if act == "read":
                opened.summary(CLIENTS[0].id)
            elif act == "delete":
                for job in list(opened.iter_jobs())[:1]:
                    write.delete(job)
            else:
                write.save(act)
    kept = [opened.summary(client.id) for client in CLIENTS]
    assert opened.check() == []
    assert opened.rebuild_summaries() == len(CLIENTS)
    assert [opened.summary(client.id) for client in CLIENTS] == kept


def test_check_names_what_does_not_fit(opened: store.Store, keep: Keep) -> None:
    """A summary that somebody edited, a broken link and a foreign mark are found, and rebuilding mends the first."""
    keep(factories.client())
    run = opened.database._connection.execute
    run("UPDATE client_summary SET jobs = 7")
    run("PRAGMA application_id = 1")
    run("PRAGMA foreign_keys = OFF")
    run("INSERT INTO client_email VALUES ('nobody', 0, 'x', 'x')")
    assert opened.check() == [
        "a row of client_email names a missing row of client",
        "the file does not carry followup's mark",
        "the summaries of 1 clients do not fit their jobs and contacts",
    ]
    opened.rebuild_summaries()
    assert len(opened.check()) == 2


# ---------------------------------------------------------------- attempts


@pytest.mark.parametrize("state", sorted(model.HOLDING_STATES))
def test_a_key_is_handed_over_once(opened: store.Store, keep: Keep, state: AttemptState) -> None:
    """While an attempt holds a key there is no second one, whatever the process."""
    client = factories.client()
    keep(client)
    first = factories.attempt(client_id=client.id, state=state, key="j.thank-you.1")
    with opened.write(kind="contact", command="send", now=factories.NOW) as write:
        assert write.insert_attempt(first)
        assert not write.insert_attempt(factories.attempt(client_id=client.id, key=first.key))
        assert write.insert_attempt(factories.attempt(client_id=client.id))
    assert [attempt.id for attempt in opened.attempts_of_key(first.key)] == [first.id]


def test_settling_frees_the_key_and_never_takes_it_twice(opened: store.Store, keep: Keep) -> None:
    """Not sent: the key is free for another attempt; and then the first one cannot come back."""
    client = factories.client()
    keep(client)
    first, second = (factories.attempt(client_id=client.id, key="j.thank-you.1") for _ in range(2))
    with opened.write(kind="contact", command="send", now=factories.NOW) as write:
        assert write.insert_attempt(first)
        assert not write.settle_attempt(first.id, AttemptState.SENT, now=factories.NOW, expected={AttemptState.CLAIMED})
        assert write.settle_attempt(first.id, AttemptState.CANCELLED, now=factories.NOW, server_said="no")
        assert write.insert_attempt(second)
        assert not write.settle_attempt(first.id, AttemptState.SENT, now=factories.NOW)
        assert write.settle_attempt(first.id, AttemptState.PERMANENT, now=factories.NOW)
        with pytest.raises(NotFound):
            write.settle_attempt("nobody", AttemptState.SENT, now=factories.NOW)
    after = opened.attempt(first.id)
    assert after is not None
    assert (after.state, after.settled_at, after.server_said) == (AttemptState.PERMANENT, factories.NOW, "no")
    assert [attempt.id for attempt in opened.open_attempts([AttemptState.DRAFTED])] == [second.id]
    assert list(opened.open_attempts([AttemptState.SENT, AttemptState.CANCELLED])) == []
    assert opened.keys_with_attempts(["j.thank-you.1", "x"]) == {"j.thank-you.1"}
    assert "message" not in opened.changes_of(first.id)[0].new


# ---------------------------------------------------------------- addresses


def test_an_address_that_a_server_refused_is_no_opt_out(opened: store.Store, keep: Keep) -> None:
    """The client can still be called, and what the client says about it counts more than what a server said."""
    client = factories.client(emails=("Ada@example.com", "second@example.com"))
    keep(client)
    with opened.write(kind="contact", command="send", now=factories.NOW) as write:
        assert write.suppress("ada@example.com", model.REFUSED)
        assert not write.is_suppressed("ada@example.com")
        assert not write.lift_suppression("ada@example.com", evidence="rang")
    found = opened.dossiers([client.id])[client.id]
    assert (found.suppressed, found.bad_addresses) == (False, frozenset({"ada@example.com"}))
    assert opened.counts()["suppressions"] == 0
    with opened.write(kind="wish", command="optout", now=factories.NOW) as write:
        assert write.suppress("ada@example.com", "opted out")
        assert not write.suppress("ada@example.com", model.REFUSED)
        assert not write.allow_refused("ada@example.com", evidence="corrected")
        assert write.is_suppressed("ada@example.com")
    assert opened.dossiers([client.id])[client.id].suppressed
    with opened.write(kind="wish", command="optout", now=factories.NOW) as write:
        assert write.lift_suppression("ada@example.com", evidence="rang")
        assert write.suppress("ada@example.com", model.REFUSED)
        assert write.allow_refused("ada@example.com", evidence="typed wrong")
    assert not opened.dossiers([client.id])[client.id].bad_addresses


def test_a_hand_over_happens_once_and_only_to_what_is_claimed(opened: store.Store) -> None:
    """The fence opens for exactly one row; its instant is what limits per hour and day count from."""
    claimed, drafted = factories.attempt(state=model.AttemptState.CLAIMED), factories.attempt()
    with opened.write(kind="contact", command="send", now=factories.NOW) as write:
        assert write.insert_attempt(claimed)
        assert write.insert_attempt(drafted)
        assert write.hand_over(claimed.id, at=factories.NOW)
        assert not write.hand_over(claimed.id, at=factories.NOW)
        assert not write.hand_over(drafted.id, at=factories.NOW)
    found = opened.attempt(claimed.id)
    assert found is not None
    assert (found.state, found.handed_over_at) == (model.AttemptState.HANDING_OVER, factories.NOW)
    assert opened.attempt_states([claimed.id, drafted.id, "axxxxxxxxx"]) == {
        claimed.id: model.AttemptState.HANDING_OVER, drafted.id: model.AttemptState.DRAFTED,
    }  # fmt: skip
    assert opened.hand_overs_since(factories.NOW - timedelta(seconds=1)) == [factories.NOW]
    assert opened.hand_overs_since(factories.NOW) == []
    changed = [(each.field, each.new) for each in opened.changes_of(claimed.id)][1:]
    assert changed == [("state", "handing_over"), ("handed_over_at", "2026-03-02T09:15:00+00:00")]


def test_a_suppressed_address_is_remembered_as_a_hash(opened: store.Store, keep: Keep) -> None:
    """Case is ignored, only the hash is kept, and lifting needs to be said."""
    client = factories.client(phones=("+441134960000",))
    keep(client)
    with opened.write(kind="wish", command="optout", now=factories.NOW) as write:
        assert write.suppress("ADA@example.com", "opted out", "by phone", factories.NOW)
        assert not write.suppress("ada@example.com", "opted out")
        assert write.is_suppressed("Ada@Example.com")
        assert not write.is_suppressed("other@example.com")
    assert opened.dossiers([client.id])[client.id].suppressed
    found = opened.suppression("ada@example.com")
    assert found is not None
    assert found.address_hash == identity.address_hash(factories.HOME_KEY, "ada@example.com")
    with opened.write(kind="wish", command="optout --lift", now=factories.NOW) as write:
        assert write.lift_suppression("ada@example.com", evidence="mail of 3 March", now=factories.NOW)
        assert not write.lift_suppression("ada@example.com", evidence="again")
        assert not write.is_suppressed("ada@example.com")
    assert not opened.dossiers([client.id])[client.id].suppressed
    with opened.write(kind="wish", command="optout", now=factories.NOW) as write:
        assert write.suppress("ada@example.com", "opted out again")
        assert write.suppress("+441134960000", "opted out")
    assert opened.dossiers([client.id])[client.id].suppressed
    assert opened.counts()["suppressions"] == 2
    assert opened.suppression("nobody@example.com") is None


# ---------------------------------------------------------------- imports


def test_outside_numbers_belong_to_their_source(opened: store.Store, keep: Keep) -> None:
    """Two exporters' 1001 are two clients; the latest word counts; undo puts the number back."""
    ada, bob = factories.client(), factories.client(full_name="Bob Ray")
    keep(ada, bob)
    with opened.write(kind="import", command="x", now=factories.NOW) as write:
        write.link("jobber", "client", "1001", ada.id)
        write.link("square", "client", "1001", bob.id)
        write.link("jobber", "client", "1001", ada.id)
    assert opened.by_external_ids("jobber", "client", ["1001", "1002"]) == {"1001": ada.id}
    assert {client.id for client in opened.find_clients("1001")} == {ada.id, bob.id}
    assert opened.external_ids(bob.id) == [("square", "client", "1001")]
    with opened.write(kind="hand", command="y", now=factories.NOW) as write:
        write.link("jobber", "client", "1001", bob.id)
    with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
        assert write.undo(opened.undoable().id) == []
    assert opened.by_external_ids("jobber", "client", ["1001"]) == {"1001": ada.id}
    with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
        assert write.undo(opened.undoable().id) == []
    assert opened.by_external_ids("square", "client", ["1001"]) == {}


def test_known_rows_are_those_that_still_hold(opened: store.Store, keep: Keep) -> None:
    """A row that was corrected is not known any more, so that taking the correction back is news."""
    client = factories.client()
    keep(client)
    with opened.write(kind="import", command="1", now=factories.NOW) as write:
        write.remember_rows("file", [("old", client.id), ("other", "x")])
        write.remember_rows("file", [("old", client.id)])
    with opened.write(kind="import", command="2", now=factories.NOW) as write:
        write.remember_rows("file", [("new", client.id)])
    assert opened.known_rows("file", ["old", "new", "other"]) == {"new", "other"}
    assert opened.known_rows("another", ["new"]) == set()
    assert opened.known_rows_of("file", [client.id, "y"]) == {"new"}
    assert opened.known_rows_of("another", [client.id]) == set()


def test_answers_are_remembered_and_taken_back(opened: store.Store) -> None:
    """By kind of file and question."""
    for value in ("dmy", "mdy", "mdy"):
        with opened.write(kind="import", command=value, now=factories.NOW) as write:
            write.remember_answer("file", "date_order", value)
    assert opened.answers("file") == {"date_order": "mdy"}
    assert opened.answers("other") == {}
    for expected in ({"date_order": "dmy"}, {}):
        with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
            assert write.undo(opened.undoable().id) == []
        assert opened.answers("file") == expected


def test_what_a_person_typed_is_known(opened: store.Store, keep: Keep) -> None:
    """Fields edited by hand, and those given when a record was added by hand; until that is undone."""
    typed, imported = factories.client(), factories.client()
    keep(typed)
    keep(imported, kind="import")
    keep(replace(imported, city="Leeds"))
    keep(replace(imported, city="Leeds", region="Yorkshire"), kind="import")
    found = opened.edited_by_hand([typed.id, imported.id])
    assert {field for record_id, field in found if record_id == imported.id} == {"city"}
    assert (typed.id, "full_name") in found
    assert (typed.id, "city") not in found


# ---------------------------------------------------------------- merging, forgetting, the home


def test_merging_gives_everything_to_one_and_can_be_taken_back(opened: store.Store, keep: Keep) -> None:
    """What the kept client has counts, the rest is taken over; a stop of either is a stop; undo restores both."""
    ada = factories.client(street="1 High St", postal_code="LS1 1AA", tags=("a",), notes="kind")
    other = factories.client(
        full_name="A. Hall",
        emails=("Ada@Example.com", "hall@example.com"),
        phones=("+441134960000",),
        city="York",
        tags=("b",),
        notes="dog",
        consent=Consent.OPTED_IN,
        created_on=date(2020, 1, 1),
        extra={"x": "1"},
    )
    job = factories.job(client_id=other.id)
    case = model.Case(id=factories.identifier("x"), client_id=other.id, opened_on=factories.TODAY)
    wish = model.Instruction(
        id=factories.identifier("i"),
        client_id=other.id,
        kind=InstructionKind.SNOOZE,
        given_at=factories.NOW,
        on=factories.TODAY,
    )
    keep(ada, other, job, case, wish)
    contact = factories.contact(client_id=other.id)
    attempt = factories.attempt(client_id=other.id)
    with opened.write(kind="contact", command="send", now=factories.NOW) as write:
        write.save(contact)
        write.insert_attempt(attempt)
    with opened.write(kind="import", command="numbers", now=factories.NOW) as write:
        write.link("jobber", "client", "7", other.id)
    before = opened.dossiers([ada.id, other.id])
    with opened.write(kind="hand", command="client merge", now=factories.NOW) as write:
        write.merge_clients(ada.id, other.id)
        for nobody in ((ada.id, "nobody"), ("nobody", ada.id)):
            with pytest.raises(NotFound):
                write.merge_clients(*nobody)
    merged = opened.dossiers([ada.id])[ada.id]
    assert merged.client.emails == ("ada@example.com", "hall@example.com")
    assert (merged.client.phones, merged.client.city, merged.client.tags) == (("+441134960000",), "", ("a", "b"))
    also = "Also on record as A. Hall: address York"
    assert (merged.client.notes, merged.client.consent) == (f"kind\ndog\n{also}", Consent.OPTED_IN)
    assert (merged.client.created_on, merged.client.extra) == (date(2020, 1, 1), {"x": "1"})
    assert [len(part) for part in (merged.jobs, merged.cases, merged.contacts, merged.attempts)] == [1, 1, 1, 1]
    assert merged.summary.jobs == 1
    assert opened.by_external_ids("jobber", "client", ["7"]) == {"7": ada.id}
    assert opened.find_clients(other.id) == [merged.client]
    assert [client.id for client in opened.iter_clients()] == [ada.id]
    assert opened.check() == []
    with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
        assert write.undo(opened.undoable().id) == []
    assert opened.dossiers([ada.id, other.id]) == before
    assert opened.by_external_ids("jobber", "client", ["7"]) == {"7": other.id}


def test_what_two_records_say_otherwise_is_kept_in_words(opened: store.Store, keep: Keep) -> None:
    """One value of each field counts; the other stands in the notes, or beside its own column."""
    ada = factories.client(
        company="Hall Ltd",
        note="thanks for the tea",
        language="en",
        street="1 High St",
        consent=Consent.OPTED_IN,
        consent_evidence="ticked the box",
        extra={"Source": "web", "Car": "red"},
        referred_by="Bert Hill",
    )
    other = factories.client(
        full_name="Ada Stone",
        company="Stone & Co",
        note="mind the dog",
        language="de",
        street="2 Mill Lane",
        postal_code="LS1 1AA",
        consent=Consent.OPTED_OUT,
        consent_evidence="rang",
        extra={"Source": "fair", "Pet": "dog"},
        referred_by="Cy Dunn",
        phones=("+441134960000",),
    )
    keep(ada, other)
    before = opened.dossiers([ada.id, other.id])
    with opened.write(kind="hand", command="client merge", now=factories.NOW) as write:
        write.merge_clients(ada.id, other.id)
    merged = opened.client(ada.id)
    assert merged is not None
    assert (merged.full_name, merged.company, merged.street, merged.note) == (
        *("Ada Hall", "Hall Ltd", "1 High St", "thanks for the tea"),
    )
    assert merged.notes == (
        "Also on record as Ada Stone: company Stone & Co; language de; for the next thank-you mind the dog; "
        "address 2 Mill Lane, LS1 1AA; referred by Cy Dunn; consent opted in (ticked the box)"
    )
    assert merged.extra == {"Source": "web", "Car": "red", "Pet": "dog", "Source (2)": "fair"}
    assert (merged.consent, merged.consent_evidence) == (Consent.OPTED_OUT, "rang")
    assert {(ada.id, name) for name in ("full_name", "company", "street")} <= opened.edited_by_hand([ada.id])
    with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
        assert write.undo(opened.undoable().id) == []
    assert opened.dossiers([ada.id, other.id]) == before


def test_a_stop_that_was_said_again_after_a_merge_outlives_its_undo(opened: store.Store, keep: Keep) -> None:
    """What came with the other record goes with it; what was said since stays."""
    ada, other = factories.client(), factories.client(consent=Consent.OPTED_OUT, consent_evidence="phone")
    keep(ada, other)
    with opened.write(kind="hand", command="client merge", now=factories.NOW) as write:
        write.merge_clients(ada.id, other.id)
    merge = opened.undoable()
    merged = opened.client(ada.id)
    assert merged is not None
    keep(replace(merged, consent_evidence="wrote"), kind="wish")
    with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
        assert any("an opt-out is never taken back" in line for line in write.undo(merge.id))
    kept = opened.client(ada.id)
    assert kept is not None
    assert kept.consent is Consent.OPTED_OUT


def test_whoever_was_brought_by_a_merged_client_was_brought_by_the_kept_one(opened: store.Store, keep: Keep) -> None:
    """Nobody is brought by themselves."""
    ada, other = factories.client(), factories.client(full_name="A. Hall")
    bert = factories.client(full_name="Bert Hill", referred_by="A. Hall", referred_by_id=other.id)
    keep(replace(ada, referred_by="A. Hall", referred_by_id=other.id), other, bert)
    with opened.write(kind="hand", command="client merge", now=factories.NOW) as write:
        write.merge_clients(ada.id, other.id)
    found = opened.clients([ada.id, bert.id])
    assert (found[bert.id].referred_by_id, found[ada.id].referred_by_id) == (ada.id, "")
    with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
        assert write.undo(opened.undoable().id) == []
    assert opened.clients([bert.id])[bert.id].referred_by_id == other.id


def tie(client: model.Client, other: model.Client | None = None, *, kind: TieKind) -> model.Tie:
    """Return what the owner said of two clients, or of one."""
    return model.Tie(
        id=factories.identifier("t"),
        client_id=client.id,
        other_id=other.id if other else "",
        kind=kind,
        said_at=factories.NOW,
    )


def test_households_follow_the_owners_word(opened: store.Store, keep: Keep) -> None:
    """Two are one household because it was said; one stands alone whatever it shares, and can be taken in again."""
    home = {"street": "1 High St", "postal_code": "LS1 1AA"}
    ada, bert, cy = (factories.client(id=each, **home) for each in "abc")
    dan = factories.client(id="d")
    keep(ada, bert, cy, dan)
    joined, left = tie(cy, dan, kind=TieKind.TOGETHER), tie(bert, kind=TieKind.ALONE)
    assert list(opened.households(["a", "d"])) == [["a", "b", "c"], ["d"]]
    keep(joined)
    assert list(opened.households(["d"])) == list(opened.households("abcd")) == [["a", "b", "c", "d"]]
    keep(left)
    assert list(opened.households("abcd")) == [["a", "c", "d"], ["b"]]
    assert list(opened.households(["b"])) == [["b"]]
    keep(tie(bert, dan, kind=TieKind.TOGETHER))
    assert list(opened.households(["b"])) == [["a", "b", "c", "d"]]
    for expected in ([["a", "c", "d"], ["b"]], [["a", "b", "c", "d"]], [["a", "b", "c"], ["d"]]):
        with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
            assert write.undo(opened.undoable().id) == []
        assert list(opened.households("abcd")) == expected
    assert opened.ties("abcd") == list(opened.iter_ties()) == []


def test_what_was_said_of_a_merged_client_holds_for_the_kept_one(opened: store.Store, keep: Keep) -> None:
    """What was said of the two themselves is over; undo brings all of it back; a removed client takes it along."""
    ada, other, bert = factories.client(), factories.client(full_name="A. Hall"), factories.client(full_name="Bert")
    keep(ada, other, bert)
    said = [
        tie(ada, other, kind=TieKind.TOGETHER),
        tie(other, bert, kind=TieKind.DIFFERENT),
        tie(other, kind=TieKind.ALONE),
    ]
    keep(*said)
    before = opened.ties([other.id])
    with opened.write(kind="hand", command="client merge", now=factories.NOW) as write:
        write.merge_clients(ada.id, other.id)
    (kept,) = opened.ties([ada.id])
    assert (kept.kind, kept.client_id, kept.other_id) == (TieKind.DIFFERENT, ada.id, bert.id)
    with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
        assert write.undo(opened.undoable().id) == []
    assert opened.ties([other.id]) == before
    with opened.write(kind="hand", command="x", now=factories.NOW) as write:
        write.delete(other)
    assert opened.ties([ada.id, other.id, bert.id]) == []


def test_merging_keeps_an_opt_out(opened: store.Store, keep: Keep) -> None:
    """Whichever of the two said stop."""
    ada, other = factories.client(), factories.client(consent=Consent.OPTED_OUT, consent_evidence="phone")
    keep(ada, other)
    with opened.write(kind="hand", command="client merge", now=factories.NOW) as write:
        write.merge_clients(ada.id, other.id)
    kept = opened.client(ada.id)
    assert kept is not None
    assert (kept.consent, kept.consent_evidence) == (Consent.OPTED_OUT, "phone")


def test_a_person_who_is_forgotten_is_nowhere_in_the_file(opened: store.Store, keep: Keep, tmp_path: Any) -> None:
    """Not in the rows, not in the change record, not in the bytes of the file; counts and days stay."""
    secret = "Zebedee"
    ada = factories.client(
        full_name=secret, emails=(f"{secret}@example.com",), phones=("+441134960000",), street=secret, notes=secret
    )
    friend = factories.client(referred_by=secret, referred_by_id=ada.id)
    twin = factories.client(full_name=f"{secret} too", merged_into=ada.id)
    job = factories.job(client_id=ada.id, note=secret, site_address=secret, extra={"x": secret})
    case = model.Case(id=factories.identifier("x"), client_id=ada.id, opened_on=factories.TODAY, summary=secret)
    wish = model.Instruction(
        id=factories.identifier("i"),
        client_id=ada.id,
        kind=InstructionKind.TEXT,
        given_at=factories.NOW,
        on=factories.TODAY,
        text=secret,
    )
    keep(ada, friend, twin, job, case, wish)
    keep(replace(ada, city=secret))
    draft = factories.attempt(client_id=ada.id, text=secret, message=secret, subject=secret, address=secret)
    with opened.write(kind="contact", command="send", now=factories.NOW) as write:
        write.insert_attempt(draft)
        write.save(factories.contact(client_id=ada.id, summary=secret, note=secret))
    with opened.write(kind="wish", command="forget", now=factories.NOW) as write:
        write.erase_client(ada.id, factories.TODAY)
        with pytest.raises(NotFound):
            write.erase_client("nobody", factories.TODAY)
    erased = opened.client(ada.id)
    assert erased is not None
    assert (erased.erased_on, erased.full_name, erased.emails) == (factories.TODAY, "", ())
    assert opened.summary(ada.id).jobs == 1
    assert {key: value for key, value in opened.counts().items() if value} == {
        "clients": 1,
        "jobs": 1,
        "completed_jobs": 1,
        "cases": 1,
        "open_cases": 1,
        "contacts": 1,
        "attempts": 1,
        "suppressions": 3,
        "erased": 2,
    }
    after = opened.attempt(draft.id)
    assert after is not None
    assert after.state is AttemptState.CANCELLED
    assert opened.suppression(f"{secret}@example.com") is not None
    assert opened.find_clients(secret) == []
    assert opened.check() == []
    assert secret.encode() not in (tmp_path / "followup.db").read_bytes()
    # and nothing brings the person back
    while (batch := opened.undoable()) is not None:
        with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
            assert write.undo(batch.id)
    assert opened.client(ada.id) == erased


def test_deleting_takes_everything_that_was_only_the_records(opened: store.Store, keep: Keep) -> None:
    """A client added by mistake goes with addresses, names, numbers; undo brings it back as it was."""
    ada = factories.client(phones=("+441134960000",), street="1 High St", postal_code="LS1 1AA")
    keep(ada)
    with opened.write(kind="import", command="x", now=factories.NOW) as write:
        write.link("jobber", "client", "1", ada.id)
        write.remember_rows("file", [("d", ada.id)])
    with opened.write(kind="hand", command="client delete", now=factories.NOW) as write:
        write.delete(ada)
        with pytest.raises(NotFound):
            write.delete(ada)
    assert opened.client(ada.id) is None
    assert opened.known_rows("file", ["d"]) == set()
    assert opened.by_external_ids("jobber", "client", ["1"]) == {}
    assert opened.check() == []
    with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
        assert write.undo(opened.undoable().id) == []
    assert opened.client(ada.id) == ada
    assert opened.by_external_ids("jobber", "client", ["1"]) == {"1": ada.id}
    assert opened.check() == []


def test_people_follow_the_settings(opened: store.Store) -> None:
    """New ones are added, changed ones changed, those who left stay."""
    sam, alex = model.Person(id="sam", name="Sam", also=("Sammy",)), model.Person(id="alex", name="Alex")
    for people in ([sam, alex], [replace(sam, phone="1")], [replace(sam, phone="1")]):
        with opened.write(kind="system", command="settings", now=factories.NOW) as write:
            write.sync_people(people)
    assert opened.people() == [alex, replace(sam, phone="1", also=())]
    assert len(opened.batches()) == 2


def test_the_people_of_the_settings_are_kept_with_the_first_write(opened: store.Store) -> None:
    """In a batch of their own, which undo passes over; a command that changes nothing writes nobody."""
    sam, client = model.Person(id="sam", name="Sam"), factories.client()
    opened.staff = [sam]
    with opened.write(kind="hand", command="nothing", now=factories.NOW):
        pass
    assert opened.people() == []
    with opened.write(kind="hand", command="client add", now=factories.NOW) as write:
        write.save(client)
    assert opened.people() == [sam]
    assert [batch.command for batch in opened.batches()] == ["people of followup.toml", "client add"]
    with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
        assert write.undo(opened.undoable().id) == []
    assert opened.people() == [sam]


def test_notes_of_the_home(opened: store.Store) -> None:
    """Set, set again, taken away; `restored_on` reaches every dossier."""
    client = factories.client()
    with opened.write(kind="system", command="restore", now=factories.NOW) as write:
        write.save(client)
        write.set_meta("restored_on", "2026-03-02")
        write.set_meta("restored_on", "2026-03-02")
    assert opened.dossiers([client.id])[client.id].restored_on == date(2026, 3, 2)
    with opened.write(kind="system", command="looked", now=factories.NOW) as write:
        write.set_meta("restored_on", None)
    assert opened.meta("restored_on") is None
    assert opened.dossiers([client.id])[client.id].restored_on is None


def test_holidays_are_kept_by_year(opened: store.Store) -> None:
    """A year that was not kept is not known; a year without holidays is."""
    assert opened.holidays("GB", "", [2026]) is None
    assert opened.holidays("GB", "", []) == {}
    days = {date(2026, 12, 25): "Christmas", date(2027, 1, 1): "New Year"}
    opened.keep_holidays("GB", "", [2026, 2027, 2028], days)
    opened.keep_holidays("GB", "", [2026], days)
    assert opened.holidays("GB", "", [2026, 2027, 2028]) == days
    assert opened.holidays("GB", "", [2026]) == {date(2026, 12, 25): "Christmas"}
    assert opened.holidays("GB", "ENG", [2026]) is None
    assert opened.holidays("GB", "", [2028, 2029]) is None


def test_contacts_carry_their_channel(opened: store.Store, keep: Keep) -> None:
    """A contact may be edited; the summary follows it to its day."""
    client = factories.client()
    contact = factories.contact(client_id=client.id, channel=Channel.CALL)
    keep(client, contact)
    keep(replace(contact, on=date(2026, 1, 5)))
    assert opened.summary(client.id).last_contact_on == date(2026, 1, 5)


@pytest.mark.parametrize("coming", [0, 1], ids=["as many as nobody knows", "as many as there are"])
def test_many_records_are_filled_in_as_a_few_are(opened: store.Store, coming: int) -> None:
    """What was written in bulk has all its indexes and summaries, and so has what a failed bulk left behind."""
    indexes = set(opened.database._connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'"))
    client = factories.client(phones=("+441134960000",))
    job = factories.job(client_id=client.id)

    def fail() -> None:
        with opened.write(kind="import", command="import a.csv", now=factories.NOW) as write, write.bulk():
            write.save_many([client])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert opened.client(client.id) is None
    for _ in range(2):  # the tables are empty the first time only
        with (
            opened.write(kind="import", command="import a.csv", now=factories.NOW) as write,
            write.bulk(clients=coming, jobs=coming),
        ):
            write.save_many([client])
            write.save_many([job])
            write.link("jobber", "job", "1042", job.id)
    assert (
        set(opened.database._connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'")) == indexes
    )
    assert opened.summary(client.id).jobs == 1
    assert opened.check() == []


def test_kinds_of_files_are_learnt_listed_and_forgotten(opened: store.Store) -> None:
    """How often and how last called, with answers, those of a spreadsheet's sheets too; forgetting can be undone."""
    for name in ("a.xlsx", "b.xlsx"):
        with opened.write(kind="import", command=name, now=factories.NOW) as write:
            write.remember_files([store.ImportedFile(fingerprint="f", book="s", name=name, header=("Name", "Phone"))])
            write.remember_rows("f", [("d", "r")])
            write.remember_answer("f", "date_order", "dmy")
            write.remember_answer("s", "sheet", "Jobs")
            write.remember_answer("early", "kind", "jobs")
    before = opened.learnt()
    first, early = before
    assert (first.name, first.imports, first.last_at, first.header) == ("b.xlsx", 2, factories.NOW, ("Name", "Phone"))
    assert first.answers == {"date_order": "dmy", "sheet": "Jobs"}
    assert (early.name, early.answers) == ("", {"kind": "jobs"})
    with opened.write(kind="hand", command="forget", now=factories.NOW) as write:
        write.forget_kind("f")
        write.forget_answers("early", ["kind", "never given"])
    assert opened.learnt() == []
    assert opened.known_rows("f", ["d"]) == set()
    with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
        assert write.undo(opened.undoable().id) == []
    assert opened.learnt() == before


def test_rows_that_an_import_outdated_are_known_again_when_it_is_taken_back(opened: store.Store, keep: Keep) -> None:
    """Whichever of several imports goes first; rows that were read after it are read again, they may lean on it."""
    client = factories.client()
    keep(client)
    ids = []
    for number in (1, 2, 3):
        with opened.write(kind="import", command=str(number), now=factories.NOW) as write:
            write.save(replace(client, city=f"City {number}"))
            write.remember_rows("file", [(str(number), client.id)])
            ids.append(write.batch_id)
    for gone, known in ((1, set()), (2, {"1"})):
        with opened.write(kind="undo", command="undo", now=factories.NOW) as write:
            write.undo(ids[gone])
        assert opened.known_rows("file", ["1", "2", "3"]) == known
    with opened.write(kind="import", command="again", now=factories.NOW) as write:
        write.remember_rows("file", [("2", client.id)])
    with opened.write(kind="import", command="and again", now=factories.NOW) as write:
        write.remember_rows("file", [("1", client.id)])
    assert opened.known_rows("file", ["1", "2"]) == {"1"}


@pytest.mark.parametrize("table", [codec.CLIENT, codec.JOB, codec.SUMMARY], ids=lambda table: table.name)
def test_the_schema_has_the_defaults_of_the_model(opened: store.Store, table: codec.Table[Any]) -> None:
    """A new record's columns are left out where nothing is said in them: what the schema puts there says the same."""
    required = {"id": "a", "client_id": "a"}
    record = table.record_type(**{name: value for name, value in required.items() if name in table.own})
    columns = opened.database._connection.execute(f"PRAGMA table_info({table.name})").fetchall()
    defaults = {name: default and ast.literal_eval(default) for _, name, _, _, default, _ in columns}
    said = {column: cell for column, cell in table.row(record).items() if column not in required}
    assert said == {column: default for column, default in defaults.items() if column not in required}


def test_what_only_some_of_many_new_records_say_is_kept(opened: store.Store, keep: Keep) -> None:
    """A column that most leave at its default is written for all of them as soon as one says something in it."""
    said = factories.client(tags=("vip",), extra={"Gate": "blue"}, created_on=date(2026, 3, 2), language="cy")
    clients = [factories.client(), said, factories.client(consent=Consent.OPTED_IN)]
    jobs = [factories.job(client_id=said.id, unpaid=number == 1, service="Tap" * number) for number in range(4)]
    keep(*clients, *jobs)
    assert opened.clients([each.id for each in clients]) == {each.id: each for each in clients}
    assert opened.jobs([each.id for each in jobs]) == {each.id: each for each in jobs}


def test_rows_that_come_again_stay_known_however_many_there_are(opened: store.Store) -> None:
    """Of a record's rows some stand at the beginning of a long file and some at its end."""
    rows = [("a", "record"), *((f"m{number}", f"other{number}") for number in range(1000)), ("z", "record")]
    for command in ("once", "again"):
        with opened.write(kind="import", command=command, now=factories.NOW) as write:
            write.remember_rows("file", rows)
    assert opened.known_rows("file", ["a", "m500", "z"]) == {"a", "m500", "z"}
