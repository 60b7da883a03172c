"""One check of one scenario in memory and in virtual time, with or without trouble on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from dane_check import Checker, Settings
from dane_check.check.outcome import DomainCheck
from dane_check.lab import Scenario
from dane_check.lab.memory import MemoryLab
from dane_check.ports import ByteStream, Dialer, DialFailure, DnsTransport, Heard, Question, Server

from .grounds import scenario_of
from .virtual_time import Ran, run

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(slots=True)
class HeardTurns:
    """One session as it went: what was read in each turn, and the name asked for."""

    address: str
    nth: int
    turns: list[bytes] = field(default_factory=lambda: [b""])
    sni: str | None = None


class Listener:
    """A transport and a dialer that note what passes, and spoil nothing."""

    def __init__(self, lab: MemoryLab) -> None:
        self._lab = lab
        self.questions: list[tuple[Question, Heard]] = []
        self.sessions: list[HeardTurns] = []

    async def ask(self, question: Question, server: Server) -> Heard:
        heard = await self._lab.ask(question, server)
        self.questions.append((question, heard))
        return heard

    async def open(self, address: str, port: int) -> ByteStream | DialFailure:
        nth = 1 + sum(one.address == address for one in self.sessions)
        turns = HeardTurns(address, nth)
        self.sessions.append(turns)
        stream = await self._lab.open(address, port)
        return stream if isinstance(stream, DialFailure) else _Overheard(stream, turns)


class _Overheard:
    def __init__(self, inner: ByteStream, heard: HeardTurns) -> None:
        self._inner = inner
        self._heard = heard
        self._was_read = False

    async def read(self, octets: int) -> bytes:
        self._was_read = True
        data = await self._inner.read(octets)
        self._heard.turns[-1] += data
        return data

    async def write(self, data: bytes) -> None:
        if self._was_read or len(self._heard.turns) == 1:
            self._heard.turns.append(b"")
            self._was_read = False
        await self._inner.write(data)

    async def close(self) -> None:
        await self._inner.close()


@dataclass(frozen=True, slots=True)
class Played:
    """A check under trouble, and every connection that was tried."""

    check: DomainCheck
    dialled: tuple[str, ...]


class _Counting:
    """The outermost dialer: what the engine itself asks for, before any trouble."""

    def __init__(self, inner: Dialer) -> None:
        self._inner = inner
        self.dialled: list[str] = []

    async def open(self, address: str, port: int) -> ByteStream | DialFailure:
        self.dialled.append(address)
        return await self._inner.open(address, port)


class _Remembering:
    """A lab's resolver; what it says to a question is always the same, and costs time to say again."""

    def __init__(self, lab: MemoryLab) -> None:
        self._lab = lab
        self._said: dict[Question, Heard] = {}

    async def ask(self, question: Question, server: Server) -> Heard:
        if question not in self._said:
            self._said[question] = await self._lab.ask(question, server)
        return self._said[question]


@cache
def _resolver_of(name: str) -> _Remembering:
    return _Remembering(lab_of(name))


@cache
def lab_of(name: str) -> MemoryLab:
    """The lab of one scenario, built once a process."""
    return MemoryLab(scenario_of(name), NOW)


def play(
    name: str,
    spoil_dns: Callable[[DnsTransport], DnsTransport] = lambda inner: inner,
    spoil_streams: Callable[[Dialer], Dialer] = lambda inner: inner,
) -> Ran[Played]:
    """The check of a scenario, with the ports wrapped."""
    lab = lab_of(name)
    return run(_play(lab, scenario_of(name), spoil_dns(_resolver_of(name)), spoil_streams(lab)))


async def _play(lab: MemoryLab, scenario: Scenario, transport: DnsTransport, dialer: Dialer) -> Played:
    settings = Settings(
        resolver=str(lab.resolver),
        trust_anchor=lab.trust_anchor,
        now=NOW,
        helo="client.test",
        allow_reserved=True,
        **{name: getattr(scenario.options, name) for name in scenario.options.__dataclass_fields__},
    )
    counting = _Counting(dialer)
    try:
        async with Checker(settings, dns=transport, dialer=counting, clock=lab.clock) as checker:
            check = await checker.domain(scenario.domain)
    finally:
        await lab.aclose()
    return Played(check, tuple(counting.dialled))


@dataclass(frozen=True, slots=True)
class Calm:
    """The calm run: its verdict and its steps."""

    played: Played
    seconds: float
    questions: tuple[tuple[Question, Heard], ...]
    sessions: tuple[HeardTurns, ...]


@cache
def calm(name: str) -> Calm:
    """The steps of a scenario when nothing happens."""
    listener = Listener(lab_of(name))
    before = {address: len(server.notes) for address, server in lab_of(name).servers.items()}
    ran = play(name, lambda _inner: listener, lambda _inner: listener)
    assert not ran.uncaught
    for session in listener.sessions:
        notes = lab_of(name).servers[session.address].notes[before[session.address] :]
        session.sni = notes[session.nth - 1].sni
    return Calm(ran.result, ran.seconds, tuple(listener.questions), tuple(listener.sessions))
