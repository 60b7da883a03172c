"""What we can verify: the algorithm and digest tables, and the bounds of keys.

The tables follow the IANA registries as of 2026-11 (RFC 9904, RFC 9905, RFC 9906).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One row of the IANA registry that we implement. `least_bits` bounds RSA moduli (RFC 5702 §2), 0 elsewhere."""

    mnemonic: str
    least_bits: int = 0


ALGORITHMS: Final = MappingProxyType(
    {
        5: Algorithm("RSASHA1", 512),
        7: Algorithm("RSASHA1-NSEC3-SHA1", 512),
        8: Algorithm("RSASHA256", 512),
        10: Algorithm("RSASHA512", 1024),
        13: Algorithm("ECDSAP256SHA256"),
        14: Algorithm("ECDSAP384SHA384"),
        15: Algorithm("ED25519"),
        16: Algorithm("ED448"),
    }
)
SHA1_ALGORITHMS: Final = frozenset({5, 7})  # operators must treat them as unsupported (RFC 9905 §2)

_UNIMPLEMENTED: Final = MappingProxyType(
    {1: "RSAMD5", 3: "DSA", 6: "DSA-NSEC3-SHA1", 12: "ECC-GOST", 17: "SM2SM3", 23: "ECC-GOST12"}
)
_DIGESTS: Final = MappingProxyType({1: "sha1", 2: "sha256", 4: "sha384"})
DIGEST_OCTETS: Final = MappingProxyType({1: 20, 2: 32, 4: 48})
_RSA_MOST_BITS: Final = 4096  # L-11
_EXPONENT_MOST_BITS: Final = 64  # L-11
STRONG_RSA_BITS: Final = 1024  # ALG-d: keys below it are warned of


def mnemonic(algorithm: int) -> str:
    """The registry's name of an algorithm number, or "algorithm 99"."""
    known = ALGORITHMS.get(algorithm)
    return known.mnemonic if known else _UNIMPLEMENTED.get(algorithm, f"algorithm {algorithm}")


def digest(digest_type: int, data: bytes) -> bytes:
    """The DS digest of `data`; the type is one of DIGEST_OCTETS."""
    return hashlib.new(_DIGESTS[digest_type], data, usedforsecurity=False).digest()


def within_bounds(algorithm: int, material: bytes) -> bool:
    """Whether a key may be computed with at all (ALG-c, L-11): sizes of RSA moduli and exponents."""
    row = ALGORITHMS.get(algorithm)
    if row is None or not row.least_bits:
        return row is not None
    numbers = rsa_numbers(material)
    if numbers is None:
        return True  # unreadable, not outsized: it will fail as a key
    exponent, modulus = numbers
    fits = exponent % 2 == 1 and exponent >= 3 and exponent.bit_length() <= _EXPONENT_MOST_BITS
    return fits and row.least_bits <= modulus.bit_length() <= _RSA_MOST_BITS


def rsa_bits(algorithm: int, material: bytes) -> int | None:
    """The length of an RSA modulus in bits; None for keys of other kinds, or that cannot be read."""
    row = ALGORITHMS.get(algorithm)
    numbers = rsa_numbers(material) if row is not None and row.least_bits else None
    return numbers[1].bit_length() if numbers else None


def rsa_numbers(material: bytes) -> tuple[int, int] | None:
    """Exponent and modulus (RFC 3110 §2), or None where the encoding is broken."""
    if not material:
        return None
    start, size = (1, material[0]) if material[0] else (3, int.from_bytes(material[1:3], "big"))
    exponent, modulus = material[start : start + size], material[start + size :]
    if not exponent or len(exponent) != size or not modulus:
        return None
    return int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big")
