"""Values of any type of ours, made from its annotations, with one text in every place that takes text.

So a writer needs no example of its own to be tried: whoever adds one gets hostile input from its signature.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import pkgutil
import types
import typing
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum

import dns.name

import dane_check

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_MANY = (tuple, list, set, frozenset, Sequence, Iterable, Collection)


@functools.cache
def _known() -> dict[str, object]:
    """Every public class of the package by name: modules import some for their annotations alone."""
    found: dict[str, object] = {}
    for module in pkgutil.walk_packages(dane_check.__path__, "dane_check."):
        if not module.name.endswith("__main__"):
            found |= vars(importlib.import_module(module.name))
    return {name: value for name, value in found.items() if isinstance(value, type)}


def hints_of(annotated: object) -> dict[str, object]:
    """The annotations of a class or function as types."""
    return typing.get_type_hints(annotated, localns=_Missing(annotated))


class _Missing(dict[str, object]):
    """Names that the module of `annotated` does not have at run time."""

    def __init__(self, annotated: object) -> None:
        own = vars(importlib.import_module(str(getattr(annotated, "__module__", "builtins"))))
        super().__init__({name: value for name, value in _known().items() if name not in own})


class Making:
    """One way to make values: `variant` chooses among the members of enums, unions and booleans.

    fixed -- what stands at a parameter `name` or a field `Class.name`, whatever its type.
    """

    def __init__(self, payload: str, variant: int, fixed: Mapping[str, object]) -> None:
        self.payload, self.variant, self.fixed = payload, variant, fixed

    def of(self, wanted: object, name: str = "", depth: int = 0) -> object:
        """A value of the type `wanted`. Raises TypeError for a type it knows nothing of."""
        if name in self.fixed:
            return self.fixed[name]
        origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
        if origin in (typing.Union, types.UnionType):
            return self._one_of(arguments, name, depth)
        if origin is typing.Literal:
            return arguments[self.variant % len(arguments)]
        if origin in _MANY:
            return self._many(origin, arguments, name, depth)
        if origin in (Mapping, dict):
            return {self.of(arguments[0], name, depth): self.of(arguments[1], name, depth)}
        return self._plain(wanted, depth)

    def _one_of(self, types_: tuple[object, ...], name: str, depth: int) -> object:
        full = [one for one in types_ if one is not type(None)]
        if len(full) < len(types_) and (self.variant == 3 or depth > 12):
            return None
        return self.of(full[self.variant % len(full)], name, depth)

    def _many(self, origin: object, arguments: tuple[object, ...], name: str, depth: int) -> object:
        if origin is tuple and (len(arguments) < 2 or arguments[1] is not Ellipsis):
            return tuple(self.of(one, name, depth) for one in arguments)
        made = [self.of(arguments[0], name, depth)]
        return frozenset(made) if origin in (set, frozenset) else tuple(made)

    def _plain(self, wanted: object, depth: int) -> object:
        if wanted is str or wanted is typing.Any or wanted is object:
            return self.payload
        if wanted is dns.name.Name:
            return dns.name.Name((self.payload.encode("utf-8", "surrogateescape")[:63], b""))
        if wanted is bytes:
            return self.payload.encode("utf-8", "surrogateescape")
        if wanted is bool:
            return self.variant % 2 == 0
        if wanted in (int, float):
            return 1
        if wanted in (datetime, date):
            return NOW
        if isinstance(wanted, type) and issubclass(wanted, Enum):
            members = list(wanted)
            return members[self.variant % len(members)]
        if dataclasses.is_dataclass(wanted) and isinstance(wanted, type):
            return self.filled(wanted, depth + 1)
        raise TypeError(f"nobody said how to make a {wanted}")

    def filled(self, cls: type, depth: int = 0) -> object:
        """An instance with every field filled, those with a default included."""
        hints = hints_of(cls)
        return cls(
            **{
                one.name: self.of(hints[one.name], f"{cls.__name__}.{one.name}", depth)
                for one in dataclasses.fields(cls)
                if one.init
            }
        )
