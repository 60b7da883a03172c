"""Stage 1: from the MX answer to the hosts that mail may go to (docs/requirements.md §19.1; RFC 7672 §2.2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Insecure, Lookup, Record, Secure, SecureDenial, Why
from dane_check.findings import About, Code, Finding, Severity, finding
from dane_check.names import is_address, is_host_name, plain, safe
from dane_check.policy.environment import of_this_side
from dane_check.policy.mend import mend
from dane_check.policy.verdict import DomainWord


@dataclass(frozen=True, slots=True)
class MxHost:
    """One host to be judged. `preference` is None for a configured relay and for an implicit MX."""

    name: str
    preference: int | None


@dataclass(frozen=True, slots=True)
class InapplicableTarget:
    """An MX target to which DANE cannot apply (S1-18, S1-20); it is not looked up."""

    name: str
    preference: int
    what: str  # "an address", "no host name"
    reason: str  # mx-is-address, mx-invalid-target


@dataclass(frozen=True, slots=True)
class Hosts:
    """Mail goes to these hosts, best preference first.

    secure -- whether the MX RRset, or its denial, is secure.
    next_hops -- the mail domain as typed and, where an alias leads on, its expansion: reference identifiers
        of usage 2 beside the base domain while the MX is secure (RFC 7672 §3.2.2).
    """

    hosts: tuple[MxHost, ...]
    secure: bool
    next_hops: tuple[str, ...]
    inapplicable: tuple[InapplicableTarget, ...] = ()
    implicit: bool = False
    left_out: int = 0
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class NoHosts:
    """The check ends here, without a connection."""

    word: DomainWord
    reason: str
    findings: tuple[Finding, ...]
    tlsrpt: str | None = None


Destination = Hosts | NoHosts


def destination(domain: str, mx: Lookup, *, require_dane: bool, most_hosts: int) -> Destination:
    """What the validated MX answer for `domain` means for delivery: one row of §19.1."""
    about = About(domain)
    match mx:
        case Bogus():
            return _bogus(domain, mx.why)
        case Indeterminate():
            return _undetermined(domain, mx.why)
        case SecureDenial(kind="nxdomain") | Insecure(kind="nxdomain"):
            return _no_such_domain(mx, about)
        case Insecure() if require_dane and not _is_null(mx.records):
            said = finding(Code.DANE_REQUIRED, about, what=f"the MX records of {domain} are not signed")
            return NoHosts(DomainWord.BROKEN, "dane-required", (said,), "dane-required")
        case SecureDenial() | Insecure(kind="nodata"):
            return _implicit(domain, mx)
        case Secure() | Insecure():
            return _explicit(domain, mx, most_hosts)
    assert_never(mx)


def relay(host: str, domains: tuple[str, ...] = ()) -> Hosts:
    """A configured next hop: secure by configuration, no MX question (R7672-2.2.2-k).

    domains -- mail domains whose signed MX records are known to name the host; their names count as well.
    """
    return Hosts((MxHost(host, None),), secure=True, next_hops=(host, *domains))


def _bogus(domain: str, why: Why) -> NoHosts:
    about = About(domain)
    if (said := of_this_side(about, why)) is not None:
        return NoHosts(DomainWord.UNDETERMINED, why.cause.value, (said,))
    if why.cause is Cause.ALIAS_LOOP:
        said = finding(Code.MX_CNAME_LOOP, about, why=why.sentence)
        return NoHosts(DomainWord.BROKEN, "cname-loop", (said,), "dnssec-invalid")
    said = finding(Code.MX_BOGUS, about, why=why.sentence)
    return NoHosts(DomainWord.BROKEN, "mx-bogus", (said,), "dnssec-invalid")


_NO_ANSWER = "Check that the resolver answers (dane-check doctor), or name another one with --resolver"
_BAD_ANSWER = "Check the name servers of the domain, or try another resolver"


def _undetermined(domain: str, why: Why) -> NoHosts:
    about = About(domain)
    if (said := of_this_side(about, why)) is not None:
        return NoHosts(DomainWord.UNDETERMINED, why.cause.value, (said,))
    if why.cause is Cause.ALIAS_LOOP:
        said = finding(Code.MX_CNAME_LOOP, about, Severity.INCONCLUSIVE, why=why.sentence)
        return NoHosts(DomainWord.UNDETERMINED, "cname-loop", (said,))
    ours = why.cause is Cause.TRANSPORT
    said = finding(Code.MX_LOOKUP_FAILED, about, why=why.sentence, mend=_NO_ANSWER if ours else _BAD_ANSWER)
    no_reply = why.cause in (Cause.TRANSPORT, Cause.RCODE)  # S1-08; anything else is S1-07
    return NoHosts(DomainWord.UNDETERMINED, "mx-lookup-failed", (said,), None if no_reply else "dnssec-invalid")


def _no_such_domain(mx: Lookup, about: About) -> NoHosts:
    found = [finding(Code.MX_NONE, about, why=f"{about.domain} does not exist")]
    if isinstance(mx, Insecure):
        found.append(finding(Code.UNSIGNED_DENIAL, about))
    return NoHosts(DomainWord.NOT_APPLICABLE, "no-such-domain", tuple(found))


def _next_hops(domain: str, mx: Lookup) -> tuple[str, ...]:
    expanded = plain(mx.aliases[-1].target) if mx.aliases else domain
    return (domain,) if expanded == domain else (domain, expanded)


def _implicit(domain: str, mx: SecureDenial | Insecure) -> Hosts:
    found = [finding(Code.MX_IMPLICIT, About(domain))]
    if isinstance(mx, Insecure):
        found.append(finding(Code.MX_INSECURE, About(domain), why=mx.why.sentence, mend=mend(mx.why)))
    hops = _next_hops(domain, mx)
    return Hosts((MxHost(hops[0], None),), isinstance(mx, SecureDenial), hops, implicit=True, findings=tuple(found))


def _is_null(records: tuple[Record, ...]) -> bool:
    return bool(records) and all(_exchange(record)[1] == "." for record in records)


def _exchange(record: Record) -> tuple[int, str]:
    preference, _, target = record.text.partition(" ")
    return (int(preference), plain(target.strip())) if preference.isdigit() else (65535, safe(record.text, 80))


def _explicit(domain: str, mx: Secure | Insecure, most_hosts: int) -> Destination:
    about = About(domain)
    if _is_null(mx.records):  # S1-13
        return NoHosts(DomainWord.NOT_APPLICABLE, "null-mx", (finding(Code.MX_NULL, about),))
    best: dict[str, int] = {}
    for preference, target in sorted(_exchange(record) for record in mx.records):
        best.setdefault(target, preference)  # S1-21: judged once, best preference shown
    found: list[Finding] = []
    if best.pop(".", None) is not None:
        found.append(finding(Code.MX_NULL_MIXED, about))
    if isinstance(mx, Insecure):
        found.append(finding(Code.MX_INSECURE, about, why=mx.why.sentence, mend=mend(mx.why)))
    hosts, inapplicable = _sorted_out(best)
    found += [
        finding(Code.MX_INVALID_TARGET, About(domain, one.name), target=one.name, what=one.what) for one in inapplicable
    ]
    left_out = max(len(hosts) - most_hosts, 0)
    if left_out:
        found.append(finding(Code.MX_NOT_JUDGED, about, count=len(hosts), limit=most_hosts))
    return Hosts(
        hosts[:most_hosts],
        isinstance(mx, Secure),
        _next_hops(domain, mx),
        inapplicable,
        left_out=left_out,
        findings=tuple(found),
    )


def _sorted_out(best: dict[str, int]) -> tuple[tuple[MxHost, ...], tuple[InapplicableTarget, ...]]:
    hosts: list[MxHost] = []
    inapplicable: list[InapplicableTarget] = []
    for target, preference in best.items():
        if is_address(target):
            inapplicable.append(InapplicableTarget(target, preference, "an address", "mx-is-address"))
        elif not is_host_name(target):
            inapplicable.append(InapplicableTarget(target, preference, "no host name", "mx-invalid-target"))
        else:
            hosts.append(MxHost(target, preference))
    return tuple(hosts), tuple(inapplicable)
