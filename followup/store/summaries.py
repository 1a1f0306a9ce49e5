"""Summaries: what the store keeps ready about each client, worked out from its facts.

Takes rows about jobs and contacts. Gives summaries. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from followup.store.engine import Database

_IN = "in"


def usual_gap(days: Sequence[date]) -> int | None:
    """Return the median of the gaps between distinct *days*, which ascend; None below two gaps.

    Of an even number of gaps it is the longer of the two in the middle: waiting is the smaller mistake.
    """
    gaps = sorted((after - before).days for before, after in pairwise(days) if after > before)
    return gaps[len(gaps) // 2] if len(gaps) >= 2 else None


Done = tuple[str, str, int | None, str]
"""A completed job: its day, its identifier, amount and currency."""


def rows(
    database: Database, client_ids: Sequence[str], *, fresh: Mapping[str, Sequence[Done]]
) -> Iterator[tuple[Any, ...]]:
    """Yield the row of `client_summary` for each of *client_ids*, worked out anew from jobs and contacts.

    *fresh*: the completed jobs of clients all of whose jobs are in hand; those of the others are read.
    """
    jobs: dict[str, Sequence[Done]] = {each: sorted(fresh[each]) for each in client_ids if each in fresh}
    others = [client_id for client_id in client_ids if client_id not in fresh] if fresh else client_ids
    read: dict[str, list[Done]] = {}
    for client_id, on, job_id, amount, currency in database.among("completed_jobs_of_clients", others):
        read.setdefault(client_id, []).append((on, job_id, amount, currency))
    jobs.update(read)
    contacts = _contacts(database, client_ids)
    for client_id in client_ids:
        done = jobs.get(client_id)
        worth, currency = _worth(done) if done else (0, "")
        about_jobs = _about_jobs(done) if done else _NO_JOBS
        yield client_id, *about_jobs, *contacts.get(client_id, _NO_CONTACTS), worth, currency


def _contacts(database: Database, client_ids: Sequence[str]) -> dict[str, list[str | None]]:
    """Return by client the last contact, the last reply, and the last outcome with its day."""
    contacts: dict[str, list[str | None]] = {}
    if database.first("contact_any") is None:  # a first import has nobody to ask about
        return contacts
    for client_id, direction, on_day in database.among("last_contacts_of_clients", client_ids):
        contacts.setdefault(client_id, [*_NO_CONTACTS])[1 if direction == _IN else 0] = on_day
    for client_id, on_day, outcome in database.among("outcomes_of_clients", client_ids):  # the latest one stays
        contacts.setdefault(client_id, [*_NO_CONTACTS])[2:] = outcome, on_day
    return contacts


_NO_JOBS = (0, None, None, "", None)
_NO_CONTACTS = (None, None, None, None)


def _about_jobs(done: Sequence[Done]) -> tuple[int, str, str, str, int | None]:
    """Return how many jobs there were, the first and the last day, the last job, and the usual gap."""
    last_on, last_id, _, _ = done[-1]
    gap = usual_gap([date.fromisoformat(on) for on, _, _, _ in done]) if len(done) > 2 else None
    return len(done), done[0][0], last_on, last_id, gap


def _worth(done: Sequence[Done]) -> tuple[int, str]:
    """Return what the jobs in one currency, that of the latest priced job, came to; others cannot be added up."""
    currency = ""
    for _, _, amount, money in reversed(done):
        if amount is not None:
            currency = money
            break
    return sum([amount for _, _, amount, money in done if amount is not None and money == currency]), currency
