"""Who goes when: the household's budget shared out day by day.

Takes the touchpoints of one household. Gives each that may go a day and a state: due, retry, held or upcoming. Touches
nothing else.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from followup.model import Channel, Reason, State
from followup.plan import deciding, words
from followup.plan.record import Sent
from followup.plan.rulebook import ANY_DAY
from followup.plan.timing import Context
from followup.plan.touchpoint import Touchpoint

_AT_ONCE = frozenset({Channel.EMAIL, Channel.TEXT})
"""Channels that reach the client the moment they are sent, so that they wait while the firm is closed."""


class _Limit(NamedTuple):
    """Something that keeps a touchpoint from going before a day."""

    frees_on: date
    code: str
    text: str


_NO_LIMIT = _Limit(date.max, "again-after", "another one goes first")


class _Budget:
    """What is used of a household's budget, in the past and by what was given a day already."""

    def __init__(self, context: Context) -> None:
        """Begin with what went out so far."""
        self._rules, self._today = context.rules, context.today
        rules, household = context.rules, context.household
        self._messages = _latest(household.messages, "message-budget", rules.messages_days)
        self._asks = _latest(household.asks, "ask-budget", rules.asks_days)
        self._cooling: dict[tuple[str, str], Touchpoint] = {}

    def limits(self, touchpoint: Touchpoint) -> list[_Limit]:
        """Return what the budget sets against *touchpoint*."""
        found = []
        if touchpoint.is_budgeted and self._messages is not None:
            found.append(self._messages)
        if touchpoint.is_budgeted_ask and self._asks is not None:
            found.append(self._asks)
        return found

    def cooldown(self, touchpoint: Touchpoint) -> _Limit | None:
        """Return what the cooldown of its step sets against *touchpoint*, because another one goes first."""
        again_after = touchpoint.step.again_after
        if again_after is None or touchpoint.is_reminder:
            return None
        first = self._cooling.get((touchpoint.record.client.id, touchpoint.step.name))
        if first is None or first.act_on is None:
            return None
        said = f"{first.key} goes first, {words.day(first.act_on)}"
        text = f"{said}, and {touchpoint.step.name} not again within {again_after}"
        return _Limit(self._rules.dates.add(again_after, first.act_on), "again-after", text)

    def earliest(self, touchpoint: Touchpoint) -> date | None:
        """Return the first day on which *touchpoint* may go; None: by then it would be too late."""
        ready = touchpoint.ready_on or self._today
        day = max(ready, self._today, *(limit.frees_on for limit in self.limits(touchpoint)))
        cooldown = self.cooldown(touchpoint)
        if cooldown is not None and cooldown.frees_on > day:
            late = touchpoint.step.late
            # As it will be reckoned once the first has gone: the budget's hold makes it ready later.
            if late is not None and cooldown.frees_on > self._rules.dates.add(late, max(ready, day)):
                return None
            day = cooldown.frees_on
        if day > self._today or self.is_closed_for(touchpoint):
            day = self._rules.dates.open_day(day)
        return day

    def is_closed_for(self, touchpoint: Touchpoint) -> bool:
        """Tell whether *touchpoint* has to wait because the firm is closed today."""
        at_once = touchpoint.channel in _AT_ONCE and self._rules.send_days != ANY_DAY
        return at_once and self._rules.dates.open_day(self._today) != self._today

    def use(self, touchpoint: Touchpoint, on: date) -> None:
        """Count *touchpoint*, which goes on the day *on*."""
        rules = self._rules
        said = f"{touchpoint.key} goes first, {words.day(on)}"
        if touchpoint.is_message:
            text = f"{said}, at most one message to a household in {rules.messages_days} days"
            limit = _Limit(on + timedelta(days=rules.messages_days), "message-budget", text)
            self._messages = _later(self._messages, limit)
        if touchpoint.step.ask and not touchpoint.is_reminder and touchpoint.is_message:
            text = f"{said}, at most one ask of a household in {rules.asks_days} days"
            self._asks = _later(self._asks, _Limit(on + timedelta(days=rules.asks_days), "ask-budget", text))
        if touchpoint.step.again_after is not None and not touchpoint.is_reminder:
            self._cooling[(touchpoint.record.client.id, touchpoint.step.name)] = touchpoint


