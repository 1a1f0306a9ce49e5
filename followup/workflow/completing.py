"""Finishing a job: its service's checklist, and the recap in plain words that the client confirms or corrects.

Takes a Desk and what was done. Gives the job, the promises that came of what stays open, and the recap. Touches the
store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from followup import cells
from followup.errors import BadInput, NotFound, UsageError
from followup.model import US, Job, JobStatus, Promise, Recap, RecapState
from followup.workflow import care, finding, promises
from followup.workflow.desk import Desk

PARTS = {"found": "Found", "did": "Did", "not_done": "Not done", "watch_for": "Watch for"}
"""What a recap says, in this order, and what each part is called."""

RECENT = 30
"""For so many days after it was done a job is the one that is meant when a recap names its client only."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A job that is done, what of its checklist was seen to, and what was promised of the rest."""

    job: Job
    checked: tuple[str, ...] = ()
    promises: tuple[Promise, ...] = ()


# ---------------------------------------------------------------- the checklist


def checklist(desk: Desk, job: Job) -> tuple[str, ...]:
    """Return what is looked at before such a job is complete, see [services] in followup.toml."""
    service = desk.settings.services.get(job.service.strip().lower())
    return service.checklist if service is not None else ()


def picked(items: Sequence[str], typed: Sequence[str]) -> tuple[str, ...]:
    """Return those of *items* that *typed* names: by number, by how they begin, or "all"."""
    chosen: set[str] = set()
    for text in typed:
        wanted = text.strip().casefold()
        if wanted == "all":
            chosen.update(items)
            continue
        if wanted.isdecimal() and 1 <= int(wanted) <= len(items):
            chosen.add(items[int(wanted) - 1])
            continue
        found = [item for item in items if item.casefold().startswith(wanted)] if wanted else []
        exact = [item for item in found if item.casefold() == wanted]
        if len(exact or found) != 1:
            listed = "; ".join(f"{number} {item}" for number, item in enumerate(items, 1)) or "it is empty"
            raise BadInput(f"'{cells.short(text)}' is not one thing of the checklist. On it: {listed}.")
        chosen.update(exact or found)
    return tuple(item for item in items if item in chosen)


def to_complete(desk: Desk, text: str) -> Job:
    """Return the job that *text* means, or the only open one of the client that it means."""
    return finding.job(desk, text, fits=lambda job: job.status is JobStatus.OPEN, which="open job")


def complete(
    desk: Desk,
    text: str,
    *,
    on: date | None = None,
    note: str = "",
    checked: Sequence[str] | None = None,
    open_by: date | None = None,
) -> Completed:
    """Mark a job as completed: its cadence starts. What its checklist leaves open becomes a promise to the client.

    Args:
        desk: the desk.
        text: the job, or its client, who has only one that is open.
        on: when it was done, today unless told.
        note: one personal line for the thank-you.
        checked: what of the checklist was seen to, as typed; None where nobody said.
        open_by: by when the rest will be done.

    Raises:
        UsageError: there is a checklist and nobody said what of it is done, or by when the rest will be.
    """
    job = to_complete(desk, text)
    if job.status == JobStatus.COMPLETED:
        raise BadInput(f"Job {job.id} was completed on {job.completed_on}.")
    day = on or desk.today
    if day > desk.today:
        raise BadInput(f"{day} is in the future: a job is completed when it is done.")
    done_items, left = _looked_at(desk, job, checked, open_by)
    done = replace(job, status=JobStatus.COMPLETED, completed_on=day, note=note or job.note)
    promised = tuple(_promised(desk, done, item, by_on=open_by) for item in left if open_by is not None)
    kept = promises.keep_with_job(desk, done, on=day)
    with desk.store.write(kind="hand", command="job complete", person=desk.person, now=desk.now()) as write:
        write.save_many([done, *promised, *kept])
        if done_items:
            write.save(replace(_draft(desk, done), checked=done_items))
    return Completed(done, done_items, promised)


def _looked_at(
    desk: Desk, job: Job, checked: Sequence[str] | None, open_by: date | None
) -> tuple[tuple[str, ...], list[str]]:
    """Return what of the checklist of *job* was seen to, and what is left open, for which there is a day then."""
    items = checklist(desk, job)
    if items and checked is None:
        listed = "; ".join(f"{number} {item}" for number, item in enumerate(items, 1))
        raise UsageError(
            f"{job.service} has a checklist: {listed}. Say what is done: --checked all, or --checked 1 --checked 3 "
            f"--open-by DATE, by when the rest will be."
        )
    done = picked(items, checked or ())
    left = [item for item in items if item not in done]
    if left and open_by is None:
        raise UsageError(f"Left open: {'; '.join(left)}. Say by when it will be done: --open-by DATE.")
    if open_by is not None and open_by < desk.today:
        raise BadInput(f"{open_by} is past: what is left open is promised for a day to come.")
    return done, left


