"""What holds for every import: any dialect says the same, again is nothing, undo is identity, a stop stays a stop."""

from __future__ import annotations

import csv
import io
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from followup import identity, intake
from followup.errors import BadInput
from followup.home import Home
from followup.intake import alphabets, facts
from followup.model import Client, Consent, Job
from followup.workflow import homes, importing, previews, stops, undoing
from followup.workflow.desk import Desk
from tests import factories, ledgers

# ---------------------------------------------------------------- any table, in any dialect

HEADERS: dict[str, list[tuple[str, ...]]] = {
    "clients": [
        ("Client ID", "First name", "Last name", "Email", "Phone", "Street", "City", "Postcode", "Notes", "Opt out"),
        ("Kundennummer", "Vorname", "Nachname", "E-Mail", "Telefon", "Straße", "Ort", "PLZ", "Notizen", "Opt out"),
        (
            "Référence client",
            "Prénom",
            "Nom",
            "Courriel",
            "Téléphone",
            "Rue",
            "Ville",
            "Code postal",
            "Notes",
            "Opt out",
        ),
        (
            "Klantnummer",
            "Voornaam",
            "Achternaam",
            "E-mail",
            "Telefoon",
            "Straat",
            "Plaats",
            "Postcode",
            "Notes",
            "Opt out",
        ),
        (
            "Numer klienta",
            "Imię",
            "Nazwisko",
            "E-mail",
            "Telefon",
            "Ulica",
            "Miasto",
            "Kod pocztowy",
            "Notes",
            "Opt out",
        ),
        (
            "Kundnummer",
            "Förnamn",
            "Efternamn",
            "E-post",
            "Telefon",
            "Gatuadress",
            "Ort",
            "Postnummer",
            "Notes",
            "Opt out",
        ),
    ],
    "jobs": [
        ("Job #", "Client name", "Client email", "Service", "Completed", "Status", "Amount", "Invoice #"),
        ("Job ID", "Kunde", "E-Mail", "Leistung", "Completed on", "Status", "Betrag", "Rechnungsnummer"),
        ("Job No", "Customer", "Email", "Job Description", "Date completed", "Status", "Total", "Invoice Number"),
    ],
}


@dataclass(frozen=True)
class Dialect:
    """How a program writes a table."""

    delimiter: str
    ending: str
    quoting: int
    encoding: str
    says_delimiter: bool
    titles: tuple[str, ...]
    footer: bool
    blanks: frozenset[int]  # rows after which an empty one follows

    def write(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
        """Return the file."""
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, delimiter=self.delimiter, lineterminator=self.ending, quoting=self.quoting)  # type: ignore[arg-type]  # the csv module's own name of a number
        if self.says_delimiter:
            stream.write(f"sep={self.delimiter}{self.ending}")
        for title in self.titles:
            writer.writerow([title] if title else [])
        writer.writerow(header)
        for number, row in enumerate(rows):
            writer.writerow(row)
            if number in self.blanks:
                writer.writerow([""] * len(header))
        if self.footer:
            writer.writerow(["Total", *[""] * (len(header) - 1)])
        return stream.getvalue().encode(self.encoding)


def names(country: str) -> st.SearchStrategy[str]:
    """Return names in letters that the home's code page has and that read like words of its languages."""
    page = alphabets.page(country)
    letters = page.letters if "-" not in page.letters else "abcdefghij"
    small = "".join(letter for letter in letters if letter.islower()) or "aeiou"
    return st.builds(
        lambda first, parts, last: (first + "".join(parts) + last).capitalize(),
        st.sampled_from("abdeghklmnoprstv"),
        st.lists(st.tuples(st.sampled_from(small), st.sampled_from("lmnrstk")).map("".join), min_size=1, max_size=3),
        st.sampled_from(["a", "o", "er", "in"]),
    )


