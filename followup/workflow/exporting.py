"""What leaves the home in a form that others read: address books for other programs, and everything at once.

Takes a Desk, and a folder for everything. Gives rows and how they are to be written, or the files. Memory does not
grow with the number of records.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from followup import files, tables
from followup.care.kinds import KINDS
from followup.errors import CannotCreate
from followup.intake import alphabets
from followup.model import Consent
from followup.records import dataclass
from followup.report import addressbooks, everything
from followup.report import batches as batch_report
from followup.report import clients as client_report
from followup.report import jobs as job_report
from followup.workflow import backups, records
from followup.workflow.desk import Desk

PROGRAMS = ("google", "outlook", "excel")
"""Whose form an export of clients can have."""


@dataclass(frozen=True, slots=True)
class Export:
    """Rows, and how the program wants them written down."""

    rows: Iterable[tuple[Any, ...]]
    columns: Sequence[tables.Column]
    excel: str = ""  # the country whose Excel it is for
    encoding: str = "utf-8"
    newline: str = ""  # of a file; empty: as the form of table has it
    stays_behind: str = ""  # what the program has no place for


def clients(desk: Desk, *, program: str) -> Export:
    """Return all clients, in the form of one of PROGRAMS; empty: ours, which `import` reads as "nothing changed"."""
    if program == "google":
        return _google(desk)
    if program == "outlook":
        return _outlook(desk)
    extra = records.own_columns(records.clients(desk))
    rows = client_report.export_rows(records.clients(desk), extra=extra)
    return Export(rows, client_report.export_columns(extra), excel=_excel(desk, program))


def jobs(desk: Desk, *, program: str) -> Export:
    """Return all jobs in our own form, or, for the program "excel", as a double click opens it."""
    extra = records.own_columns(desk.store.iter_jobs())
    rows = job_report.export_rows(records.jobs_with_clients(desk), extra=extra)
    return Export(rows, job_report.export_columns(extra), excel=_excel(desk, program))


def _excel(desk: Desk, program: str) -> str:
    return (desk.settings.business.country or "US") if program == "excel" else ""


def _stopped(desk: Desk) -> str:
    count = sum(client.consent == Consent.OPTED_OUT for client in records.clients(desk))
    return (
        f"Consent stays behind, and {count} of these clients said stop: write to none of them there." if count else ""
    )


def _google(desk: Desk) -> Export:
    emails = max((len(client.emails) for client in records.clients(desk)), default=0) or 1
    phones = max((len(client.phones) for client in records.clients(desk)), default=0) or 1
    return Export(
        addressbooks.google_rows(records.clients(desk), emails=emails, phones=phones),
        addressbooks.google_columns(emails=emails, phones=phones),
        stays_behind=_stopped(desk),
    )


def _outlook(desk: Desk) -> Export:
    """Return what Outlook for Windows takes: it reads the code page of its Windows, and ends lines with CRLF."""
    business = desk.settings.business
    columns = addressbooks.outlook_columns(language=business.language)

    def rows() -> Iterator[tuple[Any, ...]]:
        return addressbooks.outlook_rows(records.clients(desk))

    code_page = alphabets.page(business.country).windows
    encoding = code_page if _fits(rows, code_page) else "utf-8-sig"
    return Export(rows(), columns, encoding=encoding, newline="\r\n", stays_behind=_stopped(desk))


def _fits(rows: Callable[[], Iterable[Sequence[str]]], encoding: str) -> bool:
    try:
        for row in rows():
            "".join(row).encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


# ---------------------------------------------------------------- everything

_READ_ME = "README.txt"
_COPIES = (
    ("followup.toml", "the settings"),
    ("templates", "the messages that you changed or wrote"),
    ("exporters", "the programs whose files you taught `import`"),
    ("journal", "what was handed over and who said stop, by hashes, line by line"),
)


def write_everything(desk: Desk, folder: Path) -> dict[str, int]:
    """Write all that the home holds into *folder*, as tables, and return how many rows each file has.

    The folder appears when all of it is written, private to its owner; the tables are of one moment.

    Raises:
        CannotCreate: the folder is not empty, or a file.
    """
    folder = folder.resolve()
    if folder.exists() and not folder.is_dir():
        raise CannotCreate(f"{folder} is a file; name a folder.")
    if folder.exists() and any(folder.iterdir()):
        raise CannotCreate(f"{folder} is not empty; nothing is overwritten. Name a new folder.")
    if any(folder.is_relative_to(desk.home.path / name) for name, _ in _COPIES):
        raise CannotCreate(f"{folder} is among what is copied. Name a folder elsewhere.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise files.failure(error, folder.parent, doing="create") from error
    with backups.scratch_folder(folder.parent) as scratch:
        made = scratch / "everything"
        try:
            files.make_folder(made)
            counts = _write_into(desk, made)
            for path in made.rglob("*"):
                path.chmod(files.PRIVATE_FOLDER if path.is_dir() else files.PRIVATE_FILE)
            if folder.exists():
                folder.rmdir()
            made.rename(folder)
        except OSError as error:
            raise files.failure(error, folder, doing="write") from error
    return counts


def _write_into(desk: Desk, folder: Path) -> dict[str, int]:
    written: list[tuple[everything.Sheet, int]] = []
    with desk.store.snapshot():
        for sheet in _sheets(desk):
            with (folder / f"{sheet.name}.csv").open("w", encoding="utf-8", newline="") as stream:
                count = tables.write(sheet.rows, sheet.columns, format="csv", stream=stream)
            written.append((sheet, count))
    copies = [(name, about) for name, about in _COPIES if (desk.home.path / name).exists()]
    for name, _ in copies:
        source = desk.home.path / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copyfile(source, folder / name)
    said = everything.read_me(desk.settings.business.name, desk.today.isoformat(), written, copies)
    (folder / _READ_ME).write_text(said, encoding="utf-8", newline="\n")
    return {f"{sheet.name}.csv": count for sheet, count in written}


def _sheets(desk: Desk) -> Iterator[everything.Sheet]:
    ours: tuple[tuple[str, str, Export], ...] = (
        ("clients", "The clients, as `followup client export` writes them.", clients(desk, program="")),
        ("jobs", "The jobs, as `followup job export` writes them.", jobs(desk, program="")),
    )
    for name, about, export in ours:
        yield everything.Sheet(name, about, export.columns, export.rows)
    yield everything.clients_more(desk.store.iter_everybody())
    yield everything.jobs_more(desk.store.iter_jobs())
    for kind in KINDS.values():
        found = desk.store.care(kind.record)
        known = desk.store.clients({each.client_id for each in found})
        yield everything.records(kind, found, known, today=desk.today)
    yield everything.contacts(desk.store.contacts(None, None))
    yield everything.attempts(desk.store.iter_attempts())
    yield everything.instructions(desk.store.iter_instructions())
    yield everything.ties(desk.store.iter_ties())
    yield everything.suppressions(desk.store.iter_suppressions())
    yield everything.people(desk.settings.people.values())
    yield everything.outside_numbers(desk.store.iter_external_ids())
    about = "Every change that was written: when, by which command, and of which files."
    rows: Iterable[tuple[Any, ...]] = batch_report.rows(reversed(desk.store.batches()))
    yield everything.Sheet("changes", about, batch_report.COLUMNS, rows)
