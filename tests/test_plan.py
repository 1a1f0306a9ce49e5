"""What the planner says of each touchpoint, and why: one test a rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from followup import plan, settings, workdays
from followup.model import (
    AttemptState,
    Channel,
    Conditions,
    Consent,
    Delay,
    InstructionKind,
    JobStatus,
    OccasionKind,
    Outcome,
    Purpose,
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
    KEY,
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

# ---------------------------------------------------------------- days


def test_a_thank_you_is_due_one_business_day_after_the_job():
    """Completed on Friday, thanked for on Monday."""
    decision = one(THANKS)
    assert (decision.state, decision.due_on, decision.act_on) == (State.DUE, TODAY, TODAY)
    assert (decision.channel, decision.address) == (Channel.EMAIL, "ada@example.com")
    assert said(decision) == ("1 business day after the job was completed on Fri 27 February 2026: Mon 2 March 2026")
    assert (decision.client_id, decision.cadence, decision.occurrence) == (ADA, "after-job", 1)
    assert decision.job_ids == (JOB,)


def test_before_its_day_it_is_upcoming():
    """On the day of the job nothing is due."""
    decision = one(THANKS, today=date(2026, 2, 27))
    assert (decision.state, decision.act_on) == (State.UPCOMING, TODAY)


@pytest.mark.parametrize(
    ("delay", "due_on"),
    [
        (days(0), date(2026, 3, 2)),  # Friday 27 February is the firm's closing day here
        (days(1), date(2026, 3, 2)),  # Saturday moves to Monday
        (days(5), date(2026, 3, 4)),
        (Delay(2, "week"), date(2026, 3, 13)),
        (Delay(1, "month"), date(2026, 3, 27)),
        (Delay(3, "business day"), date(2026, 3, 4)),
        (Delay(3, "day", before=True), date(2026, 2, 24)),
    ],
)
def test_a_day_that_is_closed_moves_to_the_next_business_day(delay, due_on):
    """Weekends and closing days move what is due on them, whatever the channel."""
    calendar = workdays.Calendar(country="GB", closing_days=((date(2026, 2, 27), date(2026, 2, 27)),))
    assert one(factories.step(delay=delay), calendar=calendar).due_on == due_on


def test_an_email_waits_while_the_firm_is_closed():
    """On a Sunday, e-mail that is due is held until Monday; a call can be made."""
    sunday = date(2026, 3, 8)
    found = decide((THANKS, CALL), today=sunday)
    assert (found[KEY].state, found[KEY].until) == (State.HELD, date(2026, 3, 9))
    assert "held until Mon 9 March 2026: the firm is closed today (Sunday)" in said(found[KEY])
    assert found[CALL_KEY].state is State.DUE


def test_a_firm_that_sends_on_any_day_sends_on_sunday():
    """Whether e-mail waits for a business day is a setting."""
    assert one(THANKS, today=date(2026, 3, 8), send_days="any").state is State.DUE


def test_the_horizon_names_days_of_what_comes():
    """Within the horizon the budget is shared out; beyond it a touchpoint is upcoming on its own day."""
    found = decide((THANKS, ASK), today=date(2026, 3, 1), horizon=date(2026, 3, 5))
    assert (found[KEY].act_on, found[KEY].state) == (TODAY, State.HELD if found[KEY].due_on < TODAY else State.UPCOMING)
    assert (found[ASK_KEY].state, found[ASK_KEY].act_on) == (State.UPCOMING, date(2026, 3, 9))


# ---------------------------------------------------------------- history


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (AttemptState.DRAFTED, "drafted"),
        (AttemptState.CLAIMED, "handing-over"),
        (AttemptState.HANDING_OVER, "handing-over"),
        (AttemptState.UNKNOWN, "unknown"),
    ],
)
def test_what_may_have_gone_out_is_unconfirmed(state, code):
    """Nothing goes out twice: until somebody says what became of it, it is not due."""
    attempt = tried(state, job_ids=(JOB, "jotherxxxx"))
    decision = one(THANKS, dossier(attempts=(attempt,)))
    assert decision.state is State.UNCONFIRMED
    assert decision.job_ids == (JOB, "jotherxxxx")
    assert codes(decision) == [code]


def test_the_words_for_a_hand_over_without_an_end_say_what_is_known():
    """A run that has it in hand is no question yet; a line that was lost is one, with what the server said last."""
    claimed = one(THANKS, dossier(attempts=(tried(AttemptState.CLAIMED),)))
    assert said(claimed) == (
        "a run has it in hand since Mon 2 March 2026; if that run is gone, the next one settles what became of it"
    )
    lost = one(THANKS, dossier(attempts=(tried(AttemptState.UNKNOWN, server_said="354 go ahead"),)))
    assert said(lost) == (
        "handed over on Mon 2 March 2026, and nobody knows whether it arrived (the server's last words: 354 go ahead): "
        "did it go out? `followup confirm`"
    )


def test_what_was_sent_is_done():
    """A sent attempt is done, with the day."""
    decision = one(THANKS, dossier(attempts=(tried(AttemptState.SENT),)))
    assert (decision.state, said(decision)) == (State.DONE, "sent on Mon 2 March 2026")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"channel": Channel.EMAIL}, "done on Mon 2 March 2026 (email)"),
        ({"channel": Channel.CALL, "outcome": Outcome.HAPPY}, "done on Mon 2 March 2026 (call, happy)"),
    ],
)
def test_a_contact_that_stands_for_it_makes_it_done(fields, text):
    """What was logged for a touchpoint counts as that touchpoint, on any channel."""
    decision = one(THANKS, dossier(contacts=(sent(TODAY, key=KEY, **fields),)))
    assert (decision.state, decision.channel, said(decision)) == (State.DONE, fields["channel"], text)


def test_a_draft_that_did_not_go_out_is_due_again():
    """`confirm --not-sent` gives the touchpoint back, and the days it lay as a draft do not make it late."""
    step = replace(THANKS, late=days(3))
    settled_at = datetime.combine(TODAY + 9 * DAY, factories.NOW.timetz())
    attempt = tried(AttemptState.CANCELLED, settled_at=settled_at, file_name="ada.eml")
    decision = one(step, dossier(attempts=(attempt,)), today=TODAY + 9 * DAY)
    assert decision.state is State.DUE
    assert "drafted on Mon 2 March 2026 and not sent" in said(decision)


def test_a_cancelled_draft_without_a_day_of_settling_counts_from_its_own():
    """An attempt that says only when it was made frees the touchpoint on that day."""
    cancelled = tried(AttemptState.CANCELLED, file_name="ada.eml")
    assert one(THANKS, dossier(attempts=(cancelled,))).state is State.DUE


def test_an_unknown_that_did_not_go_out_is_due_again_from_that_day():
    """`confirm --not-sent` of a hand-over without an end: the owner's answer took its time, and nothing is late."""
    settled_at = datetime.combine(TODAY + 9 * DAY, factories.NOW.timetz())
    attempt = tried(AttemptState.CANCELLED, settled_at=settled_at, handed_over_at=factories.NOW)
    decision = one(replace(THANKS, late=days(3)), dossier(attempts=(attempt,)), today=TODAY + 9 * DAY)
    assert decision.state is State.DUE
    assert "handed over on Mon 2 March 2026 and not sent" in said(decision)


