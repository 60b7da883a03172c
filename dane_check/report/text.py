"""A check as people read it: at most 15 lines where all is well, and on trouble the line that mends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dane_check.check.outcome import DomainCheck
from dane_check.findings import Severity
from dane_check.policy.verdict import DomainVerdict, EndpointResult, EndpointVerdict, HostVerdict, HostWord, LookupView
from dane_check.report.bounded import Allowance
from dane_check.report.details import certificate_lines, chain_lines, lookup_lines, sender_lines, smtp_lines, tls_lines
from dane_check.report.options import TextOptions
from dane_check.report.styled import Line, Part, Style, Styled, render
from dane_check.report.troubles import ALWAYS, BROKEN, EVERYTHING, grouped, host_trouble_lines, ordered, trouble_lines
from dane_check.report.words import (
    DOMAIN_STYLE,
    HOST_STYLE,
    answer,
    counted,
    key_names,
    mark,
    marked,
    shortened,
    tlsa_lookup,
)

__all__ = ["TextOptions", "check_to_text", "endpoint_lines"]

_SAYS_IT_ALL = frozenset({EndpointResult.ENCRYPTED, EndpointResult.CLEARTEXT, EndpointResult.NO_STARTTLS})
_UNBROKEN = frozenset({HostWord.DANE_OK, HostWord.NO_ADDRESS, HostWord.NOT_APPLICABLE})


def _severities(options: TextOptions) -> frozenset[Severity]:
    """The findings that are shown."""
    return EVERYTHING if options.verbose else BROKEN if options.quiet else ALWAYS


def check_to_text(check: DomainCheck, options: TextOptions = TextOptions()) -> str:  # noqa: B008 - frozen
    """The report on one domain; the last line is the verdict."""
    return render(_lines(check, options), options.colour)


def _lines(check: DomainCheck, options: TextOptions) -> Iterator[Line]:
    verdict = check.verdict
    links_shown: set[str] = set()
    if not options.quiet:
        yield _header(verdict)
    for trouble in grouped(ordered(verdict.findings, _severities(options))):
        yield from trouble_lines(trouble, None, "  ")
    if verdict.mx and not options.quiet:
        yield from _lookups((verdict.mx,), links_shown, options, "  ")
    for host in verdict.hosts:
        if not (options.quiet and host.word in _UNBROKEN):
            yield from _host(host, links_shown, options)
    beside = ordered(check.diagnostics, _severities(options))
    if beside and not options.quiet:
        yield ("  beside the verdict:",)
        for trouble in grouped(beside):
            yield from trouble_lines(trouble, None, "    ")
    yield _closing(verdict)


def _header(verdict: DomainVerdict) -> Line:
    addresses = {(host.host, one.address) for host in verdict.hosts for one in host.endpoints}
    tried = counted(len(addresses), "address", "addresses") if addresses else "no address tried"
    counts = [counted(len(verdict.hosts), "host"), tried] if verdict.hosts else []
    mx = f"MX {answer(verdict.mx)}" if verdict.mx else "no MX lookup"
    implicit = ["the domain itself is the mail host"] if verdict.implicit_mx else []
    return (Styled(verdict.domain, Style.BOLD), f": {', '.join([mx, *implicit, *counts])}")


def _closing(verdict: DomainVerdict) -> Line:
    word = Styled(verdict.word.value.upper(), DOMAIN_STYLE.get(verdict.word, Style.WARN))
    why = f" ({verdict.reason})" if verdict.reason else ""
    named = "" if verdict.domain in verdict.sentence else f"{verdict.domain}: "
    return (word, f"{why}  {named}{verdict.sentence}  [exit status {_status(verdict)}]")


def _status(verdict: DomainVerdict) -> str:
    """The exit status, with what audit mode made of it (R7672-9.1-b)."""
    if verdict.unaudited is None:
        return str(verdict.exit_status)
    lowered = f", {verdict.unaudited} without it" if verdict.unaudited != verdict.exit_status else ""
    return f"{verdict.exit_status}, audit only{lowered}"


def _host(host: HostVerdict, links_shown: set[str], options: TextOptions) -> Iterator[Line]:
    yield _host_line(host)
    yield from endpoint_lines(host, options)
    yield from host_trouble_lines(host, _severities(options), "    ")
    if (options.explain or options.verbose) and not options.quiet:
        yield from sender_lines(host, "    ", everyone=options.explain)
    if not options.quiet:
        yield from _lookups(host.lookups, links_shown, options, "    ")


def endpoint_lines(host: HostVerdict, options: TextOptions) -> Iterator[Line]:
    """What came of each address and certificate type."""
    shown: dict[Chain, str] = {}
    allowance = Allowance()
    for group in _by_address(host.endpoints, options):
        yield _address_line(group, _address_width(host))
        if options.verbose:
            yield from _session_lines(group, shown, allowance)


def _host_line(host: HostVerdict) -> Line:
    preference = f" ({host.preference})" if host.preference is not None else ""
    why = f" ({host.reason})" if host.reason else ""
    base = host.tlsa_base_domain
    elsewhere = f"  TLSA base domain {base}" if base and base != host.host else ""
    style = HOST_STYLE.get(host.word, Style.WARN)
    return (f"  {host.host}{preference}  ", Styled(host.word.value, style), f"{why}{_tlsa(host)}{elsewhere}")


def _tlsa(host: HostVerdict) -> str:
    lookup = tlsa_lookup(host)
    if lookup is None:
        return "  TLSA not asked"
    times = f" ×{len(host.tlsa)}" if host.tlsa else ""
    unusable = sum(record.state == "unusable" for record in host.tlsa)
    return f"  TLSA {answer(lookup)}{times}{f' ({unusable} unusable)' if unusable else ''}"


Group = tuple[EndpointVerdict, ...]
Chain = tuple[str, ...]


def _by_address(endpoints: Sequence[EndpointVerdict], options: TextOptions) -> list[Group]:
    """The endpoints with those joined that differ in the certificate type only; what is not offered is not news."""
    groups: dict[tuple[object, ...], list[EndpointVerdict]] = {}
    for one in endpoints:
        if options.quiet and one.word in _UNBROKEN:
            continue
        if one.result is EndpointResult.NOT_OFFERED and not options.verbose:
            continue
        told = (one.address, one.port, one.result, one.reason, one.matched, one.depth, one.tls and one.tls.protocol)
        groups.setdefault(told, []).append(one)
    return [tuple(group) for group in groups.values()]


def _address_width(host: HostVerdict) -> int:
    return max((len(one.address) for one in host.endpoints), default=0)


def _address_line(group: Group, width: int) -> Line:
    first = group[0]
    often = max(one.sessions for one in group)
    facts = [key_names([one.key_type for one in group]), first.tls.protocol if first.tls else ""]
    facts.append(f"in {often} sessions" if often > 1 else "")
    columns: list[Part] = [f"    {first.address:<{width}}  ", marked(f"{mark(first):<4}"), "  ", _outcome(first)]
    return (*columns, *(f"  {fact}" for fact in facts if fact))


def _session_lines(group: Group, shown: dict[Chain, str], allowance: Allowance) -> Iterator[Line]:
    """Certificates and SMTP replies; a chain that was shown before is only pointed to."""
    for one in group:
        chain = tuple(certificate.certificate_sha256 for certificate in one.certificates)
        where = f"{one.address} {key_names([one.key_type])}".strip()
        if chain and chain in shown:
            yield (f"      the certificates of {shown[chain]}",)
        else:
            shown[chain] = where
            yield from certificate_lines(one, allowance, "      ")
        yield from tls_lines(one, "      ")
    yield from smtp_lines(group[0], allowance, "      ")


def _outcome(endpoint: EndpointVerdict) -> str:
    if endpoint.matched is not None:
        depth = "" if endpoint.depth is None else f"  depth {endpoint.depth}"
        insecure = "" if endpoint.result is EndpointResult.AUTHENTICATED else f"{endpoint.result}  "
        return f"{insecure}{shortened(endpoint.matched)}{depth}"
    why = endpoint.reason or ("" if endpoint.result in _SAYS_IT_ALL else endpoint.detail)
    why = "" if why in endpoint.result else why
    return f"{endpoint.result}{f' ({why})' if why else ''}"


def _lookups(lookups: Sequence[LookupView], links_shown: set[str], options: TextOptions, indent: str) -> Iterator[Line]:
    for lookup in lookups:
        if options.explain:
            yield from chain_lines(lookup, links_shown, indent)
        elif options.verbose:
            yield from lookup_lines(lookup, indent)
