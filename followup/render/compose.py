"""The renderer: a touchpoint and its template become a message that is fit to go out, or the reason why not.

Takes decisions with their dossiers. Gives `model.Message`s, each verified: somebody is greeted, somebody signs, nothing
is left open, nothing can forge a header, and marketing has an address and a way out. Touches the sandbox (`process`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from followup import workdays
from followup.errors import MessageProblem, NotFound, TemplateProblem
from followup.model import (
    MESSAGE_CHANNELS,
    Channel,
    Client,
    Decision,
    Dossier,
    Instruction,
    InstructionKind,
    Job,
    Message,
    Person,
    Purpose,
    Step,
)
from followup.plan import conditions
from followup.render import context, lookup, markup, process, relation, samples, words
from followup.render.wire import Opening, Result, Task

if TYPE_CHECKING:
    from followup import settings as settings_module

_CHUNK = 64  # messages that travel together: enough to make the pipe's cost small, few enough to keep both sides busy


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message, and the sandbox as a whole, may use."""

    seconds: float = 5.0
    characters: int = 200_000
    memory: int = 512 * 1024 * 1024


class Request(NamedTuple):
    """One message to make. Without *jobs* those of the decision are taken, without *person* `context.writer`'s."""

    decision: Decision
    dossier: Dossier
    instruction: Instruction | None = None  # of kind TEXT: its words replace the template's
    jobs: Sequence[Job] | None = None
    person: Person | None = None


