"""What each answer of a mail server means for the message, the run and the owner."""

from __future__ import annotations

import re
import socket
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.errors import ExitCode
from followup.mail import replies
from followup.mail.replies import Phase, Verdict
from followup.model import AttemptState

SENT, TEMPORARY, PERMANENT, UNKNOWN = (
    AttemptState.SENT,
    AttemptState.TEMPORARY,
    AttemptState.PERMANENT,
    AttemptState.UNKNOWN,
)
TRANSACTION = (Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.BODY, Phase.DOT)
LATER, REFUSED, NO_SERVER, SETTINGS = (
    ExitCode.TRY_LATER,
    ExitCode.NO_PERMISSION,
    ExitCode.MAIL_SERVER,
    ExitCode.CONFIGURATION,
)


def reply(phase: Phase, line: str) -> Verdict:
    """Return the verdict on *line*, written as it comes over the wire; "|" stands between the lines of a long reply."""
    parts = line.split("|")
    code, text = int(parts[0][:3]), "\n".join(each[4:] for each in parts)
    return replies.of_reply(phase, code, text)


def facts(verdict: Verdict) -> dict[str, Any]:
    """Return what a verdict says that is not the default; its words are looked at elsewhere."""
    plain = Verdict(phase=verdict.phase)
    names = ("state", "stop", "pause", "blocks", "bad_address", "policy", "reconnect")
    return {name: getattr(verdict, name) for name in names if getattr(verdict, name) != getattr(plain, name)}


LATER_TODAY: dict[str, Any] = {"state": TEMPORARY}
CLOSED = {"state": TEMPORARY, "stop": LATER}
QUOTA = {"state": TEMPORARY, "stop": LATER, "pause": timedelta(days=1)}
SLOWER = {"state": TEMPORARY, "stop": LATER, "pause": timedelta(hours=1)}
NOBODY = {"state": PERMANENT, "bad_address": True}
POLICY = {"state": PERMANENT, "policy": True}
NEVER: dict[str, Any] = {"state": PERMANENT}
NOT_FROM_HERE = {"stop": SETTINGS}
WRONG_PASSWORD = {"stop": REFUSED, "blocks": True}

