"""What a template may say: the table of names, and the values behind them for one touchpoint.

Takes a decision, a dossier, the settings and the day. Gives one dict of plain values: text, whole numbers, yes or no,
lists and dicts of them; dates are ISO text, amounts are "120.00 GBP", what is not known is "". Touches nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from followup import workdays
from followup.model import (
    Channel,
    Client,
    Decision,
    Dossier,
    Job,
    JobStatus,
    OccasionKind,
    Person,
    Praise,
    Purpose,
    Recap,
    Record,
)
from followup.render import relation, words
from followup.render.relation import block, iso, line

if TYPE_CHECKING:
    from followup import settings as settings_module


class Meaning(NamedTuple):
    """One name that templates may use. README's table and the nearest-name advice read these."""

    name: str
    meaning: str
    example: str


NAMES: tuple[Meaning, ...] = tuple(
    Meaning(*row)
    for row in (
        ("greeting", "the whole greeting, without a comma; of whom the message is for", "Hello Ada"),
        (
            "signature",
            "who writes: a person's signature, else name, firm, phone; to one of us the firm",
            "Sam Miller",
        ),
        ("note", "the personal line kept with the job, else with the client", "admired the old boiler"),
        ("services_text", "what was done, as a sentence says it (with article in English)", "the boiler service"),
        ("client.greeting", "how the client is greeted, without a comma", "Hello Ada"),
        ("client.first_name", "first name, softened when it was all capitals", "Ada"),
        ("client.last_name", "last name, softened likewise", "Hall"),
        ("client.full_name", "whole name", "Ada Hall"),
        ("client.title", "title as the file has it", "Mrs"),
        ("client.company", "firm", "Hall & Sons"),
        ("client.name", "whole name, else the firm", "Ada Hall"),
        ("client.email", "first e-mail address", "ada@example.com"),
        ("client.phone", "first phone number", "+441632960001"),
        ("client.street", "street and number", "1 Mill Lane"),
        ("client.city", "town", "Leeds"),
        ("client.region", "county, state", "Yorkshire"),
        ("client.postal_code", "postal code", "LS1 4AP"),
        ("client.country", "country, two letters", "GB"),
        ("client.language", "language the message is in, two letters", "en"),
        ("client.tags", "list of tags", "['regular']"),
        ("client.notes", "what we know of them; for call scripts, not for letters", "has a dog"),
        ("client.note", "the client's own personal line", ""),
        ("client.referred_by", "who sent them", "Tom Reed"),
        ("client.extra", "every other column of the client file, by its heading", "{'Boiler model': 'Vaillant'}"),
        ("job.service", "the leading job's service as the file has it", "Boiler service"),
        ("job.service_text", "the same as a sentence says it", "the boiler service"),
        ("job.completed_on", "the day it was completed", "2026-02-27"),
        ("job.promised_on", "the day it was promised for", ""),
        ("job.amount", "amount and currency", "120.00 GBP"),
        ("job.paid_on", "the day it was paid", ""),
        ("job.invoice_ref", "invoice number", "INV-1042"),
        ("job.site_address", "where the work was done", ""),
        ("job.note", "the job's own personal line", "admired the old boiler"),
        ("job.by", "who did it, as the file has it", "Sam"),
        ("job.extra", "every other column of the job file, by its heading", "{}"),
        ("jobs", "every job this message speaks of; each has the names of `job`", "[...]"),
        (
            "person.name",
            "who writes: looks after it, else did the job, else has the client, else the owner",
            "Sam Miller",
        ),
        ("person.first_name", "their first name", "Sam"),
        ("person.email", "their e-mail address", "sam@hall.example"),
        ("person.phone", "their phone", "+441632960000"),
        ("person.signature", "the same as `signature`", "Sam Miller"),
        ("business.name", "our firm", "Hall Plumbing"),
        ("business.trade", "what we do", "plumbing and heating"),
        ("business.address", "our postal address", "1 High Street, Leeds LS1 1AA"),
        ("business.country", "our country, two letters", "GB"),
        ("business.email", "the address our mail comes from", "office@hall.example"),
        ("business.phone", "our phone, else the owner's", "+441632960000"),
        ("business.website", "our website", "https://hall.example"),
        ("business.feedback_link", "where clients can write a review", "https://hall.example/review"),
        ("business.owner", "name of the owner", "Sam Miller"),
        ("today", "the day on which the message is made", "2026-03-02"),
        ("channel", "email, call, text, letter, card, visit or note", "email"),
        ("purpose", "service or marketing", "service"),
        ("step", "name of the step", "thank-you"),
        ("is_reminder", "yes when this is the reminder of an ask already made", "False"),
        ("is_first_job", "yes when the client has had one job only", "True"),
        ("jobs_done", "how many jobs were completed for the client", "3"),
        ("first_job_on", "the day of the first completed job", "2024-03-01"),
        ("last_job_on", "the day of the latest completed job", "2026-02-27"),
        ("last_job", "the latest completed job, with the names of `job`; empty without one", "{...}"),
        ("years", "whole years since the first job", "2"),
        ("years_text", "the same in words", "two years"),
        ("interval_text", "how often this service is due, in words; empty when none is set", "twelve months"),
        ("due_again_on", "the day on which the service is due again; service reminders only", "2027-02-27"),
        ("to.name", "who of ours the message is for; empty when it is for the client", ""),
        ("to.first_name", "their first name", ""),
        ("to.email", "their e-mail address", ""),
        ("to.outside", "yes when they are a supplier, not one of the firm", "False"),
        ("key", "the touchpoint's key, as commands take it", "k3m9.case-call.1"),
        ("deadline", "by when we have to have done what it is about", "2026-03-03"),
        ("next_on", "by when the client hears next", "2026-03-03"),
        ("answer_within", "how soon we answer an enquiry, in words", "one business day"),
        ("history", "what happened, for one of us: `on` and `text` of each, the latest first", "[...]"),
        ("history_left", "how many lines of it are left out", "0"),
        ("remedies", "every remedy there is in the settings: `name`, `text`, `cost` of each", "[...]"),
        ("grant_limit", "what more than this costs is granted by the owner of the business", "50 GBP"),
        ("referral_code", "the code by which we know who sent somebody", "ADA-7KM"),
        ("record.kind", "what it is about: enquiry, promise, case, referral ...; else empty", "case"),
        ("record.id", "its key, as commands take it", "k3m9xq2rty"),
        ("record.state", "how far it is", "open"),
        ("record.summary", "what it is, in a line", "leak at the joint"),
        ("record.opened_on", "the day on which it began", "2026-02-20"),
        ("record.due_on", "by when", ""),
        ("record.acted_on", "the day of the last act before its end: answered, offered, won", ""),
        ("record.closed_on", "the day on which it ended", ""),
        ("record.resolution", "how it ended", ""),
        ("record.owner", "name of who looks after it", "Sam Miller"),
        ("enquiry.summary", "what they want; messages about an enquiry only", "a price for a new bath"),
        ("enquiry.service", "the kind of work", "Bathroom"),
        ("enquiry.service_text", "the same as a sentence says it", "the bathroom"),
        ("enquiry.source", "how they came to us", "website"),
        ("enquiry.amount", "what it may be worth", "2400.00 GBP"),
        ("enquiry.answered_on", "the day of our first answer", "2026-02-23"),
        ("enquiry.declined", "yes when it was us who said no", "False"),
        ("enquiry.reason", "why it came to nothing", ""),
        ("promise.summary", "what was promised; messages about a promise only", "fit the new pump"),
        ("promise.made_on", "when", "2026-02-20"),
        ("promise.due_on", "by when", "2026-03-06"),
        ("promise.target_on", "our own, earlier day", "2026-03-04"),
        ("promise.moved_from_on", "the day that was promised before it was moved", ""),
        ("promise.reason", "why it was moved, or how it ended", ""),
        ("promise.news", "what we know today, for the next word on how far it is", "the pump is on its way"),
        ("promise.is_job", "yes when it is the day promised for a job", "False"),
        ("receiver.name", "who has it now, of a client that was handed over", "Kim Reed"),
        ("receiver.first_name", "their first name; the whole name of a supplier", "Kim"),
        ("receiver.email", "their e-mail address", "kim@hall.example"),
        ("receiver.phone", "their phone", "+441632960002"),
        ("case.summary", "what went wrong; messages about a case only, else empty", "leak at the joint"),
        ("case.opened_on", "since when", "2026-02-20"),
        ("case.by", "who saw it: us or them", "them"),
        ("case.severity", "how grave it is", ""),
        ("case.cause", "why it happened", ""),
        ("case.resolution", "how it was put right", "joint replaced"),
        ("case.resolved_on", "and when", "2026-02-24"),
        ("case.remedies", "what is offered: `letter`, `name`, `text`, `cost` of each", "[...]"),
        ("case.chosen", "what the client chose", ""),
        ("case.cost", "what it costs us", ""),
        ("case.fix_on", "the day promised for putting it right, while it is to come", ""),
        ("case.came_back", "yes when it is the trouble of an earlier job or case", "False"),
        ("case.return_on", "when we were done with it before", ""),
        ("case.return_of", "the work that it came back after; empty when it was a case", ""),
        ("case.earlier", "earlier cases, the latest first: `on`, `summary`, `resolution` of each", "[]"),
        ("referral.friend", "whom they brought; messages about a referral only", "Tom Reed"),
        ("referral.reward", "what they get for it, in words", "20 pounds off your next bill"),
        ("referral.amount", "the same as an amount", "20.00 GBP"),
        ("referral.doubts", "what did not hold when it was checked", "[]"),
        ("gift.summary", "what is given; messages about a gift only", "a box of apples"),
        ("gift.kind", "gift, referral_reward, goodwill ...", "gift"),
        ("praise.words", "what they said; messages about praise only", "he explained everything"),
        ("praise.earner", "of whom", "Sam Miller"),
        ("praise.quote", "the wording that may be quoted", ""),
        ("praise.quoted_as", "and under which name", ""),
        ("lesson.happened", "what happened; messages about a lesson only", "the part was not in stock"),
        ("lesson.better", "what we do differently", "we order it before we name a day"),
        ("lesson.cause", "why it happened", "parts"),
        ("lesson.case", "what went wrong, of its case", "we came a day late"),
        ("lesson.case_on", "and when", "2026-02-20"),
        ("lesson.by", "who saw it: us or them", "them"),
        ("recap.found", "what we found; messages with a recap only", "a worn seal"),
        ("recap.did", "what we did", "replaced the seal"),
        ("recap.not_done", "what we did not do", "the valve was left as it is"),
        ("recap.watch_for", "what to watch for", "drops below the valve"),
        ("feedback.score", "how likely they are to recommend us, 0 to 10; low scores only", "4"),
        ("feedback.words", "and what they said", "nobody rang back"),
        ("feedback.on", "and when", "2026-02-28"),
        ("tries", "calls already tried for this touchpoint", "0"),
        ("last_contact_on", "the day we last wrote, called or came", "2026-01-10"),
        ("last_outcome", "how they felt last: happy, unhappy, neutral", "happy"),
        ("opt_out", "the sentence that tells how to hear no more; marketing only, else empty", ""),
        ("unsubscribe", "the mailto: link of the same; marketing by e-mail only, else empty", ""),
    )
)
"""Every name there always is. Columns of the client's and the job's file come on top, under their cleaned headings
(`Boiler model` is `boiler_model`), where they are not one of these."""

