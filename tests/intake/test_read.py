"""One file becomes clients, jobs, questions and row-numbered problems."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup import intake
from followup.intake import facts, headers
from tests import factories

HOME = intake.HomeFacts(country="GB", currency="GBP", today=factories.TODAY, key=factories.HOME_KEY)

CLIENTS = "Name,Email,Phone,Street,City,Postcode,Opt out,Colour\n"
JOBS = "Job #,Client name,Client email,Service,Completed,Status,Amount,Note\n"


def read(text: str | bytes, **options: Any) -> facts.FileResult:
    """Return what a file says."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return intake.read(data, name="x.csv", source="default", home=HOME, **options)


def asked(result: facts.FileResult) -> list[str]:
    """Return what is asked, by key."""
    return [question.about for question in result.questions]


def codes(result: facts.FileResult) -> list[tuple[int, str]]:
    """Return row and code of every problem."""
    return [(problem.row, problem.code) for problem in result.problems]


def balanced(result: facts.FileResult) -> bool:
    """Return whether every row is in the ledger exactly once."""
    counts = result.counts()
    return counts["rows"] == sum(counts[name] for name in ("imported", "merged", "skipped", "errors", "known"))


def test_a_client_as_a_file_has_them() -> None:
    """Names are split, phones are E.164, unknown columns are kept under their own name."""
    result = read(CLIENTS + '"Hall, Ada",ada@example.com,07700 900123,1 High St,Leeds,LS1 1AA,,blue\n')
    shown = result.clients[0].to_json()
    assert shown == {
        "rows": [2],
        "client_id": "",
        "first_name": "Ada",
        "last_name": "Hall",
        "full_name": "Ada Hall",
        "company": "",
        "address_as": "",
        "emails": ["ada@example.com"],
        "phones": ["+447700900123"],
        "street": "1 High St",
        "city": "Leeds",
        "region": "",
        "postal_code": "LS1 1AA",
        "country": "",
        "language": "",
        "preferred_channel": "",
        "no_channels": [],
        "tags": [],
        "notes": "",
        "consent": "unknown",
        "referred_by": "",
        "extra": {"Colour": "blue"},
    }


def test_a_job_as_a_file_has_it() -> None:
    """Amounts are plain decimals, dates ISO, and the note for the thank-you is kept."""
    result = read(
        JOBS + '7,Ada Hall,ada@example.com,Boiler service,13/02/2026,Paid,"£1,234.50",admired the old boiler\n'
    )
    shown = result.jobs[0].to_json()
    assert {name: value for name, value in shown.items() if value} == {
        "rows": [2],
        "job_id": "7",
        "client_name": "Ada Hall",
        "client_email": "ada@example.com",
        "service": "Boiler service",
        "completed_on": "2026-02-13",
        "status": "completed",
        "amount": "1234.50",
        "currency": "GBP",
        "note": "admired the old boiler",
    }
    assert set(headers.JOB_FIELDS) <= set(shown)


def test_the_json_of_a_file_has_exactly_its_keys() -> None:
    """The contract of the dry run."""
    result = read(CLIENTS + "Ada,ada@example.com,,,,,,\nBob,nobody,,,,,,\n,,,,,,,\nCy,c@example.com,,,,,,\n")
    shown = json.loads(json.dumps(result.to_json()))
    assert list(shown) == [
        "file",
        "source",
        "looks_like",
        "refused",
        "asked",
        "clients",
        "jobs",
        "skipped",
        "errors",
        "warnings",
        "counts",
    ]
    assert shown["refused"] is None
    assert list(shown["skipped"][0]) == ["row", "code", "why"]
    assert list(shown["errors"][0]) == ["row", "column", "value", "code", "why"]
    assert shown["errors"][0]["row"] == 3
    assert [client["rows"] for client in shown["clients"]] == [[2], [5]]
    assert balanced(result)


def test_cells_of_several_lines_are_one_row() -> None:
    """Rows are numbered as a spreadsheet numbers them."""
    result = read('Name,Email,Notes\nAda,ada@example.com,"one\ntwo\nthree"\nBob,nobody,\n')
    assert codes(result) == [(3, "email")]
    assert result.clients[0].notes == "one\ntwo\nthree"


