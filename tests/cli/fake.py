"""A `Checker` that gives out verdicts prepared beforehand, in place of the world."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from dane_check.check.outcome import DomainCheck
from dane_check.dnssec.lookup import Lookup, Proof, SecureDenial
from dane_check.evidence import Evidence
from dane_check.policy.vantage import NO_SUCH_NAME, WITHOUT_IPV6
from dane_check.ports import Heard
from dane_check.settings import Settings
from dane_check.wire.message import Message
from tests.report.examples import healthy
from tests.report.test_json import LOOKUPS

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)  # later than this release: a clock may say so


def with_status(status: int) -> DomainCheck:
    """A check whose verdict has this exit status."""
    return replace(healthy(), verdict=replace(healthy().verdict, exit_status=status))


@dataclass(slots=True)
class FakeWorld:
    """What commands get instead of the world, and what they did with it.

    judge -- makes the check of a name; raises what the engine is to raise.
    """

    judge: Callable[[str], DomainCheck] = lambda name: healthy()
    found: Lookup = LOOKUPS["secure"][0]
    heard: Evidence | None = None
    settings: Settings | None = None
    asked: list[Any] = field(default_factory=list)
    opened_with: list[Any] = field(default_factory=list)
    recorded: list[bool] = field(default_factory=list)
    absent: dict[tuple[str, str], Lookup] = field(
        default_factory=lambda: dict.fromkeys((NO_SUCH_NAME, WITHOUT_IPV6), SecureDenial("nxdomain", Proof()))
    )

    routed: bool = True
    now = NOW
    resolvers = ("192.0.2.53:53",)
    anchors = (". DS 20326 8 2 e0",)

    @contextlib.asynccontextmanager
    async def opened(
        self,
        settings: Settings,
        in_lab: bool,
        lab_map: str | None,
        names: Sequence[str] = (),
        doorkeeper: object = None,
    ) -> AsyncIterator[FakeWorld]:
        """Stands for `world.opened`."""
        self.settings = settings
        self.opened_with.append((in_lab, lab_map, tuple(names)))
        yield self

    async def domain(self, name: str, *, record: bool = False) -> DomainCheck:
        """The prepared check of a domain."""
        self.recorded.append(record)
        self.asked.append(name)
        return self.judge(name)

    async def domains(self, names: Iterable[str]) -> AsyncIterator[DomainCheck]:
        """The prepared checks, in the order asked."""
        for name in names:
            yield await self.domain(name)

    async def host(self, name: str, port: int, *, record: bool = False) -> DomainCheck:
        """The prepared check of a relay."""
        self.asked.append((name, port))
        return self.judge(name)

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        """The prepared lookup."""
        self.asked.append((name, rdtype))
        return self.absent.get((name, rdtype), self.found)

    async def over_tcp(self, servers: Sequence[str], settings: Settings) -> dict[str, Heard]:
        """Stands for `doctor.over_tcp`."""
        return dict.fromkeys(servers, Message(b"", 1, 0, False, None, (), ()))

    def evidence(self) -> Evidence | None:
        """What was prepared."""
        return self.heard


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> FakeWorld:
    """The world of every command, replaced; no option comes from the environment."""
    fake = FakeWorld()
    monkeypatch.setattr("dane_check.cli.doctor.over_tcp", fake.over_tcp)
    monkeypatch.setattr("dane_check.cli.doctor.has_ipv6", lambda: fake.routed)
    for command in ("judging", "lookup", "doctor"):
        monkeypatch.setattr(f"dane_check.cli.{command}.opened", fake.opened)
    return fake
