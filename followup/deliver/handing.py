"""Hand messages to a mail server, each at most once: claim, fence, outcome.

Takes a store, a journal and frozen messages. Gives attempts, and the fence that a session passes between a message's
text and its final dot. Touches the store and the journal.

Where a run may be killed, and what the next one finds (`settling.recover`):

    before the claim               nothing: the touchpoint is due
    claimed                        it never left: the attempt is cancelled, the touchpoint is due again
    handing_over, no answer        nobody knows: unknown, until a person says
    handing_over, answer in the    sent, or refused: the journal has the answer of the last message before the
    journal                        database has it, because the two are written together with the next fence
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING

from followup.deliver import rules, settling
from followup.deliver.freezing import Frozen
from followup.errors import FollowupError
from followup.model import REFUSED, Attempt, AttemptState, Dossier
from followup.records import dataclass

if TYPE_CHECKING:
    from followup.files import Journal
    from followup.store import Store, Writer

NOT_MOVED = "it was taken back, or is being handed over by another run"
NOT_WRITTEN = "nothing was handed over: what must be written down before could not be written"

_CODE = re.compile(r"[245]\d\d(?:[ -][245]\.\d{1,3}\.\d{1,3})?")


class Shut(Exception):
    """The fence stays shut for this message: a rule stops it by now. The session lets it through, without the dot."""

    def __init__(self, reason: str) -> None:
        """Say why."""
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a server answered, on its way into the database."""

    attempt: Attempt
    bad_address: bool


