"""Messages: made from a template and what is known, verified, or stopped with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from followup import model, render, settings, shipped
from followup.errors import ConfigurationError, ExitCode, MessageProblem, TemplateProblem
from followup.render import lookup
from tests import factories
from tests.test_render_context import HOME, SETTINGS, TODAY, decision
from tests.test_render_markup import read

THANKS = """\
subject: Thank you, {{ client.first_name }}
purpose: service
---
{{ greeting }},

thank you for {{ services_text }}.

{{ signature }}
"""
ASK = "subject: How did we do?\npurpose: marketing\n---\n{{ greeting }},\n\nplease tell us.\n\n{{ person.name }}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a thank-you and an ask."""
    (tmp_path / "thank-you.en.txt").write_text(THANKS)
    (tmp_path / "feedback-ask.en.txt").write_text(ASK)
    return tmp_path


@pytest.fixture
def renderer(folder: Path) -> Iterator[render.Renderer]:
    """Return a renderer of that folder."""
    with render.Renderer((folder,), settings=HOME, today=TODAY, limits=render.Limits(seconds=2)) as opened:
        yield opened


def request(client: model.Client | None = None, **fields: Any) -> render.Request:
    """Return a thank-you for one job, or what *fields* make of it."""
    job = factories.job(id="jaaaaaaaaa", **fields.pop("job", {}))
    instruction = fields.pop("instruction", None)
    client = client or factories.client(id="caaaaaaaaa")
    return render.Request(decision(job, **fields), factories.dossier(client, jobs=[job]), instruction)


def made(renderer: render.Renderer, *requests: render.Request) -> model.Message:
    """Return the last message of *requests*; a problem is raised."""
    *_, last = renderer.messages(requests)
    if isinstance(last, MessageProblem):
        raise last
    return last


ASKING: dict[str, Any] = {
    "template": "feedback-ask",
    "step": "feedback-ask",
    "key": "jaaaaaaaaa.feedback-ask.1",
    "purpose": model.Purpose.MARKETING,
    "ask": True,
}


# ---------------------------------------------------------------- what is made


def test_a_message_says_everything_that_mail_needs(renderer: render.Renderer, folder: Path) -> None:
    """Whole, as the next stage takes it."""
    asked = request()
    message = renderer.message(asked.decision, asked.dossier)
    assert message == model.Message(
        key="jaaaaaaaaa.thank-you.1",
        client_id="caaaaaaaaa",
        channel=model.Channel.EMAIL,
        language="en",
        template=str(folder / "thank-you.en.txt"),
        purpose=model.Purpose.SERVICE,
        to_name="Ada Hall",
        to_address="ada@example.com",
        from_name="Sam Miller, Hall Plumbing",
        from_address="office@hall.example",
        reply_to="sam@hall.example",
        subject="Thank you, Ada",
        text="Hello Ada,\n\nthank you for the boiler service.\n\nSam Miller\nHall Plumbing\n+441632960000",
        html=message.html,
        person="sam",
    )
    assert read(message.html).text == message.text


def test_who_did_the_job_signs_and_gets_the_answer(renderer: render.Renderer) -> None:
    """Unless somebody else is named for it."""
    asked = request(job={"assigned_to": "K. Reed"})
    message = made(renderer, asked)
    assert (message.person, message.reply_to, message.from_name) == (
        "kim",
        "kim@hall.example",
        "Kim Reed, Hall Plumbing",
    )
    sam = HOME.people["sam"]
    assert renderer.message(asked.decision, asked.dossier, person=sam, jobs=[]).person == "sam"


def test_many_messages_come_in_order(renderer: render.Renderer) -> None:
    """Problems stand in their places, and stop nobody else."""
    requests = [
        request(factories.client(first_name=f"Ada{number}", full_name="", last_name="" if number % 7 else "Hall"))
        if number % 10
        else request(model.Client(id="cnobody"))
        for number in range(200)
    ]
    found = list(renderer.messages(requests))
    assert len(found) == 200
    for number, each in enumerate(found):
        if number % 10:
            assert isinstance(each, model.Message)
            assert each.text.startswith(f"Hello Ada{number},")
        else:
            assert isinstance(each, MessageProblem)