def allocate(touchpoints: list[Touchpoint], context: Context) -> None:
    """Give every touchpoint that may go the day on which it will, and so a state.

    The days are played forward from today: on each, what may go goes by priority, then age, then key, as far as the
    budget reaches; the rest waits for the next day on which it may. Days only ever grow, so what lies beyond the
    horizon cannot change what lies before it, and the answer is the same on every call. What follows from a touchpoint
    (its reminder, a step that counts from it) enters the game when that one has its day.
    """
    pool = [each for each in touchpoints if each.is_pending and each.ready_on is not None]
    budget = _Budget(context)
    open_ends = sum(_needs_a_day(each, context) for each in pool)
    while open_ends:
        best, day = _next(pool, budget)
        pool.remove(best)
        open_ends -= _needs_a_day(best, context)
        if day is None:
            limit = budget.cooldown(best) or _NO_LIMIT
            text = f"{limit.text} (until {words.day(limit.frees_on)})"
            best.settle(State.SKIPPED, Reason(limit.code, text, limit.frees_on))
        else:
            _place(best, day, budget, context)
            budget.use(best, day)
        for follower in _released(best, context):
            pool.append(follower)
            open_ends += _needs_a_day(follower, context)
    while pool:
        beyond = pool.pop()
        beyond.act_on = beyond.ready_on
        followers = _released(beyond, context)
        beyond.settle(State.UPCOMING)
        pool.extend(followers)


def _next(pool: list[Touchpoint], budget: _Budget) -> tuple[Touchpoint, date | None]:
    """Return who goes next and when; at once one that cannot go any more, with no day."""
    best, best_day = pool[0], date.max
    for each in pool:
        day = budget.earliest(each)
        if day is None:
            return each, None
        if day < best_day or (day == best_day and each.order() < best.order()):
            best, best_day = each, day
    return best, best_day


def _needs_a_day(touchpoint: Touchpoint, context: Context) -> bool:
    """Tell whether a day must be named: for what is held today, and for what comes within the horizon."""
    ready, due = touchpoint.ready_on, touchpoint.due_on
    return (ready is not None and ready <= context.horizon) or (due is not None and due <= context.today)


def _released(touchpoint: Touchpoint, context: Context) -> list[Touchpoint]:
    """Return what counts from *touchpoint* and now has a day of its own."""
    followers, touchpoint.followers = touchpoint.followers, []
    for follower in followers:
        deciding.follow(follower, context, touchpoint)
    return [each for each in followers if each.is_pending and each.ready_on is not None]


def _place(touchpoint: Touchpoint, day: date, budget: _Budget, context: Context) -> None:
    """Give *touchpoint* its day, and say what it waited for."""
    ready, today = touchpoint.ready_on or day, context.today
    touchpoint.act_on = day
    if day > max(ready, today):
        for limit in (*budget.limits(touchpoint), budget.cooldown(touchpoint)):
            if limit is not None and limit.frees_on > max(ready, today):
                text = f"held until {words.day(day)}: {limit.text}"
                touchpoint.reasons.append(Reason(limit.code, text, day))
        if ready <= today and budget.is_closed_for(touchpoint):
            closed = context.rules.calendar.why_closed(today)
            text = f"held until {words.day(day)}: the firm is closed today ({closed})"
            touchpoint.reasons.append(Reason("closed", text, day))
    if touchpoint.retry is not None:
        touchpoint.until = day if day > today else None
        touchpoint.settle(State.RETRY)
    elif day <= today:
        touchpoint.settle(State.DUE)
    elif touchpoint.due_on is not None and touchpoint.due_on <= today:
        touchpoint.until = day
        touchpoint.settle(State.HELD)
    else:
        touchpoint.settle(State.UPCOMING)


def _latest(sent: list[Sent], code: str, days: int) -> _Limit | None:
    return (
        _Limit(sent[-1].frees_on, code, f"{sent[-1].text}, at most one for a household in {days} days")
        if sent
        else None
    )


def _later(limit: _Limit | None, other: _Limit) -> _Limit:
    return other if limit is None or other.frees_on > limit.frees_on else limit
