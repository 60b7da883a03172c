"""What RFC 7671 §8 to §13 ask of those who publish: rules on sets of records, previous ones and times. Pure.

Rules that need no more than a set and the chain it meets (combinations without a match, duplicates, SHA2-512 alone,
whole certificates, PKIX usages, one record only) are policy's, and come with every verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from dane_check.findings import About, Code, Finding, Severity, finding
from dane_check.limits import DEFAULT
from dane_check.names import safe
from dane_check.rehearsal.candidates import CandidateChain, CandidateSet, Record
from dane_check.tlsa.identity import name_matches
from dane_check.tlsa.match import Outcome, match
from dane_check.tlsa.record import MatchingType, UsableRecord, usable

# What requirements §6 call an error: a set that authenticates today and must not be published all the same.
WEIGHTY: Final = frozenset(
    {
        Code.COMBO_WITHOUT_MATCH,
        Code.DIGEST_SETS_DIFFER,
        Code.TWO_CHANGES_AT_ONCE,
        Code.ROLLOVER_GAP,
        Code.ROLLOVER_NEXT_MISSING,
        Code.TLSA_MISPLACED,
        Code.TLSA_WILDCARD_SHADOW,
        Code.TLSA_HOST_WILDCARD_SHADOW,
        Code.TLSA_BESIDE_CNAME,
        Code.MX_HOST_FORGOTTEN,
    }
)

_LIGHT: Final = frozenset({Severity.HYGIENE, Severity.INFO})


def is_weighty(found: Finding) -> bool:
    """Whether a finding alone makes the exit status 1."""
    return found.code in WEIGHTY and found.severity not in _LIGHT


_LONGEST_TTL: Final = 86_400  # R7671-13-a
_SHORTEST_TTL: Final = 300
_TTLS_TO_WAIT: Final = 2  # RFC 7671 §8.1: one for caches that were about to ask, one for the record itself

# Octets of an answer as RFC 1035 §4.1 and RFC 4034 §3.1 lay it out, the owner compressed; the signature is taken to
# be RSA of 2048 bits, the largest in common use.
_HEADER_AND_OPT: Final = 12 + 11
_OF_QUESTION: Final = 4
_OF_RECORD: Final = 2 + 10
_OF_SIGNATURE: Final = 18 + 256


@dataclass(frozen=True, slots=True)
class Replacement:
    """A candidate set that takes the place of a previous one, and the chains that are going to be served.

    names -- the reference identifiers of usage 2, the TLSA base domain first.
    previous -- what caches may hold still; empty where nothing was published.
    early -- whether senders with the candidates accept what is served now; None where that is not known.
    """

    names: tuple[str, ...]
    candidates: CandidateSet
    previous: tuple[Record, ...]
    chains: tuple[CandidateChain, ...]
    now: datetime
    early: bool | None = None


def seconds_to_wait(ttl: int) -> int:
    """How long a record must have been published before a key may rest on it (R7671-8.1-a)."""
    return _TTLS_TO_WAIT * ttl


def earliest_switch(published: datetime, ttl: int) -> datetime | None:
    """The first safe moment to switch to the new key; None beyond the end of the calendar."""
    try:
        return published + timedelta(seconds=seconds_to_wait(ttl))
    except OverflowError:
        return None


def of_set(about: About, candidates: CandidateSet) -> tuple[Finding, ...]:
    """The rules on one set of records by itself (R7671-8.3-a, R7671-10.1.1-a, R7671-13-a)."""
    return (*_digest_sets(about, candidates.records), *_size(about, candidates), *_ttl(about, candidates.ttl))


def _usable(records: Sequence[Record]) -> list[UsableRecord]:
    return [one for one in (usable(record, "smtp") for record in records) if isinstance(one, UsableRecord)]


def _digest_sets(about: About, records: Sequence[Record]) -> Iterator[Finding]:
    """As many digests of one algorithm as of the other, where both are in use; their inputs cannot be compared."""
    sets: dict[tuple[int, int], dict[MatchingType, set[bytes]]] = {}
    for one in _usable(records):
        if one.matching_type is not MatchingType.FULL:
            kind = sets.setdefault((one.usage, one.selector), {})
            kind.setdefault(one.matching_type, set()).add(one.data)
    for (usage, selector), digests in sorted(sets.items()):
        ranked = sorted(digests.items(), key=lambda item: (len(item[1]), item[0]))
        if len(ranked[0][1]) != len(ranked[-1][1]):
            (few, fewer), (many, more) = ranked[0], ranked[-1]
            yield finding(
                Code.DIGEST_SETS_DIFFER,
                about,
                combination=f"{usage} {selector}",
                fewer=len(fewer),
                fewer_by=f"{_ALGORITHMS[few]}({int(few)})",
                more=len(more),
                more_by=f"{_ALGORITHMS[many]}({int(many)})",
            )


_ALGORITHMS: Final = {MatchingType.SHA2_256: "SHA2-256", MatchingType.SHA2_512: "SHA2-512"}


def estimated_octets(candidates: CandidateSet) -> int:
    """About how many octets the signed answer with this set has."""
    owner = len(candidates.owner) + 2
    records = sum(_OF_RECORD + len(one.rdata) for one in candidates.records)
    signer = owner - candidates.owner.index("._tcp.") - len("._tcp.")  # at most the host's own name
    return _HEADER_AND_OPT + owner + _OF_QUESTION + records + _OF_RECORD + signer + _OF_SIGNATURE


def _size(about: About, candidates: CandidateSet) -> Iterator[Finding]:
    octets = estimated_octets(candidates)
    if octets > DEFAULT.dns.edns_octets:
        yield finding(Code.RESPONSE_TOO_BIG, about, octets=octets, most=DEFAULT.dns.edns_octets)


def _ttl(about: About, ttl: int | None) -> Iterator[Finding]:
    if ttl is not None and ttl > _LONGEST_TTL:
        yield finding(Code.TLSA_TTL_LONG, about, ttl=ttl)
    if ttl is not None and ttl < _SHORTEST_TTL:
        yield finding(Code.TLSA_TTL_SHORT, about, ttl=ttl)


def of_replacement(about: About, change: Replacement) -> tuple[Finding, ...]:
    """The rules on a set that takes the place of another (R7671-8-b, R7671-8-c, R7671-8.1-a, R7671-8.1-b).

    What matters is the time in which caches hold the previous set still: the chain must agree with both. Of a chain
    with which the candidates themselves do not agree, the verdict says all there is to say.
    """
    before, after = _usable(change.previous), _usable(change.candidates.records)
    if not before or not after or not any(_refused_by_caches(change, chain) for chain in change.chains):
        return ()
    if change.early:  # the records can go first, whatever they have dropped
        return (_window(about, change),)
    old, new = _combinations(before), _combinations(after)
    if not set(old) & set(new):
        return (finding(Code.TWO_CHANGES_AT_ONCE, about, previous=", ".join(old), candidate=", ".join(new)),)
    kept = {one.record for one in after}
    dropped = [one.record.to_text() for one in before if one.record not in kept]
    if dropped:
        return (finding(Code.ROLLOVER_GAP, about, dropped=_named(dropped)),)
    return (_window(about, change),)


def _window(about: About, change: Replacement) -> Finding:
    ttl = change.candidates.ttl
    moment = earliest_switch(change.now, ttl) if ttl is not None else None
    if ttl is None or moment is None:
        return finding(Code.ROLLOVER_WINDOW_OPEN, about, how_long="", when="two TTLs later")
    wait = seconds_to_wait(ttl)
    return finding(
        Code.ROLLOVER_WINDOW_OPEN,
        about,
        how_long=f" for {wait} seconds (2 x {ttl})",
        when=f"{wait} seconds later; if it is published now, not before {moment:%Y-%m-%d %H:%M:%S} UTC",
        seconds=wait,
    )


def _refused_by_caches(change: Replacement, chain: CandidateChain) -> bool:
    """Whether senders with the new set accept the chain, and those with the old one do not."""
    old, new = (
        match(records, chain.certificates, change.names, now=change.now).outcome is Outcome.AUTHENTICATED
        for records in (change.previous, change.candidates.records)
    )
    return new and not old


def _combinations(records: Sequence[UsableRecord]) -> list[str]:
    return sorted({f"{one.usage:d} {one.selector:d} {one.matching_type:d}" for one in records})


def _named(records: Sequence[str]) -> str:
    """The first of the records, and how many more."""
    first = records[0] if len(records[0]) <= 140 else records[0][:139] + "…"
    return first if len(records) == 1 else f"{first} and {len(records) - 1} more"


def names_left_out(about: About, names: Sequence[str], hosts: Sequence[str]) -> tuple[Finding, ...]:
    """The names of a certificate that no rehearsed host covers (PF-b)."""
    given = [host.encode("ascii") for host in hosts]
    plain = dict.fromkeys(name.lower().rstrip(".") for name in names)
    others = [name for name in plain if not any(name_matches(name.encode("ascii", "replace"), one) for one in given)]
    if not others:
        return ()
    shown = [safe(name, 100) for name in others[:_MOST_NAMES]]
    more = f" and {len(others) - _MOST_NAMES} more" if len(others) > _MOST_NAMES else ""
    return (finding(Code.NAMES_NOT_REHEARSED, about, names=", ".join(shown) + more, count=len(others)),)


_MOST_NAMES: Final = 10
