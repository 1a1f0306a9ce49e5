"""Bytes -> text, or a plain refusal of what is no table.

Takes a Source. Gives the encoding of its text and the lines of it, asks where the bytes do not decide. Touches nothing
but the source, which it reads in pieces: a file may be larger than the memory there is.

In this order: byte order mark; pattern of NULs (UTF-16 without one); strict UTF-8; UTF-8 with a few broken bytes; what
old programs write in the home's country, where it reads like words of the country's languages and nothing else does;
else a question. Libraries guess: on short western address lists charset-normalizer was right 12 times in 30 and
chardet 3 times. A wrong guess changes names without a word, and no library says when two readings are equally good.
"""

from __future__ import annotations

import codecs
import io
import itertools
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from followup.errors import BadInput
from followup.intake import alphabets
from followup.intake.sources import Source

_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_CELL = re.compile(rb'[^\r\n,;\t"]+')  # none of these is the second byte of a letter anywhere
_ASCII_BYTES = bytes(range(0x80))
LONGEST_LINE = 12_000_000
"""Characters of a line, which must fit in memory; a table of cells as long as spreadsheets allow has shorter ones."""
_BLANK = b"\xef\xbb\xbf\xff\xfe \t\r\n\0"
_HEAD = 65_536
_ENOUGH, _LONGEST_CELL, _LARGEST_SAMPLE = 8, 32_767, 50_000
_FEW = 20
"""At least so many good sequences for one broken byte make a file UTF-8 that was damaged."""
# What UTF-8 becomes when a program takes it for cp1252 and saves it as UTF-8 again: ä is Ã¤, ł is Å‚, ’ is â€™; and
# when one takes it for Mac Roman: ä is √§, ł is ≈Ç, ’ is ‚Äô. Latin-1 differs from cp1252 in control characters alone.
_SECOND_BYTE = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_SECOND_OF_MAC = re.escape(bytes(range(0x80, 0xC0)).decode("mac_roman"))
_TWICE = re.compile(
    f"Ã[{_SECOND_BYTE}]|[ÂÄÅ][\u0080-\u00aa\u00ac-\u00ba\u00bc-\u00bf‚ƒ„†‡ˆ‰Š‹ŒŽ˜™š›œžŸ]|â€[{_SECOND_BYTE}]"
    f"|[√ƒ≈][{_SECOND_OF_MAC}]|‚Ä[{_SECOND_OF_MAC}]"
)
_PRINTABLE = re.compile("[ -~]")
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
class Encoding:
    """How the bytes of a file become text; `errors` is what becomes of those that do not, as codecs call it."""

    name: str
    errors: str = "strict"

    def lines(self, source: Source) -> Iterator[str]:
        """Yield the lines of the text with their ends, without a byte order mark."""
        with source.open() as stream:
            if not _is_wide(self.name) and stream.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
                stream.seek(0)
            text = io.TextIOWrapper(stream, self.name, self.errors, newline="")
            lines = iter(text) if source.size <= LONGEST_LINE else _bounded(text)
            try:
                for first in lines:
                    yield first.removeprefix("\ufeff")
                    break
                yield from lines
            except UnicodeDecodeError:
                raise source.changed() from None  # all of it could be read a moment ago
            except OSError as error:
                raise source.failed(error) from error


def _bounded(text: TextIO) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise Refused(
                "too-long",
                f"it has a line of more than {LONGEST_LINE // 1_000_000} million characters, which no table has. "
                "Export it as CSV, with a row for each client or job.",
            )
        yield line


