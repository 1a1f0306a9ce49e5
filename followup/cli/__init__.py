"""The command line: parse, call one function, print.

Takes arguments. Gives text on stdout, narration on stderr, an exit code. The only package that imports click; the only
place where an error becomes text. Commands are listed here by hand, in the order of the help; each command's module
is imported when it is used.
"""

from __future__ import annotations

import errno
import io
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from followup import __version__
from followup.errors import BadInput, ExitCode, FollowupError

# (section, ((command, module of followup.cli, one line of help), ...)); the function is NAME_command.
SECTIONS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Every week",
        (
            ("week", "week", "Walk through the weekly round, question by question."),
            ("import", "intake", "Take in clients and jobs from CSV files."),
            ("due", "planning", "List what to do now, urgent first."),
            ("send", "sending", "Send what is due, or write it as drafts for your mail program."),
            ("confirm", "confirming", "Say which messages went out."),
            ("calls", "contacts", "List the calls to make, with what to say."),
            ("done", "contacts", "Record a call, a letter, or what you did yourself."),
            ("log", "contacts", "Record any contact with a client, in or out."),
        ),
    ),
    (
        "Look",
        (
            ("status", "planning", "Show what waits, in a few lines."),
            ("why", "planning", "Explain every step for a client or a key."),
            ("plan", "planning", "List the coming weeks."),
            ("preview", "messages", "Show exactly what would go out."),
            ("message", "messages", "Show the exact bytes of a message that was made."),
            ("client", "clients", "List, show and change clients."),
            ("job", "jobs", "List and change jobs."),
            ("report", "reports", "Contact report and summary for a period."),
        ),
    ),
    (
        "Relationship",
        (
            ("enquiry", "enquiries", "A first connection, until it is won or lost."),
            ("promise", "promises", "What was told with a date, by us or to us."),
            ("case", "cases", "What went wrong, until it is put right."),
            ("handover", "handover", "Hand a client's matter to a colleague or a supplier."),
            ("referral", "referrals", "Who brought whom, and the reward."),
            ("gift", "gifts", "What was given, against your country's limits."),
            ("praise", "praise", "A good word, until it reaches who earned it."),
            ("lesson", "lessons", "What we do differently since."),
            ("feedback", "feedback", "Take in scores and comments."),
            ("concerns", "concerns", "List clients who may be unhappy, and what to do."),
        ),
    ),
    (
        "Set up",
        (
            ("init", "setup", "Make a home for your business."),
            ("demo", "setup", "See the whole road with an example business."),
            ("doctor", "setup", "Check everything and say what to fix."),
            ("mail", "mail", "Test the mail server, log in, see the limits."),
            ("template", "templates", "List, check, show and edit message templates."),
            ("cadence", "setup", "List, check and show cadences."),
            ("backup", "setup", "Copy the home into one file."),
            ("restore", "setup", "Bring a home back from a backup."),
            ("config", "setup", "Show the settings in force."),
        ),
    ),
    (
        "Wishes",
        (
            ("optout", "clients", "A client says stop: nothing goes out any more."),
            ("forget", "clients", "A client says forget me: erase what we hold."),
        ),
    ),
    (
        "Scripts",
        (
            ("run", "run", "The daily run for cron: drafts and one digest."),
            ("undo", "imports", "Take back the last change, or any import."),
            ("imports", "imports", "What was imported, what that did and taught."),
            ("skip", "planning", "Never do this one touchpoint."),
            ("snooze", "planning", "Put a touchpoint or a client off until a day."),
            ("reconcile", "reconciling", "Explain what keeps messages from going out."),
        ),
    ),
)
MODULES = {name: module for _, commands in SECTIONS for name, module, _ in commands}


