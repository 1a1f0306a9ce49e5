"""imports, undo: what was imported, what that did and taught, and how it is taken back."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from followup import cells
from followup.cli.app import App, pass_app
from followup.cli.output import Commands, format_option, print_rows, say, yes_option
from followup.report import words

if TYPE_CHECKING:
    from followup.store import Batch, UndoItem
    from followup.workflow.desk import Desk
    from followup.workflow.undoing import Undoing

SHOWN = 20
"""How many lines of a kind are shown before the rest is only counted."""


@click.group("imports", cls=Commands, invoke_without_command=True)
@format_option
@click.pass_context
def imports_command(ctx: click.Context, *, format_: str, output: Path | None) -> None:
    """What was imported when, the latest first; what one import did; which kinds of files are known by now."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(imports_list_command, format_=format_, output=output)


@imports_command.command("list")
@format_option
@pass_app
def imports_list_command(app: App, *, format_: str, output: Path | None) -> None:
    """List what was imported when, the latest first; `followup imports` alone does the same.

    \b
    Example:
        $ followup imports list
    """
    from followup.report import batches

    desk = app.desk()
    chosen = [_at_home(desk, batch) for batch in desk.store.batches() if batch.kind == "import"]
    print_rows(
        app,
        batches.rows(chosen, people=_people(desk)),
        batches.COLUMNS,
        format_=format_,
        output=output,
        empty="Nothing was imported yet. Start with: followup import clients.csv jobs.csv",
    )


def _people(desk: Desk) -> dict[str, str]:
    return {person.id: person.name for person in desk.settings.people.values()}


def _at_home(desk: Desk, batch: Batch) -> Batch:
    return replace(batch, at=desk.local(batch.at), undone_at=batch.undone_at and desk.local(batch.undone_at))


@imports_command.command("show")
@click.argument("number", type=click.IntRange(min=1))
@format_option
@pass_app
def imports_show_command(app: App, *, number: int, format_: str, output: Path | None) -> None:
    """Show what one import did, with what was before: files, new records, changed fields, addresses that it stopped.

    \b
    Example:
        $ followup imports show 4
    """
    from followup.report import batches
    from followup.workflow import imports

    desk = app.desk()
    batch = _at_home(desk, imports.of_number(desk, number))
    effects = imports.effects(desk, batch)
    by = _people(desk).get(batch.person, batch.person)
    if format_ == "table" and output is None:
        for line in batches.page(batch, effects, by=by, most=None if app.verbose else SHOWN):
            say(line)
        return
    print_rows(
        app,
        batches.effect_rows(effects),
        batches.EFFECT_COLUMNS,
        format_=format_,
        output=output,
        envelope=lambda: {
            "number": batch.number,
            "at": _utc(batch.at),
            "command": batch.command,
            "by": by,
            "files": batch.detail.get("read") or [{"name": name} for name in batch.detail.get("files", ())],
            "counts": batch.detail.get("counts", {}),
            "rejected": batch.detail.get("rejected", []),
            "undone_at": batch.undone_at and _utc(batch.undone_at),
        },
    )


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds")


@imports_command.command("sources")
@click.option("--forget", metavar="NUMBER", help="Forget one of them, by its number or fingerprint.")
@click.option("--answer", "answers", multiple=True, metavar="KEY", help="With --forget: only this answer of it.")
@yes_option
@format_option
@pass_app
def imports_sources_command(
    app: App, *, forget: str | None, answers: tuple[str, ...], yes: bool, format_: str, output: Path | None
) -> None:
    """List the kinds of files that are known, with the answers that go with each, or forget one of them.

    A file is known by the names of its columns. What is forgotten is asked again when such a file comes in; clients
    and jobs stay as they are.

    \b
    Example:
        $ followup imports sources
        $ followup imports sources --forget 1 --yes
    """
    from followup.errors import UsageError
    from followup.report import batches
    from followup.workflow import imports

    desk = app.desk()
    if answers and forget is None:
        raise UsageError("--answer says which answer to forget: add --forget NUMBER.")
    if forget is None:
        known = [replace(each, last_at=each.last_at and desk.local(each.last_at)) for each in imports.learnt(desk)]
        print_rows(
            app,
            batches.learnt_rows(known),
            batches.LEARNT_COLUMNS,
            format_=format_,
            output=output,
            empty="No kind of file is known yet. The first import teaches one.",
        )
        return
    kind = imports.kind_of_file(desk, forget)
    name = cells.printable(batches.title(kind))
    what = f"{', '.join(answers)} of files such as {name}" if answers else f"files such as {name}"
    if kind.answers and not answers:
        say("Goes with them: " + ", ".join(words.answer(about, value) for about, value in sorted(kind.answers.items())))
    app.confirm(f"Forget {what}?", yes=yes)
    imports.forget(desk, kind, answers=answers)
    say(f"Forgotten: {what}. The next such file is asked about as if it were the first. `followup undo` remembers.")


