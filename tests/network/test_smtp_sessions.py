"""Sessions that end before TLS: every way a server can refuse, and the row of requirements §19.4 it belongs to."""

from __future__ import annotations

import asyncio

import pytest

from dane_check.errors import UsageError
from dane_check.limits import SessionLimits
from dane_check.network.dialer import TcpDialer
from dane_check.network.prober import SmtpProber
from dane_check.ports import (
    ByteStream,
    DialFailure,
    Fault,
    HandshakeFailure,
    KeyType,
    ProbeRequest,
    Refusal,
    SmtpReply,
    Stage,
)

from .probing import LIMITS, failure, hold, probe_port
from .scripted import Peer, Script, ScriptedServer, closed_port

EHLO = b"EHLO probe.example.test"
HASTY = SessionLimits(greeting_seconds=0.2, reply_seconds=0.2)


def saying(*replies: bytes) -> Script:
    """A server that says each reply in turn, hearing a command after each; then it holds the line, or parts."""

    def script(peer: Peer) -> None:
        for reply in replies:
            peer.say(reply)
            if peer.hear() == b"QUIT":
                peer.say(b"221 bye\r\n")
                return
        peer.hold()

    return script


def session(*replies: bytes) -> tuple[HandshakeFailure, list[bytes]]:
    with ScriptedServer(saying(*replies)) as server:
        outcome = probe_port(server.port)
        server.wait()
    assert isinstance(outcome, HandshakeFailure)
    return outcome, server.commands


class TestRefusals:
    """The server says no, politely; we say QUIT."""

    def test_a_rejecting_greeting(self) -> None:
        """A 5yz greeting is S4-A02, with the reply kept and QUIT said."""
        outcome, commands = session(b"554 no service\r\n")
        reply = SmtpReply(554, (b"no service",))
        assert (outcome.stage, outcome.refusal) == (Stage.GREETING, Refusal.GREETING_REJECTED)
        assert outcome.reply == outcome.smtp.greeting == reply
        assert commands == [b"QUIT"]

    def test_ehlo_and_helo_refused(self) -> None:
        """EHLO and HELO both refused is S4-A03b."""
        outcome, commands = session(b"220 hi\r\n", b"550 no\r\n", b"550 no\r\n")
        assert (outcome.stage, outcome.refusal) == (Stage.EHLO, Refusal.EHLO_REJECTED)
        assert commands == [EHLO, b"HELO probe.example.test", b"QUIT"]

    def test_421_to_ehlo(self) -> None:
        """421 to EHLO is S4-A03b; nothing more is said to a server that is leaving."""
        outcome, commands = session(b"220 hi\r\n", b"421 busy\r\n")
        assert (outcome.stage, outcome.refusal) == (Stage.EHLO, Refusal.EHLO_REJECTED)
        assert outcome.reply == SmtpReply(421, (b"busy",))
        assert commands == [EHLO, b""][: len(commands)]

    def test_only_helo_works(self) -> None:
        """A server without EHLO is S4-A03, even if its reply to HELO names STARTTLS."""
        outcome, commands = session(b"220 hi\r\n", b"502 what\r\n", b"250-mx\r\n250 STARTTLS\r\n")
        assert (outcome.stage, outcome.refusal) == (Stage.EHLO, Refusal.NO_EHLO)
        assert outcome.smtp.ehlo == SmtpReply(502, (b"what",))
        assert commands[-1] == b"QUIT"

    def test_no_starttls(self) -> None:
        """STARTTLS not advertised is S4-A04, and STARTTLS is not said."""
        outcome, commands = session(b"220 hi\r\n", b"250-mx\r\n250 SIZE 1\r\n")
        assert (outcome.stage, outcome.refusal) == (Stage.EHLO, Refusal.NO_STARTTLS)
        assert outcome.smtp.ehlo == SmtpReply(250, (b"mx", b"SIZE 1"))
        assert commands == [EHLO, b"QUIT"]

    def test_starttls_mangled(self) -> None:
        """A keyword overwritten on the way is told from one never there."""
        outcome, commands = session(b"220 hi\r\n", b"250-mx\r\n250 XXXXXXXA\r\n")
        assert (outcome.stage, outcome.refusal) == (Stage.EHLO, Refusal.STARTTLS_MANGLED)
        assert commands == [EHLO, b"QUIT"]

    @pytest.mark.parametrize("code", [454, 501, 554])
    def test_starttls_refused(self, code: int) -> None:
        """A refusal of STARTTLS is S4-A05, with its code."""
        outcome, commands = session(b"220 hi\r\n", b"250-mx\r\n250 STARTTLS\r\n", b"%d not now\r\n" % code)
        assert (outcome.stage, outcome.refusal) == (Stage.STARTTLS, Refusal.STARTTLS_REFUSED)
        assert outcome.reply == outcome.smtp.starttls == SmtpReply(code, (b"not now",))
        assert commands == [EHLO, b"STARTTLS", b"QUIT"]


