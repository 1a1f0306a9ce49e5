"""Imports that do not fit into memory: in portions they do what they would do in one go, or nothing."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.home import Home
from followup.intake import match
from followup.model import OccasionKind
from followup.workflow import consequences, importing, planning, previews
from followup.workflow.desk import Desk
from tests import factories
from tests.test_importing import (
    ADA,
    CLIENTS,
    JOBS,
    as_csv,
    client_rows,
    everything,
    job_rows,
    make_desk,
    refusals,
)

OPTIONS: dict[str, Any] = {"skip_bad_rows": True, "answers": {"fill_down": "no"}}


@contextmanager
def small(most: int = 1) -> Iterator[None]:
    """Have every import go in portions of about *most* rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importing, "IN_ONE_GO", 0)
        patch.setattr(importing, "SLICE", most)
        patch.setattr(importing, "PORTION", most)
        yield


def sources(*texts: str) -> list[importing.Source]:
    """Return files with these contents."""
    return [importing.Source(f"f{number}.csv", text.encode()) for number, text in enumerate(texts, 1)]


def in_one_go(desk: Desk, *texts: str) -> previews.Preview:
    """Import files with these contents as they are."""
    preview = importing.check(desk, sources(*texts), **OPTIONS)
    importing.commit(desk, preview)
    return preview


@given(client_rows, job_rows, client_rows, st.booleans(), st.integers(1, 3))
def test_portions_do_the_same_as_one_go(
    tmp_path_factory: pytest.TempPathFactory,
    clients: list[tuple[str, ...]],
    jobs: list[tuple[str, ...]],
    more: list[tuple[str, ...]],
    at_once: bool,
    most: int,
) -> None:
    """The same home, refusals and counts, and nothing is left to do: in an empty home and in one with clients."""
    folder = tmp_path_factory.mktemp("portions")
    desk = make_desk(folder)
    shutil.copytree(desk.home.path, folder / "other")
    (folder / "other" / "followup.lock").unlink(missing_ok=True)
    other = Desk(Home(folder / "other"), now=desk.now)
    try:
        for kinds in (
            {"f1.csv": (CLIENTS, clients), "f2.csv": (JOBS, jobs)},
            {"f1.csv": (CLIENTS, more), "f2.csv": (JOBS, jobs[:2]), "f3.csv": (CLIENTS, clients)},
        ):
            texts = [as_csv(head, rows) for head, rows in kinds.values()]
            whole = in_one_go(desk, *texts)
            with small(most):
                if at_once:
                    parted, done = importing.take(other, sources(*texts), **OPTIONS)
                    assert done is not None
                else:
                    parted = importing.check(other, sources(*texts), **OPTIONS)
                    importing.commit(other, parted)
            rows = {name: each for name, (_, each) in kinds.items()}
            assert refusals(parted, rows) == refusals(whole, rows)
            assert everything(other) == everything(desk)
            said = [{**preview.counts(), "in_doubt": 0} for preview in (whole, parted)]
            assert said[0] == said[1]
            assert [file.counts() for file in parted.files] == [file.counts() for file in whole.files]
            for each in (desk, other):
                again = importing.check(each, sources(*texts), **OPTIONS)
                assert again.changes_nothing
                assert refusals(again, rows) == refusals(whole, rows)
            assert sorted(other.store.iter_external_ids()) == sorted(desk.store.iter_external_ids())
            assert not other.store.check()
    finally:
        desk.close()
        other.close()


FORTY = CLIENTS + "".join(f"{number},Ada Hall{number},ada{number}@example.com,,Leeds,\n" for number in range(40))
THEIR_JOBS = JOBS + "".join(
    f"{number},{number % 40},Ada Hall{number % 40},,Boiler,{1 + number % 28:02}/01/2026,Done,120,\n"
    for number in range(100)
)


def test_all_changes_of_a_large_file_are_kept_where_somebody_wants_to_see_them(tmp_path: Path) -> None:
    """Else a few of them, and the number."""
    desk = make_desk(tmp_path)
    in_one_go(desk, FORTY)
    with small(5):
        for wanted, kept in (({}, 20), ({"examples": sys.maxsize}, 40)):
            preview = importing.check(desk, sources(FORTY.replace("Leeds", "York")), **OPTIONS, **wanted)
            assert (len(preview.changed_clients), preview.counts()["changed"]) == (kept, 40)
    desk.close()


