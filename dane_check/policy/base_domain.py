"""Stage 3: what the TLSA answer obliges a sender to (docs/requirements.md §19.3; RFC 7672 §2.2, §2.2.3).

The first candidate with secure TLSA records is the base domain, usable or not; a failed lookup never leads on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Insecure, Lookup, Secure, SecureDenial, Why
from dane_check.findings import About, Code, Finding, finding
from dane_check.names import plain
from dane_check.policy.mend import mend
from dane_check.policy.stopped import Stopped, failed_lookup
from dane_check.policy.verdict import HostWord
from dane_check.tlsa.record import MalformedTlsa, TlsaRecord, UsableRecord, parse_rdata, usable


class Duty(StrEnum):
    """What a sender must do with a host: the policies of §19.4."""

    AUTHENTICATE = "authenticate"  # A
    ENCRYPT = "encrypt"  # E
    OPPORTUNISTIC = "opportunistic"  # O


@dataclass(frozen=True, slots=True)
class Requirement:
    """The duty toward the addresses of one family, and the TLSA set it comes from.

    base_domain -- SNI and first reference identifier; None where no TLSA set applies.
    records -- every record of the set, malformed ones included, in the order received, with their TTLs.
    """

    duty: Duty
    base_domain: str | None
    records: tuple[TlsaRecord | MalformedTlsa, ...] = ()
    ttls: tuple[int, ...] = ()
    reason: str | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def usable_count(self) -> int:
        """How many records an SMTP sender can use."""
        return sum(is_usable(record) for record in self.records)


@dataclass(frozen=True, slots=True)
class NextCandidate:
    """Nothing secure at this name: the next candidate is asked, or the host is opportunistic."""

    reason: str
    findings: tuple[Finding, ...] = ()


def is_usable(record: TlsaRecord | MalformedTlsa) -> bool:
    """Whether an SMTP sender can use the record (RFC 7672 §3.1)."""
    return isinstance(record, TlsaRecord) and isinstance(usable(record, "smtp"), UsableRecord)


def tlsa_answer(
    about: About, owner: str, candidate: str, answer: Lookup, *, most_records: int
) -> Requirement | NextCandidate | Stopped:
    """What the answer at one candidate means: one row of §19.3. A failure never leads to the next candidate."""
    match answer:
        case Secure(records=records) if len(records) > most_records:
            said = finding(
                Code.TLSA_LIMIT, about, name=owner, why=f"{len(records)} records, the limit is {most_records}"
            )
            return Stopped(HostWord.DNS_ERROR, "limit", (said,))
        case Secure():
            return _published(about, owner, candidate, answer)
        case SecureDenial() | Insecure():
            return NextCandidate(*_nothing_secure(about, owner, answer))
        case Bogus() | Indeterminate():
            return failed_lookup(about, answer, _tlsa_code(answer), name=owner)
    assert_never(answer)


def _published(about: About, owner: str, candidate: str, answer: Secure) -> Requirement:
    records = tuple(parse_rdata(record.wire) for record in answer.records)
    found = (finding(Code.TLSA_WILDCARD_RECORD, about, name=owner),) if answer.wildcard else ()
    duty = Duty.AUTHENTICATE if any(is_usable(record) for record in records) else Duty.ENCRYPT
    reason = None if duty is Duty.AUTHENTICATE else "all-unusable"
    return Requirement(duty, candidate, records, tuple(record.ttl for record in answer.records), reason, found)


def _nothing_secure(about: About, owner: str, answer: SecureDenial | Insecure) -> tuple[str, tuple[Finding, ...]]:
    if answer.kind == "data":
        assert isinstance(answer, Insecure)  # a secure denial has no data
        said = finding(Code.TLSA_INSECURE, about, name=owner, why=answer.why.sentence, mend=mend(answer.why))
        return "tlsa-insecure", (said,)
    if answer.aliases:
        target = plain(answer.aliases[-1].target)
        return "tlsa-absent", (finding(Code.TLSA_CNAME_DANGLING, about, name=owner, target=target),)
    if isinstance(answer, Insecure):
        said = finding(Code.TLSA_INSECURE, about, name=owner, why=answer.why.sentence, mend=mend(answer.why))
        return "tlsa-denial-insecure", (said,)
    return "tlsa-absent", ()


_RCODE_CODES = {
    "SERVFAIL": Code.TLSA_LOOKUP_SERVFAIL,
    "NOTIMP": Code.TLSA_LOOKUP_NOTIMP,
    "REFUSED": Code.TLSA_LOOKUP_REFUSED,
    "FORMERR": Code.TLSA_LOOKUP_FORMERR,
}
_DENIAL_CAUSES = frozenset({Cause.DENIAL_MISSING, Cause.DENIAL_INVALID})


def _tlsa_code(answer: Bogus | Indeterminate) -> Code:
    why: Why = answer.why
    if why.cause is Cause.ALIAS_LOOP:
        return Code.TLSA_CNAME_LOOP
    if isinstance(answer, Bogus):
        return Code.TLSA_DENIAL_BOGUS if why.cause in _DENIAL_CAUSES else Code.TLSA_BOGUS
    if why.cause is Cause.LIMIT:
        return Code.TLSA_LIMIT
    if why.cause is Cause.RCODE:
        return _RCODE_CODES.get(why.rcode or "", Code.TLSA_LOOKUP_FAILED)
    if why.cause is Cause.TRANSPORT:
        return Code.TLSA_LOOKUP_FORMERR if why.fault == "malformed" else Code.TLSA_LOOKUP_TIMEOUT
    return Code.TLSA_LOOKUP_FAILED


def opportunistic(reason: str, findings: tuple[Finding, ...] = ()) -> Requirement:
    """No candidate has secure TLSA records: mail flows without DANE (S3-03 … S3-05, S2-02, S2-09)."""
    return Requirement(Duty.OPPORTUNISTIC, None, reason=reason, findings=findings)


def required(about: About, needed: Requirement) -> Stopped | None:
    """S3-11, S3-12: under `require_dane` anything less than authentication ends the host, without a connection."""
    if needed.duty is Duty.AUTHENTICATE:
        return None
    what = "none of the TLSA records can be used" if needed.duty is Duty.ENCRYPT else "there are no secure TLSA records"
    said = finding(Code.DANE_REQUIRED, about, what=f"at {about.host} {what}")
    return Stopped(HostWord.DANE_FAIL, "dane-required", (*needed.findings, said), "dane-required")
