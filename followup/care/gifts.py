"""The register of gifts against what tax law says of them: totals in every window, and what that means.

Takes entries of the register, dated rules (limits.toml, read by the caller) and how the books are kept. Gives for each
entry what it came to. Touches nothing. States totals; what becomes of an entry is the accountant's decision.

An entry is judged by everything that is known: of a cliff, one gift more takes the others along. What stood before it
and with it are the totals at the moment when it was recorded, so that a report repeats what `gift add` said.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from followup import cells, identity
from followup.model import Gift, GiftState
from followup.records import dataclass

NEAR_PERCENT = 80
"""From this part of a limit on, an entry is near it."""

DECIDES = "your accountant decides"

PARTS: Mapping[str, str] = {
    "goods": "goods_minor",
    "food_drink": "food_drink_minor",
    "voucher_cash": "voucher_cash_minor",
    "branding": "branding_minor",
    "wrap_post": "wrap_post_minor",
}
"""What an entry cost, without tax: name in the rules -> field."""

WANTED: Mapping[str, str] = {
    "summary": "what it was (--what)",
    "purpose": "the business purpose (--purpose)",
    "recipient": "the person's name (--recipient)",
    "recipient_role": "who they are to you: occupation or title (--role)",
}
"""Fields that a country may want in writing, in words."""


class Status(StrEnum):
    """What an entry came to, from nothing to worry about to the worst."""

    OK = "ok"
    NEAR = "near"
    NEEDS_REVIEW = "needs_review"
    OVER_CAP = "over_cap"
    OVER_CLIFF = "over_cliff"


_BAD = tuple(Status)
OVER = frozenset({Status.OVER_CAP, Status.OVER_CLIFF})
"""What is asked about before it is recorded."""


# ---------------------------------------------------------------- rules and books


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a country; the head of limits.toml says what each field means."""

    name: str
    country: str
    says: str
    kinds: tuple[str, ...]
    valid_from: date
    as_of: date
    source: str
    valid_to: date | None = None
    revised_from: date | None = None
    company: bool | None = None
    # of a limit
    amount_minor: int = 0
    currency: str = ""
    parts: tuple[str, ...] = ()
    vat: str = ""
    window: str = ""
    per: str = ""
    type: str = ""
    reached: str = ""
    affects: str = ""
    over: str = ""
    claimed: bool = False
    exempt_each_minor: int | None = None
    # of a condition
    test: str = ""
    days: int = 0
    percent: int = 0

    def holds_on(self, day: date) -> bool:
        """Tell whether it was the law on *day*."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """What a country's rules have in common."""

    currency: str
    requires: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """All rules there are."""

    countries: Mapping[str, Country]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """How the business keeps its books."""

    country: str
    currency: str
    zone: tzinfo = UTC
    company: bool = False
    year_starts: str = "01-01"  # MM-DD of the tax year; of a company's accounting year

    def year_of(self, day: date) -> Window:
        """Return the year of the books in which *day* is."""
        return _year(day, self.year_starts)


def law(document: Mapping[str, Any]) -> Law:
    """Return the rules that limits.toml holds."""
    countries = {
        name: Country(currency=table["currency"], requires=tuple(table["requires"]))
        for name, table in document["country"].items()
    }
    tables = [*document["limit"], *document["condition"]]
    return Law(countries=countries, rules=tuple(_rule(table, countries[table["country"]].currency) for table in tables))


def _rule(table: Mapping[str, Any], currency: str) -> Rule:
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in table.items()
        if name not in ("amount", "exempt_each")
    }
    if "amount" in table:
        fields["amount_minor"] = cells.minor(table["amount"], currency)
    if "exempt_each" in table:
        fields["exempt_each_minor"] = cells.minor(table["exempt_each"], currency)
    return Rule(currency=currency, **fields)


# ---------------------------------------------------------------- windows


@dataclass(frozen=True, slots=True)
class Window:
    """Days that are counted together, both included."""

    from_on: date
    to_on: date

    def __str__(self) -> str:
        """Return a calendar year as 2026, any other one as 2026/27."""
        first, last = self.from_on.year, self.to_on.year
        return str(first) if first == last else f"{first}/{last % 100:02}"


_DAY, _MORE_THAN_A_MONTH = timedelta(days=1), timedelta(days=32)


