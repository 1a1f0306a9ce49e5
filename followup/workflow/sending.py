"""What is due is handed over: as drafts, made here, or to the mail server (`mailing`).

Takes a Desk and prepared messages. Gives what became of each. Touches the store, the journal and the drafts folder,
through `deliver`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from followup import deliver, pace
from followup.errors import (
    BadInput,
    ConfigurationError,
    ExitCode,
    FollowupError,
    IOFailure,
    NoPermission,
    TryLater,
    UsageError,
    worst,
)
from followup.model import Attempt, Channel, InstructionKind, State
from followup.report import words
from followup.workflow import composing, finding, journal, mailnotes, planning, stops
from followup.workflow.desk import Desk

READY = frozenset({State.DUE, State.RETRY})
BY_NAME = frozenset({State.REVIEW, State.FAILED})
"""What goes out only when a person names it."""

Report = Callable[[str], None]
SameMachine = Callable[[mailnotes.Machine, mailnotes.Machine], bool]


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why a run came to its end before everything was handed over."""

    text: str  # where, what, what now
    code: ExitCode  # INTERRUPTED and TERMINATED too: somebody asked it to end


@dataclass(slots=True)
class Sent:
    """What a run did. With drafts only `drafted`, `refused`, `left` and `opens_at` say anything."""

    drafted: list[Attempt] = field(default_factory=list)
    refused: list[composing.Prepared] = field(default_factory=list)  # no message could be made: with their problems
    left: int = 0  # over --limit or a cap: they go with a later run
    opens_at: str = ""  # nothing (more) was handed over, because of the hour; from when on it may be
    server: str = ""  # who accepted; empty: no mail server was asked
    accepted: list[Attempt] = field(default_factory=list)
    later: list[Attempt] = field(default_factory=list)  # the server put it off; it is tried again by itself
    failed: list[Attempt] = field(default_factory=list)  # refused for good: a person has to look
    unknown: list[Attempt] = field(default_factory=list)  # nobody knows; also what a killed run before this one left
    withheld: list[tuple[Attempt, str]] = field(default_factory=list)  # stopped at the last moment, and why
    resting: int = 0  # put off by an earlier run, and not to be tried again yet
    cap: str = ""  # what limits: mail.per_run, mail.per_hour, mail.per_day or --limit
    next_at: datetime | None = None  # when a cap or a pause lets the next one go; None: with the next run
    stopped: Stopped | None = None

    @property
    def code(self) -> ExitCode:
        """Return what the shell is told."""
        codes = [item.code for item in self.refused]
        if self.unknown or self.failed:
            codes.append(ExitCode.NEEDS_A_PERSON)
        if self.later:
            codes.append(ExitCode.TRY_LATER)
        if self.stopped is not None:
            codes.append(self.stopped.code)
        return worst(codes)


def ready(desk: Desk, *, only: Sequence[str] = ()) -> list[planning.Found]:
    """Return the e-mails to hand over now.

    *only* narrows to keys, steps or clients, and lets late ones through; also what was refused, but not by its step:
    each of those has a fault of its own.
    """
    found = [
        each
        for each in planning.due_with_dossiers(desk, only=READY | (BY_NAME if only else frozenset()))
        if each.decision.channel == Channel.EMAIL
    ]
    if not only:
        return found
    chosen: list[planning.Found] = []
    for text in only:
        of_step = [each for each in found if text == each.decision.step and each.decision.state is not State.FAILED]
        matching = of_step or [each for each in found if text == each.decision.key]
        if not matching and text in desk.rules.by_name:
            continue  # nothing of this step is due, as on most days
        if not matching:
            decision = finding.decision(desk, text, of=[each.decision for each in found])
            matching = [each for each in found if each.decision.key == decision.key]
            if not matching:
                raise UsageError(
                    f"{decision.key} is {decision.state}, not due; `followup why {decision.key}` says why."
                )
        chosen += [each for each in matching if each not in chosen]
    return chosen


def messages(desk: Desk) -> Iterator[composing.Prepared]:
    """Yield what is ready, with its message. It is planned when the first one is asked for, which a run does under its
    lock: what a killed run left is settled by then, and nobody else works on the same list.
    """
    yield from composing.each(desk, ready(desk))


def rests_until(desk: Desk, item: composing.Prepared) -> datetime | None:
    """Return until when a message that the server put off is left alone; None when it may be tried now."""
    if item.decision.state is not State.RETRY:
        return None
    at = pace.next_try_at(_tries(item))
    return at if at is not None and at > desk.now() else None


def is_last_try(item: composing.Prepared) -> bool:
    """Tell whether a message waits for a person once the server puts it off again."""
    return pace.is_last_try(_tries(item))


def _tries(item: composing.Prepared) -> list[Attempt]:
    """Return the tries since the owner last released the touchpoint: before that is not counted, as in the plan."""
    key = item.decision.key
    released = [
        each.given_at for each in item.dossier.instructions if each.key == key and each.kind is InstructionKind.RELEASE
    ]
    tries = (each for each in item.dossier.attempts if each.key == key)
    return [each for each in tries if not released or each.made_at >= released[-1]]


