"""reconcile: what keeps messages from going out is explained, and what the journal knew is never sent again."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from followup.home import Home
from followup.model import AttemptState
from followup.workflow import journal, mailnotes
from tests import desks, factories
from tests.conftest import Ran

Run = Callable[..., Ran]
NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def touchpoint(run: Run, client: str = "hall", step: str = "thank-you") -> str:
    """Return the key of a client's touchpoint of a step."""
    rows = json.loads(run("why", client, "--format", "json").stdout)
    return next(str(row["key"]) for row in rows if row["step"] == step)


def states(run: Run, **options: str) -> dict[str, str]:
    """Return step -> state of what `due` lists."""
    rows = json.loads(run("due", "--format", "json", **options).stdout)
    return {row["step"]: row["state"] for row in rows}


def saw(home: Path, key: str, *events: str, attempt: str = "aabcdefghk") -> None:
    """Let the journal have seen this, minute by minute, and the database not."""
    with desks.opened(home) as desk:
        for number, event in enumerate(events):
            at = NOW - timedelta(hours=2) + timedelta(minutes=number)
            desk.journal.append(at=at, event=event, key=key, attempt_id=attempt)


def held(home: Path, key: str) -> list[AttemptState]:
    """Return the states of the attempts for a touchpoint."""
    with desks.opened(home) as desk:
        return [attempt.state for attempt in desk.store.attempts_of_key(key)]


def contacts(run: Run) -> list[dict[str, str]]:
    """Return the contact report of March."""
    rows = json.loads(run("report", "contacts", "--month", "2026-03", "--format", "json").stdout)["rows"]
    return list(rows)


def test_nothing_to_reconcile_is_said_and_is_well(made: Run) -> None:
    """Exit code 0."""
    assert made("reconcile").stdout == "Nothing keeps messages from going out.\n"


def test_without_an_answer_it_explains_and_changes_nothing(made: Run, home: Path) -> None:
    """Which touchpoint, when, whose, what the journal saw, what to do; 78, and again 78."""
    key = touchpoint(made)
    saw(home, key, "claimed", "handing_over", "sent")
    for _ in range(2):
        ran = made("reconcile", exit_code=78)
        assert "does not know of 1 hand-over" in ran.stdout
        assert f"{key}, Ada Hall: it went out" in ran.stdout
        assert re.search(r"2 March 2026 \d\d:\d\d", ran.stdout)
        assert "followup restore BACKUP DIR" in ran.stdout
        assert "reconcile --yes" in ran.stdout
    assert held(home, key) == []
    assert "older than the journal" in made("send", "--yes", exit_code=78).stderr


@pytest.mark.parametrize(
    ("seen", "becomes", "due"),
    [
        (("claimed", "handing_over", "sent"), AttemptState.SENT, None),
        (("claimed", "handing_over"), AttemptState.UNKNOWN, "unconfirmed"),
        (("claimed", "handing_over", "unknown"), AttemptState.UNKNOWN, "unconfirmed"),
        (("drafted",), AttemptState.UNKNOWN, "unconfirmed"),
        (("drafted", "sent"), AttemptState.SENT, None),
        (("drafted", "cancelled"), AttemptState.CANCELLED, "review"),
        (("claimed",), AttemptState.CANCELLED, "review"),
        (("claimed", "handing_over", "permanent"), AttemptState.PERMANENT, "review"),
    ],
)
def test_what_the_journal_saw_is_taken_over(
    made: Run, home: Path, seen: tuple[str, ...], becomes: AttemptState, due: str | None
) -> None:
    """What went out is known, what may have gone out is asked, and the rest waits for somebody to look."""
    key = touchpoint(made)
    saw(home, key, *seen)
    assert "Took over 1 hand-over" in made("reconcile", "--yes").stdout
    assert held(home, key) == [becomes]
    assert states(made).get("thank-you") == due
    assert len(contacts(made)) == (becomes is AttemptState.SENT)
    said = made("reconcile").stdout
    assert said.startswith("What was due up to 2 March 2026 waits for you to look")
    assert "restore --looked" in said
    made("send", "--yes", exit_code=None)
    assert not list((home / "drafts").glob("*.eml"))


