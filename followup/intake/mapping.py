"""What each column of a table is taken for, with a value out of it: what an owner looks at, and corrects.

Takes a header, its Layout, rows and the owner's words. Gives columns to show, and names that answers take. Touches
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from followup.intake import facts, headers

ABOUT = "column:"
"""What the answer about one column begins with: ``column:Tel privat=phone``. It holds wherever the column stands."""
LEFT_OUT = "-"
KEPT = "+"
"""The answer for a column that means nothing to us: it is kept with the client or job under its own name."""
LOOKED_AT = 200
"""In how many rows a value is looked for."""


def columns(
    header: Sequence[str],
    layout: headers.Layout | None,
    records: Iterable[Sequence[str]],
    *,
    suggested: Sequence[str] = (),
) -> tuple[facts.Taken, ...]:
    """Return every column with its first value; *layout* is None where the owner is still to name them."""
    samples: dict[int, str] = {}
    for record in islice(records, LOOKED_AT):
        for index, cell in enumerate(record):
            if index not in samples and cell.strip():
                samples[index] = cell.strip()
    fields = {column.index: column.field for column in layout.columns} if layout else {}
    width = len(header) or max(samples, default=-1) + 1
    return tuple(
        facts.Taken(
            number=index + 1,
            header=headers.shown(header[index]) if index < len(header) else "",
            field=_shown(fields, index) if layout else suggested[index] if index < len(suggested) else "",
            sample=samples.get(index, ""),
        )
        for index in range(width)
    )


def _shown(fields: Mapping[int, str], index: int) -> str:
    if index not in fields:
        return LEFT_OUT
    return headers.answer_name(fields[index]) if fields[index] else KEPT


def told(answers: Mapping[str, str]) -> dict[str, str]:
    """Return column -> field, as `headers.layout` takes it, from the answers about single columns."""
    return {
        headers.normal(about.removeprefix(ABOUT)): headers.told_by(value)
        for about, value in answers.items()
        if about.startswith(ABOUT)
    }


def named(text: str) -> str | None:
    """Return the name under which answers have what a person typed for a column; None when we do not know it."""
    word = text.strip()
    if word in (LEFT_OUT, KEPT):
        return word
    found = headers.by_answer([word]) if word else None
    if found:
        return found[0]
    return next(
        (
            name
            for field, _ in sorted(headers.meanings(word).items(), key=lambda each: each[1])
            if (name := headers.answer_name(field)) in headers.COLUMN_NAMES
        ),
        None,
    )
