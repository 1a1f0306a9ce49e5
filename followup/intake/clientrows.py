"""What a row says of a client: of one in a list, or of whom a job was for.

Takes rows with their cells as they are meant. Gives ParsedClient values: one for all rows that say the very same.
Touches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import itemgetter

from followup.intake import headers, meanings, names, reach, shape, whereabouts, wishes
from followup.intake.facts import Outcome, ParsedClient, Skipped
from followup.intake.fields import Fields

_BETWEEN = "; "
"""Stands between several values in a cell of our own."""

_PLAIN = (
    *("client.first_name", "client.last_name", "client.full_name", "client.title"),
    *("client.company", "client.address_as", "client.referred_by", "client.note"),
)


class ClientRows:
    """Reads of whom the rows of one file speak."""

    def __init__(self, fields: Fields, layout: headers.Layout, *, of_a_program: bool) -> None:
        """Sort the columns by what they say, once for all rows.

        Args:
            fields: where they are.
            layout: what the columns mean.
            of_a_program: whether it is an export that was recognised, and not made by hand.
        """
        of = fields.of
        self._fields = fields
        self._of_a_program = of_a_program
        self._ours = fields.decisions.form == "ours"
        self._id, self._middle = fields.at("client.id"), fields.at("client.middle_name")
        self._last_first = fields.at("client.last_first")
        self._plain = [(name.removeprefix("client."), of[name][0]) for name in _PLAIN if name in of]
        self._tags, self._notes = of.get("client.tags", []), of.get("client.notes", [])
        self._readers: list[Callable[[ParsedClient, Outcome], None]] = [
            whereabouts.Whereabouts(fields, layout).read,
            reach.Reach(fields).read,
            *wishes.Wishes(fields).readers(),
            *([self._words] if self._tags or self._notes else []),
        ]
        self._said = itemgetter(fields.width, *shape.identity_columns(layout))
        self._known: dict[object, ParsedClient] = {}  # by what is said of them

    def forget(self) -> None:
        """Let go of the clients of the rows so far."""
        self._known.clear()

    def listed(self, out: Outcome) -> ParsedClient:
        """Return the client that a row of a list of clients is about."""
        client = self._client(out)
        client.complete = self._ours
        client.extra |= self._fields.unknown(out.values)
        if not (_is_told_apart(client) or out.problems):
            why = "names no client: no name, number, e-mail or phone"
            if self._of_a_program:  # an address book holds such contacts, and there is nothing to mend
                out.skipped = Skipped(out.row, "nobody", why)
            else:
                self._fields.problem(out, self._fields.first(*_PLAIN), value="", code="no-client", why=why)
        return client

    def named(self, out: Outcome) -> ParsedClient:
        """Return whom a row of a job names: one value for all rows that say the very same of a client."""
        said = self._said(out.values)
        who = self._known.get(said)
        if who is None:
            who = self._client(out)
            if not out.problems and self._fields.warned_of != out.row:  # every row is told of by itself
                self._known[said] = who
        return who

    def of_a_job(self, who: ParsedClient, out: Outcome) -> ParsedClient:
        """Return whose a job is, where the file has clients, too: one of them, or whom a name alone means.

        Args:
            who: whom the job's row names.
            out: of the row.
        """
        if self._of_a_program or not _says_a_name_alone(who):
            self.beside_jobs(who, out)
            return who
        return replace(who, rows=[], reference=True)  # a row of a client may say the very same

    def beside_jobs(self, who: ParsedClient, out: Outcome, *, extra: Mapping[str, str] | None = None) -> None:
        """Take whom a row names for a client of the list, too: the file has both.

        Args:
            who: whom it names.
            out: of the row.
            extra: what else it says of nobody else, by its headers.
        """
        if _is_told_apart(who):
            out.client = replace(who, rows=[], extra={**who.extra, **extra}) if extra else who
        elif not out.problems:
            self._fields.problem(out, self._fields.first(*_PLAIN), value="", code="no-client", why="names no client")

    def _client(self, out: Outcome) -> ParsedClient:
        values = out.values
        client = ParsedClient(client_id=values[self._id])
        for name, index in self._plain:
            if values[index]:
                setattr(client, name, values[index])
        names.fill(client, last_first=values[self._last_first], middle=values[self._middle])
        for read in self._readers:
            read(client, out)
        return client

    def _words(self, client: ParsedClient, out: Outcome) -> None:
        values = out.values
        for index in self._tags:
            value = values[index]
            if value:
                tags = tuple(value.split(_BETWEEN)) if self._ours else meanings.tags(value)
                client.tags = tags if not client.tags else tuple(dict.fromkeys((*client.tags, *tags)))
        if self._notes:
            client.notes = "\n".join(dict.fromkeys([values[index] for index in self._notes if values[index]]))


def _is_told_apart(client: ParsedClient) -> bool:
    return bool(client.full_name or client.company or client.emails or client.client_id or client.phones)


def _says_a_name_alone(client: ParsedClient) -> bool:
    """Return whether a row says what a client is called, and nothing else of them, which would be lost."""
    if client.client_id or client.reachable():  # nearly every row
        return False
    rest = replace(client, rows=[], first_name="", last_name="", full_name="", title="", company="")
    return bool(client.full_name or client.company) and rest == ParsedClient()
