"""Trouble with connections: any dialer, with one turn of one session spoiled."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from dane_check.lab.faults.impostor import Impostor
from dane_check.lab.faults.turn import StreamTrouble, Then, Turn, spoiled
from dane_check.ports import ByteStream, Dialer, DialFailure, Fault, StreamBroken

CONNECTION: Final = -1  # the turn before the first: the connection itself
_TURN_OCTETS: Final = 64 * 1024
_FOREVER: Final = 1e6  # seconds: longer than any session, and still exact in a clock of floats


@dataclass(frozen=True, slots=True)
class StreamFault:
    """Trouble with connections.

    address -- of those to this address, None for any. nth -- counted from 1 over them; None: each of them.
    turn -- 0 is the greeting, n what is read after the n-th time that we spoke, `CONNECTION` the connection.
    octet -- counted from 0 over the turn, from its end if negative; None is its middle, and for a reset its start.
    mask -- the bits to flip.
    seconds -- of a delay, and between the octets of a slow turn.
    tls -- the context an impostor speaks TLS with, for `OVERSIZED`.
    """

    trouble: StreamTrouble
    nth: int | None = None
    address: str | None = None
    turn: int = 0
    octet: int | None = None
    mask: int = 1
    seconds: float = 0
    tls: Callable[[], ssl.SSLContext] | None = None

    def of(self, said: bytes) -> Turn:
        """What becomes of a turn."""
        middle = 0 if self.trouble is StreamTrouble.RESET else len(said) // 2
        at = middle if self.octet is None else self.octet
        at = at if at >= 0 else max(0, len(said) + at)
        return spoiled(self.trouble, said, at, self.mask, self.seconds)


class FaultyDialer:
    """Any dialer with a plan of trouble."""

    def __init__(self, inner: Dialer, plan: Iterable[StreamFault]) -> None:
        self._inner = inner
        self._plan = tuple(plan)
        self._counts: Counter[str] = Counter()
        self._count = 0

    async def open(self, address: str, port: int) -> ByteStream | DialFailure:
        """A stream that breaks as planned, or why there is none."""
        self._counts[address] += 1
        self._count += 1
        due = [fault for fault in self._plan if self._is_due(fault, address)]
        for fault in due:
            if fault.turn == CONNECTION or fault.trouble is StreamTrouble.REFUSE:
                refused = await _unconnected(fault)
                if refused is not None:
                    return refused
        stream = await self._inner.open(address, port)
        if isinstance(stream, DialFailure):
            return stream
        for fault in due:
            if fault.turn != CONNECTION:
                stream = FaultyStream(stream, fault)
        return stream

    def _is_due(self, fault: StreamFault, address: str) -> bool:
        count = self._count if fault.address is None else self._counts[address]
        return fault.address in (None, address) and fault.nth in (None, count)


async def _unconnected(fault: StreamFault) -> DialFailure | None:
    match fault.trouble:
        case StreamTrouble.DELAY:
            await asyncio.sleep(fault.seconds)
            return None
        case StreamTrouble.DROP:
            await asyncio.sleep(_FOREVER)
        case StreamTrouble.RESET:
            return DialFailure(Fault.RESET, "reset by plan")
    return DialFailure(Fault.REFUSED, "refused by plan")


class FaultyStream:
    """Any stream with one spoiled turn. A turn is what the inner stream gives in one read, as much as it has."""

    def __init__(self, inner: ByteStream, fault: StreamFault) -> None:
        self._inner = inner
        self._fault = fault
        self._turn = 0
        self._was_read = False
        self._spoiled: Turn | None = None
        self._left = b""

    async def read(self, octets: int) -> bytes:
        """What the inner stream reads, in the turn of the fault spoiled. Raises StreamBroken."""
        self._was_read = True
        if self._turn != self._fault.turn:
            return await self._rest(octets) if self._spoiled else await self._inner.read(octets)
        if self._spoiled is None:
            self._spoiled = self._fault.of(await self._inner.read(_TURN_OCTETS))
            self._left = self._spoiled.octets
        return await self._rest(octets)

    async def _rest(self, octets: int) -> bytes:
        """Nothing is lost where the reader gives up while it waits."""
        assert self._spoiled is not None
        if self._left:
            await asyncio.sleep(self._spoiled.seconds)
            count = 1 if self._spoiled.single else octets
            data, self._left = self._left[:count], self._left[count:]
            return data
        match self._spoiled.then:
            case Then.GO_ON:
                return await self._inner.read(octets)
            case Then.END:
                return b""
            case Then.RESET:
                raise StreamBroken(Fault.RESET, "reset by plan")
            case Then.AGAIN:
                self._left = self._spoiled.octets
                await asyncio.sleep(0)  # a flood must not keep the clock from running
                return await self._rest(octets)
            case Then.SILENCE:
                await asyncio.sleep(_FOREVER)
                return b""

    async def write(self, data: bytes) -> None:
        """Writes as the inner stream does. Raises StreamBroken."""
        if self._was_read or not self._turn:
            self._turn, self._was_read = self._turn + 1, False
        if self._spoiled and self._spoiled.then is Then.RESET and not self._left:
            raise StreamBroken(Fault.RESET, "reset by plan")
        self._perhaps_take_over()
        await self._inner.write(data)

    def _perhaps_take_over(self) -> None:
        fault = self._fault
        its_turn = fault.trouble is StreamTrouble.OVERSIZED and self._turn == fault.turn
        if its_turn and fault.tls is not None and not isinstance(self._inner, Impostor):
            self._inner = Impostor(self._inner, fault.tls())

    async def close(self) -> None:
        """Closes the inner stream."""
        await self._inner.close()
