"""week: fifteen minutes once a week, every answer kept at once, left at any point."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import EXAMPLES, Ran

Run = Callable[..., Ran]


def rows(run: Run, *arguments: str, **options: str) -> list[dict[str, Any]]:
    """Return the rows that a command prints as json."""
    found = json.loads(run(*arguments, "--format", "json", **options).stdout)
    return list(found["rows"] if isinstance(found, dict) else found)


def drafts(home: Path) -> list[Path]:
    """Return the files of drafts."""
    return sorted((home / "drafts").glob("*.eml"))


def typed(*answers: str) -> str:
    """Return what somebody types, line by line."""
    return "".join(f"{answer}\n" for answer in answers)


# ---------------------------------------------------------------- without a terminal


def test_without_a_terminal_the_round_is_printed(business: Run) -> None:
    """What waits, drafts, messages, whom to call; a screenful or two, and nothing is changed."""
    business("send", "--yes", "--limit", "2")
    before = rows(business, "due")
    said = business("week").stdout
    for words in ("Did these go out?", "Messages to send", "Calls, texts and letters", "Margaret Doyle"):
        assert words.casefold() in said.casefold()
    assert "HOW TO BEGIN" not in said
    assert max(len(line) for line in said.splitlines()) < 160
    assert rows(business, "due") == before


def test_a_message_that_cannot_be_made_says_why_in_the_round(made: Run, home: Path) -> None:
    """Instead of its subject."""
    (home / "templates").mkdir(exist_ok=True)
    (home / "templates" / "thank-you.en.txt").write_text("subject: Hi\n---\n{{ nmae }}\n", encoding="utf-8")
    assert "nmae" in made("week").stdout
    ran = made("week", answers=typed(""))
    assert "nmae" in ran.stderr


def test_an_empty_round_is_short(run: Run) -> None:
    """Nothing waits."""
    run("init", "--name", "Sam")
    assert "Nothing waits for you." in run("week").stdout


# ---------------------------------------------------------------- with a person


def test_the_whole_round(business: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Import, all messages at once, all confirmed, one call, letters for later, and a few lines at the end."""
    calls = len(rows(business, "calls", now="2026-03-09"))
    answers = typed("y", "a", "a", *["l"] * (calls + 10))
    ran = business("week", EXAMPLES / "jobs-this-week.csv", answers=answers, now="2026-03-09")
    assert "Imported:" in ran.stdout
    assert "because " in ran.stdout
    assert "Recorded as sent" in ran.stdout
    assert drafts(home) == []
    end = ran.stdout.partition("Done for Monday 9 March 2026:")[2].splitlines()
    assert "written, 0 skipped" in end[0]
    assert any(line.startswith("  coming in the next seven days:") for line in end)


def test_files_can_be_typed_or_dropped_on_the_terminal(made: Run, tmp_path: Path) -> None:
    """Quotes and blanks allowed; a file that is not there does not end the round."""
    path = tmp_path / "my clients.csv"
    path.write_text("Name,Email\nBert Hill,bert@example.com\n", encoding="utf-8")
    made("week", answers=typed(f'"{path}"', "y", "l"))
    assert "Bert Hill" in {row["client"] for row in rows(made, "client", "list")}
    ran = made("week", answers=typed("none.csv", "l"))
    assert "Not imported" in ran.stderr
    assert "Done for" in ran.stdout


def test_an_import_that_was_declined_goes_on_with_the_round(made: Run, tmp_path: Path) -> None:
    """A no to the file is no no to the rest."""
    path = tmp_path / "clients.csv"
    path.write_text("Name,Email\nBert Hill,bert@example.com\n", encoding="utf-8")
    ran = made("week", path, answers=typed("n", "l"))
    assert "Not imported" in ran.stderr
    assert "Done for" in ran.stdout


def test_drafts_from_before_are_asked_for_first(made: Run) -> None:
    """One by one, and only once."""
    made("send", "--yes")
    ran = made("week", answers=typed("", "o", "y"), now="2026-03-03")
    assert ran.stderr.count("[y]es, [n]o, [l]ater") == 1
    assert len(rows(made, "report", "contacts", "--month", "2026-03")) == 1


def test_messages_one_by_one(business: Run, home: Path) -> None:
    """Send one, skip one for good, leave one for later, then Ctrl-D: the first two answers are kept."""
    ran = business("week", answers=typed("", "s", "k", "l"), exit_code=130)
    assert len(drafts(home)) == 1
    states = [row["state"] for row in rows(business, "due")]
    assert states.count("unconfirmed") == 1
    assert "Skipped" in ran.stdout
    assert "Traceback" not in ran.stderr


