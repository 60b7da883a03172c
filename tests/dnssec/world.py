"""A small signed world, and a recursive resolver that tells of it. Nothing here uses our validator.

`World().add("example.", "mx A 192.0.2.1")` makes a zone, signs it, and delegates to it from the closest zone
above.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype as rrtype
import dns.rdtypes.ANY.DNSKEY
import dns.rdtypes.ANY.NSEC
import dns.rdtypes.ANY.NSEC3
import dns.rrset
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

IN = dns.rdataclass.IN
NOW = 1_800_000_000  # 2027-01-15 08:00 UTC
DAY = 86400
N = dns.name.from_text

Name = dns.name.Name
RRset = dns.rrset.RRset


@dataclass(frozen=True)
class SigningKey:
    """A key pair; `number` makes it reproducible."""

    number: int
    algorithm: int = 15
    flags: int = 257
    protocol: int = 3

    @property
    def private(self) -> ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey:
        return _private(self.number, self.algorithm)

    @property
    def dnskey(self) -> dns.rdtypes.ANY.DNSKEY.DNSKEY:
        return _dnskey(self.number, self.algorithm, self.flags, self.protocol)

    @property
    def tag(self) -> int:
        return dns.dnssec.key_id(self.dnskey)


@cache
def _private(number: int, algorithm: int) -> ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey:
    if algorithm == 13:
        return ec.derive_private_key(number + 1000, ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "big"))


@cache
def _dnskey(number: int, algorithm: int, flags: int, protocol: int) -> dns.rdtypes.ANY.DNSKEY.DNSKEY:
    return dns.dnssec.make_dnskey(_private(number, algorithm).public_key(), algorithm, flags, protocol)


@dataclass(frozen=True)
class Nsec3Params:
    iterations: int = 0
    salt: bytes = b""
    opt_out: bool = False
    left_out: frozenset[str] = frozenset()  # names without a record, as opt-out leaves unsigned delegations out


@dataclass
class Zone:
    """One zone. `keys` sign everything; `signed` False leaves it bare."""

    origin: Name
    signed: bool = True
    nsec3: Nsec3Params | None = None
    keys: tuple[SigningKey, ...] = ()
    ds: tuple[str, ...] | None = None  # DS RDATA in place of the true one
    inception: int = NOW - DAY
    expiration: int = NOW + 30 * DAY
    sets: dict[tuple[Name, int], RRset] = field(default_factory=dict)

    def put(self, text: str) -> None:
        owner, rdtype, rdata = text.split(None, 2)
        name = N(owner, self.origin)
        kind = rrtype.from_text(rdtype)
        rdata_value = _rdata(kind, rdata, self.origin)
        self.sets.setdefault((name, kind), RRset(name, IN, kind)).add(rdata_value, 3600)

    def names(self) -> set[Name]:
        """All names that exist, empty non-terminals included."""
        found = {self.origin}
        for name, _ in self.sets:
            while name != self.origin:
                found.add(name)
                name = name.parent()
        return found

    def is_cut(self, name: Name) -> bool:
        return name != self.origin and (name, rrtype.NS) in self.sets

    def types(self, name: Name) -> set[int]:
        found = {rdtype for owner, rdtype in self.sets if owner == name}
        return found & {rrtype.NS, rrtype.DS} if self.is_cut(name) else found

    def sign(self, rrset: RRset, key: SigningKey | None = None, **times: int) -> RRset:
        """The RRSIG set over an RRset."""
        sigs = RRset(rrset.name, IN, rrtype.RRSIG, rrset.rdtype)
        times = {"inception": self.inception, "expiration": self.expiration, **times}
        for one in self.keys if key is None else (key,):
            rrsig = dns.dnssec.sign(
                rrset, one.private, self.origin, one.dnskey, policy=dns.dnssec.allow_all_policy, **times
            )
            sigs.add(rrsig, rrset.ttl)
        return sigs

    @cached_property
    def _nsec_names(self) -> list[Name]:
        hidden = {name for name in self.names() for above in _ancestors(name) if self.is_cut(above)}
        return sorted(name for name in self.names() - hidden if self.types(name))

    def nsec(self, name: Name) -> list[RRset]:
        """The NSEC record that matches or covers a name."""
        names = self._nsec_names
        owner = max((one for one in names if one <= name), default=names[-1])
        following = names[(names.index(owner) + 1) % len(names)]
        return self.make_nsec(owner, following, self.types(owner) | {rrtype.RRSIG, rrtype.NSEC})

    def make_nsec(self, owner: Name, following: Name, types: Iterable[int]) -> list[RRset]:
        windows = dns.rdtypes.ANY.NSEC.Bitmap.from_rdtypes([rrtype.RdataType.make(t) for t in types])
        rrset = RRset(owner, IN, rrtype.NSEC)
        rrset.add(dns.rdtypes.ANY.NSEC.NSEC(IN, rrtype.NSEC, following, windows), 3600)
        return [rrset, self.sign(rrset)]

    def hash(self, name: Name) -> str:
        assert self.nsec3
        return dns.dnssec.nsec3_hash(name, self.nsec3.salt, self.nsec3.iterations, 1).lower()

    @cached_property
    def _hashes(self) -> dict[str, Name]:
        assert self.nsec3
        left_out = {N(one, self.origin) for one in self.nsec3.left_out}
        hidden = {name for name in self.names() for above in _ancestors(name) if self.is_cut(above)}
        return {self.hash(name): name for name in self.names() - hidden - left_out}

    def nsec3_at(self, name: Name) -> list[RRset]:
        """The NSEC3 record that matches or covers a name."""
        digest, ordered = self.hash(name), sorted(self._hashes)
        owner = max((one for one in ordered if one <= digest), default=ordered[-1])
        following = ordered[(ordered.index(owner) + 1) % len(ordered)]
        types = self.types(self._hashes[owner])
        return self.make_nsec3(owner, following, types | ({rrtype.RRSIG} if types else set()))

    def make_nsec3(self, owner: str, following: str, types: Iterable[int], **other: int) -> list[RRset]:
        assert self.nsec3
        windows = dns.rdtypes.ANY.NSEC3.Bitmap.from_rdtypes([rrtype.RdataType.make(t) for t in types])
        text = f"{other.get('algorithm', 1)} {other.get('flags', int(self.nsec3.opt_out))} "
        text += f"{other.get('iterations', self.nsec3.iterations)} {self.nsec3.salt.hex() or '-'} {following}"
        rdata = dns.rdata.from_text(IN, rrtype.NSEC3, text).replace(windows=windows)
        rrset = RRset(N(owner, self.origin), IN, rrtype.NSEC3)
        rrset.add(rdata, 3600)
        return [rrset, self.sign(rrset)]

    def at(self, name: Name) -> list[RRset]:
        """The denial record that matches or covers a name."""
        return self.nsec3_at(name) if self.nsec3 else self.nsec(name)

    def encloser(self, name: Name) -> Name:
        """The closest encloser: the longest ancestor that exists."""
        names = self.names()
        while name not in names:
            name = name.parent()
        return name


class World:
    """Zones, from the root down. The root's key is the trust anchor."""

    def __init__(self, **root: object) -> None:
        self.zones: dict[Name, Zone] = {}
        self._numbers = iter(range(1, 1000))
        self.add(".", **root)

    def add(self, origin: str, records: str = "", **options: object) -> Zone:
        zone = Zone(N(origin), **options)
        if zone.signed and not zone.keys:
            zone.keys = (SigningKey(next(self._numbers)),)
        zone.put(f"@ SOA ns.{_under(origin)} host.{_under(origin)} 1 2 3 4 3600")
        zone.put(f"@ NS ns.{_under(origin)}")
        for key in zone.keys:
            zone.put(f"@ DNSKEY {key.dnskey.to_text()}")
        for line in filter(None, map(str.strip, records.splitlines())):
            zone.put(line)
        if self.zones:
            self._delegate(zone)
        self.zones[zone.origin] = zone
        return zone

    def _delegate(self, zone: Zone) -> None:
        parent = self.zone_of(zone.origin.parent())
        parent.put(f"{zone.origin} NS ns.{_under(str(zone.origin))}")
        texts = zone.ds if zone.ds is not None else tuple(self.ds_texts(zone))
        for text in texts:
            parent.put(f"{zone.origin} DS {text}")

    def ds_texts(self, zone: Zone, digest: str = "SHA256") -> list[str]:
        return [dns.dnssec.make_ds(zone.origin, key.dnskey, digest).to_text() for key in zone.keys]

    def zone_of(self, name: Name) -> Zone:
        while name not in self.zones:
            name = name.parent()
        return self.zones[name]

    def anchor(self, origin: str = ".") -> list[str]:
        zone = self.zones[N(origin)]
        return [f"{origin} DS {text}" for text in self.ds_texts(zone)]

    # --- what a recursive resolver would say -----------------------------------------------------------

    def answer(self, name: Name, rdtype: int) -> dns.message.Message:
        query = dns.message.make_query(name, rrtype.RdataType.make(rdtype), want_dnssec=True)
        reply = dns.message.make_response(query, recursion_available=True)
        for _ in range(16):
            target = self._tell(reply, name, rdtype)
            if target is None:
                break
            name = target
        return reply

    def _tell(self, reply: dns.message.Message, name: Name, rdtype: int) -> Name | None:
        """Adds what is known of `name`; where to go on, or None."""
        zone = self.zone_of(name.parent() if rdtype == rrtype.DS and name != dns.name.root else name)
        for above in _ancestors(name):
            if (dname := zone.sets.get((above, rrtype.DNAME))) is not None:
                self._add(reply.answer, zone, dname)
                try:
                    target = dns.name.Name(name.labels[: -len(above)] + dname[0].target.labels)
                except dns.name.NameTooLong:
                    reply.set_rcode(dns.rcode.YXDOMAIN)
                    return None
                reply.answer.append(dns.rrset.from_text(name, 3600, "IN", "CNAME", str(target)))
                return None if rdtype == rrtype.CNAME else target
        if name in zone.names():
            return self._exact(reply, zone, name, name, rdtype)
        wildcard = dns.name.Name((b"*", *zone.encloser(name).labels))
        if wildcard in zone.names():
            return self._exact(reply, zone, name, wildcard, rdtype)
        reply.set_rcode(dns.rcode.NXDOMAIN)
        self._deny(reply, zone, name, wildcard)
        return None

    def _exact(self, reply: dns.message.Message, zone: Zone, name: Name, source: Name, rdtype: int) -> Name | None:
        wanted = [rdtype] if rdtype != rrtype.ANY else [t for n, t in zone.sets if n == source]
        found = [zone.sets[source, t] for t in wanted if (source, t) in zone.sets]
        cname = zone.sets.get((source, rrtype.CNAME))
        target = cname[0].target if not found and cname is not None else None
        for rrset in found or ([cname] if cname is not None else []):
            self._add(reply.answer, zone, rrset, name)
        if not found and cname is None:
            self._deny(reply, zone, name, source)
        elif source != name and zone.signed:
            self._extend(reply.authority, zone.at(self._next_closer(zone, name) if zone.nsec3 else name))
        return target

    def _add(self, section: list[RRset], zone: Zone, rrset: RRset, name: Name | None = None) -> None:
        sets = [rrset, zone.sign(rrset)] if zone.signed else [rrset]
        for one in sets:
            told = copy.copy(one)
            told.name = name or rrset.name
            self._extend(section, [told])

    def _deny(self, reply: dns.message.Message, zone: Zone, name: Name, source: Name) -> None:
        """`source` is the name that matched, or the wildcard that does not exist."""
        self._add(reply.authority, zone, zone.sets[zone.origin, rrtype.SOA])
        if not zone.signed:
            return
        if source == name and not (zone.nsec3 and zone.hash(name) not in zone._hashes):
            self._extend(reply.authority, zone.at(name))
        elif zone.nsec3:
            for one in (zone.encloser(name.parent()), self._next_closer(zone, name), source):
                self._extend(reply.authority, zone.at(one))
        else:
            self._extend(reply.authority, zone.at(name))
            self._extend(reply.authority, zone.at(source))

    def _next_closer(self, zone: Zone, name: Name) -> Name:
        encloser = zone.encloser(name.parent() if name in zone.names() else name)
        return dns.name.Name(name.labels[-(len(encloser) + 1) :])

    @staticmethod
    def _extend(section: list[RRset], sets: Iterable[RRset]) -> None:
        section += [one for one in sets if one not in section]


