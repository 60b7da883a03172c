"""Every signing algorithm and DS digest the tools offer (§13)."""

from __future__ import annotations

from ..pki import leaf, tlsa
from ..plan import Plan, one_host, situation


def _signed(plan: Plan, domain: str, algorithm: str, **more: object) -> None:
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)), algorithm=algorithm, **more)


@situation("R9904-b", "protected", 0, "authenticated")
def rsasha256(plan: Plan, domain: str) -> None:
    """Algorithm 8, RSASHA256, with NSEC3."""
    _signed(plan, domain, "RSASHA256", nsec3=True)


@situation("R9904-b", "protected", 0, "authenticated")
def rsasha512(plan: Plan, domain: str) -> None:
    """Algorithm 10, RSASHA512."""
    _signed(plan, domain, "RSASHA512")


@situation("R9904-b", "protected", 0, "authenticated")
def ecdsap384(plan: Plan, domain: str) -> None:
    """Algorithm 14, ECDSAP384SHA384, with a SHA-384 digest in the DS record."""
    _signed(plan, domain, "ECDSAP384SHA384", digest=4)


@situation("R9904-b", "protected", 0, "authenticated")
def ed25519(plan: Plan, domain: str) -> None:
    """Algorithm 15, ED25519."""
    _signed(plan, domain, "ED25519")


@situation("R9904-b", "protected", 0, "authenticated")
def ed448(plan: Plan, domain: str) -> None:
    """Algorithm 16, ED448."""
    _signed(plan, domain, "ED448", nsec3=True)


@situation("D-11", "protected", 0, "authenticated")
def sha1_digest(plan: Plan, domain: str) -> None:
    """A DS record with a SHA-1 digest alone still validates."""
    _signed(plan, domain, "ECDSAP256SHA256", digest=1)


@situation("D-11", "unprotected", 3, "encrypted")
def rsasha1(plan: Plan, domain: str) -> None:
    """Algorithm 5, RSASHA1, counts as unsigned (RFC 9905)."""
    _signed(plan, domain, "RSASHA1")


@situation("D-11", "unprotected", 3, "encrypted")
def rsasha1_nsec3(plan: Plan, domain: str) -> None:
    """Algorithm 7, RSASHA1-NSEC3-SHA1, counts as unsigned (RFC 9905)."""
    _signed(plan, domain, "RSASHA1-NSEC3-SHA1", nsec3=True)


@situation("R9904-b", "unprotected", 3, "encrypted")
def rsamd5(plan: Plan, domain: str) -> None:
    """Algorithm 1, RSAMD5, counts as unsigned."""
    _signed(plan, domain, "RSAMD5")


@situation("R9904-b", "unprotected", 3, "encrypted")
def dsa(plan: Plan, domain: str) -> None:
    """Algorithm 3, DSA, counts as unsigned."""
    _signed(plan, domain, "DSA", bits=1024)


@situation("R9904-b", "unprotected", 3, "encrypted")
def dsa_nsec3(plan: Plan, domain: str) -> None:
    """Algorithm 6, DSA-NSEC3-SHA1, counts as unsigned."""
    _signed(plan, domain, "DSA-NSEC3-SHA1", bits=1024, nsec3=True)
