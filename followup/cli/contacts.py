"""calls, done, log."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from followup import cells
from followup.cli.app import App, pass_app
from followup.cli.output import CHANNELS, DAY, format_option, is_said, print_rows, say
from followup.model import Channel, Direction, Outcome
from followup.report import words

if TYPE_CHECKING:
    from followup.workflow.contacts import Recorded

OUTCOMES = click.Choice([each.value for each in Outcome if each is not Outcome.SENT])


@click.command("calls")
@click.argument("client", metavar="[CLIENT]", required=False)
@format_option
@pass_app
def calls_command(app: App, *, client: str | None, format_: str, output: Path | None) -> None:
    """List the calls to make (and texts and letters to write), each with number, what was done and what to say.

    \b
    Example:
        $ followup calls
        $ followup calls hall
    """
    from followup.report import calls
    from followup.workflow import composing, finding

    desk = app.desk()
    sheet = composing.call_sheet(desk)
    if client is not None:
        who = finding.client(desk, client)
        sheet = [call for call in sheet if call.client.id == who.id]
    if format_ == "table" and output is None:
        for line in calls.lines(sheet, today=desk.today):
            say(line)
        if not sheet:
            click.echo("No calls to make.")
        return
    print_rows(app, calls.rows(sheet), calls.COLUMNS, format_=format_, output=output)


@click.command("done")
@click.argument("key_or_client", metavar="KEY|CLIENT")
@click.option("--outcome", type=OUTCOMES, help="How it went; unhappy opens a case.")
@click.option("--note", default="", help="What was said.")
@click.option("--by", default="", metavar="PERSON", help="Who did it.")
@click.option("--on", "on", type=DAY, help="When; today unless told.")
@click.option("--channel", type=CHANNELS, help="How, where not by the step's own channel.")
@format_option
@pass_app
def done_command(
    app: App,
    *,
    key_or_client: str,
    outcome: str | None,
    note: str,
    by: str,
    on: date | None,
    channel: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """Record a call, a letter, or anything that you did yourself.

    After voicemail or no answer the call comes again in two business days, three times at most.

    \b
    Example:
        $ followup done hall --outcome happy --note "heating is quiet now"
    """
    from followup.workflow import contacts

    recorded = contacts.done(
        app.desk(),
        key_or_client,
        outcome=Outcome(outcome) if outcome else None,
        note=note,
        by=by,
        on=on,
        channel=Channel(channel) if channel else None,
    )
    _tell(app, recorded, format_=format_, output=output)


@click.command("log")
@click.argument("client")
@click.option("--channel", type=CHANNELS, default="call", show_default=True, help="How.")
@click.option("--in", "incoming", is_flag=True, help="They contacted us.")
@click.option("--outcome", type=OUTCOMES, help="How it went; unhappy opens a case.")
@click.option("--note", default="", help="What was said.")
@click.option("--about", "summary", default="", help="A few words for the report.")
@click.option("--by", default="", metavar="PERSON", help="Who of us.")
@click.option("--on", "on", type=DAY, help="When; today unless told.")
@click.option("--for", "stands_for", default="", metavar="KEY|STEP", help="The touchpoint that this settles.")
@click.option("--job", default="", help="The job it was about.")
@click.option(
    "--score",
    type=click.IntRange(0, 10),
    help="How likely they are to recommend us, as they said: 0 to 10; implies --in.",
)
@format_option
@pass_app
def log_command(
    app: App,
    *,
    client: str,
    channel: str,
    incoming: bool,
    outcome: str | None,
    note: str,
    summary: str,
    by: str,
    on: date | None,
    stands_for: str,
    job: str,
    score: int | None,
    format_: str,
    output: Path | None,
) -> None:
    """Record any contact with a client, on any channel, in or out.

    \b
    Example:
        $ followup log hall --in --channel email --note "asked for the manual"
    """
    from followup.workflow import contacts

    recorded = contacts.log(
        app.desk(),
        client,
        channel=Channel(channel),
        direction=Direction.IN if incoming or score is not None else Direction.OUT,
        outcome=Outcome(outcome) if outcome else None,
        note=note,
        summary=summary,
        by=by,
        on=on,
        stands_for=stands_for,
        job=job,
        score=score,
    )
    _tell(app, recorded, format_=format_, output=output)


def _tell(app: App, recorded: Recorded, *, format_: str, output: Path | None) -> None:
    """Say what was recorded; in csv and json that is a row, and the rest is narration."""
    if not is_said(app, describe(recorded), format_=format_, output=output):
        from followup.report import contacts

        about = recorded.contact or recorded.decision
        assert about is not None
        row = contacts.recorded(
            recorded.contact,
            recorded.client,
            step=about.step,
            key=about.key,
            case_id=recorded.case.id if recorded.case else "",
            again_on=_again_on(recorded),
        )
        print_rows(app, [row], contacts.RECORDED, format_=format_, output=output)
    if recorded.case:
        from followup.cli import confirming

        confirming.warn_of_stranded(app, recorded.client.id)


def describe(recorded: Recorded) -> str:
    """Return what was recorded, in a line or two."""
    contact, client = recorded.contact, recorded.client
    if contact is None:
        assert recorded.decision is not None
        step = words.step(recorded.decision)
        return f"Done: {step} for {words.client(client)} ({recorded.decision.key})."
    way = "from" if contact.direction == Direction.IN else "to"
    about = f" for {contact.key}" if contact.key else ""
    outcome = f", {contact.outcome.value}" if contact.outcome else ""
    outcome += f", {contact.score} of 10" if contact.score is not None else ""
    name = words.client(client)
    lines = [
        f"Recorded: {words.channel(contact.channel)} {way} {name} on {words.long_day(contact.on)}{outcome}{about}."
    ]
    if recorded.case:
        lines.append(
            f"Opened case {recorded.case.id}: nothing is asked of this client until `followup case resolve"
            f" {recorded.case.id}`."
        )
        if recorded.case.acknowledged_at is not None:
            lines.append("You have spoken about it, so no message says once more that you know.")
    if recorded.unheard:
        lines.append(
            f"If it was about the open case ({cells.short(recorded.unheard.summary)}), say so: "
            f"followup case ack {recorded.unheard.id}"
        )
    if contact.outcome is Outcome.WRONG_NUMBER:
        lines.append(f"The right number, when you have it: followup client edit {client.id} --phone NUMBER")
    if recorded.next is not None:
        again = _again_on(recorded)
        if again:
            lines.append(f"The call comes again on {words.long_day(again)}.")
        elif recorded.next.state.value == "done":
            lines.append("That was the last try; the call does not come again.")
    return "\n".join(lines)


def _again_on(recorded: Recorded) -> date | None:
    if recorded.next is None or recorded.next.state.value == "done":
        return None
    return recorded.next.until or recorded.next.act_on
