"""Summaries: what the store keeps ready about each client, worked out from its facts.

Takes rows about jobs and contacts. Gives summaries. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from followup.store.engine import Database

_OUT, _IN = "out", "in"


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
) -> Iterator[dict[str, Any]]:
    """Yield the row of `client_summary` for each of *client_ids*, worked out anew from jobs and contacts.

    *fresh*: the completed jobs of clients all of whose jobs are in hand; those of the others are read.
    """
    summaries = {client_id: _empty(client_id) for client_id in client_ids}
    jobs = {client_id: sorted(fresh[client_id]) for client_id in client_ids if client_id in fresh}
    others = [client_id for client_id in client_ids if client_id not in fresh] if fresh else client_ids
    for client_id, *job in database.among("completed_jobs_of_clients", others):
        jobs.setdefault(client_id, []).append((job[0], job[1], job[2], job[3]))
    for client_id, done in jobs.items():
        if done:
            summaries[client_id].update(_of_jobs(done))
    if database.first("contact_any") is not None:  # a first import has nobody to ask about
        for client_id, direction, on_day in database.among("last_contacts_of_clients", client_ids):
            summaries[client_id]["last_reply_on" if direction == _IN else "last_contact_on"] = on_day
        for client_id, on_day, outcome in database.among("outcomes_of_clients", client_ids):  # the latest one stays
            summaries[client_id].update(last_outcome=outcome, last_outcome_on=on_day)
    yield from summaries.values()


def _of_jobs(done: Sequence[tuple[str, str, int | None, str]]) -> dict[str, Any]:
    last_on, last_id, _, _ = done[-1]
    currency = next((money for _, _, amount, money in reversed(done) if amount is not None), "")
    return {
        "jobs": len(done),
        "first_job_on": done[0][0],
        "last_job_on": last_on,
        "last_job_id": last_id,
        "usual_gap_days": usual_gap([date.fromisoformat(on) for on, _, _, _ in done]) if len(done) > 2 else None,
        "worth_minor": _worth(done, currency),
        "currency": currency,
    }


def _worth(done: Iterable[tuple[str, str, int | None, str]], currency: str) -> int:
    """Return what the jobs in *currency*, that of the latest priced job, came to; others cannot be added up."""
    return sum(amount for _, _, amount, money in done if amount is not None and money == currency)


def _empty(client_id: str) -> dict[str, Any]:
    return {
        "client_id": client_id,
        "jobs": 0,
        "first_job_on": None,
        "last_job_on": None,
        "last_job_id": "",
        "usual_gap_days": None,
        "last_contact_on": None,
        "last_reply_on": None,
        "last_outcome": None,
        "last_outcome_on": None,
        "worth_minor": 0,
        "currency": "",
    }
