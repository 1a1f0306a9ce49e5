"""Text becomes records: delimiter, header row, further tables, quotes that never end."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.intake import decode, sources, table

UTF_8 = decode.Encoding("utf-8", "surrogatepass")


def sheet_of(text: str) -> table.Sheet:
    """Return the table of a text."""
    source = sources.Source(text.encode("utf-8", "surrogatepass"))
    return table.read(lambda: UTF_8.lines(source))


def tables(text: str) -> tuple[list[tuple[int, list[int]]], list[tuple[int, str]]]:
    """Return the row of each table's header with its rows, and what is none of them."""
    aside: list[tuple[int, str]] = []
    found = sheet_of(text).tables(lambda row, code, _: aside.append((row, code)))
    return [(part.row, [row for row, _ in rows]) for part, rows in found], aside


def records(text: str) -> list[list[str]]:
    """Return all records of a text."""
    return [*sheet_of(text).records()]


@pytest.mark.parametrize("delimiter", table.DELIMITERS)
def test_the_header_chooses_the_delimiter(delimiter: str) -> None:
    """Comma, semicolon, TAB and bar are told apart by the known names between them."""
    text = f"Name{delimiter}Email{delimiter}Notes\nAda{delimiter}a@example.com{delimiter}x, y; z\n"
    assert sheet_of(text).delimiter == delimiter or delimiter in ",;"
    assert records(text)[1][1] == "a@example.com"


def test_title_rows_above_the_header_are_found() -> None:
    """Row numbers stay those of the spreadsheet."""
    sheet = sheet_of("My customers\nMarch 2026\n\nName,Email\nAda,a@example.com\n")
    assert sheet.header == ("Name", "Email")
    assert sheet.header_at == 3
    text = "My customers\nMarch 2026\n\nName,Email\nAda,a@example.com\n"
    assert tables(text) == ([(4, [5])], [(1, "title"), (2, "title"), (3, "blank")])


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_sep_line_is_no_row(ending: str) -> None:
    """Excel takes it for itself and shows the header as row 1."""
    sheet = sheet_of(ending.join(["sep=;", "Name;Email", "Ada;a@example.com", ""]))
    assert sheet.delimiter == ";"
    assert sheet.header_at == 0
    assert sheet_of(ending.join(["sep=;", "Ada;1", "Bob;2", ""])).header == ()


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems(ending: str) -> None:
    """LF, CRLF and CR alone end a row."""
    assert records(ending.join(["Name,Email", "Ada,a@example.com", ""])) == [
        ["Name", "Email"],
        ["Ada", "a@example.com"],
    ]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('Name,Email\nAda,a@example.com\n"Bob,b@example.com\nCy,c@example.com\n', 3),
        ('Name,Email\n"Ada,a@example.com\nBob,"b@example.com"\n', 2),
        ('Name,Email,Note\nAda,a@example.com,"hi\nBob,b@example.com,a 5"\nCy,c@example.com,""\n', 2),
        ('Name,Email,Note\n"Bob" Hall,b@example.com,x\nAda,a@example.com,"hi\n', 3),
    ],
)
def test_an_unclosed_quote_is_refused_with_its_row(text: str, row: int) -> None:
    """Nothing is silently swallowed, also where a later quote closes it by accident."""
    with pytest.raises(decode.Refused, match=f"row {row} opens") as caught:
        records(text)
    assert caught.value.code == "unclosed-quote"


def test_quotes_inside_a_cell_are_harmless() -> None:
    """Nicknames and inches are not mistaken for unclosed quotes; cells of several lines stay whole."""
    found = records('Name,Email,Notes\n"Bob" Hall,b@example.com,5" pipe\nAda,a@example.com,"one, two\nthree, four"\n')
    assert found[1] == ["Bob Hall", "b@example.com", '5" pipe']
    assert found[2][2] == "one, two\nthree, four"


