"""Filling in templates: ours against a bare compiled Jinja2 template with the same words and the same values.

The floor renders subject and text of the shipped thank-you in one process, from values that are already there: no
limits, no checks, no HTML, no greeting to work out.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import jinja2

from followup import model, render, settings, shipped
from followup.render import context, lookup, process
from followup.render.wire import Opening, Task
from tests import factories
from tests.benchmarks import harness

MESSAGES = int(os.environ.get("FOLLOWUP_BENCH_MESSAGES", "5000"))
MOST_TIMES = 3.0

TODAY = date(2026, 3, 2)
TEMPLATE = "thank-you"
SETTINGS = """
[business]
name = "Hall Plumbing"
address = "1 High Street, Leeds LS1 1AA"
country = "GB"
language = "en"
[people.sam]
name = "Sam Miller"
email = "sam@hall.example"
phone = "+441632960000"
[mail]
from_address = "office@hall.example"
"""


def run() -> list[harness.Result]:
    """Measure what goes through the sandbox, and whole messages."""
    folder = shipped.path("templates")
    home = settings.parse(SETTINGS, where="benchmark")
    requests = [_request(number) for number in range(MESSAGES)]
    values = context.Values(home, today=TODAY)
    filled = [
        values.of(each.decision, each.dossier, None, each.dossier.jobs, language="en") | {"signature": "Sam Miller"}
        for each in requests
    ]
    source = lookup.find((folder,), TEMPLATE, language="en", channel="email")
    subject, body = _bare(folder, source)
    results = []

    def floor() -> None:
        for each in filled:
            subject.render(each)
            body.render(each)

    opening = Opening((str(folder),), "en", "GB", "GBP", 5.0, 200_000, 512 * 1024 * 1024, ())
    keeper = process.Keeper(opening)
    tasks = [Task(source.file_name, "en", each) for each in filled]

    def through_the_sandbox() -> None:
        for start in range(0, len(tasks), 64):
            keeper.finish(keeper.begin(tasks[start : start + 64]))

    name = f"templates through the sandbox ({MESSAGES:,} messages)"
    results.append(harness.compare(name, through_the_sandbox, floor, limit=MOST_TIMES))
    keeper.close()

    with render.Renderer((folder,), settings=home, today=TODAY) as renderer:

        def whole() -> None:
            for message in renderer.messages(requests):
                if not isinstance(message, model.Message):
                    raise message

        name = f"whole messages: values, words, checks, HTML ({MESSAGES:,})"
        results.append(harness.compare(name, whole, floor, limit=MOST_TIMES))
    return results


def _bare(folder: Path, source: lookup.Source) -> tuple[jinja2.Template, jinja2.Template]:
    bodies = {name: lookup.split(path.read_text(), where=name)[1] for name, path in lookup.files((folder,)).items()}
    parts = {name.removesuffix(".txt").removesuffix(".en"): body for name, body in bodies.items()}
    loader = jinja2.DictLoader({**parts, **bodies})
    environment = jinja2.Environment(loader=loader, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(source.subject), environment.get_template(source.file_name)


def _request(number: int) -> render.Request:
    client = factories.client(full_name=f"Ada Hall{number}", last_name=f"Hall{number}", note="admired the old boiler")
    job = factories.job(client_id=client.id)
    occasion: dict[str, Any] = {"fact_id": job.id, "client_id": client.id, "job_id": job.id}
    decision = model.Decision(
        key=f"{job.id}.{TEMPLATE}.1",
        step=TEMPLATE,
        cadence="after-job",
        occurrence=1,
        occasion=model.Occasion(kind=model.OccasionKind.JOB_COMPLETED, on=date(2026, 2, 27), **occasion),
        client_id=client.id,
        state=model.State.DUE,
        due_on=TODAY,
        channel=model.Channel.EMAIL,
        address=f"ada{number}@example.com",
        template=TEMPLATE,
        job_ids=(job.id,),
    )
    return render.Request(decision, factories.dossier(client, jobs=[job]))