def test_what_a_run_claimed_and_gave_back_is_as_if_it_had_not():
    """A run that was killed before the hand-over moves no day and says nothing."""
    attempt = tried(AttemptState.CANCELLED, on=TODAY + DAY, server_said="the run ended before it was handed over")
    touched = one(replace(THANKS, late=days(3)), dossier(attempts=(attempt,)), today=TODAY + DAY)
    assert touched == one(replace(THANKS, late=days(3)), today=TODAY + DAY)
    assert one(replace(THANKS, late=days(3)), dossier(attempts=(attempt,)), today=TODAY + 5 * DAY).state is State.REVIEW


# ---------------------------------------------------------------- what a server said


def put_off(count: int, *, on: date = TODAY, **fields):
    """Return *count* tries of one day that a server put off."""
    at = datetime.combine(on, factories.NOW.timetz())
    return tuple(
        tried(AttemptState.TEMPORARY, on=on, id=f"aput{number}xxxxx", settled_at=at, **fields)
        for number in range(1, count + 1)
    )


def test_a_temporary_refusal_is_tried_again_by_itself():
    """The server said later: the same touchpoint, on the same day; the run knows the hour."""
    decision = one(THANKS, dossier(attempts=put_off(1, server_said="451 busy")))
    assert (decision.state, decision.until, decision.act_on) == (State.RETRY, None, TODAY)
    assert "refused for now on Mon 2 March 2026 (451 busy); tried again by itself" in said(decision)


