"""Sheets made by hand, as Excel writes them in eight countries: what an import makes of each is written beside it.

`tests/data/handmade` is like the folder of the exporters: `pytest --update-golden` writes anew what comes of a file.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from followup import intake
from followup.intake import facts, headers
from tests import factories
from tests.intake.exporters.test_fixtures import is_read_as_expected

FOLDER = Path(__file__).resolve().parent.parent / "data" / "handmade"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.expected")), ids=lambda path: path.stem)
def test_a_sheet_made_by_hand_is_read(path: Path, request: pytest.FixtureRequest) -> None:
    """Clients, jobs, questions, rows left out and rejected; every row is accounted for."""
    is_read_as_expected(path, renew=bool(request.config.getoption("--update-golden")))


def read(text: str, *, country: str = "GB", **answers: str) -> facts.FileResult:
    """Return what a file says in a home of *country*."""
    currency = {"GB": "GBP", "SE": "SEK", "PL": "PLN"}.get(country, "EUR")
    home = intake.HomeFacts(country=country, currency=currency, today=factories.TODAY, key=factories.HOME_KEY)
    return intake.read(text.encode(), name="x.csv", source="default", home=home, answers=answers)


def problems(result: facts.FileResult) -> list[tuple[int, str, str]]:
    """Return row, code and column of every problem."""
    return [(each.row, each.code, each.column) for each in result.problems]


# ---------------------------------------------------------------- clients, jobs and promises in one sheet

MIXED = """Typ;Name;Telefon;Datum;Arbeit;Betrag
Kunde;Anna Weber;089 1234567;;;
Auftrag;Bernd Huber;0821 1234567;13.01.2026;Heizung;100,00
Versprechen;Eva Klein;030 901820;20.03.2026;Bad;
;Ute Groß;030 901822;14.01.2026;Rohr;50,00
"""


def test_a_column_can_say_what_each_row_is() -> None:
    """A client, a job, or a promise, whose only day is the promised one; without a word the row speaks for itself."""
    result = read(MIXED, country="DE")
    assert result.kind == "mixed"
    assert [client.rows for client in result.clients] == [[2], [3], [4], [5]]
    assert [(job.service, job.status, job.completed_on, job.promised_on) for job in result.jobs] == [
        ("Heizung", "completed", date(2026, 1, 13), None),
        ("Bad", "open", None, date(2026, 3, 20)),
        ("Rohr", "completed", date(2026, 1, 14), None),
    ]


def test_a_row_that_says_something_else_is_a_problem() -> None:
    """What a slip means is not guessed."""
    assert problems(read(MIXED + "Zettel;Jan Moos;030 901821;;;\n", country="DE")) == [(6, "row-kind", "Typ")]


def test_where_every_row_says_that_it_is_a_client_there_are_no_jobs() -> None:
    """Nobody's job is called "Kunde", though no row says otherwise."""
    result = read(
        MIXED.splitlines()[0] + "\nKunde;Anna Weber;089 1234567;;;\nKunde;Bo Moos;030 901821;;;\n", country="DE"
    )
    assert not result.problems
    assert [client.full_name for client in result.clients] == ["Anna Weber", "Bo Moos"]
    assert result.jobs == []


@pytest.mark.parametrize("word", ["Service", "Repair", "Boiler"])
def test_a_column_of_kinds_of_work_is_the_work(word: str) -> None:
    """The same name of a column, with other words below it."""
    result = read(f"Type;Client;Date\n{word};Ada Hall;13/01/2026\n")
    assert [job.service for job in result.jobs] == [word]


def test_a_sheet_of_jobs_may_have_clients_without_any() -> None:
    """Who they are and how to reach them is enough."""
    result = read(
        "Client;Phone;Work;Done on;Promised until\nAda Hall;07700 900142;;;\nBob Cole;07700 900143;Tap;13/01/2026;\n"
        "Cy Reed;07700 900144;Bath;;20/03/2026\n"
    )
    assert not result.problems
    assert [client.full_name for client in result.clients] == ["Ada Hall", "Bob Cole", "Cy Reed"]
    assert [(job.service, job.status) for job in result.jobs] == [("Tap", "completed"), ("Bath", "open")]


