"""How names and addresses are folded, so that what people mean alike compares alike.

Takes and gives text. Touches nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from followup.model import Client

_NOT_WORDS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Return *text* without accents, case and punctuation: "Müller & Sons, Ltd." becomes "muller sons ltd"."""
    if not text.isascii():  # case first: some capitals (the Turkish I with a dot) become a letter and an accent
        decomposed = unicodedata.normalize("NFKD", text.casefold())
        text = "".join([letter for letter in decomposed if not unicodedata.combining(letter)])
    elif text.replace(" ", "").isalnum():  # most names and streets
        return " ".join(text.lower().split())
    return _NOT_WORDS.sub(" ", text.casefold()).strip()


def of_client(client: Client) -> list[str]:
    """Return the folded names under which a client is found; the first is the one lists are sorted by."""
    if client.merged_into or client.erased_on:
        return []
    full = fold(client.full_name)
    pair = f"{client.first_name} {client.last_name}"
    parts = full if pair == client.full_name else fold(pair)
    company = fold(client.company) if client.company else ""
    return list(dict.fromkeys(name for name in (full or parts, company, parts) if name)) or [""]


def household_keys(client: Client) -> Iterator[str]:
    """Yield what a client's household is known by: the postal address, and every phone that could be read."""
    if client.merged_into or client.erased_on:
        return
    street, postal_code = fold(client.street), fold(client.postal_code)
    if street and postal_code:
        yield f"address:{street}|{postal_code}"
    for number in dict.fromkeys(client.phones):
        if number.startswith("+"):  # E.164: the others could be anything
            yield f"phone:{number}"