class TestBrokenOff:
    """The connection, or the server's patience, ends before the 220."""

    def test_a_closed_port_refuses(self) -> None:
        """A port on which nobody listens is S4-A01, and the fault says how."""
        with closed_port() as port:
            outcome = probe_port(port)
        assert outcome == HandshakeFailure(Stage.CONNECT, Refusal.NOT_CONNECTED, Fault.REFUSED, detail="ECONNREFUSED")

    def test_closed_before_the_greeting(self) -> None:
        """An end of stream instead of a greeting is S4-A02."""
        outcome = failure(lambda peer: None)
        assert (outcome.stage, outcome.refusal) == (Stage.GREETING, Refusal.GREETING_REJECTED)
        assert outcome.fault is Fault.CLOSED

    def test_reset_before_the_greeting(self) -> None:
        """A reset instead of a greeting is a broken session, or none where it overtakes the connection."""
        outcome = failure(Peer.reset)
        assert (outcome.stage, outcome.refusal) in {
            (Stage.GREETING, Refusal.BROKEN_OFF),
            (Stage.CONNECT, Refusal.NOT_CONNECTED),
        }
        assert outcome.fault is Fault.RESET

    def test_closed_after_ehlo(self) -> None:
        """An end of stream in the dialogue is a broken session at its stage."""

        def script(peer: Peer) -> None:
            peer.say(b"220 hi\r\n")
            peer.hear()

        outcome = failure(script)
        assert (outcome.stage, outcome.refusal, outcome.fault) == (Stage.EHLO, Refusal.BROKEN_OFF, Fault.CLOSED)

    @pytest.mark.parametrize(
        ("said", "stage"),
        [
            ((), Stage.GREETING),
            ((b"220 hi\r\n",), Stage.EHLO),
            ((b"220 hi\r\n", b"250-mx\r\n250 STARTTLS\r\n"), Stage.STARTTLS),
        ],
    )
    def test_silence_times_out_where_it_falls(self, said: tuple[bytes, ...], stage: Stage) -> None:
        """Each wait has its limit (L-13)."""
        outcome = failure(saying(*said), HASTY)
        assert (outcome.stage, outcome.refusal, outcome.fault) == (stage, Refusal.BROKEN_OFF, Fault.TIMEOUT)

    def test_the_session_has_a_hard_deadline(self) -> None:
        """However long each wait may be, L-14 ends the session, the slow drip included."""

        def drip(peer: Peer) -> None:
            peer.say(b"220-")
            peer.socket.settimeout(0.01)
            for _ in range(500):
                peer.say(b"x")
                try:
                    if not peer.socket.recv(1):
                        return
                except TimeoutError:
                    continue

        outcome = failure(drip, SessionLimits(session_seconds=0.1))
        assert (outcome.stage, outcome.refusal) == (Stage.GREETING, Refusal.BROKEN_OFF)
        assert outcome.fault is Fault.TIMEOUT


