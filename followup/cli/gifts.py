"""gift: the door, and add, check, void, correct, limits: entries are looked at against the limits first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from followup import cells
from followup.care.kinds import KINDS
from followup.cli import care
from followup.cli.app import App, pass_app
from followup.cli.output import dry_run_option, format_option, print_rows, yes_option
from followup.report import words

if TYPE_CHECKING:
    from followup.workflow.gifts import Draft

GIFT = KINDS["gift"]

gift_command = care.door("gift")


@gift_command.command("add")
@click.argument("client")
@click.argument("summary", metavar="[TEXT]", required=False)
@care.field_options(GIFT, "add")
@dry_run_option
@yes_option
@format_option
@pass_app
def add_command(
    app: App, /, *, client: str, dry_run: bool, yes: bool, format_: str, output: Path | None, **fields: Any
) -> None:
    """Record what was given, after a look at the limits of your country.

    Every cost is without VAT. Over a limit you are asked; without a terminal, say --yes.

    \b
    Example:
        $ followup gift add hall "a box of tea" --goods 12.50 --purpose "thanks for the patience"
    """
    from followup.workflow import gifts

    made = gifts.draft(app.desk(), client, care.typed(fields))
    _look_and_record(app, made, dry_run=dry_run, yes=yes, format_=format_, output=output)


@gift_command.command("correct")
@click.argument("entry", metavar="GIFT")
@care.field_options(GIFT, "add")
@click.option("--what", "summary", help="What it was.")
@click.option("--reason", default="", help="What was wrong.")
@dry_run_option
@yes_option
@format_option
@pass_app
def correct_command(
    app: App, /, *, entry: str, reason: str, dry_run: bool, yes: bool, format_: str, output: Path | None, **fields: Any
) -> None:
    """Void an entry and enter it again, with what is said here put right.

    \b
    Example:
        $ followup gift correct hall --goods 21.50 --reason "a slip of the pen"
    """
    from followup.workflow import gifts

    made = gifts.correction(app.desk(), entry, care.typed(fields))
    _look_and_record(app, made, dry_run=dry_run, yes=yes, format_=format_, output=output, reason=reason)


@gift_command.command("void")
@click.argument("entry", metavar="GIFT")
@click.option("--reason", required=True, help="Why it is void.")
@format_option
@pass_app
def void_command(app: App, /, *, entry: str, reason: str, format_: str, output: Path | None) -> None:
    """Void an entry: it stays in the register with the reason, and counts nowhere.

    \b
    Example:
        $ followup gift void hall --reason "never handed over"
    """
    from followup.workflow import gifts

    voided = gifts.void(app.desk(), entry, reason=reason)
    care.tell(app, GIFT, voided, f"Voided gift {voided.id}: {reason}.", format_=format_, output=output)


@gift_command.command("limits")
@format_option
@pass_app
def limits_command(app: App, /, *, format_: str, output: Path | None) -> None:
    """List the limits of your country: since when, looked up when, and where.

    \b
    Example:
        $ followup gift limits
    """
    from followup.report import gifts as gift_report
    from followup.workflow import gifts

    desk = app.desk()
    country = desk.settings.business.country or "your country"
    found = gift_report.rule_rows(gifts.rules(desk))
    empty = f"followup knows no limits of {country}. Your accountant does."
    print_rows(app, found, gift_report.RULE_COLUMNS, format_=format_, output=output, empty=empty)


def _look_and_record(
    app: App, made: Draft, *, dry_run: bool, yes: bool, format_: str, output: Path | None, reason: str = ""
) -> None:
    """Show the totals against the limits, ask where one is passed, and record."""
    from followup.care.gifts import cost
    from followup.workflow import gifts

    gift = made.gift
    what = f"{cells.amount(cost(gift), gift.currency)} for {gift.recipient or words.client(made.client)}"
    if not dry_run:
        for line in made.lines():
            app.warn(line)
        if made.is_over:
            app.confirm(f"Record {what}, over the limit?", yes=yes)
        gifts.record(app.desk(), made, reason=reason)
    said = "Would record" if dry_run else "Recorded"
    place = f" in the place of {made.replaces.id}" if made.replaces else ""
    name = "" if dry_run else f" {gift.id}"
    stands = made.found.status.value.replace("_", " ")
    text = f"{said} gift{name}{place}: {what}, given on {words.long_day(gift.opened_on)}: {stands}."
    lines = made.lines() if dry_run else []
    care.tell(app, GIFT, gift, "\n".join([text, *lines]), format_=format_, output=output)