def test_tables_below_each_other_are_read_each_by_its_own_kind() -> None:
    """The answer all takes clients and jobs out of one sheet."""
    text = (
        "Name;Phone;Town\nAda Hall;0113 496 0001;Leeds\n\nDate;Client;Work;Price\n13/01/2026;Ada Hall;Boiler;100.00\n"
    )
    assert [each.about for each in read(text).questions] == ["tables"]
    result = read(text, tables="all")
    assert [client.city for client in result.clients] == ["Leeds"]
    assert [(job.client_name, job.service) for job in result.jobs] == [("Ada Hall", "Boiler")]


# ---------------------------------------------------------------- names of columns


def test_columns_without_a_name_and_with_the_same_name_lose_nothing() -> None:
    """Two phones, two notes; what has no name is kept by its number, also at the right."""
    result = read(
        "Name;Phone;Phone;;Notes;Notes;Colour;Colour;;\nAda Hall;0113 496 0001;07700 900142;hidden;a;b;red;blue;x;\n"
    )
    (client,) = result.clients
    assert client.phones == ("+441134960001", "+447700900142")
    assert client.notes == "a\nb"
    assert client.extra == {
        "column 4": "hidden",
        "Colour (column 7)": "red",
        "Colour (column 8)": "blue",
        "column 9": "x",
    }
    assert not result.problems
    assert not result.warnings


def test_names_of_columns_can_stand_in_two_rows() -> None:
    """One word over the other, hyphenated or not; names of groups above are titles."""
    result = read("Kunden-;Name des;Ausgeführt;Betrag\nnummer;Kunden;am;(EUR)\n7;Anna Weber;13.01.2026;9,00\n")
    assert [(each.row, each.code) for each in result.skipped] == [(2, "header")]
    assert [(job.client_id, job.amount_minor) for job in result.jobs] == [("7", 900)]
    result = read("Kunde;;;Auftrag;;\nName;Telefon;Ort;Datum;Arbeit;Preis\nAnna Weber;;Bonn;13.01.2026;Bad;9,00\n")
    assert [(each.row, each.code) for each in result.skipped] == [(1, "title")]
    assert [(job.client_name, job.service) for job in result.jobs] == [("Anna Weber", "Bad")]


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("Name, Vorname;PLZ / Ort;Tel. / E-Mail", ["client.last_first", "address.place", "client.reach"]),
        ("Vorname / Name;Straße, PLZ, Ort;Notiz", ["client.full_name", "address.street", "client.notes"]),
        ("Postcode and town;Last, First;Phone", ["address.place", "client.last_first", "client.phone"]),
        ("Nom et prénom;CP / Ville;Tél.", ["client.last_first", "address.place", "client.phone"]),
        ("Apellidos, nombre;CP - Población;Tfno.", ["client.last_first", "address.place", "client.phone"]),
        ("Nazwisko i imię;Kod i miejscowość;Tel. kom.", ["client.last_first", "address.place", "client.phone"]),
        ("Client;Contact;Town", ["client.full_name", "client.reach", "address.city"]),
        ("Contact;E-mail;Town", ["client.full_name", "client.email", "address.city"]),
        ("Date (jj/mm);Client\n(nom);Prix (€ TTC)", ["job.completed_on", "client.full_name", "job.amount"]),
        ("Who;What;When;Who did it", ["client.full_name", "job.service", "job.completed_on", "job.assigned_to"]),
        ("Kunde;Was;Wann;Wer", ["client.full_name", "job.service", "job.completed_on", "job.assigned_to"]),
        ("Titel;Vorname;Nachname;Auftrag", ["client.title", "client.first_name", "client.last_name", "job.service"]),
        ("Namn;Tag;E-post", ["client.full_name", "client.tags", "client.email"]),
        ("Tag;Kunde;Arbeit", ["job.completed_on", "client.full_name", "job.service"]),
        ("Kunde;Datum/Ort;Arbeit;Datum", ["client.full_name", "", "job.service", "job.completed_on"]),
    ],
)
def test_a_header_cell_that_names_two_things(header: str, fields: list[str]) -> None:
    """It says what the cells below hold, and in which order."""
    assert [column.field for column in headers.layout(header.split(";")).columns] == fields


