"""Words without people: names, addresses, e-mails and numbers taken out of free text, in any script.

Takes texts and what is known of the people in them. Gives the texts with a word in brackets in each place, and what was
taken out how often. Touches nothing. Rather too much goes than too little: a case study is read by everybody.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

from followup.model import Client, Person

CLIENT, HOUSEHOLD, COMPANY = "[client]", "[household]", "[company]"
STREET, TOWN, EMAIL, NUMBER, LINK = "[street]", "[town]", "[e-mail]", "[number]", "[link]"

_PARTICLES = frozenset(
    {
        *("al", "and", "auf", "aus", "bin", "da", "dal", "de", "del", "della", "den", "der", "des", "di", "die"),
        *("dos", "du", "el", "et", "la", "las", "le", "les", "los", "mac", "mc", "ten", "ter", "the", "und", "van"),
        *("vom", "von", "y", "zu", "zum", "zur"),
        *("dr", "frau", "herr", "madame", "miss", "monsieur", "mr", "mrs", "ms", "prof", "senor", "senora", "sir"),
    }
)
"""Parts of names that are words of their own."""
_LEGAL = re.compile(
    r"[\s,]+(ltd|limited|plc|llc|llp|inc|corp|co|company|gmbh|ag|kg|ohg|ug|e\s?k|sarl|sas|sa|s\s?l|bv|nv|oy|ab|as|srl|"
    r"spa|pty|& co|and sons|& sons)\.?$",
    re.IGNORECASE,
)
_ENDINGS = r"(?:s|es|n|en|ns|ens)?"
"""How a name of ours may end in a sentence: Halls, Müllern."""

_EMAIL = re.compile(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"]+")
_LINK = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
# A number as people write one: digits of any script with what may stand between them, and codes such as INV-20441.
_NUMBER = re.compile(r"(?:\b[A-Za-z]{1,5}[-/#]?)?[+(]?\d(?:[\s().,/:\-‐-―]{0,2}\d){2,}(?:[A-Za-z]{1,2}\b)?")
_CODE = re.compile(r"\b[A-Z]{1,2}\d{1,2}[A-Z]?\s?\d[A-Z]{2}\b")  # a British postcode
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ][\w'’.-]*"
_ENGLISH = "Street|St|Road|Rd|Lane|Ln|Avenue|Ave|Drive|Crescent|Court|Terrace|Gardens|Grove|Mews|Boulevard|Blvd|Square"
_ENGLISH += "|Close|Row|Hill|Place|Parade"
_GERMANIC = "straße|strasse|str|gasse|allee|platz|weg|ufer|straat|laan|plein|gracht|gatan|vägen|gade|vej|veien|katu"
_BEFORE = r"rue|avenue|boulevard|chemin|allée|impasse|quai|calle|avenida|plaza|paseo|camino|via|viale|piazza|corso|rua"
_BEFORE += r"|praça|ul\.|ulica|ulice|ул\.|улица|улице|вул\.|οδός"
_OF = r"(?:(?:de|du|des|la|le|les|l'|l’|del|della|di|da|do|dos|los|las|san|santa)\s*)*"
_STREETS = (
    re.compile(rf"(?:\d+\s?[a-zA-Z]?,?\s+)?(?:{_CAPITAL}\s+){{1,3}}(?:{_ENGLISH})\b\.?"),
    re.compile(rf"\b\w[\w-]*(?:{_GERMANIC})\b\.?\s+\d+\s?[a-z]?\b|\b\w[\w-]*(?:straße|strasse|straat|gatan)\b"),
    re.compile(
        rf"(?i:\b(?:\d+\s?(?:bis|ter)?,?\s+)?(?:{_BEFORE}))\s+{_OF}{_CAPITAL}(?:\s+{_CAPITAL})?"
        r"(?:,?\s+\d+\s?[a-z]?\b)?"
    ),
)
"""Streets as several countries write them; one that is known of a client is found by its name."""

_JOINED = re.compile(r"[\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Letters of scripts that put no spaces between words, or write endings to them."""
_INFLECTED = re.compile(r"[\u0370-\u058f\u0590-\u08ff\u0900-\u0dff]")
"""Letters of scripts whose names change with the sentence, or take letters before them."""


