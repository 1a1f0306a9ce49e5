"""Recognising a long file by its beginning: what it costs over reading the first 64 KB.

Takes nothing. Gives Results: a file of 100,000 rows in UTF-8, the same as old programs write it, and one whose header
no program has. Touches a temporary folder. Modules and the shipped exporters are loaded before.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from followup import intake
from tests.benchmarks import harness

ROWS = 100_000
MOST_MS = 50.0
ROUNDS = 15
_JOBBER = "J-ID,Is Company?,First Name,Last Name,Company Name,Main Phone #s,E-mails,Service Property Name,Tags"
_BY_HAND = "Nummer,Firma?,Vorname,Nachname,Firma,Telefon,E-Mail,Objekt,Straße"
_ROW = "{0}_1,false,José,Núñez{0},,07700 900{1:03d},jose{0}@example.com,,{0} High Street\n"


def run(count: int = ROWS) -> list[harness.Result]:
    """Measure."""
    rows = "".join(_ROW.format(number, number % 1000) for number in range(count))
    home = intake.HomeFacts(country="GB", currency="GBP", today=date(2026, 3, 2), key=b"k" * 32)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clients.csv"
        for name, header, encoding in (
            ("of a program, UTF-8", _JOBBER, "utf-8"),
            ("of a program, cp1252", _JOBBER, "cp1252"),
            ("made by hand", _BY_HAND, "utf-8"),
        ):
            path.write_bytes(f"{header}\n{rows}".encode(encoding))

            def recognise() -> None:
                intake.recognised(path, name=path.name, home=home)

            def look() -> None:
                with path.open("rb") as stream:
                    stream.read(65_536)

            ours, floor = (_milliseconds(act) for act in (recognise, look))
            row = f"recognising {count:,} rows {name}, over reading 64 KB"
            results.append(harness.Result(name=row, ours=max(ours - floor, 0.0), floor=MOST_MS, limit=1.0))
    return results


def _milliseconds(act: Callable[[], None]) -> float:
    act()
    return statistics.median(harness.seconds(act) for _ in range(ROUNDS)) * 1000
