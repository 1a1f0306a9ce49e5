"""Deadlines in business hours: by when an enquiry is answered, and a case acknowledged, called about and solved.

Takes records, delays and the office's hours. Gives aware instants in UTC, and days. Touches nothing.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from typing import TYPE_CHECKING

from followup import cadence, workdays
from followup.model import Case, Delay, Enquiry
from followup.records import dataclass, field

if TYPE_CHECKING:
    from followup import settings as settings_module

ONE_DAY = Delay(1, "business day")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """The hours in which somebody is there, and how long things may take in them."""

    calendar: workdays.Calendar = field(default_factory=workdays.Calendar)
    opens: time = time(9)
    closes: time = time(17)
    timezone: tzinfo = UTC
    answer: Delay = ONE_DAY
    acknowledge: Delay = cadence.SAME_DAY
    call: Delay = ONE_DAY
    solve: Delay = Delay(5, "business day")
    grant: Delay = ONE_DAY

    def answer_by(self, enquiry: Enquiry) -> datetime:
        """Return by when *enquiry* is to be answered."""
        return self.by(self.answer, enquiry.opened_on, enquiry.opened_at)

    def in_time(self, enquiry: Enquiry) -> bool:
        """Tell whether *enquiry* was answered by then; by the day alone where no hour is known of one of the two."""
        by = self.answer_by(enquiry)
        if enquiry.opened_at is not None and enquiry.answered_at is not None:
            return enquiry.answered_at <= by
        return enquiry.acted_on is not None and enquiry.acted_on <= self.day_of(by)

    def acknowledge_by(self, case: Case) -> datetime:
        """Return by when the client is to hear that we know of *case*."""
        return self.by(self.acknowledge, case.opened_on, case.opened_at)

    def call_by(self, case: Case) -> datetime:
        """Return by when the owner is to call about *case*."""
        return self.by(self.call, case.opened_on, case.opened_at)

    def solve_by(self, case: Case) -> datetime:
        """Return by when *case* is to be solved: the end of the day that was agreed, where one was."""
        if case.due_on is not None:
            return self._instant(case.due_on, self.closes)
        return self.by(self.solve, case.opened_on, case.opened_at)

    def grant_by(self, case: Case) -> datetime | None:
        """Return by when a remedy that is above the limit is to be granted or not; None where none was asked for."""
        if case.grant_asked_at is None:
            return None
        return self.by(self.grant, self.day_of(case.grant_asked_at), case.grant_asked_at)

    def by(self, delay: Delay, day: date, at: datetime | None = None) -> datetime:
        """Return the instant that lies *delay* after *at*, or after the opening on *day* where only that is known.

        What comes while nobody is there counts from the next opening. "same day" ends when the office closes; business
        days keep the hour: one business day from Friday at four is Monday at four. Other units end at that hour on a
        day of the calendar, or on the next business day after it.
        """
        day, hour = self._begin(day, at)
        if not delay.number:
            return self._instant(day, self.closes)
        return self._instant(self.calendar.next_business_day(cadence.add(delay, day, self.calendar)), hour)

    def morning_after(self, instant: datetime) -> date:
        """Return the first business day whose opening is not before *instant*: when one sees that it has passed."""
        local = instant.astimezone(self.timezone)
        if local.time() > self.opens:
            return self.calendar.add_business_days(local.date(), 1)
        return self.calendar.next_business_day(local.date())

    def day_of(self, instant: datetime) -> date:
        """Return the home's local day of *instant*."""
        return instant.astimezone(self.timezone).date()

    def _begin(self, day: date, at: datetime | None) -> tuple[date, time]:
        """Return the day and the hour at which somebody who is there could begin."""
        hour = self.opens
        if at is not None:
            local = at.astimezone(self.timezone)
            day, hour = local.date(), local.time()
        if self.calendar.is_business_day(day) and hour < self.closes:
            return day, max(hour, self.opens)
        after = 1 if self.calendar.is_business_day(day) else 0
        return self.calendar.add_business_days(day, after), self.opens

    def _instant(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, tzinfo=self.timezone).astimezone(UTC)


def deadlines(settings: settings_module.Settings, *, calendar: workdays.Calendar, timezone: tzinfo) -> Deadlines:
    """Return the deadlines that *settings* make, with the firm's *calendar*, in the home's *timezone*."""
    opens, closes = (time.fromisoformat(hour) for hour in settings.hours.split("-"))
    cases = settings.cases
    return Deadlines(
        calendar=calendar,
        opens=opens,
        closes=closes,
        timezone=timezone,
        answer=settings.enquiries.answer,
        acknowledge=cases.acknowledge,
        call=cases.call,
        solve=cases.solve,
        grant=cases.grant_within,
    )