def choose(source: Source, *, country: str = "", encoding: str = "") -> Encoding:
    """Return how the bytes of a file become text.

    Args:
        source: the file.
        country: of the home, ISO 3166; decides which code pages are possible.
        encoding: an answer of the owner's; bytes that it cannot read become lone surrogates, which are problems of
            their row and not of the file.

    Raises:
        Refused: this is not a table in text form; the text says what it seems to be and what would help.
        EncodingUnclear: several encodings fit.
    """
    head = source.head(_HEAD)
    _refuse_other_formats(head, source)
    if encoding:
        return _wide(source, encoding) if _is_wide(encoding) else Encoding(encoding, "surrogateescape")
    for mark, name in (
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return _wide(source, name)
    wide = _wide_without_mark(head)
    if wide:
        return _wide(source, wide)
    if len(_ALL_CONTROLS.findall(head[:4096])) > max(2, len(head[:4096]) // 20):
        raise Refused("not-text", "this is not a text file. Export it as CSV and import that.")
    return _narrow(source, head, country)


def known_encoding(name: str) -> bool:
    """Return whether *name* is an encoding that turns bytes into text."""
    try:
        codecs.lookup(name)
        b"a".decode(name)
    except (LookupError, ValueError):
        return False
    return True


def saved_twice(text: str) -> re.Match[str] | None:
    """Return the first place where UTF-8 seems to have been taken for something else and saved as UTF-8 again."""
    return _TWICE.search(text)


def saved_once(text: str) -> str:
    """Return what *text* was before it was saved twice, or nothing when that cannot be told."""
    for taken_for in (_in_windows, _in_mac_roman):
        try:
            return taken_for(text).decode("utf-8")
        except ValueError:
            continue
    return ""


def _in_windows(text: str) -> bytes:
    # The five bytes that cp1252 leaves out pass through programs as C1 controls.
    return b"".join(char.encode("latin-1" if "\x80" <= char <= "\x9f" else "cp1252") for char in text)


def _in_mac_roman(text: str) -> bytes:
    return text.encode("mac_roman")


def _narrow(source: Source, head: bytes, country: str) -> Encoding:
    if _reads(source, "utf-8"):
        return Encoding("utf-8")
    if _reads(source, "utf-8", "surrogatepass"):  # lone surrogates: text, but each is a problem of its row
        return Encoding("utf-8", "surrogatepass")
    good = broken = 0
    for block in source.blocks():
        without, found = _SEQUENCE.subn(b"", block)
        good += found
        broken += len(without.translate(None, _ASCII_BYTES))
    if head.startswith(codecs.BOM_UTF8) or good >= broken * _FEW:
        return Encoding("utf-8", "surrogateescape")  # each is a problem of its row
    home = alphabets.page(country)
    if good > broken:
        raise EncodingUnclear(
            ["utf-8", home.windows, *(each for each in home.rivals if _reads(source, each))],
            "most of the file is UTF-8, but some bytes are not (cut off, or glued from two files)",
        )
    try:
        return _by_letters(source, home)
    except EncodingUnclear as unclear:
        if not good or good * _FEW < broken:
            raise
        raise EncodingUnclear([*unclear.options, "utf-8"], f"{unclear.why}; a part of it is UTF-8") from None


def _reads(source: Source, encoding: str, errors: str = "strict") -> bool:
    """Return whether all bytes of a file are text in *encoding*."""
    return _unreadable(source, encoding, errors) is None


def _unreadable(source: Source, encoding: str, errors: str) -> int | None:
    """Return the place of the first byte that is no text in *encoding*."""
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    place = 0
    try:
        for piece in itertools.chain(source.pieces(), (b"",)):
            waiting = len(decoder.getstate()[0])
            decoder.decode(piece, not piece)
            place += len(piece)
    except UnicodeDecodeError as error:
        return place - waiting + error.start
    return None


def _by_letters(source: Source, home: alphabets.Page) -> Encoding:
    """Return what old programs write, where only one of the readings makes words."""
    sample = _telling(source)

    def judged(encodings: Sequence[str]) -> dict[str, alphabets.Likelihood]:
        read = {encoding: _strictly(sample, encoding) for encoding in encodings}
        return {
            encoding: alphabets.likelihood(text, alphabets.letters_of(encoding, home))
            for encoding, text in read.items()
            if text is not None
        }

    usual = judged(list(dict.fromkeys(each for each in (*home.rivals, "cp1252") if each != home.windows)))
    ours = _reads(source, home.windows)
    if ours:
        shown = sample.decode(home.windows)
        likely = alphabets.likelihood(shown, home.letters)
        others = [each for each in usual if usual[each].rivals(likely) and sample.decode(each) != shown]
        if likely.sound and not others:
            return Encoding(home.windows)
        if likely.sound:
            raise EncodingUnclear(
                [home.windows, *others], "the file is not UTF-8, and more than one old encoding makes words of it"
            )
    foreign = judged([each for each in alphabets.ABROAD if each != home.windows and each not in usual])
    good = [each for each, likely in {**usual, **foreign}.items() if likely.sound and likely.own]
    if (
        not ours
        and good
        and good[0] in usual
        and len({sample.decode(each) for each in good}) == 1
        and _reads(source, good[0])
    ):
        return Encoding(good[0])
    options = [*good, home.windows, *usual] if ours else [*good, *usual, home.windows]
    raise EncodingUnclear(
        tuple(dict.fromkeys(options)),
        f"the file is not UTF-8, and does not read well as {home.windows}, which is usual where you are",
    )


def _telling(source: Source) -> bytes:
    """Return cells beyond ASCII in which every such byte of the file occurs, a few times each if it can."""
    seen: Counter[int] = Counter()
    taken: list[bytes] = []
    size, enough = 0, _ASCII_BYTES
    for block in source.blocks():
        for line in block.splitlines():
            if not line.translate(None, enough):
                continue
            for cell in _CELL.findall(line):
                if len(cell) <= _LONGEST_CELL and cell.translate(None, enough):
                    seen.update(set(cell.translate(None, _ASCII_BYTES)))
                    enough = _ASCII_BYTES + bytes(byte for byte, count in seen.items() if count >= _ENOUGH)
                    taken.append(cell)
                    size += len(cell)
            if size > _LARGEST_SAMPLE:
                return b"\n".join(taken)
    return b"\n".join(taken)


def _strictly(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_wide(encoding: str) -> bool:
    return codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))


def _wide(source: Source, encoding: str) -> Encoding:
    place = _unreadable(source, encoding, "surrogatepass")
    if place is not None:
        raise Refused(
            "damaged", f"the file is {encoding.upper()} text that breaks off at byte {place}. Export it again."
        )
    return Encoding(encoding, "surrogatepass")


def _wide_without_mark(sample: bytes) -> str:
    """Return which UTF-16 this is: commas and line ends have a NUL in every language, always on the same side."""
    even, odd = sample[0::2], sample[1::2]
    nulls = even.count(0), odd.count(0)
    if sum(nulls) * 24 < len(sample) or len(sample) < 4:
        return ""
    # A letter such as U+4E00 has its NUL on the other side, and counts only as far as its partner is no ASCII.
    little, big = (_ascii(sample, encoding) for encoding in ("utf-16-le", "utf-16-be"))
    if max(little, big) * 2 < max(nulls):
        return ""
    if little > big * 3:
        return "utf-16-le"
    if big > little * 3:
        return "utf-16-be"
    text = [encoding for encoding in ("utf-16-le", "utf-16-be") if _is_text(sample, encoding)]
    if not text:
        return ""
    if len(text) == 2:
        raise EncodingUnclear(text, "the file is UTF-16 without a mark that says in which order its bytes are")
    return text[0]


def _ascii(sample: bytes, encoding: str) -> int:
    text = sample[: len(sample) // 2 * 2].decode(encoding, "replace")
    return sum(map(text.count, "\t\r\n")) + len(_PRINTABLE.findall(text))


def _is_text(sample: bytes, encoding: str) -> bool:
    text = sample[: len(sample) // 2 * 2].decode(encoding, "replace")
    return ("\n" in text or "\r" in text) and sum(char.isprintable() or char.isspace() for char in text) > len(
        text
    ) * 0.98


_ADVICE = "Open it where it comes from, choose Save as or Export, and take CSV."
_UNPACK = "Unpack it and import what is inside."
_BANK = "this is an account statement of a bank"
_OF_A_BANK = "It does not say who the clients are; export the invoices or jobs from the program that writes them."
_PAGE = "this is a web page (HTML), perhaps a login page saved instead of the export"

# How files begin: the bytes, a code, what it is, what would help.
_STARTS: tuple[tuple[bytes, str, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0", "xls", "this is an old Excel workbook (.xls)", _ADVICE),
    (b"%PDF", "pdf", "this is a PDF", _ADVICE),
    (b"%!PS", "pdf", "this is a page for a printer (PostScript)", _ADVICE),
    *(
        (start, "compressed", f"this file is compressed ({how})", _UNPACK)
        for start, how in (
            (b"\x1f\x8b", "gzip"),
            (b"7z\xbc\xaf", "7z"),
            (b"Rar!", "rar"),
            (b"BZh", "bzip2"),
            (b"\xfd7zXZ", "xz"),
            (b"\x28\xb5\x2f\xfd", "zstd"),
        )
    ),
    *(
        (start, "picture", "this is a picture", _ADVICE)
        for start in (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"\0\0\1\0")
    ),
    (b"SQLite format 3\0", "database", "this is a database", _ADVICE),
    (b"\0\1\0\0Standard ", "database", "this is a database of Microsoft Access", _ADVICE),
    (b"{\\rtf", "document", "this is a text document (RTF)", _ADVICE),
    (b"bplist00", "plist", "this is a file of Apple's own", _ADVICE),
    (b"!BDN", "mailbox", "this is a mailbox of Outlook (.pst)", "Export the contacts from Outlook, and take CSV."),
)
# The same for text, whose first words count whatever their case.
_WORDS: tuple[tuple[bytes, str, str, str], ...] = (
    (b"BEGIN:VCALENDAR", "calendar", "this is a calendar (iCalendar)", _ADVICE),
    *(
        (start, "html", _PAGE, _ADVICE)
        for start in (b"<!DOCTYPE HTML", b"<HTML", b"<HEAD>", b"<BODY", b"<META ", b"<!--")
    ),
    *(
        (start, "html", "this is a web page (HTML)", _ADVICE)
        for start in (b"<TABLE", b"<DIV", b"<BR", b"<P>", b"<SCRIPT")
    ),
    (b"OFXHEADER", "bank-statement", _BANK, _OF_A_BANK),
    (b"!TYPE:", "bank-statement", _BANK, _OF_A_BANK),
    (b":20:", "bank-statement", _BANK, _OF_A_BANK),
    (b"<OFX", "bank-statement", _BANK, _OF_A_BANK),
    (b"<?XML", "xml", "this is XML", _ADVICE),
    (b"DN: ", "ldif", "this is an address book in LDIF form", "Export it as CSV or vCard."),
    (b"!HDR\t", "iif", "this is a file for QuickBooks Desktop (.iif)", "Export the list as CSV or Excel."),
    (b"!CUST\t", "iif", "this is a file for QuickBooks Desktop (.iif)", "Export the list as CSV or Excel."),
    (b"!TRNS\t", "iif", "this is a file for QuickBooks Desktop (.iif)", "Export the list as CSV or Excel."),
    (b"ID;PWXL", "sylk", "this is an old spreadsheet (SYLK)", _ADVICE),
    (b"INSERT INTO ", "sql", "these are commands for a database (SQL)", _ADVICE),
    (b"CREATE TABLE ", "sql", "these are commands for a database (SQL)", _ADVICE),
    *(
        (start, "mail", "this is an e-mail message", "Save what is attached to it, and import that.")
        for start in (b"RETURN-PATH:", b"RECEIVED: ", b"DELIVERED-TO:", b"MIME-VERSION:")
    ),
    (
        b"[INTERNETSHORTCUT]",
        "link",
        "this is only a link to a page",
        "Open it, download the table as CSV, and import that.",
    ),
)
_JSON = re.compile(rb"[{\[]\s*[\"{\[\]}]")
_MARKUP = re.compile(rb"<[A-Z?!/][^<>@]*>\s*<")


def _refuse_other_formats(data: bytes, source: Source) -> None:
    if not data.strip(_BLANK) and not any(piece.strip(_BLANK) for piece in source.pieces()):
        raise Refused("empty", "the file is empty.")
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise _zip_refusal(source)
    for start, code, what, advice in _STARTS:
        if data.startswith(start):
            raise Refused(code, f"{what}. {advice}")
    if data[4:8] == b"ftyp" or (data.startswith(b"RIFF") and data[8:12] == b"WEBP") or _is_bitmap(data):
        raise Refused("picture", f"this is a picture or a film. {_ADVICE}")
    if data[257:262] == b"ustar":
        raise Refused("compressed", f"this is an archive (tar). {_UNPACK}")
    head = data[:2048].replace(b"\0", b"").lstrip(_BLANK).upper()
    for start, code, what, advice in _WORDS:
        if head.startswith(start):
            raise Refused(code, f"{what}. {advice}")
    if _JSON.match(head):
        raise Refused("json", f"this is JSON. {_ADVICE}")
    if _MARKUP.match(head):
        raise Refused("xml", f"this is XML or a web page. {_ADVICE}")


def _is_bitmap(data: bytes) -> bool:
    return data.startswith(b"BM") and data[6:10] == b"\0\0\0\0" and len(data) > 26


def _zip_refusal(source: Source) -> Refused:
    try:
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):  # the last: too new a format
        return Refused("zip", "this is a damaged zip archive or spreadsheet. Export it again.")
    for part, code, what in _PARTS:
        if any(name.startswith(part) for name in names):
            return Refused(code, f"{what}. {_ADVICE}")
    listed = ", ".join(name if name.isprintable() else ascii(name) for name in names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    if not names:
        return Refused("zip", "this is a zip archive with nothing in it. Export it again.")
    return Refused("zip", f"this is a zip archive with {listed}{more}. {_UNPACK}")


# What is inside an archive that is a document: the first that fits.
_PARTS = (
    ("xl/", "xlsx", "this is an Excel workbook (.xlsx)"),
    ("word/", "document", "this is a Word document"),
    ("ppt/", "document", "this is a presentation (PowerPoint)"),
    ("content.xml", "ods", "this is an OpenDocument file (.ods or .odt)"),
    ("Index/", "numbers", "this is a document of Numbers or Pages"),
    ("META-INF/container.xml", "document", "this is an electronic book"),
)
