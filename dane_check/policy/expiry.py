"""Signatures that are about to run out on the way to a host (RFC 7671 §11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from dane_check.dnssec.lookup import Lookup, Proof, SignedBy
from dane_check.findings import About, Code, Finding, Severity, finding
from dane_check.findings.finding import SEVERITIES

_SOON = timedelta(days=3)
_AT_ONCE = timedelta(days=1)


def expiry_findings(about: About, lookups: Sequence[tuple[str, str, Lookup]], now: datetime) -> tuple[Finding, ...]:
    """One finding for the signature that is latest for its renewal, where one is late (R7671-11-a).

    Zones that are signed for less than a few days renew all the time: there a quarter of the lifetime is soon.
    """
    ends = [
        (link.signature, name)
        for name, _, found in lookups
        if found.status == "secure" and isinstance(found.proof, Proof)
        for link in found.proof.links
        if link.signature
    ]
    late = [
        (severity, signed.expiration, signed, name) for signed, name in ends if (severity := _severity(signed, now))
    ]
    if not late:
        return ()
    severity, expiration, _, name = min(late, key=lambda one: (SEVERITIES.index(one[0]), one[1]))
    left = _spoken(expiration - now)
    expires = f"{expiration:%Y-%m-%d %H:%M} UTC"
    return (finding(Code.TLSA_RRSIG_EXPIRING, about, severity, name=name, expires=expires, left=left),)


def _severity(signed: SignedBy, now: datetime) -> Severity | None:
    left, lifetime = signed.expiration - now, signed.expiration - signed.inception
    if left > min(_SOON, lifetime / 4):
        return None
    return Severity.LATENT if left < min(_AT_ONCE, lifetime / 12) else Severity.HYGIENE


def _spoken(left: timedelta) -> str:
    hours = left.total_seconds() / 3600
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours"
