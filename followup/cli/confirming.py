"""confirm: did it go out?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from followup import cells
from followup.cli.app import App, pass_app
from followup.cli.output import choose, say
from followup.errors import Declined, UsageError
from followup.model import AttemptState
from followup.report import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from followup.model import Attempt

SENT, NOT_SENT, CANCEL = "sent", "not-sent", "cancel"


@click.command("confirm")
@click.argument("keys", nargs=-1, metavar="[KEY|CLIENT]...")
@click.option("--sent", "answer", flag_value=SENT, default=None, help="They went out.")
@click.option("--not-sent", "answer", flag_value=NOT_SENT, help="They did not; they are due again.")
@click.option("--cancel", "answer", flag_value=CANCEL, help="Whether or not: never again.")
@click.option("--drafts", "all_drafts", is_flag=True, help="All drafts.")
@click.option("--unknown", "all_unknown", is_flag=True, help="All of which nobody knows; you have to type yes.")
@pass_app
def confirm_command(
    app: App, *, keys: tuple[str, ...], answer: str | None, all_drafts: bool, all_unknown: bool
) -> None:
    """Say which messages went out. Those that did become contacts, the others are due again.

    It asks about drafts, which you send yourself, and about messages whose connection broke when the server had them
    whole and had not answered. Those may have arrived: nothing sends them again but your word, typed at a terminal.

    \b
    Example:
        $ followup confirm --drafts --sent
        $ followup confirm hall --not-sent
        $ followup confirm hall --cancel
    """
    from followup.workflow import settling

    desk = app.desk()
    if (all_drafts or all_unknown) and keys:
        raise UsageError("Either --drafts or --unknown, or keys, not both.")
    settling.recover(desk)
    named = {AttemptState.DRAFTED: all_drafts, AttemptState.UNKNOWN: all_unknown}
    states = [state for state, is_named in named.items() if is_named]
    waiting = [settling.named(desk, key) for key in keys] if keys else settling.waiting(desk, states)
    drafts = [each for each in waiting if each.state is AttemptState.DRAFTED]
    unknown = [each for each in waiting if each.state is not AttemptState.DRAFTED]
    if not waiting:
        click.echo("No message waits to be confirmed.")
        return
    if answer is None:
        if not app.interactive:
            _list(app, drafts, unknown)
            raise UsageError(
                "Did these go out? Nobody is here to answer: add --sent, --not-sent or --cancel, and which: keys, or "
                "--drafts for all drafts."
            )
        if drafts:
            ask_drafts(app, drafts)
        if unknown:
            ask_unknown(app, unknown)
        return
    if not keys and not all_drafts and not all_unknown:
        kinds = (("--drafts", drafts), ("--unknown", unknown))
        all_of = " or ".join(f"{option} for all {len(some)}" for option, some in kinds if some)
        raise UsageError(f"Say which: keys, or {all_of}.")
    if unknown and (all_unknown or answer == NOT_SENT):
        _list(app, [], unknown)
        _typed_yes(app, unknown, answer)
    _record(app, waiting, answer)


def _list(app: App, drafts: Sequence[Attempt], unknown: Sequence[Attempt]) -> None:
    for each in drafts:
        say(draft_line(each))
    _show_evidence(app, unknown)


def _show_evidence(app: App, unknown: Sequence[Attempt]) -> None:
    from followup.workflow import settling

    if not unknown:
        return
    click.echo(f"{words.plural(len(unknown), 'message')} may have gone out:")
    for each in unknown:
        for line in settling.evidence(app.desk(), each):
            say(line)
    click.echo(settling.LOOK)


def _typed_yes(app: App, unknown: Sequence[Attempt], answer: str) -> None:
    """Go on only when a person at a terminal types the whole word: what may have arrived would arrive twice."""
    does = {
        SENT: "be recorded as sent",
        NOT_SENT: f"be due once more, although {'it' if len(unknown) == 1 else 'they'} may have arrived",
        CANCEL: "never be sent again",
    }[answer]
    question = f"{words.plural(len(unknown), 'message')} will {does}. Type yes"
    if not app.interactive:
        raise UsageError(f"{question}: only a person at a terminal can say that. Run it there.")
    if click.prompt(question, default="no", show_default=False, err=True).strip().lower() != "yes":
        raise Declined("Nothing was done.")


def _record(app: App, attempts: Sequence[Attempt], answer: str) -> None:
    from followup.workflow import settling

    settled = settling.settle(app.desk(), attempts, settling.Answer(answer))
    many = words.plural(len(settled), "message")
    if answer == SENT:
        say(f"Recorded as sent: {many}.")
    elif answer == CANCEL:
        say(f"Never again: {many}.")
    else:
        say(f"Not sent: {many}; due again, unless a rule holds.")
    if answer != SENT and any(each.state is AttemptState.DRAFTED for each in attempts):
        say("If a copy lies in your mail program, delete it there.")


def ask_waiting(app: App) -> None:
    """Ask about everything that waits for an answer."""
    from followup.workflow import settling

    settling.recover(app.desk())
    waiting = settling.waiting(app.desk())
    drafts = [each for each in waiting if each.state is AttemptState.DRAFTED]
    if drafts:
        click.echo(f"\n{words.plural(len(drafts), 'draft')} from before.")
        ask_drafts(app, drafts)
    if len(waiting) > len(drafts):
        click.echo()
        ask_unknown(app, [each for each in waiting if each.state is not AttemptState.DRAFTED])


def ask_drafts(app: App, waiting: list[Attempt]) -> None:
    """Ask whether drafts went out: all, one by one, none, or later."""
    click.echo("Did these go out?")
    for each in waiting:
        say("  " + draft_line(each))
    # Enter alone must not claim that something reached a client.
    choice = choose("[a]ll, [o]ne by one, [n]one, [l]ater", "aonl")
    if choice in ("a", "n"):
        _record(app, waiting, SENT if choice == "a" else NOT_SENT)
    elif choice == "o":
        for each in waiting:  # every answer is kept at once
            said = choose(f"{draft_line(each)}\n[y]es, [n]o, [l]ater", "ynl")
            if said != "l":
                _record(app, [each], SENT if said == "y" else NOT_SENT)


def ask_unknown(app: App, unknown: list[Attempt]) -> None:
    """Ask of each message whether it went out, with what is known of it; every answer is kept at once."""
    for each in unknown:
        _show_evidence(app, [each])
        said = choose("[s]ent, [n]ot sent, [c]ancel for good, [l]ater", "sncl")
        if said == "l":
            continue
        answer = {"s": SENT, "n": NOT_SENT, "c": CANCEL}[said]
        try:
            if answer == NOT_SENT:
                _typed_yes(app, [each], answer)
        except Declined as declined:
            app.warn(str(declined))
            continue
        _record(app, [each], answer)


def warn_of_stranded(app: App, client_id: str, *, job_id: str = "") -> None:
    """Name the drafts that should not go out any more: for a job that is open again, else asks while a case is open."""
    from followup.workflow import settling

    for each in settling.stranded(app.desk(), client_id, job_id=job_id):
        app.warn(
            f"A draft lies there already: {each.subject} ({each.key}). Do not send it: followup confirm {each.key} "
            "--not-sent takes it back."
        )


def draft_line(attempt: Attempt) -> str:
    """Return a draft on one line: when, to whom, about what, its key."""
    return cells.printable(f"{words.long_day(attempt.on)}  {attempt.address}  {attempt.subject}  ({attempt.key})")
