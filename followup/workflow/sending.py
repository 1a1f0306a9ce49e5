"""From what is due to drafts and back: render, check, write, confirm.

Takes a Desk and decisions. Gives what was drafted, refused or confirmed. Touches the store, the journal and the drafts
folder, through `deliver`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from followup import deliver, identity, render
from followup.errors import (
    Ambiguous,
    BadInput,
    ConfigurationError,
    ExitCode,
    FollowupError,
    IOFailure,
    NoPermission,
    NotFound,
    TryLater,
    UsageError,
)
from followup.mail import build, reading
from followup.model import (
    Attempt,
    AttemptState,
    Channel,
    Client,
    Contact,
    Decision,
    Dossier,
    Instruction,
    InstructionKind,
    Message,
    State,
)
from followup.report import calls, why, words
from followup.workflow import contacts, finding, journal, planning
from followup.workflow.desk import Desk

if TYPE_CHECKING:
    from followup import store

    Write: TypeAlias = store.Writer

READY = frozenset({State.DUE})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A touchpoint with its message, or with the reason why there is none."""

    decision: Decision
    dossier: Dossier
    message: Message | None = None
    problem: str = ""
    code: ExitCode = ExitCode.DONE  # what the problem means for the run: a wrong template, or a person has to look

    @property
    def client(self) -> Client:
        """Return whom it is for."""
        return self.dossier.client


@dataclass(slots=True)
class Sent:
    """What a run of `send` did."""

    drafted: list[Attempt] = field(default_factory=list)
    refused: list[Prepared] = field(default_factory=list)  # with their problems
    left: int = 0  # over --limit
    opens_at: str = ""  # nothing was drafted, because of the hour; from when on it may be
    paths: list[Path] = field(default_factory=list)


@contextmanager
def renderer(desk: Desk) -> Iterator[render.Renderer]:
    """Yield the one renderer of a run."""
    with render.Renderer(desk.template_folders, settings=desk.settings, today=desk.today) as opened:
        yield opened


def prepare(desk: Desk, found: Iterable[planning.Found]) -> list[Prepared]:
    """Render each touchpoint; one that no message can be made of says why and stops nobody else."""
    items = list(found)
    if not items:
        return []
    requests = [render.Request(each.decision, each.dossier, _edited(each)) for each in items]
    with renderer(desk) as opened:
        return [_prepared(desk, each, made) for each, made in zip(items, opened.messages(requests), strict=True)]


def _prepared(desk: Desk, found: planning.Found, made: Message | FollowupError) -> Prepared:
    if not isinstance(made, Message):
        return Prepared(found.decision, found.dossier, problem=str(made), code=made.exit_code)
    if made.channel is Channel.EMAIL:
        try:
            preview_bytes(desk, made)
        except BadInput as error:  # the words are fine, and no message that mail programs read can be made of them
            return Prepared(found.decision, found.dossier, problem=str(error), code=ExitCode.NEEDS_A_PERSON)
    return Prepared(found.decision, found.dossier, message=made)


def ready(desk: Desk, *, only: Sequence[str] = ()) -> list[planning.Found]:
    """Return the e-mails to draft now; *only* narrows to keys, steps or clients and lets late ones through."""
    found = [
        each
        for each in planning.due_with_dossiers(desk, only=READY | ({State.REVIEW} if only else frozenset()))
        if each.decision.channel == Channel.EMAIL
    ]
    if not only:
        return found
    chosen: list[planning.Found] = []
    for text in only:
        matching = [each for each in found if text in (each.decision.step, each.decision.key)]
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


def opens_at(desk: Desk) -> str:
    """Return from which hour on messages may be drafted, when it is not the hour (mail.send_between); else nothing."""
    first, _, last = desk.settings.mail.send_between.partition("-")
    now = desk.local(desk.now()).strftime("%H:%M")
    return first if first and not first <= now <= last else ""


def refuse_unsafe(desk: Desk) -> None:
    """Raise ConfigurationError when drafting could reach a client twice: a step is gone, or the database is older."""
    desk.check_steps()
    ahead = journal.ahead(desk)
    if ahead:
        raise ConfigurationError(
            f"The journal knows {len(ahead)} hand-overs that the database has never heard of: this database is older "
            "than the journal, and drafting again could reach a client twice. `followup doctor` says what to do."
        )


def draft(desk: Desk, prepared: Iterable[Prepared], *, limit: int | None = None) -> Sent:
    """Hand over what was prepared as drafts, each at most once, and make the drafts folder show them."""
    refuse_unsafe(desk)
    done = Sent(opens_at=opens_at(desk))
    with desk.lock():
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
        done.paths = deliver.publish(desk.store, desk.home.drafts_path)
    return done


def _draft(desk: Desk, item: Prepared, done: Sent) -> None:
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
        done.refused.append(replace(item, message=None, problem=str(error), code=ExitCode.NEEDS_A_PERSON))
        return
    if attempt is not None:
        done.drafted.append(attempt)


def tidy_drafts(desk: Desk) -> list[Path]:
    """Make the drafts folder show exactly what is drafted."""
    with desk.lock():
        return deliver.publish(desk.store, desk.home.drafts_path)


