"""Who brought whom: what stands in "referred by" becomes a link where it is certain, and stays a note where not.

Takes a Desk and a Writer whose transaction is open. Gives how many were linked. Touches clients, and makes a referral
of each link, whose id is the friend's for ever.

Certain is exactly one other client of that referral code, e-mail address, phone, number in the same program, or name.
A text that said nothing when it came in may say it later: whoever brought somebody is linked when they become a client
themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from followup import cells, identity
from followup.intake import addresses, headers, people, phones
from followup.model import THEM, Client, Job, Referral, ReferralState, Summary
from followup.report import words
from followup.workflow import finding
from followup.workflow.desk import Desk

if TYPE_CHECKING:
    from followup.store import Writer

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
    linked = [
        replace(client, referred_by=client.referred_by or sources[client.id], referred_by_id=certain[client.id])
        for client in desk.store.clients(certain).values()
        if certain[client.id] not in gone and not client.merged_into and client.erased_on is None
    ]
    count = write.save_many(linked)
    if linked:
        write.save_many(_records(desk, linked))
    return count


def _records(desk: Desk, friends: Sequence[Client]) -> Iterator[Referral]:
    """Yield the referrals of *friends*, who are linked by now; one that was written down before is theirs."""
    jobs = desk.store.jobs_of_clients(friend.id for friend in friends)
    by_friend: dict[str, Referral] = {}
    by_name: dict[tuple[str, str], list[Referral]] = {}
    for each in desk.store.care(Referral):
        if each.friend_id:
            by_friend[each.friend_id] = each
        elif each.closed_on is None:
            by_name.setdefault((each.client_id, identity.fold(each.friend)), []).append(each)
    for friend in friends:
        name = friend.full_name or friend.company
        known = by_friend.get(friend.id)
        said = by_name.get((friend.referred_by_id, identity.fold(name)), [])
        if known is None and len(said) == 1:
            yield replace(said[0], friend_id=friend.id)
        elif known is None:
            yield _record(desk, friend, name, jobs.get(friend.id, ()))
        elif known.client_id != friend.referred_by_id and known.state in (ReferralState.MADE, ReferralState.LOST):
            yield replace(
                known, client_id=friend.referred_by_id, state=ReferralState.MADE, closed_on=None, resolution=""
            )


def _record(desk: Desk, friend: Client, name: str, jobs: Iterable[Job]) -> Referral:
    """Return the referral of a friend; it began with their first job, or when the home heard of them."""
    began = [day for job in jobs if (day := job.completed_on or job.promised_on or job.created_on)]
    return Referral(
        id=identity.imported_identifier(desk.key, "referral", friend.id),
        client_id=friend.referred_by_id,
        opened_on=min([*began, friend.created_on or desk.today, desk.today]),
        state=ReferralState.MADE,
        opened_by=THEM,
        friend_id=friend.id,
        friend=name,
        recorded_at=desk.now(),
        **reward(desk),
    )


def reward(desk: Desk) -> dict[str, Any]:
    """Return what the settings promise for a client, as fields of a referral."""
    settings, currency = desk.settings.referrals, desk.settings.business.currency
    if not settings.reward_amount:
        return {"reward": settings.reward}
    amount = cells.minor(settings.reward_amount, currency)
    return {"reward": settings.reward, "reward_minor": amount, "currency": currency}


def tell(desk: Desk, write: Writer, referral: Referral) -> None:
    """Write at the friend of a referral who brought them, where nothing is written yet."""
    friend = desk.store.client(referral.friend_id) if referral.friend_id else None
    if friend is not None and not friend.referred_by_id:
        name = friend.referred_by or words.client(finding.by_id(desk, referral.client_id))
        write.save(replace(friend, referred_by=name, referred_by_id=referral.client_id))


def unlink(desk: Desk, write: Writer, friend: Client) -> None:
    """Close the referral of a friend whom somebody else brought, as it turned out."""
    for each in desk.store.care(Referral, client_id=friend.referred_by_id):
        if each.friend_id == friend.id and each.state == ReferralState.MADE:
            resolution = "somebody else brought them"
            write.save(replace(each, state=ReferralState.LOST, closed_on=desk.today, resolution=resolution))


def known(desk: Desk, client: Client) -> tuple[Client | None, list[tuple[Client, Summary]]]:
    """Return who brought *client*, where that is certain, and whom *client* brought, with what came of each."""
    brought = desk.store.clients(desk.store.brought(client.id)).values()
    referrer = desk.store.client(client.referred_by_id) if client.referred_by_id else None
    ours = (each for each in brought if not each.merged_into and each.erased_on is None)
    return referrer, [(each, desk.store.summary(each.id)) for each in ours]


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
        filter(None, (identity.fold(text), identity.fold(plain), identity.fold(people.split(plain)[3])))
    )


def _numbered(desk: Desk, client_id: str, text: str) -> set[str]:
    """Return who has the number *text* in a program that knows the client, too."""
    if not any(letter.isdecimal() for letter in text) or "@" in text:
        return set()
    sources = {source for source, kind, _ in desk.store.external_ids(client_id) if kind == "client"}
    found = (desk.store.by_external_ids(source, "client", [text]).values() for source in sources)
    return {other for others in found for other in others} - {client_id}
