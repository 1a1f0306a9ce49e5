"""Templates of a home: list, check, show, copy for editing.

Takes a Desk and names. Gives files and problems. Touches the home's templates folder.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from followup import files
from followup.errors import BadInput, CannotCreate, NotFound
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
    )
    with render.Renderer(desk.template_folders, settings=complete, today=desk.today) as opened:
        return [str(problem) for problem in opened.check()]


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


def new(desk: Desk, name: str) -> Path:
    """Make a template of the home's own, ready to be written."""
    parsed = lookup.FileName.parse(name if name.endswith((".txt", ".html")) else f"{name}.txt")
    if parsed is None or not parsed.name.replace("-", "").replace("_", "").isalnum():
        raise BadInput(f"'{name}' is no name for a template. Write it as thank-you, or thank-you.de for German.")
    target = desk.home.templates_path / str(parsed)
    if target.exists():
        raise CannotCreate(f"{target} exists already. `followup template edit {name}` opens it.")
    files.make_folder(desk.home.templates_path)
    files.write_atomically(target, STARTER)
    return target


def remove(desk: Desk, name: str) -> Path:
    """Take a template of the home away, so that the shipped one applies again."""
    path = path_of(desk, name)
    if path.parent.resolve() != desk.home.templates_path.resolve():
        raise NotFound(f"{path.name} is a shipped template; the home has none of its own.")
    path.unlink()
    return path


STARTER = """\
subject: {{ business.name }}: {{ services_text }}
purpose: service
---
{{ greeting }},

...

{{ signature }}
"""
