"""What must hold for a step to be taken, by which channel it goes, and on what basis.

Takes a client's record, an occasion and a step. Gives sentences: what failed, what held, since when. Touches nothing.
"""

from __future__ import annotations

from datetime import date, timedelta

from followup import cells, identity
from followup.care import starting
from followup.model import (
    MESSAGE_CHANNELS,
    TO_BUSINESS,
    TO_OWNER,
    TO_RECEIVER,
    Channel,
    Conditions,
    Consent,
    Job,
    JobStatus,
    Occasion,
    OccasionKind,
    Outcome,
    Purpose,
    Reason,
    Step,
)
from followup.occasions import first_job_id
from followup.plan import mobiles, words
from followup.plan.record import Record
from followup.plan.rulebook import COMPLETED_JOB, Rules, Wanted
from followup.records import dataclass, field

HEARD_LATELY_DAYS = 30
"""Who wrote or called within so many days before the day of a win-back is not quiet, whatever the gap between jobs."""

TOWN_FIRST = frozenset({"AU", "CA", "GB", "IE", "IN", "NZ", "US"})
"""Countries that write the town before the postal code."""

_CHANNEL_WORDS = {
    "phone": "call",
    "mobile": "text",
    "sms": "text",
    "mail": "email",
    "e-mail": "email",
    "post": "letter",
}
_MISSING = {
    Channel.EMAIL: "no e-mail address",
    Channel.CALL: "no phone number",
    Channel.TEXT: "no mobile number",
    Channel.LETTER: "no postal address",
    Channel.CARD: "no postal address",
    Channel.VISIT: "no postal address",
}


@dataclass(slots=True)
class Answer:
    """Whether conditions hold: if nothing failed, they do; *since* is the day on which they came to hold, if known."""

    failed: list[Reason] = field(default_factory=list)
    held: list[Reason] = field(default_factory=list)
    since: date | None = None

    def say(self, holds: bool, code: str, text: str, *, since: date | None = None) -> None:
        """Note one condition."""
        if not holds:
            self.failed.append(Reason(code, text))
            return
        self.held.append(Reason(code, text, since))
        if since is not None:
            self.since = max(self.since or since, since)


@dataclass(frozen=True, slots=True)
class Way:
    """How one step can reach one client. With *stops* it cannot; with *waits* not until the owner mends something."""

    channel: Channel | None = None
    address: str = ""
    stops: tuple[Reason, ...] = ()
    waits: tuple[Reason, ...] = ()
    held: tuple[Reason, ...] = ()  # what allows it


# ---------------------------------------------------------------- stop rules about a fact


def stopped(record: Record, occasion: Occasion, rules: Rules, *, due_on: date | None) -> list[Reason]:
    """Return why nothing more follows from *occasion*: its record moved on, its job is open again, the client back."""
    ended = over(record, occasion, rules)
    if ended is not None:
        on = f" on {words.day(ended.on)}" if ended.on else ""
        return [Reason(ended.code, f"{ended.text}{on}", ended.on)]
    if occasion.kind is OccasionKind.JOB_COMPLETED or occasion.kind is OccasionKind.SERVICE_INTERVAL:
        job = record.jobs[occasion.job_id]
        if job.status is JobStatus.OPEN:
            return [Reason("job-reopened", "the job is open again")]
        if job.status is JobStatus.CANCELLED:
            return [Reason("job-cancelled", "the job was cancelled")]
        if occasion.kind is OccasionKind.SERVICE_INTERVAL:
            return _later_work(record, job)
    if occasion.kind is OccasionKind.CLIENT_QUIET:
        if record.open_jobs:
            return [_booked(record.open_jobs[0])]
        heard_from = (due_on or occasion.on) - timedelta(days=HEARD_LATELY_DAYS)
        for contact in reversed(record.inbound):
            if contact.on >= min(heard_from, occasion.on):
                said = f"the client was in touch on {words.day(contact.on)} ({contact.channel}), so is not quiet"
                return [Reason("replied", said, contact.on)]
    return []


def over(record: Record, occasion: Occasion, rules: Rules) -> starting.Over | None:
    """Return why nothing more follows from what *occasion* is about: a record, or the day a job is promised for."""
    fact = record.facts.get(occasion.record_id) if occasion.record_id else None
    if fact is not None:
        return starting.over(fact, occasion.kind, record.dossier, rules)
    if occasion.kind in (OccasionKind.PROMISE_DUE, OccasionKind.PROMISE_LATE):
        return starting.job_over(record.jobs[occasion.job_id])
    return None


