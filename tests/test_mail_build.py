"""What leaves the house: exact bytes, one recipient, no header that was not meant."""

from __future__ import annotations

import dataclasses
import email
import email.header
import email.policy
import email.utils
import subprocess
import sys
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from followup import identity, model
from followup.errors import BadInput
from followup.mail import build
from tests import factories

TOUCHPOINT = identity.message_identifier(factories.HOME_KEY, "jaaaaaaaaa.thank-you.1")
AT = datetime(2026, 3, 2, 9, 15, tzinfo=ZoneInfo("Europe/London"))


def a_message(**fields: Any) -> model.Message:
    """Return a thank-you from Sam to Ada."""
    defaults: dict[str, Any] = {
        "key": "jaaaaaaaaa.thank-you.1",
        "client_id": "caaaaaaaaa",
        "channel": model.Channel.EMAIL,
        "language": "en",
        "template": "thank-you.en.txt",
        "purpose": model.Purpose.SERVICE,
        "to_name": "Ada Hall",
        "to_address": "ada@example.com",
        "from_name": "Sam Reed",
        "from_address": "sam@shop.example",
        "reply_to": "",
        "subject": "Thank you",
        "text": "Hello Ada,\n\nthank you.\n",
        "html": "<p>Hello Ada,</p>\n<p>thank you.</p>\n",
    }
    return model.Message(**{**defaults, **fields})


def to_bytes(message: model.Message, **options: Any) -> bytes:
    """Return the bytes of a draft."""
    defaults: dict[str, Any] = {
        "message_id": build.message_id(TOUCHPOINT, sender=message.from_address),
        "touchpoint_id": TOUCHPOINT,
        "at": AT,
        "unsent": True,
    }
    return build.to_bytes(message, **{**defaults, **options})


def read(raw: bytes) -> Any:
    """Read bytes as a mail program of today would."""
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_the_bytes_of_a_draft_are_known_to_the_letter() -> None:
    """A draft is text and HTML in quoted-printable, with the headers in a fixed order."""
    expected = f"""\
From: Sam Reed <sam@shop.example>
To: Ada Hall <ada@example.com>
Subject: Thank you
Date: Mon, 02 Mar 2026 09:15:00 +0000
Message-ID: <fu.{TOUCHPOINT}@shop.example>
X-Touchpoint: {TOUCHPOINT}
X-Unsent: 1
MIME-Version: 1.0
Content-Type: multipart/alternative;
 boundary="=_followup"

--=_followup
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Hello Ada,

thank you.

--=_followup
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p>Hello Ada,</p>
<p>thank you.</p>

--=_followup--
"""
    assert to_bytes(a_message()) == expected.replace("\n", "\r\n").encode()


def test_the_same_message_has_the_same_bytes_in_another_process() -> None:
    """Nothing in the bytes is random, so that a test, a preview and a draft agree."""
    code = "import tests.test_mail_build as t, sys; sys.stdout.buffer.write(t.to_bytes(t.a_message()))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert other == to_bytes(a_message())


def test_a_message_without_html_is_one_plain_part() -> None:
    """Where a template makes no HTML, nothing is wrapped."""
    read_back = read(to_bytes(a_message(html="")))
    assert read_back.get_content_type() == "text/plain"
    assert read_back.get_payload(decode=True) == b"Hello Ada,\r\n\r\nthank you.\r\n"


@pytest.mark.parametrize("html", ["", "<p>Hello</p>"])
@pytest.mark.parametrize("name", ["bleed.pdf", "So entlüften Sie.txt", 'a "b".md', "指南.docx"])
def test_a_file_goes_along_as_it_is(name: str, html: str) -> None:
    """Whatever it is called and whatever is in it, beside the words."""
    content = bytes(range(256)) * 40 + b"\r\n--=_guides\r\n"
    message = read(to_bytes(a_message(html=html, attachments=(model.Attachment(name, content),))))
    attached = list(message.iter_attachments())
    assert [each.get_filename() for each in attached] == [name]
    assert attached[0].get_payload(decode=True) == content
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == a_message().text
    assert (message.get_body(("html",)) is None) is (not html)


def test_files_that_no_server_takes_are_refused() -> None:
    """Before anything is made: what is too big comes back days later, from somebody else's server."""
    big = model.Attachment("plan.pdf", bytes(7_100_000))
    with pytest.raises(BadInput, match=r"come to 7\.1 MB"):
        to_bytes(a_message(attachments=(big,)))


def test_what_goes_to_a_server_is_not_marked_as_unsent() -> None:
    """X-Unsent is for files that a mail program opens."""
    assert "X-Unsent" not in read(to_bytes(a_message(), unsent=False))


def test_mail_that_nobody_looked_at_says_so() -> None:
    """RFC 3834 keeps holiday notices from answering a machine."""
    assert read(to_bytes(a_message(), automatic=True))["Auto-Submitted"] == "auto-generated"
    assert "Auto-Submitted" not in read(to_bytes(a_message()))


