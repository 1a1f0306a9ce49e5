"""run: the daily run, as cron and its owner meet it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]


@pytest.fixture
def calm(run: Run) -> Run:
    """Give `run` in a home where nothing waits."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")
    return run


def test_cron_prints_nothing_when_all_is_well_and_nothing_waits(calm: Run, home: Path) -> None:
    """No output, so no mail from cron."""
    ran = calm("run", "--cron", now=None)
    assert (ran.stdout, ran.stderr) == ("", "")
    assert calm("run").stdout == "Nothing waits for you.\n"


def test_cron_drafts_what_is_due_and_prints_one_digest(made: Run, home: Path) -> None:
    """What waits, each with what to do."""
    said = made("run", "--cron").stdout
    assert said.splitlines()[0] == "followup, 2 March 2026: what waits for you"
    assert "1 draft to confirm: open" in said
    assert str(home / "drafts" / "drafts.html") in said
    assert len(list((home / "drafts").glob("*.eml"))) == 1


def test_cron_tells_nothing_twice_and_reminds_after_a_week(made: Run, home: Path) -> None:
    """The draft is not made again, and not told again until it has lain there for seven days."""
    made("run", "--cron")
    assert made("run", "--cron", now="2026-03-03").stdout == ""
    said = made("run", "--cron", now="2026-03-09").stdout
    assert "nothing is new since 2 March 2026" in said or "new)" in said
    assert "to confirm" in said
    made("confirm", "--drafts", "--sent", now="2026-03-09")
    assert "draft" not in made("run", "--cron", now="2026-03-10").stdout


def test_without_cron_the_digest_is_printed_each_time(made: Run) -> None:
    """Whoever asks gets an answer."""
    made("run")
    assert "what waits for you, and nothing is new since 2 March 2026" in made("run").stdout


def test_the_digest_counts_calls_letters_and_cases(business: Run) -> None:
    """Everything that a person has to do."""
    business("case", "open", "Lorna Fisk")
    said = business("run", "--cron").stdout
    for words in ("calls to make: followup calls", "letters or texts to write: followup calls", "1 open case"):
        assert words in said


def test_what_is_too_late_needs_a_person(made: Run) -> None:
    """Exit code 3, with where to look."""
    ran = made("run", "--cron", now="2026-03-20", exit_code=3)
    assert "1 touchpoint to look at: followup due" in ran.stdout


def test_a_template_that_does_not_render_is_in_the_digest(made: Run, home: Path) -> None:
    """78, with file and line; the other messages are drafted."""
    (home / "templates").mkdir(exist_ok=True)
    (home / "templates" / "thank-you.en.txt").write_text("subject: Hi\n---\n{{ nmae }}\n", encoding="utf-8")
    ran = made("run", "--cron", exit_code=78)
    assert "1 message that cannot be written: see below" in ran.stdout
    assert "thank-you.en.txt:3" in ran.stdout


def test_wrong_settings_are_told_by_cron_too(made: Run, home: Path) -> None:
    """78 on stderr, nothing drafted."""
    with (home / "followup.toml").open("a", encoding="utf-8") as stream:
        stream.write("\n[budgets]\nx = 1\n")
    assert "budget" in made("run", "--cron", exit_code=78).stderr


def test_a_run_while_another_is_at_work_is_for_later(made: Run, home: Path) -> None:
    """75, and nothing half done."""
    from followup import files
    from followup import home as homes

    with files.Lock(homes.Home(home).lock_path):
        assert "Error" in made("run", "--cron", exit_code=75).stderr
    rows = json.loads(made("due", "--format", "json").stdout)
    assert [row["state"] for row in rows] == ["due"]
