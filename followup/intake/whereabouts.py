"""Where a client is: the postal address in a row, of one cell or of its parts.

Takes a row with its cells as they are meant, and the client that it speaks of, whose names are filled. Fills the
address, taken apart where that is certain. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from followup.intake import headers, iso, postal
from followup.intake.facts import Outcome, ParsedClient
from followup.intake.fields import Fields

_PARTS = frozenset({"street", "city", "region", "postal_code", "country"})
"""Parts of an address that say one thing each."""


class Whereabouts:
    """Reads where the clients of one file are."""

    def __init__(self, fields: Fields, layout: headers.Layout) -> None:
        """Sort the columns by the address that they are of, once for all rows; the first that is filled is taken."""
        groups: dict[str, list[tuple[str, int]]] = {}
        for column in layout.columns:
            if column.field.startswith("address."):
                groups.setdefault(column.group, []).append((column.field.removeprefix("address."), column.index))
        self._groups = list(groups.values())
        self._fields = fields
        self._country, self._zeros_lost = fields.decisions.country, fields.decisions.zeros_lost
        parts = [[part for part, _ in group] for group in self._groups]
        self._each_part_alone = self._zeros_lost.isdisjoint(fields.of.get("address.postal_code", ())) and all(
            _PARTS.issuperset(group) and len(set(group)) == len(group) for group in parts
        )

    def read(self, client: ParsedClient, out: Outcome) -> None:
        """Fill the address of a client."""
        values = out.values
        for group in self._groups:
            if self._each_part_alone:  # as in nearly every table: nothing to put together or to take apart
                if self._parts(client, group, values):
                    return
                continue
            filled = [(part, values[index], index) for part, index in group if values[index]]
            if filled:
                self._together(client, filled)
                self._apart(client, filled, out.row)
                return

    def _parts(self, client: ParsedClient, group: Sequence[tuple[str, int]], values: Sequence[str]) -> bool:
        """Take each part as it is, and return whether there was any."""
        filled = False
        for part, index in group:
            value = values[index]
            if not value:
                continue
            filled = True
            if part == "country":
                client.country = iso.country(value)
            elif part != "street" or not _is_own_name(client, value):
                setattr(client, part, value)
        if not client.city and not client.postal_code and client.street:
            self._whole_street(client)
        return filled

    def _together(self, client: ParsedClient, filled: Sequence[tuple[str, str, int]]) -> None:
        """Put together what several cells say of one part."""
        streets = [value for part, value, _ in filled if part == "street"]
        for part, value, _ in filled:
            if (
                part == "street"
                and len(streets) > 1
                and any(one != value and one.casefold() in value.casefold() for one in streets)
            ):
                continue  # the whole address in one cell, beside its parts
            if part in ("street", "line2") and _is_own_name(client, value):
                continue
            if part == "line2" or (part == "street" and client.street and client.street != value):
                client.street = f"{client.street}, {value}" if client.street else value
            elif part == "country":
                client.country = iso.country(value)
            elif part == "number":  # as it stands in the table: 12 High Street, Hauptstr. 5
                client.street = f"{client.street} {value}".strip()
            elif part == "street" and client.street == "" and filled[0][0] == "number":
                client.street = f"{filled[0][1]} {value}"
            elif part != "place":
                setattr(client, part, value)

    def _apart(self, client: ParsedClient, filled: Sequence[tuple[str, str, int]], row: int) -> None:
        """Take apart what one cell says of several parts, where that is certain."""
        home = client.country or self._country
        for part, value, index in filled:
            if part == "place":
                found = postal.town(value, home)
                if found is None:
                    client.city = f"{client.city}, {value}" if client.city else value
                else:
                    client.postal_code, client.city = found.postal_code, found.city
                    client.region, client.country = client.region or found.region, client.country or found.country
            elif part == "postal_code" and index in self._zeros_lost:
                whole = postal.zeros_lost(value, home)
                if whole:
                    client.postal_code = whole
                    what = "zeros that a spreadsheet took from the front of postal codes were put back"
                    self._fields.warn(what, row)
        if not client.city and not client.postal_code and client.street:
            self._whole_street(client)

    def _whole_street(self, client: ParsedClient) -> None:
        """Take apart a street that is a whole address, where that is certain."""
        found = postal.split(client.street, client.country or self._country)
        if found is not None:
            client.street, client.postal_code, client.city = found.street, found.postal_code, found.city
            client.region, client.country = client.region or found.region, client.country or found.country


def _is_own_name(client: ParsedClient, line: str) -> bool:
    """Return whether a line of an address is the first of a label."""
    return line in (client.full_name, client.company, f"{client.first_name} {client.last_name}")