def test_an_undecidable_file_is_not_read_at_all() -> None:
    """All its questions come at once, each with its options and the option of the home first."""
    result = read(
        JOBS
        + "1,Ada,a@example.com,Boiler,03/04/2025,Handed over,1.234,\n2,Bob,b@example.com,Tap,04/03/2025,Done,2.345,\n"
    )
    assert asked(result) == ["date_order", "decimal_mark", "status"]
    assert result.questions[0].options == ("dmy", "mdy")
    assert "'Handed over' in 1 row" in result.questions[2].question
    assert not any((result.jobs, result.problems))
    answered = read(
        JOBS
        + "1,Ada,a@example.com,Boiler,03/04/2025,Handed over,1.234,\n2,Bob,b@example.com,Tap,04/03/2025,Done,2.345,\n",
        answers={"date_order": "mdy", "decimal_mark": ",", "status:handed over": "completed"},
    )
    assert answered.ready
    assert [str(job.completed_on) for job in answered.jobs] == ["2025-03-04", "2025-04-03"]
    assert [job.amount_minor for job in answered.jobs] == [123400, 234500]


def test_the_question_about_dates_names_the_orders_that_fit() -> None:
    """With two digits for the year, the year may stand first."""
    (question,) = read(
        JOBS + "1,Ada,a@example.com,Boiler,31-12-25,Done,,\n2,Bob,b@example.com,Tap,25-12-31,Done,,\n"
    ).questions
    assert question.options == ("dmy", "ymd")
    assert "day first or year first?" in question.question


def test_an_answer_is_remembered_until_a_file_proves_it_wrong() -> None:
    """Last month's answer holds for a file that fits it, and no further."""
    memory = {"date_order": "mdy", "decimal_mark": ","}
    fits = read(JOBS + "1,Ada,a@example.com,Boiler,03/04/2025,Done,1.234,\n", remembered=lambda _: memory)
    assert fits.ready
    assert str(fits.jobs[0].completed_on) == "2025-03-04"
    other = read(JOBS + "1,Ada,a@example.com,Boiler,13/04/2025,Done,1.5,\n", remembered=lambda _: memory)
    assert str(other.jobs[0].completed_on) == "2025-04-13"
    assert other.jobs[0].amount_minor == 150


def test_dates_that_contradict_each_other_are_asked_and_then_problems_of_their_rows() -> None:
    """What does not fit the answer is named, the rest is read."""
    text = JOBS + "1,Ada,a@example.com,Boiler,13/04/2025,Done,,\n2,Bob,b@example.com,Tap,04/13/2025,Done,,\n"
    assert "contradict" in read(text).questions[0].question
    assert codes(read(text, answers={"date_order": "dmy"})) == [(3, "date")]
    amounts = JOBS + '1,Ada,a@example.com,Boiler,13/04/2025,Done,1.5,\n2,Bob,b@example.com,Tap,13/04/2025,Done,"2,5",\n'
    assert "contradict" in read(amounts).questions[0].question
    assert codes(read(amounts, answers={"decimal_mark": "."})) == [(3, "amount")]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("Ada\0Hall", "control-character"),
        ("Ada\ud800Hall", "control-character"),
        ("Ada\x1b[31mHall", "control-character"),
        ('"Ada\r\nBcc: x@example.com"', "line-break"),
        ("=?utf-8?q?Ada?=", "encoded-name"),
        ("x" * 40_000, "too-long"),
    ],
)
def test_damage_in_a_name_is_a_problem_of_its_row(cell: str, code: str) -> None:
    """One clear message, nothing lost, and the value shown harmlessly."""
    result = read(f"Name,Email\n{cell},ada@example.com\nBob,b@example.com\n")
    assert codes(result) == [(2, code)]
    assert result.problems[0].column == "Name"
    assert result.problems[0].value.isprintable()
    assert [client.full_name for client in result.clients] == ["Bob"]


def test_characters_that_turn_the_writing_are_taken_out() -> None:
    """Telephones put them around numbers; in names they only deceive."""
    result = read("Name,Email,Phone\nAda\u202e Hall,ada@example.com,\u202a07700 900123\u202c\n")
    assert result.clients[0].full_name == "Ada Hall"
    assert result.clients[0].phones == ("+447700900123",)
    assert "row 2" in result.warnings[0]