def test_the_last_try_is_a_day_later_and_on_a_business_day():
    """After the fifth answer it waits for a day; a Friday's waits for Monday."""
    friday = date(2026, 3, 6)
    decision = one(THANKS, dossier(attempts=put_off(5, on=friday)), today=friday)
    assert (decision.state, decision.until) == (State.RETRY, date(2026, 3, 9))
    assert one(THANKS, dossier(attempts=put_off(4, on=friday)), today=friday).act_on == friday


def test_the_sixth_temporary_answer_is_the_last():
    """A server that says later for two days is not asked for ever: a person looks at it."""
    decision = one(THANKS, dossier(attempts=put_off(6, server_said="450 busy")))
    assert (decision.state, codes(decision)[-1]) == (State.FAILED, "given-up")
    assert said(decision).endswith(
        "put off for the last time on Mon 2 March 2026 (450 busy), and not tried again by itself: mend it, then "
        f"`followup send --only {KEY}`, or `followup skip {KEY}`"
    )
    again = told(InstructionKind.RELEASE, on=TODAY, at=factories.NOW + timedelta(hours=1))
    assert one(THANKS, dossier(attempts=put_off(6), instructions=(again,))).state is State.DUE


def test_trying_again_makes_nothing_less_late():
    """Retries end where the step's lateness ends: then the owner decides, and what nobody decides expires."""
    step = replace(THANKS, late=days(3))
    known = dossier(attempts=put_off(1, on=TODAY + 3 * DAY))
    assert one(step, known, today=TODAY + 3 * DAY).state is State.RETRY
    assert one(step, known, today=TODAY + 4 * DAY).state is State.REVIEW


def test_no_email_goes_to_an_address_that_a_server_refused():
    """The client's next address takes it; else another channel of the step; else it waits for a correction."""
    two = client(emails=("Ada@old.example", "ada@new.example"), phones=("+447700900101",))
    bad = frozenset({"ada@old.example"})
    decision = one(THANKS, dossier(client=two, bad_addresses=bad))
    assert (decision.state, decision.address) == (State.DUE, "ada@new.example")
    by_text = replace(THANKS, channels=(Channel.EMAIL, Channel.TEXT))
    only = replace(two, emails=("Ada@old.example",))
    decision = one(by_text, dossier(client=only, bad_addresses=bad))
    assert (decision.state, decision.channel) == (State.DUE, Channel.TEXT)
    decision = one(THANKS, dossier(client=only, bad_addresses=bad))
    assert (decision.state, decision.channel, decision.until) == (State.HELD, Channel.EMAIL, None)
    assert (
        "a mail server refused Ada@old.example: correct it (`followup client edit`), or, if it is right, say "
        "`followup mail allow Ada@old.example`"
    ) in said(decision)
    silent = replace(only, no_channels=("email",))
    assert one(THANKS, dossier(client=silent, bad_addresses=bad)).state is State.SKIPPED


def test_a_message_whose_address_was_refused_goes_to_the_next_one():
    """No such mailbox: nothing arrived there, so that another way to the client takes it; the same way does not."""
    attempt = tried(AttemptState.PERMANENT, address="ada@old.example", server_said="550 5.1.1 no such user")
    two = client(emails=("ada@old.example", "ada@new.example"))
    bad = frozenset({"ada@old.example"})
    assert one(THANKS, dossier(client=two, bad_addresses=bad, attempts=(attempt,))).state is State.DUE
    only = client(emails=("ada@old.example",))
    failed = one(THANKS, dossier(client=only, bad_addresses=bad, attempts=(attempt,)))
    assert (failed.state, codes(failed)[-1]) == (State.FAILED, "refused")
    corrected = client(emails=("ada@right.example",))
    assert one(THANKS, dossier(client=corrected, attempts=(attempt,))).state is State.DUE
    too_big = tried(AttemptState.PERMANENT, address="ada@old.example", server_said="552 5.3.4 too big")
    assert one(THANKS, dossier(client=two, attempts=(too_big,))).state is State.FAILED


