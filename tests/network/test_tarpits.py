"""Servers that waste time and memory, over real sockets with limits made small (threats T-18, T-22)."""

from __future__ import annotations

import asyncio
import ssl
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dane_check.limits import SessionLimits
from dane_check.network.dialer import TcpDialer
from dane_check.network.prober import SmtpProber
from dane_check.ports import (
    ByteStream,
    DialFailure,
    Fault,
    HandshakeFailure,
    ProbeOutcome,
    ProbeRequest,
    Refusal,
    ServedChain,
    SmtpReply,
    Stage,
)

from . import pki
from .records import Sender
from .scripted import Peer, Script, ScriptedServer

# Only the limit that is to be reached is short, so that a busy machine reaches no other.
PATIENT = SessionLimits()
FLOOD = 10_000  # threats T-22
FLAT = 2 * 1024 * 1024  # octets: the session, and what the server's thread needs


class _Counting:
    """A dialer that counts the octets read from its streams."""

    def __init__(self) -> None:
        self.octets = 0

    async def open(self, address: str, port: int) -> ByteStream | DialFailure:
        stream = await TcpDialer().open(address, port)
        return stream if isinstance(stream, DialFailure) else _Counted(stream, self)


class _Counted:
    def __init__(self, inner: ByteStream, count: _Counting) -> None:
        self._inner = inner
        self._count = count

    async def read(self, octets: int) -> bytes:
        data = await self._inner.read(octets)
        self._count.octets += len(data)
        return data

    async def write(self, data: bytes) -> None:
        await self._inner.write(data)

    async def close(self) -> None:
        await self._inner.close()


def held(script: Script, limits: SessionLimits = PATIENT) -> tuple[ProbeOutcome, SmtpReply | None, int, int]:
    """What comes of a session: the outcome, the reply under TLS, octets read, and the most memory it took."""
    counting = _Counting()

    async def act(port: int) -> tuple[ProbeOutcome, SmtpReply | None]:
        prober = SmtpProber(counting, limits)
        request = ProbeRequest("127.0.0.1", port, "mx.example.test", helo="probe.example.test")
        outcome = await prober.probe(request)
        reply = await prober.after_tls(request)
        await prober.aclose()
        return outcome, reply

    with ScriptedServer(script) as server:
        asyncio.run(act(server.port))  # the first session of a process loads and makes what all later ones share
        counting.octets = 0
        tracemalloc.start()
        try:
            outcome, reply = asyncio.run(act(server.port))
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    return outcome, reply, counting.octets, most


def drip(peer: Peer, octets: bytes) -> None:
    """An octet at a time, each soon enough to look alive."""
    for octet in octets:
        peer.say(bytes([octet]))
        time.sleep(0.01)  # this is the server's thread: nobody waits for it


def _first_flight(peer: Peer) -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = pki.context("ecdsa").wrap_bio(incoming, outgoing, server_side=True)
    while not outgoing.pending:
        incoming.write(peer.socket.recv(65536))
        with pytest.raises(ssl.SSLWantReadError):
            server.do_handshake()
    return outgoing.read()


def _drips_greeting(peer: Peer) -> None:
    drip(peer, b"220 " + b"x" * 1000 + b"\r\n")


def _drips_ehlo(peer: Peer) -> None:
    peer.say(b"220 hi\r\n")
    peer.hear()
    drip(peer, b"250-mx\r\n" * 100 + b"250 STARTTLS\r\n")


def _drips_starttls(peer: Peer) -> None:
    peer.greet()
    drip(peer, b"220 " + b"x" * 1000 + b"\r\n")


def _drips_tls(peer: Peer) -> None:
    peer.greet()
    peer.say(b"220 go\r\n")
    drip(peer, _first_flight(peer))


class TestDrip:
    """One octet after the other: each read brings something, and the deadlines hold all the same (T-18)."""

    @pytest.mark.parametrize(
        ("script", "short", "stage", "refusal"),
        [
            (_drips_greeting, SessionLimits(greeting_seconds=0.4), Stage.GREETING, Refusal.BROKEN_OFF),
            (_drips_greeting, SessionLimits(session_seconds=0.4), Stage.GREETING, Refusal.BROKEN_OFF),
            (_drips_ehlo, SessionLimits(reply_seconds=0.4), Stage.EHLO, Refusal.BROKEN_OFF),
            (_drips_starttls, SessionLimits(reply_seconds=0.4), Stage.STARTTLS, Refusal.BROKEN_OFF),
            (_drips_tls, SessionLimits(handshake_seconds=0.4), Stage.HANDSHAKE, Refusal.TLS_BROKEN_OFF),
        ],
    )
    def test_the_turn_times_out_where_it_drips(
        self, script: Script, short: SessionLimits, stage: Stage, refusal: Refusal
    ) -> None:
        """L-13 and L-16 bound a whole turn and not a read, L-14 the session."""
        outcome, _, _, most = held(script, short)
        assert isinstance(outcome, HandshakeFailure)
        assert (outcome.stage, outcome.refusal, outcome.fault) == (stage, refusal, Fault.TIMEOUT)
        assert most < FLAT


