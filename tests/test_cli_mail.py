"""mail and send by a mail server, as their user meets them: a real server stands on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import EXAMPLES, Ran
from tests.mailserver import Fault, FaultServer
from tests.mailserver.fixtures import LiveHome, set_mail

Run = Callable[..., Ran]
Servers = Callable[..., FaultServer]


# ---------------------------------------------------------------- mail test


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_a_test_message_goes_to_the_owner_and_each_step_is_said(
    run: Run, mail_server: Servers, live_home: LiveHome, security: str
) -> None:
    """Connected, encrypted, logged in, accepted; nothing of it is a contact."""
    server = mail_server(security=security)
    live_home(server, clients=0)
    lines = run("mail", "test").stdout.splitlines()
    assert lines[0] == f"Connected to localhost, port {server.port}."
    assert ("the certificate is right" in lines[1]) is (security != "none")
    assert "Logged in as sam@alder.example.com." in lines
    assert "accepted a test message to sam@alder.example.com" in lines[-1]
    (message,) = server.messages
    assert message.recipients == ("sam@alder.example.com",)
    assert message.headers["Subject"] == "followup: a test message"
    assert json.loads(run("report", "contacts", "--month", "2026-03", "--format", "json").stdout)["count"] == 0
    assert "Last tested    Monday 2 March 2026" in run("mail", "show").stdout


def test_a_refused_login_is_said_blocks_and_is_lifted_by_a_test(
    run: Run, mail_server: Servers, live_home: LiveHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """77; nothing is tried until the owner has acted, and everything that stops says so."""
    server = mail_server(security="starttls")
    live_home(server)
    right = _password(monkeypatch, "wrong")
    ran = run("mail", "test", exit_code=77)
    assert "certificate is right" in ran.stdout
    assert "Logged in" not in ran.stdout
    assert "wrong" not in ran.stdout + ran.stderr.replace("wrong password", "")
    logins = len(server.logins)
    ran = run("send", "--yes", exit_code=77)
    assert "followup mail test" in ran.stderr
    assert len(server.logins) == logins, "a blocked account is not tried again"
    for words in (["status"], ["mail"]):
        assert "refused the login on Monday 2 March 2026" in run(*words).stdout
    assert "refused the login" in run("reconcile", exit_code=78).stdout
    _password(monkeypatch, right)
    run("mail", "test")
    assert "refused the login" not in run("status").stdout
    run("reconcile")
    run("send", "--yes")
    assert len(server.messages) == 2


def _password(monkeypatch: pytest.MonkeyPatch, password: str) -> str:
    before = os.environ["FOLLOWUP_MAIL_PASSWORD"]
    monkeypatch.setenv("FOLLOWUP_MAIL_PASSWORD", password)
    return before


@pytest.mark.parametrize("certificate", ["expired", "wrong-host", "self-signed"])
def test_a_certificate_that_is_not_right_is_69_and_the_password_stays_here(
    run: Run, mail_server: Servers, live_home: LiveHome, certificate: str
) -> None:
    """Whatever is wrong with it, nothing is said to that server."""
    server = mail_server(security="tls", certificate=certificate)
    live_home(server, clients=0)
    ran = run("mail", "test", exit_code=69)
    assert "ertificate" in ran.stderr
    assert server.logins == []


def test_a_server_that_is_not_there_is_69(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """And no step worked."""
    server = mail_server()
    live_home(server, clients=0, port=1)
    ran = run("mail", "test", exit_code=69)
    assert ran.stdout == ""
    assert "localhost" in ran.stderr


def test_a_server_that_says_later_is_75(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """The owner's own mailbox may be greylisted too."""
    live_home(mail_server(faults=[Fault("rcpt", "reply", "451 4.7.1 greylisted, come again")]), clients=0)
    assert "greylisted" in run("mail", "test", exit_code=75).stderr


def test_in_a_home_with_drafts_there_is_nothing_to_test(made: Run) -> None:
    """78, with the setting that would change that; `mail` alone says how it is."""
    for words in (["mail", "test"], ["mail", "login"]):
        assert 'transport = "smtp"' in made(*words, exit_code=78).stderr
    assert "nothing is sent by itself" in made("mail").stdout


