"""Who may be one client: what is a reason, what is none, and that nobody is compared with everybody."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from followup.intake import alike
from followup.model import Client
from tests import factories

HOUSE = {"street": "1 High St", "postal_code": "LS1 1AA"}


def named(name: str, **fields: Any) -> Client:
    """Return a client of this name who has nothing else but *fields*."""
    fields = {"first_name": "", "last_name": "", "emails": (), **fields}
    return factories.client(full_name=name, **fields)


def found(one: Client, other: Client) -> list[str]:
    """Return the codes of what two clients have in common; none when they are not proposed."""
    return [reason.code for pair in alike.pairs([one, other]) for reason in pair.reasons]


PHONE = {"phones": ("+447700900101",)}
MAIL = {"emails": ("ada@example.com",)}


@pytest.mark.parametrize(
    ("one", "other", "codes"),
    [
        (named("Ada Hall", **PHONE), named("Hall, Ada", **PHONE), ["phone", "same-name"]),
        (named("Ada Hall", **PHONE), named("Mrs A. Hall", **PHONE), ["phone", "initials"]),
        (named("Ada Hall", **PHONE), named("Ada Stone", **PHONE), ["phone", "similar-name"]),
        (named("Ada Hall", **PHONE), named("Grace Obi", **PHONE), ["phone", "another-name"]),
        (named("Ada Hall", **MAIL), named("Bert Hall", emails=("ADA@Example.com",)), ["email", "another-name"]),
        (named("Béla Tóth"), named("Toth Bela"), ["same-name"]),
        (named("Ada Hall", **HOUSE), named("Ada Hal", **HOUSE), ["near-name", "address"]),
        (named("Ada Hall", **HOUSE), named("A Hall", street="1 High Street", postal_code="ls11aa"),
         ["initials", "address"]),
        (named("Jo Berg", street="Hauptstr. 5", city="Ulm"), named("J. Berg", street="Hauptstraße 5", city="Ulm"),
         ["initials", "address"]),
        (named("Ada Hall", postal_code="LS1 1AA"), named("Ada Hlal", **HOUSE), ["near-name", "place"]),
        (named("Ada Hall", company="Hall & Sons"), named("", company="Hall & Sons"), ["firm"]),
        (named("Ada Hall", **PHONE), named("Hall Heating Ltd", **PHONE), ["phone", "firm"]),
        (named("Hall Heating Ltd", **PHONE), named("Hall Heating Limited", **PHONE), ["phone", "similar-name"]),
        (named("Ada Hall", **PHONE), named("", **PHONE), ["phone"]),
    ],
)  # fmt: skip
def test_what_makes_two_clients_look_like_one(one: Client, other: Client, codes: list[str]) -> None:
    """Each with its reasons, the strongest first, whichever of the two comes first."""
    assert found(one, other) == found(other, one) == codes


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (named("Ada Hall", **PHONE), named("Bert Hall", **PHONE)),  # a couple
        (named("Ada Hall", **HOUSE), named("Grace Obi", **HOUSE)),  # neighbours
        (named("Ada Hall", company="Obi Ltd", **PHONE), named("Bo Hill", company="Obi Ltd", **PHONE)),  # colleagues
        (named("Ada Hall"), named("Bert Hall")),
        (named("Ann Li"), named("Jan Li")),
        (named("Ada Hall", **MAIL, **PHONE), named("Ada Hal", emails=("b@example.com",), phones=("+447700900102",))),
    ],
)
def test_what_does_not(one: Client, other: Client) -> None:
    """A household, neighbours, colleagues, and names that are alike when everything else differs."""
    assert found(one, other) == []


def test_the_strongest_come_first_and_what_may_be_one_is_in_a_group() -> None:
    """Three records of one client are one group, ahead of a weaker one."""
    three = [named("Ada Hall", **PHONE, **MAIL), named("A. Hall", **PHONE), named("Ada Hall", **MAIL)]
    two = [named("Grace Obi", **HOUSE), named("G. Obi", **HOUSE)]
    pairs = alike.pairs([*two, *three])
    assert [pair.strength for pair in pairs] == sorted((pair.strength for pair in pairs), reverse=True)
    first, second = alike.groups(pairs)
    assert {each for pair in first for each in (pair.one, pair.other)} == {client.id for client in three}
    assert {each for pair in second for each in (pair.one, pair.other)} == {client.id for client in two}


def test_whom_the_owner_called_different_is_not_proposed() -> None:
    """Not again."""
    one, other = named("Ada Hall"), named("Ada Hall")
    assert alike.pairs([one, other]) != []
    assert alike.pairs([one, other], different=[frozenset((one.id, other.id))]) == []


def test_what_very_many_share_is_no_reason() -> None:
    """A letting agent's phone, and the name of half the village."""
    many = [named(f"{letter * 3} {letter * 4}", **PHONE) for letter in "ABCDEFGHIJKLMNOP"]
    assert alike.pairs(many) == []
    assert alike.pairs([named("Ada Smith", emails=(f"{number}@example.com",)) for number in range(20)]) == []


def test_many_clients_are_compared_quickly() -> None:
    """Twenty thousand take a second or two; each with each would be two hundred million pairs, and hours."""
    letters = random.Random(1)
    clients = [
        named(
            "".join(letters.choices("abcdefghijkmnoprstuvw", k=4)) + f" {'klmnop'[number % 6]}{number % 97}",
            phones=(f"+44770{number:07}",),
            street=f"{number % 90} High St",
            postal_code=f"LS{number % 700}",
        )
        for number in range(20_000)
    ]
    began = time.perf_counter()
    alike.pairs(clients)
    assert time.perf_counter() - began < 60