FILTERS: tuple[tuple[str, str, str], ...] = (
    ("day", "job.completed_on | day", "Friday 27 February"),
    ("long_date", "job.completed_on | long_date", "27 February 2026"),
    ("short_date", "job.completed_on | short_date", "27/02/2026"),
    ("month", "job.completed_on | month", "February 2026"),
    ("money", "job.amount | money", "£120.00"),
    ("first_name", "person.name | first_name", "Sam"),
    ("soften", "client.extra['Site contact'] | soften", "Ada Hall"),
    ("and_list", "jobs | map(attribute='service') | and_list", "Boiler service and Tap repair"),
    ("service", "job.service | service", "the boiler service"),
    ("sentence", "case.summary | sentence", "Leak at the joint."),
    ("full_stop", "case.summary | full_stop", "leak at the joint."),
    ("needed", "promise.reason | needed('the reason')", "the pump came late"),
)
"""Filters beside Jinja's own: name, how it is used, what comes out. Each speaks the language of the message."""

TOP_NAMES = frozenset(meaning.name.partition(".")[0] for meaning in NAMES)


def values(
    decision: Decision,
    dossier: Dossier,
    settings: settings_module.Settings,
    person: Person | None,
    jobs: Sequence[Job],
    *,
    today: date,
    language: str = "",
) -> dict[str, Any]:
    """Return what the templates of this touchpoint may say; the names are those of `NAMES`.

    Args:
        decision: the touchpoint.
        dossier: its client.
        settings: the home's.
        person: who writes; None asks `writer`.
        jobs: the jobs it speaks of, the leading one first; may be empty.
        today: the day on which the message is made.
        language: of the message; "" means the client's, else the home's.
    """
    if person is None:
        person = writer(settings, dossier.client, jobs, relation.find(decision, dossier))
    language = language or dossier.client.language or settings.business.language
    return Values(settings, today=today).of(decision, dossier, person, jobs, language=language)


