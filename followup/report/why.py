"""Why: every step of every cadence for one client, each rule with its dates.

Takes a client and the decisions about them. Gives rows for programs, and lines for people. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from followup.cells import Column, printable
from followup.model import Client, Decision, Reason, State
from followup.report import words

COLUMNS = (
    Column("client_id"),
    Column("client"),
    Column("cadence"),
    Column("step"),
    Column("occurrence", kind="number"),
    Column("state"),
    Column("due_on", kind="day"),
    Column("act_on", kind="day"),
    Column("until", kind="day"),
    Column("channel"),
    Column("address"),
    Column("job_ids", kind="words"),
    Column("covered_by"),
    Column("tries", kind="number"),
    Column("key", whole=True),
    Column("reasons", kind="reasons"),
)
"""A promise: keys are only ever added, at the end."""


def rows(client: Client, decisions: Iterable[Decision], *, steps: Sequence[str] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each of *decisions*, cadence by cadence; *steps* are names in the order of the settings."""
    name = words.client(client)
    for decision in _in_order(decisions, steps):
        yield (
            client.id,
            name,
            decision.cadence,
            decision.step,
            decision.occurrence,
            decision.state.value,
            decision.due_on,
            decision.act_on,
            decision.until,
            decision.channel.value if decision.channel else "",
            decision.address,
            decision.job_ids,
            decision.covered_by,
            decision.tries,
            decision.key,
            decision.reasons,
        )


def lines(
    client: Client, decisions: Iterable[Decision], *, services: Mapping[str, str], steps: Sequence[str] = ()
) -> list[str]:
    """Return what is known about every step, cadence by cadence, for people.

    Args:
        client: whom it is about.
        decisions: every one the planner made for them.
        services: job id -> service.
    """
    made = [f"{printable(words.client(client))}  ({client.id})"]
    everything = _in_order(decisions, steps)
    if not everything:
        made.append("No cadence has anything to say about this client: there is no completed job, case or other fact.")
    for cadence, group in groupby(everything, key=lambda decision: decision.cadence):
        made += ["", printable(cadence or "no cadence")]
        for decision in group:
            made += _decision(decision, services)
    return made


_NOWHERE = frozenset({State.SKIPPED, State.EXPIRED, State.COVERED})
"""States in which nothing goes anywhere: there is no way to name."""


def _decision(decision: Decision, services: Mapping[str, str]) -> Iterator[str]:
    service = words.services(decision, services)
    about = f", {service}" if service else ""
    yield printable(f"  {words.step(decision)}{about}: {_where(decision)}")
    for reason in decision.reasons:
        yield printable(f"      {_sentence(reason)}")
    yield printable(f"      key {decision.key}")


def _where(decision: Decision) -> str:
    """Return state and way in one phrase: held until 9 March 2026, then by e-mail to ada@example.com."""
    said = verdict(decision)
    if not decision.channel or decision.state in _NOWHERE:
        return said
    way = f" by {words.channel(decision.channel)}"
    if decision.address:
        way += f" to {decision.address}"
    match decision.state:
        case State.UNCONFIRMED:
            made = _made(decision)
            return said.replace(made, f"{made}{way}", 1)
        case State.HELD | State.REVIEW | State.RETRY:
            return f"{said}, then{way}"
    return said + way


def verdict(decision: Decision) -> str:
    """Return the state of a decision in a few words, with its date."""
    acts_on = words.full_day(words.acts_on(decision))
    due_on = words.full_day(decision.due_on)
    match decision.state:
        case State.UPCOMING:
            return f"comes on {acts_on}" if acts_on else "comes later"
        case State.DUE:
            return f"due since {due_on}" if due_on else "due"
        case State.HELD:
            until = words.full_day(decision.until)
            return f"held until {until}" if until else "held"
        case State.RETRY:
            return f"to be tried again on {acts_on}" if acts_on else "to be tried again"
        case State.UNCONFIRMED:
            made = _made(decision)
            return made if made == _MADE["handing-over"] else f"{made}; did it go out?"
        case State.REVIEW:
            return "waits for you to look at it"
        case State.COVERED:
            return f"covered by {decision.covered_by}" if decision.covered_by else "covered by another"
        case State.FAILED | State.SKIPPED | State.EXPIRED | State.DONE:
            return decision.state.value


_MADE = {"unknown": "handed over", "handing-over": "in the hands of a run"}
"""What was done to a message of which nobody knows yet whether it went out; every other one is a draft."""


def _made(decision: Decision) -> str:
    return next((_MADE[reason.code] for reason in decision.reasons if reason.code in _MADE), "drafted")


def _sentence(reason: Reason) -> str:
    # Most sentences name their date already.
    when = words.full_day(reason.on)
    said = not when or when in reason.text or (reason.on is not None and reason.on.isoformat() in reason.text)
    return reason.text if said else f"{reason.text} ({when})"


def _in_order(decisions: Iterable[Decision], steps: Sequence[str]) -> list[Decision]:
    """Return *decisions* by cadence and step as the settings list them, each step by day."""
    listed = list(decisions)
    place = {name: index for index, name in enumerate(steps)}
    first: dict[str, int] = {}
    for decision in listed:
        at = place.get(decision.step, len(place))
        first[decision.cadence] = min(at, first.get(decision.cadence, at))
    return sorted(
        listed,
        key=lambda each: (
            first[each.cadence],
            each.cadence,
            place.get(each.step, len(place)),
            each.occasion.on,
            each.occurrence,
            each.key,
        ),
    )
