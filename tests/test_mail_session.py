"""The session against a real server: what it says, what it keeps to itself, and what becomes of every break."""

from __future__ import annotations

import base64
import dataclasses
import gc
import os
import re
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.errors import ConfigurationError, ExitCode, IOFailure
from followup.mail import line, passwords, replies, session
from followup.mail.replies import Phase, Verdict
from followup.model import AttemptState
from tests import factories
from tests.mailserver import PASSWORD, SECURITIES, USER, Certificates, Fault, FaultServer

RAW = (
    b"From: sam@alder.example.com\r\nTo: ada@example.com\r\nSubject: Thank you\r\n"
    b"Message-ID: <fu.a@alder.example.com>\r\nX-Touchpoint: a\r\n\r\n"
    b"Hello Ada,\r\n.\r\n..two dots\r\n.hidden\r\nSam\r\n"
)
ADA = "ada@example.com"

Connect = Callable[..., session.Session]


def nothing() -> None:
    """Be a fence that lets everything through."""


def hand_over(
    each: session.Session, raw: bytes = RAW, *, recipient: str = ADA, fence: Callable[[], None] = nothing
) -> Verdict:
    """Hand over a message."""
    return each.hand_over(raw, sender=USER, recipient=recipient, fence=fence)


@pytest.fixture
def connect(certificates: Certificates) -> Iterator[Connect]:
    """Give a maker of sessions with a server; all are closed with the test."""
    made: list[session.Session] = []

    def make(server: FaultServer | int, *, password: str | None = PASSWORD, **mail: Any) -> session.Session:
        if isinstance(server, FaultServer):
            mail = {"security": server.security, "ca_file": str(certificates.ca_file), **mail}
        port = server if isinstance(server, int) else server.port
        secret = passwords.Secret(mail.get("user", USER), password) if password is not None else None
        made.append(session.Session(factories.mail(port=port, **mail), secret))
        return made[-1]

    yield make
    for each in made:
        each.close()


def opened(each: session.Session) -> session.Session:
    """Open it."""
    each.open()
    return each


def stopped(each: session.Session) -> Verdict:
    """Return why it does not open."""
    with pytest.raises(session.Stopped) as raised:
        each.open()
    assert not each.is_open
    assert raised.value.verdict.said.rstrip(".") in str(raised.value)
    return raised.value.verdict


@contextmanager
def talking(*answers: bytes | float | None, rest: bytes = b"250 ok\r\n") -> Iterator[int]:
    """Give the port of a server that answers line after line with *answers*, then with *rest*; one connection.

    For what no server with manners says. A number is a wait, None says nothing, "|" makes it drip, and after an answer
    without a line end it hangs up.
    """

    def serve(conversation: socket.socket) -> None:
        left = list(answers)
        conversation.sendall(b"220 hi\r\n")
        with conversation.makefile("rb") as lines:
            for _ in lines:
                answer = left.pop(0) if left else rest
                while isinstance(answer, float):
                    time.sleep(answer)
                    answer = left.pop(0)
                if answer is None:
                    continue
                for part in answer.split(b"|"):
                    conversation.sendall(part)
                    if b"|" in answer:
                        time.sleep(0.15)
                if not answer.endswith(b"\n"):
                    return

    with serving(serve) as port:
        yield port


