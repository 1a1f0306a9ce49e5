"""What a template may say of the relationship beyond jobs: the record that a message is about, and what came before.

Takes a decision, a dossier and the settings. Gives plain values in groups, as `context` does: text, whole numbers, yes
or no, lists and dicts of them; what does not apply is empty. Touches nothing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from followup import cadence, workdays
from followup.care import deadlines
from followup.model import (
    THEM,
    Case,
    Channel,
    Contact,
    Decision,
    Direction,
    Dossier,
    Enquiry,
    Gift,
    JobStatus,
    Lesson,
    OccasionKind,
    Person,
    Praise,
    Promise,
    PromiseState,
    Recap,
    Record,
    Referral,
)
from followup.render import words

if TYPE_CHECKING:
    from followup import settings as settings_module

_Kind = TypeVar("_Kind", bound=Record)

LINES = 12
"""So many lines of a history stand in a note: enough to act on, and the client's page has all of them."""

_LONGEST_LINE = 160
_EARLIER = 3  # earlier cases that are named beside a case

_JOB_PROMISES = frozenset({OccasionKind.PROMISE_DUE, OccasionKind.PROMISE_LATE})

WITHOUT_RECORD = _JOB_PROMISES | {OccasionKind.LOW_SCORE}
"""Occasions that may have a job or a contact for their fact, of which there is something to say all the same."""

EMPTY: Mapping[str, Any] = {
    "record": {
        **dict.fromkeys(("kind", "id", "state", "summary", "opened_on", "due_on", "acted_on", "closed_on"), ""),
        **dict.fromkeys(("resolution", "owner"), ""),
    },
    "enquiry": {
        **dict.fromkeys(("summary", "service", "service_text", "source", "amount", "answered_on", "reason"), ""),
        "declined": False,
    },
    "promise": {
        **dict.fromkeys(("summary", "made_on", "due_on", "target_on", "moved_from_on", "reason", "news"), ""),
        "is_job": False,
    },
    "receiver": dict.fromkeys(("name", "first_name", "email", "phone"), ""),
    "case": {
        **dict.fromkeys(("summary", "opened_on", "resolution", "resolved_on", "severity", "cause", "by"), ""),
        **dict.fromkeys(("chosen", "cost", "fix_on", "return_on", "return_of"), ""),
        "came_back": False,
        "remedies": [],
        "earlier": [],
    },
    "referral": {**dict.fromkeys(("friend", "reward", "amount"), ""), "doubts": []},
    "gift": dict.fromkeys(("summary", "kind"), ""),
    "praise": dict.fromkeys(("words", "earner", "quote", "quoted_as"), ""),
    "lesson": dict.fromkeys(("happened", "better", "cause", "case", "case_on", "by"), ""),
    "recap": dict.fromkeys(("found", "did", "not_done", "watch_for"), ""),
    "feedback": {**dict.fromkeys(("words", "on"), ""), "score": 0},
    "to": {**dict.fromkeys(("name", "first_name", "email"), ""), "outside": False},
    "deadline": "",
    "next_on": "",
    "history": [],
    "history_left": 0,
}
"""Every group and name there is, as it is where it does not apply; shared, never changed."""


def find(decision: Decision, dossier: Dossier) -> Record | None:
    """Return the record that a touchpoint is about."""
    occasion = decision.occasion
    wanted = occasion.record_id or occasion.case_id
    return _by_id(dossier, wanted) if wanted else None


def _by_id(dossier: Dossier, wanted: str) -> Record | None:
    return next((each for each in (*dossier.cases, *dossier.records) if each.id == wanted), None)


def _of_kind(dossier: Dossier, kind: type[_Kind], wanted: str) -> _Kind | None:
    found = _by_id(dossier, wanted) if wanted else None
    return found if isinstance(found, kind) else None


