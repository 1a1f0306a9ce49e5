"""Header cells -> fields: the vocabulary, and the rules that a list of words cannot express.

Takes header cells. Gives, for each column, the field it fills, and whether the rows are clients, jobs or both.
Touches nothing but the vocabulary shipped beside it (header_aliases.json).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from followup import cells as cells_

_OURS = "followup: "
REASON_COLUMN = f"{_OURS}what is wrong"
"""The column that we add to a file of rejected rows, and leave out when such a file is imported."""

KINDS = ("clients", "jobs", "mixed")

_MOST_NAMES = 2_000
"""Cells of a row that are looked at for names of columns; damage makes rows of a million cells."""

LONGEST_NAME = 200
"""Characters in the name of a column; whatever is longer is a text, and looking for names in it takes long."""

CLIENT_FIELDS = [
    "client_id",
    "first_name",
    "last_name",
    "full_name",
    "company",
    "address_as",
    "emails",
    "phones",
    "street",
    "city",
    "region",
    "postal_code",
    "country",
    "language",
    "preferred_channel",
    "no_channels",
    "tags",
    "notes",
    "consent",
    "referred_by",
]
JOB_FIELDS = [
    "job_id",
    "client_name",
    "client_email",
    "service",
    "completed_on",
    "promised_on",
    "status",
    "amount",
    "currency",
    "paid_on",
    "invoice_ref",
    "site_address",
    "assigned_to",
]

# What `columns=...` may name, beside the fields above.
_ANSWERS = {
    "email": "client.email",
    "emails": "client.email",
    "client_email": "client.email",
    "phone": "client.phone",
    "phones": "client.phone",
    "name": "client.full_name",
    "full_name": "client.full_name",
    "client_name": "client.full_name",
    "client_id": "client.id",
    "title": "client.title",
    "opt_out": "client.opt_out",
    "last_first": "client.last_first",
    "reach": "client.reach",
    "street": "address.street",
    "place": "address.place",
    "city": "address.city",
    "region": "address.region",
    "postal_code": "address.postal_code",
    "country": "address.country",
    "job_id": "job.id",
    "note": "job.note",
    **{
        name: f"client.{name}"
        for name in ["first_name", "last_name", "company", "address_as", "language", "tags", "notes", "consent"]
    },
    **{name: f"client.{name}" for name in ["preferred_channel", "no_channels", "referred_by"]},
    **{
        name: f"job.{name}"
        for name in ["service", "completed_on", "promised_on", "status", "amount", "currency", "paid_on"]
    },
    **{name: f"job.{name}" for name in ["invoice_ref", "site_address", "assigned_to"]},
}

COLUMN_NAMES = tuple(sorted(_ANSWERS))
"""What the answer to the question `columns` may name."""

_BRACKETS = re.compile(r"\((?:[^\w)]*|inc\.?\s*tax|incl\.?\s*vat|gbp|eur|usd|aud|cad|nzd|chf|utc)\)")
_CUSTOM = re.compile(r"(?:cft|pft)\[(.+)\]|(.+) \(metadata\)", re.IGNORECASE)
_BLANKS = re.compile(r"[\s_\-/.:&?]+")
_NUMBER = re.compile(r"\b\d+\b")
_NUMBERED = re.compile(r"(e mail|email|phone|address|organization) (\d+) (.+)")
_OPT_OUT = re.compile(
    r"(?:(?:marketing|newsletter|mailings?|e ?mails?|customer|client|contact|promo(?:tion)?s?|communications?|has|is"
    r"|of|from|all|any) )*(?:opt(?:ed)? ?out|unsubscribed?)"
    r"(?: (?:of|from|all|any|marketing|newsletters?|mailings?|e ?mails?))*"
)
"""However a program words it: a stop that nobody reads is a stop that is lost."""
_LABELS = re.compile(r"(?:e mail|email|phone|address|website|event|im|relation|organization)(?: \d+)? (?:label|type)")

# Words that say which of several addresses a column belongs to.
_PLACES = re.compile(
    r"^(address \d+|home|business|work|other|billing|bill to|service|mailing|shipping|default address|physical address"
    r"|property|location)\b ?|^(po|sa)(?=address|city|region|postalcode|country)|^weitere|\b(privat|geschäftlich)\b"
)
# What a column means only where a program is known to mean it.
_OF_EXPORTERS = frozenset({"job.id+invoice", "job.unit_price", "job.quantity", "job.dated_on", "client.mail_refused"})
_TRUST = frozenset({"job.completed_on.invoice", "job.completed_on.date"})
_SITE_PLACES = frozenset({"service", "property", "location"})

_SURNAME_BESIDE_A_FIRST_NAME = frozenset({"name", "nom", "nazwisko", "naam", "namn", "navn"})
_LINE_AMOUNTS = frozenset({"line total", "lineamount", "item total", "line subtotal", "line amount", "lineitem price"})
_REFERENCES = frozenset({"reference", "ref"})
_WHOLE_NAME_WITHOUT_A_SURNAME = frozenset({"nombre", "nome"})
_DATA = re.compile(r"@|^[\s\d().,+/\-:£$€]*\d[\s\d().,+/\-:£$€]*$")
_CLIENT_ONLY = frozenset(
    [
        "client.consent",
        "client.opt_out",
        "client.tags",
        "client.notes",
        "client.note",
        "client.language",
        "client.referred_by",
        "client.address_as",
        "client.preferred_channel",
        "client.no_channels",
        "client.no_channels.call",
        "client.no_channels.text",
        "client.first_name",
        "client.last_name",
    ]
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file. *field* is empty for unknown ones, which are kept under `extra`."""

    index: int
    header: str
    field: str
    group: str = ""  # which address, where a file has several


