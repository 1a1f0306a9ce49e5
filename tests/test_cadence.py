"""Steps and date rules: delays as people write them, dates that do not drift, windows that miss nobody."""

from __future__ import annotations

import calendar as month_lengths
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup import cadence, settings, workdays
from followup.errors import ConfigurationError
from followup.model import (
    AnchorWindow,
    Channel,
    Conditions,
    Delay,
    OccasionKind,
    Outcome,
    Purpose,
    Quiet,
    Service,
    Step,
)

PLAIN = workdays.Calendar(country="GB")
UNITS = ("day", "business day", "week", "month", "year")
DELAYS = st.builds(Delay, st.integers(0, 60), st.sampled_from(UNITS)).filter(lambda each: each.number > 0)
ANCHORS = st.dates(date(2000, 1, 1), date(2040, 12, 31))

# ---------------------------------------------------------------- delays


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("1 business day", Delay(1, "business day")),
        ("2 business days", Delay(2, "business day")),
        ("2 working days", Delay(2, "business day")),
        ("3 workdays", Delay(3, "business day")),
        ("3 weeks", Delay(3, "week")),
        ("12 months", Delay(12, "month")),
        ("1 year", Delay(1, "year")),
        ("a week", Delay(1, "week")),
        ("an year after", Delay(1, "year")),
        ("  10   Days ", Delay(10, "day")),
        ("30 days before", Delay(30, "day", before=True)),
        ("30 days after", Delay(30, "day")),
        ("same day", Delay(0, "day")),
        ("0 days before", Delay(0, "day")),
    ],
)
def test_delays_are_read_as_people_write_them(text: str, delay: Delay) -> None:
    """Singular and plural, before and after, and the same day."""
    assert cadence.parse_delay(text) == delay


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "write a whole number and a unit"),
        ("soon", "write a whole number and a unit"),
        ("1.5 months", "write a whole number and a unit"),
        ("-3 days", "write a whole number and a unit"),
        ("3", "write a whole number and a unit"),
        ("3 weks", "no unit 'weks'; did you mean 'weeks'"),
        ("1 busines day", "no unit 'busines day'; did you mean 'business day'"),
        ("2 fortnights", "no unit 'fortnights'; write"),
        ("5000 weeks before", ""),
        ("6000 weeks", "too long a delay: at most 5200 weeks"),
        ("999999 days", "too long a delay"),
    ],
)
def test_what_is_no_delay_says_how_to_write_one(text: str, complaint: str) -> None:
    """The message holds what was written and what to write instead."""
    if not complaint:
        assert cadence.parse_delay(text).before
        return
    with pytest.raises(ValueError, match=complaint) as caught:
        cadence.parse_delay(text)
    assert f"'{text}'" in str(caught.value)


@given(st.builds(Delay, st.integers(1, 100), st.sampled_from(UNITS), st.booleans()))
def test_a_delay_is_read_back_from_its_own_words(delay: Delay) -> None:
    """What `cadence list` prints can be copied into the settings."""
    assert cadence.parse_delay(str(delay)) == delay


def test_no_delay_is_the_same_day() -> None:
    """Nobody says "0 days"."""
    assert str(cadence.SAME_DAY) == "same day"
    assert cadence.parse_delay(str(cadence.SAME_DAY)) == cadence.SAME_DAY


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("anchor", "text", "result"),
    [
        (date(2026, 2, 27), "1 business day", date(2026, 3, 2)),
        (date(2026, 3, 2), "1 business day before", date(2026, 2, 27)),
        (date(2026, 3, 2), "3 weeks", date(2026, 3, 23)),
        (date(2026, 3, 2), "10 days before", date(2026, 2, 20)),
        (date(2026, 1, 31), "1 month", date(2026, 2, 28)),
        (date(2024, 2, 29), "1 year", date(2025, 2, 28)),
        (date(2026, 3, 31), "1 month before", date(2026, 2, 28)),
        (date(2026, 3, 7), "same day", date(2026, 3, 7)),
    ],
)
def test_a_delay_leads_to_a_date(anchor: date, text: str, result: date) -> None:
    """Calendar days may end on a closed day; only business days are counted as such."""
    assert cadence.add(cadence.parse_delay(text), anchor, PLAIN) == result


def test_the_thirty_first_does_not_drift() -> None:
    """Monthly from 31 January ends on the last of each month, and on the 31st again."""
    found = [cadence.occurrence(date(2026, 1, 31), Delay(1, "month"), n) for n in range(4)]
    assert found == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]


