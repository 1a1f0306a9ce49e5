"""Files as the programs write them, of invented people: what an import makes of each is written beside it.

`tests/data/exporters/NAME.csv` (or .txt, .vcf) has a `NAME.expected` beside it. Its first lines say what is given:
`home:` a country and a currency, `name:` what the owner calls the file, `answer:` what the owner answers. Below an
empty line stands what comes of it: questions, and after the answers clients, jobs, rows left out, rows rejected.
`pytest --update-golden` writes that part anew; read it like code.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from followup import intake
from followup.intake import facts
from tests import factories, sheets

FOLDER = Path(__file__).resolve().parent.parent.parent / "data" / "exporters"
EXPECTED = sorted(FOLDER.glob("*.expected"))


@dataclass
class Given:
    """The part of an expectation that a person writes."""

    country: str = "GB"
    currency: str = "GBP"
    name: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


def given(path: Path) -> Given:
    """Return what stands above the first empty line."""
    found = Given()
    for line in path.read_text(encoding="utf-8").partition("\n\n")[0].splitlines():
        key, _, value = line.partition(": ")
        found.lines.append(line)
        if key == "home":
            found.country, found.currency = value.split()
        elif key == "name":
            found.name = value
        elif key == "answer":
            about, _, answer = value.partition("=")
            found.answers[about] = answer
        else:
            raise AssertionError(f"{path.name}: '{line}' is neither home:, name: nor answer:")
    return found


def fixture(path: Path) -> Path:
    """Return the file that an expectation is about."""
    (found,) = (each for each in path.parent.glob(f"{path.stem}.*") if each != path)
    return found


def read(file: Path, given: Given, *, answered: bool) -> facts.FileResult:
    """Return what the import reads in a file."""
    return read_bytes(file.read_bytes(), given, name=given.name or file.name, answered=answered)


def read_bytes(data: bytes, given: Given, *, name: str, answered: bool) -> facts.FileResult:
    """Return what the import reads in the bytes of a file."""
    home = intake.HomeFacts(
        country=given.country, currency=given.currency, today=factories.TODAY, key=factories.HOME_KEY
    )
    return intake.read(
        data,
        name=name,
        source="",
        home=home,
        answers=given.answers if answered else {},
    )


def shown(record: dict[str, object]) -> str:
    """Return the filled fields of a client or job on one line."""
    said = []
    for name, value in record.items():
        if name == "rows" or value in ("", None, [], "unknown"):
            continue
        if isinstance(value, list):
            value = ", ".join(value)
        elif isinstance(value, dict):
            value = "; ".join(f"{key} = {text}" for key, text in value.items())
        said.append(f"{name}: {value}".replace("\n", " / "))
    return " | ".join(said)


def rows(record: dict[str, object]) -> str:
    """Return the rows that made a record."""
    numbers = record["rows"]
    assert isinstance(numbers, list)
    return ", ".join(map(str, numbers))


def told(first: facts.FileResult, result: facts.FileResult) -> Iterator[str]:
    """Yield what is asked at first, and what is read with the answers."""
    yield f"looks like: {result.looks_like}, {result.kind}, {result.encoding}, source {result.source}"
    for question in first.questions:
        yield f"asks {question.key}: {question.question} [{', '.join(question.options)}]"
    for warning in result.warnings:
        yield f"warns: {warning}"
    for client in result.to_json()["clients"]:  # type: ignore[attr-defined] # a list, in the object that is printed
        yield f"client {rows(client)}: {shown(client)}"
    for job in result.to_json()["jobs"]:  # type: ignore[attr-defined] # as above
        yield f"job {rows(job)}: {shown(job)}"
    for left in sorted(result.skipped, key=lambda each: each.row):
        yield f"left out {left.row}: {left.code}: {left.why}"
    for problem in sorted(result.problems, key=lambda each: each.row):
        yield f"rejected {problem.row}: {problem.code}: {problem.column} '{problem.value}' {problem.why}"


@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.stem)
def test_a_program_s_export_is_read(path: Path, request: pytest.FixtureRequest) -> None:
    """What is asked, and what the answers make of the file, stands beside it; every row is accounted for."""
    is_read_as_expected(path, renew=bool(request.config.getoption("--update-golden")))


def is_read_as_expected(path: Path, *, renew: bool) -> None:
    """Compare what comes of a file with what stands beside it."""
    file, known = fixture(path), given(path)
    first = read(file, known, answered=False)
    result = read(file, known, answered=True) if known.answers else first
    if known.answers:
        assert {each.key for each in first.questions} == set(known.answers)
    assert not result.questions
    assert not result.refused
    counts = result.counts()
    assert counts["rows"] == sum(counts[name] for name in ("imported", "merged", "skipped", "errors", "known"))
    text = "\n".join([*known.lines, "", *told(first, result)]) + "\n"
    if renew:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{path}: pytest --update-golden writes it anew"


TABLES = [path for path in EXPECTED if fixture(path).suffix == ".csv"]


def table(path: Path) -> tuple[facts.FileResult, list[list[str]]]:
    """Return what is read in a fixture, and its records."""
    result = read(fixture(path), given(path), answered=True)
    text = fixture(path).read_bytes().decode({"utf-8": "utf-8-sig"}.get(result.encoding, result.encoding))
    return result, list(csv.reader(io.StringIO(text, newline=""), delimiter=result.delimiter))


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_the_same_export_kept_as_a_spreadsheet_is_read_the_same(path: Path) -> None:
    """Owners open an export in a spreadsheet, and keep it as one."""
    before, records = table(path)
    kept = read_bytes(sheets.xlsx(records), given(path), name=before.name, answered=True)
    assert kept.looks_like == before.looks_like
    assert kept.to_json()["clients"] == before.to_json()["clients"]
    assert kept.to_json()["jobs"] == before.to_json()["jobs"]
    assert [each.row for each in kept.problems] == [each.row for each in before.problems]


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_columns_in_another_order_say_the_same(path: Path) -> None:
    """No rule counts columns; the lines of an address are in their order all the same."""
    before, records = table(path)
    order = list(range(max(map(len, records))))
    random.Random(path.stem).shuffle(order)
    stream = io.StringIO()
    for row in records:
        ours = "Our colour" if tuple(row[: len(before.header)]) == before.header else ""
        csv.writer(stream).writerow([*(row[index] if index < len(row) else "" for index in order), ours])
    after = read_bytes(stream.getvalue().encode(), given(path), name=before.name, answered=True)
    assert after.looks_like == before.looks_like
    assert [in_no_order(each) for each in after.clients] == [in_no_order(each) for each in before.clients]
    assert [in_no_order(each) for each in after.jobs] == [in_no_order(each) for each in before.jobs]


def in_no_order(record: facts.ParsedClient | facts.ParsedJob) -> dict[str, object]:
    """Return what a record says, but for what depends on the order of columns."""
    shown = record.to_json()
    several = {name: sorted(value) for name, value in shown.items() if isinstance(value, list)}
    lines = {"street", "city", "region", "postal_code", "site_address", "notes"}
    return {name: value for name, value in shown.items() if name not in lines} | several
