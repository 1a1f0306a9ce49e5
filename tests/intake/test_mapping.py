"""What each column is taken for, and an owner's word about one of them."""

from __future__ import annotations

import pytest

from followup.intake import facts, headers, mapping, questions

HEADER = ("Name", "Draht privat", "Dog", "Fax", "Completed on")
ROWS = [["Ada Hall", "", "Rex", "1", "2026-03-01"], ["Bert Hill", "07700 900142", "", "", ""]]


def test_every_column_is_shown_with_its_first_value() -> None:
    """Under the names that answers use; + for what is kept under its own name, - for what is never imported."""
    layout = headers.layout(HEADER, kind="mixed")
    assert mapping.columns(HEADER, layout, ROWS) == (
        facts.Taken(1, "Name", "name", "Ada Hall"),
        facts.Taken(2, "Draht privat", "+", "07700 900142"),
        facts.Taken(3, "Dog", "+", "Rex"),
        facts.Taken(4, "Fax", "-", "1"),
        facts.Taken(5, "Completed on", "completed_on", "2026-03-01"),
    )


def test_columns_without_names_are_shown_with_what_they_seem_to_be() -> None:
    """As many as the rows have cells."""
    shown = mapping.columns((), None, ROWS, suggested=("name", "phone"))
    assert [(each.number, each.header, each.field) for each in shown][:3] == [
        (1, "", "name"),
        (2, "", "phone"),
        (3, "", ""),
    ]
    assert shown[1].sample == "07700 900142"


def test_a_word_about_a_column_counts_wherever_it_stands() -> None:
    """By its name, in any spelling; also that it is to be left out, or only kept."""
    asked = questions.Questions({"column:DRAHT PRIVAT": "phone", "column:Name": "+", "column:Elsewhere": "email"})
    asked.memory = {"column:Dog": "-", "column:Name": "-"}
    told = mapping.told(asked.answers_about(mapping.ABOUT, HEADER))
    assert told == {"draht privat": "client.phone", "name": "", "dog": "-"}
    assert "column:Elsewhere" not in asked.used
    layout = headers.layout(HEADER, told=told)
    assert [column.field for column in layout.columns] == ["", "client.phone", "job.completed_on"]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("mobile", "phone"),
        ("Phone", "phone"),
        ("E-mail", "email"),
        ("Completed on", "completed_on"),
        ("Kundennummer", "client_id"),
        (" - ", "-"),
        ("+", "+"),
        ("", None),
        ("shoe size", None),
    ],
)
def test_a_column_may_be_named_in_any_words_that_a_header_may_have(typed: str, name: str | None) -> None:
    """What is not one of them is nothing."""
    assert mapping.named(typed) == name


def test_what_stands_between_first_and_last_name_in_dutch_is_part_of_the_name() -> None:
    """Sjoerd van der Berg is no Sjoerd Berg."""
    layout = headers.layout(["Voornaam", "Tussenvoegsel", "Achternaam", "Mobiel"])
    assert [column.field for column in layout.columns][:3] == [
        "client.first_name",
        "client.middle_name",
        "client.last_name",
    ]


def test_an_answer_about_a_column_is_checked() -> None:
    """It names what a column can be."""
    assert questions.check("column:Draht privat", "phone") == ""
    assert questions.check("column:Draht privat", "-") == ""
    assert "no name for a column" in questions.check("column:Draht privat", "shoe")
    assert questions.check("column:", "phone") != ""
