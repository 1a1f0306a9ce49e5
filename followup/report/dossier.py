"""All that is held about one person: on pages for whoever asks (GDPR, article 15), and as json (article 20).

Takes what `workflow.dossiers` gathered. Gives lines and plain values. Touches nothing. The pages are for somebody who
has never seen this program: no keys, no words of the trade.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any

from followup.care.kind import Kind
from followup.care.kinds import BY_RECORD, KINDS
from followup.cells import amount, printable
from followup.model import (
    Attempt,
    AttemptState,
    Case,
    Client,
    Consent,
    Contact,
    Direction,
    Instruction,
    InstructionKind,
    Job,
    JobStatus,
    Outcome,
    Record,
    Summary,
    Suppression,
)
from followup.records import dataclass
from followup.report import care, words

UNNAMED = "default"
"""The source of numbers for which nobody named a program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Something that brought the person, or news of them, into the home."""

    at: datetime
    files: tuple[str, ...]  # empty: it was typed
    by: str  # a person's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One field that was changed in one of the person's records."""

    at: datetime
    by: str  # a person's name
    command: str
    record: str  # client, job, case
    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """All that is held about one client."""

    made_on: date
    zone: tzinfo
    business: str
    postal: str  # address of the business
    reply_to: str  # its e-mail address
    people: Mapping[str, str]  # person's id -> name
    client: Client
    summary: Summary
    also: tuple[Client, ...]  # records that were found to be the same person
    jobs: tuple[Job, ...]
    contacts: tuple[Contact, ...]
    attempts: tuple[Attempt, ...]  # with their words
    cases: tuple[Case, ...]
    records: tuple[Record, ...]  # every other one of the relationship
    instructions: tuple[Instruction, ...]
    stops: tuple[tuple[str, Suppression], ...]  # address, and what is known of it
    numbers: tuple[tuple[str, str, str], ...]  # source, kind, number
    brought: tuple[Brought, ...]
    changes: tuple[Changed, ...]
    household: int  # how many other clients share the postal address or a phone
    referred: int  # how many clients they brought


# ---------------------------------------------------------------- json


def to_json(held: Held) -> dict[str, Any]:
    """Return everything as plain values; fields that say nothing are left out of records."""
    records = {
        "jobs": held.jobs,
        "contacts": held.contacts,
        "messages": held.attempts,
        "cases": held.cases,
        **{kind.plural: _of_kind(held, kind) for kind in KINDS.values() if kind.record is not Case},
        "instructions": held.instructions,
        "changes": held.changes,
        "imports": held.brought,
    }
    return {
        "made_on": held.made_on.isoformat(),
        "held_by": held.business,
        "client": _plain(held.client),
        "same_person": [_plain(each) for each in held.also],
        "summary": _plain(held.summary),
        **{name: [_plain(each) for each in found] for name, found in records.items()},
        "numbers": [{"source": source, "kind": kind, "number": number} for source, kind, number in held.numbers],
        "stops": [{"address": address, **_stop(known)} for address, known in held.stops],
        "stopped": _is_stopped(held),
        "household_others": held.household,
        "referred": held.referred,
    }


def _of_kind(held: Held, kind: Kind) -> tuple[Record, ...]:
    return tuple(record for record in held.records if type(record) is kind.record)


def _plain(record: Any) -> dict[str, Any]:
    found = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    return {name: _value(value) for name, value in found.items() if value not in (None, "", (), {}, False)}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


def _stop(known: Suppression) -> dict[str, Any]:
    return {name: value for name, value in _plain(known).items() if name != "address_hash"}


def _is_stopped(held: Held) -> bool:
    return held.client.consent is Consent.OPTED_OUT or any(known.lifted_at is None for _, known in held.stops)


# ---------------------------------------------------------------- pages


def lines(held: Held) -> Iterator[str]:
    """Yield the pages, line by line, each harmless on a screen."""
    who = words.client(held.client)
    title = f"What {held.business} holds about {who}"
    yield printable(title)
    yield "=" * len(title)
    yield ""
    by = ", ".join(part for part in (held.business, *held.postal.splitlines(), held.reply_to) if part)
    yield printable(f"Made on {words.long_day(held.made_on)} by {by}.")
    if held.client.erased_on:
        yield f"Erased on {words.full_day(held.client.erased_on)}: only days and amounts are left."
    sections = (
        ("Who you are", _who(held)),
        ("Where we have it from", _sources(held)),
        ("Whether we may write to you", _consent(held)),
        ("Work for you", [line for job in held.jobs for line in _job(held, job)]),
        ("What went wrong, and what became of it", [line for case in held.cases for line in _case(held, case)]),
        ("What else we wrote down", [line for each in held.records for line in _record(held, each)]),
        ("When we were in touch", [line for contact in held.contacts for line in _contact(held, contact)]),
        ("Messages made for you", [line for attempt in held.attempts for line in _message(held, attempt)]),
        ("What we noted for ourselves", [line for each in held.instructions for line in _instruction(each)]),
        ("What we worked out from this", _summary(held)),
        ("What was changed in these records", [line for each in held.changes for line in _change(held, each)]),
    )
    for heading, found in sections:
        yield from ("", heading, "-" * len(heading))
        yield from found or ["  Nothing."]
    yield from ("", "Your rights", "-----------")
    yield "  You may have this corrected or erased, and you may tell us to stop writing to you, at any time."
    if held.reply_to:
        yield printable(f"  Write to {held.reply_to}.")


