"""promise: the door, and move."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from followup.care.kinds import PROMISE
from followup.cli import care
from followup.cli.app import App, pass_app
from followup.cli.output import DAY, format_option
from followup.report import words

promise_command = care.door("promise")


@promise_command.command("move")
@click.argument("promise")
@click.option("--by", "by_on", type=DAY, required=True, help="The new day.")
@click.option("--reason", required=True, help="Why; the client reads it.")
@click.option("--target", "target_on", type=DAY, help="Our own, earlier day; the margin in followup.toml unless told.")
@format_option
@pass_app
def move_command(
    app: App, *, promise: str, by_on: date, reason: str, target_on: date | None, format_: str, output: Path | None
) -> None:
    """Move a promise to another day, and tell the client before the client asks: with the reason and the new day.

    PROMISE is its id, its client, or a job that was promised for a day.

    \b
    Example:
        $ followup promise move hall --by 2026-03-20 --reason "the part is held up at the maker's"
    """
    from followup.workflow import promises

    after = promises.move(app.desk(), promise, by_on=by_on, reason=reason, target_on=target_on)
    assert after.due_on is not None
    text = f"Moved to {words.long_day(after.due_on)}: {after.summary} ({after.id})."
    if after.opened_by == "us":
        key = f"{after.id}.promise-moved"
        text += f"\nThe client hears of it: `followup preview {key}`; if you rang instead, `followup done {key}`."
    care.tell(app, PROMISE, after, text, format_=format_, output=output, remarks=True)
