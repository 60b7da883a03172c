"""DNSKEY and DS records as values (RFC 4034 §2, §5; RFC 5011 §3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import dns.name

from dane_check.dnssec.algorithms import digest
from dane_check.wire.octets import canonical_octets

_ZONE: Final = 0x0100
_REVOKE: Final = 0x0080


@dataclass(frozen=True)
class Key:
    """One DNSKEY (RFC 4034 §2.1). `material` is the public key in its algorithm's own encoding."""

    flags: int
    protocol: int
    algorithm: int
    material: bytes

    @classmethod
    def from_rdata(cls, rdata: bytes) -> Self | None:
        """The key in DNSKEY RDATA, or None where the octets are too few."""
        if len(rdata) < 5:
            return None
        return cls(rdata[0] << 8 | rdata[1], rdata[2], rdata[3], rdata[4:])

    @property
    def rdata(self) -> bytes:
        """The RDATA it was read from."""
        return struct.pack("!HBB", self.flags, self.protocol, self.algorithm) + self.material

    @cached_property
    def tag(self) -> int:
        """The key tag (RFC 4034 appendix B)."""
        octets = self.rdata
        total = sum(octets[0::2]) * 256 + sum(octets[1::2])
        return (total + (total >> 16)) & 0xFFFF

    @property
    def signs_zones(self) -> bool:
        """Whether it may verify anything: Zone flag set, protocol 3, not revoked (R4035-5.3.1-f). SEP means nothing."""
        return bool(self.flags & _ZONE) and self.protocol == 3 and not self.revoked

    @property
    def revoked(self) -> bool:
        """Whether the REVOKE flag is set (RFC 5011 §2.1)."""
        return bool(self.flags & _REVOKE)


@dataclass(frozen=True, slots=True)
class ZoneKeys:
    """A zone and its DNSKEY set, validated. Holding one is the proof that the zone is signed."""

    name: dns.name.Name
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Ds:
    """One DS (RFC 4034 §5.1)."""

    key_tag: int
    algorithm: int
    digest_type: int
    digest: bytes

    @classmethod
    def from_rdata(cls, rdata: bytes) -> Self | None:
        """The DS in RDATA, or None where the octets are too few."""
        if len(rdata) < 5:
            return None
        return cls(rdata[0] << 8 | rdata[1], rdata[2], rdata[3], rdata[4:])

    def could_name(self, key: Key) -> bool:
        """Whether tag and algorithm agree, which costs nothing to see."""
        return key.signs_zones and key.algorithm == self.algorithm and key.tag == self.key_tag

    def names(self, zone: dns.name.Name, key: Key) -> bool:
        """Whether the digest is that of `key` in `zone` (RFC 4034 §5.1.4)."""
        return digest(self.digest_type, canonical_octets(zone) + key.rdata) == self.digest


@dataclass(frozen=True, slots=True)
class Entry:
    """What names the first keys of a zone: a validated DS set, or a trust anchor, which may also be keys."""

    ds: tuple[Ds, ...] = ()
    keys: tuple[Key, ...] = ()
