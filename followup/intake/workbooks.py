"""Spreadsheets (.xlsx, .xlsm, .xls, .ods) -> the sheets in them as records, or a plain refusal.

Takes the bytes of one file. Gives sheets whose record *i* is row *i* + 1 of the spreadsheet. Touches nothing; the only
door to python-calamine. Before a reader of somebody else's sees a file, its size is measured: a kilobyte can unpack to
gigabytes, and two cells can span seventeen thousand million. Calamine gives failed formulas as empty cells, so they
are looked up here: an amount that is #REF! must not become no amount.
"""

from __future__ import annotations

import io
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from xml.parsers import expat

from followup.intake import decode, table
from followup.intake.sources import Source

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

UNPACKED_LIMIT = 500_000_000
"""Bytes that a spreadsheet may unpack to; a million rows of jobs are about 400 million."""

CELLS_LIMIT = 20_000_000
"""Cells in the rectangle of one sheet, empty ones included; each takes some 30 bytes while it is read."""

TEXT_LIMIT = 1_000_000
"""Bytes of one text in a spreadsheet; programs write at most 32,767 characters into a cell."""

_ROW_LIMIT = 40_000_000
_CHUNK = 1 << 20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SAVE_AS = "Open it in its program, choose Save as, and take .xlsx or CSV."
_LOCKED = (
    "the spreadsheet is protected with a password. Open it, save it without one or as CSV, and import that; "
    "delete the copy afterwards."
)
_DAMAGED = "the spreadsheet is damaged, or was not saved to its end. Export or save it again."

_CELL = re.compile(rb"""\sr=["']([A-Z]{1,3}\d{1,7})["']""")
_FAILED = re.compile(
    rb"""<(?:\w+:)?c\s([^>]*\bt=["']e["'][^>]*)>(?:<(?:\w+:)?f\b[^>]*/>|<(?:\w+:)?f\b[^>]*>[^<]*</(?:\w+:)?f>)?"""
    rb"""<(?:\w+:)?v>([^<]{1,20})"""
)
_BIFF_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}

_BIFF_CELLS = frozenset([0x06, 0xBD, 0xBE, 0xD6, 0xFD, 0x201, 0x203, 0x204, 0x205, 0x27E])

Place = tuple[int, int]
"""Row and column of a cell, from 0."""

_Take = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet of a spreadsheet, *number* as its program counts from the left."""

    number: int
    name: str
    hidden: bool
    records: list[list[str]]


@dataclass(frozen=True, slots=True)
class Book:
    """A spreadsheet. *epoch* is the day 0 of its day numbers, None where it does not say."""

    form: str  # xlsx, xls or ods
    pages: tuple[Page, ...]
    epoch: date | None


@dataclass(slots=True)
class _Survey:
    """What is known of a file before it is read: per sheet the cells of failed formulas."""

    failed: list[dict[Place, str]] = field(default_factory=list)
    epoch: date | None = date(1899, 12, 30)


def form(source: Source) -> str:
    """Return xlsx, xls or ods, by the bytes; nothing for what is no spreadsheet.

    Raises:
        decode.Refused: a spreadsheet that needs a password or is too large, or an office document of another kind.
    """
    head = source.head(len(_OLE))
    if head == _OLE:
        streams = _Ole(_whole(source)).names()
        if "EncryptedPackage" in streams:
            raise decode.Refused("password", _LOCKED)
        if "Root Entry" not in streams:
            raise decode.Refused("damaged", _DAMAGED)
        if not {"Workbook", "Book"} & set(streams):
            what = "a Word document" if "WordDocument" in streams else "an old Office document, and no spreadsheet"
            raise decode.Refused("document", f"this is {what}. {_SAVE_AS}")
        return "xls"
    if not head.startswith(b"PK\x03\x04"):
        return ""
    kind = b""
    try:
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
            if "mimetype" in names:
                with archive.open("mimetype") as member:
                    kind = member.read(100)
    except Exception:  # whatever a damaged archive makes zipfile raise; decode has the words for it
        return ""
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        raise decode.Refused("xlsb", f"this is a binary Excel workbook (.xlsb). {_SAVE_AS}")
    if "content.xml" in names and b"spreadsheet" in kind:
        return "ods"
    return ""


def _whole(source: Source) -> bytes:
    if source.size > UNPACKED_LIMIT:
        raise _too_large()
    return source.whole()


def read(source: Source, kind: str) -> Book:
    """Return the sheets of a spreadsheet.

    Args:
        source: the file.
        kind: what `form` said of it.

    Raises:
        decode.Refused: it is protected, damaged, or larger than anything an owner has.
    """
    data = _whole(source)
    try:
        survey = {"xlsx": _survey_xlsx, "xls": _survey_xls, "ods": _survey_ods}[kind](data)
    except decode.Refused:
        raise
    except Exception as error:  # whatever damage makes zipfile, zlib, struct and expat raise
        if type(error) is RuntimeError and "password" in str(error):  # zipfile's way to say that a part is encrypted
            raise decode.Refused("password", _LOCKED) from None
        raise decode.Refused("damaged", _DAMAGED) from None
    if kind == "xls":
        _rehearse(data)
    with _quiet():
        return Book(kind, tuple(_pages(data, survey)), survey.epoch)


_REHEARSAL = """
import io, sys
try:
    import python_calamine
    with python_calamine.load_workbook(io.BytesIO(sys.stdin.buffer.read())) as book:
        for index in range(len(book.sheets_metadata)):
            book.get_sheet_by_index(index).to_python(skip_empty_area=False)
