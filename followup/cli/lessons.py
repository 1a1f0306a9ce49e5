"""lesson: the door, and what is done with lessons besides."""

from __future__ import annotations

from pathlib import Path

import click

from followup.cli import care
from followup.cli.app import App, pass_app
from followup.cli.output import print_pieces

lesson_command = care.door("lesson")


@lesson_command.command("study")
@click.argument("lesson")
@click.option("--text", "as_text", is_flag=True, help="Plain text instead of markdown.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write to FILE.")
@pass_app
def study_command(app: App, *, lesson: str, as_text: bool, output: Path | None) -> None:
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
    print_pieces(app, (f"{line}\n" for line in lines), output=output, noun="line")
    told = ", ".join(f"{word} {count}" for word, count in made.taken)
    app.narrate(f"Taken out: {told}." if told else "There was nothing to take out.")