@dataclass(frozen=True, slots=True)
class Layout:
    """What the columns of a file mean. *kind* is empty where they do not say what a row is."""

    columns: tuple[Column, ...]
    kind: str
    dropped: tuple[str, ...] = ()  # headers never imported
    header: tuple[str, ...] = ()  # every header cell, also of the columns that are not imported

    def of(self, name: str) -> list[Column]:
        """Return the columns of a field, best first."""
        return [column for column in self.columns if column.field == name]


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    fields: dict[str, dict[str, int]]  # normalised header -> {field: rank}
    never: frozenset[str]
    weak: frozenset[str] = frozenset()  # names that say nothing of what a row is
    spellings: frozenset[str] = field(default_factory=frozenset)  # as they are and in lower case


def normal(header: str) -> str:
    """Return the form in which header cells are compared."""
    text = unicodedata.normalize("NFKC", header).strip().lstrip("*").strip().strip("'\"").lower()
    found = _CUSTOM.fullmatch(text)
    if found:
        text = found[1] or found[2]
    text = _BRACKETS.sub(" ", text)
    return _BLANKS.sub(" ", text.replace("#", " # ")).strip()


def words(text: str, *, between: str | None = None) -> frozenset[str]:
    """Return the words of a long list, which people read better as a text than one a line."""
    return frozenset(text.split(between))


def shown(header: str) -> str:
    """Return a header cell as it is shown and kept: on one line, with nothing in it that could move a cursor."""
    return cells_.printable(" ".join(header.split()))


def named(cells: Sequence[str]) -> list[str]:
    """Return header cells by the names that answers have for them: their own, or ``column 6`` where one is empty."""
    return [cell if cell.strip() else f"column {number}" for number, cell in enumerate(cells, 1)]


def forms_of(word: str) -> tuple[str, ...]:
    """Return the forms in which a word of ours is met: normal, and as people write it who leave its accents out."""
    return tuple(dict.fromkeys((normal(word), without_accents(normal(word)))))