def _who(held: Held) -> list[str]:
    found = _facts(held, held.client)
    for also in held.also:
        found += ["  Also kept as the same person:", *(f"  {line}" for line in _facts(held, also))]
    return found


def _facts(held: Held, client: Client) -> list[str]:
    town = " ".join(part for part in (client.postal_code, client.city) if part)
    place = ", ".join(part for part in (client.street, town, client.region, client.country) if part)
    facts = (
        ("name", client.full_name or " ".join(part for part in (client.first_name, client.last_name) if part)),
        ("title", client.title),
        ("firm", client.company),
        ("greeted as", client.address_as),
        ("e-mail", ", ".join(client.emails)),
        ("phone", ", ".join(client.phones)),
        ("address", place),
        ("language", client.language),
        ("likes best to be reached by", words.channel(client.preferred_channel)),
        ("not to be reached by", ", ".join(words.channel(name) for name in client.no_channels)),
        ("marked as", ", ".join(client.tags)),
        ("looked after by", held.people.get(client.owner, client.owner)),
        ("notes", client.notes),
        ("a line for the next thank-you", client.note),
        *client.extra.items(),
    )
    return words.aligned([(name, value) for name, value in facts if value])


def _sources(held: Held) -> list[str]:
    found = []
    if held.client.created_on:
        found.append(f"  known to us since {words.full_day(held.client.created_on)}")
    for each in held.brought:
        what = f"from {', '.join(each.files)}" if each.files else "typed in"
        found.append(printable(f"  {_day(held, each.at)}  {what}{_by(each.by)}"))
    for source, kind, number in held.numbers:
        where = f" in {source}" if source != UNNAMED else ""
        found.append(printable(f"  {'number of a job' if kind == 'job' else 'your number'}{where}: {number}"))
    if held.client.referred_by:
        found.append(printable(f"  brought to us by {held.client.referred_by}"))
    if held.referred:
        found.append(f"  {words.plural(held.referred, 'client')} came to us through you")
    if held.household:
        others = words.plural(held.household, "other client")
        found.append(f"  {others} of ours at your address or phone; not to write to one house too often")
    return found


_CONSENT = {
    Consent.OPTED_IN: "you agreed to hear from us",
    Consent.OPTED_OUT: "you asked us to stop, and we have",
    Consent.UNKNOWN: "you have said neither yes nor no",
}


def _consent(held: Held) -> list[str]:
    evidence = f" ({held.client.consent_evidence})" if held.client.consent_evidence else ""
    found = [printable(f"  {_CONSENT[held.client.consent]}{evidence}")]
    for address, known in held.stops:
        why = f"{known.reason}, {known.evidence}" if known.evidence else known.reason
        since = f"nothing goes to {address} since {_day(held, known.since_at)}"
        if known.lifted_at:
            since = f"{address} may be used again since {_day(held, known.lifted_at)}"
        found.append(printable(f"  {since} ({why})"))
    return found


def _job(held: Held, job: Job) -> Iterator[str]:
    what = [job.service or "work"]
    if job.amount_minor is not None:
        what.append(amount(job.amount_minor, job.currency))
    when = words.full_day(job.completed_on)
    if job.status is not JobStatus.COMPLETED:
        when = f"{job.status.value}, for {words.full_day(job.promised_on)}" if job.promised_on else job.status.value
    yield printable(f"  {when}  {', '.join(what)}")
    details = (
        ("paid on", words.full_day(job.paid_on)),
        ("not paid yet", "yes" if job.unpaid else ""),
        ("invoice", job.invoice_ref),
        ("at", job.site_address),
        ("done by", job.assigned_to or held.people.get(job.owner, job.owner)),
        ("note", job.note),
        *job.extra.items(),
    )
    yield from words.aligned([(name, value) for name, value in details if value], indent=6)


