"""Cells become values: dates, amounts, words, phones, e-mail addresses, names."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.intake import addresses, amounts, columns, days, headers, iso, meanings, people, phones


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2026-03-02", "mdy", date(2026, 3, 2)),
        ("2026-03-02T10:15:00Z", "dmy", date(2026, 3, 2)),
        ("2026-03-02 11:00 am", "dmy", date(2026, 3, 2)),
        ("2026/03/02", "dmy", date(2026, 3, 2)),
        ("20260302", "dmy", date(2026, 3, 2)),
        ("02/03/2026", "dmy", date(2026, 3, 2)),
        ("02/03/2026", "mdy", date(2026, 2, 3)),
        ("2.3.26", "dmy", date(2026, 3, 2)),
        ("26-03-02", "ymd", date(2026, 3, 2)),
        ("2 March 2026", "dmy", date(2026, 3, 2)),
        ("March 2nd, 2026", "dmy", date(2026, 3, 2)),
        ("Monday, March 2, 2026", "dmy", date(2026, 3, 2)),
        ("2. März 2026", "dmy", date(2026, 3, 2)),
        ("2 févr. 2026", "dmy", date(2026, 2, 2)),
        ("2 de marzo de 2026", "dmy", date(2026, 3, 2)),
        ("29/02/2024", "dmy", date(2024, 2, 29)),
    ],
)
def test_dates_as_people_write_them(text: str, order: str, day: date) -> None:
    """One order per file, and no order needed where the year comes first or the month is a word."""
    assert days.read(text, order) == day


@pytest.mark.parametrize(
    "text", ["31/02/2026", "29/02/2026", "2026-13-01", "soon", "12", "May", "2 Foo 2026", "99/99/99", "1/2/1066"]
)
def test_days_that_do_not_exist_are_none(text: str) -> None:
    """Nothing is guessed from half a date."""
    assert days.read(text, "dmy") is None


def test_a_date_of_zeros_is_an_empty_cell() -> None:
    """Outlook writes 0/0/00 where there is no date."""
    with pytest.raises(ValueError, match="0/0/00"):
        days.read("0/0/00", "dmy")


@pytest.mark.parametrize(
    ("values", "country", "order"),
    [
        (["03/04/2026", "13/04/2026"], "US", "dmy"),
        (["03/04/2026", "04/13/2026"], "GB", "mdy"),
        (["05/05/2026"], "US", "mdy"),
        (["2026-03-04", "yesterday"], "US", "dmy"),
        ([], "US", "dmy"),
        (["32/01/26", "45-01-02"], "GB", "ymd"),
    ],
)
def test_one_value_decides_the_order_of_a_file(values: list[str], country: str, order: str) -> None:
    """All values together decide; the home's country decides nothing that changes a day."""
    assert columns.date_order(values, country=country) == order


def test_what_no_value_decides_is_asked_with_the_homes_order_first() -> None:
    """3 April and 4 March are different days."""
    found = columns.date_order(["03/04/2026"], country="US")
    assert found == columns.Undecided(("mdy", "dmy"), ("03/04/2026",))


def test_values_that_contradict_each_other_are_asked_about() -> None:
    """Two proofs for two orders: a spreadsheet has damaged some of them."""
    found = columns.date_order(["13/04/2026", "04/13/2026"], country="GB")
    assert isinstance(found, columns.Undecided)
    assert found.contradictory
    assert found.options == ("dmy", "mdy")


@pytest.mark.parametrize(
    ("values", "mark"),
    [
        (["1,234.56"], "."),
        (["1.234,56"], ","),
        (["12,50", "1.234"], ","),
        (["1.234.567"], ","),
        (["1,00,000"], "."),
        (["12,50", "1,2,3"], ","),
        (["120", "free"], "."),
        (["0.125"], "."),
    ],
)
def test_one_amount_decides_the_mark_of_a_file(values: list[str], mark: str) -> None:
    """A value with both marks, or with other than three digits behind one, is a proof; a slip is none."""
    assert columns.decimal_mark(values) == mark