def test_messages_may_be_left_early_and_asked_in_between(renderer: render.Renderer) -> None:
    """The round shows one message while the next ones are made."""
    clients = [factories.client(first_name=f"Ada{number}") for number in range(150)]
    running = renderer.messages(request(client) for client in clients)
    first = next(running)
    assert isinstance(first, model.Message)
    assert made(renderer, request(factories.client(first_name="Bob"))).subject == "Thank you, Bob"
    rest = [each.subject for each in running if isinstance(each, model.Message)]
    assert rest == [f"Thank you, Ada{number}" for number in range(1, 150)]
    next(renderer.messages(request(client) for client in clients))
    assert made(renderer, request()).subject == "Thank you, Ada"


def test_no_requests_make_nothing(folder: Path) -> None:
    """And no child process."""
    with render.Renderer((folder,), settings=HOME, today=TODAY) as renderer:
        assert list(renderer.messages([])) == []
        assert renderer._keeper._process is None


def test_marketing_gets_address_and_way_out(renderer: render.Renderer) -> None:
    """Below the text where the template has neither; as a header by e-mail."""
    message = made(renderer, request(**ASKING))
    assert message.text.endswith(
        "Sam Miller\n\n--\nHall Plumbing\n1 High Street, Leeds LS1 1AA\n"
        "If you would rather not receive messages like this one, reply “stop” and we will not send any more."
    )
    assert message.unsubscribe == "mailto:office@hall.example?subject=unsubscribe%20jaaaaaaaaa.feedback-ask.1"
    assert message.purpose is model.Purpose.MARKETING


def test_a_footer_of_the_templates_own_is_not_doubled(renderer: render.Renderer, folder: Path) -> None:
    """Each part is added only where it is missing."""
    (folder / "feedback-ask.en.txt").write_text(f"{ASK}\n{{{{ business.address }}}}\n{{{{ opt_out }}}}")
    text = made(renderer, request(**ASKING)).text
    assert text.count("1 High Street") == text.count("rather not") == 1
    assert "--" not in text


def test_texts_carry_the_way_out_in_the_same_breath(renderer: render.Renderer) -> None:
    """A text message has no room for a postal address."""
    message = made(renderer, request(**ASKING, channel=model.Channel.TEXT, address="+441632960001"))
    assert message.text.endswith("Sam Miller Reply STOP to opt out.")
    assert (message.html, message.unsubscribe, message.to_address) == ("", "", "+441632960001")


def test_letters_go_to_the_whole_address(renderer: render.Renderer) -> None:
    """In lines, the firm first; a client without one gets what the planner knew."""
    letter: dict[str, Any] = {"channel": model.Channel.LETTER, "address": "1 Mill Lane, LS1 4AP Leeds"}
    client = factories.client(company="Hall & Sons", street="1 Mill Lane", city="Leeds", postal_code="LS1 4AP")
    assert made(renderer, request(client, **letter)).to_address == "Hall & Sons\nAda Hall\n1 Mill Lane\nLeeds LS1 4AP"
    assert made(renderer, request(**letter)).to_address == "1 Mill Lane, LS1 4AP Leeds"


def test_a_call_script_needs_no_greeting_subject_or_signature(renderer: render.Renderer, folder: Path) -> None:
    """A client with a number and a last name can be called."""
    (folder / "check-in.en.call.txt").write_text("Ask how {{ services_text }} is doing.")
    client = model.Client(id="c", last_name="Hall", phones=("+441632960001",))
    call: dict[str, Any] = {"template": "check-in", "channel": model.Channel.CALL, "address": "+441632960001"}
    message = made(renderer, request(client, **call))
    assert (message.text, message.subject) == ("Ask how the boiler service is doing.", "")


def test_own_html_goes_before_made_html(renderer: render.Renderer, folder: Path) -> None:
    """It is escaped, and marketing gets its footer there too."""
    page = folder / "feedback-ask.en.html"
    page.write_text("<html><body><p>{{ client.name }}</p></body></html>")
    client = factories.client(full_name="Ada <b>Hall</b> & Co")
    html = made(renderer, request(client, **ASKING)).html
    assert "<p>Ada &lt;b&gt;Hall&lt;/b&gt; &amp; Co</p><p>Hall Plumbing<br>" in html
    assert html.endswith("</p>\n</body></html>")


