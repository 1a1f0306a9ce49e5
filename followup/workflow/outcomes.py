"""Is it working? What of a period stands in the store, gathered for `report outcomes`.

Takes a Desk and a period. Gives rows. Touches nothing.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from followup import cadence
from followup.care import starting, track
from followup.model import Case, Contact, Delay, Enquiry, Referral, ReferralState, Step
from followup.report import outcomes, periods
from followup.workflow import track as our_track
from followup.workflow.desk import Desk

YEAR = Delay(12, "month", before=True)


def rows(desk: Desk, **period: Any) -> Iterator[outcomes.Row]:
    """Yield the numbers of a period; without one, of this month up to today."""
    chosen = periods.period(today=desk.today, **period)
    _ = desk.calendar  # looked up before the snapshot, because that may write
    with desk.store.snapshot():
        return outcomes.rows(_facts(desk, chosen.from_on, chosen.to_on))


def _facts(desk: Desk, from_on: date, to_on: date) -> outcomes.Facts:
    store, calendar, settings = desk.store, desk.calendar, desk.settings
    enquiries = store.care_opened(Enquiry, from_on, to_on)
    answered = [each for each in enquiries if each.acted_on is not None]
    opened = store.care_opened(Case, from_on, to_on)
    around = _cases_around(desk, from_on, to_on)
    acted = store.care_acted(Referral, from_on, to_on)
    won = [each for each in acted if each.state in (ReferralState.WON, ReferralState.PAID)]
    jobs = store.jobs(each.job_id for each in won if each.job_id).values()
    newcomers = store.newcomers(cadence.add(YEAR, from_on, calendar), cadence.add(YEAR, to_on, calendar))
    year = replace(YEAR, before=False)
    told = _told(desk, from_on)
    asks = sorted(step.name for step in settings.steps if step.ask)
    return outcomes.Facts(
        kept=our_track.record(desk, from_on, to_on),
        enquiries=len(enquiries),
        answered=len(answered),
        in_time=sum(desk.rules.deadlines.in_time(each) for each in answered),
        answer_hours=[
            _hours(desk, each.opened_at, each.answered_at) for each in answered if each.opened_at and each.answered_at
        ],
        answer_days=[
            _days(desk, each.opened_on, each.acted_on)
            for each in answered
            if each.acted_on and not (each.opened_at and each.answered_at)
        ],
        opened=opened,
        resolved=store.care_closed(Case, from_on, to_on),
        acknowledge_hours=[
            _hours(desk, each.opened_at, heard)
            for each in opened
            if each.opened_at and (heard := starting.heard_at(each, told[each.id]))
        ],
        second=sum(starting.is_second(each, around[each.client_id], desk.rules) for each in opened),
        jobs=store.count_jobs(from_on, to_on, said_from=from_on, said_to=to_on)[0],
        newcomers=len(newcomers),
        again=sum(then is not None and then <= cadence.add(year, begun, calendar) for begun, then in newcomers),
        referrals=store.care_opened(Referral, from_on, to_on),
        won=won,
        worth=[(job.currency, job.amount_minor) for job in jobs if job.amount_minor is not None],
        asks=store.asks_answered(asks, from_on, to_on) if asks else (),
        scores=[each.score for each in store.scored(from_on, to_on) if each.score is not None],
        low=settings.feedback.low,
        trials=list(_trials(desk, from_on, to_on)),
    )


def _trials(desk: Desk, from_on: date, to_on: date) -> Iterator[outcomes.Trial]:
    """Yield the steps that leave some clients out, for those with a job twelve months before the period.

    Groups are what chance made them, whoever got it in the end: to compare who did would compare who is like whom.
    """
    steps = [step for step in desk.settings.steps if step.holdout]
    if not steps:
        return
    year = replace(YEAR, before=False)
    begun = desk.store.came_again(*(cadence.add(YEAR, on, desk.calendar) for on in (from_on, to_on)))
    made: dict[str, list[date]] = {}
    for referral in desk.store.care_opened(Referral, cadence.add(YEAR, from_on, desk.calendar), to_on):
        made.setdefault(referral.client_id, []).append(referral.opened_on)
    for step in steps:
        left_out = functools.partial(cadence.is_held_out, step, home_key=desk.key)
        since = _since(desk, step, left_out)
        groups = {True: [0, 0, 0], False: [0, 0, 0]}
        for client_id, on, then in begun:
            if since is None or on < since:
                continue
            until = cadence.add(year, on, desk.calendar)
            group = groups[left_out(client_id)]
            group[0] += 1
            group[1] += then is not None and then <= until
            group[2] += any(on <= each <= until for each in made.get(client_id, ()))
        yield outcomes.Trial(
            step=step.name, since=since, meant=outcomes.Group(*groups[False]), left_out=outcomes.Group(*groups[True])
        )


def _since(desk: Desk, step: Step, left_out: Callable[[str], bool]) -> date | None:
    """Return from when on a step went to the others only: it may have gone to everybody before; None: never."""
    days = [each for name in (step.name, *step.was) for each in desk.store.step_days(name).items()]
    last = max((last for client_id, (_, last) in days if left_out(client_id)), default=None)
    first = min((first for client_id, (first, _) in days if not left_out(client_id)), default=None)
    if last is None or first is None:
        return first
    return max(first, last + timedelta(days=1))


def _cases_around(desk: Desk, from_on: date, to_on: date) -> Mapping[str, list[Case]]:
    """Return, by client, every case that one of the period can be the second to."""
    first = cadence.add(replace(desk.settings.cases.second_within, before=True), from_on, desk.calendar)
    store, found = desk.store, defaultdict[str, list[Case]](list)
    ended, still = store.care_closed(Case, first, desk.today), store.care(Case, open_only=True)
    near = (*store.care_opened(Case, first, to_on), *ended, *still)
    for case in {each.id: each for each in near}.values():
        found[case.client_id].append(case)
    return found


def _told(desk: Desk, from_on: date) -> Mapping[str, list[Contact]]:
    """Return, by case, what its clients heard from us about it since *from_on*."""
    of_cases = (step for step in desk.settings.steps if step.occasion in cadence.CASES)
    names = sorted({name for step in of_cases for name in (step.name, *step.was)})
    found = defaultdict[str, list[Contact]](list)
    for contact in desk.store.contacts_of_steps(names, from_on, desk.today):
        found[contact.key.partition(".")[0]].append(contact)
    return found


def _hours(desk: Desk, begun: datetime, ended: datetime) -> float:
    there = desk.rules.deadlines
    return track.office_hours(
        desk.local(begun), desk.local(ended), opens=there.opens, closes=there.closes, calendar=desk.calendar
    )


def _days(desk: Desk, begun: date, ended: date) -> int:
    """Return on which business day after the first one something ended; on the same day, none."""
    count, day = 0, begun
    while day < ended:
        day = desk.calendar.add_business_days(day, 1)
        count += 1
    return count
