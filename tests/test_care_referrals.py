"""Referrals: won by the friend's job, due when it was paid and some days have passed, and looked at with a doubt."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup import identity, model
from followup.care import referrals
from tests import factories

ADA = factories.client(id="cada000000", phones=("+441632960123",), street="1 Mill Lane", postal_code="WB1 2AB")
BOB = factories.client(
    id="cbob000000", full_name="Bob Hill", first_name="Bob", last_name="Hill", emails=("bob@example.com",)
)
WAIT = model.Delay(14, "day")


def referral(**fields: Any) -> model.Referral:
    """Return what is known of Ada having brought Bob, since the first of February."""
    fields.setdefault("id", factories.identifier("r"))
    defaults: dict[str, Any] = {
        "client_id": ADA.id,
        "friend_id": BOB.id,
        "friend": "Bob Hill",
        "opened_on": date(2026, 2, 1),
        "recorded_at": datetime(2026, 2, 1, 9, tzinfo=UTC),
        "state": model.ReferralState.MADE,
    }
    return model.Referral(**{**defaults, **fields})


def standing(which: model.Referral, *jobs: model.Job) -> referrals.Standing:
    """Return where a referral is when the friend has *jobs*."""
    return referrals.standing(which, jobs, wait=WAIT, add=lambda delay, day: day + timedelta(days=delay.number))


def job(day: str, **fields: Any) -> model.Job:
    """Return a job of Bob's."""
    return factories.job(client_id=BOB.id, completed_on=date.fromisoformat(day), **fields)


def doubts(which: model.Referral, friend: model.Client | None = BOB, **fields: Any) -> tuple[str, ...]:
    """Return what does not hold about Ada having brought *friend*."""
    return referrals.doubts(which, referrer=ADA, friend=friend, **fields)


# ---------------------------------------------------------------- where one is


def test_the_friends_first_job_since_then_wins_it() -> None:
    """Whoever said nothing has a won referral all the same, and it says that it follows from the job."""
    first, second = job("2026-02-10"), job("2026-02-20")
    found = standing(referral(), second, first, job("2026-01-31"))
    assert (found.state, found.derived, found.won_on, found.job) == ("won", True, date(2026, 2, 10), first)


@pytest.mark.parametrize(
    "unfit",
    [
        job("2026-01-31"),
        job("2026-02-10", status=model.JobStatus.CANCELLED),
        factories.job(client_id="cnobody000", completed_on=date(2026, 2, 10)),
    ],
)
def test_other_jobs_win_nothing(unfit: model.Job) -> None:
    """Nothing that was done before, that was cancelled, or that is somebody else's."""
    assert standing(referral(), unfit).state == "made"


def test_the_reward_is_due_when_the_job_was_paid_and_the_days_have_passed() -> None:
    """Not before it was paid, not while the source says that money is open."""
    paid = date(2026, 2, 12)
    assert standing(referral(), job("2026-02-10")).due_on is None
    assert standing(referral(), job("2026-02-10", paid_on=paid)).due_on == date(2026, 2, 26)
    assert standing(referral(), job("2026-02-10", paid_on=paid, unpaid=True)).due_on is None


def test_a_job_that_was_paid_in_advance_is_rewarded_when_it_is_done() -> None:
    """The later of the two days counts."""
    assert standing(referral(), job("2026-03-10", paid_on=date(2026, 2, 2))).due_on == date(2026, 3, 10)


def test_what_was_said_by_hand_goes_before_what_follows() -> None:
    """The job that was named is the one, and its day too."""
    named = job("2026-02-20")
    said = referral(state=model.ReferralState.WON, job_id=named.id, acted_on=date(2026, 2, 21))
    found = standing(said, job("2026-02-10"), named)
    assert (found.derived, found.won_on, found.job) == (False, date(2026, 2, 21), named)


# ---------------------------------------------------------------- what does not hold