def test_a_mark_that_nothing_decides_is_asked() -> None:
    """1.234 is one pound and a bit, or more than a thousand."""
    assert columns.decimal_mark(["1.234"]) == columns.Undecided((".", ","), ("1.234",))
    found = columns.decimal_mark(["12.50", "12,50"])
    assert isinstance(found, columns.Undecided)
    assert found.contradictory


@pytest.mark.parametrize(
    ("text", "mark", "minor", "currency"),
    [
        ("120", ".", 12000, "GBP"),
        ("£1,234.50", ".", 123450, "GBP"),
        ("1.234,5 €", ",", 123450, "EUR"),
        ("EUR 10", ".", 1000, "EUR"),
        ("1 234,50", ",", 123450, "GBP"),
        ("1'234.50", ".", 123450, "GBP"),
        ("(40.00)", ".", -4000, "GBP"),
        ("-40.00", ".", -4000, "GBP"),
        ("40.00-", ".", -4000, "GBP"),
        ("120.0000", ".", 12000, "GBP"),
        ("$5", ".", 500, "USD"),
        ("¥500", ".", 500, "JPY"),
    ],
)
def test_amounts_are_exact(text: str, mark: str, minor: int, currency: str) -> None:
    """Signs, brackets and currencies are read, and nothing is rounded."""
    assert amounts.read(text, mark=mark, currency="GBP") == amounts.Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "mark", "number"),
    [
        ("85.00000", ".", "85"),
        ("33.333", ".", "33.333"),
        ("1.234,5", ",", "1234.5"),
        ("-2.50", ".", "-2.5"),
        ("(1)", ".", "-1"),
        ("1,2.3", ".", None),
        ("two", ".", None),
    ],
)
def test_a_price_or_a_quantity_is_as_exact_as_it_is_written(text: str, mark: str, number: str | None) -> None:
    """What is multiplied is rounded only afterwards."""
    assert amounts.number(text, mark=mark) == (number and Decimal(number))


@pytest.mark.parametrize("text", ["free", "1.005", "1,2.3,4", "", "12 apples and a half", "1e5", "99999999999999999"])
def test_what_is_no_amount_says_why(text: str) -> None:
    """A sentence, never a number that is nearly right."""
    assert isinstance(amounts.read(text, mark=".", currency="GBP"), str)


@pytest.mark.parametrize(
    ("text", "header", "said"),
    [
        ("yes", "Consent", "opted_in"),
        ("no", "Consent", "opted_out"),
        ("no", "Accepts Email Marketing", "unknown"),
        ("subscribed", "Email Subscription Status", "opted_in"),
        ("Unsubscribed", "Email Subscription Status", "opted_out"),
        ("unknown", "Consent", "unknown"),
        ("perhaps", "Consent", None),
    ],
)
def test_consent_is_never_guessed(text: str, header: str, said: str | None) -> None:
    """A box that was not ticked is no refusal; a word that we do not know is a problem."""
    assert meanings.consent(text, header) == said


@pytest.mark.parametrize(
    ("text", "stop"),
    [
        ("1", True),
        ("2025-01-03", True),
        ("blocked", True),
        ("no", False),
        ("n/a", False),
        ("subscribed", False),
        ("hm", None),
    ],
)
def test_opt_out_columns(text: str, stop: bool | None) -> None:
    """A date in such a column is the day on which they said stop."""
    assert meanings.opt_out(text) is stop


def test_words_for_places_languages_channels_and_tags() -> None:
    """Names become codes where they are known, and stay as they are where not."""
    assert iso.country("Deutschland") == "DE"
    assert iso.country("gb") == "GB"
    assert iso.country("Atlantis") == "Atlantis"
    assert iso.language("de-AT") == "de"
    assert iso.language("Français") == "fr"
    assert iso.language("Klingonese") == ""
    assert meanings.channels("no calls, SMS") == (["call", "text"], [])
    assert meanings.channels("pigeon") == ([], ["pigeon"])
    assert meanings.tags('VIP; Boiler ::: * myContacts,"VIP"') == ("VIP", "Boiler")


