"""From a DS set, or a trust anchor, to the keys of a zone (RFC 4035 §5.2, RFC 6840 §5, RFC 4509, RFC 9905)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dns.name

from dane_check.dnssec.algorithms import DIGEST_OCTETS, SHA1_ALGORITHMS, mnemonic, within_bounds
from dane_check.dnssec.budget import Spent, Tally
from dane_check.dnssec.criteria import Criteria
from dane_check.dnssec.keys import Ds, Entry, Key, ZoneKeys
from dane_check.dnssec.lookup import Cause
from dane_check.dnssec.rrset import RRset
from dane_check.dnssec.signature import Refused, Verified, verify


@dataclass(frozen=True, slots=True)
class Trusted:
    """The keys of a zone, all of them, once one that its entry names has signed the set (R4035-5.2-c)."""

    keys: tuple[Key, ...]
    verified: Verified
    named_by: str  # "DS 12345", "trust anchor key 20326"


@dataclass(frozen=True, slots=True)
class Unusable:
    """The entry is true but nothing in it can be used: the zone is insecure, not bogus (R4035-5.2-e)."""

    cause: Cause
    sentence: str


def usable_ds(zone: dns.name.Name, ds_set: Sequence[Ds], criteria: Criteria) -> tuple[Ds, ...] | Unusable:
    """The DS records to go by: algorithm and digest supported, digest of its length; SHA-1 only where alone.

    What is unsupported is set aside first, and only then does a better digest displace SHA-1 (R4509-3-a).
    """
    known = [ds for ds in ds_set if len(ds.digest) == DIGEST_OCTETS.get(ds.digest_type, -1)]
    usable = [ds for ds in known if ds.algorithm in criteria.algorithms]
    better = tuple(ds for ds in usable if ds.digest_type != 1)
    if usable:
        return better or tuple(usable)
    if any(ds.algorithm in SHA1_ALGORITHMS - criteria.algorithms for ds in known):
        return Unusable(Cause.SHA1_ONLY, f"{zone} DS names only RSASHA1 keys, which RFC 9905 treats as unsupported")
    names = ", ".join(sorted({f"{mnemonic(ds.algorithm)}/digest {ds.digest_type}" for ds in ds_set}))
    return Unusable(Cause.UNSUPPORTED_ALGORITHM, f"{zone} DS has no supported algorithm and digest ({names})")


def unusable(zone: dns.name.Name, entry: Entry, criteria: Criteria) -> Unusable | None:
    """Why nothing in the entry can be used, before any key is fetched; None where something can."""
    if any(key.algorithm in criteria.algorithms for key in entry.keys):
        return None
    if entry.ds:
        found = usable_ds(zone, entry.ds, criteria)
        return found if isinstance(found, Unusable) else None
    return _no_anchor_algorithm(zone, entry)


def trust_keys(
    zone: dns.name.Name, entry: Entry, key_set: RRset, criteria: Criteria, tally: Tally
) -> Trusted | Unusable | Refused:
    """The keys of `zone`, if a key that `entry` names has signed them. Raises `Spent`."""
    limits = criteria.limits
    if len(key_set.records) > limits.keys_per_set or len(entry.ds) > limits.ds_per_set:
        raise Spent(f"{zone} has more than {limits.keys_per_set} keys or {limits.ds_per_set} DS records")
    keys = tuple(key for record in key_set.records if (key := Key.from_rdata(record.rdata)) is not None)
    revoked = {key.material for key in keys if key.revoked}
    candidates = [key for key in keys if key.signs_zones and key.material not in revoked]
    found = _named_keys(zone, entry, candidates, criteria, tally)
    if not isinstance(found, _Named):
        return found
    computable = [key for key in found.keys if within_bounds(key.algorithm, key.material)]
    if not computable:
        return Unusable(Cause.RSA_SIZE, f"{zone} has only keys of a size that is not computed with (RFC 5702 §2)")
    result = verify(key_set, ZoneKeys(zone, tuple(computable)), tally)
    if isinstance(result, Verified):
        return Trusted(keys, result, found.describe(result.signature.key_tag))
    if result.unsupported:
        return trust_keys(zone, entry, key_set, criteria.without(result.unsupported), tally)
    return result


@dataclass(frozen=True, slots=True)
class _Named:
    keys: tuple[Key, ...]
    anchored: frozenset[Key]

    def describe(self, tag: int) -> str:
        by_key = any(key.tag == tag for key in self.anchored)
        return f"trust anchor key {tag}" if by_key else f"DS {tag}"


def _named_keys(
    zone: dns.name.Name, entry: Entry, candidates: Sequence[Key], criteria: Criteria, tally: Tally
) -> _Named | Unusable | Refused:
    """The candidates that the entry names."""
    if (nothing := unusable(zone, entry, criteria)) is not None:
        return nothing
    usable = usable_ds(zone, entry.ds, criteria)
    if isinstance(usable, Unusable):
        usable = ()
    anchors = {key for key in entry.keys if key.algorithm in criteria.algorithms}
    anchored = frozenset(key for key in candidates if key in anchors)
    by_digest = _named_by_digest(zone, usable, candidates, tally)
    if isinstance(by_digest, Refused):
        return by_digest
    found = tuple(key for key in candidates if key in anchored or key in by_digest)
    if found:
        return _Named(found, anchored)
    return _none_named(zone, entry, usable, candidates)


def _no_anchor_algorithm(zone: dns.name.Name, entry: Entry) -> Unusable:
    names = ", ".join(sorted({mnemonic(key.algorithm) for key in entry.keys}))
    sha1 = any(key.algorithm in SHA1_ALGORITHMS for key in entry.keys)
    cause = Cause.SHA1_ONLY if sha1 else Cause.UNSUPPORTED_ALGORITHM
    return Unusable(cause, f"the trust anchor at {zone} has no supported algorithm ({names})")


def _named_by_digest(
    zone: dns.name.Name, usable: Sequence[Ds], candidates: Sequence[Key], tally: Tally
) -> set[Key] | Refused:
    """Digests are computed only where tag and algorithm agree, and within L-9."""
    limits, computed = tally.limits, 0
    found: set[Key] = set()
    for ds in usable:
        mismatches = 0
        for key in candidates:
            if not ds.could_name(key):
                continue
            if computed >= limits.ds_digests_per_zone or mismatches >= limits.digest_mismatches_per_ds:
                sentence = f"{zone} has too many keys of the tags that its DS records name; no more were tried"
                return found or Refused(Cause.LIMIT, sentence)
            computed += 1
            tally.compute_digest()
            if ds.names(zone, key):
                found.add(key)
            else:
                mismatches += 1
    return found


def _none_named(zone: dns.name.Name, entry: Entry, usable: Sequence[Ds], candidates: Sequence[Key]) -> Refused:
    tags = ", ".join(sorted({str(ds.key_tag) for ds in usable} | {str(key.tag) for key in entry.keys}))
    if any(ds.could_name(key) for ds in usable for key in candidates):
        return Refused(Cause.DS_MISMATCH, f"{zone} DNSKEY holds key {tags}, but its digest is not that of the DS")
    return Refused(Cause.KEY_MISSING, f"{zone} DNSKEY does not hold the key {tags} that is to vouch for it")