def test_the_twenty_ninth_of_february_comes_back() -> None:
    """Four anniversaries of a leap day: three on the 28th, the fourth on the 29th."""
    found = [cadence.occurrence(date(2024, 2, 29), Delay(12, "month"), n) for n in range(1, 5)]
    assert found == [date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)]


@given(ANCHORS, st.integers(1, 24), st.integers(0, 40))
def test_months_keep_the_day_or_end_the_month(anchor: date, months: int, n: int) -> None:
    """Occurrence n depends on the anchor and n only: the anchor's day, or the last of a shorter month."""
    found = cadence.occurrence(anchor, Delay(months, "month"), n)
    assert (found.year * 12 + found.month) - (anchor.year * 12 + anchor.month) == months * n
    assert found.day == min(anchor.day, month_lengths.monthrange(found.year, found.month)[1])


@given(ANCHORS, DELAYS, st.integers(0, 20))
def test_later_occurrences_come_later(anchor: date, every: Delay, n: int) -> None:
    """No occurrence overtakes another."""
    assert cadence.occurrence(anchor, every, n) < cadence.occurrence(anchor, every, n + 1)


@given(ANCHORS, DELAYS)
def test_before_and_after_are_two_sides(anchor: date, delay: Delay) -> None:
    """Going back leads before the anchor, and to where one came from unless a month was too short."""
    back = cadence.add(replace(delay, before=True), anchor, PLAIN)
    assert back < anchor
    if delay.unit in ("day", "week"):
        assert cadence.add(delay, back, PLAIN) == anchor


def test_occurrences_count_from_the_anchor() -> None:
    """The first by the delay, the others at the distance of `every`; in one sum, so that leap days come back."""
    year = Delay(12, "month")
    birthdays = [cadence.nth(date(2024, 2, 29), year, year, n, PLAIN) for n in range(1, 5)]
    assert birthdays == [date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)]
    week_before = Delay(1, "week", before=True)
    assert cadence.nth(date(2024, 2, 29), week_before, year, 5, PLAIN) == date(2028, 2, 22)
    month_before = Delay(1, "month", before=True)
    assert cadence.nth(date(2024, 2, 29), month_before, year, 2, PLAIN) == date(2025, 1, 29)
    assert cadence.nth(date(2026, 1, 1), cadence.SAME_DAY, Delay(60, "day"), 2, PLAIN) == date(2026, 3, 2)
    assert cadence.nth(date(2026, 2, 27), Delay(1, "business day"), None, 1, PLAIN) == date(2026, 3, 2)


def test_a_service_is_announced_by_its_own_lead() -> None:
    """30 days before a yearly service, 14 before one that comes half-yearly or more often, else as set."""
    assert cadence.default_lead(Delay(12, "month")) == Delay(30, "day")
    assert cadence.default_lead(Delay(6, "month")) == Delay(14, "day")
    assert cadence.default_lead(Delay(26, "week")) == Delay(14, "day")
    by_lead = step(by_lead=True, occasion=OccasionKind.SERVICE_INTERVAL)
    service = Service(name="Boiler service", interval=Delay(12, "month"), lead=Delay(3, "week"))
    assert cadence.delay_of(by_lead, service) == Delay(3, "week", before=True)
    assert cadence.delay_of(step(), service) == Delay(1, "day")
    assert cadence.delay_of(by_lead) == by_lead.delay


@pytest.mark.parametrize(
    ("gap", "quiet_on"),
    [
        (90, date(2026, 5, 16)),  # 135 days
        (31, date(2026, 2, 17)),  # 46.5 days are exceeded on the 47th
        (7, date(2026, 1, 31)),  # not sooner than 30 days
        (None, date(2027, 7, 1)),  # 18 months
    ],
)
def test_a_client_is_quiet_after_one_and_a_half_usual_gaps(gap: int | None, quiet_on: date) -> None:
    """Exact in the half, never before a month is over, and 18 months where no gap is known."""
    assert cadence.quiet_on(date(2026, 1, 1), gap, quiet=Quiet(), calendar=PLAIN) == quiet_on


# ---------------------------------------------------------------- steps from tables


