"""Kinds of records as data: each description says everything that its record holds, once."""

from __future__ import annotations

import dataclasses

import pytest

from followup.care.kind import Kind
from followup.care.kinds import KINDS
from followup.store import codec

OF_EVERY_KIND = {"id", "client_id", "recorded_at", "currency"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_describes_every_field_of_its_record(kind: Kind) -> None:
    """Nothing that is recorded is missing from its export, and nothing is said of a field that is not there."""
    held = {field.name for field in dataclasses.fields(kind.record)} - OF_EVERY_KIND
    assert sorted(each.name for each in kind.fields) == sorted(held)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_no_two_columns_and_no_two_options_of_a_kind_have_one_name(kind: Kind) -> None:
    """A header or an option means one thing."""
    headers = [each.name for each in kind.columns]
    assert len(headers) == len(set(headers))
    for verb in kind.verbs:
        options = [each.said for each in kind.at(verb)]
        assert len(options) == len(set(options))


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_is_called_the_same_here_and_in_the_store(kind: Kind) -> None:
    """The word is written into every change."""
    assert codec.TABLES[kind.record].name == kind.name
    assert set(KINDS) == set(codec.CARE)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_endings_lead_to_states_that_there_are(kind: Kind) -> None:
    """And never back to the first one."""
    states = {str(each.value) for each in kind.states}
    assert kind.closed <= states - {kind.begins}
