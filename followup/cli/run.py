"""run: the daily run."""

from __future__ import annotations

import sys

import click

from followup.cli.app import App, pass_app
from followup.cli.output import say
from followup.errors import ExitCode


@click.command("run")
@click.option("--cron", is_flag=True, help="Print nothing when nothing is new.")
@pass_app
def run_command(app: App, *, cron: bool) -> ExitCode:
    """Do the daily run: draft what is due, and print one digest when there is something to do.

    Cron mails what is printed to the owner. With --cron nothing is printed on a day on which nothing waits, and
    nothing twice: what still waits is told again when something new comes, or after a week.

    \b
    Example:
        $ followup run --cron
    """
    from followup.workflow import daily

    desk = app.desk()
    done = daily.run(desk)
    lines = list(daily.digest(done, quiet=cron))
    for line in lines:
        say(line)
    # Only what has left is told: a digest that could not be printed comes again.
    sys.stdout.flush()
    daily.remember(desk, done, told=bool(lines))
    return done.code
