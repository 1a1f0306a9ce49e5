"""Which rows have to be read, of a file whose like the home has read before.

Takes the lines of a file, as often as it asks for them, each time with a function that knows rows. Gives the numbers
of rows. Touches nothing. A row that is new is read together with the known rows that may speak of the same client or
job: two lines of one invoice, or of one client, only make sense together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from followup.intake.lines import Line

TELLING = frozenset(
    {"job.id", "job.id+invoice", "client.id", "client.email", "client.phone", "client.full_name", "client.last_name"}
)
"""Fields that say which client or job a row is about."""

_MOST_TELLING = 200_000
"""Cells that tell whom new rows are about; when there are more, known rows are read again as well."""

Known = Callable[[Sequence[Line]], Collection[int]]
Chunks = Callable[[], Iterator[tuple[list[Line], list[int], Known]]]
"""Gives some lines, their columns that tell, and which rows of some lines the home has read, until the file ends."""


def rows(chunks: Chunks) -> set[int] | None:
    """Return the rows to read, None when that is every row."""
    new: set[int] = set()
    telling: set[tuple[int, str]] = set()
    some_known = False
    for lines, places, known in chunks():
        before = known(lines)
        some_known = some_known or bool(before)
        if not some_known or len(telling) > _MOST_TELLING:
            return None  # as long a run of new rows at the beginning: a file that the home has not seen
        for line in lines:
            if line.row not in before:
                new.add(line.row)
                telling.update(_said(line, places))
    grows = bool(new)
    while grows:
        grows = False
        for lines, places, _ in chunks():
            for line in lines:
                if line.row not in new and not telling.isdisjoint(said := _said(line, places)):
                    new.add(line.row)
                    grows = grows or not telling.issuperset(said)
                    telling.update(said)
        if len(telling) > _MOST_TELLING:
            return None
    return new


def _said(line: Line, places: list[int]) -> list[tuple[int, str]]:
    return [(place, cell) for place in places if (cell := line.cells[place].strip().casefold())]
