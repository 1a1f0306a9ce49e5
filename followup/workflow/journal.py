"""Does the database know everything that the journal saw? Asked before anything is handed over.

Takes a Desk. Gives the hand-overs that the database does not know, or not so far. Touches the journal, to write down
what a killed run could not, and the store, to note how far it was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from followup.files import Entry
from followup.model import AttemptState
from followup.workflow.desk import Desk

_READ = "journal_read"  # how many bytes of the journal were found to agree; a database never forgets an attempt
_WORTH_NOTING = 256 * 1024  # bytes read in vain before that is written down
_AT_ONCE = 5000

_FAR = {
    AttemptState.DRAFTED: 0,
    AttemptState.CLAIMED: 0,
    AttemptState.HANDING_OVER: 1,
    AttemptState.UNKNOWN: 2,
    AttemptState.SENT: 3,
    AttemptState.TEMPORARY: 3,
    AttemptState.PERMANENT: 3,
    AttemptState.CANCELLED: 3,
}
"""How far an attempt is. The database gets there first and the journal second, save for the outcome of the message
that was handed over last: that one may stand in the journal alone, and the next run takes it from there."""

_HAND_OVERS = frozenset(state.value for state in AttemptState)  # other lines are of stops, see `workflow.stops`


@dataclass(slots=True)
class Seen:
    """What the journal saw of one attempt."""

    attempt_id: str
    key: str
    state: AttemptState
    made_at: datetime  # of its first line
    at: datetime  # of its last line
    handed_over_at: datetime | None = None  # of its fence

    def follow(self, entry: Entry) -> None:
        """Take in the next line about it."""
        state = AttemptState(entry.event)
        if _FAR[state] >= _FAR[self.state]:
            self.state, self.at = state, entry.at
        if state is AttemptState.HANDING_OVER:
            self.handed_over_at = entry.at


def missing(desk: Desk) -> dict[str, Seen]:
    """Return the attempts that the journal saw and the database does not know, or not so far; by id, oldest first.

    Where there are any, the database is older than reality: it was restored, copied, or lost a disk's cache. Memory
    grows with what is missing, not with the journal.
    """
    found: dict[str, Seen] = {}
    entries = (entry for entry in desk.journal.entries(begin=begin(desk)) if entry.event in _HAND_OVERS)
    while some := list(islice(entries, _AT_ONCE)):
        known = desk.store.attempt_states({entry.attempt_id for entry in some})
        for entry in some:
            if entry.attempt_id in found:
                found[entry.attempt_id].follow(entry)
            elif _is_news(entry, known.get(entry.attempt_id)):
                seen = Seen(entry.attempt_id, entry.key, AttemptState(entry.event), entry.at, entry.at)
                seen.follow(entry)
                found[entry.attempt_id] = seen
    return found


def _is_news(entry: Entry, known: AttemptState | None) -> bool:
    if known is None:
        return True
    return known is not AttemptState.HANDING_OVER and _FAR[AttemptState(entry.event)] > _FAR[known]


def ahead(desk: Desk) -> set[str]:
    """Return the keys of what is `missing`: nothing may be handed over while there are any."""
    return {seen.key for seen in missing(desk).values()}


def agree(desk: Desk) -> None:
    """Write down drafts of a run that was killed between its record and its line, and how far the two agree.

    Whoever calls holds the lock and has seen that nothing is `ahead`: an owner has to look at that first.
    """
    first = begin(desk)
    unwritten = {each.id: each for each in desk.store.open_attempts([AttemptState.DRAFTED])}
    for entry in desk.journal.entries(begin=first):
        unwritten.pop(entry.attempt_id, None)
    if unwritten and first:  # an old draft's line may stand before what was read just now
        for entry in desk.journal.entries():
            unwritten.pop(entry.attempt_id, None)
    for attempt in unwritten.values():
        desk.journal.append(at=attempt.made_at, event=attempt.state.value, key=attempt.key, attempt_id=attempt.id)
    size = desk.journal.size()
    if size - first > _WORTH_NOTING:
        with desk.store.write(kind="system", command="journal read", person=desk.person, now=desk.now()) as write:
            write.set_meta(_READ, str(size))


def begin(desk: Desk) -> int:
    """Return from which byte on the journal has to be read; all of it when it is shorter than it was."""
    read = int(desk.store.meta(_READ) or 0)
    return read if read <= desk.journal.size() else 0
