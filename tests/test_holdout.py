"""Leaving some clients out of a step on purpose: who, for how long, what `why` says of it, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup import cadence, identity, plan
from followup.care import shares
from followup.errors import ConfigurationError
from followup.model import Channel, Delay, Referral, State, Step
from tests import desks, factories
from tests.conftest import Ran
from tests.planning import TODAY, dossier, one

Run = Callable[..., Ran]

STEPS = (
    factories.step("thank-you", holdout=20),
    factories.step("feedback-ask", delay=Delay(10, "day"), ask=True),
    factories.step("check-in-call", delay=Delay(7, "day"), channels=(Channel.CALL,)),
)
KEYS = st.binary(min_size=identity.KEY_BYTES, max_size=identity.KEY_BYTES)
SHARES = st.integers(1, cadence.MOST_HELD_OUT)
CLIENTS = [f"c{number}" for number in range(2000)]


def left_out(step: Step, key: bytes) -> set[str]:
    """Return who of CLIENTS never gets *step*."""
    return {each for each in CLIENTS if cadence.is_held_out(step, each, home_key=key)}


@given(key=KEYS, share=SHARES)
def test_the_share_is_about_right_and_the_same_each_time(key: bytes, share: int) -> None:
    """Of 2,000 clients within six standard deviations of what was asked for, and the same ones on every call."""
    step = factories.step(holdout=share)
    found = left_out(step, key)
    spread = (len(CLIENTS) * share / 100 * (1 - share / 100)) ** 0.5
    assert abs(len(found) - len(CLIENTS) * share / 100) <= 6 * spread
    assert found == left_out(step, key)


@given(
    key=KEYS,
    share=SHARES,
    changes=st.fixed_dictionaries(
        {},
        optional={
            "cadence": st.just("another"),
            "delay": st.builds(Delay, st.integers(1, 90), st.just("day")),
            "channels": st.just((Channel.LETTER,)),
            "template": st.just("another"),
            "priority": st.integers(0, 100),
            "ask": st.booleans(),
        },
    ),
)
def test_no_change_of_a_cadence_shuffles_the_groups(key: bytes, share: int, changes: dict[str, Any]) -> None:
    """Neither its day nor its words nor its name; only the share itself makes the group grow or shrink."""
    step = factories.step("thank-you", holdout=share)
    found = left_out(step, key)
    assert left_out(replace(step, **changes), key) == found
    assert left_out(replace(step, name="warm-thanks", was=("thank-you",)), key) == found
    assert left_out(replace(step, name="thanks", was=("thank-you", "warm-thanks")), key) == found
    assert left_out(replace(step, holdout=cadence.MOST_HELD_OUT), key) >= found


def test_groups_of_two_steps_or_two_homes_have_nothing_to_do_with_each_other() -> None:
    """Whoever is left out of one step is left out of another one as often as anybody."""
    half = factories.step("thank-you", holdout=50)
    first = left_out(half, bytes(32))
    for other in (left_out(replace(half, name="anniversary"), bytes(32)), left_out(half, bytes([1] * 32))):
        assert 400 < len(first & other) < 600


@given(key=KEYS)
def test_whoever_is_left_out_gets_everything_else_as_before(key: bytes) -> None:
    """The step alone is skipped, with its reason; everybody else's plan is that of a home without such a step."""
    known = dossier()
    without = {each.key: each for each in _decide(known, replace(STEPS[0], holdout=0), key)}
    for decision in _decide(known, STEPS[0], key):
        if decision.step == "thank-you" and cadence.is_held_out(STEPS[0], decision.client_id, home_key=key):
            assert decision.state is State.SKIPPED
            assert [each.code for each in decision.reasons if each.code != "due"][-1] == "held-out"
        elif decision.step == "thank-you":
            assert decision == without[decision.key]
        else:
            assert decision.state is without[decision.key].state


def _decide(known: Any, first: Step, key: bytes) -> list[Any]:
    return plan.decide([known], factories.rules(first, *STEPS[1:], home_key=key), today=TODAY)


def test_why_says_that_it_is_on_purpose() -> None:
    """And for what."""
    key = next(bytes([n] * 32) for n in range(99) if identity.draw(bytes([n] * 32), "thank-you", "cadahallxx") < 20)
    decision = one(STEPS[0], home_key=key)
    assert decision.state is State.SKIPPED
    assert decision.reasons[-1].text == (
        "left out on purpose: 20 of 100 clients never get thank-you, to see whether the step does anything"
    )


@pytest.mark.parametrize("share", [0, 51, "10 %", True, 2.5])
def test_a_share_is_a_whole_number_up_to_half(share: Any) -> None:
    """More than half would be the step that some get on purpose."""
    with pytest.raises(ConfigurationError, match=r"holdout.* is not a whole number from 1 to 50"):
        _parsed(holdout=share)


