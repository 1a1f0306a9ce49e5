"""Trouble that came back: the same service for the same client again, or a case about what was put right before.

Takes a client's jobs and cases. Gives the fact whose trouble it is. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from followup.model import Case, Delay, Job, JobStatus


def trouble_before(
    job: Job, on: date, *, jobs: Sequence[Job], cases: Sequence[Case], within: Delay, add: Callable[[Delay, date], date]
) -> str:
    """Return the id of the case or job whose trouble a case about *job*, opened on the day *on*, is; empty: of none.

    A case that was resolved not long before comes first: there we said that it was put right. Then the latest earlier
    job of the same service.

    Args:
        job: what the new case is about.
        on: the day on which the case begins.
        jobs, cases: of the same client.
        within: how long afterwards it counts as the same trouble.
        add: the day that lies a delay after another.
    """
    service = job.service.strip().casefold()
    alike = {each.id for each in jobs if service and each.service.strip().casefold() == service} | {job.id}
    resolved = [
        (case.closed_on, case.id)
        for case in cases
        if case.job_id in alike and case.closed_on is not None and case.closed_on <= on <= add(within, case.closed_on)
    ]
    if resolved:
        return max(resolved)[1]
    done = job.completed_on or on
    earlier = [
        (each.completed_on, each.id)
        for each in jobs
        if each.id in alike
        and each.id != job.id
        and each.status is JobStatus.COMPLETED
        and each.completed_on is not None
        and each.completed_on <= done <= add(within, each.completed_on)
    ]
    return max(earlier)[1] if earlier else ""
