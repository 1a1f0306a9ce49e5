"""What is no list of clients or jobs is refused as a new user would want it: what it seems to be, and what would help.

Each case goes through the real command, beside a good file: 65, not a word of Python, and nothing changed.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from followup import intake
from followup.errors import TryLater
from followup.intake import sources
from tests import factories, sheets
from tests.conftest import Ran
from tests.intake.test_workbooks import ole

Run = Callable[..., Ran]

GOOD = "Name,Email\nAda Hall,ada@example.com\n"
ROWS = [["Name", "Email"], ["Ada Hall", "ada@example.com"]]
JOBS = "Job #,Client name,Client email,Service,Completed,Status,Amount,Note\n"
HERE = Path(__file__).resolve().parent


@pytest.fixture
def empty(run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give `run` in a home without clients, in a folder of the owner's with one good file."""
    kept = tmp_path.parent / "home-without-clients"
    if not kept.exists():
        run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")
        shutil.copytree(home, kept)
    else:
        shutil.copytree(kept, home)
    desk = tmp_path / "desk"
    desk.mkdir()
    monkeypatch.chdir(desk)
    Path("good.csv").write_text(GOOD, encoding="utf-8")
    return run


def stored(home: Path) -> list[tuple[Any, ...]]:
    """Return every row of every table of the home, but for the holidays, which are looked up for what is only shown."""
    with closing(sqlite3.connect(next(home.glob("*.db")))) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'holiday'").fetchall()
        return [
            (name, *row) for (name,) in names for row in sorted(database.execute(f'SELECT * FROM "{name}"'), key=repr)
        ]


def refused(run: Run, home: Path, name: str, data: bytes | str | None, *said: str, exit_code: int = 65) -> str:
    """Import a file beside a good one: refused with these words, and nothing of either is written."""
    if data is not None:
        Path(name).write_bytes(data.encode() if isinstance(data, str) else data)
    before = stored(home)
    ran = run("import", name, "good.csv", "--yes", exit_code=exit_code)
    for each in said:
        assert each in ran.stderr, ran.stderr
    assert name in ran.stderr
    assert not any(char for char in ran.stderr + ran.stdout if not char.isprintable() and char != "\n")
    assert stored(home) == before
    assert not (home / "rejects").exists()
    return ran.stderr


# ---------------------------------------------------------------- other kinds of files

SAVE_AS = "choose Save as or Export, and take CSV"
OTHER_FORMATS: list[tuple[str, bytes, str, str]] = [
    ("a web page", b"<!DOCTYPE html><title>Sign in</title>", "web page (HTML), perhaps a login page", SAVE_AS),
    ("a table of a web page", b"<table><tr><th>Name</th></tr></table>", "web page (HTML)", SAVE_AS),
    ("an error instead of a file", b"<br />\n<b>Warning</b>: no database\nName,Email\n", "web page (HTML)", SAVE_AS),
    ("an excuse as JSON", b'{"error": "unauthorized"}', "JSON", SAVE_AS),
    ("rows as JSON", b'[["Name", "Email"], ["Ada Hall", "ada@example.com"]]', "JSON", SAVE_AS),
    ("a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF", SAVE_AS),
    ("a screenshot", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "picture", SAVE_AS),
    ("a photo of a telephone", b"\0\0\0\x18ftypheic" + bytes(range(256)), "picture", SAVE_AS),
    ("a zip", sheets.zipped({"clients.csv": GOOD}), "zip archive with clients.csv", "import what is inside"),
    ("a gzip", gzip.compress(GOOD.encode()), "compressed (gzip)", "import what is inside"),
    ("a bzip2", bz2.compress(GOOD.encode()), "compressed (bzip2)", "import what is inside"),
    ("an xz", lzma.compress(GOOD.encode()), "compressed (xz)", "import what is inside"),
    ("a document", sheets.zipped({"word/document.xml": ""}), "Word document", SAVE_AS),
    ("slides", sheets.zipped({"ppt/presentation.xml": ""}), "presentation", SAVE_AS),
    ("a sheet of Numbers", sheets.zipped({"Index/Document.iwa": ""}), "Numbers", SAVE_AS),
    ("a calendar", b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "calendar", SAVE_AS),
    ("an e-mail", b"Return-Path: <a@example.com>\nSubject: Your export\n\nhello\n", "e-mail message", "attached to it"),
    ("an address book in LDIF", b"dn: cn=Ada Hall,mail=ada@example.com\ncn: Ada\n", "LDIF", "CSV or vCard"),
    ("lists of QuickBooks", b"!CUST\tNAME\tBADDR1\nCUST\tAda\t1 High St\n", "QuickBooks Desktop", "CSV or Excel"),
    ("a link", b"[InternetShortcut]\nURL=https://example.com/sheet\n", "only a link", "download the table as CSV"),
    ("commands of a database", b"INSERT INTO clients VALUES (1,'Ada','a@example.com');\n", "SQL", SAVE_AS),
    ("XML", b"<?xml version='1.0'?><clients/>", "XML", SAVE_AS),
    (
        "a statement for a bank's program",
        b"!Type:Bank\nD03/02/2026\nT-12.00\n^\n",
        "account statement",
        "invoices or jobs",
    ),
    ("a program", b"\x7fELF" + bytes(range(256)), "not a text file", "Export it as CSV"),
    ("noise", bytes(range(256)) * 40, "not a text file", "Export it as CSV"),
    ("nothing", b"", "the file is empty", ""),
    ("blank rows", b"\xef\xbb\xbf\r\n,,,\r\n  ,,,\r\n", "the file is empty", ""),
    ("a letter", b"Hello Sam\n\nplease find my clients attached\n", "no table in it", "Export it as CSV"),
]


