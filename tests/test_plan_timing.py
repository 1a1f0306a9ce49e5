"""When a touchpoint is ready, when it is too late, and what repeats."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from followup import plan, workdays
from followup.model import (
    AttemptState,
    Channel,
    Delay,
    Direction,
    InstructionKind,
    JobStatus,
    OccasionKind,
    Outcome,
    Service,
    State,
)
from tests import factories
from tests.planning import (
    ADA,
    ASK,
    ASK_KEY,
    CALL,
    CALL_KEY,
    DAY,
    JOB,
    THANKS,
    TODAY,
    case,
    client,
    codes,
    days,
    decide,
    dossier,
    job,
    one,
    said,
    sent,
    told,
    tried,
)

LIMITED = replace(THANKS, late=days(14))  # due Monday 2 March, so in time until Monday 16 March


# ---------------------------------------------------------------- too late


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2026, 3, 16), State.DUE),
        (date(2026, 3, 17), State.REVIEW),
        (date(2026, 5, 15), State.REVIEW),
        (date(2026, 5, 16), State.EXPIRED),
    ],
)
def test_what_the_owner_missed_is_for_review_and_then_expires(today, state):
    """Two weeks late a person decides; after sixty days more nobody needs to."""
    assert one(LIMITED, today=today).state is state


def test_a_review_says_until_when_it_waits():
    """The day on which it expires is named."""
    decision = one(LIMITED, today=date(2026, 3, 17))
    assert decision.until == date(2026, 5, 15)
    assert "too late since Mon 16 March 2026 (14 days after Mon 2 March 2026)" in said(decision)


def test_a_job_imported_when_it_was_too_late_is_history():
    """The first import floods nobody: old jobs expire, whatever day it is."""
    old = dossier(jobs=(job(created_on=date(2026, 3, 17)),))
    decision = one(LIMITED, old, today=date(2026, 3, 17))
    assert (decision.state, decision.reasons[-1].code) == (State.EXPIRED, "history")
    in_time = dossier(jobs=(job(created_on=date(2026, 3, 16)),))
    assert one(LIMITED, in_time, today=date(2026, 3, 17)).state is State.REVIEW
    unknown = dossier(jobs=(job(created_on=None),))
    assert one(LIMITED, unknown, today=date(2026, 3, 17)).state is State.REVIEW


def test_what_was_released_goes_however_late():
    """The owner looked and said: send it."""
    known = dossier(instructions=(told(InstructionKind.RELEASE, on=date(2026, 3, 17)),))
    decision = one(LIMITED, known, today=date(2026, 8, 3))
    assert decision.state is State.DUE
    assert "you released it on Tue 17 March 2026" in said(decision)


def test_a_budget_makes_nothing_late():
    """What a message held back is ready when the budget is free again, and late only from then on."""
    known = dossier(contacts=(sent(date(2026, 3, 10)),))
    assert one(LIMITED, known, today=date(2026, 3, 16)).until == date(2026, 3, 17)
    assert one(LIMITED, known, today=date(2026, 3, 31)).state is State.DUE
    decision = one(LIMITED, known, today=date(2026, 4, 1))
    assert decision.state is State.REVIEW
    assert (
        "a message (email) went out on Tue 10 March 2026, at most one for a household in 7 days, so not before"
        in said(decision)
    )


def test_a_message_after_it_was_too_late_excuses_nothing():
    """The owner was absent for two weeks; what went out later does not make it fresh."""
    known = dossier(contacts=(sent(date(2026, 3, 17)),))
    assert one(LIMITED, known, today=date(2026, 3, 20)).state is State.REVIEW


def test_holds_follow_one_another():
    """Message after message, snooze after message: each shifts the day as long as it was not too late."""
    contacts = (sent(date(2026, 3, 2)), sent(date(2026, 3, 16)), sent(date(2026, 4, 2)))
    known = dossier(
        contacts=contacts,
        instructions=(told(InstructionKind.SNOOZE, key="", on=date(2026, 4, 10), until=date(2026, 5, 4)),),
    )
    decision = one(LIMITED, known, today=date(2026, 5, 18))
    assert (decision.state, codes(decision)) == (
        State.DUE,
        ["rule", "message-budget", "message-budget", "message-budget", "snoozed"],
    )
    assert one(LIMITED, known, today=date(2026, 5, 19)).state is State.REVIEW


def test_closing_days_make_nothing_late():
    """What a hold freed on a closed day is ready when the firm opens."""
    calendar = workdays.Calendar(country="GB", closing_days=((date(2026, 3, 9), date(2026, 3, 29)),))
    known = dossier(contacts=(sent(date(2026, 3, 2)),))
    assert one(LIMITED, known, today=date(2026, 4, 13), calendar=calendar).state is State.DUE
    assert one(LIMITED, known, today=date(2026, 4, 14), calendar=calendar).state is State.REVIEW


def test_an_open_case_makes_no_ask_late():
    """The ask waits as long as the case; one opened when it was too late already excuses nothing."""
    first = one(ASK, dossier(cases=(case(date(2026, 3, 20)),)), key=ASK_KEY, today=date(2026, 12, 1))
    assert first.state is State.HELD
    late = dossier(cases=(case(date(2026, 4, 20)),))
    assert one(ASK, late, key=ASK_KEY, today=date(2026, 12, 1)).state is State.EXPIRED
    assert one(ASK, late, key=ASK_KEY, today=date(2026, 4, 20)).state is State.HELD


def test_a_step_without_a_limit_is_never_late():
    """No limit, no review."""
    assert one(THANKS, today=date(2027, 3, 1)).state is State.DUE


def test_after_a_restore_a_person_looks_first():
    """What was due up to the day of the restore may have gone out after the backup was made."""
    known = dossier(restored_on=date(2026, 3, 4))
    decision = one(LIMITED, known, today=date(2026, 3, 6))
    assert (decision.state, decision.reasons[-1].code) == (State.REVIEW, "restored")
    assert one(LIMITED, replace(known, restored_on=date(2026, 2, 28)), today=date(2026, 3, 6)).state is State.DUE
    seen = told(InstructionKind.RELEASE, key="", on=date(2026, 3, 5))
    assert one(LIMITED, replace(known, instructions=(seen,)), today=date(2026, 3, 6)).state is State.DUE
    before = told(InstructionKind.RELEASE, key="", on=date(2026, 3, 3))
    assert one(LIMITED, replace(known, instructions=(before,)), today=date(2026, 3, 6)).state is State.REVIEW
    assert one(LIMITED, known, today=date(2026, 6, 1)).state is State.EXPIRED


def test_after_a_long_sleep_a_person_looks_first():
    """The same as after a restore, in words of its own; what comes due since then goes by itself."""
    slept = "the home slept from 1 January 2026, 07:00 to 4 March 2026, 07:00"
    known = dossier(doubted_on=date(2026, 3, 4), doubt=slept)
    decision = one(LIMITED, known, today=date(2026, 3, 6))
    assert (decision.state, decision.reasons[-1].code) == (State.REVIEW, "doubted")
    assert decision.reasons[-1].text == f"{slept}: look whether it is still right"
    assert one(LIMITED, replace(known, doubted_on=date(2026, 2, 28)), today=date(2026, 3, 6)).state is State.DUE
    seen = told(InstructionKind.RELEASE, key="", on=date(2026, 3, 5))
    assert one(LIMITED, replace(known, instructions=(seen,)), today=date(2026, 3, 6)).state is State.DUE
    both = replace(known, restored_on=date(2026, 3, 4))
    assert one(LIMITED, both, today=date(2026, 3, 6)).reasons[-1].code == "restored"


# ---------------------------------------------------------------- not again so soon


COOLED = replace(ASK, again_after=days(180), late=days(21))


def test_a_step_is_not_taken_again_within_its_cooldown():
    """Asked two months ago for another job: not again, and the reason says until when."""
    known = dossier(contacts=(sent(date(2026, 1, 12), key="jotherxxxx.feedback-ask.1", step="feedback-ask"),))
    decision = one(COOLED, known, key=ASK_KEY)
    assert (decision.state, decision.reasons[-1].code) == (State.SKIPPED, "again-after")
    assert "feedback-ask went out on Mon 12 January 2026, and not again within 180 days" in said(decision)


def test_a_cooldown_that_ends_in_time_only_holds():
    """Where waiting does not make it too late, it waits."""
    known = dossier(contacts=(sent(date(2025, 9, 22), key="jotherxxxx.feedback-ask.1", step="feedback-ask"),))
    decision = one(COOLED, known, key=ASK_KEY, today=date(2026, 3, 10))
    assert (decision.state, decision.until) == (State.HELD, date(2026, 3, 23))
    over = dossier(contacts=(sent(date(2025, 9, 2), key="jotherxxxx.feedback-ask.1", step="feedback-ask"),))
    assert one(COOLED, over, key=ASK_KEY, today=date(2026, 3, 10)).state is State.DUE
    unlimited = replace(COOLED, late=None)
    recent = dossier(contacts=(sent(date(2026, 2, 2), key="jotherxxxx.feedback-ask.1", step="feedback-ask"),))
    assert one(unlimited, recent, key=ASK_KEY, today=date(2026, 3, 10)).until == date(2026, 8, 3)


def test_a_draft_counts_for_the_cooldown_under_an_old_name_too():
    """Drafted under the step's old name is drafted."""
    step = replace(COOLED, was=("review-ask",))
    known = dossier(attempts=(tried(AttemptState.DRAFTED, on=date(2026, 2, 2), key="jotherxxxx.review-ask.1"),))
    assert one(step, known, key=ASK_KEY).reasons[-1].code == "again-after"
    contact = dossier(contacts=(sent(date(2026, 2, 2), step="review-ask"),))
    assert one(step, contact, key=ASK_KEY).reasons[-1].code == "again-after"


