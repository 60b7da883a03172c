"""Stage 1 (§19.1): what the MX lookup gives, and where the mail then goes."""

from __future__ import annotations

from ..pki import leaf, tlsa
from ..plan import Plan, one_host, situation


def _elsewhere(plan: Plan, domain: str, **more: object) -> str:
    """The name of an MX host that is in order, in a signed zone of its own."""
    zone = f"hosts-{domain}"
    cert = leaf(f"mx.{zone}")
    plan.zone(zone, f"mx A {plan.serve((cert,))}\n_25._tcp.mx {tlsa(3, 1, 1, cert)}", **more)
    return f"mx.{zone}."


@situation("S4-A21", "partial", 3, "authenticated")
def insecure_mx(plan: Plan, domain: str) -> None:
    """The MX RRset is unsigned: the host is authenticated, but whoever forges the MX chooses another host."""
    host = _elsewhere(plan, domain)
    plan.zone(domain, f"@ MX 10 {host}", signer=None, ds=None)


@situation("W-05", "broken", 1, "name-mismatch")
def insecure_mx_next_hop_name(plan: Plan, domain: str) -> None:
    """With an insecure MX the mail domain is no reference identifier of DANE-TA(2)."""
    cert = leaf(domain, issuer=plan.anchor)
    records = f"mx A {plan.serve((cert, plan.anchor))}\n_25._tcp.mx {tlsa(2, 1, 1, plan.anchor)}"
    plan.zone(f"hosts-{domain}", records)
    plan.zone(domain, f"@ MX 10 mx.hosts-{domain}.", signer=None, ds=None)


@situation("19.5", "broken", 1, "mismatch")
def insecure_mx_mismatch(plan: Plan, domain: str) -> None:
    """An insecure MX, and the host serves another key than its secure TLSA record names."""
    served, published = leaf("mx.example"), leaf("mx.example")
    plan.zone(f"hosts-{domain}", f"mx A {plan.serve((served,))}\n_25._tcp.mx {tlsa(3, 1, 1, published)}")
    plan.zone(domain, f"@ MX 10 mx.hosts-{domain}.", signer=None, ds=None)


@situation("19.5", "broken", 1, "no-starttls")
def insecure_mx_no_starttls(plan: Plan, domain: str) -> None:
    """An insecure MX, and the host with the secure TLSA record offers no STARTTLS."""
    records = f"mx A {plan.serve(starttls=False)}\n_25._tcp.mx {tlsa(3, 1, 1, leaf('mx.example'))}"
    plan.zone(f"hosts-{domain}", records)
    plan.zone(domain, f"@ MX 10 mx.hosts-{domain}.", signer=None, ds=None)


@situation("19.5", "unprotected", 3, "encrypted")
def insecure_mx_unusable(plan: Plan, domain: str) -> None:
    """An insecure MX, and the host's secure TLSA record is of no use: TLS alone is demanded."""
    cert = leaf("mx.example")
    plan.zone(f"hosts-{domain}", f"mx A {plan.serve((cert,))}\n_25._tcp.mx {tlsa(1, 1, 1, cert)}")
    plan.zone(domain, f"@ MX 10 mx.hosts-{domain}.", signer=None, ds=None)


@situation("19.5", "broken", 1)
def insecure_mx_bogus_tlsa(plan: Plan, domain: str) -> None:
    """An insecure MX, and the TLSA record of the host is bogus: nobody connects."""
    host = _elsewhere(plan, domain, expired="TLSA")
    plan.zone(domain, f"@ MX 10 {host}", signer=None, ds=None)


@situation("19.5", "undetermined", 4)
def insecure_mx_tlsa_servfail(plan: Plan, domain: str) -> None:
    """An insecure MX, and questions for the TLSA record of the host fail: nobody connects."""
    host = _elsewhere(plan, domain, fronted="front")
    plan.fault(f"_25._tcp.mx.hosts-{domain}", "TLSA", "SERVFAIL")
    plan.zone(domain, f"@ MX 10 {host}", signer=None, ds=None)


@situation("S1-06", "broken", 1)
def mx_bogus(plan: Plan, domain: str) -> None:
    """The signature over the MX RRset has expired: the domain is deferred, and no host is asked about."""
    host = _elsewhere(plan, domain)
    plan.zone(domain, f"@ MX 10 {host}", expired="MX")