def step(**fields: Any) -> Step:
    """Return a step of the simplest kind."""
    defaults: dict[str, Any] = {
        "name": "thank-you",
        "cadence": "after-job",
        "occasion": OccasionKind.JOB_COMPLETED,
        "delay": Delay(1, "day"),
        "late": Delay(14, "day"),
    }
    return Step(**{**defaults, **fields})


def parse(table: dict[str, Any], name: str = "thank-you", **options: Any) -> Step:
    """Parse one table of a cadence on completed jobs."""
    return cadence.parse_step(
        "after-job", name, {"occasion": "job completed", **table}, where="followup.toml", **options
    )


def problems(table: dict[str, Any], name: str = "thank-you", **options: Any) -> list[str]:
    """Return what is wrong with a table."""
    with pytest.raises(ConfigurationError) as caught:
        parse(table, name, **options)
    return list(caught.value.problems)


def test_a_step_needs_no_more_than_when_and_what() -> None:
    """Everything else has a default: e-mail, a template called like the step, service, once, late after 30 days."""
    found = parse({"after": "3 weeks"})
    assert found == step(delay=Delay(3, "week"), template="thank-you", late=Delay(30, "day"))
    assert found.channels == (Channel.EMAIL,)
    assert found.purpose is Purpose.SERVICE
    assert found.times == 1


def test_every_key_of_a_step_arrives() -> None:
    """Nothing that can be written is lost on the way."""
    found = parse(
        {
            "after": "30 days",
            "after_step": "feedback-ask",
            "otherwise": "40 days",
            "channels": ["letter", "email"],
            "template": "referral",
            "purpose": "marketing",
            "ask": True,
            "again_after": "365 days",
            "reminder": "7 days",
            "reminder_template": "again",
            "priority": 40,
            "late": "14 days",
            "covers": "7 days",
            "enabled": False,
            "was": ["refer"],
            "description": "Who else?",
            "when": {
                "services": ["Boiler Service"],
                "not_services": "Survey",
                "tags": ["VIP"],
                "not_tags": ["trade"],
                "min_amount": 100,
                "below_amount": "999.90",
                "first_job": False,
                "last_outcome": "happy",
                "client_for": "6 months",
                "paid": True,
                "no_future_job": True,
                "any_of": [{"last_outcome": "happy"}, {"client_for": "6 months"}],
            },
        },
        "referral-ask",
    )
    assert found == Step(
        name="referral-ask",
        cadence="after-job",
        occasion=OccasionKind.JOB_COMPLETED,
        delay=Delay(30, "day"),
        after_step="feedback-ask",
        otherwise=Delay(40, "day"),
        channels=(Channel.LETTER, Channel.EMAIL),
        template="referral",
        purpose=Purpose.MARKETING,
        ask=True,
        when=Conditions(
            services=("boiler service",),
            not_services=("survey",),
            tags=("vip",),
            not_tags=("trade",),
            min_amount="100",
            below_amount="999.90",
            first_job=False,
            last_outcome=Outcome.HAPPY,
            client_for=Delay(6, "month"),
            paid=True,
            no_future_job=True,
            any_of=(Conditions(last_outcome=Outcome.HAPPY), Conditions(client_for=Delay(6, "month"))),
        ),
        again_after=Delay(365, "day"),
        reminder=Delay(7, "day"),
        reminder_template="again",
        priority=40,
        late=Delay(14, "day"),
        covers=Delay(7, "day"),
        enabled=False,
        was=("refer",),
        description="Who else?",
    )


def test_a_repeating_step_goes_on_unless_a_number_is_given() -> None:
    """`every` alone means always."""
    table = {"after": "12 months", "every": "12 months"}
    assert parse(table).times is None
    assert parse({**table, "times": "always"}).times is None
    assert parse({**table, "times": 2}).times == 2


def test_a_reminder_without_words_of_its_own_has_those_of_the_step() -> None:
    """A template of its own is better, and not needed."""
    assert parse({"after": "10 days", "reminder": "7 days"}).reminder_template == "thank-you"


def test_before_looks_back_and_lead_is_the_services() -> None:
    """Reminders come before the day; with "lead", each service says how long."""
    service = {"occasion": "service interval"}
    assert parse({**service, "before": "30 days"}).delay == Delay(30, "day", before=True)
    assert parse({**service, "after": "30 days before"}).delay == Delay(30, "day", before=True)
    found = parse({**service, "before": "lead"})
    assert found.by_lead
    assert found.delay == cadence.SAME_DAY


