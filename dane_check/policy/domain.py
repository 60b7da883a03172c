"""The verdict on a domain: the fold of its hosts, and what shows only when they are seen together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from dane_check.findings import About, Code, Finding, Severity, finding
from dane_check.policy.destination import Hosts, InapplicableTarget, MxHost, NoHosts
from dane_check.policy.environment import our_own_trouble
from dane_check.policy.fold import fold_domain
from dane_check.policy.verdict import DomainVerdict, DomainWord, HostVerdict, HostWord, LookupView

_UNCOVERED = frozenset({HostWord.NO_DANE, HostWord.TLS_ONLY, HostWord.NOT_APPLICABLE})
_COVERED = frozenset({HostWord.DANE_OK, HostWord.DANE_OK_INSECURE_MX})
_FAILING = frozenset({HostWord.DANE_FAIL, HostWord.DNS_BOGUS})
_EXIT_OF_END = {DomainWord.BROKEN: 1, DomainWord.UNDETERMINED: 4, DomainWord.NOT_APPLICABLE: 5}


def ended(domain: str, end: NoHosts, mx: LookupView | None) -> DomainVerdict:
    """The MX answer settles the domain; no host was looked at."""
    status = _EXIT_OF_END[end.word]
    return DomainVerdict(
        domain, end.word, status, True, mx, (), end.findings, end.reason, _SENTENCES[end.word], tlsrpt=end.tlsrpt
    )


def inapplicable(target: InapplicableTarget) -> HostVerdict:
    """The verdict on an MX target to which DANE cannot apply."""
    return HostVerdict(target.name, target.preference, HostWord.NOT_APPLICABLE, target.reason)


def excluded(domain: str, host: MxHost) -> HostVerdict:
    """The verdict on a host that the user says is down: nothing is asked about it (D-18)."""
    said = finding(Code.MX_EXCLUDED, About(domain, host.name))
    return HostVerdict(host.name, host.preference, HostWord.UNREACHABLE, "incomplete", findings=(said,), complete=False)


def qualified(verdict: DomainVerdict, *, audit: bool, certificates_at: datetime | None) -> DomainVerdict:
    """The verdict with what the user asked for beside it, said so that nobody takes it for a plain one.

    audit -- 1 and 4 become 3, 0 and 5 stay, and so does every word (D-8, R7671-10.3-a).
    certificates_at -- given where certificate dates were judged at another moment than the rest (D-23).
    """
    if certificates_at is not None:
        when = f"{certificates_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        if verdict.word is DomainWord.PROTECTED:
            told = f"Certificate dates judged as of {when}, all else as of now"
            sentence = f"{told}, DANE would protect mail to this domain."
        else:
            sentence = f"{verdict.sentence} Certificate dates were judged as of {when}, not as of now."
        verdict = replace(verdict, sentence=sentence, certificates_at=certificates_at)
    if not audit:
        return verdict
    lowered = 3 if verdict.exit_status in {1, 4} else verdict.exit_status
    return replace(verdict, exit_status=lowered, unaudited=verdict.exit_status)


def domain_verdict(
    domain: str,
    mx: LookupView | None,
    goes_to: Hosts,
    hosts: Sequence[HostVerdict],
    *,
    strict: bool,
    require_dane: bool = False,
    findings: tuple[Finding, ...] = (),
) -> DomainVerdict:
    """The verdict on a domain whose hosts were judged (§1.3)."""
    about = About(domain)
    complete = not goes_to.left_out and all(host.complete for host in hosts)
    findings += goes_to.findings + _seen_together(about, goes_to, hosts) + our_own_trouble(about, hosts)
    everything = findings + tuple(one for host in hosts for one in host.findings)
    fold = fold_domain(
        hosts, everything, mx_secure=goes_to.secure, complete=complete, strict=strict, require_dane=require_dane
    )
    if fold.reason == "dane-required":
        findings += (finding(Code.DANE_REQUIRED, about, what="not every mail host has it"),)
    if fold.word is DomainWord.NOT_APPLICABLE:
        findings += (finding(Code.MX_NONE, about, why=_nowhere(domain, goes_to)),)
    return DomainVerdict(
        domain,
        fold.word,
        fold.exit_status,
        complete,
        mx,
        tuple(hosts),
        findings,
        fold.reason,
        _closing(fold.word, hosts, everything, is_relay=mx is None),
        goes_to.implicit,
    )


def _seen_together(about: About, goes_to: Hosts, hosts: Sequence[HostVerdict]) -> tuple[Finding, ...]:
    found = []
    judged = [host for host in hosts if host.word is not HostWord.NO_ADDRESS]
    without = [host for host in judged if host.word in _UNCOVERED]
    if without and any(host.word in _COVERED for host in judged):
        found.append(finding(Code.MX_COVERAGE_PARTIAL, about, without=len(without), count=len(judged)))
    if not goes_to.secure and any(host.word is HostWord.DANE_FAIL for host in judged):
        found.append(finding(Code.INSECURE_MX_DANE_OPTIONAL, about))
    return (*found, *shared_key(about, hosts))


def shared_key(about: About, hosts: Sequence[HostVerdict]) -> tuple[Finding, ...]:
    """Several MX hosts with TLSA records, at addresses of their own, that all serve one key."""
    serving = [host for host in hosts if any(one.certificates for one in host.endpoints)]
    keys = {one.certificates[0].spki_sha256 for host in serving for one in host.endpoints if one.certificates}
    addresses = [{one.address for one in host.endpoints} for host in serving]
    apart = sum(map(len, addresses)) == len(set().union(*addresses))
    if len(serving) < 2 or len(keys) != 1 or not apart or not all(host.tlsa for host in serving):
        return ()
    return (finding(Code.MX_CHAIN_SHARED, about, count=len(serving)),)


def _closing(word: DomainWord, hosts: Sequence[HostVerdict], findings: Sequence[Finding], *, is_relay: bool) -> str:
    if word is DomainWord.BROKEN:
        return _refused(hosts)
    if word is DomainWord.PROTECTED and is_relay:
        return "DANE protects mail to this host at every address and certificate."
    if word is DomainWord.UNDETERMINED and any(one.severity is Severity.OUTAGE for one in findings):
        return "Senders that use DANE would defer mail now, but what is wrong could not be proven from here."
    return _SENTENCES[word]


def _nowhere(domain: str, goes_to: Hosts) -> str:
    if goes_to.implicit:
        return f"{domain} has neither an MX record nor an address"
    return f"No mail host of {domain} has an address" if goes_to.hosts else f"No MX record of {domain} names a host"


def _refused(hosts: Sequence[HostVerdict]) -> str:
    """What senders refuse, counted (D-22): one bad endpoint of several is not the whole domain."""
    endpoints = [one for host in hosts for one in host.endpoints if one.tls is not None or one.word in _FAILING]
    bad = sum(one.word in _FAILING for one in endpoints)
    if bad:
        return f"Senders that use DANE refuse {bad} of {len(endpoints)} endpoints of this domain's mail hosts."
    closed = sum(host.word in _FAILING for host in hosts)
    return f"Senders that use DANE refuse {closed} of {len(hosts)} mail hosts of this domain."


_SENTENCES = {
    DomainWord.PROTECTED: "DANE protects mail to this domain at every mail host, address and certificate.",
    DomainWord.PARTIAL: "DANE protects part of the way only; see above for what is missing.",
    DomainWord.UNPROTECTED: "Mail flows, but DANE does not protect it.",
    DomainWord.BROKEN: "Senders that use DANE do not deliver to this domain until this is mended.",
    DomainWord.UNDETERMINED: "Nothing is proven wrong, but not everything could be judged from here.",
    DomainWord.NOT_APPLICABLE: "There is nothing for DANE to protect.",
}
