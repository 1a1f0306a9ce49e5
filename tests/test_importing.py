"""Import into a home: who is who, what changes, what is asked, written and taken back."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.errors import BadInput, Declined, NotFound, TryLater, UsageError
from followup.home import Home
from followup.intake import merge
from followup.model import Client, Consent, Job, JobStatus
from followup.store import Batch
from followup.workflow import duplicates, homes, importing, previews, records, undoing, wishes
from followup.workflow.desk import Desk
from tests import factories

CLIENTS = "Client ID,Name,Email,Phone,City,Opt out\n"
JOBS = "Job #,Client ID,Client name,Client email,Service,Completed,Status,Amount,Assigned to\n"


def make_desk(folder: Path) -> Desk:
    """Return a desk at a new home, on a Monday in March."""
    answers = {"name": "Sam Taylor", "business": "Taylor Heating", "country": "GB", "timezone": "Europe/London"}
    return Desk(homes.make(folder / "home", answers=answers), now=lambda: factories.NOW)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Give a desk at a new home."""
    opened = make_desk(tmp_path)
    yield opened
    opened.close()


def check(desk: Desk, *texts: str, **options: Any) -> previews.Preview:
    """Return what importing files with these contents would do."""
    return importing.check(
        desk, [importing.Source(f"f{number}.csv", text.encode()) for number, text in enumerate(texts, 1)], **options
    )


def load(desk: Desk, *texts: str, **options: Any) -> previews.Preview:
    """Import files with these contents."""
    preview = check(desk, *texts, **options)
    importing.commit(desk, preview)
    return preview


def imports(desk: Desk) -> list[Batch]:
    """Return the batches of imports, the latest first."""
    return [batch for batch in desk.store.batches() if batch.kind == "import"]


def everything(desk: Desk) -> tuple[list[Client], list[Job]]:
    """Return all clients and jobs of the home."""
    return sorted(desk.store.iter_clients(), key=lambda each: each.id), sorted(
        desk.store.iter_jobs(), key=lambda each: each.id
    )


ADA = CLIENTS + "1,Ada Hall,ada@example.com,07700 900123,Leeds,\n"


def test_rows_that_are_read_again_beside_a_bad_one_change_nothing(desk: Desk) -> None:
    """They are needed to see who is who; what they say was said, and contradicted, in an import before."""
    leeds = ADA + "1,Ada Hall,no address,,,\n"
    york = ADA.replace("Leeds", "York")
    load(desk, leeds, york, skip_bad_rows=True)
    assert everything(desk)[0][0].city == "York"
    for files in ([leeds, york], [york, leeds], [leeds], [york], [leeds, york]):
        for whole in (False, True):
            again = load(desk, *files, skip_bad_rows=True, whole=whole)
            assert again.changes_nothing
            assert not again.kept


def test_what_rows_that_are_read_again_say_is_no_news_beside_a_new_row_of_their_client(desk: Desk) -> None:
    """The new row may say more; where it contradicts what stands above it in its file, that counts, and is old."""
    load(desk, ADA, ADA.replace("Leeds", "York"))
    load(desk, ADA + "1,Ada Hall,hall@example.com,,Bath,\n")
    (ada,) = everything(desk)[0]
    assert (ada.city, ada.emails) == ("York", ("ada@example.com", "hall@example.com"))


def test_a_known_row_stays_known_beside_another_file_that_corrects_it(desk: Desk) -> None:
    """Else it would be news the next time, and the file that corrects it the time after."""
    january, february = ADA, ADA.replace("Leeds", "York")
    load(desk, january)
    load(desk, january, february)
    for _ in range(2):
        assert load(desk, january, february).changes_nothing
        assert everything(desk)[0][0].city == "York"


def test_a_job_that_lives_again_is_not_cancelled_by_a_row_that_is_read_again(desk: Desk) -> None:
    """The row that had cancelled it is read beside a bad one, and does not do so once more."""
    job = "7,1,Ada Hall,,Boiler,13/02/2026,{},120,\n"
    cancelled = JOBS + job.format("Cancelled") + "7,1,Ada Hall,,Boiler,13/02/2026,Done,many,\n"
    load(desk, ADA, JOBS + job.format("Done"))
    load(desk, cancelled, skip_bad_rows=True)
    load(desk, JOBS + job.format("Completed"))
    assert everything(desk)[1][0].status is JobStatus.COMPLETED
    assert load(desk, cancelled, skip_bad_rows=True).changes_nothing


@pytest.mark.parametrize(
    ("clients", "jobs", "refused"),
    [
        (
            ",Ada Hall,,07700 900123,,\n1,,,07700 900123,,\n",
            "7,1,Ada Hall,,Tap,13/02/2026,Done,10,\n7,,Ada Hall,,Tap,13/02/2026,Done,10,\n",
            {3: "ambiguous-client"},
        ),
        (
            ",Ada Hall,,07700 900123,,\n,,ada@example.com,,,\n1,Ada Hall,,,,\n",
            "7,,Ada Hall,,,13/02/2026,,,\n,1,,ada@example.com,,13/02/2026,,,\n7,1,,,,13/02/2026,,,\n",
            {2: "ambiguous-client"},
        ),
        (
            "1,,a@example.com,,,\n",
            "7,1,,,,13/02/2026,,,\n7,,Di Poe,a@example.com,,13/02/2026,,,\n7,,Ed Fry,a@example.com,,13/02/2026,,,\n",
            dict.fromkeys((2, 3, 4), "same-number"),
        ),
        (
            ",Di Hall,ada@example.com,,,\n1,,ada@example.com,,,\n",
            "7,1,Ada Hall,ada@example.com,,13/02/2026,,,\n7,,Di Hall,,,13/02/2026,,,\n",
            dict.fromkeys((2, 3), "same-number"),
        ),
        (
            ",Di Hall,ada@example.com,,,\n",
            (
                "7,,Di Hall,,,13/02/2026,,,\n,1,,ada@example.com,,13/02/2026,,,\n"
                "7,1,Ada Hall,ada@example.com,,13/02/2026,,,\n"
            ),
            {2: "same-number", 3: "no-client", 4: "same-number"},
        ),
        (
            "1,,ada@example.com,,,\n,Ada Hall,,07700 900123,,\n",
            "8,,Ada Hall,,,13/02/2026,,,\n8,,Di Hall,ada@example.com,,13/02/2026,,,\n,1,Ada Hall,,,13/02/2026,,,\n",
            {2: "ambiguous-client"},
        ),
        (
            "1,,,07700 900123,,\n",
            "7,1,,ada@example.com,,13/02/2026,,,\n7,,Di Hall,ada@example.com,,13/02/2026,,,\n",
            dict.fromkeys((2, 3), "same-number"),
        ),
    ],
    ids=[
        "a name two have in the end",
        "a name somebody gets last",
        "a row whose client is not found",
        "a nameless client whose name is refused",
        "a nameless job whose name is refused",
        "a nameless client whose name a job has",
        "a number that nobody names",
    ],
)
def test_rows_of_one_number_are_refused_the_same_when_they_come_again(
    desk: Desk, clients: str, jobs: str, refused: dict[int, str]
) -> None:
    """Whoever the home knows by then: what was left out beside other rows does not come in by itself."""
    for _ in range(2):
        preview = load(desk, CLIENTS + clients, JOBS + jobs, skip_bad_rows=True)
        assert {row.row: row.code for file, row in preview.problems if file == "f2.csv"} == refused
    assert preview.changes_nothing


MIXED = "Client ID,Name,Email,Phone,Street,City,Opt out,Job #,Service,Completed,Status,Amount\n"