# ---------------------------------------------------------------- mail login


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """Give the passwords in the system's keyring, which is one in memory."""
    import keyring as library
    from keyring import backend

    kept: dict[tuple[str, str], str] = {}

    class Memory(backend.KeyringBackend):
        priority = 1  # type: ignore[assignment]  # keyring declares a property

        def get_password(self, service: str, username: str) -> str | None:
            return kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            kept[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del kept[service, username]

    monkeypatch.setattr(library.core, "_keyring_backend", Memory())
    return kept


def test_login_asks_once_tries_and_keeps(
    run: Run,
    home: Path,
    mail_server: Servers,
    live_home: LiveHome,
    keyring: dict[tuple[str, str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The password is not shown, and the line to add is."""
    from tests.mailserver import PASSWORD

    server = mail_server(security="tls")
    live_home(server)
    monkeypatch.delenv("FOLLOWUP_MAIL_PASSWORD")
    ran = run("mail", "login", answers=f"{PASSWORD}\n")
    assert PASSWORD not in ran.stdout + ran.stderr
    assert "Logged in as sam@alder.example.com." in ran.stdout
    assert "keyring = true" in ran.stdout
    assert list(keyring.values()) == [PASSWORD]
    assert server.messages == []
    set_mail(home, keyring=True)
    run("send", "--yes")
    assert len(server.messages) == 1


def test_a_password_that_the_server_refuses_is_not_kept(
    run: Run, mail_server: Servers, live_home: LiveHome, keyring: dict[tuple[str, str], str]
) -> None:
    """77, and the keyring stays as it was. A typing error blocks nobody: runs have a password that is right."""
    server = mail_server(security="tls")
    live_home(server)
    run("mail", "login", answers="wrong\n", exit_code=77)
    assert keyring == {}
    run("send", "--yes")
    assert len(server.messages) == 1


def test_login_needs_a_person(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """A pipe is no person: it would hang, or the password would stand in a file."""
    live_home(mail_server(), clients=0)
    assert "password_file" in run("mail", "login", stdin="secret\n", exit_code=2).stderr


# ---------------------------------------------------------------- mail allow


def test_an_address_that_was_refused_is_allowed_again(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """Only the owner's word tries it again."""
    server = mail_server(faults=[Fault("rcpt", "reply", "550 5.1.1 no such user")])
    live_home(server)
    assert "Refused by localhost" in run("send", "--yes", exit_code=3).stderr
    (row,) = json.loads(run("message", "list", "--state", "permanent", "--format", "json").stdout)
    assert "goes to" not in run("mail", "allow", row["to"]).stderr
    assert "No mail server refused" in run("mail", "allow", row["to"], exit_code=66).stderr


# ---------------------------------------------------------------- send


def test_a_dry_run_says_what_would_go_and_connects_to_nobody(
    run: Run, mail_server: Servers, live_home: LiveHome
) -> None:
    """Step, name, address, subject."""
    server = mail_server()
    live_home(server, clients=3)
    said = run("send", "--dry-run").stdout
    assert said.count("Would send: thank-you") == 3
    assert "3 messages would be sent (--dry-run); nothing was." in said
    assert server.sessions == 0


def test_each_message_that_was_accepted_is_said_and_then_the_sum(
    run: Run, mail_server: Servers, live_home: LiveHome
) -> None:
    """Accepted by whom, and never more than that."""
    server = mail_server()
    live_home(server, clients=3)
    said = run("send", "--yes").stdout.splitlines()
    assert [line.partition(": ")[0] for line in said[:3]] == ["Accepted by localhost"] * 3
    assert said[3:] == ["3 accepted by localhost."]
    assert "delivered" not in " ".join(said).lower()
    assert run("send", "--yes").stdout == "Nothing to send.\n"
    assert server.sessions == 1


def test_a_person_is_offered_a_test_first_and_asked_before_anything_goes(
    run: Run, mail_server: Servers, live_home: LiveHome
) -> None:
    """Once: after the test, or after the first message, nobody asks again."""
    server = mail_server()
    live_home(server, clients=2)
    ran = run("send", answers="y\ny\n")
    assert "Send a test message to yourself first" in ran.stderr
    assert "Send 2 messages by localhost?" in ran.stderr
    assert server.messages[0].recipients[0] == "sam@alder.example.com"
    assert len(server.messages) == 3


def test_a_no_sends_nothing(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """Exit code 1."""
    server = mail_server()
    live_home(server)
    run("send", answers="n\nn\n", exit_code=1)
    assert server.messages == []


def test_a_test_that_fails_ends_before_the_first_client(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """That is what it is for."""
    server = mail_server(faults=[Fault("mail", "reply", "550 5.7.1 relaying denied")])
    live_home(server)
    run("send", answers="y\ny\n", exit_code=None)
    assert server.messages == []


def test_without_a_person_nothing_goes_without_yes(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """A script says --yes."""
    server = mail_server()
    live_home(server)
    assert "--yes" in run("send", exit_code=2).stderr
    assert server.messages == []


def test_what_a_limit_leaves_is_counted_with_when_it_may_go(
    run: Run, mail_server: Servers, live_home: LiveHome
) -> None:
    """By run, and by day."""
    server = mail_server()
    live_home(server, clients=5, per_run=2, per_day=3)
    said = run("send", "--yes").stdout
    assert "3 messages left (mail.per_run): may go with the next run." in said
    said = run("send", "--yes").stdout
    assert "2 messages left (mail.per_day): may go from Tuesday 3 March 2026" in said
    assert len(server.messages) == 3
    assert "mail.per_day is reached; the next message may go from" in run("status").stdout
    assert "3 of 3 in the last 24 hours" in run("mail", "show").stdout


def test_what_is_put_off_is_told_and_rests(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """75 for a script; status says when the next try is; a send in between leaves it alone."""
    server = mail_server(faults=[Fault("rcpt", "reply", "450 4.2.1 mailbox busy", hits={1})])
    live_home(server, clients=2)
    ran = run("send", "--yes", exit_code=75)
    assert "Put off by localhost" in ran.stderr
    assert "1 accepted by localhost, 1 put off." in ran.stdout
    said = run("status").stdout
    assert "1 message to try again" in said
    assert "is tried again from Monday 2 March 2026, 09:30 on" in said
    ran = run("send", "--yes", now="2026-03-02T09:20")
    assert ran.stdout == "Nothing to send.\n"
    assert "1 message put off by the server rest" in ran.stderr
    run("send", "--yes", now="2026-03-02T09:31")
    assert len(server.messages) == 2


def test_of_a_line_that_broke_behind_the_text_a_person_is_asked(
    run: Run, home: Path, mail_server: Servers, live_home: LiveHome
) -> None:
    """With time, address, subject, Message-ID and last words; only a typed yes sends it once more, the same bytes."""
    server = mail_server(faults=[Fault("dot", "drop", hits={1})])
    live_home(server)
    ran = run("send", "--yes", exit_code=3)
    assert "Not known:" in ran.stderr
    assert "followup confirm" in ran.stderr
    (row,) = json.loads(run("message", "list", "--format", "json").stdout)
    assert row["state"] == "unknown"
    assert "1 message that may have gone out" in run("status").stdout
    said = run("confirm", exit_code=2).stdout
    for words in (row["to"], row["subject"], row["key"], "Message-ID: <", "last words", "Sent folder", "2 March 2026"):
        assert words in said
    assert "only a person at a terminal" in run("confirm", row["key"], "--not-sent", exit_code=2).stderr
    run("confirm", row["key"], "--not-sent", answers="y\n", exit_code=1)
    assert "due again" in run("confirm", row["key"], "--not-sent", answers="yes\n").stdout
    before = run("message", "show", row["key"]).stdout
    run("send", "--yes")
    (message,) = server.messages
    assert message.message_id in before
    assert run("confirm").stdout == "No message waits to be confirmed.\n"


def test_what_was_not_known_can_be_said_to_have_gone_or_never_to_go(
    run: Run, mail_server: Servers, live_home: LiveHome
) -> None:
    """--sent makes the contact, --cancel skips it for good; undo does not bring it back."""
    server = mail_server(faults=[Fault("dot", "drop")])
    live_home(server, clients=2)
    while json.loads(run("due", "--format", "json").stdout)[-1]["state"] == "due":
        run("send", "--yes", exit_code=None)
    one, two = json.loads(run("message", "list", "--format", "json").stdout)
    run("confirm", one["key"], "--sent")
    run("confirm", two["key"], "--cancel")
    rows = json.loads(run("report", "contacts", "--month", "2026-03", "--format", "json").stdout)["rows"]
    assert [row["key"] for row in rows] == [one["key"]]
    assert json.loads(run("why", two["key"], "--format", "json").stdout)[0]["state"] == "skipped"
    run("undo", "--yes", exit_code=None)
    assert json.loads(run("why", two["key"], "--format", "json").stdout)[0]["state"] != "due"


def test_all_unknown_ones_at_once_only_with_a_typed_yes(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """Whatever the answer: a slip would be one for all."""
    server = mail_server(faults=[Fault("dot", "drop")])
    live_home(server)
    run("send", "--yes", exit_code=3)
    assert "Say which: keys, or --unknown for all 1." in run("confirm", "--sent", exit_code=2).stderr
    for answer in ("--sent", "--not-sent", "--cancel"):
        run("confirm", "--unknown", answer, exit_code=2)
        run("confirm", "--unknown", answer, answers="y\n", exit_code=1)
    assert "Recorded as sent: 1 message." in run("confirm", "--unknown", "--sent", answers="yes\n").stdout


def test_a_person_settles_what_is_not_known_one_by_one(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """Enter alone is later; not sent needs the whole word."""
    live_home(mail_server(faults=[Fault("dot", "drop")]))
    run("send", "--yes", exit_code=3)
    run("confirm", answers="\n")
    run("confirm", answers="n\nno\n")
    assert len(json.loads(run("message", "list", "--format", "json").stdout)) == 1
    assert "Recorded as sent: 1 message." in run("confirm", answers="s\n").stdout


def test_a_home_on_another_machine_asks(
    run: Run, mail_server: Servers, live_home: LiveHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a person 78, in cron too; a person says that it was moved, or `reconcile` does."""
    server = mail_server()
    live_home(server, clients=2)
    run("send", "--yes", "--limit", "1")
    monkeypatch.setattr("socket.gethostname", lambda: "another")
    assert "followup reconcile" in run("send", "--yes", exit_code=78).stderr
    assert "This home last sent mail as" in run("status").stdout
    run("send", answers="y\nn\n", exit_code=78)
    assert len(server.messages) == 1
    assert "From now on this home sends as" in run("reconcile", "--yes").stdout
    run("send", "--yes")
    assert len(server.messages) == 2


def test_a_laptop_in_another_network_is_the_same_machine(
    run: Run, mail_server: Servers, live_home: LiveHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the router gives out names, a Mac's changes behind the first dot, and so may its capitals."""
    server = mail_server()
    live_home(server, clients=2)
    monkeypatch.setattr("socket.gethostname", lambda: "Sams-MacBook.local")
    run("send", "--yes", "--limit", "1")
    monkeypatch.setattr("socket.gethostname", lambda: "sams-macbook.fritz.box")
    run("send", "--yes")
    assert len(server.messages) == 2


def test_the_week_sends_what_was_chosen_by_one_connection(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """Its words follow the transport; the question comes at the end."""
    server = mail_server()
    live_home(server, clients=3)
    ran = run("week", answers="\ns\nl\ns\nn\ny\n")
    assert "[s]end, [e]dit" in ran.stderr
    assert "Send 2 messages by localhost?" in ran.stderr
    assert "2 messages accepted by localhost, 0 skipped" in ran.stdout
    assert (len(server.messages), server.sessions) == (2, 1)


def test_a_no_at_the_end_of_the_week_goes_on_with_the_round(
    run: Run, mail_server: Servers, live_home: LiveHome
) -> None:
    """Nothing was sent, and the summary says so."""
    server = mail_server()
    live_home(server)
    ran = run("week", answers="\ns\nn\nn\n")
    assert "Done for" in ran.stdout
    assert server.messages == []


def test_the_week_does_not_ask_about_what_the_server_put_off(
    run: Run, mail_server: Servers, live_home: LiveHome
) -> None:
    """It rests, and would not go whatever the answer; without a terminal it is not listed either."""
    live_home(mail_server(faults=[Fault("rcpt", "reply", "450 4.2.1 mailbox busy")]))
    run("send", "--yes", exit_code=75)
    ran = run("week", answers="\n")
    assert "No message is due." in ran.stdout
    assert "1 message put off by the server rest" in ran.stderr
    assert "Messages to send" not in run("week").stdout


def test_the_last_try_is_said_to_be_the_last(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """After the sixth answer of that kind nothing goes by itself, and no line claims that it does."""
    live_home(mail_server(faults=[Fault("rcpt", "reply", "450 4.2.1 mailbox busy")]))
    for now in ("03-02T09:15", "03-02T09:31", "03-02T10:32", "03-02T14:33", "03-03T02:34"):
        assert "It is tried again by itself." in run("send", "--yes", now=f"2026-{now}", exit_code=75).stderr
    assert "That was the last try: `followup why" in run("send", "--yes", now="2026-03-04T02:35", exit_code=75).stderr
    assert "1 message that failed" in run("status", now="2026-03-04T02:35").stdout


# ---------------------------------------------------------------- status


def test_status_says_since_when_nothing_has_gone_out(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """With how many wait."""
    server = mail_server()
    live_home(server, clients=2)
    assert "No message has been accepted yet; 2 wait." in run("status").stdout
    run("send", "--yes", "--limit", "1")
    said = run("status", now="2026-03-05").stdout
    assert "The last message was accepted on Monday 2 March 2026, 09:15, 2 days ago; 1 waits." in said


def test_max_age_is_quiet_when_young_and_one_line_when_not(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """For monitors: 0 and nothing, or 3 and one line; days, hours and weeks."""
    live_home(mail_server())
    (line,) = run("status", "--max-age", "2d", exit_code=3).stdout.splitlines()
    assert "No run has gone well yet" in line
    run("send", "--yes")
    assert run("status", "--max-age", "2d", now="2026-03-04").stdout == ""
    for age, day in (("2d", "2026-03-05"), ("36h", "2026-03-04"), ("1w", "2026-03-10")):
        (line,) = run("status", "--max-age", age, now=day, exit_code=3).stdout.splitlines()
        assert "went well was on Monday 2 March 2026" in line
    for wrong in ("2", "d", "0d", "2m", "-1d"):
        assert "36h" in run("status", f"--max-age={wrong}", exit_code=2).stderr


def test_a_quota_pauses_a_day_and_everything_says_so(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """550 5.4.5 is no refusal: the message stays due, nothing is tried meanwhile, and nothing has to be mended."""
    server = mail_server(faults=[Fault("mail", "reply", "550 5.4.5 daily sending quota exceeded")])
    live_home(server, clients=2)
    run("send", "--yes", exit_code=75)
    sessions = server.sessions
    assert "asked to wait" in run("send", "--yes", exit_code=75).stderr
    assert server.sessions == sessions
    for words in (["status"], ["mail"], ["reconcile"]):
        assert "asked to wait until Tuesday 3 March 2026, 09:15" in run(*words).stdout
    server.faults.clear()
    run("send", "--yes", now="2026-03-03T09:20")
    assert len(server.messages) == 2


def test_whoever_watches_is_told_how_long_it_takes(
    run: Run, mail_server: Servers, live_home: LiveHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pauses add up; a script is told nothing of it."""
    from followup.workflow import signals

    monkeypatch.setattr(signals.Stopping, "pause", lambda self, seconds: False)
    live_home(mail_server(), clients=20, pause=4)
    assert "about 1 minute. Ctrl-C ends it after" in run("send", answers="n\ny\n").stderr


def test_a_message_that_cannot_be_written_stops_nobody_else(
    run: Run, home: Path, mail_server: Servers, live_home: LiveHome
) -> None:
    """Nobody to greet: said with its reason, and the others go."""
    server = mail_server()
    live_home(server, clients=1)
    run("client", "add", "--name", "Mono", "--email", "mono@example.com")
    run("job", "add", "Mono", "--service", "Drain", "--completed", "2026-02-27")
    ran = run("send", "--yes", exit_code=3)
    assert "Not sent: " in ran.stderr
    assert "nobody to greet" in ran.stderr
    assert len(server.messages) == 1


def test_a_server_without_a_login_is_not_logged_in_to(run: Run, mail_server: Servers, live_home: LiveHome) -> None:
    """user = "none", for a relay on this machine; `mail login` has nothing to ask."""
    server = mail_server(users={})
    live_home(server, clients=0, user="none")
    assert "Logged in" not in run("mail", "test").stdout
    assert "is told no password" in run("mail", "login", exit_code=78).stderr
    assert "without a login" in run("mail").stdout


def test_the_kind_of_password_is_said_before_it_is_asked_for(
    run: Run, mail_server: Servers, live_home: LiveHome, keyring: dict[tuple[str, str], str]
) -> None:
    """An app password is another one than people know."""
    live_home(mail_server(security="tls"), clients=0, provider="gmail", keyring=True)
    ran = run("mail", "login", answers="abcd efgh ijkl mnop\n", exit_code=77)
    assert "Gmail wants an app password" in ran.stderr
    assert keyring == {}


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe of a POSIX shell")
def test_a_reader_who_leaves_ends_the_run_between_two_messages(
    run: Run, home: Path, mail_server: Servers, live_home: LiveHome
) -> None:
    """`send | head -1`: what was accepted is on record, the rest goes with the next run, nothing goes twice."""
    server = mail_server()
    live_home(server, clients=4, pause=0.3)
    environment = {**os.environ, "FOLLOWUP_NOW": "2026-03-02T09:15", "PYTHONPATH": str(EXAMPLES.parent)}
    line = f"'{sys.executable}' -m followup --home '{home}' send --yes | head -1"
    ran = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, env=environment, check=True)
    assert ran.stdout.startswith("Accepted by localhost")
    assert "Traceback" not in ran.stderr
    before = len(server.messages)
    assert before < 4
    assert run("confirm").stdout == "No message waits to be confirmed.\n"
    run("send", "--yes")
    assert len(server.messages) == len({message.touchpoint for message in server.messages}) == 4
