"""All that a home holds, as tables: what somebody takes along who leaves.

Takes records. Gives sheets: a name, what it holds, columns and rows. Touches nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from followup import cells
from followup.care.kind import Kind
from followup.model import Attempt, Client, Contact, Instruction, Job, Person, Record, Suppression, Tie
from followup.records import dataclass
from followup.report import care, words

_KINDS: dict[str, cells.Kind] = {
    "bool": "flag",
    "date": "day",
    "date | None": "day",
    "datetime": "instant",
    "datetime | None": "instant",
    "tuple[str, ...]": "words",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of one kind of record: what it is called, what it holds, and its rows, made one by one."""

    name: str
    about: str
    columns: Sequence[cells.Column]
    rows: Iterable[tuple[Any, ...]]


def sheet(
    name: str,
    about: str,
    records: Iterable[Any],
    *,
    kind: type,
    only: Collection[str] = (),
    without: Collection[str] = (),
) -> Sheet:
    """Return the table of *records*, a column a field of their *kind*, under the field's name.

    Args:
        name: of the file, without its ending.
        about: what it holds, a sentence.
        records: consumed once.
        kind: a class of the model.
        only: its fields to write; all, unless told.
        without: its fields to leave out.
    """
    fields = [
        field for field in dataclasses.fields(kind) if (not only or field.name in only) and field.name not in without
    ]
    columns = [
        cells.Column(
            f"{kind.__name__.lower()}_id" if field.name == "id" else field.name,
            kind=_KINDS.get(str(field.type), "text"),
        )
        for field in fields
    ]
    return Sheet(name, about, columns, _rows(records, [field.name for field in fields]))


def _rows(records: Iterable[Any], names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    for record in records:
        yield tuple(getattr(record, name) for name in names)


def clients_more(clients: Iterable[Client]) -> Sheet:
    """Return what an export of clients leaves out; *clients* are all, merged and erased ones too."""
    return sheet(
        "clients-more",
        "What clients.csv has no column for, of every client, also of those merged into another or erased.",
        clients,
        kind=Client,
        only={"id", "consent_evidence", "referred_by_id", "owner", "created_on", "merged_into", "erased_on"},
    )


def jobs_more(jobs: Iterable[Job]) -> Sheet:
    """Return what an export of jobs leaves out."""
    return sheet(
        "jobs-more",
        "What jobs.csv has no column for.",
        jobs,
        kind=Job,
        only={"id", "unpaid", "owner", "created_on"},
    )


def records(kind: Kind, found: Iterable[Record], known: Mapping[str, Client], *, today: date) -> Sheet:
    """Return the records of a kind. *known*: client id -> client."""
    return Sheet(kind.plural, kind.about, kind.columns, care.rows(kind, found, known, today=today))


def contacts(found: Iterable[Contact]) -> Sheet:
    """Return the contacts."""
    return sheet("contacts", "Every contact that happened, out or in.", found, kind=Contact)


def attempts(found: Iterable[Attempt]) -> Sheet:
    """Return the attempts, with their words; the exact bytes are in a backup only."""
    about = "Every message that was drafted or sent: its words, to whom, and what became of it."
    return sheet("attempts", about, found, kind=Attempt, without={"message"})


def instructions(found: Iterable[Instruction]) -> Sheet:
    """Return what the owner decided."""
    about = "What you decided about a touchpoint or a client: skip, snooze, done, your own words."
    return sheet("instructions", about, found, kind=Instruction)


def ties(found: Iterable[Tie]) -> Sheet:
    """Return what the owner said of who is who."""
    about = (
        "What you said of two clients: that they are different people, or one household; "
        "or of one: that it stands alone."
    )
    return sheet("ties", about, found, kind=Tie)


def suppressions(found: Iterable[Suppression]) -> Sheet:
    """Return who must not be written to."""
    about = (
        "Addresses never to write to again, as hashes: the addresses themselves are not kept. "
        "Who of the clients said stop is in clients.csv, column consent."
    )
    return sheet("suppressions", about, found, kind=Suppression)


def people(found: Iterable[Person]) -> Sheet:
    """Return who of us works here."""
    return sheet("people", "You and your colleagues; other tables name them by person_id.", found, kind=Person)


def outside_numbers(found: Iterable[tuple[str, str, str, str]]) -> Sheet:
    """Return by which numbers other programs call clients and jobs."""
    return Sheet(
        "outside-numbers",
        "The numbers by which the programs that you imported from call clients and jobs.",
        [cells.Column(name) for name in ("source", "kind", "value", "record_id")],
        found,
    )


READ_ME = """\
Everything that followup held of {business} on {day}.

Each table is a CSV file: UTF-8, comma, a header, one record a row. Days are 2026-03-02, instants are UTC, several
values in one cell are separated by "; ". A text that a spreadsheet would compute has an apostrophe in front.
clients.csv and jobs.csv are what `followup import` reads; the others join by client_id, job_id and key.

{tables}

Beside them, as they are in the home:
{copies}

Not here: the exact bytes of messages, the log of every single change, and the key that the hashes were made with.
They are in a `followup backup`. What lies here is not encrypted: keep it as safe as your books.
"""


def read_me(business: str, day: str, sheets: Iterable[tuple[Sheet, int]], copies: Iterable[tuple[str, str]]) -> str:
    """Return what the folder says about itself: every file, what it holds, how many rows, and its columns."""
    tables = []
    for each, count in sheets:
        columns = ", ".join(column.name for column in each.columns if column.in_data)
        tables.append(f"{each.name}.csv ({words.plural(count, 'row')})\n  {each.about}\n  Columns: {columns}")
    return READ_ME.format(
        business=business or "this business",
        day=day,
        tables="\n\n".join(tables),
        copies="\n".join(f"  {name}: {about}" for name, about in copies),
    )
