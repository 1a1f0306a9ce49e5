"""case: the door, and ack, offer, grant, choose, reopen."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from followup.care.kinds import CASE
from followup.cli import care
from followup.cli.app import App, pass_app
from followup.cli.output import CHANNELS, DAY, format_option
from followup.model import THEM, US, Channel

case_command = care.door("case")

fix_by_option = click.option("--fix-by", type=DAY, help="By when it is put right; that becomes a promise.")


@case_command.command("ack")
@click.argument("case")
@click.option("--note", default="", help="What was said.")
@click.option("--channel", type=CHANNELS, default="call", show_default=True, help="How.")
@fix_by_option
@format_option
@pass_app
def ack_command(
    app: App, *, case: str, note: str, channel: str, fix_by: date | None, format_: str, output: Path | None
) -> None:
    """Record that you told the client yourself that you know of it; the message that would say so is not sent.

    \b
    Example:
        $ followup case ack hall --note "very sorry; I come on Thursday" --fix-by 2026-03-05
    """
    from followup.workflow import cases

    after, contact = cases.acknowledge(app.desk(), case, channel=Channel(channel), note=note, fix_by=fix_by)
    what = "Acknowledged" if contact else "Agreed"
    text = f"{what}: {after.summary or after.id}.{_fix(app, after.promise_id, fix_by)}"
    care.tell(app, CASE, after, text, format_=format_, output=output)


@case_command.command("offer")
@click.argument("case")
@click.argument("remedies", nargs=-1, required=True, metavar="REMEDY...")
@format_option
@pass_app
def offer_command(app: App, *, case: str, remedies: tuple[str, ...], format_: str, output: Path | None) -> None:
    """Offer remedies of the menu in followup.toml, several for the client to choose from.

    What you may grant is offered at once; for what you may not, the owner is asked, with a clock running.

    \b
    Example:
        $ followup case offer hall come-back-free price-off
    """
    from followup.workflow import cases

    offered = cases.offer(app.desk(), case, remedies)
    lines = list(offered.waits)
    if offered.now:
        lines.insert(0, f"Offered: {', '.join(offered.now)}. `followup preview {offered.case.id}.remedy-offer`")
    if offered.waits:
        lines.append(f"`followup case grant {offered.case.id}` says yes, --refused WHY says no.")
    care.tell(app, CASE, offered.case, "\n".join(lines), format_=format_, output=output)


@case_command.command("grant")
@click.argument("case")
@click.option("--refused", default="", metavar="WHY", help="The answer is no, and why.")
@format_option
@pass_app
def grant_command(app: App, *, case: str, refused: str, format_: str, output: Path | None) -> None:
    """Say yes to a remedy that somebody asked you for, or no with a reason.

    \b
    Example:
        $ followup case grant hall
    """
    from followup.workflow import cases

    after = cases.grant(app.desk(), case, refused=refused)
    text = f"Refused: {refused}." if refused else f"Granted. Offered: {', '.join(after.offered)}."
    care.tell(app, CASE, after, text, format_=format_, output=output)


@case_command.command("choose")
@click.argument("case")
@click.argument("remedy")
@fix_by_option
@format_option
@pass_app
def choose_command(app: App, *, case: str, remedy: str, fix_by: date | None, format_: str, output: Path | None) -> None:
    """Keep which of the offered remedies the client chose, and by when it is done.

    \b
    Example:
        $ followup case choose hall come-back-free --fix-by 2026-03-05
    """
    from followup.workflow import cases

    after = cases.choose(app.desk(), case, remedy, fix_by=fix_by)
    text = f"Chosen: {remedy}.{_fix(app, after.promise_id, fix_by)}"
    care.tell(app, CASE, after, text, format_=format_, output=output)


@case_command.command("reopen")
@click.argument("case")
@click.option("--summary", default="", help="What is wrong now; as before unless told.")
@click.option("--by", "opened_by", type=click.Choice([US, THEM]), default=THEM, show_default=True, help="Who saw it.")
@format_option
@pass_app
def reopen_command(app: App, *, case: str, summary: str, opened_by: str, format_: str, output: Path | None) -> None:
    """Open a resolved case again: it goes to the owner, and no message goes to that client by itself.

    \b
    Example:
        $ followup case reopen hall --summary "it drips again"
    """
    from followup.workflow import cases

    after = cases.reopen(app.desk(), case, summary=summary, opened_by=opened_by)
    text = f"Opened case {after.id}, which goes on with {after.continues_id}: {after.summary}."
    care.tell(app, CASE, after, text, format_=format_, output=output, remarks=True)


def _fix(app: App, promise_id: str, fix_by: date | None) -> str:
    from followup.workflow import care as cares

    said = f" It is promised ({promise_id}); `followup case resolve` keeps the promise." if promise_id else ""
    return "\n".join([said, *(cares.about_closing_day(app.desk(), fix_by) if fix_by else ())])
