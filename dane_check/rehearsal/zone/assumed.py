"""A candidate zone without signatures: its records are worth what the world says of the zone today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

import dns.name
import dns.rdatatype as rrtype

from dane_check.check.session import DomainLookups
from dane_check.dnssec.lookup import (
    AliasHop,
    Assumed,
    Bogus,
    Cause,
    Indeterminate,
    Insecure,
    Lookup,
    Record,
    Secure,
    SecureDenial,
    Status,
    Why,
)
from dane_check.limits import DEFAULT
from dane_check.names import plain, safe
from dane_check.rehearsal.zone.data import Absent, Alias, Data, Elsewhere, RRset, ZoneData


class Nobody:
    """The world of a rehearsal offline: whatever is asked was not asked. A `DomainLookups`."""

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """That nobody was asked."""
        sentence = f"nobody was asked for {name} {rdtype}, which the candidates do not hold"
        return Indeterminate(Why(Cause.INCOMPLETE, sentence, record=f"{name} {rdtype}"))

    def zone_is_proven_signed(self, name: str) -> bool:
        """Nothing is proven."""
        return False


@dataclass(frozen=True, slots=True)
class Standing:
    """What a zone's own records are worth: secure by an assumption, or as the failure or insecurity of `lookup`."""

    because: str
    lookup: Lookup | None = None


class AssumedZone:
    """The names of a zone file without signatures, worth what `standing` says of the zone."""

    def __init__(self, data: ZoneData, outside: DomainLookups, standing: Standing | None = None) -> None:
        self._data = data
        self._outside = outside
        self._given = standing
        self.because: str | None = None
        self._signed = False

    def is_proven_signed(self) -> bool:
        """Whether the world's zone is."""
        return self._signed

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """What the file says, with the status of the zone."""
        standing = self._given or await self._standing()
        if isinstance(standing.lookup, Bogus | Indeterminate):
            return standing.lookup
        insecure = standing.lookup if isinstance(standing.lookup, Insecure) else None
        if insecure is None:
            self.because, self._signed = standing.because, True
        return self._answer(dns.name.from_text(name), rrtype.from_text(rdtype), standing.because, insecure)

    async def _standing(self) -> Standing:
        """By the SOA record that the world has (requirements: unsigned candidates could never pass below)."""
        file = self._data.file
        found = await self._outside.lookup(file.name, "SOA")
        match found:
            case Secure(aliases=()):
                shown = safe(file.source, 200)
                return Standing(f"the records of {shown} are taken as published; the zone {file.name} is proven signed")
            case Secure() | SecureDenial():  # behind an alias there is a zone, and it is another one
                sentence = f"there is no zone {file.name} today, so nobody can say whether it will be signed"
                return Standing("", Indeterminate(Why(Cause.INCOMPLETE, sentence, zone=file.name)))
            case Insecure() | Bogus() | Indeterminate():
                return Standing("", found)
        assert_never(found)

    def _answer(self, name: dns.name.Name, rdtype: int, because: str, insecure: Insecure | None) -> Lookup:
        status: Status = "secure" if insecure is None else "insecure"
        hops: list[AliasHop] = []
        seen = {name}
        while isinstance(found := self._data.find(name, rdtype), Alias) and rdtype != rrtype.CNAME:
            via = "DNAME" if found.rrset.rdtype == rrtype.DNAME else "CNAME"
            hops.append(AliasHop(plain(str(name)), plain(str(found.target)), status, via))
            name = found.target
            if name in seen or len(hops) > DEFAULT.dns.alias_hops:
                return _endless(hops, status)
            seen.add(name)
        match found:
            case Data(rrset, source) | Alias(rrset, source):
                records = _records(rrset, name)
                if insecure is not None:
                    return Insecure("data", records, insecure.why, insecure.proof, tuple(hops))
                return Secure(records, Assumed(because), tuple(hops), wildcard=source != name)
            case Absent(source=source):
                kind: Literal["nodata", "nxdomain"] = "nxdomain" if source is None else "nodata"
                if insecure is not None:
                    return Insecure(kind, (), insecure.why, insecure.proof, tuple(hops))
                return SecureDenial(kind, Assumed(because), tuple(hops))
            case Elsewhere():
                return Indeterminate(
                    Why(Cause.INCOMPLETE, f"{plain(str(name))} is of another zone"), aliases=tuple(hops)
                )
        assert_never(found)


def _endless(hops: list[AliasHop], status: Status) -> Lookup:
    why = Why(Cause.ALIAS_LOOP, f"the alias {hops[0].owner} leads back to {hops[-1].target}", record=hops[0].owner)
    if len(hops) > DEFAULT.dns.alias_hops:
        sentence = f"more than {DEFAULT.dns.alias_hops} aliases lead on from {hops[0].owner}"
        return Indeterminate(Why(Cause.ALIAS_LIMIT, sentence, record=hops[-1].owner), aliases=tuple(hops))
    return Bogus(why, aliases=tuple(hops)) if status == "secure" else Indeterminate(why, aliases=tuple(hops))


def _records(rrset: RRset, owner: dns.name.Name) -> tuple[Record, ...]:
    kind, name = rrtype.to_text(rrtype.RdataType.make(rrset.rdtype)), plain(str(owner))
    return tuple(Record(name, one.ttl or 0, one.rdata, one.text, kind) for one in rrset.records)
