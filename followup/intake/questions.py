"""What only the owner knows about a file: the questions, and what counts as an answer to each.

Takes the answers given now and those remembered for such files. Gives answers, and notes which of them were used.
Touches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import blake2b

from followup.intake import columns, damage, decode, facts, headers, mapping, meanings, moved, shape

CHOICES: Mapping[str, tuple[str, ...]] = {
    "date_order": columns.ORDERS,
    "decimal_mark": (".", ","),
    "kind": headers.KINDS,
    "fill_down": ("yes", "no"),
    "headings": shape.HEADINGS,
    "day_numbers": tuple(damage.EPOCHS),
}
"""Answers with a fixed choice; `encoding`, `sheet`, `columns`, `tables` and those about a WORD are checked for form."""

_NAMES = f"known are {', '.join(headers.COLUMN_NAMES)}"


Remembered = Callable[[str], Mapping[str, str]]
"""fingerprint -> the answers given for such files before."""


def fingerprint(header: Sequence[str]) -> str:
    """Return what a kind of file is recognised by: the names of its columns, in any order."""
    names = sorted(name for each in header if (name := headers.normal(each)) and not headers.is_ours(each))
    return blake2b("\n".join(names).encode("utf-8", "replace"), digest_size=12).hexdigest()


class Questions:
    """The questions about one file and the answers to them: what is given now goes before what is remembered."""

    def __init__(self, given: Mapping[str, str]) -> None:
        """Begin with the answers given now; `memory` is known when the header has been read."""
        self.given = given
        self.memory: Mapping[str, str] = {}
        self.used: dict[str, str] = {}
        self.open: list[facts.Question] = []

    def answer(self, about: str) -> str:
        """Return the answer to a question, which is thereby used, or nothing."""
        value = self.given.get(about) or self.memory.get(about, "")
        if value:
            self.used[about] = value
        return value

    def answers_about(self, start: str, words: Collection[str]) -> dict[str, str]:
        """Return the answers to the questions that are *start* and one of *words*; they are thereby used."""
        fitting = {headers.normal(word) for word in words}
        found = {
            about: value
            for about, value in {**self.memory, **self.given}.items()
            if about.startswith(start) and headers.normal(about.removeprefix(start)) in fitting
        }
        self.used.update(found)
        return found

    def ask(
        self, about: str, question: str, options: Sequence[str], *, word: str = "", rows: Sequence[int] = ()
    ) -> None:
        """Ask the owner. *rows* are the evidence: where in the file it can be seen."""
        self.open.append(facts.Question(about, question, tuple(options), word, tuple(rows)))


def check(about: str, value: str) -> str:
    """Return what is wrong with an answer, or nothing."""
    if about.startswith("status:") and about.partition(":")[2].strip():
        return _of_choice(about, value, meanings.STATUS_ANSWERS)
    kind, of_column, _ = about.partition(":")
    if about in CHOICES or (kind == "fill_down" and of_column):
        return _of_choice(about, value, CHOICES[kind])
    if about == "encoding":
        known = decode.known_encoding(value)
        return "" if known else f"'{value}' is no encoding; write utf-8, cp1252 or mac_roman, for example"
    if about == "sheet":
        return "" if value else "name the sheet, or give its number"
    if about == "tables":
        good = value == "all" or (value.isascii() and value.isdigit() and value != "0")
        return "" if good else f"'{value}' is no answer to 'tables'; write the number of a table, or all"
    if about.startswith(mapping.ABOUT) and about != mapping.ABOUT:
        known = value in (*headers.COLUMN_NAMES, mapping.LEFT_OUT, mapping.KEPT)
        return "" if known else f"'{value}' is no name for a column; {_NAMES}, + to keep it as it is, - for none"
    if about.startswith(f"{moved.ABOUT}:") and about != f"{moved.ABOUT}:":
        return _of_choice(about, value, moved.ANSWERS)
    if about == "columns":
        if headers.by_answer(value.split(",")) is not None:
            return ""
        return f"'{value}' names columns that we do not know; {_NAMES}, and - for none"
    return (
        f"'{about}' is no question of an import; those are {', '.join(CHOICES)}, encoding, sheet, columns, tables, "
        "column:NAME, status:WORD, same_job:ROWS"
    )


def _of_choice(about: str, value: str, options: Sequence[str]) -> str:
    return "" if value in options else f"'{value}' is no answer to '{about}'; write one of {', '.join(options)}"