def test_a_refusal_for_good_needs_a_person():
    """A refused address is not written to again by itself; releasing it afterwards makes it due."""
    attempt = tried(AttemptState.PERMANENT, server_said="550 no such user")
    known = dossier(attempts=(attempt,))
    decision = one(THANKS, known)
    assert decision.state is State.FAILED
    assert "550 no such user" in said(decision)
    before = told(InstructionKind.RELEASE, on=TODAY - DAY)
    assert one(THANKS, replace(known, instructions=(before,))).state is State.FAILED
    after = told(InstructionKind.RELEASE, at=factories.NOW + timedelta(hours=1))
    assert one(THANKS, replace(known, instructions=(after,))).state is State.DUE
    silent = replace(known, attempts=(replace(attempt, server_said=""),))
    assert one(THANKS, silent).state is State.FAILED


def test_history_under_an_old_name_of_the_step_counts():
    """A renamed step is the same step: what went out under the old name is done, and keeps its key."""
    renamed = factories.step("thanks", was=("thank-you",))
    found = decide(renamed, dossier(attempts=(tried(AttemptState.DRAFTED),)))
    assert found[KEY].state is State.UNCONFIRMED
    assert (found[KEY].step, len(found)) == ("thanks", 1)


def test_a_draft_whose_job_is_gone_is_still_asked_about():
    """Whatever became of the fact, somebody must say whether the message went out."""
    attempt = tried(AttemptState.DRAFTED, key="jgonexxxxx.thank-you.1")
    orphan = decide(THANKS, dossier(attempts=(attempt,)))[attempt.key]
    assert orphan.state is State.UNCONFIRMED
    assert codes(orphan) == ["fact-gone", "drafted"]
    vanished = decide((), dossier(attempts=(tried(AttemptState.UNKNOWN, key=f"{JOB}.old-step.1"),)))
    assert vanished[f"{JOB}.old-step.1"].job_ids == (JOB,)
    refused = decide(THANKS, dossier(attempts=(tried(AttemptState.PERMANENT, key="jgonexxxxx.thank-you.1"),)))
    assert set(refused) == {KEY}


def test_a_draft_with_a_key_of_another_shape_harms_nothing():
    """Keys that are none cannot be touchpoints."""
    assert decide(THANKS, dossier(attempts=(tried(AttemptState.SENT, key="x.y"),)))[KEY].state is not State.DONE


# ---------------------------------------------------------------- what the owner said


def test_skipped_is_skipped():
    """The owner's word, with the reason given."""
    decision = one(THANKS, dossier(instructions=(told(InstructionKind.SKIP, reason="wrote by hand"),)))
    assert (decision.state, decision.reasons[-1].text) == (
        State.SKIPPED,
        "you said on Mon 2 March 2026 to skip it: wrote by hand",
    )


def test_done_by_hand_is_done():
    """ "I did it myself" leaves no contact, and is done all the same."""
    decision = one(THANKS, dossier(instructions=(told(InstructionKind.DONE),)))
    assert (decision.state, said(decision)) == (State.DONE, "you said on Mon 2 March 2026 that it is done")


def test_snoozed_is_held_until_the_day():
    """A touchpoint put off comes back on the day, and is not late then."""
    step = replace(THANKS, late=days(5))
    known = dossier(instructions=(told(InstructionKind.SNOOZE, until=date(2026, 3, 20)),))
    assert (one(step, known).state, one(step, known).until) == (State.HELD, date(2026, 3, 20))
    assert one(step, known, today=date(2026, 3, 20)).state is State.DUE
    assert one(step, known, today=date(2026, 3, 26)).state is State.REVIEW


def test_the_latest_word_counts_and_an_edited_text_is_none():
    """Releasing ends a snooze; editing the words afterwards changes nothing about the day."""
    snooze = told(InstructionKind.SNOOZE, on=TODAY - DAY, until=date(2026, 3, 20))
    words = told(InstructionKind.TEXT)
    assert one(THANKS, dossier(instructions=(snooze, words))).state is State.HELD
    assert one(THANKS, dossier(instructions=(snooze, told(InstructionKind.RELEASE), words))).state is State.DUE


def test_a_snoozed_client_is_let_rest_altogether():
    """Snoozing a client holds every touchpoint until the day, and releasing the client ends it."""
    snooze = told(InstructionKind.SNOOZE, key="", until=date(2026, 3, 20))
    found = decide((THANKS, CALL), dossier(instructions=(snooze,)), today=date(2026, 3, 9))
    assert {each.until for each in found.values()} == {date(2026, 3, 20)}
    assert "you let the client rest until Fri 20 March 2026" in said(found[KEY])
    release = told(InstructionKind.RELEASE, key="", on=TODAY + DAY)
    assert one(THANKS, dossier(instructions=(snooze, release)), today=TODAY + DAY).state is State.DUE


