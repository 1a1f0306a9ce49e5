"""init, demo, doctor, cadence, backup, restore, config."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from followup import home as homes
from followup.cli.app import App, pass_app
from followup.cli.output import Commands, format_option, print_rows, say
from followup.errors import ConfigurationError, ExitCode, UsageError
from followup.report import words


@click.command("init")
@click.argument("folder", metavar="[DIR]", required=False)
@click.option("--name", help="Your name.")
@click.option("--business", help="The name of the business.")
@click.option("--address", help="Its postal address, on one line.")
@click.option("--country", help="Two letters, e.g. GB.")
@click.option("--region", help="Where public holidays differ, e.g. SCT, BY.")
@click.option("--timezone", help="E.g. Europe/London; the system's unless told.")
@click.option("--email", help="Your e-mail address.")
@click.option("--basis", type=click.Choice(["opt-in", "completed-job"]), help="On what marketing messages may rest.")
@pass_app
def init_command(app: App, /, *, folder: str | None, **options: str | None) -> None:
    """Make a home: one folder with settings, database, journal and key. Never overwrites anything.

    \b
    Example:
        $ followup init --name "Sam Miller" --business "Miller Heating" --country GB --email sam@example.com
    """
    from followup.workflow import homes as workflow

    target = app.new_home_path(folder)
    homes.check_new(target)
    answers = {name: value for name, value in options.items() if value is not None}
    if app.interactive:
        answers = _ask(answers)
    answers.setdefault("timezone", homes.system_timezone(os.environ))
    made = workflow.make(target, answers=answers)
    say(f"Made a home in {made.path}")
    say("  followup.toml   your settings; every one is explained in it")
    say("  followup.db, journal, key   what happened; private to you")
    say("\nMessages become drafts for your own mail program; nothing is sent by itself.")
    say(f"Next:  cd '{made.path}' && followup import clients.csv jobs.csv")
    say(f"For cron (`crontab -e`):\n  {workflow.crontab_line(made)}")


def _ask(answers: dict[str, str]) -> dict[str, str]:
    """Ask for what no option said; a slip is asked again, and costs no answer that was given before it."""
    from followup import kinds, settings, workdays

    asked = dict(answers)

    def ask(name: str, question: str, default: str = "", check: Callable[[Any], Any] = kinds.line) -> None:
        if name not in asked:
            asked[name] = click.prompt(
                question, default=default, show_default=bool(default), err=True, value_proc=_answered(check)
            )

    ask("name", "Your name")
    ask("business", "Name of the business", asked["name"])
    ask("address", "Postal address, on one line (marketing messages must show it)")
    ask("country", "Country, two letters", homes.system_country(os.environ), kinds.country)
    country = asked["country"].strip().upper()
    regions = workdays.regions(country)
    if regions:
        listed = ", ".join(regions[:20])
        ask("region", f"Region, where holidays differ ({listed}; empty for none)", check=kinds.one_of(*regions))
    ask("timezone", "Time zone", homes.system_timezone(os.environ), kinds.timezone)
    ask("email", "Your e-mail address", check=kinds.email)
    if "basis" not in asked:
        click.echo(settings.BASIS_EXPLAINED, err=True)
        asked["basis"] = click.prompt(
            "Marketing messages rest on",
            type=click.Choice(["opt-in", "completed-job"]),
            default=settings.default_basis(country),
            err=True,
        )
    return asked


def _answered(check: Callable[[Any], Any]) -> Callable[[str], str]:
    """Return what click asks again with until *check* has nothing against the answer."""

    def take(text: str) -> str:
        answer = text.strip()
        try:
            return str(check(answer)) if answer else ""
        except ValueError as problem:
            raise click.UsageError(f"'{answer}' {problem}.") from None

    return take


@click.command("demo")
@click.argument("folder", metavar="[DIR]", required=False)
def demo_command(folder: str | None) -> None:
    """Play the example business: import, due, why, drafts, confirm, calls, report. Needs no server and no answers.

    \b
    Example:
        $ followup demo
    """
    from followup.cli import tour

    tour.play(Path(folder).absolute() if folder else None)


@click.command("doctor")
@format_option
@pass_app
def doctor_command(app: App, *, format_: str, output: Path | None) -> ExitCode:
    """Check home, settings, templates, cadences, database, journal and mail; say what to fix.

    The mail server is not asked: `followup mail test` does that.

    \b
    Example:
        $ followup doctor
    """
    from followup import tables
    from followup.workflow import doctor

    home = app.home
    try:
        desk = app.desk()
    except ConfigurationError:
        desk = None
    checks = doctor.examine(home, desk)
    rows = (
        (check.about, "ok" if check.ok else "FIX" if check.serious else "note", check.said, check.fix)
        for check in checks
    )
    columns = [tables.Column(name, name) for name in ("about", "state", "found", "fix")]
    if format_ == "table" and output is None:
        for check in checks:
            mark = "ok  " if check.ok else "FIX " if check.serious else "note"
            say(f"{mark}  {check.about:<10} {check.said}")
            if check.fix and not check.ok:
                say(f"                 -> {check.fix}")
    else:
        print_rows(app, rows, columns, format_=format_, output=output)
    serious = [check for check in checks if not check.ok and check.serious]
    if serious:
        app.narrate(f"{words.plural(len(serious), 'thing')} to fix.")
        return ExitCode.CONFIGURATION
    return ExitCode.DONE


@click.group("cadence", cls=Commands)
def cadence_command() -> None:
    """The rules that say what follows a job: shipped ones, and yours from followup.toml."""


@cadence_command.command("list")
@format_option
@pass_app
def cadence_list_command(app: App, *, format_: str, output: Path | None) -> None:
    """List every step: when, by which channel, with which template.

    \b
    Example:
        $ followup cadence list
    """
    from followup.report import cadences

    print_rows(app, cadences.rows(app.desk().settings.steps), cadences.COLUMNS, format_=format_, output=output)


@cadence_command.command("show")
@click.argument("name")
@pass_app
def cadence_show_command(app: App, *, name: str) -> None:
    """Show one step, or all steps of a cadence, in words and as you would write it in followup.toml.

    \b
    Example:
        $ followup cadence show thank-you
    """
    from followup.report import cadences

    for line in cadences.lines(app.desk().settings.steps, name):
        say(line)


@cadence_command.command("check")
@pass_app
def cadence_check_command(app: App) -> None:
    """Check that every step is understood, has its template, and that no step with a history has vanished.

    \b
    Example:
        $ followup cadence check
    """
    desk = app.desk()
    desk.check_steps()
    enabled = sum(step.enabled for step in desk.settings.steps)
    say(f"{enabled} steps are in force; all is well.")


@click.command("backup")
@click.argument("to", metavar="[FILE|DIR]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--csv",
    "tables_folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Instead, write everything as tables into this new folder: what to take along to another program.",
)
@pass_app
def backup_command(app: App, *, to: Path | None, tables_folder: Path | None) -> None:
    """Copy the home into one file: database, journal, templates, settings, key; never a password.

    \b
    Example:
        $ followup backup
        $ followup backup --csv everything
    """
    from followup.workflow import backups, exporting

    if tables_folder is not None:
        if to is not None:
            raise UsageError("--csv makes a folder instead of a backup; name one of the two.")
        counts = exporting.write_everything(app.desk(), tables_folder)
        say(f"Wrote everything to {tables_folder}, which only you can read; README.txt in it says what is where:")
        for name, count in counts.items():
            say(f"  {name:<20} {words.plural(count, 'row')}")
        return
    path = backups.backup(app.desk(), to)
    say(f"Wrote {path} and checked it. Keep it as safe as the home: it holds your clients.")


@click.command("restore")
@click.argument("backup", metavar="[BACKUP]", required=False, type=click.Path(path_type=Path))
@click.argument("folder", metavar="[DIR]", required=False)
@click.option(
    "--journal",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The journal of the home that was lost: it knows what went out since the backup, and who said stop.",
)
@click.option("--looked", is_flag=True, help="You have looked at what waits for review: treat it as due again.")
@pass_app
def restore_command(app: App, *, backup: Path | None, folder: str | None, journal: Path | None, looked: bool) -> None:
    """Bring a home back from a backup into an empty folder; what was due by then waits for your review.

    \b
    Example:
        $ followup restore followup-2026-03-02-090000.tar.gz ~/followup
        $ followup restore --looked
    """
    from followup.workflow import backups

    if looked:
        if backup is not None or journal is not None:
            raise UsageError("--looked is said in a home that was restored; it takes no backup.")
        backups.release_restored(app.desk())
        say("What waited for you to look is due again, save for what is too late by now.")
        return
    if backup is None:
        raise UsageError("Say which backup: followup restore BACKUP [DIR].")
    target = app.new_home_path(folder)
    made, contacts = backups.restore(
        backup, target, now=app.clock(), pretended=app.fixed_now is not None, journal_path=journal
    )
    say(f"Restored {made.path}: {words.plural(contacts, 'contact')} on record.")
    say("Everything due up to today waits for your review, because this copy cannot know what went out since.")
    say("Look at `followup due`; settle each with done or skip, or say `followup restore --looked` for all.")


@click.group("config", cls=Commands)
def config_command() -> None:
    """The settings in force."""


@config_command.command("show")
@click.option("--all", "everything", is_flag=True, help="Also those that are at their default.")
@format_option
@pass_app
def config_show_command(app: App, *, everything: bool, format_: str, output: Path | None) -> None:
    """Show each setting, its value, and whether it is yours, the default, or your mail provider's.

    \b
    Example:
        $ followup config show
    """
    from followup import settings, tables

    home = app.home
    rows = [row for row in settings.in_force(home.settings_path) if everything or row[2] != "default"]
    columns = [tables.Column(name, name) for name in ("setting", "value", "from")]
    print_rows(app, rows, columns, format_=format_, output=output, empty="Every setting is at its default.")
