"""What one file says: clients and jobs under the names of our fields, and everything that is wrong or open.

Takes and gives plain values; the field names are the contract of ``import --dry-run --format json``. Touches nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from followup import cells
from followup.intake import headers

if TYPE_CHECKING:
    from followup.intake.exporters import Exporter

DEFAULT_SOURCE = "default"
"""Whose numbers a file's numbers are, where neither its owner nor its header says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFacts:
    """What reading depends on, of the home."""

    country: str
    currency: str
    today: date
    key: bytes
    exporters: tuple[Exporter, ...] = ()  # the home's own, beside those that are shipped


@dataclass(slots=True)  # `portions` makes very many of them by the place of their fields, in a tenth of the time
class ParsedClient:
    """A client as a file has them; also who a row of a jobs file says the job was for."""

    rows: list[int] = field(default_factory=list)
    client_id: str = ""
    first_name: str = ""
    last_name: str = ""
    full_name: str = ""
    title: str = ""
    company: str = ""
    address_as: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    street: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    language: str = ""
    preferred_channel: str = ""
    no_channels: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    notes: str = ""
    note: str = ""
    consent: str = "unknown"
    referred_by: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    mail_refused: bool = False  # a mail server said that there are no such addresses
    reference: bool = False  # only named by a job: an existing client learns nothing from it
    complete: bool = False  # as a home of ours had them: there is nothing to add

    def reachable(self) -> bool:
        """Return whether there is any way to this client."""
        return bool(self.emails or self.phones or self.street or self.postal_code or self.complete)

    def to_json(self) -> dict[str, object]:
        """Return the object that the dry run prints."""
        shown: dict[str, object] = {"rows": self.rows}
        for name in headers.CLIENT_FIELDS:
            value = getattr(self, name)
            shown[name] = list(value) if isinstance(value, tuple) else value
        for name in ("title", "note", "mail_refused", "extra"):
            if value := getattr(self, name):
                shown[name] = value
        return shown


@dataclass(slots=True)  # as ParsedClient; `who` is the last
class ParsedJob:
    """A job as a file has it."""

    rows: list[int] = field(default_factory=list)
    job_id: str = ""
    client_id: str = ""
    client_name: str = ""
    client_email: str = ""
    service: str = ""
    completed_on: date | None = None
    promised_on: date | None = None
    status: str = "open"  # completed | open | not_a_job
    said: bool = False  # the row says how far the job is; otherwise `status` is only what follows from no date
    amount_minor: int | None = None
    currency: str = ""
    paid_on: date | None = None
    unpaid: bool | None = None  # None: the file does not say
    fills: tuple[str, ...] = ()  # what of it stands in where nothing better is known, and changes nothing
    invoice_ref: str = ""
    site_address: str = ""
    assigned_to: str = ""
    note: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    who: ParsedClient = field(default_factory=ParsedClient)

    def to_json(self) -> dict[str, object]:
        """Return the object that the dry run prints."""
        shown: dict[str, object] = {"rows": self.rows, "client_id": self.client_id}
        for name in headers.JOB_FIELDS:
            if name == "amount":
                shown[name] = None if self.amount_minor is None else cells.decimal(self.amount_minor, self.currency)
                continue
            value = getattr(self, name)
            shown[name] = value.isoformat() if isinstance(value, date) else value
        if self.unpaid:
            shown["unpaid"] = True
        for name in ("note", "extra"):
            if value := getattr(self, name):
                shown[name] = value
        return shown


@dataclass(frozen=True, slots=True)
class Question:
    """What only the owner knows. *about* is what kind of question it is, `key` what its answer begins with."""

    about: str
    question: str
    options: tuple[str, ...]
    word: str = ""  # about: status; which word is asked about
    rows: tuple[int, ...] = ()  # the first of those that show it, as a spreadsheet counts

    @property
    def key(self) -> str:
        """Return what stands before the equals sign of the answer."""
        return f"{self.about}:{self.word}" if self.word else self.about

    def to_json(self) -> dict[str, object]:
        """Return the object that the dry run prints."""
        return {
            "about": self.about,
            "question": self.question,
            "options": list(self.options),
            "rows": list(self.rows),
        }


