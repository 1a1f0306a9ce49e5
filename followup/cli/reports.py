"""report contacts | summary | outcomes | feedback | gifts | rewards, and one report for each kind of record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from followup.care.kind import Kind
from followup.care.kinds import KINDS
from followup.cli.app import App, pass_app
from followup.cli.output import CHANNELS, DAY, Commands, format_option, options, print_rows, say
from followup.errors import UsageError
from followup.model import Channel

period_options = options(
    click.option("--from", "from_on", type=DAY, help="First day."),
    click.option("--to", "to_on", type=DAY, help="Last day; today unless told."),
    click.option("--month", metavar="2026-03", help="One month."),
    click.option("--quarter", metavar="2026-Q1", help="One quarter."),
    click.option("--year", metavar="2026", help="One year."),
    click.option("--last-month", is_flag=True, help="The month before this one."),
)
"""The ways to name a period; inclusive local days."""


@click.group("report", cls=Commands)
def report_command() -> None:
    """What happened in a period, for you and for the accountant."""


@report_command.command("contacts")
@period_options
@click.option("--client", default="", help="Only this client.")
@click.option("--channel", type=CHANNELS, help="Only this channel.")
@click.option("--excel", is_flag=True, help="CSV that opens right with a double click in your country.")
@format_option
@pass_app
def contacts_command(
    app: App,
    /,
    *,
    client: str,
    channel: str | None,
    excel: bool,
    format_: str,
    output: Path | None,
    **period: Any,
) -> None:
    """Write the contact report: one row for every contact that happened, out or in.

    Without a period, this month up to today. Days are inclusive, and those of the home.

    \b
    Example:
        $ followup report contacts --last-month --format csv -o contacts.csv
    """
    from followup.report import contacts
    from followup.workflow import reporting

    if excel and format_ == "json":
        raise UsageError("--excel makes a csv file; leave out --format json.")
    found = reporting.contacts(app.desk(), client=client, channel=Channel(channel) if channel else None, **period)
    print_rows(
        app,
        found.rows,
        contacts.COLUMNS,
        format_="csv" if excel else format_,
        output=output,
        envelope=found.envelope,
        excel=app.desk().settings.business.country if excel else "",
    )
    # A csv holds header and rows only, and in json the totals are part of the result.
    if excel or format_ == "csv" or output is not None:
        for line in found.lines():
            app.narrate(line)
    elif format_ == "table":
        say("\n".join(["", *found.lines()] if found.totals.count else found.lines()))


@report_command.command("summary")
@period_options
@format_option
@pass_app
def summary_command(app: App, /, *, format_: str, output: Path | None, **period: Any) -> None:
    """Count what happened in a period: contacts by channel and outcome, thanks, asks, cases.

    Without a period, this month up to today. What waits now stands below.

    \b
    Example:
        $ followup report summary --month 2026-03
    """
    from followup.report import summary
    from followup.workflow import reporting

    print_rows(
        app,
        reporting.summary(app.desk(), **period),
        summary.COLUMNS,
        format_=format_,
        output=output,
    )


@report_command.command("outcomes")
@period_options
@format_option
@pass_app
def outcomes_command(app: App, /, *, format_: str, output: Path | None, **period: Any) -> None:
    """Count whether it is working: promises kept, time to first answer, cases, clients who come again, referrals, asks.

    Without a period, this month up to today. Each number says of how many; where there are too few, it says that.

    \b
    Example:
        $ followup report outcomes --year 2026
    """
    from followup.report import outcomes as report
    from followup.workflow import outcomes

    print_rows(app, outcomes.rows(app.desk(), **period), report.COLUMNS, format_=format_, output=output)


def _register(
    app: App, *, rewards: bool, batch: str, excel: bool, format_: str, output: Path | None, more: Any
) -> None:
    """Print the register, and note under which name the accountant gets it, where one is told."""
    from followup.report import gifts as gift_report
    from followup.workflow import gifts

    if excel and format_ == "json":
        raise UsageError("--excel makes a csv file; leave out --format json.")
    desk = app.desk()
    if batch:
        new = gifts.hand_over(desk, batch, rewards=rewards, **more)
        app.narrate(f"{new} of these are handed over for the first time, as '{batch}'.")
    found = gifts.register(desk, rewards=rewards, batch=batch, **more)
    print_rows(
        app,
        found.rows,
        gift_report.COLUMNS,
        format_="csv" if excel else format_,
        output=output,
        envelope=found.envelope,
        excel=desk.settings.business.country if excel else "",
    )
    if excel or format_ == "csv" or output is not None:
        for line in found.lines():
            app.narrate(line)
    elif format_ == "table":
        say("\n".join(["", *found.lines()] if found.totals.count else found.lines()))


register_options = options(
    period_options,
    click.option(
        "--as-batch", "batch", default="", metavar="NAME", help="Note that the accountant gets these as NAME."
    ),
    click.option("--excel", is_flag=True, help="CSV that opens right with a double click in your country."),
    format_option,
)


@report_command.command("gifts")
@register_options
@pass_app
def gifts_command(app: App, /, *, batch: str, excel: bool, format_: str, output: Path | None, **period: Any) -> None:
    """Write the register of gifts: every entry with its costs, the totals it stands in, and its limit.

    Without a period, this month up to today. With --as-batch only what was not handed over under another name.

    \b
    Example:
        $ followup report gifts --quarter 2026-Q1 --format csv -o gifts.csv
    """
    _register(app, rewards=False, batch=batch, excel=excel, format_=format_, output=output, more=period)


@report_command.command("rewards")
@register_options
@pass_app
def rewards_command(app: App, /, *, batch: str, excel: bool, format_: str, output: Path | None, **period: Any) -> None:
    """Write the rewards for referrals: every entry, and what each payee got in a calendar year.

    Without a period, this month up to today.

    \b
    Example:
        $ followup report rewards --year 2026 --format csv -o rewards.csv
    """
    _register(app, rewards=True, batch=batch, excel=excel, format_=format_, output=output, more=period)


_VIEWS: Mapping[str, Callable[[Any], Any]] = {
    "praise": click.option("--quotable", "view", is_flag=True, help="Only what may be printed, of any time."),
    "lesson": click.option("--by", "view", type=click.Choice(["cause"]), help="Count causes: what keeps happening."),
}
"""What else the report of a kind shows."""


def _view(
    app: App, kind: Kind, *, client: str, excel: bool, format_: str, output: Path | None, period: dict[str, Any]
) -> None:
    """Print the other view of a kind."""
    from followup.report import feedback
    from followup.workflow import quotes

    if client or excel:
        raise UsageError("--client and --excel belong to the whole list.")
    if kind.name == "praise":
        if any(period.values()):
            raise UsageError("--quotable lists those of any time; leave the period out.")
        rows = quotes.quotable(app.desk())
    else:
        rows = quotes.causes(app.desk(), **period)
    columns = feedback.COLUMNS[kind.name]
    print_rows(app, rows, columns, format_=format_, output=output, empty=f"No {kind.plural}.")


def _of_kind(kind: Kind) -> click.Command:
    """Return the report of a kind of record."""

    def records(
        app: App, /, *, client: str, excel: bool, format_: str, output: Path | None, view: Any = None, **period: Any
    ) -> None:
        from followup.workflow import reporting

        if view:
            _view(app, kind, client=client, excel=excel, format_=format_, output=output, period=period)
            return
        if excel and format_ == "json":
            raise UsageError("--excel makes a csv file; leave out --format json.")
        found = reporting.records(app.desk(), kind, client=client, **period)
        print_rows(
            app,
            found.rows,
            kind.columns,
            format_="csv" if excel else format_,
            output=output,
            envelope=found.envelope,
            excel=app.desk().settings.business.country if excel else "",
        )
        if excel or format_ == "csv" or output is not None:
            app.narrate(found.line())
        elif format_ == "table":
            say("\n".join(["", found.line()] if found.states else [found.line()]))

    text = f"""Report the {kind.plural} that began in a period or ended in it, and how they stand now.

    Without a period, this month up to today. Days are inclusive, and those of the home.

    \b
    Example:
        $ followup report {kind.plural} --quarter 2026-Q1 --format csv -o {kind.plural}.csv
    """
    one = click.option("--client", default="", help="Only this client's.")
    double = click.option("--excel", is_flag=True, help="CSV that opens right with a double click in your country.")
    views = [_VIEWS[kind.name]] if kind.name in _VIEWS else []
    command = options(period_options, *views, one, double, format_option)(pass_app(records))
    return click.command(kind.plural, help=text)(command)


for _kind in KINDS.values():
    if "add" in _kind.verbs:  # gifts have a report of their own, with limits and control totals
        report_command.add_command(_of_kind(_kind))


@report_command.command("feedback")
@period_options
@format_option
@pass_app
def feedback_command(app: App, /, *, format_: str, output: Path | None, **period: Any) -> None:
    """List the scores and comments of a period, the low ones marked.

    Without a period, this month up to today.

    \b
    Example:
        $ followup report feedback --year 2026
    """
    from followup.report import feedback
    from followup.workflow import quotes

    rows = quotes.scores(app.desk(), **period)
    print_rows(app, rows, feedback.SCORES, format_=format_, output=output, empty="No scores.")