def test_amounts_stay_exact_and_may_name_a_setting() -> None:
    """No float comes near money."""
    assert parse({"after": "1 day", "when": {"min_amount": "49.90"}}).when.min_amount == "49.90"
    amounts = {"calls.minimum_amount": "300"}
    table = {"after": "1 day", "when": {"below_amount": "calls.minimum_amount"}}
    assert parse(table, amounts=amounts).when.below_amount == "300"


def test_an_empty_text_takes_a_shipped_value_away() -> None:
    """So a home can drop a condition that the shipped step has."""
    found = parse({"after": "1 day", "again_after": "", "covers": "", "when": {"min_amount": "", "last_outcome": ""}})
    assert found == parse({"after": "1 day"})


def test_all_problems_of_a_step_come_at_once() -> None:
    """Each with file, step, key, what is wrong and what was probably meant."""
    found = problems(
        {
            "after": "1 busines day",
            "chanels": ["email"],
            "channels": ["emial", "call"],
            "purpose": "sales",
            "ask": "yes",
            "priority": 200,
            "late": 14,
            "when": {"min_amount": "1.250,00", "first_jobs": True},
        }
    )
    where = "followup.toml: cadence.after-job.thank-you"
    assert found == [
        f"{where}.chanels: there is no such key. Did you mean 'channels'?",
        f"{where}.after: '1 busines day' is not a delay: there is no unit 'busines day'; did you mean 'business day'?",
        f"{where}.channels: there is no channel 'emial'. Did you mean 'email'?",
        f"{where}.purpose: 'sales' is not one of: service, marketing.",
        f"{where}.ask: 'yes' is neither true nor false, without quotes.",
        f"{where}.when.first_jobs: there is no such key. Did you mean 'first_job'?",
        f"{where}.when.min_amount: '1.250,00' is not an amount; {cadence.HOW_TO_WRITE_AN_AMOUNT}.",
        f"{where}.priority: 200 is not a whole number from 0 to 100.",
        f'{where}.late: 14 is not a delay; write "same day", "2 business days", "3 weeks", "12 months".',
    ]


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({}, 'after: is missing; write after = "3 weeks"'),
        ({"after": "1 day", "before": "1 day"}, "has both 'after' and 'before'"),
        ({"before": "1 day"}, "nobody knows of 'job completed' before it happens"),
        ({"before": "lead"}, "'lead' is known only for the occasion 'service interval'"),
        ({"after": "1 day", "occasion": "job finished"}, "occasion: 'job finished' is not one of"),
        ({"after": "1 day", "otherwise": "2 days"}, "otherwise: means nothing without after_step"),
        ({"after": "1 day before", "after_step": "other"}, "does not go together with after_step"),
        ({"after": "1 day", "reminder": "7 days", "every": "1 year"}, "reminder: does not go together with every"),
        ({"after": "1 day", "reminder_template": "again"}, "means nothing without reminder"),
        ({"after": "1 day", "every": "same day"}, "repeats on the same day for ever"),
        ({"after": "1 day", "times": 3}, "times: means nothing without every"),
        ({"after": "1 day", "every": "1 year", "times": "often"}, 'from 1 to 1000 or "always"'),
        ({"after": "1 day", "every": "1 year", "times": True}, "true is not a whole number"),
        ({"after": "1 day", "channels": ["email", "email"]}, "names a channel twice"),
        ({"after": "1 day", "channels": 3}, "3 is not a list of texts"),
        ({"after": "1 day", "template": 3}, "3 is not a text"),
        ({"after": "1 day", "when": "always"}, "when: is not a table"),
        ({"after": "1 day", "when": {"any_of": "x"}}, "any_of: is not a list"),
        ({"after": "1 day", "when": {"any_of": [{"any_of": []}]}}, "cannot hold another any_of"),
        ({"after": "1 day", "when": {"any_of": [{"paid": 1}]}}, r"any_of 1.paid: 1 is neither true nor false"),
        ({"after": "1 day", "when": {"min_amount": 10, "below_amount": 10}}, "no amount is at least 10 and below 10"),
        ({"after": "1 day", "when": {"min_amount": True}}, "true is not an amount"),
        ({"after": "1 day", "when": {"min_amount": []}}, "this is not an amount"),
        ({"after": "1 day", "was": ["thank-you"]}, "cannot be an old name"),
        ({"after": "1 day", "was": ["Thank You"]}, "cannot be an old name"),
        (
            {"after": "1 day", "occasion": "client quiet", "when": {"no_future_job": True}},
            "no_future_job: is not known for the occasion 'client quiet'",
        ),
    ],
)
def test_what_does_not_go_together_is_said(table: dict[str, Any], complaint: str) -> None:
    """A step that could never do what it says is refused, with the reason."""
    with pytest.raises(ConfigurationError, match=complaint):
        parse(table)


