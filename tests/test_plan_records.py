"""What follows from records: enquiries, promises, cases and the rest; what is for one of us; a second case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from followup import plan
from followup.model import (
    THEM,
    Attempt,
    AttemptState,
    Case,
    CaseState,
    Channel,
    Conditions,
    Consent,
    Decision,
    Delay,
    Direction,
    Dossier,
    Enquiry,
    EnquiryState,
    Gift,
    GiftState,
    Instruction,
    InstructionKind,
    JobStatus,
    Lesson,
    OccasionKind,
    Outcome,
    Person,
    Praise,
    PraiseState,
    Promise,
    PromiseState,
    Recap,
    RecapState,
    Record,
    Referral,
    ReferralState,
    State,
    Step,
)
from tests import factories
from tests.planning import DAY, TODAY, said

SAME_DAY = Delay(0, "day")
SAM = Person(id="sam", name="Sam Alder", email="sam@alder.example.com")
LEE = Person(id="lee", name="Lee Park", email="lee@alder.example.com")
MAX = Person(id="max", name="Max Vale", email="max@vale.example.com", outside=True)
PEOPLE = {each.id: each for each in (SAM, LEE, MAX)}


def step(name: str, occasion: OccasionKind, **fields: Any) -> Step:
    """Return a step for *occasion* on the same day, with a late limit as the settings give one."""
    return factories.step(name, **{"occasion": occasion, "delay": SAME_DAY, "late": Delay(30, "day"), **fields})


def note(name: str, occasion: OccasionKind, **fields: Any) -> Step:
    """Return a step that tells one of us."""
    return step(name, occasion, **{"to": "owner", "channels": (Channel.NOTE, Channel.EMAIL), **fields})


def rules(*steps: Step, **fields: Any) -> plan.Rules:
    """Return the rules of a firm of Sam, who is at the desk, Lee, and a supplier."""
    found: plan.Rules = factories.rules(*steps, **{"owner": "sam", "people": PEOPLE, **fields})
    return found


def decide(
    dossier: Dossier, *steps: Step, today: date = TODAY, complete: bool = True, **fields: Any
) -> dict[str, Decision]:
    """Return what the planner says of one client, by step; the last occurrence of each."""
    found = plan.decide([dossier], rules(*steps, **fields), today=today, complete=complete)
    return {each.step: each for each in sorted(found, key=lambda each: each.occurrence)}


def one(dossier: Dossier, the_step: Step, *, today: date = TODAY, **fields: Any) -> Decision:
    """Return what the planner says of the only touchpoint there is."""
    (found,) = plan.decide([dossier], rules(the_step, **fields), today=today)
    return found


def known(*records: Record, **fields: Any) -> Dossier:
    """Return Ada with *records*."""
    return factories.dossier(
        fields.pop("client", factories.client(id="cada")),
        cases=tuple(each for each in records if isinstance(each, Case)),
        records=tuple(each for each in records if not isinstance(each, Case)),
        **fields,
    )


def record(kind: type[Record], **fields: Any) -> Any:
    """Return a record of last Friday."""
    return kind(**{"id": "rone", "client_id": "cada", "opened_on": date(2026, 2, 27), **fields})


def at(day: date, hour: int = 11) -> datetime:
    """Return an instant of *day*."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


# ---------------------------------------------------------------- which occasions, and what ends them

YESTERDAY = TODAY - DAY
FRIDAY = date(2026, 2, 27)