def test_a_call_that_reached_nobody_cools_nothing():
    """Voicemail is not a talk: the next job's call is made."""
    step = replace(CALL, again_after=days(90), late=days(14))
    known = dossier(
        contacts=(
            sent(
                date(2026, 2, 2),
                key="jotherxxxx.check-in-call.1",
                step="check-in-call",
                channel=Channel.CALL,
                outcome=Outcome.VOICEMAIL,
            ),
        )
    )
    assert one(step, known, key=CALL_KEY, today=date(2026, 3, 6)).state is State.DUE


def test_two_of_one_step_at_once_are_one():
    """Two jobs, one ask: the older goes, the other is skipped, or held where it is not too late then."""
    jobs = (job(id="jolderxxxx", completed_on=date(2026, 2, 16), created_on=date(2026, 2, 17)), job())
    found = decide(COOLED, dossier(jobs=jobs), today=date(2026, 3, 10))
    assert found["jolderxxxx.feedback-ask.1"].state is State.DUE
    assert (found[ASK_KEY].state, found[ASK_KEY].reasons[-1].code) == (State.SKIPPED, "again-after")
    short = replace(CALL, again_after=days(5), late=days(14))
    found = decide(short, dossier(jobs=jobs), today=date(2026, 3, 6))
    assert (found[CALL_KEY].state, found[CALL_KEY].until) == (State.HELD, date(2026, 3, 11))
    assert "jolderxxxx.check-in-call.1 goes first, Fri 6 March 2026" in said(found[CALL_KEY])
    unlimited = replace(CALL, again_after=days(50))
    assert decide(unlimited, dossier(jobs=jobs), today=date(2026, 3, 6))[CALL_KEY].state is State.HELD


