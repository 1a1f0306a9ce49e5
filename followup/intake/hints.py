"""Values -> what their columns mean, where names leave it open or there are none.

Takes header cells and some of the rows below. Gives fields, or the best answer to the question what columns are, which
the owner looks at before anything is read. Touches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from followup.intake import addresses, days, headers, meanings, people, phones, postal

ENOUGH = 200
"""Rows that are looked at."""

_RUNNING = frozenset({"no", "nr", "num", "n", "n°", "#", "numero", "número", "numéro", "nummer", "numer", "lp", "ref"})
_NAMES = frozenset({"client.full_name", "client.reach"})
_NAMED = frozenset({"client.full_name", "client.last_name", "client.last_first", "client.company"})
_REACHED = ("client.phone", "client.email", "client.reach", "address.")
_STATES = frozenset({"state", "estado", "stan", "stato", "stand"})
_HOUSE_NUMBER = re.compile(r"[^\W\d].*\s\d+\s?[a-zA-Z]?(?:[/-]\d+)?|\d+[a-zA-Z]?,?\s[^\W\d].*|.*\d.*,.*")
_MONEY = re.compile(r"[-(]?\s*(?:[£$€]|[A-Z]{3})?\s*\d[\d.,' ]*(?:[.,]\d{2})?\s*(?:[£$€]|[A-Z]{3}|zł|kr)?\)?-?")
_CENTS = re.compile(r"[.,]\d{2}\D*$|[£$€]|zł|kr\b")
_WORDS = re.compile(r"[^\W\d_][\w.'’-]*(?:\s+[\w.&+'’(),-]+){0,5}")


def told(header: Sequence[str], sample: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return the fields of columns whose names mean several things and whose values decide it, by normal header."""
    found: dict[str, str] = {}
    choices = [headers.meanings(cell) for cell in header]
    has = {known for choice in choices for known in choice}
    for index, (cell, choice) in enumerate(zip(header, choices, strict=True)):
        values = _values(sample, index)
        if not values or not choice:
            continue
        name = headers.normal(cell)
        if "row.kind" in choice and _tells_kinds(values):
            found[name] = "row.kind"
        elif "job.completed_on" in choice and all(map(_is_tick, values)) and _is_dated(choices, index):
            found[name] = "" if "job.status" in has else "job.status"  # a tick says that it is done, not when
        elif "job.paid_on" in choice and all(map(_is_amount, values)):
            found[name] = ""  # how much was paid, not when
        elif name in _STATES and "job.status" in choice and all(map(_is_status, values)):
            found[name] = "job.status"
        elif name in _RUNNING and len(values) > 1 and values == [str(number) for number in range(1, len(values) + 1)]:
            found[name] = ""  # the row's own number: next month's row 1 is another job
        elif _NAMES.issubset(choice) and sum("@" in v or _digits(v) >= 6 for v in values) * 2 > len(values):
            found[name] = "client.reach"
    return found


def states(layout: headers.Layout, sample: Sequence[Sequence[str]]) -> headers.Column | None:
    """Return the column without a known name that may say how far each job is, in a table of days of completion.

    A few words come again and again in it, and one of them is a state. What it says decides which jobs are completed.
    """
    if not layout.of("job.completed_on"):
        return None
    for column in layout.columns:
        values = [] if column.field else _values(sample, column.index)
        few = len(set(values)) <= _FEW and all(_WORDS.fullmatch(value) for value in values)
        if few and any(map(_says_a_state, values)):
            return column
    return None


_FEW = 8
_DONE = "done"
"""Says of a job how far it is, unlike the other words for yes, which say anything."""


def _says_a_state(value: str) -> bool:
    return _is_status(value) and (meanings.flag(value) is None or headers.normal(value) == _DONE)


def words_of(column: headers.Column, sample: Sequence[Sequence[str]]) -> list[str]:
    """Return the different values of a column, in quotation marks, as they come."""
    return [f"'{value}'" for value in dict.fromkeys(_values(sample, column.index))]


def names_clients_alone(layout: headers.Layout, sample: Sequence[Sequence[str]]) -> bool:
    """Return whether a table of jobs has rows that say who a client is and how to reach them, and nothing of a job.

    A row with too few cells may have lost its job on the way, and says nothing about the others.
    """
    width = 1 + max((column.index for column in layout.columns), default=-1)
    named = [column.index for column in layout.columns if column.field in _NAMED]
    reached = [column.index for column in layout.columns if column.field.startswith(_REACHED)]
    jobs = [column.index for column in layout.columns if column.field.startswith("job.")]

    def filled(row: Sequence[str], places: Sequence[int]) -> bool:
        return any(index < len(row) and row[index].strip() for index in places)

    rows = [row for row in sample[:ENOUGH] if len(row) >= width]
    alone = any(filled(row, named) and filled(row, reached) and not filled(row, jobs) for row in rows)
    return alone and any(filled(row, jobs) for row in rows)


