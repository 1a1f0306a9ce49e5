"""Handing over: one story, whoever answers; the client hears who has it and by when, and that is a promise."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from followup import model
from tests import desks
from tests.conftest import Ran

Run = Callable[..., Ran]

MONDAY = "2026-03-02T10:00"
MAIL = ("--address", "1 Quay, Westerby", "--email", "sam@alder.example.com")
FIRM = """
[people.kim]
name = "Kim Reed"
email = "kim@alder.example.com"

[people.bore]
name = "Bore & Sons"
email = "office@bore.example.com"
outside = true

[people.lee]
name = "Lee Moss"
"""


@pytest.fixture
def firm(run: Run, home: Path) -> Run:
    """Make a home of Sam and Kim, a supplier, and Ada, whose boiler was mended and who rang about a leak."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", *MAIL)
    with (home / "followup.toml").open("a", encoding="utf-8") as file:
        file.write(FIRM)
    run("client", "add", "--name", "Ada Hall", "--email", "ada@example.com", "--phone", "0113 496 0001", now=MONDAY)
    run("job", "add", "Ada Hall", "--service", "Boiler", "--completed", "2026-02-20", now=MONDAY)
    run("log", "Ada Hall", "--in", "--channel", "call", "--note", "water in the cellar", now=MONDAY)
    return run


def test_the_colleague_gets_the_history_and_the_client_hears_by_when(firm: Run, home: Path) -> None:
    """Two messages, one promise, which is the colleague's."""
    firm("handover", "Ada Hall", "--to", "kim", "--by", "2026-03-04", "--about", "the leak in the cellar", now=MONDAY)
    with desks.opened(home) as desk:
        (promise,) = desk.store.care(model.Promise)
    assert (promise.receiver, promise.owner, str(promise.due_on)) == ("kim", "kim", "2026-03-04")
    note = firm("preview", f"{promise.id}.handover-note", now=MONDAY).stdout
    assert "To: Kim Reed <kim@alder.example.com>" in note
    assert "water in the cellar" in note
    assert "Boiler" in note
    told = firm("preview", f"{promise.id}.handover-told", now=MONDAY).stdout
    assert "To: Ada Hall <ada@example.com>" in told
    assert "Kim" in told
    assert "4 March" in told


def test_the_same_handover_typed_twice_is_one(firm: Run) -> None:
    """Neither the colleague nor the client is told twice; another day or another matter is another handover."""
    leak = ("handover", "Ada Hall", "--to", "kim", "--by", "2026-03-04", "--about", "the leak in the cellar")
    firm(*leak, now=MONDAY)
    refused = firm(*leak, now=MONDAY, exit_code=65)
    assert "Kim Reed has that already, by Wednesday 4 March 2026. `followup promise show " in refused.stderr
    assert len(json.loads(firm("promise", "list", "--all", "--format", "json").stdout)) == 1
    firm(*leak[:-1], "the boiler", now=MONDAY)
    assert len(json.loads(firm("promise", "list", "--all", "--format", "json").stdout)) == 2


def test_a_supplier_is_asked_after_by_whoever_handed_over(firm: Run, home: Path) -> None:
    """Nobody outside sees our lists: the promise stays ours."""
    firm("handover", "Ada Hall", "--to", "Bore & Sons", "--by", "2026-03-06", now=MONDAY)
    with desks.opened(home) as desk:
        (promise,) = desk.store.care(model.Promise)
    assert (promise.receiver, promise.owner) == ("bore", "sam")
    assert (
        "not of your firm"
        in firm(
            "handover", "Ada Hall", "--to", "bore", "--by", "2026-03-06", "--for-good", now=MONDAY, exit_code=65
        ).stderr
    )


def test_who_is_gone_since_holds_the_messages_and_nothing_else(firm: Run, home: Path) -> None:
    """They wait with the reason, in `why` as in `plan`; all others go out, and a run does not fail for it."""
    firm("handover", "Ada Hall", "--to", "kim", "--by", "2026-03-04", "--about", "the leak", now=MONDAY)
    settings = home / "followup.toml"
    settings.write_text(settings.read_text("utf-8").replace("[people.kim]", "[people.kit]"), "utf-8")
    why = firm("why", "Ada Hall", "--format", "json", now=MONDAY).stdout
    told = {row["step"]: row for row in json.loads(why)}
    for step in ("handover-told", "handover-note"):
        assert told[step]["state"] == "held"
        assert "it was handed to kim, who is none of your people any more" in str(told[step]["reasons"])
    assert "handover told" in firm("plan", now=MONDAY).stdout
    assert "thank-you" in firm("send", "--dry-run", now=MONDAY).stdout
    assert "1 draft" in firm("send", "--yes", now=MONDAY).stdout


def test_for_good_and_with_its_case(firm: Run, home: Path) -> None:
    """The colleague looks after the client and the case from now on; one `undo` takes all of it back."""
    firm("case", "open", "Ada Hall", "--summary", "leak", now=MONDAY)
    firm("handover", "Ada Hall", "--to", "kim", "--by", "2026-03-04", "--case", "Ada Hall", "--for-good", now=MONDAY)

    def owners() -> tuple[str, str]:
        with desks.opened(home) as desk:
            (client,) = desk.store.find_clients("Ada Hall")
            return client.owner, desk.store.care(model.Case, open_only=True)[0].owner

    assert owners() == ("kim", "kim")
    firm("undo", "--yes", now=MONDAY)
    assert owners() == ("", "sam")


@pytest.mark.parametrize(
    ("to", "by", "code", "says"),
    [
        ("sam", "2026-03-04", 65, "is you"),
        ("lee", "2026-03-04", 65, "has no e-mail address"),
        ("nobody", "2026-03-04", 66, "Known: sam, kim, bore, lee"),
        ("kim", "2026-03-01", 65, "in the past"),
    ],
)
def test_what_cannot_be_handed_over_is_refused(firm: Run, to: str, by: str, code: int, says: str) -> None:
    """Before anybody was told anything."""
    assert says in firm("handover", "Ada Hall", "--to", to, "--by", by, now=MONDAY, exit_code=code).stderr
    assert json.loads(firm("promise", "list", "--all", "--format", "json").stdout) == []
