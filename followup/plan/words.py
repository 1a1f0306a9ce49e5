"""Dates and lists as the owner reads them in a reason.

Takes dates and numbers. Gives text. Touches nothing.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from followup import workdays
from followup.model import Delay


@lru_cache(maxsize=4096)
def day(on: date) -> str:
    """Return "Mon 9 March 2026"."""
    return f"{workdays.DAY_NAMES[on.weekday()][:3]} {on.day} {workdays.MONTH_NAMES[on.month - 1]} {on.year}"


def after(delay: Delay, what: str) -> str:
    """Return "2 weeks after *what*", or "as soon as *what*"."""
    if not delay.number and delay.unit != "business day":
        return f"as soon as {what}"
    amount = f"{delay.number} {delay.unit}{'' if delay.number == 1 else 's'}"
    return f"{amount} {'before' if delay.before else 'after'} {what}"


def listed(names: tuple[str, ...]) -> str:
    """Return names as a sentence offers them: "a, b or c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
