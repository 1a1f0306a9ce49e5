"""Clients as rows and pages: the list, one client's page, its history, and the export that our own import reads back.

Takes clients, dossiers and decisions. Gives rows and lines. Touches nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import Enum
from typing import Any

from followup.cells import Column, amount, decimal, printable, printable_lines
from followup.model import (
    Attempt,
    AttemptState,
    Client,
    Contact,
    Decision,
    Dossier,
    Job,
    JobStatus,
    Record,
    State,
    Summary,
)
from followup.report import care, why, words

# ---------------------------------------------------------------- the list

LIST_COLUMNS = (
    Column("client_id", "Id", whole=True),
    Column("client", "Client"),
    Column("company", "Company", spare=2),
    Column("email", "E-mail", spare=1),
    Column("phone", "Phone", whole=True),
    Column("city", "Town", spare=4),
    Column("jobs", "Jobs", "number"),
    Column("last_job_on", "Last job", "day", whole=True),
    Column("last_contact_on", "Last contact", "day", whole=True, spare=3),
    Column("worth", "Worth", "amount", whole=True, spare=5),
    Column("currency", place="data"),
    Column("consent", place="data"),
    Column("tags", "Tags", "words", spare=6),
)


def list_rows(clients: Iterable[tuple[Client, Summary | None]]) -> Iterator[tuple[Any, ...]]:
    """Yield a row a client; a client without a summary has nothing to count."""
    for client, known in clients:
        summary = known or Summary(client_id=client.id)
        yield (
            client.id,
            words.client(client),
            client.company,
            _first(client.emails),
            _first(client.phones),
            client.city,
            summary.jobs,
            summary.last_job_on,
            summary.last_contact_on,
            (summary.worth_minor, summary.currency) if summary.currency else None,
            summary.currency,
            client.consent.value,
            client.tags,
        )


# ---------------------------------------------------------------- export

EXPORT_COLUMNS = (
    Column("client_id"),
    Column("title"),
    Column("first_name"),
    Column("last_name"),
    Column("full_name"),
    Column("company"),
    Column("address_as"),
    Column("emails", kind="words"),
    Column("phones", kind="words"),
    Column("street"),
    Column("city"),
    Column("region"),
    Column("postal_code"),
    Column("country"),
    Column("language"),
    Column("preferred_channel"),
    Column("no_channels", kind="words"),
    Column("tags", kind="words"),
    Column("notes"),
    Column("personal_note"),  # the field `note`; a column called so is taken for `notes` in other programs' files
    Column("consent"),
    Column("referred_by"),
)
"""The headers are what `import` knows: the file comes back as "nothing changed". Who of us looks after a client is
no fact of a file, so it is not here."""


def export_columns(extra: Iterable[str] = ()) -> tuple[Column, ...]:
    """Return EXPORT_COLUMNS and one for each of the home's own columns in *extra*."""
    return (*EXPORT_COLUMNS, *(Column(name) for name in extra))


def export_rows(clients: Iterable[Client], *, extra: Sequence[str] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield one row a client, with the home's own columns named in *extra* behind."""
    for client in clients:
        yield (
            client.id,
            client.title,
            client.first_name,
            client.last_name,
            client.full_name,
            client.company,
            client.address_as,
            client.emails,
            client.phones,
            client.street,
            client.city,
            client.region,
            client.postal_code,
            client.country,
            client.language,
            client.preferred_channel,
            client.no_channels,
            client.tags,
            client.notes,
            client.note,
            client.consent.value,
            client.referred_by,
            *(client.extra.get(name, "") for name in extra),
        )


# ---------------------------------------------------------------- what was edited


def differences(before: Client | Job, after: Client | Job) -> list[str]:
    """Return a line for each field that changed: city: Leeds -> York. Of a file's own columns, one for each of them."""
    lines = []
    for field in dataclasses.fields(before):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old == new or field.name in _FOLLOWS:
            continue
        if isinstance(old, Mapping):
            names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
            lines += [f"{printable(name)}: {said(old.get(name))} -> {said(new.get(name))}" for name in names]
        elif field.name == "amount_minor":
            lines.append(f"amount: {_amount(before)} -> {_amount(after)}")
        else:
            lines.append(f"{field.name.replace('_', ' ')}: {said(old)} -> {said(new)}")
    return lines


def _amount(record: Client | Job) -> str:
    assert isinstance(record, Job)
    return said(None if record.amount_minor is None else decimal(record.amount_minor, record.currency))


_FOLLOWS = frozenset({"referred_by_id"})
"""Fields that follow from others, and whose values tell nobody anything."""


def said(value: object) -> str:
    """Return the value of a field in words, harmless; nothing is said to be nothing."""
    if isinstance(value, tuple):
        text = ", ".join(str(part) for part in value)
    elif isinstance(value, Mapping):
        text = ", ".join(f"{name}={part}" for name, part in value.items())
    elif isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, Enum):
        text = str(value.value)
    else:
        text = "" if value is None else str(value)
    return printable(text) or "(nothing)"