def test_own_html_without_an_end_gets_its_footer_last(folder: Path) -> None:
    """A page that has one keeps its own."""
    page = folder / "feedback-ask.en.html"
    for text, count in (("<p>Hello</p>", 1), ("<p>{{ business.address }}</p><p>{{ opt_out }}</p>", 1)):
        page.write_text(text)
        with render.Renderer((folder,), settings=HOME, today=TODAY) as renderer:
            assert made(renderer, request(**ASKING)).html.count("1 High Street") == count


def test_an_edited_text_replaces_the_templates(renderer: render.Renderer) -> None:
    """Its words are taken as they are, braces are no template, and it is verified like any other."""
    words: dict[str, Any] = {"subject": "Hi Ada", "text": "Hello Ada,\n\nthank you.\n\nSam Miller\n"}
    edit = model.Instruction(
        id="i", client_id="c", kind=model.InstructionKind.TEXT, given_at=factories.NOW, on=TODAY, **words
    )
    message = made(renderer, request(), request(instruction=edit))
    assert (message.subject, message.text, message.edited) == ("Hi Ada", "Hello Ada,\n\nthank you.\n\nSam Miller", True)
    assert "please" not in message.html
    marketing = made(renderer, request(instruction=edit, **ASKING))
    assert "rather not" in marketing.text
    wrong = model.Instruction(
        id="i", client_id="c", kind=model.InstructionKind.TEXT, given_at=factories.NOW, on=TODAY,
        subject="Hi", text="Hello {{ name }}, Sam Miller",
    )  # fmt: skip
    with pytest.raises(MessageProblem, match=r"the text kept for jaaaaaaaaa\.thank-you\.1: Ada Hall: '{{'"):
        made(renderer, request(instruction=wrong))


def test_another_instruction_changes_no_words(renderer: render.Renderer) -> None:
    """Only edited texts do."""
    release = model.Instruction(
        id="i", client_id="c", kind=model.InstructionKind.RELEASE, given_at=factories.NOW, on=TODAY
    )
    assert not made(renderer, request(instruction=release)).edited


def test_blanks_and_gaps_are_tidied(renderer: render.Renderer, folder: Path) -> None:
    """What an {% if %} leaves behind is not seen."""
    (folder / "thank-you.en.txt").write_text("subject:  Hi \n---\n\n{{ greeting }},  \n\n\n\n\nbye\t\nSam Miller\n\n\n")
    message = made(renderer, request())
    assert (message.subject, message.text) == ("Hi", "Hello Ada,\n\nbye\nSam Miller")


def test_the_clients_language_decides(renderer: render.Renderer, folder: Path) -> None:
    """de-AT is German; a language without a template is a problem, never another language."""
    (folder / "thank-you.de.txt").write_text(
        "subject: Danke\n---\n{{ greeting }},\n{{ job.completed_on | day }}\n{{ signature }}"
    )
    message = made(renderer, request(factories.client(language="de-AT")))
    assert message.language == "de"
    assert message.text.startswith("Guten Tag Ada Hall,\nFreitag, 27. Februar")
    with pytest.raises(TemplateProblem, match="not there in 'pl'"):
        made(renderer, request(factories.client(language="pl")))


def test_settings_may_name_the_sender(folder: Path) -> None:
    """from_name and reply_to go before what would be made."""
    text = SETTINGS.replace("[mail]\n", '[mail]\nfrom_name = "The Halls"\nreply_to = "office@hall.example"\n')
    with render.Renderer((folder,), settings=settings.parse(text, where="t"), today=TODAY) as renderer:
        message = made(renderer, request())
    assert (message.from_name, message.reply_to) == ("The Halls", "")


def test_a_home_without_people_writes_as_the_firm(folder: Path) -> None:
    """Once is enough: not "Hall Plumbing, Hall Plumbing"."""
    text = (
        '[business]\nname = "Hall Plumbing"\ncountry = "GB"\nlanguage = "en"\n[mail]\nfrom_address = "o@hall.example"\n'
    )
    with render.Renderer((folder,), settings=settings.parse(text, where="t"), today=TODAY) as renderer:
        message = made(renderer, request())
        assert (message.from_name, message.person) == ("Hall Plumbing", "")
        with pytest.raises(MessageProblem, match="needs our postal address"):
            made(renderer, request(**ASKING))
    with (
        render.Renderer(
            (folder,), settings=settings.parse(text.partition("[mail]")[0], where="t"), today=TODAY
        ) as renderer,
        pytest.raises(MessageProblem, match="no address to write from"),
    ):
        made(renderer, request())