def opens_at(desk: Desk) -> str:
    """Return from which hour on messages may go, when it is not the hour (mail.send_between); else nothing."""
    first, _, last = desk.settings.mail.send_between.partition("-")
    now = desk.local(desk.now()).strftime("%H:%M")
    return first if first and not first <= now <= last else ""


def refuse_unsafe(desk: Desk) -> None:
    """Raise ConfigurationError when sending could reach a client twice: a step is gone, or the database is older.

    Stops that the journal knows and an older database does not are brought back first: nobody has to ask for that.
    """
    stops.bring_back(desk)
    desk.check_steps()
    ahead = journal.ahead(desk)
    if ahead:
        raise ConfigurationError(
            f"The journal knows {len(ahead)} hand-overs that the database has never heard of: this database is older "
            "than the journal, and sending again could reach a client twice. `followup reconcile` says what to do."
        )


def hand_over(
    desk: Desk,
    prepared: Iterable[composing.Prepared],
    *,
    limit: int | None = None,
    automatic: bool = False,
    report: Report = lambda _: None,
    same_machine: SameMachine | None = None,
) -> Sent:
    """Hand over what was prepared, each at most once: as drafts, or to the mail server (mail.transport).

    Args:
        desk: an open home; its lock is taken here.
        prepared: touchpoints with their messages; an iterator (`composing.each`) is read as far as it goes out.
        limit: at most so many, besides the caps of the settings.
        automatic: nobody looks at the messages: they say so (Auto-Submitted), and a long sleep is noticed.
        report: gets a line for each event ("accepted KEY 250 2.0.0 OK"), made of identifiers and the server's words,
            for a log.
        same_machine: asked when the home sent from another machine last, with that one and this one; true when it was
            moved and may send from here. None: nobody is there to ask, and nothing is sent (78).

    Returns:
        What became of each. What ends a run with a mail server early (a refused login, a signal, a full disk) is in
        `Sent.stopped`, so that what went before can be told; `Sent.code` is the exit code.

    Raises:
        ConfigurationError: nothing may be sent before a person acts (`refuse_unsafe`).
        UsageError: the day is a pretended one, and messages would reach people.
        TryLater: another run is at work.
    """
    if desk.settings.mail.by_server:
        from followup.workflow import mailing  # which is made of what stands here

        return mailing.run(desk, prepared, limit=limit, automatic=automatic, report=report, same_machine=same_machine)
    done = draft(desk, prepared, limit=limit)
    with suppress(FollowupError):
        mailnotes.note_run(desk, good=True, automatic=automatic)
    return done


def draft(desk: Desk, prepared: Iterable[composing.Prepared], *, limit: int | None = None) -> Sent:
    """Hand over what was prepared as drafts, each at most once, and make the drafts folder show them."""
    done = Sent(opens_at=opens_at(desk))
    with desk.lock():
        refuse_unsafe(desk)
        journal.agree(desk)
        try:
            for item in prepared:
                if done.opens_at and item.message is not None:
                    continue
                if item.message is not None and limit is not None and len(done.drafted) >= limit:
                    done.left += 1
                else:
                    _draft(desk, item, done)
        except (IOFailure, NoPermission, TryLater) as error:
            if not done.drafted:
                raise
            with suppress(FollowupError):
                deliver.publish(desk.store, desk.home.drafts_path)
            kept = words.plural(len(done.drafted), "draft")
            raise type(error)(f"{error}\n{kept} made before that: kept. Run it again for the rest.") from error
        deliver.publish(desk.store, desk.home.drafts_path)
    return done


def _draft(desk: Desk, item: composing.Prepared, done: Sent) -> None:
    if item.message is None:
        done.refused.append(item)
        return
    try:
        attempt = deliver.draft(
            desk.store,
            desk.journal,
            desk.key,
            item.message,
            item.decision,
            now=desk.now(),
            today=desk.today,
            timezone=desk.zone,
            person=desk.person,
        )
    except BadInput as error:  # what cannot become bytes stops itself and nobody else
        done.refused.append(item.refused(error))
        return
    if attempt is not None:
        done.drafted.append(replace(attempt, text="", message=""))  # a run may be long


def refusals(refused: Iterable[composing.Prepared]) -> Iterator[str]:
    """Yield one line for each problem, however many messages it stops: a broken template stops many."""
    stopped: dict[str, list[str]] = {}
    for item in refused:
        stopped.setdefault(item.problem, []).append(item.decision.key)
    for problem, keys in stopped.items():
        more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
        yield f"{keys[0]}{more}: {problem}"


def tidy_drafts(desk: Desk) -> list[Path]:
    """Make the drafts folder and the journal say what the database says, whatever a killed run left undone."""
    with desk.lock():
        if not journal.ahead(desk):
            journal.agree(desk)
        return deliver.publish(desk.store, desk.home.drafts_path)
