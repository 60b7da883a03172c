"""Faults and delays at the ports: each does its own harm at the place asked for, and no other."""

from __future__ import annotations

import asyncio
from collections import deque

import dns.message
import dns.name
import dns.rdatatype
import pytest

from dane_check.lab.delay import DelayedDialer, DelayedTransport
from dane_check.lab.faults import (
    DnsFault,
    DnsTrouble,
    FaultyDialer,
    FaultyTransport,
    StreamFault,
    StreamTrouble,
)
from dane_check.ports import ByteStream, DialFailure, Fault, Heard, NoReply, Question, Server, StreamBroken
from dane_check.wire.message import Message, read

NAME = dns.name.from_text("mx.one.test")
ADDRESS = Question(NAME, dns.rdatatype.A)
TLSA = Question(NAME, dns.rdatatype.TLSA)
ANYWHERE = Server("127.0.0.1", 53)


class Echo:
    """A transport that answers every question with an empty reply."""

    async def ask(self, question: Question, server: Server) -> Heard:
        query = dns.message.make_query(question.name, dns.rdatatype.RdataType.make(question.rdtype))
        return read(dns.message.make_response(query).to_wire())


class Script:
    """A stream that has some octets to read, and a dialer that opens it."""

    def __init__(self, octets: bytes = b"") -> None:
        self._octets = deque([octets])
        self.written = b""
        self.closed = False

    async def open(self, address: str, port: int) -> ByteStream | DialFailure:
        return Script(self._octets[0])

    async def read(self, octets: int) -> bytes:
        data = self._octets.pop()
        self._octets.append(data[octets:])
        return data[:octets]

    async def write(self, data: bytes) -> None:
        self.written += data

    async def close(self) -> None:
        self.closed = True


def heard(plan: list[DnsFault], *questions: Question) -> list[Heard]:
    """What comes of questions under a plan."""

    async def act() -> list[Heard]:
        transport = FaultyTransport(Echo(), plan)
        return [await transport.ask(question, ANYWHERE) for question in questions]

    return asyncio.run(act())


def test_only_the_nth_question_is_dropped() -> None:
    """The second question meets silence, the first and third are answered."""
    found = heard([DnsFault(DnsTrouble.DROP, nth=2)], ADDRESS, ADDRESS, ADDRESS)
    assert [isinstance(one, NoReply) for one in found] == [False, True, False]


def test_questions_are_counted_by_type() -> None:
    """The first TLSA question is spoiled, whatever was asked before it."""
    plan = [DnsFault(DnsTrouble.DROP, nth=1, rdtype=dns.rdatatype.TLSA)]
    found = heard(plan, ADDRESS, TLSA, TLSA)
    assert [isinstance(one, NoReply) for one in found] == [False, True, False]


def test_servfail_keeps_id_and_question() -> None:
    """The reply is that of the question, with rcode 2 and no records."""
    (found,) = heard([DnsFault(DnsTrouble.SERVFAIL)], TLSA)
    assert isinstance(found, Message)
    assert (found.rcode, found.question, found.answer) == (2, (NAME, dns.rdatatype.TLSA), ())


def test_corruption_flips_the_bits_asked_for() -> None:
    """One octet of the reply differs; a message that can no longer be read is malformed."""
    plain, flipped = heard([DnsFault(DnsTrouble.CORRUPT, nth=2, octet=3, mask=5)], ADDRESS, ADDRESS)
    assert isinstance(plain, Message)
    assert isinstance(flipped, Message)
    differing = [i for i, (a, b) in enumerate(zip(plain.octets[2:], flipped.octets[2:], strict=True), 2) if a != b]
    assert (differing, plain.rcode, flipped.rcode) == ([3], 0, 5)
    (broken,) = heard([DnsFault(DnsTrouble.CORRUPT, octet=7)], ADDRESS)
    assert isinstance(broken, NoReply)
    assert broken.fault is Fault.MALFORMED


def test_a_reply_to_another_question_is_handed_to_nobody() -> None:
    """Where the question itself is changed, there is no reply to the one asked (RFC 5452 §9.1)."""
    (other,) = heard([DnsFault(DnsTrouble.CORRUPT, octet=13)], ADDRESS)
    assert isinstance(other, NoReply)


def read_all(plan: list[StreamFault], connections: int = 1) -> list[bytes | Fault]:
    """What can be read from each of some connections with the octets `0123456789`."""

    async def one(dialer: FaultyDialer) -> bytes | Fault:
        stream = await dialer.open("192.0.2.1", 25)
        if isinstance(stream, DialFailure):
            return stream.fault
        data = b""
        try:
            while more := await stream.read(100):
                data += more
        except StreamBroken as broken:
            return data or broken.fault
        return data

    async def act() -> list[bytes | Fault]:
        dialer = FaultyDialer(Script(b"0123456789"), plan)
        return [await one(dialer) for _ in range(connections)]

    return asyncio.run(act())


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (StreamTrouble.RESET, b"0123"),
        (StreamTrouble.TRUNCATE, b"0123"),
        (StreamTrouble.CORRUPT, b"012356789"[:4] + b"556789"),
        (StreamTrouble.DELAY, b"0123456789"),
        (StreamTrouble.REFUSE, Fault.REFUSED),
    ],
)
def test_streams_break_at_the_octet(trouble: StreamTrouble, expected: bytes | Fault) -> None:
    """Four octets come through, then the trouble begins."""
    assert read_all([StreamFault(trouble, octet=4)]) == [expected]


def test_a_reset_is_told_as_one() -> None:
    """At octet 0 there is nothing but the reset."""
    assert read_all([StreamFault(StreamTrouble.RESET)]) == [Fault.RESET]


def test_only_the_nth_connection_is_refused() -> None:
    """The first connection is refused, the second is not."""
    assert read_all([StreamFault(StreamTrouble.REFUSE, nth=1)], 2) == [Fault.REFUSED, b"0123456789"]


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds slept, which nobody waits for."""
    seconds: list[float] = []

    async def sleep(delay: float) -> None:
        seconds.append(delay)

    monkeypatch.setattr("dane_check.lab.delay.asyncio.sleep", sleep)
    return seconds


def test_delays_are_round_trips(slept: list[float]) -> None:
    """Connecting, the first read, and each first read after a write wait; further reads and writes do not."""

    async def act() -> list[int]:
        stream = await DelayedDialer(Script(b"0123"), 0.5).open("192.0.2.1", 25)
        assert not isinstance(stream, DialFailure)
        counts = [len(slept)]
        for step in (stream.read(1), stream.read(1), stream.write(b"x"), stream.read(1)):
            await step
            counts.append(len(slept))
        return counts

    assert asyncio.run(act()) == [1, 2, 2, 2, 3]
    assert set(slept) == {0.5}


def test_a_delayed_transport_answers_later(slept: list[float]) -> None:
    """The reply is the inner one, the delay later."""
    found = asyncio.run(DelayedTransport(Echo(), 0.5).ask(ADDRESS, ANYWHERE))
    assert isinstance(found, Message)
    assert slept == [0.5]
