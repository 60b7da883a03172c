"""Would another order of the served certificates have led to this anchor? For diagnosis only.

The search goes further than senders do, so what it finds never authenticates anybody (decision A-12).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from dane_check.tlsa.certificate import Certificate
from dane_check.tlsa.path.build import Pool
from dane_check.tlsa.path.issuing import likely_issued, self_signed
from dane_check.tlsa.path.judge import Work, judge_path

_MOST_STEPS: Final = 256  # extensions of a path tried; a chain of 20 certificates needs far fewer


def reachable(pool: Pool, anchor: Certificate, now: datetime, work: Work) -> bool:
    """Whether some path from the leaf to this served certificate would hold."""
    return any(judge_path(path, now, work) is None for path in _paths(pool, anchor, work.limits.depth))


def _paths(pool: Pool, anchor: Certificate, depth: int) -> Iterator[tuple[Certificate, ...]]:
    """Every path by names alone, shortest first."""
    waiting: list[tuple[Certificate, ...]] = [(pool.leaf,)]
    steps = 0
    while waiting:
        path = waiting.pop(0)
        if path[-1].der == anchor.der and len(path) > 1:
            yield path
            continue
        if len(path) > depth or self_signed(path[-1]):
            continue
        for issuer in _issuers(pool, path):
            steps += 1
            if steps > _MOST_STEPS:
                return
            waiting.append((*path, issuer))


def _issuers(pool: Pool, path: tuple[Certificate, ...]) -> Iterator[Certificate]:
    used = {certificate.der for certificate in path}
    for link in pool.offered:
        candidate = link.certificate
        if candidate.der not in used and likely_issued(candidate, path[-1]):
            used.add(candidate.der)
            yield candidate