@pytest.mark.parametrize(
    ("texts", "refused", "numbers"),
    [
        (
            [
                MIXED + ",Di Hall,ADA@example.com,,,,,8,,,,\n,,ada@example.com,07700 900123,,,,,,,,\n",
                "Job #,Client name,Phone,Service\n8,Di Hall,07700 900123,\n",
            ],
            [],
            ["8"],
        ),
        (
            [
                "Client ID,Name,Email,Street\n,Ada Hall,ada@example.com,\n1,,,1 Elm St\n",
                MIXED + ",,ada@example.com,,,,,7,,,,\n1,,ada@example.com,,,,,7,,2026-02-13,,\n",
            ],
            [("f2.csv", 2, "ambiguous-client")],
            ["7"],
        ),
        (
            [
                MIXED + "1,Ada Hall,,,1 Elm St,,,7,,,,\n",
                "Job #,Client ID,Service\n8,1,\n",
                MIXED + ",Ada Hall,,,1 Elm St,,,8,,,,\n,,bob@example.com,,,,,7,,,,\n",
            ],
            [("f1.csv", 2, "same-number"), ("f2.csv", 2, "id-conflict"), ("f3.csv", 3, "same-number")],
            ["8"],
        ),
    ],
    ids=["they agree whom it is of", "one of them has a client", "and the reason is the same"],
)
def test_rows_that_contradict_each_other_are_looked_at_again_beside_those_that_came_in(
    desk: Desk, texts: list[str], refused: list[tuple[str, int, str]], numbers: list[str]
) -> None:
    """As the next import would look at them: so that it finds what this one found, and takes no more."""
    for _ in range(2):
        preview = load(desk, *texts, skip_bad_rows=True)
        assert [(file, problem.row, problem.code) for file, problem in preview.problems] == refused
        assert sorted(value for _, kind, value, _ in desk.store.iter_external_ids() if kind == "job") == numbers
    assert preview.changes_nothing


def test_a_row_that_came_in_is_not_refused_because_of_whom_came_in_since(desk: Desk) -> None:
    """Its name was that of one client, and is that of two now: it is known, wherever it has to be read again."""
    row = ",,Ada Hall,,Boiler,13/02/2026,Done,10,\n"
    load(desk, ADA, JOBS + row)
    preview = load(desk, JOBS + row + ",,Ada Hall,hall@example.com,Tap,14/02/2026,Done,10,\n")
    assert not preview.problems
    assert (preview.counts()["new_clients"], preview.known_rows) == (1, 1)


def test_a_nameless_row_goes_with_those_who_name_its_number(desk: Desk) -> None:
    """Its address is theirs before a job is looked for by it, which else would make the same client once more."""
    load(desk, CLIENTS + "1,Ada Hall,,07700 900123,,\n1,,ada@example.com,,,\n", JOBS + f"7,,{ADA_BY_EMAIL},\n")
    (ada,), (job,) = everything(desk)
    assert (ada.emails, job.client_id) == (("ada@example.com",), ada.id)


def test_a_nameless_row_is_nobody_whom_another_row_of_its_number_contradicts(desk: Desk) -> None:
    """Two who share an address stay two, also while the row that has the name is refused."""
    clients = CLIENTS + ",Di Hall,ada@example.com,,,\n1,,ada@example.com,,,\n"
    twice = JOBS + f"7,1,{ADA_BY_EMAIL},\n7,1,{ADA_BY_EMAIL.replace('Done', 'Open')},\n"
    load(desk, clients, twice, skip_bad_rows=True)
    assert sorted(client.full_name for client in everything(desk)[0]) == ["", "Di Hall"]
    load(desk, JOBS + f"7,1,{ADA_BY_EMAIL},\n")
    assert sorted(client.full_name for client in everything(desk)[0]) == ["Ada Hall", "Di Hall"]


def test_who_gives_but_a_postal_address_is_found_by_it_in_the_same_import_as_in_the_next(desk: Desk) -> None:
    """The client with the number is called the same and lives there."""
    preview = load(desk, "Client ID,Name,Street\n1,Ada Hall,1 Elm Street\n,Ada Hall,1 Elm Street\n")
    assert preview.counts()["new_clients"] == 1


def test_a_row_that_came_in_makes_nobody_when_it_is_read_again(desk: Desk) -> None:
    """It was found by its address; there are two of that name and address by now."""
    head = "Client ID,Name,Street\n"
    load(desk, head + "3,Ada Hall,1 Elm Street\n")
    both = head + "1,Ada Hall,1 Elm Street\n,Ada Hall,1 Elm Street\n"
    load(desk, head + ",Ada Hall,1 Elm Street\n")
    load(desk, both)
    for whole in (False, True):
        assert check(desk, both, whole=whole).changes_nothing


def test_a_row_that_came_in_is_not_refused_beside_one_that_has_its_number_for_another_job(desk: Desk) -> None:
    """Also where every row is read: only the new one is refused."""
    bob = JOBS + "7,,Bob Reed,bob@example.com,Boiler,13/02/2026,Done,10,\n"
    load(desk, bob)
    other = bob.replace("Client ID", "Client no") + "7,,Ada Hall,ada@example.com,Tap,14/02/2026,Done,10,\n"
    for whole in (False, True):
        preview = check(desk, bob, other.replace("7,,Bob", "9,,Bob"), whole=whole)
        assert [(file, problem.row) for file, problem in preview.problems] == [("f2.csv", 3)]


def test_a_job_is_whose_the_row_says_that_came_in_while_it_stands_beside_another(desk: Desk) -> None:
    """The other one by itself says that the job was noted for the wrong client."""
    bob = JOBS + "7,,Bob Reed,bob@example.com,Boiler,13/02/2026,Done,10,\n"
    ada = bob.replace("Bob Reed,bob@", "Ada Hall,ada@")
    load(desk, bob)
    refused = check(desk, bob, ada).problems
    assert [(file, problem.row, problem.code) for file, problem in refused] == [("f2.csv", 2, "id-conflict")]
    preview = check(desk, ada)
    assert not preview.problems
    assert [name for change in preview.changed_jobs for name, *_ in change.fields()] == ["client_id"]


ADA_BY_EMAIL = "Ada Hall,ada@example.com,Boiler,13/02/2026,Done,10"


@pytest.mark.parametrize(
    ("first", "later"),
    [
        (
            [CLIENTS + ",Ada Hall,,07700 900123,,\n", JOBS + "7,,Ada Hall,,Boiler,13/02/2026,Done,10,\n"],
            [
                CLIENTS + "1,,,07700 900123,,\n",
                JOBS + "7,,Ada Hall,,Boiler,13/02/2026,Done,10,\n7,1,Ada Hall,,Boiler,13/02/2026,,,\n",
            ],
        ),
        (
            [CLIENTS + ",,ada@example.com,07700 900123,,\n", JOBS + ",,Ada Hall,ada@example.com,,13/02/2026,,,\n"],
            [
                CLIENTS + ",Di Hall,ada@example.com,,,\n",
                CLIENTS + ",Ada Hall,,07700 900123,,\n,,ada@example.com,07700 900123,,\n",
            ],
        ),
    ],
    ids=["a job that another row says more of", "a client that another row says more of"],
)
def test_a_row_that_fits_several_by_now_stays_known_beside_a_new_row_of_its_record(
    desk: Desk, first: list[str], later: list[str]
) -> None:
    """The new row makes the earlier ones of its record news again, but not those that stand beside it."""
    load(desk, *first)
    for _ in range(2):
        preview = load(desk, *later)
        assert not preview.problems
        assert preview.known_rows >= 1
    assert preview.changes_nothing


def test_what_is_in_doubt_is_what_may_be_a_duplicate(desk: Desk) -> None:
    """One rule: whoever import is in doubt about is proposed afterwards, and a couple is neither."""
    rows = [
        "1,Ada Hall,ada@example.com,07700 900123,Leeds,",
        "2,Tom Hall,tom@example.com,07700 900123,Leeds,",
        "3,Bea Reed,bea@example.com,07700 900123,York,",
        "4,Ada Hall,hall@example.com,,Leeds,",
        "5,Ada Hall,ah@example.com,07700 900199,Bath,",
        "6,Cy Dunn,ada@example.com,,,",
    ]
    load(desk, CLIENTS + "\n".join(rows[:2]) + "\n")
    found = load(desk, CLIENTS + "\n".join(rows[2:]) + "\n").doubts
    proposed = {frozenset((each.keep.id, each.drop.id)) for each in duplicates.proposals(desk)}
    assert len(found) >= 4
    assert {frozenset((each.client_id, each.other_id)) for each in found} <= proposed
    names = {client.id: client.full_name for client in everything(desk)[0]}
    assert {"Tom Hall", "Ada Hall"} not in [{names[one] for one in pair} for pair in proposed]


