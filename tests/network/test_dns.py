"""One question to one server: wrong packets, truncation, silence, and TCP (R4035-4.1-a, R6840-5.9-a, threats T-2)."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import dns.message
import dns.name
import dns.rdatatype
import pytest

from dane_check.limits import DnsLimits
from dane_check.network.dns import IN_FLIGHT_PER_SERVER, UdpTransport
from dane_check.ports import Fault, Heard, NoReply, Question, Server
from dane_check.wire.message import Message

from .scripted import closed_port, has_ipv6

NAME = dns.name.from_text("_25._tcp.mx.example.test.")
TLSA = Question(NAME, dns.rdatatype.TLSA)
QUICK = DnsLimits(try_seconds=0.1, lookup_seconds=1.0)
PATIENT = DnsLimits(try_seconds=5.0, lookup_seconds=10.0)

Answer = Callable[[bytes], Iterable[bytes]]


def reply(query: bytes, *, tc: bool = False, rcode: int = 0, answer: str = "", name: str | None = None) -> bytes:
    """A reply to `query` on the wire."""
    asked = dns.message.from_wire(query)
    if name is not None:
        asked.question[0].name = dns.name.from_text(name)
    made = dns.message.make_response(asked)
    made.set_rcode(dns.rcode.Rcode.make(rcode))
    if tc:
        made.flags |= dns.flags.TC
    if answer:
        made.answer.append(dns.rrset.from_text(made.question[0].name, 300, "IN", "TXT", answer))
    return made.to_wire(max_size=65535)


def right(query: bytes) -> list[bytes]:
    return [reply(query, answer='"right"')]


def truncated(query: bytes) -> list[bytes]:
    return [reply(query, tc=True)]


def silent(query: bytes) -> list[bytes]:
    return []


class Scripted(asyncio.DatagramProtocol):
    """A name server: one list of packets for each datagram, one list of segments for each TCP query."""

    def __init__(self, udp: Answer, tcp: Answer | None) -> None:
        self.udp = udp
        self.tcp = tcp
        self.queries: list[bytes] = []
        self.ports: list[int] = []
        self.tcp_queries: list[bytes] = []
        self.server = Server("", 0)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.queries.append(data)
        self.ports.append(addr[1])
        for packet in self.udp(data):
            self.transport.sendto(packet, addr)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self.tcp is not None
        query = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
        self.tcp_queries.append(query)
        for segment in self.tcp(query):
            writer.write(segment)
            await writer.drain()
            await asyncio.sleep(0)
        writer.close()


def framed(*messages: bytes) -> list[bytes]:
    return [len(message).to_bytes(2, "big") + message for message in messages]


@asynccontextmanager
async def name_server(udp: Answer, tcp: Answer | None = None, address: str = "127.0.0.1") -> AsyncIterator[Scripted]:
    """UDP and, where `tcp` says what to answer, TCP on one port of loopback; otherwise TCP is refused."""
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.bind((address, 0))
        port = listener.getsockname()[1]
        scripted = Scripted(udp, tcp)
        transport, _ = await loop.create_datagram_endpoint(lambda: scripted, local_addr=(address, port))
        scripted.server = Server(address, port)
        stream = await asyncio.start_server(scripted.serve, sock=listener) if tcp else None
        try:
            yield scripted
        finally:
            transport.close()
            if stream is not None:
                stream.close()


def ask(udp: Answer, tcp: Answer | None = None, limits: DnsLimits = PATIENT) -> tuple[Heard, Scripted]:
    async def run() -> tuple[Heard, Scripted]:
        async with name_server(udp, tcp) as server:
            return await UdpTransport(limits).ask(TLSA, server.server), server

    return asyncio.run(run())


def text(heard: Heard) -> bytes:
    assert isinstance(heard, Message), heard
    return heard.answer[0].rdata[1:] if heard.answer else b""


class TestQuestion:
    """What goes out."""

    def test_do_and_cd_are_set_and_the_buffer_is_1232(self) -> None:
        """DO and CD are set, AD is not, EDNS offers 1232 octets (R4035-4.1-a, R6840-5.9-a)."""
        _, server = ask(right)
        asked = dns.message.from_wire(server.queries[0])
        assert asked.question[0].name == NAME
        assert asked.flags & (dns.flags.CD | dns.flags.AD) == dns.flags.CD
        assert asked.ednsflags & dns.flags.DO
        assert asked.payload == 1232

    def test_ids_and_ports_are_fresh_each_time(self) -> None:
        """Thirty questions show thirty ids and thirty source ports, give or take chance (RFC 5452 §9.2)."""

        async def run() -> Scripted:
            async with name_server(right) as server:
                transport = UdpTransport()
                for _ in range(30):
                    assert isinstance(await transport.ask(TLSA, server.server), Message)
                return server

        server = asyncio.run(run())
        assert len({query[:2] for query in server.queries}) > 25
        assert len(set(server.ports)) > 20

    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1",
            pytest.param("::1", marks=pytest.mark.skipif(not has_ipv6(), reason="no IPv6 loopback on this machine")),
        ],
    )
    def test_both_families_are_spoken(self, address: str) -> None:
        """A server is asked at exactly its address and port."""

        async def run() -> Heard:
            async with name_server(right, address=address) as server:
                return await UdpTransport().ask(TLSA, server.server)

        assert text(asyncio.run(run())) == b"right"


class TestWrongPackets:
    """The TuDoor rule: what is not the answer is ignored until the try's time is up."""

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda query: bytes([query[0] ^ 1]) + reply(query, answer='"forged"')[1:],
            lambda query: reply(query, answer='"forged"', name="_25._tcp.other.example.test."),
            lambda query: query,
            lambda query: b"",
            lambda query: query[:2],
            lambda query: b"\xff" * 600,
            lambda query: reply(query)[:11],
        ],
        ids=["id", "question", "echo", "empty", "only-id", "noise", "short"],
    )
    def test_the_right_reply_wins_over_what_came_first(self, wrong: Callable[[bytes], bytes]) -> None:
        """A forged, foreign or broken packet ahead of the reply changes nothing."""
        heard, server = ask(lambda query: [wrong(query), *right(query)])
        assert text(heard) == b"right"
        assert len(server.queries) == 1

    def test_a_flood_of_wrong_packets_does_not_stop_the_clock(self) -> None:
        """The try ends on time even while packets keep coming."""
        heard, _ = ask(lambda query: [b"\0" * 20] * 200, limits=QUICK)
        assert isinstance(heard, NoReply)
        assert heard.fault is Fault.TIMEOUT

    def test_names_compare_without_regard_to_case(self) -> None:
        """A server may echo the question in other letters."""
        heard, _ = ask(lambda query: [reply(query, answer='"right"', name="_25._TCP.MX.Example.Test.")])
        assert text(heard) == b"right"

    def test_a_packet_from_elsewhere_is_not_heard(self) -> None:
        """Only the server asked is listened to: the socket is connected to it."""

        async def run() -> Heard:
            loop = asyncio.get_running_loop()
            async with name_server(silent) as server, name_server(silent) as stranger:
                asking = loop.create_task(UdpTransport(QUICK).ask(TLSA, server.server))
                while not server.queries:
                    await asyncio.sleep(0)
                forged = reply(server.queries[0], answer='"forged"')
                stranger.transport.sendto(forged, ("127.0.0.1", server.ports[0]))
                return await asking

        heard = asyncio.run(run())
        assert isinstance(heard, NoReply)

    @pytest.mark.parametrize("rcode", [1, 2, 3, 4, 5])
    def test_every_rcode_is_a_message(self, rcode: int) -> None:
        """SERVFAIL and its kin are answers of the server, not trouble of the transport."""
        heard, server = ask(lambda query: [reply(query, rcode=rcode)])
        assert isinstance(heard, Message)
        assert heard.rcode == rcode
        assert len(server.queries) == 1