class Renderer:
    """Makes messages for one run. Use it as a context manager: it owns one child process."""

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        settings: settings_module.Settings,
        today: date,
        limits: Limits = Limits(),
        calendar: workdays.Calendar | None = None,
        code_of: Callable[[str], str] = context.no_code,
    ) -> None:
        """Take the folders of templates, the home's before the shipped one; nothing is read or started yet.

        Without a *calendar* only weekends are known; *code_of* gives the referral code of a client's identifier.
        """
        self._folders = tuple(folders)
        self._settings = settings
        self._today = today
        self._values = context.Values(settings, today=today, calendar=calendar, code_of=code_of)
        self._sources: dict[tuple[str, str, str], lookup.Source | MessageProblem] = {}
        business = settings.business
        self._keeper = process.Keeper(
            Opening(
                folders=tuple(str(folder) for folder in self._folders),
                home_language=business.language,
                country=business.country,
                currency=business.currency,
                seconds=limits.seconds,
                characters=limits.characters,
                memory=limits.memory,
                names=tuple(sorted(context.TOP_NAMES)),
            )
        )

    def __enter__(self) -> Renderer:
        """Use it for a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the child process."""
        self._keeper.close()

    def message(
        self,
        decision: Decision,
        dossier: Dossier,
        *,
        jobs: Sequence[Job] | None = None,
        person: Person | None = None,
        instruction: Instruction | None = None,
    ) -> Message:
        """Return the message of one touchpoint.

        Raises:
            TemplateProblem: the template is wrong; ``file:line`` is in the text.
            MessageProblem: this message cannot be made from what is known of the client.
        """
        (made,) = self.messages([Request(decision, dossier, instruction, jobs, person)])
        if isinstance(made, MessageProblem):
            raise made
        return made

    def messages(self, requests: Iterable[Request]) -> Iterator[Message | MessageProblem]:
        """Yield for each request, in order, its message or the problem that stops it.

        Requests are taken some dozens ahead of what is yielded, so that this process and the sandbox work side by side.
        """
        waiting: tuple[list[_Draft | MessageProblem], process.Chunk] | None = None
        iterator = iter(requests)
        while taken := list(islice(iterator, _CHUNK)):
            drafts = [self._draft(request) for request in taken]
            made = self._finish(*waiting) if waiting else []
            tasks = [draft.task for draft in drafts if isinstance(draft, _Draft) and draft.task]
            waiting = drafts, self._keeper.begin(tasks)
            yield from made
        if waiting:
            yield from self._finish(*waiting)

    def check(self) -> list[str]:
        """Return what is wrong with the templates, each rendered for every kind of client on each of its channels.

        A template that no step uses is tried as an e-mail, or on the channel that its file is named for.
        """
        problems: dict[str, list[str]] = {}  # a mistake shows with many kinds of client, and is said once
        home = self._settings.business.language
        people = tuple(self._settings.people)
        trials: list[tuple[samples.Sample, Request]] = []
        for found in lookup.sources(self._folders):
            if found.problem:
                problems[found.problem] = []
                continue
            for step, channel, occurrence in self._uses(found):
                purpose = step.purpose if step else found.head.purpose or Purpose.SERVICE
                for sample in samples.dossiers(found.language or home, today=self._today, people=people):
                    decision = samples.decision(
                        sample,
                        step=step,
                        template=found.name,
                        purpose=purpose,
                        channel=channel,
                        occurrence=occurrence,
                        people=people,
                    )
                    trials.append((sample, Request(decision, sample.dossier)))
        made = self.messages(request for _, request in trials)
        for (sample, request), message in zip(trials, made, strict=True):
            is_greeted = request.decision.channel in MESSAGE_CHANNELS
            if isinstance(message, TemplateProblem):
                problems[str(message)] = []
            elif isinstance(message, MessageProblem) and not (sample.is_nobody and is_greeted):
                said = str(message).replace(f"{_who(sample.dossier.client)}: ", "")
                problems.setdefault(said, []).append(sample.kind)
        return sorted(
            f"{said} Met with: {'; '.join(dict.fromkeys(kinds))}." if kinds else said
            for said, kinds in problems.items()
        )

    def _uses(self, found: lookup.Source) -> Iterator[tuple[Step | None, Channel, int]]:
        """Yield each step and channel for which this file is the one that is taken."""
        language = found.language or self._settings.business.language
        is_used = False
        for step in self._settings.steps:
            occurrence = {step.template: 1, step.reminder_template: 2}.get(found.name)
            if occurrence is None:
                continue
            for channel in step.channels:
                taken = self._source(found.name, language, channel.value)
                if isinstance(taken, lookup.Source) and taken.path == found.path:
                    is_used = True
                    yield step, channel, occurrence
        if not is_used:
            yield None, Channel(found.channel or "email"), 1

    def _finish(self, drafts: list[_Draft | MessageProblem], chunk: process.Chunk) -> list[Message | MessageProblem]:
        results = iter(self._keeper.finish(chunk))
        made: list[Message | MessageProblem] = []
        for draft in drafts:
            if isinstance(draft, MessageProblem):
                made.append(draft)
                continue
            result = next(results) if draft.task else draft.edited
            try:
                made.append(self._message(draft, result))
            except MessageProblem as problem:
                made.append(problem)
        return made

    # ------------------------------------------------------------ before the sandbox

    def _draft(self, request: Request) -> _Draft | MessageProblem:
        decision, client = request.decision, request.dossier.client
        channel = decision.channel
        if channel is None:
            return MessageProblem(f"{_who(client)}: no way to reach them is known. Add an e-mail address or a phone.")
        to = self._settings.people.get(decision.to_person)
        is_ours = bool(decision.to_person)
        home = self._settings.business.language
        # As the planner reads it: "de-AT" is German.
        language = "" if is_ours else client.language.strip().lower().partition("-")[0]
        source = self._source(decision.template, language or home, channel.value)
        if is_ours and isinstance(source, MessageProblem):
            # What one of us is told in English, for want of another template, is understood; a client would wonder.
            language, source = "en", self._source(decision.template, "en", channel.value)
        language = language or home
        if isinstance(source, MessageProblem):
            return source
        purpose = decision.purpose
        if source.head.purpose is Purpose.MARKETING and purpose is not Purpose.MARKETING:
            return TemplateProblem(
                f"{source.path}:1: says purpose: marketing, but the step {decision.step} is for service. "
                f'Write purpose = "marketing" for {decision.step} in followup.toml, or change the template.'
            )
        jobs = _jobs(decision, request.dossier) if request.jobs is None else request.jobs
        record = relation.find(decision, request.dossier)
        person = request.person or context.writer(self._settings, client, jobs, record)
        if is_ours and self._settings.business.name:
            person = None  # a word to one of us is the firm's
        said = self._values.of(decision, request.dossier, person, jobs, language=language)
        if not said["greeting"] and channel in MESSAGE_CHANNELS:
            return MessageProblem(
                f"followup.toml: nobody to greet: people.{to.id} has no name. Set name under [people.{to.id}]."
                if to is not None
                else f"{_who(client)}: nobody to greet: there is no first name, no title with a last name, no firm. "
                f'Say how they like to be greeted: followup client edit {client.id} --address-as "Mrs Hall"'
            )
        instruction = request.instruction
        if instruction is not None and instruction.kind is InstructionKind.TEXT:
            edited = Result(instruction.subject, instruction.text, "", "")
            return _Draft(decision, client, channel, language, source, person, said, edited=edited)
        html = source.html if channel is Channel.EMAIL else ""
        return _Draft(
            decision, client, channel, language, source, person, said, Task(source.file_name, language, said, html)
        )

    def _source(self, name: str, language: str, channel: str) -> lookup.Source | MessageProblem:
        found = self._sources.get((name, language, channel))
        if found is None:
            try:
                found = lookup.find(
                    self._folders,
                    name,
                    language=language,
                    channel=channel,
                    home_language=self._settings.business.language,
                )
            except TemplateProblem as problem:
                found = problem
            except NotFound as missing:
                found = TemplateProblem(str(missing))
            self._sources[name, language, channel] = found
        return found

    # ------------------------------------------------------------ after the sandbox

    def _message(self, draft: _Draft, result: Result) -> Message:
        if result.problem:
            raise TemplateProblem(result.problem)
        decision, client, channel, source, said = (
            draft.decision,
            draft.client,
            draft.channel,
            draft.source,
            draft.values,
        )
        where = str(source.path) if draft.task else f"the text kept for {decision.key}"
        subject = result.subject.strip()
        text = _tidied(result.text)
        html = result.html
        is_marketing = decision.purpose is Purpose.MARKETING
        if is_marketing and channel in MESSAGE_CHANNELS:
            missing = _missing_footer(text, channel, said)
            if missing:
                text = f"{text}\n\n--\n{missing}" if channel is not Channel.TEXT else f"{text} {missing}"
            if html:
                html = _with_footer(html, _missing_footer(_visible(html), channel, said))
        to = self._settings.people.get(decision.to_person)
        to_name = said["to"]["name"] or said["client"]["name"]
        business, who = said["business"], said["person"]
        from_name = self._settings.mail.from_name or _from_name(who["name"], business["name"])
        from_address = business["email"] or who["email"]
        reply_to = self._settings.mail.reply_to or who["email"]
        problem = (
            _problem_of_text(text)
            or _problem_of_subject(subject, channel)
            or _problem_of_names(to_name, from_name, "" if channel in _PAPER else decision.address)
            or (channel in MESSAGE_CHANNELS and _problem_of_sender(text, said, edited=draft.task is None))
        )
        if problem:
            raise MessageProblem(f"{where}: {_who(client)}: {problem}")
        to_address = (channel in _PAPER and _postal(client, home=self._settings.business.country)) or decision.address
        if not to_address and channel in _ADDRESS_KINDS:
            raise MessageProblem(
                f"followup.toml: people.{to.id} has no {_ADDRESS_KINDS[channel]}. Set it under [people.{to.id}]."
                if to
                else f"{_who(client)}: has no {_ADDRESS_KINDS[channel]}. Add it: followup client edit {client.id}"
            )
        if channel is Channel.EMAIL:
            if not from_address:
                raise MessageProblem("followup.toml: there is no address to write from. Set from_address under [mail].")
            html = html or markup.from_text(text, language=draft.language)
        return Message(
            key=decision.key,
            client_id=client.id,
            channel=channel,
            language=draft.language,
            template=str(source.path),
            purpose=decision.purpose,
            to_name=to_name,
            to_address=to_address,
            from_name=from_name,
            from_address=from_address,
            reply_to="" if reply_to == from_address else reply_to,
            subject=subject,
            text=text,
            html=html,
            person=draft.person.id if draft.person else "",
            to_person=decision.to_person,
            unsubscribe=said["unsubscribe"],
            edited=draft.task is None,
        )