@pytest.mark.parametrize(
    ("data", "what", "helps"), [each[1:] for each in OTHER_FORMATS], ids=[each[0] for each in OTHER_FORMATS]
)
def test_another_kind_of_file_is_called_by_its_name(empty: Run, home: Path, data: bytes, what: str, helps: str) -> None:
    """Whatever its ending says, the bytes say what it is."""
    refused(empty, home, "export.csv", data, what, helps)


def test_the_names_in_a_zip_cannot_move_the_cursor(empty: Run, home: Path) -> None:
    """A name in an archive is somebody else's text."""
    refused(empty, home, "export.zip", sheets.zipped({"a\x1b[2Jb.csv": "", "ok.csv": ""}), r"'a\x1b[2Jb.csv'", "ok.csv")


# ---------------------------------------------------------------- tables of something else

BANKS = {
    "British": "Date,Type,Description,Paid out,Paid in,Balance\n03/02/2026,DD,GAS,45.00,,1000.00\n",
    "British, by app": "Transaction ID,Date,Type,Name,Category,Amount,Currency,Local amount,Local currency,Address,"
    "Money Out,Money In\nt1,03/02/2026,Card,Shop,Food,-4.50,GBP,-4.50,GBP,,-4.50,\n",
    "British, with parties": "Date,Counter Party,Reference,Type,Amount (GBP),Balance (GBP),Spending Category,Notes\n"
    "03/02/2026,Shop,S,CARD,-4.50,100.00,FOOD,\n",
    "American": "Details,Posting Date,Description,Amount,Type,Balance,Check or Slip #\nDEBIT,02/03/2026,TEA,-4,D,9,\n",
    "of a money app": "Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance\n"
    "CARD,Current,2026-02-03,2026-02-04,Shop,-4.50,0.00,GBP,COMPLETED,100.00\n",
    "German": "Auftragskonto;Buchungstag;Valutadatum;Buchungstext;Verwendungszweck;Beguenstigter/Zahlungspflichtiger;"
    "Kontonummer/IBAN;Betrag;Waehrung\nDE00;03.02.26;03.02.26;LASTSCHRIFT;Miete;Haus;DE11;-12,00;EUR\n",
    "German, below its titles": '"Girokonto";"DE00"\n"Kontostand:";"9 €"\n""\n"Buchungsdatum";"Wertstellung";'
    '"Status";"Zahlungspflichtige*r";"Zahlungsempfänger*in";"Verwendungszweck";"IBAN";"Betrag (€)"\n'
    '"03.02.26";"03.02.26";"Gebucht";"Ich";"Laden";"Einkauf";"DE11";"-12"\n',
    "French": "Date;Date de valeur;Libellé;Débit;Crédit;Solde\n03/02/2026;03/02/2026;CARTE;12,00;;100,00\n",
    "Dutch": "Datum;Naam / Omschrijving;Rekening;Tegenrekening;Code;Af Bij;Bedrag (EUR);Mededelingen\n"
    "20260203;Winkel;NL00;NL11;BA;Af;12,00;x\n",
    "Spanish": "Fecha;Fecha valor;Concepto;Importe;Saldo\n03/02/2026;03/02/2026;COMPRA;-12,00;100,00\n",
    "Italian": "Data contabile;Data valuta;Descrizione;Dare;Avere;Saldo\n03/02/2026;03/02/2026;POS;12,00;;100,00\n",
    "Polish": "Data operacji;Data waluty;Typ transakcji;Kwota;Waluta;Saldo po transakcji;Opis transakcji\n"
    "2026-02-03;2026-02-03;Zakup;-12,00;PLN;100,00;sklep\n",
    "Swedish": "Bokföringsdag;Belopp;Avsändare;Mottagare;Namn;Rubrik;Saldo;Valuta\n2026-02-03;-12;1;2;ICA;ICA;9;SEK\n",
}


