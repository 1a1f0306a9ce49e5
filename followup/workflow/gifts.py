"""The register of gifts: the limits are looked at before an entry is recorded, entries are voided and never changed.

Takes a Desk and what was typed. Gives entries with what they come to. Touches the store.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from followup import cells, identity
from followup.care import gifts
from followup.care.kinds import KINDS
from followup.errors import BadInput
from followup.model import Client, Gift, GiftState
from followup.report import gifts as gift_report
from followup.report import periods
from followup.workflow import care, fields, finding
from followup.workflow.desk import Desk

GIFT = KINDS["gift"]
REWARD = "referral_reward"


@cache
def law() -> gifts.Law:
    """Return the rules that came with the program."""
    text = resources.files("followup.care").joinpath("limits.toml").read_text("utf-8")
    return gifts.law(tomllib.loads(text))


def books(desk: Desk) -> gifts.Books:
    """Return how the home keeps its books."""
    business, settings = desk.settings.business, desk.settings.gifts
    return gifts.Books(
        country=business.country,
        currency=business.currency,
        zone=desk.zone,
        company=settings.company,
        year_starts=settings.year_starts,
    )


def rules(desk: Desk) -> list[gifts.Rule]:
    """Return the rules of the home's country, those of now and earlier ones."""
    business, company = desk.settings.business, desk.settings.gifts.company
    return [each for each in law().rules if each.country == business.country and each.company in (None, company)]


def assess(desk: Desk, entries: Iterable[Gift]) -> Mapping[str, gifts.Assessment]:
    """Return what each entry of the register comes to, by its id. *entries*: all of them."""
    listed = list(entries)
    homes = desk.store.households({each.client_id for each in listed})
    households = {client_id: home[0] for home in homes for client_id in home}
    return gifts.assess(listed, law=law(), books=books(desk), households=households)


