"""The domain and its MX records (field-notes area b)."""

from dane_check.findings.code import Code
from dane_check.findings.finding import Diagnosis, Severity

AREA = {
    Code.ADDRESS_LITERAL: Diagnosis(
        (Severity.INFO,),
        "{domain} is an address literal; DANE protects mail to domain names only.",
        "",
        "RFC 7672 §2.2",
    ),
    Code.MX_INSECURE: Diagnosis(
        (Severity.UNPROTECTED,),
        "The MX records of {domain} are not signed ({why}); DANE protects the hop to a host, "
        "but not the choice of the host.",
        "{mend}",
        "RFC 7672 §2.2.1",
        rank=60,
    ),
    Code.MX_BOGUS: Diagnosis(
        (Severity.OUTAGE,),
        "The MX lookup of {domain} fails DNSSEC validation: {why}.",
        "Repair the signatures or the delegation named above; validating senders defer all mail until then.",
        "RFC 7672 §2.1.2",
        "dnssec-invalid",
        rank=92,
    ),
    Code.MX_LOOKUP_FAILED: Diagnosis(
        (Severity.INCONCLUSIVE,),
        "The MX records of {domain} could not be looked up: {why}.",
        "{mend}; a sender would try again later.",
        "RFC 7672 §2.1.2",
        rank=91,
    ),
    Code.MX_NULL: Diagnosis(
        (Severity.INFO,), "{domain} accepts no mail (null MX); there is nothing to protect.", "", "RFC 7505 §3"
    ),
    Code.MX_NULL_MIXED: Diagnosis(
        (Severity.PARTIAL,),
        "{domain} has a null MX beside other MX records; some senders return all mail as undeliverable.",
        'Remove the record "MX 0 .", or all the others.',
        "RFC 7505 §3",
        rank=70,
    ),
    Code.MX_IMPLICIT: Diagnosis(
        (Severity.INFO,),
        "{domain} has no MX record, so the domain itself is its mail host.",
        "Publish an MX record.",
        "RFC 5321 §5.1",
    ),
    Code.MX_NONE: Diagnosis(
        (Severity.OUTAGE,), "{why}; no mail can be delivered to {domain}.", "", "RFC 5321 §5.1", rank=80
    ),
    Code.MX_INVALID_TARGET: Diagnosis(
        (Severity.OUTAGE,),
        "The MX record names {target}, which is {what}; DANE does not apply to it.",
        "Name a host in the MX record.",
        "RFC 5321 §5.1, RFC 7672 §2.2",
        rank=65,
    ),
    Code.MX_TARGET_CNAME: Diagnosis(
        (Severity.HYGIENE,),
        "The MX host {host} is an alias of {target}; that is forbidden, and some senders will skip it.",
        "Let the MX record name {target} itself.",
        "RFC 2181 §10.3, RFC 7672 §2.2.2",
    ),
    Code.MX_TARGET_MISSING: Diagnosis(
        (Severity.HYGIENE, Severity.OUTAGE),
        "The MX host {host} has no address.",
        "Remove the MX record or give {host} an address.",
        "RFC 5321 §5.1",
        rank=55,
    ),
    Code.MX_RESERVED_ADDRESS: Diagnosis(
        (Severity.OUTAGE,),
        "{host} has the address {address}, which is {block} and was not contacted.",
        "Publish a public address; in a lab, allow such addresses with --allow-reserved.",
        "RFC 6890",
        rank=70,
    ),
    Code.MX_COVERAGE_PARTIAL: Diagnosis(
        (Severity.PARTIAL,),
        "{without} of {count} MX hosts have no DANE protection; an attacker can steer mail to them.",
        "Protect every MX host, or remove those that are not.",
        "RFC 7672 §2.2.1",
        rank=58,
    ),
    Code.MX_NOT_JUDGED: Diagnosis(
        (Severity.INCONCLUSIVE,),
        "{domain} has {count} MX hosts, of which the best {limit} were judged.",
        "Publish fewer MX records.",
        "requirements L-4",
        rank=57,
    ),
    Code.MX_CNAME_LOOP: Diagnosis(
        (Severity.OUTAGE, Severity.INCONCLUSIVE),
        "The aliases of {domain} lead in a circle: {why}.",
        "Break the circle of CNAME records.",
        "RFC 7672 §2.1.3",
        "dnssec-invalid",
        when="inconclusive where a link of the circle is unsigned",
        rank=92,
    ),
    Code.UNSIGNED_DENIAL: Diagnosis(
        (Severity.INFO,),
        "The answer that {domain} does not exist is not signed.",
        "",
        "requirements S1-12",
    ),
    Code.INSECURE_MX_DANE_OPTIONAL: Diagnosis(
        (Severity.INFO,),
        "As the MX records are not signed, senders may deliver without DANE here; Postfix, by default, does not.",
        "",
        "RFC 7672 §2.2.1",
    ),
    Code.PORT_BY_ANALOGY: Diagnosis(
        (Severity.INFO,),
        "Port {port} is outside RFC 7672, whose rules for port 25 are applied to it by analogy.",
        "",
        "RFC 7672 §3.1.3",
    ),
    Code.DANE_REQUIRED: Diagnosis(
        (Severity.OUTAGE,),
        "DANE was required, and {what}.",
        "Publish a usable TLSA record in a signed zone for every MX host.",
        "RFC 7672 §2.2, §6",
        "dane-required",
        rank=88,
    ),
}
