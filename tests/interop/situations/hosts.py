"""Stage 2 (§19.2): the addresses and aliases of MX hosts, and the name their TLSA records stand at."""

from __future__ import annotations

from ..pki import leaf, tlsa
from ..plan import Plan, one_host, situation


@situation("W-43", "protected", 0, "authenticated")
def second_host_without_address(plan: Plan, domain: str) -> None:
    """The second MX host is securely denied an address: it changes nothing."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)) + "@ MX 20 gone")


@situation("W-43", "partial", 3, "authenticated")
def second_host_without_address_unsigned(plan: Plan, domain: str) -> None:
    """The second MX host has no address in an unsigned zone: whoever forges one gets the mail in clear."""
    cert = leaf(f"mx.{domain}")
    records = one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)) + f"@ MX 20 gone.hosts-{domain}."
    plan.zone(domain, records)
    plan.zone(f"hosts-{domain}", "@ TXT here", signer=None, ds=None)


@situation("S2-04", "broken", 1)
def addresses_bogus(plan: Plan, domain: str) -> None:
    """The signature over the address has expired, and the other family is denied: nobody connects."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)), expired="A")


@situation("S2-05", "undetermined", 4)
def addresses_servfail(plan: Plan, domain: str) -> None:
    """Questions for addresses fail: nobody connects, and nothing is proven wrong."""
    cert = leaf(f"mx.{domain}")
    records = one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)) + f"mx AAAA {plan.closed6}"
    plan.zone(domain, records, fronted="front")
    for family in ("A", "AAAA"):
        plan.fault(f"mx.{domain}", family, "SERVFAIL")


@situation("W-41", "partial", 3, "authenticated")
def aaaa_bogus(plan: Plan, domain: str) -> None:
    """A is in order and AAAA is bogus: senders deliver by the one family, strict ones wait."""
    cert = leaf(f"mx.{domain}")
    records = one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)) + f"mx AAAA {plan.closed6}"
    plan.zone(domain, records, expired="AAAA")


@situation("W-41", "undetermined", 4, "authenticated")
def aaaa_servfail(plan: Plan, domain: str) -> None:
    """A is in order and the AAAA question fails."""
    cert = leaf(f"mx.{domain}")
    records = one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)) + f"mx AAAA {plan.closed6}"
    plan.zone(domain, records, fronted="front")
    plan.fault(f"mx.{domain}", "AAAA", "SERVFAIL")


@situation("W-18", "protected", 0, "authenticated")
def alias_with_record_at_original(plan: Plan, domain: str) -> None:
    """The MX host is a secure alias, and its TLSA record stands at the original name only."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, f"@ MX 10 mx\nmx CNAME final\nfinal A {plan.serve((cert,))}\n_25._tcp.mx {tlsa(3, 1, 1, cert)}")


@situation("W-20", "unprotected", 3, "encrypted")
def alias_from_unsigned(plan: Plan, domain: str) -> None:
    """The MX host is an alias in an unsigned zone: the TLSA record of the secure target is not asked for."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, f"@ MX 10 mx.aliases-{domain}.\nmx A {plan.serve((cert,))}\n_25._tcp.mx {tlsa(3, 1, 1, cert)}")
    plan.zone(f"aliases-{domain}", f"mx CNAME mx.{domain}.", signer=None, ds=None)


@situation("W-21", "unprotected", 3, "encrypted")
def alias_with_record_between(plan: Plan, domain: str) -> None:
    """Of a chain of aliases only the ends count: a TLSA record at the middle is not asked for."""
    cert = leaf(f"mx.{domain}")
    middle = f"mx CNAME middle\nmiddle CNAME final\n_25._tcp.middle {tlsa(3, 1, 1, cert)}"
    plan.zone(domain, f"@ MX 10 mx\n{middle}\nfinal A {plan.serve((cert,))}")


