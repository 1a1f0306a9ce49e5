"""What an import leads to, before it is written; and the import that is taken as history.

Takes a Desk and the Preview of an import. Gives the touchpoints that would fall due. Touches the store: a trial is
written in a transaction that is always rolled back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from followup import identity
from followup.intake import merge
from followup.model import Client, Instruction, InstructionKind, Job, OccasionKind, Referral, State
from followup.workflow import importing, planning, previews
from followup.workflow.desk import Desk

if TYPE_CHECKING:
    from followup.store import Writer

WEEK = timedelta(days=7)
ASKED_FOR = frozenset({State.DUE, State.UPCOMING, State.HELD})
_OF_HISTORY = frozenset({OccasionKind.JOB_COMPLETED, OccasionKind.REFERRAL_MADE, OccasionKind.REFERRAL_WON})
"""What lies behind: an address book says who brought whom, and not that it was years ago."""


@dataclass(frozen=True, slots=True)
class Consequences:
    """What an import would make within a week: touchpoints due at once and in the days after, by step."""

    due_now: Counter[str]
    this_week: Counter[str]

    @property
    def is_nothing(self) -> bool:
        """Return whether nothing follows within a week."""
        return not (self.due_now or self.this_week)


class _RolledBackError(Exception):
    """Ends a trial."""


def of(desk: Desk, preview: previews.Preview) -> Consequences:
    """Return what writing *preview* would make due, step by step; the store is as it was afterwards."""
    before = _near(desk)
    try:
        with desk.store.write(kind="import", command="trial", person=desk.person, now=desk.now()) as write:
            importing.apply(desk, write, preview)
            found = _compared(desk, write, before)
            raise _RolledBackError
    except _RolledBackError:
        return found


def commit(desk: Desk, preview: previews.Preview) -> tuple[importing.Imported, Consequences]:
    """Write *preview*, and return what has become due because of it too.

    It is looked for in the transaction that writes and told after it: who reads slowly must not keep the home locked.
    """
    before = _near(desk)
    found: list[Consequences] = []
    done = importing.commit(desk, preview, then=lambda write: found.append(_compared(desk, write, before)))
    return done, found[0]


def take(
    desk: Desk,
    sources: Sequence[importing.Source],
    *,
    kind: str = "",
    source: str = "",
    answers: Mapping[str, str] | None = None,
    skip_bad_rows: bool = False,
    prefer: merge.Prefer = merge.Prefer.EDITED,
    examples: int = previews.EXAMPLES,
    progress: previews.Progress,
) -> tuple[previews.Preview, importing.Imported | None, Consequences | None]:
    """Look and write in one go, see `importing.take`, and return what has become due because of it too."""
    found: list[Consequences] = []

    def watch() -> Callable[[Writer], None]:
        before = _near(desk)
        return lambda write: found.append(_compared(desk, write, before))

    preview, done = importing.take(
        desk,
        sources,
        kind=kind,
        source=source,
        answers=answers,
        skip_bad_rows=skip_bad_rows,
        prefer=prefer,
        examples=examples,
        progress=progress,
        watch=watch,
    )
    return preview, done, found[0] if found else None


def _compared(desk: Desk, write: Writer, before: Mapping[tuple[str, str], State]) -> Consequences:
    """Return what has become due since *before*, within the transaction that writes an import."""
    desk.store.settle()
    now: Counter[str] = Counter()
    later: Counter[str] = Counter()
    for (key, step), state in _near(desk, new=set(write.added(Client))).items():
        if before.get((key, step)) != state:
            (now if state == State.DUE else later)[step] += 1
    return Consequences(now, later)


def commit_as_history(desk: Desk, preview: previews.Preview) -> importing.Imported:
    """Write *preview*, and take every completed job in it, and who brought whom, as history: no thanks, calls or asks.

    What comes round again by itself (anniversaries, service reminders, quiet clients) still does.
    """

    _ = desk.rules  # before the transaction: holidays that were looked up for them are kept in one of its own

    def skip(write: Writer) -> None:
        desk.store.settle()
        new = {*write.added(Job), *write.added(Referral)}
        now = desk.now()
        chosen = [
            decision
            for decision in (each.decision for each in planning.decide(desk, horizon=desk.today + WEEK * 60))
            if decision.occasion.kind in _OF_HISTORY
            and decision.occasion.fact_id in new
            and decision.state in ASKED_FOR | {State.REVIEW}
        ]
        write.save_many(
            Instruction(
                id=identity.random_identifier(),
                client_id=decision.client_id,
                kind=InstructionKind.SKIP,
                given_at=now,
                on=desk.today,
                key=decision.key,
                reason="taken as history when it was imported",
            )
            for decision in chosen
        )

    # In the same transaction: an import that was cut off must not be taken for news, and one undo takes it all back.
    return importing.commit(desk, preview, then=skip)


def _near(desk: Desk, *, new: Collection[str] = ()) -> dict[tuple[str, str], State]:
    """Return key and step -> state of what is due or comes within a week."""
    horizon = desk.today + WEEK
    return {
        (found.decision.key, found.decision.step): found.decision.state
        for found in planning.decide(desk, horizon=horizon, new=new)
        if found.decision.state in ASKED_FOR and (found.decision.act_on or desk.today) <= horizon
    }
