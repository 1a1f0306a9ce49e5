"""Rows that are no records, headings over rows, cells that were merged: the shape of a sheet made by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from followup.intake import facts, headers, lines, shape


def shaped(
    header: str, rows: Sequence[str], *, by_hand: bool = True, **answers: str
) -> tuple[list[list[str]], list[tuple[int, str]], list[facts.Question]]:
    """Return the records of a table, what was left out, and what is asked."""
    layout = headers.layout(header.split(";"))
    left: list[tuple[int, str]] = []
    context = lines.Context("x.csv", layout, {}, lambda line, code, _: left.append((line.row, code)))
    found = shape.Shape(
        context, lambda about: answers.get(about.replace(":", "_").replace(" ", "_"), ""), by_hand=by_hand
    )
    width = len(header.split(";"))
    given = (
        lines.Line(row, (text.split(";") + [""] * width)[: max(width, text.count(";") + 1)])
        for row, text in enumerate(rows, 2)
    )
    return [line.cells for line in found.records(given)], left, found.questions()


JOBS = "Datum;Kunde;Leistung;Betrag"


@pytest.mark.parametrize(
    "row",
    [
        *("Total;;;1.234,00", "Grand total:;;;12", "Subtotal;;;5", "Total for Ada Hall;;;5", ";;Total;1,234.00"),
        *("Total customers: 3;;;", "Summe Kunden = 12;;;"),
        *(
            "Summe;;;99,00 €",
            "Gesamtsumme:;;;1",
            "Zwischensumme;;;1",
            "Summe Januar;;;1",
            ";;Insgesamt;€ 1",
            "Übertrag;;;3",
        ),
        *("Total général;;;1 200,00", "Sous-total;;;1", "Sous-total mars;;;1", "À reporter;;;1"),
        *("Suma total;;;1", "Subtotal enero;;;1", "Suma y sigue;;;4", "Totale complessivo;;;1", "Riporto;;;2"),
        *("Übertrag;;;3",),
        *("Totaal;;;1", "Eindtotaal;;;1", "Subtotaal;;;1", "Razem;;;12,00 zł", "Suma częściowa;;;1", "Ogółem;;;3"),
        *("Summa;;;1", "Totalt;;;2 kr", "Delsumma;;;1", "12 jobs;;Total;120"),
    ],
)
def test_a_line_of_totals_is_no_record(row: str) -> None:
    """In every language that we speak, with the word before or beside its number."""
    assert shaped(JOBS, [row])[:2] == ([], [(2, "total")])


WIDE = "Kunde;Datum;Leistung;Betrag;Ort;Straße;PLZ;Notiz"


@pytest.mark.parametrize(
    "word",
    [
        *("Total", "GRAND TOTAL", "Sub total", "sous-total", "Running total", "Subtotals", "carried forward"),
        *("Zwischensumme", "Gesamtsumme", "Endsumme", "Teilsumme", "Monatssumme", "Jahressumme", "Gesamt", "Insgesamt"),
        *(
            "Übertrag",
            "À reporter",
            "Suma",
            "Totale",
            "Eindtotaal",
            "Razem",
            "Ogółem",
            "ŁĄCZNIE",
            "Delsumma",
            "Slutsumma",
        ),
        *("Balance brought forward", "Brought forward", "Totalt", "summen"),
    ],
)
def test_a_line_of_totals_is_no_record_in_a_wide_table_either(word: str) -> None:
    """There nearly every row is let through by its first cell; a total over each of many columns is not."""
    assert shaped(WIDE, [word + ";1" * 7])[:2] == ([], [(2, "total")])


@pytest.mark.parametrize(
    "row", ["3.2.2026;Total Plumbing Ltd;Report;100", ";Media Markt;Report;100", "3.2.2026;Summerfield;Sum;1"]
)
def test_names_and_work_that_begin_like_a_total_stay(row: str) -> None:
    """Only a whole word over numbers is a total."""
    assert shaped(JOBS, [row])[0] == [row.split(";")]


@pytest.mark.parametrize(
    "row",
    [
        *("Stand: 12.03.2026", "Stand vom 1.3.", "Stand:;12.03.2026", "Seite 1 von 3", "Erstellt am 3.4.2026"),
        *(
            "Page 1 of 3",
            "Printed on 3/4/2026",
            "As of 3 March 2026",
            "(c) report generated 2026",
            "12 records",
            "-----",
        ),
        *("Édité le 03/04/2026", "Page 1 sur 2", "Mise à jour : 3/4/26", "Página 1 de 3", "Impreso el 3/4/2026"),
        *("Stampato il 3/4/2026", "Pagina 1 di 2", "Afgedrukt op 3-4-2026", "Pagina 1 van 2", "Stan na 3.04.2026"),
        *("Strona 1 z 2", "Wydrukowano 3.04.2026", "Utskriven 2026-04-03", "Sida 1 av 2"),
    ],
)
def test_a_line_about_the_sheet_is_no_record(row: str) -> None:
    """Footers, pages, the day on which it was printed."""
    row = row.removeprefix("(c) ")
    assert shaped(JOBS, [row])[:2] == ([], [(2, "note")])


@pytest.mark.parametrize("row", ["Januar 2026", "février", "marzo 2026:", "KW 12", "luty 2026", "2026", "Q1 2026"])
def test_a_month_over_rows_is_left_out_and_said(row: str) -> None:
    """It says nothing that the days below do not say."""
    assert shaped(JOBS, [row, "3.2.2026;Ada Hall;Boiler;1"])[1:] == ([(2, "heading")], [])


def test_a_heading_is_asked_about_with_its_rows() -> None:
    """A client, a kind of work, or nothing: only the owner knows."""
    rows = ["Leeds", "3.2.2026;Ada Hall;Boiler;1", "", "Bradford", "4.2.2026;Bob Cole;Tap;1"]
    records, left, asked = shaped(JOBS, rows)
    assert len(records) == 2
    assert left == [(4, "blank")]
    (question,) = asked
    assert question.about == "headings"
    assert question.options == ("client", "service", "nothing")
    assert "row 2 'Leeds'; row 5 'Bradford'" in question.question
    _, left, asked = shaped(JOBS, rows, headings="nothing")
    assert not asked
    assert left == [(2, "heading"), (4, "blank"), (5, "heading")]


def test_headings_fill_what_the_owner_says_they_name() -> None:
    """The rows below take it over where they say nothing of their own."""
    rows = ["Ada Hall", "3.2.2026;;Boiler;1", "4.2.2026;;;2", "Bob Cole", "5.2.2026;Cy Reed;Tap;3"]
    assert [cells[1] for cells in shaped(JOBS, rows, headings="client")[0]] == ["Ada Hall", "Ada Hall", "Cy Reed"]
    assert [cells[2] for cells in shaped(JOBS, rows, headings="service")[0]] == ["Boiler", "Ada Hall", "Tap"]


def test_a_day_over_rows_can_be_theirs() -> None:
    """A sheet with a heading for each day: never guessed, but one answer away."""
    rows = ["3.2.2026", ";Ada Hall;Boiler;1"]
    (question,) = shaped(JOBS, rows)[2]
    assert question.options == ("client", "service", "day", "nothing")
    assert shaped(JOBS, rows, headings="day")[0][0][0] == "3.2.2026"


def test_a_name_alone_in_a_list_of_clients_may_be_a_heading() -> None:
    """A town over its clients, or a client of whom nothing else is known."""
    header = "Name;Telefon;E-Mail"
    rows = ["Leeds", "Ada Hall;0113 496 0001;"]
    (question,) = shaped(header, rows)[2]
    assert question.options == ("client", "nothing")
    assert len(shaped(header, rows, headings="client")[0]) == 2
    assert len(shaped(header, rows, headings="nothing")[0]) == 1
    assert not shaped(header, rows, by_hand=False)[2]


def test_merged_cells_are_asked_about_column_by_column() -> None:
    """Whether the client above holds is one question; whether the day does, another."""
    rows = ["3.2.2026;Ada Hall;Boiler;1", ";;Tap;2", ";Bob Cole;Drain;3"]
    _, _, asked = shaped(JOBS, rows)
    assert [question.key for question in asked] == ["fill_down", "fill_down:Datum"]
    records = shaped(JOBS, rows, fill_down="yes", fill_down_Datum="no")[0]
    assert records[1] == ["", "Ada Hall", "Tap", "2"]
    assert records[2] == ["", "Bob Cole", "Drain", "3"]
    records = shaped(JOBS, rows, fill_down="yes", fill_down_Datum="yes")[0]
    assert records[1] == ["3.2.2026", "Ada Hall", "Tap", "2"]
    assert records[2] == ["3.2.2026", "Bob Cole", "Drain", "3"]


def test_an_open_job_without_a_day_is_no_merged_cell() -> None:
    """Only the first column, or a row without a client, has cells that were merged."""
    assert not shaped("Kunde;Leistung;Erledigt am", ["Ada Hall;Boiler;3.2.2026", "Bob Cole;Tap;"])[2]


def test_a_sum_without_a_word_is_told_by_adding_up() -> None:
    """An amount that is no sum stays, and is asked about."""
    rows = ["3.2.2026;Ada Hall;Boiler;1.000,50", "4.2.2026;Bob Cole;Tap;20,00"]
    records, left, asked = shaped(JOBS, [*rows, ";;;1.020,50"])
    assert len(records) == 2
    assert (left, asked) == ([(4, "total")], [])
    assert "fill_down" in [question.about for question in shaped(JOBS, [*rows, ";;;1.020,40"])[2]]


@pytest.mark.parametrize("row", ["Total Fitness;0113 496 0001;", "Summe Hall Ltd;0113 496 0001;x"])
def test_a_number_to_dial_is_no_total(row: str) -> None:
    """A client whose name begins like one."""
    assert shaped("Name;Telefon;Ort", [row])[0] == [row.split(";")]


def test_a_client_over_rows_of_other_clients_is_a_client() -> None:
    """In a sheet of clients and jobs a name alone is one of them, unless the rows below name nobody."""
    header = "Kunde;Leistung;Erledigt am;Bemerkung"
    rows = ["Ada Hall", "Bob Cole;Tap;3.2.2026;", "Cy Reed", ";Drain;4.2.2026;"]
    records, left, _ = shaped(header, rows, headings="client")
    assert [cells[0] for cells in records] == ["Ada Hall", "Bob Cole", "Cy Reed"]
    assert left == [(4, "heading")]
