"""send: what is due goes out, or becomes drafts."""

from __future__ import annotations

from pathlib import Path

import click

from followup.cli.app import App, pass_app
from followup.cli.output import dry_run_option, say, yes_option
from followup.errors import ExitCode, UsageError, worst
from followup.report import words


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
