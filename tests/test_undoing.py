"""An import that was taken back is as if it had never been, whatever came before, in between and after."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.errors import BadInput
from followup.home import Home
from followup.intake import merge
from followup.workflow import homes, importing, previews, undoing
from followup.workflow.desk import Desk
from tests import factories

HEADER = "Client ID,Name,Email,City,Notes\n"
JOBS = "Job ID,Client ID,Service,Completed on,Status,Amount\n"
CITIES = ("Leeds", "York", "Hull")
AMOUNTS = ("100.00", "120.50", "9.00")

KEPT_FOR_SPEED = {"batch", "change", "holiday", "imported_file", "known_row"}
"""Tables that say what was done, or only save time."""


@dataclass(frozen=True)
class Files:
    """Two files of one command: number -> what they say of a client, and of the job of that number."""

    clients: dict[int, tuple[str, str]]
    jobs: dict[int, str]

    def sources(self) -> list[importing.Source]:
        """Return them as they are imported."""
        rows = [
            f"{number},Person {number},p{number}@example.com,{city},{note}\n"
            for number, (city, note) in self.clients.items()
        ]
        jobs = [
            f"{number},{number},Boiler service,2026-02-{10 + number},Done,{amount}\n"
            for number, amount in self.jobs.items()
        ]
        return [
            importing.Source("clients.csv", (HEADER + "".join(rows)).encode()),
            importing.Source("jobs.csv", (JOBS + "".join(jobs)).encode()),
        ]


FILES = st.builds(
    Files,
    st.dictionaries(
        st.integers(1, 7), st.tuples(st.sampled_from(CITIES), st.sampled_from(["", "gate code"])), min_size=1
    ),
    st.dictionaries(st.integers(1, 4), st.sampled_from(AMOUNTS)),
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a home in which everybody is a client already, each with a job."""
    folder = tmp_path_factory.mktemp("template")
    answers = {"name": "Sam Taylor", "business": "Taylor Heating", "country": "GB", "timezone": "Europe/London"}
    desk = Desk(homes.make(folder / "home", answers=answers), now=lambda: factories.NOW)
    load(desk, Files(dict.fromkeys(range(1, 6), ("Bath", "")), dict.fromkeys(range(1, 5), "1.00")))
    desk.close()
    return folder / "home"


NUMBERS = count()


@contextmanager
def world(template: Path) -> Iterator[Desk]:
    """Give a copy of a home."""
    folder = template.parent / f"copy{next(NUMBERS)}"
    shutil.copytree(template, folder)
    desk = Desk(Home(folder), now=lambda: factories.NOW)
    try:
        yield desk
    finally:
        desk.close()
        shutil.rmtree(folder)


def load(desk: Desk, given_files: Files) -> int | None:
    """Import files and return the import's number; None when they changed nothing."""
    preview = importing.check(desk, given_files.sources())
    assert preview.writable, (preview.questions, preview.problems)
    batch_id = importing.commit(desk, preview).batch_id
    batch = desk.store.batch(batch_id) if batch_id else None
    return batch.number if batch else None


def take_back(desk: Desk, number: int | None) -> list[str]:
    """Undo an import; what stays."""
    return [] if number is None else undoing.undo(desk, undoing.preview(desk, number=number))


def edit(desk: Desk, person: int, city: str) -> None:
    """Write a town by hand."""
    (client,) = desk.store.find_clients(f"Person {person}")
    with desk.store.write(kind="hand", command="edit", now=factories.NOW) as write:
        write.save(replace(client, city=city))


def facts(desk: Desk) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table that holds facts."""
    with closing(sqlite3.connect(desk.home.database_path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr)
            for name in names
            if name not in KEPT_FOR_SPEED
        }


def known_rows(desk: Desk) -> set[tuple[Any, ...]]:
    """Return the rows of files that need not be read again."""
    with closing(sqlite3.connect(desk.home.database_path)) as connection:
        return set(connection.execute("SELECT fingerprint, digest, record_id FROM known_row WHERE outdated_by = ''"))


def told(preview: previews.Preview) -> tuple[list[Any], ...]:
    """Return what an import would write."""
    return (preview.new_clients, preview.new_jobs, preview.changed_clients, preview.changed_jobs)


def see_that_nothing_is_taken_for_known(desk: Desk, *several: Files) -> None:
    """What the home remembers of rows hides nothing: reading every row finds the same changes."""
    for each in several:
        remembered = importing.check(desk, each.sources())
        whole = importing.check(desk, each.sources(), prefer=merge.Prefer.FILE)
        assert told(remembered) == told(whole)


@given(first=FILES, second=FILES)
def test_taking_an_import_back_leaves_no_trace(template: Path, first: Files, second: Files) -> None:
    """Nothing differs from before in any table; one after the other, the first goes as well."""
    with world(template) as desk:
        at_first = facts(desk)
        one = load(desk, first)
        before, rows = facts(desk), known_rows(desk)
        two = load(desk, second)
        assert take_back(desk, two) == []
        assert facts(desk) == before
        assert two is None or known_rows(desk) == rows
        assert take_back(desk, one) == []
        assert facts(desk) == at_first
        see_that_nothing_is_taken_for_known(desk, first, second)


@given(first=FILES, edits=st.dictionaries(st.integers(1, 5), st.sampled_from(CITIES)), data=st.data())
def test_edits_of_other_records_are_as_if_the_import_had_never_been(
    template: Path, first: Files, edits: dict[int, str], data: st.DataObject
) -> None:
    """Before the import, and after it: the home with them alone is the same."""
    later = {person: city for person, city in edits.items() if person not in first.clients}
    early = {person: city for person, city in edits.items() if data.draw(st.booleans())}
    with world(template) as without:
        for person, city in (*early.items(), *later.items()):
            edit(without, person, city)
        expected = facts(without)
    with world(template) as desk:
        for person, city in early.items():
            edit(desk, person, city)
        number = load(desk, first)
        for person, city in later.items():
            edit(desk, person, city)
        assert take_back(desk, number) == []
        assert facts(desk) == expected


@given(several=st.lists(FILES, min_size=3, max_size=3), order=st.permutations([0, 1, 2]))
def test_imports_come_to_the_same_end_in_whatever_order_they_go(
    template: Path, several: list[Files], order: list[int]
) -> None:
    """Whatever lay above or below: with all of them gone, and the rest of those that could not, all is as it was."""
    with world(template) as desk:
        before = facts(desk)
        numbers = [load(desk, each) for each in several]
        for place in order:
            for why in take_back(desk, numbers[place]):
                assert "`followup undo" in why
            see_that_nothing_is_taken_for_known(desk, *several)
        for number in reversed(numbers):
            with suppress(BadInput):  # it was taken back already
                assert take_back(desk, number) == []
        see_that_nothing_is_taken_for_known(desk, *several)
        assert facts(desk) == before
