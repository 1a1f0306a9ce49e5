"""What a template may say beyond jobs: who looks after it, what happened, by when, and never a day that is over."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from followup import model, settings
from followup.model import Channel, OccasionKind
from followup.render import context, relation
from tests import factories

TODAY = factories.TODAY  # Monday 2 March 2026
HOME = settings.parse(
    """
[business]
name = "Hall Plumbing"
country = "GB"
timezone = "Europe/London"
[people.sam]
name = "Sam Miller"
[people.kim]
name = "Kim Reed"
email = "kim@hall.example"
[people.max]
name = "Max Vale Ltd"
outside = true
[remedies.come-back]
text = "we come back and put it right"
cost = 40
""",
    where="followup.toml",
)


def values(
    record: model.Record, kind: OccasionKind, *, step: str = "", today: date = TODAY, **fields: Any
) -> dict[str, Any]:
    """Return the names of a touchpoint about *record*."""
    others = fields.pop("others", ())
    known = [*others, record]
    dossier = factories.dossier(
        factories.client(id="cada"),
        cases=tuple(each for each in known if isinstance(each, model.Case)),
        records=tuple(each for each in known if not isinstance(each, model.Case)),
        jobs=fields.pop("jobs", ()),
        contacts=fields.pop("contacts", ()),
    )
    decision = model.Decision(
        **{
            "key": f"{record.id}.{step or 'step'}.1",
            "step": step,
            "cadence": "",
            "occurrence": 1,
            "occasion": model.Occasion(
                kind=kind,
                fact_id=record.id,
                record_id=record.id,
                on=fields.pop("on", TODAY),
                client_id="cada",
                job_id=record.job_id,
            ),
            "client_id": "cada",
            "state": model.State.DUE,
            "due_on": TODAY,
            "channel": Channel.EMAIL,
            **fields,
        }
    )
    return context.values(decision, dossier, HOME, None, dossier.jobs, today=today, language="en")


def case(**fields: Any) -> model.Case:
    """Return a case that came in on Monday at eleven."""
    at = datetime(2026, 3, 2, 11, tzinfo=UTC)
    return model.Case(**{"id": "kone", "client_id": "cada", "opened_on": TODAY, "opened_at": at, **fields})


@pytest.mark.parametrize(
    ("kind", "day"),
    [
        (OccasionKind.CASE_OPENED, "2026-03-03"),
        (OccasionKind.CASE_UNANSWERED, "2026-03-02"),
        (OccasionKind.CASE_OVERDUE, "2026-03-09"),
    ],
)
def test_the_deadline_is_that_of_what_is_to_be_done(kind: OccasionKind, day: str) -> None:
    """Call, acknowledge, solve: each by the home's own rule, in business days."""
    assert values(case(), kind)["deadline"] == day


def test_no_client_is_told_a_day_that_is_over() -> None:
    """A message that goes out late names the next business day, not the one that it missed."""
    assert values(case(), OccasionKind.CASE_OPENED)["next_on"] == "2026-03-03"
    assert values(case(), OccasionKind.CASE_OPENED, today=date(2026, 3, 6))["next_on"] == "2026-03-09"


def test_the_next_word_on_how_far_it_is_comes_with_the_rhythm_of_its_step() -> None:
    """One business day after, then every three: from today on, whichever of them this is."""
    late = model.Promise(id="pone", client_id="cada", opened_on=date(2026, 2, 9), due_on=date(2026, 2, 27))
    found = values(late, OccasionKind.PROMISE_LATE, step="progress-update", today=date(2026, 3, 3))
    assert found["next_on"] == "2026-03-06"
    assert values(late, OccasionKind.PROMISE_LATE, step="progress-update", today=date(2026, 3, 6))["next_on"] == (
        "2026-03-11"
    )


def test_a_moved_promise_knows_the_day_it_had_and_why() -> None:
    """The one before keeps both."""
    old = model.Promise(
        id="pold", client_id="cada", opened_on=TODAY, due_on=date(2026, 3, 6), state="moved", resolution="no pump"
    )
    new = model.Promise(id="pnew", client_id="cada", opened_on=TODAY, due_on=date(2026, 3, 13), moved_from="pold")
    found = values(new, OccasionKind.PROMISE_MOVED, others=[old])["promise"]
    assert (found["moved_from_on"], found["due_on"], found["reason"]) == ("2026-03-06", "2026-03-13", "no pump")


def test_the_day_of_the_fix_is_that_of_the_promise_in_force() -> None:
    """Also when it was moved; and none at all once it is over."""
    old = model.Promise(
        id="pold", client_id="cada", opened_on=TODAY, due_on=date(2026, 3, 6), state="moved", closed_on=TODAY
    )
    new = model.Promise(
        id="pnew", client_id="cada", opened_on=TODAY, due_on=date(2026, 3, 13), state="open", moved_from="pold"
    )
    about = case(promise_id="pold")
    assert values(about, OccasionKind.CASE_OPENED, others=[old, new])["case"]["fix_on"] == "2026-03-13"
    gone = values(about, OccasionKind.CASE_OPENED, others=[old, new], today=date(2026, 3, 16))
    assert gone["case"]["fix_on"] == ""


