"""Tables for people, books and programs: what comes out is safe, whole, and the same on every run."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup import cells, tables
from followup.cells import Column
from followup.errors import UsageError
from followup.model import Reason

COLUMNS = (
    Column("date", "Date", "day", whole=True),
    Column("client", "Client"),
    Column("phone", "Phone", whole=True),
    Column("amount", "Amount", "amount"),
    Column("currency", place="data"),
    Column("tries", "Tries", "number"),
    Column("ask", "Ask", "flag"),
    Column("tags", "Tags", "words"),
    Column("at", "At", "instant"),
    Column("why", "Why", "reasons"),
    Column("what", "In words", place="screen"),
)
ADA = (
    date(2026, 3, 2),
    "Ada Hall",
    "+447700900123",
    (12000, "GBP"),
    "GBP",
    2,
    True,
    ("vip", "boiler"),
    datetime(2026, 3, 2, 10, 15, tzinfo=timezone(timedelta(hours=1))),
    (Reason("late", "Two days late", date(2026, 2, 27)), Reason("budget", "Nothing else this week")),
    "a call",
)
NOBODY = (None, "", "", None, "", None, None, (), None, (), "")
KIMURA = (
    "2026-03-03",
    "木村 花子\x1b[2J",
    "+81312345678",
    (1200, "JPY"),
    "JPY",
    0,
    False,
    ("=cmd",),
    "2026-03-03T00:00:00+00:00",
    (Reason("x", "=SUM(1)"),),
    "",
)


def written(rows: Sequence[Sequence[Any]], columns: Sequence[Column] = COLUMNS, **options: Any) -> str:
    """Return what `tables.write` writes, and check its count on the way."""
    stream = io.StringIO(newline="")
    assert tables.write(rows, columns, stream=stream, **options) == len(rows)
    return stream.getvalue()


# ---------------------------------------------------------------- csv


def test_csv_is_header_and_rows_and_nothing_else(golden: Callable[[str, str], None]) -> None:
    """Every kind of value has one plain form, and an empty one."""
    golden("tables.csv", written([ADA, NOBODY, KIMURA], format="csv"))


def test_csv_without_rows_still_says_what_its_columns_are() -> None:
    """A program that reads it finds the header."""
    assert written([], format="csv") == "date,client,phone,amount,currency,tries,ask,tags,at,why\n"


TEXT = st.text(st.characters(codec="utf-8"))


@given(st.lists(st.tuples(TEXT, TEXT | st.text(st.sampled_from("'=+-@\t\r\n\",;1a"))), max_size=5))
def test_every_text_survives_the_way_through_csv(rows: list[tuple[str, str]]) -> None:
    """csv.reader and unguard give back what was written, line breaks and quotes included."""
    text = written(rows, (Column("a"), Column("b")), format="csv")
    back = list(csv.reader(io.StringIO(text, newline="")))
    assert back[0] == ["a", "b"]
    assert [tuple(map(cells.unguard, row)) for row in back[1:]] == rows


@given(st.lists(st.tuples(TEXT, TEXT), max_size=5), st.sampled_from(["DE", "GB", "CH"]))
def test_every_text_survives_the_way_through_excel_csv(rows: list[tuple[str, str]], country: str) -> None:
    """The dialects of Excel lose nothing either."""
    text = written(rows, (Column("a"), Column("b")), format="csv", excel=country)
    assert text.startswith("\ufeff")
    delimiter = "," if country == "GB" else ";"
    back = list(csv.reader(io.StringIO(text[1:], newline=""), delimiter=delimiter))
    assert [tuple(map(cells.unguard, row)) for row in back[1:]] == rows


@pytest.mark.parametrize(
    ("country", "line"),
    [
        ("GB", "12.50,a;b"),
        ("us", "12.50,a;b"),
        ("DE", '12,50;"a;b"'),
        ("FR", '12,50;"a;b"'),
        ("CH", '12.50;"a;b"'),
        ("XX", "12.50,a;b"),
    ],
)
def test_excel_csv_speaks_the_dialect_of_the_country(country: str, line: str) -> None:
    """A double click in that country puts amounts and texts into their own cells."""
    columns = (Column("amount", kind="amount"), Column("text"))
    text = written([((1250, "EUR"), "a;b")], columns, format="csv", excel=country)
    assert text.split("\r\n")[1] == line
    assert text.endswith("\r\n")


def test_csv_is_written_as_the_rows_come() -> None:
    """A long export holds no list: the stream has lines long before the last row was made."""
    stream = io.StringIO(newline="")

    def rows() -> Iterator[tuple[str]]:
        for number in range(2000):
            yield (f"row {number}",)
        assert "row 1499" in stream.getvalue()

    assert tables.write(rows(), (Column("a"),), format="csv", stream=stream) == 2000


def test_a_failing_stream_is_not_hidden() -> None:
    """Disk full is for the boundary to explain, so it comes out as it is."""

    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    for format_ in tables.FORMATS:
        with pytest.raises(OSError, match="No space"):
            tables.write([ADA], COLUMNS, format=format_, stream=Full())


# ---------------------------------------------------------------- json


def test_json_is_an_array_of_objects(golden: Callable[[str, str], None]) -> None:
    """Keys in the order of the columns, one row a line, nothing that acts on a terminal."""
    text = written([ADA, NOBODY, KIMURA], format="json")
    golden("tables.json", text)
    assert "\x1b" not in text
    assert [list(row) for row in json.loads(text)] == [[column.name for column in COLUMNS if column.in_data]] * 3


def test_json_in_an_envelope_says_what_came_after_the_rows() -> None:
    """Totals that are known only at the end stand behind the rows."""
    seen: list[int] = []

    def rows() -> Iterator[tuple[str]]:
        for name in ("Ada", "Zoë"):
            seen.append(1)
            yield (name,)

    stream = io.StringIO()
    tables.write(
        rows(), (Column("client"),), format="json", stream=stream, envelope=lambda: {"totals": {"seen": len(seen)}}
    )
    assert json.loads(stream.getvalue()) == {
        "rows": [{"client": "Ada"}, {"client": "Zoë"}],
        "count": 2,
        "totals": {"seen": 2},
    }
    assert "Zoë" in stream.getvalue()


@pytest.mark.parametrize(("envelope", "whole"), [(None, []), ({"from": "x"}, {"rows": [], "count": 0, "from": "x"})])
def test_json_without_rows_is_still_json(envelope: dict[str, object] | None, whole: object) -> None:
    """An empty array, or an envelope around one."""
    assert json.loads(written([], format="json", envelope=envelope)) == whole


@given(st.lists(st.tuples(st.text(), st.lists(st.text()), st.integers()), max_size=6))
def test_every_value_survives_the_way_through_json(rows: list[tuple[str, list[str], int]]) -> None:
    """Whatever a client is called, the json parses, and the terminal sees no control character."""
    text = written(rows, (Column("a"), Column("b", kind="words"), Column("c", kind="number")), format="json")
    assert [(row["a"], row["b"], row["c"]) for row in json.loads(text)] == rows
    assert text.replace("\n", "").isprintable()


def test_long_json_is_joined_across_chunks() -> None:
    """More rows than one chunk are one array."""
    text = written([(number,) for number in range(1203)], (Column("n", kind="number"),), format="json")
    assert [row["n"] for row in json.loads(text)] == list(range(1203))


# ---------------------------------------------------------------- tables


def test_tables_are_aligned_and_harmless(golden: Callable[[str, str], None]) -> None:
    """Wide letters stand under each other, phone numbers stay numbers to dial, and nothing clears the screen."""
    text = written([ADA, NOBODY, KIMURA], format="table")
    golden("tables.txt", text)
    assert "\x1b" not in text
    assert "+447700900123" in text


def test_columns_stay_aligned_under_wide_letters_and_marks() -> None:
    """Each line puts the second column at the same place on the screen."""
    rows = [("木村", "|"), ("e\u0301a", "|"), ("Ada", "|"), ("ไทย\u0e34", "|")]
    lines = written(rows, (Column("name"), Column("end", "|")), format="table").splitlines()
    assert {cells.width(line.partition("|")[0]) for line in lines if "|" in line} == {8}


def test_a_table_without_rows_is_nothing() -> None:
    """The caller says in words that there is nothing."""
    assert written([], format="table") == ""


@pytest.mark.parametrize("width", [200, 100, 80, 60, 40])
def test_tables_fit_the_terminal(width: int) -> None:
    """Long texts give way; keys, days and numbers to dial never do."""
    columns = (Column("key", "Key", whole=True), Column("why", "Why"), Column("note", "Note"), Column("x", "X"))
    rows = [("jk7mabcdef.thank-you.1", "because " * 9, "a short note", "y"), ("jk8", "", "木" * 30, "")]
    text = written(rows, columns, format="table", width=width)
    fits = max(cells.width(line) for line in text.splitlines())
    assert fits <= max(width, 22 + 10 + 10 + 3 + 6)
    assert "jk7mabcdef.thank-you.1" in text
    assert ("…" in text) == (width < 160)


def test_short_texts_are_not_cut_for_long_ones() -> None:
    """Only the widest column gives way as long as that is enough."""
    columns = (Column("a", "A"), Column("b", "B"))
    text = written([("Ada Hall from Leeds", "x" * 80)], columns, format="table", width=60)
    assert "Ada Hall from Leeds" in text
    assert max(map(len, text.splitlines())) == 60


def test_spare_columns_are_left_out_where_cutting_is_not_enough() -> None:
    """The highest number goes first; a column without one never does."""
    columns = (
        Column("key", "Key", whole=True), Column("b", "B", spare=1), Column("c", "C", whole=True, spare=2),
        Column("d", "D", spare=3),
    )  # fmt: skip
    rows = [("k" * 20, "b" * 30, "c" * 10, "d" * 30)]
    titles = [written(rows, columns, format="table", width=width).split("\n")[0].split() for width in (70, 55, 40, 20)]
    assert titles == [["Key", "B", "C", "D"], ["Key", "B", "C"], ["Key", "B"], ["Key"]]


def test_nothing_is_cut_without_a_terminal() -> None:
    """A table in a file or a pipe is whole."""
    assert "x" * 300 in written([("x" * 300,)], (Column("a"),), format="table")


def test_numbers_that_look_like_floats_stay_as_they_are() -> None:
    """tabulate's own reading of numbers is off: it would make 1e5 of a key and 7700900123.0 of a phone."""
    text = written([("00012", "1e5", "1.10")], (Column("a"), Column("b"), Column("c")), format="table")
    assert text.splitlines()[-1].split() == ["00012", "1e5", "1.10"]


