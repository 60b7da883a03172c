"""What is to be said of one host: its verdict's findings, and the rules for publishers (requirements §6, §8). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from dane_check.errors import UsageError
from dane_check.findings import About, Code, Finding, Severity, finding
from dane_check.names import safe
from dane_check.policy.service import shown_record, tlsa_owner
from dane_check.policy.verdict import EndpointResult, EndpointVerdict, HostVerdict
from dane_check.rehearsal.candidates import CandidateSet
from dane_check.rehearsal.moments import BEFORE, EARLY, Fate, fate_of
from dane_check.rehearsal.plan import Plan
from dane_check.rehearsal.planned import planned_findings
from dane_check.rehearsal.played import Played, planned_of, previous_records, ttl_of
from dane_check.rehearsal.publisher import Replacement, names_left_out, of_replacement, of_set
from dane_check.tlsa.generate import Numbers, records_for


def findings_of(plan: Plan, played: Played, names: Sequence[str], now: datetime) -> tuple[Finding, ...]:
    """Everything about one host; `names` are all that are rehearsed, for certificates that have more."""
    rules = _of_publishing(plan, played, names, now)
    found = dict.fromkeys((*played.verdict.all_findings, *rules, *played.beside))
    # that there are no records yet, or that nobody is asked, is where these rehearsals begin
    known = {Code.TLSA_ABSENT} if plan.is_first else {Code.INCOMPLETE} if plan.offline else set()
    known |= {Code.ROLLOVER_NONE} if played.lines else set()  # the next key can wait until the first record is there
    return tuple(one for one in found if one.code not in known)


def _of_publishing(plan: Plan, played: Played, names: Sequence[str], now: datetime) -> tuple[Finding, ...]:
    about, verdict = About(played.domain or played.host, played.host), played.of_host
    named = [name for one in verdict.endpoints for leaf in one.certificates[:1] for name in leaf.names]
    found = () if plan.is_first else names_left_out(about, named, names)
    found += planned_findings(about, planned_of(plan, played))
    found += tuple(_other_issuers(plan, played, about))
    candidates = played.candidates
    if candidates is None or not candidates.records:
        return found
    if plan.is_first:
        return (*found, *_where_it_stands(plan, played, about))
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


def _other_issuers(plan: Plan, played: Played, about: About) -> Iterator[Finding]:
    """An anchor that the chain of today comes from, and the next one does not (RFC 7671 §8.4)."""
    before = played.verdicts.get(BEFORE)
    kept = {one.text for one in played.of_host.tlsa if one.text.startswith("2 ")}
    anchored = {one.address: one.matched for one in before.endpoints if one.matched in kept} if before else {}
    for one in played.of_host.endpoints:
        matched = anchored.get(one.address)
        if one.result is EndpointResult.TA_MISSING and matched is not None and one.certificates:
            yield finding(
                Code.TLSA_STALE_TA,
                replace(about, address=one.address, key_type=one.key_type and one.key_type.value),
                record=shown_record(matched),
                detail="an issuer of the chain that is served today",
                issuer=safe(one.certificates[-1].subject or "another issuer", 200),
                line=_line(plan, played.host, matched, one),
            )


def _line(plan: Plan, host: str, matched: str, endpoint: EndpointVerdict) -> str:
    """The record of the next issuer with the numbers of the present one; else that of the server's own key."""
    numbers = Numbers.of(*map(int, matched.split()[:3]))
    chain = next((one for one in plan.chains_of(host) if one.key_type is endpoint.key_type), None)
    try:
        record = records_for(chain.certificates, (numbers,))[0].record.to_text() if chain else endpoint.suggested
    except UsageError:
        record = endpoint.suggested
    return f"{tlsa_owner(host, plan.port)}. IN TLSA {record}"


def _not_asked(about: About, verdict: HostVerdict, host: str) -> Iterator[Finding]:
    base = verdict.tlsa_base_domain
    if base is not None and base != host:
        why = f"{host} is an alias, and {base} has records, which decide"
        yield finding(Code.CANDIDATES_NOT_ASKED, about, why=why)
