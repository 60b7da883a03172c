"""A check of one scenario from start to end, and what it came to in the words of `[expect]`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dane_check import Checker, Settings
from dane_check.check.outcome import DomainCheck
from dane_check.lab import Asked, Lab, Scenario, Session
from dane_check.network.dialer import TcpDialer
from dane_check.network.dns import UdpTransport
from dane_check.policy.verdict import EndpointVerdict


@dataclass(frozen=True, slots=True)
class Played:
    """One scenario after its check."""

    check: DomainCheck
    seen: tuple[Session, ...]
    asked: tuple[Asked, ...]
    addresses: dict[str, tuple[str, ...]]

    def codes(self) -> set[str]:
        """Every finding of the check, diagnostics included."""
        verdict = self.check.verdict
        found = [*verdict.findings, *self.check.diagnostics]
        return {str(f.code) for f in [*found, *(f for host in verdict.hosts for f in host.findings)]}

    def endpoints(self, label: str) -> set[str]:
        """The results at `server[.A|.AAAA][/key type]`."""
        place, _, key_type = label.partition("/")
        name, _, family = place.partition(".")
        return {
            str(endpoint.result)
            for endpoint in self._endpoints()
            if endpoint.address in self.addresses[name]
            and family in ("", "AAAA" if ":" in endpoint.address else "A")
            and (key_type in ("", str(endpoint.key_type)) and str(endpoint.result) != "not-offered")
        }

    def _endpoints(self) -> Iterator[EndpointVerdict]:
        for host in self.check.verdict.hosts:
            yield from host.endpoints


async def play(scenario: Scenario) -> Played:
    """The check of a scenario in a lab of its own."""
    async with Lab([scenario]) as lab:
        settings = Settings(
            resolver=str(lab.resolver_of(scenario.domain)),
            trust_anchor=lab.trust_anchor,
            now=lab.clock.now(),
            allow_reserved=True,
            **{name: getattr(scenario.options, name) for name in scenario.options.__dataclass_fields__},
        )
        transport = lab.transport(UdpTransport(settings.limits.dns))
        dialer = lab.dialer(TcpDialer(settings.limits.session))
        async with Checker(settings, dns=transport, dialer=dialer, clock=lab.clock) as checker:
            check = await checker.domain(scenario.domain)
        domain = scenario.domain
        return Played(check, lab.seen(domain), lab.asked(domain), lab.addresses(domain))