def test_a_step_without_an_occasion_is_told_the_occasions() -> None:
    """Neither the step nor its cadence says what starts it."""
    with pytest.raises(
        ConfigurationError, match="occasion: is missing; write what starts the step: job completed, first"
    ):
        cadence.parse_step("own", "hello", {"after": "1 day"}, where="followup.toml")


@pytest.mark.parametrize("name", ["Thank-You", "thank.you", "thank you", "-", "a--b", "1st", "", "x" * 41])
def test_a_name_that_cannot_be_part_of_a_key_is_refused(name: str) -> None:
    """Names become part of keys, file names and log lines."""
    assert "cannot be the name of a step" in problems({"after": "1 day"}, name)[0]


def test_unknown_templates_name_the_nearest() -> None:
    """Both the step's and the reminder's are looked for."""
    table = {"after": "1 day", "template": "thank-yuo", "reminder": "7 days", "reminder_template": "nudge"}
    found = problems(table, templates=["thank-you", "win-back"])
    assert "there is no template 'thank-yuo'. Did you mean 'thank-you'?" in found[0]
    assert "there is no template 'nudge'. Known: thank-you, win-back." in found[1]
    assert parse({"after": "1 day"}, templates=["thank-you"]).template == "thank-you"


def test_steps_are_checked_against_each_other() -> None:
    """Names are identities; who is waited for must be there, start alike and not wait back."""

    def check(*steps: Step) -> str:
        return "\n".join(cadence.check_steps(steps, where="f"))

    ask = step(name="ask")
    assert check(ask, step(name="refer", after_step="ask")) == ""
    assert "the name 'ask' belongs to cadence.after-job.ask already" in check(ask, step(name="ask", cadence="other"))
    assert "the name 'ask' belongs to" in check(ask, step(name="new", was=("ask",)))
    assert check(step(name="new", was=("ask",)), step(name="refer", after_step="ask")) == ""
    assert "no step 'aks'. Did you mean 'ask'?" in check(ask, step(name="refer", after_step="aks"))
    assert "must start with the same" in check(
        ask, step(name="refer", after_step="ask", occasion=OccasionKind.CASE_OPENED)
    )
    circle = check(step(name="one", after_step="two"), step(name="two", after_step="one"))
    assert circle.count("wait for each other in a circle") == 2
    leads_into = check(
        step(name="one", after_step="two"), step(name="two", after_step="one"), step(name="three", after_step="one")
    )
    assert leads_into.count("circle") == 2


# ---------------------------------------------------------------- windows


def facts(*steps: Step, **fields: Any) -> Any:
    """Return as much of settings as windows look at."""
    defaults: dict[str, Any] = {
        "steps": steps,
        "services": {},
        "quiet": Quiet(),
        "closing_days": (),
        "basis": "completed-job",
        "budget": settings.Budget(messages_days=7, asks_days=30),
    }
    return SimpleNamespace(**{**defaults, **fields})


TODAY = date(2026, 3, 2)
HOLDS = {"care.open", "care.closed_on", "instruction.until", "instruction.on", "attempt.open"}


def anchors(one: Step, *, gaps: tuple[int, ...] = (), horizon: date = TODAY, **fields: Any) -> list[AnchorWindow]:
    """Return the windows of a step that hold anchors, without those of holds."""
    found = cadence.windows(one, today=TODAY, horizon=horizon, settings=facts(one, **fields), gaps=gaps)
    return [each for each in found if each.field not in HOLDS]


def inside(windows: list[AnchorWindow], day: date, **fields: Any) -> bool:
    """Tell whether *day* lies in one of the windows that have *fields*."""
    return any(
        (each.from_on or date.min) <= day <= (each.to_on or date.max)
        for each in windows
        if all(getattr(each, name) == value for name, value in fields.items())
    )


CLOSED = (date(2026, 2, 9), date(2026, 2, 20))
FIRM = workdays.Calendar(country="GB", closing_days=(CLOSED,))
NEAR = st.integers(-150, 30)  # days from today to the day for which an anchor is looked for
DAYS_IN = {"day": 1.0, "business day": 1.4, "week": 7.0, "month": 30.44, "year": 365.25}