def test_a_name_that_begins_like_a_formula_is_a_name() -> None:
    """It is stored as it is; our own guard is taken off again, and so is a spreadsheet's."""
    result = read(
        'Name,Email,Postcode\n=Ada,a@example.com,\'0123\n\'=Bob,b@example.com,"=""0124"""\n\'t Hooft,c@example.com,\n'
    )
    assert [client.full_name for client in result.clients] == ["=Ada", "=Bob", "'t Hooft"]
    assert [client.postal_code for client in result.clients] == ["0123", "0124", ""]


def test_ragged_rows() -> None:
    """Missing last cells are empty, a shifted row and a row broken in two are problems."""
    result = read(
        "Name,Email,City,Notes\nAda,a@example.com\nBob,b@example.com,Leeds,x,y\nCy,c@example.com,12 "
        "High\nStreet,Leeds\n"
    )
    assert codes(result) == [(3, "too-many-cells"), (4, "broken-row"), (5, "broken-row")]
    assert "row 2" in result.warnings[0]
    assert balanced(result)


def test_of_a_row_that_is_too_long_it_is_said_that_the_row_is_and_not_its_cell() -> None:
    """The first cell too many is named, and how many cells there are and should be."""
    (problem,) = read("Name,Email,Phone,City\nBob, Carter,bob@example.com,07700900102,Leeds\n").problems
    assert (problem.row, problem.value) == (2, "Leeds")
    assert problem.why.startswith("belongs to no column: the row has 5 cells where the header has 4; put a cell that")


def test_rows_that_are_no_records_are_skipped_with_a_reason() -> None:
    """Titles, blanks, repeated headers, totals, footers and drafts."""
    result = read(
        "My jobs\n\nJob #,Client name,Client email,Service,Completed,Status,Amount\n"
        "1,Ada,a@example.com,Boiler,2025-01-13,Done,10\n,,,,,,\n"
        "Job #,Client name,Client email,Service,Completed,Status,Amount\n"
        "2,Bob,b@example.com,Tap,2025-01-13,Draft,10\n3,Cy,c@example.com,Tap,2025-01-13,Done,-10\n"
        "Total,,,,,,20\nCopyright (c) 2026 Somebody\nthis is a remark that somebody wrote\n"
    )
    assert [(row.row, row.code) for row in sorted(result.skipped, key=lambda row: row.row)] == [
        (1, "title"),
        (2, "blank"),
        (5, "blank"),
        (6, "header"),
        (7, "not_a_job"),
        (8, "credit"),
        (9, "total"),
        (10, "note"),
        (11, "note"),
    ]
    assert [job.rows for job in result.jobs] == [[4]]
    assert balanced(result)


def test_two_tables_are_asked_about() -> None:
    """One, the other, or both."""
    text = (
        "Name,Email\nAda,a@example.com\n\nJob #,Client email,Client "
        "name,Service,Completed\n1,a@example.com,Ada,Boiler,2025-01-13\n"
    )
    result = read(text)
    assert asked(result) == ["tables"]
    assert result.questions[0].options == ("1", "2", "all")
    first, second, both = (read(text, answers={"tables": choice}) for choice in ("1", "2", "all"))
    assert (len(first.clients), len(first.jobs)) == (1, 0)
    assert (len(second.clients), len(second.jobs)) == (0, 1)
    assert (len(both.clients), len(both.jobs)) == (1, 1)
    assert all(map(balanced, (first, second, both)))


def test_a_file_without_a_header_is_asked_about() -> None:
    """The answer names the columns, in any number that fits."""
    text = "Ada;a@example.com;red\nBob;b@example.com;blue\n"
    assert asked(read(text)) == ["columns"]
    assert asked(read(text, answers={"columns": "name,email"})) == ["columns"]
    result = read(text, answers={"columns": "name,email,-"})
    assert [client.emails for client in result.clients] == [("a@example.com",), ("b@example.com",)]
    assert result.clients[0].rows == [1]
    assert balanced(result)


def test_merged_cells_are_asked_about() -> None:
    """A client named once for several jobs."""
    text = "Client name,Client email,Service,Completed\nAda,a@example.com,Boiler,2025-01-13\n,,Tap,2025-02-13\n"
    assert asked(read(text)) == ["fill_down"]
    assert [job.client_name for job in read(text, answers={"fill_down": "yes"}).jobs] == ["Ada", "Ada"]
    assert codes(read(text, answers={"fill_down": "no"})) == [(3, "no-client")]