@pytest.mark.parametrize("text", BANKS.values(), ids=BANKS)
def test_a_bank_statement_is_called_one(empty: Run, home: Path, text: str) -> None:
    """Its payers are no clients: it says what to export instead."""
    data = text.encode("utf-8" if "waluty" in text else "cp1252")
    refused(empty, home, "statement.csv", data, "seems to be a bank statement", "Export the invoices or jobs")


LISTS = [
    ("suppliers", "Supplier,Contact,Email,Phone,Account No,Terms\nPipe Co,Ann,ann@example.com,01632 960101,W1,30\n"),
    ("suppliers", "Vendor ID,Vendor,Vendor email,Terms,Balance\nV1,Pipe Co,pipe@example.com,Net 30,100.00\n"),
    (
        "suppliers",
        "Lieferantennummer;Lieferant;Straße;PLZ;Ort;E-Mail\n70001;Rohr AG;Weg 1;12345;Ort;rohr@example.com\n",
    ),
    ("suppliers", "Fournisseur;Téléphone;E-mail\nTubes SA;0123456789;tubes@example.com\n"),
    ("suppliers", "Bill number,Supplier,Bill date,Due date,Amount\n1,Pipe Co,2026-02-03,2026-03-03,100.00\n"),
    ("prices or goods", "Code,Description,Unit,Price,VAT\nA1,Copper pipe 15mm,m,3.20,20%\n"),
    ("prices or goods", "SKU,Product,Category,Cost price,Sell price,Stock\nA1,Copper pipe,Pipes,3.20,4.50,100\n"),
    ("prices or goods", "Handle,Title,Vendor,Type,Tags,Variant SKU,Variant Price\npipe,Pipe,Pipe Co,Pipe,x,A1,3.20\n"),
    ("prices or goods", "Artikelnummer;Bezeichnung;Einheit;Preis;Lagerbestand\nA1;Kupferrohr;m;3,20;100\n"),
    ("prices or goods", "Référence;Désignation;Prix HT;TVA;Stock\nA1;Tube cuivre;3,20;20;100\n"),
    ("prices or goods", "Artikelcode;Omschrijving;Prijs;Eenheid;Voorraad\nA1;Koperen buis;3,20;m;100\n"),
    (
        "your own people",
        "Employee ID,First Name,Last Name,Email,Salary,Hire date\n1,Ann,Lee,ann@example.com,1,2020-01-01\n",
    ),
    ("working hours", "Date,Employee,Start,End,Hours\n2026-02-03,Sam,08:00,16:00,8\n"),
    ("expenses or journeys", "Date,Merchant,Category,Amount,Receipt\n2026-02-03,Fuel Co,Fuel,40.00,yes\n"),
    ("expenses or journeys", "Date,From,To,Miles,Purpose\n2026-02-03,Leeds,York,25,job\n"),
]


