"""How far a job is: promised, done, paid, or none of ours, by the days and the words in a row.

Takes a row with its cells as they are meant, and the job that it speaks of. Fills its days and its status; says what is
no day, and skips what is no job. Touches nothing.
"""

from __future__ import annotations

from datetime import date, timedelta

from followup import cells
from followup.intake import days, headers, meanings
from followup.intake.facts import Outcome, ParsedJob, Skipped
from followup.intake.fields import Fields

_ORDER_WORDS = {"dmy": "day, month, year", "mdy": "month, day, year", "ymd": "year, month, day"}


class Progress:
    """Reads how far the jobs of one file are."""

    def __init__(self, fields: Fields) -> None:
        """Note which columns hold what, once for all rows."""
        of = fields.of
        self._fields = fields
        self._today, self._order = fields.decisions.today, fields.decisions.date_order
        self._day_numbers, self._meanings = fields.decisions.day_numbers, fields.decisions.statuses
        self._done, self._status, self._dated = map(fields.at, ("job.completed_on", "job.status", "job.dated_on"))
        self._has_done, self._has_dated = "job.completed_on" in of, "job.dated_on" in of
        self._promised = fields.at("job.promised_on")
        self._paid = fields.at("job.paid_on")
        self._cancelled = of.get("job.cancelled", [])
        self._says_it_all = self._has_done and not self._cancelled  # day and word, if they name a day
        self._days: dict[str, date | str | None] = {}
        self._words: dict[str, str] = {}
        self._known: dict[tuple[str, str], tuple[str, date | None, bool, bool]] = {}  # by day and word

    def forget(self) -> None:
        """Let go of the days of the rows so far."""
        self._days.clear()
        self._known.clear()

    def dates(self, job: ParsedJob, out: Outcome) -> None:
        """Fill the days on which a job was promised and paid."""
        if out.values[self._promised]:
            job.promised_on = self._day_in(out, self._promised)
        if out.values[self._paid]:
            paid = meanings.paid(out.values[self._paid])
            if paid is None:
                job.paid_on = self._day_in(out, self._paid)
            else:
                job.unpaid = not paid

    def read(self, job: ParsedJob, out: Outcome) -> None:
        """Fill the status of a job, and the day on which it was completed."""
        told = out.values[self._done], out.values[self._status]
        known = self._known.get(told)
        if known is not None:
            job.status, job.completed_on, job.said, out.volatile = known
            return
        done, status = told
        self._settle(job, out, done, status)
        if self._says_it_all and not (out.problems or out.skipped or job.fills):
            self._known[told] = (job.status, job.completed_on, job.said, out.volatile)

    def promise(self, job: ParsedJob, out: Outcome) -> None:
        """Fill a job whose row says of itself that it is a promise: the only day in it is the promised one."""
        status = out.values[self._status]
        if out.values[self._done] and job.promised_on is None:
            job.promised_on = self._day_in(out, self._done)
        job.status, job.said = "open", True
        if status and self._meaning(status) == "not_a_job":
            self._skip(job, out, status)

    def _settle(self, job: ParsedJob, out: Outcome, done: str, status: str) -> None:
        said = self._meaning(status) if status else "" if done else self._meanings.get("", "")
        flag = meanings.flag(done) if done else None
        if done and flag is None:
            day = self._day(done, self._done)
            if isinstance(day, date):
                job.completed_on = day
            elif day is not None:
                word = self._meaning(done)
                if not word:
                    self._fields.problem(out, self._done, code="date", why=day)
                    return
                said = said or word
        elif flag is not None:
            said = said or ("completed" if flag else "open")
        elif not self._has_done and job.paid_on is not None and not self._has_dated:
            job.completed_on = job.paid_on  # no better date in the whole file: it was done when it was paid
        called_off = self._called_off(out) if self._cancelled else ""
        if called_off or said == "not_a_job":
            self._skip(job, out, called_off or status)
        elif said == "open":
            job.status, job.completed_on, job.said = "open", None, True
        elif said != "completed" or job.completed_on is not None or self._stands_in(job, out):
            self._complete(job, out, is_said=bool(said))

    def _called_off(self, out: Outcome) -> str:
        """Return what says that a job was cancelled: a word, or the name of a column with yes or the day of it."""
        found = ""
        for index in self._cancelled:
            value = out.values[index]  # yes, the day on which it was cancelled, or what became of its payment
            if value and meanings.sure_status(headers.normal(value)) == "not_a_job":
                found = value
            elif value and (meanings.flag(value) or days.is_date_shaped(value)):
                found = self._fields.headers[index]
        return found

    def _skip(self, job: ParsedJob, out: Outcome, word: str) -> None:
        job.status = "not_a_job"
        shown = cells.short(cells.printable(word or "cancelled"))
        out.skipped = Skipped(out.row, "not_a_job", f"no job of ours: '{shown}'")

    def _stands_in(self, job: ParsedJob, out: Outcome) -> bool:
        """Take the day that stands in for the day of completion, such as an invoice's; False when it is none.

        A file without any day of completion is about something else than jobs, so its amounts only stand in, too.
        """
        value = out.values[self._dated]
        day = self._day(value, self._dated) if value else None
        if isinstance(day, str):
            self._fields.problem(out, self._dated, code="date", why=day)
            return False
        job.completed_on = day
        job.fills = ("completed_on",) if self._has_done else ("completed_on", "amount", "service")
        return True

    def _complete(self, job: ParsedJob, out: Outcome, *, is_said: bool) -> None:
        """Settle a job that is completed by its word or its day."""
        if "service" in job.fills and "," in job.job_id:
            why = f"an invoice for several jobs ('{cells.short(job.job_id)}'), each of which is in the report of jobs"
            out.skipped = Skipped(out.row, "several-jobs", why)
            return
        future = out.volatile = job.completed_on is not None and job.completed_on > self._today
        if is_said and job.completed_on is None:
            index = self._fields.first("job.completed_on", "job.status")
            value = out.values[self._done] or out.values[self._status]
            why = "is completed, but there is no date; add the day it was completed"
            self._fields.problem(out, index, value=value, code="no-date", why=why)
        elif is_said and future:
            why = f"lies after today ({self._today}), and the job is completed; correct one of them"
            index = self._fields.first("job.completed_on")
            self._fields.problem(out, index, value=out.values[self._done], code="future-date", why=why)
        if is_said or (job.completed_on is not None and not future):
            job.status, job.said = "completed", True
        else:
            job.status, job.completed_on, job.said = "open", None, future

    def _meaning(self, word: str) -> str:
        found = self._words.get(word)
        if found is None:
            normal = headers.normal(word)
            found = self._words[word] = self._meanings.get(normal, "") or meanings.sure_status(normal)
        return found

    def _day_in(self, out: Outcome, index: int) -> date | None:
        """Return the day in a cell; say so when what it holds is none."""
        day = self._day(out.values[index], index)
        if isinstance(day, str):
            self._fields.problem(out, index, code="date", why=day)
            return None
        return day

    def _day(self, value: str, index: int) -> date | str | None:
        """Return the day that a cell names, None when it means nothing, or why there is none."""
        if index in self._day_numbers and days.is_day_number(value):
            return self._day_numbers[index] + timedelta(days=int(value))
        if value in self._days:
            return self._days[value]
        found: date | str | None
        try:
            found = days.read(value, self._order) or self._why_none(value)
        except ValueError:
            found = None
        self._days[value] = found
        return found

    def _why_none(self, value: str) -> str:
        day = days.named(value, self._order)
        if day is not None:
            if day.year < days.FIRST_YEAR:
                return f"is too long ago: before {days.FIRST_YEAR}; write it as 2026-02-28"
            return f"is too far ahead: after {days.LAST_YEAR}; write it as 2026-02-28"
        if days.is_date_shaped(value):
            order = _ORDER_WORDS.get(self._order, self._order)
            return f"is no day in the calendar (read as {order}); write it as 2026-02-28"
        if days.is_period(value):
            return "names no day; write it as 2026-02-28"
        if days.is_day_number(value):
            return "is a day number of a spreadsheet, beside days written as such; write it as 2026-02-28"
        return "is no date; write it as 2026-02-28"
