"""Several files of one program together: they speak of the same clients and jobs, in whatever order they come."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]

EXPORTS = Path(__file__).resolve().parent / "data" / "exporters"
BILLED = [
    word
    for state, meaning in (("Awaiting Payment", "completed"), ("Past Due", "completed"), ("Bad Debt", "not_a_job"))
    for word in ("--answer", f"jobber-invoices.csv:status:{state}={meaning}")
]


@pytest.fixture
def ohio(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give `run` in a fresh American home, in a folder of the owner's."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "US", "--email", "sam@alder.example.com")
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    return run


def copy(name: str, as_: str = "") -> str:
    """Put an export into the owner's folder, and return what it is called there."""
    shutil.copy(EXPORTS / name, as_ or name)
    return as_ or name


def jobs(run: Run) -> dict[str, dict[str, Any]]:
    """Return the jobs of the home by service."""
    return {each["service"]: each for each in json.loads(run("job", "export", "--format", "json").stdout)}


@pytest.mark.parametrize("order", [*permutations(("clients", "jobs", "invoices"))], ids="-".join)
def test_an_invoice_says_of_a_job_only_what_its_report_does_not(ohio: Run, order: tuple[str, ...]) -> None:
    """Paid and unpaid come from the invoices; day, amount and state of the report of jobs stay, file by file or not."""
    for name in order:
        answers = BILLED if name == "invoices" else []
        ohio("import", copy(f"jobber-{name}.csv"), *answers, "--yes", "--skip-bad-rows", exit_code=None)
    together = [f"jobber-{name}.csv" for name in order]
    ohio("import", *together, "--yes", "--skip-bad-rows", exit_code=None)
    found = jobs(ohio)
    spring, hedge, snow = found["Spring clean-up"], found["Hedge"], found["Snow removal"]
    assert (spring["completed_on"], spring["amount"], spring["paid_on"]) == ("2026-02-20", "1250.00", "2026-02-25")
    assert (hedge["completed_on"], hedge["amount"], hedge["paid_on"]) == ("2026-02-27", "400.00", None)
    assert (snow["status"], snow["completed_on"], snow["paid_on"]) == ("open", None, "2026-02-11")  # paid beforehand
    assert found[""]["completed_on"] == "2026-01-02"  # only an invoice speaks of it, so its day stands in
    assert len(found) == 4


def test_a_cleaned_address_gets_no_mail_and_nobody_is_opted_out(ohio: Run) -> None:
    """A mail server's word is about the address; `mail allow` tries it again, and the same file changes nothing."""
    name = copy("mailchimp-cleaned.csv", "cleaned_email_audience_export_8f1c.csv")
    assert "new: 1 client" in ohio("import", name, "--yes").stdout
    (client,) = json.loads(ohio("client", "export", "--format", "json").stdout)
    assert client["consent"] == "unknown"
    assert "Nothing changes" in ohio("import", name, "--yes").stdout
    refused = "a mail server refused ed@example.com"
    ohio("job", "add", "Ed Nye", "--service", "Tap", "--completed", "2026-02-27")
    assert refused in ohio("why", "Ed Nye").stdout
    ohio("mail", "allow", "ed@example.com")
    ohio("import", name, "--yes")
    assert refused not in ohio("why", "Ed Nye").stdout


def test_broken_cards_come_back_as_a_table_to_mend(ohio: Run) -> None:
    """The file of rejected rows has the text of each broken card; with a name and an address it is imported."""
    broken = "BEGIN:VCARD\nFN:Bo Ray\nNOTE:first\nsecond\nEND:VCARD\n"
    Path("contacts.vcf").write_text(
        "BEGIN:VCARD\nVERSION:3.0\nFN:Ada Hall\nEMAIL:ada@example.com\nEND:VCARD\n" + broken, encoding="utf-8"
    )
    said = ohio("import", "contacts.vcf", "--yes", exit_code=65)
    assert "contacts.vcf:2: has a line without a name: 'second'" in said.stderr
    assert "looks like address cards, clients, 2 rows" in said.stdout
    told = ohio("import", "contacts.vcf", "--yes", "--skip-bad-rows").stderr
    path = Path(told[told.index("Repair them in ") + len("Repair them in ") : told.index(".csv") + 4])
    with path.open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["notes"] == "FN:Bo Ray\nNOTE:first\nsecond"
    row |= {"full_name": "Bo Ray", "emails": "bo@example.com", "notes": "first second"}
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, row)
        writer.writeheader()
        writer.writerow(row)
    assert "new: 1 client, 0 jobs" in ohio("import", path, "--yes").stdout


def test_a_contact_that_names_nobody_is_left_out_and_keeps_the_others_out_of_nothing(ohio: Run) -> None:
    """An address book may hold a note and nothing else, and there is nothing to mend in it; in a sheet it is a slip."""
    header = "Name,Given Name,Additional Name,Family Name,Yomi Name,Given Name Yomi,Nickname,Birthday,Notes"
    more = "Group Membership,E-mail 1 - Type,E-mail 1 - Value"
    rows = "Ada Hall,Ada,,Hall,,,,,,,,ada@example.com\n,,,,,,,,just a note,,,\n"
    Path("contacts.csv").write_text(f"{header},{more}\n{rows}", encoding="utf-8")
    ran = ohio("import", "contacts.csv", "--yes")
    assert "left out: names no client: no name, number, e-mail or phone (row 3)" in ran.stdout
    Path("sheet.csv").write_text("Name,Email,Notes\nBob Cole,bob@example.com,\n,,just a note\n", encoding="utf-8")
    assert "names no client" in ohio("import", "sheet.csv", "--yes", exit_code=65).stderr


def test_the_same_problem_of_several_rows_is_told_once(ohio: Run) -> None:
    """Forty invoices of a client whom nobody knows are one thing to mend."""
    rows = "".join(f"{number},Cy Dunn,Tap,2026-02-{number:02d},10\n" for number in range(1, 5))
    Path("sales.csv").write_text(f"Invoice no,Client,Service,Completed,Amount\n{rows}", encoding="utf-8")
    told = ohio("import", "sales.csv", "--yes", exit_code=65).stderr
    assert told.count("Cy Dunn") == 1
    assert "Import both files together" not in told
    assert "(also in rows 3, 4, 5)" in told
    assert "4 rows have problems" in told
    with Path("sales.csv").open("a", encoding="utf-8") as stream:
        stream.write("9,Dan Fox,Tap,2026-02-09,10\n")
    assert ohio("import", "sales.csv", "--yes", exit_code=65).stderr.count("Import both files together") == 1
