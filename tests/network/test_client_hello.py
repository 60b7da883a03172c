"""What we offer: the ClientHello on the wire (HS-c, R7672-8.2-a, R8996-2-a, T-20), and the private call behind it."""

from __future__ import annotations

import ssl

import pytest
from OpenSSL import SSL

from dane_check import private_openssl
from dane_check.network import handshake
from dane_check.ports import ALL_KEY_TYPES, HandshakeFailure, KeyType, Refusal

from . import client_hello, pki
from .client_hello import ClientHello
from .probing import probe_port, served
from .scripted import Peer, ScriptedServer
from .test_handshakes import with_tls

TLS_1_2, TLS_1_3 = 0x0303, 0x0304
RSA_PKCS1, RSA_PSS, ECDSA, EDDSA = (
    {0x0401, 0x0501, 0x0601},
    range(0x0804, 0x080C),
    {0x0403, 0x0503, 0x0603},
    {0x0807, 0x0808},
)


def hello(key_types: frozenset[KeyType] = ALL_KEY_TYPES, server_name: str | None = "mx.example.test") -> ClientHello:
    records: list[bytes] = []

    def script(peer: Peer) -> None:
        peer.greet()
        peer.say(b"220 go\r\n")
        header = peer.socket.recv(5)
        record = header
        while len(record) < 5 + int.from_bytes(header[3:5], "big"):
            record += peer.socket.recv(65536)
        records.append(record)

    with ScriptedServer(script) as server:
        assert isinstance(probe_port(server.port, key_types=key_types, server_name=server_name), HandshakeFailure)
    return client_hello.parse(records[0])


class TestOffer:
    """A first handshake offers everything ordinary, and nothing that could stand in for a certificate."""

    def test_only_tls_1_2_and_1_3_are_offered(self) -> None:
        """R7671-3-a: TLS 1.0, 1.1 and SSL are not among the versions (R8996-2-a, R7672-8.1-b)."""
        assert hello().versions == (TLS_1_3, TLS_1_2)

    def test_the_name_is_there_exactly(self) -> None:
        """R7671-3-b: SNI is the request's name."""
        assert hello().server_name == b"mx.example.test"
        assert client_hello.SERVER_NAME not in hello(server_name=None).extensions

    @pytest.mark.parametrize(
        "extension",
        [
            client_hello.ALPN,
            client_hello.COMPRESS_CERTIFICATE,
            client_hello.CLIENT_CERTIFICATE_TYPE,
            client_hello.SERVER_CERTIFICATE_TYPE,
            client_hello.SESSION_TICKET,
            client_hello.PRE_SHARED_KEY,
            client_hello.EARLY_DATA,
            client_hello.POST_HANDSHAKE_AUTH,
        ],
    )
    def test_extensions_that_do_not_belong_here(self, extension: int) -> None:
        """R7671-5.1-g: No ALPN, compressed certificates, raw public keys, resumption, early data or client
        certificates."""
        assert extension not in hello().extensions

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    def test_no_session_is_taken_up_again(self, version: ssl.TLSVersion) -> None:
        """T-11: after sessions with a server that hands out tickets, the next one offers none of them."""
        context = pki.context("rsa")
        context.maximum_version = version
        with ScriptedServer(with_tls(context)) as server:
            first, second = (served(probe_port(server.port)) for _ in range(2))
        assert first.certificates == second.certificates != ()
        later = hello()
        assert not {client_hello.SESSION_TICKET, client_hello.PRE_SHARED_KEY} & later.extensions.keys()

    def test_no_tls_compression(self) -> None:
        """The only compression method is none (R9325-3.3-a)."""
        assert hello().compression == b"\0"

    def test_every_suite_authenticates_and_encrypts(self) -> None:
        """No NULL, anonymous, PSK, RC4 or export suite is offered; ECDHE with AES-GCM is."""
        offered = SSL.Connection(handshake.client_context(ALL_KEY_TYPES), None).get_cipher_list()
        bad = [
            name
            for name in offered
            if any(word in name for word in ("NULL", "ADH", "AECDH", "PSK", "RC4", "EXP", "SRP"))
        ]
        assert bad == []
        assert len(offered) == len([suite for suite in hello().suites if suite != 0x00FF])
        assert {0xC02F, 0xC02B, 0x1301} <= set(hello().suites)

    def test_no_sha1_or_md5_handshake_signatures(self) -> None:
        """RFC 9155: the signature algorithms offered have a hash that is not broken."""
        assert not {algorithm for algorithm in hello().signature_algorithms if algorithm >> 8 in (1, 2)}

    def test_everything_is_offered_at_first(self) -> None:
        """RSA, ECDSA and EdDSA stand together in a first offer."""
        offered = set(hello().signature_algorithms)
        assert offered >= RSA_PKCS1 | set(RSA_PSS) | ECDSA | EDDSA