def roughly(*delays: Delay) -> int:
    """Return about how many days *delays* are together."""
    return round(sum(each.number * DAYS_IN[each.unit] * (-1 if each.before else 1) for each in delays))


@given(
    near=NEAR,
    jitter=st.integers(-3, 3),
    delay=DELAYS,
    every=st.none() | DELAYS,
    n=st.integers(1, 6),
    late=st.sampled_from([Delay(14, "day"), Delay(2, "business day"), Delay(1, "month")]),
    ahead=st.integers(0, 40),
    before=st.booleans(),
)
def test_no_occurrence_that_can_still_wait_is_missed(
    near: int, jitter: int, delay: Delay, every: Delay | None, n: int, late: Delay, ahead: int, before: bool
) -> None:
    """Whatever the rule: a date between the furthest look back and the horizon has its anchor in a window."""
    one = step(
        delay=Delay(delay.number, delay.unit, before=before),
        every=every,
        times=6 if every else 1,
        late=late,
        occasion=OccasionKind.FIRST_JOB,
    )
    distance = [one.delay, *([every] * (n - 1) if every else [])]
    anchor = TODAY + timedelta(days=near + jitter - roughly(*distance))
    found = cadence.nth(anchor, one.delay, every, n if every else 1, FIRM)
    due_on = FIRM.next_business_day(found)
    horizon = TODAY + timedelta(days=ahead)
    earliest = TODAY - timedelta(days=cadence.look_back(one, facts(one, closing_days=(CLOSED,))))
    if earliest <= due_on and found <= horizon:
        windows = anchors(one, horizon=horizon, closing_days=(CLOSED,))
        assert inside(windows, anchor, field="summary.first_job_on")


@given(
    last=st.dates(date(2022, 1, 1), TODAY),
    gap=st.none() | st.integers(1, 900),
    factor=st.sampled_from(["1", "1.5", "2.25"]),
)
def test_no_quiet_client_is_missed(last: date, gap: int | None, factor: str) -> None:
    """Each usual gap has its windows, one for each time."""
    quiet = Quiet(factor=factor)
    one = step(occasion=OccasionKind.CLIENT_QUIET, delay=cadence.SAME_DAY, every=Delay(60, "day"), times=2)
    found = cadence.quiet_on(last, gap, quiet=quiet, calendar=FIRM)
    windows = anchors(one, quiet=quiet, gaps=(gap,) if gap else (), closing_days=(CLOSED,))
    earliest = TODAY - timedelta(days=cadence.look_back(one, facts(one)))
    for n in (1, 2):
        due_on = cadence.nth(found, one.delay, one.every, n, FIRM)
        if earliest <= FIRM.next_business_day(due_on) and due_on <= TODAY:
            assert inside(windows, last, field="summary.last_job_on", gap_days=gap or 0)


@given(
    near=NEAR,
    jitter=st.integers(-3, 3),
    interval=st.sampled_from([Delay(12, "month"), Delay(6, "month"), Delay(26, "week"), Delay(2, "year")]),
    lead=st.sampled_from([Delay(0, "day"), Delay(14, "day"), Delay(5, "business day"), Delay(1, "month")]),
)
def test_no_service_that_is_due_again_is_missed(near: int, jitter: int, interval: Delay, lead: Delay) -> None:
    """Each interval and lead has a window for the services that share it."""
    one = step(occasion=OccasionKind.SERVICE_INTERVAL, delay=cadence.SAME_DAY, by_lead=True)
    service = Service(name="Boiler service", interval=interval, lead=lead)
    done = TODAY + timedelta(days=near + jitter + roughly(lead) - roughly(interval))
    due_on = cadence.add(cadence.delay_of(one, service), cadence.add(interval, done, FIRM), FIRM)
    earliest = TODAY - timedelta(days=cadence.look_back(one, facts(one, closing_days=(CLOSED,))))
    if earliest <= FIRM.next_business_day(due_on) and due_on <= TODAY:
        windows = anchors(one, services={"boiler service": service}, closing_days=(CLOSED,))
        assert inside(windows, done, field="job.completed_on+service", services=("boiler service",))


def test_windows_stay_near() -> None:
    """What is long past is not looked at: the cost follows what is near due, not the length of history."""
    windows = anchors(step(delay=Delay(1, "business day")))
    assert not inside(windows, TODAY - timedelta(days=200))
    assert inside(windows, TODAY - timedelta(days=100))
    assert not inside(windows, TODAY + timedelta(days=1))


