"""Shares of few: how sure one can be of "12 of 40", and whether two of them differ by more than chance.

Takes counts. Gives intervals and sentences. Touches nothing. The intervals are Wilson's (1927) and, of a difference,
Newcombe's (1998, method 10): both hold for few and for shares near none and all, where the textbook's do not.
"""

from __future__ import annotations

import math

ENOUGH = 30
"""From how many on a share is worth a sentence."""

_Z = 1.959964  # 95 in 100 such intervals hold the truth


def interval(number: int, of: int) -> tuple[float, float]:
    """Return between which shares (0 to 1) the true one lies, in 95 of 100 such cases; all of them where *of* is 0."""
    if not of:
        return 0.0, 1.0
    share, z2 = number / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    reach = _Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def difference(first: tuple[int, int], second: tuple[int, int]) -> tuple[float, float]:
    """Return between which values the share *first* lies over *second*; each is a number and of how many, not none."""
    one, other = first[0] / first[1], second[0] / second[1]
    (low1, high1), (low2, high2) = interval(*first), interval(*second)
    apart = one - other
    return (
        apart - math.hypot(one - low1, high2 - other),
        apart + math.hypot(high1 - one, other - low2),
    )


def share_in_words(number: int, of: int) -> str:
    """Return "30 %, likely between 18 and 45 %", or that there are too few."""
    if of < ENOUGH:
        return f"not enough data: {of}, from {ENOUGH} on"
    low, high = interval(number, of)
    return f"{_whole(number / of)} %, likely between {math.floor(low * 100)} and {math.ceil(high * 100)} %"


def difference_in_words(first: tuple[int, int], second: tuple[int, int]) -> str:
    """Return what *first* has over *second*, with what that may be by chance; nothing where one of them has too few."""
    if min(first[1], second[1]) < ENOUGH:
        return ""
    low, high = difference(first, second)
    apart = _whole(first[0] / first[1] - second[0] / second[1])
    points = f"{abs(apart)} point{'' if abs(apart) == 1 else 's'} {'fewer' if apart < 0 else 'more'} with it"
    between = f"likely between {math.floor(low * 100):+d} and {math.ceil(high * 100):+d}"
    verdict = "this may be chance" if low <= 0 <= high else "more than chance"
    return f"{points}, {between}: {verdict}"


def _whole(share: float) -> int:
    return round(share * 100)