def no_code(client_id: str) -> str:
    """Return no code for a client: there are none where nobody made them."""
    return ""


class Values:
    """Makes the values of many touchpoints; what is the same for all of a run is made once."""

    def __init__(
        self,
        settings: settings_module.Settings,
        *,
        today: date,
        calendar: workdays.Calendar | None = None,
        code_of: Callable[[str], str] = no_code,
    ) -> None:
        """Take what is the same for all.

        Args:
            settings: the home's.
            today: the day on which the messages are made.
            calendar: its business days; without it only weekends are known.
            code_of: gives the referral code of a client's identifier.
        """
        self._settings = settings
        self._today = today
        self._today_text = today.isoformat()
        self._business = business_values(settings)
        self._people: dict[str, dict[str, Any]] = {}
        calendar = calendar or workdays.Calendar(country=settings.business.country, weekend=settings.weekend)
        self._relation = relation.Relation(settings, calendar=calendar, today=today)
        self._code_of = code_of
        answer = settings.enquiries.answer
        self._answer_within = {
            language: words.duration(max(1, answer.number), answer.unit, language) for language in words.SPOKEN
        }

    def of(
        self, decision: Decision, dossier: Dossier, person: Person | None, jobs: Sequence[Job], *, language: str
    ) -> dict[str, Any]:
        """Return the values of one touchpoint; the dicts in them may be shared and are not to be changed."""
        client, summary = dossier.client, dossier.summary
        lead = jobs[0] if jobs else None
        record = relation.find(decision, dossier)
        # Many programs repeat the firm where a person's name belongs; it has no first name for all that.
        full = "" if client.full_name.casefold() == client.company.casefold() else client.full_name
        name = words.name_of(full=full, first=client.first_name, last=client.last_name, title=client.title)
        business, who = self._business, self._person(person)
        said_jobs = [job_values(job, language) for job in jobs]
        first_on = summary.first_job_on
        years = whole_years(first_on, decision.due_on or self._today) if first_on else 0
        marketing = decision.purpose is Purpose.MARKETING
        channel = decision.channel or Channel.EMAIL
        said_client = _client_values(client, name, language)
        found: dict[str, Any] = {
            **relation.EMPTY,
            "greeting": said_client["greeting"],
            "signature": who["signature"],
            "note": block(lead.note if lead and lead.note else client.note),
            "services_text": words.services((job.service for job in jobs), language),
            "client": said_client,
            "job": said_jobs[0] if said_jobs else _NO_JOB,
            "jobs": said_jobs,
            "person": who,
            "business": business,
            "today": self._today_text,
            "channel": channel.value,
            "purpose": decision.purpose.value,
            "step": decision.step,
            "key": decision.key,
            "is_reminder": decision.ask and decision.occurrence > 1,
            "is_first_job": summary.jobs == 1,
            "jobs_done": summary.jobs,
            "first_job_on": iso(first_on),
            "last_job_on": iso(summary.last_job_on),
            "last_job": _last_job(dossier, jobs, said_jobs, language),
            "years": years,
            "years_text": words.duration(years, "year", language) if years else "",
            "interval_text": _interval(self._settings, lead, language),
            "due_again_on": iso(decision.occasion.on) if decision.occasion.kind is _SERVICE_INTERVAL else "",
            "tries": decision.tries,
            "last_contact_on": iso(summary.last_contact_on),
            "last_outcome": summary.last_outcome.value if summary.last_outcome else "",
            "answer_within": self._answer_within.get(language, self._answer_within["en"]),
            "remedies": self._relation.remedies,
            "grant_limit": self._relation.grant_limit,
            "referral_code": self._code_of(client.id),
            "opt_out": words.opt_out(language, channel.value) if marketing else "",
            "unsubscribe": unsubscribe(business["email"], decision.key) if marketing and channel is _EMAIL else "",
        }
        if record is not None or decision.to_person or decision.occasion.kind in relation.WITHOUT_RECORD:
            keeper = writer(self._settings, client, jobs, record)
            found |= self._relation.of(decision, dossier, record, self._person(keeper)["name"], language=language)
            if decision.to_person:
                first = found["to"]["first_name"]
                found["greeting"] = words.greeting(words.NOBODY, address_as=first, company="", language=language)
        if lead is not None and lead.extra:
            _add_extra(found, lead.extra)
        if client.extra:
            _add_extra(found, client.extra)
        return found

    def _person(self, person: Person | None) -> dict[str, Any]:
        number = person.id if person else ""
        if number not in self._people:
            self._people[number] = person_values(self._settings, person)
        return self._people[number]


