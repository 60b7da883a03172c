"""Is it us? Trouble of this machine or its network, told apart from trouble of the domain (field-notes area a)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_network
from types import MappingProxyType
from typing import Final

from dane_check.dnssec.lookup import Cause, Why
from dane_check.findings import About, Code, Finding, finding
from dane_check.policy.service import SMTP_PORT
from dane_check.policy.verdict import EndpointResult, HostVerdict

_NO_FAMILY: Final = "no-family"
_OURS: Final = MappingProxyType(
    {
        Cause.ROOT_FAILURE: Code.TRUST_ANCHOR_PROBLEM,
        Cause.NO_DNSSEC: Code.ENV_RESOLVER_NO_DNSSEC,
        Cause.CLOCK: Code.ENV_CLOCK,
        Cause.RESOLVER_LIES: Code.ENV_RESOLVER_LIES,
        Cause.RESOLVER_UNUSABLE: Code.ENV_RESOLVER_UNUSABLE,
        Cause.DNS_TCP: Code.ENV_DNS_TCP_BLOCKED,
    }
)


def of_this_side(about: About, why: Why) -> Finding | None:
    """What to say of a lookup that failed on our side of the network; None where the trouble is the domain's."""
    code = _OURS.get(why.cause)
    return finding(code, about, why=why.sentence) if code else None


def our_own_trouble(about: About, hosts: Sequence[HostVerdict]) -> tuple[Finding, ...]:
    """Findings about this side of the network, from what all hosts of one domain showed."""
    found = []
    without_v6 = [one for host in hosts for one in host.endpoints if one.reason == _NO_FAMILY]
    if without_v6:
        found.append(finding(Code.ENV_NO_IPV6, about, count=len(without_v6)))
    if (blocked := port25_blocked(about, silent_hosts(hosts))) is not None and not answered(hosts):
        found.append(blocked)
    return tuple(found)


def answered(hosts: Iterable[HostVerdict]) -> bool:
    """Whether anything but silence came from port 25 of any of these hosts."""
    return any(len(_silent(host)) < len(_tried(host)) for host in hosts)


def silent_hosts(hosts: Iterable[HostVerdict]) -> dict[str, frozenset[str]]:
    """The hosts whose every address tried let port 25 time out, with those addresses."""
    return {host.host: frozenset(_silent(host)) for host in hosts if _tried(host) and _silent(host) == _tried(host)}


def port25_blocked(about: About, silent: Mapping[str, frozenset[str]]) -> Finding | None:
    """What to say where two hosts that have nothing in common are silent: names and networks differ."""
    unrelated = any(
        one != other and not _networks(silent[one]) & _networks(silent[other]) for one in silent for other in silent
    )
    if not unrelated:
        return None
    count = len(frozenset[str]().union(*silent.values()))
    return finding(Code.ENV_PORT25_BLOCKED, about, count=count, hosts=len(silent))


def _tried(host: HostVerdict) -> set[str]:
    """The addresses of the host that port 25 was tried at."""
    return {
        one.address
        for one in host.endpoints
        if one.port == SMTP_PORT and one.result is not EndpointResult.SKIPPED and one.reason != _NO_FAMILY
    }


def _silent(host: HostVerdict) -> set[str]:
    timed_out = {one.about.address for one in host.findings if one.code is Code.SMTP_CONNECT_TIMEOUT}
    return _tried(host) & timed_out


def _networks(addresses: Iterable[str]) -> set[str]:
    """The /24 or /48 of each address (as L-21 counts them)."""
    return {str(ip_network(f"{address}/{48 if ':' in address else 24}", strict=False)) for address in addresses}
