"""Rows in, text out, on a stream the caller opened: a table for people, csv for books, json for programs.

Takes any iterable of rows and their columns. Gives the number of rows. Touches the given stream only; what goes wrong
in writing is raised as it is, for the boundary to explain. csv and json never hold more than a few hundred rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TextIO

from followup import cells
from followup.errors import UsageError

Column = cells.Column

FORMATS = ("table", "csv", "json")

Envelope = Mapping[str, object] | Callable[[], Mapping[str, object]]
"""What stands beside the rows in a json object; a function is asked after the last row, when totals are known."""

Row = Sequence[object]


def write(
    rows: Iterable[Row],
    columns: Sequence[Column],
    *,
    format: str,  # noqa: A002 - the option's name
    stream: TextIO,
    envelope: Envelope | None = None,
    excel: str = "",
    width: int | None = None,
) -> int:
    r"""Write *rows* to *stream* and return how many there were.

    Args:
        rows: one value a column, in the order of *columns*; consumed once, one after the other.
        columns: what the values are; those of the screen are left out of csv and json, and the other way round.
        format: one of FORMATS.
        stream: text, UTF-8, opened with ``newline=""``: csv lines end with ``\n`` (with ``\r\n`` for Excel) as
            written here, json lines with ``\n``.
        envelope: json only: an object ``{"rows": [...], "count": n, **envelope}`` instead of a bare array.
        excel: csv only: the country (ISO 3166 alpha-2) in whose Excel a double click opens it; empty: plain csv.
        width: table only: columns of the terminal; None leaves texts as long as they are.

    Raises:
        UsageError: an unknown format, or `excel` with another one than csv.
    """
    if format not in FORMATS:
        raise UsageError(f"--format: '{format}' is none of {', '.join(FORMATS)}.")
    if excel and format != "csv":
        raise UsageError("--excel makes a csv file: add --format csv.")
    if format == "csv":
        from followup.tables import separated

        return separated.write(rows, columns, stream=stream, excel=excel)
    if format == "json":
        from followup.tables import objects

        return objects.write(rows, columns, stream=stream, envelope=envelope)
    from followup.tables import screen

    return screen.write(rows, columns, stream=stream, width=width)
