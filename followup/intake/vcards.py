r"""Address cards (.vcf: vCard 2.1, 3.0, 4.0) -> records under the names of our own columns, a card a record.

Takes the lines of one file. Gives a record for each card, and what is wrong with which of them. Touches nothing; the
only door to vobject, which takes lines apart: groups, parameters, quoted-printable. Cards are told apart and lines
unfolded here, so that a broken card spoils no other and a picture of a million letters costs nothing; and what values
mean is read here, too: vobject ends a value at the first comma without a backslash, and many address books write those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from followup import cells
from followup.intake import decode

HEADER = (
    "client_id", "title", "first_name", "middle name", "last_name", "full_name", "company", "address_as", "emails",
    "phones", "street", "city", "region", "postal_code", "country", "language", "tags", "notes",
)  # fmt: skip

TITLE = "address cards"
"""What the import says that such a file looks like."""

SOURCE = "cards"
"""Whose the identifiers of cards are: long ones, never the numbers of a sheet."""

MOST_CARDS = 100_000
"""Cards in a file; Google keeps at most 25,000 contacts, iCloud 50,000."""

LONGEST_CARD = 100_000
"""Characters of a card, pictures not counted; no cell of ours holds a third of it."""

_BEGIN = re.compile(r"\s*BEGIN\s*:\s*VCARD\s*", re.IGNORECASE)
_END = re.compile(r"\s*END\s*:\s*VCARD\s*", re.IGNORECASE)
_NAME = re.compile(r"(?:[\w-]+\.)?([\w-]+)(?=[;:])")
_TAKEN = frozenset(
    {"VERSION", "UID", "N", "FN", "NICKNAME", "ORG", "EMAIL", "TEL", "ADR", "NOTE", "CATEGORIES", "LANG", "KIND"}
    | {"X-ABLABEL", "X-ABSHOWAS", "X-ADDRESSBOOKSERVER-KIND"}
)
# What vobject's own pattern accepts at the first try. Of anything else, such as a hundred commas without a colon, it
# tries every way to divide it, which takes longer than there is time.
_VALUE = r'(?:"[^"]*+"|[^";:,]*+)'
_READABLE = re.compile(rf"(?:[\w-]++\.)?[\w-]++(?:;[\w-]++(?:={_VALUE})?+(?:,{_VALUE})*+)*+:", re.ASCII)
_REMARK = re.compile(r"\([^():]*\)")  # Android: TEL;X-Custom(CHARSET=UTF-8,Site):...
_PART = re.compile(r"[^\\;]*+(?:\\.?[^\\;]*+)*+", re.DOTALL)
_ITEM = re.compile(r"[^\\,]*+(?:\\.?[^\\,]*+)*+", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED_MARK = re.compile(r"\\([;,:\\])")
_QUOTED = re.compile("quoted-printable", re.IGNORECASE)
_NO_PHONE = re.compile(r"fax|pager", re.IGNORECASE)
_GOOGLES_OWN = "myContacts"
_OURS = "followup-"
"""How the identifiers of our own cards begin."""
_EDGE = 40
"""Characters of a line that may be the first or last of a card."""
_SHOWN = 5_000
"""Characters of a broken card that are kept for the file of rejected rows."""
_LAST = 101
"""Rank of a value that nobody prefers; the others have 1 to 100 (RFC 6350 section 5.3)."""


@dataclass(slots=True)
class Cards:
    """All cards of a file, as cells under HEADER. Problems and groups are by index."""

    records: list[list[str]] = field(default_factory=list)  # those with a problem hold the text of the card
    problems: dict[int, str] = field(default_factory=dict)
    groups: dict[int, str] = field(default_factory=dict)  # lists of other cards: their names
    outside: int = 0  # lines that belong to no card


def begin_with(line: str) -> bool:
    """Return whether cards begin with *line*, the first of a file that is not blank."""
    return _BEGIN.fullmatch(line[:_EDGE]) is not None


def read(lines: Iterable[str]) -> Cards:
    """Return the cards in the *lines* of a file.

    Raises:
        decode.Refused: there is no whole card in it, or there are more than any address book has.
    """
    found = Cards()
    for index, card in enumerate(_cards(lines, found)):
        if index == MOST_CARDS:
            raise decode.Refused(
                "too-many-cards",
                f"there are more than {MOST_CARDS:,} address cards in it, more than any address book keeps. Export "
                "only those of your clients.",
            )
        record = [""] * len(HEADER)
        if not card.problem:
            try:
                said = _Said(card.lines())
                record = said.record()
                if said.is_a_group():
                    found.groups[index] = said.text("FN")
            except Exception as error:  # whatever vobject and its codecs make of damage
                card.problem = str(error) if isinstance(error, _Unreadable) else "cannot be read; export it again"
        if card.problem:
            found.problems[index] = card.problem
            record[-1] = "\n".join(card.lines())[:_SHOWN]
        found.records.append(record)
    if len(found.records) == len(found.problems):
        raise decode.Refused(
            "no-card",
            f"it begins as a file of address cards (vCard), and no card in it is whole: card 1 {found.problems[0]}.",
        )
    return found


# ---------------------------------------------------------------- lines of cards


class _Unreadable(Exception):
    """A card that cannot be read; the text says why."""


@dataclass(slots=True)
class _Card:
    """The lines of a card that we take, each in the pieces that it was folded into."""

    pieces: list[list[str]] = field(default_factory=list)
    problem: str = ""
    size: int = 0

    def take(self, piece: str, *, goes_on: bool) -> None:
        self.size += len(piece)
        if self.size > LONGEST_CARD:
            self.problem = self.problem or f"has more than {LONGEST_CARD:,} characters; shorten its notes"
        elif goes_on and self.pieces:
            self.pieces[-1].append(piece)
        else:
            self.pieces.append([piece])

    def lines(self) -> list[str]:
        return ["".join(pieces) for pieces in self.pieces]


def _cards(lines: Iterable[str], found: Cards) -> Iterator[_Card]:
    """Yield each card without what we do not take: its pictures, its telephone's own lines, the cards within it."""
    card: _Card | None = None
    inside = 0
    name, soft = "", False  # of the line that may go on: its name, and whether it does by quoted-printable
    for ended in lines:
        line = ended.rstrip("\r\n")
        edge = line[:_EDGE] if "VCARD" in line[:_EDGE].upper() else ""
        if card is None:
            if _BEGIN.fullmatch(edge):
                card, name, soft = _Card(), "", False
            else:
                found.outside += bool(line.strip())
        elif edge and _BEGIN.fullmatch(edge):
            if name == "AGENT" or inside:
                inside += 1
                continue
            card.problem = card.problem or "has no end (END:VCARD) before the next card begins"
            yield card
            card, name, soft = _Card(), "", False
        elif edge and _END.fullmatch(edge):
            if inside:
                inside -= 1
                continue
            yield card
            card = None
        elif inside or not line.strip():
            soft = False
        else:
            folded = not soft and line[0] in " \t"
            if not soft and not folded:
                begins = _NAME.match(line[:200])
                if begins:
                    name = begins[1].upper()
                elif not name or name in _TAKEN:
                    card.problem = card.problem or f"has a line without a name: '{_short(line)}'"
            goes_on = soft or folded
            soft = line.endswith("=") and (soft or "QUOTED-PRINTABLE" in line[:500].upper())
            if name in _TAKEN:
                card.take(line[folded : len(line) - soft], goes_on=goes_on)
    if card is not None:
        card.problem = card.problem or "breaks off before its end (END:VCARD); export it again"
        yield card