# ---------------------------------------------------------------- stop rules


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ({"consent": Consent.OPTED_OUT}, "opted-out"),
        ({"consent": Consent.OPTED_OUT, "consent_evidence": "by phone"}, "opted-out"),
        ({"erased_on": TODAY}, "erased"),
        ({"merged_into": "cother"}, "merged"),
    ],
)
def test_nothing_goes_to_a_client_who_is_out_of_reach(who, code):
    """Opt-out, erasure and merging stop everything, calls too."""
    found = decide((THANKS, CALL), dossier(client=client(**who)))
    assert {each.state for each in found.values()} == {State.SKIPPED}
    assert all(code in codes(each) for each in found.values())


def test_nothing_goes_to_a_suppressed_address():
    """Whoever is on the list of suppressions hears nothing."""
    assert "suppressed" in codes(one(THANKS, dossier(suppressed=True)))


@pytest.mark.parametrize(("status", "code"), [(JobStatus.OPEN, "job-reopened"), (JobStatus.CANCELLED, "job-cancelled")])
def test_a_job_that_is_not_completed_any_more_stops_what_follows_it(status, code):
    """Reopened or cancelled: what has not gone out stops, what is drafted is still asked about."""
    found = decide((THANKS, ASK), dossier(jobs=(job(status=status),), attempts=(tried(AttemptState.DRAFTED),)))
    assert found[KEY].state is State.UNCONFIRMED
    assert (found[ASK_KEY].state, found[ASK_KEY].reasons[-1].code) == (State.SKIPPED, code)


def test_a_step_that_is_switched_off_says_so():
    """`why` lists it; nothing goes out."""
    decision = one(replace(THANKS, enabled=False))
    assert (decision.state, decision.reasons[-1].code) == (State.SKIPPED, "switched-off")


# ---------------------------------------------------------------- cases


def test_no_ask_while_a_case_is_open():
    """Asks wait for the case, for as long as it takes; thanks do not."""
    today = date(2026, 6, 1)
    found = decide((THANKS, ASK), dossier(cases=(case(date(2026, 3, 4)),)), today=today)
    assert (found[ASK_KEY].state, found[ASK_KEY].until) == (State.HELD, None)
    early = decide((THANKS, ASK), dossier(cases=(case(date(2026, 3, 1), summary=""),)), today=date(2026, 3, 12))
    assert (early[ASK_KEY].state, early[ASK_KEY].reasons[-1].code) == (State.HELD, "case-open")
    assert early[KEY].state is State.DUE


def test_after_a_case_the_delay_counts_from_the_day_it_was_resolved():
    """Ten days after the case, alike for everybody."""
    decision = one(ASK, dossier(cases=(case(date(2026, 3, 4), date(2026, 4, 1)),)), key=ASK_KEY)
    assert (decision.state, decision.due_on) == (State.UPCOMING, date(2026, 4, 13))
    assert "a case (leak) was open from Wed 4 March 2026; counted anew from its end on Wed 1 April 2026" in said(
        decision
    )


@pytest.mark.parametrize(
    ("opened_on", "resolved_on", "due_on"),
    [
        (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 9)),  # over before the job
        (date(2026, 1, 1), date(2026, 2, 27), date(2026, 3, 9)),  # resolved on the day of the job
        (date(2026, 2, 1), date(2026, 3, 2), date(2026, 3, 12)),  # began before the job, reached into the delay
        (date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 20)),  # on the day of the ask itself
        (date(2026, 4, 1), date(2026, 4, 8), date(2026, 3, 9)),  # when the ask was too late already
    ],
)
def test_only_a_case_between_the_job_and_the_ask_counts(opened_on, resolved_on, due_on):
    """A case moves the asks it overlapped, and no others."""
    known = dossier(cases=(case(opened_on, resolved_on),))
    assert one(ASK, known, key=ASK_KEY, today=date(2026, 3, 20)).due_on == due_on


# ---------------------------------------------------------------- conditions


def when(**fields: Any):
    return factories.step(when=Conditions(**fields))