class TestTcp:
    """TCP on truncation and on doubt (RFC 7766)."""

    def test_truncation_leads_to_tcp(self) -> None:
        """TC=1 is asked again over TCP, with an id of its own, and nothing of the UDP reply is kept."""
        heard, server = ask(truncated, lambda query: framed(*right(query)))
        assert text(heard) == b"right"
        assert len(server.queries) == len(server.tcp_queries) == 1
        assert server.queries[0][2:] == server.tcp_queries[0][2:]

    def test_a_reply_in_single_octets_is_put_together(self) -> None:
        """TCP segments mean nothing: the length prefix does."""
        heard, _ = ask(truncated, lambda query: [bytes([octet]) for octet in framed(*right(query))[0]])
        assert text(heard) == b"right"

    def test_a_large_reply_comes_whole(self) -> None:
        """Replies may be as large as the length prefix can say."""
        long = " ".join(f'"{n:0250}"' for n in range(200))
        heard, _ = ask(truncated, lambda query: framed(reply(query, answer=long)))
        assert isinstance(heard, Message)
        assert len(heard.octets) > 50_000

    @pytest.mark.parametrize(
        "tcp",
        [
            None,
            lambda query: [],
            lambda query: [b"\0"],
            lambda query: [framed(*right(query))[0][:-1]],
            lambda query: framed(b""),
            lambda query: framed(b"\0\0" + reply(query)[2:]),
            lambda query: framed(reply(query, name="other.example.test.")),
            lambda query: framed(reply(query, tc=True)),
        ],
        ids=["refused", "closed", "half-length", "cut", "empty", "id", "question", "truncated"],
    )
    def test_truncation_without_tcp_is_truncated(self, tcp: Answer | None) -> None:
        """Where TCP fails, whatever the way, the reply is truncated and no message at all."""
        heard, server = ask(truncated, tcp, QUICK)
        assert isinstance(heard, NoReply)
        assert heard.fault is Fault.TRUNCATED
        assert len(server.queries) == QUICK.tries

    @pytest.mark.parametrize("spoil", [lambda wire: wire[:-1], lambda wire: wire[:6] + b"\0\5" + wire[8:]])
    def test_a_malformed_reply_leads_to_tcp(self, spoil: Callable[[bytes], bytes]) -> None:
        """Octets with our id and question that cannot be read are doubted, not believed and not fatal."""
        broken: Answer = lambda query: [spoil(reply(query, answer='"x"'))]  # noqa: E731
        heard, _ = ask(broken, lambda query: framed(*right(query)))
        assert text(heard) == b"right"
        heard, _ = ask(broken, None, QUICK)
        assert isinstance(heard, NoReply)
        assert heard.fault is Fault.MALFORMED

    def test_a_malformed_reply_is_not_the_last_word_without_tcp(self) -> None:
        """Where TCP is closed, the next try over UDP may still bring the answer (threats T-2, D-25)."""
        replies = iter([lambda query: [reply(query, answer='"x"')[:-1]], right])
        heard, server = ask(lambda query: next(replies)(query))
        assert text(heard) == b"right"
        assert len(server.queries) == 2

    def test_silence_over_udp_leads_to_tcp_in_the_last_try(self) -> None:
        """A path that drops UDP, or large UDP, still gives an answer (R4035-4.1-a)."""
        heard, server = ask(silent, lambda query: framed(*right(query)), QUICK)
        assert text(heard) == b"right"
        assert len(server.queries) == QUICK.tries

    def test_words_over_tcp_say_more_than_silence_over_udp(self) -> None:
        """Where UDP is silent and TCP speaks nonsense, the nonsense is reported."""
        heard, _ = ask(silent, lambda query: framed(b"\0" * 40), QUICK)
        assert isinstance(heard, NoReply)
        assert heard.fault is Fault.MALFORMED


