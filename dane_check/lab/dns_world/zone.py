"""One zone: its records, its keys, and what it answers to one name and type, proofs included.

Signatures are made when they are first asked for and kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
from dns.rcode import Rcode
from dns.rdata import Rdata
from dns.rdataset import Rdataset
from dns.rdatatype import RdataType

from dane_check.lab.dns_world.denial import OPT_OUT, PLAIN, Chain, Denying, Hashing, Nsec3Chain, NsecChain, wildcard
from dane_check.lab.dns_world.flaws import ON_RRSETS, Flaw, Kind
from dane_check.lab.dns_world.signing import Period, ZoneKeys

TTL = 3600  # seconds; the default of the lab, for denials as well

Sets = Mapping[dns.name.Name, Mapping[RdataType, Rdataset]]


class DenialKind(StrEnum):
    """How a zone denies."""

    NSEC = "nsec"
    NSEC3 = "nsec3"
    NSEC3_OPT_OUT = "nsec3-opt-out"


@dataclass(frozen=True, slots=True)
class SignedSet:
    """One RRset of a reply and its signatures, None where the zone has none."""

    owner: dns.name.Name
    rdataset: Rdataset
    signatures: Rdataset | None


@dataclass(frozen=True, slots=True)
class Part:
    """What one zone contributes to a reply.

    target -- where an alias leads, if the answer is one.
    rcode -- NOERROR, or NXDOMAIN with its proof in `authority`.
    """

    answer: tuple[SignedSet, ...] = ()
    authority: tuple[SignedSet, ...] = ()
    rcode: Rcode = Rcode.NOERROR
    target: dns.name.Name | None = None


class Zone:
    """A zone ready to answer. `sets` holds SOA, NS and delegations; DNSKEY and NSEC3PARAM are added here."""

    def __init__(
        self,
        origin: dns.name.Name,
        sets: Sets,
        *,
        keys: ZoneKeys | None = None,
        denial: DenialKind = DenialKind.NSEC,
        hashing: Hashing = PLAIN,
        flaws: Iterable[Flaw] = (),
    ) -> None:
        self.origin = origin
        self.flaws = tuple(flaws)
        self._keys = keys
        self._sets = _with_keys(origin, sets, keys, hashing if denial is not DenialKind.NSEC else None)
        self._inner = _empty_non_terminals(origin, self._sets)
        self._chain = _chain(origin, self._sets, denial, hashing) if keys else None
        self._signatures: dict[tuple[dns.name.Name, Rdata], Rdataset | None] = {}

    def look_up(self, name: dns.name.Name, rdtype: RdataType) -> Part:
        """What this zone says to `name` and `rdtype`; the name is at or below the origin (RFC 1034 §4.3.2)."""
        for above in _ancestors(name, self.origin):
            if RdataType.DNAME in self._sets.get(above, {}):
                return self._redirected(name, above)
        if name in self._sets:
            return self._existing(name, name, rdtype)
        if name in self._inner:
            return self._denied(name, rdtype, self._no_data(name))
        encloser = next(a for a in _ancestors(name, self.origin) if a in self._sets or a in self._inner)
        source = wildcard(encloser)
        if source in self._sets:
            return self._synthesised(name, source, encloser, rdtype)
        denying = self._chain.no_name(name, encloser) if self._chain else []
        return self._denied(name, rdtype, denying, Rcode.NXDOMAIN)

    def everything(self, name: dns.name.Name) -> tuple[SignedSet, ...]:
        """All RRsets of a name, for the types ANY and RRSIG; empty if there is none."""
        return tuple(self._signed(name, name, rdataset) for rdataset in self._sets.get(name, {}).values())

    def _existing(self, name: dns.name.Name, source: dns.name.Name, rdtype: RdataType) -> Part:
        sets = self._sets[source]
        own = self._own_denial(source) if rdtype == RdataType.NSEC else sets.get(rdtype)
        if own is not None:
            return Part((self._signed(name, source, own),))
        if RdataType.CNAME in sets:
            alias = sets[RdataType.CNAME]
            target = _name_of(alias[0])
            return Part((self._signed(name, source, alias),), target=target)
        return self._denied(name, rdtype, self._no_data(source))

    def _own_denial(self, name: dns.name.Name) -> Rdataset | None:
        """The NSEC record of a name of the zone, for those who ask for it by its type."""
        found = self._chain.of(name) if self._chain else None
        return None if found is None else dns.rdataset.from_rdata(TTL, found)

    def _synthesised(
        self, name: dns.name.Name, source: dns.name.Name, encloser: dns.name.Name, rdtype: RdataType
    ) -> Part:
        found = self._existing(name, source, rdtype)
        if not found.answer:
            denying = self._chain.wildcard_no_data(name, encloser) if self._chain else []
            return self._denied(name, rdtype, denying)
        denying = self._chain.no_closer(name, encloser) if self._chain else []
        return Part(found.answer, self._proof(name, rdtype, denying), target=found.target)

    def _redirected(self, name: dns.name.Name, above: dns.name.Name) -> Part:
        dname = self._sets[above][RdataType.DNAME]
        target = dns.name.Name(name.labels[: -len(above.labels)] + _name_of(dname[0]).labels)
        alias = dns.rdataset.from_text(dns.rdataclass.IN, RdataType.CNAME, TTL, target.to_text())
        return Part((self._signed(above, above, dname), SignedSet(name, alias, None)), target=target)

    def _no_data(self, name: dns.name.Name) -> list[Denying]:
        return self._chain.no_data(name) if self._chain else []

    def _denied(
        self,
        name: dns.name.Name,
        rdtype: RdataType,
        denying: list[Denying],
        rcode: Rcode = Rcode.NOERROR,
    ) -> Part:
        soa = self._signed(self.origin, self.origin, self._sets[self.origin][RdataType.SOA], (name, rdtype))
        return Part((), (soa, *self._proof(name, rdtype, denying)), rcode)

    def _proof(self, name: dns.name.Name, rdtype: RdataType, denying: list[Denying]) -> tuple[SignedSet, ...]:
        if self._flaw({Kind.NO_DENIAL}, name, rdtype):
            return ()
        if self._flaw({Kind.OPT_OUT}, name, rdtype):
            denying = [(o, r.replace(flags=OPT_OUT) if r.rdtype == RdataType.NSEC3 else r) for o, r in denying]
        sets = ((owner, dns.rdataset.from_rdata(TTL, rdata)) for owner, rdata in denying)
        return tuple(self._signed(owner, owner, rdataset, (name, rdtype)) for owner, rdataset in sets)

    def _signed(
        self,
        owner: dns.name.Name,
        source: dns.name.Name,
        rdataset: Rdataset,
        asked: tuple[dns.name.Name, RdataType] | None = None,
    ) -> SignedSet:
        """The RRset with its signatures, spoiled where a flaw names it or the question it denies."""
        rdtype = RdataType(rdataset.rdtype)
        claims = [(source, rdtype), (owner, rdtype), *([asked] if asked else [])]
        kind = next((flaw.kind for claim in claims if (flaw := self._flaw(ON_RRSETS, *claim))), None)
        if kind is Kind.FORGED:
            return SignedSet(owner, forged(rdataset), self._signature(source, rdataset, None))
        return SignedSet(owner, rdataset, self._signature(source, rdataset, kind))

    def _signature(self, source: dns.name.Name, rdataset: Rdataset, kind: Kind | None) -> Rdataset | None:
        if self._keys is None or kind is Kind.UNSIGNED or _is_cut(source, rdataset, self.origin):
            return None
        if kind is not None:
            return self._make(self._keys, source, rdataset, kind)
        key = (source, rdataset[0])  # a denial of one owner may come with another flag
        if key not in self._signatures:
            self._signatures[key] = self._make(self._keys, source, rdataset, None)
        return self._signatures[key]

    @staticmethod
    def _make(keys: ZoneKeys, source: dns.name.Name, rdataset: Rdataset, kind: Kind | None) -> Rdataset:
        rrsig = keys.sign(source, rdataset, _PERIODS.get(kind, Period.VALID))
        if kind is Kind.BAD_SIGNATURE:
            return dns.rdataset.from_rdata(rdataset.ttl, rrsig.replace(signature=_flipped(rrsig.signature)))
        return dns.rdataset.from_rdata(rdataset.ttl, rrsig)

    def _flaw(self, kinds: Iterable[Kind], owner: dns.name.Name, rdtype: RdataType) -> Flaw | None:
        return next((f for f in self.flaws if f.kind in kinds and f.concerns(owner, rdtype)), None)


_PERIODS: dict[Kind | None, Period] = {
    Kind.EXPIRED: Period.EXPIRED,
    Kind.NOT_YET_VALID: Period.EARLY,
    Kind.EXPIRING: Period.ENDING,
    Kind.LONG_LIVED: Period.LONG,
}


def forged(rdataset: Rdataset) -> Rdataset:
    """The same RRset with one octet of its first record changed, still well formed."""
    wire = bytearray(rdataset[0].to_wire() or b"")
    names_first = (RdataType.MX, RdataType.CNAME, RdataType.NS, RdataType.DNAME, RdataType.SOA)
    wire[1 if rdataset.rdtype in names_first else -1] ^= 1
    changed = from_octets(RdataType(rdataset.rdtype), bytes(wire))
    return dns.rdataset.from_rdata_list(rdataset.ttl, [changed, *list(rdataset)[1:]])


def from_octets(rdtype: RdataType, octets: bytes) -> Rdata:
    """RDATA from its octets; TLSA always as opaque octets, for a malformed one must be served as it is."""
    if rdtype == RdataType.TLSA:
        return dns.rdata.GenericRdata(dns.rdataclass.IN, rdtype, octets)
    return dns.rdata.from_wire(dns.rdataclass.IN, rdtype, octets, 0, len(octets))


def _flipped(octets: bytes) -> bytes:
    return bytes([octets[0] ^ 1]) + octets[1:]


def _name_of(rdata: Rdata) -> dns.name.Name:
    target = rdata.target  # type: ignore[attr-defined]  # CNAME and DNAME both have one
    assert isinstance(target, dns.name.Name)
    return target


def _with_keys(
    origin: dns.name.Name, sets: Sets, keys: ZoneKeys | None, hashing: Hashing | None
) -> dict[dns.name.Name, dict[RdataType, Rdataset]]:
    full = {name: dict(of_name) for name, of_name in sets.items()}
    if keys:
        full[origin][RdataType.DNSKEY] = dns.rdataset.from_rdata_list(TTL, list(keys.dnskeys))
        if hashing:
            full[origin][RdataType.NSEC3PARAM] = dns.rdataset.from_rdata(0, hashing.param())
    return full


def _chain(origin: dns.name.Name, sets: Sets, denial: DenialKind, hashing: Hashing) -> Chain:
    types = {name: frozenset(of_name) for name, of_name in sets.items()}
    if denial is DenialKind.NSEC:
        return NsecChain(types)
    return Nsec3Chain(origin, types, hashing)


def _is_cut(source: dns.name.Name, rdataset: Rdataset, origin: dns.name.Name) -> bool:
    return rdataset.rdtype == RdataType.NS and source != origin


def _ancestors(name: dns.name.Name, origin: dns.name.Name) -> list[dns.name.Name]:
    """The names above `name`, nearest first, down to the origin."""
    least = len(origin.labels)
    return [dns.name.Name(name.labels[-count:]) for count in range(len(name.labels) - 1, least - 1, -1)]


def _empty_non_terminals(origin: dns.name.Name, sets: Sets) -> frozenset[dns.name.Name]:
    above = {name for owner in sets for name in _ancestors(owner, origin)}
    return frozenset(above - set(sets))