@pytest.mark.parametrize(
    ("occasion", "fact", "on"),
    [
        (OccasionKind.ENQUIRY_RECEIVED, record(Enquiry, state=EnquiryState.NEW), FRIDAY),
        (OccasionKind.ENQUIRY_ANSWERED, record(Enquiry, state=EnquiryState.ANSWERED, acted_on=TODAY), TODAY),
        (OccasionKind.ENQUIRY_WON, record(Enquiry, state=EnquiryState.WON, closed_on=TODAY), TODAY),
        (OccasionKind.ENQUIRY_LOST, record(Enquiry, state=EnquiryState.LOST, closed_on=TODAY), TODAY),
        (OccasionKind.PROMISE_DUE, record(Promise, state=PromiseState.OPEN, due_on=TODAY), TODAY),
        (OccasionKind.PROMISE_LATE, record(Promise, state=PromiseState.OPEN, due_on=FRIDAY), TODAY),
        (OccasionKind.THEIR_PROMISE_DUE, record(Promise, opened_by=THEM, due_on=TODAY), TODAY),
        (OccasionKind.PROMISE_MOVED, record(Promise, moved_from="rold", due_on=TODAY + DAY), FRIDAY),
        (OccasionKind.HANDED_OVER, record(Promise, receiver="max", due_on=TODAY + DAY), FRIDAY),
        (OccasionKind.CASE_OPENED, record(Case), FRIDAY),
        (OccasionKind.CASE_UNANSWERED, record(Case), TODAY),
        (OccasionKind.CASE_OVERDUE, record(Case, due_on=FRIDAY), TODAY),
        (OccasionKind.REMEDY_OFFERED, record(Case, offered_on=TODAY), TODAY),
        (OccasionKind.REMEDY_ASKED, record(Case, grant_asked_at=at(TODAY)), TODAY),
        (OccasionKind.CASE_RESOLVED, record(Case, closed_on=TODAY, state="resolved"), TODAY),
        (OccasionKind.REFERRAL_MADE, record(Referral, state=ReferralState.MADE), FRIDAY),
        (OccasionKind.REFERRAL_WON, record(Referral, state=ReferralState.WON, acted_on=TODAY), TODAY),
        (OccasionKind.PRAISE_RECEIVED, record(Praise, state=PraiseState.NEW), FRIDAY),
        (OccasionKind.PRAISE_PASSED_ON, record(Praise, state=PraiseState.PASSED_ON, closed_on=TODAY), TODAY),
        (OccasionKind.LESSON_DONE, record(Lesson, case_id="xcase", closed_on=TODAY), TODAY),
        (OccasionKind.RECAP_WRITTEN, record(Recap, state=RecapState.WRITTEN), FRIDAY),
        (OccasionKind.GIFT_GIVEN, record(Gift, state=GiftState.GIVEN), FRIDAY),
    ],
)
def test_each_record_starts_its_occasions(occasion: OccasionKind, fact: Record, on: date) -> None:
    """On the day that it has, or on the business morning on which something is seen to be late."""
    found = one(known(fact), step("say", occasion))
    assert (found.occasion.on, found.due_on) == (on, on)
    assert (found.occasion.fact_id, found.occasion.record_id, found.key) == ("rone", "rone", "rone.say.1")
    assert found.state is State.DUE
    assert not found.to_person


@pytest.mark.parametrize(
    ("occasion", "fact", "why"),
    [
        (
            OccasionKind.ENQUIRY_RECEIVED,
            record(Enquiry, state=EnquiryState.ANSWERED, acted_on=YESTERDAY),
            "the enquiry was answered on Sun 1 March 2026",
        ),
        (
            OccasionKind.ENQUIRY_ANSWERED,
            record(Enquiry, state=EnquiryState.WON, acted_on=FRIDAY, closed_on=YESTERDAY),
            "the enquiry was won on Sun 1 March 2026",
        ),
        (
            OccasionKind.PROMISE_DUE,
            record(Promise, state=PromiseState.KEPT, due_on=TODAY, closed_on=YESTERDAY),
            "the promise was kept on Sun 1 March 2026",
        ),
        (
            OccasionKind.PROMISE_LATE,
            record(Promise, state=PromiseState.MOVED, due_on=FRIDAY, closed_on=TODAY),
            "the promise was moved to another day on Mon 2 March 2026",
        ),
        (
            OccasionKind.THEIR_PROMISE_DUE,
            record(Promise, opened_by=THEM, state=PromiseState.WAIVED, due_on=TODAY, closed_on=TODAY),
            "the promise was let go on Mon 2 March 2026",
        ),
        (
            OccasionKind.CASE_OPENED,
            record(Case, closed_on=TODAY, state="resolved"),
            "the case was resolved on Mon 2 March 2026",
        ),
        (
            OccasionKind.CASE_UNANSWERED,
            record(Case, acknowledged_at=at(TODAY)),
            "the case was acknowledged on Mon 2 March 2026",
        ),
        (
            OccasionKind.CASE_OVERDUE,
            record(Case, due_on=FRIDAY, closed_on=TODAY, state="resolved"),
            "the case was resolved on Mon 2 March 2026",
        ),
        (
            OccasionKind.REMEDY_OFFERED,
            record(Case, offered_on=TODAY, chosen="come-back-free"),
            "the remedy is chosen (come-back-free)",
        ),
        (OccasionKind.REMEDY_ASKED, record(Case, grant_asked_at=at(TODAY), granted_by="sam"), "sam has granted it"),
        (
            OccasionKind.PRAISE_RECEIVED,
            record(Praise, state=PraiseState.PASSED_ON, closed_on=TODAY),
            "the praise was passed on on Mon 2 March 2026",
        ),
    ],
)
def test_what_ends_an_occasion_is_said(occasion: OccasionKind, fact: Record, why: str) -> None:
    """When its record moves on, nothing more comes, and the reason names the day."""
    the_step = step("say", occasion)
    found = one(known(fact), the_step)
    assert found.state is State.SKIPPED
    assert why in said(found)
    assert decide(known(fact), the_step, complete=False) == {}