# ---------------------------------------------------------------- calls


def call(on: date, outcome: Outcome):
    return sent(on, key=CALL_KEY, step="check-in-call", channel=Channel.CALL, outcome=outcome)


def test_a_call_that_reached_nobody_is_tried_again_in_two_business_days():
    """Voicemail on Friday, again on Tuesday; the try makes it not late."""
    known = dossier(contacts=(call(date(2026, 3, 6), Outcome.VOICEMAIL),))
    step = replace(CALL, late=days(2))
    decision = one(step, known, key=CALL_KEY, today=date(2026, 3, 6))
    assert (decision.state, decision.until, decision.tries) == (State.HELD, date(2026, 3, 10), 1)
    assert one(step, known, key=CALL_KEY, today=date(2026, 3, 12)).state is State.DUE


def test_three_tries_are_enough():
    """After the third try the touchpoint is done, though nobody was reached."""
    contacts = tuple(call(date(2026, 3, day), Outcome.NO_ANSWER) for day in (6, 10, 12))
    decision = one(CALL, dossier(contacts=contacts), key=CALL_KEY, today=date(2026, 3, 16))
    assert (decision.state, decision.tries) == (State.DONE, 3)
    assert said(decision) == "tried 3 times, last on Thu 12 March 2026 (no-answer)"
    assert one(CALL, dossier(contacts=contacts[:2]), key=CALL_KEY, today=date(2026, 3, 16)).state is State.DUE


