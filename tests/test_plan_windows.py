"""The windows find everybody of whom the planner has something to say: compared with planning everybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from followup import cadence, plan, workdays
from followup import settings as home_settings
from followup.care import starting
from followup.model import (
    THEM,
    US,
    AnchorWindow,
    Case,
    Channel,
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
from tests.planning import DAY, TODAY, at_noon

CALENDAR = workdays.Calendar(
    country="GB", closing_days=((date(2026, 2, 9), date(2026, 2, 13)),), holidays={date(2026, 1, 1): "New Year's Day"}
)
LATE = Delay(20, "day")
OF_RECORDS = [
    kind
    for kind in OccasionKind
    if kind
    not in (
        OccasionKind.JOB_COMPLETED,
        OccasionKind.FIRST_JOB,
        OccasionKind.SERVICE_INTERVAL,
        OccasionKind.CLIENT_QUIET,
    )
]


def steps_of(kind: OccasionKind) -> Iterator[Step]:
    """Yield steps for *kind*, each with another way to be counted."""
    name, fields = kind.replace(" ", "-"), {"occasion": kind, "late": LATE}
    three = Delay(3, "business day")
    yield factories.step(f"{name}-say", delay=Delay(2, "day"), reminder=Delay(10, "day"), **fields)
    yield factories.step(f"{name}-note", delay=Delay(1, "business day"), to="owner", channels=(Channel.NOTE,), **fields)
    lasts = kind in cadence.WHILE_OPEN
    yield factories.step(f"{name}-again", delay=three, every=three, times=None if lasts else 3, **fields)
    yield factories.step(f"{name}-after", after_step=f"{name}-say", delay=Delay(5, "day"), **fields)
    if kind in (OccasionKind.PROMISE_DUE, OccasionKind.THEIR_PROMISE_DUE):
        yield factories.step(f"{name}-before", delay=Delay(4, "business day", before=True), **fields)


STEPS = (
    factories.step("thank-you", delay=Delay(1, "business day"), late=Delay(14, "day")),
    factories.step("ask", delay=Delay(10, "day"), late=LATE, ask=True),
    *(step for kind in OF_RECORDS for step in steps_of(kind)),
)
DEFAULTS = home_settings.parse("", where="the test")
RULES = factories.rules(*STEPS, calendar=CALENDAR)

NEAR = st.integers(-150, 20).map(lambda days: TODAY + days * DAY)
PAST = st.integers(-150, 0).map(lambda days: TODAY + days * DAY)


def ended(draw: Any, opened_on: date) -> date:
    """Return a day from *opened_on* until today."""
    return opened_on + draw(st.integers(0, (TODAY - opened_on).days)) * DAY


KINDS = (Enquiry, Promise, Case, Referral, Gift, Praise, Lesson, Recap)


@st.composite
def records(draw: Any, number: int, kinds: Sequence[type[Record]]) -> Record:
    """Return a record as its commands can have made it, of one of *kinds*."""
    opened_on = draw(PAST)
    shared: dict[str, Any] = {"id": f"r{number}", "client_id": "cada", "opened_on": opened_on}
    if draw(st.booleans()):
        shared["recorded_at"] = at_noon(ended(draw, opened_on))
    end = draw(st.sampled_from([None, ended(draw, opened_on)]))
    kind = draw(st.sampled_from(kinds))
    if kind is Enquiry:
        state = draw(st.sampled_from(list(EnquiryState)))
        acted = opened_on if state is not EnquiryState.NEW else None
        over = state in (EnquiryState.WON, EnquiryState.LOST)
        return Enquiry(**shared, state=state, acted_on=acted, closed_on=(end or TODAY) if over else None)
    if kind is Promise:
        state = draw(st.sampled_from([each for each in PromiseState if each is not PromiseState.OPEN]))
        return Promise(
            **shared,
            state=state if end else PromiseState.OPEN,
            closed_on=end,
            due_on=draw(NEAR),
            opened_by=draw(st.sampled_from([US, US, THEM])),
            moved_from=draw(st.sampled_from(["", "rold"])),
            receiver=draw(st.sampled_from(["", "max"])),
        )
    if kind is Case:
        return Case(
            **shared,
            state="resolved" if end else "open",
            closed_on=end,
            due_on=draw(st.sampled_from([None, draw(NEAR)])),
            offered_on=draw(st.sampled_from([None, opened_on])),
            acknowledged_at=draw(st.sampled_from([None, at_noon(opened_on)])),
            grant_asked_at=draw(st.sampled_from([None, at_noon(opened_on)])),
            continues_id=draw(st.sampled_from(["", "", "rold"])),
        )
    if kind is Referral:
        state = draw(st.sampled_from(list(ReferralState)))
        won = state in (ReferralState.WON, ReferralState.PAID)
        return Referral(
            **shared,
            state=state,
            acted_on=ended(draw, opened_on) if won else None,
            closed_on=TODAY if state not in (ReferralState.MADE, ReferralState.WON) else None,
            job_id="jfriend",
        )
    if kind is Gift:
        return Gift(**shared, state=draw(st.sampled_from(list(GiftState))))
    if kind is Praise:
        return Praise(**shared, state=PraiseState.PASSED_ON if end else PraiseState.NEW, closed_on=end)
    if kind is Lesson:
        return Lesson(**shared, case_id=draw(st.sampled_from(["", "rold"])), closed_on=end)
    return Recap(
        **shared, state=RecapState.CONFIRMED if end else draw(st.sampled_from(list(RecapState)[:2])), closed_on=end
    )


@st.composite
def dossiers(draw: Any, kinds: Sequence[type[Record]] = KINDS) -> Dossier:
    """Return a client with a few records, perhaps a job and a score, and things done or decided."""
    made = [draw(records(number, kinds)) for number in range(draw(st.integers(0, 3)))]
    jobs = []
    if draw(st.booleans()):
        jobs.append(
            factories.job(
                id="jopen", client_id="cada", status=JobStatus.OPEN, completed_on=None, promised_on=draw(NEAR)
            )
        )
    if draw(st.booleans()):
        done_on = draw(PAST)
        jobs.append(factories.job(id="jdone", client_id="cada", completed_on=done_on, created_on=done_on))
    contacts = []
    if draw(st.booleans()):
        on = draw(PAST)
        score = draw(st.integers(0, 10))
        contacts.append(
            factories.contact(id="kscore", client_id="cada", direction=Direction.IN, on=on, at=at_noon(on), score=score)
        )
    facts = [*made, *jobs]
    keys = [f"{fact.id}.{step.name}.1" for fact in facts for step in STEPS if step.name.endswith("-say")]
    instructions = []
    if keys and draw(st.booleans()):
        on = draw(PAST)
        key = draw(st.sampled_from(keys))
        contacts.append(
            factories.contact(
                client_id="cada", on=on, at=at_noon(on), key=key, step=key.split(".")[1], outcome=Outcome.SENT
            )
        )
    if keys and draw(st.booleans()):
        on = draw(PAST)
        kind = draw(st.sampled_from([InstructionKind.SNOOZE, InstructionKind.DONE, InstructionKind.RELEASE]))
        until = on + draw(st.integers(1, 40)) * DAY if kind is InstructionKind.SNOOZE else None
        instructions.append(
            Instruction(
                id="ione",
                client_id="cada",
                kind=kind,
                given_at=at_noon(on),
                on=on,
                until=until,
                key=draw(st.sampled_from([*keys, ""]))
                if kind is InstructionKind.SNOOZE
                else draw(st.sampled_from(keys)),
            )
        )
    return factories.dossier(
        factories.client(id="cada", phones=("+441632960001",)),
        jobs=tuple(jobs),
        cases=tuple(sorted((each for each in made if isinstance(each, Case)), key=lambda each: each.opened_on)),
        records=tuple(each for each in made if not isinstance(each, Case)),
        friends_jobs=(factories.job(id="jfriend", client_id="ctom", paid_on=draw(PAST)),),
        contacts=tuple(sorted(contacts, key=lambda each: (each.on, each.at))),
        instructions=tuple(instructions),
    )


# ---------------------------------------------------------------- a window, asked of a dossier


def finds(window: AnchorWindow, dossier: Dossier) -> bool:
    """Tell whether the store would find the client of *dossier* by *window*, as its statements say."""

    def inside(day: date | None) -> bool:
        return day is not None and (window.from_on or date.min) <= day <= (window.to_on or date.max)

    field = window.field
    if field.startswith("care."):
        of_kind = [each for each in (*dossier.cases, *dossier.records) if type(each).__name__.lower() == window.kind]
        if field == "care.open":
            last = window.to_on or date.max
            return any(each.closed_on is None and (each.due_on or date.min) <= last for each in of_kind)
        if field == "care.won":
            return any(each.closed_on is None and each.state == "won" for each in of_kind)
        return any(inside(getattr(each, field.removeprefix("care."))) for each in of_kind)
    if field == "job.promised_on":
        return any(each.status is JobStatus.OPEN and inside(each.promised_on) for each in dossier.jobs)
    if field == "job.completed_on":
        return any(each.status is JobStatus.COMPLETED and inside(each.completed_on) for each in dossier.jobs)
    if field == "contact.score":
        return any(each.score is not None and inside(each.on) for each in dossier.contacts)
    if field == "contact.on":
        return any(each.step == window.step and inside(each.on) for each in dossier.contacts)
    if field.startswith("instruction."):
        return any(inside(getattr(each, field.removeprefix("instruction."))) for each in dossier.instructions)
    assert field == "attempt.open", field
    return False


@cache
def rules_of(kind: OccasionKind) -> plan.Rules:
    """Return rules with nothing but the steps of one kind, so that no other step's windows help."""
    found: plan.Rules = factories.rules(*steps_of(kind), calendar=CALENDAR)
    return found


