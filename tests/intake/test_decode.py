"""Bytes become text, or a refusal in plain words."""

from __future__ import annotations

import contextlib
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.intake import alphabets, decode, sources

TABLE = "Name,Email\nJosé Núñez,jose@example.com\n"


def decoded(data: bytes, **options: str) -> tuple[str, str]:
    """Return the text of *data* and its encoding."""
    source = sources.Source(data)
    found = decode.choose(source, **options)
    return "".join(found.lines(source)), found.name


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
    found = decoded(TABLE.encode(encoding))
    assert found == (TABLE, named)


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
        (b"BEGIN:VCALENDAR", "calendar"),
        (b"\n<!doctype html><title>Log in</title>", "html"),
        (b"<?xml version='1.0'?>", "xml"),
        (b'[{"name": "Ada"}]', "json"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "picture"),
        (b"\0\0\0\x18ftypheic", "picture"),
        (b"BM\x36\x10\0\0\0\0\0\0" + bytes(20), "picture"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"clients.csv".ljust(257, b"\0") + b"ustar", "compressed"),
        (b"!BDN", "mailbox"),
        (b"<clients>\n <client>", "xml"),
        (b"<div>Session expired</div>", "html"),
        (b"<br />\n<b>Warning</b>: cannot connect", "html"),
        (b'[["Name", "Email"]]', "json"),
        (b"Received: from mail.example.com", "mail"),
        (b"dn: cn=Ada Hall,mail=ada@example.com", "ldif"),
        (b"!CUST\tNAME\tBADDR1", "iif"),
        (b"!Type:Bank\nD03/02/2026", "bank-statement"),
        (b"OFXHEADER:100", "bank-statement"),
        (b"INSERT INTO clients VALUES (1)", "sql"),
        (b"[InternetShortcut]\nURL=https://example.com", "link"),
        (bytes(range(32)) * 20, "not-text"),
        (b"\xff\xfeA\x00B", "damaged"),
    ],
)
def test_what_is_no_table_is_refused_by_name(data: bytes, code: str) -> None:
    """The refusal says what the file seems to be and what would help."""
    with pytest.raises(decode.Refused) as caught:
        decoded(data)
    assert caught.value.code == code
    assert len(str(caught.value)) > 15


@pytest.mark.parametrize(
    "start", ["<Name>,<Email>", "ID;Phone;Email", "[Name],[Email]", "BMW owner,Email", "<a@example.com>"]
)
def test_column_names_that_begin_like_another_format_are_column_names(start: str) -> None:
    """Only what no table begins with is refused."""
    assert decoded(f"{start}\nAda\n".encode())[0].startswith(start)


def test_a_zip_names_what_is_inside() -> None:
    """Seven members are five names and a number; none are nothing."""
    with pytest.raises(decode.Refused, match="nothing in it"):
        decoded(zipped())
    with pytest.raises(decode.Refused, match=r"c0.csv, c1.csv, .* and 2 more"):
        decoded(zipped(*(f"c{number}.csv" for number in range(7))))


@pytest.mark.parametrize(
    ("data", "country", "first"),
    [
        ("Pęk".encode("cp1250"), "PL", "cp1250"),
        ("Müller".encode("cp850"), "DE", "cp850"),
        ("José Núñez bébé à côté".encode("mac_roman"), "GB", "mac_roman"),
        ("Núñez, Müller, é".encode() + b"\xff\xfe", "GB", "utf-8"),
        (b"Ada\x81Hall", "GB", "mac_roman"),
    ],
)
def test_what_the_bytes_do_not_decide_is_asked(data: bytes, country: str, first: str) -> None:
    """A wrong guess would be silent: the options are given instead."""
    with pytest.raises(decode.EncodingUnclear) as caught:
        decoded(data, country=country)
    assert caught.value.options[0] == first


@pytest.mark.parametrize("country", ["PL", "CZ", "HU"])
def test_code_pages_that_read_a_file_alike_are_not_asked_about(country: str) -> None:
    """Wherever the home is, a question is only asked when the answer matters."""
    data = TABLE.replace("ñ", "ü").replace("ú", "ö").encode("cp1252")
    assert decoded(data, country=country)[0] == data.decode("cp1252")


