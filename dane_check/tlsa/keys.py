"""Public keys and signature algorithms: what to call them, which belong together, which are too weak."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from dane_check.tlsa import der
from dane_check.tlsa.fields import Algorithm, key_parts

# OpenSSL's security level 1, which Postfix sets when it must authenticate (decisions ).
LEAST_RSA_BITS: Final = 1024
LEAST_EC_BITS: Final = 160


class KeyFamily(StrEnum):
    """Kinds of public key, as far as they matter for who can have signed what."""

    RSA = "RSA"
    RSA_PSS = "RSA-PSS"
    EC = "EC"
    DSA = "DSA"
    ED25519 = "Ed25519"
    ED448 = "Ed448"
    X25519 = "X25519"
    X448 = "X448"


_KEYS: Final = MappingProxyType(
    {
        "1.2.840.113549.1.1.1": KeyFamily.RSA,
        "1.2.840.113549.1.1.10": KeyFamily.RSA_PSS,
        "1.2.840.10045.2.1": KeyFamily.EC,
        "1.2.840.10040.4.1": KeyFamily.DSA,
        "1.3.101.110": KeyFamily.X25519,
        "1.3.101.111": KeyFamily.X448,
        "1.3.101.112": KeyFamily.ED25519,
        "1.3.101.113": KeyFamily.ED448,
    }
)
_CURVES: Final = MappingProxyType(
    {
        "1.2.840.10045.3.1.1": "P-192",
        "1.3.132.0.33": "P-224",
        "1.2.840.10045.3.1.7": "P-256",
        "1.3.132.0.34": "P-384",
        "1.3.132.0.35": "P-521",
        "1.3.132.0.10": "secp256k1",
        "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
        "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1",
        "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
    }
)
# The newer signature algorithms (EdDSA, ML-DSA, SLH-DSA) share one identifier with their keys and are not
# listed: `_signing_family` then compares the identifiers themselves.
_SIGNATURES: Final = MappingProxyType(
    {
        **{f"1.2.840.113549.1.1.{number}": KeyFamily.RSA for number in (2, 3, 4, 5, 11, 12, 13, 14, 15, 16)},
        "1.3.14.3.2.29": KeyFamily.RSA,
        "1.3.36.3.3.1.2": KeyFamily.RSA,
        **{f"2.16.840.1.101.3.4.3.{number}": KeyFamily.RSA for number in (13, 14, 15, 16)},
        **{f"2.16.840.1.101.3.4.3.{number}": KeyFamily.EC for number in (9, 10, 11, 12)},
        "1.2.840.10045.4.1": KeyFamily.EC,
        **{f"1.2.840.10045.4.3.{number}": KeyFamily.EC for number in (1, 2, 3, 4)},
        "1.2.840.10040.4.3": KeyFamily.DSA,
        **{f"2.16.840.1.101.3.4.3.{number}": KeyFamily.DSA for number in (1, 2, 3, 4, 5, 6, 7, 8)},
    }
)
_RSA_PSS_SIGNATURE: Final = "1.2.840.113549.1.1.10"
_PSS_HASH: Final = 0xA0
_WEAK_SIGNATURES: Final = MappingProxyType(
    {
        "1.2.840.113549.1.1.2": "MD2",
        "1.2.840.113549.1.1.3": "MD4",
        "1.2.840.113549.1.1.4": "MD5",
        "1.2.840.113549.1.1.5": "SHA-1",
        "1.3.14.3.2.29": "SHA-1",
        "1.2.840.10045.4.1": "SHA-1",
        "1.2.840.10040.4.3": "SHA-1",
    }
)
_WEAK_DIGESTS: Final = MappingProxyType(
    {"1.3.14.3.2.26": "SHA-1", "1.2.840.113549.2.5": "MD5", "1.2.840.113549.2.4": "MD4"}
)
# The contents of an AlgorithmIdentifier with SHA-256 for keys whose signatures have another identifier.
_SIGNS_WITH: Final = MappingProxyType(
    {
        KeyFamily.RSA: bytes.fromhex("06092a864886f70d01010b0500"),
        KeyFamily.EC: bytes.fromhex("06082a8648ce3d040302"),
        KeyFamily.DSA: bytes.fromhex("0609608648016503040302"),
    }
)


def description(spki: bytes) -> str | None:
    """What people call this key, such as `RSA 2048`, `EC P-256`, `Ed25519`; None if it cannot be read."""
    try:
        kind, bits = key_parts(spki)
        family = _KEYS.get(kind.oid)
        if family in (KeyFamily.RSA, KeyFamily.RSA_PSS):
            return f"{family} {_rsa_modulus_bits(bits)}"
        if family is KeyFamily.EC:
            return f"EC {_curve(kind)}"
    except der.DerError:
        return None
    return kind.oid if family is None else str(family)


@lru_cache(maxsize=256)
def weakness(spki: bytes) -> str | None:
    """Why OpenSSL at security level 1 refuses this key; None where it does not (decision A-15).

    A key that OpenSSL cannot decode counts as too weak there, and so it does here.
    """
    bits = rsa_bits(spki)
    if bits is not None:
        return f"an RSA key of {bits} bits" if bits < LEAST_RSA_BITS else None
    return _weakness_by_openssl(spki)


def rsa_bits(spki: bytes) -> int | None:
    """The length of the modulus of an RSA key; None for every other key."""
    try:
        kind, bits = key_parts(spki)
        if _KEYS.get(kind.oid) in (KeyFamily.RSA, KeyFamily.RSA_PSS):
            return _rsa_modulus_bits(bits)
    except der.DerError:
        pass
    return None


def weak_signature(algorithm: Algorithm) -> str | None:
    """The digest, if OpenSSL at security level 1 refuses a signature made with it (decision A-11)."""
    if algorithm.oid == _RSA_PSS_SIGNATURE:
        return _WEAK_DIGESTS.get(_pss_digest(algorithm))
    return _WEAK_SIGNATURES.get(algorithm.oid)


def can_have_signed(spki: bytes, algorithm: Algorithm) -> bool:
    """Whether a key of this kind makes signatures of this algorithm."""
    try:
        kind, _ = key_parts(spki)
    except der.DerError:
        return False
    family = _KEYS.get(kind.oid)
    if algorithm.oid == _RSA_PSS_SIGNATURE:
        return family in (KeyFamily.RSA, KeyFamily.RSA_PSS)
    if algorithm.oid in _SIGNATURES:
        return family is _SIGNATURES[algorithm.oid]
    return kind.oid == algorithm.oid


def signing_algorithm(spki: bytes) -> bytes | None:
    """DER of an AlgorithmIdentifier with which such a key could sign; None where it cannot or is unknown."""
    try:
        kind, _ = key_parts(spki)
        oid = der.only(spki, der.SEQUENCE).inside().take(der.SEQUENCE).inside().take(der.OBJECT_IDENTIFIER)
    except der.DerError:
        return None
    family = _KEYS.get(kind.oid)
    if family in (KeyFamily.X25519, KeyFamily.X448):
        return None
    return der.encode(der.SEQUENCE, _SIGNS_WITH.get(family, oid.encoding) if family else oid.encoding)


def _weakness_by_openssl(spki: bytes) -> str | None:
    from OpenSSL import crypto

    try:
        key = crypto.load_publickey(crypto.FILETYPE_ASN1, spki)
    except crypto.Error:
        return "a key that OpenSSL cannot decode"
    bits = key.bits()
    least = {crypto.TYPE_EC: LEAST_EC_BITS, crypto.TYPE_DSA: LEAST_RSA_BITS}.get(key.type(), 0)
    return f"a {description(spki) or 'public'} key of {bits} bits" if bits < least else None


def _rsa_modulus_bits(bits: bytes) -> int:
    return der.integer(der.only(bits, der.SEQUENCE).inside().take(der.INTEGER)).bit_length()


def _curve(kind: Algorithm) -> str:
    if kind.parameters[:1] != bytes([der.OBJECT_IDENTIFIER]):
        return "with explicit parameters"
    oid = der.object_identifier(der.only(kind.parameters, der.OBJECT_IDENTIFIER))
    return _CURVES.get(oid, oid)


def _pss_digest(algorithm: Algorithm) -> str:
    """The digest of an RSASSA-PSS signature; SHA-1 where the parameters leave it out (RFC 4055 §3.1)."""
    default = "1.3.14.3.2.26"
    try:
        explicit = der.only(algorithm.parameters, der.SEQUENCE).inside().take_if(_PSS_HASH)
        if explicit is None:
            return default
        digest = explicit.inside().take(der.SEQUENCE).inside().take(der.OBJECT_IDENTIFIER)
        return der.object_identifier(digest)
    except der.DerError:
        return default