def test_clients_come_before_jobs_whatever_the_order_of_the_files(desk: Desk) -> None:
    """All files of one command are one batch."""
    preview = load(desk, JOBS + "7,1,Ada Hall,,Boiler,13/02/2026,Done,120,Sam Taylor\n", ADA)
    (client,), (job,) = everything(desk)
    assert (job.client_id, job.status, job.amount_minor, job.owner) == (
        client.id,
        JobStatus.COMPLETED,
        12000,
        desk.settings.owner,
    )
    assert client.phones == ("+447700900123",)
    assert preview.counts()["new"] == 2
    (batch,) = imports(desk)
    assert batch.detail["files"] == ["f1.csv", "f2.csv"]


def test_a_client_is_listed_by_the_file_that_has_them_and_else_by_the_job_that_makes_them(desk: Desk) -> None:
    """Also where the jobs stand first on the line; a job says nothing new about a client of another file."""
    jobs = (
        JOBS
        + "7,,Ada Hall,ada@example.com,Boiler,13/02/2026,Done,120,\n"
        + "8,,Bob Reed,bob@example.com,Boiler,13/02/2026,Done,120,\n"
    )
    for texts in ((jobs, ADA), (ADA, jobs)):
        listed = {file.header[0]: [client.full_name for client in file.clients] for file in check(desk, *texts).files}
        assert listed == {"Job #": ["Bob Reed"], "Client ID": ["Ada Hall"]}


def test_a_job_adds_a_first_address_of_its_client_and_no_second(desk: Desk) -> None:
    """It names its client and does not describe them; whoever it adds nothing to stays as they are."""
    load(desk, CLIENTS + "1,Ada Hall,,07700 900123,Leeds,\n2,Bob Reed,bob@example.com,,York,\n")
    load(desk, JOBS + "7,1,Ada Hall,ada@example.com,Boiler,13/02/2026,Done,120,\n")
    preview = load(
        desk,
        JOBS
        + "8,1,Ada Hall,ada.hall@example.com,Tap,14/02/2026,Done,50,\n"
        + "9,2,Bob Reed,bob@example.com,Tap,14/02/2026,Done,50,\n",
    )
    assert {client.full_name: client.emails for client in everything(desk)[0]} == {
        "Ada Hall": ("ada@example.com",),
        "Bob Reed": ("bob@example.com",),
    }
    assert (preview.unchanged_clients, preview.changed_clients, len(preview.new_jobs)) == (2, [], 2)


def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    """Its rows are known and are not even read."""
    load(desk, ADA)
    before = everything(desk)
    preview = load(desk, ADA)
    assert preview.known_rows == 1
    assert preview.changes_nothing
    assert everything(desk) == before
    assert len(imports(desk)) == 1
    assert check(desk, ADA, whole=True).unchanged_clients == 1


def test_a_corrected_file_changes_what_was_corrected(desk: Desk) -> None:
    """Old and new values can be shown; an empty cell erases nothing; taking the correction back is news too."""
    load(desk, ADA)
    corrected = CLIENTS + "1,Ada Hall,ada@example.org,,York,\n"
    preview = load(desk, corrected)
    (change,) = preview.changed_clients
    assert {name: new for name, _, new in change.fields()} == {"emails": ("ada@example.org",), "city": "York"}
    assert desk.store.client(change.new.id).phones == ("+447700900123",)  # type: ignore[union-attr]  # the client is there
    back = load(desk, ADA)
    assert len(back.changed_clients) == 1


def test_a_corrected_job_keeps_its_identifier(desk: Desk) -> None:
    """The number of its source finds it; a job that is cancelled in the file is cancelled here."""
    load(desk, ADA, JOBS + "7,1,Ada Hall,,Boiler,13/02/2026,Done,120,\n")
    (_,), (before,) = everything(desk)
    load(desk, JOBS + "7,1,Ada Hall,,Boiler service,14/02/2026,Done,130,\n")
    (_,), (after,) = everything(desk)
    assert after == replace(before, service="Boiler service", completed_on=date(2026, 2, 14), amount_minor=13000)
    load(desk, JOBS + "7,1,Ada Hall,,Boiler service,14/02/2026,Cancelled,130,\n")
    assert everything(desk)[1][0].status is JobStatus.CANCELLED


def test_an_empty_cell_does_not_reopen_a_job(desk: Desk) -> None:
    """A file without dates says nothing about dates."""
    load(desk, ADA, JOBS + "7,1,Ada Hall,,Boiler,13/02/2026,,120,\n")
    load(desk, JOBS + "7,1,Ada Hall,,Boiler,,,150,\n")
    job = everything(desk)[1][0]
    assert (job.status, job.completed_on, job.amount_minor) == (JobStatus.COMPLETED, date(2026, 2, 13), 15000)
    load(desk, JOBS + "7,1,Ada Hall,,Boiler,,In progress,150,\n")
    assert everything(desk)[1][0].status is JobStatus.OPEN


@pytest.mark.parametrize(
    ("row", "same", "doubt"),
    [
        (",ada hall,ADA@Example.com,,,", True, ""),
        (",A Hall,ada@example.com,,,", True, ""),
        (",,ada@example.com,,,", True, ""),
        (",Bob Hall,ada@example.com,,,", False, "the same e-mail, another name"),
        (",Ada Hall,,07700 900123,,", True, ""),
        (",Bob Reed,,07700 900123,,", False, "the same phone, another name"),
        (",Bob Hall,,07700 900123,,", False, ""),  # a couple: two clients of one household
        (",Ada Hall,other@example.com,,,", False, "the same name"),
        (",Carl Weber,carl@example.com,,,", False, ""),
    ],
)
def test_who_is_the_same_client(desk: Desk, row: str, same: bool, doubt: str) -> None:
    """By e-mail unless names contradict, by phone and full name; what is weaker is only a doubt."""
    load(desk, ADA)
    preview = load(desk, CLIENTS + row + "\n", source="another")
    assert len(everything(desk)[0]) == (1 if same else 2)
    assert [each.what for each in preview.doubts] == ([doubt] if doubt else [])


def test_two_exporters_numbers_are_two_clients(desk: Desk) -> None:
    """1 of one source is not 1 of another, and a stranger under a known number is a problem."""
    load(desk, ADA)
    load(desk, CLIENTS + "1,Carl Weber,carl@example.com,,,\n", source="another")
    assert len(everything(desk)[0]) == 2
    preview = check(desk, CLIENTS + "1,Di Moss,di@example.com,,,\n")
    assert [problem.code for _, problem in preview.problems] == ["id-conflict"]


def test_rows_of_one_client_are_merged(desk: Desk) -> None:
    """The stricter consent wins, lists are joined, and what is not taken is said."""
    preview = load(
        desk,
        CLIENTS + "1,Ada Hall,ada@example.com,,Leeds,\n1,Ada Hall,ada@example.org,07700 "
        "900123,York,yes\n,Bob,b@example.com,,,\n",
    )
    (file,) = preview.files
    assert [client.rows for client in file.clients] == [[2, 3], [4]]
    assert file.counts()["merged"] == 1
    assert "row 3" in file.warnings[0]
    ada = desk.store.find_clients("ada@example.com")[0]
    assert (ada.emails, ada.city, ada.consent) == (("ada@example.com", "ada@example.org"), "Leeds", Consent.OPTED_OUT)


