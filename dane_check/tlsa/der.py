"""A strict, bounded reader of DER (X.690): enough to take a certificate apart without changing an octet of it.

Libraries re-encode what they parse; a TLSA digest is over the octets as sent (RFC 6698 §2.1.2). So the
octets are cut, never rebuilt. Only what DER allows is read: definite, minimal lengths and one-octet tags.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
OBJECT_IDENTIFIER: Final = 0x06
UTF8_STRING: Final = 0x0C
PRINTABLE_STRING: Final = 0x13
T61_STRING: Final = 0x14
IA5_STRING: Final = 0x16
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
VISIBLE_STRING: Final = 0x1A
UNIVERSAL_STRING: Final = 0x1C
BMP_STRING: Final = 0x1E
SEQUENCE: Final = 0x30
SET: Final = 0x31

_LONGEST_LENGTH: Final = 4  # octets of a length field: 4 GiB, far above every limit on what is read here
# Octets of an object identifier: OpenSSL's largest known one has 15; a number of kilobytes is an attack.
_LONGEST_IDENTIFIER: Final = 64


class DerError(ValueError):
    """The octets are not the DER that was expected; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Element:
    """One tag, length and value; offsets count in `octets`, which may hold much more than the element."""

    octets: bytes
    tag: int
    start: int
    body: int
    end: int

    @property
    def value(self) -> bytes:
        """The contents octets."""
        return self.octets[self.body : self.end]

    @property
    def encoding(self) -> bytes:
        """Tag, length and contents, exactly as they stood."""
        return self.octets[self.start : self.end]

    def inside(self) -> Reader:
        """A reader of the elements within this one."""
        return Reader(self.octets, self.body, self.end)


class Reader:
    """Reads elements one after the other between two offsets; every fault is a `DerError`."""

    def __init__(self, octets: bytes, at: int = 0, end: int | None = None) -> None:
        self._octets = octets
        self._at = at
        self._end = len(octets) if end is None else end

    @property
    def done(self) -> bool:
        """Whether everything was read."""
        return self._at >= self._end

    def next_tag(self) -> int | None:
        """The tag of the element to come; None at the end."""
        return None if self.done else self._octets[self._at]

    def take(self, tag: int | None = None) -> Element:
        """The next element, which must have this tag if one is given."""
        found = _element(self._octets, self._at, self._end)
        if tag is not None and found.tag != tag:
            raise DerError(f"tag {found.tag:#04x} where {tag:#04x} was expected")
        self._at = found.end
        return found

    def take_if(self, tag: int) -> Element | None:
        """The next element if it has this tag, else None and nothing is read."""
        return self.take(tag) if self.next_tag() == tag else None

    def rest(self) -> Iterator[Element]:
        """All elements up to the end."""
        while not self.done:
            yield self.take()

    def finish(self) -> None:
        """Refuse octets that were left over."""
        if not self.done:
            raise DerError(f"{self._end - self._at} octets left over")


def only(octets: bytes, tag: int) -> Element:
    """The single element that these octets are, with nothing after it."""
    reader = Reader(octets)
    element = reader.take(tag)
    reader.finish()
    return element


def encode(tag: int, *parts: bytes) -> bytes:
    """One element whose contents are these parts, one after the other."""
    length = sum(map(len, parts))
    if length < 0x80:
        return bytes((tag, length, *b"".join(parts)))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + b"".join(parts)


def integer(element: Element) -> int:
    """The value of an INTEGER (or of an implicitly tagged one)."""
    if element.end == element.body:
        raise DerError("an integer without octets")
    return int.from_bytes(element.value, "big", signed=True)


def object_identifier(element: Element) -> str:
    """The dotted form of an OBJECT IDENTIFIER."""
    value = element.value
    if not 0 < len(value) <= _LONGEST_IDENTIFIER or value[-1] & 0x80:
        raise DerError("an object identifier that breaks off or is too long")
    numbers: list[int] = []
    number = 0
    for octet in value:
        number = number << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def _element(octets: bytes, at: int, end: int) -> Element:
    if end - at < 2:
        raise DerError("the octets break off within a tag or length")
    tag = octets[at]
    if tag & 0x1F == 0x1F:
        raise DerError("a tag number above 30")
    length, body = _length(octets, at + 1, end)
    if length > end - body:
        raise DerError(f"a length of {length} where {end - body} octets are left")
    return Element(octets, tag, at, body, body + length)


def _length(octets: bytes, at: int, end: int) -> tuple[int, int]:
    first = octets[at]
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    if not 1 <= count <= _LONGEST_LENGTH or count > end - at - 1:
        raise DerError("an indefinite or oversized length")
    body = at + 1 + count
    length = int.from_bytes(octets[at + 1 : body], "big")
    if length < 0x80 or octets[at + 1] == 0:
        raise DerError("a length that is not in its shortest form")
    return length, body
