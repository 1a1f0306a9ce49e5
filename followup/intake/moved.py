"""Jobs without a number whose day reads otherwise now: the same job, corrected, or another one? Asked, never guessed.

Takes what `match` found, and a Home that can be asked. Gives the rows in question; whoever got an answer settles them
here. Touches nothing but the entries of `match`.

A job without a number is known by client, service and day. So a row whose day was corrected looks like a new job, and
the job that it was stays behind. Such a row is in question when the home has exactly one job that is the same but for
the day, that came from this kind of file, and whose own row is not in the file any more; where there are several on
both sides, they are paired in the order of their days. Where the numbers differ, nobody could answer, and the rows are
new jobs: a monthly export of a weekly clean would be asked about for ever.

An answer counts for the rows that were shown, and for no others: its key holds a mark that is made of them. The same
rows in the next file are known, and other rows are asked about anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Protocol

from followup import identity
from followup.intake import facts, match
from followup.model import Job, JobStatus
from followup.records import dataclass

ABOUT = "same_job"
ANSWERS = ("same", "another")
SHOWN = 5
"""How many rows stand in the question; all of them are counted."""


class Home(Protocol):
    """What has to be asked. The store answers it."""

    def jobs_of_clients(self, client_ids: Iterable[str]) -> Mapping[str, Sequence[Job]]:
        """Return the jobs of clients, by client id."""

    def numbered(self, record_ids: Iterable[str]) -> Collection[str]:
        """Return those of the records that another program has a number for."""

    def read_from(self, fingerprint: str, record_ids: Iterable[str]) -> Collection[str]:
        """Return those of the records that came, or were read again, from files of one kind."""


@dataclass(frozen=True, slots=True)
class Move:
    """A row that is a known job on another day, or another job."""

    entry: match.JobEntry
    file: str  # its name
    said: facts.ParsedJob
    known: Job

    @property
    def day(self) -> str:
        """Return the new day."""
        return _day(self.said)


def find(found: match.Matches, home: Home) -> list[Move]:
    """Return what is in question, by row; what was moved before is found under the day that it has now."""
    new = [
        entry
        for entry in found.jobs
        if entry.existing is None and entry.client.existing is not None and not entry.parsed[0][1].job_id
    ]
    if not new:
        return []
    taken = {entry.id for entry in found.jobs} | {job.id for job, _, _ in found.ended}
    jobs = [
        job
        for of_client in home.jobs_of_clients({entry.client.id for entry in new}).values()
        for job in of_client
        if job.id not in taken and job.status is not JobStatus.CANCELLED
    ]
    numbered = home.numbered([job.id for job in jobs])
    known: dict[tuple[str, str], list[Job]] = {}
    for job in jobs:
        if job.id not in numbered:
            known.setdefault((job.client_id, identity.fold(job.service)), []).append(job)
    rows: dict[tuple[str, str, str], list[Row]] = {}
    for entry in new:
        file, said = entry.parsed[0]
        service = identity.fold(said.service)
        if (entry.client.id, service) in known:
            rows.setdefault((entry.client.id, service, file.fingerprint), []).append((entry, file, said))
    asked: dict[str, list[str]] = {}
    for client_id, service, fingerprint in rows:
        asked.setdefault(fingerprint, []).extend(job.id for job in known[client_id, service])
    came = {fingerprint: home.read_from(fingerprint, ids) for fingerprint, ids in asked.items()}
    moves: list[Move] = []
    for (client_id, service, fingerprint), several in rows.items():
        free = [job for job in known[client_id, service] if job.id in came[fingerprint]]
        moves += _paired(_not_found(several, free), free)
    return sorted(moves, key=lambda move: move.said.rows[0])


Row = tuple[match.JobEntry, facts.FileResult, facts.ParsedJob]


def _not_found(rows: Sequence[Row], free: list[Job]) -> list[Row]:
    """Return the rows that are not simply the one job of ours on that day; the others are it from now on."""
    left = []
    for row in rows:
        day = _day(row[2])
        here = [job for job in free if _day(job) == day and _may_become(job, row[2])]
        if len(here) == 1 and sum(_day(said) == day for _, _, said in rows) == 1:
            adopt([_move(row, here[0])])
            free.remove(here[0])
        else:
            left.append(row)
    return left


def _paired(rows: Sequence[Row], free: Sequence[Job]) -> Iterator[Move]:
    """Yield the rows of one service for one client, each with the job that it may be."""
    for told in dict.fromkeys(_told(said) for _, _, said in rows):
        jobs = sorted((job for job in free if _kept(job) == told), key=lambda job: (_day(job), job.id))
        several = sorted((row for row in rows if _told(row[2]) == told), key=lambda row: _day(row[2]))
        if len(several) == len(jobs):
            for row, job in zip(several, jobs, strict=True):
                if _day(job) and _day(row[2]) and _may_become(job, row[2]):
                    yield _move(row, job)


def _move(row: Row, job: Job) -> Move:
    entry, file, said = row
    return Move(entry, file.name, said, job)


def question(moves: Sequence[Move]) -> facts.Question:
    """Return what to ask about the rows of one file."""
    shown = [
        f"row {move.said.rows[0]}: {move.said.client_name or move.said.who.full_name or move.said.who.company}, "
        f"{move.said.service}, {_when(move.known)} -> {_when(move.said)}"
        for move in moves[:SHOWN]
    ]
    more = f"; and {len(moves) - SHOWN} more" if len(moves) > SHOWN else ""
    one = len(moves) == 1
    text = (
        f"{'; '.join(shown)}{more}. "
        f"{'A job' if one else 'Jobs'} that we know, whose own {'row is' if one else 'rows are'} gone: the same, with "
        f"the day corrected, or {'another' if one else 'others'}?"
    )
    rows = tuple(move.said.rows[0] for move in moves)
    return facts.Question(ABOUT, text, ANSWERS, _mark(moves), rows)


def adopt(moves: Iterable[Move]) -> None:
    """Let rows be the jobs that they were: what the home has keeps its identifier, and gets the new day."""
    for move in moves:
        move.entry.id = move.known.id
        move.entry.existing = move.known


def _mark(moves: Iterable[Move]) -> str:
    """Return what tells this question from every other one."""
    said = sorted(f"{move.known.id} {move.day}" for move in moves)
    return blake2b("\n".join(said).encode(), digest_size=3).hexdigest()


def _told(said: facts.ParsedJob) -> tuple[object, ...]:
    return (said.amount_minor, said.currency, said.site_address, said.invoice_ref, said.assigned_to)


def _kept(job: Job) -> tuple[object, ...]:
    return (job.amount_minor, job.currency, job.site_address, job.invoice_ref, job.assigned_to)


def _day(job: Job | facts.ParsedJob) -> str:
    day = job.completed_on or job.promised_on
    return day.isoformat() if day else ""


def _may_become(job: Job, said: facts.ParsedJob) -> bool:
    """Return whether a job is as far as the row says, or further by having been completed."""
    return job.status is JobStatus.OPEN or said.status == JobStatus.COMPLETED.value


def _when(job: Job | facts.ParsedJob) -> str:
    return str(job.completed_on) if job.completed_on else f"promised for {job.promised_on}"
