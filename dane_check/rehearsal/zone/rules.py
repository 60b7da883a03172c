"""What shows in a zone file as a whole: records nobody asks for, wildcards that are hidden, hosts forgotten. Pure.

What comes of the hosts themselves is the verdicts' affair; these findings say which line of the file is to blame.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import dns.name
import dns.rdatatype as rrtype

from dane_check.findings import About, Code, Finding, finding
from dane_check.names import safe
from dane_check.policy.service import tlsa_owner
from dane_check.rehearsal.zone.data import WILDCARD, Absent, Alias, Data, RRset, ZoneData, ancestors
from dane_check.rehearsal.zone.hosts import mail_domains, right_owner, text_of
from dane_check.rehearsal.zone.text import ZoneFile, ZoneRecord

_ADDRESSES: Final = (rrtype.A, rrtype.AAAA)
_SERVICE: Final = re.compile(r"_([0-9]{1,5})\._(tcp|udp|sctp)\.")
_MOST_NAMES: Final = 5


def of_zone(file: ZoneFile, port: int, hosts: Sequence[str] = ()) -> tuple[Finding, ...]:
    """What is wrong with the file itself.

    port -- the service that is rehearsed. hosts -- mail hosts that are rehearsed, beside those of its MX records.
    """
    found = [*_misplaced(file, port), *_ttls(file), *_other_services(file, port)]
    if file.whole:
        data = ZoneData(file)
        mail = mail_domains(data)
        named = dict.fromkeys((*hosts, *(host for of_domain in mail.values() for host in of_domain)))
        found += [*_outside(file), *_beside_cname(file), *_shadowed(data, port, [*named])]
        found += [*_at_mail_domain(data, mail, port), *_forgotten(data, mail, port)]
    return tuple(dict.fromkeys(found))


def _tlsa_owners(file: ZoneFile) -> dict[dns.name.Name, list[ZoneRecord]]:
    owners: dict[dns.name.Name, list[ZoneRecord]] = {}
    for one in file.records:
        if one.rdtype == rrtype.TLSA:
            owners.setdefault(one.owner, []).append(one)
    return owners


def _misplaced(file: ZoneFile, port: int) -> Iterator[Finding]:
    """Owners that no sender asks for: a dot that is missing, a label that is, labels in the wrong order."""
    for owner, records in _tlsa_owners(file).items():
        right = right_owner(owner, file, port)
        if right is not None:
            found = f"{text_of(owner)} ({records[0].place})"
            yield finding(Code.TLSA_MISPLACED, About(host=None, record=text_of(owner)), found=found, name=right)


def _ttls(file: ZoneFile) -> Iterator[Finding]:
    for owner, records in _tlsa_owners(file).items():
        ttls = {one.ttl for one in records if one.ttl is not None}
        if len(ttls) > 1:
            about = About(record=text_of(owner))
            yield finding(Code.ZONE_TTLS_DIFFER, about, name=text_of(owner), least=min(ttls), most=max(ttls))


def _other_services(file: ZoneFile, port: int) -> Iterator[Finding]:
    """What is left out in silence would be taken for judged."""
    names = [text_of(owner) for owner in _tlsa_owners(file)]
    others = [one for one in names if (found := _SERVICE.match(one)) and (found[1], found[2]) != (str(port), "tcp")]
    if others:
        where = safe(file.source, 200)
        yield finding(Code.ZONE_OTHER_SERVICES, About(file.name or None), where=where, names=_first_of(others))


def _first_of(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more names" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _outside(file: ZoneFile) -> Iterator[Finding]:
    assert file.origin is not None
    strangers = [one for one in file.records if not one.owner.is_subdomain(file.origin)]
    if not strangers:
        return
    names = [*dict.fromkeys(f"{text_of(one.owner)} ({one.place})" for one in strangers)]
    where, shown = safe(file.source, 200), _first_of(names)
    yield finding(
        Code.ZONE_RECORD_OUTSIDE, About(file.name), count=len(strangers), where=where, zone=file.name, names=shown
    )


def _beside_cname(file: ZoneFile) -> Iterator[Finding]:
    aliases = {one.owner: one for one in file.records if one.rdtype == rrtype.CNAME}
    for owner, records in _tlsa_owners(file).items():
        if owner in aliases:
            where = f"{aliases[owner].place}; the TLSA record is at {records[0].place}"
            yield finding(Code.TLSA_BESIDE_CNAME, About(record=text_of(owner)), name=text_of(owner), where=where)


# --- wildcards -----------------------------------------------------------------------------------------


def _shadowed(data: ZoneData, port: int, hosts: Sequence[str]) -> Iterator[Finding]:
    for host in hosts:
        yield from _hidden_records(data, port, host)
        yield from _hidden_addresses(data, port, host)


def _hidden_records(data: ZoneData, port: int, host: str) -> Iterator[Finding]:
    """A wildcard with TLSA records above the owner, and a name in between that keeps it from being used."""
    owner = tlsa_owner(host, port)
    if owner is None:
        return
    name = dns.name.from_text(owner)
    if not isinstance(data.find(name, rrtype.TLSA), Absent):
        return
    wildcard = _wildcard_above(data, name, (rrtype.TLSA,))
    if wildcard is None:
        return
    about = About(host=host, record=text_of(wildcard.owner))
    by = _hider(data, name)
    yield finding(Code.TLSA_WILDCARD_SHADOW, about, wildcard=_where(wildcard), name=owner, by=by)


def _hidden_addresses(data: ZoneData, port: int, host: str) -> Iterator[Finding]:
    """A host that would have its addresses by a wildcard, were there no name at or below it (pre-deployment)."""
    name, owner = dns.name.from_text(host), tlsa_owner(host, port)
    if owner is None or any(not isinstance(data.find(name, rdtype), Absent) for rdtype in _ADDRESSES):
        return
    wildcard = _wildcard_above(data, name, _ADDRESSES)
    if wildcard is not None:
        about = About(host=host)
        below = _hider(data, name)
        yield finding(Code.TLSA_HOST_WILDCARD_SHADOW, about, wildcard=_where(wildcard), name=below)


def _wildcard_above(data: ZoneData, name: dns.name.Name, types: Sequence[int]) -> RRset | None:
    """The nearest wildcard over the name with a set of one of these types, hidden or not."""
    for above in ancestors(name, data.origin):
        sets = data.at(WILDCARD.concatenate(above))
        found = next((sets[rdtype] for rdtype in types if rdtype in sets), None)
        if found is not None:
            return found
    return None


def _hider(data: ZoneData, name: dns.name.Name) -> str:
    """The name that exists at or nearest above `name`, with a name below it that makes it exist."""
    at = next(up for up in (name, *ancestors(name, data.origin)) if data.exists(up))
    if data.at(at):
        return text_of(at)
    return text_of(next(one for one in data.names() if one.is_subdomain(at)))


def _where(rrset: RRset) -> str:
    return f"{text_of(rrset.owner)} ({rrset.records[0].place})"


# --- mail domains --------------------------------------------------------------------------------------


def _has_records(data: ZoneData, host: str, port: int) -> bool | None:
    """Whether the zone answers with records, or leads elsewhere for them; None for hosts of other zones."""
    owner = tlsa_owner(host, port)
    if owner is None or not data.holds(dns.name.from_text(owner)):
        return None
    return isinstance(data.find(dns.name.from_text(owner), rrtype.TLSA), Data | Alias)


def _at_mail_domain(data: ZoneData, mail: dict[str, tuple[str, ...]], port: int) -> Iterator[Finding]:
    """Records at the mail domain, which is none of its own mail hosts (R7672-2.2.3-k)."""
    for domain, hosts in mail.items():
        owner = tlsa_owner(domain, port)
        sets = data.at(dns.name.from_text(owner)) if owner is not None else {}
        if rrtype.TLSA in sets and domain not in {host for of_domain in mail.values() for host in of_domain}:
            name = " and ".join(filter(None, (tlsa_owner(host, port) for host in hosts)))
            yield finding(Code.TLSA_MISPLACED, About(domain), found=_where(sets[rrtype.TLSA]), name=name)


def _forgotten(data: ZoneData, mail: dict[str, tuple[str, ...]], port: int) -> Iterator[Finding]:
    """Hosts of this zone without records, where other hosts of the same mail domain have some."""
    for domain, hosts in mail.items():
        of_zone_ = {host: _has_records(data, host, port) for host in hosts}
        if not any(of_zone_.values()):
            continue
        for host in (host for host, has in of_zone_.items() if has is False):
            yield finding(Code.MX_HOST_FORGOTTEN, About(domain, host), name=tlsa_owner(host, port))
