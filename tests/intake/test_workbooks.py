"""Spreadsheets are read like the CSV files that could be saved from them, or refused in plain words."""

from __future__ import annotations

import csv
import io
import struct
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from followup import intake
from followup.intake import facts, sources, table, workbooks
from tests import factories, sheets

HOME = intake.HomeFacts(country="GB", currency="GBP", today=factories.TODAY, key=factories.HOME_KEY)
XLS = (Path(__file__).parent.parent / "data" / "jobs.xls").read_bytes()
NOON = datetime(2026, 2, 4, 12, 0)  # noqa: DTZ001  # a cell has no time zone
JOBS = [
    ["Job ID", "Customer", "Email", "Service", "Completed on", "Amount", "Done?"],
    [7, "Ada Hall", "ada@example.com", "Boiler service", date(2026, 2, 3), 120.5, True],
    [8, "Bert Hill", "bert@example.com", "New bath", NOON, 85, False],
]


def read(data: bytes, **options: Any) -> facts.FileResult:
    """Read a spreadsheet for a home in Britain."""
    return intake.read(data, name="x.xlsx", source="default", home=HOME, **options)


def opened(data: bytes) -> workbooks.Book:
    """Return the sheets of a spreadsheet."""
    source = sources.Source(data)
    return workbooks.read(source, workbooks.form(source))


def saved_as_csv(data: bytes) -> bytes:
    """Return what a program would save of the first sheet."""
    book = opened(data)
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(book.pages[0].records)
    return stream.getvalue().encode()


@pytest.mark.parametrize("data", [sheets.xlsx(JOBS), sheets.ods(JOBS), XLS], ids=["xlsx", "ods", "xls"])
def test_days_numbers_and_ticks_are_cells_of_their_own(data: bytes) -> None:
    """No question about the order of days that are days; 7 is no 7.0; what is calculated gives its last value."""
    result = read(data)
    assert (result.refused, result.questions, result.problems) == ("", [], [])
    assert [(job.job_id, job.completed_on, job.amount_minor, job.client_name) for job in result.jobs] == [
        ("7", date(2026, 2, 3), 12050, "Ada Hall"),
        ("8", date(2026, 2, 4), 8500, "Bert Hill"),
    ]


def test_the_day_0_of_old_macs_is_known() -> None:
    """A workbook says from when its days count."""
    rows = [JOBS[0], [7, "Ada Hall", "ada@example.com", "Boiler service", 44228, 120.5]]
    assert read(sheets.xlsx(JOBS, epoch_1904=True)).jobs[0].completed_on == date(2026, 2, 3)
    assert read(sheets.xlsx(rows, epoch_1904=True)).jobs[0].completed_on == date(2025, 2, 2)


def test_day_numbers_in_a_column_of_days_are_days_and_it_is_said() -> None:
    """A cell that lost its format shows 46056; a year or a day written as 20260203 is none of these."""
    rows = [
        JOBS[0],
        *([7 + n, "Ada Hall", "ada@example.com", f"Work {n}", day] for n, day in enumerate([46056, 20260203, 2026])),
    ]
    result = read(sheets.xlsx(rows))
    assert [job.completed_on for job in result.jobs] == [date(2026, 2, 3)] * 2
    assert [(each.row, each.column) for each in result.problems] == [(4, "Completed on")]
    assert any("'Completed on' were read as days (row 2)" in each for each in result.warnings)


def test_a_number_needs_no_answer_about_the_decimal_mark() -> None:
    """1.234 as a number is calculated, and rounded as the sheet shows it; beside text with commas it stays a number."""
    rows = [
        [*JOBS[0]],
        *(
            [n, "Ada Hall", "ada@example.com", f"Work {n}", date(2026, 2, n), amount]
            for n, amount in [(1, 1.234), (2, "1.050,75"), (3, 99.5)]
        ),
    ]
    result = read(sheets.xlsx(rows))
    assert (result.questions, result.problems) == ([], [])
    assert [job.amount_minor for job in result.jobs] == [123, 105075, 9950]
    assert any("rounded as a spreadsheet shows them (row 2)" in each for each in result.warnings)


