"""What any home exports comes back as nothing changed, and fills an empty home with the same clients and jobs."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from followup import cli
from followup.home import Home
from followup.model import OPTED_OUT, Consent, JobStatus
from followup.workflow import homes, importing, previews, records, stops
from followup.workflow.desk import Desk
from tests import factories, sheets

# ---------------------------------------------------------------- homes with strange names

NAMES = (
    *(
        "Ada Hall",
        "Ada",
        "O’Neill",
        "Jan 't Hooft",
        "'quoted'",
        "=SUM(A1)",
        "+44",
        "-",
        "@home",
        "ACME Ltd",
        "yes",
        "Client ID",
    ),
    *(
        "Müller & Sohn",
        "Cy and Di Moor",
        "Hall, Ada",
        "Dr. Ada Hall Jr.",
        "van der Berg",
        "Łukasz Żółć",
        "Анна Иванова",
    ),
    *(
        "山田 太郎",
        "محمد علي",
        "שרה כהן",
        "สมชาย",
        "김민수",
        "Zoë 🔧",
        "👩‍🔬 Lab",
        '"Bob" Reed',
        "Semi; Colon",
        "Bar|Bar",
        "NULL",
    ),
    *(
        "n/a",
        "Null",
        "None",
        "Total",
        "Name",
        "Email",
        "1234",
        "2026-02-03",
        "x" * 300,
        "Ada  Hall",
        "İpek Işık",
        "ß",
        "-1.5",
    ),
    *("e\u0301toile", "ﬁ", "½ Price", "Bob\\n", "a:b", "http://example.com", "a@b", "Ada\u00a0Hall", "#REF!"),
)
NOTHING = frozenset({"Total", "NULL", "n/a", "Null", "None", "none", "#REF!", "-", "###", "1E+9"})
"""What other programs write where they have nothing, or where a number was destroyed."""
LINES = (
    *(
        "",
        "two dogs",
        "one\ntwo",
        "one\n\n- three\n",
        "=1+1",
        "'=1",
        "a, b; c",
        '"q"',
        "\\n \\, \\;",
        "ends\\",
        "日本語 🔧",
    ),
    *(
        "BEGIN:VCARD",
        "END:VCARD",
        "Name,Email\nAda,ada@example.com",
        "x" * 2000,
        "· ::: ·",
        "NULL",
        "-",
        "it's",
        "100%",
    ),
    *("A\u00a0B", "1E+9", "###", "=?utf-8?q?Ada?=", "sep=;", "Total"),
)
EMAILS = ("ada@example.com", "B.Reed+x@example.org", "o'neill@example.com", "a@xn--mller-kva.example")
PHONES = ("+447700900123", "+441632960101", "+4930123456", "+81312345678")

letters = st.characters(exclude_categories=["C", "Zl", "Zp"])
name = st.sampled_from(NAMES) | st.text(letters, min_size=1, max_size=12).map(str.strip).filter(bool)
text = st.sampled_from(LINES) | st.text(letters, max_size=30)
word = st.sampled_from(["vip", "a b", "=x", "'@home", "ünder", "a, b", "none"]) | st.text(
    st.characters(categories=["L", "N"]), min_size=1, max_size=8
)


@st.composite
def clients(draw: st.DrawFn, *, sense: bool) -> list[dict[str, Any]]:
    """Draw what a person types of some clients, each with e-mail addresses of their own or none.

    *sense*: without what stands for nothing in the files of other programs.
    """

    def some(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return texts.filter(lambda value: value not in NOTHING) if sense else texts

    found = []
    for number in range(draw(st.integers(1, 4))):
        emails = draw(st.lists(st.sampled_from(EMAILS), max_size=4, unique=True))
        parts = draw(
            st.sampled_from([("full_name",), ("first_name", "last_name"), ("company",), ("full_name", "company")])
        )
        found.append(
            {
                **{part: draw(some(name)) for part in parts},
                "title": draw(st.sampled_from(["", "", "Dr", "Mrs"])),
                "address_as": draw(some(st.sampled_from(["", "", "Addie", "=you", "none"]))),
                "emails": [f"{number}{each}" for each in emails],
                "phones": draw(st.lists(st.sampled_from(PHONES), max_size=4, unique=True)) if number == 0 else [],
                "street": draw(st.sampled_from(["", "1 High St", "=street"])),
                "city": draw(st.sampled_from(["", "Leeds", "Köln"])),
                "postal_code": draw(st.sampled_from(["", "LS1 1AA", "01234", "-1"])),
                "country": draw(st.sampled_from(["", "GB", "DE"])) or None,
                "language": draw(st.sampled_from(["", "en", "pl"])) or None,
                "preferred_channel": draw(st.sampled_from(["", "call"])),
                "no_channels": draw(st.sampled_from([[], ["text"], ["text", "letter"]])),
                "tags": draw(st.lists(some(word), max_size=2, unique_by=str.casefold)),
                "notes": draw(some(text)).strip(),
                "note": draw(some(text)).strip().replace("\n", " "),
                "consent_evidence": draw(st.sampled_from(["", "said so"])),
                "referred_by": draw(some(st.sampled_from(["", "Zoë Ray", "=R", "NULL"]))),
            }
        )
    return found


@st.composite
def jobs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw what a person types of some jobs, and of which client."""
    found = []
    for _ in range(draw(st.integers(0, 4))):
        completed = draw(st.sampled_from([None, date(2026, 2, 3), date(2025, 12, 24)]))
        currency, amounts = draw(
            st.sampled_from(
                [("GBP", ["0", "0.01", "1234567.89"]), ("JPY", ["50000"]), ("KWD", ["1.234"]), ("EUR", ["-40"])]
            )
        )
        found.append(
            {
                "whose": draw(st.integers(0, 3)),
                "service": draw(name),
                "status": JobStatus.COMPLETED if completed else JobStatus.OPEN,
                "completed_on": completed,
                "promised_on": draw(st.sampled_from([None, date(2026, 5, 4)])),
                **draw(st.sampled_from([{}, *({"amount": amount, "currency": currency} for amount in amounts)])),
                "paid_on": draw(st.sampled_from([None, date(2026, 2, 4)])),
                "invoice_ref": draw(st.sampled_from(["", "0007", "=7", "R-1", "n/a"])),
                "site_address": draw(st.sampled_from(["", "2 Low Lane, Leeds"])),
                "assigned_to": draw(st.sampled_from(["", "Zoë", "'@two", "None"])),
                "note": draw(text).strip().replace("\n", " "),
            }
        )
    return found


