"""What has happened to a client and a household, indexed for the questions the planner asks.

Takes dossiers. Gives `Record`s of clients and the `Household` they form. Touches nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from followup import identity
from followup.care import starting
from followup.model import (
    HOLDING_STATES,
    MESSAGE_CHANNELS,
    UNREACHED,
    Attempt,
    AttemptState,
    Case,
    Consent,
    Contact,
    Direction,
    Dossier,
    Instruction,
    InstructionKind,
    Job,
    JobStatus,
    Occasion,
    Reason,
)
from followup.model import Record as Fact
from followup.plan import words
from followup.plan.rulebook import Rules
from followup.records import dataclass, field

UNCONFIRMED_STATES = HOLDING_STATES - {AttemptState.SENT}
"""States of an attempt in which nobody knows yet whether the message reached anybody."""

_CAME = {
    AttemptState.DRAFTED: "was drafted",
    AttemptState.CLAIMED: "was taken in hand",
    AttemptState.HANDING_OVER: "was handed over",
    AttemptState.UNKNOWN: "was handed over",
    AttemptState.SENT: "went out",
}
"""How far a message came that takes its place in a budget."""

OPEN_STATES = UNCONFIRMED_STATES | {AttemptState.TEMPORARY, AttemptState.PERMANENT}


class Sent(NamedTuple):
    """One message that counts against a budget."""

    on: date
    frees_on: date  # the first day on which the next may go
    text: str  # "a message went out on Mon 2 March 2026 (thank-you)"


class Went(NamedTuple):
    """When a touchpoint went out."""

    on: date
    at: datetime


@dataclass(slots=True)
class Past:
    """Everything tried, recorded or decided about one touchpoint."""

    key: str  # as the ledger has it: under the step's old name, if it was renamed since
    attempts: list[Attempt] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    instructions: list[Instruction] = field(default_factory=list)  # edited texts aside

    @property
    def instruction(self) -> Instruction | None:
        """Return the latest thing the owner decided, which is the one that counts."""
        return self.instructions[-1] if self.instructions else None

    def unconfirmed(self) -> Attempt | None:
        """Return the attempt of which nobody knows yet whether it went out."""
        for attempt in reversed(self.attempts):
            if attempt.state in UNCONFIRMED_STATES:
                return attempt
        return None

    def last_try(self) -> Attempt | None:
        """Return the latest attempt that was not taken back."""
        for attempt in reversed(self.attempts):
            if attempt.state is not AttemptState.CANCELLED:
                return attempt
        return None

    def put_off(self) -> list[Attempt]:
        """Return the tries to which a mail server said later, since the owner last released it."""
        said = self.instruction
        since = said.given_at if said is not None and said.kind is InstructionKind.RELEASE else None
        temporary = (each for each in self.attempts if each.state is AttemptState.TEMPORARY)
        return [each for each in temporary if since is None or each.made_at >= since]

    def reached(self) -> Contact | None:
        """Return the contact that did it; a call that reached nobody did not."""
        return next((each for each in self.contacts if each.outcome not in UNREACHED), None)

    def went(self) -> Went | None:
        """Return when it went out, as far as anybody knows: drafts count, "did these go out?" is asked elsewhere."""
        contact = self.reached()
        if contact is not None:
            return Went(contact.on, contact.at)
        for attempt in self.attempts:
            if attempt.state in HOLDING_STATES:
                return Went(attempt.on, attempt.settled_at or attempt.made_at)
        said = self.instruction
        if said is not None and said.kind is InstructionKind.DONE:
            return Went(said.on, said.given_at)
        return None

    @property
    def is_tried(self) -> bool:
        """Tell whether the touchpoint has been begun, so that it keeps the jobs it spoke of."""
        return bool(self.contacts) or self.last_try() is not None


class Record:
    """One client's dossier with indexes. Sentences that end everything for the client are in *stops*."""

    def __init__(self, dossier: Dossier, rules: Rules) -> None:
        """Index *dossier*; steps are known by their present names."""
        self.dossier = dossier
        self.client = dossier.client
        self.summary = dossier.summary
        self._rules = rules
        self.jobs: dict[str, Job] = {job.id: job for job in dossier.jobs}
        self.open_jobs = sorted((job for job in dossier.jobs if job.status is JobStatus.OPEN), key=_order)
        self.latest_by_service: dict[str, Job] = {}
        for job in dossier.jobs:
            if job.status is JobStatus.COMPLETED and job.completed_on is not None:
                service = job.service.strip().casefold()
                latest = self.latest_by_service.get(service)
                if latest is None or _order(latest) < _order(job):
                    self.latest_by_service[service] = job
        self.open_cases: list[Case] = [case for case in dossier.cases if case.closed_on is None]
        self.closed_cases: list[Case] = [case for case in dossier.cases if case.closed_on is not None]
        self.second_cases: list[Case] = [
            case for case in dossier.cases if starting.is_second(case, dossier.cases, rules)
        ]
        self.facts: dict[str, Fact] = {each.id: each for each in (*dossier.cases, *dossier.records)}
        self.keys: dict[str, Past] = {}
        self.open_keys: dict[str, tuple[str, str, int]] = {}  # touchpoints with an attempt that needs looking after
        self.inbound: list[Contact] = []
        self.done_steps: dict[str, list[tuple[date, str, int]]] = {}  # step -> day, fact, occurrence of what went out
        self.messages: list[tuple[date, str, bool, str]] = []  # day, what, asked a favour, how far it came
        self.lifted_on: date | None = None  # the owner has looked at what a restored backup brought back
        self._read()
        self.snoozes = snoozes(
            [each for each in dossier.instructions if not each.key and each.kind is not InstructionKind.TEXT]
        )
        self.stops = self._stops()

    def _read(self) -> None:
        told = set()
        for contact in self.dossier.contacts:
            if contact.attempt_id:
                told.add(contact.attempt_id)
            key, parts = self._present_key(contact.key, contact.on)
            if key:
                self._past(key, contact.key).contacts.append(contact)
            if contact.direction is Direction.IN:
                self.inbound.append(contact)
            elif contact.outcome not in UNREACHED:
                self._went_out(contact, parts)
        for attempt in self.dossier.attempts:
            key, parts = self._present_key(attempt.key, attempt.on)
            self._past(key, attempt.key).attempts.append(attempt)
            if attempt.state in OPEN_STATES and parts is not None:
                self.open_keys[key] = parts
            if attempt.state in HOLDING_STATES and attempt.id not in told:
                self._went_out(attempt, parts, came=_CAME[attempt.state])
        for instruction in self.dossier.instructions:
            if instruction.kind is InstructionKind.TEXT:
                continue
            if instruction.key:
                key, _ = self._present_key(instruction.key, instruction.on)
                self._past(key, instruction.key).instructions.append(instruction)
            elif instruction.kind is InstructionKind.RELEASE:
                self.lifted_on = instruction.on

    def _went_out(
        self, event: Attempt | Contact, parts: tuple[str, str, int] | None, *, came: str = "went out"
    ) -> None:
        fact, name, n = parts if parts is not None else ("", self._rules.renamed.get(event.step, event.step), 1)
        if name:
            self.done_steps.setdefault(name, []).append((event.on, fact, n))
        if event.channel in MESSAGE_CHANNELS and not getattr(event, "to_person", ""):
            known = self._rules.by_name.get(name)
            # The reminder of an ask is the same ask: it took its place in the budget when it first went out.
            asked = known is not None and known.ask and not (known.reminder is not None and n > 1)
            self.messages.append((event.on, name or str(event.channel), asked, came))

    def _past(self, key: str, as_written: str) -> Past:
        found = self.keys.get(key)
        if found is None:
            found = self.keys[key] = Past(as_written)
        return found

    def _present_key(self, key: str, on: date) -> tuple[str, tuple[str, str, int] | None]:
        """Return the key that *key* would have today, and its parts: steps were renamed, clients became one."""
        parts = identity.split_key(key)
        if parts is None:
            return key, None
        fact, name, n = parts
        step = self._rules.renamed.get(name, name)
        if fact in self.dossier.absorbed:
            fact, n = self.client.id, self._nearest(step, n, on)
        if (fact, step, n) == parts:
            return key, parts
        return identity.touchpoint_key(fact, step, n), (fact, step, n)

    def _nearest(self, name: str, n: int, on: date) -> int:
        """Return which occurrence of a client's own step something of *on* is, whose number another record counted.

        Two records of one client may count their years from different days; what one of them was told that year, the
        client was told that year.
        """
        step, anchor = self._rules.by_name.get(name), self.summary.first_job_on
        if step is None or step.every is None or anchor is None:
            return n
        first, second = (self._rules.dates.nth(step.delay, step.every, each, anchor) for each in (1, 2))
        return max(1, 1 + round((on - first) / (second - first)))

    def _stops(self) -> tuple[Reason, ...]:
        client, found = self.client, []
        if client.erased_on is not None:
            found.append(Reason("erased", f"the client was erased on {words.day(client.erased_on)}", client.erased_on))
        if client.merged_into:
            found.append(Reason("merged", f"the client was merged into {client.merged_into}"))
        if client.consent is Consent.OPTED_OUT:
            said = f" ({client.consent_evidence})" if client.consent_evidence else ""
            found.append(Reason("opted-out", f"the client does not want to hear from us{said}"))
        if self.dossier.suppressed:
            found.append(Reason("suppressed", "an address of the client is on the list of those who asked us to stop"))
        return tuple(found)

    def client_since(self) -> date | None:
        """Return the day of the first job, or the day on which the home first knew the client."""
        return self.summary.first_job_on or self.client.created_on

    def case_of(self, occasion: Occasion) -> Case | None:
        """Return the case that *occasion* is one of."""
        fact = self.facts.get(occasion.record_id)
        return fact if isinstance(fact, Case) else None

    def reply_after(self, went: Went) -> Contact | None:
        """Return the first thing the client said after *went*."""
        for contact in self.inbound:
            if contact.on > went.on or (contact.on == went.on and contact.at >= went.at):
                return contact
        return None

    def latest_on(self) -> date:
        """Return the last day on which something about the client was recorded."""
        dossier = self.dossier
        ends = (dossier.contacts[-1:], dossier.attempts[-1:], dossier.instructions[-1:])  # each is in order
        days = [one.on for end in ends for one in end]
        days += [job.created_on for job in dossier.jobs if job.created_on is not None]
        return max([*days, self.client.created_on or date.min])

    def doubt(self, ready_on: date) -> Reason | None:
        """Return why the owner has to look at what was ready on *ready_on* before it goes, if so."""
        dossier = self.dossier
        restored = "the home was restored from a backup after this day: it may have gone out before"
        doubts = (
            Reason("restored", restored, dossier.restored_on),
            Reason("doubted", f"{dossier.doubt}: look whether it is still right", dossier.doubted_on),
        )
        for reason in doubts:
            if (
                reason.on is not None
                and ready_on <= reason.on
                and (self.lifted_on is None or self.lifted_on < reason.on)
            ):
                return reason
        return None


