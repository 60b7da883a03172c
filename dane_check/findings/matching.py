"""Matching records with the served chain (field-notes area f)."""

from dane_check.findings.code import Code
from dane_check.findings.finding import Diagnosis, Severity

_PUBLISH = (
    "Publish the record of what is served beside the others, and remove one only a TTL after nothing serves "
    "what it names: {suggested}"
)

AREA = {
    Code.TLSA_MISMATCH: Diagnosis(
        (Severity.OUTAGE,),
        "No usable TLSA record of {host} ({count} in all) matches the certificate that {address} serves.",
        _PUBLISH,
        "RFC 7671 §8.1, RFC 7672 §2.2",
        "certificate-not-trusted",
        rank=80,
    ),
    Code.TA_NOT_SERVED: Diagnosis(
        (Severity.HYGIENE, Severity.LATENT),
        "The trust anchor named by {record} is not in the chain that {address} serves.",
        "Append the trust anchor certificate to the chain of the server.",
        "RFC 7672 §3.1.2, RFC 7671 §5.2",
    ),
    Code.TLSA_TA_ROOT_NOT_SERVED: Diagnosis(
        (Severity.OUTAGE,),
        "The trust anchors named by the TLSA records of {host} are not in the chain that {address} serves.",
        "Serve the trust anchor certificate, or publish a record of what is served: {suggested}",
        "RFC 7671 §5.2.2, RFC 7672 §3.1.2",
        "certificate-not-trusted",
        rank=82,
    ),
    Code.TA_MATCHES_LEAF: Diagnosis(
        (Severity.HYGIENE, Severity.OUTAGE),
        "{record} names the server's own certificate as a trust anchor, which senders do not accept.",
        "Use DANE-EE(3) for the server's own certificate: {suggested}",
        "requirements R7671-5.2-h",
        rank=83,
    ),
    Code.EE_MATCHES_ISSUER: Diagnosis(
        (Severity.HYGIENE, Severity.OUTAGE),
        "{record} names an issuer's certificate, but DANE-EE(3) looks at the server's own only.",
        "Use DANE-TA(2) for the issuer, or publish the server's own: {suggested}",
        "RFC 7671 §5.1",
        rank=83,
    ),
    Code.TA_NAME_MISMATCH: Diagnosis(
        (Severity.OUTAGE,),
        "The certificate at {address} comes from the right trust anchor but names none of {names}.",
        "Issue the certificate for {host}, or add a DANE-EE(3) record: {suggested}",
        "RFC 7672 §3.2.2",
        "certificate-host-mismatch",
        rank=81,
    ),
    Code.NAME_ONLY_NEXTHOP: Diagnosis(
        (Severity.INFO,),
        "The certificate at {address} names only {name}, which does not count while the MX records are not signed: "
        "RFC 7672 refuses, Postfix accepts.",
        "Issue the certificate for {host}, or sign the domain.",
        "RFC 7672 §3.2.2",
        rank=70,
    ),
    Code.TA_CN_ONLY: Diagnosis(
        (Severity.PARTIAL,),
        "The certificate at {address} carries its name only as common name; senders built on Go or rustls refuse it.",
        "Issue it with a subject alternative name.",
        "RFC 7672 §3.2.3, RFC 9525",
    ),
    Code.TA_CHAIN_EXPIRED: Diagnosis(
        (Severity.OUTAGE,),
        "The trust anchor matches, but the chain that {address} serves has run out: {detail}.",
        "Renew the certificate.",
        "RFC 7671 §5.2",
        "certificate-expired",
        rank=82,
    ),
    Code.TA_CHAIN_NOTYET: Diagnosis(
        (Severity.OUTAGE,),
        "The trust anchor matches, but the chain that {address} serves is not valid yet: {detail}.",
        "Serve a chain that is valid now.",
        "RFC 7671 §5.2",
        "validation-failure",
        rank=82,
    ),
    Code.TA_CHAIN_INVALID: Diagnosis(
        (Severity.OUTAGE,),
        "The trust anchor matches, but the chain that {address} serves does not hold: {detail}.",
        "Serve a valid chain, or publish a DANE-EE(3) record: {suggested}",
        "RFC 7671 §5.2, RFC 5280 §6",
        "certificate-not-trusted",
        rank=82,
    ),
    Code.TA_ANCHOR_EXPIRED: Diagnosis(
        (Severity.HYGIENE,),
        "The trust anchor in use at {address} has itself run out; some senders refuse it.",
        "Move to a trust anchor that is valid.",
        "requirements R7671-5.2-g",
    ),
    Code.WEAK_CRYPTO: Diagnosis(
        (Severity.OUTAGE,),
        "The key or signature served by {address} is too weak for senders to accept: {detail}.",
        "Use an ECDSA P-256 key or RSA of 2048 bits or more.",
        "requirements A-11, A-15",
        "certificate-not-trusted",
        rank=86,
    ),
    Code.CHAIN_MISORDERED: Diagnosis(
        (Severity.HYGIENE,),
        "The chain that {address} serves is not in order.",
        "Serve the server's own certificate first, then each issuer in turn.",
        "RFC 8446 §4.4.2",
    ),
    Code.CHAIN_EXTRA: Diagnosis(
        (Severity.HYGIENE,),
        "The chain that {address} serves holds certificates that nothing needs.",
        "Remove them.",
        "RFC 8446 §4.4.2",
    ),
    Code.EE_EXPIRED: Diagnosis(
        (Severity.INFO,),
        "The certificate at {address} {detail}; DANE-EE(3) does not look at dates.",
        "",
        "RFC 7672 §3.1.1",
    ),
    Code.EE_NAME_MISMATCH: Diagnosis(
        (Severity.INFO,),
        "The certificate at {address} does not name {host}; DANE-EE(3) does not look at names.",
        "",
        "RFC 7672 §3.1.1",
    ),
    Code.EE_SELFSIGNED: Diagnosis(
        (Severity.INFO,),
        "The certificate at {address} is self-signed; DANE-EE(3) needs no issuer.",
        "",
        "RFC 7671 §5.1",
    ),
    Code.ADDR_CHAIN_DIFFERS: Diagnosis(
        (Severity.PARTIAL,),
        "{good} of {count} addresses of {host} are authenticated; the others serve something else.",
        "Give all addresses of {host} the same certificates, or publish records for each.",
        "RFC 7672 §2.2",
        rank=75,
    ),
    Code.ALG_CHAIN_DIFFERS: Diagnosis(
        (Severity.PARTIAL,),
        "At {about} the {good} certificate is authenticated and the {bad} certificate is not.",
        "Publish a record for each certificate: {suggested}",
        "RFC 7671 §8",
        rank=76,
    ),
    Code.LB_NONDETERMINISTIC: Diagnosis(
        (Severity.PARTIAL, Severity.INFO),
        "{address} served {count} different certificate chains in {sessions} sessions; {good} of them authenticated.",
        "Give all servers behind {address} the same certificate, or publish a record for each.",
        "RFC 7671 §8, field-notes",
        when="info where they fare alike",
        rank=77,
    ),
    Code.ALG_NOT_TESTED: Diagnosis(
        (Severity.INCONCLUSIVE,),
        "Whether {about} has a certificate of another type ({types}) could not be tested: {why}.",
        "Run the check again later.",
        "requirements S4-A22",
        rank=56,
    ),
}
