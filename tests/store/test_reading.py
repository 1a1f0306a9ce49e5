"""Asking: finding by words, the planner's questions by index, households, long lists a page at a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from followup import identity, model, store
from followup.model import UNREACHED, AnchorWindow, AttemptState, Channel, Consent, JobStatus, Outcome
from followup.store import reading, sql
from tests import factories

Keep = Callable[..., None]
DAY = date(2026, 3, 2)
OUT, IN = model.Direction.OUT, model.Direction.IN


# ---------------------------------------------------------------- finding


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Müller & Sons, Ltd.", "muller sons ltd"),
        ("  ADA   HALL ", "ada hall"),
        ("Straße", "strasse"),
        ("İzmir", "izmir"),
        ("O'Neill", "o neill"),
        ("王 芳", "王 芳"),
        ("", ""),
    ],
)
def test_names_are_folded_alike(written: str, folded: str) -> None:
    """Accents, case, punctuation and blanks make no difference."""
    assert identity.fold(written) == folded
    assert identity.fold(folded) == folded


@pytest.fixture
def people(keep: Keep) -> list[model.Client]:
    """Give a few clients whose names are alike."""
    clients = [
        factories.client(id="cabcdefghj", full_name="Zoë Müller", emails=("zoe@example.com", "ZM@Example.com")),
        factories.client(
            id="cabcdefghk", full_name="Zoe Mullerson", company="Muller Ltd", phones=("+447700900123",), emails=()
        ),
        factories.client(
            id="cxyzxyzxyz", full_name="", first_name="Al", last_name="Bo", emails=(), street="1 Mill", postal_code="B1"
        ),
    ]
    keep(*clients)
    return clients


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cabcdefghj", [0]),
        ("cabc", [0, 1]),
        ("cab", []),
        ("zm@example.COM", [0]),
        ("07700 900123", [1]),
        ("+44 7700 900123", [1]),
        ("00123", []),
        ("zoe muller", [0]),
        ("MULL zoe", [0, 1]),
        ("ltd zoe", [1]),
        ("uller", []),
        ("al bo", [2]),
        ("bo", [2]),
        ("...", []),
        ("  ", []),
        ("nobody at all", []),
    ],
)
def test_clients_are_found_by_what_people_type(
    opened: store.Store, people: list[model.Client], text: str, found: list[int]
) -> None:
    """Id, e-mail, phone, whole name, words in any order."""
    assert [client.id for client in opened.find_clients(text)] == [people[index].id for index in found]


def test_what_tells_a_client_from_others_is_what_the_whole_record_says(
    opened: store.Store, people: list[model.Client]
) -> None:
    """Field by field: rows are read by position."""
    known = opened.known_clients([each.id for each in people])
    names = [field.name for field in fields(model.KnownClient)]
    assert {each.id: [getattr(known[each.id], name) for name in names] for each in people} == {
        each.id: [getattr(each, name) for name in names] for each in people
    }
    assert opened.known_clients(["nobody"]) == {}


def test_jobs_are_found_by_what_people_type(opened: store.Store, keep: Keep) -> None:
    """Id, beginning of an id, invoice, outside number."""
    client = factories.client()
    job = factories.job(id="jabcdefghj", client_id=client.id, invoice_ref="INV-7")
    open_job = factories.job(id="jabcdefghk", client_id=client.id, status=JobStatus.OPEN, completed_on=None)
    keep(client, job, open_job)
    with opened.write(kind="import", command="x", now=factories.NOW) as write:
        write.link("jobber", "job", "42", job.id)
    for text, found in (
        (job.id, [job]),
        ("jabc", [open_job, job]),
        ("INV-7", [job]),
        ("42", [job]),
        ("", []),
        ("no", []),
    ):
        assert opened.find_jobs(text) == found
    assert opened.jobs_of(client.id) == [open_job, job]
    assert list(opened.iter_jobs()) == [job, open_job]
    assert opened.jobs_by_invoice(["INV-7", ""]) == {"INV-7": [job.id]}
    assert opened.job("nobody") is None


def test_cases_are_listed_and_found(opened: store.Store, keep: Keep) -> None:
    """Open ones, all, of a client, by the beginning of the id."""
    client = factories.client()
    first = model.Case(id="xabcdefghj", client_id=client.id, opened_on=DAY, closed_on=DAY)
    second = model.Case(id="xabcdefghk", client_id=client.id, opened_on=DAY, summary="leak")
    keep(client, first, second)
    assert opened.care(model.Case, open_only=True) == [second]
    assert opened.care(model.Case) == [first, second]
    assert opened.care(model.Case, open_only=True, client_id=client.id) == [second]
    assert opened.find_care(model.Case, "xabcdefghk") == [second]
    assert opened.find_care(model.Case, "xabc") == [first, second]
    assert opened.find_care(model.Case, "nobody") == []
    assert opened.find_care(model.Promise, "xabcdefghk") == []
    facts = (client.id, second.id, "nobody")
    assert [opened.client_of_fact(fact) for fact in facts] == [client.id, client.id, None]


def test_keys_and_steps_with_a_history_are_found(opened: store.Store, keep: Keep) -> None:
    """In attempts, contacts and instructions."""
    client = factories.client()
    keep(client, factories.contact(client_id=client.id, key="ja.thank-you.1", step="thank-you"))
    keep(factories.contact(client_id=client.id))
    with opened.write(kind="contact", command="x", now=factories.NOW) as write:
        write.insert_attempt(factories.attempt(client_id=client.id, key="ja.anniversary.2", step="anniversary"))
        write.save(
            model.Instruction(
                id=factories.identifier("i"),
                client_id=client.id,
                kind=model.InstructionKind.SKIP,
                given_at=factories.NOW,
                on=DAY,
                key="jb.win-back.1",
            )
        )
    assert opened.find_keys("ja.") == ["ja.anniversary.2", "ja.thank-you.1"]
    assert opened.find_keys("j") == ["ja.anniversary.2", "ja.thank-you.1", "jb.win-back.1"]
    assert opened.step_names() == {"anniversary", "thank-you"}


# ---------------------------------------------------------------- long lists


def test_long_lists_come_a_page_at_a_time_in_order(
    opened: store.Store, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every record once, clients by name, also when names repeat across pages."""
    monkeypatch.setattr(reading, "PAGE", 2)
    clients = [factories.client(full_name=name) for name in ("Bo", "Al", "Bo", "Cy", "Bo", "Al", "")]
    keep(*clients, *(factories.job(client_id=client.id) for client in clients))
    found = [client.full_name for client in opened.iter_clients()]
    assert found == ["", "Al", "Al", "Bo", "Bo", "Bo", "Cy"]  # the nameless one is Ada Hall by its parts
    assert len({job.id for job in opened.iter_jobs()}) == len(clients)