class TestRestrictedOffer:
    """S4-A22: a second handshake offers one certificate type only, under both versions."""

    @pytest.mark.parametrize(
        ("key_type", "has", "has_not"),
        [
            (KeyType.RSA, RSA_PKCS1 | {0x0804, 0x0809}, ECDSA | EDDSA),
            (KeyType.ECDSA, ECDSA, set(RSA_PSS) | EDDSA),
            (KeyType.EDDSA, EDDSA, (set(RSA_PSS) - EDDSA) | ECDSA),
        ],
    )
    def test_signature_algorithms_are_those_of_the_type(
        self, key_type: KeyType, has: set[int], has_not: set[int]
    ) -> None:
        """Nothing a server could sign with by another type is offered."""
        offer = hello(frozenset({key_type}))
        assert has <= set(offer.signature_algorithms)
        assert not has_not & set(offer.signature_algorithms) - has
        assert offer.versions == (TLS_1_3, TLS_1_2)

    def test_suites_of_tls_1_2_are_those_of_the_type(self) -> None:
        """PKCS #1 beside ECDSA is for certificates only: no TLS 1.2 suite could use it."""
        for key_type, other in ((KeyType.RSA, "ECDSA"), (KeyType.ECDSA, "RSA"), (KeyType.EDDSA, "RSA")):
            connection = SSL.Connection(handshake.client_context(frozenset({key_type})), None)
            older = [name for name in connection.get_cipher_list() if not name.startswith("TLS_")]
            assert older
            assert not [name for name in older if f"-{other}-" in name]
            assert key_type is KeyType.RSA or all("ECDSA" in name for name in older)


class TestPrivateCall:
    """`private_openssl`: the call is there today; where it vanishes, TLS 1.2 suites do its work."""

    def test_the_private_call_still_exists(self) -> None:
        """Fails when pyOpenSSL drops the symbol: then TLS 1.3 is no longer probed per certificate type."""
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        assert private_openssl.set_signature_algorithms(context, "ed25519:ed448") is True

    def test_names_openssl_does_not_know_change_nothing(self) -> None:
        """A refused list is reported, and leaves no error behind for the next call to trip over."""
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        assert private_openssl.set_signature_algorithms(context, "no-such-algorithm") is False
        context.set_cipher_list(b"HIGH")

    @pytest.mark.parametrize("missing", ["_lib", "symbol"])
    def test_without_the_call_tls_1_2_suites_take_its_place(
        self, missing: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Both certificates of a dual server are still seen, and a missing type is still an alert."""
        if missing == "_lib":
            monkeypatch.delattr(SSL, "_lib")
            assert private_openssl.set_signature_algorithms(object(), "ed25519") is False  # type: ignore[arg-type]
            monkeypatch.undo()
        monkeypatch.setattr(handshake, "client_context", handshake.client_context.__wrapped__)
        monkeypatch.setattr(handshake, "set_signature_algorithms", lambda context, names: False)
        with ScriptedServer(with_tls(pki.context("rsa", "ecdsa"))) as server:
            by_rsa = served(probe_port(server.port, key_types=frozenset({KeyType.RSA})))
            by_ecdsa = served(probe_port(server.port, key_types=frozenset({KeyType.ECDSA})))
        assert (by_rsa.key_type, by_rsa.tls.protocol) == (KeyType.RSA, "TLSv1.2")
        assert (by_ecdsa.key_type, by_ecdsa.tls.protocol) == (KeyType.ECDSA, "TLSv1.2")
        with ScriptedServer(with_tls(pki.context("rsa"))) as server:
            outcome = probe_port(server.port, key_types=frozenset({KeyType.ECDSA}))
        assert isinstance(outcome, HandshakeFailure)
        assert outcome.refusal is Refusal.TLS_ALERT
