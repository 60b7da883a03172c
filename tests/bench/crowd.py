"""`python -m tests.bench.crowd`: many domains, to measure with: a signed world made up as it is asked for.

`d7.distinct.test` has a zone, an MX host and an address of its own; `d7.shared.test` has a zone of its own and one
of a hundred MX hosts. Every host has an A record and the TLSA record of the one certificate that is served. Nothing
is kept but keys, so a hundred thousand domains cost the server no more than ten. All of it is secure, so AD is always
set.

A line on standard input is answered by the number of sessions so far. With `--processes` several share the ports; with
`--real-ports` (root, and a network where all of 10.0.0.0/8 is local) any program can ask: port 53 of 127.0.53.53, and
port 25 of every address.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import hashlib
import mmap
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from dane_check.lab.certificates import Authority, Chain, ChainPlan
from dane_check.lab.mail.tls import Credentials, Presented, TlsStream
from dane_check.lab.map import LabMap, write_map
from dane_check.ports import Server
from tests.bench.crowd_dns import NOW, SHARED_HOSTS, World, address_of, zone


class Datagrams(asyncio.DatagramProtocol):
    """The resolver over UDP."""

    def __init__(self, reply: Callable[[bytes], bytes], seconds: float) -> None:
        self._reply, self._seconds = reply, seconds
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answers after the delay."""
        assert self._transport is not None
        asyncio.get_running_loop().call_later(self._seconds, self._transport.sendto, self._reply(data), addr)


@dataclass
class Line:
    """One connection, with a delay before everything that is sent."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    seconds: float

    async def receive(self) -> bytes:
        """Some octets."""
        return await self.reader.read(16384)

    async def send(self, octets: bytes) -> None:
        """Sends them, later."""
        await asyncio.sleep(self.seconds)
        self.writer.write(octets)


class Tally:
    """A number for each process of the crowd, in memory that all of them see."""

    def __init__(self, processes: int) -> None:
        self._memory = mmap.mmap(-1, 8 * processes)
        self._mine = 0

    def of(self, process: int) -> None:
        """From now on this process counts as that one."""
        self._mine = 8 * process

    def add(self) -> None:
        """One more."""
        struct.pack_into("Q", self._memory, self._mine, struct.unpack_from("Q", self._memory, self._mine)[0] + 1)

    def total(self) -> int:
        """Of all processes."""
        return sum(number for (number,) in struct.iter_unpack("Q", self._memory[:]))


class MailServer:
    """One certificate for all hosts; counts its sessions."""

    def __init__(self, credentials: Credentials, seconds: float, sessions: Tally) -> None:
        self._context = credentials.context(lambda _name: None)
        self._seconds = seconds
        self._sessions = sessions

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One session from the greeting to its end."""
        self._sessions.add()
        with contextlib.suppress(Exception):
            await self._session(Line(reader, writer, self._seconds))
        writer.close()

    async def _session(self, line: Line) -> None:
        await asyncio.sleep(self._seconds)  # the connection's own round trip
        await line.send(b"220 crowd ESMTP\r\n")
        await line.receive()
        await line.send(b"250-crowd\r\n250 STARTTLS\r\n")
        if not (await line.receive()).upper().startswith(b"STARTTLS"):
            return
        await line.send(b"220 go\r\n")
        tls = TlsStream(line, self._context)
        await tls.shake_hands()
        while octets := await tls.receive():
            await tls.send(b"221 bye\r\n" if octets.upper().startswith(b"QUIT") else b"250 crowd\r\n")


@dataclass(frozen=True)
class Ports:
    """Where a crowd is: the resolver, and the one mail server that stands for all."""

    resolver: Server
    mail: Server

    @classmethod
    def real(cls) -> Ports:
        """For any program, in a network that leads nowhere else: the mail server answers at every address."""
        others = [name for _, name in socket.if_nameindex() if name != "lo"]
        if others:
            raise SystemExit(f"--real-ports wants a network of its own, and here are {', '.join(others)} beside lo")
        return cls(Server("127.0.53.53", 53), Server("0.0.0.0", 25))

    @classmethod
    def free(cls) -> Ports:
        """For those that read the map."""
        held = [_shared(kind, Server("127.0.0.1", 0)) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)]
        resolver, mail = (Server(*one.getsockname()) for one in held)
        for one in held:
            one.close()
        return cls(resolver, mail)


def _shared(kind: socket.SocketKind, there: Server) -> socket.socket:
    """A socket bound where others of this crowd are bound too; the kernel deals what comes in out among them."""
    bound = socket.socket(socket.AF_INET, kind)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # sessions of servers before this one may still linger
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    bound.bind((there.address, there.port))
    return bound


async def serve(seconds: float, chain: Chain, ports: Ports, sessions: Tally, *, first: bool) -> None:
    """Until killed. The first process says when it is ready, and answers standard input."""
    spki = hashlib.sha256(chain.leaf.spki).digest()
    world = World(struct.pack("!BBB", 3, 1, 1) + spki)
    mail = MailServer(Credentials([Presented(chain)]), seconds, sessions)
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(
        lambda: Datagrams(world.reply, seconds), sock=_shared(socket.SOCK_DGRAM, ports.resolver)
    )
    await asyncio.start_server(mail.accept, sock=_shared(socket.SOCK_STREAM, ports.mail), backlog=1024)
    if first:
        loop.add_reader(sys.stdin, lambda: _answer(sessions))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
    await asyncio.Event().wait()


def write_map_of(ports: Ports, domains: int, map_file: str) -> None:
    """A lab map of so many domains' addresses."""
    addresses = [f"10.0.0.{number}" for number in range(SHARED_HOSTS)]
    addresses += [socket.inet_ntoa(address_of((b"mx", b"d%d" % n, b"distinct"))) for n in range(domains)]
    anchor = f". IN DS {zone(()).tag} 13 2 {zone(()).ds[4:].hex()}"
    mail = Server("127.0.0.1", ports.mail.port)
    Path(map_file).write_text(write_map(LabMap(ports.resolver, (anchor,), NOW, dict.fromkeys(addresses, mail))))


def _answer(sessions: Tally) -> None:
    """Any line on standard input asks how many sessions there were."""
    if not sys.stdin.readline():
        raise SystemExit
    sys.stdout.write(f"{sessions.total()}\n")
    sys.stdout.flush()


def _die_with_parent() -> None:
    with contextlib.suppress(AttributeError):  # Linux only; elsewhere whoever starts a crowd ends its process group
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def main() -> None:
    """One process, and others that share its ports."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--delay", type=float, default=0, help="milliseconds before each reply")
    arguments.add_argument("--domains", type=int, default=1000)
    arguments.add_argument("--map", required=True)
    arguments.add_argument("--processes", type=int, default=1)
    arguments.add_argument("--real-ports", action="store_true")
    chosen = arguments.parse_args()
    ports = Ports.real() if chosen.real_ports else Ports.free()
    write_map_of(ports, chosen.domains, chosen.map)
    sessions, chain = Tally(chosen.processes), Authority(NOW).chain(ChainPlan(("mx.test",)), "crowd")
    number = 0
    for other in range(1, chosen.processes):
        if os.fork() == 0:
            _die_with_parent()
            number = other
            break
    sessions.of(number)
    asyncio.run(serve(chosen.delay / 1000, chain, ports, sessions, first=number == 0))


if __name__ == "__main__":
    main()