@pytest.mark.parametrize(
    ("cell", "country", "numbers"),
    [
        ("07700 900142 (wife)", "GB", ["+447700900142"]),
        ("+44 (0)7700 900123", "GB", ["+447700900123"]),
        ("0113 496 0001 / 07700 900456", "GB", ["+441134960001", "+447700900456"]),
        ("01134960001/07700900456", "GB", ["+441134960001", "+447700900456"]),
        ("Phone:(410) 555-0142 Mobile:(410) 555-0199", "US", ["+14105550142", "+14105550199"]),
        ("0113 4960001 ext 12", "GB", ["+441134960001"]),
        ("01134960001, 0113 496 0001", "GB", ["+441134960001"]),
        ("030 901820", "DE", ["+4930901820"]),
        ("+33 1 99 00 12 34", "GB", ["+33199001234"]),
        ("ask office", "GB", []),
        ("113496", "GB", []),
        ("4.47701E+11", "GB", []),
        ("07700900123", "", []),
        ("", "GB", []),
    ],
)
def test_phones_as_people_write_them(cell: str, country: str, numbers: list[str]) -> None:
    """Several in a cell, remarks, extensions and the zero in brackets."""
    assert [*phones.read(cell, country).numbers] == numbers


def test_a_number_that_a_spreadsheet_rounded_is_known_as_such() -> None:
    """Its digits are lost for good."""
    assert phones.damaged("4.47701E+11")
    assert not phones.damaged("07700 900123")


@given(
    st.sampled_from(["GB", "DE", "FR", "NL", "US", "CA", "AU", "IT"]),
    st.sampled_from(["0", "+44", "+49 ", "+1 ", "(0", "", "1"]),
    st.text("0123456789 -)", min_size=5, max_size=13),
)
def test_the_quick_way_reads_a_number_like_the_library(country: str, start: str, rest: str) -> None:
    """The short cut for ordinary numbers may say nothing, but never something else."""
    text = start + rest
    found = phones._quick_reader(country)(text)
    if found is not None:
        number = phonenumbers.parse(text, country)
        assert phonenumbers.is_possible_number(number)
        assert found == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize(
    ("cell", "good", "bad"),
    [
        ("ada@example.com", ["ada@example.com"], []),
        ("Ada Hall <ada@example.com>", ["ada@example.com"], []),
        ("ada@example.com; bob@example.com ADA@example.com", ["ada@example.com", "bob@example.com"], []),
        ("mailto:ada@example.com", ["ada@example.com"], []),
        ("ada@example.com (work)", ["ada@example.com"], []),
        ("ada@münchen.example", ["ada@münchen.example"], []),
        ("ada@example", [], ["ada@example"]),
        ("a..b@example.com", [], ["a..b@example.com"]),
        ("none", [], ["none"]),
        ("ada@example.com, b@", ["ada@example.com"], ["b@"]),
    ],
)
def test_addresses_as_people_write_them(cell: str, good: list[str], bad: list[str]) -> None:
    """Several in a cell are told apart, and what is none is named."""
    assert addresses.split(cell) == (good, bad)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 65 + "@example.com",
        "a@" + "b" * 300 + ".com",
        "é@example.com",
        "a@-b.com",
        "a@b.1",
        "a@\udcff.com",
        "@example.com",
    ],
)
def test_what_mail_cannot_be_sent_to(text: str) -> None:
    """The lengths and letters of RFC 5321."""
    assert not addresses.is_address(text)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ada Hall", ("", "Ada", "Hall", "Ada Hall")),
        ("Hall, Ada", ("", "Ada", "Hall", "Ada Hall")),
        ("Dr. Ada Hall", ("Dr.", "Ada", "Hall", "Dr. Ada Hall")),
        ("Mr Hall", ("Mr", "", "Hall", "Mr Hall")),
        ("Anna van der Berg", ("", "Anna", "van der Berg", "Anna van der Berg")),
        ("Tom and Jane Reed", ("", "Tom and Jane", "Reed", "Tom and Jane Reed")),
        ("Tom & Jane Reed", ("", "Tom & Jane", "Reed", "Tom & Jane Reed")),
        ("Tom Reed & Jane Cole", ("", "", "", "Tom Reed & Jane Cole")),
        ("Hall Plumbing Ltd", ("", "", "", "Hall Plumbing Ltd")),
        ("Mr & Mrs Hall", ("Mr & Mrs", "", "Hall", "Mr & Mrs Hall")),
        ("Herr und Frau Jo Hall", ("Herr und Frau", "Jo", "Hall", "Herr und Frau Jo Hall")),
        ("van der Berg", ("", "", "van der Berg", "van der Berg")),
        ("Di Reed", ("", "Di", "Reed", "Di Reed")),
        ("Anna Ek", ("", "Anna", "Ek", "Anna Ek")),
        ("Maria Sa", ("", "Maria", "Sa", "Maria Sa")),
        ("Weber AG", ("", "", "", "Weber AG")),
        ("Weber e.K.", ("", "", "", "Weber e.K.")),
        ("Ada", ("", "Ada", "", "Ada")),
        ("", ("", "", "", "")),
    ],
)
def test_names_are_split_for_greetings(name: str, parts: tuple[str, str, str, str]) -> None:
    """The whole name is kept; firms are not split."""
    assert people.split(name) == parts


