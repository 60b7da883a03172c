"""From candidates to what senders would do: the matcher and the tables of a check, without a question. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from dane_check.dnssec.lookup import Cause, Indeterminate, Lookup, Why
from dane_check.findings import About
from dane_check.limits import DEFAULT
from dane_check.policy.authentication import judge_chain
from dane_check.policy.base_domain import NextCandidate, Requirement, opportunistic, tlsa_answer
from dane_check.policy.destination import relay
from dane_check.policy.domain import domain_verdict
from dane_check.policy.endpoint import Circumstances, Judged, skipped
from dane_check.policy.host import Group, host_verdict
from dane_check.policy.service import tlsa_owner
from dane_check.policy.stopped import Stopped, settled
from dane_check.policy.verdict import HostVerdict
from dane_check.rehearsal.candidates import CandidateChain, CandidateSet
from dane_check.rehearsal.fold import rehearsal
from dane_check.rehearsal.moments import AFTER, BEFORE, CACHED, EARLY, Era, Pair
from dane_check.rehearsal.outcome import Rehearsal
from dane_check.rehearsal.overlay import assumed, served
from dane_check.rehearsal.plan import Plan
from dane_check.rehearsal.played import Played

_EVERY_ADDRESS: Final = "the candidate chain"
_SIGNED_SOMEHOW: Final = "the zone is assumed to be signed; nobody was asked"


def rehearse_offline(plan: Plan, now: datetime) -> Rehearsal:
    """A plan with candidate records and without a whole zone, judged at `now` without asking anybody (PF-a)."""
    assert plan.zone is None, "the names of a whole zone are looked up in it"
    return rehearsal(plan, [_play_offline(plan, host, now) for host in plan.hosts], now)


def _play_offline(plan: Plan, host: str, now: datetime) -> Played:
    """The candidate set of `host` against the candidate chains, its zone assumed signed."""
    verdicts = {pair: _verdict(plan, host, *parts, now) for pair, parts in _pairs(plan, host)}
    folded = domain_verdict(host, None, relay(host), [verdicts[AFTER]], strict=False)
    previous = plan.previous_of(host)
    return Played(
        host,
        folded,
        published=_taken(plan, host, previous) if previous is not None else None,
        assumed=_SIGNED_SOMEHOW,
        domains=plan.domains,
        verdicts=verdicts,
        candidates=plan.set_of(host),
    )


def _pairs(plan: Plan, host: str) -> Iterator[tuple[Pair, tuple[CandidateSet | None, tuple[CandidateChain, ...]]]]:
    """Every combination of which both sides are known."""
    records = {Era.NEW: plan.set_of(host)}
    if plan.previous_of(host) is not None:
        records[Era.OLD] = plan.previous_of(host)
    chains = {Era.NEW: plan.chains_of(host)}
    if plan.serving_of(host):
        chains[Era.OLD] = plan.serving_of(host)
    for pair in (AFTER, EARLY, CACHED, BEFORE):
        if pair[0] in records and pair[1] in chains:
            yield pair, (records[pair[0]], chains[pair[1]])


def _taken(plan: Plan, host: str, candidates: CandidateSet | None) -> Lookup:
    """The set as if it were published; of a host of which the file says nothing, nothing is known."""
    if candidates is not None:
        return assumed(candidates, _SIGNED_SOMEHOW)
    sentence = f"nobody was asked for the TLSA records of {host}, and the candidates hold none for it"
    return Indeterminate(Why(Cause.INCOMPLETE, sentence, record=f"{tlsa_owner(host, plan.port)} TLSA"))


def _verdict(
    plan: Plan, host: str, candidates: CandidateSet | None, chains: tuple[CandidateChain, ...], now: datetime
) -> HostVerdict:
    about, owner = About(host, host), tlsa_owner(host, plan.port)
    assert owner is not None, "a plan has no host whose name is too long"
    answer = _taken(plan, host, candidates)
    needed = tlsa_answer(about, owner, host, answer, most_records=DEFAULT.dns.tlsa_records)
    if isinstance(needed, NextCandidate):
        needed = opportunistic(needed.reason, needed.findings)
    if isinstance(needed, Stopped):
        return settled(host, None, needed, ())
    where = _circumstances(plan, host, needed, now)
    judged: tuple[Judged, ...] = tuple(judge_chain(where, served(chain)) for chain in chains)
    group = Group(needed, judged or (skipped(where, "no candidate chain"),))
    return host_verdict(about, None, [group], floor=None, findings=(), lookups=(), complete=bool(judged))


def _circumstances(plan: Plan, host: str, needed: Requirement, now: datetime) -> Circumstances:
    return Circumstances(
        about=About(host, host, _EVERY_ADDRESS),
        address=_EVERY_ADDRESS,
        port=plan.port,
        requirement=needed,
        server_name=host,
        vouched=True,
        mx_secure=True,
        reference_names=(host, *plan.domains),
        unaccepted_names=(),
        certificates_at=now,
    )
