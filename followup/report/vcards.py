r"""Clients as vCards, the form that telephones, iCloud and Google Contacts read.

Takes clients. Gives the text of a .vcf file, card by card. Touches nothing.

Version 3.0 (RFC 2426), because iPhones, Macs and Outlook read no later one. It is written here and not by vobject,
which reads cards for us: that folds by letters, where the format counts octets. What is easy to get wrong is folding
(75 octets, never within a letter) and escaping (``\\``, ``\,``, ``\;``, ``\n``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from followup.model import Client
from followup.report import addressbooks, words

LONGEST = 75
"""Octets of a line, its end not counted (RFC 2426 section 2.6)."""

_TYPES = {"Mobile": "CELL", "Home": "HOME", "Work": "WORK"}
_ESCAPED = str.maketrans({"\\": "\\\\", ",": "\\,", ";": "\\;", "\n": "\\n"})
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # no value may have them (RFC 6350 section 3.3)


def cards(clients: Iterable[Client]) -> Iterator[str]:
    """Yield a card a client, its lines ended as the format wants it."""
    for client in clients:
        yield "".join(f"{fold(line)}\r\n" for line in _lines(client))


def _lines(client: Client) -> Iterator[str]:
    parts = addressbooks.name(client)
    if not (client.first_name or client.last_name):  # nobody knows where the last name begins: telephones write it so
        parts = replace(parts, first=" ".join(filter(None, (parts.first, parts.last))), last="")
    kind = _TYPES[addressbooks.place(client)]
    is_firm = not (parts.first or parts.last)
    yield "BEGIN:VCARD"
    yield "VERSION:3.0"
    yield "PRODID:-//followup//EN"
    yield f"UID:followup-{client.id}"
    yield f"N:{_joined(';', parts.last, parts.first, parts.middle, '' if is_firm else client.title, '')}"
    yield f"FN:{escape(words.client(client))}"
    if client.company:
        yield f"ORG:{escape(client.company)}"
        if is_firm:
            yield "X-ABSHOWAS:COMPANY"  # Apple's: listed by the firm
    if client.address_as:
        yield f"NICKNAME:{escape(client.address_as)}"
    for index, address in enumerate(client.emails):
        yield f"EMAIL;TYPE=INTERNET{'' if index else ',PREF'}:{escape(address)}"
    for index, number in enumerate(client.phones):
        place = _TYPES[addressbooks.phone_place(client, number)]
        yield f"TEL;TYPE={place}{'' if index else ',PREF'}:{escape(number)}"
    home = (client.street, client.city, client.region, client.postal_code, client.country)
    if any(home):
        yield f"ADR;TYPE={kind}:{_joined(';', '', '', *home)}"
    if client.tags:
        yield f"CATEGORIES:{_joined(',', *client.tags)}"
    if client.notes:
        yield f"NOTE:{escape(client.notes)}"
    yield "END:VCARD"


def _joined(mark: str, *values: str) -> str:
    return mark.join(map(escape, values))


def escape(text: str) -> str:
    """Return *text* as a value: on one line, with nothing in it that could end it or make a list of it."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).translate(_ESCAPED)


def fold(line: str) -> str:
    """Return *line* in pieces of at most LONGEST octets, each further one behind a line end and a blank."""
    if len(line) * 4 <= LONGEST or len(line.encode()) <= LONGEST:
        return line
    pieces, piece, octets = [], "", 0
    for letter in line:
        size = len(letter.encode())
        if octets + size > LONGEST:
            pieces.append(piece)
            piece, octets = "", 1  # the blank
        piece += letter
        octets += size
    return "\r\n ".join([*pieces, piece])