class TestProtocolErrors:
    """What the server says is not SMTP, or too much of it."""

    @pytest.mark.parametrize(
        ("said", "fault"),
        [
            (b"HTTP/1.1 400 Bad Request\r\n", Fault.MALFORMED),
            (b"\x15\x03\x01\x00\x02\x02\x28", Fault.MALFORMED),
            (b"220-a\r\n250 b\r\n", Fault.MALFORMED),
            (b"220 " + b"x" * 200, Fault.TOO_LARGE),
            (b"220-x\r\n" * 6, Fault.TOO_LARGE),
        ],
    )
    def test_octets_that_are_no_reply(self, said: bytes, fault: Fault) -> None:
        """Foreign protocols, mixed codes, and lines beyond L-15 are protocol errors, told without waiting."""
        patient = SessionLimits(line_octets=100, lines_per_reply=5)
        outcome = failure(lambda peer: (peer.say(said), peer.hold())[0], patient)
        assert (outcome.stage, outcome.refusal) == (Stage.GREETING, Refusal.PROTOCOL_ERROR)
        assert outcome.fault is fault
        assert outcome.detail

    def test_endless_lines_end(self) -> None:
        """A banner without end costs no more than L-15 allows (threats T-18)."""

        def endless(peer: Peer) -> None:
            while True:
                peer.say(b"220-" + b"x" * 1000 + b"\r\n")

        outcome = failure(endless, SessionLimits(lines_per_reply=1_000_000))
        assert (outcome.refusal, outcome.fault) == (Refusal.PROTOCOL_ERROR, Fault.TOO_LARGE)
        assert "65536 octets" in outcome.detail


