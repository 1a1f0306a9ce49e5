"""What clients said, to be counted and, where they allowed it, printed: scores, comments, testimonials, causes.

Takes a Desk and what was typed. Gives rows. Touches the store: to fix the wording that was allowed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from followup.care.kinds import KINDS
from followup.errors import BadInput
from followup.model import Case, Contact, Lesson, Praise
from followup.report import feedback, periods
from followup.workflow import care, finding
from followup.workflow.desk import Desk


def quote(desk: Desk, text: str, *, wording: str, quoted_as: str, permission: str) -> Praise:
    """Fix the words of a testimonial; refuses where others were allowed already, or one of the three is empty."""
    found = finding.record(desk, Praise, text, open_only=False)
    wording, quoted_as, permission = wording.strip(), quoted_as.strip(), permission.strip()
    if not (wording and quoted_as and permission):
        raise BadInput("A testimonial needs its words, the name beside them, and the permission to print both.")
    if found.quote and (found.quote, found.quoted_as) != (wording, quoted_as):
        raise BadInput(
            f'"{found.quote}" ({found.quoted_as}) was allowed: {found.permission}. '
            f"Where they allowed other words since, `followup praise edit {found.id}` takes them."
        )
    typed = {"quote": wording, "quoted_as": quoted_as, "permission": permission}
    _, after = care.edit(desk, KINDS["praise"], found.id, typed)
    assert isinstance(after, Praise)
    return after


def scores(desk: Desk, **period: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the scores and comments of a period, the oldest first."""
    chosen = periods.period(today=desk.today, **period)
    return score_rows(desk, desk.store.scored(chosen.from_on, chosen.to_on))


def score_rows(desk: Desk, found: Sequence[Contact]) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each contact of *found* that brought a score."""
    clients = desk.store.clients({each.client_id for each in found})
    jobs = desk.store.jobs({each.job_id for each in found if each.job_id})
    return feedback.score_rows(found, clients, jobs, low=desk.settings.feedback.low)


def quotable(desk: Desk) -> Iterator[tuple[Any, ...]]:
    """Yield the testimonials of any time whose words, name and permission are fixed."""
    found = [each for each in desk.store.care(Praise) if each.quote and each.permission]
    clients = desk.store.clients({each.client_id for each in found})
    people = {person.id: person.name for person in desk.settings.people.values()}
    return feedback.quotable_rows(found, clients, people)


def causes(desk: Desk, **period: Any) -> Iterator[tuple[Any, ...]]:
    """Yield what keeps happening: each cause with its cases and lessons of a period, the most frequent first."""
    chosen = periods.period(today=desk.today, **period)
    counted = {
        kind: Counter(each.cause.casefold() or "not known" for each in records)
        for kind, records in (
            ("cases", desk.store.care_opened(Case, chosen.from_on, chosen.to_on)),
            ("lessons", desk.store.care_opened(Lesson, chosen.from_on, chosen.to_on)),
        )
    }
    in_place = Counter(
        each.cause.casefold() or "not known"
        for each in desk.store.care_opened(Lesson, chosen.from_on, chosen.to_on)
        if each.closed_on
    )
    return feedback.cause_rows(counted["cases"], counted["lessons"], in_place)
