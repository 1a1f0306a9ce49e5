"""import: files are looked at, shown, asked about, and written."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from followup import cells
from followup.cli.app import App, pass_app
from followup.cli.output import dry_run_option, say, yes_option
from followup.cli.watching import Watch
from followup.errors import BadInput, UsageError
from followup.report import words

if TYPE_CHECKING:
    from followup.intake.facts import FileResult, Skipped
    from followup.model import Client, Job
    from followup.workflow.consequences import Consequences
    from followup.workflow.desk import Desk
    from followup.workflow.importing import Imported, Source
    from followup.workflow.previews import Change, Preview

STANDARD_INPUT = "-"
"""The name of a file that is piped in."""

SHOWN = 20
"""How many lines of a kind are shown before the rest is only counted."""


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--as", "kind", type=click.Choice(["clients", "jobs", "mixed"]), default=None, help="What the files hold."
)
@click.option("--source", default="", metavar="NAME", help="Whose numbers these are, e.g. jobber.")
@click.option("--sheet", default="", metavar="NAME|NUMBER", help="Which sheet of a spreadsheet to read.")
@dry_run_option
@yes_option
@click.option("--skip-bad-rows", is_flag=True, help="Leave bad rows out; they go to a CSV that you can repair.")
@click.option(
    "--prefer",
    type=click.Choice(["file", "ours"]),
    default=None,
    help="Whose word counts; else ours where you typed it, and the file's.",
)
@click.option("--history", is_flag=True, help="Take completed jobs, and who brought whom, as history: nothing follows.")
@click.option(
    "--answer", "answers", multiple=True, metavar="[FILE:]KEY=VALUE", help="Answer a question, e.g. date_order=dmy."
)
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", help="How to print.")
@pass_app
def import_command(
    app: App,
    *,
    files: tuple[str, ...],
    kind: str | None,
    source: str,
    sheet: str,
    dry_run: bool,
    yes: bool,
    skip_bad_rows: bool,
    prefer: str | None,
    history: bool,
    answers: tuple[str, ...],
    format_: str,
) -> None:
    """Take in clients and jobs from CSV files, spreadsheets and address cards; all files together, or none.

    Shows first what is new, what changes, and what becomes due because of it. The same file again changes nothing.
    `-` reads standard input.

    \b
    Example:
        $ followup import clients.csv jobs.csv --dry-run
        $ followup import clients.csv jobs.csv --yes
    """
    take_in(
        app,
        files,
        kind=kind or "",
        source=source,
        sheet=sheet,
        dry_run=dry_run,
        yes=yes,
        skip_bad_rows=skip_bad_rows,
        prefer=prefer,
        history=history,
        answers=answers,
        as_json=format_ == "json",
    )


def take_in(
    app: App,
    files: tuple[str, ...],
    *,
    kind: str = "",
    source: str = "",
    sheet: str = "",
    dry_run: bool = False,
    yes: bool = False,
    skip_bad_rows: bool = False,
    prefer: str | None = None,
    history: bool = False,
    answers: tuple[str, ...] = (),
    as_json: bool = False,
) -> None:
    """Look, show, ask, write."""
    from followup.intake import merge
    from followup.workflow import consequences, importing

    desk = app.desk()
    learnt = {kind.fingerprint for kind in desk.store.learnt()}  # before anything is written
    if files.count(STANDARD_INPUT) > 1:
        raise UsageError("Standard input (-) can be read once.")
    sources = [_source(desk, name) for name in files]
    given = dict(importing.split_answer(each) for each in answers)
    if sheet:
        given.setdefault("sheet", sheet)

    watch = Watch(quiet=app.quiet)
    chosen = merge.Prefer(prefer) if prefer else merge.Prefer.EDITED
    examples = sys.maxsize if app.verbose else SHOWN

    def look(*, skip_bad_rows: bool = skip_bad_rows) -> Preview:
        with watch:
            return importing.check(
                desk,
                sources,
                kind=kind,
                source=source,
                answers=given,
                skip_bad_rows=skip_bad_rows,
                whole=as_json,
                prefer=chosen,
                examples=examples,
                progress=watch,
            )

    done: Imported | None = None
    found: Consequences | None = None
    if yes and not (dry_run or history or as_json):  # nobody is asked: large files are looked at once, and written
        with watch:
            preview, done, found = consequences.take(
                desk,
                sources,
                kind=kind,
                source=source,
                answers=given,
                skip_bad_rows=skip_bad_rows,
                prefer=chosen,
                examples=examples,
                progress=watch,
            )
    else:
        preview = look()
    if done is None and app.interactive and not as_json:
        preview = _talk(app, preview, look, given, looked_over=None if yes else {*learnt})
    if as_json:
        for each in importing.to_json(preview):
            click.echo(json.dumps(each, ensure_ascii=False))
    else:
        _show(app, preview, learnt=learnt)
    _warn_of_unused(app, preview, given)
    if sheet and not any(file.book for file in preview.files):
        app.warn("--sheet: none of these files is a spreadsheet.")
    if app.interactive and not (yes or as_json) and _only_bad_rows(preview):
        bad = words.plural(preview.bad_rows, "row has a problem", "rows have problems")
        if click.confirm(f"{bad}. Go on without (they go to a file that you can repair)?", err=True):
            preview = look(skip_bad_rows=True)
    _stop_at_trouble(app, preview)
    if not as_json:
        _show_counts(desk, preview, most=None if app.verbose else SHOWN)
    if preview.changes_nothing:
        if not as_json:
            click.echo(
                "Nothing changes: the rows without a problem say nothing new."
                if preview.bad_rows
                else "Nothing changes: the home has all of it already."
                if any(file.rows or file.known for file in preview.files)
                else "Nothing changes: there are column names and no rows below them."
            )
        if not dry_run:  # answers and known rows are worth keeping
            _tell_rejected(app, done or importing.commit(desk, preview))
        return
    shown = not as_json and not history
    if history and not as_json:
        click.echo("Completed jobs, and who brought whom, are taken as history: nothing follows from them.")
    if shown and (dry_run or not yes):
        with watch:
            ahead = consequences.of(desk, preview)
        _show_consequences(ahead)
    if dry_run:
        app.narrate("Nothing was written (--dry-run).")
        return
    app.confirm("Write this?", yes=yes)
    with watch:
        if history:
            done = consequences.commit_as_history(desk, preview)
        elif not (shown and yes):
            done = importing.commit(desk, preview)
        elif done is None:  # nobody is asked, so they are found on the way and told afterwards
            done, found = consequences.commit(desk, preview)
    if found is not None:
        _show_consequences(found)
    if not as_json:
        say(f"Imported: {done.counts['new']} new, {done.counts['changed']} changed. `followup undo` takes it back.")
    _tell_rejected(app, done)


def _source(desk: Desk, name: str) -> Source:
    from followup import intake
    from followup.workflow import importing

    if name != STANDARD_INPUT:
        return importing.Source(name=name, path=Path(name).expanduser())
    if sys.stdin is None:  # `<&-`
        raise BadInput("Standard input is closed. Pipe the file into it: cat clients.csv | followup import -")
    if sys.stdin.isatty():
        click.echo("Reading standard input; end it with Ctrl-D (on Windows Ctrl-Z and Enter).", err=True)
    with click.open_file(name, "rb") as stream:
        called = "standard input"
        return importing.Source(name=called, data=intake.Piped(stream, name=called, folder=desk.home.path))


def _tell_rejected(app: App, done: Imported) -> None:
    if len(done.rejected) == 1:
        app.warn(f"Rows with problems were left out. Repair them in {done.rejected[0]} and import that file.")
    elif done.rejected:
        app.warn("Rows with problems were left out. Repair them in these files and import those:")
        for path in done.rejected:
            app.warn(f"  {path}")


def _talk(
    app: App, preview: Preview, look: Callable[[], Preview], given: dict[str, str], *, looked_over: set[str] | None
) -> Preview:
    """Ask what is open until nothing is; return the last look.

    What columns are taken for is shown where that is new: for kinds of files that are not among *looked_over*.
    """
    from followup.cli import asking

    while not preview.refused:
        answers: dict[str, str] = {}
        for file in preview.files:
            prefix = f"{file.name}:" if len(preview.files) > 1 else ""
            for question in file.questions:
                answers[f"{prefix}{question.key}"] = asking.ask(app, file, question)
            is_new = looked_over is not None and file.fingerprint not in looked_over
            if looked_over is not None and is_new and file.ready and _is_unclear(file):
                answers |= {f"{prefix}{about}": name for about, name in asking.look_over(app, file).items()}
                looked_over.add(file.fingerprint)
        if not answers:
            break
        given.update(answers)
        preview = look()
    return preview


def _warn_of_unused(app: App, preview: Preview, given: Mapping[str, str]) -> None:
    """Say which answers are about a column of none of the files: a slip there would otherwise go unseen."""
    used = {about for file in preview.files for about in file.answers}
    for about, answer in given.items():
        column = about[about.find("column:") :]
        if column.startswith("column:") and column not in used and all(file.ready for file in preview.files):
            app.warn(f"--answer {about}={answer}: there is no column '{column.partition(':')[2]}' in these files.")


def _is_unclear(file: FileResult) -> bool:
    """Return whether somebody should look at what the columns of a file are taken for."""
    return bool(file.header) and not file.looks_like and bool(_kept(file))


def _kept(file: FileResult) -> list[str]:
    """Return the columns that mean nothing to us and hold something."""
    return [each.name for each in file.columns if each.field == "+" and each.sample]


def _show(app: App, preview: Preview, *, learnt: Collection[str]) -> None:
    """Show what was found in the files. *learnt*: the kinds of files that the home knew before."""
    for file in preview.files:
        if file.refused:
            app.warn(f"{file.name}: {file.refused}")
            continue
        parts = [f"looks like {file.looks_like}"] if file.looks_like else []
        if not words.says(file.looks_like, file.kind):
            parts.append(file.kind or "not clear what")
        parts.append(words.plural(file.rows, "row"))
        if file.known:
            parts.append(f"{file.known} known from before")
        parts += [file.encoding, file.page and f"sheet '{cells.printable(file.page)}'"]
        parts += [*(words.answer(about, value) for about, value in sorted(file.decided.items()))]
        say(f"{file.name}: {', '.join(part for part in parts if part)}")
        if file.letters and not file.known and "encoding" not in file.answers:  # else it was seen, or said, before
            say(
                f"{file.name}: its letters were read as {file.encoding}: {', '.join(file.letters)} "
                '(where that is wrong, --answer "encoding=..." says what is right)'
            )
        # Of a program we know which are kept; of a kind of file that came in before, it was said then.
        if _kept(file) and not file.looks_like and file.fingerprint not in learnt:
            say(
                f"{file.name}: kept under their own names: {', '.join(_kept(file)[:SHOWN])} "
                f'(to say what one is: --answer "column:{_kept(file)[0]}=notes")'
            )
        for why, rows in _left_out(file.skipped).items():
            say(f"{file.name}: left out: {why} ({_row_numbers(rows)})")
        for warning in file.warnings:
            app.warn(f"{file.name}: {warning}")
    alike: dict[tuple[str, str, str, str], list[int]] = {}
    for name, problem in preview.problems:
        alike.setdefault((name, problem.column, problem.value, problem.why), []).append(problem.row)
    for (name, header, cell, why), rows in alike.items():  # of a client with forty invoices it is said once
        value = f" '{cell}'" if cell else ""
        column = f" {header}:" if header else ""
        also = f" (also in {_row_numbers(rows[1:])})" if rows[1:] else ""
        app.warn(f"{name}:{rows[0]}:{column}{value} {why}{also}")
    unknown = {problem.value for _, problem in preview.problems if problem.code == "no-client" and problem.value}
    if len(unknown) > 1:
        app.warn("Does the program export its clients, too? Import both files together, and their names are known.")
    for doubt in preview.doubts[:SHOWN]:
        other = f"{doubt.other_name} ({doubt.other_id})"
        say(f"in doubt: {doubt.file}:{doubt.row}: {doubt.name} may be {other}: {doubt.what}")
    in_doubt = preview.counts()["in_doubt"]
    if in_doubt > SHOWN:
        say(f"and {in_doubt - SHOWN} more in doubt")
    if in_doubt:
        click.echo(
            "Each stays a client of its own until you say otherwise: `followup client duplicates` shows who may be "
            "one, `followup client household` who lives together."
        )


UNREMARKABLE = frozenset({"title", "blank"})
"""Why a row is left out that nobody would have expected to be taken."""


def _left_out(skipped: Sequence[Skipped]) -> dict[str, list[int]]:
    """Return why -> rows, for rows that somebody may miss; what several have in common is said once."""
    found: dict[str, list[int]] = {}
    shared = Counter(_QUOTED.sub("", each.why) for each in skipped)
    for each in skipped:
        if each.code not in UNREMARKABLE:
            general = _QUOTED.sub("", each.why)
            found.setdefault(general if shared[general] > 1 else each.why, []).append(each.row)
    return found


_QUOTED = re.compile(r" \('.*'\)$")


def _row_numbers(rows: Sequence[int]) -> str:
    named = ", ".join(str(row) for row in rows[:SHOWN])
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {named}{more}"


def _only_bad_rows(preview: Preview) -> bool:
    """Return whether nothing but rows with problems stands in the way."""
    return not preview.writable and all(file.ready for file in preview.files)


def _stop_at_trouble(app: App, preview: Preview) -> None:
    if preview.refused:
        raise BadInput(f"Nothing was imported: {words.plural(len(preview.refused), 'file')} could not be read.")
    if preview.questions:
        from followup.cli import asking

        raise BadInput(
            "\n".join(["Nothing was imported: there are open questions.", *asking.open_questions(preview.files)])
        )
    if not preview.writable:
        bad = words.plural(preview.bad_rows, "row has a problem", "rows have problems")
        them, they = ("it", "it goes") if preview.bad_rows == 1 else ("them", "they go")
        raise BadInput(
            f"Nothing was imported: {bad}. Repair {them} in the file and import it again, or leave {them} out with "
            f"--skip-bad-rows ({they} to a file of {'its' if preview.bad_rows == 1 else 'their'} own)."
        )
    if preview.bad_rows:
        app.narrate(f"{words.plural(preview.bad_rows, 'row')} with problems will be left out (--skip-bad-rows).")


def _show_counts(desk: Desk, preview: Preview, *, most: int | None) -> None:
    counts = preview.counts()
    say(
        f"new: {words.plural(counts['new_clients'], 'client')}, {words.plural(counts['new_jobs'], 'job')};"
        f" changed: {words.plural(counts['changed_clients'], 'client')}, {words.plural(counts['changed_jobs'], 'job')};"
        f" unchanged: {counts['unchanged']}"
    )
    say(f"not completed: {words.plural(counts['not_completed'], 'job')}; in doubt: {counts['in_doubt']}")
    changed = [*preview.changed_clients, *preview.changed_jobs][:most]
    for change in changed:
        say(f"  {_named(desk, change.new)}: {'; '.join(_differences(change))}")
    more = counts["changed"] - len(changed)
    if more > 0:
        say(f"  and {more} more changes; `followup imports show` lists all of them once they are written")
    _show_kept(desk, preview)


def _show_kept(desk: Desk, preview: Preview) -> None:
    """Say what the files say otherwise and what stays all the same."""
    from followup.report import clients

    for each in preview.kept[:SHOWN]:
        ours, theirs = clients.said(each.ours), clients.said(each.theirs)
        say(f"kept: {each.field} of {_named(desk, each.record)}: yours {ours}, the file says {theirs}")
    if preview.kept_values > SHOWN:
        say(f"and {preview.kept_values - SHOWN} more values of yours")
    if preview.kept:
        click.echo("With --prefer file the file's values are taken.")


def _named(desk: Desk, record: Client | Job) -> str:
    from followup.model import Client

    if isinstance(record, Client):
        return words.client(record)
    owner = words.client(desk.store.client(record.client_id), client_id=record.client_id)
    return f"{owner}, {record.service}" if record.service else owner


def _differences(change: Change) -> list[str]:
    from followup.report import clients

    assert change.old is not None
    return [line.strip() for line in clients.differences(change.old, change.new)]


def _show_consequences(found: Consequences) -> None:
    if found.is_nothing:
        click.echo("Nothing becomes due because of it this week.")
    for title, counts in (("due at once because of it", found.due_now), ("in the coming week", found.this_week)):
        if counts:
            say(f"{title}: {', '.join(f'{count} {step}' for step, count in sorted(counts.items()))}")


def split_paths(typed: str) -> list[str]:
    """Return the paths that a person typed or dropped on the terminal, quotes and blanks allowed."""
    try:
        return shlex.split(typed, posix=sys.platform != "win32")
    except ValueError:
        return [typed]