@pytest.mark.parametrize(("below", "more"), [("", 0), ("\n", 1)])
def test_one_cell_between_a_gap_and_a_second_table_is_its_title(below: str, more: int) -> None:
    """A client of whom only the name is known, right below the others, is none."""
    text = f"Name,Email\nAda,a@example.com\nBob,\n\nJobs,\n{below}Job #,Service,Amount\n1,Boiler,10\n"
    found, aside = tables(text)
    assert found == [(1, [2, 3, 4]), (6 + more, [7 + more])]
    assert aside == [(5, "title"), *([(6, "blank")] if more else [])]
    assert tables("Name,Email\nAda,a@example.com\nBob,\nJob #,Service,Amount\n1,Boiler,10\n")[0] == [
        (1, [2, 3]),
        (4, [5]),
    ]


def test_a_second_table_is_found_and_a_repeated_header_is_not_one() -> None:
    """Other names begin another table; the same names again are a row to skip."""
    text = "Name,Email\nAda,a@example.com\nName,Email\nBob,b@example.com\n\nJob #,Service,Amount\n1,Boiler,10\n"
    assert tables(text) == ([(1, [2, 4, 5]), (6, [7])], [(3, "header")])


@pytest.mark.parametrize("text", ["hello", "Dear Sir\nthank you\n", "   "])
def test_prose_is_no_table(text: str) -> None:
    """A letter is refused rather than asked about."""
    with pytest.raises(decode.Refused):
        sheet_of(text)


def test_without_a_header_the_width_decides() -> None:
    """The rows are kept and the columns will be asked for."""
    sheet = sheet_of("Ada;a@example.com;1\nBob;b@example.com;2\n")
    assert sheet.delimiter == ";"
    assert (sheet.header, sheet.width) == ((), 3)
    assert records("a@example.com\nb@example.com\n") == [["a@example.com"], ["b@example.com"]]


def test_a_huge_cell_leaves_the_limit_of_the_process_alone() -> None:
    """Ten million characters are read, and the csv module is as it was."""
    before = csv.field_size_limit()
    found = records("Name,Email\n" + "x" * 10_000_000 + ",a@example.com\n")
    assert len(found[1][0]) == 10_000_000
    assert csv.field_size_limit() == before


def test_a_line_that_never_ends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of one line could be as long as a disk."""
    monkeypatch.setattr(decode, "LONGEST_LINE", 1000)
    assert len(records("Name,Email\n" + "Ada,a@example.com\n" * 100)) == 101
    with pytest.raises(decode.Refused, match="a line of more than") as caught:
        records("Name,Email\n" + "x" * 2000)
    assert caught.value.code == "too-long"


cell = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=12)


@given(
    st.lists(st.lists(cell, min_size=3, max_size=3), min_size=1, max_size=8),
    st.sampled_from(table.DELIMITERS),
    st.sampled_from(["\r\n", "\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_any_table_reads_back_in_any_dialect(rows: list[list[str]], delimiter: str, ending: str, quoting: int) -> None:
    """What a program writes is what we read, cell by cell."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=ending, quoting=quoting)  # type: ignore[arg-type]  # the csv module's own name of a number
    writer.writerow(["Full name", "E-mail address", "Postcode"])
    writer.writerows(rows)
    sheet = sheet_of(stream.getvalue())
    kept = rows
    while kept and not any(kept[-1]):
        kept = kept[:-1]
    assert sheet.delimiter == delimiter
    assert [*sheet.records()][1:] == kept


@given(st.text(st.sampled_from("ab,; \t\0'\r\n"), max_size=60))
def test_lines_without_a_quotation_mark_are_read_as_those_with_one(text: str) -> None:
    """Whole blocks at once or record by record: blank lines, NULs and line ends of any kind are the same rows."""
    plain = "Name,Email\n" + text
    assert '"' not in plain
    assert records(plain) == records(plain.replace("Name", '"Name"', 1))


@given(
    st.lists(st.lists(st.text(st.sampled_from('ab "\n'), max_size=4), min_size=2, max_size=2), max_size=9),
    st.integers(1, 4),
)
def test_records_are_the_same_wherever_a_block_ends(rows: list[list[str]], size: int) -> None:
    """A cell of several lines may begin in the last line of one block and end in the next."""
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows([["Name", "Email"], *rows, ["Ada", "a@example.com"]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "_BLOCK", size)
        found = records(stream.getvalue())[1:-1]
    assert [row if any(row) else [] for row in found] == [row if any(row) else [] for row in rows]
