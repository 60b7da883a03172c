"""Keys of many kinds for generated chains, good and weak; always the same for one label."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.pki import Made, PrivateKey, ec_key, ed25519_key, rsa_key

# Kinds as a weighted list: the first is what most of today's chains have, the last ones are refused.
GOOD = ("P-256", "P-256", "P-256", "P-384", "RSA 1024", "RSA 2048", "Ed25519")
WEAK = ("RSA 512", "RSA 768")

# Of one length, so that one can be put in the place of the other.
_SHA256_WITH_RSA = bytes.fromhex("06092a864886f70d01010b")
_SHA1_WITH_RSA = bytes.fromhex("06092a864886f70d010105")
_EXPONENT = 65537
_ROUNDS = 24  # of Miller and Rabin's test; these keys protect nothing
_SMALL = [prime for prime in range(3, 2000, 2) if all(prime % other for other in range(3, 45, 2) if other < prime)]


def key_of(kind: str, label: str) -> PrivateKey:
    """A key of this kind for this label; RSA keys are few, so that different labels may share one."""
    number = int.from_bytes(hashlib.sha256(label.encode()).digest()[:2], "big")
    match kind:
        case "P-256":
            return ec_key(label)
        case "P-384":
            seed = int.from_bytes(hashlib.sha384(label.encode()).digest(), "big")
            return ec.derive_private_key(seed >> 8, ec.SECP384R1())
        case "Ed25519":
            return ed25519_key(label)
        case "RSA 2048":
            return rsa_key(2048)
        case "RSA 512":
            return rsa_key(512)
        case "RSA 768":
            return _made_rsa(768, 0)
        case "RSA 1024":
            return _made_rsa(1024, number % 4)
    raise ValueError(kind)


def signed_with_sha1(made: Made, signer: PrivateKey) -> Made:
    """The same certificate with a SHA-1 signature, which `cryptography` no longer makes; for RSA signers only."""
    if not isinstance(signer, rsa.RSAPrivateKey):
        return made
    old = made.certificate.tbs_certificate_bytes
    signed = old.replace(_SHA256_WITH_RSA, _SHA1_WITH_RSA, 1)
    signature = signer.sign(signed, padding.PKCS1v15(), hashes.SHA1())
    rest = made.der.partition(old)[2].replace(_SHA256_WITH_RSA, _SHA1_WITH_RSA, 1)
    der = made.der.partition(old)[0] + signed + rest[: -len(signature)] + signature
    return replace(made, der=der, certificate=x509.load_der_x509_certificate(der))


@cache
def _made_rsa(bits: int, number: int) -> rsa.RSAPrivateKey:
    draw = random.Random(f"RSA {bits} {number}")
    p, q = _prime(draw, bits // 2), _prime(draw, bits // 2)
    private = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(_EXPONENT, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, private, private % (p - 1), private % (q - 1), pow(q, -1, p), public)
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def _prime(draw: random.Random, bits: int) -> int:
    while True:
        candidate = draw.getrandbits(bits) | 3 << (bits - 2) | 1
        if candidate % _EXPONENT != 1 and all(candidate % small for small in _SMALL) and _passes(draw, candidate):
            return candidate


def _passes(draw: random.Random, candidate: int) -> bool:
    odd = candidate - 1
    twos = (odd & -odd).bit_length() - 1
    odd >>= twos
    for _ in range(_ROUNDS):
        power = pow(draw.randrange(2, candidate - 1), odd, candidate)
        if power in (1, candidate - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % candidate
            if power == candidate - 1:
                break
        else:
            return False
    return True