@pytest.mark.parametrize(
    ("occasion", "fact"),
    [
        (OccasionKind.PROMISE_LATE, record(Promise, state=PromiseState.KEPT, due_on=FRIDAY, closed_on=FRIDAY)),
        (OccasionKind.PROMISE_LATE, record(Promise, opened_by=THEM, due_on=FRIDAY)),
        (OccasionKind.PROMISE_DUE, record(Promise, opened_by=THEM, due_on=FRIDAY)),
        (OccasionKind.PROMISE_MOVED, record(Promise, due_on=FRIDAY)),
        (OccasionKind.HANDED_OVER, record(Promise, due_on=FRIDAY)),
        (OccasionKind.CASE_UNANSWERED, record(Case, acknowledged_at=at(FRIDAY, 16))),
        (OccasionKind.CASE_OVERDUE, record(Case, closed_on=FRIDAY, state="resolved")),
        (OccasionKind.SECOND_CASE, record(Case)),
        (OccasionKind.LESSON_DONE, record(Lesson, closed_on=TODAY)),
        (OccasionKind.RECAP_WRITTEN, record(Recap, state=RecapState.DRAFT)),
        (OccasionKind.GIFT_GIVEN, record(Gift, state=GiftState.VOID)),
        (OccasionKind.REFERRAL_WON, record(Referral, state=ReferralState.MADE)),
        (OccasionKind.REWARD_DUE, record(Referral, state=ReferralState.WON, acted_on=FRIDAY, job_id="jfriend")),
    ],
)
def test_what_did_not_happen_starts_nothing(occasion: OccasionKind, fact: Record) -> None:
    """Kept in time, made by the other side, acknowledged in time, not yet paid: there is nothing to explain."""
    assert plan.decide([known(fact)], rules(step("say", occasion)), today=TODAY) == []


def test_a_promised_day_of_a_job_is_a_promise_while_the_job_is_open() -> None:
    """Chased before it, told after it; the key is the job's, and that it was completed ends it."""
    job = factories.job(
        id="jone", client_id="cada", status=JobStatus.OPEN, completed_on=None, promised_on=FRIDAY, created_on=FRIDAY
    )
    chase = note("promise-chase", OccasionKind.PROMISE_DUE, delay=Delay(2, "business day", before=True))
    late = step("progress-update", OccasionKind.PROMISE_LATE)
    found = decide(known(jobs=[job]), chase, late)
    assert found["promise-chase"].due_on == date(2026, 2, 25)
    assert (found["progress-update"].key, found["progress-update"].state) == ("jone.progress-update.1", State.DUE)
    done = replace(job, status=JobStatus.COMPLETED, completed_on=TODAY)
    assert "the job was completed on Mon 2 March 2026" in said(decide(known(jobs=[done]), late)["progress-update"])
    assert found["promise-chase"].state is State.EXPIRED, "who is late is not told that two days are left"
    in_time = replace(done, completed_on=FRIDAY)
    assert decide(known(jobs=[in_time]), chase, late) == {}


