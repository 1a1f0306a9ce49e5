"""import, imports, undo."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from followup.cli.app import App, pass_app
from followup.cli.output import format_option, print_rows, say, yes_option

SHOWN = 20
"""How many lines of a kind are shown before the rest is only counted."""


@click.command("imports")
@format_option
@pass_app
def imports_command(app: App, *, format_: str, output: Path | None) -> None:
    """List what was imported when, the latest first.

    \b
    Example:
        $ followup imports
    """
    from followup.report import batches

    desk = app.desk()
    people = {person.id: person.name for person in desk.settings.people.values()}
    chosen = [batch for batch in desk.store.batches() if batch.kind == "import"]
    print_rows(
        app,
        batches.rows(chosen, people=people),
        batches.COLUMNS,
        format_=format_,
        output=output,
        empty="Nothing was imported yet. Start with: followup import clients.csv jobs.csv",
    )


@click.command("undo")
@yes_option
@pass_app
def undo_command(app: App, *, yes: bool) -> None:
    """Take back the last import or change by hand, after showing it.

    What reached a client stays on record, and so do opt-outs and erasures.

    \b
    Example:
        $ followup undo
    """
    from followup.workflow import undoing

    desk = app.desk()
    found = undoing.preview(desk)
    when = desk.local(found.batch.at)
    say(f"The last change: {found.batch.command}, {when:%Y-%m-%d %H:%M}")
    for item in found.going[:SHOWN]:
        say(f"  take back: {item.what}")
    if len(found.going) > SHOWN:
        say(f"  and {len(found.going) - SHOWN} more")
    for item in found.staying:
        say(f"  stays: {item.what}: {item.why_not}")
    if not found.going:
        undoing.undo(desk, found)  # passed over, so that the next undo looks at what was before it
        click.echo("Nothing of it can be taken back. `followup undo` again looks at the change before it.")
        return
    app.confirm("Take it back?", yes=yes)
    undoing.undo(desk, found)
    say(f"Taken back: {found.batch.command}{', except for what stays' if found.staying else ''}.")


def split_paths(typed: str) -> list[str]:
    """Return the paths that a person typed or dropped on the terminal, quotes and blanks allowed."""
    try:
        return shlex.split(typed, posix=sys.platform != "win32")
    except ValueError:
        return [typed]

