"""What holds of the planner whatever the facts are."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from followup import pace, plan, workdays
from followup.model import (
    HOLDING_STATES,
    MESSAGE_CHANNELS,
    AttemptState,
    Case,
    Channel,
    Conditions,
    Consent,
    Decision,
    Delay,
    Direction,
    Dossier,
    JobStatus,
    OccasionKind,
    Outcome,
    Purpose,
    Service,
    State,
)
from tests import factories

TODAY = factories.TODAY
DAY = timedelta(days=1)


def days(number: int) -> Delay:
    return Delay(number, "day")


# The shipped cadences in miniature: each kind of rule is in here.
STEPS = (
    factories.step("thank-you", late=days(14), covers=days(7), priority=80),
    factories.step(
        "check-in-call",
        delay=days(7),
        channels=(Channel.CALL,),
        late=days(14),
        covers=days(7),
        priority=70,
        when=Conditions(min_amount="100"),
    ),
    factories.step("check-in-mail", delay=days(7), late=days(14), covers=days(7), when=Conditions(below_amount="100")),
    factories.step(
        "feedback-ask",
        delay=days(10),
        channels=(Channel.EMAIL, Channel.TEXT),
        purpose=Purpose.MARKETING,
        ask=True,
        late=days(21),
        covers=days(7),
        again_after=days(180),
        reminder=days(7),
        reminder_template="feedback-reminder",
    ),
    factories.step(
        "referral-ask",
        after_step="feedback-ask",
        delay=days(30),
        otherwise=days(40),
        ask=True,
        late=days(30),
        again_after=days(365),
        priority=40,
        when=Conditions(paid=True, any_of=(Conditions(last_outcome="happy"), Conditions(client_for=Delay(6, "month")))),
    ),
    factories.step(
        "anniversary",
        occasion=OccasionKind.FIRST_JOB,
        delay=Delay(12, "month"),
        every=Delay(12, "month"),
        times=None,
        late=days(14),
        priority=20,
    ),
    factories.step(
        "service-reminder", occasion=OccasionKind.SERVICE_INTERVAL, delay=days(0), by_lead=True, late=days(30)
    ),
    factories.step(
        "win-back",
        occasion=OccasionKind.CLIENT_QUIET,
        delay=days(0),
        every=days(60),
        times=2,
        again_after=days(60),
        late=days(30),
        priority=30,
    ),
)
CALENDAR = workdays.Calendar(
    country="GB",
    closing_days=((date(2026, 4, 6), date(2026, 4, 17)),),
    holidays={date(2026, 12, 25): "Christmas Day"},
)
RULES = factories.rules(
    *STEPS,
    calendar=CALENDAR,
    basis="completed-job",
    services={"boiler service": Service(name="Boiler service", interval=Delay(6, "month"), lead=days(14))},
)


# ---------------------------------------------------------------- facts of all kinds


def days_before(least: int, most: int) -> st.SearchStrategy[date]:
    return st.integers(least, most).map(lambda number: TODAY - number * DAY)


@st.composite
def jobs(draw, client_id: str, number: int):
    completed_on = draw(days_before(0, 500))
    return factories.job(
        id=f"{client_id}j{number}",
        client_id=client_id,
        completed_on=completed_on,
        created_on=min(completed_on + draw(st.integers(0, 40)) * DAY, TODAY),
        service=draw(st.sampled_from(["Boiler service", "Tap repair", ""])),
        amount_minor=draw(st.sampled_from([None, 5000, 25000])),
        unpaid=draw(st.booleans()),
        status=draw(st.sampled_from([JobStatus.COMPLETED] * 5 + [JobStatus.OPEN, JobStatus.CANCELLED])),
    )


@st.composite
def contacts(draw, client_id: str, keys: Sequence[str]):
    on = draw(days_before(0, 120))
    key = draw(st.sampled_from([*keys, *[""] * 3])) if keys else ""
    return factories.contact(
        client_id=client_id,
        on=on,
        at=datetime.combine(on, factories.NOW.timetz()),
        channel=draw(st.sampled_from([Channel.EMAIL, Channel.CALL, Channel.TEXT])),
        direction=Direction.OUT if key else draw(st.sampled_from(list(Direction))),
        key=key,
        step=key.split(".")[1] if key else "",
        outcome=draw(st.sampled_from([None, Outcome.HAPPY, Outcome.VOICEMAIL])),
    )


@st.composite
def dossiers(draw, client_id: str = "cada") -> Dossier:
    done = [draw(jobs(client_id, number)) for number in range(draw(st.integers(0, 4)))]
    done.sort(key=lambda job: (job.completed_on, job.id))
    steps = ["thank-you", "check-in-call", "feedback-ask"]
    keys = [f"{job.id}.{step}.1" for job in done for step in steps]
    opened_on = draw(days_before(0, 90))
    cases = [Case(id=f"{client_id}k", client_id=client_id, opened_on=opened_on)]
    cases.append(replace(cases[0], closed_on=opened_on + draw(st.integers(0, 30)) * DAY))
    known = factories.dossier(
        factories.client(
            id=client_id,
            phones=draw(st.sampled_from([(), ("+441632960001",)])),
            emails=draw(st.sampled_from([("ada@example.com",), ("ada@example.com",), ()])),
            language=draw(st.sampled_from(["", "en", "fr"])),
        ),
        jobs=tuple(done),
        contacts=tuple(
            sorted(draw(st.lists(contacts(client_id, keys), max_size=4)), key=lambda contact: (contact.on, contact.at))
        ),
        cases=draw(st.sampled_from([(), (), (cases[0],), (cases[1],)])),
        restored_on=draw(st.sampled_from([None, None, TODAY - DAY])),
    )
    outcome = draw(st.sampled_from([None, Outcome.HAPPY, Outcome.UNHAPPY]))
    return replace(known, summary=replace(known.summary, last_outcome=outcome))


def households() -> st.SearchStrategy[list[Dossier]]:
    return st.tuples(dossiers("cada"), dossiers("ctom")).map(list) | dossiers().map(lambda each: [each])


def decide(group: Sequence[Dossier], today: date = TODAY, *, horizon: date | None = None) -> list[Decision]:
    return plan.decide(group, RULES, today=today, horizon=horizon)


def due(group: Sequence[Dossier], today: date = TODAY) -> list[Decision]:
    return [each for each in decide(group, today) if each.state in (State.DUE, State.RETRY)]


def carry_out(group: Sequence[Dossier], decisions: Sequence[Decision], today: date) -> list[Dossier]:
    """Return the household after everything in *decisions* went out today."""
    done = []
    for dossier in group:
        added = tuple(
            factories.contact(
                client_id=each.client_id,
                on=today,
                at=datetime.combine(today, factories.NOW.timetz()),
                channel=each.channel,
                key=each.key,
                step=each.step,
            )
            for each in decisions
            if each.client_id == dossier.client.id
        )
        done.append(replace(dossier, contacts=(*dossier.contacts, *added)))
    return done


# ---------------------------------------------------------------- properties


@given(households(), st.integers(0, 60))
def test_every_decision_is_whole(group, ahead):
    """Keys are unique, every decision has reasons, and its days fit its state."""
    found = decide(group, horizon=TODAY + ahead * DAY)
    keys = [each.key for each in found]
    assert len(keys) == len(set(keys))
    for each in found:
        assert each.reasons
        if each.state is State.DUE:
            assert each.due_on is not None
            assert each.due_on <= TODAY
            assert each.act_on == TODAY
            assert each.channel is not None
            assert each.address
        if each.state is State.UPCOMING:
            assert each.act_on is not None
            assert each.act_on > TODAY
        if each.until is not None and each.state is State.HELD:
            assert each.until == each.act_on
            assert each.until > TODAY


@settings(max_examples=150)
@given(households(), st.integers(-100, 300))
def test_leaving_out_what_is_over_changes_nothing_else(group, offset):
    """The short answer is the long one without its final states, however old the facts are."""
    today = TODAY + offset * DAY
    long = plan.decide(group, RULES, today=today)
    short = plan.decide(group, RULES, today=today, complete=False)
    assert short == [each for each in long if each.state not in plan.FINAL]


@given(households())
def test_asking_twice_gives_the_same_answer(group):
    """Nothing is remembered between two calls."""
    assert decide(group) == decide(group)


@given(households(), st.integers(0, 90), st.randoms())
def test_the_horizon_changes_no_day(group, ahead, random):
    """Looking further ahead changes nothing about today, nor does the order in which clients come."""
    shuffled = list(group)
    random.shuffle(shuffled)
    near = {each.key: (each.state, each.until) for each in decide(group) if each.state is not State.UPCOMING}
    far = {each.key: (each.state, each.until) for each in decide(shuffled, horizon=TODAY + ahead * DAY)}
    assert near == {key: value for key, value in far.items() if key in near}


@given(dossiers(), st.randoms())
def test_the_order_of_jobs_is_irrelevant(dossier, random):
    """However the store lists them."""
    jobs = list(dossier.jobs)
    random.shuffle(jobs)
    assert decide([replace(dossier, jobs=tuple(jobs))]) == decide([dossier])


@given(households())
def test_with_everything_due_done_nothing_is_due(group):
    """One run does all there is to do: a second one on the same day finds nothing."""
    assert due(carry_out(group, due(group), TODAY)) == []


@given(households(), st.integers(1, 10))
def test_what_is_due_stays_until_somebody_acts(group, later):
    """Days later it is still due, or gave way to something more important, or is too late, or the firm is closed."""
    today = {each.key: each for each in due(group)}
    then = {each.key: each for each in decide(group, TODAY + later * DAY)}
    for key in today:
        assert then[key].state in (State.DUE, State.HELD, State.REVIEW, State.COVERED, State.SKIPPED, State.UPCOMING)
        if then[key].state is State.HELD:
            assert {reason.code for reason in then[key].reasons} & {
                "closed",
                "message-budget",
                "ask-budget",
                "again-after",
            }


@given(households(), st.sampled_from([Channel.EMAIL, Channel.LETTER, Channel.CALL]))
def test_more_history_of_today_never_makes_more_due(group, channel):
    """Writing to somebody today can only hold things back."""
    extra = factories.contact(client_id=group[0].client.id, on=TODAY, channel=channel)
    more = [replace(group[0], contacts=(*group[0].contacts, extra)), *group[1:]]
    assert {each.key for each in due(more)} <= {each.key for each in due(group)}
    if channel in MESSAGE_CHANNELS:
        assert not any(each.channel in MESSAGE_CHANNELS for each in due(more))


@given(dossiers(), st.sampled_from(["consent", "suppressed", "erased", "merged"]))
def test_whoever_said_stop_hears_nothing(dossier, how):
    """Opted out, suppressed, erased or merged: nothing is due, held or to come."""
    changed = {
        "consent": replace(dossier, client=replace(dossier.client, consent=Consent.OPTED_OUT)),
        "suppressed": replace(dossier, suppressed=True),
        "erased": replace(dossier, client=replace(dossier.client, erased_on=TODAY)),
        "merged": replace(dossier, client=replace(dossier.client, merged_into="cother")),
    }[how]
    assert all(each.state in plan.FINAL for each in decide([changed]))


@given(dossiers(), st.sampled_from([Outcome.HAPPY, Outcome.UNHAPPY, Outcome.NEUTRAL]))
def test_feedback_is_asked_of_happy_and_unhappy_alike(dossier, outcome):
    """The ask for feedback knows nothing of how the client felt."""
    other = replace(dossier, summary=replace(dossier.summary, last_outcome=outcome, last_outcome_on=TODAY))
    without = replace(dossier, summary=replace(dossier.summary, last_outcome=None, last_outcome_on=None))
    rules = factories.rules(STEPS[3], calendar=CALENDAR, basis="completed-job")
    found = [plan.decide([each], rules, today=TODAY, horizon=TODAY + 40 * DAY) for each in (other, without)]
    assert found[0] == found[1]


@settings(max_examples=12)
@given(st.lists(st.integers(0, 300), max_size=6), st.integers(0, 6))
def test_a_year_never_exceeds_the_budget(completed, idle):
    """Played day by day, whatever the owner's rhythm: one message in 7 days, one ask in 30, each key once."""
    group = [
        factories.dossier(
            factories.client(id=name, phones=("+441632960001",), created_on=TODAY),
            jobs=tuple(
                factories.job(
                    id=f"{name}j{number}",
                    client_id=name,
                    completed_on=TODAY + offset * DAY,
                    created_on=TODAY + offset * DAY,
                    amount_minor=5000 if number % 2 else 25000,
                )
                for number, offset in enumerate(sorted(completed))
                if number % 2 == parity
            ),
        )
        for parity, name in enumerate(("cada", "ctom"))
    ]
    went: list[tuple[date, Decision]] = []
    for day in range(0, 365, idle + 1):
        today = TODAY + day * DAY
        # Jobs of later days are not known yet.
        known = [
            replace(
                factories.dossier(each.client, jobs=tuple(job for job in each.jobs if job.completed_on <= today)),
                contacts=each.contacts,
            )
            for each in group
        ]
        now = due(known, today)
        went.extend((today, each) for each in now)
        group = [
            replace(each, contacts=after.contacts)
            for each, after in zip(group, carry_out(known, now, today), strict=True)
        ]
    assert len({each.key for _, each in went}) == len(went)
    messages = [on for on, each in went if each.channel in MESSAGE_CHANNELS]
    assert all(after - before >= 7 * DAY for before, after in itertools.pairwise(messages))
    asks = [on for on, each in went if each.ask and each.occurrence == 1]
    assert all(after - before >= 30 * DAY for before, after in itertools.pairwise(asks))


