"""Stage 4 (§19.4): mail servers that are old, misconfigured, slow, or lie."""

from __future__ import annotations

from ..pki import leaf, tlsa
from ..plan import Plan, one_host, situation

OLD_TLS = {
    "smtpd_tls_protocols": ">=TLSv1, <=TLSv1.1",
    "tls_medium_cipherlist": "ALL:@SECLEVEL=0",
}
HURRY = 2.0


@situation("S4-A07", "broken", 1, "tls-failed")
def old_tls(plan: Plan, domain: str) -> None:
    """The server speaks TLS 1.0 and 1.1 only (D-4)."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,), more=OLD_TLS), tlsa(3, 1, 1, cert)))


@situation("S4-E03", "broken", 1, "tls-failed")
def short_digest_old_tls(plan: Plan, domain: str) -> None:
    """Even an unusable TLSA record demands TLS, and TLS 1.1 is none."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve((cert,), more=OLD_TLS), tlsa(3, 1, 1, cert)[:-2]))


@situation("S4-O02", "unprotected", 3, "cleartext")
def denied_and_old_tls(plan: Plan, domain: str) -> None:
    """TLSA is securely denied, and the handshake fails: mail may go out in clear."""
    plan.zone(domain, one_host(plan.serve((leaf(f"mx.{domain}"),), more=OLD_TLS), ""))


@situation("W-07", "protected", 0, "authenticated")
def anchor_in_dns_only(plan: Plan, domain: str) -> None:
    """2 0 0 carries the trust anchor itself: the server need not send it."""
    cert = leaf(f"mx.{domain}", issuer=plan.anchor)
    plan.zone(domain, one_host(plan.serve((cert,)), tlsa(2, 0, 0, plan.anchor)))


@situation("W-25", "broken", 1, "name-mismatch")
def tlsa_alias_wrong_name(plan: Plan, domain: str) -> None:
    """The TLSA record is an alias, and its target is no reference identifier."""
    cert = leaf(f"dane.other-{domain}", issuer=plan.anchor)
    plan.zone(domain, one_host(plan.serve((cert, plan.anchor)), f"CNAME dane.other-{domain}."))
    plan.zone(f"other-{domain}", f"dane {tlsa(2, 0, 1, plan.anchor)}")


@situation("S4-A13", "broken", 1, "chain-invalid")
def client_purpose(plan: Plan, domain: str) -> None:
    """Below a DANE-TA(2) anchor the leaf is for clients only."""
    cert = leaf(f"mx.{domain}", issuer=plan.anchor, purpose="client")
    plan.zone(domain, one_host(plan.serve((cert, plan.anchor)), tlsa(2, 1, 1, plan.anchor)))


@situation("W-48", "broken", 1, "chain-invalid")
def weak_key(plan: Plan, domain: str) -> None:
    """3 1 1 matches a leaf with an RSA key of 768 bits: no sender would complete it."""
    cert = leaf(f"mx.{domain}", kind="rsa-768")
    address = plan.serve((cert,), more={"tls_medium_cipherlist": "ALL:@SECLEVEL=0"})
    plan.zone(domain, one_host(address, tlsa(3, 1, 1, cert)))


@situation("S4-A18", "broken", 1, "tls-failed")
def no_certificate(plan: Plan, domain: str) -> None:
    """The server has no certificate and offers anonymous key exchange only."""
    address = plan.serve(more={"smtpd_tls_chain_files": "", "smtpd_tls_cert_file": "none"})
    plan.zone(domain, one_host(address, tlsa(3, 1, 1, leaf(f"mx.{domain}"))))


@situation("D-15", "protected", 0, "authenticated")
def ed25519_leaf(plan: Plan, domain: str) -> None:
    """Three certificates side by side, RSA, ECDSA and Ed25519, and a record for each."""
    certs = [leaf(f"mx.{domain}", kind=kind) for kind in ("rsa", "ecdsa", "ed25519")]
    address = plan.serve(*((cert,) for cert in certs))
    plan.zone(domain, one_host(address, "\n_25._tcp.mx ".join(tlsa(3, 1, 1, cert) for cert in certs)))


@situation("S4-A02", "undetermined", 4, "smtp-refused")
def greeted_with_554(plan: Plan, domain: str) -> None:
    """The server refuses us in its greeting."""
    cert = leaf(f"mx.{domain}")
    options = {"smtpd_client_restrictions": "reject", "smtpd_delay_reject": "no"}
    plan.zone(domain, one_host(plan.serve((cert,), more=options), tlsa(3, 1, 1, cert)))


