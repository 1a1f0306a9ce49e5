"""Whom to worry about: each sign with its evidence, what it counts, and what to do about it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from followup import cadence, model, workdays
from followup.care import concerns
from followup.care.concerns import Act, Sign
from followup.model import Channel, Direction, JobStatus, Outcome
from tests import factories

TODAY = factories.TODAY
WAYS = concerns.Ways(
    calendar=workdays.Calendar(country="GB"),
    answer=model.Delay(1, "business day"),
    return_within=model.Delay(60, "day"),
    low=6,
    quiet=model.Quiet(),
    services={},
)


def ago(days: int) -> date:
    """Return a day before today."""
    return TODAY - timedelta(days=days)


def look(*facts: Any, ways: concerns.Ways = WAYS, **fields: Any) -> concerns.Concern | None:
    """Return the concern about a client of whom *facts* are known."""

    def kind(*kinds: type) -> tuple[Any, ...]:
        return tuple(sorted((each for each in facts if isinstance(each, kinds)), key=_on))

    return concerns.of(
        factories.dossier(
            jobs=kind(model.Job),
            cases=kind(model.Case),
            records=kind(model.Promise, model.Enquiry),
            contacts=kind(model.Contact),
            attempts=kind(model.Attempt),
            instructions=kind(model.Instruction),
            **fields,
        ),
        ways,
        today=TODAY,
    )


def _on(fact: Any) -> date:
    days = (getattr(fact, name, None) for name in ("on", "opened_on", "completed_on", "created_on"))
    return next((day for day in days if day), date.min)


def promise(**fields: Any) -> model.Promise:
    """Return a promise of a part for ten days ago."""
    defaults = {"client_id": "cxxxxxxxxx", "opened_on": ago(20), "due_on": ago(10), "summary": "the part arrives"}
    return model.Promise(**{"id": factories.identifier("p"), "state": model.PromiseState.OPEN, **defaults, **fields})


def case(**fields: Any) -> model.Case:
    """Return a case opened five days ago."""
    defaults = {"client_id": "cxxxxxxxxx", "opened_on": ago(5), "summary": "tap drips"}
    return model.Case(**{"id": factories.identifier("x"), **defaults, **fields})


def call(days: int, outcome: Outcome | None = Outcome.NO_ANSWER, **fields: Any) -> model.Contact:
    """Return a call of ours so many days ago."""
    return factories.contact(channel=Channel.CALL, on=ago(days), outcome=outcome, **fields)


def late_job(days: int = 0, **fields: Any) -> model.Job:
    """Return a job done three days after it was promised."""
    return factories.job(promised_on=ago(days + 3), completed_on=ago(days), **fields)


SIGNS: dict[Sign, tuple[list[Any], str]] = {
    Sign.LATE: ([late_job()], "Boiler service was promised for 27 February 2026 and done 3 days later"),
    Sign.BROKEN: (
        [promise(state="broken", closed_on=ago(3))],
        "'the part arrives' was promised for 20 February 2026 and never kept",
    ),
    Sign.REOPENED: ([case(continues_id="xold")], "'tap drips' was opened again on 25 February 2026"),
    Sign.REWORK: (
        [factories.job(id="ja", completed_on=ago(30)), factories.job(id="jb", completed_on=ago(1))],
        "Boiler service again on 1 March 2026, 29 days after the last",
    ),
    Sign.CALLS: ([call(4), call(1)], "2 calls without an answer since 26 February 2026, the last on 1 March 2026"),
    Sign.BOUNCED: (
        [factories.attempt(state=model.AttemptState.PERMANENT, on=ago(3))],
        "mail to ada@example.com was refused on 27 February 2026",
    ),
    Sign.SCORE: (
        [factories.contact(direction=Direction.IN, on=ago(2), score=4, note="too slow")],
        "gave 4 of 10 on 28 February 2026: 'too slow'",
    ),
    Sign.ANSWER: (
        [factories.contact(direction=Direction.IN, on=ago(6))],
        "what they wrote of 24 February 2026 is not answered",
    ),
    Sign.SILENCE: (
        [factories.job(completed_on=ago(140 - 30 * n), service=f"Work {n}") for n in range(3)],
        "nothing since 12 December 2025; they used to come every 30 days",
    ),
}


@pytest.mark.parametrize("sign", Sign)
def test_each_sign_comes_with_a_dated_sentence(sign: Sign) -> None:
    """Whoever reads it can check it."""
    facts, sentence = SIGNS[sign]
    found = look(*facts)
    assert found is not None
    assert [(term.sign, term.text) for term in found.terms] == [(sign, sentence)]
    assert 0 < found.score <= concerns.SIGNS[sign].points


def test_the_score_is_the_sum_of_the_terms() -> None:
    """Nothing else makes it higher or lower, and each term says how it adds up."""
    found = look(late_job(), call(4), call(1), promise(state="broken", closed_on=ago(3)))
    assert found is not None
    assert found.score == sum(term.points for term in found.terms)
    assert [term.sign for term in found.terms] == [Sign.BROKEN, Sign.LATE, Sign.CALLS]
    assert str(found.terms[1]) == "late 25 of 25"


def test_terms_age() -> None:
    """What was two months ago counts half, and after four months nothing."""
    points = []
    for days in (0, 30, 60, 119, 120):
        found = look(late_job(days), promise(state="broken", closed_on=ago(1)))
        assert found is not None
        points.append(sum(term.points for term in found.terms if term.sign is Sign.LATE))
    assert points == [25, 18, 12, 0, 0]


def test_what_still_lasts_does_not_fade() -> None:
    """A job that was promised for last month and is not done is as bad today as it was then."""
    job = factories.job(status=JobStatus.OPEN, completed_on=None, promised_on=ago(60))
    found = look(job)
    assert found is not None
    assert (found.score, found.terms[0].lasts) == (25, True)
    assert look(factories.job(status=JobStatus.OPEN, completed_on=None, promised_on=ago(130))) is None


@pytest.mark.parametrize(
    ("fact", "answered"),
    [
        (call(1, Outcome.NEUTRAL), "talked on 1 March 2026"),
        (factories.contact(direction=Direction.IN, on=ago(1), outcome=Outcome.HAPPY), "a good word on 1 March 2026"),
        (factories.contact(direction=Direction.IN, on=ago(1), score=9), "a good word on 1 March 2026"),
        (case(id="xdone", closed_on=ago(2)), "case xdone ended on 28 February 2026"),
    ],
)
def test_what_was_answered_since_counts_a_quarter(fact: Any, answered: str) -> None:
    """A talk, a good word or a case that was put right takes most of it away, and is said."""
    found = look(promise(state="broken", closed_on=ago(9)), fact)
    assert found is None or (found.score, found.terms[0].answered) == (9, answered)
    twice = look(promise(state="broken", closed_on=ago(9)), promise(state="broken", closed_on=ago(8)), fact)
    assert twice is not None
    assert {term.answered for term in twice.terms} == {answered}


def test_a_talk_does_not_end_what_lasts() -> None:
    """The client was rung, and the job is late all the same; an open case says that it is in hand."""
    job = factories.job(status=JobStatus.OPEN, completed_on=None, promised_on=ago(10))
    talked = look(job, call(1, Outcome.NEUTRAL))
    assert talked is not None
    assert talked.score == 25
    assert look(job, case()) is None


@pytest.mark.parametrize(
    "facts",
    [
        [factories.job(promised_on=ago(3), completed_on=ago(3))],  # on the day
        [promise(due_on=TODAY)],  # not late yet
        [promise(opened_by=model.THEM)],  # theirs
        [promise(state="moved", closed_on=ago(12))],  # the client was told
        [call(4), call(3), call(1, Outcome.NEUTRAL)],  # reached in the end
        [call(4)],  # one try
        [factories.contact(direction=Direction.IN, on=ago(3)), factories.contact(on=ago(1))],  # Friday, then Sunday
        [factories.contact(direction=Direction.IN, on=ago(20), outcome=Outcome.HAPPY)],  # wants no answer
        [factories.contact(direction=Direction.IN, on=ago(20), channel=Channel.CALL)],  # was answered as it rang
        [factories.contact(direction=Direction.IN, on=ago(9), score=7)],
        [factories.job(completed_on=ago(90)), factories.job(completed_on=ago(1))],  # long after
        [factories.job(completed_on=ago(9)), factories.job(completed_on=ago(1), service="Tap")],  # something else
        [factories.job(completed_on=ago(9)), factories.job(completed_on=ago(1), site_address="2 Lane")],  # elsewhere
        [factories.job(completed_on=ago(7 * n)) for n in range(8)],  # every week is their rhythm
        [factories.job(completed_on=ago(1000))],  # quiet, but against no rhythm of their own
    ],
)
def test_what_is_no_sign_is_no_concern(facts: list[Any]) -> None:
    """On time, theirs, told, reached, answered, or simply their rhythm."""
    assert look(*facts) is None


def test_work_that_is_due_again_by_its_interval_is_no_rework() -> None:
    """A drain that is looked at every month comes again because it is due."""
    jobs = [factories.job(completed_on=ago(31)), factories.job(completed_on=ago(1))]
    monthly = model.Service(name="Boiler service", interval=cadence.parse_delay("1 month"))
    yearly = model.Service(name="Boiler service", interval=cadence.parse_delay("12 months"))
    ways = [
        concerns.Ways(calendar=WAYS.calendar, answer=WAYS.answer, return_within=WAYS.return_within, low=6,
                      quiet=WAYS.quiet, services={"boiler service": service})
        for service in (monthly, yearly)
    ]  # fmt: skip
    assert look(*jobs, ways=ways[0]) is None
    assert look(*jobs, ways=ways[1]) is not None


def test_mail_that_came_through_since_is_no_bounce() -> None:
    """An address that was mended is heard again."""
    refused = factories.attempt(state=model.AttemptState.PERMANENT, on=ago(9), address="ada@example.com")
    sent = factories.attempt(state=model.AttemptState.SENT, on=ago(2), address="ada@example.com")
    other = factories.attempt(state=model.AttemptState.PERMANENT, on=ago(2), address="old@example.com")
    assert look(refused, sent, other) is None


def test_enquiries_that_waited_count_from_the_answer() -> None:
    """Answered on the next business day is in time; later is late; not at all lasts."""
    friday, thursday = ago(3), ago(4)
    enquiry = {"client_id": "cxxxxxxxxx", "summary": "new boiler", "opened_on": ago(11)}
    assert look(model.Enquiry(id="ea", **{**enquiry, "opened_on": thursday, "acted_on": friday})) is None
    late = look(model.Enquiry(id="eb", **enquiry, acted_on=ago(5)))
    assert late is not None
    assert late.terms[0].text == "'new boiler' of 19 February 2026 was answered on 25 February 2026"
    assert late.proposal.act is Act.APOLOGY
    waits = look(model.Enquiry(id="ec", **enquiry))
    assert waits is not None
    assert (waits.terms[0].lasts, waits.proposal.act, waits.proposal.text) == (True, Act.CALL, "ring and answer, today")


@pytest.mark.parametrize(
    ("sign", "act"),
    [
        (Sign.LATE, Act.APOLOGY),
        (Sign.BROKEN, Act.APOLOGY),
        (Sign.REWORK, Act.RETURN),
        (Sign.REOPENED, Act.CASE),
        (Sign.SCORE, Act.CALL),
        (Sign.CALLS, Act.CALL),
        (Sign.BOUNCED, Act.CALL),
        (Sign.SILENCE, Act.CALL),
        (Sign.ANSWER, Act.CALL),
    ],
)
def test_the_next_step_fits_the_heaviest_sign(sign: Sign, act: Act) -> None:
    """Our fault asks for an apology, their silence for a call; where a case is open, that one goes on."""
    found = look(*SIGNS[sign][0])
    assert found is not None
    assert found.proposal.act is act


def test_rework_proposes_a_return_visit_for_the_job_that_went_wrong() -> None:
    """The case would be about the first job's trouble, at the second one."""
    found = look(*SIGNS[Sign.REWORK][0])
    assert found is not None
    assert (found.proposal.return_of, found.proposal.job_id) == ("ja", "jb")


