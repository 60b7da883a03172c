"""A signed zone file at the lower seam: it answers as a server of the zone would, proofs included, and nobody else.

Whatever the file lacks is missing from its answers as well, so that the validator says what is wrong with it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype as rrtype
import dns.rrset

from dane_check.names import safe
from dane_check.ports import Fault, Heard, NoReply, Question, Server
from dane_check.rehearsal.zone.data import WILDCARD, Absent, Alias, Data, Elsewhere, RRset, ZoneData, ancestors
from dane_check.rehearsal.zone.text import ZoneRecord
from dane_check.wire.message import Malformed, read
from dane_check.wire.octets import name_octets

_MOST_OCTETS: Final = 65535


class ZoneTransport:
    """Answers from one signed zone. A `DnsTransport` whose servers are all the same."""

    def __init__(self, zone: ZoneData) -> None:
        self._zone = zone
        self._denial: _Denial = _Nsec3(zone) if zone.owners_of(rrtype.NSEC3) else _Nsec(zone)

    async def ask(self, question: Question, server: Server) -> Heard:
        """What a server of the zone says; no reply to what is of another zone."""
        name = question.name.canonicalize()
        found = self._zone.find(name, question.rdtype)
        if isinstance(found, Elsewhere):
            return NoReply(Fault.NOT_RECORDED, "not in the zone file")
        message = dns.message.QueryMessage(id=0)
        message.flags = dns.flags.Flag(dns.flags.QR | dns.flags.RA)
        message.question = [dns.rrset.RRset(name, dns.rdataclass.IN, rrtype.RdataType.make(question.rdtype))]
        try:
            self._fill(message, name, found)
            return read(message.to_wire(max_size=_MOST_OCTETS, want_shuffle=False))
        except (dns.exception.DNSException, Malformed, ValueError) as fault:  # too much, or an unknown hash
            return NoReply(Fault.MALFORMED, safe(str(fault), 120))

    def _fill(self, message: dns.message.QueryMessage, name: dns.name.Name, found: Data | Alias | Absent) -> None:
        match found:
            case Absent(encloser, source):
                soa = self._zone.at(self._zone.origin)[rrtype.SOA]
                message.authority.extend([*self._signed(soa, self._zone.origin), *self._denied(name, encloser)])
                message.set_rcode(dns.rcode.NXDOMAIN if source is None else dns.rcode.NOERROR)
                return
            case Alias(rrset, source, target) if rrset.rdtype == rrtype.DNAME:
                message.answer.extend([*self._signed(rrset, source), _synthesised(name, rrset, target)])
            case Data(rrset, source) | Alias(rrset, source):
                message.answer.extend(self._signed(rrset, name))
                if source != name:
                    message.authority.extend(self._denied(name, source.parent()))

    def _signed(self, rrset: RRset, owner: dns.name.Name) -> Iterator[dns.rrset.RRset]:
        """The set and its signatures, at `owner` where a wildcard makes it stand there."""
        yield _wire_set(owner, rrset.rdtype, rrset.records)
        signatures = self._zone.signatures(rrset.owner, rrset.rdtype)
        if signatures:
            yield _wire_set(owner, rrtype.RRSIG, signatures)

    def _denied(self, name: dns.name.Name, encloser: dns.name.Name) -> Iterator[dns.rrset.RRset]:
        for owner in dict.fromkeys(self._denial.owners(name, encloser)):
            rdtype = self._denial.rdtype
            yield from self._signed(self._zone.at(owner)[rdtype], owner)


def _wire_set(owner: dns.name.Name, rdtype: int, records: Iterable[ZoneRecord]) -> dns.rrset.RRset:
    """RDATA as octets, whatever the type: what is malformed must be served as it is."""
    made = [dns.rdata.GenericRdata(dns.rdataclass.IN, rrtype.RdataType.make(rdtype), one.rdata) for one in records]
    ttl = min((one.ttl or 0 for one in records), default=0)
    return dns.rrset.from_rdata_list(owner, ttl, made)


def _synthesised(name: dns.name.Name, dname: RRset, target: dns.name.Name) -> dns.rrset.RRset:
    rdata = dns.rdata.GenericRdata(dns.rdataclass.IN, rrtype.CNAME, name_octets(target))
    return dns.rrset.from_rdata_list(name, dname.ttl or 0, [rdata])


class _Nsec:
    """NSEC: the record at a name, or the last before it in canonical order (RFC 4035 §3.1.3)."""

    rdtype = rrtype.NSEC

    def __init__(self, zone: ZoneData) -> None:
        self._names = sorted(zone.owners_of(rrtype.NSEC))

    def owners(self, name: dns.name.Name, encloser: dns.name.Name) -> Iterator[dns.name.Name]:
        """Where the records stand that deny `name` and the wildcard at `encloser`."""
        for denied in (name, WILDCARD.concatenate(encloser)):
            if self._names:
                yield self._names[bisect_right(self._names, denied) - 1]


class _Nsec3:
    """NSEC3: by hash (RFC 5155 §7.2), the closest encloser, the next closer name and the wildcard."""

    rdtype = rrtype.NSEC3

    def __init__(self, zone: ZoneData) -> None:
        self._origin = zone.origin
        self._hashes = sorted(zone.owners_of(rrtype.NSEC3))
        first = zone.at(self._hashes[0])[rrtype.NSEC3].records[0].rdata
        self._algorithm, self._iterations = first[0], int.from_bytes(first[2:4])
        self._salt = first[5 : 5 + first[4]]

    def owners(self, name: dns.name.Name, encloser: dns.name.Name) -> Iterator[dns.name.Name]:
        """Where the records stand that match or cover what has to be shown."""
        path = [name, *ancestors(name, self._origin)]
        next_closer = [one for one in path if one.parent() == encloser][:1]
        for shown in (name, encloser, *next_closer, WILDCARD.concatenate(encloser)):
            yield self._hashes[bisect_right(self._hashes, self._hashed(shown)) - 1]

    def _hashed(self, name: dns.name.Name) -> dns.name.Name:
        from dns.dnssec import nsec3_hash

        text = nsec3_hash(name, self._salt or None, self._iterations, self._algorithm)
        return dns.name.Name((text.lower().encode("ascii"), *self._origin.labels))


_Denial = _Nsec | _Nsec3
