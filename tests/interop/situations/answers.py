"""Stage 3 (§19.3): what the TLSA question is answered, and by which of two name servers."""

from __future__ import annotations

from ..pki import leaf, tlsa
from ..plan import Plan, one_host, situation


def _fronted(plan: Plan, domain: str, fate: str) -> None:
    cert = leaf(f"mx.{domain}")
    plan.zone(
        domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)), fronted="dropping" if fate == "drop" else "front"
    )
    plan.fault(f"_25._tcp.mx.{domain}", "TLSA", fate)


@situation("S3-07", "undetermined", 4)
def tlsa_servfail(plan: Plan, domain: str) -> None:
    """The name server answers TLSA questions with SERVFAIL: nobody connects, and it is not "no TLSA"."""
    _fronted(plan, domain, "SERVFAIL")


@situation("S3-07", "undetermined", 4)
def tlsa_refused(plan: Plan, domain: str) -> None:
    """The name server refuses TLSA questions."""
    _fronted(plan, domain, "REFUSED")


@situation("S3-07", "undetermined", 4)
def tlsa_notimp(plan: Plan, domain: str) -> None:
    """The name server answers TLSA questions with NOTIMP."""
    _fronted(plan, domain, "NOTIMP")


@situation("S3-07", "undetermined", 4)
def tlsa_formerr(plan: Plan, domain: str) -> None:
    """The name server answers TLSA questions with FORMERR."""
    _fronted(plan, domain, "FORMERR")


@situation("W-15", "undetermined", 4)
def tlsa_dropped(plan: Plan, domain: str) -> None:
    """Something before the name server of a signed zone drops TLSA questions."""
    _fronted(plan, domain, "drop")


@situation("W-16", "unprotected", 3, "encrypted")
def tlsa_dropped_unsigned(plan: Plan, domain: str) -> None:
    """The zone is unsigned and TLSA questions are dropped: they are not asked, and nothing waits for them."""
    cert = leaf(f"mx.{domain}")
    records = one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert))
    for zone in (domain, "only-asked-once.test"):  # a name no peer is asked about, so that every question is ours
        plan.zone(zone, records, fronted="dropping_unsigned", signer=None, ds=None)
        plan.fault(f"_25._tcp.mx.{zone}", "TLSA", "drop")


@situation("S3-06", "broken", 1)
def record_unsigned_in_signed_zone(plan: Plan, domain: str) -> None:
    """The signature over the TLSA record is missing in a zone that is signed."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)), stripped="TLSA")


@situation("W-35", "broken", 1)
def wildcard_without_proof(plan: Plan, domain: str) -> None:
    """A wildcard TLSA record, without the NSEC record that nothing closer exists."""
    cert = leaf(f"mx.{domain}")
    records = f"@ MX 10 mx\nmx A {plan.serve((cert,))}\n*._tcp.mx {tlsa(3, 1, 1, cert)}"
    plan.zone(domain, records, undenied="*._tcp.mx")


@situation("W-35", "unprotected", 3, "encrypted")
def wildcard_in_opt_out(plan: Plan, domain: str) -> None:
    """A wildcard TLSA record in an opt-out zone: that nothing closer exists is not proven, so it is insecure."""
    cert = leaf(f"mx.{domain}")
    records = f"@ MX 10 mx\nmx A {plan.serve((cert,))}\n*._tcp.mx {tlsa(3, 1, 1, cert)}"
    plan.zone(domain, records, nsec3=True, opt_out=True)


@situation("S3-05", "unprotected", 3, "encrypted")
def denied_in_opt_out(plan: Plan, domain: str) -> None:
    """TLSA is denied by an opt-out span: there may be an unsigned delegation in it, and nothing is proven."""
    plan.zone(domain, one_host(plan.serve((leaf(f"mx.{domain}"),)), ""), nsec3=True, opt_out=True)


@situation("W-01", "protected", 0, "authenticated")
def signed_with_opt_out(plan: Plan, domain: str) -> None:
    """In an opt-out zone what exists and is signed is as secure as anywhere."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(3, 1, 1, cert)), nsec3=True, opt_out=True)


