"""Is it us? Trouble of this machine or its network, told apart from trouble of the domain (field-notes area a)."""

from __future__ import annotations

from collections.abc import Sequence

from dane_check.findings import About, Code, Finding, finding
from dane_check.policy.verdict import EndpointResult, EndpointVerdict, HostVerdict

_CONNECT_TIMED_OUT = Code.SMTP_CONNECT_TIMEOUT


def our_own_trouble(about: About, hosts: Sequence[HostVerdict]) -> tuple[Finding, ...]:
    """Findings about this side of the network, from what all hosts of one domain showed."""
    found = []
    without_v6 = [one for host in hosts for one in host.endpoints if one.reason == "no-family"]
    if without_v6:
        found.append(finding(Code.ENV_NO_IPV6, about, count=len(without_v6)))
    if len(hosts) >= 2 and _all_time_out(hosts):
        tried = sum(len(_tried(host)) for host in hosts)
        found.append(finding(Code.ENV_PORT25_BLOCKED, about, count=tried, hosts=len(hosts)))
    return tuple(found)


def _tried(host: HostVerdict) -> list[EndpointVerdict]:
    return [one for one in host.endpoints if one.result is not EndpointResult.SKIPPED and one.reason != "no-family"]


def _all_time_out(hosts: Sequence[HostVerdict]) -> bool:
    connects = [sum(one.code is _CONNECT_TIMED_OUT for one in host.findings) for host in hosts]
    return all(count and count == len(_tried(host)) for count, host in zip(connects, hosts, strict=True))
