"""Somebody else in the server's place: a stream that from now on speaks TLS with a context of its own."""

from __future__ import annotations

import asyncio
import ssl

from dane_check.ports import ByteStream

_OCTETS = 64 * 1024


class Impostor:
    """Shakes hands in memory with whoever writes, takes all that follows, and says nothing more."""

    def __init__(self, deposed: ByteStream, context: ssl.SSLContext) -> None:
        self._deposed = deposed
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._said = asyncio.Event()

    async def read(self, octets: int) -> bytes:
        """What the impostor says."""
        while not self._outgoing.pending:
            self._said.clear()
            await self._said.wait()
        return self._outgoing.read(octets)

    async def write(self, data: bytes) -> None:
        """Takes the octets, and goes on with the handshake as far as they allow."""
        self._incoming.write(data)
        try:
            self._tls.do_handshake()
            self._tls.read(_OCTETS)
        except ssl.SSLError:
            pass  # more is wanted, or it is over: either way the peer finds out by what it reads
        self._said.set()

    async def close(self) -> None:
        """Closes the stream that was taken over."""
        await self._deposed.close()
