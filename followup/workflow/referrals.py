"""Who brought whom: what stands in "referred by" becomes a link where it is certain, and stays a note where not.

Takes a Desk and a Writer whose transaction is open. Gives how many were linked. Touches clients.

Certain is exactly one other client of that referral code, e-mail address, phone, number in the same program, or name.
A text that said nothing when it came in may say it later: whoever brought somebody is linked when they become a client
themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache

from followup import identity
from followup.intake import addresses, headers, people, phones
from followup.model import Client, Job
from followup.store import Writer
from followup.workflow.desk import Desk

_ADDRESS = re.compile(r"[^\s()<>,;]+@[^\s()<>,;]+")
_ASIDE = re.compile(r"\s*[(<\[].*?[)>\]]\s*")  # Ada Hall (neighbour)


def link(desk: Desk, write: Writer, sources: Mapping[str, str]) -> int:
    """Link everybody whose referrer is certain by now; return how many that were.

    *sources*: see `sources`; a name in one of them is taken only when it is that of exactly one client.
    """
    found = _certain(desk, sources, names_only=True)
    by_hand = {client_id for client_id, name in desk.store.edited_by_hand(found) if name == "referred_by"}
    certain = {client_id: other for client_id, other in found.items() if client_id not in by_hand}
    certain |= _certain(desk, dict(desk.store.unlinked_referrals()))
    gone = {each.id for each in desk.store.clients(certain.values()).values() if each.merged_into or each.erased_on}
    return write.save_many(
        replace(client, referred_by=client.referred_by or sources[client.id], referred_by_id=certain[client.id])
        for client in desk.store.clients(certain).values()
        if certain[client.id] not in gone and not client.merged_into and client.erased_on is None
    )


def known(desk: Desk, client: Client) -> tuple[Client | None, list[Client]]:
    """Return who brought *client*, where that is certain, and whom *client* brought."""
    brought = desk.store.clients(desk.store.brought(client.id)).values()
    referrer = desk.store.client(client.referred_by_id) if client.referred_by_id else None
    return referrer, [each for each in brought if not each.merged_into and each.erased_on is None]


def sources(clients: Iterable[Client | Job]) -> Iterator[tuple[str, str]]:
    """Yield the ids of *clients* with what a column says in free words of where they came from."""
    for client in clients:
        if isinstance(client, Client) and client.extra and not client.referred_by:
            for name, text in client.extra.items():
                if _is_source(name) and " " in text.strip():  # one word is where an advertisement stood
                    yield client.id, text.strip()


@cache
def _is_source(column: str) -> bool:
    return "client.source" in headers.meanings(column)


def _certain(desk: Desk, said: Mapping[str, str], *, names_only: bool = False) -> dict[str, str]:
    """Return by whom clients were brought, as far as the texts in *said* leave no doubt: client id -> client id."""
    if not said:
        return {}
    texts = list(dict.fromkeys(said.values()))
    ways: tuple[tuple[Callable[[str], Collection[str]], Callable[[Iterable[str]], Mapping[str, list[str]]]], ...] = (
        (identity.referral_codes, lambda codes: _clients_by_code(desk, codes)),
        (_emails, desk.store.clients_by_email),
        (lambda text: _phones(text, desk.settings.business.country), desk.store.clients_by_phone),
        (_names, desk.store.clients_by_name),
    )
    meant: dict[str, set[str]] = {}  # text -> whom it may mean; the first way that finds anybody counts
    for read, ask in ways[-1:] if names_only else ways:
        asked = {text: read(text) for text in texts if text not in meant}
        found = ask({value for values in asked.values() for value in values})
        for text, values in asked.items():
            ids = {client_id for value in values for client_id in found.get(value, ())}
            if ids:
                meant[text] = ids
    certain = {}
    for client_id, text in said.items():
        others = meant.get(text, set()) - {client_id} or (set() if names_only else _numbered(desk, client_id, text))
        if len(others) == 1:
            certain[client_id] = next(iter(others))
    return certain


def code(desk: Desk, client_id: str) -> str:
    """Return the referral code of a client."""
    return identity.referral_code(desk.key, client_id)


def _clients_by_code(desk: Desk, codes: Iterable[str]) -> Mapping[str, list[str]]:
    """Return who has each of *codes*: whoever was merged still leads to who they are now."""
    wanted = frozenset(codes)
    found: dict[str, list[str]] = {}
    for client_id in (each for page in desk.store.pages_of_client_ids() for each in page) if wanted else ():
        if (theirs := code(desk, client_id)) in wanted:
            found.setdefault(theirs, []).append(client_id)
    kept = desk.store.kept_clients(each for ids in found.values() for each in ids)
    return {theirs: [kept[each] for each in ids] for theirs, ids in found.items()}


def _emails(text: str) -> Collection[str]:
    return [identity.canonical_address(each) for each in _ADDRESS.findall(text) if addresses.is_address(each)]


def _phones(text: str, country: str) -> Collection[str]:
    if any(letter.isalpha() for letter in text):
        return ()
    number = phones.to_e164(text, country)
    return () if number is None else (number,)


def _names(text: str) -> Collection[str]:
    plain = " ".join(_ASIDE.sub(" ", text).split())
    return dict.fromkeys(
        filter(None, (people.folded(text), people.folded(plain), people.folded(people.split(plain)[3])))
    )


def _numbered(desk: Desk, client_id: str, text: str) -> set[str]:
    """Return who has the number *text* in a program that knows the client, too."""
    if not any(letter.isdecimal() for letter in text) or "@" in text:
        return set()
    sources = {source for source, kind, _ in desk.store.external_ids(client_id) if kind == "client"}
    found = (desk.store.by_external_ids(source, "client", [text]).values() for source in sources)
    return {other for others in found for other in others} - {client_id}
