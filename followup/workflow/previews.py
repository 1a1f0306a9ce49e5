"""What an import would do: new and changed records, what stays, what is in doubt, and why it may not be written.

Takes what was found in the files and what would become of it. Gives it as a value, and counts. Touches nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields

from followup.intake import facts, match
from followup.model import Client, Job

EXAMPLES = 20
"""How many changes and doubts of each kind are kept to be shown where there are several portions, unless all are."""

Progress = Callable[[str, int, int], None]
"""(what, done, of): how much of some work is done, in a unit of its own."""


def no_progress(what: str, done: int, of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Change:
    """A record of ours before and after."""

    old: Client | Job
    new: Client | Job

    def fields(self) -> Iterator[tuple[str, object, object]]:
        """Yield field, old and new value of everything that changes."""
        for each in fields(self.new):
            before, after = getattr(self.old, each.name), getattr(self.new, each.name)
            if before != after:
                yield each.name, before, after


@dataclass(frozen=True, slots=True)
class Kept:
    """A value of ours that a file contradicts, and that stays."""

    record: Client | Job
    field: str
    ours: object
    theirs: object


@dataclass(slots=True, kw_only=True)
class Preview:
    """What an import would do, and why it may not. Nothing was written.

    Where there are several portions it holds the first few of everything, and counts the rest.
    """

    files: list[facts.FileResult]
    version: int  # of the home that was looked at
    skip_bad_rows: bool = False
    new_clients: list[Client] = field(default_factory=list)
    new_jobs: list[Job] = field(default_factory=list)
    changed_clients: list[Change] = field(default_factory=list)
    changed_jobs: list[Change] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)  # what the files say otherwise
    unchanged_clients: int = 0
    unchanged_jobs: int = 0
    doubts: list[match.Doubt] = field(default_factory=list)
    links: match.Links = field(default_factory=dict)
    stops: list[tuple[str, str]] = field(default_factory=list)  # address that must not be written to, evidence
    mail_refused: dict[str, str] = field(default_factory=dict)  # address that a mail server refused -> evidence
    remembered: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # fingerprint -> (digest, record id)
    origins: dict[str, str] = field(default_factory=dict)  # client id -> what a column says of where they came from
    portions: Callable[[match.Lookup | None], Iterator[Preview]] | None = None  # what there is to write, if not in here
    passed: Counter[str] = field(default_factory=Counter)  # of the portions
    examples: int = EXAMPLES  # kept of each kind, where there are several portions
    progress: Progress = no_progress

    def parts(self, home: match.Lookup | None = None) -> Iterator[Preview]:
        """Yield what there is to write: itself, or portion by portion; *home* as it was before the first of them."""
        return iter([self]) if self.portions is None else self.portions(home)

    def let_go(self, portion: Preview) -> None:
        """Count a portion, and keep what is wrong with it and a few examples of what it changes."""
        self.passed.update(portion.counts())
        self.passed["unchanged"] -= portion.known_rows  # they are counted with their file
        self.stops += portion.stops
        self.mail_refused |= portion.mail_refused
        self.origins |= portion.origins
        self.changed_clients += portion.changed_clients[: self.examples - len(self.changed_clients)]
        self.changed_jobs += portion.changed_jobs[: self.examples - len(self.changed_jobs)]
        self.doubts += portion.doubts[: self.examples - len(self.doubts)]
        self.kept += portion.kept[: self.examples - len(self.kept)]
        self.passed["kept"] += len(portion.kept)
        by_name = {file.name: file for file in self.files}
        for file in portion.files:
            by_name[file.name].let_go(file)

    @property
    def kept_values(self) -> int:
        """Return how many values of ours stay although a file contradicts them."""
        return len(self.kept) if self.portions is None else self.passed["kept"]

    @property
    def known_rows(self) -> int:
        """Return how many rows were imported before as they are, and not read again."""
        return sum(file.known for file in self.files)

    @property
    def not_completed(self) -> int:
        """Return how many jobs of the files are not completed, and start nothing yet."""
        return sum(1 for file in self.files for job in file.jobs if job.status != "completed")

    @property
    def refused(self) -> list[facts.FileResult]:
        """Return the files that cannot be read at all."""
        return [file for file in self.files if file.refused]

    @property
    def questions(self) -> list[tuple[str, facts.Question]]:
        """Return all open questions, each with its file."""
        return [(file.name, question) for file in self.files for question in file.questions]

    @property
    def problems(self) -> list[tuple[str, facts.Problem]]:
        """Return everything that is wrong with rows, each with its file, in the order of the rows."""
        return [(file.name, each) for file in self.files for each in sorted(file.problems, key=lambda one: one.row)]

    @property
    def bad_rows(self) -> int:
        """Return how many rows have problems."""
        return sum(len({each.row for each in file.problems}) for file in self.files)

    @property
    def writable(self) -> bool:
        """Return whether the batch may be written: every file was read, and bad rows are none or to be left out."""
        ready = all(file.ready for file in self.files)
        return ready and (self.skip_bad_rows or not any(file.problems for file in self.files))

    @property
    def changes_nothing(self) -> bool:
        """Return whether the home has all of it already."""
        counts = self.counts()
        return not (counts["new"] or counts["changed"] or self.stops or self.mail_refused)

    def counts(self) -> dict[str, int]:
        """Return the counts of the one screen before writing; `imports` shows four of them later."""
        if self.portions is not None:
            known = self.passed["unchanged"] + self.known_rows
            return {
                **{name: self.passed[name] for name in _COUNTED},
                "unchanged": known,
                "skipped": sum(len(file.skipped) for file in self.files),
                "errors": self.bad_rows,
            }
        return {
            "new": len(self.new_clients) + len(self.new_jobs),
            "new_clients": len(self.new_clients),
            "new_jobs": len(self.new_jobs),
            "changed": len(self.changed_clients) + len(self.changed_jobs),
            "changed_clients": len(self.changed_clients),
            "changed_jobs": len(self.changed_jobs),
            "unchanged": self.unchanged_clients + self.unchanged_jobs + self.known_rows,
            "not_completed": self.not_completed,
            "in_doubt": len(self.doubts),
            "skipped": sum(len(file.skipped) for file in self.files),
            "errors": self.bad_rows,
        }


_COUNTED = (
    "new",
    "new_clients",
    "new_jobs",
    "changed",
    "changed_clients",
    "changed_jobs",
    "unchanged",
    "not_completed",
    "in_doubt",
)
