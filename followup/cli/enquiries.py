"""enquiry: the door, and answer, won, lost."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from followup.care.kinds import ENQUIRY
from followup.cli import care
from followup.cli.app import App, pass_app
from followup.cli.output import CHANNELS, DAY, format_option
from followup.model import Channel
from followup.report import words

enquiry_command = care.door("enquiry")


@enquiry_command.command("answer")
@click.argument("enquiry")
@click.option("--note", default="", help="What you said.")
@click.option("--channel", type=CHANNELS, default="call", show_default=True, help="How.")
@click.option("--on", type=DAY, help="When; now unless told.")
@format_option
@pass_app
def answer_command(
    app: App, *, enquiry: str, note: str, channel: str, on: date | None, format_: str, output: Path | None
) -> None:
    """Record that you answered an enquiry. What follows it counts from this day, until it is won or lost.

    \b
    Example:
        $ followup enquiry answer hall --note "can come on Thursday to measure"
    """
    from followup.workflow import enquiries

    answered = enquiries.answer(app.desk(), enquiry, channel=Channel(channel), note=note, on=on)
    assert answered.acted_on is not None
    text = f"Answered on {words.long_day(answered.acted_on)}: {answered.summary or answered.service or answered.id}."
    care.tell(app, ENQUIRY, answered, text, format_=format_, output=output)


@enquiry_command.command("won")
@click.argument("enquiry")
@click.option("--job", default="", help="The job that it became; without it a new one is made.")
@click.option("--service", default="", help="What the new job is; what was asked for unless told.")
@click.option("--promised", "promised_on", type=DAY, help="The day that was promised for it.")
@click.option("--amount", default="", help="What it comes to.")
@format_option
@pass_app
def won_command(
    app: App,
    *,
    enquiry: str,
    job: str,
    service: str,
    promised_on: date | None,
    amount: str,
    format_: str,
    output: Path | None,
) -> None:
    """Close an enquiry as won: it becomes a job.

    \b
    Example:
        $ followup enquiry won hall --service "Bathroom" --promised 2026-03-27
    """
    from followup.workflow import care as cares
    from followup.workflow import enquiries

    closed, became = enquiries.won(
        app.desk(), enquiry, job=job, service=service, promised_on=promised_on, amount=amount
    )
    when = f", promised for {words.long_day(became.promised_on)}" if became.promised_on else ""
    text = f"Won: job {became.id}, {became.service}{when}. `followup job complete {became.id}` when it is done."
    if became.promised_on:
        text = "\n".join([text, *cares.about_closing_day(app.desk(), became.promised_on)])
    care.tell(app, ENQUIRY, closed, text, format_=format_, output=output)


@enquiry_command.command("lost")
@click.argument("enquiry")
@click.option("--reason", default="", help="Why.")
@click.option("--declined", is_flag=True, help="It was you who said no: the client gets the reason, kindly put.")
@format_option
@pass_app
def lost_command(app: App, *, enquiry: str, reason: str, declined: bool, format_: str, output: Path | None) -> None:
    """Close an enquiry as lost; a last message says thank you all the same.

    \b
    Example:
        $ followup enquiry lost hall --reason "we do not fit gas fires" --declined
    """
    from followup.workflow import enquiries

    closed = enquiries.lost(app.desk(), enquiry, reason=reason, declined=declined)
    text = f"Lost: {closed.summary or closed.service or closed.id}. `followup preview {closed.id}.enquiry-not-now`."
    care.tell(app, ENQUIRY, closed, text, format_=format_, output=output)
