"""Every kind of client there is, made up: what `template check` renders each template for.

Takes a language and a day. Gives dossiers with what kind of client each stands for. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from followup.model import (
    THEM,
    TO_CLIENT,
    TO_RECEIVER,
    Case,
    CaseState,
    Channel,
    Client,
    Contact,
    Decision,
    Direction,
    Dossier,
    Enquiry,
    EnquiryState,
    Gift,
    Job,
    JobStatus,
    Lesson,
    Occasion,
    OccasionKind,
    Outcome,
    Praise,
    PraiseState,
    Promise,
    PromiseState,
    Purpose,
    Recap,
    Record,
    Referral,
    ReferralState,
    State,
    Step,
    Summary,
)


class Sample(NamedTuple):
    """A made-up client: *kind* completes "for ...". *is_nobody*: rightly stopped, because nobody can be greeted."""

    kind: str
    dossier: Dossier
    is_nobody: bool = False


_CLIENT = Client(
    id="sample",
    full_name="Ada Hall",
    first_name="Ada",
    last_name="Hall",
    title="Mrs",
    company="Hall & Sons",
    emails=("ada@client.example",),
    phones=("+441632960001",),
    street="1 Mill Lane",
    city="Leeds",
    region="Yorkshire",
    postal_code="LS1 4AP",
    country="GB",
    tags=("regular",),
    notes="Has a dog.",
    note="admired the old boiler",
    referred_by="Tom Reed",
)
_BARE = Client(
    id="sample", emails=("info@client.example",), phones=("+441632960001",), street="1 Mill Lane", city="Leeds"
)
_NAMES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("a first name", {"first_name": "Ada", "full_name": "Ada"}),
    ("a title and a last name", {"title": "Mrs", "last_name": "Hall", "full_name": "Mrs Hall"}),
    ("how they like to be greeted", {"full_name": "A. Hall", "address_as": "Mrs Hall"}),
    ("a firm without a person", {"company": "Hall & Sons"}),
    ("a name in capitals", {"full_name": "ADA O'BRIEN", "first_name": "ADA", "last_name": "O'BRIEN"}),
    ("a name in another script", {"full_name": "山田 花子"}),
    ("two people, with marks", {"full_name": "Zoë & Tom D'Arcy-Łukasz", "first_name": "Zoë & Tom"}),
)


def dossiers(language: str, *, today: date, people: Sequence[str] = ()) -> Iterator[Sample]:
    """Yield one dossier for every kind of client, all speaking *language*; *people* are identifiers of ours."""
    full = replace(_CLIENT, language=language)
    bare = replace(_BARE, language=language)
    job = _job("samplejob1", "Boiler service", today - timedelta(days=3), note="admired the old boiler")
    tap = _job("samplejob2", "Tap repair", today - timedelta(days=5))
    plain = Job(id="samplejob1", client_id="sample", status=JobStatus.COMPLETED, completed_on=today - timedelta(days=3))
    old = _job("samplejob0", "Boiler installation", today.replace(year=today.year - 3, day=1))

    def made(client: Client, *jobs: Job, is_full: bool = False) -> Dossier:
        return _dossier(client, *jobs, records=list(_records(today, people, is_full=is_full)), is_full=is_full)

    yield Sample("a client of whom everything is known", made(full, old, tap, job, is_full=True))
    for kind, fields in _NAMES:
        yield Sample(kind, made(replace(bare, **fields), job))
    yield Sample("a job without a note or an amount", made(replace(full, note=""), plain))
    yield Sample("several jobs", made(full, tap, job))
    yield Sample("no job at all", made(full))
    yield Sample("a last name alone", made(replace(bare, last_name="Hall"), job), is_nobody=True)
    yield Sample("no name", made(bare, job), is_nobody=True)


_FACTS = {
    **dict.fromkeys((OccasionKind.ENQUIRY_RECEIVED, OccasionKind.ENQUIRY_ANSWERED), "sampleenquiry"),
    **dict.fromkeys((OccasionKind.ENQUIRY_WON, OccasionKind.ENQUIRY_LOST), "samplelost"),
    **dict.fromkeys((OccasionKind.PROMISE_DUE, OccasionKind.PROMISE_LATE), "samplepromise"),
    OccasionKind.THEIR_PROMISE_DUE: "sampletheirs",
    OccasionKind.PROMISE_MOVED: "samplemoved",
    OccasionKind.HANDED_OVER: "samplehandover",
    **dict.fromkeys(
        (
            OccasionKind.CASE_OPENED,
            OccasionKind.CASE_UNANSWERED,
            OccasionKind.CASE_OVERDUE,
            OccasionKind.SECOND_CASE,
            OccasionKind.REMEDY_OFFERED,
            OccasionKind.REMEDY_ASKED,
        ),
        "samplecase",
    ),
    OccasionKind.CASE_RESOLVED: "samplesolved",
    **dict.fromkeys((OccasionKind.REFERRAL_MADE, OccasionKind.REFERRAL_WON, OccasionKind.REWARD_DUE), "samplereferral"),
    OccasionKind.GIFT_GIVEN: "samplegift",
    **dict.fromkeys((OccasionKind.PRAISE_RECEIVED, OccasionKind.PRAISE_PASSED_ON), "samplepraise"),
    OccasionKind.LESSON_DONE: "samplelesson",
    OccasionKind.RECAP_WRITTEN: "samplerecap",
    OccasionKind.LOW_SCORE: "samplescore",
}
"""The made-up fact that each kind of occasion is about, where it is no job."""


def _records(today: date, people: Sequence[str], *, is_full: bool) -> Iterator[Record]:
    """Yield one record for each kind of occasion: of the one all is known, of the other only what must be."""
    person, other = (people[0], people[-1]) if people else ("", "")

    def fields(identifier: str, ago: int, **known: Any) -> dict[str, Any]:
        on = today - timedelta(days=ago)
        more: dict[str, Any] = {"owner": person, "job_id": "samplejob1"} if is_full else {}
        return {"id": identifier, "client_id": "sample", "opened_on": on, **more, **known}

    def known(**values: Any) -> dict[str, Any]:
        return values if is_full else {}

    bath: dict[str, Any] = {"opened_by": THEM, **known(summary="a price for a new bath", service="Bathroom")}
    yield Enquiry(
        **fields("sampleenquiry", 3, state=EnquiryState.NEW, acted_on=today - timedelta(days=2), **bath),
        **known(source="website", amount_minor=240_000, currency="GBP"),
    )
    yield Enquiry(
        **fields("samplelost", 9, state=EnquiryState.LOST, closed_on=today, **bath),
        **known(declined=True, resolution="we do not lay pipes under a listed floor"),
    )
    pump: dict[str, Any] = {"summary": "fit the new pump", "state": PromiseState.OPEN}
    late = today - timedelta(days=1)
    yield Promise(**fields("samplepromise", 9, due_on=late, **pump, **known(target_on=late, news="it is on its way")))
    yield Promise(**fields("sampletheirs", 23, due_on=today, summary="send back the old pump", opened_by=THEM))
    yield Promise(
        **fields(
            "samplebefore", 9, due_on=today, summary="fit the new pump", state=PromiseState.MOVED, closed_on=today,
            resolution="the maker delivers it a week late",
        )
    )  # fmt: skip
    yield Promise(**fields("samplemoved", 0, due_on=today + timedelta(days=8), moved_from="samplebefore", **pump))
    yield Promise(
        **fields("samplehandover", 0, due_on=today + timedelta(days=2), summary="the leak under the bath"),
        receiver=other,
    )
    asked = datetime.combine(today, time(9), UTC)
    trouble: dict[str, Any] = known(
        summary="leak at the joint", severity="water damage", cause="seal", opened_by=THEM, cost_minor=8_000,
        currency="GBP", return_of="samplejob1",
    )  # fmt: skip
    offered = ("we come back and put it right", "20 pounds off the bill") if is_full else ("we put it right",)
    yield Case(**fields("samplesolved", 30, state=CaseState.RESOLVED, closed_on=late, **trouble), **known(
        resolution="joint replaced", chosen="20 pounds off the bill"
    ))  # fmt: skip
    yield Case(**fields("samplecase", 1, offered=offered, offered_on=today, grant_asked_at=asked, **trouble))
    yield Referral(
        **fields("samplereferral", 40, state=ReferralState.WON, acted_on=late),
        reward="a bottle of wine",
        **known(friend="Tom Reed", reward_minor=2_000, currency="GBP", doubts=("the same street",)),
    )
    yield Gift(**fields("samplegift", 0, summary="a box of apples"))
    yield Praise(
        **fields("samplepraise", 5, summary="he explained everything twice", state=PraiseState.PASSED_ON, owner=other)
    )
    yield Lesson(
        **fields("samplelesson", 20, summary="the part was not in stock", closed_on=today),
        better="we order the part before we name a day",
        **known(case_id="samplesolved", cause="parts"),
    )
    yield Recap(
        **fields("samplerecap", 0),
        did="we replaced the seal",
        **known(found="a worn seal", not_done="the valve was left as it is", watch_for="drops below the valve"),
    )


def decision(
    sample: Sample,
    *,
    step: Step | None,
    template: str,
    purpose: Purpose,
    channel: Channel,
    occurrence: int,
    people: Sequence[str] = (),
) -> Decision:
    """Return the touchpoint that a template is tried with, as its *step* would make it for a client or one of ours."""
    dossier = sample.dossier
    kind = step.occasion if step else OccasionKind.JOB_COMPLETED
    jobs = [job for job in reversed(dossier.jobs) if dossier.summary.last_job_on and job.completed_on]
    jobs = jobs[: 1 if kind in _FACTS else 2]
    on = dossier.summary.last_job_on or _DAY
    name = step.name if step else template
    job_id = jobs[0].id if jobs else ""
    fact = _FACTS.get(kind, job_id or "sample")
    paper = channel in (Channel.LETTER, Channel.CARD)
    address = {Channel.EMAIL: dossier.client.emails[0], Channel.NOTE: ""}.get(channel, dossier.client.phones[0])
    to_person = ""
    if step is not None and step.to != TO_CLIENT:  # without any people the planner has the word of the step
        to_person = (people[-1] if step.to == TO_RECEIVER else people[0]) if people else step.to
    return Decision(
        key=f"{fact}.{name}.{occurrence}",
        step=name,
        cadence=step.cadence if step else "",
        occurrence=occurrence,
        occasion=Occasion(
            kind=kind,
            fact_id=fact,
            on=on,
            client_id=dossier.client.id,
            job_id=job_id,
            case_id=dossier.cases[0].id if dossier.cases and kind not in _FACTS else "",
            record_id=fact if kind in _FACTS else "",
        ),
        client_id=dossier.client.id,
        state=State.DUE,
        due_on=on + timedelta(days=3),
        channel=channel,
        address="Ada Hall\n1 Mill Lane\nLeeds" if paper else address,
        to_person=to_person,
        template=template,
        purpose=purpose,
        ask=step.ask if step else False,
        job_ids=tuple(job.id for job in jobs),
    )


_DAY = date(2026, 3, 2)


def _job(identifier: str, service: str, on: date, note: str = "") -> Job:
    return Job(
        id=identifier,
        client_id="sample",
        service=service,
        status=JobStatus.COMPLETED,
        completed_on=on,
        amount_minor=123450,
        currency="GBP",
        paid_on=on,
        invoice_ref="INV-1042",
        site_address="2 Mill Lane, Leeds",
        assigned_to="Sam",
        note=note,
    )


def _dossier(client: Client, *jobs: Job, records: list[Record], is_full: bool) -> Dossier:
    days = [job.completed_on for job in jobs if job.completed_on]
    last = jobs[-1] if jobs else None
    summary = Summary(
        client_id=client.id,
        jobs=len(jobs),
        first_job_on=min(days, default=None),
        last_job_on=max(days, default=None),
        last_job_id=last.id if last else "",
        last_outcome=Outcome.HAPPY if is_full else None,
    )
    score = Contact(
        id="samplescore",
        client_id=client.id,
        channel=Channel.EMAIL,
        direction=Direction.IN,
        at=datetime.combine(_DAY, time(9), UTC),
        on=_DAY,
        score=4,
        note="nobody rang back" if is_full else "",
    )
    return Dossier(
        client=client,
        summary=summary,
        jobs=jobs,
        cases=tuple(record for record in records if isinstance(record, Case)),
        records=tuple(record for record in records if not isinstance(record, Case)),
        contacts=(score,),
    )
