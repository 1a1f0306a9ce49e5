"""The register of gifts and rewards: every entry with what it cost, the totals it stands in, and what that came to.

Takes entries and what `care.gifts` says of them. Gives rows in the order of the days on which something was given, and
control totals. An entry that was voided stays as it was, and a row of its own takes its amounts back: whoever adds up
a column has the totals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from followup import cells
from followup.care import gifts
from followup.cells import Column
from followup.model import Client, Gift, GiftState
from followup.report import words

COLUMNS = (
    Column("entry_id", "Entry", whole=True, spare=3),
    Column("given_on", "Given", "day", whole=True),
    Column("recorded_at", kind="instant", place="data"),
    Column("recorded_by", place="data"),
    Column("giver", place="data"),
    Column("recipient_person", "Recipient"),
    Column("recipient_role", place="data"),
    Column("recipient_company", "Company", spare=4),
    Column("household_or_family_of", place="data"),
    Column("client_id", place="data"),
    Column("job_id", place="data"),
    Column("kind", "Kind", spare=5),
    Column("description", "What"),
    Column("quantity", kind="number", place="data"),
    Column("currency", place="data"),
    Column("cost_goods", kind="amount", place="data"),
    Column("cost_food_drink", kind="amount", place="data"),
    Column("cost_voucher_or_cash", kind="amount", place="data"),
    Column("cost_branding", kind="amount", place="data"),
    Column("cost_wrap_post", kind="amount", place="data"),
    Column("vat_amount", kind="amount", place="data"),
    Column("vat_recoverable", kind="flag", place="data"),
    Column("carries_advert", kind="flag", place="data"),
    Column("business_purpose", place="data"),
    Column("receipt_ref", place="data"),
    Column("approved_by", place="data"),
    Column("tax_year", "Tax year", spare=6),
    Column("window_total_before", "Before", "amount", whole=True, spare=2),
    Column("window_total_after", "With this", "amount", whole=True, spare=1),
    Column("limit_rule", "Rule", spare=7),
    Column("limit_status", "Status", whole=True),
    Column("deductible_amount_estimate", "Deductible (estimate)", "amount", whole=True, spare=8),
    Column("ledger_account", place="data"),
    Column("exported_batch", place="data"),
    Column("voids_entry_id", place="data"),
    Column("client", place="data"),
    Column("cost", "Cost", "amount", whole=True),
    Column("limit_amount", kind="amount", place="data"),
    Column("findings", kind="words", place="data"),
    Column("void_reason", place="data"),
)
"""A promise: columns are only ever added at the end. `cost` is with the tax that does not come back."""


class Totals:
    """Control totals, made while the rows stream by."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.count = 0
        self.kinds: defaultdict[tuple[str, str], int] = defaultdict(int)  # (currency, kind) -> cost
        self.payees: defaultdict[tuple[str, str, str, str], int] = defaultdict(int)  # year, client, name, currency

    def add(self, gift: Gift, year: str, *, sign: int) -> None:
        """Count one row."""
        minor = sign * gifts.cost(gift)
        self.count += 1
        self.kinds[gift.currency, gift.kind] += minor
        self.payees[year, gift.client_id, gifts.recipient(gift), gift.currency] += minor

    def envelope(self) -> dict[str, object]:
        """Return what stands beside the rows in json."""
        sums: dict[str, dict[str, str]] = {}
        for (currency, kind), minor in sorted(self.kinds.items()):
            sums.setdefault(currency, {})[kind] = cells.decimal(minor, currency)
        payees = [
            {
                "year": year,
                "recipient": name,
                "client_id": client_id,
                "currency": currency,
                "cost": cells.decimal(minor, currency),
            }
            for (year, client_id, name, currency), minor in sorted(self.payees.items())
        ]
        return {"totals": sums, "recipients": payees, "decides": f"Totals and estimates; {gifts.DECIDES}."}

    def lines(self, *, by_payee: bool = False) -> list[str]:
        """Return the totals for people: below the table, or on stderr beside a csv."""
        lines = [words.plural(self.count, "row")]
        lines += [
            f"  {kind.replace('_', ' ')}: {cells.amount(minor, currency)}"
            for (currency, kind), minor in sorted(self.kinds.items())
        ]
        if by_payee:
            lines += [
                f"  {year}, {name or client_id}: {cells.amount(minor, currency)}"
                for (year, client_id, name, currency), minor in sorted(self.payees.items())
            ]
        return [*lines, f"Totals and estimates; {gifts.DECIDES}."]


