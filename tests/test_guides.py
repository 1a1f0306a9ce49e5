"""Guides: what a client is taught step by step goes along with the message about the service."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]

MAIL = ("--address", "1 Quay, Westerby", "--email", "sam@alder.example.com")
GUIDE = b"%PDF-1.4 how to bleed a radiator"


@pytest.fixture
def made(run: Run, home: Path) -> Path:
    """Make a home whose boiler service has a guide, and a boiler service completed for Ada."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", *MAIL)
    with (home / "followup.toml").open("a", encoding="utf-8") as file:
        file.write('\n[services."Boiler service"]\nguides = ["bleeding.pdf"]\n')
    (home / "guides").mkdir()
    (home / "guides" / "bleeding.pdf").write_bytes(GUIDE)
    run("client", "add", "--name", "Ada Hall", "--email", "ada@example.com", now="2026-03-02")
    run("job", "add", "Ada Hall", "--service", "boiler SERVICE", "--completed", "2026-03-02", now="2026-03-02")
    return home


def test_the_guide_of_a_service_goes_along_with_the_thanks(run: Run, made: Path) -> None:
    """The draft carries the file as it is; what is due later does not carry it once more."""
    run("send", "--yes", now="2026-03-03")
    (draft,) = (made / "drafts").glob("*.eml")
    message = email.message_from_bytes(draft.read_bytes(), policy=email.policy.default)
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_payload(decode=True)) == ("bleeding.pdf", GUIDE)
    assert attached.get_content_type() == "application/pdf"


def test_a_letter_names_what_to_enclose(run: Run, made: Path) -> None:
    """Paper carries no files: whoever prints the letter is told which sheet to add."""
    run("client", "edit", "Ada Hall", "--street", "3 Mill Lane", "--city", "Westerby", "--prefers", "letter")
    assert "Enclosed: bleeding.pdf" in run("preview", "Ada Hall", now="2026-03-03").stdout


def test_a_guide_that_is_not_there_stops_its_message_and_says_so(run: Run, made: Path) -> None:
    """Nothing goes without what it should carry; `doctor` finds it before the day."""
    (made / "guides" / "bleeding.pdf").unlink()
    for command in (("doctor",), ("preview", "Ada Hall")):
        said = run(*command, now="2026-03-03", exit_code=None)
        assert "bleeding.pdf" in said.stdout + said.stderr
        assert "Put the guide there" in said.stdout + said.stderr
    assert not list((made / "drafts").glob("*.eml"))


@pytest.mark.parametrize("name", ["../key", "/etc/passwd", "..", "C:\\\\secrets.txt"])
def test_a_guide_is_a_file_of_its_folder_and_nothing_else(run: Run, made: Path, name: str) -> None:
    """Settings that came from somebody else cannot send the home's key to a client."""
    settings = made / "followup.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("bleeding.pdf", name), encoding="utf-8")
    said = run("preview", "Ada Hall", now="2026-03-03", exit_code=None)
    assert said.exit_code == 78
    assert "write names of files without folders" in said.stderr
