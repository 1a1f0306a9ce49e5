"""What follows from a record: the dated occasions that it starts, and what ends them.

Takes a record, the dossier that it stands in and what the firm goes by. Gives days, and the words for what is over.
Touches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple, Protocol, TypeVar

from followup.care import referrals
from followup.care.deadlines import Deadlines
from followup.model import (
    THEM,
    UNREACHED,
    US,
    Case,
    Channel,
    Contact,
    Delay,
    Direction,
    Dossier,
    Enquiry,
    EnquiryState,
    Gift,
    GiftState,
    Job,
    JobStatus,
    Lesson,
    OccasionKind,
    Outcome,
    Praise,
    PraiseState,
    Promise,
    PromiseState,
    Recap,
    RecapState,
    Record,
    Referral,
    ReferralState,
)

NEXT_DAY = Delay(1, "business day")


class Firm(Protocol):
    """What occasions of records need to know of the firm; `plan.Rules` is one."""

    @property
    def deadlines(self) -> Deadlines:
        """Return by when what is to be done."""

    @property
    def second_within(self) -> Delay:
        """Return how long after a case another one is the second."""

    @property
    def reward_wait(self) -> Delay:
        """Return how long after the friend's job was paid a reward is due."""

    def add(self, delay: Delay, anchor: date) -> date:
        """Return the day that lies *delay* after *anchor*."""


class Over(NamedTuple):
    """Why nothing more follows from an occasion."""

    code: str
    text: str  # without the day: "the promise was kept"
    on: date | None


_Kind = TypeVar("_Kind", bound=Record)
_Day = Callable[[_Kind, Dossier, Firm], date | None]


def _never(_record: Record, _dossier: Dossier, _firm: Firm) -> None:
    """Nothing ends it."""


class Start(NamedTuple):
    """One occasion that records of a kind start: on which day, if at all, and what ends it."""

    kind: OccasionKind
    on: Callable[..., date | None]
    over: Callable[..., Over | None] = _never


def starts(record: Record, dossier: Dossier, firm: Firm) -> list[tuple[OccasionKind, date]]:
    """Return the occasions that *record* starts with their days, those that are over too."""
    found = []
    for start in STARTS.get(type(record), ()):
        on = start.on(record, dossier, firm)
        if on is not None:
            found.append((start.kind, on))
    return found


def over(record: Record, kind: OccasionKind, dossier: Dossier, firm: Firm) -> Over | None:
    """Return why nothing more follows from the occasion *kind* of *record*, or None while something does."""
    return next((each.over(record, dossier, firm) for each in STARTS.get(type(record), ()) if each.kind is kind), None)


# ---------------------------------------------------------------- enquiries


def _enquiry_over(enquiry: Enquiry, _dossier: Dossier, _firm: Firm) -> Over | None:
    if enquiry.state == EnquiryState.WON:
        return Over("enquiry-won", "the enquiry was won", enquiry.closed_on)
    if enquiry.state == EnquiryState.LOST or enquiry.closed_on is not None:
        return Over("enquiry-lost", "the enquiry was lost", enquiry.closed_on)
    return None


def _enquiry_answered(enquiry: Enquiry, dossier: Dossier, firm: Firm) -> Over | None:
    if enquiry.acted_on is not None or enquiry.answered_at is not None:
        return Over("enquiry-answered", "the enquiry was answered", _answered_on(enquiry, dossier, firm))
    return _enquiry_over(enquiry, dossier, firm)


def _answered_on(enquiry: Enquiry, _dossier: Dossier, firm: Firm) -> date | None:
    if enquiry.acted_on is None and enquiry.answered_at is not None:
        return firm.deadlines.day_of(enquiry.answered_at)
    return enquiry.acted_on


def _in_state(state: str) -> _Day[Record]:
    """Return the day on which a record that is in *state* was closed."""
    return lambda record, _dossier, _firm: record.closed_on if record.state == state else None


def _opened_on(record: Record, _dossier: Dossier, _firm: Firm) -> date | None:
    return record.opened_on


# ---------------------------------------------------------------- promises

