"""Situations in which all is well."""

from __future__ import annotations

from ..pki import leaf, tlsa
from ..plan import Plan, one_host, situation


@situation("W-01", "protected", 0, "authenticated")
def good(plan: Plan, domain: str) -> None:
    """Everything is signed and 3 1 1 names the key that is served."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)))


@situation("W-02", "protected", 0, "authenticated")
def expired_leaf(plan: Plan, domain: str) -> None:
    """For DANE-EE(3) neither dates nor names matter: a self-signed leaf, long expired, for another host."""
    cert = leaf("elsewhere.example", expired=True)
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)))


@situation("W-03", "protected", 0, "authenticated")
def anchor_served(plan: Plan, domain: str) -> None:
    """2 1 1 names the trust anchor, which is served behind a leaf for the MX host."""
    cert = leaf(f"mx.{domain}", issuer=plan.anchor)
    plan.zone(domain, one_host(plan.serve((cert, plan.anchor)), tlsa(2, 1, 1, plan.anchor)))


@situation("W-04", "protected", 0, "authenticated")
def next_hop_name(plan: Plan, domain: str) -> None:
    """With a secure MX the mail domain itself is a reference identifier of DANE-TA(2)."""
    cert = leaf(domain, issuer=plan.anchor)
    plan.zone(domain, one_host(plan.serve((cert, plan.anchor)), tlsa(2, 0, 1, plan.anchor)))


@situation("W-46", "protected", 0, "authenticated")
def rsa_only(plan: Plan, domain: str) -> None:
    """A server that has only an RSA key refuses the ECDSA-only hello, and nothing is wrong with that."""
    cert = leaf(f"mx.{domain}", kind="rsa")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)))


@situation("D-15", "protected", 0, "authenticated")
def dual(plan: Plan, domain: str) -> None:
    """RSA and ECDSA side by side, a record for each: both are judged, both match."""
    certs = leaf(f"mx.{domain}", kind="rsa"), leaf(f"mx.{domain}")
    address = plan.serve(*((cert,) for cert in certs))
    plan.zone(domain, one_host(address, "\n_25._tcp.mx ".join(tlsa(3, 1, 1, cert) for cert in certs)))


@situation("W-10", "protected", 0, "authenticated")
def one_of_two_matches(plan: Plan, domain: str) -> None:
    """3 1 1 is wrong but 2 1 1 holds: one record that matches is enough."""
    cert = leaf(f"mx.{domain}", issuer=plan.anchor)
    records = f"{tlsa(3, 1, 1, plan.anchor)}\n_25._tcp.mx {tlsa(2, 1, 1, plan.anchor)}"
    plan.zone(domain, one_host(plan.serve((cert, plan.anchor)), records))


@situation("W-17", "protected", 0, "authenticated")
def alias(plan: Plan, domain: str) -> None:
    """The MX host is a secure alias; the TLSA base domain is the name it expands to."""
    cert = leaf(f"final.{domain}")
    records = f"@ MX 10 mx\nmx CNAME final\nfinal A {plan.serve((cert,))}\n_25._tcp.final {tlsa(3, 1, 1, cert)}"
    plan.zone(domain, records)


@situation("W-19", "protected", 0, "authenticated")
def alias_into_unsigned(plan: Plan, domain: str) -> None:
    """A secure alias to an unsigned zone: the TLSA record stands at the original name."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, f"@ MX 10 mx\nmx CNAME mx.final-{domain}.\n_25._tcp.mx {tlsa(3, 1, 1, cert)}")
    plan.zone(f"final-{domain}", f"mx A {plan.serve((cert,))}", signer=None, ds=None)


@situation("W-24", "protected", 0, "authenticated")
def tlsa_alias(plan: Plan, domain: str) -> None:
    """The TLSA record is an alias into another signed zone; the leaf is named after the MX host."""
    cert = leaf(f"mx.{domain}", issuer=plan.anchor)
    plan.zone(domain, one_host(plan.serve((cert, plan.anchor)), f"CNAME dane.other-{domain}."))
    plan.zone(f"other-{domain}", f"dane {tlsa(2, 0, 1, plan.anchor)}")


@situation("W-30", "protected", 0, "authenticated")
def no_mx(plan: Plan, domain: str) -> None:
    """The MX RRset is securely denied: the domain itself is the host."""
    cert = leaf(domain)
    plan.zone(domain, f"@ A {plan.serve((cert,))}\n_25._tcp {tlsa(3, 1, 1, cert)}")


@situation("W-35", "protected", 0, "authenticated")
def wildcard(plan: Plan, domain: str) -> None:
    """A wildcard TLSA record, with the NSEC3 proof that nothing closer exists."""
    cert = leaf(f"mx.{domain}")
    records = f"@ MX 10 mx\nmx A {plan.serve((cert,))}\n*._tcp.mx {tlsa(3, 1, 1, cert)}"
    plan.zone(domain, records, nsec3=True)


@situation("W-34a", "protected", 0, "authenticated")
def many_iterations(plan: Plan, domain: str) -> None:
    """51 NSEC3 iterations weaken denials only: a positive TLSA answer stays secure."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)), nsec3=True, iterations=51)


@situation("W-01", "protected", 0, "authenticated")
def knot_signed(plan: Plan, domain: str) -> None:
    """As `good`, in a zone that knotd keeps signed by itself."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)), signer="knot")


@situation("W-01", "protected", 0, "authenticated")
def knot_online(plan: Plan, domain: str) -> None:
    """As `good`, in a zone whose every answer and denial knotd signs as it goes out."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)), signer="knot-online")


@situation("W-46", "protected", 0, "authenticated")
def exim_rsa(plan: Plan, domain: str) -> None:
    """Exim with an RSA key only: GnuTLS refuses the ECDSA-only hello."""
    cert = leaf(f"mx.{domain}", kind="rsa")
    plan.zone(domain, one_host(plan.serve_by_exim((cert,)), tlsa(3, 1, 1, cert)))


@situation("D-15", "protected", 0, "authenticated")
def exim_dual(plan: Plan, domain: str) -> None:
    """Exim with RSA and ECDSA below one trust anchor, which 2 1 1 names."""
    certs = (leaf(f"mx.{domain}", kind=kind, issuer=plan.anchor) for kind in ("rsa", "ecdsa"))
    address = plan.serve_by_exim(*((cert, plan.anchor) for cert in certs))
    plan.zone(domain, one_host(address, tlsa(2, 1, 1, plan.anchor)))
