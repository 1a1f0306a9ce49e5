"""Programs whose files are known: what their columns mean, which rules their rows need, which words are certain.

Takes header cells, and files in exporters/: those beside this module, and those of a home. Gives an Exporter, or None,
and the Layout of a header under it. Touches only those files. A program is known by its header as a whole, so that no
sheet made by hand is taken for one: every name in `header` has to be there, in any order and among others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from followup import codes, files, settings
from followup import shipped as shipped_parts
from followup.errors import ConfigurationError
from followup.intake import headers, meanings, rules

_STATES = ", ".join(meanings.STATUS_ANSWERS)

KEYS: Mapping[str, str] = {
    "title": "what the import shows: `looks like ...`",
    "source": "whose numbers the numbers in the file are, unless `--source` says otherwise",
    "kind": f"what a row is: {', '.join(headers.KINDS)}",
    "header": "column names that are all in the header row of such a file; together no other file has them",
    "rules": "names of rules, in the order in which they work",
    "columns": 'column name = field; "-" is never imported, "" is kept as it is; N stands for any number',
    "status": f"word in the column of states, or nothing = {_STATES}; better ask if not sure",
    "options": "for the rule `only-these`: column name, or several with ` or ` between = words that count, `*` for any",
}
"""Every key of such a file, and what it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporter:
    """A program's export. Names of columns are as `headers.normal` has them, words of status, too."""

    name: str
    title: str
    source: str
    kind: str
    header: frozenset[str]
    rules: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    status: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: bool = False  # of the home

    def knows(self, header: Iterable[str]) -> int:
        """Return how many columns of a header it speaks of."""
        return sum(
            headers.normal(cell) in self.header or headers.told_of(cell, self.columns) is not None for cell in header
        )


OURS = "followup"
"""The source of our own exports: what stands in their cells is what is meant, and `null` may be a name."""


@cache
def shipped() -> tuple[Exporter, ...]:
    """Return the exporters that come with the program."""
    return _of_folder(shipped_parts.path("intake/exporters"), own=False)


def of_home(folder: Path) -> tuple[Exporter, ...]:
    """Return the exporters that a home has in *folder*, which need not exist.

    Raises:
        ConfigurationError: every problem in every file of it.
    """
    return _of_folder(folder, own=True)


def recognise(header: Sequence[str], exporters: Iterable[Exporter]) -> Exporter | None:
    """Return the exporter whose file has this header: a home's own first, then the one that knows most of it."""
    names = {headers.normal(cell) for cell in header}
    fitting = [each for each in exporters if each.header <= names]
    return max(fitting, key=lambda each: (each.own, each.knows(header), len(each.header), each.name), default=None)


def layout(header: Sequence[str], exporter: Exporter, kind: str = "") -> headers.Layout:
    """Return what the columns of such a file mean. What the exporter does not speak of goes by the vocabulary."""
    return headers.layout(header, kind=kind or exporter.kind, told=exporter.columns)


# ---------------------------------------------------------------- reading


def _of_folder(folder: Path, *, own: bool) -> tuple[Exporter, ...]:
    try:
        paths = sorted(folder.glob("*.toml"))
    except OSError as error:
        raise files.failure(error, folder, doing="read") from error
    problems: list[str] = []
    found = []
    for path in paths:
        try:
            found.append(_exporter(settings.document(path), path, own=own))
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(problems)
    return tuple(found)


def _exporter(tables: Mapping[str, Any], path: Path, *, own: bool) -> Exporter:
    checked = _Checked(tables, str(path))
    kind = checked.text("kind")
    if kind and kind not in headers.KINDS:
        checked.problem("kind", f"'{kind}' is no kind. Write one of {', '.join(headers.KINDS)}")
    header = frozenset(map(headers.normal, checked.texts("header")))
    if 0 < len(header) < _FEWEST:
        checked.problem(
            "header", f"names fewer than {_FEWEST} columns, which a sheet made by hand may have, too. Name more of them"
        )
    known_fields = headers.fields()
    told = checked.table("columns")
    for name, meaning in told.items():
        if meaning not in known_fields and meaning not in ("", "-"):
            checked.problem(
                f'columns."{name}"', f"'{meaning}' is no field. {codes.did_you_mean(meaning, sorted(known_fields))}"
            )
        elif meaning not in ("", "-") and headers.is_never(name):
            checked.problem(f'columns."{name}"', "is a column that is never imported. Take the line out")
        elif kind == "clients" and meaning.startswith("job."):
            what = f"'{meaning}' is of a job, and the kind is clients. Write jobs or mixed as the kind"
            checked.problem(f'columns."{name}"', what)
    words = checked.table("status")
    for word, meaning in words.items():
        if meaning not in meanings.STATUS_ANSWERS:
            checked.problem(f'status."{word}"', f"'{meaning}' is no state. Write one of {_STATES}")
    names = checked.texts("rules", needed=False)
    for name in names:
        if name not in rules.RULES:
            checked.problem("rules", f"there is no rule '{name}'. {codes.did_you_mean(name, rules.RULES)}")
    exporter = Exporter(
        name=path.stem,
        title=checked.text("title"),
        source=checked.text("source"),
        kind=kind,
        header=header,
        rules=names,
        columns={headers.normal(name): meaning for name, meaning in told.items()},
        status={headers.normal(word): meaning for word, meaning in words.items()},
        options=checked.options(),
        own=own,
    )
    if checked.problems:
        raise ConfigurationError(checked.problems)
    return exporter


_FEWEST = 2
"""Column names that tell a program by; fewer are in anybody's sheet."""


class _Checked:
    """A parsed file, read key by key; gathers what is wrong instead of stopping at it."""

    def __init__(self, tables: Mapping[str, Any], where: str) -> None:
        self.tables = tables
        self.where = where
        self.problems: list[str] = []
        for key in tables:
            if key not in KEYS:
                self.problem(str(key), f"there is no such key. {codes.did_you_mean(str(key), KEYS)}")

    def problem(self, key: str, what: str) -> None:
        """Note that *key* is wrong, and how."""
        self.problems.append(f"{self.where}: {key}: {what}{'' if what.endswith(('.', '?')) else '.'}")

    def text(self, key: str) -> str:
        """Return a text that has to be there."""
        value = self.tables.get(key, "")
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.problem(key, f'is missing: {KEYS[key]}. Write {key} = "..."')
        return ""

    def texts(self, key: str, *, needed: bool = True) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.tables.get(key, [])
        if not _are_texts(value) or (needed and not value):
            self.problem(key, f'is no list of texts: {KEYS[key]}. Write {key} = ["...", "..."]')
            return ()
        return tuple(value)

    def table(self, key: str) -> dict[str, str]:
        """Return a table of texts, which may be missing."""
        value = self.tables.get(key, {})
        if not isinstance(value, Mapping) or not _are_texts([*value.values()]):
            self.problem(key, f'is no table of texts: {KEYS[key]}. Write [{key}], and below it "..." = "..."')
            return {}
        return dict(value)

    def options(self) -> dict[str, tuple[str, ...]]:
        """Return the table of options, each a list of texts."""
        value = self.tables.get("options", {})
        if not isinstance(value, Mapping) or not all(map(_are_texts, value.values())):
            self.problem("options", f'is no table of lists: {KEYS["options"]}. Write "..." = ["...", "..."]')
            return {}
        return {name: tuple(words) for name, words in value.items()}


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
