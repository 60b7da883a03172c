"""The path OpenSSL builds from the certificates at hand, step by step and without turning back.

A path that a wider search would find does not help a sender, so it must not help here (decision A-12).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dane_check.tlsa.certificate import Certificate
from dane_check.tlsa.path.issuing import likely_issued, self_signed


@dataclass(frozen=True, slots=True)
class Link:
    """A certificate in a path and where it came from.

    served_index -- its place in the chain as served, None where it came from DNS or the trust store alone.
    trusted -- taken from the trust store.
    """

    certificate: Certificate
    served_index: int | None
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Pool:
    """What a path can be built from: `leaf`, then `offered` in the order in which they are tried."""

    leaf: Certificate
    offered: tuple[Link, ...]

    @classmethod
    def of(cls, chain: Sequence[Certificate], from_dns: Sequence[Certificate] = ()) -> Pool:
        """A served chain, with the certificates that full records bring, which are tried first."""
        places = {chain[index].der: index for index in reversed(range(len(chain)))}
        dns = (Link(certificate, places.get(certificate.der)) for certificate in from_dns)
        served = (Link(certificate, index) for index, certificate in enumerate(chain))
        return cls(chain[0], (*dns, *served))


def untrusted_path(pool: Pool, now: datetime) -> tuple[Link, ...]:
    """Leaf first, extended by one issuer after the other until a self-signed one, or until there is none."""
    path = [Link(pool.leaf, 0)]
    while (issuer := _next_untrusted(path, pool, now)) is not None:
        path.append(issuer)
    return tuple(path)


def trusted_path(pool: Pool, roots: Sequence[Certificate], now: datetime) -> tuple[Link, ...]:
    """The path with a trust store at hand, which is asked first at each step (RFC 5280 §6.1 validation).

    It is trusted if, and only if, its last link is a self-signed one of the store. A certificate of the
    store that is no root only extends the path (RFC 7671 §5.4).
    """
    path = [Link(pool.leaf, 0)]
    store_only = False
    while True:
        issuer = _trusted_issuer(path[-1].certificate, roots, now)
        if issuer is not None and self_signed(path[-1].certificate):
            if issuer.der == path[-1].certificate.der:
                path[-1] = Link(issuer, path[-1].served_index, trusted=True)
            return tuple(path)
        if issuer is not None and not _contains(path, issuer):
            path.append(Link(issuer, None, trusted=True))
            store_only = True
            if self_signed(issuer):
                return tuple(path)
            continue
        found = None if store_only else _next_untrusted(path, pool, now)
        if found is None:
            return tuple(path)
        path.append(found)


def anchored(path: Sequence[Link]) -> bool:
    """Whether a path ends in a root of the trust store."""
    return path[-1].trusted and self_signed(path[-1].certificate)


def _next_untrusted(path: list[Link], pool: Pool, now: datetime) -> Link | None:
    """The first issuer that is valid now, else the one that expires last."""
    current = path[-1].certificate
    if self_signed(current):
        return None
    candidates = [
        link
        for link in pool.offered
        if likely_issued(link.certificate, current) and not _contains(path, link.certificate)
    ]
    return _preferred(candidates, now)


def _preferred(candidates: list[Link], now: datetime) -> Link | None:
    for link in candidates:
        if link.certificate.valid_at(now):
            return link
    dated = [(link.certificate.not_after, link) for link in candidates]
    latest = max((date for date, _ in dated if date is not None), default=None)
    return next((link for date, link in dated if date == latest), None)


def _trusted_issuer(subject: Certificate, roots: Sequence[Certificate], now: datetime) -> Certificate | None:
    candidates = [Link(root, None) for root in roots if likely_issued(root, subject)]
    found = _preferred(candidates, now)
    return None if found is None else found.certificate


def _contains(path: Sequence[Link], certificate: Certificate) -> bool:
    return any(link.certificate.der == certificate.der for link in path)
