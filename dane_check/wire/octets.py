"""Names inside a DNS message: compression undone, every step bounded (threats T-16)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import dns.name

_NAME_OCTETS = 255  # RFC 1035 §2.3.4, the root's octet included
_NAMES_KEPT = 4096  # names met lately, some kilobytes each at the very worst
_POINTER_HOPS = 127  # a name has at most 127 labels, so an honest chain is no longer


class Malformed(ValueError):
    """Octets that are not a DNS message, or one beyond the bounds of docs/requirements.md L-6."""


def uint16(octets: bytes, offset: int) -> int:
    """The two-octet number at `offset`; raises `Malformed` where the octets end before it."""
    if offset + 2 > len(octets):
        raise Malformed("the message ends inside a number")
    return octets[offset] << 8 | octets[offset + 1]


class _KeptName(dns.name.Name):
    """A name that works out its hash once: names are the keys of everything that a run knows."""

    __slots__ = ("_hash",)
    _hash: int

    def __init__(self, labels: tuple[bytes, ...]) -> None:
        super().__init__(labels)
        object.__setattr__(self, "_hash", super().__hash__())

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or bool(super().__eq__(other))  # type: ignore[no-untyped-call]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __reduce__(self) -> tuple[Any, ...]:
        return name_of, (self.labels,)


@lru_cache(maxsize=_NAMES_KEPT)
def name_of(labels: tuple[bytes, ...]) -> dns.name.Name:
    """The name with these labels, case kept; the same object for those met lately.

    Raises dnspython's exceptions for what is no name.
    """
    return _KeptName(labels)


def name_octets(name: dns.name.Name) -> bytes:
    """An absolute name, uncompressed, case kept."""
    return b"".join([bytes((len(label),)) + label for label in name.labels])


@lru_cache(maxsize=_NAMES_KEPT)
def canonical_octets(name: dns.name.Name) -> bytes:
    """An absolute name, uncompressed, in lower case: the form that is signed and hashed (RFC 4034 §6.2)."""
    return name_octets(name).lower()  # no length octet is a capital letter: labels have 63 octets at most


class NameReader:
    """Reads names of one message. Pointers go strictly backwards, and what one leads to is read only once."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._tails: dict[int, tuple[bytes, ...]] = {}

    def read(self, offset: int, end: int) -> tuple[dns.name.Name, int]:
        """The name at `offset` as received, and the offset after it, which is at most `end`.

        Raises `Malformed`.
        """
        labels, after = self._labels(offset, end)
        if sum(map(len, labels)) + len(labels) > _NAME_OCTETS:
            raise Malformed("a name is longer than 255 octets")
        return name_of(labels), after

    def _labels(self, offset: int, end: int) -> tuple[tuple[bytes, ...], int]:
        own, pointer, after = self._segment(offset, end)
        return (own if pointer is None else own + self._tail(pointer, offset)), after

    def _tail(self, pointer: int, before: int) -> tuple[bytes, ...]:
        """The labels that `pointer` leads to; found at an offset below `before`."""
        starts: list[tuple[int, tuple[bytes, ...]]] = []
        tail: tuple[bytes, ...] = ()
        target: int | None = pointer
        while target is not None:
            if target >= before:
                raise Malformed("a compression pointer does not point backwards")
            if (known := self._tails.get(target)) is not None:
                tail = known
                break
            if len(starts) >= _POINTER_HOPS:
                raise Malformed("a chain of compression pointers is too long")
            own, following, _ = self._segment(target, before)
            starts.append((target, own))
            before, target = target, following
        for start, own in reversed(starts):
            tail = own + tail
            if len(tail) > _POINTER_HOPS + 1:
                raise Malformed("a name has too many labels")
            self._tails[start] = tail
        return tail

    def _segment(self, offset: int, end: int) -> tuple[tuple[bytes, ...], int | None, int]:
        """The labels up to a pointer (which is returned) or up to the root label, and the offset after them."""
        labels: list[bytes] = []
        octets = self._octets
        start = offset
        while offset < end:
            length = octets[offset]
            if length == 0:
                return (*labels, b""), None, offset + 1
            if length >= 0xC0:
                if offset + 2 > end:
                    break
                return tuple(labels), uint16(octets, offset) & 0x3FFF, offset + 2
            if length >= 0x40:
                raise Malformed("a label has a type that DNS does not use")
            if offset + 1 + length > end or offset - start > _NAME_OCTETS:
                break
            labels.append(octets[offset + 1 : offset + 1 + length])
            offset += 1 + length
        raise Malformed("a name does not end where it should")
