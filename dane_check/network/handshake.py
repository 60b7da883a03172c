"""The TLS handshake over any byte stream: the chain exactly as served, and nothing decided about it.

Verification by the library is off (requirements HS-a, HS-b): which certificate is good is the business of
`tlsa`. The handshake itself is not weakened: TLS 1.2 or 1.3, the server's Finished verified (HS-d), no
anonymous or NULL suites, and OpenSSL's security level 1, as senders set it: no SHA-1 or MD5 in handshake
signatures (RFC 9155). Measured: with verification off that level refuses no certificate, however weak.
Failures are told apart by alert numbers and by the first octets, never by OpenSSL's wording.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from OpenSSL import SSL, crypto

from dane_check.limits import SessionLimits
from dane_check.network import alerts
from dane_check.network.key_type import key_type_of
from dane_check.ports import (
    NAMED_KEY_TYPES,
    ByteStream,
    Fault,
    KeyType,
    Refusal,
    StreamBroken,
    TlsFacts,
)
from dane_check.private_openssl import set_signature_algorithms

_READ_OCTETS: Final = 32 * 1024
_RECORD_HEADER: Final = 5
_TLS_RECORD_TYPES: Final = frozenset({20, 21, 22, 23})

_NO_RX_CERTIFICATE_COMPRESSION: Final = 1 << 33  # SSL_OP_NO_RX_CERTIFICATE_COMPRESSION; pyOpenSSL has no name
_OPTIONS: Final = (
    SSL.OP_NO_COMPRESSION
    | SSL.OP_NO_TICKET
    | SSL.OP_NO_RENEGOTIATION
    | SSL.OP_LEGACY_SERVER_CONNECT  # R9325-3.5-a: a server without RFC 5746 is connected to
    | _NO_RX_CERTIFICATE_COMPRESSION
)
_SUITES: Final = "HIGH:!aNULL:!eNULL:!PSK:!SRP:!aDSS"
_LEVEL: Final = "@SECLEVEL=1"

# TLS 1.3 takes no PKCS #1 v1.5 in CertificateVerify, and the suites keep it out of TLS 1.2: beside ECDSA and
# EdDSA it merely says that certificates signed by an RSA authority are welcome.
_RSA_CERTIFICATES: Final = "rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512"
_SIGNATURE_ALGORITHMS: Final = {
    KeyType.RSA: (
        "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
        "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:" + _RSA_CERTIFICATES + ":rsa_pkcs1_sha224"
    ),
    KeyType.ECDSA: (
        "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512:"
        "ecdsa_brainpoolP256r1tls13_sha256:ecdsa_brainpoolP384r1tls13_sha384:ecdsa_brainpoolP512r1tls13_sha512"
    ),
    KeyType.EDDSA: "ed25519:ed448",
}


@dataclass(frozen=True, slots=True)
class Shaken:
    """The handshake is finished: the server's Finished was verified. Our last flight may still be unsent."""

    certificates: tuple[bytes, ...]
    key_type: KeyType
    tls: TlsFacts


@dataclass(frozen=True, slots=True)
class NotShaken:
    """No handshake, and why."""

    refusal: Refusal
    fault: Fault | None = None
    detail: str = ""
    alert: int | None = None  # the server's


class _AlertLog:
    """An info callback that keeps the last alert as (by the server?, number); it decides nothing."""

    def __init__(self) -> None:
        self.last: tuple[bool, int] | None = None

    def __call__(self, _connection: SSL.Connection, where: int, code: int) -> None:
        if where == SSL.SSL_CB_READ_ALERT:
            self.last = (True, code & 0xFF)
        elif where == SSL.SSL_CB_WRITE_ALERT:
            self.last = (False, code & 0xFF)


