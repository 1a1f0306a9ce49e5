"""Options and printing that every command with rows shares.

Takes rows and columns. Gives text on stdout or in a file that is replaced atomically.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar, cast

import click

from followup import cells, files, tables
from followup.errors import UsageError
from followup.model import CLIENT_CHANNELS
from followup.report import words

if TYPE_CHECKING:
    from followup.cli.app import App
    from followup.tables import Column
    from followup.workflow.exporting import Export

F = TypeVar("F", bound=Callable[..., Any])


def options(*several: Callable[[F], F]) -> Callable[[F], F]:
    """Return one decorator that adds several options, in the order in which they are given."""

    def add(function: F) -> F:
        for option in reversed(several):
            function = option(function)
        return function

    return add


def formats_option(formats: Sequence[str]) -> Callable[[F], F]:
    """Return what adds --format, one of *formats*, and -o."""
    return options(
        click.option(
            "--format",
            "format_",
            type=click.Choice(formats),
            default="table",
            help="How to print.",
            show_default=True,
        ),
        click.option(
            "-o",
            "--output",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help="Write to FILE instead of the screen.",
        ),
    )


format_option = formats_option(tables.FORMATS)
"""Adds --format and -o, the same for every command that prints rows."""
yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would happen; change nothing.")


YEARS = range(1900, 2200)
"""Those that files are read with; plans are made for some decades around them."""


class Day(click.ParamType[date]):
    """A day as 2026-03-02, `today` or `yesterday`."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read the day; words count from the app's today."""
        if isinstance(value, date):
            return value
        if value in ("today", "yesterday", "tomorrow"):
            from followup.cli.app import App

            assert ctx is not None
            today: date = ctx.ensure_object(App).desk().today
            return date.fromordinal(today.toordinal() + {"yesterday": -1, "today": 0, "tomorrow": 1}[value])
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.fail(f"'{value}' is not a day. Write 2026-03-02, today or yesterday.", param, ctx)
        if day.year not in YEARS:
            self.fail(f"'{value}' is too far away. Years from {YEARS[0]} to {YEARS[-1]} are understood.", param, ctx)
        return day


DAY = Day()
CHANNELS = click.Choice([each.value for each in CLIENT_CHANNELS])


def print_rows(
    app: App,
    rows: Iterable[Sequence[Any]],
    columns: Sequence[Column],
    *,
    format_: str,
    output: Path | None,
    envelope: Callable[[], Mapping[str, object]] | None = None,
    excel: str = "",
    encoding: str = "utf-8",
    newline: str = "",
    empty: str = "",
) -> int:
    """Print rows in the chosen format and return how many there were; encoding and line ends are those of a file."""
    options: dict[str, Any] = {"format": format_, "envelope": envelope, "excel": excel}
    if output is not None:
        with files.open_atomically(output, newline=newline, encoding=encoding) as stream:
            count = tables.write(rows, columns, stream=stream, **options)
        app.narrate(f"Wrote {words.plural(count, 'row')} to {output}.")
        return count
    screen: TextIO = sys.stdout
    if format_ == "table":
        import shutil

        options["width"] = shutil.get_terminal_size((120, 24)).columns if screen.isatty() else app.width
    elif screen.isatty():
        screen = cast(TextIO, _Seen(screen))
    count = tables.write(rows, columns, stream=screen, **options)
    screen.flush()
    if not count and empty and format_ == "table":
        click.echo(empty)
    return count


def check_program(program: str | None, format_: str) -> None:
    """Refuse a form of csv for a *program* together with another format than csv."""
    if program and format_ not in ("table", "csv"):
        raise UsageError(f"--for {program} makes a csv file; leave out --format {format_}.")


def print_export(app: App, export: Export, *, format_: str, output: Path | None) -> None:
    """Print an export, which is csv unless told, and say what does not travel with it."""
    print_rows(
        app,
        export.rows,
        export.columns,
        format_="csv" if format_ == "table" else format_,
        output=output,
        excel=export.excel,
        encoding=export.encoding,
        newline=export.newline,
    )
    if export.stays_behind:
        app.narrate(export.stays_behind)


def print_pieces(app: App, pieces: Iterable[str], *, output: Path | None, noun: str) -> None:
    """Print texts one after the other, each of which is a *noun*."""
    if output is None:
        screen: TextIO = cast(TextIO, _Seen(sys.stdout)) if sys.stdout.isatty() else sys.stdout
        screen.writelines(pieces)
        screen.flush()
        return
    count = 0
    with files.open_atomically(output) as stream:
        for piece in pieces:
            stream.write(piece)
            count += 1
    app.narrate(f"Wrote {words.plural(count, noun)} to {output}.")


class _Seen(io.TextIOBase):
    """A terminal that is shown what is meant for programs: csv and json keep a text as it is, and it obeys no text."""

    def __init__(self, screen: TextIO) -> None:
        """Write to *screen*."""
        self._screen = screen

    def write(self, text: str) -> int:
        """Write *text* with whatever could move the cursor made visible."""
        return self._screen.write("\n".join(cells.printable_lines(text)))

    def flush(self) -> None:
        """Pass on what is kept back."""
        self._screen.flush()


class Commands(click.Group):
    """A group of commands whose help says of each all that its first paragraph says, in the order of the file."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands as they were defined, not by the alphabet; those for files come last."""
        shown = (name for name, command in self.commands.items() if not command.hidden)
        return sorted(shown, key=lambda name: name in ("import", "export"))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write them; click's own list cuts each text short."""
        texts = {name: (self.commands[name].help or "").partition("\n\n")[0] for name in self.list_commands(ctx)}
        with formatter.section("Commands"):
            formatter.write_dl([(name, " ".join(text.split())) for name, text in texts.items()], col_spacing=2)


def choose(question: str, letters: str) -> str:
    """Return the letter that a person chose; Enter alone is the last one."""
    chosen: str = click.prompt(
        question, type=click.Choice(list(letters)), show_choices=False, default=letters[-1], err=True
    )
    return chosen


def say(text: str = "") -> None:
    """Print a result on stdout, with whatever client data could forge made harmless."""
    click.echo("\n".join(cells.printable(line) for line in text.split("\n")))


def is_said(app: App, text: str, *, format_: str, output: Path | None) -> bool:
    """Say what was done where nobody asked for rows; else narrate it, for the rows are the result, and return False."""
    if format_ == "table" and output is None:
        say(text)
        return True
    app.narrate(text)
    return False
