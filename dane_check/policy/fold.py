"""From endpoints to the host, from hosts to the domain, from domains to the exit status (docs/requirements.md §1.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dane_check.findings import Finding, Severity
from dane_check.policy.verdict import DomainWord, HostVerdict, HostWord

# Worst first. Within one exit status the word that says more about the danger comes first.
_HOST_ORDER = (
    HostWord.DANE_FAIL,
    HostWord.DNS_BOGUS,
    HostWord.DNS_ERROR,
    HostWord.UNREACHABLE,
    HostWord.NO_DANE,
    HostWord.TLS_ONLY,
    HostWord.DANE_OK_INSECURE_MX,
    HostWord.DANE_OK,
)
_EXIT_OF_HOST = {
    HostWord.DANE_FAIL: 1,
    HostWord.DNS_BOGUS: 1,
    HostWord.DNS_ERROR: 4,
    HostWord.UNREACHABLE: 4,
    HostWord.NO_DANE: 3,
    HostWord.TLS_ONLY: 3,
    HostWord.DANE_OK_INSECURE_MX: 3,
    HostWord.NOT_APPLICABLE: 3,  # beside others (D-19); alone the domain is not-applicable
    HostWord.DANE_OK: 0,
}
_EXIT_ORDER = (1, 4, 3, 0)
_MANY_ORDER = (70, 1, 2, 4, 3, 0)
_CAPPING = frozenset({Severity.OUTAGE, Severity.PARTIAL})
_STRICT = _CAPPING | {Severity.LATENT}
_COVERED = frozenset({HostWord.DANE_OK, HostWord.DANE_OK_INSECURE_MX})


def worst_host_word(words: Iterable[HostWord]) -> HostWord | None:
    """The word of a host whose endpoints alone would give these words; None without any."""
    return min(words, key=_HOST_ORDER.index, default=None)


@dataclass(frozen=True, slots=True)
class Fold:
    """What the hosts of a domain come to."""

    word: DomainWord
    exit_status: int
    reason: str | None = None


def fold_domain(
    hosts: Sequence[HostVerdict],
    findings: Sequence[Finding],
    *,
    mx_secure: bool,
    complete: bool,
    strict: bool,
    require_dane: bool = False,
) -> Fold:
    """The verdict on a domain whose MX answer could be used."""
    judged = [host for host in hosts if host.word is not HostWord.NO_ADDRESS]
    if mx_secure and complete and not any(_has_subject(host) for host in judged):
        return Fold(DomainWord.NOT_APPLICABLE, 5, "no-usable-mx")
    statuses = {_EXIT_OF_HOST[host.word] for host in judged}
    if not complete:
        statuses.add(4)
    if not mx_secure:
        statuses.add(3)
    status = next((one for one in _EXIT_ORDER if one in statuses), 0)
    if require_dane and status == 3:
        return Fold(DomainWord.BROKEN, 1, "dane-required")
    capped = status == 0 and any(one.severity in _CAPPING for one in findings)
    word = _domain_word(3 if capped else status, judged)
    reason = "incomplete" if status == 4 and not complete else None
    if strict and status == 0 and any(one.severity in _STRICT for one in findings):
        return Fold(word, 1, "strict")
    return Fold(word, 3 if capped else status, reason)


def _has_subject(host: HostVerdict) -> bool:
    """An MX target that is an address gets mail from some senders, so the domain has something to judge (S1-18)."""
    return host.word is not HostWord.NOT_APPLICABLE or host.reason == "mx-is-address"


def _domain_word(status: int, judged: Sequence[HostVerdict]) -> DomainWord:
    if status == 0:
        return DomainWord.PROTECTED
    if status == 1:
        return DomainWord.BROKEN
    if status == 4:
        return DomainWord.UNDETERMINED
    return DomainWord.PARTIAL if any(host.word in _COVERED for host in judged) else DomainWord.UNPROTECTED


def exit_of_many(statuses: Iterable[int]) -> int:
    """The exit status of several domains: the worst of 1 > 2 > 4 > 3 > 0; 5 counts as 0 (D-9)."""
    seen = {0 if status == 5 else status for status in statuses}
    return next((status for status in _MANY_ORDER if status in seen), 0)
