"""The content of TLSA records (field-notes area e)."""

from dane_check.findings.code import Code
from dane_check.findings.finding import Diagnosis, Severity

_UNUSABLE = (Severity.HYGIENE,)

AREA = {
    Code.TLSA_MALFORMED: Diagnosis(
        _UNUSABLE,
        "The TLSA record {record} is malformed and cannot be used: {detail}.",
        "Replace it: {suggested}",
        "RFC 6698 §4.1",
    ),
    Code.TLSA_USAGE_PKIX: Diagnosis(
        _UNUSABLE,
        "The TLSA record {record} has a PKIX usage, which SMTP senders cannot use.",
        "Use DANE-EE(3) or DANE-TA(2): {suggested}",
        "RFC 7672 §3.1.3",
    ),
    Code.TLSA_ALL_UNUSABLE: Diagnosis(
        (Severity.UNPROTECTED,),
        "None of the {count} TLSA records of {host} can be used: TLS is mandatory, but nobody is authenticated.",
        "Publish a usable record: {suggested}",
        "RFC 7672 §2.2",
        "tlsa-invalid",
        rank=68,
    ),
    Code.TLSA_PARAMS_UNKNOWN: Diagnosis(
        _UNUSABLE,
        "The TLSA record {record} cannot be used: {detail}.",
        "Use one of the assigned numbers: {suggested}",
        "RFC 6698 §4.1, RFC 7218",
    ),
    Code.TLSA_DIGEST_LENGTH: Diagnosis(
        _UNUSABLE,
        "The TLSA record {record} cannot be used: {detail}.",
        "Publish the whole digest: {suggested}",
        "RFC 6698 §4.1",
        rank=52,
    ),
    Code.TLSA_DATA_EMPTY: Diagnosis(
        _UNUSABLE,
        "The TLSA record {record} has no data and cannot be used.",
        "Publish the whole record: {suggested}",
        "RFC 6698 §2.1.4",
    ),
    Code.TLSA_FULL_MALFORMED: Diagnosis(
        _UNUSABLE,
        "The TLSA record {record} cannot be used: {detail}.",
        "Publish a digest instead: {suggested}",
        "RFC 6698 §2.1.4, RFC 7671 §10.1.2",
    ),
    Code.TLSA_SET_CONFLICT: Diagnosis(
        (Severity.PARTIAL,),
        "{record} authenticates {address} by itself, but a certificate in full, in another record, leads senders "
        "built on OpenSSL another way, and they refuse.",
        "Remove the 2 0 0 records, or those that do not belong to the chain in use.",
        "requirements D-36",
        "certificate-not-trusted",
        rank=83,
    ),
    Code.TLSA_AGILITY_CONFLICT: Diagnosis(
        (Severity.OUTAGE,),
        "At {about} only {weaker} matches, but {stronger}, the stronger digest, displaces it and matches nothing.",
        "Remove the stale SHA2-512 record, or make it match: {suggested}",
        "RFC 7671 §9",
        "certificate-not-trusted",
        rank=84,
    ),
    Code.TLSA_TA_BARE_KEY: Diagnosis(
        (Severity.PARTIAL,),
        "{about} is authenticated only by {record}, a bare key whose certificate is not served; "
        "some senders cannot use it.",
        "Serve the certificate of the trust anchor, or publish 2 1 1.",
        "RFC 7671 §5.2.3",
        rank=66,
    ),
    Code.COMBO_WITHOUT_MATCH: Diagnosis(
        (Severity.LATENT,),
        "No {combination} record of {host} matches the chain in use; senders that look only at those will fail.",
        "For each combination of usage, selector and matching type, keep one record that matches now.",
        "RFC 7671 §8",
        rank=54,
    ),
    Code.TLSA_SOME_UNMATCHED: Diagnosis(
        (Severity.INFO,),
        "Usable TLSA records of {host} that match nothing that is served: {count}; a coming key, or a leftover.",
        "Remove what is left over from a finished rollover.",
        "RFC 7671 §8.1",
    ),
    Code.ROLLOVER_NONE: Diagnosis(
        (Severity.INFO,),
        "{host} has one usable TLSA record only, so the next key change needs care.",
        "Publish the record of the next key two TTLs before it goes into service.",
        "RFC 7671 §8.1, requirements D-7",
    ),
}
