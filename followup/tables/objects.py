"""Rows as json: a bare array, or an object with the rows and what is to be said about all of them.

Takes rows and columns. Gives text on the given stream, one row a line, keys in the order of the columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TextIO

from followup.tables import values

if TYPE_CHECKING:
    from followup.cells import Column
    from followup.tables import Envelope

CHUNK_ROWS = 500

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


class _Escaped(dict[int, str]):
    """For str.translate: letters stay readable, what could act on a terminal or break a reader is escaped."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        self[code] = letter if letter.isprintable() else json.dumps(letter)[1:-1]
        return self[code]


_ESCAPED = _Escaped()


def encode(value: object) -> str:
    """Return *value* as json on one line: names as people write them, control and bidi characters as escapes."""
    text = _encode(value)
    return text if text.isprintable() else text.translate(_ESCAPED)


def write(
    rows: Iterable[Sequence[Any]], columns: Sequence[Column], *, stream: TextIO, envelope: Envelope | None
) -> int:
    """Write *rows* one by one; the envelope's own keys stand after them, when totals are known."""
    picked = [
        (index, column.name, values.jsonable(column.kind)) for index, column in enumerate(columns) if column.in_data
    ]
    stream.write("[" if envelope is None else '{"rows": [')
    count = 0
    source = iter(rows)
    while chunk := list(islice(source, CHUNK_ROWS)):
        lines = [
            encode({name: convert(row[index]) if convert else row[index] for index, name, convert in picked})
            for row in chunk
        ]
        stream.write((",\n" if count else "\n") + ",\n".join(lines))
        count += len(chunk)
    stream.write("\n]" if count else "]")
    if envelope is not None:
        extra: Mapping[str, object] = envelope() if callable(envelope) else envelope
        for name, value in {"count": count, **extra}.items():
            stream.write(f",\n{encode(name)}: {encode(value)}")
        stream.write("}")
    stream.write("\n")
    return count
