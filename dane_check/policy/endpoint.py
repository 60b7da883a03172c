"""Stage 4: what one session with one address comes to (docs/requirements.md §19.4).

The three policies of the table are A (authenticate), E (encrypt) and O (opportunistic). A session that ended
before a certificate was served is judged here; a served chain is judged in `authentication`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from dane_check.findings import About, Code, Finding, Severity, finding
from dane_check.limits import DEFAULT, Limits
from dane_check.names import safe
from dane_check.policy.base_domain import Duty, Requirement
from dane_check.policy.stopped import Stopped
from dane_check.policy.verdict import EndpointResult, EndpointVerdict, HostWord
from dane_check.ports import Fault, HandshakeFailure, KeyType, Refusal, SmtpReply, Stage
from dane_check.tlsa.outcome import MatchReport

_TLS_MISSING = "starttls-not-supported"
_UNRECOGNIZED_NAME = 112  # IANA TLS alerts; RFC 6066 §3


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that decides about one address beside what its server says.

    server_name -- the SNI value.
    vouched -- see address_plan.Family.
    reference_names -- those that count for usage 2 here (RFC 7672 §3.2.2), the base domain first.
    unaccepted_names -- next-hop names that would count if the MX were secure (A-1).
    certificates_at -- the moment certificate dates are judged at.
    limits -- how much of a chain is looked at, and how far (L-17, L-18).
    """

    about: About
    address: str
    port: int
    requirement: Requirement
    server_name: str
    vouched: bool
    mx_secure: bool
    reference_names: tuple[str, ...]
    unaccepted_names: tuple[str, ...]
    certificates_at: datetime
    limits: Limits = DEFAULT


@dataclass(frozen=True, slots=True)
class Judged:
    """An endpoint's verdict, what was found there, and which of the published records authenticate it alone.

    chain, at -- the certificates as served, DER, and the moment they were judged at, for `policy.diagnosis`;
        empty and None where none came.
    report -- what the matcher said of that chain, for `policy.profiles`; None where nothing was matched.
    requirement -- what it was judged by, where that is not the one its family began with (threats T-8).
    """

    verdict: EndpointVerdict
    findings: tuple[Finding, ...] = ()
    authenticating: frozenset[int] = frozenset()
    chain: tuple[bytes, ...] = ()
    at: datetime | None = None
    report: MatchReport | None = None
    requirement: Requirement | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    """A failed session under policy A or E: the endpoint's result, what it makes of the host, the TLSRPT word."""

    result: EndpointResult
    word: HostWord
    tlsrpt: str | None
    code: Code
    reason: str | None = None


_R, _W = EndpointResult, HostWord
_ROWS: dict[Refusal, _Row] = {
    Refusal.NOT_CONNECTED: _Row(_R.UNREACHABLE, _W.UNREACHABLE, None, Code.SMTP_CONNECT_UNREACHABLE),
    Refusal.RESERVED_ADDRESS: _Row(_R.SKIPPED, _W.UNREACHABLE, None, Code.MX_RESERVED_ADDRESS, "incomplete"),
    Refusal.GREETING_REJECTED: _Row(_R.SMTP_REFUSED, _W.UNREACHABLE, None, Code.SMTP_GREETING_REJECTED),
    Refusal.EHLO_REJECTED: _Row(_R.SMTP_REFUSED, _W.UNREACHABLE, None, Code.SMTP_EHLO_REJECTED),
    Refusal.NO_EHLO: _Row(_R.NO_STARTTLS, _W.DANE_FAIL, _TLS_MISSING, Code.STARTTLS_MISSING),
    Refusal.NO_STARTTLS: _Row(_R.NO_STARTTLS, _W.DANE_FAIL, _TLS_MISSING, Code.STARTTLS_MISSING),
    Refusal.STARTTLS_MANGLED: _Row(_R.NO_STARTTLS, _W.DANE_FAIL, _TLS_MISSING, Code.STARTTLS_MANGLED),
    Refusal.STARTTLS_REFUSED: _Row(_R.STARTTLS_REFUSED, _W.DANE_FAIL, _TLS_MISSING, Code.STARTTLS_REJECTED),
    Refusal.STARTTLS_INJECTION: _Row(
        _R.STARTTLS_INJECTION, _W.DANE_FAIL, "validation-failure", Code.STARTTLS_INJECTION
    ),
    Refusal.PROTOCOL_ERROR: _Row(_R.PROTOCOL_ERROR, _W.UNREACHABLE, None, Code.SMTP_PROTOCOL_GARBAGE),
    Refusal.BROKEN_OFF: _Row(_R.UNREACHABLE, _W.UNREACHABLE, None, Code.SMTP_DISCONNECTED),
    Refusal.TLS_ALERT: _Row(_R.TLS_FAILED, _W.DANE_FAIL, "validation-failure", Code.TLS_HANDSHAKE_FAILED),
    Refusal.TLS_GARBAGE: _Row(_R.TLS_FAILED, _W.DANE_FAIL, "validation-failure", Code.TLS_HANDSHAKE_FAILED),
    Refusal.TLS_BROKEN_OFF: _Row(_R.TLS_FAILED, _W.UNREACHABLE, None, Code.TLS_BROKEN_OFF, "network"),
}
_IN_CLEAR = frozenset({_R.NO_STARTTLS, _R.STARTTLS_REFUSED, _R.STARTTLS_INJECTION, _R.TLS_FAILED})
_CONNECT_CODES = {
    Fault.REFUSED: Code.SMTP_CONNECT_REFUSED,
    Fault.TIMEOUT: Code.SMTP_CONNECT_TIMEOUT,
}


