"""What is due and what comes, as rows: a few columns for people, all of them for programs.

Takes decisions in the planner's order, and the clients and services they speak of. Gives rows. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from followup.cells import Column
from followup.model import Client, Decision
from followup.report import words

SCREEN = (
    Column("when", "When", whole=True),
    Column("client", "Client"),
    Column("what", "What"),
    Column("channel", "By", whole=True, spare=1),
    Column("to", "To", spare=2),
    Column("state", "State", whole=True),
    Column("why", "Why", spare=3),
    Column("key", "Key", whole=True),
)

DATA = (
    Column("key"),
    Column("step"),
    Column("cadence"),
    Column("occurrence", kind="number"),
    Column("state"),
    Column("client_id"),
    Column("client"),
    Column("channel"),
    Column("address"),
    Column("template"),
    Column("purpose"),
    Column("ask", kind="flag"),
    Column("due_on", kind="day"),
    Column("act_on", kind="day"),
    Column("until", kind="day"),
    Column("job_ids", kind="words"),
    Column("service"),
    Column("covered_by"),
    Column("tries", kind="number"),
    Column("reasons", kind="reasons"),
    Column("to_person"),
    Column("record_id"),
)
"""A promise: keys are only ever added, at the end. In csv, reasons are their sentences, job_ids one cell."""

KEYS = tuple(column.name for column in DATA)

DIGEST = Column("digest")
"""The last column of a plan file: what the text of the message was when the plan was written."""


def columns(*, machine: bool) -> tuple[Column, ...]:
    """Return the columns of `due`, for programs or for people."""
    return DATA if machine else SCREEN


def plan_columns(*, machine: bool) -> tuple[Column, ...]:
    """Return the columns of `plan`; for programs it is the plan file."""
    return (*DATA, DIGEST) if machine else SCREEN


def rows(
    decisions: Iterable[Decision],
    clients: Mapping[str, Client],
    *,
    services: Mapping[str, str],
    machine: bool,
) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each of *decisions*, in their order.

    Args:
        decisions: urgent first.
        clients: client id -> client; who is not there is called by the id.
        services: job id -> service.
        machine: rows of DATA instead of SCREEN.
    """
    make = _data if machine else _screen
    for decision in decisions:
        yield make(decision, clients.get(decision.client_id), services)


def plan_rows(
    decisions: Iterable[Decision],
    clients: Mapping[str, Client],
    *,
    services: Mapping[str, str],
    texts: Mapping[str, str] | None,
    machine: bool,
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `plan`. *texts*: key -> digest of the rendered text, where there is one."""
    if not machine:
        yield from rows(decisions, clients, services=services, machine=False)
        return
    digests = texts or {}
    for decision in decisions:
        yield (*_data(decision, clients.get(decision.client_id), services), digests.get(decision.key, ""))


def _screen(decision: Decision, client: Client | None, services: Mapping[str, str]) -> tuple[str, ...]:
    what = words.step(decision)
    service = words.services(decision, services)
    return (
        words.day(words.acts_on(decision)),
        words.client(client, client_id=decision.client_id),
        f"{what}: {service}" if service else what,
        words.channel(decision.channel),
        f"{decision.to_person}: {decision.address}".removesuffix(": ") if decision.to_person else decision.address,
        decision.state.value,
        words.main_reason(decision),
        decision.key,
    )


def _data(decision: Decision, client: Client | None, services: Mapping[str, str]) -> tuple[Any, ...]:
    return (
        decision.key,
        decision.step,
        decision.cadence,
        decision.occurrence,
        decision.state.value,
        decision.client_id,
        words.client(client, client_id=decision.client_id),
        decision.channel.value if decision.channel else "",
        decision.address,
        decision.template,
        decision.purpose.value,
        decision.ask,
        decision.due_on,
        decision.act_on,
        decision.until,
        decision.job_ids,
        words.service(decision, services),
        decision.covered_by,
        decision.tries,
        decision.reasons,
        decision.to_person,
        decision.occasion.record_id,
    )
