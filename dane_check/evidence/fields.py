"""Typed access to the fields of a JSON document that nobody vouches for."""

from __future__ import annotations

import binascii
import ipaddress
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

_Word = TypeVar("_Word", bound=StrEnum)
_Item = TypeVar("_Item")


class Damaged(Exception):
    """A field is missing, unknown or not what it should be; the message says which and where."""


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose names stand once each; two readers could disagree about any other."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Damaged("a name stands twice in one object")
    return found


def items(value: Any, path: str, read: Callable[[Any, str], _Item]) -> tuple[_Item, ...]:
    """Every item of the list `value`, read by `read`."""
    if not isinstance(value, list):
        raise Damaged(f"{path} is no list")
    return tuple(read(one, f"{path}[{place}]") for place, one in enumerate(value))


def text(value: Any, path: str) -> str:
    """A string of characters that UTF-8 can hold."""
    if not isinstance(value, str) or any("\ud800" <= character <= "\udfff" for character in value):
        raise Damaged(f"{path} is no text")
    return value


def octets(value: Any, path: str) -> bytes:
    """The octets behind a base64 string."""
    try:
        return b64decode(text(value, path), validate=True)
    except (binascii.Error, ValueError):
        raise Damaged(f"{path} is no base64") from None


class Fields:
    """The fields of one JSON object. Reading one takes it out; `end` refuses whatever is left."""

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise Damaged(f"{path or 'the document'} is no object")
        self._left = dict(value)
        self._path = path

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def at(self, name: str) -> str:
        """Where field `name` stands, for people."""
        return f"{self._path}.{name}" if self._path else name

    def take(self, name: str) -> Any:
        """The field as it came."""
        if name not in self._left:
            raise Damaged(f"{self.at(name)} is missing")
        return self._left.pop(name)

    def end(self) -> None:
        """Raises Damaged if there are fields that nobody asked for."""
        if self._left:
            raise Damaged(f"{self._path or 'the document'} has a field that does not belong there")

    def text(self, name: str) -> str:
        """A string."""
        return text(self.take(name), self.at(name))

    def maybe_text(self, name: str) -> str | None:
        """A string or null."""
        value = self.take(name)
        return None if value is None else text(value, self.at(name))

    def number(self, name: str, least: int, most: int) -> int:
        """A whole number within bounds."""
        value = self.take(name)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Damaged(f"{self.at(name)} is no whole number from {least} to {most}")
        return value

    def octets(self, name: str) -> bytes:
        """The octets behind a base64 string."""
        return octets(self.take(name), self.at(name))

    def word(self, name: str, words: type[_Word]) -> _Word:
        """One word of an enumeration."""
        return one_word(self.take(name), self.at(name), words)

    def maybe_word(self, name: str, words: type[_Word]) -> _Word | None:
        """One word of an enumeration, or null."""
        value = self.take(name)
        return None if value is None else one_word(value, self.at(name), words)

    def address(self, name: str) -> str:
        """An IP address literal, as it was written."""
        value = self.text(name)
        try:
            ipaddress.ip_address(value)
        except ValueError:
            raise Damaged(f"{self.at(name)} is no IP address") from None
        return value

    def moment(self, name: str) -> datetime:
        """A moment of ISO 8601 with its zone, in UTC."""
        try:
            value = datetime.fromisoformat(self.text(name))
            if value.tzinfo is None:
                raise ValueError
            return value.astimezone(UTC)
        except (ValueError, OverflowError):
            raise Damaged(f"{self.at(name)} is no moment such as 2026-03-01T12:00:00Z") from None

    def fields(self, name: str) -> Fields:
        """The object at `name`."""
        return Fields(self.take(name), self.at(name))

    def items(self, name: str, read: Callable[[Any, str], _Item]) -> tuple[_Item, ...]:
        """Every item of the list at `name`, read by `read`."""
        return items(self.take(name), self.at(name), read)


def one_word(value: Any, path: str, words: type[_Word]) -> _Word:
    """`value` as one of `words`."""
    if not isinstance(value, str) or value not in {word.value for word in words}:
        raise Damaged(f"{path} is none of the words it may be")
    return words(value)