# ---------------------------------------------------------------- all of them


def test_the_formats_are_a_promise() -> None:
    """The list is ours, not tabulate's."""
    assert tables.FORMATS == ("table", "csv", "json")


def test_what_does_not_go_together_is_a_usage_error() -> None:
    """Unknown formats name the known ones; --excel wants csv."""
    with pytest.raises(UsageError, match="table, csv, json"):
        written([], format="xml")
    with pytest.raises(UsageError, match="csv"):
        written([], format="json", excel="DE")


@pytest.mark.parametrize("format_", tables.FORMATS)
def test_the_same_rows_give_the_same_bytes(format_: str) -> None:
    """Nothing of the run, the clock or the order of a set is in the output."""
    assert written([ADA, KIMURA], format=format_) == written([ADA, KIMURA], format=format_)


def test_instants_are_utc_whatever_zone_they_come_in() -> None:
    """10:15 in Berlin is 09:15 in every file."""
    rows = [(datetime(2026, 3, 2, 9, 15, tzinfo=UTC),), (ADA[8],)]
    lines = written(rows, (Column("at", kind="instant"),), format="csv").splitlines()
    assert lines[1] == lines[2] == "2026-03-02T09:15:00+00:00"


def test_csv_and_json_do_not_load_tabulate() -> None:
    """50 ms of imports are paid only by whoever wants a table."""
    script = (
        "import io, sys; from followup import tables\n"
        "from followup.report import due, contacts\n"
        "for format in ('csv', 'json'): tables.write([], due.DATA, format=format, stream=io.StringIO())\n"
        "assert 'tabulate' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
