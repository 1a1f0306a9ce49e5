"""What leaves the home comes back as it was, or opens in the program that it was made for."""

from __future__ import annotations

import codecs
import csv
import errno
import io
import json
import re
import shutil
import stat
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup import settings
from followup.model import Client
from followup.report import addressbooks, vcards
from followup.workflow import exporting
from tests import factories
from tests.conftest import Ran

Run = Callable[..., Ran]

CLIENTS = [
    {
        "client_id": "1", "title": "Mrs", "first_name": "Ada", "last_name": "Hall", "full_name": "Ada Maria Hall",
        "company": "", "address_as": "Addie", "emails": "ada@example.com; a.hall@example.org",
        "phones": "+447700900123; +441632960199", "street": "1 High Street\nFlat 2", "city": "Leeds",
        "region": "West Yorkshire", "postal_code": "LS1 1AA", "country": "GB", "language": "en",
        "preferred_channel": "call", "no_channels": "text; letter", "tags": "vip; boiler",
        "notes": "two dogs\nrings the bell twice; \"knock\", then wait\n\n- by the side door",
        "personal_note": "admired the old boiler", "consent": "opted_in", "referred_by": "Zoë Ray", "Gate": "'=1+1",
    },
    {
        "client_id": "2", "first_name": "Bo", "last_name": "Hall", "full_name": "Bo Hall", "emails": "bo@example.com",
        "phones": "+447700900123", "street": "1 High Street\nFlat 2", "city": "Leeds", "region": "West Yorkshire",
        "postal_code": "LS1 1AA", "country": "GB", "consent": "opted_out", "tags": "'@home; vip", "notes": "'=2+5",
    },
    {
        "client_id": "3", "first_name": "Łukasz", "last_name": "Żółć", "full_name": "Łukasz Żółć",
        "company": "Żółć & Synowie, Sp. z o.o.; Kraków",
        "emails": "lukasz@example.com; 2@example.com; 3@example.com; 4@example.com",
        "phones": "+48601234567; +48221234567; +48221234568; +48602234567", "notes": "日本語 עברית 🔧 ends",
        "language": "pl", "country": "PL", "consent": "unknown",
    },
    {"client_id": "4", "company": "Mill Lane Dairy", "emails": "dairy@example.com", "phones": "+441632960101"},
    {
        "client_id": "5", "first_name": "Jan", "last_name": "'t Hooft", "full_name": "Jan 't Hooft",
        "phones": "+31612345678",
    },
]  # fmt: skip
JOBS = [
    {
        "job_id": "j1", "client_id": "1", "client_name": "Ada Maria Hall", "client_email": "ada@example.com",
        "service": "Boiler; service, \"yearly\"", "status": "completed", "completed_on": "2026-02-20",
        "promised_on": "2026-02-19", "amount": "1234.50", "currency": "GBP", "paid_on": "2026-02-27",
        "invoice_ref": "'-7", "site_address": "2 Low Lane\nLeeds", "assigned_to": "Zoë", "note": "new valve\nno charge",
        "Crew": "'@two",
    },
    {
        "job_id": "j2", "client_id": "3", "client_name": "Łukasz Żółć", "client_email": "lukasz@example.com",
        "service": "Zawór", "status": "open", "promised_on": "2026-05-04", "amount": "50000", "currency": "JPY",
    },
    {
        "job_id": "j3", "client_id": "5", "client_name": "Jan 't Hooft", "service": "Kraan", "status": "completed",
        "completed_on": "2026-02-21", "amount": "-40.00", "currency": "EUR",
    },
]  # fmt: skip


def table(path: Path, rows: list[dict[str, str]]) -> Path:
    """Write *rows* as a CSV file with every column of any of them."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(dict.fromkeys(name for row in rows for name in row)), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def full(run: Run, tmp_path: Path) -> Run:
    """Give `run` in a home whose clients and jobs have every field filled somewhere."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")
    run("import", table(tmp_path / "in-clients.csv", CLIENTS), table(tmp_path / "in-jobs.csv", JOBS), "--yes")
    return run


def read_table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")))


