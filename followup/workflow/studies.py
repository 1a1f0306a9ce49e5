"""Case studies: a lesson with its case and history, and everybody in it taken out.

Takes a Desk and what was typed. Gives lines, and what was taken out. Touches nothing.
"""

from __future__ import annotations

from followup.care import study
from followup.model import Case, Lesson
from followup.records import dataclass
from followup.report import studies
from followup.workflow import finding
from followup.workflow.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A case study for the team, and what was taken out of it how often."""

    lesson: Lesson
    lines: tuple[str, ...]
    taken: tuple[tuple[str, int], ...]


def study_of(desk: Desk, text: str) -> Study:
    """Return the case study of the lesson that *text* means."""
    lesson = finding.record(desk, Lesson, text, open_only=False)
    client = finding.by_id(desk, lesson.client_id)
    store = desk.store
    ids = next(iter(store.households([client.id])), [client.id])
    brought = [client.referred_by_id, *store.brought(client.id)]
    near = store.clients([*ids, *store.absorbed(client.id), *filter(None, brought)])
    near.pop(client.id, None)
    people = {person.id: person for person in (*store.people(), *desk.settings.people.values())}
    names = [client.referred_by, *(each for job in store.jobs_of(client.id) for each in (job.assigned_to,))]
    scrubber = study.Scrubber(client, household=near.values(), staff=people.values(), others=filter(None, names))
    case = store.care_among([lesson.case_id]).get(lesson.case_id) if lesson.case_id else None
    job = store.job(lesson.job_id) if lesson.job_id else None
    made = studies.lines(
        lesson,
        case if isinstance(case, Case) else None,
        store.contacts_of(client.id),
        service=scrubber.clean(job.service) if job else "",
        clean=scrubber.clean,
    )
    lines = tuple(made)
    return Study(lesson=lesson, lines=lines, taken=tuple(scrubber.told()))
