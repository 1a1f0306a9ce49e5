"""The mail server of the tests does what its faults say, and tells the truth about it."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mailserver import HOST, PASSWORD, SECURITIES, USER, Certificates, Fault, FaultServer, process, truth

Make = Callable[..., FaultServer]
MESSAGE = b"Subject: Hello\r\nX-Touchpoint: abc\r\nMessage-ID: <abc@alder.example.com>\r\n\r\nHi\r\n.dot\r\n"


def client(server: FaultServer | process.ServerProcess, *, timeout: float = 5) -> smtplib.SMTP:
    """Connect and log in as a program that verifies."""
    if server.security == "none":
        line = smtplib.SMTP(HOST, server.port, timeout=timeout)
    else:
        assert server.certificates is not None
        context = ssl.create_default_context(cafile=str(server.certificates.ca_file))
        if server.security == "tls":
            line = smtplib.SMTP_SSL(HOST, server.port, timeout=timeout, context=context)
        else:
            line = smtplib.SMTP(HOST, server.port, timeout=timeout)
            try:
                line.starttls(context=context)
            except BaseException:
                line.close()
                raise
    try:
        line.login(USER, PASSWORD)
    except BaseException:
        line.close()
        raise
    return line


def hand_over(server: FaultServer | process.ServerProcess, to: str = "ada@example.com") -> None:
    """Send one message as smtplib does."""
    line = client(server, timeout=0.5)
    try:
        line.sendmail("sam@alder.example.com", [to], MESSAGE)
    finally:
        line.close()


@pytest.mark.parametrize("security", SECURITIES)
def test_a_message_is_kept_byte_for_byte(mail_server: Make, security: str) -> None:
    """Over each kind of line, with a login, and with a dot at the begin of a line."""
    server = mail_server(security=security)
    hand_over(server)
    (message,) = server.messages
    assert (message.raw, message.sender, message.recipients) == (MESSAGE, "sam@alder.example.com", ("ada@example.com",))
    assert (message.touchpoint, message.message_id) == ("abc", "<abc@alder.example.com>")
    assert [(each.text, each.right, each.encrypted) for each in server.logins] == [
        (f"PLAIN {USER}", True, security != "none")
    ]
    assert PASSWORD not in repr(server.truth)
    assert server.truth.unanswered == 0


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("kind", ["expired", "wrong-host", "self-signed"])
def test_who_looks_at_a_bad_certificate_sends_no_password(mail_server: Make, security: str, kind: str) -> None:
    """The three bad certificates are bad."""
    server = mail_server(security=security, certificate=kind)
    with pytest.raises(ssl.SSLCertVerificationError):
        client(server)
    assert server.logins == []


@pytest.mark.parametrize("security", SECURITIES)
@pytest.mark.parametrize(
    ("fault", "kept", "unanswered"),
    [
        (Fault("connect", "drop"), 0, 0),
        (Fault("connect", "silent"), 0, 0),
        (Fault("greeting", "reply", "554 no"), 0, 0),
        (Fault("greeting", "reply", "421 busy"), 0, 0),
        (Fault("ehlo", "drop"), 0, 0),
        (Fault("auth", "reply", "535 5.7.8 no"), 0, 0),
        (Fault("mail", "reply", "451 4.3.0 later"), 0, 0),
        (Fault("rcpt", "reply", "550 5.1.1 nobody"), 0, 0),
        (Fault("data", "reply", "451 4.3.0 later"), 0, 0),
        (Fault("body", "drop"), 0, 1),
        (Fault("dot", "reply", "554 5.7.1 spam"), 0, 0),
        (Fault("dot", "drop"), 0, 1),
        (Fault("dot", "accept+drop"), 1, 1),
        (Fault("dot", "accept+silent"), 1, 1),
        (Fault("dot", "accept+garbage"), 1, 1),
        (Fault("dot", "accept+late", seconds=2), 1, 1),
    ],
    ids=lambda value: f"{value.at}-{value.do}{value.line[:3]}" if isinstance(value, Fault) else "",
)
def test_a_fault_does_what_it_says(mail_server: Make, security: str, fault: Fault, kept: int, unanswered: int) -> None:
    """The client is told nothing good, and the truth says what was kept."""
    server = mail_server(security=security, faults=[fault])
    fault.seen = 0  # shared between parameters
    with pytest.raises(OSError):  # noqa: PT011 - smtplib's errors and the system's are all of this kind
        hand_over(server)
    assert (len(server.messages), server.truth.unanswered) == (kept, unanswered)
    assert server.surprises == []


def test_a_dishonest_yes_keeps_nothing(mail_server: Make) -> None:
    """The client has no way to know."""
    server = mail_server(faults=[Fault("dot", "dishonest")])
    hand_over(server)
    assert server.messages == []
    assert len(server.truth.messages) == 1


def test_a_fault_strikes_the_hits_and_the_addresses_it_names(mail_server: Make) -> None:
    """The second message to Bert is refused, and no other."""
    server = mail_server(faults=[Fault("rcpt", "reply", "550 5.1.1 nobody", hits={2}, address="bert")])
    for to in ("bert@example.com", "ada@example.com"):
        hand_over(server, to)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        hand_over(server, "bert@example.com")
    hand_over(server, "bert@example.com")
    assert [each.recipients[0][:4] for each in server.messages] == ["bert", "ada@", "bert"]


def test_after_a_refused_data_only_rset_helps(mail_server: Make) -> None:
    """The transaction stays open, as on real servers."""
    server = mail_server(faults=[Fault("data", "reply", "451 4.3.0 later", hits={1})])
    line = client(server)
    line.mail("sam@alder.example.com")
    line.rcpt("ada@example.com")
    assert line.docmd("DATA")[0] == 451
    assert line.mail("sam@alder.example.com")[0] == 503
    line.rset()
    line.sendmail("sam@alder.example.com", ["ada@example.com"], MESSAGE)
    line.quit()
    assert len(server.messages) == 1


def test_a_network_that_strips_starttls_and_a_server_without_login(mail_server: Make) -> None:
    """Neither is offered, and without TLS nothing else is done."""
    server = mail_server(security="starttls", offers_starttls=False, offers_auth=False)
    with smtplib.SMTP(HOST, server.port, timeout=5) as line:
        line.ehlo()
        assert not line.has_extn("starttls")
        assert not line.has_extn("auth")


def test_a_server_of_its_own_outlives_its_clients_and_tells_the_truth(
    tmp_path: Path, certificates: Certificates
) -> None:
    """What storms use: the log says what was kept."""
    with process.running(
        tmp_path, security="starttls", certificates=certificates, faults=[Fault("dot", "accept+drop", hits={2})]
    ) as server:
        hand_over(server)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            hand_over(server)
    told = truth.read(server.log)
    assert [each.raw for each in told.kept] == [MESSAGE, MESSAGE]
    assert (told.sessions, told.unanswered) == (2, 1)