@click.command("undo")
@click.argument("number", type=click.IntRange(min=1), required=False)
@yes_option
@pass_app
def undo_command(app: App, *, number: int | None, yes: bool) -> None:
    """Take back the last import or change by hand, or import NUMBER of `followup imports`, after showing it.

    What was changed since stays, and so do opt-outs, erasures and what reached a client. What stayed can go later, with
    the same number, once the change that kept it is taken back.

    \b
    Example:
        $ followup undo
        $ followup undo 4
    """
    from followup.workflow import undoing

    desk = app.desk()
    found = undoing.preview(desk, number=number)
    when = desk.local(found.batch.at)
    command = cells.printable(found.batch.command)
    what = "The last change" if number is None else f"Import {number}"
    in_part = ", taken back except for:" if found.batch.undone_at is not None else ""
    say(f"{what}: {command}, {when:%Y-%m-%d %H:%M}{in_part}")
    if found.going:
        say(f"  in all: {_summary(found)}")
    most = None if app.verbose else SHOWN
    for item in sorted(found.going, key=_concerns_memory)[:most]:
        say(f"  {'' if _concerns_memory(item) else 'take back: '}{cells.printable(item.what)}")
    _say_more(len(found.going), most, "to take back")
    for item in sorted(found.staying, key=_concerns_memory)[:most]:
        # What a stop is kept under is a hash, which tells nobody anything.
        what = (
            "an opt-out"
            if item.change.record == "suppression"
            else item.what.removeprefix("remove ").removeprefix("forget ")
        )
        say(cells.printable(f"  stays: {what}: {item.why_not}"))
    _say_more(len(found.staying), most, "that stay")
    if not found.going and number is not None:
        click.echo("Nothing of it can be taken back.")
        return
    if not found.going:
        undoing.undo(desk, found)  # passed over, so that the next undo looks at what was before it
        click.echo("Nothing of it can be taken back. `followup undo` again looks at the change before it.")
        return
    app.confirm("Take it back?", yes=yes)
    undoing.undo(desk, found)
    say(f"Taken back: {command}{', except for what stays' if found.staying else ''}.")


def _concerns_memory(item: UndoItem) -> bool:
    """Put clients and jobs before what only the next import asks for."""
    return item.change.record in ("answer", "external_id", "imported_file")


def _summary(found: Undoing) -> str:
    counted: Counter[str] = Counter()
    for item in found.going:
        change = item.change
        if _concerns_memory(item):
            counted["memory"] += 1
        elif change.field:
            counted["value"] += 1
        else:
            counted["removed" if change.old is None else "put back"] += 1
    parts = {
        "removed": f"{words.plural(counted['removed'], 'record')} removed",
        "put back": f"{words.plural(counted['put back'], 'record')} put back",
        "value": f"{words.plural(counted['value'], 'value')} as before",
        "memory": f"{words.plural(counted['memory'], 'answer or number', 'answers and numbers')} as before",
    }
    return ", ".join(text for name, text in parts.items() if counted[name])


def _say_more(count: int, most: int | None, what: str) -> None:
    if most is not None and count > most:
        say(f"  and {count - most} more {what} (--verbose shows all)")
