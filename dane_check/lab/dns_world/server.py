"""The lab's resolver on the wire: UDP and TCP on one loopback port."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.message import Message
from dns.rdatatype import RdataType

from dane_check.lab.dns_world.world import DnsWorld, Reply
from dane_check.lab.dns_world.zone import SignedSet
from dane_check.ports import Server

PAYLOAD = 1232  # octets over UDP (DNS flag day 2020)
_DNSSEC = frozenset({RdataType.NSEC, RdataType.NSEC3})
_BIND_TRIES = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as it reached the lab."""

    name: dns.name.Name
    rdtype: RdataType
    over_tcp: bool = False

    def __str__(self) -> str:
        return f"{self.name} {dns.rdatatype.to_text(self.rdtype)}"


@dataclass(frozen=True, slots=True)
class Manners:
    """How a resolver treats everything that passes through it.

    strips -- leaves out RRSIG, NSEC and NSEC3 whatever was asked. authenticates -- sets AD on everything.
    silent -- answers nothing. rcode -- answers everything with this code and nothing else.
    vouches -- sets AD on what is secure by the way the zones were made, for clients that asked with AD or DO (RFC 6840
    §5.7).
    """

    strips: bool = False
    authenticates: bool = False
    silent: bool = False
    rcode: int | None = None
    vouches: bool = False


@dataclass
class DnsServer:
    """Answers as `world` says. `seconds` delays every reply; `log` grows by every question heard."""

    world: DnsWorld
    manners: Manners = Manners()
    seconds: float = 0
    log: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None

    async def start(self, address: str = "127.0.0.1", port: int = 0) -> Server:
        """Listens; port 0 takes a free one. Raises OSError if a stated port is taken."""
        for _ in range(_BIND_TRIES):
            self._tcp = await asyncio.start_server(self._serve_tcp, address, port)
            chosen = int(self._tcp.sockets[0].getsockname()[1])
            try:
                loop = asyncio.get_running_loop()
                self._udp, _ = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(self), local_addr=(address, chosen)
                )
            except OSError:
                await self.stop()
                if port:
                    raise
                continue
            return Server(address, chosen)
        raise OSError("no port is free for both UDP and TCP")

    async def stop(self) -> None:
        """Stops listening."""
        if self._udp:
            self._udp.close()
        if self._tcp:
            self._tcp.close()

    def reply_to(self, name: dns.name.Name, rdtype: RdataType) -> Reply:
        """What is said to this question, the resolver's manners included."""
        if self.manners.silent:
            return Reply(silent=True)
        if self.manners.rcode is not None:
            return Reply(rcode=dns.rcode.Rcode(self.manners.rcode))
        return self.world.reply(name, rdtype)

    def answer(self, octets: bytes, *, over_tcp: bool) -> tuple[bytes, float] | None:
        """The reply to one datagram or TCP message and its delay in seconds; None for silence."""
        try:
            query = dns.message.from_wire(octets)
        except dns.exception.DNSException:
            return None
        if query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
            return _bare(query, dns.rcode.NOTIMP), self.seconds
        question = query.question[0]
        if question.rdclass != dns.rdataclass.IN:
            return _bare(query, dns.rcode.REFUSED), self.seconds
        rdtype = RdataType.make(question.rdtype)
        self.log.append(Asked(question.name, rdtype, over_tcp))
        reply = self.reply_to(question.name, rdtype)
        if reply.silent or (reply.truncated and over_tcp):
            return None
        sent = encode(query, reply, self.manners, over_tcp=over_tcp)
        return sent, self.seconds + reply.seconds

    async def _serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                length = int.from_bytes(await reader.readexactly(2))
                answered = self.answer(await reader.readexactly(length), over_tcp=True)
                if answered is None:
                    break
                octets, seconds = answered
                await asyncio.sleep(seconds)
                writer.write(len(octets).to_bytes(2) + octets)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went away: its right
        finally:
            writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answered = self._server.answer(data, over_tcp=False)
        if answered is None or self._transport is None:
            return
        octets, seconds = answered
        if seconds:
            asyncio.get_running_loop().call_later(seconds, self._transport.sendto, octets, addr)
        else:
            self._transport.sendto(octets, addr)


def encode(query: Message, reply: Reply, manners: Manners, *, over_tcp: bool) -> bytes:
    """The reply as octets: cut down to what was asked for, and to what fits (RFC 2181 §9, RFC 6891)."""
    dnssec = bool(query.ednsflags & dns.flags.DO) and not manners.strips
    message = _response(query, reply, manners)
    asked = query.question[0].rdtype
    for section, sets in ((message.answer, reply.answer), (message.authority, reply.authority)):
        for signed in sets:
            section.extend(_rrsets(signed, asked, dnssec=dnssec))
    octets = message.to_wire(max_size=65535, want_shuffle=False)
    room = 65535 if over_tcp else max(512, min(query.payload or 512, PAYLOAD))
    if len(octets) > room or (reply.truncated and not over_tcp):
        short = _response(query, reply, manners)
        short.flags |= dns.flags.TC
        return short.to_wire()
    return octets


def _response(query: Message, reply: Reply, manners: Manners) -> Message:
    message = dns.message.make_response(query, recursion_available=True)
    message.set_rcode(reply.rcode)
    if query.edns >= 0:
        options = _options(reply.extended_error)
        message.use_edns(0, query.ednsflags & dns.flags.DO, PAYLOAD, options=options)
    if not query.flags & dns.flags.RD:  # asked as the name server of the zones
        message.flags |= dns.flags.AA
        message.flags &= ~dns.flags.RA
    told = bool(query.flags & dns.flags.AD or query.ednsflags & dns.flags.DO)
    if reply.authenticated or manners.authenticates or (manners.vouches and told and reply.sound):
        message.flags |= dns.flags.AD
    return message


def _options(extended_error: int | None) -> list[dns.edns.Option]:
    if extended_error is None:
        return []
    return [dns.edns.EDEOption(dns.edns.EDECode.make(extended_error), "so the lab was told")]


def _rrsets(signed: SignedSet, asked: int, *, dnssec: bool) -> Iterable[dns.rrset.RRset]:
    rdtype = signed.rdataset.rdtype
    if (dnssec or rdtype not in _DNSSEC or rdtype == asked) and asked != RdataType.RRSIG:
        yield dns.rrset.from_rdata_list(signed.owner, signed.rdataset.ttl, list(signed.rdataset))
    if signed.signatures and (dnssec or asked == RdataType.RRSIG):
        yield dns.rrset.from_rdata_list(signed.owner, signed.signatures.ttl, list(signed.signatures))


def _bare(query: Message, rcode: int) -> bytes:
    message = dns.message.make_response(query)
    message.set_rcode(dns.rcode.Rcode(rcode))
    return message.to_wire()
