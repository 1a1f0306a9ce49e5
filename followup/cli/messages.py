"""preview, message list, message show."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from followup.cli.app import App, pass_app
from followup.cli.output import Commands, format_option, print_rows, say
from followup.errors import Ambiguous, BadInput, ExitCode, NotFound, UsageError, worst
from followup.model import AttemptState

if TYPE_CHECKING:
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
    """Messages that were made: drafted, handed over, sent or cancelled."""


@message_command.command("show")
@click.argument("key")
@pass_app
def message_show_command(app: App, *, key: str) -> None:
    """Print the exact bytes of a message that was made.

    \b
    Example:
        $ followup message show jk7m
    """
    from followup.workflow import settling

    desk = app.desk()
    names = [key] if desk.store.keys_with_attempts({key}) else desk.store.find_keys(key)
    found = [attempts[-1] for name in names if (attempts := desk.store.attempts_of_key(name))]
    if len(found) > 1:
        raise Ambiguous(f"'{key}'", (f"{each.key}  {each.address}  {each.subject}" for each in found))
    attempt = found[0] if found else settling.named(desk, key)
    if not attempt.message:
        raise NotFound(f"The text of {attempt.key} was erased.")
    sys.stdout.flush()
    sys.stdout.buffer.write(attempt.message.encode("ascii"))
    sys.stdout.buffer.flush()


STATES = [
    state.value
    for state in (AttemptState.DRAFTED, AttemptState.UNKNOWN, AttemptState.TEMPORARY, AttemptState.PERMANENT)
]


@message_command.command("list")
@click.option("--state", type=click.Choice(STATES), multiple=True, help="Those in this state.")
@format_option
@pass_app
def message_list_command(app: App, *, state: tuple[str, ...], format_: str, output: Path | None) -> None:
    """List the messages that wait to be confirmed, or those that a server put off (temporary) or refused (permanent).

    \b
    Example:
        $ followup message list
        $ followup message list --state permanent
    """
    from followup import tables
    from followup.workflow import settling

    states = [AttemptState(each) for each in state]
    columns = [tables.Column(name, name) for name in ("made", "to", "subject", "file", "key", "state")]
    rows = (
        (each.on.isoformat(), each.address, each.subject, each.file_name, each.key, each.state.value)
        for each in settling.waiting(app.desk(), states)
    )
    empty = f"No message is {' or '.join(state)}." if state else "No message waits to be confirmed."
    print_rows(app, rows, columns, format_=format_, output=output, empty=empty)
