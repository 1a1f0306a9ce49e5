"""The shipped prose: every template against several kinds of clients, compared whole and held to what we promise."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from followup import identity, model, settings
from followup.mail import build, drafts
from followup.model import Channel, OccasionKind, Purpose
from followup.render import Renderer, lookup
from tests import factories

FOLDER = Path(__file__).resolve().parent.parent / "templates"
LANGUAGES = ("en", "de", "fr", "es")
ENGLISH = {
    "thank-you", "check-in-call", "check-in-mail", "feedback-ask", "feedback-reminder", "referral-ask", "anniversary",
    "service-reminder", "win-back", "apology",
}  # fmt: skip
EVERYWHERE = {"thank-you", "check-in-call", "check-in-mail", "feedback-ask", "feedback-reminder"}
FILES = sorted(path.name for path in FOLDER.glob("*.txt") if path.name.partition(".")[0] in ENGLISH)
"""What follows a job; what a record of the relationship starts is read in `test_templates_relation`."""
TODAY = date(2027, 2, 8)

FIRM = """
[business]
name = "Alder Plumbing & Heating"
trade = "plumbing and heating"
address = "Unit 2, Old Ropeworks, Westerby WB6 1RW"
country = "GB"
timezone = "Europe/London"
feedback_link = "https://alderheating.example.com/say"
[people.sam]
name = "Sam Alder"
email = "sam@alderheating.example.com"
phone = "+441632960150"
signature = "Sam Alder\\nAlder Plumbing & Heating, Westerby\\n01632 960150"
[mail]
from_address = "sam@alderheating.example.com"
[marketing]
basis = "completed-job"
"""
SOLE_TRADER = """
[business]
name = "Mara Voss"
address = "3 Chandlers Row, Westerby WB2 8QP"
country = "GB"
timezone = "Europe/London"
[mail]
from_address = "mara@voss.example.com"
[marketing]
basis = "completed-job"
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of client, by a firm, on a channel."""

    title: str
    toml: str
    channel: Channel
    client: dict[str, Any]
    jobs: tuple[dict[str, Any], ...]
    case: dict[str, Any] = dataclasses.field(default_factory=dict)


KINDS = (
    Kind(
        title="new client, one job, a personal note",
        toml=FIRM,
        channel=Channel.EMAIL,
        client={"full_name": "Grace Obi", "first_name": "Grace", "last_name": "Obi"},
        jobs=({"service": "Boiler service", "note": "I admired the old boiler: 31 years, and still running."},),
        case={"summary": "we came a day late"},
    ),
    Kind(
        title="old client, formal, two jobs at once, on paper",
        toml=FIRM,
        channel=Channel.LETTER,
        client={
            "full_name": "Edith Farrow", "first_name": "", "last_name": "Farrow", "title": "Mrs",
            "notes": "No telephone.", "emails": (), "street": "1 Almshouse Yard", "city": "Westerby",
            "postal_code": "WB1 1AY",
        },
        jobs=(
            {"service": "Boiler service", "site_address": "1 Almshouse Yard", "assigned_to": "Sam"},
            {"service": "Tap replacement", "completed_on": date(2026, 2, 26)},
            {"service": "Boiler service", "completed_on": date(2025, 2, 20), "earlier": True},
        ),
        case={"summary": "The tap leaked.", "resolution": "new tap fitted", "closed_on": date(2026, 3, 1)},
    ),
    Kind(
        title="firm without a person, unnamed work, for a sole trader without people in the settings",
        toml=SOLE_TRADER,
        channel=Channel.EMAIL,
        client={"full_name": "", "first_name": "", "last_name": "", "company": "Westerby Community Hall"},
        jobs=({"service": "", "note": "nice stage"},),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def renderers() -> Iterator[Callable[[str], Renderer]]:
    """Return one renderer for each firm; a process of its own belongs to each."""
    made: dict[str, Renderer] = {}

    def renderer(toml: str) -> Renderer:
        if toml not in made:
            made[toml] = Renderer([FOLDER], settings=settings.parse(toml, where="followup.toml"), today=TODAY)
        return made[toml]

    yield renderer
    for one in made.values():
        one.__exit__(None, None, None)


def render(renderers: Callable[[str], Renderer], file_name: str, kind: Kind) -> model.Message:
    """Return the message of one template for one kind of client."""
    parts = lookup.FileName.parse(file_name)
    assert parts is not None
    channel = Channel(parts.channel) if parts.channel else kind.channel
    if parts.name == "check-in-call":
        channel = Channel.CALL
    purpose = lookup.split((FOLDER / file_name).read_text(encoding="utf-8"), where=file_name)[0].purpose
    assert purpose is not None
    client = factories.client(id="cgracexxxx", language=parts.language, **kind.client)
    jobs, said = [], []
    for number, fields in enumerate(kind.jobs, start=1):
        earlier = fields.get("earlier", False)
        job = factories.job(
            id=f"jnumber{number}xx",
            client_id=client.id,
            **{name: value for name, value in fields.items() if name != "earlier"},
        )
        jobs.append(job)
        if not earlier:
            said.append(job.id)
    cases = ()
    if kind.case:
        cases = (model.Case(id="kcasexxxxx", client_id=client.id, opened_on=factories.TODAY, **kind.case),)
    occasion = OccasionKind.SERVICE_INTERVAL if parts.name == "service-reminder" else OccasionKind.JOB_COMPLETED
    decision = model.Decision(
        key=f"jnumber1xx.{parts.name}.1",
        step=parts.name,
        cadence="after-job",
        occurrence=2 if parts.name == "feedback-reminder" else 1,
        occasion=model.Occasion(
            kind=occasion,
            fact_id="jnumber1xx",
            on=date(2027, 2, 27),
            client_id=client.id,
            case_id="kcasexxxxx" if cases else "",
        ),
        client_id=client.id,
        state=model.State.DUE,
        due_on=date(2027, 3, 1),
        channel=channel,
        address={Channel.EMAIL: "grace@example.com", Channel.LETTER: ""}.get(channel, "+447700900101"),
        template=parts.name,
        purpose=purpose,
        ask=parts.name.startswith(("feedback", "referral")),
        job_ids=tuple(said),
    )
    return renderers(kind.toml).message(decision, factories.dossier(client, jobs=jobs, cases=cases))


def test_every_promised_template_is_there() -> None:
    """English has all ten, and German, French and Spanish the first ones, each with a text message where it fits."""
    found = {(parts.name, parts.language) for name in FILES if (parts := lookup.FileName.parse(name))}
    wanted = {(name, "en") for name in ENGLISH}
    wanted |= {(name, language) for name in EVERYWHERE for language in LANGUAGES}
    assert found == wanted
    texts = {name for name in FILES if name.endswith(".text.txt")}
    assert texts == {f"{name}.{language}.text.txt" for name, language in wanted if name != "check-in-call"}


@pytest.mark.parametrize("file_name", FILES)
def test_the_words_of_a_template(
    file_name: str, renderers: Callable[[str], Renderer], golden: Callable[[str, str], None]
) -> None:
    """Each template is read whole, by people, for each kind of client, before it is shipped."""
    pages = []
    for kind in KINDS:
        message = render(renderers, file_name, kind)
        head = f"## {kind.title}; {message.channel}\nto: {message.to_name}\nsubject: {message.subject}"
        pages.append(f"{head}\n\n{message.text}\n")
    golden(f"templates/{file_name}", "\n".join(pages))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.title.partition(",")[0])
@pytest.mark.parametrize("file_name", FILES)
def test_the_prose_keeps_to_the_rules_of_the_house(
    file_name: str, kind: Kind, renderers: Callable[[str], Renderer]
) -> None:
    """One voice: no shouting, no gaps, no bait, and who writes stands in it."""
    message = render(renderers, file_name, kind)
    words = f"{message.subject}\n{message.text}"
    assert "!" not in words
    assert not re.search(r"  |\n\n\n| \n| [,;]| \.(?!\.)|(?<!\.)\.\.(?!\.)|,,|\( | \)|None|\bTrue\b|\bFalse\b", words)
    assert not re.search(
        r"\b(free|discount|voucher|offer|prize|win a|gratis|Rabatt|Gutschein|cadeau|descuento)\b", words
    ) or ("free of charge" in words)
    assert ("Alder" if kind.toml == FIRM else "Mara Voss") in words


@pytest.mark.parametrize("file_name", [name for name in FILES if ".text." not in name and "call" not in name])
def test_marketing_says_where_we_are_and_how_to_stop_it(file_name: str, renderers: Callable[[str], Renderer]) -> None:
    """Postal address and a way out, once each; messages about the job have neither."""
    message = render(renderers, file_name, KINDS[0])
    marketing = message.purpose is Purpose.MARKETING
    assert message.text.count("Unit 2, Old Ropeworks") == int(marketing)
    assert len(re.findall(r"(?i)\bstopp?\b", message.text)) == int(marketing)
    assert bool(message.unsubscribe) is marketing


@pytest.mark.parametrize("file_name", [name for name in FILES if ".text." in name])
def test_text_messages_are_short(file_name: str, renderers: Callable[[str], Renderer]) -> None:
    """Three parts of a text message at most, and nothing that needs a second line."""
    for kind in KINDS:
        text = render(renderers, file_name, kind).text
        assert len(text) <= 3 * 153
        assert "\n" not in text


@pytest.mark.parametrize("file_name", [name for name in FILES if ".text." not in name and "call" not in name])
def test_every_mail_fits_into_a_link_for_the_mail_program_or_is_pasted(
    file_name: str, renderers: Callable[[str], Renderer]
) -> None:
    """Most fit; all of them fit into Gmail's."""
    message = render(renderers, file_name, KINDS[0])
    assert drafts.gmail(address=message.to_address, subject=message.subject, text=message.text)[1]


