"""Imports that do not fit into memory: in portions they do what they would do in one go, or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.home import Home
from followup.workflow import importing
from followup.workflow.desk import Desk
from tests.test_importing import (
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


def in_one_go(desk: Desk, *texts: str) -> importing.Preview:
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
    """The same home, refusals and counts: in an empty home and in one with clients, shown first or not."""
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
            again = [importing.check(each, sources(*texts), **OPTIONS).changes_nothing for each in (desk, other)]
            assert again[0] == again[1]
            assert sorted(other.store.iter_external_ids()) == sorted(desk.store.iter_external_ids())
            assert not other.store.check()
    finally:
        desk.close()
        other.close()
