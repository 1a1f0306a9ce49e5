"""What a mail server can do wrong, where, when and to whom.

Takes nothing. Gives `Fault`. Touches nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

PLACES = (
    "connect",  # before a byte is said, also before TLS
    "greeting",
    "ehlo",
    "starttls",
    "auth",
    "mail",
    "rcpt",
    "data",  # the command, before the 354
    "body",  # the text is coming in
    "dot",  # its end was seen
    "rset",
    "quit",
)

BEFORE = ("reply", "drop", "silent", "slow", "hold")
AFTER = ("accept+drop", "accept+late", "accept+garbage", "accept+silent")
DISHONEST = ("dishonest", "accept-cut")
WAYS = BEFORE + AFTER + DISHONEST


@dataclass(slots=True, eq=False)
class Fault:
    """One thing that goes wrong at one place.

    Ways to go wrong:
        ``reply``: *line* is said in place of doing what was asked ("451 4.7.1 later"; several lines: "\\r\\n" between).
        ``drop``: the line is cut, and what was asked is not done. ``silent``: nothing is ever said again.
        ``slow``: everything is done *seconds* later. ``hold``: nothing goes on until the fault is taken away again.
        ``accept+drop``, ``accept+late`` (*seconds*), ``accept+garbage`` (*line*), ``accept+silent``: what was asked is
        done (at the dot: the message is kept), and then the line is cut, the answer comes late, is no answer, is never
        given. A *line* with ``accept+late`` is said in place of the usual answer.
        ``dishonest`` (dot): says 250 and keeps nothing. ``accept-cut`` (body): keeps what came in of a line that was
        cut.

    Args:
        at: one of `PLACES`.
        do: one of `WAYS`.
        line: what is said.
        seconds: how late.
        hits: which of the hits, counted from 1; None: every one.
        share: of those hits, how many of 1, at random.
        address: only where this stands in the argument (MAIL, RCPT) or in a recipient (DATA, body, dot).
    """

    at: str
    do: str
    line: str = ""
    seconds: float = 0.0
    hits: Iterable[int] | None = None
    address: str = ""
    share: float = 1.0
    seen: int = 0  # hits so far

    def __post_init__(self) -> None:
        """Refuse what nobody would ever notice."""
        if self.at not in PLACES or self.do not in WAYS:
            raise ValueError(f"no such fault: {self.at} {self.do}")
        if self.hits is not None:
            self.hits = frozenset(self.hits)

    def strikes(self, place: str, about: str) -> bool:
        """Count a hit at *place* if it is one, and tell whether things go wrong this time."""
        if place != self.at or self.address not in about:
            return False
        self.seen += 1
        return (self.hits is None or self.seen in self.hits) and (self.share >= 1 or random.random() < self.share)
