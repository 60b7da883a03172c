"""One record against one served chain: as if it were the only one published, and beside the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from dane_check.limits import PathLimits
from dane_check.tlsa import keys
from dane_check.tlsa.certificate import Certificate, association_data
from dane_check.tlsa.identity import NameMatched, identify
from dane_check.tlsa.outcome import Outcome
from dane_check.tlsa.path.build import Link, Pool, anchored, trusted_path, untrusted_path
from dane_check.tlsa.path.judge import Work, judge_path, judge_path_under_key, verifies_under
from dane_check.tlsa.path.rules import Fault
from dane_check.tlsa.reason import Reason
from dane_check.tlsa.record import CertificateUsage, MatchingType, Selector, UsableRecord


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one record alone comes to. `path` ends in the certificate it names; empty where it names none."""

    reason: Reason | None
    detail: str
    path: tuple[Link, ...] = ()
    by_bare_key: bool = False

    @property
    def outcome(self) -> Outcome:
        """Authenticated exactly where there is no reason against it."""
        return Outcome.AUTHENTICATED if self.reason is None else Outcome.FAILED

    @property
    def depth(self) -> int | None:
        """Where the named certificate stands in the path, 0 = leaf."""
        return len(self.path) - 1 if self.path else None

    @property
    def served_index(self) -> int | None:
        """Where the named certificate stands in the chain as served."""
        return self.path[-1].served_index if self.path and not self.by_bare_key else None


def brings_certificate(record: UsableRecord) -> bool:
    """Whether the record holds a trust anchor as a whole, from which paths can be built."""
    is_anchor = record.usage in (CertificateUsage.DANE_TA, CertificateUsage.PKIX_TA)
    return is_anchor and (record.selector, record.matching_type) == (Selector.CERT, MatchingType.FULL)