def test_trouble_that_came_back_knows_what_we_were_done_with() -> None:
    """A job, or a case that was resolved; the day and the work, as far as known."""
    job = factories.job(id="jone", client_id="cada")
    back = values(case(return_of="jone"), OccasionKind.CASE_OPENED, jobs=[job])["case"]
    assert (back["came_back"], back["return_on"], back["return_of"]) == (True, "2026-02-27", "the boiler service")
    before = case(id="kold", opened_on=date(2026, 2, 2), closed_on=date(2026, 2, 9), summary="leak")
    again = values(case(continues_id="kold"), OccasionKind.CASE_OPENED, others=[before])["case"]
    assert (again["return_on"], again["return_of"]) == ("2026-02-09", "")
    assert again["earlier"] == [{"on": "2026-02-02", "summary": "leak", "resolution": ""}]
    unknown = values(case(return_of="jgone"), OccasionKind.CASE_OPENED)["case"]
    assert (unknown["came_back"], unknown["return_on"]) == (True, "")


def test_remedies_are_said_in_their_words() -> None:
    """With letters to choose by; one that is in the settings no more goes by its name."""
    found = values(case(offered=("come-back", "cake"), chosen="cake"), OccasionKind.REMEDY_OFFERED)
    assert [(each["letter"], each["text"]) for each in found["case"]["remedies"]] == [
        ("A", "we come back and put it right"),
        ("B", "cake"),
    ]
    assert found["case"]["chosen"] == "cake"
    assert found["remedies"] == [{"name": "come-back", "text": "we come back and put it right", "cost": "40 GBP"}]
    assert found["grant_limit"] == "50 GBP"


def test_who_looks_after_it_is_named_and_writes() -> None:
    """The same person whom the planner tells; praise is answered by another than who earned it."""
    job = factories.job(id="jone", client_id="cada", assigned_to="Kim")
    assert values(case(owner="kim"), OccasionKind.CASE_OPENED)["person"]["name"] == "Kim Reed"
    unowned = values(case(job_id="jone"), OccasionKind.CASE_OPENED, jobs=[job])
    assert (unowned["person"]["name"], unowned["record"]["owner"]) == ("Sam Miller", "Sam Miller")
    praise = model.Praise(id="zone", client_id="cada", opened_on=TODAY, owner="kim", summary="“so patient”")
    thanks = values(praise, OccasionKind.PRAISE_PASSED_ON)
    assert (thanks["person"]["name"], thanks["praise"]["earner"]) == ("Sam Miller", "Kim Reed")
    assert thanks["praise"]["words"] == "so patient"
    recap = model.Recap(id="rone", client_id="cada", opened_on=TODAY, job_id="jone", did="x")
    assert values(recap, OccasionKind.RECAP_WRITTEN, jobs=[job])["person"]["name"] == "Kim Reed"


def test_a_word_to_one_of_us_greets_by_first_name_and_a_supplier_by_the_whole() -> None:
    """A firm has no first name."""
    ours = values(case(), OccasionKind.CASE_UNANSWERED, to_person="kim")
    assert (ours["greeting"], ours["to"]["first_name"]) == ("Hello Kim", "Kim")
    assert ours["client"]["greeting"] == "Hello Ada"
    handed = model.Promise(id="pone", client_id="cada", opened_on=TODAY, due_on=TODAY, receiver="max", summary="leak")
    theirs = values(handed, OccasionKind.HANDED_OVER, to_person="max")
    assert (theirs["greeting"], theirs["receiver"]["first_name"]) == ("Hello Max Vale Ltd", "Max Vale Ltd")


def test_history_is_told_to_us_the_latest_first_and_to_nobody_else() -> None:
    """Every kind of fact in a line; what is left out is counted; a client's message has none."""
    contacts = [
        factories.contact(id=f"t{number:09}", client_id="cada", on=date(2026, 2, 1 + number), summary=f"call {number}")
        for number in range(14)
    ]
    found = values(case(), OccasionKind.CASE_UNANSWERED, to_person="kim", contacts=contacts)
    assert found["history"][0] == {"on": "2026-03-02", "text": "we saw: something went wrong"}
    assert found["history"][1] == {"on": "2026-02-14", "text": "e-mail from us: call 13"}
    assert (len(found["history"]), found["history_left"]) == (relation.LINES, 3)
    assert values(case(), OccasionKind.CASE_OPENED, contacts=contacts)["history"] == []


def test_what_stays_with_us_is_not_told_to_a_supplier() -> None:
    """Notes, scores, gifts and praise; jobs, promises and what went wrong they need."""
    contacts = [factories.contact(client_id="cada", summary="rang", note="going through a divorce", score=3)]
    others = [
        model.Gift(id="gone", client_id="cada", opened_on=TODAY, summary="wine"),
        model.Praise(id="zone", client_id="cada", opened_on=TODAY, summary="so patient"),
        case(id="ktwo", summary="leak"),
    ]
    handed = model.Promise(id="pone", client_id="cada", opened_on=TODAY, due_on=TODAY, receiver="max", summary="call")
    found = values(handed, OccasionKind.HANDED_OVER, to_person="max", others=others, contacts=contacts)
    assert sorted(each["text"] for each in found["history"]) == [
        "e-mail from us: rang",
        "we promised for 2 March 2026: call",
        "we saw: leak",
    ]
