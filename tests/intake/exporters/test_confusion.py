"""No file is taken for another program's, and no sheet made by hand for any."""

from __future__ import annotations

import ast
import csv
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from followup.intake import exporters, headers
from tests.intake.exporters import test_fixtures

TESTS = Path(__file__).resolve().parent.parent.parent
SHIPPED = exporters.shipped()
TABLES = [path for path in test_fixtures.EXPECTED if test_fixtures.fixture(path).suffix != ".vcf"]


def header_of(path: Path) -> tuple[str, ...]:
    """Return the header of a fixture."""
    known = test_fixtures.given(path)
    return test_fixtures.read(test_fixtures.fixture(path), known, answered=True).header


def title_of(path: Path) -> str:
    """Return what a fixture is expected to look like."""
    said = next(line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("looks like: "))
    return max((each.title for each in SHIPPED if said.startswith(f"looks like: {each.title}, ")), key=len)


def looks_like(header: Sequence[str]) -> str:
    """Return the title of the exporter that a header is recognised as, or nothing."""
    found = exporters.recognise(header, SHIPPED)
    return found.title if found else ""


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_a_header_is_one_program_s_whatever_its_order(path: Path) -> None:
    """Columns in another order, and the firm's own among them, change nothing."""
    header, title = header_of(path), title_of(path)
    for seed in range(5):
        mixed = [*header, "Our Colour", "Gate code", "Name of the dog", "Notes 2"]
        random.Random(seed).shuffle(mixed)
        assert looks_like(mixed) == title
    assert looks_like([name.upper() for name in header]) == title


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_a_header_without_what_is_its_own_is_nobody_s(path: Path) -> None:
    """Each name in the exporter's `header` is needed."""
    header, title = header_of(path), title_of(path)
    exporter = next(each for each in SHIPPED if each.title == title)
    for name in exporter.header:
        rest = [cell for cell in header if headers.normal(cell) != name]
        assert looks_like(rest) != title


def test_every_program_has_a_file_of_its_own() -> None:
    """For each exporter there is a fixture that is recognised as it."""
    assert {title_of(path) for path in TABLES} == {each.title for each in SHIPPED}


def lines_in_tests() -> Iterator[tuple[str, str]]:
    """Yield every line of a text in the tests of reading, and of the example business, with where it stands."""
    for path in sorted((TESTS / "intake").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for line in node.value.splitlines():
                    yield f"{path.name}:{node.lineno}", line
    for path in sorted((TESTS.parent / "examples").glob("*.csv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield path.name, line


def test_no_sheet_made_by_hand_is_taken_for_a_program_s() -> None:
    """Whatever line of a test or an example could be a header is no program's, unless it says it is."""
    taken = {}
    for where, line in lines_in_tests():
        for delimiter in ",;\t|":
            if delimiter in line:
                title = looks_like(next(csv.reader([line], delimiter=delimiter)))
                if title:
                    taken[where] = title
    assert taken == {}
