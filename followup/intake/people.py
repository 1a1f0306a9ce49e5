"""Names as people write them: first and last name, firm or person, and whether two names can be one client's.

Takes and gives text. Touches nothing. The name as it was written is always kept; what is made of it here only serves
greetings and comparing.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache

from followup import identity
from followup.intake import headers

_TITLES = headers.words(
    "mr mrs ms miss mx messrs dr prof sir dame lady lord rev"
    " herr herrn frau fräulein frl hr hrn fr dipl-ing mag"
    " m mme mlle mm mmes monsieur madame mademoiselle messieurs mesdames"
    " sr sra srta sres señor señora señores señorita dña doña"
    " sig sig.ra sig.na sigra signor signora signore signori signorina dott dott.ssa dottor dottoressa geom avv arch"
    " rag mevr mevrouw mw dhr heer drs pan pani państwo panowie mgr inż ing fru fröken"
)
# Words for all who live together; what follows is their name.
_FAMILY = headers.words(
    "family familie fam famille familia famiglia fam rodzina familjen eheleute ehepaar époux coniugi małżeństwo"
)
_FIRM = headers.words(
    "ltd limited llc llp inc corp corporation co plc pty gmbh mbh ag kg kgaa ohg ug ek gbr ev partg"
    " sarl sas sasu sa eurl sci snc srl srls spa sl slu slne sll bv vof nv cv ab hb kb oy oyj aps a/s as oo spzoo spj"
    " sons bros brothers company group holdings services trust school church hotel restaurant café cafe clinic surgery"
    " council university verein hausverwaltung associates partners society"
    " spółka firma przedsiębiorstwo zakład sklep wspólnota urząd szkoła stichting vereniging winkel förening brf"
    " bostadsrättsförening restaurang skola kommun asociación comunidad restaurante escuela ayuntamiento empresa"
    " ristorante scuola condominio azienda ditta studio hôtel école mairie copropriété syndic entreprise société"
    " schule kirchengemeinde praxis kanzlei apotheke bäckerei metzgerei gaststätte autohaus betrieb"
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
_AND = re.compile(r"\s*(?:&|\+|\b(?:and|und|et|y|en|och|oraz)\b)\s*|\s+(?-i:e|i|u\.)\s+|(?-i:^[ei]$)", re.IGNORECASE)


# Legal forms that are somebody's name as well; a firm writes them in capitals or with points.
_FIRM_OR_SURNAME = frozenset({"ek", "sa", "sas", "ev", "ag", "sl", "ab", "ug", "as", "oo", "cv", "hb", "kb", "studio"})


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
    title, rest = _title(_BRACKETS.sub("", name) if "(" in name else name)
    words = rest.split()
    if not words or _NO_NAME.search(rest) or not _FAMILY.isdisjoint(word.lower() for word in words):
        return "", "", "", name
    if len(words) < 2:
        return (title, "", rest, name) if title else ("", rest, "", name)
    if len(words) > 2 and words[-1].lower().rstrip(".") in _GENERATIONS:
        words.pop()
    if words[0] in _PARTICLES and not name.islower():  # written small: "van der Berg" has no first name
        return title, "", rest, name
    couple = _AND.split(rest)
    if len(couple) > 1:
        left, right = couple[0].split(), couple[-1].split()
        if len(couple) == 2 and len(left) == 1 and len(right) > 1 and (len(right) == 2 or _is_particle(right[1])):
            last = " ".join(right[1:])
            first = f"{left[0]} and {right[0]}" if " and " in rest.lower() else rest[: -len(last)].strip()
            return title, first, last, name
        return "", "", "", name
    for index in range(1, len(words) - 1):
        if _is_particle(words[index]):
            return title, " ".join(words[:index]), " ".join(words[index:]), name
    return title, words[0], words[-1], name


@lru_cache(maxsize=100_000)
def split_last_first(name: str) -> tuple[str, str, str, str]:
    """Return the same for a cell whose column says that the last name comes first: "Hall Ada", "DE VRIES Anna"."""
    if "," in name or is_firm(name):
        return split(name)
    title, rest = _title(" ".join(name.split()))
    words = rest.split()
    if len(words) == 1:
        return title, "", rest, name
    capitals = 0
    while capitals < len(words) and len(words[capitals]) > 1 and words[capitals].isupper():
        capitals += 1
    behind = capitals if 0 < capitals < len(words) else 1 if len(words) == 2 else 0
    if not behind or _AND.search(rest):
        return "", "", "", name
    last, first = " ".join(words[:behind]), " ".join(words[behind:])
    return title, first, last, f"{first} {last}"


_BRACKETS = re.compile(r"\s+\([^()]*\)")  # "Ada Hall (the neighbour)"
_NO_NAME = re.compile(r"[/()\d@;|?,]|^\W+$")
_GENERATIONS = frozenset({"jr", "jnr", "junior", "sr", "snr", "senior", "ii", "iii", "jun", "sen"})

_INSIDE = (
    re.compile(r"(?P<one>[^()]+?)\s*\((?P<other>[^()]+)\)"),
    re.compile(r"(?P<one>.+?)\s+[-–/|]\s+(?P<other>.+)"),
    re.compile(
        r"(?P<one>.+?),?\s+(?:c/o|z\.\s?hd\.?|attn\.?:?|att\.?:?|fao|t\.a\.v\.|à l'attention de|inh\.|inhaber(?:in)?)"
        r"\s+(?P<other>.+)",
        re.IGNORECASE,
    ),
    re.compile(r"(?P<one>[^,]+),\s*(?P<other>[^,]+)"),
)


_MARKS_INSIDE = re.compile(r"[(,/|–.:-]|\sfao\s|\sinhaber", re.IGNORECASE)


def firm_and_person(name: str) -> tuple[str, str]:
    """Return the firm and the person that one cell names, or nothing where it is not certain that it names both."""
    return _firm_and_person(name) if _MARKS_INSIDE.search(name) else ("", "")


@lru_cache(maxsize=100_000)
def _firm_and_person(name: str) -> tuple[str, str]:
    for form in _INSIDE:
        found = form.fullmatch(name.strip())
        if not found:
            continue
        one, other = found["one"].strip(), found["other"].strip()
        if is_firm(one) == is_firm(other):
            return "", ""
        firm, person = (one, other) if is_firm(one) else (other, one)
        words = _title(person)[1].split()
        certain = 2 <= len(words) <= 4 and all(word[:1].isupper() or _is_particle(word) for word in words)
        return (firm, person) if certain or person != " ".join(words) else ("", "")
    return "", ""


def _is_particle(word: str) -> bool:
    return word.lower() in _PARTICLES


def _is_title(word: str) -> bool:
    return word.lower().rstrip(".") in _TITLES


def _title(name: str) -> tuple[str, str]:
    words = name.split()
    titles: list[str] = []
    if len(words) > 1 and words[0].lower().rstrip(".") in _FAMILY:
        titles.append(words.pop(0))
    elif len(words) > 2 and words[0].lower() in ("de", "den") and words[1].lower() in ("heer", "herrn"):
        titles += [words.pop(0), words.pop(0)]
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
    words = identity.fold(name).split()
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
