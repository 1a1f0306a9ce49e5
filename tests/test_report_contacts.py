"""The contact report: one row for each act of contact, in a fixed order, with totals that were counted on the way."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from followup import tables
from followup.report import contacts

FIRST = (
    "2026-03-02", "2026-03-02T09:15:00+00:00", "Hall & Sons Ltd", "chall00000", "sam", "email", "out", "service",
    "Boiler service", "jboiler000", "INV-7", "sent", "Thank you", "<m1@example.com>", "thank-you",
    "jboiler000.thank-you.1", "", "Ada Hall",
)  # fmt: skip
SECOND = (
    "2026-03-03", "2026-03-03T14:00:00+00:00", "木村 花子", "ckimura000", "kim", "call", "in", "",
    "", "", "", "happy", "", "", "", "", "=HYPERLINK(\"x\")\nsecond line", "木村 花子",
)  # fmt: skip
THIRD = (
    "2026-03-03", "2026-03-03T14:05:00+00:00", "", "cnobody000", "", "email", "out", "marketing",
    "", "jgone00000", "", "", "Hello again", "<m2@example.com>", "win-back", "jgone00000.win-back.1", "", "",
)  # fmt: skip
PEOPLE = {"sam": "Sam Miller"}


def report(format_: str, **options: Any) -> tuple[str, contacts.Totals]:
    """Return the whole report in one format, with its totals."""
    stream, totals = io.StringIO(newline=""), contacts.Totals()
    rows = contacts.rows(totals.over([FIRST, SECOND, THIRD]), people=PEOPLE)
    if format_ == "json":
        options["envelope"] = totals.envelope
    tables.write(rows, contacts.COLUMNS, format=format_, stream=stream, **options)
    if format_ == "table":
        stream.write("\n".join(["", *totals.lines(), ""]))
    return stream.getvalue(), totals


@pytest.mark.parametrize("format_", tables.FORMATS)
def test_the_report_as_a_whole(format_: str, golden: Callable[[str, str], None]) -> None:
    """Table with totals below, csv with header and rows only, json in an envelope."""
    golden(f"report_contacts.{format_}", report(format_)[0])


def test_the_columns_are_a_promise() -> None:
    """Accountants' programs read them by name; new ones come at the end."""
    assert [column.name for column in contacts.COLUMNS] == [
        "date", "client", "person", "channel", "direction", "purpose", "job", "by", "outcome", "reference",
        "at", "summary", "note", "step", "key", "client_id", "job_id", "invoice_ref",
    ]  # fmt: skip
    assert all(column.in_data for column in contacts.COLUMNS)


def test_rows_follow_the_source_and_the_columns() -> None:
    """Every value of the source stands in the column of its name."""
    source = tuple(contacts.SOURCE)
    row = dict(zip((column.name for column in contacts.COLUMNS), next(contacts.rows([source])), strict=True))
    assert row == {
        "date": "on", "client": "client", "person": "person", "channel": "channel", "direction": "direction",
        "purpose": "purpose", "job": "service", "by": "by", "outcome": "outcome", "reference": "reference",
        "at": "at", "summary": "summary", "note": "note", "step": "step", "key": "key", "client_id": "client_id",
        "job_id": "job_id", "invoice_ref": "invoice_ref",
    }  # fmt: skip


def test_people_are_called_by_name_and_strangers_by_their_id() -> None:
    """Somebody who left the firm is still in the records."""
    by = [row[7] for row in contacts.rows([FIRST, SECOND], people=PEOPLE)]
    assert by == ["Sam Miller", "kim"]


def test_a_client_without_a_name_is_called_by_the_identifier() -> None:
    """Somebody who was forgotten still has a row, without a name."""
    row = next(contacts.rows([THIRD]))
    assert row[1:3] == ("cnobody000", "")
    assert row[6] == "jgone00000"


def test_a_source_without_the_clients_own_person_repeats_the_client() -> None:
    """The last value of the source may be missing."""
    assert next(contacts.rows([FIRST[:-1]]))[2] == "Hall & Sons Ltd"


def test_totals_count_what_went_by() -> None:
    """Contacts by channel and direction, and each client once."""
    totals = report("csv")[1]
    assert totals.count == 3
    assert totals.clients == 3
    assert totals.by_channel == {"call": {"out": 0, "in": 1}, "email": {"out": 2, "in": 0}}
    assert totals.lines() == ["3 contacts with 3 clients", "  call: 1 in", "  e-mail: 2 out"]


def test_no_contacts_are_said_to_be_none() -> None:
    """An empty period has totals too."""
    totals = contacts.Totals()
    assert list(totals.over([])) == []
    assert totals.lines() == ["No contacts."]
    assert totals.envelope() == {"clients": 0, "totals": {}}


def test_csv_holds_no_totals() -> None:
    """Header and rows only, so that a bookkeeping program can load it."""
    lines = list(csv.reader(io.StringIO(report("csv")[0], newline="")))
    assert len(lines) == 4
    assert lines[2][12] == '\'=HYPERLINK("x")\nsecond line'


def test_json_has_rows_count_and_totals() -> None:
    """The envelope's keys are a promise."""
    whole = json.loads(report("json")[0])
    assert list(whole) == ["rows", "count", "clients", "totals"]
    assert whole["count"] == 3


def test_the_same_bytes_on_every_run() -> None:
    """The accountant compares files."""
    for format_ in tables.FORMATS:
        assert report(format_)[0] == report(format_)[0]


def test_rows_are_made_one_by_one() -> None:
    """A million contacts never stand in memory together."""
    taken = []

    def source() -> Iterator[tuple[str, ...]]:
        for row in (FIRST, SECOND, THIRD):
            taken.append(row[0])
            yield row

    rows = contacts.rows(contacts.Totals().over(source()))
    next(rows)
    assert taken == ["2026-03-02"]


def test_the_period_stands_beside_the_totals(run: Callable[..., Any]) -> None:
    """Whoever asks for nothing gets this month up to today, and reads it; an empty period is named too."""
    run("init", "--name", "Sam", "--business", "Alder", "--country", "GB")
    run("client", "add", "--name", "Ada Hall")
    assert run("report", "contacts").stdout == "No contacts, 2026-03-01 to 2026-03-02.\n"
    run("log", "Ada", "--in", "--on", "2026-03-01")
    assert "1 contact with 1 client, 2026-03-01 to 2026-03-02\n  call: 1 in" in run("report", "contacts").stdout
    beside = run("report", "contacts", "--year", "2026", "--format", "csv")
    assert "1 contact with 1 client, 2026-01-01 to 2026-12-31" in beside.stderr
    assert len(beside.stdout.splitlines()) == 2
    assert run("report", "contacts", "--last-month").stdout == "No contacts, 2026-02-01 to 2026-02-28.\n"
