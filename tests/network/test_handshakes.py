"""Sessions that come to TLS: the chain as served, what we offer, and how a handshake fails (S4-A07, S4-A08)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

import pytest
from cryptography import x509

from dane_check.limits import SessionLimits
from dane_check.network.dialer import TcpDialer
from dane_check.network.prober import SmtpProber
from dane_check.ports import (
    ALL_KEY_TYPES,
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

from . import pki
from .probing import LIMITS, failure, probe, probe_port, served
from .scripted import Peer, Script, ScriptedServer

RSA = frozenset({KeyType.RSA})
ECDSA = frozenset({KeyType.ECDSA})
EDDSA = frozenset({KeyType.EDDSA})

EHLO = b"EHLO probe.example.test"


def with_tls(context: ssl.SSLContext) -> Script:
    """A well-behaved server: TLS, one EHLO, QUIT."""

    def script(peer: Peer) -> None:
        peer.start_tls(context)
        peer.hear()
        peer.say(b"250-mx.example.test\r\n250 SIZE 1\r\n")
        peer.hear()
        peer.say(b"221 bye\r\n")

    return script


def answering(octets: bytes, then: Callable[[Peer], None] = Peer.hold) -> Script:
    """A server that answers the ClientHello with `octets`."""

    def script(peer: Peer) -> None:
        peer.greet()
        peer.say(b"220 go\r\n")
        peer.socket.recv(65536)
        peer.say(octets)
        then(peer)

    return script


class TestServedChain:
    """The chain is taken as served (HS-a), however weak it is (HS-b)."""

    @pytest.mark.parametrize(
        ("kind", "key_type"),
        [
            ("rsa", KeyType.RSA),
            ("ecdsa", KeyType.ECDSA),
            ("ed25519", KeyType.EDDSA),
            ("ed448", KeyType.EDDSA),
        ],
    )
    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    def test_each_certificate_type_is_captured(self, kind: str, key_type: KeyType, version: ssl.TLSVersion) -> None:
        """RSA, ECDSA and EdDSA leaves arrive under both versions, with the facts of the negotiation."""
        context = pki.context(kind)
        context.maximum_version = version
        chain = served(probe(with_tls(context)))
        assert chain.certificates == (pki.der(kind),)
        assert chain.key_type is key_type
        assert chain.tls.protocol == version.name.replace("_", ".")
        assert chain.tls.cipher
        assert chain.tls.group == "x25519"

    def test_a_server_with_a_group_of_its_own_is_met(self) -> None:
        """A HelloRetryRequest costs a round trip and nothing else."""
        context = pki.context("ecdsa")
        context.set_ecdh_curve("secp384r1")
        assert served(probe(with_tls(context))).tls.group == "secp384r1"

    def test_the_clear_dialogue_is_kept(self) -> None:
        """What was said before TLS is reported, and nothing from after it."""
        smtp = served(probe(with_tls(pki.context("ecdsa")))).smtp
        assert smtp.greeting == SmtpReply(220, (b"mx.example.test ESMTP",))
        assert smtp.ehlo == SmtpReply(250, (b"mx.example.test", b"STARTTLS"))
        assert smtp.starttls == SmtpReply(220, (b"go ahead",))
        assert smtp.ehlo_after_tls is None

    def test_the_chain_keeps_its_order_and_its_strangers(self) -> None:
        """Extra, repeated and unrelated certificates stay where the server put them."""
        extra = (pki.certificate("rsa"), pki.certificate("ed25519"), pki.certificate("rsa"))
        chain = served(probe(with_tls(pki.context("ecdsa", extra=extra))))
        assert chain.certificates == tuple(map(pki.der, ("ecdsa", "rsa", "ed25519", "rsa")))
        assert chain.key_type is KeyType.ECDSA

    def test_a_weak_leaf_is_captured(self) -> None:
        """RSA-768 with a SHA-1 signature is served and reported: judging it is not our business here."""
        chain = served(probe(with_tls(pki.weak_context())))
        assert chain.certificates == (pki.weak_der(),)
        assert chain.key_type is KeyType.RSA

    def test_a_certificate_that_other_parsers_refuse_is_captured(self) -> None:
        """The octets arrive as served even where a stricter parser would not read them (threats T-19)."""
        odd = pki.of_version_four()
        with pytest.raises(x509.InvalidVersion):
            x509.load_der_x509_certificate(odd)
        chain = served(probe(with_tls(pki.context_of(odd, "ecdsa"))))
        assert chain.certificates == (odd,)
        assert chain.key_type is KeyType.ECDSA

    def test_a_served_chain_within_the_limits_is_whole(self) -> None:
        """Twenty certificates are the limit, inclusive (L-17)."""
        extra = (pki.certificate("rsa"),) * 19
        assert len(served(probe(with_tls(pki.context("ecdsa", extra=extra)))).certificates) == 20

    @pytest.mark.parametrize(
        ("extra", "limits", "word"),
        [
            ((pki.certificate("rsa"),) * 20, LIMITS, "21 certificates"),
            ((pki.certificate("ecdsa", padding=70_000),), LIMITS, "larger than 65536"),
            ((pki.certificate("rsa"),) * 4, SessionLimits(chain_octets=2500), "a chain larger than 2500"),
        ],
    )
    def test_a_chain_beyond_the_limits_is_refused(self, extra: tuple, limits: SessionLimits, word: str) -> None:
        """Too many or too large certificates are no served chain (L-17), and the limit is named."""
        outcome = failure(with_tls(pki.context("ecdsa", extra=extra)), limits)
        assert (outcome.stage, outcome.refusal) == (Stage.HANDSHAKE, Refusal.TLS_GARBAGE)
        assert outcome.fault is Fault.TOO_LARGE
        assert word in outcome.detail

    def test_a_chain_beyond_openssls_own_cap_fails(self) -> None:
        """A certificate message of more than 100 KiB never becomes a chain."""
        extra = (pki.certificate("ecdsa", padding=60_000), pki.certificate("ecdsa", padding=59_000))
        outcome = failure(with_tls(pki.context("ecdsa", extra=extra)))
        assert (outcome.stage, outcome.refusal) == (Stage.HANDSHAKE, Refusal.TLS_GARBAGE)


class TestCertificateTypes:
    """S4-A22: with two certificates at one server, both are seen."""

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    def test_a_dual_server_shows_each_type_asked_for(self, version: ssl.TLSVersion) -> None:
        """Offering one type only brings that type's certificate, under TLS 1.2 and 1.3 alike."""
        context = pki.context("rsa", "ecdsa")
        context.maximum_version = version
        with ScriptedServer(with_tls(context)) as server:
            by_rsa = served(probe_port(server.port, key_types=RSA))
            by_ecdsa = served(probe_port(server.port, key_types=ECDSA))
            everything = served(probe_port(server.port))
        assert (by_rsa.certificates, by_rsa.key_type) == ((pki.der("rsa"),), KeyType.RSA)
        assert (by_ecdsa.certificates, by_ecdsa.key_type) == ((pki.der("ecdsa"),), KeyType.ECDSA)
        assert everything.key_type in {KeyType.RSA, KeyType.ECDSA}
        assert by_rsa.tls.protocol == by_ecdsa.tls.protocol == version.name.replace("_", ".")

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    @pytest.mark.parametrize(
        ("has", "asked"),
        [("rsa", ECDSA), ("rsa", EDDSA), ("ecdsa", RSA), ("ecdsa", EDDSA), ("ed25519", RSA), ("ed25519", ECDSA)],
    )
    def test_a_type_not_there_is_answered_by_an_alert(
        self, has: str, asked: frozenset[KeyType], version: ssl.TLSVersion
    ) -> None:
        """A server without the type asked for says handshake_failure: that is "not offered" (S4-A07b)."""
        context = pki.context(has)
        context.maximum_version = version
        with ScriptedServer(with_tls(context)) as server:
            outcome = probe_port(server.port, key_types=asked)
        assert isinstance(outcome, HandshakeFailure)
        assert (outcome.stage, outcome.refusal, outcome.fault) == (Stage.HANDSHAKE, Refusal.TLS_ALERT, None)
        assert "40 (handshake_failure)" in outcome.detail

    def test_two_of_three_types_may_be_asked_for(self) -> None:
        """Any set of types can be offered."""
        with ScriptedServer(with_tls(pki.context("rsa", "ed25519"))) as server:
            outcome = served(probe_port(server.port, key_types=ECDSA | EDDSA))
        assert outcome.key_type is KeyType.EDDSA


