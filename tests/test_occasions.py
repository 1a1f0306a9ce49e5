"""Facts become dated occasions."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from followup import occasions
from followup.model import Case, Delay, Instruction, InstructionKind, JobStatus, Occasion, OccasionKind, Quiet, Service
from tests import factories

WAYS = factories.rules(services={"boiler service": Service(name="Boiler service", interval=Delay(12, "month"))})


def of_kind(dossier, kind, ways=WAYS) -> list[Occasion]:
    return [each for each in occasions.of(dossier, ways) if each.kind is kind]


def test_every_completed_job_is_an_occasion():
    """Each job that was completed starts what follows a job, on the day of its completion."""
    jobs = (factories.job(completed_on=date(2026, 1, 5)), factories.job(completed_on=date(2026, 2, 27)))
    found = of_kind(factories.dossier(jobs=jobs), OccasionKind.JOB_COMPLETED)
    assert [(each.fact_id, each.on) for each in found] == [(job.id, job.completed_on) for job in jobs]


def test_an_open_job_is_no_occasion():
    """A job that was never completed starts nothing."""
    job = factories.job(status=JobStatus.OPEN, completed_on=None)
    assert list(occasions.of(factories.dossier(jobs=(job,)), WAYS)) == []


def test_a_completed_job_without_a_day_is_no_occasion():
    """Without a day of completion nothing can be counted."""
    job = factories.job(completed_on=None)
    assert of_kind(factories.dossier(jobs=(job,)), OccasionKind.JOB_COMPLETED) == []


def test_a_reopened_job_stays_an_occasion():
    """What hangs on a reopened job can still be explained."""
    job = factories.job(status=JobStatus.OPEN)
    assert of_kind(factories.dossier(jobs=(job,)), OccasionKind.JOB_COMPLETED)[0].on == job.completed_on


def test_an_open_job_that_something_was_decided_about_is_an_occasion_from_that_day():
    """A job that lost its day of completion keeps what was tried, recorded or decided about it explainable."""
    job = factories.job(status=JobStatus.OPEN, completed_on=None)
    contacts = (
        factories.contact(key=f"{job.id}.thank-you.1", on=date(2026, 2, 12)),
        factories.contact(key=f"{job.id}.check-in-call.1", on=date(2026, 2, 10)),
        factories.contact(on=date(2026, 1, 1)),
    )
    found = of_kind(factories.dossier(jobs=(job,), contacts=contacts), OccasionKind.JOB_COMPLETED)
    assert [each.on for each in found] == [date(2026, 2, 10)]


@pytest.mark.parametrize("source", ["attempt", "instruction"])
def test_attempts_and_instructions_touch_a_job_too(source):
    """Drafts and decisions of the owner keep an open job explainable as contacts do."""
    job = factories.job(status=JobStatus.OPEN, completed_on=None)
    key = f"{job.id}.thank-you.1"
    if source == "attempt":
        fields = {"attempts": (factories.attempt(key=key),)}
    else:
        given = Instruction(
            id="i", client_id="c", kind=InstructionKind.SKIP, given_at=factories.NOW, on=factories.TODAY, key=key
        )
        fields = {"instructions": (given,)}
    found = of_kind(factories.dossier(jobs=(job,), **fields), OccasionKind.JOB_COMPLETED)
    assert [each.on for each in found] == [factories.TODAY]


def test_a_service_is_due_again_after_its_interval():
    """A service with an interval comes round; the day is counted from the completion of the job."""
    job = factories.job(completed_on=date(2024, 2, 29), service="BOILER service")
    found = of_kind(factories.dossier(jobs=(job,)), OccasionKind.SERVICE_INTERVAL)
    assert [(each.fact_id, each.on) for each in found] == [(job.id, date(2025, 2, 28))]


@pytest.mark.parametrize("service", ["", "Tap repair", "Survey"])
def test_a_service_without_an_interval_does_not_come_round(service):
    """Work that is not known, or not known to repeat, is not announced again."""
    ways = factories.rules(services={"survey": Service(name="Survey")})
    dossier = factories.dossier(jobs=(factories.job(service=service),))
    assert of_kind(dossier, OccasionKind.SERVICE_INTERVAL, ways) == []


def test_the_first_job_is_an_occasion_of_the_client():
    """The anniversary hangs on the client, and knows the job it began with."""
    jobs = (
        factories.job(id="jb", completed_on=date(2020, 5, 4)),
        factories.job(id="ja", completed_on=date(2020, 5, 4)),
        factories.job(id="jc", completed_on=date(2024, 5, 4)),
    )
    dossier = factories.dossier(jobs=jobs)
    (found,) = of_kind(dossier, OccasionKind.FIRST_JOB)
    assert (found.fact_id, found.on, found.job_id) == (dossier.client.id, date(2020, 5, 4), "ja")


def test_a_client_with_a_rhythm_is_quiet_after_one_and_a_half_times_the_usual_gap():
    """Who came every 100 days is missed after 150."""
    days = [date(2025, 1, 1) + timedelta(days=100 * number) for number in range(3)]
    dossier = factories.dossier(jobs=tuple(factories.job(completed_on=day) for day in days))
    (found,) = of_kind(dossier, OccasionKind.CLIENT_QUIET)
    assert found.on == days[-1] + timedelta(days=150)
    assert found.fact_id == found.job_id == dossier.summary.last_job_id


def test_a_client_without_a_rhythm_is_quiet_after_eighteen_months():
    """With one or two jobs nobody knows how often a client comes."""
    dossier = factories.dossier(jobs=(factories.job(completed_on=date(2024, 8, 31)),))
    (found,) = of_kind(dossier, OccasionKind.CLIENT_QUIET)
    assert found.on == date(2026, 2, 28)


def test_what_counts_as_quiet_is_the_firms_to_say():
    """Factor and wait are settings."""
    ways = factories.rules(quiet=Quiet(otherwise=Delay(2, "week")))
    dossier = factories.dossier(jobs=(factories.job(completed_on=date(2026, 1, 1)),))
    assert of_kind(dossier, OccasionKind.CLIENT_QUIET, ways)[0].on == date(2026, 1, 15)


def test_cases_are_occasions_when_opened_and_when_resolved():
    """A case starts what follows its opening, and once it is resolved what follows that."""
    case = Case(id="kk", client_id="c", opened_on=date(2026, 2, 1), job_id="j", closed_on=date(2026, 2, 9))
    dossier = factories.dossier(cases=(case, Case(id="kl", client_id="c", opened_on=date(2026, 3, 1))))
    ends = (OccasionKind.CASE_OPENED, OccasionKind.CASE_RESOLVED)
    found = [
        (each.kind, each.fact_id, each.on, each.case_id) for each in occasions.of(dossier, WAYS) if each.kind in ends
    ]
    assert found == [
        (OccasionKind.CASE_OPENED, "kk", date(2026, 2, 1), "kk"),
        (OccasionKind.CASE_RESOLVED, "kk", date(2026, 2, 9), "kk"),
        (OccasionKind.CASE_OPENED, "kl", date(2026, 3, 1), "kl"),
    ]


def test_a_client_without_jobs_has_no_occasion():
    """Nothing happened, nothing follows."""
    assert list(occasions.of(factories.dossier(), WAYS)) == []
