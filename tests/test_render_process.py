"""The keeper of the sandbox: a child that hangs, grows or dies stops one template, never a run."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from followup.errors import IOFailure
from followup.render import process
from followup.render.wire import Opening, Result, Task

LOOP = "\n{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
GROW = "{% macro f(x, n) %}{% if n %}{{ f(x ~ x, n - 1) }}{% endif %}{% endmacro %}{{ f('x', 60) }}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a template that works and one that does not end."""
    (tmp_path / "good.txt").write_text("{{ n }}")
    (tmp_path / "loop.txt").write_text(LOOP)
    (tmp_path / "deaf.txt").write_text(LOOP)
    (tmp_path / "large.txt").write_text(GROW)
    return tmp_path


@pytest.fixture
def keeper(folder: Path) -> Iterator[process.Keeper]:
    """Return a keeper with little patience."""
    kept = process.Keeper(Opening((str(folder),), "en", "GB", "GBP", 0.5, 10_000, 512 * 1024 * 1024, ()))
    yield kept
    kept.close()


def good(number: int) -> Task:
    """Return a task that works."""
    return Task("good.txt", "en", {"n": number})


def said(number: int) -> Result:
    """Return what becomes of it."""
    return Result("", str(number), "", "")


def test_results_come_in_order_from_one_child(keeper: process.Keeper) -> None:
    """One process serves the whole run."""
    assert keeper.finish(keeper.begin([])) == []
    first = keeper.begin([good(1), good(2)])
    assert keeper.finish(first) == [said(1), said(2)]
    child = keeper._process
    second = keeper.begin([good(3)])
    third = keeper.begin([good(4)])  # the second is finished first, and its results are kept
    assert keeper.finish(second) == [said(3)]
    assert keeper.finish(third) == [said(4)]
    assert keeper._process is child


def test_an_endless_loop_stops_its_own_message_only(keeper: process.Keeper, folder: Path) -> None:
    """It is stopped with file and line, another child takes the rest, and the template costs its time once."""
    loop = Task("loop.txt", "en", {})
    start = time.monotonic()
    made = keeper.finish(keeper.begin([good(1), loop, good(2), loop, good(3), loop]))
    assert [each.text for each in made] == ["1", "", "2", "", "3", ""]
    problem = f"{folder / 'loop.txt'}:2: takes longer than 0.5 seconds and was stopped. Mend the template."
    assert {each.problem for each in made if not each.text} == {problem}
    assert keeper.finish(keeper.begin([loop, good(4)])) == [Result("", "", "", problem), said(4)]
    assert time.monotonic() - start < 10


def test_a_growing_text_is_stopped(keeper: process.Keeper) -> None:
    """By memory, size or time, whichever comes first on this platform; the others go on."""
    made = keeper.finish(keeper.begin([good(1), Task("large.txt", "en", {}), good(2)]))
    assert [each.text for each in made] == ["1", "", "2"]
    assert made[1].problem


def test_a_child_that_goes_without_a_word_is_replaced(keeper: process.Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its messages go one by one until the guilty one is found; then all together again."""
    real = process._answer
    sizes: list[int] = []

    def answer(child: Any, seconds: float) -> object:
        chunk = keeper._chunk
        if keeper._is_ready and chunk is not None:
            sizes.append(len(chunk.under_way))
            if any(chunk.tasks[number].file_name == "deaf.txt" for number in chunk.under_way):
                child.kill()
                child.wait()
        return real(child, seconds)

    monkeypatch.setattr(process, "_answer", answer)
    made = keeper.finish(keeper.begin([good(1), Task("deaf.txt", "en", {}), good(2), good(3)]))
    assert [each.text for each in made] == ["1", "", "2", "3"]
    assert made[1].problem == "deaf.txt:1: used up its time or memory. Mend the template."
    assert sizes == [4, 1, 1, 2]


def test_a_child_that_does_not_answer_is_killed(keeper: process.Keeper) -> None:
    """The parent's own clock ends it."""
    keeper.finish(keeper.begin([good(1)]))
    child = keeper._process
    assert child is not None
    assert process._answer(child, 0.2) is None
    assert child.wait(10) != 0


def test_closing_ends_the_child(keeper: process.Keeper) -> None:
    """Twice is no error; a chunk after it starts another."""
    keeper.finish(keeper.begin([good(1)]))
    child = keeper._process
    keeper.close()
    keeper.close()
    assert child is not None
    assert child.returncode == 0
    assert keeper.finish(keeper.begin([good(2)])) == [said(2)]


def test_closing_does_not_wait_for_a_template(keeper: process.Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child in the middle of something is killed."""
    monkeypatch.setattr(process, "_GRACE_SECONDS", 0.05)
    keeper.begin([Task("loop.txt", "en", {})])
    child = keeper._process
    keeper.close()
    assert child is not None
    assert child.returncode is not None


def test_a_child_that_cannot_start_is_an_error_of_ours(keeper: process.Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a problem of each template; the text says what it said."""
    monkeypatch.setattr(process, "_START", "raise SystemExit('no such module')")
    with pytest.raises(IOFailure, match=r"does not start .*no such module"):
        keeper.finish(keeper.begin([good(1)]))
    monkeypatch.setattr(sys, "executable", os.devnull + "-nowhere")
    with pytest.raises(IOFailure, match="does not start"):
        keeper.begin([good(1)])


def test_the_child_sees_no_secrets(keeper: process.Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the environment only what programs need to start is passed on."""
    monkeypatch.setenv("FOLLOWUP_SMTP_PASSWORD", "hunter2")
    keeper.finish(keeper.begin([good(1)]))
    child = keeper._process
    assert child is not None
    seen = Path(f"/proc/{child.pid}/environ")
    if seen.exists():
        assert b"hunter2" not in seen.read_bytes()


def test_using_render_loads_no_jinja() -> None:
    """`due` asks for the list of templates only, and must not pay for the sandbox."""
    import subprocess

    code = "import sys, followup.render; print(sorted({'jinja2', 'subprocess', 'click'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
