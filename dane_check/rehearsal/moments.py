"""Before a change, while caches hold the old records still, and after it: what senders do at each moment. Pure.

RFC 7671 §8: records and chains do not change at the same moment for everybody, so that old records meet the new chain,
and new records the old chain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dane_check.policy.verdict import EndpointResult, EndpointVerdict, HostVerdict, HostWord
from dane_check.ports import KeyType


class Fate(StrEnum):
    """What senders that use DANE do where certain records meet a certain chain."""

    AUTHENTICATES = "authenticates"
    REFUSES = "refuses"
    UNAUTHENTICATED = "unauthenticated"  # they deliver, and nothing protects the mail
    NOT_SERVED = "not-served"  # no certificate of this type there
    CANNOT_TELL = "cannot-tell"


class Era(StrEnum):
    """Which of two: what there is now, or what is to come."""

    OLD = "old"
    NEW = "new"


class Order(StrEnum):
    """How records and chain may be changed so that no sender ever refuses."""

    NO_CHANGE = "no-change"
    ONE_STEP = "one-step"  # only the records change, or only the chain
    ANY_ORDER = "any-order"
    RECORDS_FIRST = "records-first"  # publish, wait until no cache holds the old records, deploy
    CHAIN_FIRST = "chain-first"  # deploy, then publish
    NEVER = "never"
    CANNOT_TELL = "cannot-tell"


Pair = tuple[Era, Era]  # the era of the records, and that of the chain
BEFORE: Final[Pair] = (Era.OLD, Era.OLD)
CACHED: Final[Pair] = (Era.OLD, Era.NEW)
EARLY: Final[Pair] = (Era.NEW, Era.OLD)
AFTER: Final[Pair] = (Era.NEW, Era.NEW)


@dataclass(frozen=True, slots=True)
class Combination:
    """Records of one era that meet a chain of one era, and what comes of it."""

    records: Era
    chain: Era
    fate: Fate


@dataclass(frozen=True, slots=True)
class Moments:
    """The three moments; `overlap` holds the combinations that occur while caches hold the old records."""

    before: Fate
    overlap: tuple[Combination, ...]
    after: Fate
    order: Order


@dataclass(frozen=True, slots=True)
class EndpointMoments:
    """The moments of one address, port and certificate type; `key_type` is None where no handshake showed one."""

    address: str
    port: int
    key_type: KeyType | None
    before: Fate
    overlap: tuple[Combination, ...]
    after: Fate
    order: Order


def moments(fates: Mapping[Pair, Fate], *, records_change: bool, chain_changes: bool) -> Moments:
    """What each moment comes to, by what each combination does; one that is not among `fates` cannot be told."""

    def at(pair: Pair) -> Fate:
        return fates.get(pair, Fate.CANNOT_TELL)

    both = records_change and chain_changes
    overlap = (CACHED, EARLY) if both else (BEFORE,) if records_change else ()
    return Moments(
        at(BEFORE) if records_change or chain_changes else at(AFTER),
        tuple(Combination(*pair, at(pair)) for pair in overlap),
        at(AFTER),
        order(at(CACHED), at(EARLY)) if both else _single(records_change or chain_changes),
    )


def _single(changes: bool) -> Order:
    return Order.ONE_STEP if changes else Order.NO_CHANGE


_SAFE: Final = frozenset({Fate.AUTHENTICATES, Fate.UNAUTHENTICATED, Fate.NOT_SERVED})


def order(cached: Fate, early: Fate) -> Order:
    """In which order to change both (RFC 7671 §8.1).

    cached -- old records with the new chain: happens unless the chain waits until caches have forgotten.
    early -- new records with the old chain: happens unless the chain goes first.
    """
    if cached in _SAFE and early in _SAFE:
        return Order.ANY_ORDER
    if early in _SAFE:
        return Order.RECORDS_FIRST
    if cached in _SAFE:
        return Order.CHAIN_FIRST
    return Order.CANNOT_TELL if Fate.CANNOT_TELL in {cached, early} else Order.NEVER


_FATES: Final = {
    HostWord.DANE_OK: Fate.AUTHENTICATES,
    HostWord.DANE_OK_INSECURE_MX: Fate.AUTHENTICATES,
    HostWord.TLS_ONLY: Fate.UNAUTHENTICATED,
    HostWord.NO_DANE: Fate.UNAUTHENTICATED,
    HostWord.NOT_APPLICABLE: Fate.UNAUTHENTICATED,
    HostWord.DANE_FAIL: Fate.REFUSES,
    HostWord.DNS_BOGUS: Fate.REFUSES,
    HostWord.DNS_ERROR: Fate.CANNOT_TELL,
    HostWord.UNREACHABLE: Fate.CANNOT_TELL,
    HostWord.NO_ADDRESS: Fate.CANNOT_TELL,
}


def fate_of(verdict: HostVerdict) -> Fate:
    """What comes of a host as a whole."""
    return _FATES[verdict.word]


def endpoint_moments(
    verdicts: Mapping[Pair, HostVerdict], *, records_may_change: bool, chain_may_change: bool
) -> tuple[EndpointMoments, ...]:
    """The moments of every address and certificate type of one host, by the verdict on it in each combination.

    records_may_change, chain_may_change -- what the plan replaces; counts where it cannot be seen what there was.
    """
    records_change = records_may_change and _records_differ(verdicts)
    found = []
    for address, port, kind in _places(verdicts):
        at = moments(
            {pair: _fate(verdict, address, kind) for pair, verdict in verdicts.items()},
            records_change=records_change,
            chain_changes=chain_may_change and _chains_differ(verdicts, address, kind),
        )
        found.append(EndpointMoments(address, port, kind, at.before, at.overlap, at.after, at.order))
    return tuple(found)


def _places(verdicts: Mapping[Pair, HostVerdict]) -> Iterator[tuple[str, int, KeyType | None]]:
    """Each address with each certificate type that any era shows there."""
    types: dict[tuple[str, int], dict[KeyType, None]] = {}
    for pair in (AFTER, EARLY, CACHED, BEFORE):
        for one in _shown(verdicts.get(pair)):
            kinds = types.setdefault((one.address, one.port), {})
            if one.certificates and one.key_type is not None:
                kinds[one.key_type] = None
    for (address, port), kinds in types.items():
        for kind in (*kinds,) or (None,):
            yield address, port, kind


def _shown(verdict: HostVerdict | None) -> list[EndpointVerdict]:
    endpoints = verdict.endpoints if verdict is not None else ()
    return [one for one in endpoints if one.result is not EndpointResult.NOT_OFFERED]


def _fate(verdict: HostVerdict, address: str, kind: KeyType | None) -> Fate:
    here = [one for one in _shown(verdict) if one.address == address]
    exact = next((one for one in here if one.key_type is kind), None)
    refused = next((one for one in here if one.key_type is None), None)
    if exact is not None or refused is not None:
        return _FATES[(exact or refused or here[0]).word]
    return Fate.NOT_SERVED if here else fate_of(verdict)


def _records_differ(verdicts: Mapping[Pair, HostVerdict]) -> bool:
    old, new = verdicts.get(BEFORE) or verdicts.get(CACHED), verdicts.get(AFTER)
    if old is None or new is None:
        return True
    return {one.text for one in old.tlsa} != {one.text for one in new.tlsa} or old.word != new.word


def _chains_differ(verdicts: Mapping[Pair, HostVerdict], address: str, kind: KeyType | None) -> bool:
    old, new = (_chain(verdicts.get(pair), address, kind) for pair in (BEFORE, AFTER))
    return old is None or new is None or old != new


def _chain(verdict: HostVerdict | None, address: str, kind: KeyType | None) -> tuple[str, ...] | None:
    """The certificates there, by their digests; empty where none of this type is served, None where nobody knows."""
    here = [one for one in _shown(verdict) if one.address == address]
    if not any(one.certificates for one in here):
        return None
    found = (one for one in here if one.key_type is kind)
    return next((tuple(facts.certificate_sha256 for facts in one.certificates) for one in found), ())
