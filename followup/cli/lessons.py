"""lesson: the door, and what is done with lessons besides."""

from __future__ import annotations

from pathlib import Path

import click

from followup.cli import care
from followup.cli.app import App, pass_app
from followup.cli.output import format_option, print_pieces, print_rows

lesson_command = care.door("lesson")


@lesson_command.command("study")
@click.argument("lesson")
@click.option("--text", "as_text", is_flag=True, help="Plain text instead of markdown.")
@format_option
@pass_app
def study_command(app: App, *, lesson: str, as_text: bool, format_: str, output: Path | None) -> None:
    """Write a case study for the team, with names, addresses, e-mails and numbers taken out.

    What was taken out how often is said on the side. Read it before others do: a person can be known by a story, too.

    \b
    Example:
        $ followup lesson study hall -o study.md
    """
    from followup.report import studies
    from followup.workflow import studies as studying

    made = studying.study_of(app.desk(), lesson)
    lines = studies.as_text(made.lines) if as_text else made.lines
    told = [f"{word} {count}" for word, count in made.taken]
    if format_ == "table":
        print_pieces(app, (f"{line}\n" for line in lines), output=output, noun="line")
    else:
        row = (made.lesson.id, "\n".join(lines), told)
        print_rows(app, [row], studies.COLUMNS, format_=format_, output=output)
    app.narrate(f"Taken out: {', '.join(told)}." if told else "There was nothing to take out.")
