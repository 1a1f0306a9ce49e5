"""Who may be one client: pairs that look alike, each with its reasons, the strongest first.

Takes clients. Gives pairs of their ids. Touches nothing. Nobody is compared with everybody: only who shares a phone, an
e-mail address, a postal address or (nearly) a name is looked at, and what very many share is no reason by itself. The
way names are compared is OpenRefine's: first the words without accents and order, then single letters, in such a
group only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product

from followup import identity
from followup.intake import people
from followup.model import Client, Reason
from followup.records import dataclass

MANY = 12
"""What more clients than this share (a letting agent's phone, a frequent name) says nothing of who is who."""

SHORTEST = 6
"""Names with fewer letters are nearly the same as too many others."""

_EMAIL, _PHONE, _ADDRESS, _PLACE = 50, 40, 25, 10
_AGAINST = 10  # an e-mail address, a phone, an address of each that are not the same
_NAMES = {"same-name": 40, "near-name": 25, "initials": 20, "firm": 20, "similar-name": 15, "": 0, "another-name": -25}
_ALONE = {"same-name": 2, "near-name": 1, "initials": 1, "firm": 0}
"""Likeness that is worth a look although nothing else is shared, and how many addresses of theirs may differ."""

_SAYS = {
    "near-name": "nearly the same name",
    "initials": "the initial of the name fits",
    "similar-name": "a similar name",
    "firm": "firm and person",
    "another-name": "another name",
}

_STREET_WORDS = {
    "st": "street",
    "rd": "road",
    "ave": "avenue",
    "av": "avenue",
    "ln": "lane",
    "dr": "drive",
    "cl": "close",
    "ct": "court",
    "sq": "square",
    "pl": "place",
    "cres": "crescent",
    "ter": "terrace",
    "gdns": "gardens",
    "bd": "boulevard",
    "blvd": "boulevard",
    "str": "strasse",
    "ul": "ulica",
    "c": "calle",
    "pza": "plaza",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two clients that may be one."""

    one: str
    other: str
    strength: int  # to sort by
    reasons: tuple[Reason, ...]


@dataclass(slots=True, eq=False)
class _Card:
    """A client as it is compared."""

    client: Client
    persons: list[str]  # names of a person, as written
    firms: list[str]
    emails: frozenset[str]
    phones: frozenset[str]
    address: str
    place: str
    surnames: frozenset[str]


def pairs(clients: Iterable[Client], *, different: Iterable[frozenset[str]] = ()) -> list[Pair]:
    """Return which of *clients* may be one, the strongest first.

    Args:
        clients: those that are neither merged nor erased.
        different: pairs of ids of which the owner said that they are different people.
    """
    cards = [_card(client) for client in clients]
    known = set(different)
    common = _frequent(cards)
    found = []
    for one, other in _candidates(cards):
        if known and frozenset((cards[one].client.id, cards[other].client.id)) in known:
            continue
        pair = _compared(cards[one], cards[other], common)
        if pair is not None:
            found.append(pair)
    found.sort(key=lambda pair: (-pair.strength, pair.one, pair.other))
    return found


def doubted(told: Iterable[tuple[Client, Client]]) -> list[bool]:
    """Return of each of these pairs whether it may be one client; that many more may share the same is not asked."""
    cards: dict[str, _Card] = {}

    def card(client: Client) -> _Card:
        return cards.get(client.id) or cards.setdefault(client.id, _card(client))

    return [_compared(card(one), card(other), frozenset()) is not None for one, other in told]


def groups(found: Sequence[Pair]) -> list[list[Pair]]:
    """Return *found* in groups of clients that may all be one, the strongest group first."""
    leader: dict[str, str] = {}

    def find(member: str) -> str:
        while leader.setdefault(member, member) != member:
            leader[member] = leader[leader[member]]
            member = leader[member]
        return member

    for pair in found:
        leader[find(pair.one)] = find(pair.other)
    grouped: dict[str, list[Pair]] = {}
    for pair in found:
        grouped.setdefault(find(pair.one), []).append(pair)
    return list(grouped.values())


# ---------------------------------------------------------------- what is compared


def _card(client: Client) -> _Card:
    persons: list[str] = []
    firms = [client.company] if client.company else []
    pair = f"{client.first_name} {client.last_name}".strip()
    for name in dict.fromkeys((client.full_name, pair)):
        if not name or name == client.company:
            continue
        (firms if people.is_firm(name) else persons).append(name)
    postal_code = identity.fold(client.postal_code).replace(" ", "")
    street = " ".join(map(_street_word, identity.fold(client.street).split()))
    place = postal_code or identity.fold(client.city)
    return _Card(
        client,
        persons,
        firms,
        frozenset(map(identity.canonical_address, client.emails)),
        frozenset(client.phones),
        f"{street}|{place}" if street and place else "",
        place,
        frozenset(words[-1] for words in map(people.spoken, persons) if words),
    )


def _street_word(word: str) -> str:
    known = _STREET_WORDS.get(word)
    return known or (f"{word}asse" if word.endswith("str") else word)


def _frequent(cards: Iterable[_Card]) -> frozenset[str]:
    """Return the family names that too many have."""
    bearers = Counter(surname for card in cards for surname in card.surnames)
    return frozenset(surname for surname, count in bearers.items() if count > MANY)


# ---------------------------------------------------------------- who is compared


def _candidates(cards: Sequence[_Card]) -> set[tuple[int, int]]:
    """Return the places of those worth comparing, the smaller first."""
    shared: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    called: defaultdict[str, list[int]] = defaultdict(list)  # names in their order of words
    for place, card in enumerate(cards):
        for address in card.emails:
            shared["email", address].append(place)
        for number in card.phones:
            shared["phone", number].append(place)
        if card.address:
            shared["address", card.address].append(place)
        spoken = {people.spoken(name): None for name in (*card.persons, *card.firms)}
        for words in spoken:
            called[" ".join(words)].append(place)
        for fingerprint in {" ".join(sorted(words)) for words in spoken}:
            shared["name", fingerprint].append(place)
    found: set[tuple[int, int]] = set()
    for places in shared.values():
        if 1 < len(places) <= MANY:
            found.update(combinations(places, 2))
    for one, other in (*_with_initials(called), *_nearly(called)):
        if len(called[one]) * len(called[other]) <= MANY:
            found.update((min(pair), max(pair)) for pair in product(called[one], called[other]) if pair[0] != pair[1])
    return found


def _with_initials(called: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield names of which one has only the initial of the other's first name: A. Hall and Ada Hall."""
    short: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    whole: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for name in called:
        first, _, last = name.partition(" ")
        if last and first.isalpha():
            key = (first[0], last.rpartition(" ")[2])
            (short if len(first) == 1 else whole)[key].append(name)
    for key, names in short.items():
        others = whole.get(key, ())
        if len(names) * len(others) <= MANY:
            yield from product(names, others)


def _nearly(called: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield names that are the same but for one letter, or two changed about: they are the same without it."""
    first: dict[int, str] = {}
    for name in called:
        if len(name) < SHORTEST:
            continue
        keys = {hash(name[:place] + name[place + 1 :]) for place in range(len(name))}
        keys.add(hash(name))
        for key in keys:
            known = first.setdefault(key, name)
            if known is not name and _is_near(known, name):
                yield known, name


def _is_near(one: str, other: str) -> bool:
    """Return whether two texts differ in one letter at most, or in two letters that changed places."""
    if abs(len(one) - len(other)) > 1:
        return False
    shorter = min(len(one), len(other))
    begin = next((place for place in range(shorter) if one[place] != other[place]), shorter)
    end = next((place for place in range(shorter - begin) if one[-1 - place] != other[-1 - place]), shorter - begin)
    left, right = one[begin : len(one) - end], other[begin : len(other) - end]
    return (len(left) <= 1 and len(right) <= 1) or (len(left) == 2 and left == right[::-1])


# ---------------------------------------------------------------- what they have in common


def _compared(one: _Card, other: _Card, frequent: frozenset[str]) -> Pair | None:
    """Return what two clients have in common, or None where that is too little."""
    emails, phones = one.emails & other.emails, one.phones & other.phones
    lives = one.address != "" and one.address == other.address
    near = one.place != "" and one.place == other.place
    both = ((one.emails, other.emails, emails), (one.phones, other.phones, phones), (one.place, other.place, near))
    against = sum(1 for mine, theirs, common in both if mine and theirs and not common)
    is_frequent = not frequent.isdisjoint(one.surnames)
    if not (emails or phones or lives) and against > (0 if is_frequent else max(_ALONE.values())):
        return None  # whatever they are called
    likeness, said = _likeness(one, other)
    is_other = likeness == "another-name"
    if not (emails or phones or (lives and not is_other)) and against > _bearable(likeness, is_frequent=is_frequent):
        return None
    if is_other and not emails and _are_two(one, other):
        return None
    found = [
        *((_EMAIL, Reason("email", f"the same e-mail {each}")) for each in sorted(emails)[:1]),
        *((_PHONE, Reason("phone", f"the same phone {each}")) for each in sorted(phones)[:1]),
    ]
    if likeness:
        found.append((_NAMES[likeness], Reason(likeness, said)))
    if lives:
        where = f"{one.client.street}, {one.client.postal_code or one.client.city}"
        found.append((_ADDRESS, Reason("address", f"the same address {where}")))
    elif near and likeness in _ALONE:
        town = f"{one.client.postal_code} {one.client.city}".strip()
        found.append((_PLACE, Reason("place", f"the same town {town}")))
    first, second = sorted((one.client.id, other.client.id))
    strength = sum(weight for weight, _ in found) - _AGAINST * against
    return Pair(first, second, strength, tuple(reason for _, reason in found))


def _bearable(likeness: str, *, is_frequent: bool) -> int:
    """Return how many addresses may differ of two who have nothing but a name in common; -1: that is too little."""
    if is_frequent:
        return 0 if likeness in ("same-name", "near-name") else -1
    return _ALONE.get(likeness, -1)


def _likeness(one: _Card, other: _Card) -> tuple[str, str]:
    """Return in what way the names are alike, and that in words; nothing where one has no name at all."""
    if one.persons and other.persons:
        code = _best(one.persons, other.persons) or "another-name"
    elif one.firms and other.firms:
        code = _best(one.firms, other.firms) or "another-name"
        if bool(one.persons) != bool(other.persons):
            code = "firm" if code != "another-name" else code
    elif (one.persons or one.firms) and (other.persons or other.firms):
        code = "firm" if _word_in_common(one, other) else "another-name"
    else:
        return "", ""
    if code == "same-name":
        exact = set(one.persons + one.firms) & set(other.persons + other.firms)
        return code, "the same name" if exact else "the same name, written otherwise"
    return code, _SAYS[code]


def _best(names: Iterable[str], others: Iterable[str]) -> str:
    kinds = {_kinship(one, other) for one, other in product(names, others)}
    return next((code for code in ("same-name", "near-name", "initials", "similar-name") if code in kinds), "")


def _kinship(one: str, other: str) -> str:
    left, right = people.spoken(one), people.spoken(other)
    if not left or not right:
        return ""
    if set(left) == set(right):
        return "same-name"
    if left[-1] == right[-1] and left[0][0] == right[0][0] and 1 in (len(left[0]), len(right[0])):
        return "initials"
    text, other_text = " ".join(left), " ".join(right)
    if min(len(text), len(other_text)) >= SHORTEST and _is_near(text, other_text):
        return "near-name"
    return "" if people.contradict(one, other) else "similar-name"


def _word_in_common(one: _Card, other: _Card) -> bool:
    """Return whether a firm is called after a person: Hall & Sons, Ada Hall."""
    person, firm = (one, other) if one.persons else (other, one)
    return any(not person.surnames.isdisjoint(people.spoken(name)) for name in firm.firms)


def _are_two(one: _Card, other: _Card) -> bool:
    """Return whether two people share a phone as relatives or colleagues do: one family name, or one firm."""
    surnames = one.surnames, other.surnames
    firms = [{people.spoken(name) for name in card.firms} for card in (one, other)]
    return not (surnames[0].isdisjoint(surnames[1]) and firms[0].isdisjoint(firms[1]))