class Scrubber:
    """Takes people out of texts, and counts what it took.

    Args:
        client: whom it is about.
        household: who lives with them.
        staff: of our own firm; each is called by a number, the same throughout.
        others: what else names somebody: whom they brought, who brought them.
    """

    def __init__(
        self,
        client: Client,
        *,
        household: Iterable[Client] = (),
        staff: Iterable[Person] = (),
        others: Iterable[str] = (),
    ) -> None:
        self.taken: Counter[str] = Counter()
        known: dict[str, str] = {}
        for text, word in _known(client, household, staff, others):
            known.setdefault(_fold(text)[0], word)
        longest_first = sorted(known.items(), key=lambda each: (-len(each[0]), each[0]))
        self._known = [(_pattern(text), word) for text, word in longest_first if text.strip()]

    def clean(self, text: str) -> str:
        """Return *text* without anybody in it."""
        text = unicodedata.normalize("NFC", text)
        for pattern, word in ((_EMAIL, EMAIL), (_LINK, LINK)):
            text = self._replace(pattern, word, text)
        for compiled, word in self._known:
            text = self._replace_folded(compiled, word, text)
        for pattern in _STREETS:
            text = self._replace(pattern, STREET, text)
        for pattern in (_CODE, _NUMBER):
            text = self._replace(pattern, NUMBER, text)
        return _AGAIN.sub(r"\1", text)

    def told(self) -> list[tuple[str, int]]:
        """Return what was taken out, and how often, the most frequent first."""
        return self.taken.most_common()

    def _replace(self, pattern: re.Pattern[str], word: str, text: str) -> str:
        text, count = pattern.subn(word, text)
        self.taken.update({word: count} if count else {})
        return text

    def _replace_folded(self, pattern: re.Pattern[str], word: str, text: str) -> str:
        folded, places = _fold(text)
        spans = [(places[found.start()], places[found.end()]) for found in pattern.finditer(folded)]
        for start, end in reversed(spans):
            while end < len(text) and unicodedata.combining(text[end]):  # its marks go with the letter
                end += 1
            text = text[:start] + word + text[end:]
        self.taken.update({word: len(spans)} if spans else {})
        return text


def _known(
    client: Client, household: Iterable[Client], staff: Iterable[Person], others: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Yield what names somebody, and the word for it; the first one counts."""
    yield from _of_client(client, CLIENT)
    for number, person in enumerate(staff, 1):
        for name in (person.name, *person.also):
            yield from _names(name, f"[colleague {number}]")
        yield from ((text, EMAIL) for text in (person.email,) if text)
        if len(person.id) > 1 and person.id.casefold() in person.name.casefold():
            yield person.id, f"[colleague {number}]"
    for housemate in household:
        yield from _of_client(housemate, HOUSEHOLD)
    for other in others:
        yield from _names(other, "[somebody]")


def _of_client(client: Client, word: str) -> Iterator[tuple[str, str]]:
    for name in (client.full_name, f"{client.first_name} {client.last_name}", client.address_as, client.last_name):
        yield from _names(name, word)
    if client.company:
        short = _LEGAL.sub("", client.company).strip()
        yield client.company, COMPANY
        yield short, COMPANY
        first = short.split()[0] if short else ""
        if len(first) > 3 and first.casefold() not in _PARTICLES:
            yield first, COMPANY
    yield from ((number, NUMBER) for number in client.phones)
    street = re.sub(r"^\d+\s?\w?[,\s]+|[,\s]+\d+\s?\w?$", "", client.street).strip()
    for text, place in ((client.street, STREET), (street, STREET), (client.city, TOWN), (client.postal_code, NUMBER)):
        if len(text) > 2 or (text and _JOINED.search(text)):
            yield text, place
            yield text.translate(_SPELLED), place


def _names(name: str, word: str) -> Iterator[tuple[str, str]]:
    """Yield a name, its parts, and both as people type them who have no umlauts on their keys."""
    parts = [name.strip(), *re.split(r"[\s,;/&-]+", name)]
    for part in parts:
        bare = part.strip(".,()\"'")
        if len(bare) < 2 and not _JOINED.search(bare):
            continue
        if bare.casefold() in _PARTICLES:
            continue
        yield bare, word
        spelled = bare.translate(_SPELLED)
        if spelled != bare:
            yield spelled, word
    if name and _JOINED.search(name):  # a family name may stand alone, without a space to tell it
        whole = re.sub(r"\s+", "", name)
        yield whole, word
        if len(whole) in (2, 3, 4) and all(_JOINED.match(letter) for letter in whole):
            yield whole[1:] if len(whole) < 4 else whole[2:], word
            if len(whole) == 4:
                yield whole[:2], word


_AGAIN = re.compile(r"(\[[^\[\]]+\])(?:[ ,]+\1)+")
_SPELLED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "å": "aa", "Å": "Aa", "ø": "oe", "Ø": "Oe",
     "æ": "ae", "Æ": "Ae"}
)  # fmt: skip
_ALIKE = str.maketrans({"ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ı": "i", "æ": "ae", "Æ": "ae"})
_APOSTROPHES = frozenset("'’ʼ`´‘")


def _fold(text: str) -> tuple[str, list[int]]:
    """Return *text* without case, marks and apostrophes, and where each letter of it stands in *text*."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        if letter in _APOSTROPHES:
            continue
        for part in unicodedata.normalize("NFKD", letter.translate(_ALIKE).casefold()):
            if unicodedata.category(part) not in ("Mn", "Cf"):
                letters.append(part.casefold())
                places.append(place)
    return "".join(letters), [*places, len(text)]


def _pattern(folded: str) -> re.Pattern[str]:
    """Return what finds a folded text: whole words, with the endings that its script gives to names."""
    text = r"\s+".join(map(re.escape, folded.split()))
    if _JOINED.search(folded):
        return re.compile(text)
    if _INFLECTED.search(folded):
        stem = re.escape(folded[:-1]) + r"\w?" if len(folded) > 3 and " " not in folded else text
        return re.compile(rf"(?<!\w)\w{{0,2}}{stem}\w{{0,3}}(?!\w)")
    return re.compile(rf"(?<!\w){text}{_ENDINGS}(?!\w)")