@pytest.mark.parametrize(("what", "text"), LISTS)
def test_a_list_of_something_else_is_called_by_its_name(empty: Run, home: Path, what: str, text: str) -> None:
    """Nobody wants to thank a supplier for the work, and the owner has the last word."""
    refused(empty, home, "list.csv", text, "seems to be a list of", what, "say so with --as clients or --as jobs")


@pytest.mark.parametrize(
    "text",
    [
        "Date,Description,Amount,Balance\n03/02/2026,GAS,-45.00,1000.00\n04/02/2026,SHOP,-4.00,996.00\n",
        "Status,Completed,Job #,Amount\nDone,2026-02-03,7,12.50\n",
        "Notes,Tags,City\ntwo dogs,vip,Leeds\n",
    ],
)
def test_a_table_that_names_nobody_is_refused_once_and_not_row_by_row(empty: Run, home: Path, text: str) -> None:
    """A thousand rows with the same problem are one problem of the file; nothing else is asked before."""
    said = refused(empty, home, "odd.csv", text, "no column of it says who the clients are", "Add one with their names")
    assert "--answer date_order" not in said


@pytest.mark.parametrize(
    "header",
    [
        "Client,Email,Balance,Account number,Debit,Credit",
        "Customer,Supplier,Product,Unit price,Price,Stock code",
        "Kunde;Datum;Artikel;Einheit;Preis;Saldo",
        "Cliente;Fecha;Concepto;Importe;Saldo",
        "Invoice #,Client name,Status,Total ($),Balance ($)",
        "Name,Email,Department,Title",
        "Job #,Customer,Employee,Start time,End time,Hours,Date",
    ],
)
def test_what_names_clients_is_no_stranger(empty: Run, header: str) -> None:
    """A few words of a bank or a shop beside a client's name are ordinary."""
    mark = ";" if ";" in header else ","
    Path("mine.csv").write_text(f"{header}\n{mark * header.count(mark)}\n", encoding="utf-8")
    assert "seems to be" not in empty("import", "mine.csv", "--dry-run", exit_code=None).stderr


def test_the_owner_has_the_last_word(empty: Run) -> None:
    """What we take for suppliers may be clients of a wholesaler."""
    Path("list.csv").write_text("Vendor,Contact,Email\nPipe Co,Ann Lee,ann@example.com\n", encoding="utf-8")
    assert "list of suppliers" in empty("import", "list.csv", exit_code=65).stderr
    assert "new: 1 client" in empty("import", "list.csv", "--as", "clients", "--yes").stdout


# ---------------------------------------------------------------- damaged and hostile files

LOCKED = "protected with a password. Open it, save it without one"
DAMAGED = "Export or save it again"
XLSX, ODS = sheets.xlsx(ROWS), sheets.ods(ROWS)
XLS = (HERE / "data" / "jobs.xls").read_bytes()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("book.xlsx", ole("EncryptedPackage"), LOCKED),
        ("book.ods", sheets.ods(ROWS, encrypted=True), LOCKED),
        ("book.xlsx", XLSX[:-40], "damaged zip archive or spreadsheet. Export it again"),
        ("book.xlsx", XLSX[: len(XLSX) // 2], "damaged zip archive or spreadsheet. Export it again"),
        ("book.ods", ODS[:-40], "damaged zip archive or spreadsheet. Export it again"),
        ("book.xls", XLS[:3000], DAMAGED),
        ("book.xls", XLS[:8], DAMAGED),
        ("book.xlsx", sheets.zipped({"xl/workbook.xml": "<workbook>"}), DAMAGED),
        ("book.xlsx", sheets.xlsx([]), "the spreadsheet is empty"),
        ("book.xlsb", sheets.zipped({"xl/workbook.bin": ""}), "take .xlsx or CSV"),
        ("book.xlsx", sheets.xlsx([["Name", "Email"], ["x" * 3_000_000, "a@example.com"]]), "Shorten it"),
    ],
)
def test_a_spreadsheet_that_cannot_be_read_says_what_would_help(
    empty: Run, home: Path, name: str, data: bytes, said: str
) -> None:
    """Locked, cut off, empty, or with a cell that no program writes."""
    refused(empty, home, name, data, said)


