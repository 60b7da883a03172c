"""From candidates to what senders would do: the matcher and the tables of a check, without a question. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dane_check.dnssec.lookup import Lookup, Secure
from dane_check.findings import About, Code, Finding, finding
from dane_check.limits import DEFAULT
from dane_check.policy.authentication import certificate_facts, judge_chain
from dane_check.policy.base_domain import Requirement, tlsa_answer
from dane_check.policy.destination import relay
from dane_check.policy.domain import domain_verdict
from dane_check.policy.endpoint import Circumstances, Judged
from dane_check.policy.fold import exit_of_many
from dane_check.policy.host import Group, host_verdict, settled
from dane_check.policy.stopped import Stopped
from dane_check.policy.verdict import DomainVerdict, DomainWord, HostVerdict, HostWord
from dane_check.rehearsal.candidates import CandidateSet, Plan, Record
from dane_check.rehearsal.outcome import Expectation, HostRehearsal, Rehearsal, Switch, Would
from dane_check.rehearsal.overlay import assumed, served
from dane_check.rehearsal.publisher import (
    WEIGHTY,
    Replacement,
    earliest_switch,
    names_left_out,
    of_replacement,
    of_set,
    seconds_to_wait,
)
from dane_check.tlsa.record import parse_rdata

_EVERY_ADDRESS: Final = "the candidate chain"
_SIGNED_SOMEHOW: Final = "the zone is assumed to be signed; nobody was asked"


@dataclass(frozen=True, slots=True)
class Played:
    """One host judged over the candidates.

    published -- what stands at the TLSA owner name today; None where nobody asked or nothing was replaced.
    assumed -- what the verdict takes for granted, for people; None where nothing is.
    domains -- the mail domains whose names count for this host.
    """

    verdict: DomainVerdict
    beside: tuple[Finding, ...] = ()
    published: Lookup | None = None
    assumed: str | None = None
    domains: tuple[str, ...] = ()


def rehearse_offline(plan: Plan, now: datetime) -> Rehearsal:
    """A plan with candidate records and chains, judged at `now` without asking anybody (PF-a)."""
    return rehearsal(plan, [_play_offline(plan, host, now) for host in plan.hosts], now)


def _play_offline(plan: Plan, host: str, now: datetime) -> Played:
    """The candidate set of `host` against the candidate chains, its zone assumed signed."""
    candidates = plan.set_of(host)
    assert candidates is not None, "a plan without connections has records"
    about = About(host, host)
    answer = assumed(candidates, _SIGNED_SOMEHOW)
    needed = tlsa_answer(about, candidates.owner, host, answer, most_records=DEFAULT.dns.tlsa_records)
    assert isinstance(needed, Requirement | Stopped), "a secure answer is no reason to ask on"
    verdict = (
        settled(host, None, needed, ()) if isinstance(needed, Stopped) else _judged(plan, about, host, needed, now)
    )
    folded = domain_verdict(host, None, relay(host), [verdict], strict=False)
    return Played(folded, assumed=_SIGNED_SOMEHOW, domains=plan.domains)


def _judged(plan: Plan, about: About, host: str, needed: Requirement, now: datetime) -> HostVerdict:
    where = Circumstances(
        about=About(host, host, _EVERY_ADDRESS),
        address=_EVERY_ADDRESS,
        port=plan.port,
        requirement=needed,
        server_name=host,
        vouched=True,
        mx_secure=True,
        reference_names=(host, *plan.domains),
        unaccepted_names=(),
        certificates_at=now,
    )
    judged: tuple[Judged, ...] = tuple(judge_chain(where, served(chain)) for chain in plan.chains)
    group = Group(needed, judged)
    return host_verdict(about, None, [group], floor=None, findings=(), lookups=(), complete=True)


def rehearsal(plan: Plan, played: Sequence[Played], now: datetime) -> Rehearsal:
    """All hosts of the plan put together; `played` holds one for each, in the same order."""
    hosts = tuple(_host(plan, host, one, now) for host, one in zip(plan.hosts, played, strict=True))
    status = exit_of_many(host.exit_status for host in hosts)
    would = _worst(hosts, status)
    reason = _reason(hosts) if status != 1 else None
    return Rehearsal(
        plan,
        now,
        would,
        1 if reason else status,
        _sentence(plan, would, reason),
        hosts,
        tuple(tuple(certificate_facts(der) for der in chain.certificates) for chain in plan.chains),
        reason,
        _switch(plan, hosts, now),
    )


_WOULD: Final = {
    DomainWord.PROTECTED: (Would.BE_PROTECTED, 0),
    DomainWord.BROKEN: (Would.BE_BROKEN, 1),
    DomainWord.PARTIAL: (Would.BE_PARTIAL, 3),
    DomainWord.UNPROTECTED: (Would.BE_UNPROTECTED, 3),
    DomainWord.UNDETERMINED: (Would.CANNOT_TELL, 4),
    DomainWord.NOT_APPLICABLE: (Would.CANNOT_TELL, 4),  # a host without an address could be anything by then
}
_BY_SEVERITY: Final = (Would.BE_BROKEN, Would.CANNOT_TELL, Would.BE_UNPROTECTED, Would.BE_PARTIAL, Would.BE_PROTECTED)


def _host(plan: Plan, host: str, played: Played, now: datetime) -> HostRehearsal:
    would, status = _WOULD[played.verdict.word]
    verdict = played.verdict.hosts[0] if played.verdict.hosts else HostVerdict(host, None, HostWord.UNREACHABLE)
    ttl = _ttl(plan, played)
    findings = (*played.verdict.all_findings, *_rules(plan, host, verdict, played, now), *played.beside)
    expectations = tuple(Expectation(scheme, _is_met(str(scheme), verdict)) for scheme in plan.expect)
    return HostRehearsal(
        host, would, status, verdict, tuple(dict.fromkeys(findings)), expectations, ttl, played.assumed
    )


def _rules(plan: Plan, host: str, verdict: HostVerdict, played: Played, now: datetime) -> tuple[Finding, ...]:
    """What publishers have to keep, for this host."""
    about = About(host, host)
    names = [name for one in verdict.endpoints for leaf in one.certificates[:1] for name in leaf.names]
    found = names_left_out(about, names, (*plan.hosts, *plan.domains))
    owned = plan.set_of(host)
    if owned is None:
        return found
    candidates = CandidateSet(owned.owner, owned.records, _ttl(plan, played))
    found += of_set(about, CandidateSet(owned.owner, owned.records, plan.ttl))
    names_that_count = (host, *played.domains)
    replacement = Replacement(names_that_count, candidates, _previous(plan, played), plan.chains, now)
    found += of_replacement(about, replacement)
    return found + _not_asked(about, verdict, host)


def _not_asked(about: About, verdict: HostVerdict, host: str) -> tuple[Finding, ...]:
    base = verdict.tlsa_base_domain
    if base is None or base == host:
        return ()
    return (finding(Code.CANDIDATES_NOT_ASKED, about, why=f"{host} is an alias, and {base} has records, which decide"),)


def _previous(plan: Plan, played: Played) -> tuple[Record, ...]:
    """The set that is replaced: the one given, else the one that is published, where that is secure."""
    if plan.previous is not None:
        return plan.previous
    if not isinstance(played.published, Secure):
        return ()
    return tuple(parse_rdata(record.wire) for record in played.published.records)


def _ttl(plan: Plan, played: Played) -> int | None:
    """The greater of what is going to be published and what caches have now."""
    published = [record.ttl for record in played.published.records] if played.published is not None else []
    return max([*published, *([plan.ttl] if plan.ttl is not None else [])], default=None)


def _is_met(scheme: str, verdict: HostVerdict) -> bool | None:
    """Whether a usable record of the scheme matches somewhere; where it lacks elsewhere, that is a finding."""
    if any(one.text.startswith(f"{scheme} ") and one.state == "usable" and one.matches for one in verdict.tlsa):
        return True
    told = any(one.certificates for one in verdict.endpoints) or verdict.word in {HostWord.NO_DANE, HostWord.TLS_ONLY}
    return False if told else None


def _worst(hosts: Sequence[HostRehearsal], status: int) -> Would:
    words = {host.would for host in hosts}
    worst = next(word for word in _BY_SEVERITY if word in words)
    return Would.BE_PARTIAL if status == 3 and len(words) > 1 else worst


def _reason(hosts: Sequence[HostRehearsal]) -> str | None:
    """What makes the exit status 1 although no host would be broken."""
    if any(one.met is False for host in hosts for one in host.expectations):
        return "expectation"
    return "publisher-rules" if any(one.code in WEIGHTY for host in hosts for one in host.findings) else None


_WORTH_PUBLISHING: Final = frozenset({Would.BE_PROTECTED, Would.BE_PARTIAL})


def _switch(plan: Plan, hosts: Sequence[HostRehearsal], now: datetime) -> Switch | None:
    """Only where something is worth publishing, and the TTL is known."""
    ttls = [host.ttl for host in hosts if host.ttl is not None]
    if plan.records is None or not ttls or any(host.would not in _WORTH_PUBLISHING for host in hosts):
        return None
    return Switch(seconds_to_wait(max(ttls)), earliest_switch(now, max(ttls)))


_SENTENCES: Final = {
    Would.BE_PROTECTED: "Senders that use DANE would authenticate {what}.",
    Would.BE_BROKEN: "Senders that use DANE would refuse {what}: do not publish or deploy this.",
    Would.BE_PARTIAL: "DANE would protect part of the way only; see above for what is missing.",
    Would.BE_UNPROTECTED: "Mail would flow, but DANE would not protect it.",
    Would.CANNOT_TELL: "Nothing is proven wrong, but not everything could be judged from here.",
}
_REASONS: Final = {
    "publisher-rules": "Senders would authenticate {what}, but rules for publishers are not kept; see above.",
    "expectation": "Senders would authenticate {what}, but not by the records that were expected.",
}


def _sentence(plan: Plan, would: Would, reason: str | None) -> str:
    count = len(plan.hosts)
    hosts = "this mail host" if count == 1 else f"all {count} mail hosts"
    if would is Would.BE_BROKEN:
        hosts = "this mail host" if count == 1 else "a mail host"
    template = _REASONS[reason] if reason and would is Would.BE_PROTECTED else _SENTENCES[would]
    return template.format(what=hosts)
