"""What was typed of a record's fields -> their values: days, amounts, people, and who or what is meant by a name.

Takes a Desk, a kind and texts: those of a command line, or the cells of a file. Gives values for the record's
attributes. Reads the store, where a name is looked up.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from followup import cells
from followup.care.kind import Field, Kind
from followup.care.kinds import KINDS
from followup.errors import BadInput
from followup.intake import amounts, columns, days, meanings
from followup.model import Client
from followup.records import dataclass
from followup.report import words
from followup.workflow import finding
from followup.workflow.desk import Desk

Typed = Mapping[str, Any]
"""Name of a field -> what was typed: a text, or a value of the field's own type. What is None was not typed."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What neither a terminal, nor a message, nor our own import could take back."""
_MOST_FIGURES = 9
"""Of a whole number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How texts become values: the order of days and the decimal mark are those of the file, or of people."""

    currency: str  # where an amount names none
    order: str = ""  # of days in numbers; empty: only days that are the same in every order
    mark: str = "."


def by_hand(desk: Desk, kind: Kind, typed: Typed, *, client: Client, currency: str = "") -> dict[str, Any]:
    """Return the fields of a record that was *typed* on the command line; *currency* is that of amounts without one."""
    reader = Reader(currency=currency or desk.settings.business.currency)
    return values(desk, kind, typed, client=client, reader=reader, spelled=lambda field: spelled(kind, field))


def spelled(kind: Kind, field: Field) -> str:
    """Return how a field is typed on the command line."""
    if field.name != kind.argument:
        return field.said
    return "TEXT" if field.name == "summary" else field.name.upper()


def values(
    desk: Desk, kind: Kind, typed: Typed, *, client: Client, reader: Reader, spelled: Callable[[Field], str]
) -> dict[str, Any]:
    """Return the fields of a record that *typed* means.

    Args:
        desk: the desk.
        kind: of the record.
        typed: what was typed; names that the kind does not have are left out.
        client: whose record it is.
        reader: how to read days and amounts.
        spelled: how to call a field in an error: its option, or its column.

    Raises:
        BadInput: a text means no such value. NotFound, Ambiguous: it names nobody, or several.
    """
    found: dict[str, Any] = {}
    currencies: dict[str, str] = {}
    for field in kind.fields:
        given = typed.get(field.name)
        if given is None:
            continue
        if field.takes == "amount" and given != "":
            money = amounts.read(str(given), mark=reader.mark, currency=reader.currency)
            if isinstance(money, str):
                raise BadInput(f"{spelled(field)}: '{cells.short(str(given))}' {money}.")
            if money.minor < 0:
                raise BadInput(f"{spelled(field)}: '{cells.short(str(given))}' is less than nothing.")
            found[field.name] = money.minor
            currencies[money.currency] = str(given)
        else:
            found[field.name] = _value(desk, kind, field, given, client=client, reader=reader, spelled=spelled)
    if len(currencies) > 1:
        raise BadInput(f"{' and '.join(currencies.values())} are of two currencies; a record has one.")
    if currencies:
        found["currency"] = next(iter(currencies))
    return found


def _value(
    desk: Desk,
    kind: Kind,
    field: Field,
    given: Any,
    *,
    client: Client,
    reader: Reader,
    spelled: Callable[[Field], str],
) -> Any:
    where = spelled(field)
    text = given.strip() if isinstance(given, str) else given
    if text == "":
        return _nothing(kind, field, where)
    match field.takes:
        case "day":
            return given if isinstance(given, date) else _day(text, reader.order, where)
        case "instant":
            return given if isinstance(given, datetime) else _instant(text, where)
        case "whole":
            if not (str(text).isascii() and str(text).isdigit()):
                raise BadInput(f"{where}: '{cells.short(str(text))}' is no whole number.")
            if len(str(text)) > _MOST_FIGURES:
                raise BadInput(f"{where}: a number of {len(str(text))} figures is too large.")
            return int(text)
        case "truth":
            flag = given if isinstance(given, bool) else meanings.flag(text)
            if flag is None:
                raise BadInput(f"{where}: '{cells.short(str(text))}' is neither yes nor no.")
            return flag
        case "texts":
            parts = text.split(";") if isinstance(text, str) else text
            return tuple(part.strip() for part in parts if part.strip())
        case "choice":
            chosen = next((each for each in field.choices if each.casefold() == str(text).casefold()), None)
            if chosen is None:
                raise BadInput(f"{where}: '{cells.short(str(text))}' is not one of {', '.join(field.choices)}.")
            return kind.states(chosen) if field.name == "state" else chosen
        case "person":
            return desk.find_person(text).id
        case "client":
            return finding.client(desk, text).id
        case "job":
            return _of_client(finding.job(desk, text), "job", client, field).id
        case "text":
            if _CONTROL.search(text):
                raise BadInput(f"{where}: there is a control character in it. Write it without.")
            return text
        case _:
            meant = finding.record(desk, KINDS[field.takes].record, text, open_only=False)
            return _of_client(meant, field.takes, client, field).id


Owned = TypeVar("Owned", bound=Any)


def _of_client(meant: Owned, what: str, client: Client, field: Field) -> Owned:
    if field.of_client and meant.client_id != client.id:
        raise BadInput(f"{what.capitalize()} {meant.id} is not a {what} for {words.client(client)}.")
    return meant


def _nothing(kind: Kind, field: Field, where: str) -> Any:
    """Return the value of a field that was emptied; the days on which a record began and ended cannot be."""
    if field.name in ("opened_on", "closed_on"):
        raise BadInput(f"{where} is empty. Write 2026-03-02, or leave {where} out.")
    if field.takes in ("text", "person", "client", "job", *KINDS):
        return ""
    if field.takes == "texts":
        return ()
    return next(each.default for each in dataclasses.fields(kind.record) if each.name == field.name)


def _day(text: str, order: str, where: str) -> date:
    if not order:
        found = columns.date_order([text], country="")
        if isinstance(found, columns.Undecided):
            raise BadInput(f"{where}: '{cells.short(text)}' can be two days. Write the year first: 2026-03-02.")
        order = found
    try:
        day = days.read(text, order)
    except ValueError:
        day = None
    if day is None:
        raise BadInput(f"{where}: '{cells.short(text)}' is not a day. Write 2026-03-02.")
    return day


def _instant(text: str, where: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            found.astimezone(UTC)  # so it is kept; the first and the last day there is have no room for a zone
    except (ValueError, OverflowError):
        found = None
    if found is None or found.tzinfo is None:
        raise BadInput(f"{where}: '{cells.short(text)}' is no instant. Write 2026-03-02T09:15:00+00:00.")
    return found
