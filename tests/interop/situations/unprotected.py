"""Situations in which mail flows without DANE."""

from __future__ import annotations

from ..pki import leaf, tlsa
from ..plan import Plan, one_host, situation


@situation("S2-02", "unprotected", 3, "encrypted")
def unsigned(plan: Plan, domain: str) -> None:
    """In an unsigned zone the TLSA record means nothing."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)), signer=None, ds=None)


@situation("S2-02", "unprotected", 3, "encrypted")
def no_ds(plan: Plan, domain: str) -> None:
    """A signed zone without a DS record in its parent is an unsigned zone."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)), ds=None)


@situation("W-33", "unprotected", 3, "encrypted")
def unknown_algorithm(plan: Plan, domain: str) -> None:
    """A DS record of an algorithm nobody knows makes the zone insecure, not bogus."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)), ds="unknown")


@situation("W-13", "unprotected", 3, "cleartext")
def denied_and_no_starttls(plan: Plan, domain: str) -> None:
    """TLSA is securely denied (NSEC) and there is no STARTTLS: mail goes out in clear."""
    plan.zone(domain, one_host(plan.serve(starttls=False), ""))


@situation("S3-04", "unprotected", 3, "encrypted")
def denied_nsec3(plan: Plan, domain: str) -> None:
    """TLSA is securely denied by NSEC3."""
    plan.zone(domain, one_host(plan.serve((leaf(f"mx.{domain}"),)), ""), nsec3=True)


@situation("W-34b", "unprotected", 3, "encrypted")
def denied_many_iterations(plan: Plan, domain: str) -> None:
    """A denial that rests on 51 NSEC3 iterations is insecure."""
    plan.zone(domain, one_host(plan.serve((leaf(f"mx.{domain}"),)), ""), nsec3=True, iterations=51)


@situation("S3-04", "unprotected", 3, "encrypted")
def denied_knot_nsec3(plan: Plan, domain: str) -> None:
    """TLSA is securely denied by the NSEC3 records knotd makes."""
    plan.zone(domain, one_host(plan.serve((leaf(f"mx.{domain}"),)), ""), signer="knot", nsec3=True)


@situation("S3-04", "unprotected", 3, "encrypted")
def denied_knot_online(plan: Plan, domain: str) -> None:
    """TLSA is securely denied by an NSEC record that knotd invents for this one question."""
    plan.zone(domain, one_host(plan.serve((leaf(f"mx.{domain}"),)), ""), signer="knot-online")


@situation("W-08", "unprotected", 3, "encrypted")
def pkix_only(plan: Plan, domain: str) -> None:
    """PKIX-EE(1) is unusable for SMTP: TLS is demanded, authentication is not."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(1, 1, 1, cert)))


@situation("W-11", "unprotected", 3, "encrypted")
def short_digest(plan: Plan, domain: str) -> None:
    """A SHA2-256 record of 31 octets is unusable, and not an error."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)[:-2]))


@situation("W-26", "partial", 3, "authenticated", "encrypted")
def second_host_without(plan: Plan, domain: str) -> None:
    """The preferred host is protected, the other has no TLSA record."""
    cert = leaf(f"mx.{domain}")
    records = one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)) + f"@ MX 20 mx2\nmx2 A {plan.serve((cert,))}"
    plan.zone(domain, records)
