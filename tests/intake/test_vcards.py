"""Address cards of telephones, iCloud, Google and Outlook become clients; a broken one is a problem of its own."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup import intake
from followup.intake import decode, facts, vcards
from followup.model import Client
from followup.report import vcards as our_cards
from tests import factories

HOME = intake.HomeFacts(country="GB", currency="GBP", today=factories.TODAY, key=factories.HOME_KEY)


def card(*lines: str, version: str = "3.0") -> str:
    """Return a card of these lines."""
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


def read(*cards: str) -> facts.FileResult:
    """Return what a file of cards says."""
    return intake.read("".join(cards).encode(), name="contacts.vcf", source="default", home=HOME)


def one(*lines: str, version: str = "3.0") -> facts.ParsedClient:
    """Return the client of the only card."""
    result = read(card(*lines, version=version))
    assert result.problems == []
    (client,) = result.clients
    return client


def balanced(result: facts.FileResult) -> bool:
    """Return whether every card is in the ledger exactly once."""
    counts = result.counts()
    return counts["rows"] == sum(counts[name] for name in ("imported", "merged", "skipped", "errors", "known"))


# ---------------------------------------------------------------- programs


def test_a_card_of_icloud() -> None:
    """Labels hang on lines by a group, the preferred comes first, a fax is no telephone, the title is not the name."""
    client = one(
        "PRODID:-//Apple Inc.//iOS 17.5//EN",
        "N:Hall;Ada;Maria;Mrs.;",
        "FN:Mrs. Ada Maria Hall",
        "ORG:Hall & Sons;Sales",
        "item1.EMAIL;type=INTERNET:office@example.org",
        "item1.X-ABLabel:_$!<Work>!$_",
        "EMAIL;type=INTERNET;type=HOME;type=pref:ada@example.com",
        "item2.TEL:+44 113 496 0009",
        "item2.X-ABLabel:_$!<WorkFAX>!$_",
        "TEL;type=HOME;type=VOICE:0113 496 0001",
        "TEL;type=CELL;type=VOICE;type=pref:07700 900123",
        r"item3.ADR;type=HOME;type=pref:;;1 High Street\nFlat 2;Leeds;;LS1 1AA;United Kingdom",
        "item3.X-ABADR:gb",
        r"NOTE:Two dogs\, one cat\nrings twice\; waits",
        "BDAY:1970-01-01",
        "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD/",
        " AAAA",
        "UID:0A1B-22:ABPerson",
    )
    assert (client.title, client.first_name, client.last_name) == ("Mrs.", "Ada", "Hall")
    assert (client.full_name, client.company) == ("Ada Maria Hall", "Hall & Sons")
    assert client.emails == ("ada@example.com", "office@example.org")
    assert client.phones == ("+447700900123", "+441134960001")
    assert (client.street, client.city, client.country) == ("1 High Street, Flat 2", "Leeds", "GB")
    assert client.notes == "Two dogs, one cat\nrings twice; waits"
    assert client.client_id == "0A1B-22:ABPerson"
    assert client.extra == {}


def test_a_card_of_google() -> None:
    """Labels are tags without Google's own, a website is nobody's business, and a comma needs no backslash."""
    client = one(
        "FN:Zoë van der Berg",
        "N:Berg;Zoë;van der;;",
        "EMAIL;TYPE=INTERNET:zoe@example.com",
        "TEL;TYPE=CELL:+31 6 12345678",
        "NICKNAME:Zo",
        "NOTE:came by bike, wants a receipt",
        "item1.URL:https://example.com",
        "CATEGORIES:myContacts,vip",
    )
    assert (client.full_name, client.address_as) == ("Zoë van der Berg", "Zo")
    assert (client.first_name, client.last_name) == ("Zoë", "Berg")
    assert client.notes == "came by bike, wants a receipt"
    assert client.tags == ("vip",)


def test_a_card_of_an_old_telephone() -> None:
    """Version 2.1: quoted-printable over several lines, a character set a line, bare parameters, labels in brackets."""
    client = one(
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4D=C3=BC=6C=6C=65=72;=4A=",
        "=C3=B6=72=67;;;",
        "FN;ENCODING=quoted-printable;CHARSET=ISO-8859-1:J=F6rg M=FCller",
        "TEL;X-Custom(CHARSET=UTF-8,Site):+49 30 1234567",
        "TEL;CELL;PREF:+49 151 23456789",
        "LABEL;WORK;ENCODING=QUOTED-PRINTABLE:Box=0D=0A=",
        "NOTE: a line of the label=0D=0A=",
        "End",
        "ADR;HOME:;;Hauptstr. 1, Hof;Köln;;50667;Deutschland",
        r"NOTE;encoding=Quoted-Printable:eins=0D=0Azwei\; C:\neu",
        "EMAIL;INTERNET:joerg@example.com",
        version="2.1",
    )
    assert (client.first_name, client.last_name, client.full_name) == ("Jörg", "Müller", "Jörg Müller")
    assert client.phones == ("+4915123456789", "+49301234567")
    assert (client.street, client.country) == ("Hauptstr. 1, Hof", "DE")
    assert client.notes == "eins\nzwei; C:\\neu"


def test_a_card_of_version_4() -> None:
    """Numbers are addresses of the web, ranks say which is preferred, and an agreed language is one of the fields."""
    client = one(
        "KIND:individual",
        "FN:Zoë Ray",
        "N:Ray;Zoë;;;",
        'TEL;VALUE=uri;PREF=2;TYPE="voice,home":tel:+44-113-496-0001',
        'TEL;VALUE=uri;PREF=1;TYPE="voice,cell":tel:+44-7700-900001',
        "EMAIL;PREF=1:zoe@example.org",
        "LANG;PREF=1:fr",
        'ADR;LABEL="3 Low Lane: York; YO1":;;3 Low Lane;York;;YO1 7EP;GB',
        "UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1",
        version="4.0",
    )
    assert client.phones == ("+447700900001", "+441134960001")
    assert (client.language, client.postal_code) == ("fr", "YO1 7EP")
    assert client.client_id == "4fbe8971-0bc3-424c-9c26-36c3e1eff6b1"


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["ORG:Mill Lane Dairy", "FN:Mill Lane Dairy", "N:;;;;"], ("", "", "Mill Lane Dairy", "Mill Lane Dairy")),
        (["ORG:Mill Lane Dairy"], ("", "", "Mill Lane Dairy", "Mill Lane Dairy")),
        (["FN:Dairy", "X-ABShowAs:COMPANY"], ("", "", "Dairy", "Dairy")),
        (["KIND:org", "FN:Dairy"], ("", "", "Dairy", "Dairy")),
        (["ORG:Dairy", "FN:Dairy", "N:Hall;Ada;;;", "X-ABShowAs:COMPANY"], ("Ada", "Hall", "Ada Hall", "Dairy")),
        (["N:Hall;Ada;;;"], ("Ada", "Hall", "Ada Hall", "")),
        (["FN:Ada Hall"], ("Ada", "Hall", "Ada Hall", "")),
        (["FN:Ada Hall", "N:;Ada Hall;;;"], ("Ada", "Hall", "Ada Hall", "")),
        (["FN:Ada", "N:;Ada;;;"], ("Ada", "", "Ada", "")),
    ],
)
def test_names_of_persons_and_firms(lines: list[str], names: tuple[str, str, str, str]) -> None:
    """A firm has no first name, a firm with a person has one, and a whole name in one part is taken apart."""
    client = one(*lines, "EMAIL:x@example.com")
    assert (client.first_name, client.last_name, client.full_name, client.company) == names


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf\r\n \r\n" + card("FN:Ada Hall", "EMAIL:ada@example.com").encode(),
        card("FN:Ada Hall", "EMAIL:ada@example.com").encode("utf-16"),
        card("FN:Ada Hall", "EMAIL:ada@example.com").replace("\r\n", "\r").encode(),
        card("fn:Ada Hall", "email:ada@example.com").replace("BEGIN:VCARD", " begin : vcard").encode(),
    ],
    ids=["blank lines above", "utf-16", "old Mac", "small letters"],
)
def test_cards_are_known_by_how_they_begin(data: bytes) -> None:
    """Whatever the file is called, however its lines end, and in which letters it is written."""
    result = intake.read(data, name="contacts.txt", source="", home=HOME)
    assert [client.emails for client in result.clients] == [("ada@example.com",)]
    assert result.looks_like == "address cards"


def test_which_encoding_old_cards_have_is_asked_once() -> None:
    """The answer is remembered for cards, as for the columns of a table."""
    data = card("N:Żółć;Łukasz", "EMAIL:l@example.com", "NOTE:façade", version="2.1").encode("cp1250", "replace")
    told = intake.read(data, name="x.vcf", source="", home=HOME, answers={"encoding": "cp1250"})
    assert told.clients[0].full_name == "Łukasz Żółć"
    asked = intake.read(data, name="x.vcf", source="", home=HOME)
    assert [question.key for question in asked.questions] == ["encoding"]
    memory = {told.fingerprint: told.answers}
    again = intake.read(data, name="x.vcf", source="", home=HOME, remembered=lambda kind: memory.get(kind, {}))
    assert again.clients == told.clients


def test_a_list_of_cards_is_no_client() -> None:
    """iCloud keeps its groups as cards: each is left out, and said."""
    result = read(
        card("FN:Customers", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1"),
        card("FN:Ada Hall", "EMAIL:ada@example.com"),
    )
    assert [(each.row, each.code) for each in result.skipped] == [(1, "group")]
    assert [client.rows for client in result.clients] == [[2]]
    assert balanced(result)


def test_the_card_of_somebodys_agent_is_part_of_his() -> None:
    """Version 2.1 puts cards into cards."""
    client = one("FN:Ada Hall", "AGENT:", card("FN:Bo Ray").rstrip(), "EMAIL:ada@example.com", version="2.1")
    assert (client.full_name, client.emails) == ("Ada Hall", ("ada@example.com",))


# ---------------------------------------------------------------- damage


def test_a_broken_card_is_a_problem_of_its_own() -> None:
    """Cards are numbered by their place; the others are read, and what was broken is kept for repair."""
    result = read(
        card("FN:Ada Hall", "EMAIL:ada@example.com"),
        card("FN:Bo Ray", "NOTE:first line", "second line", "EMAIL:bo@example.com"),
        card("FN:Cy Low", "EMAIL:cy at example.com"),
        card("FN;ENCODING=QUOTED-PRINTABLE;CHARSET=x-unknown:D=E4", "EMAIL:d@example.com"),
        card("FN:Di Moor", "EMAIL:di@example.com"),
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:El",
    )
    assert [client.rows for client in result.clients] == [[1], [5]]
    assert [(each.row, each.code) for each in result.problems] == [
        (2, "broken-card"),
        (3, "email"),
        (4, "broken-card"),
        (6, "broken-card"),
    ]
    assert "'second line'" in result.problems[0].why
    assert balanced(result)
    result.keep_bad_rows()
    assert "FN:Bo Ray" in result.records[2][-1]


def test_a_card_that_never_ends_does_not_take_the_next_with_it() -> None:
    """The beginning of the next one ends it."""
    result = read("BEGIN:VCARD\r\nFN:Ada Hall\r\n", card("FN:Bo Ray", "EMAIL:bo@example.com"))
    assert [(each.row, each.code) for each in result.problems] == [(1, "broken-card")]
    assert [client.full_name for client in result.clients] == ["Bo Ray"]


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN:VCARD",
        "BEGIN:VCARD\nNOTE:" + "a" * 2_000_000,
        "BEGIN:VCARD\n" * (vcards.MOST_CARDS + 1),
        card("NOTE;A=" + "," * 5_000),
        card("NOTE:a" + "\r\n a" * 120_000),
    ],
    ids=["begun", "endless", "many", "commas", "folded"],
)
def test_a_file_without_a_whole_card_is_refused(text: str) -> None:
    """Plainly and soon, whatever it is made of."""
    start = time.monotonic()
    result = read(text)
    assert result.refused_code in {"no-card", "too-many-cards"}
    assert time.monotonic() - start < 5


def test_pictures_cost_nothing() -> None:
    """Ten million letters of pictures are read past."""
    picture = "PHOTO;ENCODING=b;TYPE=JPEG:" + "\r\n ".join(["A" * 74] * 13_000)
    start = time.monotonic()
    result = read(*(card(f"FN:Ada Hall {n}", picture, f"EMAIL:{n}@example.com") for n in range(10)))
    assert len(result.clients) == 10
    assert time.monotonic() - start < 5


@given(st.text(alphabet=st.sampled_from('NF:;,=\\\r\n "ABEGINDVCRT.é{}'), max_size=80))
def test_no_card_raises(text: str) -> None:
    """Whatever stands in a card, it is read, a problem, or the reason why the file is refused."""
    try:
        found = vcards.read(["BEGIN:VCARD", *text.split("\n"), "END:VCARD", "BEGIN:VCARD", "FN:Ada", "END:VCARD"])
    except decode.Refused:
        return
    assert len(found.records) >= 2
    assert all(len(record) == len(vcards.HEADER) for record in found.records)


@given(st.text(max_size=200), st.text(max_size=30))
def test_what_our_own_cards_say_is_read_again(notes: str, name: str) -> None:
    """Any text of a note or a name comes back, but for controls and the kind of line end."""
    name = " ".join("".join(letter for letter in name if letter.isprintable()).split())
    notes = "".join(letter for letter in notes if letter.isprintable() or letter == "\n").strip()
    (text,) = our_cards.cards([Client(id="c", full_name=name or "Ada", notes=notes)])
    (record,) = vcards.read(io.StringIO(text, newline="")).records
    said = dict(zip(vcards.HEADER, record, strict=True))
    assert said["notes"] == notes
    assert said["full_name"] == (name or "Ada")