def test_a_job_finds_its_client_by_name_when_only_one_has_it(desk: Desk) -> None:
    """A list of invoices has nothing but names; two of that name are a problem."""
    load(desk, ADA)
    load(desk, JOBS + "7,,Ada Hall,,Boiler,13/02/2026,Done,120,\n")
    assert everything(desk)[1][0].client_id == everything(desk)[0][0].id
    load(desk, CLIENTS + "2,Ada Hall,other@example.com,,,\n")
    preview = check(desk, JOBS + "8,,Ada Hall,,Boiler,13/02/2026,Done,120,\n")
    assert [problem.code for _, problem in preview.problems] == ["ambiguous-client"]


def test_a_job_makes_its_client_when_the_row_says_enough(desk: Desk) -> None:
    """A name and an e-mail or phone; else the row is a problem."""
    preview = load(
        desk,
        JOBS
        + "7,,Bob Reed,bob@example.com,Tap,13/02/2026,Done,80,\n8,,Bob Reed,bob@example.com,Tap,13/02/2026,Done,90,\n",
    )
    assert [client.rows for client in preview.files[0].clients] == [[2, 3]]
    assert everything(desk)[0][0].full_name == "Bob Reed"
    stranger = check(desk, JOBS + "9,,Cy Dunn,,Tap,13/02/2026,Done,80,\n")
    assert [(problem.row, problem.code) for _, problem in stranger.problems] == [(2, "no-client")]
    assert not stranger.writable


def test_a_job_of_nobody_known_names_what_its_row_has_of_the_client_and_what_it_lacks(desk: Desk) -> None:
    """The name, else the e-mail, phone or number, with its column; and what more would make a client of it."""
    row = "{},{},{},{},Tap,13/02/2026,Done,80,\n"
    said = [("1", "Cy Dunn", ""), ("1", "", "cy@example.com"), ("", "", "solo@example.com"), ("2", "", "")]
    preview = check(desk, JOBS + "".join(row.format(number, *each) for number, each in enumerate(said, 7)))
    lacks = "is in no file and not in the home; add {} to the row, or import the client too"
    assert [(problem.column, problem.value, problem.why) for _, problem in preview.problems] == [
        ("Client name", "Cy Dunn", lacks.format("an e-mail or phone")),
        ("Client email", "cy@example.com", lacks.format("a name")),
        ("Client email", "solo@example.com", lacks.format("a name")),
        ("Client ID", "2", lacks.format("a name and an e-mail or phone")),
    ]


def test_a_client_without_any_address_is_a_problem(desk: Desk) -> None:
    """Unless the home knows one already."""
    preview = check(desk, CLIENTS + "5,Cy Dunn,,,,\n")
    assert [problem.code for _, problem in preview.problems] == ["no-address"]
    load(desk, ADA)
    assert load(desk, CLIENTS + "1,Ada Hall,,,York,\n").changed_clients


@pytest.mark.parametrize("whole", [False, True])
def test_a_client_with_only_a_number_is_found_by_what_a_job_says_of_it(desk: Desk, whole: bool) -> None:
    """In the same batch, wherever the rows stand; the batch once more says the same."""
    files = (
        CLIENTS + "1,,,,,\n2,Cy Dunn,,,,\n",
        JOBS + "7,1,,,Tap,13/02/2026,Done,80,\n8,1,Ada Hall,ada@example.com,Tap,14/02/2026,Done,90,\n",
    )
    preview = load(desk, *files, skip_bad_rows=True)
    (ada,) = preview.new_clients
    assert (ada.full_name, ada.emails) == ("Ada Hall", ("ada@example.com",))
    assert {job.client_id for job in preview.new_jobs} == {ada.id}
    assert [(problem.row, problem.code) for _, problem in preview.problems] == [(3, "no-address")]
    again = check(desk, *files, skip_bad_rows=True, whole=whole)
    assert again.changes_nothing
    assert again.problems == preview.problems


def test_numbers_that_the_home_has_not_seen_are_found_by_name_until_it_has(desk: Desk) -> None:
    """Every month the same: a name alone gives nobody a number, and never two."""
    load(desk, CLIENTS + ",Ada Hall,ada@example.com,,,\n,Bob Reed,bob@example.com,,,\n")
    head, row = JOBS, "{},{},{},,Tap,13/02/2026,Done,80,\n"
    assert load(desk, head + row.format(7, 1, "Ada Hall") + row.format(8, 2, "Bob Reed"), source="x").new_jobs
    assert load(desk, head + row.format(9, 2, "Bob Reed"), source="x").new_jobs
    two = check(desk, head + row.format(10, 1, "Ada Hall") + row.format(11, 3, "Ada Hall"), source="x")
    assert [(problem.row, problem.code) for _, problem in two.problems] == [(3, "ambiguous-client")]


def test_a_refused_row_says_nothing_about_its_client(desk: Desk) -> None:
    """Not even to the other rows of the batch."""
    rows = (
        "7,1,Ada Hall,ada@example.com,Tap,13/02/2026,Done,80,\n7,1,Ada Hall,ada@example.com,Tap,14/02/2026,Done,80,\n"
    )
    preview = check(desk, CLIENTS + "1,,,,,\n", JOBS + rows, skip_bad_rows=True)
    assert [(problem.row, problem.code) for _, problem in preview.problems] == [
        (2, "no-address"),
        (2, "same-number"),
        (3, "same-number"),
    ]
    assert preview.changes_nothing


def test_a_refused_row_leaves_the_client_of_the_others(desk: Desk) -> None:
    """Two rows with one number are refused; a third one of the same client is taken, and its client with it."""
    row = "{},,Ada Hall,ada@example.com,Tap,{}/02/2026,Done,80,\n"
    text = JOBS + row.format(7, 13) + row.format(7, 14) + row.format(8, 15)
    preview = check(desk, text, skip_bad_rows=True)
    assert [problem.row for _, problem in preview.problems] == [2, 3]
    assert [client.rows for client in preview.files[0].clients] == [[4]]
    assert len(preview.new_clients) == len(preview.new_jobs) == 1


def test_lines_of_one_invoice_are_one_job(desk: Desk) -> None:
    """Services are joined; different amounts add up, and the same amount on every line is the total."""
    head = "Invoice #,Client name,Client email,Invoice Date,Item Name,{}\n"
    rows = "1,Ada Hall,ada@example.com,2026-02-13,Boiler,{}\n1,Ada Hall,ada@example.com,2026-02-13,Filter,{}\n"
    for name, one, two, total in (("Amount", 10, 20, 30), ("Total", 30, 30, 30), ("Line Total", 15, 15, 30)):
        preview = check(desk, head.format(name) + rows.format(one, two), answers={})
        (job,) = preview.new_jobs
        assert (job.service, job.amount_minor) == ("Boiler, Filter", total * 100)
        assert preview.files[0].jobs[0].rows == [2, 3]
    both = head.format("Total,LineAmount") + rows.format("30,20", "30,10")
    assert [job.amount_minor for job in check(desk, both).new_jobs] == [3000]


def test_one_number_for_two_jobs_is_a_problem(desk: Desk) -> None:
    """Another client or another day under the same number: which row is right, nobody knows."""
    preview = check(
        desk,
        JOBS + "7,,Ada Hall,ada@example.com,Boiler,13/02/2026,Done,10,\n7,,Bob "
        "Reed,bob@example.com,Boiler,13/02/2026,Done,10,\n"
        "7,,Ada Hall,ada@example.com,Boiler,14/02/2026,Done,10,\n",
    )
    assert [(problem.row, problem.code) for _, problem in preview.problems] == [
        (row, "same-number") for row in (2, 3, 4)
    ]
    load(desk, JOBS + "7,,Ada Hall,ada@example.com,Boiler,13/02/2026,Done,10,\n")
    other = check(desk, JOBS + "7,,Bob Reed,bob@example.com,Tap,20/02/2026,Done,10,\n")
    assert [problem.code for _, problem in other.problems] == ["id-conflict"]


