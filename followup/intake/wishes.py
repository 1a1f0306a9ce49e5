"""What a client wishes of us: consent, channels, language; and whether mail to them came back.

Takes a row with its cells as they are meant, and the client that it speaks of. Fills their wishes, and says what is
none: what somebody wants is never guessed. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from followup import cells
from followup.intake import iso, meanings
from followup.intake.facts import Outcome, ParsedClient
from followup.intake.fields import Fields

_WAYS = "write email, call, text, letter, card or visit"


class Wishes:
    """Reads what the clients of one file wish."""

    def __init__(self, fields: Fields) -> None:
        """Note which columns hold what, once for all rows."""
        self._fields = fields
        self._preferred, self._never = fields.at("client.preferred_channel"), fields.at("client.no_channels")
        self._tongue = fields.at("client.language")

    def readers(self) -> list[Callable[[ParsedClient, Outcome], None]]:
        """Return what reads the wishes for which the file has columns: few files have any."""
        channels = ("preferred_channel", "no_channels", "no_channels.call", "no_channels.text")
        return [
            read
            for read, names in (
                (self._consent, ("consent", "opt_out")),
                (self._channels, channels),
                (self._language, ("language",)),
                (self._refused, ("mail_refused",)),
            )
            if any(f"client.{name}" in self._fields.of for name in names)
        ]

    def _consent(self, client: ParsedClient, out: Outcome) -> None:
        for index in self._fields.of.get("client.consent", ()):
            value = out.values[index]
            said = meanings.consent(value, self._fields.headers[index]) if value else "unknown"
            if said is None:
                why = "is not understood; write opted_in, opted_out or unknown"
                self._fields.problem(out, index, code="consent", why=why)
            elif client.consent != "opted_out" and said != "unknown":
                client.consent = said
        for index in self._fields.of.get("client.opt_out", ()):
            if self._says_stop(out, index, "consent"):
                client.consent = "opted_out"

    def _refused(self, client: ParsedClient, out: Outcome) -> None:
        for index in self._fields.of["client.mail_refused"]:
            client.mail_refused = self._says_stop(out, index, "mail-refused")

    def _says_stop(self, out: Outcome, index: int, code: str) -> bool:
        value = out.values[index]
        stop = meanings.opt_out(value) if value else False
        if stop is None:
            self._fields.problem(out, index, code=code, why="is not understood; write yes or no")
        return bool(stop)

    def _channels(self, client: ParsedClient, out: Outcome) -> None:
        preferred, never = out.values[self._preferred], out.values[self._never]
        if preferred:
            good, bad = meanings.channels(preferred)
            if bad or not good:
                why = f"is no way to reach a client; {_WAYS}"
                self._fields.problem(out, self._preferred, code="channel", why=why)
            else:
                client.preferred_channel = good[0]
        if never:
            good, bad = meanings.channels(never)
            if bad:
                why = f"names '{cells.short(bad[0])}', which is no way to reach a client; {_WAYS}"
                self._fields.problem(out, self._never, code="channel", why=why)
            client.no_channels = tuple(good)
        for channel in ("call", "text"):  # a column of its own, with yes or no: one channel, no opt-out
            for index in self._fields.of.get(f"client.no_channels.{channel}", ()):
                if self._says_stop(out, index, "channel") and channel not in client.no_channels:
                    client.no_channels = (*client.no_channels, channel)

    def _language(self, client: ParsedClient, out: Outcome) -> None:
        language = out.values[self._tongue]
        if language:
            client.language = iso.language(language)
            if not client.language:
                client.extra[self._fields.headers[self._tongue]] = language
                self._fields.warn("a language that we do not know was kept as an unknown column", out.row)