@situation("S3-10", "protected", 0, "authenticated")
def one_malformed(plan: Plan, domain: str) -> None:
    """One TLSA record is cut short: it is unusable, and the good one beside it counts."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), f"{tlsa(3, 1, 1, cert)}\n_25._tcp.mx TLSA 3 0 1 abcd"))


@situation("IANA-tlsa-a", "unprotected", 3, "encrypted")
def unassigned_numbers(plan: Plan, domain: str) -> None:
    """Usages, selectors and matching types nobody knows are unusable, and not errors."""
    cert = leaf(f"mx.{domain}")
    records = "\n_25._tcp.mx ".join(f"TLSA {numbers} {'ab' * 32}" for numbers in ("4 1 1", "3 2 1", "3 1 3"))
    plan.zone(domain, one_host(plan.serve((cert,)), records))


@situation("W-45", "undetermined", 4)
def tlsa_loop(plan: Plan, domain: str) -> None:
    """The TLSA name is an alias of an alias of itself: every resolver answers SERVFAIL, which hides the proof."""
    records = one_host(plan.serve((leaf(f"mx.{domain}"),)), f"CNAME loop.{domain}.")
    plan.zone(domain, f"{records}loop CNAME _25._tcp.mx.{domain}.")


@situation("S3-09", "undetermined", 4)
def tlsa_many_aliases(plan: Plan, domain: str) -> None:
    """The TLSA record is behind more aliases than are followed (L-3)."""
    cert = leaf(f"mx.{domain}")
    chain = "\n".join(f"a{number} CNAME a{number + 1}" for number in range(12))
    records = one_host(plan.serve((cert,)), f"CNAME a0.{domain}.")
    plan.zone(domain, f"{records}{chain}\na12 {tlsa(3, 1, 1, cert)}")


@situation("S3-03", "unprotected", 3, "encrypted")
def tlsa_alias_into_unsigned(plan: Plan, domain: str) -> None:
    """The TLSA record is an alias into an unsigned zone: it means nothing."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,)), f"CNAME dane.other-{domain}."))
    plan.zone(f"other-{domain}", f"dane {tlsa(3, 1, 1, cert)}", signer=None, ds=None)


@situation("L-6", "protected", 0, "authenticated")
def needs_tcp(plan: Plan, domain: str) -> None:
    """Sixty TLSA records fit in no datagram: they are asked for over TCP."""
    cert = leaf(f"mx.{domain}")
    others = [f"TLSA 3 1 1 {number:064x}" for number in range(59)]
    plan.zone(domain, one_host(plan.serve((cert,)), "\n_25._tcp.mx ".join([tlsa(3, 1, 1, cert), *others])))


def _two_servers(plan: Plan, domain: str, wrong: str) -> None:
    cert, before = leaf(f"mx.{domain}"), leaf(f"mx.{domain}")
    address = plan.serve((cert,))
    records, older = (one_host(address, tlsa(3, 1, 1, one)) for one in (cert, before))
    plan.zone(domain, records, second=wrong, older_records=older)


@situation("D-25", "protected", 0, "authenticated")
def second_server_refuses(plan: Plan, domain: str) -> None:
    """One of two name servers refuses the zone: resolvers go to the other."""
    _two_servers(plan, domain, "refused")


@situation("D-25", "protected", 0, "authenticated", flaps=(("broken", 1, frozenset()),))
def second_server_unsigned(plan: Plan, domain: str) -> None:
    """One of two name servers has the zone without signatures: never "no DANE", whichever is asked."""
    _two_servers(plan, domain, "unsigned")


@situation("D-25", "protected", 0, "authenticated", flaps=(("broken", 1, frozenset()),))
def second_server_expired(plan: Plan, domain: str) -> None:
    """One of two name servers still has the signatures of two months ago."""
    _two_servers(plan, domain, "expired")


@situation("D-25", "protected", 0, "authenticated", flaps=(("broken", 1, frozenset({"mismatch"})),))
def second_server_older(plan: Plan, domain: str) -> None:
    """One of two name servers has an older serial, with the TLSA record of the key before, well signed."""
    _two_servers(plan, domain, "older")
