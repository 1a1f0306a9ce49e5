"""Is it working? Honest numbers of a period: promises, answers, cases, clients who come again, referrals, asks.

Takes what was gathered about the period. Gives one row a number, with of how many; a median of too few says so instead.
Touches nothing.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from followup.care import shares
from followup.care.track import ENOUGH, Fate, Kept
from followup.cells import Column
from followup.model import US, Case, Referral, ReferralState
from followup.records import dataclass
from followup.report import words

COLUMNS = (
    Column("about", "About", whole=True),
    Column("what", "What"),
    Column("number", "Number", "number", whole=True),
    Column("of", "Of", "number", whole=True),
    Column("unit", "Unit", whole=True),
    Column("worth", "Worth", "amount", whole=True, spare=1),
    Column("currency", place="data"),
    Column("note", "Note"),
)
"""A promise: *what* is stable, numbers are whole; *note* says where there is not enough data."""

Row = tuple[str, str, int | None, int | None, str, tuple[int, str] | None, str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """Clients of a trial, and what they did within 12 months."""

    clients: int = 0
    again: int = 0  # came again
    referred: int = 0  # sent us somebody


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A step of which some clients are left out on purpose: whoever it was meant for, against whoever it was not."""

    step: str
    since: date | None  # from when on some were left out, and it went out to others; None: not yet
    meant: Group = Group()
    left_out: Group = Group()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was gathered about a period. Hours are those of the office; only where instants are known there are any."""

    kept: Sequence[Kept] = ()  # promises that ended
    enquiries: int = 0
    answered: int = 0
    in_time: int = 0  # of these
    answer_hours: Sequence[float] = ()
    answer_days: Sequence[int] = ()  # business days, where only the days are known
    opened: Sequence[Case] = ()  # cases
    resolved: Sequence[Case] = ()
    acknowledge_hours: Sequence[float] = ()
    second: int = 0  # of the opened ones: another one of that client was not long before
    jobs: int = 0  # completed
    newcomers: int = 0  # clients whose first job lies 12 months before the period
    again: int = 0  # of these: those with a second job within 12 months
    referrals: Sequence[Referral] = ()  # made in the period
    won: Sequence[Referral] = ()
    worth: Sequence[tuple[str, int]] = ()  # currency, minor units: the friends' jobs
    asks: Sequence[tuple[str, int, int]] = ()  # step, asked, answered since
    scores: Sequence[int] = ()
    low: int = 0  # a score up to this one is low
    trials: Sequence[Trial] = ()


def rows(facts: Facts) -> Iterator[Row]:
    """Yield the numbers, in the order in which a client meets us."""
    yield from _answers(facts)
    yield from _promises(facts)
    yield from _cases(facts)
    yield from _again(facts)
    yield from _referrals(facts)
    yield from _asks(facts)
    for trial in facts.trials:
        yield from _trial(trial)


def _answers(facts: Facts) -> Iterator[Row]:
    about = "first answer"
    yield _count(about, "enquiries received", facts.enquiries)
    yield _count(about, "answered", facts.answered, facts.enquiries)
    yield _count(about, "answered in time", facts.in_time, facts.answered)
    yield _median(about, "time to first answer", facts.answer_hours, "business hours")
    if facts.answer_days:
        yield _median(about, "time to first answer, where only days are known", facts.answer_days, "business days")


def _promises(facts: Facts) -> Iterator[Row]:
    counts = Counter(each.fate for each in facts.kept)
    for fate in Fate:
        yield _count("promises", fate.value, counts[fate], len(facts.kept))
    days = [each.days for each in facts.kept if each.days is not None]
    yield _median("promises", "time from promise to done", days, "days")


def _cases(facts: Facts) -> Iterator[Row]:
    about, opened = "cases", len(facts.opened)
    yield _count(about, "opened", opened)
    yield _count(about, "seen by us before they complained", sum(each.opened_by == US for each in facts.opened), opened)
    yield _count(about, "opened again", sum(bool(each.continues_id) for each in facts.opened), opened)
    yield _count(about, "a second one of that client", facts.second, opened)
    causes = Counter(case.cause.casefold() or "not known" for case in facts.opened)
    for cause, count in sorted(causes.items(), key=lambda each: (-each[1], each[0])):
        yield _count(about, f"cause: {cause}", count, opened)
    yield _median(about, "time to acknowledge", facts.acknowledge_hours, "business hours")
    yield _count(about, "resolved", len(facts.resolved))
    took = [(case.closed_on - case.opened_on).days for case in facts.resolved if case.closed_on]
    yield _median(about, "time to resolve", took, "days")


def _again(facts: Facts) -> Iterator[Row]:
    yield _count("jobs", "completed", facts.jobs)
    what = "clients with a second job within 12 months of the first"
    few = _few(facts.newcomers) if facts.newcomers < ENOUGH else ""
    yield _count("jobs", what, facts.again, facts.newcomers, note=few)


def _referrals(facts: Facts) -> Iterator[Row]:
    about = "referrals"
    yield _count(about, "made", len(facts.referrals))
    yield _count(about, "won", len(facts.won))
    refused = sum(each.state == ReferralState.REFUSED for each in facts.referrals)
    if refused:
        yield _count(about, "refused", refused, len(facts.referrals))
    totals: Counter[str] = Counter()
    for currency, minor in facts.worth:
        totals[currency] += minor
    for currency, minor in sorted(totals.items()):
        jobs = sum(each == currency for each, _ in facts.worth)
        yield about, "worth of the friends' jobs", jobs, None, "jobs", (minor, currency), currency, ""


def _asks(facts: Facts) -> Iterator[Row]:
    for step, asked, answered in facts.asks:
        yield _count("asks", words.step_name(step), asked)
        yield _count("asks", f"{words.step_name(step)}: said something since", answered, asked)
    yield _count("scores", "given", len(facts.scores))
    yield _count("scores", f"low ({facts.low} or less)", sum(s <= facts.low for s in facts.scores), len(facts.scores))
    yield _median("scores", "the middle one", facts.scores, "of 10")


def _trial(trial: Trial) -> Iterator[Row]:
    """Yield both groups of a step, and what it does by more than chance."""
    about, name, (meant, left_out) = "left out", words.step_name(trial.step), (trial.meant, trial.left_out)
    since = f"with a job since {words.full_day(trial.since)}" if trial.since else "nobody was left out yet"
    yield _count(about, f"{name}: clients who were to get it", meant.clients, note=since)
    yield _count(about, f"{name}: clients left out", left_out.clients, note=since)
    for what, with_it, without in (
        ("came again within 12 months", meant.again, left_out.again),
        ("sent us somebody within 12 months", meant.referred, left_out.referred),
    ):
        first, second = (with_it, meant.clients), (without, left_out.clients)
        yield _count(about, f"{name}: {what}", *first, note=shares.share_in_words(*first))
        yield _count(about, f"{name}, left out: {what}", *second, note=shares.share_in_words(*second))
        said = shares.difference_in_words(first, second)
        if said:
            yield about, f"{name}: {what}, the difference", None, None, "", None, "", said


def _count(about: str, what: str, number: int, of: int | None = None, *, note: str = "") -> Row:
    return about, what, number, of, "", None, "", note


def _median(about: str, what: str, values: Sequence[Any], unit: str) -> Row:
    """Return the median as the whole number that is not better than it was."""
    if len(values) < ENOUGH:
        return about, what, None, len(values), unit, None, "", _few(len(values))
    middle = statistics.median_high(sorted(values))
    whole = int(middle) if middle == int(middle) else int(middle) + 1
    return about, what, whole, len(values), unit, None, "", ""


def _few(count: int) -> str:
    return f"not enough data: {count}, from {ENOUGH} on"