@lru_cache(maxsize=1 << len(KeyType))
def client_context(key_types: frozenset[KeyType]) -> SSL.Context:
    """What we offer: everything ordinary, or only the certificate types in `key_types` (requirements S4-A22).

    One for all sessions that offer the same: it keeps no sessions, takes no tickets and is never changed again, so
    that nothing of one connection reaches another (threats T-11).
    """
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_NONE)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(_OPTIONS)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    wanted = NAMED_KEY_TYPES if KeyType.UNKNOWN in key_types else key_types
    context.set_cipher_list((_suites(wanted) + _LEVEL).encode("ascii"))
    if KeyType.UNKNOWN not in key_types and not set_signature_algorithms(context, _signature_algorithms(wanted)):
        # Only TLS 1.2 ties the certificate type to the suite; EdDSA cannot be told from ECDSA there.
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
    return context


def _suites(key_types: frozenset[KeyType]) -> str:
    if KeyType.RSA not in key_types:
        return _SUITES + ":!aRSA"
    if key_types == {KeyType.RSA}:
        return _SUITES + ":!aECDSA"
    return _SUITES


def _signature_algorithms(key_types: frozenset[KeyType]) -> str:
    offered = [_SIGNATURE_ALGORITHMS[key_type] for key_type in sorted(key_types)]
    return ":".join(offered if KeyType.RSA in key_types else [*offered, _RSA_CERTIFICATES])


