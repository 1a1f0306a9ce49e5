"""Clients in the words of the address books that people use: Google Contacts and Outlook.

Takes clients. Gives columns and rows. Touches nothing. The headers are those that the two programs write themselves, so
that they read the file without asking, and so does our own import. What they have no place for stays behind: consent,
wishes about channels, the line for the next thank-you.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from followup.cells import Column
from followup.model import Client
from followup.plan import mobiles
from followup.records import dataclass

BETWEEN = "; "
"""Between values that share a cell, where a program has fewer places for them than the client has values."""


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a person in the parts that address books have; all empty for a firm."""

    first: str
    middle: str
    last: str


def name(client: Client) -> Name:
    """Return the parts of a client's name; together they are the whole name, where it begins and ends with them."""
    first, last, whole = client.first_name, client.last_name, client.full_name
    if not (first or last) and whole == client.company:
        return Name("", "", "")
    if not whole or not (first or last):
        words = whole.split()
        return Name(first or " ".join(words[:-1] or words), "", last or " ".join(words[1:][-1:]))
    if len(whole) > len(first) + len(last) and whole.startswith(f"{first} ") and whole.endswith(f" {last}"):
        return Name(first, whole[len(first) : len(whole) - len(last)].strip(), last)
    return Name(first, "", last)


def place(client: Client) -> str:
    """Return what kind of address and telephone a client has."""
    return "Work" if client.company else "Home"


def phone_place(client: Client, number: str) -> str:
    """Return what kind of telephone *number* is: that it takes texts says more than whose it is."""
    return "Mobile" if number.startswith("+") and mobiles.takes_texts(number) else place(client)


# ---------------------------------------------------------------- Google

_GOOGLE = (
    "First Name", "Middle Name", "Last Name", "Phonetic First Name", "Phonetic Middle Name", "Phonetic Last Name",
    "Name Prefix", "Name Suffix", "Nickname", "File As", "Organization Name", "Organization Title",
    "Organization Department", "Birthday", "Notes", "Photo", "Labels",
)  # fmt: skip
_GOOGLE_ADDRESS = ("Label", "Street", "City", "PO Box", "Region", "Postal Code", "Country", "Extended Address")
GOOGLE_BETWEEN = " ::: "
IN_MY_CONTACTS = "* myContacts"
"""The label without which Google shows a contact among "other contacts" only."""


def google_columns(*, emails: int, phones: int) -> tuple[Column, ...]:
    """Return the header that Google Contacts has since 2024, with as many groups of e-mail and phone as are needed."""
    numbered = [("E-mail", number) for number in range(1, emails + 1)]
    numbered += [("Phone", number) for number in range(1, phones + 1)]
    groups = [f"{what} {number} - {part}" for what, number in numbered for part in ("Label", "Value")]
    address = [f"Address 1 - {part}" for part in _GOOGLE_ADDRESS]
    return tuple(Column(each) for each in (*_GOOGLE, *groups, *address))


def google_rows(clients: Iterable[Client], *, emails: int, phones: int) -> Iterator[tuple[Any, ...]]:
    """Yield a row a client, as `google_columns` of the same numbers says."""
    for client in clients:
        parts, where = name(client), place(client)
        labels = GOOGLE_BETWEEN.join((*client.tags, IN_MY_CONTACTS))
        mails = [value for each in client.emails for value in (where, each)]
        if mails:
            mails[0] = f"* {where}"  # the one that Google uses first
        calls = [value for each in client.phones for value in (phone_place(client, each), each)]
        has_address = client.street or client.city or client.postal_code or client.region or client.country
        yield (
            parts.first, parts.middle, parts.last, "", "", "", client.title, "", client.address_as, "", client.company,
            "", "", "", _lines(client.notes), "", labels,
            *mails, *[""] * (2 * emails - len(mails)), *calls, *[""] * (2 * phones - len(calls)),
            where if has_address else "", _lines(client.street), client.city, "", client.region, client.postal_code,
            client.country, "",
        )  # fmt: skip


# ---------------------------------------------------------------- Outlook

_OUTLOOK = {
    "Title": "Anrede",
    "First Name": "Vorname",
    "Middle Name": "Weitere Vornamen",
    "Last Name": "Nachname",
    "Company": "Firma",
    "Business Street": "Straße geschäftlich",
    "Business City": "Ort geschäftlich",
    "Business State": "Region geschäftlich",
    "Business Postal Code": "Postleitzahl geschäftlich",
    "Business Country/Region": "Land/Region geschäftlich",
    "Home Street": "Straße privat",
    "Home City": "Ort privat",
    "Home State": "Bundesland/Kanton privat",
    "Home Postal Code": "Postleitzahl privat",
    "Home Country/Region": "Land/Region privat",
    "Business Phone": "Telefon geschäftlich",
    "Home Phone": "Telefon privat",
    "Mobile Phone": "Mobiltelefon",
    "Other Phone": "Weiteres Telefon",
    "Categories": "Kategorien",
    "E-mail Address": "E-Mail-Adresse",
    "E-mail 2 Address": "E-Mail 2: Adresse",
    "E-mail 3 Address": "E-Mail 3: Adresse",
    "Language": "Sprache",
    "Notes": "Notizen",
    "Referred By": "Empfohlen von",
}
"""What the English Outlook calls a column -> what the German one does. Others ask which column is what."""

_OUTLOOK_PLACES = {"Work": "Business Phone", "Home": "Home Phone", "Mobile": "Mobile Phone"}


def outlook_columns(*, language: str) -> tuple[Column, ...]:
    """Return the columns that Outlook for Windows knows in *language*: English, unless it is German."""
    return tuple(Column(german if language == "de" else english) for english, german in _OUTLOOK.items())


def outlook_rows(clients: Iterable[Client]) -> Iterator[tuple[Any, ...]]:
    """Yield a row a client, as `outlook_columns` says; what exceeds the last place of its kind shares that cell."""
    for client in clients:
        parts, home = name(client), place(client) == "Home"
        phones: dict[str, list[str]] = {}
        for each in client.phones:
            slot = _OUTLOOK_PLACES[phone_place(client, each)]
            phones.setdefault("Other Phone" if slot in phones else slot, []).append(each)
        address = (_lines(client.street), client.city, client.region, client.postal_code, client.country)
        nowhere = ("",) * len(address)
        slots = ("Business Phone", "Home Phone", "Mobile Phone", "Other Phone")
        yield (
            client.title, parts.first, parts.middle, parts.last, client.company,
            *(nowhere if home else address), *(address if home else nowhere),
            *(BETWEEN.join(phones.get(slot, ())) for slot in slots),
            ";".join(client.tags), *_three(client.emails), client.language, _lines(client.notes), client.referred_by,
        )  # fmt: skip


def _three(values: Sequence[str]) -> tuple[str, str, str]:
    first, second, *rest = (*values, "", "")
    return first, second, BETWEEN.join(each for each in rest if each)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
