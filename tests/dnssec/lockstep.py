"""A resolver that answers in lock-step: each round of questions that are under way together is one flight."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from dane_check.dnssec.lookup import Lookup
from dane_check.ports import DnsTransport, Heard, Question, Server

_IDLE_TURNS = 40  # turns of the loop without a new question, after which nobody has anything left to ask


class LockStep:
    """A `DnsTransport` over another. `rounds` has the questions of each flight, in order."""

    def __init__(self, inner: DnsTransport) -> None:
        self.inner = inner
        self.rounds: list[list[str]] = []
        self._waiting: list[asyncio.Event] = []
        self._round: list[str] = []
        self._landing: asyncio.Task[None] | None = None

    async def ask(self, question: Question, server: Server) -> Heard:
        event = asyncio.Event()
        self._waiting.append(event)
        self._round.append(str(question))
        if self._landing is None:
            self._landing = asyncio.create_task(self._land())
        await event.wait()
        return await self.inner.ask(question, server)

    async def _land(self) -> None:
        asked, turns = len(self._round), 0
        while turns < _IDLE_TURNS:
            await asyncio.sleep(0)
            asked, turns = (asked, turns + 1) if len(self._round) == asked else (len(self._round), 0)
        self._landing = None
        self.rounds.append(self._round)
        waiting, self._waiting, self._round = self._waiting, [], []
        for event in waiting:
            event.set()


class Failing:
    """A `DnsTransport` that answers some questions with `failure`, every time or the first time only."""

    def __init__(
        self, inner: DnsTransport, fails: Callable[[Question], bool], failure: Heard, *, once: bool = False
    ) -> None:
        self._inner, self._fails, self._failure, self._once = inner, fails, failure, once
        self.failed: list[Question] = []

    async def ask(self, question: Question, server: Server) -> Heard:
        if self._fails(question) and not (self._once and question in self.failed):
            self.failed.append(question)
            return self._failure
        return await self._inner.ask(question, server)


class Later:
    """A `DnsTransport` whose answers to some questions come after all the others'."""

    def __init__(self, inner: DnsTransport, late: Callable[[Question], bool], turns: int = 20) -> None:
        self._inner, self._late, self._turns = inner, late, turns

    async def ask(self, question: Question, server: Server) -> Heard:
        if self._late(question):
            for _ in range(self._turns):
                await asyncio.sleep(0)
        return await self._inner.ask(question, server)


def same(one: Lookup, other: Lookup) -> bool:
    """Whether two lookups say the same, records included."""
    return _told(one) == _told(other)


def _told(lookup: Lookup) -> tuple[object, ...]:
    return lookup.status, lookup.kind, sorted(record.wire for record in lookup.records), lookup.aliases
