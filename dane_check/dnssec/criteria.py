"""What every judgement of a run is made by: the moment, the bounds, and the operator's choices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from dane_check.dnssec.algorithms import ALGORITHMS, SHA1_ALGORITHMS
from dane_check.limits import DEFAULT, DnsLimits

_HALF = 1 << 31
_WHOLE = 1 << 32


@dataclass(frozen=True, slots=True)
class Criteria:
    """`now` is in Unix seconds; `nsec3_iterations` is D-10; `algorithms` are those that count as supported."""

    now: int
    limits: DnsLimits = DEFAULT.dns
    nsec3_iterations: int = DEFAULT.dns.nsec3_iterations
    algorithms: frozenset[int] = frozenset(ALGORITHMS) - SHA1_ALGORITHMS

    @classmethod
    def of(cls, now: int | datetime, limits: DnsLimits, nsec3_iterations: int, allow_sha1: bool) -> Self:
        """The criteria of a run; `allow_sha1` lets algorithms 5 and 7 validate (D-11)."""
        seconds = int(now.timestamp()) if isinstance(now, datetime) else now
        algorithms = frozenset(ALGORITHMS) if allow_sha1 else frozenset(ALGORITHMS) - SHA1_ALGORITHMS
        return cls(seconds, limits, nsec3_iterations, algorithms)

    def without(self, refused: frozenset[int]) -> Self:
        """The same, less algorithms that the machine's library refuses (ALG-b)."""
        return replace(self, algorithms=self.algorithms - refused)

    def seconds_until(self, serial: int) -> int:
        """From `now` to a 32-bit time, by serial arithmetic (RFC 4034 §3.1.5, RFC 1982): negative when past."""
        return (serial - self.now + _HALF) % _WHOLE - _HALF

    def moment(self, serial: int) -> datetime:
        """The moment nearest to `now` that a 32-bit time can mean."""
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=self.now + self.seconds_until(serial))