@contextmanager
def serving(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Give the port of a server whose one conversation is *serve*."""

    conversations: list[socket.socket] = []

    def guarded() -> None:
        with suppress(OSError):  # the client hung up
            conversations.append(listening.accept()[0])
            with conversations[0]:
                serve(conversations[0])

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=guarded, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
    for each in conversations:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    assert not thread.is_alive()


# ---------------------------------------------------------------- what is said


@pytest.mark.parametrize("security", SECURITIES)
def test_the_bytes_arrive_as_they_are(mail_server: Callable[..., FaultServer], connect: Connect, security: str) -> None:
    """Dots at the start of lines too; several messages on one line, one login, one goodbye."""
    server = mail_server(security=security)
    each = opened(connect(server))
    verdicts = [hand_over(each, recipient=f"ada{number}@example.com") for number in range(3)]
    each.close()
    assert [verdict.state for verdict in verdicts] == [AttemptState.SENT] * 3
    assert verdicts[0].said.startswith("250")
    assert [(got.sender, got.recipients) for got in server.messages] == [
        (USER, (f"ada{number}@example.com",)) for number in range(3)
    ]
    assert {got.raw for got in server.messages} == {RAW}
    assert server.sessions == 1
    assert len(server.logins) == 1
    assert server.commands[-1] == "QUIT"
    assert each.server == "localhost"


def test_the_server_is_told_the_domain_of_the_sender_and_not_the_name_of_this_machine(
    mail_server: Callable[..., FaultServer], connect: Connect
) -> None:
    """It ends up in a header that clients can read; an international domain in A-labels."""
    server = mail_server(users={})
    opened(connect(server, password=None, from_address="sam@bäckerei.example")).close()
    assert server.commands[0] == "EHLO xn--bckerei-5wa.example"


@pytest.mark.parametrize("security", SECURITIES)
def test_without_a_login_none_is_tried(
    mail_server: Callable[..., FaultServer], connect: Connect, security: str
) -> None:
    """For a server of one's own that asks for none; the hello comes all the same."""
    server = mail_server(security=security, users={})
    each = opened(connect(server, password=None))
    assert hand_over(each).state is AttemptState.SENT
    assert not [line for line in server.commands if line.startswith("AUTH")]


def test_a_password_outside_of_ascii_is_utf_8(mail_server: Callable[..., FaultServer], connect: Connect) -> None:
    """As RFC 4616 asks; smtplib gives up on it."""
    server = mail_server(users={USER: "pässwörd€"})
    opened(connect(server, password="pässwörd€"))
    assert [each.event for each in server.logins]


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        (b"LOGIN CRAM-MD5 PLAIN", b"AUTH PLAIN"),
        (b"CRAM-MD5 LOGIN", b"AUTH LOGIN"),
        (b"XOAUTH2 CRAM-MD5", b"AUTH CRAM-MD5"),
    ],
)
def test_one_way_to_log_in_is_tried_and_only_one(connect: Connect, offered: bytes, expected: bytes) -> None:
    """A refused password counts towards a lock-out, so that the next way would count double."""
    heard: list[bytes] = []
    with scripted_login(offered, heard, verdict=b"535 5.7.8 no\r\n") as port:
        verdict = stopped(connect(port))
    assert (verdict.stop, verdict.blocks) == (ExitCode.NO_PERMISSION, True)
    tries = [each for each in heard if each.startswith(b"AUTH")]
    assert len(tries) == 1
    assert tries[0].startswith(expected)


@pytest.mark.parametrize("challenge", [b"334 x", b"334 !"])
def test_a_question_that_cannot_be_read_is_no_answer_of_a_mail_server(connect: Connect, challenge: bytes) -> None:
    """CRAM-MD5 has to decode it."""
    with talking(b"250-hi\r\n250 AUTH CRAM-MD5\r\n", challenge + b"\r\n", rest=b"535 5.7.8 no\r\n") as port:
        assert stopped(connect(port)).stop in (ExitCode.MAIL_SERVER, ExitCode.NO_PERMISSION)


def test_a_way_to_log_in_that_is_refused_at_once_is_told(connect: Connect) -> None:
    """CRAM-MD5 is refused before there is anything to decode."""
    with talking(b"250-hi\r\n250 AUTH CRAM-MD5\r\n", b"535 5.7.8 no a\r\n") as port:
        assert stopped(connect(port)).blocks


@pytest.mark.parametrize("offered", [b"LOGIN", b"CRAM-MD5", b"PLAIN"])
def test_every_way_to_log_in_says_what_it_should(connect: Connect, offered: bytes) -> None:
    """LOGIN answers two questions, CRAM-MD5 one, PLAIN none."""
    heard: list[bytes] = []
    with scripted_login(offered, heard, verdict=b"235 welcome\r\n") as port:
        opened(connect(port, password="tanstaaf", user="tim")).close()
    said = [each.strip() for each in heard[1:-1]]
    assert (
        said
        == {
            b"PLAIN": [b"AUTH PLAIN " + base64.b64encode(b"\0tim\0tanstaaf")],
            b"LOGIN": [b"AUTH LOGIN", base64.b64encode(b"tim"), base64.b64encode(b"tanstaaf")],
            # The example of RFC 2195, section 2, with the password in lower case.
            b"CRAM-MD5": [b"AUTH CRAM-MD5", said[-1]],
        }[offered]
    )
    if offered == b"CRAM-MD5":
        assert base64.b64decode(said[-1]).startswith(b"tim ")


def test_a_way_that_the_server_does_not_know_is_followed_by_the_next(connect: Connect) -> None:
    """504: it did not look at the password, so that this was no try."""
    heard: list[bytes] = []
    with scripted_login(b"PLAIN LOGIN", heard, verdict=b"235 welcome\r\n", refused=b"PLAIN") as port:
        opened(connect(port)).close()
    assert [each.split()[1] for each in heard if each.startswith(b"AUTH")] == [b"PLAIN", b"LOGIN"]