@given(
    st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    st.integers(1, 40),
    st.sampled_from([Delay(1, "month"), Delay(12, "month"), Delay(1, "year"), days(60), Delay(2, "week")]),
)
def test_an_occurrence_depends_only_on_anchor_and_number(anchor, n, every):
    """No drift: the n-th is counted from the anchor, not from the one before, and comes after it."""
    dates = factories.rules(calendar=workdays.Calendar(weekend=frozenset())).dates
    day = dates.nth(every, every, n, anchor)
    assert day == factories.rules(calendar=workdays.Calendar(weekend=frozenset())).dates.nth(every, every, n, anchor)
    assert dates.nth(every, every, n + 1, anchor) > day
    if every.unit in ("month", "year"):
        months = n * every.number * (12 if every.unit == "year" else 1)
        assert (day.year * 12 + day.month) - (anchor.year * 12 + anchor.month) == months
        assert day.day == anchor.day or (day + DAY).day == 1


def attempt_at(decision: Decision, state: AttemptState, *, number: int = 1, on: date = TODAY):
    at = datetime.combine(on, factories.NOW.timetz())
    return factories.attempt(
        id=f"atry{number}",
        client_id=decision.client_id,
        key=decision.key,
        step=decision.step,
        state=state,
        channel=decision.channel,
        on=on,
        made_at=at,
        settled_at=at,
    )


