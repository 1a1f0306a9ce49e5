"""What waits: one table of its kinds, for the screen, the weekly round and cron's digest.

Takes a Desk. Gives identifiers by kind, and counts. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from followup import pace
from followup.model import (
    AttemptState,
    Case,
    Channel,
    Decision,
    Enquiry,
    Job,
    Promise,
    Record,
    Referral,
    ReferralState,
    State,
)
from followup.records import dataclass
from followup.workflow import concerns, planning
from followup.workflow.contacts import BY_HAND
from followup.workflow.desk import Desk


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing that can wait: its name in code, what people call one and several, the command for it."""

    name: str
    one: str
    many: str
    command: str


KINDS = (
    Kind("unknown", "message that may have gone out", "messages that may have gone out", "followup confirm"),
    Kind("in-hand", "message that a run has in hand", "messages that a run has in hand", "followup confirm"),
    Kind("draft", "draft to confirm", "drafts to confirm", "followup confirm"),
    Kind("failed", "message that failed", "messages that failed", "followup due"),
    Kind("review", "touchpoint to look at", "touchpoints to look at", "followup due"),
    Kind("refused", "message that cannot be written", "messages that cannot be written", "followup preview"),
    Kind("message", "message to send", "messages to send", "followup send"),
    Kind("retry", "message to try again", "messages to try again", "followup due"),
    Kind("call", "call to make", "calls to make", "followup calls"),
    Kind("letter", "letter or text to write", "letters or texts to write", "followup calls"),
    Kind("note", "note to one of you", "notes to one of you", "followup due"),
    Kind("enquiry", "open enquiry", "open enquiries", "followup enquiry list"),
    Kind("promise", "promise due within a week", "promises due within a week", "followup promise list"),
    Kind("reward", "unpaid reward", "unpaid rewards", "followup referral list"),
    Kind("case", "open case", "open cases", "followup case list"),
    Kind("concern", "client to worry about", "clients to worry about", "followup concerns"),
)
"""Everything that can wait, what is urgent first. *refused* is known only after the messages were rendered."""

_BY_STATE = {State.FAILED: "failed", State.REVIEW: "review", State.RETRY: "retry"}
_OF_ATTEMPTS = {
    AttemptState.DRAFTED: "draft",
    AttemptState.UNKNOWN: "unknown",
    AttemptState.CLAIMED: "in-hand",  # of a run at work; or of one that was killed, which `confirm` and `send` settle
    AttemptState.HANDING_OVER: "in-hand",
}
_BY_CHANNEL = {
    **dict.fromkeys(BY_HAND, "letter"),
    Channel.CALL: "call",
    Channel.EMAIL: "message",
    Channel.NOTE: "note",
}

SOON = timedelta(days=7)
"""Promises that are due so soon are on the screen; what is behind them waits in the plan."""


@dataclass(frozen=True, slots=True)
class Status:
    """What waits, and how much is on record."""

    waiting: Mapping[str, tuple[str, ...]]  # kind -> keys of touchpoints, ids of attempts, records and clients
    held: int
    clients: int
    jobs: int
    contacts: int
    oldest_draft_on: date | None
    next_try_at: datetime | None  # of the first message that a server put off

    def count(self, *kinds: str) -> int:
        """Return how many things of these kinds wait."""
        return sum(len(self.waiting[kind]) for kind in kinds)


def count(desk: Desk) -> Status:
    """Count what waits now."""
    due, held = planning.due_and_held(desk)
    counts = desk.store.counts()
    found = waiting(desk, due)
    tries = (pace.next_try_at(desk.store.attempts_of_key(key)) for key in found["retry"])
    return Status(
        waiting=found,
        held=len(held),
        clients=counts["clients"],
        jobs=counts["jobs"],
        contacts=counts["contacts"],
        oldest_draft_on=min((each.on for each in desk.store.open_attempts([AttemptState.DRAFTED])), default=None),
        next_try_at=min((at for at in tries if at is not None), default=None),
    )


def waiting(
    desk: Desk, decisions: Iterable[Decision], *, refused: Collection[str] = frozenset()
) -> dict[str, tuple[str, ...]]:
    """Return kind -> identifiers of what waits, for every kind.

    Args:
        desk: the desk.
        decisions: what the planner found waiting.
        refused: keys of those that no message can be made of.
    """
    found: dict[str, list[str]] = {kind.name: [] for kind in KINDS}
    for decision in decisions:
        kind = "refused" if decision.key in refused else _kind(decision)
        if kind:
            found[kind].append(decision.key)
    # What was handed over is asked of the store: its touchpoint may be gone, the question is not.
    for attempt in desk.store.open_attempts(_OF_ATTEMPTS):
        found[_OF_ATTEMPTS[attempt.state]].append(attempt.id)
    found |= {name: [record.id for record in records] for name, records in _open(desk)}
    found["concern"] = [each.client.id for each in concerns.find(desk)]  # what was dismissed is none
    return {kind: tuple(identifiers) for kind, identifiers in found.items()}


def _open(desk: Desk) -> Iterator[tuple[str, Iterable[Record | Job]]]:
    """Yield the records that wait, under the name of their kind above; the day of an open job is a promise."""
    store = desk.store
    soon = desk.today + SOON
    yield "enquiry", store.care(Enquiry, open_only=True)
    promises = (each for each in store.care(Promise, open_only=True) if each.due_on and each.due_on <= soon)
    yield "promise", (*promises, *store.jobs_to_keep(soon))
    yield "reward", (each for each in store.care(Referral, open_only=True) if each.state == ReferralState.WON)
    yield "case", store.care(Case, open_only=True)


def _kind(decision: Decision) -> str:
    """Return as what a touchpoint waits; nothing for what was handed over."""
    if decision.state is State.DUE and decision.channel is not None:
        return _BY_CHANNEL[decision.channel]
    return _BY_STATE.get(decision.state, "")
