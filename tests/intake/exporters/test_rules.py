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
        (6, "other-kind", "nothing in 'Name' or 'Email'"),
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


def test_amounts_of_lines_are_left_to_be_added_up() -> None:
    """FreshBooks has the total of the line in each row: the same amount twice is twice the money."""
    made, _ = apply("lines-of-one-invoice", "Invoice #|Client Name|Line Total", "1|Ada|50.00", "1|Ada|50.00")
    assert [cells[2] for cells in made] == ["50.00", "50.00"]


def test_invoices_without_numbers_have_no_further_lines() -> None:
    """Two rows without a number, each with a client of its own, are two jobs."""
    made, _ = apply("lines-of-one-invoice", "Invoice #|Client Name|Total", "|Ada|50.00", "|Ben|50.00")
    assert made == [["", "Ada", "50.00"], ["", "Ben", "50.00"]]


def test_a_client_has_one_number_for_all_properties() -> None:
    """Jobber writes the property's number behind the client's."""
    made, _ = apply("client-per-property", "J-ID|First Name", "12_34|Ada", "12_35|Ada", "13|Ben", kind="clients")
    assert [cells[0] for cells in made] == ["12", "12", "13"]


def test_headings_of_a_grouped_report_name_the_client() -> None:
    """A sub-customer is set in, and its customer holds until the next heading that is not."""
    made, left = apply(
        "headings-name-the-client",
        "|Transaction date|Num|Amount",
        "Ada Hall|||",
        "|2026-01-02|1|10.00",
        "Total for Ada Hall|||10.00",
        "Quarry Lettings|||",
        "   Unit 4|||",
        "|2026-01-03|2|20.00",
        "   Total for Unit 4|||20.00",
        "   Unit 5|||",
        "|2026-01-04|3|30.00",
        "   Total for Unit 5|||20.00",
        "Total for Quarry Lettings with sub-customers|||50.00",
        "Ben Cole|||",
        "|2026-01-05|4|40.00",
        "Total for Ben Cole|||50.00",
        "|2026-01-06|5|50.00",
        "Total for --|||50.00",
    )
    named = [(cells[2], cells[4]) for cells in made if cells[2]]
    assert named == [
        ("1", "Ada Hall"),
        ("2", "Quarry Lettings:Unit 4"),
        ("3", "Quarry Lettings:Unit 5"),
        ("4", "Ben Cole"),
    ]
    assert [row for row, code, _ in left if code == "heading"] == [2, 5, 6, 9, 13]
    assert left[-1] == (16, "no-client", "stands below no client's name")
    assert left[0] == (2, "heading", "a heading that names the client of rows ('Ada Hall')")


def test_headings_without_totals_end_at_the_next_heading() -> None:
    """Not every grouped report has totals; two headings without a row between them belong together."""
    made, _ = apply(
        "headings-name-the-client",
        "|Transaction date|Num|Amount",
        "Ada Hall|||",
        "|2026-01-02|1|10.00",
        "Quarry Lettings|||",
        "Unit 4|||",
        "|2026-01-03|2|20.00",
    )
    assert [cells[4] for cells in made] == ["Ada Hall", "Quarry Lettings:Unit 4"]


def test_totals_are_no_headings() -> None:
    """They are left for whoever leaves totals out, wherever the rule stands."""
    made, left = apply("headings-name-the-client", "|Transaction date|Num|Amount", "Total for Ada Hall|||", "TOTAL|||")
    assert [cells[0] for cells in made] == ["Total for Ada Hall", "TOTAL"]
    assert not left


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("jobs", [["Hall", "Boiler", ""], ["Hall", "", ""], ["Cole", "", ""]]),
        ("mixed", [["Hall", "Boiler", ""], ["Hall", "Unit 4", "Hall:Unit 4"], ["Cole", "5:6", "Cole : 5:6"]]),
    ],
)
def test_a_customer_is_taken_apart_from_the_job(kind: str, expected: list[list[str]]) -> None:
    """In QuickBooks Desktop what follows the colon is the job; online it may be a part of the customer."""
    made, left = apply(
        "customer-and-job-in-one-cell",
        "Client|Service",
        "Hall|Boiler",
        "Hall:Unit 4|",
        "Cole : 5:6|",
        kind=kind,
    )
    assert made == expected
    assert not left


def test_a_job_of_a_customer_with_no_other_is_known_by_the_customer() -> None:
    """QuickBooks Desktop has the days of an only job in the customer's own row."""
    made, _ = apply(
        "customer-and-job-in-one-cell", "Client|Projected End|Service", "Hall|2026-04-17|", "Cole||", kind="mixed"
    )
    assert [cells[3] for cells in made] == ["Hall", ""]


def test_a_part_of_a_customer_is_no_further_client() -> None:
    """Its row is left out and said, where the customer has one."""
    made, left = apply(
        "customer-and-job-in-one-cell",
        "Client|Email",
        "Hall|h@example.com",
        "Hall:Unit 4|",
        "Cole:Unit 5|",
        kind="clients",
    )
    assert [cells[0] for cells in made] == ["Hall", "Cole"]
    assert left == [(3, "part-of-a-client", "a part of 'Hall', who has a row above ('Unit 4')")]


