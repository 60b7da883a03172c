"""One scenario without a socket: its resolver and servers behind port objects, all in one event loop.

Nothing here waits for a kernel, so that an event loop with a clock of its own can run time-outs in no time, and
the same steps happen in the same order every time.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from dane_check.errors import UsageError
from dane_check.lab.dns_world.server import DnsServer, Manners
from dane_check.lab.dns_world.world import DnsWorld
from dane_check.lab.lab import anchors
from dane_check.lab.mail.script import Port
from dane_check.lab.mail.server import SmtpServer
from dane_check.lab.mail.tls import Credentials
from dane_check.lab.map import SMTP, LabClock
from dane_check.lab.scenario import ResolverTable, Scenario
from dane_check.lab.stage import Staged, foundations, stage
from dane_check.ports import (
    ByteStream,
    DialFailure,
    Fault,
    Heard,
    NoReply,
    Question,
    Server,
    StreamBroken,
)
from dane_check.wire.message import Malformed, read
from dane_check.wire.query import is_truncated, write_query


class MemoryLab:
    """One scenario, built once, to be asked and dialled from any event loop. A `DnsTransport` and a `Dialer`.

    Raises `UsageError` for a scenario that cannot be built.
    """

    resolver = Server("192.0.2.53")

    def __init__(self, scenario: Scenario, now: datetime) -> None:
        built = stage([scenario], now)
        if not built.staged:
            raise UsageError(f"scenario {scenario.id} found no address")
        self.staged: Staged = built.staged[0]
        self.clock = LabClock(now)
        self.trust_anchor = anchors(now)
        table = scenario.resolver or ResolverTable()
        world = DnsWorld([*foundations(), *self.staged.zones], now, table.root_key)
        self._dns = DnsServer(world, Manners(table.strips, table.authenticates, table.silent, table.rcode))
        self.servers = {
            placed.address: SmtpServer(
                placed.name,
                placed.address,
                placed.host,
                placed.script,
                Credentials(placed.presented, placed.script),
            )
            for placed in self.staged.servers
        }
        self._sessions: set[asyncio.Task[None]] = set()

    async def ask(self, question: Question, server: Server) -> Heard:
        """The lab's reply; silence is told at once as a time-out. See `ports.DnsTransport`."""
        query = write_query(question.name, question.rdtype, 0, recursive=question.recursive)
        answered = self._dns.answer(query, over_tcp=False)
        if answered is not None and is_truncated(answered[0]):
            answered = self._dns.answer(query, over_tcp=True)
            if answered is None:
                return NoReply(Fault.TRUNCATED, "and TCP fails")
        if answered is None:
            return NoReply(Fault.TIMEOUT, "the lab stays silent")
        octets, seconds = answered
        await asyncio.sleep(seconds)
        try:
            return read(octets)
        except Malformed as error:
            return NoReply(Fault.MALFORMED, str(error))

    async def open(self, address: str, port: int) -> ByteStream | DialFailure:
        """A stream to the server at that address. See `ports.Dialer`."""
        server = self.servers.get(address)
        if port != SMTP or server is None:
            return DialFailure(Fault.UNREACHABLE, "not an address of the lab")
        match server.script.port:
            case Port.CLOSED:
                return DialFailure(Fault.REFUSED)
            case Port.BLACKHOLE:
                return DialFailure(Fault.TIMEOUT, "a black hole of the lab")
        ours, theirs = _pair()
        task = asyncio.create_task(server.hold(theirs))
        self._sessions.add(task)
        task.add_done_callback(self._sessions.discard)
        return ours

    async def aclose(self) -> None:
        """Ends the sessions still held; to be called in the event loop they are held in."""
        left = list(self._sessions)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def _pair() -> tuple[_Client, _Peer]:
    to_server, to_client = asyncio.StreamReader(), asyncio.StreamReader()
    return _Client(to_client, to_server), _Peer(to_server, to_client)


class _Client:
    """Our side: a `ByteStream`."""

    def __init__(self, incoming: asyncio.StreamReader, outgoing: asyncio.StreamReader) -> None:
        self._incoming = incoming
        self._outgoing = outgoing

    async def read(self, octets: int) -> bytes:
        return await self._incoming.read(octets)

    async def write(self, data: bytes) -> None:
        if (broken := self._incoming.exception()) is not None:
            raise broken
        if not self._outgoing.at_eof():
            self._outgoing.feed_data(data)

    async def close(self) -> None:
        self._outgoing.feed_eof()


class _Peer:
    """The server's side, as `mail.server.Plain` has it."""

    def __init__(self, incoming: asyncio.StreamReader, outgoing: asyncio.StreamReader) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._ended = False

    async def receive(self) -> bytes:
        return await self._incoming.read(16384)

    async def send(self, octets: bytes) -> None:
        if not self._ended:
            self._outgoing.feed_data(octets)

    def reset(self) -> None:
        self._ended = True
        self._outgoing.set_exception(StreamBroken(Fault.RESET))

    def close(self) -> None:
        if not self._ended:
            self._ended = True
            self._outgoing.feed_eof()