class TestInjection:
    """RFC 3207 §6: nothing may stand between the 220 and TLS (threats T-7)."""

    @pytest.mark.parametrize("extra", [b"250-FAKE\r\n", b"2", b"\r\n", b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00", b"\0"])
    def test_octets_in_the_segment_of_the_220(self, extra: bytes) -> None:
        """Even one octet behind the 220 ends the session, TLS-looking or not."""

        def script(peer: Peer) -> None:
            peer.greet()
            peer.say(b"220 go\r\n" + extra)
            peer.hold()

        outcome = failure(script)
        assert (outcome.stage, outcome.refusal) == (Stage.STARTTLS, Refusal.STARTTLS_INJECTION)
        assert outcome.smtp.starttls == SmtpReply(220, (b"go",))
        assert b"FAKE" not in b"".join(outcome.smtp.starttls.lines)

    def test_octets_in_a_segment_of_their_own(self) -> None:
        """Octets that lie in the kernel when the ClientHello is due are found there."""

        class Injected(_Scripted):
            def __init__(self) -> None:
                super().__init__(b"220 hi\r\n", b"250-mx\r\n250 STARTTLS\r\n", b"220 go\r\n", b"250 FAKE\r\n")

        outcome = asyncio.run(_probe_over(Injected()))
        assert (outcome.stage, outcome.refusal) == (Stage.STARTTLS, Refusal.STARTTLS_INJECTION)

    def test_no_client_hello_follows_an_injection(self) -> None:
        """After an injection nothing more is said, not even QUIT."""
        stream = _Scripted(b"220 hi\r\n", b"250-mx\r\n250 STARTTLS\r\n", b"220 go\r\nx")
        asyncio.run(_probe_over(stream))
        assert stream.written == [EHLO + b"\r\n", b"STARTTLS\r\n"]
        assert stream.closed


class _Scripted:
    """A stream whose every read gives the next segment, without waiting; then it is silent."""

    def __init__(self, *segments: bytes) -> None:
        self.segments = list(segments)
        self.written: list[bytes] = []
        self.closed = False

    async def read(self, octets: int) -> bytes:
        if not self.segments:
            await asyncio.Event().wait()
        return self.segments.pop(0)

    async def write(self, data: bytes) -> None:
        self.written.append(data)

    async def close(self) -> None:
        self.closed = True


class _DialerTo:
    def __init__(self, result: ByteStream | DialFailure) -> None:
        self.result = result

    async def open(self, address: str, port: int) -> ByteStream | DialFailure:
        return self.result


async def _probe_over(result: ByteStream | DialFailure) -> HandshakeFailure:
    prober = SmtpProber(_DialerTo(result), LIMITS)
    outcome = await prober.probe(ProbeRequest("192.0.2.1", 25, None, helo="probe.example.test"))
    await prober.aclose()
    assert isinstance(outcome, HandshakeFailure)
    return outcome


class TestRequests:
    """What cannot be asked, and what comes of a dialer's word."""

    def test_the_dialers_word_is_passed_on(self) -> None:
        """A dialer that refuses a special-purpose address is told from one that found nobody."""
        reserved = asyncio.run(_probe_over(DialFailure(Fault.RESERVED, "loopback")))
        assert reserved == HandshakeFailure(Stage.CONNECT, Refusal.RESERVED_ADDRESS, Fault.RESERVED, detail="loopback")
        away = asyncio.run(_probe_over(DialFailure(Fault.UNREACHABLE)))
        assert away == HandshakeFailure(Stage.CONNECT, Refusal.NOT_CONNECTED, Fault.UNREACHABLE)

    def test_a_dialer_that_hangs_ends_with_the_session(self) -> None:
        """The session's deadline covers the connection too."""

        class Hanging:
            async def open(self, address: str, port: int) -> ByteStream | DialFailure:
                await asyncio.Event().wait()
                raise AssertionError

        prober = SmtpProber(Hanging(), SessionLimits(session_seconds=0.02))
        outcome = asyncio.run(prober.probe(ProbeRequest("192.0.2.1", 25, None)))
        assert isinstance(outcome, HandshakeFailure)
        assert (outcome.refusal, outcome.fault) == (Refusal.NOT_CONNECTED, Fault.TIMEOUT)

    @pytest.mark.parametrize("name", ["", "a" * 254, "mx\x00.example", "mx example", "mx.exämple"])
    def test_a_name_that_cannot_be_sni_is_a_failure_and_no_packet(self, name: str) -> None:
        """Names come from DNS and may be anything: OpenSSL would cut or drop such a one silently."""
        with ScriptedServer(lambda peer: None) as server:
            outcome = probe_port(server.port, server_name=name)
        assert isinstance(outcome, HandshakeFailure)
        assert (outcome.refusal, outcome.fault) == (Refusal.NOT_CONNECTED, Fault.LOCAL)
        assert server.connections == 0

    @pytest.mark.parametrize(
        "request_",
        [
            ProbeRequest("127.0.0.1", 25, None, helo="me\r\nMAIL FROM:<>"),
            ProbeRequest("127.0.0.1", 25, None, helo=""),
            ProbeRequest("127.0.0.1", 25, None, protocol="imap"),
            ProbeRequest("127.0.0.1", 25, None, key_types=frozenset({KeyType.UNKNOWN})),
        ],
    )
    def test_what_the_caller_may_not_ask_raises(self, request_: ProbeRequest) -> None:
        """A request that cannot be spoken is the caller's mistake."""
        with pytest.raises(UsageError):
            asyncio.run(hold(request_))

    def test_a_cancelled_probe_closes_its_stream(self) -> None:
        """Nothing stays open behind a caller that gave up."""
        stream = _Scripted()

        async def give_up() -> None:
            prober = SmtpProber(_DialerTo(stream), LIMITS)
            async with asyncio.timeout(0.01):
                await prober.probe(ProbeRequest("192.0.2.1", 25, None))

        with pytest.raises(TimeoutError):
            asyncio.run(give_up())
        assert stream.closed


class TestDialer:
    """The live dialer connects to exactly the literal given."""

    @pytest.mark.parametrize("address", ["localhost", "mx.example.test", "127.1", ""])
    def test_names_are_never_resolved(self, address: str) -> None:
        """What is no IP literal is not connected to."""
        assert asyncio.run(TcpDialer().open(address, 25)) == DialFailure(Fault.LOCAL, "not an IP address")

    def test_a_slow_connection_times_out(self) -> None:
        """L-12 bounds the connection: here by a full accept queue."""
        import socket

        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            port = full.getsockname()[1]
            fillers = [socket.socket() for _ in range(3)]
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
            outcome = asyncio.run(TcpDialer(SessionLimits(connect_seconds=0.05)).open("127.0.0.1", port))
            for filler in fillers:
                filler.close()
        assert isinstance(outcome, DialFailure)
        assert outcome.fault is Fault.TIMEOUT

    def test_what_the_server_has_sent_stays_in_the_kernel(self) -> None:
        """Only what is asked for is read; the rest is still there."""

        def script(peer: Peer) -> None:
            peer.say(b"220 hello")
            peer.hold()

        async def read() -> tuple[bytes, bytes]:
            stream = await TcpDialer().open("127.0.0.1", server.port)
            assert not isinstance(stream, DialFailure)
            parts = await stream.read(4), await stream.read(100)
            await stream.close()
            return parts

        with ScriptedServer(script) as server:
            assert asyncio.run(read()) == (b"220 ", b"hello")
