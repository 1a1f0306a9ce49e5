"""What waits, in numbers.

Takes a Desk. Gives counts. Touches nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from followup.model import AttemptState, State
from followup.workflow import planning
from followup.workflow.contacts import BY_HAND
from followup.workflow.desk import Desk


@dataclass(frozen=True, slots=True)
class Status:
    """What waits, in numbers."""

    drafts: int
    calls: int
    letters: int
    messages: int
    review: int
    failed: int
    held: int
    cases: int
    clients: int
    jobs: int
    contacts: int
    oldest_draft_on: date | None


def count(desk: Desk) -> Status:
    """Count what waits now."""
    waiting, held = planning.due_and_held(desk)
    counts = desk.store.counts()
    drafts = list(desk.store.open_attempts([AttemptState.DRAFTED]))
    ready = [each for each in waiting if each.state == State.DUE]
    return Status(
        drafts=len(drafts),
        calls=sum(each.channel == "call" for each in ready),
        letters=sum(each.channel in BY_HAND and each.channel != "call" for each in ready),
        messages=sum(each.channel == "email" for each in ready),
        review=sum(each.state == State.REVIEW for each in waiting),
        failed=sum(each.state in (State.FAILED, State.RETRY) for each in waiting),
        held=len(held),
        cases=len(desk.store.cases(open_only=True)),
        clients=counts["clients"],
        jobs=counts["jobs"],
        contacts=counts["contacts"],
        oldest_draft_on=min((each.on for each in drafts), default=None),
    )
