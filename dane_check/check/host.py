"""One MX host: its addresses, its TLSA records, its servers (docs/requirements.md §19.2 - §19.4)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from dane_check.check.endpoint import FamilyJudged, Plan, judge_family
from dane_check.check.freshness import Answered, Freshest
from dane_check.check.session import Asked, DomainLookups, Session
from dane_check.check.view import lookup_view
from dane_check.dnssec.lookup import Lookup
from dane_check.findings import About, Code, Finding, finding
from dane_check.policy.address_plan import Family, NoAddressYet, Reachable, address_plan, no_address_unsigned
from dane_check.policy.base_domain import (
    Duty,
    NextCandidate,
    Requirement,
    opportunistic,
    required,
    tlsa_answer,
)
from dane_check.policy.destination import Hosts, MxHost
from dane_check.policy.expiry import expiry_findings
from dane_check.policy.fold import worst_host_word
from dane_check.policy.host import Group, host_verdict, settled
from dane_check.policy.service import tlsa_owner
from dane_check.policy.stopped import Stopped
from dane_check.policy.verdict import HostVerdict, HostWord, LookupView


@dataclass(frozen=True, slots=True)
class HostCheck:
    """One host to be judged, and what the run and the domain lend to it.

    noted -- every answered lookup of the domain is added here, for what the proofs show of its zones.
    """

    session: Session
    source: DomainLookups
    domain: str
    host: MxHost
    goes_to: Hosts
    port: int
    noted: list[Lookup] = field(default_factory=list)

    @property
    def about(self) -> About:
        """What findings of this host are about."""
        return About(self.domain, self.host.name)


async def judge_host(check: HostCheck) -> HostVerdict:
    """The verdict on one MX host; lookups first, connections only where they allow them (RFC 7672 §2.2.2)."""
    asked = Asked(check.source, check.session.heard)
    early = _early_tlsa(check, check.host.name)
    try:
        a, aaaa = await asyncio.gather(asked.lookup(check.host.name, "A"), asked.lookup(check.host.name, "AAAA"))
        plan = address_plan(check.about, a, aaaa, in_mx=check.host.preference is not None)
        match plan:
            case Stopped():
                return settled(check.host.name, check.host.preference, plan, _views(asked))
            case NoAddressYet():
                return await _without_address(check, asked, plan)
            case Reachable():
                return await _with_addresses(check, asked, plan)
    finally:
        early.cancel()
        check.noted.extend(found for _, _, found in asked.made)


def _early_tlsa(check: HostCheck, name: str) -> asyncio.Future[Lookup]:
    """TLSA beside what the order wants first, where the zone of `name` is known to be signed (D-12).

    Its answer is never read here: the resolver shares it with the lookup that the order of §19.3 may make later,
    and if that lookup is never made, neither was this one.
    """
    owner = tlsa_owner(name, check.port)
    if owner and check.session.settings.early_tlsa and check.source.zone_is_proven_signed(name):
        return asyncio.ensure_future(check.source.lookup(owner, "TLSA"))
    nothing: asyncio.Future[Lookup] = asyncio.get_running_loop().create_future()
    return nothing


def _views(asked: Asked) -> tuple[LookupView, ...]:
    return tuple(lookup_view(name, rdtype, found) for name, rdtype, found in asked.made)


async def _without_address(check: HostCheck, asked: Asked, plan: NoAddressYet) -> HostVerdict:
    """S2-11b: TLSA at the alias still says whether anybody could be fooled."""
    needed = await _requirement(check, asked, plan.candidates)
    if isinstance(needed, Stopped):
        end = Stopped(needed.word, needed.reason, plan.findings + needed.findings, needed.tlsrpt)
    elif needed.duty is Duty.AUTHENTICATE:
        missing = finding(Code.MX_TARGET_MISSING, check.about)
        end = Stopped(HostWord.NO_ADDRESS, None, (*plan.findings, missing))
    else:
        end = no_address_unsigned(check.about, plan.findings)
    return settled(check.host.name, check.host.preference, end, _views(asked))


async def _with_addresses(check: HostCheck, asked: Asked, plan: Reachable) -> HostVerdict:
    needs = await asyncio.gather(*(_requirement(check, asked, family.candidates) for family in plan.families))
    stops = [needed for needed in needs if isinstance(needed, Stopped)]
    if len(stops) == len(needs):
        word = worst_host_word(stop.word for stop in stops)
        worst = next(stop for stop in stops if stop.word is word)
        end = Stopped(worst.word, worst.reason, plan.findings + _of_stops(stops), worst.tlsrpt)
        return settled(check.host.name, check.host.preference, end, _views(asked))
    going = [
        (family, needed) for family, needed in zip(plan.families, needs, strict=True) if isinstance(needed, Requirement)
    ]
    plans = [_plan(check, asked, family, needed) for family, needed in going]
    judged = await asyncio.gather(*(judge_family(check.session, one) for one in plans))
    floors = [word for word in (plan.floor, *(stop.word for stop in stops)) if word]
    expiring = expiry_findings(check.about, asked.made, check.session.now)
    return host_verdict(
        check.about,
        check.host.preference,
        _grouped(tuple(group for one, found in zip(plans, judged, strict=True) for group in _groups(one, found))),
        floor=worst_host_word(floors),
        findings=plan.findings + _of_stops(stops) + tuple(f for found in judged for f in found.findings) + expiring,
        lookups=_views(asked),
        complete=all(found.complete for found in judged),
    )


def _of_stops(stops: list[Stopped]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(found for stop in stops for found in stop.findings))


def _grouped(groups: tuple[Group, ...]) -> tuple[Group, ...]:
    """One group a requirement: usually both families share it, and the host is judged as a whole."""
    merged: list[Group] = []
    for group in groups:
        same = next((index for index, one in enumerate(merged) if one.requirement == group.requirement), None)
        if same is None:
            merged.append(group)
        else:
            merged[same] = Group(group.requirement, merged[same].judged + group.judged)
    return tuple(merged)


def _groups(plan: Plan, found: FamilyJudged) -> Iterator[Group]:
    """By the requirement they were judged by, which is another where TLSA was asked for again."""
    for one in found.judged:
        yield Group(one.requirement or plan.requirement, (one,))


def _plan(check: HostCheck, asked: Asked, family: Family, needed: Requirement) -> Plan:
    base = needed.base_domain or check.host.name
    accepted = (base, *check.goes_to.next_hops) if check.goes_to.secure else (base,)
    unaccepted = () if check.goes_to.secure else check.goes_to.next_hops
    fresh = _freshest(check, asked, family, needed)
    return Plan(check.about, family, check.port, needed, check.goes_to.secure, accepted, unaccepted, base, fresh)


def _freshest(check: HostCheck, asked: Asked, family: Family, needed: Requirement) -> Freshest:
    async def again(source: DomainLookups) -> Answered:
        renewed = Asked(source, lambda _: 0.0)
        return _answered(check, renewed, await _in_order(check, renewed, family.candidates))

    owner = tlsa_owner(needed.base_domain, check.port) if needed.base_domain else None
    heard = check.session.heard(owner) if owner else 0.0
    return Freshest(check.session.moments, _answered(check, asked, needed), heard, again)


def _answered(check: HostCheck, asked: Asked, needed: Requirement | Stopped) -> Answered:
    base = needed.base_domain if isinstance(needed, Requirement) else None
    owner = tlsa_owner(base, check.port) if base else None
    return Answered(needed, asked.found(owner, "TLSA") if owner else None)


async def _requirement(check: HostCheck, asked: Asked, candidates: tuple[str, ...]) -> Requirement | Stopped:
    early = [_early_tlsa(check, candidate) for candidate in candidates[1:]]
    try:
        return await _in_order(check, asked, candidates)
    finally:
        for one in early:
            one.cancel()


async def _in_order(check: HostCheck, asked: Asked, candidates: tuple[str, ...]) -> Requirement | Stopped:
    """The first candidate with secure TLSA decides; one that failed ends the search (§19.3)."""
    limits = check.session.settings.limits.dns
    reason, findings = "host-zone-insecure", tuple[Finding, ...]()
    for candidate in candidates:
        owner = tlsa_owner(candidate, check.port)
        if owner is None:
            reason, findings = "name-too-long", (finding(Code.NAME_TOO_LONG, check.about),)
            continue
        answer = await asked.lookup(owner, "TLSA")
        step = tlsa_answer(check.about, owner, candidate, answer, most_records=limits.tlsa_records)
        if not isinstance(step, NextCandidate):
            return _allowed(check, step)
        reason = step.reason if not findings else reason  # an insecure answer says more than a denial after it
        findings += step.findings
    return _allowed(check, opportunistic(reason, findings))


def _allowed(check: HostCheck, needed: Requirement | Stopped) -> Requirement | Stopped:
    if isinstance(needed, Requirement) and check.session.settings.require_dane:
        return required(check.about, needed) or needed
    return needed