def test_a_formula_that_fails_is_named_with_its_cell(empty: Run, home: Path) -> None:
    """One that works gives its value; an amount that is #REF! must not become no amount."""
    rows = [["Client", "Email", "Service", "Completed", "Amount"]]
    for amount in (sheets.Formula("2*3", 6), sheets.Formula("A1*#REF!", "#REF!")):
        rows.append(["Ada Hall", "ada@example.com", "Boiler", "2026-02-03", amount])  # type: ignore[list-item]  # a number where a text belongs
    refused(empty, home, "jobs.xlsx", sheets.xlsx(rows), "jobs.xlsx:3: Amount: '#REF!'", "mend it in the spreadsheet")


def test_a_thousand_columns_are_too_many(empty: Run, home: Path) -> None:
    """It says how many there are, and what to keep."""
    names = ",".join(["Name", "Email", *(f"Answer {number}" for number in range(998))])
    refused(empty, home, "wide.csv", f"{names}\nAda{',x' * 999}\n", "1,000 columns", "keep the columns with names")


def test_a_cell_of_ten_megabytes_is_a_problem_of_its_row(empty: Run, home: Path) -> None:
    """Quickly, and shown shortly."""
    began = time.perf_counter()
    text = f"Name,Email,Notes\nAda,ada@example.com,{'x' * 10_000_000}\nBob,bob@example.com,\n"
    said = refused(empty, home, "big.csv", text, "big.csv:2: Notes", "is a quotation mark missing?")
    assert time.perf_counter() - began < 5
    assert len(said) < 2000


def test_an_unclosed_quote_in_the_third_row_of_a_hundred_thousand_is_found_at_once(empty: Run, home: Path) -> None:
    """The row is named, not the end of the file where a reader of CSV notices."""
    rows = "".join(f"Client {number},c{number}@example.com,Leeds\n" for number in range(100_000))
    began = time.perf_counter()
    text = 'Name,Email,City\nAda,ada@example.com,Leeds\nBob,bob@example.com,"Leeds\n' + rows
    refused(empty, home, "clients.csv", text, "row 3 opens a quotation mark", "Close it or take it out")
    assert time.perf_counter() - began < 10


def test_a_quote_that_a_later_one_closes_is_found_too(empty: Run, home: Path) -> None:
    """Such a file is good CSV, and swallows five hundred clients."""
    rows = [f"Client {number},c{number}@example.com,Leeds\n" for number in range(1000)]
    text = (
        'Name,Email,City\nBob,bob@example.com,"Leeds\n'
        + "".join(rows[:500])
        + 'Cy,c@example.com,York"\n'
        + "".join(rows)
    )
    refused(empty, home, "clients.csv", text, "row 2 opens a quotation mark")


def test_nuls_in_a_table_are_problems_of_their_rows(empty: Run, home: Path) -> None:
    """Named with row and column; the value is shown harmlessly."""
    refused(
        empty, home, "c.csv", b"Name,Email\nAda\0Hall,ada@example.com\nBob,b@example.com\n", "c.csv:2: Name", "U+0000"
    )


