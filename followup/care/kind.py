"""What a kind of record is, as data: commands, import, export, reports and the client's page are made from it.

Takes and gives plain values. Touches nothing. `care.kinds` describes each kind with these words.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from followup import cells
from followup.model import US, Record
from followup.records import dataclass, field

Takes = Literal[
    "text", "day", "instant", "amount", "whole", "truth", "texts", "choice", "person", "client", "job", "case",
    "promise", "referral", "gift",
]  # fmt: skip
"""What a field holds; from "person" on a reference: who or what is typed, and its id is kept."""

Verb = Literal["add", "list", "show", "edit", "close"]
"""What can be done with every kind alike."""

_CELLS: Mapping[str, cells.Kind] = {
    "day": "day",
    "instant": "instant",
    "amount": "amount",
    "whole": "number",
    "truth": "flag",
    "texts": "words",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field that is typed, listed, imported and exported. *name* is the record's attribute."""

    name: str
    label: str  # what people read: the title of its column, its name on a page
    takes: Takes = "text"
    help: str = ""
    option: str = ""  # "--by"; unless told, the name without what only says how it is kept
    flag: str = ""  # the option takes no value: this one is meant
    choices: tuple[str, ...] = ()
    required: bool = False
    of_client: bool = True  # a reference: what is meant belongs to the record's own client
    at: tuple[Verb, ...] = ("add", "edit")  # verbs that take it; none: a verb of the kind's own sets it
    column: str = ""  # of csv, json and import, where it is not called like the field
    place: cells.Place = "data"
    spare: int = 0  # see cells.Column

    @property
    def said(self) -> str:
        """Return how its option is spelled."""
        return self.option or f"--{_plain(self.name).replace('_', '-')}"

    @property
    def header(self) -> str:
        """Return the name of its column: what import reads and json has, a promise."""
        return self.column or self.name.removesuffix("_minor")

    @property
    def cell(self) -> cells.Column:
        """Return its column."""
        return cells.Column(
            self.header,
            self.label,
            _CELLS.get(self.takes, "text"),
            self.place,
            whole=self.takes in ("day", "instant", "amount"),
            spare=self.spare,
        )


def _plain(name: str) -> str:
    for ending in ("_on", "_at", "_id", "_minor"):
        name = name.removesuffix(ending)
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a record can end: `close KEY --as WORD`, or by a verb of the kind's own."""

    word: str
    state: str
    says: str  # what is told once it is so
    by: str = ""  # the only verb that leads there, with checks of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Everything that tells one kind of record from the others."""

    name: str
    plural: str
    record: type[Record]
    states: type[StrEnum]  # the first one is where a record begins
    about: str  # a sentence: what it is for
    fields: tuple[Field, ...]
    endings: tuple[Ending, ...]
    argument: str = ""  # the field that is typed behind the client, without an option
    verbs: tuple[Verb, ...] = ("add", "list", "show", "edit", "close")  # those that are made from this description
    begun_by: str = US  # whose act it is, unless told
    opens: str = "add"  # what the verbs are called in its commands
    closes: str = "close"
    derived: tuple[cells.Column, ...] = ()  # columns that follow from the fields and from today
    first: tuple[str, ...] = ()  # columns in front of the others, in an order that was promised
    lapses: str = ""  # the state of one whose client is forgotten before it is over; empty: it stays as it is
    fixed: bool = False  # entries are never changed: void one, and enter it again
    examples: Mapping[str, str] = field(default_factory=dict)  # verb -> what is typed behind it, which a test does

    @property
    def begins(self) -> str:
        """Return the state in which a record begins."""
        return str(next(iter(self.states)).value)

    @property
    def closed(self) -> frozenset[str]:
        """Return the states in which a record is over: exactly then it has a day on which it was closed."""
        return frozenset(each.state for each in self.endings)

    @property
    def columns(self) -> tuple[cells.Column, ...]:
        """Return every column of its rows; import takes all but the derived ones and `client`, which is a name."""
        head, tail = self.fields[:1], self.fields[1:]
        made = (
            cells.Column(f"{self.name}_id", "Id", whole=True),
            *(each.cell for each in head),
            cells.Column("client", "Client"),
            *(each.cell for each in tail),
            *self.derived,
            *((cells.Column("currency", place="data"),) if self.has_currency else ()),
            cells.Column("client_id", place="data"),
            cells.Column("recorded_at", kind="instant", place="data"),
        )
        places = {name: place for place, name in enumerate(self.first)}
        return tuple(sorted(made, key=lambda each: places.get(each.name, len(places))))

    @property
    def has_currency(self) -> bool:
        """Tell whether it has amounts."""
        return any(each.takes == "amount" for each in self.fields)

    def field(self, name: str) -> Field:
        """Return the field of this name."""
        return next(each for each in self.fields if each.name == name)

    def at(self, verb: Verb) -> tuple[Field, ...]:
        """Return the fields that *verb* takes, in order."""
        return tuple(each for each in self.fields if verb in each.at)