# ---------------------------------------------------------------- history

HISTORY_COLUMNS = (
    Column("date", "Date", "day", whole=True),
    Column("kind", "What"),
    Column("channel", "By"),
    Column("direction", "Way"),
    Column("about", "About"),
    Column("outcome", "Outcome"),
    Column("by", "By whom"),
    Column("note", "Note"),
    Column("key", "Key", whole=True),
    Column("id", place="data"),
)


def history_rows(dossier: Dossier) -> Iterator[tuple[Any, ...]]:
    """Yield everything that happened with a client, oldest first: jobs, contacts, records, drafts, what was decided."""
    events = [
        *_job_events(dossier.jobs),
        *_contact_events(dossier.contacts),
        *_record_events((*dossier.cases, *dossier.records)),
    ]
    events += _attempt_events(dossier.attempts)
    for given in dossier.instructions:
        until = f" until {words.full_day(given.until)}" if given.until else ""
        about = given.key or "everything"
        events.append((given.on, given.kind.value + until, "", "", about, "", "", given.reason, given.key, given.id))
    return iter(sorted(events, key=lambda row: (row[0], row[1], row[-1])))


def _job_events(jobs: Iterable[Job]) -> Iterator[tuple[Any, ...]]:
    for job in jobs:
        when = job.completed_on or job.created_on
        if when is not None:
            yield when, f"job {job.status.value}", "", "", job.service, "", job.assigned_to, job.note, "", job.id


def _contact_events(contacts: Iterable[Contact]) -> Iterator[tuple[Any, ...]]:
    for contact in contacts:
        outcome = contact.outcome.value if contact.outcome else ""
        yield (
            contact.on, "contact", contact.channel.value, contact.direction.value, contact.summary or contact.step,
            outcome, contact.by, contact.note, contact.key, contact.id,
        )  # fmt: skip


def _record_events(records: Iterable[Record]) -> Iterator[tuple[Any, ...]]:
    for record in records:
        for event in care.events(record):
            yield event.on, event.kind, "", "", care.about(record), "", record.owner, event.note, "", record.id


def _attempt_events(attempts: Iterable[Attempt]) -> Iterator[tuple[Any, ...]]:
    # A message that was sent to the client is a contact as well; said once.
    for attempt in attempts:
        if attempt.state is not AttemptState.SENT or attempt.to_person:
            yield (
                attempt.on, f"message {attempt.state.value}", attempt.channel.value, "out", attempt.subject, "",
                attempt.person, attempt.server_said, attempt.key, attempt.id,
            )  # fmt: skip


# ---------------------------------------------------------------- the page

LATEST = 20
"""How many lines of history the page shows; csv and json have all of it."""


def page_lines(
    dossier: Dossier,
    decisions: Iterable[Decision],
    *,
    today: date,
    referrer: Client | None = None,
    brought: Iterable[tuple[Client, Summary]] = (),
    code: str = "",
) -> list[str]:
    """Return one page about a client: who they are, what happened, what it was worth, what is next and why.

    *referrer* is who brought them, where that is certain; *brought* are those whom they brought, with what came of
    each; *code* is what whom they send us can name.
    """
    client = dossier.client
    made = [f"{printable(words.client(client))}  ({client.id})"]
    if client.erased_on:
        made.append(f"Erased on {words.full_day(client.erased_on)}: only dates are left.")
    if client.merged_into:
        made.append(f"Is one client with {client.merged_into} now.")
    if dossier.suppressed:
        made.append("One of their addresses is on the list of those never to write to again.")
    sections = (
        ("Who they are", words.aligned(_facts(client, dossier.summary, referrer, brought, code))),
        ("Worth", _worth(dossier.summary, today=today)),
        ("Open", _open(dossier, today=today)),
        ("What happened", _happened(dossier)),
        ("What is next, and why", _next(decisions, dossier)),
    )
    for title, lines in sections:
        if lines:
            made += ["", title, *lines]
    return made


def _facts(
    client: Client, summary: Summary, referrer: Client | None, brought: Iterable[tuple[Client, Summary]], code: str
) -> list[tuple[str, str]]:
    town = f"{client.postal_code} {client.city}".strip()
    place = ", ".join(part for part in (client.street, town, client.region, client.country) if part)
    consent = client.consent.value.replace("_", " ")
    if client.consent_evidence:
        consent += f" ({client.consent_evidence})"
    facts = [
        ("company", client.company if client.company != words.client(client) else ""),
        ("title", client.title),
        ("greeted as", client.address_as),
        ("e-mail", ", ".join(client.emails)),
        ("phone", ", ".join(client.phones)),
        ("address", place),
        ("language", client.language),
        ("likes best", words.channel(client.preferred_channel)),
        ("not by", ", ".join(words.channel(name) for name in client.no_channels)),
        ("consent", consent),
        ("tags", ", ".join(client.tags)),
        ("brought by", _referrer(client, referrer)),
        ("brought", "; ".join(_brought(friend, known) for friend, known in brought)),
        ("referral code", code),
        ("looked after by", client.owner),
        ("known since", words.full_day(_earliest(client.created_on, summary.first_job_on))),
        ("notes", client.notes),
        ("for the next thank-you", client.note),
        *client.extra.items(),
    ]
    return [(name, value) for name, value in facts if value]


