"""The type of the key in a certificate, read from its octets: nothing is parsed that need not be."""

from __future__ import annotations

from typing import Final

from dane_check.ports import KeyType

_SEQUENCE: Final = 0x30
_OBJECT_IDENTIFIER: Final = 0x06
_VERSION: Final = 0xA0
_BEFORE_THE_KEY: Final = 5  # serialNumber, signature, issuer, validity, subject (RFC 5280 §4.1)

_KEY_TYPES: Final = {
    bytes.fromhex("2a864886f70d010101"): KeyType.RSA,  # rsaEncryption
    bytes.fromhex("2a864886f70d01010a"): KeyType.RSA,  # id-RSASSA-PSS
    bytes.fromhex("2a8648ce3d0201"): KeyType.ECDSA,  # id-ecPublicKey
    bytes.fromhex("2b6570"): KeyType.EDDSA,  # id-Ed25519
    bytes.fromhex("2b6571"): KeyType.EDDSA,  # id-Ed448
}


def key_type_of(certificate: bytes) -> KeyType:
    """The key type named in the subjectPublicKeyInfo of a DER certificate; UNKNOWN where it cannot be read."""
    try:
        return _KEY_TYPES.get(_key_algorithm(certificate), KeyType.UNKNOWN)
    except (IndexError, ValueError):
        return KeyType.UNKNOWN


def _key_algorithm(certificate: bytes) -> bytes:
    to_be_signed = _inside(_inside(certificate))
    if to_be_signed[0] == _VERSION:
        to_be_signed = _after(to_be_signed)
    for _ in range(_BEFORE_THE_KEY):
        to_be_signed = _after(to_be_signed)
    algorithm = _inside(_inside(to_be_signed))
    return _inside(algorithm, _OBJECT_IDENTIFIER)


def _inside(der: bytes, tag: int = _SEQUENCE) -> bytes:
    """The contents of the first element, which must have `tag`."""
    if der[0] != tag:
        raise ValueError("another element was due")
    start, end = _bounds(der)
    return der[start:end]


def _after(der: bytes) -> bytes:
    """What follows the first element."""
    return der[_bounds(der)[1] :]


def _bounds(der: bytes) -> tuple[int, int]:
    length = der[1]
    if length < 0x80:
        return 2, 2 + length
    start = 2 + (length & 0x7F)
    return start, start + int.from_bytes(der[2:start], "big")