_SERVICE_INTERVAL = OccasionKind.SERVICE_INTERVAL
_EMAIL = Channel.EMAIL


def writer(
    settings: settings_module.Settings, client: Client, jobs: Iterable[Job], record: Record | None = None
) -> Person | None:
    """Return who of ours writes to a client.

    Of a job, and of its recap, who did it; else who looks after the client, else the owner. Of any other record who
    looks after it, as the planner has it: the day that is named to a client and the note to us go to the same person.
    """
    people = settings.people
    lead = next(iter(jobs), None)
    of_a_job = record is None or isinstance(record, Recap)
    chosen = [
        # Praise is kept with who earned it, who does not answer it.
        "" if record is None or isinstance(record, Praise) else record.owner,
        lead.owner if lead else "",
    ]
    found = next((people[each] for each in chosen if each in people), None)
    if found is None and of_a_job and lead is not None:
        found = _person_called(settings, lead.assigned_to)
    return found or people.get(client.owner) or people.get(settings.owner) or next(iter(people.values()), None)


def _person_called(settings: settings_module.Settings, text: str) -> Person | None:
    wanted = _folded(text)
    if not wanted:
        return None
    first_names = []
    for person in settings.people.values():
        if wanted in {_folded(person.id), _folded(person.name), *map(_folded, person.also)}:
            return person
        if wanted == _folded(person.name.partition(" ")[0]):
            first_names.append(person)
    return first_names[0] if len(first_names) == 1 else None  # two Sams: neither


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def business_values(settings: settings_module.Settings) -> dict[str, Any]:
    """Return what `business` holds."""
    owner = settings.people.get(settings.owner)
    return {
        "name": line(settings.business.name),
        "trade": line(settings.business.trade),
        "address": block(settings.business.address),
        "country": settings.business.country,
        "email": settings.mail.from_address or (owner.email if owner else ""),
        "phone": settings.business.phone or (owner.phone if owner else ""),
        "website": settings.business.website,
        "feedback_link": settings.business.feedback_link,
        "owner": line(owner.name) if owner else line(settings.business.name),
    }


