"""Why a record matches nothing: what it is instead, and the line that was meant (field-notes areas e, f)."""

from dane_check.findings.code import Code
from dane_check.findings.finding import Diagnosis, Severity

_ALONE = (Severity.OUTAGE, Severity.UNPROTECTED, Severity.HYGIENE)
_WHEN = "unprotected where no record can be used at all, hygiene where another one authenticates"
_UNTRUSTED = "certificate-not-trusted"
_INSTEAD = "Publish instead: {line}"

AREA = {
    Code.TLSA_PARAMS_SWAPPED: Diagnosis(
        _ALONE,
        "{record} has the right data under wrong numbers: it is {detail}, served by {address}.",
        _INSTEAD,
        "RFC 6698 §2.1",
        _UNTRUSTED,
        when=_WHEN,
        rank=89,
    ),
    Code.TLSA_DIGEST_WRONG_INPUT: Diagnosis(
        _ALONE,
        "{record} was made from the wrong input: {detail}; the DER octets count.",
        _INSTEAD,
        "RFC 6698 §2.1.2, §2.1.3",
        _UNTRUSTED,
        when=_WHEN,
        rank=89,
    ),
    Code.TLSA_DIGEST_OF_EMPTY: Diagnosis(
        _ALONE,
        "{record} is {detail}: whatever made it was given no key.",
        "Repair what makes the record, and publish instead: {line}",
        "RFC 6698 §2.1.3",
        _UNTRUSTED,
        when=_WHEN,
        rank=89,
    ),
    Code.TLSA_TYPO: Diagnosis(
        _ALONE,
        "{record} is nearly what {address} serves: {detail}.",
        _INSTEAD,
        "RFC 6698 §2.1.4",
        _UNTRUSTED,
        when=_WHEN,
        rank=89,
    ),
    Code.TLSA_STALE_EE: Diagnosis(
        (Severity.OUTAGE,),
        "No DANE-EE(3) record names the certificate at {address}, and {detail}: "
        "it seems to have been renewed with a new key before the record of that key was published.",
        "Publish the record of the new key now, beside the old one: {line}; renew with the same key from then on.",
        "RFC 7671 §8.1",
        _UNTRUSTED,
        rank=84,
    ),
    Code.TLSA_STALE_TA: Diagnosis(
        (Severity.OUTAGE,),
        "{record} names {detail}, but the chain that {address} serves comes from {issuer}.",
        "Publish the issuers in use and those in reserve, or the server's own key: {line}",
        "RFC 7671 §8.4",
        _UNTRUSTED,
        rank=85,
    ),
    Code.CHAIN_INCOMPLETE: Diagnosis(
        (Severity.OUTAGE,),
        "The chain that {address} serves breaks off below {issuer}, so no trust anchor can be reached.",
        "Let the server send its whole chain (fullchain.pem, not cert.pem).",
        "RFC 7671 §5.2, RFC 8446 §4.4.2",
        _UNTRUSTED,
        rank=86,
    ),
    Code.SNI_WRONG_CHAIN: Diagnosis(
        (Severity.OUTAGE,),
        "{address} serves a certificate that matches {record}, but only to clients that send no server name; "
        "senders with DANE send {name}.",
        "Let the server show that certificate for {name} as well.",
        "RFC 7672 §8.1",
        _UNTRUSTED,
        rank=88,
    ),
    Code.SNI_REQUIRED: Diagnosis(
        (Severity.INFO,),
        "{address} serves a certificate that is authenticated only to clients that send the server name {name}.",
        "",
        "RFC 7672 §8.1",
    ),
    Code.ISSUERS_STALE: Diagnosis(
        (Severity.INFO,),
        "The built-in table of public issuers dates from {date} and may lack the one that {record} names.",
        "Update dane_check.",
        "field-notes",
    ),
}