@pytest.mark.parametrize(
    ("customer", "contact", "company", "name"),
    [
        ("Ada Hall", "Ada Hall", "", "Ada Hall"),
        ("Ada Hall", "", "", "Ada Hall"),
        ("Ada & Ben Hall", "Ada Hall", "", "Ada & Ben Hall"),
        ("Hall, Ada", "Ada Hall", "", "Hall, Ada"),
        ("Mill Lane Nursery", "Ada Hall", "Mill Lane Nursery", "Ada Hall"),
        ("Hall Plumbing Ltd", "Ada Hall", "Hall Plumbing Ltd", "Ada Hall"),
        ("Hall Plumbing Ltd", "", "Hall Plumbing Ltd", ""),
    ],
)
def test_a_customer_is_a_firm_or_a_person(customer: str, contact: str, company: str, name: str) -> None:
    """The contact's name decides; a firm's own name does, too."""
    told = {"customer name": "client.company", "contact name": "client.full_name"}
    made, _ = apply(
        "contact-is-a-person", "Customer Name|Contact Name", f"{customer}|{contact}", kind="clients", told=told
    )
    assert made == [[company, name]]


@pytest.mark.parametrize("label", ["Label", "Type"])
def test_labels_tell_a_fax_and_the_main_number(label: str) -> None:
    """Wherever the columns of the labels stand: no fax is a phone, and what has a star comes first."""
    made, _ = apply(
        "labels-tell-numbers-apart",
        f"Phone 1 - Value|Phone 2 - Value|Phone 2 - {label}|Phone 1 - {label}|E-mail 2 - Value|E-mail 2 - {label}",
        "1|2|Work Fax|Mobile||",
        "1|2|Home|Pager||",
        "1|2|* Home|Work|a@example.com|* Work",
        "1|2|* Home|* Work||",
        "1||* Home|Work||",
        kind="clients",
    )
    assert [cells[:2] for cells in made] == [["1", ""], ["", "2"], ["2", "1"], ["1", "2"], ["1", ""]]


@pytest.mark.parametrize(
    ("amount", "balance", "state"),
    [
        ("1,250.00", "0.00", "paid"),
        ("120", "$0", "paid"),
        ("120.00", "120.00", "unpaid"),
        ("1.250,00", "1.250,00", "unpaid"),
        ("120.00", "20.00", "partially paid"),
        ("1200.00", "120.00", "partially paid"),
        ("0.50", "0.50", "unpaid"),
        ("-20.00", "-20.00", "credit note"),
        ("(20.00)", "(20.00)", "credit note"),
        ("120.00", "", ""),
        ("120.00", "n/a", ""),
    ],
)
def test_what_is_open_tells_the_state(amount: str, balance: str, state: str) -> None:
    """Only that nothing is open is sure."""
    made, _ = apply("paid-when-nothing-is-open", "Num|Amount|Open balance", f"1|{amount}|{balance}")
    assert made[0][3] == state


def test_a_state_that_the_file_says_stays() -> None:
    """The open balance only stands in."""
    made, _ = apply("paid-when-nothing-is-open", "Num|Amount|Balance|Status", "1|9.00|0.00|Draft", "2|9.00|0.00|")
    assert [cells[3] for cells in made] == ["Draft", "paid"]


def test_invoices_without_a_state_are_asked_about() -> None:
    """The word is none that means the same to everybody."""
    made, _ = apply("invoices-without-a-state", "Num|Amount", "1|9.00")
    assert made == [["1", "9.00", "invoiced"]]


def test_only_rows_with_a_word_that_counts_stay() -> None:
    """The others are said; the column need not be one that is imported."""
    made, left = apply(
        "only-these",
        "Num|Transaction type|Amount",
        "1|Invoice|9.00",
        "2|payment|9.00",
        "3||9.00",
        options={"Transaction Type": ["Invoice", "Sales Receipt"], "Not there": ["x"]},
        told={"transaction type": "-"},
    )
    assert [cells[0] for cells in made] == ["1", "3"]
    assert [(row, code) for row, code, _ in left] == [(3, "other-kind")]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("subscribed_email_audience_export_1a2b.csv", ["opted_in", "opted_out"]),
        ("C:\\Users\\ada\\unsubscribed_members_export.csv", ["opted_out", "opted_out"]),
        ("audience.zip/non-subscribed_email_audience_export.csv", ["", "opted_out"]),
        ("mine.csv", ["", "opted_out"]),
    ],
)
def test_the_name_of_a_file_says_who_agreed(file: str, said: list[str]) -> None:
    """A refusal in the file goes before what its name says, and a refusal in its name before the file."""
    made, _ = apply(
        "consent-in-the-file-name",
        "Email|Consent",
        "a@example.com|",
        "b@example.com|opted_out",
        kind="clients",
        file=file,
    )
    assert [cells[1] for cells in made] == said