# ---------------------------------------------------------------- one entry


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry that is not recorded yet, and what it would come to."""

    gift: Gift
    client: Client
    found: gifts.Assessment
    replaces: Gift | None = None
    others: tuple[str, ...] = ()  # to whom else of this client something was given in that year, with its cost

    @property
    def is_over(self) -> bool:
        """Tell whether it goes over a limit, so that somebody has to say that it is meant."""
        return any(each.status in gifts.OVER for each in self.found.findings)

    def lines(self) -> list[str]:
        """Return the totals against the limits."""
        lines = [each.text for each in self.found.findings]
        if self.others:
            lines.append(f"Not in these totals, because the recipient is called otherwise: {'; '.join(self.others)}.")
        return lines


def draft(desk: Desk, client_text: str, typed: Mapping[str, Any]) -> Draft:
    """Return the entry that *typed* means, with what it would come to; nothing is recorded.

    Raises:
        BadInput: nothing was spent, or in another currency than the home's.
    """
    return _draft(desk, care.made(desk, Gift, client_text, typed))


def correction(desk: Desk, text: str, typed: Mapping[str, Any]) -> Draft:
    """Return the entry that takes the place of the one that *text* means, with what it would come to."""
    before = entry(desk, text)
    client = finding.by_id(desk, before.client_id)
    reader = fields.Reader(currency=before.currency)
    given = fields.values(desk, GIFT, typed, client=client, reader=reader, spelled=_spelled)
    after = replace(
        before, **{"opened_at": None, "recorded_at": desk.now(), "exported_batch": "", **given, "voids_id": before.id}
    )
    if replace(after, recorded_at=before.recorded_at, voids_id=before.voids_id, exported_batch="") == replace(
        before, opened_at=None, exported_batch=""
    ):
        raise BadInput(f"That is what the entry {before.id} says already. Say what was wrong in it: --goods 12.50")
    after = replace(after, id=identity.random_identifier(), recorded_by=desk.person)
    care.check(desk, after, before=None)
    return _draft(desk, after, replaces=before)


def _spelled(field: Any) -> str:
    return fields.spelled(GIFT, field)


def _draft(desk: Desk, made: Gift, *, replaces: Gift | None = None) -> Draft:
    client = finding.by_id(desk, made.client_id)
    everything = desk.store.care(Gift)
    gift = _last(_checked(desk, _filled(desk, made, client)), everything)
    register = [each for each in everything if replaces is None or each.id != replaces.id]
    found = assess(desk, [*register, gift])[gift.id]
    return Draft(gift, client, found, replaces, tuple(_others(desk, gift, register)))


def _filled(desk: Desk, made: Gift, client: Client) -> Gift:
    """Return *made* with what goes without saying: to the client, by whoever sits at the desk."""
    return replace(
        made,
        recipient=made.recipient or client.full_name,
        recipient_company=made.recipient_company or client.company,
        recorded_by=made.recorded_by or desk.person,
    )


def _last(gift: Gift, register: Iterable[Gift]) -> Gift:
    """Return *gift* behind those that were recorded at the same instant: what it was told holds in the report."""
    taken, at = {each.recorded_at for each in register}, gift.recorded_at
    while at is not None and at in taken:
        at += datetime.resolution
    return replace(gift, recorded_at=at)


def _checked(desk: Desk, gift: Gift) -> Gift:
    currency = desk.settings.business.currency
    if not currency:
        raise BadInput("The limits are amounts of money: set currency under [business] in followup.toml first.")
    if gift.currency and gift.currency != currency:
        raise BadInput(
            f"The books of this home are in {currency}, and this is in {gift.currency}. Amounts are never converted: "
            f"say what it cost in {currency}."
        )
    if not gift.quantity:
        raise BadInput("--quantity 0: how many were given?")
    if not gifts.net(gift):
        raise BadInput("What did it cost? --goods, --food-drink, --voucher, --branding, --wrap-post: each without VAT.")
    return replace(gift, currency=currency)


def _others(desk: Desk, gift: Gift, register: Iterable[Gift]) -> Iterator[str]:
    """Yield to whom else of this client something was given in that year: it may be the same person."""
    kept, name = books(desk), identity.fold(gifts.recipient(gift))
    year, sums = kept.year_of(gift.opened_on), dict[str, int]()
    for each in register:
        other = gifts.recipient(each)
        is_ours = each.client_id == gift.client_id and each.state != GiftState.VOID and each.kind == gift.kind
        if is_ours and kept.year_of(each.opened_on) == year and identity.fold(other) != name:
            sums[other] = sums.get(other, 0) + gifts.cost(each)
    yield from (f"{other} {cells.amount(minor, gift.currency)}" for other, minor in sorted(sums.items()))


def record(desk: Desk, made: Draft, *, reason: str = "") -> Gift:
    """Keep an entry; the one that it takes the place of is voided in the same batch."""
    changed = [made.gift]
    if made.replaces is not None:
        changed.append(_voided(desk, made.replaces, reason or f"corrected: see {made.gift.id}"))
    care.save(desk, *changed, command=f"gift {'correct' if made.replaces else 'add'}")
    return made.gift


def void(desk: Desk, text: str, *, reason: str) -> Gift:
    """Void an entry: it stays in the register, and counts nowhere."""
    if not reason.strip():
        raise BadInput("--reason is empty. Why is the entry void?")
    voided = _voided(desk, entry(desk, text), reason)
    care.save(desk, voided, command="gift void")
    return voided


def _voided(desk: Desk, gift: Gift, reason: str) -> Gift:
    return replace(gift, state=GiftState.VOID, closed_on=desk.today, voided_at=desk.now(), resolution=reason)


def entry(desk: Desk, text: str) -> Gift:
    """Return the entry that *text* means; refuses one that is void."""
    found = finding.record(desk, Gift, text)
    care.refuse_closed(found)
    return found


# ---------------------------------------------------------------- the register


@dataclass(frozen=True, slots=True)
class Register:
    """Rows of the register in a period, and what stands beside them."""

    rows: Iterable[tuple[Any, ...]]
    period: periods.Period
    totals: gift_report.Totals
    rewards: bool

    def lines(self) -> list[str]:
        """Return the control totals for people; to be asked after the last row."""
        first, *rest = self.totals.lines(by_payee=self.rewards)
        return [f"{first}, {self.period.from_on} to {self.period.to_on}", *rest]

    def envelope(self) -> Mapping[str, object]:
        """Return what stands around the rows in json; to be asked after the last row."""
        days = {"from": self.period.from_on.isoformat(), "to": self.period.to_on.isoformat()}
        return {**days, **self.totals.envelope()}


def register(desk: Desk, *, rewards: bool, batch: str = "", client: str = "", **period: Any) -> Register:
    """Return the register of a period: rewards for referrals, or everything else.

    Args:
        desk: the desk.
        rewards: which half; no entry is in both.
        batch: only what the accountant got under this name.
        client: only what this client was given.
        period: see `periods.period`.
    """
    chosen = periods.period(today=desk.today, **period)
    client_id = finding.client(desk, client).id if client else ""
    everything = desk.store.care(Gift)
    found = assess(desk, everything)
    inside = [
        each
        for each in _of_period(everything, chosen, rewards=rewards)
        if (not client_id or each.client_id == client_id) and (not batch or each.exported_batch == batch)
    ]
    totals = gift_report.Totals()
    rows = gift_report.rows(
        inside,
        found,
        totals=totals,
        clients=desk.store.clients({each.client_id for each in inside}),
        names={person.id: person.name for person in desk.settings.people.values()},
        giver=desk.settings.business.name,
        books=books(desk),
    )
    return Register(rows, chosen, totals, rewards)


def hand_over(desk: Desk, name: str, *, rewards: bool, **period: Any) -> int:
    """Note on every entry of a period that the accountant got it, under *name*; return on how many that is new."""
    chosen = periods.period(today=desk.today, **period)
    fresh = [
        replace(each, exported_batch=name)
        for each in _of_period(desk.store.care(Gift), chosen, rewards=rewards)
        if not each.exported_batch
    ]
    if fresh:
        care.save(desk, *fresh, command=f"report {'rewards' if rewards else 'gifts'} --as-batch")
    return len(fresh)


def _of_period(entries: Iterable[Gift], chosen: periods.Period, *, rewards: bool) -> Iterator[Gift]:

    return (
        each
        for each in entries
        if (each.kind == REWARD) is rewards and chosen.from_on <= each.opened_on <= chosen.to_on
    )