@pytest.mark.parametrize(
    ("one", "other", "contradict"),
    [
        ("Ada Hall", "Bob Hall", True),
        ("Ada Hall", "A Hall", False),
        ("Jon Smith", "John Smith", False),
        ("Ada Hall", "Ada Jones", False),
        ("Ada Hall", "Hall, Ada", False),
        ("Dr Ada Hall", "ada hall", False),
        ("Ada Hall", "Carl Weber", True),
        ("Ada Hall", "", False),
        ("Müller", "Muller", False),
        ("Hall Ltd", "Hall Bros", True),
        ("B Hall", "Ada Hall", True),
    ],
)
def test_which_names_can_be_one_clients(one: str, other: str, contradict: bool) -> None:
    """Initials, slips and a new surname do not contradict; another first name does."""
    assert people.contradict(one, other) is contradict
    assert people.contradict(other, one) is contradict


@pytest.mark.parametrize(
    ("header", "kind", "fields"),
    [
        ("Name,Email", "clients", ["client.full_name", "client.email"]),
        ("Vorname,Name", "clients", ["client.first_name", "client.last_name"]),
        ("Prénom,Nom,Ville", "clients", ["client.first_name", "client.last_name", "address.city"]),
        ("Nom,E-mail", "clients", ["client.full_name", "client.email"]),
        (
            "Job #,Client name,Title,Closed date",
            "jobs",
            ["job.id", "client.full_name", "job.service", "job.completed_on"],
        ),
        (
            "Invoice #,Client name,Date,Total ($)",
            "jobs",
            ["job.id+invoice", "client.full_name", "job.completed_on", "job.amount"],
        ),
        ("Job #,Invoice #,Client name", "jobs", ["job.id", "job.invoice_ref", "client.full_name"]),
        ("Name,Date,Email", "", ["client.full_name", "", "client.email"]),
        (
            "Name,Tags,Service,Completed",
            "mixed",
            ["client.full_name", "client.tags", "job.service", "job.completed_on"],
        ),
        (
            "E-mail 1 - Value,E-mail 7 - Value,Phone 3 - Value",
            "clients",
            ["client.email", "client.email", "client.phone"],
        ),
        ("First Name,Title,Email", "clients", ["client.first_name", "client.title", "client.email"]),
        ("CFT[Referred By],Email", "clients", ["client.referred_by", "client.email"]),
        ("id,Service,Client name", "jobs", ["job.id", "job.service", "client.full_name"]),
        ("Name,Email,Site address", "clients", ["client.full_name", "client.email", "address.street"]),
    ],
)
def test_headers_mean_what_their_neighbours_say(header: str, kind: str, fields: list[str]) -> None:
    """The rules that a list of words cannot express."""
    found = headers.layout(header.split(","))
    assert found.kind == kind
    assert [column.field for column in found.columns] == fields


