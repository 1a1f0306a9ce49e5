"""From a touchpoint to its words: render, check, show, keep the owner's own.

Takes a Desk and touchpoints. Gives messages, or why there is none. Touches the renderer's child process, and the store
where the owner's words are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, tee

from followup import identity, render
from followup.errors import (
    BadInput,
    ExitCode,
)
from followup.mail import build, reading
from followup.model import (
    Channel,
    Client,
    Decision,
    Dossier,
    Instruction,
    InstructionKind,
    Message,
)
from followup.report import calls
from followup.workflow import contacts, finding, guides, planning
from followup.workflow.desk import Desk


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

    def refused(self, error: BadInput) -> Prepared:
        """Return the touchpoint without its message, of which no bytes can be made."""
        return replace(self, message=None, problem=str(error), code=ExitCode.NEEDS_A_PERSON)


@contextmanager
def renderer(desk: Desk) -> Iterator[render.Renderer]:
    """Yield the one renderer of a run."""
    with render.Renderer(
        desk.template_folders,
        settings=desk.settings,
        today=desk.today,
        calendar=desk.calendar,
        code_of=lambda client_id: identity.referral_code(desk.key, client_id),
    ) as opened:
        yield opened


def prepare(desk: Desk, found: Iterable[planning.Found]) -> list[Prepared]:
    """Render each touchpoint; one that no message can be made of says why and stops nobody else."""
    return [_checked(desk, item) for item in each(desk, found)]


def each(desk: Desk, found: Iterable[planning.Found]) -> Iterator[Prepared]:
    """Render the touchpoints as they are asked for, in one child process: memory does not grow with their number.

    For who hands them over at once: that a message can become bytes shows only when it does.
    """
    remaining = iter(found)
    first = next(remaining, None)
    if first is None:
        return
    ours, theirs = tee(chain([first], remaining))
    requests = (render.Request(item.decision, item.dossier, _edited(item)) for item in theirs)
    with renderer(desk) as opened:
        for item, made in zip(ours, opened.messages(requests), strict=True):
            if isinstance(made, Message):
                yield _with_guides(desk, Prepared(item.decision, item.dossier, message=made), made)
            else:
                yield Prepared(item.decision, item.dossier, problem=str(made), code=made.exit_code)


def _with_guides(desk: Desk, item: Prepared, message: Message) -> Prepared:
    try:
        return replace(item, message=guides.along(desk, item.decision, item.dossier, message))
    except BadInput as error:
        return item.refused(error)


def _checked(desk: Desk, item: Prepared) -> Prepared:
    if item.message is not None and item.message.channel is Channel.EMAIL:
        try:
            preview_bytes(desk, item.message)
        except BadInput as error:  # the words are fine, and no message that mail programs read can be made of them
            return item.refused(error)
    return item


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


def _edited(found: planning.Found) -> Instruction | None:
    words = [
        each
        for each in found.dossier.instructions
        if each.kind == InstructionKind.TEXT and each.key == found.decision.key
    ]
    return words[-1] if words else None
