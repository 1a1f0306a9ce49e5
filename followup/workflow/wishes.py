"""What clients wish: stop writing, forget me.

Takes a Desk and a client or an address. Gives what was done. Touches the store and the drafts folder.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from followup import identity
from followup.errors import BadInput, NotFound, UsageError
from followup.intake import addresses, phones
from followup.model import Attempt, AttemptState, Client, Consent
from followup.workflow import finding, sending
from followup.workflow.desk import Desk


@dataclass(frozen=True, slots=True)
class Stopped:
    """Who will not be written to any more."""

    client: Client | None  # None: the address is of nobody we know
    withdrawn: tuple[Attempt, ...] = ()  # drafts that must not go out any more


def optout(desk: Desk, text: str, *, evidence: str = "") -> Stopped:
    """Stop everything to a client, or to an address that belongs to nobody we know."""
    client, addresses = _whom(desk, text)
    now = desk.now()
    withdrawn: list[Attempt] = []
    with desk.store.write(kind="wish", command="optout", person=desk.person, now=now) as write:
        for address in addresses:
            write.suppress(address, reason="opted out", evidence=evidence, now=now)
        if client:
            write.save(replace(client, consent=Consent.OPTED_OUT, consent_evidence=evidence or f"optout {desk.today}"))
            withdrawn = _withdraw(desk, write, client.id)
    sending.tidy_drafts(desk)
    return Stopped(client, tuple(withdrawn))


def lift(desk: Desk, text: str, *, evidence: str) -> Stopped:
    """Take an opt-out back, on the client's own word, which *evidence* keeps."""
    if not evidence.strip():
        raise UsageError('Say how the client asked for it: --evidence "rang on 2 March and asked to hear from us".')
    client, addresses = _whom(desk, text)
    now = desk.now()
    with desk.store.write(kind="wish", command="optout --lift", person=desk.person, now=now) as write:
        lifted = [address for address in addresses if write.lift_suppression(address, evidence=evidence, now=now)]
        if client and client.consent == Consent.OPTED_OUT:
            write.save(replace(client, consent=Consent.OPTED_IN, consent_evidence=evidence))
        elif not lifted:
            raise BadInput(f"'{text}' had not opted out.")
    return Stopped(client)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What an erasure did, and what it could not reach."""

    client_id: str
    jobs: int
    contacts: int
    copies: tuple[Path, ...]  # backups and rejected rows


def forget(desk: Desk, client: Client) -> Forgotten:
    """Erase a person: names, addresses, texts. Counts, days and the stop itself stay."""
    now = desk.now()
    jobs = len(desk.store.jobs_of(client.id))
    contacts = len(desk.store.contacts_of(client.id))
    with desk.store.write(kind="wish", command="forget", person=desk.person, now=now) as write:
        for address in (*client.emails, *client.phones):
            write.suppress(address, reason="erased", evidence="", now=now)
        _withdraw(desk, write, client.id)
        write.erase_client(client.id, desk.today)
    sending.tidy_drafts(desk)
    folders = [folder for folder in (desk.home.backups_path, desk.home.rejects_path) if folder.is_dir()]
    copies = tuple(sorted(path for folder in folders for path in folder.iterdir() if path.is_file()))
    return Forgotten(client.id, jobs, contacts, copies)


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
    return client, tuple(dict.fromkeys((*client.emails, *client.phones, *typed)))


def _withdraw(desk: Desk, write: sending.Write, client_id: str) -> list[Attempt]:
    drafts = [each for each in desk.store.open_attempts([AttemptState.DRAFTED]) if each.client_id == client_id]
    for attempt in drafts:
        write.settle_attempt(
            attempt.id, AttemptState.CANCELLED, now=desk.now(), server_said="withdrawn: client said stop"
        )
    return drafts
