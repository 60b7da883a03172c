"""Situations in which mail is refused."""

from __future__ import annotations

from ..pki import leaf, tlsa
from ..plan import Plan, one_host, situation


@situation("S4-A15", "broken", 1, "mismatch")
def mismatch(plan: Plan, domain: str) -> None:
    """3 1 1 names a key that is not served."""
    served, published = leaf(f"mx.{domain}"), leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((served,)), tlsa(3, 1, 1, published)))


@situation("D-15", "broken", 1, "authenticated", "mismatch")
def dual_one_pinned(plan: Plan, domain: str) -> None:
    """RSA and ECDSA side by side, a record for the ECDSA key only: clients that offer RSA are refused."""
    rsa, ecdsa = leaf(f"mx.{domain}", kind="rsa"), leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((rsa,), (ecdsa,)), tlsa(3, 1, 1, ecdsa)))


@situation("W-06", "broken", 1, "ta-missing")
def anchor_not_served(plan: Plan, domain: str) -> None:
    """2 1 1 names a trust anchor that the server does not send."""
    cert = leaf(f"mx.{domain}", issuer=plan.anchor)
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(2, 1, 1, plan.anchor)))


@situation("S4-A11", "broken", 1, "name-mismatch")
def wrong_name(plan: Plan, domain: str) -> None:
    """The path to the DANE-TA(2) anchor is valid, but the leaf is for another host."""
    cert = leaf("elsewhere.example", issuer=plan.anchor)
    plan.zone(domain, one_host(plan.serve((cert, plan.anchor)), tlsa(2, 1, 1, plan.anchor)))


@situation("S4-A12", "broken", 1, "chain-expired")
def chain_expired(plan: Plan, domain: str) -> None:
    """Below a DANE-TA(2) anchor the dates of the leaf do matter."""
    cert = leaf(f"mx.{domain}", issuer=plan.anchor, expired=True)
    plan.zone(domain, one_host(plan.serve((cert, plan.anchor)), tlsa(2, 1, 1, plan.anchor)))


@situation("W-09", "broken", 1, "mismatch")
def agility(plan: Plan, domain: str) -> None:
    """3 1 1 is right and 3 1 2 is wrong: only the strongest digest counts."""
    cert = leaf(f"mx.{domain}")
    records = f"{tlsa(3, 1, 1, cert)}\n_25._tcp.mx {tlsa(3, 1, 2, plan.anchor)}"
    plan.zone(domain, one_host(plan.serve((cert,)), records))


@situation("S4-A04", "broken", 1, "no-starttls")
def no_starttls(plan: Plan, domain: str) -> None:
    """A TLSA record demands TLS, and the server does not offer it."""
    plan.zone(domain, one_host(plan.serve(starttls=False), tlsa(3, 1, 1, leaf(f"mx.{domain}"))))


@situation("W-12", "broken", 1, "no-starttls")
def short_digest_no_starttls(plan: Plan, domain: str) -> None:
    """Even an unusable TLSA record demands TLS."""
    plan.zone(domain, one_host(plan.serve(starttls=False), tlsa(3, 1, 1, leaf(f"mx.{domain}"))[:-2]))


@situation("W-37", "broken", 1, "starttls-refused")
def starttls_refused(plan: Plan, domain: str) -> None:
    """The server offers STARTTLS and, having no key, answers 454."""
    plan.zone(domain, one_host(plan.serve(), tlsa(3, 1, 1, leaf(f"mx.{domain}"))))


@situation("S4-A07", "broken", 1, "tls-failed")
def handshake_fails(plan: Plan, domain: str) -> None:
    """The server accepts STARTTLS, cannot read its chain file, and sends an alert."""
    plan.zone(domain, one_host(plan.serve_from("lost.pem"), tlsa(3, 1, 1, leaf(f"mx.{domain}"))))


@situation("S4-A15", "broken", 1, "mismatch")
def exim_mismatch(plan: Plan, domain: str) -> None:
    """Exim serves another key than 3 1 1 names."""
    served, published = leaf(f"mx.{domain}"), leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve_by_exim((served,)), tlsa(3, 1, 1, published)))


@situation("W-37", "broken", 1, "starttls-refused")
def exim_lost_chain(plan: Plan, domain: str) -> None:
    """Exim offers STARTTLS, cannot read its chain file, and answers 454."""
    plan.zone(domain, one_host(plan.serve_by_exim(), tlsa(3, 1, 1, leaf(f"mx.{domain}"))))


@situation("W-27", "broken", 1, "mismatch", "authenticated")
def first_host_fails(plan: Plan, domain: str) -> None:
    """One host of two does not match: some mail waits, whatever the other does."""
    cert, other = leaf(f"mx.{domain}"), leaf(f"mx2.{domain}")
    records = one_host(plan.serve((cert,)), tlsa(3, 1, 1, other))
    plan.zone(domain, f"{records}@ MX 20 mx2\nmx2 A {plan.serve((other,))}\n_25._tcp.mx2 {tlsa(3, 1, 1, other)}")


@situation("W-14", "broken", 1)
def expired_signature(plan: Plan, domain: str) -> None:
    """The signature over the TLSA record has expired: bogus, and nobody connects."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)), expired="TLSA")


@situation("S3-06", "broken", 1)
def changed_record(plan: Plan, domain: str) -> None:
    """The TLSA record was changed after it was signed: bogus, and nobody connects."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)), changed="TLSA")


@situation("W-23", "broken", 1)
def alias_bogus_at_final(plan: Plan, domain: str) -> None:
    """TLSA at the expanded name is bogus; the good record at the original name is not asked for."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, f"@ MX 10 mx\nmx CNAME mx.final-{domain}.\n_25._tcp.mx {tlsa(3, 1, 1, cert)}")
    final = f"mx A {plan.serve((cert,))}\n_25._tcp.mx {tlsa(3, 1, 1, cert)}"
    plan.zone(f"final-{domain}", final, expired="TLSA")


@situation("S1-06", "broken", 1)
def wrong_ds(plan: Plan, domain: str) -> None:
    """The parent's DS record fits no key of the zone: everything in it is bogus."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)), ds="wrong")