def test_a_call_that_reached_the_client_in_the_end_is_done():
    """A talk after a voicemail settles it."""
    contacts = (call(date(2026, 3, 6), Outcome.VOICEMAIL), call(date(2026, 3, 10), Outcome.HAPPY))
    assert one(CALL, dossier(contacts=contacts), key=CALL_KEY, today=date(2026, 3, 10)).state is State.DONE


# ---------------------------------------------------------------- one step after another


REFERRAL = factories.step(
    "referral-ask", after_step="feedback-ask", delay=days(30), otherwise=days(40), ask=True, late=days(30)
)
REFERRAL_KEY = f"{JOB}.referral-ask.1"


@pytest.mark.parametrize("how", ["contact", "sent", "drafted", "said"])
def test_a_step_counts_from_the_day_the_one_before_went_out(how):
    """Thirty days after the ask: as a contact, sent, drafted, or done by hand."""
    on = date(2026, 3, 12)
    facts = {
        "contact": {"contacts": (sent(on, key=ASK_KEY),)},
        "sent": {"attempts": (tried(AttemptState.SENT, on=on, key=ASK_KEY),)},
        "drafted": {"attempts": (tried(AttemptState.DRAFTED, on=on, key=ASK_KEY),)},
        "said": {"instructions": (told(InstructionKind.DONE, on=on, key=ASK_KEY),)},
    }[how]
    decision = one((ASK, REFERRAL), dossier(**facts), key=REFERRAL_KEY, today=on)
    assert (decision.state, decision.due_on) == (State.UPCOMING, date(2026, 4, 13))
    assert "30 days after feedback-ask went out on Thu 12 March 2026" in said(decision)


def test_a_step_waits_for_the_one_before_while_that_is_to_come():
    """Planned from the day on which the one before will go; order in the settings does not matter."""
    found = decide((REFERRAL, ASK), horizon=date(2026, 3, 31))
    assert found[REFERRAL_KEY].due_on == found[ASK_KEY].act_on + timedelta(days=30)
    assert "goes out, planned for Mon 9 March 2026" in said(found[REFERRAL_KEY])
    beyond = decide((REFERRAL, ASK))
    assert (beyond[REFERRAL_KEY].state, beyond[REFERRAL_KEY].act_on) == (State.UPCOMING, date(2026, 4, 8))


@pytest.mark.parametrize(
    ("facts", "step"),
    [
        ({"instructions": (told(InstructionKind.SKIP, key=ASK_KEY),)}, ASK),
        ({}, replace(ASK, enabled=False)),
        ({}, replace(ASK, channels=(Channel.LETTER,))),
        ({}, replace(ASK, late=days(1))),
        ({"attempts": (tried(AttemptState.PERMANENT, key=ASK_KEY),)}, ASK),
    ],
)
def test_where_the_one_before_did_not_go_out_it_counts_from_the_job(facts, step):
    """Skipped, switched off, unreachable, too late or refused: forty days from the job."""
    decision = one((step, REFERRAL), dossier(**facts), key=REFERRAL_KEY, today=date(2026, 3, 27))
    assert decision.due_on == date(2026, 4, 8)
    assert "counted from the occasion" in said(decision)


def test_a_step_that_waits_for_the_owner_does_not_stop_the_next():
    """Held without a named day, as without a template, counts as not gone out."""
    found = decide((ASK, REFERRAL), templates={"referral-ask": frozenset({"en"})}, today=date(2026, 3, 20))
    assert found[ASK_KEY].state is State.HELD
    assert found[REFERRAL_KEY].due_on == date(2026, 4, 8)
    assert "feedback-ask waits without a named day, so counted from the occasion" in said(found[REFERRAL_KEY])
    early = decide((ASK, REFERRAL), templates={"referral-ask": frozenset({"en"})})
    assert early[REFERRAL_KEY].due_on == date(2026, 4, 8)