_PROMISE_ENDS: Mapping[str, str] = {
    PromiseState.KEPT: "the promise was kept",
    PromiseState.BROKEN: "the promise was broken",
    PromiseState.MOVED: "the promise was moved to another day",
    PromiseState.WAIVED: "the promise was let go",
}


def _promise_over(promise: Promise, _dossier: Dossier, _firm: Firm) -> Over | None:
    if promise.closed_on is None:
        return None
    text = _PROMISE_ENDS.get(promise.state, "the promise is over")
    return Over(f"promise-{promise.state or 'over'}", text, promise.closed_on)


def _due_by(whose: str) -> _Day[Promise]:
    return lambda promise, _dossier, _firm: promise.due_on if promise.opened_by == whose else None


def _late_on(promise: Promise, _dossier: Dossier, firm: Firm) -> date | None:
    """Return the business day after the one that was promised, unless the promise ended in time."""
    due = promise.due_on
    if due is None or promise.opened_by != US or (promise.closed_on is not None and promise.closed_on <= due):
        return None
    return firm.add(NEXT_DAY, due)


def _moved_on(promise: Promise, _dossier: Dossier, _firm: Firm) -> date | None:
    return promise.opened_on if promise.moved_from and promise.opened_by == US else None


def _handed_over_on(promise: Promise, _dossier: Dossier, _firm: Firm) -> date | None:
    return promise.opened_on if promise.receiver else None


def of_job(job: Job, firm: Firm) -> list[tuple[OccasionKind, date]]:
    """Return the occasions of the day for which *job* is promised: a promise while the job is open.

    Of one that was completed late they are given too, so that what hangs on them can be explained.
    """
    promised = job.promised_on
    if promised is None:
        return []
    if job.status is JobStatus.OPEN:
        return [(OccasionKind.PROMISE_DUE, promised), (OccasionKind.PROMISE_LATE, firm.add(NEXT_DAY, promised))]
    if job.completed_on is None or job.completed_on <= promised:
        return []
    return [(OccasionKind.PROMISE_LATE, firm.add(NEXT_DAY, promised))]


def job_over(job: Job) -> Over | None:
    """Return why nothing more follows from the day for which *job* was promised."""
    if job.status is JobStatus.OPEN:
        return None
    done = job.status is JobStatus.COMPLETED
    text = "the job was completed" if done else "the job was cancelled"
    return Over("job-completed" if done else "job-cancelled", text, job.completed_on if done else None)


# ---------------------------------------------------------------- cases


class Told(NamedTuple):
    """When the client first heard from us about a case, and how, where that is known."""

    on: date
    by: Channel | None


def acknowledged(case: Case, dossier: Dossier, firm: Firm) -> Told | None:
    """Return when the client first heard from us about *case*: as it says itself, or by a contact for it."""
    stated = [at for at in (case.acknowledged_at, case.called_at) if at is not None]
    told = [
        Told(contact.on, contact.channel)
        for contact in dossier.contacts
        if _is_about(contact, case) or (contact.at in stated and talked(contact))
    ]
    told += [Told(firm.deadlines.day_of(at), None) for at in stated]
    return min(told, key=lambda each: each.on, default=None)


def heard_at(case: Case, contacts: Iterable[Contact]) -> datetime | None:
    """Return the instant at which the client first heard from us about *case*; *contacts*: those for it, and others."""
    told = [at for at in (case.acknowledged_at, case.called_at) if at is not None]
    told += [contact.at for contact in contacts if _is_about(contact, case)]
    return min(told, default=None)


def talked(contact: Contact) -> bool:
    """Tell whether somebody of us and the client spoke with each other."""
    return contact.channel in (Channel.CALL, Channel.VISIT) and _reached(contact)


def _reached(contact: Contact) -> bool:
    return contact.outcome not in UNREACHED and contact.outcome is not Outcome.WRONG_NUMBER


def _is_about(contact: Contact, case: Case) -> bool:
    """Tell whether the client heard from us about *case* by *contact*."""
    return contact.key.startswith(f"{case.id}.") and contact.direction is Direction.OUT and _reached(contact)


