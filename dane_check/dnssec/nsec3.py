"""What NSEC3 records prove (RFC 5155 §8, RFC 9276).

All records given are verified and of one zone. Iterations are looked at before anything is hashed.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self

import dns.name
import dns.rdatatype as rrtype

from dane_check.dnssec.denial import NXNAME, Denied, TypeBitmap
from dane_check.dnssec.lookup import Cause
from dane_check.dnssec.signature import Verified

_SHA1: Final = 1
_SHA1_OCTETS: Final = 20
_OPT_OUT: Final = 1


@dataclass(frozen=True, slots=True)
class Nsec3:
    """One usable NSEC3 record; owner and next name as hashes."""

    hash: bytes
    next: bytes
    types: TypeBitmap
    opt_out: bool
    iterations: int
    salt: bytes
    verified: Verified

    @classmethod
    def from_verified(cls, zone: dns.name.Name, verified: Verified, rdata: bytes) -> Self | None:
        """The record, or None where it is to be ignored.

        That is: another hash algorithm or unknown flags (RFC 5155 §8.1, §8.2), hashes that are not of 20
        octets (R5155-8-a), an owner not directly below `zone` (R5155-7-b) or made from a wildcard.
        """
        if verified.encloser is not None or verified.owner == zone or verified.owner.parent() != zone:
            return None
        owner = _unbase32(verified.owner.labels[0])
        if owner is None or len(rdata) < 6 or rdata[0] != _SHA1 or rdata[1] & ~_OPT_OUT:
            return None
        salt_end = 5 + rdata[4]
        next_end = salt_end + 1 + _SHA1_OCTETS
        if len(rdata) < next_end or rdata[salt_end] != _SHA1_OCTETS:
            return None
        types = TypeBitmap.from_octets(rdata[next_end:])
        if types is None:
            return None
        return cls(
            hash=owner,
            next=rdata[salt_end + 1 : next_end],
            types=types,
            opt_out=bool(rdata[1] & _OPT_OUT),
            iterations=int.from_bytes(rdata[2:4], "big"),
            salt=rdata[5:salt_end],
            verified=verified,
        )

    def covers(self, digest: bytes) -> bool:
        """Whether no name of the zone has this hash; the last record's span wraps around."""
        if self.hash < self.next:
            return self.hash < digest < self.next
        return digest > self.hash or digest < self.next


Hash = Callable[[dns.name.Name, bytes, int], bytes]


class Chain:
    """The NSEC3 records of one reply, asked by name. `hash_name` counts its work and may raise `Spent`."""

    def __init__(self, zone: dns.name.Name, records: Sequence[Nsec3], hash_name: Hash) -> None:
        self.zone = zone
        self._records = records
        self._hash_name = hash_name

    @property
    def mixed(self) -> bool:
        """Whether the records are not all of one chain (R5155-8.2-b): together they prove nothing."""
        return len({(record.iterations, record.salt) for record in self._records}) > 1

    def beyond(self, iterations: int) -> Nsec3 | None:
        """A record with more iterations than that (R9276-3.2-a)."""
        return next((record for record in self._records if record.iterations > iterations), None)

    def matching(self, name: dns.name.Name) -> Nsec3 | None:
        """The record of `name`: the name exists."""
        digest = self._hash(name)
        return next((record for record in self._records if record.hash == digest), None)

    def covering(self, name: dns.name.Name) -> Nsec3 | None:
        """The record in whose span `name` would be: it does not exist, or opt-out leaves that open."""
        digest = self._hash(name)
        return next((record for record in self._records if record.covers(digest)), None)

    def _hash(self, name: dns.name.Name) -> bytes:
        one = self._records[0]
        return self._hash_name(name, one.salt, one.iterations)


@dataclass(frozen=True, slots=True)
class _Encloser:
    """The closest encloser proof (RFC 5155 §8.3): `match` is the encloser's record, `cover` the next closer's."""

    name: dns.name.Name
    match: Nsec3
    cover: Nsec3

    @property
    def used(self) -> tuple[Verified, ...]:
        return _distinct(self.match, self.cover)


