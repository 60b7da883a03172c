"""How long a verdict takes, in round trips: all is a quarter of a second away, and nothing else takes time."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

import pytest

from dane_check import Checker, DomainCheck, Settings
from dane_check.lab import Scenario, load_scenarios, read_scenario
from dane_check.lab.delay import DelayedDialer, DelayedTransport
from dane_check.lab.memory import MemoryLab
from dane_check.limits import UNHURRIED, Limits
from dane_check.network.dialer import connect
from dane_check.ports import ByteStream, Dialer, DialFailure
from tests.faults.virtual_time import run

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AWAY = 0.25  # seconds, there and back; four of them are the time that courtesies have (D-24)
TO_CHAIN = 5  # connection, greeting, EHLO, STARTTLS, TLS 1.3
LAST_BEFORE_CHAIN = 3  # writes: EHLO, STARTTLS, ClientHello; what we say next is our Finished, and it has EHLO in it

_HEAD = """
id = "elsewhere"
domain = "elsewhere.test"
says = "Mail hosts in zones of their own."
rule = ["D-12"]

[[zone]]
records = '''
{records}
'''

[expect]
verdict = "protected"
exit = 0
"""
_AWAY = """
[[zone]]
name = "{name}.test"
records = '''
mail            A     {{{name}.A}}
_25._tcp.mail   TLSA  3 1 1 {{{name}.ee}}
'''
"""
_NEAR = "mx A {near.A}\n_25._tcp.mx TLSA 3 1 1 {near.ee}"
_SERVER = """
[[server]]
name = "{name}"
host = "{host}"
"""


def elsewhere(count: int, *, near: bool = False) -> Scenario:
    """A domain with so many mail hosts in zones of their own, and perhaps one more in its own zone."""
    hosts = {f"provider{number}": f"mail.provider{number}.test" for number in range(count)}
    lines = [f"@ MX 10 {host}." for host in hosts.values()] + (["@ MX 10 mx", _NEAR] if near else [])
    servers = hosts | ({"near": "mx.elsewhere.test"} if near else {})
    text = _HEAD.format(records="\n".join(lines))
    text += "".join(_AWAY.format(name=name) for name in hosts)
    return read_scenario(text + "".join(_SERVER.format(name=name, host=host) for name, host in servers.items()))


@dataclass(slots=True)
class Told:
    """One session, in seconds since the question for MX: when it was dialled, what was said, and when it was closed."""

    address: str
    dialled: float
    said: list[float] = field(default_factory=list)
    unanswered: int = 0  # writes without a read between them
    closed: float | None = None

    @property
    def chain(self) -> float | None:
        """When the server's Finished was there: what is said next goes out at once."""
        return self.said[LAST_BEFORE_CHAIN] if len(self.said) > LAST_BEFORE_CHAIN else None


class Tracing:
    """A dialer that notes what is done with its streams, and when."""

    def __init__(self, inner: Dialer) -> None:
        self._inner = inner
        self.sessions: list[Told] = []

    async def open(self, address: str, port: int) -> ByteStream | DialFailure:
        told = Told(address, asyncio.get_running_loop().time())
        self.sessions.append(told)
        stream = await self._inner.open(address, port)
        return stream if isinstance(stream, DialFailure) else _Traced(stream, told)


class _Traced:
    def __init__(self, inner: ByteStream, told: Told) -> None:
        self._inner = inner
        self._told = told
        self._spoke_last = False

    async def read(self, octets: int) -> bytes:
        self._spoke_last = False
        return await self._inner.read(octets)

    async def write(self, data: bytes) -> None:
        self._told.unanswered += self._spoke_last
        self._spoke_last = True
        self._told.said.append(asyncio.get_running_loop().time())
        await self._inner.write(data)

    async def close(self) -> None:
        self._told.closed = asyncio.get_running_loop().time()
        await self._inner.close()


class _LoopClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


@dataclass(frozen=True, slots=True)
class Trip:
    """A check, and its sessions by address, in the order they were begun."""

    check: DomainCheck
    sessions: dict[str, list[Told]]

    @property
    def first(self) -> list[Told]:
        """The first session with each address."""
        return [sessions[0] for sessions in self.sessions.values()]