@situation("W-22", "unprotected", 3, "encrypted")
def alias_unusable_at_final(plan: Plan, domain: str) -> None:
    """The record at the expanded name is secure and of no use; the good one at the original name is not asked for."""
    cert = leaf(f"mx.{domain}")
    records = f"_25._tcp.final {tlsa(1, 1, 1, cert)}\n_25._tcp.mx {tlsa(3, 1, 1, cert)}"
    plan.zone(domain, f"@ MX 10 mx\nmx CNAME final\nfinal A {plan.serve((cert,))}\n{records}")


@situation("S2-11", "not-applicable", 5)
def alias_without_address(plan: Plan, domain: str) -> None:
    """The MX host is a secure alias of a name that is securely denied."""
    plan.zone(domain, "@ MX 10 mx\nmx CNAME gone")


@situation("S2-13", "protected", 0, "authenticated")
def dname(plan: Plan, domain: str) -> None:
    """A DNAME above the MX host makes the alias, and its TLSA record stands at the name it expands to."""
    cert = leaf(f"mx.final.{domain}")
    records = f"mx.final A {plan.serve((cert,))}\n_25._tcp.mx.final {tlsa(3, 1, 1, cert)}"
    plan.zone(domain, f"@ MX 10 mx.old\nold DNAME final.{domain}.\n{records}")


@situation("W-32", "unprotected", 3, "encrypted")
def record_at_mail_domain(plan: Plan, domain: str) -> None:
    """The TLSA record stands at the mail domain, where nobody asks, and not at the MX host."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, f"@ MX 10 mx\nmx A {plan.serve((cert,))}\n_25._tcp {tlsa(3, 1, 1, cert)}")


@situation("W-34c", "unprotected", 3, "encrypted")
def unsigned_below_many_iterations(plan: Plan, domain: str) -> None:
    """That there is no DS rests on 51 NSEC3 iterations: the zone below is insecure, as it is unsigned."""
    cert = leaf(f"mx.child.{domain}")
    plan.zone(domain, "@ MX 10 mx.child\nchild NS ns.good.test.", nsec3=True, iterations=51)
    records = f"mx A {plan.serve((cert,))}\n_25._tcp.mx {tlsa(3, 1, 1, cert)}"
    plan.zone(f"child.{domain}", records, signer=None, ds=None, delegated=False)


@situation("D-15", "protected", 0, "authenticated", ipv6=True)
def both_families(plan: Plan, domain: str) -> None:
    """One host over IPv4 and IPv6: every address is judged, and all serve the key 3 1 1 names."""
    cert = leaf(f"mx.{domain}")
    records = one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)) + f"mx AAAA {plan.serve((cert,), v6=True)}"
    plan.zone(domain, records)


@situation("W-01", "protected", 0, "authenticated", ipv6=True)
def ipv6_only(plan: Plan, domain: str) -> None:
    """The host has no IPv4 address."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,), v6=True), tlsa(3, 1, 1, cert)))


@situation("W-28", "broken", 1, "authenticated", "mismatch", ipv6=True)
def other_key_over_ipv6(plan: Plan, domain: str) -> None:
    """Another key is served over IPv6 than the one that is published and served over IPv4."""
    cert, other = leaf(f"mx.{domain}"), leaf(f"mx.{domain}")
    records = one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)) + f"mx AAAA {plan.serve((other,), v6=True)}"
    plan.zone(domain, records)


@situation("S4-A20", "undetermined", 4, "authenticated", "unreachable", ipv6=True)
def closed_over_ipv6(plan: Plan, domain: str) -> None:
    """Over IPv4 all is well, and nobody listens over IPv6."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)) + f"mx AAAA {plan.closed6}")


@situation("S4-A20", "broken", 1, "authenticated", "no-starttls", ipv6=True)
def no_starttls_over_ipv6(plan: Plan, domain: str) -> None:
    """Over IPv6 there is no STARTTLS."""
    cert = leaf(f"mx.{domain}")
    records = one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert))
    plan.zone(domain, records + f"mx AAAA {plan.serve(starttls=False, v6=True)}")
