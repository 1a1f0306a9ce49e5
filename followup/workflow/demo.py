"""The tour: what `followup demo` says and does, read from a text file of the examples.

Takes the text of demo.txt. Gives steps in order. Touches nothing.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a part."""

    text: str


@dataclass(frozen=True, slots=True)
class Say:
    """A paragraph for the reader."""

    text: str


@dataclass(frozen=True, slots=True)
class Clock:
    """From here on it is this instant, as --now takes it."""

    now: str


@dataclass(frozen=True, slots=True)
class Lay:
    """Files of the example business, put into the home in place of those that are there."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A command line without the word `followup`."""

    line: str
    arguments: tuple[str, ...]


Step = Heading | Say | Clock | Lay | Command


def steps(text: str) -> Iterator[Step]:
    """Yield the steps of a tour; the marks are explained at the top of examples/demo.txt."""
    paragraph: list[str] = []
    for line in [*text.splitlines(), ""]:
        step = None if line.startswith("#") else _step(line)
        if line.strip() and step is None and not line.startswith("#"):
            paragraph.append(line.strip())
            continue
        if paragraph:
            yield Say(" ".join(paragraph))
            paragraph = []
        if step is not None:
            yield step


def _step(line: str) -> Step | None:
    mark, _, rest = line.partition(" ")
    match mark:
        case "=":
            return Heading(rest)
        case "@":
            day, _, time = rest.partition(" ")
            date.fromisoformat(day)
            return Clock(f"{day}T{time or '09:00'}")
        case "<":
            return Lay(tuple(rest.split()))
        case "$":
            words = shlex.split(rest)
            return Command(rest, tuple(words[1:]))
        case _:
            return None
