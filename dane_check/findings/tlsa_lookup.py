"""Looking up TLSA (field-notes area d)."""

from dane_check.findings.code import Code
from dane_check.findings.finding import Diagnosis, Severity

_DEFER = "senders with DANE defer all mail to {host} until then"


def _failed(what: str, fix: str, rank: int = 88) -> Diagnosis:
    return Diagnosis(
        (Severity.OUTAGE,),
        "The TLSA lookup at {name} " + what + " ({why}); a failed lookup is never “no TLSA”.",
        fix + "; senders defer mail to {host} while it lasts.",
        "RFC 7672 §2.1.2, §2.2",
        "dnssec-invalid",
        rank=rank,
    )


AREA = {
    Code.TLSA_ABSENT: Diagnosis(
        (Severity.UNPROTECTED,),
        "{host} publishes no TLSA records at {name}.",
        "Publish a 3 1 1 record for every key in use: {suggested}",
        "RFC 7672 §2.2.3",
        rank=59,
    ),
    Code.TLSA_INSECURE: Diagnosis(
        (Severity.UNPROTECTED,),
        "The TLSA answer at {name} is not signed ({why}), though the addresses of {host} are; it has no effect.",
        "{mend}",
        "RFC 7672 §2.2.3",
        rank=60,
    ),
    Code.TLSA_LOOKUP_SERVFAIL: _failed(
        "ends in SERVFAIL", "Ask the operator of the zone why its servers (or the resolver) fail at this name"
    ),
    Code.TLSA_LOOKUP_NOTIMP: _failed("is answered NOTIMP", "Repair the name server: it must answer for every type"),
    Code.TLSA_LOOKUP_REFUSED: _failed("is refused", "Repair the name server: it must answer for every type"),
    Code.TLSA_LOOKUP_FORMERR: _failed(
        "is answered FORMERR or garbage", "Repair the name server: it must answer for every type"
    ),
    Code.TLSA_LOOKUP_TIMEOUT: _failed(
        "gets no answer", "Let queries of type TLSA (52) through to the name servers, over UDP and TCP"
    ),
    Code.TLSA_LOOKUP_FAILED: _failed("cannot be completed", "Repair the zones on the way to this name", rank=87),
    Code.TLSA_BOGUS: Diagnosis(
        (Severity.OUTAGE,),
        "The TLSA records at {name} fail DNSSEC validation: {why}.",
        "Sign the zone anew and check every name server; " + _DEFER + ".",
        "RFC 7672 §2.2",
        "dnssec-invalid",
        rank=90,
    ),
    Code.TLSA_DENIAL_BOGUS: Diagnosis(
        (Severity.OUTAGE,),
        "The answer that {name} has no TLSA records is not proven: {why}.",
        "Repair the denial of existence (NSEC or NSEC3) of the zone; " + _DEFER + ", although no TLSA exists.",
        "RFC 7672 §2.2, RFC 4035 §5.4",
        "dnssec-invalid",
        rank=90,
    ),
    Code.TLSA_CNAME_LOOP: Diagnosis(
        (Severity.OUTAGE, Severity.INCONCLUSIVE),
        "The aliases at {name} lead in a circle: {why}.",
        "Delete or repair the CNAME record; a wildcard may be its source.",
        "RFC 7672 §2.1.3",
        "dnssec-invalid",
        when="inconclusive where a link of the circle is unsigned",
        rank=90,
    ),
    Code.TLSA_CNAME_DANGLING: Diagnosis(
        (Severity.UNPROTECTED,),
        "{name} is an alias of {target}, where there are no TLSA records.",
        "Publish TLSA records at {target}, or remove the alias.",
        "RFC 7671 §7",
        rank=60,
    ),
    Code.TLSA_WILDCARD_RECORD: Diagnosis(
        (Severity.HYGIENE,),
        "The TLSA records at {name} come from a wildcard and so apply to every name it covers.",
        "Publish them at {name} itself.",
        "RFC 6698 §A.2.1.3",
    ),
    Code.TLSA_MISPLACED: Diagnosis(
        (Severity.UNPROTECTED,),
        "TLSA records stand at {found}, where no sender looks for them.",
        "Move them to {name}.",
        "RFC 7672 §2.2.3",
        rank=64,
    ),
    Code.TLSA_LIMIT: Diagnosis(
        (Severity.INCONCLUSIVE,),
        "The TLSA lookup at {name} went over a limit and was not judged: {why}.",
        "Publish fewer TLSA records, and keep the zones on the way simple.",
        "requirements L-7, D-13",
        rank=80,
    ),
    Code.TLSA_RRSIG_EXPIRING: Diagnosis(
        (Severity.LATENT, Severity.HYGIENE),
        "A signature on the way to {name} runs out at {expires}, in {left}.",
        "See that the zone is signed anew in time.",
        "RFC 7671 §11",
        when="latent below one day, hygiene below three days or a quarter of its lifetime",
        rank=45,
    ),
    Code.RRSIG_LIFETIME_LONG: Diagnosis(
        (Severity.HYGIENE,),
        "Signatures of the zone {zone} are made for {days} days; until they run out, old answers can be replayed.",
        "Sign for days or a few weeks, and sign anew in time.",
        "RFC 7671 §11",
    ),
    Code.DNSSEC_NSEC3_ITERATIONS: Diagnosis(
        (Severity.HYGIENE,),
        "The zone {zone} uses {iterations} NSEC3 iterations; above {limit} its denials count as unsigned.",
        "Set the NSEC3 iterations of the zone to 0.",
        "RFC 9276 §3",
    ),
    Code.DNSSEC_NSEC3_SALT: Diagnosis(
        (Severity.INFO,),
        "The zone {zone} salts its NSEC3 names, which costs work and hides nothing.",
        "Use an empty salt.",
        "RFC 9276 §3.1",
    ),
    Code.DNSSEC_ALG_WEAK: Diagnosis(
        (Severity.LATENT,),
        "The zone {zone} is signed with {key} only; some resolvers take such a zone as unsigned, or soon will.",
        "Change to ECDSAP256SHA256 (13) by an algorithm rollover.",
        "RFC 9904, RFC 9905 §2",
        rank=44,
    ),
    Code.DS_SHA1: Diagnosis(
        (Severity.HYGIENE,),
        "The DS records of {zone} have SHA-1 digests only.",
        "Have a DS record with a SHA-256 digest (2) published for {zone}.",
        "RFC 9904, RFC 4509 §3",
    ),
}