def person_values(settings: settings_module.Settings, person: Person | None) -> dict[str, Any]:
    """Return what `person` holds; without any person, the firm itself writes."""
    firm = line(settings.business.name)
    if person is None:
        email = settings.mail.from_address
        return {"id": "", "name": firm, "first_name": firm, "email": email, "phone": "", "signature": firm}
    name = line(person.name)
    return {
        "id": person.id,
        "name": name,
        "first_name": words.first_name(name),
        "email": person.email,
        "phone": person.phone,
        "signature": block(person.signature) or "\n".join(part for part in (name, firm, person.phone) if part),
    }


def job_values(job: Job, language: str) -> dict[str, Any]:
    """Return what `job`, `last_job` and each of `jobs` hold."""
    return {
        "id": job.id,
        "service": line(job.service),
        "service_text": words.service(job.service, language),
        "completed_on": iso(job.completed_on),
        "promised_on": iso(job.promised_on),
        "amount": words.amount(job.amount_minor, job.currency),
        "paid_on": iso(job.paid_on),
        "invoice_ref": line(job.invoice_ref),
        "site_address": line(job.site_address),
        "note": block(job.note),
        "by": line(job.assigned_to),
        "extra": dict(job.extra),
    }


_NO_JOB = job_values(Job(id="", client_id=""), "")


