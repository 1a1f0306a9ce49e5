"""Who lives together: what address and phones say, what the owner says, and what the budget makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]


@pytest.fixture
def street(made: Run) -> Run:
    """Give `run` in a home with Ada Hall, Bert Hall at her address, Cy Dunn on Bert's phone, and Dan Moss elsewhere."""
    house = ("--street", "1 High St", "--postal-code", "LS1 1AA")
    made("client", "edit", "hall", *house)
    made("client", "add", "--name", "Bert Hall", "--email", "bert@example.com", "--phone", "01632 960101", *house)
    made("client", "add", "--name", "Cy Dunn", "--email", "cy@example.com", "--phone", "01632 960101")
    made("client", "add", "--name", "Dan Moss", "--email", "dan@example.com")
    return made


def households(run: Run, *arguments: str) -> list[dict[str, list[str]]]:
    """Return each household that is printed: name -> what they share."""
    found: dict[int, dict[str, list[str]]] = {}
    for row in json.loads(run("client", "household", *arguments, "--format", "json").stdout):
        found.setdefault(row["household"], {})[row["client"]] = row["shares"]
    return list(found.values())


def test_households_are_shown_with_what_ties_them(street: Run) -> None:
    """All of them, or one client's, who comes first; whoever shares nothing is alone."""
    address, phone = "1 High St, LS1 1AA", "+441632960101"
    whole = {"Ada Hall": [address], "Bert Hall": [address, phone], "Cy Dunn": [phone]}
    assert households(street) == [whole]
    assert households(street, "cy") == [whole]
    assert next(iter(households(street, "cy")[0])) == "Cy Dunn"
    assert households(street, "moss") == [{"Dan Moss": []}]
    assert "Household" in street("client", "household").stdout


def test_a_home_without_households_says_so(made: Run) -> None:
    """In words."""
    assert "Nobody shares" in made("client", "household").stdout


def test_the_owner_says_who_belongs_together_and_who_does_not(street: Run) -> None:
    """Join, leave, and going by address and phones again; each can be undone."""
    assert households(street, "moss", "--join", "cy")[0]["Dan Moss"] == ["you said so"]
    assert households(street, "moss", "--join", "ada@example.com") == households(street, "moss")
    assert set(households(street)[0]) == {"Ada Hall", "Bert Hall", "Cy Dunn", "Dan Moss"}
    ran = street("client", "household", "bert@example.com", "--leave")
    assert "tie Bert Hall to nobody" in ran.stderr
    street("client", "household", "bert@example.com", "--leave")
    assert households(street) == [{"Cy Dunn": ["you said so"], "Dan Moss": ["you said so"]}]
    street("client", "household", "bert@example.com", "--forget")
    street("client", "household", "moss", "--forget")
    assert "Nothing was said" in street("client", "household", "moss", "--forget").stderr
    assert set(households(street)[0]) == {"Ada Hall", "Bert Hall", "Cy Dunn"}
    for _ in range(4):
        street("undo", "--yes")
    assert set(households(street)[0]) == {"Ada Hall", "Bert Hall", "Cy Dunn"}
    assert households(street, "moss") == [{"Dan Moss": []}]


def test_a_household_shares_the_budget_because_the_owner_said_so(street: Run) -> None:
    """Two thank-yous of one day: one of them waits, for as long as the two are one household."""
    street("job", "add", "moss", "--service", "New tap", "--completed", "2026-02-27")

    def due() -> int:
        return len(json.loads(street("due", "--format", "json").stdout))

    assert due() == 2
    street("client", "household", "moss", "--join", "ada@example.com")
    assert due() == 1
    street("client", "household", "ada@example.com", "--leave")
    assert due() == 2


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--leave",), 2, "Say whose household"),
        (("moss", "--leave", "--forget"), 2, "One at a time"),
        (("moss", "--join", "moss"), 65, "Name two"),
        (("moss", "--join", "nobody"), 66, "No client fits"),
    ],
)
def test_what_cannot_be_said_of_a_household(street: Run, arguments: tuple[str, ...], code: int, words: str) -> None:
    """It is refused with what to say instead."""
    assert words in street("client", "household", *arguments, exit_code=code).stderr
