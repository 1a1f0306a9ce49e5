"""All that keeps messages from going out, the cure of each, and the two that can be mended by a command.

Takes a Desk. Gives obstacles. Touches, when told to repair, the store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING

from followup import deliver, identity
from followup.errors import BadInput, ConfigurationError
from followup.mail import build
from followup.model import Attempt, AttemptState, Channel, Purpose
from followup.records import dataclass
from followup.report import words
from followup.workflow import journal, mailbox, mailnotes
from followup.workflow.desk import Desk
from followup.workflow.journal import Seen

if TYPE_CHECKING:
    from followup.store import Writer

_SHOWN = 10
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that keeps messages from going out."""

    said: tuple[str, ...]  # what it is, line by line
    cure: str  # what to do about it, also when `repair` is refused
    question: str = ""  # whether to do it here and now
    repair: Callable[[], str] | None = None  # does it, and says what was done
    is_partial: bool = False  # the rest goes out, or all of it by itself later


def obstacles(desk: Desk) -> list[Obstacle]:
    """Return what keeps messages from going out now; empty when nothing does."""
    found = [*_older(desk), *_steps(desk)]
    if desk.settings.mail.by_server:
        found += [*_machine(desk), *_login(desk), *_pause(desk)]
    return [*found, *_reviews(desk)]


# ---------------------------------------------------------------- a database that is older than its journal


def _older(desk: Desk) -> Iterator[Obstacle]:
    missing = list(journal.missing(desk).values())
    if not missing:
        return
    many = words.plural(len(missing), "hand-over")
    said = [
        f"The database is older than the journal: it was restored or copied, and does not know of {many}.",
        *(f"  {_line(desk, seen)}" for seen in missing[:_SHOWN]),
    ]
    if len(missing) > _SHOWN:
        said.append(f"  and {len(missing) - _SHOWN} more")
    yield Obstacle(
        tuple(said),
        "where there is a newer backup, bring it back: `followup restore BACKUP DIR`. Where there is none, "
        "`followup reconcile --yes` takes over what the journal knows: none of it goes out again, and what is due by "
        "now waits for your review",
        f"Take over {many} from the journal?",
        lambda: _take_over(desk),
    )


_SAW = {
    AttemptState.DRAFTED: "a draft was written",
    AttemptState.CLAIMED: "it was about to go, and did not",
    AttemptState.HANDING_OVER: "it was on its way; nobody saw the end",
    AttemptState.UNKNOWN: "nobody knows whether it went out",
    AttemptState.SENT: "it went out",
    AttemptState.TEMPORARY: "the server put it off",
    AttemptState.PERMANENT: "the server refused it",
    AttemptState.CANCELLED: "it did not go out",
}


def _line(desk: Desk, seen: Seen) -> str:
    at = desk.local(seen.at)
    client_id = desk.store.client_of_fact(seen.key.partition(".")[0])
    client = desk.store.client(client_id) if client_id else None
    who = f", {words.client(client)}" if client else ""
    return f"{words.long_day(at.date())} {at:%H:%M}  {seen.key}{who}: {_SAW[seen.state]}"


def _take_over(desk: Desk) -> str:
    """Make the database know what the journal saw; what may have gone out is asked by `confirm`."""
    counted: Counter[AttemptState] = Counter()
    with desk.lock():
        missing = journal.missing(desk).values()  # once more: nobody hands anything over now
        remaining = iter(missing)
        while some := list(islice(remaining, _AT_ONCE)):
            with desk.store.write(kind="contact", command="reconcile", person=desk.person, now=desk.now()) as write:
                # With the first of them, so that a repair that is cut off leaves nothing due by itself.
                write.set_meta("restored_on", desk.today.isoformat())
                counted.update(_take(desk, write, seen) for seen in some)
    unknown, sent = counted[AttemptState.UNKNOWN], counted[AttemptState.SENT]
    asked = f" {words.plural(unknown, 'message')} may have gone out: followup confirm." if unknown else ""
    return (
        f"Took over {words.plural(len(missing), 'hand-over')} from the journal: {sent} went out.{asked} What is due by "
        "now waits for your review: followup due"
    )


