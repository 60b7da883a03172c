"""What a proof of absence says, whichever records it is made of, and the types an NSEC or NSEC3 lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Self

import dns.name
import dns.rdatatype as rrtype

from dane_check.dnssec.lookup import Cause
from dane_check.dnssec.signature import Verified

NXNAME: Final = 128  # RFC 9824: the name does not exist, though a record matches it

# Bits that say nothing about the owner's own data (R6840-4.2-a).
_IGNORED: Final = frozenset({rrtype.NSEC, rrtype.RRSIG, NXNAME})


@dataclass(frozen=True, slots=True)
class TypeBitmap:
    """The types listed in an NSEC or NSEC3 record (RFC 4034 §4.1.2)."""

    types: frozenset[int]

    @classmethod
    def from_octets(cls, octets: bytes) -> Self | None:
        """The bitmap, or None where windows are out of order or run over the end."""
        types: set[int] = set()
        offset, last = 0, -1
        while offset < len(octets):
            window, size = octets[offset], int.from_bytes(octets[offset + 1 : offset + 2], "big")
            bits = octets[offset + 2 : offset + 2 + size]
            if window <= last or not 1 <= size <= 32 or len(bits) != size:
                return None
            types |= {window << 8 | at << 3 | bit for at in range(size) for bit in range(8) if bits[at] << bit & 0x80}
            offset, last = offset + 2 + size, window
        return cls(frozenset(types))

    def __contains__(self, rdtype: int) -> bool:
        return rdtype in self.types

    @property
    def is_delegation(self) -> bool:
        """Whether the record stands on the parent's side of a zone cut: NS without SOA (R6840-4.1-a)."""
        return rrtype.NS in self and rrtype.SOA not in self

    def denies(self, rdtype: int, name: dns.name.Name) -> bool:
        """Whether a record that matches `name` in the zone asked shows that it has no `rdtype` and no CNAME.

        A child's own apex record (SOA) does not speak about DS, the root's does (R5155-8.6-a); the parent's
        record at a cut speaks about DS only.
        """
        if rdtype == rrtype.ANY:
            return not self.types - _IGNORED
        if rdtype in self or rrtype.CNAME in self:
            return False
        if rdtype == rrtype.DS:
            return rrtype.SOA not in self or name == dns.name.root
        return not self.is_delegation


@dataclass(frozen=True, slots=True)
class Denied:
    """A proof of absence.

    unauthenticated -- why it is worth no more than insecure: OPT_OUT (D-14) or NSEC3_ITERATIONS (D-10).
    delegation -- the record that matches the name has NS set: beside a denied DS, an unsigned delegation.
    empty_below -- nothing exists at or below the name.
    """

    kind: Literal["nodata", "nxdomain"]
    used: tuple[Verified, ...]
    compact: bool = False
    unauthenticated: Cause | None = None
    delegation: bool = False
    empty_below: bool = False
