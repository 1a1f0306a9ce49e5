"""The register of gifts on the command line: looked at before it is recorded, voided and never changed."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]


@pytest.fixture
def german(run: Run) -> Run:
    """Give `run` in a home in Germany, whose limit is a cliff of 50 euros, with the client Ada Hall."""
    run("init", "--name", "Uwe Erle", "--business", "Erle", "--country", "DE", "--email", "uwe@erle.example.com")
    run("client", "add", "--name", "Ada Hall", "--email", "ada@example.com")
    return run


def add(run: Run, *more: str, goods: str = "20", exit_code: int = 0, **options: Any) -> str:
    """Record flowers for Ada Hall and return the entry's id."""
    given = ("gift", "add", "hall", "flowers", "--goods", goods, "--purpose", "thanks", "--role", "customer")
    ran = run(*given, *more, exit_code=exit_code, **options)
    found = re.search(r"Recorded gift (\S+?)[: ]", ran.stdout)
    return found[1] if found else ""


def register(run: Run, report: str = "gifts", *more: str) -> list[dict[str, str]]:
    """Return the rows of a register."""
    return list(csv.DictReader(io.StringIO(run("report", report, "--year", "2026", "--format", "csv", *more).stdout)))


def test_the_totals_are_shown_before_an_entry_is_recorded(german: Run) -> None:
    """What was given before, what it is with this, the limit, and whose decision it is."""
    add(german)
    ran = german("gift", "add", "hall", "wine", "--food-drink", "25.50", "--purpose", "thanks")
    assert (
        "Gifts to one recipient in a business year (Ada Hall): 20.00 EUR before, 45.50 EUR with this; near the limit "
        "of 50.00 EUR; your accountant decides."
    ) in ran.stderr
    assert "45.50" not in ran.stdout
    assert re.search(r"Recorded gift \S+: 25.50 EUR for Ada Hall, given on Monday 2 March 2026: near\.", ran.stdout)


def test_a_card_goes_with_a_gift_where_the_home_wants_it_and_not_once_it_is_void(run: Run, home: Path) -> None:
    """Switched off as it comes; an entry that never was starts nothing."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "GB", "--email", "sam@alder.example.com")
    run("client", "add", "--name", "Ada Hall", "--street", "3 Mill Lane", "--city", "Westerby")
    entry = add(run)
    assert "gift-card" not in run("due").stdout
    with (home / "followup.toml").open("a", encoding="utf-8") as file:
        file.write("\n[cadence.gift.gift-card]\nenabled = true\n")
    assert "gift-card" in run("due", "--format", "csv").stdout
    run("gift", "void", entry, "--reason", "never handed over")
    assert "gift-card" not in run("due", "--format", "csv").stdout


def test_over_a_cliff_somebody_has_to_say_that_it_is_meant(german: Run) -> None:
    """Without a terminal nothing is recorded unless --yes says so; with one, a person is asked."""
    add(german)
    given = ("gift", "add", "hall", "a watch", "--goods", "30.01", "--purpose", "thanks")
    refused = german(*given, exit_code=2)
    assert "Record 30.01 EUR for Ada Hall, over the limit?" in refused.stderr
    assert "so that none of it is deducted" in refused.stderr
    german(*given, answers="n\n", exit_code=1)
    assert len(register(german)) == 1
    assert german(*given, answers="y\n").stdout.rstrip().endswith(": over cliff.")
    german(*given, "--yes")
    assert [row["limit_status"] for row in register(german)] == ["over_cliff"] * 3


def test_a_look_records_nothing(german: Run) -> None:
    """--dry-run is the calculator."""
    ran = german("gift", "add", "hall", "a watch", "--goods", "80", "--dry-run")
    assert "Would record gift" in ran.stdout
    assert "80.00 EUR with this" in ran.stdout
    assert register(german) == []


def test_an_entry_is_never_changed_only_voided_and_entered_again(german: Run) -> None:
    """The old one stays with a row that takes it back; sums of a column are right, and one undo brings it back."""
    wrong = add(german, "--yes", goods="60")
    ran = german("gift", "correct", wrong, "--goods", "40", "--reason", "a slip of the pen")
    assert f"in the place of {wrong}" in ran.stdout
    rows = register(german)
    assert [row["cost_goods"] for row in rows] == ["60.00", "-60.00", "40.00"]
    assert [row["voids_entry_id"] for row in rows] == ["", wrong, wrong]
    assert [row["limit_status"] for row in rows] == ["", "", "near"]
    assert rows[0]["void_reason"] == "a slip of the pen"
    assert rows[2]["business_purpose"] == "thanks"
    assert "was void on 2026-03-02" in german("gift", "void", wrong, "--reason", "again", exit_code=65).stderr
    german("undo", "--yes")
    assert [row["cost_goods"] for row in register(german)] == ["60.00"]


def test_a_correction_that_changes_nothing_is_none(german: Run) -> None:
    """What stands there already is not entered again."""
    key = add(german)
    assert "says already" in german("gift", "correct", key, "--goods", "20.00", exit_code=65).stderr
    assert len(register(german)) == 1


def test_a_voided_entry_counts_nowhere_and_is_still_there(german: Run) -> None:
    """The reason stands with it, and the next gift has the limit to itself."""
    key = add(german, goods="45")
    german("gift", "void", key, "--reason", "never handed over")
    add(german, goods="45")
    rows = register(german)
    assert sum(float(row["cost"]) for row in rows) == 45
    assert rows[-1]["window_total_after"] == "45.00"
    assert "never handed over" in german("gift", "show", key).stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--goods", "20 USD"), "never converted"),
        (("--goods", "-5"), "less than nothing"),
        (("--goods", "0"), "What did it cost?"),
        ((), "What did it cost?"),
        (("--goods", "5", "--quantity", "0"), "how many"),
        (("--goods", "5", "--on", "2026-03-03"), "future"),
        (("--goods", "5", "--wrap-post", "5 GBP"), "two currencies"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_half_done(german: Run, options: tuple[str, ...], said: str) -> None:
    """Another currency, nothing spent, a day to come: a reason, and an empty register."""
    assert said in german("gift", "add", "hall", "flowers", *options, exit_code=65).stderr
    assert register(german) == []


def test_what_the_country_wants_in_writing_is_said(run: Run) -> None:
    """Five elements in the United States; what is missing can be put right with a correction."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "US", "--email", "sam@alder.example.com")
    run("client", "add", "--name", "Ada Hall")
    ran = run("gift", "add", "hall", "flowers", "--goods", "10")
    assert "US wants in writing, and this does not say: the business purpose (--purpose), who they are" in ran.stderr
    ran = run("gift", "correct", "hall", "--purpose", "thanks for the roof", "--role", "home owner")
    assert ran.stdout.rstrip().endswith(": ok.")


