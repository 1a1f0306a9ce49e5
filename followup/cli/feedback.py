"""feedback import."""

from __future__ import annotations

from pathlib import Path

import click

from followup.cli.app import App, pass_app
from followup.cli.output import Commands, format_option, is_said, print_rows
from followup.report import words


@click.group("feedback", cls=Commands)
def feedback_command() -> None:
    """Scores and comments. `followup log CLIENT --score 9` records one, `followup report feedback` lists them."""


@feedback_command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out-of", type=click.Choice(["5", "10"]), help="The best score in the file; stars count to 5.")
@click.option("--skip-unknown", is_flag=True, help="Leave out rows of people whom we do not know.")
@format_option
@pass_app
def import_command(
    app: App, *, file: Path, out_of: str | None, skip_unknown: bool, format_: str, output: Path | None
) -> None:
    """Take in the CSV of a form service: e-mail or name, score, comment, date.

    All of the file or nothing, and the same file again adds nothing.

    \b
    Example:
        $ followup feedback import answers.csv
    """
    from followup.report import feedback
    from followup.workflow import quotes, scores

    taken = scores.take_in(app.desk(), file, out_of=int(out_of) if out_of else None, skip_unknown=skip_unknown)
    for line in taken.left_out:
        app.narrate(f"Left out: {line}")
    text = f"{file}: {words.plural(len(taken.added), 'score')} added, {taken.same} as they were."
    if is_said(app, text, format_=format_, output=output):
        return
    print_rows(app, quotes.score_rows(app.desk(), taken.added), feedback.SCORES, format_=format_, output=output)
