"""A row without a number whose day reads otherwise: the same job, or another? Asked once, of these very rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from followup.model import JobStatus
from followup.workflow import importing, previews, records
from followup.workflow.desk import Desk
from tests import factories
from tests.test_importing import check, everything, load, make_desk

HEAD = "Name,Email,Service,Completed,Promised,Status,Amount\n"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Give a desk at a new home."""
    opened = make_desk(tmp_path)
    yield opened
    opened.close()


def job(day: str, *, name: str = "Ada Hall", service: str = "Boiler service", amount: str = "90.00") -> str:
    """Return a row about a completed job."""
    return f"{name},{name.split()[0].lower()}@example.com,{service},{day},,Completed,{amount}\n"


def days(desk: Desk) -> list[str]:
    """Return the days of all jobs."""
    return sorted(str(each.completed_on or each.promised_on) for each in everything(desk)[1])


def asked(preview: previews.Preview) -> list[tuple[str, tuple[int, ...]]]:
    """Return what is asked about moved jobs: the rows and the beginning of the key."""
    return [(question.about, question.rows) for _, question in preview.questions]


def key(preview: previews.Preview) -> str:
    """Return the key of the one question."""
    ((_, question),) = preview.questions
    return question.key


FIRST = HEAD + job("2026-02-02") + job("2026-02-03", name="Bert Hill")
MOVED = HEAD + job("2026-02-09") + job("2026-02-03", name="Bert Hill")


def test_a_day_that_was_corrected_is_asked_about_with_the_rows(desk: Desk) -> None:
    """Nothing is written before the answer; the question says who, what, and from which day to which."""
    load(desk, FIRST)
    preview = check(desk, MOVED)
    assert asked(preview) == [("same_job", (2,))]
    ((_, question),) = preview.questions
    assert "row 2: Ada Hall, Boiler service, 2026-02-02 -> 2026-02-09" in question.question
    assert question.options == ("same", "another")
    assert not preview.writable


def test_the_same_job_keeps_its_identity_and_gets_the_new_day(desk: Desk) -> None:
    """From then on it is found under that day, also when the row changes again, and undo gives the old day back."""
    load(desk, FIRST)
    before = {each.id for each in everything(desk)[1]}
    preview = load(desk, MOVED, answers={key(check(desk, MOVED)): "same"})
    assert (len(preview.new_jobs), len(preview.changed_jobs)) == (0, 1)
    assert {each.id for each in everything(desk)[1]} == before
    assert days(desk) == ["2026-02-03", "2026-02-09"]
    assert load(desk, MOVED).changes_nothing
    assert load(desk, MOVED, whole=True).changes_nothing
    dearer = load(desk, MOVED.replace("90.00", "95.00", 1))
    assert {each.id for each in everything(desk)[1]} == before
    assert [change.new.id for change in dearer.changed_jobs] == [change.new.id for change in preview.changed_jobs]
    for _ in range(2):
        with desk.store.write(kind="undo", command="undo", now=factories.NOW) as write:
            assert write.undo(desk.store.undoable().id) == []
    assert days(desk) == ["2026-02-02", "2026-02-03"]


def test_another_job_is_another_job(desk: Desk) -> None:
    """The one that is gone from the file stays, as jobs do."""
    load(desk, FIRST)
    load(desk, MOVED, answers={key(check(desk, MOVED)): "another"})
    assert days(desk) == ["2026-02-02", "2026-02-03", "2026-02-09"]
    assert load(desk, MOVED, whole=True).changes_nothing


def test_an_answer_counts_for_the_rows_that_were_shown_only(desk: Desk) -> None:
    """Taken back and imported again they are known; other rows of the next file are asked about anew."""
    load(desk, FIRST)
    first = key(check(desk, MOVED))
    load(desk, MOVED, answers={first: "same"})
    preview = check(desk, MOVED.replace("2026-02-03", "2026-02-04"))
    assert asked(preview) == [("same_job", (3,))]
    assert key(preview) != first
    assert asked(check(desk, MOVED.replace("2026-02-03", "2026-02-04"), answers={first: "same"})) == asked(preview)
    again = check(desk, MOVED.replace("2026-02-09", "2026-02-10"))
    assert "2026-02-09 -> 2026-02-10" in again.questions[0][1].question