def shown(run: Run, *command: str) -> Any:
    """Return what a command prints as json."""
    return json.loads(run(*command, "--format", "json").stdout)


def nothing_changes(run: Run, *paths: Path) -> None:
    """Import files that say what the home knows already."""
    before = shown(run, "client", "export"), shown(run, "job", "export")
    ran = run("import", *paths, "--yes")
    assert "new: 0 clients, 0 jobs; changed: 0 clients, 0 jobs" in ran.stdout, ran.stdout
    assert (shown(run, "client", "export"), shown(run, "job", "export")) == before


# ---------------------------------------------------------------- our own form


@pytest.mark.parametrize("program", [[], ["--for", "excel"]])
@pytest.mark.parametrize("country", ["GB", "DE", "PL", "CH"])
def test_an_export_with_every_field_filled_comes_back_as_nothing_changed(
    full: Run, home: Path, tmp_path: Path, program: list[str], country: str
) -> None:
    """Several addresses, line breaks, formulas, wishes, consent, a household and a column of one's own."""
    path = home / "followup.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"GB"', f'"{country}"'), encoding="utf-8")
    assert settings.load(path).business.country == country
    clients, jobs = tmp_path / "clients.csv", tmp_path / "jobs.csv"
    full("client", "export", *program, "-o", clients)
    full("job", "export", *program, "-o", jobs)
    first = clients.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("\ufeff") == bool(program)
    assert (";" in first) == bool(program and country != "GB")
    nothing_changes(full, clients, jobs)
    nothing_changes(full, jobs)


def test_every_field_of_an_export_is_filled_somewhere_in_this_test(full: Run) -> None:
    """So that the round trip above leaves no field out."""
    for command in ("client", "job"):
        rows = shown(full, command, "export")
        assert {name for row in rows for name, value in row.items() if value} == set(rows[0])


def test_what_leaves_one_home_fills_an_empty_one(full: Run, run: Run, tmp_path: Path) -> None:
    """The two files are enough: a second home has the same facts, under numbers of its own."""
    full("client", "export", "-o", tmp_path / "clients.csv")
    full("job", "export", "-o", tmp_path / "jobs.csv")
    before = shown(full, "client", "export"), shown(full, "job", "export")
    other = tmp_path / "other"
    run("init", other, "--name", "Sam Alder", "--business", "Alder", "--country", "GB")
    run("--home", other, "import", tmp_path / "clients.csv", tmp_path / "jobs.csv", "--yes")
    after = shown(run, "--home", str(other), "client", "export"), shown(run, "--home", str(other), "job", "export")
    for was, now in zip(before, after, strict=True):
        assert sorted(map(_facts, was)) == sorted(map(_facts, now))


def _facts(row: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in row.items() if name not in ("client_id", "job_id")})


# ---------------------------------------------------------------- address books


@pytest.mark.parametrize("program", ["google", "outlook"])
def test_an_address_book_comes_back_without_duplicates(full: Run, tmp_path: Path, program: str) -> None:
    """Our import knows both headers: every row finds its client, and an opt-out stays one."""
    path = tmp_path / f"{program}.csv"
    full("client", "export", "--for", program, "-o", path)
    before = shown(full, "client", "export")
    ran = full("import", path, "--yes")
    assert "new: 0 clients, 0 jobs" in ran.stdout
    after = shown(full, "client", "export")
    assert len(after) == len(before)
    for was, now in zip(before, after, strict=True):
        for name in ("full_name", "company", "consent", "street", "city", "postal_code", "country", "notes", "tags"):
            assert was[name] == now[name], name
        assert sorted(was["emails"] + was["phones"]) == sorted(now["emails"] + now["phones"])


