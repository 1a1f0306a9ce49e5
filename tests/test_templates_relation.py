"""The shipped prose beyond jobs: every step of every record, read whole, and held to what we promise."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from followup import model, settings
from followup.model import TO_CLIENT, Channel, Purpose
from followup.render import Renderer, lookup, samples
from tests.test_templates import ENGLISH, FIRM, FOLDER, SOLE_TRADER, TODAY

MORE = """
[people.kim]
name = "Kim Reed"
email = "kim@alderheating.example.com"
phone = "+441632960151"
[referrals]
reward = "20 pounds off your next bill"
[remedies.come-back]
text = "we come back and put it right, free of charge"
cost = 40
"""
OUTSIDE = MORE.replace('name = "Kim Reed"', 'name = "Castle Boilers Ltd"\noutside = true')
FIRMS = {"firm": FIRM + MORE, "supplier": FIRM + OUTSIDE, "sole trader": SOLE_TRADER}
STEPS = [step for step in settings.parse(FIRM, where="followup.toml").steps if step.template not in ENGLISH]
CODE = "ADA-7KM"


class Use(NamedTuple):
    """A template on a channel, as a step uses it."""

    step: model.Step
    channel: Channel
    occurrence: int

    @property
    def template(self) -> str:
        return self.step.template if self.occurrence == 1 else self.step.reminder_template

    def __str__(self) -> str:
        return f"{self.template}.{self.channel.value}"


USES = [
    Use(step, channel, occurrence)
    for step in STEPS
    for occurrence in ((1, 2) if step.reminder else (1,))
    for channel in step.channels
]
TO_CLIENTS = [use for use in USES if use.step.to == TO_CLIENT]
TO_US = [use for use in USES if use.step.to != TO_CLIENT]
CALLS = [use for use in USES if use.channel is Channel.CALL]


@pytest.fixture(scope="module")
def renderers() -> Iterator[Callable[[str], Renderer]]:
    """Return one renderer for each firm; a process of its own belongs to each."""
    made: dict[str, Renderer] = {}

    def renderer(firm: str) -> Renderer:
        if firm not in made:
            said = settings.parse(FIRMS[firm], where="followup.toml")
            made[firm] = Renderer([FOLDER], settings=said, today=TODAY, code_of=lambda _: CODE)
        return made[firm]

    yield renderer
    for one in made.values():
        one.__exit__(None, None, None)


def render(
    renderers: Callable[[str], Renderer], use: Use, *, firm: str = "firm", kinds: tuple[str, ...] = ()
) -> Iterator[tuple[str, model.Message]]:
    """Yield the message of one use for every kind of client, or those that are called like *kinds*."""
    people = tuple(settings.parse(FIRMS[firm], where="followup.toml").people)
    for sample in samples.dossiers("en", today=TODAY, people=people):
        if sample.is_nobody or (kinds and not sample.kind.startswith(kinds)):
            continue
        decision = samples.decision(
            sample,
            step=use.step,
            template=use.template,
            purpose=use.step.purpose,
            channel=use.channel,
            occurrence=use.occurrence,
            people=people,
        )
        yield sample.kind, renderers(firm).message(decision, sample.dossier)


def firms_of(use: Use) -> list[str]:
    """Return the firms that can have such a touchpoint: nobody hands a client to nobody."""
    handed = use.step.occasion is model.OccasionKind.HANDED_OVER
    return ["firm", "supplier"] if handed else ["firm", "sole trader"]


@pytest.mark.parametrize("use", USES, ids=str)
def test_the_words_of_a_step(
    use: Use, renderers: Callable[[str], Renderer], golden: Callable[[str, str], None]
) -> None:
    """Each is read whole, by people, before it is shipped: with all that can be known, and with the least."""
    pages = []
    for firm in firms_of(use):
        kinds = ("a client of whom everything", "a first name") if firm == "firm" else ("a firm without",)
        for kind, message in render(renderers, use, firm=firm, kinds=kinds):
            head = f"## {kind}; {firm}; {message.channel}\nto: {message.to_name}\nsubject: {message.subject}"
            pages.append(f"{head}\n\n{message.text}\n")
    golden(f"templates/{use}.txt", "\n".join(pages))


@pytest.mark.parametrize("use", USES, ids=str)
def test_the_prose_keeps_to_the_rules_of_the_house(use: Use, renderers: Callable[[str], Renderer]) -> None:
    """One voice for every kind of client: no shouting, no gaps, nothing left open, no line too long for mail."""
    for firm in firms_of(use):
        for kind, message in render(renderers, use, firm=firm):
            words = f"{message.subject}\n{message.text}"
            at = f"{use}, {kind}, {firm}"
            assert "!" not in words, at
            gaps = r"  |\n\n\n| \n| [,;]| \.(?!\.)|(?<!\.)\.\.(?!\.)|,,|::|: \.|\( | \)|None|\bTrue\b|\bFalse\b|[{}]"
            assert not re.search(gaps, words), at
            assert not re.search(r":$", message.text.splitlines()[-1]), at
            assert not re.search(r"\b(discount|prize|win a|unfortunately|inconvenience|valued)\b", words), at
            assert not re.search(r"\bDear ,|\bHello ,|\bthe the\b|\ba a\b", words), at
            assert all(len(line.encode()) <= 998 for line in words.splitlines()), at


@pytest.mark.parametrize("use", TO_CLIENTS, ids=str)
def test_what_a_client_reads_says_who_writes_and_asks_no_favour(use: Use, renderers: Callable[[str], Renderer]) -> None:
    """Service, all of it: nothing is sold, nobody is asked to recommend or to rate, and no command stands in it."""
    for firm in firms_of(use):
        for kind, message in render(renderers, use, firm=firm):
            at = f"{use}, {kind}, {firm}"
            assert message.purpose is Purpose.SERVICE, at
            assert ("Alder" if firm != "sole trader" else "Mara Voss") in message.text, at
            assert message.to_person == "", at
            if use.channel is not Channel.CALL:
                assert "followup" not in message.text, at
                assert not re.search(r"review|recommend|rate us|sampl", message.text), at
                assert re.match(r"(Hello|Dear) \S", message.text), at


@pytest.mark.parametrize("use", [use for use in TO_CLIENTS if use.channel is Channel.TEXT], ids=str)
def test_text_messages_are_short(use: Use, renderers: Callable[[str], Renderer]) -> None:
    """Three parts of a text message at most, and nothing that needs a second line."""
    for kind, message in render(renderers, use):
        assert len(message.text) <= 3 * 153, kind
        assert "\n" not in message.text, kind


@pytest.mark.parametrize("use", [use for use in TO_CLIENTS if use.channel in (Channel.LETTER, Channel.CARD)], ids=str)
def test_letters_look_like_letters(use: Use, renderers: Callable[[str], Renderer]) -> None:
    """A greeting, paragraphs, a close and a name; nobody can reply to a sheet of paper."""
    for kind, message in render(renderers, use):
        paragraphs = message.text.split("\n\n")
        assert re.fullmatch(r"(Hello|Dear) .+,", paragraphs[0]), kind
        assert paragraphs[-2:] == ["Kind regards,", "Sam Alder\nAlder Plumbing & Heating, Westerby\n01632 960150"], kind
        assert not re.search(r"reply to this|in reply|\breply\b", message.text), kind


@pytest.mark.parametrize("use", TO_US, ids=str)
def test_a_word_to_one_of_us_says_what_now(use: Use, renderers: Callable[[str], Renderer]) -> None:
    """By first name and from the firm where it is mailed; on the desk without either. What to type stands in it."""
    for _, message in render(renderers, use):
        to = "Kim" if use.step.to == "receiver" else "Sam"
        assert message.to_name.startswith(to)
        assert message.to_person == to.lower()
        if use.channel is Channel.EMAIL:
            assert message.text.startswith(f"Hello {to},\n\n")
            assert message.text.endswith("\n\nAlder Plumbing & Heating")
        else:
            assert "Hello Sam" not in message.text
            assert re.search(r"^WHAT NOW$", message.text, re.MULTILINE)
            assert re.search(r"followup (promise|case|enquiry|referral|done) ", message.text)


@pytest.mark.parametrize("use", [use for use in TO_US if use.step.to == "receiver"], ids=str)
def test_a_supplier_gets_no_commands_and_no_confidences(use: Use, renderers: Callable[[str], Renderer]) -> None:
    """They have no desk of ours; what a client said in confidence, gifts and praise stay with us."""
    for _, message in render(renderers, use, firm="supplier"):
        assert message.to_name == "Castle Boilers Ltd"
        assert "followup" not in message.text
        assert "Tell Sam Alder when you have: +441632960150." in message.text
        assert not re.search(r"given:|praise|nobody rang back|Has a dog", message.text)
        if use.channel is Channel.EMAIL:
            assert message.text.startswith(
                "Hello Castle Boilers Ltd,\n\nSam Alder of Alder Plumbing & Heating asks you"
            )


@pytest.mark.parametrize("use", CALLS, ids=str)
def test_a_call_sheet_says_what_to_say_to_listen_for_and_to_write_down(
    use: Use, renderers: Callable[[str], Renderer]
) -> None:
    """In this order, in whole sentences, and with what to say to a machine."""
    for kind, message in render(renderers, use):
        heads = re.findall(r"^[A-Z]{2}[A-Z ,]+$", message.text, re.MULTILINE)
        wanted = [
            *("WHAT IT IS ABOUT", "HOW TO BEGIN", "WHAT TO ASK", "WHAT TO LISTEN FOR"),
            *("WHAT TO WRITE DOWN", "IF NOBODY ANSWERS"),
        ]
        assert [head for head in heads if head in wanted] == wanted, kind
        spoken = re.findall(r'^"(.+)"$', message.text, re.MULTILINE)
        assert len(spoken) == 2, kind
        assert all(said.startswith("Hello, this is Sam Alder from Alder Plumbing & Heating. ") for said in spoken), kind
        for part in message.text.splitlines():
            assert all(len(line) <= 80 for line in textwrap.wrap(part, 80)), kind


def test_every_shipped_template_is_used_by_a_step() -> None:
    """And every step has its words in English, on each of its channels."""
    known = lookup.catalogue([FOLDER])
    assert {use.template for use in USES} | ENGLISH == set(known)
    assert all("en" in languages for languages in known.values())


def text_of(renderers: Callable[[str], Renderer], name: str, *, kind: str = "a client of whom everything") -> str:
    """Return the words of a template on the first of its channels."""
    use = next(use for use in USES if use.template == name)
    ((_, message),) = render(renderers, use, kinds=(kind,))
    return f"{message.subject}\n{message.text}"


def test_a_promise_that_is_moved_names_both_days_and_the_reason(renderers: Callable[[str], Renderer]) -> None:
    """The old day, the new day, why; and what to do when it does not suit."""
    said = text_of(renderers, "promise-moved")
    assert "We promised you this for Monday 8 February: fit the new pump." in said
    assert "The reason: the maker delivers it a week late." in said
    assert "The new day is Tuesday 16 February." in said
    assert "If the new day does not suit you" in said


def test_a_word_on_how_far_it_is_names_the_day_of_the_next_one(renderers: Callable[[str], Renderer]) -> None:
    """What we know, even if it is little, and when they hear next."""
    assert "This is what we know today: it is on its way." in text_of(renderers, "progress-update")
    little = text_of(renderers, "progress-update", kind="a first name")
    assert "What we know today is little" in little
    assert "You hear from us again by Thursday 11 February" in little


def test_a_return_visit_says_that_we_got_it_wrong(renderers: Callable[[str], Renderer]) -> None:
    """In so many words, with the day on which we were done, and with the call that comes after."""
    said = text_of(renderers, "return-visit")
    assert "On Friday 5 February we did the boiler service for you, and it was not right: the trouble is back." in said
    assert "We got it wrong" in said
    assert "We are sorry." in said
    assert "we call you a few days later" in said


def test_a_remedy_is_a_choice_where_there_is_one(renderers: Callable[[str], Renderer]) -> None:
    """Letters to answer with; one remedy alone is put plainly; and what suits neither of us can be said."""
    choice = text_of(renderers, "remedy-offer")
    assert "A. We come back and put it right.\nB. 20 pounds off the bill." in choice
    assert "reply with the letter, A or B" in choice
    alone = text_of(renderers, "remedy-offer", kind="a first name")
    assert "This is what we would like to do: we put it right." in alone
    assert "A." not in alone


def test_a_no_comes_with_its_reason(renderers: Callable[[str], Renderer]) -> None:
    """Where it was ours; where they went elsewhere there is nothing to explain."""
    declined = text_of(renderers, "enquiry-not-now")
    assert "our answer is no. You should have the reason too: we do not lay pipes under a listed floor." in declined
    assert "reason" not in text_of(renderers, "enquiry-not-now", kind="a first name")


def test_a_client_who_is_handed_over_knows_who_how_and_by_when(renderers: Callable[[str], Renderer]) -> None:
    """And whom to tell if nothing comes of it."""
    said = text_of(renderers, "handover-told")
    assert "Kim Reed has it now, and you hear by Wednesday 10 February" in said
    assert "+441632960151 or kim@alderheating.example.com" in said
    assert "If you have heard nothing by Wednesday 10 February, tell me." in said


def test_the_code_stands_in_what_is_passed_on(renderers: Callable[[str], Renderer]) -> None:
    """In the lines that the client forwards, and in the thanks; we never ask for the friend's address."""
    assert f"Should your code be of use to you again, it is {CODE}." in text_of(renderers, "referral-thanks")
    (step,) = (step for step in settings.parse(FIRM, where="followup.toml").steps if step.name == "referral-ask")
    use = Use(step, Channel.EMAIL, 1)
    ((_, message),) = render(renderers, use, kinds=("a client of whom everything",))
    assert f'If you mention {CODE}, they know that it was me who sent you."' in message.text
    assert "You need not give us anybody's name or address." in message.text
