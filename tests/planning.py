"""What the planner's tests share: one client, one job, three steps, and short ways to ask and to read.

Ada Hall's boiler was serviced on Friday 27 February 2026; today is Monday 2 March.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from followup import plan
from followup.model import AttemptState, Case, Channel, Decision, Delay, Instruction, InstructionKind
from tests import factories

TODAY = factories.TODAY  # Monday 2 March 2026; the job was completed on Friday 27 February
DAY = timedelta(days=1)
ADA = "cadahallxx"
JOB = "jboilerxxx"
KEY = f"{JOB}.thank-you.1"


def at_noon(day: date) -> datetime:
    """Return the instant of *day* at which today's tests begin."""
    return datetime.combine(day, factories.NOW.timetz())


def days(number: int) -> Delay:
    return Delay(number, "day")


def client(**fields: Any):
    return factories.client(id=ADA, **{"phones": ("+447700900101",), **fields})


def job(**fields: Any):
    return factories.job(**{"id": JOB, "client_id": ADA, **fields})


def dossier(**fields: Any):
    jobs = fields.pop("jobs", None)
    who = fields.pop("client", None) or client()
    return factories.dossier(who, jobs=(job(),) if jobs is None else jobs, **fields)


def decide(steps, known=None, *, today=TODAY, horizon=None, group=(), **fields) -> dict[str, Decision]:
    """Return decisions by key; *fields* go to the rules."""
    steps = steps if isinstance(steps, tuple) else (steps,)
    rules = factories.rules(*steps, **fields)
    found = plan.decide([known or dossier(), *group], rules, today=today, horizon=horizon)
    by_key = {each.key: each for each in found}
    assert len(by_key) == len(found)
    assert all(each.reasons for each in found)
    return by_key


def one(steps, known=None, *, key=KEY, **fields) -> Decision:
    return decide(steps, known, **fields)[key]


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


def said(decision: Decision) -> str:
    return "\n".join(reason.text for reason in decision.reasons)


def told(kind: InstructionKind, *, key=KEY, on=TODAY, until=None, reason="", at=None) -> Instruction:
    at = at or at_noon(on)
    return Instruction(id="i" + kind, client_id=ADA, kind=kind, given_at=at, on=on, key=key, until=until, reason=reason)


def sent(on: date, **fields: Any):
    return factories.contact(client_id=ADA, on=on, at=at_noon(on), **fields)


def tried(state: AttemptState, *, on=TODAY, key=KEY, **fields: Any):
    step = key.split(".")[1]
    return factories.attempt(client_id=ADA, key=key, step=step, state=state, on=on, made_at=at_noon(on), **fields)


THANKS = factories.step("thank-you")
ASK = factories.step("feedback-ask", delay=days(10), ask=True, late=days(21))
ASK_KEY = f"{JOB}.feedback-ask.1"
CALL = factories.step("check-in-call", delay=days(7), channels=(Channel.CALL,))
CALL_KEY = f"{JOB}.check-in-call.1"


def case(opened_on: date, resolved_on: date | None = None, summary: str = "leak") -> Case:
    return Case(id="kcasexxxxx", client_id=ADA, opened_on=opened_on, closed_on=resolved_on, summary=summary)