def test_an_answer_makes_strange_bytes_a_matter_of_their_row() -> None:
    """A byte that the named encoding lacks becomes a lone surrogate and stops nobody else."""
    assert decoded(b"Ada\nB\xffb", encoding="utf-8")[0] == "Ada\nB\udcffb"
    assert decoded("Ada".encode("utf-16"), encoding="utf-16")[0] == "Ada"


def test_lone_surrogates_survive_as_such() -> None:
    """They are the business of their row."""
    assert decoded("N,\ud800".encode("utf-8", "surrogatepass"))[0] == "N,\ud800"


def test_an_encoding_must_turn_bytes_into_text() -> None:
    """Codecs such as hex and rot13 are none."""
    assert decode.known_encoding("cp1252")
    assert not decode.known_encoding("hex")
    assert not decode.known_encoding("nonsense")


@pytest.mark.parametrize(
    ("country", "text", "encoding"),
    [
        ("GB", "José Núñez, Zoë, £ 20, € 5", "cp1252"),
        ("DE", "Müller’s Bäckerei – Größe 20 m²", "cp1252"),
        ("FR", "Hélène Bérangère, François", "mac_roman"),
        ("PL", "Józef Żak, Łukasz Müller", "cp1250"),
        ("CZ", "Tomáš Dvořák", "cp1250"),
        ("HU", "Kovács Győző, Éva", "cp1250"),
        ("RU", "Анна Иванова", "cp1251"),
        ("GR", "Ελένη Παπαδοπούλου", "cp1253"),
        ("TR", "Ayşe Yıldız", "cp1254"),
        ("IL", "שרה כהן", "cp1255"),
        ("EG", "محمد علي", "cp1256"),
        ("LV", "Jānis Bērziņš", "cp1257"),
        ("TH", "สมชาย ใจดี", "cp874"),
        ("JP", "山田 太郎, ﾔﾏﾀﾞ", "cp932"),
        ("KR", "김민수, LG전자", "cp949"),
        ("CN", "李明", "gb18030"),
        ("TW", "陳大文", "cp950"),
    ],
)
def test_the_countrys_own_letters_decide(country: str, text: str, encoding: str) -> None:
    """Where one reading makes words of the country's languages and no other does, nobody is asked."""
    assert decoded(f"Name\n{text}\n".encode(encoding), country=country) == (f"Name\n{text}\n", encoding)


@pytest.mark.parametrize(
    "text", ["Name,Email\n王一,a@example.com\n一一一,\n", "Имя;Почта\nАнна;a@example.com\n", TABLE]
)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_known_by_its_commas(text: str, encoding: str) -> None:
    """Line ends, commas and addresses have a NUL on the same side, whatever the language."""
    assert decoded(text.encode(encoding), country="RU") == (text, encoding)


def test_ascii_needs_no_choice_anywhere() -> None:
    """All code pages read it alike."""
    for country in ("GB", "JP", "RU", ""):
        assert decoded(b"Name\rAda\r", country=country) == ("Name\rAda\r", "utf-8")


def test_a_few_broken_bytes_are_problems_of_their_rows() -> None:
    """Nothing is put in their place, and the rest is read."""
    data = ("Zoë\n" * 30).encode() + b"Jos\xe9\n"
    assert decoded(data, country="GB")[0] == "Zoë\n" * 30 + "Jos\udce9\n"


@pytest.mark.parametrize(
    ("damaged", "was"),
    [
        ("MÃ¼ller", "Müller"),
        ("Å\x81Ã³dÅº", "Łódź"),
        ("Oâ€™Brien", "O’Brien"),
        ("M√ºller", "Müller"),
        ("≈Å√≥d≈∫", "Łódź"),
    ],
)
def test_utf_8_that_was_saved_twice_is_recognised(damaged: str, was: str) -> None:
    """It can be said what it was; nobody changes it."""
    assert decode.saved_twice(damaged)
    assert decode.saved_once(damaged) == was
    assert decoded(damaged.encode())[0] == damaged


