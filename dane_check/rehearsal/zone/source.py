"""A candidate zone at the upper seam: its own names from the file, everything else from the world. A `LookupSource`.

A file without signatures counts as what the world says of the zone today: proven signed, and its records are taken as
published in it; unsigned, and they protect nobody; failing, and they fail too. A file with signatures is validated.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Protocol

import dns.name
import dns.rdatatype as rrtype

from dane_check.check.session import DomainLookups
from dane_check.dnssec.lookup import AliasHop, Bogus, Cause, Indeterminate, Insecure, Lookup, Secure, SecureDenial, Why
from dane_check.limits import DEFAULT
from dane_check.names import plain
from dane_check.rehearsal.zone.assumed import AssumedZone, Nobody, Standing
from dane_check.rehearsal.zone.data import ZoneData
from dane_check.rehearsal.zone.delegated import as_delegated
from dane_check.rehearsal.zone.signed import SignedZone
from dane_check.settings import Settings


class Zone(Protocol):
    """What answers for the names of one zone; an alias that leads out of it is the last of the aliases."""

    because: str | None

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """As `LookupSource.lookup`."""
        ...

    def is_proven_signed(self) -> bool:
        """Whether something of the zone counted as secure."""
        ...


class ZoneSource:
    """Lookups with one zone replaced. `because` says what its records rest on, once something was looked up."""

    def __init__(self, data: ZoneData, zone: Zone, outside: DomainLookups) -> None:
        self._data = data
        self._zone = zone
        self._outside = outside

    @property
    def because(self) -> str | None:
        """What was taken for granted; None while nothing was."""
        return self._zone.because

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """The zone's answer for its names, the world's for others, and both where an alias leads across."""
        return await self._from(name, rdtype, DEFAULT.dns.alias_hops)

    async def _from(self, name: str, rdtype: str, hops_left: int) -> Lookup:
        part = self._part(name, rdtype)
        found = await self._answer(part, name, rdtype)
        place = next((i for i, hop in enumerate(found.aliases) if self._part(hop.target, rdtype) != part), None)
        if place is None or any(hop.status in {"bogus", "indeterminate"} for hop in found.aliases[: place + 1]):
            return found
        before = found.aliases[: place + 1]
        if len(before) > hops_left:
            sentence = f"more than {DEFAULT.dns.alias_hops} aliases lead on from {before[0].owner}"
            return Indeterminate(Why(Cause.ALIAS_LIMIT, sentence, record=before[-1].owner), aliases=before)
        rest = await self._from(plain(before[-1].target), rdtype, hops_left - len(before))
        return _after(before, rest)

    def _part(self, name: str, rdtype: str) -> dns.name.Name | None:
        return self._data.part(dns.name.from_text(name), rrtype.from_text(rdtype))

    async def _answer(self, part: dns.name.Name | None, name: str, rdtype: str) -> Lookup:
        if part == self._data.origin:
            return await self._zone.lookup(name, rdtype)
        found = await self._outside.lookup(name, rdtype)
        if part is None or isinstance(found, Bogus | Indeterminate):
            return found
        cut = plain(str(part))
        ds = await self._zone.lookup(cut, "DS")
        published = await self._outside.lookup(cut, "DS") if ds.records else None
        return as_delegated(found, part, ds, published)

    def zone_is_proven_signed(self, name: str) -> bool:
        """See `check.session.DomainLookups`."""
        part = self._data.part(dns.name.from_text(name))
        if part == self._data.origin:
            return self._zone.is_proven_signed()
        return self._outside.zone_is_proven_signed(name)


def _after(before: tuple[AliasHop, ...], rest: Lookup) -> Lookup:
    """The answer at the end of aliases; one insecure hop taints it (R7672-2.1.3-d)."""
    led = replace(rest, aliases=(*before, *rest.aliases))
    weak = next((hop for hop in before if hop.status == "insecure"), None)
    if weak is None or not isinstance(led, Secure | SecureDenial):
        return led
    why = Why(Cause.INSECURE_ALIAS, f"the alias {weak.owner} is not signed", record=f"{weak.owner} {weak.via}")
    return Insecure(led.kind, led.records, why, led.proof, led.aliases)


def zone_source(
    data: ZoneData, outside: DomainLookups, settings: Settings, now: datetime, ds: tuple[str, ...] = ()
) -> ZoneSource:
    """The zone laid over `outside`: validated where the file brings signatures, else assumed."""
    if data.file.is_signed:
        return ZoneSource(data, SignedZone(data, outside, settings, now, ds), outside)
    signed = Standing("the zone is assumed to be signed; nobody was asked") if isinstance(outside, Nobody) else None
    return ZoneSource(data, AssumedZone(data, outside, signed), outside)
