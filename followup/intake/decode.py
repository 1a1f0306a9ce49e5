"""Bytes -> text, or a plain refusal of what is no table.

Takes the bytes of one file. Gives its text and the encoding that was used, asks where the bytes do not decide.
Touches nothing. Detection libraries are wrong on small address lists more often than these four rules: byte order
mark, pattern of NULs, strict UTF-8, else Windows' western code page.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from followup.errors import BadInput

# Countries whose Windows writes another code page than cp1252; the bytes cannot tell them apart.
CODE_PAGES = {
    **dict.fromkeys(["PL", "CZ", "SK", "HU", "SI", "HR", "RO", "BA", "ME", "AL"], "cp1250"),
    **dict.fromkeys(["RU", "UA", "BG", "BY", "MK", "RS"], "cp1251"),
    **dict.fromkeys(["GR", "CY"], "cp1253"),
    "TR": "cp1254",
    "IL": "cp1255",
    **dict.fromkeys(["EE", "LV", "LT"], "cp1257"),
    "JP": "cp932",
    "KR": "cp949",
    "CN": "gb18030",
    "TW": "cp950",
}
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_IN_A_WORD = re.compile(rb"(?<=[a-z])[\x80-\xff]+(?=[a-z])")
_ALL_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f]")


class Refused(BadInput):
    """The whole file cannot be read. *code* is for machines, the text for the owner."""

    def __init__(self, code: str, why: str) -> None:
        """Keep both."""
        self.code = code
        super().__init__(why)


class EncodingUnclear(Exception):
    """The bytes do not decide; *options* are encodings that fit, *sample* shows how each would read."""

    def __init__(self, options: Sequence[str], why: str) -> None:
        """Keep what to ask."""
        self.options = tuple(options)
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Text:
    """Decoded text without its byte order mark, and how it was read."""

    text: str
    encoding: str


def decode(data: bytes, *, country: str = "", encoding: str = "") -> Text:
    """Return the text of *data*.

    Args:
        data: the whole file.
        country: of the home, ISO 3166; decides which code pages are possible.
        encoding: an answer of the owner's; bytes that it cannot read become lone surrogates, which are problems of
            their row and not of the file.

    Raises:
        Refused: this is not a table in text form; the text says what it seems to be and what would help.
        EncodingUnclear: several encodings fit.
    """
    _refuse_other_formats(data)
    if encoding:
        return _as_told(data, encoding)
    for mark, name in (
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return Text(_wide(data, name), name)
    wide = _wide_without_mark(data)
    if wide:
        return Text(_wide(data, wide), wide)
    if len(_ALL_CONTROLS.findall(data[:4096])) > max(2, len(data[:4096]) // 20):
        raise Refused("not-text", "this is not a text file. Export it as CSV and import that.")
    return _narrow(data, country)


def known_encoding(name: str) -> bool:
    """Return whether *name* is an encoding that turns bytes into text."""
    try:
        codecs.lookup(name)
        b"a".decode(name)
    except (LookupError, ValueError):
        return False
    return True


def _narrow(data: bytes, country: str) -> Text:
    body = data.removeprefix(codecs.BOM_UTF8)
    try:
        return Text(body.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    try:  # lone surrogates written as UTF-8: text, but each is a problem of its row
        return Text(body.decode("utf-8", "surrogatepass"), "utf-8")
    except UnicodeDecodeError:
        pass
    without = _SEQUENCE.sub(b"", body)
    damaged = sum(byte > 0x7F for byte in without[:1_000_000])
    if data.startswith(codecs.BOM_UTF8) or (len(body) - len(without)) // 2 > damaged:
        raise EncodingUnclear(
            ["utf-8", "cp1252"], "most of the file is UTF-8, but some bytes are not (cut off, or glued from two files)"
        )
    local = CODE_PAGES.get(country)
    if local and not _alike(body, local, "cp1252"):
        raise EncodingUnclear([local, "cp1252"], "the file is not UTF-8, and two code pages are in use where you are")
    inner = _IN_A_WORD.findall(body)
    odd = [run for run in inner if all(byte < 0xA0 for byte in run) and run != b"\x92"]
    if inner and len(odd) * 2 > len(inner):
        raise EncodingUnclear(["mac_roman", "cp1252"], "the file is not UTF-8, and its letters look like an old Mac's")
    try:
        return Text(body.decode("cp1252"), "cp1252")
    except UnicodeDecodeError:
        raise EncodingUnclear(
            ["mac_roman", "cp1250", "latin-1"], "the file is neither UTF-8 nor Windows' western code page"
        ) from None


def _alike(body: bytes, one: str, other: str) -> bool:
    """Return whether two encodings read *body* as the same text, so that there is nothing to ask."""
    try:
        return body.decode(one) == body.decode(other)
    except UnicodeDecodeError:
        return False


def _as_told(data: bytes, encoding: str) -> Text:
    if codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")):
        return Text(_wide(data, encoding), encoding)
    body = data.removeprefix(codecs.BOM_UTF8)
    try:
        return Text(body.decode(encoding), encoding)
    except UnicodeDecodeError:
        # A strange byte must not stop the other rows: its own row becomes a problem.
        return Text(body.decode(encoding, "surrogateescape"), encoding)


def _wide(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding, "surrogatepass").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise Refused(
            "damaged", f"the file is {encoding.upper()} text that breaks off at byte {error.start}. Export it again."
        ) from None


def _wide_without_mark(data: bytes) -> str:
    sample = data[:4096]
    half = len(sample) // 2
    if half < 2:
        return ""
    if sample[1::2].count(0) > half * 0.7 and sample[0::2].count(0) < half * 0.1:
        return "utf-16-le"
    if sample[0::2].count(0) > half * 0.7 and sample[1::2].count(0) < half * 0.1:
        return "utf-16-be"
    return ""


_STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0", "xls", "this is an old Excel workbook (.xls)"),
    (b"%PDF", "pdf", "this is a PDF"),
    (b"\x1f\x8b", "compressed", "this file is compressed (gzip); unpack it first"),
    (b"7z\xbc\xaf", "compressed", "this file is compressed (7z); unpack it first"),
    (b"Rar!", "compressed", "this file is compressed (rar); unpack it first"),
    (b"\x89PNG", "picture", "this is a picture"),
    (b"\xff\xd8\xff", "picture", "this is a picture"),
    (b"GIF8", "picture", "this is a picture"),
    (b"SQLite format 3\0", "database", "this is a database"),
    (b"{\\rtf", "document", "this is a text document (RTF)"),
    (b"bplist00", "plist", "this is a file of Apple's own"),
)
_WORDS: tuple[tuple[bytes, str, str], ...] = (
    (b"BEGIN:VCARD", "vcard", "these are address cards (vCard)"),
    (b"BEGIN:VCALENDAR", "calendar", "this is a calendar (iCalendar)"),
    (b"<!DOCTYPE HTML", "html", "this is a web page (HTML), perhaps a login page saved instead of the export"),
    (b"<HTML", "html", "this is a web page (HTML), perhaps a login page saved instead of the export"),
    (b"<TABLE", "html", "this is a web page (HTML)"),
    (b"<?XML", "xml", "this is XML"),
)
_ADVICE = "Open it where it comes from, choose Save as or Export, and take CSV."


def _refuse_other_formats(data: bytes) -> None:
    if not data.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise Refused("empty", "the file is empty.")
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise _zip_refusal(data)
    for start, code, what in _STARTS:
        if data.startswith(start):
            raise Refused(code, f"{what}. {_ADVICE}")
    head = data[:2048].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").upper()
    for start, code, what in _WORDS:
        if head.startswith(start):
            raise Refused(code, f"{what}. {_ADVICE}")
    if (
        head.startswith((b"{", b"["))
        and head.lstrip(b"{[ \r\n\t").startswith(b'"')
        and b'":' in head.replace(b" ", b"")
    ):
        raise Refused("json", f"this is JSON. {_ADVICE}")


def _zip_refusal(data: bytes) -> Refused:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):  # the last: a compression zipfile lacks
        return Refused("zip", "this is a damaged zip archive or spreadsheet. Export it again.")
    if any(name.startswith("xl/") for name in names):
        return Refused("xlsx", f"this is an Excel workbook (.xlsx). {_ADVICE}")
    if any(name.startswith("word/") for name in names):
        return Refused("document", f"this is a Word document. {_ADVICE}")
    if "content.xml" in names:
        return Refused("ods", f"this is an OpenDocument file (.ods). {_ADVICE}")
    if any(name.startswith("Index/") for name in names):
        return Refused("numbers", f"this is a Numbers sheet. {_ADVICE}")
    listed = ", ".join(name if name.isprintable() else ascii(name) for name in names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return Refused(
        "zip", f"this is a zip archive with {listed or 'nothing'}{more}. Unpack it and import what is inside."
    )
