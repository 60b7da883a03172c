"""Questions asked after the verdict, to explain it; their findings never change it (docs/architecture.md)."""

from __future__ import annotations

import asyncio

from dane_check.check.session import DomainLookups
from dane_check.dnssec.lookup import Secure
from dane_check.findings import About, Code, Finding, finding
from dane_check.policy.service import tlsa_owner
from dane_check.policy.verdict import DomainVerdict, HostVerdict


async def diagnose(verdict: DomainVerdict, source: DomainLookups, seconds: float) -> tuple[Finding, ...]:
    """What further questions explain, within `seconds`; what takes longer stays unexplained."""
    work = [_misplaced(verdict.domain, host, source) for host in verdict.hosts if host.reason == "tlsa-absent"]
    if not work:
        return ()
    try:
        async with asyncio.timeout(seconds):
            answers = await asyncio.gather(*work)
    except TimeoutError:
        return ()
    return tuple(found for found in answers if found)


async def _misplaced(domain: str, host: HostVerdict, source: DomainLookups) -> Finding | None:
    """Records at the mail domain while the MX is elsewhere (R7672-2.2.3-k); never asked of an unsigned zone."""
    wrong, right = tlsa_owner(domain), tlsa_owner(host.host)
    if wrong is None or right is None or wrong == right or not source.zone_is_proven_signed(domain):
        return None
    answer = await source.lookup(wrong, "TLSA")
    if not isinstance(answer, Secure):
        return None
    return finding(Code.TLSA_MISPLACED, About(domain, host.host), found=wrong, name=right)
