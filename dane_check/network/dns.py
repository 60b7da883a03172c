"""One question to one server: UDP first, TCP on truncation or doubt (RFC 1035 §4.2, RFC 7766, RFC 5452).

Each try has a socket of its own, so a source port chosen afresh by the system, and an id from the system's
generator. Octets that are not the answer to this try are ignored until the try's time is up: a forged or
broken packet must not be able to end a question (threats T-2; the TuDoor rule).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Final
from weakref import WeakValueDictionary

from dane_check.limits import DnsLimits
from dane_check.network.dialer import SocketStream, connect, family_of
from dane_check.network.faults import fault_of, name_of
from dane_check.network.servers import parse_server, system_resolvers
from dane_check.ports import DialFailure, Fault, Heard, NoReply, Question, Server, StreamBroken
from dane_check.wire.message import Malformed, read
from dane_check.wire.query import is_truncated, replies_to, write_query

__all__ = ["UdpTransport", "parse_server", "system_resolvers"]

# The default socket buffer of a Linux server holds some 270 small packets; 500 questions at once lost some.
IN_FLIGHT_PER_SERVER: Final = 64
_UNHEARD: Final = 64  # packets looked at when time is up; more are a flood
_HOPELESS: Final = frozenset({Fault.UNREACHABLE, Fault.NO_FAMILY, Fault.LOCAL})
_DOUBTS: Final = frozenset({Fault.TRUNCATED, Fault.MALFORMED, Fault.TOO_LARGE})


class UdpTransport:
    """The live `DnsTransport`.

    At most `limits.tries` tries of `limits.try_seconds` each, together at most `limits.lookup_seconds` (L-1);
    waiting for a free place at the server is charged to no try. The last try goes over UDP and TCP at once,
    so that a path which drops one of them still gives an answer.
    """

    def __init__(self, limits: DnsLimits | None = None) -> None:
        self._limits = limits or DnsLimits()
        self._gates: WeakValueDictionary[Server, asyncio.Semaphore] = WeakValueDictionary()  # while anybody waits

    async def ask(self, question: Question, server: Server) -> Heard:
        """The reply to `question` from `server`, or why there is none. Never raises for the network."""
        try:
            family_of(server.address)
        except ValueError:
            return NoReply(Fault.LOCAL, "not an IP address")
        query = write_query(question.name, question.rdtype, 0, recursive=question.recursive)
        gate = self._gates.get(server) or self._gates.setdefault(server, asyncio.Semaphore(IN_FLIGHT_PER_SERVER))
        async with gate:
            try:
                async with asyncio.timeout(self._limits.lookup_seconds):
                    return await self._ask(query, server)
            except TimeoutError:
                return NoReply(Fault.TIMEOUT, f"nothing within {self._limits.lookup_seconds:g} s")

    async def ask_over_tcp(self, question: Question, server: Server) -> Heard:
        """The reply to one try over TCP alone, to know whether it gets through. Never raises for the network."""
        return await self._over_tcp(write_query(question.name, question.rdtype, 0), server)

    async def _ask(self, query: bytes, server: Server) -> Heard:
        for _ in range(self._limits.tries - 1):
            heard = await self._over_udp(query, server)
            if not isinstance(heard, NoReply) or heard.fault in _HOPELESS:
                return heard
            if heard.fault is Fault.REFUSED:
                break
            if heard.fault in _DOUBTS:
                over_tcp = await self._over_tcp(query, server)
                if not isinstance(over_tcp, NoReply):
                    return over_tcp
        return await self._over_both(query, server)

    async def _over_both(self, query: bytes, server: Server) -> Heard:
        loop = asyncio.get_running_loop()
        by_udp = loop.create_task(self._over_udp(query, server))
        by_tcp = loop.create_task(self._over_tcp(query, server))
        pending: set[asyncio.Task[Heard]] = {by_udp, by_tcp}
        try:
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    if not isinstance(task.result(), NoReply):
                        return task.result()
            return _either(by_udp.result(), by_tcp.result())
        finally:
            by_udp.cancel()
            by_tcp.cancel()
            await asyncio.gather(by_udp, by_tcp, return_exceptions=True)

    async def _over_udp(self, query: bytes, server: Server) -> Heard:
        try:
            with _udp_socket(server) as connected:
                asked = _with_new_id(query)
                try:
                    async with asyncio.timeout(self._limits.try_seconds):
                        connected.send(asked)
                        return await self._listen(connected, asked)
                except TimeoutError:
                    return self._unheard(connected, asked)
        except OSError as error:
            return NoReply(fault_of(error, family_of(server.address)), name_of(error))

    def _unheard(self, connected: socket.socket, asked: bytes) -> Heard:
        """What came in time while this process was too busy to hear it, or that nothing did."""
        with contextlib.suppress(BlockingIOError):
            for _ in range(_UNHEARD):
                octets = connected.recv(self._limits.message_octets)
                if replies_to(octets, asked):
                    return self._read(octets)
        return NoReply(Fault.TIMEOUT, f"nothing within {self._limits.try_seconds:g} s over UDP")

    async def _listen(self, connected: socket.socket, asked: bytes) -> Heard:
        while True:
            await _readable(connected)
            with contextlib.suppress(BlockingIOError):  # the system took back what it announced
                octets = connected.recv(self._limits.message_octets)
                if replies_to(octets, asked):
                    return self._read(octets)
            await asyncio.sleep(0)  # a flood of wrong packets must not keep the clock from running

    async def _over_tcp(self, query: bytes, server: Server) -> Heard:
        stream: SocketStream | DialFailure | None = None
        try:
            async with asyncio.timeout(self._limits.try_seconds):
                stream = await connect(server.address, server.port)
                if isinstance(stream, DialFailure):
                    return NoReply(stream.fault, stream.detail)
                return await self._exchange(stream, query)
        except TimeoutError:
            return NoReply(Fault.TIMEOUT, f"nothing within {self._limits.try_seconds:g} s over TCP")
        except StreamBroken as broken:
            return NoReply(broken.fault, broken.detail)
        finally:
            if isinstance(stream, SocketStream):
                await stream.close()

    async def _exchange(self, stream: SocketStream, query: bytes) -> Heard:
        asked = _with_new_id(query)
        await stream.write(len(asked).to_bytes(2, "big") + asked)
        octets = int.from_bytes(await _exactly(stream, 2), "big")
        if octets > self._limits.message_octets:
            return NoReply(Fault.TOO_LARGE, f"{octets} octets over TCP")
        reply = await _exactly(stream, octets)
        if replies_to(reply, asked):
            return self._read(reply)
        # Nobody off the path can put octets into this stream: what is wrong here is the server's own.
        return NoReply(Fault.MALFORMED, "not the answer to our question")

    def _read(self, octets: bytes) -> Heard:
        if is_truncated(octets):
            return NoReply(Fault.TRUNCATED)
        try:
            return read(octets, self._limits)
        except Malformed as error:
            return NoReply(Fault.MALFORMED, str(error))


def _with_new_id(query: bytes) -> bytes:
    return os.urandom(2) + query[2:]


@contextlib.contextmanager
def _udp_socket(server: Server) -> Iterator[socket.socket]:
    """A new socket that hears only `server`, and hears ICMP errors about it. Raises OSError."""
    with socket.socket(family_of(server.address), socket.SOCK_DGRAM) as connected:
        connected.setblocking(False)
        connected.connect((server.address, server.port))
        yield connected


async def _readable(connected: socket.socket) -> None:
    """Waits, and takes nothing: a packet that the loop reads for a task whose time is up would be lost."""
    loop = asyncio.get_running_loop()
    readable: asyncio.Future[None] = loop.create_future()

    def tell() -> None:
        if not readable.done():
            readable.set_result(None)

    loop.add_reader(connected, tell)
    try:
        await readable
    finally:
        loop.remove_reader(connected)


async def _exactly(stream: SocketStream, octets: int) -> bytes:
    received = bytearray()
    while len(received) < octets:
        part = await stream.read(octets - len(received))
        if not part:
            raise StreamBroken(Fault.CLOSED, "closed before the end of the message")
        received += part
    return bytes(received)


def _either(by_udp: Heard, by_tcp: Heard) -> Heard:
    """A message if there is one; of two failures UDP's, unless it is mere silence and TCP said something wrong."""
    if not isinstance(by_udp, NoReply):
        return by_udp
    if not isinstance(by_tcp, NoReply):
        return by_tcp
    if by_udp.fault is Fault.TIMEOUT and by_tcp.fault in _DOUBTS:
        return by_tcp
    return NoReply(by_udp.fault, f"{by_udp.detail}; over TCP {by_tcp.fault.value}".lstrip("; "))