@pytest.mark.parametrize(
    ("conditions", "facts", "holds"),
    [
        ({"services": ("boiler SERVICE",)}, {}, True),
        ({"services": ("tap repair", "drains")}, {}, False),
        ({"services": ("tap repair",)}, {"service": ""}, False),
        ({"not_services": ("boiler service",)}, {}, False),
        ({"not_services": ("tap repair",)}, {}, True),
        ({"min_amount": "120"}, {}, True),
        ({"min_amount": "120.01"}, {}, False),
        ({"min_amount": "1"}, {"amount_minor": None}, False),
        ({"min_amount": "1"}, {"currency": "EUR"}, False),
        ({"below_amount": "120"}, {}, False),
        ({"below_amount": "120.01"}, {}, True),
        ({"below_amount": "1"}, {"amount_minor": None}, True),
        ({"below_amount": "1"}, {"currency": "EUR"}, True),
        ({"first_job": True}, {}, True),
        ({"first_job": False}, {}, False),
        ({"paid": True}, {}, True),
        ({"paid": True}, {"unpaid": True}, False),
        ({"paid": True}, {"paid_on": date(2026, 2, 28)}, True),
        ({"no_future_job": True}, {}, True),
    ],
)
def test_conditions_on_the_job(conditions, facts, holds):
    """Each condition holds or fails by the values of the job, and the reason shows them."""
    decision = one(when(**conditions), dossier(jobs=(job(**facts),)))
    assert decision.state is (State.DUE if holds else State.SKIPPED)
    assert len(decision.reasons) > 1


@pytest.mark.parametrize(
    ("conditions", "tags", "holds"),
    [
        ({"tags": ("VIP",)}, ("vip", "old"), True),
        ({"tags": ("vip",)}, (), False),
        ({"not_tags": ("trade",)}, ("vip",), True),
        ({"not_tags": ("trade",)}, ("Trade",), False),
        ({"tags": ("vip",), "not_tags": ("trade",)}, ("vip", "trade"), False),
    ],
)
def test_conditions_on_tags(conditions, tags, holds):
    """Tags are compared whatever their case."""
    decision = one(when(**conditions), dossier(client=client(tags=tags)))
    assert decision.state is (State.DUE if holds else State.SKIPPED)


def test_a_condition_that_failed_shows_its_values():
    """`why` tells what was asked for and what it found."""
    decision = one(when(min_amount="250"))
    assert decision.reasons[-1].text == "amount is 120.00 GBP; asked for: at least 250.00 GBP"


@pytest.mark.parametrize(
    ("outcome", "state"), [(Outcome.HAPPY, State.DUE), (Outcome.UNHAPPY, State.SKIPPED), (None, State.SKIPPED)]
)
def test_the_last_outcome_can_be_a_condition(outcome, state):
    """Referrals are asked of those who said they are happy."""
    known = dossier()
    summary = replace(known.summary, last_outcome=outcome, last_outcome_on=TODAY if outcome else None)
    assert one(when(last_outcome="happy"), replace(known, summary=summary)).state is state


def test_a_condition_that_comes_true_in_time_moves_the_day():
    """Paid a week later: ready from that day. Paid when it would have been too late: never."""
    step = factories.step(when=Conditions(paid=True), late=days(14))
    paid = dossier(jobs=(job(paid_on=date(2026, 3, 9)),))
    assert one(step, paid, today=date(2026, 3, 23)).state is State.DUE
    late = dossier(jobs=(job(paid_on=date(2026, 3, 20)),))
    decision = one(step, late, today=date(2026, 3, 20))
    assert (decision.state, decision.reasons[-1].code) == (State.SKIPPED, "held-too-late")


@pytest.mark.parametrize(
    ("first_job_on", "state"),
    [(date(2025, 6, 1), State.DUE), (date(2025, 9, 9), State.HELD), (date(2026, 2, 27), State.SKIPPED)],
)
def test_a_client_can_have_to_be_one_for_a_while(first_job_on, state):
    """Half a year, reckoned on the day it would go: soon enough is held, else it is skipped."""
    step = factories.step(when=Conditions(client_for=Delay(6, "month")), late=days(14))
    known = dossier()
    known = replace(known, summary=replace(known.summary, first_job_on=first_job_on))
    assert one(step, known).state is state


