"""What a rehearsal comes to. Its words are *would be*: nothing in here was validated as published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dane_check.findings import Finding
from dane_check.policy.verdict import CertificateFacts, HostVerdict
from dane_check.rehearsal.candidates import Plan, Scheme


class Would(StrEnum):
    """What senders that use DANE would make of a host, or of all of them."""

    BE_PROTECTED = "would-be-protected"
    BE_BROKEN = "would-be-broken"
    BE_PARTIAL = "would-be-partial"
    BE_UNPROTECTED = "would-be-unprotected"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True, slots=True)
class Expectation:
    """A scheme that was expected of a host; `met` is whether a usable record of it matches, None if not to be told."""

    scheme: Scheme
    met: bool | None


@dataclass(frozen=True, slots=True)
class HostRehearsal:
    """One mail host.

    verdict -- that of the same policy as in a check, over the candidates; its words are the policy's own.
    findings -- the verdict's, those of the publisher's rules, and what further questions explained.
    ttl -- seconds, as given or as published; None where it is not known.
    """

    host: str
    would: Would
    exit_status: int
    verdict: HostVerdict
    findings: tuple[Finding, ...]
    expectations: tuple[Expectation, ...] = ()
    ttl: int | None = None
    assumed: str | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    """When a new key may rest on records that are published at `now`: `seconds` later, at `not_before`."""

    seconds: int
    not_before: datetime | None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """All hosts together.

    exit_status -- 0 would be protected, 1 would be broken, or a rule or an expectation is not met; 3 would be
        unprotected or partial, 4 cannot tell.
    reason -- `publisher-rules` or `expectation` where one of these alone makes it 1.
    certificates -- those of each candidate chain, in the order of `plan.chains`.
    """

    plan: Plan
    now: datetime
    would: Would
    exit_status: int
    sentence: str
    hosts: tuple[HostRehearsal, ...]
    certificates: tuple[tuple[CertificateFacts, ...], ...] = ()
    reason: str | None = None
    switch: Switch | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Those of all hosts."""
        return tuple(one for host in self.hosts for one in host.findings)
