"""The daily run for cron: what is due is handed over, and one digest says what waits for the owner.

Takes a Desk. Gives what was done and what of it the owner has not been told yet. Touches what `sending` touches, the
note in the store of what was told, and the command of the owner's that follows a good run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from followup.errors import ExitCode, worst
from followup.mail import passwords
from followup.report import words
from followup.workflow import mailnotes, planning, sending, status
from followup.workflow.desk import Desk

REMIND = timedelta(days=7)
"""What still waits is told once more after so long, so that a draft that nobody confirmed is not forgotten."""

PATIENCE = timedelta(days=1)
"""For how long a server that is down is no news, or another run at work, or trouble that was told already."""

_PASSING = frozenset({ExitCode.MAIL_SERVER, ExitCode.TRY_LATER})

AFTER_SECONDS = 30
"""How long the owner's own command may take; a ping takes one second."""

BY_ITSELF = frozenset({"retry"})
"""Kinds that are no news: the next run sees to them. So is a message, unless the hour holds it."""

_MEMORY, _TROUBLE = "digest", "trouble"  # where the store keeps what was told


@dataclass(frozen=True, slots=True)
class Daily:
    """What a daily run did and found."""

    sent: sending.Sent
    waiting: Mapping[str, frozenset[str]]  # kind -> marks of what waits
    told: frozenset[str]  # marks that an earlier digest has told
    told_on: date | None  # when that was
    today: date
    page: str

    @property
    def code(self) -> ExitCode:
        """Return what the shell is told: 0 also when ordinary work waits."""
        codes = [self.sent.code]
        if any(self.waiting[kind] for kind in ("review", "failed", "unknown")):
            codes.append(ExitCode.NEEDS_A_PERSON)
        return worst(codes)

    @property
    def is_good(self) -> bool:
        """Tell whether the run came to its end: messages that need a person, or another try, do not spoil it."""
        return self.sent.stopped is None and self.code in (
            ExitCode.DONE,
            ExitCode.NEEDS_A_PERSON,
            ExitCode.TRY_LATER,
        )

    @property
    def marks(self) -> frozenset[str]:
        """Return everything that waits."""
        return frozenset().union(*self.waiting.values())

    @property
    def is_news(self) -> bool:
        """Tell whether the owner is to hear of it: something is new, or the old has waited for long."""
        if not self.marks:
            return False
        return bool(self.marks - self.told) or self.told_on is None or self.today - self.told_on >= REMIND


def run(desk: Desk, *, automatic: bool = False, report: Callable[[str], None] = lambda _: None) -> Daily:
    """Hand over what is due, as drafts or to the mail server, and find out what waits for the owner then.

    Args:
        desk: an open home.
        automatic: nobody is there: messages say so, and nothing is asked.
        report: gets a line for each event, see `sending.hand_over`.
    """
    done = sending.hand_over(desk, sending.messages(desk), automatic=automatic, report=report)
    problems = {item.decision.key: item.problem for item in done.refused}
    found = status.waiting(desk, planning.due(desk), refused=problems)
    quiet = BY_ITSELF if done.opens_at else BY_ITSELF | {"message"}
    waiting = {
        kind: frozenset(_mark(kind, each, problems.get(each, "")) for each in identifiers)
        for kind, identifiers in found.items()
        if kind not in quiet
    }
    told, told_on = _told(desk)
    return Daily(done, waiting, told, told_on, desk.today, str(desk.home.drafts_path / "drafts.html"))


def digest(done: Daily, *, quiet: bool) -> Iterator[str]:
    """Yield the one message for the owner; with *quiet* nothing at all when there is no news."""
    if quiet and not done.is_news:
        return
    if not done.marks:
        yield "Nothing waits for you."
        return
    is_old = done.told_on is not None and not done.marks - done.told
    since = f", and nothing is new since {words.full_day(done.told_on)}" if is_old else ""
    yield f"followup, {words.full_day(done.today)}: what waits for you{since}"
    for kind in status.KINDS:
        marks = done.waiting.get(kind.name, frozenset())
        if marks:
            new = len(marks - done.told)
            some_new = f" ({new} new)" if 0 < new < len(marks) else ""
            yield f"  {words.plural(len(marks), kind.one, kind.many)}{some_new}: {_what_now(done, kind)}"
    for line in sending.refusals(done.sent.refused):
        yield f"  {line}"


