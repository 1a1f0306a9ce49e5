"""Clients and jobs changed by hand.

Takes a Desk and fields. Gives the record as it is now. What is changed moves or stops everything not yet done,
because plans are derived anew each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from followup import identity
from followup.errors import BadInput
from followup.intake import addresses, columns, phones
from followup.model import Channel, Client, Consent, Job, JobStatus, Summary
from followup.workflow import finding
from followup.workflow.desk import Desk


def add_client(desk: Desk, fields: Mapping[str, Any]) -> Client:
    """Make a client from typed fields; refuses one without a name, and one that we already have."""
    client = replace(Client(id=identity.random_identifier(), created_on=desk.today), **_client_fields(desk, fields))
    if not (client.full_name or client.company):
        raise BadInput("A client needs a name: --name or --company.")
    for address in client.emails:
        known = desk.store.find_clients(address)
        if known:
            raise BadInput(f"{address} belongs to {finding.describe_client(known[0])}. Use `followup client edit`.")
    _save(desk, client, "client add")
    return client


def edit_client(desk: Desk, text: str, fields: Mapping[str, Any]) -> tuple[Client, Client]:
    """Change fields of a client; returns it before and after."""
    before = finding.client(desk, text)
    after = replace(before, **_client_fields(desk, fields))
    _save(desk, after, "client edit")
    return before, after


def merge_clients(desk: Desk, keep: Client, drop: Client) -> Client:
    """Make one client of two: *keep* stays, what it lacks comes from *drop*, the stricter consent wins."""
    if keep.id == drop.id:
        raise BadInput("These are one client already.")
    with desk.store.write(kind="hand", command="client merge", person=desk.person, now=desk.now()) as write:
        write.merge_clients(keep.id, drop.id)
    return finding.by_id(desk, keep.id)


def add_job(desk: Desk, client_text: str, fields: Mapping[str, Any]) -> Job:
    """Make a job for a client."""
    client = finding.client(desk, client_text)
    job = replace(
        Job(id=identity.random_identifier(), client_id=client.id, created_on=desk.today), **_job_fields(desk, fields)
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
    after = replace(before, **_job_fields(desk, fields))
    _save(desk, after, "job edit")
    return before, after


def complete_job(desk: Desk, text: str, *, on: date | None, note: str) -> Job:
    """Mark a job as completed: its cadence starts."""
    job = finding.job(desk, text)
    if job.status == JobStatus.COMPLETED:
        raise BadInput(f"Job {job.id} was completed on {job.completed_on}.")
    day = on or desk.today
    if day > desk.today:
        raise BadInput(f"{day} is in the future: a job is completed when it is done.")
    done = replace(job, status=JobStatus.COMPLETED, completed_on=day, note=note or job.note)
    _save(desk, done, "job complete")
    return done


def reopen_job(desk: Desk, text: str) -> Job:
    """Mark a job as open again: what has not gone out for it stops."""
    job = finding.job(desk, text)
    if job.status != JobStatus.COMPLETED:
        raise BadInput(f"Job {job.id} is {job.status}, not completed.")
    opened = replace(job, status=JobStatus.OPEN)
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
    chosen = desk.store.jobs_of(finding.client(desk, client).id) if client else desk.store.iter_jobs()
    found = [each for each in chosen if not (open_only and each.status != JobStatus.OPEN)]
    owners = desk.store.clients({each.client_id for each in found})
    found.sort(key=lambda each: (each.completed_on or each.promised_on or desk.today, each.id), reverse=True)
    for each in found:
        yield each, owners[each.client_id]


def jobs_with_clients(desk: Desk) -> Iterator[tuple[Job, Client]]:
    """Yield every job with its client, for export."""
    clients: dict[str, Client] = {}
    for job in desk.store.iter_jobs():
        if job.client_id not in clients:
            clients[job.client_id] = finding.by_id(desk, job.client_id)
        yield job, clients[job.client_id]


def own_columns(found: Iterable[Client | Job]) -> list[str]:
    """Return the names of the columns that the home keeps without knowing them, in order."""
    return sorted({name for each in found for name in each.extra})


def _save(desk: Desk, record: Client | Job, command: str) -> None:
    with desk.store.write(kind="hand", command=command, person=desk.person, now=desk.now()) as write:
        write.save(record)


def _client_fields(desk: Desk, fields: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in fields.items() if value is not None}
    country = given.get("country") or desk.settings.business.country
    if "emails" in given:
        given["emails"] = tuple(_email(each) for each in given["emails"])
    if "phones" in given:
        given["phones"] = tuple(_phone(each, country) for each in given["phones"])
    for name in ("tags", "no_channels"):
        if name in given:
            given[name] = tuple(given[name])
    if given.get("preferred_channel"):
        given["preferred_channel"] = Channel(given["preferred_channel"]).value
    if "consent" in given:
        given["consent"] = Consent(given["consent"])
    if given.get("owner"):
        given["owner"] = desk.find_person(given["owner"]).id
    if "full_name" in given and "last_name" not in given:
        words = given["full_name"].split()
        given.setdefault("first_name", words[0] if len(words) > 1 else "")
        given["last_name"] = words[-1] if words else ""
    return given


def _job_fields(desk: Desk, fields: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in fields.items() if value is not None}
    if "amount" in given:
        currency = given.get("currency") or desk.settings.business.currency
        text = given.pop("amount")
        money = columns.read_amount(text, mark=".", currency=currency)
        if isinstance(money, str):
            raise BadInput(f"--amount: '{text}' {money}.")
        given["amount_minor"], given["currency"] = money.minor, money.currency
    for name in ("completed_on", "paid_on"):
        if name in given and given[name] > desk.today:
            raise BadInput(f"--{name.replace('_', '-')} {given[name]} is in the future.")
    if given.get("owner"):
        given["owner"] = desk.find_person(given["owner"]).id
    if given.get("paid_on"):
        given.setdefault("unpaid", False)
    return given


def _email(text: str) -> str:
    if not addresses.is_address(text):
        raise BadInput(f"'{text}' is not an e-mail address. Write it as ada@example.com.")
    return text.strip()


def _phone(text: str, country: str) -> str:
    number = phones.to_e164(text, country)
    if number is None:
        raise BadInput(f"'{text}' is not a phone number in {country}. Write it with its country: +44 7700 900123.")
    return number
