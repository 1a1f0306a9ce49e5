"""Who said stop, written where a restore does not lose it: beside the database, in the journal.

Takes a Desk and addresses. Gives what changed. Touches the journal, whose lines hold keyed hashes and identifiers
only, and the store.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from followup import identity
from followup.care.kinds import KINDS
from followup.model import ERASED, OPTED_OUT, REFUSED, Client, Record, Suppression
from followup.workflow import journal
from followup.workflow.desk import Desk

if TYPE_CHECKING:
    from followup.store import Writer


class Event(StrEnum):
    """What a line of the journal says about stops; the field of the key holds whom it is about."""

    SUPPRESSED = "suppressed"  # the hash of an address, and why, without blanks
    LIFTED = "lifted"  # the hash of an address
    FORGOTTEN = "forgotten"  # the identifier of a client


SAME_PERSON = "belongs to a client who said stop"
"""The evidence for an address that somebody who said stop has been given since."""

_NOTHING = "-"


def suppress(desk: Desk, write: Writer, addresses: Iterable[str], *, reason: str, evidence: str = "") -> None:
    """Never write to *addresses* again, whatever happens to this database.

    The lines come before the commit: a crash between them leaves a stop too many, which a person can lift.
    """
    now = desk.now()
    for address in dict.fromkeys(addresses):
        if write.suppress(address, reason=reason, evidence=evidence, now=now):
            _note(desk, Event.SUPPRESSED, identity.address_hash(desk.key, address), reason.replace(" ", "-"))


def note(desk: Desk, addresses: Iterable[str]) -> None:
    """Write the lines of addresses that a file said had opted out: there may be thousands, and one wait is enough."""
    hashes = [identity.address_hash(desk.key, address) for address in dict.fromkeys(addresses)]
    for hashed in hashes:
        _note(desk, Event.SUPPRESSED, hashed, OPTED_OUT.replace(" ", "-"), sync=hashed is hashes[-1])


def lift(desk: Desk, write: Writer, addresses: Iterable[str], *, evidence: str) -> int:
    """Allow *addresses* again; return how many had been suppressed."""
    now = desk.now()
    lifted = [
        address for address in dict.fromkeys(addresses) if write.lift_suppression(address, evidence=evidence, now=now)
    ]
    for address in lifted:
        _note(desk, Event.LIFTED, identity.address_hash(desk.key, address))
    return len(lifted)


def is_stopped(desk: Desk, client: Client) -> bool:
    """Tell whether one of the client's addresses is on the list of those who asked us to stop."""
    found = map(desk.store.suppression, (*client.emails, *client.phones))
    return any(each is not None and each.lifted_at is None and each.reason != REFUSED for each in found)


def erase(desk: Desk, write: Writer, client_id: str, addresses: Iterable[str]) -> None:
    """Erase a client, stop *addresses*, and see to it that a database of before the erasure does the same again.

    What was open with them is over: nobody is told to chase it.
    """
    known = list(addresses)
    suppress(desk, write, known, reason=ERASED)
    write.erase_client(client_id, desk.today, addresses=known)
    write.save_many(_lapsed(desk, client_id))
    _note(desk, Event.FORGOTTEN, client_id)


def _lapsed(desk: Desk, client_id: str) -> list[Record]:
    """Return what was open with a client who is forgotten, and with whoever was merged into them, as over."""
    whole = [client_id, *desk.store.absorbed(client_id)]
    return [
        replace(each, state=kind.states(kind.lapses), closed_on=max(desk.today, each.opened_on))
        for kind in KINDS.values()
        if kind.lapses
        for one in whole
        for each in desk.store.care(kind.record, open_only=True, client_id=one)
    ]


def bring_back(desk: Desk) -> bool:
    """Say once more what the journal says of stops, and a database that was restored or copied has never heard of.

    To be called before anything is handed over; returns whether there was anything. What was lifted later stays lifted;
    of what the journal says, the last word about each address counts.
    """
    said: dict[str, tuple[datetime, str]] = {}
    forgotten: dict[str, None] = {}
    for entry in desk.journal.entries(begin=journal.begin(desk)):
        if entry.event == Event.SUPPRESSED:
            said[entry.key] = (entry.at, entry.attempt_id)
        elif entry.event == Event.LIFTED:
            said.pop(entry.key, None)
        elif entry.event == Event.FORGOTTEN:
            forgotten[entry.key] = None
    if not (said or forgotten):
        return False
    known = desk.store.suppressions(said)
    missing = {hashed: word for hashed, word in said.items() if not _stands(known.get(hashed), since=word[0])}
    again = [client.id for client in desk.store.clients(forgotten).values() if client.erased_on is None]
    if not (missing or again):
        return False
    with desk.store.write(kind="wish", command="journal stops", person=desk.person, now=desk.now()) as write:
        for hashed, (at, reason) in missing.items():
            write.suppress_hash(
                hashed, reason=reason.replace("-", " "), evidence="brought back from the journal", now=at
            )
        for client_id in again:
            write.erase_client(client_id, desk.today)
    return True


def _stands(known: Suppression | None, *, since: datetime) -> bool:
    """Tell whether the database knows of a stop, or of its end. A line of the journal has whole seconds."""
    if known is None or known.reason == REFUSED:
        return False
    return known.lifted_at is None or known.lifted_at.replace(microsecond=0) > since


def _note(desk: Desk, event: Event, about: str, why: str = _NOTHING, *, sync: bool = True) -> None:
    desk.journal.append(at=desk.now(), event=event.value, key=about, attempt_id=why, sync=sync)
