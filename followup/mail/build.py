"""Turn a message into the exact bytes that leave the house.

Takes a Message, its identifiers and an instant in the home's time zone. Gives ASCII bytes with CRLF line ends, the same
for the same input, checked by reading them back. Touches nothing.
"""

from __future__ import annotations

import base64
import binascii
import email
import email.header
import email.message
import email.utils
import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import encode_rfc2231
from urllib.parse import quote

from followup.errors import BadInput
from followup.model import Attachment, Message

MAX_SUBJECT = 250
MAX_NAME = 250
MAX_ADDRESS = 254  # RFC 5321, 4.5.3.1.3 with the angle brackets taken off
LINE = 76  # RFC 2045, 6.7: a line of quoted-printable; RFC 2047, 2: a line with encoded words
MAX_LINE = 998  # RFC 5322, 2.1.1
BOUNDARY = "=_followup"
"""Between text and HTML. It cannot stand in either: "=_" is no quoted-printable (RFC 2045, 6.7).

Always the same: whoever reads a message compiles a pattern for its boundary, most of the work of our own check.
"""

# C0, DEL and C1; the line and paragraph separators, which some readers take for line ends; lone surrogates.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL_IN_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
MIXED = "=_guides"
"""Between the words and the files that go along; neither is the beginning of the other."""

MAX_ATTACHED = 7_000_000
"""Bytes of all files together: they grow by a third on their way, and many servers refuse what is over 10 MB."""

_TYPES = {
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "md": "text/markdown; charset=utf-8",
    "pdf": "application/pdf",
    "png": "image/png",
    "txt": "text/plain; charset=utf-8",
}
"""By the ending of a file's name. Not `mimetypes`, which says something else on every machine."""

_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_FILE_NAME = re.compile(r"[A-Za-z0-9._ -]{1,60}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{1,200}")
_FROM_LINE = re.compile(rb"^From ", re.MULTILINE)

_Entity = tuple[list[tuple[str, str]], bytes]
"""Headers and body."""


def message_id(touchpoint_id: str, *, sender: str) -> str:
    """Return the Message-ID of a touchpoint: the same on every try, at the domain of *sender*, without client data."""
    return f"<fu.{touchpoint_id}@{to_ascii_address(sender).partition('@')[2]}>"


def to_ascii_address(address: str) -> str:
    """Return *address* as mail servers want it: the domain in lower case and, where it is international, in A-labels.

    Raises:
        BadInput: it is no address, or has a local part that needs a server with SMTPUTF8, which few have.
    """
    guard(address, "the address")
    local, at, domain = address.rpartition("@")
    if not domain.isascii():
        domain = _to_a_labels(domain, address)
    if not (at and _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain)) or len(address) > MAX_ADDRESS:
        raise BadInput(f"{address!r} is not an e-mail address that every server takes. Correct it where it came from.")
    return f"{local}@{domain.lower()}"


def guard(value: str, what: str) -> str:
    """Return *value* unless it could end a header line or smuggle one in.

    The standard library refuses line ends but decodes encoded words and writes what it decoded: on Python 3.11.7 a
    client called ``=?utf-8?q?=0ABcc=3A_spy=40evil=2Eexample?=`` adds a recipient (CVE-2024-6923).
    """
    if _CONTROL.search(value) or "=?" in value:
        raise BadInput(
            f"{what} {value!r} contains control characters or '=?', which do not belong into the head of a message. "
            f"Correct it where it came from."
        )
    return value


def decoded(words: str) -> str:
    """Return a name or a subject out of a header as people read it."""
    return str(email.header.make_header(email.header.decode_header(words))) if "=?" in words else words


