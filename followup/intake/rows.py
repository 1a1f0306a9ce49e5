"""One record -> a client, a job, or what is wrong with it, under the meaning of the file's columns.

Takes a layout, the decisions about the whole file and cells. Gives ParsedClient and ParsedJob values, problems, skips
and warnings with their rows. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from followup.intake import cleaning, clientrows, facts, fields, headers, jobrows, meanings

SEPARATOR = "\x1f"
"""Stands between the cells of a joined row; a cell that holds it is a problem anyway."""


class Reader:
    """Reads the rows of one file whose questions are answered."""

    def __init__(
        self, layout: headers.Layout, kind: str, decisions: fields.Decisions, *, of_a_program: bool = False
    ) -> None:
        """Sort the columns by what they fill, once for all rows.

        Args:
            layout: what the columns mean.
            kind: clients, jobs or mixed.
            decisions: about the whole file.
            of_a_program: whether it is an export that was recognised, and not made by hand.
        """
        self._fields = fields.Fields(layout, decisions)
        self.warnings = self._fields.warnings
        self._lists_clients, self._mixed = kind == "clients", kind == "mixed"
        self._clean = cleaning.Cleaner(self._fields).clean
        self._clients = clientrows.ClientRows(self._fields, layout, of_a_program=of_a_program)
        self._jobs = jobrows.JobRows(self._fields, layout, mixed=self._mixed)
        self._kind = self._fields.at("row.kind")

    def forget(self) -> None:
        """Let go of what was kept of the rows so far, so that a long file takes no more memory than a short one."""
        self.warnings.clear()
        self._clients.forget()
        self._jobs.forget()

    def read(self, row: int, record: Sequence[str], joined: str) -> facts.Outcome:
        """Return what a record says. *joined* are its cells with SEPARATOR between them."""
        out = facts.Outcome(row)
        out.values = self._clean(record, joined, out=out)
        if out.problems:
            return out
        if self._lists_clients:
            out.client = self._clients.listed(out)
        else:
            self._read_job(out)
        said = out.client or (out.job.who if out.job is not None else None)
        if out.problems:
            out.client = out.job = None
        elif said is not None and out.skipped is None:
            said.rows.append(row)
        return out

    def _read_job(self, out: facts.Outcome) -> None:
        """Read a row that is of a job, unless it says that it is of a client alone."""
        who = self._clients.named(out)
        kind = ""
        if out.values[self._kind]:
            kind = meanings.row_kind(out.values[self._kind])
            if not kind:
                why = "says neither client, job nor promise; write one of them"
                self._fields.problem(out, self._kind, code="row-kind", why=why)
                return
        if kind == "client":
            extra = self._fields.unknown(out.values) | self._jobs.told(out)
            self._clients.beside_jobs(who, out, extra=extra)
            return
        job = self._jobs.read(who, out, is_promise=kind == "promise")
        if job is None:
            self._without_job(who, out)
            return
        if out.skipped and job.status != "not_a_job":
            return
        if self._mixed:
            job.who = self._clients.of_a_job(who, out)
        else:
            who.reference = True
        if not (job.client_name or job.client_id or who.emails or who.phones) and not out.problems:
            index = self._fields.first("client.full_name", "client.email")
            why = "does not say for whom the job was; add a name and an e-mail or phone"
            self._fields.problem(out, index, value="", code="no-client", why=why)
        out.job = job

    def _without_job(self, who: facts.ParsedClient, out: facts.Outcome) -> None:
        if self._mixed:
            self._clients.beside_jobs(who, out, extra=self._fields.unknown(out.values))
        else:
            index = self._fields.first("job.service", "job.completed_on")
            why = "says nothing about a job: no number, service or date"
            self._fields.problem(out, index, value="", code="no-job", why=why)