def test_asks_are_looked_for_longer_than_messages_and_calls_shortest() -> None:
    """A budget of asks may put one off for months; calls have none."""
    message, ask, call = step(), step(ask=True), step(channels=(Channel.CALL,))
    rules = facts(message)
    assert cadence.look_back(ask, rules) > cadence.look_back(message, rules) > cadence.look_back(call, rules)


def test_services_that_share_an_interval_share_a_window() -> None:
    """And a step that is for some services looks only at those."""
    yearly, lead = Delay(12, "month"), Delay(30, "day")
    services = {
        "boiler": Service(name="Boiler", interval=yearly, lead=lead),
        "gas check": Service(name="Gas check", interval=yearly, lead=lead),
        "survey": Service(name="Survey"),
        "filter": Service(name="Filter", interval=Delay(3, "month"), lead=Delay(14, "day")),
    }
    one = step(occasion=OccasionKind.SERVICE_INTERVAL, by_lead=True)
    assert [each.services for each in anchors(one, services=services)] == [("boiler", "gas check"), ("filter",)]
    chosen = step(
        occasion=OccasionKind.SERVICE_INTERVAL, delay=Delay(14, "day"), when=Conditions(services=("filter", "boiler"))
    )
    assert [each.services for each in anchors(chosen, services=services)] == [("boiler",), ("filter",)]
    others = step(occasion=OccasionKind.SERVICE_INTERVAL, by_lead=True, when=Conditions(not_services=("filter",)))
    assert [each.services for each in anchors(others, services=services)] == [("boiler", "gas check")]


def test_a_step_after_another_looks_where_that_one_went_out() -> None:
    """Under all its names; and at the jobs themselves where it may not have gone out."""
    ask = step(name="ask", was=("survey",))
    refer = step(name="refer", after_step="ask", delay=Delay(30, "day"), otherwise=Delay(40, "day"))
    found = list(cadence.windows(refer, today=TODAY, horizon=TODAY, settings=facts(ask, refer)))
    assert inside(found, TODAY - timedelta(days=30), field="contact.on", step="ask")
    assert inside(found, TODAY - timedelta(days=30), field="contact.on", step="survey")
    assert inside(found, TODAY - timedelta(days=40), field="job.completed_on")
    only = step(name="refer", after_step="gone", delay=Delay(30, "day"))
    assert {(each.field, each.step) for each in anchors(only)} == {("contact.on", "gone")}


def test_a_reminder_looks_where_the_first_went_out() -> None:
    """It counts from that day, not from the job."""
    found = anchors(step(name="ask", was=("survey",), reminder=Delay(7, "day"), delay=Delay(10, "day")))
    assert inside(found, TODAY - timedelta(days=7), field="contact.on", step="ask")
    assert inside(found, TODAY - timedelta(days=7), field="contact.on", step="survey")
    assert inside(found, TODAY - timedelta(days=10), field="job.completed_on")


@pytest.mark.parametrize(
    ("occasion", "field"),
    [
        (OccasionKind.JOB_COMPLETED, "job.completed_on"),
        (OccasionKind.FIRST_JOB, "summary.first_job_on"),
        (OccasionKind.ENQUIRY_RECEIVED, "care.opened_on"),
        (OccasionKind.ENQUIRY_ANSWERED, "care.acted_on"),
        (OccasionKind.ENQUIRY_WON, "care.closed_on"),
        (OccasionKind.ENQUIRY_LOST, "care.closed_on"),
        (OccasionKind.PROMISE_DUE, "job.promised_on"),
        (OccasionKind.PROMISE_LATE, "care.open"),
        (OccasionKind.THEIR_PROMISE_DUE, "care.open"),
        (OccasionKind.PROMISE_MOVED, "care.opened_on"),
        (OccasionKind.HANDED_OVER, "care.opened_on"),
        (OccasionKind.CASE_OPENED, "care.open"),
        (OccasionKind.CASE_RESOLVED, "care.closed_on"),
        (OccasionKind.REFERRAL_MADE, "care.opened_on"),
        (OccasionKind.REFERRAL_WON, "care.acted_on"),
        (OccasionKind.REWARD_DUE, "care.won"),
        (OccasionKind.GIFT_GIVEN, "care.opened_on"),
        (OccasionKind.PRAISE_RECEIVED, "care.opened_on"),
        (OccasionKind.PRAISE_PASSED_ON, "care.closed_on"),
        (OccasionKind.LESSON_DONE, "care.closed_on"),
        (OccasionKind.RECAP_WRITTEN, "care.opened_on"),
        (OccasionKind.LOW_SCORE, "contact.score"),
    ],
)
def test_each_occasion_has_its_field(occasion: OccasionKind, field: str) -> None:
    """The store answers each by an index of its own."""
    found = list(cadence.windows(step(occasion=occasion), today=TODAY, horizon=TODAY, settings=facts(step())))
    assert inside(found, TODAY - timedelta(days=1), field=field)


