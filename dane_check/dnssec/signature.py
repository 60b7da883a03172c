"""Is one RRset signed by one zone? (RFC 4035 §5.3; RFC 6840 §5)

All that is free is looked at before any arithmetic: signer, labels, key, time. Everything is computed over the
octets received, so that RDATA nobody can read (a malformed TLSA record) is validated like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import dns.name
import dns.rdatatype as rrtype

from dane_check.dnssec.algorithms import (
    SHA1_ALGORITHMS,
    STRONG_RSA_BITS,
    mnemonic,
    rsa_bits,
    within_bounds,
)
from dane_check.dnssec.arithmetic import Verification
from dane_check.dnssec.arithmetic import verify as verify_octets
from dane_check.dnssec.budget import Tally
from dane_check.dnssec.criteria import Criteria
from dane_check.dnssec.keys import Key, ZoneKeys
from dane_check.dnssec.lookup import Cause
from dane_check.dnssec.rrset import RRset, Signature
from dane_check.wire.octets import canonical_octets
from dane_check.wire.rdata import canonical

_IN: Final = b"\0\1"
# R4035-5.3.1-h: sets that stand at the apex of the zone that signs them, and nowhere else.
_APEX_TYPES: Final = frozenset({rrtype.DNSKEY, rrtype.SOA, rrtype.NS})


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that holds.

    owner -- the name that was signed: that of the wildcard where the answer was made from one.
    encloser -- the wildcard's parent where it was (R4035-5.3.4-a), else None.
    ttl -- seconds, bounded by R4035-5.3.3-a.
    """

    rrset: RRset
    signature: Signature
    key: Key
    owner: dns.name.Name
    encloser: dns.name.Name | None
    ttl: int


@dataclass(frozen=True, slots=True)
class Refused:
    """No signature holds, and the reason of the one that came nearest.

    unsupported -- algorithms that the machine's library would not compute (ALG-b).
    """

    cause: Cause
    sentence: str
    unsupported: frozenset[int] = frozenset()


# How near a signature came to holding: the nearest one's reason is the one worth telling.
_NEARNESS: Final = (
    Cause.SIGNATURE_MISSING,
    Cause.SIGNER_WRONG,
    Cause.KEY_MISSING,
    Cause.SIGNATURE_NOT_YET_VALID,
    Cause.SIGNATURE_EXPIRED,
    Cause.SIGNATURE_INVALID,
    Cause.LIMIT,
)


def verify(rrset: RRset, zone: ZoneKeys, tally: Tally) -> Verified | Refused:
    """Whether `zone` signed `rrset` with one of its keys. Raises `Spent`.

    A Verified that has an `encloser` still wants the proof that no closer name matches.
    """
    if not rrset.signatures:
        return Refused(Cause.SIGNATURE_MISSING, f"{rrset} in the signed zone {zone.name} has no signature")
    fit: list[tuple[Signature, list[Key]]] = []
    refusals: list[Refused] = []
    for signature in rrset.signatures:
        usable = _usable_keys(signature, zone.keys, tally.criteria)
        refusal = _misfit(rrset, signature, zone.name, usable, tally.criteria)
        if refusal is None:
            fit.append((signature, usable))
        else:
            refusals.append(refusal)
    if len({_expands(rrset.owner, signature) for signature, _ in fit}) > 1:
        sentence = f"the signatures over {rrset} disagree on the wildcard it was made from"
        return Refused(Cause.SIGNATURE_INVALID, sentence)
    fit.sort(key=lambda one: all(_is_weak(key) for key in one[1]))  # a proof that can do without weak keys does
    return _compute(rrset, fit, refusals, tally)


def nearest(refusals: Iterable[Refused]) -> Refused | None:
    """The refusal that came nearest to holding."""
    return max(refusals, key=lambda refusal: _nearness(refusal.cause), default=None)


def named(rrset: RRset, signature: Signature) -> str:
    """A signature as sentences speak of it."""
    return f"the signature over {rrset} by {signature.signer} key {signature.key_tag}"


def _nearness(cause: Cause) -> int:
    return _NEARNESS.index(cause) if cause in _NEARNESS else len(_NEARNESS)


def _usable_keys(signature: Signature, keys: Sequence[Key], criteria: Criteria) -> list[Key]:
    if signature.algorithm not in criteria.algorithms:
        return []
    return [
        key
        for key in keys
        if key.algorithm == signature.algorithm
        and key.signs_zones
        and key.tag == signature.key_tag
        and within_bounds(key.algorithm, key.material)
    ]


def _is_weak(key: Key) -> bool:
    bits = rsa_bits(key.algorithm, key.material)
    return key.algorithm in SHA1_ALGORITHMS or (bits is not None and bits < STRONG_RSA_BITS)


_Fault = tuple[Cause, str]  # and how a sentence about the signature goes on


def _misfit(
    rrset: RRset, signature: Signature, zone: dns.name.Name, usable: list[Key], criteria: Criteria
) -> Refused | None:
    """What is wrong with a signature before any arithmetic; None where nothing is (R4035-5.3.1-a … -h)."""
    found = _misplaced(rrset, signature, zone)
    if found is None and not usable:
        found = Cause.KEY_MISSING, _no_key(signature, zone, criteria)
    found = found or _untimely(signature, criteria)
    return Refused(found[0], f"{named(rrset, signature)} {found[1]}") if found else None