def _beside_the_postcode(looks: Sequence[str], people: int) -> int | None:
    """Return which column of words is the town: between the street and the postcode, or behind both."""
    if "postal_code" not in looks:
        return None
    place = looks.index("postal_code")
    between = place > 1 and looks[place - 2] == "street"
    beside = (place - 1, place + 1) if between else (place + 1, place - 1)
    return next((i for i in beside if 0 <= i < len(looks) and i != people and looks[i] in ("city", "name")), None)


def suggested(sample: Sequence[Sequence[str]], country: str) -> tuple[str, ...]:
    """Return what each column of a table without names seems to be, as the answer `columns=...` names it."""
    width = max(map(len, sample), default=0)
    looks = [_look(_values(sample, index), country) for index in range(width)]
    people_in = [index for index, look in enumerate(looks) if look == "name"]
    if people_in:  # whoever it was for differs from row to row, the work repeats
        best = max(people_in, key=lambda index: (len(set(_values(sample, index))), -index))
        beside = _beside_the_postcode(looks, best)
        if beside is not None:
            looks = ["name" if look == "city" else look for look in looks]
            looks[beside] = "city"
        looks = ["service" if look == "name" and index != best else look for index, look in enumerate(looks)]
    if "service" not in looks and "completed_on" in looks and "city" in looks:
        looks[looks.index("city")] = "service"
    names = ["-"] * width
    taken: set[str] = set()
    for index, look in enumerate(looks):
        if look in taken and look not in ("phone", "email", "notes"):
            continue
        if look:
            names[index] = look
            taken.add(look)
    if "completed_on" not in taken or not taken & {"amount", "service", "status"}:  # no jobs: a list of clients
        drop = {"completed_on", "service", "amount", "status"}
        names = ["-" if name in drop else name for name in names]
    return tuple(names)


def _tells_kinds(values: Sequence[str]) -> bool:
    """Return whether a column says of its rows that they are clients, jobs or promises, but for a slip now and then.

    Where all are of one kind it does, too, unless they are jobs: "Service" and "Visit" may be what was done.
    """
    kinds = [meanings.row_kind(value) for value in values]
    found = {*kinds}
    return found in ({"client"}, {"promise"}) or (len(found - {""}) > 1 and kinds.count("") * 4 <= len(kinds))


def _is_tick(value: str) -> bool:
    return meanings.flag(value) is not None


def _is_dated(choices: Sequence[dict[str, int]], without: int) -> bool:
    """Return whether another column has a day that is not said to be the day of completion."""
    return any(
        known.startswith("job.completed_on.")
        for index, choice in enumerate(choices)
        for known in choice
        if index != without
    )


def _look(values: Sequence[str], country: str) -> str:
    for name, fits in _LOOKS:
        good = sum(fits(value, country) for value in values)
        if values and good * 10 >= len(values) * 8 and (name != "city" or len(values) > 1):  # one word can be anything
            return name
    if values and len(set(values)) * 2 <= len(values) and all(_WORDS.fullmatch(value) for value in values):
        return "service"
    return ""


def _is_amount(value: str, _country: str = "") -> bool:
    return bool(_MONEY.fullmatch(value)) and not days.is_date_shaped(value) and meanings.flag(value) is None


def _is_status(value: str, _country: str = "") -> bool:
    return headers.normal(value) in meanings.STATUS_WORDS and not value.isdigit()


def _is_phone(value: str, country: str) -> bool:
    return not _CENTS.search(value) and bool(phones.read(value, country).numbers)


def _is_postal_code(value: str, country: str) -> bool:
    return postal.is_code(value, country)


def _is_name(value: str, _country: str) -> bool:
    words = value.replace(",", " ").split()
    return 2 <= len(words) <= 6 and bool(_WORDS.fullmatch(value)) and (words[0][:1].isupper() or people.is_firm(value))


def _is_town(value: str, _country: str) -> bool:
    return value[:1].isupper() and len(value.split()) <= 3 and not any(letter.isdigit() for letter in value)


_LOOKS: Sequence[tuple[str, Callable[[str, str], bool]]] = (
    ("email", lambda value, _: bool(addresses.split(value)[0])),
    ("completed_on", lambda value, _: days.is_date_shaped(value)),
    ("status", _is_status),
    ("postal_code", _is_postal_code),
    ("place", lambda value, country: postal.town(value, country) is not None),
    ("amount", lambda value, _: _is_amount(value) and bool(_CENTS.search(value))),
    ("phone", _is_phone),
    ("amount", _is_amount),
    ("street", lambda value, _: bool(_HOUSE_NUMBER.fullmatch(value))),
    ("name", _is_name),
    ("city", _is_town),
)


def _digits(text: str) -> int:
    return sum(letter.isdigit() for letter in text)


_LONGEST = 200
"""Characters of a cell that show what it is; to look through a whole letter takes long."""


def _values(sample: Sequence[Sequence[str]], index: int) -> list[str]:
    found = (row[index][:_LONGEST].strip() for row in sample[:ENOUGH] if index < len(row))
    return [value for value in found if value]
