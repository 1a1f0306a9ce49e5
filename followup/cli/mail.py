"""mail: the account that messages go through."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from followup.cli.app import App, pass_app
from followup.cli.output import Commands, say
from followup.errors import ExitCode, UsageError
from followup.report import words

if TYPE_CHECKING:
    from followup.workflow.desk import Desk
    from followup.workflow.mailbox import Health, Tried


@click.group("mail", cls=Commands, invoke_without_command=True)
@click.pass_context
def mail_command(ctx: click.Context) -> None:
    """The mail account that messages go through: test it, log in, see its limits. Alone it shows the account."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(mail_show_command)


@mail_command.command("show")
@pass_app
def mail_show_command(app: App) -> None:
    """Show the account, its limits and what is used of them, and whether anything stops it.

    \b
    Example:
        $ followup mail show
    """
    from followup.workflow import mailbox

    desk = app.desk()
    mail = desk.settings.mail
    if not mail.by_server:
        say("Messages become drafts, which you send yourself; nothing is sent by itself.")
        say('To send by itself, set transport = "smtp" and a provider or a host under [mail] in followup.toml.')
        return
    found = mailbox.health(desk)
    login = f"as {mail.user}" if mail.logs_in else "without a login"
    say(f"Server         {mail.host}, port {mail.port}, {_SECURITY[mail.security]}, {login}")
    say(f"From           {mail.from_address}")
    say(f"Limits         {limits(desk, found)}")
    accepted = when(desk, found.last_accepted_at) if found.last_accepted_at else "none yet"
    say(f"Last accepted  {accepted}")
    say(f"Last tested    {when(desk, found.tested) if found.tested else 'never: followup mail test'}")
    for line in stops(desk, found):
        say(line)


_SECURITY = {"tls": "TLS", "starttls": "STARTTLS", "none": "not encrypted"}


def limits(desk: Desk, found: Health) -> str:
    """Return how much may go, and how much of it went."""
    mail = desk.settings.mail
    hour = f"; {found.used_hour} of {mail.per_hour} in the last hour" if mail.per_hour else ""
    return f"{mail.per_run} in a run; {found.used_day} of {mail.per_day} in the last 24 hours{hour}"


def stops(desk: Desk, found: Health) -> list[str]:
    """Return what stops sending, each with what to do."""
    from followup.workflow import mailbox, mailnotes

    lines = []
    if found.block is not None:
        lines.append(f"{mailbox.describe_block(desk, found.block)}.")
        lines.append("  Nothing is tried until you act. Correct the password, then: followup mail test")
    if found.pause is not None:
        lines.append(f"{mailbox.describe_pause(desk, found.pause)}.")
    if found.elsewhere is not None:
        moved = mailbox.describe_move(found.elsewhere, mailnotes.here(desk))
        lines.append(f"{moved}. If it was moved: followup reconcile")
    return lines


def when(desk: Desk, instant: datetime) -> str:
    """Return an instant as people of this home say it."""
    return words.instant(desk.local(instant))


@mail_command.command("test")
@pass_app
def mail_test_command(app: App) -> ExitCode:
    """Send a test message to yourself, by the way that clients' messages take, and say each step that worked.

    When the server takes it, what stopped after a refused login goes on again.

    \b
    Example:
        $ followup mail test
    """
    from followup.workflow import mailbox

    return tell(app, mailbox.test(app.desk()))


@mail_command.command("login")
@pass_app
def mail_login_command(app: App) -> ExitCode:
    """Ask for the password once, try it, and keep it in the system's keyring.

    Cron has no terminal, and often no keyring that is open: there, use password_file or password_command.

    \b
    Example:
        $ followup mail login
    """
    from followup.workflow import mailbox

    desk = app.desk()
    mailbox.account(desk)
    if not app.interactive:
        raise UsageError(
            "Nobody is here to type a password. Run it at a terminal, or use mail.password_file, "
            "mail.password_command or FOLLOWUP_MAIL_PASSWORD."
        )
    kind = mailbox.password_kind(desk)
    if kind:
        app.narrate(kind)
    mail = desk.settings.mail
    password = click.prompt(f"Password for {mail.user} at {mail.host}", hide_input=True, err=True)
    tried = mailbox.log_in(desk, password)
    code = tell(app, tried)
    if code == ExitCode.DONE and not mail.keyring:
        say("So that it is looked for there, add this line under [mail] in followup.toml:\n\n  keyring = true")
    return code


@mail_command.command("allow")
@click.argument("address")
@pass_app
def mail_allow_command(app: App, *, address: str) -> None:
    """Try an address again that a mail server refused. It does not lift an opt-out.

    \b
    Example:
        $ followup mail allow ada@example.com
    """
    from followup.workflow import mailbox

    mailbox.allow(app.desk(), address)
    say(f"Messages go to {address} again. What was refused waits for your word: followup due")


def tell(app: App, tried: Tried) -> ExitCode:
    """Say which steps worked and what did not, and return the exit code for it."""
    for line in tried.worked:
        say(line)
    if tried.problem:
        app.warn(f"Error: {tried.problem}")
    return tried.code
