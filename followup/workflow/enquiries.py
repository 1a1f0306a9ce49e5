"""Enquiries: answered, won, lost.

Takes a Desk, an enquiry and what happened. Gives the enquiry, and the job that it became. Touches the store.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from followup import identity
from followup.care.kinds import ENQUIRY
from followup.errors import BadInput, UsageError
from followup.model import Channel, Enquiry, EnquiryState, Job, JobStatus
from followup.report import words
from followup.workflow import care, contacts, finding, records
from followup.workflow.desk import Desk

ANSWER = "enquiry-answer"
"""The step whose touchpoint an answer settles."""


def answer(desk: Desk, text: str, *, channel: Channel, note: str = "", on: date | None = None) -> Enquiry:
    """Record that an enquiry was answered: a contact, and the end of its clock."""
    before = finding.record(desk, Enquiry, text)
    care.refuse_closed(before)
    finding.refuse_forgotten(finding.by_id(desk, before.client_id))
    if before.answered_at is not None or before.acted_on is not None:
        raise BadInput(f"Enquiry {before.id} was answered on {before.acted_on}.")
    day = on or desk.today
    if day > desk.today or day < before.opened_on:
        raise BadInput(f"{day} is not between the day it came in ({before.opened_on}) and today ({desk.today}).")
    contact = contacts.in_place_of(
        desk, before, ANSWER, channel=channel, summary="answer to the enquiry", note=note, on=day
    )
    after = replace(before, state=EnquiryState.ANSWERED, answered_at=contact.at, acted_on=day)
    with desk.store.write(kind="contact", command="enquiry answer", person=desk.person, now=desk.now()) as write:
        write.save_many([after, contact])
    return after


def won(
    desk: Desk, text: str, *, job: str = "", service: str = "", promised_on: date | None = None, amount: str = ""
) -> tuple[Enquiry, Job]:
    """Close an enquiry as won: it becomes a job, a new one or *job*, in one batch."""
    before = finding.record(desk, Enquiry, text)
    care.refuse_closed(before)
    client = finding.by_id(desk, before.client_id)
    finding.refuse_forgotten(client)
    if job and (service or promised_on or amount):
        raise UsageError("--job names a job that is there: --service, --promised and --amount are those of a new one.")
    if job:
        became = finding.job(desk, job)
        if became.client_id != client.id:
            raise BadInput(f"Job {became.id} is not a job for {words.client(client)}.")
    else:
        became = _job(desk, before, service=service, promised_on=promised_on, amount=amount)
    after = care.ended(
        desk, ENQUIRY, before, care.ending(ENQUIRY, "won"), {"closed_on": desk.today, "job_id": became.id}
    )
    with desk.store.write(kind="hand", command="enquiry won", person=desk.person, now=desk.now()) as write:
        write.save_many([after, became])
    return after, became


def _job(desk: Desk, enquiry: Enquiry, *, service: str, promised_on: date | None, amount: str) -> Job:
    what = service or enquiry.service or enquiry.summary
    if not what:
        raise BadInput('Say what the job is: --service "Bathroom".')
    if promised_on is not None and promised_on < desk.today:
        raise BadInput(f"{promised_on} is past: a job is promised for a day to come.")
    typed = {name: value for name, value in (("promised_on", promised_on), ("amount", amount)) if value}
    made = Job(
        id=identity.random_identifier(),
        client_id=enquiry.client_id,
        service=what,
        status=JobStatus.OPEN,
        amount_minor=enquiry.amount_minor,
        currency=enquiry.currency,
        owner=enquiry.owner,
        created_on=desk.today,
    )
    job = replace(made, **records.job_fields(desk, typed))
    if (job.amount_minor or 0) < 0:
        raise BadInput(f"--amount: '{amount}' is less than nothing.")
    return job


def lost(desk: Desk, text: str, *, reason: str = "", declined: bool = False) -> Enquiry:
    """Close an enquiry as lost; where it was us who said no, the client hears the reason."""
    before = finding.record(desk, Enquiry, text)
    care.refuse_closed(before)
    if declined and not reason.strip():
        raise BadInput("Who said no says why: --reason TEXT. The client reads it.")
    given = {"closed_on": desk.today, "resolution": reason.strip(), "declined": declined}
    after = care.ended(desk, ENQUIRY, before, care.ending(ENQUIRY, "lost"), given)
    care.save(desk, after, command="enquiry lost")
    return after