def test_another_name_at_the_same_client_is_pointed_out(german: Run) -> None:
    """Mrs Hall may be Ada Hall: the totals leave her out, and say so."""
    add(german)
    ran = german("gift", "add", "hall", "tea", "--food-drink", "9", "--recipient", "Mrs Hall", "--purpose", "thanks")
    assert "because the recipient is called otherwise: Ada Hall 20.00 EUR." in ran.stderr


def test_the_register_is_the_same_on_every_run_and_has_control_totals_in_every_format(
    german: Run, tmp_path: Path
) -> None:
    """Rows, and sums by currency and kind: below the table, beside the csv, inside the json."""
    add(german)
    german("gift", "add", "hall", "a pen", "--goods", "2", "--advert", "--kind", "promotional", "--purpose", "fair")
    files = [tmp_path / f"{number}.csv" for number in range(2)]
    for path in files:
        ran = german("report", "gifts", "--month", "2026-03", "--format", "csv", "-o", path)
        assert "2 rows, 2026-03-01 to 2026-03-31" in ran.stderr
        assert "gift: 20.00 EUR" in ran.stderr
    assert files[0].read_bytes() == files[1].read_bytes()
    table = german("report", "gifts").stdout
    assert "promotional: 2.00 EUR" in table
    assert "Deductible (estimate)" in table
    assert table.rstrip().endswith("your accountant decides.")
    kept = json.loads(german("report", "gifts", "--format", "json").stdout)
    assert kept["count"] == 2
    assert kept["totals"] == {"EUR": {"gift": "20.00", "promotional": "2.00"}}
    assert german("report", "gifts", "--month", "2026-02").stdout.startswith("0 rows")


def test_rewards_stand_in_a_report_of_their_own_by_payee_and_calendar_year(run: Run) -> None:
    """An American payee of two thousand dollars gets a form."""
    run("init", "--name", "Sam Alder", "--business", "Alder", "--country", "US", "--email", "sam@alder.example.com")
    run("client", "add", "--name", "Ada Hall")
    given = ("gift", "add", "hall", "for the Lees", "--kind", "referral_reward", "--purpose", "referral")
    ran = run(*given, "--voucher", "2000", "--role", "customer")
    assert "a form 1099" in ran.stderr
    assert [row["limit_status"] for row in register(run, "rewards")] == ["needs_review"]
    assert register(run) == []
    assert "2026, Ada Hall: 2000.00 USD" in run("report", "rewards").stdout


def test_what_the_accountant_got_is_told_from_what_came_later(german: Run) -> None:
    """A batch is the same file for ever; an entry that is late for its period goes into the next one."""
    add(german, goods="10")
    first = german("report", "gifts", "--month", "2026-03", "--as-batch", "march", "--format", "csv").stdout
    add(german, goods="11")
    again = german("report", "gifts", "--month", "2026-03", "--as-batch", "march 2", "--format", "csv").stdout
    assert [row["cost_goods"] for row in csv.DictReader(io.StringIO(again))] == ["11.00"]
    assert [row["exported_batch"] for row in register(german)] == ["march", "march 2"]
    assert "10.00" in first


def test_the_limits_are_told_with_their_days_and_sources(german: Run, run: Run) -> None:
    """Nobody has to believe the program."""
    told = json.loads(german("gift", "limits", "--format", "json").stdout)
    assert {"de-35", "de-50", "de-recorded"} == {row["rule"] for row in told}
    assert all(row["source"] and row["as_of"] for row in told)
