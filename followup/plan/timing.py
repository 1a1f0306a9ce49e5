"""On which day a touchpoint may go, and when it is too late: holds in the order in which they came.

Takes a touchpoint and what happened in its household. Gives it `due_on`, `ready_on`, `late_on` and, when it is too late
or waits for the owner, a state. Touches nothing else.
"""

from __future__ import annotations

import bisect
from datetime import date, timedelta
from enum import IntEnum
from typing import NamedTuple

from followup import cadence
from followup.model import AttemptState, Case, Channel, Delay, InstructionKind, OccasionKind, Reason, State, Step
from followup.plan import words
from followup.plan.record import Household, Past, Sent, snoozes
from followup.plan.rulebook import Rules
from followup.plan.touchpoint import Touchpoint

REVIEW = timedelta(days=cadence.REVIEW_DAYS)

_NO_TIME = timedelta(0)


class Context(NamedTuple):
    """What one run of the planner works with."""

    rules: Rules
    household: Household
    today: date
    horizon: date
    complete: bool = True


class Force(IntEnum):
    """How a hold takes hold. The numbers order holds that begin on one day."""

    RULE = 1  # only of what was not yet too late when it began
    OWNER = 2  # always: the owner, or a try of this very touchpoint
    COOLDOWN = 3  # always, and what it makes too late is not said at all
    CASE = 4  # like a rule, but the delay is counted anew from the day on which the case was resolved


_BY_HAND = frozenset({Channel.CALL, Channel.VISIT})
"""Channels that take a person, who sees what there is before they do anything."""

_IN_TIME = frozenset({Force.RULE, Force.CASE})


class Hold(NamedTuple):
    """A time in which a touchpoint could not go."""

    from_on: date
    force: Force
    frees_on: date
    code: str
    text: str


def delay_of(step: Step, touchpoint: Touchpoint, rules: Rules) -> Delay:
    """Return the delay that counts for the touchpoint's occasion."""
    job = touchpoint.record.jobs.get(touchpoint.occasion.job_id)
    service = rules.services.get(job.service.strip().lower()) if job is not None else None
    return cadence.delay_of(step, service)


def schedule(touchpoint: Touchpoint, context: Context, *, anchor: date, delay: Delay, what: str) -> None:
    """Find the days of *touchpoint*, counted *delay* from *anchor*, and settle it if it cannot go by itself.

    *what* says what happened on the anchor's day ("the job was completed on Fri 27 February 2026").

    A hold counts if it began before the touchpoint was too late; then what is ready is ready on the day the hold ends,
    and it can be held again. So only the owner's absence makes a touchpoint late, whatever rules and other people did.
    """
    rules, today = context.rules, context.today
    step, every, n = touchpoint.step, touchpoint.step.every, 1 if touchpoint.is_reminder else touchpoint.n
    touchpoint.anchor = anchor
    due = rules.dates.nth(delay, every, n, anchor)
    reasons = [rule(touchpoint, delay, what, due)]
    ready = due
    too_old = _late_on(rules, step, due)
    since = touchpoint.since
    if since is not None and since > due:
        if too_old is not None and since > too_old:
            touchpoint.due_on = due
            said = f"its conditions held only from {words.day(since)}, later than {words.day(too_old)}"
            touchpoint.settle(State.SKIPPED, *reasons, Reason("held-too-late", said, since))
            touchpoint.can_lead = False
            return
        ready = rules.dates.open_day(since)
        reasons.append(Reason("condition-since", f"its conditions hold from {words.day(since)}", ready))
    for hold in _holds(touchpoint, context, due, too_old):
        late_on = _late_on(rules, step, ready)
        if hold.force in _IN_TIME and late_on is not None and hold.from_on > late_on:
            continue
        if hold.force is Force.CASE:
            if hold.frees_on < anchor:
                continue
            moved = rules.dates.nth(delay, every, n, hold.frees_on)
            if moved > ready:
                due = ready = moved
                reasons.append(Reason(hold.code, f"{hold.text}: {words.day(moved)}", moved))
            continue
        if hold.frees_on <= ready:
            continue
        if hold.force is Force.COOLDOWN and late_on is not None and hold.frees_on > late_on:
            touchpoint.due_on = due
            touchpoint.settle(State.SKIPPED, *reasons, Reason(hold.code, hold.text, hold.frees_on))
            touchpoint.can_lead = False
            return
        ready = rules.dates.open_day(hold.frees_on)
        reasons.append(Reason(hold.code, f"{hold.text}, so not before {words.day(ready)}", ready))
    late_on = _late_on(rules, step, ready)
    if touchpoint.retry is not None:  # trying again makes nothing less late
        reasons.append(touchpoint.retry)
        ready = max(ready, touchpoint.retry.on or ready)
    touchpoint.due_on, touchpoint.ready_on = due, ready
    touchpoint.reasons[:0] = reasons[:1]
    touchpoint.reasons.extend(reasons[1:])
    _settle(touchpoint, rules, today=today, ready=ready, late_on=late_on)


