"""Every step of every occasion of one client: what is known of it before the household's budget is shared out.

Takes a client's record and the context of the run. Gives touchpoints: settled with reasons, or pending with the day on
which nothing holds them. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from followup import cadence, identity, occasions, pace
from followup.care import starting
from followup.model import (
    TO_BUSINESS,
    UNREACHED,
    Attempt,
    AttemptState,
    Channel,
    InstructionKind,
    Occasion,
    OccasionKind,
    Reason,
    State,
    Step,
)
from followup.plan import conditions, reach, timing, words
from followup.plan.record import Past, Record
from followup.plan.rulebook import Rules
from followup.plan.timing import Context
from followup.plan.touchpoint import Touchpoint

MANY = 6
"""Of a step that repeats more often than this for one occasion, only the occurrences around today are listed."""

# How a lead is chosen among jobs that are said once: what can go, what waits for a person, what is over.
_RANKS = {State.REVIEW: 1, State.EXPIRED: 2}

_GONE_FOR_GOOD = frozenset({"erased", "merged"})

_GONE = frozenset({State.SKIPPED, State.EXPIRED, State.COVERED, State.REVIEW, State.FAILED})
"""States from which a touchpoint does not go out by itself any more."""


def touchpoints(record: Record, context: Context) -> list[Touchpoint]:
    """Return the touchpoints of one client.

    A step that counts from another (`after_step`) counts from the day on which that one went out for the same occasion;
    drafts count. While the other is still to go, it waits for that day. Where the other did not go out and will not by
    itself - its conditions failed, it was skipped, expired, said by another, refused, is for review, is marked as done
    without a day, or waits without a named day for the owner - the step counts `otherwise` from the occasion; without
    an `otherwise` it is skipped.
    """
    rules = context.rules
    found: dict[tuple[str, str], Touchpoint] = {}
    everything: list[Touchpoint] = []
    by_kind: dict[OccasionKind, list[Occasion]] = {}
    given = occasions.of(record.dossier, rules)
    for occasion in given if context.complete else reach.lively(given, record, context):
        if occasion.on <= context.today or occasion.kind not in cadence.IF_WE_FAIL:
            by_kind.setdefault(occasion.kind, []).append(occasion)
    for step in rules.ordered:
        if step.occasion not in by_kind:
            continue
        ways: dict[str, conditions.Way] = {}
        of_step: list[Touchpoint] = []
        for occasion in by_kind[step.occasion]:
            for n in _numbers(step, occasion, record, context):
                touchpoint = Touchpoint(step, occasion, n, record)
                before = rules.step(step.after_step) if step.after_step else None
                awaited = found.get((occasion.fact_id, before.name)) if before is not None else None
                _consider(touchpoint, context, ways, awaited)
                of_step.append(touchpoint)
                if n == 1:
                    found[(occasion.fact_id, step.name)] = touchpoint
        if step.covers is not None and len(of_step) > 1:
            _cover(of_step, context)
        everything.extend(of_step)
        if step.reminder is not None and step.every is None:
            everything.extend(reminder for first in of_step for reminder in _reminders(first, context, ways))
    _tell_once(everything)
    everything.extend(_orphans(everything, record, context))
    return everything


# ---------------------------------------------------------------- which occurrences


def _numbers(step: Step, occasion: Occasion, record: Record, context: Context) -> Iterator[int]:
    """Yield the occurrences to look at: all of a few; else the last past one, those up to the horizon and one more.

    Where a step goes on for as long as we are late, that is only the next one: nobody plans to stay late.
    """
    if step.every is None or not step.enabled:
        yield 1
        return
    if step.times is not None and step.times <= MANY:
        yield from range(1, step.times + 1)
        return
    rules, today = context.rules, context.today
    until = today if occasion.kind in cadence.IF_WE_FAIL else context.horizon
    delay = timing.delay_of(step, Touchpoint(step, occasion, 1, record), rules)
    # Close to the last past one by the average length of the distance; then step by step.
    second = rules.dates.nth(delay, step.every, 2, occasion.on)
    first = rules.dates.nth(delay, step.every, 1, occasion.on)
    n = max(1, (today - first).days // max(1, (second - first).days) - 1)
    while n > 1 and rules.dates.nth(delay, step.every, n, occasion.on) > today:
        n -= 1
    while rules.dates.nth(delay, step.every, n + 1, occasion.on) <= today:
        n += 1
    yield from sorted(
        number
        for fact, name, number in record.open_keys.values()
        if fact == occasion.fact_id and name == step.name and number < n
    )
    # How long something stays open nobody knows, so only the next one of what comes until then is named.
    until = today if step.occasion in cadence.WHILE_OPEN else context.horizon
    while step.times is None or n <= step.times:
        yield n
        if rules.dates.nth(delay, step.every, n, occasion.on) > until:
            return
        n += 1


# ---------------------------------------------------------------- one touchpoint


def _consider(
    touchpoint: Touchpoint,
    context: Context,
    ways: dict[str, conditions.Way],
    awaited: Touchpoint | None,
) -> None:
    """Settle *touchpoint*, or leave it pending with its day, or waiting for *awaited*."""
    rules, record, step, occasion = context.rules, touchpoint.record, touchpoint.step, touchpoint.occasion
    past = touchpoint.past
    if touchpoint.is_ours:
        touchpoint.to_person = conditions.one_of_us(step, record, occasion, rules)
    delay = timing.delay_of(step, touchpoint, rules)
    if not step.after_step and not touchpoint.is_reminder:
        touchpoint.due_on = rules.dates.nth(delay, step.every, touchpoint.n, occasion.on)
    if past is not None and _is_settled(touchpoint, past, context):
        return
    answer = conditions.check(rules.wanted[step.name], record, occasion, rules)
    way = _way(touchpoint, ways, rules)
    touchpoint.channel, touchpoint.address = way.channel, way.address
    touchpoint.waits = (*way.waits, *conditions.without_receiver(record, occasion, rules))
    stops = _stops(touchpoint, rules)
    said = past.instruction if past is not None else None
    skipped = said is not None and said.kind is InstructionKind.SKIP
    if stops or answer.failed or way.stops or skipped:
        reasons = list(dict.fromkeys((*stops, *answer.failed, *way.stops)))
        if said is not None and skipped:
            because = f": {said.reason}" if said.reason else ""
            reasons.append(Reason("skip", f"you said on {words.day(said.on)} to skip it{because}", said.on))
            touchpoint.can_lead = len(reasons) == 1
        if touchpoint.due_on is not None:
            touchpoint.reasons.append(timing.rule(touchpoint, delay, _happened(occasion), touchpoint.due_on))
        touchpoint.settle(State.SKIPPED, *reasons)
        return
    touchpoint.can_lead = True
    touchpoint.since = answer.since
    touchpoint.reasons.extend(answer.held)
    touchpoint.reasons.extend(way.held)
    touchpoint.reasons.extend(touchpoint.waits)
    if past is not None:
        failed = _failed(touchpoint, past)
        if failed is not None:
            touchpoint.settle(State.FAILED, failed)
            return
        touchpoint.retry = _retry(past)
        touchpoint.tries = sum(1 for contact in past.contacts if contact.outcome in UNREACHED)
    if step.after_step or touchpoint.is_reminder:
        follow(touchpoint, context, awaited)
    else:
        timing.schedule(touchpoint, context, anchor=occasion.on, delay=delay, what=_happened(occasion))


def follow(touchpoint: Touchpoint, context: Context, awaited: Touchpoint | None) -> None:
    """Count from the day of the touchpoint before, wait for it, or count otherwise."""
    step = touchpoint.step
    touchpoint.waiting_for = None
    delay = step.reminder if touchpoint.is_reminder and step.reminder is not None else step.delay
    if awaited is not None and awaited.went is not None:
        what = f"{awaited.step.name} went out on {words.day(awaited.went.on)}"
        timing.schedule(touchpoint, context, anchor=awaited.went.on, delay=delay, what=what)
        return
    if awaited is not None and awaited.act_on is not None and awaited.state not in _GONE:
        what = f"{awaited.step.name} goes out, planned for {words.day(awaited.act_on)}"
        timing.schedule(touchpoint, context, anchor=awaited.act_on, delay=delay, what=what)
        return
    if awaited is not None and awaited.is_pending:
        touchpoint.wait_for(awaited)
        return
    name = awaited.step.name if awaited is not None else step.after_step
    if step.otherwise is not None and not touchpoint.is_reminder:
        waits = awaited is not None and awaited.state is State.HELD
        said = "waits without a named day" if waits else "did not go out for it"
        touchpoint.reasons.append(Reason("otherwise", f"{name} {said}, so counted from the occasion"))
        what = _happened(touchpoint.occasion)
        timing.schedule(touchpoint, context, anchor=touchpoint.occasion.on, delay=step.otherwise, what=what)
    else:
        waits = awaited is not None and awaited.state is State.HELD
        said = "waits without a named day" if waits else "did not go out"
        touchpoint.settle(State.SKIPPED, Reason("not-before", f"it follows {name}, which {said}"))


def _way(touchpoint: Touchpoint, ways: dict[str, conditions.Way], rules: Rules) -> conditions.Way:
    """Return how it reaches whom it is for; to the client a step goes one way, whatever the occasion."""
    step, template = touchpoint.step, touchpoint.template
    if touchpoint.is_ours:
        return conditions.to_one_of_us(step, template, touchpoint.to_person, rules)
    way = ways.get(template)
    if way is None:
        way = ways[template] = conditions.way(step, template, touchpoint.record, rules)
    return way


def _stops(touchpoint: Touchpoint, rules: Rules) -> list[Reason]:
    record, step = touchpoint.record, touchpoint.step
    # That a client does not want to hear from us is no reason not to tell each other.
    stops = list(record.stops)
    if touchpoint.is_ours:
        stops = [each for each in stops if each.code in _GONE_FOR_GOOD]
    if not step.enabled:
        stops.append(Reason("switched-off", f"the step {step.name} is switched off in the settings"))
    if step.holdout and cadence.is_held_out(step, record.client.id, home_key=rules.home_key):
        few = f"{step.holdout} of 100 clients never get {step.name}"
        stops.append(Reason("held-out", f"left out on purpose: {few}, to see whether the step does anything"))
    stops.extend(conditions.stopped(record, touchpoint.occasion, rules, due_on=touchpoint.due_on))
    if touchpoint.occasion.kind is OccasionKind.CASE_OPENED and touchpoint.channel is Channel.CALL:
        case = record.case_of(touchpoint.occasion)
        called = starting.called_on(case, record.dossier, rules, but_for=touchpoint.key) if case is not None else None
        if called is not None:
            stops.append(Reason("called", f"somebody called about it on {words.day(called)}", called))
    return stops


def _failed(touchpoint: Touchpoint, past: Past) -> Reason | None:
    """Return why it does not go out by itself any more: refused for good, or put off as often as we try."""
    last, said = past.last_try(), past.instruction
    if last is None:
        return None
    what_now = f"mend it, then `followup send --only {touchpoint.key}`, or `followup skip {touchpoint.key}`"
    server = f" ({last.server_said})" if last.server_said else ""
    if last.state is AttemptState.PERMANENT:
        released = said is not None and said.kind is InstructionKind.RELEASE and said.given_at >= last.made_at
        if released or _goes_elsewhere(last, touchpoint):
            return None
        return Reason("refused", f"refused on {words.day(last.on)}{server}: {what_now}", last.on)
    if last.state is AttemptState.TEMPORARY and pace.given_up(past.put_off()):
        text = f"put off for the last time on {words.day(last.on)}{server}, and not tried again by itself: {what_now}"
        return Reason("given-up", text, last.on)
    return None


def _goes_elsewhere(refused: Attempt, touchpoint: Touchpoint) -> bool:
    """Tell whether the address was the fault, and the client can be reached by another one, or another channel."""
    if refused.channel is not Channel.EMAIL:
        return False
    record = touchpoint.record
    address = identity.canonical_address(refused.address)
    at_fault = address in record.dossier.bad_addresses
    at_fault = at_fault or address not in map(identity.canonical_address, record.client.emails)
    same = touchpoint.channel is Channel.EMAIL and identity.canonical_address(touchpoint.address) == address
    return at_fault and not same


def _retry(past: Past) -> Reason | None:
    """Return what is tried again by itself, with the first day on which it may be; the run knows the hour."""
    last, put_off = past.last_try(), past.put_off()
    at = pace.next_try_at(put_off)
    if last is None or at is None or last is not put_off[-1]:
        return None
    server = f" ({last.server_said})" if last.server_said else ""
    text = f"refused for now on {words.day(last.on)}{server}; tried again by itself"
    return Reason("refused-for-now", text, last.on + timedelta(days=(at - (last.settled_at or last.made_at)).days))


def _is_settled(touchpoint: Touchpoint, past: Past, context: Context) -> bool:
    """Settle what went out, or may have."""
    attempt = past.unconfirmed()
    touchpoint.went = past.went()
    if attempt is not None:
        touchpoint.channel, touchpoint.address, touchpoint.can_lead = attempt.channel, attempt.address, True
        touchpoint.job_ids = attempt.job_ids or touchpoint.job_ids
        touchpoint.to_person = attempt.to_person
        touchpoint.settle(State.UNCONFIRMED, _describe_unconfirmed(attempt))
        return True
    if touchpoint.went is not None:
        touchpoint.can_lead = True
        _describe_done(touchpoint, past)
        return True
    touchpoint.tries = sum(1 for contact in past.contacts if contact.outcome in UNREACHED)
    if touchpoint.tries >= context.rules.call_tries:
        last = past.contacts[-1]
        touchpoint.can_lead = True
        touchpoint.channel = last.channel
        text = f"tried {touchpoint.tries} times, last on {words.day(last.on)} ({last.outcome})"
        touchpoint.settle(State.DONE, Reason("tried", text, last.on))
        return True
    return False


def _describe_unconfirmed(attempt: Attempt) -> Reason:
    on = words.day(attempt.on)
    if attempt.state is AttemptState.DRAFTED:
        return Reason("drafted", f"drafted on {on}: did it go out?", attempt.on)
    if attempt.state is AttemptState.UNKNOWN:
        server = f" (the server's last words: {attempt.server_said})" if attempt.server_said else ""
        text = f"handed over on {on}, and nobody knows whether it arrived{server}: did it go out? `followup confirm`"
        return Reason("unknown", text, attempt.on)
    text = f"a run has it in hand since {on}; if that run is gone, the next one settles what became of it"
    return Reason("handing-over", text, attempt.on)


def _describe_done(touchpoint: Touchpoint, past: Past) -> None:
    contact = past.reached()
    on = words.day(touchpoint.went.on) if touchpoint.went is not None else ""
    if contact is not None:
        touchpoint.channel = contact.channel
        outcome = f", {contact.outcome}" if contact.outcome is not None else ""
        reason = Reason("done", f"done on {on} ({contact.channel}{outcome})", contact.on)
    elif past.instruction is not None and past.instruction.kind is InstructionKind.DONE and past.last_try() is None:
        reason = Reason("done", f"you said on {on} that it is done", past.instruction.on)
    else:
        attempt = past.last_try()
        touchpoint.channel = attempt.channel if attempt is not None else None
        touchpoint.job_ids = (attempt.job_ids if attempt is not None else ()) or touchpoint.job_ids
        reason = Reason("done", f"sent on {on}", touchpoint.went.on if touchpoint.went is not None else None)
    touchpoint.settle(State.DONE, reason)


_HAPPENED = {
    OccasionKind.JOB_COMPLETED: "the job was completed",
    OccasionKind.FIRST_JOB: "the first job was completed",
    OccasionKind.SERVICE_INTERVAL: "the service is due again",
    OccasionKind.CLIENT_QUIET: "the client has been quiet for too long",
    OccasionKind.ENQUIRY_RECEIVED: "the enquiry came",
    OccasionKind.ENQUIRY_ANSWERED: "the enquiry was answered",
    OccasionKind.ENQUIRY_WON: "the enquiry was won",
    OccasionKind.ENQUIRY_LOST: "the enquiry was lost",
    OccasionKind.PROMISE_DUE: "our promise is due",
    OccasionKind.PROMISE_LATE: "our promise was late",
    OccasionKind.THEIR_PROMISE_DUE: "the client's promise is due",
    OccasionKind.PROMISE_MOVED: "the new day was promised",
    OccasionKind.HANDED_OVER: "it was handed over",
    OccasionKind.CASE_OPENED: "the case was opened",
    OccasionKind.CASE_UNANSWERED: "the time to acknowledge the case had passed",
    OccasionKind.CASE_OVERDUE: "the time to solve the case had passed",
    OccasionKind.SECOND_CASE: "a second case was opened",
    OccasionKind.REMEDY_OFFERED: "a remedy was offered",
    OccasionKind.REMEDY_ASKED: "a remedy above the limit was asked for",
    OccasionKind.CASE_RESOLVED: "the case was resolved",
    OccasionKind.REFERRAL_MADE: "the client brought somebody",
    OccasionKind.REFERRAL_WON: "the referral was won",
    OccasionKind.REWARD_DUE: "the reward is due",
    OccasionKind.GIFT_GIVEN: "the gift was given",
    OccasionKind.PRAISE_RECEIVED: "the praise came",
    OccasionKind.PRAISE_PASSED_ON: "the praise was passed on",
    OccasionKind.LESSON_DONE: "what was learnt was put in place",
    OccasionKind.RECAP_WRITTEN: "the recap was written",
    OccasionKind.LOW_SCORE: "the client gave a low score",
}


def _happened(occasion: Occasion) -> str:
    return f"{_HAPPENED[occasion.kind]} on {words.day(occasion.on)}"


# ---------------------------------------------------------------- reminders


def _reminders(first: Touchpoint, context: Context, ways: dict[str, conditions.Way]) -> Iterator[Touchpoint]:
    """Yield the one reminder of *first*, unless that did not go out and will not by itself."""
    reminder = Touchpoint(first.step, first.occasion, 2, first.record)
    reminder.job_ids = first.job_ids
    if reminder.past is None and (first.state in _GONE or (first.state is State.DONE and first.went is None)):
        return
    _consider_reminder(reminder, first, context, ways)
    yield reminder


def _consider_reminder(
    reminder: Touchpoint, first: Touchpoint, context: Context, ways: dict[str, conditions.Way]
) -> None:
    if first.went is not None and not reminder.is_ours and not (reminder.past is not None and reminder.past.went()):
        reply = reminder.record.reply_after(first.went)
        if reply is not None and (reminder.past is None or reminder.past.unconfirmed() is None):
            text = f"the client answered on {words.day(reply.on)} ({reply.channel})"
            reminder.settle(State.SKIPPED, Reason("replied", text, reply.on))
            return
    _consider(reminder, context, ways, first)
    if first.state is State.UNCONFIRMED and reminder.state in (None, State.REVIEW):
        text = f"it reminds of {first.key}, of which nobody knows yet whether it went out"
        reminder.settle(State.HELD, Reason("unconfirmed-first", text))


# ---------------------------------------------------------------- several jobs, said once


def _cover(of_step: list[Touchpoint], context: Context) -> None:
    """Let one touchpoint speak for the jobs of a client that lie close together; settle the others as covered.

    Those already begun claim the jobs they spoke of and those around them; the rest gather around the earliest, those
    that can still go before those that are too late. One that the owner skipped speaks for the jobs known at that time.
    """
    candidates = [each for each in of_step if each.can_lead and each.n == 1]
    free = {each.occasion.fact_id: each for each in candidates}
    begun = [each for each in candidates if each.state is State.SKIPPED or _is_begun(each)]
    for lead in begun:
        free.pop(lead.occasion.fact_id, None)
    by_day = sorted(begun, key=lambda each: (each.state is State.SKIPPED, each.occasion.on, each.key))
    for lead in by_day:
        _claim(lead, free, context)
    waiting = sorted(
        free.values(), key=lambda each: (_RANKS.get(each.state or State.DUE, 0), each.occasion.on, each.key)
    )
    for lead in waiting:
        if lead.occasion.fact_id in free:
            del free[lead.occasion.fact_id]
            _claim(lead, free, context)


def _is_begun(touchpoint: Touchpoint) -> bool:
    return touchpoint.state in (State.DONE, State.UNCONFIRMED) or (
        touchpoint.past is not None and touchpoint.past.is_tried
    )


def _claim(lead: Touchpoint, free: dict[str, Touchpoint], context: Context) -> None:
    covers, dates = lead.step.covers, context.rules.dates
    said = lead.past.instruction if lead.past is not None else None
    claimed = []
    for fact_id, other in free.items():
        first, last = sorted((lead, other), key=lambda each: each.occasion.on)
        is_near = covers is not None and last.occasion.on <= dates.add(covers, first.occasion.on)
        if not is_near and other.occasion.job_id not in lead.job_ids:
            continue
        if lead.state is State.SKIPPED and said is not None:
            job = lead.record.jobs.get(other.occasion.job_id)
            if job is not None and job.created_on is not None and job.created_on > said.on:
                continue
        claimed.append((other.occasion.on, fact_id))
    for _, fact_id in sorted(claimed):
        other = free.pop(fact_id)
        other.covered_by = lead.key
        text = f"{lead.key} speaks for the jobs completed around {words.day(lead.occasion.on)}"
        other.settle(State.COVERED, Reason("covered", text, lead.occasion.on))
        other.until = other.act_on = None
        if other.occasion.job_id not in lead.job_ids:
            lead.job_ids = (*lead.job_ids, other.occasion.job_id)


# ---------------------------------------------------------------- one of us, told once


def _tell_once(everything: list[Touchpoint]) -> None:
    """Let each of us hear the same of a record once: who looks after it and the owner are often one person."""
    told: dict[tuple[str, OccasionKind, str], Touchpoint] = {}
    ours = [each for each in everything if each.is_ours and each.n == 1 and (each.is_pending or each.can_lead)]
    for touchpoint in sorted(ours, key=lambda each: (each.due_on or date.max, each.step.to == TO_BUSINESS, each.key)):
        occasion = touchpoint.occasion
        first = told.setdefault((occasion.fact_id, occasion.kind, touchpoint.to_person), touchpoint)
        if first is not touchpoint and touchpoint.is_pending:
            is_told = "is told" if first.is_pending else "was told"
            touchpoint.covered_by = first.key
            text = f"{touchpoint.to_person} {is_told} by {first.key}"
            touchpoint.settle(State.COVERED, Reason("covered", text, first.due_on))
            touchpoint.until = touchpoint.act_on = None


# ---------------------------------------------------------------- attempts that nothing speaks of any more


def _orphans(everything: list[Touchpoint], record: Record, context: Context) -> Iterator[Touchpoint]:
    """Yield touchpoints for unsettled attempts whose fact or step is gone: "did it go out?" is asked all the same."""
    known = {identity.touchpoint_key(each.occasion.fact_id, each.step.name, each.n) for each in everything}
    for key, (fact_id, name, n) in record.open_keys.items():
        attempt = record.keys[key].unconfirmed()
        if key in known or attempt is None:
            continue
        step = context.rules.by_name.get(name)
        if step is None:
            step = Step(name=name, cadence="", occasion=OccasionKind.JOB_COMPLETED, delay=cadence.SAME_DAY)
        job_id = fact_id if fact_id in record.jobs else ""
        occasion = Occasion(
            kind=step.occasion,
            fact_id=fact_id,
            on=attempt.on,
            client_id=record.client.id,
            job_id=job_id,
            record_id=fact_id if fact_id in record.facts else "",
        )
        orphan = Touchpoint(step, occasion, n, record)
        orphan.reasons.append(Reason("fact-gone", "nothing calls for it any more", None))
        _is_settled(orphan, record.keys[key], context)
        yield orphan