class TestEndless:
    """More than anybody needs (T-18): bounded by octets and lines, not by time."""

    @pytest.mark.parametrize(
        ("banner", "words"),
        [
            (b"220-and so on\r\n" * 1000, "128 lines"),
            (b"220-" + b"x" * 100_000, "2048 octets"),
            (b"2", "2048 octets"),
        ],
    )
    @pytest.mark.parametrize("first", [b"", b"220 hi\r\n"], ids=["greeting", "EHLO"])
    def test_an_endless_reply_is_a_protocol_error(self, first: bytes, banner: bytes, words: str) -> None:
        """Endless lines, and lines without end, in the greeting and after it; memory stays flat."""

        def script(peer: Peer) -> None:
            if first:
                peer.say(first)
                peer.hear()
            while True:
                peer.say(banner.replace(b"220-", b"250-") if first else banner)

        outcome, _, octets, most = held(script)
        assert isinstance(outcome, HandshakeFailure)
        assert (outcome.refusal, outcome.fault) == (Refusal.PROTOCOL_ERROR, Fault.TOO_LARGE)
        assert words in outcome.detail
        assert octets <= 64 * 1024 + 4096
        assert most < FLAT

    @pytest.mark.parametrize("record", [b"\x16\x03\x03\x00\x00", b"\x17\x03\x03\x00\x00", b"\x14\x03\x03\x00\x01\x01"])
    def test_endless_empty_records_are_no_handshake(self, record: bytes) -> None:
        """T-22: records that say nothing, in place of a ServerHello."""

        def script(peer: Peer) -> None:
            peer.greet()
            peer.say(b"220 go\r\n")
            peer.socket.recv(65536)
            while True:
                peer.say(record * 1000)

        outcome, _, octets, most = held(script)
        assert isinstance(outcome, HandshakeFailure)
        assert (outcome.stage, outcome.refusal) == (Stage.HANDSHAKE, Refusal.TLS_GARBAGE)
        assert octets <= 2 * PATIENT.chain_octets + 1024
        assert most < FLAT


def _key_updates(sender: Sender) -> Iterator[bytes]:
    return (sender.key_update(requested=False) for _ in range(FLOOD))


def _key_updates_to_answer(sender: Sender) -> Iterator[bytes]:
    return (sender.key_update(requested=True) for _ in range(FLOOD))


def _empty_records(sender: Sender) -> Iterator[bytes]:
    return sender.empty_records(FLOOD)


class TestFloodUnderTls:
    """T-22: what a server can do once TLS is up."""

    @pytest.mark.parametrize("flood", [_key_updates, _key_updates_to_answer, _empty_records])
    def test_the_chain_stands_and_the_flood_ends(
        self, flood: Callable[[Sender], Iterator[bytes]], tmp_path: Path
    ) -> None:
        """Ten thousand KeyUpdates or empty records change no answer, and cost no more than the handshake may."""
        outcome, reply, octets, most = held(_flooding(flood, tmp_path / "keys"))
        assert isinstance(outcome, ServedChain)
        assert outcome.certificates == (pki.der("ecdsa"),)
        assert reply is None
        assert octets <= 2 * PATIENT.chain_octets + 1024
        assert most < FLAT

    def test_few_of_them_are_taken_as_they_are(self, tmp_path: Path) -> None:
        """The records of these tests are good ones: a reply behind three KeyUpdates is read."""

        def few(sender: Sender) -> Iterator[bytes]:
            yield from (sender.key_update(requested=True) for _ in range(3))
            yield from sender.empty_records(3)
            yield sender.record(b"250 mx.example.test\r\n", 23)

        _, reply, _, _ = held(_flooding(few, tmp_path / "keys"))
        assert reply == SmtpReply(250, (b"mx.example.test",))


def _flooding(flood: Callable[[Sender], Iterator[bytes]], keys: Path) -> Script:
    context = pki.context("ecdsa")
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0  # so that our first record is the server's first
    context.keylog_filename = str(keys)

    def script(peer: Peer) -> None:
        peer.greet()
        peer.say(b"220 go\r\n")
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = context.wrap_bio(incoming, outgoing, server_side=True)
        while True:
            try:
                server.do_handshake()
                break
            except ssl.SSLWantReadError:
                peer.say(outgoing.read())
                incoming.write(peer.socket.recv(65536))
        cipher = server.cipher()
        assert cipher is not None
        for record in flood(Sender(cipher[0], _secret(keys))):
            peer.say(record)
        peer.hold()

    return script


def _secret(keys: Path) -> bytes:
    """The last one logged: sessions come one after the other."""
    lines = keys.read_text(encoding="ascii").splitlines()
    return bytes.fromhex(
        next(line for line in reversed(lines) if line.startswith("SERVER_TRAFFIC_SECRET_0")).split()[2]
    )
