"""Under which names and addresses a client is found: folded, so that what people mean alike compares alike.

Takes clients. Gives text. Touches nothing.
"""

from __future__ import annotations

from followup import identity
from followup.model import Client


def of_client(client: Client) -> list[str]:
    """Return the folded names under which a client is found; the first is the one lists are sorted by."""
    if client.merged_into or client.erased_on:
        return []
    full = identity.fold(client.full_name)
    pair = f"{client.first_name} {client.last_name}"
    parts = full if pair == client.full_name else identity.fold(pair)
    if not client.company and parts == full:
        return [full]
    company = identity.fold(client.company) if client.company else ""
    return list(dict.fromkeys(name for name in (full or parts, company, parts) if name)) or [""]


def household_keys(client: Client) -> list[str]:
    """Return what a client's household is known by beside its phones: the postal address, if it is a whole one."""
    if client.merged_into or client.erased_on:
        return []
    street, postal_code = identity.fold(client.street), identity.fold(client.postal_code)
    return [f"address:{street}|{postal_code}"] if street and postal_code else []
