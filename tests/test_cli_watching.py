"""The bar of long work: where a person watches, after a while, and never for anybody else."""

from __future__ import annotations

import io
import sys

import pytest

from followup.cli import watching


class Terminal(io.StringIO):
    """A stderr that a person looks at."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def seen(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, *, patience: float = 0, quiet: bool = False) -> str:
    """Return what is shown of two pieces of work."""
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(watching, "PATIENCE", patience)
    watch = watching.Watch(quiet=quiet)
    for what in ("Reading a.csv", "Writing"):
        with watch:
            for done in (10, 50, 100):
                watch(what, done, 100)
    return stream.getvalue()


def test_long_work_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece under its own name, on a line of its own."""
    said = seen(Terminal(), monkeypatch)
    assert "Reading a.csv" in said
    assert "100%" in said
    assert "Writing" in said.rpartition("\n")[0]


def test_what_is_done_soon_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing flickers."""
    assert seen(Terminal(), monkeypatch, patience=60) == ""


def test_nobody_is_shown_a_bar_who_does_not_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe, cron, or somebody who said --quiet."""
    assert seen(io.StringIO(), monkeypatch) == ""
    assert seen(Terminal(), monkeypatch, quiet=True) == ""