class Relation:
    """Makes these values for the touchpoints of one run."""

    def __init__(self, settings: settings_module.Settings, *, calendar: workdays.Calendar, today: date) -> None:
        """Take the home's settings, its business days and the day on which the messages are made."""
        self._settings = settings
        self._calendar = calendar
        self._today = today
        zone = ZoneInfo(settings.business.timezone)
        self._deadlines = deadlines.deadlines(settings, calendar=calendar, timezone=zone)
        self._steps = {step.name: step for step in settings.steps}
        self.remedies = [
            {"name": each.name, "text": each.text or each.name, "cost": self._money(each.cost)}
            for each in settings.remedies.values()
        ]
        self.grant_limit = self._money(settings.cases.grant_limit)

    def of(
        self, decision: Decision, dossier: Dossier, record: Record | None, keeper: str, *, language: str
    ) -> dict[str, Any]:
        """Return the groups that apply to a touchpoint; the others are those of `EMPTY`.

        Args:
            decision, dossier: the touchpoint and its client.
            record: what it is about, from `find`.
            keeper: the name of who looks after it.
            language: of the message.
        """
        found: dict[str, Any] = {}
        is_ours = bool(decision.to_person)
        to = self._settings.people.get(decision.to_person)
        if record is not None:
            found["record"] = {
                "kind": type(record).__name__.lower(),
                "id": record.id,
                "state": str(record.state),
                "summary": block(record.summary),
                "opened_on": iso(record.opened_on),
                "due_on": iso(record.due_on),
                "acted_on": iso(record.acted_on),
                "closed_on": iso(record.closed_on),
                "resolution": block(record.resolution),
                "owner": keeper,
            }
            _GROUPS[type(record)](self, found, record, dossier, language)
        elif decision.occasion.kind in _JOB_PROMISES:
            self._job_promise(found, decision, dossier, keeper, language)
        elif decision.occasion.kind is OccasionKind.LOW_SCORE:
            found["record"] = {**EMPTY["record"], "owner": keeper}
            self._feedback(found, decision, dossier)
        if is_ours:  # a sole trader who stands nowhere under [people] goes by the firm's name
            firm = line(self._settings.business.name)
            said = someone(to) if to else {"name": firm, "first_name": firm, "email": ""}
            found["to"] = {**EMPTY["to"], **said, "outside": to is not None and to.outside}
            found["to"].pop("phone", None)
        if is_ours or (record is not None and decision.channel is Channel.CALL):
            lines = list(history(dossier, self._settings.people, outside=to is not None and to.outside))
            found["history"] = lines[:LINES]
            found["history_left"] = max(0, len(lines) - LINES)
        deadline = self.deadline(decision, record)
        found["deadline"] = iso(deadline)
        found["next_on"] = iso(self._next_on(decision, record, found, deadline))
        return found

    # ------------------------------------------------------------ kinds

    def _enquiry(self, found: dict[str, Any], enquiry: Enquiry, dossier: Dossier, language: str) -> None:
        found["enquiry"] = {
            "summary": block(enquiry.summary),
            "service": line(enquiry.service),
            "service_text": words.service(enquiry.service, language),
            "source": line(enquiry.source),
            "amount": words.amount(enquiry.amount_minor, enquiry.currency),
            "answered_on": iso(enquiry.acted_on),
            "reason": block(enquiry.resolution),
            "declined": enquiry.declined,
        }

    def _promise(self, found: dict[str, Any], promise: Promise, dossier: Dossier, language: str) -> None:
        before = _of_kind(dossier, Promise, promise.moved_from)
        found["promise"] = {
            "summary": block(promise.summary),
            "made_on": iso(promise.opened_on),
            "due_on": iso(promise.due_on),
            "target_on": iso(promise.target_on),
            "moved_from_on": iso(before.due_on) if before else "",
            "reason": block(before.resolution if before else promise.resolution),
            "news": block(promise.news),
            "is_job": False,
        }
        receiver = self._settings.people.get(promise.receiver)
        if receiver is not None:
            found["receiver"] = someone(receiver)

    def _job_promise(
        self, found: dict[str, Any], decision: Decision, dossier: Dossier, keeper: str, language: str
    ) -> None:
        job = next((each for each in dossier.jobs if each.id == decision.occasion.job_id), None)
        if job is None:
            return
        summary = line(job.service) or words.services((), language)
        due_on = iso(job.promised_on)
        found["record"] = {**EMPTY["record"], "summary": summary, "due_on": due_on, "owner": keeper}
        found["promise"] = {**EMPTY["promise"], "summary": summary, "due_on": due_on, "is_job": True}

    def _case(self, found: dict[str, Any], case: Case, dossier: Dossier, language: str) -> None:
        offered = [self._remedy(name) for name in case.offered]
        promise = _of_kind(dossier, Promise, case.promise_id)
        while promise is not None and promise.state == PromiseState.MOVED:
            promise = next(
                (each for each in dossier.records if isinstance(each, Promise) and each.moved_from == promise.id), None
            )
        earlier = [each for each in dossier.cases if each.id != case.id and each.opened_on <= case.opened_on]
        found["case"] = {
            "summary": block(case.summary),
            "opened_on": iso(case.opened_on),
            "resolution": block(case.resolution),
            "resolved_on": iso(case.closed_on),
            "severity": line(case.severity),
            "cause": line(case.cause),
            "by": case.opened_by,
            "chosen": self._remedy(case.chosen)["text"] if case.chosen else "",
            "cost": words.amount(case.cost_minor, case.currency),
            "fix_on": iso(promise.due_on) if promise and promise.due_on and promise.due_on >= self._today else "",
            **_return(case, dossier, language),
            "remedies": [{"letter": _LETTERS[number % 26], **each} for number, each in enumerate(offered)],
            "earlier": [
                {"on": iso(each.opened_on), "summary": line(each.summary), "resolution": line(each.resolution)}
                for each in reversed(earlier[-_EARLIER:])
            ],
        }

    def _remedy(self, name: str) -> dict[str, str]:
        return next((each for each in self.remedies if each["name"] == name), {"name": name, "text": name, "cost": ""})

    def _referral(self, found: dict[str, Any], referral: Referral, dossier: Dossier, language: str) -> None:
        found["referral"] = {
            "friend": words.soften(line(referral.friend)),
            "reward": block(referral.reward or self._settings.referrals.reward),
            "amount": words.amount(referral.reward_minor, referral.currency),
            "doubts": list(referral.doubts),
        }

    def _gift(self, found: dict[str, Any], gift: Gift, dossier: Dossier, language: str) -> None:
        found["gift"] = {"summary": block(gift.summary), "kind": line(gift.kind)}

    def _praise(self, found: dict[str, Any], praise: Praise, dossier: Dossier, language: str) -> None:
        earner = self._settings.people.get(praise.owner)
        found["praise"] = {
            "words": block(praise.summary).strip('"“”'),
            "earner": line(earner.name) if earner else "",
            "quote": block(praise.quote),
            "quoted_as": line(praise.quoted_as),
        }

    def _lesson(self, found: dict[str, Any], lesson: Lesson, dossier: Dossier, language: str) -> None:
        case = _of_kind(dossier, Case, lesson.case_id)
        found["lesson"] = {
            "happened": block(lesson.summary),
            "better": block(lesson.better),
            "cause": line(lesson.cause),
            "case": block(case.summary) if case else "",
            "case_on": iso(case.opened_on) if case else "",
            "by": case.opened_by if case else "",
        }

    def _recap(self, found: dict[str, Any], recap: Recap, dossier: Dossier, language: str) -> None:
        found["recap"] = {
            "found": block(recap.found),
            "did": block(recap.did),
            "not_done": block(recap.not_done),
            "watch_for": block(recap.watch_for),
        }

    def _feedback(self, found: dict[str, Any], decision: Decision, dossier: Dossier) -> None:
        wanted = decision.occasion.fact_id
        contact = next((each for each in dossier.contacts if each.id == wanted), None)
        if contact is not None and contact.score is not None:
            said = block(contact.note or contact.summary)
            found["feedback"] = {"words": said, "on": iso(contact.on), "score": contact.score}

    # ------------------------------------------------------------ by when

    def deadline(self, decision: Decision, record: Record | None) -> date | None:
        """Return the day by which the firm has to have done what a touchpoint is about, by the home's own rules."""
        ends = self._deadlines
        if isinstance(record, Case):
            at: datetime | None = {
                OccasionKind.CASE_UNANSWERED: ends.acknowledge_by,
                OccasionKind.CASE_OVERDUE: ends.solve_by,
                OccasionKind.REMEDY_ASKED: ends.grant_by,
            }.get(decision.occasion.kind, ends.call_by)(record)
            return ends.day_of(at) if at else None
        if isinstance(record, Enquiry):
            return record.due_on or ends.day_of(ends.answer_by(record))
        return record.due_on if record is not None else None

    def _next_on(
        self, decision: Decision, record: Record | None, found: Mapping[str, Any], deadline: date | None
    ) -> date | None:
        """Return the day by which the client hears next, never one that is over."""
        kind, step = decision.occasion.kind, self._steps.get(decision.step)
        if kind is OccasionKind.PROMISE_LATE and step is not None and step.every is not None:
            on, n = decision.occasion.on, decision.occurrence
            while (again := cadence.nth(on, step.delay, step.every, n + 1, self._calendar)) <= self._today:
                n += 1
            return self._calendar.next_business_day(again)
        if kind is OccasionKind.HANDED_OVER:
            return record.due_on if record else None
        if deadline is None or not isinstance(record, Case):
            return None
        return deadline if deadline >= self._today else self._calendar.add_business_days(self._today, 1)

    def _money(self, decimal: str) -> str:
        currency = self._settings.business.currency
        return f"{decimal} {currency}".strip() if decimal else ""