@dataclass(frozen=True, slots=True)
class Taken:
    """A column, and what it is taken for."""

    number: int  # from 1
    header: str
    field: str  # as answers name it; "+": kept under its own name, "-": left out, "": nobody knows
    sample: str = ""  # the first value

    @property
    def name(self) -> str:
        """Return what the column is called: by its header, or by its number where that is empty."""
        return self.header or f"column {self.number}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is no client and no job: a title, a total, a draft."""

    row: int
    code: str
    why: str

    def to_json(self) -> dict[str, object]:
        """Return the object that the dry run prints."""
        return {"row": self.row, "code": self.code, "why": self.why}


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a row cannot be imported: where, what, what now."""

    row: int
    column: str
    value: str
    code: str
    why: str

    def to_json(self) -> dict[str, object]:
        """Return the object that the dry run prints."""
        return {"row": self.row, "column": self.column, "value": self.value, "code": self.code, "why": self.why}


@dataclass(slots=True)
class Outcome:
    """One row, and what it gave."""

    row: int
    values: Sequence[str] = ()  # its cells as they are meant, and one more that is empty
    client: ParsedClient | None = None
    job: ParsedJob | None = None
    problems: list[Problem] = field(default_factory=list)
    skipped: Skipped | None = None
    volatile: bool = False  # it means something else once its day has come


MOST_WARNINGS = 50
"""How many warnings of a large file are kept, beside those of the file as a whole."""


@dataclass(slots=True, kw_only=True)
class FileResult:
    """Everything that was found out about one file.

    Every row is in exactly one of: *imported*, *merged*, *skipped*, *errors* (several problems of a row are one row),
    *known* (the home has read that very row before). Rows count as a spreadsheet shows them.
    """

    name: str
    source: str
    kind: str = ""
    refused: str = ""
    refused_code: str = ""
    questions: list[Question] = field(default_factory=list)
    clients: list[ParsedClient] = field(default_factory=list)
    jobs: list[ParsedJob] = field(default_factory=list)
    not_jobs: list[ParsedJob] = field(default_factory=list)  # drafts and cancelled ones: they end a job we know
    skipped: list[Skipped] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    encoding: str = ""  # or xlsx, xls, ods
    letters: tuple[str, ...] = ()  # a few cells that show what the encoding makes of other letters than ASCII
    looks_like: str = ""  # the program whose export it is, by its header
    book: str = ""  # of a spreadsheet: the fingerprint of its sheets, under which the choice of one is remembered
    page: str = ""  # the sheet that was chosen among several
    delimiter: str = ""
    amounts_are_parts: bool = False  # of lines: a repeated amount is no total said again
    header: tuple[str, ...] = ()
    fingerprint: str = ""  # of the header: the kind of file, under which answers are remembered
    columns: tuple[Taken, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)  # those that were used
    decided: dict[str, str] = field(default_factory=dict)  # date_order and decimal_mark, as the whole file showed them
    digests: dict[int, str] = field(default_factory=dict)  # row -> what it is recognised by
    again: set[int] = field(default_factory=set)  # rows that the home had read before: they tell who is who, no news
    known: int = 0
    rows: int = 0
    passed: Counter[str] = field(default_factory=Counter)  # counts of portions whose rows were let go, as in `counts`
    sheet: dict[int, list[str]] = field(default_factory=dict)  # every row's cells, until it is known which are bad
    records: dict[int, list[str]] = field(default_factory=dict)  # the cells of rows with problems
    given: dict[int, dict[str, str]] = field(default_factory=dict)  # what rows got in columns that the file lacks

    @property
    def ready(self) -> bool:
        """Return whether the file was read: neither refused nor waiting for an answer."""
        return not self.refused and not self.questions

    def part(self, kind: str, *, amounts_are_parts: bool) -> FileResult:
        """Return a result of the same file that has no rows yet."""
        return replace(
            self,
            kind=kind,
            amounts_are_parts=amounts_are_parts,
            clients=[],
            jobs=[],
            not_jobs=[],
            skipped=[],
            problems=[],
            warnings=[],
            digests={},
            again=set(),
            passed=Counter(),
            sheet={},
            records={},
            given={},
        )

    def named_by_jobs(self) -> Collection[ParsedClient]:
        """Return whom the jobs name, each once: jobs that say the same of a client share one value."""
        return {id(job.who): job.who for job in self.jobs if job.who.reference}.values()

    def is_old(self, rows: Collection[int]) -> bool:
        """Return whether the home had read all of these rows before."""
        return bool(self.again) and self.again.issuperset(rows)

    def keep_bad_rows(self) -> None:
        """Keep the cells of rows with problems, for the file of rejected rows, and let go of the others."""
        self.records = {each.row: self.sheet[each.row] for each in self.problems if each.row in self.sheet}
        self.given = {row: self.given[row] for row in self.records if row in self.given}
        self.sheet = {}

    def let_go(self, portion: FileResult) -> None:
        """Count a portion of this file's rows, and keep only what is said of them."""
        self.passed.update(portion.counts())
        self.note(portion)

    def note(self, portion: FileResult) -> None:
        """Keep what is said of some of this file's rows: what was left out, what is wrong, what is worth a word."""
        self.known += portion.known
        self.skipped += portion.skipped
        self.problems += portion.problems
        self.records |= portion.records
        self.given |= portion.given
        self.warnings += portion.warnings[: MOST_WARNINGS - len(self.warnings)]

    def counts(self) -> dict[str, int]:
        """Return the ledger: *rows* is the sum of imported, merged, skipped, errors and known."""
        bad = {problem.row for problem in self.problems}
        imported: set[int] = set()
        every: set[int] = set()
        for rows in (*(client.rows for client in self.clients), *(job.rows for job in self.jobs)):
            imported.add(rows[0])
            every.update(rows)
        first = imported - bad
        return {
            "rows": self.rows,
            "imported": len(first) + self.passed["imported"],
            "merged": len(every - first - bad) + self.passed["merged"],
            "skipped": len(self.skipped),
            "errors": len(bad),
            "known": self.known,
            "clients": len(self.clients) + self.passed["clients"],
            "jobs": len(self.jobs) + self.passed["jobs"],
        }

    def to_json(self) -> dict[str, object]:
        """Return the object that ``import --dry-run --format json`` prints for this file."""
        return {
            "file": self.name,
            "source": self.source,
            "looks_like": self.looks_like or None,
            "refused": self.refused or None,
            "asked": [question.to_json() for question in self.questions],
            "clients": [client.to_json() for client in self.clients],
            "jobs": [job.to_json() for job in self.jobs],
            "skipped": [each.to_json() for each in sorted(self.skipped, key=lambda one: one.row)],
            "errors": [each.to_json() for each in sorted(self.problems, key=lambda one: one.row)],
            "warnings": list(self.warnings),
            "counts": self.counts(),
        }