def _promised(desk: Desk, job: Job, item: str, *, by_on: date) -> Promise:
    told = {"summary": item, "job_id": job.id, "owner": job.owner, "due_on": by_on}
    return care.begun(desk, Promise, finding.by_id(desk, job.client_id), told)


# ---------------------------------------------------------------- the recap


def suggested(desk: Desk, text: str) -> Recap:
    """Return the recap of a job as far as it is known: what was written before, what was checked, what is left open."""
    job = _to_recap(desk, text, state=RecapState.DRAFT, which=f"job done in the last {RECENT} days without a recap")
    draft = _draft(desk, job)
    left = [
        promise.summary
        for promise in desk.store.care(Promise, open_only=True, client_id=job.client_id)
        if promise.job_id == job.id and promise.opened_by == US
    ]
    did = draft.did or "; ".join([job.service, *draft.checked])
    return replace(draft, did=did, not_done=draft.not_done or "; ".join(left))


def recap(desk: Desk, text: str, words: Mapping[str, str]) -> Recap:
    """Write down what a job was about; a message asks the client to confirm or correct it.

    *words* has the parts by name (see PARTS); one that is not said stays as `suggested` has it.
    """
    known = suggested(desk, text)
    if known.state != RecapState.DRAFT:
        raise BadInput(
            f"The recap of job {known.job_id} was written on {known.opened_on}. `followup job recap {known.job_id} "
            "--corrected TEXT` keeps what the client put right."
        )
    job = finding.job(desk, known.job_id)
    if job.status != JobStatus.COMPLETED:
        raise BadInput(
            f"Job {job.id} is {job.status}: a recap is of work that is done. `followup job complete {job.id}` first."
        )
    said: Mapping[str, Any] = {name: " ".join(text.split()) for name, text in words.items()}
    written = replace(
        known,
        **said,
        opened_on=desk.today,
        opened_at=desk.now(),
        state=RecapState.WRITTEN,
        summary=job.service,
        recorded_at=desk.now(),
    )
    if not (written.found or written.did):
        raise UsageError("A recap says what was found or what was done: --found TEXT, --did TEXT.")
    care.save(desk, written, command="job recap")
    return written


def answered(desk: Desk, text: str, *, correction: str = "") -> Recap:
    """Keep what the client said of the recap of a job: that it is right, or *correction*."""
    job = _to_recap(desk, text, state=RecapState.WRITTEN, which="job with a recap that waits for an answer")
    known = _draft(desk, job)
    if known.state == RecapState.DRAFT:
        raise NotFound(f"There is no recap of job {job.id} yet. `followup job recap {job.id} --found TEXT` writes one.")
    if known.closed_on is not None:
        raise BadInput(f"The client {known.state} the recap on {known.closed_on}.")
    closed = replace(
        known,
        state=RecapState.CORRECTED if correction else RecapState.CONFIRMED,
        correction=correction,
        closed_on=desk.today,
        resolution=correction or "confirmed",
    )
    care.save(desk, closed, command="job recap")
    return closed


def _to_recap(desk: Desk, text: str, *, state: RecapState, which: str) -> Job:
    """Return the job that *text* means, or the only one of the client that it means whose recap is in *state*.

    Without a recap it must have been done not long ago: who names a client means the last visit.
    """
    since = desk.today - timedelta(days=RECENT)

    def fits(job: Job) -> bool:
        if job.status is not JobStatus.COMPLETED or job.completed_on is None:
            return False
        recent = state is not RecapState.DRAFT or since <= job.completed_on <= desk.today
        return recent and _draft(desk, job).state == state

    return finding.job(desk, text, fits=fits, which=which)


def _draft(desk: Desk, job: Job) -> Recap:
    """Return the latest recap of *job*, or an empty one."""
    known = [each for each in desk.store.care(Recap, client_id=job.client_id) if each.job_id == job.id]
    if known:
        return known[-1]
    told = {"summary": job.service, "job_id": job.id, "owner": job.owner}
    return care.new(desk, Recap, finding.by_id(desk, job.client_id), told)
