"""Homes to measure in: an empty one, the example business, and one with a long history.

Takes a folder. Gives a home in it. Touches that folder. The long history is written by SQL, past the program, or making
it would take longer than measuring.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from followup import home, identity, shipped, store
from followup.workflow import homes
from tests.benchmarks import harness

TODAY = date(2026, 3, 2)  # a Monday
MANY = int(os.environ.get("FOLLOWUP_BENCH_ROWS", "1000000"))
DUE = min(500, MANY // 50)
ANSWERS = {
    "name": "Sam Hall",
    "business": "Hall Plumbing",
    "address": "1 High Street, Leeds LS1 1AA",
    "country": "GB",
    "timezone": "Europe/London",
    "email": "sam@hall.example",
}
SERVICES = '\n[services."boiler service"]\ninterval = "12 months"\n'
PROMISES, CASES = MANY // 10, MANY // 50
STILL_OPEN = 25
"""So many of the promises and of the cases are of these weeks and open."""
BUSY_PROMISES, BUSY_CASES = min(5000, MANY // 20), min(500, MANY // 200)
"""So many are open in a home in which much is going on."""
JOBS_EACH = 5
LAST_DONE = date(2026, 2, 27)  # a Friday, so that the thank-you is due on TODAY
_DAY_ZERO = date(2010, 6, 1)


def command(folder: Path, *arguments: str) -> list[str]:
    """Return the command line that runs us in the home *folder* on TODAY."""
    return [sys.executable, "-m", "followup", "--home", str(folder), "--now", TODAY.isoformat(), *arguments]


def empty(folder: Path) -> home.Home:
    """Make a home without clients."""
    made = homes.make(folder, answers=ANSWERS)
    with made.settings_path.open("a", encoding="utf-8") as stream:
        stream.write(SERVICES)
    harness.process(command(folder, "due"))  # the first look-up of public holidays is kept
    return made


def example(folder: Path) -> home.Home:
    """Make the home of the example business as it is after the first import: 33 clients, 52 jobs."""
    made = empty(folder)
    examples = shipped.path("examples")
    made.settings_path.write_text((examples / "followup.toml").read_text(encoding="utf-8"), encoding="utf-8")
    harness.process(command(folder, "import", str(examples / "clients.csv"), str(examples / "jobs.csv"), "--yes"))
    harness.process(command(folder, "due"))
    return made


@cache
def million() -> Path:
    """Return the home of a million old jobs and a million old contacts, 500 due; made once a run, gone after it."""
    folder = Path(tempfile.mkdtemp(prefix="followup-benchmark-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    sys.stderr.write(f"  making a home with {MANY:,} jobs and contacts ...\n")
    return long_history(folder / "home", jobs=MANY, contacts=MANY, due=DUE).path


@cache
def yearly() -> Path:
    """Return the home of a million old jobs whose first ones lie on every day of the year; made once a run."""
    folder = Path(tempfile.mkdtemp(prefix="followup-benchmark-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    sys.stderr.write(f"  making a home with {MANY:,} jobs, and anniversaries every day ...\n")
    return long_history(folder / "home", jobs=MANY, contacts=0, due=DUE, is_spread=True).path


@cache
def related(promises: int = STILL_OPEN, cases: int = STILL_OPEN) -> Path:
    """Return a copy of `million` with PROMISES and CASES in it, all but so many of them over; made once a run."""
    folder = Path(tempfile.mkdtemp(prefix="followup-benchmark-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = home.Home(shutil.copytree(million(), folder / "home"))
    sys.stderr.write(f"  adding {PROMISES:,} promises and {CASES:,} cases, {promises:,} and {cases:,} open ...\n")
    with closing(sqlite3.connect(made.database_path)) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        _insert(database, "care", _promises(PROMISES, promises))
        _insert(database, "care", _cases(CASES, cases))
        database.commit()
    return made.path


def long_history(folder: Path, *, jobs: int, contacts: int, due: int, is_spread: bool = False) -> home.Home:
    """Make a home with *jobs* old jobs, *contacts* old contacts, and *due* thank-yous that are due on TODAY.

    Every client had JOBS_EACH jobs, at intervals of their own, and has been quiet for years. First jobs were done in
    summer, so that on TODAY, in March, no anniversary is near: what is due is *due* thank-yous and nothing else. With
    *is_spread* they were done all year round, and every anniversary but those of the last days went out.
    """
    made = empty(folder)
    with closing(sqlite3.connect(made.database_path)) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        clients = jobs // JOBS_EACH
        shift = 365 if is_spread else 90
        _insert(database, "client", _clients(clients))
        _insert(database, "client_email", _emails(clients))
        _insert(database, "job", _old_jobs(jobs, shift))
        _insert(database, "job", _recent_jobs(due))
        _insert(database, "contact", _anniversaries(clients) if is_spread else _contacts(contacts, jobs))
        database.commit()
    with store.open(made.database_path, home_key=made.key(), backups=made.backups_path) as opened:
        opened.rebuild_summaries()
    return made


def _insert(database: sqlite3.Connection, table: str, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows, None)
    if first is None:
        return
    text = f"INSERT INTO {table} ({', '.join(first)}) VALUES ({', '.join(f':{column}' for column in first)})"
    database.execute(text, first)
    database.executemany(text, rows)


def _identifier(prefix: str, number: int) -> str:
    letters = []
    for _ in range(identity.LENGTH - 1):
        number, index = divmod(number, len(identity.ALPHABET))
        letters.append(identity.ALPHABET[index])
    return prefix + "".join(reversed(letters))


def _clients(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {
            "id": _identifier("c", number),
            "full_name": f"Ada Hall{number}",
            "first_name": "Ada",
            "last_name": f"Hall{number}",
            "street": f"{number} Mill Lane",
            "postal_code": "LS1 4AB",
            "created_on": "2010-06-01",
        }


def _emails(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        address = f"ada{number}@example.com"
        yield {"client_id": _identifier("c", number), "position": 0, "address": address, "canonical": address}


def _job(number: int, client: int, on: date) -> dict[str, Any]:
    return {
        "id": _identifier("j", number),
        "client_id": _identifier("c", client),
        "service": "Boiler service",
        "service_key": "boiler service",
        "status": "completed",
        "completed_on": on.isoformat(),
        "amount_minor": 9500 + number % 9000,
        "currency": "GBP",
        "invoice_ref": f"INV-{number}",
        "created_on": on.isoformat(),
    }


def _old_day(number: int, shift: int = 90) -> date:
    """Return the day of old job *number*: 2010 to 2022; first ones within *shift* days of the beginning of summer."""
    client, nth = divmod(number, JOBS_EACH)
    summer = _DAY_ZERO.replace(year=2010 + client % 5) + timedelta(days=client % shift)
    return summer + timedelta(days=nth * (40 + client % 640))


def _old_jobs(count: int, shift: int) -> Iterator[dict[str, Any]]:
    def day(number: int) -> date:
        return _old_day(number, shift)

    for number in sorted(range(count), key=day):  # in the order in which they were done
        yield _job(number, number // JOBS_EACH, day(number))


def _anniversaries(clients: int) -> Iterator[dict[str, Any]]:
    """Yield the greetings of this year and the last, each sent on its day, until the weekend before TODAY."""
    for number in range(clients * 2):
        client, years_ago = number // 2, 1 - number % 2
        first = _old_day(client * JOBS_EACH, 365)
        on = first.replace(year=TODAY.year - years_ago, day=min(first.day, 28))
        if on >= LAST_DONE:
            continue
        yield {
            "id": _identifier("k", number),
            "client_id": _identifier("c", client),
            "channel": "email",
            "direction": "out",
            "at": f"{on.isoformat()}T09:15:00+00:00",
            "on_day": on.isoformat(),
            "purpose": "marketing",
            "key": f"{_identifier('c', client)}.anniversary.{on.year - first.year}",
            "step": "anniversary",
            "by_person": "sam",
            "outcome": "sent",
        }


def _promises(count: int, still_open: int) -> Iterator[dict[str, Any]]:
    """Yield promises of old jobs, nearly all kept, some late or broken; the last *still_open* are due soon or were."""
    for number in range(count):
        job = number * (MANY // count)
        is_open = number >= count - still_open
        made = TODAY - timedelta(days=10) if is_open else _old_day(job)
        due = TODAY + timedelta(days=number % 20 - 5) if is_open else made + timedelta(days=7)
        state = "open" if is_open else "broken" if number % 50 == 0 else "kept"
        yield _record("promise", number, job, made, state) | {
            "summary": "the part is here",
            "due_on": due.isoformat(),
            "closed_on": None if is_open else (due + timedelta(days=number % 9 - 6)).isoformat(),
            "detail": f'{{"target_on":"{(due - timedelta(days=2)).isoformat()}"}}',
        }


def _cases(count: int, still_open: int) -> Iterator[dict[str, Any]]:
    """Yield cases of old jobs, put right in a few days; the last *still_open* were opened last week."""
    for number in range(count):
        job = 1 + number * (MANY // count)
        is_open = number >= count - still_open
        opened = TODAY - timedelta(days=5) if is_open else _old_day(job)
        yield _record("case", number, job, opened, "open" if is_open else "resolved") | {
            "summary": "tap drips",
            "due_on": None,
            "closed_on": None if is_open else (opened + timedelta(days=1 + number % 6)).isoformat(),
            "detail": '{"severity":"high","cause":"part"}',
        }


def _record(kind: str, number: int, job: int, on: date, state: str) -> dict[str, Any]:
    return {
        "id": _identifier(kind[0], number),
        "kind": kind,
        "client_id": _identifier("c", job // JOBS_EACH),
        "opened_on": on.isoformat(),
        "opened_at": f"{on.isoformat()}T09:15:00+00:00",
        "state": state,
        "job_id": _identifier("j", job),
        "owner": "sam",
        "recorded_at": f"{on.isoformat()}T09:15:00+00:00",
    }


def _recent_jobs(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield _job(100_000_000 + number, number * 7, LAST_DONE)


def _contacts(count: int, jobs: int) -> Iterator[dict[str, Any]]:
    notes = ("", "", "", "likes a call after five", "-10 % promised", "Größe geändert, Rückruf", 'said "thanks"')

    def day(number: int) -> date:
        return _old_day(number % jobs) + timedelta(days=1 + number // jobs)

    for number in sorted(range(count), key=day):
        job, on = number % jobs, day(number).isoformat()
        yield {
            "id": _identifier("k", number),
            "client_id": _identifier("c", job // JOBS_EACH),
            "channel": ("email", "call", "letter")[number % 3],
            "direction": "in" if number % 11 == 0 else "out",
            "at": f"{on}T09:15:00+00:00",
            "on_day": on,
            "purpose": "service",
            "key": f"{_identifier('j', job)}.thank-you.1",
            "step": "thank-you",
            "job_id": _identifier("j", job),
            "by_person": "sam",
            "outcome": ("sent", "happy", None)[number % 3],
            "summary": "Thank you for having us",
            "note": notes[number % len(notes)],
            "reference": f"<{number:032x}@example.com>",
        }
