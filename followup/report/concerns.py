"""Clients to worry about: rows for programs, a few lines each for people.

Takes concerns and their clients. Gives rows and lines. Touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from followup.care.concerns import ANSWERED, SIGNS, Act, Concern
from followup.cells import Column, printable
from followup.model import Client, Reason
from followup.report import words


class Found(Protocol):
    """A concern together with the client."""

    @property
    def concern(self) -> Concern:
        """Return the concern."""

    @property
    def client(self) -> Client:
        """Return whom it is about."""


COLUMNS = (
    Column("client_id", "Key", whole=True),
    Column("client", "Client"),
    Column("score", "Score", "number", whole=True),
    Column("evidence", "Because", "reasons"),
    Column("proposal", "Next step"),
    Column("act", place="data"),
    Column("terms", kind="words", place="data"),
    Column("case_id", place="data"),
    Column("job_id", place="data"),
    Column("return_of", place="data"),
    Column("remedy", kind="flag", place="data"),
)


def rows(found: Iterable[Found]) -> Iterator[tuple[Any, ...]]:
    """Yield a row a client; a term is "late 18 of 25": what it counts by now, and on its day."""
    for each in found:
        concern, proposal = each.concern, each.concern.proposal
        yield (
            concern.client_id,
            words.client(each.client),
            concern.score,
            [Reason(term.sign, term.text, term.on) for term in concern.terms],
            proposal.text,
            proposal.act.value,
            [str(term) for term in concern.terms],
            proposal.case_id,
            proposal.job_id,
            proposal.return_of,
            proposal.remedy,
        )


def lines(found: Iterable[Found], *, verbose: bool = False) -> Iterator[str]:
    """Yield a few lines a client: who, why, and what to do; *verbose*: also how the score adds up."""
    for number, each in enumerate(found):
        concern = each.concern
        if number:
            yield ""
        yield printable(f"{words.client(each.client)}  {concern.client_id}  score {concern.score}")
        if verbose:
            shown = [(f"{term.points:>3}", str(term), term.text) for term in concern.terms]
        else:
            shown = [("-", term.text, f"({term.answered})" if term.answered else "") for term in concern.terms]
        yield from words.aligned(shown)
        yield printable(f"  next: {concern.proposal.text}")
        if concern.proposal.remedy:
            yield "        and offer something: `followup case offer`, of the remedies in followup.toml"
        if concern.proposal.act is not Act.CASE:
            yield f"        followup concerns --accept {concern.client_id}"


def table() -> Iterator[str]:
    """Yield the table of terms: what each sign counts, and when it counts no more."""
    yield "What counts, on its day and less each day after:"
    yield from words.aligned([(f"{weight.points:>3}", sign, _fades(weight.fades)) for sign, weight in SIGNS.items()])
    yield f"What was answered since counts 1/{ANSWERED} of that."


def _fades(days: int) -> str:
    return f"gone after {words.plural(days, 'day')}"
