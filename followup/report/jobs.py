"""Jobs as rows: the list, and the export that our own import reads back.

Takes pairs of a job and its client. Gives rows. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from followup.cells import Column
from followup.model import Client, Job
from followup.report import words

COLUMNS = (
    Column("job_id", "Id", whole=True),
    Column("completed_on", "Completed", "day", whole=True),
    Column("client", "Client"),
    Column("service", "Service"),
    Column("status", "Status", whole=True),
    Column("amount", "Amount", "amount", whole=True),
    Column("currency", place="data"),
    Column("promised_on", "Promised", "day", whole=True, spare=2),
    Column("paid_on", "Paid", "day", whole=True, spare=4),
    Column("invoice_ref", "Invoice", spare=3),
    Column("assigned_to", "By", spare=5),
    Column("client_id", place="data"),
    Column("note", place="data"),
)

EXPORT_COLUMNS = (
    Column("job_id"),
    Column("client_id"),
    Column("client_name"),
    Column("client_email"),
    Column("service"),
    Column("status"),
    Column("completed_on", kind="day"),
    Column("promised_on", kind="day"),
    Column("amount", kind="amount"),
    Column("currency"),
    Column("paid_on", kind="day"),
    Column("invoice_ref"),
    Column("site_address"),
    Column("assigned_to"),
    Column("note"),
)
"""The headers are the field names that `import` knows: the file comes back as "nothing changed"."""


def rows(jobs: Iterable[tuple[Job, Client | None]]) -> Iterator[tuple[Any, ...]]:
    """Yield a row a job, in the order given."""
    for job, client in jobs:
        yield (
            job.id,
            job.completed_on,
            words.client(client, client_id=job.client_id),
            job.service,
            job.status.value,
            _amount(job),
            job.currency,
            job.promised_on,
            job.paid_on,
            job.invoice_ref,
            job.assigned_to or job.owner,
            job.client_id,
            job.note,
        )


def export_columns(extra: Iterable[str] = ()) -> tuple[Column, ...]:
    """Return EXPORT_COLUMNS and one for each of the home's own columns in *extra*."""
    return (*EXPORT_COLUMNS, *(Column(name) for name in extra))


def export_rows(jobs: Iterable[tuple[Job, Client | None]], *, extra: Sequence[str] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield one row a job, with the home's own columns named in *extra* behind."""
    for job, client in jobs:
        yield (
            job.id,
            job.client_id,
            (client.full_name or client.company) if client else "",
            client.emails[0] if client and client.emails else "",
            job.service,
            job.status.value,
            job.completed_on,
            job.promised_on,
            _amount(job),
            job.currency,
            job.paid_on,
            job.invoice_ref,
            job.site_address,
            job.assigned_to,
            job.note,
            *(job.extra.get(name, "") for name in extra),
        )


def _amount(job: Job) -> tuple[int, str] | None:
    return None if job.amount_minor is None else (job.amount_minor, job.currency)