def heard(case: Case, contact: Contact) -> Case:
    """Return *case* after *contact*, by which it was told to us, or which a person made for it.

    Whoever spoke with us knows that we know; the first time counts. The owner's call is a thing of its own.
    """
    if not (talked(contact) or _is_about(contact, case)):
        return case
    called = contact.channel is Channel.CALL and contact.by == case.owner
    return replace(
        case,
        acknowledged_at=case.acknowledged_at or contact.at,
        called_at=case.called_at or (contact.at if called else None),
        acted_on=max(case.acted_on or contact.on, contact.on),
    )


def called_on(case: Case, dossier: Dossier, firm: Firm, *, but_for: str = "") -> date | None:
    """Return the day on which who looks after *case* first spoke with the client about it.

    A call of the touchpoint *but_for* does not count: that one is then done, and says so itself.
    """
    called = [firm.deadlines.day_of(case.called_at)] if case.called_at is not None else []
    called += [
        contact.on
        for contact in dossier.contacts
        if _is_about(contact, case)
        and contact.channel is Channel.CALL
        and contact.by == case.owner
        and contact.key != but_for
    ]
    return min(called, default=None)


def is_second(case: Case, cases: Sequence[Case], firm: Firm) -> bool:
    """Tell whether *case* goes on with an earlier one, or another one of *cases* was open not long before it."""
    if case.continues_id:
        return True
    return any(
        (other.opened_on, other.id) < (case.opened_on, case.id)
        and firm.add(firm.second_within, other.closed_on or case.opened_on) >= case.opened_on
        for other in cases
    )


def _case_over(case: Case, _dossier: Dossier, _firm: Firm) -> Over | None:
    return Over("case-resolved", "the case was resolved", case.closed_on) if case.closed_on is not None else None


def _case_acknowledged(case: Case, dossier: Dossier, firm: Firm) -> Over | None:
    told = acknowledged(case, dossier, firm)
    return Over("acknowledged", "the case was acknowledged", told.on) if told else _case_over(case, dossier, firm)


def _unanswered_on(case: Case, dossier: Dossier, firm: Firm) -> date | None:
    seen = firm.deadlines.morning_after(firm.deadlines.acknowledge_by(case))
    told = acknowledged(case, dossier, firm)
    in_time = any(day is not None and day < seen for day in (told and told.on, case.closed_on))
    return None if in_time else seen


def _overdue_on(case: Case, _dossier: Dossier, firm: Firm) -> date | None:
    seen = firm.deadlines.morning_after(firm.deadlines.solve_by(case))
    return None if case.closed_on is not None and case.closed_on < seen else seen


def _second_on(case: Case, dossier: Dossier, firm: Firm) -> date | None:
    return case.opened_on if is_second(case, dossier.cases, firm) else None


def _remedy_chosen(case: Case, dossier: Dossier, firm: Firm) -> Over | None:
    if case.chosen:
        return Over("remedy-chosen", f"the remedy is chosen ({case.chosen})", None)
    return _case_over(case, dossier, firm)


def _asked_on(case: Case, _dossier: Dossier, firm: Firm) -> date | None:
    return firm.deadlines.day_of(case.grant_asked_at) if case.grant_asked_at is not None else None


def _remedy_granted(case: Case, dossier: Dossier, firm: Firm) -> Over | None:
    if case.granted_by:
        return Over("remedy-granted", f"{case.granted_by} has granted it", None)
    return _case_over(case, dossier, firm)


# ---------------------------------------------------------------- referrals, gifts, praise, lessons, recaps


def _referral_over(referral: Referral, _dossier: Dossier, _firm: Firm) -> Over | None:
    ends: Mapping[str, str] = {
        ReferralState.PAID: "the reward was paid",
        ReferralState.LOST: "nothing came of the referral",
        ReferralState.REFUSED: "no reward is given for it",
    }
    text = ends.get(referral.state)
    return Over(f"referral-{referral.state}", text, referral.closed_on) if text else None


def _standing(referral: Referral, dossier: Dossier, firm: Firm) -> referrals.Standing:
    """Return where a referral is. The friend's jobs are none of the client's own: they stand apart in the dossier."""
    return referrals.standing(referral, dossier.friends_jobs, wait=firm.reward_wait, add=firm.add)


