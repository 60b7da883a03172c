"""What is to be said of one host: its verdict's findings, and the rules for publishers (requirements §6, §8). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from dane_check.findings import About, Code, Finding, Severity, finding
from dane_check.policy.service import tlsa_owner
from dane_check.policy.verdict import HostVerdict
from dane_check.rehearsal.candidates import CandidateSet
from dane_check.rehearsal.moments import EARLY, Fate, fate_of
from dane_check.rehearsal.plan import Plan
from dane_check.rehearsal.planned import planned_findings
from dane_check.rehearsal.played import Played, planned_of, previous_records, ttl_of
from dane_check.rehearsal.publisher import Replacement, names_left_out, of_replacement, of_set


def findings_of(plan: Plan, played: Played, names: Sequence[str], now: datetime) -> tuple[Finding, ...]:
    """Everything about one host; `names` are all that are rehearsed, for certificates that have more."""
    rules = _of_publishing(plan, played, names, now)
    found = dict.fromkeys((*played.verdict.all_findings, *rules, *played.beside))
    # that there are no records yet, or that nobody is asked, is where these rehearsals begin
    known = {Code.TLSA_ABSENT} if plan.is_first else {Code.INCOMPLETE} if plan.offline else set()
    return tuple(one for one in found if one.code not in known)


def _of_publishing(plan: Plan, played: Played, names: Sequence[str], now: datetime) -> tuple[Finding, ...]:
    about, verdict = About(played.domain or played.host, played.host), played.of_host
    named = [name for one in verdict.endpoints for leaf in one.certificates[:1] for name in leaf.names]
    found = () if plan.is_first else names_left_out(about, named, names)
    found += planned_findings(about, planned_of(plan, played))
    candidates = played.candidates
    if candidates is None or not candidates.records:
        return found
    if plan.is_first:
        return found
    ttl = plan.ttl if plan.ttl is not None else candidates.ttl
    found += of_set(about, CandidateSet(candidates.owner, candidates.records, ttl))
    found += of_replacement(about, _replacement(plan, played, candidates, now))
    return (*found, *_where_it_stands(plan, played, about), *_not_asked(about, verdict, played.host))


def _replacement(plan: Plan, played: Played, candidates: CandidateSet, now: datetime) -> Replacement:
    early = played.verdicts.get(EARLY)
    fate = fate_of(early) if early is not None else Fate.CANNOT_TELL
    return Replacement(
        (played.host, *played.domains),
        replace(candidates, ttl=ttl_of(plan, played)),
        previous_records(plan, played),
        plan.chains_of(played.host),
        now,
        {Fate.AUTHENTICATES: True, Fate.REFUSES: False}.get(fate),
    )


def _where_it_stands(plan: Plan, played: Played, about: About) -> Iterator[Finding]:
    """What the candidates would meet at their place, or hide: aliases and wildcards."""
    if plan.zone is not None:
        return  # the file says where, see `zone_rules`
    owner = tlsa_owner(played.host, plan.port) or ""
    published = played.published
    if published is not None and published.aliases and published.aliases[0].owner.rstrip(".").lower() == owner:
        where = f"it leads to {published.aliases[-1].target.rstrip('.')}"
        yield finding(Code.TLSA_BESIDE_CNAME, about, Severity.HYGIENE, name=owner, where=where)
    if played.hides:
        wildcard, beside = f"a wildcard above {played.host}", f"the other names below _tcp.{played.host}"
        yield finding(Code.TLSA_WILDCARD_SHADOW, about, Severity.LATENT, wildcard=wildcard, name=beside, by=owner)
    if played.hidden:
        yield finding(Code.TLSA_HOST_WILDCARD_SHADOW, about, wildcard="above it", name=owner)


def _not_asked(about: About, verdict: HostVerdict, host: str) -> Iterator[Finding]:
    base = verdict.tlsa_base_domain
    if base is not None and base != host:
        why = f"{host} is an alias, and {base} has records, which decide"
        yield finding(Code.CANDIDATES_NOT_ASKED, about, why=why)