@cache
def windows(kind: OccasionKind, horizon: date) -> list[AnchorWindow]:
    """Return what the store is asked for, for the steps of one kind."""
    only = replace(DEFAULTS, steps=tuple(steps_of(kind)), closing_days=CALENDAR.closing_days)
    return cadence.all_windows(only, today=TODAY, horizon=horizon)


@pytest.mark.parametrize("kind", OF_RECORDS)
@settings(max_examples=100)
@given(st.data(), st.sampled_from([0, 0, 14, 40]))
def test_nobody_with_something_due_is_missed(kind: OccasionKind, data: st.DataObject, ahead: int) -> None:
    """Whatever waits today, is held, or comes up to the horizon: one of the windows of its steps finds the client."""
    starting_it = [each for each, starts in starting.STARTS.items() if kind in {start.kind for start in starts}]
    dossier = data.draw(dossiers(starting_it or KINDS))
    horizon = TODAY + ahead * DAY
    found = plan.decide([dossier], rules_of(kind), today=TODAY, horizon=horizon, complete=False)
    matters = [each for each in found if each.state is not State.UPCOMING or (each.act_on or TODAY) <= horizon]
    if matters:
        assert any(finds(window, dossier) for window in windows(kind, horizon)), matters


@settings(max_examples=200)
@given(dossiers())
def test_what_is_over_is_left_out_and_nothing_else(dossier: Dossier) -> None:
    """Without what is over, the rest of the answer is the same."""
    everything = plan.decide([dossier], RULES, today=TODAY)
    short = plan.decide([dossier], RULES, today=TODAY, complete=False)
    assert [each for each in everything if each.state not in plan.FINAL] == short


