"""due, status, plan, why, skip, snooze, and the screen of `followup` alone."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from followup.cli.app import App, pass_app
from followup.cli.output import DAY, format_option, print_rows, say
from followup.errors import ExitCode, NotFound, UsageError
from followup.model import InstructionKind, State
from followup.report import words

if TYPE_CHECKING:
    from followup.workflow.status import Status


def welcome(app: App) -> None:
    """Without a home: what this is and where to start. With one: what waits, each with its command."""
    try:
        path = app.home_path()
    except NotFound:
        click.echo("followup: after every job, the right word to the right client at the right time, and never twice.")
        click.echo("To look around with an example business:  followup demo")
        click.echo("To start with your own:                   followup init")
        return
    show_status(app, path)


def show_status(app: App, path: Path) -> None:
    """Print what waits, in the manner of `git status`."""
    from followup.workflow import journal, status

    desk = app.desk()
    now = status.count(desk)
    say(f"{desk.settings.business.name or 'Your business'}, {words.long_day(desk.today)}  ({path})")
    known = (words.plural(now.clients, "client"), words.plural(now.jobs, "job"), words.plural(now.contacts, "contact"))
    say(f"{', '.join(known)} on record.")
    click.echo()
    if not any(now.waiting.values()):
        click.echo(
            "Nothing waits for you." + ("" if now.clients else " Start with: followup import clients.csv jobs.csv")
        )
    for kind in status.KINDS:
        number = now.count(kind.name)
        if number:
            click.echo(f"  {words.plural(number, kind.one, kind.many):<44} {kind.command}")
    if now.held:
        click.echo(f"  {words.plural(now.held, 'touchpoint') + ' held back by a rule':<44} followup plan")
    if now.oldest_draft_on and (desk.today - now.oldest_draft_on).days > 7:
        say(f"\nThe oldest draft is from {words.long_day(now.oldest_draft_on)}: did it go out?")
    if journal.ahead(desk):
        say("\nNothing goes out: the database is older than its journal. followup reconcile")
    if desk.settings.mail.by_server:
        _show_sending(app, now)


def _show_sending(app: App, now: Status) -> None:
    """Print since when nothing has gone out, and why; nothing where all goes its way."""
    from followup.cli import mail
    from followup.workflow import mailbox

    desk = app.desk()
    found = mailbox.health(desk)
    waiting = now.count("message", "retry")
    lines = mail.stops(desk, found)
    if now.next_try_at is not None and found.pause is None:
        lines.append(f"What the server put off is tried again from {mail.when(desk, now.next_try_at)} on.")
    if not found.allowance.count and found.allowance.opens_at is not None:
        opens_at = mail.when(desk, found.allowance.opens_at)
        lines.append(f"{found.allowance.limit} is reached; the next message may go from {opens_at} on.")
    if not (waiting or lines):
        return
    accepted = found.last_accepted_at
    if accepted is None:
        last = "No message has been accepted yet"
    else:
        last = f"The last message was accepted on {mail.when(desk, accepted)}, {_ago(desk.now() - accepted)}"
    waits = "1 waits" if waiting == 1 else f"{waiting} wait"
    say(f"\n{last}; {waits if waiting else 'none waits'}.")
    for line in lines:
        say(line)


def _ago(age: timedelta) -> str:
    if age < timedelta(hours=1):
        return "just now"
    hours = int(age / timedelta(hours=1))
    return f"{words.plural(hours, 'hour') if hours < 48 else words.plural(age.days, 'day')} ago"


class Age(click.ParamType[timedelta]):
    """A length of time as 2d, 36h or 1w."""

    name = "age"
    _UNITS: ClassVar = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read the number and its unit."""
        if isinstance(value, timedelta):
            return value
        number, unit = value[:-1], value[-1:].lower()
        if not (number.isascii() and number.isdigit() and unit in self._UNITS and 0 < int(number) < 10_000):
            self.fail(f"'{value}' is no length of time. Write 2d, 36h or 1w.", param, ctx)
        return int(number) * self._UNITS[unit]


@click.command("status")
@click.option(
    "--max-age",
    type=Age(),
    metavar="2d",
    help="For monitors: say nothing, with 0, when a run went well within this time; else one line, with 3.",
)
@pass_app
def status_command(app: App, *, max_age: timedelta | None) -> ExitCode:
    """Show what waits, in a few lines, each with its command; where messages are sent by themselves, how that goes.

    \b
    Example:
        $ followup status
        $ followup status --max-age 2d
    """
    if max_age is None:
        show_status(app, app.home_path())
        return ExitCode.DONE
    from followup.cli import mail
    from followup.workflow import mailnotes

    desk = app.desk()
    good = mailnotes.last_good_run(desk)
    if good is not None and desk.now() - good <= max_age:
        return ExitCode.DONE
    last = "No run has gone well yet" if good is None else f"The last run that went well was on {mail.when(desk, good)}"
    block = mailnotes.block(desk)
    why = f": the login is refused since {mail.when(desk, block.since)}" if block else ""
    say(f"{last}{why}. `followup status` says what waits; `followup run` runs it now.")
    return ExitCode.NEEDS_A_PERSON