class TestTries:
    """L-1: three tries, bounded together; a transient fault costs time and nothing else (D-25)."""

    @pytest.mark.parametrize("lost", [1, 2])
    def test_lost_packets_are_asked_again(self, lost: int) -> None:
        """One or two lost packets end in the calm answer, each with a new id."""
        replies = iter([silent] * lost + [right])
        heard, server = ask(lambda query: next(replies)(query), limits=QUICK)
        assert text(heard) == b"right"
        assert len(server.queries) == lost + 1
        assert len({query[:2] for query in server.queries}) == lost + 1

    def test_a_late_reply_to_an_earlier_try_is_not_taken(self) -> None:
        """Each try listens on its own port for its own id."""
        kept: list[bytes] = []

        def late(query: bytes) -> list[bytes]:
            kept.append(query)
            return [] if len(kept) == 1 else [reply(kept[0], answer='"late"'), *right(query)]

        heard, _ = ask(late, limits=QUICK)
        assert text(heard) == b"right"

    def test_a_reply_that_came_while_nobody_listened_counts(self) -> None:
        """A process that is busy past the time of a try is late itself: the server was not."""

        def right_and_busy(query: bytes) -> Iterator[bytes]:
            yield from right(query)
            time.sleep(3 * QUICK.try_seconds)  # in the turn in which it answered

        heard, there = ask(right_and_busy, limits=QUICK)
        assert b"right" in text(heard)
        assert len(there.queries) == 1

    def test_silence_is_a_timeout_within_the_bound(self) -> None:
        """Nothing at all is a time-out after as many tries as allowed."""
        heard, server = ask(silent, limits=DnsLimits(try_seconds=0.02, lookup_seconds=1))
        assert isinstance(heard, NoReply)
        assert heard.fault is Fault.TIMEOUT
        assert len(server.queries) == 3

    def test_the_whole_is_bounded_too(self) -> None:
        """However long a try may last, one question ends when its time is up."""
        heard, server = ask(silent, limits=DnsLimits(try_seconds=5, lookup_seconds=0.05))
        assert heard == NoReply(Fault.TIMEOUT, "nothing within 0.05 s")
        assert len(server.queries) == 1

    def test_a_closed_port_is_refused(self) -> None:
        """ICMP port unreachable over UDP and RST over TCP are told from silence, at once."""
        with closed_port(socket.SOCK_DGRAM) as port:
            heard = asyncio.run(UdpTransport().ask(TLSA, Server("127.0.0.1", port)))
        assert isinstance(heard, NoReply)
        assert heard.fault is Fault.REFUSED

    @pytest.mark.parametrize("address", ["localhost", "ns.example.test", ""])
    def test_names_are_never_resolved(self, address: str) -> None:
        """A server is an address; anything else is refused here and asked of nobody."""
        assert asyncio.run(UdpTransport().ask(TLSA, Server(address))) == NoReply(Fault.LOCAL, "not an IP address")

    def test_no_more_questions_at_once_than_the_server_can_buffer(self) -> None:
        """Questions beyond the limit wait their turn; all are answered."""
        in_flight: list[int] = []

        async def run() -> list[Heard]:
            held: list[tuple[bytes, Any]] = []

            async with name_server(silent) as server:

                def hold(query: bytes) -> list[bytes]:
                    held.append((query, server.ports[-1]))
                    return []

                server.udp = hold
                transport = UdpTransport(PATIENT)
                asking = asyncio.gather(*(transport.ask(TLSA, server.server) for _ in range(200)))
                while not asking.done():
                    before = -1
                    while before != len(held) or not held:
                        before = len(held)
                        await asyncio.sleep(0)
                        if asking.done():
                            break
                    in_flight.append(len(held))
                    for query, port in held:
                        server.transport.sendto(reply(query, answer='"right"'), ("127.0.0.1", port))
                    held.clear()
                return await asking

        heard = asyncio.run(run())
        assert [text(one) for one in heard] == [b"right"] * 200
        assert max(in_flight) <= IN_FLIGHT_PER_SERVER

    def test_waiting_for_a_turn_is_charged_to_no_try(self) -> None:
        """A question behind others at the same server keeps its whole time."""

        async def run() -> Heard:
            async with name_server(silent) as server:
                transport = UdpTransport(DnsLimits(tries=1, try_seconds=0.1, lookup_seconds=0.15))
                server.udp = lambda query: right(query) if len(server.queries) > IN_FLIGHT_PER_SERVER else []
                questions = (transport.ask(TLSA, server.server) for _ in range(IN_FLIGHT_PER_SERVER + 1))
                return (await asyncio.gather(*questions))[-1]

        assert text(asyncio.run(run())) == b"right"
