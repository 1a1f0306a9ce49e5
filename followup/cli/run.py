"""run: the daily run."""

from __future__ import annotations

import click

from followup.cli.app import App, pass_app
from followup.cli.output import say
from followup.errors import ExitCode


@click.command("run")
@click.option("--cron", is_flag=True, help="Print nothing when all is well and nothing waits.")
@pass_app
def run_command(app: App, *, cron: bool) -> ExitCode:
    """Do the daily run: draft what is due, and print one digest when there is something to do.

    Cron mails what is printed to the owner; with --cron a day on which nothing waits prints nothing.

    \b
    Example:
        $ followup run --cron
    """
    from followup.workflow import daily

    done = daily.run(app.desk())
    for line in daily.digest(done, quiet=cron):
        say(line)
    return done.code