except BaseException:
    pass
"""
_REHEARSAL_SECONDS = 60.0


def _rehearse(data: bytes) -> None:
    """Let a process of its own read an .xls first: damage can make the library ask for more memory than there is.

    That is no exception: it ends the process. What it refuses in words is refused again, by us.
    """
    import subprocess
    import sys

    try:
        ended = subprocess.run(  # noqa: S603 - this program's own interpreter and text
            [sys.executable, "-I", "-c", _REHEARSAL],
            input=data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_REHEARSAL_SECONDS,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        ended = 1
    if ended:
        raise decode.Refused("damaged", _DAMAGED)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's panics, which it also prints with a trace, from the terminal; they are caught as errors."""
    try:
        before = os.dup(2)
    except OSError:  # nobody listens anyway
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)


def _pages(data: bytes, survey: _Survey) -> Iterator[Page]:
    import python_calamine as calamine

    try:
        with calamine.load_workbook(io.BytesIO(data)) as book:
            for index, sheet in enumerate(book.sheets_metadata):
                if sheet.typ is not calamine.SheetTypeEnum.WorkSheet:
                    continue
                values = book.get_sheet_by_index(index).to_python(skip_empty_area=False)
                failed = survey.failed[index] if index < len(survey.failed) else {}
                hidden = sheet.visible is not calamine.SheetVisibleEnum.Visible
                yield Page(index + 1, sheet.name, hidden, _records(values, failed))
    except calamine.PasswordError:
        raise decode.Refused("password", _LOCKED) from None
    except decode.Refused:
        raise
    except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException:  # a panic of the library is no Exception, and means the same: it could not read the file
        raise decode.Refused("damaged", _DAMAGED) from None


# ---------------------------------------------------------------- cells


def _records(values: Sequence[Sequence[object]], failed: dict[Place, str]) -> list[list[str]]:
    """Return cells as text, without the empty columns at the left and at the right; row numbers stay."""
    records = [[cell if type(cell) is str else _text(cell) for cell in row] for row in values]
    for (row, column), error in failed.items():
        if row < len(records) and column < len(records[row]) and not records[row][column]:
            records[row][column] = table.Failed(error)
    filled = [(next(place for place, cell in enumerate(row) if cell), _last(row)) for row in records if any(row)]
    left, right = min((low for low, _ in filled), default=0), max((high for _, high in filled), default=0)
    if left or any(len(row) != right for row in records):
        records = [row[left:right] for row in records]
    return records


def _last(row: Sequence[str]) -> int:
    width = len(row)
    while not row[width - 1]:
        width -= 1
    return width


