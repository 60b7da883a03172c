"""What the proofs of a domain's lookups show of the zones on the way, whatever the verdict (RFC 9276, 9904, 9905)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from dane_check.dnssec.algorithms import ALGORITHMS, SHA1_ALGORITHMS, STRONG_RSA_BITS
from dane_check.dnssec.lookup import Link, Lookup, Proof, SignedBy
from dane_check.findings import About, Code, Finding, finding

_LONG_LIVED = timedelta(days=35)  # R7671-11-a
_SHA1_DIGEST = (1,)
_SHA1_NAMES = frozenset(ALGORITHMS[number].mnemonic for number in SHA1_ALGORITHMS)


def proof_findings(about: About, lookups: Iterable[Lookup], *, most_iterations: int) -> tuple[Finding, ...]:
    """At most one finding of each kind a zone, in the order the zones were met.

    most_iterations -- what is accepted (D-10); a zone is told of any above 0 (R9276-3.1-a).
    """
    links = list(_links(lookups))
    return (
        *_iterated(about, links, most_iterations),
        *_salted(about, links),
        *_weak(about, links),
        *_sha1_digests(about, links),
        *_long_lived(about, links),
    )


def _links(lookups: Iterable[Lookup]) -> Iterator[Link]:
    for found in lookups:
        if isinstance(found.proof, Proof):
            yield from found.proof.links


def _iterated(about: About, links: Iterable[Link], most: int) -> list[Finding]:
    counts: dict[str, int] = {}
    for link in links:
        if link.nsec3_iterations:
            counts[link.zone] = max(link.nsec3_iterations, counts.get(link.zone, 0))
    return [
        finding(Code.DNSSEC_NSEC3_ITERATIONS, about, zone=zone, iterations=count, limit=most)
        for zone, count in counts.items()
    ]


def _salted(about: About, links: Iterable[Link]) -> list[Finding]:
    zones = dict.fromkeys(link.zone for link in links if link.nsec3_salted)
    return [finding(Code.DNSSEC_NSEC3_SALT, about, zone=zone) for zone in zones]


def _weak(about: About, links: Iterable[Link]) -> list[Finding]:
    """Where a better key signed too, the proof goes by that one: what is seen here is all there is."""
    keys: dict[str, str] = {}
    for link in links:
        if link.signature is not None and (key := _weakness(link.signature)):
            keys.setdefault(link.signature.zone, key)
    return [finding(Code.DNSSEC_ALG_WEAK, about, zone=zone, key=key) for zone, key in keys.items()]


def _weakness(signed: SignedBy) -> str | None:
    if signed.algorithm in _SHA1_NAMES:
        return signed.algorithm
    if signed.key_bits is not None and signed.key_bits < STRONG_RSA_BITS:
        return f"{signed.algorithm} keys of {signed.key_bits} bits"
    return None


def _sha1_digests(about: About, links: Iterable[Link]) -> list[Finding]:
    zones = (link.rrset.partition(" ")[0] for link in links if link.ds_digests == _SHA1_DIGEST)
    return [finding(Code.DS_SHA1, about, zone=zone) for zone in dict.fromkeys(zones)]


def _long_lived(about: About, links: Iterable[Link]) -> list[Finding]:
    """The longest-lived signature of each zone on the way, where it lives too long (R7671-11-a)."""
    longest: dict[str, timedelta] = {}
    for link in links:
        if link.signature is not None:
            lifetime = link.signature.expiration - link.signature.inception
            longest[link.signature.zone] = max(lifetime, longest.get(link.signature.zone, lifetime))
    return [
        finding(Code.RRSIG_LIFETIME_LONG, about, zone=zone, days=lifetime.days)
        for zone, lifetime in longest.items()
        if lifetime > _LONG_LIVED
    ]
