"""Referrals: what the friend's jobs say of one, when its reward is due, and what does not hold about it.

Takes a referral, the friend's jobs and clients. Gives its standing and doubts. Touches nothing. That a referral is won
follows from the friend's first completed job, whether anybody said so or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from followup import identity
from followup.model import Client, Delay, Job, JobStatus, Referral, ReferralState
from followup.records import dataclass

DOUBTS: Mapping[str, str] = {
    "name": "the friend has the name of the client",
    "email": "both have one e-mail address",
    "phone": "both have one phone number",
    "address": "both live at one address",
    "household": "both are one household",
    "client-before": "the friend was a client before",
    "cap": "it is more than one client is rewarded for in a year",
}
"""Codes of checks that did not hold, in words."""

WITHIN = timedelta(days=366)
"""A job that was done later than this after somebody brought the friend follows from something else."""

_NOTHING_CAME = frozenset({ReferralState.LOST, ReferralState.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a referral is, by what is recorded and by the friend's jobs."""

    state: str
    derived: bool = False  # nobody said so: it follows from the job
    won_on: date | None = None
    job: Job | None = None  # by which it was won
    due_on: date | None = None  # from when on a reward is due, if one is promised; None while the friend has not paid


def standing(referral: Referral, jobs: Iterable[Job], *, wait: Delay, add: Callable[[Delay, date], date]) -> Standing:
    """Return where a referral is.

    Args:
        referral: as it is recorded.
        jobs: the friend's; others may be among them.
        wait: how long after the friend's job was paid the reward is due.
        add: adds a delay to a day.
    """
    job = won_by(referral, jobs)
    completed_on = job.completed_on if job and job.status == JobStatus.COMPLETED else None
    won_on = referral.acted_on or completed_on
    state, derived = str(referral.state), False
    if state == ReferralState.MADE and won_on is not None:
        state, derived = ReferralState.WON.value, True
    paid_on = job.paid_on if job and not job.unpaid else None
    has_reward = state in (ReferralState.WON, ReferralState.PAID) and won_on is not None and paid_on is not None
    due_on = max(won_on, add(wait, paid_on)) if has_reward and won_on and paid_on else None
    return Standing(state=state, derived=derived, won_on=won_on, job=job, due_on=due_on)


def is_promised(referral: Referral) -> bool:
    """Tell whether there is a reward at all."""
    return bool(referral.reward) or referral.reward_minor is not None


def won_by(referral: Referral, jobs: Iterable[Job]) -> Job | None:
    """Return the job by which a referral was won: the one that was said, else the friend's first since then."""
    if referral.job_id:
        return next((job for job in jobs if job.id == referral.job_id), None)
    since = [
        (job.completed_on, job.id, job)
        for job in jobs
        if job.client_id == referral.friend_id
        and job.status == JobStatus.COMPLETED
        and job.completed_on is not None
        and referral.opened_on <= job.completed_on <= referral.opened_on + WITHIN
    ]
    return min(since, key=lambda each: each[:2])[2] if since else None


def doubts(
    referral: Referral,
    *,
    referrer: Client,
    friend: Client | None,
    jobs: Iterable[Job] = (),
    one_household: bool = False,
    others: Iterable[Referral] = (),
    per_year: int = 0,
) -> tuple[str, ...]:
    """Return the codes of DOUBTS that a referral raises.

    Args:
        referral: the one that is looked at.
        referrer: who brought the friend.
        friend: the client that the friend became, where they are one.
        jobs: the friend's.
        one_household: whether the two live together, as far as the home knows.
        others: the referrer's other referrals.
        per_year: how many are rewarded in a calendar year; 0: all.
    """
    found = list(_shared(referrer, friend)) if friend else list(_named_alike(referrer, referral.friend))
    if one_household and not found:
        found.append("household")
    if any(_done_before(job, referral) for job in jobs):
        found.append("client-before")
    earlier = [each for each in others if _counts(each, referral) and _made(each) < _made(referral)]
    if per_year and len(earlier) >= per_year:
        found.append("cap")
    return tuple(found)


def _named_alike(referrer: Client, name: str) -> Iterator[str]:
    if identity.fold(name) == identity.fold(referrer.full_name):
        yield "name"


def _shared(referrer: Client, friend: Client) -> Iterator[str]:
    yield from _named_alike(referrer, friend.full_name)
    if {*map(identity.canonical_address, referrer.emails)} & {*map(identity.canonical_address, friend.emails)}:
        yield "email"
    if {*referrer.phones} & {*friend.phones}:
        yield "phone"
    one, other = (identity.fold(f"{each.street} {each.postal_code or each.city}") for each in (referrer, friend))
    if referrer.street and one == other:
        yield "address"


def _done_before(job: Job, referral: Referral) -> bool:
    completed_on = job.completed_on if job.status == JobStatus.COMPLETED else None
    return completed_on is not None and completed_on < referral.opened_on


def _counts(other: Referral, referral: Referral) -> bool:
    return (
        other.id != referral.id
        and other.client_id == referral.client_id
        and other.state not in _NOTHING_CAME
        and other.opened_on.year == referral.opened_on.year
    )


def _made(referral: Referral) -> tuple[date, datetime, str]:
    return referral.opened_on, referral.recorded_at or datetime.min.replace(tzinfo=UTC), referral.id


def sentence(codes: Iterable[str]) -> str:
    """Return doubts as a part of a sentence: both have one phone number, and both live at one address."""
    return ", and ".join(DOUBTS.get(code, code) for code in codes)


# ---------------------------------------------------------------- the tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One client of the tree of who brought whom."""

    client_id: str
    by_id: str  # empty for those whom nobody brought
    level: int
    brought: int  # how many clients came by them, directly or not
    below: tuple[str, ...]  # everybody below


def tree(brought_by: Mapping[str, str]) -> list[Branch]:
    """Return everybody who brought or was brought, each behind whoever brought them.

    *brought_by*: client id -> who brought them. Whoever brought those by whom they came themselves stands at the top.
    """
    below: dict[str, list[str]] = {}
    for friend, referrer in sorted(brought_by.items()):
        below.setdefault(referrer, []).append(friend)
    seen: set[str] = set()
    listed: list[Branch] = []

    def grow(top: str) -> None:
        waiting = [(top, 0)]
        while waiting:
            client_id, level = waiting.pop()
            if client_id in seen:
                continue
            seen.add(client_id)
            everybody = _everybody_below(client_id, below)
            listed.append(
                Branch(
                    client_id=client_id,
                    by_id=brought_by.get(client_id, "") if level else "",
                    level=level,
                    brought=len(everybody),
                    below=everybody,
                )
            )
            waiting += [(friend, level + 1) for friend in reversed(below.get(client_id, ()))]

    for root in sorted(below.keys() - brought_by.keys()):
        grow(root)
    for left in sorted(below.keys() - seen):  # a ring: each brought the next, and the last the first
        grow(left)
    return listed


def _everybody_below(client_id: str, below: Mapping[str, list[str]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    waiting = list(below.get(client_id, ()))
    while waiting:
        each = waiting.pop()
        if each not in found and each != client_id:
            found[each] = None
            waiting += below.get(each, ())
    return tuple(sorted(found))
