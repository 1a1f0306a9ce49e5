"""send: what is due goes to the mail server, or becomes drafts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from followup.cli.app import App, pass_app
from followup.cli.output import dry_run_option, say, yes_option
from followup.errors import ExitCode, UsageError, worst
from followup.report import words

if TYPE_CHECKING:
    from followup.workflow.composing import Prepared
    from followup.workflow.mailnotes import Machine
    from followup.workflow.sending import Sent

WORTH_A_WORD = 15
"""Seconds of pauses after which whoever watches is told how long it takes."""


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
    """Send what is due by your mail server, or write it as drafts: one .eml file each, and drafts.html with all.

    A new home writes drafts: open them in your mail program, send them, and say `followup confirm`. With transport =
    "smtp" under [mail] the messages go out, slowly, at most as many as the limits there allow.

    \b
    Example:
        $ followup send --dry-run
        $ followup send --yes --limit 10
    """
    from followup.workflow import sending, settling

    sending.refuse_unsafe(app.desk())
    broken = () if dry_run else settling.recover(app.desk()).unknown  # before planning: the rest of it is due again
    good, code = _chosen(app, only=only, plan_file=plan_file, check=dry_run or not yes)
    if broken:
        app.warn(f"Not known: {words.plural(len(broken), 'message')} of a run that broke off. followup confirm")
        code = worst((code, ExitCode.NEEDS_A_PERSON))
    shown = good[:limit] if limit else good
    if not shown:
        if not dry_run:
            sending.tidy_drafts(app.desk())
        click.echo("Nothing to send." if _by_server(app) else "Nothing to draft.")
        in_hand = settling.waiting(app.desk(), settling.IN_HAND)
        if in_hand:
            app.narrate(f"Another run has {words.plural(len(in_hand), 'message')} in hand.")
        return code
    if dry_run or not yes:
        _show(app, shown, dry_run=dry_run)
    if dry_run:
        return code
    handed, _ = hand_over(app, good, limit=limit, yes=yes)
    return worst((code, handed))


def _by_server(app: App) -> bool:
    return app.desk().settings.mail.by_server


# ---------------------------------------------------------------- what goes


def _chosen(app: App, *, only: Sequence[str], plan_file: Path | None, check: bool) -> tuple[list[Prepared], ExitCode]:
    """Return the messages to hand over; what cannot be is said, with the exit code for it.

    With *check* that shows now, for a list to look over; else when they are handed over, which checks them anyway.
    """
    from followup.workflow import composing, planfile, sending

    desk = app.desk()
    codes = [ExitCode.DONE]
    if plan_file is None:
        found = sending.ready(desk, only=only)
        prepared = composing.prepare(desk, found) if check else list(composing.each(desk, found))
    elif only:
        raise UsageError("--plan and --only do not go together.")
    else:
        kept = planfile.planned(desk, planfile.read(plan_file))
        prepared = kept.prepared
        for key, why in kept.changed:
            app.warn(f"Left out {key}: {why}.")
            codes.append(ExitCode.NEEDS_A_PERSON)
        for key, why in kept.waiting:
            app.narrate(f"Not now {key}: {why}.")
        if kept.by_hand:
            by_hand = words.plural(kept.by_hand, "call, text or letter", "calls, texts and letters")
            app.narrate(f"{by_hand}: followup calls")
    refused = [item for item in prepared if item.message is None]
    _tell_refused(app, refused)
    codes += [item.code for item in refused]
    good = [item for item in prepared if item.message is not None]
    return awake(app, good), worst(codes)


def awake(app: App, prepared: Sequence[Prepared]) -> list[Prepared]:
    """Return what may be tried now; what a mail server put off rests for its time, which is said."""
    from followup.workflow import sending

    desk = app.desk()
    if not _by_server(app):
        return list(prepared)
    resting = [item.decision.key for item in prepared if sending.rests_until(desk, item) is not None]
    if resting:
        app.narrate(f"{words.plural(len(resting), 'message')} put off by the server rest; `followup status`.")
    return [item for item in prepared if item.decision.key not in resting]


def _tell_refused(app: App, refused: Sequence[Prepared]) -> None:
    from followup.workflow import sending

    for line in sending.refusals(refused):
        app.warn(f"Not {'sent' if _by_server(app) else 'drafted'}: {line}")


def _to(item: Prepared) -> str:
    assert item.message is not None
    return f"{item.message.to_name} <{item.message.to_address}>"


def _show(app: App, shown: Sequence[Prepared], *, dry_run: bool) -> None:
    word = "send" if _by_server(app) else "draft"
    for item in shown:
        assert item.message is not None
        verb = f"Would {word}" if dry_run else f"To {word}"
        say(f"{verb}: {item.decision.step:<18} {_to(item)}  {item.message.subject}")
    if dry_run and _by_server(app):
        click.echo(f"{words.plural(len(shown), 'message')} would be sent (--dry-run); nothing was.")
    elif dry_run:
        click.echo(f"{words.plural(len(shown), 'draft')} would be written (--dry-run); nothing was.")


# ---------------------------------------------------------------- handing over


def hand_over(
    app: App, good: Sequence[Prepared], *, limit: int | None = None, yes: bool = False
) -> tuple[ExitCode, int]:
    """Ask, hand over, and say what happened; return that as an exit code, and how many messages went."""
    from followup.workflow import sending

    opens_at = sending.opens_at(app.desk())
    if opens_at:
        done = "sent" if _by_server(app) else "drafted"
        hours = app.desk().settings.mail.send_between
        click.echo(f"Held until {opens_at}: mail.send_between is {hours}. Nothing was {done}.")
        return ExitCode.DONE, 0
    if _by_server(app):
        return _send(app, good, limit=limit, yes=yes)
    return _draft(app, good, limit=limit, yes=yes)


def _draft(app: App, good: Sequence[Prepared], *, limit: int | None, yes: bool) -> tuple[ExitCode, int]:
    from followup.workflow import sending

    shown = good[:limit] if limit else good
    app.confirm(f"Write {words.plural(len(shown), 'draft')}?", yes=yes)
    done = sending.hand_over(app.desk(), good, limit=limit)
    return _tell_drafts(app, done, shown), len(done.drafted)


def _send(app: App, good: Sequence[Prepared], *, limit: int | None, yes: bool) -> tuple[ExitCode, int]:
    from followup.workflow import mailbox, sending

    desk = app.desk()
    mail = desk.settings.mail
    count = min(len(good), limit or len(good), mailbox.allowance(desk).count)
    if count:
        tested = ExitCode.DONE if yes else _offer_test(app)
        if tested != ExitCode.DONE:
            return tested, 0
        app.confirm(f"Send {words.plural(count, 'message')} by {mail.host}?", yes=yes)
        seconds = float(mail.pause) * (count - 1)
        if app.interactive and seconds > WORTH_A_WORD:
            takes = words.plural(round(seconds / 60) or 1, "minute")
            app.narrate(f"With pauses this takes about {takes}. Ctrl-C ends it after the message that is on its way.")
    same_machine = _ask_machine if app.interactive else None
    done = sending.hand_over(desk, good, limit=limit, report=_Live(app, good), same_machine=same_machine)
    return _tell_sent(app, done), len(done.accepted)


def _ask_machine(last: Machine, here: Machine) -> bool:
    from followup.workflow import mailbox

    question = f"{mailbox.describe_move(last, here)}. Was it moved, and does nothing send from there now?"
    return click.confirm(question, err=True)


def _offer_test(app: App) -> ExitCode:
    """Offer a message to the owner before the first one that reaches a client; a server that refuses it ends here."""
    from followup.cli import mail
    from followup.workflow import mailbox

    desk = app.desk()
    found = mailbox.health(desk)
    if not app.interactive or found.tested is not None or found.last_accepted_at is not None:
        return ExitCode.DONE
    host, address = desk.settings.mail.host, mailbox.owners_address(desk)
    click.echo(f"Nothing was ever sent by {host} from this home.", err=True)
    if not click.confirm(f"Send a test message to yourself first ({address})?", default=True, err=True):
        return ExitCode.DONE
    return mail.tell(app, mailbox.test(desk))


_AGAIN = "It is tried again by itself"


class _Live:
    """Says what becomes of each message while the run goes on."""

    def __init__(self, app: App, good: Sequence[Prepared]) -> None:
        from followup.workflow import sending

        self._app = app
        self._server = app.desk().settings.mail.host
        self._to = {item.decision.key: _to(item) for item in good}
        self._last_tries = {item.decision.key for item in good if sending.is_last_try(item)}

    def __call__(self, event: str) -> None:
        word, _, rest = event.partition(" ")
        key, _, said = rest.partition(" ")
        what = f"{key:<29} {self._to.get(key, '')}"
        if word == "accepted":
            say(f"Accepted by {self._server}: {what}")
        elif word == "temporary":
            again = f"That was the last try: `followup why {key}`" if key in self._last_tries else _AGAIN
            self._app.warn(f"Put off by {self._server}: {what}: {said}. {again}.")
        elif word == "permanent":
            self._app.warn(f"Refused by {self._server}: {what}: {said}. `followup why {key}` says what to do.")
        elif word == "unknown":
            self._app.warn(f"Not known: {what}: the line broke before {self._server} answered. followup confirm")
        elif word in ("review", "reconnecting"):
            self._app.narrate(f"{word.capitalize()}: {rest}.")


def _tell_sent(app: App, done: Sent) -> ExitCode:
    """Say in sums what happened, what is left and when it may go, and what stopped it."""
    from followup.cli import mail

    desk = app.desk()
    _tell_refused(app, done.refused)
    for attempt, reason in done.withheld:
        app.narrate(f"Not sent {attempt.key}: {reason}.")
    sums = (
        (len(done.accepted), f"accepted by {done.server or desk.settings.mail.host}"),
        (len(done.later), "put off"),
        (len(done.failed), "refused"),
        (len(done.unknown), "not known (followup confirm)"),
    )
    said = ", ".join(f"{number} {what}" for number, what in sums if number)
    say(f"{said or 'Nothing was sent'}.")
    if done.left:
        when = f"from {mail.when(desk, done.next_at)} on" if done.next_at else "with the next run"
        why = f" ({done.cap})" if done.cap and not done.stopped else ""
        say(f"{words.plural(done.left, 'message')} left{why}: may go {when}.")
    if done.stopped is not None:
        app.warn(f"Error: {done.stopped.text}")
    return done.code


def _tell_drafts(app: App, done: Sent, shown: Sequence[Prepared]) -> ExitCode:
    _tell_refused(app, done.refused)
    to = {item.decision.key: _to(item) for item in shown}
    for attempt in done.drafted:
        say(f"Wrote draft: {attempt.key:<29} {to.get(attempt.key, attempt.address)}")
    stopped = len(shown) - len(done.drafted) - len(done.refused)
    if stopped > 0:
        app.narrate(
            f"{words.plural(stopped, 'message')} stopped by a rule at the last moment; `followup why` says which."
        )
    if done.left:
        app.narrate(f"{words.plural(done.left, 'message')} left for the next run (--limit).")
    say(f"{words.plural(len(done.drafted), 'draft')} in {app.desk().home.drafts_path}")
    say("Open drafts.html there, send them from your mail program, then say: followup confirm")
    return done.code
