"""The key type of a certificate is read from its octets, whatever they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dane_check.network.key_type import key_type_of
from dane_check.ports import KeyType

from . import pki


@pytest.mark.parametrize(
    ("kind", "key_type"),
    [("rsa", KeyType.RSA), ("ecdsa", KeyType.ECDSA), ("ed25519", KeyType.EDDSA), ("ed448", KeyType.EDDSA)],
)
def test_the_algorithm_of_the_key_decides(kind: str, key_type: KeyType) -> None:
    """The OID in subjectPublicKeyInfo names the type."""
    assert key_type_of(pki.der(kind)) is key_type


def test_weak_and_pss_keys_are_rsa() -> None:
    """A short key is RSA all the same, and so is one restricted to RSASSA-PSS."""
    assert key_type_of(pki.weak_der()) is KeyType.RSA
    plain, pss = bytes.fromhex("06092a864886f70d010101"), bytes.fromhex("06092a864886f70d01010a")
    assert pki.der("rsa").count(plain) == 1
    assert key_type_of(pki.der("rsa").replace(plain, pss)) is KeyType.RSA


def test_other_keys_are_unknown() -> None:
    """A key type of tomorrow is served, but not one we can name."""
    plain, other = bytes.fromhex("06092a864886f70d010101"), bytes.fromhex("06092a864886f70d0101ff")
    assert key_type_of(pki.der("rsa").replace(plain, other)) is KeyType.UNKNOWN


@given(st.binary(max_size=200))
def test_any_octets_have_a_key_type(octets: bytes) -> None:
    """Nothing raises: what cannot be read is UNKNOWN."""
    assert key_type_of(octets) is KeyType.UNKNOWN


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_certificate_with_a_changed_octet_has_one_too(place: int, octet: int) -> None:
    """Damage anywhere gives a type or UNKNOWN, never an exception."""
    spoilt = bytearray(pki.der("ecdsa"))
    spoilt[place % len(spoilt)] = octet
    assert key_type_of(bytes(spoilt)) in KeyType
    assert key_type_of(bytes(spoilt[:place])) in KeyType