def trip(scenario: Scenario) -> Trip:
    """The check of a scenario that far away."""
    lab = MemoryLab(scenario, NOW)

    async def check() -> Trip:
        settings = Settings(
            resolver=str(lab.resolver),
            trust_anchor=lab.trust_anchor,
            now=NOW,
            allow_reserved=True,
            limits=Limits(run=UNHURRIED),
        )
        dialer = Tracing(DelayedDialer(lab, AWAY))
        async with Checker(settings, dns=DelayedTransport(lab, AWAY), dialer=dialer, clock=_LoopClock()) as checker:
            checked = await checker.domain(scenario.domain)
        await lab.aclose()
        sessions: dict[str, list[Told]] = {}
        for told in dialer.sessions:
            sessions.setdefault(told.address, []).append(told)
        return Trip(checked, sessions)

    ran = run(check())
    assert not ran.uncaught
    return ran.result


@cache
def packaged(name: str) -> Trip:
    """The trip to one of the lab's own scenarios."""
    return trip(next(one for one in load_scenarios() if one.id == name))


ONE_CERTIFICATE = [
    "ee-matches",
    "rsa-only",
    "ta-full-served",
    "several-addresses",
    "mx-hosts-share-a-key",
    "implicit-mx",
]


@pytest.mark.parametrize("name", ONE_CERTIFICATE)
def test_in_the_domains_own_zone_the_chain_is_there_after_seven_and_the_verdict_after_eight(name: str) -> None:
    """Two to the resolver, five to the servers, one more for the other certificate types; however many addresses."""
    found = packaged(name)
    assert {told.dialled for told in found.first} == {2 * AWAY}
    assert {told.chain for told in found.first} == {(2 + TO_CHAIN) * AWAY}
    assert found.check.verdict.word == "protected"
    assert found.check.timings["verdict"] == (2 + TO_CHAIN + 1) * AWAY


@pytest.mark.parametrize("hosts", [1, 3, 8])
def test_in_zones_not_yet_proven_it_is_one_more(hosts: int) -> None:
    """TLSA waits for the addresses there (D-12); the number of hosts costs nothing."""
    found = trip(elsewhere(hosts))
    assert len(found.sessions) == hosts
    assert {told.dialled for told in found.first} == {3 * AWAY}
    assert {told.chain for told in found.first} == {(3 + TO_CHAIN) * AWAY}
    assert found.check.verdict.word == "protected"
    assert found.check.timings["verdict"] == (3 + TO_CHAIN + 1) * AWAY


def test_each_host_is_connected_to_as_soon_as_its_own_lookups_allow() -> None:
    """A host whose zone is proven does not wait for one whose zone is not."""
    found = trip(elsewhere(2, near=True))
    assert sorted(told.dialled for told in found.first) == [2 * AWAY, 3 * AWAY, 3 * AWAY]
    assert found.check.timings["verdict"] == (3 + TO_CHAIN + 1) * AWAY


def test_both_certificates_are_there_one_after_the_other() -> None:
    """The second session stands at its 220 when the first chain comes, and costs one round trip (S4-A22).

    That there is no third type is known only from a third session, for which the first has to make room (L-21).
    """
    found = packaged("dual-certificates")
    ((first, second, third),) = found.sessions.values()
    assert (first.chain, second.chain) == ((2 + TO_CHAIN) * AWAY, (2 + TO_CHAIN + 1) * AWAY)
    assert second.dialled == first.dialled + AWAY
    assert third.dialled == second.chain
    assert [one.result for one in found.check.verdict.hosts[0].endpoints] == ["authenticated"] * 2


@pytest.mark.parametrize("name", [*ONE_CERTIFICATE, "dual-certificates", "no-tlsa"])
def test_every_flight_is_one_write(name: str) -> None:
    """We never write twice in a row: what goes together leaves together, our Finished with EHLO, and QUIT last."""
    for sessions in packaged(name).sessions.values():
        for told in sessions:
            assert told.unanswered == 0
            assert len(told.said) <= LAST_BEFORE_CHAIN + 2


@pytest.mark.parametrize("name", ["ee-matches", "second-mx-without-tlsa"])
def test_the_verdict_waits_for_no_courtesy_and_no_diagnosis(name: str) -> None:
    """EHLO under TLS and QUIT are answered later (D-24), and questions that explain are asked later."""
    found = packaged(name)
    verdict = found.check.timings["verdict"]
    assert verdict == (2 + TO_CHAIN + 1) * AWAY
    assert all(told.closed is not None and told.closed > verdict for told in found.first)
    diagnoses = found.check.timings["diagnostics"]
    assert diagnoses == (AWAY if name == "second-mx-without-tlsa" else 0)


def test_no_small_write_waits_for_another() -> None:
    """TCP_NODELAY is set before anything is said: Nagle's algorithm would hold EHLO back."""

    async def option() -> int:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            stream = await connect("127.0.0.1", listening.getsockname()[1])
            assert not isinstance(stream, DialFailure)
            try:
                return stream._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            finally:
                await stream.close()

    assert asyncio.run(option()) != 0