@pytest.mark.parametrize(
    ("friend", "expected"),
    [
        ({"full_name": "ADA  Hall"}, ("name",)),
        ({"emails": ("bob@example.com", "ADA@example.com")}, ("email",)),
        ({"phones": ("+441632960123",)}, ("phone",)),
        ({"street": "1, Mill Lane", "postal_code": "wb1 2ab"}, ("address",)),
        ({"phones": ("+441632960123",), "street": "1 Mill Lane", "postal_code": "WB1 2AB"}, ("phone", "address")),
        ({}, ()),
    ],
)
def test_a_referral_of_oneself_or_of_the_household_is_doubted(
    friend: dict[str, Any], expected: tuple[str, ...]
) -> None:
    """One name, e-mail address, phone number or address."""
    bob = {"full_name": "Bob Hill", "emails": ("bob@example.com",), **friend}
    assert doubts(referral(), factories.client(**bob)) == expected


def test_who_is_said_to_be_one_household_is_one() -> None:
    """By the owner's word, without a phone or an address in common."""
    assert doubts(referral(), one_household=True) == ("household",)


def test_before_the_friend_is_a_client_the_name_tells() -> None:
    """Ada Hall brings Ada Hall."""
    assert doubts(referral(friend="ada hall"), None) == ("name",)
    assert doubts(referral(), None) == ()


def test_whoever_was_a_client_before_was_not_brought() -> None:
    """A job that was done before the referral is a doubt."""
    assert doubts(referral(), jobs=[job("2026-01-31")]) == ("client-before",)
    assert doubts(referral(), jobs=[job("2026-02-01")]) == ()


def test_the_cap_counts_what_was_made_earlier_in_the_year() -> None:
    """Lost and refused ones do not count, nor those of another year."""
    fifth = referral(opened_on=date(2026, 6, 1))
    others = [referral(opened_on=date(2026, month, 1)) for month in range(1, 5)]
    assert doubts(fifth, others=others, per_year=4) == ("cap",)
    assert doubts(fifth, others=others, per_year=0) == ()
    assert doubts(fifth, others=others[1:], per_year=4) == ()
    lost = referral(opened_on=date(2026, 1, 1), state=model.ReferralState.LOST)
    assert doubts(fifth, others=[*others[1:], lost], per_year=4) == ()
    assert doubts(fifth, others=[*others[1:], referral(opened_on=date(2025, 12, 31))], per_year=4) == ()
    assert doubts(others[0], others=[*others[1:], fifth], per_year=4) == ()


def test_doubts_are_told_in_a_sentence() -> None:
    """Codes are for machines."""
    assert referrals.sentence(["phone", "cap"]) == (
        "both have one phone number, and it is more than one client is rewarded for in a year"
    )


# ---------------------------------------------------------------- the tree

names = st.sampled_from("abcdefgh")


@given(st.dictionaries(names, names))
def test_everybody_stands_in_the_tree_once_and_behind_whoever_brought_them(brought_by: dict[str, str]) -> None:
    """Rings too: a brought b, and b brought a."""
    listed = referrals.tree(brought_by)
    assert sorted(each.client_id for each in listed) == sorted({*brought_by, *brought_by.values()})
    for place, each in enumerate(listed):
        if each.level:
            above = next(other for other in reversed(listed[:place]) if other.level < each.level)
            assert above.client_id == each.by_id == brought_by[each.client_id]
            assert above.level == each.level - 1
        assert each.client_id not in each.below
        assert each.brought == len(set(each.below))


# ---------------------------------------------------------------- codes


@given(st.text(min_size=1, max_size=12))
def test_a_code_is_found_wherever_it_is_written(client_id: str) -> None:
    """In small letters, without its hyphen, in a sentence; and none of its signs is misread."""
    code = identity.referral_code(factories.HOME_KEY, client_id)
    assert not set(code) & set("0O1LIU")
    for text in (code, code.lower(), code.replace("-", ""), code.replace("-", " "), f"code {code}, from Ada"):
        assert identity.referral_codes(text) == [code]


def test_a_code_depends_on_the_home_and_on_nothing_else() -> None:
    """The same for ever, another one in another home, and nobody can make one up from a name."""
    assert identity.referral_code(factories.HOME_KEY, "cada000000") == "2W7-SKB"
    assert identity.referral_code(b"x" * 32, "cada000000") != "2W7-SKB"


@pytest.mark.parametrize("name", ["Parker", "Barber", "Sam Reed", "ada@example.com", "WB4 6RW", "01632 960123"])
def test_names_are_no_codes(name: str) -> None:
    """Nor are postcodes of six signs and phone numbers, but those that have a digit in the very place."""
    assert identity.referral_codes(name) == ["WB4-6RW"] * (name == "WB4 6RW")
