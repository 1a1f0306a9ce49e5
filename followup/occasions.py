"""Facts become dated occasions: `(kind, fact, on)`.

Takes one client's dossier and what the firm knows of its services. Gives occasions. Touches nothing: no clock, no I/O.
Whether anything follows from an occasion is the planner's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Protocol

from followup import cadence, identity, workdays
from followup.care import starting
from followup.model import Case, Dossier, Job, JobStatus, Occasion, OccasionKind, Quiet, Referral, Service


class Ways(starting.Firm, Protocol):
    """What occasions need to know of the firm; `plan.Rules` is one."""

    @property
    def services(self) -> Mapping[str, Service]:
        """Return what is known of each kind of work, by its lower-case name."""

    @property
    def quiet(self) -> Quiet:
        """Return from when on a client counts as quiet."""

    @property
    def calendar(self) -> workdays.Calendar:
        """Return the firm's business days."""

    @property
    def low_score(self) -> int:
        """Return up to which score a client may be unhappy."""


def of(dossier: Dossier, ways: Ways) -> Iterator[Occasion]:
    """Yield every occasion that a client's facts give, in no particular order of kinds.

    A job that was completed once stays an occasion when it is reopened or cancelled, so that what hangs on it can be
    explained; the planner stops its touchpoints. A client has one first job and one silence, since the last job.
    """
    client_id = dossier.client.id
    touched: dict[str, date] | None = None
    for job in dossier.jobs:
        if job.promised_on is not None:
            for kind, day in starting.of_job(job, ways):
                yield Occasion(kind=kind, fact_id=job.id, on=day, client_id=client_id, job_id=job.id)
        on = job.completed_on
        if on is None and job.status is not JobStatus.COMPLETED:
            touched = _touched(dossier) if touched is None else touched
            on = touched.get(job.id)
        if on is None:
            continue
        yield Occasion(kind=OccasionKind.JOB_COMPLETED, fact_id=job.id, on=on, client_id=client_id, job_id=job.id)
        service = ways.services.get(job.service.lower())
        if service is not None and service.interval is not None:
            again = ways.add(service.interval, on)
            yield Occasion(
                kind=OccasionKind.SERVICE_INTERVAL, fact_id=job.id, on=again, client_id=client_id, job_id=job.id
            )
    yield from _of_client(dossier, ways)
    for record in (*dossier.cases, *dossier.records):
        for kind, day in starting.starts(record, dossier, ways):
            yield Occasion(
                kind=kind,
                fact_id=record.id,
                on=day,
                client_id=client_id,
                # A referral's job is the friend's, which is nobody else's business.
                job_id=record.job_id if not isinstance(record, Referral) else "",
                case_id=record.id if isinstance(record, Case) else getattr(record, "case_id", ""),
                record_id=record.id,
            )
    for contact in dossier.contacts:
        if contact.score is not None and contact.score <= ways.low_score:
            yield Occasion(
                kind=OccasionKind.LOW_SCORE,
                fact_id=contact.id,
                on=contact.on,
                client_id=client_id,
                job_id=contact.job_id,
            )


def _of_client(dossier: Dossier, ways: Ways) -> Iterator[Occasion]:
    client_id, summary = dossier.client.id, dossier.summary
    if summary.first_job_on is not None:
        yield Occasion(
            kind=OccasionKind.FIRST_JOB,
            fact_id=client_id,
            on=summary.first_job_on,
            client_id=client_id,
            job_id=first_job_id(dossier.jobs),
        )
    if summary.last_job_on is not None and summary.last_job_id:
        yield Occasion(
            kind=OccasionKind.CLIENT_QUIET,
            fact_id=summary.last_job_id,
            on=cadence.quiet_on(summary.last_job_on, summary.usual_gap_days, quiet=ways.quiet, calendar=ways.calendar),
            client_id=client_id,
            job_id=summary.last_job_id,
        )


def first_job_id(jobs: tuple[Job, ...]) -> str:
    """Return the identifier of the first completed job, empty when there is none."""
    done = [(job.completed_on, job.id) for job in jobs if job.status is JobStatus.COMPLETED and job.completed_on]
    return min(done)[1] if done else ""


def _touched(dossier: Dossier) -> dict[str, date]:
    """Return the facts about which something was tried, recorded or decided, and the first day of it."""
    touched: dict[str, date] = {}
    for key, on in (
        *((each.key, each.on) for each in dossier.attempts),
        *((each.key, each.on) for each in dossier.contacts),
        *((each.key, each.on) for each in dossier.instructions),
    ):
        parts = identity.split_key(key)
        if parts is not None:
            touched[parts[0]] = min(on, touched.get(parts[0], on))
    return touched
