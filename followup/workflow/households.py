"""Who lives together and so shares a budget: what address and phones say, and what the owner says.

Takes a Desk and clients. Gives households. What the owner says is a fact, a batch of its own, and can be undone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from followup import identity
from followup.errors import BadInput
from followup.model import Client, Tie, TieKind
from followup.records import dataclass
from followup.store import names
from followup.workflow import finding, records
from followup.workflow.desk import Desk

PAGE = 500
"""Of how many clients the households are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of a household, and what ties them to the others."""

    client: Client
    shares: tuple[str, ...]  # "1 High St, LS1 1AA", "+44...", "you said so"


def of(desk: Desk, client: Client) -> list[Member]:
    """Return the household of *client*, who is the first of it; alone where nobody shares anything."""
    (group,) = desk.store.households([client.id])
    return sorted(_members(desk, group), key=lambda member: member.client.id != client.id)


def all_of(desk: Desk) -> Iterator[list[Member]]:
    """Yield every household of more than one."""
    ids = (client.id for client in records.clients(desk))
    for group in desk.store.households(ids):
        if len(group) > 1:
            yield _members(desk, group)


def is_alone(desk: Desk, client: Client) -> bool:
    """Tell whether the owner said that address and phones of *client* tie it to nobody."""
    return any(tie.kind is TieKind.ALONE for tie in desk.store.ties([client.id]))


def join(desk: Desk, client: Client, other: Client) -> None:
    """Say that two clients are of one household, whatever their addresses are."""
    if client.id == other.id:
        raise BadInput(f"{finding.describe_client(client)} is one client. Name two.")
    (group,) = desk.store.households([client.id])
    if other.id not in group:
        _say(desk, Tie(
            id=identity.random_identifier(),
            client_id=client.id,
            other_id=other.id,
            kind=TieKind.TOGETHER,
            said_at=desk.now(),
        ))  # fmt: skip


def leave(desk: Desk, client: Client) -> None:
    """Say that *client* is of nobody's household: neither by address and phones, nor by what was said before."""
    before = _said(desk, client)
    if any(tie.kind is TieKind.ALONE for tie in before) and len(before) == 1:
        return
    _say(
        desk,
        Tie(id=identity.random_identifier(), client_id=client.id, kind=TieKind.ALONE, said_at=desk.now()),
        instead_of=before,
    )


def forget(desk: Desk, client: Client) -> int:
    """Take back what was said of the household of *client*: address and phones decide again. Return how much it was."""
    before = _said(desk, client)
    if before:
        _say(desk, instead_of=before)
    return len(before)


def _said(desk: Desk, client: Client) -> list[Tie]:
    return [tie for tie in desk.store.ties([client.id]) if tie.kind is not TieKind.DIFFERENT]


def _say(desk: Desk, *ties: Tie, instead_of: Iterable[Tie] = ()) -> None:
    with desk.store.write(kind="hand", command="client household", person=desk.person, now=desk.now()) as write:
        for tie in instead_of:
            write.delete(tie)
        write.save_many(ties)


def _members(desk: Desk, group: Sequence[str]) -> list[Member]:
    clients = desk.store.clients(group)
    ties = desk.store.ties(group) if len(group) > 1 else []
    alone = {tie.client_id for tie in ties if tie.kind is TieKind.ALONE}
    told = {each for tie in ties if tie.kind is TieKind.TOGETHER for each in (tie.client_id, tie.other_id)}
    shared = {client.id: {} if client.id in alone else _shareable(client) for client in clients.values()}
    count = Counter(key for keys in shared.values() for key in keys)
    return [
        Member(
            clients[client_id],
            (
                *(text for key, text in shared[client_id].items() if count[key] > 1),
                *(("you said so",) if client_id in told else ()),
            ),
        )
        for client_id in group
        if client_id in clients
    ]


def _shareable(client: Client) -> Mapping[str, str]:
    """Return what ties a client to others: key -> how it is shown."""
    address = dict.fromkeys(names.household_keys(client), f"{client.street}, {client.postal_code}")
    return address | {number: number for number in client.phones if number.startswith("+")}
