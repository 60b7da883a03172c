"""From the authority section of a reply to a proof of absence: verify the NSEC and NSEC3 records, then ask them.

A proof is made of NSEC alone or of NSEC3 alone, all from one zone (R5155-8-a).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import dns.name
import dns.rdatatype as rrtype

from dane_check.dnssec import nsec, nsec3
from dane_check.dnssec.budget import Spent, Tally
from dane_check.dnssec.denial import Denied
from dane_check.dnssec.keys import ZoneKeys
from dane_check.dnssec.lookup import Cause
from dane_check.dnssec.rrset import RRset, rrsets, type_text
from dane_check.dnssec.signature import Refused, Verified, nearest, verify
from dane_check.wire.message import Message, ResourceRecord

_DENIAL_TYPES = frozenset({rrtype.NSEC, rrtype.NSEC3})


@dataclass(frozen=True, slots=True)
class Denials:
    """The verified denial records of one zone in one reply, and what was wrong with the others.

    crowded -- the reply held more of them than L-10 lets us look at.
    """

    zone: dns.name.Name
    nsecs: tuple[nsec.Nsec, ...]
    nsec3s: tuple[nsec3.Nsec3, ...]
    refusals: tuple[Refused, ...]
    crowded: bool


def denial_signers(message: Message) -> set[dns.name.Name]:
    """Who signed the denial records of a reply, by its own word."""
    found = (rrset for rrset in rrsets(message.authority).values() if rrset.rdtype in _DENIAL_TYPES)
    return {signature.signer for rrset in found for signature in rrset.signatures}


def gather(message: Message, zone: ZoneKeys, tally: Tally) -> Denials:
    """The denial records of `zone` in a reply that verify with its keys. Raises `Spent`."""
    records = [record for record in message.authority if record.rdtype in _DENIAL_TYPES]
    most = tally.limits.denial_records_per_message
    kept = frozenset(map(id, records[:most]))
    nsecs: list[nsec.Nsec] = []
    nsec3s: list[nsec3.Nsec3] = []
    refusals: list[Refused] = []
    for rrset in _denial_sets(message.authority, zone.name, kept):
        result = verify(rrset, zone, tally)
        if isinstance(result, Refused):
            refusals.append(result)
        elif rrset.rdtype == rrtype.NSEC:
            nsecs += [one for one in [nsec.Nsec.from_verified(zone.name, result)] if one is not None]
        else:
            nsec3s += _nsec3s(zone.name, result)
    return Denials(zone.name, tuple(nsecs), tuple(nsec3s), tuple(refusals), len(records) > most)


def deny(name: dns.name.Name, rdtype: int, denials: Denials, tally: Tally, *, nxdomain: bool) -> Denied | Refused:
    """What the records prove about `name` and `rdtype`, or why they prove nothing. Raises `Spent`."""
    what = "does not exist" if nxdomain else f"has no {type_text(rdtype)}"
    if found := nsec.deny(name, rdtype, denials.nsecs, nxdomain=nxdomain):
        return found
    chain = _chain(denials, tally)
    if isinstance(chain, nsec3.Nsec3):
        kind: Literal["nodata", "nxdomain"] = "nxdomain" if nxdomain else "nodata"
        return Denied(kind, (chain.verified,), unauthenticated=Cause.NSEC3_ITERATIONS)
    if isinstance(chain, Refused):
        return chain
    if chain is not None and (found := nsec3.deny(name, rdtype, chain, nxdomain=nxdomain)):
        return found
    return _unproven(denials, f"that {name} {what}", Cause.DENIAL_MISSING, Cause.DENIAL_INVALID)


def no_closer_match(name: dns.name.Name, encloser: dns.name.Name, denials: Denials, tally: Tally) -> Denied | Refused:
    """The proof that a wildcard answer is due (R4035-5.3.4-a), or why there is none. Raises `Spent`."""
    if found := nsec.no_closer_match(name, encloser, denials.nsecs):
        return found
    chain = _chain(denials, tally)
    if isinstance(chain, nsec3.Nsec3):
        return Denied("nxdomain", (chain.verified,), unauthenticated=Cause.NSEC3_ITERATIONS)
    if isinstance(chain, Refused):
        return chain
    if chain is not None and (found := nsec3.no_closer_match(name, encloser, chain)):
        return found
    cause = Cause.WILDCARD_UNPROVEN
    return _unproven(denials, f"that nothing closer to {name} exists than *.{encloser}", cause, cause)


def _denial_sets(authority: Sequence[ResourceRecord], zone: dns.name.Name, kept: frozenset[int]) -> list[RRset]:
    """Candidates signed by `zone`. NSEC come one by one: parent's and child's share an owner (R4035-5.3.2-c)."""
    found: list[RRset] = []
    for rrset in rrsets(authority).values():
        if rrset.rdtype not in _DENIAL_TYPES or all(s.signer != zone for s in rrset.signatures):
            continue
        records = tuple(record for record in rrset.records if id(record) in kept)
        groups = [(r,) for r in records] if rrset.rdtype == rrtype.NSEC else [records] if records else []
        found += [RRset(rrset.owner, rrset.rdtype, rrset.ttl, group, rrset.signatures) for group in groups]
    return found


def _nsec3s(zone: dns.name.Name, verified: Verified) -> list[nsec3.Nsec3]:
    found = (nsec3.Nsec3.from_verified(zone, verified, record.rdata) for record in verified.rrset.records)
    return [one for one in found if one is not None]


def _chain(denials: Denials, tally: Tally) -> nsec3.Chain | nsec3.Nsec3 | Refused | None:
    """The NSEC3 chain to ask; a record over the cap instead of it, before anything is hashed (T-14)."""
    if not denials.nsec3s:
        return None
    chain = nsec3.Chain(denials.zone, denials.nsec3s, tally.hash)
    if chain.mixed:
        sentence = f"the NSEC3 records of {denials.zone} differ in salt or iterations and prove nothing together"
        return Refused(Cause.DENIAL_INVALID, sentence)
    return chain.beyond(tally.criteria.nsec3_iterations) or chain


def _unproven(denials: Denials, what: str, missing: Cause, invalid: Cause) -> Refused:
    """Raises `Spent` where records were left unread: they might have proven it (D-13)."""
    if denials.crowded:
        raise Spent(f"the reply holds more NSEC or NSEC3 records of {denials.zone} than are looked at")
    if (refusal := nearest(denials.refusals)) is not None:
        return refusal
    if denials.nsecs or denials.nsec3s:
        return Refused(invalid, f"the records of {denials.zone} do not prove {what}")
    return Refused(missing, f"the signed zone {denials.zone} sends no proof {what}")