@pytest.mark.parametrize("file_name", [name for name in FILES if ".text." not in name])
def test_what_is_printed_does_not_speak_of_replying(file_name: str, renderers: Callable[[str], Renderer]) -> None:
    """Nobody can reply to a sheet of paper."""
    words = render(renderers, file_name, KINDS[1]).text
    assert not re.search(r"reply to this|in reply|auf diese Nachricht|à ce message|a este mensaje", words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_feedback_is_asked_alike_of_everybody(language: str, renderers: Callable[[str], Renderer]) -> None:
    """The same words and the same link, whatever the last outcome was: choosing whom to ask is forbidden."""
    source = (FOLDER / f"feedback-ask.{language}.txt").read_text(encoding="utf-8")
    assert "outcome" not in source
    assert "jobs_done" not in source
    assert "https://alderheating.example.com/say" in render(renderers, f"feedback-ask.{language}.txt", KINDS[0]).text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("I admired the boiler.", "I admired the boiler."),
        ("admired the old boiler", "Admired the old boiler."),
        ("What a view!", "What a view!"),
        ("Thank you (again)", "Thank you (again)"),
    ],
)
def test_a_personal_note_becomes_a_paragraph(
    note: str, said: str, language: str, renderers: Callable[[str], Renderer]
) -> None:
    """It begins with a capital and ends with a stop, and stands by itself."""
    kind = dataclasses.replace(KINDS[0], jobs=({"service": "Boiler service", "note": note},))
    text = render(renderers, f"thank-you.{language}.txt", kind).text
    assert f"\n\n{said}\n\n" in text


