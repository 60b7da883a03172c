"""Keys of one tag, and signatures that fit and fail: what KeyTrap is made of (threats T-13)."""

from __future__ import annotations

import dns.dnssec
import dns.rdatatype as rrtype
import dns.rdtypes.ANY.DNSKEY
import dns.rrset

from tests.dnssec.recursive import Recursive, replaced
from tests.dnssec.world import IN, World, zone


def colliding(count: int, tag: int) -> list[dns.rrset.RRset]:
    """DNSKEY RDATA of one tag, algorithm 15, each different: two octets of each key make up for the rest."""
    made = []
    for number in range(count):
        material = bytearray(number.to_bytes(32, "big"))
        for high in range(256):
            material[0] = high
            key = dns.rdtypes.ANY.DNSKEY.DNSKEY(IN, rrtype.DNSKEY, 256, 3, 15, bytes(material))
            short = (tag - dns.dnssec.key_id(key)) % 0x10000
            material[2], material[3] = short >> 8, short & 0xFF
            key = dns.rdtypes.ANY.DNSKEY.DNSKEY(IN, rrtype.DNSKEY, 256, 3, 15, bytes(material))
            if dns.dnssec.key_id(key) == tag:
                made.append(key)
                break
            material[2], material[3] = 0, 0
    assert len(made) == count
    return made


def with_extra_keys(world: World, keys: list[object]) -> Recursive:
    own = zone(world)
    made = dns.rrset.RRset(own.origin, IN, rrtype.DNSKEY)
    made.add(own.keys[0].dnskey, 3600)
    for key in keys:
        made.add(key, 3600)
    return Recursive(world).bend("example.org.", "DNSKEY", replaced([made, own.sign(made)]))


def junk_signatures(world: World, made: dns.rrset.RRset, count: int, tag: int | None = None) -> dns.rrset.RRset:
    true = zone(world).sign(made)[0]
    sigs = dns.rrset.RRset(made.name, IN, rrtype.RRSIG, made.rdtype)
    for number in range(count):
        changes = {"signature": number.to_bytes(64, "big")} | ({} if tag is None else {"key_tag": tag})
        sigs.add(true.replace(**changes), 3600)
    return sigs
