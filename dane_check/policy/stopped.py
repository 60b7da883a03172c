"""A host that is settled before any connection: by its lookups, or by an option."""

from __future__ import annotations

from dataclasses import dataclass

from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate
from dane_check.findings import About, Code, Finding, Severity, finding
from dane_check.policy.environment import of_this_side
from dane_check.policy.verdict import HostVerdict, HostWord, LookupView

_WITHOUT_TLSRPT = frozenset({Cause.TRANSPORT, Cause.ALIAS_LIMIT, Cause.ALIAS_LOOP})  # S3-07, S3-09


@dataclass(frozen=True, slots=True)
class Stopped:
    """The host is settled without a connection."""

    word: HostWord
    reason: str | None
    findings: tuple[Finding, ...]
    tlsrpt: str | None = None


def failed_lookup(
    about: About, answer: Bogus | Indeterminate, code: Code, before: tuple[Finding, ...] = (), **facts: str
) -> Stopped:
    """A lookup on the way to TLSA failed: the host is out of reach, and nothing is connected to (RFC 7672 §2.1.2)."""
    why = answer.why
    if (ours := of_this_side(about, why)) is not None:
        return Stopped(HostWord.DNS_ERROR, why.cause.value, (*before, ours))
    bogus = isinstance(answer, Bogus)
    loops = code in (Code.ADDR_CNAME_LOOP, Code.TLSA_CNAME_LOOP)
    severity = Severity.INCONCLUSIVE if loops and not bogus else None
    said = finding(code, about, severity, why=why.sentence, **facts)
    unreported = why.cause in _WITHOUT_TLSRPT or (why.cause is Cause.RCODE and why.rcode != "SERVFAIL")
    tlsrpt = None if unreported and not bogus else "dnssec-invalid"
    return Stopped(HostWord.DNS_BOGUS if bogus else HostWord.DNS_ERROR, why.cause.value, (*before, said), tlsrpt)


def settled(host: str, preference: int | None, stopped: Stopped, lookups: tuple[LookupView, ...]) -> HostVerdict:
    """A host that its lookups settle; nothing was connected to."""
    return HostVerdict(
        host,
        preference,
        stopped.word,
        stopped.reason,
        lookups=lookups,
        findings=stopped.findings,
        tlsrpt=stopped.tlsrpt,
    )
