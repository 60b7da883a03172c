"""Signatures that are about to run out on the way to a host (RFC 7671 §11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from dane_check.dnssec.lookup import Lookup, Proof
from dane_check.findings import About, Code, Finding, Severity, finding

_SOON = timedelta(days=3)
_AT_ONCE = timedelta(days=1)


def expiry_findings(about: About, lookups: Sequence[tuple[str, str, Lookup]], now: datetime) -> tuple[Finding, ...]:
    """One finding for the signature that ends first, where that is soon (R7671-11-a).

    Zones that are signed for less than a few days renew all the time: there a quarter of the lifetime is soon.
    """
    ends = [
        (link.signature, name)
        for name, _, found in lookups
        if found.status == "secure" and isinstance(found.proof, Proof)
        for link in found.proof.links
        if link.signature
    ]
    if not ends:
        return ()
    first, name = min(ends, key=lambda one: one[0].expiration)
    left, lifetime = first.expiration - now, first.expiration - first.inception
    if left > min(_SOON, lifetime / 4):
        return ()
    at_once = left < min(_AT_ONCE, lifetime / 12)
    severity = Severity.LATENT if at_once else Severity.HYGIENE
    return (
        finding(
            Code.TLSA_RRSIG_EXPIRING,
            about,
            severity,
            name=name,
            expires=f"{first.expiration:%Y-%m-%d %H:%M} UTC",
            left=_spoken(left),
        ),
    )


def _spoken(left: timedelta) -> str:
    hours = left.total_seconds() / 3600
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours"
