"""The first records of a host: what its servers serve, the lines to publish, and whether senders would authenticate it.

The lines are rehearsed like any candidates. A host that has secure records already is judged by these.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dane_check.check.domain import check_relay
from dane_check.check.served import served_chains
from dane_check.check.session import Session
from dane_check.policy.service import tlsa_owner
from dane_check.policy.verdict import DomainVerdict, EndpointResult
from dane_check.rehearsal.candidates import CandidateSet
from dane_check.rehearsal.overlay import Overlay
from dane_check.rehearsal.played import Played
from dane_check.tlsa.generate import Numbers, record_of

_WITHOUT_A_WORD: Final = frozenset(
    {EndpointResult.UNREACHABLE, EndpointResult.SMTP_REFUSED, EndpointResult.PROTOCOL_ERROR, EndpointResult.SKIPPED}
)


async def first_of_host(session: Session, host: str, port: int, domains: tuple[str, ...], domain: str | None) -> Played:
    """The host with a `3 1 1` record for every certificate that it serves, at any address (RFC 7671 §5.1)."""
    today = await check_relay(session, host, port, domains)
    owner = tlsa_owner(host, port)
    plain = Played(host, today.verdict, today.diagnostics, domains=domains, domain=domain)
    if owner is None or any(one.tlsa for one in today.verdict.hosts):
        return plain
    served = await served_chains(session, host, port) if session.settings.connect else None
    records = tuple(dict.fromkeys(record_of(chain[0], Numbers()) for chain in served.chains)) if served else ()
    if not records:
        return replace(plain, unseen=_is_unseen(today.verdict))
    candidates = CandidateSet(owner, records)
    overlay = Overlay(session.lookups(), (candidates,))
    checked = await check_relay(replace(session, lookups=lambda: overlay, moments=None), host, port, domains)
    return Played(
        host,
        checked.verdict,
        checked.diagnostics,
        overlay.replaced.get(owner),
        overlay.because,
        domains,
        candidates=candidates,
        domain=domain,
        hidden=host in overlay.hidden,
        lines=tuple(f"{owner}. IN TLSA {record.to_text()}" for record in records),
    )


def _is_unseen(verdict: DomainVerdict) -> bool:
    """Whether silence is all there is: the zone is signed, and no server said anything that stands in the way."""
    endpoints = [one for host in verdict.hosts for one in host.endpoints]
    signed = all(view.status == "secure" for host in verdict.hosts for view in host.lookups)
    return signed and bool(endpoints) and all(one.result in _WITHOUT_A_WORD for one in endpoints)
