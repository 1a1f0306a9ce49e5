"""Records of a relationship, whatever their kind: add, find, edit, close.

Takes a Desk, a kind and what was typed. Gives the record as it is now. Touches the store. What follows from a record is
derived anew each time, so that a change moves or stops all that is not yet done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from followup import identity
from followup.care import returns, track
from followup.care.kind import Ending, Kind
from followup.care.kinds import BY_RECORD
from followup.errors import BadInput, UsageError
from followup.model import (
    THEM,
    US,
    Case,
    Client,
    Job,
    JobStatus,
    Lesson,
    Praise,
    Promise,
    PromiseState,
    Record,
    Referral,
    ReferralState,
)
from followup.report import words
from followup.workflow import fields, finding, records, referrals
from followup.workflow import track as our_track
from followup.workflow.desk import Desk

Kept = TypeVar("Kept", bound=Record)


# ---------------------------------------------------------------- add


def add(desk: Desk, kind: Kind, client_text: str, typed: fields.Typed) -> Record:
    """Make a record of *kind* for a client, and keep it."""
    record = made(desk, kind.record, client_text, typed)
    save(desk, record, command=f"{kind.name} {kind.opens}")
    return record


def add_with_client(desk: Desk, kind: Kind, person: Mapping[str, Any], typed: fields.Typed) -> tuple[Client, Record]:
    """Make a record for somebody who is no client yet: both in one batch, which one `undo` takes back."""
    client = records.new_client(desk, person)
    record = begun(desk, kind.record, client, fields.by_hand(desk, kind, typed, client=client))
    with desk.store.write(
        kind="hand", command=f"{kind.name} {kind.opens} --new", person=desk.person, now=desk.now()
    ) as write:
        write.save(client)
        write.save(record)
    return client, record


def made(desk: Desk, record_type: type[Kept], client_text: str, typed: fields.Typed) -> Kept:
    """Return the record that *typed* means, checked, not kept yet.

    Where the kind can come of a case, the case's id may stand for the client.
    """
    kind = BY_RECORD[record_type]
    client, more = _whose(desk, kind, client_text)
    return begun(desk, record_type, client, fields.by_hand(desk, kind, {**more, **typed}, client=client))


def _whose(desk: Desk, kind: Kind, text: str) -> tuple[Client, dict[str, Any]]:
    of_case = any(each.name == "case_id" for each in kind.fields)
    case = next(iter(desk.store.find_care(Case, text)), None) if of_case and len(text) == identity.LENGTH else None
    if case is None:
        return finding.client(desk, text), {}
    return finding.by_id(desk, case.client_id), {"case_id": case.id}


def begun(desk: Desk, record_type: type[Kept], client: Client, given: Mapping[str, Any]) -> Kept:
    """Return a record that begins now, with what it takes from others filled in, and checked; not kept yet."""
    kind = BY_RECORD[record_type]
    record = new(desk, record_type, client, given)
    for field in kind.fields:
        if field.required and getattr(record, field.name) in ("", None):
            raise UsageError(f"{fields.spelled(kind, field)} is missing: {field.help} `followup {kind.name} --help`")
    complete = _COMPLETED.get(record_type)
    record = complete(desk, record) if complete else record
    check(desk, record, before=None)
    return record


def new(desk: Desk, record_type: type[Kept], client: Client, given: Mapping[str, Any]) -> Kept:
    """Return a record of *client* with what goes without saying; neither completed nor checked, see `begun`."""
    kind = BY_RECORD[record_type]
    day = given.get("opened_on") or desk.today
    opened = {"opened_on": day, "opened_at": desk.now() if day == desk.today else None}
    start: dict[str, Any] = {"state": kind.states(kind.begins), "opened_by": kind.begun_by, "recorded_at": desk.now()}
    record = record_type(id=identity.random_identifier(), client_id=client.id, **{**start, **given, **opened})
    if record.owner or isinstance(record, Praise):  # whom praise is for is not guessed
        return record
    return replace(record, owner=client.owner or desk.person)


def own_day(desk: Desk, promise: Promise) -> Promise:
    """Return *promise* with a day of our own before the one that is said, where it is ours and none was named."""
    if promise.opened_by != US or promise.due_on is None or promise.target_on is not None:
        return promise
    margin = desk.settings.promises.margin
    day = track.target_on(promise.due_on, made_on=promise.opened_on, margin=margin, calendar=desk.calendar)
    return replace(promise, target_on=day)


def _praise(desk: Desk, record: Praise) -> Praise:
    """Give praise to the one who did the job, or to the only one there is."""
    if record.owner:
        return record
    job = desk.store.job(record.job_id) if record.job_id else None
    people = [*desk.settings.people]
    return replace(record, owner=(job.owner if job else "") or (people[0] if len(people) == 1 else ""))


def _lesson(desk: Desk, record: Lesson) -> Lesson:
    """Take cause and job of a lesson from its case."""
    case = desk.store.care_among([record.case_id]).get(record.case_id) if record.case_id else None
    if not isinstance(case, Case):
        return record
    return replace(record, cause=record.cause or case.cause, job_id=record.job_id or case.job_id)


def _trouble(desk: Desk, record: Case) -> Case:
    """Name the fact whose trouble this is, where it came back."""
    job = desk.store.job(record.job_id) if record.job_id and not record.return_of else None
    if job is None:
        return record
    service = desk.settings.services.get(job.service.strip().lower())
    found = returns.trouble_before(
        job,
        record.opened_on,
        jobs=desk.store.jobs_of(record.client_id),
        cases=desk.store.care(Case, client_id=record.client_id),
        interval=service.interval if service else None,
        within=desk.settings.cases.return_within,
        add=desk.rules.add,
    )
    return replace(record, return_of=found)


_COMPLETED: Mapping[type[Record], Callable[[Desk, Any], Any]] = {
    Promise: own_day,
    Case: _trouble,
    Praise: _praise,
    Lesson: _lesson,
}
"""What a new record of a kind takes from the settings and from other records."""


# ---------------------------------------------------------------- checks


def check(desk: Desk, record: Record, *, before: Record | None, by_hand: bool = True) -> None:
    """Refuse a record that cannot be so.

    Args:
        desk: the desk.
        record: as it is to be.
        before: as it was; None for a new one.
        by_hand: it happens now; what a file tells happened before.

    Raises:
        BadInput: says which days or fields are at odds, and what now.
    """
    kind = BY_RECORD[type(record)]
    client = desk.store.client(record.client_id)
    if client is not None:  # one that is made in the same step is not there yet
        finding.refuse_forgotten(client)
    if record.opened_on > desk.today:
        raise BadInput(f"{record.opened_on} is in the future: a {kind.name} is recorded once it is there.")
    for rule in _RULES.get(type(record), ()):
        rule(desk, record, before is None and by_hand)
    for name in ("due_on", "target_on", "acted_on", "closed_on"):
        day = getattr(record, name, None)
        if day is not None and day < record.opened_on and (before is None or day != getattr(before, name)):
            raise BadInput(
                f"{kind.field(name).said} {day} is before the {kind.name} began, on {record.opened_on}. "
                "Which of the two days is wrong?"
            )
    if record.closed_on is not None and record.closed_on > desk.today:
        raise BadInput(f"{record.closed_on} is in the future: a {kind.name} is closed when it is over.")


def _promise(desk: Desk, record: Promise, is_new: bool) -> None:
    due, target = record.due_on, record.target_on
    if is_new and due is not None and due < desk.today:
        raise BadInput(f"--by {due} is in the past: a promise is about a day to come.")
    if due is not None and target is not None and target > due:
        raise BadInput(f"--target {target} is after the day that is said ({due}): our own day comes first.")
    if record.opened_by == THEM and target is not None and is_new:
        raise BadInput("--target is our own day; what the client owes us has none.")


def _case(desk: Desk, record: Case, is_new: bool) -> None:
    if not is_new or not record.job_id:
        return
    for other in desk.store.care(Case, open_only=True, client_id=record.client_id):
        if other.job_id == record.job_id:
            raise BadInput(
                f"Job {record.job_id} has an open case already: {other.summary or other.id}. `followup case edit "
                f"{other.id}` adds to it; what is another trouble is opened without --job."
            )


def _referral(desk: Desk, record: Referral, _is_new: bool) -> None:
    if record.friend_id and record.friend_id == record.client_id:
        who = finding.by_id(desk, record.client_id)
        raise BadInput(f"{words.client(who)} cannot bring {words.client(who)}: a referral is between two clients.")
    over = (ReferralState.LOST, ReferralState.REFUSED)
    for other in desk.store.care(Referral) if record.friend_id and record.state not in over else ():
        if other.id != record.id and other.friend_id == record.friend_id and other.state not in over:
            by = finding.by_id(desk, other.client_id)
            raise BadInput(
                f"{record.friend} was brought by {words.client(by)} on {other.opened_on} (referral {other.id}). "
                f"If that was wrong: followup referral close {other.id} --as lost"
            )


def _quoted(_desk: Desk, record: Praise, _is_new: bool) -> None:
    if record.quote and not record.permission:
        raise BadInput("--quote needs --permission: where and when they allowed us to print these words.")


_RULES: Mapping[type[Record], tuple[Callable[[Desk, Any, bool], None], ...]] = {
    Promise: (_promise,),
    Case: (_case,),
    Referral: (_referral,),
    Praise: (_quoted,),
}
"""What a kind refuses besides."""


# ---------------------------------------------------------------- find, edit, close


def listed(
    desk: Desk, kind: Kind, *, everything: bool = False, client: str = "", owner: str = "", derived: bool = False
) -> list[Record]:
    """Return records in the order in which they began, those with a day by that day; open ones unless told.

    With *derived* also what is a promise while it stands in a job.
    """
    client_id = finding.client(desk, client).id if client else None
    person = desk.find_person(owner).id if owner else ""
    found = desk.store.care(kind.record, open_only=not (everything or kind.fixed), client_id=client_id)
    if derived and kind.record is Promise:
        found = [*found, *_of_jobs(desk, client_id)]
    if person:
        found = [each for each in found if each.owner == person]
    if kind.fields[0].name == "due_on":
        found.sort(key=lambda each: (each.due_on or date.max, each.id))
    return found


def of_job(desk: Desk, job: Job, client: Client) -> Promise:
    """Return the promise that the day of an open job is, under the job's id; it is kept nowhere else."""
    return Promise(
        id=job.id,
        client_id=client.id,
        opened_on=min(job.created_on or desk.today, desk.today),
        state=PromiseState.OPEN,
        summary=job.service,
        job_id=job.id,
        owner=job.owner or client.owner or desk.settings.owner,
        due_on=job.promised_on,
    )