TABLE: tuple[tuple[Phase, str, dict[str, Any]], ...] = (
    # before there is a session
    (Phase.CONNECT, "421 4.3.2 too many connections", {"stop": LATER}),
    (Phase.CONNECT, "554 5.7.1 no service for you", {"stop": NO_SERVER}),
    (Phase.CONNECT, "199 what", {"stop": NO_SERVER}),
    (Phase.HELLO, "421 come back", {"stop": LATER}),
    (Phase.HELLO, "550 who are you", {"stop": NO_SERVER}),
    (Phase.TLS, "454 4.7.0 TLS not available", {"stop": LATER}),
    (Phase.TLS, "501 5.5.4 no", {"stop": NO_SERVER}),
    # login
    (Phase.LOGIN, "454 4.7.0 Too many login attempts, please try again later.", {"stop": LATER, "pause": replies.HOUR}),
    (Phase.LOGIN, "421 4.7.0 try later", {"stop": LATER, "pause": replies.HOUR}),
    (Phase.LOGIN, "432 4.3.2 Concurrent connections limit exceeded", {"stop": LATER, "pause": replies.HOUR}),
    (Phase.LOGIN, "451 4.3.0 backend down", {"stop": LATER, "pause": replies.HOUR}),
    (Phase.LOGIN, "535-5.7.8 Username and Password not accepted.|535 5.7.8  https://support.example", WRONG_PASSWORD),
    (Phase.LOGIN, "534-5.7.9 Application-specific password required.|534 5.7.9 see", WRONG_PASSWORD),
    (Phase.LOGIN, "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", WRONG_PASSWORD),
    (Phase.LOGIN, "550 5.7.30 Basic authentication is not supported for Client Submission.", WRONG_PASSWORD),
    (Phase.LOGIN, "530 5.7.0 Must issue a STARTTLS command first", WRONG_PASSWORD),
    (Phase.LOGIN, "538 5.7.11 Encryption required", WRONG_PASSWORD),
    (Phase.LOGIN, "535 Too many failed logins", WRONG_PASSWORD),
    (Phase.LOGIN, "504 5.5.4 Unrecognized authentication type", {"stop": SETTINGS}),
    (Phase.LOGIN, "334 more?", {"stop": NO_SERVER}),
    # MAIL
    (Phase.MAIL, "421 4.3.2 closing", CLOSED),
    (Phase.MAIL, "450 4.1.8 later", LATER_TODAY),
    (Phase.MAIL, "451 4.3.0 local error", LATER_TODAY),
    (Phase.MAIL, "452 4.3.1 Insufficient system storage", LATER_TODAY),
    (Phase.MAIL, "452 Requested action not taken: insufficient system storage", LATER_TODAY),
    (Phase.MAIL, "530 5.7.0 Authentication Required", {"stop": REFUSED}),
    (Phase.MAIL, "530 5.7.57 Client not authenticated to send mail", {"stop": REFUSED}),
    (Phase.MAIL, "503 5.5.1 Authentication required first", {"stop": REFUSED}),
    (Phase.MAIL, "550 5.7.30 Basic authentication is not supported", WRONG_PASSWORD),
    (Phase.MAIL, "552 5.3.4 Message size exceeds fixed limit", NEVER),
    (Phase.MAIL, "552 too big", NEVER),
    (Phase.MAIL, "552 5.2.3 Message exceeds the maximum size", NEVER),
    (Phase.MAIL, "550 5.7.1 not allowed", NOT_FROM_HERE),
    (Phase.MAIL, "553 5.7.1 <sam@elsewhere.example>: Sender address rejected: not owned by user sam", NOT_FROM_HERE),
    (Phase.MAIL, "554 no", NOT_FROM_HERE),
    (Phase.MAIL, "501 5.1.7 Invalid address", NOT_FROM_HERE),
    # enough for today
    (Phase.MAIL, "550 5.4.5 Daily user sending limit exceeded. For more information see", QUOTA),
    (Phase.DOT, "550-5.4.5 Daily user sending quota exceeded.|550 5.4.5  https://support.example 4-20a", QUOTA),
    (Phase.RCPT, "550 5.1.90 Your message can't be sent because you've reached your daily limit for recipients", QUOTA),
    (Phase.DOT, "554 5.2.0 STOREDRV.Submission.Exception; Submission Quota Exceeded", QUOTA),
    (Phase.MAIL, "552 5.2.2 Quota exceeded", QUOTA),
    (Phase.MAIL, "451 4.7.1 Sending quota exceeded, try again tomorrow", QUOTA),
    (Phase.RCPT, "550 5.7.1 You have exceeded your daily limit", QUOTA),
    (Phase.DATA, "554 5.7.1 Sender limit exceeded", QUOTA),
    (Phase.MAIL, "550 too many messages", QUOTA),
    (Phase.RCPT, "451 Domain alder.example has exceeded the max emails per hour (200/200) allowed.", SLOWER),
    (Phase.RCPT, "550 Domain alder.example has exceeded the max emails per hour (200/200) allowed.", SLOWER),
    (Phase.MAIL, "450 4.7.1 Error: too much mail from 192.0.2.7", SLOWER),
    (Phase.MAIL, "421 4.7.0 Rate limit exceeded", SLOWER),
    (Phase.RCPT, "452 4.5.3 Too many recipients", SLOWER),
    # RCPT: a mailbox that is full or watched is not ours
    (Phase.RCPT, "452 4.2.2 The email account that you tried to reach is over quota", LATER_TODAY),
    (Phase.RCPT, "552 5.2.2 The email account that you tried to reach is over quota", LATER_TODAY),
    (Phase.RCPT, "550 Mailbox of ada is full", LATER_TODAY),
    (Phase.RCPT, "552 Requested mail action aborted: exceeded storage allocation", LATER_TODAY),
    (Phase.RCPT, "450 4.2.0 <ada@example.com>: Recipient address rejected: Greylisted", LATER_TODAY),
    (Phase.RCPT, "450-4.2.1 The user you are trying to contact is receiving mail too quickly", LATER_TODAY),
    (Phase.RCPT, "421 4.3.2 closing", CLOSED),
    (Phase.RCPT, "550 5.1.1 <ada@example.com>: no such user", NOBODY),
    (Phase.RCPT, "553 5.1.3 bad syntax", NOBODY),
    (Phase.RCPT, "550 No such user here", NOBODY),
    (Phase.RCPT, "551 user not local", NOBODY),
    (Phase.RCPT, "554 5.0.0 no", NOBODY),
    (Phase.RCPT, "550 5.2.1 The email account that you tried to reach is disabled", NOBODY),
    (Phase.RCPT, "556 5.1.10 Recipient address has null MX", NOBODY),
    (Phase.RCPT, "550 5.4.1 Recipient address rejected: Access denied.", NOBODY),
    (Phase.RCPT, "554 5.7.1 <ada@example.com>: Relay access denied", POLICY),
    (Phase.RCPT, "550 relaying denied", POLICY),
    (Phase.RCPT, "550 5.7.1 Service unavailable; client host blocked", POLICY),
    (Phase.RCPT, "553 5.7.1 <sam@x.example>: Sender address rejected: not owned by user sam", NOT_FROM_HERE),
    (Phase.MAIL, "503 5.5.1 Error: nested MAIL command", {"reconnect": True}),
    (Phase.RCPT, "503 5.5.1 need MAIL before RCPT", {"reconnect": True}),
    (Phase.RCPT, "500 5.5.2 syntax", NEVER),
    (Phase.DOT, "503 5.5.1 bad sequence", LATER_TODAY | {"reconnect": True}),
    (Phase.RCPT, "550 4.2.0 codes that disagree", LATER_TODAY),
    # DATA, the text, the dot
    (Phase.DATA, "451 4.3.0 later", LATER_TODAY),
    (Phase.DATA, "421 4.3.2 closing", CLOSED),
    (Phase.DATA, "554 5.5.1 Error: no valid recipients", NEVER),
    (Phase.DATA, "250 already?", {"reconnect": True}),
    (Phase.BODY, "552 5.3.4 too big", NEVER),
    (Phase.BODY, "250 OK before the end", {"reconnect": True}),
    (Phase.DOT, "250 2.0.0 OK  1772443051 - gsmtp", {"state": SENT}),
    (Phase.DOT, "251 will forward", {"state": SENT}),
    (Phase.DOT, "354 go on", {"state": UNKNOWN, "reconnect": True}),
    (Phase.DOT, "150 wait", {"state": UNKNOWN, "reconnect": True}),
    (Phase.DOT, "999 what", {"state": UNKNOWN, "reconnect": True}),
    (Phase.DOT, "421 4.3.2 closing", CLOSED),
    (Phase.DOT, "451 4.7.1 try again later", LATER_TODAY),
    (Phase.DOT, "552 5.2.2 mailbox full", LATER_TODAY),
    (Phase.DOT, "552 message too big", NEVER),
    (Phase.DOT, "552 5.3.4 message too big", NEVER),
    (Phase.DOT, "554 5.6.0 rejected content", NEVER),
    (Phase.DOT, "554 transaction failed", NEVER),
    (Phase.DOT, "554 looks like spam", POLICY),
    (Phase.DOT, "550 5.7.1 looks like spam", POLICY),
    (Phase.DOT, "550-5.7.26 not authenticated: DMARC", POLICY),
    (Phase.DOT, "554 5.7.1 Spam score exceeds the limit", POLICY),
    (Phase.DOT, "550 5.1.1 no such user", NOBODY),
    # refused because of us, but after the dot: a try it was
    (
        Phase.DOT,
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
        NOT_FROM_HERE | LATER_TODAY,
    ),
    (Phase.DOT, "554 5.2.252 SendAsDenied; sam not allowed to send as other", NOT_FROM_HERE | LATER_TODAY),
    (Phase.DOT, "530 5.7.57 Client was not authenticated", {"stop": REFUSED} | LATER_TODAY),
    (Phase.DOT, "550 5.7.30 Basic authentication is not supported", WRONG_PASSWORD | LATER_TODAY),
)


