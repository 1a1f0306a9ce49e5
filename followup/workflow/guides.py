"""Guides: files of the home that explain something, sent along with the messages about a service.

Takes a Desk and a message. Gives the message with its files. Touches the folder of guides, reading only.
"""

from __future__ import annotations

from dataclasses import replace

from followup.errors import BadInput
from followup.model import Attachment, Channel, Decision, Dossier, Message
from followup.workflow.desk import Desk

ENCLOSED = {"de": "Anlagen", "en": "Enclosed", "es": "Adjunto", "fr": "Pièces jointes"}
"""What stands at the foot of a letter, before the files that go with it, by language."""


def along(desk: Desk, decision: Decision, dossier: Dossier, message: Message) -> Message:
    """Return *message* with the guides of the services that it speaks of, if its step sends them.

    An e-mail carries them; a letter names what to enclose.

    Raises:
        BadInput: a guide is not there, or cannot be read; nothing goes without what its words may speak of.
    """
    step = desk.rules.step(decision.step)
    if step is None or not step.guides or message.channel not in (Channel.EMAIL, Channel.LETTER):
        return message
    names = of(desk, dossier, decision.job_ids)
    if not names:
        return message
    if message.channel is Channel.LETTER:
        return replace(message, text=f"{message.text.rstrip()}\n\n{_enclosed(message)}: {', '.join(names)}\n")
    return replace(message, attachments=tuple(Attachment(name, _read(desk, name)) for name in names))


def of(desk: Desk, dossier: Dossier, job_ids: tuple[str, ...]) -> list[str]:
    """Return the names of the guides for these jobs, each once, in the order of the settings."""
    services = [job.service.strip().lower() for job in dossier.jobs if job.id in job_ids]
    known = (desk.settings.services[each] for each in services if each in desk.settings.services)
    return list(dict.fromkeys(name for service in known for name in service.guides))


def missing(desk: Desk) -> list[str]:
    """Return what is wrong with the guides of the settings, in words."""
    wrong = []
    for name in dict.fromkeys(name for service in desk.settings.services.values() for name in service.guides):
        try:
            _read(desk, name)
        except BadInput as error:
            wrong.append(str(error))
    return wrong


def _enclosed(message: Message) -> str:
    return ENCLOSED.get(message.language, ENCLOSED["en"])


def _read(desk: Desk, name: str) -> bytes:
    folder = desk.home.guides_path
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise BadInput(
            f"{folder / name}: {why}. Put the guide there, or take it out of [services] in followup.toml."
        ) from None