def test_google_gets_its_own_header_with_as_many_groups_as_are_needed(full: Run) -> None:
    """Primary e-mail marked, labels joined as Google joins them, the middle name where it belongs."""
    ran = full("client", "export", "--for", "google")
    rows = list(csv.DictReader(io.StringIO(ran.stdout, newline="")))
    header = ran.stdout.splitlines()[0].split(",")
    assert header[:3] == ["First Name", "Middle Name", "Last Name"]
    assert [name for name in header if name.startswith("E-mail")][-1] == "E-mail 4 - Value"
    assert [name for name in header if name.startswith("Phone ")][-1] == "Phone 4 - Value"
    ada = next(row for row in rows if row["First Name"] == "Ada")
    assert (ada["Middle Name"], ada["Name Prefix"], ada["Nickname"]) == ("Maria", "Mrs", "Addie")
    assert (ada["E-mail 1 - Label"], ada["E-mail 2 - Label"]) == ("* Home", "Home")
    assert (ada["Phone 1 - Label"], ada["Phone 2 - Label"]) == ("Mobile", "Home")
    assert ada["Labels"] == "vip ::: boiler ::: * myContacts"
    dairy = next(row for row in rows if row["Organization Name"] == "Mill Lane Dairy")
    assert (dairy["First Name"], dairy["E-mail 1 - Label"], dairy["Address 1 - Label"]) == ("", "* Work", "")
    assert "1 of these clients said stop" in ran.stderr


def test_an_empty_home_exports_headers(run: Run) -> None:
    """A header is there for each form; a file of cards without cards is empty."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")
    assert "E-mail 1 - Value" in run("client", "export", "--for", "google").stdout
    assert "E-mail Address" in run("client", "export", "--for", "outlook").stdout
    assert run("client", "export", "--format", "vcf").stdout == ""


def test_outlook_gets_the_code_page_and_the_words_of_its_windows(run: Run, home: Path, tmp_path: Path) -> None:
    """German columns and cp1252 in Germany, lines ended with CR; a letter beyond it makes it UTF-8 with a mark."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "DE", "--email", "sam@alder.example.com")
    path = home / "followup.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("[business]", '[business]\nlanguage = "de"', 1), "utf-8")
    run("client", "add", "--name", "Jörg Groß", "--email", "j@example.com", "--notes", "erst klingeln\ndann rufen")
    out = tmp_path / "outlook.csv"
    run("client", "export", "--for", "outlook", "-o", out)
    data = out.read_bytes()
    assert data.startswith("Anrede,Vorname,".encode("cp1252"))
    assert "Straße privat" in data.decode("cp1252")
    assert "Jörg,,Groß," in data.decode("cp1252")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert "new: 0 clients" in run("import", out, "--yes").stdout
    run("client", "add", "--name", "Łukasz Nowak", "--email", "l@example.com")
    run("client", "export", "--for", "outlook", "-o", out)
    assert out.read_bytes().startswith(codecs.BOM_UTF8)
    assert "new: 0 clients" in run("import", out, "--yes").stdout


