"""One record -> a client, a job, or what is wrong with it, under the meaning of the file's columns.

Takes a layout, the decisions about the whole file and cells. Gives ParsedClient and ParsedJob values, problems, skips
and warnings with their rows. Touches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from operator import itemgetter
from typing import Literal

from followup import cells, codes
from followup.intake import (
    addresses,
    amounts,
    days,
    facts,
    headers,
    iso,
    meanings,
    people,
    phones,
    postal,
    shape,
    table,
)

_BETWEEN = "; "
"""Stands between several values in a cell of our own."""

SEPARATOR = "\x1f"
"""Stands between the cells of a joined row; a cell that holds it is a problem anyway."""

# C0 and C1 without TAB, LF, CR; lone surrogates. NUL is among them.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1e\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# What turns the writing or takes no room; joiners (U+200C, U+200D) are spelling in Persian and Hindi and stay.
_INVISIBLE = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_WORD_OF_MAIL = re.compile(r"=\?[\w.-]+\?[bq]\?[^?]*\?=", re.IGNORECASE)
_LINE_BREAKS = re.compile(r"\s*[\r\n]+\s*")
_FORMULA_TEXT = re.compile(r'="([^"]*)"')
_NOTHING = frozenset(form for word in meanings.NOTHING for form in (word, word.upper(), word.capitalize()))
_MAIL = re.compile(r"[^\s;,|<>()/]*@[^\s;,|<>()/]*")
_TOO_NARROW = re.compile(r"#{3,}")
_NUMBER_WITH_APOSTROPHE = re.compile(r"'(?=[+\d])")
_FAILED = frozenset(word for word in _NOTHING if word.startswith("#") and word.upper() != "#N/A")
_ONE_LINE = frozenset(
    [
        "client.first_name",
        "client.last_name",
        "client.full_name",
        "client.middle_name",
        "client.title",
        "client.company",
        "client.address_as",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What was decided about the whole file."""

    date_order: str = "dmy"
    decimal_mark: str = "."
    statuses: Mapping[str, str] = field(default_factory=dict)  # normal word -> completed | open | not_a_job
    country: str = ""
    currency: str = ""
    today: date
    form: Literal["", "ours", "cards"] = ""  # where cells hold what is meant, and only an empty one says nothing
    zeros_lost: frozenset[int] = frozenset()  # columns of postal codes that a spreadsheet took for numbers
    day_numbers: Mapping[int, date] = field(default_factory=dict)  # columns of days written as numbers -> day 0


@dataclass(slots=True)
class Outcome:
    """What one row gave."""

    client: facts.ParsedClient | None = None
    job: facts.ParsedJob | None = None
    problems: list[facts.Problem] = field(default_factory=list)
    skipped: facts.Skipped | None = None
    volatile: bool = False  # it means something else once its day has come


_SINGLE = [
    "client.id",
    "client.middle_name",
    "client.preferred_channel",
    "client.no_channels",
    "client.language",
    "job.currency",
    "job.open_balance",
    "job.unit_price",
    "job.quantity",
    "job.dated_on",
]
_PARTS = frozenset({"street", "city", "region", "postal_code", "country"})
"""Parts of an address that say one thing each."""
_OF_A_JOB = (
    "job.service",
    "job.invoice_ref",
    "job.id",
    "job.id+invoice",
    "job.completed_on",
    "job.amount",
    "job.status",
)


