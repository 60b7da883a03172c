"""Situations of which nothing can be said, or nothing is to be said."""

from __future__ import annotations

from ..pki import leaf, tlsa
from ..plan import Plan, one_host, situation


@situation("W-38", "undetermined", 4, "unreachable")
def port_closed(plan: Plan, domain: str) -> None:
    """The TLSA record is in order, but nobody listens."""
    plan.zone(domain, one_host(plan.closed, tlsa(3, 1, 1, leaf(f"mx.{domain}"))))


@situation("S1-08", "undetermined", 4)
def lame(plan: Plan, domain: str) -> None:
    """The zone's server knows nothing of the zone, and the resolver answers SERVFAIL."""
    plan.zone(domain, "@ MX 10 mx", served=False)


@situation("W-29", "not-applicable", 5)
def null_mx(plan: Plan, domain: str) -> None:
    """A null MX says that the domain takes no mail."""
    plan.zone(domain, "@ MX 0 .")


@situation("S1-12", "not-applicable", 5)
def nowhere(plan: Plan, domain: str) -> None:
    """The domain does not exist; its parent is signed with opt-out, as the large TLDs are."""
