"""Records of a relationship as rows and pages, whatever their kind.

Takes records, their kind and what is known of their clients. Gives rows and lines. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, timedelta, tzinfo
from typing import Any

from followup import cells
from followup.care import track
from followup.care.kind import Field, Kind
from followup.care.kinds import BY_RECORD
from followup.model import THEM, Case, Client, Contact, Enquiry, Promise, PromiseState, Record
from followup.records import dataclass
from followup.report import words


def rows(
    kind: Kind, records: Iterable[Record], known: Mapping[str, Client], *, today: date
) -> Iterator[tuple[Any, ...]]:
    """Yield a row of `kind.columns` a record, in the order given. *known*: client id -> client."""
    columns = tuple(column.name for column in kind.columns)
    for record in records:
        yield row(kind, record, known.get(record.client_id), columns, today=today)


def row(kind: Kind, record: Record, client: Client | None, columns: Iterable[str], *, today: date) -> tuple[Any, ...]:
    """Return the cells of *record* for the columns of these names."""
    known: dict[str, Any] = {
        f"{kind.name}_id": record.id,
        "client": words.client(client, client_id=record.client_id),
        **{field.header: cell(field, record) for field in kind.fields},
        **{column.name: _DERIVED[column.name](record, today) for column in kind.derived},
        "currency": getattr(record, "currency", ""),
        "client_id": record.client_id,
        "recorded_at": record.recorded_at,
    }
    return tuple(known[name] for name in columns)


def cell(field: Field, record: Record) -> Any:
    """Return the value of a field as a cell of its column holds it."""
    value = getattr(record, field.name)
    if field.takes == "amount":
        return None if value is None else (value, getattr(record, "currency", ""))
    return str(value) if field.takes == "choice" else value


# ---------------------------------------------------------------- what follows from the fields


def _days_open(record: Record, today: date) -> int:
    return ((record.closed_on or today) - record.opened_on).days


def _hours_to_answer(record: Record, _today: date) -> int | None:
    assert isinstance(record, Enquiry)
    if record.answered_at is None or record.opened_at is None:
        return None
    return int((record.answered_at - record.opened_at) / timedelta(hours=1))


def became(record: Record, _today: date) -> str:
    """Return what became of a promise: kept early, kept, late, broken, moved, waived; nothing while it is open."""
    assert isinstance(record, Promise)
    if record.state == PromiseState.OPEN:
        return ""
    return track.fate(record) or record.state


def _days_late(record: Record, today: date) -> int | None:
    if record.due_on is None:
        return None
    late = ((record.closed_on or today) - record.due_on).days
    return late if late > 0 else None


_DERIVED: Mapping[str, Callable[[Any, date], Any]] = {
    "days_open": _days_open,
    "hours_to_answer": _hours_to_answer,
    "became": became,
    "days_late": _days_late,
}


# ---------------------------------------------------------------- pages


@dataclass(frozen=True, slots=True)
class Event:
    """A day on which something happened to a record, for time lines."""

    on: date
    kind: str  # case opened, promise kept
    said: tuple[str, str, str]  # what it is, how it ended, what it was about
    note: str = ""


def events(record: Record) -> Iterator[Event]:
    """Yield how a record began and how it ended."""
    kind = BY_RECORD[type(record)]
    name = title(record).partition(":")[0]
    began = kind.field("opened_on").label.lower()
    yield Event(record.opened_on, f"{kind.name} {began}", (name, began, about(record)))
    if record.closed_on is not None:
        how = (became(record, record.closed_on) if isinstance(record, Promise) else str(record.state)).replace("-", " ")
        said = f"{about(record)}: {record.resolution}" if record.resolution else about(record)
        yield Event(record.closed_on, f"{kind.name} {how}", (name, how, said), record.resolution)


def is_open(record: Record) -> bool:
    """Tell whether something is still to be done about a record."""
    return record.closed_on is None and not BY_RECORD[type(record)].fixed


def line(record: Record, *, today: date) -> str:
    """Return a record on one line: what it is, how it stands, its id."""
    stands = standing(record, today=today)
    return cells.printable(f"{words.full_day(record.opened_on)}  {title(record)}  ({record.id})  {stands}")


def title(record: Record) -> str:
    """Return what a record is about, with its kind in front: promise: the quote."""
    kind = BY_RECORD[type(record)]
    name = "their promise" if kind.name == "promise" and record.opened_by == THEM else kind.name
    severity = f" [{record.severity}]" if isinstance(record, Case) and record.severity else ""
    return f"{name}: {about(record) or 'no summary'}{severity}"


def standing(record: Record, *, today: date) -> str:
    """Return how a record stands: due when, late since when, how it ended."""
    kind = BY_RECORD[type(record)]
    if record.closed_on is not None:
        return ended(record)
    if record.due_on is not None:
        late = (today - record.due_on).days
        if late > 0:
            return f"LATE: was due {words.full_day(record.due_on)}, {words.plural(late, 'day')} ago"
        return f"{record.state}, by {words.full_day(record.due_on)}"
    if kind.closed and not kind.fixed:
        return f"{record.state}, {words.plural((today - record.opened_on).days, 'day')}"
    return record.state


def ended(record: Record) -> str:
    """Return how a record ended, and on which day."""
    assert record.closed_on is not None
    what = became(record, record.closed_on) if isinstance(record, Promise) else record.state
    how = f": {record.resolution}" if record.resolution else ""
    return f"{what.replace('-', ' ')} on {words.long_day(record.closed_on)}{how}"


def lines(
    record: Record,
    client: Client | None,
    contacts: Iterable[Contact],
    *,
    today: date,
    names: Mapping[str, str],
    zone: tzinfo = UTC,
    notes: Iterable[str] = (),
) -> list[str]:
    """Return a record with all that is known of it, and every contact since it began, for people.

    Args:
        record: of any kind.
        client: whose it is.
        contacts: of the client, by day.
        today: the day it is.
        names: id -> name, of people of ours and of other clients.
        zone: the home's.
        notes: what is to be said of it besides.
    """
    kind = BY_RECORD[type(record)]
    made = [cells.printable(words.client(client, client_id=record.client_id)), f"  {line(record, today=today)}"]
    shown = [each for each in kind.fields if each.name not in _IN_THE_LINE]
    facts = {each.name: (each.label.lower(), said(each, record, names, zone)) for each in shown}
    if not kind.field("opened_by").at:  # a kind that can begin in one way only
        facts.pop("opened_by", None)
    _, acted_on = facts.pop("acted_on", ("", ""))
    if acted_on and not any(text.startswith(acted_on) for _, text in facts.values()):
        facts["acted_on"] = kind.field("acted_on").label.lower(), acted_on  # what else is known has another day
    made += words.aligned([each for each in facts.values() if each[1]], indent=6)
    made += [f"      {cells.printable(note)}" for note in notes]
    since = [contact for contact in contacts if contact.on >= record.opened_on]
    if since:
        made += ["", "Since then", *words.aligned([words.contact(contact) for contact in since])]
    return made


_IN_THE_LINE = frozenset(
    {"opened_on", "opened_at", "summary", "friend", "severity", "state", "closed_on", "resolution"}
)


def said(field: Field, record: Record, names: Mapping[str, str] | None = None, zone: tzinfo = UTC) -> str:
    """Return the value of a field in words; nothing where there is none. *names*: id -> name; *zone*: the home's."""
    value = getattr(record, field.name)
    if value is None or value in ("", (), False) or (value == 0 and field.takes == "amount"):
        return ""
    match field.takes:
        case "day":
            return words.full_day(value)
        case "instant":
            local = value.astimezone(zone)
            return f"{words.full_day(local.date())}, {local:%H:%M}{' UTC' if zone is UTC else ''}"
        case "amount":
            return cells.amount(value, getattr(record, "currency", ""))
        case "truth":
            return "yes"
        case "texts":
            return ", ".join(value)
        case _:
            return (names or {}).get(str(value), str(value))


def about(record: Record) -> str:
    """Return what a record is about, in its own words."""
    return getattr(record, BY_RECORD[type(record)].argument, "") or record.summary


def differences(kind: Kind, before: Record, after: Record) -> list[str]:
    """Return a line for each field that changed: Looked after by: sam -> priya."""
    lines = []
    for field in kind.fields:
        if getattr(before, field.name) != getattr(after, field.name):
            old, new = said(field, before), said(field, after)
            lines.append(f"{field.label}: {old or '(nothing)'} -> {new or '(nothing)'}")
    return lines