@pytest.mark.parametrize("write", [sheets.xlsx, sheets.ods])
def test_failed_formulas_are_problems_with_row_and_column(write: Any) -> None:
    """An amount that is #REF! is not no amount."""
    rows = [
        [],
        ["", *JOBS[0]],
        ["", *JOBS[1][:5], sheets.Formula("A1*#REF!", "#REF!")],
        ["", *JOBS[2][:5], sheets.Formula("A1*2", 85.0)],
    ]
    result = read(write(rows))
    assert [(each.row, each.column, each.value, each.code) for each in result.problems] == [
        (3, "Amount", "#REF!", "formula-error")
    ]
    assert [job.amount_minor for job in result.jobs] == [8500]


def test_failed_formulas_of_an_old_workbook_are_found() -> None:
    """The second sheet of the old workbook divides by nothing."""
    result = read(XLS, answers={"sheet": "Wrong"})
    assert [(each.row, each.column, each.value) for each in result.problems] == [(3, "Amount", "#DIV/0!")]


def test_rows_count_as_the_sheet_shows_them() -> None:
    """Empty rows and columns before the table, and titles, move nothing."""
    rows = [[], ["", "", "Jobs of 2026"], [], *(["", "", *row] for row in JOBS), ["", "", 9, "Cy", "no address"]]
    result = read(sheets.xlsx(rows))
    assert [job.rows for job in result.jobs] == [[5], [6]]
    assert {each.row for each in result.problems} == {7}
    assert sum(result.counts()[each] for each in ("imported", "merged", "skipped", "errors", "known")) == result.rows


def test_the_cells_below_a_merged_one_are_asked_about() -> None:
    """The program keeps the value in the first of them, and the others are empty."""
    rows = [JOBS[0], JOBS[1], [9, "", "", *JOBS[2][3:]]]
    assert [each.about for each in read(sheets.xlsx(rows, merged="B2:B3")).questions] == ["fill_down"]
    told = read(sheets.xlsx(rows, merged="B2:B3"), answers={"fill_down": "yes"})
    assert [job.client_name for job in told.jobs] == ["Ada Hall", "Ada Hall"]


def test_the_same_table_is_the_same_kind_of_file_and_has_the_same_rows() -> None:
    """Saved as CSV it asks and reads nothing anew."""
    sheet = read(sheets.xlsx(JOBS))
    text = read(saved_as_csv(sheets.xlsx(JOBS)))
    assert sheet.fingerprint == text.fingerprint
    assert sheet.digests == text.digests


# ---------------------------------------------------------------- which sheet


CLIENTS = [["Name", "Email"], ["Ada Hall", "ada@example.com"]]


def test_several_tables_are_asked_about_with_what_each_looks_like() -> None:
    """Which to read, nobody can guess; a sheet with notes is no candidate."""
    data = sheets.xlsx({"Clients": CLIENTS, "Notes": [["call the bank"]], "Jobs": JOBS})
    (question,) = read(data).questions
    assert question.question == (
        "there are 2 sheets with a table: 1 'Clients' (1 row: Name, Email); 3 'Jobs' (2 rows: Job ID, Customer, Email, "
        "Service, Completed on, Amount, Done?). Which to read?"
    )
    assert question.options == ("Clients", "Jobs")
    for told in ("Jobs", "jobs", "3"):
        assert len(read(data, answers={"sheet": told}).jobs) == 2
    assert "Its sheets are 1 'Clients', 2 'Notes', 3 'Jobs'" in read(data, answers={"sheet": "4"}).refused