@contextmanager
def scripted_login(offered: bytes, heard: list[bytes], *, verdict: bytes, refused: bytes = b"nothing") -> Iterator[int]:
    """Give the port of a server with these ways to log in, all ending with *verdict*; *heard* is what it heard."""

    def serve(conversation: socket.socket) -> None:
        conversation.sendall(b"220 hi\r\n")
        asked = 0
        with conversation.makefile("rb") as lines:
            for each in lines:
                heard.append(each)
                if each.lower().startswith(b"ehlo"):
                    answer = b"250-hi\r\n250 AUTH " + offered + b"\r\n"
                elif each.lower().startswith(b"quit"):
                    answer = b"221 bye\r\n"
                elif each.startswith(b"AUTH " + refused):
                    answer = b"504 5.5.4 unknown\r\n"
                elif each.startswith((b"AUTH LOGIN", b"AUTH CRAM-MD5")):
                    asked = 1 if each.startswith(b"AUTH CRAM") else 2
                    answer = b"334 " + base64.b64encode(b"<1896.697170952@postoffice.reston.mci.net>") + b"\r\n"
                else:
                    asked -= 1
                    answer = b"334 UGFzc3dvcmQ6\r\n" if asked > 0 else verdict
                conversation.sendall(answer)

    with serving(serve) as port:
        yield port


def test_a_message_larger_than_the_server_takes_is_not_offered(connect: Connect) -> None:
    """It says in its hello how much that is."""
    with talking(f"250-hi\r\n250 SIZE {len(RAW)}\r\n".encode(), b"554 not even this\r\n") as port:
        each = opened(connect(port, password=None))
        assert hand_over(each, RAW + b"x\r\n").state is AttemptState.PERMANENT
        assert "not even this" in hand_over(each).said


@pytest.mark.parametrize(("said", "limit"), [("", 0), (" 0", 0), (" many", 0), (" 1000", 1000)])
def test_a_server_may_be_silent_about_its_limit(connect: Connect, said: str, limit: int) -> None:
    """RFC 1870: without a number, or with 0, there is none that it knows."""
    with talking(f"250-hi\r\n250 SIZE{said}\r\n".encode()) as port:
        assert line_of(opened(connect(port, password=None))).takes_at_most == limit


def line_of(each: session.Session) -> line.Line:
    """Return the line of an open session."""
    assert each._mailer is not None
    return each._mailer.smtp


def test_the_size_stands_in_mail(mail_server: Callable[..., FaultServer], connect: Connect) -> None:
    """So that a server can refuse at once."""
    server = mail_server()
    hand_over(opened(connect(server)))
    assert f"MAIL FROM:<{USER}> SIZE={len(RAW)}" in server.commands


@pytest.mark.parametrize(
    "recipient", ["ada@example.com\r\nRCPT TO:<spy@evil.example>", "ada", "<a@b.example>", "zoë@x.io"]
)
def test_an_address_that_is_none_reaches_no_server(
    mail_server: Callable[..., FaultServer], connect: Connect, recipient: str
) -> None:
    """A matter of one message; the next goes out."""
    server = mail_server()
    each = opened(connect(server))
    verdict = hand_over(each, recipient=recipient)
    assert verdict.state is AttemptState.PERMANENT
    assert verdict.said.isprintable()
    assert hand_over(each).state is AttemptState.SENT
    assert len([line for line in server.commands if line.startswith("RCPT")]) == 1


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"x"]), max_size=30).map(b"".join))
def test_every_line_ends_with_both_and_nothing_else_changes(raw: bytes) -> None:
    """Whatever came in; what was right already stays as it is."""
    whole = line.canonical(raw)
    assert whole.endswith(b"\r\n")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", whole)
    assert whole.replace(b"\r\n", b"") == raw.replace(b"\r", b"").replace(b"\n", b"")
    assert line.canonical(whole) == whole


def test_a_bare_line_end_cannot_smuggle_in_a_second_message(
    mail_server: Callable[..., FaultServer], connect: Connect
) -> None:
    """CVE-2023-51764 and its like: what stands after LF dot LF stays text."""
    server = mail_server()
    each = opened(connect(server))
    raw = RAW + b"x\n.\r\nMAIL FROM:<a@b.example>\r\n.\ry\r.\n"
    assert hand_over(each, raw).state is AttemptState.SENT
    assert [got.raw for got in server.messages] == [
        raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    ]


# ---------------------------------------------------------------- the fence and the dot