def _later_work(record: Record, job: Job) -> list[Reason]:
    service = job.service.strip().casefold()
    latest = record.latest_by_service.get(service)
    if (
        latest is not None
        and latest.id != job.id
        and latest.completed_on
        and ((latest.completed_on, latest.id) > (job.completed_on or date.min, job.id))
    ):
        said = f"{latest.service} was done again on {words.day(latest.completed_on)}"
        return [Reason("done-again", said, latest.completed_on)]
    for planned in record.open_jobs:
        if planned.service.strip().casefold() in (service, ""):
            return [_booked(planned)]
    return []


def _booked(job: Job) -> Reason:
    day = f" for {words.day(job.promised_on)}" if job.promised_on else ""
    return Reason("job-booked", f"a job is booked{day}: {job.service or job.id}", job.promised_on)


# ---------------------------------------------------------------- conditions of a step


def check(wanted: Wanted, record: Record, occasion: Occasion, rules: Rules) -> Answer:
    """Return whether the conditions of a step hold for a client and an occasion, with the values that decided it."""
    answer = Answer()
    job = record.jobs.get(occasion.job_id)
    service = job.service.strip() if job is not None else ""
    if wanted.services:
        said = f"service is {service or 'not known'}; asked for: {words.listed(wanted.said.services)}"
        answer.say(service.casefold() in wanted.services, "service", said)
    if wanted.not_services:
        said = f"service is {service or 'not known'}; not for: {words.listed(wanted.said.not_services)}"
        answer.say(service.casefold() not in wanted.not_services, "service", said)
    if wanted.tags or wanted.not_tags:
        _check_tags(answer, wanted, record)
    if wanted.min_minor is not None or wanted.below_minor is not None:
        _check_amount(answer, wanted, job, rules)
    if wanted.said.first_job is not None:
        is_first = job is not None and job.id == first_job_id(record.dossier.jobs)
        answer.say(
            is_first is wanted.said.first_job, "first-job", f"it is {'the' if is_first else 'not the'} first job"
        )
    if wanted.said.last_outcome:
        _check_outcome(answer, wanted.said.last_outcome, record)
    if wanted.said.client_for is not None:
        since = record.client_since()
        known = f"since {words.day(since)}" if since else "for an unknown time"
        until = rules.dates.add(wanted.said.client_for, since) if since else None
        answer.say(
            until is not None, "client-for", f"a client {known}; asked for: {wanted.said.client_for}", since=until
        )
    if wanted.said.paid:
        _check_paid(answer, job)
    if wanted.said.no_future_job and job is not None:
        later = _later_work(record, job)
        if later:
            answer.failed.extend(later)
        else:
            answer.held.append(Reason("no-future-job", "no later job is done or booked"))
    if wanted.said.return_visit is not None or wanted.said.unacknowledged:
        _check_case(answer, wanted.said, record, occasion, rules)
    if wanted.said.no_case:
        opened = next((case.opened_on for case in record.dossier.cases if case.opened_on >= occasion.on), None)
        text = f"a case was opened on {words.day(opened)}" if opened else "no case was opened since"
        answer.say(opened is None, "no-case", text)
    if wanted.any_of:
        _check_any(answer, [check(each, record, occasion, rules) for each in wanted.any_of])
    return answer


def _check_case(answer: Answer, said: Conditions, record: Record, occasion: Occasion, rules: Rules) -> None:
    case = record.case_of(occasion)
    if case is None:
        return
    if said.return_visit is not None:
        came_back = bool(case.return_of or case.continues_id)
        text = "the trouble came back" if came_back else "the trouble is not one that came back"
        answer.say(came_back is said.return_visit, "return-visit", text)
    if said.unacknowledged:
        told = starting.acknowledged(case, record.dossier, rules)
        text = f"acknowledged{_how(told.by)} on {words.day(told.on)}" if told else "the client has not heard from us"
        answer.say(told is None, "acknowledged", text)


def _how(by: Channel | None) -> str:
    match by:
        case None:
            return ""
        case Channel.CALL:
            return " on the phone"
        case Channel.VISIT:
            return " in person"
        case _:
            return " by e-mail" if by is Channel.EMAIL else f" by {by}"


def _check_tags(answer: Answer, wanted: Wanted, record: Record) -> None:
    tags = {tag.strip().casefold() for tag in record.client.tags}
    listed = ", ".join(record.client.tags) or "none"
    if wanted.tags:
        said = f"tags are {listed}; asked for: {words.listed(wanted.said.tags)}"
        answer.say(not tags.isdisjoint(wanted.tags), "tag", said)
    if wanted.not_tags:
        said = f"tags are {listed}; not for: {words.listed(wanted.said.not_tags)}"
        answer.say(tags.isdisjoint(wanted.not_tags), "tag", said)


