"""Every kind of client there is, made up: what `template check` renders each template for.

Takes a language and a day. Gives dossiers with what kind of client each stands for. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from followup.model import (
    Case,
    Channel,
    Client,
    Decision,
    Dossier,
    Job,
    JobStatus,
    Occasion,
    OccasionKind,
    Outcome,
    Purpose,
    State,
    Step,
    Summary,
)


class Sample(NamedTuple):
    """A made-up client: *kind* completes "for ...". *is_nobody*: rightly stopped, because nobody can be greeted."""

    kind: str
    dossier: Dossier
    is_nobody: bool = False


_CLIENT = Client(
    id="sample",
    full_name="Ada Hall",
    first_name="Ada",
    last_name="Hall",
    title="Mrs",
    company="Hall & Sons",
    emails=("ada@client.example",),
    phones=("+441632960001",),
    street="1 Mill Lane",
    city="Leeds",
    region="Yorkshire",
    postal_code="LS1 4AP",
    country="GB",
    tags=("regular",),
    notes="Has a dog.",
    note="admired the old boiler",
    referred_by="Tom Reed",
)
_BARE = Client(
    id="sample", emails=("info@client.example",), phones=("+441632960001",), street="1 Mill Lane", city="Leeds"
)
_NAMES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("a first name", {"first_name": "Ada", "full_name": "Ada"}),
    ("a title and a last name", {"title": "Mrs", "last_name": "Hall", "full_name": "Mrs Hall"}),
    ("how they like to be greeted", {"full_name": "A. Hall", "address_as": "Mrs Hall"}),
    ("a firm without a person", {"company": "Hall & Sons"}),
    ("a name in capitals", {"full_name": "ADA O'BRIEN", "first_name": "ADA", "last_name": "O'BRIEN"}),
    ("a name in another script", {"full_name": "山田 花子"}),
    ("two people, with marks", {"full_name": "Zoë & Tom D'Arcy-Łukasz", "first_name": "Zoë & Tom"}),
)


def dossiers(language: str, *, today: date) -> Iterator[Sample]:
    """Yield one dossier for every kind of client, all speaking *language*."""
    full = replace(_CLIENT, language=language)
    bare = replace(_BARE, language=language)
    job = _job("samplejob1", "Boiler service", today - timedelta(days=3), note="admired the old boiler")
    tap = _job("samplejob2", "Tap repair", today - timedelta(days=5))
    plain = Job(id="samplejob1", client_id="sample", status=JobStatus.COMPLETED, completed_on=today - timedelta(days=3))
    old = _job("samplejob0", "Boiler installation", today.replace(year=today.year - 3, day=1))

    yield Sample("a client of whom everything is known", _dossier(full, old, tap, job, with_case=True))
    for kind, fields in _NAMES:
        yield Sample(kind, _dossier(replace(bare, **fields), job))
    yield Sample("a job without a note or an amount", _dossier(replace(full, note=""), plain))
    yield Sample("several jobs", _dossier(full, tap, job))
    yield Sample("no job at all", _dossier(full))
    yield Sample("a last name alone", _dossier(replace(bare, last_name="Hall"), job), is_nobody=True)
    yield Sample("no name", _dossier(bare, job), is_nobody=True)


def decision(
    sample: Sample, *, step: Step | None, template: str, purpose: Purpose, channel: Channel, occurrence: int
) -> Decision:
    """Return the touchpoint that a template is tried with, as its *step* would make it."""
    dossier = sample.dossier
    jobs = [job for job in reversed(dossier.jobs) if dossier.summary.last_job_on and job.completed_on][:2]
    kind = step.occasion if step else OccasionKind.JOB_COMPLETED
    on = dossier.summary.last_job_on or _DAY
    name = step.name if step else template
    fact = jobs[0].id if jobs else "sample"
    paper = channel in (Channel.LETTER, Channel.CARD)
    address = {Channel.EMAIL: dossier.client.emails[0]}.get(channel, dossier.client.phones[0])
    return Decision(
        key=f"{fact}.{name}.{occurrence}",
        step=name,
        cadence=step.cadence if step else "",
        occurrence=occurrence,
        occasion=Occasion(
            kind=kind,
            fact_id=fact,
            on=on,
            client_id=dossier.client.id,
            job_id=fact if jobs else "",
            case_id=dossier.cases[0].id if dossier.cases else "",
        ),
        client_id=dossier.client.id,
        state=State.DUE,
        due_on=on + timedelta(days=3),
        channel=channel,
        address="Ada Hall\n1 Mill Lane\nLeeds" if paper else address,
        template=template,
        purpose=purpose,
        ask=step.ask if step else False,
        job_ids=tuple(job.id for job in jobs),
    )


_DAY = date(2026, 3, 2)


def _job(identifier: str, service: str, on: date, note: str = "") -> Job:
    return Job(
        id=identifier,
        client_id="sample",
        service=service,
        status=JobStatus.COMPLETED,
        completed_on=on,
        amount_minor=123450,
        currency="GBP",
        paid_on=on,
        invoice_ref="INV-1042",
        site_address="2 Mill Lane, Leeds",
        assigned_to="Sam",
        note=note,
    )


def _dossier(client: Client, *jobs: Job, with_case: bool = False) -> Dossier:
    days = [job.completed_on for job in jobs if job.completed_on]
    last = jobs[-1] if jobs else None
    summary = Summary(
        client_id=client.id,
        jobs=len(jobs),
        first_job_on=min(days, default=None),
        last_job_on=max(days, default=None),
        last_job_id=last.id if last else "",
        last_outcome=Outcome.HAPPY if with_case else None,
    )
    case = Case(
        id="samplecase",
        client_id=client.id,
        opened_on=_DAY,
        summary="leak at the joint",
        closed_on=_DAY,
        resolution="joint replaced",
    )
    return Dossier(client=client, summary=summary, jobs=jobs, cases=(case,) if with_case else ())