_GROUPS: Mapping[type[Record], Callable[[Relation, dict[str, Any], Any, Dossier, str], None]] = {
    Enquiry: Relation._enquiry,
    Promise: Relation._promise,
    Case: Relation._case,
    Referral: Relation._referral,
    Gift: Relation._gift,
    Praise: Relation._praise,
    Lesson: Relation._lesson,
    Recap: Relation._recap,
}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _return(case: Case, dossier: Dossier, language: str) -> dict[str, Any]:
    """Return what is known of the trouble that came back: when we were done with it, and with which work."""
    wanted = case.return_of or case.continues_id
    before = _of_kind(dossier, Case, wanted)
    job = next((each for each in dossier.jobs if each.id == wanted), None) if wanted else None
    on = before.closed_on if before else job.completed_on if job else None
    return {
        "came_back": bool(wanted),
        "return_on": iso(on),
        "return_of": words.services((job.service,), language) if job else "",
    }


def someone(person: Person) -> dict[str, Any]:
    """Return how one of us, or a supplier, is named and reached; a supplier may be a firm, which has no first name."""
    name = line(person.name)
    first = name if person.outside else words.first_name(name)
    return {"name": name, "first_name": first, "email": person.email, "phone": person.phone}


def iso(day: date | None) -> str:
    """Return a day as a template takes it."""
    return day.isoformat() if day else ""


