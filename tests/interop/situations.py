"""Every situation the world holds: one function builds it, its sentence says the rule, the table says the verdict.

The rule numbers are those of docs/requirements.md: W-… (§19.6), S1-… to S4-… (§19.1 to §19.4), D-… (§21).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .mail_servers import Listener
from .pki import Credential, authority, leaf, tlsa
from .zones import Zone


class Plan:
    """What the situations ask for, collected before anything is started."""

    def __init__(self, prefix: str, folder: Path) -> None:
        self._folder = folder
        self._free: Iterator[str] = (f"{prefix}.{number}" for number in range(101, 255))
        self.lookout = f"{prefix}.99"
        self.closed = f"{prefix}.100"
        self.listeners: list[Listener] = []
        self.by_exim: list[Listener] = []
        self.zones: list[Zone] = []
        self.anchor = authority("Interop CA")

    def build(self, situation: Situation) -> tuple[Listener, ...]:
        """Adds what one situation needs, and returns its mail servers."""
        before, before_exim = len(self.listeners), len(self.by_exim)
        situation.build(self, situation.domain)
        return (*self.listeners[before:], *self.by_exim[before_exim:])

    def serve(self, *chains: tuple[Credential, ...], starttls: bool = True) -> str:
        """The address of a mail server with these chains, one for each certificate type; leaf first.

        Without a chain it offers STARTTLS and then answers 454.
        """
        address = next(self._free)
        files = tuple(self._chain_file(f"{address}-{n}.pem", chain) for n, chain in enumerate(chains))
        self.listeners.append(Listener(address, files, starttls))
        return address

    def serve_by_exim(self, *chains: tuple[Credential, ...]) -> str:
        """As `serve`, by Exim and GnuTLS."""
        address = next(self._free)
        files = tuple(self._chain_file(f"{address}-{n}.pem", chain) for n, chain in enumerate(chains))
        self.by_exim.append(Listener(address, files))
        return address

    def serve_from(self, missing: str) -> str:
        """The address of a mail server whose chain file is not there: it accepts STARTTLS with no certificate."""
        address = next(self._free)
        self.listeners.append(Listener(address, (self._folder / missing,)))
        return address

    def zone(self, origin: str, records: str, **wrong: object) -> None:
        """Adds a zone; the keywords are the fields of `Zone`."""
        self.zones.append(Zone(f"{origin}.", records, **wrong))  # type: ignore[arg-type]

    def _chain_file(self, name: str, chain: tuple[Credential, ...]) -> Path:
        file = self._folder / name
        file.write_bytes(chain[0].key_pem() + b"".join(link.certificate_pem() for link in chain))
        return file


@dataclass(frozen=True, slots=True)
class Situation:
    """One domain: the rule it shows and what must come out.

    results -- the endpoint results that must be seen, over all endpoints; empty: no connection may be made.
    """

    rule: str
    verdict: str
    exit_status: int
    results: frozenset[str]
    build: Callable[[Plan, str], None]

    @property
    def needs_exim(self) -> bool:
        return self.domain.startswith("exim-")

    @property
    def domain(self) -> str:
        return f"{self.build.__name__.replace('_', '-')}.test"

    @property
    def says(self) -> str:
        return (self.build.__doc__ or "").strip()

    @property
    def first_sentence(self) -> str:
        return self.says.splitlines()[0]


SITUATIONS: list[Situation] = []


def situation(
    rule: str, verdict: str, exit_status: int, *results: str
) -> Callable[[Callable[[Plan, str], None]], Callable[[Plan, str], None]]:
    """Puts the decorated function into the table."""

    def enter(build: Callable[[Plan, str], None]) -> Callable[[Plan, str], None]:
        SITUATIONS.append(Situation(rule, verdict, exit_status, frozenset(results), build))
        return build

    return enter


def one_host(address: str, record: str) -> str:
    """The usual zone: one MX host, one address, one TLSA record (or none)."""
    return f"@ MX 10 mx\nmx A {address}\n" + (f"_25._tcp.mx {record}\n" if record else "")


# --- all is well -----------------------------------------------------------------------------------------


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


# --- mail flows, without DANE ----------------------------------------------------------------------------


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


# --- mail is refused -------------------------------------------------------------------------------------


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


# --- nothing can be said, or nothing is to be said ---------------------------------------------------------


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
