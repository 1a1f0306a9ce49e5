"""Does the database know everything that the journal saw? Asked before anything is handed over.

Takes a Desk. Gives the keys that the database has never heard of. Touches the journal, to write down what a killed run
could not, and the store, to note how far it was read.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from followup.model import AttemptState
from followup.store import Writer
from followup.workflow.desk import Desk

_LOOKED = "journal_looked"  # keys that the owner has looked at
_READ = "journal_read"  # how many bytes of the journal were found to agree; a database never forgets an attempt
_WORTH_NOTING = 256 * 1024  # bytes read in vain before that is written down
_AT_ONCE = 5000
_HAND_OVERS = frozenset(state.value for state in AttemptState)  # other lines are of stops, see `workflow.stops`


def ahead(desk: Desk) -> set[str]:
    """Return the keys that the journal saw handed over and the database has never heard of.

    Those that the owner has looked at (`look_at`) are left out. Memory does not grow with the journal.
    """
    missing: set[str] = set()
    keys = (entry.key for entry in desk.journal.entries(begin=begin(desk)) if entry.event in _HAND_OVERS)
    while some := set(islice(keys, _AT_ONCE)):
        missing |= some - desk.store.keys_with_attempts(some)
    return missing - set((desk.store.meta(_LOOKED) or "").split()) if missing else missing


def agree(desk: Desk) -> None:
    """Write down drafts of a run that was killed between its record and its line, and how far the two agree.

    Where something is `ahead` nothing is written: an owner has to look at it first.
    """
    if ahead(desk):
        return
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


def look_at(desk: Desk, write: Writer, keys: Iterable[str]) -> None:
    """Note that the owner has looked at *keys*: they are not `ahead` any more."""
    known = (desk.store.meta(_LOOKED) or "").split()
    write.set_meta(_LOOKED, " ".join(sorted({*known, *keys})))


def begin(desk: Desk) -> int:
    """Return from which byte on the journal has to be read; all of it when it is shorter than it was."""
    read = int(desk.store.meta(_READ) or 0)
    return read if read <= desk.journal.size() else 0