def test_without_an_otherwise_a_step_ends_with_the_one_before():
    """Nothing to follow, nothing follows."""
    step = replace(REFERRAL, otherwise=None)
    decision = one((replace(ASK, enabled=False), step), key=REFERRAL_KEY)
    assert (decision.state, decision.reasons[-1].code) == (State.SKIPPED, "not-before")
    assert one(step, key=REFERRAL_KEY).state is State.SKIPPED


def test_steps_that_wait_for_each_other_end_somewhere():
    """Settings refuse a circle; the planner survives one."""
    first = factories.step("a", after_step="b", otherwise=days(1))
    second = factories.step("b", after_step="a", otherwise=days(1))
    assert {each.step for each in decide((first, second)).values()} == {"a", "b"}


def test_what_follows_one_that_gave_way_counts_otherwise():
    """The ask that a cooldown takes away while the days are played forward leaves its follower to the job's day."""
    jobs = (job(id="jolderxxxx", completed_on=date(2026, 2, 16), created_on=date(2026, 2, 17)), job())
    found = decide((COOLED, REFERRAL), dossier(jobs=jobs), today=date(2026, 3, 10))
    assert found[ASK_KEY].state is State.SKIPPED
    assert found[REFERRAL_KEY].due_on == date(2026, 4, 8)


# ---------------------------------------------------------------- reminders


REMINDED = replace(ASK, reminder=days(7), reminder_template="feedback-reminder", again_after=days(180))
SECOND = f"{JOB}.feedback-ask.2"
ASKED = sent(date(2026, 3, 10), key=ASK_KEY, step="feedback-ask")


def test_a_reminder_counts_from_the_day_the_first_went_out():
    """Seven days later, with its own words, whatever budget of asks and cooldown say: it is the same ask."""
    decision = one(REMINDED, dossier(contacts=(ASKED,)), key=SECOND, today=date(2026, 3, 17))
    assert (decision.state, decision.due_on, decision.occurrence) == (State.DUE, date(2026, 3, 17), 2)
    assert decision.template == "feedback-reminder"


def test_a_reminder_uses_the_budget_of_messages():
    """It is a message all the same."""
    known = dossier(contacts=(ASKED, sent(date(2026, 3, 16))))
    assert one(REMINDED, known, key=SECOND, today=date(2026, 3, 17)).until == date(2026, 3, 23)


@pytest.mark.parametrize(
    ("on", "minutes", "state"),
    [
        (date(2026, 3, 12), 0, State.SKIPPED),
        (date(2026, 3, 10), 5, State.SKIPPED),
        (date(2026, 3, 10), -5, State.DUE),
        (date(2026, 3, 9), 0, State.DUE),
    ],
)
def test_an_answer_stops_the_reminder(on, minutes, state):
    """Whoever answered after the ask is not reminded; what was said before is no answer."""
    reply = sent(on, direction=Direction.IN)
    reply = replace(reply, at=reply.at + timedelta(minutes=minutes))
    contacts = (reply, ASKED) if on < ASKED.on else (ASKED, reply)
    assert one(REMINDED, dossier(contacts=contacts), key=SECOND, today=date(2026, 3, 17)).state is state


def test_a_reminder_that_is_drafted_is_asked_about_even_after_an_answer():
    """It may have gone out."""
    known = dossier(
        contacts=(ASKED, sent(date(2026, 3, 12), direction=Direction.IN)),
        attempts=(tried(AttemptState.DRAFTED, on=date(2026, 3, 11), key=SECOND),),
    )
    assert one(REMINDED, known, key=SECOND, today=date(2026, 3, 17)).state is State.UNCONFIRMED


def test_a_reminder_that_went_out_is_done():
    """Answered or not."""
    contacts = (
        ASKED,
        sent(date(2026, 3, 17), key=SECOND, step="feedback-ask"),
        sent(date(2026, 3, 18), direction=Direction.IN),
    )
    found = decide(REMINDED, dossier(contacts=contacts), today=date(2026, 3, 19))
    assert found[SECOND].state is State.DONE