def _client_values(client: Client, name: words.Name, language: str) -> dict[str, Any]:
    return {
        "id": client.id,
        "greeting": words.greeting(name, address_as=client.address_as, company=line(client.company), language=language),
        "first_name": name.first,
        "last_name": name.last,
        "full_name": name.full,
        "title": name.title,
        "company": line(client.company),
        "name": name.full or line(client.company),
        "email": client.emails[0] if client.emails else "",
        "phone": client.phones[0] if client.phones else "",
        "street": line(client.street),
        "city": line(client.city),
        "region": line(client.region),
        "postal_code": line(client.postal_code),
        "country": client.country,
        "language": language,
        "tags": list(client.tags),
        "notes": block(client.notes),
        "note": block(client.note),
        "referred_by": line(client.referred_by),
        "extra": dict(client.extra),
    }


def _last_job(dossier: Dossier, jobs: Sequence[Job], said_jobs: list[dict[str, Any]], language: str) -> dict[str, Any]:
    wanted = dossier.summary.last_job_id
    for job, said in zip(jobs, said_jobs, strict=True):
        if job.id == wanted:
            return said  # most messages speak of the latest job
    for job in reversed(dossier.jobs):
        if job.id == wanted or (not wanted and job.status is JobStatus.COMPLETED):
            return job_values(job, language)
    return _NO_JOB


def _interval(settings: settings_module.Settings, job: Job | None, language: str) -> str:
    service = settings.services.get(job.service.lower()) if job else None
    if service is None or service.interval is None:
        return ""
    return words.duration(service.interval.number, service.interval.unit, language)


def unsubscribe(business_email: str, key: str) -> str:
    """Return the mailto: link by which a client says no more; its subject names the touchpoint (RFC 6068)."""
    return f"mailto:{quote(business_email, safe='@')}?subject={quote(f'unsubscribe {key}')}" if business_email else ""


def whole_years(since: date, until: date) -> int:
    """Return how many anniversaries of *since* have passed by *until*; 29 February counts on 28 February."""
    years = until.year - since.year
    start = (since.month, 28) if (since.month, since.day) == (2, 29) else (since.month, since.day)
    return max(0, years - ((until.month, until.day) < start))


@lru_cache(maxsize=1024)
def cleaned(heading: str) -> str:
    """Return the name under which a template finds a column: "Boiler model (old)" -> "boiler_model_old"."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", heading) if not unicodedata.combining(letter)
    ).casefold()
    name = re.sub(r"\W+", "_", plain).strip("_")
    return f"_{name}" if name[:1].isdigit() else name


def _add_extra(found: dict[str, Any], extra: Mapping[str, str]) -> None:
    for heading, cell in extra.items():
        name = cleaned(heading)
        if name and name not in TOP_NAMES:
            found[name] = cell