def test_a_row_that_could_be_either_is_asked_about() -> None:
    """A name, an address and a date are a client since then, or a job on that day."""
    text = "Name,Email,Date\nAda,a@example.com,2025-01-13\n"
    assert asked(read(text)) == ["kind"]
    assert read(text, answers={"kind": "clients"}).clients[0].extra == {"Date": "2025-01-13"}
    assert str(read(text, kind="jobs").jobs[0].completed_on) == "2025-01-13"


def test_one_row_can_be_a_client_and_a_job() -> None:
    """A flat sheet: rows without a job are clients only."""
    result = read(
        "Name,Email,Tags,Service,Completed,Colour\nAda,a@example.com,vip,Boiler,2025-01-13,red\nBob,b@example.com,,,,blue\n"
    )
    assert result.kind == "mixed"
    assert [client.full_name for client in result.clients] == ["Ada", "Bob"]
    assert result.jobs[0].extra == {"Colour": "red"}
    assert result.clients[1].extra == {"Colour": "blue"}
    assert balanced(result)


def test_rows_that_say_the_same_of_a_client_share_one_value() -> None:
    """It knows the rows that were taken; a client's own columns, refused rows and drafts add nothing to the others."""
    ada = "Ada,a@example.com,vip"
    result = read(
        "Name,Email,Tags,Service,Completed,Status,Colour\n"
        f"{ada},Boiler,2025-01-13,Done,red\n{ada},Tap,never,Done,red\n{ada},Pump,2025-01-14,cancelled,red\n"
        f"{ada},Valve,2025-01-15,Done,\n{ada},,,,blue\n"
    )
    first, other = result.clients
    assert (first.rows, first.extra) == ([2, 5], {})
    assert (other.rows, other.extra) == ([6], {"Colour": "blue"})
    assert [job.who for job in result.jobs] == [first, first]
    assert codes(result) == [(3, "date")]
    assert balanced(result)


@pytest.mark.parametrize(
    ("status", "completed", "expected"),
    [
        ("Done", "2025-01-13", "completed"),
        ("complete rated", "2025-01-13", "completed"),
        ("erledigt", "2025-01-13", "completed"),
        ("", "2025-01-13", "completed"),
        ("", "", "open"),
        ("In progress", "2025-01-13", "open"),
        ("", "2026-03-09", "open"),
        ("", "no", "open"),
        ("", "In progress", "open"),
    ],
)
def test_the_many_spellings_of_completed(status: str, completed: str, expected: str) -> None:
    """A word, a date that has passed, yes or no."""
    result = read(JOBS + f"1,Ada,a@example.com,Boiler,{completed},{status},,\n")
    assert [job.status for job in result.jobs] == [expected]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("1,Ada,a@example.com,Boiler,,Done,,", "no-date"),
        ("1,Ada,a@example.com,Boiler,yes,,,", "no-date"),
        ("1,Ada,a@example.com,Boiler,2026-03-09,Done,,", "future-date"),
        ("1,Ada,a@example.com,Boiler,31/02/2025,Done,,", "date"),
        ("1,Ada,a@example.com,Boiler,whenever,Done,,", "date"),
        ("1,Ada,a@example.com,Boiler,2025-01-13,Done,free,", "amount"),
        ("1,Ada,a@,Boiler,2025-01-13,Done,,", "email"),
        (",Ada,a@example.com,,,,,", "no-job"),
        ("1,,,Boiler,2025-01-13,Done,,", "no-client"),
    ],
)
def test_rows_of_jobs_that_cannot_be_right(cells: str, code: str) -> None:
    """Each with its own reason."""
    result = read(JOBS + cells + "\n")
    assert [each for _, each in codes(result)] == [code]
    assert balanced(result)


def test_money_and_payment() -> None:
    """Currency columns, open balances, paid columns with yes or a date."""
    head = "Job #,Client name,Client email,Service,Completed,Amount,Currency,Balance,Paid\n"
    result = read(
        head + "1,Ada,a@example.com,Boiler,2025-01-13,10,EUR,0,2025-01-14\n"
        "2,Ada,a@example.com,Boiler,2025-01-13,10,€,10,no\n"
        "3,Ada,a@example.com,Boiler,2025-01-13,£10,EUR,,\n4,Ada,a@example.com,Boiler,2025-01-13,10,pounds,,\n"
    )
    assert [(job.currency, job.unpaid, str(job.paid_on)) for job in result.jobs] == [
        ("EUR", False, "2025-01-14"),
        ("EUR", True, "None"),
    ]
    assert codes(result) == [(4, "amount"), (5, "currency")]