def to_bytes(
    message: Message,
    *,
    message_id: str,
    touchpoint_id: str,
    at: datetime,
    unsent: bool,
    automatic: bool = False,
) -> bytes:
    """Return the message as it is stored, shown and handed over.

    Args:
        message: names and addresses as people write them; ``html`` may be empty.
        message_id: with its angle brackets.
        touchpoint_id: goes into X-Touchpoint, because some servers replace the Message-ID.
        at: aware, in the home's time zone: it becomes the Date that the client sees.
        unsent: mark it as a draft that mail programs open for sending (X-Unsent).
        automatic: nobody looked at it before it goes (RFC 3834): keeps holiday notices from answering. Never set for
            drafts, which a person sends.

    Raises:
        BadInput: something in the message does not belong there; nothing was made.
    """
    if at.tzinfo is None:
        raise ValueError("at needs a time zone")
    text, html = _body(message.text), _body(message.html)
    if not text.strip():
        raise BadInput(f"The message {message.key} has no text. Correct its template, or the text you gave it.")
    attached = sum(len(each.content) for each in message.attachments)
    if attached > MAX_ATTACHED:
        raise BadInput(
            f"The files that go along with {message.key} come to {attached / 1e6:.1f} MB, and many mail servers take "
            f"no more than {MAX_ATTACHED / 1e6:.0f}. Make them smaller, or send a link."
        )
    sender = to_ascii_address(message.from_address)
    recipient = to_ascii_address(message.to_address)
    headers = [
        ("From", _mailbox("From", message.from_name, sender)),
        ("To", _mailbox("To", message.to_name, recipient)),
        ("Subject", _subject(message.subject)),
        ("Date", email.utils.format_datetime(at)),
        ("Message-ID", _message_id(message_id)),
    ]
    if message.reply_to and (reply_to := to_ascii_address(message.reply_to)) != sender:
        headers.append(("Reply-To", reply_to))
    if message.unsubscribe:
        headers.append(("List-Unsubscribe", _unsubscribe(message.unsubscribe, touchpoint_id)))
    if automatic:
        headers.append(("Auto-Submitted", "auto-generated"))
    headers.append(("X-Touchpoint", _identifier(touchpoint_id)))
    if unsent:
        headers.append(("X-Unsent", "1"))
    headers.append(("MIME-Version", "1.0"))
    body_headers, body = _mime(text, html, message.attachments)
    headers += body_headers
    raw = _head(headers).encode("ascii") + b"\r\n" + body
    _check(raw, message, names=[name for name, _ in headers], recipient=recipient, text=text, html=html)
    return raw


def _to_a_labels(domain: str, address: str) -> str:
    import idna  # IDNA 2008 keeps "straße" apart from "strasse"; the standard library knows IDNA 2003 only

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError as error:
        raise BadInput(f"{address!r} has a domain that does not exist in this spelling ({error}).") from error


def _mailbox(header: str, name: str, address: str) -> str:
    name = " ".join(guard(name, f"The name in {header},").split())
    if not name:
        return address
    if len(name) > MAX_NAME:
        raise BadInput(f"The name in {header} has {len(name)} letters and begins {name[:40]!r}. Shorten it.")
    if _PLAIN_NAME.fullmatch(name):
        shown = name
    elif name.isascii():
        shown = '"' + name.replace("\\", r"\\").replace('"', r"\"") + '"'
    else:
        shown = _encoded_words(header, name)
    last_line = shown.rpartition("\r\n")[2]
    gap = "\r\n " if len(header) + 2 + len(last_line) + len(address) + 3 > LINE else " "
    return f"{shown}{gap}<{address}>"


def _subject(subject: str) -> str:
    subject = " ".join(guard(subject, "The subject").split(" "))
    if not subject.strip() or len(subject) > MAX_SUBJECT:
        raise BadInput(f"A subject needs 1 to {MAX_SUBJECT} letters, and {subject!r} has {len(subject)}.")
    if subject.isascii() and len("Subject: ") + len(subject) <= LINE:
        return subject
    return _encoded_words("Subject", subject)


def _encoded_words(header: str, text: str) -> str:
    return email.header.Header(text, "utf-8", header_name=header, maxlinelen=LINE).encode(linesep="\r\n")


def _message_id(value: str) -> str:
    left, at, domain = value[1:-1].partition("@")
    if (
        not (value[:1] + value[-1:] == "<>" and at and _LOCAL_PART.fullmatch(left) and _DOMAIN.fullmatch(domain))
        or guard(value, "The Message-ID") != value
    ):
        raise BadInput(f"{value!r} is not a Message-ID. It has the form <name@domain>.")
    return value


def _identifier(value: str) -> str:
    if not _IDENTIFIER.fullmatch(value):
        raise BadInput(f"{value!r} is not the identifier of a touchpoint.")
    return value


def _unsubscribe(where: str, touchpoint_id: str) -> str:
    # RFC 2369: never folded and never encoded, or mail programs show no "unsubscribe" (odoo#289182). The opaque
    # identifier in the subject tells us who asked, whatever address the answer comes from.
    address, _, query = guard(where, "List-Unsubscribe").removeprefix("mailto:").partition("?")
    local, _, domain = to_ascii_address(address).rpartition("@")
    query = query or f"subject=unsubscribe%20{_identifier(touchpoint_id)}"
    if not re.fullmatch(r"[\w.~!$'()*+,;:@/?%&=-]+", query, re.ASCII) or len(query) > MAX_LINE - 300:
        raise BadInput(f"{where!r} is not a mailto: address that can stand in List-Unsubscribe.")
    return f"<mailto:{quote(local, safe='')}@{domain}?{query}>"


