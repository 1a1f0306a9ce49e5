"""handover: a client's matter goes to a colleague or a supplier, with the history."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from followup.care.kinds import PROMISE
from followup.cli import care
from followup.cli.app import App, pass_app
from followup.cli.output import DAY, format_option
from followup.report import words


@click.command("handover")
@click.argument("client")
@click.option("--to", required=True, metavar="PERSON", help="A colleague, or a supplier; a name of [people].")
@click.option("--by", "by_on", type=DAY, required=True, help="By when the client hears from them.")
@click.option("--about", default="", help="What it is about, as the client would say it.")
@click.option("--job", default="", help="The job it is about.")
@click.option("--case", default="", help="The case it is about; a colleague looks after it from now on.")
@click.option("--for-good", is_flag=True, help="The colleague looks after this client from now on.")
@format_option
@pass_app
def handover_command(
    app: App,
    *,
    client: str,
    to: str,
    by_on: date,
    about: str,
    job: str,
    case: str,
    for_good: bool,
    format_: str,
    output: Path | None,
) -> None:
    """Hand a client's matter over: the other gets the history by mail, the client hears who has it and by when.

    What the client is told is a promise: it is chased before its day like any other.

    \b
    Example:
        $ followup handover hall --to kim --by 2026-03-05 --about "the leak in the cellar"
    """
    from followup.workflow import care as cares
    from followup.workflow import handover

    promise, receiver = handover.hand_over(
        app.desk(), client, to=to, by_on=by_on, about=about, job=job, case=case, for_good=for_good
    )
    lines = [
        f"Handed to {receiver.name}, who is in touch by {words.long_day(by_on)} ({promise.id}).",
        f"With the history: `followup preview {promise.id}.handover-note`",
        f"To the client:    `followup preview {promise.id}.handover-told`",
        *cares.about_closing_day(app.desk(), by_on),
    ]
    care.tell(app, PROMISE, promise, "\n".join(lines), format_=format_, output=output)
