"""Referrals as rows: where each is and why, and the tree of who brought whom and what it was worth.

Takes referrals that were looked at. Gives rows and sentences. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from followup import cells
from followup.care import referrals
from followup.cells import Column
from followup.model import Client, Referral
from followup.report import words


class Looked(Protocol):
    """A referral, and what is known of it now."""

    @property
    def referral(self) -> Referral:
        """Return what is recorded."""

    @property
    def referrer(self) -> Client | None:
        """Return who brought the friend."""

    @property
    def friend(self) -> Client | None:
        """Return the client that the friend became."""

    @property
    def standing(self) -> referrals.Standing:
        """Return where it is."""

    @property
    def doubts(self) -> Sequence[str]:
        """Return codes of what does not hold."""


class Brought(Protocol):
    """One client in the tree."""

    @property
    def branch(self) -> referrals.Branch:
        """Return the place in the tree."""

    @property
    def client(self) -> Client | None:
        """Return who it is."""

    @property
    def looked(self) -> Looked | None:
        """Return the referral by which they came."""

    @property
    def jobs(self) -> int:
        """Return how many jobs were completed for them."""

    @property
    def worth(self) -> Mapping[str, int]:
        """Return what these came to, by currency."""

    @property
    def below(self) -> Mapping[str, int]:
        """Return what the jobs of everybody below came to, by currency."""


COLUMNS = (
    Column("referral_id", "Id", whole=True),
    Column("opened_on", "Made", "day", whole=True),
    Column("client", "Client"),
    Column("friend", "Friend"),
    Column("state", place="data"),
    Column("standing", "Where it is"),
    Column("reward", "Reward", spare=2),
    Column("reward_amount", "Worth", "amount", whole=True, spare=1),
    Column("currency", place="data"),
    Column("reward_due_on", "Due", "day", whole=True),
    Column("doubts", "Doubts", "words", spare=3),
    Column("client_id", place="data"),
    Column("friend_id", place="data"),
    Column("job_id", place="data"),
    Column("won_on", kind="day", place="data"),
    Column("derived", kind="flag", place="data"),
    Column("allowed_by", place="data"),
    Column("opened_at", kind="instant", place="data"),
    Column("summary", place="data"),
    Column("owner", place="data"),
    Column("due_on", kind="day", place="data"),
    Column("opened_by", place="data"),
    Column("closed_on", kind="day", place="data"),
    Column("resolution", place="data"),
    Column("recorded_at", kind="instant", place="data"),
)
"""Those of every referral, as its report and its export have them, and what follows from the friend's jobs."""


def rows(found: Iterable[Looked]) -> Iterator[tuple[Any, ...]]:
    """Yield rows of COLUMNS."""
    for each in found:
        record, at = each.referral, each.standing
        amount = None if record.reward_minor is None else (record.reward_minor, record.currency)
        due_on = at.due_on if referrals.is_promised(record) else None
        yield (
            record.id, record.opened_on, words.client(each.referrer, client_id=record.client_id),
            words.client(each.friend) if each.friend else record.friend, at.state, standing(each), record.reward,
            amount, record.currency, due_on, [referrals.DOUBTS.get(code, code) for code in each.doubts],
            record.client_id, record.friend_id, at.job.id if at.job else "", at.won_on, at.derived, record.allowed_by,
            record.opened_at, record.summary, record.owner, record.due_on, record.opened_by, record.closed_on,
            record.resolution, record.recorded_at,
        )  # fmt: skip


def standing(each: Looked) -> str:
    """Return where a referral is, and from what that follows."""
    record, at = each.referral, each.standing
    if record.closed_on is not None:
        reason = f": {record.resolution}" if record.resolution else ""
        return f"{record.state} on {record.closed_on}{reason}"
    if at.won_on is None:
        return "made"
    if at.derived and at.job is not None:
        return f"won, by their job of {words.full_day(at.won_on)}"
    return f"won on {words.full_day(at.won_on)}"


def reward(each: Looked, *, today: date) -> str:
    """Return the sentence that says when the reward is due."""
    at = each.standing
    if not referrals.is_promised(each.referral):
        return "No reward is promised for it."
    if at.due_on is not None:
        when = "is due since" if at.due_on <= today else "is due on"
        return f"The reward {when} {words.long_day(at.due_on)}."
    return "The reward is due once the friend's job is paid, and some days have passed."


TREE_COLUMNS = (
    Column("level", kind="number", place="data"),
    Column("tree", "Client", place="screen"),
    Column("client", place="data"),
    Column("client_id", place="data"),
    Column("brought_by", "Brought by", spare=3),
    Column("brought_by_id", place="data"),
    Column("since", "Since", "day", whole=True, spare=2),
    Column("state", "Referral"),
    Column("jobs", "Jobs", "number"),
    Column("worth", "Worth", "words", whole=True),
    Column("brought", "Brought", "number"),
    Column("brought_worth", "What they were worth", "words", whole=True),
    Column("reward", "Reward", spare=1),
    Column("reward_amount", kind="amount", place="data"),
    Column("currency", place="data"),
    Column("referral_id", place="data"),
)


def tree_rows(found: Iterable[Brought]) -> Iterator[tuple[Any, ...]]:
    """Yield rows of TREE_COLUMNS."""
    names: dict[str, str] = {}
    for each in found:
        branch, record = each.branch, each.looked.referral if each.looked and each.branch.level else None
        name = names[branch.client_id] = words.client(each.client, client_id=branch.client_id)
        amount = (record.reward_minor, record.currency) if record and record.reward_minor is not None else None
        yield (
            branch.level, "· " * branch.level + name, name, branch.client_id, names.get(branch.by_id, ""),
            branch.by_id, record.opened_on if record else None, standing(each.looked) if record and each.looked else "",
            each.jobs, _money(each.worth), branch.brought, _money(each.below), record.reward if record else "",
            amount, record.currency if record else "", record.id if record else "",
        )  # fmt: skip


def _money(sums: Mapping[str, int]) -> list[str]:
    return [cells.amount(minor, currency) for currency, minor in sorted(sums.items())]
