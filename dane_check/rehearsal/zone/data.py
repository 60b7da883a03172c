"""A zone as its servers would answer from it: what stands at a name, and what comes of a name where nothing stands.

RFC 1034 §4.3.2 and RFC 4592, without a word on signatures; those are `zone_transport`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import dns.name
import dns.rdatatype as rrtype

from dane_check.rehearsal.zone.text import ZoneFile, ZoneRecord
from dane_check.wire.rdata import name_at

WILDCARD: Final = dns.name.Name((b"*",))
_COVERED_AT: Final = slice(0, 2)  # of a signature's RDATA: the type it covers (RFC 4034 §3.1)


@dataclass(frozen=True, slots=True)
class RRset:
    """The records of one owner and type, in the order of the file, each once."""

    owner: dns.name.Name
    rdtype: int
    records: tuple[ZoneRecord, ...]

    @property
    def ttl(self) -> int | None:
        """The least of the TTLs, which must not differ (RFC 2181 §5.2)."""
        return min((one.ttl for one in self.records if one.ttl is not None), default=None)


@dataclass(frozen=True, slots=True)
class Data:
    """The set asked for; `source` is where it stands, another name than was asked for if that is a wildcard's."""

    rrset: RRset
    source: dns.name.Name


@dataclass(frozen=True, slots=True)
class Alias:
    """A CNAME at the name, or a DNAME above it; `source` as in `Data`."""

    rrset: RRset
    source: dns.name.Name
    target: dns.name.Name


@dataclass(frozen=True, slots=True)
class Absent:
    """No such type (`source` exists, and may be a wildcard), or no such name (`source` is None)."""

    encloser: dns.name.Name
    source: dns.name.Name | None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Not of this zone: outside it, or below a delegation."""


Found = Data | Alias | Absent | Elsewhere


class ZoneData:
    """A whole zone. Records outside it, and what stands below its delegations, are no part of it."""

    def __init__(self, file: ZoneFile) -> None:
        assert file.whole, "without a SOA record nobody can say what is not in the zone"
        assert file.origin is not None
        self.file = file
        self.origin = file.origin
        self._sets, self._signatures = _sorted_out(file)
        self._cuts = frozenset(name for name, sets in self._sets.items() if rrtype.NS in sets and name != self.origin)
        above = {up for name in self._sets for up in ancestors(name, self.origin)}
        self._inner = frozenset(above - self._sets.keys())

    def at(self, name: dns.name.Name) -> Mapping[int, RRset]:
        """Every set at the name itself, signatures left out."""
        return self._sets.get(name, {})

    def signatures(self, owner: dns.name.Name, rdtype: int) -> tuple[ZoneRecord, ...]:
        """The RRSIG records at `owner` that cover `rdtype`."""
        return self._signatures.get((owner, rdtype), ())

    def of_type(self, rdtype: int) -> Iterator[RRset]:
        """Every set of one type that the zone answers for."""
        return (sets[rdtype] for name, sets in self._sets.items() if rdtype in sets and self.holds(name, rdtype))

    def owners_of(self, rdtype: int) -> list[dns.name.Name]:
        """Every name with a set of this type, delegations included."""
        return [name for name, sets in self._sets.items() if rdtype in sets]

    def holds(self, name: dns.name.Name, rdtype: int = rrtype.TLSA) -> bool:
        """Whether this zone answers for the name: DS of a delegation is its own, anything else at and below is not."""
        return not isinstance(self.find(name, rdtype), Elsewhere)

    def names(self) -> Iterator[dns.name.Name]:
        """Every name with records, in the order of the file."""
        return iter(self._sets)

    def exists(self, name: dns.name.Name) -> bool:
        """Whether the name has records, or names below it do (RFC 4592 §2.2.2)."""
        return name in self._sets or name in self._inner

    def find(self, name: dns.name.Name, rdtype: int) -> Found:
        """What a server of the zone would say."""
        name = name.canonicalize()
        if self.part(name, rdtype) != self.origin:
            return Elsewhere()
        for above in ancestors(name, self.origin):
            if rrtype.DNAME in self.at(above):
                return self._redirected(name, above)
        if self.exists(name):
            return self._standing(name, name, rdtype)
        encloser = next(up for up in ancestors(name, self.origin) if self.exists(up))
        source = WILDCARD.concatenate(encloser)
        if source in self._sets:
            return self._standing(source, encloser, rdtype)
        return Absent(encloser, None)

    def part(self, name: dns.name.Name, rdtype: int = rrtype.TLSA) -> dns.name.Name | None:
        """The origin where this zone answers for the name; the delegation that it lies below; None outside the zone.

        The DS set of a delegation is this zone's own.
        """
        name = name.canonicalize()
        if not name.is_subdomain(self.origin):
            return None
        path = ancestors(name, self.origin)
        if rdtype != rrtype.DS or name not in self._cuts:
            path.insert(0, name)
        return next((up for up in reversed(path) if up in self._cuts), self.origin)

    def _standing(self, source: dns.name.Name, encloser: dns.name.Name, rdtype: int) -> Found:
        sets = self.at(source)
        if rdtype in sets:
            return Data(sets[rdtype], source)
        if rrtype.CNAME in sets:
            alias = sets[rrtype.CNAME]
            return Alias(alias, source, name_at(alias.records[0].rdata, 0)[0].canonicalize())
        return Absent(encloser, source)

    def _redirected(self, name: dns.name.Name, above: dns.name.Name) -> Found:
        rrset = self.at(above)[rrtype.DNAME]
        target = name_at(rrset.records[0].rdata, 0)[0].canonicalize()
        try:
            return Alias(rrset, above, name.relativize(above).concatenate(target))
        except dns.name.NameTooLong:
            return Absent(above, above)


def _sorted_out(
    file: ZoneFile,
) -> tuple[dict[dns.name.Name, dict[int, RRset]], dict[tuple[dns.name.Name, int], tuple[ZoneRecord, ...]]]:
    """The sets of each name within the zone, and the signatures by what they cover."""
    assert file.origin is not None
    records: dict[tuple[dns.name.Name, int], dict[bytes, ZoneRecord]] = {}
    signatures: dict[tuple[dns.name.Name, int], tuple[ZoneRecord, ...]] = {}
    for one in file.records:
        if not one.owner.is_subdomain(file.origin):
            continue
        if one.rdtype == rrtype.RRSIG:
            covered = (one.owner, int.from_bytes(one.rdata[_COVERED_AT]))
            signatures[covered] = (*signatures.get(covered, ()), one)
        else:
            records.setdefault((one.owner, one.rdtype), {}).setdefault(one.rdata, one)
    sets: dict[dns.name.Name, dict[int, RRset]] = {}
    for (owner, rdtype), of_type in records.items():
        sets.setdefault(owner, {})[rdtype] = RRset(owner, rdtype, tuple(of_type.values()))
    return sets, signatures


def ancestors(name: dns.name.Name, origin: dns.name.Name) -> list[dns.name.Name]:
    """The names above `name` down to `origin`, the nearest first; none where `name` is the origin or outside."""
    if not name.is_subdomain(origin):
        return []
    return [dns.name.Name(name.labels[start:]) for start in range(1, len(name) - len(origin) + 1)]
