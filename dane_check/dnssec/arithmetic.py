"""The arithmetic of one signature, which `cryptography` does."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.backends.openssl import backend  # noqa: F401 - else loaded by the first signature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa, utils

from dane_check.dnssec.algorithms import rsa_numbers


class Verification(Enum):
    """What one signature came to with one key."""

    GOOD = "good"
    BAD = "bad"  # a key or signature that cannot be read included
    REFUSED = "refused"  # this machine's library will not compute it (ALG-b): no fault of the zone


def verify(algorithm: int, material: bytes, signature: bytes, data: bytes) -> Verification:
    """Whether `signature` over `data` was made by the key in `material`."""
    try:
        check = _checker(algorithm, material)
        if check is None:
            return Verification.BAD
        check(signature, data)
    except UnsupportedAlgorithm:
        return Verification.REFUSED
    except (InvalidSignature, ValueError):
        return Verification.BAD
    return Verification.GOOD


_Check = Callable[[bytes, bytes], Any]


@lru_cache(maxsize=256)
def _checker(algorithm: int, material: bytes) -> _Check | None:
    """A function of (signature, data) that raises InvalidSignature; None where the key cannot be read.

    Raises cryptography's UnsupportedAlgorithm where the library refuses the algorithm.
    """
    try:
        if algorithm in {5, 7, 8, 10}:
            return _rsa(algorithm, material)
        if algorithm in {13, 14}:
            return _ecdsa(algorithm, material)
        return _eddsa(algorithm, material)
    except ValueError:
        return None


def _rsa(algorithm: int, material: bytes) -> _Check | None:
    numbers = rsa_numbers(material)
    if numbers is None:
        return None
    key = rsa.RSAPublicNumbers(*numbers).public_key()
    chosen = {8: hashes.SHA256, 10: hashes.SHA512}.get(algorithm, hashes.SHA1)()
    return lambda signature, data: key.verify(signature, data, padding.PKCS1v15(), chosen)


def _ecdsa(algorithm: int, material: bytes) -> _Check | None:
    octets = 32 if algorithm == 13 else 48
    curve = ec.SECP256R1() if algorithm == 13 else ec.SECP384R1()
    scheme = ec.ECDSA(hashes.SHA256() if algorithm == 13 else hashes.SHA384())
    if len(material) != 2 * octets:
        return None
    key = ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\4" + material)

    def check(signature: bytes, data: bytes) -> None:
        if len(signature) != 2 * octets:  # r and s at full length (RFC 6605 §4)
            raise InvalidSignature
        r, s = (int.from_bytes(half, "big") for half in (signature[:octets], signature[octets:]))
        key.verify(utils.encode_dss_signature(r, s), data, scheme)

    return check


def _eddsa(algorithm: int, material: bytes) -> _Check:
    if algorithm == 15:
        return ed25519.Ed25519PublicKey.from_public_bytes(material).verify
    return ed448.Ed448PublicKey.from_public_bytes(material).verify