def test_the_date_is_in_the_time_zone_of_the_home() -> None:
    """The client sees the sender's clock."""
    at = datetime(2026, 7, 1, 9, 15, tzinfo=ZoneInfo("Europe/Berlin"))
    assert read(to_bytes(a_message(), at=at))["Date"] == "Wed, 01 Jul 2026 09:15:00 +0200"


def test_an_instant_without_a_time_zone_is_a_bug() -> None:
    """A naive instant would be taken for UTC."""
    with pytest.raises(ValueError, match="time zone"):
        to_bytes(a_message(), at=AT.replace(tzinfo=None))


def test_a_reply_goes_elsewhere_only_when_that_is_another_address() -> None:
    """Reply-To equal to From is noise."""
    assert read(to_bytes(a_message(reply_to="office@shop.example")))["Reply-To"] == "office@shop.example"
    assert "Reply-To" not in read(to_bytes(a_message(reply_to="sam@SHOP.example")))


@pytest.mark.parametrize(
    ("unsubscribe", "header"),
    [
        ("sam@shop.example", f"<mailto:sam@shop.example?subject=unsubscribe%20{TOUCHPOINT}>"),
        ("mailto:sam@shop.example", f"<mailto:sam@shop.example?subject=unsubscribe%20{TOUCHPOINT}>"),
        ("mailto:sam@shop.example?subject=stop", "<mailto:sam@shop.example?subject=stop>"),
        ("mailto:sam@shop.example?subject=" + "x" * 200, f"<mailto:sam@shop.example?subject={'x' * 200}>"),
    ],
)
def test_the_way_out_is_on_one_line_and_not_encoded(unsubscribe: str, header: str) -> None:
    """Mail programs show "unsubscribe" only for a header that is neither folded nor encoded."""
    raw = to_bytes(a_message(purpose=model.Purpose.MARKETING, unsubscribe=unsubscribe))
    assert f"\r\nList-Unsubscribe: {header}\r\n".encode() in raw


@pytest.mark.parametrize("unsubscribe", ["https://x.example/out", "mailto:a@b.example?x=<y>", "mailto:a@b.example?x=ü"])
def test_a_way_out_that_is_no_mail_address_is_refused(unsubscribe: str) -> None:
    """One-click needs a web server and a signature, which a home does not have."""
    with pytest.raises(BadInput):
        to_bytes(a_message(unsubscribe=unsubscribe))


@pytest.mark.parametrize(
    "name",
    [
        "Zoë Łukasiewicz",
        'Bob "The Plumber" O\'Neill',
        "Hall, Ada; (Mrs) \\ <ada>",
        "Ελένη Παπαδοπούλου",
        "王小明",
        "Grundstücksverwaltungsgesellschaft Müller & Söhne mbH, Abteilung Heizung und Sanitär",
        "",
    ],
)
def test_names_of_any_kind_arrive(name: str) -> None:
    """A name is quoted or encoded as it needs, and the address stays apart from it."""
    raw = to_bytes(a_message(to_name=name))
    # Not with the modern parser: Python 3.11.7 puts a blank between encoded words in a name.
    ((shown, address),) = email.utils.getaddresses([email.message_from_bytes(raw)["To"]])
    assert (str(email.header.make_header(email.header.decode_header(shown))), address) == (name, "ada@example.com")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 98


def test_an_international_domain_is_written_in_a_labels() -> None:
    """The client's own spelling is kept in the records; servers get the other one."""
    raw = to_bytes(a_message(to_address="ada@Straße.example", from_address="sam@bücher.example"))
    assert b"To: Ada Hall <ada@xn--strae-oqa.example>" in raw
    assert b"@xn--bcher-kva.example>\r\nX-Touchpoint" in raw


def test_a_long_subject_with_accents_arrives_in_short_encoded_words() -> None:
    """An encoded word has 75 letters at most."""
    subject = "Danke für die schöne Zusammenarbeit bei der Wartung Ihrer Heizungsanlage im Haus am See " * 2
    raw = to_bytes(a_message(subject=subject.strip()))
    assert read(raw)["Subject"] == subject.strip()
    assert max(len(line) for line in raw.partition(b"Date:")[0].split(b"\r\n")) <= 76


SMUGGLED = [
    "Ada\r\nBcc: spy@evil.example",
    "Ada\nBcc: spy@evil.example",
    "Ada\rBcc: spy@evil.example",
    "=?utf-8?q?x=0ABcc=3A_spy=40evil=2Eexample?=",
    "Ünï =?utf-8?q?=0ABcc=3A_spy?=",
    "Ada\x00",
    "Ada\x85Bcc: spy@evil.example",
    "Ada\u2028Bcc: spy@evil.example",
    "Ada\ud800",
    "Ada\x1b[2J",
]


@pytest.mark.parametrize("field", ["to_name", "from_name", "subject", "to_address", "reply_to", "unsubscribe"])
@pytest.mark.parametrize("value", SMUGGLED)
def test_nothing_can_be_smuggled_into_the_head(field: str, value: str) -> None:
    """Line ends, control characters and encoded words in a client's data stop that message."""
    with pytest.raises(BadInput):
        to_bytes(dataclasses.replace(a_message(), **{field: value}))


