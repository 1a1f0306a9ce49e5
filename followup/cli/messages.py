"""preview, message show, send, confirm."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from followup.cli.app import App, pass_app
from followup.cli.output import Commands, dry_run_option, format_option, print_rows, say, yes_option
from followup.errors import Ambiguous, BadInput, ExitCode, NotFound, UsageError, worst
from followup.report import words

if TYPE_CHECKING:
    from followup.model import Attempt
    from followup.workflow.composing import Prepared


@click.command("preview")
@click.argument("key_or_client", metavar="[KEY|CLIENT]", required=False)
@click.option("--edit", is_flag=True, help="Change the words of this one message; your words are kept for it.")
@click.option(
    "--text-file", type=click.Path(path_type=Path), help="Take the words from FILE ('-': stdin).", metavar="FILE"
)
@pass_app
def preview_command(app: App, *, key_or_client: str | None, edit: bool, text_file: Path | None) -> ExitCode:
    """Show exactly what would go out, headers too; without a name, every message that is due.

    \b
    Example:
        $ followup preview hall
    """
    from followup.workflow import composing, sending

    desk = app.desk()
    if key_or_client is None:
        if edit or text_file:
            raise UsageError("Say which message: followup preview --edit KEY.")
        prepared = composing.prepare(desk, sending.ready(desk))
        for number, item in enumerate(prepared):
            if number:
                click.echo("-" * 72)
            show(app, item)
        if not prepared:
            click.echo("No message is due.")
        return _code(prepared)
    item = composing.preview(desk, key_or_client)
    if edit or text_file:
        return edit_words(app, item, text_file)
    show(app, item)
    return _code([item])


def _code(prepared: list[Prepared]) -> ExitCode:
    return worst(item.code for item in prepared)


def show(app: App, item: Prepared, *, brief: bool = False) -> None:
    """Print one message as it would go out: headers (*brief*: those for people) and words, or number and words."""
    from followup.workflow import composing

    if item.message is None:
        app.warn(f"{item.decision.key}: {item.problem}")
        return
    if item.message.channel.value == "email":
        say(composing.readable(app.desk(), item.message, brief=brief))
        return
    if "\n" in item.message.to_address:  # on paper: the address begins with the name
        say(f"{item.message.channel.value}  ({item.decision.key})\n\n{item.message.to_address}\n")
    else:
        to = f"{item.message.to_name} {item.message.to_address}"
        say(f"{item.message.channel.value} to {to}  ({item.decision.key})\n")
    say(item.message.text)


def edit_words(app: App, item: Prepared, text_file: Path | None = None) -> ExitCode:
    """Let the owner change the words of one message, in an editor or from a file."""
    from followup.workflow import composing

    if item.message is None:
        raise BadInput(f"{item.decision.key}: {item.problem}")
    before = f"Subject: {item.message.subject}\n\n{item.message.text}" if item.message.subject else item.message.text
    if text_file is not None:
        after: str | None = _read_words(text_file)
    elif app.interactive:
        after = click.edit(before, extension=".txt")
    else:
        raise UsageError("Nobody is here to edit: give the words with --text-file FILE (or - for stdin).")
    if after is None or after.strip() == before.strip():
        click.echo("Nothing was changed.")
        return ExitCode.DONE
    subject, text = split_edited(after, subject=item.message.subject)
    composing.keep_text(app.desk(), item.decision, subject=subject, text=text)
    say(f"Kept your words for {item.decision.key}. `followup preview {item.decision.key}` shows them.")
    return ExitCode.DONE


def _read_words(path: Path) -> str:
    try:
        with click.open_file(str(path), encoding="utf-8-sig") as stream:
            return str(stream.read())
    except FileNotFoundError:
        raise NotFound(f"{path}: no such file.") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: is not text in UTF-8 ({error.reason}). Save it as UTF-8 and try again.") from None


def split_edited(text: str, *, subject: str) -> tuple[str, str]:
    """Take an edited text apart into subject and words; without a Subject line the subject stays."""
    first, _, rest = text.partition("\n")
    if first.lower().startswith("subject:"):
        return first.partition(":")[2].strip(), rest.strip("\n") + "\n"
    return subject, text.strip("\n") + "\n"


@click.group("message", cls=Commands)
def message_command() -> None:
    """Messages that were made: drafted, sent or cancelled."""


@message_command.command("show")
@click.argument("key")
@pass_app
def message_show_command(app: App, *, key: str) -> None:
    """Print the exact bytes of a message that was made.

    \b
    Example:
        $ followup message show jk7m
    """
    from followup.workflow import sending

    desk = app.desk()
    names = [key] if desk.store.keys_with_attempts({key}) else desk.store.find_keys(key)
    found = [attempts[-1] for name in names if (attempts := desk.store.attempts_of_key(name))]
    if len(found) > 1:
        raise Ambiguous(f"'{key}'", (f"{each.key}  {each.address}  {each.subject}" for each in found))
    attempt = found[0] if found else sending.draft_named(desk, key)
    if not attempt.message:
        raise NotFound(f"The text of {attempt.key} was erased.")
    sys.stdout.flush()
    sys.stdout.buffer.write(attempt.message.encode("ascii"))
    sys.stdout.buffer.flush()


@message_command.command("list")
@format_option
@pass_app
def message_list_command(app: App, *, format_: str, output: Path | None) -> None:
    """List the drafts that wait to be confirmed.

    \b
    Example:
        $ followup message list
    """
    from followup import tables
    from followup.workflow import sending

    columns = [tables.Column(name, name) for name in ("made", "to", "subject", "file", "key")]
    rows = (
        (each.on.isoformat(), each.address, each.subject, each.file_name, each.key)
        for each in sending.drafts(app.desk())
    )
    print_rows(app, rows, columns, format_=format_, output=output, empty="No drafts wait.")


@click.command("send")
@dry_run_option
@click.option("--limit", type=click.IntRange(min=1), help="At most so many.")
@click.option("--only", multiple=True, metavar="KEY|STEP|CLIENT", help="Only this; also what is too late, when named.")
@click.option(
    "--plan", "plan_file", type=click.Path(path_type=Path), metavar="FILE", help="Only the lines of a plan file."
)
@yes_option
@pass_app
def send_command(
    app: App, *, dry_run: bool, limit: int | None, only: tuple[str, ...], plan_file: Path | None, yes: bool
) -> ExitCode:
    """Write what is due as drafts: one .eml file each, and drafts.html that lists them all.

    Nothing is sent by itself. Open the drafts in your mail program, send them, and say `followup confirm`.

    \b
    Example:
        $ followup send --dry-run
        $ followup send --yes --limit 10
    """
    from followup.workflow import composing, planfile, sending

    desk = app.desk()
    sending.refuse_unsafe(desk)
    code = ExitCode.DONE
    if plan_file is not None:
        if only:
            raise UsageError("--plan and --only do not go together.")
        kept = planfile.planned(desk, planfile.read(plan_file))
        prepared = kept.prepared
        for key, why in kept.changed:
            app.warn(f"Left out {key}: {why}.")
            code = ExitCode.NEEDS_A_PERSON
        for key, why in kept.waiting:
            app.narrate(f"Not now {key}: {why}.")
        if kept.by_hand:
            by_hand = words.plural(kept.by_hand, "call, text or letter", "calls, texts and letters")
            app.narrate(f"{by_hand}: followup calls")
    else:
        prepared = composing.prepare(desk, sending.ready(desk, only=only))
    good = [item for item in prepared if item.message is not None]
    refused = [item for item in prepared if item.message is None]
    for line in sending.refusals(refused):
        app.warn(f"Not drafted: {line}")
    code = worst((code, *(item.code for item in refused)))
    if not good:
        if not dry_run:
            sending.tidy_drafts(desk)
        click.echo("Nothing to draft.")
        return code
    shown = good[:limit] if limit else good
    for item in shown if dry_run or not yes else ():
        assert item.message is not None
        verb, to = "Would draft" if dry_run else "To draft", f"{item.message.to_name} <{item.message.to_address}>"
        say(f"{verb}: {item.decision.step:<18} {to}  {item.message.subject}")
    if dry_run:
        click.echo(f"{words.plural(len(shown), 'draft')} would be written (--dry-run); nothing was.")
        return code
    opens_at = sending.opens_at(desk)
    if opens_at:
        click.echo(
            f"Held until {opens_at}: mail.send_between is {desk.settings.mail.send_between}. Nothing was drafted."
        )
        return code
    app.confirm(f"Write {words.plural(len(shown), 'draft')}?", yes=yes)
    done = sending.draft(desk, good, limit=limit)
    for line in sending.refusals(done.refused):
        app.warn(f"Not drafted: {line}")
    code = worst((code, *(item.code for item in done.refused)))
    names = {item.decision.key: item.message.to_name for item in good if item.message is not None}
    for attempt in done.drafted:
        say(f"Wrote draft: {attempt.key:<29} {names[attempt.key]} <{attempt.address}>")
    if len(done.drafted) + len(done.refused) < len(shown):
        stopped = words.plural(len(shown) - len(done.drafted) - len(done.refused), "message")
        app.narrate(f"{stopped} stopped by a rule at the last moment; `followup why` says which.")
    if done.left:
        app.narrate(f"{words.plural(done.left, 'message')} left for the next run (--limit).")
    say(f"{words.plural(len(done.drafted), 'draft')} in {desk.home.drafts_path}")
    say("Open drafts.html there, send them from your mail program, then say: followup confirm")
    return code


@click.command("confirm")
@click.argument("keys", nargs=-1, metavar="[KEY|CLIENT]...")
@click.option("--sent", "answer", flag_value="sent", default=None, help="They went out.")
@click.option("--not-sent", "answer", flag_value="not-sent", help="They did not; they are due again.")
@click.option("--drafts", "everything", is_flag=True, help="All drafts.")
@pass_app
def confirm_command(app: App, *, keys: tuple[str, ...], answer: str | None, everything: bool) -> None:
    """Say which drafts went out. Confirmed ones become contacts, the others are due again.

    \b
    Example:
        $ followup confirm --drafts --sent
        $ followup confirm hall --not-sent
    """
    from followup.workflow import sending

    desk = app.desk()
    if everything and keys:
        raise UsageError("Either --drafts or keys, not both.")
    waiting = [sending.draft_named(desk, key) for key in keys] if keys else sending.drafts(desk)
    if not waiting:
        click.echo("No drafts wait to be confirmed.")
        return
    if answer is None:
        if not app.interactive:
            for each in waiting:
                say(draft_line(each))
            raise UsageError(
                "Did these go out? Nobody is here to answer: add --sent or --not-sent (and --drafts for all)."
            )
        ask_drafts(app, waiting)
        return
    if not keys and not everything:
        raise UsageError(f"Say which: keys, or --drafts for all {len(waiting)}.")
    _report(app, waiting, sent=answer == "sent")


def _report(app: App, attempts: list[Attempt], *, sent: bool) -> None:
    from followup.workflow import sending

    answers = sending.confirm(app.desk(), attempts, sent=sent)
    if sent:
        say(f"Recorded as sent: {words.plural(sum(each is not None for each in answers), 'message')}.")
    else:
        say(f"Not sent: {words.plural(len(attempts), 'message')}; due again.")
        say("If a copy lies in your mail program, delete it there.")


def ask_drafts(app: App, waiting: list[Attempt]) -> None:
    """Ask whether drafts went out: all, one by one, none, or later."""
    click.echo("Did these go out?")
    for each in waiting:
        say("  " + draft_line(each))
    # Enter alone must not claim that something reached a client.
    choice = click.prompt(
        "[a]ll, [o]ne by one, [n]one, [l]ater",
        type=click.Choice(["a", "o", "n", "l"]),
        show_choices=False,
        default="l",
        err=True,
    )
    if choice in ("a", "n"):
        _report(app, waiting, sent=choice == "a")
    elif choice == "o":
        ask_one_by_one(app, waiting)


def ask_one_by_one(app: App, waiting: list[Attempt]) -> None:
    """Ask for each draft whether it went out; every answer is kept at once."""
    for each in waiting:
        said = click.prompt(
            f"{draft_line(each)}\n[y]es, [n]o, [l]ater",
            type=click.Choice(["y", "n", "l"]),
            show_choices=False,
            default="l",
            err=True,
        )
        if said != "l":
            _report(app, [each], sent=said == "y")


def warn_of_stranded(app: App, client_id: str, *, job_id: str = "") -> None:
    """Name the drafts that should not go out any more: for a job that is open again, else asks while a case is open."""
    from followup.workflow import sending

    for each in sending.stranded(app.desk(), client_id, job_id=job_id):
        app.warn(
            f"A draft lies there already: {each.subject} ({each.key}). Do not send it: followup confirm {each.key} "
            "--not-sent takes it back."
        )


def draft_line(attempt: Attempt) -> str:
    """Return a draft on one line: when, to whom, about what, its key."""
    return f"{words.long_day(attempt.on)}  {attempt.address}  {attempt.subject}  ({attempt.key})"