def test_nobody_is_reminded_of_a_draft():
    """While nobody knows whether the first went out, the second waits."""
    known = dossier(attempts=(tried(AttemptState.DRAFTED, on=date(2026, 3, 10), key=ASK_KEY),))
    decision = one(REMINDED, known, key=SECOND, today=date(2026, 3, 17))
    assert (decision.state, decision.reasons[-1].code) == (State.HELD, "unconfirmed-first")


def test_there_is_no_reminder_of_what_does_not_go_out():
    """Skipped: one touchpoint. To come: two, the second counted from the first's planned day."""
    skipped = decide(REMINDED, dossier(instructions=(told(InstructionKind.SKIP, key=ASK_KEY),)))
    assert set(skipped) == {ASK_KEY}
    found = decide(REMINDED)
    assert (found[SECOND].state, found[SECOND].due_on) == (State.UPCOMING, date(2026, 3, 16))


def test_the_reminder_of_an_ask_that_gave_way_is_not_sent():
    """What the cooldown takes away while the days are played forward takes its reminder along."""
    jobs = (job(id="jolderxxxx", completed_on=date(2026, 2, 16), created_on=date(2026, 2, 17)), job())
    found = decide(REMINDED, dossier(jobs=jobs), today=date(2026, 3, 10))
    assert (found[SECOND].state, found[SECOND].reasons[-1].code) == (State.SKIPPED, "not-before")


# ---------------------------------------------------------------- what repeats


ANNIVERSARY = factories.step(
    "anniversary",
    occasion=OccasionKind.FIRST_JOB,
    delay=Delay(12, "month"),
    every=Delay(12, "month"),
    times=None,
    late=days(14),
)


def test_an_anniversary_on_29_february_comes_back_to_it():
    """Counted from the first job each time: the 28th in common years, the 29th in leap years."""
    known = dossier(client=client(created_on=date(2020, 2, 29)), jobs=(job(completed_on=date(2020, 2, 29)),))
    found = decide(
        ANNIVERSARY,
        known,
        today=date(2020, 3, 1),
        horizon=date(2028, 3, 1),
        calendar=workdays.Calendar(weekend=frozenset()),
    )
    assert [found[f"{ADA}.anniversary.{n}"].due_on for n in (1, 2, 4, 8)] == [
        date(2021, 2, 28),
        date(2022, 2, 28),
        date(2024, 2, 29),
        date(2028, 2, 29),
    ]


def test_of_what_repeats_for_ever_only_the_last_and_the_next_are_listed():
    """Thirty years a client, two lines."""
    known = dossier(client=client(created_on=date(1996, 3, 4)), jobs=(job(completed_on=date(1996, 3, 4)),))
    found = decide(ANNIVERSARY, known, today=date(2026, 3, 4))
    assert {each.occurrence: each.state for each in found.values()} == {30: State.DUE, 31: State.UPCOMING}
    assert "number 30, every 12 months" in said(found[f"{ADA}.anniversary.30"])


def test_an_old_occurrence_that_may_have_gone_out_is_listed():
    """A draft of last year still needs a word."""
    known = dossier(
        client=client(created_on=date(1996, 3, 4)),
        jobs=(job(completed_on=date(1996, 3, 4)),),
        attempts=(tried(AttemptState.DRAFTED, on=date(2024, 3, 4), key=f"{ADA}.anniversary.28"),),
    )
    found = decide(ANNIVERSARY, known, today=date(2026, 3, 4))
    assert sorted(each.occurrence for each in found.values()) == [28, 30, 31]


def test_what_a_merged_record_was_told_this_year_is_not_said_again():
    """Two records of one client counted their years from different days: the nearest year counts."""
    gone = "cgonexxxxx"
    known = dossier(
        client=client(created_on=date(2020, 3, 16)),
        jobs=(job(completed_on=date(2020, 3, 16)), job(completed_on=date(2023, 3, 2), id="jgonexxxxx")),
        attempts=(tried(AttemptState.DRAFTED, on=date(2026, 3, 2), key=f"{gone}.anniversary.3"),),
    )
    found = decide(ANNIVERSARY, replace(known, absorbed=frozenset({gone})), today=date(2026, 3, 16))
    assert {each.occurrence: each.state for each in found.values()} == {6: State.UNCONFIRMED, 7: State.UPCOMING}
    assert f"{gone}.anniversary.3" in found
    assert {each.occurrence: each.state for each in decide(ANNIVERSARY, known, today=date(2026, 3, 16)).values()} == {
        3: State.UNCONFIRMED,
        6: State.DUE,
        7: State.UPCOMING,
    }