def test_contacts_are_listed_between_two_days(opened: store.Store, keep: Keep) -> None:
    """Both days included, by day, instant and id; by client and channel; as records and as rows."""
    client = factories.client(company="Hall Ltd")
    other = factories.client()
    job = factories.job(client_id=client.id, invoice_ref="INV-7")
    contacts = [
        factories.contact(
            client_id=(client, other)[n % 2].id,
            on=DAY + timedelta(days=n),
            channel=(Channel.CALL, Channel.EMAIL)[n % 2],
            job_id=job.id if n == 0 else "",
            outcome=model.Outcome.HAPPY if n == 0 else None,
            purpose=model.Purpose.SERVICE,
            by="sam",
        )
        for n in range(4)
    ]
    keep(client, other, job, *reversed(contacts), kind="contact")
    assert list(opened.contacts(DAY, DAY + timedelta(days=2))) == contacts[:3]
    assert list(opened.contacts(None, None, channel="call")) == [contacts[0], contacts[2]]
    assert list(opened.contacts(None, None, client_id=other.id, channel="email")) == [contacts[1], contacts[3]]
    first, *_ = opened.contact_rows(DAY, DAY)
    at = "2026-03-02T09:15:00+00:00"
    assert first == (
        *("2026-03-02", at, "Hall Ltd", client.id, "sam", "call", "out", "service", "Boiler service", job.id),
        *("INV-7", "happy", "", "", "", "", ""),
    )
    assert [row[2] for row in opened.contact_rows(None, None, client_id=other.id)] == ["Ada Hall", "Ada Hall"]