def test_outlook_in_poland_gets_the_polish_code_page(run: Run, tmp_path: Path) -> None:
    """Which code page it is follows from the home's country, in writing as in reading."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "PL", "--email", "sam@alder.example.com")
    run("client", "add", "--name", "Łukasz Żółć", "--email", "l@example.com")
    run("client", "export", "--for", "outlook", "-o", tmp_path / "outlook.csv")
    assert "Łukasz,,Żółć," in (tmp_path / "outlook.csv").read_bytes().decode("cp1250")
    nothing_changes(run, tmp_path / "outlook.csv")


def test_what_exceeds_outlooks_columns_shares_the_last_of_them() -> None:
    """Nothing is left out: third and later e-mails in one cell, further phones under "Other Phone"."""
    client = factories.client(
        emails=tuple(f"{n}@example.com" for n in range(5)),
        phones=("+447700900001", "+447700900002", "+441632960001", "+441632960002"),
        company="",
    )
    (row,) = addressbooks.outlook_rows([client])
    columns = [column.name for column in addressbooks.outlook_columns(language="en")]
    cells = dict(zip(columns, row, strict=True))
    assert cells["E-mail 3 Address"] == "2@example.com; 3@example.com; 4@example.com"
    assert (cells["Mobile Phone"], cells["Home Phone"]) == ("+447700900001", "+441632960001")
    assert cells["Other Phone"] == "+447700900002; +441632960002"


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ({"full_name": "Ada Maria Hall", "first_name": "Ada", "last_name": "Hall"}, ("Ada", "Maria", "Hall")),
        ({"full_name": "Ada Hall", "first_name": "Ada", "last_name": "Hall"}, ("Ada", "", "Hall")),
        ({"full_name": "Hall, Ada", "first_name": "Ada", "last_name": "Hall"}, ("Ada", "", "Hall")),
        ({"full_name": "Ada Maria Hall"}, ("Ada Maria", "", "Hall")),
        ({"full_name": "Ada"}, ("Ada", "", "")),
        ({"first_name": "Ada", "last_name": "Hall"}, ("Ada", "", "Hall")),
        ({"company": "Hall Ltd"}, ("", "", "")),
        ({"full_name": "Hall Ltd", "company": "Hall Ltd"}, ("", "", "")),
    ],
)
def test_a_name_in_the_parts_of_an_address_book(fields: dict[str, str], parts: tuple[str, str, str]) -> None:
    """The middle is what the whole name has between first and last; without parts the last word is the last name."""
    found = addressbooks.name(Client(id="c", **fields))
    assert (found.first, found.middle, found.last) == parts


@pytest.mark.parametrize("words", [("--for", "google"), ("--for", "outlook"), ("--for", "excel")])
def test_a_form_of_csv_is_no_other_format(full: Run, words: tuple[str, str]) -> None:
    """--for with another format ends with 2 and says which option to leave out."""
    assert "leave out --format json" in full("client", "export", *words, "--format", "json", exit_code=2).stderr
    assert "leave out --format vcf" in full("client", "export", *words, "--format", "vcf", exit_code=2).stderr


# ---------------------------------------------------------------- cards


def read_cards(text: str) -> Iterator[list[tuple[str, str, str]]]:
    """Read a .vcf file as RFC 6350 says: unfold, take apart, unescape. Yield name, parameters and value."""
    card: list[tuple[str, str, str]] = []
    for line in text.replace("\r\n ", "").split("\r\n")[:-1]:
        head, _, value = line.partition(":")
        name, _, parameters = head.partition(";")
        card.append((name, parameters, value))
        if name == "END":
            yield card
            card = []


def unescape(value: str) -> str:
    """Return the text that a value stands for."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], value)


def parts(value: str, mark: str) -> list[str]:
    """Return the texts of a value that is a list."""
    return [unescape(part) for part in re.split(rf"(?<!\\)(?:\\\\)*{mark}", value)]


def test_cards_hold_what_an_address_book_has_a_place_for(full: Run, golden: Callable[[str, str], None]) -> None:
    """Version 3.0, CRLF, folded: the very bytes, with our identifiers named."""
    text = full("client", "export", "--format", "vcf").stdout
    cards = list(read_cards(text.replace("\r\n", "\n").replace("\n", "\r\n")))
    assert len(cards) == len(CLIENTS)
    ada = next(card for card in cards if ("FN", "", "Ada Maria Hall") in card)
    values = {name: value for name, _, value in reversed(ada)}
    assert parts(values["N"], ";") == ["Hall", "Ada", "Maria", "Mrs", ""]
    assert parts(values["ADR"], ";") == ["", "", "1 High Street, Flat 2", "Leeds", "West Yorkshire", "LS1 1AA", "GB"]
    assert unescape(values["NOTE"]) == CLIENTS[0]["notes"]
    assert parts(values["CATEGORIES"], ",") == ["vip", "boiler"]
    assert [value for name, _, value in ada if name == "EMAIL"] == ["ada@example.com", "a.hall@example.org"]
    assert [how for name, how, _ in ada if name == "TEL"] == ["TYPE=CELL,PREF", "TYPE=HOME"]
    dairy = next(card for card in cards if ("FN", "", "Mill Lane Dairy") in card)
    assert ("X-ABSHOWAS", "", "COMPANY") in dairy
    assert ("N", "", ";;;;") in dairy
    golden("report_clients.vcf", re.sub(r"followup-\w+", "followup-ID", text))