@pytest.mark.parametrize(("phase", "line", "meant"), TABLE, ids=[f"{phase}-{line[:30]}" for phase, line, _ in TABLE])
def test_each_answer_means_one_thing(phase: Phase, line: str, meant: dict[str, Any]) -> None:
    """The table, row by row."""
    verdict = reply(phase, line)
    assert facts(verdict) == meant
    assert verdict.said.startswith(line[:3])
    assert verdict.phase is phase


@pytest.mark.parametrize("line", ["354 x", "421 x", "451 x", "550 5.4.5 x", "530 x", "550 5.7.60 x", "554 x", "250 x"])
def test_after_the_dot_a_message_is_never_untouched(line: str) -> None:
    """Whatever the server says, the try is on record."""
    assert reply(Phase.DOT, line).state is not None


@given(
    st.sampled_from(list(Phase)),
    st.integers(-1, 999),
    st.text(max_size=80) | st.from_regex(r"[245]\.[0-9]{1,2}\.[0-9]{1,3} .{0,40}", fullmatch=True),
)
def test_no_answer_is_taken_for_more_than_it_says(phase: Phase, code: int, text: str) -> None:
    """Sent only by 2xx after the dot; unknown only after the dot; never both a stop and a new line."""
    verdict = replies.of_reply(phase, code, text)
    assert (verdict.state is SENT) == (phase is Phase.DOT and 200 <= code < 300)
    assert verdict.state is not UNKNOWN or phase is Phase.DOT
    assert (verdict.state is not None) or phase is not Phase.DOT
    assert not (verdict.stop and verdict.reconnect)
    assert verdict.stop is not None or phase not in replies.OPENING
    assert verdict.state is None or phase not in replies.OPENING
    assert verdict.said.isprintable()
    assert len(verdict.said) <= replies.MAX_SAID
    assert not verdict.bad_address or verdict.state is PERMANENT
    assert not verdict.blocks or verdict.stop is REFUSED