def _year(day: date, starts: str) -> Window:
    """Return the year, beginning each *starts* (MM-DD), in which *day* is."""
    month, first = int(starts[:2]), int(starts[3:])
    this_year = _clamped(day.year, month, first)
    start = this_year if this_year <= day else _clamped(day.year - 1, month, first)
    return Window(start, _clamped(start.year + 1, month, first) - _DAY)


def _clamped(year: int, month: int, day: int) -> date:
    """Return the day, 1 March where a year has no 29 February."""
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, 3, 1)


def _year_from(start: date) -> Window:
    """Return the twelve months that begin on *start*."""
    return Window(start, _clamped(start.year + 1, start.month, start.day) - _DAY)


def largest(amounts: Iterable[tuple[date, int]], on: date) -> int:
    """Return the largest sum of *amounts* in any twelve months that contain *on*."""
    # A period can be moved on until it begins with an amount, or with the day itself, and loses nothing.
    near = [(day, amount) for day, amount in amounts if abs((day - on).days) <= 366]
    starts = {on, *(day for day, _ in near if day <= on <= _year_from(day).to_on)}
    return max(
        sum(amount for day, amount in near if window.from_on <= day <= window.to_on)
        for window in map(_year_from, starts)
    )


# ---------------------------------------------------------------- entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule says of one entry."""

    rule: str
    status: Status
    text: str
    before_minor: int | None = None
    after_minor: int | None = None
    limit_minor: int | None = None
    lost_minor: int = 0  # of the cost, how much is estimated not to be deducted


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What an entry came to."""

    findings: tuple[Finding, ...]
    tax_year: str
    deductible_minor: int | None  # an estimate; None where nobody can make one

    @property
    def worst(self) -> Finding:
        """Return the finding that decides: the worst one, of several the one that fills its limit most."""
        return max(self.findings, key=lambda each: (_BAD.index(each.status), _filled(each)))

    @property
    def status(self) -> Status:
        """Return what it came to, all in all."""
        return self.worst.status


def _filled(finding: Finding) -> int:
    return (finding.after_minor or 0) * 1000 // finding.limit_minor if finding.limit_minor else -1


def net(gift: Gift) -> int:
    """Return what an entry cost without tax."""
    return sum(getattr(gift, field) for field in PARTS.values())


def cost(gift: Gift) -> int:
    """Return what an entry cost in the end: with the tax that is not got back."""
    return net(gift) + (0 if gift.vat_recoverable else gift.vat_minor)


def counted(gift: Gift, rule: Rule) -> int:
    """Return how much of what an entry cost counts against a limit; tax on some parts is theirs in proportion.

    Fractions of a minor unit are rounded up: rather asked once too often.
    """
    if gift.kind not in rule.kinds or gift.state == GiftState.VOID:
        return 0
    if rule.claimed and not (gift.vat_recoverable and gift.vat_minor):
        return 0
    return _with_tax(gift, rule.parts, rule.vat)


def _with_tax(gift: Gift, parts: Iterable[str], vat: str) -> int:
    part: int = sum(getattr(gift, PARTS[name]) for name in parts)
    whole = net(gift)
    if vat == "out" or (vat == "unless recoverable" and gift.vat_recoverable) or not whole:
        return part
    return part - (-gift.vat_minor * part // whole)


def is_exempt(gift: Gift, rule: Rule) -> bool:
    """Tell whether an entry is one of those small things with an advertisement that a limit leaves out."""
    if rule.exempt_each_minor is None or not gift.carries_advert:
        return False
    return counted(gift, rule) <= rule.exempt_each_minor * gift.quantity


def recipient(gift: Gift) -> str:
    """Return to whom an entry went: the person, else the firm."""
    return gift.recipient or gift.recipient_company


def _payee(gift: Gift, rule: Rule, households: Mapping[str, str]) -> Hashable:
    """Return whose total an entry counts in. People of a firm are each their own; at home a family is one."""
    if rule.per == "business":
        return ""
    if rule.per == "household" and not gift.recipient_company:
        return households.get(gift.client_id, gift.client_id)
    name = gift.family_of if rule.per == "household" and gift.family_of else recipient(gift)
    return gift.client_id, identity.fold(name)


# ---------------------------------------------------------------- judging


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """An entry that counts against a rule, and the totals it stands in."""

    before: int  # of what was recorded earlier
    amount: int
    total: int  # of all that is known


def assess(
    entries: Iterable[Gift], *, law: Law, books: Books, households: Mapping[str, str] | None = None
) -> dict[str, Assessment]:
    """Return what each entry that was not voided came to, by its id.

    Args:
        entries: the whole register: windows reach back.
        law: the rules.
        books: how the home keeps its books.
        households: client id -> the id of one client of the household, the same for all of them.
    """
    valid = sorted((each for each in entries if each.state != GiftState.VOID), key=_recorded)
    ours = [rule for rule in law.rules if rule.country == books.country and rule.company in (None, books.company)]
    found: dict[str, list[Finding]] = {each.id: [] for each in valid}
    for rule in ours:
        if rule.test:
            for gift in valid:
                if gift.kind in rule.kinds and rule.holds_on(gift.opened_on):
                    found[gift.id] += _TESTS[rule.test](gift, rule, books)
        elif rule.currency == books.currency:
            for gift, standing in _standings(valid, rule, books, households or {}):
                found[gift.id].append(_against(gift, rule, standing))
        else:
            for gift in valid:
                if gift.kind in rule.kinds:
                    text = f"The limits of {rule.country} are in {rule.currency} and your books in {books.currency}"
                    found[gift.id].append(_review(rule.name, f"{text}: nothing was compared"))
    return {each.id: _assessment(each, found[each.id], law=law, books=books) for each in valid}


def _recorded(gift: Gift) -> tuple[datetime, date, str]:
    return gift.recorded_at or datetime.min.replace(tzinfo=UTC), gift.opened_on, gift.id


def _standings(
    gifts: Sequence[Gift], rule: Rule, books: Books, households: Mapping[str, str]
) -> Iterable[tuple[Gift, _Standing]]:
    """Yield the entries that count against *rule*, each with its totals. *gifts* are in the order of recording."""
    groups: dict[tuple[Hashable, Window | None], list[tuple[Gift, int]]] = {}
    for gift in gifts:
        amount = counted(gift, rule)
        window = _window(gift.opened_on, rule, books)
        if amount and rule.holds_on(window.from_on if window else gift.opened_on):
            group = _payee(gift, rule, households), window
            groups.setdefault(group, []).append((gift, 0 if is_exempt(gift, rule) else amount))
    for (_, window), members in groups.items():
        amounts = [(gift.opened_on, amount) for gift, amount in members]
        for place, (gift, amount) in enumerate(members):
            earlier = amounts[:place]
            if window is None:
                before, total = (largest(each, gift.opened_on) for each in (earlier, amounts))
            else:
                before, total = (sum(amount for _, amount in each) for each in (earlier, amounts))
            yield gift, _Standing(before=before, amount=amount, total=total)


def _window(day: date, rule: Rule, books: Books) -> Window | None:
    """Return the year in which a gift of *day* counts; None: any twelve months around it."""
    if rule.window == "rolling_12_months":
        return None
    return _year(day, "01-01") if rule.window == "calendar_year" else books.year_of(day)


def _against(gift: Gift, rule: Rule, standing: _Standing) -> Finding:
    """Return what a limit says of an entry."""

    def money(minor: int) -> str:
        return cells.amount(minor, rule.currency)

    before, after, total, limit = standing.before, standing.before + standing.amount, standing.total, rule.amount_minor
    whom = f" ({recipient(gift)})" if rule.per != "business" and recipient(gift) else ""
    says = f"{rule.says[0].upper()}{rule.says[1:]}{whom}: {money(before)} before, {money(after)} with this"
    of = f"the limit is {money(limit)}"
    status, judged, lost = Status.OK, of, 0
    reached = total >= limit if rule.reached == "at" else total > limit
    if not standing.amount:
        judged = f"this does not count, as small things with an advertisement do not; {of}"
    elif rule.type == "cap" and after > limit:
        lost = min(standing.amount, after - limit)
        status, judged = Status.OVER_CAP, f"{of}, so that {money(lost)} of it is too much; {rule.over}"
    elif rule.type == "cliff" and reached:
        with_later = f", {money(total)} with what came later" if total > after else ""
        status, judged = Status.OVER_CLIFF, f"{of}{with_later}, so that {rule.over}"
        lost = cost(gift)
    elif rule.type == "declare" and reached:
        status, judged = Status.NEEDS_REVIEW, f"from {money(limit)} on {rule.over}"
    elif total * 100 >= limit * NEAR_PERCENT:
        status, judged = Status.NEAR, f"near the limit of {money(limit)}"
    if rule.revised_from and gift.opened_on >= rule.revised_from:
        judged += f" (as known for the time before {rule.revised_from}; it may be another one now)"
        status = max(status, Status.NEEDS_REVIEW, key=_BAD.index)
    return Finding(
        rule=rule.name,
        status=status,
        text=f"{says}; {judged}; {DECIDES}.",
        before_minor=before,
        after_minor=after,
        limit_minor=limit,
        lost_minor=lost if rule.affects == "deduction" else 0,
    )


def _review(rule: str, text: str, *, lost_minor: int = 0) -> Finding:
    return Finding(rule=rule, status=Status.NEEDS_REVIEW, text=f"{text}; {DECIDES}.", lost_minor=lost_minor)


def _fine(rule: str, text: str, *, lost_minor: int = 0) -> Finding:
    return Finding(rule=rule, status=Status.OK, text=f"{text}; {DECIDES}.", lost_minor=lost_minor)


def _advert(gift: Gift, rule: Rule, _books: Books) -> list[Finding]:
    excluded = [
        words
        for words, minor in (("food or drink", gift.food_drink_minor), ("a voucher", gift.voucher_cash_minor))
        if minor
    ]
    if gift.carries_advert and not excluded:
        return []
    why = f"this has {' and '.join(excluded)} in it" if excluded else "this carries none"
    return [_review(rule.name, f"{_sentence(rule)}: {why}", lost_minor=cost(gift))]


def _recorded_in_time(gift: Gift, rule: Rule, books: Books) -> list[Finding]:
    if gift.recorded_at is None:
        return [_review(rule.name, f"{_sentence(rule)}: nobody knows when this was")]
    recorded_on = gift.recorded_at.astimezone(books.zone).date()
    late = (recorded_on - gift.opened_on).days
    if late <= rule.days:
        return []
    said = f"{_sentence(rule)}: this was recorded after {late} days"
    if gift.voids_id:  # nobody's deduction goes because a slip of the pen was put right
        return [_review(rule.name, f"{said}, in the place of the entry {gift.voids_id}")]
    lost = cost(gift) if recorded_on > _month_after(gift.opened_on) else 0
    return [_review(rule.name, said, lost_minor=lost)]


def _month_after(day: date) -> date:
    first = (day.replace(day=1) + _MORE_THAN_A_MONTH).replace(day=1)
    last = (first + _MORE_THAN_A_MONTH).replace(day=1) - _DAY
    return min(first + _DAY * (day.day - 1), last)


def _food_share(gift: Gift, rule: Rule, _books: Books) -> list[Finding]:
    eaten = _with_tax(gift, ["food_drink"], "unless recoverable")
    kept = eaten * rule.percent // 100
    return [
        _fine(
            rule.name,
            f"{_sentence(rule)}: {cells.amount(eaten, rule.currency)} of this is food and drink",
            lost_minor=eaten - kept,
        )
    ]


def _sentence(rule: Rule) -> str:
    return rule.says[0].upper() + rule.says[1:]


_TESTS: Mapping[str, Callable[[Gift, Rule, Books], list[Finding]]] = {
    "advert": _advert,
    "recorded": _recorded_in_time,
    "food_share": _food_share,
}


def _assessment(gift: Gift, findings: Sequence[Finding], *, law: Law, books: Books) -> Assessment:
    country = law.countries.get(books.country)
    missing = [WANTED[name] for name in country.requires if not getattr(gift, name)] if country else []
    known = bool(findings)
    found = list(findings)
    if not country:
        found.append(_review("", f"followup knows no limits of {books.country or 'your country'}"))
    elif not known:
        found.append(_review("", f"No rule of {books.country} that followup knows says what a {_KINDS[gift.kind]} is"))
    if missing:
        found.append(_review("", f"{books.country} wants in writing, and this does not say: {', '.join(missing)}"))
    whole = cost(gift)
    estimate = max(0, whole - sum(each.lost_minor for each in found)) if known and not missing else None
    return Assessment(findings=tuple(found), tax_year=str(books.year_of(gift.opened_on)), deductible_minor=estimate)


_KINDS: Mapping[str, str] = {
    "gift": "gift of that day",
    "referral_reward": "reward for a referral",
    "goodwill": "payment out of goodwill",
    "discount": "discount",
    "promotional": "promotional item of that day",
    "donation": "donation",
}