def test_the_screen_says_that_nothing_goes_out(made: Run, home: Path) -> None:
    """Whoever looks only at what waits would wait for ever."""
    assert "reconcile" not in made("status").stdout
    saw(home, touchpoint(made), "claimed", "handing_over", "sent")
    assert "the database is older than its journal. followup reconcile" in made("status").stdout
    made("reconcile", "--yes")
    assert "reconcile" not in made("status").stdout


def test_an_attempt_that_was_only_claimed_by_then_went_out_since(made: Run, home: Path) -> None:
    """A database from the middle of a run: what it had claimed, the journal saw on its way and accepted."""
    key = touchpoint(made)
    saw(home, key, "claimed", "handing_over", "sent")
    with desks.opened(home) as desk:
        client = desk.store.client_of_fact(key.partition(".")[0]) or ""
        claimed = factories.attempt(
            id="aabcdefghk", key=key, client_id=client, state=AttemptState.CLAIMED, step="thank-you"
        )
        with desk.store.write(kind="contact", command="send", person="", now=NOW) as write:
            assert write.insert_attempt(claimed)
    assert "followup reconcile" in made("send", "--yes", exit_code=78).stderr
    made("confirm")
    assert held(home, key) == [AttemptState.CLAIMED], "nothing is settled before the journal was looked at"
    made("reconcile", "--yes")
    assert held(home, key) == [AttemptState.SENT]
    (contact,) = contacts(made)
    assert (contact["key"], contact["summary"]) == (key, "Thank you")


def test_what_a_run_has_in_hand_is_said_where_nothing_else_is_left(made: Run, home: Path) -> None:
    """ "Nothing to draft" alone would sound as if all had gone out."""
    key = touchpoint(made)
    with desks.opened(home) as desk:
        client = desk.store.client_of_fact(key.partition(".")[0]) or ""
        claimed = factories.attempt(key=key, client_id=client, state=AttemptState.CLAIMED, step="thank-you")
        with desk.store.write(kind="contact", command="send", person="", now=NOW) as write:
            assert write.insert_attempt(claimed)
    ran = made("send", "--dry-run")
    assert ran.stdout == "Nothing to draft.\n"
    assert "Another run has 1 message in hand." in ran.stderr


def test_a_touchpoint_that_has_an_attempt_already_is_not_held_twice(made: Run, home: Path) -> None:
    """The draft that waits keeps the key; what the journal saw besides is kept as taken back."""
    made("send", "--yes")
    key = touchpoint(made)
    saw(home, key, "claimed", "handing_over")
    made("reconcile", "--yes")
    assert sorted(held(home, key)) == [AttemptState.CANCELLED, AttemptState.DRAFTED]
    assert "Nothing keeps" not in made("reconcile").stdout


def test_a_person_is_asked_before_anything_is_taken_over(made: Run, home: Path) -> None:
    """No is no, and 78; yes does it."""
    saw(home, touchpoint(made), "claimed", "handing_over", "sent")
    assert "Took over" not in made("reconcile", answers="n\n", exit_code=78).stdout
    assert "Took over" in made("reconcile", answers="y\n").stdout


def test_a_hand_over_that_the_database_knows_less_of_is_settled(made: Run, home: Path) -> None:
    """A copy from the middle of a run knows that the draft was made, and the journal that it went out."""
    made("send", "--yes")
    key = touchpoint(made)
    old = (home / "followup.db").read_bytes()
    made("confirm", "--drafts", "--sent")
    (home / "followup.db").write_bytes(old)
    assert "it went out" in made("reconcile", exit_code=78).stdout
    made("reconcile", "--yes")
    assert held(home, key) == [AttemptState.SENT]
    (contact,) = contacts(made)
    assert contact["key"] == key
    assert contact["summary"], "the database knows the words of the draft"


def test_what_broke_off_after_the_repair_can_be_answered(made: Run, home: Path) -> None:
    """`confirm` shows when and which; the answer makes the contact."""
    key = touchpoint(made)
    saw(home, key, "claimed", "handing_over")
    made("reconcile", "--yes")
    said = made("confirm", exit_code=2).stdout
    assert "1 message may have gone out" in said
    assert key in said
    assert re.search(r"\d\d:\d\d:00", said)
    assert "address not known" in said
    made("confirm", key, "--sent")
    assert [row["key"] for row in contacts(made)] == [key]