def rule(touchpoint: Touchpoint, delay: Delay, what: str, due: date) -> Reason:
    """Return the sentence that says how the day *due* comes about."""
    said = words.after(delay, what)
    if touchpoint.step.every is not None and touchpoint.n > 1:
        said = f"number {touchpoint.n}, every {touchpoint.step.every}; the first {said}"
    return Reason("rule", f"{said}: {words.day(due)}", due)


def _late_on(rules: Rules, step: Step, ready: date) -> date | None:
    return rules.dates.add(step.late, ready) if step.late is not None else None


# ---------------------------------------------------------------- what held it


def _holds(touchpoint: Touchpoint, context: Context, due: date, too_old: date | None) -> list[Hold]:
    holds: list[Hold] = []
    household, rules = context.household, context.rules
    record = touchpoint.record
    if touchpoint.step.ask:
        holds.extend(_of_case(case) for case in record.closed_cases)
    if record.second_cases and not touchpoint.is_ours:
        own = touchpoint.occasion.record_id
        seconds = (case for case in record.second_cases if case.closed_on is not None and case.id != own)
        holds.extend(_of_second_case(case) for case in seconds)
    for given_on, until in () if touchpoint.is_ours else record.snoozes:
        holds.append(Hold(given_on, Force.RULE, until, "snoozed", f"you let the client rest until {words.day(until)}"))
    if touchpoint.past is not None:
        holds.extend(_own(touchpoint, touchpoint.past, rules))
    if touchpoint.step.again_after is not None and not touchpoint.is_reminder:
        _add_cooldown(holds, touchpoint, touchpoint.step.again_after, rules)
    if touchpoint.is_budgeted_ask:
        _add_sent(holds, household.asks, due, None, "ask-budget", rules)
    if touchpoint.is_budgeted and household.messages:
        latest = None
        if too_old is not None:
            counted_anew = due - touchpoint.anchor
            latest = max(
                (hold.frees_on + (counted_anew if hold.force is Force.CASE else _NO_TIME) for hold in holds),
                default=due,
            )
            latest = max(latest, due, touchpoint.since or due) + (too_old - due) + rules.slack
        _add_sent(holds, household.messages, due, latest, "message-budget", rules)
    if len(holds) > 1:
        holds.sort()
    return holds


def _add_sent(holds: list[Hold], sent: list[Sent], due: date, latest: date | None, code: str, rules: Rules) -> None:
    """Add the messages that can hold back what is due on *due*; none that went later than *latest* can.

    Only the unbroken run around the day matters: neither what freed the budget before it, nor what went out when the
    touchpoint was too late already. So a long history costs nothing.
    """
    days = rules.asks_days if code == "ask-budget" else rules.messages_days
    reach = latest - due if latest is not None else _NO_TIME
    for each in sent[bisect.bisect_right(sent, due, key=lambda each: each.frees_on) :]:
        if latest is not None:
            if each.on > latest:
                break
            latest = max(latest, each.frees_on + reach)
        holds.append(
            Hold(each.on, Force.RULE, each.frees_on, code, f"{each.text}, at most one for a household in {days} days")
        )


