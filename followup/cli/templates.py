"""template list | check | show | new | edit."""

from __future__ import annotations

from pathlib import Path

import click

from followup.cli.app import App, pass_app
from followup.cli.output import Commands, format_option, print_rows, say
from followup.errors import ExitCode
from followup.report import words


@click.group("template", cls=Commands)
def template_command() -> None:
    """The words of your messages: shipped ones, and yours in the home's templates folder."""


@template_command.command("list")
@format_option
@pass_app
def list_command(app: App, *, format_: str, output: Path | None) -> None:
    """List the templates in force, and whose they are.

    \b
    Example:
        $ followup template list
    """
    from followup.cells import Column
    from followup.workflow import templating

    desk = app.desk()
    columns = [Column(name, name) for name in ("template", "language", "channel", "purpose", "whose", "subject")]
    rows = (
        (each.name, each.language, each.channel, each.purpose, "yours" if each.own else "shipped", each.subject)
        for each in templating.found(desk)
    )
    print_rows(app, rows, columns, format_=format_, output=output)


@template_command.command("check")
@pass_app
def check_command(app: App) -> ExitCode:
    """Render every template for every kind of client, and say what does not work.

    \b
    Example:
        $ followup template check
    """
    from followup.workflow import templating

    desk = app.desk()
    problems = templating.check(desk)
    for problem in problems:
        say(problem)
    if problems:
        app.warn(f"{words.plural(len(problems), 'problem')}.")
        return ExitCode.CONFIGURATION
    say(f"{words.plural(len(templating.found(desk)), 'template')} checked; every one renders for every kind of client.")
    return ExitCode.DONE


@template_command.command("show")
@click.argument("name")
@pass_app
def show_command(app: App, *, name: str) -> None:
    """Print a template as it is in force.

    \b
    Example:
        $ followup template show thank-you.de
    """
    from followup.workflow import templating

    path = templating.path_of(app.desk(), name)
    app.narrate(str(path))
    say(path.read_text(encoding="utf-8").rstrip("\n"))


@template_command.command("new")
@click.argument("name")
@pass_app
def new_command(app: App, *, name: str) -> None:
    """Make a template of your own.

    \b
    Example:
        $ followup template new spring-greeting
    """
    from followup.workflow import templating

    path = templating.new(app.home, name)
    say(f"Made {path}\nWrite your words in it, then: followup template check")


@template_command.command("edit")
@click.argument("name")
@pass_app
def edit_command(app: App, *, name: str) -> None:
    """Copy a shipped template into your home and, with a terminal, open it in your editor.

    \b
    Example:
        $ followup template edit thank-you
    """
    from followup.workflow import templating

    path = templating.copy_for_editing(app.desk(), name)
    say(f"Yours to change: {path}")
    if app.interactive:
        click.edit(filename=str(path))
        problems = [each for each in templating.check(app.desk()) if path.name in each]
        for problem in problems:
            app.warn(problem)
