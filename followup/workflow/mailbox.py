"""The owner's mail account: is it well, does it take a test message, which password does it want.

Takes a Desk. Gives what is known of the account, and what came of trying it. Touches the network, the store's notes
and, for `log_in`, the system's keyring.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime

from followup import identity, pace, settings
from followup.errors import ConfigurationError, ExitCode, NotFound
from followup.mail import build, passwords, replies, session
from followup.model import AttemptState, Channel, Message, Purpose
from followup.providers import PROVIDERS
from followup.records import dataclass
from followup.report import words
from followup.workflow import mailnotes
from followup.workflow.desk import Desk


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of sending by itself, without asking the server."""

    last_accepted_at: datetime | None
    last_good_run: datetime | None
    block: mailnotes.Block | None
    pause: mailnotes.Pause | None
    elsewhere: mailnotes.Machine | None  # where this home sent last, if that was not here
    tested: datetime | None
    used_hour: int
    used_day: int
    allowance: pace.Allowance


def health(desk: Desk) -> Health:
    """Return what is known of the account, for `status` and `mail show`."""
    now = desk.now()
    handed_over = desk.store.hand_overs_since(now - pace.DAY)
    machine = mailnotes.machine(desk)
    return Health(
        last_accepted_at=desk.store.last_accepted_at(),
        last_good_run=mailnotes.last_good_run(desk),
        block=mailnotes.block(desk),
        pause=mailnotes.pause(desk),
        elsewhere=machine if machine is not None and machine.mark != mailnotes.here(desk).mark else None,
        tested=mailnotes.tested(desk),
        used_hour=sum(instant > now - pace.HOUR for instant in handed_over),
        used_day=len(handed_over),
        allowance=allowance(desk),
    )


def allowance(desk: Desk) -> pace.Allowance:
    """Return how many messages may go now, by the limits of the settings and what went before."""
    mail, now = desk.settings.mail, desk.now()
    return pace.allowance(
        desk.store.hand_overs_since(now - pace.DAY),
        now=now,
        per_run=mail.per_run,
        per_hour=mail.per_hour,
        per_day=mail.per_day,
    )


# ---------------------------------------------------------------- what stops it, in words that are the same everywhere


def describe_block(desk: Desk, block: mailnotes.Block) -> str:
    """Return what stops sending since a login was refused; the caller says what now."""
    return f"{block.host} refused the login on {words.instant(desk.local(block.since))}: {block.why.rstrip('.')}"


def describe_pause(desk: Desk, pause: mailnotes.Pause) -> str:
    """Return until when a server asked to wait, and why."""
    until = words.instant(desk.local(pause.until))
    return f"{desk.settings.mail.host} asked to wait until {until}: {pause.why.rstrip('.')}"


def describe_move(last: mailnotes.Machine, here: mailnotes.Machine) -> str:
    """Return that a home is not where it sent last."""
    return f"This home last sent mail as {last}, and is now {here}"