class TestServerName:
    """R7672-8.1-a: SNI is the name asked for, exactly."""

    @pytest.mark.parametrize("name", ["mx.example.test", "xn--bcher-kva.example", "_25.odd_label.example", None])
    def test_the_name_is_sent(self, name: str | None) -> None:
        """What the request names is what the server sees; None sends no extension."""
        seen: list[str | None] = []
        context = pki.context("ecdsa")
        context.sni_callback = lambda _socket, server_name, _context: seen.append(server_name)
        with ScriptedServer(with_tls(context)) as server:
            served(probe_port(server.port, server_name=name))
        assert seen == [name]

    def test_a_server_that_insists_on_another_name_refuses_by_alert(self) -> None:
        """R7671-3-c: unrecognized_name is an alert like any other."""
        context = pki.context("ecdsa")
        context.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        outcome = failure(with_tls(context))
        assert (outcome.refusal, outcome.detail) == (
            Refusal.TLS_ALERT,
            "the server sent alert 112 (unrecognized_name)",
        )


class TestDisagreement:
    """Servers with which no sender could agree: S4-A07, alert."""

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_a_server_of_tls_1_1_only(self) -> None:
        """TLS 1.0 and 1.1 are never negotiated (R8996-2-a); the alert's name tells why."""
        context = pki.context("rsa")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        outcome = failure(with_tls(context))
        assert (outcome.stage, outcome.refusal) == (Stage.HANDSHAKE, Refusal.TLS_ALERT)
        assert outcome.detail == "the server sent alert 70 (protocol_version)"

    def test_a_server_that_answers_with_tls_1_0(self) -> None:
        """A ServerHello of an older version is refused by us, as a version mismatch."""
        hello = b"\x03\x01" + bytes(32) + b"\x00" + b"\xc0\x14" + b"\x00" + b"\x00\x00"
        record = b"\x16\x03\x01" + (len(hello) + 4).to_bytes(2, "big") + b"\x02" + len(hello).to_bytes(3, "big")
        outcome = failure(answering(record + hello))
        assert (outcome.refusal, outcome.detail) == (
            Refusal.TLS_ALERT,
            "we answered with alert 70 (protocol_version)",
        )

    def test_a_server_without_a_certificate(self) -> None:
        """Anonymous suites are not offered, so a server with nothing else has none in common with us."""
        context = pki.context(ciphers="aNULL")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        outcome = failure(with_tls(context))
        assert (outcome.refusal, outcome.detail) == (
            Refusal.TLS_ALERT,
            "the server sent alert 40 (handshake_failure)",
        )

    @pytest.mark.parametrize("number", [20, 40, 47, 71, 80, 116, 200])
    def test_an_alert_is_named_by_its_number(self, number: int) -> None:
        """Whatever alert the server sends, the failure says which."""
        outcome = failure(answering(bytes((21, 3, 3, 0, 2, 2, number)), lambda peer: None))
        assert (outcome.refusal, outcome.fault) == (Refusal.TLS_ALERT, None)
        assert f"alert {number} (" in outcome.detail

    def test_an_alert_is_heard_over_the_reset_behind_it(self) -> None:
        """A server that says why and then slams the door has said why."""
        outcome = failure(answering(bytes((21, 3, 3, 0, 2, 2, 40)), Peer.reset))
        assert (outcome.refusal, outcome.fault) == (Refusal.TLS_ALERT, None)

    def test_a_warning_is_not_the_failure(self) -> None:
        """A warning alert ahead of what really failed does not take its place."""
        warning = bytes((21, 3, 3, 0, 2, 1, 112))
        outcome = failure(answering(warning + b"\x16\x03\x03\x00\x04\x02\x00\x00\x00"))
        assert (outcome.refusal, outcome.detail) == (
            Refusal.TLS_GARBAGE,
            "we answered with alert 50 (decode_error)",
        )


