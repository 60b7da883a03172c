"""A DNS message, read so that one bad record never loses the rest (requirements R6698-2.1-c, §20.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype as rrtype

from dane_check.limits import DEFAULT, DnsLimits
from dane_check.wire.octets import Malformed, NameReader, uint16
from dane_check.wire.rdata import expand

__all__ = ["ExtendedError", "Malformed", "Message", "ResourceRecord", "read"]

_HEADER: Final = 12
_QR: Final = 0x8000
_TC: Final = 0x0200
_AA: Final = 0x04  # in the third octet of the header
_EXTENDED_ERROR: Final = 15  # EDNS option code, RFC 8914 §2
_EXTENDED_ERRORS: Final = 16  # kept of one message; a reply that says more says nothing
_RECORD: Final = struct.Struct("!HHIH")


@dataclass(frozen=True, slots=True)
class ResourceRecord:
    """One record of class IN as received.

    rdata -- the RDATA octets with compressed names expanded, otherwise exactly as received (case kept).
    whole -- whether names inside it could be expanded; if not, the octets are those of the message.
    """

    owner: dns.name.Name
    rdtype: int
    ttl: int
    rdata: bytes
    whole: bool = True

    @property
    def parsed(self) -> dns.rdata.Rdata | None:
        """dnspython's reading, for display; made when asked for, as few records are ever shown.

        None for TLSA, which is always kept raw, and for RDATA that its own type's rules refuse.
        """
        return _parse(self.rdtype, self.rdata) if self.whole else None


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

    @property
    def authoritative(self) -> bool:
        """Whether the server says that it holds the zone itself (AA); a claim, worth no more than that."""
        return len(self.octets) > 2 and bool(self.octets[2] & _AA)


def read(octets: bytes, limits: DnsLimits = DEFAULT.dns) -> Message:
    """A reply from the wire: answer and authority of class IN, and what EDNS adds to the header.

    A record that its own type's rules refuse stays in its place. Raises `Malformed`, and
    nothing else, for what is no reply, cannot be walked from record to record, or goes beyond L-6.
    """
    try:
        return _Walk(octets, limits).message()
    except (ValueError, IndexError, struct.error, dns.exception.DNSException) as trouble:
        if isinstance(trouble, Malformed):
            raise
        raise Malformed(f"not a DNS message: {type(trouble).__name__}") from trouble


@dataclass(frozen=True, slots=True)
class _Raw:
    """One record before its RDATA is looked at."""

    owner: dns.name.Name
    rdtype: int
    rdclass: int
    ttl: int
    start: int
    end: int


class _Walk:
    """One pass over the octets of a message."""

    def __init__(self, octets: bytes, limits: DnsLimits) -> None:
        if not _HEADER <= len(octets) <= limits.message_octets:
            raise Malformed("the message is shorter than a header or longer than a message can be")
        self._octets = octets
        self._names = NameReader(octets)
        self._offset = _HEADER
        self._limits = limits

    def message(self) -> Message:
        message_id, flags, questions, *counts = struct.unpack_from("!6H", self._octets)
        if not flags & _QR:
            raise Malformed("the message is a query, not a reply")
        if questions > 1 or sum(counts) > self._limits.message_records:
            raise Malformed("the message has too many questions or records")
        question = self._question() if questions else None
        answer, authority, additional = ([self._raw() for _ in range(count)] for count in counts)
        extended_rcode, errors = self._edns(additional)
        return Message(
            octets=self._octets,
            id=message_id,
            rcode=extended_rcode << 4 | flags & 0x0F,
            truncated=bool(flags & _TC),
            question=question,
            answer=self._records(answer),
            authority=self._records(authority),
            extended_errors=errors,
        )

    def _question(self) -> tuple[dns.name.Name, int] | None:
        name, offset = self._names.read(self._offset, len(self._octets))
        rdtype, rdclass = uint16(self._octets, offset), uint16(self._octets, offset + 2)
        self._offset = offset + 4
        return (name, rdtype) if rdclass == dns.rdataclass.IN else None

    def _raw(self) -> _Raw:
        owner, offset = self._names.read(self._offset, len(self._octets))
        rdtype, rdclass, ttl, size = _RECORD.unpack_from(self._octets, offset)
        start = offset + _RECORD.size
        self._offset = start + size
        if self._offset > len(self._octets):
            raise Malformed("a record ends after the message does")
        # A TTL with its highest bit set counts as zero (RFC 2181 §8); OPT has other things in that place.
        return _Raw(owner, rdtype, rdclass, ttl, start, self._offset)

    def _records(self, raws: list[_Raw]) -> tuple[ResourceRecord, ...]:
        return tuple(self._record(raw) for raw in raws if raw.rdclass == dns.rdataclass.IN)

    def _record(self, raw: _Raw) -> ResourceRecord:
        ttl = 0 if raw.ttl & 0x80000000 else raw.ttl
        try:
            rdata = expand(self._octets, raw.start, raw.end, raw.rdtype, self._names)
        except Malformed:
            return ResourceRecord(raw.owner, raw.rdtype, ttl, self._octets[raw.start : raw.end], whole=False)
        return ResourceRecord(raw.owner, raw.rdtype, ttl, rdata)

    def _edns(self, additional: list[_Raw]) -> tuple[int, tuple[ExtendedError, ...]]:
        """The upper bits of the response code and the extended errors, from the first OPT record."""
        opt = next((raw for raw in additional if raw.rdtype == rrtype.OPT), None)
        if opt is None:
            return 0, ()
        return opt.ttl >> 24, _extended_errors(self._octets[opt.start : opt.end])


def _parse(rdtype: int, rdata: bytes) -> dns.rdata.Rdata | None:
    """dnspython's reading, or None: TLSA is never shown to it, for it refuses what validation must keep."""
    if rdtype == rrtype.TLSA:
        return None
    try:
        return dns.rdata.from_wire(dns.rdataclass.IN, rrtype.RdataType.make(rdtype), rdata, 0, len(rdata))
    except Exception:  # a hundred parsers fed by strangers: whatever one of them raises, the octets stay
        return None


def _extended_errors(options: bytes) -> tuple[ExtendedError, ...]:
    """Those that can be read (RFC 8914 §2); an option that runs over the end, and what follows, is let be."""
    found: list[ExtendedError] = []
    offset = 0
    while offset + 4 <= len(options) and len(found) < _EXTENDED_ERRORS:
        code, size = struct.unpack_from("!HH", options, offset)
        value = options[offset + 4 : offset + 4 + size]
        offset += 4 + size
        if code == _EXTENDED_ERROR and 2 <= size == len(value):
            found.append(ExtendedError(int.from_bytes(value[:2], "big"), value[2:].rstrip(b"\0")))
    return tuple(found)