def _referrer(client: Client, referrer: Client | None) -> str:
    """Return who brought a client; what was written of it, where nobody knows who that is."""
    if referrer is None:
        return client.referred_by
    name = words.client(referrer)
    said = f", written as {client.referred_by}" if client.referred_by not in ("", name) else ""
    return f"{name}{said}"


def _brought(friend: Client, summary: Summary) -> str:
    came = f", {_jobs(summary)}" if summary.jobs else ""
    return f"{words.client(friend)} ({friend.id}{came})"


def _jobs(summary: Summary) -> str:
    worth = f", {decimal(summary.worth_minor, summary.currency)} {summary.currency}" if summary.currency else ""
    return f"{words.plural(summary.jobs, 'completed job')}{worth}"


def _worth(summary: Summary, *, today: date) -> list[str]:
    if not summary.jobs:
        return ["  No completed job yet."]
    lines = [f"  {_jobs(summary)}"]
    if summary.last_job_on:
        ago = (today - summary.last_job_on).days
        when = f", {words.plural(ago, 'day')} ago" if ago > 0 else ""
        lines.append(f"  the last one on {words.full_day(summary.last_job_on)}{when}")
    if summary.usual_gap_days:
        lines.append(f"  usually {words.plural(summary.usual_gap_days, 'day')} between jobs")
    if summary.last_outcome:
        lines.append(f"  last outcome: {summary.last_outcome.value}, {words.full_day(summary.last_outcome_on)}")
    return lines


def _open(dossier: Dossier, *, today: date) -> list[str]:
    """Return what is not over: work, promises, cases, enquiries; what has a day by that day."""
    jobs = [job for job in dossier.jobs if job.status is JobStatus.OPEN]
    found = [(job.promised_on or date.max, f"job, {words.job(job)}{_noted(job)}  ({job.id})") for job in jobs]
    for record in (*dossier.cases, *dossier.records):
        if care.is_open(record):
            name, _, about = care.title(record).partition(": ")
            line = f"{name}, {care.standing(record, today=today)}: {about}  ({record.id})"
            found.append((record.due_on or date.max, line))
    return [f"  {printable(line)}" for _, line in sorted(found)]


def _noted(job: Job) -> str:
    return f" ({job.note})" if job.note else ""


def _happened(dossier: Dossier) -> list[str]:
    """Return everything that happened, in one time line, the latest first."""
    events = [((contact.on, 1), words.contact(contact)) for contact in dossier.contacts]
    for job in dossier.jobs:
        when = job.completed_on or job.created_on
        if when is not None:
            said = job.service or "work"
            if job.amount_minor is not None:
                said += f", {amount(job.amount_minor, job.currency)}"
            events.append(((when, 1), (words.full_day(when), "job", job.status.value, said + _noted(job))))
    for record in (*dossier.cases, *dossier.records):
        for rank, event in zip((0, 2), care.events(record), strict=False):  # within a day: begun, contacts, ended
            events.append(((event.on, rank), (words.full_day(event.on), *event.said)))
    events.sort(key=lambda event: event[0], reverse=True)
    lines = words.aligned([cells for _, cells in events[:LATEST]])
    if len(events) > LATEST:
        lines.append(f"  ... and {len(events) - LATEST} before that (--format csv has all of them)")
    return lines


_NOT_NEXT = frozenset({State.DONE, State.EXPIRED, State.SKIPPED, State.COVERED})


def _next(decisions: Iterable[Decision], dossier: Dossier) -> list[str]:
    abouts = {record.id: care.about(record) for record in (*dossier.cases, *dossier.records)}
    coming = [decision for decision in decisions if decision.state not in _NOT_NEXT]
    coming.sort(key=lambda decision: (words.acts_on(decision) or date.max, decision.key))
    if not coming:
        return ["  Nothing. `followup why` shows every step."]
    return words.aligned(
        [
            (_named(each, abouts), why.verdict(each), words.channel(each.channel), words.main_reason(each))
            for each in coming
        ]
    )


def _named(decision: Decision, abouts: Mapping[str, str]) -> str:
    """Return a step in words, with what the record behind it is about. *abouts*: id of a record -> that."""
    about = abouts.get(decision.occasion.record_id, "")
    return f"{words.step(decision)}: {about}" if about else words.step(decision)


def note_lines(text: str, *, indent: str) -> list[str]:
    """Return a text of several lines, indented, harmless."""
    return [f"{indent}{line}".rstrip() for line in printable_lines(text)]


def _first(values: Sequence[str]) -> str:
    return values[0] if values else ""


def _earliest(*days: date | None) -> date | None:
    return min((day for day in days if day), default=None)
