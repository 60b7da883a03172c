"""A ClientHello taken apart (RFC 8446 §4.1.2), so that tests can say what we offer."""

from __future__ import annotations

from dataclasses import dataclass

SERVER_NAME = 0
SUPPORTED_GROUPS = 10
SIGNATURE_ALGORITHMS = 13
ALPN = 16
CLIENT_CERTIFICATE_TYPE = 19
SERVER_CERTIFICATE_TYPE = 20
COMPRESS_CERTIFICATE = 27
SESSION_TICKET = 35
PRE_SHARED_KEY = 41
EARLY_DATA = 42
SUPPORTED_VERSIONS = 43
POST_HANDSHAKE_AUTH = 49


@dataclass(frozen=True)
class ClientHello:
    legacy_version: int
    session_id: bytes
    suites: tuple[int, ...]
    compression: bytes
    extensions: dict[int, bytes]

    @property
    def versions(self) -> tuple[int, ...]:
        return numbers(self.extensions[SUPPORTED_VERSIONS][1:])

    @property
    def signature_algorithms(self) -> tuple[int, ...]:
        return numbers(self.extensions[SIGNATURE_ALGORITHMS][2:])

    @property
    def server_name(self) -> bytes:
        return self.extensions[SERVER_NAME][5:]


def numbers(octets: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(octets[i : i + 2], "big") for i in range(0, len(octets), 2))


def parse(record: bytes) -> ClientHello:
    """One TLS record that holds a whole ClientHello."""
    assert record[0] == 22
    assert record[5] == 1
    assert int.from_bytes(record[3:5], "big") == len(record) - 5
    octets = record[9:]
    session_id, rest = _vector(octets[34:], 1)
    suites, rest = _vector(rest, 2)
    compression, rest = _vector(rest, 1)
    listed, rest = _vector(rest, 2)
    assert rest == b""
    extensions = {}
    while listed:
        number = int.from_bytes(listed[:2], "big")
        extensions[number], listed = _vector(listed[2:], 2)
    return ClientHello(int.from_bytes(octets[:2], "big"), session_id, numbers(suites), compression, extensions)


def _vector(octets: bytes, width: int) -> tuple[bytes, bytes]:
    end = width + int.from_bytes(octets[:width], "big")
    return octets[width:end], octets[end:]
