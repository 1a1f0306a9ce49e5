"""concerns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from followup.cli.app import App, pass_app
from followup.cli.output import format_option, is_said, print_rows, say, yes_option
from followup.errors import UsageError
from followup.report import words

if TYPE_CHECKING:
    from followup.workflow.concerns import Found


@click.command("concerns")
@click.option("--accept", metavar="KEY", help="Do the next step that is proposed for this one.")
@click.option("--dismiss", metavar="KEY", help="Looked at: not shown again until something new is seen.")
@click.option("--days", type=click.IntRange(1, 365), help="With --dismiss: not shown for so many days.")
@click.option("--reason", default="", help="With --dismiss: why, for the record.")
@click.option("-v", "--verbose", is_flag=True, help="Show how each score adds up.")
@yes_option
@format_option
@pass_app
def concerns_command(
    app: App,
    *,
    accept: str | None,
    dismiss: str | None,
    days: int | None,
    reason: str,
    verbose: bool,
    yes: bool,
    format_: str,
    output: Path | None,
) -> None:
    """List clients who may be unhappy or drifting, why, and what to do before they complain.

    A score is a sum: each sign counts on its day and less each day after; what was answered since counts little. KEY is
    the one that is listed, or the client's name.

    \b
    Example:
        $ followup concerns
        $ followup concerns --accept hall
    """
    if accept is not None and dismiss is not None:
        raise UsageError("--accept and --dismiss say different things. Give one of them.")
    if dismiss is None and (days is not None or reason):
        raise UsageError("--days and --reason belong to --dismiss.")
    if accept is not None:
        _accept(app, accept, yes=yes, format_=format_, output=output)
    elif dismiss is not None:
        _dismiss(app, dismiss, days=days, reason=reason, format_=format_, output=output)
    else:
        _list(app, verbose=verbose or app.verbose, format_=format_, output=output)


def _list(app: App, *, verbose: bool, format_: str, output: Path | None) -> None:
    from followup.report import concerns as report
    from followup.workflow import concerns

    found = concerns.find(app.desk())
    if format_ != "table" or output is not None:
        print_rows(app, report.rows(found), report.COLUMNS, format_=format_, output=output)
        return
    for line in report.lines(found, verbose=verbose):
        say(line)
    if not found:
        say("Nobody to worry about.")
    if verbose:
        say()
        for line in report.table():
            say(line)


def _accept(app: App, text: str, *, yes: bool, format_: str, output: Path | None) -> None:
    from followup.care.concerns import Act
    from followup.care.kinds import CASE
    from followup.cli import care, confirming
    from followup.workflow import concerns

    desk = app.desk()
    found = concerns.of_client(desk, text)
    for line in _plan(found):
        app.narrate(line)
    if found.concern.proposal.act is not Act.CASE:
        app.confirm("Do this?", yes=yes)
    taken = concerns.accept(desk, found)
    opened = f"Opened case {taken.case.id} for {words.client(taken.client)}: {taken.case.summary}."
    steps = [(words.day(each.act_on), words.step(each), words.channel(each.channel), each.key) for each in taken.next]
    care.tell(app, CASE, taken.case, "\n".join([opened, *words.aligned(steps)]), format_=format_, output=output)
    confirming.warn_of_stranded(app, taken.client.id)


def _plan(found: Found) -> list[str]:
    """Return what taking up a concern would do."""
    from followup.care.concerns import Act

    proposal = found.concern.proposal
    says = {
        Act.APOLOGY: "Its first message says that we know, and apologises; a call follows.",
        Act.RETURN: "Its first message says that we got it wrong, and apologises; a call follows.",
        Act.CALL: "A call comes on the list of calls; no message goes out before it.",
    }
    if proposal.act is Act.CASE:
        return []
    return [
        f"{words.client(found.client)}: {proposal.text}.",
        f"This opens a case, seen by us: {proposal.summary}.",
        says[proposal.act],
        "Nothing is asked of this client until the case is resolved.",
    ]


def _dismiss(app: App, text: str, *, days: int | None, reason: str, format_: str, output: Path | None) -> None:
    from followup.report import concerns as report
    from followup.workflow import concerns

    desk = app.desk()
    found = concerns.of_client(desk, text)
    until = concerns.dismiss(desk, found, days=days, reason=reason)
    told = f"{words.client(found.client)} is no concern until "
    told += "something new is seen." if until is None else f"{words.long_day(until)}."
    if is_said(app, told, format_=format_, output=output):
        return
    print_rows(app, report.rows([found]), report.COLUMNS, format_=format_, output=output)
