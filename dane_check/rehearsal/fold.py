"""What was played, put together: hosts, mail domains, the rules for publishers, one exit status. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from dane_check.findings import Finding
from dane_check.policy.authentication import certificate_facts
from dane_check.policy.fold import exit_of_many
from dane_check.policy.verdict import DomainVerdict, DomainWord, HostVerdict, HostWord
from dane_check.rehearsal.moments import AFTER, endpoint_moments
from dane_check.rehearsal.outcome import (
    Expectation,
    HostRehearsal,
    MailRehearsal,
    Readiness,
    Rehearsal,
    Switch,
    Would,
)
from dane_check.rehearsal.plan import Plan
from dane_check.rehearsal.played import Played, planned_of, ttl_of
from dane_check.rehearsal.publisher import earliest_switch, is_weighty, seconds_to_wait
from dane_check.rehearsal.rules import findings_of
from dane_check.rehearsal.sentences import NOWHERE, closing
from dane_check.rehearsal.zone.rules import of_zone

_WOULD: Final = {
    DomainWord.PROTECTED: (Would.BE_PROTECTED, 0),
    DomainWord.BROKEN: (Would.BE_BROKEN, 1),
    DomainWord.PARTIAL: (Would.BE_PARTIAL, 3),
    DomainWord.UNPROTECTED: (Would.BE_UNPROTECTED, 3),
    DomainWord.UNDETERMINED: (Would.CANNOT_TELL, 4),
    DomainWord.NOT_APPLICABLE: (Would.NOT_APPLICABLE, 5),
}
_BY_SEVERITY: Final = (
    Would.BE_BROKEN,
    Would.CANNOT_TELL,
    Would.BE_UNPROTECTED,
    Would.BE_PARTIAL,
    Would.BE_PROTECTED,
    Would.NOT_APPLICABLE,
)


def mail_rehearsal(verdict: DomainVerdict, *, by_zone: bool = False) -> MailRehearsal:
    """A mail domain whose hosts were judged, or that has none.

    by_zone -- a whole zone is to be published; MX hosts that would all be without address are its mistake (D-44).
    """
    would, status = _WOULD[verdict.word]
    if by_zone and verdict.reason == NOWHERE and not verdict.implicit_mx:
        would, status = Would.BE_BROKEN, 1
    hosts = tuple(host.host for host in verdict.hosts)
    return MailRehearsal(verdict.domain, would, status, verdict.mx, verdict.reason, verdict.findings, hosts)


def rehearsal(
    plan: Plan,
    played: Sequence[Played],
    now: datetime,
    mail: Sequence[MailRehearsal] = (),
    remarks: tuple[Finding, ...] = (),
) -> Rehearsal:
    """Everything put together; `remarks` are about no host that was played, and those on a zone file come with them."""
    file = plan.zone or plan.lines
    remarks += of_zone(file, plan.port, plan.hosts) if file is not None else ()
    names = (*plan.hosts, *plan.domains, *plan.mail, *(one.host for one in played))
    hosts = tuple(_host(plan, one, findings_of(plan, one, names, now)) for one in played)
    parts: list[HostRehearsal | MailRehearsal] = [*hosts, *mail]
    status = _status([one.exit_status for one in parts])
    would = _worst([one.would for one in parts], status)
    reason = _reason(hosts, remarks) if status != 1 and not plan.is_first else None
    readiness = _readiness(parts) if plan.is_first else None
    status = _EXIT_OF_READINESS[readiness] if readiness else 1 if reason else status
    chains = tuple(tuple(certificate_facts(der) for der in chain.certificates) for chain in plan.chains)
    count, lines = len({one.host for one in hosts}), any(one.lines for one in hosts)
    sentence = closing(would, reason, readiness, hosts=count, mail=tuple(mail), lines=lines)
    switch = _switch(plan, hosts, now)
    return Rehearsal(plan, now, would, status, sentence, hosts, chains, reason, switch, tuple(mail), readiness, remarks)


def _status(statuses: list[int]) -> int:
    return 5 if statuses and set(statuses) == {5} else exit_of_many(statuses)


_EXIT_OF_READINESS: Final = {
    Readiness.READY: 0,
    Readiness.NOT_READY: 1,
    Readiness.CANNOT_TELL: 4,
    Readiness.NOT_APPLICABLE: 5,
}


def _readiness(parts: Iterable[HostRehearsal | MailRehearsal]) -> Readiness:
    """Ready is what would be protected; one thing that stands in the way for certain is enough for not ready (D-43)."""
    statuses = {one.exit_status for one in parts}
    statuses |= {3 for one in parts if isinstance(one, MailRehearsal) and one.mx and one.mx.status == "insecure"}
    if statuses & {1, 3}:
        return Readiness.NOT_READY
    if 4 in statuses:
        return Readiness.CANNOT_TELL
    return Readiness.READY if 0 in statuses else Readiness.NOT_APPLICABLE


def _host(plan: Plan, played: Played, findings: tuple[Finding, ...]) -> HostRehearsal:
    would, status = _would(played)
    verdict = played.of_host
    return HostRehearsal(
        played.host,
        would,
        status,
        verdict,
        findings,
        tuple(Expectation(scheme, _is_met(str(scheme), verdict)) for scheme in plan.expect),
        ttl_of(plan, played),
        played.assumed,
        played.domain,
        endpoint_moments(
            {**played.verdicts, AFTER: verdict},
            records_may_change=plan.replaces_records,
            chain_may_change=bool(plan.chains_of(played.host)),
        ),
        planned_of(plan, played),
        played.lines,
    )


def _would(played: Played) -> tuple[Would, int]:
    """As for a domain; a relay without an address could be anything by then, a mail host without one is passed over."""
    would, status = _WOULD[played.verdict.word]
    if played.hidden and played.lines:  # published, they would take the host's addresses away
        return Would.BE_BROKEN, 1
    if played.unseen and status == 3:
        return Would.CANNOT_TELL, 4
    if would is Would.NOT_APPLICABLE and played.domain is None:
        return Would.CANNOT_TELL, 4
    return would, status


def _is_met(scheme: str, verdict: HostVerdict) -> bool | None:
    """Whether a usable record of the scheme matches somewhere; where it lacks elsewhere, that is a finding."""
    if any(one.text.startswith(f"{scheme} ") and one.state == "usable" and one.matches for one in verdict.tlsa):
        return True
    told = any(one.certificates for one in verdict.endpoints) or verdict.word in {HostWord.NO_DANE, HostWord.TLS_ONLY}
    return False if told else None


def _worst(words: Sequence[Would], status: int) -> Would:
    worst = next((word for word in _BY_SEVERITY if word in words), Would.CANNOT_TELL)
    judged = set(words) - {Would.NOT_APPLICABLE}
    return Would.BE_PARTIAL if status == 3 and len(judged) > 1 else worst


def _reason(hosts: Sequence[HostRehearsal], remarks: Sequence[Finding]) -> str | None:
    """What makes the exit status 1 although no host would be broken."""
    if any(one.met is False for host in hosts for one in host.expectations):
        return "expectation"
    found = (*remarks, *(one for host in hosts for one in host.findings))
    return "publisher-rules" if any(map(is_weighty, found)) else None


_WORTH_PUBLISHING: Final = frozenset({Would.BE_PROTECTED, Would.BE_PARTIAL, Would.NOT_APPLICABLE})


def _switch(plan: Plan, hosts: Sequence[HostRehearsal], now: datetime) -> Switch | None:
    """Only where something is worth publishing, and the TTL is known."""
    ttls = [host.ttl for host in hosts if host.ttl is not None]
    if not plan.replaces_records or not ttls or any(host.would not in _WORTH_PUBLISHING for host in hosts):
        return None
    return Switch(seconds_to_wait(max(ttls)), earliest_switch(now, max(ttls)))