def test_drafts_of_the_round_wait_for_their_answer(made: Run, home: Path) -> None:
    """Enter alone says later; the draft stays a draft."""
    ran = made("week", answers=typed("", "s", ""))
    assert "drafts.html" in ran.stdout
    assert len(drafts(home)) == 1
    assert "waiting to be confirmed: 1 message" in ran.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="the editor is a shell script")
def test_a_message_is_edited_and_then_sent(
    made: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be kept is said, and the message is shown again; what can is sent."""
    editor = tmp_path / "editor"
    count = tmp_path / "count"
    editor.write_text(
        f"#!/bin/sh\n"
        f"if [ -e '{count}' ]; then printf 'Subject: Hello\\n\\nDear Ada.\\n\\nSam Alder\\n' > \"$1\"\n"
        f"else touch '{count}'; printf 'Dear {{{{ name }}}}.\\n\\nSam Alder\\n' > \"$1\"; fi\n"
        'sleep 1; touch "$1"\n',
        encoding="utf-8",
    )
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    ran = made("week", answers=typed("", "e", "e", "s", "l"))
    assert "Nothing was kept" in ran.stderr
    assert "Subject: Hello" in ran.stdout
    assert b"Dear Ada." in drafts(home)[0].read_bytes()


def test_without_an_editor_the_round_goes_on(made: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor that cannot be started is said, and the message is asked about again."""
    monkeypatch.setenv("EDITOR", "/nowhere/editor")
    ran = made("week", answers=typed("", "e", "l"))
    assert "ditor" in ran.stderr
    assert "Done for" in ran.stdout


@pytest.mark.parametrize(
    ("key", "outcome"),
    [("h", "happy"), ("u", "unhappy"), ("v", "voicemail"), ("n", "no-answer"), ("w", "wrong-number")],
)
def test_calls_one_by_one_with_one_key_and_a_note(business: Run, key: str, outcome: str) -> None:
    """Each outcome is one key; letters and texts are done or left."""
    business("send", "--yes")
    sheet = rows(business, "calls")
    answers = []
    for row in sheet:
        answers += [key, "loves the bath"] if row["channel"] == "call" else ["d", ""]
    ran = business("week", answers=typed("", "l", *answers))
    made_ = [row for row in rows(business, "report", "contacts", "--month", "2026-03") if row["channel"] == "call"]
    assert {row["outcome"] for row in made_} == {outcome}
    assert {row["note"] for row in made_} == {"loves the bath"}
    assert f"{len(sheet)} calls and letters" in ran.stdout


def test_a_call_left_for_later_stays_due(business: Run) -> None:
    """Enter alone records nothing."""
    business("send", "--yes")
    before = rows(business, "calls")
    business("week", answers=typed("", "l", *[""] * len(before)))
    assert rows(business, "calls") == before


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX's")
def test_the_round_in_a_real_terminal(made: Run, home: Path) -> None:
    """Started as its user starts it: it asks, takes keys, and ends with 0."""
    import pty

    environment = {**os.environ, "PYTHONPATH": str(EXAMPLES.parent), "FOLLOWUP_NOW": "2026-03-02T09:15"}
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, "-m", "followup", "--home", str(home), "week"], environment)
    said = b""
    for question, answer in ((b"Files to import", b"\n"), (b"[s]end as draft", b"s\n"), (b"[l]ater", b"a\n")):
        said = said[said.rfind(question) + 1 :] if question in said else said
        while question not in said:
            said += os.read(terminal, 4096)
        said = said.partition(question)[2]
        os.write(terminal, answer)
    with os.fdopen(terminal, "rb", buffering=0) as stream:
        try:
            while more := stream.read(4096):
                said += more
        except OSError:  # Linux says so when the other side has gone
            pass
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert b"Done for Monday 2 March 2026" in said
    assert len(rows(made, "report", "contacts")) == 1


def test_each_message_and_call_says_which_of_how_many(business: Run) -> None:
    """Number, step and job stand above; of the headers those for people; no command where a key is asked for."""
    said = business("week", answers=typed("", *"l" * 21), exit_code=None).stdout
    assert "1 of 16: thank-you, Boiler service" in said
    assert "16 of 16: " in said
    assert "Subject: " in said
    assert "Message-ID" not in said
    assert "\n5. " in said
    assert "then: followup done" not in said


def test_an_odd_quotation_mark_in_a_name_is_part_of_the_name(made: Run) -> None:
    """What was typed is looked for as it is."""
    ran = made("week", answers=typed("Sam's clients.csv", "l"))
    assert "Sam's clients.csv" in ran.stderr
