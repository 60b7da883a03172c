"""Questions asked after the verdict, to explain it; their findings never change it (docs/architecture.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from dane_check.check.outgoing import note
from dane_check.check.session import DomainLookups, Session
from dane_check.dnssec.anchors import ROOT_AS_OF, TrustAnchors
from dane_check.dnssec.lookup import Secure
from dane_check.findings import About, Code, Finding, finding
from dane_check.policy.endpoint import shown_reply
from dane_check.policy.service import tlsa_owner
from dane_check.policy.verdict import DomainVerdict, EndpointResult, EndpointVerdict, HostVerdict
from dane_check.ports import ProbeRequest, ServedChain


async def diagnose(verdict: DomainVerdict, source: DomainLookups, session: Session) -> tuple[Finding, ...]:
    """What further questions explain, in about a second; what takes longer stays unexplained."""
    known = (*_old_anchors(verdict.domain, session), *note(session.outgoing, verdict))
    return (*known, *await _asked(verdict, source, session))


def _old_anchors(domain: str, session: Session) -> tuple[Finding, ...]:
    """ROOT-j: the built-in anchors have not been compared with IANA's for long."""
    if session.settings.trust_anchor is not None or not TrustAnchors.root().is_stale(session.now):
        return ()
    return (finding(Code.ANCHORS_STALE, About(domain), date=f"{ROOT_AS_OF:%Y-%m-%d}"),)


async def _asked(verdict: DomainVerdict, source: DomainLookups, session: Session) -> tuple[Finding, ...]:
    work = [_misplaced(verdict.domain, host, source) for host in verdict.hosts if host.reason == "tlsa-absent"]
    work += [
        _after_tls(About(verdict.domain, host.host, endpoint.address), endpoint, session)
        for host in verdict.hosts
        for endpoint in host.endpoints
        if endpoint.tls is not None
    ]
    work += [
        _without_sni(verdict, host, endpoint, session)
        for host in verdict.hosts
        for endpoint in _mismatched(host)
        if endpoint.server_name is not None
    ]
    tasks = [asyncio.create_task(one) for one in work]
    if not tasks:
        return ()
    done, late = await asyncio.wait(tasks, timeout=session.settings.limits.domain.diagnostics_seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    answers = (task.result() for task in tasks if task in done)
    return tuple(found for found in answers if found)


async def _after_tls(about: About, endpoint: EndpointVerdict, session: Session) -> Finding | None:
    """S4-A19: a server that refuses EHLO once TLS is up; its silence means nothing."""
    request = ProbeRequest(endpoint.address, endpoint.port, endpoint.server_name, helo=session.helo)
    reply = await session.probes.after_tls(request)
    if reply is None or reply.code < 400:
        return None
    return finding(Code.TLS_POST_EHLO_FAILED, about, reply=shown_reply(reply))


def _mismatched(host: HostVerdict) -> Iterable[EndpointVerdict]:
    """One endpoint of every address where a certificate did not match, in no particular order."""
    return {one.address: one for one in host.endpoints if one.result is EndpointResult.MISMATCH}.values()


async def _without_sni(
    verdict: DomainVerdict, host: HostVerdict, endpoint: EndpointVerdict, session: Session
) -> Finding | None:
    """One more session, without a server name, while L-19 leaves one (R7671-10.2-a)."""
    if session.probes.held(endpoint.address) >= session.settings.limits.domain.handshakes_per_address:
        return None
    request = ProbeRequest(endpoint.address, endpoint.port, None, helo=session.helo)
    served = await session.probe(request)
    if not isinstance(served, ServedChain):
        return None
    names = [host.tlsa_base_domain or host.host]
    if verdict.mx is None or verdict.mx.status == "secure":
        names.append(verdict.domain)
    about = About(verdict.domain, host.host, endpoint.address)
    from dane_check.policy.diagnosis import without_server_name  # wanted after a mismatch only

    return without_server_name(about, host, endpoint, served, names, session.certificates_at)


async def _misplaced(domain: str, host: HostVerdict, source: DomainLookups) -> Finding | None:
    """Records at the mail domain while the MX is elsewhere (R7672-2.2.3-k); never asked of an unsigned zone."""
    wrong, right = tlsa_owner(domain), tlsa_owner(host.host)
    if wrong is None or right is None or wrong == right or not source.zone_is_proven_signed(domain):
        return None
    answer = await source.lookup(wrong, "TLSA")
    if not isinstance(answer, Secure):
        return None
    return finding(Code.TLSA_MISPLACED, About(domain, host.host), found=wrong, name=right)
