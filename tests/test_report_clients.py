"""Clients, jobs and cases as rows and pages."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from followup import cells, intake, tables
from followup.care.kinds import CASE
from followup.model import (
    AttemptState,
    Case,
    CaseState,
    Channel,
    Client,
    Consent,
    Contact,
    Direction,
    Dossier,
    Instruction,
    InstructionKind,
    JobStatus,
    Outcome,
    Reason,
    State,
    Summary,
)
from followup.report import care, clients, jobs, words
from tests import factories
from tests.test_report_due import decision

TODAY = factories.TODAY
ADA = factories.client(
    id="cada000000",
    title="Mrs",
    company="Hall & Sons Ltd",
    address_as="Addie",
    emails=("ada@example.com", "office@example.com"),
    phones=("+447700900123", "020 7946 0000"),
    street="1 High Street",
    city="Leeds",
    postal_code="LS1 1AA",
    region="West Yorkshire",
    country="GB",
    language="en",
    preferred_channel="call",
    no_channels=("text", "email"),
    tags=("vip", "boiler"),
    notes="two dogs\nrings the bell twice",
    note="admired the old boiler",
    consent=Consent.OPTED_IN,
    consent_evidence="ticked the box on 3 May",
    referred_by="Zoë Ray",
    owner="sam",
    extra={"Lead source": "=web"},
)
BOILER = factories.job(id="jboiler000", client_id=ADA.id, note="new valve", assigned_to="Sam", invoice_ref="INV-7")
TAP = factories.job(
    id="jtap000000", client_id=ADA.id, service="Tap repair", status=JobStatus.OPEN, completed_on=None,
    promised_on=date(2026, 3, 9), amount_minor=None, created_on=date(2026, 3, 1),
)  # fmt: skip
LEAK = Case(id="sleak00000", client_id=ADA.id, opened_on=date(2026, 2, 20), summary="tap drips", severity="low")
SOLVED = Case(
    id="ssolved000", client_id=ADA.id, opened_on=date(2026, 1, 5), summary="late", opened_by="them", owner="sam",
    cause="traffic", job_id="jboiler000", closed_on=date(2026, 1, 7), resolution="apologised", state=CaseState.RESOLVED,
)  # fmt: skip


def contact(number: int, **fields: Any) -> Contact:
    """Return contact *number*, a day later than the one before."""
    return factories.contact(id=f"k{number:09}", client_id=ADA.id, on=date(2026, 2, number), **fields)


CONTACTS = (
    contact(1, summary="Thank you", step="thank-you", key="jboiler000.thank-you.1", by="sam", outcome=Outcome.SENT),
    contact(21, channel=Channel.CALL, direction=Direction.IN, note="asked\nfor the manual", outcome=Outcome.HAPPY),
    contact(22, channel=Channel.VISIT, step="check-in-call"),
)
DOSSIER = Dossier(
    client=ADA,
    summary=Summary(
        client_id=ADA.id, jobs=3, first_job_on=date(2024, 5, 1), last_job_on=date(2026, 2, 27), usual_gap_days=330,
        worth_minor=36000, currency="GBP", last_outcome=Outcome.HAPPY, last_outcome_on=date(2026, 2, 21),
        last_contact_on=date(2026, 2, 22),
    ),
    jobs=(BOILER, TAP),
    cases=(SOLVED, LEAK),
    contacts=CONTACTS,
    attempts=(
        factories.attempt(id="adraft0000", client_id=ADA.id, key="jboiler000.feedback-ask.1", subject="How was it?"),
        factories.attempt(id="asent00000", client_id=ADA.id, state=AttemptState.SENT),
    ),
    instructions=(
        Instruction(
            id="isnooze000", client_id=ADA.id, kind=InstructionKind.SNOOZE, given_at=factories.NOW, on=TODAY,
            until=date(2026, 4, 1), reason="on holiday",
        ),
        Instruction(
            id="iskip00000", client_id=ADA.id, kind=InstructionKind.SKIP, given_at=factories.NOW, on=TODAY, key="j.x.1"
        ),
    ),
    suppressed=True,
)  # fmt: skip
NEXT = [
    decision(state=State.HELD, until=date(2026, 3, 9), reasons=(Reason("case-open", "a case is open"),)),
    decision(state=State.DONE),
    decision(state=State.UPCOMING, key="x.anniversary.1", step="anniversary", act_on=None, due_on=None),
]


def test_the_page_of_a_client(golden: Callable[[str, str], None]) -> None:
    """Who they are, how to address them, what happened, what it was worth, what is next and why."""
    golden("report_client.txt", "\n".join(clients.page_lines(DOSSIER, NEXT, today=TODAY)) + "\n")


def test_the_page_of_somebody_new_is_short(golden: Callable[[str, str], None]) -> None:
    """Sections without content are left out."""
    new = Client(id="cnew000000", emails=("new@example.com",))
    page = clients.page_lines(Dossier(client=new, summary=Summary(client_id=new.id)), [], today=TODAY)
    golden("report_client_new.txt", "\n".join(page) + "\n")


def test_the_page_of_somebody_forgotten_or_merged_says_so() -> None:
    """Nobody wonders where the name went."""
    gone = Client(id="cgone00000", erased_on=date(2026, 2, 1), merged_into="cother0000")
    page = clients.page_lines(Dossier(client=gone, summary=Summary(client_id=gone.id)), [], today=TODAY)
    assert page[:3] == [
        "cgone00000  (cgone00000)",
        "Erased on 1 February 2026: only dates are left.",
        "Is one client with cother0000 now.",
    ]


def test_a_long_history_is_cut_on_the_page_only() -> None:
    """The page shows the latest; csv and json have all."""
    many = tuple(contact(number) for number in range(1, 29))
    dossier = replace(DOSSIER, contacts=many, jobs=(), cases=(), attempts=(), instructions=())
    page = clients.page_lines(dossier, [], today=TODAY)
    assert "  ... and 8 before that (--format csv has all of them)" in page
    assert len(list(clients.history_rows(dossier))) == 28


def test_nothing_on_the_page_acts_on_the_terminal() -> None:
    """Every field of a client comes from a file."""
    fields = ("full_name", "company", "title", "address_as", "street", "city", "notes", "note", "referred_by")
    evil = replace(ADA, **dict.fromkeys(fields, "x\x1b[2J\r\n\u202e"), extra={"\x07": "\x9b"}, tags=("\x1b",))
    page = clients.page_lines(replace(DOSSIER, client=evil), NEXT, today=TODAY)
    assert all(line.isprintable() for line in page)


def test_history_has_everything_once_and_in_order(golden: Callable[[str, str], None]) -> None:
    """Jobs, contacts, cases, unconfirmed messages and decisions; a sent message is its contact."""
    stream = io.StringIO(newline="")
    tables.write(clients.history_rows(DOSSIER), clients.HISTORY_COLUMNS, format="csv", stream=stream)
    golden("report_history.csv", stream.getvalue())


def test_the_list_of_clients(golden: Callable[[str, str], None]) -> None:
    """One line each; somebody without history has nothing to count."""
    rows = list(clients.list_rows([(ADA, DOSSIER.summary), (Client(id="cnew000000"), None)]))
    stream = io.StringIO(newline="")
    tables.write(rows, clients.LIST_COLUMNS, format="table", stream=stream)
    golden("report_clients.table", stream.getvalue())
    assert all(len(row) == len(clients.LIST_COLUMNS) for row in rows)


def test_the_columns_of_lists_are_a_promise() -> None:
    """Scripts read them by name."""
    assert names(clients.LIST_COLUMNS) == (
        "client_id client company email phone city jobs last_job_on last_contact_on worth currency consent tags"
    )
    assert names(clients.HISTORY_COLUMNS) == "date kind channel direction about outcome by note key id"
    assert names(jobs.COLUMNS) == (
        "job_id completed_on client service status amount currency promised_on paid_on invoice_ref assigned_to "
        "client_id note"
    )
    assert names(CASE.columns).startswith(
        "case_id opened_on client summary severity opened_by owner days_open resolved_on resolution cause client_id "
        "job_id"
    )


def names(columns: tuple[cells.Column, ...]) -> str:
    """Return the names that csv and json use."""
    return " ".join(column.name for column in columns if column.in_data)


# ---------------------------------------------------------------- export


def test_an_export_of_clients_holds_their_fields_under_their_names(golden: Callable[[str, str], None]) -> None:
    """The header is the vocabulary of our own import; several values share a cell; extra columns come behind."""
    extra = ("Lead source",)
    stream = io.StringIO(newline="")
    rows = clients.export_rows([ADA, Client(id="cnew000000")], extra=extra)
    tables.write(rows, clients.export_columns(extra), format="csv", stream=stream)
    golden("report_clients_export.csv", stream.getvalue())


def exported(rows: Iterable[tuple[Any, ...]], columns: Sequence[cells.Column], **options: Any) -> bytes:
    """Return an export as the bytes of its file."""
    stream = io.StringIO(newline="")
    tables.write(rows, columns, format="csv", stream=stream, **options)
    return stream.getvalue().encode()


def imported(data: bytes, name: str) -> Any:
    """Return what our own import reads in it; it must not ask or complain."""
    home = intake.HomeFacts(country="GB", currency="GBP", today=TODAY, key=factories.HOME_KEY)
    result = intake.read(data, name=name, source="followup", home=home)
    assert not result.refused
    assert not result.questions
    assert not result.problems
    return result


@pytest.mark.parametrize("excel", ["", "GB", "DE", "CH"])
def test_our_own_import_reads_clients_back(excel: str) -> None:
    """Every field comes back as it was, formulas and several values in a cell included."""
    evil = replace(ADA, phones=("+447700900123",), street="=1+1", tags=("@home", "vip"), extra={})
    (read,) = imported(exported(clients.export_rows([evil]), clients.EXPORT_COLUMNS, excel=excel), "c.csv").clients
    for name in (
        "first_name", "last_name", "full_name", "title", "company", "address_as", "emails", "phones", "street",
        "region", "postal_code", "country", "language", "preferred_channel", "no_channels", "tags", "notes", "note",
        "consent", "referred_by",
    ):  # fmt: skip
        assert getattr(read, name) == getattr(evil, name), name
    assert read.client_id == evil.id
    assert read.extra == {}


@pytest.mark.parametrize("excel", ["", "GB", "DE", "CH"])
def test_our_own_import_reads_jobs_back(excel: str) -> None:
    """Days, amounts and the client that a job belongs to come back as they were."""
    done = replace(BOILER, paid_on=date(2026, 3, 1), promised_on=date(2026, 2, 26), site_address="2 Low Lane")
    data = exported(jobs.export_rows([(done, ADA), (TAP, ADA)]), jobs.EXPORT_COLUMNS, excel=excel)
    first, second = imported(data, "jobs.csv").jobs
    for name in (
        "service", "completed_on", "promised_on", "status", "amount_minor", "currency", "paid_on", "invoice_ref",
        "site_address", "assigned_to", "note", "client_id",
    ):  # fmt: skip
        assert getattr(first, name) == getattr(done, name), name
    assert (first.job_id, first.client_name, first.client_email) == (done.id, "Ada Hall", "ada@example.com")
    assert (second.job_id, second.status, second.completed_on) == (TAP.id, "open", None)


def test_an_export_of_jobs_holds_their_fields_under_their_names(golden: Callable[[str, str], None]) -> None:
    """Amounts are plain decimals beside their currency, days are ISO."""
    extra = ("Crew",)
    stream = io.StringIO(newline="")
    rows = jobs.export_rows([(BOILER, ADA), (replace(TAP, extra={"Crew": "@two"}), None)], extra=extra)
    tables.write(rows, jobs.export_columns(extra), format="csv", stream=stream)
    golden("report_jobs_export.csv", stream.getvalue())


def test_the_list_of_jobs(golden: Callable[[str, str], None]) -> None:
    """A job whose client was forgotten still has a line."""
    stream = io.StringIO(newline="")
    tables.write(jobs.rows([(BOILER, ADA), (TAP, None)]), jobs.COLUMNS, format="table", stream=stream)
    golden("report_jobs.table", stream.getvalue())


def test_exported_columns_are_a_promise() -> None:
    """What our own import knows, in a fixed order."""
    assert names(clients.EXPORT_COLUMNS) == (
        "client_id title first_name last_name full_name company address_as emails phones street city region "
        "postal_code country language preferred_channel no_channels tags notes personal_note consent referred_by"
    )
    assert names(jobs.EXPORT_COLUMNS) == (
        "job_id client_id client_name client_email service status completed_on promised_on amount currency paid_on "
        "invoice_ref site_address assigned_to note"
    )


# ---------------------------------------------------------------- edits


def test_differences_name_fields_with_before_and_after() -> None:
    """Only what changed, whatever kind of value it is."""
    after = replace(
        ADA, city="", tags=("vip",), consent=Consent.OPTED_OUT, extra={"a": "b"}, erased_on=TODAY, phones=()
    )
    assert clients.differences(ADA, after) == [
        "phones: +447700900123, 020 7946 0000 -> (nothing)",
        "city: Leeds -> (nothing)",
        "tags: vip, boiler -> vip",
        "consent: opted_in -> opted_out",
        "Lead source: =web -> (nothing)",
        "a: (nothing) -> b",
        "erased on: (nothing) -> 2026-03-02",
    ]
    assert clients.differences(BOILER, replace(BOILER, unpaid=True)) == ["unpaid: no -> yes"]
    assert clients.differences(ADA, ADA) == []


# ---------------------------------------------------------------- cases


def test_the_list_of_cases(golden: Callable[[str, str], None]) -> None:
    """Open ones count their days up to today, resolved ones to their end."""
    stream = io.StringIO(newline="")
    tables.write(
        care.rows(CASE, [LEAK, SOLVED], {ADA.id: ADA}, today=TODAY), CASE.columns, format="table", stream=stream
    )
    golden("report_cases.table", stream.getvalue())


def test_a_case_shows_what_happened_since() -> None:
    """Contacts before it was opened are another story."""
    note = "Nothing is asked of this client until it is resolved."
    assert care.lines(LEAK, ADA, CONTACTS, today=TODAY, names={}, notes=[note]) == [
        "Ada Hall",
        "  20 February 2026  case: tap drips [low]  (sleak00000)  open, 10 days",
        "      seen by  us",
        "      Nothing is asked of this client until it is resolved.",
        "",
        "Since then",
        "  21 February 2026  call in    happy  asked ⏎ for the manual",
        "  22 February 2026  visit out         check-in call",
    ]


def test_a_resolved_case_says_how() -> None:
    """Cause, person, job and what was done."""
    assert care.lines(SOLVED, None, [], today=TODAY, names={}) == [
        "cada000000",
        "  5 January 2026  case: late  (ssolved000)  resolved on Wednesday 7 January 2026: apologised",
        "      seen by          them",
        "      looked after by  sam",
        "      job              jboiler000",
        "      cause            traffic",
    ]


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"full_name": "Ada Hall", "company": "Firm"}, "Ada Hall"),
        ({"company": "Firm"}, "Firm"),
        ({"emails": ("a@example.com",)}, "a@example.com"),
        ({"phones": ("+44123456",)}, "+44123456"),
        ({}, "cx"),
    ],
)
def test_every_client_can_be_called_something(fields: dict[str, Any], said: str) -> None:
    """By name, firm, address, number, or identifier."""
    assert words.client(Client(id="cx", **fields)) == said


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (BOILER, "27 February 2026  Boiler service, 120.00 GBP"),
        (TAP, "for 9 March 2026  Tap repair"),
        (replace(TAP, promised_on=None, service="", status=JobStatus.CANCELLED), "cancelled  work"),
    ],
)
def test_every_job_can_be_said_on_one_line(job: Any, said: str) -> None:
    """When, what, and what it came to."""
    assert words.job(job) == said
