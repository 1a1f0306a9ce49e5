"""What the care for clients writes down is done whole or not at all: killed at a write, or left at a question."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ran
from tests.programs import Program, lines_file
from tests.test_import_interrupted import POSIX_ONLY, calls_of, in_a_terminal, killed_at, tables, until

Run = Callable[..., Ran]
NEW_ID = re.compile(r"\b[a-km-np-tv-z2-9]{10}\b")
MAIL = ("--address", "1 Quay, Westerby", "--email", "uwe@erle.example.com")
SETTINGS = """
[people.kim]
name = "Kim Reed"
email = "kim@erle.example.com"

[remedies.come-back-free]
text = "we come back and put it right, free of charge"
cost = 40

[remedies.voucher]
text = "a voucher for your next service"
cost = 20

[services."Boiler service"]
checklist = ["Valves tight", "Gas tested"]
"""
REWARD = '[referrals]\nreward = "a voucher"\nreward_amount = "20"\n'

VERBS = {
    "offer": ("case", "offer", "hall", "voucher"),
    "choose": ("case", "choose", "hall", "come-back-free", "--fix-by", "2026-03-05"),
    "move": ("promise", "move", "gray", "--by", "2026-03-20", "--reason", "the maker is late"),
    "won": ("enquiry", "won", "gray", "--promised", "2026-03-27"),
    "paid": ("referral", "paid", "hall", "--gift"),
    "correct": ("gift", "correct", "hall", "--goods", "21.50", "--reason", "a slip of the pen"),
    "handover": ("handover", "hall", "--to", "kim", "--by", "2026-03-05", "--case", "hall", "--for-good"),
    "complete": ("job", "complete", "R1", "--checked", "1", "--open-by", "2026-03-12"),
    "import": ("promise", "import", "PROMISES"),
    "concerns": ("concerns", "--accept", "dunn", "--yes"),
}
QUESTIONS = {
    "an item of a checklist": (("job", "complete", "R1"), "", "Valves tight: done?"),
    "the next item": (("job", "complete", "R1"), "n\n", "Gas tested: done?"),
    "the day for what is open": (("job", "complete", "R1"), "n\ny\n", "By when will the rest be done?"),
    "the last part of a recap": (("job", "recap", "R2"), "worn\nmended\nnothing\n", "Watch for"),
    "taking up a concern": (("concerns", "--accept", "dunn"), "", "Do this?"),
    "a gift over the limit": (
        ("gift", "add", "hall", "wine", "--goods", "45", "--purpose", "thanks"),
        "",
        "over the limit?",
    ),
    "whether a reward is a gift": (("referral", "paid", "hall"), "", "Was it a voucher"),
    "an entry put right over the limit": (
        ("gift", "correct", "hall", "--goods", "55", "--reason", "a slip of the pen"),
        "",
        "over the limit?",
    ),
}


@pytest.fixture
def busy(run: Run, home: Path, tmp_path: Path) -> Program:
    """Give a program whose home has something under way of every kind."""
    run("init", "--name", "Uwe Erle", "--business", "Erle", "--country", "DE", *MAIL, now="2026-02-02")
    settings = home / "followup.toml"
    settings.write_text(settings.read_text("utf-8").replace("[referrals]\n", REWARD) + SETTINGS, encoding="utf-8")
    for name in ("Ada Hall", "Cleo Dunn", "Eve Gray"):
        run("client", "add", "--name", name, "--email", f"{name[:3].lower()}@example.com", now="2026-02-02")
    run("client", "add", "--name", "Bob Hill", "--referred-by", "Ada Hall", now="2026-02-02")
    bath = ("--service", "Bath", "--amount", "900")
    run("job", "add", "hill", *bath, "--completed", "2026-02-03", "--paid", "2026-02-05", now="2026-02-06")
    run("job", "add", "dunn", *bath, "--invoice", "R2", "--promised", "2026-02-20", "--completed", "2026-02-27")
    run("job", "add", "hall", "--service", "Boiler service", "--invoice", "R1")
    run("case", "open", "hall", "--summary", "no hot water")
    run("case", "offer", "hall", "come-back-free")
    run("promise", "add", "gray", "the quote", "--by", "2026-03-13")
    run("enquiry", "add", "gray", "a price for a bath", "--service", "Bath")
    run("gift", "add", "hall", "flowers", "--goods", "20", "--purpose", "thanks", "--role", "customer")
    lines_file(
        tmp_path / "promises.csv",
        ["client,summary,due_on", "Eve Gray,a second quote,2026-03-20", "Ada Hall,the towels,2026-03-17"],
    )
    return Program(home)


def shape(home: Path) -> dict[str, list[str]]:
    """Return every row of every table, its identifiers made alike: they are new with every run."""
    return {name: sorted(NEW_ID.sub("id", repr(row)) for row in rows) for name, rows in tables(home).items()}


@POSIX_ONLY
@pytest.mark.parametrize("words", VERBS.values(), ids=VERBS)
def test_what_is_killed_at_a_write_did_all_of_it_or_nothing(
    busy: Program, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Anywhere in it, and around its last writes; the next command goes on from there."""
    words = tuple(str(tmp_path / "promises.csv") if word == "PROMISES" else word for word in words)
    kept = tmp_path / "kept"
    shutil.copytree(busy.home, kept)
    before = shape(busy.home)
    busy.run(*words)
    done = shape(busy.home)
    assert done != before
    last = calls_of(Program(kept), words)
    for call in (random.randint(1, last), last - random.randint(0, 12)):
        shutil.rmtree(busy.home)
        shutil.copytree(kept, busy.home)
        assert killed_at(busy, call, words).returncode == -signal.SIGKILL, f"call {call} of {last}"
        assert shape(busy.home) in (before, done), f"killed at call {call} of {last}"
    busy.run()


@POSIX_ONLY
@pytest.mark.parametrize(("words", "answers", "asked"), QUESTIONS.values(), ids=QUESTIONS)
def test_who_leaves_at_a_question_has_done_nothing(
    busy: Program, words: tuple[str, ...], answers: str, asked: str
) -> None:
    """Ctrl-C at whatever is asked: 130, one word, and the home is as it was."""
    before = tables(busy.home)
    process, terminal = in_a_terminal(busy, *words)
    os.write(terminal, answers.encode())
    until(terminal, asked)
    time.sleep(0.3)  # from the words of the question to waiting for its answer: what comes in between is not heard
    process.send_signal(signal.SIGINT)
    said = until(terminal, "Stopped.")
    assert process.wait(60) == 130
    os.close(terminal)
    assert "Traceback" not in said
    assert tables(busy.home) == before
