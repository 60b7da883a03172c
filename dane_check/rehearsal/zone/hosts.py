"""What a zone file is about: which mail hosts it has TLSA records for, and which mail domains go to them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import dns.name
import dns.rdatatype as rrtype

from dane_check.names import is_host_name, plain
from dane_check.policy.service import tlsa_owner
from dane_check.rehearsal.candidates import CandidateSet
from dane_check.rehearsal.zone.data import Alias, Data, ZoneData
from dane_check.rehearsal.zone.text import ZoneFile
from dane_check.tlsa.record import parse_rdata
from dane_check.wire.rdata import name_at

_OWNER: Final = re.compile(r"_([0-9]{1,5})\._tcp\.(.+)")
_RIGHT: Final = re.compile(r"_[0-9]{1,5}\._(tcp|udp|sctp)\..+")
_ALMOST: Final = re.compile(r"_?([0-9]{1,5})\.(?:_?(?:tcp|udp)\.)?(.+)|_?(?:tcp)\._?([0-9]{1,5})\.(.+)")
_ADDRESSES: Final = (rrtype.A, rrtype.AAAA)


@dataclass(frozen=True, slots=True)
class Affected:
    """Mail domains whose MX records stand in the file, and hosts with TLSA records beside the hosts of these."""

    mail: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


def host_of(owner: str, port: int) -> str | None:
    """The host that has TLSA records at `owner` for this port; None where `owner` is none such."""
    found = _OWNER.fullmatch(owner)
    return found[2] if found and int(found[1]) == port and is_host_name(found[2]) else None


def text_of(name: dns.name.Name) -> str:
    """A name as the program speaks of it."""
    return plain(str(name))


def right_owner(owner: dns.name.Name, file: ZoneFile, port: int) -> str | None:
    """Where the records were meant to stand; None where they stand right, or where an alias may lead to them."""
    text, zone = text_of(owner), file.name
    if zone and text.endswith(f".{zone}.{zone}"):  # the dot at the end of a full name was left out
        return text.removesuffix(f".{zone}")
    if _RIGHT.fullmatch(text) or text.startswith("*") or owner in _alias_targets(file):
        return None
    almost = _ALMOST.fullmatch(text)
    if almost is None:
        is_host = any(one.owner == owner and one.rdtype in (*_ADDRESSES, rrtype.MX) for one in file.records)
        return tlsa_owner(text, port) if is_host else None
    number, host = (almost[1], almost[2]) if almost[1] else (almost[3], almost[4])
    return tlsa_owner(host, int(number))


def _alias_targets(file: ZoneFile) -> set[dns.name.Name]:
    return {name_at(one.rdata, 0)[0].canonicalize() for one in file.records if one.rdtype == rrtype.CNAME}


def sets_of(file: ZoneFile) -> tuple[CandidateSet, ...]:
    """Every TLSA set of the file, wherever it stands, in the order of the file."""
    owners = dict.fromkeys(one.owner for one in file.records if one.rdtype == rrtype.TLSA)
    return tuple(_set(file, owner) for owner in owners)


def _set(file: ZoneFile, owner: dns.name.Name) -> CandidateSet:
    records = [one for one in file.records if one.owner == owner and one.rdtype == rrtype.TLSA]
    ttls = [one.ttl for one in records if one.ttl is not None]
    rdatas = dict.fromkeys(one.rdata for one in records)
    return CandidateSet(text_of(owner), tuple(parse_rdata(rdata) for rdata in rdatas), max(ttls, default=None))


def set_at(data: ZoneData, owner: str) -> CandidateSet | None:
    """The TLSA set with which a whole zone answers for `owner`, by a wildcard or not; None where it has none itself."""
    found = data.find(dns.name.from_text(owner), rrtype.TLSA)
    if not isinstance(found, Data):
        return None
    return CandidateSet(owner, tuple(parse_rdata(one.rdata) for one in found.rrset.records), found.rrset.ttl)


def mail_domains(data: ZoneData) -> dict[str, tuple[str, ...]]:
    """The mail domains of the zone, each with the hosts its MX records name; no wildcards, and no null MX."""
    found = {text_of(one.owner): _exchanges(data, one.owner) for one in data.of_type(rrtype.MX)}
    return {domain: hosts for domain, hosts in found.items() if hosts and not domain.startswith("*")}


def _exchanges(data: ZoneData, owner: dns.name.Name) -> tuple[str, ...]:
    targets = (text_of(name_at(one.rdata, 2)[0]) for one in data.at(owner)[rrtype.MX].records)
    return tuple(dict.fromkeys(one for one in targets if is_host_name(one)))


def affected(file: ZoneFile, old: ZoneFile | None, port: int) -> Affected:
    """For whom the file has to be judged: everybody it speaks of; of two files, those for whom something changes."""
    if not file.whole:
        owners = [one.owner for one in (*sets_of(file), *(sets_of(old) if old is not None else ()))]
        return Affected(hosts=tuple(dict.fromkeys(filter(None, (host_of(owner, port) for owner in owners)))))
    new = ZoneData(file)
    before = ZoneData(old) if old is not None and old.whole and old.origin == file.origin else None
    mail, mail_before = mail_domains(new), mail_domains(before) if before is not None else {}
    hosts = dict.fromkeys((*_with_records(new, port), *(_with_records(before, port) if before is not None else ())))
    changed = {
        one for one in (*hosts, *(h for named in mail.values() for h in named)) if _differs(new, before, one, port)
    }
    domains = tuple(
        domain
        for domain, named in mail.items()
        if before is None or changed & set(named) or mail_before.get(domain) != named
    )
    covered = {host for domain in domains for host in mail[domain]}
    return Affected(domains, tuple(host for host in hosts if host in changed and host not in covered))


def _with_records(data: ZoneData, port: int) -> Iterator[str]:
    """Hosts with records where senders look for them; a mail domain with mail hosts of its own is none."""
    mail = mail_domains(data)
    for one in data.of_type(rrtype.TLSA):
        host = host_of(text_of(one.owner), port)
        if host is not None and right_owner(one.owner, data.file, port) is None and host in mail.get(host, (host,)):
            yield host


def _differs(new: ZoneData, old: ZoneData | None, host: str, port: int) -> bool:
    """Whether what senders ask about a host is answered otherwise."""
    if old is None:
        return True
    owner = tlsa_owner(host, port)
    asked = [(host, rdtype) for rdtype in _ADDRESSES] + ([(owner, int(rrtype.TLSA))] if owner else [])
    return any(_answer(new, name, rdtype) != _answer(old, name, rdtype) for name, rdtype in asked)


def _answer(data: ZoneData, name: str, rdtype: int) -> frozenset[bytes]:
    found = data.find(dns.name.from_text(name), rdtype)
    return frozenset(one.rdata for one in found.rrset.records) if isinstance(found, Data | Alias) else frozenset()
