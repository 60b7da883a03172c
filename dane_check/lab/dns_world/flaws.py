"""What can be wrong in a zone or with the replies about it, said in one line: `mx AAAA servfail`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import dns.name
import dns.rdatatype
from dns.rdatatype import RdataType

from dane_check.errors import UsageError


class Kind(StrEnum):
    """The words of the scenario files. The first seven concern RRsets, the next two proofs, the others replies."""

    UNSIGNED = "unsigned"  # RRSIGs left out
    BAD_SIGNATURE = "bad-signature"  # one bit of every signature flipped
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRING = "expiring"  # valid for some hours still
    LONG_LIVED = "long-lived"  # valid for three months
    FORGED = "forged"  # rdata changed after it was signed
    NO_DENIAL = "no-denial"  # NSEC and NSEC3 left out
    OPT_OUT = "opt-out"  # the NSEC3 records beside this answer have the flag set, and are signed so
    DROP = "drop"  # no reply at all
    DELAY = "delay"  # ... SECONDS
    TRUNCATE = "truncate"  # TC=1 over UDP, and TCP is closed without a word
    SERVFAIL = "servfail"
    REFUSED = "refused"
    NOTIMP = "notimp"
    FORMERR = "formerr"
    NXDOMAIN = "nxdomain"  # the rcode alone; no proof goes with it
    AD = "ad"  # AD=1
    EDE = "ede"  # ... INFO-CODE (RFC 8914)


RCODES = {
    Kind.SERVFAIL: 2,
    Kind.REFUSED: 5,
    Kind.NOTIMP: 4,
    Kind.FORMERR: 1,
    Kind.NXDOMAIN: 3,
}
ON_RRSETS = frozenset(
    {
        Kind.UNSIGNED,
        Kind.BAD_SIGNATURE,
        Kind.EXPIRED,
        Kind.NOT_YET_VALID,
        Kind.EXPIRING,
        Kind.LONG_LIVED,
        Kind.FORGED,
    }
)
_WITH_VALUE = frozenset({Kind.DELAY, Kind.EDE})
ANY = "any"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong. owner and rdtype None stand for all of the zone; value is seconds or an info-code."""

    owner: dns.name.Name | None
    rdtype: RdataType | None
    kind: Kind
    value: float = 0

    def concerns(self, owner: dns.name.Name, rdtype: RdataType) -> bool:
        """Whether this name and type are spoiled."""
        return self.owner in (None, owner) and self.rdtype in (None, rdtype)


def read(line: str, origin: dns.name.Name) -> Flaw:
    """The flaw of one line `OWNER TYPE WORD [VALUE]`; raises `UsageError` that says what is wrong with it."""
    words = line.split()
    if len(words) not in (3, 4):
        raise UsageError(f"fault {line!r} is not OWNER TYPE WORD [VALUE]")
    kind = _kind(words[2])
    if (kind in _WITH_VALUE) != (len(words) == 4):
        raise UsageError(f"fault {line!r}: a number goes with {', '.join(sorted(_WITH_VALUE))} and only there")
    owner = None if words[0] == ANY else dns.name.from_text(words[0], origin)
    rdtype = None if words[1] == ANY else RdataType(dns.rdatatype.from_text(words[1]))
    return Flaw(owner, rdtype, kind, float(words[3]) if len(words) == 4 else 0)


def _kind(word: str) -> Kind:
    try:
        return Kind(word)
    except ValueError:
        raise UsageError(f"unknown fault {word!r}; the lab knows {', '.join(Kind)}") from None
