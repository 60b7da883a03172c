"""One MX host: its addresses, and whether to connect to any (docs/requirements.md §19.2; RFC 7672 §2.2.2)."""

from __future__ import annotations

import asyncio
from typing import Final

from dane_check.check.requirement import HostCheck, early_tlsa, requirement_of, views
from dane_check.check.session import Asked
from dane_check.findings import Code, finding
from dane_check.loading import loaded
from dane_check.policy.address_plan import NoAddressYet, Reachable, address_plan, no_address_unsigned
from dane_check.policy.base_domain import Duty
from dane_check.policy.stopped import Stopped, settled
from dane_check.policy.verdict import HostVerdict, HostWord

_NEEDED_BY_SESSIONS: Final = ("dane_check.check.families", "dane_check.check.diagnostics")


async def judge_host(check: HostCheck) -> HostVerdict:
    """The verdict on one MX host; lookups first, connections only where they allow them (RFC 7672 §2.2.2)."""
    asked = Asked(check.source, check.session.heard)
    early = early_tlsa(check, check.host.name)
    try:
        a, aaaa, _ = await asyncio.gather(
            asked.lookup(check.host.name, "A"), asked.lookup(check.host.name, "AAAA"), loaded(*_NEEDED_BY_SESSIONS)
        )
        plan = address_plan(check.about, a, aaaa, in_mx=check.host.preference is not None)
        match plan:
            case Stopped():
                return settled(check.host.name, check.host.preference, plan, views(asked))
            case NoAddressYet():
                return await _without_address(check, asked, plan)
            case Reachable():
                from dane_check.check.families import judge_families

                return await judge_families(check, asked, plan)
    finally:
        early.cancel()
        check.noted.extend(found for _, _, found in asked.made)


async def _without_address(check: HostCheck, asked: Asked, plan: NoAddressYet) -> HostVerdict:
    """S2-11b: TLSA at the alias still says whether anybody could be fooled."""
    needed = await requirement_of(check, asked, plan.candidates)
    if isinstance(needed, Stopped):
        end = Stopped(needed.word, needed.reason, plan.findings + needed.findings, needed.tlsrpt)
    elif needed.duty is Duty.AUTHENTICATE:
        missing = finding(Code.MX_TARGET_MISSING, check.about)
        end = Stopped(HostWord.NO_ADDRESS, None, (*plan.findings, missing))
    else:
        end = no_address_unsigned(check.about, plan.findings)
    return settled(check.host.name, check.host.preference, end, views(asked))
