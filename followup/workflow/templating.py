"""Templates of a home: list, check, show, copy for editing.

Takes a Desk and names. Gives files and problems. Touches the home's templates folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from followup import files, shipped, workdays
from followup.errors import BadInput, CannotCreate
from followup.home import Home
from followup.model import Person
from followup.render import lookup
from followup.workflow.desk import Desk


def check(desk: Desk) -> list[str]:
    """Render every template for every kind of client; returns all problems, each with file and line.

    What is looked at are the templates: where the settings do not yet say how the business can be reached, something
    made up stands for it.
    """
    from followup import render

    business, mail = desk.settings.business, desk.settings.mail
    complete = replace(
        desk.settings,
        business=replace(business, address=business.address or "1 Sample Street, Sampletown"),
        mail=replace(mail, from_address=mail.from_address or "sample@example.com"),
        people=desk.settings.people or {"sample": Person(id="sample", name="Sam Sample")},
    )
    # Not the home's own calendar, which its database keeps: words are checked where that is gone, too.
    calendar = workdays.Calendar()
    with render.Renderer(desk.template_folders, settings=complete, today=desk.today, calendar=calendar) as opened:
        return [*_hidden(desk), *(str(problem) for problem in opened.check())]


def _hidden(desk: Desk) -> Iterator[str]:
    """Yield the home's own templates that are never taken, because a shipped one says its language and goes before."""
    known = lookup.files(desk.template_folders)
    for each in found(desk):
        parts = (each.name, desk.settings.business.language, each.channel, "txt")
        better = ".".join(part for part in parts if part)
        if each.own and not each.language and better in known:
            yield f"{each.path}: is never used, because {better} goes before it. Rename it to {better}."


def found(desk: Desk) -> list[lookup.Source]:
    """Return every template in force, by name, language and channel."""
    return list(lookup.sources(desk.template_folders))


def path_of(desk: Desk, name: str) -> Path:
    """Return the file in force for what was typed: `thank-you`, `thank-you.de`, `thank-you.en.text.txt`."""
    return lookup.typed(desk.template_folders, name, language=desk.settings.business.language)


def copy_for_editing(desk: Desk, name: str) -> Path:
    """Copy a shipped template into the home, where it goes before the shipped one; an own one stays as it is."""
    source = path_of(desk, name)
    target = desk.home.templates_path / source.name
    if source.parent.resolve() != desk.home.templates_path.resolve():
        files.make_folder(desk.home.templates_path)
        files.write_atomically(target, source.read_bytes())
    return target


def new(home: Home, name: str) -> Path:
    """Make a template of the home's own, ready to be written; also before the settings that name it are right."""
    parsed = lookup.FileName.parse(name if name.endswith((".txt", ".html")) else f"{name}.txt")
    if parsed is None or not parsed.name.replace("-", "").replace("_", "").isalnum():
        raise BadInput(f"'{name}' is no name for a template. Write it as thank-you, or thank-you.de for German.")
    if not parsed.language and parsed.name in lookup.catalogue((shipped.path("templates"),)):
        raise CannotCreate(f"There is a template '{parsed.name}' already. `followup template edit {name}` copies it.")
    target = home.templates_path / str(parsed)
    if target.exists():
        raise CannotCreate(f"{target} exists already. `followup template edit {name}` opens it.")
    files.make_folder(home.templates_path)
    files.write_atomically(target, STARTER)
    return target


STARTER = """\
subject: {{ business.name }}: {{ services_text }}
purpose: service
---
{{ greeting }},

...

{{ signature }}
"""
