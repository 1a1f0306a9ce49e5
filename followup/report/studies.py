"""A case study: what went wrong, what was done, and what is different since; for the team, without anybody's name.

Takes a lesson, its case, what happened meanwhile, and what takes people out of texts. Gives lines. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from followup.cells import Column
from followup.model import US, Case, Contact, Direction, Lesson, LessonState
from followup.report import words

COLUMNS = (
    Column("lesson_id", "Id", whole=True),
    Column("study", "Study"),
    Column("taken_out", "Taken out", "words"),
)
"""Of a study for programs: the whole of it is one text."""

CLEANED = "Names, addresses and numbers are taken out."


def lines(
    lesson: Lesson, case: Case | None, contacts: Iterable[Contact], *, service: str, clean: Callable[[str], str]
) -> Iterator[str]:
    """Yield the study as markdown. Days are counted from the one on which it began; no date is given.

    Args:
        lesson: what was learnt.
        case: what it came of, if there is one.
        contacts: with the client, oldest first.
        service: the kind of work.
        clean: takes people out of a text.
    """
    cause = clean(lesson.cause or (case.cause if case else ""))
    yield f"# Case study{': ' + cause if cause else ''}"
    yield ""
    yield f"{f'{service}. ' if service else ''}{CLEANED}"
    yield from _section("What happened", clean(lesson.summary))
    if case is not None:
        yield from _section("What the client met with", clean(case.summary))
        yield ""
        seen = "We saw it ourselves." if case.opened_by == US else "The client told us."
        yield f"- {seen}"
        if case.severity:
            yield f"- Severity: {clean(case.severity)}."
        if case.chosen:
            yield f"- Put right with: {clean(case.chosen)}."
        yield from (f"- {each}" for each in _since(case, contacts, clean))
        if case.closed_on:
            yield f"- {_day(case.closed_on, case.opened_on)}: resolved. {clean(case.resolution)}".rstrip()
    yield from _section("What we do differently", clean(lesson.better) or "Nothing is written down yet.")
    yield ""
    yield "In place." if lesson.state == LessonState.DONE else "Not in place yet."


def _section(title: str, text: str) -> Iterator[str]:
    if text:
        yield from ("", f"## {title}", "", *text.splitlines())


def _since(case: Case, contacts: Iterable[Contact], clean: Callable[[str], str]) -> Iterator[str]:
    for contact in contacts:
        if contact.on < case.opened_on or (case.closed_on and contact.on > case.closed_on):
            continue
        way = "from the client" if contact.direction is Direction.IN else "to the client"
        said = ": ".join(filter(None, (contact.outcome.value if contact.outcome else "", clean(contact.note))))
        channel = words.channel(contact.channel)
        yield f"{_day(contact.on, case.opened_on)}: {channel} {way}{'; ' + said if said else ''}"


def _day(on: date, begun: date) -> str:
    days = (on - begun).days
    return "The same day" if not days else f"After {words.plural(days, 'day')}"


def as_text(markdown: Iterable[str]) -> Iterator[str]:
    """Yield the study as plain text: headings stand alone, in capitals."""
    for line in markdown:
        yield line.lstrip("# ").upper() if line.startswith("#") else line
