"""What mends a lookup that is not secure: one sentence for each cause, for whoever runs the zone or the resolver."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from dane_check.dnssec.lookup import Cause, Why
from dane_check.report.styled import visible

_SIGN_ANEW: Final = "Sign {zone} anew, and see that every name server of it has the new signatures."

_REMEDIES: Final = MappingProxyType(
    {
        Cause.NO_ANCHOR: "Give a trust anchor that covers the name, with --trust-anchor.",
        Cause.UNSIGNED_DELEGATION: "Sign the zone, and have its DS record published in {zone}.",
        Cause.UNSUPPORTED_ALGORITHM: "Sign with ECDSAP256SHA256 (13), and have a DS record of digest type 2 published.",
        Cause.SHA1_ONLY: "Change from RSASHA1 to ECDSAP256SHA256 (13) by an algorithm rollover.",
        Cause.RSA_SIZE: "Use RSA keys of 2048 bits, or ECDSAP256SHA256 (13).",
        Cause.OPT_OUT: "Sign {zone} without opt-out (NSEC, or NSEC3 with flags 0).",
        Cause.NSEC3_ITERATIONS: "Set the NSEC3 iterations of {zone} to 0.",
        Cause.INSECURE_ALIAS: "Sign the zone of the alias, or publish the records at the name itself.",
        Cause.NOT_VALIDATED: "Ask for the records that the signatures are over.",
        Cause.SIGNATURE_MISSING: _SIGN_ANEW,
        Cause.SIGNATURE_EXPIRED: _SIGN_ANEW,
        Cause.SIGNATURE_NOT_YET_VALID: "Set the clock of the machine that signs {zone}, or wait until then.",
        Cause.SIGNATURE_INVALID: _SIGN_ANEW,
        Cause.SIGNER_WRONG: "Sign the record in the zone that holds it, and leave the delegation to what it says.",
        Cause.KEY_MISSING: "Publish the key in {zone} again, or have the DS replaced by that of a key that is there.",
        Cause.DS_MISMATCH: "Have the DS record of {zone} replaced by one made from its present key.",
        Cause.DENIAL_MISSING: "See that every name server of {zone} sends NSEC or NSEC3 records with its denials.",
        Cause.DENIAL_INVALID: "Rebuild the NSEC or NSEC3 chain of {zone} and sign it anew.",
        Cause.WILDCARD_UNPROVEN: "See that {zone} sends the NSEC or NSEC3 record beside answers made from a wildcard.",
        Cause.ALIAS_LOOP: "Break the circle of CNAME records.",
        Cause.ALIAS_INVALID: "Leave one CNAME at the name, as its DNAME makes it.",
        Cause.ROOT_FAILURE: "Check the trust anchors, the clock and the resolver (dane-check doctor).",
        Cause.LIMIT: "Publish fewer keys, signatures or records on the way; no sender tries them all.",
        Cause.TRANSPORT: "Ask again, or another resolver (--resolver); see that {record} is answered at all.",
        Cause.RCODE: "See that the name servers answer {record} with NOERROR or NXDOMAIN.",
        Cause.INCOMPLETE: "Use a resolver that passes on all DNSSEC records: --resolver ADDRESS.",
        Cause.ALIAS_LIMIT: "Shorten the chain of aliases.",
        Cause.NO_DNSSEC: "Use a resolver that passes on DNSSEC records: --resolver ADDRESS.",
        Cause.CLOCK: "Set the clock of this machine, or state the time with --at.",
        Cause.RESOLVER_LIES: "Use a resolver that leaves answers as they are: --resolver ADDRESS.",
        Cause.RESOLVER_UNUSABLE: "Check the network and the resolver, or name another with --resolver.",
        Cause.DNS_TCP: "Open TCP port 53 to the resolver, or name another with --resolver.",
    }
)


def remedy_of(why: Why) -> str:
    """What mends it, in one sentence; names in it are escaped."""
    zone = "the root zone" if why.zone == "." else visible(why.zone).removesuffix(".") or "the zone"
    record = visible(why.record) or "the question"
    return _REMEDIES[why.cause].format(zone=zone, record=record)
