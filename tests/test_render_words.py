"""Dates, money, names and greetings in the client's language."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.render import words

DAY = "2026-02-27"


@pytest.mark.parametrize(
    ("language", "country", "day", "long", "short", "month"),
    [
        ("en", "GB", "Friday 27 February", "27 February 2026", "27/02/2026", "February 2026"),
        ("en", "US", "Friday, February 27", "February 27, 2026", "2/27/2026", "February 2026"),
        ("de", "DE", "Freitag, 27. Februar", "27. Februar 2026", "27.02.2026", "Februar 2026"),
        ("fr", "FR", "vendredi 27 février", "27 février 2026", "27/02/2026", "février 2026"),
        ("es", "ES", "viernes 27 de febrero", "27 de febrero de 2026", "27/02/2026", "febrero de 2026"),
        ("pl", "PL", "2026-02-27", "2026-02-27", "2026-02-27", "2026-02"),
    ],
)
def test_dates_are_written_as_the_language_does(
    language: str, country: str, day: str, long: str, short: str, month: str
) -> None:
    """Each of the four languages has its own form; any other gets ISO dates, which nobody misreads."""
    assert words.day(DAY, language, country) == day
    assert words.long_date(DAY, language, country) == long
    assert words.short_date(DAY, language, country) == short
    assert words.month(DAY, language) == month


def test_the_first_of_a_month_is_premier_in_french() -> None:
    """1er mars, and 2 mars."""
    assert words.day("2026-03-01", "fr") == "dimanche 1er mars"


def test_a_date_is_as_good_as_its_text() -> None:
    """The rest of the program has dates, templates have ISO text."""
    assert words.day(date(2026, 2, 27), "en") == words.day(DAY, "en")


@pytest.mark.parametrize(("value", "said"), [("", "is not known"), ("31/02/2026", "'31/02/2026' is not a date")])
def test_no_date_says_so(value: str, said: str) -> None:
    """A filter on an empty value stops the message instead of printing nothing."""
    with pytest.raises(ValueError, match=said):
        words.day(value, "en")


@pytest.mark.parametrize(
    ("value", "language", "said"),
    [
        ("1234.50 GBP", "en", "£1,234.50"),
        ("-5.00 GBP", "en", "-£5.00"),
        ("1234.50 EUR", "de", "1.234,50\u00a0€"),
        ("1234.50 EUR", "fr", "1\u00a0234,50\u00a0€"),
        ("1234.50 EUR", "es", "1.234,50\u00a0€"),
        ("1234.50 EUR", "pl", "1234.50\u00a0EUR"),
        ("1500 JPY", "en", "¥1,500"),
        ("1.500 KWD", "en", "1.500\u00a0KWD"),
        ("99.00 CHF", "en", "CHF\u00a099.00"),
        ("12", "en", "£12.00"),
    ],
)
def test_money_is_written_as_the_language_does(value: str, language: str, said: str) -> None:
    """Marks, symbol and its place are the language's; the digits are the currency's."""
    assert words.money(value, language, "GBP") == said


def test_money_without_a_currency_is_a_bare_number() -> None:
    """A home without a currency invents none."""
    assert words.money("12.00", "en") == "12.00"


@pytest.mark.parametrize(("value", "said"), [("", "is not known"), ("a lot", "'a lot' is not an amount")])
def test_no_amount_says_so(value: str, said: str) -> None:
    """A filter on an empty amount stops the message."""
    with pytest.raises(ValueError, match=said):
        words.money(value, "en")


@given(st.integers(-(10**12), 10**12), st.sampled_from(["GBP", "JPY", "KWD"]))
def test_amounts_keep_every_digit(minor: int, currency: str) -> None:
    """The plain value, read back, is the amount in minor units."""
    figures, code = words.amount(minor, currency).split(" ")
    assert int(figures.replace(".", "")) == minor
    assert code == currency


@pytest.mark.parametrize(
    ("number", "unit", "language", "said"),
    [
        (1, "year", "en", "one year"),
        (2, "year", "de", "zwei Jahre"),
        (1, "week", "de", "eine Woche"),
        (1, "week", "fr", "une semaine"),
        (12, "month", "es", "doce meses"),
        (18, "month", "en", "18 months"),
        (3, "business day", "en", "three business days"),
        (1, "business day", "de", "ein Werktag"),
        (2, "year", "pl", "two years"),
    ],
)
def test_spans_of_time_in_words(number: int, unit: str, language: str, said: str) -> None:
    """Small numbers are words, with the right plural."""
    assert words.duration(number, unit, language) == said


@pytest.mark.parametrize(
    ("items", "language", "said"),
    [
        ([], "en", ""),
        (["a"], "en", "a"),
        (["a", "b", "c"], "en", "a, b and c"),
        (["a", "b"], "de", "a und b"),
        (["revisión", "instalación"], "es", "revisión e instalación"),
        (["a", "b"], "pl", "a, b"),
    ],
)
def test_lists_read_as_sentences(items: list[str], language: str, said: str) -> None:
    """The last two are linked by the language's word."""
    assert words.and_list(items, language) == said


