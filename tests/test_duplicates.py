"""Who may be one client, asked of the owner: one, different people, or later; and everything that merging touches."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from followup.model import InstructionKind
from followup.workflow import duplicates, finding, planning
from tests import desks, factories
from tests.conftest import Ran

Run = Callable[..., Ran]


@pytest.fixture
def twins(made: Run) -> Run:
    """Give `run` in a home where Ada Hall is there twice: a second record with her phone, and a job of its own."""
    made("client", "edit", "hall", "--phone", "01632 960123", "--street", "1 High St")
    made("client", "add", "--name", "A. Hall", "--phone", "01632 960123", "--email", "hall@example.com")
    made("job", "add", "A. Hall", "--service", "New bath", "--completed", "2026-02-26")
    made("client", "add", "--name", "Grace Obi", "--email", "grace@example.com")
    return made


def proposed(run: Run) -> list[tuple[str, str]]:
    """Return the names of the pairs that are proposed."""
    rows = json.loads(run("client", "duplicates", "--format", "json").stdout)
    return [(row["client"], row["other"]) for row in rows]


def test_who_may_be_one_is_listed_with_the_reasons(twins: Run) -> None:
    """As a table, csv and json; the one of which more is known first; a home without any says so."""
    (row,) = json.loads(twins("client", "duplicates", "--format", "json").stdout)
    assert (row["group"], row["client"], row["other"]) == (1, "Ada Hall", "A. Hall")
    assert [each["text"] for each in row["reasons"]] == [
        "the same phone +441632960123",
        "the initial of the name fits",
    ]
    assert "the same phone +441632960123" in twins("client", "duplicates").stdout
    assert twins("client", "duplicates", "--format", "csv").stdout.startswith("group,client_id,client,other_id,other,")
    twins("client", "edit", "A. Hall", "--name", "Bo Hall", "--phone", "")
    assert twins("client", "duplicates").stdout == "No two clients look like one.\n"


def test_different_people_are_not_proposed_again(twins: Run) -> None:
    """Said by a script or at the terminal; said twice it is one word; undo takes it back."""
    twins("client", "duplicates", "--different", "Ada Hall", "A. Hall")
    twins("client", "duplicates", "--different", "A. Hall", "Ada Hall")
    assert proposed(twins) == []
    assert "two clients are different people" in twins("undo", "--yes").stdout
    assert proposed(twins) == [("Ada Hall", "A. Hall")]
    ran = twins("client", "duplicates", answers="d\n")
    for words in ("1 of 1: the same phone", "ada@example.com", "hall@example.com", "26 February 2026", "unknown"):
        assert words in ran.stdout
    assert twins("client", "duplicates", answers="").stdout == "No two clients look like one.\n"
    ran = twins("client", "duplicates", "--different", "Ada Hall", "ada@example.com", exit_code=65)
    assert "Name two" in ran.stderr


def test_at_a_terminal_two_become_one_the_way_round_that_is_chosen(twins: Run) -> None:
    """Keeping the second; nothing is lost, and undo gives back both as they were."""
    before = held(twins)
    assert "Now one client" in twins("client", "duplicates", answers="2\n").stdout
    (client,) = [each for each in held(twins) if each["client"]["emails"] != ["grace@example.com"]]
    assert client["client"]["full_name"] == "A. Hall"
    assert client["client"]["emails"] == ["hall@example.com", "ada@example.com"]
    assert client["client"]["notes"] == "Also on record as Ada Hall"
    assert {job["service"] for job in client["jobs"]} == {"Boiler service", "New bath"}
    twins("undo", "--yes")
    assert held(twins) == before


def held(run: Run) -> list[dict[str, Any]]:
    """Return what is held about every client, but for who changed what when."""
    rows = json.loads(run("client", "list", "--format", "json").stdout)
    every = [json.loads(run("client", "dossier", row["client_id"], "--format", "json").stdout) for row in rows]
    return [{name: value for name, value in each.items() if name != "changes"} for each in every]


def test_three_records_of_one_client_are_asked_about_until_they_are_one(twins: Run) -> None:
    """What was merged a moment ago is asked about under its new name, and never against itself."""
    twins("client", "add", "--name", "Ada Hall", "--phone", "01632 960123")
    assert len(proposed(twins)) == 3
    twins("client", "duplicates", answers="1\n1\n")
    assert proposed(twins) == []
    assert len(json.loads(twins("client", "list", "--format", "json").stdout)) == 2


def test_later_and_quit_leave_it_as_it_is(twins: Run) -> None:
    """Enter is later; whoever leaves is told what is left."""
    for answers in ("\n", "q\n"):
        assert "1 pair left for later" in twins("client", "duplicates", answers=answers).stdout
    assert proposed(twins) == [("Ada Hall", "A. Hall")]


# ---------------------------------------------------------------- drafts, stops, numbers


def test_a_draft_of_either_is_never_due_again(twins: Run, home: Path) -> None:
    """Drafted under both records; their keys stay, the kept client has both, and neither is due a second time."""
    twins("send", "--yes")
    twins("send", "--yes", now="2026-03-10")
    ran = twins("client", "merge", "Ada Hall", "A. Hall", "--yes", now="2026-03-10")
    assert ran.stderr.count("--cancel takes it back for good") == 2
    with desks.opened(home, factories.NOW.replace(day=10)) as desk:
        client = finding.client(desk, "Ada Hall")
        states = {each.key: each.state.value for each in planning.decisions_of(desk, client.id) if "thank" in each.step}
    assert sorted(states.values()) == ["unconfirmed", "unconfirmed"]


def test_what_was_decided_about_either_holds(twins: Run, home: Path) -> None:
    """A touchpoint that was skipped for one record stays skipped for the client."""
    twins("skip", "A. Hall")
    twins("client", "merge", "Ada Hall", "A. Hall", "--yes")
    with desks.opened(home) as desk:
        client = finding.client(desk, "Ada Hall")
        decided = planning.dossier_of(desk, client.id).instructions
        assert [each.kind for each in decided] == [InstructionKind.SKIP]
        states = [str(each.state) for each in planning.decisions_of(desk, client.id) if each.step == "thank-you"]
    assert len(states) == 2
    assert "skipped" in states


def test_a_stop_of_either_stops_the_client_and_names_the_drafts(twins: Run) -> None:
    """Nothing is due any more; the draft that lies there is named; undo parts them as they were."""
    twins("client", "edit", "A. Hall", "--phone", "", "--not-by", "email")
    twins("send", "--yes")
    twins("optout", "hall@example.com", "--evidence", "rang")
    before = held(twins)
    ran = twins("client", "merge", "Ada Hall", "A. Hall", "--yes")
    assert "one of the two said stop" in ran.stderr
    (client,) = [each["client"] for each in held(twins) if each["client"]["full_name"] == "Ada Hall"]
    assert (client["consent"], client["consent_evidence"]) == ("opted_out", "rang")
    waiting = json.loads(twins("due", "--format", "json", now="2026-05-04").stdout)
    assert [(row["client"], row["state"]) for row in waiting] == [("Ada Hall", "unconfirmed")]
    twins("undo", "--yes")
    assert held(twins) == before


def test_an_import_finds_the_kept_client_by_the_numbers_of_both(twins: Run, tmp_path: Path) -> None:
    """A file that knows them under two numbers, one name corrected by hand: one client, whose name stays."""
    table = tmp_path / "clients.csv"
    table.write_text("client_id,full_name,email\n1,Ada Hall,ada@example.com\n2,A. Hall,hall@example.com\n")
    twins("import", table, "--source", "jobber", "--yes")
    twins("client", "merge", "Ada Hall", "A. Hall", "--yes")
    table.write_text("client_id,full_name,email,city\n1,Ada Hall,ada@example.com,York\n2,A. Hall,hall@example.com,\n")
    ran = twins("import", table, "--source", "jobber", "--yes")
    assert "new: 0 clients" in ran.stdout
    (client,) = [each["client"] for each in held(twins) if "ada@example.com" in each["client"]["emails"]]
    assert (client["full_name"], client["city"]) == ("Ada Hall", "York")


def test_whoever_was_forgotten_is_merged_with_nobody(twins: Run) -> None:
    """What is left of a person belongs to nobody."""
    forgotten = json.loads(twins("client", "duplicates", "--format", "json").stdout)[0]["other_id"]
    twins("forget", forgotten, "--yes")
    assert "belongs to nobody" in twins("client", "merge", "Ada Hall", forgotten, "--yes", exit_code=65).stderr


def test_a_home_of_thousands_is_looked_through(twins: Run, home: Path) -> None:
    """One pair among three thousand clients that have nothing in common."""
    with desks.opened(home) as desk, desk.store.write(kind="import", command="x", now=desk.now()) as write:
        write.save_many(
            factories.client(
                full_name=f"{factories.identifier('n')} {factories.identifier('s')}",
                first_name="",
                last_name="",
                emails=(f"{number}@example.com",),
            )
            for number in range(3000)
        )
        found = [(each.keep.full_name, each.drop.full_name) for each in duplicates.proposals(desk)]
    assert ("Ada Hall", "A. Hall") in found
