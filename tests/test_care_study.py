"""Case studies are without people: names, addresses, e-mails and numbers are taken out, in any script."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from followup.care import study
from followup.model import Person
from tests import factories
from tests.conftest import Ran

Run = Callable[..., Ran]

SAM = Person(id="sam", name="Sam Alder", email="sam@alder.example.com", also=("S. Alder",))


def clean(text: str, **client: Any) -> str:
    """Return *text* as a study has it, where the client is Ada Hall or whoever is told."""
    if "full_name" in client:
        client = {"first_name": "", "last_name": "", "emails": (), **client}
    return study.Scrubber(factories.client(**client), staff=[SAM]).clean(text)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Ada Hall", "HALL rang, Ada's tap; the Halls", "[client] rang, [client] tap; the [client]"),
        ("Jürgen Müller", "Herr Mueller und MÜLLERs Frau, Muller", "Herr [client] und [client] Frau, [client]"),
        ("Siobhán O'Brien", "Siobhan O’Brien, obrien", "[client]"),
        ("Łukasz Øster", "lukasz oster", "[client]"),
        ("Анна Иванова", "Позвонила Ивановой, Анна довольна", "Позвонила [client] довольна"),
        ("Αλέξανδρος Παπαδόπουλος", "ο ΠΑΠΑΔΟΠΟΥΛΟΣ είπε", "ο [client] είπε"),
        ("王小明", "王小明先生来电，小明说漏水", "[client]先生来电，[client]说漏水"),
        ("山田 太郎", "山田さんと太郎", "[client]さんと[client]"),
        ("김민수", "김민수 씨, 민수는", "[client] 씨, [client]는"),
        ("محمد العلي", "اتصل محمد وقال لمحمد", "اتصل [client] وقال [client]"),
        ("אברהם כהן", "דיברתי עם אברהם", "דיברתי עם [client]"),
        ("สมชาย ใจดี", "คุณสมชายโทรมา", "คุณ[client]โทรมา"),
        ("प्रिया शर्मा", "प्रिया शर्मा जी", "[client] जी"),
        ("Nguyễn Văn An", "gặp NGUYEN hôm qua", "gặp [client] hôm qua"),
        ("Bo Li", "Li said it is like before", "[client] said it is like before"),
        ("Ludwig van den Berg", "the Bergs and the van", "the [client] and the van"),
    ],
)
def test_names_are_taken_out_in_every_script(name: str, text: str, expected: str) -> None:
    """However they are cased, marked, spelled without an umlaut, or bent by the sentence."""
    assert clean(text, full_name=name) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to ada.hall+x@example.com today", "write to [e-mail] today"),
        ("see https://example.com/a?b=1 there", "see [link] there"),
        ("rang from 01632 960101 twice", "rang from [number] twice"),
        ("call (0113) 496-0102", "call [number]"),
        ("电话１３８００１３８０００", "电话[number]"),
        ("الرقم ٠١٢٣٤٥٦", "الرقم [number]"),
        ("invoice INV-20441 is open", "invoice [number] is open"),
        ("at LS1 4AB", "at [number]"),
        ("on 12/03/2026 at noon", "on [number] at noon"),
        ("within 3 days, 2 taps", "within 3 days, 2 taps"),  # what tells nobody stays
        ("at 14 Oak Tree Lane, upstairs", "at [street], upstairs"),
        ("in der Bahnhofstraße 12b", "in der [street]"),
        ("au 5 rue de la Paix", "au [street]"),
        ("en la calle Mayor, 12", "en la [street]"),
        ("улица Ленина 5", "[street]"),
    ],
)
def test_addresses_and_numbers_are_taken_out_wherever_they_come_from(text: str, expected: str) -> None:
    """Also those that nobody wrote into a field: a neighbour's street, somebody else's phone."""
    assert clean(text) == expected


def test_what_is_known_of_the_client_is_taken_out_by_its_name() -> None:
    """A street or a town that looks like none, a company without its legal form."""
    told = {"street": "7 Underhill", "city": "Köln", "company": "Ashworth & Sons Ltd", "postal_code": "50667"}
    said = clean("Underhill in Koeln, 50667: Ashworth rang", **told)
    assert said == "[street] in [town], [number]: [company] rang"


def test_household_and_staff_are_told_apart() -> None:
    """So that the story can still be followed, and each colleague is the same one throughout."""
    scrubber = study.Scrubber(
        factories.client(),
        household=[factories.client(full_name="Bert Hill", first_name="Bert", last_name="Hill")],
        staff=[SAM, Person(id="jo", name="Jo Reed")],
        others=["Carla Voss"],
    )
    said = scrubber.clean("Sam told Bert, Jo asked Ada; sam was late. Voss had sent them")
    assert said == (
        "[colleague 1] told [household], [colleague 2] asked [client]; [colleague 1] was late. [somebody] had sent them"
    )
    assert dict(scrubber.told()) == {
        "[colleague 1]": 2, "[colleague 2]": 1, "[household]": 1, "[client]": 1, "[somebody]": 1,
    }  # fmt: skip


def test_lesson_study_writes_the_story_without_anybody_in_it(made: Run) -> None:
    """From lesson, case and contacts, day by day; what was taken out is said on the side."""
    made("case", "open", "hall", "--summary", "Ada Hall says the tap drips, ring 01632 960101", "--cause", "hurry")
    made("log", "hall", "--note", "Ada was kind, Sam Hall goes back", now="2026-03-03")
    case = json.loads(made("case", "list", "--format", "json").stdout)[0]["case_id"]
    made("case", "resolve", "hall", "--resolution", "new washer for Mrs Hall", now="2026-03-05")
    made(
        *("lesson", "add", "hall", "we left 12 Mill Lane without testing", "--case", case),
        *("--better", "run every tap before leaving"),
        now="2026-03-05",
    )
    ran = made("lesson", "study", "hall", now="2026-03-06")
    for name in ("Ada", "Hall", "Mill Lane", "960101", "Sam", "2026"):
        assert name not in ran.stdout
    assert ran.stdout.startswith("# Case study: hurry\n")
    for line in (
        "[client] says the tap drips, ring [number]",
        "- After 3 days: resolved. new washer for Mrs [client]",
        "run every tap before leaving",
        "Not in place yet.",
    ):
        assert line in ran.stdout.splitlines()
    assert "Taken out: [client]" in ran.stderr
    assert "CASE STUDY: HURRY" in made("lesson", "study", "hall", "--text", now="2026-03-06").stdout
    (row,) = json.loads(made("lesson", "study", "hall", "--format", "json", now="2026-03-06").stdout)
    assert row["study"] == ran.stdout.rstrip("\n")
    assert row["taken_out"][0].startswith("[client]")