def test_jobs_are_counted_with_those_that_were_thanked_for(opened: store.Store, keep: Keep) -> None:
    """By a contact of their own, or by one message that spoke of several; drafts and answers thank nobody."""
    ada = factories.client()
    day = timedelta(days=1)
    jobs = [factories.job(client_id=ada.id, completed_on=DAY + day * n) for n in range(5)]
    open_job = factories.job(client_id=ada.id, status=JobStatus.OPEN)
    keys = [f"{each.id}.thank-you.1" for each in jobs]
    keep(ada, *jobs, open_job)
    with opened.write(kind="contact", command="x", now=factories.NOW) as write:
        for state, first, spoken in ((AttemptState.SENT, 1, jobs[1:3]), (AttemptState.DRAFTED, 4, jobs[3:])):
            ids = tuple(each.id for each in spoken)
            write.insert_attempt(factories.attempt(client_id=ada.id, key=keys[first], state=state, job_ids=ids))
    keep(
        factories.contact(client_id=ada.id, on=DAY, step="thank-you", key=keys[0], job_id=jobs[0].id),
        factories.contact(client_id=ada.id, on=DAY + day * 9, step="thank-you", key=keys[1], job_id=jobs[1].id),
        factories.contact(client_id=ada.id, on=DAY, step="feedback-ask", key="", job_id=jobs[3].id),
        factories.contact(client_id=ada.id, on=DAY, step="thank-you", direction=IN, key="", job_id=jobs[3].id),
    )
    assert opened.count_jobs(DAY, DAY + day * 4, said_from=DAY, said_to=DAY + day * 9) == (5, 3)
    assert opened.count_jobs(DAY, DAY + day * 4, said_from=DAY, said_to=DAY + day * 8) == (5, 1)
    assert opened.count_jobs(DAY + day, DAY + day * 2, said_from=DAY, said_to=DAY + day * 9) == (2, 2)
    assert opened.days_on_record(date(2000, 1, 1), date(2100, 1, 1)) == (DAY, DAY + day * 9)
    begins, ends = opened.days_on_record(DAY + day * 20, DAY + day * 30)
    assert begins > ends, "nothing there"


def test_contacts_and_clients_are_counted_in_a_period(opened: store.Store, keep: Keep) -> None:
    """Contacts alike are counted together; each client once, for each direction."""
    ada, bea = factories.client(), factories.client()
    keep(ada, bea)
    for who, direction in ((ada, OUT), (ada, OUT), (bea, OUT), (bea, IN)):
        keep(factories.contact(client_id=who.id, on=DAY, step="", key="", direction=direction, outcome=None))
    keep(factories.contact(client_id=ada.id, on=DAY + timedelta(days=1), step="", key="", direction=IN))
    assert sorted(opened.count_contacts(DAY, DAY)) == [("email", "in", "", "", 1), ("email", "out", "", "", 3)]
    assert opened.count_clients(DAY, DAY) == {"out": 2, "in": 1}
    assert opened.count_clients(DAY, DAY + timedelta(days=1)) == {"out": 2, "in": 2}


# ---------------------------------------------------------------- the planner's questions


def _plan(opened: store.Store, name: str) -> str:
    width = 1 if sql.lists(name) else 0
    text = f"EXPLAIN QUERY PLAN {sql.text(name, width)}"
    parameters = dict.fromkeys(re.findall(r":(\w+)", text), "")
    return "\n".join(row[3] for row in opened.database._connection.execute(text, parameters))