def _of_case(case: Case) -> Hold:
    resolved = case.closed_on or case.opened_on
    about = f"a case ({case.summary})" if case.summary else "a case"
    said = f"{about} was open from {words.day(case.opened_on)}; counted anew from its end on {words.day(resolved)}"
    return Hold(case.opened_on, Force.CASE, resolved, "case-resolved", said)


def _of_second_case(case: Case) -> Hold:
    resolved = case.closed_on or case.opened_on
    said = f"a second case stopped everything from {words.day(case.opened_on)} until {words.day(resolved)}"
    return Hold(case.opened_on, Force.RULE, resolved, "second-case", said)


def _own(touchpoint: Touchpoint, past: Past, rules: Rules) -> list[Hold]:
    """Return the holds that come from tries of this touchpoint and from what the owner said of it."""
    holds = []
    for attempt in past.attempts:
        made = words.day(attempt.on)
        # What a run only claimed and gave back was never out of our hands, and no day was lost.
        if attempt.state is AttemptState.CANCELLED and (attempt.file_name or attempt.handed_over_at is not None):
            back = max(attempt.settled_at.date(), attempt.on) if attempt.settled_at else attempt.on
            what = "drafted" if attempt.file_name else "handed over"
            holds.append(Hold(attempt.on, Force.OWNER, back, "not-sent", f"{what} on {made} and not sent"))
    for contact in past.contacts:
        again = rules.dates.add(rules.call_again, contact.on)
        said = f"tried on {words.day(contact.on)} ({contact.outcome})"
        holds.append(Hold(contact.on, Force.OWNER, again, "call-again", said))
    for given_on, until in snoozes(past.instructions):
        holds.append(Hold(given_on, Force.OWNER, until, "snoozed", f"you put it off until {words.day(until)}"))
    return holds


def _add_cooldown(holds: list[Hold], touchpoint: Touchpoint, again_after: Delay, rules: Rules) -> None:
    step, fact = touchpoint.step, touchpoint.occasion.fact_id
    last: date | None = None
    for on, of_fact, n in touchpoint.record.done_steps.get(step.name, ()):
        if (of_fact, n) != (fact, touchpoint.n) and not (step.reminder is not None and n > 1):
            last = max(last or on, on)
    if last is not None:
        frees = rules.dates.add(again_after, last)
        said = f"{step.name} went out on {words.day(last)}, and not again within {again_after}"
        holds.append(Hold(last, Force.COOLDOWN, frees, "again-after", f"{said} (until {words.day(frees)})"))


# ---------------------------------------------------------------- too late, restored, waiting for the owner


