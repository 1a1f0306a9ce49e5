"""The rows that an import left out, in files of their own: repaired, they are imported like the file they came from.

Takes a Desk and what was read of the files. Gives the paths. Touches the home's folder of rejected rows.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from followup import cells, files
from followup.intake import facts, headers

if TYPE_CHECKING:
    from followup.workflow.desk import Desk

_LONGEST_STEM = 50
"""Letters of a file's name that its rejected rows keep: with four bytes each, a name still has room for the day."""
_FIRST_ROW = re.compile(r"row \d+")
_PARTIAL = re.compile(r"\..+\.\w{8}\.part")  # of `files.write_atomically`, after a kill
_AGAIN = re.compile(r" rejected \d{4}-\d\d-\d\d( \d+)?$")


def write(desk: Desk, results: Iterable[facts.FileResult]) -> list[Path]:
    """Write the rows with problems of each file to a CSV with the same header and one column that says why.

    Repaired, such a file is imported like the one it came from; the column of reasons is left out by itself. What a row
    was given from others, such as its client from a heading, stands in its empty cells and in columns of our own.
    What runs that were killed left half written goes.
    """
    folder = desk.home.rejects_path
    for path in files.abandoned(folder, _PARTIAL) if folder.is_dir() else ():
        with suppress(OSError):  # the next run tries again
            path.unlink()
    written: list[Path] = []
    for file in results:
        if not file.problems:
            continue
        reasons: dict[int, list[str]] = {}
        for problem in sorted(file.problems, key=lambda each: each.row):
            where = f"{problem.column}: " if problem.column else ""
            what = f"'{problem.value}' " if problem.value else ""
            reasons.setdefault(problem.row, []).append(f"{where}{what}{problem.why}")
        rows = [file.records[row] for row in reasons if row in file.records]
        header = list(file.header) or str(file.answers.get("columns", "")).split(",")
        width = max(len(header), *(len(row) for row in rows)) if rows else len(header)
        stream = io.StringIO(newline="")
        writer = csv.writer(stream)
        given = list(dict.fromkeys(name for row in reasons for name in file.given.get(row, ())))
        names = [*header, *[""] * (width - len(header)), *given]
        known = headers.normal(headers.REASON_COLUMN)
        again = next((index for index, name in enumerate(names) if headers.normal(name) == known), None)
        names += [] if again is not None else [headers.REASON_COLUMN]
        writer.writerow(map(writable, names))
        for row, why in reasons.items():
            values = [*file.records.get(row, [])]
            values += [""] * (width - len(values))
            values += [file.given.get(row, {}).get(name, "") for name in given]
            # Rows that are rejected again keep the number under which their first file has them.
            first = _FIRST_ROW.match(values[again]) if again is not None else None
            text = f"{first[0] if first else f'row {row}'}: {'; '.join(why)}"
            if again is not None:
                values[again] = text
            else:
                values.append(text)
            writer.writerow([cells.guard(writable(value)) for value in values])
        files.make_folder(folder)
        stem = f"{_AGAIN.sub('', Path(file.name).stem)[:_LONGEST_STEM]} rejected {desk.today}"
        written.append(_write_anew(folder, stem, "\ufeff" + stream.getvalue()))
    return written


def writable(value: str) -> str:
    """Return *value* as a file can hold it: "?" for half a letter, and no NUL."""
    return value.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def _write_anew(folder: Path, stem: str, text: str) -> Path:
    """Write a file under a name that is free, unless one of today says the same already."""
    for name in itertools.chain([stem], (f"{stem} {number}" for number in itertools.count(2))):
        path = folder / f"{name}.csv"
        if not path.exists():
            files.write_atomically(path, text)
            return path
        if path.read_bytes() == text.encode():
            return path
    raise AssertionError("there is always another number")