def line(text: str) -> str:
    """Return *text* as one line with single spaces."""
    return " ".join(text.split()) if text else text


def block(text: str) -> str:
    r"""Return *text* with plain ``\n`` line ends and nothing at either end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip() if text else text


# ---------------------------------------------------------------- what happened, for a person of ours


def history(dossier: Dossier, people: Mapping[str, Person], *, outside: bool = False) -> Iterator[dict[str, str]]:
    """Yield what happened with a client as lines, the latest first.

    Args:
        dossier: the client's.
        people: ours, for their names.
        outside: for somebody who is not of the firm: what was said in confidence, praised or given stays with us.
    """
    events = [*_jobs(dossier), *_contacts(dossier, people, outside=outside)]
    for record in (*dossier.cases, *dossier.records):
        if not outside or isinstance(record, Case | Promise | Enquiry):
            events += _record(record, people)
    for on, text in sorted(events, key=lambda event: event[0], reverse=True):
        yield {"on": on.isoformat(), "text": textwrap.shorten(text, _LONGEST_LINE, placeholder=" …")}


def _jobs(dossier: Dossier) -> Iterator[tuple[date, str]]:
    for job in dossier.jobs:
        if job.completed_on:
            by = f", by {job.assigned_to}" if job.assigned_to else ""
            yield job.completed_on, f"{job.service or 'the work'} done{by}"
        elif job.status is JobStatus.OPEN and job.promised_on and job.created_on:
            yield job.created_on, f"{job.service or 'the work'} promised for {_day(job.promised_on)}"


def _contacts(dossier: Dossier, people: Mapping[str, Person], *, outside: bool) -> Iterator[tuple[date, str]]:
    for contact in dossier.contacts:
        by = people.get(contact.by)
        channel = "e-mail" if contact.channel == "email" else contact.channel.value
        head = (
            f"{channel} from {by.name if by else 'us'}"
            if contact.direction is Direction.OUT
            else f"{channel} from them"
        )
        said = "; ".join(part for part in _said(contact, outside=outside) if part)
        yield contact.on, f"{head}: {said}" if said else head


def _said(contact: Contact, *, outside: bool) -> Iterator[str]:
    yield contact.summary or contact.step
    if outside:
        return
    yield contact.outcome.value if contact.outcome else ""
    yield f"{contact.score} of 10" if contact.score is not None else ""
    yield contact.note


def _record(record: Record, people: Mapping[str, Person]) -> Iterator[tuple[date, str]]:
    summary, end = record.summary, f": {record.resolution}" if record.resolution else ""
    match record:
        case Enquiry():
            began = f"they asked: {asked}" if (asked := summary or record.service) else "they asked us something"
            ended = f"enquiry {record.state}{end}"
        case Promise():
            whose = "they promised" if record.opened_by == THEM else "we promised"
            began = f"{whose} for {_day(record.due_on)}: {summary}"
            ended = f"promise {record.state}{end or f': {summary}'}"
        case Case():
            began = f"{'they told us' if record.opened_by == THEM else 'we saw'}: {summary or 'something went wrong'}"
            ended = f"put right{end}"
        case Referral():
            began, ended = f"they brought us {record.friend or 'a client'}", f"referral {record.state}{end}"
        case Gift():
            began, ended = f"given: {summary}", f"given, void{end}"
        case Praise():
            earner = people.get(record.owner)
            began, ended = f"praise for {earner.name if earner else 'us'}: {summary}", f"praise {record.state}"
        case Recap():
            began, ended = "what we found and did, in writing", f"recap {record.state}{end}"
        case _:
            return
    yield record.opened_on, began
    if record.closed_on:
        yield record.closed_on, ended


def _day(day: date | None) -> str:
    return words.long_date(day, "en") if day else "no day"