class Examination:
    """A served chain and everything it is judged by; records are put to it one after the other.

    complete -- False where more certificates were served than are looked at (L-17).
    """

    def __init__(
        self,
        chain: Sequence[Certificate],
        roots: Sequence[Certificate],
        reference_names: Sequence[str],
        now: datetime,
        limits: PathLimits,
        *,
        complete: bool,
    ) -> None:
        self.chain = tuple(chain)
        self.complete = complete
        self.now = now
        self.limits = limits
        self.search_work = Work(limits)
        self.name = identify(chain[0], reference_names)
        self.served_path = untrusted_path(Pool.of(chain), now)
        self.leaf_weakness = keys.weakness(chain[0].spki) if chain[0].spki else None
        self._roots = tuple(roots)
        self._work = Work(limits)
        self._faults: dict[tuple[bytes, ...], Fault | None] = {}

    def judge(self, record: UsableRecord, beside: Sequence[UsableRecord] = ()) -> Judgement:
        """What the record comes to (RFC 6698 §2.1.1, RFC 7671 §5).

        beside -- the usable records it is published with, itself among them, whose certificates in full a
            sender also builds paths from; without them it is judged alone.
        """
        at_hand = beside or (record,)
        if self.leaf_weakness is not None:
            detail = f"the server's certificate has {self.leaf_weakness}"
            return Judgement(Reason.WEAK_CRYPTO, detail, self._leaf_if_named(record))
        match record.usage:
            case CertificateUsage.DANE_EE:
                return self._by_leaf(record)
            case CertificateUsage.DANE_TA:
                return self._excused(self._by_anchor(record, at_hand))
            case CertificateUsage.PKIX_EE:
                named = self._by_leaf(record)
                if named.reason is not None:
                    return named
                return self._excused(self._by_trust_store(record, at_hand, (0,)))
            case CertificateUsage.PKIX_TA:
                return self._excused(self._by_trust_store(record, at_hand, None))
        assert_never(record.usage)

    def names(self, record: UsableRecord, certificate: Certificate) -> bool:
        """Whether the record's data is that of this certificate, octet by octet (RFC 6698 §2.1.3)."""
        return association_data(certificate, record.selector, record.matching_type) == record.data

    def _excused(self, found: Judgement) -> Judgement:
        """What was not looked at cannot be said to be missing: our limit is not the server's fault."""
        if self.complete or found.reason not in (Reason.NO_MATCH, Reason.UNTRUSTED):
            return found
        detail = f"names nothing in the first {len(self.chain)} certificates; the others were not looked at"
        return Judgement(Reason.CHAIN_TOO_LONG, detail)

    def _leaf_if_named(self, record: UsableRecord) -> tuple[Link, ...]:
        leaf = self.served_path[:1]
        return leaf if self.names(record, self.chain[0]) else ()

    def _by_leaf(self, record: UsableRecord) -> Judgement:
        """DANE-EE: the leaf names itself, and nothing else about it counts (RFC 7671 §5.1)."""
        path = self._leaf_if_named(record)
        if path:
            return Judgement(None, "names the server's certificate", path)
        return Judgement(Reason.NO_MATCH, "does not name the server's certificate")

    def _by_anchor(self, record: UsableRecord, at_hand: Sequence[UsableRecord]) -> Judgement:
        """DANE-TA: the first issuer on the path that the record names is the anchor (RFC 7671 §5.2)."""
        path = self._path_with(at_hand)
        depth = self._first_named(record, path)
        if depth is None:
            return self._by_bare_key(record, path)
        return self._judged(path[: depth + 1])

    def _by_bare_key(self, record: UsableRecord, path: tuple[Link, ...]) -> Judgement:
        """A key in full that no certificate of the path has may have signed the last (RFC 7671 §5.2.3)."""
        top = path[-1].certificate
        is_bare_key = (record.selector, record.matching_type) == (Selector.SPKI, MatchingType.FULL)
        if not is_bare_key or self._too_long(record.data) or not verifies_under(top, record.data, self._work):
            return Judgement(Reason.NO_MATCH, "names no issuer on the path from the server's certificate")
        certificates = [link.certificate for link in path]
        fault = judge_path_under_key(certificates, self.now, self._work)
        return self._named(fault, path, by_bare_key=True)

    def _by_trust_store(
        self, record: UsableRecord, at_hand: Sequence[UsableRecord], depths: tuple[int] | None
    ) -> Judgement:
        """PKIX-TA and PKIX-EE: a path to a root of the store, and a match on it (RFC 7671 §5.3, §5.4)."""
        pool = self._pool_with(at_hand)
        path = trusted_path(pool, self._roots, self.now)
        if not anchored(path):
            return Judgement(Reason.UNTRUSTED, "no path leads to a root of the trust store")
        depth = depths[0] if depths else self._first_named(record, path)
        if depth is None:
            return Judgement(Reason.NO_MATCH, "names no issuer on the path to the trust store")
        return self._named(self._fault(path), path[: depth + 1])

    def _path_with(self, at_hand: Sequence[UsableRecord]) -> tuple[Link, ...]:
        pool = self._pool_with(at_hand)
        is_larger = len(pool.offered) > len(self.chain)
        return untrusted_path(pool, self.now) if is_larger else self.served_path

    def _pool_with(self, at_hand: Sequence[UsableRecord]) -> Pool:
        """A certificate in full is an issuer at hand, served or not (RFC 7671 §5.2.2)."""
        return Pool.of(self.chain, [Certificate(one.data) for one in at_hand if brings_certificate(one)])

    def _first_named(self, record: UsableRecord, path: tuple[Link, ...]) -> int | None:
        issuers = range(1, len(path))
        return next((depth for depth in issuers if self.names(record, path[depth].certificate)), None)

    def _judged(self, path: tuple[Link, ...]) -> Judgement:
        return self._named(self._fault(path), path)

    def _fault(self, path: tuple[Link, ...]) -> Fault | None:
        key = tuple(link.certificate.der for link in path)
        if key not in self._faults:
            self._faults[key] = judge_path([link.certificate for link in path], self.now, self._work)
        return self._faults[key]

    def _named(self, fault: Fault | None, path: tuple[Link, ...], by_bare_key: bool = False) -> Judgement:
        """A match whose path was judged; only where it holds are the names asked for."""
        if fault is not None:
            return Judgement(fault.reason, f"{fault.detail} (depth {fault.depth})", path, by_bare_key)
        if not isinstance(self.name, NameMatched):
            return Judgement(Reason.NAME, self.name.detail, path, by_bare_key)
        signed = "is the key that signed" if by_bare_key else "names"
        return Judgement(None, f"{signed} the certificate at depth {len(path) - 1}", path, by_bare_key)

    def _too_long(self, spki: bytes) -> bool:
        bits = keys.rsa_bits(spki)
        return bits is not None and bits > self.limits.rsa_bits