def test_the_next_list_of_its_kind_asks_nothing(desk: Desk) -> None:
    """A weekly clean in next month's export is another one; a list of one row is told by its name."""
    load(desk, FIRST)
    march = HEAD + job("2026-03-02") + job("2026-03-01", name="Bert Hill")
    assert asked(check(desk, march)) == []
    load(desk, march)
    assert len(days(desk)) == 4
    one = importing.Source("one.csv", (HEAD + job("2026-02-02", name="Cy Dunn")).encode())
    importing.commit(desk, importing.check(desk, [one]))
    moved = (HEAD + job("2026-02-09", name="Cy Dunn")).encode()
    assert asked(importing.check(desk, [importing.Source("next.csv", moved)])) == []
    assert asked(importing.check(desk, [importing.Source("one.csv", moved)])) == [("same_job", (2,))]


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (FIRST + job("2026-02-09"), "its own row is still there: another visit"),
        (MOVED.replace("90.00", "95.00", 1), "the amount is another"),
        (MOVED.replace("Boiler service", "New bath", 1), "the service is another"),
        (HEAD + job("2026-02-09") + job("2026-02-10") + job("2026-02-03", name="Bert Hill"), "two for one"),
        (MOVED.replace(",Amount", ",Amount,Engineer"), "another kind of file"),
    ],
)
def test_what_differs_in_more_than_the_day_is_a_new_job(desk: Desk, now: str, why: str) -> None:
    """Without a question."""
    load(desk, FIRST)
    assert asked(check(desk, now)) == [], why


def test_a_job_with_a_number_is_known_by_it(desk: Desk) -> None:
    """Its day is corrected without a question."""
    head = HEAD.replace("Name", "Job #,Name")
    load(desk, head + "7," + job("2026-02-02"))
    assert len(load(desk, head + "7," + job("2026-02-09")).changed_jobs) == 1
    assert days(desk) == ["2026-02-09"]


def test_what_was_typed_by_hand_is_nobodys_row(desk: Desk) -> None:
    """A job that no file brought was never in it."""
    load(desk, FIRST.replace(job("2026-02-02"), job("2026-02-02", service="New bath")))
    records.add_job(desk, "Ada Hall", {"service": "Boiler service", "completed_on": date(2026, 2, 2), "amount": "90"})
    assert asked(check(desk, MOVED)) == []


def test_several_rows_are_asked_about_at_once_in_the_order_of_their_days(desk: Desk) -> None:
    """One question a file; more than five rows are counted."""
    names = [f"{letter}nn Moss" for letter in "ABCDEFG"]
    bert = job("2026-02-03", name="Bert Hill")
    load(desk, HEAD + bert + "".join(job("2026-02-02", name=name) for name in names))
    ((_, question),) = check(desk, HEAD + bert + "".join(job("2026-02-09", name=name) for name in names)).questions
    assert question.rows == tuple(range(3, 10))
    assert "; and 2 more." in question.question


def test_a_file_that_is_looked_at_in_portions_is_asked_about_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is in the same portion; said once, it is done in all of them."""
    names = [f"{letter}nn Moss" for letter in "ABCDEFGHIJ"]
    bert = job("2026-02-03", name="Bert Hill")
    load(desk, HEAD + bert + "".join(job("2026-02-02", name=name) for name in names))
    monkeypatch.setattr(importing, "IN_ONE_GO", 3)
    monkeypatch.setattr(importing, "SLICE", 2)
    monkeypatch.setattr(importing, "PORTION", 3)
    now = HEAD + bert + "".join(job("2026-02-09", name=name) for name in names)
    preview = check(desk, now)
    assert asked(preview) == [("same_job", tuple(range(3, 13)))]
    done, written = importing.take(desk, [importing.Source("f1.csv", now.encode())], answers={key(preview): "same"})
    assert written is not None
    assert (done.counts()["new"], done.counts()["changed"]) == (0, 10)
    assert days(desk) == ["2026-02-03", *["2026-02-09"] * 10]


def test_a_promise_that_was_kept_on_another_day_is_asked_about(desk: Desk) -> None:
    """The row says now when it was done; what was promised is the same job, or another."""
    promised = HEAD + "Ada Hall,ada@example.com,Boiler service,,2026-03-09,Scheduled,90.00\n"
    done = HEAD + "Ada Hall,ada@example.com,Boiler service,2026-03-01,2026-03-09,Completed,90.00\n"
    load(desk, promised)
    preview = check(desk, done)
    assert "promised for 2026-03-09 -> 2026-03-01" in preview.questions[0][1].question
    load(desk, done, answers={key(preview): "same"})
    (only,) = everything(desk)[1]
    assert (only.status, only.completed_on) == (JobStatus.COMPLETED, date(2026, 3, 1))
