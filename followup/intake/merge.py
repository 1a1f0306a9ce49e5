"""What a file says, laid over what we have: the record as it should be now.

Takes a record of the home, if any, and parsed values. Gives a record. Touches nothing. An empty cell never erases,
what was typed by hand stays, and an opt-out is never undone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import fields, replace
from datetime import date
from enum import StrEnum
from typing import Any

from followup import identity
from followup.intake import facts
from followup.model import Client, Consent, Job, JobStatus, KnownClient

_CLIENT_TEXTS = [
    "title",
    "first_name",
    "last_name",
    "full_name",
    "company",
    "address_as",
    "language",
    "preferred_channel",
    "notes",
    "note",
    "referred_by",
]
_NAMES = ("first_name", "last_name", "full_name", "company")
_PLACE = ("street", "city", "region", "postal_code", "country")
_WHOLE_NAME = ("first_name", "last_name", "full_name")
_JOB_TEXTS = ("service", "invoice_ref", "site_address", "assigned_to", "note")
_JOB_DATES = ("promised_on", "paid_on")


class Prefer(StrEnum):
    """Whose word counts where a file contradicts what we have."""

    EDITED = "edited"  # ours where a person typed it, else the file's
    FILE = "file"  # the file's
    OURS = "ours"  # ours: a file only fills what is empty


def settled(existing: Client | Job | None, by_hand: Collection[str], prefer: Prefer) -> Collection[str]:
    """Return the fields of a record that stay as they are, whatever a file says; none of a new one.

    A stop in a file counts all the same, and nothing in a file takes one back.
    """
    if existing is None or prefer is Prefer.FILE:
        return frozenset()
    if prefer is Prefer.EDITED:
        return by_hand
    filled = {each.name for each in fields(existing) if getattr(existing, each.name) not in _EMPTY}
    return filled | set(by_hand)


_EMPTY: tuple[Any, ...] = (None, "", (), {}, False, Consent.UNKNOWN, JobStatus.OPEN)


def client(
    existing: Client | None,
    parsed: Sequence[facts.ParsedClient],
    *,
    client_id: str,
    by_number: bool,
    by_hand: Collection[str],
    today: date,
    evidence: str,
) -> Client:
    """Return the client as the files make them.

    Args:
        existing: what we have; None for a new one.
        parsed: what the files say, the file given last counting most.
        client_id: of a new client.
        by_number: found by the number of the same source, so that its addresses are corrections of ours.
        by_hand: fields that stay, see `settled`.
        today: when we first knew a new client.
        evidence: where a consent comes from, for the record.
    """
    if existing is None and len(parsed) == 1:
        return _new_client(parsed[0], client_id=client_id, today=today, evidence=evidence)
    whole = [said for said in parsed if not said.reference]
    first: facts.ParsedClient | None = None
    if existing is None:
        first = (whole or parsed)[0]
        record = _new_client(first, client_id=client_id, today=today, evidence=evidence)
    else:
        record = existing
    for said in whole:
        if said is not first:
            record = _with(
                record, said, by_number=by_number and existing is not None, by_hand=by_hand, evidence=evidence
            )
    for said in parsed:
        if said.reference and said is not first:
            missing = {name: getattr(said, name) for name in _missing(record, said) if name not in by_hand}
            if missing:
                record = replace(record, **missing)
    return record


def is_news(known: KnownClient, said: facts.ParsedClient) -> bool:
    """Return whether a row may change what the home has of a client it knows; most rows of jobs only name theirs."""
    return not said.reference or said.mail_refused or bool(_missing(known, said))


def _missing(record: Client | KnownClient, said: facts.ParsedClient) -> list[str]:
    """Return the fields that a job's row adds to its client.

    It names them and does not describe them: a first name and a first way to reach them where there is none, no more.
    """
    missing = ["emails"] if said.emails and not record.emails else []
    if said.phones and not record.phones:
        missing.append("phones")
    if not (record.full_name or record.company or record.first_name or record.last_name):
        missing += [name for name in _NAMES if getattr(said, name)]
    return missing


def _new_client(said: facts.ParsedClient, *, client_id: str, today: date, evidence: str) -> Client:
    consent = Consent(said.consent)
    return Client(
        id=client_id,
        full_name=said.full_name,
        first_name=said.first_name,
        last_name=said.last_name,
        title=said.title,
        company=said.company,
        address_as=said.address_as,
        emails=said.emails,
        phones=said.phones,
        street=said.street,
        city=said.city,
        region=said.region,
        postal_code=said.postal_code,
        country=said.country,
        language=said.language,
        preferred_channel=said.preferred_channel,
        no_channels=said.no_channels,
        tags=said.tags,
        notes=said.notes,
        note=said.note,
        consent=consent,
        consent_evidence="" if consent is Consent.UNKNOWN else evidence,
        referred_by=said.referred_by,
        extra=said.extra,
        created_on=today,
    )


def _with(
    record: Client, said: facts.ParsedClient, *, by_number: bool, by_hand: Collection[str], evidence: str
) -> Client:
    changes: dict[str, Any] = {}
    if by_hand:
        by_hand = {*by_hand, *_belonging(record, said, by_hand)}
    for name in _CLIENT_TEXTS:
        value = getattr(said, name)
        if value and value != getattr(record, name) and name not in by_hand:
            changes[name] = value
    if not record.full_name and changes.get("full_name") == (said.company or record.company):
        del changes["full_name"]  # a firm without a person is called by its own name already
    if said.street or said.postal_code or said.city:
        for name in _PLACE:  # one address, never half of one and half of another
            value = getattr(said, name)
            if value and value != getattr(record, name) and name not in by_hand:
                changes[name] = value
    elif said.country and not record.country and "country" not in by_hand:
        changes["country"] = said.country
    for name, fold in (
        ("emails", identity.canonical_address),
        ("phones", str),
        ("tags", str.casefold),
        ("no_channels", str),
    ):
        value = _several(getattr(record, name), getattr(said, name), fold=fold, correct=by_number)
        if value != getattr(record, name) and name not in by_hand:
            changes[name] = value
    if said.extra:
        extra = {**record.extra, **said.extra, **(record.extra if "extra" in by_hand else {})}
        if extra != record.extra:
            changes["extra"] = extra
    if said.consent == "opted_out" and record.consent is not Consent.OPTED_OUT:
        changes |= {"consent": Consent.OPTED_OUT, "consent_evidence": evidence}
    elif said.consent == "opted_in" and record.consent is Consent.UNKNOWN and "consent" not in by_hand:
        changes |= {"consent": Consent.OPTED_IN, "consent_evidence": evidence}
    return replace(record, **changes) if changes else record


def _belonging(record: Client, said: facts.ParsedClient, by_hand: Collection[str]) -> Collection[str]:
    """Return what belongs to a name or an address that stays: another one in the file is no part of it."""
    found: list[str] = []
    for group, telling in ((_WHOLE_NAME, ("full_name",)), (_PLACE, ("street", "postal_code"))):
        stays = any(name in by_hand and getattr(record, name) for name in group)
        if stays and any(_differ(getattr(record, name), getattr(said, name)) for name in telling):
            found += group
    return found


def _differ(ours: str, theirs: str) -> bool:
    return bool(ours and theirs) and identity.fold(ours) != identity.fold(theirs)


def _several(
    ours: tuple[str, ...], theirs: tuple[str, ...], *, fold: Callable[[str], str], correct: bool
) -> tuple[str, ...]:
    """Return the values of a list: corrected where a source has as many as we do, else ours and what is new."""
    if not theirs or theirs == ours:
        return ours
    known = {fold(value) for value in ours}
    new = [value for value in theirs if fold(value) not in known]
    if not new:
        return ours
    if correct and len(ours) == len(theirs):
        return theirs
    return (*ours, *new)


def job(
    existing: Job | None,
    parsed: Sequence[facts.ParsedJob],
    *,
    job_id: str,
    client_id: str,
    by_hand: Collection[str],
    today: date,
    people: Callable[[str], str],
) -> Job:
    """Return the job as the files make it.

    Args:
        existing: what we have; None for a new one.
        parsed: what the files say, the file given last counting most.
        job_id: of a new job.
        client_id: whose job it is.
        by_hand: fields that stay, see `settled`.
        today: when we first knew a new job.
        people: who of our own firm is meant by a name in `assigned_to`; "" for nobody.
    """
    if existing is None and len(parsed) == 1:
        return _new_job(parsed[0], job_id=job_id, client_id=client_id, today=today, people=people)
    record = existing or Job(id=job_id, client_id=client_id, created_on=today)
    for said in sorted(parsed, key=lambda each: bool(each.fills)):
        changes: dict[str, Any] = {}
        if record.client_id != client_id and "client_id" not in by_hand:
            changes["client_id"] = client_id
        for name in (*_JOB_TEXTS, *_JOB_DATES):
            value = getattr(said, name)
            known = name in said.fills and getattr(record, name)
            if value and value != getattr(record, name) and name not in by_hand and not known:
                changes[name] = value
        known = "amount" in said.fills and record.amount_minor is not None
        if said.amount_minor is not None and not known and not {"amount_minor", "currency"} & set(by_hand):
            changes |= {"amount_minor": said.amount_minor, "currency": said.currency}
        reported = "service" in said.fills and record.service  # how far it is, an invoice does not know
        if "status" not in by_hand and said.said and not reported:
            changes["status"] = JobStatus.COMPLETED if said.status == "completed" else JobStatus.OPEN
            known = "completed_on" in said.fills and record.completed_on
            if "completed_on" not in by_hand and not known and (said.completed_on or said.status == "open"):
                changes["completed_on"] = said.completed_on
        if "unpaid" not in by_hand and (said.unpaid is not None or said.paid_on):
            changes["unpaid"] = bool(said.unpaid) and not said.paid_on
        if said.assigned_to and "owner" not in by_hand and (owner := people(said.assigned_to)):
            changes["owner"] = owner
        if said.extra:
            changes["extra"] = {**record.extra, **said.extra, **(record.extra if "extra" in by_hand else {})}
        record = replace(record, **changes)
    return record


def _new_job(said: facts.ParsedJob, *, job_id: str, client_id: str, today: date, people: Callable[[str], str]) -> Job:
    return Job(
        id=job_id,
        client_id=client_id,
        service=said.service,
        status=JobStatus.COMPLETED if said.status == "completed" else JobStatus.OPEN,
        completed_on=said.completed_on,
        promised_on=said.promised_on,
        amount_minor=said.amount_minor,
        currency=said.currency,
        paid_on=said.paid_on,
        unpaid=bool(said.unpaid) and not said.paid_on,
        invoice_ref=said.invoice_ref,
        site_address=said.site_address,
        assigned_to=said.assigned_to,
        owner=people(said.assigned_to) if said.assigned_to else "",
        note=said.note,
        extra=said.extra,
        created_on=today,
    )


def kept(record: Client | Job, wanted: Client | Job) -> Iterator[tuple[str, object, object]]:
    """Yield field, our value and the file's of what stayed in *record* although the files make *wanted* of it."""
    for each in fields(record):
        ours, theirs = getattr(record, each.name), getattr(wanted, each.name)
        if ours != theirs and each.name not in ("consent_evidence", "referred_by_id", "owner"):
            yield each.name, ours, theirs


def ended(existing: Job, *, by_hand: Collection[str]) -> Job:
    """Return a job that the file calls cancelled, so that nothing follows from it any more."""
    return existing if "status" in by_hand else replace(existing, status=JobStatus.CANCELLED)