def _check_amount(answer: Answer, wanted: Wanted, job: Job | None, rules: Rules) -> None:
    minor, currency = (job.amount_minor, job.currency) if job is not None else (None, "")
    if currency and rules.currency and currency != rules.currency:
        shown, minor = f"in {currency}, which is not compared with {rules.currency}", None
    elif minor is None:
        shown = "not known"
    else:
        shown = cells.amount(minor, rules.currency)
    if wanted.min_minor is not None:
        least = cells.amount(wanted.min_minor, rules.currency)
        answer.say(
            minor is not None and minor >= wanted.min_minor, "amount", f"amount is {shown}; asked for: at least {least}"
        )
    if wanted.below_minor is not None:
        bound = cells.amount(wanted.below_minor, rules.currency)
        answer.say(
            minor is None or minor < wanted.below_minor, "amount", f"amount is {shown}; asked for: below {bound}"
        )


def _check_outcome(answer: Answer, asked: str, record: Record) -> None:
    outcome, on = record.summary.last_outcome, record.summary.last_outcome_on
    dated = f" on {words.day(on)}" if on else ""
    said = f"last outcome was {outcome}{dated}" if outcome else "no outcome is recorded"
    answer.say(
        outcome is not None and outcome == Outcome(asked), "last-outcome", f"{said}; asked for: {asked}", since=on
    )


def _check_paid(answer: Answer, job: Job | None) -> None:
    if job is None:
        answer.say(True, "paid", "there is no job that could be unpaid")
    elif job.paid_on is not None:
        answer.say(True, "paid", f"the job was paid on {words.day(job.paid_on)}", since=job.paid_on)
    else:
        answer.say(not job.unpaid, "paid", "the job is unpaid" if job.unpaid else "the job is not known to be unpaid")


def _check_any(answer: Answer, alternatives: list[Answer]) -> None:
    holding = [each for each in alternatives if not each.failed]
    if not holding:
        said = "; or ".join(", ".join(reason.text for reason in each.failed) for each in alternatives)
        answer.say(False, "any-of", f"none of these holds: {said}")
        return
    # The alternative that has held for longest: one that names no day has always held.
    best = min(holding, key=lambda each: each.since or date.min)
    answer.held.extend(best.held)
    if best.since is not None:
        answer.since = max(answer.since or best.since, best.since)


# ---------------------------------------------------------------- channel, basis, language


def way(step: Step, template: str, record: Record, rules: Rules) -> Way:
    """Return by which channel *step* reaches the client, or what is missing; and what allows or forbids it."""
    channel, address, missing = _channel(step, record, rules.calendar.country)
    waits: list[Reason] = []
    if channel is None and record.dossier.bad_addresses and _may_mail(step, record):
        channel, address = Channel.EMAIL, record.client.emails[0]
        said = f"a mail server refused {address}: correct it (`followup client edit`), or, if it is right, say "
        waits.append(Reason("bad-address", f"{said}`followup mail allow {address}`"))
    if channel is None:
        return Way(stops=(Reason("no-channel", f"no way to reach the client: {missing}"),))
    stops: list[Reason] = []
    held: list[Reason] = []
    if step.purpose is Purpose.MARKETING:
        basis = _basis(record, rules)
        if basis is None:
            stops.append(
                Reason("no-basis", f"marketing needs a basis: the client has not opted in, and {_other_basis(rules)}")
            )
        else:
            held.append(Reason("basis", f"marketing, because {basis}"))
        if not rules.has_postal_address and channel in MESSAGE_CHANNELS:
            said = "a marketing message must name the firm's postal address: set business.address in followup.toml"
            waits.append(Reason("no-postal-address", said))
    if channel in MESSAGE_CHANNELS:
        waits.extend(_language(template, record, rules))
    return Way(channel, address, tuple(stops), tuple(waits), tuple(held))


def to_one_of_us(step: Step, template: str, person: str, rules: Rules) -> Way:
    """Return how *step* reaches *person*: by e-mail who does not work at this very desk, else as a note."""
    known = rules.people.get(person)
    if known is None or not known.email or Channel.EMAIL not in step.channels:
        return Way(Channel.NOTE)
    if person == rules.owner and not known.outside:
        return Way(Channel.NOTE)
    languages = rules.templates.get(template, frozenset())
    spoken = languages & {"", "en", rules.language}  # one of us is told in English where there is nothing better
    waits = () if spoken else tuple(_no_words(template, rules.language, languages, rules))
    return Way(Channel.EMAIL, known.email, waits=waits)