def _what_now(done: Daily, kind: status.Kind) -> str:
    """Return what to do: whoever reads mail is not in the home, and sees what is below."""
    if kind.name == "draft":
        return f"open {done.page}, send, then {kind.command}"
    if kind.name == "message":
        return f"held until {done.sent.opens_at} (mail.send_between)"
    return "see below" if kind.name == "refused" else kind.command


def trouble(desk: Desk, done: Daily) -> str:
    """Return on one line what went wrong in this run and keeps messages from going out; nothing when all is well."""
    said = []
    if done.sent.stopped is not None and is_news(desk, done.sent.stopped.code):
        said.append(done.sent.stopped.text)
    if done.sent.unknown:
        many = words.plural(len(done.sent.unknown), "message")
        said.append(f"{many} may have gone out, and nobody knows: followup confirm")
    return one_line(" ".join(said))


def is_news(desk: Desk, code: ExitCode) -> bool:
    """Tell whether a run that ended with *code* is worth a mail: what passes by itself is not, for a day."""
    if code not in _PASSING:
        return True
    good = mailnotes.last_good_run(desk)
    return good is None or desk.now() - good > PATIENCE


def one_line(text: str) -> str:
    """Return *text* on one line: cron's mail about trouble has one."""
    return " ".join(text.split())


def is_told(desk: Desk, line: str) -> bool:
    """Tell whether *line* was told within the last day; if not, note that it is told now, or that there is no trouble.

    Cron may run every quarter of an hour, and a login that was refused on Friday is still refused on Monday.
    """
    note = json.loads(desk.store.meta(_TROUBLE) or "{}")
    mark, now = _mark("trouble", line) if line else "", desk.now()
    if mark and note.get("mark") == mark and timedelta(0) <= now - datetime.fromisoformat(note["at"]) < PATIENCE:
        return True
    if mark or note:
        with desk.store.write(kind="system", command="run", person=desk.person, now=now) as write:
            write.set_meta(_TROUBLE, json.dumps({"mark": mark, "at": now.isoformat()}) if mark else None)
    return False


def follow(desk: Desk) -> str:
    """Run the owner's command after a good run (run.after); return on one line why that failed, or nothing.

    It gets no shell, no input, and not the password. Whatever becomes of it, what was sent was sent.
    """
    import shlex
    import subprocess

    command = desk.settings.run.after
    if not command:
        return ""
    environment = {name: value for name, value in os.environ.items() if name != passwords.VARIABLE}
    try:
        ended = subprocess.run(  # noqa: S603 - the owner's own command, without a shell
            shlex.split(command) if os.name == "posix" else command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=desk.home.path,
            timeout=AFTER_SECONDS,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return f"run.after took longer than {AFTER_SECONDS} seconds and was ended; what was sent was sent."
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        return f"run.after cannot be run: {said}. It is run without a shell: name a program."
    return f"run.after ended with {ended}; what was sent was sent." if ended else ""


def remember(desk: Desk, done: Daily, *, told: bool) -> None:
    """Keep what waits, so that tomorrow only what is new is told; *told* when the owner has just been told."""
    told_on = done.today if told else done.told_on
    if done.marks == done.told and told_on == done.told_on:
        return
    # What came to an end is forgotten: a call that comes again after a voicemail is news again.
    known = done.marks if told else done.marks & done.told
    note = json.dumps({"on": told_on.isoformat() if told_on else "", "waiting": sorted(known)})
    with desk.store.write(kind="system", command="run", person=desk.person, now=desk.now()) as write:
        write.set_meta(_MEMORY, note)


def _told(desk: Desk) -> tuple[frozenset[str], date | None]:
    note = json.loads(desk.store.meta(_MEMORY) or "{}")
    on = note.get("on", "")
    return frozenset(note.get("waiting", ())), date.fromisoformat(on) if on else None


def _mark(kind: str, identifier: str, more: str = "") -> str:
    """Return a short name for something that waits. It holds nothing of a client: notes outlive an erasure."""
    return sha256(f"{kind} {identifier} {more}".encode()).hexdigest()[:10]