def _text(value: object) -> str:
    """Return a cell as a spreadsheet program would write it to CSV, but days always as year, month, day."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return table.Number(value)
    if isinstance(value, float):
        return table.Number(_number(value))
    if isinstance(value, datetime):
        if value.microsecond:
            value = (value + timedelta(milliseconds=500)).replace(microsecond=0)
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)


def _number(value: float) -> str:
    """Return the 15 digits that spreadsheets show, never with an exponent: phone numbers are numbers to them."""
    text = f"{value:.15g}"
    return f"{Decimal(text):f}" if "e" in text else text


# ---------------------------------------------------------------- zipped spreadsheets


def _too_large() -> decode.Refused:
    return decode.Refused(
        "too-large",
        f"the spreadsheet unpacks to more than {UNPACKED_LIMIT // 1_000_000} million bytes, our limit, and more than a "
        "million rows need. Save the sheet with the clients or jobs alone, as CSV.",
    )


def _too_wide() -> decode.Refused:
    return decode.Refused(
        "too-large",
        f"a sheet spans more than {CELLS_LIMIT // 1_000_000} million cells, which is our limit; is there a cell far "
        "away from the table? Save the sheet with the clients or jobs alone, as CSV.",
    )


def _too_long() -> decode.Refused:
    return decode.Refused(
        "too-long",
        f"a cell of the spreadsheet holds more than {TEXT_LIMIT // 1_000_000} million characters, and no program "
        f"writes more than {table.LONGEST_CELL:,} into one. Shorten it, and save the file again.",
    )


def _unpacked(data: bytes, look: Callable[[str], _Take | None]) -> None:
    """Unpack every member in pieces, and give the pieces to what *look* returns for its name.

    The sizes that an archive states are not believed: the pieces are counted, and nothing is kept.
    """
    total = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
    for member in members:
        if member.flag_bits & 1:
            raise decode.Refused("password", _LOCKED)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise decode.Refused("damaged", _DAMAGED)
        take = look(member.filename)
        for piece in _pieces(data, member):
            total += len(piece)
            if total > UNPACKED_LIMIT:
                raise _too_large()
            if take is not None and piece:
                take(piece)
        if take is not None:
            take(b"")


def _both(one: _Take, other: _Take) -> _Take:
    def take(piece: bytes) -> None:
        one(piece)
        other(piece)

    return take


def _pieces(data: bytes, member: zipfile.ZipInfo) -> Iterator[bytes]:
    start = member.header_offset
    name, extra = struct.unpack_from("<HH", data, start + 26)
    start += 30 + name + extra
    packed = memoryview(data)[start : start + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        yield from (bytes(packed[place : place + _CHUNK]) for place in range(0, len(packed), _CHUNK))
        return
    unpack = zlib.decompressobj(-15)
    for place in range(0, len(packed), _CHUNK):
        rest: bytes | memoryview = packed[place : place + _CHUNK]
        while rest and not unpack.eof:
            yield unpack.decompress(rest, _CHUNK)
            rest = unpack.unconsumed_tail
    yield unpack.flush()


class _SheetXml:
    """Looks at the XML of one worksheet of .xlsx in pieces: how far its cells reach, and which formulas fail."""

    def __init__(self) -> None:
        self.failed: dict[Place, str] = {}
        self._rest = b""
        self._height = 0
        self._columns: set[bytes] = set()

    def take(self, piece: bytes) -> None:
        """Look at whole rows, and keep the beginning of the next."""
        rest = self._rest + piece
        cut = rest.rfind(b"row>") + 4 if piece else len(rest)
        if cut < 4:
            cut = 0
        part, self._rest = rest[:cut], rest[cut:]
        if len(self._rest) > _ROW_LIMIT:
            raise _too_long()
        found = _CELL.findall(part)
        if found:
            self._columns |= {cell.rstrip(b"0123456789") for cell in found}
            self._height = max(self._height, max(int(cell.lstrip(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")) for cell in found))
            if self._height * (1 + max(map(_column, self._columns))) > CELLS_LIMIT:
                raise _too_wide()
        for attributes, error in _FAILED.findall(part):
            place = _CELL.search(b" " + attributes)
            if place:
                name = place[1].rstrip(b"0123456789")
                self.failed[int(place[1][len(name) :]) - 1, _column(name)] = error.decode("utf-8", "replace")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


class _Texts:
    """Looks for a text that no cell can hold."""

    def __init__(self) -> None:
        self._length = 0

    def take(self, piece: bytes) -> None:
        """Count the bytes between two tags, over the borders of pieces."""
        runs = piece.split(b"<")
        self._length += len(runs[0])
        if len(runs) > 1:
            if max(self._length, *map(len, runs[1:])) > TEXT_LIMIT:
                raise _too_long()
            self._length = len(runs[-1])
        if self._length > TEXT_LIMIT:
            raise _too_long()


def _survey_xlsx(data: bytes) -> _Survey:
    sheets: dict[str, _SheetXml] = {}
    small: dict[str, bytearray] = {"xl/workbook.xml": bytearray(), "xl/_rels/workbook.xml.rels": bytearray()}

    def look(name: str) -> _Take | None:
        if name in small:
            return small[name].extend
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            rows, texts = sheets.setdefault(name, _SheetXml()), _Texts()
            return _both(texts.take, rows.take)
        return _Texts().take if name.endswith(".xml") else None

    _unpacked(data, look)
    survey = _Survey()
    targets: dict[str, str] = {}
    order: list[str] = []

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            target = attributes.get("Target", "")
            targets[attributes.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"

    def part(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            order.append(next((value for key, value in attributes.items() if key.endswith(":id")), ""))
        elif name == "workbookPr" and attributes.get("date1904", "0") in ("1", "true"):
            survey.epoch = date(1904, 1, 1)

    _elements(bytes(small["xl/_rels/workbook.xml.rels"]), relation)
    _elements(bytes(small["xl/workbook.xml"]), part)
    nothing = _SheetXml()
    survey.failed = [sheets.get(targets.get(each, ""), nothing).failed for each in order]
    return survey


def _parser(begin: Callable[[str, dict[str, str]], None]) -> XMLParserType:
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: begin(name.rpartition(":")[2], attributes)
    return parser


def _elements(xml: bytes, begin: Callable[[str, dict[str, str]], None]) -> None:
    _parser(begin).Parse(xml, True)


class _Content:
    """Looks at the content of .ods: how far its cells reach with all that is said to repeat, and which fail."""

    def __init__(self) -> None:
        self.failed: list[dict[Place, str]] = []
        self._row = self._column = self._height = self._width = self._repeat = 0
        self._filled = False
        self._at: Place | None = None
        self._parser = _parser(self._begin)
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._said

    def take(self, piece: bytes) -> None:
        """Parse the next piece."""
        self._parser.Parse(piece, not piece)

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        if name in ("table-cell", "covered-table-cell"):
            times = int(attributes.get("table:number-columns-repeated", "1"))
            if "office:value-type" in attributes:
                self._filled = True
                self._width = max(self._width, self._column + times)
                if attributes.get("calcext:value-type") == "error":
                    self._at = (self._row, self._column)
                    self.failed[-1][self._at] = ""
            self._column += times
        elif name == "table-row":
            self._repeat = int(attributes.get("table:number-rows-repeated", "1"))
            self._column, self._filled = 0, False
        elif name == "table":
            self.failed.append({})
            self._row = self._height = self._width = 0

    def _said(self, text: str) -> None:
        if self._at is not None:
            self.failed[-1][self._at] += text[:20]

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name == "table-cell":
            self._at = None
        elif name == "table-row":
            self._row += self._repeat
            if self._filled:
                self._height = self._row
            if self._height * self._width > CELLS_LIMIT:
                raise _too_wide()


def _survey_ods(data: bytes) -> _Survey:
    content = _Content()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if b"manifest:encryption-data" in archive.read("META-INF/manifest.xml")[:_CHUNK]:
            raise decode.Refused("password", _LOCKED)

    def look(name: str) -> _Take | None:
        if name != "content.xml":
            return None
        return _both(_Texts().take, content.take)

    _unpacked(data, look)
    return _Survey(content.failed)


# ---------------------------------------------------------------- the older .xls


class _Ole:
    """The little of Microsoft's compound file (MS-CFB) that is needed: the names and one stream."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def names(self) -> dict[str, tuple[int, int]]:
        """Return name -> first sector and size."""
        try:
            self._size = 1 << min(struct.unpack_from("<H", self._data, 30)[0], 16)
            counts = [struct.unpack_from("<I", self._data, place)[0] for place in (40, 44, 64, 72)]
            if self._size not in (512, 4096) or max(counts) > len(self._data) // self._size:
                raise ValueError("more sectors than bytes")
            self._next = self._sectors()
            listing = self._chain(struct.unpack_from("<I", self._data, 48)[0])
            found: dict[str, tuple[int, int]] = {}
            for place in range(0, len(listing) - 127, 128):
                length = struct.unpack_from("<H", listing, place + 64)[0]
                name = listing[place : place + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
                found[name] = struct.unpack_from("<II", listing, place + 116)
            if any(size > len(self._data) for name, (_, size) in found.items() if name):
                raise ValueError("a stream longer than the file")
        except (struct.error, LookupError, ValueError):
            raise decode.Refused("damaged", _DAMAGED) from None
        return found

    def stream(self, name: str) -> bytes:
        """Return a stream; nothing for one so small that it is kept elsewhere, which no spreadsheet's is."""
        start, size = self.names()[name]
        return self._chain(start)[:size] if size >= 4096 else b""

    def _sectors(self) -> list[int]:
        data = self._data
        tables = [each for each in struct.unpack_from("<109I", data, 76) if each < 0xFFFFFFFA]
        extra, seen = struct.unpack_from("<I", data, 68)[0], set[int]()
        while extra < 0xFFFFFFFA and extra not in seen:
            seen.add(extra)
            more = self._sector(extra)
            *each, extra = struct.unpack(f"<{len(more) // 4}I", more[: len(more) // 4 * 4])
            tables += [number for number in each if number < 0xFFFFFFFA]
        following: list[int] = []
        for number in tables:
            part = self._sector(number)
            following += struct.unpack(f"<{len(part) // 4}I", part[: len(part) // 4 * 4])
        return following

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self._data[start : start + self._size]

    def _chain(self, number: int) -> bytes:
        parts: list[bytes] = []
        while number < len(self._next) and len(parts) <= len(self._next):
            parts.append(self._sector(number))
            number = self._next[number]
        return b"".join(parts)


def _survey_xls(data: bytes) -> _Survey:
    """Look through the records of a BIFF stream (MS-XLS 2.4) for failed formulas and the day 0."""
    ole = _Ole(data)
    names = ole.names()
    stream = ole.stream("Workbook" if "Workbook" in names else "Book")
    survey = _Survey()
    starts: list[int] = []
    for kind, body in _biff(stream, 0):
        if kind == 0xFC and struct.unpack_from("<I", body, 4)[0] > len(stream):  # SST
            raise ValueError("more texts than bytes")
        if kind == 0x85:  # BoundSheet8
            starts.append(struct.unpack_from("<I", body)[0])
        elif kind == 0x22 and body[:1] == b"\1":  # Date1904
            survey.epoch = date(1904, 1, 1)
        elif kind == 0x2F:  # FilePass
            raise decode.Refused("password", _LOCKED)
    for start in starts:
        failed: dict[Place, str] = {}
        for kind, body in _biff(stream, start):
            code = None
            _check_biff(kind, body)
            if kind == 0x205 and body[7:8] == b"\1":  # BoolErr
                code = body[6]
            elif kind == 0x06 and body[12:14] == b"\xff\xff" and body[6:7] == b"\2":  # Formula
                code = body[8]
            if code is not None:
                row, column = struct.unpack_from("<HH", body)
                failed[row, column] = _BIFF_ERRORS.get(code, "#ERROR!")
        survey.failed.append(failed)
    return survey


def _check_biff(kind: int, body: bytes) -> None:
    """Refuse cells beyond the 65,536 rows and 256 columns of the format, for which a reader would ask for memory."""
    if kind == 0x200:  # Dimensions
        row, rows, column, columns = (
            struct.unpack_from("<IIHH", body) if len(body) >= 14 else struct.unpack_from("<HHHH", body)
        )
        if max(row, rows) > 65_536 or max(column, columns) > 256:
            raise ValueError("too large for this format")
    elif kind in _BIFF_CELLS and struct.unpack_from("<H", body, 2)[0] > 255:
        raise ValueError("too far to the right for this format")


def _biff(stream: bytes, place: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records of one substream, without those of charts inside it."""
    depth = 0
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        if kind == 0x809:  # BOF
            depth += 1
        elif kind == 0x0A:  # EOF
            depth -= 1
            if depth <= 0:
                return
        elif depth == 1:
            yield kind, stream[place + 4 : place + 4 + size]
        place += 4 + size