@pytest.mark.parametrize(
    ("names", "language", "said"),
    [
        (["Boiler service", "Tap repair"], "en", "the boiler service and the tap repair"),
        (["Boiler Service"], "en", "the boiler service"),
        (["MOT"], "en", "the MOT"),
        (["AC tune-up"], "en", "the AC tune-up"),
        (["The annual check"], "en", "the annual check"),
        (["Boiler service", "boiler  service"], "en", "the boiler service"),
        (["Heizungswartung"], "de", "Heizungswartung"),
        ([], "en", "the work"),
        ([""], "fr", "les travaux"),
        ([], "pl", "the work"),
    ],
)
def test_what_was_done_as_a_sentence_says_it(names: list[str], language: str, said: str) -> None:
    """English gets an article and small letters; each service is said once; no service is "the work"."""
    assert words.services(names, language) == said


@pytest.mark.parametrize(
    ("name", "soft"),
    [
        ("ADA HALL", "Ada Hall"),
        ("ada hall", "Ada Hall"),
        ("Ada Hall", "Ada Hall"),
        ("bell McCoy", "bell McCoy"),
        ("SEÁN O'BRIEN", "Seán O'Brien"),
        ("mary-ann d’arcy", "Mary-Ann D’Arcy"),
        ("JAN VAN DER BERG", "Jan van der Berg"),
        ("IAN MCDONALD", "Ian McDonald"),
        ("TOM HALL III", "Tom Hall III"),
        ("AJ", "AJ"),
        ("ЮРИЙ ГАГАРИН", "ЮРИЙ ГАГАРИН"),
        ("山田 花子", "山田 花子"),
        ("", ""),
    ],
)
def test_shouted_and_mumbled_names_are_softened(name: str, soft: str) -> None:
    """Only names that are all capitals or all small, in Latin letters, are touched."""
    assert words.soften(name) == soft


@given(st.text())
def test_softening_twice_changes_nothing_more(name: str) -> None:
    """A softened name stays as it is."""
    once = words.soften(name)
    assert words.soften(once) == once or once.isupper() or once.islower()