def test_a_broken_byte_in_a_column_name_stops_nobody(empty: Run, home: Path) -> None:
    """Neither the rows that are good, nor the file of those that are not."""
    text = "Name,Email,Größe,Ort\nZoë Müller,z@example.com,1,Köln\nBob,nobody,2,Köln\n" + "Jörg,j@example.com,ü,\n" * 30
    Path("c.csv").write_bytes(text.encode().replace("ö".encode(), b"\xc3", 1))
    told = empty("import", "c.csv", "--yes", "--skip-bad-rows").stderr
    assert "Repair them in" in told
    assert len(list((home / "rejects").glob("*.csv"))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Name,Email\rAda Hall,ada@example.com\r",
        "Name,Email\r\n\r\nAda Hall,ada@example.com",
        "\ufeffName\tEmail\nAda Hall\tada@example.com",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32"])
def test_odd_line_ends_and_encodings_are_no_bad_input(empty: Run, text: str, encoding: str) -> None:
    """Lone CRs of old Macs, a missing last line end, UTF-16 without a mark: read, not refused."""
    Path("c.csv").write_bytes(text.encode(encoding))
    assert "new: 1 client" in empty("import", "c.csv", "--yes").stdout
    assert [row["client"] for row in json.loads(empty("client", "list", "--format", "json").stdout)] == ["Ada Hall"]


def test_the_letters_of_an_old_mac_are_read_or_asked_about(empty: Run) -> None:
    """é is another byte there; which one is meant is shown."""
    text = "Name,Email,City\nHélène Bérangère,h@example.com,Orléans\nFrançois Côté,f@example.com,Besançon\n"
    Path("c.csv").write_bytes(text.encode("mac_roman"))
    assert "mac_roman" in empty("import", "c.csv", "--yes").stdout
    names = [row["client"] for row in json.loads(empty("client", "list", "--format", "json").stdout)]
    assert sorted(names) == ["François Côté", "Hélène Bérangère"]


def test_a_header_without_rows_changes_nothing_and_says_so(empty: Run) -> None:
    """It is no error: an export of a new business is empty."""
    Path("c.csv").write_text("Name,Email\n", encoding="utf-8")
    assert "there are column names and no rows below them" in empty("import", "c.csv", "--yes").stdout


@pytest.mark.parametrize("name", ["x" * 240 + ".csv", "Kündé 日本" * 10 + ".csv", "a b=c;%s{}.csv", "=cmd.csv"])
def test_a_file_may_have_any_name(empty: Run, home: Path, name: str) -> None:
    """Also a very long one: the file of its rejected rows still has room for its own."""
    Path(name).write_text("Name,Email\nAda Hall,ada@example.com\nBob,nobody\n", encoding="utf-8")
    assert "Repair them in" in empty("import", "--yes", "--skip-bad-rows", name).stderr
    assert len(list((home / "rejects").glob("*.csv"))) == 1


# ---------------------------------------------------------------- what is no file


def test_a_folder_is_no_file(empty: Run, home: Path) -> None:
    """Its files may be."""
    Path("exports").mkdir()
    refused(empty, home, "exports", None, "is a folder", "exports/*.csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name")
def test_a_pipe_is_read_and_a_silent_one_is_refused(empty: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits without an end; what is written into it is a file like any other."""
    os.mkfifo("pipe.csv")
    with monkeypatch.context() as hasty:
        hasty.setattr(sources, "_PATIENCE_SECONDS", 0.1)
        refused(empty, home, "pipe.csv", None, "nothing comes out of it", "what is piped in")
    writer = threading.Thread(target=lambda: Path("pipe.csv").write_text(GOOD, encoding="utf-8"))
    writer.start()
    assert "new: 1 client" in empty("import", "pipe.csv", "--yes").stdout
    writer.join()


@pytest.mark.skipif(not Path("/dev/zero").is_char_device(), reason="no such device")
def test_a_device_is_no_file(empty: Run, home: Path) -> None:
    """It would never end."""
    refused(empty, home, "/dev/zero", None, "no file but a device")


def test_a_file_that_changes_while_it_is_read_is_not_imported(tmp_path: Path) -> None:
    """What its first half decided may be wrong for what it is now: start again."""
    path = tmp_path / "clients.csv"
    path.write_text("Name,Email\n" + "".join(f"C {n},c{n}@example.com\n" for n in range(12_000)), encoding="utf-8")
    more: list[int] = []

    def meanwhile(done: int, of: int) -> None:
        if not more:
            more.append(done)
            with path.open("a", encoding="utf-8") as stream:
                stream.write("Dan,dan@example.com\n")

    facts = intake.HomeFacts(country="GB", currency="GBP", today=factories.TODAY, key=factories.HOME_KEY)
    with pytest.raises(TryLater, match="was changed while it was read"):
        list(intake.opened(path, name="clients.csv", home=facts, progress=meanwhile).slices(100))
    assert more


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions")
def test_a_file_that_may_not_be_read_says_whom_to_ask(empty: Run, home: Path) -> None:
    """77, and who owns it is worth a look."""
    Path("c.csv").write_text(GOOD, encoding="utf-8")
    Path("c.csv").chmod(0)
    if os.access("c.csv", os.R_OK):
        pytest.skip("whoever runs the tests may read everything")
    refused(empty, home, "c.csv", None, "Check who owns it", exit_code=77)