texts = st.lists(
    st.sampled_from(["rings twice", "2 dogs", ", then", "; or", '"knock"', "\t|", "\n", "it's 5\"", "=1+1", "(new)"]),
    max_size=4,
).map("".join)


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, str, tuple[str, ...], list[list[str]]]:
    """Draw a country, a kind, a header and rows that are right."""
    country = draw(st.sampled_from(["GB", "US", "DE", "FR", "PL", "SE", "NL", "CZ", "GR", "RU"]))
    kind = draw(st.sampled_from(["clients", "jobs"]))
    header = draw(st.sampled_from(HEADERS[kind]))
    rows: list[list[str]] = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        first, last = draw(names(country)), draw(names(country))
        email = f"c{number}@example.com"
        if kind == "clients":
            phone = draw(st.sampled_from(["", f"+4477009001{number:02}"]))
            place = draw(st.sampled_from([("", "", ""), (f"{last} {number}", first, f"0{number}234")]))
            stop = draw(st.sampled_from(["", "no", "yes"]))
            rows.append([str(number), first, last, email, phone, *place, draw(texts).strip(), stop])
        else:
            amount = draw(st.sampled_from(["", "12.50", "1,234.50", "99"]))
            day = draw(st.sampled_from(["2026-02-03", "2025-12-24"]))
            status = draw(st.sampled_from(["", "Done", "Completed"]))
            rows.append(
                [f"J-{number}", f"{first} {last}", email, draw(texts).strip(), day, status, amount, f"R{number}"]
            )
    return country, kind, header, rows


@st.composite
def dialects(draw: st.DrawFn, country: str) -> Dialect:
    """Draw a dialect that a program in that country may write."""
    page = alphabets.page(country)
    ending = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    # Where rows end with CR, Python leaves a cell with LF without quotes.
    quotings = [csv.QUOTE_ALL] if ending == "\r" else [csv.QUOTE_MINIMAL, csv.QUOTE_ALL]
    return Dialect(
        delimiter=draw(st.sampled_from([",", ";", "\t", "|"])),
        ending=ending,
        quoting=draw(st.sampled_from(quotings)),
        encoding=draw(
            st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", page.windows, *page.rivals])
        ),
        says_delimiter=draw(st.booleans()),
        titles=tuple(draw(st.lists(st.sampled_from(["My export", "March 2026", ""]), max_size=3))),
        footer=draw(st.booleans()),
        blanks=frozenset(draw(st.lists(st.integers(0, 5), max_size=2))),
    )


def read(data: bytes, country: str, **answers: str) -> facts.FileResult:
    """Return what a file says to a home in *country*; its encoding is answered where it is asked."""
    home = intake.HomeFacts(country=country, currency="EUR", today=factories.TODAY, key=factories.HOME_KEY)
    return intake.read(data, name="x.csv", source="default", home=home, answers=answers)


def said(result: facts.FileResult) -> tuple[object, ...]:
    """Return what a file says, wherever in it."""
    return (
        result.refused,
        [question.key for question in result.questions],
        [{**each.to_json(), "rows": None} for each in result.clients],
        [{**each.to_json(), "rows": None} for each in result.jobs],
        [(each.column, each.value, each.code) for each in result.problems],
    )


@given(st.data())
def test_any_dialect_says_the_same(data: st.DataObject) -> None:
    """Delimiter, quotes, line ends, mark, encoding, sep= line, titles, blank rows, totals: the facts do not change."""
    country, kind, header, rows = data.draw(tables())
    dialect = data.draw(dialects(country))
    try:
        written = dialect.write(header, rows)
    except UnicodeEncodeError:
        assume(False)
    plain = Dialect(",", "\n", csv.QUOTE_MINIMAL, "utf-8", False, (), False, frozenset()).write(header, rows)
    expected = read(plain, country)
    assert not expected.refused
    assert not expected.problems, expected.problems
    assert len(expected.clients if kind == "clients" else expected.jobs) == len(rows)
    found = read(written, country)
    if [question.about for question in found.questions] == ["encoding"]:
        assert dialect.encoding in found.questions[0].options or _alike(written, dialect.encoding, found)
        found = read(written, country, encoding=dialect.encoding)
    assert said(found) == said(expected)
    # The titles stand above the header, and every row below it has its place.
    ledgers.balance(found)
    above = len(dialect.titles)
    below = len(rows) + sum(1 for number in dialect.blanks if number < len(rows)) + dialect.footer
    while below and not dialect.footer and len(rows) - 1 in dialect.blanks:
        below -= 1  # an empty row at the end is no row
        break
    assert found.rows in {above + below, above + below + 1}


def _alike(written: bytes, encoding: str, found: facts.FileResult) -> bool:
    return any(written.decode(option, "replace") == written.decode(encoding) for option in found.questions[0].options)


