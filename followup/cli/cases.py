"""case open | list | show | resolve."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from followup.cli.app import App, pass_app
from followup.cli.output import DAY, Commands, format_option, print_rows, say
from followup.report import words


@click.group("case", cls=Commands)
def case_command() -> None:
    """What went wrong, until it is put right. While a case is open, nothing is asked of its client."""


@case_command.command("open")
@click.argument("client")
@click.option("--summary", default="", help="What happened.")
@click.option("--job", default="", help="The job it is about.")
@click.option(
    "--by", "opened_by", type=click.Choice(["us", "them"]), default="us", show_default=True, help="Who saw it."
)
@click.option("--owner", default="", metavar="PERSON", help="Who looks after it.")
@click.option("--severity", default="", help="In your own words.")
@pass_app
def open_command(app: App, *, client: str, summary: str, job: str, opened_by: str, owner: str, severity: str) -> None:
    """Open a case for a client.

    \b
    Example:
        $ followup case open hall --summary "tap drips again"
    """
    from followup.cli import confirming
    from followup.workflow import contacts

    case = contacts.open_case(
        app.desk(), client, summary=summary, job=job, opened_by=opened_by, owner=owner, severity=severity
    )
    say(f"Opened case {case.id}. Nothing is asked of this client until `followup case resolve {case.id}`.")
    confirming.warn_of_stranded(app, case.client_id)


@case_command.command("list")
@click.option("--all", "everything", is_flag=True, help="Resolved ones too.")
@format_option
@pass_app
def list_command(app: App, *, everything: bool, format_: str, output: Path | None) -> None:
    """List the open cases, oldest first.

    \b
    Example:
        $ followup case list
    """
    from followup.report import cases

    desk = app.desk()
    found = desk.store.cases(open_only=not everything)
    clients = desk.store.clients({each.client_id for each in found})
    print_rows(
        app,
        cases.rows(found, clients, today=desk.today),
        cases.COLUMNS,
        format_=format_,
        output=output,
        empty="No open cases.",
    )


@case_command.command("show")
@click.argument("case")
@pass_app
def show_command(app: App, *, case: str) -> None:
    """Show a case with every contact since it was opened.

    \b
    Example:
        $ followup case show hall
    """
    from followup.report import cases
    from followup.workflow import finding

    desk = app.desk()
    found = finding.case(desk, case, open_only=False)
    client = finding.by_id(desk, found.client_id)
    for line in cases.lines(found, client, desk.store.contacts_of(client.id), today=desk.today):
        say(line)


@case_command.command("resolve")
@click.argument("case")
@click.option("--resolution", default="", help="How it was put right.")
@click.option("--cause", default="", help="What it came from, in a word.")
@click.option("--on", "on", type=DAY, help="When; today unless told.")
@pass_app
def resolve_command(app: App, *, case: str, resolution: str, cause: str, on: date | None) -> None:
    """Close a case; what waited for it counts from this day.

    \b
    Example:
        $ followup case resolve hall --resolution "new washer, no charge"
    """
    from followup.workflow import contacts

    closed = contacts.resolve_case(app.desk(), case, resolution=resolution, cause=cause, on=on)
    assert closed.closed_on is not None
    say(f"Resolved case {closed.id} on {words.long_day(closed.closed_on)}. Held asks count from this day.")