def fill(desk: Desk, people: list[dict[str, Any]], work: list[dict[str, Any]], own: str, stopped: int) -> None:
    """Make the home of what was typed; a column of its own came in with a file, and one of the clients said stop."""
    made = [records.add_client(desk, each) for each in people]
    for each in work:
        fields = {key: value for key, value in each.items() if key != "whose"}
        records.add_job(desk, made[each["whose"] % len(made)].id, fields)
    with desk.store.write(kind="import", command="import", now=factories.NOW) as write:
        write.save(replace(made[0], extra={"Gate": own, "=Crew": own}))
        if stopped < len(made) and (made[stopped].emails or made[stopped].phones):
            write.save(replace(made[stopped], consent=Consent.OPTED_OUT))
            for address in (*made[stopped].emails, *made[stopped].phones):
                write.suppress(address, OPTED_OUT, "said so", factories.NOW)


def homes_of(*, sense: bool) -> st.SearchStrategy[tuple[Any, ...]]:
    """Draw what `fill` makes a home of."""
    return st.tuples(clients(sense=sense), jobs(), word, st.integers(0, 8))


# ---------------------------------------------------------------- a home, and what is done with it


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a new home, to be copied."""
    answers = {"name": "Sam Taylor", "business": "Taylor Heating", "country": "GB", "timezone": "Europe/London"}
    return homes.make(tmp_path_factory.mktemp("kept") / "home", answers=answers).path


@contextmanager
def desk_at(kept: Path, folder: Path) -> Iterator[Desk]:
    """Give a desk at a copy of a home, which is gone afterwards."""
    shutil.copytree(kept, folder)
    desk = Desk(Home(folder), now=lambda: factories.NOW)
    try:
        yield desk
    finally:
        desk.close()
        shutil.rmtree(folder)


def run(home: Path, *words: str | Path) -> str:
    """Run a command of a home."""
    result = CliRunner().invoke(cli.cli, ["--home", str(home), "--now", "2026-03-02T09:15", *map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, f"{words}: {result.stderr}{result.stdout}"
    return result.stdout


def saved_as_spreadsheet(path: Path, write: Callable[[Any], bytes]) -> Path:
    """Return the spreadsheet that a program saves of a CSV file, amounts as numbers."""
    rows: list[list[Any]] = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    amounts = [place for place, name in enumerate(rows[0]) if name == "amount"]
    for row in rows[1:]:
        for place in amounts:
            row[place] = float(row[place]) if row[place] else ""
    saved = path.with_suffix(".xlsx" if write is sheets.xlsx else ".ods")
    saved.write_bytes(write(rows))
    return saved


def facts(home: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return all clients and jobs of a home, as it exports them."""
    return json.loads(run(home, "client", "export", "--format", "json")), json.loads(
        run(home, "job", "export", "--format", "json")
    )


def same(rows: list[dict[str, Any]]) -> list[str]:
    """Return rows without what only this home calls them, in an order of their own."""
    kept = [{key: value for key, value in row.items() if key not in ("client_id", "job_id")} for row in rows]
    for row in kept:
        if "full_name" in row:
            row["full_name"] = row["full_name"] or row["company"]  # a firm is called by its name, said or not
    return sorted(json.dumps(row) for row in kept)