@given(dossiers(), st.sampled_from(list(AttemptState)))
def test_an_attempt_takes_its_key(dossier, state):
    """Whatever may have gone out is not due."""
    for each in due([dossier])[:1]:
        then = {one.key: one for one in decide([replace(dossier, attempts=(attempt_at(each, state),))])}[each.key]
        again = state in (AttemptState.CANCELLED, AttemptState.TEMPORARY)
        assert (then.state in (State.DUE, State.RETRY)) is again


@given(dossiers(), st.lists(st.sampled_from(list(AttemptState)), max_size=6), st.integers(0, 200))
def test_a_key_that_may_have_gone_out_never_goes_again(dossier, states, later):
    """Whatever was tried before or after it, and however long ago: drafted, claimed, handed over, unknown or sent."""
    for each in due([dossier])[:1]:
        tries = tuple(attempt_at(each, state, number=number) for number, state in enumerate(states))
        then = {one.key: one for one in decide([replace(dossier, attempts=tries)], TODAY + later * DAY)}
        if not HOLDING_STATES.isdisjoint(states):
            assert each.key not in then or then[each.key].state in (State.UNCONFIRMED, State.DONE)


@given(dossiers(), st.integers(1, 7), st.integers(0, 60))
def test_what_a_server_put_off_is_neither_forgotten_nor_asked_for_ever(dossier, count, later):
    """Up to five answers: tried again until the step's lateness ends, then the owner's. The sixth: the owner's."""
    today = TODAY + later * DAY
    for each in due([dossier])[:1]:
        untouched = {one.key: one for one in decide([dossier], today)}.get(each.key)
        tries = tuple(attempt_at(each, AttemptState.TEMPORARY, number=number) for number in range(count))
        then = {one.key: one for one in decide([replace(dossier, attempts=tries)], today)}[each.key]
        if count > len(pace.RETRY_AFTER):
            assert then.state is State.FAILED
        elif untouched is not None and untouched.state is State.DUE:
            assert then.state is State.RETRY
            assert then.act_on == today or (count == len(pace.RETRY_AFTER) and not later)
        else:
            assert then.state not in (State.DUE, State.DONE, State.FAILED)


@given(dossiers(), st.booleans())
def test_no_email_goes_to_an_address_that_was_refused(dossier, has_another):
    """It goes another way, or waits for the owner; and nothing is lost for that."""
    bad = frozenset(dossier.client.emails)
    emails = (*dossier.client.emails, "new@example.com") if has_another else dossier.client.emails
    known = replace(dossier, client=replace(dossier.client, emails=emails))
    before = decide([known])
    after = {each.key: each for each in decide([replace(known, bad_addresses=bad)])}
    for each in after.values():
        if each.state in (State.DUE, State.RETRY) and each.channel is Channel.EMAIL:
            assert each.address not in bad
    for each in before:
        if each.state is State.DUE and each.address in bad:
            assert after[each.key].state not in plan.FINAL