def judge_refusal(circumstances: Circumstances, failure: HandshakeFailure) -> Judged:
    """The first session with an address came to no certificate: rows S4-A01 … A08, E02 … E04, O02, O03."""
    row = _row_of(failure)
    duty = circumstances.requirement.duty
    result, word, reason = row.result, row.word, row.reason
    if failure.fault is Fault.NO_FAMILY:  # D-17: ours, not theirs
        reason = "no-family"
    tlsrpt = row.tlsrpt
    if duty is Duty.OPPORTUNISTIC:
        result = EndpointResult.CLEARTEXT if row.result in _IN_CLEAR else row.result
        word = HostWord.NO_DANE
        reason = row.result.value if result is EndpointResult.CLEARTEXT else reason
        tlsrpt = _TLS_MISSING if result is EndpointResult.CLEARTEXT else None
    verdict = EndpointVerdict(
        circumstances.address,
        circumstances.port,
        None,
        result,
        word,
        reason,
        server_name=circumstances.server_name,
        smtp=failure.smtp,
        tlsrpt=tlsrpt,
        detail=what_happened(failure),
    )
    if failure.fault is Fault.NO_FAMILY:
        return Judged(verdict)  # said once for the whole domain: env-no-ipv6
    return Judged(verdict, (_finding(circumstances, failure, row, duty),))


def _row_of(failure: HandshakeFailure) -> _Row:
    """A server that hangs up on STARTTLS has refused it (threats T-6); one that falls silent could not be judged."""
    hung_up = failure.refusal is Refusal.BROKEN_OFF and failure.stage is Stage.STARTTLS
    if hung_up and failure.fault is Fault.CLOSED:
        return _ROWS[Refusal.STARTTLS_REFUSED]
    if failure.refusal is Refusal.TLS_GARBAGE and failure.fault is Fault.TOO_LARGE:
        return _ROWS[Refusal.TLS_BROKEN_OFF]  # a chain beyond L-17 was not judged, and is not broken for that (D-28)
    return _ROWS[failure.refusal]


def _finding(circumstances: Circumstances, failure: HandshakeFailure, row: _Row, duty: Duty) -> Finding:
    code = row.code
    if failure.refusal is Refusal.NOT_CONNECTED and failure.fault is not None:
        code = _CONNECT_CODES.get(failure.fault, Code.SMTP_CONNECT_UNREACHABLE)
    if failure.refusal is Refusal.TLS_ALERT and failure.alert == _UNRECOGNIZED_NAME:  # R7671-3-c
        code = Code.SNI_REJECTED
    severity = None
    if duty is Duty.OPPORTUNISTIC and code in _SEVERE_ONLY_UNDER_DUTY:
        severity = Severity.UNPROTECTED
    return finding(
        code,
        circumstances.about,
        severity,
        port=circumstances.port,
        why=what_happened(failure),
        reply=_said(failure),
        block=failure.detail,
        name=circumstances.server_name,
    )


