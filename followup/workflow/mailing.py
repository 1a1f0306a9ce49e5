"""The run that hands messages to the mail server: one line, one message after the other, slowly.

Takes a Desk and prepared messages. Gives what became of each. Touches the network, the store, the journal and, for its
time, the lock and the process's signals. What it promises: no message goes out twice, none to somebody who said stop,
and every one that did not go says why.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING

from followup import deliver, pace
from followup.errors import BadInput, ExitCode, FollowupError
from followup.model import Attempt, AttemptState
from followup.workflow import composing, journal, mailbox, mailnotes, sending, settling, signals
from followup.workflow.desk import Desk

if TYPE_CHECKING:
    from followup.mail.replies import Verdict
    from followup.mail.session import Session

CHUNK = 25
"""How many messages are rendered and claimed together."""

_LIMITS = {
    "broken": (2, "The line broke for two messages in a row.", ExitCode.MAIL_SERVER),
    "put off": (3, "It put off three messages in a row.", ExitCode.TRY_LATER),
    "bad address": (
        5,
        "It refused five addresses in a row: it may be us and not them. `followup mail allow ADDRESS` tries one again.",
        ExitCode.NEEDS_A_PERSON,
    ),
    "policy": (2, "It refused two messages in a row for what they say or whom they are from.", ExitCode.NEEDS_A_PERSON),
}
"""What happens so often in a row is about us, and not about the messages: how often, what to say, the exit code."""


class _Stop(Exception):
    """The run ends here, with *code*; what was not handed over stays due."""

    def __init__(self, text: str, code: ExitCode) -> None:
        self.text, self.code = text, code
        super().__init__(text)


def run(
    desk: Desk,
    prepared: Iterable[composing.Prepared],
    *,
    limit: int | None,
    automatic: bool,
    report: sending.Report,
    same_machine: sending.SameMachine | None,
) -> sending.Sent:
    """Hand over what was prepared, as far as caps, hours and the server allow, and return what happened.

    What was prepared may be stale once the lock is taken, because another run may have worked in the meantime: each
    message is compared with the facts as they are then, when it is claimed and again inside its fence. So whoever
    looked over a list sends from that list, and nothing that was not on it.
    """
    desk.check_day()
    done = sending.Sent(opens_at=sending.opens_at(desk))
    with signals.watch() as asked, desk.lock():
        sending.refuse_unsafe(desk)
        recovered = settling.recover_locked(desk)
        for attempt in recovered.attempts:
            report(f"recovered {attempt.state.value} {attempt.key}")
        done.unknown += recovered.unknown
        journal.agree(desk)
        if doubt := desk.check_clock(last_run=mailnotes.last_unattended_run(desk) if automatic else None):
            report(f"review {doubt}")
        if not done.opens_at:
            _Run(desk, done, asked=asked, automatic=automatic, report=report).go(
                prepared, limit=limit, same_machine=same_machine
            )
        with suppress(FollowupError):  # what cannot be noted now makes `status` careful, and nothing worse
            mailnotes.note_run(desk, good=done.stopped is None, automatic=automatic)
            deliver.publish(desk.store, desk.home.drafts_path)  # a stop that came meanwhile has left that to us
    return done


class _Run:
    """One run: its line, its claims, and what happened in a row."""

    def __init__(
        self, desk: Desk, done: sending.Sent, *, asked: signals.Stopping, automatic: bool, report: sending.Report
    ) -> None:
        self.desk, self.done, self.asked, self.automatic, self.report = desk, done, asked, automatic, report
        self.mail = desk.settings.mail
        self.handing = deliver.Handing(
            desk.store,
            desk.journal,
            clock=desk.now,
            today=desk.today,
            timezone=desk.zone,
            person=desk.person,
            closed=self._closed,
        )
        self.session: Session | None = None
        self.tried = 0
        self.in_a_row = dict.fromkeys(_LIMITS, 0)

    def _closed(self) -> str:
        self.done.opens_at = sending.opens_at(self.desk)
        return "it is not the hour any more (mail.send_between)" if self.done.opens_at else ""

    def _is_over(self) -> bool:
        return self.asked.asked or bool(self._closed())

    # ------------------------------------------------------------ the run as a whole

    def go(
        self, prepared: Iterable[composing.Prepared], *, limit: int | None, same_machine: sending.SameMachine | None
    ) -> None:
        """Hand over as many as may go now."""
        waiting = self._ready(prepared)
        first = next(waiting, None)
        if first is None:
            return
        waiting = chain([first], waiting)
        try:
            self._check(same_machine)
            allowed = mailbox.allowance(self.desk)
            if limit is not None and limit < allowed.count:
                allowed = pace.Allowance(limit, "--limit")
            self.done.cap, self.done.next_at = allowed.limit, allowed.opens_at
            self._send(islice(waiting, allowed.count))
        except _Stop as stop:
            self._stopped(stop.text, stop.code)
        except FollowupError as error:
            self._stopped(str(error), error.exit_code)
        finally:
            self._finish()
        if self.done.stopped is None:
            self.done.left += sum(1 for _ in waiting)
            if not self.done.left:
                self.done.next_at = None

    def _stopped(self, text: str, code: ExitCode) -> None:
        self.report(f"stopped {code.value} {' '.join(text.split())}")
        if self.done.stopped is None:
            self.done.stopped = sending.Stopped(text, code)

    def _finish(self) -> None:
        """Settle what is in hand; then say goodbye, which may take long and decides nothing."""
        # Not in the server's words: they may name another client, whose erasure would not find them here.
        why = "the run was stopped" if self.done.stopped else ""
        try:
            for attempt in self.handing.finish(why):
                self.done.unknown.append(attempt)
                self.report(f"unknown {attempt.key}")
        except FollowupError as error:
            self._stopped(str(error), error.exit_code)  # the next run recovers what is left open
        finally:
            if self.session is not None:
                self.session.close()

    def _ready(self, prepared: Iterable[composing.Prepared]) -> Iterator[composing.Prepared]:
        for item in prepared:
            if item.message is None:
                self.done.refused.append(item)
                continue
            if sending.rests_until(self.desk, item) is not None:
                self.done.resting += 1
                continue
            yield item

    # ------------------------------------------------------------ may anything go?

    def _check(self, same_machine: sending.SameMachine | None) -> None:
        here, last = mailnotes.here(self.desk), mailnotes.machine(self.desk)
        if last is None or last.mark != here.mark:
            if last is not None and (same_machine is None or not same_machine(last, here)):
                raise _Stop(
                    f"{mailbox.describe_move(last, here)}. If it was moved, say "
                    "`followup reconcile`; a copy of a home must not send what the other one sends too.",
                    ExitCode.CONFIGURATION,
                )
            mailnotes.set_machine(self.desk, here)
        if block := mailnotes.block(self.desk):
            raise _Stop(
                f"{mailbox.describe_block(self.desk, block)}. Nothing is tried until you act, because providers lock "
                "accounts that keep trying. Correct the password or the settings, then say `followup mail test`.",
                ExitCode.NO_PERMISSION,
            )
        if pause := mailnotes.pause(self.desk):
            self.done.next_at = pause.until
            raise _Stop(
                f"{mailbox.describe_pause(self.desk, pause)}. The next run after that goes on.", ExitCode.TRY_LATER
            )

    # ------------------------------------------------------------ one after the other

    def _send(self, items: Iterator[composing.Prepared]) -> None:
        while not self._is_over() and (chunk := list(islice(items, CHUNK))):
            frozen = [made for item in chunk if (made := self._frozen(item)) is not None]
            if not frozen:
                continue
            self._line()
            claimed, stopped = self.handing.claim(frozen)
            self.report(f"claimed {len(claimed)}")
            for item, reason in stopped:
                self._withheld(item, reason)
            for item in claimed:
                if self.tried and self.mail.pause:  # not before the first, and so not after the last
                    chance = random.random()  # noqa: S311  # a rhythm, no secret
                    self.asked.pause(pace.pause_seconds(self.mail.pause, chance))
                if self._is_over():
                    break
                self._hand_over(item)
        if self.asked.code is not None:
            raise _Stop("You stopped it. What was not handed over stays due.", self.asked.code)

    def _frozen(self, item: composing.Prepared) -> deliver.Frozen | None:
        assert item.message is not None
        try:
            return deliver.freeze(
                self.desk.store,
                self.desk.key,
                item.message,
                item.decision,
                item.dossier,
                now=self.desk.now(),
                today=self.desk.today,
                timezone=self.desk.zone,
                automatic=self.automatic,
            )
        except BadInput as error:  # what cannot become bytes stops itself and nobody else
            self.done.refused.append(item.refused(error))
            return None

    def _line(self) -> Session:
        """Return the session, connected."""
        from followup.mail import passwords, session

        if self.session is None:
            secret = None
            if self.mail.logs_in:
                secret = passwords.find(self.mail, environ=os.environ, home=self.desk.home.path)
            self.session = session.Session(self.mail, secret, home=self.desk.home.path)
            self.done.server = self.session.server
        if not self.session.is_open:
            try:
                self.session.open()
            except session.Stopped as stopped:
                self._heed(stopped.verdict)
                raise _Stop(self._words(stopped.verdict), stopped.verdict.stop or ExitCode.MAIL_SERVER) from stopped
        return self.session

    def _hand_over(self, item: deliver.Frozen) -> None:
        if reason := self.handing.stopped(item):  # a line need not be cut for what is known by now
            self.handing.cancel(item, reason)
            self._withheld(item, reason)
            return
        verdict = self._try(item)
        if verdict is not None and verdict.state is None and verdict.stop is None:
            self.report(f"reconnecting {verdict.said}")  # before the dot: the server cannot have taken it
            verdict = self._try(item)
            if verdict is not None and verdict.state is None and verdict.stop is None:
                # Twice: it may be this message. It goes to the end of the queue, and the others are tried.
                verdict = replace(verdict, state=AttemptState.TEMPORARY)
        if verdict is None:
            return
        if verdict.state is not None:
            self._settled(item, verdict)
        self._heed(verdict)
        if verdict.stop is not None:
            raise _Stop(self._words(verdict), verdict.stop)
        self._count(verdict)

    def _try(self, item: deliver.Frozen) -> Verdict | None:
        """Hand *item* to the server once; None when a rule kept it back behind its text."""
        line = self._line()
        self.tried += 1
        try:
            return line.hand_over(
                item.attempt.message.encode("ascii"),
                sender=item.message.from_address,
                recipient=item.attempt.address,
                fence=partial(self.handing.fence, item),
            )
        except deliver.Shut as shut:
            self._withheld(item, shut.reason)
            return None

    # ------------------------------------------------------------ what came of it

    def _settled(self, item: deliver.Frozen, verdict: Verdict) -> None:
        assert verdict.state is not None
        attempt = self.handing.outcome(item, verdict.state, said=verdict.said, bad_address=verdict.bad_address)
        self._kept(attempt).append(replace(attempt, text="", message=""))  # a run may be long
        word = "accepted" if attempt.state is AttemptState.SENT else attempt.state.value
        self.report(f"{word} {attempt.key} {verdict.said}")

    def _kept(self, attempt: Attempt) -> list[Attempt]:
        if attempt.state is AttemptState.SENT:
            return self.done.accepted
        if attempt.state is AttemptState.TEMPORARY:
            return self.done.later
        return self.done.unknown if attempt.state is AttemptState.UNKNOWN else self.done.failed

    def _withheld(self, item: deliver.Frozen, reason: str) -> None:
        self.done.withheld.append((item.attempt, reason))
        self.report(f"withheld {item.attempt.key}")

    def _heed(self, verdict: Verdict) -> None:
        """Keep what holds for later runs too."""
        if verdict.blocks:
            mailnotes.set_block(self.desk, verdict.said)
        if verdict.pause is not None:
            until = self.desk.now() + verdict.pause
            mailnotes.set_pause(self.desk, until, verdict.said)
            self.done.next_at = until

    def _count(self, verdict: Verdict) -> None:
        """Stop when the same happens so often in a row that it is about us, and not about the messages."""
        happened = {
            "broken": verdict.reconnect,
            "put off": verdict.state is AttemptState.TEMPORARY and verdict.phase == "mail",
            "bad address": verdict.bad_address,
            "policy": verdict.policy,
        }
        for name, (most, what, code) in _LIMITS.items():
            self.in_a_row[name] = self.in_a_row[name] + 1 if happened[name] else 0
            if self.in_a_row[name] >= most:
                raise _Stop(f"{self._words(verdict)} {what} What was not tried goes with a later run.", code)

    def _words(self, verdict: Verdict) -> str:
        server = self.session.server if self.session is not None else self.mail.host
        said = verdict.said if verdict.said.startswith(server) else f"{server}: {verdict.said}"
        then = "Nothing more is tried until you have said `followup mail test`." if verdict.blocks else ""
        return " ".join(filter(None, (f"{said.rstrip('.')}.", verdict.hint, then)))