def _of_jobs(desk: Desk, client_id: str | None) -> list[Promise]:
    """Return the promises that the days of open jobs are: all, or those of one client."""
    if client_id is None:
        jobs = desk.store.jobs_to_keep()
    else:
        of_client = desk.store.jobs_of(client_id)
        jobs = [job for job in of_client if job.status is JobStatus.OPEN and job.promised_on is not None]
    clients = desk.store.clients({job.client_id for job in jobs})
    return [of_job(desk, job, clients[job.client_id]) for job in jobs]


def edit(desk: Desk, kind: Kind, text: str, typed: fields.Typed) -> tuple[Record, Record]:
    """Change fields of a record; returns it before and after."""
    before = finding.record(desk, kind.record, text, open_only=False)
    client = finding.by_id(desk, before.client_id)
    given = fields.by_hand(desk, kind, typed, client=client, currency=getattr(before, "currency", ""))
    for field in kind.fields:
        if field.required and given.get(field.name, field) in ("", None):
            raise BadInput(f"{fields.spelled(kind, field)} is empty: {field.help}")
    after = replace(before, **given)
    refuse_two_currencies(kind, before, after, given)
    check(desk, after, before=before)
    save(desk, after, command=f"{kind.name} edit")
    return before, after


def refuse_two_currencies(kind: Kind, before: Record, after: Record, given: Mapping[str, Any]) -> None:
    """Refuse an amount in another currency than those that stay."""
    was, now = getattr(before, "currency", ""), getattr(after, "currency", "")
    if was == now or not was:
        return
    stay = [each for each in kind.fields if each.takes == "amount" and each.name not in given]
    if any(getattr(before, each.name) for each in stay):
        raise BadInput(f"This {kind.name} is in {was}, and {now} was typed; a record has one currency.")