def test_a_file_of_cards_is_written_whole(full: Run, tmp_path: Path) -> None:
    """Lines end with CR and LF in the file, none is longer than 75 octets, and it says how many cards there are."""
    path = tmp_path / "clients.vcf"
    assert "5 cards" in full("client", "export", "--format", "vcf", "-o", path).stderr
    lines = path.read_bytes().split(b"\r\n")
    assert not [line for line in lines if b"\n" in line or len(line) > vcards.LONGEST]


def test_cards_come_back_as_nothing_changed(full: Run, tmp_path: Path) -> None:
    """Each card finds its client by its identifier, also the firm, the couple, and who has no address."""
    full("client", "add", "--name", "Cy Low & Di Moor", "--email", "cy@example.com")
    path = tmp_path / "clients.vcf"
    full("client", "export", "--format", "vcf", "-o", path)
    nothing_changes(full, path)


def test_cards_fill_an_empty_home(full: Run, run: Run, tmp_path: Path) -> None:
    """Names, addresses, tags and notes arrive as they were; what cards have no place for stays behind."""
    full("client", "export", "--format", "vcf", "-o", tmp_path / "clients.vcf")
    other = tmp_path / "other"
    run("init", other, "--name", "Sam Alder", "--business", "Alder", "--country", "GB")
    run("--home", other, "import", tmp_path / "clients.vcf", "--yes")
    after = {row["full_name"]: row for row in shown(run, "--home", str(other), "client", "export")}
    for was in shown(full, "client", "export"):
        now = after[was["full_name"]]
        for name in ("title", "first_name", "last_name", "company", "address_as", "emails", "phones", "tags", "notes"):
            assert was[name] == now[name], name


@given(st.text(max_size=300))
def test_any_text_comes_back_from_a_card(text: str) -> None:
    """Escaped and folded, read by the rules of the format: the same, but for controls and the kind of line end."""
    text = text.encode("utf-8", "ignore").decode()
    (card,) = vcards.cards([Client(id="c", full_name="Ada Hall", notes=text)])
    for line in card.split("\r\n"):
        assert len(line.encode()) <= vcards.LONGEST
    (read,) = read_cards(card)
    found = [unescape(value) for name, _, value in read if name == "NOTE"]
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    assert "".join(found) == re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", plain)


# ---------------------------------------------------------------- everything


def test_everything_goes_into_one_folder(full: Run, home: Path, tmp_path: Path) -> None:
    """One command: each kind of record has a file, README.txt names every file and column, all of it private."""
    full("template", "edit", "thank-you")
    full("client", "add", "--name", "Carl Weber", "--email", "carl@example.com")
    full("job", "add", "Carl", "--service", "Tap repair", "--completed", "2026-02-27")
    full("send", "--only", "Carl Weber", "--yes")
    full("case", "open", "Jan", "--summary", "tap drips")
    full("log", "Ada", "--in", "--note", "asked for\nthe manual")
    full("optout", "stop@example.com", "--evidence", "wrote on 2 March")
    key = shown(full, "why", "Jan")[0]["key"]
    full("skip", key, "--reason", "we spoke")
    folder = tmp_path / "all"
    ran = full("backup", "--csv", folder)
    names = {path.name for path in folder.iterdir()}
    assert names >= {"clients.csv", "jobs.csv", "followup.toml", "templates", "README.txt", "journal"}
    assert (folder / "followup.toml").read_bytes() == (home / "followup.toml").read_bytes()
    read_me = (folder / "README.txt").read_text(encoding="utf-8")
    assert {path.name for path in (folder / "templates").iterdir()}
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream)
        assert f"{path.name} ({len(rows)} row" in read_me
        assert f"Columns: {', '.join(header)}\n" in read_me
        assert re.search(rf"  {re.escape(path.name)} +{len(rows)} row", ran.stdout)
    assert "knock" in (folder / "clients.csv").read_text(encoding="utf-8")
    assert "we spoke" in (folder / "instructions.csv").read_text(encoding="utf-8")
    assert "tap drips" in (folder / "cases.csv").read_text(encoding="utf-8")
    assert "asked for\nthe manual" in (folder / "contacts.csv").read_text(encoding="utf-8")
    assert "wrote on 2 March" in (folder / "suppressions.csv").read_text(encoding="utf-8")
    assert "stop@example.com" not in (folder / "suppressions.csv").read_text(encoding="utf-8")
    (attempt,) = read_table(folder / "attempts.csv")
    assert attempt["state"] == "drafted"
    assert len(attempt["text"]) > 100
    assert "message" not in attempt
    if sys.platform != "win32":
        modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}
        assert modes == {0o600}
        assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "templates")} == {0o700}
    assert [path.name for path in tmp_path.iterdir() if "scratch" in path.name] == []