@pytest.mark.parametrize("security", SECURITIES)
def test_the_fence_stands_between_the_text_and_the_dot(
    mail_server: Callable[..., FaultServer], connect: Connect, security: str
) -> None:
    """When it is called, nothing but the dot is missing, and no server has the message."""
    server = mail_server(security=security)
    each = opened(connect(server))
    seen: list[Any] = []

    def fence() -> None:
        seen.append((server.commands[-1], len(server.messages)))

    assert hand_over(each, fence=fence).state is AttemptState.SENT
    assert seen == [("DATA", 0)]


@pytest.mark.parametrize("security", SECURITIES)
@pytest.mark.parametrize("error", [IOFailure("disk full"), OSError(28, "No space left"), KeyboardInterrupt()])
def test_what_the_fence_raises_is_raised_and_nothing_is_handed_over(
    mail_server: Callable[..., FaultServer], connect: Connect, security: str, error: BaseException
) -> None:
    """The line is cut without a goodbye, which the server would take for text; a new line works."""
    server = mail_server(security=security)
    each = opened(connect(server))

    def fence() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        hand_over(each, fence=fence)
    assert raised.value is error
    assert not each.is_open
    each.close()
    gc.collect()
    each.open()
    assert hand_over(each).state is AttemptState.SENT
    assert [got.raw for got in server.messages] == [RAW]
    assert "QUIT" not in server.commands


def test_the_fence_is_not_called_for_what_was_refused(
    mail_server: Callable[..., FaultServer], connect: Connect
) -> None:
    """Only what is about to be handed over needs one."""
    server = mail_server(faults=[Fault("rcpt", "reply", "550 5.1.1 nobody")])

    def fence() -> None:
        raise AssertionError("called")

    assert hand_over(opened(connect(server)), fence=fence).bad_address


def test_the_dot_does_not_wait_for_an_acknowledgement(
    mail_server: Callable[..., FaultServer], connect: Connect
) -> None:
    """With Nagle's algorithm a lone dot takes 40 ms; fifty messages would take two seconds."""
    each = opened(connect(mail_server()))
    begun = time.monotonic()
    for _ in range(50):
        hand_over(each)
    assert time.monotonic() - begun < 1.5


# ---------------------------------------------------------------- breaks and odd answers


@pytest.mark.parametrize("at", ["mail", "rcpt", "data", "body"])
@pytest.mark.parametrize("security", SECURITIES)
def test_a_line_cut_before_the_dot_leaves_the_message_untouched(
    mail_server: Callable[..., FaultServer], connect: Connect, security: str, at: str
) -> None:
    """And a new line may be tried; on it the message goes."""
    server = mail_server(security=security, faults=[Fault(at, "drop", hits={1})])
    each = opened(connect(server))
    raw = RAW + b"x" * 8_000_000 if at == "body" else RAW  # more than fits into the buffers on the way
    verdict = hand_over(each, raw)
    assert (verdict.state, verdict.reconnect, verdict.stop) == (None, True, None)
    assert not each.is_open
    assert hand_over(each).reconnect
    each.open()
    assert hand_over(each).state is AttemptState.SENT
    assert len(server.messages) == 1


@pytest.mark.parametrize("security", SECURITIES)
@pytest.mark.parametrize(
    ("do", "said", "kept"),
    [
        ("drop", "", 0),
        ("accept+drop", "", 1),
        ("reply", "garbage", 0),
        ("reply", "354 go on", 0),
        ("reply", "250" + "x" * 9000, 0),
        ("reply", "2", 0),
        ("accept+garbage", "150 what", 1),
    ],
)
def test_after_the_dot_anything_but_an_answer_is_unknown(
    mail_server: Callable[..., FaultServer], connect: Connect, security: str, do: str, said: str, kept: int
) -> None:
    """Nobody can know whether it was taken (RFC 1047); the line is given up."""
    server = mail_server(security=security, faults=[Fault("dot", do, said, hits={1})])
    each = opened(connect(server))
    verdict = hand_over(each)
    assert (verdict.state, verdict.reconnect) == (AttemptState.UNKNOWN, True)
    assert verdict.said
    assert not each.is_open
    assert len(server.messages) == kept


def test_an_answer_without_its_line_end_is_no_answer(connect: Connect) -> None:
    """A line that is cut after "250 OK" may have been about to say anything."""
    with talking(b"250 hi\r\n", *[b"250 ok\r\n"] * 2, b"354 go\r\n", None, b"250 OK") as port:
        assert hand_over(opened(connect(port, password=None)), b"Hello\r\n").state is AttemptState.UNKNOWN


