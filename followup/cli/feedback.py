"""feedback import."""

from __future__ import annotations

from pathlib import Path

import click

from followup.cli.app import App, pass_app
from followup.cli.output import Commands, say
from followup.report import words


@click.group("feedback", cls=Commands)
def feedback_command() -> None:
    """Scores and comments. `followup log CLIENT --score 9` records one, `followup report feedback` lists them."""


@feedback_command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out-of", type=click.Choice(["5", "10"]), help="The best score in the file; stars count to 5.")
@click.option("--skip-unknown", is_flag=True, help="Leave out rows of people whom we do not know.")
@pass_app
def import_command(app: App, *, file: Path, out_of: str | None, skip_unknown: bool) -> None:
    """Take in the CSV of a form service: e-mail or name, score, comment, date.

    All of the file or nothing, and the same file again adds nothing.

    \b
    Example:
        $ followup feedback import answers.csv
    """
    from followup.workflow import scores

    taken = scores.take_in(app.desk(), file, out_of=int(out_of) if out_of else None, skip_unknown=skip_unknown)
    for line in taken.left_out:
        app.narrate(f"Left out: {line}")
    say(f"{file}: {words.plural(taken.added, 'score')} added, {taken.same} as they were.")