@pytest.mark.parametrize("file_name", ["thank-you.en.txt", "feedback-ask.de.txt", "check-in-mail.fr.txt"])
def test_the_bytes_of_a_message(
    file_name: str, renderers: Callable[[str], Renderer], golden: Callable[[str, str], None]
) -> None:
    """From template to what the mail program opens, headers, text and HTML."""
    message = render(renderers, file_name, KINDS[0])
    touchpoint_id = identity.message_identifier(factories.HOME_KEY, message.key)
    raw = build.to_bytes(
        message,
        message_id=build.message_id(touchpoint_id, sender=message.from_address),
        touchpoint_id=touchpoint_id,
        at=datetime(2027, 2, 8, 9, 15, tzinfo=ZoneInfo("Europe/London")),
        unsent=True,
    )
    assert raw.count(b"\r\n") == raw.count(b"\n")
    golden(f"messages/{file_name.removesuffix('.txt')}.eml", raw.decode("ascii").replace("\r\n", "\n"))


def test_shipped_templates_pass_the_check_that_homes_run() -> None:
    """Every template against every kind of client on each of its channels."""
    with Renderer([FOLDER], settings=settings.parse(FIRM, where="followup.toml"), today=TODAY) as renderer:
        assert renderer.check() == []


def test_a_request_to_recommend_us_asks_for_nobody_elses_address(renderers: Callable[[str], Renderer]) -> None:
    """The client forwards our lines; we never write to a friend."""
    text = render(renderers, "referral-ask.en.txt", KINDS[0]).text
    assert "You need not give us anybody's name or address." in text
    assert "Ask for Sam Alder: +441632960150 or sam@alderheating.example.com." in text
