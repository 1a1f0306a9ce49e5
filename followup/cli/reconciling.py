"""reconcile: what keeps messages from going out."""

from __future__ import annotations

import click

from followup.cli.app import App, pass_app
from followup.cli.output import say, yes_option
from followup.errors import Declined, ExitCode


@click.command("reconcile")
@yes_option
@pass_app
def reconcile_command(app: App, *, yes: bool) -> ExitCode:
    """Explain what keeps messages from going out, and mend what can be mended here.

    A database that is older than its journal (restored, copied) learns what went out meanwhile, and a home that came
    to another machine sends from this one. Nothing goes out because of it: what is due waits for you to look.

    \b
    Example:
        $ followup reconcile
        $ followup reconcile --yes
    """
    from followup.workflow import reconciling

    found = reconciling.obstacles(app.desk())
    if not found:
        click.echo("Nothing keeps messages from going out.")
        return ExitCode.DONE
    left = 0
    for number, obstacle in enumerate(found):
        if number:
            click.echo()
        for line in obstacle.said:
            say(line)
        say(f"  What now: {obstacle.cure}.")
        if obstacle.repair is not None and _may_repair(app, obstacle.question, yes=yes):
            say(obstacle.repair())
        else:
            left += not obstacle.is_partial
    if not left:
        return ExitCode.DONE
    app.narrate(f"Nothing goes out before {'this is' if left == 1 else 'these are'} settled.")
    return ExitCode.CONFIGURATION


def _may_repair(app: App, question: str, *, yes: bool) -> bool:
    if not yes and not app.interactive:
        return False
    try:
        app.confirm(question, yes=yes)
    except Declined:
        return False
    return True