def test_a_late_job_is_told_of_on_a_rhythm_until_it_is_done() -> None:
    """Every three business days, each of them once; what was missed is not said later."""
    every = Delay(3, "business day")
    late = step("progress-update", OccasionKind.PROMISE_LATE, delay=every, every=every, times=None)
    promise = record(Promise, due_on=FRIDAY)
    days = [
        day
        for day in (TODAY + n * DAY for n in range(15))
        if any(
            each.state is State.DUE and each.due_on == day
            for each in plan.decide([known(promise)], rules(late), today=day)
        )
    ]
    assert days == [date(2026, 3, 5), date(2026, 3, 10), date(2026, 3, 13)]


def test_nobody_plans_to_be_late() -> None:
    """However far the plan goes: before the day nothing, and while it is late only the next word."""
    every = Delay(3, "business day")
    late = step("progress-update", OccasionKind.PROMISE_LATE, delay=every, every=every, times=None)
    year = TODAY + 365 * DAY
    planned = plan.decide([known(record(Promise, due_on=TODAY))], rules(late), today=TODAY, horizon=year)
    assert planned == []
    planned = plan.decide([known(record(Promise, due_on=FRIDAY))], rules(late), today=TODAY, horizon=year)
    assert [each.due_on for each in planned] == [date(2026, 3, 5)]


def test_a_reward_is_due_when_the_friend_has_paid_and_some_time_has_passed() -> None:
    """The friend's job is not shown to the client who brought them."""
    paid = factories.job(id="jfriend", client_id="ctom", paid_on=TODAY - 14 * DAY)
    won = record(Referral, state=ReferralState.WON, acted_on=TODAY - 20 * DAY, job_id="jfriend", reward="a voucher")
    the_step = step("reward-note", OccasionKind.REWARD_DUE)
    assert not list(plan.decide([known(replace(won, reward=""), friends_jobs=(paid,))], rules(the_step), today=TODAY))
    found = one(known(won, friends_jobs=(paid,)), the_step)
    assert (found.state, found.due_on, found.job_ids) == (State.DUE, TODAY, ())
    assert one(known(won, friends_jobs=(paid,)), the_step, today=TODAY - DAY).state is State.UPCOMING
    ended = replace(won, state=ReferralState.PAID, closed_on=TODAY)
    assert "the reward was paid on Mon 2 March 2026" in said(one(known(ended, friends_jobs=(paid,)), the_step))


def test_nobody_need_say_that_a_referral_is_won() -> None:
    """The friend's first job since then says so; one from before, or of another client, does not."""
    made = record(Referral, friend_id="ctom", opened_on=TODAY - 30 * DAY, state=ReferralState.MADE, reward="a voucher")
    done = factories.job(client_id="ctom", completed_on=TODAY - 20 * DAY, paid_on=TODAY - 14 * DAY)
    the_step = step("reward-note", OccasionKind.REWARD_DUE)
    found = one(known(made, friends_jobs=(done,)), the_step)
    assert (found.state, found.due_on) == (State.DUE, TODAY)
    for other in (replace(done, completed_on=TODAY - 31 * DAY), replace(done, client_id="cnobody")):
        assert not list(plan.decide([known(made, friends_jobs=(other,))], rules(the_step), today=TODAY))


def test_a_low_score_is_an_occasion_and_a_better_one_is_none() -> None:
    """Its fact is the contact with the score; it takes nothing away from the client."""
    scored = factories.contact(
        id="kscore", client_id="cada", channel=Channel.EMAIL, direction=Direction.IN, on=TODAY, score=6
    )
    found = one(known(contacts=(scored,)), note("low-score", OccasionKind.LOW_SCORE))
    assert (found.key, found.state, found.to_person) == ("kscore.low-score.1", State.DUE, "sam")
    better = replace(scored, score=7)
    assert plan.decide([known(contacts=(better,))], rules(note("x", OccasionKind.LOW_SCORE)), today=TODAY) == []


# ---------------------------------------------------------------- to one of us


