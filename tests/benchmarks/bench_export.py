"""Exporting a million contacts: ours against csv.writer over the same cursor, and the memory it takes.

The floor is ``csv.writer.writerows(cursor)``: no guard, no conversion, no other order of columns.
"""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from followup import tables
from followup.report import contacts
from tests.benchmarks import harness, homes

ROWS = int(os.environ.get("FOLLOWUP_BENCH_ROWS", "1000000"))
MOST_TIMES = 4.0
MOST_MIB = 100.0

_SCHEMA = f"CREATE TABLE contact ({', '.join(contacts.SOURCE)})".replace(" on,", ' "on",').replace("(on,", '("on",')
_NOTES = ("", "", "", "likes a call after five", "-10 % promised", "Größe geändert, Rückruf", 'said "thanks"')


FLOOR = """
import csv, sqlite3, sys
with open(sys.argv[2], "w", encoding="utf-8", newline="") as stream:
    csv.writer(stream).writerows(sqlite3.connect(sys.argv[1]).execute("SELECT * FROM contact"))
"""


def run() -> list[harness.Result]:
    """Measure the whole command in a home, then its last part alone: time for csv and json, and memory for csv."""
    return [_whole_command(), *_formatting()]


def _whole_command() -> harness.Result:
    """Export all contacts of a home, with the names of clients and jobs, as a whole process; so is the floor."""
    home = homes.million()
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "out.csv")
        period = ("--from", "2010-01-01", "--to", homes.TODAY.isoformat())
        ours = homes.command(home, "report", "contacts", *period, "--format", "csv", "-o", out)
        floor = [sys.executable, "-c", FLOOR, str(home / "followup.db"), out]
        name = f"report contacts --format csv, whole ({homes.MANY:,} contacts)"
        return harness.compare_processes(name, ours, floor, limit=MOST_TIMES, rounds=3)


def _formatting() -> list[harness.Result]:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "contacts.db"
        _fill(database)
        results = [
            _time("export of contacts, csv", database, _export_csv, limit=MOST_TIMES),
            _time("export of contacts, csv with totals", database, _export_totals, limit=MOST_TIMES),
            _time("the same as json, x json.dumps", database, _export_json, floor=_json_floor, limit=3.0),
        ]
        results.append(_memory(database))
    return results


def _fill(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute(_SCHEMA)
        marks = ", ".join("?" * len(contacts.SOURCE))
        connection.executemany(f"INSERT INTO contact VALUES ({marks})", _contacts())
    connection.close()


def _contacts() -> Iterator[tuple[Any, ...]]:
    for number in range(ROWS):
        client, job = number % 20_000, number % 60_000
        on = f"20{10 + number * 16 // ROWS}-{number % 12 + 1:02}-{number % 28 + 1:02}"
        yield (
            on, f"{on}T09:15:00+00:00", f"Client Number {client}", f"c{client:09}", "sam",
            ("email", "call", "letter")[number % 3], "in" if number % 11 == 0 else "out", "service",
            "Boiler service", f"j{job:09}", f"INV-{job}", ("sent", "happy", "")[number % 3],
            "Thank you for having us", f"<{number:032x}@example.com>", "thank-you", f"j{job:09}.thank-you.1",
            _NOTES[number % len(_NOTES)], f"Client Number {client}",
        )  # fmt: skip


Export = Callable[[Iterable[Sequence[Any]], Any], object]


def _time(name: str, database: Path, ours: Export, *, limit: float, floor: Export | None = None) -> harness.Result:
    target = database.with_suffix(".out")

    def act(export: Export) -> None:
        connection = sqlite3.connect(database)
        with target.open("w", encoding="utf-8", newline="") as stream:
            export(connection.execute("SELECT * FROM contact"), stream)
        connection.close()

    return harness.compare(
        f"{name} ({ROWS:,} rows)",
        lambda: act(ours),
        lambda: act(floor or _floor),
        limit=limit,
        rounds=3,
        warm=False,
    )


def _floor(source: Iterable[Sequence[Any]], stream: Any) -> None:
    csv.writer(stream).writerows(source)


def _json_floor(source: Iterable[Sequence[Any]], stream: Any) -> None:
    for row in source:
        stream.write(json.dumps(dict(zip(contacts.SOURCE, row, strict=True)), ensure_ascii=False) + "\n")


def _export_csv(source: Iterable[Sequence[Any]], stream: Any) -> None:
    tables.write(contacts.rows(source, people={"sam": "Sam Miller"}), contacts.COLUMNS, format="csv", stream=stream)


def _export_totals(source: Iterable[Sequence[Any]], stream: Any) -> None:
    totals = contacts.Totals()
    tables.write(contacts.rows(totals.over(source)), contacts.COLUMNS, format="csv", stream=stream)


def _export_json(source: Iterable[Sequence[Any]], stream: Any) -> None:
    totals = contacts.Totals()
    rows = contacts.rows(totals.over(source))
    tables.write(rows, contacts.COLUMNS, format="json", stream=stream, envelope=totals.envelope)


def _memory(database: Path) -> harness.Result:
    """Compare a whole process that exports everything with one that exports nothing."""

    def peak(limit: int) -> float:
        script = (
            "import sqlite3, sys; from tests.benchmarks import bench_export as b\n"
            f"rows = sqlite3.connect({str(database)!r}).execute('SELECT * FROM contact LIMIT {limit}')\n"
            "b._export_totals(rows, open(sys.argv[1], 'w', encoding='utf-8', newline=''))\n"
            "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
        )
        target = str(database.with_suffix(".out"))
        done = subprocess.run([sys.executable, "-c", script, target], check=True, capture_output=True, text=True)
        return int(done.stdout) / 1024

    return harness.memory("memory of that export, over start", peak(ROWS), peak(0), most_mib=MOST_MIB)