def rrset(owner: str, rdtype: str, *rdatas: str, ttl: int = 3600) -> RRset:
    return dns.rrset.from_text(owner, ttl, "IN", rdtype, *rdatas)


def renamed(sets: Iterable[RRset], owner: str) -> list[RRset]:
    found = [copy.copy(one) for one in sets]
    for one in found:
        one.name = N(owner)
    return found


def _rdata(rdtype: int, text: str, origin: Name) -> dns.rdata.Rdata:
    if text.startswith("\\#"):
        return dns.rdata.GenericRdata(IN, rrtype.RdataType.make(rdtype), bytes.fromhex("".join(text.split()[2:])))
    return dns.rdata.from_text(IN, rdtype, text, origin, relativize=False)


def _under(origin: str) -> str:
    return "" if origin == "." else origin


def _ancestors(name: Name) -> Iterable[Name]:
    while name != dns.name.root:
        name = name.parent()
        yield name


RECORDS = f"""
@ MX 10 mx
mx A 192.0.2.1
_25._tcp.mx TLSA 3 1 1 {"ab" * 32}
host A 192.0.2.2
*.w A 192.0.2.3
*.w TXT wild
x.w A 192.0.2.4
b.deep.w A 192.0.2.5
alias CNAME host
dname DNAME w
ent.e A 192.0.2.6
"""


def example(**options: object) -> World:
    """The world of most tests: example.org., signed; child.example.org., signed; plain.example.org., not."""
    world = World()
    world.add("org.")
    world.add("example.org.", RECORDS, **options)
    world.add("child.example.org.", "host A 192.0.2.7\n@ A 192.0.2.8\n@ MX 10 host")
    world.add("plain.example.org.", "host A 192.0.2.9\nalias CNAME host.example.org.", signed=False)
    return world


def zone(world: World, origin: str = "example.org.") -> Zone:
    return world.zones[N(origin)]