def test_hand_overs_for_clients_that_are_not_on_record_are_adopted_later(made: Run, home: Path, tmp_path: Path) -> None:
    """The job came by an import that the old database has never seen: when it comes again, its history is there."""
    jobs = tmp_path / "jobs.csv"
    jobs.write_text(
        "Invoice,Client,Email,Service,Completed\n77,Bea Moor,bea@example.com,Drain,2026-02-27\n", encoding="utf-8"
    )
    old = (home / "followup.db").read_bytes()
    made("import", jobs, "--yes")
    key = touchpoint(made, "Bea Moor")
    made("send", "--yes", "--only", "Bea Moor")
    made("confirm", "--drafts", "--sent")
    (home / "followup.db").write_bytes(old)
    made("reconcile", "--yes")
    assert [row["client_id"] for row in contacts(made)] == [""]
    made("import", jobs, "--yes")
    (row,) = contacts(made)
    assert row["client"] == "Bea Moor"
    rows = json.loads(made("why", key, "--format", "json").stdout)
    assert [row["state"] for row in rows] == ["done"]
    made("restore", "--looked")
    made("send", "--yes")
    assert not [path for path in (home / "drafts").glob("*.eml") if key in path.name]


def test_looking_is_no_repair(made: Run, home: Path) -> None:
    """`restore --looked` does not make the journal forget what it saw."""
    saw(home, touchpoint(made), "claimed", "handing_over", "sent")
    assert "followup reconcile" in made("restore", "--looked", exit_code=78).stderr


def test_the_journal_is_read_a_piece_at_a_time(made: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fence and outcome may lie in different pieces."""
    monkeypatch.setattr(journal, "_AT_ONCE", 1)
    key = touchpoint(made)
    saw(home, key, "claimed", "handing_over", "sent")
    with desks.opened(home) as desk:
        (seen,) = journal.missing(desk).values()
        assert (seen.state, seen.handed_over_at) == (AttemptState.SENT, NOW - timedelta(hours=2) + timedelta(minutes=1))


def test_a_step_that_vanished_is_explained_too(made: Run, home: Path) -> None:
    """No command mends followup.toml; it is 78 until a person did."""
    saw(home, touchpoint(made).replace("thank-you", "old-step"), "drafted", "sent")
    assert "old-step" in made("reconcile", "--yes").stdout
    ran = made("reconcile", "--yes", exit_code=78)
    assert "the step 'old-step' has a history" in ran.stdout
    assert "cadence check" in ran.stdout


def test_many_lines_are_counted(made: Run, home: Path) -> None:
    """Ten are shown, the rest counted."""
    key = touchpoint(made)
    for number in range(14):
        saw(home, key, "claimed", "cancelled", attempt=f"aabcdefgh{'abcdefghjkmnpq'[number]}")
    said = made("reconcile", exit_code=78).stdout
    assert said.count("it did not go out") == 10
    assert "and 4 more" in said


def test_a_repair_waits_for_a_run_that_is_at_work(made: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """75: what is on its way is not taken for lost."""
    from followup import files

    monkeypatch.setattr("followup.workflow.desk.WAIT_SECONDS", 0)
    saw(home, touchpoint(made), "claimed", "handing_over")
    with files.Lock(Home(home).lock_path):
        made("reconcile", "--yes", exit_code=75)
    made("reconcile", "--yes")


def test_where_the_system_has_no_name_of_its_own_host_and_folder_tell_homes_apart(
    made: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Macs and Windows have no file with one."""
    monkeypatch.setattr(mailnotes, "_MACHINE_IDS", (tmp_path / "missing",))
    shutil.copytree(home, tmp_path / "copy")
    with desks.opened(home) as desk, desks.opened(tmp_path / "copy") as copy:
        here = mailnotes.here(desk)
        assert here == mailnotes.here(desk)
        assert mailnotes.here(copy).mark != here.mark
        monkeypatch.setattr("socket.gethostname", lambda: "another")
        assert mailnotes.here(desk).mark != here.mark


def test_a_clock_that_jumped_is_explained(made: Run, home: Path) -> None:
    """It keeps nothing back for good: 0, with what to do."""
    with desks.opened(home) as desk, desk.store.write(kind="system", command="clock", person="", now=NOW) as write:
        write.set_meta("doubted_on", "2026-03-02")
        write.set_meta("doubt", "the home slept from 1 January 2026, 08:00 to 2 March 2026, 09:15")
    assert "because the home slept from 1 January 2026" in made("reconcile").stdout
    made("restore", "--looked")
    assert made("reconcile").stdout == "Nothing keeps messages from going out.\n"
