"""Whatever a server sends: no exception leaves the room, and no chain is reported that was not served and proven."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dane_check.limits import SessionLimits
from dane_check.network.handshake import NotShaken, Shaken, TlsChannel
from dane_check.network.starttls import Cleared, Dialogue, Ended
from dane_check.ports import ALL_KEY_TYPES, Fault, Refusal, StreamBroken

from . import pki

LIMITS = SessionLimits(line_octets=64, lines_per_reply=4, plaintext_octets=1024)
Change = Callable[[bytes], bytes]


class MemoryServer:
    """A TLS server without a network, as a `ByteStream`; `change` is done to its first flight."""

    def __init__(self, context: ssl.SSLContext, change: Change) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.server = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.change = change
        self.heard: list[bytes] = []

    async def write(self, data: bytes) -> None:
        self.heard.append(data)
        self.incoming.write(data)

    async def read(self, octets: int) -> bytes:
        with contextlib.suppress(ssl.SSLError):
            self.server.do_handshake()
        flight, self.change = self.change(self.outgoing.read()), lambda octets: octets
        return flight

    async def close(self) -> None:
        pass


class Saying:
    """A stream that says `octets` in pieces of `step` and closes."""

    def __init__(self, octets: bytes, step: int) -> None:
        self.octets, self.step = octets, step

    async def read(self, octets: int) -> bytes:
        said, self.octets = self.octets[: self.step], self.octets[self.step :]
        return said

    async def write(self, data: bytes) -> None:
        pass

    async def close(self) -> None:
        pass


@cache
def context(version: ssl.TLSVersion) -> ssl.SSLContext:
    made = pki.context("ecdsa")
    made.maximum_version = version
    return made


def shake(version: ssl.TLSVersion, change: Change) -> tuple[Shaken | NotShaken, MemoryServer]:
    async def run() -> tuple[Shaken | NotShaken, MemoryServer]:
        server = MemoryServer(context(version), change)
        channel = TlsChannel(server, "mx.example.test", ALL_KEY_TYPES, SessionLimits())
        return await channel.shake_hands(asyncio.get_running_loop().time() + 5), server

    return asyncio.run(run())


VERSIONS = st.sampled_from([ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_an_unchanged_flight_is_a_handshake(version: ssl.TLSVersion) -> None:
    """The server of these tests is a good one, as long as nobody touches its octets."""
    shaken, _ = shake(version, lambda flight: flight)
    assert isinstance(shaken, Shaken)
    assert shaken.certificates == (pki.der("ecdsa"),)


@settings(max_examples=150, deadline=None)
@given(VERSIONS, st.integers(0, 5000), st.integers(1, 255))
def test_a_changed_octet_never_changes_the_chain(version: ssl.TLSVersion, place: int, by: int) -> None:
    """With any octet of the server's flight changed there is no chain, or (in a field TLS ignores) the true one."""

    def change(flight: bytes) -> bytes:
        changed = bytearray(flight)
        changed[place % len(changed)] ^= by
        return bytes(changed)

    shaken, _ = shake(version, change)
    if isinstance(shaken, Shaken):
        assert shaken.certificates == (pki.der("ecdsa"),)
    else:
        assert shaken.refusal in {Refusal.TLS_ALERT, Refusal.TLS_GARBAGE, Refusal.TLS_BROKEN_OFF}


@settings(max_examples=100, deadline=None)
@given(VERSIONS, st.integers(0, 5000))
def test_a_cut_flight_is_no_handshake(version: ssl.TLSVersion, length: int) -> None:
    """Whatever part of the flight arrives, less than all of it proves nothing (HS-d)."""
    shaken, _ = shake(version, lambda flight: flight[: length % len(flight)])
    assert isinstance(shaken, NotShaken)
    assert shaken.refusal is Refusal.TLS_BROKEN_OFF


