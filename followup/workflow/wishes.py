"""What clients wish: stop writing, forget me.

Takes a Desk and a client or an address. Gives what was done. Touches the store, the journal and the drafts folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from followup import cells, identity
from followup.errors import BadInput, NotFound, TryLater, UsageError
from followup.intake import addresses, phones
from followup.model import OPTED_OUT, Attempt, AttemptState, Client, Consent
from followup.workflow import backups, finding, sending, stops
from followup.workflow.desk import Desk

if TYPE_CHECKING:
    from followup.store import Change, Writer


@dataclass(frozen=True, slots=True)
class Stopped:
    """Who will not be written to any more."""

    client: Client | None  # None: the address is of nobody we know
    withdrawn: tuple[Attempt, ...] = ()  # drafts that must not go out any more


def optout(desk: Desk, text: str, *, evidence: str = "") -> Stopped:
    """Stop everything to a client, or to an address that belongs to nobody we know.

    A client is stopped at every address that was ever theirs, so that an old file cannot bring one back.
    """
    client, addresses = _whom(desk, text)
    withdrawn: list[Attempt] = []
    with desk.store.write(kind="wish", command="optout", person=desk.person, now=desk.now()) as write:
        stops.suppress(desk, write, addresses, reason=OPTED_OUT, evidence=evidence)
        if client:
            write.save(replace(client, consent=Consent.OPTED_OUT, consent_evidence=evidence or f"optout {desk.today}"))
            # What goes to one of us stays: they have to know, and it may have left the mail program already.
            withdrawn = _withdraw(desk, write, client.id, ours_too=False)
    with suppress(TryLater):  # a run is at work: it reads the stop inside the fence, and tidies the drafts itself
        sending.tidy_drafts(desk)
    return Stopped(client, tuple(withdrawn))


def lift(desk: Desk, text: str, *, evidence: str) -> Stopped:
    """Take an opt-out back, on the client's own word, which *evidence* keeps."""
    if not evidence.strip():
        raise UsageError('Say how the client asked for it: --evidence "rang on 2 March and asked to hear from us".')
    client, addresses = _whom(desk, text)
    with desk.store.write(kind="wish", command="optout --lift", person=desk.person, now=desk.now()) as write:
        lifted = stops.lift(desk, write, addresses, evidence=evidence)
        if client and client.consent == Consent.OPTED_OUT:
            write.save(replace(client, consent=Consent.OPTED_IN, consent_evidence=evidence))
        elif not lifted:
            raise BadInput(f"'{cells.short(text)}' had not opted out.")
    return Stopped(client)


@dataclass(frozen=True, slots=True)
class Copies:
    """What an erasure leaves as it is, because it is not about the person alone."""

    backups: tuple[backups.Held, ...]  # copies of the database that hold the person, or could not be looked into
    files: tuple[Path, ...]  # rejected rows that name the person
    named_by: tuple[Client, ...] = ()  # others whose notes, contacts or messages name the person


def copies(desk: Desk, client: Client) -> Copies:
    """Return what holds *client* and is not changed by an erasure."""
    whole = [client.id, *desk.store.absorbed(client.id)]
    # Of a name of one word others would be told who only share it.
    naming = desk.store.naming(client.full_name) if len(client.full_name.split()) > 1 else []
    others = desk.store.clients(each for each in naming if each not in whole).values()
    return Copies(tuple(backups.holding(desk.home, whole, zone=desk.zone)), _mentions(desk, client), tuple(others))


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What an erasure did, and what it could not reach."""

    client_id: str
    jobs: int
    contacts: int
    copies: Copies


def forget(desk: Desk, client: Client) -> Forgotten:
    """Erase a person: names, addresses, texts. Counts, days and the stop itself stay.

    No run may be at work meanwhile: it would write down afterwards what the mail server said of the address.

    Raises:
        TryLater: a run is at work in this home.
    """
    jobs = len(desk.store.jobs_of(client.id))
    contacts = len(desk.store.contacts_of(client.id))
    with (
        desk.lock(wait_seconds=3),
        desk.store.write(kind="wish", command="forget", person=desk.person, now=desk.now()) as write,
    ):
        _withdraw(desk, write, client.id, ours_too=True)
        stops.erase(desk, write, client.id, every_address(desk, client))
    sending.tidy_drafts(desk)
    # Looked at afterwards: what others' records said of the person went with them.
    return Forgotten(client.id, jobs, contacts, copies(desk, client))


def _mentions(desk: Desk, client: Client) -> tuple[Path, ...]:
    """Return the files of rejected rows that hold one of the client's addresses or the name."""
    folder = desk.home.rejects_path
    if not folder.is_dir():
        return ()
    wanted = [each.casefold() for each in (client.full_name, client.company, *client.emails, *client.phones) if each]
    return tuple(
        path
        for path in sorted(folder.iterdir())
        if path.is_file()
        and any(each in path.read_text(encoding="utf-8-sig", errors="replace").casefold() for each in wanted)
    )


def _whom(desk: Desk, text: str) -> tuple[Client | None, tuple[str, ...]]:
    try:
        client = finding.client(desk, text)
    except NotFound:
        # Phones are kept and compared with their country in front, however they are typed.
        number = phones.to_e164(text, desk.settings.business.country)
        if number is None and not addresses.is_address(text):
            raise
        return None, (number or identity.canonical_address(text),)
    # The address that was typed may be an old one of theirs; stop it as well.
    typed = (text,) if "@" in text else ()
    return client, tuple(dict.fromkeys((*every_address(desk, client), *typed)))


def every_address(desk: Desk, client: Client) -> list[str]:
    """Return the addresses and phones of a client, and those from before that are not somebody else's by now."""
    return list(dict.fromkeys((*client.emails, *client.phones, *_once_theirs(desk, client))))


def _once_theirs(desk: Desk, client: Client) -> list[str]:
    ids = [client.id, *desk.store.absorbed(client.id)]
    found = dict.fromkeys(
        address for each in ids for change in desk.store.changes_of(each) for address in _addresses_in(change)
    )
    for attempt in desk.store.dossiers([client.id])[client.id].attempts:
        if attempt.address:
            found[attempt.address] = None
    emails = desk.store.clients_by_email([identity.canonical_address(each) for each in found if "@" in each])
    owned = {**emails, **desk.store.clients_by_phone([each for each in found if "@" not in each])}
    return [each for each in found if set(owned.get(identity.canonical_address(each), ())) <= {client.id}]


def _addresses_in(change: Change) -> Iterator[str]:
    for value in (change.old, change.new):
        if change.record == "client" and change.field in ("emails", "phones"):
            yield from _texts(value)
        elif change.record == "client" and isinstance(value, dict):
            yield from _texts(value.get("emails"))
            yield from _texts(value.get("phones"))


def _texts(value: Any) -> Iterable[str]:
    return value if isinstance(value, list) else ()


def _withdraw(desk: Desk, write: Writer, client_id: str, *, ours_too: bool) -> list[Attempt]:
    drafts = [
        each
        for each in desk.store.open_attempts([AttemptState.DRAFTED])
        if each.client_id == client_id and (ours_too or not each.to_person)
    ]
    for attempt in drafts:
        write.settle_attempt(
            attempt.id, AttemptState.CANCELLED, now=desk.now(), server_said="withdrawn: client said stop"
        )
    return drafts
