"""One family of errors, and every exit code by name.

An error's text says where, what, and what now. The command line's boundary (``cli``) is the only place that turns
an error into text on stderr and an exit code; a traceback means a bug of ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """What a finished run tells the shell. Numbers from 64 to 78 are those of BSD's sysexits.h."""

    DONE = 0  # also when ordinary work waits for you
    DECLINED = 1  # you answered no; nothing was done
    USAGE = 2
    NEEDS_A_PERSON = 3  # done, but something went wrong that only a person can settle
    BAD_INPUT = 65  # bad rows, open questions, ambiguous name
    NOT_FOUND = 66  # no such file, client or key
    MAIL_SERVER = 69  # unreachable, or its certificate or TLS is not acceptable
    BUG = 70
    CANNOT_CREATE = 73
    IO_ERROR = 74  # disk full, closed output
    TRY_LATER = 75  # lock busy, the server said later
    NO_PERMISSION = 77  # login refused, file permissions
    CONFIGURATION = 78  # settings, template, schema too new, journal ahead
    INTERRUPTED = 130
    READER_LEFT = 141
    TERMINATED = 143


# The worst of a run wins, in this order.
SEVERITY = (
    ExitCode.CONFIGURATION,
    ExitCode.NO_PERMISSION,
    ExitCode.IO_ERROR,
    ExitCode.MAIL_SERVER,
    ExitCode.TRY_LATER,
    ExitCode.NEEDS_A_PERSON,
)

# Somebody ended the run: then no other code tells more.
_ENDED = (ExitCode.INTERRUPTED, ExitCode.TERMINATED)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the exit code that a run reports when several things happened in it."""
    seen = set(codes)
    for code in (*_ENDED, *SEVERITY):
        if code in seen:
            return code
    return max(seen, default=ExitCode.DONE)


class FollowupError(Exception):
    """Something a user can cause and mend. ``str(error)`` is fit to show: where, what, what now."""

    exit_code: ExitCode = ExitCode.BAD_INPUT


class Declined(FollowupError):
    """The user answered no; nothing was done."""

    exit_code = ExitCode.DECLINED


class UsageError(FollowupError):
    """The command line asks for something that does not go together."""

    exit_code = ExitCode.USAGE


class BadInput(FollowupError):
    """A file, a value or a name that cannot be used as it is."""


class Ambiguous(BadInput):
    """A name fits several records. *candidates* are lines that tell them apart."""

    def __init__(self, what: str, candidates: Iterable[str]) -> None:
        """Say what was asked for and list what it could mean."""
        self.candidates = tuple(candidates)
        listed = "\n".join(f"  {line}" for line in self.candidates)
        super().__init__(f"{what} could be any of these:\n{listed}\nUse more of the name, or the id in front.")


class NotFound(FollowupError):
    """No such file, client or key."""

    exit_code = ExitCode.NOT_FOUND


class CannotCreate(FollowupError):
    """An output file or folder cannot be made where it was asked for."""

    exit_code = ExitCode.CANNOT_CREATE


class IOFailure(FollowupError):
    """Reading or writing failed: disk full, output closed, device error."""

    exit_code = ExitCode.IO_ERROR


class TryLater(FollowupError):
    """Another run holds the lock, or a server said later."""

    exit_code = ExitCode.TRY_LATER


class NoPermission(FollowupError):
    """The file system or a server refuses us."""

    exit_code = ExitCode.NO_PERMISSION


class ConfigurationError(FollowupError):
    """Settings, a template, a cadence or the schema is wrong. *problems* holds all of them at once."""

    exit_code = ExitCode.CONFIGURATION

    def __init__(self, problems: str | Iterable[str]) -> None:
        """Take one problem or all that were found."""
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class MessageProblem(FollowupError):
    """One message cannot be made from what is known; a person has to settle it. Others are not stopped by it."""

    exit_code = ExitCode.NEEDS_A_PERSON


class TemplateProblem(ConfigurationError, MessageProblem):
    """A template is wrong: ``file:line``, what, what now. *problems* holds all of them at once."""

    exit_code = ExitCode.CONFIGURATION
