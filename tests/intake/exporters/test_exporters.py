"""A program's export is known by its header as a whole; what is known of it is a file that an owner can write."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from followup.errors import ConfigurationError
from followup.intake import exporters, headers, rules

OWN = """
title = "Acme jobs"
source = "acme"
kind = "jobs"
header = ["Acme No", "For Whom", "Signed Off"]
rules = ["only-these"]

[columns]
"Acme No" = "job.id"
"For Whom" = "client.full_name"
"Signed Off" = "job.completed_on"
"Crew N" = "job.assigned_to"
"Margin" = "-"
"Colour" = ""

[status]
"Handed Over" = "completed"

[options]
"Sort" = ["Job", "Visit"]
"""


def home(tmp_path: Path, **texts: str) -> Path:
    """Return the folder of exporters of a home, with a file for each text."""
    folder = tmp_path / "exporters"
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def problems(tmp_path: Path, text: str) -> list[str]:
    """Return what is wrong with the text of an exporter, without the path in front."""
    folder = home(tmp_path, mine=text)
    with pytest.raises(ConfigurationError) as caught:
        exporters.of_home(folder)
    return [each.removeprefix(f"{folder / 'mine.toml'}:").strip() for each in caught.value.problems]


def test_an_owner_adds_an_exporter_in_the_home(tmp_path: Path) -> None:
    """What the file says is what is known, in the form in which headers and words are compared."""
    (own,) = exporters.of_home(home(tmp_path, acme=OWN))
    assert own == exporters.Exporter(
        name="acme",
        title="Acme jobs",
        source="acme",
        kind="jobs",
        header=frozenset({"acme no", "for whom", "signed off"}),
        rules=("only-these",),
        columns={
            "acme no": "job.id",
            "for whom": "client.full_name",
            "signed off": "job.completed_on",
            "crew n": "job.assigned_to",
            "margin": "-",
            "colour": "",
        },
        status={"handed over": "completed"},
        options={"Sort": ("Job", "Visit")},
        own=True,
    )


def test_a_home_without_exporters_has_none(tmp_path: Path) -> None:
    """The folder need not be there."""
    assert exporters.of_home(tmp_path / "exporters") == ()


def test_the_header_says_what_a_file_looks_like(tmp_path: Path) -> None:
    """Columns may stand in another order, with others between them, and be written a little differently."""
    own = exporters.of_home(home(tmp_path, acme=OWN))
    assert exporters.recognise(["SIGNED OFF", "Ours", "for_whom", "*Acme No"], own) == own[0]
    assert exporters.recognise(["Signed Off", "For Whom", "Ours"], own) is None


def test_the_exporter_that_knows_most_of_the_header_is_taken(tmp_path: Path) -> None:
    """Two forms of one program's export share columns; the one that speaks of more of them is meant."""
    short = OWN.replace("Acme jobs", "Acme short").replace('"Crew N"', '"Other N"')
    both = exporters.of_home(home(tmp_path, a=OWN, b=short))
    header = ["Acme No", "For Whom", "Signed Off", "Crew 2"]
    found = exporters.recognise(header, both)
    assert found is both[0]
    shipped = dataclasses.replace(both[0], own=False)
    found = exporters.recognise(header, (shipped, both[1]))
    assert found is both[1]  # a home's own goes before what we think


def test_what_an_exporter_says_of_a_column_goes_before_the_vocabulary(tmp_path: Path) -> None:
    """A field, no field, left out; a column that is not spoken of goes by its name, and fax is never a phone."""
    (own,) = exporters.of_home(home(tmp_path, acme=OWN))
    header = ["Acme No", "For Whom", "Signed Off", "Completed", "Crew 12", "Margin", "Colour", "Email", "Fax", "Amount"]
    layout = exporters.layout(header, own)
    assert {column.header: column.field for column in layout.columns} == {
        "Acme No": "job.id",
        "For Whom": "client.full_name",
        "Signed Off": "job.completed_on",
        "Completed": "",
        "Crew 12": "job.assigned_to",
        "Colour": "",
        "Email": "client.email",
        "Amount": "job.amount",
    }
    assert layout.kind == "jobs"
    assert layout.dropped == ("Margin", "Fax")
    assert layout.header == tuple(header)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            'title = "Acme jobs"',
            "",
            'title: is missing: what the import shows: `looks like ...`. Write title = "...".',
        ),
        ('kind = "jobs"', 'kind = "job"', "kind: 'job' is no kind. Write one of clients, jobs, mixed."),
        ('["only-these"]', '["only-this"]', "rules: there is no rule 'only-this'. Did you mean 'only-these'?"),
        ('= "job.id"', '= "job.idd"', "columns.\"Acme No\": 'job.idd' is no field. Did you mean 'job.id'?"),
        (
            '"Margin" = "-"',
            '"Fax" = "client.phone"',
            'columns."Fax": is a column that is never imported. Take the line out.',
        ),
        (
            '= "completed"',
            '= "done"',
            "status.\"Handed Over\": 'done' is no state. Write one of completed, open, not_a_job.",
        ),
        ("rules =", "rule =", "rule: there is no such key. Did you mean 'rules'?"),
        (
            '["Acme No", "For Whom", "Signed Off"]',
            '["Name"]',
            "header: names fewer than 2 columns, which a sheet made by hand may have, too. Name more of them.",
        ),
        (
            '["Job", "Visit"]',
            '"Job"',
            "options: is no table of lists: for the rule `only-these`: column name, or several with ` or ` between",
        ),
        ("[status]", "[status", "16, column 8: Expected ']' at the end of a table declaration"),
    ],
)
def test_what_is_wrong_with_an_exporter_is_said(tmp_path: Path, before: str, after: str, expected: str) -> None:
    """File, key or line, what is wrong, and what to write instead."""
    assert before in OWN
    (said,) = problems(tmp_path, OWN.replace(before, after))
    assert said.startswith(expected)


def test_everything_wrong_with_all_exporters_is_said_at_once(tmp_path: Path) -> None:
    """One look at the message mends every file."""
    folder = home(tmp_path, a=OWN.replace('"jobs"', '"job"').replace("job.id", "job.idd"), b="title = 1\n")
    with pytest.raises(ConfigurationError) as caught:
        exporters.of_home(folder)
    assert len(caught.value.problems) == 6


def test_a_job_s_field_needs_a_kind_with_jobs(tmp_path: Path) -> None:
    """In a list of clients nothing would come of it."""
    said = problems(tmp_path, OWN.replace('kind = "jobs"', 'kind = "clients"'))
    assert said[0] == (
        "columns.\"Acme No\": 'job.id' is of a job, and the kind is clients. Write jobs or mixed as the kind."
    )


@pytest.mark.parametrize("exporter", exporters.shipped(), ids=lambda each: each.name)
def test_a_shipped_exporter_knows_its_own_header(exporter: exporters.Exporter) -> None:
    """Every column in `header` means something, and its rules find what they work on."""
    header = sorted(exporter.header)
    assert exporters.recognise(header, exporters.shipped()) == exporter
    assert exporter.source == headers.normal(exporter.source).replace(" ", "-")
    assert set(exporter.rules) <= set(rules.RULES)
    assert bool(exporter.options) == ("only-these" in exporter.rules)