def _settle(touchpoint: Touchpoint, rules: Rules, *, today: date, ready: date, late_on: date | None) -> None:
    """Settle what cannot go by itself; else leave it pending."""
    record, step = touchpoint.record, touchpoint.step
    said = touchpoint.past.instruction if touchpoint.past is not None else None
    second = _second_case(touchpoint)
    own = second is not None and second.id == touchpoint.occasion.record_id
    cases = record.open_cases if step.ask else [second] if second is not None and not own else []
    began_in_time = any(late_on is None or case.opened_on <= late_on for case in cases)
    verdict: tuple[State, Reason] | None = None
    if said is not None and said.kind is InstructionKind.RELEASE:
        touchpoint.reasons.append(Reason("released", f"you released it on {words.day(said.on)}", said.on))
    elif late_on is not None and today > late_on and not began_in_time:
        verdict = _too_late(touchpoint, rules, today=today, ready=ready, late_on=late_on)
    elif touchpoint.is_ours and step.delay.before and today > touchpoint.occasion.on:
        on = touchpoint.occasion.on
        verdict = State.EXPIRED, Reason("expired", f"it was meant for before {words.day(on)}, which has passed", on)
    elif touchpoint.channel is Channel.NOTE:
        pass  # it is only shown, so that nothing can go wrong
    elif (doubt := record.doubt(ready)) is not None:
        verdict = State.REVIEW, doubt
    elif ready <= today < (latest := record.latest_on()):
        text = f"something was recorded on {words.day(latest)}, after today: is the date of this computer right?"
        verdict = State.REVIEW, Reason("clock", text, latest)
    if own and second is not None and verdict is None and ready <= today:
        text = f"a second case since {words.day(second.opened_on)}: nothing about it goes out before you have looked"
        verdict = State.REVIEW, Reason("second-case", text, second.opened_on)
    if cases and (verdict is None or verdict[0] is not State.EXPIRED):
        case = cases[0]
        about = f" ({case.summary})" if case.summary else ""
        since = words.day(case.opened_on)
        if step.ask:
            text = f"a case is open since {since}{about}: no asks until it is resolved, and counted anew then"
        else:
            text = f"a second case is open since {since}{about}: nothing goes out by itself, the owner decides"
        code = "case-open" if step.ask else "second-case"
        touchpoint.settle(State.HELD, Reason(code, text, case.opened_on))
        touchpoint.until = None
    elif verdict is not None:
        touchpoint.settle(*verdict)
    elif touchpoint.waits:
        # What to mend is among the reasons already. Before its day it is simply not due yet.
        touchpoint.settle(State.HELD if ready <= today else State.UPCOMING)
        touchpoint.act_on = None if ready <= today else ready


def _second_case(touchpoint: Touchpoint) -> Case | None:
    """Return the open second case that stops *touchpoint* from going by itself; what a person does is not stopped."""
    past, occasion = touchpoint.past, touchpoint.occasion
    if not touchpoint.record.second_cases:
        return None
    case = next((each for each in touchpoint.record.second_cases if each.closed_on is None), None)
    if case is None or touchpoint.is_ours:
        return None
    if touchpoint.channel in _BY_HAND and occasion.record_id == case.id:
        return None
    said = past.instruction if past is not None else None
    released = said is not None and said.kind is InstructionKind.RELEASE and said.on >= case.opened_on
    return None if released else case


def _too_late(
    touchpoint: Touchpoint, rules: Rules, *, today: date, ready: date, late_on: date
) -> tuple[State, Reason] | None:
    """Return what becomes of what is too late; None of a note, which stays as long as its record is open."""
    limit = f"{touchpoint.step.late} after {words.day(ready)}"
    known_on = _known_on(touchpoint, rules)
    if known_on is not None and known_on > late_on:
        text = f"known only since {words.day(known_on)}, when it was too late already ({limit}): history"
        return State.EXPIRED, Reason("history", text, known_on)
    if touchpoint.channel is Channel.NOTE and touchpoint.occasion.kind in cadence.WHILE_OPEN:
        return None
    ends_on = late_on + REVIEW
    if today > ends_on:
        text = f"too late since {words.day(late_on)} ({limit}), and nobody decided until {words.day(ends_on)}"
        return State.EXPIRED, Reason("expired", text, ends_on)
    touchpoint.until = ends_on
    text = (
        f"too late since {words.day(late_on)} ({limit}): send it anyway or skip it; expires after {words.day(ends_on)}"
    )
    return State.REVIEW, Reason("late", text, late_on)


def _known_on(touchpoint: Touchpoint, rules: Rules) -> date | None:
    """Return the day on which the home first knew the fact; None where facts are entered as they happen."""
    occasion, record = touchpoint.occasion, touchpoint.record
    fact = record.facts.get(occasion.record_id)
    if fact is not None or occasion.kind is OccasionKind.LOW_SCORE:
        at = fact.recorded_at if fact is not None else None
        return rules.deadlines.day_of(at) if at is not None else None
    if occasion.kind is OccasionKind.FIRST_JOB:
        return record.client.created_on
    job = record.jobs.get(occasion.job_id)
    return job.created_on if job is not None else record.client.created_on