def test_a_client_of_unknown_age_is_not_old_enough():
    """Without a first job the day on which the home knew the client counts; without that, nothing does."""
    known = dossier()
    known = replace(known, summary=replace(known.summary, first_job_on=None))
    step = when(client_for=Delay(6, "month"))
    assert one(step, known).state is State.DUE
    assert one(step, replace(known, client=client(created_on=None))).state is State.SKIPPED


def test_one_of_several_conditions_is_enough():
    """Happy, or a client for half a year; the one that holds longest tells from when."""
    step = factories.step(
        when=Conditions(any_of=(Conditions(last_outcome="happy"), Conditions(client_for=Delay(6, "month")))),
        late=days(14),
    )
    known = dossier()
    old = replace(known, summary=replace(known.summary, first_job_on=date(2020, 1, 1)))
    assert one(step, old).state is State.DUE
    happy = replace(known, summary=replace(known.summary, last_outcome=Outcome.HAPPY, last_outcome_on=date(2026, 3, 3)))
    assert one(step, happy).act_on == date(2026, 3, 3)
    new = replace(known, client=client(created_on=None), summary=replace(known.summary, first_job_on=None))
    decision = one(step, new)
    assert (decision.state, decision.reasons[-1].code) == (State.SKIPPED, "any-of")
    always = factories.step(when=Conditions(any_of=(Conditions(paid=True), Conditions(last_outcome="happy"))))
    assert one(always, known).state is State.DUE


def test_conditions_on_a_job_where_there_is_none():
    """A case without a job has no amount and nothing to pay."""
    step = factories.step(
        occasion=OccasionKind.CASE_OPENED,
        delay=days(0),
        when=Conditions(paid=True, below_amount="10", no_future_job=True, not_services=("x",)),
    )
    found = decide(step, dossier(cases=(case(TODAY),), jobs=()))
    assert found["kcasexxxxx.thank-you.1"].state is State.DUE


# ---------------------------------------------------------------- channel, basis, language


@pytest.mark.parametrize(
    ("channels", "who", "channel"),
    [
        (("email", "text"), {}, "email"),
        (("email", "text"), {"emails": ()}, "text"),
        (("email", "text"), {"no_channels": ("email",)}, "text"),
        (("email", "text"), {"preferred_channel": "text"}, "text"),
        (("email", "text"), {"preferred_channel": "SMS"}, "text"),
        (("email", "text"), {"preferred_channel": "pigeon"}, "email"),
        (("email", "text"), {"preferred_channel": "text", "phones": ()}, "email"),
        (("email",), {"preferred_channel": "text"}, "text"),
        (("email",), {"preferred_channel": "call"}, "email"),
        (("email",), {"preferred_channel": "letter"}, "email"),
        (("email",), {"preferred_channel": "letter", "street": "1 Mill Lane", "city": "Leeds"}, "letter"),
        (("call",), {"preferred_channel": "text"}, "call"),
        (("email",), {"emails": ()}, None),
        (("call",), {"phones": ()}, None),
        (("letter",), {}, None),
        (("letter",), {"street": "1 Mill Lane"}, None),
        (("card",), {"street": "1 Mill Lane", "postal_code": "LS1"}, "card"),
        (("visit",), {"street": "1 Mill Lane", "city": "Leeds"}, "visit"),
        (("email", "call"), {"no_channels": ("email", "phone")}, None),
        ((), {}, None),
    ],
)
def test_the_first_channel_that_the_client_can_and_wants_to_receive(channels, who, channel):
    """Preference first, then the step's order; without any way the reason says what is missing."""
    step = factories.step(channels=tuple(map(Channel, channels)))
    decision = one(step, dossier(client=client(**who)))
    assert decision.channel == channel
    assert decision.state is (State.DUE if channel else State.SKIPPED)
    assert ("no-channel" in codes(decision)) is (channel is None)


def test_a_missing_channel_is_named():
    """The owner reads what to add."""
    step = factories.step(channels=(Channel.EMAIL, Channel.LETTER))
    decision = one(step, dossier(client=client(emails=())))
    assert decision.reasons[-1].text == "no way to reach the client: no e-mail address, no postal address"


MARKETING = factories.step(purpose=Purpose.MARKETING)