def test_values_decide_where_a_name_means_several_things() -> None:
    """A tick is no day, an amount that was paid is none either, and a row's own number is nobody's."""
    result = read(
        "Nr;Datum;Kunde;Arbeit;Erledigt;Bezahlt\n1;13.01.2026;Anna Weber;Heizung;ja;100,00\n"
        "2;14.01.2026;Bernd Huber;Rohr;nein;\n",
        country="DE",
    )
    assert [(job.job_id, job.status, job.completed_on, job.paid_on) for job in result.jobs] == [
        ("", "completed", date(2026, 1, 13), None),
        ("", "open", None, None),
    ]
    assert result.jobs[0].extra == {"Nr": "1", "Bezahlt": "100,00"}


def test_columns_without_names_are_suggested_by_what_they_hold() -> None:
    """The first option answers it when it is right."""
    jobs = "13/01/2026;Ada Hall;Boiler;100.00;Done\n14/01/2026;Bob Cole;Tap;80.00;Done\n"
    (question,) = read(jobs).questions
    assert question.about == "columns"
    assert question.options[0] == "completed_on,name,service,amount,status"
    result = read(jobs, columns=question.options[0])
    assert [job.service for job in result.jobs] == ["Boiler", "Tap"]
    clients = "Ada Hall,07700 900142,ada@example.com,LS1 4AP\nBert Hill,07700 900143,bert@example.com,LS1 4AQ\n"
    assert read(clients).questions[0].options[0] == "name,phone,email,postal_code"
    both = (
        "Ada Hall,12 High St,Leeds,LS1 4AP,Boiler service,17/03/2026\nBo Lee,9 Mill Ln,Leeds,LS1 4AQ,Tap,18/03/2026\n"
    )
    assert read(both).questions[0].options[0] == "name,street,city,postal_code,service,completed_on"


def test_where_no_column_seems_to_name_a_client_that_is_said_and_no_whole_answer_is_offered() -> None:
    """Days and amounts alone, as in a bank statement: it is still asked, for only the owner knows what it is."""
    statement = "02/01/2026,RENT,-850.00,1000.00\n03/01/2026,REFUND,2850.00,3850.00\n04/01/2026,FEES,-5.00,3845.00\n"
    (question,) = read(statement).questions
    assert "no column seems to name a client (a bank statement" in question.question
    assert not any("completed_on," in option for option in question.options)
    jobs = "13/01/2026;Ada Hall;Boiler;100.00;Done\n14/01/2026;Bob Cole;Tap;80.00;Done\n"
    assert "no column seems" not in read(jobs).questions[0].question
    assert "no column seems" not in read("Ada;1 High St\nBob;9 Mill Ln\n").questions[0].question


# ---------------------------------------------------------------- what a spreadsheet damages


def test_days_as_numbers_are_asked_about_unless_one_answer_is_impossible() -> None:
    """The same number is four years later for a spreadsheet that counts from 1904."""
    old = "Date;Client;Work\n36035;Ada Hall;Boiler\n"
    (question,) = read(old).questions
    assert (question.about, question.options) == ("day_numbers", ("1900", "1904"))
    assert read(old, day_numbers="1900").jobs[0].completed_on == date(1998, 8, 28)
    assert read(old, day_numbers="1904").jobs[0].completed_on == date(2002, 8, 29)
    recent = read("Date;Client;Work\n46035;Ada Hall;Boiler\n")
    assert recent.jobs[0].completed_on == date(2026, 1, 13)
    assert "46035 in row 2 is 2026-01-13" in recent.warnings[0]


def test_days_as_numbers_beside_other_days_are_problems() -> None:
    """As are months that were days, and cells that only show that they were too narrow."""
    result = read(
        "Date;Client;Work\n36035;Ada Hall;Boiler\n13/01/2026;Bob Cole;Tap\nJan-26;Cy Reed;Tap\n#####;Cy Reed;Tap\n"
    )
    assert problems(result) == [(2, "date", "Date"), (4, "date", "Date"), (5, "too-narrow", "Date")]


