"""Handing a client's matter over: a colleague or a supplier gets the history, the client hears who has it and by when.

Takes a Desk, a client and a person. Gives the promise that this is. Touches the store; the two messages follow from it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from followup.errors import BadInput
from followup.model import Case, Client, Person, Promise, Record
from followup.report import words
from followup.workflow import care, finding
from followup.workflow.desk import Desk

_MATTER = ("receiver", "summary", "due_on", "job_id", "case_id")
"""Two handovers that agree on these are one that was typed twice: nobody is told of it twice."""


def hand_over(
    desk: Desk,
    text: str,
    *,
    to: str,
    by_on: date,
    about: str = "",
    job: str = "",
    case: str = "",
    for_good: bool = False,
) -> tuple[Promise, Person]:
    """Hand a client's matter to *to*, who is to be in touch by *by_on*; that is promised to the client.

    Args:
        desk: the desk.
        text: the client.
        to: a person of the firm, or a supplier (``outside = true`` in followup.toml).
        by_on: by when the client hears from them.
        about: what it is about, as the client would say it.
        job: the job it is about.
        case: the case it is about; a colleague looks after it from now on.
        for_good: the colleague looks after this client from now on.
    """
    client = finding.client(desk, text)
    receiver = _receiver(desk, to, for_good=for_good)
    of_case = finding.record(desk, Case, case) if case else None
    if of_case is not None and of_case.client_id != client.id:
        raise BadInput(f"Case {of_case.id} is not a case of {words.client(client)}.")
    typed = {
        "summary": about or f"{receiver.name} gets in touch with you",
        "due_on": by_on,
        "job_id": job or None,
        "case_id": of_case.id if of_case else None,
        # A supplier cannot be reminded by us: whoever hands over asks after it.
        "owner": desk.person if receiver.outside else receiver.id,
    }
    promise = replace(care.made(desk, Promise, client.id, typed), receiver=receiver.id)
    for each in desk.store.care(Promise, open_only=True, client_id=client.id):
        if all(getattr(each, name) == getattr(promise, name) for name in _MATTER):
            raise BadInput(
                f"{receiver.name} has that already, by {words.long_day(by_on)}. `followup promise show {each.id}`"
            )
    changed: list[Record | Client] = [promise]
    if not receiver.outside:
        if of_case is not None:
            changed.append(replace(of_case, owner=receiver.id))
        if for_good:
            changed.append(replace(client, owner=receiver.id))
    with desk.store.write(kind="hand", command="handover", person=desk.person, now=desk.now()) as write:
        write.save_many(changed)
    return promise, receiver


def _receiver(desk: Desk, text: str, *, for_good: bool) -> Person:
    """Return who *text* is, of those to whom somebody can be handed."""
    receiver = desk.find_person(text)
    if receiver.id == desk.person:
        raise BadInput(f"{receiver.name} is you. `followup promise add` keeps what you promise yourself.")
    if receiver.outside and for_good:
        raise BadInput(f"{receiver.name} is not of your firm, and cannot look after a client for good.")
    if not receiver.email:
        raise BadInput(
            f"{receiver.name} has no e-mail address to send the history to. Write it into [people.{receiver.id}] in "
            "followup.toml."
        )
    return receiver