@pytest.mark.parametrize(
    ("who", "basis", "state", "words"),
    [
        ({"consent": Consent.OPTED_IN}, "opt-in", State.DUE, "the client opted in"),
        ({"consent": Consent.OPTED_IN, "consent_evidence": "form"}, "opt-in", State.DUE, "opted in (form)"),
        ({}, "completed-job", State.DUE, "a job was completed on Fri 27 February 2026 and the client has not objected"),
        ({}, "opt-in", State.SKIPPED, "the settings do not take a completed job as one (marketing.basis)"),
    ],
)
def test_marketing_needs_a_basis(who, basis, state, words):
    """Consent, or a completed job where the settings say so; the reason names it or what is missing."""
    decision = one(MARKETING, dossier(client=client(**who)), basis=basis)
    assert decision.state is state
    assert words in said(decision)


def test_without_a_completed_job_there_is_no_basis():
    """An open case of somebody who never was a client is no ground for advertising."""
    step = replace(MARKETING, occasion=OccasionKind.CASE_OPENED, delay=days(0))
    found = decide(step, dossier(cases=(case(TODAY),), jobs=()), basis="completed-job")
    assert "no job is completed yet" in said(found["kcasexxxxx.thank-you.1"])


def test_marketing_needs_the_firms_postal_address():
    """Held until it is in the settings; a call needs none."""
    fields = {"basis": "completed-job", "has_postal_address": False}
    decision = one(MARKETING, **fields)
    assert (decision.state, decision.until, decision.act_on) == (State.HELD, None, None)
    assert "business.address" in said(decision)
    assert one(replace(MARKETING, channels=(Channel.CALL,)), **fields).state is State.DUE
    assert one(MARKETING, today=TODAY - 2 * DAY, **fields).state is State.UPCOMING


@pytest.mark.parametrize(
    ("language", "languages", "home", "code"),
    [
        ("", {"en"}, "en", ""),
        ("en", {"en"}, "en", ""),
        ("EN-gb", {"en"}, "de", ""),
        ("fr", {"en"}, "en", "no-template-language"),
        ("fr", {""}, "en", "no-template-language"),
        ("", {""}, "de", ""),
        ("", {"en"}, "nl", "no-template-language"),
        ("", set(), "en", "no-template"),
    ],
)
def test_nobody_is_written_to_in_the_wrong_language(language, languages, home, code):
    """A known language without a template is held, and the reason says what there is."""
    decision = one(
        THANKS,
        dossier(client=client(language=language)),
        templates={"thank-you": frozenset(languages)},
        language=home,
    )
    assert decision.state is (State.HELD if code else State.DUE)
    assert (code in codes(decision)) is bool(code)


def test_a_call_needs_no_template():
    """The owner can speak without a script."""
    assert one(CALL, templates={}, key=CALL_KEY, today=TODAY + 4 * DAY).state is State.DUE


def test_a_job_done_again_fails_the_condition_that_there_is_none():
    """`no_future_job` looks at later jobs of the same service on any occasion."""
    later = job(id="jlaterxxxx", completed_on=TODAY, service="Boiler service")
    decision = one(when(no_future_job=True), dossier(jobs=(job(), later)))
    assert (decision.state, decision.reasons[-1].code) == (State.SKIPPED, "done-again")


# ---------------------------------------------------------------- rules from settings


def test_rules_are_made_from_settings():
    """What the owner wrote is what the planner goes by."""
    text = """
    [business]
    name = "Hall Heating"
    address = "1 Mill Lane\\nLeeds"
    country = "JP"
    currency = "JPY"
    [marketing]
    basis = "completed-job"
    [budget]
    messages_days = 5
    """
    rules = plan.rules(
        settings.parse(text, where="followup.toml"), calendar=workdays.Calendar(), templates={"x": frozenset({"en"})}
    )
    assert (rules.basis, rules.has_postal_address, rules.messages_days, rules.minor_digits) == (
        "completed-job",
        True,
        5,
        0,
    )
    known = rules.step("thank-you")
    assert known is not None
    assert known.name == "thank-you"
    assert rules.step("no-such-step") is None


def test_the_memory_of_dates_does_not_grow_without_end(monkeypatch):
    """A home with millions of jobs keeps a bounded number of answers, and they stay right."""
    monkeypatch.setattr("followup.plan.rulebook._MEMORY", 2)
    dates = factories.rules().dates
    answers = [dates.open_day(date(2026, 3, day)) for day in range(1, 9)]
    assert answers == [dates.open_day(date(2026, 3, day)) for day in range(1, 9)]
