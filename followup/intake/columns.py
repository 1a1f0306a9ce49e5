"""What only a whole column tells: the order of its days, the decimal mark of its amounts.

Takes the values of a column, or of several that are written alike. Gives what all of them prove, or says what is
undecidable, so that the owner is asked. Touches nothing. The unit of decision is the file: 03/04/2026 alone is two
different days.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import date

from followup.intake import amounts, days

ORDERS = ("dmy", "mdy", "ymd")
_MONTH_FIRST = frozenset(["US", "PH", "FM", "MH", "PW", "PR", "GU", "AS", "VI", "MP"])
_YEAR_FIRST_HOMES = frozenset(["CN", "JP", "KR", "TW", "HU", "LT", "SE", "MN"])


@dataclass(frozen=True, slots=True)
class Undecided:
    """What a file leaves open: the answers that fit, and values that show it."""

    options: tuple[str, ...]
    samples: tuple[str, ...]
    contradictory: bool = False


def date_order(values: Iterable[str], *, country: str) -> str | Undecided:
    """Return the one order in which all numeric dates of a file make sense, or what it could be.

    The order of the home's country only comes first among the options; it decides nothing.
    """
    possible: set[str] | None = None
    readings: dict[str, dict[str, date]] = {}
    for value in values:
        text = value.strip()
        fits = days.readings(text)
        if fits:
            readings[text] = fits
            possible = set(fits) if possible is None else possible & set(fits)
    if possible is None:
        return "dmy"
    home = "mdy" if country in _MONTH_FIRST else "ymd" if country in _YEAR_FIRST_HOMES else "dmy"
    if not possible:
        seen = {order for fits in readings.values() if len(fits) == 1 for order in fits}
        samples = [next(text for text, fits in readings.items() if set(fits) == {order}) for order in sorted(seen)]
        return Undecided(_ordered(seen or set(ORDERS), home), tuple(samples), contradictory=True)
    ambiguous = [text for text, fits in readings.items() if len({fits[order] for order in possible}) > 1]
    if len(possible) == 1 or not ambiguous:
        return _ordered(possible, home)[0]
    return Undecided(_ordered(possible, home), tuple(ambiguous[:3]))


def fits_order(values: Iterable[str], order: str) -> bool:
    """Return whether no date of a file needs another order than *order*, an answer given for an earlier file."""
    return all(order in fits or not fits for fits in (days.readings(value.strip()) for value in values))


def proves_order(values: Iterable[str]) -> bool:
    """Return whether a date of a file can be read in one order only."""
    return any(len(days.readings(value.strip())) == 1 for value in values)


def order_witness(value: str) -> Hashable:
    """Return what a date says of the order of its file, None when it says nothing.

    Dates that say the same decide the same: a few of each are as good as all dates of a long file.
    """
    fits = days.readings(value.strip())
    different = [*fits.values()]
    return tuple((order, different.index(day)) for order, day in fits.items()) or None


def decimal_mark(values: Iterable[str]) -> str | Undecided:
    """Return the one decimal mark under which all amounts of a file make sense, or what it could be."""
    proofs: dict[str, str] = {}
    open_values: list[str] = []
    for value in values:
        mark = amounts.mark_of(value)
        if mark:
            proofs.setdefault(mark, value.strip())
        elif mark is None:
            open_values.append(value.strip())
    if len(proofs) == 2:
        return Undecided((".", ","), (proofs["."], proofs[","]), contradictory=True)
    if proofs:
        return next(iter(proofs))
    if open_values:
        return Undecided((".", ","), tuple(open_values[:3]))
    return "."


def fits_mark(values: Iterable[str], mark: str) -> bool:
    """Return whether no amount of a file proves another decimal mark than *mark*."""
    return all(amounts.mark_of(value) in (mark, "", None) for value in values)


def proves_mark(values: Iterable[str]) -> bool:
    """Return whether an amount of a file shows its decimal mark."""
    return any(map(amounts.mark_of, values))


def mark_witness(value: str) -> str | None:
    """Return the decimal mark that an amount proves, "?" when it could have two, None when it says nothing."""
    mark = amounts.mark_of(value)
    return "?" if mark is None else mark or None


def _ordered(options: Collection[str], home: str) -> tuple[str, ...]:
    return tuple(sorted(options, key=lambda order: (order != home, ORDERS.index(order))))