def test_what_is_wrong_with_the_number_of_a_job_reads_as_a_sentence_about_it(desk: Desk) -> None:
    """Every such reason goes on from the number, which stands before it."""
    row = JOBS + "7,,{},{}@example.com,Boiler,13/02/2026,Done,10,\n"
    load(desk, row.format("Ada Hall", "ada"))
    twice = check(desk, (row + "7,,Cy Mott,cy@example.com,Tap,20/02/2026,Done,10,\n").format("Bob Reed", "bob"))
    (_, first), _ = twice.problems
    assert first.value == "7"
    assert first.why == "is the number in row 3 of f1.csv too, for something else; give each job its own"
    ((_, other),) = check(desk, JOBS + "7,,Bob Reed,bob@example.com,Tap,20/02/2026,Done,10,\n").problems
    assert other.value == "7"
    assert other.why.startswith("is the number of another client's job in the home; ")


def test_jobs_without_numbers_are_known_by_client_service_and_day(desk: Desk) -> None:
    """Two alike on one day stay two, the same row twice is one."""
    text = "Client name,Client email,Service,Completed,Amount\n" + "Ada Hall,ada@example.com,Boiler,13/02/2026,10\n" * 2
    load(desk, text)
    assert len(everything(desk)[1]) == 1
    text += "Ada Hall,ada@example.com,Boiler,13/02/2026,20\n"
    load(desk, text)
    assert len(everything(desk)[1]) == 2
    assert load(desk, text, whole=True).changes_nothing


def test_what_was_edited_by_hand_stays(desk: Desk) -> None:
    """Other fields are corrected all the same."""
    load(desk, ADA)
    client = everything(desk)[0][0]
    with desk.store.write(kind="hand", command="client edit", now=factories.NOW) as write:
        write.save(replace(client, city="Hull"))
    load(desk, CLIENTS + "1,Ada Hall,ada@example.com,0113 496 0001,York,\n")
    after = everything(desk)[0][0]
    assert (after.city, after.phones) == ("Hull", ("+441134960001",))


def test_an_opt_out_is_kept_and_its_addresses_suppressed(desk: Desk) -> None:
    """No later import brings the client back, and a new address of theirs is suppressed too."""
    load(desk, CLIENTS + "1,Ada Hall,ada@example.com,07700 900123,,yes\n")
    assert desk.store.suppression("ADA@example.com")
    assert desk.store.suppression("+447700900123")
    load(desk, "Client ID,Name,Email,Consent\n1,Ada Hall,ada@example.com,yes\n")
    assert everything(desk)[0][0].consent is Consent.OPTED_OUT
    load(desk, CLIENTS + "1,Ada Hall,ada@example.org,,,yes\n")
    assert desk.store.suppression("ada@example.org")


def test_a_client_who_asked_to_be_forgotten_is_not_brought_back(desk: Desk) -> None:
    """Their rows are skipped, jobs too."""
    load(desk, ADA)
    client = everything(desk)[0][0]
    with desk.store.write(kind="wish", command="forget", now=factories.NOW) as write:
        write.erase_client(client.id, desk.today)
    preview = load(
        desk, ADA + "2,Bob Reed,bob@example.com,,,\n", JOBS + "7,1,Ada Hall,ada@example.com,Boiler,13/02/2026,Done,1,\n"
    )
    assert [client.full_name for client in preview.new_clients] == ["Bob Reed"]
    assert {row.code for file in preview.files for row in file.skipped} == {"forgotten"}
    assert desk.store.client(client.id).full_name == ""  # type: ignore[union-attr]  # the client is there


def test_a_merged_client_stays_merged(desk: Desk) -> None:
    """What was merged is found under the client that was kept."""
    load(desk, ADA + "2,Ada Hall-Reed,ada.reed@example.com,,,\n")
    keep, drop = (desk.store.find_clients(address)[0] for address in ("ada@example.com", "ada.reed@example.com"))
    with desk.store.write(kind="hand", command="client merge", now=factories.NOW) as write:
        write.merge_clients(keep.id, drop.id)
    load(desk, CLIENTS + "2,Ada Hall-Reed,ada.reed@example.com,,Leeds,\n", JOBS + "7,2,Ada,,Tap,13/02/2026,Done,1,\n")
    assert everything(desk)[1][0].client_id == keep.id


def test_undo_of_an_import_restores_exactly(desk: Desk) -> None:
    """And the file can be imported again, with the same identifiers."""
    empty = everything(desk)
    load(desk, ADA, JOBS + "7,1,Ada Hall,,Boiler,13/02/2026,Done,120,\n")
    full = everything(desk)
    batch = desk.store.undoable()
    assert batch is not None
    with desk.store.write(kind="undo", command="undo", now=factories.NOW) as write:
        assert write.undo(batch.id) == []
    assert everything(desk) == empty
    load(desk, ADA, JOBS + "7,1,Ada Hall,,Boiler,13/02/2026,Done,120,\n")
    assert everything(desk) == full


def test_questions_stop_everything_and_answers_are_remembered(desk: Desk) -> None:
    """Nothing of the command is written; next month's file of that kind asks nothing."""
    ambiguous = JOBS + "7,1,Ada Hall,,Boiler,03/02/2026,Handed over,120,\n"
    preview = check(desk, ADA, ambiguous)
    assert [(file, question.about) for file, question in preview.questions] == [
        ("f2.csv", "date_order"),
        ("f2.csv", "status"),
    ]
    with pytest.raises(BadInput, match="Nothing was imported"):
        importing.commit(desk, preview)
    assert everything(desk) == ([], [])
    load(desk, ADA, ambiguous, answers={"f2.csv:date_order": "dmy", "status:Handed over": "completed"})
    assert everything(desk)[1][0].completed_on == date(2026, 2, 3)
    assert load(desk, JOBS + "8,1,Ada Hall,,Boiler,01/03/2026,handed over,120,\n").new_jobs


@pytest.mark.parametrize("answers", [{"date_order": "dym"}, {"colour": "red"}, {"f1.csv:kind": "people"}])
def test_wrong_answers_are_refused_at_once(desk: Desk, answers: dict[str, str]) -> None:
    """With what would be right."""
    with pytest.raises(UsageError, match="--answer"):
        check(desk, ADA, answers=answers)


def test_answers_are_typed_as_key_and_value() -> None:
    """The value may hold an equals sign."""
    assert importing.split_answer("status:A=B=open") == ("status:A", "B=open")
    with pytest.raises(UsageError, match="KEY=VALUE"):
        importing.split_answer("dmy")


def test_bad_rows_stop_everything_or_are_left_out_to_be_repaired(desk: Desk) -> None:
    """The file of rejected rows says why, is repaired, and is imported like the one it came from."""
    text = JOBS + (
        "7,,Ada Hall,ada@example.com,Boiler,13/02/2026,Done,120,\n"
        "8,,=Bob,nobody,Boiler,01/02/2026,Done,80,\n9,,Cy Dunn,,Boiler,01/02/2026,Done,80,\n"
    )
    assert not check(desk, text).writable
    preview = check(desk, text, skip_bad_rows=True)
    imported = importing.commit(desk, preview)
    (path,) = imported.rejected
    assert imported.counts["errors"] == 2
    assert len(everything(desk)[1]) == 1
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    assert rows[0][-1] == "followup: what is wrong"
    assert rows[1][-1].startswith("row 3: Client email: 'nobody'")
    assert rows[1][2] == "'=Bob"
    repaired = (
        path.read_text("utf-8-sig").replace("nobody", "bob@example.com").replace("Cy Dunn,,", "Cy Dunn,cy@example.com,")
    )
    load(desk, repaired)
    assert sorted(str(job.completed_on) for job in everything(desk)[1]) == ["2026-02-01", "2026-02-01", "2026-02-13"]
    assert {client.full_name for client in everything(desk)[0]} == {"Ada Hall", "=Bob", "Cy Dunn"}
    again = importing.commit(desk, check(desk, text, skip_bad_rows=True))
    assert again.rejected[0] != path