class Reader:
    """Reads the rows of one file whose questions are answered."""

    def __init__(self, layout: headers.Layout, kind: str, decisions: Decisions, *, of_a_program: bool = False) -> None:
        """Sort the columns by what they fill, once for all rows.

        Args:
            layout: what the columns mean.
            kind: clients, jobs or mixed.
            decisions: about the whole file.
            of_a_program: whether it is an export that was recognised, and not made by hand.
        """
        self._of_a_program = of_a_program
        self.kind = kind
        self.decisions = decisions
        self.warnings: dict[str, list[int]] = {}
        self._warned_of = 0  # the last row that was warned of
        self._headers = {column.index: column.header or f"column {column.index + 1}" for column in layout.columns}
        of: dict[str, list[int]] = {}
        for column in layout.columns:
            of.setdefault(column.field, []).append(column.index)
        self._of = of
        self._width = 1 + max((column.index for column in layout.columns), default=-1)
        unknown = [self._headers[index] for index in of.get("", ())]
        self._extra = [
            (index, header if unknown.count(header) == 1 else f"{header} (column {index + 1})")
            for index, header in zip(of.get("", ()), unknown, strict=True)
        ]
        self._one_line = sorted(index for name in _ONE_LINE for index in of.get(name, ()))
        self._sites = of.get("job.site_address", [])
        self._emails = of.get("client.email", [])
        self._phones = of.get("client.phone", [])
        self._tags, self._notes = of.get("client.tags", []), of.get("client.notes", [])
        self._reached = of.get("client.reach", [])
        self._last_first = of.get("client.last_first", [None])[0]
        self._row_kind = of.get("row.kind", [None])[0]
        self._places = self._address_groups(layout)
        parts = [[part for part, _ in group] for group in self._places]
        self._each_part_alone = decisions.zeros_lost.isdisjoint(of.get("address.postal_code", ())) and all(
            _PARTS.issuperset(group) and len(set(group)) == len(group) for group in parts
        )
        self._plain = [
            (name.removeprefix("client."), of[name][0])
            for name in [
                "client.first_name",
                "client.last_name",
                "client.full_name",
                "client.title",
                "client.company",
                "client.address_as",
                "client.referred_by",
                "client.note",
            ]
            if name in of
        ]
        # One more cell, always empty, stands for the columns that the file does not have.
        self._at = {name: of[name][0] if name in of else self._width for name in _SINGLE}
        self._digits = cells.minor_digits(decisions.currency)
        self._amounts: dict[tuple[str, str], amounts.Money | str] = {}
        self._known: dict[object, facts.ParsedClient] = {}  # by what is said of them
        self._statuses: dict[str, str] = {}
        self._line_of = ""  # the number of the job in the row above
        self._adds_up = bool(layout.of("job.unit_price")) or any(
            headers.is_of_a_line(column.header) for column in layout.of("job.amount")
        )
        self._dates: dict[str, date | str | None] = {}
        self._date_columns = {name: of[f"job.{name}"][0] for name in ("promised_on", "paid_on") if f"job.{name}" in of}
        self._progresses: dict[tuple[str, str], tuple[str, date | None, bool, bool]] = {}  # by day and word
        self._says_it_all = "job.completed_on" in of and "job.cancelled" not in of  # day and word, if they name a day
        self._is_dated = bool(self._date_columns) or "job.open_balance" in of
        self._done = of.get("job.completed_on", [None])[0]
        self._of_a_job = itemgetter(*(of.get(name, [self._width])[0] for name in _OF_A_JOB))
        texts = ("assigned_to", "note")
        self._job_texts = [(name, of[f"job.{name}"][0]) for name in texts if f"job.{name}" in of]
        self._ids = [
            index for name in ("client.id", "job.id", "job.id+invoice", "job.invoice_ref") for index in of.get(name, ())
        ]
        self._said_of_whom = itemgetter(self._width, *shape.identity_columns(layout))
        # What few files say about a client is looked for only where the file has columns for it.
        self._wishes: list[Callable[[facts.ParsedClient, int, Sequence[str], Outcome], None]] = [
            read
            for read, names in (
                (self._consent, ("client.consent", "client.opt_out")),
                (
                    self._channels,
                    (
                        "client.preferred_channel",
                        "client.no_channels",
                        "client.no_channels.call",
                        "client.no_channels.text",
                    ),
                ),
                (self._language, ("client.language",)),
                (self._refused, ("client.mail_refused",)),
                (self._words, ("client.tags", "client.notes")),
            )
            if not of.keys().isdisjoint(names)
        ]

    @staticmethod
    def _address_groups(layout: headers.Layout) -> list[list[tuple[str, int]]]:
        groups: dict[str, list[tuple[str, int]]] = {}
        for column in layout.columns:
            if column.field.startswith("address."):
                groups.setdefault(column.group, []).append((column.field.removeprefix("address."), column.index))
        return list(groups.values())

    def forget(self) -> None:
        """Let go of what was kept of the rows so far, so that a long file takes no more memory than a short one."""
        for kept in (self.warnings, self._amounts, self._known, self._dates, self._progresses):
            kept.clear()

    def read(self, row: int, record: Sequence[str], joined: str) -> Outcome:
        """Return what a record says. *joined* are its cells with SEPARATOR between them."""
        out = Outcome()
        values = self._clean(row, record, joined, out)
        if out.problems:
            return out
        if self.kind == "clients":
            out.client = self._client(row, values, out)
        else:
            self._job_row(row, values, out)
        said = out.client or (out.job.who if out.job is not None else None)
        if out.problems:
            out.client = out.job = None
        elif said is not None and out.skipped is None:
            said.rows.append(row)
        return out

    # ------------------------------------------------------------ cells

    def _clean(self, row: int, record: Sequence[str], joined: str, out: Outcome) -> list[str]:
        """Return the cells as they are meant, and one more that is empty."""
        if len(record) == self._width and _is_plain(record, joined):  # nearly every row
            values = [*map(str.strip, record), ""]
            nothing_said = self.decisions.form or _NOTHING.isdisjoint(values)
            return values if nothing_said else self._mended(row, values, joined, out)
        if len(joined) > table.LONGEST_CELL:
            for index, cell in enumerate(record):
                if len(cell) > table.LONGEST_CELL:
                    why = (
                        f"has {len(cell)} characters, and no cell can have more than {table.LONGEST_CELL}; is a "
                        f"quotation mark missing?"
                    )
                    self._problem(out, row, index, cell[:60], "too-long", why)
            if out.problems:
                return []
        if _CONTROL.search(joined):
            for index, cell in enumerate(record):
                found = _CONTROL.search(cell)
                if found:
                    code = ord(found[0])
                    what = (
                        "a byte that could not be read"
                        if 0xD800 <= code <= 0xDFFF
                        else f"a control character (U+{code:04X})"
                    )
                    self._problem(out, row, index, cell, "control-character", f"holds {what}; type this cell again")
            if out.problems:
                return []
        values = list(record)
        if not joined.isascii() and _INVISIBLE.search(joined):
            values = [_INVISIBLE.sub("", value) for value in values]
            self._warn("invisible characters were taken out", row)
        if len(values) > self._width:
            del values[max(self._width, 0) :]
        elif len(values) < self._width:
            values += [""] * (self._width - len(values))
        values = [*map(str.strip, values), ""]
        if not self.decisions.form:
            values = self._mended(row, values, joined, out)
        if "'" in joined and self.decisions.form != "cards":
            values = [cells.unguard(value) for value in values]
            for index in (*self._ids, *self._phones, *self._of.get("address.postal_code", ())):
                values[index] = (
                    _NUMBER_WITH_APOSTROPHE.sub("", values[index], count=1)
                    if values[index][:1] == "'"
                    else values[index]
                )
        if '="' in joined:
            values = [found[1] if (found := _FORMULA_TEXT.fullmatch(value)) else value for value in values]
        if "\n" in joined or "\r" in joined or "=?" in joined:
            if "\r" in joined:  # Outlook ends lines within a cell as Windows does: no other text because of it
                values = [value.replace("\r\n", "\n").replace("\r", "\n") for value in values]
            self._one_line_names(row, values, out)
        return values

    def _damage(self, row: int, values: Sequence[str], out: Outcome) -> None:
        for index in self._headers:
            if _TOO_NARROW.fullmatch(values[index]):
                why = "only shows that its column was too narrow; widen it in the spreadsheet, and export again"
                self._problem(out, row, index, values[index], "too-narrow", why)
        for index in self._ids:
            if phones.damaged(values[index]):
                why = "was rounded by a spreadsheet; type the whole number again, as text"
                self._problem(out, row, index, values[index], "number", why)

    def _mended(self, row: int, values: list[str], joined: str, out: Outcome) -> list[str]:
        """Return cells without what spreadsheets and programs leave in them that is no value."""
        if "\u00a0" in joined or "\u202f" in joined:
            values = [value.replace("\u00a0", " ").replace("\u202f", " ") for value in values]
        if "###" in joined or "E+" in joined or "e+" in joined:
            self._damage(row, values, out)
        if not _NOTHING.isdisjoint(values):
            if not _FAILED.isdisjoint(values):
                self._warn("a formula that failed was read as an empty cell", row)
            values = ["" if value in _NOTHING else value for value in values]
        return values

    def _one_line_names(self, row: int, values: list[str], out: Outcome) -> None:
        for index in self._one_line:
            value = values[index]
            if "\n" in value or "\r" in value:
                self._problem(
                    out, row, index, value, "line-break", "has a line break in it; write the name on one line"
                )
            elif _WORD_OF_MAIL.search(value):
                self._problem(
                    out,
                    row,
                    index,
                    value,
                    "encoded-name",
                    "is a name in the wire form of e-mail; write it as people read it",
                )
        keep = {
            index
            for name in ("client.notes", "client.email", "client.phone", "client.reach", "client.tags", "")
            for index in self._of.get(name, ())
        }
        for index, value in enumerate(values):
            if index not in keep and ("\n" in value or "\r" in value):
                values[index] = _LINE_BREAKS.sub(", ", value)

    def _value(self, values: Sequence[str], name: str) -> str:
        return values[self._at[name]]

    def _problem(self, out: Outcome, row: int, index: int, value: str, code: str, why: str) -> None:
        header = self._headers.get(index, f"column {index + 1}")
        out.problems.append(facts.Problem(row, header, cells.cut(cells.printable(value), 200), code, why))

    def _warn(self, what: str, row: int) -> None:
        self._warned_of = row
        rows = self.warnings.setdefault(what, [])
        if not rows or rows[-1] != row:
            rows.append(row)

    # ------------------------------------------------------------ clients

    def _who(self, row: int, values: Sequence[str], out: Outcome) -> facts.ParsedClient:
        """Return whom a job's row names: one value for all rows that say the very same of a client."""
        said = self._said_of_whom(values)
        who = self._known.get(said)
        if who is None:
            who = self._client(row, values, out)
            if not out.problems and self._warned_of != row:  # every row is told of by itself
                self._known[said] = who
        return who

    def _client(self, row: int, values: Sequence[str], out: Outcome) -> facts.ParsedClient:
        client = facts.ParsedClient(
            client_id=self._value(values, "client.id"),
            complete=self.decisions.form == "ours" and self.kind == "clients",
        )
        for name, index in self._plain:
            if values[index]:
                setattr(client, name, values[index])
        self._names(client, values)
        self._address(client, row, values)
        self._reach(client, row, values, out)
        for read in self._wishes:
            read(client, row, values, out)
        if self.kind == "clients":
            client.extra |= {header: values[index] for index, header in self._extra if values[index]}
            if not (
                client.full_name or client.company or client.emails or client.client_id or client.phones or out.problems
            ):
                why = "names no client: no name, number, e-mail or phone"
                if self._of_a_program:  # an address book holds such contacts, and there is nothing to mend
                    out.skipped = facts.Skipped(row, "nobody", why)
                else:
                    self._problem(out, row, self._plain[0][1] if self._plain else 0, "", "no-client", why)
        return client

    def _names(self, client: facts.ParsedClient, values: Sequence[str]) -> None:
        if self._last_first is not None and values[self._last_first] and not client.full_name:
            title, first, last, client.full_name = people.split_last_first(values[self._last_first])
            client.title = client.title or title
            client.first_name, client.last_name = client.first_name or first, client.last_name or last
            if not client.company and people.is_firm(client.full_name):
                client.company = client.full_name
            return
        if not client.full_name:
            self._name_of_parts(client, values)
            return
        is_firm = client.full_name == client.company  # as our own export writes a firm without a person
        if not is_firm and not (client.first_name or client.last_name):
            firm, person = people.firm_and_person(client.full_name) if not client.company else ("", "")
            if firm:  # "Hall Ltd (Ada Hall)": the name stays as it is written
                title, client.first_name, client.last_name, _ = people.split(person)
                client.company, client.title = firm, client.title or title
                return
            title, first, last, whole = people.split(client.full_name)
            if client.title and first == whole:
                first, last = "", whole  # the column beside it says Mrs: nobody is called Mrs Ada
            client.full_name = whole
            if whole == client.company:
                return
            client.first_name, client.last_name = first, last
            client.title = client.title or title
            if not first and not last and not client.company and people.is_firm(whole):
                client.company = whole
        elif client.last_name and client.full_name.startswith(f"{client.last_name},"):
            client.full_name = people.split(client.full_name)[3]  # QuickBooks Desktop sorts its list by "Hall, Ada"

    def _name_of_parts(self, client: facts.ParsedClient, values: Sequence[str]) -> None:
        if client.last_name and not client.first_name:  # "Mr and Mrs Hall", or a firm, in a column of last names
            if people.is_firm(client.last_name):
                client.company, client.last_name = client.company or client.last_name, ""
                client.full_name = client.company
                return
            title, first, last, whole = people.split(client.last_name)
            if title:
                client.title, client.first_name, client.last_name = client.title or title, first, last
                client.full_name = whole
                return
        parts = (client.first_name, self._value(values, "client.middle_name"), client.last_name)
        client.full_name = " ".join([part for part in parts if part]) or client.company

    def _reach(self, client: facts.ParsedClient, row: int, values: Sequence[str], out: Outcome) -> None:
        for index in self._emails:
            value = values[index]
            if not value:
                continue
            if value.lower().startswith("/o="):
                self._warn("an address inside a company's mail server (Exchange) was left out", row)
                continue
            self._add_emails(client, row, index, value, out)
        for index in self._phones:
            if values[index]:
                self._add_phones(client, row, index, values[index], out)
        for index in self._reached:
            value = values[index]
            mails = _MAIL.findall(value)
            if mails:
                self._add_emails(client, row, index, " ".join(mails), out)
            rest = _MAIL.sub(";", value).strip(" ;,/|")
            if rest and any(letter.isdigit() for letter in rest):
                self._add_phones(client, row, index, rest, out)
            elif any(letter.isalpha() for letter in rest):
                client.extra[self._headers[index]] = value

    def _add_emails(self, client: facts.ParsedClient, row: int, index: int, value: str, out: Outcome) -> None:
        if addresses.is_plain(value):  # nearly every cell
            client.emails = (value,) if not client.emails else _joined(client.emails, [value], fold=True)
            return
        good, bad = addresses.split(value)
        if bad:
            part = "is" if bad[0] == value else f"holds '{cells.short(bad[0])}', which is"
            self._problem(out, row, index, value, "email", f"{part} no e-mail address; correct it or empty the cell")
        if good:
            client.emails = tuple(good) if not client.emails else _joined(client.emails, good, fold=True)
            if value != good[0] and addresses.words(value):
                client.extra[self._headers[index]] = value

    def _add_phones(self, client: facts.ParsedClient, row: int, index: int, value: str, out: Outcome) -> None:
        home, lost = self.decisions.country, index in self.decisions.zeros_lost
        if client.country != home and client.country in codes.COUNTRIES:  # a number without one is of where they live
            home = client.country
        number = phones.plain(value, home)
        if number:
            client.phones = (number,) if not client.phones else _joined(client.phones, [number])
            return
        read = phones.read(value, home, zeros_lost=lost)
        if read.numbers:
            if lost and phones.lacks_zero(value, read.numbers[0], home):
                self._warn("zeros that a spreadsheet took from the front of phone numbers were put back", row)
            client.phones = read.numbers if not client.phones else _joined(client.phones, read.numbers)
            if read.words:
                client.extra[self._headers[index]] = read.words
        elif phones.damaged(value):
            why = "was rounded by a spreadsheet; type the whole number again, as text"
            self._problem(out, row, index, value, "phone", why)
        elif read.rest and not (read.local or client.emails or client.phones):
            why = "is no phone number, and the row has no e-mail; correct it"
            self._problem(out, row, index, value, "phone", why)
        elif read.rest:
            client.phones = (*client.phones, value)
            self._warn("a phone that could not be read as a number was kept as it is written", row)

    def _address(self, client: facts.ParsedClient, row: int, values: Sequence[str]) -> None:
        for group in self._places:
            if self._each_part_alone:  # as in nearly every table: nothing to put together or to take apart
                if self._parts(client, group, values):
                    return
                continue
            filled = [(part, values[index], index) for part, index in group if values[index]]
            if not filled:
                continue
            streets = [value for part, value, _ in filled if part == "street"]
            for part, value, _ in filled:
                if (
                    part == "street"
                    and len(streets) > 1
                    and any(one != value and one.casefold() in value.casefold() for one in streets)
                ):
                    continue  # the whole address in one cell, beside its parts
                if part in ("street", "line2") and self._is_own_name(client, value):
                    continue
                if part == "line2" or (part == "street" and client.street and client.street != value):
                    client.street = f"{client.street}, {value}" if client.street else value
                elif part == "country":
                    client.country = iso.country(value)
                elif part == "number":  # as it stands in the table: 12 High Street, Hauptstr. 5
                    client.street = f"{client.street} {value}".strip()
                elif part == "street" and client.street == "" and filled[0][0] == "number":
                    client.street = f"{filled[0][1]} {value}"
                elif part != "place":
                    setattr(client, part, value)
            self._place(client, row, filled)
            return

    def _parts(self, client: facts.ParsedClient, group: Sequence[tuple[str, int]], values: Sequence[str]) -> bool:
        """Take each part as it is, and return whether there was any."""
        filled = False
        for part, index in group:
            value = values[index]
            if not value:
                continue
            filled = True
            if part == "country":
                client.country = iso.country(value)
            elif part != "street" or not self._is_own_name(client, value):
                setattr(client, part, value)
        if not client.city and not client.postal_code and client.street:
            self._whole_street(client)
        return filled

    @staticmethod
    def _is_own_name(client: facts.ParsedClient, line: str) -> bool:
        """Return whether a line of an address is the first of a label."""
        return line in (client.full_name, client.company, f"{client.first_name} {client.last_name}")

    def _whole_street(self, client: facts.ParsedClient) -> None:
        """Take apart a street that is a whole address, where that is certain."""
        found = postal.split(client.street, client.country or self.decisions.country)
        if found is not None:
            client.street, client.postal_code, client.city = found.street, found.postal_code, found.city
            client.region, client.country = client.region or found.region, client.country or found.country

    def _place(self, client: facts.ParsedClient, row: int, filled: Sequence[tuple[str, str, int]]) -> None:
        """Take apart what one cell says of several parts of an address, where that is certain."""
        home = client.country or self.decisions.country
        for part, value, index in filled:
            if part == "place":
                found = postal.town(value, home)
                if found is None:
                    client.city = f"{client.city}, {value}" if client.city else value
                else:
                    client.postal_code, client.city = found.postal_code, found.city
                    client.region, client.country = client.region or found.region, client.country or found.country
            elif part == "postal_code" and index in self.decisions.zeros_lost:
                whole = postal.zeros_lost(value, home)
                if whole:
                    client.postal_code = whole
                    self._warn("zeros that a spreadsheet took from the front of postal codes were put back", row)
        if not client.city and not client.postal_code and client.street:
            self._whole_street(client)

    def _consent(self, client: facts.ParsedClient, row: int, values: Sequence[str], out: Outcome) -> None:
        for index in self._of.get("client.consent", ()):
            value = values[index]
            said = meanings.consent(value, self._headers[index]) if value else "unknown"
            if said is None:
                self._problem(
                    out, row, index, value, "consent", "is not understood; write opted_in, opted_out or unknown"
                )
            elif client.consent != "opted_out" and said != "unknown":
                client.consent = said
        for index in self._of.get("client.opt_out", ()):
            value = values[index]
            stop = meanings.opt_out(value) if value else False
            if stop is None:
                self._problem(out, row, index, value, "consent", "is not understood; write yes or no")
            elif stop:
                client.consent = "opted_out"

    def _refused(self, client: facts.ParsedClient, row: int, values: Sequence[str], out: Outcome) -> None:
        for index in self._of["client.mail_refused"]:
            refused = meanings.opt_out(values[index]) if values[index] else False
            if refused is None:
                self._problem(out, row, index, values[index], "mail-refused", "is not understood; write yes or no")
            client.mail_refused = bool(refused)

    def _channels(self, client: facts.ParsedClient, row: int, values: Sequence[str], out: Outcome) -> None:
        preferred = self._value(values, "client.preferred_channel")
        if preferred:
            good, bad = meanings.channels(preferred)
            if bad or not good:
                index = self._of["client.preferred_channel"][0]
                self._problem(
                    out,
                    row,
                    index,
                    preferred,
                    "channel",
                    "is no way to reach a client; write email, call, text, letter, card or visit",
                )
            else:
                client.preferred_channel = good[0]
        never = self._value(values, "client.no_channels")
        if never:
            good, bad = meanings.channels(never)
            if bad:
                index = self._of["client.no_channels"][0]
                why = (
                    f"names '{cells.short(bad[0])}', which is no way to reach a client; write email, call, text, "
                    f"letter, card or visit"
                )
                self._problem(out, row, index, never, "channel", why)
            client.no_channels = tuple(good)
        for channel in ("call", "text"):  # a column of its own, with yes or no: one channel, no opt-out
            for index in self._of.get(f"client.no_channels.{channel}", ()):
                value = values[index]
                stop = meanings.opt_out(value) if value else False
                if stop is None:
                    self._problem(out, row, index, value, "channel", "is not understood; write yes or no")
                elif stop:
                    client.no_channels = _joined(client.no_channels, [channel])

    def _language(self, client: facts.ParsedClient, row: int, values: Sequence[str], _: Outcome) -> None:
        language = self._value(values, "client.language")
        if language:
            client.language = iso.language(language)
            if not client.language:
                client.extra[self._headers[self._of["client.language"][0]]] = language
                self._warn("a language that we do not know was kept as an unknown column", row)

    def _words(self, client: facts.ParsedClient, _row: int, values: Sequence[str], _: Outcome) -> None:
        for index in self._tags:
            value = values[index]
            if value:
                tags = tuple(value.split(_BETWEEN)) if self.decisions.form == "ours" else meanings.tags(value)
                client.tags = tags if not client.tags else _joined(client.tags, tags)
        if self._notes:
            client.notes = "\n".join(dict.fromkeys([values[index] for index in self._notes if values[index]]))

    # ------------------------------------------------------------ jobs

    def _job_row(self, row: int, values: Sequence[str], out: Outcome) -> None:
        who = self._who(row, values, out)
        kind = ""
        if self._row_kind is not None and values[self._row_kind]:
            kind = meanings.row_kind(values[self._row_kind])
            if not kind:
                why = "says neither client, job nor promise; write one of them"
                self._problem(out, row, self._row_kind, values[self._row_kind], "row-kind", why)
                return
        service, invoice_ref, job_id, both, done, amount, status = self._of_a_job(values)
        job = facts.ParsedJob(
            rows=[row],
            client_id=who.client_id,
            client_name=who.full_name or who.company,
            client_email=who.emails[0] if who.emails else "",
            service=service,
            invoice_ref=invoice_ref or both,
            job_id=job_id or both,
            who=who,
        )
        for name, index in self._job_texts:
            setattr(job, name, values[index])
        if len(self._sites) == 1:
            job.site_address = values[self._sites[0]]
        elif self._sites:
            job.site_address = ", ".join(dict.fromkeys([values[index] for index in self._sites if values[index]]))
        extra = {header: values[index] for index, header in self._extra if values[index]} if self._extra else {}
        mixed = self.kind == "mixed"
        if kind == "client":
            about_jobs = {
                self._headers[index]: values[index]
                for name, places in self._of.items()
                if name.startswith("job.")
                for index in places
                if values[index]
            }
            said = extra | about_jobs
            self._whole_client(row, replace(who, rows=[], extra={**who.extra, **said}) if said else who, out)
            return
        promised = values[self._date_columns.get("promised_on", -1)]  # the last cell is empty
        if not (job.job_id or service or done or promised or (amount and not mixed)):
            if mixed:
                self._whole_client(row, replace(who, rows=[], extra={**who.extra, **extra}) if extra else who, out)
            else:
                index = (self._of.get("job.service") or self._of.get("job.completed_on") or [0])[0]
                self._problem(out, row, index, "", "no-job", "says nothing about a job: no number, service or date")
            return
        job.extra = extra
        if self._is_dated:
            self._dated(job, row, values, out)
        self._money(job, row, values, amount, out)
        if kind == "promise":
            self._promised(job, row, done, status, out)
        else:
            known = self._progresses.get((done, status))
            if known is not None:
                job.status, job.completed_on, job.said, out.volatile = known
            else:
                self._progress(job, row, done=done, status=status, values=values, out=out)
                if self._says_it_all and not (out.problems or out.skipped or job.fills):
                    self._progresses[done, status] = (job.status, job.completed_on, job.said, out.volatile)
        if out.skipped and job.status != "not_a_job":
            return
        if mixed:
            self._whole_client(row, who, out)
        else:
            who.reference = True
        if not (job.client_name or job.client_id or who.emails or who.phones) and not out.problems:
            index = (self._of.get("client.full_name") or self._of.get("client.email") or [0])[0]
            self._problem(
                out, row, index, "", "no-client", "does not say for whom the job was; add a name and an e-mail or phone"
            )
        out.job = job
        if out.skipped is None:
            self._line_of = job.job_id

    def _is_a_discount(self, job: facts.ParsedJob) -> bool:
        """Return whether an amount below zero is a further line of the invoice in the row above, whose lines add up."""
        return self._adds_up and bool(job.job_id) and job.job_id == self._line_of

    def _whole_client(self, row: int, who: facts.ParsedClient, out: Outcome) -> None:
        if who.full_name or who.company or who.emails or who.client_id or who.phones:
            out.client = who
        elif not out.problems:
            self._problem(out, row, self._plain[0][1] if self._plain else 0, "", "no-client", "names no client")

    def _dated(self, job: facts.ParsedJob, row: int, values: Sequence[str], out: Outcome) -> None:
        for name, index in self._date_columns.items():
            value = values[index]
            if not value:
                continue
            if name == "paid_on":
                paid = meanings.paid(value)
                if paid is not None:
                    job.unpaid = not paid
                    continue
            day = self._day(value, index)
            if isinstance(day, date):
                setattr(job, name, day)
            elif day is not None:
                self._problem(out, row, index, value, "date", day)
        balance = self._value(values, "job.open_balance")
        if balance:
            open_amount = amounts.read(balance, mark=self.decisions.decimal_mark, currency=self.decisions.currency)
            if isinstance(open_amount, amounts.Money):
                job.unpaid = open_amount.minor > 0

    def _day(self, value: str, index: int | None = None) -> date | str | None:
        """Return the day in a cell, None when the cell means nothing, or why there is none."""
        if index is not None and index in self.decisions.day_numbers and days.is_day_number(value):
            return self.decisions.day_numbers[index] + timedelta(days=int(value))
        if value in self._dates:
            return self._dates[value]
        order = self.decisions.date_order
        found: date | str | None
        try:
            day = days.read(value, order)
        except ValueError:
            found = None
        else:
            if day:
                found = day
            elif days.is_date_shaped(value):
                found = f"is no day in the calendar (read as {_ORDER_WORDS.get(order, order)}); write it as 2026-02-28"
            elif days.is_period(value):
                found = "names no day; write it as 2026-02-28"
            elif days.is_day_number(value):
                found = "is a day number of a spreadsheet, beside days written as such; write it as 2026-02-28"
            else:
                found = "is no date; write it as 2026-02-28"
        self._dates[value] = found
        return found

    def _money(self, job: facts.ParsedJob, row: int, values: Sequence[str], amount: str, out: Outcome) -> None:
        currency = self._value(values, "job.currency").upper()
        if currency and not re.fullmatch(r"[A-Z]{3}", currency):
            currency = amounts.currency_of_sign(currency) or currency
            if not re.fullmatch(r"[A-Z]{3}", currency):
                index = self._of["job.currency"][0]
                self._problem(
                    out, row, index, currency, "currency", "is no currency; write its three letters, such as GBP"
                )
                return
        if not amount:
            self._multiplied(job, row, values, currency or self.decisions.currency, out)
            return
        if not currency:
            plain = amounts.plain(amount, self.decisions.decimal_mark, self._digits)
            if plain is not None:
                job.amount_minor, job.currency = plain, self.decisions.currency
                return
        read = self._amounts.get((amount, currency))
        if read is None:
            read = self._amounts[amount, currency] = amounts.read(
                amount, mark=self.decisions.decimal_mark, currency=currency or self.decisions.currency
            )
        if isinstance(read, str):
            self._problem(out, row, self._of["job.amount"][0], amount, "amount", read)
        elif currency and read.currency != currency:
            self._problem(
                out,
                row,
                self._of["job.amount"][0],
                amount,
                "amount",
                f"says {read.currency}, and the column of currencies says {currency}",
            )
        else:
            job.amount_minor, job.currency = read.minor, read.currency
            ours = self.decisions.form == "ours"  # there it is a job of ours with such an amount
            if read.minor < 0 and not ours and not self._is_a_discount(job):
                out.skipped = facts.Skipped(row, "credit", "a credit or refund: its amount is below zero")

    def _multiplied(self, job: facts.ParsedJob, row: int, values: Sequence[str], currency: str, out: Outcome) -> None:
        """Take price times quantity, rounded as an invoice rounds its line; no quantity is one."""
        price, quantity = self._value(values, "job.unit_price"), self._value(values, "job.quantity") or "1"
        if not price:
            return
        numbers = [amounts.number(text, mark=self.decisions.decimal_mark) for text in (price, quantity)]
        for name, text, number in zip(("job.unit_price", "job.quantity"), (price, quantity), numbers, strict=True):
            if number is None:
                self._problem(out, row, self._of[name][0], text, "amount", "is no number; write it like 120.00")
                return
        product = Decimal(1).scaleb(cells.minor_digits(currency))
        for number in numbers:
            product *= number or 0
        job.amount_minor, job.currency = int(product.to_integral_value(ROUND_HALF_UP)), currency
        if product < 0 and not self._is_a_discount(job):
            out.skipped = facts.Skipped(row, "credit", "a credit or refund: its amount is below zero")

    def _progress(
        self, job: facts.ParsedJob, row: int, *, done: str, status: str, values: Sequence[str], out: Outcome
    ) -> None:
        today = self.decisions.today
        said = self._status(status) if status else "" if done else self.decisions.statuses.get("", "")
        flag = meanings.flag(done) if done else None
        if done and flag is None:
            day = self._day(done, self._done)
            if isinstance(day, date):
                job.completed_on = day
            elif day is not None:
                word = self._status(done)
                if word:
                    said = said or word
                else:
                    self._problem(out, row, self._done or 0, done, "date", day)
                    return
        elif flag is not None:
            said = said or ("completed" if flag else "open")
        elif self._done is None and job.paid_on is not None and "job.dated_on" not in self._of:
            job.completed_on = job.paid_on  # no better date in the whole file: it was done when it was paid
        for index in self._of.get("job.cancelled", ()):
            value = values[index]  # yes, the day on which it was cancelled, or what became of its payment
            if value and meanings.sure_status(headers.normal(value)) == "not_a_job":
                said, status = "not_a_job", value
            elif value and (meanings.flag(value) or days.is_date_shaped(value)):
                said, status = "not_a_job", self._headers[index]
        if said == "not_a_job":
            job.status = "not_a_job"
            shown = cells.printable(status or "cancelled")
            out.skipped = facts.Skipped(row, "not_a_job", f"no job of ours: '{cells.short(shown)}'")
            return
        if said == "open":
            job.status, job.completed_on, job.said = "open", None, True
            return
        if said == "completed" and job.completed_on is None and not self._stands_in(job, row, values, out):
            return
        if "service" in job.fills and "," in job.job_id:
            why = f"an invoice for several jobs ('{cells.short(job.job_id)}'), each of which is in the report of jobs"
            out.skipped = facts.Skipped(row, "several-jobs", why)
            return
        future = job.completed_on is not None and job.completed_on > today
        out.volatile = future
        if said == "completed":
            if job.completed_on is None:
                index = self._done if self._done is not None else self._of.get("job.status", [0])[0]
                self._problem(
                    out,
                    row,
                    index,
                    done or status,
                    "no-date",
                    "is completed, but there is no date; add the day it was completed",
                )
            elif future:
                self._problem(
                    out,
                    row,
                    self._done or 0,
                    done,
                    "future-date",
                    f"lies after today ({today}), and the job is completed; correct one of them",
                )
            job.status, job.said = "completed", True
        elif job.completed_on is not None and not future:
            job.status, job.said = "completed", True
        else:
            job.status, job.completed_on, job.said = "open", None, future

    def _promised(self, job: facts.ParsedJob, row: int, done: str, status: str, out: Outcome) -> None:
        """Read a row that says of itself that it is a promise: the only day in it is the promised one."""
        if done and job.promised_on is None:
            day = self._day(done, self._done)
            if isinstance(day, str):
                self._problem(out, row, self._done or 0, done, "date", day)
            job.promised_on = day if isinstance(day, date) else None
        job.status, job.said = "open", True
        if status and self._status(status) == "not_a_job":
            job.status = "not_a_job"
            out.skipped = facts.Skipped(row, "not_a_job", f"no job of ours: '{cells.short(status)}'")

    def _stands_in(self, job: facts.ParsedJob, row: int, values: Sequence[str], out: Outcome) -> bool:
        """Take the day that stands in for the day of completion, such as an invoice's; False when it is none.

        A file without any day of completion is about something else than jobs, so its amounts only stand in, too.
        """
        value = self._value(values, "job.dated_on")
        day = self._day(value) if value else None
        if isinstance(day, str):
            self._problem(out, row, self._of["job.dated_on"][0], value, "date", day)
            return False
        job.completed_on = day
        job.fills = ("completed_on",) if self._done is not None else ("completed_on", "amount", "service")
        return True

    def _status(self, word: str) -> str:
        found = self._statuses.get(word)
        if found is None:
            normal = headers.normal(word)
            found = self._statuses[word] = self.decisions.statuses.get(normal, "") or meanings.sure_status(normal)
        return found


_ORDER_WORDS = {"dmy": "day, month, year", "mdy": "month, day, year", "ymd": "year, month, day"}


def _joined(have: Iterable[str], more: Iterable[str], *, fold: bool = False) -> tuple[str, ...]:
    key: Callable[[str], str] = str.lower if fold else str
    kept: dict[str, str] = {}
    for value in (*have, *more):
        kept.setdefault(key(value), value)
    return tuple(kept.values())


def _is_plain(record: Sequence[str], joined: str) -> bool:
    """Return whether there is nothing to mend in a row beyond words that say nothing.

    What can be printed holds no control character, no line break, no blank but the usual one, and nothing invisible.
    """
    return (
        "".join(record).isprintable()
        and not ("'" in joined or '="' in joined or "=?" in joined)
        and not ("###" in joined or "E+" in joined or "e+" in joined)
        and len(joined) <= table.LONGEST_CELL
    )