@pytest.mark.parametrize("name", [name for name in sql.statements() if name.startswith("candidates_")])
def test_candidates_search_an_index(opened: store.Store, name: str) -> None:
    """Cost follows what is near due: a window is a search in a covering index; what narrows it looks single rows up."""
    plan = _plan(opened, name)
    reads = [line for line in plan.splitlines() if "SCAN" in line or "SEARCH" in line]
    assert reads
    windows = [line for line in reads if not line.endswith(("(id=?)", "(key=?)"))]
    assert windows
    assert all("SEARCH" in line for line in reads), plan
    assert all("USING COVERING INDEX" in line for line in windows), plan


@pytest.mark.parametrize(
    "name", ["jobs_promised_open", *(name for name in sql.statements() if name.startswith("troubled_"))]
)
def test_signs_of_trouble_search_an_index(opened: store.Store, name: str) -> None:
    """Whom to worry about is asked of recent days: nothing reads a table from end to end."""
    reads = [line for line in _plan(opened, name).splitlines() if "SCAN" in line or "SEARCH" in line]
    assert reads
    assert all("SEARCH" in line and "INDEX" in line for line in reads), _plan(opened, name)


@pytest.mark.parametrize(
    "name",
    [name for name in sql.statements() if name.endswith(("_of_clients", "_among", "usual_gaps", "step_names"))],
)
def test_what_is_asked_for_some_clients_reads_only_theirs(opened: store.Store, name: str) -> None:
    """No statement of the planner or an import reads a whole table."""
    plan = _plan(opened, name)
    assert not [line for line in plan.splitlines() if line.startswith("SCAN") and "LIST" not in line] or (
        name in ("usual_gaps", "step_names") and "SEARCH" in plan
    ), plan


def test_every_window_finds_its_clients(opened: store.Store, keep: Keep) -> None:
    """One client per kind of anchor; days outside the window do not count."""
    clients = {n: factories.client(emails=()) for n in range(8)}
    late = DAY + timedelta(days=30)
    gaps = [DAY - timedelta(days=20), DAY - timedelta(days=10), DAY]
    keep(
        *clients.values(),
        factories.job(client_id=clients[0].id, completed_on=DAY, service="Boiler SERVICE"),
        *(factories.job(client_id=clients[1].id, completed_on=day, service="Tap") for day in gaps),
        factories.contact(client_id=clients[2].id, on=DAY, step="thank-you"),
        model.Case(id=factories.identifier("x"), client_id=clients[4].id, opened_on=DAY, closed_on=late),
        model.Case(id=factories.identifier("x"), client_id=clients[5].id, opened_on=late),
        model.Instruction(
            id=factories.identifier("i"),
            client_id=clients[6].id,
            kind=model.InstructionKind.SNOOZE,
            given_at=factories.NOW,
            on=DAY,
            until=late,
        ),
        factories.job(client_id=clients[7].id, completed_on=late, status=JobStatus.OPEN, promised_on=late),
        model.Promise(id=factories.identifier("p"), client_id=clients[7].id, opened_on=DAY, due_on=late),
        model.Referral(id=factories.identifier("r"), client_id=clients[4].id, opened_on=DAY, state="won", acted_on=DAY),
        model.Referral(
            id=factories.identifier("r"), client_id=clients[5].id, opened_on=DAY, state="won", closed_on=DAY
        ),
        factories.contact(client_id=clients[6].id, on=late, direction=IN, score=3),
    )
    with opened.write(kind="contact", command="x", now=factories.NOW) as write:
        write.insert_attempt(factories.attempt(client_id=clients[3].id, on=DAY))

    def ask(field: str, on: date = DAY, **more: object) -> list[int]:
        window = AnchorWindow(field=field, from_on=on, to_on=on, **more)  # type: ignore[arg-type]  # the parameters of the test
        found = opened.candidates([window, window])
        assert found == sorted(found)
        return [n for n, client in clients.items() if client.id in found]

    assert ask("job.completed_on") == [0, 1]
    assert ask("job.completed_on+service", services=("boiler service",)) == [0]
    assert ask("job.completed_on+service") == []
    assert ask("summary.first_job_on") == [0]
    assert ask("summary.last_job_on") == [0, 1]
    assert ask("summary.last_job_on", gap_days=10) == [1]
    assert ask("summary.last_job_on", gap_days=11) == []
    assert ask("summary.last_job_on", gap_days=0) == [0]
    assert ask("contact.on") == [2]
    assert ask("contact.on", step="thank-you") == [2, 3]
    assert ask("care.opened_on", kind="case") == [4]
    assert ask("care.closed_on", late, kind="case") == [4]
    assert ask("care.open", kind="case") == [5]
    assert ask("care.open", kind="promise") == []
    assert ask("care.open", late, kind="promise") == [7]
    assert ask("care.acted_on", kind="referral") == [4]
    assert ask("care.won", kind="referral") == [4]
    assert ask("contact.score", late) == [6]
    assert ask("job.promised_on", late) == [7]
    assert ask("instruction.on") == [6]
    assert ask("instruction.until", late) == [6]
    assert ask("attempt.open", late) == [3]
    assert ask("job.completed_on", late) == []
    assert opened.usual_gaps() == [10]
    assert opened.candidates([AnchorWindow(field="job.completed_on")]) == sorted(clients[n].id for n in (0, 1))