def test_the_chosen_sheet_is_remembered_for_a_workbook_with_such_sheets() -> None:
    """Next month's has the same names."""
    data = sheets.ods({"Clients": CLIENTS, "Jobs": JOBS})
    first = read(data, answers={"sheet": "2"})
    assert first.page == "Jobs"
    again = read(data, remembered=lambda each: {"sheet": "Jobs"} if each == first.book else {})
    assert len(again.jobs) == 2
    gone = read(data, remembered=lambda each: {"sheet": "Old"} if each == first.book else {})
    assert [each.about for each in gone.questions] == ["sheet"]


def test_the_only_sheet_with_a_table_is_read_and_the_others_are_named() -> None:
    """Hidden sheets are no candidates, and nothing is left out without a word."""
    data = sheets.xlsx({"Notes": [["call the bank"]], "Clients": CLIENTS, "Old": CLIENTS}, hidden=["Old"])
    result = read(data)
    assert len(result.clients) == 1
    assert "other sheets were not read: Notes, Old (--sheet reads one)" in result.warnings


def test_a_sheet_without_column_names_is_asked_about() -> None:
    """As for CSV."""
    rows = [["Ada Hall", "ada@example.com"], ["Bert Hill", "bert@example.com"]]
    assert [each.about for each in read(sheets.xlsx(rows)).questions] == ["columns"]
    assert len(read(sheets.xlsx(rows), answers={"columns": "full_name,email"}).clients) == 2


# ---------------------------------------------------------------- refusals


def ole(name: str) -> bytes:
    """Return a compound file with one empty stream of that name."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HH", header, 28, 0xFFFE, 9)
    struct.pack_into("<II", header, 44, 1, 1)
    struct.pack_into("<II", header, 68, 0xFFFFFFFE, 0)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    sectors = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    texts = [each.encode("utf-16-le") for each in ("Root Entry", name)]
    entries = b"".join(text.ljust(64, b"\0") + struct.pack("<H", len(text) + 2) + bytes(62) for text in texts)
    return bytes(header) + sectors + entries.ljust(512, b"\0")


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (ole("EncryptedPackage"), "password", "protected with a password"),
        (sheets.ods(JOBS, encrypted=True), "password", "protected with a password"),
        (ole("WordDocument"), "document", "a Word document"),
        (ole("Workbook"), "damaged", "damaged"),
        (XLS[:3000], "damaged", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "damaged", "damaged"),
        (XLS[:68] + b"\x99\0\0\0" + XLS[72:], "damaged", "damaged"),
        (sheets.xlsx(JOBS)[:-30], "zip", "damaged"),
        (sheets.zipped({"xl/workbook.xml": "<workbook>"}), "damaged", "damaged"),
        (sheets.zipped({"xl/workbook.bin": ""}), "xlsb", ".xlsb"),
        (sheets.zipped({"clients.csv": "Name\nAda\n"}), "zip", "zip archive with clients.csv"),
        (sheets.zipped({"word/document.xml": ""}), "document", "Word document"),
        (sheets.xlsx([]), "empty", "empty"),
        (b"<html><table><tr><td>Name</td></tr></table></html>", "html", "web page"),
        (b"%PDF-1.7", "pdf", "PDF"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(data: bytes, code: str, said: str) -> None:
    """The refusal says what the file seems to be and what would help; its name is not asked."""
    result = read(data)
    assert (result.refused_code, result.clients, result.jobs) == (code, [], [])
    assert said in result.refused


def test_damage_that_ends_the_library_does_not_end_us() -> None:
    """Three bytes of an old spreadsheet are wrong, and its reader asks for more memory than there is: refused."""
    broken = bytearray(XLS)
    broken[37], broken[1862], broken[3562] = 32, 66, 255
    assert read(bytes(broken)).refused_code == "damaged"


def test_a_zip_bomb_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is said; what the archive claims of its sizes is not believed."""
    monkeypatch.setattr(workbooks, "UNPACKED_LIMIT", 30_000_000)
    data = sheets.zipped({"xl/workbook.xml": "<workbook/>", "xl/media/a.png": bytes(40_000_000)})
    assert len(data) < 100_000
    assert "more than 30 million bytes" in read(data).refused
    lying = data.replace(struct.pack("<I", 40_000_000), struct.pack("<I", 10))
    assert "more than 30 million bytes" in read(lying).refused