def test_a_repetition_with_a_number_of_times_ends():
    """Ten times every week, then no more."""
    step = replace(THANKS, every=Delay(1, "week"), times=10, delay=days(3))
    found = decide(step, today=date(2026, 5, 4))
    assert sorted(each.occurrence for each in found.values()) == [10]
    found = decide(step, today=date(2026, 3, 20), horizon=date(2026, 4, 3))
    assert sorted(each.occurrence for each in found.values()) == [3, 4, 5, 6]


def test_months_and_days_are_counted_apart():
    """Three days after, every month: the month is added to the occasion, the days to that."""
    step = replace(THANKS, every=Delay(1, "month"), times=2, delay=Delay(3, "business day"))
    found = decide(step)
    assert found[f"{JOB}.thank-you.2"].due_on == date(2026, 4, 1)


# ---------------------------------------------------------------- services and silence


SERVICES = {"boiler service": Service(name="Boiler service", interval=Delay(12, "month"), lead=days(30))}
SERVICE = factories.step(
    "service-reminder", occasion=OccasionKind.SERVICE_INTERVAL, delay=days(0), by_lead=True, late=days(30)
)
SERVICE_KEY = f"{JOB}.service-reminder.1"


def test_a_service_is_announced_by_its_own_lead():
    """Thirty days before the year is over."""
    decision = one(SERVICE, key=SERVICE_KEY, services=SERVICES)
    assert (decision.state, decision.due_on) == (State.UPCOMING, date(2027, 1, 28))
    fixed = replace(SERVICE, by_lead=False, delay=Delay(2, "week", before=True))
    assert one(fixed, key=SERVICE_KEY, services=SERVICES).due_on == date(2027, 2, 15)


def test_a_service_done_again_is_not_announced():
    """The later job starts its own year."""
    later = job(id="jlaterxxxx", completed_on=date(2026, 6, 1), service="boiler SERVICE ")
    found = decide(SERVICE, dossier(jobs=(job(), later)), services=SERVICES, today=date(2026, 7, 1))
    assert found[SERVICE_KEY].reasons[-1].code == "done-again"


@pytest.mark.parametrize(
    ("service", "state"), [("Boiler Service", State.SKIPPED), ("", State.SKIPPED), ("Tap repair", State.DUE)]
)
def test_a_booked_service_is_not_announced(service, state):
    """A job of that service, or of an unknown one, is booked; another kind of work does not stop the reminder."""
    booked = job(
        id="jbookedxxx", status=JobStatus.OPEN, completed_on=None, service=service, promised_on=date(2027, 2, 1)
    )
    decision = one(SERVICE, dossier(jobs=(job(), booked)), key=SERVICE_KEY, services=SERVICES, today=date(2027, 1, 28))
    assert decision.state is state


def test_a_cancelled_service_is_not_announced():
    """A job that was cancelled comes round no more."""
    decision = one(SERVICE, dossier(jobs=(job(status=JobStatus.CANCELLED),)), key=SERVICE_KEY, services=SERVICES)
    assert decision.reasons[-1].code == "job-cancelled"


WIN_BACK = factories.step(
    "win-back", occasion=OccasionKind.CLIENT_QUIET, delay=days(0), every=days(60), times=2, late=days(30)
)
QUIET = date(2027, 8, 27)  # 18 months after the only job


def test_a_quiet_client_hears_from_us_twice():
    """After eighteen months, and once more sixty days later."""
    found = decide(WIN_BACK, today=QUIET)
    assert {each.occurrence: (each.state, each.due_on) for each in found.values()} == {
        1: (State.DUE, QUIET),
        2: (State.UPCOMING, date(2027, 10, 26)),
    }


def test_a_booked_job_ends_the_silence():
    """Who has booked is not quiet."""
    booked = job(id="jbookedxxx", status=JobStatus.OPEN, completed_on=None, service="")
    found = decide(WIN_BACK, dossier(jobs=(job(), booked)), today=QUIET)
    assert {each.state for each in found.values()} == {State.SKIPPED}
    assert "a job is booked: jbookedxxx" in said(found[f"{JOB}.win-back.1"])


