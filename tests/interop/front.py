"""A front before a real name server that mistreats some questions: what broken middleboxes and old servers do.

Run as a program: `front.py ADDRESSES UPSTREAM RULES LOG`, the addresses with commas between them.
Every question it hears is a line "name type" of its log.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from tests.interop.daemon import Daemon, answers_dns

UPSTREAM_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to questions of this name (absolute, lower case) and type: "drop", or a name of an RCODE."""

    name: str
    rdtype: str
    fate: str


def front(folder: Path, addresses: list[str], upstream: str, rules: list[Rule], zone: str) -> Daemon:
    """The front, at all these addresses; ready once this zone, behind it, answers."""
    folder.mkdir()
    (folder / "rules.json").write_text(json.dumps([asdict(rule) for rule in rules]))
    arguments = [",".join(addresses), upstream, str(folder / "rules.json"), str(heard_by(folder))]
    root = Path(__file__).parents[2]
    return Daemon(
        f"front at {addresses[0]}",
        ["env", f"PYTHONPATH={root}", sys.executable, "-m", "tests.interop.front", *arguments],
        folder / "front.log",
        answers_dns(addresses[0], zone),
    )


def heard_by(folder: Path) -> Path:
    """Where the front writes what it was asked."""
    return folder / "heard"


@dataclass(frozen=True, slots=True)
class Front:
    """One front at work."""

    upstream: str
    fates: dict[tuple[str, str], str]
    log: Path

    async def reply(self, wire: bytes) -> bytes | None:
        """What is sent back for this query; None for nothing at all."""
        query = dns.message.from_wire(wire)
        asked = query.question[0]
        name, rdtype = asked.name.to_text().lower(), dns.rdatatype.to_text(asked.rdtype)
        with self.log.open("a") as log:
            log.write(f"{name} {rdtype}\n")
        match self.fates.get((name, rdtype)):
            case None:
                return await self._real(query)
            case "drop":
                return None
            case rcode:
                refusal = dns.message.make_response(query)
                refusal.set_rcode(dns.rcode.from_text(rcode))
                return refusal.to_wire()

    async def _real(self, query: dns.message.Message) -> bytes | None:
        try:
            reply = await dns.asyncquery.udp(query, self.upstream, timeout=UPSTREAM_SECONDS)
            if reply.flags & dns.flags.TC:
                reply = await dns.asyncquery.tcp(query, self.upstream, timeout=UPSTREAM_SECONDS)
        except (OSError, dns.exception.DNSException):
            return None
        return reply.to_wire(origin=None)

    async def stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One TCP connection with one question."""
        try:
            size = int.from_bytes(await reader.readexactly(2), "big")
            sent = await self.reply(await reader.readexactly(size))
            if sent is not None:
                writer.write(len(sent).to_bytes(2, "big") + sent)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass  # a client that goes away is no concern of a name server
        finally:
            writer.close()


class Datagrams(asyncio.DatagramProtocol):
    """The UDP side; each question is a task of its own, so that one that waits delays no other."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.ensure_future(self._answer(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, data: bytes, addr: tuple[str, int]) -> None:
        sent = await self._front.reply(data)
        if sent is not None:
            self._transport.sendto(sent, addr)


async def serve(addresses: str, upstream: str, rules: str, log: str) -> None:
    """Answers at these addresses until it is ended."""
    fates = {(rule["name"], rule["rdtype"]): rule["fate"] for rule in json.loads(Path(rules).read_text())}
    working = Front(upstream, fates, Path(log))
    working.log.touch()
    loop = asyncio.get_running_loop()
    servers = []
    for address in addresses.split(","):
        await loop.create_datagram_endpoint(lambda: Datagrams(working), local_addr=(address, 53))
        servers.append(await asyncio.start_server(working.stream, address, 53))
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
