"""Addresses and aliases of an MX host (field-notes area c)."""

from dane_check.findings.code import Code
from dane_check.findings.finding import Diagnosis, Severity

AREA = {
    Code.ADDR_INSECURE: Diagnosis(
        (Severity.UNPROTECTED,),
        "The addresses of {host} are not signed ({why}), so no sender looks for its TLSA records.",
        "{mend}",
        "RFC 7672 §2.2.2",
        rank=60,
    ),
    Code.ADDR_BOGUS: Diagnosis(
        (Severity.OUTAGE,),
        "The addresses of {host} fail DNSSEC validation: {why}.",
        "Repair the signatures or the delegation named above; senders skip this host until then.",
        "RFC 7672 §2.2.2",
        "dnssec-invalid",
        rank=90,
    ),
    Code.ADDR_LOOKUP_FAILED: Diagnosis(
        (Severity.INCONCLUSIVE,),
        "The addresses of {host} could not be looked up: {why}.",
        "Check the name servers of {host}, or try another resolver.",
        "RFC 7672 §2.1.2",
        rank=89,
    ),
    Code.ADDR_ONE_FAMILY_FAILED: Diagnosis(
        (Severity.PARTIAL, Severity.INCONCLUSIVE),
        "The {family} lookup of {host} fails ({why}) while the other family answers; "
        "Postfix, Exim and others deliver by the good one, a strict sender waits.",
        "Repair the {family} answer of the name servers, the proof that there is none included.",
        "RFC 7672 §2.2.2",
        when="inconclusive where the lookup failed without proof of a DNSSEC fault",
        rank=72,
    ),
    Code.ADDR_ONE_FAMILY_INSECURE: Diagnosis(
        (Severity.PARTIAL,),
        "The {family} addresses of {host} are not signed while the other family is.",
        "Sign both.",
        "RFC 7672 §2.2.2",
        rank=62,
    ),
    Code.ADDR_CNAME_INSECURE_TARGET: Diagnosis(
        (Severity.INFO,),
        "{host} is an alias into an unsigned zone, so only TLSA records at {host} itself count.",
        "",
        "RFC 7672 §2.2.2",
    ),
    Code.ADDR_CNAME_LOOP: Diagnosis(
        (Severity.OUTAGE, Severity.INCONCLUSIVE),
        "The aliases of {host} lead nowhere: {why}.",
        "Repair the CNAME records of {host}.",
        "RFC 7672 §2.1.3",
        "dnssec-invalid",
        when="inconclusive where a link of the circle is unsigned",
        rank=90,
    ),
    Code.ADDR_MALFORMED: Diagnosis(
        (Severity.INCONCLUSIVE,),
        "{count} address records of {host} are malformed ({record}) and could not be judged.",
        "Repair the address records of {host}.",
        "RFC 1035 §3.4.1, RFC 3596 §2.2",
        rank=70,
    ),
    Code.ADDR_NOT_JUDGED: Diagnosis(
        (Severity.INCONCLUSIVE,),
        "{host} has {count} {family} addresses, of which {limit} were judged.",
        "Publish fewer addresses.",
        "requirements L-5",
        rank=57,
    ),
    Code.NO_ADDRESS_UNSIGNED: Diagnosis(
        (Severity.UNPROTECTED,),
        "{host} has no address, but that answer is not signed: whoever forges it can have the mail.",
        "Remove the MX record, or sign the zone of {host}.",
        "requirements S2-03b",
        rank=61,
    ),
    Code.NAME_TOO_LONG: Diagnosis(
        (Severity.UNPROTECTED,),
        "The name {host} is too long to have TLSA records.",
        "Use a shorter host name.",
        "RFC 6698 §3",
    ),
    Code.HOST_NOT_LDH: Diagnosis(
        (Severity.HYGIENE,),
        "The host name {host} holds characters that host names may not have.",
        "Use letters, digits and hyphens only.",
        "RFC 6698 §3, RFC 1123 §2.1",
    ),
}
