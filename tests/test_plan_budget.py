"""Who goes first when a household may hear from us only so often, and several jobs that are said once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from followup import plan
from followup.model import AttemptState, Channel, Direction, InstructionKind, OccasionKind, Outcome, State
from tests import factories
from tests.planning import (
    ADA,
    ASK,
    ASK_KEY,
    CALL,
    CALL_KEY,
    JOB,
    KEY,
    THANKS,
    TODAY,
    case,
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

FIRST = replace(THANKS, priority=80)
SECOND = factories.step("check-in-mail", priority=60)
THIRD = factories.step("news", priority=10)


# ---------------------------------------------------------------- one message in seven days


def test_of_three_messages_the_most_important_goes_and_the_others_have_their_day():
    """By priority, a week apart, each with a named day."""
    found = decide((THIRD, SECOND, FIRST))
    assert {each.step: (each.state, each.act_on) for each in found.values()} == {
        "thank-you": (State.DUE, TODAY),
        "check-in-mail": (State.HELD, date(2026, 3, 9)),
        "news": (State.HELD, date(2026, 3, 16)),
    }
    held = found[f"{JOB}.check-in-mail.1"]
    assert held.until == date(2026, 3, 9)
    assert (
        f"held until Mon 9 March 2026: {KEY} goes first, Mon 2 March 2026, at most one message to a household in 7 days"
        in said(held)
    )


def test_of_equal_priority_the_older_goes_first():
    """Then age, then key."""
    older = replace(SECOND, priority=80, delay=days(0))
    found = decide((FIRST, older))
    assert found[f"{JOB}.check-in-mail.1"].state is State.DUE
    assert found[KEY].state is State.HELD
    assert decide((FIRST, replace(SECOND, priority=80)))[f"{JOB}.check-in-mail.1"].state is State.DUE


@pytest.mark.parametrize(
    ("facts", "held"),
    [
        ({"contacts": (sent(date(2026, 2, 24)),)}, True),
        ({"contacts": (sent(date(2026, 2, 23)),)}, False),
        ({"contacts": (sent(TODAY, channel=Channel.TEXT),)}, True),
        ({"contacts": (sent(TODAY, channel=Channel.LETTER),)}, True),
        ({"contacts": (sent(TODAY, channel=Channel.CARD),)}, True),
        ({"contacts": (sent(TODAY, channel=Channel.CALL),)}, False),
        ({"contacts": (sent(TODAY, channel=Channel.VISIT),)}, False),
        ({"contacts": (sent(TODAY, direction=Direction.IN),)}, False),
        ({"attempts": (tried(AttemptState.DRAFTED, key="jotherxxxx.news.1"),)}, True),
        ({"attempts": (tried(AttemptState.UNKNOWN, key="jotherxxxx.news.1"),)}, True),
        ({"attempts": (tried(AttemptState.SENT, key="jotherxxxx.news.1"),)}, True),
        ({"attempts": (tried(AttemptState.CANCELLED, key="jotherxxxx.news.1"),)}, False),
        ({"attempts": (tried(AttemptState.TEMPORARY, key="jotherxxxx.news.1"),)}, False),
        ({"attempts": (tried(AttemptState.PERMANENT, key="jotherxxxx.news.1"),)}, False),
    ],
)
def test_what_counts_against_the_budget(facts, held):
    """Messages out, drafted or perhaps sent; not calls, visits, answers, nor what did not go out."""
    assert (one(THANKS, dossier(**facts)).state is State.HELD) is held


def test_a_confirmed_draft_counts_once_on_the_day_it_went_out():
    """The contact of an attempt is the attempt."""
    key = "jotherxxxx.news.1"
    attempt = tried(AttemptState.SENT, on=date(2026, 2, 27), key=key)
    contact = sent(date(2026, 2, 23), key=key, attempt_id=attempt.id)
    assert one(THANKS, dossier(attempts=(attempt,), contacts=(contact,))).state is State.DUE


def test_a_draft_is_called_a_draft():
    """The reason does not claim that a draft went out."""
    decision = one(THANKS, dossier(attempts=(tried(AttemptState.DRAFTED, key="jotherxxxx.news.1"),)))
    assert "a message (news) was drafted on Mon 2 March 2026, at most one for a household in 7 days" in said(decision)


@pytest.mark.parametrize(
    ("state", "came"),
    [
        (AttemptState.CLAIMED, "was taken in hand"),
        (AttemptState.HANDING_OVER, "was handed over"),
        (AttemptState.UNKNOWN, "was handed over"),
    ],
)
def test_what_goes_by_a_mail_server_is_not_called_a_draft(state: AttemptState, came: str):
    """Nor does the reason claim that it went out, which nobody knows."""
    decision = one(THANKS, dossier(attempts=(tried(state, key="jotherxxxx.news.1"),)))
    assert f"a message (news) {came} on Mon 2 March 2026, at most one" in said(decision)


def test_calls_wait_for_no_budget():
    """A message of today does not stop a call."""
    known = dossier(contacts=(sent(date(2026, 3, 6)),))
    assert one(CALL, known, key=CALL_KEY, today=date(2026, 3, 6)).state is State.DUE


def test_messages_about_a_case_wait_for_no_budget():
    """Silence about a case is worse than one message more; what they used others wait for."""
    step = factories.step("apology", occasion=OccasionKind.CASE_OPENED, delay=days(0), priority=90)
    known = dossier(cases=(case(TODAY),), contacts=(sent(TODAY),))
    found = decide((step, THANKS), known)
    assert found["kcasexxxxx.apology.1"].state is State.DUE
    assert found[KEY].state is State.HELD
    fresh = decide((step, THANKS), dossier(cases=(case(TODAY),)))
    assert (fresh["kcasexxxxx.apology.1"].state, fresh[KEY].until) == (State.DUE, date(2026, 3, 9))


def test_a_household_shares_one_budget():
    """Two clients at one address: one message a week between them."""
    tom = factories.client(id="ctomhallxx", full_name="Tom Hall", first_name="Tom", emails=("tom@example.com",))
    his = factories.dossier(tom, jobs=(factories.job(id="jtomxxxxxx", client_id=tom.id),))
    found = decide(THANKS, group=(his,))
    assert sorted((each.client_id, each.state) for each in found.values()) == [(ADA, State.DUE), (tom.id, State.HELD)]
    written = replace(his, jobs=(), contacts=(factories.contact(client_id=tom.id, on=TODAY),))
    assert one(THANKS, group=(written,)).state is State.HELD


def test_a_released_touchpoint_still_waits_for_the_budget():
    """Released after the limit, with a message of yesterday: the budget holds, and says why."""
    known = dossier(
        contacts=(sent(date(2026, 5, 4)),),
        instructions=(told(InstructionKind.RELEASE, on=date(2026, 5, 4)),),
    )
    decision = one(replace(THANKS, late=days(14)), known, today=date(2026, 5, 5))
    assert (decision.state, decision.until) == (State.HELD, date(2026, 5, 11))
    assert "held until Mon 11 May 2026: a message (email) went out on Mon 4 May 2026" in said(decision)


def test_the_days_of_the_budget_are_the_firms_to_say():
    """One message in three days, where the settings say so."""
    found = decide((FIRST, SECOND), messages_days=3)
    assert found[f"{JOB}.check-in-mail.1"].until == date(2026, 3, 5)


# ---------------------------------------------------------------- one ask in thirty days


OTHER_ASK = factories.step("praise-ask", delay=days(10), ask=True, priority=10)
FIRST_ASK = replace(OTHER_ASK, priority=90)
OTHER_KEY = f"{JOB}.praise-ask.1"


def test_one_ask_in_thirty_days():
    """The second ask waits for thirty days, not for seven."""
    found = decide((replace(ASK, priority=60), OTHER_ASK), today=date(2026, 3, 9))
    assert found[ASK_KEY].state is State.DUE
    assert found[f"{JOB}.praise-ask.1"].until == date(2026, 4, 8)
    assert "at most one ask of a household in 30 days" in said(found[f"{JOB}.praise-ask.1"])


def test_an_ask_of_before_holds_the_next():
    """Whatever was asked on whatever job."""
    known = dossier(contacts=(sent(date(2026, 2, 16), key="jotherxxxx.feedback-ask.1"),))
    decision = one((ASK, FIRST_ASK), known, key=f"{JOB}.praise-ask.1", today=date(2026, 3, 9))
    assert decision.until == date(2026, 3, 18)
    assert "an ask (feedback-ask) went out on Mon 16 February 2026, at most one for a household in 30 days" in said(
        decision
    )


def test_a_reminder_begins_no_new_thirty_days():
    """The reminder is the ask of the week before."""
    step = replace(ASK, reminder=days(7))
    contacts = (
        sent(date(2026, 2, 2), key="jotherxxxx.feedback-ask.1"),
        sent(date(2026, 2, 9), key="jotherxxxx.feedback-ask.2"),
    )
    found = decide((step, FIRST_ASK), dossier(contacts=contacts), today=date(2026, 3, 9))
    assert found[OTHER_KEY].state is State.DUE


def test_happy_and_unhappy_clients_are_asked_alike():
    """The day of an ask for feedback does not depend on how the job went."""
    days_asked = set()
    for outcome in (Outcome.HAPPY, Outcome.UNHAPPY, None):
        known = dossier()
        summary = replace(known.summary, last_outcome=outcome, last_outcome_on=TODAY if outcome else None)
        known = replace(known, summary=summary, cases=(case(date(2026, 3, 3), date(2026, 3, 10)),))
        decision = one(ASK, known, key=ASK_KEY, today=date(2026, 3, 20))
        days_asked.add((decision.state, decision.due_on, decision.act_on))
    assert days_asked == {(State.DUE, date(2026, 3, 20), date(2026, 3, 20))}


# ---------------------------------------------------------------- several jobs, said once


WEEK = replace(THANKS, covers=days(7))


def jobs(*completed: tuple[str, date]):
    return tuple(job(id=name, completed_on=on, created_on=on) for name, on in completed)


def thanks(name: str) -> str:
    return f"{name}.thank-you.1"


def test_several_jobs_within_a_week_are_thanked_for_once():
    """The earliest speaks for all of them; the others are covered and say by which."""
    known = dossier(
        jobs=jobs(
            ("jaaaaaaaaa", date(2026, 2, 23)), ("jbbbbbbbbb", date(2026, 2, 25)), ("jccccccccc", date(2026, 3, 2))
        )
    )
    found = decide(WEEK, known)
    assert found[thanks("jaaaaaaaaa")].job_ids == ("jaaaaaaaaa", "jbbbbbbbbb", "jccccccccc")
    assert found[thanks("jaaaaaaaaa")].state is State.DUE
    for name in ("jbbbbbbbbb", "jccccccccc"):
        assert (found[thanks(name)].state, found[thanks(name)].covered_by) == (State.COVERED, thanks("jaaaaaaaaa"))


def test_a_job_after_the_week_speaks_for_itself():
    """The window is counted from the leading job, not from job to job."""
    known = dossier(
        jobs=jobs(
            ("jaaaaaaaaa", date(2026, 2, 16)), ("jbbbbbbbbb", date(2026, 2, 20)), ("jccccccccc", date(2026, 2, 25))
        )
    )
    found = decide(WEEK, known)
    assert [each.job_ids for each in found.values() if each.state is not State.COVERED] == [
        ("jaaaaaaaaa", "jbbbbbbbbb"),
        ("jccccccccc",),
    ]


def test_a_job_whose_conditions_failed_is_neither_lead_nor_covered():
    """Only jobs that would have been thanked for themselves are said together."""
    known = dossier(jobs=(job(id="jaaaaaaaaa", completed_on=date(2026, 2, 26), amount_minor=1), job()))
    step = replace(WEEK, when=replace(WEEK.when, min_amount="10"))
    found = decide(step, known)
    assert (found[thanks("jaaaaaaaaa")].state, found[KEY].job_ids) == (State.SKIPPED, (JOB,))


@pytest.mark.parametrize("how", ["contact", "drafted", "tried"])
def test_what_was_said_already_speaks_for_the_jobs_around_it(how):
    """A later import of an earlier job does not thank again."""
    key = thanks("jbbbbbbbbb")
    facts = {
        "contact": {"contacts": (sent(TODAY, key=key),)},
        "drafted": {"attempts": (tried(AttemptState.DRAFTED, key=key),)},
        "tried": {"contacts": (sent(TODAY, key=key, channel=Channel.CALL, outcome=Outcome.VOICEMAIL),)},
    }[how]
    known = dossier(
        jobs=jobs(
            ("jaaaaaaaaa", date(2026, 2, 23)), ("jbbbbbbbbb", date(2026, 2, 27)), ("jccccccccc", date(2026, 3, 4))
        ),
        **facts,
    )
    found = decide(WEEK, known, today=date(2026, 3, 5))
    assert found[thanks("jaaaaaaaaa")].covered_by == found[thanks("jccccccccc")].covered_by == key


def test_a_draft_speaks_for_the_jobs_it_names():
    """What is written in the message is said, however far apart the jobs are."""
    key = thanks("jbbbbbbbbb")
    attempt = tried(AttemptState.DRAFTED, key=key, job_ids=("jbbbbbbbbb", "jaaaaaaaaa"))
    known = dossier(jobs=jobs(("jaaaaaaaaa", date(2026, 2, 9)), ("jbbbbbbbbb", date(2026, 2, 27))), attempts=(attempt,))
    assert decide(WEEK, known)[thanks("jaaaaaaaaa")].covered_by == key


def test_a_job_that_is_too_late_does_not_silence_a_fresh_one():
    """Of two jobs within a week of which one is history, the fresh one leads."""
    late = replace(WEEK, late=days(3))
    old, new = job(id="jaaaaaaaaa", completed_on=date(2026, 2, 23), created_on=TODAY), job()
    found = decide(late, dossier(jobs=(old, new)))
    assert (found[KEY].state, found[KEY].job_ids) == (State.DUE, (JOB, "jaaaaaaaaa"))
    assert found[thanks("jaaaaaaaaa")].state is State.COVERED


def test_skipping_covers_the_jobs_known_then_and_no_later_one():
    """Skipped is skipped for the jobs it spoke of; a job done since is thanked for."""
    skip = told(InstructionKind.SKIP, key=thanks("jaaaaaaaaa"), on=date(2026, 2, 26))
    known = dossier(
        jobs=jobs(
            ("jaaaaaaaaa", date(2026, 2, 23)), ("jbbbbbbbbb", date(2026, 2, 25)), ("jccccccccc", date(2026, 2, 27))
        ),
        instructions=(skip,),
    )
    found = decide(WEEK, known)
    assert [found[thanks(name)].state for name in ("jaaaaaaaaa", "jbbbbbbbbb", "jccccccccc")] == [
        State.SKIPPED,
        State.COVERED,
        State.DUE,
    ]


def test_what_follows_a_covered_touchpoint_counts_from_its_own_job():
    """A step after one that was said by another counts otherwise; the reminder belongs to the one that went out."""
    ask = replace(ASK, covers=days(7), reminder=days(7))
    after = factories.step("news", after_step="feedback-ask", delay=days(3), otherwise=days(20))
    known = dossier(jobs=jobs(("jaaaaaaaaa", date(2026, 2, 23)), ("jbbbbbbbbb", date(2026, 2, 25))))
    found = decide((ask, after), known)
    assert found["jaaaaaaaaa.feedback-ask.2"].job_ids == ("jaaaaaaaaa", "jbbbbbbbbb")
    assert "jbbbbbbbbb.feedback-ask.2" not in found
    assert found["jbbbbbbbbb.news.1"].due_on == date(2026, 3, 17)


# ---------------------------------------------------------------- order


def test_what_a_person_must_settle_comes_first():
    """Unconfirmed, then what failed or waits for a word, then due by priority, then what comes by day."""
    known = dossier(
        attempts=(
            tried(AttemptState.DRAFTED, key=f"{JOB}.a.1"),
            tried(AttemptState.PERMANENT, key=f"{JOB}.b.1"),
        )
    )
    steps = (
        factories.step("f", delay=days(200)),
        factories.step("e", delay=days(100)),
        factories.step("c", channels=(Channel.CALL,), priority=1),
        factories.step("d", channels=(Channel.CALL,), priority=2),
        factories.step("b"),
        factories.step("a"),
        factories.step("g", enabled=False),
    )
    rules = factories.rules(*steps)
    found = plan.decide([known], rules, today=TODAY)
    assert [each.step for each in found] == ["a", "b", "d", "c", "e", "f", "g"]
    assert found == sorted(found, key=plan.urgency)


def test_the_codes_of_a_held_touchpoint_say_what_holds_it():
    """Codes are stable, for machines."""
    found = decide((FIRST, SECOND))
    assert codes(found[f"{JOB}.check-in-mail.1"]) == ["rule", "message-budget"]