class Handing:
    """The hand-overs of one run. Whoever uses it holds the lock, and calls `finish` however the run ends.

    Every message costs one commit: that of its fence, which also writes what became of the message before.
    """

    def __init__(
        self,
        store: Store,
        journal: Journal,
        *,
        clock: Callable[[], datetime],
        today: date,
        timezone: tzinfo,
        person: str,
        closed: Callable[[], str] = str,
    ) -> None:
        """Begin with nothing claimed.

        Args:
            store: written to.
            journal: written to.
            clock: gives the instant, aware.
            today: the home's local day.
            timezone: the home's.
            person: who gives the command.
            closed: asked inside the fence; says why nothing may go out at this hour, or nothing.
        """
        self._store = store
        self._journal = journal
        self._clock = clock
        self._today = today
        self._timezone = timezone
        self._person = person
        self._closed = closed
        self._ours: set[str] = set()  # the attempts of this run
        self._agreed: int | None = None  # the store's outside_version with which the claimed ones were checked
        self._touched: set[str] = set()  # clients of whom the run itself has written since
        self._open: dict[str, Frozen] = {}  # claimed, and nothing known of it yet
        self._passed: dict[str, Attempt] = {}  # of these, what may be behind its dot
        self._last: _Outcome | None = None  # answered, in the journal, and not yet in the database

    # ------------------------------------------------------------ claiming

    def claim(self, items: Sequence[Frozen]) -> tuple[list[Frozen], list[tuple[Frozen, str]]]:
        """Take the keys of *items* in one transaction; return what was claimed, and the rest each with its reason."""
        claimed: list[Frozen] = []
        stopped: list[tuple[Frozen, str]] = []
        with self._writing() as writing:
            dossiers = self._store.dossiers(dict.fromkeys(item.attempt.client_id for item in items))
            self._agreed = self._store.outside_version()
            self._touched.clear()
            for item in items:
                reason = self._reason(item, dossiers.get(item.attempt.client_id))
                if not reason and not writing.insert_attempt(item.attempt):
                    reason = "it was handed over already"
                if reason:
                    stopped.append((item, reason))
                else:
                    claimed.append(item)
        self._open.update((item.attempt.id, item) for item in claimed)
        self._ours.update(self._open)
        for item in claimed:
            self._note(item.attempt)
        return claimed, stopped

    def stopped(self, item: Frozen) -> str:
        """Return why *item* must not go out by now, or nothing: asked before the server hears of it."""
        client_id = item.attempt.client_id
        # While nobody else wrote, what held when it was claimed holds: all facts are in this database.
        if self._store.outside_version() == self._agreed and client_id not in self._touched:
            return ""
        return self._reason(item, self._store.dossiers([client_id]).get(client_id))

    def _reason(self, item: Frozen, dossier: Dossier | None) -> str:
        if dossier is None:
            return "the client is not there any more"
        return rules.stop_reason(
            dossier, item.message, item.decision, today=self._today, attempt_id=item.attempt.id
        ) or (rules.CHANGED if rules.changed(item.dossier, dossier, ours=self._ours) else "")

    # ------------------------------------------------------------ the fence

    def fence(self, item: Frozen) -> None:
        """Record that *item* is being handed over, durably: to be called behind its text, before its final dot.

        Raises:
            Shut: a rule stops it by now; the attempt is cancelled. No dot may follow.
            FollowupError: database or journal cannot be written. No dot may follow, and nothing else can be sent.
        """
        attempt, now = item.attempt, self._clock()
        with self._writing() as writing:
            reason = self.stopped(item) or self._closed()
            if not reason and not writing.hand_over(attempt.id, at=now):
                reason = NOT_MOVED
            if reason:
                self._cancel(writing, attempt, reason)
        if reason:
            del self._open[attempt.id]
            self._note(replace(attempt, state=AttemptState.CANCELLED))
            raise Shut(reason)
        handed_over = replace(attempt, state=AttemptState.HANDING_OVER, handed_over_at=now)
        try:
            self._journal.append(
                at=now, event=handed_over.state.value, key=attempt.key, attempt_id=attempt.id, sync=True
            )
        except FollowupError:
            with suppress(FollowupError):  # else the next run finds it, and asks
                self.cancel(item, NOT_WRITTEN)
            raise
        self._passed[attempt.id] = handed_over

    # ------------------------------------------------------------ outcomes

    def outcome(self, item: Frozen, state: AttemptState, *, said: str, bad_address: bool = False) -> Attempt:
        """Record what became of *item*, and return the attempt as it is now.

        The answer to a message behind its dot goes into the journal at once, and into the database with the next fence
        or with `finish`. What was refused before its text was handed over goes into the database at once.

        Raises:
            FollowupError: it could not be written.
        """
        passed = self._passed.pop(item.attempt.id, None)
        del self._open[item.attempt.id]
        now = self._clock()
        settled = replace(passed or item.attempt, state=state, settled_at=now, server_said=said)
        outcome = _Outcome(settled, bad_address)
        if passed is None:
            with self._writing() as writing:
                self._write(writing, outcome)
            self._note(settled)
            return settled
        self._last = outcome
        try:
            self._note(settled)
        except FollowupError:
            with suppress(FollowupError), self._writing():
                pass  # it is in hand
            raise
        return settled

    def cancel(self, item: Frozen, reason: str) -> None:
        """Let go of a claim that must not go out, or of which nobody handed over the dot."""
        with self._writing() as writing:
            self._cancel(writing, item.attempt, reason)
        self._passed.pop(item.attempt.id, None)
        self._open.pop(item.attempt.id, None)
        self._note(replace(item.attempt, state=AttemptState.CANCELLED))

    def finish(self, why: str) -> list[Attempt]:
        """Write what is in hand and let go of what was not handed over; return what is unknown because of that.

        What passed its fence and has no answer, because the run was broken off while it waited, is `unknown`.
        """
        now = self._clock()
        unknown = [
            replace(attempt, state=AttemptState.UNKNOWN, settled_at=now, server_said=settling.BROKEN_OFF)
            for attempt in self._passed.values()
        ]
        unsent = [item.attempt for item in self._open.values() if item.attempt.id not in self._passed]
        if unknown or unsent or self._last is not None:
            reason = f"{settling.NEVER_LEFT}: {why}" if why else settling.NEVER_LEFT
            with self._writing() as writing:
                for attempt in unknown:
                    self._write(writing, _Outcome(attempt, bad_address=False))
                for attempt in unsent:
                    self._cancel(writing, attempt, reason)
        self._open.clear()
        self._passed.clear()
        for attempt in (*unknown, *(replace(each, state=AttemptState.CANCELLED) for each in unsent)):
            self._note(attempt)
        return unknown

    # ------------------------------------------------------------ writing

    @contextmanager
    def _writing(self) -> Iterator[Writer]:
        """Begin a transaction with the answer that is in hand: once it is committed, it is in hand no more."""
        with self._store.write(kind="contact", command="send", person=self._person, now=self._clock()) as writing:
            if self._last is not None:
                self._write(writing, self._last)
            yield writing
        self._last = None

    def _write(self, writing: Writer, outcome: _Outcome) -> None:
        settled = outcome.attempt
        assert settled.settled_at is not None
        stored = self._store.attempt(settled.id)
        if stored is None or stored.state not in (AttemptState.CLAIMED, AttemptState.HANDING_OVER):
            return
        # Of somebody who was erased meanwhile, neither the server's words nor the subject come back.
        said = settled.server_said if stored.address else ""
        writing.settle(stored, settled.state, now=settled.settled_at, server_said=said)
        self._touched.add(stored.client_id)
        if settled.state is AttemptState.SENT:
            on = settled.settled_at.astimezone(self._timezone).date()
            settling.went_out(self._store, writing, stored, on=on, now=settled.settled_at, person=self._person)
        if outcome.bad_address and stored.address and not stored.to_person:
            code = _CODE.match(said)
            writing.suppress(stored.address, REFUSED, code.group() if code else "", settled.settled_at)
            self._agreed = None  # it may be the address of others too

    def _cancel(self, writing: Writer, attempt: Attempt, reason: str) -> None:
        writing.settle_attempt(
            attempt.id,
            AttemptState.CANCELLED,
            now=self._clock(),
            server_said=reason,
            expected={AttemptState.CLAIMED, AttemptState.HANDING_OVER},
        )

    def _note(self, attempt: Attempt) -> None:
        """Write a line that the next fence makes durable."""
        self._journal.append(
            at=attempt.settled_at or self._clock(),
            event=attempt.state.value,
            key=attempt.key,
            attempt_id=attempt.id,
            sync=False,
        )
