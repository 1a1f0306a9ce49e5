"""What the doctor says of sending by itself: everything that can be seen without asking the mail server."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from followup.model import AttemptState
from followup.workflow import mailnotes
from tests import conftest, desks, factories
from tests.mailserver.fixtures import set_mail

Run = Callable[..., conftest.Ran]

SERVER = {"transport": "smtp", "host": "localhost", "port": 2525, "security": "none"}
SECRET = "correct horse battery"
NOW = datetime.fromisoformat("2026-03-02T09:00")  # in the zone of the home


@pytest.fixture(autouse=True)
def no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without a password in the environment."""
    monkeypatch.delenv("FOLLOWUP_MAIL_PASSWORD", raising=False)


def said(made: Run, *, exit_code: int | None = None) -> list[str]:
    """Return the lines of `doctor` about mail and sending, with their cures."""
    lines = made("doctor", exit_code=exit_code).stdout.splitlines()
    found = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line[6:].startswith(("mail ", "sending ")) and "postal address" not in line:
            found.append(" ".join(line.split()) + (" " + following.strip() if "->" in following else ""))
    return found


def test_a_home_of_drafts_hears_nothing_of_servers(made: Run) -> None:
    """Nobody who sends by hand needs to know of passwords."""
    assert said(made, exit_code=0) == []


def test_the_server_and_the_limits_are_named(made: Run, home: Path) -> None:
    """What will be used, whether set, a default or a preset."""
    set_mail(home, **SERVER, user="none", per_hour=15)
    assert said(made, exit_code=0) == [
        "ok mail goes to localhost:2525 (none) without a login; at most 20 in a run, 15 an hour, 100 in 24 hours",
        "note sending has never been tried -> followup mail test",
    ]


def test_a_missing_password_comes_with_the_kind_that_the_provider_wants(made: Run, home: Path) -> None:
    """78, and where to make one."""
    set_mail(home, transport="smtp", provider="yahoo", user="sam@alder.example.com")
    (line,) = [each for each in said(made, exit_code=78) if "password" in each]
    assert line.startswith("FIX mail there is no password for sam@alder.example.com -> set mail.password_command")
    assert "Yahoo wants an app password, not the one you sign in with" in line


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"password_command": f"'{Path(sys.executable).as_posix()}' -V"}, "ok mail password: from the command "),
        ({"password_command": "no-such-program mail"}, "FIX mail mail.password_command: there is no program"),
        ({"password_file": "password.txt"}, "FIX mail mail.password_file: "),
        ({"password_file": "private.txt"}, "ok mail password: from "),
        ({"keyring": True}, "ok mail password: from the system's keyring"),
    ],
)
def test_the_source_of_the_password_is_named_and_not_asked(
    made: Run, home: Path, settings: dict[str, object], found: str
) -> None:
    """Which one it would be, and whether it is there; what it holds is nobody's business."""
    if settings.get("keyring"):
        pytest.importorskip("keyring")
    (home / "private.txt").write_text(SECRET)
    (home / "private.txt").chmod(0o600)
    set_mail(home, **SERVER, **settings)
    lines = said(made)
    assert [line for line in lines if line.startswith(found)], lines
    assert SECRET not in "".join(lines)


