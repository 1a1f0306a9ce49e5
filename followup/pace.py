"""How fast messages may go: retries, limits per run, hour and day, and the pause between two of them.

Takes attempts, instants and numbers. Gives instants and counts. Touches nothing; the clock and chance are arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from followup.model import Attempt, AttemptState
from followup.records import dataclass

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

RETRY_AFTER = (timedelta(minutes=15), HOUR, 4 * HOUR, 12 * HOUR, DAY)
"""How long to wait after the first, second ... temporary answer; after one more there is no further try.

Greylisting lets go after minutes, a full mailbox or a server that is down after hours (RFC 5321, 4.5.4.1, asks for at
least 30 minutes on average and gives up after days; a thank-you that is days late is worse than none).
"""


def next_try_at(attempts: Iterable[Attempt]) -> datetime | None:
    """Return when a message that servers put off may be tried again.

    Args:
        attempts: those of one touchpoint, oldest first. What the owner has released since is the caller's affair.

    Returns:
        None when nobody put it off (then nothing holds it here), or when it was `given_up`.
    """
    put_off = _put_off(attempts)
    if not 0 < len(put_off) <= len(RETRY_AFTER):
        return None
    last = put_off[-1]
    return (last.settled_at or last.made_at) + RETRY_AFTER[len(put_off) - 1]


def given_up(attempts: Iterable[Attempt]) -> bool:
    """Tell whether every try that there is was put off, so that a person has to look at it."""
    return len(_put_off(attempts)) > len(RETRY_AFTER)


def is_last_try(attempts: Iterable[Attempt]) -> bool:
    """Tell whether one more temporary answer gives it up."""
    return len(_put_off(attempts)) == len(RETRY_AFTER)


def _put_off(attempts: Iterable[Attempt]) -> list[Attempt]:
    return [attempt for attempt in attempts if attempt.state is AttemptState.TEMPORARY]


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many messages may go now, and why not more."""

    count: int
    limit: str = ""  # the setting that sets `count`: mail.per_run, mail.per_hour or mail.per_day
    opens_at: datetime | None = None  # when the next one after these may go; None: with the next run


def allowance(
    handed_over: Sequence[datetime], *, now: datetime, per_run: int, per_hour: int = 0, per_day: int = 0
) -> Allowance:
    """Return how many messages one run may hand over now.

    Hours and days are rolling, as providers count them (500 in any 24 hours, not per calendar day).

    Args:
        handed_over: when messages were handed over within the last day, oldest first. Instants after *now* (a clock
            that was set back) count too, but no further than a day ahead: a clock that was years ahead for a moment
            must not stop everything for years.
        now: aware.
        per_run: for this run.
        per_hour: in any hour; 0 for no limit.
        per_day: in any 24 hours; 0 for no limit.
    """
    found = [Allowance(per_run, "mail.per_run")]
    for most, span, name in ((per_hour, HOUR, "mail.per_hour"), (per_day, DAY, "mail.per_day")):
        if not most:
            continue
        recent = [instant for instant in handed_over if now - span < instant <= now + DAY]
        free = max(0, most - len(recent))
        # The one after these goes when the oldest of the last `most`, these among them, is out of the span.
        oldest = [*recent, *[now] * free][-most]
        found.append(Allowance(free, name, oldest + span))
    return min(found, key=lambda each: each.count)


def pause_seconds(base: Decimal, chance: float) -> float:
    """Return how long to wait before the next message: between half and one and a half of *base* seconds.

    An even rhythm is what machines have; *chance* is at least 0 and below 1.
    """
    return float(base) * (0.5 + chance)
