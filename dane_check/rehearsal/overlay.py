"""Candidates laid over the world at the two seams: records over validated answers, chains over connections."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from dane_check.check.session import DomainLookups
from dane_check.dnssec.lookup import (
    Assumed,
    Bogus,
    Cause,
    Indeterminate,
    Insecure,
    Kind,
    Lookup,
    Record,
    Secure,
    SecureDenial,
)
from dane_check.names import safe
from dane_check.ports import (
    HandshakeFailure,
    KeyType,
    ProbeOutcome,
    ProbeRequest,
    Refusal,
    ServedChain,
    Stage,
    TlsFacts,
)
from dane_check.rehearsal.candidates import CandidateChain, CandidateSet

# Denials that are insecure although the zone itself is signed (D-14, R9276-3.2-a).
_ONLY_THE_DENIAL = frozenset({Cause.OPT_OUT, Cause.NSEC3_ITERATIONS})


def assumed(candidates: CandidateSet, because: str, ttl: int = 0) -> Secure | SecureDenial:
    """The candidate set as the answer it would be, once published in a signed zone."""
    if not candidates.records:
        return SecureDenial("nodata", Assumed(because))
    seconds = candidates.ttl if candidates.ttl is not None else ttl
    return Secure(_records(candidates, seconds), Assumed(because))


def _records(candidates: CandidateSet, ttl: int) -> tuple[Record, ...]:
    return tuple(Record(candidates.owner, ttl, one.rdata, one.to_text(), "TLSA") for one in candidates.records)


class Overlay:
    """Validated lookups with candidate sets in place of what stands at their owner names. A `LookupSource`.

    The world is asked all the same: only where its own answer is secure does the candidate count as secure, for
    what is published in an unsigned zone authenticates nobody, and a zone that fails validation fails for the
    candidate too.

    A name below a host makes the host exist, so that a wildcard answers for it no more (RFC 4592 §2.2.1).

    replaced -- those answers of the world, by owner name.
    hidden -- the names that had addresses by a wildcard until then.
    because -- why a candidate counted as secure; None while none did.
    """

    def __init__(self, inner: DomainLookups, candidates: Iterable[CandidateSet]) -> None:
        self._inner = inner
        self._candidates = {one.owner: one for one in candidates}
        self.replaced: dict[str, Lookup] = {}
        self.hidden: set[str] = set()
        self.because: str | None = None

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """The candidate set for its own owner name and TLSA, the validated answer for everything else."""
        found = await self._inner.lookup(name, rdtype)
        candidates = self._candidates.get(name) if rdtype == "TLSA" else None
        if candidates is None:
            return self._without_wildcard(name, rdtype, found)
        self.replaced[name] = found
        return self._instead(candidates, found)

    def _without_wildcard(self, name: str, rdtype: str, found: Lookup) -> Lookup:
        made = any(one.records and owner.endswith(f".{name}") for owner, one in self._candidates.items())
        if not made or rdtype == "TLSA" or not isinstance(found, Secure) or not found.wildcard or found.aliases:
            return found
        self.hidden.add(name)
        return SecureDenial("nodata", Assumed(f"a name below {name} hides the wildcard"))

    def zone_is_proven_signed(self, name: str) -> bool:
        """See `check.session.DomainLookups`."""
        return self._inner.zone_is_proven_signed(name)

    def _instead(self, candidates: CandidateSet, found: Lookup) -> Lookup:
        ttl = max((record.ttl for record in found.records), default=0)
        match found:
            case Secure() | SecureDenial():
                return self._as_published(candidates, found, ttl)
            case Insecure(why=why) if why.cause in _ONLY_THE_DENIAL and self.zone_is_proven_signed(candidates.owner):
                return self._as_published(candidates, found, ttl)
            case Insecure(why=why, proof=proof):
                kind: Kind = "data" if candidates.records else "nodata"
                return Insecure(kind, _records(candidates, ttl), why, proof)
            case Bogus() | Indeterminate():
                return found
        assert_never(found)

    def _as_published(self, candidates: CandidateSet, found: Lookup, ttl: int) -> Secure | SecureDenial:
        self.because = "the candidate records are taken as published; their zone is proven signed"
        if found.aliases:
            self.because += f"; today their name is an alias of {safe(found.aliases[-1].target, 253)}"
        return assumed(candidates, self.because, ttl)


class CandidateProber:
    """Serves candidate chains at whatever address is asked, without a connection. A `Prober`."""

    def __init__(self, chains: Iterable[CandidateChain]) -> None:
        # No hello can ask for an unknown key type alone, so such a chain comes with the first, which offers all.
        self._chains = sorted(chains, key=lambda chain: chain.key_type is not KeyType.UNKNOWN)

    async def probe(self, request: ProbeRequest) -> ProbeOutcome:
        """The first chain of a key type that is offered; the alert of a server that has none of these."""
        for chain in self._chains:
            if chain.key_type in request.key_types:
                return served(chain)
        return HandshakeFailure(Stage.HANDSHAKE, Refusal.TLS_ALERT, detail="no candidate chain of these types")


def served(chain: CandidateChain) -> ServedChain:
    """The candidate chain as a finished handshake would show it; nothing was negotiated."""
    return ServedChain(chain.certificates, chain.key_type, TlsFacts("", "", None))
