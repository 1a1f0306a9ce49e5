"""The call sheet: whom to call (or text, or write to on paper), what was done for them, and what to say.

Takes calls, put together from decisions, dossiers and rendered scripts. Gives rows and lines. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from followup.cells import Column, printable
from followup.model import Channel, Client, Contact, Decision, Job, JobStatus
from followup.report import clients, words

LAST_CONTACTS = 3

COLUMNS = (
    Column("key", "Key", whole=True),
    Column("step"),
    Column("client_id"),
    Column("client"),
    Column("channel"),
    Column("to"),
    Column("services", kind="words"),
    Column("tries", kind="number"),
    Column("last_contact_on", kind="day"),
    Column("last_contact"),
    Column("note"),
    Column("script"),
    Column("link"),
)
"""A promise: keys are only ever added, at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to make, or one text or letter to write."""

    decision: Decision
    client: Client
    jobs: tuple[Job, ...] = ()  # what it speaks of, the leading one first
    contacts: tuple[Contact, ...] = ()  # with this client, oldest first
    script: str = ""  # what to say; empty when the template could not be filled in
    problem: str = ""  # why there is no script


def rows(sheet: Iterable[Call]) -> Iterator[tuple[Any, ...]]:
    """Yield a row a call, in the order given."""
    for call in sheet:
        last = call.contacts[-1] if call.contacts else None
        yield (
            call.decision.key,
            call.decision.step,
            call.client.id,
            words.client(call.client),
            call.decision.channel.value if call.decision.channel else "",
            call.decision.address,
            tuple(job.service for job in call.jobs if job.service),
            call.decision.tries,
            last.on if last else None,
            " ".join(cell for cell in words.contact(last)[1:] if cell) if last else "",
            "; ".join(_notes(call)),
            call.script,
            link(call),
        )


def lines(sheet: Sequence[Call], *, today: date, number: int = 1, ends: bool = True) -> list[str]:
    """Return the sheet for people, to have beside the telephone.

    Args:
        sheet: whom to call or write to.
        today: the home's local day.
        number: of the first.
        ends: say with which command to answer; not where the question comes by itself.
    """
    made: list[str] = []
    for place, call in enumerate(sheet, number):
        if made:
            made.append("")
        made += _call(place, call, today=today)
        if ends:
            made.append(f"   then: followup done {call.decision.key}{_outcomes(call)}")
    return made


def link(call: Call) -> str:
    """Return what opens the phone's own program with number and words filled in (RFC 3966, RFC 5724)."""
    address = call.decision.address
    if not address:
        return ""
    if call.decision.channel is Channel.CALL:
        return f"tel:{address}"
    if call.decision.channel is Channel.TEXT:
        return f"sms:{address}?body={quote(call.script)}" if call.script else f"sms:{address}"
    return ""


def _call(number: int, call: Call, *, today: date) -> Iterator[str]:
    decision = call.decision
    verb = {Channel.CALL: "call", Channel.TEXT: "text"}.get(decision.channel or Channel.CALL, "write to")
    where = ", ".join(decision.address.splitlines()) or "no number or address is known"
    yield printable(f"{number}. {verb} {words.client(call.client)}   {where}")
    yield printable(f"   {words.step(decision)}, {_due(decision, today=today)}")
    if call.client.address_as:
        yield printable(f"   likes to be called {call.client.address_as}")
    for job in call.jobs:
        verb = "done" if job.status is JobStatus.COMPLETED else "job"
        yield printable(f"   {verb}: {words.job(job)}")
    for note in _notes(call):
        yield printable(f"   note: {note}")
    for contact in reversed(call.contacts[-LAST_CONTACTS:]):
        yield printable(f"   last: {'  '.join(cell for cell in words.contact(contact) if cell)}")
    if call.problem:
        yield from clients.note_lines(f"no script: {call.problem}", indent="   ")
    if call.script:
        yield ""
        yield from clients.note_lines(call.script.strip("\n"), indent="   | ")
        yield ""
    if decision.channel is Channel.TEXT and link(call):
        yield f"   {link(call)}"


def _outcomes(call: Call) -> str:
    is_call = call.decision.channel is Channel.CALL
    return " --outcome happy|unhappy|voicemail|no-answer|wrong-number" if is_call else ""


def _due(decision: Decision, *, today: date) -> str:
    tried = f", try {decision.tries + 1}" if decision.tries else ""
    if decision.due_on is None:
        return f"due now{tried}"
    late = (today - decision.due_on).days
    when = "due today" if late == 0 else f"due since {words.day(decision.due_on)}" if late > 0 else "to come"
    return when + tried


def _notes(call: Call) -> list[str]:
    return list(dict.fromkeys(note for note in (call.client.note, *(job.note for job in call.jobs)) if note))