class TestGarbage:
    """Octets that are not TLS, or not a certificate: S4-A07, garbage."""

    @pytest.mark.parametrize(
        "octets",
        [
            b"454 TLS not available\r\n",
            b"<html></html>",
            b"\x00\x00\x00\x00\x00\x00",
            b"\x16\x05\x03\x00\x01\x00",
            b"\x16\x03\x03\xff\xff" + bytes(100),
            b"\x16\x03\x03\x00\x04\x02\x00\x00\x00",
            b"\x17\x03\x03\x00\x01x",
            b"\x16\x03\x03\x40\x00\x02\xff\xff\xff" + bytes(16380),
        ],
    )
    def test_octets_that_are_not_tls(self, octets: bytes) -> None:
        """Text, other protocols, impossible records and messages are garbage, and no alert is invented."""
        outcome = failure(answering(octets))
        assert (outcome.stage, outcome.refusal) == (Stage.HANDSHAKE, Refusal.TLS_GARBAGE)
        assert outcome.fault is Fault.MALFORMED

    def test_a_certificate_that_cannot_be_read(self) -> None:
        """A leaf that is no DER ends the handshake by our alert: no sender could go on either."""
        outcome = failure(_playing("ecdsa", ssl.TLSVersion.TLSv1_2, lambda octets: _spoil(octets, "ecdsa")))
        assert (outcome.stage, outcome.refusal) == (Stage.HANDSHAKE, Refusal.TLS_GARBAGE)
        assert outcome.fault is Fault.MALFORMED

    def test_handshake_octets_are_bounded(self) -> None:
        """However well-formed, no more octets are taken than twice the largest chain (threats T-22)."""
        outcome = failure(with_tls(pki.context("rsa")), SessionLimits(chain_octets=500))
        assert (outcome.stage, outcome.refusal) == (Stage.HANDSHAKE, Refusal.TLS_GARBAGE)
        assert (outcome.fault, outcome.detail) == (Fault.TOO_LARGE, "more than 1000 octets of TLS")

    def test_endless_records_end(self) -> None:
        """Records that say nothing do not keep the session alive."""

        def flood(peer: Peer) -> None:
            while True:
                peer.say(b"\x14\x03\x03\x00\x01\x01" * 1000)

        outcome = failure(answering(b"", flood))
        assert (outcome.stage, outcome.refusal) == (Stage.HANDSHAKE, Refusal.TLS_GARBAGE)