def test_an_anniversary_has_a_range_for_every_year() -> None:
    """The first job may lie decades back; between the ranges nobody is looked at."""
    one = step(occasion=OccasionKind.FIRST_JOB, delay=Delay(12, "month"), every=Delay(12, "month"), times=None)
    found = anchors(one)
    assert all(inside(found, date(year, 3, 2)) for year in range(1970, 2026))
    assert not any(inside(found, date(year, 9, 1)) for year in range(1970, 2026))


def test_each_anniversary_is_looked_for_where_it_is_not_done() -> None:
    """By its key; of a step that had other names everybody is looked at."""
    yearly = {"occasion": OccasionKind.FIRST_JOB, "delay": Delay(12, "month"), "every": Delay(12, "month")}
    found = anchors(step(name="hello", times=3, **yearly))
    assert [each.done for each in found] == [".hello.1", ".hello.2", ".hello.3"]
    assert {each.done for each in anchors(step(name="hello", was=("hi",), times=3, **yearly))} == {""}


def test_marketing_looks_for_those_who_allowed_it() -> None:
    """Where nothing but consent is a basis; what hangs on a job is found by its date alone."""
    for occasion in (OccasionKind.FIRST_JOB, OccasionKind.CLIENT_QUIET):
        marketing = step(occasion=occasion, purpose=Purpose.MARKETING)
        assert {each.opted_in for each in anchors(marketing, gaps=(30,), basis="opt-in")} == {True}
        assert {each.opted_in for each in anchors(marketing, gaps=(30,))} == {False}
        service = step(occasion=occasion, purpose=Purpose.SERVICE)
        assert {each.opted_in for each in anchors(service, basis="opt-in")} == {False}


def test_what_waits_for_a_person_is_always_found() -> None:
    """Open cases and attempts, cases just resolved, and what the owner said lately."""
    found = list(cadence.windows(step(), today=TODAY, horizon=TODAY, settings=facts(step())))
    assert {each.field for each in found} >= HOLDS
    assert inside(found, TODAY, field="care.closed_on", kind="case")
    assert inside(found, TODAY - timedelta(days=80), field="instruction.until")


def test_all_windows_are_joined_where_they_meet() -> None:
    """Ten steps on the same jobs cost one range, and switched-off ones none."""
    first, second = step(), step(name="later", delay=Delay(60, "day"))
    off = step(name="off", delay=Delay(20, "year"), enabled=False)
    found = cadence.all_windows(facts(first, second, off), today=TODAY, horizon=TODAY)
    assert len([each for each in found if each.field == "job.completed_on"]) == 1
    assert len(found) == 6
    assert AnchorWindow(field="care.open", kind="case") in found
    assert inside(found, TODAY - timedelta(days=1), field="job.completed_on")
    assert inside(found, TODAY - timedelta(days=150), field="job.completed_on")


def test_ranges_that_lie_apart_stay_apart() -> None:
    """Joining never covers what no step asks for."""
    yearly = step(occasion=OccasionKind.FIRST_JOB, delay=Delay(12, "month"), every=Delay(12, "month"), times=None)
    found = cadence.all_windows(facts(yearly), today=TODAY, horizon=TODAY)
    assert len([each for each in found if each.field == "summary.first_job_on"]) > 50


def test_at_the_edges_of_the_calendar_nothing_breaks() -> None:
    """A home with a wrong clock gets an answer, not a traceback."""
    one = step(delay=Delay(60, "year"))
    early, late = date(1, 1, 2), date(9999, 12, 30)
    assert list(cadence.windows(one, today=early, horizon=early, settings=facts(one)))
    assert list(cadence.windows(one, today=late, horizon=late, settings=facts(one)))