def _body(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := _CONTROL_IN_TEXT.search(text):
        raise BadInput(f"The text of the message contains the control character {found.group()!r}. Take it out.")
    return text if not text or text.endswith("\n") else text + "\n"


def _mime(text: str, html: str, attachments: Sequence[Attachment]) -> _Entity:
    words = _part("plain", text)
    if html:
        words = _multipart("alternative", BOUNDARY, [words, _part("html", html)])
    if attachments:
        return _multipart("mixed", MIXED, [words, *map(_attached, attachments)])
    return words


def _multipart(subtype: str, boundary: str, parts: Sequence[_Entity]) -> _Entity:
    # The line end in front of a boundary belongs to the boundary (RFC 2046, 5.1.1), hence one more.
    bodies = b"".join(
        f"--{boundary}\r\n{_head(headers)}\r\n".encode("ascii") + body + b"\r\n" for headers, body in parts
    )
    return (
        [("Content-Type", f'multipart/{subtype};\r\n boundary="{boundary}"')],
        bodies + f"--{boundary}--\r\n".encode("ascii"),
    )


def _attached(attachment: Attachment) -> _Entity:
    name = guard(attachment.name, "The name of an attached file,")
    shown = f'filename="{name}"' if _FILE_NAME.fullmatch(name) else f"filename*={encode_rfc2231(name, 'utf-8')}"
    headers = [
        ("Content-Type", _type_of(name)),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Disposition", f"attachment;\r\n {shown}"),
    ]
    return headers, base64.encodebytes(attachment.content).replace(b"\n", b"\r\n")


def _type_of(name: str) -> str:
    return _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def _part(subtype: str, text: str) -> _Entity:
    headers = [
        ("Content-Type", f"text/{subtype}; charset=utf-8"),
        ("Content-Transfer-Encoding", "quoted-printable"),
    ]
    encoded = binascii.b2a_qp(text.encode(), istext=True)
    # A line that begins with "From " would be changed on its way through an mbox file.
    encoded = _FROM_LINE.sub(b"=46rom ", encoded)
    # Both that and b2a_qp's own care for a blank at a line's end make lines two letters too long.
    return headers, b"\r\n".join(_within_line(line) for line in encoded.split(b"\n"))


def _within_line(line: bytes) -> bytes:
    if len(line) <= LINE:
        return line
    cut = LINE - 1
    escape = line.rfind(b"=", cut - 2, cut)  # "=C3" is not cut in two
    cut = escape if escape >= 0 else cut
    return line[:cut] + b"=\r\n" + line[cut:]


def _head(headers: list[tuple[str, str]]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers)


def _check(raw: bytes, message: Message, *, names: list[str], recipient: str, text: str, html: str) -> None:
    """Read the finished bytes as a stranger would, and compare with what was meant."""
    wrong = _difference(raw, message, names=names, recipient=recipient, text=text, html=html)
    if wrong:
        raise BadInput(
            f"The message {message.key} would not arrive as it was written: {wrong}. Nothing was made of it; "
            f"look at the client's name and address and at the subject."
        )


def _difference(raw: bytes, message: Message, *, names: list[str], recipient: str, text: str, html: str) -> str:
    lines = raw.split(b"\r\n")
    is_cut_by_crlf = raw.count(b"\r") == raw.count(b"\n") == len(lines) - 1
    if not (raw.isascii() and is_cut_by_crlf and max(map(len, lines)) <= MAX_LINE):
        return "a line is too long or not plain ASCII"
    head, _, _ = raw.partition(b"\r\n\r\n")
    read = email.message_from_bytes(head + b"\r\n\r\n")
    if read.keys() != names:
        return f"its head has {', '.join(read.keys())}"
    for header, name, address in (
        ("From", message.from_name, to_ascii_address(message.from_address)),
        ("To", message.to_name, recipient),
    ):
        found = email.utils.getaddresses([read[header]])
        if [(decoded(words), where) for words, where in found] != [(" ".join(name.split()), address)]:
            return f"{header} reads {read[header]!r}"
    if decoded(read["Subject"]) != message.subject:
        return f"the subject reads {read['Subject']!r}"
    parts = _parts(raw)
    meant = [("text/plain", text)] + ([("text/html", html)] if html else [])
    if [(part.get_content_type(), _text_of(part)) for part in parts[: len(meant)]] != meant:
        return "its text reads differently"
    along = [(each.name, each.content) for each in message.attachments]
    if [(part.get_filename(), part.get_payload(decode=True)) for part in parts[len(meant) :]] != along:
        return "what is attached reads differently"
    return ""


def _parts(raw: bytes) -> list[email.message.Message]:
    """Return the parts as RFC 2046 (5.1.1) cuts them, those within others too.

    The library's parser cuts the same way, but compiles a pattern for each boundary, which costs as much as all the
    rest of a message.
    """
    head, _, body = raw.partition(b"\r\n\r\n")
    boundary = email.message_from_bytes(head + b"\r\n\r\n").get_boundary()
    if boundary is None:
        return [email.message_from_bytes(raw)]
    first, *inner, end = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("ascii"))
    if first or end != b"--\r\n" or any(not part.startswith(b"\r\n") for part in inner):
        return []
    return [each for part in inner for each in _parts(part.removeprefix(b"\r\n"))]


def _text_of(part: email.message.Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode().replace("\r\n", "\n") if isinstance(payload, bytes) else ""
