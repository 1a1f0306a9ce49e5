"""Cadences as rows and as words. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from followup import cells
from followup.cells import Column
from followup.errors import NotFound
from followup.model import TO_CLIENT, Conditions, OccasionKind, Step

COLUMNS = (
    Column("cadence", "Cadence"),
    Column("step", "Step", whole=True),
    Column("when", "When"),
    Column("channels", "By"),
    Column("template", "Template", spare=6),
    Column("purpose", "Purpose", spare=3),
    Column("conditions", "If", spare=1),
    Column("late", "Late after", spare=4),
    Column("again_after", "Again after", spare=5),
    Column("priority", "Priority", kind="number", spare=2),
    Column("in_force", "In force", kind="flag"),
)


def rows(steps: Iterable[Step]) -> Iterator[tuple[object, ...]]:
    """Yield a row of COLUMNS for every step, in the order of the settings."""
    for step in steps:
        yield (
            step.cadence,
            step.name,
            when(step),
            ", ".join(channel.value for channel in step.channels),
            step.template,
            step.purpose.value + (", ask" if step.ask else ""),
            "; ".join(conditions(step.when)),
            str(step.late or ""),
            str(step.again_after or ""),
            step.priority,
            step.enabled,
        )


# What happened, in words: at once, and after a delay.
_OCCASIONS = {
    OccasionKind.JOB_COMPLETED: ("on the day of a completed job", "a completed job"),
    OccasionKind.FIRST_JOB: ("on the day of the first job", "the first job"),
    OccasionKind.SERVICE_INTERVAL: ("when a service is due again", "it is due again"),
    OccasionKind.CLIENT_QUIET: ("when a client has gone quiet", "a client has gone quiet"),
    OccasionKind.ENQUIRY_RECEIVED: ("on the day of an enquiry", "an enquiry"),
    OccasionKind.ENQUIRY_ANSWERED: ("when an enquiry is answered", "an enquiry is answered"),
    OccasionKind.ENQUIRY_WON: ("when an enquiry is won", "an enquiry is won"),
    OccasionKind.ENQUIRY_LOST: ("when an enquiry is lost", "an enquiry is lost"),
    OccasionKind.PROMISE_DUE: ("on the day that we promised", "the day that we promised"),
    OccasionKind.PROMISE_LATE: ("when a promise of ours is late", "a promise of ours is late"),
    OccasionKind.THEIR_PROMISE_DUE: ("on the day that a client promised", "the day that a client promised"),
    OccasionKind.PROMISE_MOVED: ("when a promise is moved", "a promise is moved"),
    OccasionKind.HANDED_OVER: ("when somebody else takes over", "somebody else takes over"),
    OccasionKind.CASE_OPENED: ("when a case is opened", "a case is opened"),
    OccasionKind.CASE_UNANSWERED: ("when a case was not acknowledged in time", "it should have been acknowledged"),
    OccasionKind.CASE_OVERDUE: ("when a case was not solved in time", "it should have been solved"),
    OccasionKind.SECOND_CASE: ("when a client has a second case", "a client has a second case"),
    OccasionKind.REMEDY_OFFERED: ("when a remedy is offered", "a remedy is offered"),
    OccasionKind.REMEDY_ASKED: ("when a remedy waits to be granted", "a remedy was asked for"),
    OccasionKind.CASE_RESOLVED: ("when a case is resolved", "a case is resolved"),
    OccasionKind.REFERRAL_MADE: ("when a client brings somebody", "a client brings somebody"),
    OccasionKind.REFERRAL_WON: ("when a referral is won", "a referral is won"),
    OccasionKind.REWARD_DUE: ("when a reward is due", "a reward is due"),
    OccasionKind.GIFT_GIVEN: ("when a gift is given", "a gift is given"),
    OccasionKind.PRAISE_RECEIVED: ("when somebody is praised", "somebody is praised"),
    OccasionKind.PRAISE_PASSED_ON: ("when praise has been passed on", "praise has been passed on"),
    OccasionKind.LESSON_DONE: ("when a lesson is in place", "a lesson is in place"),
    OccasionKind.RECAP_WRITTEN: ("when a recap is written", "a recap is written"),
    OccasionKind.LOW_SCORE: ("when a client gives a low score", "a client gives a low score"),
}


def when(step: Step) -> str:
    """Return when a step falls due, in words."""
    delay = str(step.delay)
    at_once, after = _OCCASIONS[step.occasion]
    if step.by_lead:
        text = f"the lead of the service before {after}"
    elif step.after_step:
        text = f"{delay} after {step.after_step}"
        if step.otherwise:
            text += f", else {step.otherwise} after {after}"
    elif step.delay.before:
        text = f"{delay} {after}"
    elif step.delay.number:
        text = f"{delay} after {after}"
    else:
        text = at_once
    if step.every:
        text += f", then every {step.every}" + (f", {step.times} times at most" if step.times else "")
    if step.reminder:
        text += f"; one reminder {step.reminder} later"
    return text


def conditions(wanted: Conditions) -> list[str]:
    """Return what must hold, each in words."""
    said = [
        (wanted.services, f"service is {' or '.join(wanted.services)}"),
        (wanted.not_services, f"service is not {' nor '.join(wanted.not_services)}"),
        (wanted.tags, f"tagged {' or '.join(wanted.tags)}"),
        (wanted.not_tags, f"not tagged {' nor '.join(wanted.not_tags)}"),
        (wanted.min_amount, f"amount is {wanted.min_amount} or more"),
        (wanted.below_amount, f"amount is below {wanted.below_amount}, or not known"),
        (wanted.first_job is True, "it is the first job"),
        (wanted.first_job is False, "it is not the first job"),
        (wanted.last_outcome, f"last outcome was {wanted.last_outcome}"),
        (wanted.client_for, f"client for at least {wanted.client_for}"),
        (wanted.paid, "not known to be unpaid"),
        (wanted.no_future_job, "no later job of that service is done or planned"),
        (wanted.return_visit is True, "the trouble came back"),
        (wanted.return_visit is False, "the trouble is new"),
        (wanted.unacknowledged, "the client has not heard of us about it"),
        (wanted.no_case, "no case was opened since"),
        (wanted.any_of, " or ".join(" and ".join(conditions(each)) for each in wanted.any_of)),
    ]
    return [text for holds, text in said if holds]


def lines(steps: Iterable[Step], name: str) -> Iterator[str]:
    """Yield a step, or every step of a cadence, in words. NotFound names the nearest."""
    known = list(steps)
    chosen = [step for step in known if name in (step.name, step.cadence)]
    if not chosen:
        names = sorted({step.name for step in known} | {step.cadence for step in known})
        near = difflib.get_close_matches(name, names, n=1)
        hint = f" Did you mean {near[0]}?" if near else f" Known: {', '.join(names)}."
        raise NotFound(f"No cadence and no step is called '{cells.short(name)}'.{hint}")
    for step in chosen:
        yield f"[cadence.{step.cadence}.{step.name}]" + ("" if step.enabled else "  (switched off)")
        if step.description:
            yield f"  {step.description}"
        yield f"  when:      {when(step)}"
        if step.to != TO_CLIENT:
            yield f"  to:        {step.to}, of your own people"
        yield f"  by:        {', '.join(channel.value for channel in step.channels)}, the first that fits the client"
        yield f"  template:  {step.template}" + (f", reminder {step.reminder_template}" if step.reminder else "")
        yield f"  purpose:   {step.purpose.value}" + (", asks a favour" if step.ask else "")
        for condition in conditions(step.when):
            yield f"  only if:   {condition}"
        for label, value in (
            ("too late:", step.late and f"after {step.late}"),
            ("not again:", step.again_after and f"within {step.again_after}"),
            ("covers:", step.covers and f"several within {step.covers} are said once"),
            ("left out:", step.holdout and f"{step.holdout} of 100 clients, to see whether it does anything"),
            ("once was:", ", ".join(step.was)),
        ):
            if value:
                yield f"  {label:<10} {value}"
        yield f"  priority:  {step.priority}"