def test_numbers_that_a_spreadsheet_rounded_are_problems_and_texts_are_unwrapped() -> None:
    """What identifies a client must not be nearly right."""
    result = read(
        'Client No;Name;Phone\n1.2E+09;Ada Hall;\n"=""0123""";Bob\u00a0Cole;\'07700900142\n######;Cy Reed;#NAME?\n'
        "7;Dee Moss;4.47701E+11\n"
    )
    assert problems(result) == [(2, "number", "Client No"), (4, "too-narrow", "Client No"), (5, "phone", "Phone")]
    (client,) = result.clients
    assert (client.client_id, client.full_name, client.phones) == ("0123", "Bob Cole", ("+447700900142",))
    assert result.warnings == ["a formula that failed was read as an empty cell (row 4)"]


def test_zeros_come_back_only_where_the_whole_column_lost_them() -> None:
    """And it is said in which rows."""
    lost = read("Name;Telefon;PLZ\nAnna Weber;891234567;80331\nBernd Huber;8211234567;1067\n", country="DE")
    assert [(each.phones, each.postal_code) for each in lost.clients] == [
        (("+49891234567",), "80331"),
        (("+498211234567",), "01067"),
    ]
    assert len(lost.warnings) == 2
    spaced = read("Name;Telefon\nAnna Weber;89 1234567\nBernd Huber;821 1234567\n", country="DE")
    assert not spaced.warnings, "a text with blanks in it was never a spreadsheet's number"
    kept = read("Name;Telefon;PLZ\nAnna Weber;891234567;01067\nBernd Huber;0821 1234567;1010\n", country="DE")
    assert [(each.phones, each.postal_code) for each in kept.clients] == [
        (("891234567",), "01067"),
        (("+498211234567",), "1010"),
    ]


def test_a_number_that_became_a_day_is_told_of() -> None:
    """3-4 is 03-Apr to a spreadsheet; a firm whose numbers all look so may mean it."""
    result = read("Client No;Name;Phone\n17-2;Ada Hall;07700 900142\n03-Apr;Bob Cole;07700 900143\n")
    assert "look like days" in result.warnings[0]
    assert "(row 3)" in result.warnings[0]
    assert not read("Client No;Name;Phone\n03-Apr;Bob Cole;07700 900143\n").warnings


# ---------------------------------------------------------------- several things in one cell


def test_a_contact_cell_is_taken_apart_and_its_words_are_kept() -> None:
    """E-mail and phone in one column; what is neither is kept under the column's name."""
    result = read(
        "Customer;Contact;Town\nAda Hall;ada@example.com / 0113 496 0001;Leeds\nBob Cole;ask his wife;Leeds\n"
        "Cy Reed;07700 900142 cy@example.com (evenings);York\n"
    )
    assert [(each.emails, each.phones) for each in result.clients] == [
        (("ada@example.com",), ("+441134960001",)),
        ((), ()),
        (("cy@example.com",), ("+447700900142",)),
    ]
    assert result.clients[1].extra == {"Contact": "ask his wife"}
    assert "evenings" in result.clients[2].extra["Contact"]


def test_a_name_is_kept_as_it_is_written() -> None:
    """The parts of a greeting are filled beside it where they are certain."""
    result = read(
        "Name;Town\nHall Ltd (Ada Hall);Leeds\nMr and Mrs Reed;York\nAnna & Bob Carter;York\n"
        "Tom Reed & Jane Cole;York\n"
    )
    assert [(each.full_name, each.company, each.title, each.first_name, each.last_name) for each in result.clients] == [
        ("Hall Ltd (Ada Hall)", "Hall Ltd", "", "Ada", "Hall"),
        ("Mr and Mrs Reed", "", "Mr and Mrs", "", "Reed"),
        ("Anna & Bob Carter", "", "", "Anna & Bob", "Carter"),
        ("Tom Reed & Jane Cole", "", "", "", ""),
    ]
