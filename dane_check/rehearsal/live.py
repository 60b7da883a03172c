"""A rehearsal in the world: real zones and addresses, candidates in place of what is published or served."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from dane_check.check.domain import check_relay, clock_trouble
from dane_check.check.session import Probes, Session
from dane_check.dnssec.lookup import Lookup, LookupSource, Secure
from dane_check.names import plain
from dane_check.rehearsal.candidates import Plan
from dane_check.rehearsal.outcome import Rehearsal
from dane_check.rehearsal.overlay import CandidateProber, Overlay
from dane_check.rehearsal.rehearse import Played, rehearsal


async def rehearse(plan: Plan, session: Session, *, clock_is_suspect: bool = False) -> Rehearsal:
    """Every host of the plan, judged as a configured relay is: lookups first, then every address."""
    stage = _stage(plan, session)
    try:
        played = await asyncio.gather(*(_play(plan, stage, host, clock_is_suspect) for host in plan.hosts))
    finally:
        if plan.chains:  # these sessions are ours; those of the run are not
            await stage.probes.aclose()
    return rehearsal(plan, played, session.now)


def _stage(plan: Plan, session: Session) -> Session:
    """The run, with candidate chains served at every address where there are some, and nobody connected to."""
    if not plan.chains:
        return session
    settings = replace(session.settings, connect=True, ipv4=True, ipv6=True, allow_reserved=True)
    probes = Probes(CandidateProber(plan.chains))
    return replace(session, settings=settings, probes=probes)


async def _play(plan: Plan, session: Session, host: str, clock_is_suspect: bool) -> Played:
    if clock_is_suspect:  # D-23
        return Played(clock_trouble(host, session.now).verdict)
    candidates = plan.set_of(host)
    overlay = Overlay(session.lookups(), (candidates,) if candidates is not None else ())
    domains = await _sending_here(plan.domains, overlay, host)
    checked = await check_relay(replace(session, lookups=lambda: overlay), host, plan.port, domains)
    published = overlay.replaced.get(candidates.owner) if candidates is not None else None
    return Played(checked.verdict, checked.diagnostics, published, overlay.because, domains)


async def _sending_here(domains: Sequence[str], source: LookupSource, host: str) -> tuple[str, ...]:
    """The mail domains whose secure MX records name the host (RFC 7672 §3.2.2, A-1)."""
    answers = await asyncio.gather(*(source.lookup(domain, "MX") for domain in domains))
    return tuple(domain for domain, answer in zip(domains, answers, strict=True) if _names(answer, host))


def _names(answer: Lookup, host: str) -> bool:
    targets = {plain(record.text.rpartition(" ")[2]) for record in answer.records}
    return isinstance(answer, Secure) and host in targets