@situation("S1-06", "broken", 1)
def mx_unsigned_in_signed_zone(plan: Plan, domain: str) -> None:
    """The signature over the MX RRset is missing in a zone that is signed."""
    host = _elsewhere(plan, domain)
    plan.zone(domain, f"@ MX 10 {host}", stripped="MX")


@situation("S1-06", "broken", 1)
def keys_expired(plan: Plan, domain: str) -> None:
    """The signature over the zone's keys has expired: everything in it is bogus."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)), expired="DNSKEY")


@situation("S1-07", "undetermined", 4)
def keys_refused(plan: Plan, domain: str) -> None:
    """The server refuses questions for the zone's keys: nothing in it can be validated."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)), fronted="front")
    plan.fault(domain, "DNSKEY", "REFUSED")


@situation("W-31", "undetermined", 4)
def mx_servfail(plan: Plan, domain: str) -> None:
    """The MX question fails; the addresses and TLSA records of the domain itself are no way round it."""
    cert = leaf(domain)
    records = f"@ MX 10 mx\n@ A {plan.serve((cert,))}\n_25._tcp {tlsa(3, 1, 1, cert)}"
    plan.zone(domain, records, fronted="front")
    plan.fault(domain, "MX", "SERVFAIL")


@situation("S1-10", "unprotected", 3, "encrypted")
def no_mx_unsigned(plan: Plan, domain: str) -> None:
    """The MX RRset is denied in an unsigned zone: the domain itself is the host, without DANE."""
    cert = leaf(domain)
    plan.zone(domain, f"@ A {plan.serve((cert,))}\n_25._tcp {tlsa(3, 1, 1, cert)}", signer=None, ds=None)


@situation("S1-11", "not-applicable", 5, under="parent.test")
def absent(plan: Plan, domain: str) -> None:
    """The domain is securely denied by the NSEC records of its parent."""
    plan.zone("parent.test", "@ TXT here")


@situation("S1-13", "not-applicable", 5)
def null_mx_unsigned(plan: Plan, domain: str) -> None:
    """A null MX in an unsigned zone is a null MX all the same."""
    plan.zone(domain, "@ MX 0 .", signer=None, ds=None)


@situation("W-44", "partial", 3, "authenticated")
def null_mx_mixed(plan: Plan, domain: str) -> None:
    """A null MX beside a good host: some senders return all mail."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)) + "@ MX 0 .")


@situation("S1-15", "protected", 0, "authenticated")
def domain_alias(plan: Plan, domain: str) -> None:
    """The domain is a secure alias of one that is in order."""
    host = _elsewhere(plan, domain)
    plan.zone(f"target-{domain}", f"@ MX 10 {host}")
    plan.parent_records.append(f"{domain}. CNAME target-{domain}.")


@situation("S1-16", "partial", 3, "authenticated", under="unsigned-aliases.test")
def domain_alias_insecure(plan: Plan, domain: str) -> None:
    """The domain is an alias in an unsigned zone: what follows is secure, and does not help."""
    host = _elsewhere(plan, "domain-alias-insecure.test")
    plan.zone("target-domain-alias-insecure.test", f"@ MX 10 {host}")
    alias = "domain-alias-insecure CNAME target-domain-alias-insecure.test."
    plan.zone("unsigned-aliases.test", alias, signer=None, ds=None)


@situation("S1-18", "partial", 3, "authenticated")
def mx_is_address(plan: Plan, domain: str) -> None:
    """One MX target is an IP address: DANE does not apply to it."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)) + "@ MX 20 192.0.2.1.")


@situation("S1-19", "not-applicable", 5)
def no_usable_mx(plan: Plan, domain: str) -> None:
    """Every MX target is securely denied an address."""
    plan.zone(domain, "@ MX 10 gone\n@ MX 20 text\ntext TXT no-address")


@situation("S1-20", "partial", 3, "authenticated")
def mx_is_localhost(plan: Plan, domain: str) -> None:
    """One MX target is `localhost`: no host is looked up for it."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)) + "@ MX 20 localhost.")


@situation("S1-21", "protected", 0, "authenticated")
def host_twice(plan: Plan, domain: str) -> None:
    """One host in two MX records is judged once."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)) + "@ MX 20 mx")
