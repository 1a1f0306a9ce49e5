"""Our record with promises: what became of each, what to say of it, and the day of our own to promise by.

Takes promises, jobs that were promised for a day, and the calendar. Gives values and sentences. Touches nothing.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from followup import cadence, workdays
from followup.model import US, Delay, Job, JobStatus, Promise, PromiseState
from followup.records import dataclass

ENOUGH = 5
"""From how many promises on our record says anything."""

LAST = 12
"""So many of them are looked at: what was years ago was another firm."""


class Fate(StrEnum):
    """What became of a promise of ours."""

    EARLY = "kept early"
    KEPT = "kept"
    LATE = "late"
    BROKEN = "broken"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A promise that is over, kept or not."""

    fate: Fate
    client_id: str
    due_on: date  # the day that was said
    ended_on: date
    made_on: date | None = None  # where known
    service: str = ""  # of the job that it is about
    was_moved: bool = False  # it took the place of an earlier one

    @property
    def days(self) -> int | None:
        """Return how many days the client waited; None where it was not done, or nobody knows since when."""
        if self.made_on is None or self.fate in (Fate.BROKEN, Fate.MOVED) or self.ended_on < self.made_on:
            return None
        return (self.ended_on - self.made_on).days


def fate(promise: Promise) -> Fate | None:
    """Return what became of *promise*; None while it is open, where the client let it go, and of what they owe us."""
    if promise.opened_by != US or promise.closed_on is None:
        return None
    match promise.state:
        case PromiseState.KEPT:
            return _by_day(promise.closed_on, promise.due_on or promise.closed_on)
        case PromiseState.BROKEN:
            return Fate.BROKEN
        case PromiseState.MOVED:
            return Fate.MOVED
    return None


def of_promises(promises: Iterable[Promise], services: Mapping[str, str] | None = None) -> list[Kept]:
    """Return what became of those of *promises* that are over, the latest first.

    One that took the place of another was made when the first of them was: the client waited since then.

    Args:
        promises: all that may have taken each other's place.
        services: job id -> service.
    """
    known = {promise.id: promise for promise in promises}
    found = []
    for promise in known.values():
        what = fate(promise)
        if what is None or promise.closed_on is None:
            continue
        first = promise
        seen = {promise.id}
        while first.moved_from in known and first.moved_from not in seen:
            first = known[first.moved_from]
            seen.add(first.id)
        found.append(
            Kept(
                fate=what,
                client_id=promise.client_id,
                due_on=promise.due_on or promise.closed_on,
                ended_on=promise.closed_on,
                made_on=first.opened_on,
                service=(services or {}).get(promise.job_id, ""),
                was_moved=bool(promise.moved_from),
            )
        )
    return _latest_first(found)


def of_jobs(jobs: Iterable[Job]) -> list[Kept]:
    """Return what became of the days for which *jobs* were promised, of those that are done; the latest first."""
    return _latest_first(
        Kept(
            fate=_by_day(job.completed_on, job.promised_on),
            client_id=job.client_id,
            due_on=job.promised_on,
            ended_on=job.completed_on,
            made_on=job.created_on,
            service=job.service,
        )
        for job in jobs
        if job.status is JobStatus.COMPLETED and job.promised_on and job.completed_on
    )


def sentence(record: Iterable[Kept], *, service: str = "") -> str:
    """Return what to bear in mind when promising: "Your last 12 took 9 days, 3 were late."

    With enough of the same *service* it speaks of those. Days are the median of those that are known. Whatever was
    moved was not kept on the day that was said, and is told apart from what was late.
    """
    ended = _latest_first(each for each in record if each.fate is not Fate.MOVED)
    alike = [each for each in ended if service and each.service.casefold() == service.casefold()]
    about = f" for {service}" if len(alike) >= ENOUGH else ""
    chosen = (alike if about else ended)[:LAST]
    if len(chosen) < ENOUGH:
        return f"Not enough data on how long your promises take: {len(chosen)} so far, it takes {ENOUGH}."
    counts = Counter(each.fate for each in chosen)
    moved = sum(each.was_moved for each in chosen)
    bad = [
        _counted(counts[Fate.LATE], "late"),
        _counted(counts[Fate.BROKEN], "broken"),
        _counted(moved, "moved before"),
    ]
    said = [text for text in bad if text] or ["none was late"]
    days = sorted(each.days for each in chosen if each.days is not None)
    if len(days) < ENOUGH:
        return f"Of your last {len(chosen)}{about}, {' and '.join(said)}."
    return f"Your last {len(chosen)}{about} took {_days(days[len(days) // 2])}, {' and '.join(said)}."


def target_on(by_on: date, *, made_on: date, margin: Delay, calendar: workdays.Calendar) -> date:
    """Return the day of our own for what is promised by *by_on*: *margin* before it, a business day, never past."""
    day = cadence.add(dataclasses.replace(margin, before=margin.number > 0), by_on, calendar)
    if not calendar.is_business_day(day):
        day = calendar.add_business_days(day, -1)
    return max(min(day, by_on), made_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A day on which we are closed, why ("Saturday", "Christmas Day"), and the business days around it."""

    on: date
    why: str
    before_on: date
    next_on: date


def closed(on: date, calendar: workdays.Calendar) -> Closed | None:
    """Return what is to be said of promising something by *on*, where that is a day on which we are closed."""
    why = calendar.why_closed(on)
    if not why:
        return None
    before, after = calendar.add_business_days(on, -1), calendar.next_business_day(on)
    return Closed(on=on, why=why, before_on=before, next_on=after)


def office_hours(begun: datetime, ended: datetime, *, opens: time, closes: time, calendar: workdays.Calendar) -> float:
    """Return how many hours of the office lie between two instants of the home's own time."""
    seconds, day = 0.0, begun.date()
    while day <= ended.date():
        if calendar.is_business_day(day):
            first = max(begun, datetime.combine(day, opens, begun.tzinfo))
            last = min(ended, datetime.combine(day, closes, begun.tzinfo))
            seconds += max((last - first).total_seconds(), 0.0)
        day += timedelta(days=1)
    return seconds / 3600


def _by_day(done: date, due: date) -> Fate:
    if done < due:
        return Fate.EARLY
    return Fate.KEPT if done == due else Fate.LATE


def _latest_first(found: Iterable[Kept]) -> list[Kept]:
    return sorted(found, key=lambda each: (each.ended_on, each.due_on, each.client_id), reverse=True)


def _counted(count: int, what: str) -> str:
    return f"{count} {'was' if count == 1 else 'were'} {what}" if count else ""


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"
