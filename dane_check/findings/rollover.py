"""What the next key change will meet: sets of records that work and could be better (field-notes areas e, h)."""

from dane_check.findings.code import Code
from dane_check.findings.finding import Diagnosis, Severity

AREA = {
    Code.TLSA_DUPLICATE: Diagnosis(
        (Severity.HYGIENE,),
        "{host} publishes {record} and, meaning the same, {other}.",
        "Remove one of the two.",
        "RFC 7671 §10.1.2",
    ),
    Code.TLSA_SHA512_ONLY: Diagnosis(
        (Severity.HYGIENE,),
        "{host} publishes SHA2-512(2) digests only; senders need not know them, but must know SHA2-256(1).",
        "Publish SHA2-256(1) instead: {line}",
        "RFC 6698 §6, RFC 7671 §10.1.2",
    ),
    Code.TLSA_FULL_DATA: Diagnosis(
        (Severity.HYGIENE,),
        "{record} holds the whole of what it names; a digest makes answers smaller and is as good.",
        "Publish a digest: {line}",
        "RFC 7671 §10.1.2",
    ),
    Code.TLSA_TA_CERT_SELECTOR: Diagnosis(
        (Severity.LATENT,),
        "{record} names a certificate of {issuer}, not its key: a cross-sign or a new certificate ends the match.",
        "Name the key: {line}",
        "RFC 7671 §5.2.1, §10.1",
        rank=48,
    ),
    Code.ROLLOVER_301_AUTORENEW: Diagnosis(
        (Severity.LATENT,),
        "All records of {host} name the whole certificate, which is issued for {days} days: "
        "the next renewal, due about {due}, ends the match.",
        "Name the key and keep it when renewing: {line}",
        "RFC 7671 §5.1, §8.1",
        rank=49,
    ),
    Code.ROLLOVER_FAKE: Diagnosis(
        (Severity.INFO,),
        "The {count} records of {host} all name the same key, so they help with no key change.",
        "Publish the record of the next key, or of the issuer, as the second one.",
        "RFC 7671 §8.1, requirements D-7",
    ),
    Code.MX_CHAIN_SHARED: Diagnosis(
        (Severity.HYGIENE,),
        "All {count} MX hosts of {domain} use one key, so one failed key change breaks all of them.",
        "Give each host a key of its own, and change them one after the other.",
        "RFC 7671 §8.1",
    ),
}
