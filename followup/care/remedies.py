"""Remedies: what is offered to put a case right, what it costs, and who may say yes to it.

Takes remedies of the settings and people. Gives answers and reasons. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from followup import cells
from followup.errors import BadInput
from followup.model import Remedy


def named(menu: Mapping[str, Remedy], names: Sequence[str]) -> list[Remedy]:
    """Return the remedies that *names* means, each once; BadInput lists the menu."""
    known = "; ".join(f"{name} ({each.text})" if each.text else name for name, each in menu.items())
    unknown = [name for name in names if name not in menu]
    if unknown:
        there = f"There is: {known}." if known else "There is none yet: write [remedies.NAME] in followup.toml."
        raise BadInput(f"There is no remedy '{unknown[0]}'. {there}")
    return [menu[name] for name in dict.fromkeys(names)]


def why_not(remedy: Remedy, person: str, *, limit_minor: int, cost_minor: int | None, owner: str, currency: str) -> str:
    """Return why *person* may not grant *remedy* alone, in words; nothing when it may be done on the spot.

    The owner of the business grants everything. Who is named with the remedy grants it whatever it costs; a remedy that
    names nobody is granted by everybody up to the limit, and one whose cost is not known by the owner.
    """
    if person == owner or person in remedy.granted_by:
        return ""
    if remedy.granted_by:
        return f"{remedy.name} is granted by {' or '.join(remedy.granted_by)}"
    if cost_minor is None:
        return f"nobody has written down what {remedy.name} costs"
    if cost_minor > limit_minor:
        cost, limit = cells.amount(cost_minor, currency), cells.amount(limit_minor, currency)
        return f"{remedy.name} costs {cost}, more than the {limit} that everybody may grant"
    return ""