class _Carried(Exception):
    """An OSError on its way to the boundary."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


class Root(click.Group):
    """The root command: lazy commands in sections, and the one boundary for errors."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order of the help."""
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module that holds the command, and only that one."""
        module = MODULES.get(cmd_name)
        if module is None:
            return None
        command = getattr(import_module(f"followup.cli.{module}"), f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections from the table above, so that help imports no command and fits a screen."""
        explained, named = SECTIONS[:2], SECTIONS[2:]
        for section, commands in explained:
            with formatter.section(section):
                formatter.write_dl([(name, text) for name, _, text in commands], col_max=12, col_spacing=2)
        with formatter.section("More (followup COMMAND --help explains each)"):
            formatter.write_dl([(section, " ".join(name for name, _, _ in commands)) for section, commands in named])

    def invoke(self, ctx: click.Context) -> Any:
        """Carry errors of the system past click, which would make exit code 1 of a reader that left."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            raise _Carried(error) from error

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, and turn whatever happened into text on stderr and an exit code."""
        extra.update(args=args, prog_name=prog_name, complete_var=complete_var)
        if not standalone_mode:
            return super().main(standalone_mode=False, **extra)
        return leave(self._run(extra))

    def _run(self, extra: dict[str, Any]) -> int:
        try:
            if sys.stdout is None:  # `>&-`: Python drops the stream, and click would print into nothing
                raise OSError(errno.EBADF, "standard output is closed")
            for stream in (sys.stdout, sys.stderr):
                if isinstance(stream, io.TextIOWrapper):
                    # Names come from every script, and a pipe's own idea of an encoding may know none of them.
                    stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
            args = extra["args"]
            _refuse_controls(sys.argv[1:] if args is None else args)
            result = super().main(standalone_mode=False, **extra)
            sys.stdout.flush()
            return int(result) if isinstance(result, int) else ExitCode.DONE
        except FollowupError as error:
            _say(f"Error: {error}")
            return error.exit_code
        except click.exceptions.Exit as leaving:
            return leaving.exit_code
        except (click.Abort, KeyboardInterrupt, EOFError):
            _say("Stopped. What was recorded until now is kept; nothing else was done.")
            return ExitCode.INTERRUPTED
        except click.ClickException as error:
            error.show()
            return error.exit_code
        except _Carried as carried:
            return _os_error(carried.error)
        except OSError as error:
            return _os_error(error)


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def _refuse_controls(words: Sequence[str]) -> None:
    """Keep out of the records what neither a terminal, nor a message, nor our own import could take back."""
    for word in words:
        found = _CONTROL.search(word)
        if found:
            raise BadInput(f"'{word}' holds a control character (U+{ord(found.group()):04X}). Type it without.")


def _os_error(error: OSError) -> int:
    if error.errno in (errno.EPIPE, errno.EINVAL) and not error.filename:
        # `| head -1`: the reader has what it wanted. Windows says EINVAL.
        return ExitCode.READER_LEFT
    where = f"{error.filename}: " if error.filename else ""
    reason = error.strerror or str(error)
    if error.errno == errno.EISDIR:
        _say(f"Error: {where}that is a folder. Name a file.")
        return ExitCode.NOT_FOUND
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        _say(f"Error: {where}{reason}. Check who owns it and that it may be written.")
        return ExitCode.NO_PERMISSION
    # what was to be written may be in the home, and only the word of it lost: a gift would be entered twice
    what_now = "Make room or choose another place, and look whether it is done before you run it again."
    _say(f"Error: {where}{reason}. Nothing was half done. {what_now}")
    return ExitCode.IO_ERROR


def _say(text: str) -> None:
    from followup import cells  # after an error only: --help is not to wait for it

    try:
        click.echo("\n".join(cells.printable_lines(text)), err=True)
    except OSError:
        return


def _fault(bug: Exception) -> str:
    import traceback
    from pathlib import Path

    place = traceback.extract_tb(bug.__traceback__)[-1]
    return (
        f"Error: this is a fault in followup {__version__}: {type(bug).__name__}: {bug} "
        f"({Path(place.filename).name}:{place.lineno}). What was recorded before is kept. "
        "Please report it with what `followup -v ...` prints for the same command."
    )


def leave(code: int) -> NoReturn:
    """Exit with *code* without a second error from streams that are gone."""
    if code in (ExitCode.READER_LEFT, ExitCode.IO_ERROR) and "pytest" not in sys.modules:
        # The interpreter flushes stdout again at exit and would print a traceback about the same trouble.
        devnull = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                os.dup2(devnull, stream.fileno())
    sys.exit(code)


@click.command(
    cls=Root,
    name="followup",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--home", metavar="DIR", help="The folder with followup.toml (FOLLOWUP_HOME).")
@click.option("--now", metavar="DATE[TIME]", help="Answer as if it were this day (FOLLOWUP_NOW).")
@click.option("-v", "--verbose", is_flag=True, help="Say more on stderr.")
@click.option("-q", "--quiet", is_flag=True, help="Say less on stderr.")
@click.version_option(__version__, message="followup %(version)s")
@click.pass_context
def cli(ctx: click.Context, *, home: str | None, now: str | None, verbose: bool, quiet: bool) -> None:
    """After every job, the right word to the right client, and never twice.

    New here? `followup demo` shows it all; `followup init` starts your own.
    """
    from followup.cli.app import App

    if not isinstance(ctx.obj, App):
        ctx.obj = App()
    ctx.obj.start(home=home, now=now, verbose=verbose, quiet=quiet)
    ctx.call_on_close(ctx.obj.close)
    if ctx.invoked_subcommand is None:
        from followup.cli import planning

        planning.welcome(ctx.obj)


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line of this process."""
    try:
        cli.main(args=argv, prog_name="followup")
    except Exception as bug:  # whatever gets here is a fault of ours
        if "-v" in sys.argv or "--verbose" in sys.argv:
            raise
        _say(_fault(bug))
        leave(ExitCode.BUG)
    raise AssertionError("unreachable: Root.main leaves")
