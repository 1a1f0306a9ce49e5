"""Our record with promises, to bear in mind when the next one is made.

Takes a Desk. Gives what became of promises, and a sentence about it. Touches nothing.
"""

from __future__ import annotations

from datetime import date, timedelta

from followup.care import track
from followup.model import Promise
from followup.workflow.desk import Desk

RECENT = timedelta(days=730)
"""What was before that was another firm."""


def record(desk: Desk, from_on: date, to_on: date) -> list[track.Kept]:
    """Return what became of our promises that ended between two days, and of jobs done then."""
    promises = desk.store.care_closed(Promise, from_on, to_on)
    earlier = {promise.moved_from for promise in promises if promise.moved_from} - {each.id for each in promises}
    before: list[Promise] = []
    while earlier:  # where promises were moved, the first of them says since when the client waited
        found = [each for each in desk.store.care_among(earlier).values() if isinstance(each, Promise)]
        before += found
        earlier = {each.moved_from for each in found if each.moved_from} - {each.id for each in before}
    jobs = desk.store.jobs(promise.job_id for promise in promises if promise.job_id)
    services = {job.id: job.service for job in jobs.values()}
    kept = track.of_promises([*before, *promises], services)
    inside = [each for each in kept if from_on <= each.ended_on <= to_on]
    return [*track.of_jobs(desk.store.promised_jobs(from_on, to_on)), *inside]


def sentence(desk: Desk, *, service: str = "") -> str:
    """Return what our record with promises is: "Your last 12 took 9 days, 3 were late."."""
    return track.sentence(record(desk, desk.today - RECENT, desk.today), service=service)