def without_accents(text: str) -> str:
    """Return *text* with its accents taken off."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(part for part in parts if not unicodedata.combining(part)).replace("ß", "ss")


@cache
def _vocabulary() -> _Vocabulary:
    data = json.loads(resources.files("followup.intake").joinpath("header_aliases.json").read_text("utf-8"))
    fields: dict[str, dict[str, int]] = {}
    spellings: set[str] = set()
    for name, aliases in data["fields"].items():
        for rank, alias in enumerate(aliases):
            spellings.update((alias, alias.lower(), alias.upper()))
            for form in forms_of(alias):
                fields.setdefault(form, {}).setdefault(name, rank)
    never = frozenset(normal(name) for name in data["never_import"])
    return _Vocabulary(fields, never, frozenset(data["weak"]), frozenset(spellings))


def meanings(header: str) -> dict[str, int]:
    """Return the fields that a header cell may stand for, each with its rank among the spellings of that field."""
    words = _vocabulary()
    if len(header) > LONGEST_NAME:
        return {}
    name = normal(header)
    if not name or name in words.never or _LABELS.fullmatch(name):
        return {}
    found = words.fields.get(name) or words.fields.get(without_accents(name))
    if found:
        return found
    numbered = _NUMBERED.fullmatch(name)
    if numbered:
        kind, number, rest = numbered.groups()
        first = words.fields.get(f"{kind} 1 {rest}") or words.fields.get(f"{kind.replace('email', 'e mail')} 1 {rest}")
        if first:
            return {known: rank + int(number[:4]) for known, rank in first.items()}
    if _OPT_OUT.fullmatch(name):
        return {"client.opt_out": 50}
    return _of_two_things(header) or _without_remarks(header)


_REMARK = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\n.*", re.DOTALL)


def _without_remarks(header: str) -> dict[str, int]:
    """Return what a header cell stands for without what it says in brackets or on further lines."""
    name = normal(_REMARK.sub(" ", header.strip()))
    words = _vocabulary()
    if not name or name in words.never or name == normal(header):
        return {}
    return words.fields.get(name) or words.fields.get(without_accents(name)) or {}


# Between two names in one header cell, and what a cell below holds then.
_BOTH = re.compile(
    r"\s*[/,+&;|\n]\s*|\s+(?:-|and|or|und|oder|et|ou|y|o|e|en|of|i|oraz|lub|och|eller)\s+", re.IGNORECASE
)
_NAMES = frozenset({"client.last_name", "client.full_name"})
_TOWN = frozenset({"address.city", "address.postal_code", "address.region", "address.country", "address.place"})
_REACHED = frozenset({"client.phone", "client.email", "client.reach"})
_PERSONS = frozenset({"client.full_name", "client.last_name", "client.first_name", "client.last_first"})
_DATED = frozenset({"job.completed_on", "job.completed_on.date", "job.completed_on.invoice"})


def _of_two_things(header: str) -> dict[str, int]:
    """Return what a header cell with two names in it stands for: "PLZ / Ort", "Name, Vorname", "Tel. / E-Mail"."""
    words = _vocabulary()
    parts = [normal(part) for part in _BOTH.split(header.strip())]
    if not 2 <= len(parts) <= 5:
        return {}
    fields = [words.fields.get(part) or words.fields.get(without_accents(part)) or {} for part in parts]
    if not all(fields):
        return {}
    same = set.intersection(*(set(choice) for choice in fields))
    if same:
        return {known: rank for known, rank in fields[0].items() if known in same}
    first, *others = fields
    if len(fields) == 2 and not _NAMES.isdisjoint(first) and "client.first_name" in fields[1]:
        return {"client.last_first": 50}
    if len(fields) == 2 and "client.first_name" in first and not _NAMES.isdisjoint(fields[1]):
        return {"client.full_name": 50}
    if "address.street" in first and all(not (_TOWN | {"address.number"}).isdisjoint(choice) for choice in others):
        return {"address.street": 50}
    for known, inside in (("address.place", _TOWN), ("client.reach", _REACHED)):
        if all(not inside.isdisjoint(choice) for choice in fields):
            return {known: 50}
    whose = _NAMES | {"client.company"}
    return {"client.full_name": 50} if all(not whose.isdisjoint(choice) for choice in fields) else {}


def known_spellings() -> frozenset[str]:
    """Return every spelling of the vocabulary, for a quick look whether a row could be a header."""
    return _vocabulary().spellings


def is_of_a_line(header: str) -> bool:
    """Return whether the amounts of a column are parts, one for each line of an invoice."""
    return normal(header) in _LINE_AMOUNTS


def score(cells: Sequence[str]) -> int:
    """Return how many known names a row has; 0 when one of its cells is a value."""
    cells = cells[:_MOST_NAMES]
    if any(_DATA.search(cell[:200].strip()) for cell in reversed(cells)):
        return 0
    names = [normal(cell[:200]) for cell in cells]
    never = _vocabulary().never
    return len(
        {name for name, cell in zip(names, cells, strict=True) if name and (name in never or meanings(cell[:200]))}
    )


def joined(first: Sequence[str], second: Sequence[str]) -> list[str] | None:
    """Return the names of columns that are written in two rows ("Date of" over "work"), or None when they are not."""
    known = score(first)
    if not known or len(first) > _MOST_NAMES or any(_DATA.search(cell[:200].strip()) for cell in second):
        return None
    width = max(len(first), len(second))
    pairs = zip([*first, *[""] * (width - len(first))], [*second, *[""] * (width - len(second))], strict=True)
    both = [_joined(one.strip(), other.strip()) for one, other in pairs]
    return both if score(both) > max(known, score(second)) else None


def _joined(one: str, other: str) -> str:
    return one[:-1] + other if one.endswith("-") and other[:1].islower() else f"{one} {other}".strip()


def by_answer(names: Iterable[str]) -> list[str] | None:
    """Return the headers that an answer `columns=a,b,,c` stands for, or None when it names what we do not know."""
    found = [name.strip().lower().replace(" ", "_") for name in names]
    return found if all(name in _ANSWERS or name in {"", "-"} for name in found) else None


def answer_name(field: str) -> str:
    """Return the name under which an answer has a field: phone for client.phone."""
    return next((name for name, known in _ANSWERS.items() if known == field), field.partition(".")[2])


def told_by(name: str) -> str:
    """Return what `layout` is told by an answer about one column: a field, "-", or nothing where it is just kept."""
    return _ANSWERS.get(name, "-" if name == "-" else "")


def is_never(header: str) -> bool:
    """Return whether a column is left out whatever is in it: fax, bank account, day of birth, the label of a group."""
    name = normal(header)
    return name in _vocabulary().never or bool(_LABELS.fullmatch(name))


def our_column(field: str) -> str:
    """Return the header of a column that we add to a file of rejected rows, for what a row was given from others."""
    return f"{_OURS}{field}"


@cache
def _our_columns() -> Mapping[str, str]:
    return {normal(our_column(field)): field for field in fields()}


def is_ours(header: str) -> bool:
    """Return whether we added a column to a file of rejected rows, which is of the same kind without it."""
    name = normal(header)
    return name == normal(REASON_COLUMN) or name in _our_columns()


def fields() -> frozenset[str]:
    """Return every field that a column can fill."""
    known = {name for choice in _vocabulary().fields.values() for name in choice}
    return frozenset(known - {"client.source", *_TRUST} | _OF_EXPORTERS)


def told_of(header: str, told: Mapping[str, str]) -> str | None:
    """Return what *told* says of a header cell, under its own name or with N for its number; None for nothing."""
    name = normal(header)
    found = told.get(name)
    return told.get(_NUMBER.sub("n", name)) if found is None else found


def layout(
    cells: Sequence[str], *, kind: str = "", answered: bool = False, told: Mapping[str, str] | None = None
) -> Layout:
    """Return what each column of a header row means.

    Args:
        cells: the header row, or the names given by the owner.
        kind: clients, jobs or mixed where the owner said so.
        answered: *cells* are names of fields, given as an answer.
        told: fields of known columns, by normal header; "" keeps a column as an unknown one, "-" leaves it out.
    """
    if answered:
        choices = [{_ANSWERS[cell]: 0} if cell in _ANSWERS else {} for cell in cells]
    else:
        choices = [meanings(cell) for cell in cells]
    names = [normal(cell) for cell in cells]
    ours = _our_columns()
    told = {**(told or {}), **{name: ours[name] for name in names if name in ours}}
    fixed = {index: said for index, cell in enumerate(cells) if (said := told_of(cell, told)) is not None}
    for index, said in fixed.items():
        choices[index] = {said: -1} if said not in ("", "-") else {}
    kind = kind or _kind(names, choices)
    fields = _choose(names, choices, kind or "clients", fixed)
    columns, dropped = [], []
    for index, (cell, name, chosen) in enumerate(zip(cells, names, fields, strict=True)):
        if chosen == "-" or is_never(cell) or name == normal(REASON_COLUMN) or (answered and not chosen):
            dropped.append(cell)
            continue
        place = _PLACES.search(name) if chosen.startswith(("address.", "job.site")) else None
        columns.append(Column(index, shown(cell), chosen, place[0].strip() if place else ""))
    return Layout(tuple(columns), kind, tuple(dropped), tuple(cells))


def _kind(names: Sequence[str], choices: Sequence[dict[str, int]]) -> str:
    """Return what a row of such a table is, or nothing when only the owner knows."""
    strong: set[str] = set()
    weak: set[str] = set()
    client: set[str] = set()
    tagged: set[str] = set()
    says_nothing = _vocabulary().weak
    for name, choice in zip(names, choices, strict=True):
        job = {known for known in choice if known.startswith("job.")}
        if "client.tags" in choice:  # "Tag" alone is no day
            tagged |= job
        elif job and (name in says_nothing or len(job) < len(choice)):
            weak |= job
        elif job:
            strong |= job
        else:
            client |= set(choice)
    if any("row.kind" in choice and len(choice) == 1 for choice in choices):
        return "mixed"
    if tagged and (strong | weak):
        weak |= tagged
    elif tagged or any("client.tags" in choice for choice in choices):
        client.add("client.tags")
    identity = {
        "job.id",
        "job.promised_on",
        "job.service",
        "job.completed_on",
        "job.completed_on.invoice",
        "job.invoice_ref",
    }
    jobs = strong & identity
    if not jobs and _DATED & (strong | weak) and (strong | weak) & {"job.amount", "job.service"}:
        jobs = strong | weak
    if not jobs:
        if _DATED & weak and not client & {"client.consent", "client.opt_out"}:
            return ""
        return "clients"
    return "mixed" if len(client & _CLIENT_ONLY - {"client.first_name", "client.last_name"}) else "jobs"


def _choose(names: Sequence[str], choices: Sequence[dict[str, int]], kind: str, fixed: Mapping[int, str]) -> list[str]:
    """Return one field per column; empty for those that stay unknown."""
    has = set(names)
    first_name = any("client.first_name" in choice for choice in choices)
    last_name = any("client.last_name" in choice for choice in choices)
    named = any(
        not _PERSONS.isdisjoint(choice) and choice.keys().isdisjoint({"client.reach", "job.assigned_to"})
        for choice in choices
    )
    dated = any("client.tags" not in choice and _DATED & set(choice) for choice in choices)
    street = any("address.street" in choice for choice in choices)
    job = kind != "clients"
    chosen: list[str] = []
    for index, (name, choice) in enumerate(zip(names, choices, strict=True)):
        options = dict(choice)
        if index in fixed:
            chosen.append(fixed[index])
            continue
        if first_name and name in _SURNAME_BESIDE_A_FIRST_NAME and "last name" not in has and "surname" not in has:
            others = [n for n, c in zip(names, choices, strict=True) if "client.last_name" in c and n != name]
            options = {"client.full_name": 0} if others else {"client.last_name": 0}
        elif (name == "nom" and not first_name) or (name in _WHOLE_NAME_WITHOUT_A_SURNAME and not last_name):
            options = {"client.full_name": 0}
        elif name == "title" or name == "titel":
            options = (
                {"client.title": 0}
                if not job or (first_name and any("job.service" in other for other in choices if other is not choice))
                else {"job.service": 3}
            )
        elif name == "tag":  # a day in German, a label in English
            options = {"job.completed_on.date": 5} if job and not dated else {"client.tags": 1}
        elif {"client.full_name", "job.assigned_to"} <= set(options):  # "Who" is theirs, unless a name stands beside it
            options = {"job.assigned_to": 0} if named else {"client.full_name": 45}
        elif "client.reach" in options and len(options) > 1:
            options = {"client.reach": 0} if named else {"client.full_name": 40}
        elif "address.number" in options and not (street and not job):
            options.pop("address.number")
            options = options or ({"address.number": 0} if street else {})
        elif name == "id" and kind == "jobs":
            options = {"job.id": 0}
        elif name in {"due date", "due"} and (
            "transaction type" in has or any("job.invoice_ref" in choice for choice in choices)
        ):
            options = {}  # when an invoice is payable is no promise of ours
        elif name == "state" and any({"address.city", "address.postal_code"} & set(other) for other in choices):
            options = {"address.region": 0}  # beside a town it is where they live, not how far the job is
        elif set(options) == {"client.notes"} and kind == "jobs":
            options = {}  # notes for the office must not end up in a thank-you
        if not job:
            site = "job.site_address" in options
            options = {known: rank for known, rank in options.items() if not known.startswith("job.")}
            if site and not any(f.startswith("address.street") for c in choices for f in c):
                options = {"address.street": 50}
        else:
            preferred = {known: rank for known, rank in options.items() if known.startswith("job.")}
            options = preferred or options
            place = _PLACES.search(name)
            if place and place[0].strip() in _SITE_PLACES and any(known.startswith("address.") for known in options):
                options = {"job.site_address": 60}
        options.pop("client.source", None)
        options.pop("row.kind", None)  # only values can tell that a column says what its rows are
        chosen.append(min(options, key=lambda known: options[known]) if options else "")
    if "job.invoice_ref" in chosen:  # a reference beside an invoice's number is somebody else's note
        chosen = [
            "" if known == "job.id" and name in _REFERENCES else known
            for name, known in zip(names, chosen, strict=True)
        ]
    _keep_the_best(chosen, choices)
    return chosen


def _keep_the_best(chosen: list[str], choices: Sequence[dict[str, int]]) -> None:
    """Leave one column to fields that take one; what loses is kept as an unknown column."""
    for better, worse in (
        ("job.completed_on", ("job.completed_on.invoice", "job.completed_on.date")),
        ("job.completed_on.invoice", ("job.completed_on.date",)),
    ):
        if better in chosen:
            chosen[:] = ["" if known in worse else known for known in chosen]
    chosen[:] = ["job.completed_on" if known.startswith("job.completed_on") else known for known in chosen]
    if "job.id" not in chosen and "job.invoice_ref" in chosen:
        chosen[chosen.index("job.invoice_ref")] = "job.id+invoice"
    for known in set(chosen) - {
        "",
        "-",
        "client.email",
        "client.phone",
        "client.opt_out",
        "client.consent",
        "client.no_channels.call",
        "client.no_channels.text",
        "job.cancelled",
    }:
        if known.startswith("address.") or known in {"job.site_address", "client.notes", "client.tags", "client.reach"}:
            continue
        places = [index for index, other in enumerate(chosen) if other == known]
        if len(places) > 1:
            best = min(places, key=lambda index: (choices[index].get(known, 50), index))
            for index in places:
                if index != best:
                    chosen[index] = ""