def _take(desk: Desk, write: Writer, seen: Seen) -> AttemptState:
    """Take over one attempt, and return as what it is known from now on."""
    attempt = _stub(desk, seen)
    known = desk.store.attempt(seen.attempt_id)
    if known is None:
        if not write.insert_attempt(attempt):  # another attempt holds the key already
            attempt = replace(attempt, state=AttemptState.CANCELLED)
            write.insert_attempt(attempt)
    else:
        if seen.handed_over_at:
            write.hand_over(known.id, at=seen.handed_over_at)
        write.settle_attempt(known.id, attempt.state, now=seen.at, server_said=attempt.server_said)
        attempt = replace(known, state=attempt.state)
    if attempt.state is AttemptState.SENT and not attempt.to_person:
        write.save(deliver.contact_of(attempt, on=attempt.on, now=seen.at, person=desk.person))
    return attempt.state


_BECOMES = {
    AttemptState.DRAFTED: AttemptState.UNKNOWN,  # the owner may have sent it by hand
    AttemptState.CLAIMED: AttemptState.CANCELLED,
    AttemptState.HANDING_OVER: AttemptState.UNKNOWN,
}


def _stub(desk: Desk, seen: Seen) -> Attempt:
    """Return what the journal knows of an attempt: no words, no address; whose it is, where the fact is on record."""
    fact_id, step, _ = identity.split_key(seen.key) or (seen.key.partition(".")[0], "", 0)
    purposes = {name: rule.purpose for rule in desk.settings.steps for name in (rule.name, *rule.was)}
    return Attempt(
        id=seen.attempt_id,
        key=seen.key,
        client_id=desk.store.client_of_fact(fact_id) or "",
        step=step,
        channel=Channel.EMAIL,
        state=_BECOMES.get(seen.state, seen.state),
        purpose=purposes.get(step, Purpose.SERVICE),
        address="",
        subject="",
        text="",
        message="",
        message_id=_message_id(desk, seen.key),
        made_at=seen.made_at,
        on=desk.local(seen.made_at).date(),
        handed_over_at=seen.handed_over_at,
        settled_at=seen.at,
        server_said=f"known from the journal alone: {_SAW[seen.state]}",
    )


def _message_id(desk: Desk, key: str) -> str:
    try:
        return build.message_id(identity.message_identifier(desk.key, key), sender=desk.settings.mail.from_address)
    except BadInput:
        return ""


# ---------------------------------------------------------------- what the owner mends in the settings


def _steps(desk: Desk) -> Iterator[Obstacle]:
    try:
        desk.check_steps()
    except ConfigurationError as error:
        for problem in error.problems:
            yield Obstacle((problem,), "edit followup.toml; `followup cadence check` says when all is well")


# ---------------------------------------------------------------- what mail servers and machines have to do with it


def _machine(desk: Desk) -> Iterator[Obstacle]:
    last, here = mailnotes.machine(desk), mailnotes.here(desk)
    if last is None or last.mark == here.mark:
        return

    def move() -> str:
        mailnotes.set_machine(desk, here)
        return f"From now on this home sends as {here}."

    yield Obstacle(
        (
            f"{mailbox.describe_move(last, here)}.",
            "If the other one still sends, this is a copy of it, and both would write to the same clients.",
        ),
        'switch sending off there (no cron, or transport = "drafts"), then let this one send: '
        "`followup reconcile --yes`",
        "Does nothing send from there any more, so that this one may?",
        move,
    )


def _login(desk: Desk) -> Iterator[Obstacle]:
    block = mailnotes.block(desk)
    if block is not None:
        yield Obstacle(
            (
                f"{mailbox.describe_block(desk, block)}.",
                "Nothing is tried until you act, because providers lock accounts that keep trying.",
            ),
            "correct the password or the settings, then `followup mail test`",
        )


def _pause(desk: Desk) -> Iterator[Obstacle]:
    pause = mailnotes.pause(desk)
    if pause is not None:
        yield Obstacle(
            (f"{mailbox.describe_pause(desk, pause)}.",),
            "nothing; the next run after that goes on",
            is_partial=True,
        )


# ---------------------------------------------------------------- what waits to be looked at


def _reviews(desk: Desk) -> Iterator[Obstacle]:
    """Yield why things wait for review although they are not late."""
    cure = "look at `followup due`; settle each with done or skip, or say `followup restore --looked` for all"
    for note, why in (
        ("restored_on", "because this database cannot know of itself what went out before"),
        ("doubted_on", f"because {desk.store.meta('doubt')}"),
    ):
        day = desk.store.meta(note)
        if day:
            said = f"What was due up to {words.full_day(date.fromisoformat(day))} waits for you to look, {why}."
            yield Obstacle((said,), cure, is_partial=True)
