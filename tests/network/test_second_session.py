"""The second session with an address, brought up beside the first: it waits at its 220 and is nobody's until then."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from dane_check.network.prober import SmtpProber
from dane_check.ports import (
    ByteStream,
    DialFailure,
    Fault,
    HandshakeFailure,
    KeyType,
    ProbeRequest,
    Refusal,
    StreamBroken,
)

from .probing import LIMITS

FIRST = ProbeRequest("192.0.2.1", 25, "mx.example.test", helo="probe.example.test")
SECOND = replace(FIRST, key_types=frozenset({KeyType.ECDSA}))
UP = (b"220 mx ESMTP\r\n", b"250-mx\r\n250 STARTTLS\r\n", b"220 go\r\n")
PLAIN = (b"220 mx ESMTP\r\n", b"250 mx\r\n")
ALERT = b"\x15\x03\x03\x00\x02\x02\x28"  # handshake_failure, as a server sends that has no such certificate
TOO_MANY = b"421 4.7.0 too many sessions\r\n"


class Line:
    """A stream whose reads give one segment after the other; then it is silent. An exception among them is raised."""

    def __init__(self, *segments: bytes | StreamBroken) -> None:
        self.segments = list(segments)
        self.written: list[bytes] = []
        self.closed = False

    async def read(self, octets: int) -> bytes:
        if not self.segments:
            await asyncio.Event().wait()
        segment = self.segments.pop(0)
        if isinstance(segment, StreamBroken):
            raise segment
        return segment

    async def write(self, data: bytes) -> None:
        self.written.append(data)

    async def close(self) -> None:
        self.closed = True


class Lines:
    """A dialer that gives out these lines in their order."""

    def __init__(self, *lines: Line) -> None:
        self._left = list(lines)

    async def open(self, address: str, port: int) -> ByteStream | DialFailure:
        return self._left.pop(0) if self._left else DialFailure(Fault.REFUSED)


async def turns() -> None:
    """Whatever can go on without us has gone on."""
    for _ in range(50):
        await asyncio.sleep(0)


async def second_after(meanwhile: tuple[bytes | StreamBroken, ...], *lines: Line) -> HandshakeFailure:
    """What the second session comes to where the waiting one, `lines[1]`, heard `meanwhile` while it waited."""
    prober = SmtpProber(Lines(*lines), LIMITS, courtesy_seconds=0)
    prober.will_follow(FIRST)
    await prober.probe(FIRST)
    await turns()
    lines[1].segments += meanwhile
    outcome = await prober.probe(SECOND)
    await prober.aclose()
    assert isinstance(outcome, HandshakeFailure)
    return outcome


@pytest.mark.parametrize("octets", [ALERT, b"250 FAKE\r\n", b"421 4.4.2 timeout\r\n", b"\x16\x03\x03"])
def test_what_was_said_before_our_client_hello_answers_nothing(octets: bytes) -> None:
    """RFC 3207 §6: octets that came while the session waited are no reply to it; another session is held instead."""
    lines = Line(*PLAIN), Line(*UP), Line(*PLAIN)
    outcome = asyncio.run(second_after((octets,), *lines))
    assert outcome.refusal is Refusal.NO_STARTTLS  # what the third line says
    assert lines[1].written == [b"EHLO probe.example.test\r\n", b"STARTTLS\r\n"]
    assert all(line.closed for line in lines)


@pytest.mark.parametrize("end", [b"", StreamBroken(Fault.RESET)])
def test_a_server_that_hung_up_meanwhile_is_asked_anew(end: bytes | StreamBroken) -> None:
    """A server that waited too long for us has not said what it would answer."""
    lines = Line(*PLAIN), Line(*UP), Line(*PLAIN)
    assert asyncio.run(second_after((end,), *lines)).refusal is Refusal.NO_STARTTLS


@pytest.mark.parametrize(
    "refused", [(TOO_MANY,), (UP[0], TOO_MANY), (UP[0], UP[1], b"454 no\r\n"), (*UP[:2], UP[2] + b"x")]
)
def test_a_server_that_lets_one_session_through_at_a_time_is_asked_anew(refused: tuple[bytes, ...]) -> None:
    """What the second session beside the first one came to is not held against the server."""
    lines = Line(*PLAIN), Line(*refused), Line(*PLAIN)
    assert asyncio.run(second_after((), *lines)).refusal is Refusal.NO_STARTTLS


@pytest.mark.parametrize("first", [PLAIN, (UP[0], b"")])
def test_a_session_that_nobody_came_for_is_ended(first: tuple[bytes, ...]) -> None:
    """Nothing stays open behind us, wanted or not."""
    lines = Line(*first), Line(*UP)

    async def run() -> None:
        prober = SmtpProber(Lines(*lines), LIMITS, courtesy_seconds=0)
        prober.will_follow(FIRST)
        await prober.probe(FIRST)
        await turns()
        await prober.aclose()

    asyncio.run(run())
    assert all(line.closed for line in lines)