FEWER = settings(max_examples=settings.default.max_examples // 6)
"""An example is a home, two commands and an import: a few for each form, thousands when somebody hunts."""

FORMS = ["ours", "excel", "xlsx", "ods", "backup", "google", "outlook", "vcf"]


def written(home: Path, form: str, folder: Path) -> list[Path]:
    """Export a home in a form, and return the files."""
    folder.mkdir()
    if form == "backup":
        run(home, "backup", "--csv", folder / "all")
        return [folder / "all" / "clients.csv", folder / "all" / "jobs.csv"]
    if form == "vcf":
        run(home, "client", "export", "--format", "vcf", "-o", folder / "clients.vcf")
        return [folder / "clients.vcf"]
    program = ["--for", form] if form in {"excel", "google", "outlook"} else []
    paths = [folder / "clients.csv", folder / "jobs.csv"][: 1 if form in {"google", "outlook"} else 2]
    for path, kind in zip(paths, ("client", "job"), strict=False):
        run(home, kind, "export", *program, "-o", path)
    if form in {"xlsx", "ods"}:
        return [saved_as_spreadsheet(path, sheets.xlsx if form == "xlsx" else sheets.ods) for path in paths]
    return paths


def preview(desk: Desk, paths: list[Path]) -> previews.Preview:
    """Return what importing files would do; every question but one is one too many."""
    sources = [importing.Source(path.name, path=path) for path in paths]
    found = importing.check(desk, sources)
    if [question.key for _, question in found.questions] == ["encoding"]:  # Outlook's code page, and signs for a name
        found = importing.check(desk, sources, answers={"encoding": "cp1252"})
    assert not found.refused, found.refused[0].refused
    assert not found.questions, found.questions
    assert not found.problems, found.problems
    return found


@pytest.mark.parametrize("form", FORMS)
@FEWER
@given(data=st.data())
def test_whatever_a_home_exports_changes_nothing_in_it(
    kept: Path, tmp_path_factory: pytest.TempPathFactory, form: str, data: st.DataObject
) -> None:
    """Scripts, emoji, quotes, line ends, formulas, apostrophes: nobody is new, and nothing is another."""
    folder = tmp_path_factory.mktemp("trip")
    with desk_at(kept, folder / "home") as desk:
        fill(desk, *data.draw(homes_of(sense=form in {"google", "outlook"})))
        found = preview(desk, written(desk.home.path, form, folder / "out"))
        told = [(change.old, list(change.fields())) for change in (*found.changed_clients, *found.changed_jobs)]
        assert found.changes_nothing, told


@pytest.mark.parametrize("form", ["ours", "excel", "xlsx", "ods", "backup"])
@FEWER
@given(typed=homes_of(sense=False))
def test_whatever_a_home_exports_fills_an_empty_one(
    kept: Path, tmp_path_factory: pytest.TempPathFactory, form: str, typed: tuple[Any, ...]
) -> None:
    """The same clients and jobs, to the letter; a stop goes along, and so does whoever has no address."""
    folder = tmp_path_factory.mktemp("trip")
    with desk_at(kept, folder / "home") as desk, desk_at(kept, folder / "other") as other:
        fill(desk, *typed)
        importing.commit(other, preview(other, written(desk.home.path, form, folder / "out")))
        for was, now in zip(facts(desk.home.path), facts(other.home.path), strict=True):
            assert same(now) == same(was)
        for client in other.store.iter_clients():
            if client.consent is Consent.OPTED_OUT and (client.emails or client.phones):
                assert stops.is_stopped(other, client)


@pytest.mark.parametrize("form", ["google", "outlook", "vcf"])
@FEWER
@given(typed=homes_of(sense=True))
def test_whoever_can_be_reached_arrives_by_an_address_book(
    kept: Path, tmp_path_factory: pytest.TempPathFactory, form: str, typed: tuple[Any, ...]
) -> None:
    """Under the same name and the same addresses; what an address book has no place for stays behind."""
    folder = tmp_path_factory.mktemp("trip")
    with desk_at(kept, folder / "home") as desk, desk_at(kept, folder / "other") as other:
        fill(desk, *typed)
        found = preview(other, written(desk.home.path, form, folder / "out"))
        if form != "vcf":
            assert [file.looks_like.partition(" ")[0].casefold() for file in found.files] == [form]
        importing.commit(other, found)
        assert addresses(other.home.path) == {each for each in addresses(desk.home.path) if any(each[1:])}


def addresses(home: Path) -> set[tuple[str, ...]]:
    """Return who is known under what: names and every way to them."""
    return {
        (
            (row["full_name"] or row["company"]).replace("\u00a0", " "),
            " ".join(sorted(row["emails"])).lower(),
            " ".join(sorted(row["phones"])),
            " ".join(row[part] for part in ("street", "postal_code") if row[part]),
        )
        for row in facts(home)[0]
    }
