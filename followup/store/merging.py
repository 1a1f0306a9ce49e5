"""Two records of one client laid together: nothing that either says is lost.

Takes and gives clients. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from followup import identity
from followup.model import Client, Consent

_NAMES = ("full_name", "first_name", "last_name")
_PLACE = ("street", "city", "region", "postal_code", "country")
_SINGLE = {
    "title": "title",
    "company": "company",
    "address_as": "greeted as",
    "language": "language",
    "preferred_channel": "likes best",
    "owner": "looked after by",
    "note": "for the next thank-you",
}
"""Fields of one value, each with what it is called in a note."""


def merged(keep: Client, drop: Client) -> Client:
    """Return *keep* with what it lacks taken from *drop*, and what contradicts it noted.

    Addresses, phones, tags and refused channels are added up. A stop of either is a stop; so is a wish, where the
    other record has none.
    """
    first, second = (drop, keep) if _says_more(drop, keep) else (keep, drop)
    evidence = dict.fromkeys(each.consent_evidence for each in (first, second) if each.consent is first.consent)
    referrer = keep if keep.referred_by or keep.referred_by_id else drop
    days = [client.created_on for client in (keep, drop) if client.created_on]
    canonical = {identity.canonical_address(address) for address in keep.emails}
    chosen: dict[str, Any] = {field: getattr(keep, field) or getattr(drop, field) for field in _SINGLE}
    chosen |= {field: getattr(_named(keep, drop), field) or _part(keep, drop, field) for field in _NAMES}
    chosen |= {field: getattr(_placed(keep, drop), field) for field in _PLACE}
    return replace(
        keep,
        **chosen,
        emails=(*keep.emails, *(each for each in drop.emails if identity.canonical_address(each) not in canonical)),
        phones=_both(keep.phones, drop.phones),
        no_channels=_both(keep.no_channels, drop.no_channels),
        tags=_both(keep.tags, drop.tags),
        notes="\n".join(dict.fromkeys(text for text in (keep.notes, drop.notes, _also(keep, drop)) if text)),
        consent=first.consent,
        consent_evidence="; ".join(filter(None, evidence)),
        referred_by=referrer.referred_by,
        referred_by_id="" if referrer.referred_by_id in (keep.id, drop.id) else referrer.referred_by_id,
        extra=_columns(keep.extra, drop.extra),
        created_on=min(days, default=None),
    )


def decided(keep: Client, drop: Client) -> list[str]:
    """Return the fields in which both had something to say: keeping one of the values was a choice."""
    found = [field for field in _SINGLE if _contradict(getattr(keep, field), getattr(drop, field))]
    if _named(keep, drop) is keep and _contradict(_whole(keep), _whole(drop)):
        found += [field for field in _NAMES if getattr(keep, field)]
    if _placed(keep, drop) is keep and _contradict(_address(keep), _address(drop)):
        found += [field for field in _PLACE if getattr(keep, field)]
    return found


def _says_more(one: Client, other: Client) -> bool:
    order = (Consent.UNKNOWN, Consent.OPTED_IN, Consent.OPTED_OUT)
    return order.index(one.consent) > order.index(other.consent)


def _named(keep: Client, drop: Client) -> Client:
    return keep if any(getattr(keep, field) for field in _NAMES) else drop


def _whole(client: Client) -> str:
    return client.full_name or f"{client.first_name} {client.last_name}".strip()


def _part(keep: Client, drop: Client, field: str) -> str:
    """Return a part of the name that only the other has, where both are called the same."""
    return "" if _contradict(_whole(keep), _whole(drop)) else str(getattr(drop, field))


def _placed(keep: Client, drop: Client) -> Client:
    """Return whose address is the one: an address is whole, never a mixture of two."""
    return keep if keep.street or keep.postal_code or keep.city else drop


def _address(client: Client) -> str:
    town = f"{client.postal_code} {client.city}".strip()
    return ", ".join(part for part in (client.street, town, client.region, client.country) if part)


def _contradict(one: str, other: str) -> bool:
    return bool(one and other) and identity.fold(one) != identity.fold(other)


def _both(ours: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*ours, *theirs)))


def _also(keep: Client, drop: Client) -> str:
    """Return a line about what the other record says otherwise; empty when it is nothing."""
    called = _called(drop)
    other = f" as {called}" if _contradict(_called(keep), called) else ""
    said = "; ".join(_contradictions(keep, drop))
    return f"Also on record{other}{': ' if said else ''}{said}" if other or said else ""


def _called(client: Client) -> str:
    return _whole(client) or client.company


def _contradictions(keep: Client, drop: Client) -> Iterator[str]:
    for field, word in (("first_name", "first name"), ("last_name", "last name")):
        name = getattr(drop, field)
        if _contradict(getattr(keep, field), name) and identity.fold(name) not in identity.fold(_whole(drop)):
            yield f"{word} {name}"
    for field, word in _SINGLE.items():
        if _contradict(getattr(keep, field), getattr(drop, field)):
            yield f"{word} {getattr(drop, field)}"
    if _placed(keep, drop) is keep and _contradict(_address(keep), _address(drop)):
        yield f"address {_address(drop)}"
    if (keep.referred_by or keep.referred_by_id) and _contradict(keep.referred_by, drop.referred_by):
        yield f"referred by {drop.referred_by}"
    quiet = keep if _says_more(drop, keep) else drop
    loud = drop if quiet is keep else keep
    if quiet.consent is not loud.consent and quiet.consent_evidence:
        yield f"consent {quiet.consent.value.replace('_', ' ')} ({quiet.consent_evidence})"


def _columns(ours: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, Any]:
    """Return the own columns of both; a value that contradicts is kept under the column's name and a number."""
    columns = {**theirs, **ours}
    for name, value in theirs.items():
        if columns[name] != value:
            number = 2
            while columns.get(f"{name} ({number})", value) != value:
                number += 1
            columns[f"{name} ({number})"] = value
    return columns