def close(desk: Desk, kind: Kind, text: str, word: str, typed: fields.Typed) -> Record:
    """End a record as *word* says; what waited for it counts from that day.

    Raises:
        BadInput: it is closed already, or the day cannot be. UsageError: only a verb of its own ends it like that.
    """
    before = finding.record(desk, kind.record, text)
    refuse_closed(before)
    client = finding.by_id(desk, before.client_id)
    given = fields.by_hand(desk, kind, typed, client=client, currency=getattr(before, "currency", ""))
    given.setdefault("closed_on", desk.today)
    how = ending(kind, word)
    if how.by:
        verb = f"{kind.name} {how.by}"
        raise UsageError(f"`followup {verb} {before.id}` does that, with checks of its own. `followup {verb} --help`")
    after = ended(desk, kind, before, how, given)
    along = _end_of_case(desk, after) if isinstance(after, Case) else []
    save(desk, after, *along, command=f"{kind.name} {kind.closes}")
    return after


def _end_of_case(desk: Desk, case: Case) -> list[Record]:
    """Return what ends with *case*: the promise by when it would be put right. A case ends with a cause."""
    if not case.cause:
        causes = Counter(each.cause for each in desk.store.care(Case) if each.cause)
        known = ", ".join(cause for cause, _ in causes.most_common(6))
        so_far = f" So far: {known}." if known else ""
        raise UsageError(f"Say in a word what it came from, so that what repeats is seen: --cause hurry.{so_far}")
    promise = desk.store.care_among([case.promise_id]).get(case.promise_id) if case.promise_id else None
    if promise is None or promise.closed_on is not None:
        return []
    return [replace(promise, state=PromiseState.KEPT, closed_on=case.closed_on, resolution="the case was resolved")]


