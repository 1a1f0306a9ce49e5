"""run: the daily run."""

from __future__ import annotations

import contextlib
import sys

import click

from followup.cli.app import App, pass_app
from followup.cli.output import say, yes_option
from followup.errors import ExitCode, FollowupError


@click.command("run")
@click.option("--cron", is_flag=True, help="Nobody is there: ask nothing, and print nothing when nothing is new.")
@yes_option
@pass_app
def run_command(app: App, *, cron: bool, yes: bool) -> ExitCode:
    """Do the daily run: hand over what is due, and print one digest when there is something to do.

    Cron mails what is printed to the owner. With --cron nothing is printed on a day on which nothing waits, and
    nothing twice: what still waits is told again when something new comes, or after a week. When something keeps
    messages from going out, one line on stderr says what, once a day; a server that is down is worth it after a day.
    log/followup.log in the home has each run; run.after in followup.toml is a command to run after each good one.

    \b
    Example:
        $ followup run --cron
    """
    if not cron:
        mail = app.desk().settings.mail
        if mail.by_server:
            app.confirm(f"Send what is due by {mail.host}?", yes=yes, option="--yes, or --cron where nobody is")
        return _run(app, cron=False)
    try:
        return _run(app, cron=True)
    except FollowupError as error:
        from followup.workflow import daily

        if _is_news(app, error):
            _warn(app, daily.one_line(str(error)), cron=True)
        return error.exit_code


def _run(app: App, *, cron: bool) -> ExitCode:
    from followup.workflow import daily, runlog

    desk = app.desk()
    with runlog.opened(desk) as log:
        log.event("run")
        try:
            done = daily.run(desk, automatic=cron, report=log.event)
        except FollowupError as error:
            log.event(f"stopped {error.exit_code.value}")
            raise
        for attempt in done.sent.drafted:
            log.event(f"drafted {attempt.key}")
        log.event(f"ended {done.code.value}")
    lines = list(daily.digest(done, quiet=cron))
    for line in lines:
        say(line)
    # Only what has left is told: a digest that could not be printed comes again.
    sys.stdout.flush()
    daily.remember(desk, done, told=bool(lines))
    problems = [daily.trouble(desk, done), daily.follow(desk) if done.is_good else ""]
    _warn(app, " ".join(filter(None, problems)), cron=cron)
    return done.code


def _warn(app: App, line: str, *, cron: bool) -> None:
    """Say what is wrong; cron, whose every word is a mail, says the same once a day."""
    from followup.workflow import daily

    is_told = False
    if cron:
        with contextlib.suppress(FollowupError):  # what cannot be noted is said again
            is_told = daily.is_told(app.desk(), line)
    if line and not is_told:
        app.warn(f"Error: {line}")


def _is_news(app: App, error: FollowupError) -> bool:
    from followup.workflow import daily

    try:
        return daily.is_news(app.desk(), error.exit_code)
    except FollowupError:  # there is no home to ask
        return True
