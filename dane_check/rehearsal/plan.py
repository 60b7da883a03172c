"""One rehearsal: for whom, with which candidates, in place of what. Read from what people and programs have at hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import dns.name

from dane_check.errors import UsageError
from dane_check.limits import DEFAULT
from dane_check.names import parse_domain, safe
from dane_check.policy.service import SMTP_PORT, tlsa_owner
from dane_check.ports import KeyType
from dane_check.rehearsal.candidates import (
    CandidateChain,
    CandidateSet,
    Record,
    Scheme,
    candidate_records,
    chain_from_der,
    chain_from_pem,
    scheme,
)
from dane_check.rehearsal.rollover.situation import NextKey
from dane_check.rehearsal.zone.hosts import Affected, affected, right_owner, sets_of
from dane_check.rehearsal.zone.signed import anchors_for
from dane_check.rehearsal.zone.text import ZoneFile, ZoneText, read_zone

_MOST_TTL: Final = 2**31 - 1  # RFC 2181 §8

GivenChain = CandidateChain | str | bytes | Sequence[bytes]
GivenZone = ZoneFile | str
GivenKey = NextKey | bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """One rehearsal.

    hosts -- every mail host that shares the certificate (PF-b), as absolute A-label names; each by itself, as a
        configured relay is.
    mail -- mail domains that are judged as a whole: their MX records say which hosts.
    records -- the candidate set of each host; None to judge what is published, or what `sets` or `zone` hold.
    lines -- a file that is no whole zone, and of which only TLSA records count.
    sets, old_sets -- those, by owner name; and what they replace.
    zone, old_zone -- a whole zone to be published, and the one it replaces (None for what is published).
    ds -- DS records from which `zone` is validated; empty to take those that are published.
    chains -- the candidate chains, at most one a key type and host; empty to judge what is served.
    serving -- what is served now, where nobody is to be asked; empty to ask the servers.
    planned -- keys to come, whose certificates are not there yet.
    previous -- the set that candidates replace, as given; None to take what is published.
    ttl -- seconds; None where it is not known.
    expect -- schemes of which a record must match.
    offline -- nothing is asked: every zone is assumed signed.
    domains -- mail domains that the hosts serve; where their MX records are secure, their names count in a
        certificate of usage 2 beside the host's (RFC 7672 §3.2.2).
    """

    hosts: tuple[str, ...]
    port: int = SMTP_PORT
    records: tuple[Record, ...] | None = None
    chains: tuple[CandidateChain, ...] = ()
    previous: tuple[Record, ...] | None = None
    ttl: int | None = None
    expect: tuple[Scheme, ...] = ()
    offline: bool = False
    domains: tuple[str, ...] = ()
    mail: tuple[str, ...] = ()
    lines: ZoneFile | None = None
    sets: tuple[CandidateSet, ...] = ()
    old_sets: tuple[CandidateSet, ...] = ()
    zone: ZoneFile | None = None
    old_zone: ZoneFile | None = None
    ds: tuple[str, ...] = ()
    serving: tuple[CandidateChain, ...] = ()
    planned: tuple[NextKey, ...] = ()

    @property
    def replaces_records(self) -> bool:
        """Whether there are candidate records."""
        return self.records is not None or bool(self.sets) or self.zone is not None

    @property
    def is_first(self) -> bool:
        """Whether there are no candidates at all: is everything ready for records to be published (§6)?"""
        return not (self.replaces_records or self.chains or self.planned)

    def set_of(self, host: str) -> CandidateSet | None:
        """What is going to stand at the TLSA owner name of `host`; None where that is not for `records` or `sets`."""
        owner = tlsa_owner(host, self.port)
        if owner is None:
            return None
        if self.records is not None:
            return CandidateSet(owner, self.records, self.ttl)
        gone = any(one.owner == owner for one in self.old_sets)
        return next((one for one in self.sets if one.owner == owner), CandidateSet(owner, ()) if gone else None)

    def previous_of(self, host: str) -> CandidateSet | None:
        """What stood there, as far as it was given."""
        owner = tlsa_owner(host, self.port)
        if owner is None:
            return None
        if self.previous is not None:
            return CandidateSet(owner, self.previous)
        if self.old_zone is None and self.old_sets:
            return next((one for one in self.old_sets if one.owner == owner), CandidateSet(owner, ()))
        return None

    def chains_of(self, host: str) -> tuple[CandidateChain, ...]:
        """What `host` is going to serve; empty where its servers are asked."""
        return _of_host(self.chains, host)

    def serving_of(self, host: str) -> tuple[CandidateChain, ...]:
        """What `host` serves now, as far as it was given."""
        return _of_host(self.serving, host)


def _of_host(chains: Sequence[CandidateChain], host: str) -> tuple[CandidateChain, ...]:
    """Those of the host alone; of each other key type those of every host."""
    own = tuple(one for one in chains if one.host == host)
    kinds = {one.key_type for one in own}
    return own + tuple(one for one in chains if one.host is None and one.key_type not in kinds)


def plan(
    names: Sequence[str] = (),
    *,
    mail: Sequence[str] = (),
    tlsa: Iterable[str | Record] | None = None,
    zone: GivenZone | None = None,
    old_zone: GivenZone | None = None,
    origin: str | None = None,
    ds: Iterable[str] = (),
    chains: Sequence[GivenChain] = (),
    serving: Sequence[GivenChain] = (),
    keys: Sequence[GivenKey] = (),
    previous: Iterable[str | Record] | None = None,
    ttl: int | None = None,
    expect: Iterable[str] = (),
    port: int = SMTP_PORT,
    offline: bool = False,
    domains: Sequence[str] = (),
) -> Plan:
    """A rehearsal, read from what people and programs have at hand.

    names -- mail hosts; mail -- mail domains as a whole. Without either, those that the zone file is about.
    zone, old_zone -- zone-file texts, or what `zone_text.read_zone` made of one.
    chains, serving -- each a PEM text, one DER certificate, or DER certificates with the server's own first.
    keys -- each a value, or the DER of a SubjectPublicKeyInfo.

    Raises UsageError, with one sentence, for whatever cannot be rehearsed.
    """
    if not 0 < port < 65536:
        raise UsageError(f"port {port} is not between 1 and 65535")
    if zone is None and (old_zone is not None or origin is not None):
        raise UsageError("--old-zone and --origin go with --zone; give the zone that is to be published")
    new, old = _zone(zone, origin, "zone"), _zone(old_zone, origin, "old zone")
    about = affected(new, old, port) if new is not None and not names and not mail else Affected()
    asked = Plan(
        _hosts(names or about.hosts, port),
        port,
        candidate_records(tlsa, "tlsa") if tlsa is not None else None,
        tuple(_chain(one, number) for number, one in enumerate(chains, start=1)),
        candidate_records(previous, "previous") if previous is not None else None,
        ttl,
        tuple(map(scheme, expect)),
        offline,
        _domains(domains),
        _domains(mail or about.mail),
        new if new is not None and not new.whole else None,
        sets_of(new) if new is not None and not new.whole else (),
        sets_of(old) if old is not None and not old.whole else (),
        new if new is not None and new.whole else None,
        old if old is not None and old.whole else None,
        tuple(ds),
        tuple(_chain(one, number) for number, one in enumerate(serving, start=1)),
        tuple(_key(one, number) for number, one in enumerate(keys, start=1)),
    )
    _refuse_what_cannot_be(asked, zone_given=new is not None)
    return asked


def _nobody(asked: Plan, *, is_difference: bool) -> str:
    """Why there is nobody to rehearse for."""
    if is_difference:
        return "the two zones give the same answers about mail; name hosts with --name to rehearse them nevertheless"
    file = asked.zone or asked.lines
    if file is None:
        return "no mail host is named; name one with --name, such as --name mx.example.org, or its domain"
    wrong = next((one for one in sets_of(file) if _right(one, file, asked.port)), None)
    if wrong is None:
        return f"{safe(file.source, 200)} has no TLSA records for port {asked.port}; name a mail host with --name"
    right = _right(wrong, file, asked.port)
    return f"the TLSA records at {wrong.owner} stand where no sender looks; they belong at {right}"


def _right(misplaced: CandidateSet, file: ZoneFile, port: int) -> str | None:
    return right_owner(dns.name.from_text(misplaced.owner), file, port)


def _key(given: GivenKey, number: int) -> NextKey:
    return given if isinstance(given, NextKey) else NextKey.of(bytes(given), f"key {number}")


def _zone(given: GivenZone | None, origin: str | None, what: str) -> ZoneFile | None:
    if isinstance(given, str):
        return read_zone(ZoneText(what, given), parse_domain(origin) if origin is not None else None)
    return given


def _refuse_what_cannot_be(asked: Plan, *, zone_given: bool) -> None:
    if not asked.hosts and not asked.mail:
        raise UsageError(_nobody(asked, is_difference=asked.old_zone is not None or bool(asked.old_sets)))
    if asked.is_first and not asked.mail:
        raise UsageError(
            "there is nothing to rehearse; give candidate records with --tlsa or --zone, a chain with --chain, or, for "
            "its first records, a mail domain in place of the host"
        )
    if asked.is_first and (asked.serving or asked.previous is not None):
        raise UsageError("--old-chain and --previous say what candidates replace, and there are none; give them too")
    if asked.records is not None and zone_given:
        raise UsageError("--tlsa and --zone both say what is to be published; leave out one of them")
    if asked.offline and not (asked.replaces_records and (asked.chains or asked.planned)):
        raise UsageError("--offline asks nobody, so it needs records (--tlsa or --zone) and a --chain, --key or --csr")
    if asked.offline and asked.mail and asked.zone is None:
        raise UsageError("--offline asks nobody for MX records; name the hosts with --name, or give a whole --zone")
    if (asked.old_zone is None) != (asked.zone is None) and (asked.old_zone or asked.old_sets):
        raise UsageError("of the two zone files one has a SOA record and the other has none; give two of a kind")
    if asked.ttl is not None and not 0 <= asked.ttl <= _MOST_TTL:
        raise UsageError(f"a TTL is between 0 and {_MOST_TTL} seconds")
    if asked.ds and (asked.zone is None or not asked.zone.is_signed or asked.zone.origin is None):
        raise UsageError("--ds is for a zone file with signatures; leave it out, or give the signed file with --zone")
    if asked.zone is not None and asked.zone.origin is not None and asked.ds:
        anchors_for(asked.zone.origin, asked.ds)
    _refuse_twins(asked.chains)
    _refuse_twins(asked.serving)


def _refuse_twins(chains: Sequence[CandidateChain]) -> None:
    seen: set[tuple[str | None, KeyType]] = set()
    for one in chains:
        if (one.host, one.key_type) in seen:
            whose = f" for {one.host}" if one.host else ""
            raise UsageError(
                f"two chains{whose} have {one.key_type.value.upper()} keys, and a server serves one of a kind; "
                "rehearse them one by one"
            )
        seen.add((one.host, one.key_type))


def _domains(names: Sequence[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise UsageError("domains is one string; give a sequence of names")
    domains, most = tuple(dict.fromkeys(parse_domain(name) for name in names)), DEFAULT.domain.mx_hosts
    if len(domains) > most:
        raise UsageError(f"{len(domains)} mail domains are more than the {most} of one rehearsal; split it")
    return domains


def _hosts(names: Sequence[str], port: int) -> tuple[str, ...]:
    if isinstance(names, str):
        raise UsageError("names is one string; give a sequence of names")
    hosts = tuple(dict.fromkeys(parse_domain(name) for name in names))
    most = DEFAULT.domain.mx_hosts
    if len(hosts) > most:
        raise UsageError(f"{len(hosts)} mail hosts are more than the {most} of one rehearsal; split it with --name")
    for host in hosts:
        if tlsa_owner(host, port) is None:
            raise UsageError(f"{host} is too long to have TLSA records: _{port}._tcp does not fit before it")
    return hosts


def _chain(given: GivenChain, number: int) -> CandidateChain:
    match given:
        case CandidateChain():
            return given
        case str():
            return chain_from_pem(given, f"chain {number}")
        case bytes():
            return chain_from_der((given,), f"chain {number}")
        case _:
            return chain_from_der(tuple(given), f"chain {number}")