class TlsChannel:
    """One TLS connection over a stream; after `shake_hands` a byte channel of its own."""

    def __init__(
        self, stream: ByteStream, server_name: str | None, key_types: frozenset[KeyType], limits: SessionLimits
    ) -> None:
        self._stream = stream
        self._limits = limits
        self._octets_left = 2 * limits.chain_octets  # T-22: empty records and key updates end somewhere
        self._first = b""
        self._alerts = _AlertLog()
        self._restricted = KeyType.UNKNOWN not in key_types
        self._tls = SSL.Connection(client_context(key_types), None)
        self._tls.set_info_callback(self._alerts)
        self._tls.set_connect_state()
        if server_name is not None:
            self._tls.set_tlsext_host_name(server_name.encode("ascii"))

    async def shake_hands(self, deadline: float) -> Shaken | NotShaken:
        """The handshake, until the server's Finished is verified or it fails; never raises for the network."""
        moment = min(deadline, asyncio.get_running_loop().time() + self._limits.handshake_seconds)
        try:
            async with asyncio.timeout_at(moment):
                return await self._shake_hands()
        except TimeoutError:
            return NotShaken(Refusal.TLS_BROKEN_OFF, Fault.TIMEOUT)
        except StreamBroken as broken:
            refusal = Refusal.TLS_GARBAGE if broken.fault is Fault.TOO_LARGE else Refusal.TLS_BROKEN_OFF
            return NotShaken(refusal, broken.fault, broken.detail)

    async def write(self, data: bytes) -> None:
        """Sends `data`, together with whatever the handshake left to send. Raises StreamBroken."""
        try:
            self._tls.send(data)
        except SSL.Error:
            raise StreamBroken(Fault.MALFORMED, "TLS is broken") from None
        await self._stream.write(self._outgoing())

    async def read(self) -> bytes:
        """Some octets; empty at the end of the TLS connection or of the stream. Raises StreamBroken."""
        while True:
            try:
                return self._tls.recv(_READ_OCTETS)
            except SSL.WantReadError:
                if not await self._receive():
                    return b""
            except SSL.ZeroReturnError:
                return b""
            except SSL.Error:
                raise StreamBroken(Fault.MALFORMED, "TLS is broken") from None

    async def close(self) -> None:
        """Closes the stream without waiting for the peer."""
        await self._stream.close()

    async def _shake_hands(self) -> Shaken | NotShaken:
        unsent: StreamBroken | None = None
        while True:
            try:
                self._tls.do_handshake()
                return self._served()
            except SSL.WantReadError:
                pass
            except SSL.Error:
                return await self._failed()
            unsent = await self._flush() or unsent
            if not await self._receive():
                if unsent is not None:
                    raise unsent
                return NotShaken(Refusal.TLS_BROKEN_OFF, Fault.CLOSED)

    async def _flush(self) -> StreamBroken | None:
        """Sends what is due. A failure is kept, not raised: the server's alert may still be waiting to be read."""
        outgoing = self._outgoing()
        try:
            if outgoing:
                await self._stream.write(outgoing)
        except StreamBroken as broken:
            return broken
        return None

    def _outgoing(self) -> bytes:
        flight = bytearray()
        while True:
            try:
                flight += self._tls.bio_read(_READ_OCTETS)
            except SSL.WantReadError:
                return bytes(flight)

    async def _receive(self) -> bool:
        if self._octets_left <= 0:
            raise StreamBroken(Fault.TOO_LARGE, f"more than {2 * self._limits.chain_octets} octets of TLS")
        octets = await self._stream.read(min(_READ_OCTETS, self._octets_left))
        self._octets_left -= len(octets)
        self._first = (self._first + octets[:_RECORD_HEADER])[:_RECORD_HEADER]
        if octets:
            self._tls.bio_write(octets)
        return bool(octets)

    def _served(self) -> Shaken | NotShaken:
        chain = self._tls.get_peer_cert_chain() or []
        certificates = tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in chain)
        beyond = _beyond(certificates, self._limits)
        if beyond:
            return NotShaken(Refusal.TLS_GARBAGE, Fault.TOO_LARGE, beyond)
        facts = TlsFacts(self._tls.get_protocol_version_name(), self._tls.get_cipher_name() or "", _group(self._tls))
        return Shaken(certificates, key_type_of(certificates[0]) if certificates else KeyType.UNKNOWN, facts)

    async def _failed(self) -> NotShaken:
        """The failure OpenSSL has just reported, told by the first octets and the last alert."""
        await self._flush()  # our own alert, so that the operator finds the reason in his log
        if self._first and not _is_tls(self._first):
            return NotShaken(Refusal.TLS_GARBAGE, Fault.MALFORMED, "the answer to our ClientHello is not TLS")
        match self._alerts.last:
            case None:
                return NotShaken(Refusal.TLS_GARBAGE, Fault.MALFORMED, "not acceptable as TLS")
            case (True, alerts.CLOSE_NOTIFY):
                return NotShaken(Refusal.TLS_BROKEN_OFF, Fault.CLOSED, "the server closed TLS before it was up")
            case (True, alerts.PROTOCOL_VERSION) if self._restricted:
                # Only the fallback of `client_context` offers less than the first hello did: nothing was learnt.
                return NotShaken(Refusal.TLS_BROKEN_OFF, Fault.LOCAL, "this certificate type cannot be asked for alone")
            case (True, number):
                return NotShaken(Refusal.TLS_ALERT, None, "the server sent " + alerts.describe(number), number)
            case (False, number) if number in alerts.DISAGREEMENTS:
                return NotShaken(Refusal.TLS_ALERT, None, "we answered with " + alerts.describe(number))
            case (False, number):
                return NotShaken(Refusal.TLS_GARBAGE, Fault.MALFORMED, "we answered with " + alerts.describe(number))


def _is_tls(first: bytes) -> bool:
    return first[0] in _TLS_RECORD_TYPES and first[1:2] in (b"", b"\x03")


def _beyond(certificates: Sequence[bytes], limits: SessionLimits) -> str:
    """The limit of L-17 that the chain exceeds, in words; empty where it exceeds none."""
    if len(certificates) > limits.chain_certificates:
        return f"{len(certificates)} certificates served; the limit is {limits.chain_certificates}"
    if any(len(certificate) > limits.certificate_octets for certificate in certificates):
        return f"a certificate larger than {limits.certificate_octets} octets"
    if sum(map(len, certificates)) > limits.chain_octets:
        return f"a chain larger than {limits.chain_octets} octets"
    return ""


def _group(tls: SSL.Connection) -> str | None:
    try:
        return tls.get_group_name()
    except NotImplementedError:  # pyOpenSSL over an OpenSSL that cannot tell
        return None
