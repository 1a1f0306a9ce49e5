"""praise: the door, and what is done with praise besides."""

from __future__ import annotations

from pathlib import Path

import click

from followup.care.kinds import PRAISE
from followup.cli import care
from followup.cli.app import App, pass_app
from followup.cli.output import format_option

praise_command = care.door("praise")


@praise_command.command("quote")
@click.argument("praise")
@click.option("--wording", required=True, help="The words that they allowed, exactly.")
@click.option("--as", "quoted_as", required=True, metavar="NAME", help='What stands beside them: "M. D., Leeds".')
@click.option("--permission", required=True, help="Where and when they allowed it.")
@format_option
@pass_app
def quote_command(
    app: App, *, praise: str, wording: str, quoted_as: str, permission: str, format_: str, output: Path | None
) -> None:
    """Fix the words of a testimonial, the name beside it, and the permission to print both.

    What was allowed is not changed: other words need another permission, and `praise edit` says so in the history.

    \b
    Example:
        $ followup praise quote hall --wording "Spotless work" --as "A. H., Leeds" --permission "by mail on 2 March"
    """
    from followup.workflow import quotes

    quoted = quotes.quote(app.desk(), praise, wording=wording, quoted_as=quoted_as, permission=permission)
    text = f'Praise {quoted.id} can be quoted: "{quoted.quote}" {quoted.quoted_as}.'
    care.tell(app, PRAISE, quoted, text, format_=format_, output=output)