@settings(max_examples=100, deadline=None)
@given(VERSIONS, st.binary(min_size=1, max_size=300))
def test_octets_ahead_of_the_flight_are_no_handshake_of_ours(version: ssl.TLSVersion, octets: bytes) -> None:
    """Noise in front of the server's flight is told as a failure, without an exception."""
    shaken, _ = shake(version, lambda flight: octets + flight)
    assert isinstance(shaken, NotShaken) or shaken.certificates == (pki.der("ecdsa"),)


def _without_renegotiation_info(flight: bytes) -> bytes:
    """The ServerHello at the head of `flight` without its renegotiation_info extension (RFC 5746)."""
    extension = b"\xff\x01\x00\x01\x00"
    record_end = 5 + int.from_bytes(flight[3:5], "big")
    body = flight[9:record_end]
    place = 35 + body[34] + 3
    listed = body[place + 2 :]
    assert listed.count(extension) == 1
    listed = listed.replace(extension, b"")
    body = body[:place] + len(listed).to_bytes(2, "big") + listed
    message = b"\x02" + len(body).to_bytes(3, "big") + body
    return flight[:3] + len(message).to_bytes(2, "big") + message + flight[record_end:]


def test_a_server_without_secure_renegotiation_is_gone_along_with() -> None:
    """R9325-3.5-a: legacy servers are connected to; here we answer with our key exchange and no alert."""
    shaken, server = shake(ssl.TLSVersion.TLSv1_2, _without_renegotiation_info)
    assert isinstance(shaken, NotShaken)  # the server's Finished covers the octets we changed
    assert server.heard[1][0] == 22
    assert server.heard[1][5] == 16  # ClientKeyExchange


PHRASES = st.sampled_from(
    [b"220 mx\r\n", b"250-mx\r\n", b"250 STARTTLS\r\n", b"250 OK\r\n", b"220 go\r\n", b"454 no\r\n", b"421 bye\r\n"]
)


@given(st.lists(PHRASES | st.binary(max_size=12), max_size=8), st.integers(1, 40))
def test_no_dialogue_raises(parts: list[bytes], step: int) -> None:
    """Any octets lead to an end with a reason, or to a clear way for TLS and nothing unread behind the 220."""

    async def run() -> Cleared | Ended:
        deadline = asyncio.get_running_loop().time() + 5
        return await Dialogue(Saying(b"".join(parts), step), "me.example", LIMITS, deadline).run()

    match asyncio.run(run()):
        case Cleared(smtp):
            assert smtp.starttls is not None
            assert smtp.starttls.code == 220
            assert b"".join(parts).rstrip(b"\r\n").endswith(smtp.starttls.lines[-1].rstrip(b"\r\n"))
        case Ended(failure, _):
            assert failure.refusal in Refusal


class Slamming(MemoryServer):
    """Takes the ClientHello, answers it, and resets when our next flight comes; `last` is what it had still said."""

    def __init__(self, last: bytes) -> None:
        super().__init__(context(ssl.TLSVersion.TLSv1_2), lambda flight: flight)
        self.last = last

    async def write(self, data: bytes) -> None:
        if self.heard:
            raise StreamBroken(Fault.RESET, "EPIPE")
        await super().write(data)

    async def read(self, octets: int) -> bytes:
        return await super().read(octets) or self.last


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (
            bytes((21, 3, 3, 0, 2, 2, 48)),
            NotShaken(Refusal.TLS_ALERT, None, "the server sent alert 48 (unknown_ca)", 48),
        ),
        (b"", NotShaken(Refusal.TLS_BROKEN_OFF, Fault.RESET, "EPIPE")),
    ],
)
def test_an_alert_is_read_even_where_nothing_can_be_written(last: bytes, expected: NotShaken) -> None:
    """A server that refuses and slams the door while we write has still said why, if it said so."""

    async def run() -> Shaken | NotShaken:
        channel = TlsChannel(Slamming(last), None, ALL_KEY_TYPES, SessionLimits())
        return await channel.shake_hands(asyncio.get_running_loop().time() + 5)

    assert asyncio.run(run()) == expected