@pytest.mark.parametrize("text", ["Ångström", "São João", "„Ä“", "Älskling", "€ 5", "Ä»", "ÂÃ"])
def test_ordinary_words_are_not_taken_for_damage(text: str) -> None:
    """A capital with an accent is no damage."""
    assert decode.saved_twice(text) is None


ONE_OF_EACH = ["GB", *{page: country for country, page in alphabets.PAGES.items()}.values()]
TURNED = st.sampled_from([str.lower, str.capitalize, str.upper])


def words(page: alphabets.Page) -> st.SearchStrategy[str]:
    """Return names: letters of a language among those of ASCII, small, capitalised or in capitals."""
    letters = page.letters
    if "-" in letters:
        spans = [range(ord(letters[at]), ord(letters[at + 2]) + 1) for at in range(0, len(letters), 3)]
        known = [chr(code) for span in spans for code in span[:1000] if chr(code).encode(page.windows, "ignore")]
        some = st.text(st.sampled_from([char for char in known if char.isalpha()]), min_size=2, max_size=8)
        return st.builds(lambda word, turn: turn(word), some, TURNED)
    small = "".join(char for char in letters if char.islower())
    piece = st.tuples(st.text("abcdehiklmnoprstuw", min_size=1, max_size=3), st.sampled_from(small)).map("".join)
    last = st.text("aeknorst", max_size=2)
    word = st.tuples(st.sampled_from(["", *small]), st.lists(piece, min_size=1, max_size=3), last).map(
        lambda parts: parts[0] + "".join(parts[1]) + parts[2]
    )
    return st.builds(lambda word, turn: turn(word), word, TURNED)


@pytest.mark.parametrize("country", ONE_OF_EACH)
@given(data=st.data())
def test_names_are_read_back_or_asked_about(country: str, data: st.DataObject) -> None:
    """Whatever writes in a country, its names never become other names without a question."""
    page = alphabets.page(country)
    encoding = data.draw(st.sampled_from([page.windows, *page.rivals, "utf-8", "utf-16-le", "utf-16-be"]))
    names = data.draw(st.lists(words(page), min_size=1, max_size=6))
    text = "Name,Email\n" + "".join(f"{name},a@example.com\n" for name in names)
    try:
        written = text.encode(encoding)
    except UnicodeEncodeError:
        return
    if not encoding.startswith("utf") and _is_utf_8(written):
        return
    try:
        assert decoded(written, country=country)[0] == text
    except decode.EncodingUnclear as unclear:
        read = [written.decode(option, "replace") for option in unclear.options]
        assert text in read


@pytest.mark.parametrize("country", ONE_OF_EACH)
@given(data=st.data())
def test_what_the_countrys_code_page_wrote_is_never_read_as_something_else(country: str, data: st.DataObject) -> None:
    """Any text of it, sense or not, comes back or is asked about, or is a problem of its row."""
    windows = alphabets.page(country).windows
    written = b"Name\n" + bytes(data.draw(st.lists(st.integers(0x20, 0xFF), max_size=40)))
    try:
        text = written.decode(windows)
    except UnicodeDecodeError:
        return
    if _is_utf_8(written):
        return
    with contextlib.suppress(decode.EncodingUnclear):
        found = decoded(written, country=country)[0]
        assert found == text or any("\ud800" <= char <= "\udfff" for char in found)


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@given(st.binary(max_size=300))
def test_no_bytes_surprise(data: bytes) -> None:
    """Whatever the bytes, there is text, a refusal or a question."""
    with contextlib.suppress(decode.Refused, decode.EncodingUnclear):
        assert isinstance(decoded(data)[0], str)


@pytest.mark.parametrize("name", ["Käthe", "Öznur Käßmann-Görß"])
def test_utf_8_is_among_the_readings_of_a_file_that_is_a_part_of_it(name: str) -> None:
    """As when two files are glued: under that answer the other rows are refused, and no name is changed."""
    with pytest.raises(decode.EncodingUnclear, match="a part of it is UTF-8") as caught:
        decoded("Name\nJürgen\n".encode() + name.encode("cp1252"), country="DE")
    assert "utf-8" in caught.value.options