@pytest.mark.parametrize(
    ("on", "states"),
    [
        (QUIET - 31 * DAY, [State.DUE, State.UPCOMING]),
        (QUIET - 30 * DAY, [State.SKIPPED, State.UPCOMING]),
        (QUIET, [State.SKIPPED, State.SKIPPED]),
        (QUIET + 3 * DAY, [State.SKIPPED, State.SKIPPED]),
    ],
)
def test_a_client_who_was_in_touch_is_not_quiet(on, states):
    """A call or mail of the last month stops the first; one since the silence began stops both."""
    found = decide(WIN_BACK, dossier(contacts=(sent(on, direction=Direction.IN),)), today=QUIET + 3 * DAY)
    assert [found[f"{JOB}.win-back.{n}"].state for n in (1, 2)] == states


# ---------------------------------------------------------------- occasions without a job


def test_a_case_is_known_when_it_is_opened():
    """A case is entered as it happens, so what follows it was known in time; after a late limit a person decides."""
    step = factories.step("apology", occasion=OccasionKind.CASE_OPENED, delay=days(0), late=days(3))
    known = dossier(cases=(case(date(2026, 2, 2)),), jobs=())
    assert one(step, known, key="kcasexxxxx.apology.1").state is State.REVIEW


def test_an_anniversary_of_a_client_we_did_not_know_then_is_history():
    """Imported today, a client of three years: last week's anniversary is not made up for."""
    first = date(2023, 2, 13)
    jobs = (job(completed_on=first),)
    new = dossier(client=client(created_on=TODAY), jobs=jobs)
    key = f"{ADA}.anniversary.3"
    assert one(replace(ANNIVERSARY, late=days(10)), new, key=key).reasons[-1].code == "history"
    old = dossier(client=client(created_on=TODAY), jobs=())
    old = replace(old, summary=replace(old.summary, first_job_on=first))
    assert one(replace(ANNIVERSARY, late=days(10)), old, key=key).reasons[-1].code == "history"


def test_the_silence_of_a_client_whose_last_job_is_not_at_hand_is_known_since_the_client_is():
    """The summary alone is enough to plan by."""
    known = dossier(jobs=())
    known = replace(known, summary=replace(known.summary, last_job_on=date(2020, 1, 6), last_job_id="jgonexxxxx"))
    assert one(WIN_BACK, known, key="jgonexxxxx.win-back.1").state is State.EXPIRED


@pytest.mark.parametrize(
    ("completed_on", "due_on"),
    [
        (date(2006, 1, 31), [date(2026, 3, 2), date(2026, 3, 31)]),
        (date(2006, 1, 1), [date(2026, 3, 2), date(2026, 4, 1)]),
    ],
)
def test_the_last_past_occurrence_is_found_however_the_months_fall(completed_on, due_on):
    """Monthly from a short month on: the guess by the first distance is put right."""
    step = replace(THANKS, delay=Delay(1, "month"), every=Delay(1, "month"), times=None, late=days(3))
    known = dossier(jobs=(job(completed_on=completed_on, created_on=completed_on),))
    found = decide(step, known, today=date(2026, 3, 6))
    assert [each.due_on for each in sorted(found.values(), key=lambda each: each.occurrence)] == due_on


@pytest.mark.parametrize("late", [None, days(14)])
def test_a_step_without_a_limit_is_looked_for_however_old_its_job_is(late):
    """Leaving out what is over leaves out nothing that may still go."""
    step = replace(THANKS, late=late)
    rules = factories.rules(step)
    found = plan.decide([dossier()], rules, today=date(2029, 3, 1), complete=False)
    assert [each.state for each in found] == ([State.DUE] if late is None else [])
    both = factories.rules(step, SERVICE, services=SERVICES)
    assert len(plan.decide([dossier()], both, today=date(2027, 2, 1), complete=False)) == (2 if late is None else 1)
    forever = replace(SERVICE, late=None)
    everything = plan.decide(
        [dossier()], factories.rules(step, forever, services=SERVICES), today=TODAY, complete=False
    )
    assert len(everything) == 2