FAR = {
    "xl/workbook.xml": "<workbook/>",
    "xl/_rels/workbook.xml.rels": "<Relationships/>",
    "xl/worksheets/sheet1.xml": '<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
    '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>',
}
MANY = (
    '<table:table table:name="S"><table:table-row table:number-rows-repeated="1000000"><table:table-cell '
    'table:number-columns-repeated="16000" office:value-type="float" office:value="1"/></table:table-row>'
    "</table:table>"
)


@pytest.mark.parametrize("data", [sheets.zipped(FAR), sheets.ods_of(MANY)], ids=["xlsx", "ods"])
def test_a_cell_far_away_does_not_fill_the_memory(data: bytes) -> None:
    """Two cells can span seventeen thousand million."""
    assert "more than 20 million cells" in read(data).refused


def test_a_cell_of_ten_million_characters_is_refused() -> None:
    """Programs write at most 32,767; a little more is a problem of its row."""
    assert "more than 1 million characters" in read(sheets.xlsx([*JOBS, ["x" * 10_000_000]])).refused
    assert "more than 1 million characters" in read(sheets.ods([*JOBS, ["x" * 10_000_000]])).refused
    assert [(each.row, each.code) for each in read(sheets.xlsx([*JOBS, [9, "x" * 40_000]])).problems] == [
        (4, "too-long")
    ]


@pytest.mark.parametrize("write", [sheets.xlsx, lambda rows: "\n".join(",".join(row) for row in rows).encode()])
def test_a_thousand_columns_are_refused(write: Any) -> None:
    """An export of clients has fewer; the refusal says how many there may be."""
    names = ["Name", "Email", *(f"Email {n}" for n in range(998))]
    result = read(write([names, ["Ada Hall", "ada@example.com", *["x"] * 998]]))
    assert "1,000 columns" in result.refused
    assert str(table.MOST_COLUMNS) in result.refused


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from([sheets.xlsx(JOBS), sheets.ods(JOBS)]),
    st.lists(st.tuples(st.integers(0, 6000), st.integers(0, 255)), max_size=6),
    st.integers(0, 6000),
)
def test_whatever_damage_never_ends_in_a_traceback(data: bytes, changes: list[tuple[int, int]], end: int) -> None:
    """It is read, or asked about, or refused."""
    broken = bytearray(data)
    for place, value in changes:
        broken[place % len(broken)] = value
    if end % 3 == 0:
        del broken[end:]
    assert isinstance(read(bytes(broken)), facts.FileResult)


@settings(deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20)
            | st.integers(-(10**12), 10**12)
            | st.booleans()
            | st.dates(date(1950, 1, 1), date(2100, 1, 1)),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_cells_are_the_same_in_both_formats(rows: list[list[Any]]) -> None:
    """What was written is read, from .xlsx as from .ods."""
    found = []
    for data in (sheets.xlsx([["Name", "Email", "Notes"], *rows]), sheets.ods([["Name", "Email", "Notes"], *rows])):
        (page,) = opened(data).pages
        found.append(page.records)
    written = [[str(cell).upper() if isinstance(cell, bool) else str(cell) for cell in row] for row in rows]
    expected = [["Name", "Email", "Notes"], *written]
    while not any(expected[-1]):
        expected.pop()
    assert found == [expected, expected]


@pytest.mark.parametrize(
    "text",
    [
        "Date,Description,Debit,Credit,Balance\n03/02/2026,CARD PAYMENT,12.00,,100.00\n",
        "Buchungstag;Verwendungszweck;Betrag;Saldo;IBAN\n03.02.2026;Miete;-12,00;100,00;DE00\n",
    ],
)
def test_a_bank_statement_is_recognised(text: str) -> None:
    """It names no clients, and the refusal says what would."""
    result = read(text.encode())
    assert result.refused_code == "bank-statement"
    assert "invoices or jobs" in result.refused