def test_wishes_of_clients() -> None:
    """Consent, channels, language; words that are not understood are problems, never guesses."""
    head = "Name,Email,Consent,Opt out,Preferred contact,Not by,Language,Tags,Notes\n"
    result = read(
        head + "Ada,a@example.com,yes,,phone,no email,German,vip,likes tea\nBob,b@example.com,yes,1,,,Klingonese,,\n"
        "Cy,c@example.com,maybe,,,,,,\nDi,d@example.com,,hm,,,,,\nEd,e@example.com,,,pigeon,,,,\n"
        "Fay,f@example.com,,,,pigeon,,,\n"
    )
    ada, bob = result.clients
    assert (ada.consent, ada.preferred_channel, ada.no_channels, ada.language) == ("opted_in", "call", ("email",), "de")
    assert bob.consent == "opted_out"
    assert bob.extra == {"Language": "Klingonese"}
    assert codes(result) == [(4, "consent"), (5, "consent"), (6, "channel"), (7, "channel")]


def test_a_column_against_calls_is_no_opt_out() -> None:
    """Whoever wants no calls may still be written to; the column names one channel."""
    result = read(
        "Name,Email,Do not call,Do not text,Not by\nAda,a@example.com,yes,,\nBob,b@example.com,no,1,letter\n"
        "Cy,c@example.com,maybe,,\n"
    )
    assert [(client.no_channels, client.consent) for client in result.clients] == [
        (("call",), "unknown"),
        (("letter", "text"), "unknown"),
    ]
    assert codes(result) == [(4, "channel")]


def test_a_job_was_done_when_it_was_paid_where_nothing_better_is_known() -> None:
    """The day of payment is the last resort of a file that has no other date."""
    paid = read("Client,Email,Service,Date paid,Status\nAda,a@example.com,Boiler,2026-02-03,Paid\n")
    assert (str(paid.jobs[0].completed_on), paid.jobs[0].status) == ("2026-02-03", "completed")
    better = read("Client,Email,Service,Completed,Date paid\nAda,a@example.com,Boiler,2026-02-01,2026-02-03\n")
    assert str(better.jobs[0].completed_on) == "2026-02-01"


def test_only_what_a_file_shows_counts_as_decided() -> None:
    """Dates with the year first and whole amounts prove nothing for a later file of that kind."""
    assert read(JOBS + "1,Ada,a@example.com,Boiler,2026-02-13,Done,120,\n").decided == {}
    shown = read(JOBS + "1,Ada,a@example.com,Boiler,13/02/2026,Done,120.50,\n")
    assert shown.decided == {"date_order": "dmy", "decimal_mark": "."}


def test_what_is_wrong_or_left_out_is_told_in_the_order_of_the_rows() -> None:
    """However early or late it was found out."""
    said = read("My list,,\nName,Email,Phone\nAda,nowhere,\n,,\nBob,b@example.com,,extra\nCy,c,\nTotal,,3\n").to_json()
    errors, skipped = said["errors"], said["skipped"]
    assert isinstance(errors, list)
    assert isinstance(skipped, list)
    assert [each["row"] for each in errors] == [3, 5, 6]
    assert [each["row"] for each in skipped] == [1, 4, 7]


def test_phones_that_cannot_be_read() -> None:
    """Kept as written beside an e-mail, a problem when it is the only way, and when a spreadsheet damaged it."""
    result = read(
        "Name,Email,Phone\nAda,a@example.com,ask office\nBob,,ask office\nCy,c@example.com,4.47701E+11\n"
        "Di,/o=ex/cn=di,07700 900123\n"
    )
    assert result.clients[0].phones == ("ask office",)
    assert codes(result) == [(3, "phone"), (4, "phone")]
    assert result.clients[1].emails == ()
    assert balanced(result)


def test_the_first_filled_address_counts_whole() -> None:
    """Home and business are never mixed."""
    result = read(
        "Name,Email,Home Street,Home City,Business Street,Business City\n"
        "Ada,a@example.com,,,1 Works Rd,York\n"
        "Bob,b@example.com,2 High St,Leeds,1 Works Rd,York\n"
    )
    assert [(client.street, client.city) for client in result.clients] == [
        ("1 Works Rd", "York"),
        ("2 High St", "Leeds"),
    ]


