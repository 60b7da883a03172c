"""TLS 1.3 records of a server's, made outside any TLS library: what no library would send (RFC 8446 §5.2, §7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

APPLICATION_DATA = 23
HANDSHAKE = 22
_KEY_UPDATE = b"\x18\x00\x00\x01"


@dataclass(frozen=True, slots=True)
class _Suite:
    digest: hashes.HashAlgorithm
    key_octets: int
    aead: type[AESGCM] | type[ChaCha20Poly1305]


_SUITES = {
    "TLS_AES_256_GCM_SHA384": _Suite(hashes.SHA384(), 32, AESGCM),
    "TLS_AES_128_GCM_SHA256": _Suite(hashes.SHA256(), 16, AESGCM),
    "TLS_CHACHA20_POLY1305_SHA256": _Suite(hashes.SHA256(), 32, ChaCha20Poly1305),
}


class Sender:
    """One direction of a connection; `secret` is the application traffic secret of a key log."""

    def __init__(self, suite: str, secret: bytes) -> None:
        self._suite = _SUITES[suite]
        self._take(secret)

    def record(self, content: bytes, kind: int) -> bytes:
        """The next record."""
        inner = content + bytes([kind])
        header = b"\x17\x03\x03" + (len(inner) + 16).to_bytes(2)
        nonce = (int.from_bytes(self._iv) ^ self._sequence).to_bytes(12)
        self._sequence += 1
        return header + self._suite.aead(self._key).encrypt(nonce, inner, header)

    def key_update(self, *, requested: bool) -> bytes:
        """A KeyUpdate, after which the next keys count (RFC 8446 §4.6.3)."""
        record = self.record(_KEY_UPDATE + bytes([requested]), HANDSHAKE)
        self._take(self._expand(b"traffic upd", self._suite.digest.digest_size))
        return record

    def empty_records(self, number: int) -> Iterator[bytes]:
        """Records that carry nothing at all."""
        return (self.record(b"", APPLICATION_DATA) for _ in range(number))

    def _take(self, secret: bytes) -> None:
        self._secret = secret
        self._key = self._expand(b"key", self._suite.key_octets)
        self._iv = self._expand(b"iv", 12)
        self._sequence = 0

    def _expand(self, label: bytes, octets: int) -> bytes:
        label = b"tls13 " + label
        info = octets.to_bytes(2) + bytes([len(label)]) + label + b"\0"
        return HKDFExpand(self._suite.digest, octets, info).derive(self._secret)
