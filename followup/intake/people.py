"""Names as people write them: first and last name, firm or person, and whether two names can be one client's.

Takes and gives text. Touches nothing. The name as it was written is always kept; what is made of it here only serves
greetings and comparing.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache

from followup import identity

_TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "mx",
        "dr",
        "prof",
        "sir",
        "dame",
        "lady",
        "lord",
        "rev",
        "herr",
        "frau",
        "fr",
        "hr",
        "hrn",
        "m",
        "mme",
        "mlle",
        "monsieur",
        "madame",
        "sr",
        "sra",
        "srta",
        "señor",
        "señora",
        "sig",
        "sigra",
        "dott",
        "mevr",
        "dhr",
        "pan",
        "pani",
        "ing",
        "dipl-ing",
        "mag",
    ]
)
_FIRM = frozenset(
    [
        "ltd",
        "limited",
        "llc",
        "llp",
        "inc",
        "corp",
        "corporation",
        "co",
        "plc",
        "gmbh",
        "mbh",
        "ag",
        "kg",
        "ohg",
        "ug",
        "ek",
        "gbr",
        "sarl",
        "sas",
        "sa",
        "eurl",
        "srl",
        "spa",
        "bv",
        "nv",
        "ab",
        "oy",
        "aps",
        "a/s",
        "sl",
        "pty",
        "sons",
        "bros",
        "brothers",
        "company",
        "group",
        "holdings",
        "services",
        "trust",
        "school",
        "church",
        "hotel",
        "restaurant",
        "café",
        "cafe",
        "clinic",
        "surgery",
        "council",
        "university",
        "verein",
        "ev",
        "hausverwaltung",
        "associates",
        "partners",
        "society",
    ]
)
_PARTICLES = frozenset(
    [
        "van",
        "von",
        "de",
        "der",
        "den",
        "del",
        "della",
        "di",
        "da",
        "dos",
        "du",
        "la",
        "le",
        "ten",
        "ter",
        "zu",
        "zur",
        "af",
        "av",
        "mac",
        "mc",
        "o'",
        "bin",
        "al",
        "el",
        "st",
    ]
)
_AND = re.compile(r"\s*(?:&|\+|\band\b|\bund\b|\bet\b|\by\b|\ben\b)\s*", re.IGNORECASE)

folded = lru_cache(maxsize=50_000)(identity.fold)
"""The form in which whole names are compared; files repeat their names."""


# Legal forms that are somebody's name as well; a firm writes them in capitals or with points.
_FIRM_OR_SURNAME = frozenset({"ek", "sa", "sas", "ev", "ag", "sl", "ab", "ug"})


def is_firm(name: str) -> bool:
    """Return whether *name* is rather a firm's than a person's."""
    for word in name.split():
        plain = word.strip(".,&()'").replace(".", "")
        lower = plain.lower()
        if lower in _FIRM and not (lower in _FIRM_OR_SURNAME and word in (lower, lower.capitalize())):
            return True
    return False


@lru_cache(maxsize=100_000)
def split(full_name: str) -> tuple[str, str, str, str]:
    """Return (title, first name, last name, whole name) of a person; empty first and last name for a firm."""
    name = " ".join(full_name.split())
    if not name or is_firm(name):
        return "", "", "", name
    last_first = name.count(",") == 1
    if last_first:
        last, first = (part.strip() for part in name.split(","))
        if not first or not last or len(first.split()) > 3:
            return "", "", "", name
        title, first = _title(first)
        return title, first, last, f"{first} {last}".strip()
    title, rest = _title(name)
    words = rest.split()
    if len(words) < 2:
        return (title, "", rest, name) if title else ("", rest, "", name)
    if words[0] in _PARTICLES and not name.islower():  # written small: "van der Berg" has no first name
        return title, "", rest, name
    couple = _AND.split(rest)
    if len(couple) == 2 and all(couple):
        left, right = couple[0].split(), couple[1].split()
        if len(left) == 1 and len(right) == 2:
            return (
                title,
                f"{left[0]} and {right[0]}" if " and " in rest.lower() else rest[: -len(right[1])].strip(),
                right[1],
                name,
            )
        return "", "", "", name
    for index in range(1, len(words) - 1):
        if words[index].lower() in _PARTICLES:
            return title, " ".join(words[:index]), " ".join(words[index:]), name
    return title, words[0], words[-1], name


def _is_title(word: str) -> bool:
    return word.lower().rstrip(".") in _TITLES


def _title(name: str) -> tuple[str, str]:
    words = name.split()
    titles: list[str] = []
    while len(words) > 1:
        both = bool(titles) and len(words) > 2 and bool(_AND.fullmatch(words[0])) and _is_title(words[1])  # Mr & Mrs
        if not both and not _is_title(words[0]):
            break
        titles.append(words.pop(0))
    return " ".join(titles), " ".join(words)


@lru_cache(maxsize=200_000)
def spoken(name: str) -> tuple[str, ...]:
    """Return the words of a name as it is spoken, first name first: folded, without titles."""
    if "," in name:
        name = split(name)[3]
    words = folded(name).split()
    while len(words) > 1 and words[0] in _TITLES:
        words.pop(0)
    return tuple(words)


def contradict(one: str, other: str) -> bool:
    """Return whether two names cannot be the same client's.

    An initial, a missing part, a new surname or a slip of the pen does not contradict; another first name does: couples
    share addresses.
    """
    left, right = list(spoken(one)), list(spoken(other))
    if not left or not right or left == right:
        return False
    if set(left) <= set(right) or set(right) <= set(left):
        return False
    if SequenceMatcher(None, " ".join(left), " ".join(right)).ratio() >= 0.88:
        return False
    first, second = left[0], right[0]
    if first == second:
        return is_firm(one) or is_firm(other)
    if len(first) == 1 or len(second) == 1:
        return first[0] != second[0] or left[-1] != right[-1]
    return SequenceMatcher(None, first, second).ratio() < 0.75 or left[-1] != right[-1]