def _case(held: Held, case: Case) -> Iterator[str]:
    ended = f"resolved on {words.full_day(case.closed_on)}" if case.closed_on else "not resolved yet"
    yield printable(f"  {words.full_day(case.opened_on)}  {case.summary or 'no summary'} ({ended})")
    details = (
        ("how bad", case.severity),
        ("cause", case.cause),
        ("what we did", case.resolution),
        ("looked after by", held.people.get(case.owner, case.owner)),
    )
    yield from words.aligned([(name, value) for name, value in details if value], indent=6)


def _record(held: Held, record: Record) -> Iterator[str]:
    yield f"  {care.line(record, today=held.made_on)}"
    kind = BY_RECORD[type(record)]
    details = ((field.label.lower(), care.said(field, record, held.people)) for field in kind.fields)
    yield from words.aligned([(name, value) for name, value in details if value], indent=6)


_OUTCOMES = {Outcome.SENT: "sent", Outcome.NO_ANSWER: "no answer", Outcome.WRONG_NUMBER: "wrong number"}


def _contact(held: Held, contact: Contact) -> Iterator[str]:
    way = "from you" if contact.direction is Direction.IN else "to you"
    said = f": {contact.summary}" if contact.summary else ""
    outcome = f" ({_OUTCOMES.get(contact.outcome, contact.outcome.value)})" if contact.outcome else ""
    by = _by(held.people.get(contact.by, contact.by)) if contact.direction is Direction.OUT else ""
    yield printable(f"  {words.full_day(contact.on)}  {words.channel(contact.channel)} {way}{by}{said}{outcome}")
    yield from _indented(contact.note)


_STATES = {
    AttemptState.DRAFTED: "written; nobody has said whether it went out",
    AttemptState.CLAIMED: "about to go",
    AttemptState.HANDING_OVER: "on its way",
    AttemptState.SENT: "sent",
    AttemptState.TEMPORARY: "put off by the mail server",
    AttemptState.PERMANENT: "refused by the mail server",
    AttemptState.UNKNOWN: "not known whether it arrived",
    AttemptState.CANCELLED: "not sent",
}


def _message(held: Held, attempt: Attempt) -> Iterator[str]:
    to = f" to {attempt.address}" if attempt.address else ""
    said = f" ({attempt.server_said})" if attempt.server_said else ""
    yield printable(
        f"  {words.full_day(attempt.on)}  {words.channel(attempt.channel)}{to}: {_STATES[attempt.state]}{said}"
    )
    if attempt.subject:
        yield printable(f"      Subject: {attempt.subject}")
    yield from _indented(attempt.text)


_DECIDED = {
    InstructionKind.SKIP: "one message left out",
    InstructionKind.SNOOZE: "nothing before",
    InstructionKind.DONE: "done by ourselves",
    InstructionKind.TEXT: "words of our own",
    InstructionKind.RELEASE: "to be sent although late",
}


def _instruction(given: Instruction) -> Iterator[str]:
    until = f" {words.full_day(given.until)}" if given.until else ""
    reason = f": {given.reason}" if given.reason else ""
    yield printable(f"  {words.full_day(given.on)}  {_DECIDED.get(given.kind, given.kind.value)}{until}{reason}")
    if given.subject:
        yield printable(f"      Subject: {given.subject}")
    yield from _indented(given.text)


def _summary(held: Held) -> list[str]:
    known = held.summary
    facts = (
        ("completed jobs", str(known.jobs) if known.jobs else ""),
        ("together", amount(known.worth_minor, known.currency) if known.currency else ""),
        ("usually between two jobs", words.plural(known.usual_gap_days, "day") if known.usual_gap_days else ""),
        ("you last wrote or rang", words.full_day(known.last_reply_on)),
        ("how it went last", known.last_outcome.value if known.last_outcome else ""),
    )
    found = words.aligned([(name, value) for name, value in facts if value])
    return [*found, "  From the days of your jobs a calendar says when to thank you and when to ask how it went."]


def _change(held: Held, change: Changed) -> Iterator[str]:
    what = f"{change.record}, {change.field.replace('_', ' ')}" if change.field else change.record
    old, new = (_said(value) for value in (change.old, change.new))
    if change.field == "consent":
        old, new = old.replace("_", " "), new.replace("_", " ")
    yield printable(f"  {_day(held, change.at)}  {what}: {old} -> {new}{_by(change.by)}")


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_said(each)}" for name, each in value.items()) or "nothing"
    return str(value) if value not in (None, "") else "nothing"


def _indented(text: str) -> Iterable[str]:
    found: Sequence[str] = text.replace("\r\n", "\n").rstrip("\n").split("\n") if text else ()
    return (f"      {printable(line)}".rstrip() for line in found)


def _day(held: Held, at: datetime) -> str:
    return words.full_day(at.astimezone(held.zone).date())


def _by(name: str) -> str:
    return f", by {name}" if name else ""
