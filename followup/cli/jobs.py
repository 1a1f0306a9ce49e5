"""job list | add | complete | reopen | edit | export."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from followup.care.kinds import RECAP
from followup.cli import care
from followup.cli.app import App, pass_app
from followup.cli.output import DAY, Commands, check_program, format_option, is_said, options, print_export, print_rows
from followup.errors import UsageError
from followup.report import words

if TYPE_CHECKING:
    from followup.model import Job

field_options = options(
    click.option("--completed", "completed_on", type=DAY, help="When it was finished; without it the job is open."),
    click.option("--promised", "promised_on", type=DAY, help="The day that was promised."),
    click.option("--amount", help="What it came to, e.g. 240.00."),
    click.option("--currency", help="Where it is not the home's."),
    click.option("--paid", "paid_on", type=DAY, help="When it was paid."),
    click.option("--unpaid", is_flag=True, default=None, help="It is not paid yet."),
    click.option("--invoice", "invoice_ref", help="Invoice number."),
    click.option("--site", "site_address", help="Where the work was."),
    click.option("--by", "assigned_to", help="Who did it."),
    click.option("--note", help="One personal line for the thank-you."),
)
"""Every field of a job that may be typed, but for the service, which a new job must have."""


@click.group("job", cls=Commands)
def job_command() -> None:
    """The work you do. A completed job starts its cadence."""


@job_command.command("list")
@click.option("--client", default="", help="Only this client's.")
@click.option("--open", "open_only", is_flag=True, help="Only those not completed.")
@format_option
@pass_app
def list_command(app: App, *, client: str, open_only: bool, format_: str, output: Path | None) -> None:
    """List jobs, newest first.

    \b
    Example:
        $ followup job list --client hall
    """
    from followup.report import jobs
    from followup.workflow import records

    desk = app.desk()
    print_rows(
        app,
        jobs.rows(records.jobs(desk, client=client, open_only=open_only)),
        jobs.COLUMNS,
        format_=format_,
        output=output,
        empty="No jobs.",
    )


@job_command.command("export")
@click.option("--for", "program", type=click.Choice(["excel"]), help="CSV as the Excel of your country wants it.")
@format_option
@pass_app
def export_command(app: App, *, program: str | None, format_: str, output: Path | None) -> None:
    """Write all jobs, one a row, in a form that `import` reads back as "nothing changed".

    \b
    Example:
        $ followup job export -o jobs.csv
        $ followup job export --for excel -o jobs.csv
    """
    from followup.workflow import exporting

    check_program(program, format_)
    print_export(app, exporting.jobs(app.desk(), program=program or ""), format_=format_, output=output)


@job_command.command("add")
@click.argument("client")
@click.option("--service", required=True, help="What was done.")
@field_options
@format_option
@pass_app
def add_command(app: App, /, *, client: str, format_: str, output: Path | None, **fields: Any) -> None:
    """Add a job for a client.

    \b
    Example:
        $ followup job add hall --service "Tap repair" --completed today --note "admired the old boiler"
    """
    from followup.workflow import records

    job = records.add_job(app.desk(), client, {name: value for name, value in fields.items() if value is not None})
    when = f"completed on {words.long_day(job.completed_on)}" if job.completed_on else "open"
    _tell(app, job, f"Added job {job.id}: {job.service}, {when}.", format_=format_, output=output)


@job_command.command("edit")
@click.argument("job")
@click.option("--service", help="What was done.")
@field_options
@format_option
@pass_app
def edit_command(app: App, /, *, job: str, format_: str, output: Path | None, **fields: Any) -> None:
    """Change a job; what has not gone out for it moves along.

    \b
    Example:
        $ followup job edit jk7m --note "new valve fitted free of charge"
    """
    from followup.report import clients
    from followup.workflow import records

    given = {name: value for name, value in fields.items() if value is not None}
    if not given:
        raise UsageError("Say what to change, e.g. --note. `followup job edit --help` lists the fields.")
    before, after = records.edit_job(app.desk(), job, given)
    changes = clients.differences(before, after)
    text = "\n".join(changes) if changes else "Nothing changed: it was so already."
    _tell(app, after, text, format_=format_, output=output)


def _tell(app: App, job: Job, text: str, *, format_: str, output: Path | None) -> None:
    """Say what became of a job; in csv and json the job is the result, and the rest is narration."""
    from followup.report import jobs
    from followup.workflow import finding

    if is_said(app, text, format_=format_, output=output):
        return
    row = jobs.rows([(job, finding.by_id(app.desk(), job.client_id))])
    print_rows(app, row, jobs.COLUMNS, format_=format_, output=output)


@job_command.command("complete")
@click.argument("job")
@click.option("--on", "on", type=DAY, help="When; today unless told.")
@click.option("--note", default="", help="One personal line for the thank-you.")
@click.option(
    "--checked", multiple=True, metavar="ITEM", help="What of the checklist is done: a number, a word, or all."
)
@click.option("--open-by", type=DAY, help="By when the client gets what is left open; it becomes a promise.")
@format_option
@pass_app
def complete_command(
    app: App,
    *,
    job: str,
    on: date | None,
    note: str,
    checked: tuple[str, ...],
    open_by: date | None,
    format_: str,
    output: Path | None,
) -> None:
    """Mark a job as completed: its cadence starts. With a checklist, what stays open becomes a promise.

    JOB is its id or invoice number, or a client with only one open job.

    \b
    Example:
        $ followup job complete hall --note "they love the new tap"
        $ followup job complete jk7m --checked all
    """
    from followup.workflow import completing

    desk = app.desk()
    meant = completing.to_complete(desk, job)
    items = completing.checklist(desk, meant)
    done: tuple[str, ...] | None = checked or None
    if items and done is None and app.interactive:
        done, open_by = _walk(items, open_by)
    completed = completing.complete(desk, meant.id, on=on, note=note, checked=done, open_by=open_by)
    assert completed.job.completed_on is not None
    lines = [f"Completed: {completed.job.service}, on {words.long_day(completed.job.completed_on)}."]
    for promise in completed.promises:
        assert promise.due_on is not None
        lines.append(f"Left open, and promised by {words.long_day(promise.due_on)}: {promise.summary} ({promise.id})")
    lines.append(f"`followup why {completed.job.client_id}` shows what follows.")
    _tell(app, completed.job, "\n".join(lines), format_=format_, output=output)


def _walk(items: tuple[str, ...], open_by: date | None) -> tuple[tuple[str, ...], date | None]:
    """Ask about every item of a checklist, and by when the client gets the rest."""
    done = tuple(item for item in items if click.confirm(f"{item}: done?", default=True, err=True))
    if len(done) < len(items) and open_by is None:
        open_by = click.prompt("By when will the rest be done?", type=DAY, err=True)
    return done, open_by


@job_command.command("recap")
@click.argument("job")
@click.option("--found", help="What you found.")
@click.option("--did", help="What you did.")
@click.option("--not-done", help="What you did not do, and why.")
@click.option("--watch-for", help="What to watch for from now on.")
@click.option("--confirmed", is_flag=True, help="The client said that it is right.")
@click.option("--corrected", default="", metavar="TEXT", help="What the client put right.")
@format_option
@pass_app
def recap_command(
    app: App, /, *, job: str, confirmed: bool, corrected: str, format_: str, output: Path | None, **parts: str | None
) -> None:
    """Write in plain words what a visit was about; a message asks the client to confirm or correct it.

    JOB is its id or invoice number, or a client with only one job that was done of late.

    \b
    Example:
        $ followup job recap hall --found "the valve was worn" --did "fitted a new one" --watch-for "drips at night"
    """
    from followup.workflow import completing

    desk = app.desk()
    given = {name: said for name, said in parts.items() if said is not None}
    if confirmed or corrected:
        if given or (confirmed and corrected):
            raise UsageError("Write a recap, or say --confirmed, or --corrected TEXT: one of the three.")
        closed = completing.answered(desk, job, correction=corrected)
        text = f"Kept: the client {closed.state} the recap of {closed.summary}."
        care.tell(app, RECAP, closed, text, format_=format_, output=output)
        return
    if not given and app.interactive:
        known = completing.suggested(desk, job)
        for name, label in completing.PARTS.items():
            given[name] = click.prompt(label, default=getattr(known, name), err=True)
    written = completing.recap(desk, job, given)
    lines = [f"{label + ':':<12}{said}" for name, label in completing.PARTS.items() if (said := getattr(written, name))]
    lines.append(f"`followup why {written.client_id} --step recap` says when the client gets it.")
    care.tell(app, RECAP, written, "\n".join(lines), format_=format_, output=output)


@job_command.command("reopen")
@click.argument("job")
@format_option
@pass_app
def reopen_command(app: App, *, job: str, format_: str, output: Path | None) -> None:
    """Mark a completed job as open again: what has not gone out for it stops.

    \b
    Example:
        $ followup job reopen jk7m
    """
    from followup.cli import confirming
    from followup.workflow import records

    opened = records.reopen_job(app.desk(), job)
    text = f"Open again: {opened.service}. Nothing more goes out for it until it is completed."
    _tell(app, opened, text, format_=format_, output=output)
    confirming.warn_of_stranded(app, opened.client_id, job_id=opened.id)