def _misplaced(rrset: RRset, signature: Signature, zone: dns.name.Name) -> _Fault | None:
    if signature.signer != zone:
        return Cause.SIGNER_WRONG, f"is not by {zone}, the zone that holds the record"
    if rrset.rdtype in _APEX_TYPES and rrset.owner != zone:
        return Cause.SIGNER_WRONG, "is by a zone that has no such record at that name"
    if not _count(zone) <= signature.labels <= _count(rrset.owner):
        return Cause.SIGNATURE_INVALID, f"counts {signature.labels} labels, which cannot be"
    return None


def _no_key(signature: Signature, zone: dns.name.Name, criteria: Criteria) -> str:
    if signature.algorithm not in criteria.algorithms:
        return f"uses {mnemonic(signature.algorithm)}, which is not supported"
    return f"is by a key that {zone} DNSKEY does not hold or that cannot sign"


def _untimely(signature: Signature, criteria: Criteria) -> _Fault | None:
    """RFC 4035 §5.3.1 in serial arithmetic, no allowance for skew (R4035-5.3.1-e)."""
    left, begun = criteria.seconds_until(signature.expiration), -criteria.seconds_until(signature.inception)
    if left + begun < 0:
        return Cause.SIGNATURE_INVALID, "expires before it begins"
    # Unbound allows a tenth of the lifetime, at least an hour and at most a day.
    allowance = min(max((left + begun) // 10, 3600), 86400)
    if left < 0:
        excused = _excuse(-left, allowance)
        return Cause.SIGNATURE_EXPIRED, f"expired on {_date(criteria, signature.expiration)}{excused}"
    if begun < 0:
        excused = _excuse(-begun, allowance)
        begins = _date(criteria, signature.inception)
        return Cause.SIGNATURE_NOT_YET_VALID, f"is not valid before {begins}{excused}"
    return None


def _excuse(seconds: int, allowance: int) -> str:
    return " (Unbound's default allowance for clock skew would still pass it)" if seconds <= allowance else ""


def _date(criteria: Criteria, serial: int) -> str:
    return f"{criteria.moment(serial):%Y-%m-%d %H:%M} UTC"


def _compute(
    rrset: RRset,
    fit: list[tuple[Signature, list[Key]]],
    refusals: list[Refused],
    tally: Tally,
) -> Verified | Refused:
    """The arithmetic, signature by signature and key by key, within L-8 and L-9."""
    limits, done = tally.limits, 0
    unsupported: set[int] = set()
    for signature, keys in fit:
        data = signed_data(rrset, signature)
        for key in keys[: limits.keys_per_tag]:
            if done >= limits.signatures_per_rrset:
                return _over(rrset, f"has more than {limits.signatures_per_rrset} signatures to verify")
            if not tally.may_fail:
                return _over(rrset, "is one of too many whose signatures fail")
            tally.check_signature()
            done += 1
            result = verify_octets(key.algorithm, key.material, signature.octets, data)
            if result is Verification.GOOD:
                return _verified(rrset, signature, key, tally.criteria)
            if result is Verification.REFUSED:
                unsupported.add(key.algorithm)
            else:
                tally.fail_signature()
        if len(keys) > limits.keys_per_tag:
            return _over(rrset, f"is signed by one of {len(keys)} keys with the same tag")
        refusals.append(Refused(Cause.SIGNATURE_INVALID, f"{named(rrset, signature)} does not verify"))
    best = nearest(refusals)
    assert best is not None  # every signature is in `fit` or was refused
    return Refused(best.cause, best.sentence, frozenset(unsupported))


def _over(rrset: RRset, what: str) -> Refused:
    return Refused(Cause.LIMIT, f"{rrset} {what}; no more were tried")


def _verified(rrset: RRset, signature: Signature, key: Key, criteria: Criteria) -> Verified:
    owner = _signed_owner(rrset.owner, signature)
    expanded = _expands(rrset.owner, signature)
    bounds = (rrset.ttl, signature.ttl, signature.original_ttl, criteria.seconds_until(signature.expiration))
    return Verified(rrset, signature, key, owner, owner.parent() if expanded is not None else None, min(bounds))


def signed_data(rrset: RRset, signature: Signature) -> bytes:
    """The octets a signature is made over (RFC 4035 §5.3.2, RFC 4034 §6)."""
    owner = canonical_octets(_signed_owner(rrset.owner, signature))
    fixed = owner + rrset.rdtype.to_bytes(2, "big") + _IN + signature.original_ttl.to_bytes(4, "big")
    rdatas = sorted({canonical(rrset.rdtype, record.rdata) for record in rrset.records})
    signer = canonical_octets(signature.signer)
    return signature.head + signer + b"".join(fixed + len(r).to_bytes(2, "big") + r for r in rdatas)


def _count(name: dns.name.Name) -> int:
    """Labels as RRSIG counts them: without the root, and without a leading asterisk (RFC 4034 §3.1.3)."""
    return len(name) - 1 - name.is_wild()


def _expands(owner: dns.name.Name, signature: Signature) -> int | None:
    """The Labels field where the owner has more labels than it: the owner was made from a wildcard."""
    return signature.labels if signature.labels < _count(owner) else None


def _signed_owner(owner: dns.name.Name, signature: Signature) -> dns.name.Name:
    if _expands(owner, signature) is None:
        return owner
    return dns.name.Name((b"*", *owner.labels[-(signature.labels + 1) :]))