def drafts(desk: Desk) -> list[Attempt]:
    """Return the drafts that nobody confirmed, oldest first."""
    return sorted(desk.store.open_attempts([AttemptState.DRAFTED]), key=lambda each: (each.made_at, each.key))


def stranded(desk: Desk, client_id: str, *, job_id: str = "") -> list[Attempt]:
    """Return drafts that were right when they were made: of a job that is open again, else the asks of a client.

    Nobody but the owner can hold them back, because only the owner's mail program can send them.
    """
    asks = {step.name for step in desk.settings.steps if step.ask}
    return [
        each
        for each in drafts(desk)
        if each.client_id == client_id and (job_id in each.job_ids if job_id else each.step in asks)
    ]


def draft_named(desk: Desk, text: str) -> Attempt:
    """Return the one draft that *text* means: a key, the beginning of one, a file name, or its client."""
    waiting = drafts(desk)
    found = [each for each in waiting if text in (each.key, each.file_name)]
    found = found or [each for each in waiting if each.key.startswith(text)]
    if not found and identity.split_key(text) is not None:
        raise NotFound(f"No message was made for {text}. `followup preview {text}` shows what would go out.")
    if not found:
        who = finding.client(desk, text)
        found = [each for each in waiting if each.client_id == who.id]
    if not found:
        raise NotFound(f"No draft waits for '{text}'. `followup confirm` lists those that do.")
    if len(found) > 1:
        raise Ambiguous(f"'{text}'", (f"{each.key}  {each.subject}" for each in found))
    return found[0]


def confirm(desk: Desk, attempts: Iterable[Attempt], *, sent: bool) -> list[Contact | None]:
    """Record for each draft whether it went out; confirmed ones become contacts, the others are due again."""
    chosen = list(attempts)
    with desk.lock():
        answers = [
            deliver.confirm(
                desk.store,
                desk.journal,
                attempt,
                sent=sent,
                now=desk.now(),
                today=desk.today,
                person=desk.person,
            )
            for attempt in chosen
        ]
        deliver.publish(desk.store, desk.home.drafts_path)
    _use_up_notes(desk, [attempt for attempt, answer in zip(chosen, answers, strict=True) if answer is not None])
    return answers


def _use_up_notes(desk: Desk, sent: Iterable[Attempt]) -> None:
    """Blank the personal lines that have been said: a client's note is for one message."""
    said = [
        replace(client, note="")
        for attempt in sent
        if (client := desk.store.client(attempt.client_id)) and client.note and client.note in attempt.text
    ]
    if said:
        with desk.store.write(kind="contact", command="confirm", person=desk.person, now=desk.now()) as write:
            write.save_many(said)


def preview(desk: Desk, target: str) -> Prepared:
    """Return the message for a touchpoint as it would go out now."""
    decision = finding.decision(desk, target)
    dossier = planning.dossier_of(desk, decision.client_id)
    return prepare(desk, [planning.Found(decision, dossier)])[0]


def preview_bytes(desk: Desk, message: Message) -> str:
    """Return the exact message, headers and all, that a draft would hold if it were made now."""
    touchpoint_id = identity.message_identifier(desk.key, message.key)
    raw = build.to_bytes(
        message,
        message_id=build.message_id(touchpoint_id, sender=message.from_address),
        touchpoint_id=touchpoint_id,
        at=desk.local(desk.now()),
        unsent=True,
    )
    return raw.decode("ascii")


def readable(desk: Desk, message: Message, *, brief: bool = False) -> str:
    """Return headers and plain words of a message as a mail program shows them; the headers are those it will have.

    With *brief* only the headers that a person reads: from, to, subject, and where an answer goes.
    """
    headers = reading.headers(preview_bytes(desk, message).encode("ascii"))
    if brief:
        headers = [(name, value) for name, value in headers if name in ("From", "To", "Subject", "Reply-To")]
    return "\n".join([*(f"{name}: {value}" for name, value in headers), "", message.text])


def keep_text(desk: Desk, decision: Decision, *, subject: str, text: str) -> None:
    """Keep the owner's own words for one touchpoint; `undo` takes them back.

    Raises:
        BadInput: no message can be made of the words; nothing was kept.
    """
    if not text.strip():
        raise BadInput("The text is empty; nothing was kept.")
    words = Instruction(
        id=identity.random_identifier(),
        client_id=decision.client_id,
        kind=InstructionKind.TEXT,
        given_at=desk.now(),
        on=desk.today,
        key=decision.key,
        subject=subject,
        text=text,
    )
    dossier = planning.dossier_of(desk, decision.client_id)
    trial = replace(dossier, instructions=(*dossier.instructions, words))
    (tried,) = prepare(desk, [planning.Found(decision, trial)])
    if tried.message is None:
        raise BadInput(f"Nothing was kept: {tried.problem}")
    with desk.store.write(kind="hand", command="preview --edit", person=desk.person, now=desk.now()) as write:
        write.save(words)