def test_an_address_in_one_cell_and_in_parts_is_written_once() -> None:
    """Some programs export both; two different lines of one street stay two."""
    result = read(
        "Name,Email,Address,Street,City\n"
        'Ada,a@example.com,"1 High St, York",1 High St,York\nBob,b@example.com,2 High St,2 High St,York\n'
        "Cy,c@example.com,The Mill,3 Low St,York\n"
    )
    assert [client.street for client in result.clients] == ["1 High St", "2 High St", "The Mill, 3 Low St"]


@pytest.mark.parametrize("text", ["", "   \n", "sep=;\n", "no table here"])
def test_nothing_to_read_is_refused(text: str) -> None:
    """Empty files and prose."""
    assert read(text).refused


def test_a_header_without_rows_is_an_empty_table() -> None:
    """Nothing wrong, nothing to import."""
    result = read(CLIENTS)
    assert result.ready
    assert result.counts()["rows"] == 0


def test_an_unclear_encoding_is_asked_and_remembered_by_the_header() -> None:
    """The rows that decide are shown, as each encoding reads them."""
    data = "Name,Email\nAda,\nJosé Núñez bébé,a@example.com\n".encode("mac_roman")
    result = read(data)
    assert asked(result) == ["encoding"]
    assert "line 3 is mac_roman: José Núñez bébé,a@example.com / " in result.questions[0].question
    assert "cp1252: JosŽ" in result.questions[0].question
    assert read(data, answers={"encoding": "mac_roman"}).clients[1].first_name == "José"
    again = read(data, remembered=lambda _: {"encoding": "mac_roman"})
    assert again.clients[1].first_name == "José"
    assert again.encoding == "mac_roman"


def test_an_encoding_is_remembered_though_the_header_reads_otherwise_in_another() -> None:
    """A header has letters, too: the one that the answer makes of it is looked for."""
    data = "Prénom,Nom,E-mail\nJosé,Núñez,a@example.com\n".encode("mac_roman")
    assert asked(read(data)) == ["encoding"]
    told = read(data, answers={"encoding": "mac_roman"})
    memory = {told.fingerprint: {"encoding": "mac_roman"}}
    assert read(data, remembered=lambda header: memory.get(header, {})).clients[0].first_name == "José"


def test_utf_8_with_a_few_broken_bytes_has_problems_in_those_rows_alone() -> None:
    """A plain problem with its row, and nothing put in the place of what is lost."""
    data = b"Name,Email\n" + "".join(f"Zoë {n},z{n}@example.com\n" for n in range(25)).encode()
    result = read(data + b"Jos\xe9,j@example.com\n")
    assert result.encoding == "utf-8"
    assert codes(result) == [(27, "control-character")]
    assert "a byte that could not be read" in result.problems[0].why
    assert len(result.clients) == 25


def test_text_that_was_saved_twice_is_named_and_taken_as_it_stands() -> None:
    """The warning says what it was, and in which rows."""
    result = read("Name,Email\nZoë,z@example.com\nMÃ¼ller,m@example.com\n")
    assert "'MÃ¼ller' was 'Müller'" in result.warnings[0]
    assert "row 3" in result.warnings[0]
    assert [client.full_name for client in result.clients] == ["Zoë", "MÃ¼ller"]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_line_ends_of_every_system_are_line_ends(end: str, encoding: str) -> None:
    """An old Mac writes CR alone."""
    lines = ["Name,Email", "Zoë Hall,z@example.com", "Ada Hall,a@example.com", ""]
    assert [client.first_name for client in read(end.join(lines).encode(encoding)).clients] == ["Zoë", "Ada"]


def test_known_rows_are_not_read_again() -> None:
    """They are counted, and new ones are read."""
    text = CLIENTS + "Ada,a@example.com,,,,,,\nBob,b@example.com,,,,,,\n"
    first = read(text)
    seen = set(first.digests.values())
    again = read(text + "Cy,c@example.com,,,,,,\n", known=lambda _, digests: seen & set(digests))
    assert again.known == 2
    assert [client.full_name for client in again.clients] == ["Cy"]
    assert balanced(again)


