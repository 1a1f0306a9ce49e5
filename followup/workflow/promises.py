"""Promises that move to another day: the client is told first, with the reason.

Takes a Desk, a promise and a day. Gives the promise that takes its place. Touches the store.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from followup import identity
from followup.errors import BadInput, NotFound, UsageError
from followup.model import THEM, US, Case, Job, JobStatus, Promise, PromiseState
from followup.workflow import care, finding
from followup.workflow.desk import Desk


def move(desk: Desk, text: str, *, by_on: date, reason: str, target_on: date | None = None) -> Promise:
    """Move a promise to another day. The old one stays on record as moved, and the new one starts the message.

    The day for which a job was promised is moved alike: from then on it is a promise of its own.

    Args:
        desk: the desk.
        text: the promise, its client, or a job that was promised for a day.
        by_on: the new day.
        reason: what the client is told.
        target_on: our own day; by the margin of the settings unless told.
    """
    if not reason.strip():
        raise UsageError("The client is told the reason: --reason TEXT.")
    before, job = _meant(desk, text)
    care.refuse_closed(before)
    if by_on < desk.today:
        raise BadInput(f"{by_on} is past: a promise is moved to a day to come.")
    if by_on == before.due_on:
        raise BadInput(f"It is promised for {by_on} already.")
    if before.opened_by == THEM and target_on is not None:
        raise BadInput("--target is our own day; what the client owes us has none.")
    now = desk.now()
    moved = replace(before, state=PromiseState.MOVED, closed_on=desk.today, resolution=reason.strip())
    after = replace(
        before,
        id=identity.random_identifier(),
        opened_on=desk.today,
        opened_at=now,
        due_on=by_on,
        target_on=target_on,
        moved_from=moved.id,
        recorded_at=now,
    )
    after = care.own_day(desk, after)
    care.check(desk, after, before=None)
    cases = [
        replace(case, promise_id=after.id, due_on=by_on)
        for case in desk.store.care(Case, client_id=before.client_id)
        if case.promise_id == before.id
    ]
    with desk.store.write(kind="hand", command="promise move", person=desk.person, now=now) as write:
        write.save_many([moved, after, *cases])
        if job is not None:
            write.save(replace(job, promised_on=None))
    return after


def _meant(desk: Desk, text: str) -> tuple[Promise, Job | None]:
    """Return the promise that *text* means; of a job, the one that its day is."""
    try:
        return finding.record(desk, Promise, text), None
    except NotFound:
        try:
            job = finding.job(desk, text, fits=_is_promised)
        except NotFound:
            job = None
        if job is None or not _is_promised(job):
            raise
    promise = care.of_job(desk, job, finding.by_id(desk, job.client_id))
    return replace(promise, id=identity.random_identifier(), recorded_at=desk.now()), job


def _is_promised(job: Job) -> bool:
    return job.status is JobStatus.OPEN and job.promised_on is not None


def keep_with_job(desk: Desk, job: Job, *, on: date) -> list[Promise]:
    """Return, as kept on the day *on*, the promises that stand for the day of *job* itself.

    They came of moving that day (see `move`): completing the job keeps them.
    """
    return [
        replace(each, state=PromiseState.KEPT, closed_on=on, resolution="the job was completed")
        for each in desk.store.care(Promise, open_only=True, client_id=job.client_id)
        if each.job_id == job.id and each.opened_by == US and each.moved_from and each.summary == job.service
    ]