def test_what_must_never_be_imported_is_dropped() -> None:
    """Fax, bank and tax numbers, birthdays."""
    found = headers.layout(["Name", "Email", "Fax", "TaxNumber", "Birthday", "Phone 1 - Label"])
    assert found.dropped == ("Fax", "TaxNumber", "Birthday", "Phone 1 - Label")


def test_every_field_of_ours_is_a_header_that_we_know() -> None:
    """Whoever writes our own names is understood."""
    for name in (*headers.CLIENT_FIELDS, *headers.JOB_FIELDS):
        assert headers.meanings(name), name
    assert headers.by_answer(["full_name", "-", "", "Email"]) == ["full_name", "-", "", "email"]
    assert headers.by_answer(["full_name", "colour"]) is None


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Familie Weber", ("Familie", "", "Weber")),
        ("Fam. Jansen", ("Fam.", "", "Jansen")),
        ("Herr und Frau Dr. Weber", ("Herr und Frau Dr.", "", "Weber")),
        ("M. et Mme Dupont", ("M. et Mme", "", "Dupont")),
        ("M. et Mme Jean Dupont", ("M. et Mme", "Jean", "Dupont")),
        ("Sr. y Sra. García", ("Sr. y Sra.", "", "García")),
        ("Sig. e Sig.ra Rossi", ("Sig. e Sig.ra", "", "Rossi")),
        ("De heer en mevrouw de Vries", ("De heer en mevrouw", "", "de Vries")),
        ("Państwo Nowakowie", ("Państwo", "", "Nowakowie")),
        ("Anna i Jan Kowalscy", ("", "Anna i Jan", "Kowalscy")),
        ("Maria e Luigi Rossi", ("", "Maria e Luigi", "Rossi")),
        ("Anna och Erik Åberg", ("", "Anna och Erik", "Åberg")),
        ("Anna & Jan van den Berg", ("", "Anna & Jan", "van den Berg")),
        ("Weber, Anna und Bernd", ("", "Anna und Bernd", "Weber")),
        ("Ada Hall (the neighbour)", ("", "Ada", "Hall")),
        ("Ada Hall Jr", ("", "Ada", "Hall")),
        ("Hall family", ("", "", "")),
        ("Ada / Bob Hall", ("", "", "")),
    ],
)
def test_couples_families_and_titles_of_many_languages(name: str, parts: tuple[str, str, str]) -> None:
    """What is not certain fills no part of a greeting."""
    assert people.split(name)[:3] == parts


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Weber Anna", ("Anna", "Weber", "Anna Weber")),
        ("DE VRIES Anna", ("Anna", "DE VRIES", "Anna DE VRIES")),
        ("Weber, Anna", ("Anna", "Weber", "Anna Weber")),
        ("Dupont Jean Pierre", ("", "", "Dupont Jean Pierre")),
        ("Groß", ("", "Groß", "Groß")),
        ("Weber GmbH", ("", "", "Weber GmbH")),
    ],
)
def test_a_column_can_say_that_the_last_name_comes_first(name: str, parts: tuple[str, str, str]) -> None:
    """Two words, or capitals, leave no doubt then."""
    assert people.split_last_first(name)[1:] == parts