def test_who_is_told_is_found_from_the_record_on() -> None:
    """The record's owner, else the job's, else the client's, else the business's; never somebody who left."""
    job = factories.job(id="jone", client_id="cada", owner="lee", completed_on=TODAY - 200 * DAY)
    chase = note("chase", OccasionKind.PROMISE_DUE)

    def told(promise: Promise, **fields: Any) -> str:
        return one(known(promise, **fields), chase).to_person

    promise = record(Promise, due_on=TODAY)
    lees = factories.client(id="cada", owner="lee")
    assert told(replace(promise, owner="lee")) == "lee"
    assert told(replace(promise, job_id="jone"), jobs=[job]) == "lee"
    assert told(promise, client=lees) == "lee"
    assert told(promise) == "sam"
    assert told(replace(promise, owner="pat"), client=lees) == "lee"
    handed = record(Promise, due_on=TODAY + DAY, receiver="max")
    assert one(known(handed), note("handover-note", OccasionKind.HANDED_OVER, to="receiver")).to_person == "max"
    assert one(known(replace(promise, owner="lee")), replace(chase, to="business")).to_person == "sam"
    assert one(known(promise), replace(chase, to="lee")).to_person == "lee"
    assert one(known(promise), chase, owner="", people={}).to_person == "owner"


@pytest.mark.parametrize(
    ("owner", "channels", "channel", "address"),
    [
        ("sam", (Channel.NOTE, Channel.EMAIL), Channel.NOTE, ""),  # who is at the desk sees it there
        ("lee", (Channel.NOTE, Channel.EMAIL), Channel.EMAIL, "lee@alder.example.com"),
        ("lee", (Channel.NOTE,), Channel.NOTE, ""),
        ("max", (Channel.EMAIL,), Channel.EMAIL, "max@vale.example.com"),
        ("sam", (Channel.EMAIL,), Channel.NOTE, ""),
    ],
)
def test_a_colleague_gets_an_email_and_who_is_at_the_desk_a_note(
    owner: str, channels: tuple[Channel, ...], channel: Channel, address: str
) -> None:
    """Where the step allows it and there is an address."""
    found = one(known(record(Case, owner=owner)), note("tell", OccasionKind.CASE_OPENED, channels=channels))
    assert (found.channel, found.address, found.state) == (channel, address, State.DUE)


def test_no_rule_about_the_clients_peace_holds_back_what_we_tell_each_other() -> None:
    """Opted out, suppressed, at rest, with an open case, no way to reach them, a message today: it is due."""
    promise = record(Promise, due_on=TODAY, owner="lee")
    rest = Instruction(
        id="irest",
        client_id="cada",
        kind=InstructionKind.SNOOZE,
        given_at=at(YESTERDAY),
        on=YESTERDAY,
        until=TODAY + 30 * DAY,
    )
    dossier = known(
        promise,
        record(Case, id="rcase"),
        client=factories.client(id="cada", emails=(), consent=Consent.OPTED_OUT),
        contacts=(factories.contact(client_id="cada", on=TODAY),),
        instructions=(rest,),
        suppressed=True,
    )
    assert one(dossier, note("chase", OccasionKind.PROMISE_DUE)).state is State.DUE
    gone = replace(dossier, client=replace(dossier.client, erased_on=TODAY))
    assert one(gone, note("chase", OccasionKind.PROMISE_DUE)).state is State.SKIPPED


def test_what_we_tell_each_other_uses_up_nothing_of_the_budget() -> None:
    """Neither what is due today, nor what went out, holds back a message to the client."""
    tell = note("tell", OccasionKind.JOB_COMPLETED, channels=(Channel.EMAIL,), to="lee", priority=99)
    thank = factories.step("thank-you", delay=SAME_DAY, late=Delay(14, "day"))
    job = factories.job(id="jone", client_id="cada", completed_on=TODAY)
    found = decide(known(jobs=[job]), tell, thank)
    assert [found[name].state for name in ("tell", "thank-you")] == [State.DUE, State.DUE]
    sent = sent_to_lee("jone.tell.1")
    after = decide(known(jobs=[job], attempts=(sent,)), tell, thank)
    assert [after[name].state for name in ("tell", "thank-you")] == [State.DONE, State.DUE]


def sent_to_lee(key: str, state: AttemptState = AttemptState.SENT) -> Attempt:
    """Return a message to a colleague."""
    return factories.attempt(
        client_id="cada", key=key, step=key.split(".")[1], state=state, to_person="lee", address=LEE.email
    )


