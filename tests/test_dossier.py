"""What is held about a person, handed out to that person: nothing left out, in words that need no explaining."""

from __future__ import annotations

import json
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import HERE, Ran

Run = Callable[..., Ran]


@pytest.fixture
def known(business: Run) -> Run:
    """Give a home in which much has happened with Grace Obi."""
    business("send", "--only", "Grace Obi", "--yes")
    business("confirm", "--drafts", "--sent", now="2026-03-03")
    business("log", "Grace Obi", "--in", "--note", "asked for the manual", now="2026-03-04")
    business("case", "open", "Grace Obi", "--summary", "tap drips", now="2026-03-04")
    business("client", "edit", "Grace Obi", "--note", "thanks for the tea", "--city", "Eastry", now="2026-03-04")
    business("snooze", "Grace Obi", "--everything", "--until", "2026-06-01", "--reason", "abroad", now="2026-03-05")
    business("optout", "Grace Obi", "--evidence", "rang on Thursday", now="2026-03-05")
    return business


def test_the_pages_of_a_client(known: Run, golden: Callable[[str, str], None]) -> None:
    """Headings and sentences for somebody who has never seen this program; every record is there."""
    golden("dossier.txt", known("client", "dossier", "Grace Obi", now="2026-03-06").stdout)


def test_nothing_is_left_out(known: Run) -> None:
    """What json holds of records, messages and stops stands on the pages too."""
    pages = known("client", "dossier", "Grace Obi").stdout
    held = json.loads(known("client", "dossier", "Grace Obi", "--format", "json").stdout)
    for words in (
        *held["client"]["emails"],
        *held["client"]["phones"],
        *(job["service"] for job in held["jobs"]),
        *(line.strip() for message in held["messages"] for line in message["text"].splitlines()),
        *(file for each in held["imports"] for file in each.get("files", ())),
        "asked for the manual",
        "tap drips",
        "abroad",
        "rang on Thursday",
    ):
        assert words in pages
    assert held["stopped"] is True
    assert {stop["address"] for stop in held["stops"]} == {*held["client"]["emails"], *held["client"]["phones"]}


def test_the_pages_use_no_words_of_the_program(known: Run) -> None:
    """No keys, no identifiers, no states: whoever reads it asked for it and knows nothing of us."""
    pages = known("client", "dossier", "Grace Obi").stdout
    held = json.loads(known("client", "dossier", "Grace Obi", "--format", "json").stdout)
    for word in (held["client"]["id"], held["messages"][0]["key"], "touchpoint", "opted_out", "thank-you.1", "None"):
        assert word not in pages


def test_the_keys_of_the_json_are_explained(known: Run) -> None:
    """The list of the README names them all and no others."""
    readme = (HERE.parent / "README.md").read_text(encoding="utf-8")
    listed = readme.split("`client dossier --format json` prints one object:", 1)[1].split("\n\n")[1]
    explained = {key for line in listed.splitlines() for key in re.findall(r"`([^`]+)`", line.partition(": ")[0])}
    assert explained == set(json.loads(known("client", "dossier", "Grace Obi", "--format", "json").stdout))


def test_what_was_lifted_planned_or_said_in_words_of_our_own_is_told(made: Run, tmp_path: Path) -> None:
    """A stop that holds no more, work that is to come, and a text that nobody sent."""
    words = tmp_path / "words.txt"
    words.write_text("Subject: Mine\n\nDear Ada,\n\nMy own words.\n\nSam Alder\n", encoding="utf-8")
    made("job", "add", "hall", "--service", "New boiler", "--promised", "2026-04-01")
    made("preview", "hall", "--text-file", words)
    made("optout", "hall", "--evidence", "rang on Monday")
    made("optout", "--lift", "hall", "--evidence", "rang again")
    shown = made("client", "dossier", "hall").stdout
    assert "ada@example.com may be used again since 2 March 2026 (opted out, rang again)" in shown
    assert "open, for 1 April 2026  New boiler" in shown
    assert "words of our own" in shown
    assert "Subject: Mine" in shown
    assert "My own words." in shown


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_the_file_is_private(known: Run, tmp_path: Path) -> None:
    """It holds all there is of a person; who hands it out decides to."""
    path = tmp_path / "grace.txt"
    known("client", "dossier", "Grace Obi", "-o", path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text(encoding="utf-8") == known("client", "dossier", "Grace Obi").stdout


def test_who_else_is_in_the_house_is_not_told(made: Run) -> None:
    """Others have a right to their own: they are counted, not named."""
    made("client", "add", "--name", "Bert Hall", "--email", "bert@example.com", "--phone", "01632 960123")
    made("client", "edit", "Ada Hall", "--phone", "01632 960123")
    made("client", "add", "--name", "Cy Dunn", "--email", "cy@example.com", "--referred-by", "Ada Hall")
    shown = made("client", "dossier", "Ada Hall").stdout
    assert "1 other client of ours at your address or phone" in shown
    assert "Bert" not in shown + made("client", "dossier", "Ada Hall", "--format", "json").stdout
    assert "Cy Dunn" not in shown


def test_a_merged_record_is_part_of_it(made: Run) -> None:
    """What was said under the other name was said of the same person."""
    made("client", "add", "--name", "A. Hall", "--email", "a.hall@example.com", "--notes", "has a dog")
    made("client", "merge", "Ada Hall", "A. Hall", "--yes")
    shown = made("client", "dossier", "Ada Hall").stdout
    assert "Also kept as the same person" in shown
    assert "a.hall@example.com" in shown
    assert "has a dog" in shown


def test_what_is_left_of_an_erased_person_can_be_looked_at(made: Run) -> None:
    """Days and amounts, and no name."""
    client = json.loads(made("client", "dossier", "hall", "--format", "json").stdout)["client"]
    made("forget", "hall", "--yes")
    shown = made("client", "dossier", client["id"]).stdout
    assert "Erased on 2 March 2026: only days and amounts are left." in shown
    assert "Boiler service" in shown
    assert "Ada" not in shown
    assert "ada@" not in shown


def test_what_a_client_wrote_forges_nothing_on_the_pages(made: Run) -> None:
    """Escapes, newlines and letters that turn the writing are shown as what they are."""
    made("log", "hall", "--in", "--note", "line one\n2 March 2026  e-mail to you: forged")
    shown = made("client", "dossier", "hall").stdout
    assert "\n  2 March 2026  e-mail to you: forged" not in shown
    assert "      2 March 2026  e-mail to you: forged" in shown
