"""What mends an answer that is not signed: that depends on why it is not (RFC 4035 §5.2, RFC 5155 §9.2, RFC 9905)."""

from __future__ import annotations

from dane_check.dnssec.lookup import Cause, Why
from dane_check.names import plain

_BY_CAUSE = {
    Cause.UNSUPPORTED_ALGORITHM: "Sign {zone} with an algorithm that validators know, such as ECDSAP256SHA256, "
    "and have its DS record replaced.",
    Cause.SHA1_ONLY: "Move {zone} from RSASHA1 to an algorithm such as ECDSAP256SHA256, and have its DS replaced.",
    Cause.RSA_SIZE: "Give {zone} keys of a size that validators accept, such as ECDSAP256SHA256.",
    Cause.OPT_OUT: "The name lies in an NSEC3 opt-out span of {zone}: sign that zone without opt-out.",
    Cause.NSEC3_ITERATIONS: "Set the NSEC3 iterations of {zone} to 0 (RFC 9276).",
    Cause.INSECURE_ALIAS: "Sign {zone}, or do without the alias into it.",
    Cause.NO_ANCHOR: "No trust anchor covers the name; give one with --trust-anchor.",
}
_SIGN = "Sign {zone} and have its DS record published by its parent."


def mend(why: Why) -> str:
    """One sentence that says what to do about an insecure answer."""
    owner, _, rdtype = why.record.partition(" ")
    zone = plain(owner) if rdtype == "DS" else plain(why.zone)
    return _BY_CAUSE.get(why.cause, _SIGN).format(zone=zone if zone != "." else "the zone")
