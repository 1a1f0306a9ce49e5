"""Keyword factories: a test states only what matters to it."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, date, datetime
from typing import Any

from followup import model, settings

_numbers = itertools.count(1)

TODAY = date(2026, 3, 2)  # a Monday
NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
HOME_KEY = bytes(range(32))


def identifier(prefix: str = "t") -> str:
    """Return an identifier in the shape of real ones, new on every call."""
    number, text = next(_numbers), ""
    while len(text) < 9:
        number, digit = divmod(number, 20)
        text = "abcdefghjkmnpqrstvwx"[digit] + text
    return prefix + text


def client(**fields: Any) -> model.Client:
    """Return Ada Hall, or whoever *fields* make of her."""
    fields.setdefault("id", identifier("c"))
    defaults: dict[str, Any] = {
        "full_name": "Ada Hall",
        "first_name": "Ada",
        "last_name": "Hall",
        "emails": ("ada@example.com",),
        "created_on": date(2025, 1, 6),
    }
    return model.Client(**{**defaults, **fields})


def job(**fields: Any) -> model.Job:
    """Return a boiler service completed last Friday."""
    fields.setdefault("id", identifier("j"))
    fields.setdefault("client_id", "cxxxxxxxxx")
    defaults: dict[str, Any] = {
        "service": "Boiler service",
        "status": model.JobStatus.COMPLETED,
        "completed_on": date(2026, 2, 27),
        "amount_minor": 12000,
        "currency": "GBP",
        "created_on": date(2026, 2, 28),
    }
    return model.Job(**{**defaults, **fields})


def contact(**fields: Any) -> model.Contact:
    """Return an outgoing e-mail of today."""
    fields.setdefault("id", identifier("k"))
    fields.setdefault("client_id", "cxxxxxxxxx")
    defaults: dict[str, Any] = {
        "channel": model.Channel.EMAIL,
        "direction": model.Direction.OUT,
        "at": NOW,
        "on": TODAY,
    }
    return model.Contact(**{**defaults, **fields})


def attempt(**fields: Any) -> model.Attempt:
    """Return a draft made today."""
    fields.setdefault("id", identifier("a"))
    fields.setdefault("client_id", "cxxxxxxxxx")
    fields.setdefault("key", f"{identifier('j')}.thank-you.1")
    defaults: dict[str, Any] = {
        "step": "thank-you",
        "channel": model.Channel.EMAIL,
        "state": model.AttemptState.DRAFTED,
        "purpose": model.Purpose.SERVICE,
        "address": "ada@example.com",
        "subject": "Thank you",
        "text": "Hello Ada",
        "message": "Subject: Thank you\r\n\r\nHello Ada\r\n",
        "message_id": "<x@example.com>",
        "made_at": NOW,
        "on": TODAY,
    }
    return model.Attempt(**{**defaults, **fields})


def summary(**fields: Any) -> model.Summary:
    """Return the summary of a client with one job."""
    fields.setdefault("client_id", "cxxxxxxxxx")
    return model.Summary(**fields)


def dossier(client: model.Client | None = None, **fields: Any) -> model.Dossier:
    """Return a dossier whose summary fits its jobs."""
    who = client or globals()["client"]()
    jobs = tuple(fields.pop("jobs", ()))
    done = sorted(j.completed_on for j in jobs if j.status == model.JobStatus.COMPLETED and j.completed_on)
    if "summary" not in fields:
        last = max(
            (j for j in jobs if j.completed_on and j.status == model.JobStatus.COMPLETED),
            key=lambda j: (j.completed_on, j.id),
            default=None,
        )
        gaps = sorted((b - a).days for a, b in itertools.pairwise(done) if b > a)
        fields["summary"] = model.Summary(
            client_id=who.id,
            jobs=len(done),
            first_job_on=done[0] if done else None,
            last_job_on=done[-1] if done else None,
            last_job_id=last.id if last else "",
            usual_gap_days=gaps[len(gaps) // 2] if len(gaps) >= 2 else None,
        )
    return model.Dossier(client=who, jobs=jobs, **fields)


def step(name: str = "thank-you", **fields: Any) -> model.Step:
    """Return a step of the after-job cadence: an e-mail one business day after the job, for as long as it takes."""
    defaults: dict[str, Any] = {
        "cadence": "after-job",
        "occasion": model.OccasionKind.JOB_COMPLETED,
        "delay": model.Delay(1, "business day"),
        "template": name,
    }
    return model.Step(name=name, **{**defaults, **fields})


def rules(*steps: model.Step, **fields: Any) -> Any:
    """Return the planner's rules for *steps*: every template in English, no holidays, a postal address."""
    from followup import plan, workdays

    names = {name for each in steps for name in (each.template, each.reminder_template, each.name)}
    defaults: dict[str, Any] = {
        "calendar": workdays.Calendar(country="GB"),
        "templates": dict.fromkeys(names, frozenset({"en"})),
        "currency": "GBP",
    }
    return plan.Rules(steps=steps, **{**defaults, **fields})


def mail(**fields: Any) -> settings.Mail:
    """Return what followup.toml says of a mail server on this machine that wants a login over a plain line."""
    defaults: dict[str, Any] = {
        "transport": "smtp",
        "host": "localhost",
        "port": 2525,
        "security": "none",
        "user": "sam@alder.example.com",
        "from_address": "sam@alder.example.com",
        "timeout": 5,
    }
    return dataclasses.replace(settings.parse("", where="the test").mail, **{**defaults, **fields})
