"""What a rehearsal says of records before they are published (RFC 7671 §8, §10, §13)."""

from dane_check.findings.code import Code
from dane_check.findings.finding import Diagnosis, Severity

AREA = {
    Code.DIGEST_SETS_DIFFER: Diagnosis(
        (Severity.LATENT,),
        "Digests of {combination}: {fewer} by {fewer_by}, and {more} by {more_by}; both must name the same keys.",
        "Add the missing digests, or remove one digest algorithm entirely.",
        "RFC 7671 §8.3",
        rank=60,
    ),
    Code.TWO_CHANGES_AT_ONCE: Diagnosis(
        (Severity.LATENT,),
        "The candidate records of {host} differ from the previous ones ({previous}) both in their numbers "
        "({candidate}) and in the key they name; whichever chain is served, senders with the other set refuse it.",
        "Change the key or the numbers, not both: first publish the new numbers for the key in use.",
        "RFC 7671 §8.1",
        rank=62,
    ),
    Code.ROLLOVER_GAP: Diagnosis(
        (Severity.LATENT,),
        "The previous records of {host}, which caches keep for a while, do not match the candidate chain, "
        "and the candidate set has dropped {dropped}: there is no moment to switch at which all senders agree.",
        "Publish the new record beside the old ones, wait two TTLs, switch, and only then remove the old.",
        "RFC 7671 §8.1, RFC 7672 §4",
        rank=61,
    ),
    Code.ROLLOVER_WINDOW_OPEN: Diagnosis(
        (Severity.INFO,),
        "The previous records of {host} do not match the candidate chain: senders may go on using them{how_long}.",
        "Publish first, and switch to the new chain {when}.",
        "RFC 7671 §8.1",
        rank=58,
    ),
    Code.RESPONSE_TOO_BIG: Diagnosis(
        (Severity.HYGIENE,),
        "The signed answer with these records takes about {octets} octets, more than the {most} that pass in one "
        "datagram everywhere.",
        "Publish digests rather than whole certificates or keys, and fewer records.",
        "RFC 7671 §10.1.1",
    ),
    Code.TLSA_TTL_LONG: Diagnosis(
        (Severity.HYGIENE,),
        "The TTL of {ttl} seconds means that an unplanned change takes more than a day to reach all senders.",
        "Use a TTL of 1800 to 3600 seconds.",
        "RFC 7671 §13",
    ),
    Code.TLSA_TTL_SHORT: Diagnosis(
        (Severity.HYGIENE,),
        "The TTL of {ttl} seconds is so short that senders ask again for nearly every mail.",
        "Use a TTL of 1800 to 3600 seconds.",
        "RFC 7671 §13",
    ),
    Code.NAMES_NOT_REHEARSED: Diagnosis(
        (Severity.INFO,),
        "The certificate is valid for {names} as well: mail hosts of these names that use it need their records too.",
        "Rehearse every mail host that shares the certificate: give each with --name.",
        "RFC 7671 §8, requirements PF-b",
    ),
    Code.CANDIDATES_NOT_ASKED: Diagnosis(
        (Severity.HYGIENE,),
        "Senders would not look at the candidate records of {host}: {why}.",
        "Publish the records where senders look first.",
        "RFC 7672 §2.2.3",
        rank=57,
    ),
    Code.ROLLOVER_NEXT_MISSING: Diagnosis(
        (Severity.LATENT,),
        "No record of {host} names the planned key of {source}: senders would refuse it.",
        "Publish the record of that key beside the others two TTLs before the key goes into service: {line}",
        "RFC 7672 §4, RFC 7671 §8.1",
        rank=63,
    ),
    Code.TLSA_WILDCARD_SHADOW: Diagnosis(
        (Severity.UNPROTECTED, Severity.LATENT),
        "The TLSA records at {wildcard} would not be those of {name}: {by} exists and hides the wildcard.",
        "Publish the records at {name} itself.",
        "RFC 4592 §2.2.1",
        when="latent where other names beside the candidate lose the wildcard's records",
        rank=66,
    ),
    Code.TLSA_HOST_WILDCARD_SHADOW: Diagnosis(
        (Severity.OUTAGE,),
        "{host} has its addresses by the wildcard {wildcard} only: once {name} exists, {host} has none any more.",
        "Publish the A and AAAA records of {host} itself, and its MX records if it has any, in the same step.",
        "RFC 4592 §2.2.1, §2.2.2",
        rank=90,
    ),
    Code.TLSA_BESIDE_CNAME: Diagnosis(
        (Severity.LATENT, Severity.HYGIENE),
        "A CNAME stands at {name} ({where}), and no other record can stand beside it: name servers refuse one or both.",
        "Remove the CNAME in the same step, or publish the records at the name it leads to.",
        "RFC 1034 §3.6.2, RFC 2181 §10.1",
        when="hygiene where the alias is published now and the candidates take its place",
        rank=67,
    ),
    Code.MX_HOST_FORGOTTEN: Diagnosis(
        (Severity.UNPROTECTED,),
        "Mail to {domain} goes to {host} as well, and no TLSA records are to be published for it.",
        "Publish records at {name} too; senders may choose any mail host.",
        "RFC 7672 §2.2.1",
        rank=58,
    ),
    Code.ZONE_RECORD_OUTSIDE: Diagnosis(
        (Severity.HYGIENE,),
        "{count} records of {where} are not of the zone {zone}, and name servers leave them out: {names}.",
        "Move them to the zone they belong to, or complete their names with a dot.",
        "RFC 1035 §5.2",
    ),
    Code.ZONE_TTLS_DIFFER: Diagnosis(
        (Severity.HYGIENE,),
        "The TLSA records at {name} have different TTLs, from {least} to {most} seconds; caches use the least.",
        "Give all records of one name and type the same TTL.",
        "RFC 2181 §5.2",
    ),
    Code.ZONE_OTHER_SERVICES: Diagnosis(
        (Severity.INFO,),
        "TLSA records of other services stand in {where} as well, and were not rehearsed: {names}.",
        "Rehearse mail on another port with --port; what is no mail is not rehearsed here.",
        "RFC 6698 §3",
    ),
}
