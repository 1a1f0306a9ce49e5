"""What the README says of programs is what the data and the rules say, and its example works."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from followup import intake
from followup.intake import exporters, headers, rules
from tests import factories, test_docs

SECTION = test_docs.section("Programs it knows")


def programs() -> list[str]:
    """Return the table of programs, from their files."""
    known = sorted(exporters.shipped(), key=lambda each: (each.source, each.title))
    rows = (
        f"| `{source}` | {'; '.join(each.title for each in several)} |"
        for source, several in itertools.groupby(known, key=lambda each: each.source)
    )
    return ["| `--source` | looks like |", "|---|---|", *rows]


def keys() -> list[str]:
    """Return the table of keys, from the place that checks them."""
    return ["| key | what it is |", "|---|---|", *(f"| `{name}` | {what} |" for name, what in exporters.KEYS.items())]


def every_rule() -> list[str]:
    """Return the table of rules, from the rules."""
    return [
        "| rule | what it does |",
        "|---|---|",
        *(f"| `{each.name}` | {each.does} |" for each in rules.RULES.values()),
    ]


def test_the_tables_are_those_of_the_program() -> None:
    """Every program, key and rule stands in the README, and no other."""
    tables = re.findall(r"(?:^\|.*\n)+", SECTION, re.MULTILINE)
    assert [table.splitlines() for table in tables] == [programs(), keys(), every_rule()]


def test_every_field_is_named() -> None:
    """An owner's exporter may use each of them."""
    named = re.findall(r"`((?:client|address|job|row)\.[a-z0-9_.+]+)`", SECTION)
    assert sorted(named) == sorted(headers.fields())


def test_the_example_of_an_exporter_is_one(tmp_path: Path) -> None:
    """It is read as it stands, and uses every key."""
    text = SECTION.partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "bookwell.toml").write_text(text, encoding="utf-8")
    (own,) = exporters.of_home(tmp_path)
    assert all(key in text for key in exporters.KEYS)
    header = "Kind Of Visit,Visit No,Booked By,Booked By Mail,Visit Ended,What We Did,How It Went,Margin"
    assert exporters.recognise(header.split(","), (own, *exporters.shipped())) == own
    home = intake.HomeFacts(
        country="GB", currency="GBP", today=factories.TODAY, key=factories.HOME_KEY, exporters=(own,)
    )
    rows = "Repair,7,Ada Hall,ada@example.com,2026-02-13,Boiler,All Good,12\nQuote,8,Ben Cole,b@example.com,,,,\n"
    result = intake.read(f"{header}\n{rows}".encode(), name="visits.csv", source="", home=home)
    assert (result.looks_like, result.source) == ("Bookwell visits", "bookwell")
    assert [(job.job_id, job.client_name, job.status) for job in result.jobs] == [("7", "Ada Hall", "completed")]
    assert [each.row for each in result.skipped] == [3]