_NOTHING = Result("", "", "", "")


@dataclass(slots=True)
class _Draft:
    """A message on its way through the sandbox; without *task* its words are *edited* ones."""

    decision: Decision
    client: Client
    channel: Channel
    language: str
    source: lookup.Source
    person: Person | None
    values: dict[str, Any]
    task: Task | None = None
    edited: Result = _NOTHING


# ---------------------------------------------------------------- what a message must hold

_PAPER = frozenset({Channel.LETTER, Channel.CARD})
_ADDRESS_KINDS = {
    Channel.EMAIL: "e-mail address",
    Channel.CALL: "phone number",
    Channel.TEXT: "mobile number",
    Channel.LETTER: "postal address",
    Channel.CARD: "postal address",
}
_OPEN = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
# C0 and C1 controls but line end and tab, bidirectional overrides and isolates, line separators, lone surrogates: what
# moves a cursor, turns the writing around, or breaks a line where none is.
_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_UNSAFE_IN_LINE = re.compile(_UNSAFE.pattern[:-1] + r"\n\t]")
_NOBODY = re.compile(
    r"[^\n]{0,60}?\s+,"
    r"|(?:dear|hello|hi|hallo|guten tag|liebe[rs]?|sehr geehrte[rs]?|bonjour|ch[eè]re?|hola|estimad[oa])\s*,",
    re.IGNORECASE,
)
_LONGEST_SUBJECT = 200  # characters; a line of a message may have 998 octets (RFC 5322, 2.1.1), a reader sees about 60


def _problem_of_text(text: str) -> str:
    if not text:
        return "the text is empty. Write something below the --- of the template."
    if ("{" in text or "}" in text) and (found := _OPEN.search(text)):
        line = text.count("\n", 0, found.start()) + 1
        return f"'{found[0]}' is left over in line {line} of the text. Close the braces, or take them out of the data."
    if found := _UNSAFE.search(text):
        return _unsafe("the text", found[0])
    if _NOBODY.match(text):
        return f"the text begins '{text.partition(chr(10))[0]}', and greets nobody. Use {{{{ greeting }}}}."
    return ""


