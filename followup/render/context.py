"""What a template may say: the table of names, and the values behind them for one touchpoint.

Takes a decision, a dossier, the settings and the day. Gives one dict of plain values: text, whole numbers, yes or no,
lists and dicts of them; dates are ISO text, amounts are "120.00 GBP", what is not known is "". Touches nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from followup.model import Channel, Client, Decision, Dossier, Job, JobStatus, OccasionKind, Person, Purpose
from followup.render import words

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
        ("greeting", "the whole greeting, without a comma", "Hello Ada"),
        ("signature", "who writes: the person's signature, else name, firm and phone, in lines", "Sam Miller"),
        ("note", "the personal line kept with the job, else with the client", "admired the old boiler"),
        ("services_text", "what was done, as a sentence says it (with article in English)", "the boiler service"),
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
        ("person.name", "who writes: did the job, else looks after the client, else the owner", "Sam Miller"),
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
        ("today", "the day on which the message is made", "2026-03-02"),
        ("channel", "email, call, text, letter, card or visit", "email"),
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
        ("case.summary", "what went wrong; messages about a case only, else empty", "leak at the joint"),
        ("case.opened_on", "since when", "2026-02-20"),
        ("case.resolution", "how it was put right", "joint replaced"),
        ("case.resolved_on", "and when", "2026-02-24"),
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
)
"""Filters beside Jinja's own: name, how it is used, what comes out. Each speaks the language of the message."""

TOP_NAMES = frozenset(meaning.name.partition(".")[0] for meaning in NAMES)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def line(text: str) -> str:
    """Return *text* as one line with single spaces."""
    return " ".join(text.split()) if text else text


def block(text: str) -> str:
    r"""Return *text* with plain ``\n`` line ends and nothing at either end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip() if text else text


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
        person = writer(settings, dossier.client, jobs)
    language = language or dossier.client.language or settings.business.language
    return Values(settings, today=today).of(decision, dossier, person, jobs, language=language)


class Values:
    """Makes the values of many touchpoints; what is the same for all of a run is made once."""

    def __init__(self, settings: settings_module.Settings, *, today: date) -> None:
        """Take the home's settings and the day on which the messages are made."""
        self._settings = settings
        self._today = today
        self._today_text = today.isoformat()
        self._business = business_values(settings)
        self._people: dict[str, dict[str, Any]] = {}

    def of(
        self, decision: Decision, dossier: Dossier, person: Person | None, jobs: Sequence[Job], *, language: str
    ) -> dict[str, Any]:
        """Return the values of one touchpoint; the dicts in them may be shared and are not to be changed."""
        client, summary = dossier.client, dossier.summary
        lead = jobs[0] if jobs else None
        # Many programs repeat the firm where a person's name belongs; it has no first name for all that.
        full = "" if client.full_name.casefold() == client.company.casefold() else client.full_name
        name = words.name_of(full=full, first=client.first_name, last=client.last_name, title=client.title)
        business, who = self._business, self._person(person)
        said_jobs = [job_values(job, language) for job in jobs]
        first_on = summary.first_job_on
        years = whole_years(first_on, decision.due_on or self._today) if first_on else 0
        marketing = decision.purpose is Purpose.MARKETING
        channel = decision.channel or Channel.EMAIL
        found: dict[str, Any] = {
            "greeting": words.greeting(
                name, address_as=client.address_as, company=line(client.company), language=language
            ),
            "signature": who["signature"],
            "note": block(lead.note if lead and lead.note else client.note),
            "services_text": words.services((job.service for job in jobs), language),
            "client": _client_values(client, name, language),
            "job": said_jobs[0] if said_jobs else _NO_JOB,
            "jobs": said_jobs,
            "person": who,
            "business": business,
            "today": self._today_text,
            "channel": channel.value,
            "purpose": decision.purpose.value,
            "step": decision.step,
            "is_reminder": decision.ask and decision.occurrence > 1,
            "is_first_job": summary.jobs == 1,
            "jobs_done": summary.jobs,
            "first_job_on": _iso(first_on),
            "last_job_on": _iso(summary.last_job_on),
            "last_job": _last_job(dossier, jobs, said_jobs, language),
            "years": years,
            "years_text": words.duration(years, "year", language) if years else "",
            "interval_text": _interval(self._settings, lead, language),
            "due_again_on": _iso(decision.occasion.on) if decision.occasion.kind is _SERVICE_INTERVAL else "",
            "case": _case_values(dossier, decision.occasion.case_id),
            "tries": decision.tries,
            "last_contact_on": _iso(summary.last_contact_on),
            "last_outcome": summary.last_outcome.value if summary.last_outcome else "",
            "opt_out": words.opt_out(language, channel.value) if marketing else "",
            "unsubscribe": unsubscribe(business["email"], decision.key) if marketing and channel is _EMAIL else "",
        }
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


def writer(settings: settings_module.Settings, client: Client, jobs: Iterable[Job]) -> Person | None:
    """Return who of ours writes to a client: who did the leading job, else who looks after them, else the owner."""
    people = settings.people
    for job in jobs:
        found = people.get(job.owner) or _person_called(settings, job.assigned_to)
        if found:
            return found
        break
    return people.get(client.owner) or people.get(settings.owner) or next(iter(people.values()), None)


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
        "completed_on": _iso(job.completed_on),
        "promised_on": _iso(job.promised_on),
        "amount": words.amount(job.amount_minor, job.currency),
        "paid_on": _iso(job.paid_on),
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


def _case_values(dossier: Dossier, case_id: str) -> dict[str, str]:
    for case in dossier.cases:
        if case.id == case_id:
            return {
                "summary": block(case.summary),
                "opened_on": _iso(case.opened_on),
                "resolution": block(case.resolution),
                "resolved_on": _iso(case.closed_on),
            }
    return _NO_CASE


_NO_CASE = dict.fromkeys(("summary", "opened_on", "resolution", "resolved_on"), "")


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
