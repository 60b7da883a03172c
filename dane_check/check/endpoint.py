"""The addresses of one family of one host: connected to, or left out and said so (docs/requirements.md §19.4)."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from dane_check.check.freshness import Freshest
from dane_check.check.session import Session
from dane_check.findings import About, Code, Finding, finding
from dane_check.policy.address_plan import Family
from dane_check.policy.addresses import reserved
from dane_check.policy.authentication import judge_chain
from dane_check.policy.base_domain import Duty, Requirement
from dane_check.policy.endpoint import Circumstances, Judged, judge_refusal, overtaken, skipped, type_missing
from dane_check.policy.stopped import Stopped
from dane_check.ports import (
    NAMED_KEY_TYPES,
    Fault,
    HandshakeFailure,
    ProbeOutcome,
    ProbeRequest,
    Refusal,
    ServedChain,
    Stage,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """One family of one host, with the duty toward it.

    server_name -- the SNI value: the base domain, or the MX host where there is none (RFC 7672 §8.1).
    reference_names, unaccepted_names -- see policy.endpoint.Circumstances.
    fresh -- the requirement as it is when a session is held.
    """

    about: About
    family: Family
    port: int
    requirement: Requirement
    mx_secure: bool
    reference_names: tuple[str, ...]
    unaccepted_names: tuple[str, ...]
    server_name: str
    fresh: Freshest


@dataclass(frozen=True, slots=True)
class FamilyJudged:
    """What came of one family; `complete` is False where an option or a limit left addresses out."""

    judged: tuple[Judged, ...]
    complete: bool = True
    findings: tuple[Finding, ...] = ()


async def judge_family(session: Session, plan: Plan) -> FamilyJudged:
    """Every address of the family, all at once."""
    because = _left_out(session, plan.family)
    if because:
        left_out = tuple(skipped(_circumstances(session, plan, address), because) for address in plan.family.addresses)
        said = finding(Code.INCOMPLETE, plan.about, left_out=f"the {plan.family.name} addresses", because=because)
        return FamilyJudged(left_out, complete=False, findings=(said,))
    most = session.settings.limits.domain.addresses_per_family
    addresses, beyond = plan.family.addresses[:most], plan.family.addresses[most:]
    judged = await asyncio.gather(*(_judge_address(session, plan, address) for address in addresses))
    rest = tuple(skipped(_circumstances(session, plan, address), f"more than {most} addresses") for address in beyond)
    findings = (
        (
            finding(
                Code.ADDR_NOT_JUDGED, plan.about, count=len(plan.family.addresses), family=plan.family.name, limit=most
            ),
        )
        if beyond
        else ()
    )
    return FamilyJudged(tuple(one for pair in judged for one in pair) + rest, not beyond, findings)


def _left_out(session: Session, family: Family) -> str:
    if not session.settings.connect:
        return "--no-connect"
    if family.name == "IPv4" and not session.settings.ipv4:
        return "-6"
    if family.name == "IPv6" and not session.settings.ipv6:
        return "-4"
    return ""


def _circumstances(session: Session, plan: Plan, address: str) -> Circumstances:
    return Circumstances(
        replace(plan.about, address=address),
        address,
        plan.port,
        plan.requirement,
        plan.server_name,
        plan.family.vouched,
        plan.mx_secure,
        plan.reference_names,
        plan.unaccepted_names,
        session.certificates_at,
        session.settings.limits,
    )


async def _judge_address(session: Session, plan: Plan, address: str) -> tuple[Judged, ...]:
    """One address: a session that offers everything and, where it must authenticate, more for the types not seen."""
    circumstances = _circumstances(session, plan, address)
    block = None if session.settings.allow_reserved else reserved(address)
    if block:  # threats T-23: judged on the address itself, before any mapping
        refused = HandshakeFailure(Stage.CONNECT, Refusal.RESERVED_ADDRESS, Fault.RESERVED, detail=block)
        return (judge_refusal(circumstances, refused),)
    request = ProbeRequest(address, plan.port, plan.server_name, helo=session.helo)
    try:
        outcomes = await _outcomes(session, request, followed=_every_type_matters(plan))
        judged = [await _judged(session, plan, circumstances, request, one) for one in outcomes]
        served = [one.chain for one in outcomes if one.chain is not None and one.chain.certificates]
        if not served or not _every_type_matters(plan):
            return tuple(judged)
        return (*judged, *await _judge_other_types(session, plan, circumstances, request, served))
    finally:
        session.probes.let_go(request)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One of the different outcomes of a session that was held several times, and how often it came.

    turn -- of the session that came to it first.
    cut_short -- how many of those sessions could not be held after this one.
    """

    outcome: ProbeOutcome
    turn: int = 0
    times: int = 1
    cut_short: int = 0

    @property
    def chain(self) -> ServedChain | None:
        """What was served, if anything was."""
        return self.outcome if isinstance(self.outcome, ServedChain) else None