@pytest.mark.parametrize("most", [10, 0], ids=["in portions", "in one go"])
def test_what_is_written_is_told_up_to_the_end_and_not_beyond(tmp_path: Path, most: int) -> None:
    """Clients and jobs are more records than there are rows, and each counts."""
    desk = make_desk(tmp_path)
    told: dict[str, list[float]] = {}
    with small(most) if most else nullcontext(), pytest.MonkeyPatch.context() as often:
        often.setattr(importing, "TOLD_EVERY", 1)
        importing.take(
            desk,
            sources(FORTY, THEIR_JOBS),
            **OPTIONS,
            progress=lambda what, done, of: told.setdefault(what, []).append(done / of),
        )
    desk.close()
    assert {"Comparing", "Writing"} <= told.keys()
    assert told["Writing"] == sorted(told["Writing"])
    assert 0.95 < told["Writing"][-1] <= 1


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Give a desk at a new home."""
    opened = make_desk(tmp_path)
    yield opened
    opened.close()


BY_NUMBER = ["1,,,,Leeds,\n", "1,,ada@example.com,,,\n", ",,ada@example.com,,York,\n"]
BY_ADDRESS = ",,Ada Hall,ada@example.com,Boiler,13/02/2026,Done,20,\n"


@pytest.mark.parametrize("most", [1, 0], ids=["in portions", "in one go"])
@pytest.mark.parametrize(
    "stages",
    [
        [[CLIENTS + BY_NUMBER[0] + BY_NUMBER[1]], [CLIENTS + BY_NUMBER[0] + BY_NUMBER[2]]],
        [[CLIENTS + BY_NUMBER[1]], [JOBS + BY_ADDRESS], [JOBS + ",1,,,Boiler,13/02/2026,Done,10,\n" + BY_ADDRESS]],
        [[JOBS + BY_ADDRESS], [JOBS + ",1,,,Boiler,13/02/2026,Done,10,\n" + BY_ADDRESS, CLIENTS + BY_NUMBER[1]]],
    ],
    ids=["a client by number and by address", "a job of such a client", "and another file says who the number is"],
)
def test_a_known_row_is_read_beside_a_new_row_of_its_record_though_they_share_no_cell(
    desk: Desk, most: int, stages: list[list[str]]
) -> None:
    """Else the new row would make it news for the next time, which took back what the new one had said."""
    with small(most) if most else nullcontext():
        for texts in stages:
            preview = in_one_go(desk, *texts)
        clients, jobs = everything(desk)
        assert not preview.problems
        assert {client.city for client in clients} <= {"Leeds", ""}  # what stands first counts
        assert sorted(job.amount_minor or 0 for job in jobs) in ([], [1000, 2000])
        for _ in range(2):
            assert in_one_go(desk, *texts).changes_nothing
        assert everything(desk) == (clients, jobs)


def test_undo_of_an_import_in_portions_restores_exactly(desk: Desk) -> None:
    """It is one batch, and the files can be imported again."""
    in_one_go(desk, ADA)
    before = everything(desk)
    with small(7):
        _, done = importing.take(desk, sources(FORTY, THEIR_JOBS))
    assert done is not None
    assert (done.counts["new_clients"], done.counts["new_jobs"]) == (39, 100)
    full = everything(desk)
    with desk.store.write(kind="undo", command="undo", now=factories.NOW) as write:
        assert write.undo(done.batch_id) == []
    assert everything(desk) == before
    with small(7):
        importing.take(desk, sources(FORTY, THEIR_JOBS))
    assert everything(desk) == full


def test_a_draft_that_came_in_ends_no_job_in_portions(desk: Desk) -> None:
    """It is known there, too, when it is read again beside a row that is refused."""
    draft = JOBS + "7,5,,,Boiler,13/02/2026,Draft,10,\n"
    in_one_go(desk, ADA, draft + "7,1,,,Boiler,13/02/2026,Done,10,\n")
    with small(2):
        preview = importing.check(desk, sources(draft + ",5,,,Tap,13/02/2026,Done,10,\n"), **OPTIONS)
    assert [problem.code for _, problem in preview.problems] == ["no-client"]
    assert preview.changes_nothing


def test_a_bad_row_in_a_late_portion_stops_all_of_them(desk: Desk) -> None:
    """What was written of the others is taken back, and all that is wrong is said."""
    bad = FORTY + "40,,,,,\n"
    with small(5):
        preview, done = importing.take(desk, sources(bad, THEIR_JOBS))
        assert done is None
        assert [problem.row for _, problem in preview.problems] == [42]
        assert everything(desk) == ([], [])
        assert desk.store.batches() == []
        _, done = importing.take(desk, sources(bad, THEIR_JOBS), skip_bad_rows=True)
    assert done is not None
    assert len(done.rejected) == 1
    assert "row 42: Client ID: '40' has neither" in done.rejected[0].read_text("utf-8-sig")
    assert len(everything(desk)[1]) == 100


def test_a_question_stops_all_portions(desk: Desk) -> None:
    """Nothing is read into the home before it is answered."""
    unclear = JOBS + "1,1,Ada Hall,ada@example.com,Tap,03/02/2026,Done,80,\n"
    with small():
        preview, done = importing.take(desk, sources(FORTY, unclear))
    assert done is None
    assert [question.about for _, question in preview.questions] == ["date_order"]
    assert desk.store.batches() == []


def test_what_follows_from_portions_can_be_tried_and_taken_back(desk: Desk) -> None:
    """As often as somebody wants to see it."""
    with small(7):
        preview = importing.check(desk, sources(FORTY, THEIR_JOBS))
        seen = [consequences.of(desk, preview) for _ in range(2)]
        assert everything(desk) == ([], [])
        done, found = consequences.commit(desk, preview)
    assert seen == [found, found]
    assert done.counts["new"] == 140


def test_taking_portions_as_history_makes_nothing_due(desk: Desk) -> None:
    """Neither thanks nor asks for any of the jobs."""
    recent = JOBS + "".join(
        f"{number},,Ada Hall{number},ada{number}@example.com,Boiler,27/02/2026,Done,120,\n" for number in range(12)
    )
    with small(3):
        consequences.commit_as_history(desk, importing.check(desk, sources(recent)))
    assert [each for each in planning.due(desk) if each.occasion.kind is OccasionKind.JOB_COMPLETED] == []


_DIES = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from followup.home import Home
from followup.intake import match
from followup.model import OccasionKind
from followup.workflow import consequences, importing, planning
from followup.workflow.desk import Desk

home, file, portions = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
importing.IN_ONE_GO, importing.SLICE, importing.PORTION = 0, 5, 10
write = importing._write

def dying(*arguments):
    global portions
    write(*arguments)
    portions -= 1
    if not portions:
        arguments[0].flush()
        os.kill(os.getpid(), signal.SIGKILL)

importing._write = dying
desk = Desk(Home(home), now=lambda: datetime(2026, 3, 2, 9, tzinfo=UTC))
importing.take(desk, [importing.Source("c.csv", path=file)])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("portions", [1, 3])
def test_an_import_that_is_killed_leaves_the_home_as_it_was(desk: Desk, tmp_path: Path, portions: int) -> None:
    """However many portions were written, and nothing lies about; the import once more does all of it."""
    in_one_go(desk, ADA)
    before, lying = everything(desk), {path.name for path in desk.home.path.iterdir()}
    file = tmp_path / "c.csv"
    file.write_text(FORTY)
    command = [sys.executable, "-c", _DIES, str(desk.home.path), str(file), str(portions)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert everything(desk) == before
    assert desk.store.check() == []
    in_one_go(desk, FORTY)
    assert len(everything(desk)[0]) == 40
    assert {path.name for path in desk.home.path.iterdir()} == lying


@pytest.mark.parametrize("reach", ["info@example.com,", ",07700 900123"])
def test_an_address_that_everybody_has_makes_nobody_the_same(desk: Desk, reach: str) -> None:
    """A firm's own in every row, say: each name is a client, the doubts of a row are few, and again nothing changes."""
    crowd = CLIENTS + "".join(
        f",{name} {chr(65 + number)}ton,{reach},Leeds,\n" for number in range(15) for name in ("Ada", "Bob", "Cy")
    )
    preview = in_one_go(desk, crowd)
    assert preview.counts()["new_clients"] == 45
    assert len(preview.doubts) <= 45 * match.MOST_DOUBTS
    assert importing.check(desk, sources(crowd), whole=True).changes_nothing