# ---------------------------------------------------------------- homes


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a new home, to be copied."""
    answers = {"name": "Sam Taylor", "business": "Taylor Heating", "country": "GB", "timezone": "Europe/London"}
    return homes.make(tmp_path_factory.mktemp("kept") / "home", answers=answers).path


@contextmanager
def desk_at(kept: Path, folder: Path) -> Iterator[Desk]:
    """Give a desk at a copy of a home."""
    shutil.copytree(kept, folder / "home")
    desk = Desk(Home(folder / "home"), now=lambda: factories.NOW)
    try:
        yield desk
    finally:
        desk.close()
        shutil.rmtree(folder / "home")


def check(desk: Desk, *files: bytes, **options: Any) -> previews.Preview:
    """Return what importing these files would do."""
    options = {"skip_bad_rows": True, "answers": {"fill_down": "no", "headings": "nothing"}, **options}
    return importing.check(
        desk, [importing.Source(f"f{number}.csv", data) for number, data in enumerate(files, 1)], **options
    )


def load(desk: Desk, *files: bytes, **options: Any) -> previews.Preview:
    """Import these files."""
    preview = check(desk, *files, **options)
    importing.commit(desk, preview)
    return preview


def everything(desk: Desk) -> tuple[list[Client], list[Job]]:
    """Return all clients and jobs of the home."""
    return sorted(desk.store.iter_clients(), key=lambda each: each.id), sorted(
        desk.store.iter_jobs(), key=lambda each: each.id
    )


def opted_out(desk: Desk) -> set[str]:
    """Return the identifiers of the clients who said stop."""
    return {client.id for client in everything(desk)[0] if client.consent is Consent.OPTED_OUT}


HISTORY = {"batch", "change", "meta", "imported_file", "person"}
"""Tables that tell what was done, and grow with an undo, too; and the people of followup.toml."""


def stored(desk: Desk) -> dict[str, list[str]]:
    """Return every row of every table that holds facts, or what is derived from them."""
    with closing(sqlite3.connect(desk.home.database_path)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sorted(map(repr, database.execute(f'SELECT * FROM "{name}"')))
            for name in tables
            if name not in HISTORY and not name.startswith("sqlite_")
        }


PEOPLE = [
    ("1", "Ada Hall", "ada@example.com", "07700 900123"),
    ("2", "Bob Reed", "bob@example.com", "07700 900124"),
    ("", "Cy Dunn", "cy@example.com", ""),
    ("", "Di Hall", "ADA@example.com", "07700 900123"),
    ("3", "Ada Hall", "hall@example.com", ""),
    ("4", "Ed Moss", "", "07700 900125"),
]
CLIENTS = ("Client ID", "Name", "Email", "Phone", "City", "Opt out", "Consent")
JOBS = ("Job #", "Client ID", "Client name", "Client email", "Service", "Completed", "Status", "Amount")
MIXED = ("Client ID", "Name", "Email", "Phone", "City", "Job #", "Service", "Completed", "Status", "Amount")

shown = st.tuples(st.sampled_from(PEOPLE), st.tuples(*[st.booleans()] * 4)).map(
    lambda both: [value if there else "" for value, there in zip(*both, strict=True)]
)
"""Somebody, with any of their number, name, e-mail and phone left out."""
client_row = st.builds(
    lambda who, city, stop, consent: [*who, city, stop, consent],
    shown,
    st.sampled_from(["Leeds", "York", ""]),
    st.sampled_from(["yes", "no", ""]),
    st.sampled_from(["", "opted_in", "opted_out", "unknown"]),
)
job_row = st.builds(
    lambda number, who, service, day, status, amount: [number, *who[:3], service, day, status, amount],
    st.sampled_from(["7", "8", ""]),
    shown,
    st.sampled_from(["Boiler", "Tap", ""]),
    st.sampled_from(["2026-02-13", "2026-03-30", ""]),
    st.sampled_from(["Done", "Draft", ""]),
    st.sampled_from(["10", "20.50", "x", ""]),
)
mixed_row = st.builds(lambda client, job: [*client[:5], job[0], *job[4:]], client_row, job_row)


def as_csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Return a file."""
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([header, *rows])
    return stream.getvalue().encode()