async def _outcomes(session: Session, request: ProbeRequest, *, followed: bool = False) -> list[_Outcome]:
    """The different outcomes of a session held as often as `repeat` says: different chains, different failures.

    A server that has let us in and then will not talk to us any more has had enough of us: that is no fault of its.
    """
    found: dict[Hashable, _Outcome] = {}
    for turn in range(session.settings.repeat):
        outcome = await session.probe(request, turn, followed=followed)
        if isinstance(outcome, HandshakeFailure) and _is_shut_out(outcome):
            left = session.settings.repeat - turn
            if not found:
                return [_Outcome(outcome)]
            last = list(found)[-1]
            found[last] = replace(found[last], cut_short=left)
            break
        key = outcome.certificates if isinstance(outcome, ServedChain) else (outcome.refusal, outcome.fault)
        found[key] = replace(found[key], times=found[key].times + 1) if key in found else _Outcome(outcome, turn)
    return list(found.values())


def _is_shut_out(failure: HandshakeFailure) -> bool:
    """Whether the server would not talk to us; to hang up on STARTTLS is an answer (D-26)."""
    hung_up = failure.stage is Stage.STARTTLS and failure.fault is Fault.CLOSED
    return failure.refusal in _NOT_LET_IN and not hung_up


_NOT_LET_IN = frozenset(
    {
        Refusal.NOT_CONNECTED,
        Refusal.GREETING_REJECTED,
        Refusal.EHLO_REJECTED,
        Refusal.BROKEN_OFF,
        Refusal.TLS_BROKEN_OFF,
    }
)


async def _judged(
    session: Session, plan: Plan, circumstances: Circumstances, request: ProbeRequest, one: _Outcome
) -> Judged:
    """One outcome, by the TLSA answer that was fresh when its session began (threats T-8)."""
    began = session.probes.began(request, one.turn)
    found, renewal = await plan.fresh.for_session(request, one.turn, began)
    if renewal is None:
        return _judged_by(circumstances, one)
    if isinstance(found, Stopped) or found.base_domain != plan.requirement.base_domain:
        judged = overtaken(circumstances, found)
    else:
        judged = replace(_judged_by(replace(circumstances, requirement=found), one), requirement=found)
    return replace(judged, verdict=replace(judged.verdict, renewed=(renewal.first, renewal.again)))


def _judged_by(circumstances: Circumstances, one: _Outcome) -> Judged:
    match one.outcome:
        case ServedChain():
            judged = judge_chain(circumstances, one.outcome)
        case HandshakeFailure():
            judged = judge_refusal(circumstances, one.outcome)
    if one.cut_short:
        what = f"{one.cut_short} more sessions with {circumstances.address}, which did not let us in again"
        said = finding(Code.INCOMPLETE, circumstances.about, left_out=what, because="so many sessions")
        judged = replace(judged, findings=(*judged.findings, said))
    return replace(judged, verdict=replace(judged.verdict, sessions=one.times))


def _every_type_matters(plan: Plan) -> bool:
    """Whether records are, or could be, published for the certificates: advice for one type alone breaks the other."""
    return plan.requirement.duty is not Duty.OPPORTUNISTIC or bool(plan.family.candidates)


async def _judge_other_types(
    session: Session, plan: Plan, circumstances: Circumstances, request: ProbeRequest, served: Sequence[ServedChain]
) -> list[Judged]:
    """The certificate types not seen yet, asked for until the server has no more or L-19 is reached (S4-A22)."""
    judged: list[Judged] = []
    leaves = {one.certificates[0] for one in served}
    offered = NAMED_KEY_TYPES - {one.key_type for one in served}
    failure: HandshakeFailure | None = None
    for _ in range(1, session.settings.limits.domain.handshakes_per_address):
        if not offered:
            return judged
        request = replace(request, key_types=offered)
        outcomes = await _outcomes(session, request)
        chains = [one for one in outcomes if one.chain is not None and one.chain.certificates]
        if not chains:
            failures = [one.outcome for one in outcomes if isinstance(one.outcome, HandshakeFailure)]
            failure = min(failures, key=lambda one: one.refusal is Refusal.TLS_ALERT, default=None)
            break
        new = [one for one in chains if one.chain is not None and one.chain.certificates[0] not in leaves]
        if not new:
            return judged  # a server that does not look at what is offered has one certificate
        judged += [await _judged(session, plan, circumstances, request, one) for one in new]
        leaves |= {one.chain.certificates[0] for one in new if one.chain is not None}
        offered -= {one.chain.key_type for one in new if one.chain is not None}
    if circumstances.requirement.duty is not Duty.AUTHENTICATE:
        return judged  # nothing rests on a type that could not be tried
    missing = type_missing(circumstances, offered, failure) if offered else None
    return [*judged, missing] if missing else judged