def test_a_heavy_concern_asks_for_a_remedy_too() -> None:
    """Three things at once are not put right with words."""
    light, heavy = look(late_job()), look(late_job(), promise(state="broken", closed_on=ago(1)))
    assert light is not None
    assert heavy is not None
    assert (light.proposal.remedy, heavy.proposal.remedy) == (False, True)


def instruction(kind: model.InstructionKind, on: date, until: date | None = None) -> model.Instruction:
    """Return what the owner said of the concern about a client."""
    return model.Instruction(
        id=factories.identifier("i"), client_id="cxxxxxxxxx", kind=kind, given_at=factories.NOW, on=on,
        key="cxxxxxxxxx.concern.1", until=until,
    )  # fmt: skip


def test_what_was_dismissed_comes_back_with_something_new() -> None:
    """Looked at on a day, what was known by then is over; the next sign counts alone."""
    dismissed = instruction(model.InstructionKind.SKIP, ago(5))
    assert look(late_job(7), dismissed) is None
    again = look(late_job(7), late_job(2, service="Tap"), dismissed)
    assert again is not None
    assert len(again.terms) == 1


def test_dismissed_for_some_days_is_not_shown_until_then() -> None:
    """Whatever comes meanwhile."""
    kind = model.InstructionKind.SNOOZE
    assert look(late_job(), instruction(kind, ago(5), TODAY + timedelta(days=1))) is None
    assert look(late_job(), instruction(kind, ago(5), TODAY)) is not None


@pytest.mark.parametrize(
    "fields",
    [{"consent": model.Consent.OPTED_OUT}, {"erased_on": ago(1)}, {"merged_into": "cother"}],
)
def test_whoever_said_stop_is_left_alone(fields: dict[str, Any]) -> None:
    """Nothing would be done about them, so they are not listed."""
    dossier = factories.dossier(factories.client(**fields), jobs=[late_job()])
    assert concerns.of(dossier, WAYS, today=TODAY) is None
    stopped = factories.dossier(jobs=[late_job()], suppressed=True)
    assert concerns.of(stopped, WAYS, today=TODAY) is None
