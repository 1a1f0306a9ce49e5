"""Clients and jobs changed by hand.

Takes a Desk and fields. Gives the record as it is now. What is changed moves or stops everything not yet done,
because plans are derived anew each time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from followup import cells, identity, kinds
from followup.errors import BadInput, NotFound
from followup.intake import addresses, amounts, phones
from followup.model import OPTED_OUT, Client, Consent, Job, JobStatus, Summary
from followup.workflow import finding, referrals, stops
from followup.workflow.desk import Desk

ONE_LINE = frozenset(
    {
        "full_name",
        "first_name",
        "last_name",
        "title",
        "company",
        "address_as",
        "street",
        "city",
        "region",
        "postal_code",
    }
)
"""Fields that are greeted, printed on envelopes or put into headers."""

PAGE = 500
"""How many jobs of a long list are in memory at a time."""


def add_client(desk: Desk, fields: Mapping[str, Any]) -> Client:
    """Make a client from typed fields, and keep it."""
    client = new_client(desk, fields)
    with desk.store.write(kind="hand", command="client add", person=desk.person, now=desk.now()) as write:
        write.save(client)
        referrals.link(desk, write, {})
    return finding.by_id(desk, client.id)


def new_client(desk: Desk, fields: Mapping[str, Any]) -> Client:
    """Return a client made from typed fields, not kept yet; refuses one without a name, and one that we have."""
    client = Client(id=identity.random_identifier(), created_on=desk.today)
    client = _named(client, replace(client, **_client_fields(desk, fields)))
    if not (client.full_name or client.company):
        raise BadInput("A client needs a name: --name, --first-name and --last-name, or --company.")
    for address in client.emails:
        known = desk.store.find_clients(address)
        if known:
            raise BadInput(f"{address} belongs to {finding.describe_client(known[0])}. Use `followup client edit`.")
    if client.consent == Consent.OPTED_IN:
        _refuse_stopped(desk, client)
    return client


def edit_client(desk: Desk, text: str, fields: Mapping[str, Any]) -> tuple[Client, Client]:
    """Change fields of a client; returns it before and after.

    A stop is of a person, not of an address: whoever said stop is not written to at a new address either.
    """
    before = finding.living(desk, text)
    after = _named(before, replace(before, **_client_fields(desk, fields)))
    if after.referred_by != before.referred_by:
        after = replace(after, referred_by_id="")
    if not (after.full_name or after.company):
        raise BadInput("A client needs a name: give another one with --name or --company.")
    if after.consent != before.consent:
        _refuse_stopped(desk, before)
    with desk.store.write(kind="hand", command="client edit", person=desk.person, now=desk.now()) as write:
        known = {*before.emails, *before.phones}
        said_stop = before.consent == Consent.OPTED_OUT or any(write.is_suppressed(each) for each in known)
        if said_stop and known != {*after.emails, *after.phones}:
            theirs = (*after.emails, *after.phones)  # all: the one that was stopped may be the one that goes
            stops.suppress(desk, write, theirs, reason=OPTED_OUT, evidence=stops.SAME_PERSON)
        write.save(after)
        if before.referred_by_id and not after.referred_by_id:
            referrals.unlink(desk, write, before)
        referrals.link(desk, write, {})
    return before, finding.by_id(desk, after.id)


def _named(before: Client, after: Client) -> Client:
    """Return *after* with the whole name that its parts make, where nobody gave one that says something else."""
    parts, parts_before = (f"{each.first_name} {each.last_name}".strip() for each in (after, before))
    if parts != parts_before and after.full_name == before.full_name and before.full_name in ("", parts_before):
        return replace(after, full_name=parts)
    return after


def _refuse_stopped(desk: Desk, client: Client) -> None:
    if client.consent == Consent.OPTED_OUT or stops.is_stopped(desk, client):
        name = client.full_name or client.company
        raise BadInput(
            f"{name} said stop. If they asked to hear from us again: followup optout --lift '{name}' --evidence TEXT"
        )


def add_job(desk: Desk, client_text: str, fields: Mapping[str, Any]) -> Job:
    """Make a job for a client."""
    client = finding.living(desk, client_text)
    job = replace(
        Job(id=identity.random_identifier(), client_id=client.id, created_on=desk.today), **job_fields(desk, fields)
    )
    if not job.service:
        raise BadInput('A job needs to say what was done: --service "Boiler service".')
    if job.completed_on:
        job = replace(job, status=JobStatus.COMPLETED)
    _save(desk, job, "job add")
    return job


def edit_job(desk: Desk, text: str, fields: Mapping[str, Any]) -> tuple[Job, Job]:
    """Change fields of a job; returns it before and after."""
    before = finding.job(desk, text)
    given = job_fields(desk, fields)
    if given.get("completed_on"):
        given["status"] = JobStatus.COMPLETED
    if given.get("unpaid"):
        given["paid_on"] = None
    after = replace(before, **given)
    _save(desk, after, "job edit")
    return before, after


def reopen_job(desk: Desk, text: str) -> Job:
    """Mark a job as open again: what has not gone out for it stops."""
    job = finding.job(desk, text)
    if job.status != JobStatus.COMPLETED:
        raise BadInput(f"Job {job.id} is {job.status}, not completed.")
    opened = replace(job, status=JobStatus.OPEN, completed_on=None)
    _save(desk, opened, "job reopen")
    return opened


def clients(desk: Desk, *, tag: str = "") -> Iterator[Client]:
    """Yield the clients that are still ours, by name."""
    for client in desk.store.iter_clients():
        if not client.merged_into and not client.erased_on and (not tag or tag in client.tags):
            yield client


def with_summaries(desk: Desk, chosen: Iterable[Client]) -> Iterator[tuple[Client, Summary]]:
    """Yield clients together with what is kept ready about them."""
    for client in chosen:
        yield client, desk.store.summary(client.id)


def jobs(desk: Desk, *, client: str = "", open_only: bool = False) -> Iterator[tuple[Job, Client]]:
    """Yield jobs with their clients, newest first."""
    if not client:
        return _with_clients(desk, desk.store.newest_jobs(today=desk.today, open_only=open_only))
    found = desk.store.jobs_of(finding.client(desk, client).id)
    found.sort(key=lambda each: (each.completed_on or each.promised_on or desk.today, each.id), reverse=True)
    return _with_clients(desk, (each for each in found if not open_only or each.status == JobStatus.OPEN))


def jobs_with_clients(desk: Desk) -> Iterator[tuple[Job, Client]]:
    """Yield every job with its client, for export."""
    return _with_clients(desk, desk.store.iter_jobs())


def _with_clients(desk: Desk, jobs: Iterator[Job]) -> Iterator[tuple[Job, Client]]:
    while page := list(islice(jobs, PAGE)):
        clients = desk.store.clients({job.client_id for job in page})
        yield from ((job, clients[job.client_id]) for job in page)


def own_columns(found: Iterable[Client | Job]) -> list[str]:
    """Return the names of the columns that the home keeps without knowing them, in order."""
    return sorted({name for each in found for name in each.extra})


def _save(desk: Desk, record: Job, command: str) -> None:
    with desk.store.write(kind="hand", command=command, person=desk.person, now=desk.now()) as write:
        write.save(record)


def _client_fields(desk: Desk, fields: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in fields.items() if value is not None}
    for name in ONE_LINE & given.keys():
        if len(given[name].splitlines()) > 1:
            raise BadInput(f"--{name.replace('_', '-')} goes over several lines; a name or an address has one.")
    for name in ("emails", "phones", "tags", "no_channels"):
        if name in given:
            given[name] = tuple(dict.fromkeys(each for each in given[name] if each))  # one empty text clears the field
    if given.get("country"):
        given["country"] = _checked(kinds.country, given["country"], "--country")
    if given.get("language"):
        given["language"] = _checked(kinds.language, given["language"], "--language")
    country = given.get("country") or desk.settings.business.country
    if "emails" in given:
        given["emails"] = tuple(_email(each) for each in given["emails"])
    if "phones" in given:
        given["phones"] = tuple(_phone(each, country) for each in given["phones"])
    if given.get("consent_evidence"):
        given["consent"] = Consent.OPTED_IN
    if given.get("owner"):
        given["owner"] = desk.find_person(given["owner"]).id
    if "full_name" in given and "last_name" not in given:
        words = given["full_name"].split()
        given.setdefault("first_name", words[0] if len(words) > 1 else "")
        given["last_name"] = words[-1] if words else ""
    return given


def job_fields(desk: Desk, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a job that were typed, as the job has them."""
    given = {name: value for name, value in fields.items() if value is not None}
    if "amount" in given:
        currency = given.get("currency") or desk.settings.business.currency
        text = given.pop("amount")
        money = amounts.read(text, mark=".", currency=currency)
        if isinstance(money, str):
            raise BadInput(f"--amount: '{cells.short(text)}' {money}.")
        given["amount_minor"], given["currency"] = money.minor, money.currency
    for name in ("completed_on", "paid_on"):
        if name in given and given[name] > desk.today:
            raise BadInput(f"--{name.replace('_', '-')} {given[name]} is in the future.")
    if given.get("assigned_to"):
        # Somebody else may have done it: then the name stays a name.
        with contextlib.suppress(NotFound):
            given["owner"] = desk.find_person(given["assigned_to"]).id
    if given.get("paid_on"):
        given.setdefault("unpaid", False)
    return given


def _checked(check: Callable[[Any], str], text: str, option: str) -> str:
    try:
        return check(text)
    except ValueError as problem:
        raise BadInput(f"{option}: '{cells.short(text)}' {problem}.") from None


def _email(text: str) -> str:
    text = text.strip()
    if not addresses.is_address(text):
        raise BadInput(f"'{cells.short(text)}' is not an e-mail address. Write it as ada@example.com.")
    return text


def _phone(text: str, country: str) -> str:
    number = phones.to_e164(text, country)
    if number is None:
        said = f"'{cells.short(text)}' is not a phone number in {country}."
        raise BadInput(f"{said} Write it with its country: +44 7700 900123.")
    return number