def test_what_a_colleague_may_have_got_is_asked_about_like_any_message() -> None:
    """At most once holds for everybody."""
    promise = record(Promise, due_on=TODAY, owner="lee")
    attempt = sent_to_lee("rone.tell.1", AttemptState.UNKNOWN)
    found = one(known(promise, attempts=(attempt,)), note("tell", OccasionKind.PROMISE_DUE))
    assert (found.state, found.to_person) == (State.UNCONFIRMED, "lee")


def test_a_note_is_done_when_somebody_says_so() -> None:
    """An instruction, and no contact."""
    done = Instruction(
        id="idone",
        client_id="cada",
        kind=InstructionKind.DONE,
        given_at=at(TODAY),
        on=TODAY,
        key="rone.chase.1",
    )
    dossier = known(record(Promise, due_on=TODAY), instructions=(done,))
    assert one(dossier, note("chase", OccasionKind.PROMISE_DUE)).state is State.DONE


def test_a_note_stays_as_long_as_its_record_is_open() -> None:
    """However late: until somebody acts. What was old when it was entered is history all the same."""
    chase = note("chase", OccasionKind.PROMISE_DUE)
    promise = record(Promise, due_on=TODAY, recorded_at=at(TODAY))
    assert one(known(promise), chase, today=TODAY + 300 * DAY).state is State.DUE
    entered = replace(promise, recorded_at=at(TODAY + 60 * DAY))
    found = one(known(entered), chase, today=TODAY + 60 * DAY)
    assert found.state is State.EXPIRED
    assert "known only since" in said(found)


def test_a_note_is_shown_in_a_restored_home() -> None:
    """Nothing goes out, so nothing can go out twice; an e-mail to a colleague waits for review."""
    dossier = replace(known(record(Case, owner="lee")), restored_on=TODAY)
    assert one(dossier, note("tell", OccasionKind.CASE_OPENED, channels=(Channel.NOTE,))).state is State.DUE
    assert one(dossier, note("tell", OccasionKind.CASE_OPENED)).state is State.REVIEW


# ---------------------------------------------------------------- cases


def test_a_case_climbs_when_nobody_acknowledges_it() -> None:
    """Opened on Friday morning, due that day: on Monday its owner is told, on Tuesday the business."""
    case = record(Case, opened_at=at(FRIDAY, 10), owner="lee")
    ladder = (
        note("case-to-owner", OccasionKind.CASE_UNANSWERED),
        note("case-to-business", OccasionKind.CASE_UNANSWERED, to="business", delay=Delay(1, "business day")),
    )
    found = decide(known(case), *ladder)
    assert (found["case-to-owner"].state, found["case-to-owner"].to_person) == (State.DUE, "lee")
    assert (found["case-to-business"].due_on, found["case-to-business"].to_person) == (TODAY + DAY, "sam")
    evening = replace(case, opened_at=at(FRIDAY, 18))
    assert decide(known(evening), *ladder) == {}, "by Monday evening there is nothing to tell"
    tuesday = {each.step: each for each in plan.decide([known(evening)], rules(*ladder), today=TODAY + DAY)}
    assert tuesday["case-to-owner"].due_on == TODAY + DAY
    ack = factories.contact(client_id="cada", on=FRIDAY, key="rone.case-ack.1", step="case-ack")
    assert decide(known(case, contacts=(ack,)), *ladder) == {}


def test_one_of_us_hears_the_same_of_a_record_once() -> None:
    """The owner who looks after the case is told as that; a day later nothing new is said to the same person."""
    ladder = (
        note("case-to-owner", OccasionKind.CASE_UNANSWERED),
        note("case-to-business", OccasionKind.CASE_UNANSWERED, to="business", delay=Delay(1, "business day")),
        note("case-overdue", OccasionKind.CASE_OVERDUE, to="business"),
    )
    case = record(Case, opened_at=at(TODAY - 14 * DAY, 10), opened_on=TODAY - 14 * DAY, owner="sam")
    found = decide(known(case), *ladder)
    assert found["case-to-owner"].state is State.DUE
    assert found["case-overdue"].state is State.DUE
    assert found["case-to-business"].state is State.COVERED
    assert found["case-to-business"].covered_by == found["case-to-owner"].key
    assert found["case-to-business"].reasons[-1].text == "sam is told by rone.case-to-owner.1"
    others = decide(known(replace(case, owner="lee")), *ladder)
    assert {each.state for each in others.values()} == {State.DUE}