def _spoil(flight: bytes, kind: str) -> bytes:
    assert pki.der(kind) in flight
    return flight.replace(pki.der(kind), b"\x30\x03\x02\x01\x01" + pki.der(kind)[5:])


def _playing(
    kind: str, version: ssl.TLSVersion, change: Callable[[bytes], bytes], then: Callable[[Peer], None] = Peer.hold
) -> Script:
    """A server whose first flight is real, but changed on its way to the client."""

    def script(peer: Peer) -> None:
        peer.greet()
        peer.say(b"220 go\r\n")
        context = pki.context(kind)
        context.maximum_version = version
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = context.wrap_bio(incoming, outgoing, server_side=True)
        while not outgoing.pending:
            incoming.write(peer.socket.recv(65536))
            with pytest.raises(ssl.SSLWantReadError):
                server.do_handshake()
        peer.say(change(outgoing.read()))
        then(peer)

    return script


def _without_its_last_record(flight: bytes) -> bytes:
    ends = [0]
    while ends[-1] < len(flight):
        ends.append(ends[-1] + 5 + int.from_bytes(flight[ends[-1] + 3 : ends[-1] + 5], "big"))
    assert len(ends) > 2
    return flight[: ends[-2]]


class TestBrokenOff:
    """HS-d: without the server's Finished there is no chain, whatever certificate was seen."""

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    @pytest.mark.parametrize(
        ("then", "fault"),
        [(Peer.hold, Fault.TIMEOUT), (lambda peer: None, Fault.CLOSED), (Peer.reset, Fault.RESET)],
    )
    def test_a_server_that_stops_after_its_certificate(
        self, version: ssl.TLSVersion, then: Callable[[Peer], None], fault: Fault
    ) -> None:
        """A certificate without a Finished proves nothing: S4-A08, and the fault says how it ended."""
        limits = SessionLimits(handshake_seconds=0.3) if fault is Fault.TIMEOUT else LIMITS
        outcome = failure(_playing("ecdsa", version, _without_its_last_record, then), limits)
        assert (outcome.stage, outcome.refusal) == (Stage.HANDSHAKE, Refusal.TLS_BROKEN_OFF)
        assert outcome.fault is fault

    def test_a_server_that_never_finishes_tls_1_2(self) -> None:
        """In TLS 1.2 the server's Finished comes last; a whole first flight is not enough."""
        outcome = failure(
            _playing("ecdsa", ssl.TLSVersion.TLSv1_2, lambda flight: flight, lambda peer: peer.socket.recv(65536))
        )
        assert (outcome.stage, outcome.refusal) == (Stage.HANDSHAKE, Refusal.TLS_BROKEN_OFF)

    def test_a_forged_finished_is_no_handshake(self) -> None:
        """A spoilt last record is garbage, not a chain (threats T-11)."""
        outcome = failure(
            _playing("ecdsa", ssl.TLSVersion.TLSv1_3, lambda flight: flight[:-1] + bytes([flight[-1] ^ 1]))
        )
        assert (outcome.stage, outcome.refusal) == (Stage.HANDSHAKE, Refusal.TLS_GARBAGE)

    def test_silence_after_the_client_hello(self) -> None:
        """The handshake has its own limit (L-16)."""
        outcome = failure(answering(b""), SessionLimits(handshake_seconds=0.05))
        assert (outcome.refusal, outcome.fault) == (Refusal.TLS_BROKEN_OFF, Fault.TIMEOUT)

    def test_the_session_ends_during_the_handshake(self) -> None:
        """L-14 is inside no other limit: the whole session's deadline falls in the handshake here."""
        outcome = failure(answering(b""), SessionLimits(session_seconds=0.4))
        assert (outcome.refusal, outcome.fault) == (Refusal.TLS_BROKEN_OFF, Fault.TIMEOUT)

    def test_closed_after_the_220(self) -> None:
        """An end of stream instead of a ServerHello is S4-A08."""
        outcome = failure(answering(b"", lambda peer: None))
        assert (outcome.refusal, outcome.fault) == (Refusal.TLS_BROKEN_OFF, Fault.CLOSED)

    def test_close_notify_is_an_end_and_no_refusal(self) -> None:
        """A server that closes TLS in order before it is up has not refused anything."""
        outcome = failure(answering(b"\x15\x03\x03\x00\x02\x01\x00"))
        assert (outcome.refusal, outcome.fault) == (Refusal.TLS_BROKEN_OFF, Fault.CLOSED)


