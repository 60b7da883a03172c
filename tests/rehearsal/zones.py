"""Zone files in few words, and the same with signatures as a signer would add them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import dns.name
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
from dns.rdata import GenericRdata, Rdata
from dns.rdatatype import RdataType

from dane_check.lab.dns_world.denial import Hashing, Nsec3Chain, NsecChain
from dane_check.lab.dns_world.signing import Period, ZoneKeys
from dane_check.rehearsal.zone.data import ancestors
from dane_check.rehearsal.zone.text import ZoneFile, ZoneText, read_zone
from tests.rehearsal.made import NOW

Sets = dict[dns.name.Name, dict[RdataType, dns.rdataset.Rdataset]]

HEAD = """\
$ORIGIN example.org.
$TTL 3600
@ SOA ns hostmaster 1 7200 3600 604800 300
@ NS ns
ns A 192.0.2.53
"""


def read(text: str, origin: str | None = None) -> ZoneFile:
    """The records of a text that is called zone.db."""
    return read_zone(ZoneText("zone.db", text), origin)


def zone(lines: str) -> str:
    """The zone example.org with these lines."""
    return HEAD + lines


def keys_of(origin: str = "example.org.", seed: str = "", at: datetime = NOW) -> ZoneKeys:
    """Keys that are always the same."""
    return ZoneKeys(dns.name.from_text(origin), 13, at, seed)


def ds_of(keys: ZoneKeys) -> str:
    """The DS record of the zone, for --ds."""
    return f"{keys.origin} IN DS {keys.ds().to_text()}"


def signed(
    text: str, keys: ZoneKeys, *, nsec3: Hashing | None = None, period: Period = Period.VALID, without: str = ""
) -> str:
    """The zone file with DNSKEY, RRSIG and NSEC or NSEC3 records.

    without -- a type whose signatures are left out.
    """
    sets = _sets(text, keys)
    names = dict(sets) | _denying(sets, keys.origin, nsec3)
    return "".join(_lines(names, keys, period, without))


def _sets(text: str, keys: ZoneKeys) -> Sets:
    sets: Sets = {}
    for one in read(text).records:
        rdtype = RdataType.make(one.rdtype)
        rdata: Rdata = GenericRdata(dns.rdataclass.IN, rdtype, one.rdata)
        if rdtype != RdataType.TLSA:
            rdata = dns.rdata.from_wire(dns.rdataclass.IN, rdtype, one.rdata, 0, len(one.rdata))
        of_name = sets.setdefault(one.owner, {})
        of_name.setdefault(rdtype, dns.rdataset.Rdataset(dns.rdataclass.IN, rdtype, ttl=one.ttl or 0)).add(rdata)
    sets[keys.origin][RdataType.DNSKEY] = dns.rdataset.from_rdata_list(3600, list(keys.dnskeys))
    if any(RdataType.NS in of_name for name, of_name in sets.items() if name != keys.origin):
        raise ValueError("delegations are not signed here")
    return sets


def _denying(sets: Sets, origin: dns.name.Name, nsec3: Hashing | None) -> Sets:
    if nsec3 is not None:
        sets[origin][RdataType.NSEC3PARAM] = dns.rdataset.from_rdata(0, nsec3.param())
    types = {name: frozenset(of_name) for name, of_name in sets.items()}
    if nsec3 is None:
        made = [NsecChain(types).no_data(name)[0] for name in sets]
        return {name: sets[name] | {RdataType.NSEC: dns.rdataset.from_rdata(300, rdata)} for name, rdata in made}
    chain = Nsec3Chain(origin, types, nsec3)
    existing = {up for name in sets for up in (name, *ancestors(name, origin))}
    made = [chain.no_data(name)[0] for name in existing]
    return {name: {RdataType.NSEC3: dns.rdataset.from_rdata(300, rdata)} for name, rdata in made}


def _lines(sets: Sets, keys: ZoneKeys, period: Period, without: str) -> Iterator[str]:
    for name, of_name in sets.items():
        for rdtype, rdataset in of_name.items():
            for rdata in rdataset:
                yield f"{name} {rdataset.ttl} IN {rdtype.name} {rdata.to_text()}\n"
            if rdtype.name != without:
                yield f"{name} {rdataset.ttl} IN RRSIG {keys.sign(name, rdataset, period).to_text()}\n"