_SEVERE_ONLY_UNDER_DUTY = frozenset(
    {
        Code.STARTTLS_MISSING,
        Code.STARTTLS_MANGLED,
        Code.STARTTLS_REJECTED,
        Code.STARTTLS_INJECTION,
        Code.TLS_HANDSHAKE_FAILED,
        Code.SNI_REJECTED,
        Code.TLS_BROKEN_OFF,
        Code.SMTP_PROTOCOL_GARBAGE,
    }
)


def shown_reply(reply: SmtpReply | None) -> str:
    """An SMTP reply for people: its code and first line, escaped; empty without one."""
    if reply is None:
        return ""
    return f"{reply.code} {safe(reply.lines[0], 200) if reply.lines else ''}".strip()


def _said(failure: HandshakeFailure) -> str:
    """The words of the server that matter: of a mangled STARTTLS the keyword, else its reply."""
    if failure.refusal is Refusal.STARTTLS_MANGLED and failure.detail:
        return safe(failure.detail, 200)
    return shown_reply(failure.reply) or what_happened(failure)


_FAULT_WORDS = {
    Fault.TIMEOUT: "no answer in time",
    Fault.REFUSED: "connection refused",
    Fault.UNREACHABLE: "no route",
    Fault.NO_FAMILY: "this machine has no such address family",
    Fault.RESET: "connection reset",
    Fault.CLOSED: "connection closed",
    Fault.MALFORMED: "not the protocol expected",
    Fault.TOO_LARGE: "more than the limits allow",
    Fault.RESERVED: "special-purpose address",
    Fault.NOT_RECORDED: "not in the evidence",
    Fault.LOCAL: "trouble on this machine",
}


def what_happened(failure: HandshakeFailure) -> str:
    """A session that came to nothing, in a few words that are safe to show."""
    if failure.reply is not None:
        return shown_reply(failure.reply)
    word = _FAULT_WORDS.get(failure.fault, "") if failure.fault else ""
    detail = safe(failure.detail, 200)
    return f"{word} ({detail})" if word and detail else word or detail or failure.refusal.value


def skipped(circumstances: Circumstances, because: str) -> Judged:
    """An option or a limit forbade connecting: folds like unreachable (D-18)."""
    duty = circumstances.requirement.duty
    match duty:
        case Duty.AUTHENTICATE | Duty.ENCRYPT:
            word = HostWord.UNREACHABLE
        case Duty.OPPORTUNISTIC:
            word = HostWord.NO_DANE
        case _:
            assert_never(duty)
    verdict = EndpointVerdict(
        circumstances.address,
        circumstances.port,
        None,
        EndpointResult.SKIPPED,
        word,
        "incomplete",
        server_name=circumstances.server_name,
        detail=because,
    )
    return Judged(verdict)


def overtaken(circumstances: Circumstances, found: Requirement | Stopped) -> Judged:
    """TLSA, asked for again, no longer allows a verdict on the session that was held (threats T-8)."""
    if isinstance(found, Stopped):
        word, reason, findings = found.word, found.reason, found.findings
    else:
        word, reason, findings = HostWord.UNREACHABLE, "incomplete", ()
    verdict = EndpointVerdict(
        circumstances.address,
        circumstances.port,
        None,
        EndpointResult.SKIPPED,
        word,
        reason,
        server_name=circumstances.server_name,
        detail="the TLSA records changed while the session was waited for",
    )
    return Judged(verdict, findings)


def type_missing(
    circumstances: Circumstances, offered: frozenset[KeyType], outcome: HandshakeFailure | None
) -> Judged | None:
    """A further handshake, which offered only types not seen, brought no certificate (S4-A22, S4-A07b).

    An alert means that the server has no such certificate: nothing to say. Anything else, or no handshake left
    to try with (`outcome` None, L-19), means not tested, and the address cannot be better than unreachable.
    """
    if outcome is not None and outcome.refusal is Refusal.TLS_ALERT:
        return None
    why = what_happened(outcome) if outcome is not None else "no handshake was left for it"
    types = "/".join(sorted(one.value.upper() for one in offered))
    said = finding(Code.ALG_NOT_TESTED, circumstances.about, why=why, types=types)
    verdict = EndpointVerdict(
        circumstances.address,
        circumstances.port,
        KeyType.RSA if KeyType.RSA in offered else min(offered),
        EndpointResult.NOT_TESTED,
        HostWord.UNREACHABLE,
        server_name=circumstances.server_name,
        detail=why,
    )
    return Judged(verdict, (said,))
