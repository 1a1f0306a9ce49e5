"""The daily run for cron: what is due is drafted, and one digest says what waits for the owner.

Takes a Desk. Gives what was done. Touches what `sending` touches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from followup.errors import ExitCode, worst
from followup.workflow import homes, sending
from followup.workflow.desk import Desk


@dataclass(frozen=True, slots=True)
class Daily:
    """What a daily run did and found."""

    sent: sending.Sent
    status: homes.Status
    folder: str

    @property
    def code(self) -> ExitCode:
        """Return what the shell is told: 0 also when ordinary work waits."""
        codes = [ExitCode.DONE, *(item.code for item in self.sent.refused)]
        if self.status.review or self.status.failed:
            codes.append(ExitCode.NEEDS_A_PERSON)
        return worst(codes)


def run(desk: Desk) -> Daily:
    """Draft what is due; a draft that was made by an earlier run is not made again."""
    prepared = sending.prepare(desk, sending.ready(desk))
    done = sending.draft(desk, prepared)
    return Daily(done, homes.status(desk), str(desk.home.drafts_path))


def digest(done: Daily, *, quiet: bool) -> Iterator[str]:
    """Yield the one message for the owner; nothing at all when nothing waits and *quiet* is asked for."""
    now = done.status
    lines = [
        (len(done.sent.drafted), "new draft", "new drafts", f"send them from {done.folder}/drafts.html"),
        (now.drafts, "draft to confirm", "drafts to confirm", "followup confirm"),
        (now.calls, "call to make", "calls to make", "followup calls"),
        (now.letters, "letter or text to write", "letters or texts to write", "followup calls"),
        (now.cases, "open case", "open cases", "followup case list"),
        (now.review, "touchpoint to look at", "touchpoints to look at", "followup due"),
        (now.failed, "message that failed", "messages that failed", "followup due"),
        (len(done.sent.refused), "message without words", "messages without words", "followup template check"),
    ]
    waiting = [line for line in lines if line[0]]
    if not waiting:
        if not quiet:
            yield "Nothing waits for you."
        return
    yield "followup: what waits for you"
    for count, one, many, command in waiting:
        yield f"  {count} {one if count == 1 else many}: {command}"
    for item in done.sent.refused:
        yield f"  {item.decision.key}: {item.problem}"