# ---------------------------------------------------------------- what is stopped


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("subject: x\n---\n\n", "the text is empty"),
        ("subject: x\n---\nDear {{ job.by }},\nSam Miller", "greets nobody"),
        ("subject: x\n---\nDear ,\nSam Miller", "greets nobody"),
        ("subject: x\n---\nHello,\nSam Miller", "greets nobody"),
        ("subject: x\n---\nHello\n\n{{ '{{' }} name }}\nSam Miller", "'{{' is left over in line 3 of the text"),
        ("subject: x\n---\nHello {{ '%}' }} Sam Miller", "'%}' is left over"),
        ("subject: {{ job.by }}\n---\n{{ signature }}", "the subject is empty"),
        ("---\n{{ signature }}", "the subject is empty"),
        ("subject: {{ business.name }}{{ '\\n' }}x\n---\n{{ signature }}", "more than one line"),
        ("subject: {{ '{%' }}\n---\n{{ signature }}", "'{%' is left over in the subject"),
        ("subject: {{ 'x' * 201 }}\n---\n{{ signature }}", "the subject has 201 characters"),
        ("subject: =?utf-8?q?x?=\n---\n{{ signature }}", "the subject holds '=?'"),
        ("subject: a\u202eb\n---\n{{ signature }}", "(U+202E)"),
        ("subject: x\n---\nHello\x1b[2J\n{{ signature }}", "(U+001B)"),
        ("subject: x\n---\nHello Ada, bye", "does not say who writes"),
    ],
)
def test_what_must_not_go_out(renderer: render.Renderer, folder: Path, text: str, said: str) -> None:
    """Each stops its message, with the template, the client and a reason."""
    (folder / "thank-you.en.txt").write_text(text)
    with pytest.raises(MessageProblem) as raised:
        made(renderer, request())
    assert said in str(raised.value)
    assert "thank-you.en.txt: Ada Hall: " in str(raised.value)
    assert raised.value.exit_code is ExitCode.NEEDS_A_PERSON


@pytest.mark.parametrize(
    ("client", "fields", "said"),
    [
        ({"full_name": "Hall", "first_name": "", "last_name": "Hall"}, {}, "nobody to greet"),
        ({"full_name": "", "first_name": "", "last_name": "Hall"}, {}, "nobody to greet"),
        ({"full_name": "=?utf-8?q?=0ABcc=3A_spy?="}, {}, "the client's name holds '=?'"),
        ({"full_name": "Ada\u202eHall"}, {}, "the client's name holds a character"),
        ({}, {"address": "ada@example.com\nBcc: spy@x.example"}, "the address holds a character"),
        ({}, {"address": ""}, "has no e-mail address"),
        ({}, {"channel": None}, "no way to reach them"),
    ],
)
def test_who_cannot_be_written_to(
    renderer: render.Renderer, client: dict[str, Any], fields: dict[str, Any], said: str
) -> None:
    """What is known of the client is not enough, or would do harm."""
    with pytest.raises(MessageProblem) as raised:
        made(renderer, request(factories.client(**client), **fields))
    assert said in str(raised.value)


def test_template_problems_are_for_the_settings(renderer: render.Renderer, folder: Path) -> None:
    """An unknown name, a missing template, a wrong head: 78, with file and line."""
    (folder / "thank-you.en.txt").write_text("subject: x\n---\n{{ clinet.name }}")
    with pytest.raises(TemplateProblem, match=r"thank-you\.en\.txt:3: 'clinet' is not a name.* 'client'") as raised:
        made(renderer, request())
    assert raised.value.exit_code is ExitCode.CONFIGURATION
    assert isinstance(raised.value, ConfigurationError)
    with pytest.raises(TemplateProblem, match="'nowhere' is in none of"):
        made(renderer, request(template="nowhere"))
    asked = request(template="nowhere")
    with pytest.raises(TemplateProblem, match="'nowhere'"):
        renderer.message(asked.decision, asked.dossier)
    (folder / "bad.en.txt").write_text("subject: x\n")
    for _ in range(2):  # found once, said every time
        with pytest.raises(TemplateProblem, match="not closed"):
            made(renderer, request(template="bad"))


