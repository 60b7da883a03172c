"""RFC 6698 §2.1.2 and §2.1.3: octets as they were sent, never as a library would write them."""

from __future__ import annotations

import hashlib
import warnings

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dane_check.tlsa.certificate import Certificate, association_data
from dane_check.tlsa.der import BIT_STRING, INTEGER, OCTET_STRING, encode
from dane_check.tlsa.match import Outcome
from dane_check.tlsa.record import MatchingType, Selector, TlsaRecord
from tests.pki import assemble, ec_key, ed25519_key, make_leaf, rsa_key, sequence, time_of
from tests.tlsa.chains import judge

EC_PUBLIC_KEY = bytes.fromhex("06072a8648ce3d0201")
P256 = bytes.fromhex("06082a8648ce3d030107")
POINT = ec_key("odd").public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
COMPRESSED = ec_key("odd").public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
GENERATOR = (
    ec.derive_private_key(1, ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
)


def number(value: int) -> bytes:
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


EXPLICIT_CURVE = sequence(
    number(1),
    sequence(bytes.fromhex("06072a8648ce3d0101"), number(PRIME)),
    sequence(encode(OCTET_STRING, (PRIME - 3).to_bytes(32, "big")), encode(OCTET_STRING, B.to_bytes(32, "big"))),
    encode(OCTET_STRING, GENERATOR),
    number(ORDER),
    number(1),
)
RSA_BITS = rsa_key().public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
RSA_PSS = bytes.fromhex("06092a864886f70d01010a")
SHA256_PARAMETERS = bytes.fromhex(
    "3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120"
)


def spki(algorithm: bytes, key: bytes) -> bytes:
    return sequence(sequence(algorithm), encode(BIT_STRING, b"\0", key))


ODD_KEYS = {
    "uncompressed point": spki(EC_PUBLIC_KEY + P256, POINT),
    "compressed point": spki(EC_PUBLIC_KEY + P256, COMPRESSED),
    "explicit curve": spki(EC_PUBLIC_KEY + EXPLICIT_CURVE, POINT),
    "RSA-PSS without parameters": spki(RSA_PSS, RSA_BITS),
    "RSA-PSS with parameters": spki(RSA_PSS + SHA256_PARAMETERS, RSA_BITS),
    "RSA without NULL": spki(bytes.fromhex("06092a864886f70d010101"), RSA_BITS),
    "Ed25519": make_leaf(key=ed25519_key("odd")).spki,
    "RSA": make_leaf(key=rsa_key()).spki,
}
DESCRIPTIONS = {
    "uncompressed point": "EC P-256",
    "compressed point": "EC P-256",
    "explicit curve": "EC with explicit parameters",
    "RSA-PSS without parameters": "RSA-PSS 2048",
    "RSA-PSS with parameters": "RSA-PSS 2048",
    "RSA without NULL": "RSA 2048",
    "Ed25519": "Ed25519",
    "RSA": "RSA 2048",
}


@pytest.mark.parametrize("name", ODD_KEYS)
class TestPublicKeyInfo:
    """R6698-2.1.2-b: Selector 1 is the SubjectPublicKeyInfo with its algorithm, cut out of the certificate."""

    def test_it_is_cut_and_not_rewritten(self, name: str) -> None:
        """However the key is encoded, those octets are the ones that count."""
        certificate = Certificate(assemble(spki=ODD_KEYS[name]))
        assert certificate.spki == ODD_KEYS[name]
        assert certificate.key == DESCRIPTIONS[name]

    @pytest.mark.parametrize("kind", MatchingType)
    def test_a_record_over_those_octets_authenticates(self, name: str, kind: MatchingType) -> None:
        """R6698-2.1.3-a, R6698-6-b: A `3 1 x` record that hashes the octets as sent matches."""
        data = {0: bytes, 1: lambda o: hashlib.sha256(o).digest(), 2: lambda o: hashlib.sha512(o).digest()}
        published = TlsaRecord(3, 1, kind, data[kind](ODD_KEYS[name]))
        assert judge([published], [assemble(spki=ODD_KEYS[name])]).outcome is Outcome.AUTHENTICATED


class TestCertificate:
    """R6698-2.1.2-a: Selector 0 is the certificate as it was sent, whatever may be wrong with it."""

    def test_a_library_would_write_some_keys_otherwise(self) -> None:
        """Why the key is cut out: what a library writes back is not what was sent."""
        octets = ODD_KEYS["compressed point"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            key = x509.load_der_x509_certificate(assemble(spki=octets)).public_key()
        assert key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != octets

    @pytest.mark.parametrize(
        "defect",
        [
            {"version": bytes.fromhex("a003020103")},
            {"version": b""},
            {"validity": sequence(time_of("not a date at"), time_of("400101000000Z"))},
            {"validity": sequence(time_of("2001010000+0100"), time_of("400101000000Z"))},
            {"subject": sequence(sequence())},
            {"extensions": bytes.fromhex("a3023000")},
        ],
    )
    @pytest.mark.parametrize("selector", Selector)
    def test_a_certificate_that_libraries_refuse_still_matches(self, defect, selector) -> None:
        """Version 4, garbage dates, names that are none: DANE-EE compares octets (RFC 7671 §5.1)."""
        leaf = assemble(spki=make_leaf().spki, **defect)
        data = association_data(Certificate(leaf), selector, MatchingType.SHA2_256)
        assert data is not None
        assert judge([TlsaRecord(3, selector, 1, data)], [leaf]).outcome is Outcome.AUTHENTICATED

    def test_octets_that_are_no_certificate_are_compared_by_selector_0_alone(self) -> None:
        """Without a certificate there is no key to cut out, and only the whole can be compared."""
        octets = b"no certificate"
        digest = hashlib.sha256(octets).digest()
        report = judge([TlsaRecord(3, 0, 1, digest), TlsaRecord(3, 1, 1, digest)], [octets])
        assert [one.alone for one in report.records] == [Outcome.AUTHENTICATED, Outcome.FAILED]

    @pytest.mark.parametrize("more", [b"\0", b"\x30\x00"])
    def test_octets_after_the_certificate_belong_to_it(self, more: bytes) -> None:
        """A digest of the certificate alone is not that of what was sent."""
        made = make_leaf()
        published = TlsaRecord(3, 0, 1, hashlib.sha256(made.der).digest())
        assert judge([published], [made.der + more]).outcome is Outcome.FAILED
        assert Certificate(made.der + more).spki is None
