"""Trouble that came back: the same service for the same client again, or a case about what was put right before.

Takes a client's jobs and cases. Gives the fact whose trouble it is. Touches nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import date

from followup.model import Case, Delay, Job, JobStatus

RHYTHM = 3
"""Work that came again so soon so often is simply theirs to come."""

Add = Callable[[Delay, date], date]
"""The day that lies a delay after another."""


def work(job: Job) -> tuple[str, str]:
    """Return what jobs of one client share that are the same work: the service, and where."""
    return job.service.strip().casefold(), job.site_address.strip().casefold()


def is_rhythm(visits: Sequence[date], interval: Delay | None, *, on: date, within: Delay, add: Add) -> bool:
    """Tell whether work that comes again so soon is simply due again: by its interval, or as it came before.

    Args:
        visits: the days on which the same work was done or asked for, in order.
        interval: after which its service is due again, by the settings; None: not told.
        on: the day from which delays are measured.
        within: how long afterwards it would count as the same trouble.
        add: the day that lies a delay after another.
    """
    import statistics  # brings fractions and random, which most starts do without

    longest = (add(within, on) - on).days
    if interval is not None:
        return (add(interval, on) - on).days <= longest
    gaps = [(later - earlier).days for earlier, later in itertools.pairwise(visits)]
    return len(gaps) >= RHYTHM and statistics.median(gaps) <= longest


def trouble_before(
    job: Job,
    on: date,
    *,
    jobs: Sequence[Job],
    cases: Sequence[Case],
    interval: Delay | None,
    within: Delay,
    add: Add,
) -> str:
    """Return the id of the case or job whose trouble a case about *job*, opened on the day *on*, is; empty: of none.

    A case that was resolved not long before comes first: there we said that it was put right. Then the latest earlier
    job, unless such work comes again by itself.

    Args:
        job: what the new case is about.
        on: the day on which the case begins.
        jobs, cases: of the same client.
        interval: after which the job's service is due again, by the settings.
        within: how long afterwards it counts as the same trouble.
        add: the day that lies a delay after another.
    """
    alike = [each for each in jobs if each.service and work(each) == work(job) and each.id != job.id]
    ids = {job.id, *(each.id for each in alike)}
    resolved = [
        (case.closed_on, case.id)
        for case in cases
        if case.job_id in ids and case.closed_on is not None and case.closed_on <= on <= add(within, case.closed_on)
    ]
    if resolved:
        return max(resolved)[1]
    done = job.completed_on or on
    earlier = sorted(
        (each.completed_on, each.id)
        for each in alike
        if each.status is JobStatus.COMPLETED and each.completed_on is not None and each.completed_on <= done
    )
    if not earlier or done > add(within, earlier[-1][0]):
        return ""
    visits = [*(day for day, _ in earlier), done]
    return "" if is_rhythm(visits, interval, on=on, within=within, add=add) else earlier[-1][1]
