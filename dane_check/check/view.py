"""A lookup as a report shows it."""

from __future__ import annotations

from dane_check.dnssec.lookup import Lookup, Proof
from dane_check.names import plain
from dane_check.policy.verdict import LookupView


def lookup_view(name: str, rdtype: str, found: Lookup) -> LookupView:
    """What is worth keeping of a validated lookup: its status, why, and its chain of trust in words."""
    why = found.why
    return LookupView(
        plain(name),
        rdtype,
        found.status,
        found.kind,
        why.sentence if why else None,
        why.cause.value if why else None,
        why.hints if why else (),
        found.expires,
        found.proof.links if isinstance(found.proof, Proof) else (),
        plain(found.aliases[-1].target) if found.aliases else None,
    )