def test_candidates_are_narrowed_to_what_can_still_go(opened: store.Store, keep: Keep) -> None:
    """Who allowed marketing; whose touchpoint is not done: a call that reached nobody, or an answer, did nothing."""
    outcomes = [None, *Outcome]
    clients = [factories.client() for _ in (*outcomes, "in")]
    keep(*clients, *(factories.job(client_id=each.id, completed_on=DAY) for each in clients))
    for client, outcome in zip(clients, outcomes, strict=False):
        keep(factories.contact(client_id=client.id, key=f"{client.id}.hello.2", step="hello", outcome=outcome))
    last = clients[-1]
    keep(factories.contact(client_id=last.id, key=f"{last.id}.hello.2", step="hello", direction=IN))
    reached_nobody = [each.id for each, outcome in zip(clients, outcomes, strict=False) if outcome in UNREACHED]
    window = AnchorWindow(field="summary.first_job_on", from_on=DAY, to_on=DAY, done=".hello.2")
    assert opened.candidates([window]) == sorted([*reached_nobody, last.id])
    assert len(opened.candidates([replace(window, done=".hello.1")])) == len(clients)

    keep(replace(clients[0], consent=Consent.OPTED_IN), replace(clients[1], consent=Consent.OPTED_OUT))
    for field, gap in (("first_job_on", None), ("last_job_on", None), ("last_job_on", 0)):
        wanted = AnchorWindow(field=f"summary.{field}", from_on=DAY, to_on=DAY, gap_days=gap, opted_in=True)
        assert opened.candidates([wanted]) == [clients[0].id]
        assert len(opened.candidates([replace(wanted, opted_in=False)])) == len(clients)


def test_households_follow_ties_to_their_end(opened: store.Store, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    """Address and phone tie; a part of an address and an unreadable phone do not; each client is in one group."""
    monkeypatch.setattr(reading, "DOSSIERS", 1)
    home = {"street": "1, High St.", "postal_code": "LS1 1AA"}
    a = factories.client(id="ca", **home)
    b = factories.client(id="cb", street="1 high st", postal_code="ls1 1aa", phones=("+441134960000",))
    c = factories.client(id="cc", phones=("x", "+441134960000"))
    alone = factories.client(id="cd", street="1 High St", phones=("x",))
    gone = factories.client(id="ce", merged_into="ca", **home)
    keep(a, b, c, alone, gone)
    for asked in (["ca", "cb", "cc", "cd"], ["cc", "cd", "ca"], ["cd", "cb"]):
        assert sorted(opened.households(asked)) == [["ca", "cb", "cc"], ["cd"]]
    assert sorted(opened.households(["ca", "ce"])) == [["ca", "cb", "cc"], ["ce"]]
    groups = list(opened.household_dossiers(["ca", "cd", "nobody"]))
    assert [[dossier.client.id for dossier in group] for group in groups] == [["ca", "cb", "cc"], ["cd"]]
    assert list(opened.household_dossiers([])) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8), st.sets(st.integers(0, 7), min_size=1))
