"""A signed world whose zones have two name servers that need not agree, and whose clock is ours to move."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

import dns.rdatatype

from dane_check import Checker, Settings
from dane_check.lab import read_scenario
from dane_check.lab.memory import MemoryLab
from dane_check.ports import Fault, Heard, NoReply, Question, Server
from tests.rollover.made import NOW

DOMAIN = "roll.test"
MX = f"mx.{DOMAIN}"
FIRST, SECOND = "127.0.53.53", "203.0.113.53"  # ns.test of the lab, and the one that is added
_T = TypeVar("_T")

ZONE = f"""
@ NS ns2
ns2 A {SECOND}
@ MX 10 mx
mx A {{A}}
"""


def lab(records: str, more: str = "", now: datetime = NOW) -> MemoryLab:
    """The world with these records in its zone; `more` are further tables of the scenario."""
    text = f'''
id = "roll"
domain = "{DOMAIN}"
says = "A zone with two name servers."
rule = []
[[zone]]
records = """{ZONE}{records}"""
{more}
[[server]]
[expect]
verdict = "protected"
exit = 0
'''
    return MemoryLab(read_scenario(text), now)


def tlsa(*texts: str, owner: str = "_25._tcp.mx", ttl: int = 3600) -> str:
    """Lines of the zone; `{ee}` stands for the key that is served."""
    return "".join(f"{owner} {ttl} TLSA {text}\n" for text in texts)


class Apart:
    """Servers that give different answers: a `DnsTransport`. `changed` maps an address to what it says instead."""

    def __init__(self, inner: MemoryLab, changed: Mapping[str, MemoryLab | Fault | Callable[[Heard], Heard]]) -> None:
        self._inner = inner
        self._changed = changed
        self.asked: list[tuple[str, Question]] = []

    async def ask(self, question: Question, server: Server) -> Heard:
        if question.recursive:
            return await self._inner.ask(question, server)
        self.asked.append((str(server), question))
        match self._changed.get(server.address):
            case None:
                return await self._inner.ask(question, server)
            case MemoryLab() as other:
                return await other.ask(question, server)
            case Fault() as fault:
                return NoReply(fault, "as planned")
            case spoil:
                return spoil(await self._inner.ask(question, server))

    @property
    def asked_for_tlsa(self) -> set[str]:
        """The servers that were asked for TLSA."""
        return {server for server, question in self.asked if question.rdtype == dns.rdatatype.TLSA}


def run(
    world: MemoryLab,
    work: Callable[[Checker], Awaitable[_T]],
    transport: Apart | None = None,
    now: datetime | None = None,
    *,
    allow_reserved: bool = True,
) -> _T:
    """What a Checker in this world says."""

    async def act() -> _T:
        settings = Settings(
            resolver=str(world.resolver),
            trust_anchor=world.trust_anchor,
            now=now or world.clock.now(),
            allow_reserved=allow_reserved,
        )
        try:
            async with Checker(settings, dns=transport or world, dialer=world) as checker:
                return await work(checker)
        finally:
            await world.aclose()

    return asyncio.run(act())


WAIT = timedelta(seconds=2 * 3600)