def _greeting(language: str = "en", **fields: str) -> str:
    name = words.name_of(
        full=fields.get("full", ""),
        first=fields.get("first", ""),
        last=fields.get("last", ""),
        title=fields.get("title", ""),
    )
    return words.greeting(
        name, address_as=fields.get("address_as", ""), company=fields.get("company", ""), language=language
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"full": "Ada Hall", "first": "Ada", "last": "Hall"}, "Hello Ada"),
        ({"full": "ADA HALL", "first": "ADA", "last": "HALL"}, "Hello Ada"),
        ({"full": "JO HALL", "first": "JO", "last": "HALL"}, "Hello Jo"),
        ({"full": "AJ Hall", "first": "AJ", "last": "Hall"}, "Hello AJ"),
        ({"full": "Ada Hall"}, "Hello Ada"),
        ({"full": "Priya"}, "Hello Priya"),
        ({"title": "mrs.", "last": "HALL"}, "Dear Mrs Hall"),
        ({"title": "Frau", "last": "VAN DER BERG"}, "Dear Ms van der Berg"),
        ({"full": "Mrs Hall"}, "Dear Mrs Hall"),
        ({"full": "Mr and Mrs Hall"}, "Dear Mr and Mrs Hall"),
        ({"first": "Mrs", "last": "Hall", "full": "Mrs Hall"}, "Dear Mrs Hall"),
        ({"first": "Zoë & Tom", "last": "Hall"}, "Hello Zoë & Tom"),
        ({"first": "A.", "last": "Hall", "title": "Dr"}, "Dear Dr Hall"),
        ({"first": "A.", "last": "Hall"}, "Hello A. Hall"),
        ({"full": "山田 花子"}, "Hello 山田 花子"),
        ({"full": "Ada Hall", "address_as": "Mrs Hall"}, "Hello Mrs Hall"),
        ({"full": "Ada Hall", "address_as": "Dearest"}, "Hello Dearest"),
        ({"full": "Ada Hall", "address_as": "Dear Ada"}, "Dear Ada"),
        ({"company": "Hall & Sons"}, "Hello Hall & Sons team"),
        ({"last": "Hall", "company": "Hall & Sons"}, "Hello Hall & Sons team"),
        ({"full": "-", "company": "Hall & Sons"}, "Hello Hall & Sons team"),
        ({"last": "Hall"}, ""),
        ({"full": "...", "company": " "}, ""),
        ({}, ""),
    ],
)
def test_greetings_in_english(fields: dict[str, str], said: str) -> None:
    """What they like to be called, else first name, else title and last name, else the firm's team; never nobody."""
    assert _greeting(**fields) == said


@pytest.mark.parametrize(
    ("language", "fields", "said"),
    [
        ("de", {"title": "Frau", "first": "Ada", "last": "Hall"}, "Guten Tag Frau Hall"),
        ("de", {"title": "Herr Dr.", "last": "Hall"}, "Guten Tag Herr Dr. Hall"),
        ("de", {"first": "Ada", "last": "Hall"}, "Guten Tag Ada Hall"),
        ("de", {"company": "Hall GmbH"}, "Guten Tag Team von Hall GmbH"),
        ("fr", {"title": "Mme", "last": "Martin"}, "Bonjour Madame Martin"),
        ("fr", {"title": "M.", "last": "Martin"}, "Bonjour Monsieur Martin"),
        ("fr", {"company": "Hall SARL"}, "Bonjour à toute l’équipe de Hall SARL"),
        ("es", {"first": "Ana", "last": "García"}, "Hola Ana"),
        ("es", {"title": "Sra.", "last": "García"}, "Hola Sra. García"),
        ("es", {"company": "Hall SL"}, "Hola equipo de Hall SL"),
        ("pl", {"first": "Ada"}, "Hello Ada"),
        ("de", {"full": "Ada Hall", "address_as": "Liebe Ada"}, "Liebe Ada"),
    ],
)
def test_greetings_in_other_languages(language: str, fields: dict[str, str], said: str) -> None:
    """German and French keep their distance, Spanish and English use the first name."""
    assert _greeting(language, **fields) == said


@given(
    *(st.text(max_size=20) for _ in range(4)),
    st.sampled_from(["en", "de", "fr", "es", "pl"]),
)
def test_a_greeting_is_empty_or_names_somebody(full: str, first: str, last: str, company: str, language: str) -> None:
    """There is never a greeting that ends where the name should be."""
    said = _greeting(language, full=full, first=first, last=last, company=company)
    assert said == "" or len(said.split()) > 1


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pl"])
@pytest.mark.parametrize("channel", ["email", "text", "letter", "card"])
def test_every_language_and_channel_has_a_way_out(language: str, channel: str) -> None:
    """Marketing always finds its sentence."""
    assert words.opt_out(language, channel)


def test_the_first_name_of_a_whole_one() -> None:
    """The filter takes a person's whole name."""
    assert words.first_name("SAM MILLER") == "Sam"
