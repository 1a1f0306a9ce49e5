"""Referrals and their rewards: said, won, refused, paid, and who brought whom.

Takes a Desk and what was typed. Gives referrals with what the friend's jobs say of them. Touches the store; a reward
that goes into the register of gifts is entered in the same batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from followup import cells, identity
from followup.care import referrals
from followup.care.kinds import KINDS
from followup.errors import BadInput
from followup.intake import amounts
from followup.model import Client, Job, JobStatus, Referral, ReferralState
from followup.report import words
from followup.workflow import care, finding, gifts
from followup.workflow import referrals as our_referrals
from followup.workflow.desk import Desk

REFERRAL = KINDS["referral"]


@dataclass(frozen=True, slots=True)
class Looked:
    """A referral, and what is known of it now."""

    referral: Referral
    referrer: Client | None
    friend: Client | None
    standing: referrals.Standing
    doubts: tuple[str, ...]


def look(desk: Desk, found: Iterable[Referral]) -> list[Looked]:
    """Return each of *found* with its standing and what does not hold about it, in the order given."""
    listed = list(found)
    kept = desk.store.kept_clients({each.friend_id for each in listed if each.friend_id})
    friends = {each.id: kept.get(each.friend_id, each.friend_id) for each in listed}
    clients = desk.store.clients({*(each.client_id for each in listed), *filter(None, friends.values())})
    theirs = desk.store.jobs_of_clients(set(filter(None, friends.values())))
    said = desk.store.jobs({each.job_id for each in listed if each.job_id})
    brought: dict[str, list[Referral]] = {}
    for other in desk.store.care(Referral) if listed else ():
        brought.setdefault(other.client_id, []).append(other)
    made = []
    for each in listed:
        own = replace(each, friend_id=friends[each.id])
        jobs = [*theirs.get(own.friend_id, ()), *(said[key] for key in (each.job_id,) if key in said)]
        referrer, friend = clients.get(each.client_id), clients.get(own.friend_id)
        doubts = (
            referrals.doubts(
                own,
                referrer=referrer,
                friend=friend,
                jobs=theirs.get(own.friend_id, ()),
                one_household=_together(desk, each.client_id, own.friend_id),
                others=brought.get(each.client_id, ()),
                per_year=desk.settings.referrals.per_year,
            )
            if referrer and each.closed_on is None
            else each.doubts
        )
        standing = referrals.standing(own, jobs, wait=desk.settings.referrals.wait, add=desk.rules.add)
        made.append(Looked(each, referrer, friend, standing, doubts))
    return made


def _together(desk: Desk, one: str, other: str) -> bool:
    return bool(other) and any({one, other} <= set(home) for home in desk.store.households([one, other]))


def _meant(desk: Desk, text: str) -> Looked:
    """Return the open referral that *text* means, looked at."""
    found = finding.record(desk, Referral, text)
    care.refuse_closed(found)
    return look(desk, [found])[0]


# ---------------------------------------------------------------- said, won, refused


def refer(desk: Desk, referrer_text: str, typed: Mapping[str, Any]) -> Looked:
    """Write down that a client brought somebody, with the reward of the settings where none is typed.

    Raises:
        BadInput: the friend is the client, or was brought before.
    """
    made = care.made(desk, Referral, referrer_text, typed)
    looked = look(desk, [_promised(desk, made)])[0]
    changed = [replace(looked.referral, doubts=looked.doubts)]
    with desk.store.write(kind="hand", command="referral add", person=desk.person, now=desk.now()) as write:
        write.save_many(changed)
        our_referrals.tell(desk, write, changed[0])
    return replace(looked, referral=changed[0])


def namesakes(desk: Desk, referral: Referral) -> list[Client]:
    """Return the clients with the name of a friend of whom it is not said which client they became."""
    if referral.friend_id:
        return []
    name = identity.fold(referral.friend)
    ids = desk.store.clients_by_name([name]).get(name, ())
    found = desk.store.clients(each for each in ids if each != referral.client_id).values()
    return [each for each in found if not each.merged_into and each.erased_on is None]


def _promised(desk: Desk, made: Referral) -> Referral:
    told = made.reward or made.reward_minor is not None
    return made if told else replace(made, **our_referrals.reward(desk))


def _amount(desk: Desk, text: str) -> dict[str, Any]:
    if not text:
        return {}
    money = amounts.read(text, mark=".", currency=desk.settings.business.currency)
    if isinstance(money, str):
        raise BadInput(f"--amount: '{cells.short(text)}' {money}.")
    if money.minor < 0:
        raise BadInput(f"--amount: '{cells.short(text)}' is less than nothing.")
    return {"reward_minor": money.minor, "currency": money.currency}


def win(desk: Desk, text: str, *, job: str = "", on: date | None = None) -> Looked:
    """Say that a referral became a job."""
    looked = _meant(desk, text)
    if looked.referral.state == ReferralState.WON and not job:
        raise BadInput(f"Referral {looked.referral.id} was won on {looked.referral.acted_on}.")
    meant = finding.job(desk, job) if job else looked.standing.job
    _check_job(looked, meant)
    completed_on = meant.completed_on if meant and meant.status == JobStatus.COMPLETED else None
    day = on or completed_on or desk.today
    if day > desk.today or day < looked.referral.opened_on:
        raise BadInput(f"{day} is not between the day it was made ({looked.referral.opened_on}) and {desk.today}.")
    won = replace(
        looked.referral,
        state=ReferralState.WON,
        acted_on=day,
        job_id=meant.id if meant else "",
        friend_id=meant.client_id if meant else looked.referral.friend_id,
    )
    care.save(desk, won, command="referral won")
    return look(desk, [won])[0]


def _check_job(looked: Looked, job: Job | None) -> None:
    if job is None:
        return
    if job.client_id == looked.referral.client_id:
        raise BadInput(f"Job {job.id} is the referrer's own: a referral is won by a job for the friend.")
    if job.status == JobStatus.CANCELLED:
        raise BadInput(f"Job {job.id} was cancelled: it wins nothing.")
    if looked.friend is not None and job.client_id != looked.friend.id:
        raise BadInput(f"Job {job.id} is not one for {words.client(looked.friend)}, whom they brought.")


def refuse(desk: Desk, text: str, *, reason: str) -> Referral:
    """Close a referral without a reward, with the reason."""
    if not reason.strip():
        raise BadInput("--reason is empty. Why is there no reward?")
    looked = _meant(desk, text)
    refused = replace(
        looked.referral,
        state=ReferralState.REFUSED,
        closed_on=desk.today,
        resolution=reason,
        doubts=looked.doubts,
    )
    care.save(desk, refused, command="referral refuse")
    return refused


# ---------------------------------------------------------------- paid


@dataclass(frozen=True, slots=True)
class Payment:
    """A reward that is not paid yet, and the entry of the register that it would make."""

    looked: Looked
    paid: Referral
    entry: gifts.Draft | None = None


def payment(
    desk: Desk, text: str, *, allow: bool = False, amount: str = "", on: date | None = None, register: bool
) -> Payment:
    """Return what paying a reward would write down; nothing is written.

    Args:
        desk: the desk.
        text: the referral.
        allow: pay although something does not hold; who said so is recorded.
        amount: what was given, where it is not what was promised.
        on: the day; today unless told.
        register: it was a voucher, a gift card or cash, which the register of gifts has to hold.

    Raises:
        BadInput: it is not won, the job is not paid, the days have not passed, or something does not hold.
    """
    looked = _meant(desk, text)
    day = on or desk.today
    if not (amount or referrals.is_promised(looked.referral)):
        raise BadInput(
            "No reward is promised for it: --amount says what was given, "
            f"`followup referral edit {looked.referral.id} --reward TEXT` promises one."
        )
    _refuse_early(desk, looked, day)
    if looked.doubts and not (allow or looked.referral.allowed_by):
        raise BadInput(
            f"No reward yet: {referrals.sentence(looked.doubts)}. Pay it all the same with --allow, or close it: "
            f"followup referral refuse {looked.referral.id} --reason TEXT"
        )
    given = {**_amount(desk, amount)}
    job = looked.standing.job
    paid = replace(
        looked.referral,
        **given,
        state=ReferralState.PAID,
        acted_on=looked.standing.won_on,
        job_id=job.id if job else "",
        closed_on=day,
        doubts=looked.doubts,
        allowed_by=looked.referral.allowed_by or (desk.person if looked.doubts else ""),
    )
    return Payment(looked, paid, _entry(desk, paid, day) if register else None)


def _refuse_early(desk: Desk, looked: Looked, day: date) -> None:
    referral, standing = looked.referral, looked.standing
    wait = desk.settings.referrals.wait
    if day > desk.today or day < referral.opened_on:
        raise BadInput(f"{day} is not between the day it was made ({referral.opened_on}) and today ({desk.today}).")
    if standing.won_on is None:
        raise BadInput(
            f"{referral.friend} has had no job yet that is completed. Where it is one that followup cannot see: "
            f"followup referral won {referral.id} --job JOB"
        )
    if standing.job is None:
        raise BadInput(
            f"Which job was it? Its payment is what the reward waits for: followup referral won {referral.id} --job JOB"
        )
    if standing.due_on is None:
        raise BadInput(
            f"The job of {referral.friend} ({standing.job.id}) is not paid. The reward is due {wait} after that: "
            f"followup job edit {standing.job.id} --paid DATE"
        )
    if day < standing.due_on:
        raise BadInput(
            f"The reward is due on {words.long_day(standing.due_on)}: {wait} after the job was paid, on "
            f"{standing.job.paid_on}. Nothing was recorded."
        )


def _entry(desk: Desk, paid: Referral, day: date) -> gifts.Draft:
    """Return the entry that the register of gifts gets."""
    if not paid.reward_minor:
        raise BadInput("How much was it? --amount 20, or [referrals] reward_amount in followup.toml.")
    said = f"reward for bringing {paid.friend}"
    typed = {
        "opened_on": day,
        "kind": gifts.REWARD,
        "summary": paid.reward or said,
        "recipient_role": "client",
        "voucher_cash_minor": cells.amount(paid.reward_minor, paid.currency),
        "purpose": said,
        "referral_id": paid.id,
    }
    return gifts.draft(desk, paid.client_id, typed)


def pay(desk: Desk, made: Payment) -> Referral:
    """Write a reward down, with its entry in the register."""
    changed = [made.paid] if made.entry is None else [made.paid, made.entry.gift]
    care.save(desk, *changed, command="referral paid")
    return made.paid


# ---------------------------------------------------------------- lists


def listed(desk: Desk, *, everything: bool = False, client: str = "") -> list[Looked]:
    """Return referrals by the day on which they were made: open ones unless told."""
    found = care.listed(desk, REFERRAL, everything=everything, client=client)
    return look(desk, (each for each in found if isinstance(each, Referral)))


@dataclass(frozen=True, slots=True)
class Brought:
    """One client in the tree of who brought whom."""

    branch: referrals.Branch
    client: Client | None
    looked: Looked | None
    jobs: int  # completed ones
    worth: Mapping[str, int]  # of theirs, by currency
    below: Mapping[str, int]  # of everybody below, by currency


def tree(desk: Desk) -> Iterator[Brought]:
    """Yield everybody who brought or was brought, each behind whoever brought them, with what they were worth."""
    records = desk.store.care(Referral)
    nothing = (ReferralState.LOST, ReferralState.REFUSED)
    by = {each.friend_id: each for each in records if each.friend_id and each.state not in nothing}
    branches = referrals.tree({friend: each.client_id for friend, each in by.items() if friend != each.client_id})
    ids = {each.client_id for each in branches}
    clients, jobs = desk.store.clients(ids), desk.store.jobs_of_clients(ids)
    looked = {each.referral.friend_id: each for each in look(desk, by.values())}
    for branch in branches:
        done = [job for job in jobs.get(branch.client_id, ()) if job.status == JobStatus.COMPLETED]
        below = (job for client_id in branch.below for job in jobs.get(client_id, ()))
        yield Brought(
            branch=branch,
            client=clients.get(branch.client_id),
            looked=looked.get(branch.client_id),
            jobs=len(done),
            worth=_sums(done),
            below=_sums(job for job in below if job.status == JobStatus.COMPLETED),
        )


def _sums(jobs: Iterable[Job]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for job in jobs:
        if job.amount_minor is not None:
            sums[job.currency] = sums.get(job.currency, 0) + job.amount_minor
    return sums
