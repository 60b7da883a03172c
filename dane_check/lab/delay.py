"""Distance: wrappers at the ports that add a fixed round-trip time to everything."""

from __future__ import annotations

import asyncio

from dane_check.ports import ByteStream, Dialer, DialFailure, DnsTransport, Heard, Question, Server


class DelayedTransport:
    """Any transport, every reply `seconds` later."""

    def __init__(self, inner: DnsTransport, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds

    async def ask(self, question: Question, server: Server) -> Heard:
        """The reply, after the delay."""
        await asyncio.sleep(self._seconds)
        return await self._inner.ask(question, server)


class DelayedDialer:
    """Any dialer; connecting and the first octets after each turn of ours come `seconds` later."""

    def __init__(self, inner: Dialer, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds

    async def open(self, address: str, port: int) -> ByteStream | DialFailure:
        """A delayed stream, or why there is none."""
        await asyncio.sleep(self._seconds)
        opened = await self._inner.open(address, port)
        return opened if isinstance(opened, DialFailure) else DelayedStream(opened, self._seconds)


class DelayedStream:
    """Any stream; the first read, and the first one after each write, waits `seconds`."""

    def __init__(self, inner: ByteStream, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds
        self._our_turn_ended = True

    async def read(self, octets: int) -> bytes:
        """What the inner stream reads, later."""
        if self._our_turn_ended:
            await asyncio.sleep(self._seconds)
            self._our_turn_ended = False
        return await self._inner.read(octets)

    async def write(self, data: bytes) -> None:
        """Writes at once."""
        self._our_turn_ended = True
        await self._inner.write(data)

    async def close(self) -> None:
        """Closes the inner stream."""
        await self._inner.close()