def deny(name: dns.name.Name, rdtype: int, chain: Chain, *, nxdomain: bool) -> Denied | None:
    """The absence that the records prove, or None; `nxdomain` as in `nsec.deny`."""
    match = chain.matching(name)
    if match is not None:
        return _matched(name, rdtype, chain, match)
    encloser = _closest_encloser(name, chain)
    return _under_encloser(encloser, rdtype, chain, nxdomain) if encloser is not None else None


def no_closer_match(name: dns.name.Name, encloser: dns.name.Name, chain: Chain) -> Denied | None:
    """That a wildcard answer is due: the name one label below `encloser` does not exist (RFC 5155 §8.8)."""
    cover = chain.covering(_next_closer(name, encloser))
    if cover is None:
        return None
    return Denied("nxdomain", (cover.verified,), unauthenticated=_opt_out(cover))


def _matched(name: dns.name.Name, rdtype: int, chain: Chain, match: Nsec3) -> Denied | None:
    """RFC 5155 §8.5, §8.6."""
    if not match.types.denies(rdtype, name):
        return None
    compact = NXNAME in match.types
    return Denied(
        "nxdomain" if compact else "nodata",
        (match.verified,),
        compact=compact,
        delegation=match.types.is_delegation and name != chain.zone,
        empty_below=compact or rrtype.DNAME in match.types,
    )


def _closest_encloser(name: dns.name.Name, chain: Chain) -> _Encloser | None:
    """From the name upwards to the first ancestor that exists; it may be neither a cut nor a DNAME (R5155-8.3-a)."""
    next_closer = name
    while next_closer != chain.zone:
        candidate = next_closer.parent()
        match = chain.matching(candidate)
        if match is not None:
            at_cut = match.types.is_delegation and candidate != chain.zone
            cover = None if at_cut or rrtype.DNAME in match.types else chain.covering(next_closer)
            return _Encloser(candidate, match, cover) if cover is not None else None
        next_closer = candidate
    return None


def _under_encloser(encloser: _Encloser, rdtype: int, chain: Chain, nxdomain: bool) -> Denied | None:
    """The name does not exist: the wildcard's turn (RFC 5155 §8.4, §8.7), and what opt-out leaves (§8.6, §9.2)."""
    wildcard = dns.name.Name((b"*", *encloser.name.labels))
    doubt = _opt_out(encloser.cover)
    match = chain.matching(wildcard)
    if match is not None and match.types.denies(rdtype, wildcard):
        used = (*encloser.used, match.verified)
        return Denied("nodata", used, unauthenticated=doubt, empty_below=doubt is None)
    if nxdomain and match is None and (cover := chain.covering(wildcard)) is not None:
        used = _distinct(encloser.match, encloser.cover, cover)
        return Denied("nxdomain", used, unauthenticated=doubt, empty_below=doubt is None)
    # Without the wildcard's own proof, an opt-out span still shows that nothing signed is there (R5155-6-a).
    if doubt is not None and not nxdomain and match is None:
        return Denied("nodata", encloser.used, unauthenticated=doubt)
    return None


def _opt_out(cover: Nsec3) -> Cause | None:
    """The flag counts on the next closer's cover and nowhere else (R5155-9.2-a)."""
    return Cause.OPT_OUT if cover.opt_out else None


def _next_closer(name: dns.name.Name, encloser: dns.name.Name) -> dns.name.Name:
    return dns.name.Name(name.labels[-(len(encloser) + 1) :])


def _distinct(*records: Nsec3) -> tuple[Verified, ...]:
    return tuple(dict.fromkeys(record.verified for record in records))


def _unbase32(label: bytes) -> bytes | None:
    if len(label) != 32:
        return None
    try:
        return base64.b32hexdecode(label.upper())
    except ValueError:
        return None
