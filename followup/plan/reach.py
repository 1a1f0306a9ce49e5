"""How far back an occasion can lie of which something may still come, so that a long history costs nothing.

Takes a client's record and the context of the run. Gives the occasions worth looking at when what is over is not asked
for. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from followup import cadence, identity
from followup.model import Occasion, OccasionKind
from followup.plan import conditions
from followup.plan.record import OPEN_STATES, Record
from followup.plan.rulebook import Reach
from followup.plan.timing import Context

_FILTERED = frozenset({OccasionKind.JOB_COMPLETED, OccasionKind.SERVICE_INTERVAL, OccasionKind.CLIENT_QUIET})
"""Kinds of which a client can have very many, and the silence that most clients of a long history have behind them."""


def lively(occasions: Iterable[Occasion], record: Record, context: Context) -> list[Occasion]:
    """Return the occasions of which a touchpoint can still be due, held, to come or in need of a person.

    Never narrower than exact. A touchpoint is over when it is too late and nobody decided; until then it can be shifted
    by holds only as long as one began before it was too late. So walk back from today over the holds of the household,
    from each to the earliest day on which something it could shift was ready. What was tried or decided recently, or is
    not settled, is looked at whatever its age.
    """
    open_facts = {fact for fact, _, _ in record.open_keys.values()}
    # What is over is only explained; what was begun and is not settled is looked at all the same.
    everything = [
        each for each in occasions if each.fact_id in open_facts or not conditions.over(record, each, context.rules)
    ]
    reaches = context.rules.reaches
    bounds = {
        kind: _bound(reaches[kind], record, context)
        for kind in _FILTERED & {each.kind for each in everything}
        if kind in reaches
    }
    if all(bound is None for bound in bounds.values()):
        return everything
    touched = _touched(record, min((bound for bound in bounds.values() if bound is not None), default=date.min))
    kept = []
    for kind, bound in bounds.items():
        of_kind = [occasion for occasion in everything if occasion.kind is kind]
        # What was begun may speak for the jobs around it, of any age.
        around = timedelta(days=2 * reaches[kind].covers)
        days = [occasion.on for occasion in of_kind if occasion.fact_id in touched] if around else []
        for each in of_kind:
            is_near = any(abs(each.on - on) <= around for on in days)
            if bound is None or each.on >= bound or each.fact_id in touched or is_near:
                kept.append(each)
    kept.extend(occasion for occasion in everything if occasion.kind not in bounds)
    return kept


def _bound(reach: Reach, record: Record, context: Context) -> date | None:
    """Return the first day of an occasion that can matter; None where every day can."""
    if reach.late is None:
        return None
    slack = context.rules.slack.days
    late, delay = reach.late + slack, reach.delay + slack
    # A cooldown and a condition that came true shift by a late limit each, at most.
    ready_from = _minus(context.today, cadence.REVIEW_DAYS + 3 * late)
    for from_on, frees_on in sorted(_holds(record, context, delay), key=lambda hold: hold[1], reverse=True):
        if frees_on < ready_from:
            break
        ready_from = min(ready_from, _minus(from_on, 3 * late))
    # Jobs decide about each other: one claims those around it, and who else could have claimed it lies around that.
    return _minus(ready_from, delay + 2 * reach.covers)


def _holds(record: Record, context: Context, delay: int) -> Iterable[tuple[date, date]]:
    rules = context.rules
    days = timedelta(days=max(rules.messages_days, rules.asks_days))
    yield from ((sent.on, sent.on + days) for sent in context.household.messages)
    yield from ((case.opened_on, _plus(case.closed_on or context.today, delay)) for case in record.dossier.cases)
    yield from record.snoozes


def _touched(record: Record, since: date) -> set[str]:
    """Return the facts with something unsettled, decided, or done on or after *since*."""
    facts = set()
    for key, past in record.keys.items():
        days = [*(contact.on for contact in past.contacts), *(attempt.on for attempt in past.attempts)]
        is_recent = any(on >= since for on in days)
        is_open = any(attempt.state in OPEN_STATES for attempt in past.attempts)
        if is_recent or is_open or past.instructions:
            parts = identity.split_key(key)
            facts.add(parts[0] if parts is not None else "")
            facts.update(job_id for attempt in past.attempts for job_id in attempt.job_ids)
    return facts


def _minus(day: date, days: int) -> date:
    return date.fromordinal(max(day.toordinal() - days, date.min.toordinal()))


def _plus(day: date, days: int) -> date:
    return date.fromordinal(min(day.toordinal() + days, date.max.toordinal()))
