"""What each rule makes of rows, and what it leaves out and says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from followup.intake import headers, rules
from followup.intake.lines import Context, Line


def apply(
    name: str,
    header: str,
    *records: str,
    kind: str = "jobs",
    file: str = "x.csv",
    options: Mapping[str, Sequence[str]] | None = None,
    told: Mapping[str, str] | None = None,
) -> tuple[list[list[str]], list[tuple[int, str, str]]]:
    """Return the lines that a rule gives, with the columns it adds, and what it leaves out: row, code, why."""
    rule = rules.RULES[name]
    layout = headers.layout(header.split("|"), kind=kind, told=told)
    width = len(layout.header)
    added = [field for field in rule.adds if not layout.of(field)]
    columns = (*layout.columns, *(headers.Column(width + at, "", field) for at, field in enumerate(added)))
    left: list[tuple[int, str, str]] = []
    context = Context(
        name=file,
        layout=headers.Layout(columns, layout.kind, layout.dropped, layout.header),
        options=options or {},
        leave_out=lambda line, code, why: left.append((line.row, code, why)),
    )
    lines = (Line(row, [*record.split("|"), *[""] * len(added)]) for row, record in enumerate(records, 2))
    return [line.cells for line in rule.apply(lines, context)], left


@pytest.mark.parametrize("name", sorted(rules.RULES))
def test_a_rule_leaves_a_file_without_its_columns_as_it_is(name: str) -> None:
    """An owner's own exporter may name any rule."""
    made, left = apply(name, "Colour|Size", "red|7", "blue|8", kind="clients")
    assert [cells[:2] for cells in made] == [["red", "7"], ["blue", "8"]]
    assert not left


def test_rules_are_few_and_say_where_they_are_from() -> None:
    """A dozen at most, each with the programs that need it."""
    assert len(rules.RULES) <= 12
    assert all(rule.name == name and rule.does for name, rule in rules.RULES.items())


def test_further_lines_of_an_invoice_take_what_they_do_not_say() -> None:
    """Shopify leaves the columns of the order empty; Xero repeats them, and its total counts once."""
    header = "Invoice Number|Client|Date|Total|Currency|Description"
    made, _ = apply(
        "lines-of-one-invoice",
        header,
        "1|Ada|2026-01-02|90.00|GBP|Boiler",
        "1|||||Flue",
        "|||||Valve",
        "2|Ben|2026-01-03|50.00|GBP|Tap",
        "2|Ben|2026-01-03|50.00|GBP|Sink",
    )
    assert made == [
        ["1", "Ada", "2026-01-02", "90.00", "GBP", "Boiler"],
        ["1", "Ada", "2026-01-02", "", "GBP", "Flue"],
        ["1", "Ada", "2026-01-02", "", "GBP", "Valve"],
        ["2", "Ben", "2026-01-03", "50.00", "GBP", "Tap"],
        ["2", "Ben", "2026-01-03", "", "GBP", "Sink"],
    ]


def test_only_what_counts_is_kept_and_the_rest_is_said() -> None:
    """A word that is not listed goes, an empty cell stays; `*` wants anything, in one of several columns."""
    made, left = apply(
        "only-these",
        "Kind|Name|Email|Amount",
        "Payment|Ada||9",
        "payment||ada@example.com|8",
        "|Bo||7",
        "Refund|Bo||6",
        "Payment|||5",
        options={"Kind": ["Payment"], "Name or Email": ["*"], "Colour": ["red"]},
    )
    assert [cells[3] for cells in made] == ["9", "8", "7"]
    assert left == [
        (5, "other-kind", "'Refund' in 'Kind' does not count"),
        (6, "other-kind", "nothing in 'Name or Email'"),
    ]


@pytest.mark.parametrize(
    ("file", "made"),
    [
        ("subscribed_email_audience_export_a1.csv", ["a@example.com", "opted_in", ""]),
        ("unsubscribed_email_audience_export_a1.csv", ["a@example.com", "opted_out", ""]),
        ("nonsubscribed_email_audience_export_a1.csv", ["a@example.com", "", ""]),
        ("non-subscribed_email_audience_export_a1.csv", ["a@example.com", "", ""]),
        ("cleaned_email_audience_export_a1.csv", ["a@example.com", "", "yes"]),
        ("C:\\lists\\Unsubscribed_members.csv", ["a@example.com", "opted_out", ""]),
        ("audience.csv", ["a@example.com", "", ""]),
    ],
)
def test_the_name_of_a_file_says_what_everybody_in_it_agreed_to(file: str, made: list[str]) -> None:
    """Unsubscribed is a refusal; cleaned is a mail server's word, not the client's; other names say nothing."""
    lines, _ = apply("consent-in-the-file-name", "Email Address", "a@example.com", kind="clients", file=file)
    assert lines == [made]
