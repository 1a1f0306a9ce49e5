"""Importing 100,000 rows: csv.reader and executemany of the same rows into one table are the floor.

Takes nothing. Gives Results: a first import of clients with their jobs, the same file again, and a file of jobs for
clients that the home has, in seconds of the processor. Touches a temporary folder.
"""

from __future__ import annotations

import csv
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from followup.workflow import homes, importing
from followup.workflow.desk import Desk
from tests.benchmarks import harness

ROWS = 100_000
NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
FIRST_LIMIT = 20
AGAIN_LIMIT = 6
WHOLE = "Job #,Client ID,First name,Last name,Email,Phone,Street,City,Postcode,Service,Completed,Amount,Status,Tags"
_JOBS = "Job #,Client ID,Client name,Client email,Service,Completed,Amount,Status,Assigned to,Site address"


def rows(count: int) -> Iterator[tuple[str, ...]]:
    """Yield clients with two jobs each; every client has a phone number and an address of their own."""
    chance = random.Random(20260302)  # the same rows on every run
    for number in range(count):
        who = number // 2
        day = f"{1 + number % 28:02d}/{1 + number % 12:02d}/{2020 + number % 6}"
        amount = f"{chance.randrange(20, 900)}.{chance.randrange(100):02d}"
        client = (f"C{who}", f"Ada{who}", f"Hall{who}", f"ada{who}@example.com", f"07700 {who:06d}")
        place = (f"{who} High Street", "Leeds", f"LS{who % 29} {who % 9}AA")
        yield (f"J{number}", *client, *place, "Boiler service", day, amount, "Completed", "trade" if who % 5 else "vip")


def jobs(count: int) -> Iterator[tuple[str, ...]]:
    """Yield further jobs of the same clients."""
    for number, row in enumerate(rows(count)):
        name = f"{row[2]} {row[3]}"
        yield (f"K{number}", row[1], name, row[4], "Tap", row[10], row[11], "Done", "Sam Taylor", row[6])


def write(path: Path, head: str, lines: Iterator[tuple[str, ...]]) -> Path:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(head.split(","))
        writer.writerows(lines)
    return path


def run(count: int = ROWS) -> list[harness.Result]:
    """Measure; each turn of ours works in a home of its own."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        whole, more = write(place / "clients.csv", WHOLE, rows(count)), write(place / "jobs.csv", _JOBS, jobs(count))
        desks = _desks(place)
        desk = next(desks)

        def renew() -> None:
            nonlocal desk
            desk.close()
            desk = next(desks)

        def load(path: Path) -> None:
            importing.take(desk, [importing.Source(path.name, path=path)])

        def known_clients() -> None:
            renew()
            load(whole)

        first = harness.compare(
            f"first import of {count:,} rows, clients with jobs",
            lambda: load(whole),
            lambda: _floor(place, whole),
            limit=FIRST_LIMIT,
            rounds=3,
            before=renew,
            warm=False,
            clock=time.process_time,
        )
        renew()
        load(whole)
        again = harness.compare(
            "the same file again",
            lambda: load(whole),
            lambda: _floor(place, whole),
            limit=AGAIN_LIMIT,
            rounds=3,
            warm=False,
            clock=time.process_time,
        )
        further = harness.compare(
            f"{count:,} jobs of clients that the home has",
            lambda: load(more),
            lambda: _floor(place, more),
            limit=FIRST_LIMIT,
            rounds=1,
            before=known_clients,
            warm=False,
            clock=time.process_time,
        )
        desk.close()
    second = harness.Result(
        name=f"10,000 rows of a first import, of {count:,}", ours=first.ours * 10_000 / count, floor=1000.0, limit=1.0
    )
    return [first, second, again, further]


def _desks(folder: Path) -> Iterator[Desk]:
    number = 0
    while True:
        number += 1
        made = homes.make(folder / f"home{number}", answers={"country": "GB", "timezone": "Europe/London"})
        yield Desk(made, now=lambda: NOW)


def _floor(folder: Path, file: Path) -> None:
    path = folder / "floor.db"
    path.unlink(missing_ok=True)
    with file.open(encoding="utf-8", newline="") as stream, closing(sqlite3.connect(path)) as connection:
        reader = csv.reader(stream)
        width = len(next(reader))
        connection.execute(f"CREATE TABLE flat ({', '.join(f'c{place} TEXT' for place in range(width))})")
        connection.executemany(f"INSERT INTO flat VALUES ({', '.join('?' * width)})", reader)
        connection.commit()
