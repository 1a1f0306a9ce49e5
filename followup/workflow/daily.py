"""The daily run for cron: what is due is drafted, and one digest says what waits for the owner.

Takes a Desk. Gives what was done and what of it the owner has not been told yet. Touches what `sending` touches, and
the note in the store of what was told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from followup.errors import ExitCode, worst
from followup.report import words
from followup.workflow import composing, planning, sending, status
from followup.workflow.desk import Desk

REMIND = timedelta(days=7)
"""What still waits is told once more after so long, so that a draft that nobody confirmed is not forgotten."""

BY_ITSELF = frozenset({"retry"})
"""Kinds that are no news: the next run sees to them. So is a message, unless the hour holds it."""

_MEMORY = "digest"  # where the store keeps what was told


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
        codes = [ExitCode.DONE, *(item.code for item in self.sent.refused)]
        if any(self.waiting[kind] for kind in ("review", "failed", "unknown")):
            codes.append(ExitCode.NEEDS_A_PERSON)
        return worst(codes)

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


def run(desk: Desk) -> Daily:
    """Draft what is due; a draft that was made by an earlier run is not made again."""
    done = sending.draft(desk, composing.prepare(desk, sending.ready(desk)))
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
