"""Records are data classes; only the time at which their methods are compiled differs."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from followup.records import dataclass, field


def _fields() -> dict[str, Any]:
    return {
        "__doc__": "A thing.",
        "__annotations__": {"name": "str", "size": "int", "parts": "list[int]", "made": "str"},
        "size": 3,
        "parts": dataclasses.field(default_factory=list),
        "made": dataclasses.field(init=False, compare=False, repr=False),
        "__post_init__": lambda self: object.__setattr__(self, "made", f"{self.name} x {self.size}"),
    }


def _both(**options: Any) -> tuple[Any, Any]:
    ours = dataclass(frozen=True, slots=True, **options)(type("Thing", (), _fields()))
    theirs = dataclasses.dataclass(frozen=True, slots=True, **options)(type("Thing", (), _fields()))
    return ours, theirs


def test_a_record_is_made_compared_and_shown_as_a_data_class_is() -> None:
    """Defaults, factories, fields that are worked out, equality and the text are those of the standard decorator."""
    ours, theirs = _both()
    for make in (lambda kind: kind("a"), lambda kind: kind("a", 4, parts=[1])):
        assert repr(make(ours)) == repr(make(theirs))
        assert make(ours) == make(ours)
        assert make(ours).made == make(theirs).made
    assert ours("a") != ours("b")
    assert ours("a") != theirs("a")
    assert ours("a").parts is not ours("a").parts
    assert ours.__match_args__ == theirs.__match_args__
    assert [each.name for each in dataclasses.fields(ours)] == [each.name for each in dataclasses.fields(theirs)]


def test_the_first_record_and_the_hundredth_are_alike() -> None:
    """With how many there are only the way changes in which they are made: values, defaults and refusals stay."""
    ours, theirs = _both()
    for number in range(100):
        assert repr(ours("a", parts=[number])) == repr(theirs("a", parts=[number]))
        assert ours("a", number) == ours(name="a", size=number)
        for wrong in (lambda: ours(), lambda: ours("a", name="b"), lambda: ours("a", 1, [], 2), lambda: ours("a", x=1)):
            with pytest.raises(TypeError):
                wrong()


def test_replace_makes_another_record_and_leaves_the_first() -> None:
    """`dataclasses.replace` works on records, and what is worked out is worked out again."""
    ours, _ = _both(kw_only=True)
    first = ours(name="a")
    assert dataclasses.replace(first, size=9).made == "a x 9"
    assert first.size == 3


def test_nothing_in_a_record_can_be_set_or_removed() -> None:
    """Records are frozen, and they have no room for further names."""
    ours, _ = _both()
    made = ours("a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.name = "b"
    with pytest.raises(dataclasses.FrozenInstanceError):
        del made.name
    assert not hasattr(made, "__dict__")


def test_wrong_arguments_are_refused_also_by_the_first_record() -> None:
    """A missing, an unknown and a positional argument where there is none are errors from the start."""
    for wrong in ((), {"name": "a", "colour": "red"}, ("a",)):
        ours, _ = _both(kw_only=True)
        with pytest.raises(TypeError):
            ours(**wrong) if isinstance(wrong, dict) else ours(*wrong)


def test_equal_records_have_one_hash() -> None:
    """Records can be members of sets and keys."""

    @dataclass(frozen=True, slots=True)
    class Day:
        """A day."""

        number: int
        words: tuple[str, ...] = field(default=(), compare=False)

    assert len({Day(1), Day(1, ("one",)), Day(2)}) == 2


def test_records_compared_by_identity_and_changeable_ones_work_as_ever() -> None:
    """`eq=False` compares by identity; what is not frozen can be changed, is compared by its values, and is no key."""
    ours, _ = _both(eq=False)
    assert ours("a") != ours("a")
    assert len({ours("a"), ours("a")}) == 2

    @dataclass(slots=True)
    class Count:
        """A count."""

        number: int = 0

    count = Count()
    count.number += 1
    assert count == Count(1)
    assert repr(count).endswith("Count(number=1)")
    assert not hasattr(count, "__dict__")
    with pytest.raises(TypeError):
        hash(count)
