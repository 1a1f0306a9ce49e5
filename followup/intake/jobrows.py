"""What a row says of a job.

Takes rows with their cells as they are meant, and whom each of them names. Gives ParsedJob values. Touches nothing.
"""

from __future__ import annotations

from operator import itemgetter

from followup.intake import headers, prices, progress
from followup.intake.facts import Outcome, ParsedClient, ParsedJob
from followup.intake.fields import Fields

_TELLING = (
    *("job.service", "job.invoice_ref", "job.id", "job.id+invoice"),
    *("job.completed_on", "job.promised_on", "job.paid_on", "job.amount"),
)


class JobRows:
    """Reads what the rows of one file say of jobs."""

    def __init__(self, fields: Fields, layout: headers.Layout, *, mixed: bool) -> None:
        """Sort the columns by what they say, once for all rows.

        Args:
            fields: where they are.
            layout: what the columns mean.
            mixed: whether rows may be of clients without a job; an amount alone is none.
        """
        of = fields.of
        self._fields = fields
        self._mixed, self._has_unknown = mixed, "" in of
        self._prices, self._progress = prices.Prices(fields, layout), progress.Progress(fields)
        self._telling = itemgetter(*map(fields.at, _TELLING))
        self._texts = [(name, of[f"job.{name}"][0]) for name in ("assigned_to", "note") if f"job.{name}" in of]
        self._sites = of.get("job.site_address", [])
        self._all = [index for name, places in of.items() if name.startswith("job.") for index in places]

    def forget(self) -> None:
        """Let go of what was kept of the rows so far."""
        self._prices.forget()
        self._progress.forget()

    def told(self, out: Outcome) -> dict[str, str]:
        """Return what a row that is none of a job says in the columns of jobs, by their headers."""
        return {self._fields.headers[index]: out.values[index] for index in self._all if out.values[index]}

    def read(self, who: ParsedClient, out: Outcome, *, is_promise: bool) -> ParsedJob | None:
        """Return the job that a row is about, None when it says nothing of any.

        Args:
            who: whom the row names.
            out: of the row.
            is_promise: whether it says of itself that it is one.
        """
        values = out.values
        service, invoice_ref, job_id, both, done, promised, paid, amount = self._telling(values)
        job_id = job_id or both
        if not (job_id or service or done or promised or (amount and not self._mixed)):
            return None
        job = ParsedJob(
            rows=[out.row],
            client_id=who.client_id,
            client_name=who.full_name or who.company,
            client_email=who.emails[0] if who.emails else "",
            service=service,
            invoice_ref=invoice_ref or both,
            job_id=job_id,
            who=who,
        )
        if self._has_unknown:
            job.extra = self._fields.unknown(values)
        for name, index in self._texts:
            setattr(job, name, values[index])
        if len(self._sites) == 1:
            job.site_address = values[self._sites[0]]
        elif self._sites:
            job.site_address = ", ".join(dict.fromkeys([values[index] for index in self._sites if values[index]]))
        if promised or paid:
            self._progress.dates(job, out)
        self._prices.read(job, out)
        if is_promise:
            self._progress.promise(job, out)
        else:
            self._progress.read(job, out)
        if out.skipped is None:
            self._prices.line_of = job.job_id
        return job
