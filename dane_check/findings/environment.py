"""Our own side: trouble that must never be read as the domain's (field-notes area a)."""

from dane_check.findings.code import Code
from dane_check.findings.finding import Diagnosis, Severity

AREA = {
    Code.ENV_RESOLVER_NO_DNSSEC: Diagnosis(
        (Severity.INCONCLUSIVE,),
        "Nothing can be validated from here: {why}.",
        "Use a resolver that passes DNSSEC records: --resolver ADDRESS.",
        "RFC 7672 §2.1.1",
        rank=95,
    ),
    Code.ENV_RESOLVER_LIES: Diagnosis(
        (Severity.INCONCLUSIVE,),
        "The resolver changes answers on the way, so nothing it says proves anything: {why}.",
        "Use a resolver that leaves answers as they are: --resolver ADDRESS.",
        "requirements ROOT-i",
        rank=96,
    ),
    Code.ENV_RESOLVER_UNUSABLE: Diagnosis(
        (Severity.INCONCLUSIVE,),
        "The resolver gives no usable answers: {why}.",
        "Check the network and that the resolver may be asked from here, or name another one with --resolver.",
        "RFC 7672 §2.1.1",
        rank=91,
    ),
    Code.ENV_DNS_TCP_BLOCKED: Diagnosis(
        (Severity.INCONCLUSIVE,),
        "The resolver cuts its answer short over UDP and cannot be asked over TCP: {why}.",
        "Let TCP port 53 through to the resolver, or name another one with --resolver.",
        "RFC 7766 §5",
        rank=92,
    ),
    Code.ENV_PORT25_BLOCKED: Diagnosis(
        (Severity.INCONCLUSIVE,),
        "Port 25 timed out at all {count} addresses of {hosts} unrelated hosts; outgoing SMTP seems blocked here.",
        "Run the check from a network that may connect to port 25.",
        "field-notes",
        rank=90,
    ),
    Code.ENV_NO_IPV6: Diagnosis(
        (Severity.INCONCLUSIVE,),
        "This machine has no IPv6, so {count} IPv6 addresses could not be judged.",
        "Run the check from a machine with IPv6; -4 judges the IPv4 addresses alone, but never as protected.",
        "requirements D-17",
        rank=85,
    ),
    Code.ENV_CLOCK: Diagnosis(
        (Severity.INCONCLUSIVE,),
        "The clock of this machine cannot be right, so signatures cannot be judged by it: {why}.",
        "Set the clock, or state the time with --at.",
        "requirements D-23",
        rank=94,
    ),
    Code.TRUST_ANCHOR_PROBLEM: Diagnosis(
        (Severity.INCONCLUSIVE,),
        "The keys of the trust anchor's own zone cannot be validated: {why}.",
        "Update dane_check or give current anchors with --trust-anchor; see to the resolver, and to the time of --at.",
        "RFC 4035 §5, RFC 5011",
        rank=93,
    ),
    Code.ANCHORS_STALE: Diagnosis(
        (Severity.INFO,),
        "The built-in trust anchors date from {date}.",
        "Update dane_check, or give current anchors with --trust-anchor.",
        "RFC 9718",
    ),
    Code.INCOMPLETE: Diagnosis(
        (Severity.INCONCLUSIVE,),
        "Not everything was judged: {left_out}.",
        "Run the check again without {because} for a full verdict.",
        "requirements D-18",
        rank=40,
    ),
}
