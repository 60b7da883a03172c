"""A DNS message, read so that one bad record never loses the rest (requirements R6698-2.1-c, §20.1)."""

from __future__ import annotations

from dataclasses import dataclass

import dns.name
import dns.rdata


@dataclass(frozen=True, slots=True)
class ResourceRecord:
    """One record of class IN as received.

    rdata -- the RDATA octets with compressed names expanded, otherwise exactly as received (case kept).
    parsed -- dnspython's reading of them for display and for names inside; None for TLSA, which is always
        kept raw, and for RDATA that its own type's rules refuse (the octets stay).
    """

    owner: dns.name.Name
    rdtype: int
    ttl: int
    rdata: bytes
    parsed: dns.rdata.Rdata | None


@dataclass(frozen=True, slots=True)
class ExtendedError:
    """An Extended DNS Error (RFC 8914): a hint for people, unauthenticated, never believed."""

    code: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A reply whose header and sections could be read. AD is deliberately not among its fields (D-16)."""

    octets: bytes
    id: int
    rcode: int  # with the EDNS extension
    truncated: bool
    question: tuple[dns.name.Name, int] | None
    answer: tuple[ResourceRecord, ...]
    authority: tuple[ResourceRecord, ...]
    extended_errors: tuple[ExtendedError, ...] = ()
