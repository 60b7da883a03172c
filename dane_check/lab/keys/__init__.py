"""The lab's private keys: public to everyone, worthless by intent, and the same in every run.

Elliptic keys are derived from a label; RSA keys, which would be slow to make, lie beside this file as PEM.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from functools import cache
from importlib import resources

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

PrivateKey = EllipticCurvePrivateKey | Ed25519PrivateKey | RSAPrivateKey

# The orders of the base points (SEC 2 §2.4.2, §2.5.1).
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_P384_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973


class KeyKind(StrEnum):
    """Kinds of keys a certificate of the lab can have."""

    ECDSA = "ecdsa"  # P-256
    RSA = "rsa"  # 2048 bits
    ED25519 = "ed25519"
    RSA_1024 = "rsa-1024"
    RSA_768 = "rsa-768"  # below what OpenSSL accepts at security level 1


def p256(label: str) -> EllipticCurvePrivateKey:
    """The P-256 key of this label."""
    return derive_private_key(_scalar(label, _P256_ORDER), SECP256R1())


def p384(label: str) -> EllipticCurvePrivateKey:
    """The P-384 key of this label."""
    return derive_private_key(_scalar(label, _P384_ORDER), SECP384R1())


def ed25519(label: str) -> Ed25519PrivateKey:
    """The Ed25519 key of this label."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(label.encode()).digest())


@cache
def rsa(name: str) -> RSAPrivateKey:
    """The RSA key kept under this name: rsa-2048-a, rsa-2048-b, rsa-2048-zone, rsa-1024, rsa-768."""
    pem = (resources.files(__name__) / f"{name}.pem").read_bytes()
    key = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, RSAPrivateKey)
    return key


def certificate_key(kind: KeyKind, label: str) -> PrivateKey:
    """The key of this kind and label. There are two RSA keys of 2048 bits and one of each weaker size."""
    match kind:
        case KeyKind.ECDSA:
            return p256(label)
        case KeyKind.ED25519:
            return ed25519(label)
        case KeyKind.RSA:
            return rsa("rsa-2048-a" if len(label) % 2 else "rsa-2048-b")
        case KeyKind.RSA_1024 | KeyKind.RSA_768:
            return rsa(kind.value)


def _scalar(label: str, order: int) -> int:
    return int.from_bytes(hashlib.sha512(label.encode()).digest()) % (order - 1) + 1
