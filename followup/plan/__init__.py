"""The planner: what is due, what waits, what is over, and why.

Takes the dossiers of one household, the firm's rules and the day. Gives decisions with reasons. Touches nothing: no
clock, no I/O, nothing remembered between two calls but dates of the calendar.

    rulebook    the firm's rules, prepared; delays -> business days
    record      what has happened to a client and a household, indexed
    touchpoint  one touchpoint while it is being decided; words: dates and lists in its reasons
    mobiles     which numbers take texts
    conditions  stop rules, conditions, channel, basis, language
    timing      due, ready, too late: holds in the order in which they came
    reach       how far back anything can still matter
    deciding    every step of every occasion of one client
    budget      the household's budget, shared out day by day
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from followup.model import Decision, Dossier, State
from followup.plan import budget, deciding
from followup.plan.record import Household
from followup.plan.rulebook import Rules, rules
from followup.plan.timing import Context

__all__ = ["FINAL", "Rules", "decide", "rules", "urgency"]

FINAL = frozenset({State.COVERED, State.SKIPPED, State.EXPIRED, State.DONE})
"""States from which a touchpoint does not come back by itself."""

_RANKS = {
    State.UNCONFIRMED: 0,
    State.FAILED: 1,
    State.REVIEW: 1,
    State.RETRY: 1,
    State.DUE: 2,
    State.HELD: 3,
    State.UPCOMING: 3,
}

PRESSING = 95
"""From this priority on, what is due comes before what waits for a decision: somebody is waiting for us."""


def decide(
    group: Sequence[Dossier], rules: Rules, *, today: date, horizon: date | None = None, complete: bool = True
) -> list[Decision]:
    """Return a decision for every step of every occasion of one household.

    Args:
        group: the dossiers of the clients who share a budget; for one client alone, one.
        rules: what the firm goes by.
        today: the home's local day.
        horizon: up to which day the budget is shared out; today when None. What comes later is upcoming on the day
            on which nothing known now holds it.
        complete: give what is over too (covered, skipped, expired, done), for `why`. Without it a long history is not
            even looked at, and the rest of the answer is the same.

    Returns:
        Decisions in the order of `urgency`, each key once. Of a step that repeats for ever: the last past occurrence,
        those up to the horizon and the next one.
    """
    household = Household(group, rules)
    context = Context(rules, household, today, max(horizon or today, today), complete)
    touchpoints = [each for record in household.records for each in deciding.touchpoints(record, context)]
    budget.allocate(touchpoints, context)
    wanted = touchpoints if complete else [each for each in touchpoints if each.state not in FINAL]
    return sorted((each.decision() for each in wanted), key=urgency)


def urgency(decision: Decision) -> tuple[int, date, int, date, str]:
    """Return what decisions are sorted by: who waits for us, what a person must settle, what is due, what comes."""
    rank = _RANKS.get(decision.state, 4)
    if decision.state is State.DUE and decision.priority >= PRESSING:
        rank = -1
    on = date.min
    if rank > _RANKS[State.DUE]:
        on = decision.act_on or decision.due_on or date.max
    return rank, on, -decision.priority, decision.due_on or date.max, decision.key
