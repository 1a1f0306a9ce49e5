"""The register of gifts against the limits of five countries: every total is a sum, every status is by the table."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup import model
from followup.care import gifts
from tests import factories

DOCUMENT = tomllib.loads(resources.files("followup.care").joinpath("limits.toml").read_text("utf-8"))
LAW = gifts.law(DOCUMENT)
CURRENCIES = {"US": "USD", "GB": "GBP", "DE": "EUR", "FR": "EUR", "NZ": "NZD"}


def gift(on: date = date(2026, 3, 2), **fields: Any) -> model.Gift:
    """Return flowers for Ada Hall, recorded on the day they were given, with everything in writing."""
    fields.setdefault("id", factories.identifier("g"))
    fields.setdefault("recorded_at", datetime(on.year, on.month, on.day, 12, tzinfo=UTC))
    defaults: dict[str, Any] = {
        "client_id": "chall00000",
        "recipient": "Ada Hall",
        "recipient_role": "customer, head of the household",
        "summary": "flowers",
        "purpose": "thanks for the job",
        "state": model.GiftState.GIVEN,
    }
    return model.Gift(opened_on=on, **{**defaults, **fields})


def books(country: str, **fields: Any) -> gifts.Books:
    """Return the books of a business in *country*."""
    fields.setdefault("currency", CURRENCIES.get(country, "EUR"))
    fields.setdefault("year_starts", {"GB": "04-06", "NZ": "04-01"}.get(country, "01-01"))
    return gifts.Books(country=country, **fields)


def came_to(country: str, entries: Iterable[model.Gift], **fields: Any) -> gifts.Assessment:
    """Return what the last one of *entries* came to."""
    listed = list(entries)
    return gifts.assess(listed, law=LAW, books=books(country, **fields))[listed[-1].id]


def status(country: str, *entries: model.Gift, **fields: Any) -> str:
    """Return the status of the last one of *entries*."""
    return came_to(country, entries, **fields).status.value


def finding(rule: str, assessment: gifts.Assessment) -> gifts.Finding:
    """Return what *rule* said."""
    return next(each for each in assessment.findings if each.rule == rule)


# ---------------------------------------------------------------- the table of limits


@pytest.mark.parametrize(
    ("country", "parts", "expected"),
    [
        ("US", {"goods_minor": 1999}, "ok"),
        ("US", {"goods_minor": 2000}, "near"),
        ("US", {"goods_minor": 2500}, "near"),
        ("US", {"goods_minor": 2501}, "over_cap"),
        ("US", {"goods_minor": 2500, "wrap_post_minor": 900, "branding_minor": 300}, "near"),
        ("US", {"goods_minor": 2400, "vat_minor": 200}, "over_cap"),
        ("US", {"goods_minor": 400, "carries_advert": True}, "ok"),
        ("US", {"goods_minor": 40_000, "quantity": 100, "carries_advert": True}, "ok"),
        ("US", {"goods_minor": 40_100, "quantity": 100, "carries_advert": True}, "over_cap"),
        ("GB", {"goods_minor": 5000, "carries_advert": True}, "near"),
        ("GB", {"goods_minor": 5001, "carries_advert": True}, "over_cliff"),
        ("GB", {"goods_minor": 4900, "wrap_post_minor": 101, "carries_advert": True}, "over_cliff"),
        ("GB", {"goods_minor": 4500, "vat_minor": 900, "carries_advert": True}, "over_cliff"),
        ("GB", {"goods_minor": 3900, "vat_minor": 780, "vat_recoverable": True, "carries_advert": True}, "ok"),
        ("GB", {"goods_minor": 1000}, "needs_review"),
        ("GB", {"food_drink_minor": 1000, "carries_advert": True}, "needs_review"),
        ("GB", {"voucher_cash_minor": 1000, "carries_advert": True}, "needs_review"),
        ("GB", {"food_drink_minor": 5100, "vat_minor": 1020, "vat_recoverable": True}, "over_cliff"),
        ("DE", {"goods_minor": 3900}, "ok"),
        ("DE", {"goods_minor": 5000}, "near"),
        ("DE", {"goods_minor": 5001}, "over_cliff"),
        ("DE", {"goods_minor": 4900, "branding_minor": 200}, "over_cliff"),
        ("DE", {"goods_minor": 4900, "wrap_post_minor": 900}, "near"),
        ("DE", {"goods_minor": 4500, "vat_minor": 855}, "over_cliff"),
        ("DE", {"goods_minor": 3900, "vat_minor": 741, "vat_recoverable": True}, "ok"),
        ("DE", {"goods_minor": 10_000, "quantity": 10, "carries_advert": True}, "ok"),
        ("DE", {"goods_minor": 10_001, "quantity": 10, "carries_advert": True}, "over_cliff"),
        ("FR", {"goods_minor": 6083, "vat_minor": 1217}, "needs_review"),  # 73.00, as known until 2025
        ("FR", {"goods_minor": 5500, "wrap_post_minor": 600, "vat_minor": 1201, "vat_recoverable": True}, "over_cliff"),
        ("NZ", {"goods_minor": 100_000}, "ok"),
        ("NZ", {"food_drink_minor": 3000}, "ok"),
    ],
)
def test_one_entry_against_the_limits_of_a_country(country: str, parts: dict[str, Any], expected: str) -> None:
    """What counts, what does not, and from which unit on it is too much."""
    assert status(country, gift(**parts), company=False) == expected


@pytest.mark.parametrize(("country", "amount"), [("US", 2501), ("GB", 5001), ("DE", 5001), ("FR", 7301)])
def test_two_entries_are_too_much_where_one_is(country: str, amount: int) -> None:
    """A limit is of a year, not of a gift."""
    half = {"goods_minor": amount // 2, "carries_advert": country == "GB"}
    other = {**half, "goods_minor": amount - amount // 2}
    assert not status(country, gift(**half)).startswith("over")
    assert status(country, gift(**half), gift(**other)).startswith("over")


def test_a_cliff_takes_the_earlier_entries_along_and_a_cap_does_not() -> None:
    """Over fifty euros all is lost; over twenty-five dollars what is above them."""
    first, second = gift(goods_minor=2000), gift(goods_minor=3100)
    german = gifts.assess([first, second], law=LAW, books=books("DE"))
    assert [german[each.id].status for each in (first, second)] == ["over_cliff", "over_cliff"]
    assert [german[each.id].deductible_minor for each in (first, second)] == [0, 0]
    american = gifts.assess([first, second], law=LAW, books=books("US"))
    assert [american[each.id].status for each in (first, second)] == ["near", "over_cap"]
    assert [american[each.id].deductible_minor for each in (first, second)] == [2000, 500]


def test_the_answer_says_the_totals_the_limit_and_whose_decision_it_is() -> None:
    """The program counts; it treats nothing."""
    said = came_to("DE", [gift(goods_minor=2000), gift(goods_minor=3100)]).worst.text
    assert said == (
        "Gifts to one recipient in a business year (Ada Hall): 20.00 EUR before, 51.00 EUR with this; the limit is "
        "50.00 EUR, so that none of it is deducted; your accountant decides."
    )
    for country in CURRENCIES:
        for parts in ({"goods_minor": 1}, {"goods_minor": 9999}, {"food_drink_minor": 9}, {"kind": "discount"}):
            for each in came_to(country, [gift(**parts)]).findings:
                assert each.text.endswith("your accountant decides.")


@pytest.mark.parametrize(
    ("country", "company", "year_starts", "days", "expected"),
    [
        ("GB", False, "04-06", ("2026-04-05", "2026-04-06"), False),
        ("GB", False, "04-06", ("2026-04-06", "2027-04-05"), True),
        ("GB", True, "01-01", ("2026-04-05", "2026-04-06"), True),
        ("GB", True, "01-01", ("2025-12-31", "2026-01-01"), False),
        ("DE", True, "07-01", ("2026-06-30", "2026-07-01"), False),
        ("US", False, "01-01", ("2025-12-31", "2026-01-01"), False),
        ("FR", True, "07-01", ("2025-06-30", "2025-07-01"), True),
    ],
)
def test_a_year_is_the_one_of_the_law(
    country: str, company: bool, year_starts: str, days: tuple[str, str], expected: bool
) -> None:
    """Tax year, accounting year, calendar year: of whoever keeps the books, where the law says so."""
    parts = {"goods_minor": 4000, "carries_advert": country == "GB"}
    entries = [gift(date.fromisoformat(day), **parts) for day in days]
    is_over = status(country, *entries, company=company, year_starts=year_starts).startswith("over")
    alone = status(country, entries[-1], company=company, year_starts=year_starts).startswith("over")
    assert is_over is (expected or alone)


def test_british_vat_looks_at_any_twelve_months_around_the_day() -> None:
    """Two gifts eleven months apart are one total, though a tax year lies between them."""
    parts: dict[str, Any] = {"goods_minor": 3000, "vat_minor": 600, "vat_recoverable": True, "carries_advert": True}
    first = gift(date(2025, 5, 1), **parts)
    for day, expected in ((date(2026, 4, 30), 6000), (date(2026, 5, 1), 3000)):
        found = finding("gb-vat", came_to("GB", [first, gift(day, **parts)], company=False))
        assert found.after_minor == expected
        assert (found.status == "over_cliff") is (expected == 6000)


@pytest.mark.parametrize(
    ("day", "paid", "expected"),
    [
        ("2025-12-31", 59_999, "near"),
        ("2025-12-31", 60_000, "needs_review"),
        ("2026-01-01", 60_000, "ok"),
        ("2026-01-01", 199_999, "near"),
        ("2026-01-01", 200_000, "needs_review"),
        ("2027-01-01", 100, "needs_review"),
    ],
)
def test_american_rewards_are_reported_from_an_amount_that_depends_on_the_year(
    day: str, paid: int, expected: str
) -> None:
    """Six hundred dollars to 2025, two thousand from 2026, and from 2027 nobody knows yet."""
    reward = gift(date.fromisoformat(day), kind="referral_reward", voucher_cash_minor=paid)
    assert status("US", reward) == expected
    assert came_to("US", [reward]).worst.lost_minor == 0


@pytest.mark.parametrize(
    ("days", "expected", "deducted"),
    [
        (0, "ok", 3000),
        (10, "ok", 3000),
        (11, "needs_review", 3000),
        (31, "needs_review", 3000),
        (32, "needs_review", 0),
    ],
)
def test_german_gifts_are_recorded_within_ten_days_and_a_month_at_most(days: int, expected: str, deducted: int) -> None:
    """Late records lose the deduction even below the limit."""
    given_on = date(2026, 3, 2)
    late = datetime(2026, 3, 2, 12, tzinfo=UTC) + timedelta(days=days)
    found = came_to("DE", [gift(given_on, goods_minor=3000, recorded_at=late)])
    assert (found.status, found.deductible_minor) == (expected, deducted)


def test_half_of_food_and_drink_is_deducted_in_new_zealand() -> None:
    """A hamper is split by item, and its tax with it."""
    assert came_to("NZ", [gift(goods_minor=4000, food_drink_minor=3001)]).deductible_minor == 4000 + 1500


def test_a_british_gift_without_an_advertisement_is_not_deducted_whatever_it_cost() -> None:
    """Flowers are flowers."""
    assert came_to("GB", [gift(goods_minor=500)]).deductible_minor == 0
    assert came_to("GB", [gift(goods_minor=500, carries_advert=True)]).deductible_minor == 500


def test_what_a_country_wants_in_writing_is_missed() -> None:
    """A gift to nobody for nothing is none that an auditor takes."""
    found = came_to("US", [gift(goods_minor=500, purpose="", recipient_role="")])
    assert found.status == "needs_review"
    assert found.deductible_minor is None
    assert "--purpose" in found.worst.text
    assert "--role" in found.worst.text


@pytest.mark.parametrize(
    ("country", "fields", "said"),
    [
        ("BE", {}, "knows no limits of BE"),
        ("", {}, "knows no limits of your country"),
        ("GB", {"kind": "discount"}, "No rule of GB"),
        ("DE", {"kind": "referral_reward"}, "No rule of DE"),
    ],
)
def test_where_no_rule_is_known_nobody_says_that_all_is_well(country: str, fields: dict[str, Any], said: str) -> None:
    """No rule, no "ok", and no estimate."""
    found = came_to(country, [gift(goods_minor=1, **fields)])
    assert (found.status, found.deductible_minor) == ("needs_review", None)
    assert said in found.worst.text


def test_nothing_is_compared_with_a_limit_in_another_currency() -> None:
    """Amounts are never converted."""
    found = came_to("US", [gift(goods_minor=9000)], currency="EUR")
    assert found.status == "needs_review"
    assert all(each.after_minor is None for each in found.findings)


def test_a_family_is_one_customer_in_the_united_states_and_the_people_of_a_firm_are_not() -> None:
    """Flowers for her and whisky for him go to one household; two buyers of a firm are two."""
    hers = gift(goods_minor=2000)
    his = gift(goods_minor=2000, recipient="Bob Hall", client_id="cbob000000")
    together = gifts.assess(
        [hers, his], law=LAW, books=books("US"), households=dict.fromkeys(["chall00000", "cbob000000"], "chall00000")
    )
    assert together[his.id].status == "over_cap"
    at_work = [gift(goods_minor=2000, recipient=name, recipient_company="Hall Ltd") for name in ("Ada Hall", "Bo Li")]
    assert status("US", *at_work) == "near"
    wife = gift(goods_minor=2000, recipient="Cy Li", recipient_company="Hall Ltd", family_of="Bo Li")
    assert status("US", *at_work, wife) == "over_cap"


def test_a_voided_entry_counts_nowhere() -> None:
    """What was voided was never given."""
    void = gift(goods_minor=4900, state=model.GiftState.VOID)
    fresh = gift(goods_minor=100)
    found = gifts.assess([void, fresh], law=LAW, books=books("DE"))
    assert set(found) == {fresh.id}
    assert found[fresh.id].worst.after_minor == 100


# ---------------------------------------------------------------- properties

days = st.dates(date(2023, 11, 1), date(2027, 3, 1))
entries = st.lists(st.tuples(days, st.integers(0, 6000), st.sampled_from(["Ada Hall", "Bob Hall"])), max_size=12)


@given(st.lists(st.tuples(days, st.integers(0, 6000)), max_size=12), days)
def test_the_largest_twelve_months_are_found(amounts: list[tuple[date, int]], on: date) -> None:
    """The same as trying every day on which twelve months can begin."""

    def year_from(start: date) -> date:
        try:
            return start.replace(year=start.year + 1)
        except ValueError:
            return date(start.year + 1, 3, 1)

    starts = [start for back in range(367) if year_from(start := on - timedelta(days=back)) > on]
    naive = max(sum(each for day, each in amounts if start <= day < year_from(start)) for start in starts)
    assert gifts.largest(amounts, on) == naive


@given(entries, st.sampled_from(["01-01", "04-06", "07-01", "02-29"]))
def test_every_total_is_the_sum_of_its_window(listed: list[tuple[date, int, str]], starts: str) -> None:
    """Before is the sum of what was recorded earlier in that year for that person; with this is one more."""
    made = [
        gift(day, goods_minor=amount, recipient=name, recorded_at=datetime(2027, 4, 1, 0, number, tzinfo=UTC))
        for number, (day, amount, name) in enumerate(listed)
    ]
    kept = books("DE", year_starts=starts)
    found = gifts.assess(made, law=LAW, books=kept)
    for number, each in enumerate(made):
        year = kept.year_of(each.opened_on)
        assert year.from_on <= each.opened_on <= year.to_on
        same = [
            other.goods_minor
            for other in made[:number]
            if other.recipient == each.recipient and year.from_on <= other.opened_on <= year.to_on
        ]
        for one in found[each.id].findings:
            if one.limit_minor:
                assert one.before_minor == sum(same)
                assert one.after_minor == sum(same) + each.goods_minor


@given(entries)
def test_the_last_entry_is_told_the_same_when_it_is_added_and_when_it_is_reported(
    listed: list[tuple[date, int, str]],
) -> None:
    """The order in which the register is read changes nothing."""
    made = [
        gift(day, goods_minor=amount, recipient=name, carries_advert=True, vat_minor=1, vat_recoverable=True)
        for day, amount, name in listed
    ]
    forward = gifts.assess(made, law=LAW, books=books("GB"))
    assert forward == gifts.assess(reversed(made), law=LAW, books=books("GB"))


@given(st.integers(0, 9999), st.integers(0, 9999), st.integers(0, 3000))
def test_what_counts_is_never_more_than_everything(goods: int, post: int, vat: int) -> None:
    """The tax on a part is a part of the tax, rounded up to a whole unit."""
    rule = next(each for each in LAW.rules if each.name == "us-274b")
    one = gift(goods_minor=goods, wrap_post_minor=post, vat_minor=vat)
    counted = gifts.counted(one, rule)
    assert goods <= counted <= goods + vat
    if post == 0 and goods:
        assert counted == goods + vat


# ---------------------------------------------------------------- the file


def test_every_rule_has_its_days_and_its_source() -> None:
    """Nobody has to believe a figure that nobody looked up; two rules of one name never hold on one day."""
    assert len({rule.name for rule in LAW.rules}) == len(LAW.rules)
    for rule in LAW.rules:
        assert rule.source
        assert rule.valid_from <= (rule.valid_to or date.max)
        assert rule.country in LAW.countries
        if not rule.test:
            assert rule.amount_minor > 0
            assert rule.type in ("cap", "cliff", "declare")
            assert rule.window in ("tax_year", "accounting_year", "calendar_year", "rolling_12_months")
            assert rule.per in ("person", "household", "business")
            assert set(rule.parts) <= set(gifts.PARTS)
            assert rule.vat in ("in", "out", "unless recoverable")


def test_a_year_is_judged_by_the_law_of_its_first_day() -> None:
    """A German business year that began in 2023 has the limit of 2023 to its end."""
    parts = {"goods_minor": 4000}
    day = date(2024, 2, 1)
    assert status("DE", gift(day, **parts), year_starts="07-01") == "over_cliff"
    assert status("DE", gift(day, **parts), year_starts="01-01") == "near"