def test_the_environment_comes_first(made: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when sending; the value is not shown."""
    monkeypatch.setenv("FOLLOWUP_MAIL_PASSWORD", SECRET)
    set_mail(home, **SERVER, password_file="password.txt")
    ran = made("doctor", "--format", "json")
    assert "FOLLOWUP_MAIL_PASSWORD" in ran.stdout
    assert SECRET not in ran.stdout + ran.stderr


@pytest.mark.skipif(os.name == "nt", reason="modes of files are those of other systems")
def test_a_password_that_others_can_read_is_not_one(made: Run, home: Path) -> None:
    """The mode is told, with the command that mends it."""
    path = home / "password.txt"
    path.write_text(SECRET)
    path.chmod(0o644)
    set_mail(home, **SERVER, password_file="password.txt")
    assert [line for line in said(made, exit_code=78) if "can be read by others" in line and "chmod 600" in line]


def test_certificates_that_are_not_there_are_missed(made: Run, home: Path) -> None:
    """Before the first run finds out."""
    set_mail(home, **SERVER, user="none", ca_file="ca.pem")
    assert [line for line in said(made, exit_code=78) if "ca.pem cannot be read" in line]


@pytest.mark.parametrize(
    ("settings", "account"),
    [
        ({"provider": "gmail", "user": "sam@gmail.com"}, "gmail.com"),
        ({"provider": "gmail"}, "gmail.com"),
        ({"provider": "fastmail", "user": "sam@fastmail.com"}, "fastmail.com"),
        ({"host": "mail.example.org", "user": "sam@example.org"}, "example.org"),
        ({"host": "mail.example.org", "user": "sam"}, ""),
        ({"provider": "workspace"}, ""),
        ({"provider": "gmail", "user": "sam@gmail.com", "from_address": "Sam@Gmail.com"}, ""),
    ],
)
def test_a_sender_of_another_domain_is_noted(made: Run, home: Path, settings: dict[str, object], account: str) -> None:
    """SPF and DKIM come with the account, so that receivers take other senders for forged."""
    set_mail(home, transport="smtp", keyring=True, **settings)
    notes = [line for line in said(made) if "taken for forged" in line]
    assert [f"the account is at {account}" in line for line in notes] == ([True] if account else [])


def test_limits_above_the_providers_are_noted(made: Run, home: Path) -> None:
    """The owner's word holds, and the owner is told."""
    set_mail(home, transport="smtp", provider="gmail", per_day=600, keyring=True)
    assert [line for line in said(made) if "mail.per_day is 600; Gmail takes 500 in 24 hours" in line]


def test_the_end_of_passwords_is_told_in_time(made: Run, home: Path) -> None:
    """Microsoft 365 switches them off at the end of 2026: told two months before, not in March."""
    set_mail(home, transport="smtp", provider="microsoft365", keyring=True)
    assert not [line for line in said(made) if "31 December 2026" in line]
    ran = made("doctor", now="2026-11-20", exit_code=None)
    assert "sure to take passwords only until 31 December 2026" in ran.stdout


def test_a_refused_login_was_a_try(made: Run, home: Path) -> None:
    """To try what was never tried is advice for another home."""
    set_mail(home, **SERVER, user="sam", keyring=True)
    with desks.opened(home, NOW) as opened:
        mailnotes.set_block(opened, "535 5.7.8 not accepted")
    (line,) = [each for each in said(made, exit_code=78) if " sending " in each]
    assert "refused the login" in line


def test_what_earlier_runs_noted_is_told(made: Run, home: Path) -> None:
    """Since when the login is refused, until when it pauses, what nobody knows, when all went well."""
    set_mail(home, **SERVER, user="sam", keyring=True)
    with desks.opened(home, NOW) as opened:
        mailnotes.set_block(opened, "535 5.7.8 not accepted")
        mailnotes.set_pause(opened, opened.now() + timedelta(hours=24), "550 5.4.5 daily limit")
        mailnotes.note_run(opened, good=True, automatic=True)
        (ada,) = opened.store.iter_clients()
        with opened.store.write(kind="contact", command="test", now=opened.now()) as write:
            write.insert_attempt(factories.attempt(client_id=ada.id, state=AttemptState.UNKNOWN))
    lines = said(made, exit_code=78)[-4:]
    refused = "localhost refused the login on Monday 2 March 2026, 09:00: 535 5.7.8 not accepted"
    assert lines[0].startswith(f"FIX sending {refused} -> mend it, then ")
    wait = "localhost asked to wait until Tuesday 3 March 2026, 09:00: 550 5.4.5 daily limit"
    assert lines[1].startswith(f"note sending {wait}")
    assert lines[2] == "note sending 1 message may have gone out, and nobody knows -> followup confirm"
    assert lines[3] == "ok sending last went well on 2 March 2026, 09:00"
