"""Rows that were left out come back: repaired, they are imported alone, and nothing is asked a second time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import sheets
from tests.conftest import Ran

Run = Callable[..., Ran]

CARDS = """BEGIN:VCARD
VERSION:3.0
FN:Ada Hall
EMAIL:ada@example.com
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Cleo Ruiz
EMAIL:wrong
END:VCARD
"""
ASKED = """Client,Email,Service,Completed,Status,Amount
Ada Hall,ada@example.com,Boiler,03/02/2026,Zugeklappt,"1,200"
Cleo Ruiz,wrong,Boiler,04/02/2026,Zugeklappt,"1,300"
"""
FILLED = """Client,Email,Service,Completed
Ada Hall,ada@example.com,Boiler,2026-02-13
Cleo Ruiz,cleo@example.com,Tap,2026-02-14
,,Drain,2026-02-33
"""
GROUPED = """Service,Completed,Amount
Ada Hall,,
Boiler,2026-02-13,10
Tap,2026-02-14,10
Cleo Ruiz,,
Drain,2026-02-33,10
Sink,2026-02-16,10
"""
SALES = """,Transaction date,Transaction type,Num,Product/Service,Memo/Description,Quantity,Sales price,Amount,Balance
Ada Hall,,,,,,,,,
,02/13/2026,Sales Receipt,1001,Tap,,1,95.50,95.50,95.50
Total for Ada Hall,,,,,,,,$95.50,
Cleo Ruiz,,,,,,,,,
,02/33/2026,Sales Receipt,1002,Drain,,1,95.50,95.50,95.50
Total for Cleo Ruiz,,,,,,,,$95.50,
"""
CLIENTS = "Name,Email\nAda Hall,ada@example.com\nCleo Ruiz,cleo@example.com\n"
NAMELESS = "Ada Hall,ada@example.com\nCleo Ruiz,wrong\n"
BOOK = {
    "Notes": [["Nothing"], ["here"]],
    "Clients": [["Name", "Email"], ["Ada Hall", "ada@example.com"], ["Cleo Ruiz", "wrong"]],
    "Prices": [["Service", "Amount"], ["Boiler", "10"]],
}


@pytest.fixture
def empty(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give `run` in a home without clients; the user is in a folder of their own."""
    place = tmp_path / "desk"
    place.mkdir()
    monkeypatch.chdir(place)
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")
    return run


def rejected(home: Path) -> list[Path]:
    """Return the files of rejected rows."""
    return sorted((home / "rejects").glob("*.csv"))


def repaired(path: Path, wrong: str, right: str) -> Path:
    """Repair a file of rejected rows as its owner does, and return it."""
    text = path.read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert any(wrong in row for row in rows), text
    mended = Path("repaired.csv")
    with mended.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([right if cell == wrong else cell for cell in row] for row in rows)
    return mended


def held(run: Run) -> tuple[set[str], set[str]]:
    """Return the names of clients, and each job with whose it is."""
    clients = {row["client"] for row in json.loads(run("client", "list", "--format", "json").stdout)}
    jobs = json.loads(run("job", "list", "--format", "json").stdout)
    return clients, {f"{row['client']}: {row['service']}" for row in jobs}


BOTH = {"Ada Hall", "Cleo Ruiz"}


@pytest.mark.parametrize(
    ("name", "content", "answers", "mending", "jobs"),
    [
        ("cards.vcf", CARDS, [], ("wrong", "cleo@example.com"), set()),
        (
            "asked.csv",
            ASKED,
            ["date_order=dmy", "decimal_mark=.", "status:Zugeklappt=completed"],
            ("wrong", "cleo@example.com"),
            {"Ada Hall: Boiler", "Cleo Ruiz: Boiler"},
        ),
        (
            "filled.csv",
            FILLED,
            ["fill_down=yes"],
            ("2026-02-33", "2026-02-23"),
            {"Ada Hall: Boiler", "Cleo Ruiz: Tap", "Cleo Ruiz: Drain"},
        ),
        (
            "grouped.csv",
            GROUPED,
            ["headings=client"],
            ("2026-02-33", "2026-02-23"),
            {"Ada Hall: Boiler", "Ada Hall: Tap", "Cleo Ruiz: Drain", "Cleo Ruiz: Sink"},
        ),
        (
            "sales.csv",
            SALES,
            [],
            ("02/33/2026", "02/23/2026"),
            {"Ada Hall: Tap", "Cleo Ruiz: Drain"},
        ),
        ("nameless.csv", NAMELESS, ["columns=name,email"], ("wrong", "cleo@example.com"), set()),
        ("book.xlsx", sheets.xlsx(BOOK), ["sheet=Clients"], ("wrong", "cleo@example.com"), set()),
        ("book.ods", sheets.ods(BOOK), ["sheet=Clients"], ("wrong", "cleo@example.com"), set()),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value and len(value) < 20 else "",
)
def test_repaired_rows_are_imported_alone_and_ask_nothing(
    empty: Run,
    home: Path,
    name: str,
    content: str | bytes,
    answers: list[str],
    mending: tuple[str, str],
    jobs: set[str],
) -> None:
    """Whatever kind of file they came from, and whatever rows above them said for them."""
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    Path("clients.csv").write_text(CLIENTS, encoding="utf-8")
    if name in ("sales.csv", "grouped.csv"):  # which have no addresses
        empty("import", "clients.csv", "--as", "clients", "--yes")
    options = [word for answer in answers for word in ("--answer", answer)]
    empty("import", name, "--skip-bad-rows", "--yes", *options)
    _, before = held(empty)
    (path,) = rejected(home)
    ran = empty("import", repaired(path, *mending), "--yes")
    assert held(empty) == (BOTH, jobs), ran.stdout
    assert before <= jobs
    assert "left out" not in ran.stdout.replace("columns left out", "")


def test_rows_that_are_rejected_again_keep_the_number_of_their_first_file(empty: Run, home: Path) -> None:
    """So that they are found there; the file's name grows no longer either."""
    filler = "".join(f"Client {n},c{n}@example.com\n" for n in range(10))
    Path("a.csv").write_text(f"Name,Email\n{filler}Eve Fox,wrong\n", encoding="utf-8")
    empty("import", "a.csv", "--as", "clients", "--skip-bad-rows", "--yes")
    (first,) = rejected(home)
    assert "row 12: Email: 'wrong'" in first.read_text(encoding="utf-8")
    empty("import", repaired(first, "wrong", "still wrong").replace(first), "--skip-bad-rows", "--yes")
    again = next(path for path in rejected(home) if path != first)
    assert "row 12: Email: 'still wrong'" in again.read_text(encoding="utf-8")
    assert again.name == "a rejected 2026-03-02 2.csv"


def test_the_same_rows_are_written_down_once(empty: Run, home: Path) -> None:
    """A file that comes in every night with the same bad row makes one file of rejected rows a day."""
    Path("a.csv").write_text("Name,Email\nAda Hall,ada@example.com\nEve Fox,wrong\n", encoding="utf-8")
    for _ in range(3):
        said = empty("import", "a.csv", "--as", "clients", "--skip-bad-rows", "--yes").stderr
        assert "a rejected 2026-03-02.csv" in said
    assert len(rejected(home)) == 1
