"""The addresses of one MX host, family by family, once their lookups are in (docs/requirements.md §19.3 - §19.4)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from dane_check.check.endpoint import FamilyJudged, Plan, judge_family
from dane_check.check.freshness import Answered, Freshest
from dane_check.check.requirement import HostCheck, in_order, requirement_of, views
from dane_check.check.session import Asked, DomainLookups
from dane_check.findings import Finding
from dane_check.policy.address_plan import Family, Reachable
from dane_check.policy.base_domain import Requirement
from dane_check.policy.expiry import expiry_findings
from dane_check.policy.fold import worst_host_word
from dane_check.policy.host import Group, host_verdict
from dane_check.policy.service import tlsa_owner
from dane_check.policy.stopped import Stopped, settled
from dane_check.policy.verdict import HostVerdict


async def judge_families(check: HostCheck, asked: Asked, plan: Reachable) -> HostVerdict:
    """The verdict on a host with addresses: each family by its own requirement, the host as a whole."""
    needs = await asyncio.gather(*(requirement_of(check, asked, family.candidates) for family in plan.families))
    stops = [needed for needed in needs if isinstance(needed, Stopped)]
    if len(stops) == len(needs):
        word = worst_host_word(stop.word for stop in stops)
        worst = next(stop for stop in stops if stop.word is word)
        end = Stopped(worst.word, worst.reason, plan.findings + _of_stops(stops), worst.tlsrpt)
        return settled(check.host.name, check.host.preference, end, views(asked))
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
        lookups=views(asked),
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
        return _answered(check, renewed, await in_order(check, renewed, family.candidates))

    owner = tlsa_owner(needed.base_domain, check.port) if needed.base_domain else None
    heard = check.session.heard(owner) if owner else 0.0
    return Freshest(check.session.moments, _answered(check, asked, needed), heard, again)


def _answered(check: HostCheck, asked: Asked, needed: Requirement | Stopped) -> Answered:
    base = needed.base_domain if isinstance(needed, Requirement) else None
    owner = tlsa_owner(base, check.port) if base else None
    return Answered(needed, asked.found(owner, "TLSA") if owner else None)