def call_sheet(desk: Desk) -> list[calls.Call]:
    """Return the calls, texts and letters that wait, each with its words, what was done and what was said."""
    found = prepare(desk, contacts.by_hand(desk))
    return [
        calls.Call(
            decision=item.decision,
            client=item.client,
            jobs=tuple(job for job_id in item.decision.job_ids for job in item.dossier.jobs if job.id == job_id),
            contacts=item.dossier.contacts,
            script=item.message.text if item.message else "",
            problem=item.problem,
        )
        for item in found
    ]


# ---------------------------------------------------------------- the plan file


def text_digests(desk: Desk, decisions: Iterable[Decision]) -> dict[str, str]:
    """Return key -> digest of what would be said and why, for every message that can be rendered now."""
    found = []
    for decision in decisions:
        if decision.channel is not None and decision.state in (State.DUE, State.UPCOMING, State.HELD):
            found.append(planning.Found(decision, planning.dossier_of(desk, decision.client_id)))
    return {item.decision.key: digest(item.decision, item.message) for item in prepare(desk, found) if item.message}


def digest(decision: Decision, message: Message) -> str:
    """Return a short digest of a message and of the decision behind it: day of the rule, jobs, way, words.

    It begins with a letter: a spreadsheet would make a number of sixteen digits, and of 12e45.
    """
    said = (
        *(decision.key, str(decision.due_on), decision.channel or "", decision.address, decision.template),
        *(",".join(decision.job_ids), message.to_address, message.subject, message.text, message.html),
    )
    return "d" + sha256("\0".join(said).encode()).hexdigest()[:15]


@dataclass(frozen=True, slots=True)
class Kept:
    """What of a plan file goes out now, and the rest: each key with why it does not."""

    prepared: list[Prepared]
    changed: list[tuple[str, str]]  # no longer what the plan says: a person has to look
    waiting: list[tuple[str, str]]  # as planned, and there is nothing to send now
    by_hand: int  # calls, texts and letters, which `send` does not make


def planned(desk: Desk, lines: Iterable[Mapping[str, str]]) -> Kept:
    """Return the messages of a plan file that are due with decision and text unchanged, and name the rest."""
    prepared = {item.decision.key: item for item in prepare(desk, ready(desk))}
    kept = Kept([], [], [], 0)
    by_hand = 0
    of_client: dict[str, dict[str, Decision]] = {}
    for key, line in {line["key"]: line for line in lines}.items():
        item = prepared.get(key)
        if item is not None:
            change = _changed(item, line, today=desk.today)
            if change:
                kept.changed.append((key, change))
            else:
                kept.prepared.append(item)
            continue
        owner = desk.store.client_of_fact(key.partition(".")[0]) or ""
        if owner and owner not in of_client:
            of_client[owner] = {each.key: each for each in planning.decisions_of(desk, owner)}
        decision = of_client.get(owner, {}).get(key)
        if decision is None:
            kept.changed.append((key, "nothing calls for it any more"))
        elif decision.state in _SETTLED:
            kept.waiting.append((key, why.verdict(decision)))
        elif decision.state not in _TO_COME:
            kept.changed.append((key, f"{why.verdict(decision)} ({words.main_reason(decision)})"))
        elif line["channel"] != (decision.channel or ""):
            kept.changed.append((key, _other_way(decision.channel, line)))
        elif decision.channel != Channel.EMAIL:
            by_hand += 1
        elif decision.state != State.REVIEW and _planned_on(line) < (decision.act_on or desk.today):
            kept.changed.append((key, f"{why.verdict(decision)}, later than planned ({words.main_reason(decision)})"))
        else:
            kept.waiting.append((key, why.verdict(decision)))
    return replace(kept, by_hand=by_hand)


_SETTLED = frozenset({State.UNCONFIRMED, State.DONE})
_TO_COME = frozenset({State.DUE, State.UPCOMING, State.HELD, State.REVIEW})


def _changed(item: Prepared, line: Mapping[str, str], *, today: date) -> str:
    """Return what is no longer as a line of a plan file says of a message that is due; empty when all is."""
    if item.message is None:
        return item.problem
    if line["channel"] != Channel.EMAIL.value:
        return _other_way(Channel.EMAIL, line)
    if line["address"] != item.decision.address:
        return f"goes to {item.decision.address} now, not to {line['address'] or 'nobody'}"
    if today < _planned_on(line, unknown=today):
        return f"was planned for {line['act_on']} and is due already"
    if line["digest"] != digest(item.decision, item.message):
        return f"its words, its jobs or its day have changed; `followup preview {item.decision.key}` shows it"
    return ""


def _planned_on(line: Mapping[str, str], *, unknown: date = date.max) -> date:
    """Return the day that a line names; *unknown* where there is none, or a spreadsheet wrote it in its own way."""
    try:
        return date.fromisoformat(line["act_on"])
    except ValueError:
        return unknown


def _other_way(channel: Channel | None, line: Mapping[str, str]) -> str:
    return f"goes by {words.channel(channel)} now, not by {words.channel(line['channel']) or 'any way'}"


def _edited(found: planning.Found) -> Instruction | None:
    words = [
        each
        for each in found.dossier.instructions
        if each.kind == InstructionKind.TEXT and each.key == found.decision.key
    ]
    return words[-1] if words else None