@pytest.mark.parametrize(
    ("at", "line", "state"),
    [
        ("mail", "451 4.3.0 later", AttemptState.TEMPORARY),
        ("rcpt", "550 5.1.1 nobody", AttemptState.PERMANENT),
        ("data", "451 4.3.0 later", AttemptState.TEMPORARY),
        ("data", "554 5.6.0 no", AttemptState.PERMANENT),
        ("dot", "451 4.3.0 later", AttemptState.TEMPORARY),
        ("dot", "554 5.6.0 no", AttemptState.PERMANENT),
    ],
)
def test_the_line_serves_the_next_message_after_a_refusal(
    mail_server: Callable[..., FaultServer], connect: Connect, at: str, line: str, state: AttemptState
) -> None:
    """RSET after every one: a refused DATA would leave the message open, and "nested MAIL" follow."""
    server = mail_server(faults=[Fault(at, "reply", line, hits={1})])
    each = opened(connect(server))
    verdict = hand_over(each)
    assert (verdict.state, verdict.said, verdict.reconnect) == (state, line, False)
    assert hand_over(each).state is AttemptState.SENT
    assert server.commands.count("RSET") == 1
    assert server.sessions == 1


def test_a_refusal_and_a_failing_reset_ask_for_a_new_line(
    mail_server: Callable[..., FaultServer], connect: Connect
) -> None:
    """The verdict on the message stays."""
    server = mail_server(faults=[Fault("mail", "reply", "451 4.3.0 later"), Fault("rset", "drop")])
    each = opened(connect(server))
    verdict = hand_over(each)
    assert (verdict.state, verdict.reconnect, each.is_open) == (AttemptState.TEMPORARY, True, False)


@pytest.mark.parametrize("at", ["mail", "rcpt", "data", "dot"])
def test_421_ends_the_session(mail_server: Callable[..., FaultServer], connect: Connect, at: str) -> None:
    """The server says that it hangs up; the run stops."""
    each = opened(connect(mail_server(faults=[Fault(at, "reply", "421 4.3.2 closing")])))
    verdict = hand_over(each)
    assert (verdict.state, verdict.stop, verdict.reconnect) == (AttemptState.TEMPORARY, ExitCode.TRY_LATER, False)
    assert not each.is_open