def test_a_marketing_text_in_a_service_step_is_refused(renderer: render.Renderer) -> None:
    """Or an advertisement would go out without a basis."""
    with pytest.raises(TemplateProblem, match='Write purpose = "marketing" for thank-you'):
        made(renderer, request(template="feedback-ask"))


NASTY = st.text(max_size=40) | st.sampled_from(
    ["a\r\nBcc: x@y.example", "<script>", "{{ x }}", "=?utf-8?q?=0A?=", "\u202e", "a\x00b", "\ud800", "Ada\u2028Hall"]
)


@given(first=NASTY, last=NASTY, full=NASTY, company=NASTY, service=NASTY, note=NASTY)
@example(first="", last="", full="{% raw %}", company="", service="", note="{{ 7 * 7 }}")
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_data_forges_a_header_or_markup(
    renderer: render.Renderer, first: str, last: str, full: str, company: str, service: str, note: str
) -> None:
    """Whatever a file holds: one line a header, no element of theirs in the HTML; or the message is stopped."""
    client = factories.client(first_name=first, last_name=last, full_name=full, company=company, note=note)
    (found,) = renderer.messages([request(client, job={"service": service})])
    if isinstance(found, MessageProblem):
        return
    for header in (found.subject, found.to_name, found.from_name, found.to_address, found.reply_to):
        assert len(header.splitlines()) <= 1
        assert "=?" not in header
        assert not set(header) & set("\r\n\x00\u202e")
    found.text.encode()
    assert "{{" not in found.text
    page = read(found.html)
    assert page.elements <= {"html", "head", "meta", "body", "p", "br", "a"}


# ---------------------------------------------------------------- template check


def test_the_shipped_templates_are_right() -> None:
    """For every kind of client, on every channel of their steps."""
    with render.Renderer((shipped.path("templates"),), settings=HOME, today=TODAY) as renderer:
        assert renderer.check() == []


def test_check_finds_what_is_wrong_and_says_it_once(renderer: render.Renderer, folder: Path) -> None:
    """Faults of the text, of the head, of what some clients lack."""
    assert renderer.check() == []
    (folder / "broken.en.txt").write_text("subject: x\n---\n{% if %}")
    (folder / "head.en.txt").write_text("subject: x\n")
    (folder / "picky.en.txt").write_text("subject: x\n---\n{{ job.amount | money }} {{ signature }}")
    (folder / "vague.en.text.txt").write_text("{{ job.by }} , {{ signature }}")
    with render.Renderer((folder,), settings=HOME, today=TODAY) as again:
        problems = again.check()
    assert [Path(problem.split(":")[0]).name for problem in problems] == [
        "broken.en.txt", "head.en.txt", "picky.en.txt", "vague.en.text.txt",
    ]  # fmt: skip
    assert "the amount is not known" in problems[2]
    assert "Met with: " in problems[3]


def test_check_tries_a_reminder_and_each_channel(folder: Path) -> None:
    """A template is tried as its steps would use it."""
    (folder / "feedback-reminder.en.txt").write_text(ASK.replace("please", "{{ nosuch if is_reminder else '' }}"))
    (folder / "thank-you.en.text.txt").write_text("{{ greeting }}, {{ wrong }}")
    with render.Renderer((folder,), settings=HOME, today=TODAY) as renderer:
        problems = renderer.check()
    assert any("'nosuch'" in problem for problem in problems)
    assert any("thank-you.en.text.txt:1: 'wrong'" in problem for problem in problems)


def test_values_are_reachable_from_the_package() -> None:
    """What the rest of the program uses has one door."""
    asked = request()
    found = render.values(asked.decision, asked.dossier, HOME, None, asked.dossier.jobs, today=TODAY)
    assert found["greeting"] == "Hello Ada"
    assert render.NAMES
    assert render.FILTERS
    assert render.catalogue(()) == {}
    assert render.source is lookup.find
    with pytest.raises(AttributeError, match="no attribute 'sources_of_joy'"):
        _ = render.sources_of_joy
