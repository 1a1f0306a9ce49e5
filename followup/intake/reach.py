"""How a client is reached: the e-mail addresses and phone numbers in a row.

Takes a row with its cells as they are meant, and the client that it speaks of. Fills their addresses and numbers, and
says what is none. Touches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from followup import cells, codes
from followup.intake import addresses, phones
from followup.intake.facts import Outcome, ParsedClient
from followup.intake.fields import Fields

_MAIL = re.compile(r"[^\s;,|<>()/]*@[^\s;,|<>()/]*")


class Reach:
    """Reads how the clients of one file are reached."""

    def __init__(self, fields: Fields) -> None:
        """Note which columns hold what, once for all rows."""
        self._fields = fields
        self._country, self._zeros_lost = fields.decisions.country, fields.decisions.zeros_lost
        self._emails = fields.of.get("client.email", [])
        self._phones = fields.of.get("client.phone", [])
        self._either = fields.of.get("client.reach", [])

    def read(self, client: ParsedClient, out: Outcome) -> None:
        """Fill the addresses and numbers of a client, whose country is known by now."""
        values = out.values
        for index in self._emails:
            value = values[index]
            if not value:
                continue
            if value.lower().startswith("/o="):
                self._fields.warn("an address inside a company's mail server (Exchange) was left out", out.row)
                continue
            self._add_emails(client, out, index, value)
        for index in self._phones:
            if values[index]:
                self._add_phones(client, out, index, values[index])
        for index in self._either:
            value = values[index]
            mails = _MAIL.findall(value)
            if mails:
                self._add_emails(client, out, index, " ".join(mails))
            rest = _MAIL.sub(";", value).strip(" ;,/|")
            if rest and any(letter.isdigit() for letter in rest):
                self._add_phones(client, out, index, rest)
            elif any(letter.isalpha() for letter in rest):
                client.extra[self._fields.headers[index]] = value

    def _add_emails(self, client: ParsedClient, out: Outcome, index: int, value: str) -> None:
        if addresses.is_plain(value):  # nearly every cell
            client.emails = _once((*client.emails, value), key=str.lower) if client.emails else (value,)
            return
        good, bad = addresses.split(value)
        if bad:
            part = "is" if bad[0] == value else f"holds '{cells.short(bad[0])}', which is"
            why = f"{part} no e-mail address; correct it or empty the cell"
            self._fields.problem(out, index, value=value, code="email", why=why)
        if good:
            client.emails = _once((*client.emails, *good), key=str.lower) if client.emails else tuple(good)
            if value != good[0] and addresses.words(value):
                client.extra[self._fields.headers[index]] = value

    def _add_phones(self, client: ParsedClient, out: Outcome, index: int, value: str) -> None:
        home, lost = self._country, index in self._zeros_lost
        if client.country != home and client.country in codes.COUNTRIES:  # a number without one is of where they live
            home = client.country
        number = phones.plain(value, home)
        if number:
            client.phones = _once((*client.phones, number)) if client.phones else (number,)
            return
        read = phones.read(value, home, zeros_lost=lost)
        if read.numbers:
            if lost and phones.lacks_zero(value, read.numbers[0], home):
                what = "zeros that a spreadsheet took from the front of phone numbers were put back"
                self._fields.warn(what, out.row)
            client.phones = _once((*client.phones, *read.numbers)) if client.phones else read.numbers
            if read.words:
                client.extra[self._fields.headers[index]] = read.words
        elif phones.damaged(value):
            why = "was rounded by a spreadsheet; type the whole number again, as text"
            self._fields.problem(out, index, value=value, code="phone", why=why)
        elif read.rest and not (read.local or client.emails or client.phones):
            why = "is no phone number, and the row has no e-mail; correct it"
            self._fields.problem(out, index, value=value, code="phone", why=why)
        elif read.rest:
            client.phones = (*client.phones, value)
            self._fields.warn("a phone that could not be read as a number was kept as it is written", out.row)


def _once(found: Iterable[str], *, key: Callable[[str], str] = str) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for each in found:
        kept.setdefault(key(each), each)
    return tuple(kept.values())
