"""Two records of one client laid together: whatever either says can be read in the one that is left."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from followup import identity
from followup.model import Client, Consent
from followup.store import merging

TEXTS = st.sampled_from(["", "Ada Hall", "ada hall", "Hall, A.", "Stone & Co", "1 Mill Lane", "LS1 1AA", "de"])
LISTS = st.lists(st.sampled_from(["a@example.com", "A@example.com", "b@example.com", "+441632960123"]), unique=True)
_BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "str": TEXTS,
    "tuple[str, ...]": LISTS.map(tuple),
    "Consent": st.sampled_from(Consent),
    "Mapping[str, str]": st.dictionaries(st.sampled_from(["Car", "Pet"]), TEXTS.filter(bool)),
    "date | None": st.none(),
}


@st.composite
def clients(draw: st.DrawFn, client_id: str) -> Client:
    """Give a client with anything in every field, that is neither merged nor erased."""
    values = {each.name: draw(_BY_TYPE[str(each.type)]) for each in fields(Client)}
    evidence = "" if values["consent"] is Consent.UNKNOWN else f"evidence of {client_id}"
    return Client(**{**values, "id": client_id, "merged_into": "", "referred_by_id": "", "consent_evidence": evidence})


def said(client: Client) -> str:
    """Return everything that a record says, folded."""
    values: list[str] = []
    for each in fields(client):
        value = getattr(client, each.name)
        values += [value] if isinstance(value, str) else value.values() if isinstance(value, dict) else value or ()
    return identity.fold(" ".join(map(str, values)))


@given(clients("cada"), clients("cbert"))
def test_nothing_that_either_says_is_lost(keep: Client, drop: Client) -> None:
    """Every value of both stands in a field, in the notes or in a column; identifiers aside."""
    merged = merging.merged(keep, drop)
    told = said(merged)
    for each in fields(Client):
        for client in (keep, drop):
            value = getattr(client, each.name)
            texts = [value] if isinstance(value, str) else value.values() if isinstance(value, dict) else value or ()
            for text in texts if each.name not in ("id", "consent") else ():
                assert identity.fold(str(text)) in told, each.name


@given(clients("cada"), clients("cbert"))
def test_a_stop_of_either_is_a_stop_whoever_is_kept(keep: Client, drop: Client) -> None:
    """And an address is one of the two, never a mixture."""
    places = ("street", "city", "region", "postal_code", "country")
    for one, other in ((keep, drop), (drop, keep)):
        merged = merging.merged(one, other)
        assert (merged.consent is Consent.OPTED_OUT) == (Consent.OPTED_OUT in (keep.consent, drop.consent))
        whole = [tuple(getattr(client, name) for name in places) for client in (merged, keep, drop)]
        assert whole[0] in whole[1:]
        assert merged.id == one.id