class TestAfterTls:
    """D-24: the second EHLO and QUIT follow off the verdict's path."""

    def test_the_commands_are_those_allowed(self) -> None:
        """EHLO, STARTTLS, EHLO, QUIT, and never anything about mail (R5321-end)."""
        with ScriptedServer(with_tls(pki.context("ecdsa"))) as server:
            served(probe_port(server.port))
            server.wait()
        assert server.commands == [EHLO, b"STARTTLS", EHLO, b"QUIT"]

    @pytest.mark.parametrize(("version", "flights"), [(ssl.TLSVersion.TLSv1_2, 6), (ssl.TLSVersion.TLSv1_3, 5)])
    def test_one_write_per_flight(self, version: ssl.TLSVersion, flights: int) -> None:
        """In TLS 1.3 the second EHLO travels with our Finished: EHLO, STARTTLS, hello, both, QUIT."""
        writes: list[bytes] = []

        class Counting(TcpDialer):
            async def open(self, address: str, port: int) -> ByteStream | DialFailure:
                stream = await super().open(address, port)
                assert not isinstance(stream, DialFailure)
                write = stream.write

                async def counted(data: bytes) -> None:
                    writes.append(data)
                    await write(data)

                stream.write = counted  # type: ignore[method-assign]
                return stream

        async def run(port: int) -> None:
            prober = SmtpProber(Counting(LIMITS), LIMITS)
            served(await prober.probe(ProbeRequest("127.0.0.1", port, None)))
            await prober.aclose()

        context = pki.context("ecdsa")
        context.maximum_version = version
        with ScriptedServer(with_tls(context)) as server:
            asyncio.run(run(server.port))
        assert len(writes) == flights

    def test_the_reply_under_tls_can_be_had_once(self) -> None:
        """The reply to the EHLO under TLS is handed out to whoever asks first."""

        async def run(port: int) -> list[SmtpReply | None]:
            prober = SmtpProber(TcpDialer(), LIMITS)
            request = ProbeRequest("127.0.0.1", port, "mx.example.test", helo="probe.example.test")
            served(await prober.probe(request))
            replies = [await prober.after_tls(request), await prober.after_tls(request)]
            await prober.aclose()
            return replies

        with ScriptedServer(with_tls(pki.context("ecdsa"))) as server:
            replies = asyncio.run(run(server.port))
        assert replies == [SmtpReply(250, (b"mx.example.test", b"SIZE 1")), None]

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    @pytest.mark.parametrize("patient", [False, True])
    def test_the_chain_does_not_wait_for_the_second_ehlo(self, version: ssl.TLSVersion, patient: bool) -> None:
        """A server that says nothing under TLS costs the verdict nothing: we still listen when the chain is there."""

        async def run(port: int) -> None:
            prober = SmtpProber(TcpDialer(), LIMITS, courtesy_seconds=60.0 if patient else 0.05)
            request = ProbeRequest("127.0.0.1", port, "mx.example.test", helo="probe.example.test")
            served(await prober.probe(request))
            reply = asyncio.ensure_future(prober.after_tls(request))
            if patient:
                await asyncio.sleep(0)
                assert not reply.done()
                reply.cancel()
            else:
                assert await reply is None
                await prober.aclose()

        def silent(peer: Peer) -> None:
            peer.start_tls(context)
            peer.hold()

        context = pki.context("ecdsa")
        context.maximum_version = version
        with ScriptedServer(silent) as server:
            asyncio.run(run(server.port))

    def test_closing_waits_for_courtesies_no_longer_than_it_must(self) -> None:
        """`aclose` lets QUIT be said, gives a silent server its moment, and leaves nothing open behind."""

        async def run(port: int) -> None:
            prober = SmtpProber(TcpDialer(), LIMITS, courtesy_seconds=0.05)
            requests = [ProbeRequest("127.0.0.1", port, f"mx{n}.test") for n in range(5)]
            for request in requests:
                served(await prober.probe(request))
            waiting = asyncio.ensure_future(prober.after_tls(requests[0]))
            await asyncio.sleep(0)
            await prober.aclose()
            assert await waiting is None
            assert len(asyncio.all_tasks()) == 1

        def silent(peer: Peer) -> None:
            peer.start_tls(context)
            peer.hold()

        context = pki.context("ecdsa")
        with ScriptedServer(silent) as server:
            asyncio.run(run(server.port))
            server.wait()
        assert server.connections == 5

    def test_an_error_after_tls_changes_no_chain(self) -> None:
        """S4-A19: a rejected second EHLO is a diagnostic; the chain stands."""

        def script(peer: Peer) -> None:
            peer.start_tls(context)
            peer.hear()
            peer.say(b"503 again?\r\n")
            peer.hear()

        async def run(port: int) -> SmtpReply | None:
            prober = SmtpProber(TcpDialer(), LIMITS)
            request = ProbeRequest("127.0.0.1", port, None)
            assert served(await prober.probe(request)).certificates == (pki.der("ecdsa"),)
            reply = await prober.after_tls(request)
            await prober.aclose()
            return reply

        context = pki.context("ecdsa")
        with ScriptedServer(script) as server:
            assert asyncio.run(run(server.port)) == SmtpReply(503, (b"again?",))

    def test_an_endless_reply_under_tls_ends(self) -> None:
        """What follows the handshake is bounded like what came before it; the chain was there already."""

        def script(peer: Peer) -> None:
            peer.start_tls(context)
            while True:
                peer.say(b"250-x\r\n" * 1000)

        async def run(port: int) -> SmtpReply | None:
            prober = SmtpProber(TcpDialer(), LIMITS)
            request = ProbeRequest("127.0.0.1", port, None)
            assert served(await prober.probe(request)).key_type is KeyType.ECDSA
            reply = await prober.after_tls(request)
            await prober.aclose()
            return reply

        context = pki.context("ecdsa")
        with ScriptedServer(script) as server:
            assert asyncio.run(run(server.port)) is None

    def test_nothing_said_in_clear_survives_into_tls(self) -> None:
        """RFC 3207 §4.2: the facts of the second EHLO come from TLS alone."""

        async def run(port: int) -> SmtpReply | None:
            prober = SmtpProber(TcpDialer(), LIMITS)
            request = ProbeRequest("127.0.0.1", port, None)
            await prober.probe(request)
            reply = await prober.after_tls(request)
            await prober.aclose()
            return reply

        with ScriptedServer(with_tls(pki.context("ecdsa"))) as server:
            reply = asyncio.run(run(server.port))
        assert reply is not None
        assert b"STARTTLS" not in reply.lines

    def test_many_sessions_at_once(self) -> None:
        """One prober holds many sessions at a time, each with its own state."""

        async def run(port: int) -> list[KeyType]:
            prober = SmtpProber(TcpDialer(), LIMITS)
            wanted = [RSA, ECDSA, ALL_KEY_TYPES] * 10
            requests = [ProbeRequest("127.0.0.1", port, f"mx{n}.test", kinds) for n, kinds in enumerate(wanted)]
            outcomes = await asyncio.gather(*map(prober.probe, requests))
            await prober.aclose()
            return [served(outcome).key_type for outcome in outcomes]

        with ScriptedServer(with_tls(pki.context("rsa", "ecdsa"))) as server:
            found = asyncio.run(run(server.port))
        assert found[0::3] == [KeyType.RSA] * 10
        assert found[1::3] == [KeyType.ECDSA] * 10


def test_a_server_that_asks_for_a_client_certificate() -> None:
    """We have none, say so, and the handshake goes on (HS-c)."""
    context = pki.context("rsa")
    context.load_verify_locations(pki.WEAK)
    context.verify_mode = ssl.CERT_OPTIONAL
    assert served(probe(with_tls(context))).key_type is KeyType.RSA


def test_a_probe_never_hangs_on_its_way_out() -> None:
    """Closing a prober that held nothing is immediate."""

    async def run() -> None:
        await SmtpProber(TcpDialer()).aclose()

    asyncio.run(run())