def _short(text: str) -> str:
    return cells.cut(cells.printable(text[:200]), 40)


# ---------------------------------------------------------------- what a card says


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a card, without its name."""

    value: str
    group: str = ""
    kinds: str = ""  # of telephone or address, in small letters between commas
    rank: int = _LAST


_RANK = attrgetter("rank")


def _read(line: str) -> tuple[str, _Line]:
    """Return the name of a line and what it says; raises _Unreadable, or what vobject makes of damage."""
    head, colon, value = line.partition(":")
    if colon and ";" not in head:
        group, _, name = head.rpartition(".")
        return name.upper(), _Line(value, group)
    from vobject import base

    name, parameters, value, group = base.parseLine(_readable(line))
    of: dict[str, list[str]] = {}
    for key, *values in parameters:
        # version 2.1 has TEL;CELL;PREF where later ones have TEL;TYPE=CELL,PREF
        of.setdefault(key.upper() if values else "TYPE", []).extend(values or [key])
    if _QUOTED.search(head):
        value = base.ContentLine(name, parameters, value).value
    elif "ENCODING" in of:
        value = ""  # base64: no text of ours is
    kinds = ",".join(of.get("TYPE", ())).lower()
    stated = next((each for each in of.get("PREF", ()) if each.isdecimal()), "")
    rank = int(stated[:3]) if stated else 1 if "pref" in kinds.split(",") else _LAST
    return name.upper(), _Line(value, group or "", kinds, rank)


class _Said:
    """What the lines of one card say."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Take them apart; raises _Unreadable, or whatever vobject makes of damage."""
        self.of: dict[str, list[_Line]] = {}
        for line in lines:
            name, read = _read(line)
            self.of.setdefault(name, []).append(read)
        for several in self.of.values():
            several.sort(key=_RANK)
        version = self.of.get("VERSION")
        self.old = version is not None and version[0].value.strip() == "2.1"

    def text(self, name: str) -> str:
        """Return the best value of a property."""
        return next(self.texts(name), "")

    def texts(self, name: str) -> Iterator[str]:
        """Yield the values of a property, the preferred one first."""
        for line in self.of.get(name, ()):
            value = self._plain(line.value).strip()
            if value:
                yield value

    def parts(self, name: str, *, between: str = " ") -> list[str]:
        """Return the parts of the first filled value of a property; what is a list in a part is joined."""
        for line in self.of.get(name, ()):
            found = [between.join(self._items(part)) for part in _pieces(_PART, ";", line.value)]
            if any(found):
                return [*found, *[""] * (_PARTS - len(found))]
        return [""] * _PARTS

    def items(self, name: str) -> list[str]:
        """Return all values of a property of which one line may hold several."""
        return [item for line in self.of.get(name, ()) for item in self._items(line.value)]

    def _items(self, text: str) -> list[str]:
        return [item for piece in _pieces(_ITEM, ",", text) if (item := self._plain(piece).strip())]

    def _plain(self, text: str) -> str:
        """Return what a value stands for: backslashes taken away, line ends as ours."""
        text = text.replace("\r\n", "\n")
        if "\\" not in text:
            return text
        if self.old:  # which knows a backslash before marks only, and has C:\new as it stands
            return _ESCAPED_MARK.sub(r"\1", text)
        return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], text)

    def is_a_group(self) -> bool:
        """Return whether the card is a list of other cards."""
        return "group" in {self.text("KIND").lower(), self.text("X-ADDRESSBOOKSERVER-KIND").lower()}

    def phones(self) -> Iterator[str]:
        """Yield the numbers that a voice or a text reaches."""
        labels = {line.group: line.value for line in self.of.get("X-ABLABEL", ()) if line.group}
        for line in self.of.get("TEL", ()):
            if not (_NO_PHONE.search(line.kinds) or _NO_PHONE.search(labels.get(line.group, ""))):
                yield self._plain(line.value).strip().removeprefix("tel:")

    def record(self) -> list[str]:
        """Return the cells of HEADER."""
        last, first, middle, title, _, *_ = self.parts("N")
        company = self.parts("ORG")[0]
        whole = self.text("FN")
        if title and (first or last):
            whole = whole.removeprefix(f"{title} ")  # Apple writes "Mrs. Ada Hall"
        number = self.text("UID").removeprefix("urn:uuid:")
        if first == whole and not last and " " in first and not number.startswith(_OURS):
            first = ""  # a whole name in the place of the first, as telephones write it
        if whole == company and (first or last):
            whole = ""  # listed by the firm, and there is a person
        if not company and (self.text("X-ABSHOWAS").upper() == "COMPANY" or self.text("KIND").lower() == "org"):
            company = whole
        box, extended, street, city, region, code, country, *_ = self.parts("ADR", between=", ")
        return [
            number.removeprefix(_OURS),
            title,
            first,
            middle,
            last,
            whole,
            company,
            next(iter(self.items("NICKNAME")), ""),
            "; ".join(self.texts("EMAIL")),
            "; ".join(self.phones()),
            ", ".join(each for each in (box, street, extended) if each),
            city,
            region,
            code,
            country,
            self.text("LANG"),
            "; ".join(tag for tag in self.items("CATEGORIES") if tag != _GOOGLES_OWN),
            "\n".join(self.texts("NOTE")),
        ]


_PARTS = 7
"""Of an address, which has the most."""


def _readable(line: str) -> str:
    """Return a line as vobject reads it, or raise _Unreadable."""
    found = _READABLE.match(line)
    if not found:
        head, colon, value = line.partition(":")
        line = f"{_REMARK.sub('', head)}{colon}{value}"
        found = _READABLE.match(line)
        if not found:
            raise _Unreadable(f"has a line that cannot be read: '{_short(line)}'")
    return _QUOTED.sub("QUOTED-PRINTABLE", line[: found.end()]) + line[found.end() :]


def _pieces(pattern: re.Pattern[str], mark: str, text: str) -> list[str]:
    """Return the pieces of *text* between marks without a backslash; *pattern* is a piece."""
    if "\\" not in text:
        return text.split(mark)
    pieces, at = [], 0
    while at <= len(text):
        found = pattern.match(text, at)
        assert found is not None
        pieces.append(found[0])
        at = found.end() + 1
    return pieces
