"""All zones together under one root, and the answers a good recursive resolver would give about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import dns.flags
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdataset
from dns.dnssectypes import DSDigest
from dns.rcode import Rcode
from dns.rdata import Rdata
from dns.rdataset import Rdataset
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.NSEC3 import NSEC3

from dane_check.lab.dns_world.denial import OPT_OUT, PLAIN, Hashing
from dane_check.lab.dns_world.flaws import RCODES, Flaw, Kind
from dane_check.lab.dns_world.signing import UNKNOWN_ALGORITHM, ZoneKeys
from dane_check.lab.dns_world.zone import TTL, DenialKind, Part, SignedSet, Zone, from_octets

ALIAS_HOPS = 16  # a resolver gives up somewhere; later than a client that stops at 11
_ITERATIONS = 50  # of NSEC3, in a denial that counts as sound
NAME_SERVER = dns.name.from_text("ns.test.")


class DsKind(StrEnum):
    """What the parent says about a signed zone's keys."""

    GOOD = "good"
    NONE = "none"  # proven absent: an island of security
    WRONG = "wrong"  # a digest that no key has
    UNKNOWN_ALGORITHM = "unknown-algorithm"
    SHA1 = "sha1"
    SHA384 = "sha384"


@dataclass(frozen=True, slots=True)
class ZoneRecord:
    """One record of a zone, its RDATA as octets."""

    owner: dns.name.Name
    ttl: int
    rdtype: RdataType
    octets: bytes


@dataclass(frozen=True, slots=True)
class ZonePlan:
    """How one zone is to be: SOA, NS, keys and the delegation above it are made from this."""

    origin: dns.name.Name
    records: tuple[ZoneRecord, ...] = ()
    signed: bool = True
    algorithm: int = 13
    weak_key: bool = False
    denial: DenialKind = DenialKind.NSEC
    hashing: Hashing = PLAIN
    ds: DsKind = DsKind.GOOD
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What is to be sent: sections, and how the sending is spoiled.

    sound -- all that is said is secure by the way the zones were made. It is claimed of no zone in which, or above
    which, anything is spoiled, so it may be False where a validator would find the answer secure, never the reverse.
    silent -- nothing is sent; truncated -- TC=1 and no TCP; seconds -- how much later than at once.
    """

    rcode: Rcode = Rcode.NOERROR
    answer: tuple[SignedSet, ...] = ()
    authority: tuple[SignedSet, ...] = ()
    authenticated: bool = False
    sound: bool = False
    extended_error: int | None = None
    silent: bool = False
    truncated: bool = False
    seconds: float = 0


class DnsWorld:
    """Root, TLD and all zones, built and ready to answer."""

    def __init__(self, plans: Iterable[ZonePlan], now: datetime, root_seed: str = "") -> None:
        by_origin = {plan.origin: plan for plan in plans}
        self._zones = _build(by_origin, now, root_seed)
        self._sound = _sound(by_origin)
        self._replies: dict[tuple[dns.name.Name, RdataType], Reply] = {}

    def reply(self, name: dns.name.Name, rdtype: RdataType) -> Reply:
        """The reply to a question of class IN, whether or not anybody asked for signatures."""
        key = (name, rdtype)
        if key not in self._replies:
            self._replies[key] = self._compose(name, rdtype)
        return self._replies[key]

    def zone_of(self, name: dns.name.Name, rdtype: RdataType) -> Zone:
        """The zone that answers: the deepest one, and for DS the one above the cut (RFC 4035 §3.1.4.1)."""
        labels = name.labels if rdtype != RdataType.DS or name == dns.name.root else name.labels[1:]
        for start in range(len(labels)):
            zone = self._zones.get(dns.name.Name(labels[start:]))
            if zone:
                return zone
        raise AssertionError("the root zone holds every name")

    def _compose(self, name: dns.name.Name, rdtype: RdataType) -> Reply:
        if rdtype in (RdataType.ANY, RdataType.RRSIG):
            return Reply(answer=self.zone_of(name, rdtype).everything(name))
        whole = _Draft(sound=True)
        visited: set[dns.name.Name] = set()
        target: dns.name.Name | None = name
        while target is not None and target not in visited and len(visited) < ALIAS_HOPS:
            visited.add(target)
            zone = self.zone_of(target, rdtype)
            whole.spoil(zone.flaws, target, rdtype)
            whole.sound &= zone.origin in self._sound
            target = whole.add(zone.look_up(target, rdtype))
        whole.sound &= target is None
        return whole.reply()


@dataclass(slots=True)
class _Draft:
    """A reply under construction, one zone's part after the other."""

    sound: bool
    parts: list[Part] = field(default_factory=list)
    flaws: dict[Kind, Flaw] = field(default_factory=dict)

    def spoil(self, flaws: Iterable[Flaw], name: dns.name.Name, rdtype: RdataType) -> None:
        self.flaws.update({flaw.kind: flaw for flaw in flaws if flaw.concerns(name, rdtype)})

    def add(self, part: Part) -> dns.name.Name | None:
        self.parts.append(part)
        return part.target

    def reply(self) -> Reply:
        flaws = self.flaws
        rcode = next((RCODES[kind] for kind in flaws if kind in RCODES), None)
        said = self.parts if rcode is None else []
        ede = flaws.get(Kind.EDE)
        delay = flaws.get(Kind.DELAY)
        return Reply(
            rcode=self.parts[-1].rcode if rcode is None else Rcode(rcode),
            answer=tuple(signed for part in said for signed in part.answer),
            authority=_once(signed for part in said for signed in part.authority),
            authenticated=Kind.AD in flaws,
            sound=self.sound and all(_proves_enough(signed) for part in said for signed in part.authority),
            extended_error=int(ede.value) if ede else None,
            silent=Kind.DROP in flaws,
            truncated=Kind.TRUNCATE in flaws,
            seconds=delay.value if delay else 0,
        )