def test_rejected_rows_are_rejected_again_with_one_column_of_reasons(desk: Desk) -> None:
    """A file of rejected rows that is still wrong keeps its shape."""
    first = importing.commit(desk, check(desk, CLIENTS + "1,Ada,nobody,,,\n", skip_bad_rows=True)).rejected[0]
    second = importing.commit(desk, check(desk, first.read_text("utf-8-sig"), skip_bad_rows=True)).rejected[0]
    assert first.read_text().splitlines()[0] == second.read_text().splitlines()[0]


def test_a_headerless_file_is_rejected_with_the_names_it_was_given(desk: Desk) -> None:
    """So that what was repaired needs no answer."""
    preview = check(desk, "Ada,nobody\nBob,b@example.com\n", answers={"columns": "full_name,email"}, skip_bad_rows=True)
    path = importing.commit(desk, preview).rejected[0]
    assert path.read_text("utf-8-sig").splitlines()[0] == "full_name,email,followup: what is wrong"


def test_a_home_that_changed_meanwhile_is_not_overwritten(desk: Desk) -> None:
    """What was shown must be what is written."""
    load(desk, ADA)
    preview = check(desk, CLIENTS + "1,Ada Hall,ada@example.com,,York,\n")
    with desk.store.write(kind="hand", command="client edit", now=factories.NOW) as write:
        write.save(replace(everything(desk)[0][0], city="Hull"))
    with pytest.raises(TryLater, match="Nothing was imported"):
        importing.commit(desk, preview)


def test_what_would_follow_can_be_tried_and_taken_back(desk: Desk) -> None:
    """`apply` in a transaction that is rolled back leaves nothing."""
    preview = check(desk, ADA)
    with contextlib.suppress(Declined), desk.store.write(kind="import", command="try", now=factories.NOW) as write:
        importing.apply(desk, write, preview)
        assert len(everything(desk)[0]) == 1
        raise Declined("seen enough")
    assert everything(desk) == ([], [])
    assert importing.commit(desk, preview).batch_id


def test_files_are_read_from_the_disk(desk: Desk, tmp_path: Path) -> None:
    """A missing file and a folder are told apart."""
    path = tmp_path / "clients.csv"
    path.write_text(ADA)
    assert importing.check(desk, [importing.Source(str(path))]).new_clients
    with pytest.raises(NotFound, match=r"no file .*gone.csv"):
        importing.check(desk, [importing.Source("gone.csv", path=tmp_path / "gone.csv")])
    with pytest.raises(BadInput, match="is a folder"):
        importing.check(desk, [importing.Source(str(tmp_path))])


def test_a_refused_file_stops_the_others(desk: Desk) -> None:
    """All or nothing, also with --skip-bad-rows."""
    preview = check(desk, ADA, "", skip_bad_rows=True)
    assert [file.name for file in preview.refused] == ["f2.csv"]
    assert not preview.writable
    assert [shown["refused"] for shown in importing.to_json(preview)] == [None, "the file is empty."]


def test_a_job_in_the_future_is_known_until_its_day_has_passed(desk: Desk) -> None:
    """Then its row means something else, and is read together with the other line of that job."""
    text = (
        JOBS + "7,,Ada Hall,ada@example.com,Boiler,13/03/2026,,120,\n7,,Ada Hall,ada@example.com,Tap,13/03/2026,,30,\n"
    )
    preview = load(desk, text)
    assert preview.not_completed == 1
    assert everything(desk)[1][0].status is JobStatus.OPEN
    for whole in (False, True):
        again = check(desk, text, whole=whole)
        assert again.changes_nothing
        assert again.known_rows == (0 if whole else 2)
    later = Desk(desk.home, now=lambda: datetime(2026, 3, 16, 9, tzinfo=UTC))
    load(later, text)
    (job,) = everything(later)[1]
    assert (job.status, job.amount_minor) == (JobStatus.COMPLETED, 15000)
    assert check(later, text).known_rows == 2
    later.close()


def test_a_row_with_a_day_in_the_future_says_of_its_client_nothing_new_when_it_comes_again(desk: Desk) -> None:
    """What a later file corrected stays corrected."""
    head = "Job #,Client name,Client email,City,Service,Completed,Amount\n"
    booked = head + "7,Ada Hall,ada@example.com,Leeds,Boiler,13/03/2026,120\n"
    load(desk, booked)
    load(desk, ADA.replace("Leeds", "York"))
    for whole in (False, True):
        assert load(desk, booked, whole=whole).changes_nothing
    assert everything(desk)[0][0].city == "York"


def test_who_brought_a_client_is_linked_when_only_one_client_has_that_name(desk: Desk) -> None:
    """In the same files or in the home; a name that two clients have, or nobody, stays text."""
    head = "Name,Email,Referred by\n"
    load(desk, head + "Cy Dunn,cy@example.com,\nDi Reed,di@example.com,\nDi Reed,di@example.org,\n")
    load(
        desk,
        head
        + "Ada Hall,ada@example.com,bob HALL\nBob Hall,bob@example.com,Cy Dunn\nEd Poe,ed@example.com,Di Reed\n"
        + "Fay Poe,fay@example.com,the postman\nGus Poe,gus@example.com,Gus Poe\n",
    )
    clients, _ = everything(desk)
    ids = {client.full_name: client.id for client in clients}
    brought = {client.full_name: client.referred_by_id for client in clients if client.referred_by}
    assert brought == {
        "Ada Hall": ids["Bob Hall"],
        "Bob Hall": ids["Cy Dunn"],
        "Ed Poe": "",
        "Fay Poe": "",
        "Gus Poe": "",
    }
    load(desk, head + "Ada Hall,ada@example.com,Cy Dunn\n")
    (ada,) = (client for client in everything(desk)[0] if client.full_name == "Ada Hall")
    assert ada.referred_by_id == ids["Cy Dunn"]


# ---------------------------------------------------------------- whose word counts


WHOLE = "Client ID,Name,Email,Phone,Street,City,Postal code,Opt out\n"
FROM_FILE = "1,Ada Hall,ada@example.com,07700 900123,1 High St,Leeds,LS1 1AA,\n"


def edited(desk: Desk) -> None:
    """Have Ada Hall in the home, with a phone and a street that somebody typed."""
    load(desk, WHOLE + FROM_FILE)
    records.edit_client(desk, "Ada Hall", {"phones": ["01632 960123"], "street": "2 Mill Lane"})


def kept(preview: previews.Preview) -> set[tuple[str, object, object]]:
    """Return what stays although the files say otherwise."""
    return {(each.field, each.ours, each.theirs) for each in preview.kept}


NEXT = WHOLE + "1,Ada Hall,ada.hall@example.com,07700 900199,3 Park Row,York,YO1 1AA,\n"


def test_what_was_typed_stays_and_is_said(desk: Desk) -> None:
    """The phone, and the whole address: a street of ours in a town of theirs is nobody's address."""
    edited(desk)
    preview = load(desk, NEXT)
    assert kept(preview) == {
        ("phones", ("+441632960123",), ("+447700900199",)),
        ("street", "2 Mill Lane", "3 Park Row"),
        ("city", "Leeds", "York"),
        ("postal_code", "LS1 1AA", "YO1 1AA"),
    }
    (ada,) = everything(desk)[0]
    assert (ada.emails, ada.phones, ada.street, ada.city) == (
        *(("ada.hall@example.com",), ("+441632960123",), "2 Mill Lane", "Leeds"),
    )


def test_the_files_word_counts_when_it_is_told_to(desk: Desk) -> None:
    """Also for rows that were read before; from then on these values are the file's, which it may change."""
    edited(desk)
    assert load(desk, WHOLE + FROM_FILE).changes_nothing
    preview = load(desk, WHOLE + FROM_FILE, prefer=merge.Prefer.FILE)
    assert preview.kept == []
    (ada,) = everything(desk)[0]
    assert (ada.phones, ada.street) == (("+447700900123",), "1 High St")
    assert load(desk, NEXT).kept == []
    (ada,) = everything(desk)[0]
    assert (ada.phones, ada.street) == (("+447700900199",), "3 Park Row")
    with desk.store.write(kind="undo", command="undo", now=factories.NOW) as write:
        assert write.undo(desk.store.undoable().id) == []
    with desk.store.write(kind="undo", command="undo", now=factories.NOW) as write:
        assert write.undo(desk.store.undoable().id) == []
    (ada,) = everything(desk)[0]
    assert (ada.phones, ada.street) == (("+441632960123",), "2 Mill Lane")


