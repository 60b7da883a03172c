"""Trouble by chance, the same for the same seed whatever the order in which things happen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Final

from dane_check.lab.faults.dns import DnsFault, DnsTrouble, FaultyTransport
from dane_check.lab.faults.stream import CONNECTION, FaultyDialer, StreamFault
from dane_check.lab.faults.turn import StreamTrouble
from dane_check.ports import ByteStream, Dialer, DialFailure, DnsTransport, Heard, Question, Server

DNS_TROUBLES: Final = tuple(DnsTrouble)
STREAM_TROUBLES: Final = tuple(one for one in StreamTrouble if one is not StreamTrouble.OVERSIZED)
_TURNS: Final = 6  # from the greeting to the reply to QUIT


class ErraticTransport:
    """Any transport; each question meets, by chance `rate`, one of `troubles`. `seconds` -- see `DnsFault`."""

    def __init__(
        self,
        inner: DnsTransport,
        seed: int,
        rate: float,
        *,
        troubles: Sequence[DnsTrouble] = DNS_TROUBLES,
        seconds: float = 0.01,
    ) -> None:
        self._inner = inner
        self._seed, self._rate = seed, rate
        self._troubles, self._seconds = tuple(troubles), seconds
        self._counts: Counter[Question] = Counter()
        self.happened: list[tuple[Question, DnsTrouble]] = []

    async def ask(self, question: Question, server: Server) -> Heard:
        """What is heard, perhaps spoiled."""
        self._counts[question] += 1
        chance = _chance(self._seed, question, self._counts[question])
        if chance.random() >= self._rate:
            return await self._inner.ask(question, server)
        fault = DnsFault(
            chance.choice(self._troubles),
            seconds=self._seconds,
            octet=chance.randrange(512),
            mask=1 << chance.randrange(8),
        )
        self.happened.append((question, fault.trouble))
        return await FaultyTransport(self._inner, [fault]).ask(question, server)


class ErraticDialer:
    """Any dialer; each turn of each session meets, by chance `rate`, one of `troubles`, the first one that does."""

    def __init__(
        self,
        inner: Dialer,
        seed: int,
        rate: float,
        *,
        troubles: Sequence[StreamTrouble] = STREAM_TROUBLES,
        seconds: float = 0.01,
    ) -> None:
        self._inner = inner
        self._seed, self._rate = seed, rate
        self._troubles, self._seconds = tuple(troubles), seconds
        self._counts: Counter[str] = Counter()
        self.happened: list[tuple[str, StreamTrouble]] = []

    async def open(self, address: str, port: int) -> ByteStream | DialFailure:
        """A stream, perhaps to be spoiled, or why there is none."""
        self._counts[address] += 1
        chance = _chance(self._seed, address, port, self._counts[address])
        turn = next((turn for turn in range(CONNECTION, _TURNS) if chance.random() < self._rate), None)
        if turn is None:
            return await self._inner.open(address, port)
        fault = StreamFault(
            chance.choice(self._troubles), turn=turn, mask=1 << chance.randrange(8), seconds=self._seconds
        )
        self.happened.append((address, fault.trouble))
        return await FaultyDialer(self._inner, [fault]).open(address, port)


def _chance(*seed: object) -> Random:
    return Random(" ".join(map(str, seed)))  # noqa: S311 - nothing here is a secret