@pytest.mark.parametrize("options", [{"message_id": "no brackets"}, {"message_id": "<a@b>x"}, {"touchpoint_id": "a b"}])
def test_identifiers_that_are_none_are_refused(options: dict[str, str]) -> None:
    """Gmail rejects mail with a broken Message-ID."""
    with pytest.raises(BadInput):
        to_bytes(a_message(), **options)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@",
        "@example.com",
        "ada@example",
        "ada@-bad-.example",
        "a b@example.com",
        "ada@example.com, spy@evil.example",
        "<ada@example.com>",
        "zoë@example.com",
        "ada@" + "x" * 64 + ".example",
        "ada@" + "a." * 130 + "example",
        "ada@\u2764\ufe0f\u200d\u2764.example",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    """One message, one address that every server takes."""
    with pytest.raises(BadInput):
        to_bytes(a_message(to_address=address))


@pytest.mark.parametrize("fields", [{"subject": ""}, {"subject": " "}, {"subject": "x" * 251}, {"text": "\n"}])
def test_a_message_that_says_nothing_is_refused(fields: dict[str, str]) -> None:
    """An empty subject or text is a mistake in a template."""
    with pytest.raises(BadInput):
        to_bytes(a_message(**fields))


def test_a_name_as_long_as_a_page_is_refused_shortly() -> None:
    """A slip in a file puts a letter into the column of names; the error does not repeat all of it."""
    with pytest.raises(BadInput, match="has 10000 letters") as raised:
        to_bytes(a_message(to_name="x" * 10_000))
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize("text", ["bell \a", "escape \x1b[2J", "nul \x00", "half a letter \ud800", "c1 \x9b31m"])
def test_control_characters_in_the_text_are_refused(text: str) -> None:
    """A text is read on screens that obey some of them."""
    with pytest.raises(BadInput, match="control character"):
        to_bytes(a_message(text=text))


@given(
    text=st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\t"), min_size=1).map(
        lambda text: f"x{text}"
    )
)
@example("0" * 74 + " ")
@example("0" * 75 + " \n")
@example("\nFrom " + "0" * 75)
@example("\nFrom " + "0" * 68 + "é ")
@example("x000000\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa000\xa0𐀀𐀀𐀀𐀀𐀀 ")
def test_any_text_arrives_as_it_was_written(text: str) -> None:
    """Quoted-printable keeps dots, blanks at line ends and lines beginning with From."""
    raw = to_bytes(a_message(text=text, html=f"<p>{text}</p>"))
    assert raw.isascii()
    assert all(len(line) <= 76 for line in raw.partition(b"\r\n\r\n")[2].split(b"\r\n"))
    plain, page = read(raw).iter_parts()
    expected = text if text.endswith("\n") else text + "\n"
    assert plain.get_payload(decode=True).decode().replace("\r\n", "\n") == expected
    assert page.get_payload(decode=True).decode().replace("\r\n", "\n") == f"<p>{text}</p>\n"


def test_a_line_that_begins_with_from_or_a_dot_is_protected() -> None:
    """Mbox files and SMTP treat such lines in their own way."""
    raw = to_bytes(a_message(text="From here\n.\n.x\n", html=""))
    body = raw.partition(b"\r\n\r\n")[2]
    assert body.startswith(b"=46rom here\r\n=2E\r\n")


@given(name=st.text(max_size=60), subject=st.text(min_size=1, max_size=120))
def test_whatever_is_in_a_name_or_subject_it_arrives_or_is_refused(name: str, subject: str) -> None:
    """There is no third way: nothing arrives changed, and no header appears."""
    message = a_message(to_name=name, subject=subject)
    try:
        raw = to_bytes(message)
    except BadInput:
        return
    names = [line.partition(b":")[0] for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n") if line[:1] != b" "]
    assert b" ".join(names) == b"From To Subject Date Message-ID X-Touchpoint X-Unsent MIME-Version Content-Type"
    assert raw.count(b"@") == 3
    assert str(read(raw)["Subject"]) == subject


def test_bytes_that_read_differently_are_never_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The finished bytes are read back; here is what that finds when a part of the builder is broken."""
    broken: list[tuple[str, Any]] = [
        ("_subject", lambda subject: "x\r\nBcc: spy@evil.example"),
        ("_subject", lambda subject: "Thank you all"),
        ("_subject", lambda subject: "x" * 1000),
        ("_mailbox", lambda header, name, address: f"{name} <{address}>, spy@evil.example"),
        ("_body", lambda text: text.replace("thank", "blame")),
    ]
    for name, function in broken[:4]:
        with monkeypatch.context() as patched:
            patched.setattr(build, name, function)
            with pytest.raises(BadInput, match="would not arrive"):
                to_bytes(a_message())
    with monkeypatch.context() as patched:
        patched.setattr(build, "_FROM_LINE", __import__("re").compile(rb"thank"))
        with pytest.raises(BadInput, match="reads differently"):
            to_bytes(a_message())
