"""One domain from its MX question to its verdict (docs/architecture.md, "One domain")."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from dane_check.check.host import judge_host
from dane_check.check.outcome import DomainCheck
from dane_check.check.requirement import HostCheck
from dane_check.check.session import DomainLookups, Session
from dane_check.check.view import lookup_view
from dane_check.dnssec.lookup import Lookup
from dane_check.findings import About, Code, Finding, finding
from dane_check.policy.destination import Hosts, MxHost, NoHosts, destination, relay
from dane_check.policy.domain import domain_verdict, ended, excluded, inapplicable, qualified
from dane_check.policy.expiry import expiry_findings
from dane_check.policy.proof_findings import proof_findings
from dane_check.policy.service import SMTP_PORT
from dane_check.policy.verdict import DomainVerdict, DomainWord, HostVerdict


async def check_domain(session: Session, domain: str, source: DomainLookups | None = None) -> DomainCheck:
    """The verdict on `domain`, an absolute A-label name, and the diagnostics that may follow it.

    source -- the lookups of this domain, where some of them are under way already.
    """
    session, source = session.of_one_domain(), source or session.lookups()
    return await _within_time(session, domain, _check_domain(session, source, domain), source)


async def check_relay(
    session: Session,
    host: str,
    port: int = SMTP_PORT,
    domains: tuple[str, ...] = (),
    source: DomainLookups | None = None,
) -> DomainCheck:
    """The verdict on one host as a configured relay: no MX question, its own port (R7672-2.2.2-k).

    domains -- mail domains whose signed MX records are known to name the host (see `policy.destination.relay`).
    source -- as for `check_domain`.
    """
    session, source = session.of_one_domain(), source or session.lookups()
    goes_to = relay(host, domains)
    return await _within_time(session, host, _judge(session, source, host, goes_to, None, port), source)


def address_literal(literal: str) -> DomainCheck:
    """S1-01: DANE does not apply to an address literal; nothing is asked."""
    said = finding(Code.ADDRESS_LITERAL, About(literal))
    return DomainCheck(ended(literal, NoHosts(DomainWord.NOT_APPLICABLE, "address-literal", (said,)), None))


def as_asked(session: Session, check: DomainCheck) -> DomainCheck:
    """The check with its verdict as the options of the run want it told (D-8, D-23)."""
    settings = session.settings
    verdict = qualified(check.verdict, audit=settings.audit, certificates_at=settings.certificates_at)
    return replace(check, verdict=verdict)


def clock_trouble(subject: str, now: datetime) -> DomainCheck:
    """D-23: by a clock that cannot be right nothing can be judged, so nothing is asked."""
    said = finding(Code.ENV_CLOCK, About(subject), why=f"it says {now:%Y-%m-%d %H:%M} UTC")
    return DomainCheck(ended(subject, NoHosts(DomainWord.UNDETERMINED, "clock-suspect", (said,)), None), now)


async def _within_time(
    session: Session, domain: str, work: Coroutine[object, object, DomainVerdict], source: DomainLookups
) -> DomainCheck:
    """L-20: whatever is not known by then, waiting at the gate apart, is undetermined."""
    started = session.seconds()
    most = session.settings.limits.domain.seconds
    try:
        async with asyncio.timeout(most) as limit:
            with session.patience.charged(limit):
                verdict = await work
    except TimeoutError:
        because = f"the check took longer than {most:g} seconds"
        said = finding(Code.INCOMPLETE, About(domain), left_out=because, because="so many or such slow servers")
        verdict = ended(domain, NoHosts(DomainWord.UNDETERMINED, "limit", (said,)), None)
        return as_asked(session, DomainCheck(replace(verdict, complete=False), session.now))
    judged = session.seconds()
    from dane_check.check.diagnostics import diagnose

    diagnostics = await diagnose(verdict, source, session)
    timings = {"verdict": judged - started, "diagnostics": session.seconds() - judged}
    if session.patience.waited:
        timings["waiting"] = session.patience.waited
    return as_asked(session, DomainCheck(verdict, session.now, diagnostics, timings=timings))


async def _check_domain(session: Session, source: DomainLookups, domain: str) -> DomainVerdict:
    settings = session.settings
    found = await source.lookup(domain, "MX")
    most_hosts = settings.limits.domain.mx_hosts
    goes_to = destination(domain, found, require_dane=settings.require_dane, most_hosts=most_hosts)
    match goes_to:
        case NoHosts():
            said = _proof_findings(session, domain, [found])
            end = replace(goes_to, findings=goes_to.findings + said)
            return ended(domain, end, lookup_view(domain, "MX", found))
        case Hosts():
            return await _judge(session, source, domain, goes_to, found, SMTP_PORT)
    assert_never(goes_to)


async def _judge(
    session: Session, source: DomainLookups, domain: str, goes_to: Hosts, found: Lookup | None, port: int
) -> DomainVerdict:
    mx = lookup_view(domain, "MX", found) if found else None

    noted = [found] if found else []

    async def one(host: MxHost) -> HostVerdict:
        if host.name in session.settings.down:
            return excluded(domain, host)
        return await judge_host(HostCheck(session, source, domain, host, goes_to, port, noted))

    hosts = [*await asyncio.gather(*(one(host) for host in goes_to.hosts)), *map(inapplicable, goes_to.inapplicable)]
    remarks: tuple[Finding, ...] = (
        () if port == SMTP_PORT else (finding(Code.PORT_BY_ANALOGY, About(domain), port=port),)
    )
    remarks += expiry_findings(About(domain), [(domain, "MX", found)], session.now) if found else ()
    remarks += _proof_findings(session, domain, noted)
    hosts.sort(key=lambda host: (host.preference is not None, host.preference or 0, host.host))
    settings = session.settings
    return domain_verdict(
        domain, mx, goes_to, hosts, strict=settings.strict, require_dane=settings.require_dane, findings=remarks
    )


def _proof_findings(session: Session, domain: str, lookups: list[Lookup]) -> tuple[Finding, ...]:
    return proof_findings(About(domain), lookups, most_iterations=session.settings.nsec3_iterations)
