"""Clients who may be unhappy or drifting: the signs of it, what each counts, and what to do next.

Takes dossiers and the firm's rules. Gives concerns: a score that is the sum of named terms, each a dated sentence that
anybody can check. Touches nothing. What a sign counts stands in one table, SIGNS.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from followup import cadence, workdays
from followup.care import returns, starting
from followup.model import (
    MESSAGE_CHANNELS,
    UNREACHED,
    US,
    AttemptState,
    Case,
    Channel,
    Consent,
    Contact,
    Delay,
    Direction,
    Dossier,
    Enquiry,
    Instruction,
    InstructionKind,
    Job,
    JobStatus,
    Outcome,
    Promise,
    PromiseState,
    Purpose,
    Quiet,
    Record,
    Service,
)
from followup.records import dataclass

Kind = TypeVar("Kind", bound=Record)


class Sign(StrEnum):
    """What may make a client unhappy, or shows that one is."""

    BROKEN = "broken-promise"
    REOPENED = "reopened"
    REWORK = "rework"
    SCORE = "low-score"
    LATE = "late"
    ANSWER = "slow-answer"
    SILENCE = "silence"
    CALLS = "unanswered-calls"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True)
class Weight:
    """What a sign counts."""

    points: int  # on its day, and as long as it lasts
    fades: int  # after so many days it counts no more
    most: int  # so many of one client count, the heaviest


SIGNS: Mapping[Sign, Weight] = {
    Sign.BROKEN: Weight(40, 180, 3),
    Sign.REOPENED: Weight(40, 180, 2),
    Sign.REWORK: Weight(35, 90, 2),
    Sign.SCORE: Weight(30, 180, 1),
    Sign.LATE: Weight(25, 120, 3),
    Sign.ANSWER: Weight(20, 60, 2),
    Sign.SILENCE: Weight(20, 180, 1),
    Sign.CALLS: Weight(15, 60, 1),
    Sign.BOUNCED: Weight(15, 120, 1),
}
"""The table of terms. A sign counts less each day after its own, in a straight line, where it does not last."""

ANSWERED = 4
"""What was answered since (a call, a case put right, a better word of theirs) counts one in so many."""

LISTED = 10
"""From this score on a client is a concern."""

REMEDY = 60
"""From this score on words alone will hardly do: a remedy is proposed too."""

TRIES = 2
"""So many calls without an answer, one after the other, are a sign."""

STEP = "concern"
"""The name under which it is kept that a concern was looked at: CLIENT.concern.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A sign of one client, with its evidence and what it counts."""

    sign: Sign
    on: date
    text: str
    points: int
    answered: str = ""  # by what it was answered since
    lasts: bool = False  # it is so today
    fact_id: str = ""  # the job, promise, case or contact that shows it
    job_id: str = ""

    @property
    def weight(self) -> int:
        """Return what the sign counts on its day."""
        return SIGNS[self.sign].points

    def __str__(self) -> str:
        """Return how it adds up: "late 18 of 25"."""
        return f"{self.sign} {self.points} of {self.weight}{f', {self.answered}' if self.answered else ''}"


class Act(StrEnum):
    """What is proposed."""

    APOLOGY = "apology"  # a case of ours, whose first message says that we know
    RETURN = "return-visit"  # the same, and that we got it wrong the first time
    CALL = "call"  # a case of ours, with a call and no message before it
    CASE = "case"  # there is one already: it goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The next step: what to do, in words, and what the case of it would be about."""

    act: Act
    text: str
    summary: str = ""
    cause: str = ""
    job_id: str = ""
    return_of: str = ""
    case_id: str = ""  # the one that is open already
    remedy: bool = False  # words alone will hardly do


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """A client who may be unhappy or drifting. The terms are in the order of what they count."""

    client_id: str
    terms: tuple[Term, ...]
    proposal: Proposal

    @property
    def score(self) -> int:
        """Return the sum of the terms."""
        return sum(term.points for term in self.terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What the firm's settings say of what is late, low, again and quiet."""

    calendar: workdays.Calendar
    answer: Delay  # within which an enquiry or a message is answered
    return_within: Delay  # the same work again within this long is for the same trouble
    low: int  # a score up to this one is low
    quiet: Quiet
    services: Mapping[str, Service]  # by lower-case name

    def add(self, delay: Delay, day: date) -> date:
        """Return the day that lies *delay* after *day*."""
        return cadence.add(delay, day, self.calendar)


def since(sign: Sign, today: date) -> date:
    """Return the first day on which *sign* still counts today."""
    return today - timedelta(days=SIGNS[sign].fades)


def of(dossier: Dossier, ways: Ways, *, today: date) -> Concern | None:
    """Return what there is to worry about with one client; None where it is too little, or nobody is to be asked.

    Whoever said stop, was forgotten or became another record is no concern any more. So is what the owner looked at
    and dismissed, until something new is seen.
    """
    client = dossier.client
    if client.erased_on or client.merged_into or client.consent is Consent.OPTED_OUT or dossier.suppressed:
        return None
    seen_on, hidden_until = _dismissed(dossier.instructions)
    if hidden_until is not None and today < hidden_until:
        return None
    found = _Look(dossier, ways, today)
    by_sign: dict[Sign, list[Term]] = {}
    for term in found.terms():
        if term.points and (seen_on is None or term.on > seen_on):
            by_sign.setdefault(term.sign, []).append(term)
    terms = [
        term
        for sign, several in by_sign.items()
        for term in sorted(several, key=lambda each: (each.points, each.on), reverse=True)[: SIGNS[sign].most]
    ]
    if sum(term.points for term in terms) < LISTED:
        return None
    terms.sort(key=lambda term: (-term.points, -term.on.toordinal(), term.sign))
    return Concern(client_id=client.id, terms=tuple(terms), proposal=_proposal(terms, found))


def _dismissed(instructions: Iterable[Instruction]) -> tuple[date | None, date | None]:
    """Return the day on which the owner last dismissed the concern, and until when it is not to be shown at all."""
    seen_on, until = None, None
    for each in instructions:
        fact, _, rest = each.key.partition(".")
        if rest.partition(".")[0] == STEP and fact:
            if each.kind is InstructionKind.SNOOZE:
                until = each.until
            else:
                seen_on = each.on
    return seen_on, until


class _Look:
    """One client's dossier, and what can be seen in it today."""

    def __init__(self, dossier: Dossier, ways: Ways, today: date) -> None:
        self.dossier = dossier
        self.ways = ways
        self.today = today
        self.jobs = {job.id: job for job in dossier.jobs}

    def terms(self) -> Iterator[Term]:
        """Yield every sign that still counts."""
        yield from self._late_jobs()
        yield from self._promises()
        yield from self._cases()
        yield from self._rework()
        yield from self._calls()
        yield from self._bounced()
        yield from self._scores()
        yield from self._enquiries()
        yield from self._messages()
        yield from self._silence()

    @cached_property
    def open_case(self) -> Case | None:
        """The latest case that is open, if any."""
        return next((case for case in reversed(self.dossier.cases) if case.closed_on is None), None)

    # ------------------------------------------------------------ against promise

    def _late_jobs(self) -> Iterator[Term]:
        for job in self.dossier.jobs:
            if job.promised_on is None:
                continue
            what = job.service or "work"
            if job.status is JobStatus.OPEN and job.promised_on < self.today:
                text = f"{what} was promised for {_day(job.promised_on)} and is not done"
                yield self._term(Sign.LATE, job.promised_on, text, fact=job.id, job=job.id, lasts=True)
            elif job.completed_on is not None and job.completed_on > job.promised_on:
                days = (job.completed_on - job.promised_on).days
                text = f"{what} was promised for {_day(job.promised_on)} and done {_days(days)} later"
                yield self._term(Sign.LATE, job.completed_on, text, fact=job.id, job=job.id)

    def _promises(self) -> Iterator[Term]:
        of_late_jobs = {job.id for job in self.dossier.jobs if job.promised_on is not None}
        for promise in self._records(Promise):
            if promise.opened_by != US or promise.due_on is None:
                continue
            what, due = _quoted(promise.summary or "something"), promise.due_on
            if promise.state == PromiseState.BROKEN:
                on = promise.closed_on or due
                text = f"{what} was promised for {_day(due)} and never kept"
                yield self._term(Sign.BROKEN, on, text, fact=promise.id, job=promise.job_id)
            elif promise.job_id in of_late_jobs:
                continue
            elif promise.closed_on is None and due < self.today:
                text = f"{what} was promised for {_day(due)} and is not done"
                yield self._term(Sign.LATE, due, text, fact=promise.id, job=promise.job_id, lasts=True)
            elif promise.state == PromiseState.KEPT and promise.closed_on and promise.closed_on > due:
                text = f"{what} was promised for {_day(due)} and done {_days((promise.closed_on - due).days)} later"
                yield self._term(Sign.LATE, promise.closed_on, text, fact=promise.id, job=promise.job_id)

    # ------------------------------------------------------------ the same trouble again

    def _cases(self) -> Iterator[Term]:
        for case in self.dossier.cases:
            what = _quoted(case.summary) if case.summary else "a case"
            if case.continues_id:
                text = f"{what} was opened again on {_day(case.opened_on)}"
                yield self._term(Sign.REOPENED, case.opened_on, text, fact=case.id, job=case.job_id)
            elif case.return_of:
                text = f"{what} came back on {_day(case.opened_on)}"
                yield self._term(Sign.REWORK, case.opened_on, text, fact=case.id, job=case.job_id)

    def _rework(self) -> Iterator[Term]:
        told = {case.return_of for case in self.dossier.cases} | {case.job_id for case in self.dossier.cases}
        groups: dict[tuple[str, str], list[tuple[date, Job]]] = {}
        for job in self.dossier.jobs:
            on = job.completed_on if job.status is JobStatus.COMPLETED else job.created_on
            if on is not None and job.service and job.status is not JobStatus.CANCELLED:
                groups.setdefault(returns.work(job), []).append((on, job))
        for (service, _), visits in groups.items():
            visits.sort(key=lambda each: (each[0], each[1].id))
            known = self.ways.services.get(service)
            interval, within = known.interval if known else None, self.ways.return_within
            days = [on for on, _ in visits]
            if len(days) < 2 or returns.is_rhythm(days, interval, on=self.today, within=within, add=self.ways.add):
                continue
            for (before, earlier), (on, job) in itertools.pairwise(visits):
                is_again = before < on <= self.ways.add(self.ways.return_within, before)
                done = earlier.status is JobStatus.COMPLETED
                if not (is_again and done) or {earlier.id, job.id} & told:
                    continue
                text = f"{job.service} again on {_day(on)}, {_days((on - before).days)} after the last"
                yield self._term(Sign.REWORK, on, text, fact=earlier.id, job=job.id)

    # ------------------------------------------------------------ nobody is reached

    def _calls(self) -> Iterator[Term]:
        tries: list[Contact] = []
        for contact in self.dossier.contacts:
            if contact.direction is Direction.OUT and contact.channel is Channel.CALL and contact.outcome in UNREACHED:
                tries.append(contact)
            elif contact.direction is Direction.IN or starting.talked(contact):
                tries.clear()
        if len(tries) >= TRIES:
            text = f"{len(tries)} calls without an answer since {_day(tries[0].on)}, the last on {_day(tries[-1].on)}"
            yield self._term(Sign.CALLS, tries[-1].on, text, fact=tries[-1].id, job=tries[-1].job_id)

    def _bounced(self) -> Iterator[Term]:
        ours = self.dossier.client.emails[:1]
        ended = (each for each in reversed(self.dossier.attempts) if each.state in _VERDICTS and each.address in ours)
        attempt = next(ended, None)
        if attempt is not None and attempt.state is AttemptState.PERMANENT:
            text = f"mail to {attempt.address} was refused on {_day(attempt.on)}"
            yield self._term(Sign.BOUNCED, attempt.on, text, fact=attempt.id)

    def _silence(self) -> Iterator[Term]:
        summary = self.dossier.summary
        if summary.usual_gap_days is None or summary.last_job_on is None:
            return
        quiet = self.ways.quiet
        on = cadence.quiet_on(summary.last_job_on, summary.usual_gap_days, quiet=quiet, calendar=self.ways.calendar)
        booked = any(job.status is JobStatus.OPEN for job in self.dossier.jobs)
        spoke = any(each.direction is Direction.IN and each.on >= on for each in self.dossier.contacts)
        if on <= self.today and not booked and not spoke:
            usual = f"every {_days(summary.usual_gap_days)}"
            text = f"nothing since {_day(summary.last_job_on)}; they used to come {usual}"
            yield self._term(Sign.SILENCE, on, text, job=summary.last_job_id)

    # ------------------------------------------------------------ what they said, and what we answered

    def _scores(self) -> Iterator[Term]:
        scored = [each for each in self.dossier.contacts if each.score is not None]
        for contact in scored[-1:]:
            if contact.score is not None and contact.score <= self.ways.low:
                said = f": {_quoted(contact.note)}" if contact.note else ""
                text = f"gave {contact.score} of 10 on {_day(contact.on)}{said}"
                yield self._term(Sign.SCORE, contact.on, text, fact=contact.id, job=contact.job_id)

    def _enquiries(self) -> Iterator[Term]:
        for enquiry in self._records(Enquiry):
            what = _quoted(enquiry.summary) if enquiry.summary else "an enquiry"
            term = self._answered_late(enquiry.opened_on, enquiry.acted_on or enquiry.closed_on, what, enquiry.id)
            if term is not None:
                yield term

    def _messages(self) -> Iterator[Term]:
        """Yield what they wrote, or said to the machine, and we answered late or not at all."""
        waiting: Contact | None = None
        for contact in self.dossier.contacts:
            if contact.direction is Direction.OUT and contact.purpose is not Purpose.MARKETING:
                term = waiting and self._answered_late(waiting.on, contact.on, "what they wrote", waiting.id)
                waiting = None
                if term:
                    yield term
            elif contact.direction is Direction.IN and waiting is None and _wants_answer(contact):
                waiting = contact
        term = waiting and self._answered_late(waiting.on, None, "what they wrote", waiting.id)
        if term:
            yield term

    def _answered_late(self, on: date, answered_on: date | None, what: str, fact: str) -> Term | None:
        deadline = self.ways.add(self.ways.answer, on)
        if answered_on is None:
            if self.today <= deadline:
                return None
            text = f"{what} of {_day(on)} is not answered"
            return self._term(Sign.ANSWER, on, text, fact=fact, lasts=True)
        if answered_on <= deadline:
            return None
        text = f"{what} of {_day(on)} was answered on {_day(answered_on)}"
        # The answer came, and they waited for it: it counts from the day on which it came.
        return self._term(Sign.ANSWER, answered_on, text, fact=fact)

    # ------------------------------------------------------------ what it counts

    def _term(self, sign: Sign, on: date, text: str, *, fact: str = "", job: str = "", lasts: bool = False) -> Term:
        weight = SIGNS[sign]
        age = max((self.today - on).days, 0)
        left = max(weight.fades - age, 0)
        points = weight.points * left // weight.fades
        if lasts and left:
            points = weight.points
        answered = self._answered(on, fact, lasts=lasts)
        if answered:
            points //= ANSWERED
        return Term(
            sign=sign, on=on, text=text, points=points, answered=answered, lasts=lasts, fact_id=fact, job_id=job
        )

    def _answered(self, on: date, fact: str, *, lasts: bool) -> str:
        """Return what answered a sign since its day, in words; talk alone ends nothing that lasts."""
        for case in self.dossier.cases:
            if case.id == fact:
                if case.closed_on is not None:
                    return f"put right on {_day(case.closed_on)}"
                if case.opened_by == US and not case.continues_id:
                    return "in hand"
            elif case.opened_on >= on:
                return f"case {case.id} {'is open' if case.closed_on is None else f'ended on {_day(case.closed_on)}'}"
        for contact in () if lasts else self.dossier.contacts:
            if contact.on < on or contact.id == fact:
                continue
            if contact.outcome is Outcome.HAPPY or (contact.score or 0) > self.ways.low:
                return f"a good word on {_day(contact.on)}"
            if contact.on > on and starting.talked(contact):
                return f"talked on {_day(contact.on)}"
        return ""

    def _records(self, kind: type[Kind]) -> Iterator[Kind]:
        return (record for record in self.dossier.records if isinstance(record, kind))


# ---------------------------------------------------------------- what to do


_VERDICTS = frozenset({AttemptState.SENT, AttemptState.PERMANENT})
_CAUSES = {Sign.LATE: "late", Sign.BROKEN: "promise", Sign.REWORK: "rework", Sign.ANSWER: "answer"}


def _proposal(terms: list[Term], found: _Look) -> Proposal:
    """Return the next step that the heaviest of *terms* asks for."""
    first = terms[0]
    remedy = sum(term.points for term in terms) >= REMEDY
    if found.open_case is not None:
        case = found.open_case
        text = f"a case is open since {_day(case.opened_on)}: `followup case show {case.id}`"
        return Proposal(act=Act.CASE, text=text, case_id=case.id, job_id=case.job_id, remedy=remedy)
    summary = first.text
    cause = _CAUSES.get(first.sign, "")
    match first.sign:
        case Sign.REWORK:
            text = "say that we got it wrong and come back: open a case of ours"
            made = Proposal(act=Act.RETURN, text=text, return_of=first.fact_id)
        case Sign.LATE | Sign.BROKEN:
            made = Proposal(act=Act.APOLOGY, text="apologise before they complain: open a case of ours")
        case Sign.ANSWER if not first.lasts:
            made = Proposal(act=Act.APOLOGY, text="apologise for the wait: open a case of ours")
        case _:
            made = Proposal(act=Act.CALL, text=_TO_CALL.get(first.sign, "ring and ask"))
    return Proposal(
        act=made.act,
        text=made.text,
        summary=summary,
        cause=cause,
        job_id=first.job_id if first.job_id in found.jobs else "",
        return_of=made.return_of,
        remedy=remedy,
    )


_TO_CALL = {
    Sign.ANSWER: "ring and answer, today",
    Sign.BOUNCED: "ring and ask for the right address",
    Sign.CALLS: "ring once more, at another time of the day",
    Sign.SILENCE: "ring and ask how they are",
    Sign.SCORE: "ring, listen, and ask what would put it right",
    Sign.REOPENED: "ring and ask whether it holds now",
}


def _wants_answer(contact: Contact) -> bool:
    if contact.outcome is Outcome.HAPPY or contact.score is not None:
        return False
    return contact.channel in MESSAGE_CHANNELS or contact.outcome is Outcome.VOICEMAIL


def _day(on: date) -> str:
    return f"{on.day} {workdays.MONTH_NAMES[on.month - 1]} {on.year}"


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def _quoted(text: str) -> str:
    return f"'{' '.join(text.split())}'"
