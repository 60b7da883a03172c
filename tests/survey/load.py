"""Many mixed domains in one world: every scenario of the lab, several times over under other names, in memory."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import resources
from unittest import mock

from dane_check import Checker, Settings
from dane_check.check.outcome import DomainCheck
from dane_check.lab import Scenario, load_scenarios
from dane_check.lab.dns_world.server import DnsServer, Manners
from dane_check.lab.dns_world.world import DnsWorld
from dane_check.lab.lab import anchors
from dane_check.lab.mail.server import SmtpServer
from dane_check.lab.mail.tls import Credentials
from dane_check.lab.map import LabClock
from dane_check.lab.memory import MemoryLab
from dane_check.lab.scenario import ResolverTable, read_scenario
from dane_check.lab.stage import Staged, foundations, stage
from dane_check.limits import DEFAULT, UNHURRIED
from dane_check.ports import Dialer, DnsTransport

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RATE = 0.05
_LIMITS = replace(DEFAULT, run=UNHURRIED)
_MORE_ADDRESSES = (("10.0.0.0/8",), ("2001:db8::/112", "2001:db8:1::/112"))


def ordinary() -> list[Scenario]:
    """Those that are asked through the common resolver, with no options of their own."""
    return [one for one in load_scenarios() if one.resolver is None and one.options == type(one.options)()]


def copies(times: int) -> list[Scenario]:
    """Every ordinary scenario so many times; copy 3 of `ee-matches.test` is `ee-matches-c3.test`."""
    folder = resources.files("dane_check.lab") / "scenarios"
    texts = [(folder / f"{one.id}.toml").read_text("utf-8") for one in ordinary()]
    return [read_scenario(_renamed(text, number)) for number in range(times) for text in texts]


def _renamed(text: str, number: int) -> str:
    renamed = re.sub(r"([a-z0-9-]+)\.test\b", rf"\1-c{number}.test", text)
    return re.sub(r'^id = "(.*)"', rf'id = "\1-c{number}"', renamed, flags=re.MULTILINE)


class MemoryCrowd(MemoryLab):
    """As `MemoryLab`, with as many scenarios as there are; they share the root and `test.`."""

    def __init__(self, scenarios: Iterable[Scenario]) -> None:
        with mock.patch("dane_check.lab.addresses._DOCUMENTATION", _MORE_ADDRESSES):
            built = stage(scenarios, NOW)
        assert not built.left_out
        self.all_staged: tuple[Staged, ...] = built.staged
        self.clock = LabClock(NOW)
        self.trust_anchor = anchors(NOW)
        zones = [*foundations(), *(zone for one in built.staged for zone in one.zones)]
        self._dns = DnsServer(DnsWorld(zones, NOW, ResolverTable().root_key), Manners())
        self.servers = {
            placed.address: SmtpServer(
                placed.name, placed.address, placed.host, placed.script, Credentials(placed.presented, placed.script)
            )
            for one in built.staged
            for placed in one.servers
        }
        self._sessions: set[asyncio.Task[None]] = set()

    async def judged(self, names: Iterable[str], dns: DnsTransport, dialer: Dialer) -> dict[str, DomainCheck]:
        """The checks of so many domains in one run, in flight as many as L-21 allows."""
        settings = Settings(
            resolver=str(self.resolver),
            trust_anchor=self.trust_anchor,
            now=NOW,
            helo="client.test",
            allow_reserved=True,
            limits=_LIMITS,
        )
        try:
            async with Checker(settings, dns=dns, dialer=dialer, clock=self.clock) as checker:
                return {check.verdict.domain: check async for check in checker.domains(names)}
        finally:
            await self.aclose()


@dataclass(frozen=True, slots=True)
class Shape:
    """A verdict without what differs from copy to copy: names, addresses."""

    word: str
    status: int
    complete: bool
    hosts: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]

    @classmethod
    def of(cls, check: DomainCheck) -> Shape:
        """The shape of one check."""
        verdict = check.verdict
        hosts = sorted(
            (
                re.sub(r"-c\d+\.test\b", ".test", str(host.host)),
                str(host.word),
                tuple(sorted((str(one.key_type), str(one.result)) for one in host.endpoints)),
            )
            for host in verdict.hosts
        )
        return cls(str(verdict.word), verdict.exit_status, verdict.complete, tuple(hosts))
