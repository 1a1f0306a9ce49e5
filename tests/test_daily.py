"""`run --cron`: what is due is drafted, one digest when something is new, silence when all is well, nothing twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]

MAIL = ("--address", "1 Quay, Westerby", "--email", "sam@alder.example.com")


@pytest.fixture
def cron(run: Run) -> Callable[..., str]:
    """Make a home with Ada, whose tap was mended on Monday, 2 March, and return what cron mails on a day."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", *MAIL)
    run("client", "add", "--name", "Ada Hall", "--email", "ada@example.com", now="2026-03-02")
    run("job", "add", "Ada Hall", "--service", "Tap repair", "--completed", "2026-03-02", now="2026-03-02")

    def mailed(day: str, *, exit_code: int = 0) -> str:
        return run("--quiet", "run", "--cron", now=day, exit_code=exit_code).stdout

    return mailed


def test_the_digest_says_what_waits_and_what_to_do(cron: Callable[..., str], home: Path) -> None:
    """One line for each kind of work, with the command or the page."""
    assert cron("2026-03-03").splitlines() == [
        "followup, 3 March 2026: what waits for you",
        f"  1 draft to confirm: open {home / 'drafts' / 'drafts.html'}, send, then followup confirm",
    ]


def test_the_same_is_never_told_twice(cron: Callable[..., str]) -> None:
    """The draft still waits the day after, and the owner knows; a week later it is worth another word."""
    assert cron("2026-03-03")
    for day in ("2026-03-03", "2026-03-04", "2026-03-06", "2026-03-09"):
        assert cron(day) == ""
    assert cron("2026-03-10").startswith("followup, 10 March 2026: what waits for you")


def test_what_waits_for_a_week_is_told_again_once(cron: Callable[..., str], run: Run, home: Path) -> None:
    """And the digest says since when nothing is new; then it is quiet for another week."""
    with (home / "followup.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[cadence.case-ladder]\nenabled = false\n")  # which has something new to say every day
    run("snooze", "Ada Hall", "--everything", "--until", "2026-06-01", now="2026-03-03")
    run("case", "open", "Ada Hall", now="2026-03-03")
    assert "1 open case: followup case list" in cron("2026-03-03")
    assert cron("2026-03-09") == ""
    reminder = cron("2026-03-10")
    assert reminder.startswith("followup, 10 March 2026: what waits for you, and nothing is new since 3 March 2026\n")
    assert cron("2026-03-11") == ""


def test_something_new_is_told_with_what_waits_already(cron: Callable[..., str], run: Run) -> None:
    """The owner sees the whole, and how much of it is new."""
    cron("2026-03-03")
    run("client", "add", "--name", "Bea Moor", "--email", "bea@example.com", now="2026-03-03")
    run("job", "add", "Bea Moor", "--service", "Drain", "--completed", "2026-03-03", now="2026-03-03")
    assert "2 drafts to confirm (1 new): open " in cron("2026-03-04")


def test_what_is_settled_is_no_news_and_what_comes_again_is(cron: Callable[..., str], run: Run) -> None:
    """A call that nobody answered is told on the day on which it comes again."""
    cron("2026-03-03")
    run("client", "add", "--name", "Bea Moor", "--phone", "+44 1632 960001", now="2026-03-03")
    run(
        "job",
        "add",
        "Bea Moor",
        "--service",
        "Boiler",
        "--completed",
        "2026-02-24",
        "--amount",
        "900",
        now="2026-03-03",
    )
    assert "1 call to make: followup calls" in cron("2026-03-03")
    run("confirm", "--drafts", "--sent", now="2026-03-03")
    assert cron("2026-03-04") == ""
    run("done", "Bea Moor", "--outcome", "voicemail", now="2026-03-04")
    assert cron("2026-03-05") == ""
    assert "1 call to make: followup calls" in cron("2026-03-06")


def test_no_output_when_all_is_well(cron: Callable[..., str], run: Run) -> None:
    """Nothing waits: nothing is printed, not even after a week; without --cron a person gets a sentence."""
    cron("2026-03-03")
    run("confirm", "--drafts", "--sent", now="2026-03-03")
    assert cron("2026-03-04") == ""
    assert run("run", now="2026-03-04").stdout == "Nothing waits for you.\n"
    assert "draft to confirm" in run("run", now="2026-03-10").stdout, "without --cron what waits is told each time"
    assert "draft to confirm" in run("run", now="2026-03-10").stdout


def test_a_message_that_cannot_be_written_is_told_with_its_reason(cron: Callable[..., str], run: Run) -> None:
    """Nobody to greet: the client and what to do are named, the exit code asks for a person, and once is enough."""
    run("confirm", "--drafts", "--sent", now="2026-03-02")
    run("client", "add", "--name", "Mono", "--email", "mono@example.com", now="2026-03-02")
    run("job", "add", "Mono", "--service", "Drain", "--completed", "2026-03-02", now="2026-03-02")
    said = cron("2026-03-03", exit_code=3)
    assert "1 message that cannot be written: see below" in said
    assert "nobody to greet" in said
    assert cron("2026-03-04", exit_code=3) == ""


def test_what_was_told_holds_nothing_of_a_client(cron: Callable[..., str], run: Run, home: Path) -> None:
    """The note outlives an erasure, so it has no names and no keys; and it is nothing that undo could take back."""
    from followup import store
    from followup.home import Home

    cron("2026-03-03")
    with store.open(home / "followup.db", home_key=Home(home).key(), backups=home / "backups") as opened:
        note = json.loads(opened.meta("digest") or "")
    assert note["on"] == "2026-03-03"
    assert all(len(mark) == 10 for mark in note["waiting"])
    assert "job add" in run("undo", "--yes", now="2026-03-03").stdout


def test_messages_are_held_by_the_hour_where_the_settings_say_so(
    cron: Callable[..., str], run: Run, home: Path
) -> None:
    """Nothing is drafted outside mail.send_between, by `send`, `week` or cron; inside it is."""
    settings = home / "followup.toml"
    text = settings.read_text()
    assert '# send_between = ""' in text
    settings.write_text(text.replace('# send_between = ""', 'send_between = "08:00-18:00"'))
    assert "1 message to send: held until 08:00 (mail.send_between)" in cron("2026-03-03T07:30")
    assert not list((home / "drafts").glob("*.eml"))
    said = run("send", "--yes", now="2026-03-03T18:01").stdout
    assert said == "Held until 08:00: mail.send_between is 08:00-18:00. Nothing was drafted.\n"
    assert "held until 08:00" in run("week", now="2026-03-03T07:30", answers="\n" * 9, exit_code=None).stdout
    assert "1 draft in" in run("send", "--yes", now="2026-03-03T18:00").stdout