files = st.one_of(
    st.lists(client_row, max_size=5).map(lambda rows: as_csv(CLIENTS, rows)),
    st.lists(job_row, max_size=5).map(lambda rows: as_csv(JOBS, rows)),
    st.lists(mixed_row, max_size=5).map(lambda rows: as_csv(MIXED, rows)),
)


@given(st.lists(files, min_size=1, max_size=3), st.data())
def test_files_that_came_in_change_nothing_in_any_order(
    kept: Path, tmp_path_factory: pytest.TempPathFactory, chosen: list[bytes], data: st.DataObject
) -> None:
    """One by one, all together, turned round: every row of a file that was imported is known, and stays so."""
    with desk_at(kept, tmp_path_factory.mktemp("again")) as desk:
        first = load(desk, *chosen)
        for file in first.files:
            ledgers.balance(file)
        before = stored(desk)
        again = load(desk, *data.draw(st.permutations(chosen)))
        assert again.changes_nothing
        for file in again.files:
            ledgers.balance(file)
        if first.problems:
            return  # rows that contradict others are refused beside them, and alone they are not
        for each in chosen:
            assert load(desk, each).changes_nothing
        assert stored(desk) == before


@given(st.lists(files, max_size=2), st.lists(files, min_size=1, max_size=3), st.data())
def test_imports_taken_back_in_any_order_leave_the_home_as_it_was(
    kept: Path, tmp_path_factory: pytest.TempPathFactory, first: list[bytes], later: list[bytes], data: st.DataObject
) -> None:
    """Every table of facts, numbers and answers; and the same files once more make the same of it again."""
    with desk_at(kept, tmp_path_factory.mktemp("undo")) as desk:
        if first:
            load(desk, *first)
        before = stored(desk)
        known, stopped = {client.id for client in everything(desk)[0]}, opted_out(desk)
        mine = []
        for each in later:
            last = desk.store.undoable()
            load(desk, each)
            batch = desk.store.undoable()
            if batch is not None and (last is None or batch.number != last.number):
                mine.append(batch.number)
        after = stored(desk)
        said_stop = opted_out(desk) & known - stopped
        for number in data.draw(st.permutations(mine)):
            undoing.undo(desk, undoing.preview(desk, number=number))
        for number in reversed(mine):  # what a later one kept from going
            with suppress(BadInput):  # it was taken back already
                undoing.undo(desk, undoing.preview(desk, number=number))
        if after["suppression"] != before["suppression"] or said_stop:  # which may be of an address stopped before
            assert set(after["suppression"]) == set(stored(desk)["suppression"])  # a stop is never taken back
            assert said_stop <= opted_out(desk)
            return
        assert without(stored(desk), "known_row") == without(before, "known_row")
        for each in later:
            load(desk, each)
        assert without(stored(desk), "known_row") == without(after, "known_row")


def without(tables: dict[str, list[str]], name: str) -> dict[str, list[str]]:
    """Return all tables but one."""
    return {each: rows for each, rows in tables.items() if each != name}


@given(
    st.lists(
        st.tuples(st.sampled_from(["import", "import", "import", "undo"]), files, st.sampled_from(["", "other"])),
        min_size=2,
        max_size=6,
    )
)
def test_whoever_said_stop_stays_stopped(
    kept: Path, tmp_path_factory: pytest.TempPathFactory, deeds: list[tuple[str, bytes, str]]
) -> None:
    """Whatever comes in afterwards, from whatever source, in whatever order, and whatever is taken back."""
    with desk_at(kept, tmp_path_factory.mktemp("stops")) as desk:
        stopped: set[str] = set()
        for deed, file, source in deeds:
            if deed == "import":
                load(desk, file, source=source)
            elif desk.store.undoable() is not None:
                undoing.undo(desk, undoing.preview(desk))
            clients = everything(desk)[0]
            stopped |= {
                identity.canonical_address(address)
                for client in clients
                if client.consent is Consent.OPTED_OUT
                for address in (*client.emails, *client.phones)
            }
            for address in stopped:
                found = desk.store.suppression(address)
                assert found is not None
                assert found.lifted_at is None
            for client in clients:
                ways = [*client.emails, *client.phones]
                if stopped.intersection(map(identity.canonical_address, ways)) or client.consent is Consent.OPTED_OUT:
                    assert not ways or stops.is_stopped(desk, client)