@click.command("due")
@format_option
@pass_app
def due_command(app: App, *, format_: str, output: Path | None) -> None:
    """List what to do now, urgent first; drafts that nobody confirmed are on top.

    \b
    Example:
        $ followup due --format csv -o due.csv
    """
    from followup.report import due
    from followup.workflow import planning

    desk = app.desk()
    decisions, held = planning.due_and_held(desk)
    clients = planning.clients_of(desk, decisions)
    services = planning.services_of(desk, decisions)
    print_rows(
        app,
        due.rows(decisions, clients, services=services, machine=format_ != "table"),
        due.columns(machine=format_ != "table"),
        format_=format_,
        output=output,
        empty="Nothing is due.",
    )
    late = sum(each.state is State.REVIEW for each in decisions)
    if format_ == "table" and late:
        app.narrate(
            f"{late} for you to look at: `followup send --only KEY` sends it all the same, `followup done KEY` says "
            "that you did it, `followup skip KEY` leaves it out."
        )
    if format_ == "table" and held:
        app.narrate(f"{words.plural(len(held), 'touchpoint')} held back by a rule; `followup plan` says until when.")


@click.command("plan")
@click.option("--weeks", type=click.IntRange(1, 60), default=4, show_default=True, help="How far to look.")
@format_option
@pass_app
def plan_command(app: App, *, weeks: int, format_: str, output: Path | None) -> None:
    """List the coming weeks: what goes when, and what is held until when.

    As csv this is the plan file: look it over, delete lines, and `followup send --plan FILE` sends exactly the lines
    whose decision and text are still the same.

    \b
    Example:
        $ followup plan --weeks 2 --format csv -o plan.csv
        $ followup send --plan plan.csv
    """
    from followup.report import due
    from followup.workflow import planfile, planning

    desk = app.desk()
    decisions = planning.coming(desk, weeks=weeks)
    clients = planning.clients_of(desk, decisions)
    services = planning.services_of(desk, decisions)
    texts = planfile.text_digests(desk, decisions) if format_ != "table" else None
    print_rows(
        app,
        due.plan_rows(decisions, clients, services=services, texts=texts, machine=format_ != "table"),
        due.plan_columns(machine=format_ != "table"),
        format_=format_,
        output=output,
        empty=f"Nothing comes in the next {weeks} weeks.",
    )


@click.command("why")
@click.argument("client_or_key", metavar="CLIENT|KEY")
@click.option("--step", default="", metavar="NAME", help="Only this step, e.g. referral-ask.")
@format_option
@pass_app
def why_command(app: App, *, client_or_key: str, step: str, format_: str, output: Path | None) -> None:
    """Explain every step of every cadence for a client, or one touchpoint: each rule with its dates.

    \b
    Example:
        $ followup why hall
        $ followup why hall --step referral-ask
    """
    from followup.report import why
    from followup.workflow import finding, planning

    desk = app.desk()
    who, decisions = finding.client_or_key(desk, client_or_key)
    if step:
        decisions = planning.of_step(decisions, step)
    steps = [step.name for step in desk.settings.steps]
    if format_ == "table" and output is None:
        services = planning.services_of(desk, decisions)
        for line in why.lines(who, decisions, services=services, steps=steps):
            say(line)
        return
    print_rows(app, why.rows(who, decisions, steps=steps), why.COLUMNS, format_=format_, output=output)


@click.command("skip")
@click.argument("key")
@click.option("--reason", default="", help="Why; `why` will say it.")
@pass_app
def skip_command(app: App, *, key: str, reason: str) -> None:
    """Never do this one touchpoint. Takes a key, the beginning of one, or a client with only one thing waiting.

    \b
    Example:
        $ followup skip hall --reason "told him in person"
    """
    from followup.workflow import finding, planning

    desk = app.desk()
    decision = finding.open_decision(desk, key)
    planning.instruct(
        desk,
        client_id=decision.client_id,
        kind=InstructionKind.SKIP,
        command="skip",
        key=decision.key,
        reason=reason,
    )
    say(f"Skipped {decision.key}. `followup undo` takes it back.")


@click.command("snooze")
@click.argument("key_or_client", metavar="KEY|CLIENT")
@click.option("--until", type=DAY, required=True, help="The first day on which it may be due again.")
@click.option("--everything", is_flag=True, help="Everything for this client, not one touchpoint.")
@click.option("--reason", default="", help="Why; `why` will say it.")
@pass_app
def snooze_command(app: App, *, key_or_client: str, until: date, everything: bool, reason: str) -> None:
    """Put a touchpoint, or everything for a client, off until a day.

    \b
    Example:
        $ followup snooze hall --everything --until 2026-06-01
    """
    from followup.workflow import finding, planning

    desk = app.desk()
    if until <= desk.today:
        raise UsageError(f"--until {until} is not after today ({desk.today}).")
    if everything:
        who = finding.client(desk, key_or_client)
        client_id, key, what = who.id, "", f"everything for {words.client(who)}"
    else:
        decision = finding.open_decision(desk, key_or_client)
        client_id, key, what = decision.client_id, decision.key, decision.key
    planning.instruct(
        desk,
        client_id=client_id,
        kind=InstructionKind.SNOOZE,
        command="snooze",
        key=key,
        until=until,
        reason=reason,
    )
    say(f"Snoozed {what} until {words.long_day(until)}. `followup undo` takes it back.")
