"""TOML tables into frozen values, strictly: an unknown key or a wrong type is refused by name."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from enum import Enum
from typing import Any, TypeVar, get_args, get_origin

from dane_check.errors import UsageError

_T = TypeVar("_T")


def read(cls: type[_T], table: Mapping[str, Any], where: str) -> _T:
    """An instance of the dataclass `cls` from a table; `where` opens the message of `UsageError`.

    Fields may be str, int, float, bool, enums, other such dataclasses, tuples of these, mappings from str,
    and unions with None. Where a tuple is expected a single value will do.
    """
    hints = typing.get_type_hints(cls)
    known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            raise UsageError(f"{where}: unknown key {key!r}; known are {', '.join(known)}")
    for name, field in known.items():
        if name not in table and field.default is MISSING and field.default_factory is MISSING:
            raise UsageError(f"{where}: {name!r} is missing")
    return cls(**{key: _value(hints[key], value, f"{where}: {key}") for key, value in table.items()})


def _value(hint: Any, value: Any, where: str) -> Any:
    if isinstance(hint, types.UnionType):
        hint = next(arm for arm in get_args(hint) if arm is not type(None))
    origin = get_origin(hint)
    if origin is tuple:
        items = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        return tuple(_value(get_args(hint)[0], item, where) for item in items)
    if origin is not None and isinstance(value, Mapping):
        return {key: _value(get_args(hint)[1], item, where) for key, item in value.items()}
    return _plain(hint, value, where)


def _plain(hint: Any, value: Any, where: str) -> Any:
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(value)
        except ValueError:
            words = ", ".join(str(member.value) for member in hint)
            raise UsageError(f"{where}: {value!r} is not one of {words}") from None
    if isinstance(value, Mapping) and hasattr(hint, "__dataclass_fields__"):
        return read(hint, value, where)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise UsageError(f"{where}: {value!r} is not {getattr(hint, '__name__', hint)}")
    return value
