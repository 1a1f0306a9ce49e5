"""Records: data classes whose methods are compiled once many records are made, not when the module is imported.

Takes what ``dataclasses.dataclass`` takes. Gives the same classes: ``fields``, ``replace`` and ``match`` work. Touches
nothing. The standard decorator compiles seven functions for every class; for the fifty that a short command imports
and mostly does not use, that was a third of its time.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, FrozenInstanceError, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

__all__ = ["dataclass", "field"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool = False, slots: bool = False, eq: bool = True, **options: Any) -> Any:
        """Make a class with slots a record; any other is left to the standard decorator."""
        if slots:
            return lambda each: _record(each, frozen=frozen, eq=eq, **options)
        return dataclasses.dataclass(frozen=frozen, slots=slots, eq=eq, **options)


def _record(plain: type, *, frozen: bool, eq: bool, kw_only: bool = False) -> Any:
    methods = _METHODS | (_FREEZING if frozen else {})
    if eq:
        methods |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
    for name, method in methods.items():
        if name not in vars(plain):
            setattr(plain, name, method)
    return dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(plain)


_FEW = 8  # a class that has so many is likely to have hundreds, for which a method of their own is worth compiling
_MADE = Counter[type]()


def _first_init(self: Any, /, *args: Any, **values: Any) -> None:
    """Fill the first few field by field; then compile the class's own `__init__`, which takes this one's place."""
    kind = type(self)
    _MADE[kind] += 1
    if _MADE[kind] > _FEW or not _filled(self, args, values):
        kind.__init__ = _compiled_init(kind)
        kind.__init__(self, *args, **values)


def _filled(record: Any, args: Sequence[Any], named: Mapping[str, Any]) -> bool:
    """Set the fields of *record*; False where the values do not fit them, which the compiled method says in words."""
    values = {**dict(zip(record.__match_args__, args, strict=False)), **named}
    if len(values) < len(args) + len(named):
        return False
    used = 0
    for each in dataclasses.fields(record):
        if not each.init:
            continue
        if each.name in values:
            value = values[each.name]
            used += 1
        elif each.default is not MISSING:
            value = each.default
        elif each.default_factory is not MISSING:
            value = each.default_factory()
        else:
            return False
        object.__setattr__(record, each.name, value)
    if used < len(values):
        return False
    if hasattr(record, "__post_init__"):
        record.__post_init__()
    return True


def _compiled_init(kind: Any) -> Callable[..., None]:
    """Return the method that the standard decorator would have written."""
    known: dict[str, Any] = {"MISSING": MISSING}
    positional, named, body = ["self"], list[str](), list[str]()
    for each in dataclasses.fields(kind):
        if not each.init:
            continue
        name = value = parameter = each.name
        if each.default is not MISSING:
            known[f"default_{name}"] = each.default
            parameter = f"{name}=default_{name}"
        elif each.default_factory is not MISSING:
            known[f"make_{name}"] = each.default_factory
            parameter, value = f"{name}=MISSING", f"make_{name}() if {name} is MISSING else {name}"
        (named if each.kw_only else positional).append(parameter)
        if kind.__setattr__ is object.__setattr__:
            body.append(f"    self.{name} = {value}")
        else:
            known[f"set_{name}"] = getattr(kind, name).__set__  # the slot's own: half the time of object.__setattr__
            body.append(f"    set_{name}(self, {value})")
    if hasattr(kind, "__post_init__"):
        body.append("    self.__post_init__()")
    if named:
        positional.append("*")
    exec("\n".join([f"def __init__({', '.join([*positional, *named])}):", *body]), known)  # noqa: S102  # our own text
    made: Callable[..., None] = known["__init__"]
    made.__qualname__ = f"{kind.__qualname__}.__init__"
    return made


class _Readers(dict[Any, Callable[[Any], Any]]):
    """Class -> what reads the values by which its records are compared, made when it is first asked for."""

    def __missing__(self, kind: Any) -> Callable[[Any], Any]:
        self[kind] = attrgetter(*(each.name for each in dataclasses.fields(kind) if each.compare))
        return self[kind]


_READERS = _Readers()


def _repr(self: Any) -> str:
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in dataclasses.fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _eq(self: Any, other: object) -> Any:
    if self is other:
        return True
    if self.__class__ is not other.__class__:
        return NotImplemented
    read = _READERS[self.__class__]
    return read(self) == read(other)


def _hash(self: Any) -> int:
    return hash(_READERS[self.__class__](self))


def _setattr(self: Any, name: str, value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(self: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


_METHODS: dict[str, Callable[..., Any] | None] = {"__init__": _first_init, "__repr__": _repr}
_FREEZING: dict[str, Callable[..., Any] | None] = {"__setattr__": _setattr, "__delattr__": _delattr}
