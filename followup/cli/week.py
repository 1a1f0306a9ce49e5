"""week: the weekly round, question by question; it only calls what the other commands call."""

from __future__ import annotations

from pathlib import Path

import click

from followup.cli import contacts as contact_commands
from followup.cli import intake as intake_commands
from followup.cli import messages as message_commands
from followup.cli.app import App, pass_app
from followup.cli.output import day_words, plural, say
from followup.errors import FollowupError
from followup.model import Channel, Outcome

OUTCOME_KEYS = {
    "h": Outcome.HAPPY,
    "u": Outcome.UNHAPPY,
    "v": Outcome.VOICEMAIL,
    "n": Outcome.NO_ANSWER,
    "w": Outcome.WRONG_NUMBER,
}


@click.command("week")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@pass_app
def week_command(app: App, *, files: tuple[Path, ...]) -> None:
    """Walk through the weekly round: files to import, drafts to confirm, messages, calls, a summary.

    Every answer is kept at once; leave at any point with Ctrl-C. Without a terminal the round is printed.

    \b
    Example:
        $ followup week jobs.csv
    """
    if not app.interactive:
        _print_round(app)
        return
    _import(app, files)
    _confirm(app)
    _messages(app)
    _calls(app)
    _summary(app)


def _print_round(app: App) -> None:
    from followup.cli import planning as planning_commands
    from followup.report import calls
    from followup.workflow import sending

    desk = app.desk()
    planning_commands.show_status(app, desk.home.path)
    drafts = sending.drafts(desk)
    if drafts:
        click.echo("\nDrafts to confirm")
        for attempt in drafts:
            say(f"  {attempt.on}  {attempt.address}  {attempt.subject}  ({attempt.key})")
    prepared = sending.prepare(desk, sending.ready(desk))
    if prepared:
        click.echo("\nMessages to send")
        for item in prepared:
            said = item.message.subject if item.message else item.problem
            say(f"  {item.client.full_name or item.client.company}: {said}  ({item.decision.key})")
    sheet = sending.call_sheet(desk)
    if sheet:
        click.echo("\nCalls")
        for line in calls.lines(sheet, today=desk.today):
            say("  " + line if line else "")


def _import(app: App, files: tuple[Path, ...]) -> None:
    chosen = [str(path) for path in files]
    if not chosen:
        typed = click.prompt("Files to import (empty for none)", default="", show_default=False, err=True)
        chosen = intake_commands.split_paths(typed)
    if chosen:
        try:
            intake_commands.take_in(app, tuple(chosen))
        except FollowupError as error:
            app.warn(f"Not imported: {error}")


def _confirm(app: App) -> None:
    from followup.workflow import sending

    waiting = sending.drafts(app.desk())
    if waiting:
        click.echo(f"\n{plural(len(waiting), 'draft')} from before: did they go out?")
        message_commands.ask_drafts(app, waiting)


def _messages(app: App) -> None:
    from followup.model import InstructionKind
    from followup.workflow import planning, sending

    desk = app.desk()
    prepared = sending.prepare(desk, sending.ready(desk))
    if not prepared:
        click.echo("\nNo message is due.")
        return
    click.echo(f"\n{plural(len(prepared), 'message')} due.")
    good = [item for item in prepared if item.message is not None]
    for item in prepared:
        if item.message is None:
            app.warn(f"{item.decision.key}: {item.problem}")
    while good:
        item = good.pop(0)
        click.echo("\n" + "-" * 72)
        for reason in item.decision.reasons:
            say(f"because {reason.text}")
        message_commands.show(app, item)
        said = click.prompt(
            "[s]end as draft, [e]dit, s[k]ip for good, [l]ater, [a]ll the rest",
            type=click.Choice(["s", "e", "k", "l", "a"]),
            default="s",
            err=True,
        )
        if said == "e":
            message_commands.edit_words(app, item)
            again = sending.preview(desk, item.decision.key)
            good.insert(0, again)
        elif said == "k":
            planning.instruct(
                desk,
                client_id=item.decision.client_id,
                kind=InstructionKind.SKIP,
                command="week",
                key=item.decision.key,
            )
            say(f"Skipped {item.decision.key}.")
        elif said in ("s", "a"):
            chosen = [item, *good] if said == "a" else [item]
            done = sending.draft(desk, chosen)
            for attempt in done.drafted:
                say(f"Wrote draft: {attempt.file_name}")
            if said == "a":
                break
    if sending.drafts(desk):
        say(f"\nOpen {desk.home.drafts_path / 'drafts.html'} and send them, then confirm here next week or at once:")
        message_commands.ask_drafts(app, sending.drafts(desk))


def _calls(app: App) -> None:
    from followup.report import calls
    from followup.workflow import contacts, sending

    desk = app.desk()
    sheet = sending.call_sheet(desk)
    if not sheet:
        click.echo("\nNo calls to make.")
        return
    click.echo(f"\n{plural(len(sheet), 'call or letter', 'calls and letters')}.")
    for item in sheet:
        click.echo("-" * 72)
        for line in calls.lines([item], today=desk.today):
            say(line)
        if item.decision.channel == Channel.CALL:
            said = click.prompt(
                "[h]appy, [u]nhappy, [v]oicemail, [n]o answer, [w]rong number, [l]ater",
                type=click.Choice([*OUTCOME_KEYS, "l"]),
                default="l",
                err=True,
            )
        else:
            said = click.prompt("[d]one, [l]ater", type=click.Choice(["d", "l"]), default="l", err=True)
        if said == "l":
            continue
        note = click.prompt("Note", default="", show_default=False, err=True)
        recorded = contacts.done_for(desk, item.decision, outcome=OUTCOME_KEYS.get(said), note=note)
        say(contact_commands.describe(recorded))


def _summary(app: App) -> None:
    from followup.workflow import homes

    desk = app.desk()
    now = homes.status(desk)
    click.echo("\n" + "-" * 72)
    say(f"Done for {day_words(desk.today)}.")
    say(f"  waiting to be confirmed: {plural(now.drafts, 'draft')}")
    by_hand = plural(now.letters, "letter or text", "letters or texts")
    say(f"  left for later: {plural(now.messages, 'message')}, {plural(now.calls, 'call')}, {by_hand}")
    say(f"  held by a rule: {now.held}, to look at: {now.review + now.failed}")
    say(f"  open cases: {now.cases}")
