"""What validation may cost, counted where it is spent (threats T-13 … T-15; L-2, L-8, L-10).

A `Budget` is one domain's and is never reset. A `Tally` is that of one judgement: one answer, or one step of the
chain of trust. Whatever was already known costs nobody anything.
"""

from __future__ import annotations

import hashlib

import dns.name

from dane_check.dnssec.criteria import Criteria
from dane_check.limits import DnsLimits
from dane_check.wire.octets import canonical_octets


class Spent(Exception):
    """A total ran out: nothing is proven, so the answer is indeterminate (D-13). `domain`: the domain's own total."""

    def __init__(self, what: str, *, domain: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.domain = domain


class Budget:
    """Questions and signature checks of one domain, which are bounded; hashes and digests, which are only counted here.

    hash_rounds -- what `names_hashed` took: an NSEC3 hash is of one round and one for each iteration.
    digests -- of keys, to compare with DS records; L-9 bounds them for each zone.
    """

    def __init__(self, limits: DnsLimits) -> None:
        self.limits = limits
        self.questions = 0
        self.signatures = 0
        self.names_hashed = 0
        self.hash_rounds = 0
        self.digests = 0

    def ask(self) -> None:
        """One more question leaves. Raises `Spent`."""
        if self.questions >= self.limits.questions_per_domain:
            raise Spent(f"more than {self.limits.questions_per_domain} DNS questions for one domain", domain=True)
        self.questions += 1

    @property
    def may_guess(self) -> bool:
        """Whether a question that may turn out needless can be afforded: half of them are kept for what is needed."""
        return self.questions < self.limits.questions_per_domain // 2

    def take_back(self) -> None:
        """A speculative question failed: it was never asked."""
        self.questions -= 1


class Tally:
    """One judgement: what it goes by (`criteria`), and its work, which is charged to a domain as well."""

    def __init__(self, budget: Budget, criteria: Criteria) -> None:
        self._budget = budget
        self.criteria = criteria
        self.limits = criteria.limits
        self.signatures = 0
        self.failures = 0
        self._hashes: dict[tuple[dns.name.Name, bytes, int], bytes] = {}

    def check_signature(self) -> None:
        """One signature is about to be verified. Raises `Spent`."""
        limits, budget = self.limits, self._budget
        if self.signatures >= limits.signatures_per_question:
            raise Spent(f"more than {limits.signatures_per_question} signature checks for one question")
        if budget.signatures >= limits.signatures_per_domain:
            raise Spent(f"more than {limits.signatures_per_domain} signature checks for one domain", domain=True)
        self.signatures += 1
        budget.signatures += 1

    def fail_signature(self) -> None:
        """One signature failed."""
        self.failures += 1

    @property
    def may_fail(self) -> bool:
        """Whether more failures are allowed; if not, nothing more is verified for this question."""
        return self.failures < self.limits.failed_signatures_per_question

    def compute_digest(self) -> None:
        """One key is about to be compared with a DS record."""
        self._budget.digests += 1

    def hash(self, name: dns.name.Name, salt: bytes, iterations: int) -> bytes:
        """The NSEC3 hash of `name` (RFC 5155 §5), computed once. Raises `Spent`."""
        key = (name, salt, iterations)
        if (known := self._hashes.get(key)) is not None:
            return known
        if len(self._hashes) >= self.limits.nsec3_names_hashed:
            raise Spent(f"more than {self.limits.nsec3_names_hashed} names to hash for one question")
        self._budget.names_hashed += 1
        self._budget.hash_rounds += iterations + 1
        digest = _nsec3_hash(name, salt, iterations)
        self._hashes[key] = digest
        return digest

    @property
    def hashes(self) -> int:
        """How many names were hashed."""
        return len(self._hashes)


def _nsec3_hash(name: dns.name.Name, salt: bytes, iterations: int) -> bytes:
    digest = canonical_octets(name)
    for _ in range(iterations + 1):
        digest = hashlib.sha1(digest + salt, usedforsecurity=False).digest()
    return digest