def _problem_of_subject(subject: str, channel: Channel) -> str:
    if not subject:
        return "the subject is empty. Write a line 'subject: ...' at the top." if channel is Channel.EMAIL else ""
    if "\n" in subject or "\r" in subject:
        return "the subject has more than one line. Make it one."
    if found := _UNSAFE_IN_LINE.search(subject):
        return _unsafe("the subject", found[0])
    if ("{" in subject or "}" in subject) and (found := _OPEN.search(subject)):
        return f"'{found[0]}' is left over in the subject. Close the braces, or take them out of the data."
    if "=?" in subject:
        return "the subject holds '=?', which mail programs read as code. Take it out of the data."
    if len(subject) > _LONGEST_SUBJECT:
        return f"the subject has {len(subject)} characters. Make it {_LONGEST_SUBJECT} at most."
    return ""


def _problem_of_names(to_name: str, from_name: str, address: str) -> str:
    # Python's e-mail package reads "=?utf-8?q?=0ABcc=3A..?=" in a display name as a new header line (CVE-2024-6923).
    for what, text in (("the client's name", to_name), ("the sender's name", from_name), ("the address", address)):
        if "=?" in text:
            return f"{what} holds '=?', which mail programs read as code. Correct it."
        if not text.isprintable() and (found := _UNSAFE_IN_LINE.search(text)):
            return _unsafe(what, found[0])
    return ""


def _problem_of_sender(text: str, said: dict[str, Any], *, edited: bool) -> str:
    who, business = said["person"], said["business"]
    for name in (who["name"], business["name"], who["first_name"], said["signature"]):
        if name and name in text:
            return ""
    name = who["name"] or business["name"]
    what_now = f"End it with a name, such as {name}." if edited else "Put {{ signature }} at its end."
    return f"the text does not say who writes. {what_now}"


def _unsafe(what: str, letter: str) -> str:
    return f"{what} holds a character that cannot be seen but does harm (U+{ord(letter):04X}). Correct the data."


def _missing_footer(text: str, channel: Channel, said: dict[str, Any]) -> str:
    """Return the lines that the law wants in marketing and *text* does not have."""
    business = said["business"]
    lines = []
    if channel is not Channel.TEXT:
        if not business["address"]:
            raise MessageProblem(
                "followup.toml: a marketing message needs our postal address. Set address under [business]."
            )
        if not _has_lines(text, business["address"]):
            lines += [] if business["name"] in business["address"] else [business["name"]]
            lines.append(business["address"])
    if not _has_lines(text, said["opt_out"]):
        lines.append(said["opt_out"])
    return "\n".join(lines)


def _has_lines(text: str, wanted: str) -> bool:
    return wanted in text or all(line.strip() in text for line in wanted.splitlines())


def _visible(html: str) -> str:
    from html import unescape

    return unescape(re.sub(r"<[^>]*>", "", html))


def _with_footer(html: str, missing: str) -> str:
    if not missing:
        return html
    from html import escape

    footer = "<p>{}</p>\n".format(escape(missing).replace("\n", "<br>\n"))
    before, end, after = html.rpartition("</body>")
    return f"{before}{footer}{end}{after}" if end else html + footer


def _tidied(text: str) -> str:
    """Return *text* without blanks at line ends, without long gaps, without empty lines at either end."""
    if " \n" in text or "\t\n" in text:
        text = re.sub(r"[ \t]+\n", "\n", text)
    if "\n\n\n" in text:
        text = re.sub(r"\n{3,}", "\n\n", text)
    return text.strip()


def _from_name(person: str, business: str) -> str:
    return business if person == business or not person else f"{person}, {business}" if business else person


def _jobs(decision: Decision, dossier: Dossier) -> list[Job]:
    by_id = {job.id: job for job in dossier.jobs}
    return [by_id[job_id] for job_id in decision.job_ids if job_id in by_id]


def _postal(client: Client, *, home: str) -> str:
    """Return the lines of an address as they stand on an envelope posted in the country *home*."""
    town = [part for part in (client.postal_code, client.city) if part]
    if not (client.street and town):
        return ""
    if (client.country or home) in conditions.TOWN_FIRST:
        town.reverse()
    name = words.soften(client.full_name) or f"{client.first_name} {client.last_name}".strip()
    abroad = client.country if client.country != home else ""
    lines = (client.company, name, client.street, " ".join(town), client.region, abroad)
    return "\n".join(dict.fromkeys(line for line in map(relation.line, lines) if line))


def _who(client: Client) -> str:
    return relation.line(client.full_name or client.company) or client.id
