"""week: the weekly round, question by question; it only calls what the other commands call."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from followup import cells
from followup.cli import confirming
from followup.cli import contacts as contact_commands
from followup.cli import intake as intake_commands
from followup.cli import messages as message_commands
from followup.cli import sending as sending_commands
from followup.cli.app import App, pass_app
from followup.cli.output import say
from followup.errors import FollowupError
from followup.model import Channel, InstructionKind, Outcome, State
from followup.report import words

if TYPE_CHECKING:
    from followup.model import Attempt, Decision
    from followup.workflow.composing import Prepared

OUTCOME_KEYS = {
    "h": Outcome.HAPPY,
    "u": Outcome.UNHAPPY,
    "v": Outcome.VOICEMAIL,
    "n": Outcome.NO_ANSWER,
    "w": Outcome.WRONG_NUMBER,
}
RULE = "-" * 72


@click.command("week")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
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
    did: Counter[str] = Counter()
    _import(app, files)
    confirming.ask_waiting(app)
    _messages(app, did)
    _calls(app, did)
    _notes(app)
    _summary(app, did)


# ---------------------------------------------------------------- without a terminal


def _print_round(app: App) -> None:
    from followup.cli import planning as planning_commands
    from followup.report import calls
    from followup.workflow import composing, sending, settling

    desk = app.desk()
    planning_commands.show_status(app, desk.home.path)
    waiting = settling.waiting(desk)
    if waiting:
        click.echo("\nDid these go out? (`followup confirm`)")
        for attempt in waiting:
            say(f"  {confirming.draft_line(attempt)}")
    prepared = sending_commands.awake(app, composing.prepare(desk, sending.ready(desk)))
    if prepared:
        click.echo("\nMessages to send")
        for item in prepared:
            said = item.message.subject if item.message else item.problem
            say(f"  {cells.printable(words.client(item.client))}: {cells.printable(said)}  ({item.decision.key})")
    sheet = composing.call_sheet(desk)
    if sheet:
        # Whom, what for and what was last: a screenful for a week. The words themselves fill pages.
        click.echo("\nCalls, texts and letters (`followup calls` has the words)")
        for line in calls.lines([replace(call, script="") for call in sheet], today=desk.today):
            say("  " + line if line else "")
    lines = [line for _, line in _notes_waiting(app)]
    if lines:
        click.echo("\nFor one of you (`followup done KEY`)")
        for line in lines:
            say(f"  {line}")


def _notes_waiting(app: App) -> list[tuple[Decision, str]]:
    """Return what one of the firm is to do, each with a line about it."""
    from followup.workflow import planning

    desk = app.desk()
    found = [each for each in planning.due(desk) if each.channel is Channel.NOTE and each.state is State.DUE]
    clients, about = planning.clients_of(desk, found), planning.services_of(desk, found)
    made = []
    for decision in found:
        who = words.client(clients.get(decision.client_id), client_id=decision.client_id)
        what = ": ".join(part for part in (words.step(decision), words.services(decision, about)) if part)
        made.append((decision, f"{decision.to_person}: {who}, {what}  ({decision.key})"))
    return made


# ---------------------------------------------------------------- question by question


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


def _messages(app: App, did: Counter[str]) -> None:
    from followup.workflow import composing, planning, sending

    desk = app.desk()
    prepared = sending_commands.awake(app, composing.prepare(desk, sending.ready(desk)))
    if not prepared:
        click.echo("\nNo message is due.")
        return
    opens_at = sending.opens_at(desk)
    if opens_at:
        click.echo(f"\n{words.plural(len(prepared), 'message')} due, held until {opens_at} (mail.send_between).")
        return
    click.echo(f"\n{words.plural(len(prepared), 'message')} due.")
    good = [item for item in prepared if item.message is not None]
    for item in prepared:
        if item.message is None:
            app.warn(f"{item.decision.key}: {item.problem}")
    by_server = desk.settings.mail.by_server
    services, count = planning.services_of(desk, [item.decision for item in good]), len(good)
    drafted: list[Attempt] = []
    to_send: list[Prepared] = []
    while good:
        number, item = count - len(good) + 1, good.pop(0)
        what, about = words.step(item.decision), words.services(item.decision, services)
        click.echo("\n" + RULE)
        say(f"{number} of {count}: {what}{f', {about}' if about else ''}")
        for reason in item.decision.reasons:
            say(f"  because {reason.text}")
        click.echo()
        message_commands.show(app, item, brief=True)
        click.echo()
        said = click.prompt(
            f"[s]end{'' if by_server else ' as draft'}, [e]dit, s[k]ip for good, [l]ater, [a]ll the rest",
            type=click.Choice(["s", "e", "k", "l", "a"]),
            show_choices=False,
            default="s",
            err=True,
        )
        if said == "e":
            good.insert(0, _edited(app, item))
        elif said == "k":
            _skip(app, item, did)
        elif said in ("s", "a"):
            picked = [item, *good] if said == "a" else [item]
            if by_server:  # one connection for all of them, at the end
                to_send += picked
            else:
                drafted += _draft(app, picked)
            if said == "a":
                break
    did["handed over"] += len(drafted)
    if drafted:
        say(f"\nOpen {desk.home.drafts_path / 'drafts.html'} and send them; answer when you have, or later.")
        confirming.ask_drafts(app, drafted)
    if to_send:
        click.echo("\n" + RULE)
        _send(app, to_send, did)


def _skip(app: App, item: Prepared, did: Counter[str]) -> None:
    from followup.workflow import planning

    planning.instruct(
        app.desk(),
        client_id=item.decision.client_id,
        kind=InstructionKind.SKIP,
        command="week",
        key=item.decision.key,
    )
    did["skipped"] += 1
    say(f"Skipped {item.decision.key}.")


def _draft(app: App, picked: list[Prepared]) -> list[Attempt]:
    from followup.workflow import sending

    made = sending.draft(app.desk(), picked).drafted
    for attempt in made:
        say(f"Wrote draft: {attempt.key}  {attempt.address}")
    if not made:
        app.warn(f"Not drafted: a rule stopped it. `followup why {picked[0].decision.key}` says which.")
    return made


def _send(app: App, picked: list[Prepared], did: Counter[str]) -> None:
    try:
        _, accepted = sending_commands.hand_over(app, picked)
    except FollowupError as error:  # a no, or what stops sending today: the calls are still to be made
        app.warn(str(error))
        return
    did["handed over"] += accepted


def _edited(app: App, item: Prepared) -> Prepared:
    """Let the owner change the words; what cannot be kept is said, and the round goes on."""
    from followup.workflow import composing

    try:
        message_commands.edit_words(app, item)
    except FollowupError as error:
        app.warn(str(error))
    except click.ClickException as error:  # there is no editor
        app.warn(error.format_message())
    return composing.preview(app.desk(), item.decision.key)


def _calls(app: App, did: Counter[str]) -> None:
    from followup.report import calls
    from followup.workflow import composing, contacts

    desk = app.desk()
    sheet = composing.call_sheet(desk)
    if not sheet:
        click.echo("\nNo calls to make.")
        return
    click.echo(f"\n{words.plural(len(sheet), 'call, text or letter', 'calls, texts and letters')}.")
    for number, item in enumerate(sheet, 1):
        click.echo("\n" + RULE)
        for line in calls.lines([item], today=desk.today, number=number, ends=False):
            say(line)
        if item.decision.channel == Channel.CALL:
            said = click.prompt(
                "[h]appy, [u]nhappy, [v]oicemail, [n]o answer, [w]rong number, [l]ater",
                type=click.Choice([*OUTCOME_KEYS, "l"]),
                show_choices=False,
                default="l",
                err=True,
            )
        else:
            said = click.prompt(
                "[d]one, [l]ater", type=click.Choice(["d", "l"]), show_choices=False, default="l", err=True
            )
        if said == "l":
            continue
        note = click.prompt("Note", default="", show_default=False, err=True)
        try:
            recorded = contacts.done_for(desk, item.decision, outcome=OUTCOME_KEYS.get(said), note=note)
        except FollowupError as error:  # done by somebody else meanwhile; nobody wants to begin the round again
            app.warn(str(error))
            continue
        did["called"] += 1
        say(contact_commands.describe(recorded))


def _notes(app: App) -> None:
    from followup.workflow import composing, contacts

    waiting = _notes_waiting(app)
    if waiting:
        click.echo(f"\n{words.plural(len(waiting), 'note')} to one of you.")
    for decision, line in waiting:
        say(f"  {line}")
        note = composing.preview(app.desk(), decision.key)
        for each in (note.message.text if note.message else note.problem).splitlines():
            say(f"    {each}" if each else "")
        if (
            click.prompt("[d]one, [l]ater", type=click.Choice(["d", "l"]), show_choices=False, default="l", err=True)
            == "d"
        ):
            try:
                recorded = contacts.done_for(app.desk(), decision)
            except FollowupError as error:
                app.warn(str(error))
                continue
            say(contact_commands.describe(recorded))


def _summary(app: App, did: Counter[str]) -> None:
    from followup.workflow import planning, status

    desk = app.desk()
    now = status.count(desk)
    coming = [each for each in planning.coming(desk, weeks=1) if each.act_on and each.act_on > desk.today]
    by_me = words.plural(did["called"], "call or letter", "calls and letters")
    went = did["handed over"]
    if desk.settings.mail.by_server:
        handed = f"{words.plural(went, 'message')} accepted by {desk.settings.mail.host}"
    else:
        handed = f"{words.plural(went, 'draft')} written"
    done = f"{handed}, {did['skipped']} skipped, {by_me} made"
    by_hand = words.plural(now.count("letter"), "letter or text", "letters or texts")
    click.echo("\n" + RULE)
    say(f"Done for {words.long_day(desk.today)}: {done}.")
    asked = now.count("draft", "unknown")
    say(f"  waiting to be confirmed: {words.plural(asked, 'message')}{' (followup confirm)' if asked else ''}")
    messages, calls = words.plural(now.count("message"), "message"), words.plural(now.count("call"), "call")
    say(f"  left for later: {messages}, {calls}, {by_hand}")
    look, cases = now.count("review", "failed"), now.count("case")
    promises, enquiries = now.count("promise"), now.count("enquiry")
    say(f"  held by a rule: {now.held}, to look at: {look}{' (followup due)' if look else ''}, open cases: {cases}")
    if promises or enquiries:
        open_ones = words.plural(enquiries, "open enquiry", "open enquiries")
        say(f"  promises due within a week: {promises}, {open_ones}")
    worries = now.count("concern")
    if worries:
        say(f"  to worry about: {words.plural(worries, 'client')} (followup concerns)")
    say(f"  coming in the next seven days: {words.plural(len(coming), 'touchpoint')}")