def test_an_answer_before_the_dot_is_not_taken_for_one_to_it(connect: Connect) -> None:
    """A "250" that was already there says nothing about a message that was not yet given."""
    called: list[int] = []
    with talking(b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n250 2.0.0 accepted\r\n") as port:
        each = opened(connect(port, password=None))
        verdict = hand_over(each, fence=lambda: called.append(1))
    assert (verdict.state, verdict.phase, verdict.reconnect) == (None, Phase.BODY, True)
    assert not called
    assert not each.is_open


def test_a_refusal_before_the_dot_is_heard(connect: Connect) -> None:
    """Some servers do not wait for the end of what is too large."""
    with talking(b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n552 5.3.4 too big\r\n") as port:
        verdict = hand_over(opened(connect(port, password=None)))
    assert (verdict.state, verdict.said, verdict.reconnect) == (AttemptState.PERMANENT, "552 5.3.4 too big", True)


def test_the_last_words_of_a_server_that_hangs_up_are_heard(connect: Connect) -> None:
    """It reads no further, and says why: more than "the line was cut", and no reason to try again and again."""
    with talking(b"250 hi\r\n", *[b"250 ok\r\n"] * 2, b"354 go\r\n", b"552 5.3.4 too big\r\n", 0.5, b"") as port:
        each = opened(connect(port, password=None, timeout=0.3))
        verdict = hand_over(each, b"Hello\r\n" + b"x" * 8_000_000)
    assert (verdict.state, verdict.said, verdict.reconnect) == (AttemptState.PERMANENT, "552 5.3.4 too big", True)


def test_a_server_that_left_between_two_messages_is_called_again(connect: Connect) -> None:
    """ "421 idle for too long" while we paused is not an answer to the next message."""
    with talking(b"250 hi\r\n221 or rather not\r\n") as port:
        each = opened(connect(port, password=None))
        time.sleep(0.05)
        verdict = hand_over(each)
    assert (verdict.state, verdict.stop, verdict.reconnect) == (None, None, True)


@pytest.mark.skipif(os.name != "posix", reason="signals between processes")
def test_ctrl_c_while_it_connects_hangs_up(mail_server: Callable[..., FaultServer], connect: Connect) -> None:
    """The interrupt is not taken for a failure of the server, and no line stays open behind it."""
    each = connect(mail_server(faults=[Fault("ehlo", "silent")]))
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        each.open()
    timer.join()
    assert not each.is_open
    gc.collect()  # a socket that nobody closed would be told of here


def test_words_of_the_server_hold_no_password_and_no_escapes(
    mail_server: Callable[..., FaultServer], connect: Connect
) -> None:
    """They go into the database, the journal and onto the terminal."""
    plain = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
    server = mail_server(faults=[Fault("auth", "reply", f"535 5.7.8 \x1b[2J{PASSWORD} {plain} no")])
    said = stopped(connect(server)).said
    assert said.startswith("535 5.7.8 ␛[2J*** ")
    assert said.endswith("*** no")
    assert plain[-20:] not in said
    server.faults[:] = [Fault("auth", "reply", "535-5.7.8 correct horse\r\n535 5.7.8 battery staple")]
    assert stopped(connect(server)).said == "535 5.7.8 ***"


# ---------------------------------------------------------------- time


def test_a_silent_server_holds_a_run_no_longer_than_the_time_limit(
    mail_server: Callable[..., FaultServer], connect: Connect
) -> None:
    """One time limit for each answer before the dot."""
    each = opened(connect(mail_server(faults=[Fault("rcpt", "silent")]), timeout=0.3))
    begun = time.monotonic()
    verdict = hand_over(each)
    assert 0.25 < time.monotonic() - begun < 1
    assert (verdict.state, verdict.reconnect) == (None, True)
    assert "no answer within 0.3 seconds" in verdict.said


def test_a_server_that_drips_is_no_better_than_a_silent_one(connect: Connect) -> None:
    """A byte now and then starts no new time limit."""
    with talking(b"250 hi\r\n", b"|".join([b"2", b"5", b"0", b" ", b"o", b"k", b"\r", b"\n"])) as port:
        each = opened(connect(port, password=None, timeout=0.4))
        begun = time.monotonic()
        assert hand_over(each).reconnect
        assert time.monotonic() - begun < 0.8


def test_answers_that_are_each_in_time_are_not_all_together(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the dot a run is held for five time limits at most."""
    monkeypatch.setattr(line, "ALL_IN_ALL", 0.3)
    slow = [part for _ in range(3) for part in (0.25, b"250 ok\r\n")]
    with talking(b"250 hi\r\n", *slow) as port:
        each = opened(connect(port, password=None, timeout=2))
        begun = time.monotonic()
        assert hand_over(each).reconnect
        assert 0.5 < time.monotonic() - begun < 1.5


def test_an_answer_that_does_not_end_is_none(connect: Connect) -> None:
    """Neither in one line nor in a thousand; nothing is kept of it."""
    for endless in (b"250" + b"x" * 10_000, b"250-more\r\n" * 1000):
        with talking(b"250 hi\r\n", endless) as port:
            verdict = hand_over(opened(connect(port, password=None, timeout=1)))
        assert (verdict.state, verdict.reconnect) == (None, True)
        assert "without end" in verdict.said


@pytest.mark.parametrize("security", SECURITIES)
def test_after_the_dot_there_is_time(mail_server: Callable[..., FaultServer], connect: Connect, security: str) -> None:
    """RFC 5321 asks for ten minutes there: the short limit would make unknown what was accepted."""
    assert line.AFTER_THE_DOT == 600
    server = mail_server(security=security, faults=[Fault("dot", "accept+late", seconds=0.9, hits={1})])
    each = opened(connect(server, timeout=0.6))
    assert hand_over(each).state is AttemptState.SENT
    assert hand_over(each).state is AttemptState.SENT


def test_but_not_for_ever(
    mail_server: Callable[..., FaultServer], connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is unknown."""
    monkeypatch.setattr(line, "AFTER_THE_DOT", 0.3)
    verdict = hand_over(opened(connect(mail_server(faults=[Fault("dot", "silent")]))))
    assert verdict.state is AttemptState.UNKNOWN
    assert "0.3 seconds" in verdict.said


@pytest.mark.parametrize("do", ["drop", "silent", "reply"])
def test_goodbye_never_fails_and_never_takes_long(
    mail_server: Callable[..., FaultServer], connect: Connect, monkeypatch: pytest.MonkeyPatch, do: str
) -> None:
    """What was accepted stays accepted."""
    monkeypatch.setattr(session, "GOODBYE", 0.3)
    each = opened(connect(mail_server(faults=[Fault("quit", do, "500 what?")])))
    assert hand_over(each).state is AttemptState.SENT
    begun = time.monotonic()
    each.close()
    each.close()
    assert time.monotonic() - begun < 1


# ---------------------------------------------------------------- opening


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("certificate", "said", "hint"),
    [
        ("expired", "has expired", "clock"),
        ("wrong-host", "is for another name", "mail.host"),
        ("self-signed", "authority that this machine does not know", "mail.ca_file"),
    ],
)
def test_a_bad_certificate_stops_before_the_password(
    mail_server: Callable[..., FaultServer], connect: Connect, security: str, certificate: str, said: str, hint: str
) -> None:
    """Which host, what is wrong with it, what now."""
    server = mail_server(security=security, certificate=certificate)
    verdict = stopped(connect(server))
    assert verdict.stop is ExitCode.MAIL_SERVER
    assert verdict.said.startswith("localhost: its certificate ")
    assert said in verdict.said
    assert hint in verdict.hint
    assert "The password was not sent." in verdict.hint
    assert server.logins == []


def test_the_file_of_certificates_is_beside_the_systems_and_relative_to_the_home(
    mail_server: Callable[..., FaultServer],
    certificates: Certificates,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without it the test's own authority is unknown; with it the system's are still known. A ~ is one's own folder."""
    server = mail_server(security="tls")
    secret = passwords.Secret(USER, PASSWORD)
    (tmp_path / "own.pem").write_bytes(certificates.ca_file.read_bytes())
    mail = factories.mail(port=server.port, security="tls", ca_file="own.pem")
    each = session.Session(mail, secret, home=tmp_path)
    each.open()
    each.close()
    monkeypatch.setenv("HOME", str(tmp_path))
    each = session.Session(dataclasses.replace(mail, ca_file="~/own.pem"), secret, home=tmp_path / "home")
    each.open()
    each.close()
    made = line.context(tmp_path / "own.pem")
    assert made.verify_mode is ssl.CERT_REQUIRED
    assert made.check_hostname
    assert made.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert len(made.get_ca_certs()) == len(line.context(None).get_ca_certs()) + 1


@pytest.mark.parametrize(("text", "said"), [(None, "No such file"), ("not a certificate", "holds no certificates")])
def test_a_file_of_certificates_that_is_none_is_told(tmp_path: Path, text: str | None, said: str) -> None:
    """78: where, what, what now."""
    if text is not None:
        (tmp_path / "own.pem").write_text(text, encoding="utf-8")
    each = session.Session(factories.mail(security="tls", ca_file="own.pem"), None, home=tmp_path)
    with pytest.raises(ConfigurationError, match=said):
        each.open()


def test_the_context_is_made_once(
    mail_server: Callable[..., FaultServer], connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs as much as ten messages."""
    made: list[ssl.SSLContext] = []
    real = line.context

    def counted(path: Path | None) -> ssl.SSLContext:
        made.append(real(path))
        return made[-1]

    monkeypatch.setattr(line, "context", counted)
    each = opened(connect(mail_server(security="starttls")))
    each.open()
    assert len(made) == 1


@pytest.mark.parametrize(
    ("faults", "stop", "said"),
    [
        ([Fault("connect", "drop")], ExitCode.MAIL_SERVER, "localhost: "),
        ([Fault("connect", "silent")], ExitCode.MAIL_SERVER, "no answer within"),
        ([Fault("connect", "reply", "HTTP/1.1 400 Bad Request")], ExitCode.MAIL_SERVER, "HTTP/1.1 400"),
        ([Fault("greeting", "reply", "421 4.3.2 too busy")], ExitCode.TRY_LATER, "too busy"),
        ([Fault("greeting", "reply", "554 5.7.1 go away")], ExitCode.MAIL_SERVER, "go away"),
        ([Fault("ehlo", "reply", "550 5.7.1 who are you")], ExitCode.MAIL_SERVER, "who are you"),
        ([Fault("ehlo", "reply", "421 4.3.2 come back")], ExitCode.TRY_LATER, "come back"),
        ([Fault("ehlo", "drop")], ExitCode.MAIL_SERVER, "localhost: "),
        ([Fault("ehlo", "reply", "")], ExitCode.MAIL_SERVER, ""),
        ([Fault("auth", "drop")], ExitCode.MAIL_SERVER, "localhost: "),
        ([Fault("auth", "reply", "454 4.7.0 too many")], ExitCode.TRY_LATER, "too many"),
        ([Fault("auth", "reply", "535 5.7.8 no")], ExitCode.NO_PERMISSION, "535 5.7.8 no"),
        ([Fault("auth", "reply", "334 =")], ExitCode.MAIL_SERVER, "334"),
    ],
    ids=lambda value: f"{value[0].at}-{value[0].do}-{value[0].line[:3]}" if isinstance(value, list) else "",
)
def test_what_goes_wrong_while_opening_stops_the_run(
    mail_server: Callable[..., FaultServer], connect: Connect, faults: list[Fault], stop: ExitCode, said: str
) -> None:
    """With its exit code, in the words of the server or of the system."""
    verdict = stopped(connect(mail_server(faults=faults), timeout=0.7))
    assert verdict.stop is stop
    assert said in verdict.said
    assert verdict.state is None


def test_nobody_listening_is_told(connect: Connect) -> None:
    """Which host, and what now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    verdict = stopped(connect(port))
    assert verdict.stop is ExitCode.MAIL_SERVER
    assert "refused" in verdict.said
    assert "mail.port" in verdict.hint


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".example"])
def test_a_host_that_is_no_name_is_told(connect: Connect, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """Python gives up on it before it asks anybody."""

    def look_up(name: str, *rest: Any) -> None:
        name.encode("idna")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    verdict = stopped(connect(1, host=host))
    assert verdict.stop is ExitCode.MAIL_SERVER
    assert "no such name" in verdict.said


def test_starttls_that_is_not_offered_stops_before_the_password(
    mail_server: Callable[..., FaultServer], connect: Connect
) -> None:
    """Somebody may have taken it out of the answer."""
    server = mail_server(security="starttls", offers_starttls=False)
    verdict = stopped(connect(server))
    assert verdict.stop is ExitCode.MAIL_SERVER
    assert "STARTTLS" in verdict.said
    assert server.logins == []


def test_what_was_said_before_tls_counts_no_more_in_it(certificates: Certificates, connect: Connect) -> None:
    """Somebody on the way put a reply behind the server's 220 (CVE-2011-0411 and its like)."""
    heard: list[bytes] = []

    def serve(plain: socket.socket) -> None:
        plain.sendall(b"220 hi\r\n")
        plain.recv(1000)
        plain.sendall(b"250-hi\r\n250 STARTTLS\r\n")
        plain.recv(1000)
        plain.sendall(b"220 go\r\n250-forged\r\n250 AUTH PLAIN\r\n")
        time.sleep(0.1)
        with certificates.server_context().wrap_socket(plain, server_side=True) as secured:
            heard.append(secured.recv(1000))
            secured.sendall(b"250 no login here\r\n")

    with serving(serve) as port:
        verdict = stopped(connect(port, security="starttls", ca_file=str(certificates.ca_file)))
    assert heard[0].lower().startswith(b"ehlo")
    assert "offers no login" in verdict.said


def test_a_server_without_a_login_is_a_matter_of_settings(
    mail_server: Callable[..., FaultServer], connect: Connect
) -> None:
    """78; and which ways it offers, if any."""
    verdict = stopped(connect(mail_server(offers_auth=False)))
    assert verdict.stop is ExitCode.CONFIGURATION
    heard: list[bytes] = []
    with scripted_login(b"XOAUTH2 NTLM", heard, verdict=b"") as port:
        verdict = stopped(connect(port))
    assert verdict.stop is ExitCode.CONFIGURATION
    assert "XOAUTH2, NTLM" in verdict.said


@pytest.mark.parametrize(
    ("served", "asked"), [("starttls", "tls"), ("none", "tls"), ("tls", "starttls"), ("tls", "none")]
)
def test_mixed_up_ports_are_named(
    mail_server: Callable[..., FaultServer], connect: Connect, served: str, asked: str
) -> None:
    """Plain talk on the TLS port, or TLS on the plain one."""
    verdict = stopped(connect(mail_server(security=served), security=asked, timeout=0.5))
    assert verdict.stop is ExitCode.MAIL_SERVER
    assert "465" in verdict.hint
    assert "587" in verdict.hint


def test_a_refused_login_says_which_password_the_provider_wants(
    mail_server: Callable[..., FaultServer], connect: Connect
) -> None:
    """An app password, and where it is made."""
    server = mail_server(faults=[Fault("auth", "reply", "534 5.7.9 Application-specific password required")])
    verdict = stopped(connect(server, provider="gmail"))
    assert verdict.blocks
    assert "Gmail wants an app password" in verdict.hint
    assert "apppasswords" in verdict.hint


def test_yagmail_asks_nobody_and_says_nothing(
    mail_server: Callable[..., FaultServer],
    connect: Connect,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither the keyring nor the terminal; nothing on stderr, which cron would mail."""
    import getpass

    import keyring

    def asked(*words: Any, **more: Any) -> str:
        raise AssertionError("asked")

    monkeypatch.setattr(getpass, "getpass", asked)
    monkeypatch.setattr(keyring, "get_password", asked)
    stopped(connect(mail_server(faults=[Fault("auth", "reply", "535 no")])))
    each = opened(connect(mail_server(faults=[Fault("dot", "drop")])))
    hand_over(each)
    each.close()
    assert capfd.readouterr() == ("", "")


def test_a_session_that_was_never_opened_can_be_closed(connect: Connect) -> None:
    """And hands nothing over."""
    each = connect(1)
    each.close()
    assert hand_over(each).reconnect
    assert replies.Phase.MAIL is hand_over(each).phase