def root_keys(now: datetime, seed: str = "") -> ZoneKeys:
    """The keys of a root zone; each seed stands for another generation of root keys."""
    return ZoneKeys(dns.name.root, 13, now, seed)


def _sound(plans: Mapping[dns.name.Name, ZonePlan]) -> frozenset[dns.name.Name]:
    """The zones that are signed, delegated to by good DS records from the root down, and not spoiled in any way."""
    sound: set[dns.name.Name] = set()
    for origin in sorted(plans, key=len):
        plan = plans[origin]
        in_order = plan.signed and not plan.weak_key and not plan.flaws
        if origin != dns.name.root:
            in_order = in_order and plan.ds in (DsKind.GOOD, DsKind.SHA384) and _parent(origin, plans) in sound
        if in_order:
            sound.add(origin)
    return frozenset(sound)


def _proves_enough(signed: SignedSet) -> bool:
    """Not so NSEC3 with opt-out, or with more iterations than validators accept (RFC 9276 §3.2)."""
    return all(
        not (isinstance(rdata, NSEC3) and (rdata.flags & OPT_OUT or rdata.iterations > _ITERATIONS))
        for rdata in signed.rdataset
    )


def _build(by_origin: Mapping[dns.name.Name, ZonePlan], now: datetime, root_seed: str) -> dict[dns.name.Name, Zone]:
    """Zones by origin, deepest first, so that every parent knows its children's DS."""
    delegations: dict[dns.name.Name, list[ZoneRecord]] = {}
    zones = {}
    for origin in sorted(by_origin, key=len, reverse=True):
        plan = by_origin[origin]
        seed = root_seed if origin == dns.name.root else ""
        keys = ZoneKeys(origin, plan.algorithm, now, seed, weak=plan.weak_key) if plan.signed else None
        zones[origin] = _zone(plan, keys, delegations.get(origin, []))
        if origin != dns.name.root:
            delegations.setdefault(_parent(origin, by_origin), []).extend(_delegation(plan, keys))
    return zones


def _zone(plan: ZonePlan, keys: ZoneKeys | None, delegations: list[ZoneRecord]) -> Zone:
    records = [*_apex(plan.origin), *plan.records, *delegations]
    return Zone(plan.origin, _sets(records), keys=keys, denial=plan.denial, hashing=plan.hashing, flaws=plan.flaws)


def _sets(records: list[ZoneRecord]) -> dict[dns.name.Name, dict[RdataType, Rdataset]]:
    sets: dict[dns.name.Name, dict[RdataType, Rdataset]] = {}
    for record in records:
        rdata = from_octets(record.rdtype, record.octets)
        fresh = Rdataset(dns.rdataclass.IN, record.rdtype, ttl=record.ttl)
        sets.setdefault(record.owner, {}).setdefault(record.rdtype, fresh).add(rdata, record.ttl)
    return sets


def _apex(origin: dns.name.Name) -> list[ZoneRecord]:
    soa = f"{NAME_SERVER} hostmaster.test. 1 7200 3600 1209600 {TTL}"
    return [_record(origin, RdataType.SOA, soa), _record(origin, RdataType.NS, NAME_SERVER.to_text())]


def _delegation(plan: ZonePlan, keys: ZoneKeys | None) -> list[ZoneRecord]:
    records = [_record(plan.origin, RdataType.NS, NAME_SERVER.to_text())]
    if keys and plan.ds is not DsKind.NONE:
        octets = _ds(keys, plan.ds).to_wire()
        assert octets is not None
        records.append(ZoneRecord(plan.origin, TTL, RdataType.DS, octets))
    return records


def _ds(keys: ZoneKeys, kind: DsKind) -> Rdata:
    digest = {DsKind.SHA1: DSDigest.SHA1, DsKind.SHA384: DSDigest.SHA384}.get(kind, DSDigest.SHA256)
    ds: DS = keys.ds(digest)
    if kind is DsKind.WRONG:
        return ds.replace(digest=bytes(octet ^ 0xFF for octet in ds.digest))
    if kind is DsKind.UNKNOWN_ALGORITHM:
        return ds.replace(algorithm=UNKNOWN_ALGORITHM)
    return ds


def _record(owner: dns.name.Name, rdtype: RdataType, text: str) -> ZoneRecord:
    octets = dns.rdata.from_text(dns.rdataclass.IN, rdtype, text).to_wire()
    assert octets is not None
    return ZoneRecord(owner, TTL, rdtype, octets)


def _parent(origin: dns.name.Name, known: Iterable[dns.name.Name]) -> dns.name.Name:
    above = [name for name in known if origin != name and origin.is_subdomain(name)]
    return max(above, key=len)


def _once(sets: Iterable[SignedSet]) -> tuple[SignedSet, ...]:
    distinct = {(signed.owner, signed.rdataset.rdtype): signed for signed in sets}
    return tuple(distinct.values())