# ---------------------------------------------------------------- trying it


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of trying the account: the steps that worked, and what stopped it, if anything did."""

    worked: tuple[str, ...]
    problem: str = ""
    code: ExitCode = ExitCode.DONE


def owners_address(desk: Desk) -> str:
    """Return where the test message goes: to the owner, else to the address that messages come from."""
    owner = desk.settings.people.get(desk.settings.owner)
    return (owner.email if owner else "") or desk.settings.mail.from_address


def test(desk: Desk) -> Tried:
    """Send a test message to the owner, by the way that clients' messages take. Lifts a block when it is accepted.

    Raises:
        ConfigurationError: messages do not go by a mail server here, or there is no password.
        TryLater: another run is at work.
    """
    mail = _smtp(desk)
    secret = passwords.find(mail, environ=os.environ, home=desk.home.path) if mail.logs_in else None
    with desk.lock():
        line = session.Session(mail, secret, home=desk.home.path)
        try:
            line.open()
        except session.Stopped as stopped:
            return _failed(desk, stopped.verdict)
        try:
            raw, address = _test_message(desk), owners_address(desk)
            verdict = line.hand_over(raw, sender=mail.from_address, recipient=address, fence=lambda: None)
        finally:
            line.close()
        if verdict.state is not AttemptState.SENT:
            return _failed(desk, verdict)
        mailnotes.set_tested(desk)
    return Tried((*_steps(mail), f"{mail.host} accepted a test message to {address}. Look whether it has arrived."))


def log_in(desk: Desk, password: str) -> Tried:
    """Try *password*, and keep it in the system's keyring when the server takes it. Lifts a block then.

    Raises:
        ConfigurationError: messages do not go by a mail server here, it wants no login, or there is no keyring.
    """
    mail = account(desk)
    secret = passwords.find(mail, environ={passwords.VARIABLE: password}, home=desk.home.path)
    with desk.lock():
        line = session.Session(mail, secret, home=desk.home.path)
        try:
            line.open()
        except session.Stopped as stopped:
            return _failed(desk, stopped.verdict, typed=True)
        line.close()
        passwords.keep_in_keyring(mail, password)
        mailnotes.lift(desk)
    return Tried((*_steps(mail), f"The password for {mail.user} is in the system's keyring."))


def account(desk: Desk) -> settings.Mail:
    """Return the account that wants a password.

    Raises:
        ConfigurationError: messages do not go by a mail server here, or it wants no login.
    """
    mail = _smtp(desk)
    if not mail.logs_in:
        raise ConfigurationError(f'mail.user is "{settings.NO_LOGIN}": {mail.host} is told no password.')
    return mail


def _smtp(desk: Desk) -> settings.Mail:
    desk.check_day()
    if not desk.settings.mail.by_server:
        raise ConfigurationError(
            "Messages become drafts in this home, so there is no server to talk to. For sending by itself set "
            'transport = "smtp" and a provider or a host under [mail] in followup.toml.'
        )
    return desk.settings.mail


_ENCRYPTED = {
    "tls": "The line is encrypted from the first byte on, and the certificate is right.",
    "starttls": "The line is encrypted (STARTTLS), and the certificate is right.",
}


def _steps(mail: settings.Mail, *, before: replies.Phase | None = None) -> Iterator[str]:
    """Yield what worked, all of it or what comes before a phase."""
    steps = [
        (replies.Phase.CONNECT, f"Connected to {mail.host}, port {mail.port}."),
        *([(replies.Phase.TLS, _ENCRYPTED[mail.security])] if mail.security in _ENCRYPTED else []),
        *([(replies.Phase.LOGIN, f"Logged in as {mail.user}.")] if mail.logs_in else []),
    ]
    order = list(replies.Phase)
    for phase, said in steps:
        if before is None or order.index(phase) < order.index(before):
            yield said


def _failed(desk: Desk, verdict: replies.Verdict, *, typed: bool = False) -> Tried:
    """Note what holds for later runs, and say what went wrong. A password just *typed* may not be the one runs use."""
    mail = desk.settings.mail
    if verdict.blocks and not typed:
        mailnotes.set_block(desk, verdict.said)
    if verdict.pause is not None:
        mailnotes.set_pause(desk, desk.now() + verdict.pause, verdict.said)
    usual = ExitCode.TRY_LATER if verdict.state is AttemptState.TEMPORARY else ExitCode.NEEDS_A_PERSON
    said = verdict.said if verdict.said.startswith(mail.host) else f"{mail.host}: {verdict.said}"
    problem = f"{said.rstrip('.')}. {verdict.hint}".strip()
    return Tried(tuple(_steps(mail, before=verdict.phase)), problem, verdict.stop or usual)


_TEXT = """This is a test message of followup.

It took the way that the messages to your clients will take: through {host}, from {sender}.
If it lies among the junk, theirs will too; ask your provider about SPF and DKIM for your domain.
"""


def _test_message(desk: Desk) -> bytes:
    mail, address = desk.settings.mail, owners_address(desk)
    owner = desk.settings.people.get(desk.settings.owner)
    name = owner.name if owner else desk.settings.business.name
    touchpoint_id = identity.message_identifier(desk.key, f"test {desk.now().isoformat()}")
    message = Message(
        key="test",
        client_id="",
        channel=Channel.EMAIL,
        language="en",
        template="",
        purpose=Purpose.SERVICE,
        to_name=name,
        to_address=address,
        from_name=mail.from_name or name,
        from_address=mail.from_address,
        reply_to="",
        subject="followup: a test message",
        text=_TEXT.format(host=mail.host, sender=mail.from_address),
    )
    return build.to_bytes(
        message,
        message_id=build.message_id(touchpoint_id, sender=mail.from_address),
        touchpoint_id=touchpoint_id,
        at=desk.local(desk.now()),
        unsent=False,
    )


# ---------------------------------------------------------------- what it wants, whom it refuses


def password_kind(desk: Desk) -> str:
    """Return which kind of password the provider wants, and where it is made; nothing where we do not know."""
    provider = PROVIDERS.get(desk.settings.mail.provider)
    return f"{provider.title} wants {provider.password}." if provider else ""


def allow(desk: Desk, address: str) -> None:
    """Try an address again although a mail server refused it.

    Raises:
        NotFound: no server refused it.
    """
    with desk.store.write(kind="hand", command="mail allow", person=desk.person, now=desk.now()) as write:
        allowed = write.allow_refused(address, evidence="the owner said so")
    if not allowed:
        raise NotFound(
            f"No mail server refused {address}. If its owner asked to stop, that is `followup optout --lift`."
        )