def test_households_are_the_same_whoever_is_asked_for(
    opened: store.Store, ties: list[tuple[int, int]], asked: set[int]
) -> None:
    """Groups do not depend on which of their members is near due."""
    clients = [
        factories.client(id=f"c{n}", street=f"{n} High St", postal_code="LS1", phones=(f"+4411349600{n:02}",))
        for n in range(8)
    ]
    for one, two in ties:
        phones = tuple(dict.fromkeys((*clients[one].phones, *clients[two].phones)))
        clients[one] = factories.client(
            id=clients[one].id, street=clients[one].street, postal_code="LS1", phones=phones
        )
    with opened.write(kind="hand", command="x", now=factories.NOW) as write:
        write.save_many(clients)
    everybody = list(opened.households(client.id for client in clients))
    wanted = {f"c{n}" for n in asked}
    assert sorted(opened.households(sorted(wanted))) == sorted(
        group for group in everybody if not wanted.isdisjoint(group)
    )


def test_dossiers_are_loaded_with_few_statements(opened: store.Store, keep: Keep) -> None:
    """The number of statements does not grow with the number of clients in a chunk."""
    clients = [factories.client() for _ in range(150)]
    keep(*clients, *(factories.job(client_id=client.id) for client in clients))
    said: list[str] = []
    opened.database._connection.set_trace_callback(said.append)
    found = opened.dossiers([client.id for client in clients])
    opened.database._connection.set_trace_callback(None)
    assert len(found) == 150
    assert len([text for text in said if text.startswith("SELECT")]) < 14
    assert opened.dossiers(["nobody"]) == {}


def test_a_snapshot_is_of_one_moment(opened: store.Store) -> None:
    """It opens a transaction, or joins the one that writes."""
    with opened.snapshot():
        assert opened.database.writing
    with opened.write(kind="hand", command="x", now=factories.NOW) as write, opened.snapshot():
        write.save(factories.client())
        assert opened.counts()["clients"] == 1
    assert not opened.database.writing


def test_states_of_open_attempts_are_all_there_are(opened: store.Store, keep: Keep) -> None:
    """Every state in which somebody waits is listed; history is not."""
    client = factories.client()
    keep(client)
    attempts = [factories.attempt(client_id=client.id, state=state) for state in AttemptState]
    with opened.write(kind="contact", command="x", now=factories.NOW) as write:
        for attempt in attempts:
            assert write.insert_attempt(attempt)
    found = {attempt.state for attempt in opened.open_attempts(AttemptState)}
    assert found == set(AttemptState) - {AttemptState.SENT, AttemptState.CANCELLED}


def test_a_dossier_has_the_jobs_of_friends_and_nobody_elses(opened: store.Store, keep: Keep) -> None:
    """Of those whom the client brought, and only for them: a reward is due when such a job is paid."""
    ada, tom = factories.client(), factories.client(emails=())
    friends, own = factories.job(client_id=tom.id), factories.job(client_id=ada.id)
    referral = model.Referral(id=factories.identifier("r"), client_id=ada.id, opened_on=DAY, job_id=friends.id)
    keep(ada, tom, friends, own, referral)
    found = opened.dossiers([ada.id, tom.id])
    assert [job.id for job in found[ada.id].friends_jobs] == [friends.id]
    assert [job.id for job in found[ada.id].jobs] == [own.id]
    assert found[tom.id].friends_jobs == ()


def test_a_contact_leads_to_its_client(opened: store.Store, keep: Keep) -> None:
    """As a fact of a touchpoint: that of a low score."""
    ada, scored = factories.client(), factories.contact(client_id="", score=2)
    keep(ada, replace(scored, client_id=ada.id))
    assert opened.client_of_fact(scored.id) == ada.id
