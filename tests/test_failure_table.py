"""What a mail server or a network can answer, row by row: the message, the run, the next run, and what the owner reads.

A real server on this machine, the real command, and the ten invariants after every case. The rows are those of the
project's failure table; the lines are plain, with STARTTLS and with TLS from the first byte on, in turn.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests import invariants
from tests.conftest import NOW, Ran
from tests.mailserver import SECURITIES, Fault, FaultServer
from tests.mailserver.fixtures import LiveHome, set_mail
from tests.mailserver.truth import Truth

SOON = "2026-03-02T09:45"  # half an hour later: after the first retry is due, within the hour
LATER = "2026-03-02T10:45"  # after an hour
TOMORROW = "2026-03-03T09:30"  # after a day


@dataclass
class Outing:
    """A home, its server, and what became of its messages."""

    run: Callable[..., Ran]
    home: Path
    server: FaultServer
    touchpoints: frozenset[str]
    printed: list[str] = field(default_factory=list)

    def send(self, *words: str, now: str = NOW, exit_code: int | None = None) -> Ran:
        """Run the real command, ``send --yes`` unless told, and see that every invariant holds afterwards."""
        ran = self.run(*(words or ("send", "--yes")), now=now, exit_code=None)
        self.printed += [ran.stdout, ran.stderr]
        assert exit_code is None or ran.exit_code == exit_code, f"{ran.exit_code}\n{ran.stdout}{ran.stderr}"
        assert ran.stderr.count("Error:") <= 1, ran.stderr
        self.check()
        return ran

    def check(self, **how: Any) -> invariants.Belief:
        """See that every invariant holds."""
        return invariants.check(self.home, self.server.truth, touchpoints=self.touchpoints, output=self.printed, **how)

    def states(self) -> dict[str, int]:
        """Return how many touchpoints are in each state; what nobody holds and no server answered is due."""
        belief = invariants.read(self.home)
        found: dict[str, int] = {}
        for key in self.touchpoints:
            states = [each["state"] for each in belief.of(key) if each["state"] != "cancelled"]
            state = states[-1] if states else "due"
            found[state] = found.get(state, 0) + 1
        return found

    def due(self) -> list[str]:
        """Return the keys that the planner calls due now."""
        table = self.run("due", "--format", "csv").stdout.splitlines()
        return [line.split(",")[0] for line in table[1:] if line.split(",")[4] == "due"]


@pytest.fixture
def outing(
    run: Callable[..., Ran], home: Path, mail_server: Callable[..., FaultServer], live_home: LiveHome
) -> Callable[..., Outing]:
    """Give a maker of a home with *clients* thank-yous due, and of its server."""

    def make(*faults: Fault, clients: int = 3, mail: Mapping[str, object] | None = None, **server: Any) -> Outing:
        serving = mail_server(faults=faults, **server)
        live_home(serving, clients=clients, **(mail or {}))
        made = Outing(run, home, serving, frozenset())
        made.touchpoints = frozenset(made.due())
        assert len(made.touchpoints) == clients
        return made

    return make


# ---------------------------------------------------------------- the table


@dataclass(frozen=True)
class Row:
    """One row: what goes wrong for the first of three messages, or for all of them, and what comes of it."""

    name: str
    at: str
    do: str
    line: str = ""
    hits: frozenset[int] | None = frozenset({1})
    code: int = 0
    states: Mapping[str, int] = field(default_factory=dict)  # after the first run
    said: str = ""  # what one line of the output says
    next_now: str = SOON  # when the next run comes, to a server that does nothing wrong any more
    next_code: int = 0
    next_states: Mapping[str, int] = field(default_factory=lambda: {"sent": 3})
    next_sessions: int | None = None  # connections that the next run makes; None: it does not matter
    clients: int = 3
    seconds: float = 0.0
    mail: Mapping[str, object] = field(default_factory=dict)


UNTOUCHED = {"due": 3}
ALWAYS = None
ROWS = (
    Row("accepted", "quit", "slow", states={"sent": 3}, said=r"accepted by localhost"),
    # connecting
    Row("line cut while connecting", "connect", "drop", hits=ALWAYS, code=69, states=UNTOUCHED, said="localhost"),
    Row(
        "silent while connecting",
        *("connect", "silent"),
        hits=ALWAYS,
        code=69,
        states=UNTOUCHED,
        said="localhost",
        mail={"timeout": 1},
    ),
    Row("silent greeting", "greeting", "silent", hits=ALWAYS, code=69, states=UNTOUCHED, mail={"timeout": 1}),
    Row("busy", "greeting", "reply", "421 4.3.2 too busy", ALWAYS, 75, UNTOUCHED, "too busy"),
    Row("blocked", "greeting", "reply", "554 5.7.1 go away", ALWAYS, 69, UNTOUCHED, "go away"),
    Row("hello refused", "ehlo", "reply", "550 5.7.1 who are you", ALWAYS, 69, UNTOUCHED),
    Row("hello put off", "ehlo", "reply", "421 4.3.2 come back", ALWAYS, 75, UNTOUCHED),
    Row("line cut at hello", "ehlo", "drop", "", ALWAYS, 69, UNTOUCHED),
    # login
    Row(
        "too many logins",
        *("auth", "reply", "454 4.7.0 Too many login attempts", ALWAYS, 75, UNTOUCHED, "Too many login"),
        next_code=75,
        next_states=UNTOUCHED,
        next_sessions=0,
    ),
    Row(
        "too many logins, an hour later",
        *("auth", "reply", "454 4.7.0 Too many login attempts", ALWAYS, 75, UNTOUCHED, "Too many login"),
        next_now=LATER,
    ),
    *(
        Row(
            f"login refused with {line[:9]}",
            *("auth", "reply", line, ALWAYS, 77, UNTOUCHED, re.escape(line.split(" ")[2])),
            next_code=77,
            next_states=UNTOUCHED,
            next_sessions=0,
            next_now=TOMORROW,
        )
        for line in (
            "535 5.7.8 Username and Password not accepted",
            "534 5.7.9 Application-specific password required",
            "530 5.7.0 Must log in",
            "538 5.7.11 Encryption required",
            "535 5.7.139 Authentication unsuccessful, basic authentication is disabled",
            "550 5.7.30 Basic authentication is not supported",
        )
    ),
    # MAIL
    Row("421 at MAIL", "mail", "reply", "421 4.3.2 closing", code=75, states={"temporary": 1, "due": 2}),
    *(
        Row(f"{code} at MAIL", "mail", "reply", f"{code} 4.3.0 later", code=75, states={"temporary": 1, "sent": 2})
        for code in (450, 451, 452)
    ),
    Row(
        "three put off at MAIL in a row",
        *("mail", "reply", "451 4.3.0 later", ALWAYS, 75, {"temporary": 3, "due": 2}),
        clients=5,
        next_states={"sent": 5},
    ),
    Row("login lost", "mail", "reply", "530 5.7.0 Authentication required", code=77, states=UNTOUCHED),
    Row(
        "daily limit",
        *("mail", "reply", "550 5.4.5 Daily user sending limit exceeded", frozenset({2}), 75),
        {"sent": 1, "temporary": 1, "due": 1},
        "sending limit exceeded",
        next_code=75,
        next_states={"sent": 1, "temporary": 1, "due": 1},
        next_sessions=0,
        next_now=LATER,
    ),
    Row(
        "daily limit, a day later",
        *("mail", "reply", "550 5.4.5 Daily user sending limit exceeded", frozenset({2}), 75),
        {"sent": 1, "temporary": 1, "due": 1},
        "sending limit exceeded",
        next_now=TOMORROW,
    ),
    Row(
        "too large, said at MAIL",
        *("mail", "reply", "552 5.3.4 Message too big", frozenset({1}), 3, {"permanent": 1, "sent": 2}, "too big"),
        next_states={"permanent": 1, "sent": 2},
    ),
    *(
        Row(f"sender refused with {line[:3]}", "mail", "reply", line, ALWAYS, 78, UNTOUCHED, "not allowed")
        for line in ("550 5.7.1 not allowed", "553 5.7.1 sender not allowed", "554 5.7.1 not allowed")
    ),
    Row("line cut at MAIL", "mail", "drop", states={"sent": 3}),
    Row("silent at MAIL", "mail", "silent", states={"sent": 3}, mail={"timeout": 1}),
    # RCPT
    *(
        Row(f"{code} at RCPT", "rcpt", "reply", f"{code} 4.2.1 busy", code=75, states={"temporary": 1, "sent": 2})
        for code in (450, 451, 452)
    ),
    *(
        Row(
            f"{code} at RCPT",
            *("rcpt", "reply", f"{code} 5.1.1 no such user", frozenset({1}), 3),
            {"permanent": 1, "sent": 2},
            "no such user",
            next_states={"permanent": 1, "sent": 2},
        )
        for code in (550, 551, 553, 554)
    ),
    Row(
        "five bad addresses in a row",
        *("rcpt", "reply", "550 5.1.1 no such user", ALWAYS),
        code=3,
        states={"permanent": 5, "due": 2},
        clients=7,
        next_states={"permanent": 5, "sent": 2},
    ),
    Row("421 at RCPT", "rcpt", "reply", "421 4.3.2 closing", code=75, states={"temporary": 1, "due": 2}),
    Row("line cut at RCPT", "rcpt", "drop", states={"sent": 3}),
    # DATA and the text
    Row("451 at DATA", "data", "reply", "451 4.3.0 later", code=75, states={"temporary": 1, "sent": 2}),
    Row("421 at DATA", "data", "reply", "421 4.3.2 closing", code=75, states={"temporary": 1, "due": 2}),
    Row(
        "554 at DATA",
        *("data", "reply", "554 5.6.0 no", frozenset({1}), 3, {"permanent": 1, "sent": 2}),
        next_states={"permanent": 1, "sent": 2},
    ),
    Row("line cut at DATA", "data", "drop", states={"sent": 3}),
    # the dot
    Row("421 after the dot", "dot", "reply", "421 4.3.2 closing", code=75, states={"temporary": 1, "due": 2}),
    *(
        Row(f"{code} after the dot", "dot", "reply", f"{code} 4.3.0 later", code=75, states={"temporary": 1, "sent": 2})
        for code in (450, 451, 452)
    ),
    *(
        Row(
            f"{line[:9]} after the dot",
            *("dot", "reply", line, frozenset({1}), 3, {"permanent": 1, "sent": 2}, line[-8:]),
            next_states={"permanent": 1, "sent": 2},
        )
        for line in ("552 5.3.4 message too big", "554 5.6.0 rejected content", "550 5.7.1 looks like spam")
    ),
    Row(
        "two refused for policy in a row",
        *("dot", "reply", "550 5.7.26 not authenticated by DMARC", ALWAYS, 3, {"permanent": 2, "due": 2}, "DMARC"),
        clients=4,
        next_states={"permanent": 2, "sent": 2},
    ),
    *(
        Row(
            f"{do} after the dot",
            *("dot", do, "", frozenset({1}), 3, {"unknown": 1, "sent": 2}),
            next_states={"unknown": 1, "sent": 2},
        )
        for do in ("drop", "accept+drop", "accept+garbage")
    ),
    Row("250 after our time limit", "dot", "accept+late", seconds=1.5, states={"sent": 3}, mail={"timeout": 1}),
    # goodbye
    *(
        Row(f"{do} at the goodbye", "quit", do, "500 5.5.1 what?", states={"sent": 3}, mail={"timeout": 1})
        for do in ("drop", "silent", "reply")
    ),
)


@pytest.mark.parametrize(
    ("number", "row"), list(enumerate(ROWS)), ids=[f"{row.name} ({row.at} {row.do})".replace(" ", "-") for row in ROWS]
)
def test_a_row_of_the_table(outing: Callable[..., Outing], number: int, row: Row) -> None:
    """The message, the exit code, what is said; and what the next run does when the server is well again."""
    fault = Fault(row.at, row.do, row.line, seconds=row.seconds, hits=row.hits)
    out = outing(fault, clients=row.clients, mail=row.mail, security=SECURITIES[number % len(SECURITIES)])
    ran = out.send(exit_code=row.code)
    assert out.states() == dict(row.states), ran.stdout + ran.stderr
    spoken = [line for line in (ran.stdout + ran.stderr).splitlines() if re.search(row.said, line)]
    assert spoken, ran.stdout + ran.stderr
    out.server.faults.clear()
    sessions = out.server.sessions
    ran = out.send(now=row.next_now, exit_code=row.next_code)
    assert out.states() == dict(row.next_states), ran.stdout + ran.stderr
    if row.next_sessions is not None:
        assert out.server.sessions - sessions == row.next_sessions
    assert out.server.surprises == []


# ---------------------------------------------------------------- TLS


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("certificate", "said"), [("expired", "expired"), ("wrong-host", "another name"), ("self-signed", "authority")]
)
def test_no_password_and_no_message_goes_to_a_server_with_a_bad_certificate(
    outing: Callable[..., Outing], security: str, certificate: str, said: str
) -> None:
    """69, one line that says what is wrong with it, and no login seen."""
    out = outing(security=security, certificate=certificate)
    ran = out.send(exit_code=69)
    assert said in ran.stderr
    assert out.server.logins == []
    assert not [line for line in out.server.commands if line.startswith(("AUTH", "MAIL"))]
    assert out.states() == UNTOUCHED


@pytest.mark.parametrize("security", SECURITIES)
def test_a_good_server_gets_each_message_once(outing: Callable[..., Outing], security: str) -> None:
    """One connection, one login, one goodbye; the second run has nothing to do."""
    out = outing(security=security)
    out.send(exit_code=0)
    assert out.states() == {"sent": 3}
    assert len(out.server.messages) == 3
    assert (out.server.sessions, len(out.server.logins)) == (1, 1)
    assert out.server.commands[-1] == "QUIT"
    out.send(exit_code=0)
    assert (len(out.server.messages), out.server.sessions) == (3, 1)


def test_starttls_that_somebody_took_out_of_the_answer_stops_before_the_password(
    outing: Callable[..., Outing],
) -> None:
    """The line would be plain; nothing is said on it."""
    out = outing(security="starttls", offers_starttls=False)
    assert "STARTTLS" in out.send(exit_code=69).stderr
    assert out.server.logins == []
    assert out.states() == UNTOUCHED


def test_starttls_that_is_refused_stops_before_the_password(outing: Callable[..., Outing]) -> None:
    """454: TLS not available just now."""
    out = outing(Fault("starttls", "reply", "454 4.7.0 TLS not available"), security="starttls")
    assert out.send().exit_code in (69, 75)
    assert out.server.logins == []
    assert out.states() == UNTOUCHED


def test_a_server_that_offers_no_login_is_a_matter_of_settings(outing: Callable[..., Outing]) -> None:
    """78, and what to do about it."""
    out = outing(security="starttls", offers_auth=False)
    ran = out.send(exit_code=78)
    assert "login" in ran.stderr or "log in" in ran.stderr
    assert out.states() == UNTOUCHED


@pytest.mark.parametrize(
    ("served", "asked"), [("starttls", "tls"), ("none", "tls"), ("tls", "starttls"), ("tls", "none")]
)
def test_mixed_up_ports_are_named(outing: Callable[..., Outing], served: str, asked: str) -> None:
    """Plain talk on the TLS port, or TLS on the plain one: 69, and which port goes with which security."""
    out = outing(security=served, mail={"security": asked, "timeout": 1})
    ran = out.send(exit_code=69)
    assert re.search(r"465.*587", ran.stderr)
    assert out.server.logins == []
    assert out.states() == UNTOUCHED


def test_nobody_listening_is_told_in_one_line(outing: Callable[..., Outing], home: Path) -> None:
    """The server is down: 69, nothing is touched, the next run sends."""
    out = outing()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    set_mail(home, port=port)
    ran = out.send(exit_code=69)
    assert "refused" in ran.stderr
    assert out.states() == UNTOUCHED
    set_mail(home, port=out.server.port)
    out.send(exit_code=0)
    assert out.states() == {"sent": 3}


# ---------------------------------------------------------------- what only time shows


def test_a_line_lost_after_the_dot_is_unknown_and_never_sent_again_by_itself(outing: Callable[..., Outing]) -> None:
    """Two more runs, one of them by cron and one on the next day, leave it to a person."""
    out = outing(Fault("dot", "accept+drop"), clients=1)
    out.send(exit_code=3)
    out.server.faults.clear()
    out.send("run", "--cron", now=LATER, exit_code=3)
    out.send(now=TOMORROW, exit_code=0)
    assert out.states() == {"unknown": 1}
    assert len(out.server.messages) == 1
    attempt = next(each for each in invariants.read(out.home).attempts if each["state"] == "unknown")
    assert attempt["server_said"]
    assert attempt["handed_over_at"]


def test_silence_after_the_dot_is_unknown(outing: Callable[..., Outing], monkeypatch: pytest.MonkeyPatch) -> None:
    """We wait for ten minutes (here: one second), and then nobody knows; the others go on a new line."""
    monkeypatch.setattr("followup.mail.line.AFTER_THE_DOT", 1.0)
    out = outing(Fault("dot", "accept+silent", hits={2}), security="tls")
    out.send(exit_code=3)
    assert out.states() == {"unknown": 1, "sent": 2}
    assert out.server.sessions == 2


@pytest.mark.parametrize("security", SECURITIES)
def test_a_line_cut_within_the_text_is_noticed_before_the_fence_or_is_unknown(
    outing: Callable[..., Outing], security: str
) -> None:
    """Whichever comes first: the text is out before anybody hears of the cut."""
    out = outing(Fault("body", "drop", hits={1}), security=security)
    assert out.send().exit_code in (0, 3)
    assert out.states() in ({"sent": 3}, {"unknown": 1, "sent": 2})
    assert len(out.server.messages) == out.states()["sent"]


def test_a_refused_login_is_tried_once(outing: Callable[..., Outing]) -> None:
    """Each try counts towards a locked account; PLAIN and LOGIN of one session are one refusal."""
    out = outing(Fault("auth", "reply", "535 5.7.8 no"), security="starttls")
    for now in (NOW, SOON, LATER, TOMORROW):
        out.send("run", "--cron", now=now, exit_code=77)
    assert out.server.sessions == 1
    assert len([line for line in out.server.commands if line.startswith("AUTH")]) <= 2


def test_retries_come_after_a_quarter_of_an_hour_one_four_and_twelve(outing: Callable[..., Outing]) -> None:
    """And not a minute before; with the same Message-ID."""
    out = outing(Fault("dot", "reply", "451 4.3.0 later"), clients=1)
    tries = 0
    for now, tried in (
        ("2026-03-02T09:15", True),
        ("2026-03-02T09:29", False),
        ("2026-03-02T09:31", True),
        ("2026-03-02T10:20", False),
        ("2026-03-02T10:32", True),
        ("2026-03-02T14:20", False),
        ("2026-03-02T14:33", True),
        ("2026-03-03T02:20", False),
        ("2026-03-03T09:00", True),
    ):
        out.send(now=now, exit_code=75 if tried else None)
        tries += tried
        assert len([line for line in out.server.commands if line == "DATA"]) == tries, now
    out.server.faults.clear()
    out.send(now="2026-03-04T09:30", exit_code=0)
    assert out.states() == {"sent": 1}
    assert len({each["message_id"] for each in invariants.read(out.home).attempts}) == 1


def test_cron_says_nothing_when_all_is_well_and_one_line_when_it_is_not(outing: Callable[..., Outing]) -> None:
    """A mail from cron is read only when it is rare and short; the line of ``--now`` is not cron's."""
    out = outing(clients=1)
    well = out.send("run", "--cron", exit_code=0)
    assert (well.stdout, well.stderr.splitlines()[1:]) == ("", [])
    out.run("client", "add", "--name", "Ada Hall", "--email", "ada@example.com")
    out.run("job", "add", "ada", "--service", "Boiler service", "--completed", "2026-02-27")
    out.server.faults.append(Fault("auth", "reply", "535 5.7.8 Username and Password not accepted"))
    ill = out.send("run", "--cron", exit_code=77)
    assert [line for line in ill.stderr.splitlines() if "not accepted" in line] == ill.stderr.splitlines()[1:]


def test_running_it_again_changes_nothing(outing: Callable[..., Outing]) -> None:
    """After a run with one of everything, the same command leaves all as it is and exits the same way."""
    out = outing(
        Fault("rcpt", "reply", "550 5.1.1 no such user", address="a0@"),
        Fault("dot", "accept+drop", address="a1@"),
        Fault("dot", "reply", "451 4.3.0 later", address="a2@"),
        clients=4,
    )
    out.send()
    invariants.check_again(out.home, lambda: Truth(records=out.server.truth.records), lambda: out.send().exit_code)
    assert out.states() == {"permanent": 1, "unknown": 1, "temporary": 1, "sent": 1}
