"""Why: every step, its dates and every reason."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date

import pytest

from followup import tables
from followup.model import Channel, Reason, State
from followup.report import why
from tests import factories
from tests.test_report_due import DECISIONS, SERVICES, decision

ADA = factories.client(id="cada000000")
ALL = [
    *DECISIONS[:2],
    decision(
        key="cada000000.anniversary.3",
        step="anniversary",
        cadence="relationship",
        occurrence=3,
        job_ids=(),
        state=State.UPCOMING,
        due_on=date(2027, 1, 6),
        act_on=date(2027, 1, 7),
        channel=None,
        reasons=(Reason("rule", "every year after Tue 6 January 2026", date(2026, 1, 6)),),
    ),
    decision(
        key="jboiler000.check-in-call.1",
        step="check-in-call",
        state=State.EXPIRED,
        channel=Channel.CALL,
        address="",
        due_on=None,
        act_on=None,
        reasons=(Reason("amount", "120.00 GBP is below 250.00 GBP"), Reason("since", "known", date(2026, 2, 28))),
    ),
]


def test_why_explains_every_step(golden: Callable[[str, str], None]) -> None:
    """Cadence by cadence, each reason on a line of its own, dates said once."""
    golden("report_why.txt", "\n".join(why.lines(ADA, ALL, services=SERVICES)) + "\n")


def test_why_for_a_client_without_facts_says_so() -> None:
    """No decisions is an answer too."""
    assert "no completed job" in why.lines(ADA, [], services={})[1]


def test_why_holds_back_what_a_name_could_do_to_the_screen() -> None:
    """Names, services and reasons come from files."""
    evil = factories.client(full_name="Ada\x1b[2J\nKey: forged")
    lines = why.lines(evil, [decision(reasons=(Reason("x", "a\rb"),))], services={"jboiler000": "tap\x07"})
    assert all(line.isprintable() for line in lines)


def test_the_keys_are_a_promise() -> None:
    """The json of `why` keeps its keys; cadences stand together."""
    stream = io.StringIO()
    tables.write(why.rows(ADA, ALL), why.COLUMNS, format="json", stream=stream)
    rows = json.loads(stream.getvalue())
    assert list(rows[0]) == [
        "client_id", "client", "cadence", "step", "occurrence", "state", "due_on", "act_on", "until", "channel",
        "address", "job_ids", "covered_by", "tries", "key", "reasons",
    ]  # fmt: skip
    assert [row["cadence"] for row in rows] == ["after-job", "after-job", "after-job", "relationship"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": State.UPCOMING}, "comes on 2 March 2026"),
        ({"state": State.UPCOMING, "due_on": None, "act_on": None}, "comes later"),
        ({"state": State.DUE}, "due since 2 March 2026"),
        ({"state": State.DUE, "due_on": None}, "due"),
        ({"state": State.HELD, "until": date(2026, 3, 9)}, "held until 9 March 2026"),
        ({"state": State.HELD}, "held"),
        ({"state": State.RETRY}, "to be tried again on 2 March 2026"),
        ({"state": State.RETRY, "due_on": None, "act_on": None}, "to be tried again"),
        ({"state": State.UNCONFIRMED}, "drafted; did it go out?"),
        ({"state": State.REVIEW}, "waits for you to look at it"),
        ({"state": State.COVERED, "covered_by": "j.thank-you.1"}, "covered by j.thank-you.1"),
        ({"state": State.COVERED}, "covered by another"),
        ({"state": State.FAILED}, "failed"),
        ({"state": State.SKIPPED}, "skipped"),
        ({"state": State.EXPIRED}, "expired"),
        ({"state": State.DONE}, "done"),
    ],
)
def test_every_state_has_words(fields: dict[str, object], said: str) -> None:
    """And a date where there is one."""
    assert why.verdict(decision(**fields)) == said


@pytest.mark.parametrize(
    ("code", "phrase"),
    [
        ("drafted", "drafted by e-mail to ada@example.com; did it go out?"),
        ("unknown", "handed over by e-mail to ada@example.com; did it go out?"),
        ("handing-over", "in the hands of a run by e-mail to ada@example.com"),
    ],
)
def test_only_a_draft_is_called_one(code: str, phrase: str) -> None:
    """What a mail server was told is not a draft, and what a run is busy with is no question yet."""
    asked = decision(state=State.UNCONFIRMED, address="ada@example.com", reasons=(Reason(code, "why"),))
    assert why.lines(ADA, [asked], services={})[3] == f"  thank-you: {phrase}"
    assert why.verdict(asked) == phrase.replace(" by e-mail to ada@example.com", "")


def test_there_are_words_for_every_state() -> None:
    """A new state cannot be forgotten here."""
    assert all(why.verdict(decision(state=state)) for state in State)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State.UNCONFIRMED, "drafted by e-mail to ada@example.com; did it go out?"),
        (State.HELD, "held until 9 March 2026, then by e-mail to ada@example.com"),
        (State.REVIEW, "waits for you to look at it, then by e-mail to ada@example.com"),
        (State.UPCOMING, "comes on 2 March 2026 by e-mail to ada@example.com"),
        (State.SKIPPED, "skipped"),
    ],
)
def test_state_and_way_make_one_phrase(state: State, said: str) -> None:
    """It can be read aloud, and what goes nowhere names no way."""
    until = date(2026, 3, 9) if state is State.HELD else None
    lines = why.lines(ADA, [decision(state=state, until=until, address="ada@example.com")], services={})
    assert lines[3] == f"  thank-you: {said}"
