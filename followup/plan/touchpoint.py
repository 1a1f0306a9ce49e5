"""A touchpoint while it is being decided.

Takes a step, an occasion and a number. Gives, once everything is known, a Decision. Touches nothing but itself.
"""

from __future__ import annotations

from datetime import date

from followup import identity
from followup.model import MESSAGE_CHANNELS, TO_CLIENT, Channel, Decision, Occasion, Reason, State, Step
from followup.plan.record import Past, Record, Went
from followup.plan.rulebook import UNBUDGETED


class Touchpoint:
    """One step for one occasion, number *n*. *state* is None as long as it may go and only its day is open."""

    __slots__ = (
        "act_on",
        "address",
        "anchor",
        "can_lead",
        "channel",
        "covered_by",
        "due_on",
        "followers",
        "is_ours",
        "is_reminder",
        "job_ids",
        "key",
        "n",
        "occasion",
        "past",
        "ready_on",
        "reasons",
        "record",
        "retry",
        "since",
        "state",
        "step",
        "template",
        "to_person",
        "tries",
        "until",
        "waiting_for",
        "waits",
        "went",
    )

    def __init__(self, step: Step, occasion: Occasion, n: int, record: Record) -> None:
        """Begin with what the key says."""
        self.step = step
        self.occasion = occasion
        self.n = n
        self.record = record
        self.key = identity.touchpoint_key(occasion.fact_id, step.name, n)
        self.past: Past | None = record.keys.get(self.key)
        if self.past is not None and self.past.attempts:
            self.key = self.past.key  # the ledger's, also when the step was renamed since
        self.is_ours = step.to != TO_CLIENT  # no rule about the client's peace applies
        self.is_reminder = step.reminder is not None and step.every is None and n > 1
        self.template = (step.reminder_template if self.is_reminder else "") or step.template or step.name
        self.state: State | None = None
        self.reasons: list[Reason] = []
        self.anchor: date = occasion.on
        self.since: date | None = None  # conditions hold since
        self.due_on: date | None = None
        self.ready_on: date | None = None  # nothing holds it any more
        self.act_on: date | None = None
        self.until: date | None = None
        self.channel: Channel | None = None
        self.address = ""
        self.to_person = ""  # a person's id, where it is for one of us
        self.job_ids: tuple[str, ...] = (occasion.job_id,) if occasion.job_id else ()
        self.covered_by = ""
        self.tries = 0
        self.retry: Reason | None = None  # a mail server said later; the day is that of the next try
        self.can_lead = False  # it may speak for other jobs, or be spoken for
        self.waits: tuple[Reason, ...] = ()  # what the owner must mend before it can go
        self.went: Went | None = None
        self.waiting_for: Touchpoint | None = None  # its day is counted from this one's
        self.followers: list[Touchpoint] = []

    @property
    def is_pending(self) -> bool:
        """Tell whether only its day is open."""
        return self.state is None

    @property
    def is_message(self) -> bool:
        """Tell whether it counts in the household's budget."""
        return self.channel in MESSAGE_CHANNELS and not self.is_ours

    @property
    def is_budgeted(self) -> bool:
        """Tell whether the budget of messages can hold it back."""
        return self.is_message and self.occasion.kind not in UNBUDGETED

    @property
    def is_budgeted_ask(self) -> bool:
        """Tell whether the budget of asks can hold it back: a reminder is the same ask, and calls have no budget."""
        return self.step.ask and not self.is_reminder and self.is_budgeted

    def settle(self, state: State, *reasons: Reason) -> None:
        """Decide, for *reasons*."""
        self.state = state
        self.reasons.extend(reasons)

    def wait_for(self, other: Touchpoint) -> None:
        """Leave the day open until *other* has one."""
        self.waiting_for = other
        other.followers.append(self)

    def order(self) -> tuple[int, date, str]:
        """Return who goes first when a budget lets only one out: priority, then age, then key."""
        return -self.step.priority, self.due_on or date.max, self.key

    def decision(self) -> Decision:
        """Return what was decided."""
        step = self.step
        return Decision(
            key=self.key,
            step=step.name,
            cadence=step.cadence,
            occurrence=self.n,
            occasion=self.occasion,
            client_id=self.record.client.id,
            state=self.state or State.UPCOMING,
            due_on=self.due_on,
            act_on=self.act_on,
            until=self.until,
            channel=self.channel,
            address=self.address,
            to_person=self.to_person,
            template=self.template,
            purpose=step.purpose,
            ask=step.ask,
            priority=step.priority,
            job_ids=self.job_ids,
            covered_by=self.covered_by,
            tries=self.tries,
            reasons=tuple(self.reasons),
        )