@situation("S4-A03b", "undetermined", 4, "smtp-refused")
def ehlo_refused(plan: Plan, domain: str) -> None:
    """The server refuses EHLO and HELO alike."""
    cert = leaf(f"mx.{domain}")
    options = {"smtpd_helo_restrictions": "reject", "smtpd_delay_reject": "no"}
    plan.zone(domain, one_host(plan.serve((cert,), more=options), tlsa(3, 1, 1, cert)))


@situation("S4-A03", "broken", 1, "no-starttls")
def knows_only_helo(plan: Plan, domain: str) -> None:
    """The server knows HELO and not EHLO, and so offers no STARTTLS."""
    plan.zone(domain, one_host(plan.misbehave("knows_only_helo"), tlsa(3, 1, 1, leaf(f"mx.{domain}"))))


@situation("L-13", "protected", 0, "authenticated")
def exim_tarpit(plan: Plan, domain: str) -> None:
    """Exim lets every client wait before it greets; whoever is patient is served."""
    cert = leaf(f"mx.{domain}")
    plan.zone(domain, one_host(plan.serve_by_exim((cert,), seconds=2), tlsa(3, 1, 1, cert)))


@situation("S4-A01", "undetermined", 4, "unreachable", timeout=HURRY)
def never_greets(plan: Plan, domain: str) -> None:
    """A tarpit: the connection stands, and no greeting comes."""
    plan.zone(domain, one_host(plan.misbehave("never_greets"), tlsa(3, 1, 1, leaf(f"mx.{domain}"))))


@situation("L-14", "undetermined", 4, "unreachable", timeout=HURRY)
def drips(plan: Plan, domain: str) -> None:
    """A greeting of one octet at a time, without end: the session as a whole has its limit."""
    plan.zone(domain, one_host(plan.misbehave("drips"), tlsa(3, 1, 1, leaf(f"mx.{domain}"))))


@situation("S4-A08", "undetermined", 4, "tls-failed", timeout=HURRY)
def stalls_in_handshake(plan: Plan, domain: str) -> None:
    """The server agrees to STARTTLS, and then is silent."""
    plan.zone(domain, one_host(plan.misbehave("stalls_in_handshake"), tlsa(3, 1, 1, leaf(f"mx.{domain}"))))


@situation("D-27", "undetermined", 4, "tls-failed")
def cuts_handshake(plan: Plan, domain: str) -> None:
    """The server agrees to STARTTLS, and hangs up on the client's hello: a cut, or a refusal."""
    plan.zone(domain, one_host(plan.misbehave("cuts_handshake"), tlsa(3, 1, 1, leaf(f"mx.{domain}"))))


@situation("S4-A07", "broken", 1, "tls-failed")
def speaks_in_clear(plan: Plan, domain: str) -> None:
    """The server agrees to STARTTLS, and answers the client's hello with SMTP in clear."""
    plan.zone(domain, one_host(plan.misbehave("speaks_in_clear"), tlsa(3, 1, 1, leaf(f"mx.{domain}"))))


@situation("W-36", "broken", 1, "starttls-injection")
def injects(plan: Plan, domain: str) -> None:
    """A line in clear travels with the 220, before TLS."""
    plan.zone(domain, one_host(plan.misbehave("injects"), tlsa(3, 1, 1, leaf(f"mx.{domain}"))))


@situation("D-26", "broken", 1, "starttls-refused")
def hangs_up_on_starttls(plan: Plan, domain: str) -> None:
    """The server offers STARTTLS, and closes the connection when it is asked for."""
    plan.zone(domain, one_host(plan.misbehave("hangs_up_on_starttls"), tlsa(3, 1, 1, leaf(f"mx.{domain}"))))


@situation("S4-A05", "broken", 1, "starttls-refused")
def refuses_starttls(plan: Plan, domain: str) -> None:
    """The server offers STARTTLS, and answers 502 when it is asked for."""
    plan.zone(domain, one_host(plan.misbehave("refuses_starttls"), tlsa(3, 1, 1, leaf(f"mx.{domain}"))))


@situation("D-28", "undetermined", 4, "protocol-error")
def no_mail_server(plan: Plan, domain: str) -> None:
    """What listens on port 25 is no mail server."""
    plan.zone(domain, one_host(plan.misbehave("is_no_mail_server"), tlsa(3, 1, 1, leaf(f"mx.{domain}"))))