# ---------------------------------------------------------------- words of strangers


def test_the_words_of_a_long_answer_stand_on_one_line() -> None:
    """The enhanced code, which every line repeats, stands in it once."""
    verdict = reply(Phase.LOGIN, "535-5.7.8 Username and Password not accepted.|535 5.7.8  See https://support.example")
    assert verdict.said == "535 5.7.8 Username and Password not accepted. See https://support.example"


def test_the_words_of_a_server_cannot_forge_output() -> None:
    """Escapes, line ends and turned writing become visible, a novel is cut, and bytes that are no text are read."""
    verdict = replies.of_reply(Phase.RCPT, 550, b"no\x1b[2J\r\n\xff\xe2\x80\xae evil\n" + b"x" * 100_000)
    assert verdict.said.isprintable()
    assert "\x1b" not in verdict.said
    assert len(verdict.said) == replies.MAX_SAID
    assert verdict.said.endswith("…")


def test_a_number_in_the_text_is_no_enhanced_code() -> None:
    """Only what stands alone in front is one: an address of a machine is not."""
    assert facts(reply(Phase.RCPT, "550 5.7.1.9 is not welcome")) == NOBODY


# ---------------------------------------------------------------- broken lines


class Certificate(OSError):
    """What ssl raises of a certificate, as far as we look at it."""

    def __init__(self, verify_code: int, verify_message: str) -> None:
        """Carry the fields of ssl.SSLCertVerificationError."""
        self.verify_code, self.verify_message = verify_code, verify_message
        super().__init__(1, "[SSL: CERTIFICATE_VERIFY_FAILED]")


class Tls(OSError):
    """What ssl raises of a handshake."""

    def __init__(self, reason: str) -> None:
        """Carry the field of ssl.SSLError."""
        self.reason = reason
        super().__init__(1, f"[SSL: {reason}] (_ssl.c:1006)")


