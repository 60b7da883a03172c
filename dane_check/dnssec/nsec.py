"""What NSEC records prove (RFC 4035 §5.4, RFC 6840 §4, RFC 4592, RFC 9824).

All records given are verified, of one zone, and stand under the name that was signed, never under one that a
wildcard was expanded to (R4035-5.4-d).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import dns.name
import dns.rdatatype as rrtype

from dane_check.dnssec.denial import NXNAME, Denied, TypeBitmap
from dane_check.dnssec.signature import Verified
from dane_check.wire.octets import Malformed
from dane_check.wire.rdata import name_at


@dataclass(frozen=True, slots=True)
class Nsec:
    """One NSEC record of `zone`."""

    zone: dns.name.Name
    owner: dns.name.Name
    next: dns.name.Name
    types: TypeBitmap
    verified: Verified

    @classmethod
    def from_verified(cls, zone: dns.name.Name, verified: Verified) -> Self | None:
        """The record, or None where it is unreadable, leads out of the zone (R4035-5.4-e), or is an apex elsewhere."""
        rdata = verified.rrset.records[0].rdata
        try:
            following, after = name_at(rdata, 0)
        except Malformed:
            return None
        types = TypeBitmap.from_octets(rdata[after:])
        if types is None or not following.is_subdomain(zone):
            return None
        if rrtype.SOA in types and verified.owner != zone:
            return None
        return cls(zone, verified.owner, following, types, verified)

    def speaks_below(self, name: dns.name.Name) -> bool:
        """Whether the record may say anything about `name` where that is below its owner (R6840-4.1-a)."""
        if not name.is_subdomain(self.owner) or name == self.owner:
            return True
        return not (rrtype.DNAME in self.types or (self.types.is_delegation and self.owner != self.zone))

    def spans(self, name: dns.name.Name) -> bool:
        """Whether `name` sorts between the owner and the next name; the last record's next name is the apex."""
        if not (self.owner < name and self.speaks_below(name)):
            return False
        return bool(name < self.next) or self.next == self.zone

    def covers(self, name: dns.name.Name) -> bool:
        """Whether `name` does not exist, not even as an empty non-terminal."""
        return self.spans(name) and not self.next.is_subdomain(name)

    def makes_empty(self, name: dns.name.Name) -> bool:
        """Whether `name` is an empty non-terminal: the next name is below it (R4035-5.4-a)."""
        return self.spans(name) and self.next.is_subdomain(name) and self.next != name

    def encloser(self, name: dns.name.Name) -> dns.name.Name:
        """The closest encloser of a covered name: the longer ancestor it shares with owner or next name."""
        shared = (_common_ancestor(name, self.owner), _common_ancestor(name, self.next))
        return max(shared, key=len)


def deny(name: dns.name.Name, rdtype: int, nsecs: Sequence[Nsec], *, nxdomain: bool) -> Denied | None:
    """The absence that the records prove, or None.

    `nxdomain` is the reply's word, which is not signed: with it the name's existence may turn out (then it is
    nodata), without it the absence of the name alone proves nothing (R4035-5.4-f).
    """
    for nsec in nsecs:
        if nsec.owner == name and nsec.types.denies(rdtype, name):
            return _matched(nsec)
        if nsec.makes_empty(name):
            return Denied("nodata", (nsec.verified,))
    for cover in nsecs:
        if cover.covers(name) and (found := _under_encloser(cover, name, rdtype, nsecs, nxdomain)) is not None:
            return found
    return None


def no_closer_match(name: dns.name.Name, encloser: dns.name.Name, nsecs: Sequence[Nsec]) -> Denied | None:
    """That a wildcard answer is due: `name` does not exist and `encloser` is its closest encloser (R4035-5.3.4-a)."""
    for nsec in nsecs:
        if nsec.covers(name) and nsec.encloser(name) == encloser:
            return Denied("nxdomain", (nsec.verified,))
    return None


def _matched(nsec: Nsec) -> Denied:
    compact = NXNAME in nsec.types
    delegation = nsec.types.is_delegation and nsec.owner != nsec.zone
    return Denied(
        "nxdomain" if compact else "nodata",
        (nsec.verified,),
        compact=compact,
        delegation=delegation,
        empty_below=compact or rrtype.DNAME in nsec.types,
    )


def _under_encloser(
    cover: Nsec, name: dns.name.Name, rdtype: int, nsecs: Sequence[Nsec], nxdomain: bool
) -> Denied | None:
    """What follows once `name` itself is known not to exist: the wildcard's turn (R4035-5.4-b, -c)."""
    encloser = cover.encloser(name)
    wildcard = dns.name.Name((b"*", *encloser.labels))
    for nsec in nsecs:
        used = (cover.verified, nsec.verified) if nsec is not cover else (cover.verified,)
        if nsec.owner == wildcard and nsec.types.denies(rdtype, wildcard):
            return Denied("nodata", used, empty_below=True)
        if nsec.makes_empty(wildcard):
            return Denied("nodata", used, empty_below=True)
        if nxdomain and nsec.covers(wildcard):
            return Denied("nxdomain", used, empty_below=True)
    return None


def _common_ancestor(one: dns.name.Name, other: dns.name.Name) -> dns.name.Name:
    _, _, labels = one.fullcompare(other)
    return dns.name.Name(one.labels[-labels:])
