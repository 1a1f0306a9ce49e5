"""The values behind the names that templates may use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup import model, settings
from followup.render import context
from tests import factories

TODAY = factories.TODAY
SETTINGS = """
[business]
name = "Hall Plumbing"
address = "1 High Street, Leeds LS1 1AA"
country = "GB"
language = "en"
owner = "sam"
phone = "+441632960009"
[people.sam]
name = "Sam Miller"
email = "sam@hall.example"
phone = "+441632960000"
[people.kim]
name = "Kim Reed"
email = "kim@hall.example"
signature = "Kim\\nyour plumber"
also = ["K. Reed"]
[people.kim2]
name = "Kim Young"
[mail]
from_address = "office@hall.example"
[services."boiler service"]
interval = "12 months"
"""
HOME = settings.parse(SETTINGS, where="test")
EMPTY_HOME = settings.parse('[business]\nname = "Hall Plumbing"\ncountry = "GB"\n', where="test")


def decision(job: model.Job | None = None, **fields: Any) -> model.Decision:
    """Return a thank-you by e-mail, or what *fields* make of it."""
    job = job or factories.job(id="jaaaaaaaaa")
    occasion = model.Occasion(
        kind=fields.pop("kind", model.OccasionKind.JOB_COMPLETED),
        fact_id=job.id,
        on=fields.pop("on", date(2026, 2, 27)),
        client_id=job.client_id,
        job_id=job.id,
        case_id=fields.pop("case_id", ""),
    )
    defaults: dict[str, Any] = {
        "key": f"{job.id}.thank-you.1",
        "step": "thank-you",
        "cadence": "after-job",
        "occurrence": 1,
        "occasion": occasion,
        "client_id": job.client_id,
        "state": model.State.DUE,
        "due_on": TODAY,
        "channel": model.Channel.EMAIL,
        "address": "ada@example.com",
        "template": "thank-you",
        "job_ids": (job.id,),
    }
    return model.Decision(**{**defaults, **fields})


def values(
    client: model.Client | None = None, *jobs: model.Job, home: settings.Settings = HOME, **fields: Any
) -> dict[str, Any]:
    """Return the values of a touchpoint about *jobs*."""
    dossier = fields.pop("dossier", None) or factories.dossier(client, jobs=jobs)
    said = fields.pop("said", jobs)
    return context.values(decision(*jobs[:1], **fields), dossier, home, None, said, today=TODAY)


def leaves(found: Any) -> Iterator[Any]:
    """Yield every single value."""
    if isinstance(found, dict):
        for key, each in found.items():
            assert type(key) is str
            yield from leaves(each)
    elif isinstance(found, list):
        for each in found:
            yield from leaves(each)
    else:
        yield found


def test_every_documented_name_is_there_and_no_other() -> None:
    """The table that README prints is true, also for a client of whom nothing is known."""
    documented = {meaning.name for meaning in context.NAMES}
    for found in (values(), values(None, factories.job()), values(model.Client(id="c"), home=EMPTY_HOME)):
        assert set(found) == context.TOP_NAMES
        inside = {
            f"{top}.{name}"
            for top, value in found.items()
            if type(value) is dict and top != "last_job"
            for name in value
        }
        names = {name for name in documented if "." in name}
        assert inside - {"client.id", "job.id", "person.id"} == names


def test_values_are_plain() -> None:
    """Text, whole numbers and yes or no: nothing that a template could reach anything through."""
    client = factories.client(tags=("a",), extra={"Boiler model": "Vaillant"})
    found = values(client, factories.job(extra={"x": "y"}))
    assert {type(value) for value in leaves(found)} <= {str, int, bool}


def test_what_is_said_of_client_and_job() -> None:
    """Dates are ISO text, amounts have their currency, names are softened."""
    shouted = {"full_name": "ADA HALL", "first_name": "ADA", "last_name": "HALL"}
    client = factories.client(**shouted, street="1 Mill\n Lane", note="c")
    found = values(client, factories.job(note="admired\r\nthe boiler\n", paid_on=None))
    assert found["greeting"] == "Hello Ada"
    assert (found["client"]["name"], found["client"]["street"]) == ("Ada Hall", "1 Mill Lane")
    job = found["job"]
    assert (job["completed_on"], job["amount"], job["paid_on"]) == ("2026-02-27", "120.00 GBP", "")
    assert (found["services_text"], found["note"]) == ("the boiler service", "admired\nthe boiler")
    assert values(client, factories.job())["note"] == "c"
    assert values(client)["job"]["service"] == ""


def test_several_jobs_are_named_together() -> None:
    """The leading one comes first."""
    jobs = [factories.job(), factories.job(service="Tap repair")]
    found = values(None, *jobs)
    assert found["services_text"] == "the boiler service and the tap repair"
    assert [job["service"] for job in found["jobs"]] == ["Boiler service", "Tap repair"]
    assert found["job"] == found["jobs"][0]


def test_columns_of_the_files_are_names_of_their_own() -> None:
    """Under their cleaned headings, unless a name of ours is in the way; the client's goes before the job's."""
    client = factories.client(extra={"Boiler model": "Vaillant", "Note": "mine", "???": "x", "2nd phone": "1"})
    found = values(client, factories.job(extra={"Boiler model": "other", "Größe": "XL"}))
    assert (found["boiler_model"], found["grosse"], found["_2nd_phone"]) == ("Vaillant", "XL", "1")
    assert found["note"] != "mine"
    assert found["client"]["extra"]["Note"] == "mine"


@pytest.mark.parametrize(
    ("job", "client", "who"),
    [
        ({"owner": "kim"}, {}, "kim"),
        ({"assigned_to": "KIM REED"}, {}, "kim"),
        ({"assigned_to": "k. reed"}, {}, "kim"),
        ({"assigned_to": "Sam"}, {}, "sam"),
        ({"assigned_to": "Kim"}, {}, "kim"),
        ({"assigned_to": "Nobody"}, {"owner": "kim2"}, "kim2"),
        ({"owner": "gone"}, {}, "sam"),
        ({}, {}, "sam"),
    ],
)
def test_who_did_the_job_writes(job: dict[str, Any], client: dict[str, Any], who: str) -> None:
    """By id, name or another spelling; else who looks after the client; else the owner."""
    person = context.writer(HOME, factories.client(**client), [factories.job(**job)])
    assert person is not None
    assert person.id == who


def test_a_given_person_writes() -> None:
    """The caller may know better."""
    dossier = factories.dossier()
    kim = HOME.people["kim"]
    assert context.values(decision(), dossier, HOME, kim, (), today=TODAY)["person"]["name"] == "Kim Reed"


def test_a_first_name_that_two_share_is_nobodys() -> None:
    """Two Kims: neither signs for the other. An id is exact."""
    home = settings.parse(SETTINGS.replace("[people.kim]", "[people.kimr]"), where="test")
    person = context.writer(home, factories.client(), [factories.job(assigned_to="Kim")])
    assert person is not None
    assert person.id == "sam"


def test_signatures_say_person_firm_and_phone() -> None:
    """An own signature goes first; without people the firm itself signs."""
    assert values(None, factories.job())["signature"] == "Sam Miller\nHall Plumbing\n+441632960000"
    assert values(None, factories.job(owner="kim"))["signature"] == "Kim\nyour plumber"
    found = values(home=EMPTY_HOME)
    assert found["person"]["name"] == found["signature"] == "Hall Plumbing"


def test_marketing_has_its_way_out() -> None:
    """A sentence on every channel, a link by e-mail; service messages have neither."""
    found = values(None, factories.job(id="jaaaaaaaaa"), purpose=model.Purpose.MARKETING)
    assert "stop" in found["opt_out"]
    assert found["unsubscribe"] == "mailto:office@hall.example?subject=unsubscribe%20jaaaaaaaaa.thank-you.1"
    letter = values(None, factories.job(), purpose=model.Purpose.MARKETING, channel=model.Channel.LETTER)
    assert "letters" in letter["opt_out"]
    assert letter["unsubscribe"] == ""
    service = values(None, factories.job())
    assert service["opt_out"] == service["unsubscribe"] == ""
    assert context.unsubscribe("", "key") == ""


def test_years_are_whole_ones() -> None:
    """29 February counts on the 28th; nothing is below zero."""
    assert context.whole_years(date(2024, 2, 29), date(2026, 2, 28)) == 2
    assert context.whole_years(date(2024, 2, 29), date(2026, 2, 27)) == 1
    assert context.whole_years(date(2027, 1, 1), date(2026, 1, 1)) == 0
    found = values(None, factories.job(completed_on=date(2024, 3, 1)))
    assert (found["years"], found["years_text"], found["first_job_on"]) == (2, "two years", "2024-03-01")


@given(st.dates(date(1990, 1, 1), date(2030, 1, 1)), st.integers(0, 60))
def test_an_anniversary_completes_a_year(since: date, years: int) -> None:
    """On the day itself, and not on the day before."""
    is_leap_day = (since.month, since.day) == (2, 29)
    day = since.replace(year=since.year + years, day=28 if is_leap_day else since.day)
    assert context.whole_years(since, day) == years


def test_service_reminders_know_when() -> None:
    """The interval of the service, and the day on which it is due again."""
    found = values(None, factories.job(), kind=model.OccasionKind.SERVICE_INTERVAL, on=date(2027, 2, 27))
    assert (found["interval_text"], found["due_again_on"]) == ("twelve months", "2027-02-27")
    assert values(None, factories.job(service="Tap repair"))["interval_text"] == ""


def test_cases_and_what_was_felt() -> None:
    """A message about a case knows it; others do not."""
    case = model.Case(id="k1", client_id="c", opened_on=TODAY, summary="leak", closed_on=TODAY, resolution="mended")
    client = factories.client()
    summary = factories.summary(client_id=client.id, last_outcome=model.Outcome.HAPPY, last_contact_on=TODAY)
    dossier = factories.dossier(client, cases=(case,), summary=summary)
    found = values(dossier=dossier, case_id="k1")
    said = {name: found["case"][name] for name in ("summary", "opened_on", "resolution", "resolved_on")}
    assert said == {
        "summary": "leak", "opened_on": "2026-03-02", "resolution": "mended", "resolved_on": "2026-03-02",
    }  # fmt: skip
    assert (found["last_outcome"], found["last_contact_on"]) == ("happy", "2026-03-02")
    assert values(dossier=dossier)["case"]["summary"] == ""


def test_the_last_job_may_be_another_than_the_leading_one() -> None:
    """Win-backs speak of it; without any it is empty, and a summary without a name finds the latest completed one."""
    old, new = factories.job(completed_on=date(2025, 1, 1)), factories.job(service="Tap repair")
    dossier = factories.dossier(jobs=(old, new))
    assert values(dossier=dossier, said=[old])["last_job"]["service"] == "Tap repair"
    assert values(dossier=dossier, said=[new])["last_job"]["service"] == "Tap repair"
    assert values()["last_job"]["service"] == ""
    jobs = (old, new, factories.job(status=model.JobStatus.OPEN))
    unnamed = factories.dossier(jobs=jobs, summary=factories.summary())
    assert values(dossier=unnamed, said=[])["last_job"]["service"] == "Tap repair"
