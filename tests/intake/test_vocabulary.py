"""The vocabulary of header cells: every spelling shipped is recognised, alone and in a table."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from followup.intake import headers, meanings

DATA = json.loads(resources.files("followup.intake").joinpath("header_aliases.json").read_text("utf-8"))
NEVER = {headers.normal(name) for name in DATA["never_import"]}
SPELLINGS = [
    (field, alias)
    for field, aliases in DATA["fields"].items()
    for alias in aliases
    if headers.normal(alias) not in NEVER
]


@pytest.mark.parametrize("field", DATA["fields"])
def test_every_spelling_of_a_field_is_recognised(field: str) -> None:
    """As it is shipped, in capitals, in small letters and with blanks around it."""
    for alias in (alias for known, alias in SPELLINGS if known == field):
        for written in (alias, alias.upper(), alias.lower(), f"  {alias} ", f"*{alias}"):
            assert field in headers.meanings(written), written


def test_what_is_never_imported_means_nothing() -> None:
    """Fax, bank and tax numbers, birthdays: not even as an unknown column."""
    for name in DATA["never_import"]:
        assert headers.meanings(name) == {}
        assert name in headers.layout(["Name", "Email", name]).dropped


@pytest.mark.parametrize("alias", [alias for field, alias in SPELLINGS if field == "client.email"])
def test_any_spelling_of_the_address_finds_the_header_row(alias: str) -> None:
    """A title line above it is skipped for that."""
    layout = headers.layout(["Full name", alias])
    assert [column.field for column in layout.columns] == ["client.full_name", "client.email"]
    assert layout.kind == "clients"


def test_a_state_beside_a_town_is_where_they_live() -> None:
    """Alone, beside a job, it is how far the job is."""
    fields = {
        column.header: column.field
        for column in headers.layout(["Client", "Email", "City", "State", "Zip", "Service", "Completed"]).columns
    }
    assert fields["State"] == "address.region"
    alone = headers.layout(["Client", "Email", "Service", "Completed", "State"])
    assert [column.header for column in alone.of("job.status")] == ["State"]


def test_the_number_of_an_invoice_goes_before_a_reference() -> None:
    """Lines of one invoice belong together by its number; the reference is kept as an unknown column."""
    layout = headers.layout(["ContactName", "InvoiceNumber", "Reference", "InvoiceDate", "Total", "Description"])
    assert [column.header for column in layout.of("job.id+invoice")] == ["InvoiceNumber"]
    assert "Reference" in [column.header for column in layout.of("")]


@pytest.mark.parametrize(
    ("meaning", "words"),
    [
        (
            "completed",
            (
                "completed, complete, complete rated, complete unrated, closed, done, finished, delivered, fulfilled, "
                "job complete, archived, terminé, terminée, erledigt, abgeschlossen, wykonane, klar, gereed, "
                "paid, auto-paid, deposited, succeeded, captured, payé, bezahlt, zapłacone"
            ),
        ),
        (
            "open",
            (
                "scheduled, in progress, needs scheduling, unscheduled, work order, awarded, pending, on hold, "
                "awaiting approval, planifié, geplant"
            ),
        ),
        (
            "not_a_job",
            (
                "not_a_job, draft, quote, estimate, unsuccessful, not awarded, declined, void, voided, canceled, "
                "cancelled, user canceled, pro canceled, no-show, refunded, credit memo, credit note, annulé, storniert"
            ),
        ),
        (
            "",  # completed for some firms and not for others: the owner is asked
            (
                "invoiced, sent, viewed, awaiting payment, overdue, past due, outstanding, partial, partially paid, "
                "facturé, bad debt, handed over"
            ),
        ),
    ],
)
def test_the_words_of_exporters_for_how_far_a_job_is(meaning: str, words: str) -> None:
    """Sure words are read in any case, with accents or without; the others are left to the owner."""
    for word in words.split(", "):
        for written in (word, word.upper(), word.title(), headers.without_accents(word)):
            assert meanings.sure_status(headers.normal(written)) == meaning, written


def test_every_meaning_of_a_status_is_an_answer_or_a_question() -> None:
    """No word of the table leads to something that a job cannot be."""
    assert set(meanings.STATUS_WORDS.values()) <= {*meanings.STATUS_ANSWERS, "paid", "billed"}


@pytest.mark.parametrize(
    "header",
    ["Marketing opt-out", "Opted out of all marketing", "newsletter_opt_out", "Is unsubscribed", "E-mail opt out"],
)
def test_a_stop_is_known_however_it_is_worded(header: str) -> None:
    """A column that is not understood would lose what somebody asked for."""
    assert set(headers.meanings(header)) == {"client.opt_out"}


def test_a_link_to_opt_out_is_no_stop() -> None:
    """Everybody has one in a newsletter's export."""
    assert "client.opt_out" not in headers.meanings("Opt-out link")