@pytest.mark.parametrize(
    ("about", "value", "good"),
    [
        ("date_order", "dmy", True),
        ("date_order", "dym", False),
        ("decimal_mark", ",", True),
        ("kind", "jobs", True),
        ("fill_down", "maybe", False),
        ("encoding", "cp1252", True),
        ("encoding", "klingon", False),
        ("tables", "2", True),
        ("tables", "all", True),
        ("tables", "0", False),
        ("columns", "full_name,-,email", True),
        ("columns", "colour", False),
        ("status:Handed over", "completed", True),
        ("status:Handed over", "perhaps", False),
        ("colour", "red", False),
    ],
)
def test_answers_are_checked(about: str, value: str, good: bool) -> None:
    """A wrong one says what would be right."""
    assert (intake.check_answer(about, value) == "") is good


cell = st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(
    [
        "ada@example.com",
        "2025-01-13",
        "03/04/2025",
        "1.234",
        "Done",
        "Sent",
        "yes",
        "07700 900123",
        "Total",
        '"',
        "=x",
        "",
    ]
)


@given(
    st.sampled_from([CLIENTS, JOBS, "Name,Email,Tags,Service,Completed\n"]),
    st.lists(st.lists(cell, min_size=0, max_size=9), max_size=8),
    st.fixed_dictionaries(
        {},
        optional={
            "date_order": st.just("dmy"),
            "decimal_mark": st.just("."),
            "fill_down": st.sampled_from(["yes", "no"]),
        },
    ),
)
def test_the_ledger_is_complete_whatever_is_in_the_rows(
    head: str, rows: list[list[str]], answers: dict[str, str]
) -> None:
    """Every row is imported, skipped or a problem, once; or the file is refused or asked about."""
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(rows)
    result = read(head + stream.getvalue(), answers=answers)
    json.dumps(result.to_json())
    assert result.refused or result.questions or balanced(result)


@given(st.binary(max_size=200), st.integers(0, 200), st.booleans())
def test_no_damage_makes_a_traceback(noise: bytes, place: int, cut: bool) -> None:
    """A good file with anything in the middle of it, or cut off there."""
    good = (JOBS + '1,Ada,a@example.com,"Boiler\nservice",13/04/2025,Done,10,\n' * 3).encode()
    result = read(good[:place] + noise + (b"" if cut else good[place:]))
    json.dumps(result.to_json())
    assert result.refused or result.questions or balanced(result)


def test_a_header_cannot_move_the_cursor() -> None:
    """Names of columns are shown with every message about a row."""
    result = read("Name,Email,Co\x1b[2Jlour\ud800\nAda,nobody,red\nBob,b@example.com,blue\n")
    assert list(result.clients[0].extra) == ["Co␛[2Jlour<U+D800>"]
    assert json.dumps(result.to_json(), ensure_ascii=False).encode()


def test_a_number_is_of_the_country_that_its_client_lives_in() -> None:
    """Where the row says which; a calling code of the number's own goes before it."""
    header = "Name,Phone,Country\n"
    result = read(header + "Ada,07700 900123,GB\nBo,030 1234567,Germany\nCy,+33 6 12 34 56 78,DE\nDi,01632 960001,\n")
    numbers = [client.phones for client in result.clients]
    assert numbers == [("+447700900123",), ("+49301234567",), ("+33612345678",), ("+441632960001",)]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("13/01/1899", "is too long ago: before 1900; write it as 2026-02-28"),
        ("31 Jan 1825", "is too long ago: before 1900; write it as 2026-02-28"),
        ("2225-01-04", "is too far ahead: after 2200; write it as 2026-02-28"),
        ("31/02/2025", "is no day in the calendar (read as day, month, year); write it as 2026-02-28"),
        ("14/01/0000", "is no day in the calendar (read as day, month, year); write it as 2026-02-28"),
    ],
)
def test_a_day_that_cannot_be_is_told_from_one_that_is_not_of_our_time(cell: str, why: str) -> None:
    """A year with a wrong figure is a day all the same: the owner is not sent to look for it in the calendar."""
    (problem,) = read(f"Client name,Client email,Service,Completed\nAda,a@example.com,Tap,{cell}\n").problems
    assert (problem.code, problem.why) == ("date", why)


def test_one_cell_with_both_names_is_taken_apart_beside_an_empty_column_of_first_names() -> None:
    """A comma says which of them comes first; without one, all of it is a last name."""
    result = read('First name,Name,Email\n,"Hall, Ada & Bob",a@example.com\n,van der Berg,b@example.com\n')
    assert [(each.first_name, each.last_name, each.full_name) for each in result.clients] == [
        ("Ada & Bob", "Hall", "Ada & Bob Hall"),
        ("", "van der Berg", "van der Berg"),
    ]