@pytest.mark.parametrize(
    ("phase", "error", "stop", "said", "hint"),
    [
        (
            Phase.CONNECT,
            ConnectionRefusedError(111, "Connection refused"),
            NO_SERVER,
            "Connection refused",
            "mail.host",
        ),
        (Phase.CONNECT, TimeoutError("timed out"), NO_SERVER, "timed out", "online"),
        (Phase.CONNECT, socket.gaierror(-2, "Name or service not known"), NO_SERVER, "no such name", "mail.host"),
        (Phase.CONNECT, replies.Silent("no answer within 30 seconds"), NO_SERVER, "30 seconds", "465.*587"),
        (Phase.CONNECT, replies.NotSMTP("a line without end"), NO_SERVER, "without end", "no answer of a mail server"),
        (Phase.TLS, Tls("WRONG_VERSION_NUMBER"), NO_SERVER, "does not speak TLS", "465.*587"),
        (Phase.TLS, Tls("UNSUPPORTED_PROTOCOL"), NO_SERVER, "1.2 or newer", "provider"),
        (Phase.TLS, ConnectionResetError(104, "reset by peer"), NO_SERVER, "TLS did not come about", "465"),
        (Phase.TLS, TimeoutError("_ssl.c:989: The handshake timed out"), NO_SERVER, "come about: it timed out", "465"),
        (Phase.TLS, replies.NotOffered("it offers no STARTTLS"), NO_SERVER, "no STARTTLS", "password stays here"),
        (Phase.TLS, Certificate(10, "certificate has expired"), NO_SERVER, "has expired", "clock"),
        (Phase.TLS, Certificate(9, "not yet valid"), NO_SERVER, "not valid yet", "clock"),
        (Phase.TLS, Certificate(62, "Hostname mismatch, ..."), NO_SERVER, "another name", "Set mail.host"),
        (Phase.TLS, Certificate(20, "unable to get local issuer"), NO_SERVER, "authority", "mail.ca_file"),
        (Phase.TLS, Certificate(18, "self-signed certificate"), NO_SERVER, "nobody but itself", "mail.ca_file"),
        (Phase.TLS, Certificate(85, "Missing Authority Key Identifier"), NO_SERVER, "Missing Authority", "renew"),
        (Phase.HELLO, ConnectionResetError("the line was cut"), NO_SERVER, "cut", "mail.port"),
        (Phase.LOGIN, replies.NotOffered("it offers no login"), SETTINGS, "no login", "provider"),
        (Phase.LOGIN, ConnectionResetError("the line was cut"), NO_SERVER, "cut", "online"),
    ],
)
def test_what_fails_before_there_is_a_session_says_where_what_and_what_now(
    phase: Phase, error: OSError, stop: ExitCode, said: str, hint: str
) -> None:
    """The run stops with its exit code; no message was touched."""
    verdict = replies.of_break(phase, error, server="mail.example.com")
    assert facts(verdict) == {"stop": stop}
    assert verdict.said.startswith("mail.example.com: ")
    assert said in verdict.said
    assert re.search(hint, verdict.hint)


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", "SMTP AUTH"),
        ("550 5.7.30 Basic authentication is not supported for Client Submission.", "SMTP AUTH"),
        ("535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.", "the password"),
        ("535 5.7.8 Username and Password not accepted", "the password"),
    ],
)
def test_whoever_takes_no_passwords_is_not_blamed_on_the_password(said: str, hint: str) -> None:
    """Another password would be refused as well."""
    code, _, text = said.partition(" ")
    assert hint in replies.of_reply(Phase.LOGIN, int(code), text).hint


@pytest.mark.parametrize("phase", TRANSACTION)
def test_a_line_lost_before_the_dot_is_untouched_and_after_it_unknown(phase: Phase) -> None:
    """In both cases one new line may be tried."""
    verdict = replies.of_break(phase, ConnectionResetError("the line was cut"), server="mail.example.com")
    assert facts(verdict) == ({"state": UNKNOWN} if phase is Phase.DOT else {}) | {"reconnect": True}
    assert verdict.said == "mail.example.com: the line was cut"