def test_asks_can_leave_some_out_and_notes_to_ourselves_cannot() -> None:
    """Chance treats happy and unhappy clients alike, so that it takes nothing from anybody for what they think."""
    assert _parsed(ask=True, holdout=10).holdout == 10
    with pytest.raises(ConfigurationError, match="what goes to one of you is for all"):
        _parsed(to="owner", holdout=10)


def _parsed(**table: Any) -> Step:
    return cadence.parse_step(
        "after-job", "x", {"after": "3 days", "occasion": "job completed", **table}, where="followup.toml"
    )


# ---------------------------------------------------------------- what came of it


def test_intervals_are_those_of_the_literature() -> None:
    """Wilson's for 12 of 40; Newcombe's example for a difference, 56 of 70 against 48 of 80 (1998, table II, a)."""
    assert shares.interval(12, 40) == pytest.approx((0.1807, 0.4543), abs=5e-4)
    assert shares.difference((56, 70), (48, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-4)
    assert shares.interval(0, 0) == (0.0, 1.0)


@given(of=st.integers(1, 10_000), data=st.data())
def test_an_interval_holds_the_share_and_stays_a_share(of: int, data: st.DataObject) -> None:
    """Also where it is none or all."""
    number = data.draw(st.integers(0, of))
    low, high = shares.interval(number, of)
    assert 0 <= low <= number / of + 1e-9
    assert number / of - 1e-9 <= high <= 1


def test_shares_are_said_in_words_and_not_of_too_few() -> None:
    """What may be chance is called so."""
    assert shares.share_in_words(12, 40) == "30 %, likely between 18 and 46 %"
    assert shares.share_in_words(12, 29) == "not enough data: 29, from 30 on"
    assert shares.difference_in_words((12, 40), (9, 40)).endswith("this may be chance")
    assert shares.difference_in_words((400, 1000), (200, 1000)) == (
        "20 points more with it, likely between +16 and +24: more than chance"
    )
    assert shares.difference_in_words((9, 40), (1, 29)) == ""


def test_the_report_compares_whom_it_was_meant_for_with_whom_it_was_not(made: Run, home: Path) -> None:
    """Both groups by what chance made them, a year after their job; before that, and of too few, it says so."""
    with (home / "followup.toml").open("a", encoding="utf-8") as stream:
        stream.write("\n[cadence.after-job.thank-you]\nholdout = 50\n")
    said = _rows(made, "2026-03-31")
    assert said["left out: thank-you: clients left out"] == (0, None, "nobody was left out yet")
    begun = date(2025, 3, 3)
    with desks.opened(home) as desk, desk.store.write(kind="hand", command="x", now=factories.NOW) as write:
        (step,) = [each for each in desk.settings.steps if each.name == "thank-you"]
        groups: dict[bool, list[str]] = {True: [], False: []}
        while min(map(len, groups.values())) < 40:
            client = factories.client(full_name=f"New {sum(map(len, groups.values()))}", emails=())
            groups[cadence.is_held_out(step, client.id, home_key=desk.key)].append(client.id)
            write.save(client)
        for is_left_out, ids in groups.items():
            for number, client_id in enumerate(ids[:40]):
                write.save(factories.job(client_id=client_id, completed_on=begun))
                if number < (4 if is_left_out else 24):
                    write.save(factories.job(client_id=client_id, completed_on=begun + timedelta(days=300)))
                if not is_left_out:
                    write.save(factories.contact(client_id=client_id, step="thank-you", on=begun))
        friend = Referral(id="rfriendxxx", client_id=groups[False][0], opened_on=date(2025, 9, 1))
        write.save(friend)
    said = _rows(made, "2026-03-31")
    assert said["left out: thank-you: clients left out"] == (40, None, "with a job since 3 March 2025")
    assert said["left out: thank-you: came again within 12 months"][:2] == (24, 40)
    assert said["left out: thank-you, left out: came again within 12 months"] == (
        *(4, 40),
        "10 %, likely between 3 and 24 %",
    )
    assert "more than chance" in said["left out: thank-you: came again within 12 months, the difference"][2]
    assert said["left out: thank-you: sent us somebody within 12 months"][:2] == (1, 40)
    assert "this may be chance" in said["left out: thank-you: sent us somebody within 12 months, the difference"][2]
    with desks.opened(home) as desk, desk.store.write(kind="hand", command="x", now=factories.NOW) as write:
        # It still went to everybody then, so that those days say nothing.
        write.save(factories.contact(client_id=groups[True][0], step="thank-you", on=begun + timedelta(days=7)))
    said = _rows(made, "2026-03-31")
    assert said["left out: thank-you: clients left out"] == (0, None, "with a job since 11 March 2025")
    assert said["left out: thank-you: came again within 12 months"][2] == "not enough data: 0, from 30 on"


def _rows(run: Run, now: str) -> dict[str, tuple[Any, Any, str]]:
    rows = json.loads(run("report", "outcomes", "--month", "2026-03", "--format", "json", now=now).stdout)
    return {f"{row['about']}: {row['what']}": (row["number"], row["of"], row["note"]) for row in rows}
