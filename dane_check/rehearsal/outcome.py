"""What a rehearsal comes to. Its words are *would be*: nothing in here was validated as published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dane_check.findings import Finding
from dane_check.policy.verdict import CertificateFacts, HostVerdict, LookupView
from dane_check.ports import KeyType
from dane_check.rehearsal.candidates import Scheme
from dane_check.rehearsal.moments import EndpointMoments, Fate
from dane_check.rehearsal.plan import Plan


class Would(StrEnum):
    """What senders that use DANE would make of a host, of a mail domain, or of all of them."""

    BE_PROTECTED = "would-be-protected"
    BE_BROKEN = "would-be-broken"
    BE_PARTIAL = "would-be-partial"
    BE_UNPROTECTED = "would-be-unprotected"
    CANNOT_TELL = "cannot-tell"
    NOT_APPLICABLE = "not-applicable"


class Readiness(StrEnum):
    """Whether the first records of a mail domain may be published."""

    READY = "ready"
    NOT_READY = "not-ready"
    CANNOT_TELL = "cannot-tell"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True)
class Expectation:
    """A scheme that was expected of a host; `met` is whether a usable record of it matches, None if not to be told."""

    scheme: Scheme
    met: bool | None


@dataclass(frozen=True, slots=True)
class PlannedFate:
    """A key to come, whose certificate is not there yet, against the records that will stand by then.

    source, key_type -- of the key. fate -- AUTHENTICATES, REFUSES, or CANNOT_TELL where only a certificate could
        tell. record -- the `3 1 x` record that names it. line -- the line to publish, where none does.
    """

    source: str
    key_type: KeyType
    fate: Fate
    record: str | None = None
    line: str | None = None


@dataclass(frozen=True, slots=True)
class HostRehearsal:
    """One mail host.

    verdict -- that of the same policy as in a check, over the candidates; its words are the policy's own.
    findings -- the verdict's, those of the publisher's rules, and what further questions explained.
    ttl -- seconds, as given or as published; None where it is not known.
    domain -- the mail domain it was judged for; None where it was judged by itself, as a configured relay is.
    moments -- each address, port and certificate type before the change, while caches hold old records, and after it.
    planned -- each key to come.
    lines -- what to publish for the first time, as lines of a zone file.
    """

    host: str
    would: Would
    exit_status: int
    verdict: HostVerdict
    findings: tuple[Finding, ...]
    expectations: tuple[Expectation, ...] = ()
    ttl: int | None = None
    assumed: str | None = None
    domain: str | None = None
    moments: tuple[EndpointMoments, ...] = ()
    planned: tuple[PlannedFate, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MailRehearsal:
    """One mail domain as a whole. `hosts` are the names of those judged for it; `mx` is its MX lookup."""

    domain: str
    would: Would
    exit_status: int
    mx: LookupView | None
    reason: str | None
    findings: tuple[Finding, ...]
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Switch:
    """When a new key may rest on records that are published at `now`: `seconds` later, at `not_before`."""

    seconds: int
    not_before: datetime | None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Everything together.

    exit_status -- 0 would be protected, 1 would be broken, or a rule or an expectation is not met; 3 would be
        unprotected or partial, 4 cannot tell, 5 not applicable. With `readiness`: 0 ready, 1 not ready.
    reason -- `publisher-rules` or `expectation` where one of these alone makes it 1.
    certificates -- those of each candidate chain, in the order of `plan.chains`.
    mail -- the mail domains that were judged as a whole.
    readiness -- only where there were no candidates (`Plan.is_first`).
    remarks -- findings about a zone file as a whole.
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
    mail: tuple[MailRehearsal, ...] = ()
    readiness: Readiness | None = None
    remarks: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Those of the zone file, of the mail domains and of all hosts."""
        parts = (self.remarks, *(one.findings for one in self.mail), *(one.findings for one in self.hosts))
        return tuple(dict.fromkeys(found for part in parts for found in part))
