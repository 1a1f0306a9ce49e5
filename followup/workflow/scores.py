"""Scores and comments from the CSV of a form service.

Takes a Desk and a file. Gives what was taken in. Touches the store: all of a file or nothing of it, once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from followup import cells, identity, intake
from followup.errors import BadInput
from followup.intake import columns, days
from followup.model import Channel, Client, Contact, Direction
from followup.records import dataclass
from followup.workflow import finding
from followup.workflow.desk import Desk

NAMES: Mapping[str, frozenset[str]] = {
    "email": frozenset({"email", "e-mail", "email address", "e-mail address", "respondent email", "your email"}),
    "name": frozenset({"name", "full name", "client", "customer", "respondent", "your name"}),
    "score": frozenset({"score", "nps", "nps score", "rating", "stars"}),
    "comment": frozenset({"comment", "comments", "feedback", "message", "reason", "anything else"}),
    "date": frozenset({"date", "day", "submitted", "submitted at", "submission date", "timestamp", "completed at"}),
}
"""What form services call their columns."""

STARS = frozenset({"rating", "stars"})
"""Columns that may count to five as well as to ten."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the rows of a file."""

    added: tuple[Contact, ...]
    same: int
    left_out: tuple[str, ...]  # rows of people whom we do not know, in words


def take_in(desk: Desk, path: Path, *, out_of: int | None = None, skip_unknown: bool = False) -> Taken:
    """Take in each score as a contact that came in; the same row again adds nothing.

    Args:
        desk: the desk.
        path: a CSV file or a spreadsheet with columns for e-mail or name, score, comment and date.
        out_of: the best score in the file, 5 or 10; None: 10, where its column does not leave that open.
        skip_unknown: leave out rows of people whom we do not know.

    Raises:
        BadInput: rows that cannot be understood, all of them at once; nothing was taken in.
    """
    rows, headers = _table(desk, path)
    if out_of is None and headers.get("score") in STARS:
        raise BadInput(
            f"{path}: does the column {headers['score']} count to 5 or to 10? Say --out-of 5 or --out-of 10."
        )
    order = columns.date_order([row.get("date", "")[:10] for _, row in rows], country=desk.settings.business.country)
    if isinstance(order, columns.Undecided):
        raise BadInput(f"{path}: '{order.samples[0]}' can be two days. Write the year first: 2026-03-02.")
    reading = _Reading(desk, order, out_of or 10)
    for number, row in rows:
        reading.take(number, row)
    problems = [*reading.problems, *([] if skip_unknown else reading.unknown)]
    if problems:
        hint = " Rows of people whom we do not know: --skip-unknown." if reading.unknown and not skip_unknown else ""
        raise BadInput("\n".join([f"{path}: nothing was taken in.{hint}", *(f"  {each}" for each in problems)]))
    with desk.store.write(kind="contact", command="feedback import", person=desk.person, now=desk.now()) as write:
        added = tuple(each for each in reading.found.values() if write.save(each))
    return Taken(added, len(rows) - len(reading.unknown) - len(added), tuple(reading.unknown))


def _table(desk: Desk, path: Path) -> tuple[list[tuple[int, dict[str, str]]], dict[str, str]]:
    """Return the numbered rows by what their cells are, and how each column is called."""

    def is_ours(row: Sequence[str]) -> bool:
        known = {each for cell in row if (each := _meaning(cell))}
        return "score" in known and bool(known & {"email", "name"})

    sheet = intake.sheet(path, name=str(path), country=desk.settings.business.country, known=is_ours)
    for part, found in sheet.tables(lambda *_: None):
        if not is_ours(part.header):
            break
        meanings = [_meaning(cell) for cell in part.header]
        headers = {meaning: _plain(cell) for meaning, cell in zip(meanings, part.header, strict=True) if meaning}
        rows = [
            (number, {meaning: _cell(cell) for meaning, cell in zip(meanings, row, strict=False) if meaning})
            for number, row in found
        ]
        return [(number, row) for number, row in rows if any(row.values())], headers
    raise BadInput(f"{path}: there is no column for the score beside one for the e-mail or the name.")


def _plain(cell: str) -> str:
    return " ".join(str(cell).replace("_", " ").split()).casefold()


def _meaning(cell: str) -> str:
    return next((meaning for meaning, names in NAMES.items() if _plain(cell) in names), "")


def _cell(cell: str) -> str:
    return cells.unguard(str(cell).strip())


class _Reading:
    """Rows on their way to contacts."""

    def __init__(self, desk: Desk, order: str, out_of: int) -> None:
        self.found: dict[str, Contact] = {}
        self.problems: list[str] = []
        self.unknown: list[str] = []
        self._desk, self._order, self._out_of = desk, order, out_of

    def take(self, number: int, row: Mapping[str, str]) -> None:
        """Make the contact of a row, or note what is wrong with it."""
        score = row.get("score", "")
        if not (score.isascii() and score.isdigit() and int(score) <= self._out_of):
            self.problems.append(f"row {number}: '{score}' is no score from 0 to {self._out_of}.")
            return
        day = self._desk.today
        if row.get("date"):
            try:
                read = days.read(row["date"][:10].strip(), self._order)
            except ValueError:
                read = None
            if read is None or read > self._desk.today:
                self.problems.append(f"row {number}: '{row['date']}' is no day up to today. Write 2026-03-02.")
                return
            day = read
        who = self._who(number, row)
        if who is None:
            return
        comment = row.get("comment", "")
        key = identity.imported_identifier(self._desk.key, "feedback", who.id, day.isoformat(), score, comment)
        self.found[key] = Contact(
            id=key,
            client_id=who.id,
            channel=Channel.EMAIL,
            direction=Direction.IN,
            at=self._desk.noon(day),
            on=day,
            summary="score",
            note=comment,
            score=int(score) * 10 // self._out_of,
        )

    def _who(self, number: int, row: Mapping[str, str]) -> Client | None:
        text = row.get("email") or row.get("name", "")
        fits = self._desk.store.find_clients(text) if text else []
        if len(fits) > 1:
            who = ", ".join(map(finding.describe_client, fits))
            self.problems.append(f"row {number}: '{cells.short(text)}' may be {who}. Give the e-mail.")
        elif not fits:
            self.unknown.append(f"row {number}: no client fits '{cells.short(text)}'.")
        return fits[0] if len(fits) == 1 else None
