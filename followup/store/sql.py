"""The statements of queries/*.sql, by name.

Takes nothing. Gives SQL text. Touches the package's own files, once, when the first statement is asked for.

A statement begins with a line ``-- name: NAME`` and ends with the next one. Values are named parameters, ``:value``.
``:ids...`` stands for a list and is written out as ``:ids0, :ids1, ...``: lists are padded to one of WIDTHS by
repeating their last value, so that there are few texts, each of which the engine prepares once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "queries"
WIDTHS = (1, 5, 25, 100, 500)
CHUNK = WIDTHS[-1]
"""How many values of a list one statement takes at most."""

_HEAD = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_PARAMETER = re.compile(r":(\w+)")
_LIST = re.compile(r":(\w+)\.\.\.")
_INSERT = r"(?s)(?P<table>INSERT INTO \w+)\s*\((?P<columns>[^)]*)\)\s*VALUES\s*\([^)]*\)(?P<rest>.*)"


@cache
def statements() -> dict[str, str]:
    """Return every statement, by name, as it is written."""
    found: dict[str, str] = {}
    for path in FOLDER.iterdir():
        if path.suffix != ".sql":
            continue
        pieces = _HEAD.split(path.read_text(encoding="utf-8"))
        for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
            if name in found:
                raise ValueError(f"{path.name}: the statement {name} is there twice")
            found[name] = text.strip().removesuffix(";")
    return found


def lists(name: str) -> tuple[str, ...]:
    """Return the names of the lists that a statement takes, each once."""
    return tuple(dict.fromkeys(_LIST.findall(statements()[name])))


@cache
def text(name: str, width: int = 0) -> str:
    """Return a statement ready to prepare, its list written out *width* long."""
    return _LIST.sub(lambda found: ", ".join(f":{found[1]}{index}" for index in range(width)), statements()[name])


@cache
def inserting(name: str, columns: tuple[str, ...], rows: int) -> str:
    """Return an INSERT of several *rows* with ``?`` for its values, of some *columns*: the others are at their default.

    Raises:
        ValueError: the statement is no INSERT, or none of these columns.
    """
    whole = re.match(_INSERT, statements()[name])
    if whole is None or not set(columns) <= set(re.findall(r"\w+", whole["columns"])):
        raise ValueError(f"{name} is no INSERT of {columns}")
    one = f"({', '.join('?' * len(columns))})"
    return f"{whole['table']} ({', '.join(columns)}) VALUES {', '.join([one] * rows)}{whole['rest']}"


@cache
def numbered(name: str, width: int) -> tuple[str, tuple[str, ...]]:
    """Return a statement with numbers for its parameters, and the names of those that stand behind its list in order.

    The list has the numbers up to *width*. To look up five hundred names takes longer than most statements do.
    """
    (listed,) = lists(name)
    others = tuple(dict.fromkeys(each for each in _PARAMETER.findall(statements()[name]) if each != listed))
    places = {each: width + place for place, each in enumerate(others, 1)}
    spread = ", ".join(f"?{place}" for place in range(1, width + 1))
    return _PARAMETER.sub(lambda found: f"?{places[found[1]]}", _LIST.sub(spread, statements()[name])), others


def padded(values: Sequence[str]) -> list[str]:
    """Return *values*, the last one repeated up to the smallest of WIDTHS."""
    width = next(width for width in WIDTHS if width >= len(values))
    return [*values, *[values[-1]] * (width - len(values))]
