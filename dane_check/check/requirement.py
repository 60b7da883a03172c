"""What the TLSA answers of one MX host oblige a sender to (docs/requirements.md §19.3)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from dane_check.check.session import Asked, DomainLookups, Session
from dane_check.check.view import lookup_view
from dane_check.dnssec.lookup import Lookup
from dane_check.findings import About, Code, Finding, finding
from dane_check.policy.base_domain import NextCandidate, Requirement, opportunistic, required, tlsa_answer
from dane_check.policy.destination import Hosts, MxHost
from dane_check.policy.service import tlsa_owner
from dane_check.policy.stopped import Stopped
from dane_check.policy.verdict import LookupView


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


def early_tlsa(check: HostCheck, name: str) -> asyncio.Future[Lookup]:
    """TLSA beside what the order wants first, where the zone of `name` is known to be signed (D-12).

    Its answer is never read here: the resolver shares it with the lookup that the order of §19.3 may make later,
    and if that lookup is never made, neither was this one.
    """
    owner = tlsa_owner(name, check.port)
    if owner and check.session.settings.early_tlsa and check.source.zone_is_proven_signed(name):
        return asyncio.ensure_future(check.source.lookup(owner, "TLSA"))
    nothing: asyncio.Future[Lookup] = asyncio.get_running_loop().create_future()
    return nothing


def views(asked: Asked) -> tuple[LookupView, ...]:
    """Everything that was asked and answered, to be shown."""
    return tuple(lookup_view(name, rdtype, found) for name, rdtype, found in asked.made)


async def requirement_of(check: HostCheck, asked: Asked, candidates: tuple[str, ...]) -> Requirement | Stopped:
    """The duty that the TLSA records of these names give, or why the host is out of reach."""
    early = [early_tlsa(check, candidate) for candidate in candidates[1:]]
    try:
        return await in_order(check, asked, candidates)
    finally:
        for one in early:
            one.cancel()


async def in_order(check: HostCheck, asked: Asked, candidates: tuple[str, ...]) -> Requirement | Stopped:
    """As `requirement_of`, nothing asked early: the first with secure TLSA decides, a failed one ends it (§19.3)."""
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
