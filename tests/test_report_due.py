"""What is due, as rows for people and for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from followup import cells, tables
from followup.model import Channel, Client, Decision, Occasion, OccasionKind, Purpose, Reason, State
from followup.report import due, words
from tests import factories

ADA = factories.client(id="cada000000")
FIRM = factories.client(id="cfirm00000", full_name="", company="木村 Heating\x1b[2J", emails=())
CLIENTS: dict[str, Client] = {ADA.id: ADA, FIRM.id: FIRM}
SERVICES = {"jboiler000": "Boiler service", "jtap000000": "Tap repair"}


def decision(**fields: Any) -> Decision:
    """Return a thank-you that is due today."""
    client_id = fields.get("client_id", ADA.id)
    defaults: dict[str, Any] = {
        "key": "jboiler000.thank-you.1",
        "step": "thank-you",
        "cadence": "after-job",
        "occurrence": 1,
        "occasion": Occasion(
            kind=OccasionKind.JOB_COMPLETED, fact_id="jboiler000", on=date(2026, 2, 27), client_id=client_id
        ),
        "client_id": client_id,
        "state": State.DUE,
        "due_on": date(2026, 3, 2),
        "act_on": date(2026, 3, 2),
        "channel": Channel.EMAIL,
        "address": "ada@example.com",
        "template": "thank-you",
        "job_ids": ("jboiler000", "jtap000000"),
        "reasons": (
            Reason("rule", "1 business day after the boiler service", date(2026, 3, 2)),
            Reason("basis", "a service message"),
        ),
    }
    return Decision(**{**defaults, **fields})


DECISIONS = [
    decision(state=State.UNCONFIRMED, reasons=(Reason("drafted", "drafted on Fri 27 February 2026"),)),
    decision(
        key="jtap000000.feedback-ask.2",
        step="feedback-ask",
        occurrence=2,
        state=State.HELD,
        ask=True,
        until=date(2026, 3, 9),
        act_on=date(2026, 3, 9),
        purpose=Purpose.MARKETING,
        job_ids=(),
        reasons=(Reason("rule", "7 days after"), Reason("budget", "another message went out this week")),
    ),
    decision(
        key="jcall00000.check-in-call.1",
        step="check-in-call",
        client_id=FIRM.id,
        channel=Channel.CALL,
        tries=1,
        address="+447700900123",
        job_ids=("junknown00",),
        reasons=(),
    ),
    decision(
        key="jgone00000.win-back.1",
        step="win-back",
        client_id="cgone00000",
        state=State.EXPIRED,
        due_on=None,
        act_on=None,
        channel=None,
        address="",
        covered_by="jother0000.thank-you.1",
    ),
]


def written(format_: str, **options: Any) -> str:
    """Return DECISIONS in one format."""
    machine, stream = format_ != "table", io.StringIO(newline="")
    rows = due.rows(DECISIONS, CLIENTS, services=SERVICES, machine=machine)
    tables.write(rows, due.columns(machine=machine), format=format_, stream=stream, **options)
    return stream.getvalue()


@pytest.mark.parametrize("format_", tables.FORMATS)
def test_due_as_a_whole(format_: str, golden: Callable[[str, str], None]) -> None:
    """A short table for people, everything for programs."""
    golden(f"report_due.{format_}", written(format_))


def test_due_on_a_narrow_terminal_keeps_keys_and_numbers(golden: Callable[[str, str], None]) -> None:
    """Texts are cut, spare columns left out; keys are whole. An ordinary terminal is enough."""
    text = written("table", width=80)
    golden("report_due_narrow.table", text)
    assert max(cells.width(line) for line in text.splitlines()) <= 80


def test_the_keys_are_a_promise() -> None:
    """Scripts read them; new ones come at the end."""
    assert due.KEYS == (
        "key", "step", "cadence", "occurrence", "state", "client_id", "client", "channel", "address", "template",
        "purpose", "ask", "due_on", "act_on", "until", "job_ids", "service", "covered_by", "tries", "reasons",
        "to_person", "record_id",
    )  # fmt: skip
    assert [tuple(row) for row in json.loads(written("json"))] == [due.KEYS] * len(DECISIONS)


def test_reasons_are_objects_with_a_code_for_machines() -> None:
    """Text may be reworded; codes stay."""
    row = json.loads(written("json"))[0]
    assert row["reasons"] == [{"code": "drafted", "text": "drafted on Fri 27 February 2026", "on": None}]
    assert row["ask"] is False
    assert row["job_ids"] == ["jboiler000", "jtap000000"]


def test_the_order_is_the_planners() -> None:
    """Urgent first was decided elsewhere; nothing is sorted again."""
    assert [row["key"] for row in json.loads(written("json"))] == [each.key for each in DECISIONS]


def test_a_plan_file_has_a_digest_of_each_text() -> None:
    """`send --plan` compares it; what has no text yet has none."""
    stream = io.StringIO(newline="")
    rows = due.plan_rows(
        DECISIONS, CLIENTS, services=SERVICES, texts={"jboiler000.thank-you.1": "abc123"}, machine=True
    )
    tables.write(rows, due.plan_columns(machine=True), format="csv", stream=stream)
    lines = list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))
    assert list(lines[0]) == [*due.KEYS, "digest"]
    assert [line["digest"] for line in lines] == ["abc123", "", "", ""]


def test_a_plan_file_without_texts_has_empty_digests() -> None:
    """Texts are optional."""
    rows = list(due.plan_rows(DECISIONS, CLIENTS, services={}, texts=None, machine=True))
    assert {row[-1] for row in rows} == {""}


def test_the_plan_on_screen_has_the_columns_of_due() -> None:
    """People see the same table, further ahead."""
    options: dict[str, Any] = {"services": SERVICES, "machine": False}
    assert due.plan_columns(machine=False) == due.columns(machine=False)
    assert list(due.plan_rows(DECISIONS, CLIENTS, texts=None, **options)) == list(
        due.rows(DECISIONS, CLIENTS, **options)
    )


def test_the_main_reason_is_the_rule_or_what_stands_in_the_way() -> None:
    """What goes is explained by its rule, what does not by what stopped it."""
    rule, budget = Reason("rule", "1 day after"), Reason("budget", "one message a week")
    assert words.main_reason(decision(reasons=(rule, budget))) == "1 day after"
    assert words.main_reason(decision(reasons=(rule, budget), state=State.HELD)) == "one message a week"
    assert words.main_reason(decision(reasons=())) == ""


def test_the_main_reason_explains_the_day_that_is_shown() -> None:
    """What moved it last, where something did; conditions and what held no longer than the rule did not."""
    rule = Reason("rule", "10 days after", date(2026, 3, 12))
    condition = Reason("amount", "amount is 120.00 GBP", date(2026, 3, 20))
    early, late = Reason("snoozed", "rests", date(2026, 3, 11)), Reason("case-resolved", "anew", date(2026, 3, 30))
    assert words.main_reason(decision(reasons=(rule, condition, early))) == "10 days after"
    assert words.main_reason(decision(reasons=(rule, condition, early, late))) == "anew"


def test_several_jobs_that_are_said_once_are_named() -> None:
    """The leading one, and the other or how many more; the same work twice is said once."""
    services = {"a": "Boiler service", "b": "Tap", "c": "Drain", "d": "Boiler service", "e": ""}
    assert words.services(decision(job_ids=("a", "b")), services) == "Boiler service and Tap"
    assert words.services(decision(job_ids=("a", "b", "c")), services) == "Boiler service and 2 more"
    assert words.services(decision(job_ids=("a", "d", "e")), services) == "Boiler service"
    assert words.services(decision(job_ids=()), services) == ""