def one_of_us(step: Step, record: Record, occasion: Occasion, rules: Rules) -> str:
    """Return the identifier of the person to whom *step* speaks; without any people, the word that it has for them."""
    fact, job = record.facts.get(occasion.record_id), record.jobs.get(occasion.job_id)
    chosen: tuple[str, ...] = (step.to,)
    if step.to == TO_RECEIVER:
        chosen = (getattr(fact, "receiver", ""),)
    elif step.to == TO_OWNER:
        chosen = (fact.owner if fact else "", job.owner if job else "", record.client.owner)
    elif step.to == TO_BUSINESS:
        chosen = ()
    return next((each for each in chosen if each in rules.people), rules.owner or step.to)


def without_receiver(record: Record, occasion: Occasion, rules: Rules) -> tuple[Reason, ...]:
    """Return why nothing is said of a hand-over: who was to have it is none of our people any more."""
    fact = record.facts.get(occasion.record_id)
    receiver = getattr(fact, "receiver", "")
    if occasion.kind is not OccasionKind.HANDED_OVER or receiver in rules.people:
        return ()
    said = f"it was handed to {receiver}, who is none of your people any more: hand it to somebody else (`followup "
    said += f"handover`), or write [people.{receiver}] into followup.toml again"
    return (Reason("no-receiver", said),)


def _may_mail(step: Step, record: Record) -> bool:
    """Tell whether e-mail is a way to the client, but for what servers said of the addresses."""
    refused = {_as_channel(name) for name in record.client.no_channels}
    return bool(record.client.emails) and Channel.EMAIL in step.channels and Channel.EMAIL not in refused


def _channel(step: Step, record: Record, country: str) -> tuple[Channel | None, str, str]:
    refused = {_as_channel(name) for name in record.client.no_channels}
    missing: dict[str, None] = {}  # in order, each once
    for channel in _in_preference(step, record):
        if channel in refused:
            missing[f"does not want to be reached by {channel}"] = None
            continue
        address = _address(channel, record, country)
        if address:
            return channel, address, ""
        missing[_MISSING[channel]] = None
    return None, "", ", ".join(missing) or "the step has no channel"


def _in_preference(step: Step, record: Record) -> tuple[Channel, ...]:
    preferred = _as_channel(record.client.preferred_channel)
    if preferred is None:
        return step.channels
    # Words that can be mailed can be written on paper or typed into a phone; a call cannot.
    written = preferred in (Channel.TEXT, Channel.LETTER) and not MESSAGE_CHANNELS.isdisjoint(step.channels)
    if preferred not in step.channels and not written:
        return step.channels
    return (preferred, *(channel for channel in step.channels if channel is not preferred))


def _as_channel(name: str) -> Channel | None:
    folded = name.strip().casefold()
    folded = _CHANNEL_WORDS.get(folded, folded)
    return Channel(folded) if folded in Channel._value2member_map_ else None


def _address(channel: Channel, record: Record, country: str) -> str:
    client = record.client
    if channel is Channel.EMAIL:
        bad = record.dossier.bad_addresses
        good = (each for each in client.emails if not bad or identity.canonical_address(each) not in bad)
        return next(good, "")
    if channel is Channel.CALL:
        return client.phones[0] if client.phones else ""
    if channel is Channel.TEXT:
        return next(filter(mobiles.takes_texts, client.phones), "")
    if not client.street.strip() or not (client.city.strip() or client.postal_code.strip()):
        return ""
    town = [client.postal_code.strip(), client.city.strip()]
    if (client.country or country) in TOWN_FIRST:
        town.reverse()
    return f"{client.street.strip()}, {' '.join(filter(None, town))}"


def _basis(record: Record, rules: Rules) -> str | None:
    if record.client.consent is Consent.OPTED_IN:
        said = f" ({record.client.consent_evidence})" if record.client.consent_evidence else ""
        return f"the client opted in{said}"
    if rules.basis == COMPLETED_JOB and record.summary.jobs > 0 and record.summary.first_job_on is not None:
        return f"a job was completed on {words.day(record.summary.first_job_on)} and the client has not objected"
    return None


def _other_basis(rules: Rules) -> str:
    if rules.basis == COMPLETED_JOB:
        return "no job is completed yet"
    return "the settings do not take a completed job as one (marketing.basis)"


def _language(template: str, record: Record, rules: Rules) -> list[Reason]:
    languages = rules.templates.get(template, frozenset())
    home = rules.language
    known = record.client.language.strip().lower().split("-")[0] or home
    if known in languages or (known == home and "" in languages):
        return []
    return _no_words(template, known, languages, rules)


def _no_words(template: str, known: str, languages: frozenset[str], rules: Rules) -> list[Reason]:
    home = rules.language
    if not languages:
        return [Reason("no-template", f"there is no template '{template}'; `followup template new` makes one")]
    said = f"the template '{template}' is not written in the client's language ({known})"
    return [
        Reason("no-template-language", f"{said}; there is: {', '.join(sorted(each or home for each in languages))}")
    ]