def ending(kind: Kind, word: str) -> Ending:
    """Return how *word* ends a record; without a word, the only way there is."""
    chosen = [each for each in kind.endings if each.word == word or (not word and not each.by)]
    if len(chosen) != 1:
        known = ", ".join(each.word for each in kind.endings if not each.by)
        raise UsageError(f"Say how the {kind.name} ended: --as {known}.")
    return chosen[0]


def ended(desk: Desk, kind: Kind, before: Kept, how: Ending, given: Mapping[str, Any]) -> Kept:
    """Return *before* as it is once it has ended; not kept yet."""
    day = given["closed_on"]
    if day > desk.today or day < before.opened_on:
        raise BadInput(f"{day} is not between the day it was opened ({before.opened_on}) and today ({desk.today}).")
    return replace(before, **{"state": kind.states(how.state), **given})


def refuse_closed(record: Record) -> None:
    """Refuse what is over: it was true, and stays so."""
    if record.closed_on is not None:
        kind = BY_RECORD[type(record)]
        how = str(record.state).replace("-", " ")
        raise BadInput(f"{kind.name.capitalize()} {record.id} was {how} on {record.closed_on}.")


def save(desk: Desk, *changed: Record, command: str) -> None:
    """Keep records in one batch, which one `undo` takes back."""
    with desk.store.write(kind="hand", command=command, person=desk.person, now=desk.now()) as write:
        for record in changed:
            write.save(record)
            if isinstance(record, Referral):
                referrals.tell(desk, write, record)


# ---------------------------------------------------------------- what to say of one


def remarks(desk: Desk, record: Record) -> list[str]:
    """Return what to bear in mind of a record that was just made: its own day, closing days, our record."""
    if isinstance(record, Promise):
        return _about_promise(desk, record)
    if isinstance(record, Case):
        return _about_case(desk, record)
    if isinstance(record, Praise) and not record.owner:
        return [f"Who earned it? `followup praise edit {record.id} --for PERSON`; then it is passed on."]
    return []


def _about_case(desk: Desk, case: Case) -> list[str]:
    deadlines = desk.rules.deadlines
    when = (("acknowledged", deadlines.acknowledge_by(case)), ("called", deadlines.call_by(case)))
    lines = [f"{what} by {words.long_day(desk.local(at).date())}, {desk.local(at):%H:%M}" for what, at in when]
    lines = [f"To be {' and '.join(lines)}."]
    if case.return_of:
        what = "an earlier case" if case.return_of in desk.store.care_among([case.return_of]) else "an earlier job"
        lines.append(f"It is the trouble of {what} ({case.return_of}) again; the message to the client says so.")
    return [*lines, f"Nothing is asked of this client until `followup case resolve {case.id}`."]


def _about_promise(desk: Desk, record: Promise) -> list[str]:
    assert record.due_on is not None
    lines = about_closing_day(desk, record.due_on)
    if record.opened_by == THEM:
        return lines
    if record.target_on is not None and record.target_on != record.due_on:
        lines.append(f"Our own day is {words.long_day(record.target_on)}; --target names another.")
    job = desk.store.job(record.job_id) if record.job_id else None
    return [*lines, our_track.sentence(desk, service=job.service if job else "")]


def about_closing_day(desk: Desk, day: date) -> list[str]:
    """Return what to bear in mind of a day that is said to a client."""
    closed = track.closed(day, desk.calendar)
    if closed is None:
        return []
    said = f"{words.long_day(day)} is a day on which you are closed ({closed.why}); the business days around it are "
    return [f"{said}{words.day(closed.before_on)} and {words.day(closed.next_on)}."]


def notes(record: Record) -> list[str]:
    """Return what a record means for its client as long as it is as it is."""
    if isinstance(record, Case) and record.closed_on is None:
        return ["Nothing is asked of this client until it is resolved."]
    return []


def names(desk: Desk, record: Record) -> dict[str, str]:
    """Return what clients that a record names are called, by id."""
    ids = {getattr(record, each.name) for each in BY_RECORD[type(record)].fields if each.takes == "client"} - {""}
    return {client_id: words.client(each) for client_id, each in desk.store.clients(ids).items()}