@pytest.mark.parametrize(
    ("name", "firm", "person"),
    [
        ("Hall Ltd (Ada Hall)", "Hall Ltd", "Ada Hall"),
        ("Hall Ltd - Ada Hall", "Hall Ltd", "Ada Hall"),
        ("Ada Hall, Hall Ltd", "Hall Ltd", "Ada Hall"),
        ("Weber GmbH z.Hd. Anna Weber", "Weber GmbH", "Anna Weber"),
        ("Bäckerei Huber / Anna Huber", "Bäckerei Huber", "Anna Huber"),
        ("Weber GmbH, Frau Weber", "Weber GmbH", "Frau Weber"),
        ("Hall Ltd, Leeds", "", ""),
        ("Hall Ltd (ring first)", "", ""),
        ("Ada Hall (Bob)", "", ""),
        ("Hall Ltd", "", ""),
    ],
)
def test_a_firm_and_a_person_in_one_cell(name: str, firm: str, person: str) -> None:
    """Only where one is surely a firm, and the other surely a person."""
    assert people.firm_and_person(name) == (firm, person)


@given(st.text("AaBb &,()-.éM", max_size=25))
def test_no_part_of_a_name_is_made_up(name: str) -> None:
    """Whatever stands in the cell, the parts of a greeting are words of it, and the whole has all its words."""
    for title, first, last, whole in (people.split(name), people.split_last_first(name)):
        words = name.replace(",", " ").split()
        assert {*title.split(), *first.split(), *last.split()} <= {*words, "and"}
        assert sorted(whole.replace(",", " ").split()) == sorted(words)


@pytest.mark.parametrize(
    ("cell", "country", "numbers", "words"),
    [
        ("07700 900142 (wife), home 0113 496 0001", "GB", ["+447700900142", "+441134960001"], True),
        ("wife 07700 900142 husband 07700 900143", "GB", ["+447700900142", "+447700900143"], True),
        ("Tel. 0113 496 0001 Fax 0113 496 0002", "GB", ["+441134960001"], False),
        ("Fax: 030 901821", "DE", [], False),
        ("030 901820, Handy 0151 23456789", "DE", ["+4930901820", "+4915123456789"], False),
        ("0113 496 0001 after 6pm", "GB", ["+441134960001"], True),
        ("0113 496 0001 x12", "GB", ["+441134960001"], True),
        ("06 99 00 12 34 et 01 99 00 12 34", "FR", ["+33699001234", "+33199001234"], False),
    ],
)
def test_words_beside_phones_are_told_from_kinds_of_phones(
    cell: str, country: str, numbers: list[str], words: bool
) -> None:
    """Whose it is stays known; a fax is nobody's phone."""
    found = phones.read(cell, country)
    assert [*found.numbers] == numbers
    assert bool(found.words) is words
    assert not found.words or "ax" not in found.words


@given(
    st.lists(st.sampled_from(["07700 900142", "0113 496 0001", "wife", "(home)", "call late", "113", "x"]), max_size=5)
)
def test_nothing_of_a_cell_of_phones_is_lost(pieces: list[str]) -> None:
    """Each number is among the numbers, and every other word is kept somewhere."""
    cell = ", ".join(pieces)
    found = phones.read(cell, "GB")
    kept = f"{found.words} {' '.join(found.rest)}"
    for piece in pieces:
        if piece.startswith("0"):
            assert phones.to_e164(piece, "GB") in found.numbers
        elif found.numbers and piece != "(home)":
            assert piece in kept


def test_a_number_without_its_zero_is_certain_or_none() -> None:
    """Within a town people leave the area out; a spreadsheet leaves the zero out of the whole column."""
    assert phones.read("3051234", "DE").numbers == ()
    assert phones.read("3051234", "DE", zeros_lost=True).numbers == ("+493051234",)
    assert phones.read("15123456789", "DE").numbers == ("+4915123456789",)
    assert phones.read("4930901820", "DE").numbers == ("+4930901820",)
    assert phones.read("7700900123", "GB").numbers == ("+447700900123",)
    assert phones.lacks_zero("7700900123", "+447700900123", "GB")
    assert not phones.lacks_zero("447700900123", "+447700900123", "GB")