@settings(max_examples=200)
@given(dossiers())
def test_every_decision_about_a_record_says_why(dossier: Dossier) -> None:
    """Each has a reason and a key of its own; only what is for one of us names a person and can be a note."""
    found = plan.decide([dossier], RULES, today=TODAY)
    assert len({each.key for each in found}) == len(found)
    for each in found:
        assert each.reasons
        assert all(reason.text for reason in each.reasons)
        assert (each.channel is Channel.NOTE) <= bool(each.to_person)
        if each.state is State.UPCOMING:
            assert each.act_on is not None


@settings(max_examples=200)
@given(dossiers())
def test_while_a_second_case_is_open_nothing_goes_to_the_client(dossier: Dossier) -> None:
    """By whatever occasion: what is due is for one of us, or takes a person to do it."""
    first = Case(id="rfirst", client_id="cada", opened_on=TODAY - DAY, state="open")
    second = Case(id="rsecond", client_id="cada", opened_on=TODAY, state="open")
    found = plan.decide([replace(dossier, cases=(*dossier.cases, first, second))], RULES, today=TODAY)
    assert {each.channel for each in found if each.state is State.DUE and not each.to_person} <= {Channel.CALL}


def test_a_home_without_records_is_asked_no_more_for_its_history() -> None:
    """What is closed, answered, won and told long ago is in no window: the cost follows what is near due.

    Referrals stay longest: a friend may come within a year, and what follows from that may wait.
    """
    long_ago = TODAY - timedelta(days=1200)
    old = factories.dossier(
        factories.client(id="cada"),
        records=(
            Enquiry(id="r1", client_id="cada", opened_on=long_ago, state=EnquiryState.WON, closed_on=long_ago),
            Promise(id="r2", client_id="cada", opened_on=long_ago, state="kept", due_on=long_ago, closed_on=long_ago),
            Promise(id="r3", client_id="cada", opened_on=long_ago, state="open", due_on=TODAY + timedelta(days=90)),
            Referral(id="r4", client_id="cada", opened_on=long_ago, state=ReferralState.MADE),
            Praise(id="r5", client_id="cada", opened_on=long_ago, state=PraiseState.NEW),
        ),
        cases=(Case(id="r6", client_id="cada", opened_on=long_ago, state="resolved", closed_on=long_ago),),
    )
    assert [window for kind in OF_RECORDS for window in windows(kind, TODAY) if finds(window, old)] == []