def test_our_word_counts_when_it_is_told_to(desk: Desk) -> None:
    """Whoever wrote it; what is empty is filled, and a job that was open may be completed."""
    head = "Job #,Client ID,Client name,Service,Completed,Status,Amount\n"
    load(desk, WHOLE + "1,Ada Hall,ada@example.com,,1 High St,,,\n", head + "7,1,Ada Hall,Boiler,,Scheduled,90\n")
    ours = {"prefer": merge.Prefer.OURS}
    preview = load(desk, NEXT, head + "7,1,Ada Hall,New bath,2026-02-27,Completed,120\n", **ours)
    (ada,), (job,) = everything(desk)
    assert (ada.emails, ada.phones, ada.street, ada.city) == (("ada@example.com",), ("+447700900199",), "1 High St", "")
    assert (job.service, job.amount_minor, job.status, job.completed_on) == (
        *("Boiler", 9000, JobStatus.COMPLETED, date(2026, 2, 27)),
    )
    assert {name for name, _, _ in kept(preview)} == {
        *("emails", "street", "city", "postal_code", "service", "amount_minor"),
    }


@pytest.mark.parametrize("prefer", merge.Prefer)
def test_a_stop_is_heard_and_never_taken_back_whoever_is_preferred(desk: Desk, prefer: merge.Prefer) -> None:
    """In a file as well as by hand."""
    head = "Name,Email,Consent\n"
    load(desk, head + "Ada Hall,ada@example.com,yes\nBert Hill,bert@example.com,yes\n")
    wishes.optout(desk, "Ada Hall")
    load(desk, head + "Ada Hall,ada@example.com,subscribed\nBert Hill,bert@example.com,no\n", prefer=prefer)
    assert {client.consent for client in everything(desk)[0]} == {Consent.OPTED_OUT}


# ---------------------------------------------------------------- who brought whom


def brought(desk: Desk) -> dict[str, str]:
    """Return by whom each client was brought, where that is certain."""
    names = {client.id: client.full_name for client in everything(desk)[0]}
    return {client.full_name: names[client.referred_by_id] for client in everything(desk)[0] if client.referred_by_id}


@pytest.mark.parametrize(
    "said",
    [
        "Ada Hall",
        "HALL, Ada",
        "Ada Hall (her neighbour)",
        "ada@example.com",
        "Ada <ADA@example.com>",
        "01632 960123",
        "+44 1632 960123",
        "A-17",
    ],
)
def test_a_referrer_is_known_by_name_address_phone_or_number(desk: Desk, said: str) -> None:
    """Whether she comes before, with, or after the row that names her; what it says of her stays as it is written."""
    ada = "A-17,Ada Hall,ada@example.com,01632 960123,\n"
    bob = f'B-18,Bob Hill,bob@example.com,,"{said}"\n'
    head = "Client ID,Name,Email,Phone,Referred by\n"
    load(desk, head + bob)
    assert brought(desk) == {}
    load(desk, head + ada)
    assert brought(desk) == {"Bob Hill": "Ada Hall"}
    (bob_now,) = (client for client in everything(desk)[0] if client.full_name == "Bob Hill")
    assert bob_now.referred_by == said
    load(desk, head + bob.replace("B-18", "B-19").replace("ob Hill", "ea Hill").replace("bob@", "bea@"))
    assert brought(desk)["Bea Hill"] == "Ada Hall"
    assert load(desk, head + ada + bob).changes_nothing
    for _ in range(2):
        with desk.store.write(kind="undo", command="undo", now=factories.NOW) as write:
            assert write.undo(desk.store.undoable().id) == []
    assert brought(desk) == {}


def test_a_name_where_somebody_came_from_is_taken_only_when_it_is_a_clients(desk: Desk) -> None:
    """A lead source is mostly an advertisement; exactly one client's name in it is who brought them."""
    head = "Name,Email,Lead Source\n"
    load(desk, head + "Ada Hall,ada@example.com,Google Ads\nDi Reed,d@example.com,\nDi Reed,d@example.org,\n")
    load(desk, head + "Bob Hill,b@example.com,Ada Hall\nCy Dunn,c@example.com,Referral\nEd Poe,e@example.com,Di Reed\n")
    assert brought(desk) == {"Bob Hill": "Ada Hall"}
    clients = {client.full_name: client for client in everything(desk)[0]}
    assert clients["Bob Hill"].referred_by == "Ada Hall"
    assert {clients[name].referred_by for name in ("Ada Hall", "Cy Dunn", "Ed Poe")} == {""}
    assert clients["Cy Dunn"].extra == {"Lead Source": "Referral"}


def test_the_people_of_the_firm_are_in_the_store_with_the_first_import(desk: Desk) -> None:
    """As the settings have them, and recorded like every write."""
    load(desk, ADA)
    assert [person.name for person in desk.store.people()] == ["Sam Taylor"]
    recorded = {change.record for batch in desk.store.batches() for change in desk.store.changes(batch.id)}
    assert {"client", "person"} <= recorded


people = st.sampled_from(
    [
        ("1", "Ada Hall", "ada@example.com", "07700 900123"),
        ("2", "Bob Reed", "bob@example.com", "07700 900124"),
        ("", "Cy Dunn", "cy@example.com", ""),
        ("", "Di Hall", "ADA@example.com", "07700 900123"),
        ("3", "Ada Hall", "hall@example.com", ""),
    ]
)
shown = st.tuples(people, st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans())).map(
    lambda both: tuple(value if there else "" for value, there in zip(*both, strict=True))
)
"""Somebody, with any of their number, name, e-mail and phone left out."""
client_rows = st.lists(
    st.tuples(shown, st.sampled_from(["Leeds", "York", ""]), st.sampled_from(["yes", ""])).map(
        lambda row: (*row[0], *row[1:])
    ),
    max_size=6,
)
job_rows = st.lists(
    st.tuples(
        st.sampled_from(["7", "8", ""]),
        shown.map(lambda person: person[:3]),
        st.sampled_from(["Boiler", "Tap", ""]),
        st.sampled_from(["2026-02-13", "2026-03-30", ""]),
        st.sampled_from(["Done", "Draft", ""]),
        st.sampled_from(["10", "20.50", ""]),
    ).map(lambda row: (row[0], *row[1], *row[2:], "")),
    max_size=6,
)


def as_csv(head: str, rows: list[tuple[str, ...]]) -> str:
    """Return a file with these rows."""
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(rows)
    return head + stream.getvalue()


@given(client_rows, job_rows, client_rows)
def test_properties_of_any_import(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[tuple[str, ...]],
    jobs: list[tuple[str, ...]],
    second: list[tuple[str, ...]],
) -> None:
    """Idempotent; undo is identity; an opt-out is never lost; every row is in the ledger once."""
    desk = make_desk(tmp_path_factory.mktemp("property"))
    try:
        files = [as_csv(CLIENTS, first), as_csv(JOBS, jobs)]
        options: dict[str, Any] = {"skip_bad_rows": True, "answers": {"fill_down": "no", "headings": "nothing"}}
        preview = load(desk, *files, **options)
        for file in preview.files:
            counts = file.counts()
            assert counts["rows"] == sum(counts[name] for name in ("imported", "merged", "skipped", "errors", "known"))
        once = everything(desk)
        out = {client.id for client in once[0] if client.consent is Consent.OPTED_OUT}
        load(desk, *files, **options)
        assert everything(desk) == once
        assert load(desk, *files, whole=True, **options).changes_nothing
        assert everything(desk) == once

        before = everything(desk)
        written = importing.commit(desk, check(desk, as_csv(CLIENTS, second), **options))
        stopped = {client.id for client in everything(desk)[0] if client.consent is Consent.OPTED_OUT}
        assert out <= stopped
        for client in everything(desk)[0]:
            if client.id in stopped:
                assert all(desk.store.suppression(address) for address in client.emails)
        batch = desk.store.undoable()
        if written.batch_id and batch is not None and batch.id == written.batch_id and stopped == out:
            with desk.store.write(kind="undo", command="undo", now=factories.NOW) as write:
                write.undo(batch.id)
            assert everything(desk) == before
    finally:
        desk.close()