def test_a_call_that_reached_nobody_is_no_acknowledgement() -> None:
    """Voicemail is a try."""
    tried = factories.contact(
        client_id="cada", on=FRIDAY, key="rone.case-call.1", channel=Channel.CALL, outcome=Outcome.VOICEMAIL
    )
    found = one(known(record(Case), contacts=(tried,)), note("tell", OccasionKind.CASE_UNANSWERED))
    assert found.state is State.DUE


def test_trouble_that_came_back_is_answered_otherwise() -> None:
    """By the step that says so, in place of the usual acknowledgement; and by neither once the client has heard."""
    steps = (
        step("case-ack", OccasionKind.CASE_OPENED, when=Conditions(return_visit=False, unacknowledged=True)),
        step("return-visit", OccasionKind.CASE_OPENED, when=Conditions(return_visit=True, unacknowledged=True)),
    )
    for case, expected in (
        (record(Case), [State.DUE, State.SKIPPED]),
        (record(Case, return_of="jone"), [State.SKIPPED, State.DUE]),
        (record(Case, acknowledged_at=at(FRIDAY)), [State.SKIPPED, State.SKIPPED]),
    ):
        found = decide(known(case), *steps)
        assert [found[each.name].state for each in steps] == expected
    assert "the trouble came back" in said(decide(known(record(Case, return_of="jone")), *steps)["return-visit"])


def test_a_case_about_which_somebody_called_needs_no_call() -> None:
    """However the call was recorded."""
    call = step("case-call", OccasionKind.CASE_OPENED, channels=(Channel.CALL,))
    client = factories.client(id="cada", phones=("+441632960001",))
    assert one(known(record(Case), client=client), call).state is State.DUE
    called = record(Case, called_at=at(FRIDAY))
    rang = factories.contact(client_id="cada", on=FRIDAY, key="rone.case-ack.1", channel=Channel.CALL, by="sam")
    for dossier in (
        known(called, client=client),
        known(record(Case, owner="sam"), client=client, contacts=(rang,)),  # to say that they know
    ):
        found = one(dossier, call)
        assert found.state is State.SKIPPED
        assert "somebody called about it on Fri 27 February 2026" in said(found)
    another = known(record(Case, owner="mia"), client=client, contacts=(rang,))
    assert one(another, call).state is State.DUE, "who looks after it has not called yet"


def test_whoever_has_a_case_is_not_asked_whether_all_is_well() -> None:
    """The check-in after a job is not said where something went wrong since; a case of long ago is none of it."""
    step = factories.step("check-in-mail", delay=SAME_DAY, when=Conditions(no_case=True), late=Delay(14, "day"))
    job = factories.job(client_id="cada", completed_on=FRIDAY)
    long_ago = record(Case, opened_on=FRIDAY - 90 * DAY, state=CaseState.RESOLVED, closed_on=FRIDAY - 80 * DAY)
    assert one(known(long_ago, jobs=[job]), step).state is State.DUE
    found = one(known(record(Case, opened_on=FRIDAY), jobs=[job]), step)
    assert found.state is State.SKIPPED
    assert "a case was opened on Fri 27 February 2026" in said(found)


def test_messages_about_what_is_open_are_not_held_by_the_budget_but_count() -> None:
    """An enquiry is answered although a message went yesterday; a thank-you then waits."""
    enquiry = record(Enquiry, opened_on=TODAY, state=EnquiryState.NEW)
    job = factories.job(client_id="cada", completed_on=TODAY)
    wrote = factories.contact(client_id="cada", on=TODAY - 8 * DAY)
    answer = step("enquiry-answer", OccasionKind.ENQUIRY_RECEIVED, priority=95)
    thank = factories.step("thank-you", delay=SAME_DAY, late=Delay(14, "day"))
    found = decide(known(enquiry, jobs=[job], contacts=(wrote,)), answer, thank)
    assert [found[name].state for name in ("enquiry-answer", "thank-you")] == [State.DUE, State.HELD]
    lately = replace(wrote, on=YESTERDAY)
    assert decide(known(enquiry, contacts=(lately,)), answer)["enquiry-answer"].state is State.DUE