def rows(
    entries: Iterable[Gift],
    found: Mapping[str, gifts.Assessment],
    *,
    totals: Totals,
    clients: Mapping[str, Client],
    names: Mapping[str, str],
    giver: str,
    books: gifts.Books,
) -> Iterator[tuple[Any, ...]]:
    """Yield rows of COLUMNS.

    Args:
        entries: those of the period.
        found: entry id -> what it came to; none for one that was voided.
        totals: counts the rows.
        clients: by id.
        names: person's id -> name.
        giver: the business.
        books: how they are kept.
    """
    listed: list[tuple[Gift, int, datetime | None]] = []
    for gift in entries:
        listed.append((gift, 1, gift.recorded_at))
        if gift.state == GiftState.VOID:
            listed.append((gift, -1, gift.voided_at))
    for gift, sign, recorded_at in sorted(listed, key=_in_order):
        rewarded = gift.kind == "referral_reward"
        totals.add(gift, str(gift.opened_on.year) if rewarded else str(books.year_of(gift.opened_on)), sign=sign)
        yield _row(gift, found.get(gift.id), sign, recorded_at, clients, names, giver, books)


def _in_order(row: tuple[Gift, int, datetime | None]) -> tuple[date, datetime, str, int]:
    gift, sign, recorded_at = row
    return gift.opened_on, recorded_at or datetime.min.replace(tzinfo=UTC), gift.id, -sign


def _row(
    gift: Gift,
    found: gifts.Assessment | None,
    sign: int,
    recorded_at: datetime | None,
    clients: Mapping[str, Client],
    names: Mapping[str, str],
    giver: str,
    books: gifts.Books,
) -> tuple[Any, ...]:
    def amount(minor: int | None) -> tuple[int, str] | None:
        return None if minor is None else (sign * minor, gift.currency)

    worst = found.worst if found else None
    taken_back = sign < 0
    return (
        f"{gift.id}.void" if taken_back else gift.id,
        gift.opened_on,
        recorded_at,
        names.get(gift.recorded_by, gift.recorded_by),
        giver,
        gift.recipient,
        gift.recipient_role,
        gift.recipient_company,
        gift.family_of,
        gift.client_id,
        gift.job_id,
        gift.kind,
        f"void: {gift.summary}" if taken_back else gift.summary,
        sign * gift.quantity,
        gift.currency,
        *(amount(getattr(gift, field)) for field in gifts.PARTS.values()),
        amount(gift.vat_minor),
        gift.vat_recoverable,
        gift.carries_advert,
        gift.purpose,
        gift.receipt_ref,
        names.get(gift.approved_by, gift.approved_by),
        str(books.year_of(gift.opened_on)),
        amount(worst.before_minor) if worst else None,
        amount(worst.after_minor) if worst else None,
        worst.rule if worst else "",
        worst.status.value if worst else "",
        amount(found.deductible_minor) if found else None,
        gift.ledger_account,
        gift.exported_batch,
        gift.id if taken_back else gift.voids_id,
        words.client(clients.get(gift.client_id), client_id=gift.client_id),
        amount(gifts.cost(gift)),
        amount(worst.limit_minor) if worst else None,
        [each.text for each in found.findings] if found else [],
        gift.resolution if gift.state == GiftState.VOID else "",
    )


RULE_COLUMNS = (
    Column("rule", "Rule", whole=True),
    Column("country", place="data"),
    Column("says", "What counts"),
    Column("limit", "Limit", "amount", whole=True),
    Column("currency", place="data"),
    Column("type", "Kind", spare=4),
    Column("window", "Window", spare=3),
    Column("per", "Per", spare=5),
    Column("valid_from", "From", "day", whole=True, spare=1),
    Column("valid_to", "To", "day", whole=True, spare=2),
    Column("as_of", "Looked up", "day", whole=True, spare=6),
    Column("source", "Source"),
)


def rule_rows(rules: Sequence[gifts.Rule]) -> Iterator[tuple[Any, ...]]:
    """Yield rows of RULE_COLUMNS."""
    for rule in rules:
        limit = (rule.amount_minor, rule.currency) if rule.amount_minor else None
        yield (
            rule.name, rule.country, rule.says, limit, rule.currency, rule.type or rule.test, rule.window, rule.per,
            rule.valid_from, rule.valid_to, rule.as_of, rule.source,
        )  # fmt: skip
