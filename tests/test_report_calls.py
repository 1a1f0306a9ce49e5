"""The call sheet: number, what was done, last contacts, and what to say."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date
from urllib.parse import unquote

import pytest

from followup import tables
from followup.model import Channel
from followup.report import calls
from tests import factories
from tests.test_report_clients import ADA, BOILER, CONTACTS, TAP
from tests.test_report_due import decision

SCRIPT = "Hello Addie, it is Sam.\nIs the boiler quiet now?\n\nThank you & goodbye\n"
CALL = calls.Call(
    decision=decision(
        key="jboiler000.check-in-call.1", step="check-in-call", channel=Channel.CALL, address="+447700900123", tries=1
    ),
    client=ADA,
    jobs=(BOILER, TAP),
    contacts=CONTACTS,
    script=SCRIPT,
)
TEXT = calls.Call(
    decision=decision(
        key="jtap000000.thank-you.1", channel=Channel.TEXT, address="+447700900124", due_on=date(2026, 2, 27)
    ),
    client=factories.client(id="cmobile000", full_name="Ben\x1b[2J Moss"),
    script="Thanks, Ben & all!",
)
LETTER = calls.Call(
    decision=decision(
        key="jold000000.win-back.1", step="win-back", channel=Channel.LETTER, address="1 High Street\nLeeds",
        due_on=date(2026, 3, 9),
    ),
    client=factories.client(id="cletter000", full_name="Cora Lane"),
    problem="win-back.en.txt:3: 'nickname' is not known\nof this client",
)  # fmt: skip
NOWHERE = calls.Call(
    decision=decision(key="jx.check-in-call.1", step="check-in-call", channel=Channel.CALL, address="", due_on=None),
    client=factories.client(id="cnowhere00", full_name="Dan Orr"),
)
SHEET = [CALL, TEXT, LETTER, NOWHERE]


def test_the_sheet_is_what_one_has_beside_the_telephone(golden: Callable[[str, str], None]) -> None:
    """Whom to call, how they like to be called, what was done, what was said last, what to say now."""
    lines = calls.lines(SHEET, today=factories.TODAY)
    golden("report_calls.txt", "\n".join(lines) + "\n")
    assert all(line.isprintable() for line in lines)


def test_an_empty_sheet_has_no_lines() -> None:
    """The command says that there is nothing to call."""
    assert calls.lines([], today=factories.TODAY) == []


def test_the_keys_are_a_promise() -> None:
    """Programs get number, script and link too."""
    stream = io.StringIO()
    tables.write(calls.rows(SHEET), calls.COLUMNS, format="json", stream=stream)
    rows = json.loads(stream.getvalue())
    assert list(rows[0]) == [
        "key", "step", "client_id", "client", "channel", "to", "services", "tries", "last_contact_on", "last_contact",
        "note", "script", "link",
    ]  # fmt: skip
    assert rows[0]["services"] == ["Boiler service", "Tap repair"]
    assert rows[0]["last_contact_on"] == "2026-02-22"
    assert rows[0]["last_contact"] == "visit out check-in call"
    assert rows[0]["note"] == "admired the old boiler; new valve"
    assert rows[3]["last_contact_on"] is None
    assert rows[3]["link"] == ""


@pytest.mark.parametrize(
    ("call", "link"),
    [
        (CALL, "tel:+447700900123"),
        (TEXT, "sms:+447700900124?body=Thanks%2C%20Ben%20%26%20all%21"),
        (calls.Call(decision=TEXT.decision, client=TEXT.client), "sms:+447700900124"),
        (LETTER, ""),
        (NOWHERE, ""),
    ],
)
def test_links_open_the_phones_own_program(call: calls.Call, link: str) -> None:
    """With number and words filled in; nothing is sent by it."""
    assert calls.link(call) == link
    assert unquote(link).endswith(call.script) or call.decision.channel is not Channel.TEXT


def test_a_call_that_is_not_due_yet_says_so() -> None:
    """The sheet is honest about tomorrow's calls."""
    lines = calls.lines([LETTER], today=factories.TODAY)
    assert lines[1] == "   win-back, to come"


def test_a_call_out_of_several_keeps_its_number_and_needs_no_command() -> None:
    """Where the question comes by itself, the sheet does not say how to answer."""
    lines = calls.lines(SHEET[:1], today=factories.TODAY, number=3, ends=False)
    assert lines[0].startswith("3. ")
    assert not any("followup done" in line for line in lines)
