"""Bytes become text, or a refusal in plain words."""

from __future__ import annotations

import contextlib
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.intake import decode

TABLE = "Name,Email\nJosé Núñez,jose@example.com\n"


def zipped(*names: str) -> bytes:
    """Return a zip archive with empty members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_ordinary_encodings_are_recognised(encoding: str, named: str) -> None:
    """Byte order marks, the pattern of NULs, strict UTF-8 and the western code page decide."""
    found = decode.decode(TABLE.encode(encoding))
    assert found == decode.Text(TABLE, named)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"%PDF-1.7 ...", "pdf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "xls"),
        (zipped("xl/workbook.xml"), "xlsx"),
        (zipped("word/document.xml"), "document"),
        (zipped("content.xml"), "ods"),
        (zipped("Index/Document.iwa"), "numbers"),
        (zipped("clients.csv", "jobs.csv"), "zip"),
        (b"PK\x03\x04 broken", "zip"),
        (b"BEGIN:VCARD\r\nVERSION:3.0", "vcard"),
        (b"BEGIN:VCALENDAR", "calendar"),
        (b"\n<!doctype html><title>Log in</title>", "html"),
        (b"<?xml version='1.0'?>", "xml"),
        (b'[{"name": "Ada"}]', "json"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\x1f\x8b\x08", "compressed"),
        (bytes(range(32)) * 20, "not-text"),
        (b"\xff\xfeA\x00B", "damaged"),
    ],
)
def test_what_is_no_table_is_refused_by_name(data: bytes, code: str) -> None:
    """The refusal says what the file seems to be and what would help."""
    with pytest.raises(decode.Refused) as caught:
        decode.decode(data)
    assert caught.value.code == code
    assert len(str(caught.value)) > 15


def test_a_zip_names_what_is_inside() -> None:
    """Seven members are five names and a number."""
    with pytest.raises(decode.Refused, match=r"c0.csv, c1.csv, .* and 2 more"):
        decode.decode(zipped(*(f"c{number}.csv" for number in range(7))))


@pytest.mark.parametrize(
    ("data", "country", "first"),
    [
        ("Józef Żak".encode("cp1250"), "PL", "cp1250"),
        ("José Núñez bébé à côté".encode("mac_roman"), "GB", "mac_roman"),
        ("Núñez, Müller, é".encode() + b"\xff", "GB", "utf-8"),
        (b"Ada\x81Hall", "GB", "mac_roman"),
    ],
)
def test_what_the_bytes_do_not_decide_is_asked(data: bytes, country: str, first: str) -> None:
    """A wrong guess would be silent: the options are given instead."""
    with pytest.raises(decode.EncodingUnclear) as caught:
        decode.decode(data, country=country)
    assert caught.value.options[0] == first


@pytest.mark.parametrize("country", ["PL", "CZ", "HU"])
def test_code_pages_that_read_a_file_alike_are_not_asked_about(country: str) -> None:
    """Wherever the home is, a question is only asked when the answer matters."""
    data = TABLE.replace("ñ", "ü").replace("ú", "ö").encode("cp1252")
    assert decode.decode(data, country=country).text == data.decode("cp1252")


def test_an_answer_makes_strange_bytes_a_matter_of_their_row() -> None:
    """A byte that the named encoding lacks becomes a lone surrogate and stops nobody else."""
    assert decode.decode(b"Ada\nB\xffb", encoding="utf-8").text == "Ada\nB\udcffb"
    assert decode.decode("Ada".encode("utf-16"), encoding="utf-16").text == "Ada"


def test_lone_surrogates_survive_as_such() -> None:
    """They are the business of their row."""
    assert decode.decode("N,\ud800".encode("utf-8", "surrogatepass")).text == "N,\ud800"


def test_an_encoding_must_turn_bytes_into_text() -> None:
    """Codecs such as hex and rot13 are none."""
    assert decode.known_encoding("cp1252")
    assert not decode.known_encoding("hex")
    assert not decode.known_encoding("nonsense")


@given(st.binary(max_size=300))
def test_no_bytes_surprise(data: bytes) -> None:
    """Whatever the bytes, there is text, a refusal or a question."""
    with contextlib.suppress(decode.Refused, decode.EncodingUnclear):
        assert isinstance(decode.decode(data).text, str)