def refusals(preview: previews.Preview, rows: dict[str, list[tuple[str, ...]]]) -> set[tuple[str, ...]]:
    """Return the rows that were refused, wherever they stand."""
    return {(file, *rows[file][problem.row - 2]) for file, problem in preview.problems}


def told(desk: Desk) -> tuple[object, object]:
    """Return who is known under which addresses, and what was done for whom."""
    clients, jobs = everything(desk)
    return (
        [(client.id, {email.lower() for email in client.emails}, set(client.phones)) for client in clients],
        Counter((job.client_id, job.completed_on, job.amount_minor) for job in jobs),
    )


@given(client_rows, job_rows, st.data())
def test_the_order_of_files_and_rows_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory,
    clients: list[tuple[str, ...]],
    jobs: list[tuple[str, ...]],
    data: st.DataObject,
) -> None:
    """The same clients, jobs and refusals; and the same batch once more changes nothing and is refused the same."""
    folder = tmp_path_factory.mktemp("order")
    desk = make_desk(folder)
    shutil.copytree(desk.home.path, folder / "other")
    other = Desk(Home(folder / "other"), now=desk.now)
    options: dict[str, Any] = {"skip_bad_rows": True, "answers": {"fill_down": "no", "headings": "nothing"}}
    try:
        files = [as_csv(CLIENTS, clients), as_csv(JOBS, jobs)]
        rows = {"f1.csv": clients, "f2.csv": jobs}
        preview = load(desk, *files, **options)
        refused = refusals(preview, rows)
        for whole in (False, True):
            again = check(desk, *files, whole=whole, **options)
            assert again.changes_nothing
            assert refusals(again, rows) == refused

        mixed = {"f2.csv": data.draw(st.permutations(jobs)), "f1.csv": data.draw(st.permutations(clients))}
        heads = {"f1.csv": CLIENTS, "f2.csv": JOBS}
        sources = [importing.Source(name, as_csv(heads[name], mixed[name]).encode()) for name in mixed]
        turned = importing.check(other, sources, **options)
        importing.commit(other, turned)
        assert refusals(turned, mixed) == refused
        assert told(other) == told(desk)
    finally:
        desk.close()
        other.close()


def test_half_written_files_of_rejected_rows_go_when_nobody_writes_them_any_more(desk: Desk) -> None:
    """A run that was killed leaves one; the next import removes it, and nothing of the owner's."""
    folder = desk.home.rejects_path
    folder.mkdir(exist_ok=True)
    killed, working = (folder / f".f1 rejected 2026-03-02.csv.abcdefg{last}.part" for last in "hi")
    own = folder / "mine.part"
    for path in (killed, working, own):
        path.write_text("half")
    os.utime(killed, (0, 0))
    os.utime(own, (0, 0))
    load(desk, ADA)
    assert sorted(folder.iterdir()) == sorted([working, own])


TRADE = "Art;Name;Telefon;E-Mail;Werbung;Was;Datum;Betrag"
PAUL = "Kunde;Paul Ärger;0221 4710002;paul@example.com;;;;"
OEZNUR = "Kunde;Öznur Kaya;0221 4710001;oeznur@example.com;;;;"
TILED = "Auftrag;Öznur Kaya;;;;Bad gefliest;13.02.2026;2.400,00"


@pytest.mark.parametrize(
    "rows", [[TRADE, OEZNUR, TILED, PAUL], [TRADE, TILED, PAUL, OEZNUR]], ids=["the client above", "the client below"]
)
@pytest.mark.parametrize("column", [True, False], ids=["rows say what they are", "rows do not say what they are"])
def test_a_job_whose_row_gives_a_name_alone_is_that_clients_in_the_same_sheet(
    desk: Desk, rows: list[str], column: bool
) -> None:
    """As if clients and jobs were two files; once more it is known, and all of it can be taken back."""
    text = "\n".join(rows if column else [row.partition(";")[2] for row in rows])
    assert not load(desk, text).problems
    clients, (job,) = everything(desk)
    assert {client.full_name: client.id for client in clients}.keys() == {"Öznur Kaya", "Paul Ärger"}
    assert (job.service, job.amount_minor) == ("Bad gefliest", 240_000)
    assert job.client_id == next(client.id for client in clients if client.full_name == "Öznur Kaya")
    for whole in (False, True):
        assert check(desk, text, whole=whole).changes_nothing
    undoing.undo(desk, undoing.preview(desk))
    assert everything(desk) == ([], [])


def test_a_job_of_a_later_sheet_names_a_client_of_the_home(desk: Desk) -> None:
    """The second import knows who that is, though the row of the client came in with the first."""
    sheet = [TRADE, OEZNUR, PAUL, TILED]
    load(desk, "\n".join(sheet))
    assert not load(desk, "\n".join([*sheet, TILED.replace("13.02.", "27.02.")])).problems
    clients, jobs = everything(desk)
    oeznur = next(client.id for client in clients if client.full_name == "Öznur Kaya")
    assert (len(clients), [job.client_id for job in jobs]) == (2, [oeznur, oeznur])


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([PAUL], "is in no file and not in the home; add an e-mail or phone to the row, or import the client too"),
        ([OEZNUR, OEZNUR.replace("1;oeznur@", "3;kaya@")], "fits several clients"),
    ],
    ids=["nobody", "two clients"],
)
def test_a_name_alone_that_is_not_one_clients_is_refused(desk: Desk, rows: list[str], why: str) -> None:
    """Nobody is guessed, and nothing is written."""
    preview = check(desk, "\n".join([TRADE, *rows, TILED]))
    assert [(problem.row, problem.value) for _, problem in preview.problems] == [(len(rows) + 2, "Öznur Kaya")]
    assert why in preview.problems[0][1].why


@pytest.mark.parametrize("order", [1, -1])
def test_a_client_without_any_address_is_refused_beside_a_job_that_says_the_very_same_of_them(
    desk: Desk, order: int
) -> None:
    """What is taken for a name in a job's row is no client in a list."""
    preview = check(desk, "\n".join([TRADE, *["Kunde;Öznur Kaya;;;;;;", TILED][::order], PAUL]))
    assert {problem.code for _, problem in preview.problems} == {"no-address", "no-client"}


def test_an_opt_out_beside_a_name_alone_is_never_lost(desk: Desk) -> None:
    """A name is too little to stop somebody, and the row says more than a name: it is refused as a whole, and kept."""
    stop = TILED.replace(";;;;Bad", ";;;opted_out;Bad")
    preview = check(desk, "\n".join([TRADE, OEZNUR, stop, PAUL]))
    assert [(problem.row, problem.code) for _, problem in preview.problems] == [(3, "no-address")]
    load(desk, "\n".join([TRADE, OEZNUR, stop.replace(";;;", ";;oeznur@example.com;"), PAUL]))
    assert {each.full_name: each.consent for each in everything(desk)[0]}["Öznur Kaya"] is Consent.OPTED_OUT


def test_a_client_of_the_home_without_a_first_name_is_named_in_a_doubt_as_they_are_called(desk: Desk) -> None:
    """Nothing stands before a last name that is alone."""
    load(desk, "First name,Last name,Email\n,Hall,hall@example.com\n")
    (doubt,) = check(desk, "Name,Email\nBert Moss,hall@example.com\n").doubts
    assert (doubt.name, doubt.other_name) == ("Bert Moss", "Hall")