def _won_on(referral: Referral, dossier: Dossier, firm: Firm) -> date | None:
    found = _standing(referral, dossier, firm)
    return found.won_on if found.state in (ReferralState.WON, ReferralState.PAID) else None


def _reward_on(referral: Referral, dossier: Dossier, firm: Firm) -> date | None:
    return _standing(referral, dossier, firm).due_on if referrals.is_promised(referral) else None


def _given_on(gift: Gift, _dossier: Dossier, _firm: Firm) -> date | None:
    return gift.opened_on if gift.state != GiftState.VOID else None


def _praise_over(praise: Praise, _dossier: Dossier, _firm: Firm) -> Over | None:
    if praise.state != PraiseState.PASSED_ON:
        return None
    return Over("praise-passed-on", "the praise was passed on", praise.closed_on or praise.acted_on)


def _passed_on(praise: Praise, _dossier: Dossier, _firm: Firm) -> date | None:
    return (praise.closed_on or praise.acted_on) if praise.state == PraiseState.PASSED_ON else None


def _learnt_on(lesson: Lesson, _dossier: Dossier, _firm: Firm) -> date | None:
    return lesson.closed_on if lesson.case_id else None


def _written_on(recap: Recap, _dossier: Dossier, _firm: Firm) -> date | None:
    return recap.opened_on if recap.state != RecapState.DRAFT else None


def _recap_over(recap: Recap, _dossier: Dossier, _firm: Firm) -> Over | None:
    return (
        Over("recap-confirmed", "the client confirmed it", recap.closed_on)
        if recap.state == RecapState.CONFIRMED
        else None
    )


# ---------------------------------------------------------------- all of them

STARTS: Mapping[type[Record], tuple[Start, ...]] = {
    Enquiry: (
        Start(OccasionKind.ENQUIRY_RECEIVED, _opened_on, _enquiry_answered),
        Start(OccasionKind.ENQUIRY_ANSWERED, _answered_on, _enquiry_over),
        Start(OccasionKind.ENQUIRY_WON, _in_state(EnquiryState.WON)),
        Start(OccasionKind.ENQUIRY_LOST, _in_state(EnquiryState.LOST)),
    ),
    Promise: (
        Start(OccasionKind.PROMISE_DUE, _due_by(US), _promise_over),
        Start(OccasionKind.PROMISE_LATE, _late_on, _promise_over),
        Start(OccasionKind.THEIR_PROMISE_DUE, _due_by(THEM), _promise_over),
        Start(OccasionKind.PROMISE_MOVED, _moved_on, _promise_over),
        Start(OccasionKind.HANDED_OVER, _handed_over_on, _promise_over),
    ),
    Case: (
        Start(OccasionKind.CASE_OPENED, _opened_on, _case_over),
        Start(OccasionKind.CASE_UNANSWERED, _unanswered_on, _case_acknowledged),
        Start(OccasionKind.CASE_OVERDUE, _overdue_on, _case_over),
        Start(OccasionKind.SECOND_CASE, _second_on, _case_over),
        Start(OccasionKind.REMEDY_OFFERED, lambda case, _dossier, _firm: case.offered_on, _remedy_chosen),
        Start(OccasionKind.REMEDY_ASKED, _asked_on, _remedy_granted),
        Start(OccasionKind.CASE_RESOLVED, lambda case, _dossier, _firm: case.closed_on),
    ),
    Referral: (
        Start(OccasionKind.REFERRAL_MADE, _opened_on),
        Start(OccasionKind.REFERRAL_WON, _won_on),
        Start(OccasionKind.REWARD_DUE, _reward_on, _referral_over),
    ),
    Gift: (Start(OccasionKind.GIFT_GIVEN, _given_on),),
    Praise: (
        Start(OccasionKind.PRAISE_RECEIVED, _opened_on, _praise_over),
        Start(OccasionKind.PRAISE_PASSED_ON, _passed_on),
    ),
    Lesson: (Start(OccasionKind.LESSON_DONE, _learnt_on),),
    Recap: (Start(OccasionKind.RECAP_WRITTEN, _written_on, _recap_over),),
}
"""The occasions of each kind of record."""