# ---------------------------------------------------------------- a second case

FIRST = record(Case, id="rfirst", opened_on=date(2025, 9, 1), closed_on=date(2025, 9, 5), state="resolved")
SECOND = record(Case, id="rsecond", opened_on=TODAY)


@pytest.mark.parametrize(
    ("first", "second", "is_second"),
    [
        (FIRST, SECOND, True),
        (replace(FIRST, opened_on=date(2024, 9, 1), closed_on=date(2024, 9, 5)), SECOND, False),
        (replace(FIRST, opened_on=date(2024, 9, 1), closed_on=None), SECOND, True),  # it is still open
        (
            replace(FIRST, opened_on=date(2020, 1, 1), closed_on=date(2020, 1, 2)),
            replace(SECOND, continues_id="rfirst"),
            True,
        ),
    ],
)
def test_what_a_second_case_is(first: Case, second: Case, is_second: bool) -> None:
    """Within the time of the settings from the end of another one, or one that goes on with it."""
    found = decide(known(first, second), note("second-case", OccasionKind.SECOND_CASE, to="business"))
    assert ("second-case" in found and found["second-case"].to_person == "sam") is is_second


def test_a_second_case_stops_everything_to_that_client() -> None:
    """What is about something else is held; its own messages wait for a look; its calls, and our notes, do not."""
    job = factories.job(client_id="cada", completed_on=TODAY - 2 * DAY)
    client = factories.client(id="cada", phones=("+441632960001",))
    steps = (
        factories.step("thank-you", delay=SAME_DAY, late=Delay(14, "day")),
        factories.step("check-in", delay=SAME_DAY, late=Delay(14, "day"), channels=(Channel.CALL,)),
        factories.step("ask", delay=SAME_DAY, late=Delay(14, "day"), ask=True),
        step("case-ack", OccasionKind.CASE_OPENED),
        step("case-call", OccasionKind.CASE_OPENED, channels=(Channel.CALL,)),
        note("second-case", OccasionKind.SECOND_CASE, to="business"),
    )
    found = plan.decide([known(FIRST, SECOND, jobs=[job], client=client)], rules(*steps), today=TODAY)
    own = {each.step: each for each in found if each.occasion.fact_id != "rfirst"}
    assert {name: each.state for name, each in own.items()} == {
        "thank-you": State.HELD,
        "check-in": State.HELD,
        "ask": State.HELD,
        "case-ack": State.REVIEW,
        "case-call": State.DUE,
        "second-case": State.DUE,
    }
    assert "a second case is open since Mon 2 March 2026: nothing goes out by itself" in said(own["thank-you"])
    assert "nothing about it goes out before you have looked" in said(own["case-ack"])
    assert "no asks until it is resolved" in said(own["ask"])


def test_what_a_second_case_stopped_goes_on_when_it_is_resolved() -> None:
    """It is not late for that: only the owner's absence makes something late."""
    job = factories.job(client_id="cada", completed_on=TODAY - 2 * DAY)
    thank = factories.step("thank-you", delay=SAME_DAY, late=Delay(14, "day"))
    resolved = replace(SECOND, closed_on=TODAY + 40 * DAY, state="resolved")
    found = decide(known(FIRST, resolved, jobs=[job]), thank, today=TODAY + 42 * DAY)["thank-you"]
    assert found.state is State.DUE
    assert "a second case stopped everything from Mon 2 March 2026 until Sat 11 April 2026" in said(found)


def test_what_a_person_released_goes_although_there_is_a_second_case() -> None:
    """If it was released since: what somebody said before they knew of it does not count."""
    job = factories.job(id="jone", client_id="cada", completed_on=TODAY - 2 * DAY)
    thank = factories.step("thank-you", delay=SAME_DAY, late=Delay(14, "day"))
    for on, state in ((TODAY, State.DUE), (YESTERDAY, State.HELD)):
        release = Instruction(
            id="irel", client_id="cada", kind=InstructionKind.RELEASE, given_at=at(on), on=on, key="jone.thank-you.1"
        )
        dossier = known(FIRST, SECOND, jobs=[job], instructions=(release,))
        assert decide(dossier, thank)["thank-you"].state is state