def test_what_was_taken_along_comes_back_as_nothing_changed(full: Run, tmp_path: Path) -> None:
    """Its clients and jobs are the export."""
    full("backup", "--csv", tmp_path / "all")
    nothing_changes(full, tmp_path / "all" / "clients.csv", tmp_path / "all" / "jobs.csv")


def test_merged_and_erased_clients_are_named_as_such(full: Run, tmp_path: Path) -> None:
    """They are in no export, but everything means everything: the id, the day, and nothing of the person."""
    full("client", "merge", "Ada", "Bo Hall", "--yes")
    full("forget", "Jan 't Hooft", "--yes")
    full("backup", "--csv", tmp_path / "all")
    rows = read_table(tmp_path / "all" / "clients-more.csv")
    assert len(rows) == len(CLIENTS)
    assert [row["erased_on"] for row in rows if row["erased_on"]] == ["2026-03-02"]
    assert len([row for row in rows if row["merged_into"]]) == 1


def test_a_folder_that_holds_something_is_left_alone(full: Run, tmp_path: Path) -> None:
    """Nothing is overwritten; an empty folder is filled; a file is no folder; not both at once."""
    folder = tmp_path / "all"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    assert "not empty" in full("backup", "--csv", folder, exit_code=73).stderr
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
    assert "is a file" in full("backup", "--csv", folder / "mine.txt", exit_code=73).stderr
    (folder / "mine.txt").unlink()
    full("backup", "--csv", folder)
    assert (folder / "clients.csv").exists()
    assert "one of the two" in full("backup", tmp_path / "b.tar.gz", "--csv", tmp_path / "c", exit_code=2).stderr


def test_a_place_where_no_folder_can_be_is_refused(full: Run, home: Path, tmp_path: Path) -> None:
    """Below a file, and among the templates that are copied: 73, and nothing is left behind."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    full("backup", "--csv", tmp_path / "file" / "all", exit_code=73)
    assert "elsewhere" in full("backup", "--csv", home / "templates" / "all", exit_code=73).stderr
    assert not (home / "templates" / "all").exists()


def test_a_full_disk_leaves_no_folder(full: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole or not there: what was written by then is gone again."""

    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", no_room)
    assert "Make room" in full("backup", "--csv", tmp_path / "all", exit_code=74).stderr
    assert not [path for path in tmp_path.iterdir() if path.name == "all" or "scratch" in path.name]


def test_memory_does_not_grow_with_what_is_taken_along(run: Run, home: Path, tmp_path: Path) -> None:
    """Four times as many clients and jobs, and no more is held at a time."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")
    peaks = []
    for round_, count in enumerate((1500, 4500)):
        rows = [
            {"full_name": f"Client{round_} N{n}", "emails": f"c{round_}.{n}@example.com", "notes": "x" * 400}
            for n in range(count)
        ]
        run("import", table(tmp_path / f"many{round_}.csv", rows), "--yes")
        tracemalloc.start()
        run("backup", "--csv", tmp_path / f"all{round_}")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.3, peaks


def test_the_programs_are_those_of_the_command() -> None:
    """What the workflow knows is what --for offers."""
    from followup.cli import clients

    (option,) = [each for each in clients.export_command.params if each.name == "program"]
    assert tuple(option.type.choices) == exporting.PROGRAMS  # type: ignore[attr-defined]  # the option's type is a choice