class Household:
    """The clients who share a budget, and what of it is used."""

    def __init__(self, group: Sequence[Dossier], rules: Rules) -> None:
        """Index the dossiers of one household."""
        self.records = [Record(dossier, rules) for dossier in group]
        counted = sorted(event for record in self.records for event in record.messages)
        self.messages = [self._sent(event, "a message", rules.messages_days) for event in counted]
        self.asks = [self._sent(event, "an ask", rules.asks_days) for event in counted if event[2]]

    @staticmethod
    def _sent(event: tuple[date, str, bool, str], what: str, days: int) -> Sent:
        on, name, _, came = event
        return Sent(on, on + timedelta(days=days), f"{what} ({name}) {came} on {words.day(on)}")


def snoozes(instructions: Sequence[Instruction]) -> list[tuple[date, date]]:
    """Return from when until when the owner held something back; each instruction ends the one before it."""
    found: list[tuple[date, date]] = []
    for given, later in itertools.zip_longest(instructions, instructions[1:]):
        if given.kind is InstructionKind.SNOOZE and given.until is not None:
            ends = given.until if later is None else min(given.until, max(later.on, given.on))
            found.append((given.on, ends))
    return found


def _order(job: Job) -> tuple[date, str]:
    return job.completed_on or date.min, job.id
